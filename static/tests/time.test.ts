import { describe, expect, it } from "vitest";
import { bandTerms, holdsBand, level, toggleBand } from "../src/lib/heat";
import { change, comparable } from "../src/lib/compare";
import { place } from "../src/lib/marks";
import { means, UNKNOWN_ALL } from "../src/lib/means";
import { around, between, fit, follow, pan, resize, unknown, whole, zoomAt } from "../src/lib/range";
import { bucketFor, draw, drawBands, fromSnapshot, indexHolding, meansOf, reaches, timesOf } from "../src/lib/series";
import type { Series, Summary } from "../src/wire";

const KEPT = [1000, 2000] as const;

describe("ranges", () => {
  it("stay within what is kept, as long as they are", () => {
    expect(fit([900, 1000], KEPT)).toEqual([1000, 1100]);
    expect(fit([1950, 2050], KEPT)).toEqual([1900, 2000]);
    expect(fit([0, 9999], KEPT)).toEqual([1000, 2000]);
    expect(pan([1500, 1600], 50, KEPT)).toEqual([1550, 1650]);
    expect(pan([1500, 1600], 5000, KEPT)).toEqual([1900, 2000]);
  });
  it("zoom around the second under the pointer", () => {
    expect(zoomAt([1400, 1600], 1450, 0.5, KEPT)).toEqual([1425, 1525]);
    expect(zoomAt([1400, 1600], 1500, 100, KEPT)).toEqual([1000, 2000]);
    expect(zoomAt([1400, 1410], 1405, 0.1, KEPT)).toEqual([1402.5, 1407.5]);
  });
  it("an edge never passes the other", () => {
    expect(resize([1400, 1600], "from", 1500, KEPT)).toEqual([1500, 1600]);
    expect(resize([1400, 1600], "from", 1700, KEPT)).toEqual([1595, 1600]);
    expect(resize([1400, 1600], "to", 1300, KEPT)).toEqual([1400, 1405]);
    expect(resize([1400, 1600], "to", 9000, KEPT)).toEqual([1400, 2000]);
  });
  it("a pan keeps the length to the second", () => {
    expect([whole([10.4, 70.4]), whole([10.6, 70.6]), whole([10, 10.2])]).toEqual([[10, 70], [11, 71], [10, 11]]);
  });
  it("a drag in any direction is a range of whole seconds", () => {
    expect(between(1500.7, 1450.2, KEPT)).toEqual([1450, 1501]);
    expect(between(1500.1, 1500.2, KEPT)).toEqual([1500, 1505]);
  });
  it("a second stands in the middle of its window, and the window follows it", () => {
    expect(around(1500, 100, KEPT)).toEqual([1450, 1550]);
    expect(around(1990, 100, KEPT)).toEqual([1900, 2000]);
    expect(follow([1450, 1550], 1549, KEPT)).toEqual([1450, 1550]);
    expect(follow([1450, 1550], 1550, KEPT)).toEqual([1461, 1561]);
    expect(follow([1450, 1550], 1449, KEPT)).toEqual([1439, 1539]);
  });
});

describe("what is not known", () => {
  const KEPT_NOW = [1000, 2000] as const;
  it.each([
    [[1500, 1600], 100, null], [[1500, 1600], null, null], [[1000, 2000], 1000, null],
    [[2000, 2001], null, "not_yet"], [[1999, 2001], 1, "part_known"], [[2500, 2600], 0, "not_yet"],
    [[900, 1000], null, "not_kept"], [[900, 1001], 1, "part_kept"], [[999, 1000], 0, "not_kept"],
    [[1500, 1600], 0, "not_heard"], [[1500, 1501], 0, "not_heard"], [[1500, 1600], 40, "part_known"],
  ] as const)("of %j, %s s of it known, is %s", (range, known, why) => {
    expect(unknown(range, KEPT_NOW, known)).toBe(why);
  });
  it("is told of no time before the oldest event where there is none", () => {
    expect(unknown([900, 1000], [null, 2000], 100)).toBeNull();
  });
  it("is in no rate, and where nothing is known there is no number", () => {
    const told = { from: "2026-11-29T22:40:00Z", to: "2026-11-29T22:50:00Z", requests: 42_150, visitors: 0, bytes_out: 562, status: { "5xx": 4215 }, latency_s: { p95: 0.2 } } as unknown as Summary;
    expect(means({ ...told, known_s: 281 })).toMatchObject({ requests: 150, s5xx: 0.1, p95: 0.2, visitors: 0, sent: 2 });
    expect(means({ ...told, known_s: 600 }).requests).toBe(70.25);
    expect(means(told).requests).toBe(70.25);
    expect(means({ ...told, requests: 0, known_s: 0 })).toEqual(UNKNOWN_ALL);
    // Of no requests none failed, and none did not.
    expect(means({ ...told, requests: 0, known_s: 281 })).toMatchObject({ requests: 0, s5xx: null, s4xx: null });
  });
});

