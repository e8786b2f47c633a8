// What is asked of the server beside the live feed: numbers, lists, lines and curves of a range of
// the past, of the range compared with, and of all that is kept. Old answers stay until new ones come.

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { again, ask } from "./lib/api";
import { comparable } from "./lib/compare";
import { bucketFor, fromSnapshot, reaches, type Store } from "./lib/series";
import { end, fineStore, kept, pastStore, second, shown, wholeStore } from "./past";
import * as s from "./state";
import type { EventRow, Series, Summary } from "./wire";

/** Quiet for so long before anything is asked: a drag or a held key asks once, where it ends. */
const CALM_MS = 120;
/** How long after an answer that did not come the question is put again. */
const AGAIN_MS = 3000;
/** Lines of a second or a range that are listed. */
const LINES = 500;
/** Single seconds that are asked for on either side of the playhead's own block of as many. */
const NEAR_S = 60;
/** Steps of a curve that is asked for: about the pixels of a wide plot. */
const STEPS = 900;
/** Steps of the strip of all that is kept. */
const WHOLE_STEPS = 360;
/** Between two questions about the live window and what it is compared with, at least. */
const COMPARE_MS = 5000;
/** Between two questions about all that is kept, at least; the live curve fills the time between. */
const WHOLE_MS = 30_000;
/** What is asked again and again rests this many times as long as its answer took. */
const REST = 10;

/** One question at a time: a newer one takes the place of the older, answered or not. */
class Question {
  private timer = 0;
  private stop: AbortController | null = null;
  private began = 0;
  private next = 0;

  /** The same question again is due: a busy server, or one with much to look through, is asked less. */
  due(): boolean {
    return this.stop === null && Date.now() >= this.next;
  }

  ask(run: (signal: AbortSignal) => Promise<void>, wait = CALM_MS): void {
    this.drop();
    this.timer = window.setTimeout(() => {
      const stop = new AbortController();
      this.stop = stop;
      this.began = Date.now();
      run(stop.signal).then(
        () => this.answered(stop),
        (failure: unknown) => {
          if (!stop.signal.aborted) this.ask(run, again(failure, AGAIN_MS));
        },
      );
    }, wait);
  }

  private answered(stop: AbortController): void {
    if (this.stop !== stop) return;
    this.stop = null;
    this.next = Date.now() + (Date.now() - this.began) * REST;
  }

  drop(): void {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.stop = null;
  }
}

/** Step of a curve over so many seconds. */
function stepFor(seconds: number): number {
  return bucketFor(seconds, STEPS, 1, 1);
}

interface Asked {
  from: number;
  to: number;
  step: number;
  filter: string;
}

/** A snapshot came: the filter is known as the server writes it. Until then nothing did, of this run of the server. */
const ready = computed(() => s.status.value !== null);

/** The range that `s.past` is about, or null. */
export const pastOf = signal<{ from: number; to: number } | null>(null);

/** The lists are still those of an earlier range. */
export const outdated = computed(() => {
  const scope = s.scope.value;
  const of = pastOf.value;
  return !scope.live && (of?.from !== scope.from || of.to !== scope.to);
});

function askPast(): void {
  const question = new Question();
  let wasLive = false;
  /** Not all of it has come; once it has, it is asked for again. */
  const coming = computed(() => !s.scope.value.live && s.scope.value.to > end());
  effect(() => {
    document.documentElement.toggleAttribute("data-asking", outdated.value);
  });
  effect(() => {
    const scope = s.scope.value;
    const filter = s.filter.value;
    const before = s.compare.value;
    const panels = s.asks.value.join();
    coming.value;
    if (scope.live) {
      question.drop();
      batch(() => {
        s.past.value = null;
        s.pastLines.value = null;
        pastOf.value = null;
      });
      wasLive = ready.value;
      return;
    }
    if (!ready.value) {
      question.drop();
      pastOf.value = null;
      return;
    }
    // The lists of the present stay, said to be old after a moment, until those of the past come.
    if (wasLive) s.past.value = untracked(() => s.status.value?.summary ?? null);
    wasLive = false;
    const { from, to } = scope;
    question.ask(async (signal) => {
      const range = { from, to, filter };
      const back = before !== null && comparable(from, before, untracked(kept)[0]) ? before : null;
      const [past, lines] = await Promise.all([
        ask<Summary>("summary", { ...range, panels, before: back ?? "" }, { signal }),
        ask<{ events: EventRow[] }>("events", { ...range, limit: LINES }, { signal }),
      ]);
      batch(() => {
        s.past.value = past;
        s.pastLines.value = { events: lines.events, total: past.requests + past.errors + past.messages };
        s.compared.value = back === null ? null : past;
        pastOf.value = { from, to };
      });
    });
  });
}

