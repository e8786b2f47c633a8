// Time in a real Chromium: a second of the past, a range, marks, comparison and the wall, over a real
// Tapline whose lines have times of their own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, room, skip } from "./chromium.mjs";
import { line, Sender, Server, until } from "./server.mjs";

/** The oldest second that has lines, and how many seconds have some. */
let first;
const SECONDS = 90;
/** Requests in second `i`: each second differs from its neighbours. */
const requests = (i) => 3 + ((i * 7) % 11);
const errors = (i) => (i % 10 === 0 ? 2 : 0);

let browser, server, sender;

before(async () => {
  if (skip) return console.error(skip);
  browser = await launch();
  server = await Server.start();
  sender = new Sender(server.udp);
  first = Math.floor(Date.now() / 1000) - SECONDS - 10;
  let all = 0;
  for (let i = 0; i < SECONDS; i++) {
    const time = new Date((first + i) * 1000);
    const lines = [];
    for (let n = 0; n < requests(i); n++) lines.push(line({ time, path: n === 0 ? `/only/in-${first + i}` : "/all", status: n < errors(i) ? 500 : 200 }));
    await sender.send(lines);
    all += lines.length;
  }
  await until("all are counted", async () => (await server.summary()).requests === all);
  await fetch(`${server.url}api/v1/markers`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "deploy web 4.12.0", time: new Date((first + 40) * 1000).toISOString() }),
  });
});

after(async () => {
  sender?.close();
  await server?.stop();
  await browser?.close();
});

