// What is unusual, in a real Chromium over a real Tapline: traffic goes on as usual until one path fails.
// The verdict says so, the drawer says why, a click filters, a mute silences, the list keeps it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { behaved, close, one_browser, open, reads, skip } from "./chromium.mjs";
import { Sender, Server, until } from "./server.mjs";

/** How long a burst may take to be told, and to be over: the detectors gather evidence first. */
const PATIENCE = 120_000;
/** What fails is named by a stranger. */
const FAILING = "/checkout/<img/src=x/onerror=window.__pwned=1>";
const PATHS = ["/", "/cart", "/product/1", "/search", "/login"];

one_browser();

let server, sender, stop, failing, incident, watcher;
/** Another, on which it is not one path that fails. */
const spread = {};

/** One path of all; `failing` makes it fail. */
function make(i) {
  if (i % 3 === 0) return { path: FAILING, status: failing ? 503 : 200, client: `203.0.113.${i % 40}` };
  return { path: PATHS[i % PATHS.length], client: `203.0.113.${i % 40}` };
}

/** Forms that are sent to any of the paths; `failing` makes all of them fail. */
function form(i) {
  const sent = i % 3 === 0 && { method: "POST", status: failing ? 503 : 200 };
  return { path: PATHS[i % PATHS.length], client: `203.0.113.${i % 40}`, ...sent };
}

before(async () => {
  if (skip) return;
  spread.server = await Server.start();
  spread.sender = new Sender(spread.server.udp);
  spread.sender.stream(60, form);
  server = await Server.start();
  sender = new Sender(server.udp);
  stop = sender.stream(60, make);
  await until("it goes on as usual", async () => (await server.summary()).requests > 900, PATIENCE);
  // It was opened before anything failed, wants notices, and nobody looks at it.
  watcher = await look("", {}, (page) => page.addInitScript(noticing, "granted"));
  await watcher.evaluate(() => localStorage.setItem("tapline.notices", "on"));
  await watcher.reload();
  await watcher.locator('[data-panel="paths"] [data-value]').first().waitFor();
  failing = true;
  incident = await until(
    "the burst is told",
    async () => (await server.ask("anomalies", { state: "open" })).anomalies.find((a) => a.kind === "errors_5xx" && a.explain.length > 0),
    PATIENCE,
  );
});

after(async () => {
  spread.sender?.close();
  await spread.server?.stop();
  stop?.();
  sender?.close();
  await server?.stop();
});

/** Stands in for the browser's notices, which no test can see. */
function noticing(permission) {
  window.__notices = [];
  window.__asked = 0;
  window.Notification = class Fake {
    static permission = permission;
    static async requestPermission() {
      window.__asked++;
      return (Fake.permission = "granted");
    }
    constructor(title, options) {
      window.__notices.push(Object.assign(this, { title, options, closed: false }));
    }
    close() {
      this.closed = true;
    }
  };
  Document.prototype.hasFocus = () => false;
}

// what folds in and out stands where it stays
const look = (query = "", options = {}, prepare) => open({ url: server.url + query }, { reducedMotion: "reduce", ...options }, prepare);
const drawer = (page) => page.locator("#drawer");
const why = (page) => page.locator("#verdict [data-why]");
const root = async () => (await server.ask(`anomalies/${incident.incident}`));

test("the verdict says what is unusual, how much and since when; a listener is told once", { skip }, async () => {
  const page = await look();
  await page.locator("#verdict.open").waitFor();
  assert.match(await page.locator("#verdict h2").innerText(), /5xx/);
  assert.match(await page.locator("#verdict p").innerText(), /\d\/s.*Since \d\d:\d\d:\d\d/);
  const said = page.locator("#announcer");
  await until("it is told", async () => /Unusual: .*5xx/.test(await said.textContent()));
  // its numbers go on and what is told does not
  const told = await said.textContent();
  const fact = await page.locator("#verdict p").innerText();
  await until("the numbers go on", async () => (await page.locator("#verdict p").innerText()) !== fact);
  assert.equal(await said.textContent(), told);
  await close(page);
});

