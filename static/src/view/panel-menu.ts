// What can be done with a panel, and with all of them: the entries of their menus.

import { change, type Column, COLUMNS, hide, HOURS, type Layout, MEASURES, type PanelPrefs, ROWS, shift, show, type Sort } from "../lib/prefs";
import { t } from "../state";
import { hoursName } from "./bars";
import { SPECS } from "./columns";
import { saveAs } from "./download";
import { columnsOf, layout, reset, setLayout, sortOf, usualSort } from "./layout";
import { type Group, group, GROUPS, ownId, type Tab, TABS, USUAL } from "./lists";
import type { Entry, Item } from "./menu";

export function set(id: string, more: Partial<PanelPrefs>): void {
  setLayout(change(layout.peek(), id, more));
}

/** A second choice of the same column goes back to the usual order. */
export function setSort(prefs: PanelPrefs, tab: Tab, sort: Sort): void {
  const now = sortOf(prefs, tab);
  const rest = Object.fromEntries(Object.entries(prefs.sort ?? {}).filter(([id]) => id !== tab.id));
  const next = sort === now ? usualSort(tab) : sort;
  set(prefs.id, { sort: next === usualSort(tab) ? rest : { ...rest, [tab.id]: next } });
}

export function columnName(c: Column): string {
  return c === "trend" ? t("c_trend_long") : t(SPECS[c].long);
}

const radio = (label: string, on: boolean, run: () => void): Item => ({ label, choice: "radio", on, stay: true, run });
const check = (label: string, on: boolean, run: () => void): Item => ({ label, choice: "check", on, stay: true, run });

/** As it is now: a menu stays open while choices are made. */
function now(id: string): PanelPrefs {
  return layout.peek().panels.find((p) => p.id === id) ?? { id };
}

export function panelEntries(id: string, g: Group, tab: Tab): Entry[] {
  const prefs = now(id);
  const at = layout.peek().panels.findIndex((p) => p.id === id);
  const out: Entry[] = [];
  const table = tab.list !== null && (tab.shape !== "bands" || prefs.asTable === true);
  if (tab.shape === "bands" || tab.shape === "hours") out.push(check(t("m_as_table"), prefs.asTable === true, () => set(id, { asTable: !now(id).asTable })));
  if (tab.shape === "hours" && !prefs.asTable) {
    out.push({
      label: t("m_bars_of"),
      note: hoursName(prefs.hours ?? "requests"),
      page: () => HOURS.map((of) => radio(hoursName(of), (now(id).hours ?? "requests") === of, () => set(id, { hours: of }))),
    });
  }
  if (table) {
    out.push(
      { label: t("m_over_time"), choice: "check", on: prefs.overTime === true, stay: true, run: () => set(id, { overTime: !now(id).overTime }) },
      { label: t("sort_by"), page: () => sortEntries(id, tab) },
      { label: t("m_columns"), page: () => columnEntries(id, tab) },
      {
        label: t("m_rows"),
        note: prefs.rows ? String(prefs.rows) : "",
        page: () => [
          radio(t("m_rows_usual"), now(id).rows === undefined, () => setLayout(without(id, "rows"))),
          ...ROWS.map((n) => radio(String(n), now(id).rows === n, () => set(id, { rows: n }))),
        ],
      },
      {
        label: t("m_measure"),
        page: () => MEASURES.map((m) => radio(t(`m_measure_${m}`), (now(id).measure ?? "auto") === m, () => set(id, { measure: m }))),
      },
    );
  }
  out.push(
    "line",
    { label: t("m_csv"), run: () => saveAs("csv", tab.id, [id]) },
    { label: t("m_json"), run: () => saveAs("json", tab.id, [id]) },
    "line",
  );
  if (g.tabs.length > 1) out.push({ label: t("m_own"), run: () => setLayout(show(layout.peek(), ownId(tab.id))), disabled: layout.peek().panels.some((p) => p.id === ownId(tab.id)) });
  out.push(
    { label: t("m_left"), disabled: at <= 0, run: () => go(id, -1) },
    { label: t("m_right"), disabled: at < 0 || at === layout.peek().panels.length - 1, run: () => go(id, 1) },
    { label: t("m_hide"), run: () => setLayout(hide(layout.peek(), id, USUAL)) },
    { label: t("m_panels"), page: layoutEntries },
  );
  return out;
}

/** The button follows its panel, or the next step would be out of reach of the keyboard. */
function go(id: string, by: -1 | 1): void {
  setLayout(shift(layout.peek(), id, by));
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-panel="${id}"] .panel-more`)?.focus());
}

function without(id: string, name: keyof PanelPrefs): Layout {
  const l = layout.peek();
  return { ...l, panels: l.panels.map((p) => (p.id === id ? (Object.fromEntries(Object.entries(p).filter(([k]) => k !== name)) as unknown as PanelPrefs) : p)) };
}

/** What can be said of lines of the error log, and of nothing else. */
const OF_LINES: readonly Column[] = ["requests", "share", "trend", "level", "first"];
const ONLY_LINES: readonly Column[] = ["level", "first"];

function sortEntries(id: string, tab: Tab): Entry[] {
  const sort = sortOf(now(id), tab);
  const choices: Sort[] = tab.lines ? ["requests", "first", "level", "value"] : ["requests", "bytes", "visitors", "before", "s4xx", "s5xx", "mean", "p95", "value"];
  return choices.map((c) =>
    radio(c === "value" ? t("sort_value") : columnName(c), sort === c, () => {
      if (sortOf(now(id), tab) !== c) setSort(now(id), tab, c);
    }),
  );
}

function columnEntries(id: string, tab: Tab): Entry[] {
  const shown = now(id).columns ?? columnsOf(now(id), tab);
  return [
    ...COLUMNS.filter((c) => (tab.lines ? OF_LINES.includes(c) : !ONLY_LINES.includes(c))).map((c) =>
      check(columnName(c), shown.includes(c), () => {
        const old = now(id).columns ?? columnsOf(now(id), tab);
        set(id, { columns: COLUMNS.filter((x) => (x === c ? !old.includes(c) : old.includes(x))) });
      }),
    ),
    "line",
    { label: t("m_usual_columns"), disabled: now(id).columns === undefined, run: () => setLayout(without(id, "columns")) },
  ];
}

export function layoutEntries(): Entry[] {
  const l = layout.peek();
  const open = (id: string) => layout.peek().panels.some((p) => p.id === id);
  const own = l.panels.filter((p) => !USUAL.includes(p.id));
  const flip = (id: string) => setLayout(open(id) ? hide(layout.peek(), id, USUAL) : show(layout.peek(), id));
  return [
    ...GROUPS.map((g) => check(t(g.title), open(g.id), () => flip(g.id))),
    ...(own.length > 0 ? ["line" as const] : []),
    ...own.map((p) => check(t(group(p.id)!.title), true, () => flip(p.id))),
    "line",
    { label: t("m_own"), page: () => TABS.filter((x) => x.shape !== "hours").map((x) => check(t(x.title), open(ownId(x.id)), () => flip(ownId(x.id)))) },
    check(t("m_density"), l.dense, () => setLayout({ ...layout.peek(), dense: !layout.peek().dense })),
    { label: t("m_reset"), run: reset },
  ];
}

export function exportEntries(): Entry[] {
  const all = () => layout.peek().panels.map((p) => p.id);
  return [
    { label: t("m_page_csv"), run: () => saveAs("csv", "page", all()) },
    { label: t("m_page_json"), run: () => saveAs("json", "page", all()) },
  ];
}
