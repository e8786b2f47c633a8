// A recorded log on the page: what is filtered and which second is gone to, every panel, number and
// line says what an independent reading of the same lines says.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { behaved, close, one_browser, open, skip as no_browser } from "./chromium.mjs";
import { Server, until } from "./server.mjs";
import { count, LISTS, linesOf, moved, read, recorded, select, summarise } from "./truth.mjs";

const NAME = "nginx_combined_shop_60k.log.gz";
const path = recorded(NAME);
const skip = no_browser || (!path && `left out: no ${NAME}`);

/** Each list is a panel of its own that shows counts. */
const LAYOUT = JSON.stringify({
  v: 1,
  panels: Object.keys(LISTS).map((list) => ({ id: `list:${list}`, measure: "count" })),
  hidden: ["paths", "clients", "status", "sites", "agents", "referrers", "latency", "transport", "hours"],
});

one_browser();

let server, events;

before(async () => {
  if (skip) return;
  server = await Server.start({ config: '[time]\npast = "24 h"\n' });
  // Ended some seconds ago: all of it is in closed seconds, and none of it in the future.
  const raw = linesOf(path).map(read);
  events = moved(raw, Math.floor(Date.now() / 1000) - 5);
  for (let i = 0; i < events.length; i += 20_000) {
    const { accepted, rejected } = await server.post(events.slice(i, i + 20_000).map((e) => e.line));
    assert.equal(rejected, 0);
    assert.equal(accepted, Math.min(20_000, events.length - i));
  }
  assert.equal((await server.summary()).requests, events.length);
});

after(() => server?.stop());

const look = (address = "", options = {}) =>
  open({ url: `${server.url}${address}` }, { viewport: { width: 1440, height: 3200 }, ...options }, (page) =>
    page.addInitScript((layout) => localStorage.setItem("tapline.panels", layout), LAYOUT),
  );

/** What the panels show: by list, each row's value and number of requests. */
const shown = (page) =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll("[data-panel]")].map((panel) => [
        panel.dataset.panel.replace("list:", ""),
        [...panel.querySelectorAll("tbody tr")].flatMap((row) => {
          const value = row.querySelector("[data-value]");
          return value ? [[value.dataset.value, Number(row.cells[1].innerText.replace(/,/g, ""))]] : [];
        }),
      ]),
    ),
  );

/** Why the panels do not show the truth; empty where they do. */
function difference(panels, truth) {
  for (const list of Object.keys(LISTS)) {
    const rows = panels[list];
    if (!rows) return `${list} is not shown`;
    const expected = truth.top[list];
    if (rows.length === 0 && expected.length > 0) return `${list} is empty`;
    // its own rows are checked one by one; what was masked was so before it was counted
    const known = new Map(expected.map((row) => [row.value, row.requests]));
    for (const [value, requests] of rows) {
      if (!value.includes("***") && known.get(value) !== requests) return `${list}: ${value} has ${known.get(value)}, ${requests} is shown`;
    }
    const most = expected.slice(0, rows.length).map((row) => row.requests);
    if (list !== "queries" && rows.map(([, n]) => n).join() !== most.join()) return `${list}: ${rows.map(([, n]) => n)} where ${most} are most`;
  }
  return "";
}

const UNITS = { "": 1, k: 1e3, K: 1e3, M: 1e6, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, "%": 0.01 };

/** Whether a number as it is written is the true one, rounded. */
function rounds(written, truth) {
  const [, digits, unit] = /([\d,.]+)\s*(%|[kMG]?B\b|[kKM]\b)?/.exec(written) ?? [];
  if (digits === undefined) return false;
  const scale = UNITS[unit ?? ""];
  const place = 10 ** -(digits.split(".")[1]?.length ?? 0);
  // three significant digits where it has more
  const size = Math.max(place, 10 ** (Math.floor(Math.log10(Math.max(1, Number(digits.replace(/,/g, ""))))) - 2));
  return Math.abs(Number(digits.replace(/,/g, "")) * scale - truth) <= size * scale * 0.5001;
}

/** What the vitals say of the whole window, under the number of now. */
const notes = (page) =>
  page.evaluate(() => Object.fromEntries([...document.querySelectorAll("[data-vital]")].map((v) => [v.dataset.vital, v.querySelector(".note").innerText])));

