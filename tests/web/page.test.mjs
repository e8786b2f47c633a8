// A real Chromium looks at a real Tapline: the page moves with the traffic, survives a restart and
// shows a stranger's text as text.

import assert from "node:assert/strict";
import { get } from "node:http";
import { join } from "node:path";
import { test } from "node:test";

import { behaved, close, one_browser, open, reads, skip, text, top, vital, with_server } from "./chromium.mjs";
import { artifacts, line, Server, Sender, until } from "./server.mjs";

const HOSTILE = "<img src=x onerror=window.__pwned=1>";

one_browser();

/** Lines enough for the set-up page to give way to the dashboard. */
const enough = (more = {}) => Array.from({ length: 12 }, () => line(more));

test("an empty server shows the lines to paste, and then how the first line was understood", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    await reads(page, "access_log");
    await reads(page, `127.0.0.1:${server.udp}`);
    await sender.send([line({ path: "/first-light", status: 201 })]);
    await reads(page, "First line received");
    await reads(page, /combined/);
    await reads(page, "/first-light");
    await reads(page, "201");
    await sender.send(enough());
    await until("the dashboard opens by itself", () => page.locator('[data-panel="paths"]').isVisible());
    await behaved(page);
    await page.context().close();
  }));

test("requests a second and the top path follow the traffic", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    let stop = sender.stream(200, (i) => ({ path: i % 4 ? "/busy" : "/calm", client: `203.0.113.${i % 50}` }));
    await until("the busier path stands first", async () => (await top(page, "paths"))[0] === "/busy");
    await until("the calmer one second", async () => (await top(page, "paths"))[1] === "/calm");
    await until("about 200 requests a second", async () => {
      const rate = await vital(page, "requests");
      return rate > 150 && rate < 250;
    });
    assert.equal(await vital(page, "s5xx"), 0);
    stop();
    stop = sender.stream(1000, () => ({ path: "/rush", status: 503 }));
    await until("another path has taken the lead", async () => (await top(page, "paths"))[0] === "/rush");
    await until("the rate has risen", async () => (await vital(page, "requests")) > 600);
    await until("most are 5xx", async () => (await vital(page, "s5xx")) > 60);
    stop();
    await behaved(page);
    await page.context().close();
  }));

test("the tail shows single lines as they come", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    await sender.send(enough({ path: "/before" }));
    const rows = page.locator("#lines tr.row");
    await until("the first rows", async () => (await rows.count()) > 0);
    for (const n of [1, 2, 3]) {
      await sender.send([line({ path: `/follow/${n}`, client: `198.51.100.${n}`, status: 404 })]);
      await until(`row ${n} on top`, async () => {
        const newest = await rows.first().innerText();
        return newest.includes(`/follow/${n}`) && newest.includes(`198.51.100.${n}`) && newest.includes("404");
      });
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
    await until("both clients are listed", async () => (await top(page, "clients")).length === 2);
    await page.locator('[data-panel="paths"] [data-value="/wanted"]').click();
    await until("only one client is left", async () => {
      const [paths, clients] = [await top(page, "paths"), await top(page, "clients")];
      return paths.join() === "/wanted" && clients.join() === "203.0.113.1";
    });
    assert.equal(new URL(page.url()).searchParams.get("filter"), "path:/wanted");
    // it goes on, filtered
    const before = (await server.summary("path:/wanted")).requests;
    await until("more of them", async () => (await server.summary("path:/wanted")).requests > before + 100);
    assert.deepEqual(await top(page, "clients"), ["203.0.113.1"]);
    assert.equal(await vital(page, "s5xx"), 0);
    // the address alone gives the same view
    const again = await open({ url: page.url() });
    await until("the same view", async () => (await top(again, "clients")).join() === "203.0.113.1");
    // a second click takes it away
    await page.locator('[data-panel="paths"] [data-value="/wanted"]').click();
    await until("all again", async () => (await top(page, "clients")).length === 2);
    assert.equal(new URL(page.url()).searchParams.get("filter"), null);
    stop();
    await behaved(page);
    await page.context().close();
    await again.context().close();
  }));

