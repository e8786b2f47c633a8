// The lanes' shapes: which there are, how high, what each draws, and axes that hold still.

import { type Held, hold, LEAST_S, logRange, nice, percentile, ticks } from "../lib/scale";
import { answered, type Drawn } from "../lib/series";
import * as s from "../state";
import type { PlotSpec, Values } from "./plot";

export type LaneName = "requests" | "errors" | "latency" | "sent" | "cpu" | "memory" | "network" | "events";
/** The latency lane as lines, as a heat map, or beside the upstreams' times. */
export type Mode = "lines" | "heat" | "upstream";
export type Shape = "wide" | "narrow" | "strip" | "wall";

export interface Lane {
  name: LaneName;
  top: number;
  height: number;
}

const BEFORE = { stroke: "ink", dash: [6, 3] };
const QUIET: PlotSpec = { layers: [{ stroke: "ink2", fill: "ink@0.07" }] };

export const SPECS: Record<Exclude<LaneName, "events">, PlotSpec> = {
  requests: { layers: [{ fill: "ink3@0.5" }, { fill: "f3", width: 1.5 }, { fill: "f2", stroke: "s2", width: 1.5 }, BEFORE] },
  errors: { dir: -1, layers: [{ fill: "hatch:s4", stroke: "s4" }, { fill: "s5" }, BEFORE] },
  latency: {
    log: true,
    layers: [
      { stroke: "ink3", dash: [2, 2] },
      { stroke: "ink2", fill: "ink@0.06" },
      { stroke: "ink", width: 1.75 },
      BEFORE,
    ],
  },
  sent: QUIET,
  cpu: QUIET,
  memory: QUIET,
  network: QUIET,
};
export const UPSTREAM: PlotSpec = {
  log: true,
  layers: [
    { stroke: "ink2", fill: "ink@0.06" },
    { stroke: "ink2", dash: [5, 3] },
    { stroke: "ink", width: 1.75 },
    { stroke: "ink", width: 1.75, dash: [5, 3] },
    BEFORE,
  ],
};

type Row = [LaneName, height: number, before: number];
const WIDE: Row[] = [
  ["requests", 118, 0],
  ["errors", 44, 0],
  ["latency", 91, 8],
  ["sent", 44, 8],
  ["cpu", 22, 8],
  ["memory", 22, 0],
  ["network", 22, 0],
  ["events", 26, 8],
];
const NARROW: Row[] = [
  ["requests", 96, 54],
  ["errors", 36, 0],
  ["latency", 78, 24],
  ["sent", 36, 24],
  ["cpu", 22, 24],
  ["memory", 22, 24],
  ["network", 22, 24],
  ["events", 44, 24],
];
/** Over the opened lines: that traffic flows stays in sight. */
const STRIP: Row[] = [
  ["requests", 48, 8],
  ["errors", 24, 0],
];
const WALL: Row[] = [
  ["requests", 300, 12],
  ["errors", 90, 0],
  ["latency", 169, 12],
  ["events", 40, 12],
];
const SHAPES: Record<Shape, Row[]> = { wide: WIDE, narrow: NARROW, strip: STRIP, wall: WALL };

/** A viewport this high is filled by the charts, down to the lines. */
const HIGH = 899;
/** What the panels under the charts take: each of their rows, the heads of a row up to the first value, and a value. */
const PANELS = { each: 233, heads: 77, value: 26 };
/** Fewer values than these would be a list that looks cut off. */
const LEAST_VALUES = 3;

/**
 * What of `room` under the charts they take for themselves, so that the lines begin where a value ends: as much as makes
 * panels end there too, all of it where they would show less than some values. Below 0, what they lack.
 */
function spareOf(room: number): number {
  if (room < 0) return room;
  const last = room % PANELS.each;
  const values = last - PANELS.heads;
  return values >= LEAST_VALUES * PANELS.value ? values % PANELS.value : last;
}

/** What a lower one takes from the lanes, which keep the room of their names. */
const LESS: Partial<Record<LaneName, number>> = { requests: 24, latency: 9, sent: 20 };
/** Lines under the charts of a page so high, while nobody opened them: see `--docked`. */
const docked = (viewport: number): number => (viewport >= 850 ? 5 : viewport >= 780 ? 2 : 0);
const LINE = 22;

