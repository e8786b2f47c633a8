import { describe, expect, it } from "vitest";
import { annotate } from "../src/lib/annotate";
import { delay, LONGEST_MS } from "../src/lib/backoff";
import { append as addTerm, holds, parse, quote, removeAt, split, toggle, write } from "../src/lib/filter";
import { formats } from "../src/lib/format";
import { hold, logRange, nice, percentile, tickLabel, ticks, timeTicks } from "../src/lib/scale";
import { answered, append, bucketFor, correct, draw, fromSnapshot, gaps, latest, others, spanFor } from "../src/lib/series";
import { sentence, visible } from "../src/lib/text";
import type { Point, Series } from "../src/wire";

const en = formats("en", "UTC");
const ko = formats("ko", "UTC");

function point(t: number, more: Partial<Point> = {}): Point {
  return {
    t, requests: 10, s1xx: 0, s2xx: 9, s3xx: 0, s4xx: 1, s5xx: 0, bytes_out: 1000, bytes_in: 0,
    p50_s: 0.01, p95_s: 0.1, p99_s: 0.2, mean_s: 0.03, max_s: 0.3, upstream_p50_s: null, upstream_p95_s: null,
    visitors: 3, errors: 0, messages: 0, bands: [0, 0, 0, 9, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    host: { cpu: 0.5, memory: 0.25, rx: 10, tx: 20 }, ...more,
  };
}

function series(step: number, points: Point[]): Series {
  const col = (f: (p: Point) => number) => points.map(f);
  return {
    step_s: step, t: col((p) => p.t), requests: col((p) => p.requests), s1xx: col((p) => p.s1xx),
    s2xx: col((p) => p.s2xx), s3xx: col((p) => p.s3xx), s4xx: col((p) => p.s4xx), s5xx: col((p) => p.s5xx),
    bytes_out: col((p) => p.bytes_out), bytes_in: col((p) => p.bytes_in), p50_s: points.map((p) => p.p50_s),
    p95_s: points.map((p) => p.p95_s), p99_s: points.map((p) => p.p99_s), visitors: col((p) => p.visitors),
    errors: col((p) => p.errors), messages: col((p) => p.messages), cpu: points.map((p) => p.host?.cpu ?? null),
    memory: points.map((p) => p.host?.memory ?? null), rx: points.map((p) => p.host?.rx ?? null),
    tx: points.map((p) => p.host?.tx ?? null), mean_s: points.map((p) => p.mean_s), max_s: points.map((p) => p.max_s),
    upstream_p50_s: points.map((p) => p.upstream_p50_s), upstream_p95_s: points.map((p) => p.upstream_p95_s),
    bands: points.map((p) => p.bands),
  };
}

describe("numbers", () => {
  it.each([
    [0, "0", "0"], [99_999, "99,999", "99,999"], [1_234_567, "1.23M", "123만"], [null, "–", "–"],
  ])("count %s", (n, e, k) => {
    expect(en.count(n)).toBe(e);
    expect(ko.count(n)).toBe(k);
  });
  it.each([[0, "0"], [0.01, "<0.1"], [3.14159, "3.1"], [999.9, "999.9"], [1284.4, "1,284"]])("rate %s", (n, e) => {
    expect(en.rate(n)).toBe(e);
  });
  it("axis is short in English and plain in Korean", () => {
    expect([500, 1500, 2_000_000].map(en.axis)).toEqual(["500", "1.5k", "2M"]);
    expect(ko.axis(1500)).toBe("1,500");
  });
  it.each([[0, "0"], [0.0002, "<0.1%"], [0.0023, "0.2%"], [0.184, "18%"], [1, "100%"]])("percent %s", (n, e) => {
    expect(en.percent(n)).toBe(e);
  });
  it("almost all is not all", () => {
    expect([en.shareOf(1_154_981, 1_155_204), en.shareOf(999_999, 1_000_000), en.shareOf(5, 5)]).toEqual(["99.98%", "99.99%", "100%"]);
  });
  it("a small share has two decimals where it stands large", () => {
    expect(en.percentParts(0.0017)).toEqual({ value: "0.17", unit: "%" });
    expect(en.percentParts(0.184)).toEqual({ value: "18.4", unit: "%" });
  });
  it.each([
    [null, "–", "–"], [0, "0 ms", "0ms"], [0.0001, "<1 ms", "<1ms"], [0.046, "46 ms", "46ms"], [0.9994, "999 ms", "999ms"],
    [5.02, "5.02 s", "5.02초"], [12.34, "12.3 s", "12.3초"], [12_840, "3 h 34 min", "3시간 34분"],
  ])("duration %s", (s, e, k) => {
    expect(en.duration(s)).toBe(e);
    expect(ko.duration(s)).toBe(k);
  });
  it.each([[0, "0 B"], [162, "162 B"], [5120, "5.1 kB"], [999_999, "1.0 MB"], [42_600_000, "42.6 MB"], [142e9, "142 GB"]])(
    "bytes %s", (n, e) => expect(en.bytes(n)).toBe(e));
  it("memory is binary", () => expect(en.memory(64 * 1024 * 1024)).toBe("64 MiB"));
  it("a range says its days where they differ, or where it is not of today", () => {
    const at = (day: number, hour: number) => Date.UTC(2026, 10, day, hour);
    expect(en.ends(at(20, 8), at(21, 20), at(22, 9))).toEqual(["20 Nov 08:00:00", "21 Nov 20:00:00"]);
    expect(en.ends(at(21, 21), at(22, 9), at(22, 9))).toEqual(["21 Nov 21:00:00", "22 Nov 09:00:00"]);
    expect(en.ends(at(20, 8), at(20, 20), at(22, 9))).toEqual(["20 Nov 08:00:00", "20:00:00"]);
    expect(en.ends(at(22, 8), at(22, 9), at(22, 9))).toEqual(["08:00:00", "09:00:00"]);
    expect(ko.ends(at(20, 8), at(21, 20), at(22, 9))).toEqual(["11월 20일 08:00:00", "11월 21일 20:00:00"]);
  });
  it("the clock has 24 hours and the same form in both languages", () => {
    const t = Date.UTC(2026, 10, 22, 0, 2, 7, 45);
    expect([en.clock(t), ko.clock(t)]).toEqual(["00:02:07", "00:02:07"]);
    expect([en.clockMs(t), en.clockMs(t - 45)]).toEqual(["00:02:07.045", "00:02:07"]);
    expect([en.day(t), ko.day(t)]).toEqual(["22 Nov", "11월 22일"]);
    expect(formats("en", "Asia/Seoul").zone(t)).toBe("UTC+09:00");
    expect(en.zone(t)).toBe("UTC");
    expect(["UTC", "Asia/Kathmandu", "America/St_Johns"].map((zone) => formats("en", zone).offset(t))).toEqual([0, 20_700, -12_600]);
  });
});

describe("filter text", () => {
  it("cuts at blanks outside quoted values", () => {
    expect(split('path:"/a b"  status:5xx -agent:"x\\"y z"')).toEqual(['path:"/a b"', "status:5xx", '-agent:"x\\"y z"']);
    expect(split('path:"/open end')).toEqual(['path:"/open end']);
    expect(split('path:/a"b status:404')).toEqual(['path:/a"b', "status:404"]);
    expect(split("  ")).toEqual([]);
  });
  it("reads field, operator, value and negation", () => {
    expect(parse('-path:/health* latency>=0.5 word status!=200 user:- path:"a\\*b"')).toMatchObject([
      { not: true, field: "path", op: ":", value: "/health*", pattern: true },
      { not: false, field: "latency", op: ">=", value: "0.5" },
      { not: false, field: "", op: "", value: "word" },
      { not: true, field: "status", op: ":", value: "200" },
      { not: false, field: "user", op: ":", value: "-" },
      { not: false, field: "path", op: ":", value: "a*b", pattern: false },
    ]);
  });
  it.each([
    ["/b", "/b"], ["", '""'], ["a b", '"a b"'], ["/x*", '"/x\\*"'], ['"q\\', '"\\"q\\\\"'], ["2001:db8::1", "2001:db8::1"],
    ["\\x16\\x03", "\\x16\\x03"], ['a"b', 'a"b'], ["=1", '"=1"'], ["-", "-"],
    ["a\x85b", '"a\x85b"'],
  ])("quotes %s", (v, q) => {
    expect(quote(v)).toBe(q);
    expect(parse(`path:${quote(v)} site:a`)[0]).toMatchObject({ value: v, pattern: false });
  });
  it.each([
    ["203.0.113.9", "203.0.113.9"], ["203.0.113.0/24", "203.0.113.0/24"], ["2001:db8::1", "2001:db8::1"], ["::1", "::1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"], ["::ffff:203.0.113.9", '"::ffff:203.0.113.9"'], ["999.1.1.1", '"999.1.1.1"'], ["12345::1", '"12345::1"'], ["-", "-"], ["example.org", "example.org"], ["12", "12"],
    ["a:b", '"a:b"'], ["203.0.113", '"203.0.113"'], ["1.2.3.4.5", '"1.2.3.4.5"'], ["a::b::c", '"a::b::c"'], ["a:z", "a:z"],
  ])("quotes the client %s where it is a part of an address", (v, said) => {
    expect([write("client", v), write("site", "1.2")]).toEqual([`client:${said}`, "site:1.2"]);
  });
  it("filters a path that was not found with its status", () => {
    const once = toggle("site:a status:5xx path:/z", "not_found", "/x");
    expect(once).toBe("site:a path:/x status:404");
    expect(holds(once, "not_found", "/x")).toBe("only");
    expect(holds("path:/x", "not_found", "/x")).toBe(null);
    expect(toggle(once, "not_found", "/x")).toBe("site:a");
    const two = toggle(once, "not_found", "/y", "also");
    expect(two).toBe("site:a path:/x path:/y status:404");
    expect(toggle(two, "not_found", "/x")).toBe("site:a path:/y status:404");
    expect(toggle(once, "not_found", "/x", "not")).toBe("site:a -path:/x");
    expect(toggle("site:a -path:/x", "not_found", "/x", "not")).toBe("site:a");
  });

  it("a click adds, a second removes, an alt-click turns round", () => {
    const once = toggle("site:a", "path", "/x");
    expect(once).toBe("site:a path:/x");
    expect(toggle(once, "path", "/x")).toBe("site:a");
    expect(toggle(once, "path", "/x", "not")).toBe("site:a -path:/x");
    expect(holds(once, "path", "/x")).toBe("only");
    expect(holds("-path:/x", "path", "/x")).toBe("not");
    expect(holds(once, "path", "/y")).toBeNull();
  });
  it("another value of a field takes the place of the first, or stands beside it", () => {
    expect(toggle("path:/x -path:/z path:/s* site:a", "path", "/y")).toBe("-path:/z path:/s* site:a path:/y");
    expect(toggle("path:/x", "path", "/y", "also")).toBe("path:/x path:/y");
    expect(toggle("path:/x path:/y", "path", "/y")).toBe("path:/x");
  });
  it("a quoted and an unquoted spelling are the same value, a pattern is another", () => {
    expect(toggle('path:"/x"', "path", "/x")).toBe("");
    expect(holds("path:/x*", "path", "/x*")).toBeNull();
  });
  it("removes by place and adds once", () => {
    expect(removeAt("a:1 b:2 c:3", 1)).toBe("a:1 c:3");
    expect(addTerm("a:1", "a:1 b:2")).toBe("a:1 b:2");
  });
});

describe("series", () => {
  it("appends, marks what was skipped, trims to the window", () => {
    const s = fromSnapshot(series(1, [point(100), point(101)]), 10);
    append(s, point(102));
    append(s, point(105));
    expect(s.t).toEqual([100, 101, 102, 103, 104, 105]);
    expect(s.cols.requests).toEqual([10, 10, 10, null, null, 10]);
    expect(gaps(draw(s, 100, 106, 1))).toEqual([[103, 105]]);
    append(s, point(115));
    expect(s.t[0]).toBe(103);
  });
  it("a long silence costs no more than the window", () => {
    const s = fromSnapshot(series(1, [point(100)]), 60);
    append(s, point(1_000_000));
    expect(s.t.length).toBeLessThanOrEqual(64);
  });
  it("a correction replaces a second and keeps what was measured of the host", () => {
    const s = fromSnapshot(series(1, [point(100), point(101)]), 60);
    correct(s, [point(100, { requests: 15, host: null }), point(7)]);
    expect(s.cols.requests).toEqual([15, 10]);
    expect(s.cols.cpu).toEqual([0.5, 0.5]);
  });
  it("a point that comes twice counts once", () => {
    for (const step of [1, 10]) {
      const s = fromSnapshot(series(step, []), 600);
      append(s, point(100));
      append(s, point(100));
      expect(s.cols.requests).toEqual([10]);
    }
  });
  it("a longer step is replaced whole, by ticks and by corrections, and its rate is of the seconds it has", () => {
    const s = fromSnapshot(series(10, [point(90, { requests: 100 })]), 600, 100);
    for (let end = 101; end <= 104; end++) append(s, point(100, { requests: (end - 100) * 20 }), end);
    expect([s.t, s.cols.requests, s.end]).toEqual([[90, 100], [100, 80], 104]);
    expect(latest(s, 1).requests).toBe(20);
    correct(s, [point(90, { requests: 130 }), point(50)]);
    expect(s.cols.requests).toEqual([130, 80]);
    append(s, point(120, { requests: 5 }), 121);
    expect([s.t, s.cols.requests, s.end]).toEqual([[90, 100, 110, 120], [130, 80, null, 5], 121]);
  });
  it("a young server fills its charts", () => {
    expect([spanFor(3, 900), spanFor(61, 900), spanFor(700, 900), spanFor(5000, 900), spanFor(100, 60)]).toEqual([60, 120, 900, 900, 60]);
  });
  it("buckets are means per second and stand still, the filling one as long as the others", () => {
    const s = fromSnapshot(series(1, [point(99), point(100), point(101, { requests: 20 }), point(102)]), 60);
    const d = draw(s, 0, 200, 2);
    expect(d.t).toEqual([98, 100, 102]);
    expect(d.cols.requests).toEqual([10, 15, 15]);
    expect(d.cols.p95_s[1]).toBeCloseTo(0.1);
    expect([bucketFor(60, 700, 1), bucketFor(900, 700, 1), bucketFor(3600, 700, 1), bucketFor(900, 700, 10)]).toEqual([1, 5, 20, 10]);
  });
});

describe("statuses that are of no class", () => {
  const cols = { requests: [10, 3, null, 0.3], s2xx: [4, 3, null, 0.1], s3xx: [1, 0, null, 0.2], s4xx: [2, 0, null, 0], s5xx: [1, 0, null, 0] };
  it("are what is left of the requests, and unknown where those are", () => {
    expect([0, 1, 2, 3].map((i) => others((c) => cols[c][i]))).toEqual([2, 0, null, 0]);
  });
  it("stand above the zero line with all that did not fail", () => {
    expect(answered(cols)).toEqual([7, 3, null, 0.3]);
  });
});

describe("strangers' text", () => {
  it("hides nothing", () => {
    expect(visible("a\u202eb\u0000c\u001b[31m\u200b")).toBe("a⟨202E⟩b⟨00⟩c⟨1B⟩[31m⟨200B⟩");
    expect(visible("한글 /path ✓")).toBe("한글 /path ✓");
  });
});

describe("reconnecting", () => {
  it("waits longer each time, never at once, never past the cap", () => {
    expect(delay(0, 0)).toBe(250);
    expect(delay(0, 0.999)).toBeLessThanOrEqual(500);
    expect(delay(4, 0)).toBeGreaterThan(delay(2, 0.999));
    expect(delay(1000, 0.999)).toBeLessThanOrEqual(LONGEST_MS);
  });
});

describe("scales", () => {
  it("are round", () => {
    expect([0, 7, 11, 1284, 0.3].map(nice)).toEqual([1, 8, 15, 1500, 0.3]);
    expect(ticks(1500, 3)).toEqual([500, 1000, 1500]);
    expect(ticks(80, 1).length).toBe(1);
    expect(percentile([1, null, 3, 2], 0.5)).toBe(2);
  });
  it("grow at once and shrink after ten seconds", () => {
    let h = hold(null, 10, 0);
    h = hold(h, 20, 1);
    expect(h.value).toBe(20);
    h = hold(h, 5, 2);
    h = hold(h, 5, 9_000);
    expect(h.value).toBe(20);
    h = hold(h, 5, 10_002);
    expect(h.value).toBe(5);
  });
  it("a log range holds its values and has ticks", () => {
    for (const [low, high] of [[0.04, 0.5], [0, 0], [0.001, 60], [5, 5]] as const) {
      const r = logRange(low, high);
      expect(r.min).toBeLessThanOrEqual(Math.max(low, 0.0008));
      expect(r.max).toBeGreaterThanOrEqual(high);
      expect(r.ticks.length).toBe(3);
    }
  });
  it("times are whole minutes where they fit", () => {
    const utc = () => 0;
    expect(timeTicks(0, 900, 720, 70, utc)).toEqual([0, 120, 240, 360, 480, 600, 720, 840]);
    expect(timeTicks(0, 0, 720, 70, utc)).toEqual([]);
    expect(timeTicks(0, 7 * 86_400, 720, 70, utc)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((day) => day * 86_400));
    for (const span of [30, 366, 36_600, 3_660_000].map((days) => days * 86_400)) {
      const marks = timeTicks(0, span, 720, 70, () => 9 * 3600);
      expect([marks.length > 4, marks.length < 12]).toEqual([true, true]);
    }
  });
  describe("a clock that is set back", () => {
    const at = (zone: string, time: string) => formats("en", zone).clock(Date.parse(time));
    it.each([
      ["America/New_York", "2025-11-02T05:30:00Z", "01:30:00 -04:00"],
      ["America/New_York", "2025-11-02T06:30:00Z", "01:30:00 -05:00"],
      ["America/New_York", "2025-11-02T05:00:00Z", "01:00:00 -04:00"],
      ["America/New_York", "2025-11-02T06:59:59Z", "01:59:59 -05:00"],
      ["Europe/London", "2025-10-26T00:10:00Z", "01:10:00 +01:00"],
      ["Europe/London", "2025-10-26T01:10:00Z", "01:10:00 UTC"],
      ["Australia/Lord_Howe", "2025-04-05T14:40:00Z", "01:40:00 +11:00"],
      ["Australia/Lord_Howe", "2025-04-05T15:10:00Z", "01:40:00 +10:30"],
    ])("says in %s which of two it shows at %s: %s", (zone, time, said) => expect(at(zone, time)).toBe(said));
    it.each([
      ["America/New_York", "2025-11-02T04:59:59Z", "00:59:59"],
      ["America/New_York", "2025-11-02T07:00:00Z", "02:00:00"],
      ["America/New_York", "2026-03-08T06:59:59Z", "01:59:59"],
      ["America/New_York", "2026-03-08T07:00:00Z", "03:00:00"],
      ["Australia/Lord_Howe", "2025-04-05T14:29:59Z", "01:29:59"],
      ["Asia/Seoul", "2025-11-02T05:30:00Z", "14:30:00"],
      ["UTC", "2025-11-02T05:30:00Z", "05:30:00"],
    ])("says nothing in %s at %s: %s", (zone, time, said) => expect(at(zone, time)).toBe(said));
    it("says it of lines and of ranges, too, and leaves it out where it is said already", () => {
      const f = formats("ko", "America/New_York");
      const [first, second] = ["2025-11-02T05:30:00.250Z", "2025-11-02T06:30:00Z"].map(Date.parse) as [number, number];
      expect(f.clockMs(first)).toBe("01:30:00.250 -04:00");
      expect(f.ends(first, second, second)).toEqual(["01:30:00 -04:00", "01:30:00 -05:00"]);
      expect([f.plain(first), f.twice(first), f.twice(second), f.twice(second + 3_600_000)]).toEqual(["01:30:00", "-04:00", "-05:00", ""]);
    });
  });
  describe("where the clock changes", () => {
    const AUTUMN = Date.UTC(2025, 9, 26, 1) / 1000;
    const SPRING = Date.UTC(2026, 2, 29, 1) / 1000;
    const axis = (from: number, to: number, zone = "Europe/Berlin", apart = 72) => {
      const f = formats("en", zone);
      const marks = timeTicks(from, to, 720, apart, (at) => f.offset(at * 1000));
      return marks.map((m) => tickLabel(m, marks, f));
    };
    it("name each hour of a doubled one", () => {
      expect(axis(AUTUMN - 5400, AUTUMN + 5400)).toEqual(["01:30", "02:00", "02:30", "02:00 +01:00", "02:30", "03:00", "03:30"]);
      expect(axis(AUTUMN - 20, AUTUMN + 20)).toEqual(["02:59:40", "02:59:45", "02:59:50", "02:59:55", "02:00:00 +01:00", "02:00:05", "02:00:10", "02:00:15", "02:00:20"]);
    });
    it("say that one is left out", () => {
      expect(axis(SPRING - 5400, SPRING + 5400)).toEqual(["00:30", "01:00", "01:30", "03:00 +02:00", "03:30", "04:00", "04:30"]);
    });
    it("stand at round times on both sides", () => {
      expect(axis(AUTUMN - 9 * 3600, AUTUMN + 9 * 3600)).toEqual(["18:00", "20:00", "22:00", "26 Oct", "02:00", "04:00 +01:00", "06:00", "08:00", "10:00"]);
      expect(axis(SPRING - 9 * 3600, SPRING + 9 * 3600)).toEqual(["18:00", "20:00", "22:00", "29 Mar", "04:00 +02:00", "06:00", "08:00", "10:00", "12:00"]);
      expect(axis(SPRING - 15 * 3600, SPRING + 9 * 3600)).toEqual(["12:00", "15:00", "18:00", "21:00", "29 Mar", "06:00 +02:00", "09:00", "12:00"]);
      expect(axis(AUTUMN - 3 * 86_400, AUTUMN + 3 * 86_400)).toEqual(["24 Oct", "25 Oct", "26 Oct", "27 Oct", "28 Oct", "29 Oct"]);
      expect(axis(SPRING - 3 * 86_400, SPRING + 3 * 86_400)).toEqual(["27 Mar", "28 Mar", "29 Mar", "30 Mar", "31 Mar", "1 Apr"]);
    });
    it("are as ever elsewhere", () => {
      expect(axis(AUTUMN - 5400, AUTUMN + 5400, "UTC")).toEqual(["23:30", "26 Oct", "00:30", "01:00", "01:30", "02:00", "02:30"]);
      expect(axis(AUTUMN - 5400, AUTUMN + 5400, "Asia/Kolkata")).toEqual(["05:00", "05:30", "06:00", "06:30", "07:00", "07:30", "08:00"]);
    });
    it("are of the zone that the range has, or of both", () => {
      const of = (zone: string, from: number, to: number) => formats("en", zone).zones(from * 1000, to * 1000);
      expect(of("Europe/Berlin", AUTUMN - 5400, AUTUMN - 60)).toBe("UTC+02:00");
      expect(of("Europe/Berlin", AUTUMN, AUTUMN + 60)).toBe("UTC+01:00");
      expect(of("Europe/Berlin", AUTUMN - 60, AUTUMN + 60)).toBe("UTC+02:00 → +01:00");
      expect(of("Europe/London", AUTUMN - 60, AUTUMN + 60)).toBe("UTC+01:00 → UTC");
      expect(of("Europe/London", SPRING - 60, SPRING + 60)).toBe("UTC → +01:00");
      expect(of("UTC", SPRING - 60, SPRING + 60)).toBe("UTC");
    });
  });
});

describe("how a line was understood", () => {
  it("names each stretch once and keeps the whole line", () => {
    const raw = '<190>Nov 22 10:00:00 web-1 nginx: 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 200 5120 "-" "curl/8" 0.020';
    const parts = annotate(raw, {
      kind: "access", time: "2026-11-22T10:00:00.000Z", source: "web-1", remote_ip: "203.0.113.9", method: "GET",
      path: "/cart", protocol: "HTTP/1.1", status: 200, bytes: 5120, user_agent: "curl/8", request_time_s: 0.02,
    });
    expect(parts.map((p) => p.text).join("")).toBe(raw);
    expect(parts.filter((p) => p.field).map((p) => p.field)).toEqual([
      "remote_ip", "time", "method", "path", "protocol", "status", "bytes", "user_agent", "request_time_s",
    ]);
  });
});

describe("a sentence", () => {
  it("begins with a capital, and is otherwise as it is", () => {
    expect(["mean 14.4/s", "평균 99%", "14.4/s", "<0.1%", "", "not written, not"].map(sentence)).toEqual(["Mean 14.4/s", "평균 99%", "14.4/s", "<0.1%", "", "Not written, not"]);
  });
});
