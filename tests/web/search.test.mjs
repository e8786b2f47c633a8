// Search, lines and keys in a real Chromium over a real Tapline: completion, the list that goes back in
// time, the other log's lines, and the ways a connection fails.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, room, skip } from "./chromium.mjs";
import { line, Sender, Server, until } from "./server.mjs";

/** More than a snapshot and a page of older lines hold, so that several pages are joined. */
const LINES = 750;

let browser, server, sender;

before(async () => {
  if (skip) return console.error(skip);
  browser = await launch();
  server = await Server.start();
  sender = new Sender(server.udp);
  const at = (i) => ({ path: `/n/${i}`, client: `203.0.113.${i % 7}`, status: i % 50 === 0 ? 502 : 200 });
  for (let i = 0; i < LINES; i += 50) {
    await sender.send(Array.from({ length: 50 }, (_, n) => line(at(i + n))));
    await until("they are counted", async () => (await server.summary()).requests === i + 50);
  }
  const time = new Date();
  const two = (n) => String(n).padStart(2, "0");
  const stamp = `${time.getUTCFullYear()}/${two(time.getUTCMonth() + 1)}/${two(time.getUTCDate())} ${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
  await sender.send([
    line({ path: "/checkout", client: "198.51.100.7", status: 502, time }),
    `<187>Nov 22 10:00:00 web-1 nginx: ${stamp} [error] 7#7: *1 upstream prematurely closed connection, client: 198.51.100.7, server: x, request: "GET /checkout HTTP/1.1", host: "x"`,
  ]);
  await until("the error line too", async () => (await server.summary()).errors === 1);
  // A page that was open in that second has a sample of its lines; one that comes later has all.
  await until("their second is over", () => Date.now() > time.getTime() + 2_000);
});

after(async () => {
  sender?.close();
  await server?.stop();
  await browser?.close();
});

async function open(run, { script, ...options } = {}) {
  const context = await room(browser, { viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/WebSocket|EventSource|ERR_CONNECTION/.test(message.text())) complaints.push(message.text());
  });
  if (script) await page.addInitScript(script);
  await page.goto(server.url);
  await page.locator('[data-panel="paths"] [data-value]').first().waitFor();
  await run(page);
  assert.deepEqual(complaints, []);
  await context.close();
}

const filter = (page) => new URL(page.url()).searchParams.get("filter");
const rows = (page) => page.locator("#lines tr.row");
const live = (page) => page.locator(".live").innerText();

test("a field and then its value are completed by keyboard, with counts, and an input method keeps its Enter", { skip }, () =>
  open(async (page) => {
    await page.keyboard.press("/");
    const field = page.locator("#filter");
    await until("the fields are offered", () => page.locator(".option.word").count());
    await field.pressSequentially("cli");
    await page.keyboard.press("Tab");
    assert.equal(await field.inputValue(), "client:");
    await field.pressSequentially("198");
    const option = page.locator(".option.value");
    await until("the one value that fits", async () => (await option.count()) === 1);
    assert.match(await option.innerText(), /198\.51\.100\.7\s+1/);
    assert.equal(await option.locator("mark").innerText(), "198");
    await page.keyboard.press("ArrowDown");
    assert.equal(await field.getAttribute("aria-activedescendant"), await option.getAttribute("id"));
    assert.equal(await option.getAttribute("aria-selected"), "true");
    await field.dispatchEvent("keydown", { key: "Enter", isComposing: true });
    assert.equal(filter(page), null);
    await page.keyboard.press("Enter");
    await until("it filters", () => filter(page) === "client:198.51.100.7");
    await until("x of y", async () => /^2 of 752 events$/.test(await page.locator("#matching").innerText()));
    await field.fill("statsu:500");
    await page.keyboard.press("Enter");
    await page.getByText("did you mean status?").waitFor();
    assert.match(await page.locator("#problem").innerText(), /Still shown: client:198\.51\.100\.7/);
    assert.equal(filter(page), "client:198.51.100.7");
    assert.equal(await field.inputValue(), "statsu:500");
  }));

