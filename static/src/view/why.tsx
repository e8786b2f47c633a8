// Why: one anomaly from what it was to what it is, what changed with it, lines of it, and what to do.

import { useState } from "preact/hooks";
import * as anomalies from "../anomalies";
import { setFilter } from "../feed";
import { causesOf, childrenOf, filterFor, justBefore, mutesOf, rootOf, sameFilter, seconds, seenBefore } from "../lib/anomaly";
import { curl } from "../lib/export";
import { visible } from "../lib/text";
import { goToSecond } from "../past";
import { mayAdminister } from "../session";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly } from "../wire";
import { apartOf, clockOf, fieldName, filterWord, fullOf, lengthOf, limitOf, numberOf, timeOf, titleOf, USUAL, usualOf, valueOf } from "./anomaly-words";
import { Sheet } from "./drawer";
import { Gauge } from "./gauge";
import { Icon } from "./icons";
import { type Entry, openMenuAt } from "./menu";
import { Notices } from "./notices";
import { Severity, severityWord } from "./severity";
import { Value } from "./value";
import { ErrorLog, Samples } from "./why-lines";

export function Why({ id }: { id: string }) {
  const all = anomalies.known.value;
  const a = all.find((x) => x.id === id);
  if (!a) {
    const gone = anomalies.missing.value === id;
    return (
      <Sheet title={t(gone ? "an_gone" : "why")} about={id}>
        <p class="dim">{t(gone ? "an_gone_hint" : "an_loading")}</p>
      </Sheet>
    );
  }
  const incident = anomalies.incidents.value.find((x) => x.root.id === id);
  // An incident that began with a message or the host is told by what fails since.
  const tells = incident?.tells ?? a;
  return (
    <Sheet title={titleOf(tells)} about={id}>
      <Life a={incident?.whole ?? a} />
      <FromTo a={tells} />
      {tells !== a && <Origin a={a} />}
      <Before a={a} />
      <Causes a={tells} />
      <ErrorLog a={a} all={all} />
      <Samples a={tells.samples.length > 0 ? tells : a} />
      <Actions a={a} rows={tells} />
      <Related {...{ a, tells, all }} />
      <Earlier a={a} all={all} />
      <Notices />
    </Sheet>
  );
}

function lifeOf(a: Anomaly): string {
  if (a.end !== null) return t("an_from_to", { from: clockOf(a.start), to: clockOf(a.end), s: lengthOf(a) });
  const seen = t("an_seen_at", { t: clockOf(a.detected) });
  return a.usual_since === null ? `${seen}, ${t("an_open_since", { t: clockOf(a.start) })}, ${lengthOf(a)}` : `${seen}. ${timeOf(a)}`;
}

/** How serious, when it was seen, how long it has been. */
function Life({ a }: { a: Anomaly }) {
  return (
    <p class="why-life">
      <Severity n={a.severity} />
      <span>
        {t("severity", { n: a.severity })}, {severityWord(a.severity)}
      </span>
      <span class="faint">
        {lifeOf(a)}
      </span>
      {a.muted && (
        <span class="muted-flag" title={t("an_muted_hint")}>
          <Icon name="muted" /> {t("an_muted")}
        </span>
      )}
    </p>
  );
}

