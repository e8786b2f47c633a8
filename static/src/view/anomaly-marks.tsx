// The unusual on the charts: where it begins and ends, a ground in the lanes it is of, what was expected there,
// a diamond at its peak; and its diamonds on the strip of all that is kept.

import * as anomalies from "../anomalies";
import { laneOf, overlaps, seconds, span } from "../lib/anomaly";
import { cluster, stretch, union } from "../lib/marks";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly } from "../wire";
import { opensWhy } from "./anomaly-words";
import { Diamond } from "./marks";
import * as shapes from "./shapes";
import type { Lane, LaneName, Shape } from "./shapes";

interface Shown {
  lanes: Lane[];
  frame: Record<LaneName, shapes.Axis>;
  width: number;
  bottom: number;
  shape: Shape;
  from: number;
  to: number;
}

/** More starts than this are drawn weaker than the one that is looked at. */
const FEW = 4;

/** The incidents of a range, and the one of them that is looked at. */
function within({ from, to }: Pick<Shown, "from" | "to">) {
  const now = s.newest.value / 1000;
  // What goes on of an incident shows, though what it began with is over.
  const shown = anomalies.incidents.value.flatMap(({ root, members, tells }) => {
    const of = members.filter((a) => !a.muted && overlaps(a, from, to, now));
    return of.length > 0 && !root.muted ? [{ root, of, tells }] : [];
  });
  const of = (id: string | null | undefined) => shown.find(({ root }) => root.id === id) ?? shown.find((x) => x.of.some((a) => a.id === id));
  return { shown, looked: of(s.drawer.value) ?? of(anomalies.head.value?.id) };
}

/**
 * Under the plots: where each incident begins and ends, a ground in the lanes it is of, and what was expected of the one
 * that is looked at. Under all lanes a long one would be the colour of the page, and say nothing of where to look.
 */
export function UnusualGround({ lanes, frame, width, bottom, shape, from, to }: Shown) {
  const now = s.newest.value / 1000;
  const { shown, looked } = within({ from, to });
  const band = looked && expected(looked.tells, { lanes, frame, width, from, to });
  const members = shown.flatMap((x) => x.of);
  // Where several go on at once the ground is no darker: it says that, not how many.
  const ground = (of: readonly Anomaly[]) => union(of.map((a) => stretch(span(a, now), [from, to], width)!));
  const ends = ground(members).map((at) => at.left + at.width).filter((x) => x < width);
  // Between the lanes of a phone stand their names.
  const edge = (x: number) => (shape === "narrow" ? lanes.map((lane) => `M${x} ${lane.top}v${lane.height}`).join("") : `M${x} 0V${bottom}`);
  const starts = cluster(shown.flatMap((x) => (seconds(x.of[0]!.start) >= from ? [{ x: stretch(span(x.of[0]!, now), [from, to], width)!.left, it: x }] : [])), 4);
  return (
    <>
      <g class="unusual">
        {lanes.map((lane) =>
          ground(members.filter((a) => laneOf(a.kind, a.key) === lane.name)).map((at) => (
            <rect key={`${lane.name} ${at.left}`} x={at.left} y={lane.top} width={at.width} height={lane.height} />
          )),
        )}
        {ends.map((x) => (
          <path key={`to ${x}`} class="faint" d={edge(Math.round(x) - 0.5)} />
        ))}
        {starts.map(({ x, of }) => (
          <path key={x} class={starts.length > FEW && !of.includes(looked!) ? "faint" : undefined} d={edge(Math.round(x) + 0.5)} />
        ))}
      </g>
      {band && (
        <g class="expected">
          <rect x={band.left} y={band.top} width={band.width} height={Math.max(1, band.low - band.top)} />
        </g>
      )}
    </>
  );
}

/** In the place of the events lane's bars, pixels. */
const BAND_PX = 3;

/** Where no lane of events has the bars: when something was unusual, over the grid, which would cut it to pieces. */
export function UnusualBand({ lanes, width, from, to }: Pick<Shown, "lanes" | "width" | "from" | "to">) {
  if (lanes.some((lane) => lane.name === "events")) return null;
  const now = s.newest.value / 1000;
  const of = within({ from, to }).shown.flatMap((x) => x.of);
  return (
    <g class="unusual">
      {union(of.map((a) => stretch(span(a, now), [from, to], width)!)).map((at) => (
        <rect key={at.left} class="band" x={at.left} y={0} width={at.width} height={BAND_PX} />
      ))}
    </g>
  );
}

