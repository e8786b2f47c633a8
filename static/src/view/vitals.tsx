// Six numbers: how much, now, or in the second or range of the past that is shown; compared, each
// says how it changed. Each has its usual range, where the detectors know one.

import type { ComponentChildren } from "preact";
import { known, seen } from "../anomalies";
import { pastOf } from "../asked";
import { type Band, bands } from "../lib/anomaly";
import { change } from "../lib/compare";
import { type Parts, UNKNOWN } from "../lib/format";
import { length, means, type Numbers, UNKNOWN_ALL } from "../lib/means";
import { latest } from "../lib/series";
import { within } from "../lib/text";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import type { Key } from "../lib/i18n";
import { backName, beforeUnkept } from "./compare";
import { Gauge } from "./gauge";
import { Swatch } from "./icons";
import { NOW_S } from "./gutter";

/** Growth from here on is said as a multiple: four digits of per cent say nothing. */
const MANY = 9;

type Row = NonNullable<ReturnType<typeof past.second>>;

function ofRow(row: Row): Numbers {
  const share = (n: number | null) => (row.requests === null || row.requests === 0 ? null : (n ?? 0) / row.requests);
  return {
    requests: row.requests,
    s5xx: share(row.s5xx),
    s4xx: share(row.s4xx),
    p95: row.p95_s,
    visitors: row.visitors,
    sent: row.bytes_out,
  };
}

/** Of which the server counts who is there now. */
const VISITORS_S = 300;

/** The numbers, and what they are of; `of` is how many seconds, where nothing else on the page says it, and `visitorsOf` that of visitors. */
function read(): { now: Numbers; title: Key; visitorsNote: Key; of?: number; visitorsOf?: number } {
  const status = s.status.value;
  const scope = s.scope.value;
  if (scope.live) {
    const compared = s.compare.value === null ? null : s.compared.value;
    if (compared?.before) {
      return { now: means(compared), title: "vital_compared", visitorsNote: "visitors_range_note", of: length(compared) };
    }
    const now = status ? ofRow(latest(s.store.current, NOW_S)) : UNKNOWN_ALL;
    return { now: { ...now, visitors: status?.visitors_now ?? null }, title: "vital_note", visitorsNote: "visitors_note", visitorsOf: VISITORS_S };
  }
  const of = pastOf.value;
  const sum = s.past.value;
  const answered = sum !== null && of !== null && of.from === scope.from && of.to === scope.to;
  if (s.at.value !== null) {
    // The curve has this second at once; the answer, which says the same, comes a little later.
    const row = past.second(s.at.value);
    const now = row ? ofRow(row) : answered ? means(sum) : UNKNOWN_ALL;
    return { now, title: "vital_second", visitorsNote: "visitors_second_note", visitorsOf: 1 };
  }
  // While a range is dragged, what the curve says; distinct visitors and percentiles only the answer can.
  const row = answered ? null : past.over(scope.from, scope.to);
  const now = answered ? means(sum) : row ? { ...ofRow(row), p95: null, visitors: null } : UNKNOWN_ALL;
  return { now, title: "vital_range", visitorsNote: "visitors_range_note" };
}

