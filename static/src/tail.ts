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
/** What was told of the second that is not over. Whether it is a sample, its end tells. */
let early: s.Line[] = [];

/** Lines newest first; numbers rise with time, so that a keyed list knows them again. */
export function number(rows: readonly EventRow[], sample = false): s.Line[] {
  return rows.map((event) => ({ id: lineId++, event, sample })).reverse();
}

/** The newest lines anew: a filter was answered, or the connection came back. So many matched where these were told. */
export function snapshotTail(rows: readonly EventRow[], matched: number, series: Series): void {
  const last = series.t.length - 1;
  const of = (column: number[]) => column[last] ?? 0;
  step = { t: series.t[last] ?? 0, errors: of(series.s4xx) + of(series.s5xx) + of(series.errors) };
  // Of which seconds some were left out is not told.
  const whole = matched <= rows.length;
  s.lines.value = number(rows, !whole);
  seconds = [];
  early = [];
  s.tailShown.value = { n: rows.length, matched, every: whole };
}

/** What the second had, before its sample of lines comes. */
export function tickTail(point: Point): void {
  const all = point.s4xx + point.s5xx + point.errors;
  // A step longer than a second comes anew with each of its seconds.
  errors = Math.max(0, all - (point.t === step.t ? step.errors : 0));
  step = { t: point.t, errors: all };
}

export function addTail({ events, matched, open }: Tail): void {
  const rows = number(events, open || events.length < matched);
  let failed = errorsOf(rows);
  if (open) early = [...rows, ...early];
  else {
    const before = errorsOf(early);
    const whole = { n: rows.length + early.length, matched: matched + early.length };
    const every = whole.n === whole.matched || failed + before >= errors;
    if (whole.n === whole.matched) for (const line of early) line.sample = false;
    failed = Math.min(matched, Math.max(errors - before, failed));
    early = [];
    errors = 0;
    seconds = [...seconds, { ...whole, every }].slice(-CALM_S);
    const sum = (of: "n" | "matched") => seconds.reduce((n, x) => n + x[of], 0);
    s.tailShown.value = { n: sum("n"), matched: sum("matched"), every: seconds.every((x) => x.every) };
  }
  s.flow.value = { lines: s.flow.value.lines + matched, errors: s.flow.value.errors + failed };
  if (rows.length > 0) {
    for (const line of s.lines.value) {
      if (rows.length >= s.LINES_KEPT) break;
      rows.push(line);
    }
    s.lines.value = rows;
  }
}

function errorsOf(lines: readonly s.Line[]): number {
  return lines.reduce((n, line) => n + (isError(line.event) ? 1 : 0), 0);
}

/** Another run of the server: nothing of the former one may be mixed in. */
export function dropTail(): void {
  s.lines.value = [];
  seconds = [];
  early = [];
  s.tailShown.value = { n: 0, matched: 0, every: true };
}