function askSeries(): void {
  const question = new Question();
  let have: Asked | null = null;
  effect(() => {
    const live = s.zoom.value === null && s.at.value === null;
    const [from, to] = live ? [0, 0] : shown.value;
    const filter = s.filter.value;
    // The live curve may lose the range as it moves on.
    s.version.value;
    if (live || !ready.value) {
      question.drop();
      have = null;
      if (!ready.value) pastStore.value = null;
      return;
    }
    const step = stepFor(to - from);
    const store = s.store.current;
    const enough = have && have.filter === filter && have.from <= from && have.to >= to && have.step <= step;
    if (enough || (store.step <= step && reaches(store, from, Math.min(to, store.end)))) return;
    // A quarter on both sides, so that panning shows something at once.
    const [oldest, newest] = untracked(kept);
    const around = (to - from) / 4;
    const wide = {
      from: Math.max(Math.floor(from - around), Math.min(Math.floor(from), oldest)),
      to: Math.min(Math.ceil(to + around), Math.max(Math.ceil(to), newest)),
    };
    have = { ...wide, step, filter };
    question.ask(async (signal) => {
      const series = await ask<Series>("series", { ...wide, step, filter, bands: 1 }, { signal });
      pastStore.value = fromSnapshot(series, wide.to - wide.from, Math.min(wide.to, newest));
    });
  });
}

/** The seconds around the playhead, so that stepping on from it waits for nothing. */
function askSeconds(): void {
  const question = new Question();
  let have = "";
  let of = "";
  effect(() => {
    const at = s.at.value;
    const filter = s.filter.value;
    if (at === null || !ready.value) {
      question.drop();
      have = "";
      if (!ready.value) fineStore.value = null;
      return;
    }
    if (of !== filter) fineStore.value = null;
    of = filter;
    const block = Math.floor(at / NEAR_S) * NEAR_S;
    const from = block - NEAR_S;
    // Of seconds that have not come an answer has zeros.
    const range = { from, to: Math.max(from + 1, Math.min(block + 2 * NEAR_S, untracked(end))) };
    const key = `${filter}\n${range.from}-${range.to}`;
    if (key === have || untracked(() => second(at)) !== null) return;
    have = key;
    question.ask(async (signal) => {
      const series = await ask<Series>("series", { ...range, step: 1, filter }, { signal });
      fineStore.value = fromSnapshot(series, 3 * NEAR_S, range.to);
    });
  });
}

/** The curve compared with, moved onto the shown time; null while nothing is compared. */
export const beforeStore = signal<Store | null>(null);

function askBefore(): void {
  const question = new Question();
  let have: (Asked & { back: number }) | null = null;
  effect(() => {
    const back = s.compare.value;
    const filter = s.filter.value;
    const [from, to] = back === null ? [0, 0] : shown.value;
    if (back === null || !ready.value) {
      question.drop();
      have = null;
      beforeStore.value = null;
      return;
    }
    const step = stepFor(to - from);
    const same = have && have.filter === filter && have.back === back && have.step <= step;
    if (same && have!.from <= from && have!.to >= to) return;
    // While live a quarter more than is shown: the page then moves over it without asking.
    const ahead = Math.min(back, s.scope.peek().live ? Math.ceil((to - from) / 4) : 0);
    const range = { from: Math.floor(from) - back, to: Math.ceil(to + ahead) - back };
    have = { from: range.from + back, to: range.to + back, step, filter, back };
    question.ask(async (signal) => {
      const series = await ask<Series>("series", { ...range, step, filter }, { signal });
      beforeStore.value = fromSnapshot(series, range.to - range.from, Infinity, back);
    });
  });
}

function askCompared(): void {
  const question = new Question();
  let askedAt = 0;
  let asked = "";
  effect(() => {
    const back = s.compare.value;
    const scope = s.scope.value;
    s.version.value;
    const filter = s.filter.value;
    const panels = s.asks.value.join();
    const length = s.windowS.value;
    if (back === null || !scope.live || !ready.value) {
      question.drop();
      if (back === null) s.compared.value = null;
      askedAt = 0;
      return;
    }
    const key = [back, filter, panels, length].join("\n");
    if (key === asked && (document.hidden || Date.now() - askedAt < COMPARE_MS || !question.due())) return;
    asked = key;
    askedAt = Date.now();
    const to = untracked(end);
    const from = shown.peek()[0];
    if (!comparable(from, back, untracked(kept)[0])) {
      s.compared.value = null;
      return;
    }
    question.ask(async (signal) => {
      const summary = await ask<Summary>("summary", { from, to, filter, panels, before: back }, { signal });
      s.compared.value = summary;
    }, 0);
  });
}

function askWhole(): void {
  const question = new Question();
  let askedAt = 0;
  let asked = "";
  effect(() => {
    s.version.value;
    const filter = s.filter.value;
    const boot = s.hello.value?.boot ?? "";
    if (s.status.value?.kept.oldest == null) {
      wholeStore.value = null;
      return;
    }
    const [oldest, newest] = untracked(kept);
    const step = bucketFor(newest - oldest, WHOLE_STEPS, 1, 1);
    const key = `${boot}\n${filter}`;
    const wait = Math.max(WHOLE_MS, step * 1000);
    if (key === asked && (document.hidden || Date.now() - askedAt < wait || !question.due())) return;
    asked = key;
    askedAt = Date.now();
    question.ask(async (signal) => {
      const series = await ask<Series>("series", { from: Math.floor(oldest / step) * step, to: newest, step, filter }, { signal });
      wholeStore.value = fromSnapshot(series, newest - oldest + step, newest);
    }, 0);
  });
}

export function startAsking(): void {
  askPast();
  askSeries();
  askSeconds();
  askBefore();
  askCompared();
  askWhole();
}
