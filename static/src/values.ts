// The values that a field of the filter could have: asked of the server as one types, or read from the
// lists on the page where it can't say.

import { useEffect, useState } from "preact/hooks";
import { ask, Refused } from "./lib/api";
import { type Counted, wordOf } from "./lib/complete";
import { withoutField } from "./lib/filter";
import * as s from "./state";
import type { Values } from "./wire";

/** A pause in typing after which it is asked. */
const CALM_MS = 120;
const MOST = 10;

/** A server from before there were values: not asked again. */
let missing = false;

/** Values of a field that hold `typed`, by requests; what was there stays until the answer comes. */
export function useValues(field: string, typed: string): Counted[] {
  const [asked, setAsked] = useState<{ field: string; values: Counted[] } | null>(null);
  const word = wordOf(field);
  // Without a list of the summary the server can't count its values either.
  const wanted = word && word.lists.length > 0 ? word.word : "";
  useEffect(() => {
    if (!wanted || missing) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const filter = withoutField(s.filter.peek(), wanted);
        const { values } = await ask<Values>("values", { field: wanted, text: typed, filter, limit: MOST }, { signal: stop.signal });
        setAsked({ field: wanted, values: values.map((v) => ({ value: v.value, count: v.requests })) });
      } catch (failure) {
        // Typed on, or the server is away: the lists on the page stand in.
        missing ||= failure instanceof Refused && failure.status === 404;
      }
    }, CALM_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [wanted, typed]);
  if (!wanted) return word ? listed(word.word) : [];
  return asked?.field === wanted && !missing ? [...classes(wanted), ...asked.values] : listed(wanted);
}

function records(record: Record<string, number> | undefined): Counted[] {
  return Object.entries(record ?? {})
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([value, count]) => ({ value, count }));
}

/** Classes of status are no values that the server lists; failures first, for they are what one looks for. */
function classes(field: string): Counted[] {
  if (field !== "status") return [];
  const found = records(s.summary.value?.status).filter((c) => c.value !== "other");
  return found.sort((a, b) => (a.value < b.value ? 1 : -1));
}

/** What the page itself shows of the field. */
function listed(field: string): Counted[] {
  const summary = s.summary.value;
  if (!summary) return [];
  switch (field) {
    case "status":
      return [...classes(field), ...records(summary.status_codes)];
    case "method":
      return records(summary.methods);
    case "protocol":
      return records(summary.protocols);
    case "level":
      return records(summary.error_levels);
    case "kind":
      return records({ access: summary.requests, error: summary.errors, message: summary.messages });
  }
  const rows = (wordOf(field)?.lists ?? []).flatMap((list) => summary.top[list] ?? []);
  return rows.filter((r) => r.value !== "(other)").map((r) => ({ value: r.value, count: r.requests }));
}
