// What the panels ask for beside the feed: which lists this traffic fills, values over time, the
// hours of everything kept.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { again, ask } from "../lib/api";
import { keyOf } from "../lib/asks";
import * as s from "../state";
import { LISTS, type Summary } from "../wire";
import { learnt } from "./lists";

/** After a failure. */
export const AGAIN_MS = 15_000;

export interface Got<T> {
  data: T | null;
  failed: boolean;
}

/** While paused, what would reach up to the present reaches up to where the pause began. */
function asPaused(params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!s.paused.peek() || params["to"]) return params;
  const to = Math.floor(s.pausedAt.peek() / 1000);
  const ago = /^-(\d+)s$/.exec(params["from"] ?? "")?.[1];
  return { ...params, to: String(to), ...(ago && { from: String(to - Number(ago)) }) };
}

/** Asks every so often while it is looked at; gives what ends it. A failure is told as `null`. */
export function poll<T>(path: string, params: Readonly<Record<string, string>>, everyMs: number, tell: (data: T | null) => void): () => void {
  const control = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  let answered = false;
  const load = async () => {
    let wait = everyMs;
    // Nobody looks, or the page stands still: what it shows stays true.
    if (!document.hidden && s.link.peek() === "open" && !(s.paused.peek() && answered)) {
      try {
        const data = await ask<T>(path, asPaused(params), { signal: control.signal });
        answered = true;
        tell(data);
      } catch (failure) {
        if (control.signal.aborted) return;
        tell(null);
        wait = again(failure, AGAIN_MS);
      }
    } else wait = Math.min(wait, 1000);
    timer = setTimeout(load, wait);
  };
  void load();
  return () => {
    control.abort();
    clearTimeout(timer);
  };
}

/** Asks again whenever what is asked changes, and every so often. */
export function useAsked<T>(path: string, params: Readonly<Record<string, string>> | null, everyMs: number): Got<T> {
  const key = params && `${path}?${new URLSearchParams(params).toString()}`;
  const [got, setGot] = useState<(Got<T> & { key: string }) | null>(null);
  useEffect(() => {
    if (!key || !params) return;
    return poll<T>(path, params, everyMs, (data) =>
      setGot((g) => (data ? { key, data, failed: false } : { key, data: g?.key === key ? g.data : null, failed: true })),
    );
  }, [key, everyMs]);
  return got && got.key === key ? got : { data: null, failed: false };
}

/** The lists that had a value when it was looked; null while nobody could say. */
export const filled = signal<ReadonlySet<string> | null>(null);
/** Events that are looked at: enough for values that are rare, little for the server to scan. */
const ENOUGH = 20_000;
const LOOK_MS = 300_000;

/** The newest seconds that hold about so many events. */
function secondsFor(events: number): number {
  const kept = s.status.peek()?.kept;
  const span = kept?.oldest ? s.serverNow() / 1000 - kept.oldest : 0;
  return Math.round(Math.min(900, Math.max(10, kept && kept.events > 0 ? (events * span) / kept.events : 900)));
}

/** Lists that have a value in the newest part of what is shown, or in all of it where that part is empty. */
async function found(): Promise<string[]> {
  const scope = s.scope.peek();
  const few = secondsFor(ENOUGH);
  const begins = scope.live ? [`-${few}s`, `-${Math.max(few, s.windowS.peek())}s`] : [Math.max(scope.from, scope.to - few), scope.from].map(String);
  const to = scope.live ? "" : String(scope.to);
  const panels = LISTS.map((l) => `${l}:requests:1`).join();
  for (const from of new Set(begins)) {
    const sum = await ask<Summary>("summary", { from, to, panels });
    const lists = LISTS.filter((l) => (sum.top[l]?.length ?? 0) > 0);
    if (lists.length > 0) return lists;
  }
  return [];
}

/** Learns which lists are worth a tab. What was filled once stays offered. */
export function useFilled(): void {
  const ready = s.status.value !== null && s.link.value === "open";
  const live = s.scope.value.live;
  useEffect(() => {
    if (!ready) return;
    let timer = 0;
    let over = false;
    const look = async () => {
      if (!document.hidden) {
        try {
          filled.value = learnt(filled.peek(), await found());
        } catch {
          // The tabs that the feed fills are offered meanwhile.
        }
      }
      if (!over) timer = window.setTimeout(look, filled.peek() ? LOOK_MS : AGAIN_MS);
    };
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [ready, live]);
}

/** While paused, a list that was not on the page is asked for as it was when the pause began. */
export function usePaused(): void {
  const on = s.paused.value && s.scope.value.live;
  const missing = on ? s.asks.value.filter((ask) => s.status.value?.summary.top[keyOf(ask)] === undefined).join() : "";
  useEffect(() => {
    if (!missing) return;
    const control = new AbortController();
    const to = Math.floor(s.pausedAt.peek() / 1000);
    const params = { from: String(to - s.windowS.peek()), to: String(to), filter: s.filter.peek(), panels: missing };
    ask<Summary>("summary", params, { signal: control.signal }).then(
      ({ top, other }) => {
        const status = s.status.peek();
        if (!status || !s.paused.peek()) return;
        const { summary } = status;
        s.status.value = { ...status, summary: { ...summary, top: { ...summary.top, ...top }, other: { ...summary.other, ...other } } };
      },
      () => undefined,
    );
    return () => control.abort();
  }, [missing]);
}
