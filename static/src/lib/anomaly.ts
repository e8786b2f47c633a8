// Anomalies as the page orders and words them. Pure: what is known comes in, what is shown goes out.

import type { Anomaly, AnomalyCause, AnomalyKind, AnomalySeen, Marker, Mute } from "../wire";
import { isAbsent } from "./absent";
import type { Format } from "./format";
import { parse, quote } from "./filter";

/** Kept in the page; the server keeps as many. */
export const MAX_KNOWN = 1_000;
/** How long before its start a deploy is still said to have been "just before". */
export const JUST_BEFORE_S = 300;
/** From this severity on the browser may say it aloud: below are notes. */
export const NOTIFY_FROM = 3;

export const KINDS: readonly AnomalyKind[] = [
  "errors_5xx", "errors_4xx", "latency", "traffic_up", "traffic_down", "bytes", "client_flood", "scan", "bruteforce", "new_error",
  "error_surge", "silent", "format_drift", "host_cpu", "host_memory", "host_disk", "series", "rule",
];

/** Seconds since 1970 of an RFC 3339 time. */
export function seconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

export function isOpen(a: Anomaly): boolean {
  return a.end === null;
}

export function isRoot(a: Anomaly): boolean {
  return a.incident === a.id;
}

/** When it was over, or since when it has been as usual though it may go on; null while it does. */
export function until(a: Anomaly): number | null {
  const end = a.end ?? a.usual_since;
  return end === null ? null : seconds(end);
}

/** A value that accounts for less is not where it is. */
const FIRST_CAUSE = 0.2;
/** The site that accounts for so much is where it is, though all were looked at together. */
const ON_SITE = 0.9;

/** The site it is on, where its key does not say it. */
export function siteOf(a: Pick<Anomaly, "site" | "key"> & Partial<Pick<Anomaly, "explain">>): string | null {
  const of = a.explain?.find((c) => c.field === "site" && c.share >= ON_SITE && c.value !== a.key && !isAbsent(c.value));
  return a.site ?? of?.value ?? null;
}

/** Whether the number of an anomaly is that of the site it is on, as it is written: else there is more of it elsewhere. */
export function isWhollyOn(a: Pick<Anomaly, "site"> & Partial<Pick<Anomaly, "explain" | "observed" | "unit">>, site: string, f: Format): boolean {
  if (a.site === site || a.observed === undefined || a.unit === undefined) return true;
  const its = a.explain?.find((c) => c.field === "site" && c.value === site);
  return its !== undefined && (its.unit || a.unit) === a.unit && amount(its.observed, a.unit, f) === amount(a.observed, a.unit, f);
}

/** What accounts for most of it, where that says more than what it is about. */
export function firstCause(a: Anomaly): AnomalyCause | null {
  const site = siteOf(a);
  const first = a.explain.find((c) => c.field !== "site" || c.value !== site);
  return first && first.share >= FIRST_CAUSE && first.value !== a.key && first.value !== site ? first : null;
}

/** What accounts for it, without a path that its route already is by name. */
export function causesOf(a: Anomaly): AnomalyCause[] {
  const routes = new Set(a.explain.filter((c) => c.field === "route").map((c) => c.value));
  return a.explain.filter((c) => c.field !== "path" || !routes.has(c.value));
}

/** The seconds it takes up; what goes on reaches to `now`. */
export function span(a: Anomaly, now: number): [number, number] {
  const from = seconds(a.start);
  return [from, Math.max(from + 1, until(a) ?? now)];
}

export function overlaps(a: Anomaly, from: number, to: number, now: number): boolean {
  const [start, end] = span(a, now);
  return start < to && end > from;
}

/** Lines are listed in full once somebody asked for them; a shorter message must not take them back. */
function richer(old: Anomaly | undefined, next: Anomaly): Anomaly {
  return old && next.samples.length < old.samples.length ? { ...next, samples: old.samples } : next;
}

