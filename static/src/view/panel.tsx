// One panel: tabs of lists that belong together, as a table, as bars, or over time.

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { counted } from "../lib/hours";
import { type HoursOf, move } from "../lib/prefs";
import * as s from "../state";
import { t } from "../state";
import type { Summary } from "../wire";
import { filled } from "./polled";
import { HourBars, HourTable, hourValue, hoursSince, useHours } from "./bars";
import { shown as seen } from "./download";
import { explain, Nothing } from "./explain";
import { Icon } from "./icons";
import { layout, type Placed, setLayout, tabOf } from "./layout";
import { type Group, type Tab, tabsIn } from "./lists";
import { type Entry, openMenuAt } from "./menu";
import { ListBody } from "./panel-list";
import { panelEntries, set } from "./panel-menu";
import { Times } from "./rows";

/** Whether it is on the screen, or nearly, and how wide it is. */
function useSeen(root: RefObject<HTMLElement | null>): { near: boolean; width: number } {
  const [near, setNear] = useState(true);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const el = root.current;
    if (!el) return;
    setWidth(el.clientWidth);
    const sight = new IntersectionObserver((all) => setNear(all.at(-1)!.isIntersecting), { rootMargin: "200px" });
    const size = new ResizeObserver(() => setWidth(el.clientWidth));
    sight.observe(el);
    size.observe(el);
    return () => {
      sight.disconnect();
      size.disconnect();
    };
  }, []);
  return { near: near || s.printing.value, width };
}

/** What a panel out of sight last showed: it is not drawn again until it can be seen. */
function useSummary(near: boolean): Summary | null {
  const last = useRef<Summary | null>(null);
  if (near || last.current === null) last.current = s.summary.value;
  return last.current;
}

function offered(g: Group, chosen: Tab, sum: Summary | null): Tab[] {
  const known = filled.value;
  return tabsIn(g, chosen, (list) => (sum?.top[list]?.length ?? 0) > 0 || known?.has(list) === true, s.hello.value?.geo !== undefined);
}

/** The row of tabs, as many as fit; the rest are behind a menu. */
function Tabs({ g, tabs, chosen, width, id, note }: { g: Group; tabs: Tab[]; chosen: Tab; width: number; id: string; note: string }) {
  const choose = (x: Tab) => set(id, { tab: x.id });
  if (tabs.length === 1) return <h2>{t(g.tabs.length === 1 ? g.title : tabs[0]!.title)}</h2>;
  // Measured by letters: what is shown must not depend on what is shown.
  const wide = (text: string) => [...text].reduce((n, c) => n + (c > "\u2000" ? 12 : 6.7), 0);
  const size = (x: Tab) => wide(t(x.title)) * (x === chosen ? 1.15 : 1) + 14;
  let room = width - 44 - (note ? wide(note) + 12 : 0);
  let shown = tabs;
  if (tabs.reduce((n, x) => n + size(x), 0) > room) {
    room -= size(chosen) + 76;
    const rest = tabs.filter((x) => {
      if (x === chosen) return true;
      room -= size(x);
      return room >= 0;
    });
    // In their order, up to the first that does not fit: a later, shorter one would come and go.
    const cut = tabs.findIndex((x) => !rest.includes(x));
    shown = tabs.filter((x, i) => x === chosen || i < cut || cut < 0);
  }
  const more = tabs.filter((x) => !shown.includes(x));
  const entries = (): Entry[] => more.map((x) => ({ label: t(x.title), run: () => choose(x) }));
  return (
    <>
      {shown.map((x) => (
        <button key={x.id} type="button" aria-pressed={x === chosen} title={x.shape === "times" ? t("l_times_long") : undefined} onClick={() => choose(x)}>
          {t(x.title)}
        </button>
      ))}
      {more.length > 0 && (
        <button type="button" class="more-tabs" aria-haspopup="menu" onClick={(e) => openMenuAt(e, t(g.title), entries)}>
          {t("tabs_more", { n: more.length })}
          <Icon name="down" />
        </button>
      )}
    </>
  );
}

const DRAG = "text/x-tapline-panel";
/** The panel that is dragged: what it drops cannot be read before it is dropped. */
let dragged = "";

function isAfter(id: string): boolean {
  const ids = layout.peek().panels.map((p) => p.id);
  return ids.indexOf(id) > ids.indexOf(dragged);
}

