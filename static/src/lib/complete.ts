// Completion of the filter: which word or value is being typed, what could stand there, and the text
// with it put in. What values there are comes from outside.

import type { Key } from "./i18n";
import { places, quote } from "./filter";

/** A word of the filter language and what its values are like. */
export interface Word {
  word: string;
  about: Key;
  /** `text` takes values and patterns, `number` comparisons, `status` both. */
  takes: "text" | "number" | "status";
  /** Lists of the summary whose values it has. */
  lists: readonly string[];
  /** Other names that people type for it. */
  also: readonly string[];
  /** Values worth offering where nothing was counted. */
  usual?: readonly string[];
}

const text = (word: string, lists: string[], also: string[] = [], usual?: string[]): Word => ({
  word, about: `word_${word}` as Key, takes: "text", lists, also, ...(usual ? { usual } : {}),
});
const number = (word: string, usual: string[], also: string[] = []): Word => ({
  word, about: `word_${word}` as Key, takes: "number", lists: [], also, usual,
});

/** The closed list, the ones that most questions begin with first. */
export const WORDS: readonly Word[] = [
  text("site", ["sites"], ["host", "vhost"]),
  text("path", ["paths", "not_found", "static"], ["url", "uri"]),
  { word: "status", about: "word_status", takes: "status", lists: ["statuses"], also: ["code"], usual: ["5xx", "4xx", "3xx", "2xx"] },
  text("client", ["clients", "networks"], ["ip", "remote_ip", "remote_addr", "address", "network"]),
  text("method", ["methods"], [], ["GET", "POST", "HEAD", "PUT", "DELETE"]),
  number("latency", ["0.1", "0.5", "1", "5"], ["time", "duration", "request_time", "slow"]),
  text("agent", ["agents"], ["user_agent", "ua", "browser"]),
  text("referrer", ["referrers"], ["referer"]),
  text("country", ["countries"]),
  text("bot", ["bots", "purposes"], ["crawler"]),
  text("route", ["routes"]),
  text("upstream", ["upstreams"], ["backend"]),
  number("upstream_time", ["0.1", "0.5", "1", "5"], ["upstream_time_s"]),
  number("bytes", ["100kB", "1MB", "10MB"], ["size", "bytes_out"]),
  number("bytes_in", ["100kB", "1MB", "10MB"]),
  text("user", ["users"]),
  text("query", ["queries"]),
  text("type", ["types"], ["extension"]),
  text("source", ["sources"]),
  text("kind", [], [], ["access", "error", "message"]),
  text("level", [], ["severity"], ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]),
  text("message", []),
  text("template", ["templates"]),
  text("asn", ["asns"], ["network", "provider"]),
  text("city", ["cities"]),
  text("os", ["systems"], ["system", "platform"]),
  text("protocol", ["protocols"]),
  text("ip_version", ["ip_versions"], [], ["v4", "v6"]),
  text("cache", ["cache"], ["cache_status"]),
  text("scheme", ["schemes"], [], ["https", "http"]),
  text("tls", ["tls"], ["tls_version", "ssl"]),
  text("cipher", ["ciphers"], ["tls_cipher"]),
  text("mime", ["mime"], ["content_type"]),
  text("keyphrase", ["keyphrases"], ["search"]),
  text("format", ["formats"]),
];

export function wordOf(name: string): Word | undefined {
  return WORDS.find((w) => w.word === name) ?? WORDS.find((w) => w.also.includes(name));
}

/** The term at the caret, as far as it is typed. */
export interface Typing {
  /** Where the term begins and ends in the text. */
  start: number;
  end: number;
  not: boolean;
  /** Empty while only a word is typed. */
  field: string;
  op: string;
  /** The value, or the word while there is no operator, without quotes. */
  typed: string;
}

export function typing(filter: string, caret: number): Typing {
  const here = places(filter).find((p) => p.start < caret && caret <= p.start + p.text.length);
  if (!here) return { start: caret, end: caret, not: false, field: "", op: "", typed: "" };
  const { start } = here;
  const end = start + here.text.length;
  const before = filter.slice(start, caret);
  const [, sign = "", field = "", op = "", value = ""] = /^([-!]?)(\w*)((?:!=|:?[<>]=?|[:=])?)([\s\S]*)$/.exec(before) ?? [];
  // Without an operator all of it is the word, `/cart` too; and an IPv6 address is full of colons.
  if (op === "" || field === "" || (!wordOf(field.toLowerCase()) && /^[\da-f]+:[\da-f]*(:|$)/i.test(before.slice(sign.length)))) return { start, end, not: sign !== "", field: "", op: "", typed: before.slice(sign.length) };
  return { start, end, not: (sign !== "") !== (op === "!="), field: field.toLowerCase(), op, typed: unquoted(value) };
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.slice(1).replace(/"$/, "").replace(/\\(["\\*])/g, "$1");
}

