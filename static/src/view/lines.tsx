// Which requests: single lines as they arrive. Nothing moves while someone reads: scrolling or
// opening a line, or the pointer or the focus on one, holds the list.

import { batch, computed } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import * as anomalies from "../anomalies";
import type { Key } from "../lib/i18n";
import { sampled, WHICH, type Which, wanted } from "../lib/lines";
import { dropOlder, older } from "../older";
import * as s from "../state";
import { t } from "../state";
import { number } from "../tail";
import { ColumnsMenu } from "./line-columns";
import { Icon } from "./icons";
import { List } from "./line-list";
import { narrow } from "./narrow";
import { wayBack } from "./refocus";

const DOCKED = 5;
/** In a low window fewer are in sight: see `--docked`. */
const low = matchMedia("(min-width: 900px) and (max-height: 849px)");
const DOCKED_LOW = 2;
/** One list, so that nothing is drawn anew for another empty one. */
const NONE: readonly s.Line[] = [];

/** Lines of the shown range of the past; null while live. */
const pastRows = computed<s.Line[] | null>(() => {
  if (s.scope.value.live) return null;
  return number([...(s.pastLines.value?.events ?? [])].reverse());
});

/** From where a key opened the lines, which are the only part of the page then besides the charts. */
let from: ReturnType<typeof wayBack> | undefined;
/** On a phone, where the lines are a tab of the page: that from which they were opened. */
let tabBefore: Exclude<typeof s.tab.value, "lines"> = "charts";

export function toggleLines(): void {
  const tab = s.tab.peek();
  const opens = narrow.matches ? tab !== "lines" : !s.linesOpen.peek();
  // There the drawer covers all of the page.
  if (narrow.matches && opens) anomalies.close();
  if (opens) from = wayBack();
  batch(() => {
    s.linesOpen.value = opens;
    if (!narrow.matches) return;
    if (tab !== "lines") tabBefore = tab;
    s.tab.value = opens ? "lines" : tabBefore;
  });
}

export type Hold = { top: boolean; over: boolean; focused: boolean };

