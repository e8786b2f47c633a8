// The past: which range of time the page shows, and how one gets there and back. What is asked of
// the server for it is in `asked.ts`.

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { resume } from "./feed";
import { around, fit, follow, type Range, same, whole, zoomAt } from "./lib/range";
import { indexHolding, merge, reaches, spanFor, type Store } from "./lib/series";
import * as s from "./state";

/** The window around the playhead; null while live, and while a range was chosen by hand. */
const frozen = signal<[number, number] | null>(null);
/** The length that was chosen when it froze. */
let frozenFor = 0;

/** Newest known second's end. */
export function end(): number {
  return s.newest.value / 1000 || Math.floor(s.serverNow() / 1000);
}

/** All that is kept, `[oldest, end)`. */
export function kept(): [number, number] {
  const to = end();
  const oldest = s.status.value?.kept.oldest ?? null;
  return [Math.min(oldest ?? to - s.windowS.value, to - 1), to];
}

function liveRange(): [number, number] {
  const to = end();
  const oldest = s.status.value?.kept.oldest ?? null;
  return [to - (oldest === null ? s.windowS.value : spanFor(to - oldest, s.windowS.value)), to];
}

/** What the charts span, whatever lists and numbers are about. */
export const shown = computed<[number, number]>(() => {
  const range = s.zoom.value ?? frozen.value;
  return range ?? liveRange();
});

export const isLive = computed(() => s.scope.value.live);

// ── The address ──────────────────────────────────────────────────────────────────────────────────

/** A drag or a held key writes the address this late: browsers refuse a hundred writes in half a minute. */
const SOON_MS = 400;
let soon = 0;

function write(step: boolean): void {
  clearTimeout(soon);
  soon = step ? 0 : window.setTimeout(settle, SOON_MS);
  if (step) s.writeAddress(true);
}

/** Writes the address now: the drag is over. */
export function settle(): void {
  if (soon === 0) return;
  clearTimeout(soon);
  soon = 0;
  s.writeAddress(false);
}

// ── The playhead ─────────────────────────────────────────────────────────────────────────────────

/** Shows the page as it was in second `at`; what is after the newest second is the present. */
export function goToSecond(at: number, step = true): void {
  const [oldest, to] = untracked(kept);
  const next = Math.max(oldest, Math.min(Math.floor(at), to - 1));
  const came = s.at.peek() === null;
  s.at.value = next;
  write(step || came);
}

/** So many seconds on, or back where negative: from the second shown, the end of the range shown, or the newest second. */
export function step(seconds: number): void {
  const from = s.at.peek();
  const newest = untracked(end) - 1;
  if (from === null && seconds > 0) return;
  const next = (from ?? Math.min(s.zoom.peek()?.[1] ?? newest, newest)) + seconds;
  if (next > newest) backToLive();
  else goToSecond(next, from === null);
}

const PLAY_MS = 1000;
export const playing = signal(false);
let player = 0;

/** Steps a second each second, until it is the present or stopped by a second call. */
export function play(): void {
  if (playing.peek()) {
    stop();
    return;
  }
  if (s.at.peek() === null) return;
  playing.value = true;
  player = window.setInterval(() => step(1), PLAY_MS);
}

function stop(): void {
  clearInterval(player);
  playing.value = false;
}

export function backToLive(): void {
  stop();
  const there = s.at.peek() === null && s.zoom.peek() === null;
  batch(() => {
    s.at.value = null;
    s.zoom.value = null;
  });
  if (!there) write(true);
  resume();
}

/** Leaves the nearest thing of the past: the second, then the range. False while live. */
export function leave(): boolean {
  if (s.at.peek() !== null) s.at.value = null;
  else if (s.zoom.peek() !== null) s.zoom.value = null;
  else return false;
  write(true);
  return true;
}

// ── The range ────────────────────────────────────────────────────────────────────────────────────