/** Waits until every panel and the vitals say the truth, and tells how long that took. */
async function agrees(page, truth) {
  const from = Date.now();
  let why;
  await until("panels and vitals agree", async () => {
    why = difference(await shown(page), truth);
    if (!why) {
      const said = await notes(page);
      const share = (name) => truth.status[name] / truth.requests;
      for (const [name, value] of [["requests", truth.requests], ["s5xx", share("5xx")], ["s4xx", share("4xx")], ["sent", truth.bytes]]) {
        if (truth.requests > 0 && !rounds(said[name], value)) why = `${name}: ${said[name]} where ${value} is true`;
      }
      const visitors = Number(/[\d,]+/.exec(said.visitors)?.[0].replace(/,/g, ""));
      if (Math.abs(visitors - truth.visitors) > (truth.visitors < 1024 ? 0 : truth.visitors * 0.03)) why = `visitors: ${said.visitors} where ${truth.visitors} is true`;
    }
    return why === "";
  }).catch((error) => {
    throw new Error(`${error.message}: ${why}`);
  });
  return Date.now() - from;
}

/** The lines that are listed, as `status method path client`. */
const lines = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("#lines tr.row")].map((row) => {
      const heads = [...row.closest("table").tHead.rows[0].cells].map((head) => head.innerText);
      return Object.fromEntries([...row.cells].map((cell, i) => [heads[i], cell.innerText]));
    }),
  );

const filterOf = (page) => new URL(page.url()).searchParams.get("filter");
const value = (page, list, text) => page.locator(`[data-panel="list:${list}"] [data-value=${JSON.stringify(text)}]`);

test("everything on the page is what the file says", { skip }, async () => {
  const page = await look("?window=3600");
  await agrees(page, summarise(events));
  await close(page);
});

test("a click on a path filters panels, vitals and lines; more clicks combine, exclude and remove", { skip }, async (t) => {
  const page = await look("?window=3600");
  const all = summarise(events);
  await agrees(page, all);
  const path = all.top.paths[1].value;
  const steps = [
    // the first click, and how the filter reads after it
    [() => value(page, "paths", path).click(), `path:${path}`],
    [() => value(page, "statuses", "200").click({ modifiers: ["Alt"] }), `path:${path} -status:200`],
    [() => value(page, "statuses", "200").waitFor({ state: "detached" }), `path:${path} -status:200`],
  ];
  for (const [act, filter] of steps) {
    await act();
    const took = await agrees(page, summarise(select(events, filter)));
    t.diagnostic(`${filter}: ${took} ms`);
    assert.equal(filterOf(page), filter);
  }
  // a second value of the same field
  const other = summarise(select(events, `path:${path} -status:200`)).top.clients[0].value;
  await value(page, "clients", other).click();
  await agrees(page, summarise(select(events, `path:${path} -status:200 client:${other}`)));
  assert.deepEqual(filterOf(page).split(" ").sort(), [`-status:200`, `client:${other}`, `path:${path}`].sort());

  // a shared address shows the same to someone else
  const theirs = await look(new URL(page.url()).search);
  await agrees(theirs, summarise(select(events, filterOf(page))));
  await close(theirs);

  // back takes one step at a time
  await page.goBack();
  await agrees(page, summarise(select(events, `path:${path} -status:200`)));
  await page.goBack();
  await agrees(page, summarise(select(events, `path:${path}`)));
  await page.goForward();
  await agrees(page, summarise(select(events, `path:${path} -status:200`)));

  // a chip removes its own term
  await page.getByRole("button", { name: "Remove -status:200" }).click();
  await agrees(page, summarise(select(events, `path:${path}`)));
  // and the value itself, clicked again, the last
  await value(page, "paths", path).click();
  await agrees(page, all);
  assert.equal(filterOf(page), null);
  await close(page);
});

test("a click on a value of any list filters everything by it, and a second click no more", { skip }, async () => {
  const page = await look("?window=3600");
  const all = summarise(events);
  await agrees(page, all);
  for (const [list, pick, word] of [
    ["clients", 0, "client"],
    ["networks", 0, "client"],
    ["statuses", 2, "status"],
    ["classes", 3, "status"],
    ["outcomes", 1, "outcome"],
    ["methods", 1, "method"],
    ["user_agents", 0, "agent"],
    ["referrers", 0, "referrer"],
    ["referrer_urls", 2, "referrer"],
  ]) {
    const row = page.locator(`[data-panel="list:${list}"] [data-value]`).nth(pick);
    const picked = await row.getAttribute("data-value");
    await row.click();
    await agrees(page, summarise(events.filter((e) => LISTS[list](e) === picked)));
    assert.ok(filterOf(page).startsWith(`${word}:`), filterOf(page));
    await value(page, list, picked).click();
    await agrees(page, all);
  }
  await close(page);
});