/** The least height of a band that is named. */
const NAMED_PX = 6;

/** Over the plots, where nothing that is drawn covers it: what the band of [`UnusualGround`] is. */
export function ExpectedName(range: Omit<Shown, "bottom" | "shape">) {
  const { looked } = within(range);
  const band = looked && expected(looked.tells, range);
  // What is too thin to be seen needs no name, which would stand on what is drawn.
  if (!band || band.width <= 80 || band.lane.height <= 40 || band.low - band.top < NAMED_PX) return null;
  const { lane, top, low } = band;
  return (
    <g class="expected">
      <text x={band.left + band.width - 6} y={lane.name === "errors" ? low + 12 : top - 4 > lane.top + 8 ? top - 4 : top + 12}>
        {t("expected")}
      </text>
    </g>
  );
}

/** What was expected of an anomaly, as a band; one of the whole traffic is true only where the charts show all of it. */
function expected(a: Anomaly, { lanes, frame, width, from, to }: Omit<Shown, "bottom" | "shape">) {
  if (!overlaps(a, from, to, s.newest.value / 1000)) return null;
  const lane = lanes.find((l) => l.name === laneOf(a.kind, a.key));
  if (!lane || a.learning || a.high === null || a.high <= 0 || a.site !== null || a.key !== null || s.filter.value !== "" || a.kind === "latency") return null;
  const at = stretch(span(a, s.newest.value / 1000), [from, to], width)!;
  const y = (v: number) => Math.min(lane.top + lane.height, Math.max(lane.top, shapes.position(frame[lane.name], lane, v)));
  const by = a.unit === "percent" ? 0.01 : 1;
  const [top, low] = [y(a.high * by), y(Math.max(0, a.low ?? 0) * by)].sort((p, q) => p - q) as [number, number];
  return { lane, top, low, ...at };
}

/** A diamond in the lane an anomaly is of, at its worst second: names it, and opens why. */
export function LaneDiamonds({ lanes, width, from, to }: { lanes: Lane[]; width: number; from: number; to: number }) {
  const known = anomalies.known.value.filter((a) => !a.muted);
  return (
    <>
      {lanes.map((lane) => {
        const points = known.flatMap((a) => {
          const at = seconds(a.peak.time);
          return laneOf(a.kind, a.key) === lane.name && at >= from && at < to ? [{ x: ((at - from) / (to - from)) * width, it: a }] : [];
        });
        return cluster(points, 14).map(({ x, of }) => (
          <Point key={`${lane.name} ${of[0]!.id}`} of={of} said={of.map((a) => opensWhy(a))} x={x} y={lane.name === "errors" ? lane.top + lane.height - 12 : lane.top} />
        ));
      })}
    </>
  );
}

/** On the strip of all that is kept: one for each incident, or for several that a finger could not tell apart. */
export function StripDiamonds({ width, from, to }: { width: number; from: number; to: number }) {
  const points = anomalies.incidents.value.flatMap(({ whole, tells }) => {
    const at = seconds(whole.start);
    return at >= from && at < to ? [{ x: ((at - from) / (to - from)) * width, it: { whole, tells } }] : [];
  });
  return (
    <>
      {cluster(points, 24).map(({ x, of }) => (
        <Point key={of[0]!.whole.id} of={of.map(({ whole }) => whole)} said={of.map(({ whole, tells }) => opensWhy(whole, tells))} x={x} y={-14} />
      ))}
    </>
  );
}

function Point({ of, x, y, ...props }: { of: readonly Anomaly[]; said: readonly string[]; x: number; y: number }) {
  const worst = of.reduce((a, b) => (b.severity > a.severity ? b : a));
  const said = props.said.join("\n");
  return (
    <button
      type="button"
      class={`unusual-point${worst.muted ? " muted" : ""}`}
      // The lane of events has the same by key: a chart full of stops would be no service.
      tabIndex={-1}
      style={{ left: `${x - 12}px`, top: `${y - 6}px` }}
      title={said}
      aria-label={said}
      onPointerDown={(e) => e.stopPropagation()}
      onClick={(e) => {
        e.stopPropagation();
        anomalies.show(worst.id);
      }}
    >
      <Diamond />
    </button>
  );
}
