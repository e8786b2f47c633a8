// The page behind a real nginx, under a path of a host that has others: over WebSockets and without.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { behaved, launch, open, room, skip as no_browser, top } from "./chromium.mjs";
import { binary, Sender, Server, until } from "./server.mjs";

const HOST = "logs.example.org";
const KEY = "16-or-more-characters";
const nginx = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].find(existsSync);
const no_nginx = no_browser || (!nginx && !process.env.CI && "left out: nginx not installed");

/** A browser for whose network there are no WebSockets. */
const refused = (page) =>
  page.addInitScript(() => {
    window.WebSocket = class extends EventTarget {
      constructor() {
        super();
        setTimeout(() => this.onclose?.(new CloseEvent("close", { code: 1006 })));
      }
      send() {}
      close() {}
    };
  });

const live = (page, kind = "on") => until(`the page is ${kind}`, () => page.locator(`[data-live="${kind}"]`).isVisible());

/** The second that the page says it is at. */
const clock = (page) => page.locator("[data-live] time").innerText();

async function moves(page) {
  const seen = await clock(page);
  assert.match(seen, /\d/);
  await until("the next seconds come", async () => (await clock(page)) !== seen);
}

describe("behind nginx, under a path", { skip: no_nginx }, () => {
  let server, sender, proxy, dir, port, chromium, stop;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "tapline-nginx-"));
    port = await free();
    server = await Server.start({ config: `[access]\npublic_url = "http://${HOST}/logs/"\nkey = "${KEY}"\n` });
    sender = new Sender(server.udp);
    proxy = spawn(nginx, ["-p", dir, "-e", join(dir, "start.log"), "-c", config()], { stdio: "ignore" });
    proxy.ended = new Promise((done) => proxy.once("exit", done));
    await until("nginx listens", () => answers(port));
    chromium = await launch([`--host-resolver-rules=MAP ${HOST} 127.0.0.1:${port}`]);
    stop = sender.stream(50, (i) => (i % 4 ? { path: "/busy" } : { path: "/calm", client: "203.0.113.77" }));
  });

  after(async () => {
    stop?.();
    sender?.close();
    await chromium?.close();
    if (proxy && proxy.exitCode === null) {
      proxy.kill();
      await proxy.ended;
    }
    await server?.stop();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });

  /**
   * `/logs/` as the snippet says, where Tapline asks for the key; `/login/`, where nginx shows it; and
   * `/short/`, the least that anybody writes: HTTP/1.0, buffered, no WebSocket.
   */
  function config() {
    const env = { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir };
    const snippet = spawnSync(binary, ["snippet", "nginx-proxy"], { env, encoding: "utf8" }).stdout;
    const at = (path) =>
      snippet.replace("\nlocation / {", `\nlocation ${path} {`).replace("http://127.0.0.1:8514;", `http://127.0.0.1:${server.http}/;`);
    const login = at("/login/").replace("#proxy_set_header Authorization", "proxy_set_header Authorization").replace("KEY", KEY);
    const short = `location /short/ { proxy_pass http://127.0.0.1:${server.http}/; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; }`;
    const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir}/tmp;`).join("\n");
    const file = join(dir, "nginx.conf");
    writeFileSync(
      file,
      `daemon off;\nmaster_process off;\nworker_processes 1;\npid ${dir}/nginx.pid;\nerror_log ${dir}/error.log notice;\n` +
        `events { worker_connections 64; }\nhttp {\naccess_log off;\n${temp}\n` +
        `server {\nlisten 127.0.0.1:${port};\n${at("/logs/")}\n${login}\n${short}\n}\n}\n`,
    );
    return file;
  }

  const ways = {
    "over a WebSocket": ["/logs/", () => {}, false],
    "over server-sent events": ["/logs/", refused, true],
    "through the least that anybody writes": ["/short/", () => {}, true],
  };
  for (const [way, [path, prepare, sse]] of Object.entries(ways)) {
    test(`the page loads, moves and filters ${way}`, async () => {
      const page = await open({ url: `http://${HOST}${path}` }, {}, prepare, chromium);
      const outside = [];
      page.on("request", (request) => {
        const { host, pathname } = new URL(request.url());
        if (host !== HOST || !pathname.startsWith(path)) outside.push(request.url());
      });
      // Tapline asks for the key in a page of its own.
      await page.locator("#password").fill(KEY);
      await page.keyboard.press("Enter");
      await live(page);
      page.complaints = page.complaints.filter((said) => !/status of 401/.test(said));
      assert.equal(/SSE/.test(await page.locator("[data-live]").innerText()), sse);
      await moves(page);
      await page.locator('[data-panel="paths"] [data-value="/calm"]').click();
      await until("only its client", async () => (await top(page, "clients")).join() === "203.0.113.77");
      await moves(page);
      assert.equal(page.url(), `http://${HOST}${path}?filter=path%3A%2Fcalm`);
      // what the server cannot read, it says on this way too
      await page.locator("#filter").fill("statsu:200");
      await page.keyboard.press("Enter");
      await page.locator("#problem").waitFor();
      page.complaints = page.complaints.filter((said) => !/status of 400/.test(said));
      // what is asked beside the feed goes through the path
      const second = Math.floor(Date.now() / 1000) - 2;
      await page.goto(`http://${HOST}${path}?at=${second}`);
      await page.locator('[data-live="past"]').waitFor();
      await until("the lists of that second", async () => (await top(page, "paths")).includes("/busy"));
      assert.deepEqual(outside, []);
      await behaved(page);
      await page.context().close();
    });
  }

  test("where nginx shows the key, nobody is asked for one", async () => {
    const page = await open({ url: `http://${HOST}/login/` }, {}, () => {}, chromium);
    await live(page);
    await moves(page);
    await behaved(page);
    await page.context().close();
  });

  test("without the key there is nothing to see", async () => {
    const context = await room(chromium);
    const page = await context.newPage();
    const answer = await page.goto(`http://${HOST}/logs/`).catch((error) => error);
    // a browser that is asked for a name and has none shows that, or an error page
    if (answer?.status) assert.equal(answer.status(), 401);
    else assert.match(String(answer), /ERR_INVALID_AUTH_CREDENTIALS/);
    await context.close();
  });
});

/** A port that nothing listens on. */
function free() {
  return new Promise((done) => {
    const holder = createServer().listen(0, "127.0.0.1", () => {
      const { port } = holder.address();
      holder.close(() => done(port));
    });
  });
}

function answers(port) {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), done(true)));
    socket.on("error", () => done(false));
  });
}