test("opened lines leave the traffic in sight, follow it, and hold still under the pointer", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    const stop = sender.stream(200, (i) => ({ path: `/n/${i}` }));
    await until("traffic", async () => (await vital(page, "requests")) > 0);
    await page.keyboard.press("t");
    const rows = page.locator("#lines tr.row");
    const newest = () => rows.first().innerText();
    await until("the list is open", async () => (await rows.count()) > 5);
    const chart = await page.locator('[data-lane="requests"]').boundingBox();
    const list = await page.locator("#lines").boundingBox();
    assert.ok(chart.height > 0 && chart.y + chart.height < list.y, "requests stand above the list");
    const fits = Math.ceil(list.height / 22);
    assert.ok((await rows.count()) <= fits + 1, `${await rows.count()} rows drawn where ${fits} fit`);
    let before = await newest();
    await until("it follows", async () => (await newest()) !== before);
    await page.mouse.move(list.x + 300, list.y + 200);
    await reads(page, "Held under the pointer");
    before = await newest();
    const requests = (await server.summary()).requests;
    await until("two more seconds of traffic", async () => (await server.summary()).requests > requests + 400);
    assert.equal(await newest(), before);
    await page.mouse.wheel(0, 400);
    await reads(page, "Held because you scrolled");
    await page.mouse.move(list.x + 300, 20);
    await page.locator("#lines .newer").click();
    await until("it follows again", async () => (await newest()) !== before);
    await page.keyboard.press("Escape");
    await until("the lists are back", () => page.locator('[data-panel="clients"]').isVisible());
    stop();
    await behaved(page);
    await page.context().close();
  }));

test("a filter that can't be read shows the page all the same, and one without matches its way out", { skip }, () =>
  with_server(async (server, sender) => {
    const stop = sender.stream(50, (i) => ({ path: i % 2 ? "/odd" : "/even" }));
    await until("requests", async () => (await server.summary()).requests > 50);
    const page = await open({ url: `${server.url}?filter=statsu:200` });
    await reads(page, /statsu/);
    await until("everything is shown", async () => (await vital(page, "requests")) > 0);
    assert.equal(await page.locator("#filter").inputValue(), "statsu:200");
    await page.goto(`${server.url}?filter=${encodeURIComponent("path:/nowhere status:200")}`);
    await reads(page, /Remove path:\/nowhere to see \d/);
    await page.getByRole("button", { name: /Remove path:\/nowhere to see/ }).click();
    await until("the others are shown", async () => (await top(page, "paths")).length === 2);
    assert.equal(new URL(page.url()).searchParams.get("filter"), "status:200");
    stop();
    await behaved(page);
    await page.context().close();
  }));

/** Browsers by what they make of a compressed message: what its page gets at first, and in the end. */
const INFLATES = [
  ["comes compressed", () => {}, "packed", "packed"],
  [
    "is text in a browser that inflates nothing",
    () => {
      delete window.DecompressionStream;
    },
    "text",
    "text",
  ],
  [
    "becomes text where it can't be read",
    () => {
      window.DecompressionStream = class extends TransformStream {
        constructor() {
          super({ transform: (_, controller) => controller.error(new TypeError("no deflate")) });
        }
      };
    },
    "packed",
    "text",
  ],
];
for (const [name, browser, first, last] of INFLATES) {
  test(`the feed ${name}, and the page follows it`, { skip }, () =>
    with_server(async (server, sender) => {
      const long = [];
      const page = await open(server, {}, async (page) => {
        await page.addInitScript(browser);
        page.on("websocket", (socket) =>
          socket.on("framereceived", ({ payload }) => {
            if (typeof payload !== "string") long.push("packed");
            else if (/"type":"(snapshot|tick)"/.test(payload)) long.push("text");
          }),
        );
      });
      await until("a snapshot", () => long.length > 0);
      const stop = sender.stream(100, () => ({ path: "/busy" }));
      await until("the path", async () => (await top(page, "paths"))[0] === "/busy");
      await until("the rate", async () => (await vital(page, "requests")) > 50);
      await until("the newest line", async () => (await page.locator("#lines tr.row").count()) > 0);
      stop();
      assert.deepEqual([long[0], long.at(-1)], [first, last]);
      if (first === last) assert.ok(long.every((kind) => kind === first), long.join());
      await close(page);
    }));
}