export function Vitals() {
  s.version.value;
  const f = s.fmt.value;
  const status = s.status.value;
  const { now, title, visitorsNote, of, visitorsOf = of } = read();
  const live = s.scope.value.live;
  const sum = live ? status?.summary : null;
  const compared = s.compare.value === null ? null : s.compared.value;
  const earlier = compared?.before ? means(compared.before) : null;
  // Where nothing of the time before is kept, the page is as without a comparison.
  const alone = s.compare.value === null || (earlier === null && beforeUnkept());
  const back = s.compare.value === null ? "" : backName(s.compare.value);

  const whole = (n: number | undefined) => (sum && sum.requests > 0 ? f.percent((n ?? 0) / sum.requests) : "");
  const oldest = status?.kept.oldest ?? null;
  const young = oldest !== null && s.newest.value / 1000 - oldest < s.windowS.value;
  const over = (v: string) => {
    if (!v || v === UNKNOWN || !sum) return "";
    return young ? t("in_since", { v, t: f.minute(oldest * 1000) }) : t("in_window", { v, w: f.span(s.windowS.value) });
  };
  /** What it was before, and how much more or less it is now; that before is so long ago has no room beside it. */
  const note = (name: keyof Numbers, write: (v: number) => string, plain: string): Note => {
    if (alone) return { short: plain, long: plain };
    const was = earlier?.[name];
    if (was === null || was === undefined) return { short: "", long: "" };
    const c = change(now[name], was);
    const said = c === null ? "" : c.kind === "new" ? t("new_now") : c.kind === "same" ? f.percent(0) : `${c.kind === "up" ? "▲" : "▼"}${c.share >= MANY ? t("as_many", { n: f.count(Math.round(c.share + 1)) }) : f.percent(c.share)}`;
    const vars = { s: back, v: write(was), c: said };
    return said ? { short: t("was_change", vars), long: t("minus_change", vars) } : { short: t("was", vars), long: t("minus", vars) };
  };
  const percent = (v: number) => {
    const p = f.percentParts(v);
    return `${p.value}${p.unit}`;
  };
  const sent = f.bytesParts(now.sent);
  const rateOfBytes = (v: number) => f.perSecond(f.bytes(v));
  // What is usual is known of now and of all traffic, not of a filter's part or of the past.
  const usual = live && alone && s.filter.value === "" && seen.value ? bands(seen.value, now.requests, known.value) : {};
  const around = (band: Band | undefined, value: number | null, write: (v: number) => string, of = (range: string) => range) =>
    band && value !== null ? { band, value, said: of(within(band.low > 0 ? write(band.low) : null, write(band.high))) } : undefined;
  const untimed = sum != null && sum.requests > 0 && sum.latency_s.p95 === null;
  const inSpan = (seconds: number | undefined) => (seconds === undefined ? "" : t("in_span", { s: f.span(seconds) }));
  const span = inSpan(of);
  return (
    <dl class="vitals" id="vitals">
      <Vital name={t("requests")} of={span} parts={{ value: s.at.value === null ? f.rate(now.requests) : f.count(now.requests), unit: now.requests === null ? "" : t("per_s") }} note={note("requests", f.rate, over(f.count(sum?.requests ?? null)))} title={t(title)} id="requests" usual={around(usual.requests, now.requests, f.rate)} />
      <Vital mark={<Swatch kind="s5" />} name={t("r5xx")} of={span} parts={f.percentParts(now.s5xx)} note={note("s5xx", percent, over(whole(sum?.status["5xx"])))} title={t(title)} id="s5xx" usual={around(usual.s5xx, now.s5xx, percent)} />
      <Vital mark={<Swatch kind="s4" />} name={t("r4xx")} of={span} parts={f.percentParts(now.s4xx)} note={note("s4xx", percent, over(whole(sum?.status["4xx"])))} title={t(title)} id="s4xx" usual={around(usual.s4xx, now.s4xx, percent)} />
      <Vital name={t("latency_p95")} of={span} parts={f.durationParts(now.p95)} note={untimed ? { short: t("no_latency"), long: t("no_latency") } : note("p95", f.duration, over(f.duration(sum?.latency_s.p95 ?? null)))} title={t(title)} id="p95" />
      <Vital name={t("visitors_range")} of={inSpan(visitorsOf)} parts={{ value: f.count(now.visitors), unit: "" }} note={note("visitors", f.count, over(f.count(sum?.visitors ?? null)))} title={t(visitorsNote)} id="visitors" />
      <Vital name={t("sent")} of={span} parts={{ value: sent.value, unit: sent.unit && f.perSecond(sent.unit) }} note={note("sent", rateOfBytes, over(f.bytes(sum?.bytes_out ?? null)))} title={t(title)} id="sent" usual={around(usual.sent, now.sent, f.bytes, f.perSecond)} />
    </dl>
  );
}

interface Note {
  short: string;
  /** For whoever points at it. */
  long: string;
}

interface Usual {
  band: Band;
  value: number;
  /** The range in words. */
  said: string;
}

function Vital(props: { name: string; of: string; mark?: ComponentChildren; parts: Parts; note: Note; title: string; id: string; usual?: Usual | undefined }) {
  const { usual } = props;
  const outside = usual !== undefined && (usual.value < usual.band.low || usual.value > usual.band.high);
  return (
    <div title={props.note.long ? `${props.title}. ${props.note.long}` : props.title} data-vital={props.id}>
      <dt>
        {props.mark}
        {props.name}
        {props.of && <span class="vital-of">{props.of}</span>}
      </dt>
      <dd class="note">{props.note.short}</dd>
      <dd class={outside ? "big anom" : "big"}>
        {props.parts.value}
        {props.parts.unit && <small>{props.parts.unit}</small>}
      </dd>
      {usual && (
        <dd class="usual-range">
          <Gauge value={usual.value} band={usual.band} label={t(outside ? "band_outside" : "band_inside", { u: usual.said })} />
          <span aria-hidden="true">
            <span class="in-words">{t("band_of", { u: usual.said })}</span>
            <span class="in-figures">{usual.said}</span>
          </span>
        </dd>
      )}
    </div>
  );
}
