import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { address, again, ask, Refused } from "../src/lib/api";

const USUAL_MS = 3000;
let fetched: [string, RequestInit][];
let answer: Response;

beforeEach(() => {
  fetched = [];
  vi.stubGlobal("document", { baseURI: "http://page.example/logs/" });
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    fetched.push([url.href, init]);
    return answer;
  });
});

afterEach(() => vi.unstubAllGlobals());

describe("a question to the server", () => {
  it("goes under the page's own path, with what has a value", () => {
    expect(address("summary", { from: -5, to: 7, filter: "status:5xx a b", before: "" }).href)
      .toBe("http://page.example/logs/api/v1/summary?from=0&to=7&filter=status%3A5xx+a+b");
    expect(address("events", { from: "-900s" }).search).toBe("?from=-900s");
  });

  it("gives what is answered, and can be taken back", async () => {
    const { signal } = new AbortController();
    answer = Response.json({ values: [1] });
    expect(await ask("values", { limit: 2 }, { signal })).toEqual({ values: [1] });
    expect(fetched).toEqual([["http://page.example/logs/api/v1/values?limit=2", { signal }]]);
    answer = new Response(null, { status: 204 });
    expect(await ask("mutes/1", {}, { method: "DELETE" })).toBeUndefined();
  });

  it("says with what status it was refused", async () => {
    answer = new Response("{}", { status: 404 });
    const failure = await ask("anomalies/x").catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(Refused);
    expect((failure as Refused).status).toBe(404);
  });

  it.each([
    ["what the server says of it", JSON.stringify({ error: { code: "bad_range", message: "no such time", hint: "see `from`" } }), ["no such time", "see `from`"]],
    ["what it says without a hint", JSON.stringify({ error: { code: "x", message: "not now", hint: "" } }), ["not now"]],
    ["nothing where a proxy answered", "<h1>Bad gateway</h1>", []],
    ["nothing of what is no refusal", "null", []],
  ])("tells %s", async (_, body, said) => {
    expect(await new Refused(new Response(body, { status: 400 })).said()).toEqual(said);
  });
});

describe("a question that failed is put again", () => {
  const refused = (status: number, rest?: string) => new Refused(new Response("", { status, ...(rest && { headers: { "retry-after": rest } }) }));
  it.each([
    ["soon where nobody answered", new TypeError("away"), USUAL_MS],
    ["soon where the server can't for now", refused(503), USUAL_MS],
    ["soon where there were too many", refused(429), USUAL_MS],
    ["as late as the server wants", refused(503, "20"), 20_000],
    ["no sooner than usual where it wants less", refused(429, "1"), USUAL_MS],
    ["within minutes, whatever a proxy wants", refused(503, "86400"), 300_000],
    ["as usual where nobody can read when", refused(503, "Sun, 29 Nov 2026 10:00:00 GMT"), USUAL_MS],
    ["seldom where it is the question that is refused", refused(400), 60_000],
  ])("%s", (_, failure, ms) => expect(again(failure, USUAL_MS)).toBe(ms));
});