function FromTo({ a }: { a: Anomaly }) {
  const rule = limitOf(a) !== null;
  const never = !rule && a.expected === 0 && (a.high ?? 0) === 0 && a.low === null;
  const usual = a.learning ? t("an_usual_learning") : never ? t("an_no_usual") : usualOf(a, USUAL);
  const band = !a.learning && a.high !== null && a.high > 0 ? { low: Math.max(0, a.low ?? 0), high: a.high } : null;
  const peak = seconds(a.peak.time);
  // A new error's number is all of its lines, and its peak those of one second.
  const peakUnit = a.kind === "new_error" ? "per_s" : a.unit;
  return (
    <>
      <p class="from-to">
        {!rule && !a.learning && (
          <>
            <span class="from">{valueOf(a.expected, a.unit)}</span>
            <span class="faint">{t("an_to")}</span>
          </>
        )}
        <b class="anom">{numberOf(a)}</b>
        {apartOf(a) !== null && <span class="faint">{apartOf(a)}</span>}
        {fullOf(a) !== null && <b>{fullOf(a)}</b>}
        <button type="button" class="link" title={t("an_sample_go", { t: clockOf(peak) })} onClick={() => goToSecond(peak)}>
          {t("an_peak", { v: valueOf(a.peak.value, peakUnit), t: clockOf(peak) })}
        </button>
      </p>
      {usual && (
        <p class="why-usual">
          {band && <Gauge value={a.observed} band={band} label={usual} />}
          <span class="faint">{usual}</span>
        </p>
      )}
    </>
  );
}

/** What an incident began with, where it is called after something else. */
function Origin({ a }: { a: Anomaly }) {
  return (
    <p class="why-before">
      <Icon name="diamond" />
      <span>
        {t("an_follows")} <b>{titleOf(a)}</b>, {numberOf(a)}, {clockOf(a.start)}
      </span>
    </p>
  );
}

/** Deploys of the minutes before it. */
function Before({ a }: { a: Anomaly }) {
  const f = s.fmt.value;
  return (
    <>
      {justBefore(a, s.status.value?.markers ?? []).map(({ marker, earlier }) => (
        <p class="why-before" key={`${marker.time} ${marker.text}`}>
          <Icon name="flag" />
          <span>
            {t("an_just_before")} <b>{visible(marker.site ? `${marker.text}, ${marker.site}` : marker.text)}</b> {t("an_earlier", { t: clockOf(marker.time), s: f.span(earlier) })}
          </span>
        </p>
      ))}
    </>
  );
}

