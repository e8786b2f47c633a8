import { beforeEach, describe, expect, it, vi } from "vitest";
import { formats, type Lang } from "../src/lib/format";
import { type Key, learn, translate, type Vars } from "../src/lib/i18n";
import type { Anomaly } from "../src/wire";

let lang: Lang = "en";
vi.mock("../src/state", () => ({
  t: (key: Key, vars?: Vars) => translate(lang, key, vars),
  fmt: { get value() { return formats(lang, "UTC"); } },
  newest: { value: 0 },
  serverNow: () => 0,
}));

beforeEach(async () => {
  await learn("en");
  await learn("ko");
});

const { apartOf, BARE, factOf, numberOf, timeOf, titleOf, USUAL, usualOf } = await import("../src/view/anomaly-words");

/** A rule `rate > 2%`, broken, as the server tells it. */
const RULE = { kind: "rule", observed: 19, expected: 2, low: null, high: 2, unit: "percent" } as Anomaly;

describe("a rule", () => {
  it.each([
    ["en", RULE, "limit 2%"], ["ko", RULE, "한도 2%"],
    ["en", { ...RULE, low: 5, high: null, expected: 5, unit: "per_s" }, "limit 5/s"],
    ["en", { ...RULE, high: 0.5, expected: 0.5 }, "limit 0.5%"],
    ["en", { ...RULE, high: 2, unit: "s" }, "limit 2 s"],
    ["en", { ...RULE, high: 0, expected: 0, unit: "count" }, "limit 0"],
  ] as const)("has a limit, and nothing usual (%s)", (language, rule, said) => {
    lang = language;
    expect(factOf(rule)).toBe(said);
    expect(usualOf(rule, USUAL)).toBe(said);
  });
  it("is not what a detector says", () => {
    lang = "en";
    expect(factOf({ ...RULE, kind: "errors_5xx" })).toBe("usually up to 2.0%");
    expect(factOf({ ...RULE, kind: "errors_5xx", learning: true })).toBe("usual range not known yet");
    expect(usualOf({ ...RULE, kind: "errors_5xx" }, USUAL)).toBe("usual up to 2.0%");
  });
});

describe("a title", () => {
  const cause = { field: "site", value: "shop.example.org", observed: 6, expected: 0, unit: "per_s", share: 0.95 };
  it.each([
    ["en", {}, "5xx on shop.example.org"], ["ko", {}, "5xx · shop.example.org"],
    ["en", { site: "blog.example.org" }, "5xx on blog.example.org"],
    ["en", { explain: [{ ...cause, share: 0.6 }] }, "5xx"],
    ["en", { observed: 6.3 }, "5xx mostly on shop.example.org"], ["ko", { observed: 6.3 }, "5xx · 주로 shop.example.org"],
    ["en", { observed: 6.3, site: "shop.example.org" }, "5xx on shop.example.org"],
    ["en", { kind: "latency", observed: 6, unit: "s", key: "/cart" }, "Slow answers on /cart mostly on shop.example.org"],
    ["en", { kind: "scan", site: "a.example", key: "203.0.113.9" }, "Scan from 203.0.113.9 on a.example"],
    ["ko", { kind: "scan", site: "a.example", key: "203.0.113.9" }, "스캔: 203.0.113.9 · a.example"],
    ["ko", { kind: "latency", site: "a.example", key: "/cart" }, "응답 지연 · /cart, a.example"],
    ["en", { kind: "silent", key: "shop.example.org" }, "Silent: shop.example.org"],
  ] as const)("names the site that accounts for nearly all (%s, %j)", (language, more, said) => {
    lang = language;
    expect(titleOf({ kind: "errors_5xx", site: null, key: null, observed: 6.02, unit: "per_s", explain: [cause], ...more } as Anomaly)).toBe(said);
  });
});

describe("what is usual", () => {
  const host = { ...RULE, kind: "host_cpu", low: 93, high: 97 } as Anomaly;
  it.each([
    ["en", host, "93–97%"], ["en", { ...host, low: null }, "up to 97%"], ["en", { ...host, high: null }, "at least 93%"], ["en", { ...host, low: null, high: 0.01, unit: "per_s" }, "under 0.1/s"],
    ["ko", host, "93–97%"], ["ko", { ...host, low: null }, "97% 이하"],
  ] as const)("under its heading has no word of it (%s)", (language, of, said) => {
    lang = language;
    expect(usualOf(of, BARE)).toBe(said);
  });
});

describe("a time", () => {
  it.each([["en", "Back to usual at 00:00:50, after 40 s."], ["ko", "00:00:50에 40초 만에 평소로 돌아왔습니다."]] as const)("of what is as usual again is when it was, and after how long (%s)", (language, said) => {
    lang = language;
    expect(timeOf({ start: "1970-01-01T00:00:10Z", end: null, usual_since: "1970-01-01T00:00:50Z" } as Anomaly)).toBe(said);
  });
});

describe("the number", () => {
  const errors = { kind: "errors_4xx", observed: 6, apart: 4, expected: 0.1, unit: "per_s" } as Anomaly;
  it("says that it is a mean, and what of it is judged elsewhere", () => {
    lang = "en";
    expect([numberOf(errors), apartOf(errors)]).toEqual(["mean 6.0/s", "4.0/s of it judged elsewhere"]);
    expect([numberOf(RULE), apartOf({ ...errors, apart: 0.01 })]).toEqual(["19%", null]);
    lang = "ko";
    expect(numberOf(errors)).toContain("평균");
  });
  it("of a new error is that of its lines", () => {
    lang = "en";
    expect(numberOf({ kind: "new_error", observed: 3, unit: "count" })).toBe("3 lines");
  });
});
