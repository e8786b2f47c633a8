// When: all lanes over one time axis. Answered above the zero line, failed below it; values are
// read in the gutter, at the second under the pointer, at the playhead, or now.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { beforeStore } from "../asked";
import { setFilter } from "../feed";
import { append, parse } from "../lib/filter";
import { timeTicks } from "../lib/scale";
import { bucketFor, type Drawn, draw, gaps } from "../lib/series";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import { ChartsTable } from "./charts-table";
import { Compare, CompareKey } from "./compare";
import { useGestures } from "./gestures";
import { Gutter } from "./gutter";
import { go, Windows } from "./header";
import { BandMenu, HeatMap, heatTicks } from "./heat";
import { Icon } from "./icons";
import { MarksLane } from "./marks";
import { modeShown, Modes } from "./modes";
import { Plot } from "./plot";
import * as shapes from "./shapes";
import type { Lane, LaneName, Mode, Shape } from "./shapes";
import { Strip } from "./strip";

export { NOW_S } from "./gutter";

export function Lanes({ wall = false }: { wall?: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const plots = useRef(new Map<LaneName, Plot>());
  const axes = useRef(new shapes.Axes());
  const [width, setWidth] = useState(0);
  const [page, setPage] = useState(() => ({ narrow: innerWidth < 600, height: innerHeight }));
  const { narrow } = page;
  const strip = s.linesOpen.value && !narrow && !wall;
  const [asTable, setTable] = useState(false);
  const table = asTable && !strip && !wall;
  const shape: Shape = wall ? "wall" : strip ? "strip" : narrow ? "narrow" : "wide";
  const { lanes, height } = useMemo(
    // On the largest screens the wall is drawn at twice its size.
    () => shapes.layout(shape, wall && innerWidth >= 3200 ? page.height / 2 : page.height),
    [shape, page.height],
  );
  const axis = shapes.axisHeight(shape);
  const lane = (name: LaneName) => lanes.find((l) => l.name === name);

  useLayoutEffect(() => {
    const el = host.current;
    const measure = () => {
      if (el) setWidth(Math.floor(el.clientWidth));
      setPage((p) => (p.narrow === innerWidth < 600 && p.height === innerHeight ? p : { narrow: innerWidth < 600, height: innerHeight }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (el) observer.observe(el);
    addEventListener("resize", measure);
    return () => {
      observer.disconnect();
      removeEventListener("resize", measure);
    };
  }, [table]);

  const version = s.version.value;
  const known = s.status.value !== null;
  const [from, to] = past.shown.value;
  const still = !past.isLive.value || s.at.value !== null;
  const oldest = s.status.value?.kept.oldest ?? null;
  const wished = bucketFor(to - from, width || 700, 1);
  const store = past.storeFor(from, to, wished);
  const bucket = bucketFor(to - from, width || 700, store.step);

  const drawn = useMemo(
    // Before the oldest event nothing was heard, which is not the same as nothing happened.
    () => draw(store, Math.max(from - 2 * bucket, oldest ?? from - 2 * bucket), to, bucket),
    [store, version, from, to, bucket, oldest],
  );
  const other = beforeStore.value;
  const back = s.compare.value ?? 0;
  const comparing = back > 0 && other !== null;
  const before = useMemo(
    // What was not kept then is unknown, not zero.
    () => (comparing ? shapes.onto(drawn, draw(other, Math.max(from - 2 * bucket, (oldest ?? 0) + back), to, bucket)) : null),
    [comparing, other, drawn, oldest, back],
  );
  const upstream = useMemo(() => drawn.cols.upstream_p50_s.some((v) => v !== null), [drawn]);
  const mode = wall ? "lines" : modeShown(upstream);

  // One canvas a lane, made anew only when the layout or what a lane draws changes.
  useLayoutEffect(() => {
    const el = host.current;
    if (!el || width === 0) return;
    const made = plots.current;
    for (const lane of lanes) {
      const mount = el.querySelector<HTMLElement>(`[data-lane="${lane.name}"]`);
      if (!mount || lane.name === "events" || (lane.name === "latency" && mode === "heat")) continue;
      const spec = lane.name === "latency" && mode === "upstream" ? shapes.UPSTREAM : shapes.SPECS[lane.name];
      made.set(lane.name, new Plot(mount, spec, width, lane.height));
    }
    return () => {
      for (const plot of made.values()) plot.destroy();
      made.clear();
    };
  }, [lanes, width > 0, table, mode]);

  const light = s.light.value;
  // Before they are asked for: another range or filter has its own scales at once.
  useMemo(() => axes.current.reset(), [s.filter.value, Math.round(to - from), mode, comparing]);
  const frame = useMemo(() => axes.current.of(drawn, before, shape, mode), [drawn, before, shape, mode]);

  useLayoutEffect(() => {
    if (width === 0) return;
    // Each bucket stands at its middle; the newest reaches to the edge, where "now" is.
    const half = drawn.bucket / 2;
    const x = drawn.t.map((at) => at + half);
    const reach = x.length > 0 && !still;
    if (reach) x.push(Math.max(to, x[x.length - 1]! + 0.001));
    for (const lane of lanes) {
      const plot = plots.current.get(lane.name);
      if (!plot) continue;
      plot.resize(width, lane.height);
      const cols = shapes.columns(lane.name, drawn, before, mode);
      if (reach) for (const col of cols) col.push(col[col.length - 1] ?? null);
      const { min, max } = frame[lane.name];
      plot.draw(x, cols, { from, to, min, max });
    }
  }, [drawn, before, frame, lanes, width, table, mode]);

  useEffect(() => {
    for (const plot of plots.current.values()) plot.recolour();
  }, [light]);

  const { drag, panning, on } = useGestures(host, width);
  const fmt = s.fmt.value;
  const latency = lane("latency");
  const events = lane("events");
  const noLatency = known && drawn.cols.p50_s.every((v) => v === null) && drawn.cols.requests.some((v) => (v ?? 0) > 0);
  const at = s.at.value;
  const day = fmt.day(to * 1000);

  return (
    <section class={`when ${strip ? "strip" : ""}`} aria-label={t("when")} id="charts">
      {!strip && !wall && (
        <div class="tools">
          <h2>{known ? `${fmt.clock(from * 1000)} – ${fmt.clock(to * 1000)}` : "–"}</h2>
          {known && day !== fmt.day(s.serverNow()) && <span>{day}</span>}
          {!still && s.compare.value === null && <span class="faint wide-only">{t("drag_to_zoom")}</span>}
          <span class="grow" />
          <CompareKey />
          <span class="phone-only">
            <Windows />
          </span>
          <Modes upstream={upstream} />
          {mode === "heat" && <BandMenu />}
          <Compare />
          <button type="button" class="btn small quiet table-button" aria-pressed={asTable} title={t(table ? "as_charts" : "as_table")} aria-label={t(table ? "as_charts" : "as_table")} onClick={() => setTable(!asTable)}>
            <Icon name="table" /> <span class="roomy">{t(table ? "as_charts" : "as_table")}</span>
          </button>
        </div>
      )}
      {table ? (
        <ChartsTable drawn={drawn} range={[from, to]} height={height + axis} mode={mode} />
      ) : (
        <div class="lanes" style={{ height: `${height + axis}px` }}>
          <Gutter lanes={lanes} drawn={drawn} axisTop={height} shape={shape} mode={mode} />
          <div class={`plots${panning ? " panning" : ""}`} ref={host}>
            <Back {...{ lanes, frame, width, height, axis, shape, mode, from, to }} />
            {lanes.map((lane) => (
              <div
                key={`${lane.name} ${lane.name === "latency" ? mode : ""}`}
                data-lane={lane.name}
                class="plot"
                style={{ top: `${lane.top}px`, height: `${lane.height}px` }}
              />
            ))}
            {mode === "heat" && latency && <HeatMap range={[from, to]} width={width} top={latency.top} height={latency.height} />}
            <Front {...{ lanes, frame, drawn, before, width, height, shape, mode, from, to, drag }} />
            {wall ? null : (
              <div
                class="surface"
                style={{ height: `${height + axis}px` }}
                role="slider"
                tabIndex={0}
                aria-label={t("charts_label", { from: fmt.clock(from * 1000), to: fmt.clock(to * 1000) })}
                aria-valuemin={Math.floor(from)}
                aria-valuemax={Math.ceil(to)}
                aria-valuenow={at ?? Math.ceil(to)}
                aria-valuetext={at === null ? t("live") : fmt.clock(at * 1000)}
                {...on}
              />
            )}
            {events && <MarksLane range={[from, to]} width={width} top={events.top} height={events.height} still={wall} />}
            {strip && s.zoom.value && (
              <button type="button" class="btn small out" onClick={() => past.zoomTo(null)}>
                {t("zoom_out")}
              </button>
            )}
            {mode === "upstream" && latency && !upstreamOnly() && (
              <p class="said" style={{ top: `${latency.top}px`, height: "16px" }}>
                {t("upstream_all")}
                <button type="button" class="link" onClick={() => setFilter(append(s.pending.peek() ?? s.filter.peek(), UPSTREAM_ONLY))}>
                  {t("upstream_only")}
                </button>
              </p>
            )}
            {noLatency && latency && mode !== "heat" && !wall && (
              <p class="said" style={{ top: `${latency.top}px`, height: `${latency.height}px` }}>
                {t("no_latency_lane")}
                <button type="button" class="link" onClick={() => go("setup")}>
                  {t("add_latency")}
                </button>
              </p>
            )}
          </div>
        </div>
      )}
      {!strip && !wall && <Strip width={width} />}
    </section>
  );
}

interface Shown {
  lanes: Lane[];
  frame: Record<LaneName, shapes.Axis>;
  drawn: Drawn;
  width: number;
  height: number;
  shape: Shape;
  mode: Mode;
  from: number;
  to: number;
}

/** Under the plots: grid, axes, times. */
function Back({ lanes, frame, width, height, axis, shape, mode, from, to }: Omit<Shown, "drawn"> & { axis: number }) {
  const fmt = s.fmt.value;
  const known = s.status.value !== null;
  const px = (at: number) => ((at - from) / (to - from)) * width;
  const last = lanes[lanes.length - 1]!;
  const bottom = last.top + last.height;
  const offset = s.utc.value ? 0 : -new Date(to * 1000).getTimezoneOffset() * 60;
  const marks = timeTicks(from, to, width, shape === "wall" ? 130 : to - from < 240 ? 84 : 72, offset);
  const errors = lanes.find((l) => l.name === "errors")!;
  const cpu = lanes.find((l) => l.name === "cpu");
  const lift = shape === "wall" ? 6 : 4;
  const ticksOf = (lane: Lane) =>
    lane.name === "latency" && mode === "heat"
      ? heatTicks(s.hello.value?.bands_s ?? []).map(({ at, seconds }) => ({ v: seconds, y: lane.top + lane.height * (1 - at) }))
      : frame[lane.name].ticks.map((v) => ({ v, y: shapes.position(frame[lane.name], lane, v) }));
  return (
    <svg class="back" width={width} height={height + axis} aria-hidden="true">
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
      <Times marks={marks} x={(m) => Math.max(18, Math.min(width - 18, px(m)))} px={px} y={height + (shape === "wall" ? 22 : 13)} />
    </svg>
  );
}

/** Times too near to the flag would show a part of themselves beside it. */
const FLAG_CLEAR_PX = 52;

function Times(props: { marks: number[]; x(m: number): number; px(at: number): number; y: number }) {
  const flag = s.cursor.value ?? s.at.value;
  return (
    <>
      {props.marks
        .filter((m) => flag === null || Math.abs(props.x(m) - props.px(flag)) > FLAG_CLEAR_PX)
        .map((m) => (
          <text key={m} class="time" x={props.x(m)} y={props.y}>
            {tickLabel(m, props.marks)}
          </text>
        ))}
    </>
  );
}

/** Over the plots: gaps, peaks cut off, the zero line, what is dragged, playhead and pointer. */
function Front(props: Shown & { before: Drawn | null; drag: [number, number] | null }) {
  const { lanes, frame, drawn, before, width, height, shape, mode, from, to, drag } = props;
  const fmt = s.fmt.value;
  const px = (at: number) => ((at - from) / (to - from)) * width;
  const last = lanes[lanes.length - 1]!;
  const bottom = last.top + last.height;
  const errors = lanes.find((l) => l.name === "errors")!;
  const latency = lanes.find((l) => l.name === "latency");
  const cursor = s.cursor.value;
  const read = cursor === null ? -1 : shapes.bucketAt(drawn, cursor);
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
            <text x={Math.min(px(b) + 6, width - 90)} y={12}>
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
      {gap !== null && latency && (
        <text class="gap-name" x={6} y={latency.top + 11}>
          {t("upstream_gap", { v: fmt.duration(gap) })}
        </text>
      )}
      {drag && Math.abs(drag[1] - drag[0]) > 2 && (
        <rect class="brush" x={Math.min(...drag)} y={0} width={Math.abs(drag[1] - drag[0])} height={bottom} />
      )}
      {stands && <path class="playhead" d={`M${Math.round(px(at)) + 0.5} 0V${height}`} />}
      {stands && read < 0 && <Flag x={px(at)} width={width} y={height} text={fmt.clock(at * 1000)} />}
      {read >= 0 && cursor !== null && (
        <g>
          <path class="cursor" d={`M${Math.round(px(cursor)) + 0.5} 0V${height}`} />
          <Flag x={px(cursor)} width={width} y={height} text={fmt.clock(drawn.t[read]! * 1000)} />
        </g>
      )}
    </svg>
  );
}

function Flag({ x, width, y, text }: { x: number; width: number; y: number; text: string }) {
  const left = Math.max(0, Math.min(width - 64, x - 32));
  return (
    <>
      <rect class="flag" x={left} y={y} width={64} height={17} rx={2} />
      <text class="flag-text" x={left + 32} y={y + 12.5}>
        {text}
      </text>
    </>
  );
}

/** Requests that waited for an upstream; all others have no time of one. */
const UPSTREAM_ONLY = "upstream_time>=0";

/** A gap means something only between times of the same requests. */
function upstreamOnly(): boolean {
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

/** A time on an axis: with seconds where the steps have some, as a day where one begins. */
export function tickLabel(m: number, marks: readonly number[]): string {
  const fmt = s.fmt.value;
  const step = marks.length > 1 ? marks[1]! - marks[0]! : 60;
  // Half minutes without their seconds would read as the same time twice.
  if (step % 60 !== 0) return fmt.clock(m * 1000);
  const minute = fmt.minute(m * 1000);
  return minute === "00:00" && step >= 600 ? fmt.day(m * 1000) : minute;
}