export interface Choice {
  kind: "word" | "value" | "part" | "recent";
  /** What is read in the list. */
  text: string;
  /** What takes the place of the term; the whole filter for `recent`. */
  insert: string;
  /** Nothing is left to type: the filter may be applied. */
  whole: boolean;
  about?: Key;
  count?: number;
}

/** Words that begin with what is typed, then those known by another name, then those that hold it. */
export function words(at: Typing, most = WORDS.length): Choice[] {
  const typed = at.typed.toLowerCase();
  const rank = (w: Word) =>
    w.word.startsWith(typed) ? 0 : w.also.some((a) => a.startsWith(typed)) ? 1 : typed !== "" && w.word.includes(typed) ? 2 : 3;
  return WORDS.map((w) => ({ w, r: rank(w) }))
    .filter(({ r }) => r < 3)
    .sort((a, b) => a.r - b.r)
    .slice(0, most)
    .map(({ w }) => ({ kind: "word", text: w.word, insert: `${at.not ? "-" : ""}${w.word}${w.takes === "number" ? ">" : ":"}`, whole: false, about: w.about }));
}

export interface Counted {
  value: string;
  count?: number;
}

/** Values for the field at the caret, as terms. */
export function values(at: Typing, known: readonly Counted[], most = 12): Choice[] {
  const word = wordOf(at.field);
  if (!word) return [];
  const typed = at.typed.toLowerCase();
  const compares = /[<>]/.test(at.op);
  const head = `${at.not ? "-" : ""}${word.word}${at.op === "!=" || at.op === "=" ? ":" : at.op}`;
  const seen = new Set<string>();
  const hit = (v: Counted) => v.value.toLowerCase().includes(typed) && !seen.has(v.value) && !!seen.add(v.value);
  const first = (v: Counted) => (v.value.toLowerCase().startsWith(typed) ? 0 : 1);
  const usual = (word.usual ?? []).map((value): Counted => ({ value }));
  const all = compares || word.takes === "number" ? usual : [...known, ...usual];
  return all
    .filter(hit)
    .map((v, i) => ({ v, i }))
    .sort((a, b) => first(a.v) - first(b.v) || a.i - b.i)
    .slice(0, most)
    .map(({ v }) => ({
      kind: "value",
      text: v.value,
      insert: head + (compares ? v.value : quote(v.value)),
      whole: true,
      ...(v.count === undefined ? {} : { count: v.count }),
    }));
}

/** What a bare text could be meant as: part of a path, a status, an address. */
export function guesses(at: Typing): Choice[] {
  const { typed } = at;
  if (typed.length < 2 || /["\s]/.test(typed)) return [];
  const sign = at.not ? "-" : "";
  const part = (word: "path" | "site" | "agent" | "status" | "client" | "method", insert: string, about: Key = `word_${word}`): Choice => ({
    kind: "part", text: insert, insert: sign + insert, whole: true, about,
  });
  const holding = (word: "path" | "site" | "agent") => part(word, `${word}:*${typed.replace(/^\*+|\*+$/g, "")}*`, `part_${word}`);
  if (/^[1-5](xx|\d\d)$/i.test(typed)) return [part("status", `status:${typed.toLowerCase()}`)];
  if (/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(typed) || /^[\da-f]*:[\da-f:]+(\/\d{1,3})?$/i.test(typed)) return [part("client", `client:${typed}`)];
  if (/^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/.test(typed)) return [part("method", `method:${typed}`)];
  if (typed.startsWith("/")) return [part("path", `path:${typed.replace(/\*+$/, "")}*`, "part_begins"), part("path", `path:${typed}`, "part_exactly")];
  return [holding("path"), holding("site"), holding("agent")];
}

/** The text with the choice in the place of the term, and where the caret then stands. */
export function put(filter: string, at: Typing, choice: Choice): { text: string; caret: number } {
  if (choice.kind === "recent") return { text: choice.insert, caret: choice.insert.length };
  const text = filter.slice(0, at.start) + choice.insert + filter.slice(at.end);
  return { text, caret: at.start + choice.insert.length };
}

/** The text cut around what was typed, so that it can be marked. */
export function matched(text: string, typed: string): [string, string, string] {
  const at = typed === "" ? -1 : text.toLowerCase().indexOf(typed.toLowerCase());
  return at < 0 ? [text, "", ""] : [text.slice(0, at), text.slice(at, at + typed.length), text.slice(at + typed.length)];
}

/** Filters used before, newest first, each once. */
export function remember(recent: readonly string[], filter: string, most = 8): string[] {
  return filter === "" ? [...recent] : [filter, ...recent.filter((r) => r !== filter)].slice(0, most);
}
