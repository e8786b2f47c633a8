// The registry of panels: every list the server has, what a click on it filters by, and where it
// stands on the page.

import type { Key } from "../lib/i18n";
import type { Column, Sort } from "../lib/prefs";

export interface Tab {
  id: string;
  /** Name in `summary.top`; null for what is not a list. */
  list: string | null;
  /** The filter's word. */
  field: string;
  title: Key;
  head: Key;
  /** Our own words rather than a stranger's text. */
  ours?: boolean;
  /** What it is sorted by until someone chooses. */
  sort?: Sort;
  /** Rows without this are left out: "Failing" lists what fails. */
  only?: "s5xx" | "mean_s";
  /** Shares of errors say nothing where the values are statuses. */
  columns?: readonly Column[];
  /** Bars along an axis, or two times side by side, instead of rows. */
  shape?: "bands" | "times" | "hours";
  /** Of lines of the error log rather than of requests: they have no status and no time. */
  lines?: boolean;
  /** Offered though empty, because the panel can say how to fill it. */
  explains?: "country" | "asn" | "latency" | "upstream" | "site";
}

export interface Group {
  id: string;
  title: Key;
  tabs: readonly Tab[];
  /** Twice as wide where there is room. */
  wide?: boolean;
}

function tab(id: string, field: string, title: Key, head: Key, more: Partial<Tab> = {}): Tab {
  return { id, list: id, field, title, head, ...more };
}

const STATUS: readonly Column[] = ["requests", "before", "share", "p95"];
const BANDS: readonly Column[] = ["requests", "share", "s5xx"];

export const GROUPS: readonly Group[] = [
  {
    id: "paths",
    title: "paths",
    tabs: [
      tab("paths", "path", "paths", "path"),
      tab("routes", "route", "l_routes", "h_route"),
      tab("not_found", "not_found", "not_found", "path"),
      tab("slow", "route", "l_slow", "h_route", { list: "routes", sort: "mean", only: "mean_s", explains: "latency", columns: ["requests", "mean", "p95", "s5xx"] }),
      tab("failing", "route", "l_failing", "h_route", { list: "routes", sort: "s5xx", only: "s5xx" }),
      tab("static", "path", "l_static", "path"),
      tab("types", "type", "l_types", "h_type"),
      tab("queries", "query", "l_queries", "h_query"),
    ],
  },
  {
    id: "clients",
    title: "clients",
    tabs: [
      tab("clients", "client", "clients", "client"),
      tab("networks", "client", "l_networks", "h_network"),
      tab("countries", "country", "l_countries", "h_country", { ours: true, explains: "country" }),
      tab("cities", "city", "l_cities", "h_city"),
      tab("asns", "asn", "l_asns", "h_asn", { explains: "asn" }),
      tab("ip_versions", "ip_version", "l_ip_versions", "h_ip_version", { ours: true }),
      tab("users", "user", "users", "user"),
    ],
  },
  {
    id: "status",
    title: "status",
    tabs: [
      tab("statuses", "status", "l_statuses", "h_status", { columns: STATUS }),
      tab("classes", "status", "l_classes", "h_class", { columns: STATUS }),
      tab("outcomes", "outcome", "l_outcomes", "h_outcome", { ours: true, columns: STATUS }),
      tab("methods", "method", "l_methods", "method"),
    ],
  },
  {
    id: "sites",
    title: "sites_panel",
    tabs: [
      tab("sites", "site", "sites_panel", "site", { explains: "site" }),
      tab("sources", "source", "sources", "source"),
      tab("upstreams", "upstream", "upstreams", "upstream"),
    ],
  },
  {
    id: "agents",
    title: "agents",
    tabs: [
      tab("agents", "agent", "agents", "agent", { ours: true }),
      tab("bots", "bot", "l_bots", "h_bot", { ours: true, columns: ["requests", "before", "s5xx", "p95"] }),
      tab("purposes", "bot", "l_purposes", "h_purpose", { ours: true }),
      tab("systems", "os", "l_systems", "h_system", { ours: true }),
      tab("user_agents", "agent", "l_user_agents", "agent"),
    ],
  },
  {
    id: "referrers",
    title: "referrers",
    tabs: [
      tab("referrers", "referrer", "l_referrers", "site"),
      tab("referrer_urls", "referrer", "l_referrer_urls", "h_url"),
      tab("keyphrases", "keyphrase", "l_keyphrases", "h_keyphrase"),
    ],
  },
  {
    id: "latency",
    title: "latency",
    tabs: [
      tab("bands", "latency", "l_bands", "h_time", { ours: true, shape: "bands", columns: BANDS, explains: "latency" }),
      tab("upstream_bands", "upstream_time", "l_upstream_bands", "h_time", { ours: true, shape: "bands", columns: BANDS, explains: "upstream" }),
      tab("times", "", "l_times", "h_time", { list: null, shape: "times", explains: "upstream" }),
    ],
  },
  {
    id: "transport",
    title: "l_protocols",
    tabs: [
      tab("protocols", "protocol", "l_protocols", "h_protocol"),
      tab("schemes", "scheme", "l_schemes", "h_scheme"),
      tab("tls", "tls", "l_tls", "h_tls"),
      tab("ciphers", "cipher", "l_ciphers", "h_cipher"),
      tab("cache", "cache", "l_cache", "h_cache"),
      tab("mime", "mime", "l_mime", "h_mime"),
      tab("formats", "format", "l_formats", "format"),
    ],
  },
  {
    id: "errors",
    title: "l_templates",
    wide: true,
    tabs: [
      tab("errors", "template", "l_templates", "h_template", { columns: ["requests", "share", "trend", "level", "first"], lines: true }),
      tab("templates", "template", "l_messages", "h_template", { columns: ["requests", "share", "trend", "level", "first"], lines: true }),
    ],
  },
  { id: "hours", title: "l_hours", wide: true, tabs: [tab("hours", "", "l_hours", "h_hour", { list: null, shape: "hours" })] },
];

