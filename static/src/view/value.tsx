// A value that can be clicked, and the menu of what can be done with it.

import { useMemo } from "preact/hooks";
import { setFilter } from "../feed";
import { isAbsent, OVERFLOW } from "../lib/absent";
import { BLOCKERS, blockLine } from "../lib/block";
import { choose, chosen } from "../lib/choice";
import { curl } from "../lib/export";
import type { How } from "../lib/filter";
import { isSite } from "../lib/sharing";
import { visible } from "../lib/text";
import { mayShare } from "../session";
import * as s from "../state";
import { t } from "../state";
import { type Entry, openMenuAt } from "./menu";

function base(): string {
  return s.pending.peek() ?? s.filter.peek();
}

function apply(field: string, value: string, how: How): void {
  setFilter(choose(base(), field, value, how));
}

export function click(e: MouseEvent, field: string, value: string): void {
  // With these the browser itself opens the link elsewhere.
  if (e.ctrlKey || e.metaKey) return;
  e.preventDefault();
  apply(field, value, e.altKey ? "not" : e.shiftKey ? "also" : "only");
}

/** The page as it is, under another filter: what a middle click opens. */
export function hrefOf(filter: string): string {
  const params = new URLSearchParams(location.search);
  params.delete("filter");
  if (filter) params.set("filter", filter);
  const query = params.toString();
  return query ? `?${query}` : "./";
}

/** `from` and `to` as the interface takes them, for what the page shows. */
export function rangeParams(): Record<string, string> {
  const scope = s.scope.peek();
  if (!scope.live) return { from: String(scope.from), to: String(scope.to) };
  const seconds = s.windowS.peek();
  return { from: seconds % 60 === 0 ? `-${seconds / 60}m` : `-${seconds}s` };
}

function entries(field: string, value: string): Entry[] {
  const filter = base();
  const state = chosen(filter, field, value);
  const shown = visible(value);
  // The numbers of this value: the page's filter with it, whatever it says of the field so far.
  const only = state === "only" ? filter : choose(filter, field, value, "only");
  const params = { ...rangeParams(), filter: only };
  const out: Entry[] = [
    { heading: shown === "" ? t("empty_value") : shown, stranger: true },
    { label: t(state === "only" ? "m_remove" : "m_only"), run: () => apply(field, value, "only") },
    { label: t(state === "not" ? "m_not_remove" : "m_not"), note: "x", run: () => apply(field, value, "not") },
    { label: t("m_also"), run: () => apply(field, value, "also"), disabled: state === "only" },
  ];
  out.push(
    "line",
    { label: t("m_copy"), copies: value },
    { label: t("m_curl"), copies: curl(document.baseURI, "api/v1/summary", params) },
    { label: t("m_curl_events"), copies: curl(document.baseURI, "api/v1/events", { ...params, limit: "100" }) },
  );
  const lines = field === "client" ? BLOCKERS.flatMap((b) => {
    const text = blockLine(b, value);
    return text ? [{ label: t(`m_block_${b}`), copies: text }] : [];
  }) : [];
  if (lines.length > 0) out.push("line", { heading: t("m_block") }, ...lines);
  if (field === "site" && mayShare.peek() && isSite(value)) out.push("line", { label: t("share_this"), run: () => (s.sharing.value = value) });
  return out;
}

/** The menu of a value: for a right click, a long touch, or a key. */
export function openMenu(e: MouseEvent | KeyboardEvent, field: string, value: string): void {
  if (value === OVERFLOW) return;
  openMenuAt(e, t("value_menu", { f: field, v: visible(value) }), () => entries(field, value));
}

/** For `onKeyDown` of anything that shows a value: `m` opens its menu. */
export function valueKeys(e: KeyboardEvent, field: string, value: string): void {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  if (e.key === "m" && s.singleKeys.peek()) openMenu(e, field, value);
}

interface Props {
  field: string;
  value: string;
  /** As it is shown; the value itself where absent. */
  name?: string | undefined;
  /** Said behind the name, weaker. */
  also?: string | undefined;
  ours?: boolean | undefined;
}

/** A link that filters. It is a real one: its address is the page with the filter in it. */
export function Value({ field, value, name, also, ours }: Props) {
  const filter = s.pending.value ?? s.filter.value;
  const state = chosen(filter, field, value);
  const lang = s.lang.value;
  // Numbers beside it change every second; this does not.
  return useMemo(() => {
    const empty = isAbsent(value);
    const shown = name ?? (empty ? t("empty_value") : visible(value));
    return (
      <a
        class={`value${state === "not" ? " excluded" : ""}`}
        href={hrefOf(choose(filter, field, value, "only"))}
        draggable={false}
        aria-current={state === "only" ? "true" : undefined}
        title={t("value_title", { v: also ? `${shown} ${also}` : shown })}
        data-value={value}
        data-field={field}
        onClick={(e) => click(e, field, value)}
        onContextMenu={(e) => openMenu(e, field, value)}
        onKeyDown={(e) => valueKeys(e, field, value)}
      >
        <span class={ours || (empty && !name) ? "full" : "mono full"}>
          {shown}
          {also && <span class="also"> {also}</span>}
        </span>
        <span class="act" aria-hidden="true">
          {t(state === "only" ? "remove" : "only")}
        </span>
      </a>
    );
  }, [filter, field, value, name, also, ours, state, lang]);
}
