// What a screen reader is told: the newest verdict, never two that would talk over each other.

import { signal } from "@preact/signals";

/** Messages closer than this would talk over each other. */
export const APART_MS = 10_000;

/** What stands in the page's live region; empty until something is said. */
export const spoken = signal("");

let wanted = "";
let timer: ReturnType<typeof setTimeout> | undefined;
let at = -Infinity;

/** Says it once the last one was heard, unless something newer takes its place; empty says nothing. */
export function announce(text: string): void {
  if (text === wanted) return;
  wanted = text;
  clearTimeout(timer);
  if (text === "" || text === spoken.peek()) return;
  const say = () => {
    at = Date.now();
    spoken.value = text;
  };
  timer = setTimeout(say, Math.max(0, at + APART_MS - Date.now()));
}
