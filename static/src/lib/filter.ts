// The filter as text: cutting it into terms, adding, removing, quoting. What a term means is the
// server's business; here it is only edited, and terms are compared by what they say.

export interface Term {
  /** As it stands in the text. */
  text: string;
  not: boolean;
  field: string;
  /** `:`, `>`, `>=`, `<`, `<=`, `=`; empty for a bare word. */
  op: string;
  /** Without quotes and escapes. */
  value: string;
  /** Some `*` in it stands for anything, so it is no single value. */
  pattern: boolean;
}

/** Quotes count only right behind the operator; anywhere else they are letters like others. */
const TERM = /[-!]?\w+[!:=<>]+"(?:\\[\s\S]|[^"\\])*(?:"|$)|\S+/g;

/** The terms with their places in the text. */
export function places(filter: string): { text: string; start: number }[] {
  return [...filter.matchAll(TERM)].map((m) => ({ text: m[0], start: m.index }));
}

/** Cuts at blanks outside quoted values. An open quote runs to the end. */
export function split(filter: string): string[] {
  return filter.match(TERM) ?? [];
}

export function parse(filter: string): Term[] {
  return split(filter).map(term);
}

/** The term that a view of one site always has: the server puts it back. */
export function isForced(term: Term, site: string | null): boolean {
  return site !== null && !term.not && term.field === "site" && term.op === ":" && !term.pattern && term.value === site;
}

function term(text: string): Term {
  const found = /^([-!]?)(\w+)(!?=|:?[<>]=?|:)([\s\S]*)$/.exec(text);
  if (!found) return { text, not: false, field: "", op: "", value: text, pattern: false };
  const [, sign, field, op, value] = found as unknown as [string, string, string, string, string];
  return {
    text,
    not: (sign !== "") !== (op === "!="),
    field: field.toLowerCase(),
    op: op === "!=" ? ":" : op,
    ...unquote(value),
  };
}

function unquote(value: string): { value: string; pattern: boolean } {
  if (!value.startsWith('"')) return { value, pattern: value.includes("*") };
  const inner = value.length > 1 && value.endsWith('"') ? value.slice(1, -1) : value.slice(1);
  const literal = inner.replace(/\\["\\*]/g, "");
  return { value: inner.replace(/\\(["\\*])/g, "$1"), pattern: literal.includes("*") };
}

/** A value as the filter takes it literally. U+0085 ends a word for the server, though not for `\s`. */
export function quote(value: string): string {
  const plain = value !== "" && !/[\s*\x85]/.test(value) && !/^["<>=]/.test(value);
  return plain ? value : `"${value.replace(/["\\*]/g, "\\$&")}"`;
}

const OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`^${OCTET}(\\.${OCTET}){3}$`);

/** A stranger may call himself what looks like a part of an address, which the server takes only in quotes. In doubt they do
 * no harm. */
function isPartOfAddress(value: string): boolean {
  if (/^[\d.]+$/.test(value)) return value.includes(".") && !V4.test(value);
  if (!value.includes(":") || !/^[\da-f:.]+$/i.test(value)) return false;
  const groups = value.split(":");
  const ends = value.split("::").length;
  return value.includes(".") || groups.some((g) => g.length > 4) || ends > 2 || (ends === 2 ? groups.length > 9 : groups.length !== 8);
}

export function write(field: string, value: string, not = false): string {
  const said = field === "client" && isPartOfAddress(value) ? `"${value}"` : quote(value);
  return `${not ? "-" : ""}${field}:${said}`;
}

/** A band as lists write it, `0.1..0.2`, an open end left out; null for anything else. */
export function band(value: string): Span | null {
  const found = /^(\d+(?:\.\d+)?)?\.\.(\d+(?:\.\d+)?)?$/.exec(value);
  if (!found || (!found[1] && !found[2])) return null;
  const end = (text: string | undefined) => (text ? Number(text) : null);
  return { low: end(found[1]), high: end(found[2]) };
}

function span(field: string, value: string): Span | null {
  return BANDED.has(field) ? band(value) : null;
}

interface Span {
  low: number | null;
  high: number | null;
}

/** Words whose lists have bands instead of single values. */
const BANDED = new Set(["latency", "upstream_time", "bytes", "bytes_in"]);

function within(field: string, { low, high }: Span): string[] {
  return [low === null ? "" : `${field}>=${low}`, high === null ? "" : `${field}<${high}`].filter(Boolean);
}

/**
 * The terms that leave a span out. The server reads a lower bound above an upper one as "either", so
 * that this is no contradiction; two negated bounds would exclude everything. What has no such number
 * is not in the span either, and stays.
 */
function without(field: string, { low, high }: Span): string[] {
  return [low === null ? "" : `${field}<${low}`, high === null ? "" : `${field}>=${high}`, `${field}:-`].filter(Boolean);
}

function bounds(terms: Term[], field: string): Term[] {
  return terms.filter((t) => t.field === field && !t.not && /[<>]/.test(t.op));
}

function same(terms: Term[], wanted: string[]): boolean {
  const key = (t: Term) => `${t.field}${t.op.replace(":", "")}${Number(t.value)}`;
  const have = terms.map(key).sort();
  return have.length === wanted.length && parse(wanted.join(" ")).map(key).sort().every((k, i) => k === have[i]);
}

function holdsSpan(terms: Term[], field: string, wanted: Span): "only" | "not" | null {
  const held = bounds(terms, field);
  const absent = terms.filter((t) => says(t, field, "-") && !t.not);
  if (absent.length > 0) return same([...held, ...absent], without(field, wanted)) ? "not" : null;
  return same(held, within(field, wanted)) ? "only" : null;
}

/** A band takes the place of the one before; one beside it widens it, for two bounds are all there can be. */
function toggleSpan(terms: Term[], field: string, wanted: Span, how: How): string {
  const held = bounds(terms, field);
  const rest = terms.filter((t) => !held.includes(t) && !(t.field === field && !t.not && t.op === ":")).map((t) => t.text);
  if (holdsSpan(terms, field, wanted) === (how === "not" ? "not" : "only")) return rest.join(" ");
  if (how === "not") return [...rest, ...without(field, wanted)].join(" ");
  let wide = wanted;
  if (how === "also" && held.length > 0) {
    const ends = (sign: string) => held.filter((t) => t.op.includes(sign)).map((t) => Number(t.value));
    const [lows, highs] = [ends(">"), ends("<")];
    wide = {
      low: wanted.low === null || lows.length === 0 ? null : Math.min(wanted.low, ...lows),
      high: wanted.high === null || highs.length === 0 ? null : Math.max(wanted.high, ...highs),
    };
  }
  return [...rest, ...within(field, wide)].join(" ");
}

function exact(t: Term, field: string): boolean {
  return t.field === field && (t.op === ":" || t.op === "=") && !t.pattern;
}

function says(t: Term, field: string, value: string): boolean {
  return exact(t, field) && t.value === value;
}

interface Among {
  field: string;
  term: Term;
}

/** Lists whose rows are values of another field among the requests of one term. */
const AMONG: Record<string, Among> = {
  not_found: { field: "path", term: term("status:404") },
};

function holdsAmong(terms: Term[], of: Among, value: string): "only" | "not" | null {
  const found = terms.find((t) => says(t, of.field, value));
  if (found?.not) return "not";
  return found && terms.some((t) => says(t, of.term.field, of.term.value) && !t.not) ? "only" : null;
}

/** Excluding leaves out all requests of the value: the language has no "but those that are both". */
function toggleAmong(filter: string, of: Among, value: string, how: How): string {
  const terms = parse(filter);
  const text = (rest: Term[]) => rest.map((t) => t.text).join(" ");
  const others = terms.filter((t) => !(exact(t, of.term.field) && !t.not));
  const held = holdsAmong(terms, of, value);
  if (how === "not" || held === "not") return toggle(text(held === "only" ? others : terms), of.field, value, how);
  const unless = (t: Term) => !says(t, of.field, value);
  if (held) {
    const stays = terms.some((t) => exact(t, of.field) && !t.not && unless(t));
    return text((stays ? terms : others).filter(unless));
  }
  return `${toggle(text(others.filter(unless)), of.field, value, how)} ${of.term.text}`;
}

/** Whether the filter holds `field:value` (`only`), its opposite (`not`), or neither. */
export function holds(filter: string, field: string, value: string): "only" | "not" | null {
  const terms = parse(filter);
  const among = AMONG[field];
  if (among) return holdsAmong(terms, among, value);
  const bounded = span(field, value);
  if (bounded) return holdsSpan(terms, field, bounded);
  const found = terms.find((t) => says(t, field, value));
  return found ? (found.not ? "not" : "only") : null;
}

export type How = "only" | "not" | "also";

/**
 * A click on a value. `only` puts it in place of other values of its field, `also` beside them (the
 * filter reads that as "or"), `not` excludes it; what is there already is taken away. A band
 * (`latency`, `0.1..0.2`) is written as its two bounds, a path that was `not_found` with its status.
 */
export function toggle(filter: string, field: string, value: string, how: How = "only"): string {
  const among = AMONG[field];
  if (among) return toggleAmong(filter, among, value, how);
  const not = how === "not";
  const terms = parse(filter);
  const bounded = span(field, value);
  if (bounded) return toggleSpan(terms, field, bounded, how);
  const already = terms.some((t) => says(t, field, value) && t.not === not);
  const rest = terms
    .filter((t) => !says(t, field, value))
    .filter((t) => already || how !== "only" || t.not || !exact(t, field))
    .map((t) => t.text);
  if (!already) rest.push(write(field, value, not));
  return rest.join(" ");
}

export function removeAt(filter: string, index: number): string {
  return split(filter)
    .filter((_, i) => i !== index)
    .join(" ");
}

/** The filter without what it asks of a field: what other values that field could have. */
export function withoutField(filter: string, field: string): string {
  return parse(filter)
    .filter((t) => t.field !== field || t.not)
    .map((t) => t.text)
    .join(" ");
}

/** Adds what was typed, once. */
export function append(filter: string, typed: string): string {
  const terms = split(filter);
  for (const t of split(typed)) if (!terms.includes(t)) terms.push(t);
  return terms.join(" ");
}
