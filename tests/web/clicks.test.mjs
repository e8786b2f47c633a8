// A click on any value of any list: the filter that the page then writes finds just the requests that
// the row had, and leaving the value out finds all the others.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";

import { Server, until } from "./server.mjs";
import { recorded } from "./truth.mjs";

// Beside the source where someone works on the page, in the checked copy where tests/run made one.
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const places = [join(root, "static"), join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "web-check")];
const BUNDLER = "node_modules/rolldown/dist/index.mjs";
const page = places.find((place) => existsSync(join(place, BUNDLER))) ?? places[0];
const bundler = join(page, BUNDLER);
const skip = !existsSync(bundler) && "left out: the page's tools are not installed";

/** Rows of each list that are clicked. */
const ROWS = 25;

let dir, rules, panels, wire;

before(async () => {
  if (skip) return;
  const { rolldown } = await import(pathToFileURL(bundler).href);
  dir = await mkdtemp(join(tmpdir(), "tapline-clicks-"));
  const built = async (name) => {
    const bundle = await rolldown({ input: join(page, "src", `${name}.ts`) });
    const file = join(dir, `${name.replace("/", "-")}.mjs`);
    await bundle.write({ file, format: "esm" });
    await bundle.close();
    return import(pathToFileURL(file).href);
  };
  [rules, panels, wire] = [await built("lib/filter"), await built("view/lists"), await built("wire")];
});
after(() => dir && rm(dir, { recursive: true, force: true }));

/** Clicks every value; what the answers say otherwise than the rows. */
async function wrong(server) {
  const ask = (filter, lists) => server.summary(filter, { panels: lists, top: ROWS });
  const all = await ask("", wire.LISTS.join());
  const found = [];
  const seen = new Set();
  for (const { list, field, lines } of panels.TABS) {
    // lines of the error log are no requests
    const of = (sum) => (lines ? sum.errors : sum.requests);
    if (!list || seen.has(list)) continue;
    seen.add(list);
    for (const row of all.top[list]) {
      for (const how of ["only", "not"]) {
        const filter = rules.toggle("", field, row.value, how);
        // a path that was not found may be found at another time, and is excluded with that
        const left = list === "not_found" ? await ask(rules.toggle("", "path", row.value, "only"), "methods") : row;
        const want = how === "only" ? row.requests : of(all) - left.requests;
        const told = await ask(filter, "methods").then(of, String);
        if (told !== want) found.push(`${list}: ${filter} finds ${told}, not ${want}`);
        if (rules.holds(filter, field, row.value) !== how) found.push(`${list}: ${filter} is not known again`);
        if (rules.toggle(filter, field, row.value, how) !== "") found.push(`${list}: ${filter} is not taken back`);
      }
    }
  }
  return found;
}

for (const name of ["apache_combined_elastic_10k.log.gz", "apache_attack_w3af.log.gz", "caddy_access_lnav.jsonl", "syslog_haproxy_lnav.log"]) {
  const path = recorded(name);
  describe(name, { skip: skip || (!path && `left out: no ${name}`) }, () => {
    let server;
    before(async () => (server = await Server.start({ replay: [path], config: '[window]\nmax_age = "366 d"\n' })));
    after(() => server?.stop());
    test("every value of every list", async () => assert.deepEqual(await wrong(server), []));
  });
}

/** Texts that mean something to a browser, a shell, a spreadsheet, a terminal or the filter itself. */
const ODD = [
  "<img src=x onerror=alert(1)>", "javascript:alert(1)", "\u202Eevil\u202C", "x".repeat(8000), "a\nb\r\nc", "=cmd|' /C calc'!A0",
  "\u001b[31mred", "😀💥", "a\u0085b", "a\uFEFFb", "a\u00A0b", "a b", '"', "\\", 'a\\"b\\', "a*b", "*", "**", "<=5", ">", "=x", "a:b",
  "5xx", "{id}", "%00", "../", "__proto__", "İ", "ß", "1..2", "0.1..0.2", "..", "gateway/7", "010.1.1.1", "fe80::1%eth0",
];

describe("texts of strangers", { skip }, () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server?.stop());
  test("every value of every list", async () => {
    const fields = ["path", "method", "client", "site", "user", "agent", "referrer", "query", "upstream", "cache", "scheme", "tls", "mime", "protocol"];
    const lines = fields.flatMap((field) =>
      ODD.map((value, i) =>
        JSON.stringify({ method: "GET", path: "/x", client: "192.0.2.7", status: 200 + (i % 4) * 100, latency: i % 3 ? undefined : i / 100, [field]: value }),
      ),
    );
    const sent = await fetch(`${server.url}api/v1/logs`, { method: "POST", headers: { "content-type": "application/x-ndjson" }, body: lines.join("\n") });
    assert.equal((await sent.json()).accepted, lines.length);
    await until("they are counted", async () => (await server.summary()).requests === lines.length);
    assert.deepEqual(await wrong(server), []);
  });
});