export function Panel({ place }: { place: Placed }) {
  const { prefs, group: g, rows: limit } = place;
  const root = useRef<HTMLElement>(null);
  const { near, width } = useSeen(root);
  const [drop, setDrop] = useState(false);
  const sum = useSummary(near);
  const tab = tabOf(prefs, g);
  const tabs = offered(g, tab, sum);
  const scope = s.scope.value;
  const note = tab.shape === "hours" ? hoursSince() : scope.live ? "" : t("in_span", { s: s.fmt.value.span(Math.max(1, scope.to - scope.from)) });
  useEffect(() => () => void seen.delete(prefs.id), [prefs.id]);
  const body =
    tab.shape === "hours" ? (
      <HoursBody id={prefs.id} near={near} width={width} asTable={prefs.asTable === true} of={prefs.hours ?? "requests"} />
    ) : tab.shape === "times" ? (
      <TimesBody id={prefs.id} sum={sum} limit={limit} />
    ) : (
      <ListBody place={place} tab={tab} sum={sum} near={near} width={width} limit={limit} key={tab.id} />
    );
  return (
    <section
      class={`panel${g.wide ? " wide" : ""}${drop ? (isAfter(prefs.id) ? " drop after" : " drop") : ""}`}
      role="group"
      data-panel={prefs.id}
      ref={root}
      aria-label={t(tab.title)}
      onDragOver={(e) => {
        if (!e.dataTransfer?.types.includes(DRAG)) return;
        e.preventDefault();
        setDrop(dragged !== prefs.id);
      }}
      onDragLeave={(e) => {
        if (!root.current?.contains(e.relatedTarget as Node)) setDrop(false);
      }}
      onDrop={(e) => {
        setDrop(false);
        const from = e.dataTransfer?.getData(DRAG);
        if (!from) return;
        e.preventDefault();
        setLayout(move(layout.peek(), from, prefs.id));
      }}
    >
      <div
        class="panel-head"
        draggable
        onDragStart={(e) => {
          dragged = prefs.id;
          e.dataTransfer?.setData(DRAG, prefs.id);
          if (e.dataTransfer) e.dataTransfer.effectAllowed = "move";
        }}
      >
        <Tabs g={g} tabs={tabs} chosen={tab} width={width} id={prefs.id} note={note} />
        <span class="grow" />
        {note && <span class="faint panel-note">{note}</span>}
        <button
          type="button"
          class="panel-more"
          aria-haspopup="menu"
          aria-label={t("panel_menu", { v: t(tab.title) })}
          title={t("panel_menu", { v: t(tab.title) })}
          onClick={(e) => openMenuAt(e, t(tab.title), () => panelEntries(prefs.id, g, tab), true)}
        >
          <Icon name="more" />
        </button>
      </div>
      {body}
    </section>
  );
}

function TimesBody({ id, sum, limit }: { id: string; sum: Summary | null; limit: number }) {
  const why = sum && explain({ explains: "upstream" }, sum);
  const of = (name: string, k: "mean" | "p50" | "p90" | "p95" | "p99" | "max") => ({ name, request: sum?.latency_s[k] ?? null, upstream: sum?.upstream_s[k] ?? null });
  const rows = [of(t("t_mean"), "mean"), of("p50", "p50"), of("p90", "p90"), of("p95", "p95"), of("p99", "p99"), of(t("t_max"), "max")];
  seen.set(id, { list: "times", head: ["of", "request_s", "upstream_s"], cells: rows.map((r) => [r.name, r.request, r.upstream]) });
  return why ? <Nothing rows={limit}>{why}</Nothing> : <Times rows={rows} />;
}

/** Fewer bars than this are no distribution: the figures say more. */
const HOURS_TO_COMPARE = 3;

function HoursBody({ id, near, width, asTable, of }: { id: string; near: boolean; width: number; asTable: boolean; of: HoursOf }) {
  const { hours, kept, failed } = useHours(near);
  if (!hours) return <Nothing rows={5}>{failed ? t("not_loaded", { s: s.fmt.value.span(15) }) : s.printing.value ? "" : t("waiting_data")}</Nothing>;
  const [from, to] = kept.map((at) => new Date(Math.floor(at) * 1000).toISOString().replace(/\.\d+/, ""));
  seen.set(id, {
    list: "hours",
    range: { from: from!, to: to! },
    head: ["hour", "seconds", "requests", "bytes", "errors", "visitors", "p95_s"],
    cells: hours
      .filter((h) => h.known)
      .map((h) => [h.hour, Math.round(h.seconds), ...[h.requests, h.bytes, hourValue(h, "errors")].map((n) => counted(h, n)), h.visitors, h.p95_s]),
  });
  return asTable || hours.filter((h) => h.known).length < HOURS_TO_COMPARE ? <HourTable hours={hours} /> : <HourBars hours={hours} of={of} width={width} />;
}
