// Lines from before those in memory, a page at a time as the list is scrolled to its end.

import { signal } from "@preact/signals";
import { ask } from "./lib/api";
import { filtersFor, secondOf, wanted, type Which } from "./lib/lines";
import * as s from "./state";
import { number } from "./tail";
import type { EventRow } from "./wire";

const PAGE = 200;
/** Lines added to the list by scrolling, at most: beyond, a filter or a second is the faster way. */
export const OLDER_MOST = 10_000;
/** Events that the server gives at once, at most: a busier second can't be paged through. */
const ANSWER_MOST = 10_000;

/** Pages in a row without a line that the tab wants: what is left is not worth asking for. */
const EMPTY_PAGES = 10;

export interface Older {
  /** The list they continue: another filter, tab or range is another list. */
  of: string;
  /** The last line in memory when the first page was asked for: once that is gone, lines between are missing. */
  joint: number | undefined;
  rows: s.Line[];
  state: "idle" | "loading" | "end" | "failed" | "full";
}

const none: Older = { of: "", joint: undefined, rows: [], state: "idle" };
export const older = signal<Older>(none);

/** Where the next page begins: in `second`, of which `skip` events are listed. */
let next: { second: number; skip: number } | null = null;
let stop: AbortController | null = null;
let empty = 0;

export function dropOlder(): void {
  stop?.abort();
  stop = null;
  next = null;
  empty = 0;
  if (older.peek() !== none) older.value = none;
}

/** Events of several filters, newest first, as far back as all of the answers reach. */
export function joined(answers: readonly EventRow[][], limit: number): EventRow[] {
  const full = answers.filter((rows) => rows.length >= limit).map((rows) => rows.at(-1)!.time);
  const reach = full.reduce((a, b) => (a > b ? a : b), "");
  if (answers.length === 1) return [...answers[0]!];
  // Stable, and equal times keep the order of the answers: the same question gives the same rows.
  return answers
    .flat()
    .filter((e) => e.time >= reach)
    .sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
}

/** How many rows at the end belong to the last second. */
function ofLastSecond(rows: readonly EventRow[]): { second: number; skip: number } | null {
  const second = rows.length > 0 ? secondOf(rows.at(-1)!) : null;
  if (second === null) return null;
  let skip = 0;
  while (skip < rows.length && secondOf(rows[rows.length - 1 - skip]!) === second) skip++;
  return { second, skip };
}

/** The next page of the list that is shown; `base` are the lines that are in memory, of any tab. */
export async function loadOlder(of: string, which: Which, base: readonly s.Line[]): Promise<void> {
  const joint = base.at(-1)?.id;
  if (older.peek().of !== of || older.peek().joint !== joint) {
    dropOlder();
    older.value = { of, joint, rows: [], state: "idle" };
  }
  const before = older.peek();
  if (before.state === "loading" || before.state === "end" || before.state === "full") return;
  const from = start(base, which);
  if (!from) return;
  const mine = new AbortController();
  stop = mine;
  older.value = { ...before, state: "loading" };
  const scope = s.scope.peek();
  const limit = Math.min(ANSWER_MOST, from.skip + PAGE);
  try {
    const answers = await Promise.all(
      filtersFor(s.filter.peek(), which).map(async (filter) => {
        const range = { from: scope.live ? "" : scope.from, to: from.second + 1 };
        return (await ask<{ events: EventRow[] }>("events", { ...range, filter, limit }, { signal: mine.signal })).events;
      }),
    );
    if (mine.signal.aborted) return;
    const all = joined(answers, limit);
    let skip = 0;
    while (skip < from.skip && skip < all.length && secondOf(all[skip]!) === from.second) skip++;
    const page = all.slice(skip);
    const last = ofLastSecond(all);
    const ended = answers.every((rows) => rows.length < limit);
    // A second that fills a whole answer by itself: what is left of it is passed over.
    const stuck = last !== null && last.second === from.second && limit >= ANSWER_MOST;
    next = stuck ? { second: from.second - 1, skip: 0 } : (last ?? from);
    const found = page.filter((e) => wanted(which, e));
    empty = found.length > 0 ? 0 : empty + 1;
    const rows = [...before.rows, ...number(found.reverse())].slice(0, OLDER_MOST);
    const full = rows.length >= OLDER_MOST || empty >= EMPTY_PAGES;
    older.value = { of, joint, rows, state: ended ? "end" : full ? "full" : "idle" };
  } catch {
    if (!mine.signal.aborted) older.value = { ...before, state: "failed" };
  }
}

/** The first page follows the last line in memory. Of a second that was sampled nothing more is listed. */
function start(base: readonly s.Line[], which: Which): { second: number; skip: number } | null {
  if (next) return next;
  const last = base.at(-1);
  if (!last) {
    const scope = s.scope.peek();
    const end = scope.live ? Math.floor(s.serverNow() / 1000) : scope.to;
    return { second: end - 1, skip: 0 };
  }
  const second = secondOf(last.event);
  if (second === null) return null;
  if (last.sample) return { second: second - 1, skip: 0 };
  let skip = 0;
  for (let i = base.length - 1; i >= 0 && secondOf(base[i]!.event) === second; i--) if (wanted(which, base[i]!.event)) skip++;
  return { second, skip };
}