/** A wall this high is filled as it is; the requests take what a higher one has, and give what a lower one lacks, then the latency. */
const WALL_HIGH = 1048;
const WALL_LESS: Partial<Record<LaneName, number>> = { requests: 200, errors: 20, latency: 34 };

const HOST: readonly LaneName[] = ["cpu", "memory", "network"];

/** A guest of one site is not told of the host, and has no lanes for it. */
export function layout(shape: Shape, viewport: number, guest = false): { lanes: Lane[]; height: number } {
  const told = ([name]: Row) => !guest || !HOST.includes(name);
  const rows = SHAPES[shape].filter(told);
  const lacking = SHAPES[shape].reduce((px, row) => (told(row) ? px : px + row[1] + row[2]), 0);
  let spare = shape === "wall" ? viewport - WALL_HIGH : shape === "wide" ? spareOf(viewport - HIGH + lacking + (docked(HIGH) - docked(viewport)) * LINE) : 0;
  const less = shape === "wall" ? WALL_LESS : LESS;
  let top = 0;
  const lanes = rows.map(([name, own, before]) => {
    top += before;
    const more = name === "requests" && spare > 0 ? spare : Math.max(-(less[name] ?? 0), Math.min(0, spare));
    spare -= more;
    const height = Math.round(own + more);
    const lane = { name, top, height };
    top += height;
    return lane;
  });
  return { lanes, height: top + (shape === "strip" ? 4 : 6) };
}

export function axisHeight(shape: Shape): number {
  return shape === "wall" ? 32 : 20;
}

function sum(a: Values, b: Values): Values {
  return a.map((v, i) => (v === null ? null : v + (b[i] ?? 0)));
}

/** A log axis has no zero: where times are written in milliseconds, less than one is `LEAST_S`. */
const floor = (col: Values): Values => col.map((v) => (v === null ? null : Math.max(v, LEAST_S)));

/** What a lane draws, in the order of its layers; `before` stands at the same times, or is null. */
export function columns(name: LaneName, d: Drawn, before: Drawn | null, mode: Mode): Values[] {
  const c = d.cols;
  const b = before?.cols;
  const none: Values = d.t.map(() => null);
  switch (name) {
    case "requests":
      return [answered(c), sum(c.s2xx, c.s3xx), c.s2xx, b ? answered(b) : none];
    case "errors":
      return [sum(c.s4xx, c.s5xx), c.s5xx, b ? sum(b.s4xx, b.s5xx) : none];
    case "latency":
      if (mode === "upstream") {
        return [...[c.p95_s, c.upstream_p95_s, c.p50_s, c.upstream_p50_s].map(floor), b ? floor(b.p95_s) : none];
      }
      // Beside what it is compared with, a third line would be one too many.
      return [b ? none : floor(c.p99_s), floor(c.p95_s), floor(c.p50_s), b ? floor(b.p95_s) : none];
    case "sent":
      return [c.bytes_out];
    case "cpu":
      return [c.cpu];
    case "memory":
      return [c.memory];
    case "network":
      return [sum(c.rx, c.tx)];
    case "events":
      return [];
  }
}

export interface Axis {
  min: number;
  max: number;
  ticks: number[];
}

const PERCENT: Axis = { min: 0, max: 1.06, ticks: [] };

/** Axes that hold still between draws. */
export class Axes {
  private held = new Map<string, Held>();

  reset(): void {
    this.held.clear();
  }

  private hold(name: string, wanted: number): number {
    const h = hold(this.held.get(name) ?? null, wanted, Date.now());
    this.held.set(name, h);
    return h.value;
  }

  private linear(name: LaneName, values: Values[], least: number, most: number): Axis {
    const highest = Math.max(...values.map((v) => percentile(v, 0.995)));
    const max = this.hold(name, Math.max(least, highest > 0 ? nice(highest * 1.02) : 0));
    return { min: 0, max: max * 1.06, ticks: ticks(max, most) };
  }

