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

/** Cuts at blanks outside quoted values. An open quote runs to the end. */
export function split(filter: string): string[] {
  return filter.match(TERM) ?? [];
}

export function parse(filter: string): Term[] {
  return split(filter).map(term);
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

/** A value as the filter takes it literally. */
export function quote(value: string): string {
  const plain = value !== "" && !/[\s*]/.test(value) && !/^["<>=]/.test(value);
  return plain ? value : `"${value.replace(/["\\*]/g, "\\$&")}"`;
}

export function write(field: string, value: string, not = false): string {
  return `${not ? "-" : ""}${field}:${quote(value)}`;
}

function exact(t: Term, field: string): boolean {
  return t.field === field && (t.op === ":" || t.op === "=") && !t.pattern;
}

function says(t: Term, field: string, value: string): boolean {
  return exact(t, field) && t.value === value;
}

/** Whether the filter holds `field:value` (`only`), its opposite (`not`), or neither. */
export function holds(filter: string, field: string, value: string): "only" | "not" | null {
  const found = parse(filter).find((t) => says(t, field, value));
  return found ? (found.not ? "not" : "only") : null;
}

export type How = "only" | "not" | "also";

/**
 * A click on a value. `only` puts it in place of other values of its field, `also` beside them (the
 * filter reads that as "or"), `not` excludes it; what is there already is taken away.
 */
export function toggle(filter: string, field: string, value: string, how: How = "only"): string {
  const not = how === "not";
  const terms = parse(filter);
  const same = terms.some((t) => says(t, field, value) && t.not === not);
  const rest = terms
    .filter((t) => !says(t, field, value))
    .filter((t) => same || how !== "only" || t.not || !exact(t, field))
    .map((t) => t.text);
  if (!same) rest.push(write(field, value, not));
  return rest.join(" ");
}

export function removeAt(filter: string, index: number): string {
  return split(filter)
    .filter((_, i) => i !== index)
    .join(" ");
}

/** Adds what was typed, once. */
export function append(filter: string, typed: string): string {
  const terms = split(filter);
  for (const t of split(typed)) if (!terms.includes(t)) terms.push(t);
  return terms.join(" ");
}
