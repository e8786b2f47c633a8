// When: all lanes over one time axis. Answered above the zero line, failed below it; values are
// read in the gutter, at the second under the pointer, at the playhead, or now.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { beforeStore } from "../asked";
import { setFilter } from "../feed";
import { append } from "../lib/filter";
import { bucketFor, draw } from "../lib/series";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import { LaneDiamonds } from "./anomaly-marks";
import { Compare, CompareKey } from "./compare";
import { useGestures } from "./gestures";
import { Gutter } from "./gutter";
import { go, Windows } from "./header";
import { BandMenu, HeatMap } from "./heat";
import { Icon } from "./icons";
import { later } from "./later";
import { MarksLane } from "./marks";
import { modeShown, Modes } from "./modes";
import { NoneSaid, unsaidNone } from "./no-match";
import { Plot } from "./plot";
import { Back, Front, UPSTREAM_ONLY, upstreamOnly } from "./scene";
import * as shapes from "./shapes";
import type { LaneName, Shape } from "./shapes";
import { Strip } from "./strip";

const ChartsTable = later(() => import("./charts-table").then((m) => m.ChartsTable));

/** Second row of the vitals where there is no room for six abreast: see `.vitals`. */
const SECOND_ROW_PX = 69;

/** The page, and how high it is for whoever draws under one row of vitals. */
function measured(): { narrow: boolean; height: number } {
  const twoRows = innerWidth < 900 && !s.wall.peek();
  return { narrow: innerWidth < 600, height: innerHeight - (twoRows ? SECOND_ROW_PX : 0) };
}

export function Lanes({ wall = false }: { wall?: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const plots = useRef(new Map<LaneName, Plot>());
  const axes = useRef(new shapes.Axes());
  const [width, setWidth] = useState(0);
  const [page, setPage] = useState(measured);
  const { narrow } = page;
  const strip = s.linesOpen.value && !narrow && !wall;
  const [asTable, setTable] = useState(false);
  /** Enter and Escape take the focus along; a press of the button leaves it there. */
  const refocus = useRef(false);
  const table = asTable && !strip && !wall;
  const shape: Shape = wall ? "wall" : strip ? "strip" : narrow ? "narrow" : "wide";
  const guest = s.guest.value;
  const { lanes, height } = useMemo(
    // On the largest screens the wall is drawn at twice its size.
    () => shapes.layout(shape, wall && innerWidth >= 3200 ? page.height / 2 : page.height, guest),
    [shape, page.height, guest],
  );
  const axis = shapes.axisHeight(shape);
  const lane = (name: LaneName) => lanes.find((l) => l.name === name);

  useLayoutEffect(() => {
    const el = host.current;
    const measure = () => {
      if (el) setWidth(Math.floor(el.clientWidth));
      const now = measured();
      setPage((p) => (p.narrow === now.narrow && p.height === now.height ? p : now));
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
  useMemo(() => axes.current.reset(), [s.filter.value, Math.round(to - from), mode, before === null]);
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
      const own = shapes.columns(lane.name, drawn, before, mode);
      const cols = reach ? own.map((col) => [...col, col[col.length - 1] ?? null]) : own;
      const { min, max } = frame[lane.name];
      plot.draw(x, cols, { from, to, min, max });
    }
  }, [drawn, before, frame, lanes, width, table, mode]);

  // After the page has its colours, and before it is printed.
  useLayoutEffect(() => {
    queueMicrotask(() => plots.current.forEach((plot) => plot.recolour()));
  }, [light]);

  const named = (at: number) => shapes.secondAt(drawn, at, Math.max(from, oldest ?? from));
  const pointed = s.cursor.value === null ? null : named(s.cursor.value);
  const { drag, panning, on } = useGestures(host, width, named);
  const byKey = (shown: boolean) => {
    refocus.current = true;
    setTable(shown);
  };
  useEffect(() => {
    if (refocus.current) document.querySelector<HTMLElement>("#charts :is(.as-table, .surface)")?.focus();
    refocus.current = false;
  }, [table]);
  const fmt = s.fmt.value;
  const latency = lane("latency");
  const requests = lane("requests");
  const events = lane("events");
  const noLatency = known && drawn.cols.p50_s.every((v) => v === null) && drawn.cols.requests.some((v) => (v ?? 0) > 0);
  const at = s.at.value;
  // The day of a range of one day stands beside it.
  const [first, last] = fmt.ends(from * 1000, to * 1000, from * 1000);
  const day = fmt.day(to * 1000);
  const oneDay = day === fmt.day(from * 1000);

  return (
    <section class={`when ${strip ? "strip" : ""}`} aria-label={t("when")} id="charts">
      {!strip && !wall && (
        <div class="tools">
          <h2>
            {known && <span>{first}</span>} – {known && <span>{last}</span>}
          </h2>
          {known && oneDay && day !== fmt.day(s.serverNow()) && <span>{day}</span>}
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
        <div
          class={`as-table${mode === "lines" ? "" : " two-lines"}`}
          style={{ height: `${height + axis}px` }}
          tabIndex={0}
          onKeyDown={(e) => {
            if (e.key !== "Escape") return;
            e.stopPropagation();
            byKey(false);
          }}
        >
          <ChartsTable drawn={drawn} range={[from, to]} mode={mode} />
        </div>
      ) : (
        <div class="lanes" style={{ height: `${height + axis}px` }}>
          <Gutter lanes={lanes} drawn={drawn} axisTop={height} shape={shape} mode={mode} named={pointed} />
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
            <Front {...{ lanes, frame, drawn, before, width, height, shape, mode, from, to, drag }} named={pointed} />
            {wall ? null : (
              <div
                class="surface"
                style={{ height: `${height + axis}px` }}
                role="slider"
                tabIndex={0}
                aria-label={t("charts_label", { from: first, to: last })}
                aria-valuemin={Math.floor(from)}
                aria-valuemax={Math.ceil(to)}
                aria-valuenow={at ?? Math.ceil(to)}
                aria-valuetext={at === null ? t("live") : fmt.clock(at * 1000)}
                {...on}
                onKeyDown={(e) => (e.key === "Enter" && !strip ? byKey(true) : on.onKeyDown(e))}
              />
            )}
            {!wall && <LaneDiamonds {...{ lanes, width, from, to }} />}
            {events && <MarksLane range={[from, to]} width={width} top={events.top} height={events.height} still={wall} />}
            {unsaidNone.value && requests && !strip && !wall && (
              <p class="said none" style={{ top: `${requests.top}px`, height: `${requests.height}px` }}>
                <NoneSaid />
              </p>
            )}
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