test("a restarted server is found again without a reload", { skip }, async () => {
  let server = await Server.start();
  const { http, udp } = server;
  const page = await open(server);
  const sender = new Sender(udp);
  await sender.send(enough({ path: "/before-restart" }));
  await until("the list is there", async () => (await top(page, "paths")).includes("/before-restart"));
  await page.evaluate(() => (window.__same_page = true));
  await server.stop();
  await reads(page, "Not live");
  assert.equal(await page.locator(".page.stale").count(), 1, "a stopped server's numbers are dimmed at once");
  server = await Server.start({ http, udp });
  const stop = sender.stream(50, () => ({ path: "/after-restart" }));
  await until("the new server's paths", async () => (await top(page, "paths")).join() === "/after-restart");
  await until("it is live again", async () => !/not live|again in/i.test(await text(page)));
  await until("and goes on", async () => (await vital(page, "requests")) > 30);
  stop();
  assert.equal(await page.evaluate(() => window.__same_page), true);
  await behaved(page);
  await page.context().close();
  sender.close();
  await server.stop();
});

test("a stranger's text is shown as text", { skip }, () =>
  with_server(async (server, sender) => {
    const page = await open(server);
    const path = "/<script>window.__pwned=2</script>";
    const stop = sender.stream(20, () => ({
      agent: HOSTILE,
      path,
      referrer: "javascript:window.__pwned=3",
      client: "203.0.113.77",
      status: 500,
    }));
    await until("the path is listed", async () => (await top(page, "paths")).includes(path));
    await reads(page, path);
    // one line, opened, shows the agent whole
    await page.locator("#lines tr.row").first().click();
    await reads(page, HOSTILE);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
    stop();
    await behaved(page);
    await page.context().close();
  }));

/** Bytes of a file as it is sent in a coding, without unpacking it as `fetch` does. */
const sent = (url, coding) =>
  new Promise((done, failed) => {
    get(url, { headers: { "accept-encoding": coding } }, (answer) => {
      assert.equal(answer.statusCode, 200, url);
      let bytes = 0;
      answer.on("data", (part) => (bytes += part.length)).on("end", () => done(bytes)).on("error", failed);
    }).on("error", failed);
  });

for (const [locale, words, others] of [["en-GB", "english", "korean"], ["ko-KR", "korean", "english"]]) {
  test(`the first picture of the page comes fast, and it is small: ${locale}`, { skip }, () =>
    with_server(async (server, sender) => {
      await sender.send(enough());
      const page = await open(server, { locale });
      const paint = await until("first contentful paint", () =>
        page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime),
      );
      await until("the dashboard", () => page.locator("[data-panel]").count());
      const loaded = await page.evaluate(() =>
        performance
          .getEntriesByType("resource")
          .concat(performance.getEntriesByType("navigation"))
          .filter((entry) => !entry.name.includes("/api/"))
          .map((entry) => entry.name),
      );
      const [file, more] = loaded.filter((url) => url.includes(`/${words}-`));
      assert.ok(file && !more, "its words");
      const written = await (await fetch(file)).text();
      // One of each module of words, and one of the file that brings them together.
      for (const key of ["nothing_unusual", "suggest", "l_routes", "share_open", "last_hours", "skip"])
        assert.equal(written.match(new RegExp(`\\b${key}:`, "g"))?.length, 1, `${key} in one language`);
      assert.equal(loaded.filter((url) => url.includes(`/${others}-`)).length, 0, "no others");
      // Browsers take Brotli over HTTPS and from their own machine; elsewhere gzip is what comes.
      for (const coding of ["gzip", "br"]) {
        const sizes = await Promise.all(loaded.map((url) => sent(url, coding)));
        const bytes = sizes.reduce((sum, size) => sum + size, 0);
        console.log(`${locale}: first contentful paint ${Math.round(paint)} ms, ${bytes} bytes as ${coding}`);
        assert.ok(bytes > 50_000 && bytes < 120_000, `${bytes} bytes as ${coding}`);
      }
      await page.context().close();
    }));
}

