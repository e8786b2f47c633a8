// What the page makes of anomalies: which it counts, in which order, under which root, in which words.

import { describe, expect, it } from "vitest";
import {
  amount, bands, bounded, causesOf, childrenOf, expectation, filterFor, firstCause, gauge, incidentsOf, justBefore, laneOf, learning, listed, MAX_KNOWN, merged, muteOf, mutesOf, newSince, openNow, openThen,
  rootOf, seenBefore, SERIES_NAMES, siteOf, span, told, usual,
} from "../src/lib/anomaly";
import { formats } from "../src/lib/format";
import { cluster, stretch } from "../src/lib/marks";
import { range, within } from "../src/lib/text";
import type { Anomaly, AnomalySeen, Marker, Mute } from "../src/wire";

const at = (s: number) => new Date(s * 1000).toISOString();

function anomaly(id: string, start: number, more: Partial<Anomaly> = {}): Anomaly {
  return {
    id, kind: "errors_5xx", site: null, key: null, state: more.end ? "closed" : "update", start: at(start), detected: at(start + 5),
    peak: { time: at(start + 3), value: 20 }, end: null, observed: 18, apart: 0, expected: 0.2, low: null, high: 0.9, unit: "per_s", severity: 3,
    explain: [], samples: [], incident: id, filter: "status:5xx", muted: false, full_in_s: null, usual_since: null, learning: false, ...more,
  };
}
const ids = (all: readonly Anomaly[]) => all.map((a) => a.id).join("");
const seen = (kind: AnomalySeen["kind"], more: Partial<AnomalySeen> = {}): AnomalySeen => ({
  kind, site: null, key: null, observed: 1, apart: 0, expected: 1, low: null, high: 2, unit: "per_s", score: 0, threshold: 11, verdict: "usual", ...more,
});

describe("what is known", () => {
  it("takes the newest word on one, in the order of their starts", () => {
    const a = anomaly("a", 20);
    const known = told(told([], a), anomaly("b", 10));
    expect(ids(known)).toBe("ba");
    expect(told(known, anomaly("a", 20, { end: at(30) })).map((x) => x.end)).toEqual([null, at(30)]);
  });
  it("keeps the lines it has when a shorter message comes", () => {
    const row = { kind: "error", time: at(1) } as Anomaly["samples"][number];
    const known = told([], anomaly("a", 1, { samples: [row, row] }));
    expect(told(known, anomaly("a", 1, { samples: [row] }))[0]!.samples).toHaveLength(2);
    expect(merged(known, [anomaly("a", 1)], true)[0]!.samples).toHaveLength(2);
  });
  it("ends what ended unheard, and keeps what is over", () => {
    const known = [anomaly("a", 1), anomaly("b", 2, { end: at(3) })];
    expect(ids(merged(known, [anomaly("c", 4)], true))).toBe("bc");
    expect(ids(merged(known, [anomaly("c", 4)], false))).toBe("abc");
  });
  it("is bounded: the oldest that are over make room, what goes on stays", () => {
    const many = Array.from({ length: MAX_KNOWN }, (_, i) => anomaly(`x${i}`, i, i === 0 ? {} : { end: at(i + 1) }));
    const next = told(many, anomaly("new", 5000));
    expect(next).toHaveLength(MAX_KNOWN);
    expect([next[0]!.id, next[1]!.id, next.at(-1)!.id]).toEqual(["x0", "x2", "new"]);
  });
});

