// Which lines of an error log say that something is wrong.

import type { Summary } from "../wire";

/** Levels of which nothing is wrong: they stand in the same logs, often by the thousand to one. */
export const QUIET: readonly string[] = ["notice", "info", "debug", "trace"];

export function isQuiet(level: string | undefined): boolean {
  return level !== undefined && QUIET.includes(level);
}

/** Lines of a warning or worse, or without a level. */
export function complaints(sum: Summary): number {
  return QUIET.reduce((n, level) => n - (sum.error_levels[level] ?? 0), sum.errors);
}
