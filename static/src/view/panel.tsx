// One panel: tabs of lists that belong together, as a table, as bars, or over time.

import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type HoursOf, move, type Sort } from "../lib/prefs";
import * as s from "../state";
import { t } from "../state";
import type { Kept, OtherRow, Summary, TopRow } from "../wire";
import { filled, useAsked } from "./asked";
import { Bands, HourBars, HourTable, hourValue, hoursSince, useHours } from "./bars";
import { type Scale, SPECS, sorted, TREND_WIDTH, VALUE_WIDTH, VERIFIED_WIDTH } from "./columns";
import { shown as seen } from "./download";
import { go } from "./header";
import { Icon } from "./icons";
import { askOf, byOf, columnsOf, layout, type Placed, setLayout, sortOf, tabOf } from "./layout";
import type { Group, Tab } from "./lists";
import { type Entry, openMenuAt } from "./menu";
import { columnName, panelEntries, set, setSort } from "./panel-menu";
import { Other, Row, Times, weight } from "./rows";
import { OverTime, useTrend } from "./trend";
import { rangeParams } from "./value";

/** Seconds the lists cover: a young window must not read as a slow one. */
export function covered(sum: Summary, kept: Kept | undefined): number {
  const from = Date.parse(sum.from) / 1000;
  const to = Date.parse(sum.to) / 1000;
  const seconds = to - Math.max(from, kept?.oldest ?? from);
  return Number.isFinite(seconds) ? Math.min(Math.max(1, seconds), Math.max(1, to - from)) : s.windowS.value;
}

/** Order is held under the pointer, and otherwise changes at most this often. */
const RESORT_MS = 2_000;

function useCalmOrder(rows: TopRow[], key: string): { rows: TopRow[]; enter(): void; leave(): void } {
  const held = useRef({ key: "", order: [] as string[], at: 0, hover: false, last: new Map<string, TopRow>() });
  const h = held.current;
  const now = Date.now();
  const byValue = new Map(rows.map((r) => [r.value, r]));
  const keep = h.key === key && h.order.length > 0 && (h.hover || now - h.at < RESORT_MS);
  if (!keep) {
    h.order = rows.map((r) => r.value);
    h.at = now;
    h.key = key;
  }
  const out = keep ? h.order.map((v) => byValue.get(v) ?? h.last.get(v)).filter((r): r is TopRow => r !== undefined) : rows;
  // A list that is still filling shows its new rows at once.
  if (keep && out.length < rows.length) {
    const present = new Set(h.order);
    for (const r of rows) {
      if (!present.has(r.value) && out.length < rows.length) {
        out.push(r);
        h.order.push(r.value);
      }
    }
  }
  h.last = new Map(out.map((r) => [r.value, r]));
  return {
    rows: out,
    enter: () => (h.hover = true),
    leave: () => (h.hover = false),
  };
}

/** Requests a second below which lists show counts: `<0.1` in every row says nothing. */
const FEW = 5;
let counting = false;

/** Whether lists show counts. Holds still around the border; a single second is always counted. */
function few(sum: Summary, seconds: number): boolean {
  const scope = s.scope.value;
  if (!scope.live && scope.to - scope.from <= 1) return true;
  const rate = sum.requests / seconds;
  counting = rate < (counting ? FEW * 1.25 : FEW * 0.8);
  return counting;
}

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
  return { near, width };
}

/** What a panel out of sight last showed: it is not drawn again until it can be seen. */
function useSummary(near: boolean): Summary | null {
  const last = useRef<Summary | null>(null);
  if (near || last.current === null) last.current = s.summary.value;
  return last.current;
}

