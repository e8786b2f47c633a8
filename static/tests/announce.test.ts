// What a screen reader is told of the verdict.

import { beforeEach, describe, expect, it, vi } from "vitest";

let page: typeof import("../src/announce");

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  page = await import("../src/announce");
});

const heard = (after = 0) => {
  vi.advanceTimersByTime(after);
  return page.spoken.value;
};

describe("the announcer", () => {
  it("is empty until something is said, so that its first text is a change", () => {
    expect(heard(60_000)).toBe("");
    page.announce("");
    expect(heard(60_000)).toBe("");
    page.announce("Nothing unusual");
    expect([page.spoken.value, heard()]).toEqual(["", "Nothing unusual"]);
  });
  it("says the newest once the last one was heard", () => {
    page.announce("a");
    heard();
    page.announce("b");
    heard(1_000);
    page.announce("c");
    expect([heard(page.APART_MS - 1_001), heard(1)]).toEqual(["a", "c"]);
  });
  it("says nothing that stands there already", () => {
    page.announce("a");
    heard();
    page.announce("b");
    page.announce("a");
    expect(heard(60_000)).toBe("a");
  });
});