/** With one that was told: the newest word on it counts. The oldest that are over make room. */
export function told(known: readonly Anomaly[], next: Anomaly): Anomaly[] {
  const i = known.findIndex((a) => a.id === next.id);
  const out = i < 0 ? [...known, next] : known.map((a, j) => (j === i ? richer(a, next) : a));
  if (i < 0) out.sort(byStart);
  const over = out.length - MAX_KNOWN;
  if (over <= 0) return out;
  let left = over;
  return out.filter((a) => isOpen(a) || left-- <= 0);
}

/** With a list of the server's: what is open here and not there has ended unheard, and is left out. */
export function merged(known: readonly Anomaly[], list: readonly Anomaly[], whole: boolean): Anomaly[] {
  const there = new Map(list.map((a) => [a.id, a]));
  const kept = known.filter((a) => !there.has(a.id) && (!whole || !isOpen(a)));
  const old = new Map(known.map((a) => [a.id, a]));
  return [...kept, ...list.map((a) => richer(old.get(a.id), a))].sort(byStart).slice(-MAX_KNOWN);
}

function byStart(a: Anomaly, b: Anomaly): number {
  return a.start < b.start ? -1 : a.start > b.start ? 1 : a.id < b.id ? -1 : 1;
}

/** What visitors feel, the plainest first: they get an error, or nothing, or wait. */
const FELT: readonly AnomalyKind[] = ["errors_5xx", "silent", "latency", "traffic_down", "error_surge"];
/** What goes on behind or beside that; an outage has it as its cause, or has nothing to do with it. */
const BESIDE: readonly AnomalyKind[] = ["host_cpu", "host_memory", "host_disk", "scan", "client_flood", "bruteforce", "new_error", "format_drift"];
/** Where an outage follows from one of these, the outage is what the incident is called. */
const BEHIND: readonly AnomalyKind[] = ["host_cpu", "host_memory", "host_disk", "new_error"];

/** How grave it is to whoever reads of it: what nobody feels comes behind what is felt up to one level below it. */
export function weight(severity: number, kind: AnomalyKind): number {
  return severity - (FELT.includes(kind) ? 0 : BESIDE.includes(kind) ? 1.5 : 0.75);
}

/** Worst first; of equals the one that began first is likelier to be the cause. */
function byWorst(a: Anomaly, b: Anomaly): number {
  return weight(b.severity, b.kind) - weight(a.severity, a.kind) || byStart(a, b);
}

/** What is as usual again comes last. */
function byCalm(a: Anomaly, b: Anomaly): number {
  return Number(a.usual_since !== null) - Number(b.usual_since !== null);
}

/** An incident: what it began with, and what follows from that. */
export interface Incident {
  /** The first of its members where what it began with is not known here. */
  root: Anomaly;
  /** Oldest first, the root among them. */
  members: readonly Anomaly[];
  /** The root with the time of all of them: it goes on while any does. */
  whole: Anomaly;
  /** Which of them the incident is called after. */
  tells: Anomaly;
}

/** All incidents, by the start of their first. */
export function incidentsOf(all: readonly Anomaly[]): Incident[] {
  const by = new Map<string, Anomaly[]>();
  for (const a of [...all].sort(byStart)) {
    const members = by.get(a.incident);
    if (members) members.push(a);
    else by.set(a.incident, [a]);
  }
  return [...by.values()].map((members) => {
    const root = members.find(isRoot) ?? members[0]!;
    return { root, members, whole: wholeOf(root, members), tells: tellingOf(root, members) };
  });
}

function wholeOf(root: Anomaly, members: readonly Anomaly[]): Anomaly {
  const last = (times: readonly (string | null)[]) => times.reduce((a, b) => (a === null || b === null ? null : a > b ? a : b));
  const end = last(members.map((a) => a.end));
  return { ...root, start: members[0]!.start, end, usual_since: end === null ? last(members.map((a) => a.end ?? a.usual_since)) : null };
}

