// The events lane: deploys and other marks of the operator, incidents as bars with their names; one sign that
// counts them where they are too near to be pressed apart.

import { useMemo, useRef, useState } from "preact/hooks";
import * as anomalies from "../anomalies";
import { seconds, span, weight } from "../lib/anomaly";
import { cluster, type Mark, ONE, place, type Placed, stretch, union } from "../lib/marks";
import { visible } from "../lib/text";
import { putBack, remove, removed, same } from "../markers";
import { goToSecond } from "../past";
import { mayAdminister } from "../session";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly, Marker } from "../wire";
import { opensWhy, titleOf } from "./anomaly-words";
import { Icon } from "./icons";
import { usePopover } from "./popover";

/** Longest text on the lane, pixels; the whole text is in the title and for the focus. */
const TEXT_PX = 220;
const FLAG_PX = 20;
/** Where the text of one begins, and on the wall: half a diamond and the gap. */
const TEXT_AT_PX = [10, 20] as const;
/** Between the text and how many more, and beside the text. */
const GAP_PX = 4;
/** The least of a text, with its flag and without how many more, that still says something. */
const LEAST_PX = 64;
/** Half of a sign, and on the wall. */
const SIGN_PX = [6, 9] as const;

export type Deploy = Mark & { marker: Marker };
/** Of an incident the whole of it, what it is called after, and its members. */
export type Event = Mark & { marker?: Marker; open?: boolean; gone?: boolean; anomaly?: Anomaly; tells?: Anomaly; members?: readonly Anomaly[] };

const deploy = (marker: Marker): Deploy => ({
  at: Math.floor(Date.parse(marker.time) / 1000),
  text: marker.site ? `${marker.text}, ${marker.site}` : marker.text,
  marker,
});

/** A tick that was on its way may still tell of one that is gone. */
export function deploys(): Deploy[] {
  return (s.status.value?.markers ?? []).filter((m) => !removed.value.some((gone) => same(gone, m))).map(deploy);
}

/** Incidents by their names; what follows from one is part of it. */
export function incidents(): Event[] {
  return anomalies.incidents.value.map(({ whole, tells, members }) => ({ at: seconds(whole.start), text: titleOf(tells), anomaly: whole, tells, members, open: whole.end === null }));
}

let ruler: CanvasRenderingContext2D | null = null;

function widthOf(text: string, font: number): number {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return text.length * font * 0.6;
  ruler.font = `${font}px ${getComputedStyle(document.documentElement).getPropertyValue("--sans")}`;
  return Math.ceil(ruler.measureText(text).width);
}

/** What a mark is called, and how many others are in it, which is never cut off. */
interface Name {
  text: string;
  more: string;
}

/** More than all that an incident weighs: for one that is not over, and as much for one of which nothing is as usual again. */
const OPEN = 100;

/** Among others an incident is what one wants to read, one that goes on before all, and of several the worst that visitors feel. */
function rank(m: Event): number {
  if (!m.anomaly || !m.tells) return 0;
  return 10 + weight(m.anomaly.severity, m.tells.kind) + (m.open ? OPEN : 0) + (m.open && m.anomaly.usual_since === null ? OPEN : 0);
}

function lead(group: Event[]): Event {
  return group.reduce((a, b) => (rank(b) > rank(a) ? b : a));
}

/** How many others are in a group. */
function moreOf(group: readonly Event[]): string {
  return `+${s.fmt.value.exact(group.length - 1)}`;
}

/** The same however many it counts, and wherever it begins in the range: its menu is open, or it has the focus. */
function keyOf(m: Event): string {
  return m.anomaly?.id ?? `${m.at} ${m.text}`;
}

/** When its bar begins within the range: what began before and reaches into it is named at the edge. */
function seenFrom({ at, members = [] }: Event, [from]: readonly [number, number], now: number): number {
  const spans = at < from ? members.map((a) => span(a, now)).filter(([, end]) => end > from) : [];
  return spans.length > 0 ? Math.max(from, Math.min(...spans.map(([start]) => start))) : at;
}