describe("the verdict", () => {
  it("counts each incident once, worst first, the earlier of equals first", () => {
    const all = [anomaly("a", 1), anomaly("b", 2, { severity: 5 }), anomaly("c", 3, { incident: "a", severity: 5 }), anomaly("d", 0), anomaly("e", 4, { end: at(5) })];
    expect(ids(openNow(all))).toBe("bda");
  });
  describe("names the greater outage first", () => {
    const site = anomaly("a", 1, { site: "shop.example", severity: 5, observed: 0.9 });
    const all = anomaly("b", 2, { severity: 4, observed: 48 });
    const silent = anomaly("s", 0, { kind: "silent", severity: 5, observed: 0 });
    it.each<[string, Anomaly[], string]>([
      ["that fails ten times as often as one a level above it", [site, all], "ba"],
      ["that fails ten times as often as one that is as grave and began before", [{ ...site, severity: 4 }, all], "ba"],
      ["but behind what else is graver", [silent, site, all, anomaly("d", 3, { severity: 4, observed: 20 })], "sbda"],
      ["one level after the other", [site, all, anomaly("c", 3, { severity: 3, observed: 900 })], "cba"],
      ["but not where it fails less than that", [site, { ...all, observed: 8.9 }], "ab"],
      ["but not two levels below", [site, { ...all, severity: 3 }], "ab"],
      ["but not by a number of something else", [site, { ...all, kind: "errors_4xx" }], "ab"],
      ["but not where more is no worse", [{ ...site, kind: "traffic_down" }, { ...all, kind: "traffic_down" }], "ab"],
      ["but not once it is as usual again", [site, { ...all, usual_since: at(61) }], "ab"],
      ["but not because of one that is as usual again", [{ ...site, usual_since: at(61) }, all, silent], "sba"],
    ])("%s", (_, open, order) => {
      expect(ids(openNow(open))).toBe(order);
      expect(ids(openNow([...open].reverse()))).toBe(order);
      expect(ids(listed(open, null).open)).toBe(order);
    });
    it("by what follows from it, too", () => {
      const root = anomaly("r", 2, { kind: "new_error", key: "connect() failed", severity: 4, observed: 527, unit: "count" });
      expect(ids(openNow([site, root]))).toBe("ar");
      expect(ids(openNow([site, root, { ...all, incident: "r" }]))).toBe("ra");
      expect(ids(openNow([site, root, { ...all, incident: "r", usual_since: at(61) }]))).toBe("ar");
      expect(ids(openNow([site, anomaly("x", 3, { incident: "a", severity: 3, observed: 30 }), all]))).toBe("ab");
    });
  });
  describe("names first what visitors feel", () => {
    const host = anomaly("h", 1, { kind: "host_cpu", severity: 4, unit: "percent" });
    const out = anomaly("o", 2, { severity: 3 });
    it.each<[string, Anomaly[], string]>([
      ["before the host, a level graver", [host, out], "oh"],
      ["but not two levels graver", [{ ...host, severity: 5 }, out], "ho"],
      ["before a scan that began first", [{ ...host, kind: "scan", severity: 3 }, out], "oh"],
      ["and other kinds by their severity", [host, anomaly("r", 2, { kind: "rule", severity: 4 }), { ...out, severity: 4 }, anomaly("t", 0, { kind: "traffic_up", severity: 5 })], "torh"],
      ["but not once it is as usual again", [host, { ...out, usual_since: at(9) }], "ho"],
    ])("%s", (_, open, order) => {
      expect(ids(openNow(open))).toBe(order);
      expect(ids(openNow([...open].reverse()))).toBe(order);
      expect(ids(listed(open, null).open)).toBe(order);
    });
    it("of an incident, too, that began with a message", () => {
      const root = anomaly("n", 1, { kind: "new_error", key: "connect() failed", severity: 3 });
      const follows = anomaly("f", 3, { incident: "n", severity: 2 });
      expect(ids(openNow([root, host]))).toBe("hn");
      expect(ids(openNow([root, host, follows]))).toBe("nh");
      expect(ids(listed([root, host, follows], null).open.filter((a) => a.id === a.incident))).toBe("nh");
    });
  });
  it("does not count what is muted", () => {
    expect(openNow([anomaly("a", 1, { muted: true })])).toEqual([]);
  });
  it("goes on with what follows once the root is over", () => {
    expect(ids(openNow([anomaly("a", 1, { end: at(2) }), anomaly("b", 2, { incident: "a" }), anomaly("c", 2, { incident: "a", severity: 4 })]))).toBe("c");
  });
  it("puts what is as usual again behind what is not, and lets it reach to there", () => {
    const calm = anomaly("a", 1, { usual_since: at(61), severity: 5 });
    expect(ids(openNow([calm, anomaly("b", 2, { severity: 1 })]))).toBe("ba");
    expect([span(calm, 100), span({ ...calm, end: at(71), usual_since: null }, 100), span(anomaly("b", 2), 100)]).toEqual([[1, 61], [1, 71], [2, 100]]);
  });
  it("is about what goes on of an incident, though its root is as usual again", () => {
    const root = anomaly("a", 1, { usual_since: at(61), severity: 5 });
    const follows = anomaly("b", 2, { incident: "a" });
    expect(ids(openNow([root, follows]))).toBe("b");
    expect(ids(openNow([root, { ...follows, usual_since: at(70) }]))).toBe("a");
  });
  it("of the past is about what went on then", () => {
    const all = [anomaly("a", 10, { end: at(20) }), anomaly("b", 30)];
    const then = (from: number, to: number) => ids(openThen(all, from, to, 100));
    expect([then(9, 10), then(10, 11), then(19, 20), then(20, 21), then(15, 40), then(99, 100)]).toEqual(["", "a", "a", "", "ab", "b"]);
  });
  it.each<[AnomalySeen[] | null, boolean | null]>([
    [null, null], [[], null], [[seen("errors_5xx")], false], [[seen("errors_5xx"), seen("traffic_up", { verdict: "learning" })], true],
    [[seen("traffic_up"), seen("latency", { verdict: "learning" })], false], [[seen("traffic_down", { verdict: "learning", site: "shop" })], false],
    [[seen("errors_5xx"), seen("latency", { verdict: "learning", key: "/new" })], false],
  ])("says whether it is still learnt (%#)", (all, expected) => expect(learning(all)).toBe(expected));
});