/** What fails is what one wants to read, not the message or the processor that it began with; but only while it fails. */
function tellingOf(root: Anomaly, members: readonly Anomaly[]): Anomaly {
  if (!BEHIND.includes(root.kind)) return root;
  const stage = (a: Anomaly) => (a.end !== null ? 2 : a.usual_since !== null ? 1 : 0);
  const now = Math.min(...members.map(stage));
  const felt = members.filter((a) => FELT.includes(a.kind) && a.muted === root.muted && stage(a) === now);
  const ofLog = (a: Anomaly) => Number(a.kind === "error_surge");
  // How slow one page is says nothing of how many wait for it.
  const grave = (a: Anomaly) => a.severity - (a.kind === "latency" && a.key !== null ? 1.5 : 0);
  return felt.sort((a, b) => ofLog(a) - ofLog(b) || grave(b) - grave(a) || FELT.indexOf(a.kind) - FELT.indexOf(b.kind) || byStart(a, b))[0] ?? root;
}

/** Kinds whose number is of what fails each second: there, more is worse. */
const FAILING: readonly AnomalyKind[] = ["errors_5xx", "errors_4xx", "error_surge"];
/** Where so many times as much fails as in one that is as grave or a level graver, the outage is the greater one. */
const GREATER = 10;

/** What an anomaly stands for where it is ranked: itself, or its incident. */
interface Stands {
  kind(a: Anomaly): AnomalyKind;
  calm(a: Anomaly): boolean;
  /** How much of a kind fails each second. */
  fails(a: Anomaly, kind: AnomalyKind): number;
}

const forItself: Stands = {
  kind: (a) => a.kind,
  calm: (a) => a.usual_since !== null,
  fails: (a, kind) => (a.kind === kind && a.unit === "per_s" ? a.observed : 0),
};

function isGreater(a: Anomaly, than: Anomaly, { kind, calm, fails }: Stands): boolean {
  const levels = than.severity - a.severity;
  const of = kind(than);
  const comparable = FAILING.includes(of) && calm(a) === calm(than) && levels >= 0 && levels <= 1;
  return comparable && fails(a, of) >= GREATER * Math.max(fails(than, of), Number.MIN_VALUE);
}

/**
 * What goes on now first, worst first. Severity is of the worst second: a site's few errors that were many for a moment
 * may be graver by it than a third of all requests, so that the greater outage goes before one of about its severity.
 */
function ranked(all: readonly Anomaly[], stands: Stands): Anomaly[] {
  const { kind, calm } = stands;
  const out: Anomaly[] = [];
  const order = (a: Anomaly, b: Anomaly) => Number(calm(a)) - Number(calm(b)) || weight(b.severity, kind(b)) - weight(a.severity, kind(a)) || byStart(a, b);
  for (const a of [...all].sort(order)) {
    const i = out.findIndex((b) => isGreater(a, b, stands));
    out.splice(i < 0 ? out.length : i, 0, a);
  }
  return out;
}

/** The id of the incident it is shown under: what it follows from, where that is known here. */
export function rootOf(a: Anomaly, all: readonly Anomaly[]): Anomaly {
  if (isRoot(a)) return a;
  return all.find((x) => x.id === a.incident) ?? a;
}

/** What follows from an incident, oldest first. */
export function childrenOf(root: Anomaly, all: readonly Anomaly[]): Anomaly[] {
  return all.filter((a) => a.incident === root.id && a.id !== root.id);
}

/**
 * What the verdict counts: one of each incident, of what is not as usual again before the rest, the root while it is
 * open, else the worst that still is. Muted ones are nobody's verdict.
 */
export function openNow(all: readonly Anomaly[]): Anomaly[] {
  return heads(all.filter((a) => isOpen(a) && !a.muted));
}

/** The same of a stretch of the past. */
export function openThen(all: readonly Anomaly[], from: number, to: number, now: number): Anomaly[] {
  return heads(all.filter((a) => !a.muted && overlaps(a, from, to, now)));
}

