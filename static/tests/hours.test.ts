import { describe, expect, it } from "vitest";
import { formats } from "../src/lib/format";
import { byHour, counted, isPart, STEP_S } from "../src/lib/hours";
import type { Series } from "../src/wire";

const HOUR = 3600;

/** Constant traffic of so many requests an hour, as the server answers for `[from, to)`. */
function constant(from: number, to: number, perHour: number): Series {
  const t: number[] = [];
  for (let at = Math.floor(from / STEP_S) * STEP_S; at < to; at += STEP_S) t.push(at);
  const of = (n: number) => t.map((at) => (n * (Math.min(at + STEP_S, to) - Math.max(at, from))) / HOUR);
  return {
    step_s: STEP_S, t, requests: of(perHour), bytes_out: of(perHour * 1000), s4xx: of(perHour / 10), s5xx: of(perHour / 20), visitors: t.map(() => 7), p95_s: t.map(() => 0.2),
  } as unknown as Series;
}

const hourIn = (zone: string) => {
  const f = formats("en", zone);
  return (ms: number) => Number(f.minute(ms).slice(0, 2));
};
const at = (time: string) => Date.parse(time) / 1000;

describe("the hours of the day", () => {
  it.each([
    ["54 hours, in which six come a third time", "UTC", "2026-11-20T00:00:00Z", 54 * HOUR],
    ["that begin and end within a half hour", "Asia/Seoul", "2026-11-20T03:17:11Z", 40.3 * HOUR],
    ["of a zone off by half an hour", "Asia/Kolkata", "2026-11-20T00:10:00Z", 30 * HOUR],
    ["of a day of 25 hours", "Europe/Berlin", "2026-10-24T22:00:00Z", 25 * HOUR],
    ["of a day of 23 hours", "Europe/Berlin", "2026-03-28T23:00:00Z", 23 * HOUR],
    ["less than a day", "UTC", "2026-11-20T10:00:00Z", 5.5 * HOUR],
  ])("of constant traffic are equally high: %s", (_, zone, first, seconds) => {
    const from = at(first);
    const hours = byHour(constant(from, from + seconds, 180), [from, from + seconds], hourIn(zone));
    const known = hours.filter((h) => h.known);
    expect(known.length).toBe(Math.min(zone === "Europe/Berlin" && seconds < 24 * HOUR ? 23 : 24, Math.ceil(seconds / HOUR)));
    // Of the last hour of less than a day half is kept, and it has half.
    expect(known.filter(isPart).map((h) => [h.seconds, h.requests])).toEqual(seconds === 5.5 * HOUR ? [[1800, 90]] : []);
    for (const h of known.filter((x) => !isPart(x))) {
      expect(h.requests).toBeCloseTo(180, 6);
      expect([h.bytes, h.s4xx, h.s5xx].map((n) => Math.round(n * 100))).toEqual([18_000_000, 1800, 900]);
      expect([h.visitors, h.p95_s]).toEqual([7, 0.2]);
    }
    for (const h of hours) if (!h.known) expect([h.requests, h.p95_s]).toEqual([0, null]);
  });
  it("are the mean of unequal days", () => {
    const from = at("2026-11-20T00:00:00Z");
    const one = constant(from, from + 24 * HOUR, 100);
    const two = constant(from + 24 * HOUR, from + 48 * HOUR, 300);
    const both = Object.fromEntries(Object.entries(one).map(([k, v]) => [k, Array.isArray(v) ? [...v, ...(two[k as keyof Series] as never[])] : v])) as unknown as Series;
    for (const h of byHour(both, [from, from + 48 * HOUR], hourIn("UTC"))) expect(h.requests).toBeCloseTo(200, 6);
  });
  it("have of a part of an hour what was counted in it, and say how much that is", () => {
    const from = at("2026-11-20T10:00:00Z");
    const series = { ...constant(from, from + 2, 180), requests: [9] };
    expect(byHour(series, [from, from + 2], hourIn("UTC"))[10]).toMatchObject({ requests: 9, seconds: 2, known: true });
    const part = byHour(constant(from, from + 1200, 4500), [from, from + 1200], hourIn("UTC"))[10]!;
    expect([part.requests, part.bytes, part.s4xx, part.s5xx, part.seconds, isPart(part)]).toEqual([1500, 1_500_000, 150, 75, 1200, true]);
    // Of two days these are an hour.
    const day = 24 * HOUR;
    const days = byHour(constant(from, from + day + 2400, 180), [from, from + day + 2400], hourIn("UTC"))[10]!;
    expect([Math.round(days.requests * 1e6) / 1e6, days.seconds, isPart(days)]).toEqual([180, 6000, false]);
    expect([counted(days, days.requests), counted(part, part.requests)]).toEqual([300, 1500]);
  });
});