describe("an incident", () => {
  const root = anomaly("n", 10, { kind: "new_error", key: "connect() failed" });
  const log = anomaly("s", 11, { kind: "error_surge", incident: "n", severity: 5 });
  const out = anomaly("o", 12, { incident: "n" });
  const slow = anomaly("l", 13, { kind: "latency", incident: "n", severity: 4 });
  const over = { end: at(60) };
  it.each<[string, Anomaly[], string]>([
    ["what fails in it", [root, out], "o"],
    ["the gravest of that", [root, out, slow], "l"],
    ["what fails rather than one page that is slow", [root, out, { ...slow, key: "/new" }], "o"],
    ["one page that is slow where little fails", [root, { ...out, severity: 2 }, { ...slow, key: "/new" }], "l"],
    ["what the log says of it only where nothing else does", [root, log, out], "o"],
    ["its surge before its first line", [root, log], "s"],
    ["what began it where nobody felt it", [root, anomaly("c", 11, { kind: "host_cpu", incident: "n" })], "n"],
    ["what began it where that is felt", [{ ...root, kind: "silent" }, out], "n"],
    ["what began it where that is a client", [{ ...root, kind: "scan" }, log], "n"],
    ["what began it and goes on once the failing is over", [root, { ...out, ...over }], "n"],
    ["what began it and goes on once the failing is as usual", [root, { ...out, usual_since: at(60) }], "n"],
    ["what failed, once all is over", [{ ...root, ...over }, { ...out, ...over }], "o"],
    ["nothing that is muted", [root, { ...out, muted: true }], "n"],
  ])("is called after %s", (_, members, id) => {
    const [incident] = incidentsOf([...members].reverse());
    expect([incident!.root.id, incident!.tells.id, ids(incident!.members)]).toEqual(["n", id, ids(members)]);
  });
});

describe("an incident whose root is over", () => {
  const over = anomaly("r", 10, { end: at(20) });
  const goesOn = anomaly("m", 30, { incident: "r", kind: "latency" });
  const spanOf = (members: Anomaly[]) => incidentsOf(members).map(({ whole }) => [whole.id, ...span(whole, 100)]);
  it("goes on as long as what follows from it", () => {
    expect(spanOf([over, goesOn])).toEqual([["r", 10, 100]]);
    expect(spanOf([over, { ...goesOn, usual_since: at(50) }])).toEqual([["r", 10, 50]]);
    expect(spanOf([over, { ...goesOn, end: at(40) }])).toEqual([["r", 10, 40]]);
    expect(spanOf([{ ...over, end: at(60) }, { ...goesOn, end: at(40) }])).toEqual([["r", 10, 60]]);
    expect(spanOf([goesOn])).toEqual([["m", 30, 100]]);
  });
  it("is listed as open, with all of it", () => {
    const other = anomaly("o", 40, { severity: 1 });
    const { open, past } = listed([over, goesOn, other, anomaly("p", 1, { end: at(2) })], null);
    expect([ids(open.filter((a) => a.incident === a.id)), ids(open), ids(past)]).toEqual(["ro", "rmo", "p"]);
    const kind = listed([over, goesOn, other], "errors_5xx");
    expect([ids(kind.open), ids(kind.past)]).toEqual(["o", "r"]);
  });
});