function heads(open: readonly Anomaly[]): Anomaly[] {
  const by = new Map<string, Anomaly>();
  for (const a of open) {
    const head = by.get(a.incident);
    if (!head || (byCalm(a, head) || Number(isRoot(head)) - Number(isRoot(a)) || byWorst(a, head)) < 0) by.set(a.incident, a);
  }
  const of = new Map(incidentsOf(open).map((x) => [x.root.incident, x]));
  return ranked([...by.values()], {
    ...forItself,
    kind: (head) => tellsOf(head, of).kind,
    // Its root may be what was first in the error log, and what fails follows from that.
    fails: (head, kind) => Math.max(0, ...of.get(head.incident)!.members.filter((a) => byCalm(a, head) <= 0).map((a) => forItself.fails(a, kind))),
  });
}

/** What an anomaly is called after: as a root what tells of its incident, else itself. */
function tellsOf(a: Anomaly, incidents: ReadonlyMap<string, Incident>): Anomaly {
  const of = incidents.get(a.incident);
  return of?.root.id === a.id ? of.tells : a;
}

/**
 * Open ones, in the verdict's order and muted ones last, then those that are over, newest first. Of all kinds what belongs
 * to an incident that goes on stays with it; of one kind each is listed for itself.
 */
export function listed(all: readonly Anomaly[], kind: AnomalyKind | null): { open: Anomaly[]; past: Anomaly[] } {
  const fit = all.filter((a) => kind === null || a.kind === kind);
  const of = new Map(kind === null ? incidentsOf(all).map((x) => [x.root.incident, x]) : []);
  const whole = (a: Anomaly) => (of.get(a.incident)?.root.id === a.id ? of.get(a.incident)!.whole : a);
  const goesOn = (a: Anomaly) => isOpen(of.get(a.incident)?.whole ?? a);
  return {
    open: ranked(fit.filter(goesOn), { ...forItself, kind: (a) => tellsOf(a, of).kind, calm: (a) => until(whole(a)) !== null }).sort((a, b) => Number(a.muted) - Number(b.muted)),
    past: fit.filter((a) => !goesOn(a)).sort((a, b) => byStart(b, a)),
  };
}

/** Kinds that occur, in their usual order. */
export function kindsOf(all: readonly Anomaly[]): AnomalyKind[] {
  const there = new Set(all.map((a) => a.kind));
  return KINDS.filter((kind) => there.has(kind));
}

/** Earlier ones of the same kind and thing, newest first. */
export function seenBefore(a: Anomaly, all: readonly Anomaly[]): Anomaly[] {
  return all.filter((x) => x.kind === a.kind && x.site === a.site && x.key === a.key && x.end !== null && x.start < a.start).sort((x, y) => byStart(y, x));
}

/** Deploys of the minutes before it, newest first: of its site, or of all. */
export function justBefore(a: Anomaly, markers: readonly Marker[]): { marker: Marker; earlier: number }[] {
  const start = seconds(a.start);
  return markers
    .map((marker) => ({ marker, earlier: start - seconds(marker.time) }))
    .filter(({ marker, earlier }) => earlier >= 0 && earlier <= JUST_BEFORE_S && (marker.site === null || a.site === null || marker.site === a.site))
    .sort((x, y) => x.earlier - y.earlier);
}

/** A number in the unit of the anomaly, as people read it. */
export function amount(value: number, unit: string, f: Format): string {
  switch (unit) {
    case "per_s":
      return f.perSecond(f.rate(value));
    case "s":
      return f.duration(value);
    case "bytes":
      return f.bytes(Math.max(0, value));
    case "bytes_per_s":
      return f.perSecond(f.bytes(Math.max(0, value)));
    case "percent":
      return f.percent(Math.max(0, value) / 100);
    default:
      return Number.isInteger(value) || Math.abs(value) >= 100 ? f.count(Math.round(value)) : f.rate(value);
  }
}

export type Usual = { from: string | null; to: string | null } | { under: string };

/** What is usual, as a range: `640–760/s`. A bound that is too small to be written, `<0.1/s`, is none below, and above
 * it is all that is said. `null` where nothing bounds it. */
