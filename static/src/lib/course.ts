// The course of values over steps of which some are unknown: as wide as the time it took, and broken where nothing is known.

/** Which part of the width, 0 to 1, lies before each step. */
export function places(t: readonly number[]): readonly number[] {
  const first = t[0] ?? 0;
  const span = (t.at(-1) ?? first) - first;
  return t.map((at) => (span > 0 ? (at - first) / span : 0));
}

/** The steps that follow each other, as `[from, to)` of their places in the list. */
export function stretches(t: readonly number[], step: number): readonly [number, number][] {
  const out: [number, number][] = [];
  t.forEach((at, i) => {
    const last = out.at(-1);
    if (last && at - t[i - 1]! <= step) last[1] = i + 1;
    else out.push([i, i + 1]);
  });
  return out;
}

/** A line through `values` in a box, and the area under it; both empty where there is nothing to see. */
export function course(
  values: readonly number[],
  { t, step }: { t: readonly number[]; step: number },
  { width, height, max }: { width: number; height: number; max: number },
): { line: string; under: string } {
  if (values.length < 2 || !(max > 0)) return { line: "", under: "" };
  const tenth = (px: number) => Math.round(px * 10) / 10;
  const x = places(t).map((at) => tenth(at * width));
  let line = "";
  let under = "";
  for (const [from, to] of stretches(t, step)) {
    let part = "";
    for (let i = from; i < to; i++) part += `${i === from ? "M" : "L"}${x[i]} ${tenth(height - ((values[i] ?? 0) / max) * height)}`;
    // A step by itself is a dash.
    line += to - from === 1 ? `${part}h1` : part;
    under += `${part}L${x[to - 1]} ${height}L${x[from]} ${height}Z`;
  }
  return { line, under };
}
