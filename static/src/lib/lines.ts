// What a line of the tail is: its grade, which tab wants it, and which of the columns fit.

import type { EventRow } from "../wire";
import type { Key } from "./i18n";
import { parse } from "./filter";
import { isQuiet, QUIET } from "./levels";

/** From here on a request counts as slow, seconds. */
export const SLOW_S = 1;

export type Which = "all" | "errors" | "slow" | "unparsed";
export const WHICH: readonly Which[] = ["all", "errors", "slow", "unparsed"];

export function isError(e: EventRow): boolean {
  return e.kind === "error" ? !isQuiet(e.level) : failed(e.status ?? 0);
}

/** 4xx and 5xx, as everywhere: a 999 is nobody's error, and a request without a status says nothing. */
function failed(status: number): boolean {
  return status >= 400 && status < 600;
}

export function wanted(which: Which, e: EventRow): boolean {
  switch (which) {
    case "all":
      return true;
    case "errors":
      return isError(e);
    case "slow":
      return (e.request_time_s ?? 0) >= SLOW_S;
    case "unparsed":
      return e.kind === "message";
  }
}

/**
 * Filters whose events together are a tab's: terms of one field mean "or", so a filter that speaks of the
 * field already is left as it is, and the page picks from what it gives.
 */
export function filtersFor(filter: string, which: Which): string[] {
  const terms = parse(filter);
  const add = (field: string, term: string) =>
    terms.some((t) => t.field === field && !t.not) ? filter : `${filter} ${term}`.trim();
  switch (which) {
    case "all":
      return [filter];
    case "errors":
      return [...new Set([add("status", "status:4xx status:5xx"), add("kind", `kind:error ${QUIET.map((level) => `-level:${level}`).join(" ")}`)])];
    case "slow":
      return [add("latency", `latency>=${SLOW_S}`)];
    case "unparsed":
      return [add("kind", "kind:message")];
  }
}

/** Its colour: that of its class; none for the rest, as in the charts. */
export function grade(e: EventRow): string {
  if (e.kind === "message") return "message";
  if (e.kind === "error") return isQuiet(e.level) ? "e0" : e.level?.startsWith("warn") ? "e4" : "e5";
  const hundreds = Math.floor((e.status ?? 0) / 100);
  return hundreds >= 2 && hundreds <= 5 ? `e${hundreds}` : "e0";
}

export interface Column {
  id: string;
  head: Key;
  /** Pixels; the path takes what is left. */
  width: number;
  right?: boolean;
  /** What gives way first where there is no room: the highest. */
  yields: number;
}

const col = (id: string, head: Key, width: number, yields: number, right = false): Column => ({ id, head, width, yields, ...(right ? { right } : {}) });

export const COLUMNS: readonly Column[] = [
  col("time", "time", 116, 0),
  col("status", "status", 72, 0),
  col("method", "method", 68, 3),
  col("path", "path", 0, 0),
  col("site", "site", 168, 5),
  col("client", "client", 172, 2),
  col("user", "user", 96, 7),
  col("duration", "duration", 116, 1, true),
  col("upstream_time", "col_upstream_time", 84, 8, true),
  col("bytes", "bytes", 84, 6, true),
  col("bytes_in", "col_bytes_in", 84, 9, true),
  col("agent", "agent", 168, 4),
  col("referrer", "referrer", 200, 10),
  col("upstream", "upstream", 168, 8),
  col("cache", "col_cache", 72, 9),
  col("protocol", "col_protocol", 80, 10),
  col("source", "source", 136, 8),
  col("format", "format", 120, 11),
];

/** Columns that are no texts, or that take what is left. */
const FIXED: readonly string[] = ["time", "status", "method", "path"];

export const USUAL_COLUMNS: readonly string[] = ["time", "status", "method", "path", "site", "client", "duration", "bytes", "agent"];

/** A path narrower than this says nothing. */
const PATH_MIN = 220;
/** Down to this a path gives of its room to texts that would be cut. */
const PATH_ROOM = 320;

/** Letters of the lines are so wide at most, and so much stands between two columns, pixels. */
const LETTER_PX = 7.3;
const BETWEEN_PX = 12;
/** An IPv6 address in full is the longest that is never cut where there is room. */
const LONGEST = 40;
/** Texts whose lengths are within one step have one width, so that columns widen seldom. */
const STEP = 10;

