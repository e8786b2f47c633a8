// Markers that are taken away here: each stays in sight for a while, so that it can be put back.

import { signal } from "@preact/signals";
import { ask } from "./lib/api";
import * as s from "./state";
import type { Marker } from "./wire";

/** How long one that is gone can be put back, milliseconds. */
export const KEPT_MS = 60_000;

export const removed = signal<readonly Marker[]>([]);

export function same(a: Marker, b: Marker): boolean {
  return a.time === b.time && a.text === b.text && a.site === b.site;
}

async function tell(method: "POST" | "DELETE", { time, text, site }: Marker): Promise<void> {
  await ask("markers", {}, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(site === null ? { time, text } : { time, text, site }) });
}

const without = (all: readonly Marker[], marker: Marker) => all.filter((m) => !same(m, marker));

/** What the next tick says, said at once: a page that is paused has none. */
function show(change: (all: readonly Marker[]) => Marker[]): void {
  const status = s.status.peek();
  if (status) s.status.value = { ...status, markers: change(status.markers) };
}

export async function remove(marker: Marker): Promise<void> {
  await tell("DELETE", marker);
  removed.value = [...without(removed.peek(), marker), marker];
  show((all) => without(all, marker));
  setTimeout(() => (removed.value = removed.peek().filter((m) => m !== marker)), KEPT_MS);
}

export async function putBack(marker: Marker): Promise<void> {
  await tell("POST", marker);
  removed.value = without(removed.peek(), marker);
  show((all) => [...without(all, marker), marker]);
}
