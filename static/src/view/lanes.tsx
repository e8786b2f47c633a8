// When: all lanes over one time axis. Answered above the zero line, failed below it; values are
// read in the gutter, at the second under the pointer or now.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { holds } from "../lib/filter";
import { type Held, hold, logRange, nice, percentile, ticks, timeTicks } from "../lib/scale";
import { bucketFor, type Column, type Drawn, draw, gaps, latest, spanFor } from "../lib/series";
import * as s from "../state";
import { t } from "../state";
import { go, Windows } from "./header";
import { Icon, Stroke, Swatch } from "./icons";
import { click } from "./panels";
import { Plot, type PlotSpec, type Values } from "./plot";

type LaneName = "requests" | "errors" | "latency" | "sent" | "cpu" | "memory" | "network";

interface Lane {
  name: LaneName;
  top: number;
  height: number;
}

const SPECS: Record<LaneName, PlotSpec> = {
  requests: { layers: [{ fill: "f3", width: 1.5 }, { fill: "f2", stroke: "s2", width: 1.5 }] },
  errors: { dir: -1, layers: [{ fill: "hatch:s4", stroke: "s4" }, { fill: "s5" }] },
  latency: {
    log: true,
    layers: [
      { stroke: "ink3", dash: [2, 2] },
      { stroke: "ink2", fill: "ink@0.06" },
      { stroke: "ink", width: 1.75 },
    ],
  },
  sent: { layers: [{ stroke: "ink2", fill: "ink@0.07" }] },
  cpu: { layers: [{ stroke: "ink2", fill: "ink@0.07" }] },
  memory: { layers: [{ stroke: "ink2", fill: "ink@0.07" }] },
  network: { layers: [{ stroke: "ink2", fill: "ink@0.07" }] },
};

const WIDE: [LaneName, number, number][] = [
  ["requests", 160, 0],
  ["errors", 56, 0],
  ["latency", 104, 8],
  ["sent", 44, 8],
  ["cpu", 22, 8],
  ["memory", 22, 0],
  ["network", 22, 0],
];
const NARROW: [LaneName, number, number][] = [
  ["requests", 96, 44],
  ["errors", 36, 0],
  ["latency", 72, 24],
  ["sent", 36, 24],
  ["cpu", 22, 24],
  ["memory", 22, 24],
  ["network", 22, 24],
];
/** Over the opened lines: that traffic flows stays in sight. */
const STRIP: [LaneName, number, number][] = [
  ["requests", 48, 8],
  ["errors", 24, 0],
];
const TIME_AXIS = 20;

type Shape = "wide" | "narrow" | "strip";
const SHAPES = { wide: WIDE, narrow: NARROW, strip: STRIP };

function layout(shape: Shape): { lanes: Lane[]; height: number } {
  let top = 0;
  const lanes = SHAPES[shape].map(([name, height, before]) => {
    top += before;
    const lane = { name, top, height };
    top += height;
    return lane;
  });
  return { lanes, height: top + (shape === "strip" ? 4 : 8) };
}

function sum(a: Values, b: Values): Values {
  return a.map((v, i) => (v === null ? null : v + (b[i] ?? 0)));
}

function columns(name: LaneName, d: Drawn): Values[] {
  const c = d.cols;
  switch (name) {
    case "requests":
      return [sum(sum(c.s2xx, c.s3xx), c.s1xx), c.s2xx];
    case "errors":
      return [sum(c.s4xx, c.s5xx), c.s5xx];
    case "latency":
      // A log axis has no zero; half a millisecond is below what servers write.
      return [c.p99_s, c.p95_s, c.p50_s].map((col) => col.map((v) => (v === null ? null : Math.max(v, 0.0005))));
    case "sent":
      return [c.bytes_out];
    case "cpu":
      return [c.cpu];
    case "memory":
      return [c.memory];
    case "network":
      return [sum(c.rx, c.tx)];
  }
}

interface Axis {
  min: number;
  max: number;
  ticks: number[];
}

