// What an anomaly is called and how its numbers read, in the page's language.

import { amount, expectation, isWhollyOn, limit, seriesOf, siteOf, span, until, usual } from "../lib/anomaly";
import type { Key } from "../lib/i18n";
import { range, visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly, AnomalyKind } from "../wire";

export function kindName(kind: AnomalyKind): string {
  return t(`ak_${kind}`);
}

/** Kinds of which one client is the subject, and those that are about a thing rather than on it. */
const FROM: readonly AnomalyKind[] = ["client_flood", "scan", "bruteforce"];
const ON: readonly AnomalyKind[] = ["errors_5xx", "errors_4xx", "latency", "traffic_up", "traffic_down", "bytes"];
/** Their key is a template of messages, whose gaps are no words. */
const TEMPLATES: readonly AnomalyKind[] = ["new_error", "error_surge"];
/** Their key says no more than the kind does. */
const KEYLESS: readonly AnomalyKind[] = ["host_cpu", "host_memory"];

type Named = Pick<Anomaly, "kind" | "site" | "key"> & Partial<Pick<Anomaly, "explain" | "observed" | "unit">>;

/** `5xx on shop.example.org`; `mostly on` it where the number that is written beside it is of others, too. */
export function titleOf(of: Named): string {
  const { kind, key } = of;
  const site = siteOf(of);
  const series = seriesOf(kind, key);
  if (series) return t("an_unusual", { v: t(`as_${series}`) });
  const a = kindName(kind);
  const named = key !== null && key !== "" && !KEYLESS.includes(kind) ? visible(key) : null;
  const v = TEMPLATES.includes(kind) ? (named?.replaceAll("<*>", "…") ?? null) : named;
  const place = site !== null ? visible(site) : null;
  if (site !== null && place !== null && !isWhollyOn(of, site, s.fmt.value)) {
    return t("an_mostly_on", { a: titleOf({ kind, site: null, key }), v: place });
  }
  if (ON.includes(kind)) {
    const on = [v, place].filter(Boolean).join(", ");
    return on ? t("an_on", { a, v: on }) : a;
  }
  // Who guesses on a page may be many: then the page is what it is of.
  const how = FROM.includes(kind) ? (v?.startsWith("/") ? "an_on" : "an_from") : "an_of";
  const what = v === null ? a : t(how, { a, v });
  return place === null ? what : t("an_on", { a: what, v: place });
}

/** A value with its unit. */
export function valueOf(value: number, unit: string): string {
  return amount(value, unit, s.fmt.value);
}

/** Of these the number is a mean from the start to the last second in which it was unusual. */
const MEANS: readonly AnomalyKind[] = [
  "errors_5xx", "errors_4xx", "latency", "traffic_up", "traffic_down", "bytes", "client_flood", "scan", "bruteforce", "error_surge", "series", "host_cpu",
];

/** The number of an anomaly, the same wherever it is named: of a new error all of its lines, of others a value in their
 * unit, and that it is a mean where it is. */
export function numberOf(a: Pick<Anomaly, "kind" | "observed" | "unit">): string {
  if (MEANS.includes(a.kind)) return t("an_mean", { v: valueOf(a.observed, a.unit) });
  if (a.kind !== "new_error") return valueOf(a.observed, a.unit);
  return t(a.observed === 1 ? "lines_1" : "lines_n", { n: valueOf(a.observed, a.unit) });
}

/** A part of the number that is judged elsewhere and is less than this is not said. */
const LEAST_APART = 0.01;

/** What of the number is judged elsewhere, for what is usual is of the rest; null where nothing is. */
export function apartOf(a: Pick<Anomaly, "observed" | "apart" | "unit">): string | null {
  return a.apart > LEAST_APART * a.observed ? t("an_apart", { v: valueOf(a.apart, a.unit) }) : null;
}

/** Between two bounds, up to one, from one, and under the least that is written. */
type Wordings = readonly [between: Key, most: Key, least: Key, under: Key];
const FACT: Wordings = ["an_fact", "an_fact_most", "an_fact_least", "an_fact_under"];
export const USUAL: Wordings = ["an_usual", "an_usual_most", "an_usual_least", "an_usual_under"];

/** Under a heading that says that it is what is usual. */
export const BARE: Wordings = ["aw_between", "aw_most", "aw_least", "aw_under"];

