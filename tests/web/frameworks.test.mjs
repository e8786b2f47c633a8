// Small sites on frameworks as they are published, each with a logger of its own: what they write to their standard output is
// read untold, each request once and as it was.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { binary, Sender, Server, until } from "./server.mjs";

const apps = join(dirname(fileURLToPath(import.meta.url)), "apps");
/** A stranger's, with what parts columns in one format or another … */
const FORGED = 'Mozilla/5.0 (a "quoted" | }: HTTP/1.1" 404 7 "-" status=404) x';
/** … and one for loggers that let such a line be two: Tapline reads none of both then. */
const PLAIN = "Mozilla/5.0 (a | }: status=404) x";
const REFERRER = "http://a.example/b";

/** What is asked for, and the status of the answer. */
const ASKED = [
  ["GET", "/ok?page=2&x=a%20b", 200],
  ["POST", "/fail", 500],
  ["GET", "/slow", 200],
  ["GET", "/missing", 404],
  ["HEAD", "/ok", 200],
];

const python = "/usr/bin/python3";
const of_python = (server) => [python, ["-u", join(apps, "pages.py"), server, "PORT"]];
const of_node = (logger) => [process.execPath, [join(apps, "node.mjs"), logger, "PORT"]];
const of_rails = (logger) => ["/usr/bin/ruby", [join(apps, "rails.rb"), logger, "PORT"]];

/**
 * How each is started, and what its lines don't say (`no`) or say otherwise: `status` of a request whose answer the framework
 * chooses, `asked` of those that it logs.
 */
const SITES = {
  "morgan combined": [of_node("morgan:combined"), { no: ["time"] }],
  "morgan common": [of_node("morgan:common"), { no: ["time", "agent"] }],
  "morgan dev": [of_node("morgan:dev"), { no: ["client", "agent"] }],
  "morgan short": [of_node("morgan:short"), { no: ["agent"] }],
  "morgan tiny": [of_node("morgan:tiny"), { no: ["client", "agent"] }],
  "pino-http": [of_node("pino-http")],
  "express-winston": [of_node("express-winston"), { no: ["client"] }],
  log4js: [of_node("log4js"), { no: ["time"], agent: PLAIN }],
  Koa: [of_node("koa"), { no: ["client", "agent"] }],
  Hono: [of_node("hono"), { no: ["client", "agent"] }],
  Fastify: [of_node("fastify"), { no: ["agent"] }],
  // It writes `get`, which from others is what a client sent.
  hapi: [of_node("hapi"), { no: ["query"], asked: ASKED.map(([method, ...more]) => [method.toLowerCase(), ...more]) }],
  uvicorn: [of_python("uvicorn"), { no: ["time", "agent"], needs: "uvicorn" }],
  Werkzeug: [of_python("werkzeug"), { no: ["time", "agent"], needs: "werkzeug" }],
  aiohttp: [of_python("aiohttp"), { no: ["time"], needs: "aiohttp", agent: PLAIN }],
  Tornado: [of_python("tornado"), { no: ["agent"], needs: "tornado" }],
  Django: [of_python("django"), { no: ["time", "client", "agent"], needs: "django" }],
  Twisted: [
    [python, ["-m", "twisted", "--log-format", "text", "web", "--listen", "tcp:PORT:interface=127.0.0.1", "--wsgi", "pages.application"]],
    { no: ["time"], needs: "twisted" },
  ],
  uWSGI: [
    ["/usr/bin/uwsgi_python3", ["--http-socket", "127.0.0.1:PORT", "--wsgi-file", join(apps, "pages.py")]],
    { no: ["agent"] },
  ],
  Puma: [
    ["/usr/bin/puma", ["--log-requests", "-b", "tcp://127.0.0.1:PORT", join(apps, "config.ru")]],
    { no: ["agent"] },
  ],
  // A path without a route has no end in Rails' log.
  Rails: [of_rails("rails"), { no: ["agent"], asked: ASKED.filter(([, path]) => path !== "/missing") }],
  "Rails' lograge": [of_rails("lograge"), { no: ["client", "agent", "query"], asked: ASKED.filter(([, path]) => path !== "/missing") }],
  "Rails' lograge, JSON": [of_rails("lograge:json"), { no: ["client", "agent", "query"], asked: ASKED.filter(([, path]) => path !== "/missing") }],
};