test("a part whose style did not come is asked for again, and then has it", { skip }, () =>
  with_server(async (server, sender) => {
    await sender.send(enough());
    const page = await open(server);
    await until("the dashboard", () => page.locator("[data-panel]").count());
    let refused = 0;
    await page.route("**/*.css", (route) => {
      if (refused > 0) return route.continue();
      refused += 1;
      return route.abort("connectionrefused");
    });
    await page.keyboard.press("s");
    await until("the sources", () => page.locator(".source-table").count());
    await until("their style", () => page.locator(".source-table").evaluate((el) => getComputedStyle(el).minWidth === "1000px"));
    assert.equal(refused, 1);
    await behaved(page);
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
    await until("traffic", async () => (await vital(page, "requests")) > 0);
    const tabs = page.locator(".bottom-tabs button");
    assert.equal(await tabs.count(), 4);
    for (let i = 0; i < 4; i++) {
      await tabs.nth(i).click();
      const name = await tabs.nth(i).innerText();
      const { wide, shown } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        shown: window.innerWidth,
      }));
      assert.ok(wide <= shown && shown <= 360, `${name}: ${wide} px wide in ${shown}`);
    }
    stop();
    await behaved(page);
    await page.context().close();
  }));

test("what goes on at the side fades out there, and takes the focus to be scrolled by key", { skip }, () =>
  with_server(async (server, sender) => {
    await sender.send(Array.from({ length: 20 }, (_, i) => line({ path: `/${i}` })));
    const page = await open({ url: `${server.url}?view=sources` }, { viewport: { width: 768, height: 900 } });
    await page.locator(".source-table tbody .heard").waitFor();
    const rows = page.locator(":is(.foot, .sources) .scroll-x");
    const said = () => rows.evaluateAll((all) => all.map((x) => {
      const over = x.scrollWidth > x.clientWidth + 1;
      const fades = getComputedStyle(x).maskImage !== "none";
      return [over === fades, over === (x.tabIndex === 0), over].join();
    }));
    await until("wider ones say so", async () => (await said()).every((x) => x.startsWith("true,true")) && (await said()).filter((x) => x.endsWith("true")).length >= 2);
    const [table] = await rows.all();
    await table.evaluate((x) => x.scrollTo(x.scrollWidth, 0));
    await until("its end is in sight", () => table.evaluate((x) => x.hasAttribute("data-before") && !x.hasAttribute("data-after")));
    await page.setViewportSize({ width: 1440, height: 900 });
    await until("all of it fits", async () => (await said()).every((x) => x === "true,true,false"));
    await close(page);
  }));

