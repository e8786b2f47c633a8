import { describe, expect, it } from "vitest";
import { course, places, stretches } from "../src/lib/course";

const BOX = { width: 80, height: 10, max: 4 };

describe("the course of a value", () => {
  it("goes through every step", () => {
    const { line, under } = course([0, 2, 4, 1, 0], { t: [0, 5, 10, 15, 20], step: 5 }, BOX);
    expect(line).toBe("M0 10L20 5L40 0L60 7.5L80 10");
    expect(under).toBe(`${line}L80 10L0 10Z`);
  });

  it("is broken where steps are unknown, which take their time", () => {
    const t = [0, 5, 30, 40];
    expect(places(t)).toEqual([0, 0.125, 0.75, 1]);
    expect(stretches(t, 5)).toEqual([[0, 2], [2, 3], [3, 4]]);
    const { line, under } = course([4, 2, 4, 0], { t, step: 5 }, BOX);
    expect(line).toBe("M0 0L10 5M60 0h1M80 10h1");
    expect(under.split("Z")).toHaveLength(4);
  });

  it("is nothing of one step, of none, and of zeros", () => {
    for (const values of [[], [1]]) expect(course(values, { t: [5], step: 5 }, BOX).line).toBe("");
    expect(course([0, 0], { t: [0, 5], step: 5 }, { ...BOX, max: 0 }).line).toBe("");
    expect(stretches([], 5)).toEqual([]);
  });
});
