// What a number was before, and how much it changed since. Pure.

export type Change = { kind: "up" | "down" | "same"; share: number } | { kind: "new" } | null;

/** Below this share a change is none: both numbers would be written alike. */
const SAME = 0.005;

/** `null` where either is unknown, `new` where there was nothing before. */
export function change(now: number | null | undefined, before: number | null | undefined): Change {
  if (now === null || now === undefined || before === null || before === undefined) return null;
  if (before === 0) return now === 0 ? { kind: "same", share: 0 } : { kind: "new" };
  const share = now / before - 1;
  if (Math.abs(share) < SAME) return { kind: "same", share: 0 };
  return { kind: share > 0 ? "up" : "down", share: Math.abs(share) };
}

/** A range can be compared with the one `back` seconds earlier if all of that is kept. */
export function comparable(from: number, back: number, oldest: number | null): boolean {
  return oldest !== null && from - back >= oldest;
}