function Causes({ a }: { a: Anomaly }) {
  const f = s.fmt.value;
  if (a.explain.length === 0) {
    return (
      <>
        <h3>{t("an_changed")}</h3>
        <p class="dim">{t(a.filter === null ? "an_no_rows" : "an_unexplained")}</p>
      </>
    );
  }
  return (
    <>
      <h3 id="why-changed">{t("an_changed")}</h3>
      <table class="causes" aria-labelledby="why-changed">
        <colgroup>
          <col />
          <col class="c-change" />
          <col class="c-share" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{t("an_value")}</th>
            <th scope="col">{t("an_was_is")}</th>
            <th scope="col">{t("an_explains")}</th>
          </tr>
        </thead>
        <tbody>
          {causesOf(a).map((c) => (
            <tr key={`${c.field} ${c.value}`}>
              <td>
                <span class="cause">
                  <span class="dim">{fieldName(c.field)}</span>
                  <Value field={filterWord(c.field)} value={c.value} />
                </span>
              </td>
              <td>
                <span class="dim">
                  {a.learning && c.expected === 0 ? t("tpl_new") : valueOf(c.expected, c.unit || a.unit)} {t("an_to")}
                </span>{" "}
                <b>{valueOf(c.observed, c.unit || a.unit)}</b>
              </td>
              <td>
                <span class="share" aria-hidden="true">
                  <i style={{ width: `${Math.max(2, Math.min(1, Math.max(0, c.share)) * 100)}%` }} />
                </span>
                <b>{f.percent(Math.max(0, c.share))}</b>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Until when, as the server reads it. */
const MUTES = [["an_mute_1h", "1h"], ["an_mute_8h", "8h"], ["an_mute_week", "7d"], ["an_mute_good", null]] as const;

/** What to do with it; `rows` is whose requests are filtered to. */
function Actions({ a, rows }: { a: Anomaly; rows: Anomaly }) {
  const [failed, setFailed] = useState(false);
  const wanted = filterFor(rows);
  const filter = s.pending.value ?? s.filter.value;
  const on = wanted !== null && wanted !== "" && sameFilter(filter, wanted);
  const tryIt = (deed: Promise<void>) => {
    setFailed(false);
    deed.catch(() => setFailed(true));
  };
  const muting = (): Entry[] => [
    { heading: t("an_mute_what") },
    ...MUTES.map(([label, until]) => ({ label: t(label), run: () => tryIt(anomalies.mute(a, until)) })),
  ];
  const unmute = async () => {
    await anomalies.loadMutes();
    const own = mutesOf(a, anomalies.mutes.peek() ?? []);
    // Covered by a wider one: which that is to be, the list lets choose.
    if (own.length === 0) anomalies.show(anomalies.LIST);
    else await anomalies.unmute(own.map((m) => m.id), a);
  };
  const link = new URL(`?anomaly=${encodeURIComponent(a.id)}`, document.baseURI);
  link.username = link.password = "";
  const copies = (): Entry[] => [
    { label: t("an_copy_link"), copies: link.href },
    { label: t("an_copy_json"), copies: `${JSON.stringify(a, null, 2)}\n` },
    { label: t("an_copy_curl"), copies: curl(document.baseURI, `api/v1/anomalies/${encodeURIComponent(a.id)}`, {}) },
  ];
  return (
    <div class="why-acts">
      {wanted !== null && wanted !== "" && (
        <button type="button" class={`btn small${on ? "" : " primary"}`} data-act="filter" onClick={() => setFilter(on ? "" : wanted)}>
          <Icon name={on ? "close" : "funnel"} /> {t(on ? "an_filter_off" : "an_filter")}
        </button>
      )}
      <button type="button" class="btn small" data-act="start" onClick={() => goToSecond(seconds(a.start))}>
        <Icon name="back" /> {t("an_start")}
      </button>
      {!mayAdminister.value ? null : a.muted ? (
        <button type="button" class="btn small" data-act="unmute" onClick={() => tryIt(unmute())}>
          <Icon name="bell" /> {t("an_unmute")}
        </button>
      ) : (
        <button type="button" class="btn small" data-act="mute" aria-haspopup="menu" onClick={(e) => openMenuAt(e, t("an_mute"), muting)}>
          <Icon name="muted" /> {t("an_mute")}
        </button>
      )}
      <button type="button" class="btn small" data-act="copy" aria-haspopup="menu" onClick={(e) => openMenuAt(e, t("an_copy"), copies)}>
        <Icon name="copy" /> {t("an_copy")}
      </button>
      {failed && (
        <p class="some5" role="alert">
          {t("an_mute_failed")}
        </p>
      )}
    </div>
  );
}

/** What it follows from, and what follows from it. */
function Related({ a, tells, all }: { a: Anomaly; tells: Anomaly; all: readonly Anomaly[] }) {
  const root = rootOf(a, all);
  const rest = childrenOf(root, all).filter((x) => x.id !== a.id);
  return (
    <>
      {root.id !== a.id && (
        <>
          <h3>{t("an_follows")}</h3>
          <Others of={[root]} />
        </>
      )}
      {root.id === a.id && rest.length > 0 && (
        <>
          <h3>{t(tells === a ? "an_related" : "an_members")}</h3>
          <Others of={rest} />
        </>
      )}
    </>
  );
}

function Others({ of }: { of: readonly Anomaly[] }) {
  return (
    <ul class="incident-rows">
      {of.map((x) => (
        <li key={x.id}>
          <button type="button" data-anomaly={x.id} onClick={() => anomalies.show(x.id)}>
            <Icon name="diamond" />
            <span class="title">{titleOf(x)}</span>
            <span class="dim">{numberOf(x)}</span>
            <span class="faint">{clockOf(x.start)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const EARLIER = 3;

function Earlier({ a, all }: { a: Anomaly; all: readonly Anomaly[] }) {
  const before = seenBefore(a, all).slice(0, EARLIER);
  if (before.length === 0) return null;
  return <p class="faint why-earlier">{t("an_before", { l: before.map((x) => t("an_before_for", { t: clockOf(x.start), s: lengthOf(x) })).join(" · ") })}</p>;
}
