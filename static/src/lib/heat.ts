// The latency heat map's pure parts: how dark a cell is, and what a band is in the filter's words.

import { parse } from "./filter";

/** Ink of the four levels, per cent; told apart in both themes and in grey. */
export const INK = [10, 26, 50, 85] as const;

/** Level 0–4 of a cell with `n` requests where `top` is the most; 0 is empty. */
export function level(n: number, top: number): 0 | 1 | 2 | 3 | 4 {
  if (!(n > 0)) return 0;
  // By the square root: a few slow requests among thousands of fast ones must be seen.
  return Math.ceil(4 * Math.sqrt(Math.min(1, n / Math.max(1, top)))) as 1 | 2 | 3 | 4;
}

/** The filter's terms of band `i` of those that `bounds` (seconds, rising) separate. */
export function bandTerms(bounds: readonly number[], i: number): string[] {
  const terms = [];
  if (i > 0) terms.push(`latency>=${bounds[i - 1]}`);
  if (i < bounds.length) terms.push(`latency<${bounds[i]}`);
  return terms;
}

/** Whether the filter is about this band alone. */
export function holdsBand(filter: string, bounds: readonly number[], i: number): boolean {
  const said = parse(filter).filter((t) => t.field === "latency");
  const wanted = parse(bandTerms(bounds, i).join(" "));
  return said.length === wanted.length && wanted.every((w) => said.some((t) => !t.not && t.op === w.op && Number(t.value) === Number(w.value)));
}

/** The filter about this band instead of any other; without it where it is there already. */
export function toggleBand(filter: string, bounds: readonly number[], i: number): string {
  const rest = parse(filter).filter((t) => t.field !== "latency" || t.not).map((t) => t.text);
  return (holdsBand(filter, bounds, i) ? rest : [...rest, ...bandTerms(bounds, i)]).join(" ");
}
