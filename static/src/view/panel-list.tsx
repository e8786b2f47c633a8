// The list of a panel: its rows in their calm order, the columns, and the rest it leaves out.

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Few } from "../lib/few";
import { newSince } from "../lib/anomaly";
import { byOf, keyOf, reordered, sizeOf } from "../lib/asks";
import { Calm, leftOut } from "../lib/calm";
import { withBefore } from "../lib/export";
import { complaints } from "../lib/levels";
import { visible } from "../lib/text";
import type { Column, Sort } from "../lib/prefs";
import * as s from "../state";
import { t } from "../state";
import { type Kept, OF_VISITORS, type OtherRow, type Summary, type TopRow } from "../wire";
import { Bands } from "./bars";
import { leastWidth, type Scale, SPECS, sorted, Widths } from "./columns";
import { shown as seen } from "./download";
import { explain, Nothing, unsaid } from "./explain";
import { askOf, columnsOf, type Placed, sortOf, whole } from "./layout";
import { ownOrder, type Tab } from "./lists";
import { columnName, setSort } from "./panel-menu";
import { Other, Row, weight } from "./rows";
import { Sideways } from "./sideways";
import { OverTime, useTrend } from "./trend";

/** Seconds the lists cover: a young window must not read as a slow one. */
export function covered(sum: Summary, kept: Kept | undefined): number {
  if (sum.known_s !== undefined) return Math.max(1, sum.known_s);
  const from = Date.parse(sum.from) / 1000;
  const to = Date.parse(sum.to) / 1000;
  const seconds = to - Math.max(from, kept?.oldest ?? from);
  return Number.isFinite(seconds) ? Math.min(Math.max(1, seconds), Math.max(1, to - from)) : s.windowS.value;
}

const NO_ROWS: readonly TopRow[] = [];

/** Share of requests without a value of the list up to which the rest can be compared. */
const FEW_WITHOUT = 0.01;

/** What each value, and the rest of the list, had before. */
function comparedOf(cmp: Summary | null, key: string): Pick<Scale, "compared" | "otherCompared"> {
  const rows = cmp?.top[key];
  if (!cmp || !rows) return { compared: null, otherCompared: null };
  const compared = new Map(rows.flatMap((r) => (r.before === undefined ? [] : [[r.value, { now: r.requests, before: r.before }] as const])));
  // The rest before is what all had before without these; true only where (nearly) every request
  // has one value of the list: a line without a path is rare, one without a user is not.
  const now = cmp.other[key]?.requests ?? 0;
  const without = cmp.requests - rows.reduce((n, r) => n + r.requests, 0) - now;
  const all = Math.abs(without) <= cmp.requests * FEW_WITHOUT;
  const before = (cmp.before?.requests ?? 0) - rows.reduce((n, r) => n + (r.before ?? 0), 0);
  return { compared, otherCompared: all && cmp.before && before >= 0 ? { now, before } : null };
}

/** What the cells of a list are worked out from: its summary, and the one that has what was before. */
export function useScale(tab: Tab, key: string, sum: Summary | null, counts: boolean, cmp: Summary | null): Scale {
  return {
    f: s.fmt.value,
    lines: tab.lines === true,
    newSince: sum && newSince(Date.parse(sum.from) / 1000, s.status.value?.kept.oldest ?? null),
    counts,
    seconds: sum ? covered(sum, s.status.value?.kept) : 1,
    all: sum === null ? 0 : tab.id === "errors" ? complaints(sum) : tab.lines ? sum.errors : sum.requests,
    ...useMemo(() => comparedOf(cmp, key), [cmp, key]),
  };
}

interface ListProps {
  place: Placed;
  tab: Tab;
  sum: Summary | null;
  near: boolean;
  width: number;
  limit: number;
}

