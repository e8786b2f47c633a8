import type { ComponentChild, VNode } from "preact";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { learn } from "../src/lib/i18n";
import { draw, fromSnapshot } from "../src/lib/series";
import type { Series, Status, Summary } from "../src/wire";

vi.stubGlobal("location", { search: "", pathname: "/", href: "http://page.example/" });
vi.stubGlobal("document", { baseURI: "http://page.example/", documentElement: { toggleAttribute: vi.fn() } });
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: vi.fn() }));
vi.stubGlobal("window", globalThis);
vi.stubGlobal("addEventListener", vi.fn());

const s = await import("../src/state");
const { pastOf } = await import("../src/asked");
const { Gutter } = await import("../src/view/gutter");
const past = await import("../src/past");
const { Vitals } = await import("../src/view/vitals");
const { layout } = await import("../src/view/shapes");
await learn("en");

// Failed at 50 a second until A, one good request a second from then on.
const A = 1_780_000_000;
const FROM = A - 120;
const NEWEST = A + 60;
const T = Array.from({ length: NEWEST - FROM }, (_, i) => FROM + i);
const by = (before: number, after: number) => T.map((t) => (t < A ? before : after));
const series = {
  step_s: 1, t: T, requests: by(50, 1), s2xx: by(0, 1), s3xx: by(0, 0), s4xx: by(0, 0), s5xx: by(50, 0), bytes_out: by(5000, 100), cpu: by(0.9, 0.1),
} as unknown as Series;
const latency_s = { p50: 0.1, p90: 0.2, p95: 0.21, p99: 0.23, max: 9, mean: 0.1 };
const summary = (more: Partial<Summary>) =>
  ({ requests: 0, status: {}, bytes_out: 0, latency_s, upstream_s: latency_s, ...more }) as Summary;

/** The texts of the gutter's rows, as far as they are no components of their own. */
function rows(of: ComponentChild | ComponentChild[]): string[][] {
  if (Array.isArray(of)) return of.flatMap(rows);
  if (typeof of !== "object" || of === null) return [];
  const { type, props } = of as VNode<{ children?: ComponentChild[] }>;
  return type === "p" ? [texts(props.children)] : rows(props.children);
}

function texts(of: ComponentChild | ComponentChild[]): string[] {
  if (Array.isArray(of)) return of.flatMap(texts);
  if (typeof of === "string") return [of];
  return typeof of === "object" && of !== null ? texts((of as VNode<{ children?: ComponentChild[] }>).props.children) : [];
}

function values(bucket = 1): Record<string, string> {
  const [from, to] = s.zoom.value ?? [FROM, NEWEST];
  const drawn = draw(s.store.current, Math.max(from - 2 * bucket, s.status.value!.kept.oldest!), to, bucket);
  const { lanes } = layout("wide", 900);
  return Object.fromEntries(rows(Gutter({ lanes, drawn, axisTop: 0, shape: "wide", mode: "lines", named: null })).map(([name, value]) => [name, value]));
}

function vitals(): Record<string, string> {
  const all = Vitals().props.children as VNode<{ id: string; parts: { value: string } }>[];
  return Object.fromEntries(all.map(({ props }) => [props.id, props.parts.value]));
}

const UNKNOWN_VITALS = { requests: "–", s5xx: "–", s4xx: "–", visitors: "–", sent: "–" };

beforeEach(() => {
  s.store.current = fromSnapshot(series, 900);
  s.newest.value = NEWEST * 1000;
  s.status.value = { kept: { oldest: FROM }, summary: summary({}) } as unknown as Status;
  s.zoom.value = s.at.value = s.past.value = pastOf.value = null;
});

describe("the gutter of a chosen range", () => {
  it("counts nothing of before it, though a line is drawn from there", () => {
    s.zoom.value = [A, A + 10];
    expect(values()).toMatchObject({ "2xx": "1.0", "5xx": "0", Sent: "100 B/s", CPU: "10%", p95: "–" });
  });
  it("takes of a bucket at its edge the part that is inside", () => {
    s.zoom.value = [A - 2, A + 10];
    expect(values(10)).toMatchObject({ "5xx": "8.3", CPU: "23%" });
  });
  it("says what the answer says as soon as it is there", () => {
    s.zoom.value = [A - 2, A + 10];
    s.past.value = summary({ requests: 110, status: { "2xx": 10, "5xx": 100 }, bytes_out: 11_000, known_s: 10 });
    pastOf.value = { from: A - 2, to: A + 10 };
    expect(values(10)).toMatchObject({ "2xx": "1.0", "3xx": "0", "5xx": "10.0", "4xx": "0", Sent: "1.1 kB/s", p95: "210 ms", CPU: "23%" });
  });
  it("has no numbers where the answer knows of none", () => {
    s.zoom.value = [A, A + 10];
    s.past.value = summary({ known_s: 0 });
    pastOf.value = { from: A, to: A + 10 };
    expect(values()).toMatchObject({ "2xx": "–", "5xx": "–", Sent: "–" });
  });
});

describe("a second that is no longer kept", () => {
  beforeEach(() => {
    s.status.value = { kept: { oldest: A + 5 }, summary: summary({}) } as unknown as Status;
  });
  it.each([1, 10])("has no numbers, though the feed has some: steps of %i s", (bucket) => {
    s.at.value = A + 4;
    expect(past.second(A + 4)).toBeNull();
    expect(vitals()).toMatchObject(UNKNOWN_VITALS);
    expect(values(bucket)).toMatchObject({ "2xx": "–", "5xx": "–", Sent: "–", CPU: "–" });
  });
  it("has none once the answer says so, either", () => {
    s.at.value = A + 4;
    s.past.value = summary({ known_s: 0 });
    pastOf.value = { from: A + 4, to: A + 5 };
    expect(vitals()).toMatchObject(UNKNOWN_VITALS);
    expect(values(10)).toMatchObject({ "2xx": "–", "5xx": "–", Sent: "–", CPU: "–" });
  });
  it("is followed by one that has", () => {
    s.at.value = A + 5;
    expect(vitals()).toMatchObject({ requests: "1" });
    expect(values()).toMatchObject({ "2xx": "1.0", CPU: "10%" });
  });
  it("is in no number of a range that is being dragged", () => {
    s.zoom.value = [A - 10, A + 5];
    expect(vitals()).toMatchObject(UNKNOWN_VITALS);
    s.zoom.value = [A - 10, A + 10];
    expect(vitals()).toMatchObject({ requests: "1.0", s5xx: "0" });
  });
});

describe("a second without a request", () => {
  it("has no shares of them, and says so as of all that is unknown", () => {
    const { requests, s2xx } = s.store.current.cols;
    const i = s.store.current.t.indexOf(A + 30);
    [requests[i], s2xx[i]] = [0, 0];
    s.zoom.value = null;
    s.at.value = A + 30;
    expect(vitals()).toMatchObject({ requests: "0", s5xx: "–", s4xx: "–" });
    [requests[i], s2xx[i]] = [1, 1];
    expect(vitals()).toMatchObject({ requests: "1", s5xx: "0", s4xx: "0" });
  });
});
