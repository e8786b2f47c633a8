import { describe, expect, it } from "vitest";
import { guesses, matched, put, remember, typing, values, WORDS, wordOf, words } from "../src/lib/complete";
import { holds, isForced, parse, places, toggle, withoutField } from "../src/lib/filter";
import { texts } from "../src/words/all";
import { keyName } from "../src/lib/keyname";
import { choose, failed, FIRST_WAY, greeted, type Kind, silent, STALE_MS, type Way } from "../src/lib/way";
import { delay, FIRST_MS, LONGEST_MS } from "../src/lib/backoff";
import { fitting, filtersFor, grade, isError, lengths, sampled, USUAL_COLUMNS } from "../src/lib/lines";
import { edge, reveal, rowAt, sight, total } from "../src/lib/virtual";
import { complaints } from "../src/lib/levels";
import type { EventRow, Summary } from "../src/wire";

/** Lines of a log that say that something is wrong. */
const COMPLAINTS = "kind:error -level:notice -level:info -level:debug -level:trace";

describe("what is being typed", () => {
  it.each([
    ["", 0, { start: 0, end: 0, field: "", op: "", typed: "" }],
    ["sta", 3, { start: 0, end: 3, field: "", op: "", typed: "sta" }],
    ["-sta", 4, { not: true, field: "", typed: "sta" }],
    ["path:/c", 7, { start: 0, field: "path", op: ":", typed: "/c" }],
    ["-path:/c", 8, { not: true, field: "path", typed: "/c" }],
    ["path!=/c", 8, { not: true, field: "path", op: "!=", typed: "/c" }],
    ["site:a path:/c", 14, { start: 7, end: 14, field: "path", typed: "/c" }],
    ["site:a path:/c", 3, { start: 0, end: 6, field: "", typed: "sit" }],
    ["site:a ", 7, { start: 7, end: 7, field: "", op: "", typed: "" }],
    ['agent:"a b', 10, { start: 0, field: "agent", typed: "a b" }],
    ['agent:"a \\"b"', 13, { field: "agent", typed: 'a "b' }],
    ["latency>=0.", 11, { field: "latency", op: ">=", typed: "0." }],
    ["/cart", 5, { field: "", op: "", typed: "/cart" }],
    ["path:/한글", 8, { field: "path", typed: "/한글" }],
  ])("%s at %i", (text, caret, wanted) => expect(typing(text, caret)).toMatchObject(wanted));

  it("is the term up to the caret, and all of it is replaced", () => {
    const at = typing("site:a path:/cart status:5xx", 12);
    expect(at).toMatchObject({ start: 7, end: 17, field: "path", typed: "" });
    expect(put("site:a path:/cart status:5xx", at, values(at, [{ value: "/x y" }])[0]!)).toEqual({
      text: 'site:a path:"/x y" status:5xx', caret: 18,
    });
  });
});