  private log(low: Values, high: Values): Axis {
    if (!high.some((v) => v !== null)) return logRange(0.01, 0.5);
    // The median of files from memory is 0 ms: what is drawn of it is the least, and the rest is as high as it is.
    const a = percentile(floor(low), 0.005) || LEAST_S;
    const b = percentile(floor(high), 0.995);
    return logRange(1 / this.hold("low", 1 / a), this.hold("high", b));
  }

  of(drawn: Drawn, before: Drawn | null, shape: Shape, mode: Mode): Record<LaneName, Axis> {
    const of = (name: LaneName) => columns(name, drawn, before, mode);
    // Of steps of a second one request is no giant; of longer ones it is as high as the lane at most.
    const one = nice(1 / Math.max(1, drawn.bucket));
    const errors = this.linear("errors", [of("errors")[0]!, of("errors")[2]!], one, shape === "wide" || shape === "wall" ? 2 : 1);
    if (errors.max < 1.5) errors.ticks = [errors.max / 1.06];
    // A second tick at the very end would touch the first of the lane below.
    if (errors.ticks.length > 1) errors.ticks = errors.ticks.filter((v) => v < errors.max * 0.85);
    const upstream = mode === "upstream";
    return {
      requests: this.linear("requests", [of("requests")[0]!, of("requests")[3]!], one, shape === "strip" ? 1 : 3),
      errors,
      latency: this.log(
        upstream ? drawn.cols.upstream_p50_s : drawn.cols.p50_s,
        before ? [...drawn.cols.p95_s, ...before.cols.p95_s] : upstream ? [...drawn.cols.p95_s, ...drawn.cols.upstream_p95_s] : drawn.cols.p99_s,
      ),
      sent: this.linear("sent", of("sent"), 1000, 1),
      cpu: PERCENT,
      memory: PERCENT,
      network: this.linear("network", of("network"), 1000, 0),
      events: PERCENT,
    };
  }
}

export function position(axis: Axis, lane: Lane, value: number): number {
  if (lane.name === "latency") {
    const share = Math.log(value / axis.min) / Math.log(axis.max / axis.min);
    return lane.top + lane.height * (1 - share);
  }
  const share = value / axis.max;
  return lane.name === "errors" ? lane.top + lane.height * share : lane.top + lane.height * (1 - share);
}

export function label(lane: LaneName, v: number): string {
  const f = s.fmt.value;
  if (lane === "latency") return f.duration(v).replace(/[.,]0+(?=\D)/, "");
  if (lane === "sent" || lane === "network") return f.bytes(v).replace(/[.,]0(?=\D)/, "");
  return f.axis(v);
}

/** What is higher than the axis: the highest of each stretch, far enough apart to be read. */
export function peaks(values: Values, max: number, x: (i: number) => number): number[] {
  const out: number[] = [];
  values.forEach((v, i) => {
    if (v === null || v <= max) return;
    const last = out[out.length - 1];
    if (last === undefined || x(i) - x(last) > 64) out.push(i);
    else if (v > values[last]!) out[out.length - 1] = i;
  });
  return out;
}

/** The bucket that holds the second `at`, or −1. */
export function bucketAt(d: Drawn, at: number): number {
  return d.t.indexOf(Math.floor(at / d.bucket) * d.bucket);
}

/**
 * The second that a pointer at `at` names and opens: of longer steps the first that is in sight and kept, for one pixel
 * is several of their seconds. Null where nothing is drawn.
 */
export function secondAt(d: Drawn, at: number, first: number): number | null {
  const i = bucketAt(d, at);
  return i < 0 ? null : Math.max(d.t[i]!, Math.floor(first));
}

/** The drawn range with `other`'s values at the same times; null where none of them is known. */
export function onto(drawn: Drawn, other: Drawn): Drawn | null {
  const place = new Map(other.t.map((t, i) => [t, i]));
  const cols = Object.fromEntries(
    Object.entries(other.cols).map(([name, col]) => [name, drawn.t.map((t) => col[place.get(t) ?? -1] ?? null)]),
  ) as Drawn["cols"];
  return cols.requests.some((v) => v !== null) ? { bucket: drawn.bucket, t: drawn.t, cols } : null;
}
