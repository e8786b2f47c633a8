// How long to wait before connecting again: growing, and spread so that a thousand browsers do not
// come back in the same instant after a restart.

export const FIRST_MS = 500;
export const LONGEST_MS = 30_000;

/** Milliseconds before attempt `n` (0 is the first after a loss); `random` is in [0, 1). */
export function delay(n: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(n, 16));
  // Half fixed, half random: never at once, never all together.
  return Math.round(ceiling / 2 + (random * ceiling) / 2);
}