/** Axes that hold still between draws. */
class Axes {
  private held = new Map<string, Held>();

  reset(): void {
    this.held.clear();
  }

  linear(name: LaneName, values: Values, least: number, most: number): Axis {
    const wanted = Math.max(least, nice(percentile(values, 0.995) * 1.02));
    const h = hold(this.held.get(name) ?? null, wanted, Date.now());
    this.held.set(name, h);
    return { min: 0, max: h.value * 1.06, ticks: ticks(h.value, most) };
  }

  log(values: Values, high: Values): Axis {
    const low = percentile(values, 0.005);
    const top = percentile(high, 0.995);
    if (!(low > 0) || !(top > 0)) return logRange(0.01, 0.5);
    const a = hold(this.held.get("low") ?? null, 1 / low, Date.now());
    const b = hold(this.held.get("high") ?? null, top, Date.now());
    this.held.set("low", a);
    this.held.set("high", b);
    return logRange(1 / a.value, b.value);
  }
}

function position(axis: Axis, lane: Lane, value: number): number {
  if (lane.name === "latency") {
    const share = Math.log(value / axis.min) / Math.log(axis.max / axis.min);
    return lane.top + lane.height * (1 - share);
  }
  const share = value / axis.max;
  return lane.name === "errors" ? lane.top + lane.height * share : lane.top + lane.height * (1 - share);
}

