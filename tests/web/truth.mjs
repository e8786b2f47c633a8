// What a log says, read by this file alone: its own expression for a combined line, its own filters,
// its own sums. Nothing here is Tapline's, so where the two differ, one of them is wrong.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const logs = join(root, "../shared/corpus/logs");

/** The path of a recorded log; null where recordings are not beside the checkout. */
export function recorded(name) {
  const path = join(logs, name);
  return existsSync(path) ? path : null;
}

export function linesOf(path) {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").filter((line) => line !== "");
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const COMBINED = new RegExp(
  `^(\\S+) (\\S+) (\\S+) \\[(\\d\\d)/(\\w{3})/(\\d{4}):(\\d\\d):(\\d\\d):(\\d\\d) ([+-])(\\d\\d)(\\d\\d)\\] ` +
    `${QUOTED} (\\d{3}) (\\d+|-) ${QUOTED} ${QUOTED}(?: ${QUOTED})?$`,
);

/** What is written as `-` or not at all is missing. */
const present = (text) => (text === undefined || text === "" || text === "-" ? null : text);

/** What stood in the request before the server wrote it down: `\\x22` is a quotation mark. */
function unescaped(text) {
  if (!text?.includes("\\")) return text;
  const bytes = text.replace(/[^\x00-\x7f]/g, (c) => Buffer.from(c).toString("latin1"));
  const letters = { n: "\n", r: "\r", t: "\t", b: "\b", v: "\v", f: "\f" };
  const plain = bytes.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex, c) => (hex ? String.fromCharCode(parseInt(hex, 16)) : (letters[c] ?? c)));
  return Buffer.from(plain, "latin1").toString("utf8");
}

/** One request of a combined line; null where it is none. */
export function read(line) {
  const found = COMBINED.exec(line);
  if (!found) return null;
  const [, client, , user, day, month, year, hour, minute, second, sign, zoneHour, zoneMinute, , status, bytes] = found;
  const [request, referrer, agent] = [found[13], found[16], found[17]].map(unescaped);
  const at = Date.UTC(+year, MONTHS.indexOf(month), +day, +hour, +minute, +second) / 1000;
  const zone = (sign === "-" ? -1 : 1) * (+zoneHour * 3600 + +zoneMinute * 60);
  const [, method, target, protocol] = /^([A-Z]+) (\S.*?)(?: (HTTP\/\d\.\d))?$/.exec(request) ?? [];
  const cut = (target ?? "").indexOf("?");
  return {
    line,
    t: at - zone,
    client,
    user: present(user),
    method: method ?? null,
    path: target === undefined ? null : cut < 0 ? target : target.slice(0, cut),
    query: present(cut < 0 ? "" : target.slice(cut + 1)),
    protocol: protocol ?? null,
    status: +status,
    bytes: bytes === "-" ? 0 : +bytes,
    referrer: present(referrer),
    agent: present(agent),
  };
}

// ── What is counted ──────────────────────────────────────────────────────────────────────────────

