// Axes that stand still: round ends, up at once, down only after a while.

import type { Format } from "./format";

/** The next of 1, 1.5, 2, 3, 4, 5, 6, 8 × 10ⁿ. */
export function nice(n: number): number {
  if (!(n > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  for (const m of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) {
    // Rounded: 3 × 0.1 is not quite 0.3.
    if (m * power >= n * 0.999_999) return Number((m * power).toPrecision(6));
  }
  return 10 * power;
}

/** The value below which the share `q` of the known values lies. */
export function percentile(values: readonly (number | null)[], q: number): number {
  const known = values.filter((v): v is number => v !== null).sort((a, b) => a - b);
  if (known.length === 0) return 0;
  return known[Math.min(known.length - 1, Math.ceil(q * known.length) - 1)] ?? 0;
}

export const HOLD_MS = 10_000;

export interface Held {
  value: number;
  /** Since when less would have been enough. */
  since: number | null;
}

/** Grows at once, shrinks when less was enough for ten seconds. */
export function hold(held: Held | null, wanted: number, now: number): Held {
  if (!held || wanted >= held.value) return { value: wanted, since: null };
  if (held.since === null) return { value: held.value, since: now };
  return now - held.since >= HOLD_MS ? { value: wanted, since: null } : held;
}

/** At most `most` round values of a scale from 0 to `max`, zero left out. */
export function ticks(max: number, most: number): number[] {
  if (!(max > 0) || most < 1) return [];
  for (const step of steps(max)) {
    const n = Math.floor((max / step) * 1.000_001);
    if (n <= most) return Array.from({ length: n }, (_, i) => (i + 1) * step);
  }
  return [max];
}

function* steps(max: number): Generator<number> {
  let power = 10 ** (Math.floor(Math.log10(max)) - 1);
  for (let i = 0; i < 4; i++, power *= 10) {
    for (const m of [1, 2, 2.5, 5]) yield m * power;
  }
}

const ROUND_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120];

/** The shortest time that a log scale shows. */
export const LEAST_S = 0.0005;

/** A log scale around the values with up to three round ticks in it. */
export function logRange(low: number, high: number): { min: number; max: number; ticks: number[] } {
  low = Math.max(LEAST_S, low);
  high = Math.max(low * 1.01, high);
  let a = ROUND_SECONDS.findLastIndex((s) => s <= low);
  let b = ROUND_SECONDS.findIndex((s) => s >= high);
  a = a < 0 ? 0 : a;
  b = b < 0 ? ROUND_SECONDS.length - 1 : b;
  while (b - a < 3) {
    if (b < ROUND_SECONDS.length - 1) b++;
    if (b - a < 3 && a > 0) a--;
  }
  const middle = Math.round((a + b) / 2);
  return {
    // What is below the first tick is drawn above the scale's end as well.
    min: Math.min(ROUND_SECONDS[a]!, low) * 0.7,
    max: ROUND_SECONDS[b]! * 1.35,
    ticks: [...new Set([a, middle, b])].map((i) => ROUND_SECONDS[i]!),
  };
}

const TIME_STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];
const DAY_S = 86_400;

/**
 * Times in `[from, to]` that are round on the reader's clock, at least `apart` pixels from each other, but where the
 * clock changes. Epoch seconds; `offset` is how many seconds the clock is ahead of UTC at one.
 */
export function timeTicks(from: number, to: number, pixels: number, apart: number, offset: (at: number) => number): number[] {
  const span = to - from;
  if (!(span > 0) || !(pixels > 0)) return [];
  const least = (apart / pixels) * span;
  // Whole days, twice as many until they fit: a log of years has as few marks as one of hours.
  const days = DAY_S * 2 ** Math.max(0, Math.ceil(Math.log2(least / DAY_S)));
  const step = TIME_STEPS.find((s) => s >= least) ?? days;
  const out: number[] = [];
  const ahead = offset(from);
  for (let t = Math.ceil((from + ahead) / step) * step - ahead; t <= to; t += step) {
    // Behind a change of the clock, longer steps go on at the next round time, or at one that is just over.
    const now = offset(t);
    t = Math.floor((t + now) / step + 0.75) * step - now;
    if (t <= to) out.push(t);
  }
  return out;
}

/**
 * A time on an axis: with seconds where the steps have some, as a day where one begins, and with its zone where that
 * is another than just before.
 */
export function tickLabel(m: number, marks: readonly number[], fmt: Format): string {
  const step = marks.length > 1 ? marks[1]! - marks[0]! : 60;
  const minute = fmt.minute(m * 1000);
  if (minute === "00:00" && step % 60 === 0 && step >= 600) return fmt.day(m * 1000);
  // Half minutes without their seconds would read as the same time twice.
  const clock = step % 60 === 0 ? minute : fmt.plain(m * 1000);
  const before = marks[marks.indexOf(m) - 1] ?? m;
  // So does an hour that the clock goes through twice.
  return fmt.zone(before * 1000) === fmt.zone(m * 1000) ? clock : `${clock} ${fmt.zone(m * 1000).replace(/^UTC(?=.)/, "")}`;
}
