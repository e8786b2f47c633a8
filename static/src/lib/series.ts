// What the charts are drawn from: seconds in columns, appended by ticks, mended by corrections,
// trimmed to the window. Pure: no clock, no page.

import type { Point, Series, Summary } from "../wire";

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
  "mean_s",
  "max_s",
  "upstream_p50_s",
  "upstream_p95_s",
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
const TIMES: ReadonlySet<Column> = new Set(["p50_s", "p95_s", "p99_s", "mean_s", "upstream_p50_s", "upstream_p95_s"]);
/** What a correction knows nothing of: late lines do not change what was measured of the host. */
const MEASURED: ReadonlySet<Column> = new Set(["cpu", "memory", "rx", "tx"]);

export type Value = number | null;
export type Row = Record<Column, Value>;

export interface Store {
  step: number;
  window: number;
  t: number[];
  cols: Record<Column, Value[]>;
  /** Requests by latency band of each step; null where they are not known. */
  bands: (readonly number[] | null)[];
  /** End of what is known: the newest step may still be filling. */
  end: number;
}

function emptyColumns(): Record<Column, Value[]> {
  return Object.fromEntries(COLUMNS.map((c) => [c, []])) as unknown as Record<Column, Value[]>;
}

export function empty(window = 900): Store {
  return { step: 1, window, t: [], cols: emptyColumns(), bands: [], end: 0 };
}

/** `end`, epoch seconds, is where the newest step stops for now; `shift` moves all of it later. */
export function fromSnapshot(series: Series, window: number, end = Infinity, shift = 0): Store {
  const store = empty(window);
  store.step = Math.max(1, series.step_s);
  const most = Math.ceil(window / store.step) + 2;
  series.t.forEach((at, i) => {
    const t = at + shift;
    // Steps that are not there are unknown, not zero: the charts show a gap.
    const last = store.t[store.t.length - 1];
    if (last !== undefined && (t - last) / store.step <= most) {
      for (let missing = last + store.step; missing < t; missing += store.step) pushRow(store, missing, null, null);
    }
    store.t.push(t);
    for (const c of COLUMNS) store.cols[c].push(series[c]?.[i] ?? null);
    store.bands.push(series.bands?.[i] ?? null);
  });
  finish(store, end);
  return store;
}

function finish(store: Store, end: number): void {
  const last = store.t[store.t.length - 1];
  if (last !== undefined) store.end = Math.min(last + store.step, Math.max(last + 1, end));
}

function row(p: Point): Row {
  const { host } = p;
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
    mean_s: p.mean_s ?? null,
    max_s: p.max_s ?? null,
    upstream_p50_s: p.upstream_p50_s ?? null,
    upstream_p95_s: p.upstream_p95_s ?? null,
    visitors: p.visitors,
    errors: p.errors,
    messages: p.messages,
    cpu: host?.cpu ?? null,
    memory: host?.memory ?? null,
    rx: host?.rx ?? null,
    tx: host?.tx ?? null,
  };
}

/**
 * Takes a step, whole: one that is there is replaced, one that is new is added, and steps that were
 * skipped become steps of nothing known. `end` is where it stops for now, while it is filling.
 */
export function append(store: Store, p: Point, end = p.t + store.step): void {
  const newest = store.t[store.t.length - 1];
  if (newest !== undefined && p.t <= newest) {
    replace(store, p);
  } else {
    if (newest !== undefined) {
      // A very long silence is one jump: the window would drop all of it at once anyway.
      let missing = Math.max(newest + store.step, p.t - store.window);
      for (; missing < p.t; missing += store.step) pushRow(store, missing, null, null);
    }
    pushRow(store, p.t, row(p), p.bands ?? null);
  }
  finish(store, end);
  trim(store, p.t);
}

/** Replaces earlier steps by what they are now that late lines came. */
export function correct(store: Store, points: readonly Point[]): void {
  for (const p of points) replace(store, p);
}

function pushRow(store: Store, t: number, values: Row | null, bands: readonly number[] | null): void {
  store.t.push(t);
  for (const c of COLUMNS) store.cols[c].push(values ? values[c] : null);
  store.bands.push(bands);
}

function replace(store: Store, p: Point): void {
  const i = indexOf(store, p.t);
  if (i < 0) return;
  const now = row(p);
  for (const c of COLUMNS) {
    if (now[c] !== null || !MEASURED.has(c)) store.cols[c][i] = now[c];
  }
  store.bands[i] = p.bands ?? null;
}

/** The first entry that starts at `t` or later. */
function firstFrom(times: readonly number[], t: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (times[mid]! < t) low = mid + 1;
    else high = mid;
  }
  return low;
}

export function indexOf(store: Store, t: number): number {
  const i = firstFrom(store.t, t);
  return store.t[i] === t ? i : -1;
}

/** The entry whose step holds the second `t`, or −1. */
export function indexHolding(store: Store, t: number): number {
  const i = firstFrom(store.t, t + 1) - 1;
  return i >= 0 && t < store.t[i]! + store.step && t < store.end ? i : -1;
}

/** The range is known from its start to its end, or to where everything ends. */
export function reaches(store: Store, from: number, to: number): boolean {
  const first = store.t[0];
  return first !== undefined && first <= from && Math.min(to, store.t[store.t.length - 1]!) >= from && store.end >= to;
}

function trim(store: Store, now: number): void {
  const oldest = now - store.window - 2 * store.step;
  const n = firstFrom(store.t, oldest);
  if (n === 0) return;
  store.t.splice(0, n);
  for (const c of COLUMNS) store.cols[c].splice(0, n);
  store.bands.splice(0, n);
}

const SPANS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

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

