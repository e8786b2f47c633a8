// All of it: the whole time that is kept as one curve, with a brush on what is shown. The brush is
// dragged, resized at its edges, or moved by arrow keys.

import { useLayoutEffect, useRef } from "preact/hooks";
import { between, pan, type Range, resize } from "../lib/range";
import { tickLabel, timeTicks } from "../lib/scale";
import { draw, type Store } from "../lib/series";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import { StripDiamonds } from "./anomaly-marks";
import { token } from "./plot";
import { deploys } from "./marks";

const HEIGHT = 36;
const AXIS = 16;
/** What a finger or a pointer can hit. */
const GRIP_PX = 24;
/** A brush over more than this share of the strip can't be moved: a drag in it is a new one. */
const MOVABLE = 0.9;
/** Pixels that are still a click. */
const STILL = 4;

type Part = "from" | "to" | "body" | "new";

export function Strip({ width }: { width: number }) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const held = useRef<{ part: Part; x: number; range: Range; moved: boolean } | null>(null);
  const f = s.fmt.value;
  // Until it came, the live curve is what is known of it.
  const store = past.wholeStore.value ?? s.store.current;
  const version = s.version.value;
  const light = s.light.value;
  const [oldest, end] = past.kept();
  const all: Range = [oldest, Math.max(end, oldest + 1)];
  const live = past.isLive.value;
  const range = past.shown.value;
  const at = s.at.value;
  const px = (time: number) => ((time - all[0]) / (all[1] - all[0])) * width;
  // What was before all that is kept would stand in the words beside the strip.
  const inside = (time: number) => time >= all[0] && time < all[1];
  const clamp = (x: number) => Math.max(0, Math.min(width, x));
  const left = clamp(px(range[0]));
  const right = clamp(Math.max(px(range[1]), left + 3));

  useLayoutEffect(() => {
    const el = canvas.current;
    if (el && width > 0) paint(el, width, HEIGHT, store, all);
  }, [store, version, light, width]);

  const timeAt = (e: PointerEvent) => {
    const box = host.current!.getBoundingClientRect();
    return all[0] + (clamp(e.clientX - box.left) / Math.max(1, width)) * (all[1] - all[0]);
  };
  const onDown = (e: PointerEvent) => {
    if (e.button !== 0 || !known) return;
    const on = (e.target as HTMLElement).dataset["part"] as Part | undefined;
    const part: Part = on === undefined || (on === "body" && right - left > width * MOVABLE) ? "new" : on;
    host.current!.setPointerCapture(e.pointerId);
    held.current = { part, x: timeAt(e), range, moved: false };
  };
  const onMove = (e: PointerEvent) => {
    const h = held.current;
    if (!h) return;
    const time = timeAt(e);
    if (!h.moved && Math.abs(px(time) - px(h.x)) < STILL) return;
    const next =
      h.part === "body"
        ? pan(h.range, time - h.x, all)
        : h.part === "new"
          ? between(h.x, time, all)
          : resize(h.range, h.part, time, all);
    past.zoomTo(next, !h.moved);
    h.moved = true;
  };
  const onUp = () => {
    const h = held.current;
    held.current = null;
    past.settle();
    if (!h || h.moved) return;
    // A click outside brings the brush there, as long as it was.
    if (h.part === "new") past.zoomTo(pan(h.range, h.x - (h.range[0] + h.range[1]) / 2, all));
  };
  const onKey = (part: Part) => (e: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10 }[e.key];
    if (by === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    const unit = (range[1] - range[0]) / 20;
    const move = by * Math.max(1, unit) * (e.shiftKey ? 5 : 1);
    past.zoomTo(part === "body" ? pan(range, move, all) : resize(range, part as "from" | "to", (part === "from" ? range[0] : range[1]) + move, all), false);
  };
  const handle = (part: "from" | "to" | "body", x: number, wide: number, value: number, text: string, name: string) => (
    <span
      key={part}
      class={`handle ${part}`}
      data-part={part}
      role="slider"
      tabIndex={0}
      aria-label={name}
      aria-valuemin={Math.floor(all[0])}
      aria-valuemax={Math.ceil(all[1])}
      aria-valuenow={Math.round(Math.min(all[1], Math.max(all[0], value)))}
      aria-valuetext={text}
      style={{ left: `${x}px`, width: `${wide}px` }}
      onKeyDown={onKey(part)}
    />
  );
  const marks = timeTicks(all[0], all[1], width, 96, (at) => f.offset(at * 1000));
  const known = s.status.value !== null;
  const middle = (left + right) / 2;
  const body = Math.max(GRIP_PX, right - left);
  const clock = (v: number) => f.clock(v * 1000);
  return (
    <div class="whole" style={{ height: `${HEIGHT + AXIS + 4}px` }}>
      <p class="whole-name">
        <strong>{t("all_of_it")}</strong> {known && <span class="faint">{f.span(all[1] - all[0])}</span>}
      </p>
      <div
        class={`whole-plot ${live ? "" : "past"}`}
        ref={host}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={() => (held.current = null)}
        onDblClick={() => past.zoomTo(null)}
      >
        <canvas ref={canvas} style={{ width: `${width}px`, height: `${HEIGHT}px` }} aria-hidden="true" />
        <svg width={width} height={HEIGHT + AXIS} aria-hidden="true">
          <path class="grid" d={`M0 ${HEIGHT - 0.5}H${width}`} />
          {deploys().map((m, i) => inside(m.at) && (
            <path key={i} class="mark-tick" d={`M${Math.round(px(m.at)) + 0.5} 0v6`} />
          ))}
          <rect class="brush-box" x={left} y={0.5} width={Math.max(3, right - left)} height={HEIGHT - 1} />
          <path class="brush-edge" d={`M${left} 8V${HEIGHT - 8}M${right} 8V${HEIGHT - 8}`} />
          {at !== null && inside(at) && <path class="cursor" d={`M${Math.round(px(at)) + 0.5} 0V${HEIGHT}`} />}
          {marks.map((m) => (
            <text key={m} class="time" x={Math.max(18, Math.min(width - 18, px(m)))} y={HEIGHT + 13}>
              {tickLabel(m, marks, f)}
            </text>
          ))}
        </svg>
        {known && (
          <>
            {handle("body", middle - body / 2, body, (range[0] + range[1]) / 2, `${clock(range[0])} – ${clock(range[1])}`, t("brush_range"))}
            {handle("from", middle - body / 2 - GRIP_PX, GRIP_PX, range[0], clock(range[0]), t("brush_from"))}
            {handle("to", middle + body / 2, GRIP_PX, range[1], clock(range[1]), t("brush_to"))}
            <StripDiamonds width={width} from={all[0]} to={all[1]} />
          </>
        )}
      </div>
    </div>
  );
}

