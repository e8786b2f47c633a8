// The connection to the server: WebSocket, or server-sent events where those can't open; it comes
// back by itself, later each time.

import { batch, effect } from "@preact/signals";
import * as anomalies from "./anomalies";
import { address } from "./lib/api";
import { delay } from "./lib/backoff";
import { append, correct, empty, fromSnapshot } from "./lib/series";
import { canInflate, inflated, Turns } from "./lib/turns";
import { choose, failed, FIRST_WAY, greeted, type Kind } from "./lib/way";
import * as s from "./state";
import { addTail, dropTail, snapshotTail, tickTail } from "./tail";
import type { ClientMessage, ServerMessage, Snapshot, Status } from "./wire";

/** A connection that says nothing for this long is given up; ticks come every second. */
const SILENT_MS = 12_000;
/** One that brings no greeting is given up sooner: some proxies take a socket and then keep quiet. */
const GREETING_MS = 4_000;
/** A timer this late was held back with the whole page: what came meanwhile still waits to be read. */
const HELD_BACK_MS = 2_000;

let socket: WebSocket | null = null;
let events: EventSource | null = null;
let attempts = 0;
let way = FIRST_WAY;
/** The way that is being tried or used, and whether the server greeted on it. */
let kind: Kind = "socket";
let greetedHere = false;
/** Long messages may come compressed. */
let deflate = canInflate();
/** This machine's clock at the last sign of the server, or when it was last called. */
let signAt = 0;
let timer = 0;
let boot = "";
/** How many clients that run of the server had been told to forget when this page first heard of it. */
let forgets = 0;
let seq = -1;
/** Subscriptions not yet answered: each is, by `subscribed` or a problem, in order. */
let unanswered = 0;
/** Of a stream, which is its own subscription: the next snapshot is the answer. */
let asked = false;
/** The snapshot that came last while the page is paused: if it was asked for, that is said next. */
let held: Snapshot | null = null;

export function start(): void {
  let beat = Date.now();
  setInterval(() => {
    const now = Date.now();
    const heldBack = now - beat > HELD_BACK_MS;
    beat = now;
    s.now.value = now;
    // A replay that is over has nothing more to say.
    const quiet = s.paused.peek() || (greetedHere && s.ended.peek());
    if (heldBack || quiet || s.link.peek() === "waiting") return;
    if (now - signAt > (greetedHere ? SILENT_MS : GREETING_MS)) lost(true);
  }, 250);
  addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) retryNow();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (e) => {
    if (e.persisted) connect();
  });
  connect();
}

function connect(): void {
  close();
  clearTimeout(timer);
  s.link.value = "connecting";
  seq = -1;
  unanswered = 0;
  asked = false;
  held = null;
  greetedHere = false;
  signAt = Date.now();
  kind = choose(way);
  if (kind === "stream") connectSse();
  else connectSocket();
}

function connectSocket(): void {
  const url = address("live");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  let ws: WebSocket;
  try {
    ws = new WebSocket(url);
  } catch {
    lost();
    return;
  }
  socket = ws;
  ws.binaryType = "arraybuffer";
  const turns = new Turns();
  /** The socket may be given up before it is a message's turn. */
  const mine = () => socket === ws;
  ws.onopen = () => {
    // Not yet live: that is for the first snapshot to say.
    batch(() => {
      s.link.value = "open";
      s.overSse.value = false;
      s.paused.value = false;
    });
    subscribe();
  };
  ws.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    const texts = typeof data === "string" ? [data] : inflated(data);
    turns.add(texts, (all) => mine() && batch(() => all.forEach(receive)), () => mine() && unreadable());
  };
  ws.onclose = () => turns.add(null, () => mine() && lost());
}

function connectSse(): void {
  const url = address("live", {
    filter: s.pending.peek() ?? s.filter.peek(),
    window_s: s.windowS.peek(),
    topics: "tick,tail,anomaly,bands",
    panels: s.asks.peek().join(),
  });
  const source = new EventSource(url);
  events = source;
  // Its address is what it asks for, so its first snapshot is the answer.
  asked = true;
  let open = false;
  source.onopen = () => {
    open = true;
    batch(() => {
      s.link.value = "open";
      s.overSse.value = true;
    });
  };
  const take = (e: MessageEvent) => receive(String(e.data));
  source.onmessage = take;
  for (const type of ["hello", "snapshot", "tick", "tail", "anomaly", "lag", "problem", "forgotten", "bye"]) {
    source.addEventListener(type, take as EventListener);
  }
  source.onerror = () => {
    if (events !== source) return;
    // Its own retry is fixed and unspread; ours is neither.
    source.close();
    if (!open && s.pending.peek() !== null) {
      void refused(s.pending.peek()!);
      return;
    }
    lost();
  };
}

