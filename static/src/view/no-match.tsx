// A filter that nothing fits: whether it does, and a button that drops the term that costs most.

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { head } from "../anomalies";
import { outdated } from "../asked";
import { setFilter } from "../feed";
import { ask } from "../lib/api";
import { isForced, parse, removeAt } from "../lib/filter";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Summary } from "../wire";

/** Nothing of the shown time fits the filter. */
export const matchesNone = computed(() => {
  const sum = s.summary.value;
  return s.filter.value !== "" && s.pending.value === null && sum !== null && !outdated.value && sum.requests + sum.errors + sum.messages === 0;
});

/** The same where the verdict has something else to say. */
export const unsaidNone = computed(() => matchesNone.value && (!s.scope.value.live || s.paused.value || head.value !== null));

/** Terms tried one by one for the one that leaves nothing; each is a question to the server. */
const TRIED = 6;

/** Which term it was, and how many fit without it. */
const found = signal<{ running: string; term: number; n: number } | null>(null);

export function RemoveTerm() {
  const f = s.fmt.value;
  const running = s.filter.value;
  const terms = parse(running);
  const site = s.hello.value?.site ?? null;
  // What a shared view always has can't be the one.
  const tried = terms.flatMap((term, i) => (isForced(term, site) ? [] : [i]));
  const { live, from, to } = { from: 0, to: 0, ...s.scope.value };
  useEffect(() => {
    const stop = new AbortController();
    const now = Math.floor(s.serverNow() / 1000);
    const range = live ? { from: now - s.windowS.peek(), to: now } : { from, to };
    const without = async (term: number) => {
      const sum = await ask<Summary>("summary", { ...range, filter: removeAt(running, term) }, { signal: stop.signal });
      return { running, term, n: sum.requests + sum.errors + sum.messages };
    };
    Promise.all(tried.slice(0, TRIED).map(without)).then(
      (all) => (found.value = all.reduce<typeof all[number] | null>((best, x) => (best === null || x.n > best.n ? x : best), null)),
      () => (found.value = null),
    );
    return () => stop.abort();
  }, [running, live, from, to]);
  const known = found.value?.running === running && found.value.n > 0 ? found.value : null;
  const term = known?.term ?? tried.at(-1);
  if (term === undefined) return null;
  const text = visible(terms[term]?.text ?? "");
  return (
    <button type="button" class="btn small" onClick={() => setFilter(removeAt(running, term))}>
      {known ? t("no_match_see", { term: text, n: f.exact(known.n) }) : t("no_match_remove", { term: text })}
    </button>
  );
}

/** The sentence and its button, beside a verdict of something else. */
export function NoneSaid() {
  return (
    <>
      <b>{t("no_match")}</b>
      <RemoveTerm />
    </>
  );
}