describe("marks", () => {
  const mark = (at: number, text = "deploy") => ({ at, text });
  const measure = (group: { text: string }[]) => (group.length === 1 ? group[0]!.text.length * 10 : 70);
  const texts = (marks: ReturnType<typeof mark>[]) => place(marks, [0, 100], 1000, { measure }).map((p) => [p.left, p.marks.length]);
  it("that are apart stay apart, earliest first", () => {
    expect(texts([mark(50), mark(10)])).toEqual([[100, 1], [500, 1]]);
  });
  it("too near to be pressed apart become one that counts them, and no others", () => {
    expect(texts([mark(3), mark(5)])).toEqual([[30, 2]]);
    expect(texts([mark(3), mark(5), mark(10.7)])).toEqual([[18, 2], [107, 1]]);
  });
  it("whose texts would touch are both named where the first has room to its left, or its sign stands alone", () => {
    expect(texts([mark(10), mark(15)])).toEqual([[40, 1], [150, 1]]);
    expect(texts([mark(1), mark(10), mark(15)])).toEqual([[10, 1], [88, 1], [150, 1]]);
  });
  it("that became one stand where the one is that they are named after", () => {
    const marks = [mark(3), mark(7.8), mark(8, "outage")];
    expect(place(marks, [0, 100], 1000, { measure, rank: (m) => Number(m.text === "outage") }).map((p) => [p.x, p.left])).toEqual([[30, 18], [80, 80]]);
  });
  it("near the right edge stand left of their flag", () => {
    expect(texts([mark(99)])).toEqual([[930, 1]]);
  });
  describe("with bars", () => {
    const bar = (from: number, to: number, text: string) => ({ at: from, text, spans: [[from, to] as const] });
    const rank = (m: { text: string }) => Number(m.text.startsWith("outage"));
    const placed = (marks: { at: number; text: string }[], least = 50) =>
      place(marks, [0, 100], 1000, { measure, rank, least: () => least }).map((p) => [p.marks.map((m) => m.text).join("+"), p.left, p.right]);
    it("have their texts in their own, or behind it where it is too short", () => {
      expect(placed([bar(10, 16, "outage"), bar(30, 60, "scan from far away")])).toEqual([["outage", 100, 160], ["scan from far away", 300, 480]]);
      expect(placed([bar(10, 15, "outage"), bar(30, 35, "scan from far away")])).toEqual([["outage", 100, 214], ["scan from far away", 300, 534]]);
      const [first] = place([bar(10, 15, "outage")], [0, 100], 1000, { measure, flag: 20 });
      // The flag stands at the start, the text begins behind the end.
      expect(first).toMatchObject({ left: 100, over: 34, right: 194 });
    });
    it("keep their texts off another's bar", () => {
      expect(placed([bar(10, 15, "outage"), bar(30, 35, "scan from far away"), bar(45, 50, "flood")])).toEqual([["outage", 100, 214], ["scan from far away", 300, 442], ["flood", 450, 500]]);
    });
    it("are cut at the end of a bar, whatever stands behind it", () => {
      expect(placed([bar(10, 25, "scan from far away"), bar(26, 60, "flood from far away")])).toEqual([["scan from far away", 100, 250], ["flood from far away", 260, 450]]);
    });
    it("are never lines through a text that has room without", () => {
      for (let at = 0; at < 100; at += 3.7) {
        for (const long of [0.1, 2, 5, 9, 14, 20]) {
          const marks = [bar(at, at + long, "outage"), bar((at + 31) % 97, ((at + 31) % 97) + long, "scan from far away")];
          const ends = marks.flatMap(({ spans }) => spans.flat()).filter((end) => end < 100).map((end) => end * 10);
          for (const p of place(marks, [0, 100], 1000, { measure, rank, least: () => 50 })) {
            const text = p.left < p.x ? [p.left, p.x] : [p.left + p.over, p.right];
            if (p.marks.length === 1) expect(ends.filter((end) => end > text[0]! + 0.01 && end < text[1]! - 0.01)).toEqual([]);
          }
        }
      }
    });
    it("cover no sign and no bar but their own, whatever there is and however wide", () => {
      let seed = 7;
      const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
      const said = { name: 0, more: 0, nothing: 0 };
      for (let round = 0; round < 300; round++) {
        const width = 200 + random(1200);
        const flag = 10;
        const marks = Array.from({ length: 1 + random(14) }, (_, i) => {
          const at = random(1000) / 10;
          const to = Math.min(100, at + [0, 0.5, 2, 9, 40][random(5)]!);
          return random(5) === 0 ? { at, text: `deploy ${i}` } : { at, text: ["scan", "flood from far away", "outage of it"][random(3)]! + i, spans: [[at, to] as const] };
        });
        const x = (at: number) => at * 0.01 * width;
        const lead = (of: typeof marks) => of.reduce((a, b) => (greater(b) > greater(a) ? b : a));
        const greater = (m: (typeof marks)[number]) => (m.spans ? 1 : 0) + rank(m);
        const placed = place(marks, [0, 100], width, { measure: (of) => 20 + lead(of).text.length * 7, rank: greater, least: (of) => 64 + (of.length > 1 ? 20 : 0), more: (of) => (of.length > 1 ? 40 : 0), flag });
        expect(placed.flatMap((p) => p.marks).length).toBe(marks.filter((m) => m.at < 100).length);
        const texts = placed.filter((p) => p.said !== "nothing").map((p) => ({ p, from: p.left < p.x ? p.left : p.x + flag + p.over, to: p.left < p.x ? p.x - flag : p.right }));
        for (const p of placed) said[p.said]++;
        for (const { p, from, to } of texts) {
          const own = lead(p.marks);
          const meets = (left: number, right: number) => left < to - 0.01 && right > from + 0.01;
          for (const m of marks.filter((m) => m !== own && m.at < 100)) {
            const at = x(m.at);
            // Signs so near are drawn as one, and the name of deploys is that of all of them.
            const one = Math.abs(at - p.x) < 8 || (!own.spans && p.marks.includes(m));
            if (!one) expect(meets(at - 6, at + 6), `sign of ${m.text} under ${own.text}`).toBe(false);
            for (const [a, b] of m.spans ?? []) {
              const bar = { left: Math.min(x(a), width - 3), right: Math.max(x(b), Math.min(x(a), width - 3) + 3) };
              const stoodOn = bar.left <= p.x + 8 && bar.right > p.x;
              if (stoodOn) expect([from, to].every((at) => at <= bar.right + 0.01) || from >= bar.right, `over the end of ${m.text}`).toBe(true);
              else expect(meets(bar.left, bar.right), `bar of ${m.text} under ${own.text}`).toBe(false);
            }
          }
          for (const o of texts.filter((o) => o.p !== p)) expect(meets(o.from, o.to)).toBe(false);
          // Right behind another's bar or sign it would be read as the name of that.
          for (const m of marks.filter((m) => p.left < p.x && m !== own && x(m.at) <= p.x - 8 && (own.spans || !p.marks.includes(m)))) {
            const ends = [x(m.at), ...(m.spans ?? []).map(([, b]) => x(b)).filter((end) => end <= p.x)];
            expect(p.left - Math.max(...ends)).toBeGreaterThan(19.9);
          }
        }
      }
      expect(Math.min(...Object.values(said))).toBeGreaterThan(25);
    });
    it("are none where all room is another's: the sign stands alone, or with how many more it is", () => {
      const at = (marks: { at: number; text: string }[]) => place(marks, [0, 100], 1000, { measure, rank, least: () => 50, more: (of) => (of.length > 1 ? 30 : 0) }).map((p) => [p.said, p.left, p.right]);
      expect(at([bar(70, 93, "scan"), bar(96, 100, "flood from far away")])).toEqual([["name", 700, 740], ["nothing", 948, 972]]);
      expect(at([bar(70, 92, "scan"), bar(96, 100, "outage from far away"), bar(97, 100, "flood")])).toEqual([["name", 700, 740], ["nothing", 948, 972]]);
      expect(at([bar(70, 90, "scan"), bar(96, 100, "outage from far away"), bar(97, 100, "flood")])).toEqual([["name", 700, 740], ["more", 930, 960]]);
    });
    it("turn only where no bar is", () => {
      expect(placed([bar(60, 75, "scan"), bar(80, 99, "flood from far away")])).toEqual([["scan", 600, 640], ["flood from far away", 800, 990]]);
      expect(placed([bar(65, 75, "scan"), bar(90, 99, "flood from far away")])).toEqual([["scan", 650, 690], ["flood from far away", 770, 900]]);
      expect(placed([bar(10, 15, "scan"), bar(90, 99, "flood from far away")])).toEqual([["scan", 100, 140], ["flood from far away", 710, 900]]);
    });
    it("are counted where they are too near to be pressed apart, and a name is that of the first of an incident", () => {
      expect(placed([bar(10, 11, "scan it"), bar(12, 13, "scan of"), bar(14, 15, "outage it"), bar(22, 90, "scan on")])).toEqual([["scan it+scan of", 30, 100], ["outage it", 140, 212], ["scan on", 220, 290]]);
    });
    it("may lie on a bar that the flag itself stands on", () => {
      expect(placed([bar(10, 60, "outage"), bar(40, 50, "flood")])).toEqual([["outage", 100, 160], ["flood", 400, 450]]);
    });
  });
  it("outside the range are not shown", () => {
    expect(texts([mark(-1), mark(100)])).toEqual([]);
  });
});