test("on a phone what is newer covers nothing of the line that is read, and leads to now", { skip }, () =>
  with_server(async (server, sender) => {
    const stop = sender.stream(100, (i) => ({ path: `/n/${i}` }));
    const page = await open(server, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
    await until("traffic", async () => (await vital(page, "requests")) > 0);
    await page.locator(".bottom-tabs button").nth(2).tap();
    await page.locator("#lines tr.row").nth(1).tap();
    await page.locator("#lines .fields").waitFor();
    const newer = page.locator("#lines .newer");
    await newer.waitFor();
    assert.match(await newer.innerText(), /^\s*[\d,]+ newer\s*$/);
    assert.match(await newer.getAttribute("aria-label"), /^[\d,]+ newer lines\. Go to now$/);
    const [button, list] = await Promise.all([newer.boundingBox(), page.locator("#lines .dock-body").boundingBox()]);
    assert.ok(button.y + button.height <= list.y, `${JSON.stringify(button)} over ${JSON.stringify(list)}`);
    assert.ok(button.height >= 44, `${button.height} px high`);
    await newer.tap();
    await until("the list goes on", async () => (await page.locator("#lines .fields").count()) === 0);
    stop();
    await close(page);
  }));

/** Lines of a syslog sender of its own, as `line` writes them for `web-1`. */
const from = (host, text) => `<190>Nov 22 10:00:00 ${host} nginx: ${text}`;

test("a source's panel says what was recognised, when it changed, and proposes what reads the rest", { skip }, () =>
  with_server(async (server, sender) => {
    const json = (i) => from("web-1", `{"remote_addr":"203.0.113.${i}","status":200,"uri":"/new/${i}","request_time":0.012}`);
    const own = (i) => from("edge-1", `203.0.113.${i}|GET|/own/${i}?token=s3cret|${i % 5 ? 200 : 404}|0.0${10 + (i % 80)}|${HOSTILE}`);
    await sender.send(Array.from({ length: 60 }, (_, i) => line({ path: `/old/${i}` })));
    const page = await open(server);
    await until("the dashboard", () => page.locator('[data-panel="paths"]').isVisible());
    await sender.send(Array.from({ length: 30 }, (_, i) => own(i)));
    await sender.send(Array.from({ length: 3 }, (_, i) => from("edge-1", `worker ${i} started`)));
    await sender.send(Array.from({ length: 120 }, (_, i) => json(i)));
    // the notice, which knows more than its incident, and the way from it to the panel
    await reads(page, "Format changed: web-1/nginx");
    await reads(page, "web-1/nginx changed its format");
    await page.screenshot({ path: join(artifacts, "source-notice.png") });
    await page.getByRole("button", { name: "Look at it" }).click();
    // the log says it once, without a word that a sender wrote
    const told = server.said.split("\n").filter((x) => x.includes("format of a source's lines changed"));
    assert.equal(told.length, 1, server.said);
    assert.match(told[0], /old="combined" new="json"/);
    assert.ok(!told[0].includes("web-1"), told[0]);
    const panel = page.locator("#source");
    await until("the change, with a line before and the first after", async () => {
      const shown = await panel.innerText();
      return /combined gave way to json/.test(shown) && shown.includes("/old/0") && shown.includes("/new/0");
    });
    await until("what stays empty, and what would fill it", async () =>
      /No request time, so latency stays empty\. Add \$request_time/.test(await panel.innerText()),
    );
    await page.locator('tr:has-text("edge-1") .format').click();
    await until("a template", async () => /In tapline\.toml/.test(await panel.innerText()));
    const config = await panel.locator(".code code").innerText();
    assert.equal(
      config,
      "[formats]\nnginx = '$remote_addr|$request_method|$request_uri|$status|$request_time|$text1'",
    );
    const shown = await panel.innerText();
    assert.match(shown, /3 samples like messages of a program/);
    assert.ok(!shown.includes("s3cret"), shown);
    assert.ok(shown.includes(HOSTILE), "a stranger's text is text");
    await panel.getByRole("button", { name: "Copy", exact: true }).click();
    await until("it was copied", async () => /Copied/.test(await panel.locator(".code").innerText()));
    for (const colorScheme of ["light", "dark"])
      for (const [size, viewport] of [
        ["desktop", { width: 1280, height: 900 }],
        ["phone", { width: 360, height: 740 }],
      ])
        for (const locale of ["en-GB", "ko-KR"]) {
          const view = await open({ url: `${server.url}?view=sources` }, { colorScheme, viewport, locale });
          const at = `${colorScheme}-${size}-${locale.slice(0, 2)}`;
          for (const name of ["web-1", "edge-1"]) {
            await view.locator(`tr:has-text("${name}") .format`).click();
            await until(`${name} in full`, async () => (await view.locator("#source .sample").count()) > 1);
            await view.screenshot({ path: join(artifacts, `source-${name}-${at}.png`), fullPage: true });
          }
          const wide = await view.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= viewport.width, `${at}: ${wide} px wide`);
          await behaved(view);
          await view.context().close();
        }
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
      tail: ` ${((i * 37) % 900) / 1000} -`,
    }));
    // some seconds of traffic, so that the charts have something to draw
    await until("fifteen seconds of traffic", async () => (await server.summary()).requests > 3600);
    for (const colorScheme of ["light", "dark"])
      for (const [size, viewport] of [
        ["desktop", { width: 1440, height: 900 }],
        ["phone", { width: 360, height: 740 }],
      ])
        for (const locale of ["en-GB", "ko-KR"]) {
          const page = await open(server, { colorScheme, viewport, locale });
          await until("it is full", async () => (await vital(page, "requests")) > 0);
          const shot = (part = "") =>
            page.screenshot({
              path: join(artifacts, `page-${colorScheme}-${size}-${locale.slice(0, 2)}${part}.png`),
            });
          await shot();
          if (size === "phone") {
            for (const [i, part] of ["", "-where", "-lines", "-sources"].entries()) {
              if (i === 0) continue;
              await page.locator(".bottom-tabs button").nth(i).click();
              await shot(part);
            }
          } else if (locale === "en-GB") {
            await page.goto(`${server.url}?view=sources`);
            await reads(page, "127.0.0.1");
            await shot("-sources");
          }
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