test("the drawer takes the side column, and says what changed: the failing path first; a click filters by it", { skip }, async () => {
  const page = await look();
  await why(page).waitFor();
  const column = await page.locator(".where").boundingBox();
  await page.keyboard.press("y");
  await drawer(page).waitFor();
  const box = await drawer(page).boundingBox();
  assert.ok(Math.abs(box.x - column.x) <= 1 && box.x + box.width >= 1439, `${JSON.stringify(box)} in the place of ${JSON.stringify(column)}`);
  await until("the focus is on its head", () => page.evaluate(() => document.activeElement.id === "drawer-title"));
  const first = drawer(page).locator(".causes [data-value]").first();
  await first.waitFor();
  assert.equal(await first.getAttribute("data-value"), FAILING);
  await first.click();
  await until("filtered by it", () => decodeURIComponent(new URL(page.url()).searchParams.get("filter") ?? "").includes("/checkout"));
  await drawer(page).locator('[data-act="filter"]').click();
  await until("filtered to its rows", () => (new URL(page.url()).searchParams.get("filter") ?? "").includes("status:5xx"));
  await until("and it can be taken back", async () => (await drawer(page).locator('[data-act="filter"]').innerText()).includes("Remove"));
  await page.keyboard.press("Escape");
  await drawer(page).waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).searchParams.has("anomaly"), false);
  await close(page);
});

test("the verdict names what accounts for most of it; a click filters by it", { skip }, async () => {
  const page = await open({ url: spread.server.url });
  const cause = page.locator("#verdict .first-cause");
  await cause.waitFor({ timeout: PATIENCE });
  assert.match(await cause.innerText(), /^, POST \(\d+% of it\)$/);
  await cause.locator("a").click();
  await until("filtered by it", () => new URL(page.url()).searchParams.get("filter") === "method:POST");
  await close(page);
});

test("on the wall it is read as large as the rest of the verdict, and nothing of it is to be clicked", { skip }, async () => {
  const page = await open({ url: `${spread.server.url}?wall` }, { viewport: { width: 1920, height: 1080 } });
  await page.locator("#verdict .first-cause").waitFor({ timeout: PATIENCE });
  const seen = await page.locator("#verdict").evaluate((el) => {
    const all = [...el.querySelectorAll("*")].filter((it) => it.getClientRects().length > 0 && !it.closest(".hidden"));
    const texts = all.filter((it) => [...it.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()));
    return { smallest: Math.min(...texts.map((it) => Number.parseFloat(getComputedStyle(it).fontSize))), controls: all.filter((it) => it.matches("a, button, [tabindex]")).length };
  });
  assert.deepEqual([seen.smallest >= 18, seen.controls], [true, 0], JSON.stringify(seen));
  await close(page);
});

test("what the error log says comes late, and moves nothing of what is read", { skip }, async () => {
  let answer;
  const asked = new Promise((done) => (answer = done));
  const page = await look("", {}, (page) =>
    page.route(/summary.*errors(:|%3A)requests/, async (route) => {
      if (/requests(:|%3A)3/.test(route.request().url())) await asked;
      const answer = await route.fetch();
      const sum = await answer.json();
      sum.top.errors = [{ value: "connect() failed <*>", requests: 7 }];
      await route.fulfill({ response: answer, json: sum });
    }),
  );
  // the page knows by now which lists have something
  await page.locator('[data-panel="errors"]').waitFor();

  await why(page).click();
  await drawer(page).locator(".why-samples").waitFor();
  const heads = () => drawer(page).locator(":is(h3, .why-samples, .why-acts)").evaluateAll((all) => all.map((el) => el.offsetTop));
  await drawer(page).getByText("Asking for it…").waitFor();
  const before = await heads();
  answer();
  await drawer(page).getByText("connect() failed").waitFor();
  assert.deepEqual(await heads(), before);
  // The list beside it has another count of another time.
  assert.match(await drawer(page).locator("h3", { hasText: /error log/i }).innerText(), /^(New in the e|E)rror log in (its first )?\d+ (s|min)/);
  await close(page);
});

test("closing gives the focus back to what opened it", { skip }, async () => {
  const page = await look();
  await why(page).focus();
  await page.keyboard.press("Enter");
  await until("the focus is on its head", () => page.evaluate(() => document.activeElement.id === "drawer-title"));
  await page.keyboard.press("Escape");
  await until("the focus is back", () => page.evaluate(() => document.activeElement.dataset.why !== undefined));
  await close(page);
});

