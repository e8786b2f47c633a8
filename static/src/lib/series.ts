// What the charts are drawn from: seconds in columns, appended by ticks, mended by corrections,
// trimmed to the window. Pure: no clock, no page.

import type { Point, Series } from "../wire";

export const COLUMNS = [
  "requests",
  "s1xx",
  "s2xx",
  "s3xx",
  "s4xx",
  "s5xx",
  "bytes_out",
  "bytes_in",
  "p50_s",
  "p95_s",
  "p99_s",
  "visitors",
  "errors",
  "messages",
  "cpu",
  "memory",
  "rx",
  "tx",
] as const;

export type Column = (typeof COLUMNS)[number];

/** Counts add up over a step; `null` is a step of which nothing is known. */
const SUMMED: ReadonlySet<Column> = new Set([
  "requests", "s1xx", "s2xx", "s3xx", "s4xx", "s5xx", "bytes_out", "bytes_in", "errors", "messages",
]);
const QUANTILES: ReadonlySet<Column> = new Set(["p50_s", "p95_s", "p99_s"]);

type Value = number | null;
type Row = Record<Column, Value>;

export interface Store {
  step: number;
  window: number;
  t: number[];
  cols: Record<Column, Value[]>;
  /** The seconds behind the newest steps, so that a correction of one second can mend a longer step. */
  recent: Map<number, Row>;
}

function emptyColumns(): Record<Column, Value[]> {
  return Object.fromEntries(COLUMNS.map((c) => [c, []])) as unknown as Record<Column, Value[]>;
}

export function empty(window = 900): Store {
  return { step: 1, window, t: [], cols: emptyColumns(), recent: new Map() };
}

export function fromSnapshot(series: Series, window: number): Store {
  const store = empty(window);
  store.step = Math.max(1, series.step_s);
  const most = Math.ceil(window / store.step) + 2;
  series.t.forEach((t, i) => {
    // Steps that are not there are unknown, not zero: the charts show a gap.
    const last = store.t[store.t.length - 1];
    if (last !== undefined && (t - last) / store.step <= most) {
      for (let missing = last + store.step; missing < t; missing += store.step) pushRow(store, missing, null);
    }
    store.t.push(t);
    for (const c of COLUMNS) store.cols[c].push(series[c][i] ?? null);
  });
  return store;
}

function row(p: Point): Row {
  return {
    requests: p.requests,
    s1xx: p.s1xx,
    s2xx: p.s2xx,
    s3xx: p.s3xx,
    s4xx: p.s4xx,
    s5xx: p.s5xx,
    bytes_out: p.bytes_out,
    bytes_in: p.bytes_in,
    p50_s: p.p50_s,
    p95_s: p.p95_s,
    p99_s: p.p99_s,
    visitors: p.visitors,
    errors: p.errors,
    messages: p.messages,
    cpu: p.host?.cpu ?? null,
    memory: p.host?.memory ?? null,
    rx: p.host?.rx ?? null,
    tx: p.host?.tx ?? null,
  };
}

/** Seconds kept singly when a step is longer than one: as late as a correction may come. */
const RECENT_S = 660;

/** Takes a closed second; seconds that were skipped become steps of nothing known. */
export function append(store: Store, p: Point): void {
  const at = store.step === 1 ? p.t : Math.floor(p.t / store.step) * store.step;
  const last = store.t.length - 1;
  const newest = store.t[last];
  if (newest !== undefined && at <= newest) {
    apply(store, p);
  } else {
    if (newest !== undefined) {
      // A very long silence is one jump: the window would drop all of it at once anyway.
      let missing = Math.max(newest + store.step, at - store.window);
      for (; missing < at; missing += store.step) pushRow(store, missing, null);
    }
    pushRow(store, at, row(p));
    remember(store, p);
  }
  trim(store, p.t);
}

/** Replaces earlier seconds by what they are now that late lines came. */
export function correct(store: Store, points: readonly Point[]): void {
  for (const p of points) apply(store, p);
}

function pushRow(store: Store, t: number, values: Row | null): void {
  store.t.push(t);
  for (const c of COLUMNS) store.cols[c].push(values ? values[c] : null);
}

function remember(store: Store, p: Point): void {
  if (store.step === 1) return;
  store.recent.set(p.t, row(p));
  for (const t of store.recent.keys()) {
    if (t >= p.t - RECENT_S) break;
    store.recent.delete(t);
  }
}

