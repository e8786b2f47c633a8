// One sentence: what to think of the page now. It claims nothing that nothing looked at.

import { useEffect } from "preact/hooks";
import { announce } from "../announce";
import * as anomalies from "../anomalies";
import { toggleLive } from "../feed";
import { isAbsent } from "../lib/absent";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Accounting, FormatChange, SourceInfo, Status } from "../wire";
import { go } from "./header";
import { Circle, Icon } from "./icons";
import { matchesNone, RemoveTerm } from "./no-match";
import { PastBar } from "./past-bar";
import { IncidentsLink, lastEnded, OpenIncident, watched } from "./verdict-open";

/** A source that said nothing for this long is quiet; no judgement, only the fact. */
export const QUIET_MS = 60_000;

/** A change of a source's format is news for so long. */
const NEWS_MS = 600_000;

/** The newest change of the source's format, while it is news. */
export function changedLately(source: SourceInfo): FormatChange | undefined {
  const change = source.changes[source.changes.length - 1];
  return change && s.serverNow() - change.at_ms < NEWS_MS ? change : undefined;
}

export function total(of: { [key: string]: number | undefined }): number {
  return Object.values(of).reduce<number>((sum, n) => sum + (n ?? 0), 0);
}

/** What is received and neither counted nor named; never anything but zero. */
export function unaccounted(a: Accounting): number {
  return a.received - a.counted - a.unparsed - total(a.rejected) - total(a.dropped) - a.in_flight;
}

export function Verdict() {
  const status = s.status.value;
  const f = s.fmt.value;
  const stopped = s.stopped.value;

  const off = status ? unaccounted(status.summary.accounting) : 0;
  if (!s.scope.value.live && off === 0) return <PastBar />;
  if (s.stale.value || (s.link.value === "waiting" && s.heardAt.value > 0)) {
    const left = Math.ceil((s.retryAt.value - s.now.value) / 1000);
    return (
      <Box kind="stale" icon={<Icon name="broken" />} title={t("not_live", { t: f.clock(s.newest.value) })}>
        {stopped !== null ? `${t("server_stopped")} ` : `${t("not_live_hint")} `}
        {s.link.value === "waiting" && left > 0 ? t("not_live_again", { s: f.span(left) }) : t("not_live_trying")}
      </Box>
    );
  }
  if (!status) {
    return (
      <Box kind="" icon={<Circle />} title={t("connecting_title")} said="">
        {t("connecting_hint")}
      </Box>
    );
  }
  if (off !== 0) {
    return (
      <Box kind="fault" icon={<Icon name="triangle" />} title={t("unbalanced")}>
        {t("unbalanced_hint", { n: f.exact(off) })}
      </Box>
    );
  }
  if (s.paused.value) {
    return (
      <Box
        kind="past"
        icon={<Icon name="pause" />}
        title={t("paused_at", { t: f.clock(s.pausedAt.value) })}
        action={
          <button type="button" class="btn small primary" onClick={toggleLive}>
            {t("back_to_live")}
          </button>
        }
      >
        {t("paused_hint", { s: f.span((s.serverNow() - s.pausedAt.value) / 1000) })}
      </Box>
    );
  }
  const changed = status.sources
    .map((source) => ({ source, change: changedLately(source) }))
    .filter((x) => x.change !== undefined && x.change.at_ms > s.changeSeen.value)
    .sort((a, b) => b.change!.at_ms - a.change!.at_ms)[0];
  const incident = anomalies.head.value;
  // The incident of a change knows less of it than the source does: neither format, nor what is empty since.
  const isSaid = changed !== undefined && anomalies.heads.value.length === 1 && incident?.kind === "format_drift" && incident.key === changed.source.name;
  if (incident && !isSaid) return <OpenIncident of={incident} />;
  if (changed) return <Changed source={changed.source} change={changed.change!} />;
  if (matchesNone.value) return <NoMatch of={status.kept.events} />;
  if (s.ended.value) return <Ended oldest={status.kept.oldest} />;
  const site = s.hello.value?.site ?? null;
  // A guest is not told of senders.
  const heard = site !== null || heardNow(status) > 0;
  // Nothing is called usual that nobody looked at.
  const watch = heard ? watched() : "no";
  const from = site === null ? receiving(status) : t("shared", { site: visible(site) });
  const title = watch === "no" ? from : t(watch === "yes" ? "nothing_unusual" : "learning_title");
  return (
    <Box
      kind=""
      icon={<Circle>{watch === "yes" && <path d="m6.3 10.3 2.6 2.6 4.8-5.2" />}</Circle>}
      good={watch === "yes"}
      said={status.sources.length > 0 && !heard ? t("silence_said") : title}
      title={title}
      action={
        site !== null ? (
          <span class="verdict-acts">
            <IncidentsLink />
          </span>
        ) : status.sources.length === 0 ? (
          <button type="button" class="btn small primary" onClick={() => go("setup")}>
            {t("no_source_action")}
          </button>
        ) : (
          <span class="verdict-acts">
            <IncidentsLink />
            <button type="button" class="link" onClick={() => go("sources")}>
              {t("sources")}
            </button>
          </span>
        )
      }
    >
      {s.hello.value?.demo && (
        <span class="badge" title={t("demo_hint")}>
          {t("demo")}
        </span>
      )}
      {watch === "no" ? facts(status) : `${from}${facts(status) && `, ${facts(status)}`}. ${lastEnded() ?? (watch === "yes" ? "" : t("learning_hint"))}`}
    </Box>
  );
}