async function open(query, run, viewport = { width: 1440, height: 900 }) {
  const context = await room(browser, { viewport });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.addInitScript(() => {
    localStorage.setItem("tapline.opened", "yes");
    window.__refused = [];
    document.addEventListener("securitypolicyviolation", (e) => window.__refused.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  await page.goto(server.url + query);
  await until("the page has data", () => vital(page, "requests").then((v) => v !== "–"));
  await run(page);
  assert.deepEqual(await page.evaluate(() => window.__refused), [], "refused by the page's policy");
  assert.deepEqual(complaints, []);
  await context.close();
}

/** A vital as it is read, without its unit. */
const vital = (page, name) => page.locator(`[data-vital="${name}"] .big`).evaluate((el) => el.firstChild.textContent);
/** A value of the gutter beside the charts. */
const gutter = (page, name) => page.locator(".gut p", { has: page.getByText(name, { exact: true }) }).locator("b").innerText();
const parameter = (page, name) => page.evaluate((n) => new URLSearchParams(location.search).get(n), name);
const paths = (page) => page.locator('[data-panel="paths"] [data-value]').evaluateAll((rows) => rows.map((r) => r.dataset.value));
const summary = async (from, to, more = "") => (await fetch(`${server.url}api/v1/summary?from=${from}&to=${to}${more}`)).json();
/** A second's place on the charts, from what they say of themselves. */
async function place(page, second) {
  const surface = page.locator(".surface");
  const box = await surface.boundingBox();
  const [from, to] = await Promise.all(["aria-valuemin", "aria-valuemax"].map(async (a) => Number(await surface.getAttribute(a))));
  return { x: box.x + ((second + 0.5 - from) / (to - from)) * box.width, y: box.y + 60 };
}
const still = (page) => page.locator("[data-live=past]").waitFor();

test("a link opens a second with its numbers, lists and lines, and the way back is one click", { skip }, () =>
  open(`?at=${first + 30}`, async (page) => {
    const at = first + 30;
    await until("its numbers", async () => (await vital(page, "requests")) === String(requests(30)));
    await until("its list", async () => (await paths(page)).includes(`/only/in-${at}`));
    assert.deepEqual((await paths(page)).sort(), ["/all", `/only/in-${at}`]);
    await until("its lines", async () => (await page.locator("#lines tr.row").count()) > 0);
    const shown = await page.locator("#lines").innerText();
    assert.match(shown, new RegExp(`/only/in-${at}\\b`));
    assert.equal(await page.locator(".connection.past").count(), 1);
    const clock = new Date(at * 1000).toISOString().slice(11, 19);
    assert.match(await page.locator(".verdict h2").innerText(), new RegExp(`^${clock}, .* ago$`));
    await page.locator("[data-live=past]").click();
    await page.locator("[data-live=on]").waitFor();
    assert.equal(await parameter(page, "at"), null);
    await page.goBack();
    await until("the history goes back to it", async () => (await parameter(page, "at")) === String(at));
    await until("with its numbers", async () => (await vital(page, "requests")) === String(requests(30)));
  }));

test("a click on the charts goes to that second, keys step on from it, and each says what the server says", { skip }, () =>
  open("?window=300", async (page) => {
    const { x, y } = await place(page, first + 50);
    await page.mouse.click(x, y);
    await still(page);
    const near = Number(await parameter(page, "at"));
    assert.ok(Math.abs(near - (first + 50)) <= 1, `${near} is not ${first + 50}`);
    const same = async (at) => {
      const expected = (await summary(at, at + 1)).requests;
      assert.equal(expected, requests(at - first));
      await until(`${at} says ${expected}`, async () => (await parameter(page, "at")) === String(at) && (await vital(page, "requests")) === String(expected));
    };
    await same(near);
    await page.keyboard.press("[");
    await same(near - 1);
    await page.keyboard.press("]");
    await page.keyboard.press("]");
    await same(near + 1);
    await page.locator(".surface").focus();
    await page.keyboard.press("ArrowLeft");
    await until("an arrow moves the playhead", async () => Number(await parameter(page, "at")) < near + 1);
    await page.getByRole("button", { name: "Play 1×" }).click();
    const before = Number(await parameter(page, "at"));
    await until("it plays", async () => Number(await parameter(page, "at")) > before);
    await page.keyboard.press("L");
    await page.locator("[data-live=on]").waitFor();
  }));

test("a drag is a range: the page is about it, it pans with Shift, and a double click leaves it", { skip }, () =>
  open("?window=300", async (page) => {
    const a = await place(page, first + 20);
    const b = await place(page, first + 60);
    const drag = async (from, to) => {
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move((from.x + to.x) / 2, from.y);
      await page.mouse.move(to.x, to.y);
      await page.mouse.up();
    };
    const range = async () => ((await parameter(page, "range")) ?? "").split("-").map(Number);
    await drag(a, b);
    await still(page);
    const [from, to] = await range();
    assert.ok(Math.abs(from - first - 20) <= 2 && Math.abs(to - first - 61) <= 2, `${from}-${to}`);
    const sum = await summary(from, to);
    const rate = (sum.requests / (to - from)).toFixed(1);
    await until(`${rate} a second`, async () => (await vital(page, "requests")) === rate);
    await until("its list", async () => !(await paths(page)).includes(`/only/in-${first + 5}`));
    await page.keyboard.down("Shift");
    await drag(await place(page, from + 10), await place(page, from + 20));
    await page.keyboard.up("Shift");
    const [panned, end] = await range();
    assert.equal(end - panned, to - from);
    assert.ok(Math.abs(from - 10 - panned) <= 1, `${panned} is not ${from - 10}`);
    await page.mouse.dblclick(a.x, a.y);
    await page.locator("[data-live=on]").waitFor();
    assert.equal(await parameter(page, "range"), null);
  }));

test("the gutter of a range says what the range says, and nothing of the failures just before it", { skip }, () =>
  open(`?range=${first + 11}-${first + 19}`, async (page) => {
    const sum = await summary(first + 11, first + 19);
    assert.equal(sum.status["5xx"] ?? 0, 0);
    assert.equal((await summary(first + 10, first + 11)).status["5xx"], errors(10));
    const rate = (sum.requests / 8).toFixed(1);
    await until(`${rate} a second`, async () => (await vital(page, "requests")) === rate);
    await until("the gutter too", async () => (await gutter(page, "2xx")) === rate);
    assert.equal(await gutter(page, "5xx"), "0");
  }));

test("a step back from a range is its last second, and leaves the range as it is", { skip }, () =>
  open(`?range=${first + 11}-${first + 19}`, async (page) => {
    await still(page);
    await page.keyboard.press("[");
    await until("its last second", async () => (await vital(page, "requests")) === String(requests(18)));
    assert.deepEqual([await parameter(page, "at"), await parameter(page, "range")], [String(first + 18), `${first + 11}-${first + 19}`]);
    await page.keyboard.press("[");
    await until("the one before", async () => (await vital(page, "requests")) === String(requests(17)));
    await page.keyboard.press("Escape");
    await until("the range again", async () => (await parameter(page, "at")) === null);
    assert.equal(await parameter(page, "range"), `${first + 11}-${first + 19}`);
  }));

test("the strip of all that is kept moves the range by keyboard", { skip }, () =>
  open("", async (page) => {
    const end = page.getByRole("slider", { name: "End of the range shown" });
    await end.focus();
    await page.keyboard.press("ArrowLeft");
    await still(page);
    const [, to] = (await parameter(page, "range")).split("-").map(Number);
    assert.equal(Number(await end.getAttribute("aria-valuenow")), to);
    await page.keyboard.press("Escape");
    await page.locator("[data-live=on]").waitFor();
  }));

test("a deploy stands on its lane, says its time, and its menu goes there", { skip }, () =>
  open("?window=300", async (page) => {
    const clock = new Date((first + 40) * 1000).toISOString().slice(11, 19);
    await page.getByRole("button", { name: `${clock} deploy web 4.12.0` }).click();
    await page.locator(".marks-menu .go").click();
    await until("it is there", async () => (await parameter(page, "at")) === String(first + 40));
    await until("its numbers", async () => (await vital(page, "requests")) === String(requests(40)));
    assert.notEqual(await vital(page, "s5xx"), "0");
  }));

test("compared with ten seconds before, each vital says how it changed", { skip }, () =>
  open(`?range=${first + 40}-${first + 50}&compare=10`, async (page) => {
    const sum = await summary(first + 40, first + 50, "&before=10");
    const note = () => page.locator('[data-vital="requests"] .note').innerText();
    const was = (sum.before.requests / 10).toFixed(1);
    const share = sum.requests / sum.before.requests - 1;
    const sign = Math.abs(share) < 0.005 ? "0" : share > 0 ? "▲" : "▼";
    await until("the change", async () => {
      const said = await note();
      return said.startsWith(sign) && said.endsWith(`, was ${was}`);
    });
    for (const width of [1440, 1280, 1180]) {
      await page.setViewportSize({ width, height: 900 });
      const cut = () => page.locator("[data-vital] .note").evaluateAll((all) => all.filter((x) => x.scrollWidth > x.clientWidth).map((x) => x.innerText));
      assert.deepEqual(await cut(), [], `at ${width}`);
    }
    await page.keyboard.press("c");
    await until("compared no more", async () => (await parameter(page, "compare")) === null);
  }));

test("compared while live, each vital says of what it is the mean", { skip }, () =>
  open("?window=60&compare=10", async (page) => {
    const labels = () => page.locator("[data-vital] dt").allInnerTexts();
    const of = async (all) => (await labels()).filter((text) => text.includes("in 1 min")).length === (all ? 6 : 0);
    await until("all six say it", () => of(true));
    await page.keyboard.press("c");
    await until("they are of now again", () => of(false));
  }));

test("the charts are a table too, with the same numbers", { skip }, () =>
  open(`?range=${first + 40}-${first + 50}`, async (page) => {
    await page.getByRole("button", { name: "As table" }).click();
    const clock = new Date((first + 45) * 1000).toISOString().slice(11, 19);
    const row = page.locator(".as-table tr", { hasText: clock });
    await until("the second's row", async () => Number(await row.locator("td").first().innerText()) === requests(45));
    const times = (n) => new Date((first + 49 - n) * 1000).toISOString().slice(11, 19);
    const rows = page.locator(".as-table tbody th");
    await until("the seconds of the range and no others", async () => `${await rows.allInnerTexts()}` === `${Array.from({ length: 10 }, (_, n) => times(n))}`);
    await page.getByRole("button", { name: "As charts" }).click();
    await page.locator(".surface").focus();
    await page.keyboard.press("Enter");
    await until("the focus is in the table", () => page.evaluate(() => document.activeElement.matches(".as-table")));
    await page.keyboard.press("Escape");
    await until("and back on the charts", () => page.evaluate(() => document.activeElement.matches(".surface")));
    await still(page);
  }));

test("of a second before all that is kept there is no number, and no mark on the strip or beside it", { skip }, () =>
  open("", async (page) => {
    await fetch(`${server.url}api/v1/markers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "deploy of before", time: new Date((first - 20) * 1000).toISOString() }),
    });
    await page.goto(`${server.url}?at=${first - 20}`);
    await page.getByText("Nothing of this time is kept").first().waitFor();
    await until("an answer", async () => (await page.locator("[data-asking]").count()) === 0);
    for (const name of ["requests", "s5xx", "s4xx", "p95", "visitors", "sent"]) assert.equal(await vital(page, name), "–", name);
    for (const name of ["2xx", "5xx", "Sent", "CPU"]) assert.equal(await gutter(page, name), "–", name);
    assert.equal(await page.locator(".whole-plot .cursor").count(), 0);
    // The deploy of the other test.
    await until("the deploys", async () => (await page.locator(".whole-plot .mark-tick").count()) === 1);
    await page.goto(`${server.url}?at=${first + 30}`);
    await until("a second that is kept", async () => (await vital(page, "requests")) === String(requests(30)));
    assert.equal(await page.locator(".whole-plot .cursor").count(), 1);
  }));

test("a marker is taken away from its flag by key, and put back; of whoever may only look a press goes to its second", { skip }, () =>
  open("", async (page) => {
    const text = "deploy by mistake";
    const time = new Date((first + 60) * 1000).toISOString().replace(".000", "");
    await fetch(`${server.url}api/v1/markers`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text, time, site: "shop.example.org" }) });
    const told = async () => (await (await fetch(`${server.url}api/v1/markers`)).json()).markers.some((m) => m.text === text && m.time === time && m.site === "shop.example.org");
    await page.goto(`${server.url}?range=${first + 50}-${first + 80}`);
    const flag = page.locator(".mark-button", { hasText: text });
    await flag.focus();
    await page.keyboard.press("Enter");
    // The first entry goes to its second, the next takes it away.
    await until("the menu has the focus", () => page.evaluate(() => document.activeElement.matches(".marks-menu .go")));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until("it is gone", async () => !(await told()));
    await until("it can be put back where it was taken away", () => page.evaluate(() => document.activeElement.ariaLabel === "Put the marker deploy by mistake, shop.example.org back"));
    await page.keyboard.press("Escape");
    await until("the focus is on the flag", () => page.evaluate(() => document.activeElement.matches(".mark-button.gone")));
    assert.match(await flag.getAttribute("aria-label"), /removed/);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until("it is there again", told);
    await until("as it was", async () => (await page.locator(".mark-button.gone").count()) === 0 && (await flag.count()) === 1);

    await page.route("**/api/v1/session", (route) => route.fulfill({ json: { name: "grafana", right: "look", site: null, expires: null } }));
    await page.goto(`${server.url}?range=${first + 50}-${first + 80}`);
    await until("who looks is known", async () => (await flag.getAttribute("aria-expanded")) === null);
    await flag.click();
    await until("its second", async () => (await parameter(page, "at")) === String(first + 60));
    await fetch(`${server.url}api/v1/markers`, { method: "DELETE", headers: { "content-type": "application/json" }, body: JSON.stringify({ text, time, site: "shop.example.org" }) });
  }));

test("the wall has nothing to click and no text below 18 pixels, and w leaves it", { skip }, () =>
  open("?wall", async (page) => {
    const seen = await page.evaluate(() => {
      const shown = (el) => el.getClientRects().length > 0 && getComputedStyle(el).visibility !== "hidden";
      const all = [...document.querySelectorAll(".wall *")];
      const texts = all.filter((el) => shown(el) && !el.closest(".hidden") && [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()));
      return {
        controls: all.filter((el) => el.matches("button, a, input, select, [tabindex]") && shown(el)).length,
        smallest: Math.min(...texts.map((el) => Number.parseFloat(getComputedStyle(el).fontSize))),
        wide: document.documentElement.scrollWidth,
      };
    });
    assert.deepEqual([seen.controls, seen.smallest >= 18, seen.wide], [0, true, 1920]);
    await page.keyboard.press("w");
    await page.locator("header.spine").waitFor();
    assert.equal(await parameter(page, "wall"), null);
  }, { width: 1920, height: 1080 }));
