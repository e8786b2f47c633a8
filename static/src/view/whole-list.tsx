// A list of a panel, opened whole over the page: as many rows as the server gives, asked for once, with a box
// that finds among them. What is chosen filters the page and closes it.

import "../style/whole-list.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, Refused } from "../lib/api";
import { keyOf } from "../lib/asks";
import { comparable } from "../lib/compare";
import { visible } from "../lib/text";
import { askWhole, DRAWN, holding } from "../lib/whole";
import { kept } from "../past";
import * as s from "../state";
import { t } from "../state";
import type { Summary, TopRow } from "../wire";
import { leastWidth, sorted, SPECS, Widths } from "./columns";
import { Dialog } from "./dialog";
import { coded } from "./filter";
import { columnsOf, sortOf, type Whole, whole } from "./layout";
import type { Tab } from "./lists";
import { PopMenu } from "./menu";
import { nameOf } from "./names";
import { useScale } from "./panel-list";
import { Row, weight } from "./rows";

/** So near its end the list goes on, pixels. */
const NEAR_END = 600;

/** The answer, or what is said in its place. */
type Answer = Summary | { failed: string[] };

/** Asked for once: it stands still while it is read. */
function useAnswer({ ask: part, from, to }: Whole): Answer | null {
  const [answer, setAnswer] = useState<Answer | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const back = s.compare.peek();
    const before = back !== null && comparable(Date.parse(from) / 1000, back, kept()[0]) ? back : "";
    ask<Summary>("summary", { from, to, filter: s.filter.peek(), panels: askWhole(part), before }, { signal: stop.signal })
      .catch(async (failure: unknown) => ({ failed: failure instanceof Refused ? await failure.said() : [] }))
      .then((come) => stop.signal.aborted || setAnswer(come));
    return () => stop.abort();
  }, []);
  return answer;
}

export function WholeList() {
  const [it] = useState(() => whole.peek()!);
  const root = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const answer = useAnswer(it);
  // Whatever changed it: the rows are of another one now.
  const filter = s.pending.value ?? s.filter.value;
  const [of] = useState(filter);
  useEffect(() => {
    if (filter !== of) root.current?.closest("dialog")?.close();
  }, [filter]);
  // Not where a keyboard would come up over the list.
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);
  const f = s.fmt.value;
  const [first, last] = f.ends(Date.parse(it.from), Date.parse(it.to), s.serverNow());
  const sum = answer && "top" in answer ? answer : null;
  const all = sum?.top[keyOf(it.ask)] ?? [];
  const rows = holding(all, text, (row) => saidOf(it.tab, row));
  const n = f.exact(all.length);
  return (
    <Dialog id="whole-title" kind="help whole-list" title={t(it.tab.title)} closed={() => (whole.value = null)}>
      <div class="list-head" ref={root}>
        <input
          type="search"
          ref={field}
          value={text}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-label={t("whole_find")}
          placeholder={t("whole_find")}
          onInput={(e) => setText(e.currentTarget.value)}
        />
        <p>
          <span role="status">{sum && (text.trim() === "" ? t("whole_rows", { n }) : t("whole_found", { m: f.exact(rows.length), n }))}</span>
          <span class="faint">
            {first} – {last}
          </span>
        </p>
      </div>
      {sum ? (
        <Rows it={it} sum={sum} all={all} rows={rows} key={text} />
      ) : (
        <div class="list-rows">
          {answer && "failed" in answer ? (
            <div role="alert">
              <p>{t("whole_failed")}</p>
              {answer.failed.map((said) => (
                <p key={said}>{coded(said)}</p>
              ))}
            </div>
          ) : (
            <p class="faint">{t("waiting_data")}</p>
          )}
        </div>
      )}
      <PopMenu />
    </Dialog>
  );
}

/** What a row is found by: all that it is called. */
function saidOf(tab: Tab, row: TopRow): string {
  const { name, also } = nameOf(tab, row);
  return [name, visible(row.value), also].filter(Boolean).join("\n");
}

interface RowsProps {
  it: Whole;
  sum: Summary;
  all: readonly TopRow[];
  /** Of all, those that are looked for. */
  rows: readonly TopRow[];
}

function Rows({ it: { prefs, tab, ask: part, counts }, sum, all, rows }: RowsProps) {
  const [drawn, setDrawn] = useState(DRAWN);
  const key = keyOf(part);
  const scale = useScale(tab, key, sum, counts, sum.before ? sum : null);
  const sort = sortOf(prefs, tab);
  // A trend would be asked for on its own.
  const columns = columnsOf(prefs, tab).filter((c) => c !== "trend");
  const bots = tab.list === "bots";
  const most = Math.max(1e-9, ...all.map((r) => weight(r, sort)));
  const order = (of: string) => (of === sort ? (of === "value" ? "ascending" : "descending") : undefined);
  const hidden = sum.other[key]?.values ?? 0;
  return (
    <div
      class="panel list-rows"
      onScroll={({ currentTarget: el }) => {
        if (drawn < rows.length && el.scrollTop + el.clientHeight > el.scrollHeight - NEAR_END) setDrawn(drawn + DRAWN);
      }}
    >
      {rows.length > 0 && (
        <div>
          <table class={tab.field === "template" ? "messages" : undefined} style={{ minWidth: `${leastWidth(columns, bots)}px` }}>
            <caption class="hidden">{t(tab.title)}</caption>
            <Widths columns={columns} bots={bots} />
            <thead>
              <tr>
                <th scope="col" aria-sort={order("value")}>
                  {t(tab.head)}
                </th>
                {bots && <th scope="col">{t("c_verified")}</th>}
                {columns.map((c) => (
                  <th key={c} scope="col" aria-sort={order(c)}>
                    {SPECS[c].head(scale)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sorted(rows, sort, scale)
                .slice(0, drawn)
                .map((r) => (
                  <Row key={r.value} tab={tab} row={r} line={null} columns={columns} sort={sort} scale={scale} most={most} trend={null} at={null} />
                ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length === 0 && <p>{t(all.length === 0 ? "nothing_here" : "whole_none")}</p>}
      {hidden > 0 && drawn >= rows.length && <p class="faint">{t("whole_more", { n: scale.f.exact(hidden) })}</p>}
    </div>
  );
}
