// How the panels are laid out, as it is kept in the browser: read back without trust, for another
// version, another tab or a curious hand may have written it.

/** Raised when an older layout can't be read as a newer one; the older is then forgotten. */
export const VERSION = 1;
/** Kept text beyond this is not ours. */
const LONGEST = 32_768;
/** Panels beyond this are not laid out: every one costs the server a list. */
export const MOST_PANELS = 48;

export const SORTS = ["requests", "bytes", "s4xx", "s5xx", "errors", "time", "slow", "visitors"] as const;
/** What the server can sort a list by. */
export type By = (typeof SORTS)[number];

export const COLUMNS = ["requests", "share", "bytes", "visitors", "before", "s4xx", "s5xx", "mean", "p95", "trend", "level", "first"] as const;
export type Column = (typeof COLUMNS)[number];

/** A column and what the server is asked for so that its top is the list's. `value` and `before` only reorder. */
export type Sort = Column | "value";

export const ROWS = [5, 10, 25] as const;
export type Rows = (typeof ROWS)[number];

export const MEASURES = ["auto", "rate", "count"] as const;
export type Measure = (typeof MEASURES)[number];

/** What the hours' bars show. */
export const HOURS = ["requests", "errors", "p95", "bytes", "visitors"] as const;
export type HoursOf = (typeof HOURS)[number];

export interface PanelPrefs {
  id: string;
  tab?: string;
  rows?: Rows;
  /** By tab. */
  sort?: Record<string, Sort>;
  columns?: Column[];
  measure?: Measure;
  /** A chart over time above the table, which is then its legend. */
  overTime?: boolean;
  /** Bands and hours as a table rather than bars. */
  asTable?: boolean;
  hours?: HoursOf;
}

export interface Layout {
  v: typeof VERSION;
  dense: boolean;
  panels: PanelPrefs[];
  /** Panels of the usual page that were closed: absent from `panels` on purpose. */
  hidden: string[];
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

function oneOf<T>(value: unknown, of: readonly T[]): T | undefined {
  return of.find((o) => o === value);
}

const word = (value: unknown): string | undefined =>
  typeof value === "string" && /^[a-z_:0-9]{1,40}$/.test(value) ? value : undefined;

function panel(value: unknown): PanelPrefs | null {
  const raw = record(value);
  const id = word(raw?.["id"]);
  if (!raw || !id) return null;
  const out: PanelPrefs = { id };
  const tab = word(raw["tab"]);
  if (tab) out.tab = tab;
  const rows = oneOf(raw["rows"], ROWS);
  if (rows) out.rows = rows;
  const measure = oneOf(raw["measure"], MEASURES);
  if (measure) out.measure = measure;
  const hours = oneOf(raw["hours"], HOURS);
  if (hours) out.hours = hours;
  if (raw["overTime"] === true) out.overTime = true;
  if (raw["asTable"] === true) out.asTable = true;
  if (Array.isArray(raw["columns"])) {
    out.columns = COLUMNS.filter((c) => (raw["columns"] as unknown[]).includes(c));
  }
  const sort = record(raw["sort"]);
  if (sort) {
    const kept = Object.entries(sort)
      .slice(0, 64)
      .flatMap(([tabId, by]) => {
        const known = oneOf(by, [...COLUMNS, "value"] as const);
        return known && word(tabId) ? [[tabId, known] as const] : [];
      });
    if (kept.length > 0) out.sort = Object.fromEntries(kept);
  }
  return out;
}

export function usual(ids: readonly string[]): Layout {
  return { v: VERSION, dense: false, panels: ids.map((id) => ({ id })), hidden: [] };
}

/** The layout in `text`, or the usual one. `usualIds` are the page's panels in their order, `known` says what exists. */
export function readLayout(text: string | null, usualIds: readonly string[], known: (id: string) => boolean): Layout {
  if (text === null || text.length > LONGEST) return usual(usualIds);
  let raw: Record<string, unknown> | null;
  try {
    raw = record(JSON.parse(text));
  } catch {
    return usual(usualIds);
  }
  if (!raw || raw["v"] !== VERSION || !Array.isArray(raw["panels"])) return usual(usualIds);
  const seen = new Set<string>();
  const panels: PanelPrefs[] = [];
  for (const p of raw["panels"].map(panel)) {
    if (!p || seen.has(p.id) || !known(p.id) || panels.length >= MOST_PANELS) continue;
    seen.add(p.id);
    panels.push(p);
  }
  const hidden = Array.isArray(raw["hidden"]) ? usualIds.filter((id) => (raw["hidden"] as unknown[]).includes(id) && !seen.has(id)) : [];
  // What a newer page has beyond the kept layout is shown, not lost.
  for (const id of usualIds) if (!seen.has(id) && !hidden.includes(id)) panels.push({ id });
  return { v: VERSION, dense: raw["dense"] === true, panels, hidden };
}

/** Puts a panel in the place of another, which makes room towards where it came from. */
export function move(layout: Layout, id: string, place: string): Layout {
  const it = layout.panels.find((p) => p.id === id);
  const at = layout.panels.findIndex((p) => p.id === place);
  if (!it || at < 0 || id === place) return layout;
  return { ...layout, panels: layout.panels.filter((p) => p !== it).toSpliced(at, 0, it) };
}

/** One place towards the start (−1) or the end (1). */
export function shift(layout: Layout, id: string, by: -1 | 1): Layout {
  const at = layout.panels.findIndex((p) => p.id === id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= layout.panels.length) return layout;
  const panels = [...layout.panels];
  [panels[at], panels[to]] = [panels[to]!, panels[at]!];
  return { ...layout, panels };
}

export function hide(layout: Layout, id: string, usualIds: readonly string[]): Layout {
  return {
    ...layout,
    panels: layout.panels.filter((p) => p.id !== id),
    hidden: usualIds.includes(id) && !layout.hidden.includes(id) ? [...layout.hidden, id] : layout.hidden,
  };
}

export function show(layout: Layout, id: string): Layout {
  if (layout.panels.some((p) => p.id === id) || layout.panels.length >= MOST_PANELS) return layout;
  return { ...layout, panels: [...layout.panels, { id }], hidden: layout.hidden.filter((h) => h !== id) };
}

export function change(layout: Layout, id: string, more: Partial<PanelPrefs>): Layout {
  return { ...layout, panels: layout.panels.map((p) => (p.id === id ? { ...p, ...more } : p)) };
}
