// Six numbers: how much, now. The usual range of each comes with the detectors; until then each
// says what the shown time adds up to.

import type { ComponentChildren } from "preact";
import { type Parts, UNKNOWN } from "../lib/format";
import { latest } from "../lib/series";
import * as s from "../state";
import { t } from "../state";
import { Swatch } from "./icons";
import { NOW_S } from "./lanes";

export function Vitals() {
  s.version.value;
  const f = s.fmt.value;
  const status = s.status.value;
  const now = status ? latest(s.store.current, NOW_S) : null;
  const sum = status?.summary;
  const requests = now?.requests ?? null;
  const share = (n: number | null | undefined) =>
    requests === null ? null : requests === 0 ? 0 : (n ?? 0) / requests;
  const whole = (n: number | undefined) => (sum && sum.requests > 0 ? f.percent((n ?? 0) / sum.requests) : "");
  const oldest = status?.kept.oldest ?? null;
  const young = oldest !== null && s.newest.value / 1000 - oldest < s.windowS.value;
  const over = (v: string) => {
    if (!v || v === UNKNOWN || !sum) return "";
    return young ? t("in_since", { v, t: f.minute(oldest * 1000) }) : t("in_window", { v, w: f.span(s.windowS.value) });
  };
  const sent = f.bytesParts(now?.bytes_out ?? null);
  const untimed = sum !== undefined && sum.requests > 0 && sum.latency_s.p95 === null;
  const slow = now?.p95_s ?? null;
  return (
    <dl class="vitals" id="vitals">
      <Vital name={t("requests")} parts={{ value: f.rate(requests), unit: requests === null ? "" : t("per_s") }} note={over(f.count(sum?.requests ?? null))} title={t("vital_note")} id="requests" />
      <Vital mark={<Swatch kind="s5" />} name={t("r5xx")} parts={f.percentParts(share(now?.s5xx))} note={over(whole(sum?.status["5xx"]))} title={t("vital_note")} id="s5xx" />
      <Vital mark={<Swatch kind="s4" />} name={t("r4xx")} parts={f.percentParts(share(now?.s4xx))} note={over(whole(sum?.status["4xx"]))} title={t("vital_note")} id="s4xx" />
      <Vital name={t("latency_p95")} parts={f.durationParts(slow)} note={untimed ? t("no_latency") : over(f.duration(sum?.latency_s.p95 ?? null))} title={t("vital_note")} id="p95" />
      <Vital name={t("visitors_now")} parts={{ value: f.count(status?.visitors_now ?? null), unit: "" }} note={over(f.count(sum?.visitors ?? null))} title={t("visitors_note")} id="visitors" />
      <Vital name={t("sent")} parts={{ value: sent.value, unit: sent.unit && f.perSecond(sent.unit) }} note={over(f.bytes(sum?.bytes_out ?? null))} title={t("vital_note")} id="sent" />
    </dl>
  );
}

function Vital(props: { name: string; mark?: ComponentChildren; parts: Parts; note: string; title: string; id: string }) {
  return (
    <div title={props.title} data-vital={props.id}>
      <dt>
        {props.mark}
        {props.name}
      </dt>
      <dd class="note">{props.note}</dd>
      <dd class="big">
        {props.parts.value}
        {props.parts.unit && <small>{props.parts.unit}</small>}
      </dd>
    </div>
  );
}
