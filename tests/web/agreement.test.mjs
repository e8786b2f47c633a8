// Recorded logs, replayed: every number of a summary, under every kind of filter, is the one that an
// independent reading of the same file gives.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Server } from "./server.mjs";
import { count, LISTS, linesOf, read, recorded, select, summarise } from "./truth.mjs";

/** Each with a path, a client and a network that it has much of. */
const LOGS = [
  {
    name: "nginx_combined_shop_60k.log.gz",
    filters: [
      "",
      "path:/settings/logo",
      "-path:/settings/logo",
      "path:/static/*",
      "-path:/static/* -path:/image/*",
      "path:*.png status:304",
      "client:5.0.0.0/8",
      "-client:5.200.0.0/15 client:5.0.0.0/8",
      "client:66.249.66.194",
      "status:5xx",
      "status:404 status:499",
      "-status:2xx",
      "status:3xx -status:304",
      "method:POST",
      "method:HEAD method:OPTIONS",
      "protocol:HTTP/1.0",
      "referrer:-",
      "referrer:zanbil.ir -path:/image/*",
      "agent:*Googlebot*",
      "agent:*bot* -agent:*Googlebot* status:2xx",
      "bytes>=100000",
      "bytes>1000 bytes<=2000",
      "outcome:bad outcome:error",
      "query:*wh=200x200* path:/image/*",
      "path:/nowhere",
    ],
  },
  {
    name: "apache_combined_elastic_10k.log.gz",
    filters: [
      "",
      "path:/favicon.ico",
      "-path:/images/* status:200",
      "client:66.249.0.0/16",
      "client:130.237.218.86 -status:200",
      "status:206 status:416",
      "method:HEAD",
      "query:flav=*",
      "referrer:semicomplete.com path:/*.png",
      "agent:-",
      "protocol:HTTP/1.0 -agent:-",
      "bytes>=1000000",
    ],
  },
  { name: "apache_attack_w3af.log.gz", filters: ["", "status:5xx", "-status:2xx method:GET", "path:*..*"] },
  { name: "apache_attack_acunetix.log.gz", filters: ["", "status:500", "method:POST -status:303", "referrer:-"] },
];

const ROWS = 250;
/** Visitors are counted exactly below this many, and estimated above. */
const EXACT = 1024;
const MASK = "***";

function near(told, truth, what) {
  if (truth < EXACT) assert.equal(told, truth, what);
  else assert.ok(Math.abs(told - truth) <= truth * 0.03, `${what}: ${told} where ${truth} is true`);
}

/** The rows of a list are the truth's, and none that has more is left out. */
function same(list, told, other, truth) {
  const expected = new Map(truth.map((row) => [row.value, row]));
  for (const row of told) {
    // what was masked was so before it was counted: the file alone does not tell how
    if (row.value.includes(MASK)) continue;
    const want = expected.get(row.value);
    assert.ok(want, `${list}: ${row.value} is not in the file`);
    for (const key of ["requests", "bytes", "s4xx", "s5xx", "errors"]) {
      assert.equal(row[key], want[key], `${list}: ${key} of ${row.value}`);
    }
    near(row.visitors, want.visitors, `${list}: visitors of ${row.value}`);
  }
  if (told.some((row) => row.value.includes(MASK))) return;
  assert.deepEqual(
    told.map((row) => row.requests),
    truth.slice(0, told.length).map((row) => row.requests),
    `${list}: the most requested`,
  );
  assert.equal(told.length, Math.min(ROWS, truth.length), `${list}: how many rows`);
  if (list === "queries") return;
  const rest = truth.slice(told.length);
  assert.equal(other?.values ?? 0, rest.length, `${list}: values left out`);
  assert.equal(other?.requests ?? 0, rest.reduce((n, row) => n + row.requests, 0), `${list}: requests left out`);
}