test("keys filter by the focused value and exclude it, with Hangul switched on too, and can be switched off", { skip }, () =>
  open(async (page) => {
    const value = page.locator('[data-panel="clients"] [data-value="203.0.113.1"]');
    await value.focus();
    await page.keyboard.press("f");
    await until("only it", () => filter(page) === "client:203.0.113.1");
    await value.focus();
    await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "ㅌ", code: "KeyX", bubbles: true })));
    await until("all but it", () => filter(page) === "-client:203.0.113.1");
    await page.keyboard.press("Escape");
    await until("nothing", () => filter(page) === null);
    await page.keyboard.press("?");
    await page.locator(".help input[type=checkbox]").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    assert.equal(await page.locator(".dock.open").count(), 0);
  }));

test("the list goes back in time to the first line, without gap or double, and draws only what is in sight", { skip }, () =>
  open(async (page) => {
    await page.keyboard.press("t");
    await page.locator("#lines tr.row").first().waitFor();
    await page.keyboard.press("j");
    const list = page.locator(".tail");
    const end = async () => {
      await page.keyboard.press("End");
      return (await list.getAttribute("aria-rowcount")) === String(LINES + 2 + 1);
    };
    await until("all lines are listed", end);
    await page.getByText(/Nothing older: kept since/).waitFor();
    const seen = new Map();
    const most = await page.evaluate(() => Math.ceil(document.querySelector(".dock-body").clientHeight / 22));
    // What is drawn and where the focus is, of one moment. Between the row that goes out of the page
    // and the one that comes, none has the focus.
    const look = () =>
      page.evaluate(() => ({
        at: document.activeElement.matches("tr.row") ? Number(document.activeElement.ariaRowIndex) : null,
        drawn: [...document.querySelectorAll("#lines tr.row")].map((r) => [Number(r.ariaRowIndex), r.querySelector(".path").title]),
      }));
    const last = Number(await list.getAttribute("aria-rowcount"));
    await until("the first row has the focus", async () => {
      await page.keyboard.press("Home");
      return (await look()).at === 2;
    });
    const walk = [];
    for (let before = 0; before < last; ) {
      const { at, drawn } = await until(`the focus is on a row after ${before}`, async () => {
        const now = await look();
        return now.at !== null && now.at > before && now;
      });
      assert.ok(drawn.length <= most + 20, `${drawn.length} rows for ${most} in sight`);
      for (const [index, path] of drawn) seen.set(index, path);
      walk.push(`${at} of ${drawn[0][0]}-${drawn.at(-1)[0]}`);
      before = at;
      await page.keyboard.press("PageDown");
    }
    assert.equal(seen.size, last - 1, `a row that was never drawn: ${walk.join(", ")}`);
    const paths = [...seen.values()].filter((p) => p.startsWith("/n/"));
    assert.equal(paths.length, LINES);
    assert.equal(new Set(paths).size, LINES);
    await page.locator(".dock .tabs button", { hasText: "Errors" }).click();
    await until("errors of both logs", async () => (await list.getAttribute("aria-rowcount")) === String(LINES / 50 + 2 + 1));
  }));

test("an opened line shows the other log's line of the same second and client, both ways", { skip }, () =>
  open(async (page) => {
    await page.keyboard.press("t");
    await page.locator("#lines tr.row", { hasText: "/checkout" }).first().click();
    await page.getByText("Error log, same second and client").waitFor();
    assert.match(await page.locator(".related").innerText(), /\[error\] upstream prematurely closed/);
    assert.match(await page.locator(".fields").innerText(), /502\s*Bad Gateway/);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".fields").count(), 0, "Escape closes the line first");
    assert.equal(await page.locator(".dock.open").count(), 1);
    await page.locator("#lines tr.row", { hasText: "upstream prematurely" }).click();
    await page.getByText("Requests, same second and client").waitFor();
    assert.match(await page.locator(".related").innerText(), /502 GET \/checkout/);
    await page.getByRole("button", { name: "Same second" }).click();
    await until("the page is at that second", () => new URL(page.url()).searchParams.has("at"));
  }));

const BLOCKED = () => {
  window.WebSocket = class {
    constructor() {
      throw new Error("blocked");
    }
  };
};
const SWALLOWED = () => {
  window.WebSocket = class {
    readyState = 0;
    close() {}
  };
};