test("the lines under a filter are those it means, down to the oldest", { skip }, async () => {
  const filter = "method:POST -status:200";
  const there = select(events, filter);
  assert.ok(there.length > 20 && there.length < 100, `${there.length} lines`);
  const page = await look(`?window=3600&filter=${encodeURIComponent(filter)}`);
  await agrees(page, summarise(there));
  await page.keyboard.press("t");
  const key = ({ status, method, path, client }) => `${status} ${method} ${path} ${client}`;
  await until("every one is listed", async () => (await lines(page)).length === there.length);
  assert.deepEqual(
    (await lines(page)).map((row) => key({ status: row.Status, method: row.Method, path: row.Path.split("?")[0], client: row.Client })).sort(),
    there.map(key).sort(),
  );
  await close(page);
});

test("going to a second shows the vitals, lists and lines of that second", { skip }, async (t) => {
  const seconds = [...new Set(events.map((e) => e.t))].sort((a, b) => a - b);
  const page = await look("?window=3600");
  await agrees(page, summarise(events));
  const check = async (at, filter = "") => {
    const there = select(events.filter((e) => e.t === at), filter);
    const truth = summarise(there);
    let why;
    const from = Date.now();
    await until(`second ${at}`, async () => {
      why = difference(await shown(page), truth);
      const big = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll("[data-vital]")].map((v) => [v.dataset.vital, v.querySelector(".big").innerText])));
      const wrong = [
        ["requests", truth.requests],
        ["visitors", truth.visitors],
        // of no requests there is no share
        ["s5xx", truth.requests ? truth.status["5xx"] / truth.requests : null],
        ["s4xx", truth.requests ? truth.status["4xx"] / truth.requests : null],
        ["sent", truth.bytes],
      ].find(([name, value]) => (value === null ? big[name] !== "–" : !rounds(big[name].replace("/s", ""), value)));
      if (!why && wrong) why = `${wrong[0]}: ${big[wrong[0]]} where ${wrong[1]} is true`;
      return why === "";
    }).catch((error) => {
      throw new Error(`${error.message}: ${why}`);
    });
    t.diagnostic(`second ${at}: ${Date.now() - from} ms`);
    await page.keyboard.press("t");
    await until("its lines", async () => (await lines(page)).length === there.length);
    const key = ({ status, method, path, client }) => `${status} ${method} ${path} ${client}`;
    assert.deepEqual(
      (await lines(page)).map((row) => key({ status: row.Status, method: row.Method, path: row.Path.split("?")[0], client: row.Client })).sort(),
      there.map(key).sort(),
    );
    await page.keyboard.press("t");
  };

  // a click on the chart goes to the second that the pointer's flag names, also within a step of many seconds
  const chart = await page.locator('[data-lane="requests"]').boundingBox();
  const at = () => Number(new URL(page.url()).searchParams.get("at"));
  for (const x of [0.5, 0.5 + 2 / chart.width, 0.5 + 4 / chart.width, 0.5 + 6 / chart.width]) {
    await page.mouse.move(chart.x + chart.width * x, chart.y + chart.height * 0.5);
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const named = await page.locator(".front .flag-text").textContent();
    await page.mouse.down();
    await page.mouse.up();
    await until("a second is shown", at);
    assert.equal(new Date(at() * 1000).toISOString().slice(11, 19), named, `at ${x} of the chart`);
  }
  assert.ok(at() >= seconds[0] && at() <= seconds.at(-1), "the middle of the chart is in the log");
  await check(at());
  // keys step to the one before and after
  const here = at();
  await page.keyboard.press("[");
  await until("one back", () => at() === here - 1);
  await check(here - 1);
  await page.keyboard.press("}");
  await until("a minute on", () => at() === here + 59);
  await check(here + 59);
  // filtered, it is that second's share
  const busiest = count(events.filter((e) => e.t === here + 59), LISTS.clients)[0].value;
  await value(page, "clients", busiest).click();
  await check(here + 59, `client:${busiest}`);
  // its address opens it for someone else
  const [link, filter] = [new URL(page.url()).search, filterOf(page)];
  const theirs = await look(link);
  await until("the same second", async () => difference(await shown(theirs), summarise(select(events.filter((e) => e.t === here + 59), filter))) === "");
  await close(theirs);
  // and L is the present
  await page.keyboard.press("l");
  await agrees(page, summarise(select(events, filter)));
  await behaved(page);
  await page.context().close();
});
