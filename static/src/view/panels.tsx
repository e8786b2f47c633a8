// Where: top lists. A click on a value filters every panel by it.

import { useRef, useState } from "preact/hooks";
import { setFilter } from "../feed";
import { holds, toggle } from "../lib/filter";
import type { Key } from "../lib/i18n";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Status, TopRow } from "../wire";

interface Kind {
  /** Name in `summary.top`. */
  list: string;
  /** The filter's word. */
  field: string;
  title: Key;
  head: Key;
}

const kind = (list: string, field: string, title: Key, head: Key): Kind => ({ list, field, title, head });

export const PANELS = {
  paths: [kind("paths", "path", "paths", "path"), kind("not_found", "path", "not_found", "path"), kind("upstreams", "upstream", "upstreams", "upstream")],
  clients: [kind("clients", "client", "clients", "client"), kind("users", "user", "users", "user")],
  sites: [kind("sites", "site", "sites_panel", "site"), kind("sources", "source", "sources", "source")],
  agents: [kind("agents", "agent", "agents", "agent")],
  referrers: [kind("referrers", "referrer", "referrers", "referrer")],
} as const;

/** What overflowed a dictionary; it is many values, so it can't be a filter. */
const OVERFLOW = "(other)";

export function click(e: MouseEvent, field: string, value: string): void {
  const base = s.pending.peek() ?? s.filter.peek();
  setFilter(toggle(base, field, value, e.altKey ? "not" : e.shiftKey ? "also" : "only"));
}

/** Seconds the lists cover: a young window must not read as a slow one. */
export function covered(status: Status): number {
  const from = Date.parse(status.summary.from) / 1000;
  const to = Date.parse(status.summary.to) / 1000;
  const begin = Math.max(from, status.kept.oldest ?? from);
  const seconds = to - begin;
  return Number.isFinite(seconds) ? Math.min(Math.max(1, seconds), Math.max(1, to - from)) : s.windowS.value;
}

/** Order is held under the pointer, and otherwise changes at most this often. */
const RESORT_MS = 2_000;

function useCalmOrder(rows: TopRow[], list: string): { rows: TopRow[]; enter(): void; leave(): void } {
  const held = useRef({ list: "", order: [] as string[], at: 0, hover: false, last: new Map<string, TopRow>(), filter: "" });
  const h = held.current;
  const now = Date.now();
  const byValue = new Map(rows.map((r) => [r.value, r]));
  const same = h.list === list && h.filter === s.filter.value && h.order.length > 0;
  const keep = same && (h.hover || now - h.at < RESORT_MS);
  if (!keep) {
    h.order = rows.map((r) => r.value);
    h.at = now;
    h.list = list;
    h.filter = s.filter.value;
  }
  const out = keep
    ? h.order.map((v) => byValue.get(v) ?? h.last.get(v)).filter((r): r is TopRow => r !== undefined)
    : rows;
  // A list that is still filling shows its new rows at once.
  if (keep && out.length < rows.length) {
    const shown = new Set(h.order);
    for (const r of rows) {
      if (!shown.has(r.value) && out.length < rows.length) {
        out.push(r);
        h.order.push(r.value);
      }
    }
  }
  h.last = new Map(out.map((r) => [r.value, r]));
  return {
    rows: out,
    enter: () => (h.hover = true),
    leave: () => (h.hover = false),
  };
}

/** Requests a second below which lists show counts: `<0.1` in every row says nothing. */
const FEW = 5;
let counting = false;

/** Whether lists show counts. Holds still around the border. */
function few(status: Status, seconds: number): boolean {
  const rate = status.summary.requests / seconds;
  counting = rate < (counting ? FEW * 1.25 : FEW * 0.8);
  return counting;
}

/** The tab chosen in each panel, kept while the opened lines stand in its place. */
const remembered = new Map<string, string>();

