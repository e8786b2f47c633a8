// The panels in a real Chromium: sorted, laid out, exported and copied from, over a real Tapline.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, room, skip } from "./chromium.mjs";
import { line, Sender, Server, until } from "./server.mjs";

const FORMULA = "/=HYPERLINK(1)";

let browser, server, sender;

before(async () => {
  if (skip) return console.error(skip);
  browser = await launch();
  server = await Server.start();
  sender = new Sender(server.udp);
  const lines = [];
  for (let i = 0; i < 40; i++) lines.push(line({ path: "/many", client: "203.0.113.9", status: 200 }));
  for (let i = 0; i < 20; i++) lines.push(line({ path: "/broken", client: "203.0.113.10", status: 500 }));
  for (let i = 0; i < 10; i++) lines.push(line({ path: FORMULA, client: "2001:db8::1", status: 404 }));
  await sender.send(lines);
  await until("all are counted", async () => (await server.summary()).requests === 70);
});

after(async () => {
  sender?.close();
  await server?.stop();
  await browser?.close();
});

async function open(run) {
  const context = await room(browser, { viewport: { width: 1440, height: 1800 }, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.addInitScript(() => {
    window.__refused = [];
    document.addEventListener("securitypolicyviolation", (e) => window.__refused.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  await page.goto(server.url);
  await page.locator('[data-panel="paths"] [data-value]').first().waitFor();
  await run(page, context);
  assert.deepEqual(await page.evaluate(() => window.__refused), [], "refused by the page's policy");
  assert.deepEqual(complaints, []);
  await context.close();
}

const values = (page, panel) => page.locator(`[data-panel="${panel}"] [data-value]`).evaluateAll((rows) => rows.map((r) => r.dataset.value));
const panels = (page) => page.locator(".panel").evaluateAll((all) => all.map((p) => p.dataset.panel));
const choose = async (page, panel, ...labels) => {
  await page.locator(`[data-panel="${panel}"] .panel-more`).click();
  for (const label of labels) await page.getByRole("menu").getByText(label, { exact: true }).click();
};

test("a head sorts, says so, and the browser remembers", { skip }, () =>
  open(async (page) => {
    assert.equal((await values(page, "paths"))[0], "/many");
    const head = page.locator('[data-panel="paths"] th', { hasText: "5xx" });
    await head.getByRole("button").click();
    await until("the failing path stands first", async () => (await values(page, "paths"))[0] === "/broken");
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    await page.reload();
    await until("still", async () => (await values(page, "paths"))[0] === "/broken");
    await page.evaluate(() => localStorage.setItem("tapline.panels", '{"v":1,"panels":[{"id":"<img>"}'));
    await page.reload();
    await until("garbage is forgotten", async () => (await values(page, "paths"))[0] === "/many");
  }));

test("what fails is listed out of all there is, by whatever it is sorted", { skip }, async (t) => {
  // No two of them alike, or they would be one route.
  const words = "about basket careers delivery events forum gallery help imprint jobs kitchen legal maps news offers press quotes returns shop team updates videos wishlist xmas yoga zoo".split(" ");
  const rare = await Server.start();
  const from = new Sender(rare.udp);
  t.after(() => (from.close(), rare.stop()));
  await from.send(words.flatMap((word) => [200, 200].map((status) => line({ path: `/${word}`, status }))));
  await from.send([line({ path: "/refund", status: 500 })]);
  await until("all are counted", async () => (await rare.summary()).requests === 2 * words.length + 1);
  const context = await room(browser, { viewport: { width: 1440, height: 1800 } });
  const page = await context.newPage();
  await page.goto(rare.url);
  const panel = page.locator('[data-panel="paths"]');
  const more = panel.locator(".more-tabs");
  await panel.locator("[data-value]").first().waitFor();
  const tab = panel.getByRole("button", { name: "Failing", exact: true });
  // Which of both there is goes by how wide the names are.
  await tab.or(more).first().waitFor();
  if (await tab.count()) await tab.click();
  else {
    await more.click();
    await page.getByRole("menu").getByText("Failing", { exact: true }).click();
  }
  await until("it is there", async () => (await values(page, "paths")).join() === "/refund");
  for (const name of ["Route", "req"]) {
    const head = panel.locator("th", { hasText: name }).first();
    await head.getByRole("button").click();
    await until(`sorted by ${name}`, async () => (await head.getAttribute("aria-sort")) !== null);
    await until("it is still there", async () => (await values(page, "paths")).join() === "/refund");
  }
  await context.close();
});

test("a value that is left out alone is shown in the place of its count", { skip }, async (t) => {
  const few = await Server.start();
  t.after(() => few.stop());
  const post = async (site) => {
    const answer = await fetch(`${few.url}api/v1/logs?site=${site}`, { method: "POST", headers: { connection: "close" }, body: [line({ path: "/" }), line({ path: "/a" })].join("\n") });
    assert.equal((await answer.json()).accepted, 2);
  };
  for (const i of "123456") await post(`${i}.example`);
  const context = await room(browser, { viewport: { width: 1440, height: 1800 } });
  const page = await context.newPage();
  await page.goto(few.url);
  const panel = page.locator('[data-panel="sites"]');
  await panel.locator("[data-value]").first().waitFor();
  await until("all six", async () => (await values(page, "sites")).length === 6);
  assert.equal(await panel.locator("tr.rest").count(), 0);
  const { height } = await panel.boundingBox();
  await post("7.example");
  await until("two are left out", async () => /2 other/.test(await panel.innerText()));
  assert.equal((await values(page, "sites")).length, 5);
  assert.equal((await panel.boundingBox()).height, height);
  await context.close();
});

for (const width of [1440, 360]) {
  test(`a list is opened whole, and one of its last rows found and chosen, at ${width}`, { skip }, async (t) => {
    const long = await Server.start();
    t.after(() => long.stop());
    // Spelt out, as numbers would make one route of them; the later, the rarer.
    const path = (i) => `/${[...String(i)].map((digit) => "zero one two three four five six seven eight nine".split(" ")[digit]).join("-")}`;
    await long.post(Array.from({ length: 600 }, (_, i) => Array(i < 5 ? 9 - i : 1).fill(line({ path: path(i), status: 200 }))).flat());
    const phone = width < 600 ? { isMobile: true, hasTouch: true } : {};
    const context = await room(browser, { viewport: { width, height: 800 }, ...phone });
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => new URL(request.url()).pathname.endsWith("/summary") && asked.push(new URL(request.url()).searchParams.get("panels")));
    await page.goto(long.url);
    if (width < 600) await page.locator(".bottom-tabs button").nth(1).click();
    const rest = page.locator('[data-panel="paths"] .list-open');
    await until("the rest is told", async () => /^59\d other$/.test(await rest.innerText()));
    const dialog = page.getByRole("dialog", { name: "Paths" });
    const rows = dialog.locator("tbody tr");
    // Escape closes it, and the focus is back where it was.
    await rest.focus();
    await page.keyboard.press("Enter");
    await dialog.getByText("600 rows", { exact: true }).waitFor();
    if (width < 600) assert.deepEqual(await dialog.boundingBox(), { x: 0, y: 0, width, height: 800 });
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.ok(await rest.evaluate((el) => el === document.activeElement));
    await rest.click();
    await dialog.getByText("600 rows", { exact: true }).waitFor();
    assert.equal(await rows.count(), 100);
    assert.match(await rows.first().innerText(), /^\/zero\s/);
    await dialog.locator(".list-rows").evaluate((el) => (el.scrollTop = el.scrollHeight));
    await until("a hundred more", async () => (await rows.count()) === 200);
    await dialog.getByRole("searchbox").fill("SEVEN-three");
    await dialog.getByText("6 of 600 rows", { exact: true }).waitFor();
    await dialog.getByRole("searchbox").fill("five-seven-three");
    await until("it alone", async () => (await rows.count()) === 1);
    assert.deepEqual(asked.filter((panels) => panels === "paths:requests:1000").length, 2, "once for each opening");
    // The menu of a value is over the list, and Escape closes it alone.
    await rows.locator("[data-value]").focus();
    await page.keyboard.press("m");
    await page.getByRole("menuitem", { name: "Only this" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
    await rows.locator("[data-value]").click();
    await dialog.waitFor({ state: "detached" });
    await until("the page has the filter", () => new URL(page.url()).searchParams.get("filter") === "path:/five-seven-three");
    await until("its row alone", async () => (await values(page, "paths")).join() === "/five-seven-three");
    await context.close();
  });
}

test("a panel is moved, hidden and brought back by the keyboard alone", { skip }, () =>
  open(async (page) => {
    const before = await panels(page);
    await page.locator('[data-panel="clients"] .panel-more').focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("Move l");
    await page.keyboard.press("Enter");
    await until("moved", async () => (await panels(page))[0] === "clients");
    await until("the focus went with it", () => page.evaluate(() => document.activeElement.closest(".panel")?.dataset.panel === "clients"));
    await page.keyboard.press("Enter");
    await page.keyboard.type("Hide");
    await page.keyboard.press("Enter");
    await until("hidden", async () => !(await panels(page)).includes("clients"));
    await page.locator(".panels-foot button").first().focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /^Reset/);
    await page.keyboard.press("Enter");
    await until("as usual", async () => (await panels(page)).join() === before.join());
  }));

test("what is seen is saved, and is no formula in anybody's spreadsheet", { skip }, () =>
  open(async (page) => {
    const save = async (label) => {
      const [file] = await Promise.all([page.waitForEvent("download"), choose(page, "paths", label)]);
      assert.match(file.suggestedFilename(), /^tapline-paths-\d{4}-\d\d-\d\dT\d\d-\d\dZ\.(csv|json)$/);
      return readFileSync(await file.path(), "utf8");
    };
    const rows = (await save("Export as CSV")).split("\r\n").map((row) => row.split(","));
    assert.deepEqual(rows.slice(1, 4).map((row) => [row[1], row[3]]), [['"/many"', "40"], ['"/broken"', "20"], [`"${FORMULA}"`, "10"]]);
    const json = JSON.parse(await save("Export as JSON"));
    assert.deepEqual(json.top.paths.map((r) => r.value), ["/many", "/broken", FORMULA]);
  }));

test("a part of an hour is shown as what it has, and the export of the hours says of when they are", { skip }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "tapline-hours-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "access.log");
  // From 10:40 on, every ten seconds, for three and a half hours.
  const at = (i) => new Date(Date.UTC(2026, 10, 22, 10, 40, 10 * i)).toISOString().slice(11, 19);
  writeFileSync(file, Array.from({ length: 1260 }, (_, i) => `203.0.113.9 - - [22/Nov/2026:${at(i)} +0000] "GET / HTTP/1.1" 200 7 "-" "curl/8"\n`).join(""));
  const replay = await Server.start({ replay: [file] });
  t.after(() => replay.stop());
  const context = await room(browser, { viewport: { width: 1440, height: 1800 } });
  const page = await context.newPage();
  await page.goto(replay.url);
  const panel = page.locator('[data-panel="hours"]');
  const bars = panel.locator(".bars-plot").first().locator(".bar-column");
  await bars.first().waitFor();
  const { width } = await bars.nth(12).boundingBox();
  const said = async (hour, told) => {
    await bars.nth(hour).hover();
    await until(`of ${hour}`, async () => (await panel.locator(".bars-said").first().innerText()).includes(told));
    assert.equal((await bars.nth(hour).boundingBox()).width, width, "and it stays where it is");
  };
  await said(10, "10:00: 120 in 20 min");
  await said(12, "12:00: 360");
  const [json] = await Promise.all([page.waitForEvent("download"), choose(page, "hours", "Export as JSON")]);
  assert.equal(json.suggestedFilename(), "tapline-hours-2026-11-22T14-09Z.json");
  const { from, to, hours } = JSON.parse(readFileSync(await json.path(), "utf8"));
  assert.deepEqual([from, to.slice(0, 16)], ["2026-11-22T10:40:00Z", "2026-11-22T14:09"]);
  assert.deepEqual(hours.slice(0, 2).map((h) => [h.hour, h.seconds, h.requests]), [[10, 1200, 120], [11, 3600, 360]]);
  await context.close();
});

test("a value has a real address, and a menu with a curl and lines that block it", { skip }, () =>
  open(async (page, context) => {
    const path = page.locator('[data-panel="paths"] [data-value="/broken"]');
    const [other] = await Promise.all([context.waitForEvent("page"), path.click({ button: "middle" })]);
    await until("the other tab is filtered", () => new URL(other.url()).searchParams.get("filter") === "path:/broken");
    await other.close();
    const copied = async (value, label) => {
      await page.locator(`[data-panel="clients"] [data-value="${value}"]`).focus();
      await page.keyboard.press("m");
      await page.getByRole("menu").getByText(label, { exact: true }).click();
      await until("it says so", () => page.getByRole("menu").getByText("Copied").isVisible());
      await page.getByRole("menu").waitFor({ state: "detached" });
      return page.evaluate(() => navigator.clipboard.readText());
    };
    assert.equal(await copied("203.0.113.9", "nginx"), "deny 203.0.113.9;");
    assert.equal(await copied("2001:db8::1", "nftables"), "nft insert rule inet filter input ip6 saddr 2001:db8::1 drop");
    const command = await copied("203.0.113.10", "Copy curl: these numbers");
    const url = /^curl -s '(http:[^']+)'$/.exec(command)[1];
    assert.equal((await (await fetch(url)).json()).requests, 20);
    // its focus came back to the value; Alt and a click leave it out
    assert.equal(await page.evaluate(() => document.activeElement.dataset.value), "203.0.113.10");
    await page.keyboard.press("x");
    await until("left out", async () => !(await values(page, "clients")).includes("203.0.113.10"));
    assert.equal(new URL(page.url()).searchParams.get("filter"), "-client:203.0.113.10");
  }));

test("error messages are listed by what they have in common, with a line of each, and a click filters", { skip }, () =>
  open(async (page) => {
    const now = new Date().toISOString();
    const stamp = now.slice(0, 19).replace(/-/g, "/").replace("T", " ");
    const error = (level, text) => `<187>Nov 22 10:00:00 web-1 nginx: ${stamp} [${level}] 7#7: *1 ${text}, client: 203.0.113.9, server: shop, request: "GET /x HTTP/1.1", host: "shop"`;
    await sender.send([
      ...Array.from({ length: 6 }, (_, i) => error("error", `open() "/srv/<b>${i}</b>.png" failed (2: No such file or directory)`)),
      error("crit", "SSL_do_handshake() failed while SSL handshaking"),
    ]);
    await until("all are counted", async () => (await server.summary()).errors === 7);
    const rows = page.locator('[data-panel="errors"] tbody tr:has([data-value])');
    await page.locator('[data-panel="errors"]').scrollIntoViewIfNeeded();
    await until("two templates", async () => (await rows.count()) === 2);
    assert.match(await rows.first().innerText(), /open\(\).*failed[\s\S]*\n?6\b[\s\S]*86%[\s\S]*error/);
    const foot = page.locator('[data-panel="errors"] .tpl-foot');
    assert.match(await foot.innerText(), /A line of it: open\(\) "\/srv\/<b>\d<\/b>\.png" failed/);
    await rows.nth(1).locator("[data-value]").focus();
    await until("a line of the one with the focus", async () => /SSL_do_handshake/.test(await foot.innerText()));
    await page.keyboard.press("Enter");
    await until("its lines alone", async () => (await server.summary(new URL(page.url()).searchParams.get("filter"))).errors === 1);
    assert.match(new URL(page.url()).searchParams.get("filter"), /^template:/);
    // lists of requests say why they are empty, and lead to the one that is not
    const paths = page.locator('[data-panel="paths"]');
    await until("no request fits", async () => /1 line fits, and it is no request: this list counts requests\. Error messages/.test(await paths.innerText()));
    await page.evaluate(() => scrollTo(0, 0));
    await paths.getByRole("button", { name: "Error messages" }).click();
    await until("they are in sight", () => foot.evaluate((el) => el.getBoundingClientRect().bottom <= innerHeight));
  }));
