// What stands under and over the plots: grid, axes and times; gaps, peaks cut off, what is dragged, the
// playhead and the pointer.

import { parse } from "../lib/filter";
import { tickLabel, timeTicks } from "../lib/scale";
import { type Drawn, gaps } from "../lib/series";
import * as s from "../state";
import { t } from "../state";
import { ExpectedName, UnusualBand, UnusualGround } from "./anomaly-marks";
import { heatTicks } from "./heat";
import * as shapes from "./shapes";
import type { Lane, LaneName, Mode, Shape } from "./shapes";

export interface Shown {
  lanes: Lane[];
  frame: Record<LaneName, shapes.Axis>;
  drawn: Drawn;
  width: number;
  height: number;
  shape: Shape;
  mode: Mode;
  from: number;
  to: number;
  /** The second that the pointer names and a click on it opens. */
  named: number | null;
}

/** Under the plots: grid, axes, times. */
export function Back({ lanes, frame, width, height, axis, shape, mode, from, to }: Omit<Shown, "drawn" | "named"> & { axis: number }) {
  const fmt = s.fmt.value;
  const known = s.status.value !== null;
  const px = (at: number) => ((at - from) / (to - from)) * width;
  const last = lanes[lanes.length - 1]!;
  const bottom = last.top + last.height;
  const marks = timeTicks(from, to, width, shape === "wall" ? 130 : to - from < 240 ? 84 : 72, (at) => fmt.offset(at * 1000));
  const errors = lanes.find((l) => l.name === "errors")!;
  const cpu = lanes.find((l) => l.name === "cpu");
  const lift = shape === "wall" ? 6 : 4;
  const ticksOf = (lane: Lane) =>
    lane.name === "latency" && mode === "heat"
      ? heatTicks(s.hello.value?.bands_s ?? []).map(({ at, seconds }) => ({ v: seconds, y: lane.top + lane.height * (1 - at) }))
      : frame[lane.name].ticks.map((v) => ({ v, y: shapes.position(frame[lane.name], lane, v) }));
  return (
    <svg class="back" width={width} height={height + axis} aria-hidden="true">
      <UnusualGround {...{ lanes, frame, width, bottom, shape, from, to }} />
      {marks.map((m) => (
        <path key={m} class="grid" d={`M${Math.round(px(m)) + 0.5} 0V${bottom}`} />
      ))}
      {lanes.map((lane) => (
        <g key={lane.name}>
          {ticksOf(lane).map(({ v, y: exact }) => {
            const y = Math.round(exact) + 0.5;
            return (
              <g key={v}>
                <path class={lane.name === "errors" ? "grid dotted" : "grid"} d={`M0 ${y}H${width}`} />
                {known && (
                  <text x={width + 6} y={y + lift}>
                    {shapes.label(lane.name, v)}
                  </text>
                )}
              </g>
            );
          })}
          {["sent", "cpu", "latency", "events"].includes(lane.name) && shape !== "narrow" && (
            <path class="grid" d={`M0 ${lane.top - 4.5}H${width}`} />
          )}
          {lane.height === 22 && <path class="grid" d={`M0 ${lane.top + 21.5}H${width}`} />}
        </g>
      ))}
      {cpu && (
        <text x={width + 6} y={cpu.top + 9}>
          {fmt.percent(1)}
        </text>
      )}
      <text x={width + 6} y={errors.top + lift}>
        0
      </text>
      <UnusualBand {...{ lanes, width, from, to }} />
      <Times marks={marks} x={(m) => Math.max(18, Math.min(width - 18, px(m)))} px={px} y={height + (shape === "wall" ? 22 : 13)} />
    </svg>
  );
}

/** Times too near to the flag would show a part of themselves beside it: a gap, and half of each character. */
const FLAG_GAP_PX = 4;
const CHARACTER_PX = 3.2;

/** As wide as a clock, and wider where the clock shows its zone. */
const flagWidth = (text: string) => Math.max(64, text.length * 2 * CHARACTER_PX + 12);

function Times(props: { marks: number[]; x(m: number): number; px(at: number): number; y: number }) {
  const flag = s.cursor.value ?? s.at.value;
  const clear = flag === null ? 0 : flagWidth(s.fmt.value.clock(flag * 1000)) / 2 + FLAG_GAP_PX;
  return (
    <>
      {props.marks
        .map((m) => ({ m, label: tickLabel(m, props.marks, s.fmt.value) }))
        .filter(({ m, label }) => flag === null || Math.abs(props.x(m) - props.px(flag)) > clear + label.length * CHARACTER_PX)
        .map(({ m, label }) => (
          <text key={m} class="time" x={props.x(m)} y={props.y}>
            {label}
          </text>
        ))}
    </>
  );
}