test("marks name it and open it, and the charts as a table list it", { skip }, async () => {
  const page = await look();
  const mark = page.locator(`.marks [data-anomaly="${incident.incident}"]`);
  await mark.waitFor();
  assert.match(await mark.getAttribute("aria-label"), /5xx.*since \d\d:\d\d:\d\d\. Opens why/);
  await mark.focus();
  await page.keyboard.press("Enter");
  await drawer(page).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".whole-plot .unusual-point").first().click();
  await drawer(page).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".table-button").click();
  await page.locator(".unusual-cell button").first().click();
  await drawer(page).waitFor();
  await close(page);
});

test("its time is a ground in the lanes it is of, and not in all; over the opened lines a band", { skip }, async () => {
  const page = await look();
  const lit = () =>
    page.evaluate(() => {
      const lanes = [...document.querySelectorAll("[data-lane]")].map((el) => [`${el.offsetTop} ${el.offsetHeight}`, el.dataset.lane]);
      const named = new Map(lanes);
      return [...document.querySelectorAll("g.unusual rect:not(.band)")].map((el) => named.get(`${el.getAttribute("y")} ${el.getAttribute("height")}`) ?? "no lane");
    });
  await until("the errors have it", async () => (await lit()).includes("errors"));
  const lanes = await lit();
  assert.ok(!lanes.includes("no lane") && !lanes.includes("events"), `${lanes}`);
  assert.ok(new Set(lanes).size < 5, `${lanes}`);
  assert.equal(await page.locator("g.unusual .band").count(), 0, "the events lane has its bar");
  await page.keyboard.press("t");
  await page.locator("g.unusual .band").first().waitFor();
  const over = () => {
    const grid = [...document.querySelectorAll(".back .grid")].at(-1);
    return (document.querySelector("g.unusual .band").compareDocumentPosition(grid) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
  };
  assert.ok(await page.evaluate(over), "no line of the grid is drawn over it");
  await close(page);
});

test("a link shows it, and the page goes to its start", { skip }, async () => {
  const page = await look(`?anomaly=${encodeURIComponent(incident.incident)}`);
  await drawer(page).locator(".causes").waitFor();
  await drawer(page).locator('[data-act="start"]').click();
  const start = Math.floor(Date.parse((await root()).start) / 1000);
  await until("it is the past", () => new URL(page.url()).searchParams.get("at") === String(start));
  await page.locator("#verdict.past .open-then").waitFor();
  assert.match(await page.locator("#verdict .open-then").innerText(), /5xx/);
  assert.ok(await drawer(page).isVisible(), "the drawer stays");
  await page.keyboard.press("{");
  const at = () => Number(new URL(page.url()).searchParams.get("at"));
  await until("a minute earlier", () => at() < start);
  await drawer(page).locator(".why-samples button").first().click();
  await until("a line shows its second", () => at() >= start);
  await close(page);
});

test("a page in the background gives notice, silently, and takes it away once it is muted", { skip }, async () => {
  const shown = () => watcher.evaluate(() => window.__notices.filter((n) => !n.closed).map((n) => [n.title, n.options.silent]));
  await until("notice was given", async () => (await shown()).length === 1);
  const [[title, silent]] = await shown();
  assert.match(title, /Unusual: 5xx/);
  assert.equal(silent, true);
  const muted = await fetch(`${server.url}api/v1/mutes`, { method: "POST", headers: { "content-type": "application/json" }, body: '{"kind":"errors_5xx"}' });
  assert.equal(muted.status, 201);
  await until("it is taken away", async () => (await shown()).length === 0);
  await fetch(`${server.url}api/v1/mutes/${(await muted.json()).id}`, { method: "DELETE" });
  await until("unmuted", async () => !(await root()).muted);
  await close(watcher);
});

test("a mute silences it everywhere, is listed, and is taken back", { skip }, async () => {
  const page = await look();
  await page.keyboard.press("a");
  await drawer(page).locator(`[data-anomaly="${incident.incident}"]`).click();
  await drawer(page).locator('[data-act="mute"]').click();
  await page.getByRole("menu").getByText("For 8 hours", { exact: true }).click();
  await until("muted at the server", async () => (await server.ask("mutes")).mutes.length === 1);
  await drawer(page).locator('[data-act="unmute"]').waitFor();
  await until("the verdict says it no more", async () => !(await page.locator("#verdict h2").innerText()).startsWith("5xx"));
  await page.keyboard.press("a");
  await drawer(page).locator(".mute-rows li").waitFor();
  assert.match(await drawer(page).locator(`[data-anomaly="${incident.incident}"]`).innerText(), /Muted/);
  await drawer(page).locator(".mute-rows button").click();
  await until("unmuted at the server", async () => (await server.ask("mutes")).mutes.length === 0);
  await until("the verdict says it again", async () => /5xx/.test(await page.locator("#verdict h2").innerText()));
  await close(page);
});

test("why, or why not: each detector says what it saw in the shown second", { skip }, async () => {
  const page = await look();
  await why(page).waitFor();
  await page.keyboard.press("a");
  await drawer(page).locator('[data-act="why-second"]').click();
  await drawer(page).locator(".seen-rows li").first().waitFor();
  assert.match(await drawer(page).locator("h2").innerText(), /now/);
  await page.keyboard.press("[");
  await until("of the shown second", async () => (await drawer(page).locator(".seen-rows").getAttribute("data-at")) === new URL(page.url()).searchParams.get("at"));
  assert.match(await drawer(page).locator("h2").innerText(), /at \d\d:\d\d:\d\d/);
  assert.match(await drawer(page).locator(".seen-rows li").first().innerText(), /Evidence\s+[\d.,<]+ of [\d.]+/);
  await close(page);
});

test("a notice of the browser is asked for on a press alone", { skip }, async () => {
  const page = await look("", {}, (page) => page.addInitScript(noticing, "default"));
  await why(page).waitFor();
  assert.equal(await page.evaluate(() => window.__asked), 0);
  await page.keyboard.press("a");
  await drawer(page).locator(".notices button").click();
  await until("asked once", () => page.evaluate(() => window.__asked === 1));
  assert.equal(await page.evaluate(() => window.__notices.length), 0, "what was there before is no news");
  await page.locator('.notices button[aria-pressed="true"]').waitFor();
  await close(page);
});

test("on a phone the drawer is a sheet over all of it, and the page is no wider than the screen", { skip }, async () => {
  const page = await look("", { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, locale: "ko-KR" });
  await why(page).tap();
  await drawer(page).waitFor();
  const box = await drawer(page).boundingBox();
  assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, 360, 740]);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await drawer(page).getByRole("button", { name: "닫기" }).tap();
  await drawer(page).waitFor({ state: "detached" });
  await close(page);
});