for (const [name, script] of [["blocked", BLOCKED], ["swallowed by a proxy", SWALLOWED]])
  test(`with WebSockets ${name} the page is live over server-sent events, and filters`, { skip }, () =>
    open(
      async (page) => {
        await until("it says so", async () => /Live, SSE/.test(await live(page)));
        await page.locator('[data-panel="clients"] [data-value="203.0.113.1"]').click();
        await until("lines of that client alone", async () => {
          const shown = await rows(page).allInnerTexts();
          return shown.length > 0 && shown.every((text) => text.includes("203.0.113.1"));
        });
        assert.equal(filter(page), "client:203.0.113.1");
      },
      { script },
    ));

test("a socket that keeps quiet makes the page stale, and it is not live again before data came", { skip }, () =>
  open(
    async (page) => {
      await until("live", async () => /Live/.test(await live(page)));
      await page.evaluate(() => (window.__mute = true));
      await until("stale", () => page.locator(".page.stale").count());
      assert.ok(!/Live/.test(await live(page)));
      await until("connected anew, still mute", () => page.evaluate(() => window.__sockets > 1));
      assert.equal(await page.locator(".page.stale").count(), 1);
      await page.evaluate(() => (window.__mute = false));
      await until("live again", async () => (await page.locator(".page.stale").count()) === 0 && /Live/.test(await live(page)));
    },
    {
      script: () => {
        window.__sockets = 0;
        window.__mute = false;
        const Real = window.WebSocket;
        window.WebSocket = class extends Real {
          constructor(url) {
            super(url);
            window.__sockets++;
          }
          set onmessage(f) {
            super.onmessage = f && ((e) => window.__mute || f(e));
          }
        };
      },
    },
  ));

test("of a flood a sample is shown and said, every error is in it, and what is newer is counted", { skip }, () =>
  open(async (page) => {
    const stop = sender.stream(800, (i) => ({ path: `/flood/${i}`, status: i % 200 === 0 ? 503 : 200 }));
    await page.keyboard.press("t");
    await until("a ratio", async () => /showing 1 of \d+, every error kept/.test(await page.locator("[data-showing]").innerText()));
    await rows(page).nth(3).click();
    await until("newer lines and errors", async () => /^[\d,]{3,} newer lines, \d+ errors?\. Go to now$/.test(await page.locator(".newer").innerText()));
    const held = await rows(page).first().getAttribute("data-id");
    const before = (await server.summary()).requests;
    await until("more came", async () => (await server.summary()).requests > before + 1500);
    assert.equal(await rows(page).first().getAttribute("data-id"), held, "nothing moved");
    await page.locator(".newer").click();
    await until("it goes on", async () => (await rows(page).first().getAttribute("data-id")) !== held);
    stop();
  }));

test("where there is no place for another filter the page says so, and goes on with the one it has", { skip }, async () => {
  const full = await Server.start({ config: "[feed]\nmax_views = 1\n" });
  const to = new Sender(full.udp);
  const context = await room(browser, { viewport: { width: 1440, height: 900 } });
  try {
    await to.send(Array.from({ length: 20 }, (_, i) => line({ path: `/n/${i % 2}` })));
    await until("they are counted", async () => (await full.summary()).requests === 20);
    const page = await context.newPage();
    let asked = 0;
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => (asked += /subscribe/.test(payload) ? 1 : 0)));
    await page.goto(full.url);
    await page.locator('[data-panel="paths"] [data-value="/n/1"]').click();
    await page.getByText("all places for distinct filters and windows are taken").waitFor();
    assert.equal(filter(page), null, "nothing is waited for");
    // a page that has nothing to show yet asks again, and not in a hurry
    const second = await context.newPage();
    let hasty = 0;
    second.on("websocket", (socket) => socket.on("framesent", ({ payload }) => (hasty += /subscribe/.test(payload) ? 1 : 0)));
    await second.goto(`${full.url}?window=60`);
    await until("it asked more than once", () => hasty > 1);
    await page.locator('[data-panel="paths"] [data-value="/n/0"]').click();
    await page.locator('[data-panel="paths"] [data-value="/n/0"]').click();
    assert.ok(hasty < 20 && asked < 20, `${hasty} and ${asked} subscriptions`);
    await page.close();
    await until("its place is free", () => second.locator('[data-panel="paths"] [data-value="/n/0"]').count());
  } finally {
    await context.close();
    to.close();
    await full.stop();
  }
});
