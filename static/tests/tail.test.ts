import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { EventRow, Point, Series } from "../src/wire";

const state = {
  LINES_KEPT: 5,
  lines: signal<{ id: number; event: EventRow; sample: boolean }[]>([]),
  tailShown: signal({ n: 0, matched: 0, every: true }),
  flow: signal({ lines: 0, errors: 0 }),
};
vi.mock("../src/state", () => state);

const rows = (...status: number[]) => status.map((status) => ({ kind: "access", time: "2026-11-22T10:00:00Z", status }) as unknown as EventRow);
const told = (events: EventRow[], matched = events.length, open = false) => addTail({ seq: 1, events, matched, open });
const point = (s5xx: number) => ({ t: 10, s4xx: 0, s5xx, errors: 0 }) as Point;
const shown = () => state.lines.value.map((line) => [line.event.status, line.sample]);

const { addTail, snapshotTail, tickTail } = await import("../src/tail");

describe("lines told before their second is over", () => {
  beforeEach(() => {
    snapshotTail([], 0, { t: [], s4xx: [], s5xx: [], errors: [] } as unknown as Series);
    state.flow.value = { lines: 0, errors: 0 };
  });

  it("are counted with it, once", () => {
    told(rows(200, 500), 2, true);
    told(rows(204), 1, true);
    expect(state.flow.value).toEqual({ lines: 3, errors: 1 });
    expect(state.tailShown.value.matched).toBe(0);
    tickTail(point(1));
    told(rows(301));
    expect(state.flow.value).toEqual({ lines: 4, errors: 1 });
    expect(state.tailShown.value).toEqual({ n: 4, matched: 4, every: true });
    expect(shown()).toEqual([[301, false], [204, false], [500, false], [200, false]]);
  });

  it("are a sample where it turns out to have more", () => {
    told(rows(200), 1, true);
    tickTail(point(3));
    told(rows(500, 500), 9);
    expect(state.tailShown.value).toEqual({ n: 3, matched: 10, every: false });
    expect(state.flow.value).toEqual({ lines: 10, errors: 3 });
    expect(shown()).toEqual([[500, true], [500, true], [200, true]]);
  });

  it("make room as others do", () => {
    told(rows(1, 2, 3, 4), 4, true);
    told(rows(5, 6), 2, true);
    expect(shown().map(([status]) => status)).toEqual([6, 5, 4, 3, 2]);
  });

  it("are a sample from the start where more matched than a snapshot has", () => {
    const series = { t: [10], s4xx: [0], s5xx: [2], errors: [0] } as unknown as Series;
    snapshotTail(rows(200, 500), 2, series);
    expect(state.tailShown.value).toEqual({ n: 2, matched: 2, every: true });
    expect(shown()).toEqual([[500, false], [200, false]]);
    snapshotTail(rows(200, 500), 300, series);
    expect(state.tailShown.value).toEqual({ n: 2, matched: 300, every: false });
    expect(shown()).toEqual([[500, true], [200, true]]);
  });
});
