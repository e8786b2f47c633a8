import { describe, expect, it } from "vitest";
import { BLOCKERS, blockLine, formatNetwork, parseNetwork } from "../src/lib/block";
import { bandBounds, choose, chosen } from "../src/lib/choice";
import { csv, csvCell, curl, fileName, listsCsv, rangeOf, shellQuote, shownCsv, shownJson, withBefore } from "../src/lib/export";
import { change, COLUMNS, hide, move, MOST_PANELS, readLayout, shift, show, type Sort, usual } from "../src/lib/prefs";
import { byOf, keyOf, merged, reordered, sizeOf } from "../src/lib/asks";
import { askWhole, holding } from "../src/lib/whole";
import { Few } from "../src/lib/few";
import { texts } from "../src/words/all";
import { group, GROUPS, learnt, ownOrder, TABS, tabIn, tabsIn } from "../src/view/lists";
import { LISTS, type TopRow } from "../src/wire";

const row = (value: string, more: Partial<TopRow> = {}): TopRow => ({
  value, requests: 10, bytes: 1000, errors: 1, s4xx: 1, s5xx: 0, visitors: null, p95_s: 0.1, mean_s: null, ...more,
});

describe("addresses and networks", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["203.0.113.9/24", "203.0.113.0/24"],
    ["203.0.113.9/32", "203.0.113.9"],
    ["2001:DB8::0:1", "2001:db8::1"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["2001:db8:1:2:3:4:5:6/48", "2001:db8:1::/48"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::ffff:1.2.3.4/120", "1.2.3.0/24"],
  ])("%s is read as %s", (text, normal) => {
    const read = parseNetwork(text);
    expect(read && formatNetwork(read)).toBe(normal);
  });
  it.each([
    "", "-", "(other)", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "1.2.3.4/33",
    "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/08", "1.2.3.4/24/24", "1.2.3.4; deny all", "1.2.3.4\ndeny all;", "0.0.0.0/0", "::/0",
    "10.0.0.0/7", "fe80::1%eth0", "::1%25", "2001:db8::/129", "2001:db8:::1", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7", "::1.2.3.4.5", "1.2.3.4::", ":1:2:3:4:5:6:7", "[::1]", "1.2.3.4:80", "0x7f.0.0.1", "127.1", "::ffff:1.2.3.4/99",
    "$(reboot)", "`id`", "1.2.3.4'", "１.2.3.4", "a".repeat(10_000), "host.example",
  ])("%j is no network, and gives no line", (text) => {
    expect(parseNetwork(text)).toBeNull();
    expect(BLOCKERS.map((b) => blockLine(b, text))).toEqual([null, null, null, null]);
  });
  it("a line is written for the tool it is for", () => {
    expect(BLOCKERS.map((b) => blockLine(b, "203.0.113.9"))).toEqual([
      "deny 203.0.113.9;",
      "http-request deny if { src 203.0.113.9 }",
      "nft insert rule inet filter input ip saddr 203.0.113.9 drop",
      "fail2ban-client set recidive banip 203.0.113.9",
    ]);
    expect(blockLine("nftables", "2001:db8:1:2::/48")).toBe("nft insert rule inet filter input ip6 saddr 2001:db8:1::/48 drop");
  });
});

