// The rows of a panel's table: the value with its bar, then its figures.

import type { ComponentChildren } from "preact";
import { OVERFLOW } from "../lib/absent";
import { chosen } from "../lib/choice";
import type { Column, Sort } from "../lib/prefs";
import * as s from "../state";
import { t } from "../state";
import type { OtherRow, TopRow, Trend } from "../wire";
import { SPECS, type Scale, Verified } from "./columns";
import type { Tab } from "./lists";
import { nameOf } from "./names";
import { Legend, LINES, Spark } from "./trend";
import { Value } from "./value";

interface RowProps {
  tab: Tab;
  row: TopRow;
  /** Its place, for the stroke of its line in the chart; null without a chart. */
  line: number | null;
  columns: readonly Column[];
  sort: Sort;
  scale: Scale;
  /** The longest bar's worth. */
  most: number;
  trend: Trend | null;
  /** Requests a second at the step under the pointer; null where none is. */
  at: ReadonlyMap<string, number> | null;
  onHot?: ((value: string | null) => void) | undefined;
}

/** What the bar under a value is as long as: what the list is sorted by, where that has a size. */
export function weight(row: TopRow, sort: Sort): number {
  switch (sort) {
    case "bytes":
      return row.bytes;
    case "s4xx":
      return row.s4xx;
    case "s5xx":
      return row.s5xx;
    case "visitors":
      return row.visitors ?? 0;
    case "mean":
      return row.mean_s ?? 0;
    case "p95":
      return row.p95_s ?? 0;
    default:
      return row.requests;
  }
}

/** Colour is for status: requests are parted by it, what is no request is ink. */
function Bar({ row, sort, most, lines }: { row: TopRow; sort: Sort; most: number; lines: boolean }) {
  const width = `${Math.max(0.5, (weight(row, sort) / most) * 100)}%`;
  if (sort === "s4xx" || sort === "s5xx") return <span class="bar" style={{ width }}><i class={`all ${sort === "s4xx" ? "s4" : "s5"}`} /></span>;
  if (sort === "bytes" || sort === "visitors" || sort === "mean" || sort === "p95") return <span class="bar" style={{ width }}><i class="all ink" /></span>;
  if (lines) return <span class="bar" style={{ width }}><i class="all ink" /></span>;
  const five = row.requests > 0 ? row.s5xx / row.requests : 0;
  const four = row.requests > 0 ? row.s4xx / row.requests : 0;
  return (
    <span class="bar" style={{ width }}>
      {/* Shares this small would be a single pixel of noise. */}
      {five >= 0.005 && <i class="s5" style={{ width: `${five * 100}%` }} />}
      {four >= 0.01 && <i class="s4" style={{ width: `${four * 100}%` }} />}
      <i class="rest" />
    </span>
  );
}

export function Row({ tab, row, line, columns, sort, scale, most, trend, at, onHot }: RowProps) {
  const state = chosen(s.pending.value ?? s.filter.value, tab.field, row.value);
  const overflow = row.value === OVERFLOW;
  const { name, also } = nameOf(tab, row);
  const cell = (c: Column): ComponentChildren => {
    if (c === "trend") return <Spark trend={trend} value={row.value} />;
    if (c === "requests" && at) return at.has(row.value) ? scale.f.rate(at.get(row.value)!) : <span class="faint">–</span>;
    return SPECS[c].cell(row, scale);
  };
  return (
    <tr
      class={state === "only" ? "chosen" : overflow ? "rest" : undefined}
      onPointerEnter={onHot && (() => onHot(row.value))}
      onPointerLeave={onHot && (() => onHot(null))}
      onFocusCapture={onHot && (() => onHot(row.value))}
    >
      <td>
        {line !== null && line < LINES && <Legend n={line} list={tab.list ?? ""} value={row.value} />}
        {overflow ? <span class="value">{t("overflow_value")}</span> : <Value field={tab.field} value={row.value} name={name} also={also} ours={tab.ours} />}
        <Bar row={row} sort={sort} most={most} lines={tab.lines ?? false} />
      </td>
      {tab.list === "bots" && (
        <td>
          <Verified row={row} f={scale.f} />
        </td>
      )}
      {columns.map((c) => (
        <td key={c}>{cell(c)}</td>
      ))}
    </tr>
  );
}

interface OtherProps {
  other: OtherRow;
  /** Only so many rows are in the order that is shown, and which. */
  part: { rows: string; hint: string } | null;
  columns: readonly Column[];
  scale: Scale;
  bots: boolean;
  /** Shows the whole list. */
  open(): void;
}

/** The rest of the list, so that the totals stay exact. */
export function Other({ other, part, columns, scale, bots, open }: OtherProps) {
  const n = scale.f.exact(other.values);
  return (
    <tr class="rest">
      <td>
        <button type="button" class="list-open" aria-haspopup="dialog" title={[part?.hint, t("whole_open")].filter(Boolean).join(". ")} onClick={open}>
          {part ? t("other_part", { n, m: part.rows }) : t("other", { n })}
        </button>
      </td>
      {bots && <td />}
      {columns.map((c) => (
        <td key={c}>{c === "trend" ? "" : SPECS[c].other?.(other, scale)}</td>
      ))}
    </tr>
  );
}

/** Mean and percentiles of the request's time beside the upstream's: what is lost in between. */
export function Times({ rows }: { rows: readonly { name: string; request: number | null; upstream: number | null }[] }) {
  const f = s.fmt.value;
  // The slowest request of all is a figure, not a bar: it would leave nothing of the rest to see.
  const barred = rows.slice(0, -1);
  const most = Math.max(1e-6, ...barred.flatMap((r) => [r.request ?? 0, r.upstream ?? 0]));
  const width = (v: number | null) => `${v === null ? 0 : Math.max(0.5, Math.sqrt(v / most) * 100)}%`;
  const time = (v: number | null) => (v === null ? <span class="faint">–</span> : f.duration(v));
  return (
    <table class="times">
      <caption class="hidden">{t("l_times_long")}</caption>
      <colgroup>
        <col style={{ width: "60px" }} />
        <col />
        <col style={{ width: "80px" }} />
        <col style={{ width: "80px" }} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">{t("h_time")}</th>
          <td />
          <th scope="col">
            <i class="key request" /> {t("both_request")}
          </th>
          <th scope="col">
            <i class="key upstream" /> {t("both_upstream")}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((r) => (
          <tr key={r.name}>
            <td>{r.name}</td>
            <td aria-hidden="true">
              {barred.includes(r) && (
                <span class="pair">
                  {r.request !== null && <i class="request" style={{ width: width(r.request) }} />}
                  {r.upstream !== null && <i class="upstream" style={{ width: width(r.upstream) }} />}
                </span>
              )}
            </td>
            <td>{time(r.request)}</td>
            <td>{time(r.upstream)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
