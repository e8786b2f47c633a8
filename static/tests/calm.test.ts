import { describe, expect, it } from "vitest";
import { Calm, leftOut, REST_MS, RESORT_MS } from "../src/lib/calm";

const row = (value: string, requests: number) => ({ value, requests, bytes: requests * 10, errors: 0 });
const rows = (text: string) => text.split(" ").filter(Boolean).map((r) => row(r[0]!, Number(r.slice(1))));
const said = (shown: { value: string; requests: number }[]) => shown.map((r) => r.value + r.requests).join(" ");

describe("the order of a list", () => {
  it("holds while the pointer moves, with the newest figures", () => {
    const calm = new Calm();
    calm.show(rows("a9 b8 c7"), 2, "", 0);
    for (let now = 1000; now < 60_000; now += 1000) {
      calm.touch(now);
      expect(said(calm.show(rows("b20 c15 a1"), 2, "", now))).toBe("a1 b20");
    }
    calm.leave();
    expect(said(calm.show(rows("b20 c15 a1"), 2, "", 60_000))).toBe("b20 c15");
  });
  it("is the newest again where the pointer only rests", () => {
    const calm = new Calm();
    calm.show(rows("a9 b8"), 2, "", 0);
    calm.touch(RESORT_MS);
    expect(said(calm.show(rows("n99 b8 a7"), 2, "", RESORT_MS + REST_MS - 1))).toBe("a7 b8");
    expect(said(calm.show(rows("n99 b8 a7"), 2, "", RESORT_MS + REST_MS))).toBe("n99 b8");
  });
  it("changes seldom without a pointer", () => {
    const calm = new Calm();
    calm.show(rows("a9 b8"), 2, "", 0);
    expect(said(calm.show(rows("b9 a8"), 2, "", RESORT_MS - 1))).toBe("a8 b9");
    expect(said(calm.show(rows("b9 a8"), 2, "", RESORT_MS))).toBe("b9 a8");
  });
  it("gives the place of a value that is gone to the busiest that has none", () => {
    const calm = new Calm();
    calm.show(rows("a9 b8 c7"), 3, "", 0);
    calm.touch(0);
    expect(said(calm.show(rows("n20 m10 c7 a6"), 3, "", 1))).toBe("a6 n20 c7");
    expect(said(calm.show(rows("c7"), 3, "", 2))).toBe("c7");
    expect(said(calm.show(rows("z9 y8 c7 x1"), 3, "", 3))).toBe("c7 z9 y8");
    expect(calm.show([], 3, "", 4)).toEqual([]);
    expect(said(calm.show(rows("z9 y8"), 3, "", 5))).toBe("z9 y8");
  });
  it("of another list is its own", () => {
    const calm = new Calm();
    calm.show(rows("a9 b8"), 2, "by name", 0);
    calm.touch(0);
    expect(said(calm.show(rows("b9 a8"), 2, "by requests", 1))).toBe("b9 a8");
  });
  it("never changes what all are together", () => {
    let seed = 7;
    const random = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
    const calm = new Calm();
    let now = 0;
    for (let turn = 0; turn < 2000; turn++) {
      now += random(1500);
      if (random(3) === 0) calm.touch(now);
      if (random(9) === 0) calm.leave();
      const came = [..."abcdefghijkl"].filter(() => random(3) > 0).map((v) => row(v, random(100))).sort((a, b) => b.requests - a.requests);
      const rest = random(2) ? { values: 3, requests: 30, bytes: 300, errors: 1 } : undefined;
      const count = 5;
      const shown = calm.show(came, count, "", now);
      expect(shown.length).toBe(Math.min(count, came.length));
      expect(shown.every((r) => came.includes(r)) && new Set(shown).size === shown.length).toBe(true);
      const other = leftOut(came, shown, rest);
      const all = (of: { requests: number }[]) => of.reduce((n, r) => n + r.requests, 0);
      expect(other.values).toBe(came.length - shown.length + (rest?.values ?? 0));
      expect(other.requests + all(shown)).toBe(all(came) + (rest?.requests ?? 0));
      expect(other.bytes).toBe(10 * other.requests);
    }
  });
});