describe("where it is", () => {
  const cause = (field: string, value: string, share: number) => ({ field, value, observed: 6, expected: 0, unit: "per_s", share });
  it("is what accounts for most of it", () => {
    const a = anomaly("a", 1, { explain: [cause("path", "/checkout", 0.92), cause("method", "POST", 0.9)] });
    expect(firstCause(a)?.value).toBe("/checkout");
  });
  it("is nowhere where little accounts for it, or nothing was looked for", () => {
    expect(firstCause(anomaly("a", 1, { explain: [cause("path", "/checkout", 0.19)] }))).toBeNull();
    expect(firstCause(anomaly("a", 1))).toBeNull();
  });
  it("is said once where a path is a route", () => {
    const explain = [cause("route", "/checkout", 0.9), cause("path", "/cart", 0.4), cause("path", "/checkout", 0.9), cause("route", "/item/{id}", 0.1), cause("path", "/item/7", 0.1), cause("referrer", "/checkout", 0.1)];
    expect(causesOf(anomaly("a", 1, { explain })).map((c) => `${c.field} ${c.value}`)).toEqual(["route /checkout", "path /cart", "route /item/{id}", "path /item/7", "referrer /checkout"]);
  });
  it("is on the site that accounts for nearly all, and by then on what else does", () => {
    const spread = anomaly("a", 1, { explain: [cause("site", "shop.example", 0.9), cause("path", "/checkout", 0.8)] });
    expect([siteOf(spread), firstCause(spread)?.value]).toEqual(["shop.example", "/checkout"]);
    const less = anomaly("a", 1, { explain: [cause("site", "shop.example", 0.89), cause("path", "/checkout", 0.8)] });
    expect([siteOf(less), firstCause(less)?.value]).toEqual([null, "shop.example"]);
    expect([siteOf(anomaly("a", 1, { site: "blog.example" })), siteOf(anomaly("a", 1, { explain: [cause("site", "(none)", 1)] }))]).toEqual(["blog.example", null]);
  });
  it("does not say again what the title says", () => {
    const shop = cause("site", "shop.example", 1);
    expect(firstCause(anomaly("a", 1, { site: "shop.example", explain: [shop] }))).toBeNull();
    expect(firstCause(anomaly("a", 1, { kind: "silent", key: "shop.example", explain: [shop] }))).toBeNull();
  });
});

describe("the list", () => {
  const all = [anomaly("a", 1, { end: at(2) }), anomaly("b", 3, { severity: 1 }), anomaly("c", 4, { severity: 4 }), anomaly("d", 5, { severity: 5, muted: true }), anomaly("e", 6, { end: at(7), kind: "scan" })];
  it("has what goes on first, worst first, muted last; then what is over, newest first", () => {
    const { open, past } = listed(all, null);
    expect([ids(open), ids(past)]).toEqual(["cbd", "ea"]);
  });
  it("shows one kind", () => expect(ids(listed(all, "scan").past)).toBe("e"));
  it("knows roots, what follows, and what was like it before", () => {
    const child = anomaly("x", 9, { incident: "c" });
    const lost = anomaly("y", 9, { incident: "gone" });
    const some = [...all, child, lost];
    expect([rootOf(child, some).id, rootOf(lost, some).id, ids(childrenOf(all[2]!, some))]).toEqual(["c", "y", "x"]);
    expect(ids(seenBefore(all[2]!, some))).toBe("a");
  });
});

describe("just before", () => {
  const marker = (second: number, site: string | null = null): Marker => ({ time: at(second), text: "deploy", site });
  it("are the deploys of five minutes, of its site or of all, newest first", () => {
    const a = anomaly("a", 1000, { site: "shop" });
    const markers = [marker(699), marker(700), marker(965, "shop"), marker(990, "blog"), marker(1001)];
    expect(justBefore(a, markers).map((x) => x.earlier)).toEqual([35, 300]);
  });
});