/** Tabs that this traffic can fill, and those that say how they would be. */
function offered(g: Group, chosen: Tab, sum: Summary | null): Tab[] {
  const known = filled.value;
  const geo = s.hello.value?.geo;
  return g.tabs.filter((tab, i) => {
    if (i === 0 || tab === chosen || tab.list === null) return true;
    if ((sum?.top[tab.list]?.length ?? 0) > 0 || known?.has(tab.list)) return true;
    return (tab.explains === "country" || tab.explains === "asn") && geo !== undefined;
  });
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

const NO_ROWS: readonly TopRow[] = [];

/** The list as the feed sends it; asked for apart where another panel has it in another order. */
function useList(place: Placed, tab: Tab, sum: Summary | null, near: boolean): { rows: readonly TopRow[]; rest: OtherRow | undefined; waiting: boolean } {
  const list = tab.list!;
  const wanted = askOf(place) ?? "";
  const by = wanted.split(":")[1];
  const given = s.asks.value.find((a) => a.startsWith(`${list}:`))?.split(":")[1];
  const apart = given !== undefined && given !== by;
  const params = apart && near ? { ...rangeParams(), filter: s.filter.value, panels: wanted } : null;
  s.scope.value;
  const { data } = useAsked<Summary>("api/v1/summary", params, scopeEvery());
  const from = apart ? data : sum;
  return { rows: from?.top[list] ?? NO_ROWS, rest: from?.other[list], waiting: apart && !data };
}

/** What is asked for beside the feed comes every so often; the past does not change. */
function scopeEvery(): number {
  return s.scope.value.live ? 5_000 : 60_000;
}

/** What each value, and the rest of the list, had before. */
function useCompared(list: string): Pick<Scale, "compared" | "otherCompared"> {
  const cmp = s.compared.value;
  return useMemo(() => {
    const rows = cmp?.top[list];
    if (!cmp || !rows) return { compared: null, otherCompared: null };
    const compared = new Map(rows.flatMap((r) => (r.before === undefined ? [] : [[r.value, { now: r.requests, before: r.before }] as const])));
    // The rest before is what all had before without these; true only where every request has one value of the list.
    const now = cmp.other[list]?.requests ?? 0;
    const whole = rows.reduce((n, r) => n + r.requests, 0) + now === cmp.requests;
    const before = (cmp.before?.requests ?? 0) - rows.reduce((n, r) => n + (r.before ?? 0), 0);
    return { compared, otherCompared: whole && cmp.before && before >= 0 ? { now, before } : null };
  }, [cmp, list]);
}

interface ListProps {
  place: Placed;
  tab: Tab;
  sum: Summary | null;
  near: boolean;
  width: number;
  limit: number;
}

function ListBody({ place, tab, sum, near, width, limit }: ListProps) {
  const { prefs } = place;
  const list = tab.list!;
  const [hot, setHot] = useState<string | null>(null);
  const [step, setStep] = useState<{ t: number; requests: ReadonlyMap<string, number> } | null>(null);
  const { rows: came, rest, waiting } = useList(place, tab, sum, near);
  const seconds = sum ? covered(sum, s.status.value?.kept) : 1;
  const measure = prefs.measure ?? "auto";
  const scale: Scale = {
    f: s.fmt.value,
    counts: measure === "auto" ? sum !== null && few(sum, seconds) : measure === "count",
    seconds,
    all: sum?.requests ?? 0,
    ...useCompared(list),
  };
  const sort = sortOf(prefs, tab);
  const columns = columnsOf(prefs, tab);
  const bars = tab.shape === "bands" && !prefs.asTable;
  const kept = tab.only ? came.filter((r) => (r[tab.only!] ?? 0) > 0) : came;
  const order = sorted(kept, sort, scale);
  const count = tab.shape === "bands" ? order.length : limit;
  const scope = s.scope.value;
  const calm = useCalmOrder(order.slice(0, count), `${tab.id} ${sort} ${limit} ${s.filter.value} ${scope.live || scope.from}`);
  const by = byOf(tab, sort);
  const trend = useTrend(near && !bars && (prefs.overTime || columns.includes("trend")) ? list : null, by, Math.max(limit, 10));

  const cut = order.slice(count);
  const other: OtherRow = {
    values: (rest?.values ?? 0) + cut.length,
    requests: (rest?.requests ?? 0) + cut.reduce((n, r) => n + r.requests, 0),
    bytes: (rest?.bytes ?? 0) + cut.reduce((n, r) => n + r.bytes, 0),
    errors: (rest?.errors ?? 0) + cut.reduce((n, r) => n + r.errors, 0),
  };
  const hasOther = other.values > 0 && !tab.only;
  seen.set(prefs.id, { list: tab.id, rows: calm.rows, other: hasOther ? other : undefined });

  const empty = calm.rows.length === 0;
  if (empty || unsaid(tab, calm.rows)) {
    const why = sum && !waiting ? explain(tab, sum) : null;
    if (why) return <Nothing rows={limit}>{why}</Nothing>;
  }
  if (bars) return empty ? <Nothing rows={limit}>{sum ? t("nothing_here") : ""}</Nothing> : <Bands rows={calm.rows} field={tab.field} all={scale.all} />;

  const bots = list === "bots";
  const widths = columns.map((c) => (c === "trend" ? TREND_WIDTH : SPECS[c].width));
  const least = widths.reduce((a, b) => a + b, VALUE_WIDTH + (bots ? VERIFIED_WIDTH : 0));
  const most = Math.max(1, ...calm.rows.map((r) => weight(r, sort)));
  const blank = Math.max(0, limit - Math.max(calm.rows.length, empty ? 1 : 0)) + (hasOther ? 0 : 1);
  const span = columns.length + 1 + (bots ? 1 : 0);
  const table = (
    <table style={least > width && width > 0 ? { minWidth: `${least}px` } : undefined}>
      <caption class="hidden">{t(tab.title)}</caption>
      <colgroup>
        <col />
        {bots && <col style={{ width: `${VERIFIED_WIDTH}px` }} />}
        {columns.map((c, i) => (
          <col key={c} style={{ width: `${widths[i]}px` }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          <Head sort="value" now={sort} choose={() => setSort(prefs, tab, "value")} title={t("sort_value")}>
            {t(tab.head)}
          </Head>
          {bots && <th scope="col">{t("c_verified")}</th>}
          {columns.map((c) =>
            c === "trend" ? (
              <th key={c} scope="col">
                {t("c_trend")}
              </th>
            ) : (
              <Head key={c} sort={c} now={sort} choose={() => setSort(prefs, tab, c)} title={c === "p95" ? t("p95_order") : columnName(c)}>
                {c === "requests" && step ? t("at_time", { t: scale.f.clock(step.t * 1000) }) : SPECS[c].head(scale)}
              </Head>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {calm.rows.map((r, i) => (
          <Row
            key={r.value}
            tab={tab}
            row={r}
            line={prefs.overTime ? i : null}
            columns={columns}
            sort={sort}
            scale={scale}
            most={most}
            trend={trend}
            at={step?.requests ?? null}
            onHot={prefs.overTime ? setHot : undefined}
          />
        ))}
        {empty && sum && (
          <tr class="rest">
            <td colSpan={span}>{t(waiting ? "waiting_data" : tab.only === "s5xx" ? "none_failing" : tab.only === "mean_s" ? "none_slow" : "nothing_here")}</td>
          </tr>
        )}
        {hasOther && <Other other={other} columns={columns} scale={scale} bots={bots} />}
        {Array.from({ length: blank }, (_, i) => (
          <tr key={`blank ${i}`} class="blank" aria-hidden="true">
            <td colSpan={span} />
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <div onPointerEnter={calm.enter} onPointerLeave={calm.leave}>
      {prefs.overTime && <OverTime trend={trend} values={calm.rows.map((r) => r.value)} hot={hot} width={width} onStep={setStep} />}
      {least > width && width > 0 ? <div class="scroll-x">{table}</div> : table}
    </div>
  );
}

function Head(props: { sort: Sort; now: Sort; choose(): void; title: string; children: ComponentChildren }) {
  const on = props.sort === props.now;
  return (
    <th scope="col" aria-sort={on ? (props.sort === "value" ? "ascending" : "descending") : undefined}>
      <button type="button" title={`${props.title}. ${t("sort_hint")}`} onClick={props.choose}>
        {props.children}
      </button>
    </th>
  );
}

/** Whether the format has nothing of the list: one row that says "none" of every request. */
function unsaid(tab: Tab, rows: readonly TopRow[]): boolean {
  return tab.explains === "site" && rows.length === 1 && (rows[0]!.value === "-" || rows[0]!.value === "");
}

/** How an empty list could be filled; null where it is simply empty. */
function explain(tab: Tab, sum: Summary): ComponentChildren {
  const geo = s.hello.value?.geo;
  const dir = geo?.looked_in[0] ?? "/usr/share/GeoIP";
  const add = (text: string) => (
    <>
      {text}{" "}
      <button type="button" class="link add" onClick={() => go("setup")}>
        {t("add_latency")}
      </button>
    </>
  );
  switch (tab.explains) {
    case "country":
      return geo && !geo.country ? t("no_geo_country", { dir }) : null;
    case "asn":
      return geo && !geo.asn ? t("no_geo_asn", { dir }) : null;
    case "latency":
      return sum.requests > 0 && sum.latency_s.p95 === null ? add(t("no_latency_lane")) : null;
    case "upstream":
      return sum.requests > 0 && sum.upstream_s.p95 === null ? add(t("no_upstream")) : null;
    case "site":
      return sum.requests > 0 ? add(t("no_site")) : null;
    default:
      return null;
  }
}

/** One sentence at the height of the list it stands for. */
function Nothing({ rows, children }: { rows: number; children: ComponentChildren }) {
  return (
    <div class="panel-nothing" style={{ "--rows": rows + 1 }}>
      <p>{children}</p>
    </div>
  );
}

function TimesBody({ id, sum, limit }: { id: string; sum: Summary | null; limit: number }) {
  const why = sum && explain({ explains: "upstream" } as Tab, sum);
  const of = (name: string, k: "mean" | "p50" | "p90" | "p95" | "p99" | "max") => ({ name, request: sum?.latency_s[k] ?? null, upstream: sum?.upstream_s[k] ?? null });
  const rows = [of(t("t_mean"), "mean"), of("p50", "p50"), of("p90", "p90"), of("p95", "p95"), of("p99", "p99"), of(t("t_max"), "max")];
  seen.set(id, { list: "times", head: ["of", "request_s", "upstream_s"], cells: rows.map((r) => [r.name, r.request, r.upstream]) });
  return why ? <Nothing rows={limit}>{why}</Nothing> : <Times rows={rows} />;
}

function HoursBody({ id, near, width, asTable, of }: { id: string; near: boolean; width: number; asTable: boolean; of: HoursOf }) {
  const { hours, failed } = useHours(near);
  if (!hours) return <Nothing rows={5}>{failed ? t("not_loaded", { s: s.fmt.value.span(15) }) : t("waiting_data")}</Nothing>;
  seen.set(id, {
    list: "hours",
    head: ["hour", "requests", "bytes", "errors", "visitors", "p95_s"],
    cells: hours.filter((h) => h.known).map((h) => [h.hour, h.requests, h.bytes, hourValue(h, "errors"), h.visitors, h.p95_s]),
  });
  return asTable ? <HourTable hours={hours} /> : <HourBars hours={hours} of={of} width={width} />;
}
