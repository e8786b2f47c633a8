import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const state = { link: signal("open"), paused: signal(false), pausedAt: signal(0) };
vi.mock("../src/state", () => state);

const { AGAIN_MS, poll } = await import("../src/view/polled");

const EVERY_MS = 10_000;
const LIVE = { list: "paths", from: "-900s" };
let asked: string[];
let answers: boolean;
let stop: () => void;
const told = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { baseURI: "http://page.example/", hidden: false });
  vi.stubGlobal("fetch", async (url: URL) => {
    asked.push(url.search);
    return { ok: answers, status: answers ? 200 : 503, headers: new Headers(), json: () => Promise.resolve(asked.length) };
  });
  asked = [];
  answers = true;
  told.mockReset();
  state.paused.value = false;
  state.pausedAt.value = 1_000_900_400;
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const start = async (params: Record<string, string>) => {
  stop = poll("trend", params, EVERY_MS, told);
  await vi.advanceTimersByTimeAsync(0);
};

describe("what is asked every so often", () => {
  it("stands still while the page is paused, and goes on after", async () => {
    await start(LIVE);
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(asked).toHaveLength(2);
    state.paused.value = true;
    await vi.advanceTimersByTimeAsync(6 * EVERY_MS);
    expect(asked).toHaveLength(2);
    state.paused.value = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual(Array(3).fill("?list=paths&from=-900s"));
    expect(told.mock.calls).toEqual([[1], [2], [3]]);
  });

  it("is asked as it was when the pause began where it is new to a page that is paused", async () => {
    state.paused.value = true;
    await start(LIVE);
    expect(asked).toEqual(["?list=paths&from=1000000&to=1000900"]);
    stop();
    await start({ from: "500" });
    expect(asked.slice(1)).toEqual(["?from=500&to=1000900"]);
    stop();
    await start({ from: "500", to: "600" });
    await vi.advanceTimersByTimeAsync(6 * EVERY_MS);
    expect(asked.slice(2)).toEqual(["?from=500&to=600"]);
  });

  it("is asked again after a failure, paused or not", async () => {
    answers = false;
    state.paused.value = true;
    await start(LIVE);
    expect(told.mock.calls).toEqual([[null]]);
    answers = true;
    await vi.advanceTimersByTimeAsync(AGAIN_MS);
    expect(told.mock.calls).toEqual([[null], [2]]);
  });
});