/** What a rule holds its number against: nothing says how much of that is usual. Null of all else. */
export function limitOf(a: Pick<Anomaly, "kind" | "expected" | "unit">): string | null {
  return a.kind === "rule" ? limit(a.expected, a.unit, s.fmt.value) : null;
}

/** What is usual, in one of the given wordings; of a rule its limit. */
export function usualOf(a: Pick<Anomaly, "kind" | "expected" | "low" | "high" | "unit">, [between, most, least, under]: Wordings): string | null {
  const bound = limitOf(a);
  if (bound !== null) return t("an_limit", { v: bound });
  const u = usual(a.low, a.high, a.unit, s.fmt.value);
  if (!u) return null;
  if ("under" in u) return t(under, { u: u.under });
  if (u.from !== null && u.to !== null) return t(between, { u: range(u.from, u.to) });
  return u.to !== null ? t(most, { u: u.to }) : t(least, { u: u.from! });
}

/** `usually up to 0.4/s`, that it is not known yet, of a rule `limit 2%`; nothing where nothing was ever seen of it. */
export function factOf(a: Anomaly): string | null {
  const bounded = a.kind === "rule" || a.low !== null || (a.high ?? 0) > 0;
  if (a.learning) return t("an_fact_learning");
  if (bounded) return usualOf(a, FACT);
  if (!(a.expected > 0)) return null;
  const e = expectation(a.expected, a.unit, s.fmt.value);
  return "under" in e ? t("an_fact_under", { u: e.under }) : t("an_fact_about", { u: e.about });
}

/** `full in 3 h 20 min`, of what fills up. */
export function fullOf(a: Anomaly): string | null {
  if (a.full_in_s === null || a.full_in_s === undefined) return null;
  // Five minutes of slope know no seconds of an hour.
  const step = a.full_in_s < 3600 ? 1 : 60;
  return t("an_full_in", { s: s.fmt.value.span(Math.max(1, Math.round(a.full_in_s / step) * step)) });
}

/** A time of another day has its date. */
export function clockOf(time: string | number): string {
  const f = s.fmt.value;
  const ms = typeof time === "number" ? time * 1000 : Date.parse(time);
  return f.day(ms) === f.day(s.serverNow()) ? f.clock(ms) : `${f.day(ms)} ${f.clock(ms)}`;
}

/** How long it took, or has taken so far. */
export function lengthOf(a: Anomaly): string {
  const [from, to] = span(a, s.newest.value / 1000);
  return s.fmt.value.span(to - from);
}

/** `Since 14:21:40, 10 min 27 s.`, or how long it was, and since when it is as usual. */
export function timeOf(a: Anomaly): string {
  const vars = { t: clockOf(a.start), s: lengthOf(a) };
  if (a.end !== null) return t("an_was", vars);
  return a.usual_since === null ? t("an_since", vars) : t("an_calm", { ...vars, e: clockOf(a.usual_since) });
}

/** For a mark that opens the drawer; of an incident its time is of all of it, and what tells of it is its title. */
export function opensWhy(a: Anomaly, tells: Anomaly = a): string {
  const vars = { a: titleOf(tells), t: clockOf(a.start), s: lengthOf(a) };
  return t(until(a) === null ? "an_opens" : "an_opens_past", vars);
}

/** What a notice of the browser says. */
export function noticeOf(a: Anomaly): { title: string; body: string } {
  return { title: t("bn_title", { a: titleOf(a) }), body: [numberOf(a), fullOf(a), factOf(a)].filter(Boolean).join(", ") };
}

/** The words of the fields that causes have; others stand as the filter writes them. */
const FIELDS: Readonly<Record<string, Key>> = {
  path: "path", route: "h_route", client: "client", network: "h_network", agent: "agent", status: "status", upstream: "upstream",
  source: "source", site: "site", method: "method", referrer: "referrer", template: "h_template", country: "h_country", asn: "h_asn", bot: "h_bot",
};

/** Networks are clients to the filter. */
const WORDS: Readonly<Record<string, string>> = { network: "client" };

/** What the filter calls the field of a cause. */
export function filterWord(field: string): string {
  return WORDS[field] ?? field;
}

export function fieldName(field: string): string {
  const key = FIELDS[field];
  return key ? t(key) : field;
}
