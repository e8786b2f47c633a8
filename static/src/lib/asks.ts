// Which lists the page asks for, and sorted by what, so that the top it shows is the top there is.

import type { By, Sort } from "./prefs";

const BY: Partial<Record<Sort, By>> = { bytes: "bytes", s4xx: "s4xx", s5xx: "s5xx", mean: "slow", p95: "slow" };

/**
 * What the server is to sort by; visitors only where it knows them in the live feed. A list of what fails or is slow
 * (`own`) has always those that do so most: sorted by name, it would be those that do among the busiest.
 */
export function byOf(chosen: Sort, ofVisitors: boolean, own?: Sort): By {
  const sort = own ?? chosen;
  if (sort === "visitors") return ofVisitors ? "visitors" : "requests";
  return BY[sort] ?? "requests";
}

/** Columns that reorder what came, rather than change what comes. */
const LOCAL: readonly Sort[] = ["value", "before", "p95", "level", "first"];
const FEW = 10;
const MANY = 25;

/** Whether a list in this order is one of those that came, and not of all that there are. */
export function reordered(sort: Sort, ofVisitors: boolean, own?: Sort): boolean {
  return own !== undefined ? sort !== own : LOCAL.includes(sort) || (sort === "visitors" && !ofVisitors);
}

/**
 * Asked for in few sizes, so that pages that look alike share one subscription, and always for one more than is shown:
 * where that is all there is, it is shown, too.
 */
export function sizeOf(sort: Sort, rows: number, own?: Sort): number {
  if (rows >= MANY) return rows + 1;
  return rows >= FEW || LOCAL.includes(sort) || (own !== undefined && sort !== own) ? MANY : FEW;
}

/** Under which name an ask is answered: each order of a list has its own, the usual one the list's. */
export function keyOf(ask: string): string {
  const [list = "", by = ""] = ask.split(":");
  return by === "" || by === "requests" ? list : `${list}:${by}`;
}

/** Each order of a list once, as long as the longest that is wanted; sorted, so that equal pages ask equally. */
export function merged(asks: readonly string[]): string[] {
  const all = new Map<string, { ask: string; rows: number }>();
  for (const ask of asks) {
    const rows = Number(ask.split(":")[2]);
    const other = all.get(keyOf(ask));
    if (!other || rows > other.rows) all.set(keyOf(ask), { ask, rows });
  }
  return [...all.values()].map((x) => x.ask).sort();
}
