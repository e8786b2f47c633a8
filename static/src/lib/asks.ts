// Which lists the page asks for, and sorted by what, so that the top it shows is the top there is.

import type { By, Sort } from "./prefs";

const BY: Partial<Record<Sort, By>> = { bytes: "bytes", s4xx: "s4xx", s5xx: "s5xx", mean: "slow", p95: "slow" };

/** What the server is to sort by; visitors only where it knows them in the live feed. */
export function byOf(sort: Sort, ofVisitors: boolean): By {
  if (sort === "visitors") return ofVisitors ? "visitors" : "requests";
  return BY[sort] ?? "requests";
}

/** Columns that reorder what came, rather than change what comes. */
const LOCAL: readonly Sort[] = ["value", "before", "p95"];
const FEW = 10;
const MANY = 25;

/** Asked for in two sizes, so that pages that look alike share one subscription. */
export function sizeOf(sort: Sort, rows: number): number {
  return rows > FEW || LOCAL.includes(sort) ? MANY : FEW;
}

/** The server takes each list once: the first panel of it decides its order, the largest its size. */
export function merged(asks: readonly string[]): string[] {
  const all = new Map<string, { by: string; rows: number }>();
  for (const ask of asks) {
    const [list = "", by = "", rows = ""] = ask.split(":");
    const first = all.get(list);
    all.set(list, { by: first?.by ?? by, rows: Math.max(first?.rows ?? 0, Number(rows)) });
  }
  return [...all].map(([list, { by, rows }]) => `${list}:${by}:${rows}`).sort();
}
