// The wall: for a screen that is read from across a room. Nothing to click; `w` opens and leaves it.

import "../style/wall.css";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { setAsks } from "../feed";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { TopRow } from "../wire";
import { Logo } from "./icons";
import { Lanes } from "./lanes";
import { deploys, Diamond, incidents } from "./marks";
import { total, Verdict } from "./verdict";
import { Vitals } from "./vitals";

const SITES = 5;
const SLOW = 3;
const EVENTS = 3;
/** Lists the wall reads: the largest sites, and the routes or paths that take longest. */
const ASKS = [`sites:requests:${SITES}`, `routes:slow:${SLOW}`, `paths:slow:${SLOW}`];

export function Wall() {
  // The dashboard asks for its own lists again when it comes back.
  useEffect(() => {
    const before = s.asks.peek();
    setAsks(ASKS);
    return () => setAsks(before);
  }, []);
  return (
    <div class="wall">
      <WallHead />
      <main>
        <Verdict />
        <Vitals />
        <div class="wall-main">
          <Lanes wall />
          <Side />
        </div>
      </main>
      <WallFoot />
    </div>
  );
}

function WallHead() {
  const f = s.fmt.value;
  const away = s.link.value !== "open" || s.heardAt.value === 0;
  const stale = s.stale.value || away;
  const live = !stale && s.scope.value.live && !s.paused.value && !s.ended.value;
  const word = stale ? t(s.heardAt.value === 0 ? "connecting" : "lagging", { s: f.span(Math.max(0, s.serverNow() - s.newest.value) / 1000) }) : t(live ? "live" : s.ended.value ? "ended" : s.paused.value ? "paused" : "back_to_live");
  return (
    <>
      <header class="wall-head">
        <h1>
          <Logo />
          <span>Tapline</span>
        </h1>
        {s.filter.value && <p class="mono">{visible(s.filter.value)}</p>}
        <span class="grow" />
        <span class={`wall-live${live ? "" : " off"}`}>
          <span class="dot" />
          {live || stale || s.ended.value ? word : null}
        </span>
        <time>{s.newest.value ? f.plain(s.at.value === null ? s.newest.value : s.at.value * 1000) : "–"}</time>
      </header>
      <div class={`connection ${stale ? "broken" : live ? "" : s.ended.value && s.scope.value.live ? "idle" : "past"}`} />
    </>
  );
}

function seconds(): number {
  const sum = s.summary.value;
  if (!sum) return 1;
  const from = Math.max(Date.parse(sum.from) / 1000, s.status.value?.kept.oldest ?? 0);
  return Math.max(1, Date.parse(sum.to) / 1000 - from);
}

function Side() {
  const f = s.fmt.value;
  const top = s.summary.value?.top;
  const sites = (top?.["sites"] ?? []).slice(0, SITES);
  const routes = top?.["routes:slow"] ?? [];
  const slow = (routes.length > 0 ? routes : (top?.["paths:slow"] ?? [])).slice(0, SLOW);
  const most = Math.max(1, ...sites.map((r) => r.requests));
  const over = seconds();
  const share = (r: TopRow) => `${f.percent(r.requests > 0 ? r.s5xx / r.requests : null)} 5xx`;
  const events = [...deploys(), ...incidents()].sort((a, b) => b.at - a.at).slice(0, EVENTS);
  return (
    <section class="wall-side" aria-label={t("where")}>
      <Group title={t("wall_sites")}>
        {sites.map((r) => (
          <>
            <p class="mono">{visible(r.value) || "–"}</p>
            <p class="wall-row">
              <span>
                <b>{f.rate(r.requests / over)}</b> {t("per_s")}
              </span>
              <span class={r.s5xx / Math.max(1, r.requests) >= 0.01 ? "some5" : undefined}>{share(r)}</span>
              <span>{f.duration(r.p95_s)}</span>
            </p>
            <span class="wall-bar" style={{ width: `${Math.max(0.5, (r.requests / most) * 100)}%` }}>
              <i class="s5" style={{ width: `${(r.s5xx / Math.max(1, r.requests)) * 100}%` }} />
              <i class="s4" style={{ width: `${(r.s4xx / Math.max(1, r.requests)) * 100}%` }} />
            </span>
          </>
        ))}
      </Group>
      <Group title={t("wall_slow")}>
        {slow
          .filter((r) => r.mean_s !== null)
          .map((r) => (
            <>
              <p class="mono">{visible(r.value)}</p>
              <p class="wall-row">
                <span>
                  <b>{f.duration(r.mean_s)}</b> {t("wall_mean")}
                </span>
                <span class={r.s5xx / Math.max(1, r.requests) >= 0.01 ? "some5" : undefined}>{share(r)}</span>
              </p>
            </>
          ))}
      </Group>
      <Group title={t("wall_today")}>
        {events.map((m) => (
          <p class="wall-event">
            <b>{f.minute(m.at * 1000)}</b> {"anomaly" in m && <Diamond />} <span>{visible(m.text)}</span>
          </p>
        ))}
      </Group>
    </section>
  );
}

/** A heading never stands without its first entry. */
function Group({ title, children }: { title: string; children: ComponentChildren[] }) {
  return (
    <ul>
      {children.map((entry, i) => (
        <li key={i}>
          {i === 0 && <h2>{title}</h2>}
          {entry}
        </li>
      ))}
    </ul>
  );
}

function WallFoot() {
  const f = s.fmt.value;
  const a = s.status.value?.summary.accounting;
  const losses = a ? total(a.dropped) : 0;
  return (
    <footer class="wall-foot">
      {a && (
        <p>
          <b>{f.exact(a.received)}</b> {t("wall_received")}, <b>{f.exact(a.unparsed)}</b> {t("wall_unparsed")}, <b>{f.exact(total(a.rejected))}</b> {t("wall_rejected")},{" "}
          <span class={losses > 0 ? "some5" : undefined}>
            <b>{f.exact(losses)}</b> {t("wall_lost")}
          </span>
        </p>
      )}
      <span class="grow" />
      <p>{s.newest.value > 0 && t("wall_behind", { s: f.seconds((s.stale.value ? s.serverNow() - s.newest.value : s.late.value) / 1000) })}</p>
    </footer>
  );
}