describe("comparing", () => {
  it.each([
    [150, 100, { kind: "up", share: 0.5 }], [75, 100, { kind: "down", share: 0.25 }], [100.2, 100, { kind: "same", share: 0 }],
    [0, 0, { kind: "same", share: 0 }], [5, 0, { kind: "new" }], [null, 5, null], [5, null, null], [5, undefined, null],
  ])("%s after %s", (now, before, expected) => {
    const got = change(now, before);
    if (got && "share" in got) got.share = Number(got.share.toFixed(6));
    expect(got).toEqual(expected);
  });
  it("needs all of the range before to be kept", () => {
    expect(comparable(1000, 900, 100)).toBe(true);
    expect(comparable(1000, 901, 100)).toBe(false);
    expect(comparable(1000, 900, null)).toBe(false);
  });
});

describe("series of the past", () => {
  const series = (t: number[], requests: number[], step = 1): Series =>
    ({ step_s: step, t, requests, bands: requests.map((n) => [n, 1]) }) as unknown as Series;
  it("stand later where they are compared, on the same buckets", () => {
    const store = fromSnapshot(series([100, 101, 102, 103], [2, 4, 6, 8]), 60, Infinity, 1000);
    expect(draw(store, 1100, 1104, 2)).toMatchObject({ t: [1100, 1102], cols: { requests: [3, 7] } });
  });
  it("have rates over what is known of a range, and times only as its summary has them", () => {
    const drawn = draw(fromSnapshot({ ...series([98, 100, 102], [900, 200, 100]), p99_s: [0.1, 0.2, 1.4] }, 60), 98, 103, 1);
    const latency_s = { p50: 0.1, p90: 0.2, p95: 0.21, p99: 0.23, max: 9, mean: 0.1 };
    const upstream_s = { ...latency_s, p50: 0.05, p95: null };
    expect(meansOf(drawn, 100, 103)).toMatchObject({ requests: 150, p99_s: null });
    expect(meansOf(drawn, 101, 102)).toMatchObject({ requests: null });
    expect({ ...meansOf(drawn, 100, 103), ...timesOf({ latency_s, upstream_s }) }).toMatchObject({ requests: 150, p50_s: 0.1, p95_s: 0.21, p99_s: 0.23, upstream_p50_s: 0.05, upstream_p95_s: null });
    expect(timesOf(null)).toMatchObject({ p50_s: null, p99_s: null, upstream_p50_s: null });
  });
  it("know which range they reach and which step holds a second", () => {
    const store = fromSnapshot(series([100, 110, 120], [1, 2, 3], 10), 60, 124);
    expect([reaches(store, 100, 124), reaches(store, 100, 125), reaches(store, 99, 110)]).toEqual([true, false, false]);
    expect([99, 100, 109, 123, 124].map((t) => indexHolding(store, t))).toEqual([-1, 0, 0, 2, -1]);
  });
  it("bands add up over a bucket, and a step without them is a gap", () => {
    const store = fromSnapshot(series([100, 101, 103], [2, 4, 6]), 60);
    expect(drawBands(store, 100, 104, 2)).toEqual({ t: [100, 102], columns: [[6, 2], [6, 1]] });
    store.bands[2] = store.bands[3] = null;
    expect(drawBands(store, 102, 104, 2).columns).toEqual([null]);
  });
  it("a column of the heat map is at least as wide as it can be read", () => {
    expect([bucketFor(900, 720, 1), bucketFor(900, 720, 1, 6), bucketFor(86_400, 720, 60, 6)]).toEqual([5, 10, 900]);
  });
});

describe("heat map", () => {
  const BOUNDS = [0.001, 0.1, 5];
  it.each([[0, 0], [1, 1], [62, 1], [63, 2], [250, 2], [251, 3], [563, 4], [1000, 4], [9999, 4]])("%s of a thousand is level %s", (n, l) => {
    expect(level(n, 1000)).toBe(l);
  });
  it("a band is a range of the filter, open at both ends of the scale", () => {
    expect([0, 1, 3].map((i) => bandTerms(BOUNDS, i).join(" "))).toEqual(["latency<0.001", "latency>=0.001 latency<0.1", "latency>=5"]);
  });
  it("a band takes the place of another, and goes when it is chosen again", () => {
    const one = toggleBand("site:a latency>2 -latency>9", BOUNDS, 1);
    expect(one).toBe("site:a -latency>9 latency>=0.001 latency<0.1");
    const plain = toggleBand("site:a", BOUNDS, 1);
    expect([holdsBand(plain, BOUNDS, 1), holdsBand(plain, BOUNDS, 2), toggleBand(plain, BOUNDS, 1)]).toEqual([true, false, "site:a"]);
  });
});
