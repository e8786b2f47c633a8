// Ranges of time, `[from, to)` in epoch seconds: moved, zoomed and resized within what is kept. Pure.

export type Range = readonly [number, number];

/** Five seconds are the least in which a line is a line. */
export const LEAST_S = 5;

/** Pushed into `within` without changing its length, or `within` itself where it is longer. */
export function fit([from, to]: Range, within: Range): [number, number] {
  const length = Math.max(LEAST_S, to - from);
  if (length >= within[1] - within[0]) return [within[0], Math.max(within[1], within[0] + LEAST_S)];
  const start = Math.min(Math.max(from, within[0]), within[1] - length);
  return [start, start + length];
}

export function pan([from, to]: Range, by: number, within: Range): [number, number] {
  return fit([from + by, to + by], within);
}

/** Longer by `factor` (shorter below 1), with the second `at` staying where it is drawn. */
export function zoomAt([from, to]: Range, at: number, factor: number, within: Range): [number, number] {
  const length = Math.max(LEAST_S, (to - from) * factor);
  const share = to > from ? (at - from) / (to - from) : 0.5;
  const start = at - share * length;
  return fit([start, start + length], within);
}

/** One edge moved; it stops before the other. */
export function resize([from, to]: Range, edge: "from" | "to", at: number, within: Range): [number, number] {
  if (edge === "from") return [Math.max(within[0], Math.min(at, to - LEAST_S)), to];
  return [from, Math.min(within[1], Math.max(at, from + LEAST_S))];
}

/** The range between two seconds in any order, whole seconds, never too short to be drawn. */
export function between(a: number, b: number, within: Range): [number, number] {
  const from = Math.floor(Math.min(a, b));
  const to = Math.max(from + LEAST_S, Math.ceil(Math.max(a, b)));
  return fit([from, to], within);
}

/** `length` seconds in which `at` stands in the middle, or as near to it as what is kept allows. */
export function around(at: number, length: number, within: Range): [number, number] {
  const from = Math.floor(at - length / 2);
  return fit([from, from + length], within);
}

/** `range` itself while it holds `at`; else moved so that it does, by as little as leaves a tenth ahead. */
export function follow(range: Range, at: number, within: Range): [number, number] {
  const [from, to] = range;
  if (at >= from && at < to) return [from, to];
  const ahead = (to - from) / 10;
  return fit(at < from ? [at - ahead, at - ahead + (to - from)] : [at + 1 + ahead - (to - from), at + 1 + ahead], within);
}

/** Whole seconds, as long as it was. */
export function whole([from, to]: Range): [number, number] {
  const start = Math.round(from);
  return [start, start + Math.max(1, Math.round(to - from))];
}

export function same(a: Range | null, b: Range | null): boolean {
  return a === b || (a !== null && b !== null && a[0] === b[0] && a[1] === b[1]);
}

/** Why nothing is known of a stretch of time, or not of all of it; null where all is. */
export type Unknown = "not_yet" | "not_kept" | "not_heard" | "part_kept" | "part_known" | null;

/** `[oldest, end)` is what is kept; `knownS`, how many seconds of the stretch are known, comes with an answer. */
export function unknown([from, to]: Range, [oldest, end]: readonly [number | null, number], knownS: number | null): Unknown {
  if (from >= end) return "not_yet";
  if (oldest !== null && to <= oldest) return "not_kept";
  if (knownS === 0) return "not_heard";
  if (oldest !== null && from < oldest) return "part_kept";
  return knownS !== null && knownS < to - from ? "part_known" : null;
}
