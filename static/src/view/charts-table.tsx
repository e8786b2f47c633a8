// The charts as a table: the same numbers, newest first, for reading and for screen readers.

import { Fragment } from "preact";
import * as anomalies from "../anomalies";
import { overlaps } from "../lib/anomaly";
import { type Drawn, drawBands } from "../lib/series";
import { storeFor } from "../past";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly } from "../wire";
import { opensWhy, titleOf } from "./anomaly-words";
import { bandName } from "./heat";
import type { Mode } from "./shapes";

export function ChartsTable(props: { drawn: Drawn; range: readonly [number, number]; mode: Mode }) {
  const { drawn, mode } = props;
  const f = s.fmt.value;
  const c = drawn.cols;
  const bounds = s.hello.value?.bands_s ?? [];
  const [from, to] = props.range;
  // What is drawn begins before the range, so that its lines come in from the edge.
  const rows = drawn.t.flatMap((at, i) => (at + drawn.bucket > from && at < to ? [i] : [])).reverse();
  const dated = f.day(from * 1000) !== f.day(to * 1000 - 1);
  const zoned = rows.some((i) => f.twice(drawn.t[i]! * 1000));
  const bands = mode === "heat" ? drawBands(storeFor(from, to, drawn.bucket), from, to, drawn.bucket) : null;
  const now = s.newest.value / 1000;
  const unusual = anomalies.known.value.filter((a) => overlaps(a, from, to, now));
  const column = new Map(bands?.t.map((at, i) => [at, bands.columns[i] ?? null]));
  return (
    <table>
      <caption class="hidden">{t("when")}</caption>
      <thead>
        <tr>
          <th scope="col" class={`${dated ? "dated " : ""}${zoned ? "zoned" : ""}`}>
            {t("time")}
          </th>
          {bands ? (
            [...bounds, Infinity].map((_, i) => (
              <th scope="col" key={i}>
                {bandName(bounds, i)}
              </th>
            ))
          ) : (
            <>
              <th scope="col">{t("req_s")}</th>
              <th scope="col">2xx</th>
              <th scope="col">3xx</th>
              <th scope="col">4xx</th>
              <th scope="col">5xx</th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
              {mode === "upstream" ? (
                <>
                  <th scope="col">{t("upstream_p", { p: "p50" })}</th>
                  <th scope="col">{t("upstream_p", { p: "p95" })}</th>
                </>
              ) : (
                <th scope="col">p99</th>
              )}
              <th scope="col">{t("sent")}</th>
              <th scope="col">{t("cpu")}</th>
              <th scope="col">{t("memory")}</th>
            </>
          )}
          {unusual.length > 0 && (
            <th scope="col" class="left unusual-head">
              {t("unusual")}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((i) => (
          <tr key={drawn.t[i]}>
            <th scope="row">
              {dated && `${f.day(drawn.t[i]! * 1000)} `}
              {f.clock(drawn.t[i]! * 1000)}
            </th>
            {bands ? (
              [...bounds, Infinity].map((_, b) => {
                const n = column.get(drawn.t[i]!)?.[b];
                return (
                  <td key={b} class={n === 0 ? "faint" : undefined}>
                    {f.count(n ?? null)}
                  </td>
                );
              })
            ) : (
              <>
                <td>{f.rate(c.requests[i] ?? null)}</td>
                <td>{f.rate(c.s2xx[i] ?? null)}</td>
                <td>{f.rate(c.s3xx[i] ?? null)}</td>
                <td>{f.rate(c.s4xx[i] ?? null)}</td>
                <td>{f.rate(c.s5xx[i] ?? null)}</td>
                <td>{f.duration(c.p50_s[i] ?? null)}</td>
                <td>{f.duration(c.p95_s[i] ?? null)}</td>
                {mode === "upstream" ? (
                  <>
                    <td>{f.duration(c.upstream_p50_s[i] ?? null)}</td>
                    <td>{f.duration(c.upstream_p95_s[i] ?? null)}</td>
                  </>
                ) : (
                  <td>{f.duration(c.p99_s[i] ?? null)}</td>
                )}
                <td>{f.perSecond(f.bytes(c.bytes_out[i] ?? null))}</td>
                <td>{f.percent(c.cpu[i] ?? null)}</td>
                <td>{f.percent(c.memory[i] ?? null)}</td>
              </>
            )}
            {unusual.length > 0 && <Unusual of={unusual.filter((a) => overlaps(a, drawn.t[i]!, drawn.t[i]! + drawn.bucket, now))} />}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Unusual({ of }: { of: readonly Anomaly[] }) {
  return (
    <td class="left unusual-cell">
      {of.map((a, i) => (
        <Fragment key={a.id}>
          {i > 0 && ", "}
          <button type="button" class="link" title={opensWhy(a)} onClick={() => anomalies.show(a.id)}>
            {titleOf(a)}
          </button>
        </Fragment>
      ))}
    </td>
  );
}
