// The columns of a panel: what each is called, how wide, what it says of a value, how it sorts.

import type { ComponentChildren } from "preact";
import { bandBounds } from "../lib/choice";
import type { Format } from "../lib/format";
import type { Key } from "../lib/i18n";
import type { Column, Sort } from "../lib/prefs";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { OtherRow, TopRow } from "../wire";
import { Icon } from "./icons";

/** What the cells of a panel are worked out from. */
export interface Scale {
  f: Format;
  /** The rows count lines of the error log rather than requests. */
  lines?: boolean;
  /** Since when what is first seen is new, epoch seconds; null where that is not known. */
  newSince?: number | null;
  /** Requests as a count, or over these seconds. */
  counts: boolean;
  seconds: number;
  /** All requests of the range: what shares are of. */
  all: number;
  /** By value: requests now and before, as they were compared. */
  compared: ReadonlyMap<string, { now: number; before: number }> | null;
  /** The rest of the list, compared; null where it can't be told. */
  otherCompared: { now: number; before: number } | null;
}

interface Spec {
  width: number;
  head(scale: Scale): string;
  long: Key;
  cell(row: TopRow, scale: Scale): ComponentChildren;
  other?(row: OtherRow, scale: Scale): ComponentChildren;
  /** What it sorts by, falling. */
  by(row: TopRow, scale: Scale): number;
}

const faint = (text: string) => <span class="faint">{text}</span>;
const weak = (text: string, zero: boolean) => (zero ? faint(text) : text);
const of = (part: number, whole: number) => (whole > 0 ? part / whole : null);

export function amount(n: number, { f, counts, seconds }: Scale): string {
  return counts ? f.count(n) : f.rate(n / seconds);
}

/** A change of less than half a per cent is none. */
const SAME = 0.005;
/** From here a factor reads better than per cents. */
const MANY = 10;

/** In ink, never green or red: up is neither good nor bad. */
function delta(pair: { now: number; before: number } | null | undefined, f: Format): ComponentChildren {
  if (!pair) return faint("–");
  const { now, before } = pair;
  const title = `${f.exact(before)} → ${f.exact(now)}`;
  if (before === 0) return now === 0 ? faint("0") : <span title={title}>{t("is_new")}</span>;
  const change = now / before - 1;
  if (Math.abs(change) < SAME) return <span class="faint" title={title}>0</span>;
  const size = change >= MANY ? `×${f.exact(Math.round(now / before))}` : `${f.exact(Math.max(1, Math.round(Math.abs(change) * 100)))}%`;
  return (
    <span class="delta" title={title}>
      <i class="tri" aria-hidden="true">{change > 0 ? "▲" : "▼"}</i>
      <span class="hidden">{change > 0 ? "+" : "−"}</span>
      {size}
    </span>
  );
}

const share = (n: number, row: TopRow, f: Format) => weak(f.percent(of(n, row.requests)), n === 0);
const time = (n: number | null, f: Format) => (n === null ? faint("–") : f.duration(n));

export const SPECS: Readonly<Record<Exclude<Column, "trend">, Spec>> = {
  requests: {
    width: 64,
    head: ({ counts, lines }) => t(lines ? (counts ? "c_lines" : "c_lines_s") : counts ? "req" : "req_s"),
    long: "c_rate_long",
    cell: (r, x) => amount(r.requests, x),
    other: (r, x) => amount(r.requests, x),
    by: (r) => r.requests,
  },
  share: {
    width: 52,
    head: () => t("c_share"),
    long: "c_share_long",
    cell: (r, { f, all }) => f.percent(of(r.requests, all)),
    other: (r, { f, all }) => f.percent(of(r.requests, all)),
    by: (r) => r.requests,
  },
  bytes: {
    width: 68,
    head: () => t("c_bytes"),
    long: "c_bytes_long",
    cell: (r, { f }) => weak(f.bytes(r.bytes), r.bytes === 0),
    other: (r, { f }) => f.bytes(r.bytes),
    by: (r) => r.bytes,
  },
  visitors: {
    width: 60,
    head: () => t("c_visitors"),
    long: "c_visitors_long",
    cell: (r, { f }) => (r.visitors === null ? faint("–") : f.count(r.visitors)),
    by: (r) => r.visitors ?? -1,
  },
  before: {
    width: 68,
    head: () => t("c_before"),
    long: "c_before_long",
    cell: (r, { f, compared }) => delta(compared?.get(r.value), f),
    other: (_, { f, otherCompared }) => delta(otherCompared, f),
    by: (r, { compared }) => {
      const pair = compared?.get(r.value);
      return !pair ? -Infinity : pair.before === 0 ? (pair.now > 0 ? Infinity : 0) : pair.now / pair.before;
    },
  },
  s4xx: {
    width: 54,
    head: () => "4xx",
    long: "c_s4xx_long",
    cell: (r, { f }) => share(r.s4xx, r, f),
    by: (r) => r.s4xx,
  },
  s5xx: {
    width: 54,
    head: () => "5xx",
    long: "c_s5xx_long",
    cell: (r, { f }) => share(r.s5xx, r, f),
    by: (r) => r.s5xx,
  },
  mean: {
    width: 60,
    head: () => t("c_mean"),
    long: "c_mean_long",
    cell: (r, { f }) => time(r.mean_s, f),
    by: (r) => r.mean_s ?? -1,
  },
  p95: {
    width: 60,
    head: () => t("p95"),
    long: "c_p95_long",
    cell: (r, { f }) => time(r.p95_s, f),
    by: (r) => r.p95_s ?? -1,
  },
  level: {
    width: 52,
    head: () => t("c_level"),
    long: "c_level_long",
    cell: (r) => (r.level ? <code class={grave(r.level) >= 5 ? "some5" : grave(r.level) === 3 ? "some4" : undefined}>{visible(r.level)}</code> : faint("–")),
    by: (r) => grave(r.level ?? ""),
  },
  first: {
    width: 92,
    head: () => t("c_first"),
    long: "c_first_long",
    cell: (r, { newSince }) => <First time={r.first_seen} newSince={newSince ?? null} />,
    by: (r) => (r.first_seen ? Date.parse(r.first_seen) : 0),
  },
};

