import { describe, expect, it, vi } from "vitest";
import type { Drawn } from "../src/lib/series";

vi.mock("../src/state", () => ({}));

const { Axes, bucketAt, columns, layout, onto, secondAt } = await import("../src/view/shapes");

const N = 20;
const flat = (v: number | null) => Array.from({ length: N }, () => v);
const names = "requests s1xx s2xx s3xx s4xx s5xx bytes_out p50_s p95_s p99_s upstream_p50_s upstream_p95_s cpu memory rx tx".split(" ");

function drawn(more: Record<string, (number | null)[]>): Drawn {
  const cols = Object.fromEntries(names.map((name) => [name, flat(name.includes("_s") ? null : 0)]));
  return { bucket: 1, t: Array.from({ length: N }, (_, i) => i), cols: { ...cols, ...more } } as unknown as Drawn;
}

describe("the scale of times", () => {
  it.each([
    ["a median of 0 ms", 0, 0.035, 0.12],
    ["a median below a millisecond", 0.0003, 0.0009, 0.004],
    ["times that are 0 ms throughout", 0, 0, 0],
    ["a slow site whose median is 0 ms", 0, 2, 9],
    ["usual times", 0.03, 0.2, 0.4],
  ])("holds every curve of %s", (_, p50, p95, p99) => {
    const d = drawn({ p50_s: flat(p50), p95_s: flat(p95), p99_s: flat(p99) });
    for (const before of [null, d]) {
      const { min, max } = new Axes().of(d, before, "wide", "lines").latency;
      for (const curve of columns("latency", d, before, "lines")) {
        for (const v of curve) if (v !== null) expect(v >= min && v <= max, `${v} in ${min}..${max}`).toBe(true);
      }
    }
  });
  it("holds the curves of upstreams that answer in 0 ms", () => {
    const d = drawn({ p50_s: flat(0), p95_s: flat(0.3), upstream_p50_s: flat(0), upstream_p95_s: flat(0.25) });
    const { min, max } = new Axes().of(d, null, "wide", "upstream").latency;
    for (const v of columns("latency", d, null, "upstream").flat()) if (v !== null) expect(v >= min && v <= max).toBe(true);
  });
  it("ends near what is drawn, and is the usual one where no time is known", () => {
    const of = (d: Drawn) => new Axes().of(d, null, "wide", "lines").latency;
    expect(of(drawn({ p50_s: flat(0), p95_s: flat(0.003), p99_s: flat(0.004) })).max).toBeLessThan(0.02);
    expect(of(drawn({}))).toMatchObject({ ticks: [0.01, 0.1, 0.5] });
  });
});

describe("the scale of rates", () => {
  const of = (bucket: number, rate: number) => {
    const all = new Axes().of({ ...drawn({ requests: flat(rate), s2xx: flat(rate), s5xx: flat(rate / 10) }), bucket }, null, "wide", "lines");
    return { requests: (rate * 0.9) / all.requests.max, errors: rate / 10 / all.errors.max, ticks: [...all.requests.ticks, ...all.errors.ticks], max: all.requests.max };
  };
  it("is of what is drawn, however few requests that is in long steps", () => {
    for (const [bucket, rate] of [[120, 0.2], [300, 0.05], [3600, 0.02]] as const) {
      const { requests, errors } = of(bucket, rate);
      expect(requests, `${rate}/s by ${bucket} s`).toBeGreaterThan(0.4);
      expect(errors).toBeGreaterThan(0.4);
    }
  });
  it("is one request in a step at least", () => {
    expect(of(1, 0.01)).toMatchObject({ max: 1.06 });
    expect(of(1, 0.01).ticks).toContain(1);
    expect(of(100, 0.000_1).max).toBeCloseTo(0.0106, 6);
  });
  it("has ticks within it", () => {
    for (const bucket of [1, 5, 60, 300]) for (const rate of [0, 0.003, 0.07, 0.4, 1, 3]) for (const tick of of(bucket, rate).ticks) expect(tick).toBeGreaterThan(0);
  });
});

describe("the lanes of a page", () => {
  const USUAL = layout("wide", 900).height;
  it.each([
    [700, -53],
    [768, -21],
    [780, -53],
    [789, -44],
    [849, 16],
    [850, -49],
    [899, 0],
    [900, 1],
    [1000, 101],
    [1053, 154],
    [1080, 0],
    [1100, 20],
    [1131, 25],
    [1160, 28],
    [1200, 68],
    [1440, 75],
  ])("of %i px give them %i px more, so that no value under them is cut and, where they can be, all are in sight", (viewport, more) => {
    expect(layout("wide", viewport).height - layout("wide", 899).height).toBe(more);
  });
  it("have the room of those that a guest is not told of", () => {
    expect(layout("wide", 900, true).height).toBe(USUAL);
    expect(layout("wide", 900, true).lanes.map(({ name }) => name)).not.toContain("cpu");
  });
});

describe("the time before", () => {
  const now = drawn({});
  it("is none where nothing of it is kept, and then all curves are drawn", () => {
    expect(onto(now, { ...now, t: now.t.map((t) => t + N) })).toBeNull();
    expect(onto(now, drawn({ requests: flat(null) }))).toBeNull();
  });
  it("is what is known of it, none being a number too", () => {
    const part = onto(now, { ...now, t: now.t.map((t) => t + N - 1) });
    expect(part?.cols.requests).toEqual([...flat(null).slice(1), 0]);
  });
});

describe("the second that a pointer names, and a click opens,", () => {
  const steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];
  it.each(steps)("is the same all over a step of %d s, in sight and kept", (bucket) => {
    const t = Array.from({ length: N }, (_, i) => 7200 + i * bucket);
    const d = { ...drawn({}), bucket, t };
    const [from, to] = [t[0]! + bucket / 2, t[N - 1]! + bucket];
    for (let at = from; at < to; at += bucket / 7) {
      const named = secondAt(d, at, from)!;
      expect(bucketAt(d, named)).toBe(bucketAt(d, at));
      expect(named).toBe(Math.max(t[bucketAt(d, at)]!, Math.floor(from)));
      // What is opened is the pointer's own step, so nothing that is pointed at afterwards has another name.
      expect(secondAt(d, named, from)).toBe(named);
    }
  });
  it("is none where nothing is drawn", () => {
    expect(secondAt(drawn({}), N, 0)).toBeNull();
    expect(secondAt(drawn({}), -1, -5)).toBeNull();
  });
});
