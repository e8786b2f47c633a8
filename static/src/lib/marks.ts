// Marks of the events lane: texts keep off each other and off other marks' bars; where there is no room for one, another's
// counts it. Pure.

export interface Mark {
  /** Epoch seconds. */
  at: number;
  text: string;
  /** What its bar covers, epoch seconds. */
  spans?: readonly (readonly [number, number])[];
}

export interface Placed<M extends Mark> {
  /** Where the flag stands, pixels. */
  x: number;
  /** Where the text begins and ends. */
  left: number;
  right: number;
  marks: M[];
}

interface Side {
  left: number;
  right: number;
}

/** Between two marks at least, pixels. */
const APART = 8;
/** Flags nearer than this are one. */
const ONE = 6;

interface Naming<M> {
  /** How wide a group's text is. */
  measure(marks: M[]): number;
  /** The greatest of a group names it, and is placed before others. */
  rank?: (mark: M) => number;
  /** A text may be cut to this width before it is counted in another's. */
  least?: number;
}

/**
 * Marks of a range placed along `width` pixels, earliest first. A text stands right of its flag, or left of it where the
 * edge, another mark or another's bar is too near; it is cut where neither has room, and where not even a cut one fits,
 * the mark is counted in the nearest other's text.
 */
export function place<M extends Mark>(marks: readonly M[], range: readonly [number, number], width: number, { measure, rank = () => 0, least = Infinity }: Naming<M>): Placed<M>[] {
  const [from, to] = range;
  const x = (at: number) => ((at - from) / (to - from)) * width;
  const lead = (group: readonly M[]) => group.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  const group = (of: readonly M[]) => {
    const marks = [...of].sort((a, b) => a.at - b.at);
    const bars = union(marks.flatMap((m) => (m.spans ?? []).flatMap((span) => stretch(span, range, width) ?? [])));
    return { marks, x: x(lead(marks).at), rank: rank(lead(marks)), long: measure(marks), bars };
  };
  const inside = marks.filter((m) => m.at >= from && m.at < to);
  let groups = cluster(inside.map((it) => ({ x: x(it.at), it })), ONE).map(({ of }) => group(of));

  const sideOf = (g: (typeof groups)[number], texts: readonly Side[]): Side | null => {
    const others = groups.filter((o) => o !== g);
    const bars = others.flatMap((o) => o.bars.map(({ left, width }) => ({ left, right: left + width })));
    // Over a bar that its flag stands on there is no other place.
    const taken = [...others.map((o) => ({ left: o.x, right: o.x + APART / 2 })), ...bars, ...texts].filter((o) => o.right <= g.x || o.left > g.x);
    const before = Math.max(0, ...taken.filter((o) => o.right <= g.x).map((o) => o.right + APART));
    const behind = Math.min(width, ...taken.filter((o) => o.left > g.x).map((o) => o.left - APART));
    const room = { right: behind - g.x, left: g.x - before };
    if (room.right >= g.long) return { left: g.x, right: g.x + g.long };
    if (room.left >= g.long) return { left: g.x - g.long, right: g.x };
    if (Math.max(room.right, room.left) < Math.min(least, g.long)) return null;
    return room.right >= room.left ? { left: g.x, right: behind } : { left: before, right: g.x };
  };
  for (;;) {
    const texts = new Map<(typeof groups)[number], Side>();
    const first = (a: (typeof groups)[number], b: (typeof groups)[number]) => b.rank - a.rank || a.x - b.x;
    const short = [...groups].sort(first).find((g) => {
      const side = sideOf(g, [...texts.values()]);
      if (side) texts.set(g, side);
      return !side;
    });
    if (!short || groups.length === 1) {
      return groups.map((g) => ({ x: g.x, ...(texts.get(g) ?? { left: Math.max(0, Math.min(g.x, width - g.long)), right: width }), marks: g.marks })).sort((a, b) => a.x - b.x);
    }
    const far = (o: (typeof groups)[number]) => Math.abs(o.x - short.x);
    const near = groups.filter((g) => g !== short).reduce((a, b) => (far(b) < far(a) ? b : a));
    groups = [...groups.filter((g) => g !== short && g !== near), group([...short.marks, ...near.marks])];
  }
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