function host(referrer) {
  if (referrer === null) return "(none)";
  const found = /\/\/(?:[^/?#]*@)?(?:www\.)?([^/?#]*?)(?::\d*)?(?:[/?#]|$)/i.exec(referrer);
  return (found?.[1] ? found[1] : referrer).toLowerCase();
}

const network = (client) => (/^\d+\.\d+\.\d+\.\d+$/.test(client) ? `${client.split(".").slice(0, 3).join(".")}.0/24` : null);

function outcome(status) {
  if (status < 300 || status === 304 || status === 401 || status === 429) return "success";
  if (status < 400) return "redirect";
  return status < 500 ? "bad" : "error";
}

/** The value of each list that a line alone tells, by the list's name; null is in no row. */
export const LISTS = {
  paths: (e) => e.path,
  not_found: (e) => (e.status === 404 ? e.path : null),
  queries: (e) => e.query,
  statuses: (e) => String(e.status),
  classes: (e) => `${Math.floor(e.status / 100)}xx`,
  outcomes: (e) => outcome(e.status),
  methods: (e) => e.method,
  protocols: (e) => e.protocol,
  clients: (e) => e.client,
  networks: (e) => network(e.client),
  ip_versions: (e) => (e.client.includes(":") ? "v6" : "v4"),
  users: (e) => e.user,
  user_agents: (e) => e.agent,
  referrers: (e) => host(e.referrer),
  referrer_urls: (e) => e.referrer ?? "(none)",
};

// ── What is asked for ────────────────────────────────────────────────────────────────────────────

const ipv4 = (text) => text.split(".").reduce((n, part) => n * 256 + +part, 0);

function glob(pattern, exact = false) {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^${parts.join("[^]*")}$`, exact ? "" : "i");
  return (text) => text !== null && whole.test(text);
}

const TESTS = {
  path: (v) => (e) => glob(v, true)(e.path),
  query: (v) => (e) => glob(v, true)(e.query),
  method: (v) => (e) => glob(v)(e.method),
  protocol: (v) => (e) => glob(v)(e.protocol),
  referrer: (v) => (v === "-" ? (e) => e.referrer === null : (e) => glob(v)(e.referrer) || (e.referrer !== null && glob(v)(host(e.referrer)))),
  agent: (v) => (v === "-" ? (e) => e.agent === null : (e) => glob(v)(e.agent)),
  outcome: (v) => (e) => outcome(e.status) === v,
  status: (v) => (/^\dxx$/.test(v) ? (e) => Math.floor(e.status / 100) === +v[0] : (e) => e.status === +v),
  client: (v) => {
    const [net, bits] = v.split("/");
    if (bits === undefined) return (e) => e.client === v;
    const size = 2 ** (32 - +bits);
    return (e) => Math.floor(ipv4(e.client) / size) === Math.floor(ipv4(net) / size);
  },
  bytes: (v) => {
    const [, sign, n] = /^([<>]=?)(\d+)$/.exec(v);
    const holds = { "<": (b) => b < +n, "<=": (b) => b <= +n, ">": (b) => b > +n, ">=": (b) => b >= +n };
    return (e) => holds[sign](e.bytes);
  },
};

/**
 * The requests that a simple filter means: `[-]word:value` or `bytes>=n`. The same word again is or;
 * a lower and an upper bound are a range.
 */
export function select(events, filter) {
  const groups = new Map();
  for (const [, minus, word, value] of filter.matchAll(/(-?)(\w+)(?::|(?=[<>]))("(?:[^"\\]|\\.)*"|\S+)/g)) {
    const plain = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
    const group = groups.get(word) ?? { any: [], none: [] };
    groups.set(word, group);
    if (plain[0] === ">") group.from = true;
    if (plain[0] === "<") group.to = true;
    (minus ? group.none : group.any).push(TESTS[word](plain));
  }
  const means = (e) => {
    for (const { any, none, from, to } of groups.values()) {
      const held = any.filter((test) => test(e)).length;
      if (held < (from && to ? any.length : Math.min(1, any.length))) return false;
      if (none.some((test) => test(e))) return false;
    }
    return true;
  };
  return events.filter(means);
}

const visitor = (e) => `${e.client}\n${e.agent ?? ""}`;

/** Requests, bytes, errors and visitors of each value, the most requested first. */
export function count(events, of) {
  const rows = new Map();
  for (const e of events) {
    const value = of(e);
    if (value === null) continue;
    let row = rows.get(value);
    if (!row) rows.set(value, (row = { value, requests: 0, bytes: 0, s4xx: 0, s5xx: 0, errors: 0, who: new Set() }));
    row.requests++;
    row.bytes += e.bytes;
    row.s4xx += e.status >= 400 && e.status < 500;
    row.s5xx += e.status >= 500;
    row.errors += e.status >= 400;
    row.who.add(visitor(e));
  }
  const all = [...rows.values()].map(({ who, ...row }) => ({ ...row, visitors: who.size }));
  return all.sort((a, b) => b.requests - a.requests || (a.value < b.value ? -1 : 1));
}

/** Everything that a summary tells, over these requests. */
export function summarise(events) {
  const codes = {};
  const status = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };
  let bytes = 0;
  for (const e of events) {
    codes[e.status] = (codes[e.status] ?? 0) + 1;
    status[`${Math.floor(e.status / 100)}xx`]++;
    bytes += e.bytes;
  }
  return {
    requests: events.length,
    bytes,
    visitors: new Set(events.map(visitor)).size,
    status,
    codes,
    top: Object.fromEntries(Object.entries(LISTS).map(([list, of]) => [list, count(events, of)])),
  };
}

/** The same lines as if the last of them had been written at `end` (epoch seconds). */
export function moved(events, end) {
  const by = end - events.reduce((newest, e) => Math.max(newest, e.t), -Infinity);
  const two = (n) => String(n).padStart(2, "0");
  return events.map((e) => {
    const at = new Date((e.t + by) * 1000);
    const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
    const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
    return { ...e, t: e.t + by, line: e.line.replace(/\[[^\]]*\]/, `[${day}:${clock} +0000]`) };
  });
}
