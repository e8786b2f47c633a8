// What the page knows: signals that the feed writes and the views read.

import { batch, computed, signal } from "@preact/signals";
import { formats, type Lang } from "./lib/format";
import { type Key, learn, translate, type Vars } from "./lib/i18n";
import { firstLanguage, keep, keptTheme, recall, type Theme } from "./lib/kept";
import { USUAL_COLUMNS } from "./lib/lines";
import { empty, type Store } from "./lib/series";
import { silent } from "./lib/way";
import type { EventRow, Hello, Problem, Status, Summary } from "./wire";

// ── Preferences, kept in this browser ────────────────────────────────────────────────────────────

export { keep, recall, type Theme };

export const theme = signal<Theme>(keptTheme());
export const systemLight = signal(matchMedia("(prefers-color-scheme: light)").matches);
/** While the page is printed, which is light on paper. */
export const printing = signal(false);
export const light = computed(() => printing.value || (theme.value === "auto" ? systemLight.value : theme.value === "light"));
export const lang = signal<Lang>(firstLanguage());
export const utc = signal(recall("times") === "utc");
export const singleKeys = signal(recall("keys") !== "off");
/** Filters used before in this browser, newest first. */
export const recent = signal<string[]>(list(recall("recent")));

/** A kept list of texts; whatever else stands there is as good as nothing. */
function list(kept: string | null): string[] {
  try {
    const value: unknown = JSON.parse(kept ?? "[]");
    return Array.isArray(value) ? value.filter((v) => typeof v === "string") : [];
  } catch {
    return [];
  }
}

/** The set-up page gave way to the dashboard once in this browser. */
export const opened = signal(recall("opened") === "yes");

export const fmt = computed(() => formats(lang.value, utc.value ? "UTC" : undefined));

/** Turns the page to another language, once its words are here; without the server it stays as it is. */
export async function speak(language: Lang): Promise<void> {
  try {
    await learn(language);
    lang.value = language;
    keep("lang", language);
  } catch {
    // The words come from the server, as the page did.
  }
}

export function t(key: Key, vars?: Vars): string {
  return translate(lang.value, key, vars);
}

// ── The connection ───────────────────────────────────────────────────────────────────────────────

export type Link = "connecting" | "open" | "waiting";

export const link = signal<Link>("connecting");
export const overSse = signal(false);
/** When the next attempt comes, by this machine's clock. */
export const retryAt = signal(0);
export const paused = signal(false);
/** When the pause began, by the server's clock. */
export const pausedAt = signal(0);
/** This machine's clock when the last tick or snapshot came; 0 before the first. */
export const heardAt = signal(0);
/** Server clock minus this machine's, milliseconds. */
export const skew = signal(0);
export const missed = signal(0);
/** How late the newest second came, milliseconds after its end. */
export const late = signal(0);
export const stopped = signal<string | null>(null);
/** This machine's clock, four times a second: for what changes without a message. */
export const now = signal(Date.now());

export const stale = computed(
  () => heardAt.value > 0 && !paused.value && silent({ silentMs: now.value - heardAt.value, open: link.value === "open", ended: ended.value, stopped: stopped.value !== null }),
);

// ── What came ────────────────────────────────────────────────────────────────────────────────────

export const hello = signal<Hello | null>(null);
/** Whoever has a share link: asks only of its site, and nothing of the server. */
export const guest = computed(() => typeof hello.value?.site === "string");
export const status = signal<Status | null>(null);
/** What is replayed is over: nothing more comes, and the server's clock stands. */
export const ended = computed(() => status.value?.ended === true);
/** Mutated in place; `version` tells that it changed. */
export const store: { current: Store } = { current: empty() };
export const version = signal(0);
/** End of the newest closed second, epoch milliseconds; 0 before the first. */
export const newest = signal(0);

/** Events of the tail, newest first, each with a number of its own for keyed lists. */
export interface Line {
  id: number;
  event: EventRow;
  /** Its second had more lines than came. */
  sample: boolean;
}
/** About 5 MB of texts: some minutes of a sampled tail. */
export const LINES_KEPT = 5_000;
export const lines = signal<Line[]>([]);
/** How many lines of the last seconds came of how many, and whether every error was among them. */
export const tailShown = signal({ n: 0, matched: 0, every: true });
/** All lines and errors since the page was opened, whether they were shown or not. */
export const flow = signal({ lines: 0, errors: 0 });
/** Columns of the lines that are shown, in this browser. */
export const columns = signal<readonly string[]>(recall("columns") ? list(recall("columns")) : USUAL_COLUMNS);

// ── What is asked for ────────────────────────────────────────────────────────────────────────────

export const WINDOWS = [60, 300, 900, 3600, 21_600, 86_400] as const;

const address = new URLSearchParams(location.search);
const asked = Number(address.get("window"));

/** The filter that runs, as the server gave it back. */
export const filter = signal("");
/** The filter that was asked for and is not answered yet. */
export const pending = signal<string | null>(address.get("filter") || null);
export const problem = signal<(Problem & { typed: string }) | null>(null);
export const windowS = signal<number>((WINDOWS as readonly number[]).includes(asked) ? asked : 900);

