// The page: header, verdict, vitals, charts beside lists, lines, accounting.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { open, tellsOf } from "../anomalies";
import { spoken } from "../announce";
import * as s from "../state";
import { t } from "../state";
import { titleOf } from "./anomaly-words";
import { Footer } from "./footer";
import { go, Header } from "./header";
import { Lanes } from "./lanes";
import { later } from "./later";
import { whole } from "./layout";
import { Lines } from "./lines";
import { PopMenu } from "./menu";
import { Panels, Where } from "./panels";
import { Verdict } from "./verdict";
import { Vitals } from "./vitals";
import { WholeList } from "./whole-list";

const FirstRun = later(() => import("./first").then((m) => m.FirstRun));
const Drawer = later(() => import("./drawer").then((m) => m.Drawer));
const Help = later(() => import("./help").then((m) => m.Help));
const Sharing = later(() => import("./sharing").then((m) => m.Sharing));
const Sources = later(() => import("./sources").then((m) => m.Sources));
const Wall = later(() => import("./wall").then((m) => m.Wall));

/** There is a side column, whose place the drawer takes: see `.main`. */
const wide = matchMedia("(min-width: 1280px)");
const beside = signal(wide.matches);
wide.addEventListener("change", (e) => (beside.value = e.matches));

export function App() {
  return (
    <>
      {/* Of a region that came with its text a screen reader may say nothing: it stands here before anything is said. */}
      <span class="hidden" id="announcer" role="status" aria-live="polite">
        {spoken}
      </span>
      <Page />
    </>
  );
}

function Page() {
  const first = s.first.value;
  const view = s.view.value;
  const stale = s.stale.value;
  const overview = !first && view !== "sources";
  const aside = s.drawer.value !== null && beside.value && !s.linesOpen.value;
  useLayoutEffect(() => {
    const root = document.documentElement;
    root.dataset["theme"] = s.light.value ? "light" : "dark";
    root.lang = s.lang.value;
  }, [s.light.value, s.lang.value]);
  // Also a tab in the background says that something is open, and what.
  const worst = open.value[0];
  const unusual = s.at.value === null && worst ? `(${open.value.length}) ${titleOf(tellsOf(worst))}` : "";
  useEffect(() => {
    const at = s.at.value === null ? "" : s.fmt.value.clock(s.at.value * 1000);
    document.title = first ? "Tapline" : [at || unusual, s.filter.value, "Tapline"].filter(Boolean).join(" · ");
  }, [s.filter.value, s.at.value, first, unusual]);
  // Opening by itself happens once; after that the page never falls back to the set-up.
  useEffect(() => {
    const received = s.status.value?.summary.accounting.received ?? 0;
    if (!s.opened.value && view !== "setup" && received >= s.OPEN_AFTER) s.openDashboard();
  }, [s.status.value]);
  if (s.wall.value && overview) return <div class={stale ? "stale" : ""}><Wall /></div>;
  return (
    <div class={`page ${overview ? `tab-${s.tab.value}` : ""}${first ? "setup" : ""}${stale ? " stale" : ""}${s.linesOpen.value ? " lines-open" : ""}`}>
      {overview && (
        <a class="skip" href="#charts">
          {t("skip")}
        </a>
      )}
      <Header />
      {first ? (
        <FirstRun />
      ) : view === "sources" ? (
        <Sources />
      ) : (
        <>
          <main>
            <Verdict />
            <Vitals />
            <div class={`main${aside ? " with-drawer" : ""}`}>
              <Lanes />
              {!s.linesOpen.value && <Where />}
              {aside && <Drawer />}
            </div>
            {!s.linesOpen.value && <Panels />}
          </main>
          <Lines />
          {s.drawer.value !== null && !aside && (
            <div class="over">
              <Drawer />
            </div>
          )}
        </>
      )}
      <Footer />
      {!first && <Tabs />}
      {s.helpOpen.value && <Help />}
      {s.sharing.value !== null && <Sharing />}
      {/* Beside an open dialog a menu could not be reached: that one has its own. */}
      {whole.value ? <WholeList /> : <PopMenu />}
    </div>
  );
}

/** The bottom tabs of narrow screens. */
function Tabs() {
  const current = s.view.value === "sources" ? "sources" : s.tab.value;
  const tab = (name: typeof current, label: string) => (
    <button
      type="button"
      aria-current={current === name ? "page" : undefined}
      onClick={() => {
        if (name === "sources") go("sources");
        else {
          if (s.view.value !== "overview") go("overview");
          s.tab.value = name;
          s.linesOpen.value = name === "lines";
        }
      }}
    >
      {label}
    </button>
  );
  return (
    <nav class="bottom-tabs">
      {tab("charts", t("tab_charts"))}
      {tab("where", t("tab_where"))}
      {tab("lines", t("tab_lines"))}
      {s.hello.value?.site == null && tab("sources", t("tab_sources"))}
    </nav>
  );
}
