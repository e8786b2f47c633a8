// The verdict's box while a second or a range of the past is shown: which one, and how to move.

import { useEffect, useState } from "preact/hooks";
import { then } from "../anomalies";
import { outdated } from "../asked";
import { unknown } from "../lib/range";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import { Icon } from "./icons";
import { Box } from "./verdict";
import { OpenThen } from "./verdict-open";

/** A range that ended this recently is still "now" to whoever looks. */
const JUST_S = 5;

/** A time of another day has its date. */
function clock(at: number): string {
  const f = s.fmt.value;
  const day = f.day(at * 1000);
  return day === f.day(s.serverNow()) ? f.clock(at * 1000) : `${day} ${f.clock(at * 1000)}`;
}

/** Answers that take longer are said to be on their way. */
const BLINK_MS = 400;

function useWaiting(): boolean {
  const old = outdated.value;
  const [waiting, wait] = useState(false);
  useEffect(() => {
    wait(false);
    if (!old) return;
    const timer = setTimeout(() => wait(true), BLINK_MS);
    return () => clearTimeout(timer);
  }, [old]);
  return waiting;
}

/** What is to be said where nothing, or not all, is known of the time that is shown. */
function unknownOf(from: number, to: number): string | null {
  const f = s.fmt.value;
  const oldest = s.status.value?.kept.oldest ?? null;
  const known = outdated.value ? null : (s.past.value?.known_s ?? null);
  const why = unknown([from, to], [oldest, past.end()], known);
  return why && t(why, { t: clock(oldest ?? 0), s: f.span(known ?? 0) });
}

export function PastBar() {
  const waiting = useWaiting();
  const f = s.fmt.value;
  const at = s.at.value;
  const zoom = s.zoom.value;
  const open = then.value.length > 0;
  const ago = (second: number) => f.span(Math.max(0, Math.floor(s.serverNow() / 1000) - second));
  const offline = s.stale.value || s.link.value !== "open";
  const lacks = (from: number, to: number) => (offline ? t("past_offline") : unknownOf(from, to));
  /** What is missing comes first, then what was unusual, else what is to be seen. */
  const said = (why: string | null, hint: string) => (open && !offline ? <>{why} <OpenThen /></> : (why ?? (waiting ? t("past_asking") : hint)));
  /** What is missing is said on every screen. */
  const kind = (why: string | null, more = "") => `past${more}${why ? " lacks" : ""}`;
  if (at !== null) {
    const why = lacks(at, at + 1);
    return (
      <Box
        kind={kind(why, " moves")}
        icon={<Icon name="back" />}
        title={clock(at)}
        more={at < past.end() ? t("ago", { s: ago(at) }) : ""}
        action={<Transport />}
      >
        {said(why, t("past_hint"))}
      </Box>
    );
  }
  if (zoom === null) return null;
  const since = s.serverNow() / 1000 - zoom[1];
  const [from, to] = f.ends(zoom[0] * 1000, zoom[1] * 1000, s.serverNow());
  const title = t("range_title", { from, to });
  const why = lacks(zoom[0], zoom[1]);
  return (
    <Box
      kind={kind(why)}
      icon={<Icon name="compare" />}
      title={`${title}, ${f.span(zoom[1] - zoom[0])}`}
      action={
        <button type="button" class="btn small" ref={leaving} onClick={() => past.zoomTo(null)}>
          {t("zoom_out")}
        </button>
      }
    >
      {said(why, since > JUST_S ? t("range_hint", { s: f.span(since) }) : t("range_hint_now"))}
    </Box>
  );
}

/** What moves in the past goes with it: the focus that it has is then on the button that leads there and back. */
function leaving(el: HTMLElement | null): void {
  if (el === null && document.activeElement?.closest("#verdict")) document.querySelector<HTMLElement>("header .live")?.focus();
}

function Transport() {
  const playing = past.playing.value;
  return (
    <span class="transport" role="group" aria-label={t("transport")} ref={leaving}>
      <button type="button" class="btn small" aria-label={t("back_min_label")} title={`${t("back_min_label")} ({)`} onClick={() => past.step(-60)}>
        <Icon name="back" />
        <span>{t("back_min")}</span>
      </button>
      <button type="button" class="btn small" aria-label={t("back_s_label")} title={`${t("back_s_label")} ([)`} onClick={() => past.step(-1)}>
        {t("back_s")}
      </button>
      <button type="button" class="btn small primary play" aria-label={t(playing ? "play_stop" : "play")} onClick={past.play}>
        <Icon name={playing ? "pause" : "play"} />
        <span>{t(playing ? "play_stop" : "play")}</span>
      </button>
      <button type="button" class="btn small" aria-label={t("on_s_label")} title={`${t("on_s_label")} (])`} onClick={() => past.step(1)}>
        {t("on_s")}
      </button>
      <button type="button" class="btn small" aria-label={t("on_min_label")} title={`${t("on_min_label")} (})`} onClick={() => past.step(60)}>
        <span>{t("on_min")}</span>
        <Icon name="ahead" />
      </button>
    </span>
  );
}
