// Who comes in at the page: a login, and a guest with a share link, who sees one site and nothing else.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import axe from "axe-core";

import { behaved, one_browser, open, reads, skip, text, top } from "./chromium.mjs";
import { binary, line, Server, until } from "./server.mjs";

const TOKEN = "a-token-of-the-tests";
const PASSWORD = "correct horse battery";

one_browser();

let server;

const bearer = { authorization: `Bearer ${TOKEN}` };

before(async () => {
  if (skip) return;
  const user = spawnSync(binary, ["user", "hash", "--name", "ann", "--right", "look"], { input: PASSWORD, encoding: "utf8" });
  const hash = createHash("sha256").update(TOKEN).digest("hex");
  const token = `[[token]]\nname = "tests"\nright = "admin"\nhash = "sha256:${hash}"\n`;
  server = await Server.start({ config: `[access]\nloopback = "key"\n${token}${user.stdout}` });
  for (const site of ["own.example", "other.example"]) {
    const lines = Array.from({ length: 20 }, (_, i) => line({ path: `/${site}/${i % 4}`, client: `203.0.113.${i}` }));
    const sent = await fetch(`${server.url}api/v1/logs?site=${site}`, { method: "POST", headers: bearer, body: lines.join("\n") });
    assert.equal((await sent.json()).accepted, 20);
  }
});

after(() => server?.stop());

/** As `open`; that a login is asked for is no fault of the page. */
async function look(at = "", options = {}) {
  return open({ url: server.url + at }, options);
}

async function leave(page) {
  page.complaints = page.complaints.filter((complaint) => !complaint.includes("401"));
  await behaved(page);
  await page.context().close();
}

async function enter(page, name, password) {
  await page.locator("#name").fill(name);
  await page.locator("#password").fill(password);
  await page.keyboard.press("Enter");
}

const dashboard = (page) => page.locator('[data-panel="paths"] [data-value]').first();

for (const [colorScheme, width, locale] of [["dark", 1440, "en-GB"], ["light", 360, "ko-KR"], ["dark", 360, "ko-KR"], ["light", 1440, "en-GB"]]) {
  test(`the login page is for everyone: ${colorScheme}, ${width} px, ${locale}`, { skip }, async () => {
    const page = await look("", { colorScheme, locale, viewport: { width, height: 740 } });
    await page.locator("#password").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await enter(page, "ann", "wrong");
    await until("it says that they don't fit", () => page.locator("#said").innerText());
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], preload: false }));
    assert.deepEqual(violations.map((v) => v.id), []);
    await leave(page);
  });
}

test("whoever logs in is where the address says, and out again after logging out", { skip }, async () => {
  const page = await look("?filter=site:own.example");
  await enter(page, "ann", PASSWORD);
  await dashboard(page).waitFor();
  await reads(page, "20 of 40 events");
  await page.locator("#menu-button").click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.locator("#password").waitFor();
  const answer = await page.evaluate(async () => (await fetch("api/v1/summary")).status);
  assert.equal(answer, 401);
  await leave(page);
});

