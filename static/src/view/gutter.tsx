// The gutter: names of the lanes, and their values at the second under the pointer, at the playhead,
// or now.

import type { ComponentChildren } from "preact";
import { outdated } from "../asked";
import { holds } from "../lib/filter";
import { ratesOf } from "../lib/means";
import { type Column, type Drawn, latest, meansOf, others, type Row, timesOf } from "../lib/series";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import { HeatKey } from "./heat";
import { Stroke, Swatch } from "./icons";
import { click } from "./panels";
import { bucketAt, type Lane, type LaneName, type Mode, type Shape } from "./shapes";

/** What "now" means: long enough that numbers can be read, short enough to be now. */
export const NOW_S = 10;

export function Gutter(props: { lanes: Lane[]; drawn: Drawn; axisTop: number; shape: Shape; mode: Mode; named: number | null }) {
  const { lanes, drawn, shape, mode } = props;
  const f = s.fmt.value;
  const cursor = s.cursor.value;
  const playhead = s.at.value;
  const read = cursor === null ? -1 : bucketAt(drawn, cursor);
  const still = read < 0 && playhead !== null;
  const scope = s.scope.value;
  const [from, to] = past.shown.value;
  // Of the second or range of the past that is shown; null while the answer is under way.
  const answer = outdated.value ? null : s.past.value;
  const told = { ...timesOf(answer), ...ratesOf(answer) };
  const now: Partial<Row> | null =
    read >= 0 || !s.status.value
      ? null
      : still
        ? (past.second(playhead) ?? { ...(past.gone(playhead + 1) ? null : atBucket(drawn, playhead)), ...told })
        : scope.live
          ? latest(s.store.current, NOW_S)
          : { ...meansOf(drawn, scope.from, scope.to), ...told };
  const value = (c: Column): number | null => (read >= 0 ? (drawn.cols[c][read] ?? null) : (now?.[c] ?? null));
  const net = value("rx") === null ? null : (value("rx") ?? 0) + (value("tx") ?? 0);
  // By what is drawn, not by the second that is read: the row must not come and go under the pointer.
  const someOther = drawn.t.some((_, i) => (others((c) => drawn.cols[c][i]) ?? 0) > 0);
  const other = others(value);
  const answered = value("s2xx") === null ? null : (value("s2xx") ?? 0) + (value("s3xx") ?? 0) + (someOther ? (other ?? 0) : 0);
  const box = (name: LaneName, children: ComponentChildren) => {
    const lane = lanes.find((l) => l.name === name);
    if (!lane) return null;
    const top = shape !== "narrow" ? lane.top : name === "requests" ? 0 : name === "errors" ? 26 : lane.top - 22;
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
  const status = (kind: "s2" | "s3" | "s4" | "s5", text: string) => {
    const name = `${kind[1]}xx`;
    if (shape === "wall") return row(<Swatch kind={kind} />, name, text);
    const chosen = holds(s.pending.value ?? s.filter.value, "status", name) === "only";
    return (
      <button
        type="button"
        class="class-row"
        aria-pressed={chosen}
        title={t("row_title", { v: name })}
        onClick={(e) => click(e, "status", name)}
      >
        {row(<Swatch kind={kind} />, name, text)}
      </button>
    );
  };
  const p = (kind: "p50" | "p95" | "p99") => row(mode === "heat" ? null : <Stroke kind={kind} />, kind, f.duration(value(`${kind}_s`)));
  const at = props.named ?? (still ? playhead : null);
  return (
    <div class="gutter">
      {box(
        "requests",
        <>
          <h3>
            {t("requests")} <small>{t("per_second")}</small>
          </h3>
          {shape === "strip" ? (
            row(<Swatch kind="s2" />, `2xx, 3xx${someOther ? `, ${t("status_other")}` : ""}`, f.rate(answered))
          ) : (
            <>
              {status("s2", f.rate(value("s2xx")))}
              {status("s3", f.rate(value("s3xx")))}
              {someOther && (
                <div class="class-row" title={t("status_other_note")}>
                  {row(<Swatch kind="other" />, t("status_other"), f.rate(other))}
                </div>
              )}
            </>
          )}
        </>,
      )}
      {box(
        "errors",
        <>
          {status("s5", f.rate(value("s5xx")))}
          {status("s4", f.rate(value("s4xx")))}
        </>,
      )}
      {box(
        "latency",
        mode === "upstream" ? (
          <>
            <h3>{t("latency")}</h3>
            {p("p50")}
            {row(<Stroke kind="p50" dashed />, t("upstream_short"), f.duration(value("upstream_p50_s")))}
            {p("p95")}
            {row(<Stroke kind="p95" dashed />, t("upstream_short"), f.duration(value("upstream_p95_s")))}
          </>
        ) : (
          <>
            <h3>{t("latency")}</h3>
            {mode === "heat" && <HeatKey narrow={shape === "narrow"} lane={lanes.find((l) => l.name === "latency")!} />}
            {p("p50")}
            {p("p95")}
            {p("p99")}
          </>
        ),
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
      {box(
        "events",
        <p>
          <strong>{t("lane_events")}</strong>
        </p>,
      )}
      {shape !== "strip" && (
        <div class="gut axis" style={{ top: `${props.axisTop}px` }}>
          {at !== null ? (
            <b>{t("at", { t: f.clock(at * 1000) })}</b>
          ) : (
            <span class="faint">{f.zones(from * 1000, to * 1000)}</span>
          )}
        </div>
      )}
    </div>
  );
}

function atBucket(drawn: Drawn, at: number): Row | null {
  const i = bucketAt(drawn, at);
  if (i < 0) return null;
  return Object.fromEntries(Object.entries(drawn.cols).map(([c, col]) => [c, col[i] ?? null])) as Row;
}