export function usual(low: number | null, high: number | null, unit: string, f: Format): Usual | null {
  const least = low === null || low <= 0 ? null : amount(low, unit, f);
  const from = least === null || least.startsWith("<") ? null : least;
  const to = high === null ? null : amount(high, unit, f);
  if (to?.startsWith("<")) return { under: to.slice(1) };
  return from === null && to === null ? null : { from, to };
}

/** What is expected where nothing bounds it. */
export function expectation(value: number, unit: string, f: Format): { about: string } | { under: string } {
  const about = amount(value, unit, f);
  return about.startsWith("<") ? { under: about.slice(1) } : { about };
}

/** The limit of a rule as it is written there: `2%`, not `2.0%`. */
export function limit(value: number, unit: string, f: Format): string {
  return amount(value, unit, f).replace(/\.0+(?!\d)/, "");
}

type Lane = "requests" | "errors" | "latency" | "sent" | "cpu" | "memory" | "network";

/** The lane that a number without a detector of its own is closest to, by the key of its anomaly. */
const SERIES = {
  visitors: "requests",
  bytes_in: "sent",
  upstream_time: "latency",
  cache_hits: "requests",
  redirects: "errors",
  network_in: "network",
  network_out: "network",
  load: "cpu",
} as const satisfies Record<string, Lane>;
export type SeriesName = keyof typeof SERIES;
export const SERIES_NAMES = Object.keys(SERIES) as SeriesName[];

/** The name of a series that the page knows. */
export function seriesOf(kind: AnomalyKind, key: string | null): SeriesName | null {
  return kind === "series" && key !== null && Object.hasOwn(SERIES, key) ? (key as SeriesName) : null;
}

/** Which lane of the charts it shows in; null where it shows in none. */
export function laneOf(kind: AnomalyKind, key: string | null = null): Lane | null {
  const series = seriesOf(kind, key);
  if (series) return SERIES[series];
  switch (kind) {
    case "traffic_up":
    case "traffic_down":
    case "client_flood":
    case "silent":
      return "requests";
    case "errors_5xx":
    case "errors_4xx":
    case "scan":
    case "bruteforce":
      return "errors";
    case "latency":
      return "latency";
    case "bytes":
      return "sent";
    case "host_cpu":
      return "cpu";
    case "host_memory":
      return "memory";
    default:
      return null;
  }
}

/** The filter that shows its rows alone: its own, and its site where that does not say it. */
export function filterFor(a: Anomaly): string | null {
  if (a.filter === null) return null;
  const site = a.site !== null && !/(^|\s)site:/.test(a.filter) ? `site:${quote(a.site)}` : "";
  return [a.filter, site].filter(Boolean).join(" ");
}

/** What a mute of just this is made of: its own name, or its rows where it is of nothing by name. */
export function muteOf(a: Anomaly, until: string | null): { filter: string; kind: AnomalyKind; key: string | null; until: string | null; note: string } {
  const site = a.site === null ? "" : `site:${quote(a.site)}`;
  return { filter: a.key === null ? (filterFor(a) ?? "") : site, kind: a.kind, key: a.key, until, note: "" };
}

/** The server writes a filter in an order of its own, and quotes only what needs it. */
export function sameFilter(a: string, b: string): boolean {
  const terms = (text: string) => parse(text).map((x) => JSON.stringify([x.not, x.field, x.op === "=" ? ":" : x.op, x.value, x.pattern])).sort();
  return terms(a).join() === terms(b).join();
}

/** Mutes that are about just this, as far as the page can tell without reading filters. */
export function mutesOf(a: Anomaly, mutes: readonly Mute[]): Mute[] {
  const { filter } = muteOf(a, null);
  return mutes.filter(
    (m) => (m.kind === null || m.kind === a.kind) && (m.key === null || m.key === a.key) && (m.filter === "" || sameFilter(m.filter, filter) || sameFilter(m.filter, filterFor(a) ?? "")),
  );
}

/**
 * What looks at the requests of all sites together still learns how many are usual; null where nobody looked. Latency
 * may never be known: not every server writes it.
 */
