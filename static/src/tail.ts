// The newest lines in memory: numbered as they come, bounded, and how fair a sample they are.

import { isError } from "./lib/lines";
import * as s from "./state";
import type { EventRow, Point, Series, Tail } from "./wire";

/** Seconds that the said ratio of the sample covers: a single one would jump about. */
const CALM_S = 10;

let lineId = 0;
/** Errors of the second whose lines come next. */
let errors = 0;
/** Errors that the newest step of the series has so far. */
let step = { t: 0, errors: 0 };
let seconds: { n: number; matched: number; every: boolean }[] = [];

/** Lines newest first; numbers rise with time, so that a keyed list knows them again. */
export function number(rows: readonly EventRow[], sample = false): s.Line[] {
  return rows.map((event) => ({ id: lineId++, event, sample })).reverse();
}

/** The newest lines anew, all of them: a filter was answered, or the connection came back. */
export function snapshotTail(rows: readonly EventRow[], series: Series): void {
  const last = series.t.length - 1;
  const of = (column: number[]) => column[last] ?? 0;
  step = { t: series.t[last] ?? 0, errors: of(series.s4xx) + of(series.s5xx) + of(series.errors) };
  s.lines.value = number(rows);
  seconds = [];
  s.tailShown.value = { n: rows.length, matched: rows.length, every: true };
}

/** What the second had, before its sample of lines comes. */
export function tickTail(point: Point): void {
  const all = point.s4xx + point.s5xx + point.errors;
  // A step longer than a second comes anew with each of its seconds.
  errors = Math.max(0, all - (point.t === step.t ? step.errors : 0));
  step = { t: point.t, errors: all };
}

export function addTail({ events, matched }: Tail): void {
  const kept = events.reduce((n, e) => n + (isError(e) ? 1 : 0), 0);
  seconds = [...seconds, { n: events.length, matched, every: events.length === matched || kept >= errors }].slice(-CALM_S);
  const sum = (of: "n" | "matched") => seconds.reduce((n, x) => n + x[of], 0);
  s.tailShown.value = { n: sum("n"), matched: sum("matched"), every: seconds.every((x) => x.every) };
  s.flow.value = { lines: s.flow.value.lines + matched, errors: s.flow.value.errors + Math.min(matched, Math.max(errors, kept)) };
  errors = 0;
  if (events.length > 0) {
    const rows = number(events, events.length < matched);
    for (const line of s.lines.value) {
      if (rows.length >= s.LINES_KEPT) break;
      rows.push(line);
    }
    s.lines.value = rows;
  }
}

/** Another run of the server: nothing of the former one may be mixed in. */
export function dropTail(): void {
  s.lines.value = [];
  seconds = [];
  s.tailShown.value = { n: 0, matched: 0, every: true };
}
