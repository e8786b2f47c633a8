// The hours of the day, of everything that is kept.

import type { Series } from "../wire";

/** Half an hour, so that hours of zones off by half an hour come out whole. */
export const STEP_S = 1800;
const HOUR_S = 3600;

/**
 * One hour of the day. What adds up is the mean of those hours that are kept: some are kept more often than others. Of
 * one that is kept for less than an hour in all it is what was counted: nobody knows what the rest of it has.
 */
export interface Hour {
  hour: number;
  /** How much of it is kept, of all days. */
  seconds: number;
  requests: number;
  bytes: number;
  s4xx: number;
  s5xx: number;
  /** Of the busiest half hour: visitors of two can't be added. */
  visitors: number;
  /** The slowest half hour's. */
  p95_s: number | null;
  known: boolean;
}

/** Whether less than an hour of it is kept. */
export function isPart(h: Hour): boolean {
  return h.known && h.seconds < HOUR_S;
}

function hoursIn(h: Hour): number {
  return Math.max(1, h.seconds / HOUR_S);
}

/** What was counted of an hour on all days, of a figure that adds up. */
export function counted(h: Hour, mean: number): number {
  return Math.round(mean * hoursIn(h));
}

/** Everything kept, by hour of the day in the shown zone: what is known is `[from, to)` of the series, epoch seconds. */
export function byHour(series: Series, [from, to]: readonly [number, number], hourOf: (ms: number) => number): Hour[] {
  const out = Array.from({ length: 24 }, (_, hour): Hour => ({ hour, seconds: 0, requests: 0, bytes: 0, s4xx: 0, s5xx: 0, visitors: 0, p95_s: null, known: false }));
  series.t.forEach((at, i) => {
    const hour = hourOf(at * 1000);
    const h = out[hour];
    if (!h) return;
    h.known = true;
    // The first and the last step are kept in part.
    h.seconds += Math.max(0, Math.min(at + series.step_s, to) - Math.max(at, from));
    h.requests += series.requests[i] ?? 0;
    h.bytes += series.bytes_out[i] ?? 0;
    h.s4xx += series.s4xx[i] ?? 0;
    h.s5xx += series.s5xx[i] ?? 0;
    h.visitors = Math.max(h.visitors, series.visitors[i] ?? 0);
    const slow = series.p95_s[i] ?? null;
    if (slow !== null) h.p95_s = Math.max(h.p95_s ?? 0, slow);
  });
  return out.map((h) => {
    const kept = hoursIn(h);
    return { ...h, requests: h.requests / kept, bytes: h.bytes / kept, s4xx: h.s4xx / kept, s5xx: h.s5xx / kept };
  });
}
