import { afterEach, describe, expect, it, vi } from "vitest";
import { canInflate, inflated, Turns } from "../src/lib/turns";

function packed(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
}
const settled = () => new Promise((done) => setTimeout(done));

afterEach(() => vi.unstubAllGlobals());

describe("a message that came compressed", () => {
  it("is its lines", async () => {
    expect(await inflated(await packed('{"type":"tick"}\n{"type":"tail","text":"é\\n"}\n'))).toEqual([
      '{"type":"tick"}',
      '{"type":"tail","text":"é\\n"}',
    ]);
  });

  it.each([
    ["nonsense", new TextEncoder().encode("nonsense").buffer],
    ["nothing", new ArrayBuffer(0)],
    ["half of one", packed("a long text ".repeat(99)).then((whole) => whole.slice(0, 20))],
  ])("is refused where it is %s", async (_, bytes) => {
    await expect(inflated((await bytes) as ArrayBuffer)).rejects.toThrow();
  });

  it("is not asked for by a browser that can't read it", () => {
    expect(canInflate()).toBe(true);
    vi.stubGlobal("DecompressionStream", undefined);
    expect(canInflate()).toBe(false);
    vi.stubGlobal("DecompressionStream", class {
      constructor(format: string) {
        if (format === "deflate-raw") throw new TypeError("Unsupported");
      }
    });
    expect(canInflate()).toBe(false);
  });
});

describe("turns", () => {
  it("are taken in the order of arrival, however long each needs", async () => {
    const [turns, order] = [new Turns(), [] as string[]];
    let finish = (_: string) => {};
    turns.add(new Promise<string>((done) => (finish = done)), (text) => order.push(text));
    turns.add("second", (text) => order.push(text));
    turns.add(packed("third").then(inflated), (text) => order.push(...text));
    await settled();
    expect(order).toEqual([]);
    finish("first");
    await settled();
    await vi.waitFor(() => expect(order).toEqual(["first", "second", "third"]));
  });

  it("are told of what failed in their place, and go on", async () => {
    const [turns, order, errors] = [new Turns(), [] as string[], [] as unknown[]];
    vi.spyOn(console, "error").mockImplementation((error) => errors.push(error));
    const push = (text: string) => order.push(text);
    let finish = (_: string) => {};
    turns.add(new Promise<string>((done) => (finish = done)), push);
    turns.add(Promise.reject<string>(new Error("broken")), push, () => push("failed"));
    turns.add("wrong", () => {
      throw new Error("a fault of the page");
    });
    turns.add("last", push);
    await settled();
    expect(order).toEqual([]);
    finish("first");
    await settled();
    expect(order).toEqual(["first", "failed", "last"]);
    expect(errors).toHaveLength(1);
  });
});
