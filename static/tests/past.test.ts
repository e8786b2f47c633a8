import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Status } from "../src/wire";

const addresses: string[] = [];
vi.stubGlobal("location", { search: "", pathname: "/", href: "http://page.example/" });
vi.stubGlobal("document", { baseURI: "http://page.example/" });
vi.stubGlobal("history", { pushState: (_: unknown, __: string, url: string) => addresses.push(url), replaceState: vi.fn() });
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("matchMedia", () => ({ matches: false }));
vi.stubGlobal("window", globalThis);

const s = await import("../src/state");
const past = await import("../src/past");
past.startPast();

const OLDEST = 1_780_000_000;
const NEWEST = OLDEST + 3600;

describe("a step", () => {
  beforeEach(() => {
    s.newest.value = NEWEST * 1000;
    s.status.value = { kept: { oldest: OLDEST } } as unknown as Status;
    s.zoom.value = s.at.value = null;
    addresses.length = 0;
  });
  it("back from the present is the second before the newest, and there is none on", () => {
    past.step(1);
    expect(s.at.value).toBeNull();
    past.step(-1);
    expect(s.at.value).toBe(NEWEST - 2);
  });
  it.each([[-1, 619], [-10, 610], [-60, 560]])("of %i s back from a chosen range is from the range's end", (by, at) => {
    s.zoom.value = [OLDEST + 600, OLDEST + 620];
    past.step(by);
    expect(s.at.value).toBe(OLDEST + at);
    const [from, to] = s.zoom.value!;
    expect([to - from, from <= s.at.value!, s.at.value! < to]).toEqual([20, true, true]);
    expect(addresses).toEqual([`/?at=${OLDEST + at}&range=${from}-${to}`]);
  });
  it("back from a range that reaches into the future is from the newest second", () => {
    s.zoom.value = [NEWEST - 20, NEWEST + 20];
    past.step(-1);
    expect(s.at.value).toBe(NEWEST - 2);
  });
  it("on leads nowhere from a range, which has no second after it", () => {
    s.zoom.value = [OLDEST + 600, OLDEST + 620];
    past.step(1);
    expect([s.at.value, s.zoom.value]).toEqual([null, [OLDEST + 600, OLDEST + 620]]);
  });
  it("goes on from the second that is shown, in a range too", () => {
    s.zoom.value = [OLDEST + 600, OLDEST + 620];
    past.goToSecond(OLDEST + 605);
    past.step(1);
    past.step(-3);
    expect(s.at.value).toBe(OLDEST + 603);
    expect(s.zoom.value).toEqual([OLDEST + 600, OLDEST + 620]);
  });
});
