// How a raw line was understood: which stretch of it became which field.

import type { EventRow } from "../wire";

export interface Stretch {
  text: string;
  /** Name of the event field; empty where the text is only frame or blank. */
  field: string;
}

/** Fields in the order in which log lines tend to hold them; later ones are looked for after earlier ones first. */
const ORDER: (keyof EventRow)[] = [
  "host",
  "remote_ip",
  "user",
  "method",
  "path",
  "query",
  "protocol",
  "status",
  "bytes",
  "bytes_in",
  "referrer",
  "user_agent",
  "request_time_s",
  "upstream_time_s",
  "upstream",
  "cache_status",
  "level",
  "message",
];

const TIME = /\[\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8}[^\]]*\]|\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/;

interface Span {
  from: number;
  to: number;
  field: string;
}

export function annotate(raw: string, event: EventRow): Stretch[] {
  const spans: Span[] = [];
  const free = (from: number, to: number) => spans.every((s) => to <= s.from || from >= s.to);
  const find = (text: string, start: number): number => {
    for (let at = raw.indexOf(text, start); at >= 0; at = raw.indexOf(text, at + 1)) {
      const to = at + text.length;
      const whole = !isWord(raw[at - 1], text[0]) && !isWord(raw[to], text[text.length - 1]);
      if (whole && free(at, to)) return at;
    }
    return -1;
  };

  const time = TIME.exec(raw);
  if (time) spans.push({ from: time.index, to: time.index + time[0].length, field: "time" });

  let cursor = 0;
  for (const field of ORDER) {
    const value = event[field];
    if (value === undefined || value === "") continue;
    for (const text of spellings(value)) {
      let at = find(text, cursor);
      if (at < 0) at = find(text, 0);
      if (at < 0) continue;
      spans.push({ from: at, to: at + text.length, field });
      cursor = at + text.length;
      break;
    }
  }

  spans.sort((a, b) => a.from - b.from);
  // Quotes and brackets around a value are read with it.
  spans.forEach((s, i) => {
    const before = spans[i - 1]?.to ?? 0;
    const after = spans[i + 1]?.from ?? raw.length;
    while (s.from > before && /["[({]/.test(raw[s.from - 1]!)) s.from--;
    while (s.to < after && /["\])},:]/.test(raw[s.to]!)) s.to++;
  });
  const out: Stretch[] = [];
  let at = 0;
  for (const s of spans) {
    if (s.from > at) out.push({ text: raw.slice(at, s.from), field: "" });
    out.push({ text: raw.slice(s.from, s.to), field: s.field });
    at = s.to;
  }
  if (at < raw.length) out.push({ text: raw.slice(at), field: "" });
  return out;
}

function isWord(outside: string | undefined, inside: string | undefined): boolean {
  const word = /[\p{L}\p{N}_]/u;
  return outside !== undefined && inside !== undefined && word.test(outside) && word.test(inside);
}

function spellings(value: string | number): string[] {
  if (typeof value === "string") return [value];
  const plain = String(value);
  // Request times are written with three decimals; a number forgets the zeros.
  return [...new Set([value.toFixed(3), plain, value.toFixed(6)])].filter((s) => Number(s) === value);
}
