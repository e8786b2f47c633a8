import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

class FakeSocket {
  static newest: FakeSocket;
  readyState = 0;
  sent: { type: string; filter?: string }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  constructor() {
    FakeSocket.newest = this;
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {}
}

class FakeEvents {
  static newest: FakeEvents | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(public url: URL) {
    FakeEvents.newest = this;
  }
  addEventListener(): void {}
  close(): void {}
}

type Told = Record<string, unknown>;
const HELLO = { type: "hello", seq: 1, boot: "b", now_ms: 0, forgets: 0, listeners: [] };
const SUBSCRIBED = { type: "subscribed", seq: 1 };
const snapshot = (filter: string, requests = 0) => ({
  type: "snapshot",
  seq: 1,
  filter,
  window_s: 900,
  series: { step_s: 1, t: [], s4xx: [], s5xx: [], errors: [] },
  status: { summary: { to: "2026-11-22T10:00:00Z", requests } },
  tail: [],
  tail_matched: 0,
  anomalies: [],
});
const refusal = (message: string) => ({ type: "problem", seq: 1, code: "bad_filter", message, hint: "" });

let feed: typeof import("../src/feed");
let s: typeof import("../src/state");

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { baseURI: "http://page.example/", hidden: false, addEventListener: () => {} });
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("navigator", { languages: [] });
  vi.stubGlobal("location", { protocol: "http:", pathname: "/", search: "" });
  vi.stubGlobal("history", { pushState: () => {}, replaceState: () => {} });
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("EventSource", FakeEvents);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("away")));
  vi.resetModules();
  s = await import("../src/state");
  feed = await import("../src/feed");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shown = () => [s.filter.value, s.status.value?.summary.requests, s.pending.value];

describe("over a WebSocket", () => {
  const told = async (...messages: Told[]) => {
    for (const message of messages) FakeSocket.newest.onmessage?.({ data: JSON.stringify(message) });
    await vi.advanceTimersByTimeAsync(0);
  };
  const opens = () => {
    FakeSocket.newest.readyState = 1;
    FakeSocket.newest.onopen?.();
  };

  beforeEach(async () => {
    feed.start();
    opens();
    await told(HELLO, snapshot(""), SUBSCRIBED);
    expect(shown()).toEqual(["", 0, null]);
  });

  it("a snapshot that nobody asked for is no answer to a filter", async () => {
    feed.setFilter("path:/a");
    await told(snapshot("", 5));
    expect(shown()).toEqual(["", 5, "path:/a"]);
    await told(snapshot("path:/a", 2), SUBSCRIBED);
    expect(shown()).toEqual(["path:/a", 2, null]);
  });

  it("a refusal says what was typed, whatever snapshot came before it", async () => {
    feed.setFilter("path:/a");
    feed.setFilter("zzz:");
    await told(snapshot("", 5), snapshot("path:/a", 2), SUBSCRIBED);
    expect(shown()).toEqual(["path:/a", 2, "zzz:"]);
    await told(snapshot("path:/a", 3), refusal("no such field"));
    expect(shown()).toEqual(["path:/a", 3, null]);
    expect(s.problem.value).toMatchObject({ message: "no such field", typed: "zzz:" });
  });

  it("a filter that is set while the socket opens is asked for once, and answered", async () => {
    await vi.advanceTimersByTimeAsync(13_000);
    feed.retryNow();
    feed.setFilter("path:/a");
    opens();
    expect(FakeSocket.newest.sent.map((m) => m.filter)).toEqual(["path:/a"]);
    await told(HELLO, snapshot("path:/a", 2), SUBSCRIBED);
    expect(shown()).toEqual(["path:/a", 2, null]);
  });

  it("what was asked for before the pause comes, and what was on its way does not", async () => {
    feed.setFilter("path:/a");
    feed.pause();
    await told(snapshot("", 5));
    expect(shown()).toEqual(["", 0, "path:/a"]);
    await told(snapshot("path:/a", 2), SUBSCRIBED);
    expect(shown()).toEqual(["path:/a", 2, null]);
    feed.resume();
    await told(snapshot("path:/a", 9));
    expect(shown()).toEqual(["path:/a", 9, null]);
  });
});

describe("over server-sent events", () => {
  const stream = () => FakeEvents.newest!;
  const told = (...messages: Told[]) => {
    for (const message of messages) stream().onmessage?.({ data: JSON.stringify(message) });
  };

  beforeEach(async () => {
    feed.start();
    // A socket that is taken and stays silent is a proxy's doing.
    FakeEvents.newest = null;
    while (!FakeEvents.newest) await vi.advanceTimersByTimeAsync(250);
    stream().onopen?.();
    told(HELLO, snapshot("", 1));
    expect([s.overSse.value, ...shown()]).toEqual([true, "", 1, null]);
  });

  it("a page that is paused stands still until it goes on", () => {
    feed.pause();
    told(snapshot("", 5));
    expect(shown()).toEqual(["", 1, null]);
    const before = stream();
    feed.resume();
    expect(stream()).not.toBe(before);
    stream().onopen?.();
    told(HELLO, snapshot("", 7));
    expect(shown()).toEqual(["", 7, null]);
  });

  it("a filter is answered by the first snapshot of its stream", () => {
    feed.setFilter("path:/a");
    expect(stream().url.searchParams.get("filter")).toBe("path:/a");
    stream().onopen?.();
    told(HELLO, snapshot("path:/a", 2));
    expect(shown()).toEqual(["path:/a", 2, null]);
    told(snapshot("path:/a", 3));
    expect(shown()).toEqual(["path:/a", 3, null]);
  });
});
