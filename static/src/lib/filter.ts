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
  /** A quoted value is taken literally: `*` in it is a star. */
  quoted: boolean;
}

/** Cuts at blanks outside double quotes. An open quote runs to the end. */
export function split(filter: string): string[] {
  const parts: string[] = [];
  let part = "";
  let quoted = false;
  for (let i = 0; i < filter.length; i++) {
    const c = filter[i]!;
    if (quoted && c === "\\" && i + 1 < filter.length) {
      part += c + filter[++i]!;
    } else if (c === '"') {
      quoted = !quoted;
      part += c;
    } else if (!quoted && /\s/.test(c)) {
      if (part) parts.push(part);
      part = "";
    } else {
      part += c;
    }
  }
  if (part) parts.push(part);
  return parts;
}

export function parse(filter: string): Term[] {
  return split(filter).map(term);
}

function term(text: string): Term {
  const found = /^(-?)([a-z_0-9]+)(:|>=|<=|>|<|=)([\s\S]*)$/i.exec(text);
  if (!found) {
    const not = text.startsWith("-") && text.length > 1;
    return { text, not, field: "", op: "", ...unquote(not ? text.slice(1) : text) };
  }
  return {
    text,
    not: found[1] === "-",
    field: found[2]!.toLowerCase(),
    op: found[3]!,
    ...unquote(found[4]!),
  };
}

function unquote(value: string): { value: string; quoted: boolean } {
  if (!value.startsWith('"')) return { value, quoted: false };
  const inner = value.length > 1 && value.endsWith('"') ? value.slice(1, -1) : value.slice(1);
  return { value: inner.replace(/\\(.)/gs, "$1"), quoted: true };
}

/** A value as the filter takes it literally. */
export function quote(value: string): string {
  const plain = value !== "" && !/[\s"\\*?(),|]/.test(value) && !/^[<>=~!]/.test(value);
  return plain ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

export function write(field: string, value: string, not = false): string {
  return `${not ? "-" : ""}${field}:${quote(value)}`;
}

function says(t: Term, field: string, value: string): boolean {
  return t.field === field && (t.op === ":" || t.op === "=") && t.value === value;
}

/** Whether the filter holds `field:value` (`only`), its opposite (`not`), or neither. */
export function holds(filter: string, field: string, value: string): "only" | "not" | null {
  const found = parse(filter).find((t) => says(t, field, value));
  return found ? (found.not ? "not" : "only") : null;
}

/**
 * A click on a value: adds it; takes it away when it is there already; turns the opposite round.
 */
export function toggle(filter: string, field: string, value: string, not = false): string {
  const terms = parse(filter);
  const same = terms.find((t) => says(t, field, value) && t.not === not);
  const rest = terms.filter((t) => !says(t, field, value)).map((t) => t.text);
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
