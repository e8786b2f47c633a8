// The report as a page: a file that a real Chromium opens from the disk. Nothing of it runs, is loaded or moves sideways,
// whatever a stranger wrote into the log, and axe-core finds no violation of WCAG 2.2 AA.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import axe from "axe-core";

import { close, one_browser, open, reads, skip } from "./chromium.mjs";
import { artifacts, binary, line } from "./server.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const HOSTILE = "<img/src=x/onerror=window.__pwned=1>";
const run = promisify(execFile);

one_browser();

let dir, page_file;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "tapline-report-"));
  page_file = join(dir, "report.html");
  const lines = Array.from({ length: 4000 }, (_, i) =>
    line({
      path: i % 5 === 0 ? `/${HOSTILE}` : `/product/of-a-long-name-that-begins-like-all-others-${i % 30}`,
      status: i % 11 === 0 ? 502 : i % 7 === 0 ? 404 : i % 5 === 0 ? 301 : 200,
      bytes: (i * 7919) % 40_000,
      client: i % 4 ? `203.0.113.${(i * i) % 60}` : `2001:db8::${i % 9}`,
      agent: i % 50 === 0 ? `${HOSTILE}"></style><script>window.__pwned=2</script>` : undefined,
      referrer: i % 3 ? "-" : "https://www.google.com/search?q=%D8%B2%D9%86%D8%A8%DB%8C%D9%84",
      time: new Date(Date.UTC(2026, 10, 22, 10, 0, i * 3)),
      tail: ` ${((i * 37) % 900) / 1000} -`,
    }),
  );
  lines.push(`nothing that is read ${HOSTILE}`);
  writeFileSync(join(dir, "access.log"), `${lines.join("\n")}\n`);
  const told = await run(binary, ["report", "--html", page_file, join(dir, "access.log")]);
  assert.deepEqual([told.stdout, told.stderr], ["", ""]);
});

after(() => rmSync(dir, { recursive: true, force: true }));

const look = async (options) => {
  const asked = [];
  const page = await open({ url: `file://${page_file}` }, options, (page) =>
    page.on("request", (request) => asked.push(request.url())),
  );
  return { page, asked };
};

test("the page says what the log has, and needs nothing else", { skip }, async () => {
  const { page, asked } = await look();
  await reads(page, "4,000");
  await reads(page, `/${HOSTILE}`);
  await reads(page, "4,001 read = 4,000 counted + 1 not understood");
  assert.deepEqual(asked, [`file://${page_file}`]);
  assert.equal(await page.locator("img, script, iframe, link").count(), 0);
  assert.ok((await page.locator("svg.chart rect.hit").count()) > 60);
  await page.locator("section", { hasText: "Paths" }).first().locator("summary").click();
  await reads(page, "others-29");
  await close(page);
});

for (const [colorScheme, width] of [["dark", 1440], ["light", 1440], ["dark", 360], ["light", 360]]) {
  test(`the page is for everyone, ${colorScheme}, ${width} px`, { skip }, async () => {
    const { page } = await look({ colorScheme, viewport: { width, height: 900 } });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${over} px beside the screen`);
    await page.screenshot({ path: join(artifacts, `report-${colorScheme}-${width}.png`), fullPage: true });
    await page.evaluate(axe.source);
    const told = await page.evaluate(
      (values) => axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"], preload: false }),
      RULES,
    );
    const found = told.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 140)}`));
    assert.deepEqual(found, []);
    await close(page);
  });
}

test("a page that can't be written is told, and a log is not written over", { skip }, async () => {
  const before = readFileSync(page_file);
  const failed = await run(binary, ["report", "--html", join(dir, "none", "x.html"), join(dir, "access.log")]).catch((e) => e);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^error: can't write .*x\.html: No such file/);
  const log = readFileSync(join(dir, "access.log"));
  const wrong = await run(binary, ["report", "--html", join(dir, "access.log"), join(dir, "access.log")]).catch((e) => e);
  assert.match(wrong.stderr, /^error: .*access\.log is no page, and is not written over\n$/);
  assert.deepEqual([wrong.code, readFileSync(join(dir, "access.log"))], [1, log]);
  const again = await run(binary, ["report", "--html", "-", join(dir, "access.log")], { maxBuffer: 1 << 24 });
  assert.equal(again.stdout, before.toString());
});
