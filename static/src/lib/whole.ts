// A list that is opened whole: how it is asked for, and what a text leaves of it. Pure.

/** Rows that the server gives of a list at most. */
const MOST = 1_000;
/** So many are drawn at a time: a thousand take a moment. */
export const DRAWN = 100;

/** The ask of a panel for all the rows that there are to have, in the same order. */
export function askWhole(ask: string): string {
  const [list, by] = ask.split(":");
  return `${list}:${by}:${MOST}`;
}

/** Rows that `said` has the text of, in whatever case. */
export function holding<R>(rows: readonly R[], text: string, said: (row: R) => string): readonly R[] {
  const sought = text.trim().toLowerCase();
  return sought === "" ? rows : rows.filter((row) => said(row).toLowerCase().includes(sought));
}
