// Anomalies the page knows of: told by the feed, listed by the server, explained on demand; what is
// muted, and which of it the drawer shows.

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import * as pure from "./lib/anomaly";
import { ask, Refused } from "./lib/api";
import * as s from "./state";
import type { Anomaly, AnomalySeen, AnomalyWhy, Mute, Snapshot } from "./wire";

/** Oldest first, whatever the page's filter. */
export const known = signal<readonly Anomaly[]>([]);
/** What goes on, worst first: one of each incident. */
export const open = computed(() => pure.openNow(known.value));
/** What went on in the second or range of the past that is shown; none while live. */
export const then = computed(() => {
  const scope = s.scope.value;
  return scope.live ? [] : pure.openThen(known.value, scope.from, scope.to, s.newest.value / 1000);
});
/** Which of the open ones the verdict shows, by id; the worst where it is none of them. */
export const chosen = signal<string | null>(null);

/** Those the verdict is about. */
export const heads = computed(() => (s.scope.value.live ? open.value : then.value));
export const head = computed<Anomaly | null>(() => heads.value.find((a) => a.id === chosen.value) ?? heads.value[0] ?? null);

/** Each incident; of the past what is known of the time that is shown. */
export const incidents = computed(() => pure.incidentsOf(known.value));
const shown = computed(() => {
  const scope = s.scope.value;
  return scope.live ? incidents.value : pure.incidentsOf(known.value.filter((a) => pure.overlaps(a, scope.from, scope.to, s.newest.value / 1000)));
});

const incidentOf = (a: Anomaly) => [shown, incidents].flatMap((all) => all.value.find((x) => x.root.id === a.id) ?? [])[0];

/** What the page calls an anomaly after: an incident after what fails in it. */
export function tellsOf(a: Anomaly): Anomaly {
  return incidentOf(a)?.tells ?? a;
}

/** An anomaly with its time: of an incident with that of all of it. */
export function wholeOf(a: Anomaly): Anomaly {
  return incidentOf(a)?.whole ?? a;
}

// ── The feed ─────────────────────────────────────────────────────────────────────────────────────

/** Told by the feed since the page was opened, for what listens to news. */
export const news = signal<Anomaly | null>(null);

export function fromSnapshot(snapshot: Snapshot): void {
  known.value = pure.merged(known.peek(), snapshot.anomalies ?? [], true);
}

export function tell(anomaly: Anomaly): void {
  batch(() => {
    known.value = pure.told(known.peek(), anomaly);
    news.value = anomaly;
  });
}

/** Another run of the server: what it kept it tells again. */
export function forget(): void {
  known.value = [];
  seen.value = null;
  bounds.clear();
}

// ── Questions ────────────────────────────────────────────────────────────────────────────────────

/** All that is kept of one; false where the server has none of this id. */
export async function load(id: string, stop?: AbortSignal): Promise<boolean> {
  try {
    const found = await ask<Anomaly>(`anomalies/${encodeURIComponent(id)}`, {}, { signal: stop ?? null });
    known.value = pure.told(known.peek(), found);
    return true;
  } catch (e) {
    if (e instanceof Refused && e.status === 404) return false;
    throw e;
  }
}

/** All that are kept. */
export async function loadAll(stop?: AbortSignal): Promise<void> {
  const { anomalies } = await ask<{ anomalies: Anomaly[] }>("anomalies", {}, { signal: stop ?? null });
  known.value = pure.merged(known.peek(), anomalies, true);
}

export function why(at: number | null, stop?: AbortSignal): Promise<AnomalyWhy> {
  return ask<AnomalyWhy>("anomalies/why", { at: at ?? "" }, { signal: stop ?? null });
}

// ── Mutes ────────────────────────────────────────────────────────────────────────────────────────

export const mutes = signal<readonly Mute[] | null>(null);

export async function loadMutes(stop?: AbortSignal): Promise<void> {
  mutes.value = (await ask<{ mutes: Mute[] }>("mutes", {}, { signal: stop ?? null })).mutes;
}

/** `until` as the server reads it: `1h`, or null for good. */
export async function mute(a: Anomaly, until: string | null): Promise<void> {
  const body = JSON.stringify(pure.muteOf(a, until));
  await ask<Mute>("mutes", {}, { method: "POST", headers: { "content-type": "application/json" }, body });
  await after(a);
}

