// The events lane: deploys and other marks of the operator, one that counts them where they would
// overlap. Bars and diamonds of incidents have the lower half of the lane to themselves.

import { useMemo } from "preact/hooks";
import { type Mark, place, type Placed } from "../lib/marks";
import { visible } from "../lib/text";
import { goToSecond } from "../past";
import * as s from "../state";
import { t } from "../state";
import type { Marker } from "../wire";
import { Icon } from "./icons";
import { usePopover } from "./popover";

/** Longest text on the lane, pixels; the whole text is in the title and for the focus. */
const TEXT_PX = 220;
const FLAG_PX = 20;

export type Deploy = Mark & { marker: Marker };

export function deploys(): Deploy[] {
  return (s.status.value?.markers ?? []).map((marker) => ({
    at: Math.floor(Date.parse(marker.time) / 1000),
    text: marker.site ? `${marker.text}, ${marker.site}` : marker.text,
    marker,
  }));
}

let ruler: CanvasRenderingContext2D | null = null;

function widthOf(text: string, font: number): number {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return text.length * font * 0.6;
  ruler.font = `${font}px ${getComputedStyle(document.documentElement).getPropertyValue("--sans")}`;
  return Math.min(TEXT_PX * (font / 12), Math.ceil(ruler.measureText(text).width)) + FLAG_PX * (font / 12);
}

export function MarksLane(props: { range: readonly [number, number]; width: number; top: number; height: number; still: boolean }) {
  const { range, width, height, still } = props;
  const marks = deploys();
  const font = still ? 18 : 12;
  const name = (group: Deploy[]) => (group.length === 1 ? visible(group[0]!.text) : t("marks_n", { n: group.length }));
  const placed = useMemo(
    () => place(marks, range, width, (group) => widthOf(name(group), font)),
    [s.status.value?.markers, range[0], range[1], width, font, s.lang.value],
  );
  return (
    <ul class="marks" style={{ top: `${props.top}px`, height: `${height}px`, width: `${width}px` }} aria-label={t("lane_events")}>
      {placed.map((p) => (
        <li key={`${p.marks[0]!.at} ${p.marks.length}`} style={{ left: `${p.left}px`, width: `${p.right - p.left}px` }}>
          {still ? <Flag placed={p} text={name(p.marks)} /> : <MarkButton placed={p} text={name(p.marks)} />}
        </li>
      ))}
    </ul>
  );
}

function Flag({ placed, text }: { placed: Placed<Deploy>; text: string }) {
  const turned = placed.left < placed.x;
  return (
    <span class={turned ? "mark-button turned" : "mark-button"}>
      <Icon name="flag" />
      <span>{text}</span>
    </span>
  );
}

function MarkButton({ placed, text }: { placed: Placed<Deploy>; text: string }) {
  const { open, root, onKeyDown, close, toggle } = usePopover();
  const f = s.fmt.value;
  const { marks } = placed;
  const full = (m: Deploy) => `${f.clock(m.at * 1000)} ${visible(m.text)}`;
  const turned = placed.left < placed.x;
  return (
    <div
      ref={root}
      onKeyDown={onKeyDown}
    >
      <button
        type="button"
        class={turned ? "mark-button turned" : "mark-button"}
        title={marks.map(full).join("\n")}
        aria-label={marks.length === 1 ? full(marks[0]!) : undefined}
        aria-expanded={marks.length > 1 ? open : undefined}
        onClick={() => (marks.length > 1 ? toggle() : goToSecond(marks[0]!.at))}
      >
        <Icon name="flag" />
        <span>{text}</span>
      </button>
      {open && (
        <div class={`menu marks-menu${placed.x > 200 ? "" : " right"}`}>
          {marks.map((m, i) => (
            <button
              key={i}
              type="button"
              onClick={() => {
                close();
                goToSecond(m.at);
              }}
            >
              <time>{f.clock(m.at * 1000)}</time>
              <span>{visible(m.text)}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