const BUCKETS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** The shortest bucket that gives each entry at least `apart` pixels: finer only makes a comb. */
export function bucketFor(seconds: number, pixels: number, step: number, apart = 3): number {
  const least = Math.max(step, (seconds / Math.max(1, pixels)) * apart);
  return BUCKETS.find((b) => b >= least && b % step === 0) ?? Math.ceil(least / step) * step;
}

/** Calls `take` with the entries `[i, end)` of each bucket in `[from, to)`. */
function eachBucket(store: Store, from: number, to: number, bucket: number, take: (at: number, i: number, end: number) => void): void {
  let i = firstFrom(store.t, from);
  while (i < store.t.length && store.t[i]! < to) {
    const at = Math.floor(store.t[i]! / bucket) * bucket;
    const end = firstFrom(store.t, Math.min(at + bucket, to));
    take(at, i, Math.max(end, i + 1));
    i = Math.max(end, i + 1);
  }
}

/** Steps brought together in buckets that stand still as time goes on. */
export function draw(store: Store, from: number, to: number, bucket: number): Drawn {
  const out: Drawn = { bucket, t: [], cols: emptyColumns() };
  eachBucket(store, from, to, bucket, (at, i, end) => {
    out.t.push(at);
    // The newest bucket is still filling: it shows as long a mean as the others, or it would jump.
    const filling = end === store.t.length && store.end < at + bucket;
    const merged = merge(store, filling ? Math.max(0, end - Math.max(1, bucket / store.step)) : i, end);
    for (const c of COLUMNS) out.cols[c].push(merged[c]);
  });
  return out;
}

/** Mean over entries `[i, end)`: rates per second, times weighted by requests. */
export function merge(store: Store, i: number, end: number): Row {
  const out = {} as Row;
  const requests = store.cols.requests;
  const last = store.t.length - 1;
  const filled = store.end - (store.t[last] ?? 0);
  for (const c of COLUMNS) {
    const values = store.cols[c];
    const summed = SUMMED.has(c);
    const timed = TIMES.has(c);
    let sum = 0;
    let weight = 0;
    for (let k = i; k < end; k++) {
      const v = values[k];
      if (v === null || v === undefined) continue;
      if (c === "max_s") {
        sum = Math.max(sum, v);
        weight = 1;
      } else if (summed) {
        sum += v;
        weight += k === last ? filled : store.step;
      } else {
        const w = timed ? Math.max(1, requests[k] ?? 1) : 1;
        sum += v * w;
        weight += w;
      }
    }
    out[c] = weight === 0 ? null : sum / weight;
  }
  return out;
}

/**
 * Means over the range `[from, to)` of what is drawn, which begins before it; a mean of percentiles is none of
 * the range, which only `timesOf` has.
 */
export function meansOf(drawn: Drawn, from: number, to: number): Row {
  const inside = drawn.t.map((at) => Math.max(0, Math.min(at + drawn.bucket, to) - Math.max(at, from)));
  return Object.fromEntries(
    Object.entries(drawn.cols).map(([c, col]) => {
      let sum = 0;
      let weight = 0;
      col.forEach((v, i) => {
        if (v === null || c.endsWith("_s")) return;
        sum += v * inside[i]!;
        weight += inside[i]!;
      });
      return [c, weight > 0 ? sum / weight : null];
    }),
  ) as Row;
}

/** The times of a range as its summary has them; unknown until that is there. */
export function timesOf(summary: Pick<Summary, "latency_s" | "upstream_s"> | null): Pick<Row, "p50_s" | "p95_s" | "p99_s" | "upstream_p50_s" | "upstream_p95_s"> {
  const { p50 = null, p95 = null, p99 = null } = summary?.latency_s ?? {};
  return { p50_s: p50, p95_s: p95, p99_s: p99, upstream_p50_s: summary?.upstream_s.p50 ?? null, upstream_p95_s: summary?.upstream_s.p95 ?? null };
}

/** Requests by latency band, one column a bucket; null where nothing is known. */
export function drawBands(store: Store, from: number, to: number, bucket: number): { t: number[]; columns: (number[] | null)[] } {
  const out = { t: [] as number[], columns: [] as (number[] | null)[] };
  eachBucket(store, from, to, bucket, (at, i, end) => {
    let column: number[] | null = null;
    for (let k = i; k < end; k++) {
      const bands = store.bands[k];
      if (!bands) continue;
      column ??= bands.map(() => 0);
      bands.forEach((n, b) => (column![b] = (column![b] ?? 0) + n));
    }
    out.t.push(at);
    out.columns.push(column);
  });
  return out;
}

/** The mean of the newest `seconds`: what "now" means on this page. */
export function latest(store: Store, seconds: number): Row {
  const end = store.t.length;
  if (end === 0) return merge(store, 0, 0);
  return merge(store, Math.min(end - 1, firstFrom(store.t, store.end - seconds - store.step + 1)), end);
}

/** All that did not fail, whatever its status: it stands above the zero line. */
export function answered(c: Pick<Drawn["cols"], "requests" | "s4xx" | "s5xx">): Value[] {
  return c.requests.map((v, i) => (v === null ? null : Math.max(0, v - (c.s4xx[i] ?? 0) - (c.s5xx[i] ?? 0))));
}

/** Less than this is what is left of counting with fractions. */
const NOTHING = 1e-6;

/** Requests that are none of 2xx to 5xx: interim answers, codes that nobody knows, and none at all. */
export function others(of: (c: "requests" | "s2xx" | "s3xx" | "s4xx" | "s5xx") => Value | undefined): Value {
  const all = of("requests");
  if (all === null || all === undefined) return null;
  const n = all - (of("s2xx") ?? 0) - (of("s3xx") ?? 0) - (of("s4xx") ?? 0) - (of("s5xx") ?? 0);
  return n > NOTHING ? n : 0;
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