/** Requests as one line over a light ground, errors as their own below it; what is missing is a gap. */
function paint(el: HTMLCanvasElement, width: number, height: number, store: Store, all: Range): void {
  const ratio = devicePixelRatio;
  el.width = Math.round(width * ratio);
  el.height = Math.round(height * ratio);
  const ctx = el.getContext("2d");
  if (!ctx || store.t.length === 0) return;
  ctx.scale(ratio, ratio);
  const whole = draw(store, all[0] - store.step, store.end, store.step);
  // What came since is in the live curve.
  const live = s.store.current;
  const since = draw(live, store.end, all[1], Math.max(store.step, live.step));
  const times = [...whole.t, ...since.t];
  const values = [...whole.cols.requests, ...since.cols.requests];
  const top = Math.max(1, ...values.map((v) => v ?? 0)) * 1.15;
  const x = (at: number) => ((at - all[0]) / (all[1] - all[0])) * width;
  const y = (v: number) => height - 1 - (v / top) * (height - 4);
  for (const fill of [true, false]) {
    ctx.beginPath();
    let begun: number | null = null;
    let lastX = 0;
    const close = () => {
      if (fill && begun !== null) {
        ctx.lineTo(lastX, height);
        ctx.lineTo(begun, height);
      }
      begun = null;
    };
    times.forEach((at, i) => {
      const v = values[i];
      if (v === null || v === undefined) return close();
      const left = Math.max(0, x(i === 0 ? at : at + store.step / 2));
      const right = i === times.length - 1 ? width : left;
      if (begun === null) {
        begun = left;
        ctx.moveTo(left, y(v));
      }
      ctx.lineTo(left, y(v));
      ctx.lineTo(right, y(v));
      lastX = right;
    });
    close();
    if (fill) {
      ctx.globalAlpha = 0.07;
      ctx.fillStyle = token("ink");
      ctx.fill();
    } else {
      ctx.globalAlpha = 1;
      ctx.strokeStyle = token("ink2");
      ctx.lineWidth = 1.25;
      ctx.stroke();
    }
  }
}
