// With what the shown time is compared: a button, and a menu of spans that are kept.

import { comparable } from "../lib/compare";
import * as past from "../past";
import * as s from "../state";
import { t } from "../state";
import { Icon } from "./icons";
import { usePopover } from "./popover";

const HOUR = 3600;
const DAY = 86_400;

export function compareWith(back: number | null): void {
  s.compare.value = back;
  s.writeAddress(true);
}

/** Compared with the range before, or with nothing. */
export function toggleCompare(): void {
  const [from, to] = past.shown.peek();
  compareWith(s.compare.peek() === null ? Math.round(to - from) : null);
}

/** Where the time starts that lists and numbers are about. */
function start(): number {
  const scope = s.scope.value;
  return scope.live ? past.shown.value[0] : scope.from;
}

/** What is said of a span: "15 min". */
export function backName(back: number): string {
  return back === DAY ? t("day_1") : s.fmt.value.span(back);
}

export function Compare() {
  const { open, root, onKeyDown, close, toggle } = usePopover();
  const f = s.fmt.value;
  const back = s.compare.value;
  const [from, to] = past.shown.value;
  const oldest = s.status.value?.kept.oldest ?? null;
  const span = Math.round(to - from);
  const spans = [...new Set([span, HOUR, DAY])];
  if (back !== null && !spans.includes(back)) spans.unshift(back);
  const name = (v: number) =>
    v === span ? t("compare_range", { s: f.span(v) }) : v === HOUR ? t("compare_hour") : v === DAY ? t("compare_day") : t("compare_back", { s: f.span(v) });
  return (
    <div
      class="menu-box"
      ref={root}
      onKeyDown={onKeyDown}
    >
      <button type="button" class={`btn small${back === null ? "" : " chosen"}`} aria-expanded={open} onClick={toggle} id="compare">
        <Icon name="compare" /> {t("compare")} <Icon name="down" />
      </button>
      {open && (
        <div class="menu compare-menu">
          {spans.map((v) => {
            const can = comparable(start(), v, oldest);
            return (
              <button
                key={v}
                type="button"
                aria-pressed={v === back}
                disabled={!can && v !== back}
                onClick={() => {
                  compareWith(v === back ? null : v);
                  close();
                }}
              >
                <span>{name(v)}</span>
                {!can && oldest !== null && <small class="faint">{t("compare_not_kept", { t: f.clock(oldest * 1000) })}</small>}
              </button>
            );
          })}
          <button
            type="button"
            aria-pressed={back === null}
            onClick={() => {
              compareWith(null);
              close();
            }}
          >
            {t("compare_none")}
          </button>
        </div>
      )}
    </div>
  );
}

/** What is to be compared with is not all kept. */
export function beforeUnkept(): boolean {
  const back = s.compare.value;
  const oldest = s.status.value?.kept.oldest ?? null;
  return back !== null && oldest !== null && !comparable(start(), back, oldest);
}

/** What the dashed line is, or that there is none. */
export function CompareKey() {
  const back = s.compare.value;
  if (back === null) return null;
  if (beforeUnkept()) return <span class="compare-key unkept">{t("compared_not_kept", { s: backName(back) })}</span>;
  return (
    <span class="compare-key">
      <svg viewBox="0 0 20 10" width="20" height="10" aria-hidden="true">
        <path d="M0 5h8M11 5h8" />
      </svg>
      {t("compared_with", { s: backName(back) })}
    </span>
  );
}
