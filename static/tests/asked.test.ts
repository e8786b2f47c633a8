import { expect, it, vi } from "vitest";
import { fromSnapshot } from "../src/lib/series";
import type { Series, Status, Summary } from "../src/wire";

const FROM = 1_780_000_000;
const TO = FROM + 60;
const NEWEST = TO + 600;

// ── A page at an address of the past, and a server that it hears ─────────────────────────────────

const page = new URL(`http://page.example/?filter=status%3A5xx&at=${FROM + 5}&range=${FROM}-${TO}&compare=60`);
const addresses: string[] = [];
const questions: { url: URL; answer: (json: object) => Promise<void> }[] = [];
const sockets: { onopen(): void; onmessage(e: { data: string }): void; onclose(): void }[] = [];

vi.useFakeTimers();
vi.stubGlobal("location", { search: page.search, pathname: page.pathname, reload: vi.fn() });
vi.stubGlobal("history", {
  replaceState: (_: unknown, __: string, url: string) => addresses.push(url),
  pushState: (_: unknown, __: string, url: string) => addresses.push(url),
});
vi.stubGlobal("document", { baseURI: page.href, hidden: false, addEventListener: vi.fn(), documentElement: { toggleAttribute: vi.fn() } });
vi.stubGlobal("window", globalThis);
vi.stubGlobal("addEventListener", vi.fn());
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("matchMedia", () => ({ matches: false }));
vi.stubGlobal("WebSocket", class {
  readyState = 1;
  send = vi.fn();
  close = vi.fn();
  constructor() {
    sockets.push(this as never);
  }
});
vi.stubGlobal("fetch", (url: URL) => new Promise((answered) => {
  questions.push({
    url,
    answer: async (json) => {
      answered({ ok: true, status: 200, json: () => Promise.resolve(json) });
      await vi.advanceTimersByTimeAsync(0);
    },
  });
}));

const summary = (requests: number, end = NEWEST) => ({ from: "", to: new Date(end * 1000).toISOString(), requests, errors: 0, messages: 0, top: {} }) as unknown as Summary;
const series = (requests: number) => ({ step_s: 1, t: Array.from({ length: 60 }, (_, i) => FROM + i), requests: Array(60).fill(requests) }) as unknown as Series;

/** The newest connection opens and tells what a run of the server says first. */
async function hears(boot: string): Promise<void> {
  const socket = sockets.at(-1)!;
  const say = (message: object) => socket.onmessage({ data: JSON.stringify(message) });
  socket.onopen();
  say({ type: "hello", seq: 1, boot, forgets: 0, now_ms: NEWEST * 1000, site: null });
  const status = { summary: summary(0), kept: { oldest: FROM - 600 }, sources: [], markers: [] } as unknown as Status;
  const newest = { step_s: 1, t: [NEWEST - 1], requests: [1], s4xx: [0], s5xx: [0], errors: [0] };
  say({ type: "snapshot", seq: 2, filter: "status:5xx", window_s: 900, series: newest, status, tail: [], tail_matched: 0, anomalies: [] });
  await vi.advanceTimersByTimeAsync(500);
}

/** Answers everything that was asked so far. */
async function answers(requests: number): Promise<string[]> {
  const asked = questions.splice(0);
  for (const { url, answer } of asked) {
    const path = url.pathname.slice("/api/v1/".length);
    await answer(path === "summary" ? summary(requests) : path === "events" ? { events: [] } : series(requests));
  }
  return asked.map(({ url }) => `${url.pathname.slice("/api/v1/".length)} ${url.searchParams.get("from")}`);
}

it("stays at its second and range of the past over a restart of the server, and asks all of it again", async () => {
  const s = await import("../src/state");
  const feed = await import("../src/feed");
  const past = await import("../src/past");
  const asked = await import("../src/asked");
  past.startPast();
  asked.startAsking();
  feed.start();

  await hears("first");
  const before = await answers(7);
  expect(before).toContain(`summary ${FROM + 5}`);
  expect(s.past.value?.requests).toBe(7);
  expect(past.second(FROM + 5)?.requests).toBe(7);

  sockets.at(-1)!.onclose();
  await vi.advanceTimersByTimeAsync(0);
  feed.retryNow();
  await hears("second");
  expect(s.zoom.value).toEqual([FROM, TO]);
  expect(s.at.value).toBe(FROM + 5);
  expect(addresses).toEqual([]);
  // Nothing of the former run passes for an answer of this one.
  expect(asked.outdated.value).toBe(true);
  expect(past.second(FROM + 5)).toBeNull();
  expect(asked.beforeStore.value).toBeNull();

  expect((await answers(9)).sort()).toEqual(before.sort());
  expect(asked.outdated.value).toBe(false);
  expect(s.past.value?.requests).toBe(9);
  expect(past.second(FROM + 5)?.requests).toBe(9);
});

it("asks for a second that had not come once it has", async () => {
  const s = await import("../src/state");
  const past = await import("../src/past");
  const asked = await import("../src/asked");
  const socket = sockets.at(-1)!;
  const tick = (t: number) => {
    const status = { ...s.status.value!, summary: summary(0, t + 1) };
    socket.onmessage({ data: JSON.stringify({ type: "tick", seq: 3, point: { t, requests: 1 }, corrections: [], status }) });
    return vi.advanceTimersByTimeAsync(500);
  };
  const of = () => questions.filter(({ url }) => url.pathname.endsWith("summary")).map(({ url }) => url.searchParams.get("from"));
  s.compare.value = null;
  s.zoom.value = null;
  s.at.value = NEWEST + 1;
  await vi.advanceTimersByTimeAsync(500);
  expect(of()).toEqual([String(NEWEST + 1)]);
  await answers(0);
  expect(asked.outdated.value).toBe(false);
  past.fineStore.value = fromSnapshot({ step_s: 1, t: [NEWEST, NEWEST + 1], requests: [0, 0] } as unknown as Series, 60);
  expect(past.second(NEWEST + 1)).toBeNull();
  await tick(NEWEST);
  expect(of()).toEqual([]);
  await tick(NEWEST + 1);
  expect(of()).toEqual([String(NEWEST + 1)]);
  expect(past.second(NEWEST + 1)?.requests).toBe(1);
  await answers(5);
  expect(s.past.value?.requests).toBe(5);
  await tick(NEWEST + 2);
  expect(of()).toEqual([]);
});
