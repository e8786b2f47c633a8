// The latency lane as a heat map: one column a bucket, one row a latency band, ink by how many
// requests. One canvas; rows are reached by the menu of bands, for they are too low to be hit.

import { useLayoutEffect, useRef } from "preact/hooks";
import { setFilter } from "../feed";
import { holdsBand, INK, level, toggleBand } from "../lib/heat";
import { percentile } from "../lib/scale";
import { bucketFor, drawBands } from "../lib/series";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import { pointerY } from "./gestures";
import { token } from "./plot";
import { usePopover } from "./popover";
import type { Lane } from "./shapes";

/** Columns narrower than this could not be told apart. */
const COLUMN_PX = 6;
/** Cells above this percentile of all do not make the others paler. */
const TOP = 0.99;

export function bandName(bounds: readonly number[], i: number): string {
  const f = s.fmt.value;
  const bound = (v: number) => f.duration(v).replace(/[.,]0+(?=\D)/, "");
  if (i === 0) return `< ${bound(bounds[0] ?? 0)}`;
  if (i >= bounds.length) return `≥ ${bound(bounds[bounds.length - 1] ?? 0)}`;
  return `${bound(bounds[i - 1]!)} – ${bound(bounds[i]!)}`;
}

/** Labels of the axis: decades, as shares of the lane's height from below. */
export function heatTicks(bounds: readonly number[]): { at: number; seconds: number }[] {
  const rows = bounds.length + 1;
  return bounds
    .map((seconds, i) => ({ at: (i + 1) / rows, seconds }))
    .filter(({ seconds }) => [0.01, 0.1, 1].some((d) => Math.abs(seconds / d - 1) < 0.01));
}

/** The step of the columns as they were last drawn: the pointer reads what is seen. */
let drawnStep = 1;

export function HeatMap(props: { range: readonly [number, number]; width: number; top: number; height: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = props;
  const [from, to] = props.range;
  const version = s.version.value;
  const light = s.light.value;
  const bucket = bucketFor(to - from, width, 1, COLUMN_PX);
  const store = past.storeFor(from, to, bucket);
  const step = bucketFor(to - from, width, store.step, COLUMN_PX);
  drawnStep = step;
  useLayoutEffect(() => {
    const el = canvas.current;
    const ctx = el?.getContext("2d");
    if (!el || !ctx || width < 1) return;
    const ratio = devicePixelRatio;
    el.width = Math.round(width * ratio);
    el.height = Math.round(height * ratio);
    const { t: times, columns } = drawBands(store, from - step, to, step);
    const top = percentile(columns.flatMap((c) => c?.filter((n) => n > 0) ?? []), TOP);
    ctx.fillStyle = token("ink");
    const rows = columns.find((c) => c)?.length ?? 13;
    const high = el.height / rows;
    times.forEach((at, i) => {
      const left = Math.max(0, Math.round(((at - from) / (to - from)) * el.width));
      // Columns touch, as time does: a gap after each would draw a mesh over what is to be seen.
      const right = Math.min(el.width, Math.round(((at + step - from) / (to - from)) * el.width));
      columns[i]?.forEach((n, band) => {
        const ink = level(n, top);
        if (ink === 0) return;
        ctx.globalAlpha = INK[ink - 1]! / 100;
        const y = Math.round(el.height - (band + 1) * high);
        ctx.fillRect(left, y, Math.max(1, right - left), Math.round(el.height - band * high) - y - 1);
      });
    });
  }, [version, light, from, to, width, height, store, step]);
  return <canvas ref={canvas} class="heat" style={{ top: `${props.top}px`, width: `${width}px`, height: `${height}px` }} aria-hidden="true" />;
}

/** Few … many; over a cell, which band it is and how many requests it has. */
export function HeatKey({ narrow, lane }: { narrow: boolean; lane: Lane }) {
  const at = s.cursor.value;
  const y = pointerY.value;
  const bounds = s.hello.value?.bands_s ?? [];
  const below = y === null ? -1 : (lane.top + lane.height - y) / lane.height;
  if (at !== null && below >= 0 && below < 1) {
    const band = Math.floor(below * (bounds.length + 1));
    const [from, to] = past.shown.value;
    const step = drawnStep;
    const start = Math.floor(at / step) * step;
    const { columns } = drawBands(past.storeFor(from, to, step), start, start + step, step);
    return (
      <p class="heat-key">
        <span>{bandName(bounds, band)}</span>
        <b>{s.fmt.value.count(columns[0]?.[band] ?? null)}</b>
      </p>
    );
  }
  return (
    <p class="heat-key">
      {!narrow && <span>{t("few")}</span>}
      <svg viewBox="0 0 40 10" aria-hidden="true">
        {INK.map((ink, i) => (
          <rect key={ink} x={i * 10} width="9" height="10" fill="var(--ink)" fill-opacity={ink / 100} />
        ))}
      </svg>
      <span>{t("many")}</span>
    </p>
  );
}

/** A list of the bands with what is in each: what a click on a row would be, for keys and touch too. */
export function BandMenu() {
  const { open, root, onKeyDown, close, toggle } = usePopover();
  const f = s.fmt.value;
  const bounds = s.hello.value?.bands_s ?? [];
  const [from, to] = past.shown.value;
  const filter = s.pending.value ?? s.filter.value;
  const choose = (i: number) => {
    close();
    setFilter(toggleBand(filter, bounds, i));
  };
  const counts = open ? countBands(from, to, bounds.length + 1) : [];
  const all = counts.reduce((sum, n) => sum + n, 0);
  return (
    <div
      class="menu-box"
      ref={root}
      onKeyDown={onKeyDown}
    >
      <button type="button" class="btn small" aria-expanded={open} onClick={toggle}>
        {t("bands")}
      </button>
      {open && (
        <div class="menu bands">
          <p class="faint">{t("bands_hint")}</p>
          {[...bounds, Infinity].map((_, i) => bounds.length - i).map((i) => (
            <button key={i} type="button" aria-pressed={holdsBand(filter, bounds, i)} disabled={counts[i] === 0} onClick={() => choose(i)}>
              <span>{bandName(bounds, i)}</span>
              <b>{f.count(counts[i] ?? 0)}</b>
              <span class="faint">{f.percent(all > 0 ? (counts[i] ?? 0) / all : null)}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function countBands(from: number, to: number, rows: number): number[] {
  const span = Math.max(1, to - from);
  const { columns } = drawBands(past.storeFor(from, to, span), from, to, span);
  const out = Array.from({ length: rows }, () => 0);
  for (const c of columns) c?.forEach((n, i) => (out[i] = (out[i] ?? 0) + n));
  return out;
}