test("what a stranger wrote stays text", { skip }, async () => {
  const page = await look();
  await why(page).click();
  await reads(page, FAILING);
  await page.keyboard.press("a");
  await until("the list names it", async () => (await drawer(page).innerText()).includes(FAILING));
  assert.equal(await page.locator("#app img").count(), 0);
  await behaved(page);
  await close(page);
});

test("it is over when it is over, and the list keeps it", { skip }, async () => {
  const page = await look();
  await page.locator("#verdict.open").waitFor();
  failing = false;
  await page.locator("#verdict.calm").waitFor({ timeout: PATIENCE });
  assert.match(await page.locator("#verdict p").innerText(), /^Back to usual at \d\d:\d\d:\d\d, after \d/);
  assert.equal((await root()).end, null);
  await until("it is over", async () => (await root()).end !== null, PATIENCE);
  await until("nothing is unusual", async () => !(await page.locator("#verdict").getAttribute("class")).includes("open"), PATIENCE);
  assert.match(await page.locator("#verdict p").innerText(), /Last incident ended \d\d:\d\d:\d\d\./);
  await page.locator("[data-incidents]").click();
  const row = drawer(page).locator(`[data-anomaly="${incident.incident}"]`);
  await row.click();
  assert.match(await drawer(page).locator(".why-life").innerText(), /\d\d:\d\d:\d\d – \d\d:\d\d:\d\d/);
  await close(page);
});