/** The panels of a page that nobody changed. */
export const USUAL: readonly string[] = GROUPS.map((g) => g.id);

export const TABS: readonly Tab[] = GROUPS.flatMap((g) => g.tabs);

/** The order that decides which rows a list of what fails or is slow has; others have those of the order that is chosen. */
export function ownOrder(tab: Tab): Sort | undefined {
  return tab.only && tab.sort;
}

/** Lists that are known to be filled, with those just found; null while none was found: no traffic says nothing of what there is. */
export function learnt(before: ReadonlySet<string> | null, found: readonly string[]): ReadonlySet<string> | null {
  return found.every((l) => before?.has(l)) ? before : new Set([...(before ?? []), ...found]);
}

/** The chosen tab; until someone chooses, the first that this traffic fills, or the panel's first where none is or it says how it would be. */
export function tabIn(g: Group, chosen: string | undefined, known: ReadonlySet<string> | null): Tab {
  const usable = (x: Tab, i: number) => !known || !x.list || (i === 0 && x.explains !== undefined) || known.has(x.list);
  return g.tabs.find((x) => x.id === chosen) ?? g.tabs.find(usable) ?? g.tabs[0]!;
}

/** The first tab, for it names the panel, the chosen one, those that this traffic can fill, and those that say how they would be. */
export function tabsIn(g: Group, chosen: Tab, fills: (list: string) => boolean, geo: boolean): Tab[] {
  const explains = (x: Tab) => geo && (x.explains === "country" || x.explains === "asn");
  return g.tabs.filter((x, i) => i === 0 || x === chosen || x.list === null || fills(x.list) || explains(x));
}

const OWN = "list:";

/** The id of the panel that shows one list alone. */
export function ownId(tabId: string): string {
  return `${OWN}${tabId}`;
}

const byId = new Map<string, Group>(GROUPS.map((g) => [g.id, g]));
for (const x of TABS) byId.set(ownId(x.id), { id: ownId(x.id), title: x.shape === "times" ? "l_times_long" : x.title, tabs: [x], wide: x.shape === "hours" });

export function group(id: string): Group | undefined {
  return byId.get(id);
}