/** What a line says in a column of texts. */
export function textOf(id: string, e: EventRow): string | undefined {
  switch (id) {
    case "client":
      return e.remote_ip;
    case "site":
      return e.host;
    case "agent":
      return e.agent ?? e.user_agent;
    case "cache":
      return e.cache_status;
    default:
      return e[id as keyof EventRow] as string | undefined;
  }
}

/** Letters by column of texts. */
export type Lengths = Readonly<Record<string, number>>;

/** How long the texts of these lines are; what was longer `before` stays so: columns that shrank again would not be read. */
export function lengths(lines: readonly EventRow[], before: Lengths = {}): Lengths {
  const out: Record<string, number> = { ...before };
  for (const { id, right } of COLUMNS) {
    if (right || FIXED.includes(id)) continue;
    for (const e of lines) {
      const letters = textOf(id, e)?.length ?? 0;
      if (letters > (out[id] ?? 0)) out[id] = Math.min(LONGEST, Math.ceil(letters / STEP) * STEP);
    }
  }
  return out;
}

/** The room that a path can spare goes to the texts that are cut: first to those that lack least, so that most are whole. */
function widened(columns: readonly Column[], room: number, letters: Lengths): Column[] {
  const lacks = (c: Column) => (letters[c.id] ? Math.ceil(letters[c.id]! * LETTER_PX + BETWEEN_PX) - c.width : 0);
  const more = new Map<string, number>();
  for (const c of columns.filter((c) => lacks(c) > 0).sort((a, b) => lacks(a) - lacks(b))) {
    const given = Math.max(0, Math.min(room, lacks(c)));
    more.set(c.id, given);
    room -= given;
  }
  return columns.map((c) => (more.get(c.id) ? { ...c, width: c.width + more.get(c.id)! } : c));
}

/** What a time takes beside itself: its day, and what its clock is ahead of UTC. */
const BESIDE = { day: 68, zone: 52 };

/**
 * Of the chosen columns those that fit, in their own order; time, status and path always do. Times have `beside` them what
 * their clock alone does not tell; texts of so many `letters` are whole where the path can spare the room.
 */
export function fitting(chosen: readonly string[], width: number, beside: readonly (keyof typeof BESIDE)[] = [], letters: Lengths = {}): Column[] {
  const more = beside.reduce((px, what) => px + BESIDE[what], 0);
  let columns = COLUMNS.filter((c) => c.id === "path" || chosen.includes(c.id)).map((c) => (c.id === "time" ? { ...c, width: c.width + more } : c));
  const needs = () => PATH_MIN + columns.reduce((sum, c) => sum + c.width, 0);
  while (needs() > width) {
    const first = columns.reduce((a, b) => (b.yields >= a.yields ? b : a));
    if (first.yields === 0) break;
    columns = columns.filter((c) => c !== first);
  }
  return widened(columns, width - needs() + PATH_MIN - PATH_ROOM, letters);
}

/** How one says that a sample is shown: `1 of 37`, or the numbers themselves where the ratio is below two. */
export function sampled(shown: number, matched: number): [number, number] {
  return shown > 0 && matched / shown >= 1.995 ? [1, Math.round(matched / shown)] : [shown, matched];
}

/** What the codes mean that operators meet; the words are those of the standards, in any language. */
const STATUS: Record<number, string> = {
  100: "Continue", 101: "Switching Protocols", 103: "Early Hints", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content",
  206: "Partial Content", 207: "Multi-Status", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
  307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
  403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
  410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
  415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed", 421: "Misdirected Request",
  422: "Unprocessable Content", 423: "Locked", 425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required",
  429: "Too Many Requests", 431: "Request Header Fields Too Large", 444: "closed without an answer (nginx)",
  451: "Unavailable For Legal Reasons", 494: "Request header too large (nginx)", 495: "SSL certificate error (nginx)",
  496: "SSL certificate required (nginx)", 497: "HTTP sent to an HTTPS port (nginx)", 499: "client closed the request (nginx)",
  500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
  505: "HTTP Version Not Supported", 507: "Insufficient Storage", 511: "Network Authentication Required",
};

export function statusText(status: number): string {
  return STATUS[status] ?? "";
}

/** The second a line belongs to, epoch seconds; null where its time can't be read. */
export function secondOf(e: EventRow): number | null {
  const ms = Date.parse(e.time);
  return Number.isFinite(ms) ? Math.floor(ms / 1000) : null;
}