for (const { name, filters } of LOGS) {
  const path = recorded(name);
  const skip = !path && `left out: no ${name}`;
  describe(name, { skip }, () => {
    let server, events, odd;

    before(async () => {
      const all = linesOf(path).map((line) => ({ line, event: read(line) }));
      events = all.filter((x) => x.event).map((x) => x.event);
      odd = all.filter((x) => !x.event).map((x) => x.line);
      server = await Server.start({ replay: [path], config: '[window]\nmax_age = "366 d"\n' });
    });
    after(() => server?.stop());

    test("every line is accounted for", async () => {
      const { accounting } = await server.summary();
      assert.equal(accounting.received, events.length + odd.length);
      assert.equal(accounting.counted, events.length, odd.slice(0, 3).join("\n"));
      assert.equal(accounting.unparsed, odd.length);
    });

    for (const filter of filters) {
      test(`filtered by ${filter || "nothing"}`, async () => {
        const truth = summarise(select(events, filter));
        const told = await server.summary(filter, { panels: Object.keys(LISTS).join(), top: ROWS });
        assert.equal(told.requests, truth.requests);
        assert.equal(told.bytes_out, truth.bytes);
        assert.deepEqual(told.status_codes, truth.codes);
        assert.deepEqual(told.status, truth.status);
        near(told.visitors, truth.visitors, "visitors");
        for (const list of Object.keys(LISTS)) same(list, told.top[list], told.other[list], truth.top[list]);
      });
    }

    test("every second, minute and hour has its requests, bytes and errors", async () => {
      for (const step of [1, 60, 3600]) {
        const first = events.reduce((least, e) => Math.min(least, e.t), Infinity);
        const last = events.reduce((most, e) => Math.max(most, e.t), 0);
        // single seconds of days would be too many to ask for
        const to = step === 1 ? Math.min(last + 1, first + 3600) : last + 1;
        const told = await server.ask("series", { from: first, to, step });
        const want = new Map();
        for (const e of events.filter((e) => e.t < to)) {
          const at = e.t - (e.t % step);
          const sum = want.get(at) ?? { requests: 0, bytes: 0, s4xx: 0, s5xx: 0 };
          want.set(at, sum);
          sum.requests++;
          sum.bytes += e.bytes;
          sum.s4xx += e.status >= 400 && e.status < 500;
          sum.s5xx += e.status >= 500;
        }
        assert.equal(told.step_s, step);
        told.t.forEach((t, i) => {
          const { requests, bytes, s4xx, s5xx } = want.get(t) ?? { requests: 0, bytes: 0, s4xx: 0, s5xx: 0 };
          assert.deepEqual(
            [told.requests[i], told.bytes_out[i], told.s4xx[i], told.s5xx[i]],
            [requests, bytes, s4xx, s5xx],
            `${new Date(t * 1000).toISOString()} in steps of ${step} s`,
          );
          want.delete(t);
        });
        assert.equal(want.size, 0, `${want.size} steps of ${step} s are missing`);
      }
    });

    /** The middle half of the log, from its first quarter on. */
    const middle = () => {
      const times = events.map((e) => e.t).sort((a, b) => a - b);
      const [first, last] = [times[0], times.at(-1)];
      const length = Math.max(1, Math.floor((last - first) / 4));
      return { from: first + 2 * length, to: first + 3 * length, length };
    };

    test("lists in any order are led by whom it says", async () => {
      const orders = { requests: "requests", bytes: "bytes", s4xx: "s4xx", s5xx: "s5xx", errors: "errors", visitors: "visitors" };
      for (const list of ["paths", "clients", "networks", "user_agents", "statuses"]) {
        for (const [by, key] of Object.entries(orders)) {
          if (by === "visitors" && !["clients", "networks", "user_agents"].includes(list)) continue;
          const told = (await server.summary("", { panels: `${list}:${by}:20` })).top[by === "requests" ? list : `${list}:${by}`];
          const truth = count(events, LISTS[list]);
          const of = new Map(truth.map((row) => [row.value, row]));
          for (const row of told) assert.equal(row[key], of.get(row.value)[key], `${list} by ${by}: ${row.value}`);
          const most = truth.map((row) => row[key]).sort((a, b) => b - a);
          const shown = told.map((row) => row[key]);
          // where nothing is left to be led by, nothing is listed
          const expected = most.slice(0, 20).filter((n) => n > 0 || by === "requests");
          assert.deepEqual(shown.slice(0, expected.length), expected, `${list} by ${by}`);
        }
      }
    });

    test("a range is compared with the one before", async () => {
      const { from, to, length } = middle();
      for (const [before, filter] of [[length, ""], [Math.ceil(length / 2), "-status:200"], [2 * length, "method:GET status:2xx"]]) {
        const told = await server.summary(filter, { from, to, before, panels: "paths,clients,statuses", top: ROWS });
        const all = select(events, filter);
        const earlier = all.filter((e) => e.t >= from - before && e.t < to - before);
        const truth = summarise(earlier);
        assert.equal(told.requests, all.filter((e) => e.t >= from && e.t < to).length);
        assert.equal(told.before.requests, truth.requests);
        assert.equal(told.before.bytes_out, truth.bytes);
        assert.deepEqual(told.before.status, truth.status);
        near(told.before.visitors, truth.visitors, "visitors before");
        for (const list of ["paths", "clients", "statuses"]) {
          const of = new Map(truth.top[list].map((row) => [row.value, row.requests]));
          for (const row of told.top[list]) assert.equal(row.before, of.get(row.value) ?? 0, `${list}: ${row.value} before`);
        }
      }
    });

    test("a value's curve and its completion are of the same requests", async () => {
      const { from, to, length } = middle();
      const step = [1, 60, 3600].find((step) => length / step < 500);
      const filter = "-status:304";
      const within = select(events, filter).filter((e) => e.t >= from && e.t < to);
      const trend = await server.ask("trend", { list: "paths", rows: 8, from, to, step, filter });
      for (const { value, requests } of trend.rows) {
        const there = within.filter((e) => e.path === value);
        trend.t.forEach((t, i) => {
          assert.equal(requests[i], there.filter((e) => e.t >= t && e.t < t + step).length, `${value} at ${t}`);
        });
        assert.equal(requests.reduce((a, b) => a + b, 0), there.length, value);
      }
      const paths = count(within, LISTS.paths);
      for (const text of ["/", "in", ".p", paths[0]?.value.slice(1, 5) ?? "x"]) {
        const { values } = await server.ask("values", { field: "path", text, from, to, filter, limit: 10 });
        const holds = paths.filter((row) => row.value.toLowerCase().includes(text.toLowerCase()));
        assert.equal(values.length, Math.min(10, holds.length), `values with ${text}`);
        const of = new Map(holds.map((row) => [row.value, row.requests]));
        for (const row of values) assert.equal(row.requests, of.get(row.value), row.value);
      }
    });

    test("a single second has its lines and lists", async () => {
      const seconds = [...new Set(events.map((e) => e.t))].sort((a, b) => a - b);
      for (const share of [0, 0.3, 0.5, 0.99]) {
        const at = seconds[Math.floor(share * (seconds.length - 1))];
        const there = events.filter((e) => e.t === at);
        const range = { from: at, to: at + 1 };
        const told = await server.summary("", { ...range, panels: Object.keys(LISTS).join(), top: ROWS });
        const truth = summarise(there);
        assert.equal(told.requests, truth.requests);
        for (const list of Object.keys(LISTS)) same(list, told.top[list], told.other[list], truth.top[list]);
        const { events: lines } = await server.ask("events", { ...range, limit: 1000, order: "oldest" });
        const key = (client, method, path, status, bytes) => [client, method, path, status, bytes].join(" ");
        assert.deepEqual(
          lines.map((e) => key(e.remote_ip, e.method, e.path, e.status, e.bytes ?? 0)).sort(),
          there.map((e) => key(e.client, e.method ?? undefined, e.path ?? undefined, e.status, e.bytes)).sort(),
        );
      }
    });
  });
}
