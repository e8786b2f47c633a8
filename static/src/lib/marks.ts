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
 * left of it where the right edge or the next mark is too near. `measure` tells the width of a group's
 * text, `lead` after which of them it is named: there it stands.
 */
export function place<M extends Mark>(
  marks: readonly M[],
  [from, to]: readonly [number, number],
  width: number,
  measure: (marks: M[]) => number,
  lead: (marks: M[]) => M = (marks) => marks[0]!,
): Placed<M>[] {
  const x = (at: number) => ((at - from) / (to - from)) * width;
  const set = (group: M[]): Placed<M> => {
    const flag = x(lead(group).at);
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
      const turned = { ...last, left: last.x - (last.right - last.left), right: last.x };
      const before = out[out.length - 2];
      // What led to an incident is often a moment before it: both can be named where there is room.
      if (turned.left >= (before ? before.right + APART : 0) && next.left >= turned.right + APART / 2) {
        out[out.length - 1] = turned;
        break;
      }
      out.pop();
      next = set([...last.marks, ...next.marks]);
    }
    out.push(next);
  }
  return out;
}

/** A stretch of the range as pixels, at least `least` wide; null where it is outside. */
export function stretch([start, end]: readonly [number, number], [from, to]: readonly [number, number], width: number, least = 3): { left: number; width: number } | null {
  if (end <= from || start >= to) return null;
  const x = (at: number) => Math.min(width, Math.max(0, ((at - from) / (to - from)) * width));
  const left = Math.min(x(start), width - least);
  return { left, width: Math.max(least, x(end) - left) };
}

/** Points that a finger could not tell apart become one, at the place of its first. */
export function cluster<T>(points: readonly { x: number; it: T }[], apart: number): { x: number; of: T[] }[] {
  const out: { x: number; of: T[] }[] = [];
  for (const { x, it } of [...points].sort((a, b) => a.x - b.x)) {
    const last = out[out.length - 1];
    if (last && x - last.x < apart) last.of.push(it);
    else out.push({ x, of: [it] });
  }
  return out;
}

/** Stretches that overlap or touch as one. */
export function union(stretches: readonly { left: number; width: number }[]): { left: number; width: number }[] {
  const out: { left: number; width: number }[] = [];
  for (const { left, width } of [...stretches].sort((a, b) => a.left - b.left)) {
    const last = out[out.length - 1];
    if (last && left <= last.left + last.width) last.width = Math.max(last.width, left + width - last.left);
    else out.push({ left, width });
  }
  return out;
}