describe("what is taken along", () => {
  it.each([
    ["=1+1", `"'=1+1"`], ["+1", `"'+1"`], ["-1", `"'-1"`], ["@SUM(A1)", `"'@SUM(A1)"`], ["\t=1", `"'\t'=1"`],
    ["\r=1", `"'\r'=1"`], ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ["/a,b", '"/a,b"'], ['/a"b', '"/a""b"'], ["/a\nb", '"/a\nb"'], [" /a", '" /a"'], ["/a=b", '"/a=b"'],
    ["/y;=cmd|'/C calc'!A0;z", `"/y;'=cmd|'/C calc'!A0;z"`], ["/y\t@x", `"/y\t'@x"`], ['/y";=1', `"/y"";'=1"`], ["", '""'],
    ["a; +b;c=d;;-1", `"a; +b;c=d;;'-1"`],
    [-5, "-5"], [0.25, "0.25"], [Number.NaN, ""], [null, ""], [undefined, ""],
  ])("the cell of %j is no formula", (value, text) => {
    expect(csvCell(value)).toBe(text);
  });
  it.each([",", ";", "\t"])("no cell is a formula, where %j parts cells", (separator) => {
    // As spreadsheets read: a quote opens a cell only at its beginning, and what stands behind the closing one is its, too.
    const cells: string[] = [];
    const stranger = ["/y;=1", "/y\t=1", '/y",=1', '";=1', "a;\r\n=1", "\n=1", "\t=1", ";\t;@1", '"', '";=1'];
    let [cell, quoted] = ["", false];
    for (const c of csv(stranger.map((text) => ["paths", text, 1]))) {
      if (!quoted && (c === separator || c === "\n")) {
        cells.push(cell);
        cell = "";
        continue;
      }
      // Two in a row are one that is meant, and the cell goes on.
      if (c === '"') quoted = !quoted && (cell === "" || /^".*"$/s.test(cell));
      cell += c;
    }
    expect(cells.length).toBeGreaterThan(stranger.length);
    expect(cells.filter((text) => /^"?[=+\-@]/.test(text))).toEqual([]);
  });
  it("a table has lines of RFC 4180, and each list's rest", () => {
    expect(csv([["a", 1], ["b", null]])).toBe('"a",1\r\n"b",\r\n');
    const lines = listsCsv([{ list: "paths", rows: [row("/a", { label: "-x" })], other: { values: 3, requests: 7, bytes: 9, errors: 0 } }]).split("\r\n");
    expect(lines[0]).toBe('"list","value","label","requests","bytes","s4xx","s5xx","mean_s","p95_s","visitors","before"');
    expect(lines[1]).toBe(`"paths","/a","'-x",10,1000,1,0,,0.1,,`);
    expect(lines[2]).toBe('"paths","(3 other)",,7,9,,,,,,');
  });
  it("compared rows say what they had before, and a value that was not told nothing", () => {
    const rows = [row("/a"), row("/b"), row("/c")];
    const told = withBefore(rows, new Map([["/a", { before: 4 }], ["/b", { before: 0 }]]));
    const lines = listsCsv([{ list: "paths", rows: told, other: undefined }]).split("\r\n");
    expect(lines.slice(1, 4).map((line) => line.split(",")[10])).toEqual(["4", "0", ""]);
    expect(withBefore(rows, null)).toBe(rows);
  });
  it("what is no list follows in the same columns, and in its own for what no list has", () => {
    const hours = { list: "hours", head: ["hour", "requests", "bytes", "errors", "visitors", "p95_s"], cells: [[7, 30, 900, 2, null, 0.2], [8, 0, 0, 0, 0, null]] };
    const times = { list: "times", head: ["of", "request_s", "upstream_s"], cells: [["p95", 0.4, null]] };
    const lines = shownCsv([hours, { list: "paths", rows: [row("/a")], other: undefined }, times]).split("\r\n");
    expect(lines).toEqual([
      '"list","value","label","requests","bytes","s4xx","s5xx","mean_s","p95_s","visitors","before","errors","request_s","upstream_s"',
      '"paths","/a",,10,1000,1,0,,0.1,,,,,',
      '"hours",7,,30,900,,,,0.2,,,2,,',
      '"hours",8,,0,0,,,,,0,,0,,',
      '"times","p95",,,,,,,,,,,0.4,',
      "",
    ]);
    expect(shownCsv([times])).toBe('"of","request_s","upstream_s"\r\n"p95",0.4,\r\n');
  });
  it("JSON says what it is of", () => {
    const range = { from: "2026-11-26T05:05:00Z", to: "2026-11-26T05:20:00Z", filter: 'path:"/a b"' };
    const read = JSON.parse(shownJson(range, [{ list: "paths", rows: [row("/a")], other: undefined }])) as Record<string, unknown>;
    expect(read).toMatchObject({ ...range, top: { paths: [{ value: "/a", requests: 10 }] }, other: {} });
  });
  it("a table of another range than the page's says its own, alone and beside others", () => {
    const page = { from: "2026-11-26T05:05:00Z", to: "2026-11-26T05:20:00Z", filter: "status:5xx" };
    const own = { from: "2026-11-01T00:00:00Z", to: "2026-11-26T05:19:58Z" };
    const hours = { list: "hours", range: own, head: ["hour", "requests"], cells: [[7, 30]] };
    const paths = { list: "paths", rows: [row("/a")], other: undefined };
    const json = (all: Parameters<typeof shownJson>[1]) => JSON.parse(shownJson(page, all)) as Record<string, unknown>;
    expect(json([hours])).toEqual({ ...own, filter: "status:5xx", top: {}, other: {}, hours: [{ hour: 7, requests: 30 }] });
    expect(json([paths, hours])).toMatchObject({ ...page, ranges: { hours: own }, hours: [{ hour: 7, requests: 30 }] });
    expect(json([paths])).not.toHaveProperty("ranges");
    expect(rangeOf(page, [hours]).to).toBe(own.to);
    expect(rangeOf(page, [paths]).to).toBe(page.to);
  });
  it("a file's name sorts by time, and holds nothing strange", () => {
    expect(fileName("paths", "2026-11-26T05:20:31Z", "csv")).toBe("tapline-paths-2026-11-26T05-20Z.csv");
    expect(fileName("../../etc:passwd", "what", "json")).toBe("tapline-etc-passwd-now.json");
  });
  it.each([
    ["plain/word", "plain/word"], ["", "''"], ["it's", `'it'\\''s'`], ["a\nb", "'a\nb'"], ["$(id) `id` \\ !", "'$(id) `id` \\ !'"], ["a&b;c|d>e", "'a&b;c|d>e'"],
  ])("%j is one word of a shell", (text, quoted) => {
    expect(shellQuote(text)).toBe(quoted);
  });
  it("a curl asks for the same data, whatever the filter holds", () => {
    expect(curl("http://127.0.0.1:8514/logs/", "api/v1/summary", { filter: `path:"/it's $(id)\n"`, from: "" })).toBe(
      "curl -s 'http://127.0.0.1:8514/logs/api/v1/summary?filter=path%3A%22%2Fit%27s+%24%28id%29%0A%22'",
    );
    expect(curl("http://user:secret@h/", "api/v1/events", {})).toBe("curl -s http://h/api/v1/events");
  });
});

describe("values as terms", () => {
  it("a band is two terms, and takes the place of another", () => {
    expect(choose("site:a", "latency", "0.1..0.2", "only")).toBe("site:a latency>=0.1 latency<0.2");
    expect(choose("site:a latency>=0.1 latency<0.2", "latency", "0.2..0.5", "only")).toBe("site:a latency>=0.2 latency<0.5");
    expect(choose("latency>=0.1 latency<0.2 site:a", "latency", "0.1..0.2", "only")).toBe("site:a");
    expect(choose("", "latency", "..0.001", "only")).toBe("latency<0.001");
    expect(choose("", "upstream_time", "5..", "only")).toBe("upstream_time>=5");
    expect([chosen("latency>=0.1 latency<0.2", "latency", "0.1..0.2"), chosen("latency>=0.1", "latency", "0.1..0.2")]).toEqual(["only", null]);
    expect(chosen("latency<0.001", "latency", "..0.001")).toBe("only");
  });
  it("the outside of a band is what lies below or above it", () => {
    expect(choose("site:a", "latency", "0.1..0.2", "not")).toBe("site:a latency<0.1 latency>=0.2 latency:-");
    expect(chosen("latency<0.1 latency>=0.2 latency:-", "latency", "0.1..0.2")).toBe("not");
  });
  it("a path that looks like a band is a path", () => {
    expect(choose("", "path", "0.1..0.2", "only")).toBe("path:0.1..0.2");
    expect([bandBounds("0.1..0.2"), bandBounds(".."), bandBounds("x")]).toEqual([{ from: 0.1, to: 0.2 }, null, null]);
  });
});

describe("the kept layout", () => {
  const ids = ["paths", "clients", "status"];
  const known = (id: string) => ids.includes(id) || id.startsWith("list:");
  const read = (value: unknown) => readLayout(typeof value === "string" ? value : JSON.stringify(value), ids, known);
  it.each([
    null, "", "{", "null", "[]", "7", '"x"', "x".repeat(40_000), '{"v":0,"panels":[]}', '{"v":2,"panels":[]}', '{"v":1}', '{"v":1,"panels":{}}',
    '{"v":1,"panels":[null,7,"x",{},{"id":5},{"id":"../x"},{"id":"unknown"}]}',
  ])("%j is the usual one", (text) => {
    expect(readLayout(text, ids, known)).toEqual(usual(ids));
  });
  it("what is not understood is left out, the rest is kept", () => {
    const panels = [{ id: "clients", rows: 7, sort: { paths: "bytes", x: "y", "<b>": "bytes" }, columns: ["p95", "z", "bytes", "p95"], tab: "<img>" }, { id: "clients" }, { id: "list:routes", rows: 25 }];
    expect(read({ v: 1, dense: "yes", panels, hidden: ["paths", "clients", 5] })).toEqual({
      v: 1, dense: false,
      panels: [{ id: "clients", sort: { paths: "bytes" }, columns: ["bytes", "p95"] }, { id: "list:routes", rows: 25 }, { id: "status" }],
      hidden: ["paths"],
    });
  });
  it("keys of every object are no layout", () => {
    expect(read('{"v":1,"panels":[{"id":"__proto__"},{"id":"paths","sort":{"__proto__":"bytes","constructor":"bytes"}}]}').panels.map((p) => p.id)).toEqual(ids);
    expect(({} as Record<string, unknown>)["bytes"]).toBeUndefined();
  });
  it("never holds more panels than the page can show", () => {
    expect(read({ v: 1, panels: Array.from({ length: 500 }, (_, i) => ({ id: `list:x${i}` })) }).panels.length).toBeLessThanOrEqual(MOST_PANELS + ids.length);
  });
  it("a panel is moved, closed and opened again", () => {
    const at = (l: { panels: { id: string }[] }) => l.panels.map((p) => p.id).join();
    const start = usual(ids);
    expect(at(move(start, "status", "paths"))).toBe("status,paths,clients");
    expect(at(move(start, "paths", "status"))).toBe("clients,status,paths");
    expect(at(move(start, "paths", "clients"))).toBe("clients,paths,status");
    expect([move(start, "paths", "paths"), move(start, "gone", "paths"), move(start, "paths", "gone")]).toEqual([start, start, start]);
    expect(at(shift(start, "paths", 1))).toBe("clients,paths,status");
    expect(shift(start, "paths", -1)).toBe(start);
    const closed = hide(start, "clients", ids);
    expect([at(closed), closed.hidden]).toEqual(["paths,status", ["clients"]]);
    expect(read(closed)).toEqual(closed);
    expect(at(show(closed, "clients"))).toBe("paths,status,clients");
    expect(change(start, "paths", { rows: 25 }).panels[0]).toEqual({ id: "paths", rows: 25 });
  });
});

const SORTED: readonly Sort[] = [...COLUMNS, "value"];

describe("the registry", () => {
  /** What the server has, and the filter's word for each. */
  const SERVER: Record<string, string> = {
    paths: "path", routes: "route", not_found: "not_found", static: "path", types: "type", queries: "query", statuses: "status",
    classes: "status", outcomes: "outcome", methods: "method", protocols: "protocol", bands: "latency", upstream_bands: "upstream_time",
    clients: "client", networks: "client", countries: "country", cities: "city", asns: "asn", ip_versions: "ip_version", users: "user",
    sites: "site", sources: "source", upstreams: "upstream", agents: "agent", user_agents: "agent", systems: "os", bots: "bot",
    purposes: "bot", referrers: "referrer", referrer_urls: "referrer", keyphrases: "keyphrase", cache: "cache", schemes: "scheme",
    tls: "tls", ciphers: "cipher", mime: "mime", formats: "format", errors: "template", templates: "template",
  };
  it("has every list of the server, with its word", () => {
    expect([...new Set(TABS.flatMap((x) => x.list ?? []))].sort()).toEqual([...LISTS].sort());
    expect(Object.keys(SERVER).sort()).toEqual([...LISTS].sort());
    for (const x of TABS) if (x.list) expect([x.id, x.field]).toEqual([x.id, SERVER[x.list]]);
  });
  it("names each once, in both languages", () => {
    expect(new Set(TABS.map((x) => x.id)).size).toBe(TABS.length);
    for (const key of [...GROUPS.map((g) => g.title), ...TABS.flatMap((x) => [x.title, x.head])]) {
      expect([texts.en[key], texts.ko[key]].every((name) => name.length > 0 && name.length < 24)).toBe(true);
    }
  });
  it("asks so that the top shown is the top there is", () => {
    expect([byOf("mean", false), byOf("p95", false), byOf("visitors", true), byOf("visitors", false), byOf("value", false)]).toEqual(["slow", "slow", "visitors", "requests", "requests"]);
    expect([sizeOf("requests", 5), sizeOf("requests", 9), sizeOf("bytes", 24), sizeOf("before", 5)]).toEqual([10, 10, 25, 25]);
    // One more than is shown: where it is the only one, it is shown, too.
    for (const rows of [5, 9, 10, 24, 25, 36]) expect(sizeOf("requests", rows)).toBeGreaterThan(rows);
  });
  it("says of an order that the server does not know that it is one of what came", () => {
    for (const sort of SORTED) expect([sort, reordered(sort, false)]).toEqual([sort, !["requests", "share", "bytes", "s4xx", "s5xx", "mean", "trend"].includes(sort)]);
    expect(reordered("visitors", true)).toBe(false);
  });
  it("lists what fails or is slow out of all there is, in whatever order it is put", () => {
    for (const [id, by] of [["failing", "s5xx"], ["slow", "slow"]] as const) {
      const own = ownOrder(TABS.find((x) => x.id === id)!)!;
      for (const sort of SORTED) {
        const other = sort !== own;
        expect([id, sort, byOf(sort, false, own), reordered(sort, false, own), sizeOf(sort, 5, own)]).toEqual([id, sort, by, other, other ? 25 : 10]);
      }
    }
    expect(ownOrder(TABS.find((x) => x.id === "paths")!)).toBeUndefined();
  });
  it("asks for each order of a list once, and alike pages alike", () => {
    expect(merged(["paths:requests:10", "clients:requests:10", "paths:bytes:25", "paths:requests:25"])).toEqual(["clients:requests:10", "paths:bytes:25", "paths:requests:25"]);
    expect(merged(["b:requests:10", "a:requests:10"])).toEqual(merged(["a:requests:10", "b:requests:10"]));
    expect([keyOf("paths:requests:10"), keyOf("paths:bytes:10"), keyOf("paths")]).toEqual(["paths", "paths:bytes", "paths"]);
  });
});

describe("a list that is opened whole", () => {
  it("is asked for in the order of its panel, as long as it may be", () => {
    expect(["paths:requests:10", "routes:s5xx:25", "bots:visitors:37"].map(askWhole)).toEqual(["paths:requests:1000", "routes:s5xx:1000", "bots:visitors:1000"]);
    expect(keyOf(askWhole("paths:bytes:10"))).toBe(keyOf("paths:bytes:10"));
  });
  it("keeps of a text what is called so, in its order and in whatever case", () => {
    const rows = ["/shop/573", "/Shop/57", "/", "/경로/573"].map((value) => ({ value }));
    const found = (text: string) => holding(rows, text, (r) => r.value).map((r) => r.value);
    expect(found("573")).toEqual(["/shop/573", "/경로/573"]);
    expect(found(" SHOP/57 ")).toEqual(["/shop/573", "/Shop/57"]);
    expect(found("경로")).toEqual(["/경로/573"]);
    // No pattern: what is typed is what is looked for.
    expect([found(".*"), found("["), found("nowhere")]).toEqual([[], [], []]);
    expect(holding(rows, "  ", (r) => r.value)).toBe(rows);
  });
});

describe("counts in place of rates", () => {
  const rows = (...requests: number[]) => requests.map((n) => ({ requests: n }));
  it("are shown where no row has enough for a rate, whatever all have", () => {
    expect(new Few().of(90_000, rows(30, 20, 9), 900)).toBe(true);
    expect(new Few().of(90_000, rows(9000, 20, 9), 900)).toBe(false);
    expect(new Few().of(900, rows(900), 900)).toBe(true);
    expect(new Few().of(0, [], 900)).toBe(true);
    expect(new Few().of(90_000, [], 900)).toBe(false);
  });
  it("do not come and go around the border", () => {
    const few = new Few();
    const at = (rate: number) => few.of(90_000, rows(rate * 100), 100);
    expect([1.1, 0.9, 1.1, 0.7, 0.9, 1.2, 0.9, 1.3, 0.9].map(at)).toEqual([false, false, false, true, true, true, true, false, false]);
    expect(few.of(90_000, [], 100)).toBe(false);
  });
});

describe("the tabs of a panel", () => {
  const g = group("paths")!;
  const ids = (known: ReadonlySet<string> | null, chosen?: string) => {
    const tab = tabIn(g, chosen, known);
    return [tab.id, ...tabsIn(g, tab, (list) => known?.has(list) === true, false).map((x) => x.id)];
  };
  it("are not told by a time without traffic", () => {
    expect(learnt(null, [])).toBeNull();
    for (const x of GROUPS) {
      const tab = tabIn(x, undefined, learnt(null, []));
      expect([tab, tabsIn(x, tab, () => false, false)[0]]).toEqual([x.tabs[0], x.tabs[0]]);
    }
    const known = learnt(null, ["paths", "types"]);
    expect(learnt(known, [])).toBe(known);
    expect(learnt(known, ["types"])).toBe(known);
    expect([...learnt(known, ["types", "users"])!]).toEqual(["paths", "types", "users"]);
  });
  it("are those that are filled, the chosen one, and always the first", () => {
    expect(ids(new Set(["paths", "types"]))).toEqual(["paths", "paths", "types"]);
    expect(ids(new Set(["types"]), "types")).toEqual(["types", "paths", "types"]);
    expect(ids(new Set(["paths"]), "queries")).toEqual(["queries", "paths", "queries"]);
    // Lines of errors alone, as where nothing answers any more.
    expect(ids(new Set(["errors", "templates"]))).toEqual(["paths", "paths"]);
    expect(tabIn(group("sites")!, undefined, new Set(["sources"])).id).toBe("sites");
  });
});