describe("what is offered", () => {
  const offer = (text: string, known: { value: string; count?: number }[] = []) => values(typing(text, text.length), known).map((c) => c.insert);

  it("fields by their beginning, then by other names, then by any part", () => {
    const found = (text: string) => words(typing(text, text.length)).map((c) => c.text);
    expect(found("")).toEqual(WORDS.map((w) => w.word));
    expect(found("ho")).toEqual(["site", "method"]);
    expect(found("up").slice(0, 2)).toEqual(["upstream", "upstream_time"]);
    expect(found("user")[0]).toBe("user");
    expect(found("user")).toContain("agent");
    expect(found("/cart")).toEqual([]);
  });
  it("a field goes on with its operator, and keeps its sign", () => {
    const first = (text: string) => words(typing(text, text.length))[0];
    expect(first("sta")).toMatchObject({ insert: "status:", whole: false });
    expect(first("-lat")).toMatchObject({ insert: "-latency>", whole: false });
  });
  it("values that begin so before those that hold it, each once, quoted as they must be", () => {
    expect(offer("path:/c", [{ value: "/a/c" }, { value: "/c d" }, { value: "/cart" }, { value: "/cart" }, { value: "/x" }])).toEqual([
      'path:"/c d"', "path:/cart", "path:/a/c",
    ]);
    expect(offer("path:", [{ value: "/x*" }, { value: "" }])).toEqual(['path:"/x\\*"', 'path:""']);
    expect(offer("-site:a", [{ value: "a.org" }])).toEqual(["-site:a.org"]);
    expect(offer("host:a", [{ value: "a.org" }])).toEqual(["site:a.org"]);
  });
  it("counts are kept, and usual values stand in where nothing was counted", () => {
    expect(values(typing("status:", 7), [{ value: "404", count: 7 }])[0]).toMatchObject({ text: "404", count: 7 });
    expect(offer("status:")).toEqual(["status:5xx", "status:4xx", "status:3xx", "status:2xx"]);
    expect(offer("latency>")).toEqual(["latency>0.1", "latency>0.5", "latency>1", "latency>5"]);
    expect(offer("nothing:")).toEqual([]);
  });
  it("a bare text is guessed at", () => {
    const guess = (text: string) => guesses(typing(text, text.length)).map((c) => c.insert);
    expect(guess("404")).toEqual(["status:404"]);
    expect(guess("5xx")).toEqual(["status:5xx"]);
    expect(guess("203.0.113.9")).toEqual(["client:203.0.113.9"]);
    expect(guess("2001:db8::/48")).toEqual(["client:2001:db8::/48"]);
    expect(guess("::1")).toEqual(["client:::1"]);
    expect(guess("POST")).toEqual(["method:POST"]);
    expect(guess("/cart")).toEqual(["path:/cart*", "path:/cart"]);
    expect(guess("-chrome")).toEqual(["-path:*chrome*", "-site:*chrome*", "-agent:*chrome*"]);
    expect(guess("x")).toEqual([]);
  });
  it("every word of the list says what it is, in both languages", () => {
    for (const w of WORDS) {
      for (const lang of ["en", "ko"] as const) expect(texts[lang][w.about], `${w.word} ${lang}`).toBeTruthy();
      expect(wordOf(w.word)).toBe(w);
    }
  });
  it("the matched part is marked, whatever its case", () => {
    expect(matched("/Cart", "car")).toEqual(["/", "Car", "t"]);
    expect(matched("/x", "y")).toEqual(["/x", "", ""]);
    expect(matched("/x", "")).toEqual(["/x", "", ""]);
  });
  it("filters used before are few, newest first, each once", () => {
    expect(remember(["a", "b"], "b")).toEqual(["b", "a"]);
    expect(remember(["a"], "")).toEqual(["a"]);
    expect(remember(["1", "2", "3"], "0", 3)).toEqual(["0", "1", "2"]);
  });
});

describe("a band is two terms", () => {
  const on = "site:a latency>=0.1 latency<0.2";
  it("that a click writes and a second click takes away", () => {
    expect(toggle("site:a", "latency", "0.1..0.2")).toBe(on);
    expect(toggle(on, "latency", "0.1..0.2")).toBe("site:a");
    expect(toggle(on, "latency", "5..")).toBe("site:a latency>=5");
    expect(toggle("", "latency", "..0.001")).toBe("latency<0.001");
    expect(holds(on, "latency", "0.1..0.2")).toBe("only");
    expect(holds("latency>=.1 latency:<0.20", "latency", "0.1..0.2")).toBe("only");
    expect(holds(on, "latency", "0.2..0.5")).toBeNull();
  });
  it("left out, what remains lies below or above it", () => {
    const off = toggle(on, "latency", "0.1..0.2", "not");
    expect(off).toBe("site:a latency<0.1 latency>=0.2 latency:-");
    expect(holds(off, "latency", "0.1..0.2")).toBe("not");
    expect(toggle(off, "latency", "0.1..0.2", "not")).toBe("site:a");
    expect(toggle("", "latency", "5..", "not")).toBe("latency<5 latency:-");
  });
  it("another one beside it widens it", () => {
    expect(toggle(on, "latency", "0.5..1", "also")).toBe("site:a latency>=0.1 latency<1");
    expect(toggle(on, "latency", "5..", "also")).toBe("site:a latency>=0.1");
  });
  it("only numbers have bands", () => {
    expect(toggle("", "path", "/a..b")).toBe("path:/a..b");
    expect(toggle("", "path", "1..2")).toBe("path:1..2");
  });
  it("terms have places, and a field can be left out to see its other values", () => {
    expect(places(' a:1  b:"x y"')).toEqual([{ text: "a:1", start: 1 }, { text: 'b:"x y"', start: 6 }]);
    expect(withoutField("path:/x -path:/y site:a", "path")).toBe("-path:/y site:a");
    expect(parse(withoutField("path:/x", "path"))).toEqual([]);
  });
});

