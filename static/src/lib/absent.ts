// What the server writes in place of a value.

/** How the server names what a line does not have; the filter reads it so too. */
const NONE = "(none)";

/** What overflowed a dictionary; it is many values, so it can't be a filter. */
export const OVERFLOW = "(other)";

export function isAbsent(value: string): boolean {
  return value === "" || value === "-" || value === NONE;
}
