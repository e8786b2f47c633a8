// The header: filter, time shown, live button, menu; and under it the line that is the connection.

import { useEffect, useRef } from "preact/hooks";
import { setWindow, toggleLive } from "../feed";
import { address } from "../lib/api";
import { siteOf } from "../lib/sharing";
import { STALE_MS } from "../lib/way";
import { backToLive } from "../past";
import { mayShare, session } from "../session";
import * as s from "../state";
import { t } from "../state";
import { FilterBar } from "./filter";
import { Icon, Logo } from "./icons";

export function Header() {
  return (
    <>
      <header class="spine">
        <h1 class="brand">
          <a href="./" onClick={home}>
            <Logo />
            <span>Tapline</span>
          </a>
        </h1>
        <FilterBar />
        <Windows />
        <Live />
        <button
          type="button"
          class="btn quiet keys-button"
          aria-label={t("help")}
          title={t("help")}
          aria-expanded={s.helpOpen.value}
          onClick={() => (s.helpOpen.value = !s.helpOpen.value)}
        >
          <Icon name="keys" />
        </button>
        <Menu />
      </header>
      <div class={`connection ${lineState()}`} />
    </>
  );
}

function home(e: MouseEvent): void {
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  s.view.value = "overview";
  s.writeAddress(true);
}

function lineState(): string {
  if (s.paused.value || !s.scope.value.live) return "past";
  if (s.stale.value || s.link.value === "waiting" || behind() > STALE_MS) return "broken";
  if (s.ended.value || s.heardAt.value === 0 || (s.first.value && nothingYet())) return "idle";
  return "";
}

/** How old the newest second is, milliseconds. */
function behind(): number {
  return s.newest.value ? Math.max(0, s.serverNow() - s.newest.value) : 0;
}

export function nothingYet(): boolean {
  return (s.status.value?.summary.accounting.received ?? 0) === 0;
}

