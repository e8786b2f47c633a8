// Why a panel is empty, and what would fill it.

import type { ComponentChildren } from "preact";
import { isAbsent } from "../lib/absent";
import * as s from "../state";
import { t } from "../state";
import type { Summary, TopRow } from "../wire";
import { go } from "./header";
import { placed } from "./layout";
import type { Tab } from "./lists";

/** Whether the format has nothing of the list: one row that says "none" of every request. */
export function unsaid(tab: Tab, rows: readonly TopRow[]): boolean {
  return tab.explains === "site" && rows.length === 1 && isAbsent(rows[0]!.value);
}

/** How an empty list could be filled; null where it is simply empty. */
export function explain(tab: Pick<Tab, "explains" | "lines">, sum: Summary): ComponentChildren {
  const geo = s.hello.value?.geo;
  const dir = geo?.looked_in[0] ?? "/usr/share/GeoIP";
  const add = (text: string) => (
    <>
      {text}{" "}
      <button type="button" class="link add" onClick={() => go("setup")}>
        {t("add_latency")}
      </button>
    </>
  );
  const others = sum.errors + sum.messages;
  if (sum.requests === 0 && others > 0 && !tab.lines) return <NoRequests of={others} />;
  switch (tab.explains) {
    case "country":
      return geo && !geo.country ? t("no_geo_country", { dir }) : null;
    case "asn":
      return geo && !geo.asn ? t("no_geo_asn", { dir }) : null;
    case "latency":
      return sum.requests > 0 && sum.latency_s.p95 === null ? add(t("no_latency_lane")) : null;
    case "upstream":
      return sum.requests > 0 && sum.upstream_s.p95 === null ? add(t("no_upstream")) : null;
    case "site":
      return sum.requests > 0 ? add(t("no_site")) : null;
    default:
      return null;
  }
}

/** Lines fit, and none of them is a request: the list of their messages alone counts such. */
function NoRequests({ of }: { of: number }) {
  const messages = () => document.querySelector<HTMLElement>('[data-panel="errors"]')?.scrollIntoView({ block: "center" });
  return (
    <>
      {t(of === 1 ? "no_request" : "no_requests", { n: s.fmt.value.exact(of) })}{" "}
      {placed.value.some((p) => p.prefs.id === "errors") && (
        <button type="button" class="link add" onClick={messages}>
          {t("l_templates")}
        </button>
      )}
    </>
  );
}

/** One sentence at the height of the list it stands for. */
export function Nothing({ rows, children }: { rows: number; children: ComponentChildren }) {
  return (
    <div class="panel-nothing" style={{ "--rows": rows + 1 }}>
      <p>{children}</p>
    </div>
  );
}
