// What the error log says of an anomaly, and some of its lines: a click shows the second of one.

import { useMemo, useRef, useState } from "preact/hooks";
import { isRoot, seconds, span } from "../lib/anomaly";
import { grade } from "../lib/lines";
import { visible } from "../lib/text";
import { goToSecond } from "../past";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly, EventRow, Summary, TopRow } from "../wire";
import { filled, useAsked } from "./polled";
import { clockOf } from "./anomaly-words";
import { Value } from "./value";

/** Of a long incident the error log is read this far: the server looks through every line. */
const READ_S = 900;
const TEMPLATES = 3;
/** How often it is asked again while the incident goes on. */
const AGAIN_MS = 20_000;
const NEVER_MS = 3_600_000;

/** Kinds in which the error log has a part. */
function speaks(a: Anomaly): boolean {
  return a.filter !== null && !["client_flood", "scan", "traffic_up", "bytes"].includes(a.kind);
}

export function ErrorLog({ a, all }: { a: Anomaly; all: readonly Anomaly[] }) {
  const f = s.fmt.value;
  const [from, to] = span(a, a.end === null ? seconds(a.start) + READ_S : Infinity);
  const params = speaks(a) ? { from: String(from), to: String(Math.min(to, from + READ_S)), panels: `errors:requests:${TEMPLATES}` } : null;
  const { data, failed } = useAsked<Summary>("summary", params, a.end === null ? AGAIN_MS : NEVER_MS);
  const [whole, setWhole] = useState(false);
  // As it was when the answer came: of what comes since nothing is counted.
  const until = useMemo(() => Math.min(to, from + READ_S, s.serverNow() / 1000), [data, from, to]);
  // When it is over another time is asked for: until that comes, what is read stays.
  const last = useRef(data);
  if (data) last.current = data;
  if (params === null) return null;
  const rows = (last.current?.top["errors"] ?? []).slice(0, TEMPLATES);
  const told = all.filter((x) => x.incident === a.incident && x.kind === "new_error" && x.key !== null).map((x) => x.key);
  const isNew = (row: TopRow) => told.includes(row.value) || (row.first_seen !== undefined && seconds(row.first_seen) >= from - 5);
  // It comes later than the rest: whatever it says takes the room that stands here from the start, where there is a log.
  if (rows.length === 0) {
    if (filled.value?.has("errors") === false) return null;
    return (
      <>
        <h3>{t("an_log")}</h3>
        <p class="why-log-none dim">{t(last.current ? "an_log_none" : failed ? "aw_failed" : "an_loading")}</p>
      </>
    );
  }
  const fresh = rows.some(isNew);
  const shown = fresh ? rows.filter(isNew) : rows;
  return (
    <>
      <h3>
        <span>
          {t(fresh && isRoot(a) ? "an_log_new" : "an_log")}{" "}
          <span class="dim">{t(until < to && until >= from + READ_S ? "an_log_first" : "in_span", { s: f.span(Math.max(1, until - from)) })}</span>
        </span>
        {!whole && shown.length > 1 && (
          <button type="button" class="link" onClick={() => setWhole(true)}>
            {t("an_samples_all", { m: f.exact(shown.length) })}
          </button>
        )}
      </h3>
      <ul class={`why-log${whole ? " whole" : ""}`}>
        {(whole ? shown : shown.slice(0, 1)).map((row) => (
          <li key={row.value} title={row.sample === undefined ? undefined : visible(row.sample)}>
            <Value field="template" value={row.value} />
            <span class="dim">{t(row.requests === 1 ? "lines_1" : "lines_n", { n: f.count(row.requests) })}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

const SHOWN = 5;

export function Samples({ a }: { a: Anomaly }) {
  const [all, setAll] = useState(false);
  if (a.samples.length === 0) return null;
  const shown = all ? a.samples : a.samples.slice(0, SHOWN);
  const m = s.fmt.value.exact(a.samples.length);
  return (
    <>
      <h3>
        {t("an_samples", { n: shown.length, m })}
        {shown.length < a.samples.length && (
          <button type="button" class="link" onClick={() => setAll(true)}>
            {t("an_samples_all", { m })}
          </button>
        )}
      </h3>
      <ul class="why-samples">
        {shown.map((row, i) => (
          <li key={i} class={grade(row)}>
            <button type="button" title={t("an_sample_go", { t: clockOf(row.time) })} onClick={() => goToSecond(seconds(row.time))}>
              <Line row={row} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Line({ row }: { row: EventRow }) {
  const f = s.fmt.value;
  const time = f.clock(Date.parse(row.time));
  if (row.kind !== "access") {
    return (
      <>
        <time>{time}</time> <b class="st">{visible(row.level ?? row.kind)}</b> {visible(row.message ?? "–")}
      </>
    );
  }
  return (
    <>
      <time>{time}</time> <b class="st">{row.status ?? "–"}</b> {[row.method, row.path, row.remote_ip].filter(Boolean).map((x) => visible(x!)).join(" ")}
      {row.request_time_s !== undefined && row.request_time_s !== null && ` ${f.duration(row.request_time_s)}`}
    </>
  );
}