export type View = "overview" | "sources" | "setup";
export const view = signal<View>(address.get("view") === "sources" ? "sources" : "overview");
/** Bottom tab of the narrow layout. */
export const tab = signal<"charts" | "where" | "lines">("charts");
/** The source whose panel is open, by id; null while nobody chose. */
export const chosenSource = signal<number | null>(null);
/** The newest change of a format that was looked at, epoch milliseconds. */
export const changeSeen = signal(0);
export const linesOpen = signal(false);
/** The line that is opened, by its number. */
export const reading = signal<number | null>(null);
export const helpOpen = signal(false);
export const menuOpen = signal(false);
/** The site that a link is made for, empty where none is named yet; null while none is made. */
export const sharing = signal<string | null>(null);
/** A link was asked for and its dialog is open: nothing shows it again, so the page is not loaded anew under it. */
export const linkHeld = signal(false);

/** The end of the year 9999: what is later in an address is a slip, and no calendar can write it. */
const LAST_SECOND = 253_402_300_799;

/** Shown range in epoch seconds while zoomed. */
export const zoom = signal<[number, number] | null>(readRange(address.get("range")));
/** The epoch second that the page shows as it was; null while it follows the present. */
export const at = signal<number | null>(readSecond(address.get("at")));
/** How many seconds before the shown range the one starts that it is compared with; null for none. */
export const compare = signal<number | null>(readSecond(address.get("compare")));
/** What the drawer shows: an anomaly by its id, `all` of them, `why` or why not in the shown second. */
export const drawer = signal<string | null>(address.get("anomaly") || null);
/** For a screen on a wall: nothing to click, everything large. */
export const wall = signal(address.has("wall"));

/** What lists, vitals and lines are about: the live window, or a range `[from, to)` of the past. */
export type Scope = { live: true } | { live: false; from: number; to: number };

export const scope = computed<Scope>(() => {
  if (at.value !== null) return { live: false, from: at.value, to: at.value + 1 };
  if (zoom.value !== null) return { live: false, from: zoom.value[0], to: zoom.value[1] };
  return { live: true };
});

/** The summary of a range of the past, asked for by `asked.ts`; null until it came. */
export const past = signal<Summary | null>(null);
/** Lines of a range of the past, newest first, and how many there are; null while live or not yet known. */
export const pastLines = signal<{ events: EventRow[]; total: number } | null>(null);
/** The same range's or window's summary with what it is compared with; null while nothing is compared. */
export const compared = signal<Summary | null>(null);
/** What every list and number on the page is read from. */
export const summary = computed<Summary | null>(() => (scope.value.live ? (status.value?.summary ?? null) : past.value));

/** The lists on the page, as the server is asked for them: `list`, `list:by` or `list:by:rows`. */
export const asks = signal<readonly string[]>([]);
/** The second under the pointer. */
export const cursor = signal<number | null>(null);

export const OPEN_AFTER = 10;

/** The set-up page stands in for the dashboard: nothing came yet, or it was asked for. */
export const first = computed(() => {
  if (view.value === "setup") return true;
  const s = status.value;
  return s !== null && !opened.value && s.summary.accounting.received < OPEN_AFTER && hello.value !== null;
});

export function openDashboard(): void {
  batch(() => {
    opened.value = true;
    if (view.value === "setup") view.value = "overview";
  });
  keep("opened", "yes");
}

export function serverNow(): number {
  return ended.value ? newest.value : now.value + skew.value;
}

function readSecond(text: string | null): number | null {
  const n = Math.floor(Number(text));
  return text && n > 0 && n <= LAST_SECOND ? n : null;
}

function readRange(text: string | null): [number, number] | null {
  const [from, to] = (text ?? "").split("-").map(readSecond);
  return from && to && from < to ? [from, to] : null;
}

/** Takes time and view from the address, as the history gave it back. */
export function readAddress(): void {
  const address = new URLSearchParams(location.search);
  batch(() => {
    view.value = address.get("view") === "sources" ? "sources" : "overview";
    zoom.value = readRange(address.get("range"));
    at.value = readSecond(address.get("at"));
    compare.value = readSecond(address.get("compare"));
    drawer.value = address.get("anomaly") || null;
    wall.value = address.has("wall");
  });
}

/** Writes filter, time and view into the address; `step` makes it one step of the history. */
export function writeAddress(step: boolean): void {
  const params = new URLSearchParams();
  const text = pending.value ?? filter.value;
  if (text) params.set("filter", text);
  if (windowS.value !== 900) params.set("window", String(windowS.value));
  if (view.value === "sources") params.set("view", "sources");
  if (at.value !== null) params.set("at", String(at.value));
  if (zoom.value !== null) params.set("range", zoom.value.map(Math.round).join("-"));
  if (compare.value !== null) params.set("compare", String(compare.value));
  if (drawer.value !== null) params.set("anomaly", drawer.value);
  if (wall.value) params.set("wall", "");
  const query = params.toString().replace(/wall=(?=&|$)/, "wall");
  const url = `${location.pathname}${query ? `?${query}` : ""}`;
  if (url === `${location.pathname}${location.search}`) return;
  if (step) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}