describe("its rows", () => {
  it.each<[Partial<Anomaly>, string | null]>([
    [{ filter: null }, null], [{ filter: "" }, ""], [{ filter: "status:5xx" }, "status:5xx"], [{ filter: "status:5xx", site: "shop" }, "status:5xx site:shop"],
    [{ filter: "status:5xx site:shop", site: "shop" }, "status:5xx site:shop"], [{ filter: "", site: "a b" }, 'site:"a b"'],
  ])("%j are filtered to by %s", (more, expected) => expect(filterFor(anomaly("a", 1, more))).toBe(expected));
  it("are muted by kind and name, or by kind and rows where it has none", () => {
    expect(muteOf(anomaly("a", 1, { key: "/cart", site: "shop", filter: "status:5xx route:/cart" }), "1h")).toMatchObject({ filter: "site:shop", key: "/cart" });
    expect(muteOf(anomaly("a", 1), "1h")).toEqual({ filter: "status:5xx", kind: "errors_5xx", key: null, until: "1h", note: "" });
    expect(muteOf(anomaly("a", 1, { filter: null, kind: "host_disk", key: "/var" }), null)).toMatchObject({ filter: "", key: "/var", until: null });
  });
  it("have their own mutes found again", () => {
    const mute = (more: Partial<Mute>): Mute => ({ id: "m", filter: "", kind: null, key: null, until: null, note: "", created: at(1), ...more });
    const a = anomaly("a", 1);
    expect(mutesOf(anomaly("b", 1, { filter: "status:5xx site:b" }), [mute({ filter: "site:b status:5xx" })])).toHaveLength(1);
    expect(mutesOf(anomaly("b", 1, { filter: 'status:5xx path:"/<b>"' }), [mute({ filter: "path:/<b> status:5xx" })])).toHaveLength(1);
    const found = (more: Partial<Mute>) => mutesOf(a, [mute(more)]).length === 1;
    expect([found({}), found({ kind: "errors_5xx", filter: "status:5xx" }), found({ kind: "scan" }), found({ filter: "path:/x" }), found({ key: "/var" })]).toEqual([true, true, false, false, false]);
  });
});

describe("numbers", () => {
  const en = formats("en", "UTC");
  const ko = formats("ko", "UTC");
  it.each([
    [18.42, "per_s", "18.4/s", "18.4/초"], [0.046, "s", "46 ms", "46ms"], [21_800_000, "bytes", "21.8 MB", "21.8MB"], [21_800_000, "bytes_per_s", "21.8 MB/s", "21.8MB/초"], [93.4, "percent", "93%", "93%"],
    [12, "count", "12", "12"], [1.5, "count", "1.5", "1.5"],
  ])("%s %s reads %s and %s", (value, unit, english, korean) => expect([amount(value, unit, en), amount(value, unit, ko)]).toEqual([english, korean]));
  it.each([
    ["190 ms", "280 ms", "190–280 ms"], ["640/s", "760/s", "640–760/s"], ["0.1%", "0.4%", "0.1–0.4%"], ["900 ms", "1.2 s", "900 ms–1.2 s"], ["3", "5", "3–5"],
  ])("%s to %s is said %s", (from, to, expected) => expect(range(from, to)).toBe(expected));
  it("have a lower bound only where it is above nothing", () => {
    expect(usual(0, 5, "per_s", en)).toEqual({ from: null, to: "5.0/s" });
    expect(usual(null, null, "per_s", en)).toBeNull();
  });
  it("say no bound that is too small to be written", () => {
    expect(usual(0.01, 0.9, "per_s", en)).toEqual({ from: null, to: "0.9/s" });
    expect(usual(0.01, 0.02, "per_s", en)).toEqual({ under: "0.1/s" });
    expect(usual(null, 0.0001, "s", ko)).toEqual({ under: "1ms" });
    expect(usual(0.01, null, "per_s", en)).toBeNull();
    expect(expectation(0.01, "per_s", en)).toEqual({ under: "0.1/s" });
    expect(expectation(0.4, "per_s", ko)).toEqual({ about: "0.4/초" });
    expect([within(null, "5.0"), within("<0.1", "0.9"), within("<0.1", "<0.1"), within("190 ms", "280 ms")]).toEqual(["≤ 5.0", "≤ 0.9", "<0.1", "190–280 ms"]);
  });
  it("have a lane where there is one", () => {
    for (const name of SERIES_NAMES) expect(laneOf("series", name)).not.toBeNull();
    expect([laneOf("series", "toString"), laneOf("series", "another")]).toEqual([null, null]);
    expect([laneOf("errors_5xx"), laneOf("latency"), laneOf("silent"), laneOf("host_disk")]).toEqual(["errors", "latency", "requests", null]);
  });
});