export function MarksLane(props: { range: readonly [number, number]; width: number; top: number; height: number; still: boolean }) {
  const { range, width, height, still } = props;
  const font = still ? 18 : 12;
  const known = anomalies.known.value;
  const now = s.newest.value / 1000;
  const name = (group: Event[]): Name => {
    const first = lead(group);
    if (group.length > 1 && !first.anomaly) return { text: t("marks_n", { n: group.length }), more: "" };
    return { text: visible(first.text), more: group.length > 1 ? moreOf(group) : "" };
  };
  const widthOfMore = ({ more }: Name) => (more ? GAP_PX + widthOf(more, font) : 0);
  const measure = (group: Event[]) => {
    const said = name(group);
    return FLAG_PX * (font / 12) + Math.min(TEXT_PX * (font / 12), widthOf(said.text, font)) + 2 * GAP_PX + widthOfMore(said);
  };
  const least = (group: Event[]) => LEAST_PX * (font / 12) + widthOfMore(name(group));
  const more = (group: Event[]) => (group.length > 1 ? FLAG_PX * (font / 12) + widthOf(moreOf(group), font) + 2 * GAP_PX : 0);
  const placed = useMemo(
    () => {
      const gone = still ? [] : removed.value.map((marker) => ({ ...deploy(marker), gone: true }));
      const marks: Event[] = [...deploys(), ...gone, ...incidents().map((m) => ({ ...m, at: seenFrom(m, range, now), spans: m.members!.map((a) => span(a, now)) }))];
      return place(marks, range, width, { measure, rank, least, more, flag: TEXT_AT_PX[still ? 1 : 0], sign: SIGN_PX[still ? 1 : 0] });
    },
    [s.status.value?.markers, removed.value, known, range[0], range[1], width, font, s.lang.value],
  );
  // One for each incident, the longest below: one that goes on for hours has no other in it that does not show.
  const bars = (muted: boolean) =>
    anomalies.incidents.value
      .filter(({ root }) => root.muted === muted)
      .flatMap(({ root, members }) => union(members.flatMap((a) => stretch(span(a, now), range, width) ?? [])).map((at) => ({ id: root.id, ...at })))
      .sort((a, b) => b.width - a.width);
  const high = BAR_PX[still ? 1 : 0];
  const bar = (at: { id: string; left: number; width: number }, kind: string) => (
    <i key={`${kind} ${at.id} ${at.left}`} class={kind} style={{ left: `${at.left}px`, width: `${at.width}px`, top: `${props.top + (height - high) / 2}px`, height: `${high}px` }} aria-hidden="true" />
  );
  return (
    <>
      {bars(true).map((at) => bar(at, "incident-bar muted"))}
      {bars(false).map((at) => bar(at, "incident-bar"))}
      {/* What is counted in another still has its sign. */}
      {counted(placed, range, width).map(({ x, of }) => (
        <span key={`${of[0]!.at} ${of[0]!.text}`} class="mark-counted" style={{ left: `${x}px`, top: `${props.top}px`, height: `${height}px` }} aria-hidden="true">
          <Sign of={of} />
        </span>
      ))}
      <ul class="marks" style={{ top: `${props.top}px`, height: `${height}px`, width: `${width}px` }} aria-label={t("lane_events")}>
        {placed.map((p) => (
          <li key={keyOf(lead(p.marks))} style={{ left: `${p.left}px`, width: `${p.right - p.left}px` }}>
            {still ? <Flag placed={p} name={name(p.marks)} /> : <MarkButton placed={p} name={name(p.marks)} width={width} />}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Where marks begin that others count, but for deploys under the name of several. */
function counted(placed: readonly Placed<Event>[], [from, to]: readonly [number, number], width: number): { x: number; of: Event[] }[] {
  const at = placed.flatMap((p) => p.marks.map((it) => ({ x: ((it.at - from) / (to - from)) * width, it })));
  const free = (x: number) => placed.every((p) => Math.abs(x - p.x) >= ONE && (p.said === "nothing" || x < p.left || x > p.right || x < p.x + p.over));
  return cluster(at, ONE).filter(({ x }) => free(x));
}

/** Height of a bar, and on the wall. */
const BAR_PX = [18, 30] as const;

function classOf(placed: Placed<Event>): string {
  const turned = placed.said === "nothing" ? " alone" : placed.left < placed.x ? " turned" : "";
  const gone = placed.marks.every((m) => m.gone) ? " gone" : "";
  return `mark-button${turned}${gone}${placed.marks.some((m) => m.anomaly) ? " unusual" : ""}`;
}

function Sign({ of }: { of: readonly Event[] }) {
  return of.some((m) => m.anomaly) ? <Diamond /> : <Icon name="flag" />;
}

export function Diamond() {
  return (
    <svg class="diamond" viewBox="0 0 12 12" aria-hidden="true">
      <path d="m6 0 6 6-6 6-6-6z" />
    </svg>
  );
}

function Label({ placed, name }: { placed: Placed<Event>; name: Name }) {
  return (
    <>
      <Sign of={placed.marks} />
      {placed.said !== "nothing" && (
        <span class="mark-name" style={placed.over > 0 ? { marginLeft: `${placed.over}px` } : undefined}>
          {placed.said === "name" && <span>{name.text}</span>}
          {(placed.said === "more" || name.more) && <span class="mark-more">{moreOf(placed.marks)}</span>}
        </span>
      )}
    </>
  );
}

function Flag({ placed, name }: { placed: Placed<Event>; name: Name }) {
  return (
    <span class={classOf(placed)}>
      <Label placed={placed} name={name} />
    </span>
  );
}

function follow(m: Event): void {
  if (m.anomaly) anomalies.show(m.anomaly.id);
  else goToSecond(m.at);
}

/** How wide the menu of a mark is, and on a phone. */
const MENU_PX = [340, 276] as const;

function MarkButton({ placed, name, width }: { placed: Placed<Event>; name: Name; width: number }) {
  const { open, root, onKeyDown, close, toggle } = usePopover();
  const f = s.fmt.value;
  const { marks } = placed;
  const full = (m: Event) => (m.anomaly ? opensWhy(m.anomaly, m.tells) : `${f.clock(m.at * 1000)} ${visible(m.text)}${m.gone ? ` (${t("marker_gone")})` : ""}`);
  const may = mayAdminister.value;
  const wide = MENU_PX[width < MENU_PX[0] ? 1 : 0];
  // What there is to do with it beside going there is in its menu.
  const one = marks.length === 1 && !(may && marks[0]!.marker) ? marks[0]! : null;
  return (
    <div
      ref={root}
      onKeyDown={onKeyDown}
    >
      <button
        type="button"
        class={classOf(placed)}
        title={marks.map(full).join("\n")}
        aria-label={marks.length === 1 ? full(marks[0]!) : placed.said === "name" ? undefined : `${name.text} ${name.more}`.trim()}
        aria-expanded={one ? (one.anomaly ? s.drawer.value === one.anomaly.id : undefined) : open}
        data-anomaly={one?.anomaly?.id}
        onClick={() => (one ? follow(one) : toggle())}
      >
        <Label placed={placed} name={name} />
      </button>
      {open && (
        <div class="menu marks-menu" style={{ width: `${wide}px`, left: `${Math.max(0, Math.min(placed.left, width - wide)) - placed.left}px` }}>
          {marks.map((m) => (
            <div key={keyOf(m)}>
              <button
                type="button"
                class={m.anomaly ? "go unusual" : m.gone ? "go gone" : "go"}
                onClick={() => {
                  close();
                  follow(m);
                }}
              >
                <time>{f.clock(m.anomaly ? Date.parse(m.anomaly.start) : m.at * 1000)}</time>
                {m.anomaly && <Diamond />}
                <span>{visible(m.text)}</span>
              </button>
              {may && m.marker && <Remove of={m} marker={m.marker} />}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** Takes a marker away, and puts it back while it is still in sight. */
function Remove({ of, marker }: { of: Event; marker: Marker }) {
  const [failed, setFailed] = useState(false);
  const busy = useRef(false);
  const change = async () => {
    if (busy.current) return;
    busy.current = true;
    await (of.gone ? putBack(marker) : remove(marker)).then(
      () => setFailed(false),
      () => setFailed(true),
    );
    busy.current = false;
  };
  return (
    <>
      <button type="button" class="btn small" aria-label={t(of.gone ? "marker_back_of" : "marker_remove_of", { v: visible(of.text) })} onClick={() => void change()}>
        {t(of.gone ? "marker_back" : "marker_remove")}
      </button>
      {failed && (
        <p role="alert" class="warning">
          {t("an_mute_failed")}
        </p>
      )}
    </>
  );
}
