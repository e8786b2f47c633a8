// What is seen, taken along: lists as CSV and JSON, and the same data as a `curl` to run elsewhere.

import type { OtherRow, TopRow } from "../wire";

export type Cell = string | number | null | undefined;

/**
 * Where a spreadsheet would begin a formula, or what hides one behind a control character: at the start of a text,
 * and wherever a cell begins for who parts them by `;` or tabs, as many countries do. For such a reader a quote
 * behind a comma stands inside a cell and guards nothing.
 */
const FORMULA = /(?<=^|[;\t\r\n])(?=[=+\-@\t\r])/g;

/**
 * One cell of RFC 4180. What a stranger wrote must not become a formula in somebody's spreadsheet:
 * a leading quote makes it a text there (OWASP, "CSV injection"). Each text is quoted, so that no `;` or tab in one
 * is taken for what parts the cells. Numbers are ours and stay bare.
 */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  return `"${value.replace(FORMULA, "'").replace(/"/g, '""')}"`;
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

/** What is no list: the hours, the two times. The first column says of what. */
export interface Table {
  list: string;
  /** What it is of, where that is not what the page shows. */
  range?: Omit<Range, "filter">;
  head: string[];
  cells: Cell[][];
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

/**
 * Lists as one table: a line a value, the rest of each list as `(n other)`. Tables that are no lists follow in the
 * same columns, their first as the value, and in columns of their own for what no list has: a reader of CSV wants
 * as many fields in each line as in the first.
 */
export function listsCsv(lists: readonly Seen[], tables: readonly Table[] = []): string {
  const all: string[] = [...new Set([...COLUMNS, ...tables.flatMap((x) => x.head.slice(1))])];
  const out: Cell[][] = [all];
  const add = (cells: Readonly<Record<string, Cell>>) => out.push(all.map((name) => cells[name]));
  for (const { list, rows, other } of lists) {
    for (const { value, label, requests, bytes, s4xx, s5xx, mean_s, p95_s, visitors, before } of rows) {
      add({ list, value, label, requests, bytes, s4xx, s5xx, mean_s, p95_s, visitors, before });
    }
    if (other && other.values > 0) add({ list, value: `(${other.values} other)`, requests: other.requests, bytes: other.bytes });
  }
  for (const { list, head, cells } of tables) {
    for (const row of cells) add({ ...Object.fromEntries(head.map((name, i) => [name, row[i]])), list, value: row[0] });
  }
  return csv(out);
}

/** What panels show, as one table; a table alone keeps the columns it has. */
export function shownCsv(all: readonly (Seen | Table)[]): string {
  const [first] = all;
  if (all.length === 1 && first && "cells" in first) return csv([first.head, ...first.cells]);
  return listsCsv(all.filter((x) => "rows" in x), all.filter((x) => "cells" in x));
}

/** What all of them are of: a panel alone that has a range of its own has that, and not the page's. */
export function rangeOf(page: Range, all: readonly (Seen | Table)[]): Range {
  const [first] = all;
  return all.length === 1 && first && "cells" in first ? { ...page, ...first.range } : page;
}

/** What panels show, with what it is of; beside others a table says its own range in `ranges`. */
export function shownJson(page: Range, all: readonly (Seen | Table)[]): string {
  const lists = all.filter((x) => "rows" in x);
  const tables = all.filter((x) => "cells" in x);
  const top = Object.fromEntries(lists.map((l) => [l.list, l.rows]));
  const other = Object.fromEntries(lists.filter((l) => l.other).map((l) => [l.list, l.other]));
  const more = Object.fromEntries(tables.map((x) => [x.list, x.cells.map((row) => Object.fromEntries(x.head.map((h, i) => [h, row[i] ?? null])))]));
  const own = tables.filter((x) => x.range);
  const ranges = all.length > 1 && own.length > 0 ? { ranges: Object.fromEntries(own.map((x) => [x.list, x.range])) } : {};
  return `${JSON.stringify({ ...rangeOf(page, all), ...ranges, top, other, ...more }, null, 2)}\n`;
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