/** Shows a range chosen by hand; `step` makes it one step of the history. */
export function zoomTo(range: Range | null, step = true): void {
  const next = range && fit(whole(range), untracked(kept));
  if (same(next, s.zoom.peek())) return;
  const at = s.at.peek();
  const came = s.zoom.peek() === null;
  batch(() => {
    s.zoom.value = next;
    // A second that is out of sight is no longer what is looked at: the range is.
    if (next && at !== null && (at < next[0] || at >= next[1])) s.at.value = null;
  });
  write(step || came);
}

/** The shown range longer by `factor`, around the playhead or its own middle. */
export function zoomBy(factor: number): void {
  const range = shown.peek();
  const at = s.at.peek() ?? s.cursor.peek() ?? (isLive.peek() ? range[1] : (range[0] + range[1]) / 2);
  zoomTo(zoomAt(range, at, factor, untracked(kept)));
}

// ── Which numbers are drawn ──────────────────────────────────────────────────────────────────────

/** A series of the past that the live one does not reach or has only coarser. */
export const pastStore = signal<Store | null>(null);

/** The seconds around the playhead, singly, where the other curves are coarser. */
export const fineStore = signal<Store | null>(null);

/** All that is kept, coarsely. */
export const wholeStore = signal<Store | null>(null);

/** The store with most to say about a range, for a chart that wants steps of `step` seconds. */
export function storeFor(from: number, to: number, step: number): Store {
  const live = s.store.current;
  if (live.step <= step && reaches(live, from, Math.min(to, live.end))) return live;
  const past = pastStore.value;
  const overlaps = (store: Store) => store.t.length > 0 && store.t[0]! < to && store.end > from;
  if (past && overlaps(past)) return past;
  // Coarse, but there at once.
  const all = wholeStore.value;
  return all && !overlaps(live) && overlaps(all) ? all : live;
}

/** What the feed once brought of a time that is kept no longer, as it was or as zeros, is in no chart and no list. */
export function gone(to: number): boolean {
  const oldest = s.status.value?.kept.oldest ?? null;
  return oldest !== null && to <= oldest;
}

/** The numbers of one second from what is here already; null where no series has single seconds, before it has come, and once it is gone. */
export function second(at: number): ReturnType<typeof merge> | null {
  // A series that was asked for has steps without anything up to where it was asked for.
  if (at >= end() || gone(at + 1)) return null;
  for (const store of [s.store.current, pastStore.value, fineStore.value]) {
    const i = store && store.step === 1 ? indexHolding(store, at) : -1;
    if (store && i >= 0) return merge(store, i, i + 1);
  }
  return null;
}

/** The means of what is kept of a range, from what is here already, for the time until the answer comes. */
export function over(from: number, to: number): ReturnType<typeof merge> | null {
  if (gone(to)) return null;
  const store = storeFor(from, to, to - from);
  const i = indexHolding(store, Math.max(from, s.status.value?.kept.oldest ?? from));
  const last = indexHolding(store, Math.min(to, store.end) - 1);
  return i >= 0 && last >= i ? merge(store, i, last + 1) : null;
}

export function startPast(): void {
  // The window stands still once the page shows a second of it, and follows the playhead.
  effect(() => {
    const at = s.at.value;
    const length = s.windowS.value;
    untracked(() => {
      if (at === null) {
        stop();
        frozen.value = null;
        return;
      }
      const within = kept();
      const zoom = s.zoom.peek();
      if (zoom) {
        const next = whole(follow(zoom, at, [Math.min(within[0], at), within[1]]));
        if (!same(next, zoom)) s.zoom.value = next;
      }
      const range = frozen.peek();
      const known = s.newest.peek() > 0;
      if (range && length === frozenFor) {
        const next = follow(range, at, [Math.min(within[0], at), within[1]]);
        if (!same(next, range)) frozen.value = next;
      } else {
        const live = liveRange();
        frozenFor = length;
        frozen.value = known && at >= live[0] && at < live[1] ? live : around(at, length, [known ? within[0] : 0, within[1]]);
      }
    });
  });
}
