// A value of a list as terms of the filter: most are one term, a band of latencies is two.

import { band } from "./filter";

export { holds as chosen, toggle as choose } from "./filter";

/** The bounds of a band, seconds; null at an open end. */
export function bandBounds(value: string): { from: number | null; to: number | null } | null {
  const found = band(value);
  return found && { from: found.low, to: found.high };
}