export function Windows() {
  return (
    <div class="select">
      <select
        aria-label={t("window")}
        value={String(s.windowS.value)}
        onChange={(e) => setWindow(Number(e.currentTarget.value))}
      >
        {s.WINDOWS.map((w) => (
          <option key={w} value={String(w)}>
            {s.scope.value.live ? (w < 3600 ? t("last_min", { n: w / 60 }) : t("last_hours", { n: w / 3600 })) : s.fmt.value.span(w)}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </div>
  );
}

/** A second that is this old when the next one is due came late. */
const LAGGING_MS = 2_500;

function Live() {
  const f = s.fmt.value;
  const paused = s.paused.value;
  let word = t(s.overSse.value ? "live_sse" : "live");
  let kind = "on";
  let clock = s.newest.value ? f.plain(s.newest.value) : "";
  if (s.link.value === "waiting") {
    kind = "off";
    word = t("reconnecting", { s: f.span(Math.ceil((s.retryAt.value - s.now.value) / 1000)) });
    clock = "";
  } else if (paused) {
    kind = "past";
    word = t("paused");
    clock = f.plain(s.pausedAt.value);
  } else if (s.heardAt.value === 0 || s.link.value === "connecting") {
    kind = "off";
    word = t("connecting");
    clock = "";
  } else if (s.first.value && nothingYet()) {
    kind = "off";
    word = t("ready");
  } else if (s.ended.value) {
    kind = "off";
    word = t("ended");
  } else if (s.stale.value || behind() > LAGGING_MS) {
    kind = s.stale.value || behind() > STALE_MS ? "off" : "late";
    word = t("lagging", { s: f.span(behind() / 1000) });
    clock = "";
  }
  if (!s.scope.value.live) {
    return (
      <button type="button" class="btn live primary back" onClick={backToLive} data-live="past">
        <span class="word">{t("back_to_live")}</span>
        <kbd>L</kbd>
      </button>
    );
  }
  return (
    <button
      type="button"
      class={`btn live ${kind}`}
      aria-pressed={paused}
      title={t(s.ended.value ? "replay_ended" : paused ? "resume" : "pause")}
      disabled={s.ended.value && s.link.value === "open"}
      onClick={toggleLive}
      data-live={kind}
    >
      {kind !== "off" && <Icon name={paused ? "play" : "pause"} />}
      <span class="dot" />
      <span class="word">{word}</span>
      <time>{clock}</time>
    </button>
  );
}

function Menu() {
  const root = useRef<HTMLDivElement>(null);
  const open = s.menuOpen.value;
  useEffect(() => {
    if (!open) return;
    const outside = (e: Event) => {
      if (!root.current?.contains(e.target as Node)) s.menuOpen.value = false;
    };
    addEventListener("pointerdown", outside);
    root.current?.querySelector<HTMLElement>(".menu button")?.focus();
    return () => removeEventListener("pointerdown", outside);
  }, [open]);

  const choice = <T extends string>(label: string, value: T, options: [T, string][], set: (v: T) => void) => (
    <fieldset>
      <legend>{label}</legend>
      <span class="segments">
        {options.map(([v, name]) => (
          <button key={v} type="button" class="btn small" aria-pressed={v === value} onClick={() => set(v)}>
            {name}
          </button>
        ))}
      </span>
    </fieldset>
  );
  return (
    <div class="menu-box" ref={root}>
      <button
        type="button"
        class="btn quiet"
        id="menu-button"
        aria-label={t("menu")}
        title={t("menu")}
        aria-expanded={open}
        onClick={() => (s.menuOpen.value = !open)}
      >
        <Icon name="menu" />
      </button>
      {open && (
        <div class="menu">
          <nav>
            <button type="button" onClick={() => go("overview")} aria-current={s.view.value === "overview" ? "page" : undefined}>
              {t("overview")}
            </button>
            {s.hello.value?.site == null && (
              <>
                <button type="button" onClick={() => go("sources")} aria-current={s.view.value === "sources" ? "page" : undefined}>
                  {t("sources")}
                </button>
                <button type="button" onClick={() => go("setup")} aria-current={s.view.value === "setup" ? "page" : undefined}>
                  {t("setup")}
                </button>
              </>
            )}
            <ShareSite />
            <LogOut />
          </nav>
          {choice(t("theme"), s.theme.value, [["auto", t("theme_auto")], ["dark", t("theme_dark")], ["light", t("theme_light")]], (v) => {
            s.theme.value = v;
            s.keep("theme", v);
          })}
          {choice(t("language"), s.lang.value, [["en", "English"], ["ko", "한국어"]], (v) => void s.speak(v))}
          {choice(t("times"), s.utc.value ? "utc" : "local", [["local", t("times_local")], ["utc", "UTC"]], (v) => {
            s.utc.value = v === "utc";
            s.keep("times", v);
          })}
          {choice(t("single_keys"), s.singleKeys.value ? "on" : "off", [["on", t("on")], ["off", t("off")]], (v) => {
            s.singleKeys.value = v === "on";
            s.keep("keys", v);
          })}
          {s.hello.value && <p class="faint">{t("version", { v: s.hello.value.version })}</p>}
        </div>
      )}
    </div>
  );
}

/** For whoever may let others look. */
function ShareSite() {
  if (!mayShare.value) return null;
  const open = () => {
    // Where the focus goes back to: the menu's entry is gone by then.
    document.getElementById("menu-button")?.focus();
    s.menuOpen.value = false;
    s.sharing.value = siteOf(s.filter.peek()) ?? "";
  };
  return (
    <button type="button" onClick={open} aria-haspopup="dialog">
      {t("share_open")}
    </button>
  );
}

/** For whoever has something to log out of; in the free place of one's own machine nobody has. */
function LogOut() {
  const leave = async () => {
    await fetch(address("logout"), { method: "POST" }).catch(() => undefined);
    location.reload();
  };
  if (!session.value?.name) return null;
  return (
    <button type="button" onClick={() => void leave()}>
      {t(s.hello.value?.site == null ? "log_out" : "shared_leave")}
    </button>
  );
}

export function go(view: s.View): void {
  s.view.value = view;
  s.menuOpen.value = false;
  s.linesOpen.value = false;
  s.writeAddress(true);
  scrollTo(0, 0);
}
