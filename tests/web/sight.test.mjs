// What a person sees and touches, at every size: figures that stand still, nothing over anything else, targets that
// a finger meets, and what is true in whatever colours the browser is told to use.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { close, one_browser, open, skip } from "./chromium.mjs";
import { line, Sender, Server, until } from "./server.mjs";

one_browser();

let server, sender, stop;

/** Every eleventh fails, and some addresses are as long as they get. */
const make = (i) => ({
  path: `/some/path/${i % 12}`,
  status: i % 11 === 0 ? 502 : i % 7 === 0 ? 404 : 200,
  client: i % 3 ? `203.0.113.${i % 60}` : `2001:db8:1234:5678:9abc:def0:1234:${1000 + (i % 9)}`,
});

before(async () => {
  if (skip) return;
  server = await Server.start();
  sender = new Sender(server.udp);
  await sender.send(Array.from({ length: 100 }, (_, i) => line(make(i))));
  stop = sender.stream(20, make);
});

after(async () => {
  stop?.();
  sender?.close();
  await server?.stop();
});

/** The dashboard with its lists, looked at in a window of this size. */
async function look(width, height, options = {}, query = "") {
  const page = await open({ url: server.url + query }, { viewport: { width, height }, ...options });
  await page.locator('[data-panel="paths"] [data-value]').first().waitFor({ state: "attached" });
  return page;
}

test("figures are as wide as each other wherever they change", { skip }, async () => {
  const page = await look(1440, 900);
  for (const where of [".big", "td", ".count", ".foot b", ".gut b", ".note", ".live time", ".plots svg text"]) {
    const text = page.locator(where).first();
    await text.waitFor({ state: "attached" });
    assert.equal(await text.evaluate((el) => getComputedStyle(el).fontVariantNumeric), "tabular-nums", where);
  }
  await close(page);
});
