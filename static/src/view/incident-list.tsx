// All incidents: what goes on first, then what is over; what follows from an incident stands under it.
// Muted ones are said to be, and mutes are taken back here.

import { useEffect, useState } from "preact/hooks";
import * as anomalies from "../anomalies";
import { kindsOf, listed } from "../lib/anomaly";
import { visible } from "../lib/text";
import { mayAdminister } from "../session";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly, AnomalyKind, Mute } from "../wire";
import { clockOf, kindName, lengthOf, numberOf, titleOf } from "./anomaly-words";
import { Sheet } from "./drawer";
import { Icon } from "./icons";
import { Notices } from "./notices";
import { Severity } from "./severity";

export function IncidentList() {
  const all = anomalies.known.value;
  const [kind, setKind] = useState<AnomalyKind | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    // What the feed told stays where the server does not answer.
    anomalies.loadAll(stop.signal).catch(() => undefined);
    if (!s.guest.peek()) anomalies.loadMutes(stop.signal).catch(() => undefined);
    return () => stop.abort();
  }, []);
  const { open, past } = listed(all, kind);
  const kinds = kindsOf(all);
  return (
    <Sheet title={t("an_list")} about={anomalies.LIST}>
      <div class="list-tools">
        {kinds.length > 1 && (
          <label class="select small">
            <span class="hidden">{t("al_kind")}</span>
            <select value={kind ?? ""} onChange={(e) => setKind((e.currentTarget.value || null) as AnomalyKind | null)}>
              <option value="">{t("al_all")}</option>
              {kinds.map((k) => (
                <option key={k} value={k}>
                  {kindName(k)}
                </option>
              ))}
            </select>
            <Icon name="down" />
          </label>
        )}
        {!s.guest.value && (
          <button type="button" class="btn small" data-act="why-second" onClick={() => anomalies.show(anomalies.SECOND)}>
            {t("al_why")}
          </button>
        )}
      </div>
      <h3>{t("al_open")}</h3>
      {open.length > 0 ? <Rows of={open} nested={kind === null} /> : <p class="dim">{t("al_none_open")}</p>}
      {past.length > 0 && <h3>{t("al_past")}</h3>}
      {past.length > 0 && <Rows of={past} nested={kind === null} />}
      {all.length === 0 && <p class="dim">{t("al_none")}</p>}
      <Mutes />
      <Notices />
    </Sheet>
  );
}

/** Each incident with what follows from it; one that is called after one of those is followed by all others. */
function Rows({ of, nested }: { of: readonly Anomaly[]; nested: boolean }) {
  const ids = new Set(of.map((a) => a.id));
  const under = (a: Anomaly) => nested && a.incident !== a.id && ids.has(a.incident);
  const incidents = anomalies.incidents.value;
  return (
    <ul class="incident-rows">
      {of
        .filter((a) => !under(a))
        .map((a) => {
          const incident = nested ? incidents.find((x) => x.root.id === a.id) : undefined;
          const tells = incident?.tells ?? a;
          const rest = of.filter((x) => under(x) && x.incident === a.id && x.id !== tells.id);
          return (
            <li key={a.id}>
              <Row a={a} whole={incident?.whole ?? a} tells={tells} />
              {rest.length > 0 && (
                <ul>
                  {rest.map((x) => (
                    <li key={x.id}>
                      <Row a={x} />
                    </li>
                  ))}
                </ul>
              )}
            </li>
          );
        })}
    </ul>
  );
}

/** `whole` has the time that is shown, `tells` the title and the number. */
function Row({ a, whole = a, tells = a }: { a: Anomaly; whole?: Anomaly; tells?: Anomaly }) {
  return (
    <button type="button" class={whole.end === null && !a.muted ? "going-on" : undefined} data-anomaly={a.id} onClick={() => anomalies.show(a.id)}>
      <Severity n={a.severity} />
      <span class="title">
        {titleOf(tells)}
        {tells !== a && <span class="follows">{t("an_follows_from", { a: titleOf(a) })}</span>}
        {whole.end === null && whole.usual_since !== null && <span class="follows">{t("al_calm", { t: clockOf(whole.usual_since) })}</span>}
        {a.muted && (
          <span class="muted-flag">
            <Icon name="muted" /> {t("an_muted")}
          </span>
        )}
      </span>
      <span class="dim">{numberOf(tells)}</span>
      <span class="faint when">
        {clockOf(whole.start)} <span>{lengthOf(whole)}</span>
      </span>
    </button>
  );
}

function Mutes() {
  const mutes = anomalies.mutes.value;
  const [failed, setFailed] = useState(false);
  if (!mutes || mutes.length === 0) return null;
  const unmute = (mute: Mute) => {
    setFailed(false);
    anomalies.unmute([mute.id]).catch(() => setFailed(true));
  };
  return (
    <>
      <h3>{t("al_mutes")}</h3>
      <ul class="mute-rows">
        {mutes.map((m) => (
          <li key={m.id}>
            <span class="title">
              {m.kind ? titleOf({ kind: m.kind, site: null, key: m.key }) : m.key ? visible(m.key) : !m.filter && t("al_everything")} {m.filter && <code>{visible(m.filter)}</code>}
              {m.note && <span class="dim"> {visible(m.note)}</span>}
            </span>
            <span class="faint">{m.until === null ? t("an_mute_good") : t("an_mute_until", { t: clockOf(m.until) })}</span>
            {mayAdminister.value && (
              <button type="button" class="btn small" onClick={() => unmute(m)}>
                {t("an_unmute")}
              </button>
            )}
          </li>
        ))}
      </ul>
      {failed && (
        <p class="some5" role="alert">
          {t("an_mute_failed")}
        </p>
      )}
    </>
  );
}