/** An event stream can't say why it was refused; the same filter asked for plainly can. */
async function refused(filter: string): Promise<void> {
  try {
    const answer = await fetch(address("summary", { filter }));
    if (answer.status === 400) {
      const { error } = (await answer.json()) as { error: { code: string; message: string; hint: string } };
      batch(() => take({ type: "problem", seq, ...error }));
      connect();
      return;
    }
  } catch {
    // No answer at all: the server is away, and waiting is right.
  }
  lost();
}

function close(): void {
  const ws = socket;
  socket = null;
  if (ws) {
    ws.onclose = ws.onmessage = ws.onopen = null;
    ws.close();
  }
  events?.close();
  events = null;
}

/** A socket can't say why it was refused. Where a login is wanted, the server has its page in this place. */
async function loggedOut(): Promise<void> {
  try {
    const answer = await fetch(address("session"));
    if (answer.status === 401) location.reload();
  } catch {
    // The server is away: that is no question of logins.
  }
}

function lost(hung = false): void {
  close();
  if (!greetedHere) void loggedOut();
  if (s.paused.peek() && s.overSse.peek()) return;
  if (!greetedHere || kind === "stream") way = failed(way, kind, hung);
  const wait = delay(attempts++, Math.random());
  batch(() => {
    s.link.value = "waiting";
    s.retryAt.value = Date.now() + wait;
  });
  clearTimeout(timer);
  timer = window.setTimeout(connect, wait);
}

/** Tries at once: the network came back, the page is looked at again, or someone asked. */
export function retryNow(): void {
  if (s.link.peek() !== "waiting") return;
  attempts = Math.min(attempts, 2);
  connect();
}

function send(message: ClientMessage): void {
  if (socket && socket.readyState === 1) socket.send(JSON.stringify(message));
}

/** Lists were asked for while paused: a subscription would have brought the present onto the page. */
let asksWait = false;

function subscribe(): void {
  asksWait = false;
  if (events) {
    connect();
    return;
  }
  // One that opens subscribes by itself.
  if (socket?.readyState !== 1) return;
  unanswered++;
  send({
    type: "subscribe",
    filter: s.pending.peek() ?? s.filter.peek(),
    window_s: s.windowS.peek(),
    topics: ["tick", "tail", "anomaly", "bands"],
    panels: [...s.asks.peek()],
    deflate,
  });
}

/** A message was lost: from here on they are asked for as text, and the first is a snapshot of everything. */
function unreadable(): void {
  if (!deflate) return;
  deflate = false;
  if (s.paused.peek()) asksWait = true;
  else subscribe();
}

/** The page shows other lists, or sorts them otherwise. */
export function setAsks(asks: readonly string[]): void {
  if (asks.join() === s.asks.peek().join()) return;
  s.asks.value = asks;
  if (s.paused.peek()) asksWait = true;
  else if (s.link.peek() === "open" || events) subscribe();
}

/** Asks for another filter; the one that runs stays until the answer comes. */
export function setFilter(text: string, step = true): void {
  const next = text.trim();
  if (next === (s.pending.peek() ?? s.filter.peek())) {
    s.problem.value = null;
    return;
  }
  batch(() => {
    s.problem.value = null;
    s.pending.value = next;
  });
  s.writeAddress(step);
  // In this order: a subscription resumes by itself, and resuming first would ask for the old one.
  subscribe();
  resume();
}

/** Another entry of the browser's history: both at once, and the address stays as it is. */
export function goTo(filter: string, seconds: number): void {
  if (filter === (s.pending.peek() ?? s.filter.peek()) && seconds === s.windowS.peek()) return;
  batch(() => {
    s.problem.value = null;
    s.pending.value = filter;
    s.windowS.value = seconds;
  });
  subscribe();
  resume();
}

export function setWindow(seconds: number, step = true): void {
  if (seconds === s.windowS.peek()) return;
  batch(() => {
    s.windowS.value = seconds;
    s.zoom.value = null;
  });
  s.writeAddress(step);
  subscribe();
  resume();
}

export function pause(): void {
  if (s.paused.peek() || s.link.peek() !== "open" || s.ended.peek()) return;
  batch(() => {
    s.pausedAt.value = s.newest.peek() || Date.now() + s.skew.peek();
    s.paused.value = true;
  });
  send({ type: "pause" });
}

export function resume(): void {
  if (!s.paused.peek()) return;
  signAt = Date.now();
  batch(() => {
    s.paused.value = false;
    // A pause is no silence; a connection lost meanwhile is.
    if (s.link.peek() === "open") s.heardAt.value = signAt;
  });
  if (s.overSse.peek()) connect();
  else if (asksWait) subscribe();
  else send({ type: "resume" });
}

