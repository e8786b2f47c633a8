// What is seen, taken along: lists as CSV and JSON, and the same data as a `curl` to run elsewhere.

import type { OtherRow, TopRow } from "../wire";

export type Cell = string | number | null | undefined;

/** A text that a spreadsheet would run as a formula, or that hides one behind a control character. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * One cell of RFC 4180. What a stranger wrote must not become a formula in somebody's spreadsheet:
 * a leading quote makes it a text there (OWASP, "CSV injection"). Numbers are ours and stay bare.
 */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

export interface Seen {
  /** As the server calls it. */
  list: string;
  rows: readonly TopRow[];
  other: OtherRow | undefined;
}

export interface Range {
  from: string;
  to: string;
  filter: string;
}

const COLUMNS = ["list", "value", "label", "requests", "bytes", "s4xx", "s5xx", "mean_s", "p95_s", "visitors", "before"] as const;

/** Rows as they are told beside what they had before: `before` by value, null while nothing is compared. */
export function withBefore(rows: readonly TopRow[], before: ReadonlyMap<string, { before: number }> | null): readonly TopRow[] {
  if (!before) return rows;
  return rows.map((r) => {
    const was = before.get(r.value);
    return was ? { ...r, before: was.before } : r;
  });
}

/** Lists as one table: a line a value, the rest of each list as `(n other)`; each line has every field. */
export function listsCsv(lists: readonly Seen[]): string {
  const out: Cell[][] = [[...COLUMNS]];
  for (const { list, rows, other } of lists) {
    for (const r of rows) {
      out.push([list, r.value, r.label, r.requests, r.bytes, r.s4xx, r.s5xx, r.mean_s, r.p95_s, r.visitors, r.before]);
    }
    if (other && other.values > 0) {
      const rest: Cell[] = [list, `(${other.values} other)`, null, other.requests, other.bytes];
      out.push(COLUMNS.map((_, i) => rest[i]));
    }
  }
  return csv(out);
}

/** `more` are tables that are no lists: the hours, the two times. */
export function listsJson(range: Range, lists: readonly Seen[], more: Readonly<Record<string, unknown>> = {}): string {
  const top = Object.fromEntries(lists.map((l) => [l.list, l.rows]));
  const other = Object.fromEntries(lists.filter((l) => l.other).map((l) => [l.list, l.other]));
  return `${JSON.stringify({ ...range, top, other, ...more }, null, 2)}\n`;
}

/** `tapline-paths-2026-11-26T05-20Z.csv`: sorts by time, and no system refuses a letter of it. */
export function fileName(what: string, to: string, kind: "csv" | "json"): string {
  const at = new Date(to);
  const time = Number.isNaN(at.getTime()) ? "now" : `${at.toISOString().slice(0, 16).replace(":", "-")}Z`;
  const name = what.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `tapline-${name || "page"}-${time}.${kind}`;
}

/** A text as one word of a POSIX shell: nothing in it is expanded or ends it. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

/** The command that asks for the same data. `base` is where the page is. */
export function curl(base: string, path: string, params: Readonly<Record<string, string>>): string {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(params)) if (value !== "") url.searchParams.set(name, value);
  // A key in the page's own address is nobody's business.
  url.username = "";
  url.password = "";
  return `curl -s ${shellQuote(url.href)}`;
}
