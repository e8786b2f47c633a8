// How the panels are laid out in this browser, and what each of them shows because of it.

import { computed, effect, signal } from "@preact/signals";
import { setAsks } from "../feed";
import { type By, type Column, type Layout, type PanelPrefs, readLayout, type Sort, usual } from "../lib/prefs";
import * as s from "../state";
import { type Group, group, OF_VISITORS, type Tab, USUAL } from "./lists";

function kept(): string | null {
  try {
    return localStorage.getItem("tapline.panels");
  } catch {
    return null;
  }
}

export const layout = signal<Layout>(readLayout(kept(), USUAL, (id) => group(id) !== undefined));

export function setLayout(next: Layout): void {
  if (next === layout.peek()) return;
  layout.value = next;
  s.keep("panels", JSON.stringify(next));
}

export function reset(): void {
  setLayout(usual(USUAL));
}

/** The first panels stand beside the charts, as many rows high as those are. */
export const SIDE_ROWS = [9, 5] as const;
const GRID_ROWS = 5;

/** Rows that a chart over time stands for, so that the column beside the charts keeps its height. */
const CHART_ROWS = 4;

function fitting(prefs: PanelPrefs, place: number): number {
  const rows = SIDE_ROWS[place] ?? GRID_ROWS;
  return prefs.overTime ? Math.max(GRID_ROWS, rows - CHART_ROWS) : rows;
}

export interface Placed {
  prefs: PanelPrefs;
  group: Group;
  rows: number;
}

export const placed = computed<Placed[]>(() =>
  layout.value.panels.flatMap((prefs, i) => {
    const g = group(prefs.id);
    return g ? [{ prefs, group: g, rows: prefs.rows ?? fitting(prefs, i) }] : [];
  }),
);

export function tabOf(prefs: PanelPrefs, g: Group): Tab {
  return g.tabs.find((x) => x.id === prefs.tab) ?? g.tabs[0]!;
}

export function usualSort(tab: Tab): Sort {
  return tab.sort ?? (tab.shape === "bands" ? "value" : "requests");
}

export function sortOf(prefs: PanelPrefs, tab: Tab): Sort {
  return prefs.sort?.[tab.id] ?? usualSort(tab);
}

const BY: Partial<Record<Sort, By>> = { bytes: "bytes", s4xx: "s4xx", s5xx: "s5xx", mean: "slow", p95: "slow" };

/** What the server sorts the list by, so that the wanted values are among those it sends. */
export function byOf(tab: Tab, sort: Sort): By {
  if (sort === "visitors" && tab.list && OF_VISITORS.has(tab.list)) return "visitors";
  return BY[sort] ?? "requests";
}

/** Columns that reorder what came, rather than change what comes. */
const LOCAL: readonly Sort[] = ["value", "before", "p95", "trend", "share"];

/** Asked for in few sizes, so that pages that look alike share one subscription. */
function sizeOf(tab: Tab, sort: Sort, rows: number): number {
  return rows > 10 || tab.shape === "bands" || (LOCAL.includes(sort) && sort !== "share") ? 25 : 10;
}

export function askOf({ prefs, group: g, rows }: Placed): string | null {
  const tab = tabOf(prefs, g);
  if (!tab.list) return null;
  const sort = sortOf(prefs, tab);
  return `${tab.list}:${byOf(tab, sort)}:${sizeOf(tab, sort, rows)}`;
}

/** One list can be asked for once: the page's first panel of it decides, in its larger size. */
export function asksOf(all: readonly Placed[]): string[] {
  const asked = new Map<string, { by: string; rows: number }>();
  for (const one of all) {
    const [list, by, rows] = askOf(one)?.split(":") ?? [];
    if (!list || !by) continue;
    const before = asked.get(list);
    asked.set(list, { by: before?.by ?? by, rows: Math.max(before?.rows ?? 0, Number(rows)) });
  }
  return [...asked].map(([list, { by, rows }]) => `${list}:${by}:${rows}`).sort();
}

effect(() => setAsks(asksOf(placed.value)));

const phone = matchMedia("(max-width: 599px)");
const narrow = signal(phone.matches);
phone.addEventListener("change", (e) => (narrow.value = e.matches));

/** The columns of a tab until someone chooses; the comparison takes the place of 4xx. */
export function columnsOf(prefs: PanelPrefs, tab: Tab): readonly Column[] {
  const comparing = s.compared.value !== null;
  const shown = prefs.columns ?? tab.columns ?? ["requests", "before", "s4xx", "s5xx", "p95"];
  const columns = shown.filter((c) => (c === "before" ? comparing : c === "s4xx" ? prefs.columns || !comparing : true));
  if (!narrow.value || prefs.columns) return columns;
  return columns.filter((c) => c !== "s4xx" && (c !== "p95" || !comparing));
}
