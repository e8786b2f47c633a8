// Marks of the events lane: texts keep off each other, and within a bar or outside of it; where there is no room for one,
// another's counts it. Pure.

export interface Mark {
  /** Epoch seconds. */
  at: number;
  text: string;
  /** What its bar covers, epoch seconds. */
  spans?: readonly (readonly [number, number])[];
  /** It goes on: its text is to be read, over others' bars where no other room is left. */
  open?: boolean;
}

export interface Placed<M extends Mark> {
  /** Where the flag stands, pixels. */
  x: number;
  /** Where the text begins and ends. */
  left: number;
  right: number;
  /** What stands between the flag and a text behind its bar, pixels. */
  over: number;
  marks: M[];
}

interface Side {
  left: number;
  right: number;
  over: number;
}

/** Between two marks at least, pixels. */
const APART = 8;
/** Flags nearer than this are one. */
const ONE = 6;
/** Between the end of a bar and the text behind it. */
const BEHIND = 4;

interface Naming<M> {
  /** How wide a group's text is. */
  measure(marks: M[]): number;
  /** The greatest of a group names it, and is placed before others. */
  rank?: (mark: M) => number;
  /** A group's text may be cut to this width before it is counted in another's. */
  least?: (marks: M[]) => number;
  /** And of one that goes on to this, as long as what is over can be counted in it instead. */
  readable?: (marks: M[]) => number;
  /** How wide the flag is, which `measure` has in it. */
  flag?: number;
}

/**
 * Marks of a range placed along `width` pixels, earliest first. A text stands right of its flag, behind its bar where that is
 * too short for it, or left of the flag; it is cut where none has room, and where not even a cut one fits, the mark is
 * counted in the nearest other's text. No text that has room elsewhere runs over an end of a bar, which would
 * read as a line through it.
 */
export function place<M extends Mark>(marks: readonly M[], range: readonly [number, number], width: number, { measure, rank = () => 0, least = () => Infinity, readable = least, flag = 0 }: Naming<M>): Placed<M>[] {
  const [from, to] = range;
  const x = (at: number) => ((at - from) / (to - from)) * width;
  const lead = (group: readonly M[]) => group.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  const barsOf = (m: M) => union((m.spans ?? []).flatMap((span) => stretch(span, range, width) ?? [])).map(({ left, width }) => ({ left, right: left + width }));
  const group = (of: readonly M[]) => {
    const marks = [...of].sort((a, b) => a.at - b.at);
    const first = lead(marks);
    const open = first.open ?? false;
    return { marks, x: x(first.at), rank: rank(first), open, own: barsOf(first), bars: marks.flatMap(barsOf), long: measure(marks), least: open ? readable(marks) : least(marks) };
  };
  const inside = marks.filter((m) => m.at >= from && m.at < to);
  let groups = cluster(inside.map((it) => ({ x: x(it.at), it })), ONE).map(({ of }) => group(of));

  const sideOf = (g: (typeof groups)[number], texts: readonly Side[]): Side | null => {
    const flags = groups.filter((o) => o !== g).map((o) => ({ left: o.x, right: o.x + APART / 2 }));
    const among = (bars: readonly { left: number; right: number }[], long: number) => {
      const taken = [...flags, ...texts, ...bars];
      const stop = (at: number) => Math.min(width, ...taken.filter((o) => o.left > at).map((o) => o.left - APART), ...bars.filter((o) => o.right > at).map((o) => o.right));
      const before = Math.max(0, ...taken.filter((o) => o.right <= g.x).map((o) => o.right + APART), ...bars.filter((o) => o.left < g.x && o.right > g.x).map((o) => o.left));
      const end = stop(g.x);
      const passed = end < width && bars.some((o) => o.right === end) ? Math.max(0, end + BEHIND - g.x - flag) : null;
      const right = { left: g.x, right: end, over: 0 };
      const behind = passed !== null && { left: g.x, right: stop(end), over: passed };
      const rooms = [right, ...(behind ? [behind] : []), { left: before, right: g.x, over: 0 }];
      const room = (o: Side) => o.right - o.left - o.over;
      const whole = rooms.find((o) => room(o) >= long);
      const most = rooms.reduce((a, b) => (room(b) > room(a) ? b : a));
      if (!whole) return room(most) < Math.min(g.least, long) ? null : most;
      return whole.right === g.x ? { ...whole, left: g.x - long } : { ...whole, right: g.x + whole.over + long };
    };
    const others = groups.filter((o) => o !== g).flatMap((o) => o.bars);
    const clear = among([...others, ...g.bars], g.long);
    if (clear) return clear;
    // Of several in one the bars of those that are only counted give way, and of one that goes on all others, to as little as can be read.
    if (g.open) return among(g.own, Math.min(g.long, g.least));
    return g.marks.length > 1 ? among([...others, ...g.own], g.long) : null;
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
      return groups.map((g) => ({ x: g.x, ...(texts.get(g) ?? { left: Math.max(0, Math.min(g.x, width - g.long)), right: width, over: 0 }), marks: g.marks })).sort((a, b) => a.x - b.x);
    }
    const far = (o: (typeof groups)[number]) => Math.abs(o.x - short.x);
    const others = groups.filter((g) => g !== short);
    // Two that go on are never one text while each has room for a little of its own.
    const over = others.filter((g) => !g.open && far(g) < short.long);
    const yields = least(short.marks);
    if (short.open && over.length === 0 && short.least > yields) {
      short.least = yields;
      continue;
    }
    const near = (short.open && over.length > 0 ? over : others).reduce((a, b) => (far(b) < far(a) ? b : a));
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
