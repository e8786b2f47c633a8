// Marks of the events lane: texts that would lie over each other become one that counts them. Pure.

export interface Mark {
  /** Epoch seconds. */
  at: number;
  text: string;
}

export interface Placed<M extends Mark> {
  /** Where the flag stands, pixels. */
  x: number;
  /** Where the text begins and ends. */
  left: number;
  right: number;
  marks: M[];
}

/** Between two marks at least, pixels. */
const APART = 8;

/**
 * Marks of a range placed along `width` pixels, earliest first. The text stands right of its flag, or
 * left of it where the right edge is too near. `measure` tells the width of a group's text.
 */
export function place<M extends Mark>(
  marks: readonly M[],
  [from, to]: readonly [number, number],
  width: number,
  measure: (marks: M[]) => number,
): Placed<M>[] {
  const x = (at: number) => ((at - from) / (to - from)) * width;
  const set = (group: M[]): Placed<M> => {
    const flag = x(group[0]!.at);
    const long = measure(group);
    const left = flag + long > width ? Math.max(0, Math.min(flag, width) - long) : flag;
    return { x: flag, left, right: left + long, marks: group };
  };
  const out: Placed<M>[] = [];
  const inside = marks.filter((m) => m.at >= from && m.at < to).sort((a, b) => a.at - b.at);
  for (const mark of inside) {
    let next = set([mark]);
    // A group that grew may now reach the one before it.
    for (let last = out[out.length - 1]; last && next.left < last.right + APART; last = out[out.length - 1]) {
      out.pop();
      next = set([...last.marks, ...next.marks]);
    }
    out.push(next);
  }
  return out;
}
