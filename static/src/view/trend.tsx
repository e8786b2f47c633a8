// Values over time: a small line in each row, or a chart above the table, which is then its legend.

import { useMemo, useState } from "preact/hooks";
import { course, places } from "../lib/course";
import { nice } from "../lib/scale";
import * as s from "../state";
import { t } from "../state";
import type { Trend } from "../wire";
import { useAsked } from "./polled";

/** How often it is asked for; each is a scan of the range. */
const EVERY_MS = 10_000;
/** Steps over the range: a line a few pixels wide needs no more. */
const STEPS = 120;
/** Lines that can be told apart without colour. */
export const LINES = 6;
/** A second alone has no course: what led to it is shown. */
const AROUND_S = 300;

export function useTrend(list: string | null, by: string, rows: number): Trend | null {
  const scope = s.scope.value;
  const filter = s.filter.value;
  const seconds = scope.live ? s.windowS.value : Math.max(scope.to - scope.from, AROUND_S);
  const range: Record<string, string> = scope.live
    ? { from: `-${seconds}s` }
    : { from: String(scope.to - seconds), to: String(scope.to) };
  const params = list ? { list, by, rows: String(rows), step: String(Math.max(1, Math.round(seconds / STEPS))), filter, ...range } : null;
  const { data } = useAsked<Trend>("trend", params, EVERY_MS);
  // Steps from before anything was kept are unknown, not zero.
  const oldest = s.status.value?.kept.oldest ?? null;
  const first = data && oldest !== null ? data.t.findIndex((at) => at + data.step_s > oldest) : 0;
  return useMemo(
    () => data && { ...data, t: data.t.slice(first), rows: data.rows.map((r) => ({ ...r, requests: r.requests.slice(first) })) },
    [data, first],
  );
}

/** The last step may still be open and is left out live. */
function closed(values: readonly number[]): readonly number[] {
  return s.scope.peek().live ? values.slice(0, -1) : values;
}

const SPARK = { width: 76, height: 18 };

/** The course of one value, on a scale of its own. */
export function Spark({ trend, value }: { trend: Trend | null; value: string }) {
  const row = trend?.rows.find((r) => r.value === value);
  const values = row ? closed(row.requests) : [];
  const max = Math.max(0, ...values);
  const steps = { t: trend ? closed(trend.t) : [], step: trend?.step_s ?? 1 };
  const { line, under } = course(values, steps, { width: SPARK.width, height: SPARK.height - 2, max });
  return (
    <svg class="spark" width={SPARK.width} height={SPARK.height} viewBox={`0 -1 ${SPARK.width} ${SPARK.height}`} aria-hidden="true">
      {line && <path class="under" d={under} />}
      {line && <path d={line} />}
    </svg>
  );
}

/** Which stroke the n-th value has, and which colour where the values are statuses. */
export function stroke(n: number, list: string, value: string): string {
  const digit = list === "statuses" || list === "classes" ? /^[2-5]/.exec(value)?.[0] : { success: "2", redirect: "3", bad: "4", error: "5" }[list === "outcomes" ? value : ""];
  return `stroke n${n % LINES}${digit ? ` k${digit}` : ""}`;
}

export function Legend({ n, list, value }: { n: number; list: string; value: string }) {
  return (
    <svg class="legend" width="16" height="10" viewBox="0 0 16 10" aria-hidden="true">
      <path class={stroke(n, list, value)} d="M0 5H16" />
    </svg>
  );
}

const HEIGHT = 92;
/** Room for the axis at the right. */
const AXIS = 44;

interface ChartProps {
  trend: Trend | null;
  /** In the order of the table. */
  values: readonly string[];
  /** The value under the pointer in the table. */
  hot: string | null;
  width: number;
  /** The step under the pointer, or null when it left. */
  onStep(at: { t: number; requests: ReadonlyMap<string, number> } | null): void;
}

export function OverTime({ trend, values, hot, width, onStep }: ChartProps) {
  const [x, setX] = useState<number | null>(null);
  const f = s.fmt.value;
  const plot = Math.max(40, width - AXIS);
  const step = trend?.step_s || 1;
  const rows = new Map((trend?.rows ?? []).map((r) => [r.value, closed(r.requests)]));
  const times = trend ? closed(trend.t) : [];
  const at = places(times);
  const lines = values.slice(0, LINES).map((v) => rows.get(v) ?? []);
  const max = nice(Math.max(0, ...lines.flat()) / step) * step;
  const move = (e: PointerEvent) => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    const under = (e.clientX - box.left) / plot;
    const off = at.map((place) => Math.abs(place - under));
    const i = off.indexOf(Math.min(...off));
    const t0 = times[i];
    if (t0 === undefined) return;
    setX(at[i]! * plot);
    onStep({ t: t0, requests: new Map([...rows].map(([v, r]) => [v, (r[i] ?? 0) / step])) });
  };
  const leave = () => {
    setX(null);
    onStep(null);
  };
  const first = times[0];
  const last = times.at(-1);
  return (
    <div class="over-time">
      <svg
        width={plot + AXIS}
        height={HEIGHT + 18}
        role="img"
        aria-label={t("trend_of", { n: lines.length, s: f.span(first !== undefined && last !== undefined ? last - first + step : 0) })}
        onPointerMove={move}
        onPointerLeave={leave}
      >
        {[0, 0.5, 1].map((at) => (
          <path key={at} class={at === 0 ? "zero-line" : "grid"} d={`M0 ${(HEIGHT - at * (HEIGHT - 6)).toFixed(0)}.5H${plot}`} />
        ))}
        {trend && max > 0 && (
          <>
            <text x={plot + 6} y={10}>{f.axis(max / step)}</text>
            <text x={plot + 6} y={HEIGHT - (HEIGHT - 6) / 2 + 4}>{f.axis(max / step / 2)}</text>
            <text x={plot + 6} y={HEIGHT + 4}>0</text>
          </>
        )}
        <g transform="translate(0 6)">
          {lines.map((line, n) => {
            const value = values[n]!;
            return (
              <path
                key={value}
                class={`${stroke(n, trend?.list ?? "", value)}${hot === value ? " hot" : hot !== null ? " cool" : ""}`}
                d={course(line, { t: times, step }, { width: plot, height: HEIGHT - 6, max }).line}
              />
            );
          })}
        </g>
        {x !== null && <path class="cursor" d={`M${x.toFixed(0)}.5 0V${HEIGHT}`} />}
        {first !== undefined && <text y={HEIGHT + 15}>{f.minute(first * 1000)}</text>}
        {last !== undefined && <text class="end" x={plot} y={HEIGHT + 15}>{f.minute(last * 1000)}</text>}
      </svg>
    </div>
  );
}
