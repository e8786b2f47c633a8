// Chromium as the tests use it: one browser for a file of tests, pages that note what a page must not do.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

import { artifacts, PATIENCE, Sender, Server, until } from "./server.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const skip = !existsSync(executablePath) && !process.env.CI && "left out: chromium not installed";

export const launch = (args = []) =>
  chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });

/** A room of its own in a browser, as patient as `until` is. */
export async function room(inside, options = {}) {
  const context = await inside.newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

let browser;

/** A browser for all tests of a file; its `open` gives pages. */
export function one_browser() {
  before(async () => {
    if (skip) return console.error(skip);
    mkdirSync(artifacts, { recursive: true });
    browser = await launch();
  });
  after(() => browser?.close());
}

/**
 * A page that notes whatever a page must not do: dialogs, errors, refused sources. `prepare` is called
 * with it before it loads.
 */
export async function open(server, options = {}, prepare = () => {}, inside = browser) {
  const context = await room(inside, { viewport: { width: 1440, height: 900 }, ...options });
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
  await prepare(page);
  await page.goto(server.url);
  return page;
}

export async function behaved(page) {
  assert.deepEqual(await page.evaluate(() => window.__refused), [], "refused by the page's policy");
  assert.deepEqual(page.complaints, []);
  assert.equal(await page.evaluate(() => window.__pwned), undefined);
}

export async function close(page) {
  await behaved(page);
  await page.context().close();
}

/** Everything that a person can read. */
export const text = (page) => page.evaluate(() => document.body.innerText);

export const reads = (page, what) =>
  until(`the page shows ${what}`, async () => {
    const shown = await text(page);
    return what instanceof RegExp ? what.test(shown) : shown.includes(what);
  });

/** The values of a top list, best first. */
export const top = (page, panel) =>
  page.locator(`[data-panel="${panel}"] [data-value]`).evaluateAll((rows) => rows.map((r) => r.dataset.value));

/** The big number of a vital sign, e.g. `1.2k`. */
export const vital = async (page, name) => {
  const shown = await page.locator(`[data-vital="${name}"] .big`).innerText();
  const [, number, unit] = /([\d.,]+)\s*([kKM]?)/.exec(shown) ?? [];
  return Number((number ?? "NaN").replace(/,/g, "")) * ({ k: 1e3, K: 1e3, M: 1e6 }[unit] ?? 1);
};

export async function with_server(run, options) {
  const server = await Server.start(options);
  const sender = new Sender(server.udp);
  try {
    await run(server, sender);
  } finally {
    sender.close();
    await server.stop();
  }
}
