// A real `tapline serve` for a browser test, and the datagrams that a web server would send it.

import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The program under test: `tests/run` names the release build. */
export const binary = process.env.TAPLINE_TEST_BINARY ?? join(root, "target/debug/tapline");
export const artifacts = join(root, "tests/artifacts");

/** How long a busy machine may take for what takes a second or two: no test passes by waiting for less. */
export const PATIENCE = 60_000;

/**
 * A connection for each request. One that is kept is closed after ten seconds without a request, and a test that reckons
 * for so long on a slow machine sees that only when it has sent the next one on it: "fetch failed".
 */
const ALONE = { connection: "close" };

/** Asks until the answer is truthy; nothing here waits for a fixed time and hopes. */
export async function until(what, ask, patience = PATIENCE) {
  const end = Date.now() + patience;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${patience} ms`, { cause: last });
    await new Promise((done) => setTimeout(done, 25));
  }
}

export class Server {
  /**
   * `http` and `udp` are ports; 0 lets the system choose. `config` is the text of a `tapline.toml`;
   * `replay` are log files, which a server on a virtual clock has read to their end when this returns.
   */
  static async start({ http = 0, udp = 0, config = "", replay = [] } = {}) {
    const server = new Server();
    server.dir = mkdtempSync(join(tmpdir(), "tapline-web-"));
    server.said = "";
    const env = { ...process.env, HOME: server.dir, XDG_CONFIG_HOME: server.dir, XDG_STATE_HOME: server.dir, NO_COLOR: "1" };
    for (const key of Object.keys(env)) if (key.startsWith("TAPLINE_")) delete env[key];
    delete env.STATE_DIRECTORY;
    if (config) {
      mkdirSync(join(server.dir, "tapline"));
      writeFileSync(join(server.dir, "tapline/tapline.toml"), config);
    }
    const listen = ["--http", `127.0.0.1:${http}`];
    const command = replay.length
      ? ["replay", ...replay, "--speed", "max", ...listen]
      : ["serve", ...listen, "--udp", `127.0.0.1:${udp}`, "--tcp", "off"];
    server.child = spawn(binary, command, { cwd: server.dir, env, stdio: ["ignore", "ignore", "pipe"] });
    server.ended = new Promise((done) => server.child.once("exit", (code) => done(code)));
    server.child.stderr.setEncoding("utf8").on("data", (text) => (server.said += text));
    const says = (what, patience) =>
      until(`tapline says ${what}`, () => {
        if (server.child.exitCode !== null) throw new Error(server.said);
        return what.test(server.said);
      }, patience);
    await says(/\bready\b/);
    if (replay.length) await says(/the replay has ended/, 120_000);
    server.http = Number(/listening http \S*?:(\d+)/.exec(server.said)[1]);
    server.udp = Number(/listening udp \S*?:(\d+)/.exec(server.said)?.[1]);
    server.url = `http://127.0.0.1:${server.http}/`;
    return server;
  }

  async stop(signal = "SIGTERM") {
    if (this.child.exitCode === null) this.child.kill(signal);
    const code = await this.ended;
    rmSync(this.dir, { recursive: true, force: true });
    return code;
  }

  /** An answer of the API. */
  async ask(what, params = {}) {
    const answer = await fetch(`${this.url}api/v1/${what}?${new URLSearchParams(params)}`, { headers: ALONE });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
    return body;
  }

  summary(filter = "", more = {}) {
    return this.ask("summary", { filter, ...more });
  }

  /** Sends lines as a shipper would. */
  async post(lines) {
    const answer = await fetch(`${this.url}api/v1/logs`, { method: "POST", headers: ALONE, body: lines.join("\n") });
    return answer.json();
  }
}

/** Sends access lines over UDP, as nginx would. */
export class Sender {
  constructor(port) {
    this.port = port;
    this.socket = createSocket("udp4");
    this.timers = new Set();
  }

  send(lines) {
    return Promise.all(
      lines.map((line) => new Promise((done) => this.socket.send(line, this.port, "127.0.0.1", done))),
    );
  }

  /** Requests a second until `stop`; `make(i)` gives what differs from the usual request. */
  stream(rate, make) {
    let i = 0;
    const begun = performance.now();
    // What is due by the clock: a timer comes late on a busy machine.
    const timer = setInterval(() => {
      const due = Math.min((rate * (performance.now() - begun)) / 1000, i + rate);
      const lines = [];
      while (i < due) lines.push(line(make(i++)));
      this.send(lines);
    }, 50);
    this.timers.add(timer);
    return () => clearInterval(timer);
  }

  /** Ends its streams too: one that a failed test left would keep Node from ending. */
  close() {
    this.timers.forEach((timer) => clearInterval(timer));
    this.socket.close();
  }
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** One line of nginx's combined format in its syslog header. */
export function line({
  client = "203.0.113.9",
  method = "GET",
  path = "/",
  status = 200,
  bytes = 512,
  referrer = "-",
  agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  time = new Date(),
  tail = "",
} = {}) {
  const two = (n) => String(n).padStart(2, "0");
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
  const month = MONTHS[time.getUTCMonth()];
  const day = time.getUTCDate();
  return (
    `<190>${month} ${String(day).padStart(2, " ")} ${clock} web-1 nginx: ${client} - - ` +
    `[${two(day)}/${month}/${time.getUTCFullYear()}:${clock} +0000] ` +
    `"${method} ${path} HTTP/1.1" ${status} ${bytes} "${referrer}" "${agent}"${tail}`
  );
}
