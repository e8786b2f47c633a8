// A long list of which only what is in sight is drawn: rows of one height, one of them opened.

/** The opened row's details stand under it, `height` pixels. */
export interface Opened {
  index: number;
  height: number;
}

export interface Sight {
  /** First row drawn, and the one after the last. */
  first: number;
  end: number;
  /** Pixels of what is not drawn, above and below. */
  above: number;
  below: number;
}

/** Upper edge of a row, pixels from the top of the list. */
export function edge(index: number, row: number, opened: Opened | null): number {
  return index * row + (opened && index > opened.index ? opened.height : 0);
}

export function total(count: number, row: number, opened: Opened | null): number {
  return edge(count, row, opened && opened.index < count ? opened : null);
}

/** The row at a distance from the top; the opened one as far as its details reach. */
export function rowAt(y: number, row: number, opened: Opened | null): number {
  if (!opened || y < (opened.index + 1) * row) return Math.max(0, Math.floor(y / row));
  const past = y - opened.height;
  return past < (opened.index + 1) * row ? opened.index : Math.floor(past / row);
}

/** What to draw of `count` rows, `ahead` more on both sides, so that a small step finds them there. */
export function sight(count: number, row: number, top: number, height: number, opened: Opened | null, ahead: number): Sight {
  const inside = opened && opened.index < count ? opened : null;
  const all = total(count, row, inside);
  const from = Math.min(Math.max(0, top), Math.max(0, all - 1));
  const first = Math.max(0, rowAt(from, row, inside) - ahead);
  const end = Math.min(count, rowAt(from + height - 1, row, inside) + 1 + ahead);
  return {
    first: Math.min(first, end),
    end,
    above: edge(Math.min(first, end), row, inside),
    below: all - edge(end, row, inside),
  };
}

/** Where to scroll, so that a row is in sight; the place itself where it is already. */
export function reveal(index: number, row: number, top: number, height: number, opened: Opened | null): number {
  const upper = edge(index, row, opened);
  if (upper < top) return upper;
  return upper + row > top + height ? upper + row - height : top;
}
