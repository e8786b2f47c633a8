// For everyone: axe-core finds no violation of WCAG 2.2 AA in any view, theme, language and width.
//
// axe-core is injected through the DevTools protocol, which the page's policy does not bind.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import axe from "axe-core";

import { close, one_browser, open, skip } from "./chromium.mjs";
import { artifacts, line, Sender, Server, until } from "./server.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

one_browser();

let server, sender, empty, stop;
const found = [];

before(async () => {
  if (skip) return;
  [server, empty] = await Promise.all([Server.start(), Server.start()]);
  sender = new Sender(server.udp);
  const paths = ["/", "/cart", "/product/1842", "/product/77", "/search?q=tea", "/login", "/api/v2/items", "/static/app.js"];
  const agents = [undefined, "curl/8.11.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"];
  const make = (i) => ({
    path: paths[(i * 3) % 8],
    status: i % 11 === 0 ? 502 : i % 7 === 0 ? 404 : i % 5 === 0 ? 301 : 200,
    bytes: (i * 7919) % 40_000,
    client: i % 4 ? `203.0.113.${(i * i) % 60}` : `2001:db8::${i % 9}`,
    agent: agents[i % 3],
    referrer: i % 3 ? "-" : "https://www.google.com/",
    tail: ` ${((i * 37) % 900) / 1000} -`,
  });
  const lines = Array.from({ length: 300 }, (_, i) => line(make(i)));
  lines.push("<187>Nov 22 10:00:00 web-1 nginx: not a line that anything reads");
  await sender.send(lines);
  await until("all of it counted", async () => (await server.summary()).requests === 300);
  // the lists follow while they are looked at
  stop = sender.stream(20, make);
});

after(async () => {
  stop?.();
  sender?.close();
  await Promise.all([server?.stop(), empty?.stop()]);
  if (found.length > 0) writeFileSync(join(artifacts, "axe.json"), JSON.stringify(found, null, 1));
});

const ready = (page) => page.locator('[data-panel="paths"] [data-value]').first();
const oldest = async () => (await server.ask("events", { limit: 1, order: "oldest" })).events[0].time;
const second = async () => Math.floor(Date.parse(await oldest()) / 1000);

/** An anomaly: one in eleven requests fails, which is told once there is evidence enough. */
const told = () => until("one is told", async () => (await server.ask("anomalies")).anomalies[0], 90_000);

/** How each view is reached, what shows that it is there, and which part of the page is new in it. */
const VIEWS = {
  dashboard: { see: ready },
  suggestions: {
    go: async (page) => {
      await ready(page).waitFor({ state: "attached" });
      await page.locator("#filter").click();
      await page.keyboard.type("status:");
    },
    within: "header", see: (page) => page.locator('[role="option"]').first(),
  },
  refused: { query: () => "?filter=statsu:200", within: "header", see: (page) => page.locator("#problem") },
  lines: {
    go: async (page, narrow) => {
      await ready(page).waitFor({ state: "attached" });
      if (narrow) await page.locator(".bottom-tabs button").nth(2).click();
      else await page.keyboard.press("t");
    },
    see: (page) => page.locator("#lines tr.row").first(),
  },
  "line of the past": {
    query: async () => `?at=${await second()}`,
    go: async (page, narrow) => {
      if (narrow) await page.locator(".bottom-tabs button").nth(2).click();
      await page.locator("#lines tr.row").first().click();
    },
    see: (page) => page.locator("#lines tr.detail"),
  },
  range: { query: async () => `?range=${(await second()) - 1}-${(await second()) + 3}`, see: (page) => page.locator('[data-live="past"]') },
  compare: { query: () => "?compare=60&filter=-path:/nowhere status:2xx", see: ready },
  value: {
    go: async (page) => {
      await ready(page).waitFor({ state: "attached" });
      await page.evaluate(() => document.querySelector('[data-panel="clients"] [data-value]').focus());
      await page.keyboard.press("m");
    },
    wide: true,
    within: "[role=menu]", see: (page) => page.getByRole("menu"),
  },
  where: { narrow: true, go: (page) => page.locator(".bottom-tabs button").nth(1).click(), see: ready },
  incident: { query: async () => `?anomaly=${encodeURIComponent((await told()).id)}`, see: (page) => page.locator("#drawer .why-acts") },
  incidents: { query: async () => (await told()) && "?anomaly=all", see: (page) => page.locator("#drawer .incident-rows") },
  "why or why not": { query: () => "?anomaly=why", see: (page) => page.locator("#drawer .seen-rows, #drawer p").first() },
  sources: { query: () => "?view=sources", see: (page) => page.locator("#source") },
  setup: { empty: true, see: (page) => page.getByText("access_log").first() },
  help: {
    go: async (page) => {
      await ready(page).waitFor({ state: "attached" });
      await page.keyboard.press("?");
    },
    within: "dialog", see: (page) => page.getByRole("dialog"),
  },
  "whole list": {
    go: async (page, narrow) => {
      await ready(page).waitFor({ state: "attached" });
      if (narrow) await page.locator(".bottom-tabs button").nth(1).click();
      await page.locator('[data-panel="clients"] .list-open').click();
    },
    within: "dialog", see: (page) => page.locator(".list-rows tbody tr").first(),
  },
  menu: {
    go: async (page) => {
      await ready(page).waitFor({ state: "attached" });
      await page.locator("#menu-button").click();
    },
    within: "header", see: (page) => page.locator(".menu nav"),
  },
  sharing: {
    go: async (page) => {
      await ready(page).waitFor({ state: "attached" });
      await page.locator("#menu-button").click();
      await page.locator(".menu nav button[aria-haspopup=dialog]").click();
      await page.locator("#sharing-site").fill("shop.example.org");
      await page.keyboard.press("Enter");
    },
    within: "dialog", see: (page) => page.locator(".sharing-made .copy"),
  },
  "sharing, refused": {
    go: async (page) => {
      await ready(page).waitFor({ state: "attached" });
      await page.locator("#menu-button").click();
      await page.locator(".menu nav button[aria-haspopup=dialog]").click();
      await page.locator("#sharing-site").fill("-");
      await page.keyboard.press("Enter");
    },
    within: "dialog", see: (page) => page.locator("#sharing-problem:not(:empty)"),
  },
  wall: { query: () => "?wall", see: (page) => page.locator('[data-vital="requests"], .wall').first() },
};

