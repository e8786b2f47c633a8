// Marks of the events lane: a text covers no bar and no sign but its own; where there is no room for one, the sign stands
// alone. Pure.

export interface Mark {
  /** Epoch seconds. */
  at: number;
  text: string;
  /** What its bar covers, epoch seconds. */
  spans?: readonly (readonly [number, number])[];
}

export interface Placed<M extends Mark> {
  /** Where the sign stands, pixels. */
  x: number;
  /** Where the text, or what there is to press of a sign alone, begins and ends. */
  left: number;
  right: number;
  /** What stands between the sign and a text behind its bar, pixels. */
  over: number;
  /** What there is room for: the name, how many more, or nothing beside the sign. */
  said: "name" | "more" | "nothing";
  marks: M[];
}

interface Side {
  left: number;
  right: number;
  over: number;
}

/** Between two marks at least, pixels. */
const APART = 8;
/** Between what is left of it and a text left of its sign, or it would read as the name of that. */
const AWAY = 20;
/** Signs nearer than this are drawn as one. */
export const ONE = 8;
/** And those nearer than this are pressed as one, pixels. */
const PRESS = 24;
/** Between the end of a bar and the text behind it. */
const BEHIND = 4;

interface Naming<M> {
  /** How wide a group's name is. */
  measure(marks: M[]): number;
  /** The greatest of a group names it, and is placed before others. */
  rank?: (mark: M) => number;
  /** A group's name may be cut to this width. */
  least?: (marks: M[]) => number;
  /** How wide it is with no more than how many others are in it. */
  more?: (marks: M[]) => number;
  /** How far from its place the text begins, which `measure` has in it. */
  flag?: number;
  /** Half of a sign. */
  sign?: number;
}

/**
 * Marks of a range placed along `width` pixels, earliest first. A text stands right of its sign, behind its bar where that is
 * too short for it, or left of the sign, and is cut where none has room. It meets no sign of another and no end of a bar,
 * and no bar but those that its sign stands on: a name on another's bar reads as the name of that. Where not
 * even a cut one fits, how many more there are stands in its place, and where that does not fit, nothing.
 */
export function place<M extends Mark>(marks: readonly M[], range: readonly [number, number], width: number, { measure, rank = () => 0, least = () => Infinity, more = () => 0, flag = 0, sign = 6 }: Naming<M>): Placed<M>[] {
  const [from, to] = range;
  const all = marks
    .filter((m) => m.at >= from && m.at < to)
    .map((it) => {
      const bars = union((it.spans ?? []).flatMap((span) => stretch(span, range, width) ?? [])).map(({ left, width }) => ({ left, right: left + width }));
      return { it, x: ((it.at - from) / (to - from)) * width, bars };
    });
  const groups = cluster(all.map((it) => ({ x: it.x, it })), PRESS).map(({ of }) => {
    const first = of.reduce((a, b) => (rank(b.it) > rank(a.it) ? b : a));
    // An incident's name is not that of the others in its group; of deploys it is how many they are, which is of all of them.
    return { marks: of.map(({ it }) => it), x: first.x, rank: rank(first.it), own: first.it.spans ? [first] : of };
  });

  /** Where a text that is `long`, or cut to `least`, has room. */
  const sideOf = (g: (typeof groups)[number], texts: readonly Side[], long: number, least: number): Side | null => {
    const flags = all.filter((o) => !g.own.includes(o) && Math.abs(o.x - g.x) >= ONE).map(({ x }) => ({ left: x + 6 - sign, right: x + sign - 2 }));
    const bars = all.flatMap((o) => o.bars);
    // One that begins with the sign is stood on like one that began before.
    const begun = bars.filter((o) => o.left > g.x + ONE);
    const stop = (at: number) => Math.min(width, ...[...flags, ...texts, ...begun].filter((o) => o.left > at).map((o) => o.left - APART), ...bars.filter((o) => o.right > at).map((o) => o.right));
    const before = Math.max(0, ...[...flags, ...texts, ...bars].filter((o) => o.right <= g.x).map((o) => o.right + AWAY), ...bars.filter((o) => o.left < g.x - ONE && o.right > g.x).map((o) => o.left));
    const end = stop(g.x);
    const passed = end < width && bars.some((o) => o.right === end) ? Math.max(0, end + BEHIND - g.x - flag) : null;
    const right = { left: g.x, right: end, over: 0 };
    const behind = passed !== null && { left: g.x, right: stop(end), over: passed };
    const rooms = [right, ...(behind ? [behind] : []), { left: before, right: g.x, over: 0 }];
    const room = (o: Side) => o.right - o.left - o.over;
    const whole = rooms.find((o) => room(o) >= long);
    const most = rooms.reduce((a, b) => (room(b) > room(a) ? b : a));
    if (!whole) return room(most) < Math.min(least, long) ? null : most;
    return whole.right === g.x ? { ...whole, left: g.x - long } : { ...whole, right: g.x + whole.over + long };
  };

  const texts: Side[] = [];
  const placed = [...groups].sort((a, b) => b.rank - a.rank || a.x - b.x).map((g): Placed<M> => {
    const name = sideOf(g, texts, measure(g.marks), least(g.marks));
    const many = more(g.marks);
    const side = name ?? (many > 0 ? sideOf(g, texts, many, many) : null);
    if (side) texts.push(side);
    const said = name ? "name" : side ? "more" : "nothing";
    return { x: g.x, ...(side ?? { left: g.x - PRESS / 2, right: g.x + PRESS / 2, over: 0 }), said, marks: g.marks };
  });
  return placed.sort((a, b) => a.x - b.x);
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
