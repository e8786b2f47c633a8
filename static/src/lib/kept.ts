// What this browser was told before: language, theme and the like.

import type { Lang } from "./format";

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`tapline.${key}`);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`tapline.${key}`, value);
  } catch {
    // Private windows may refuse; the page works without.
  }
}

/** The language chosen here before, else the browser's. */
export function firstLanguage(): Lang {
  const kept = recall("lang");
  if (kept === "en" || kept === "ko") return kept;
  return navigator.languages?.some((l) => l.toLowerCase().startsWith("ko")) &&
    !navigator.languages[0]?.toLowerCase().startsWith("en")
    ? "ko"
    : "en";
}

export type Theme = "auto" | "dark" | "light";

export function keptTheme(): Theme {
  const kept = recall("theme");
  return kept === "dark" || kept === "light" ? kept : "auto";
}