export function Lines() {
  const open = s.linesOpen.value;
  const [which, setWhich] = useState<Which>("all");
  const reading = s.reading.value;
  const [hold, setHold] = useState<Hold>({ top: true, over: false, focused: false });
  /** Counts up to bring the list back to its top. */
  const [toTop, setToTop] = useState(0);
  const scope = s.scope.value;
  const filter = s.filter.value;
  const list = `${filter}\n${scope.live ? "" : `${scope.from} ${scope.to}`}`;

  const letGo = () => {
    s.reading.value = null;
    setHold({ top: true, over: false, focused: document.querySelector("#lines tbody :focus-visible") !== null });
    setToTop((n) => n + 1);
    dropOlder();
  };
  const cameFrom = useRef(0);
  useLayoutEffect(() => {
    const list = document.querySelector<HTMLElement>("#lines .dock-body");
    const has = document.activeElement;
    if (open) {
      cameFrom.current = scrollY;
      // Not a row of it, which would hold the list.
      if (from !== undefined && !list?.contains(has)) list?.focus({ preventScroll: true });
    } else {
      // The row that had the focus is not among those that stay.
      const lost = hold.focused || has === list || (from !== undefined && has === document.body);
      letGo();
      scrollTo(0, cameFrom.current);
      const to = from === null ? null : (from?.() ?? document.querySelector<HTMLElement>("#lines .opener"));
      if (lost && to) to.focus({ preventScroll: true });
      else if (has === list) list?.blur();
      from = undefined;
    }
  }, [open]);
  // Another filter or range, another list.
  useEffect(letGo, [list]);
  // The rows of which come later, and then the one that had the focus goes.
  useLayoutEffect(() => {
    if (open && hold.focused && document.activeElement === document.body) document.querySelector<HTMLElement>("#lines .dock-body")?.focus();
  });

  const live = pastRows.value ?? s.lines.value;
  const kept = useRef({ lines: live, list, holds: false, flow: s.flow.peek() });
  const holding = scope.live && (reading !== null || !hold.top || hold.over || hold.focused) && live.length > 0;
  if (!holding || !kept.current.holds || kept.current.list !== list) {
    kept.current = { lines: live, list, holds: holding, flow: s.flow.peek() };
  }
  const base = kept.current.lines;
  const chosen = useRef({ base, which, rows: base });
  if (chosen.current.base !== base || chosen.current.which !== which) {
    chosen.current = { base, which, rows: which === "all" ? base : base.filter((l) => wanted(which, l.event)) };
  }
  const key = `${which}\n${list}`;
  const more = older.value.of === key && older.value.joint === base.at(-1)?.id ? older.value.rows : NONE;
  const joined = useRef({ rows: chosen.current.rows, more, all: chosen.current.rows });
  if (joined.current.rows !== chosen.current.rows || joined.current.more !== more) {
    const rows = chosen.current.rows;
    joined.current = { rows, more, all: more.length > 0 ? [...rows, ...more] : rows };
  }

  const read = (line: s.Line) => {
    if (!s.linesOpen.value) s.linesOpen.value = true;
    s.reading.value = s.reading.peek() === line.id ? null : line.id;
  };
  const choose = (name: Which) => {
    setWhich(name);
    letGo();
  };
  const reason: Key = reading !== null ? "held_open" : !hold.top ? "held" : hold.focused ? "held_focus" : "held_over";

  return (
    <section class={`dock${open ? " open" : ""}`} aria-label={t("lines")} id="lines">
      <div class="dock-head">
        <h2>{t("lines")}</h2>
        <span class="faint showing" data-showing>
          <Showing past={!scope.live} shown={joined.current.all.length} />
        </span>
        {open && holding && <span class="held">{t(reason)}</span>}
        {open && holding && live !== base && <Newer since={kept.current.flow} go={letGo} />}
        <span class="grow" />
        {open && (
          <div class="tabs" role="group" aria-label={t("lines_which")}>
            {WHICH.map((name) => (
              <button key={name} type="button" aria-pressed={which === name} onClick={() => choose(name)}>
                {t(name === "unparsed" ? "unparsed_lines" : name)}
              </button>
            ))}
          </div>
        )}
        {open && <ColumnsMenu />}
        <button type="button" class="link opener" aria-expanded={open} onClick={() => (s.linesOpen.value = !open)}>
          <Icon name={open ? "down" : "up"} /> {t(open ? "close" : "open")} <kbd>t</kbd>
        </button>
      </div>
      <List
        rows={open ? joined.current.all : joined.current.all.slice(0, low.matches ? DOCKED_LOW : DOCKED)}
        base={base}
        which={which}
        of={key}
        open={open}
        holding={holding}
        reading={reading}
        read={read}
        hold={hold}
        setHold={setHold}
        toTop={toTop}
      />
    </section>
  );
}

/** How much of what came is shown. */
function Showing({ past, shown }: { past: boolean; shown: number }) {
  const f = s.fmt.value;
  const { n, matched, every } = s.tailShown.value;
  if (!s.status.value) return null;
  if (past) {
    const lines = s.pastLines.value;
    if (!lines) return <>{t("lines_asking")}</>;
    return <>{t(shown < lines.total ? "showing" : "showing_all", { n: f.exact(shown), m: f.exact(lines.total) })}</>;
  }
  if (matched === 0) return <>{t("no_lines")}</>;
  if (n >= matched) return <>{t("showing_every")}</>;
  const [a, b] = sampled(n, matched);
  return <>{t(every ? "showing_kept" : "errors_first", { n: f.exact(a), m: f.exact(b) })}</>;
}

/** What came since the list was held, counted whether it was shown or not. */
function Newer({ since, go }: { since: { lines: number; errors: number }; go(): void }) {
  const f = s.fmt.value;
  const lines = s.flow.value.lines - since.lines;
  const errors = s.flow.value.errors - since.errors;
  if (lines <= 0) return null;
  const key: Key = errors === 0 ? (lines === 1 ? "newer_one" : "newer_lines") : errors === 1 ? "newer_error" : "newer_errors";
  return (
    // On a phone it stands among the tabs, so that it covers nothing of what is read: there is room for the number.
    <button type="button" class="btn small primary newer" aria-label={t(key, { n: f.exact(lines), e: f.exact(errors) })} onClick={go}>
      <span class="in-full">{t(key, { n: f.exact(lines), e: f.exact(errors) })}</span>
      <span class="in-short">
        <Icon name="up" /> {t("newer_short", { n: f.exact(lines) })}
      </span>
    </button>
  );
}