function apply(store: Store, p: Point): void {
  const at = store.step === 1 ? p.t : Math.floor(p.t / store.step) * store.step;
  const i = indexOf(store, at);
  if (i < 0) return;
  const now = row(p);
  if (store.step === 1) {
    for (const c of COLUMNS) {
      // A correction knows nothing of the host: what was measured stays.
      if (now[c] !== null || QUANTILES.has(c)) store.cols[c][i] = now[c];
    }
    return;
  }
  const before = store.recent.get(p.t);
  const newest = at === store.t[store.t.length - 1];
  // A second of a step that came whole with the snapshot can't be told apart from its sum.
  if (!before && !newest) return;
  const weight = store.cols.requests[i] ?? 0;
  for (const c of COLUMNS) {
    const values = store.cols[c];
    const held = values[i] ?? null;
    const value = now[c];
    if (SUMMED.has(c)) {
      values[i] = (held ?? 0) + (value ?? 0) - (before?.[c] ?? 0);
    } else if (value === null || before) {
      continue;
    } else if (held === null) {
      values[i] = value;
    } else if (QUANTILES.has(c)) {
      const more = now.requests ?? 0;
      values[i] = weight + more > 0 ? (held * weight + value * more) / (weight + more) : value;
    } else if (c === "visitors") {
      values[i] = Math.max(held, value);
    } else {
      values[i] = value;
    }
  }
  remember(store, p);
}

export function indexOf(store: Store, t: number): number {
  let low = 0;
  let high = store.t.length - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    const at = store.t[mid]!;
    if (at === t) return mid;
    if (at < t) low = mid + 1;
    else high = mid - 1;
  }
  return -1;
}

function trim(store: Store, now: number): void {
  const oldest = now - store.window - 2 * store.step;
  let n = 0;
  while (n < store.t.length && store.t[n]! < oldest) n++;
  if (n === 0) return;
  store.t.splice(0, n);
  for (const c of COLUMNS) store.cols[c].splice(0, n);
}

const SPANS = [60, 120, 300, 600, 900, 1800, 3600];

/** How much to show while less than the window is known: steps, so that the axis stands still. */
export function spanFor(known: number, window: number): number {
  return Math.min(window, SPANS.find((s) => s >= known) ?? window);
}

/** What a chart shows: values per second, one entry a bucket, `null` where nothing is known. */
export interface Drawn {
  bucket: number;
  t: number[];
  cols: Record<Column, Value[]>;
}

const BUCKETS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600];

/** The shortest bucket that gives each point at least three pixels: finer only makes a comb. */
export function bucketFor(seconds: number, pixels: number, step: number): number {
  const least = Math.max(step, (seconds / Math.max(1, pixels)) * 3);
  return BUCKETS.find((b) => b >= least && b % step === 0) ?? Math.ceil(least / step) * step;
}

/** Seconds brought together in buckets that stand still as time goes on. */
export function draw(store: Store, from: number, to: number, bucket: number): Drawn {
  const out: Drawn = { bucket, t: [], cols: emptyColumns() };
  let i = 0;
  while (i < store.t.length && store.t[i]! < from) i++;
  while (i < store.t.length && store.t[i]! < to) {
    const at = Math.floor(store.t[i]! / bucket) * bucket;
    let end = i;
    while (end < store.t.length && store.t[end]! < at + bucket && store.t[end]! < to) end++;
    out.t.push(at);
    // The newest bucket is still filling: it shows as long a mean as the others, or it would jump.
    const filling = end === store.t.length && store.t[end - 1]! + store.step < at + bucket;
    const merged = merge(store, filling ? Math.max(0, end - bucket / store.step) : i, end);
    for (const c of COLUMNS) out.cols[c].push(merged[c]);
    i = end;
  }
  return out;
}

/** Mean over entries `[i, end)`: rates per second, quantiles weighted by requests. */
export function merge(store: Store, i: number, end: number): Row {
  const out = {} as Row;
  const requests = store.cols.requests;
  for (const c of COLUMNS) {
    const values = store.cols[c];
    let sum = 0;
    let weight = 0;
    for (let k = i; k < end; k++) {
      const v = values[k];
      if (v === null || v === undefined) continue;
      const w = QUANTILES.has(c) ? Math.max(1, requests[k] ?? 1) : 1;
      sum += v * w;
      weight += w;
    }
    out[c] = weight === 0 ? null : SUMMED.has(c) ? sum / (weight * store.step) : sum / weight;
  }
  return out;
}

/** The mean of the newest `seconds`: what "now" means on this page. */
export function latest(store: Store, seconds: number): Row {
  const end = store.t.length;
  const newest = store.t[end - 1];
  if (newest === undefined) return merge(store, 0, 0);
  let i = end - 1;
  while (i > 0 && store.t[i - 1]! > newest - seconds) i--;
  return merge(store, i, end);
}

/** Stretches of which nothing is known, `[from, to)`. */
export function gaps(drawn: Drawn): [number, number][] {
  const out: [number, number][] = [];
  drawn.t.forEach((t, i) => {
    if (drawn.cols.requests[i] !== null) return;
    const open = out[out.length - 1];
    if (open && open[1] === t) open[1] = t + drawn.bucket;
    else out.push([t, t + drawn.bucket]);
  });
  return out;
}
