// What a pointer does on the charts: a click goes to a second, a drag zooms, with Shift it pans; the
// wheel with Ctrl zooms where the pointer is; a finger moves the playhead.

import { signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { between, pan, type Range, zoomAt } from "../lib/range";
import * as past from "../past";
import * as s from "../state";

/** Pixels that are still a click. */
const STILL = 4;
/** A notch of the wheel, in the way browsers count pixels. */
const NOTCH = 400;
/** Two clicks within this are one double click, milliseconds. */
const DOUBLE_MS = 500;

/** Where the pointer is, pixels below the top of the charts; the time it is at is `s.cursor`. */
export const pointerY = signal<number | null>(null);

interface Held {
  kind: "drag" | "pan" | "touch";
  x: number;
  range: Range;
  moved: boolean;
}

/** `named` says which second the pointer's flag has at a time, for that is the one that a click opens. */
export function useGestures(host: RefObject<HTMLDivElement | null>, width: number, named: (at: number) => number | null) {
  const held = useRef<Held | null>(null);
  /** Where the playhead was before the first click of two. */
  const was = useRef<{ at: number | null; when: number }>({ at: null, when: 0 });
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const [panning, setPanning] = useState(false);

  const xOf = (e: MouseEvent) => {
    const box = host.current!.getBoundingClientRect();
    return Math.min(width, Math.max(0, e.clientX - box.left));
  };
  const timeAt = (x: number, range: Range = past.shown.peek()) => range[0] + (x / Math.max(1, width)) * (range[1] - range[0]);

  // Not by the attribute: listeners on the wheel are passive there, and the page would zoom too.
  useEffect(() => {
    const el = host.current;
    if (!el) return;
    const wheel = (e: WheelEvent) => {
      if (!e.ctrlKey) return;
      e.preventDefault();
      const unit = e.deltaMode === 0 ? 1 : 33;
      const factor = 2 ** (Math.max(-NOTCH, Math.min(NOTCH, e.deltaY * unit)) / NOTCH);
      past.zoomTo(zoomAt(past.shown.peek(), timeAt(xOf(e)), factor, past.kept()), s.zoom.peek() === null);
      s.cursor.value = timeAt(xOf(e));
    };
    el.addEventListener("wheel", wheel, { passive: false });
    return () => el.removeEventListener("wheel", wheel);
  });

  return {
    drag,
    panning,
    on: {
      onPointerDown(e: PointerEvent) {
        if (e.button !== 0 || s.status.peek() === null) return;
        const x = xOf(e);
        const kind = e.pointerType === "touch" ? "touch" : e.shiftKey ? "pan" : "drag";
        held.current = { kind, x, range: past.shown.peek(), moved: false };
        (e.currentTarget as Element).setPointerCapture(e.pointerId);
        if (kind === "pan") setPanning(true);
      },
      onPointerMove(e: PointerEvent) {
        const x = xOf(e);
        const h = held.current;
        pointerY.value = e.clientY - host.current!.getBoundingClientRect().top;
        if (!h) {
          if (e.pointerType !== "touch") s.cursor.value = timeAt(x);
          return;
        }
        if (!h.moved && Math.abs(x - h.x) < STILL) return;
        const first = !h.moved;
        h.moved = true;
        if (h.kind === "touch") past.goToSecond(timeAt(x), false);
        else if (h.kind === "pan") {
          const by = ((h.x - x) / Math.max(1, width)) * (h.range[1] - h.range[0]);
          past.zoomTo(pan(h.range, by, past.kept()), first && s.zoom.peek() === null);
        } else {
          s.cursor.value = timeAt(x);
          setDrag([h.x, x]);
        }
      },
      onPointerUp(e: PointerEvent) {
        const h = held.current;
        held.current = null;
        setDrag(null);
        setPanning(false);
        if (!h) return;
        const x = xOf(e);
        if (!h.moved) {
          // The second click of a double click must not forget where the first one came from.
          if (e.timeStamp - was.current.when > DOUBLE_MS) was.current = { at: s.at.peek(), when: e.timeStamp };
          const at = timeAt(x);
          if (h.kind !== "pan") past.goToSecond(named(at) ?? at);
        } else if (h.kind === "drag") {
          past.zoomTo(between(timeAt(h.x), timeAt(x), past.kept()));
          s.cursor.value = timeAt(x);
        }
        past.settle();
      },
      onPointerCancel() {
        held.current = null;
        setDrag(null);
        setPanning(false);
      },
      onPointerLeave() {
        s.cursor.value = null;
        pointerY.value = null;
      },
      onDblClick() {
        s.at.value = was.current.at;
        s.zoom.value = null;
        s.writeAddress(false);
      },
      /** With the focus on the charts, arrows move the playhead. */
      onKeyDown(e: KeyboardEvent) {
        if (e.ctrlKey || e.metaKey || e.altKey) return;
        const [from, to] = past.shown.peek();
        const few = Math.max(1, Math.round(((to - from) / Math.max(1, width)) * 3));
        const steps = { ArrowLeft: -few, ArrowRight: few, PageUp: few * 20, PageDown: -few * 20 }[e.key];
        if (steps !== undefined) past.step(steps * (e.shiftKey ? 10 : 1));
        else if (e.key === "Home") past.goToSecond(Math.ceil(from));
        else if (e.key === "End") past.backToLive();
        else return;
        e.preventDefault();
      },
    },
  };
}