/** These say what was asked for in one line and how it was answered in another. */
const TWO_LINES = ["Rails", "Fastify"];

/** Why it can't be run here; on a machine that only tests, whatever is missing is a fault. */
function missing([program], { needs }) {
  const there = existsSync(program) && (!needs || spawnSync(program, ["-c", `import ${needs}`]).status === 0);
  return !there && !process.env.CI && "left out: not installed";
}

async function free_port() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Asks for all of it, one after the other; gives what the site wrote meanwhile. */
async function written([program, args], agent, count, port) {
  // Colours and all, where somebody has them off.
  const { NO_COLOR: _, ...own } = process.env;
  const env = { ...own, PYTHONPATH: apps, RAILS_ENV: "production" };
  const site = spawn(program, args.map((arg) => arg.replace("PORT", port)), { cwd: apps, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => site.once("close", done));
  let said = "";
  site.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  site.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  // The connection is kept: Twisted doesn't log a request whose client leaves with the last byte of the answer.
  const headers = { "user-agent": agent, referer: REFERRER };
  const ask = (method, target) => fetch(`http://127.0.0.1:${port}${target}`, { method, headers });
  try {
    await until("it answers", async () => {
      if (site.exitCode !== null) throw new Error(said);
      return (await ask("GET", "/up")).status > 0;
    });
    for (const [method, target, status] of ASKED) {
      const answer = await ask(method, target);
      assert.equal(answer.status, status, `${method} ${target}`);
      await answer.text();
    }
    // A thread of its own may log them, some time later; what never comes is told by the comparison.
    await until("it has logged them", () => read(said).length >= count, 15_000).catch(() => {});
    return said;
  } finally {
    site.kill();
    await ended;
  }
}

/** The requests that Tapline reads in it, but for those that found out whether it answers. */
function read(text) {
  const parsed = spawnSync(binary, ["parse"], { input: text, encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(parsed.status, 0, parsed.stderr);
  const events = parsed.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return events.filter((event) => event.kind === "access" && event.path !== "/up");
}

/** The same of a server, to which each line is sent in a datagram or a POST of its own. */
async function received(text, way) {
  const server = await Server.start();
  const sender = new Sender(server.udp);
  try {
    for (const [at, line] of text.split("\n").filter(Boolean).entries()) {
      // A datagram has no answer that says that it was counted.
      await (way === "posts" ? server.post([line]) : sender.send([`<190>Nov 30 10:00:00 web app: ${line}`]));
      await until("it is counted", async () => {
        const { received, in_flight } = (await server.summary()).accounting;
        return received > at && in_flight === 0;
      });
    }
    const { events } = await server.ask("events", { filter: "kind:access -path:/up", limit: 100 });
    return events.map(({ path, status }) => [path, status]).reverse();
  } finally {
    sender.close();
    await server.stop();
  }
}

for (const [name, [command, { no = [], asked = ASKED, agent = FORGED, needs } = {}]] of Object.entries(SITES)) {
  test(`${name}: each request is read once`, { skip: missing(command, { needs }) }, async () => {
    const text = await written(command, agent, asked.length, await free_port());
    const events = read(text);
    // Also where each line comes for itself, behind another's.
    for (const way of TWO_LINES.includes(name) ? ["datagrams", "posts"] : []) {
      assert.deepEqual(await received(text, way), events.map(({ path, status }) => [path, status]), way);
    }
    const short = ({ method, path, query, status }) => ({ method, path, ...(no.includes("query") ? {} : { query: query ?? "" }), status });
    const wanted = asked.map(([method, target, status]) => {
      const [path, query = ""] = target.split("?");
      return { method, path, query, status };
    });
    // Threads log in an order of their own.
    const sorted = (requests) => requests.map(short).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    assert.deepEqual(sorted(events), sorted(wanted), text);
    for (const event of events) {
      if (!no.includes("client")) assert.equal(event.remote_ip, "127.0.0.1", text);
      if (!no.includes("agent")) assert.equal(event.user_agent, agent, text);
      if (!no.includes("time")) assert.ok(event.request_time_s >= 0, text);
    }
    if (!no.includes("time")) {
      const slow = events.find(({ path }) => path === "/slow").request_time_s;
      assert.ok(slow > 0.11 && slow < 30, `${slow} s`);
    }
  });
}