/** Where a gap's words stand, which take so much `room`: behind it, or before it where they would run into the scale. */
function besideGap(from: number, to: number, width: number, room: number) {
  const fits = to + 6 + room <= width || from < room;
  return fits ? { x: Math.min(to + 6, width - room) } : { x: from - 6, "text-anchor": "end" as const };
}

/** Over the plots: gaps, peaks cut off, the zero line, what is dragged, playhead and pointer. */
export function Front(props: Shown & { before: Drawn | null; drag: [number, number] | null }) {
  const { lanes, frame, drawn, before, width, height, shape, mode, from, to, named, drag } = props;
  const fmt = s.fmt.value;
  const px = (at: number) => ((at - from) / (to - from)) * width;
  const last = lanes[lanes.length - 1]!;
  const bottom = last.top + last.height;
  const errors = lanes.find((l) => l.name === "errors")!;
  const latency = lanes.find((l) => l.name === "latency");
  const cursor = s.cursor.value;
  const at = s.at.value;
  const stands = at !== null && at >= from && at < to;
  const middle = (i: number) => px(drawn.t[i]! + drawn.bucket / 2);
  const gap = mode === "upstream" && upstreamOnly() ? between(drawn) : null;
  return (
    <svg class="front" width={width} height={height + shapes.axisHeight(shape)} aria-hidden="true">
      <defs>
        <pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
          <path d="M0 0v6" />
        </pattern>
      </defs>
      {gaps(drawn).map(([a, b]) => (
        <g key={a} class="gap">
          <rect x={px(a)} y={0} width={Math.max(2, px(b) - px(a))} height={bottom} fill="url(#gap)" />
          {px(b) - px(a) > 12 && (
            <text y={12} {...besideGap(px(a), px(b), width, shape === "wall" ? 220 : 120)}>
              {t("no_data", { s: fmt.span(b - a) })}
            </text>
          )}
        </g>
      ))}
      {lanes.map((lane) => {
        // The host's lanes are too low for words; the gutter has their values.
        if (lane.height <= 22 || lane.name === "events" || (lane.name === "latency" && mode === "heat")) return null;
        const [values] = shapes.columns(lane.name, drawn, before, mode);
        return shapes.peaks(values!, frame[lane.name].max, middle).map((i) => (
          <text key={`${lane.name} ${i}`} class="peak" x={middle(i)} y={lane.name === "errors" ? lane.top + lane.height - 2 : lane.top + 9}>
            {lane.name === "errors" ? "▼" : "▲"} {shapes.label(lane.name, values![i]!)}
          </text>
        ));
      })}
      <path class="zero" d={`M0 ${errors.top}H${width}`} />
      <ExpectedName {...{ lanes, frame, width, from, to }} />
      {gap !== null && latency && (
        <text class="gap-name" x={6} y={latency.top + 11}>
          {t("upstream_gap", { v: fmt.duration(gap) })}
        </text>
      )}
      {drag && Math.abs(drag[1] - drag[0]) > 2 && (
        <rect class="brush" x={Math.min(...drag)} y={0} width={Math.abs(drag[1] - drag[0])} height={bottom} />
      )}
      {stands && <path class="playhead" d={`M${Math.round(px(at)) + 0.5} 0V${height}`} />}
      {stands && named === null && <Flag x={px(at)} width={width} y={height} text={fmt.clock(at * 1000)} />}
      {named !== null && cursor !== null && (
        <g>
          <path class="cursor" d={`M${Math.round(px(cursor)) + 0.5} 0V${height}`} />
          <Flag x={px(cursor)} width={width} y={height} text={fmt.clock(named * 1000)} />
        </g>
      )}
    </svg>
  );
}

function Flag({ x, width, y, text }: { x: number; width: number; y: number; text: string }) {
  const wide = flagWidth(text);
  const left = Math.max(0, Math.min(width - wide, x - wide / 2));
  return (
    <>
      <rect class="flag" x={left} y={y} width={wide} height={17} rx={2} />
      <text class="flag-text" x={left + wide / 2} y={y + 12.5}>
        {text}
      </text>
    </>
  );
}

/** Requests that waited for an upstream; all others have no time of one. */
export const UPSTREAM_ONLY = "upstream_time>=0";

/** A gap means something only between times of the same requests. */
export function upstreamOnly(): boolean {
  return parse(s.filter.value).some((x) => !x.not && /^upstream(_|$)/.test(x.field));
}

/** How much longer than their upstreams requests took, at the median, over what is drawn. */
function between(drawn: Drawn): number | null {
  let sum = 0;
  let weight = 0;
  drawn.t.forEach((_, i) => {
    const all = drawn.cols.p50_s[i];
    const behind = drawn.cols.upstream_p50_s[i];
    if (all == null || behind == null) return;
    const w = Math.max(1e-9, drawn.cols.requests[i] ?? 0);
    sum += (all - behind) * w;
    weight += w;
  });
  return weight > 0 ? Math.max(0, sum / weight) : null;
}