describe("usual ranges", () => {
  it("are those of all traffic; counts of errors become shares", () => {
    const all = [seen("traffic_up", { expected: 100, low: null, high: 120 }), seen("traffic_down", { expected: 100, low: 80, high: null }), seen("errors_5xx", { high: 2 }), seen("bytes", { expected: 20, low: 10, high: 30 })];
    expect(bands(all, 100)).toEqual({ requests: { low: 80, high: 120 }, s5xx: { low: 0, high: 0.02 }, sent: { low: 10, high: 30 } });
  });
  it("have no least errors", () => {
    expect(bands([seen("errors_5xx", { low: 1, high: 2 }), seen("errors_4xx", { low: 3, high: 5 })], 100)).toEqual({ s5xx: { low: 0, high: 0.02 }, s4xx: { low: 0, high: 0.05 } });
  });
  it("of a share end below all requests: of few, all may fail as usual, and nothing is said", () => {
    const some = [seen("errors_5xx", { expected: 1, high: 1.19 }), seen("errors_4xx", { expected: 1, high: 0.5 })];
    expect(bands(some, 1)).toEqual({ s4xx: { low: 0, high: 0.5 } });
    expect(bands(some, 0.5)).toEqual({});
    expect(bands(some, 2)).toEqual({ s5xx: { low: 0, high: 0.595 }, s4xx: { low: 0, high: 0.25 } });
  });
  it("are none where a bound is an alarm's: far above what is expected, of errors farther", () => {
    const traffic = (high: number) => [seen("traffic_up", { expected: 1000, high }), seen("traffic_down", { expected: 1000, low: 600, high: null })];
    expect(bands(traffic(3000), 1000)).toEqual({ requests: { low: 600, high: 3000 } });
    expect(bands(traffic(3001), 1000)).toEqual({});
    expect(bands([seen("errors_5xx", { expected: 0.5, high: 5 })], 1000)).toEqual({ s5xx: { low: 0, high: 0.005 } });
    expect(bands([seen("errors_5xx", { expected: 0.5, high: 5.1 })], 1000)).toEqual({});
  });
  it("are of nothing that is still learnt, of one site or thing, or unbounded", () => {
    const some = [seen("traffic_up", { verdict: "learning" }), seen("errors_5xx", { site: "shop" }), seen("errors_4xx", { key: "/x" }), seen("bytes", { high: null }), seen("bytes", { expected: 1, high: 100 }), seen("traffic_down", { expected: 0 })];
    expect(bands(some, 100)).toEqual({});
    expect(bands([seen("errors_5xx")], null)).toEqual({});
  });
  it("are of nothing of which is told while it is still learnt: the verdict says that it is not known", () => {
    const failing = seen("errors_5xx", { high: 2, verdict: "unusual" });
    const told = (more: Partial<Anomaly>) => [anomaly("a", 1, { kind: "errors_5xx", learning: true, ...more })];
    expect(bands([failing], 100, told({}))).toEqual({});
    for (const more of [{ learning: false }, { end: at(90) }, { site: "shop" }, { key: "/x" }, { kind: "errors_4xx" as const }]) {
      expect(bands([failing], 100, told(more))).toEqual({ s5xx: { low: 0, high: 0.02 } });
    }
  });
  it.each<[Partial<AnomalySeen>, boolean]>([[{}, true], [{ high: null }, false], [{ high: 0 }, false], [{ expected: 0 }, false], [{ high: 3 }, true], [{ high: 3.1 }, false]])(
    "are known of a look with %j: %s", (more, expected) => expect(bounded(seen("bytes", more))).toBe(expected));
  it("stand inside the gauge, and the value with them", () => {
    const inside = gauge(100, { low: 80, high: 120 });
    expect([inside.low > 0, inside.high < 1, inside.outside, inside.at]).toEqual([true, true, false, 0.5]);
    for (const value of [0, 1e9]) {
      const far = gauge(value, { low: 80, high: 120 });
      expect([far.outside, far.at >= 0 && far.at <= 1]).toEqual([true, true]);
    }
    expect(gauge(0, { low: 0, high: 0 }).at).toBeGreaterThanOrEqual(0);
  });
  it("of new messages begin a minute after the oldest event, or with the list", () => {
    expect([newSince(100, 10), newSince(100, 90), newSince(100, null)]).toEqual([100, 150, null]);
  });
});

describe("marks of it", () => {
  it("are cut at the edges, and never too thin to see", () => {
    expect(stretch([10, 20], [0, 100], 1000)).toEqual({ left: 100, width: 100 });
    expect(stretch([-50, 20], [0, 100], 1000)).toEqual({ left: 0, width: 200 });
    expect(stretch([99.99, 200], [0, 100], 1000)).toEqual({ left: 997, width: 3 });
    expect([stretch([100, 120], [0, 100], 1000), stretch([-5, 0], [0, 100], 1000)]).toEqual([null, null]);
  });
  it("become one where a finger could not tell them apart", () => {
    expect(cluster([{ x: 50, it: "c" }, { x: 0, it: "a" }, { x: 10, it: "b" }], 24)).toEqual([{ x: 0, of: ["a", "b"] }, { x: 50, of: ["c"] }]);
  });
});
