// Bars along an axis: requests by their time, and the hours of everything kept. What a bar says is
// read above them; as a table it is in the panel's menu.

import { useMemo, useState } from "preact/hooks";
import { choose, chosen } from "../lib/choice";
import { byHour, type Hour, isPart, STEP_S } from "../lib/hours";
import { HOURS, type HoursOf } from "../lib/prefs";
import * as s from "../state";
import { t } from "../state";
import type { Series, TopRow } from "../wire";
import { useAsked } from "./polled";
import { bandName } from "./names";
import { click, hrefOf, openMenu, valueKeys } from "./value";

interface Part {
  /** Share of the tallest bar. */
  height: number;
  kind: "s4" | "s5" | "rest" | "ink";
}

function stack(total: number, s4: number, s5: number, most: number): Part[] {
  const share = (n: number) => (most > 0 ? n / most : 0);
  // As in the rows: shares this small would be a single pixel of noise.
  const five = total > 0 && s5 / total >= 0.005 ? s5 : 0;
  const four = total > 0 && s4 / total >= 0.01 ? s4 : 0;
  return [
    { height: share(five), kind: "s5" },
    { height: share(four), kind: "s4" },
    { height: share(total - five - four), kind: "rest" },
  ];
}

function Column({ parts }: { parts: Part[] }) {
  return (
    <span class="column" aria-hidden="true">
      {parts.map((p) => p.height > 0 && <i key={p.kind} class={p.kind} style={{ height: `${p.height * 100}%` }} />)}
    </span>
  );
}

/** All bands in their order: one without a request is a gap on the axis, not left out of it. */
function everyBand(rows: readonly TopRow[]): readonly TopRow[] {
  const bounds = s.hello.value?.bands_s ?? [];
  if (bounds.length === 0) return rows;
  const known = new Map(rows.map((r) => [r.value, r]));
  const none = { requests: 0, bytes: 0, errors: 0, s4xx: 0, s5xx: 0, visitors: null, p95_s: null, mean_s: null };
  return Array.from({ length: bounds.length + 1 }, (_, i) => `${bounds[i - 1] ?? ""}..${bounds[i] ?? ""}`).map((value) => known.get(value) ?? { value, ...none });
}

/** Requests by latency band, as bars that filter. */
export function Bands({ rows, field, all }: { rows: readonly TopRow[]; field: string; all: number }) {
  const [over, setOver] = useState<string | null>(null);
  const f = s.fmt.value;
  const filter = s.pending.value ?? s.filter.value;
  const most = Math.max(0, ...rows.map((r) => r.requests));
  const every = everyBand(rows);
  const said = (r: TopRow) =>
    t("band_said", { b: bandName(r.value, f, s.lang.value) ?? r.value, n: f.exact(r.requests), p: f.percent(all > 0 ? r.requests / all : 0) });
  const read = rows.find((r) => r.value === over) ?? rows.reduce<TopRow | null>((a, r) => (r.requests > (a?.requests ?? 0) ? r : a), null);
  return (
    <div class="bars">
      <p class="bars-said">{read && said(read)}</p>
      <div class="bars-plot" onPointerLeave={() => setOver(null)}>
        {every.map((r) => (
          <a
            key={r.value}
            class="value bar-column"
            href={hrefOf(choose(filter, field, r.value, "only"))}
            aria-current={chosen(filter, field, r.value) === "only" ? "true" : undefined}
            aria-label={said(r)}
            title={t("value_title", { v: said(r) })}
            data-value={r.value}
            draggable={false}
            onPointerEnter={() => setOver(r.value)}
            onFocus={() => setOver(r.value)}
            onBlur={() => setOver(null)}
            onClick={(e) => click(e, field, r.value)}
            onContextMenu={(e) => openMenu(e, field, r.value)}
            onKeyDown={(e) => valueKeys(e, field, r.value)}
            >
            <Column parts={stack(r.requests, r.s4xx, r.s5xx, most)} />
          </a>
        ))}
      </div>
      {/* Each at the left edge of its bar; only round ones, so that they don't touch. */}
      <Axis texts={every.map((r) => /^(0\.001|0\.01|0\.1|1)\.\./.test(r.value) ? f.duration(Number(r.value.split("..")[0])).replace(/[.,]00/, "") : "")} />
    </div>
  );
}

function Axis({ texts }: { texts: readonly string[] }) {
  return (
    <div class="bars-axis" aria-hidden="true">
      {texts.map((text, i) => (
        <span key={i}>{text}</span>
      ))}
    </div>
  );
}

const HOURS_MS = 60_000;

/** With what is kept by then, `[from, to)` in epoch seconds. */
export function useHours(on: boolean): { hours: Hour[] | null; kept: readonly [number, number]; failed: boolean } {
  const oldest = s.status.value?.kept.oldest ?? null;
  // To the half hour: the answer's steps begin there, and the question stays the same for long.
  const from = oldest === null ? null : Math.floor(oldest / STEP_S) * STEP_S;
  const { data, failed } = useAsked<Series>(
    "series",
    on && from !== null ? { from: String(from), step: String(STEP_S), filter: s.filter.value } : null,
    HOURS_MS,
  );
  const f = s.fmt.value;
  // As it was when the answer came: what came since is in neither.
  const kept = useMemo(() => [oldest ?? 0, (s.paused.peek() ? s.pausedAt.peek() : s.serverNow()) / 1000] as const, [data]);
  const hours = useMemo(() => data && byHour(data, kept, (ms) => Number(f.minute(ms).slice(0, 2))), [data, f]);
  return { hours, kept, failed };
}

const label = (hour: number) => `${String(hour).padStart(2, "0")}:00`;