/** Each view in both themes and at both widths, in both languages; every one of eight with `TAPLINE_AXE=all`. */
const COMBINATIONS = [
  ["dark", 1440, "en-GB"],
  ["light", 1440, "ko-KR"],
  ["dark", 360, "ko-KR"],
  ["light", 360, "en-GB"],
  ["dark", 1440, "ko-KR"],
  ["light", 1440, "en-GB"],
  ["dark", 360, "en-GB"],
  ["light", 360, "ko-KR"],
].slice(0, process.env.TAPLINE_AXE === "all" ? 8 : 4);

/** What axe-core says of a view: one text for each element that breaks a rule. */
async function examine(name, view, colorScheme, width, locale) {
  const narrow = width < 600;
  if ((view.narrow && !narrow) || (view.wide && narrow)) return [];
  const phone = narrow ? { isMobile: true, hasTouch: true } : {};
  const viewport = { width, height: narrow ? 740 : 900 };
  const url = (view.empty ? empty : server).url + ((await view.query?.()) ?? "");
  const page = await open({ url }, { colorScheme, viewport, locale, reducedMotion: "reduce", ...phone });
  await view.go?.(page, narrow);
  await view.see(page).waitFor({ state: "attached" });
  // what folds in and out stands where it stays
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((a) => a.effect.getComputedTiming().iterations === Infinity || a.finished.catch(() => 0))),
  );
  await page.evaluate(axe.source);
  // A page whose numbers are late is dimmed until they come; on a slow machine it is so at times.
  const late = page.locator(".stale");
  const told = await until("a look at a page that is not late", async () => {
    await late.waitFor({ state: "detached" });
    const told = await page.evaluate(
      ([within, values]) => axe.run(within ?? document, { runOnly: { type: "tag", values }, resultTypes: ["violations"], preload: false }),
      [view.within, RULES],
    );
    return (await late.count()) === 0 && told;
  });
  const at = `${colorScheme} ${width} ${locale.slice(0, 2)}`;
  if (told.violations.length > 0) await page.screenshot({ path: join(artifacts, `axe-${name}-${at.replaceAll(" ", "-")}.png`) });
  await close(page);
  return told.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => {
      const why = (node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? "";
      return `${id}: ${help} (${at}): ${node.target.join(" ")} ${node.html.slice(0, 140)} | ${why}`;
    }),
  );
}

for (const [name, view] of Object.entries(VIEWS)) {
  test(`${name} is for everyone`, { skip }, async () => {
    const violations = (await Promise.all(COMBINATIONS.map((combination) => examine(name, view, ...combination)))).flat();
    found.push(...violations.map((violation) => ({ view: name, violation })));
    assert.deepEqual(violations, []);
  });
}
