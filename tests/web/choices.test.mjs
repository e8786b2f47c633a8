// What a person chooses and the page keeps: language, times, theme, a pause; and what it owns up to.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { close, one_browser, open, reads, skip, text, top, vital } from "./chromium.mjs";
import { line, Sender, Server, until } from "./server.mjs";

const TIMED = 40;
const UNREAD = 7;

one_browser();

let server, sender, stop;

before(async () => {
  if (skip) return;
  server = await Server.start();
  sender = new Sender(server.udp);
  const lines = [];
  for (let i = 0; i < TIMED; i++) lines.push(line({ path: "/slow", client: "203.0.113.7", tail: " 0.150 -" }));
  for (let i = 0; i < 60; i++) lines.push(line({ path: "/fast", client: "203.0.113.8", tail: " 0.002 -" }));
  for (let i = 0; i < UNREAD; i++) lines.push(`<187>Nov 22 10:00:00 web-1 nginx: no line ${i} that anything reads`);
  await sender.send(lines);
  await until("all are counted", async () => (await server.summary()).accounting.received === lines.length);
  stop = sender.stream(40, () => ({ path: "/now", client: "203.0.113.9", tail: " 0.020 -" }));
});

after(async () => {
  stop?.();
  sender?.close();
  await server?.stop();
});

const clock = (page) => page.locator("[data-live] time").innerText();
const choose = async (page, name) => {
  await page.locator("#menu-button").click();
  await page.locator(".menu").getByRole("button", { name, exact: true }).click();
  await page.keyboard.press("Escape");
};
const ready = (page) => until("the lists", async () => (await top(page, "paths")).length === 3);

test("the language is the browser's until one is chosen, and then kept", { skip }, async () => {
  const page = await open(server, { locale: "ko-KR" });
  await ready(page);
  assert.equal(await page.evaluate(() => document.documentElement.lang), "ko");
  await reads(page, "실시간");
  await choose(page, "English");
  await reads(page, "Live");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  // what is read out is said a little later than it is written
  await until("nothing stays in the other language", async () => !/[가-힣]/.test(await text(page)));
  await page.reload();
  await ready(page);
  await reads(page, "Live");
  await choose(page, "한국어");
  await reads(page, "실시간");
  // what strangers and formats are called stays as it is; no sentence does
  await until("no sentence is English", async () => !/\b(?:the|and|of|last|requests|from)\b/i.test(await text(page)));
  await close(page);
});

test("times are local or UTC, as chosen, and kept", { skip }, async () => {
  const page = await open(server, { timezoneId: "Asia/Seoul" });
  await ready(page);
  const hours = async () => Number((await clock(page)).slice(0, 2));
  const utc = () => new Date().getUTCHours();
  await until("Seoul's", async () => (await hours()) === (utc() + 9) % 24);
  await choose(page, "UTC");
  await until("UTC's", async () => (await hours()) === utc());
  await page.reload();
  await ready(page);
  await until("still", async () => (await hours()) === utc());
  await close(page);
});

test("the theme is the system's until one is chosen, and then kept", { skip }, async () => {
  const page = await open(server, { colorScheme: "light" });
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  await ready(page);
  assert.equal(await theme(), "light");
  await page.emulateMedia({ colorScheme: "dark" });
  await until("the system's", async () => (await theme()) === "dark");
  await choose(page, "Light");
  await until("the chosen one", async () => (await theme()) === "light");
  await page.reload();
  await ready(page);
  assert.equal(await theme(), "light");
  await close(page);
});

test("a pause holds numbers and lines still, says so, and ends with what came meanwhile", { skip }, async () => {
  const page = await open(server);
  await ready(page);
  await until("traffic", async () => (await vital(page, "requests")) > 0);
  await page.keyboard.press(" ");
  await reads(page, "Paused");
  const shown = () => page.evaluate(() => ["#vitals", '[data-panel="paths"] tbody', "#lines tbody"].map((part) => document.querySelector(part).innerText).join("\n"));
  const held = await shown();
  const { requests } = await server.summary();
  await until("two more seconds of traffic", async () => (await server.summary()).requests > requests + 80);
  assert.equal(await shown(), held);
  await page.keyboard.press(" ");
  await until("it goes on", async () => (await shown()) !== held);
  assert.doesNotMatch(await text(page), /Paused/);
  await close(page);
});

test("a click on a latency band means the requests of that band", { skip }, async () => {
  const page = await open(server);
  await ready(page);
  await page.locator('[data-panel="latency"] [data-value="0.1..0.2"]').click();
  // what is out of sight is drawn again once it can be seen
  await page.evaluate(() => scrollTo(0, 0));
  await until("only those", async () => (await top(page, "paths")).join() === "/slow");
  const terms = new URL(page.url()).searchParams.get("filter").split(" ");
  assert.deepEqual(terms.sort(), ["latency<0.2", "latency>=0.1"]);
  assert.equal((await server.summary("latency>=0.1 latency<0.2")).requests, TIMED);
  await close(page);
});

test("what was received is told whole: counted, and what could not be read", { skip }, async () => {
  const page = await open(server);
  await ready(page);
  const equation = async () => [...(await page.locator("#accounting .equation").innerText()).matchAll(/[\d,]+/g)].map(([n]) => Number(n.replace(/,/g, "")));
  await until("the unread are told", async () => (await equation())[2] === UNREAD);
  const [received, ...parts] = await equation();
  assert.equal(parts.reduce((a, b) => a + b, 0), received);
  assert.ok(received > TIMED + UNREAD);
  await close(page);
});

test("what was lost is in sight on a phone", { skip }, async () => {
  const page = await open(server, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  const told = page.locator("#accounting .loss:visible").first();
  await reads(page, "received");
  // Where nothing was lost the equation comes first.
  assert.equal(await page.locator("#accounting .narrow-only").count(), 0);
  assert.equal((await server.post(['{"never":"closed'])).rejected, 1);
  await until("the lost one is told", async () => /rejected 1\b/.test(await told.innerText()));
  const box = await told.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await close(page);
});

test("whatever has the focus can be seen to have it", { skip }, async () => {
  const page = await open(server);
  await ready(page);
  const unseen = [];
  const seen = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const told = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const shows = (el) => {
        const style = getComputedStyle(el);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
      };
      // a field's frame and a value's full text show it in their place
      const visible = shows(at) || [...at.querySelectorAll("*")].some(shows) || (at.closest(".filter") !== null && shows(at.closest(".filter")));
      return { name: `${at.tagName} ${at.className} ${at.getAttribute("aria-label") ?? at.textContent.slice(0, 30)}`, visible };
    });
    if (told === null) continue;
    seen.add(told.name);
    if (!told.visible) unseen.push(told.name);
  }
  assert.ok(seen.size > 20, `${seen.size} different things had the focus`);
  assert.deepEqual(unseen, []);
  await close(page);
});

test("where less motion is wished for, nothing moves by itself", { skip }, async () => {
  const page = await open(server, { reducedMotion: "reduce" });
  await ready(page);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  assert.deepEqual(await page.evaluate(() => document.getAnimations().map((a) => a.animationName ?? a.transitionProperty)), []);
  await close(page);
});