export function Panel({ kinds, rows: limit }: { kinds: readonly Kind[]; rows: number }) {
  const status = s.status.value;
  const top = status?.summary.top;
  const home = kinds[0]!.list;
  const [chosen, setChosen] = useState(remembered.get(home) ?? home);
  const choose = (list: string) => {
    remembered.set(home, list);
    setChosen(list);
  };
  // A list that this format can't fill is not offered.
  const offered = kinds.filter((k, i) => i === 0 || (top?.[k.list]?.length ?? 0) > 0);
  const shown = offered.find((k) => k.list === chosen) ?? kinds[0]!;
  const all = top?.[shown.list] ?? [];
  const seconds = status ? covered(status) : 1;
  const calm = useCalmOrder(all.slice(0, limit), shown.list);
  const f = s.fmt.value;
  const most = Math.max(1, ...calm.rows.map((r) => r.requests));
  const rest = status?.summary.other[shown.list];
  const cut = all.slice(limit);
  const other = {
    values: (rest?.values ?? 0) + cut.length,
    requests: (rest?.requests ?? 0) + cut.reduce((n, r) => n + r.requests, 0),
  };
  const counts = status !== null && few(status, seconds);
  const amount = (n: number) => (counts ? f.count(n) : f.rate(n / seconds));
  const blank = Math.max(0, limit - calm.rows.length);

  return (
    <section class="panel" data-panel={kinds[0]!.list} onPointerEnter={calm.enter} onPointerLeave={calm.leave}>
      <div class="panel-head">
        {offered.map((k) =>
          offered.length === 1 ? (
            <h2 key={k.list}>{t(k.title)}</h2>
          ) : (
            <button key={k.list} type="button" aria-pressed={k === shown} onClick={() => choose(k.list)}>
              {t(k.title)}
            </button>
          ),
        )}
      </div>
      <table>
        <caption class="hidden">{t(shown.title)}</caption>
        <colgroup>
          <col />
          <col class="w-rate" />
          <col class="w-share s4" />
          <col class="w-share" />
          <col class="w-time" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{t(shown.head)}</th>
            <th scope="col" aria-sort="descending">
              {t(counts ? "req" : "req_s")}
            </th>
            <th scope="col" class="s4">
              4xx
            </th>
            <th scope="col">5xx</th>
            <th scope="col">{t("p95")}</th>
          </tr>
        </thead>
        <tbody>
          {calm.rows.map((r) => (
            <Row key={r.value} row={r} field={shown.field} most={most} amount={amount} />
          ))}
          {calm.rows.length === 0 && status && (
            <tr class="rest">
              <td colSpan={5}>{t("nothing_here")}</td>
            </tr>
          )}
          {other.values > 0 && (
            <tr class="rest">
              <td>{t("other", { n: f.exact(other.values) })}</td>
              <td>{amount(other.requests)}</td>
              <td class="s4" />
              <td />
              <td />
            </tr>
          )}
          {Array.from({ length: blank - (calm.rows.length === 0 && status ? 1 : 0) + (other.values > 0 ? 0 : 1) }, (_, i) => (
            <tr key={`blank ${i}`} class="blank" aria-hidden="true">
              <td colSpan={5} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row, field, most, amount }: { row: TopRow; field: string; most: number; amount(n: number): string }) {
  const f = s.fmt.value;
  const state = holds(s.pending.value ?? s.filter.value, field, row.value);
  const overflow = row.value === OVERFLOW;
  const name = overflow ? t("overflow_value") : row.value === "" || row.value === "-" ? t("empty_value") : visible(row.value);
  const a = row.requests > 0 ? row.s5xx / row.requests : 0;
  const b = row.requests > 0 ? row.s4xx / row.requests : 0;
  const share = (n: number) => <span class={n === 0 ? "faint" : undefined}>{f.percent(n)}</span>;
  return (
    <tr class={state === "only" ? "chosen" : overflow ? "rest" : undefined}>
      <td>
        {overflow ? (
          <span class="value">{name}</span>
        ) : (
          <button
            type="button"
            class="value"
            aria-pressed={state === "only"}
            title={t("row_title", { v: name })}
            data-value={row.value}
            onClick={(e) => click(e, field, row.value)}
          >
            <span class="mono">{name}</span>
            <span class="act" aria-hidden="true">{t(state === "only" ? "remove" : "only")}</span>
          </button>
        )}
        <span class="bar" style={{ width: `${Math.max(0.5, (row.requests / most) * 100)}%` }}>
          {/* Shares this small would be a single pixel of noise. */}
          {a >= 0.005 && <i class="s5" style={{ width: `${a * 100}%` }} />}
          {b >= 0.01 && <i class="s4" style={{ width: `${b * 100}%` }} />}
          <i class="rest" />
        </span>
      </td>
      <td>{amount(row.requests)}</td>
      <td class="s4">{share(b)}</td>
      <td>{share(a)}</td>
      <td>{row.p95_s === null ? <span class="faint">–</span> : f.duration(row.p95_s)}</td>
    </tr>
  );
}