/** Nothing matches: offers to drop the term that costs most. */
function NoMatch({ of }: { of: number }) {
  return (
    <Box kind="" icon={<Icon name="funnel" />} title={t("no_match")} action={<RemoveTerm />}>
      {t("no_match_hint", { n: s.fmt.value.exact(of) })}
    </Box>
  );
}

/** What was replayed is over: no source is quiet, and nothing is connected again. */
function Ended({ oldest }: { oldest: number | null }) {
  const f = s.fmt.value;
  const end = s.newest.value;
  // The replay's own clock stands at its end, whose day need not be today.
  const [from, to] = f.ends(oldest === null ? end : oldest * 1000, end, Date.now());
  return (
    <Box
      kind=""
      icon={<Circle />}
      title={t("replay_ended")}
      action={
        <span class="verdict-acts">
          <IncidentsLink />
          {s.hello.value?.site == null && (
            <button type="button" class="link" onClick={() => go("sources")}>
              {t("sources")}
            </button>
          )}
        </span>
      }
    >
      {t("replay_ended_hint", { from, to })}
    </Box>
  );
}

/** A source's lines have another format now; gone once somebody looked, or when it is no news. */
function Changed({ source, change }: { source: SourceInfo; change: FormatChange }) {
  const lost = change.new === "message";
  const vars = { source: visible(source.name), t: s.fmt.value.clock(change.at_ms), old: visible(change.old), new: visible(change.new) };
  const old = change.old === "message" ? t("format_none") : vars.old;
  return (
    <Box
      kind="past"
      icon={<Icon name="triangle" />}
      title={t(lost ? "change_lost" : "change_new", vars)}
      action={
        <button
          type="button"
          class="btn small"
          onClick={() => {
            s.changeSeen.value = change.at_ms;
            s.chosenSource.value = source.id;
            go("sources");
          }}
        >
          {t("change_look")}
        </button>
      }
    >
      {t(lost ? "change_lost_hint" : "change_new_hint", { ...vars, old })}
    </Box>
  );
}

/** Sources heard within the last minute. */
function heardNow(status: Status): number {
  return status.sources.filter((x) => s.serverNow() - x.last_heard_ms <= QUIET_MS).length;
}

function receiving(status: Status): string {
  const f = s.fmt.value;
  const m = status.sources.length;
  const n = heardNow(status);
  if (m === 0) return t("no_source");
  if (n === 0) {
    const last = Math.max(...status.sources.map((x) => x.last_heard_ms));
    return t("silence", { s: f.span((s.serverNow() - last) / 1000) });
  }
  if (n < m) return t("receiving_of", { n: f.exact(n), m: f.exact(m) });
  return m === 1 ? t("receiving_one") : t("receiving", { n: f.exact(m) });
}

function facts(status: Status): string {
  const f = s.fmt.value;
  const out: string[] = [];
  const named = status.summary.top["sites"]?.filter((row) => !isAbsent(row.value)) ?? [];
  const sites = named.length + (status.summary.other["sites"]?.values ?? 0);
  if (sites > 0) out.push(sites === 1 ? t("sites_one") : t("sites", { n: f.exact(sites) }));
  const quiet = status.sources.length - heardNow(status);
  if (quiet > 0 && quiet < status.sources.length) out.push(t("quiet_sources", { n: f.exact(quiet) }));
  if (status.kept.oldest !== null) {
    const ms = status.kept.oldest * 1000;
    const today = f.day(ms) === f.day(s.serverNow());
    out.push(t("kept", { t: today ? f.clock(ms) : `${f.day(ms)} ${f.clock(ms)}` }));
  }
  return out.join(", ");
}

export function Box(props: {
  kind: string;
  icon: preact.ComponentChild;
  title: string;
  /** Goes on with the title, where there is room for it. */
  more?: string;
  /** The title for a listener, where what is shown counts on; empty where it is no news. */
  said?: string;
  /** Somebody looked, and it is. */
  good?: boolean;
  action?: preact.ComponentChild;
  children?: preact.ComponentChildren;
}) {
  const said = props.said ?? props.title;
  useEffect(() => announce(said), [said]);
  return (
    <section class={`verdict ${props.kind}`} id="verdict">
      <span class={props.good ? "mark good" : "mark"}>{props.icon}</span>
      <div class="said">
        <h2>
          {props.title}
          <span class="more">{props.more}</span>
        </h2>
      </div>
      <p>{props.children}</p>
      <span class="grow" />
      {props.action}
      {/* Where a phone shows lists or lines, the title is all there is of the verdict: it leads to the rest. */}
      <button type="button" class="verdict-line" aria-label={props.title} title={t("tab_charts")} onClick={toCharts} />
    </section>
  );
}

function toCharts(): void {
  s.tab.value = "charts";
  s.linesOpen.value = false;
  scrollTo(0, 0);
}
