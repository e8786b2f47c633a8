// The connection to the server: WebSocket, or server-sent events where those can't open; it comes
// back by itself, later each time.

import { batch } from "@preact/signals";
import { delay } from "./lib/backoff";
import { append, correct, empty, fromSnapshot } from "./lib/series";
import * as s from "./state";
import { addTail, dropTail, snapshotTail, tickTail } from "./tail";
import type { ClientMessage, ServerMessage, Status } from "./wire";

/** WebSockets that never opened before server-sent events are tried. */
const WEBSOCKET_TRIES = 3;
/** A connection that says nothing for this long is given up; ticks come every second. */
const SILENT_MS = 12_000;

let socket: WebSocket | null = null;
let events: EventSource | null = null;
let attempts = 0;
let neverOpened = 0;
/** One did open since the page was loaded: what fails later is the server, not the way to it. */
let socketsWork = false;
let timer = 0;
let boot = "";
let seq = -1;
/** Subscriptions not yet answered: each gets one snapshot or problem, in order. */
let unanswered = 0;

export function start(): void {
  setInterval(() => {
    s.now.value = Date.now();
    const silent = Date.now() - s.heardAt.peek();
    const busy = s.link.peek() === "open" && !s.paused.peek() && s.heardAt.peek() > 0;
    if (busy && silent > SILENT_MS) lost();
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

function address(): URL {
  return new URL("api/v1/live", document.baseURI);
}

function connect(): void {
  close();
  clearTimeout(timer);
  s.link.value = "connecting";
  seq = -1;
  unanswered = 0;
  if (!socketsWork && neverOpened >= WEBSOCKET_TRIES) connectSse();
  else connectSocket();
}

function connectSocket(): void {
  const url = address();
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  let ws: WebSocket;
  try {
    ws = new WebSocket(url);
  } catch {
    neverOpened++;
    lost();
    return;
  }
  socket = ws;
  let open = false;
  ws.onopen = () => {
    open = true;
    socketsWork = true;
    neverOpened = 0;
    batch(() => {
      s.link.value = "open";
      s.overSse.value = false;
      s.paused.value = false;
      s.heardAt.value = s.heardAt.peek() && Date.now();
    });
    subscribe();
  };
  ws.onmessage = (e) => {
    if (typeof e.data === "string") receive(e.data);
  };
  ws.onclose = () => {
    if (socket !== ws) return;
    if (!open) neverOpened++;
    lost();
  };
}

function connectSse(): void {
  const url = address();
  url.searchParams.set("filter", s.pending.peek() ?? s.filter.peek());
  url.searchParams.set("window_s", String(s.windowS.peek()));
  url.searchParams.set("topics", "tick,tail,bands");
  url.searchParams.set("panels", s.asks.peek().join());
  const source = new EventSource(url);
  events = source;
  unanswered = 1;
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
  for (const type of ["hello", "snapshot", "tick", "tail", "lag", "problem", "bye"]) {
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
    // Whatever kept WebSockets from opening may have passed: the next attempt is one again.
    neverOpened = WEBSOCKET_TRIES - 1;
    lost();
  };
}

/** An event stream can't say why it was refused; the same filter asked for plainly can. */
async function refused(filter: string): Promise<void> {
  try {
    const url = new URL("api/v1/summary", document.baseURI);
    url.searchParams.set("filter", filter);
    const answer = await fetch(url);
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

function lost(): void {
  close();
  if (s.paused.peek() && s.overSse.peek()) return;
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
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function subscribe(): void {
  if (events) {
    connect();
    return;
  }
  unanswered++;
  send({
    type: "subscribe",
    filter: s.pending.peek() ?? s.filter.peek(),
    window_s: s.windowS.peek(),
    topics: ["tick", "tail", "bands"],
    panels: [...s.asks.peek()],
  });
}

/** The page shows other lists, or sorts them otherwise. */
export function setAsks(asks: readonly string[]): void {
  if (asks.join() === s.asks.peek().join()) return;
  s.asks.value = asks;
  if (s.link.peek() === "open" || events) subscribe();
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
  if (s.paused.peek() || s.link.peek() !== "open") return;
  batch(() => {
    s.pausedAt.value = s.newest.peek() || Date.now() + s.skew.peek();
    s.paused.value = true;
  });
  send({ type: "pause" });
}

export function resume(): void {
  if (!s.paused.peek()) return;
  batch(() => {
    s.paused.value = false;
    s.heardAt.value = Date.now();
  });
  if (s.overSse.peek()) connect();
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
  if (message.type === "hello") {
    seq = message.seq;
    batch(() => {
      s.hello.value = message;
      s.skew.value = message.now_ms - Date.now();
      s.stopped.value = null;
      if (boot && boot !== message.boot) {
        // Another run of the server: nothing of the former one may be mixed in.
        s.status.value = null;
        dropTail();
        s.missed.value = 0;
        s.zoom.value = null;
        s.at.value = null;
        s.store.current = empty(s.windowS.peek());
        s.version.value++;
      }
    });
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

function take(message: Exclude<ServerMessage, { type: "hello" }>): void {
  switch (message.type) {
    case "snapshot": {
      s.store.current = fromSnapshot(message.series, message.window_s, endOf(message.status));
      s.status.value = message.status;
      s.filter.value = message.filter;
      unanswered = Math.max(0, unanswered - 1);
      // The answer to an earlier question must not take back a later one.
      if (s.pending.value !== null && unanswered === 0) {
        s.pending.value = null;
        s.problem.value = null;
      }
      snapshotTail(message.tail, message.series);
      if (message.series.t.length > 0) s.newest.value = s.store.current.end * 1000;
      heard();
      s.writeAddress(false);
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
    case "lag":
      s.missed.value += message.missed;
      break;
    case "problem":
      if (message.code === "bad_filter") unanswered = Math.max(0, unanswered - 1);
      if (unanswered > 0) break;
      s.problem.value = { ...message, typed: s.pending.value ?? "" };
      s.pending.value = null;
      s.writeAddress(false);
      // Refused before anything was shown: a page without a filter is better than an empty one.
      if (s.status.value === null && !s.overSse.value) subscribe();
      break;
    case "bye":
      s.stopped.value = message.reason;
      break;
  }
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