export function toggleLive(): void {
  if (s.paused.peek()) resume();
  else if (s.link.peek() === "waiting") retryNow();
  else pause();
}

function receive(text: string): void {
  let message: ServerMessage;
  try {
    message = JSON.parse(text) as ServerMessage;
  } catch {
    return;
  }
  signAt = Date.now();
  if (message.type === "hello") {
    seq = message.seq;
    greetedHere = true;
    const { way: next, again } = greeted(way, kind);
    way = next;
    if (again) {
      connect();
      return;
    }
    batch(() => {
      s.hello.value = message;
      s.skew.value = message.now_ms - Date.now();
      s.stopped.value = null;
      if (boot && boot !== message.boot) {
        // Another run of the server: nothing of the former one may be mixed in. What is looked at stays, and
        // is asked for again (`asked.ts`): events are kept over a restart.
        s.status.value = null;
        dropTail();
        anomalies.forget();
        s.missed.value = 0;
        s.store.current = empty(s.windowS.peek());
        s.version.value++;
      }
    });
    // One was forgotten while nobody could tell this page.
    if (boot === message.boot && forgets !== message.forgets) beginAnew();
    else forgets = message.forgets;
    boot = message.boot;
    attempts = 0;
    return;
  }
  // A session subscribes first and takes its snapshot after: what is older came twice.
  if (message.type === "tick" || message.type === "tail") {
    if (message.seq < seq) return;
  }
  seq = Math.max(seq, message.seq);
  batch(() => take(message));
}

function show(snapshot: Snapshot): void {
  s.store.current = fromSnapshot(snapshot.series, snapshot.window_s, endOf(snapshot.status));
  s.status.value = snapshot.status;
  s.filter.value = snapshot.filter;
  snapshotTail(snapshot.tail, snapshot.tail_matched, snapshot.series);
  anomalies.fromSnapshot(snapshot);
  if (snapshot.series.t.length > 0) s.newest.value = s.store.current.end * 1000;
  heard();
  s.writeAddress(false);
}

/** The answer to an earlier question must not take back a later one. */
function answered(): void {
  if (s.pending.value === null || unanswered > 0) return;
  s.pending.value = null;
  s.problem.value = null;
  s.writeAddress(false);
}

function take(message: Exclude<ServerMessage, { type: "hello" }>): void {
  switch (message.type) {
    case "subscribed":
      unanswered = Math.max(0, unanswered - 1);
      if (held) show(held);
      held = null;
      answered();
      break;
    case "snapshot": {
      const isAnswer = asked;
      asked = false;
      // One that nobody asked for comes in place of a tick; resuming brings another.
      if (s.paused.value && !isAnswer) {
        held = message;
        return;
      }
      held = null;
      show(message);
      if (isAnswer) answered();
      break;
    }
    case "tick":
      if (s.paused.value) return;
      correct(s.store.current, message.corrections);
      append(s.store.current, message.point, endOf(message.status));
      tickTail(message.point);
      s.status.value = message.status;
      s.newest.value = s.store.current.end * 1000;
      heard();
      break;
    case "tail":
      if (s.paused.value) return;
      addTail(message);
      break;
    case "anomaly":
      anomalies.tell(message.anomaly);
      break;
    case "lag":
      s.missed.value += message.missed;
      break;
    case "problem":
      // Everything else that is refused is a subscription: its filter, its lists, or there is no place.
      if (message.code !== "bad_message") unanswered = Math.max(0, unanswered - 1);
      if (unanswered > 0) break;
      s.problem.value = { ...message, typed: s.pending.value ?? "" };
      s.pending.value = null;
      s.writeAddress(false);
      if (s.status.value !== null || s.overSse.value) break;
      // Refused before anything was shown: a page without a filter is better than an empty one. What
      // is refused without one is asked again later, as if the server were away.
      if (message.code === "bad_filter" && s.problem.value.typed !== "") subscribe();
      else lost();
      break;
    case "forgotten":
      beginAnew();
      break;
    case "bye":
      s.stopped.value = message.reason;
      break;
  }
}

/** Lines, lists and answers of before may name a client that is forgotten wherever they are kept: the surest
 * way is to load the page anew, at the same address. */
function beginAnew(): void {
  effect(() => {
    if (!s.linkHeld.value) location.reload();
  });
}

/** Where the newest step stops for now: the live window ends with the newest closed second. */
function endOf(status: Status): number {
  const end = Date.parse(status.summary.to) / 1000;
  return Number.isFinite(end) ? end : Infinity;
}

function heard(): void {
  s.late.value = Math.max(0, Date.now() + s.skew.value - s.newest.value);
  s.heardAt.value = Date.now();
  s.version.value++;
}