export function Lanes() {
  const host = useRef<HTMLDivElement>(null);
  const plots = useRef(new Map<LaneName, Plot>());
  const axes = useRef(new Axes());
  const [width, setWidth] = useState(0);
  const [narrow, setNarrow] = useState(() => innerWidth < 600);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const strip = s.linesOpen.value && !narrow;
  const [asTable, setTable] = useState(false);
  const table = asTable && !strip;
  const shape: Shape = strip ? "strip" : narrow ? "narrow" : "wide";
  const { lanes, height } = useMemo(() => layout(shape), [shape]);
  const lane = (name: LaneName) => lanes.find((l) => l.name === name);

  useLayoutEffect(() => {
    const el = host.current;
    if (!el) return;
    const measure = () => {
      setWidth(Math.floor(el.clientWidth));
      setNarrow(innerWidth < 600);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(el);
    return () => observer.disconnect();
  }, [table]);

  // One canvas a lane, made anew only when the layout changes.
  useLayoutEffect(() => {
    const el = host.current;
    if (!el || width === 0) return;
    const made = plots.current;
    for (const lane of lanes) {
      const mount = el.querySelector<HTMLElement>(`[data-lane="${lane.name}"]`);
      if (mount) made.set(lane.name, new Plot(mount, SPECS[lane.name], width, lane.height));
    }
    return () => {
      for (const plot of made.values()) plot.destroy();
      made.clear();
    };
  }, [lanes, width > 0, table]);

  const version = s.version.value;
  const windowS = s.store.current.window;
  const zoom = s.zoom.value;
  const end = s.newest.value / 1000 || Math.floor(s.serverNow() / 1000);
  const oldest = s.status.value?.kept.oldest ?? null;
  const [from, to] = zoom ?? [end - (oldest === null ? windowS : spanFor(end - oldest, windowS)), end];
  const bucket = bucketFor(to - from, width || 700, s.store.current.step);

  const drawn = useMemo(
    // Before the oldest event nothing was heard, which is not the same as nothing happened.
    () => draw(s.store.current, Math.max(from - 2 * bucket, oldest ?? from - 2 * bucket), to, bucket),
    [version, from, to, bucket, oldest],
  );

  const light = s.light.value;
  useEffect(() => axes.current.reset(), [s.filter.value, windowS]);

  const frame = useMemo(() => {
    const of = (name: LaneName) => columns(name, drawn);
    const result = {} as Record<LaneName, Axis>;
    result.requests = axes.current.linear("requests", of("requests")[0]!, 1, strip ? 1 : 3);
    result.errors = axes.current.linear("errors", of("errors")[0]!, 1, shape === "wide" ? 2 : 1);
    if (result.errors.max < 1.5) result.errors.ticks = [1];
    // A second tick at the very end would touch the first of the lane below.
    if (result.errors.ticks.length > 1) result.errors.ticks = result.errors.ticks.filter((v) => v < result.errors.max * 0.85);
    result.latency = axes.current.log(drawn.cols.p50_s, drawn.cols.p99_s);
    result.sent = axes.current.linear("sent", of("sent")[0]!, 1000, 1);
    result.cpu = { min: 0, max: 1.06, ticks: [] };
    result.memory = { min: 0, max: 1.06, ticks: [] };
    result.network = axes.current.linear("network", of("network")[0]!, 1000, 0);
    return result;
  }, [drawn, shape]);

  useLayoutEffect(() => {
    if (width === 0) return;
    // Each bucket stands at its middle; the newest reaches to the edge, where "now" is.
    const half = drawn.bucket / 2;
    const x = drawn.t.map((at) => at + half);
    const reach = x.length > 0 && !zoom;
    if (reach) x.push(Math.max(to, x[x.length - 1]! + 0.001));
    for (const lane of lanes) {
      const plot = plots.current.get(lane.name);
      if (!plot) continue;
      plot.resize(width, lane.height);
      const cols = columns(lane.name, drawn);
      if (reach) for (const col of cols) col.push(col[col.length - 1] ?? null);
      const { min, max } = frame[lane.name];
      plot.draw(x, cols, { from, to, min, max });
    }
  }, [drawn, frame, lanes, width, table]);

  useEffect(() => {
    for (const plot of plots.current.values()) plot.recolour();
  }, [light]);

  const px = (at: number) => ((at - from) / (to - from)) * width;
  const time = (x: number) => from + (x / Math.max(1, width)) * (to - from);
  const offset = s.utc.value ? 0 : -new Date(to * 1000).getTimezoneOffset() * 60;
  const fmt = s.fmt.value;
  const marks = timeTicks(from, to, width, to - from < 240 ? 84 : 72, offset);
  // Half minutes without their seconds would read as the same time twice.
  const withSeconds = marks.length > 1 && (marks[1]! - marks[0]!) % 60 !== 0;
  const lost = gaps(drawn);
  const cursor = s.cursor.value;
  const at = cursor === null ? -1 : indexAt(drawn, cursor);
  const cut = at >= 0 ? drawn.t[at]! : null;

  const pointer = (e: PointerEvent) => {
    const box = host.current!.getBoundingClientRect();
    return Math.min(width, Math.max(0, e.clientX - box.left));
  };
  const onMove = (e: PointerEvent) => {
    const x = pointer(e);
    s.cursor.value = time(x);
    if (drag) setDrag([drag[0], x]);
  };
  const onDown = (e: PointerEvent) => {
    if (e.button !== 0 || e.pointerType === "touch") return;
    const x = pointer(e);
    host.current!.setPointerCapture(e.pointerId);
    setDrag([x, x]);
  };
  const onUp = () => {
    if (drag && Math.abs(drag[1] - drag[0]) > 6) {
      const [a, b] = [Math.min(...drag), Math.max(...drag)].map(time) as [number, number];
      // Five seconds are the least in which a line is a line.
      if (b - a >= 5) s.zoom.value = [Math.floor(a), Math.ceil(b)];
    }
    setDrag(null);
  };

  const last = lanes[lanes.length - 1]!;
  const bottom = last.top + last.height;
  const errors = lane("errors")!;
  const latency = lane("latency");
  const cpu = lane("cpu");
  const known = status() !== null;
  const noLatency =
    known &&
    drawn.cols.p50_s.every((v) => v === null) &&
    drawn.cols.requests.some((v) => (v ?? 0) > 0);

  return (
    <section class={strip ? "when strip" : "when"} aria-label={t("when")} id="charts">
      {!strip && <div class="tools">
        <h2>
          {known ? `${fmt.clock(from * 1000)} – ${fmt.clock(to * 1000)}` : "–"}
        </h2>
        {zoom ? (
          <button type="button" class="btn small" onClick={() => (s.zoom.value = null)}>
            {t("zoom_out")}
          </button>
        ) : (
          <span class="faint wide-only">{t("drag_to_zoom")}</span>
        )}
        <span class="grow" />
        <span class="phone-only">
          <Windows />
        </span>
        <button type="button" class="btn small quiet table-button" aria-pressed={asTable} onClick={() => setTable(!asTable)}>
          <Icon name="table" /> {t(table ? "as_charts" : "as_table")}
        </button>
      </div>}
      {table ? (
        <Table drawn={drawn} height={height + TIME_AXIS} />
      ) : (
        <div class="lanes" style={{ height: `${height + TIME_AXIS}px` }}>
          <Gutter lanes={lanes} drawn={drawn} at={at} axisTop={height} shape={shape} />
          <div
            class="plots"
            ref={host}
            onPointerMove={onMove}
            onPointerDown={onDown}
            onPointerUp={onUp}
            onPointerCancel={() => setDrag(null)}
            onPointerLeave={() => (s.cursor.value = null)}
            onDblClick={() => (s.zoom.value = null)}
            role="img"
            aria-label={t("charts_label", { from: fmt.clock(from * 1000), to: fmt.clock(to * 1000) })}
          >
            <svg class="back" width={width} height={height + TIME_AXIS} aria-hidden="true">
              {marks.map((m) => (
                <path key={m} class="grid" d={`M${Math.round(px(m)) + 0.5} 0V${bottom}`} />
              ))}
              {lanes.map((lane) => (
                <g key={lane.name}>
                  {frame[lane.name].ticks.map((v) => {
                    const y = Math.round(position(frame[lane.name], lane, v)) + 0.5;
                    return (
                      <g key={v}>
                        <path class={lane.name === "errors" ? "grid dotted" : "grid"} d={`M0 ${y}H${width}`} />
                        {known && (
                          <text x={width + 6} y={y + 4}>
                            {label(lane.name, v)}
                          </text>
                        )}
                      </g>
                    );
                  })}
                  {(lane.name === "sent" || lane.name === "cpu" || lane.name === "latency") && !narrow && (
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
              <text x={width + 6} y={errors.top + 4}>
                0
              </text>
              {marks.map((m) => (
                <text key={m} class="time" x={Math.max(18, Math.min(width - 18, px(m)))} y={height + 13}>
                  {withSeconds ? fmt.clock(m * 1000) : fmt.minute(m * 1000)}
                </text>
              ))}
            </svg>
            {lanes.map((lane) => (
              <div
                key={lane.name}
                data-lane={lane.name}
                class="plot"
                style={{ top: `${lane.top}px`, height: `${lane.height}px` }}
              />
            ))}
            <svg class="front" width={width} height={height + TIME_AXIS} aria-hidden="true">
              <defs>
                <pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
                  <path d="M0 0v6" />
                </pattern>
              </defs>
              {lost.map(([a, b]) => (
                <g key={a} class="gap">
                  <rect x={px(a)} y={0} width={Math.max(2, px(b) - px(a))} height={bottom} fill="url(#gap)" />
                  {px(b) - px(a) > 12 && (
                    <text x={Math.min(px(b) + 6, width - 90)} y={12}>
                      {t("no_data", { s: fmt.span(b - a) })}
                    </text>
                  )}
                </g>
              ))}
              {lanes.map((lane) =>
                // The host's lanes are too low for words; the gutter has their values.
                (lane.height > 22 ? peaks : none)(columns(lane.name, drawn)[0]!, frame[lane.name].max, (i) => px(drawn.t[i]! + drawn.bucket / 2)).map((i) => {
                  const text = label(lane.name, columns(lane.name, drawn)[0]![i]!);
                  const y = lane.name === "errors" ? lane.top + lane.height - 2 : lane.top + 9;
                  return (
                    <text key={`${lane.name} ${i}`} class="peak" x={px(drawn.t[i]! + drawn.bucket / 2)} y={y}>
                      {lane.name === "errors" ? "▼" : "▲"} {text}
                    </text>
                  );
                }),
              )}
              <path class="zero" d={`M0 ${errors.top}H${width}`} />
              {drag && Math.abs(drag[1] - drag[0]) > 2 && (
                <rect class="brush" x={Math.min(...drag)} y={0} width={Math.abs(drag[1] - drag[0])} height={bottom} />
              )}
              {cut !== null && cursor !== null && (
                <g>
                  <path class="cursor" d={`M${Math.round(px(cursor)) + 0.5} 0V${height}`} />
                  <rect class="flag" x={clampFlag(px(cursor), width)} y={height} width={64} height={17} rx={2} />
                  <text class="flag-text" x={clampFlag(px(cursor), width) + 32} y={height + 12.5}>
                    {fmt.clock(cut * 1000)}
                  </text>
                </g>
              )}
            </svg>
            {strip && zoom && (
              <button
                type="button"
                class="btn small out"
                onPointerDown={(e) => e.stopPropagation()}
                onClick={() => (s.zoom.value = null)}
              >
                {t("zoom_out")}
              </button>
            )}
            {noLatency && latency && (
              <p class="said" style={{ top: `${latency.top}px`, height: `${latency.height}px` }} onPointerDown={(e) => e.stopPropagation()}>
                {t("no_latency_lane")}
                <button type="button" class="link" onClick={() => go("setup")}>
                  {t("add_latency")}
                </button>
              </p>
            )}
          </div>
        </div>
      )}
    </section>
  );
}

function status() {
  return s.status.value;
}

function clampFlag(x: number, width: number): number {
  return Math.max(0, Math.min(width - 64, x - 32));
}

const none = (): number[] => [];

/** What is higher than the axis: the highest of each stretch, far enough apart to be read. */
function peaks(values: Values, max: number, x: (i: number) => number): number[] {
  const out: number[] = [];
  values.forEach((v, i) => {
    if (v === null || v <= max) return;
    const last = out[out.length - 1];
    if (last === undefined || x(i) - x(last) > 64) out.push(i);
    else if (v > values[last]!) out[out.length - 1] = i;
  });
  return out;
}

function indexAt(d: Drawn, at: number): number {
  const start = Math.floor(at / d.bucket) * d.bucket;
  return d.t.indexOf(start);
}

function label(lane: LaneName, v: number): string {
  const f = s.fmt.value;
  if (lane === "latency") return f.duration(v).replace(/[.,]0+(?=\D)/, "");
  if (lane === "sent" || lane === "network") return f.bytes(v).replace(/[.,]0(?=\D)/, "");
  return f.axis(v);
}

function Gutter({ lanes, drawn, at, axisTop, shape }: { lanes: Lane[]; drawn: Drawn; at: number; axisTop: number; shape: Shape }) {
  const f = s.fmt.value;
  const now = s.status.value ? latest(s.store.current, NOW_S) : null;
  const value = (c: Column): number | null => (at >= 0 ? (drawn.cols[c][at] ?? null) : (now?.[c] ?? null));
  const net = value("rx") === null ? null : (value("rx") ?? 0) + (value("tx") ?? 0);
  const answered = value("s2xx") === null ? null : (value("s2xx") ?? 0) + (value("s3xx") ?? 0);
  const box = (name: LaneName, children: ComponentChildren) => {
    const lane = lanes.find((l) => l.name === name);
    if (!lane) return null;
    const top = shape !== "narrow" ? lane.top : name === "requests" ? 0 : name === "errors" ? 20 : lane.top - 22;
    return (
      <div class={`gut ${name}`} style={{ top: `${top}px` }}>
        {children}
      </div>
    );
  };
  const row = (mark: ComponentChildren, name: string, text: string) => (
    <p>
      {mark}
      <span>{name}</span>
      <b>{text}</b>
    </p>
  );
  const status = (mark: ComponentChildren, name: string, text: string) => {
    const chosen = holds(s.pending.value ?? s.filter.value, "status", name) === "only";
    return (
      <button
        type="button"
        class="class-row"
        aria-pressed={chosen}
        title={t("row_title", { v: name })}
        onClick={(e) => click(e, "status", name)}
      >
        {row(mark, name, text)}
      </button>
    );
  };
  return (
    <div class="gutter">
      {box(
        "requests",
        <>
          <h3>
            {t("requests")} <small>{t("per_second")}</small>
          </h3>
          {shape === "strip" ? (
            row(<Swatch kind="s2" />, "2xx, 3xx", f.rate(answered))
          ) : (
            <>
              {status(<Swatch kind="s2" />, "2xx", f.rate(value("s2xx")))}
              {status(<Swatch kind="s3" />, "3xx", f.rate(value("s3xx")))}
            </>
          )}
        </>,
      )}
      {box(
        "errors",
        <>
          {status(<Swatch kind="s5" />, "5xx", f.rate(value("s5xx")))}
          {status(<Swatch kind="s4" />, "4xx", f.rate(value("s4xx")))}
        </>,
      )}
      {box(
        "latency",
        <>
          <h3>{t("latency")}</h3>
          {row(<Stroke kind="p50" />, "p50", f.duration(value("p50_s")))}
          {row(<Stroke kind="p95" />, "p95", f.duration(value("p95_s")))}
          {row(<Stroke kind="p99" />, "p99", f.duration(value("p99_s")))}
        </>,
      )}
      {box(
        "sent",
        <p>
          <strong>{t("sent")}</strong>
          <b>{f.perSecond(f.bytes(value("bytes_out")))}</b>
        </p>,
      )}
      {box("cpu", row(null, t("cpu"), f.percent(value("cpu"))))}
      {box("memory", row(null, t("memory"), f.percent(value("memory"))))}
      {box("network", row(null, t("network"), f.perSecond(f.bytes(net))))}
      {shape !== "strip" && (
        <div class="gut axis" style={{ top: `${axisTop}px` }}>
          {at >= 0 ? (
            <b>{t("at", { t: f.clock(drawn.t[at]! * 1000) })}</b>
          ) : (
            <span class="faint">{f.zone(s.newest.value || s.serverNow())}</span>
          )}
        </div>
      )}
    </div>
  );
}

/** What "now" means: long enough that numbers can be read, short enough to be now. */
export const NOW_S = 10;

function Table({ drawn, height }: { drawn: Drawn; height: number }) {
  const f = s.fmt.value;
  const rows = drawn.t.map((_, i) => i).reverse();
  const c = drawn.cols;
  return (
    <div class="as-table" style={{ height: `${height}px` }} tabIndex={0}>
      <table>
        <caption class="hidden">{t("when")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("time")}</th>
            <th scope="col">{t("req_s")}</th>
            <th scope="col">2xx</th>
            <th scope="col">3xx</th>
            <th scope="col">4xx</th>
            <th scope="col">5xx</th>
            <th scope="col">p50</th>
            <th scope="col">p95</th>
            <th scope="col">p99</th>
            <th scope="col">{t("sent")}</th>
            <th scope="col">{t("cpu")}</th>
            <th scope="col">{t("memory")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={drawn.t[i]}>
              <th scope="row">{f.clock(drawn.t[i]! * 1000)}</th>
              <td>{f.rate(c.requests[i] ?? null)}</td>
              <td>{f.rate(c.s2xx[i] ?? null)}</td>
              <td>{f.rate(c.s3xx[i] ?? null)}</td>
              <td>{f.rate(c.s4xx[i] ?? null)}</td>
              <td>{f.rate(c.s5xx[i] ?? null)}</td>
              <td>{f.duration(c.p50_s[i] ?? null)}</td>
              <td>{f.duration(c.p95_s[i] ?? null)}</td>
              <td>{f.duration(c.p99_s[i] ?? null)}</td>
              <td>{f.bytes(c.bytes_out[i] ?? null)}</td>
              <td>{f.percent(c.cpu[i] ?? null)}</td>
              <td>{f.percent(c.memory[i] ?? null)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
