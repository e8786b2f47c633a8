// How the panels are laid out in this browser, and what each of them shows because of it.

import { computed, effect, signal } from "@preact/signals";
import { setAsks } from "../feed";
import { byOf, merged, sizeOf } from "../lib/asks";
import { type Column, type Layout, type PanelPrefs, readLayout, type Sort, usual } from "../lib/prefs";
import * as s from "../state";
import { OF_VISITORS } from "../wire";
import { filled } from "./polled";
import { type Group, group, ownOrder, type Tab, tabIn, USUAL } from "./lists";

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

/** Panels that stand beside the charts. */
export const SIDE = 2;
const FIRST_ROWS = 9;
const GRID_ROWS = 5;
/** Rows of each, as many as the charts are high: see [`fitBeside`]. */
const side = signal<readonly [number, number]>([FIRST_ROWS, GRID_ROWS]);
/** The first of them has so many in the lowest windows. */
const LEAST_ROWS = 7;
/** Rows that a chart over time stands for, so that the column beside the charts keeps its height. */
const CHART_ROWS = 4;

/** Heights of a row, and of what two panels have beside their rows: heads, and the line of the rest. */
const ROW = { comfortable: 26, dense: 22 };
const HEADS = 2 * (36 + 21) + 4;
/** Beyond this a list is a page of its own. */
const SIDE_MOST = 36;

/** The charts beside them are so high; null where nothing is beside them. */
export function fitBeside(height: number | null): void {
  const row = layout.peek().dense ? ROW.dense : ROW.comfortable;
  const all = height === null ? FIRST_ROWS + GRID_ROWS : Math.min(SIDE_MOST, Math.floor((height - HEADS) / row) - SIDE);
  const second = Math.max(GRID_ROWS, Math.round(all * 0.36));
  const next = [Math.max(LEAST_ROWS, all - second), second] as const;
  if (next.join() !== side.peek().join()) side.value = next;
}

function fitting(prefs: PanelPrefs, place: number): number {
  const rows = side.value[place] ?? GRID_ROWS;
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
  return tabIn(g, prefs.tab, filled.value);
}

export function usualSort(tab: Tab): Sort {
  return tab.sort ?? (tab.shape === "bands" ? "value" : "requests");
}

export function sortOf(prefs: PanelPrefs, tab: Tab): Sort {
  return prefs.sort?.[tab.id] ?? usualSort(tab);
}

export function askOf({ prefs, group: g, rows }: Placed): string | null {
  const tab = tabOf(prefs, g);
  if (!tab.list) return null;
  const sort = sortOf(prefs, tab);
  const own = ownOrder(tab);
  return `${tab.list}:${byOf(sort, OF_VISITORS.has(tab.list), own)}:${sizeOf(sort, rows, own)}`;
}

effect(() => setAsks(merged(placed.value.flatMap((p) => askOf(p) ?? []))));

/** A list that is opened whole: the panel's, of the time and in the measure that its rows had. */
export interface Whole {
  prefs: PanelPrefs;
  tab: Tab;
  ask: string;
  counts: boolean;
  /** RFC 3339. */
  from: string;
  to: string;
}

export const whole = signal<Whole | null>(null);

const phone = matchMedia("(max-width: 599px)");
const narrow = signal(phone.matches);
phone.addEventListener("change", (e) => (narrow.value = e.matches));

const USUAL_COLUMNS: readonly Column[] = ["requests", "before", "s4xx", "s5xx", "p95"];

/** No request has a time: a column of dashes would say less than their bytes. */
function untimed(): boolean {
  const sum = s.summary.value;
  return sum !== null && sum.requests > 0 && sum.latency_s.p95 === null;
}

/** The columns of a tab until someone chooses; the comparison takes the place of 4xx. */
export function columnsOf(prefs: PanelPrefs, tab: Tab): readonly Column[] {
  const comparing = s.compared.value !== null;
  const shown = prefs.columns ?? (tab.columns ?? USUAL_COLUMNS).map((c) => (c === "p95" && untimed() ? "bytes" : c));
  const columns = shown.filter((c) => (c === "before" ? comparing : c === "s4xx" ? prefs.columns || !comparing : true));
  if (!narrow.value || prefs.columns) return columns;
  return columns.filter((c) => c !== "s4xx" && (c !== "p95" || !comparing));
}
