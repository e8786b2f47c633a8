// A real Chromium looks at a real Tapline: the page moves with the traffic, survives a restart and
// shows a stranger's text as text.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { artifacts, line, Sender, Server, until } from "./server.mjs";

const HOSTILE = "<img src=x onerror=window.__pwned=1>";
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(executablePath) && !process.env.CI && "left out: chromium not installed";

let browser;

before(async () => {
  if (skip) return console.error(skip);
  mkdirSync(artifacts, { recursive: true });
  browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

after(() => browser?.close());

/** A page that notes whatever a page must not do: dialogs, errors, refused sources. */
async function open(server, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    ...options,
  });
  const page = await context.newPage();
  page.complaints = [];
  page.on("dialog", (dialog) => {
    page.complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("pageerror", (error) => page.complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    // a server that is down is part of a test, not a fault of the page
    if (message.type() === "error" && !/WebSocket|ERR_CONNECTION|EventSource/.test(text)) {
      page.complaints.push(`console: ${text}`);
    }
  });
  await page.addInitScript(() => {
    window.__refused = [];
    document.addEventListener("securitypolicyviolation", (e) =>
      window.__refused.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`),
    );
  });
  await page.goto(server.url);
  return page;
}

async function behaved(page) {
  assert.deepEqual(await page.evaluate(() => window.__refused), [], "refused by the page's policy");
  assert.deepEqual(page.complaints, []);
  assert.equal(await page.evaluate(() => window.__pwned), undefined);
}

const text = (page) => page.evaluate(() => document.body.innerText);

/** Everything a person can read, in fields too. */
const reads = (page, what) =>
  until(`the page shows ${what}`, async () => {
    const shown = await text(page);
    return what instanceof RegExp ? what.test(shown) : shown.includes(what);
  });

async function with_server(run, options) {
  const server = await Server.start(options);
  const sender = new Sender(server.udp);
  try {
    await run(server, sender);
  } finally {
    sender.close();
    await server.stop();
  }
}

test("an empty server shows the lines to paste, and then how the first line was understood", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    await reads(page, "access_log");
    await reads(page, `127.0.0.1:${server.udp}`);
    await sender.send([line({ path: "/first-light", status: 201 })]);
    await reads(page, "/first-light");
    await reads(page, "201");
    await behaved(page);
    await page.context().close();
  }));

test("requests a second and the top path follow the traffic", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    let stop = sender.stream(200, (i) => ({ path: i % 4 ? "/busy" : "/calm", client: `203.0.113.${i % 50}` }));
    await reads(page, "/busy");
    await reads(page, "/calm");
    const order = async (first, second) => {
      const shown = await text(page);
      const at = [shown.indexOf(first), shown.indexOf(second)];
      return at[0] >= 0 && at[0] < at[1];
    };
    await until("the busier path stands first", () => order("/busy", "/calm"));
    stop();
    stop = sender.stream(1000, () => ({ path: "/rush", status: 503 }));
    await until("another path has taken the lead", () => order("/rush", "/busy"), 40_000);
    await until("the rate is shown", async () =>
      /\b(9\d\d|1[.,]?[0-2]\d\d|1\.\d ?k|1k)\b/i.test(await text(page)),
    );
    stop();
    await behaved(page);
    await page.context().close();
  }));

test("the tail shows single lines as they come", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    await sender.send([line({ path: "/before" })]);
    await reads(page, "/before");
    for (const n of [1, 2, 3]) {
      await sender.send([line({ path: `/follow/${n}`, client: `198.51.100.${n}`, status: 404 })]);
      await reads(page, `/follow/${n}`);
      await reads(page, `198.51.100.${n}`);
    }
    await behaved(page);
    await page.context().close();
  }));

test("a click on a value filters every panel, and the address says so", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    const stop = sender.stream(100, (i) =>
      i % 5
        ? { path: "/wanted", client: "203.0.113.1", status: 200 }
        : { path: "/unwanted", client: "203.0.113.2", status: 500 },
    );
    await reads(page, "/wanted");
    await reads(page, "203.0.113.2");
    await page.getByText("/wanted", { exact: true }).first().click();
    await reads(page, "path");
    await until("the other client is gone", async () => !(await text(page)).includes("203.0.113.2"));
    assert.match(decodeURIComponent(page.url()), /path:\/wanted/);
    // the address alone gives the same view
    const again = await open({ url: page.url() });
    await reads(again, "203.0.113.1");
    assert.ok(!(await text(again)).includes("203.0.113.2"));
    stop();
    await behaved(page);
    await page.context().close();
    await again.context().close();
  }));

test("a restarted server is found again without a reload", { skip }, async () => {
  let server = await Server.start();
  const { http, udp } = server;
  const page = await open(server);
  let sender = new Sender(udp);
  await sender.send([line({ path: "/before-restart" })]);
  await reads(page, "/before-restart");
  await page.evaluate(() => (window.__same_page = true));
  await server.stop();
  await reads(page, /not live|connecting|again in|stopped/i);
  server = await Server.start({ http, udp });
  const stop = sender.stream(20, () => ({ path: "/after-restart" }));
  await reads(page, "/after-restart");
  await until("it says it is live again", async () => !/not live/i.test(await text(page)));
  stop();
  assert.equal(await page.evaluate(() => window.__same_page), true);
  await behaved(page);
  await page.context().close();
  sender.close();
  await server.stop("SIGKILL");
});

test("a stranger's text is shown as text", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    const stop = sender.stream(20, () => ({
      agent: HOSTILE,
      path: "/<script>window.__pwned=2</script>",
      referrer: "javascript:window.__pwned=3",
      client: "203.0.113.77",
      status: 500,
    }));
    await reads(page, HOSTILE);
    await reads(page, "<script>window.__pwned=2</script>");
    assert.equal(await page.locator("img[src=x]").count(), 0);
    assert.equal(await page.locator("a[href^=javascript]").count(), 0);
    stop();
    await behaved(page);
    await page.context().close();
  }));

test("the first picture of the page comes fast, and it is small", { skip }, () =>
  with_server(async (server, sender) => {
    await sender.send([line()]);
    const page = await open(server);
    const paint = await until("first contentful paint", () =>
      page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime),
    );
    const bytes = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .concat(performance.getEntriesByType("navigation"))
        .reduce((sum, entry) => sum + (entry.encodedBodySize || 0), 0),
    );
    console.log(`first contentful paint ${Math.round(paint)} ms, ${bytes} bytes compressed`);
    assert.ok(bytes > 0 && bytes < 80_000, `${bytes} bytes`);
    await page.context().close();
  }));

test("a phone needs no sideways scrolling", { skip }, () =>
  with_server(async (server, sender) => {
    const stop = sender.stream(50, (i) => ({
      path: `/a/rather/long/path/that/goes/on/and/on/${i % 9}`,
      agent: i % 2 ? HOSTILE : "curl/8.11.0",
      client: i % 2 ? "2001:db8:1234:5678:9abc:def0:1234:5678" : "203.0.113.5",
    }));
    const page = await open(server, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
    await reads(page, "/a/rather/long");
    const { wide, window_width } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      window_width: window.innerWidth,
    }));
    assert.ok(wide <= window_width, `the page is ${wide} px wide in ${window_width}`);
    stop();
    await behaved(page);
    await page.context().close();
  }));

test("pictures of it in light and dark, desktop and phone, English and Korean", { skip }, () =>
  with_server(async (server, sender) => {
    const paths = ["/", "/cart", "/product/1842", "/product/77", "/search", "/login", "/api/v2/items", "/static/app.js"];
    const agents = [undefined, "curl/8.11.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", HOSTILE];
    const stop = sender.stream(240, (i) => ({
      path: paths[(i * i) % 7 === 0 ? i % paths.length : (i * 3) % 5],
      status: i % 61 === 0 ? 502 : i % 23 === 0 ? 404 : i % 17 === 0 ? 301 : 200,
      bytes: (i * 7919) % 40_000,
      client: `203.0.113.${(i * i) % 60}`,
      agent: agents[(i * 5) % 4],
      referrer: i % 3 ? "-" : "https://www.google.com/",
    }));
    const looks = [];
    for (const colorScheme of ["light", "dark"])
      for (const [size, viewport] of [
        ["desktop", { width: 1440, height: 900 }],
        ["phone", { width: 360, height: 740 }],
      ])
        for (const locale of ["en-GB", "ko-KR"]) looks.push({ colorScheme, size, viewport, locale });
    const first = await open(server);
    await reads(first, "/cart");
    // a few seconds of traffic, so that the charts have something to draw
    await until("ten seconds of traffic", async () => (await server.summary()).requests > 2400, 60_000);
    await first.context().close();
    for (const { colorScheme, size, viewport, locale } of looks) {
      const page = await open(server, { colorScheme, viewport, locale });
      await reads(page, "/cart");
      await page.screenshot({
        path: join(artifacts, `page-${colorScheme}-${size}-${locale.slice(0, 2)}.png`),
        fullPage: size === "phone",
      });
      await behaved(page);
      await page.context().close();
    }
    stop();
  }));

test("pictures of an empty server", { skip }, () =>
  with_server(async (server) => {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(server, { colorScheme });
      await reads(page, "access_log");
      await page.screenshot({ path: join(artifacts, `empty-${colorScheme}-desktop-en.png`) });
      await behaved(page);
      await page.context().close();
    }
  }));