export function learning(seen: readonly AnomalySeen[] | null): boolean | null {
  if (seen === null || seen.length === 0) return null;
  return seen.some((x) => x.site === null && x.key === null && x.verdict === "learning" && x.kind.startsWith("traffic_"));
}

export type VitalName = "requests" | "s5xx" | "s4xx" | "p95" | "sent";
export interface Band {
  low: number;
  high: number;
}

/** A bound so many times what is expected is where an alarm begins, and no range of what is usual. */
const BOUNDS = 3;
/** Of the few errors that are usual several times as many may be, too: by chance. */
const FEW_BOUNDS = 10;

function bounds(x: AnomalySeen): boolean {
  return x.high !== null && x.high <= x.expected * (FAILING.includes(x.kind) ? FEW_BOUNDS : BOUNDS);
}

/** Whether a look says how much is usual. */
export function bounded(x: AnomalySeen): boolean {
  return x.expected > 0 && (x.high ?? 0) > 0 && bounds(x);
}

/**
 * The usual ranges of the vitals that the detectors tell of all sites together. `rate` is requests a
 * second: counts of errors become the shares that the vitals show. Where an anomaly was `told` before its usual range
 * was learnt, there is none: what is seen since is of what stands beside it.
 */
export function bands(seen: readonly AnomalySeen[], rate: number | null, told: readonly Anomaly[] = []): Partial<Record<VitalName, Band>> {
  const ofAll = (x: Pick<Anomaly, "site" | "key">) => x.site === null && x.key === null;
  const unknown = new Set(told.filter((a) => a.learning && a.end === null && ofAll(a)).map((a) => a.kind));
  const out: Partial<Record<VitalName, Band>> = {};
  const take = (name: VitalName, x: AnomalySeen, by: number) => {
    const before = out[name];
    const low = Math.max(0, x.low ?? 0) * by;
    // Two detectors may look at one number from both sides: each bound is the one that says something.
    const high = bounds(x) ? x.high! * by : Infinity;
    out[name] = { low: Math.max(low, before?.low ?? 0), high: Math.min(high, before?.high ?? Infinity) };
  };
  for (const x of seen) {
    if (!ofAll(x) || unknown.has(x.kind) || x.verdict === "learning" || !(x.expected > 0)) continue;
    if (x.kind === "traffic_up" || x.kind === "traffic_down") take("requests", x, 1);
    else if (x.kind === "bytes") take("sent", x, 1);
    else if ((x.kind === "errors_5xx" || x.kind === "errors_4xx") && rate !== null && rate > 0) {
      // Where so few come that all may fail and it is no more than usual, no share is unusual.
      if (x.high !== null && x.high >= rate) continue;
      // Fewer errors than usual are nothing to look at, and no detector tells of them.
      take(x.kind === "errors_5xx" ? "s5xx" : "s4xx", { ...x, low: null }, 1 / rate);
    }
  }
  for (const [name, band] of Object.entries(out)) {
    if (!(band.high > 0) || !Number.isFinite(band.high)) delete out[name as VitalName];
  }
  return out;
}

/** Where band and value stand on a gauge, 0 to 1; the usual range takes its middle third or so. */
export function gauge(value: number, { low, high }: Band): { low: number; high: number; at: number; outside: boolean } {
  const wide = Math.max(high - low, high * 0.1, Number.MIN_VALUE);
  const from = Math.max(0, low - wide);
  const to = high + wide;
  const place = (v: number) => (v - from) / (to - from);
  const outside = value < low || value > high;
  return { low: place(low), high: place(high), at: Math.min(0.97, Math.max(0.03, place(value))), outside };
}

/** In the first seconds of all that is kept everything is seen for the first time. */
const YOUNG_S = 60;

/** Since when what is first seen counts as new, in a list that begins at `from`. */
export function newSince(from: number, oldest: number | null): number | null {
  return oldest === null ? null : Math.max(from, oldest + YOUNG_S);
}