export async function unmute(ids: readonly string[], a?: Anomaly): Promise<void> {
  for (const id of ids) await ask<void>(`mutes/${encodeURIComponent(id)}`, {}, { method: "DELETE" });
  await after(a);
}

/** A mute holds from the next second on: what it covers is asked for again once that is over. */
const HOLDS_MS = 1_500;

async function after(a?: Anomaly): Promise<void> {
  await loadMutes();
  setTimeout(() => void (a ? load(a.id) : loadAll()).catch(() => undefined), HOLDS_MS);
}

// ── The drawer ───────────────────────────────────────────────────────────────────────────────────

/** What the drawer shows beside single anomalies. */
export const LIST = "all";
export const SECOND = "why";

const { drawer } = s;
let opener: HTMLElement | null = null;

export function show(what: string): void {
  if (drawer.peek() === null && document.activeElement instanceof HTMLElement) opener = document.activeElement;
  if (drawer.peek() === what) return;
  batch(() => {
    drawer.value = what;
    if (s.view.peek() !== "overview") s.view.value = "overview";
    if (untracked(() => heads.value.some((a) => a.id === what))) chosen.value = what;
  });
  s.writeAddress(true);
}

/** The focus goes back to where the drawer was opened from, or to the verdict where that is gone. */
export function close(): void {
  if (drawer.peek() === null) return;
  drawer.value = null;
  s.writeAddress(true);
  const to = opener?.isConnected && opener !== document.body ? opener : document.querySelector<HTMLElement>("#verdict button");
  opener = null;
  to?.focus({ preventScroll: true });
}

export function toggle(what: string): void {
  if (drawer.peek() === what) close();
  else show(what);
}

/** To the next of those that go on (then, or now); wraps around. */
export function step(by: 1 | -1): boolean {
  const all = untracked(() => heads.value);
  if (all.length === 0) return false;
  const i = all.findIndex((a) => a.id === untracked(() => head.value)?.id);
  const next = all[(i + by + all.length) % all.length]!;
  chosen.value = next.id;
  const shown = drawer.peek();
  if (shown !== null && shown !== LIST && shown !== SECOND) show(next.id);
  return true;
}

// ── What is usual ────────────────────────────────────────────────────────────────────────────────

/** What the detectors saw in one of the last seconds; null while nobody could say. */
export const seen = signal<readonly AnomalySeen[] | null>(null);
const LOOK_MS = 10_000;
/** The newest second may not be looked at yet. */
const BACK_S = 2;
/** A detector without evidence knows no bounds for the moment: those it had are held for so long. */
const HELD_MS = 300_000;
const bounds = new Map<string, { x: AnomalySeen; at: number }>();

function held(x: AnomalySeen): AnomalySeen {
  if (x.site !== null || x.key !== null) return x;
  if (pure.bounded(x)) {
    bounds.set(x.kind, { x, at: Date.now() });
    return x;
  }
  const old = bounds.get(x.kind);
  if (!old || Date.now() - old.at > HELD_MS) return x;
  return { ...x, expected: old.x.expected, low: old.x.low, high: old.x.high };
}

export function startAnomalies(): void {
  let timer = 0;
  let calls = 0;
  const look = async () => {
    clearTimeout(timer);
    const call = ++calls;
    // What the detectors saw is of all sites.
    if (!s.guest.peek() && !document.hidden && s.scope.peek().live && !s.paused.peek() && s.link.peek() === "open" && s.newest.peek() > 0) {
      try {
        const answer = await why(Math.floor(s.newest.peek() / 1000) - BACK_S);
        if (call === calls) seen.value = answer.seen.map(held);
      } catch {
        // The vitals go without their ranges until it answers.
        seen.value = null;
      }
    }
    if (call === calls) timer = window.setTimeout(() => void look(), LOOK_MS);
  };
  const ready = computed(() => s.link.value === "open" && s.status.value !== null);
  effect(() => {
    if (ready.value) void look();
  });
  // A link to one that the feed did not bring, or brought with few of its lines.
  effect(() => {
    const id = drawer.value;
    if (id === null || id === LIST || id === SECOND || s.link.value !== "open") return;
    const stop = new AbortController();
    load(id, stop.signal).then(
      (found) => (missing.value = found ? null : id),
      () => undefined,
    );
    return () => stop.abort();
  });
}

/** The id that was asked for and that the server has not. */
export const missing = signal<string | null>(null);
