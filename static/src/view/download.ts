// Files that the page makes itself: what is seen, saved by the browser.

import { fileName, rangeOf, type Seen, shownCsv, shownJson, type Table } from "../lib/export";
import * as s from "../state";

/** What a panel shows at the moment: a list, or a table of its own. */
export type Shown = Seen | Table;

/** By panel, in the order of the page; written as each is drawn. */
export const shown = new Map<string, Shown>();

function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function range() {
  const sum = s.summary.peek();
  return { from: sum?.from ?? "", to: sum?.to ?? "", filter: s.filter.peek() };
}

export function saveAs(kind: "csv" | "json", what: string, ids: readonly string[]): void {
  const all = ids.map((id) => shown.get(id)).filter((x) => x !== undefined);
  const name = fileName(what, rangeOf(range(), all).to, kind);
  if (kind === "csv") {
    // A byte order mark: without one, spreadsheets take UTF-8 for the system's old encoding.
    save(name, `\ufeff${shownCsv(all)}`, "text/csv;charset=utf-8");
  } else {
    save(name, shownJson(range(), all), "application/json");
  }
}
