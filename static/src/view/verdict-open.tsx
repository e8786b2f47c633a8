// What the verdict says of the unusual: an incident that goes on, that nothing does, that it is learnt yet.

import * as anomalies from "../anomalies";
import { firstCause, learning, seconds } from "../lib/anomaly";
import { sentence, visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Anomaly } from "../wire";
import { apartOf, clockOf, factOf, filterWord, fullOf, numberOf, timeOf, titleOf } from "./anomaly-words";
import { Icon } from "./icons";
import { Value } from "./value";
import { Box } from "./verdict";

/**
 * An incident in a sentence or two: what, how much, where, since when, and what it follows from; of one that stopped
 * first that it did.
 */
export function OpenIncident({ of }: { of: Anomaly }) {
  const all = anomalies.heads.value;
  const i = all.findIndex((x) => x.id === of.id);
  const a = anomalies.tellsOf(of);
  const title = titleOf(a);
  const n = t("an_n_of", { i: i + 1, n: all.length });
  const fact = factOf(a);
  const full = fullOf(a);
  const apart = apartOf(a);
  // That it stopped is what one wants to read first, and on a phone all there is room for.
  const whole = anomalies.wholeOf(of);
  const calm = whole.usual_since !== null;
  const cause = calm ? null : firstCause(a);
  return (
    <Box
      kind={calm ? "open calm" : "open"}
      icon={<Icon name="diamond" />}
      title={title}
      said={all.length > 1 ? `${t("an_began", { a: title })}, ${n}` : t("an_began", { a: title })}
      action={
        <span class="verdict-acts">
          {all.length > 1 && (
            <>
              <span class="dim">{n}</span>
              <button type="button" class="btn small" aria-label={t("an_next_of")} title={`${t("an_next_of")} (n)`} onClick={() => anomalies.step(1)}>
                {t("an_next")}
              </button>
            </>
          )}
          <WhyButton a={of} />
        </span>
      }
    >
      {calm && `${timeOf(whole)} `}
      <b class="anom">{sentence(numberOf(a))}</b>
      {apart !== null && ` (${apart})`}
      {full !== null && (
        <>
          , <b>{full}</b>
        </>
      )}
      {fact ? `${full || a.learning ? "," : ""} ${fact}` : ""}
      {cause && (
        <span class="first-cause">
          , {s.wall.value ? <span class="mono">{visible(cause.value) || t("empty_value")}</span> : <Value field={filterWord(cause.field)} value={cause.value} />} {t("an_of_it", { p: s.fmt.value.percent(Math.min(1, cause.share)) })}
        </span>
      )}
      .{!calm && ` ${timeOf(whole)}`}
      {a !== of && ` ${t("an_follows_from", { a: titleOf(of) })}`}
    </Box>
  );
}

export function WhyButton({ a }: { a: Anomaly }) {
  const shown = s.drawer.value === a.id;
  return (
    <button type="button" class="btn small" data-why={a.id} aria-expanded={shown} aria-controls={shown ? "drawer" : undefined} title={`${t("why")} (y)`} onClick={() => anomalies.toggle(a.id)}>
      {t("why")}
    </button>
  );
}

/** What went on in the shown second or range of the past; each opens its drawer. */
export function OpenThen() {
  const all = anomalies.then.value;
  const a = anomalies.head.value;
  if (all.length === 0 || !a) return null;
  const i = all.findIndex((x) => x.id === a.id);
  const title = titleOf(anomalies.tellsOf(a));
  return (
    <span class="open-then">
      <span class="dim">{t("an_then")}</span>
      <button type="button" class="link anom" aria-expanded={s.drawer.value === a.id} title={`${title} (y)`} onClick={() => anomalies.toggle(a.id)}>
        <Icon name="diamond" />
        <span>{title}</span>
      </button>
      {all.length > 1 && (
        <button type="button" class="link" aria-label={t("an_next_of")} title={`${t("an_next_of")} (n)`} onClick={() => anomalies.step(1)}>
          {t("an_n_of", { i: i + 1, n: all.length })}
        </button>
      )}
    </span>
  );
}

const DAY_S = 86_400;
/** So long after the first line the page stops saying that it learns: some kinds may never have anything to learn from. */
const LEARNS_S = 900;

/** Whether anything looks for the unusual, and whether it knows enough to. */
export function watched(): "no" | "learns" | "yes" {
  const seen = anomalies.seen.value;
  const learns = learning(seen);
  if (learns === null) return "no";
  const oldest = s.status.value?.kept.oldest ?? null;
  const young = oldest !== null && s.newest.value / 1000 - oldest < LEARNS_S;
  return learns && young ? "learns" : "yes";
}

/** How many incidents there were in a day, which opens their list. */
export function IncidentsLink() {
  const since = s.newest.value / 1000 - DAY_S;
  const n = anomalies.incidents.value.filter(({ whole }) => whole.end === null || seconds(whole.end) >= since).length;
  if (n === 0 && watched() === "no") return null;
  return (
    <button type="button" class="link" data-incidents aria-expanded={s.drawer.value === anomalies.LIST} title={`${t("an_list")} (a)`} onClick={() => anomalies.toggle(anomalies.LIST)}>
      {n === 0 ? t("incidents") : n === 1 ? t("incidents_1") : t("incidents_n", { n: s.fmt.value.exact(n) })}
    </button>
  );
}

/** `Last incident ended 10:59.` */
export function lastEnded(): string | null {
  const ends = anomalies.known.value.flatMap((a) => (a.end === null || a.muted ? [] : [seconds(a.end)]));
  const last = Math.max(0, ...ends);
  return last > s.newest.value / 1000 - DAY_S ? t("nothing_last", { t: clockOf(last) }) : null;
}