describe("a long list", () => {
  const opened = { index: 3, height: 200 };
  it("draws what is in sight and fills the rest with space", () => {
    expect(sight(1000, 22, 0, 220, null, 0)).toEqual({ first: 0, end: 10, above: 0, below: 990 * 22 });
    expect(sight(1000, 22, 2200, 220, null, 5)).toEqual({ first: 95, end: 115, above: 95 * 22, below: 885 * 22 });
    expect(sight(3, 22, 0, 220, null, 5)).toEqual({ first: 0, end: 3, above: 0, below: 0 });
    expect(sight(0, 22, 0, 220, null, 5)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
  });
  it("space and rows always add up to the whole, wherever it is scrolled and whatever is open", () => {
    for (const o of [null, opened, { index: 0, height: 40 }, { index: 99, height: 300 }, { index: 500, height: 300 }]) {
      for (let top = -50; top < 3000; top += 37) {
        const all = total(100, 22, o);
        const { first, end, above, below } = sight(100, 22, top, 220, o, 4);
        const inside = o && o.index >= first && o.index < end ? o.height : 0;
        expect(above + (end - first) * 22 + inside + below).toBe(all);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(first);
      }
    }
  });
  it("a place below the opened row finds the row that stands there", () => {
    expect([rowAt(0, 22, opened), rowAt(87, 22, opened), rowAt(200, 22, opened), rowAt(288, 22, opened), rowAt(310, 22, opened)]).toEqual([0, 3, 3, 4, 5]);
    expect([edge(3, 22, opened), edge(4, 22, opened)]).toEqual([66, 288]);
  });
  it("a step to a row scrolls no further than it must", () => {
    expect(reveal(5, 22, 0, 220, null)).toBe(0);
    expect(reveal(10, 22, 0, 220, null)).toBe(22);
    expect(reveal(1, 22, 100, 220, null)).toBe(22);
  });
});

describe("keys", () => {
  it.each([
    [{ key: "f", code: "KeyF", shiftKey: false }, "f"],
    [{ key: "ㄹ", code: "KeyF", shiftKey: false }, "f"],
    [{ key: "ㅣ", code: "KeyL", shiftKey: true }, "L"],
    [{ key: "Process", code: "BracketLeft", shiftKey: true }, "{"],
    [{ key: "Process", code: "Slash", shiftKey: true }, "?"],
    [{ key: "а", code: "KeyF", shiftKey: false }, "f"],
    [{ key: "a", code: "KeyQ", shiftKey: false }, "a"],
    [{ key: "Enter", code: "Enter", shiftKey: false }, "Enter"],
  ])("%o is %s", (pressed, name) => expect(keyName(pressed)).toBe(name));
});

describe("the way to the server", () => {
  it.each([
    ["a tick came just now", { silentMs: 900 }, false],
    ["none came for long", { silentMs: STALE_MS + 1 }, true],
    ["a replay is over, however long ago", { silentMs: 3_600_000, ended: true }, false],
    ["a replay is over, and then its server went", { silentMs: 3_600_000, ended: true, open: false }, true],
    ["the server said that it stops", { silentMs: 900, stopped: true, open: false }, true],
    ["it said so, and is back", { silentMs: 900, stopped: true }, false],
  ])("what is shown is of before, or not: %s", (_, of, said) => {
    expect(silent({ open: true, ended: false, stopped: false, ...of })).toBe(said);
  });
  /** Attempts until one is greeted, in a world where only some kinds are. */
  const walk = (way: Way, open: (kind: Kind, attempt: number) => boolean) => {
    const tried: Kind[] = [];
    for (let i = 0; i < 12; i++) {
      const kind = choose(way);
      tried.push(kind);
      if (!open(kind, i)) way = failed(way, kind);
      else {
        const next = greeted(way, kind);
        way = next.way;
        if (!next.again) break;
      }
    }
    return { way, tried };
  };
  it("is a socket where those open", () => {
    expect(walk(FIRST_WAY, () => true).tried).toEqual(["socket"]);
  });
  it("is a stream where sockets are blocked, after two tries", () => {
    expect(walk(FIRST_WAY, (kind) => kind === "stream").tried).toEqual(["socket", "socket", "stream"]);
  });
  it("is tried in turns while the server is away, and a socket again when it is back", () => {
    const { tried, way } = walk({ failed: 0, worked: true }, (_, i) => i >= 4);
    expect(tried).toEqual(["socket", "socket", "stream", "socket", "stream", "socket"]);
    expect(way).toEqual({ failed: 0, worked: true });
  });
  it("changes for good where sockets worked and are blocked now", () => {
    const { tried, way } = walk({ failed: 0, worked: true }, (kind) => kind === "stream");
    expect(tried).toEqual(["socket", "socket", "stream", "socket", "stream"]);
    expect(choose(way)).toBe("stream");
  });
  it("a thousand browsers do not come back together", () => {
    const waits = Array.from({ length: 1000 }, (_, i) => delay(5, i / 1000));
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan((FIRST_MS * 2 ** 5) / 2 - 20);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual((FIRST_MS * 2 ** 5) / 2);
    for (let n = 0; n < 40; n++) expect(delay(n, 0)).toBeGreaterThanOrEqual(delay(Math.max(0, n - 1), 0));
    expect(delay(40, 0.999)).toBeLessThanOrEqual(LONGEST_MS);
  });
});

describe("lines", () => {
  it("a sample is said as a ratio where it is one, else as it is", () => {
    expect(sampled(50, 1850)).toEqual([1, 37]);
    expect(sampled(50, 68)).toEqual([50, 68]);
    expect(sampled(0, 12)).toEqual([0, 12]);
  });
  it("columns give way by importance, and time, status and path never", () => {
    const ids = (width: number) => fitting(USUAL_COLUMNS, width).map((c) => c.id);
    expect(ids(1440)).toEqual(USUAL_COLUMNS);
    expect(ids(1000)).toEqual(["time", "status", "method", "path", "client", "duration", "agent"]);
    expect(ids(100)).toEqual(["time", "status", "path"]);
    expect(fitting([], 1440).map((c) => c.id)).toEqual(["path"]);
  });
  it("texts that would be cut have the room that the path can spare, and those that lack least have it first", () => {
    const row = (remote_ip: string, host: string) => ({ kind: "access", remote_ip, host }) as EventRow;
    const six = "2001:db8:47d4:1002:5d8c:fcf0:a8f0:4bac";
    const long = lengths([row("203.0.113.9", "shop.example.org"), row(six, "a-shop.of-many.example.org")]);
    const widths = (width: number, by = long) => Object.fromEntries(fitting(USUAL_COLUMNS, width, [], by).map((c) => [c.id, c.width]));
    const usual = widths(1440, {});
    // Letters of the lines are 7.3 px wide at most, and 12 px stand between two columns.
    expect(widths(1920)["client"]).toBeGreaterThanOrEqual(six.length * 7.3 + 12);
    expect(widths(1920)["site"]).toBeGreaterThanOrEqual("a-shop.of-many.example.org".length * 7.3 + 12);
    expect(widths(1440)["site"]).toBe(widths(1920)["site"]);
    expect(widths(1440)["client"]).toBeGreaterThan(usual["client"]!);
    expect(widths(1920)["path"]).toBe(0);
    // The path keeps what it needs to be read, and short texts change nothing.
    for (const width of [1300, 1440, 1920]) {
      const all = Object.values(widths(width)).reduce((a, b) => a + b, 0);
      expect(width - all).toBeGreaterThanOrEqual(Math.min(320, width - Object.values(usual).reduce((a, b) => a + b, 0)));
    }
    expect(widths(1440, lengths([row("203.0.113.9", "shop.example.org")]))).toEqual(usual);
    // What was long once stays as wide.
    expect(lengths([row("203.0.113.9", "a.example")], long)).toEqual(long);
    expect(lengths([row("x".repeat(900), "")])["client"]).toBe(40);
  });
  it("times with their day have the room that they need, and what yields for them is as ever", () => {
    const dated = fitting(USUAL_COLUMNS, 1440, ["day"]);
    expect(dated[0]!.width).toBeGreaterThanOrEqual("22 Nov 17:19:34.553".length * 7.3 + 28);
    expect(dated.slice(1)).toEqual(fitting(USUAL_COLUMNS, 1440).slice(1));
    expect(fitting(USUAL_COLUMNS, 1440, ["zone"])[0]!.width).toBeGreaterThanOrEqual("01:30:00.553 -05:00".length * 7.3 + 28);
    expect(fitting(USUAL_COLUMNS, 1440, ["day", "zone"])[0]!.width).toBeGreaterThanOrEqual("22 Nov 01:30:00.553 -05:00".length * 7.3 + 28);
    expect(fitting(USUAL_COLUMNS, 100, ["day", "zone"]).map((c) => c.id)).toEqual(["time", "status", "path"]);
  });
  it.each(["message", "warning", "critical"])("the column of the status has room for %s", (word) => {
    const status = fitting(["status"], 1440).find((c) => c.id === "status");
    // Letters of the lines are 7.3 px wide at most, and 12 px stand between two columns.
    expect(status!.width).toBeGreaterThanOrEqual(word.length * 7.3 + 12);
  });
  it.each([
    [undefined, "e0", false], [0, "e0", false], [101, "e0", false], [200, "e2", false], [304, "e3", false],
    [400, "e4", true], [499, "e4", true], [500, "e5", true], [599, "e5", true], [600, "e0", false], [999, "e0", false],
  ])("a status of %j has the grade %s, and is an error: %j", (status, colour, error) => {
    const event = { kind: "access", status } as unknown as EventRow;
    expect(grade(event)).toBe(colour);
    expect(isError(event)).toBe(error);
  });
  it.each([
    [undefined, "e5", true], ["emerg", "e5", true], ["error", "e5", true], ["warn", "e4", true],
    ["notice", "e0", false], ["info", "e0", false], ["debug", "e0", false], ["trace", "e0", false],
  ])("a log's line of level %j has the grade %s, and is an error: %j", (level, colour, error) => {
    const event = { kind: "error", level } as unknown as EventRow;
    expect(grade(event)).toBe(colour);
    expect(isError(event)).toBe(error);
  });
  it("of an error list the shares are of what complains", () => {
    const sum = { errors: 100, error_levels: { warn: 3, error: 2, notice: 1, info: 90, debug: 3, trace: 1 } } as unknown as Summary;
    expect(complaints(sum)).toBe(5);
  });
  it("a tab asks for its own events, and leaves alone what the filter says already", () => {
    expect(filtersFor("site:a", "all")).toEqual(["site:a"]);
    expect(filtersFor("site:a", "errors")).toEqual(["site:a status:4xx status:5xx", `site:a ${COMPLAINTS}`]);
    expect(filtersFor("status:404", "errors")).toEqual(["status:404", `status:404 ${COMPLAINTS}`]);
    expect(filtersFor("", "slow")).toEqual(["latency>=1"]);
    expect(filtersFor("latency<0.5", "slow")).toEqual(["latency<0.5"]);
  });
});

describe("the term of a shared view", () => {
  it.each<[string, string | null, boolean[]]>([
    ["site:a.example status:5xx", "a.example", [true, false]], ['site:"a b"', "a b", [true]], ["-site:a.example site:a* site:b.example path:a.example", "a.example", [false, false, false, false]],
    ["site:a.example", null, [false]],
  ])("of %s in the view of %s", (filter, site, forced) => expect(parse(filter).map((term) => isForced(term, site))).toEqual(forced));
});