export function hourValue(h: Hour, of: HoursOf): number {
  return of === "errors" ? h.s4xx + h.s5xx : of === "p95" ? (h.p95_s ?? 0) : h[of];
}

/** A mean of less than this has a decimal. */
const SMALL = 10;

export function hourText(h: Hour, of: HoursOf): string {
  const f = s.fmt.value;
  if (!h.known) return "–";
  if (of === "bytes") return f.bytes(h.bytes);
  if (of === "p95") return f.duration(h.p95_s);
  const n = hourValue(h, of);
  return of !== "visitors" && n < SMALL ? f.rate(n) : f.count(Math.round(n));
}

/** How much of an hour a figure is of, where that is not a whole one and makes a difference. */
function partOf(h: Hour, of: HoursOf): string | null {
  return isPart(h) && of !== "visitors" && of !== "p95" ? s.fmt.value.span(h.seconds) : null;
}

function hourSaid(h: Hour, of: HoursOf): string {
  const part = partOf(h, of);
  return part === null ? t("hour_said", { h: label(h.hour), n: hourText(h, of) }) : t("hour_part", { h: label(h.hour), n: hourText(h, of), s: part });
}

const NAMES: Record<HoursOf, () => string> = {
  requests: () => t("per_hour", { v: t("requests") }),
  visitors: () => t("c_visitors_long"),
  bytes: () => t("per_hour", { v: t("c_bytes_long") }),
  errors: () => t("per_hour", { v: t("errors") }),
  p95: () => t("p95"),
};

/** In a row that says its hour, or how much of it, a number is of that. */
const PLAIN: Record<HoursOf, () => string> = { ...NAMES, requests: () => t("requests"), bytes: () => t("c_bytes_long"), errors: () => t("errors") };

export function hoursName(of: HoursOf): string {
  return NAMES[of]();
}

/** What a figure of an hour is of, for visitors of two half hours can't be added and percentiles have no mean. */
function hoursHint(of: HoursOf): string {
  return t(of === "visitors" ? "hours_busiest" : of === "p95" ? "hours_slowest" : "hours_mean");
}

/** Side by side as the room allows, the chosen one first; the hour under the pointer is read in all. */
export function HourBars({ hours, of, width }: { hours: readonly Hour[]; of: HoursOf; width: number }) {
  const [over, setOver] = useState<number | null>(null);
  const room = Math.max(1, Math.min(4, Math.floor(width / 260)));
  const shown = [of, ...HOURS.filter((x) => x !== of)].slice(0, room);
  return (
    <div class="hours" style={{ "--charts": shown.length }} onPointerLeave={() => setOver(null)}>
      {shown.map((measure) => (
        <HourChart key={measure} hours={hours} of={measure} over={over} setOver={setOver} />
      ))}
    </div>
  );
}

interface HourChartProps {
  hours: readonly Hour[];
  of: HoursOf;
  over: number | null;
  setOver(hour: number): void;
}

/** Since when the hours are of, for the panel's head. */
export function hoursSince(): string {
  const f = s.fmt.value;
  const oldest = s.status.value?.kept.oldest ?? null;
  return oldest === null ? "" : t("hours_kept", { t: `${f.day(oldest * 1000)} ${f.minute(oldest * 1000)}`, zone: f.zone(oldest * 1000) });
}

function HourChart({ hours, of, over, setOver }: HourChartProps) {
  const most = Math.max(0, ...hours.map((h) => hourValue(h, of)));
  const peak = hours.reduce((a, h) => (hourValue(h, of) > hourValue(a, of) ? h : a), hours[0]!);
  const read = over === null ? null : hours[over]!;
  const said = read
    ? hourSaid(read, of)
    : most > 0
      ? t("hour_peak", { h: hourSaid(peak, of) })
      : t("hours_none");
  const parts = (h: Hour): Part[] => {
    const share = (n: number) => (most > 0 ? n / most : 0);
    if (of === "requests") return stack(h.requests, h.s4xx, h.s5xx, most);
    if (of === "errors") return [{ height: share(h.s5xx), kind: "s5" }, { height: share(h.s4xx), kind: "s4" }];
    return [{ height: share(hourValue(h, of)), kind: "ink" }];
  };
  return (
    <div class="bars">
      <p class="bars-said" title={hoursHint(of)}>
        <b>{hoursName(of)}</b> <span>{said}</span>
      </p>
      <div class="bars-plot" role="img" aria-label={`${hoursName(of)}. ${said}. ${hoursHint(of)}`}>
        {hours.map((h) => (
          <span key={h.hour} class={`bar-column${h.known ? "" : " unknown"}${partOf(h, of) === null ? "" : " partly"}${h.hour === over ? " read" : ""}`} onPointerEnter={() => setOver(h.hour)}>
            <Column parts={parts(h)} />
          </span>
        ))}
      </div>
      <Axis texts={hours.map((h) => (h.hour % 6 === 0 ? label(h.hour) : ""))} />
    </div>
  );
}

/** Every hour in figures. */
export function HourTable({ hours }: { hours: readonly Hour[] }) {
  const all: readonly HoursOf[] = ["requests", "visitors", "bytes", "errors", "p95"];
  return (
    <div class="hour-table" tabIndex={0} role="group" aria-label={t("l_hours")}>
      <table>
        <caption class="hidden">{t("l_hours")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("h_hour")}</th>
            {all.map((of) => (
              <th key={of} scope="col" title={hoursHint(of)}>
                {PLAIN[of]()}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hours.filter((h) => h.known).map((h) => (
            <tr key={h.hour}>
              <td>
                {label(h.hour)}
                {isPart(h) && <span class="faint"> {t("in_span", { s: s.fmt.value.span(h.seconds) })}</span>}
              </td>
              {all.map((of) => (
                <td key={of}>{hourText(h, of)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