export function ListBody({ place, tab, sum, near, width, limit }: ListProps) {
  const { prefs } = place;
  const list = tab.list!;
  const [hot, setHot] = useState<string | null>(null);
  const [step, setStep] = useState<{ t: number; requests: ReadonlyMap<string, number> } | null>(null);
  const ask = askOf(place) ?? list;
  const key = keyOf(ask);
  const came = sum?.top[key] ?? NO_ROWS;
  const rest = sum?.other[key];
  // Asked for just now: the answer on the page is still of before.
  const waiting = sum !== null && sum.top[key] === undefined;
  const measure = prefs.measure ?? "auto";
  const scope = s.scope.value;
  // A single second has counts.
  const single = !scope.live && scope.to - scope.from <= 1;
  const [few] = useState(() => new Few());
  // A log of errors is counted: few of them are news.
  const counts = measure === "count" || (measure === "auto" && (tab.lines === true || single));
  const scale = useScale(tab, key, sum, counts, s.compared.value);
  const sort = sortOf(prefs, tab);
  const own = ownOrder(tab);
  const columns = columnsOf(prefs, tab);
  const bars = tab.shape === "bands" && !prefs.asTable;
  const kept = tab.only ? came.filter((r) => (r[tab.only!] ?? 0) > 0) : came;
  const order = sorted(kept, sort, scale);
  // What a list of what fails leaves out is not all failing: only a full answer tells that there may be more.
  const more = own ? came.length >= sizeOf(sort, limit, own) : (rest?.values ?? 0) > 0;
  // The line of the rest says of a single value less than its own row would.
  const fits = order.length === limit + 1 && !more ? limit + 1 : limit;
  const count = tab.shape === "bands" ? order.length : fits;
  // By what the answer is about: the question changes earlier, while the rows are still of before.
  const about = `${sum?.filter} ${scope.live || sum?.from}`;
  const [calm] = useState(() => new Calm());
  const rows = calm.show(order, count, `${tab.id} ${sort} ${limit} ${about}`, Date.now());
  if (measure === "auto" && sum && few.of(sum.requests, rows, scale.seconds)) scale.counts = true;
  const by = byOf(sort, OF_VISITORS.has(list), own);
  const trend = useTrend(near && !bars && (prefs.overTime || columns.includes("trend")) ? list : null, by, Math.max(limit, 10));

  const other: OtherRow = leftOut(order, rows, rest);
  const n = scale.f.exact(came.length);
  const sortedPart = more && reordered(sort, OF_VISITORS.has(list), own);
  const hint = tab.only === "s5xx" ? "failing_sorted" : own ? "slow_sorted" : sort === "p95" ? "p95_order" : "part_sorted";
  const part = sortedPart ? { rows: n, hint: t(hint, { n }) } : null;
  const hasOther = other.values > 0 && !tab.only;
  const topOnly = part !== null && !hasOther;
  seen.set(prefs.id, { list: tab.id, rows: withBefore(rows, scale.compared), other: hasOther ? other : undefined });

  const empty = rows.length === 0;
  if (empty || unsaid(tab, rows)) {
    const why = sum && !waiting ? explain(tab, sum) : null;
    if (why) return <Nothing rows={limit}>{why}</Nothing>;
  }
  if (bars) return empty ? <Nothing rows={limit}>{sum ? t(waiting ? "waiting_data" : "nothing_here") : ""}</Nothing> : <Bands rows={rows} field={tab.field} all={scale.all} />;

  const bots = list === "bots";
  const least = leastWidth(columns, bots);
  const most = Math.max(1e-9, ...rows.map((r) => weight(r, sort)));
  const blank = Math.max(0, limit + 1 - Math.max(rows.length, empty ? 1 : 0) - (hasOther || topOnly ? 1 : 0));
  const span = columns.length + 1 + (bots ? 1 : 0);
  const table = (
    <table class={tab.field === "template" ? "messages" : undefined} style={least > width && width > 0 ? { minWidth: `${least}px` } : undefined}>
      <caption class="hidden">{t(tab.title)}</caption>
      <Widths columns={columns} bots={bots} />
      <thead>
        <tr>
          <Head sort="value" now={sort} choose={() => setSort(prefs, tab, "value")} title={t("sort_value")}>
            {t(tab.head)}
          </Head>
          {bots && <th scope="col">{t("c_verified")}</th>}
          {columns.map((c) =>
            c === "trend" ? (
              <th key={c} scope="col">
                {t("c_trend")}
              </th>
            ) : (
              <Head key={c} sort={c} now={sort} choose={() => setSort(prefs, tab, c)} title={headTitle(c, own)}>
                {c === "requests" && step ? t("at_time", { t: scale.f.clock(step.t * 1000) }) : SPECS[c].head(scale)}
              </Head>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((r, i) => (
          <Row
            key={r.value}
            tab={tab}
            row={r}
            line={prefs.overTime ? i : null}
            columns={columns}
            sort={sort}
            scale={scale}
            most={most}
            trend={trend}
            at={step?.requests ?? null}
            onHot={prefs.overTime || tab.lines ? setHot : undefined}
          />
        ))}
        {empty && sum && (
          <tr class="rest">
            <td colSpan={span}>{t(waiting ? "waiting_data" : tab.lines ? "tpl_none" : tab.only === "s5xx" ? "none_failing" : tab.only === "mean_s" ? "none_slow" : "nothing_here")}</td>
          </tr>
        )}
        {hasOther && sum && <Other other={other} part={part} columns={columns} scale={scale} bots={bots} open={() => (whole.value = { prefs, tab, ask, counts: scale.counts, from: sum.from, to: sum.to })} />}
        {topOnly && (
          <tr class="rest">
            <td colSpan={span} title={part.hint}>{t("top_part", { m: part.rows })}</td>
          </tr>
        )}
        {Array.from({ length: blank }, (_, i) => (
          <tr key={`blank ${i}`} class="blank" aria-hidden="true">
            <td colSpan={span} />
          </tr>
        ))}
      </tbody>
    </table>
  );
  const touched = () => calm.touch(Date.now());
  return (
    <div onPointerEnter={touched} onPointerMove={touched} onPointerLeave={() => calm.leave()}>
      {prefs.overTime && <OverTime trend={trend} values={rows.map((r) => r.value)} hot={hot} width={width} onStep={setStep} />}
      {least > width && width > 0 ? <Sideways>{table}</Sideways> : table}
      {tab.lines && <Sample row={rows.find((r) => r.value === hot) ?? rows[0]} />}
    </div>
  );
}

/** A line of the template under the pointer or with the focus, else of the first. */
function Sample({ row }: { row: TopRow | undefined }) {
  return (
    <p class="tpl-foot">
      {row?.sample !== undefined && (
        <>
          {t("tpl_sample")} <span class="mono">{visible(row.sample)}</span>
        </>
      )}
    </p>
  );
}

/** What a column holds, and what it is sorted by where that is another number. */
function headTitle(c: Column, own: Sort | undefined): string {
  if (c === "s4xx" || c === "s5xx") return t("number_order", { c: columnName(c) });
  return c === "p95" && own === undefined ? t("p95_order") : columnName(c);
}

function Head(props: { sort: Sort; now: Sort; choose(): void; title: string; children: ComponentChildren }) {
  const on = props.sort === props.now;
  return (
    <th scope="col" aria-sort={on ? (props.sort === "value" ? "ascending" : "descending") : undefined}>
      <button type="button" title={`${props.title}. ${t("sort_hint")}`} onClick={props.choose}>
        {props.children}
      </button>
    </th>
  );
}