test("a share link shows one site, whatever is asked for, and its token leaves the address at once", { skip }, async () => {
  const made = await fetch(`${server.url}api/v1/shares`, {
    method: "POST",
    headers: { ...bearer, "content-type": "application/json" },
    body: JSON.stringify({ site: "own.example", expires: "1h" }),
  });
  const { id, link } = await made.json();
  const { hash } = new URL(link);
  const page = await look(hash);
  await dashboard(page).waitFor();
  assert.equal(new URL(page.url()).hash, "");
  assert.match(await text(page), /own\.example/);
  const paths = await top(page, "paths");
  assert.equal(paths.length, 4);
  assert.ok(paths.every((path) => path.startsWith("/own.example/")), String(paths));
  // The page asks for nothing that is not for guests.
  const refused = [];
  page.on("response", (answer) => answer.status() === 403 && refused.push(answer.url()));
  await page.goto(`${server.url}?anomaly=why`);
  await page.locator("#drawer").getByText("All incidents").waitFor();
  await reads(page, "Nothing unusual was seen yet.");
  await page.keyboard.press("Escape");
  await page.keyboard.press("y");
  await page.locator("#drawer").getByText("All incidents").waitFor();
  await dashboard(page).waitFor({ state: "attached" });
  assert.equal(await page.getByRole("button", { name: "Why, or why not" }).count(), 0);
  assert.deepEqual(refused, []);
  await page.goto(`${server.url}?filter=site:other.example`);
  await page.locator("#matching").waitFor();
  assert.doesNotMatch(await text(page), /\/other\.example\//);
  const asked = await page.evaluate(async () => {
    const ask = async (what) => {
      const answer = await fetch(what);
      return [what, answer.status, await answer.text()];
    };
    const filters = ["", "site:other.example", "-site:own.example", "path:/other*", "site:own.example site:other.example"];
    const routes = ["summary", "series", "events", "trend?list=paths", "values?field=site", "sources", "anomalies", "host", "shares", "mutes", "rules/backtest"];
    const wishes = routes.flatMap((route) => filters.map((f) => `api/v1/${route}${route.includes("?") ? "&" : "?"}filter=${encodeURIComponent(f)}`));
    return Promise.all(wishes.map(ask));
  });
  for (const [what, status, body] of asked) {
    // What was asked for is said again; what is there of others is not.
    const told = body.replaceAll(/"filter":"[^"]*"/g, "");
    assert.doesNotMatch(told, /\/other\.example\//, `${status} ${what}`);
  }
  assert.ok(asked.some(([, status]) => status === 200) && asked.some(([, status]) => status === 403));
  await fetch(`${server.url}api/v1/shares/${id}`, { method: "DELETE", headers: bearer });
  await until("a revoked link shows nothing", async () => (await page.evaluate(async () => (await fetch("api/v1/summary")).status)) === 401);
  page.complaints = page.complaints.filter((complaint) => !/40[013]|404/.test(complaint));
  await leave(page);
});

test("who may administer makes a link to a site in the menu, sees it once, and ends it", { skip }, async () => {
  const page = await look("?filter=site:own.example", { viewport: { width: 360, height: 740 } });
  await enter(page, "", TOKEN);
  await dashboard(page).waitFor({ state: "attached" });
  await page.locator("#menu-button").click();
  await page.getByRole("button", { name: "Share a site" }).click();
  const dialog = page.getByRole("dialog");
  const site = dialog.getByLabel("Site");
  await until("the site of the filter is named", async () => (await site.inputValue()) === "own.example");
  await site.fill("(none)");
  await page.keyboard.press("Enter");
  await dialog.getByText("can't be the name of a site").waitFor();
  await site.fill("own.example");
  await dialog.getByRole("button", { name: "1 hour" }).press(" ");
  await dialog.getByRole("button", { name: "Make the link" }).press("Enter");
  const link = await dialog.getByLabel("Link", { exact: true }).inputValue();
  assert.match(link, /#share=tapline_share_/);
  await until("its copy button has the focus", () => page.evaluate(() => document.activeElement.matches(".sharing .copy")));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);

  const guest = await look(new URL(link).hash);
  await dashboard(guest).waitFor();
  const paths = await top(guest, "paths");
  assert.ok(paths.length > 0 && paths.every((path) => path.startsWith("/own.example/")), String(paths));
  await guest.locator("#menu-button").click();
  await guest.getByRole("button", { name: "Leave the shared view" }).waitFor();
  assert.equal(await guest.getByRole("button", { name: "Share a site" }).count(), 0);

  await page.keyboard.press("Escape");
  await until("the focus is where it was", () => page.evaluate(() => document.activeElement.id === "menu-button"));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Share a site" }).press("Enter");
  assert.doesNotMatch(await text(page), /tapline_share_/);
  await dialog.getByRole("button", { name: "End the link to own.example" }).click();
  await until("it is ended", async () => (await page.evaluate(async () => (await (await fetch("api/v1/shares")).json()).shares.length)) === 0);
  await until("its guest is shown the login", () => guest.evaluate(async () => (await fetch("api/v1/summary")).status === 401));
  await guest.context().close();
  await leave(page);
});

test("who may only look is offered no link", { skip }, async () => {
  const page = await look();
  await enter(page, "ann", PASSWORD);
  await dashboard(page).waitFor();
  await page.locator("#menu-button").click();
  await page.getByRole("button", { name: "Log out" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Share a site" }).count(), 0);
  await page.keyboard.press("Escape");
  await page.locator('[data-panel="sites"] [data-value], [data-field="site"]').first().dispatchEvent("contextmenu");
  await page.getByRole("menu").waitFor();
  assert.equal(await page.getByRole("menuitem", { name: "Share this site" }).count(), 0);
  await leave(page);
});

/** As often as the list of clients takes to name it. */
async function send(client) {
  const lines = Array.from({ length: 30 }, () => line({ path: "/seen", client }));
  await fetch(`${server.url}api/v1/logs?site=own.example`, { method: "POST", headers: bearer, body: lines.join("\n") });
}

async function forget(client) {
  const headers = { ...bearer, "content-type": "application/json" };
  const answer = await fetch(`${server.url}api/v1/forget`, { method: "POST", headers, body: JSON.stringify({ client }) });
  assert.equal(answer.status, 200, await answer.text());
}

/** The document that is there, so that one in its place is told from it. */
const mark = (page) => page.evaluate(() => void (window.__old = true));
const isOld = (page) => page.evaluate(() => window.__old === true).catch(() => true);
const loadedAnew = (page) => until("the page is loaded anew", async () => !(await isOld(page)));

test("an open page, and a paused one, show a client no longer that was forgotten", { skip }, async () => {
  const client = "198.51.100.77";
  await send(client);
  const live = await look();
  await enter(live, "", TOKEN);
  const paused = await live.context().newPage();
  await paused.goto(server.url);
  for (const page of [live, paused]) await page.locator(`[data-value="${client}"]`).first().waitFor({ state: "attached" });
  await paused.locator('[data-live="on"], [data-live="late"]').click();
  await paused.locator('[data-live="past"]').waitFor();
  for (const page of [live, paused]) await mark(page);
  await forget(client);
  for (const page of [live, paused]) {
    await loadedAnew(page);
    await page.locator('[data-value="(forgotten)"]').first().waitFor({ state: "attached" });
    assert.doesNotMatch(await text(page), new RegExp(client));
  }
  await leave(live);
});

test("a page that was away when a client was forgotten hears of it when it is back", { skip }, async () => {
  const client = "198.51.100.78";
  await send(client);
  const page = await look();
  // Its connections are cut, and none is made until it may.
  await page.addInitScript(() => {
    window.__away = false;
    const open = new Set();
    for (const name of ["WebSocket", "EventSource"]) {
      window[name] = class extends window[name] {
        constructor(...given) {
          if (window.__away) throw new Error("away");
          super(...given);
          open.add(this);
        }
      };
    }
    window.__leave = () => {
      window.__away = true;
      for (const each of open) each.close();
    };
  });
  await enter(page, "", TOKEN);
  await page.locator(`[data-value="${client}"]`).first().waitFor({ state: "attached" });
  await mark(page);
  await page.evaluate(() => window.__leave());
  await page.locator('[data-live="on"]').waitFor({ state: "detached" });
  await forget(client);
  assert.ok(await isOld(page));
  await page.evaluate(() => void (window.__away = false));
  await loadedAnew(page);
  await page.locator('[data-value="(forgotten)"]').first().waitFor({ state: "attached" });
  assert.doesNotMatch(await text(page), new RegExp(client));
  await leave(page);
});

test("a link that was just made stays when a client is forgotten, and is copied without a clipboard interface", { skip }, async () => {
  const client = "198.51.100.79";
  await send(client);
  const page = await look("?filter=site:own.example");
  // As over plain HTTP beyond loopback.
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await enter(page, "", TOKEN);
  await page.locator(`[data-value="${client}"]`).first().waitFor({ state: "attached" });
  await page.locator("#menu-button").click();
  await page.getByRole("button", { name: "Share a site" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const field = dialog.getByLabel("Link", { exact: true });
  const link = await field.inputValue();
  await mark(page);
  await page.evaluate(() => addEventListener("copy", () => (window.__copied = String(document.activeElement.value))));
  await dialog.getByRole("button", { name: "Copy the link" }).click();
  await until("it is copied", async () => (await page.evaluate(() => window.__copied)) === link);
  // A browser that refuses that, too.
  await page.evaluate(() => (document.execCommand = () => false));
  await dialog.locator(".copy").click();
  await dialog.getByRole("alert").getByText("copy it yourself").waitFor();
  assert.equal(await page.evaluate(() => String(getSelection())), link);

  await forget(client);
  const [request] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "DELETE"),
    page.route("**/api/v1/shares/*", (route) => route.fulfill({ status: 503 })).then(() => dialog.getByRole("button", { name: "End the link" }).click()),
  ]);
  assert.equal(request.status(), 503);
  await dialog.getByRole("alert").getByText("still good").waitFor();
  assert.equal(await field.inputValue(), link);
  assert.ok(await isOld(page));
  await page.unroute("**/api/v1/shares/*");
  await dialog.getByRole("button", { name: "End the link" }).click();
  await field.waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await loadedAnew(page);
  page.complaints = page.complaints.filter((complaint) => !complaint.includes("503"));
  await leave(page);
});

test("a drag out of a field closes no dialog, and Escape gives the keys back where none came", { skip }, async () => {
  const page = await look();
  await page.route(/sharing-[^/]*\.js/, (route) => route.fulfill({ status: 404 }));
  await enter(page, "", TOKEN);
  await dashboard(page).waitFor({ state: "attached" });
  const share = async () => {
    await page.locator("#menu-button").click();
    await page.getByRole("button", { name: "Share a site" }).click();
  };
  await share();
  await page.locator(".nothing").getByText("did not come").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.unroute(/sharing-[^/]*\.js/);
  await page.reload();
  await dashboard(page).waitFor({ state: "attached" });
  await share();
  const site = page.getByRole("dialog").getByLabel("Site");
  await site.fill("some.example");
  const { x, y } = await site.boundingBox();
  await page.mouse.move(x + 20, y + 10);
  await page.mouse.down();
  await page.mouse.move(5, 5);
  await page.mouse.up();
  assert.equal(await site.inputValue(), "some.example");
  await page.mouse.click(5, 5);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  page.complaints = page.complaints.filter((complaint) => !/404|module/.test(complaint));
  await leave(page);
});