/** Levels as nginx and syslog order them. */
const LEVELS = ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"];

function grave(level: string): number {
  return LEVELS.indexOf(level);
}

function First({ time, newSince }: { time: string | undefined; newSince: number | null }) {
  if (time === undefined) return faint("–");
  const f = s.fmt.value;
  const ms = Date.parse(time);
  const today = f.day(ms) === f.day(s.serverNow());
  const said = today ? f.minute(ms) : f.day(ms);
  if (newSince === null || ms / 1000 < newSince) return <span title={`${f.day(ms)} ${f.clock(ms)}`}>{said}</span>;
  return (
    <span title={t("tpl_new_hint", { t: f.clock(ms) })}>
      <b class="tpl-new">{t("tpl_new")}</b> {said}
    </span>
  );
}

const TREND_WIDTH = 84;
const VERIFIED_WIDTH = 76;
/** Narrower, and a value can't be told from its neighbours. */
const VALUE_WIDTH = 120;

/** Of bots it is also said whether they are verified. */
const widths = (columns: readonly Column[], bots: boolean) => [...(bots ? [VERIFIED_WIDTH] : []), ...columns.map((c) => (c === "trend" ? TREND_WIDTH : SPECS[c].width))];

/** The least that a table of these columns has room in. */
export function leastWidth(columns: readonly Column[], bots: boolean): number {
  return widths(columns, bots).reduce((a, b) => a + b, VALUE_WIDTH);
}

/** The value has the room that these columns leave. */
export function Widths({ columns, bots }: { columns: readonly Column[]; bots: boolean }) {
  return (
    <colgroup>
      <col />
      {widths(columns, bots).map((width, i) => (
        <col key={i} style={{ width: `${width}px` }} />
      ))}
    </colgroup>
  );
}

/** How much of a bot's traffic came from its operator's own addresses. The word says it, not the colour. */
export function Verified({ row, f }: { row: TopRow; f: Format }) {
  if (row.verified === undefined) {
    return (
      <span class="faint" title={t("claimed_hint")}>
        {t("claimed")}
      </span>
    );
  }
  const none = row.verified === 0;
  const p = none ? `${f.exact(0)}%` : f.shareOf(Math.min(row.verified, row.requests), row.requests);
  return (
    <span class="verified" title={t("verified_hint", { p })}>
      {!none && <Icon name="tick" />}
      {p}
    </span>
  );
}

/** Where a band begins; anything else is where its text is. */
function start(value: string): number {
  const bounds = bandBounds(value);
  return bounds ? (bounds.from ?? -1) : 0;
}

/** The rows in the wanted order. The server has sorted them where it can; this settles the rest. */
export function sorted(rows: readonly TopRow[], sort: Sort, scale: Scale): TopRow[] {
  const out = [...rows];
  if (sort === "value") return out.sort((a, b) => start(a.value) - start(b.value) || a.value.localeCompare(b.value, undefined, { numeric: true }));
  if (sort === "trend") return out;
  const { by } = SPECS[sort];
  return out.sort((a, b) => by(b, scale) - by(a, scale));
}
