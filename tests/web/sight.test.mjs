// What a person sees and touches, at every size: figures that stand still, nothing over anything else, targets that
// a finger meets, and what is true in whatever colours the browser is told to use.

import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
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

/** The six numbers with figures as long as they get in traffic of some size, and what of them lies over something or is cut off. */
const crowded = (page) =>
  page.evaluate(() => {
    const real = document.getElementById("vitals");
    const copy = real.cloneNode(true);
    real.after(copy);
    // Of little traffic nothing is known to be usual: as it is drawn where it is.
    for (const name of ["requests", "s5xx", "s4xx", "sent"]) {
      const cell = copy.querySelector(`[data-vital="${name}"]`);
      cell.querySelector(".usual-range")?.remove();
      const part = (of, tag, name) => Object.assign(of.appendChild(document.createElement(tag)), { className: name });
      const range = part(cell, "dd", "usual-range");
      part(range, "span", "gauge");
      const said = part(range, "span", "");
      said.ariaHidden = "true";
      part(said, "span", "in-words");
      part(said, "span", "in-figures");
    }
    const put = (cell, what, text) => {
      const at = copy.querySelector(`[data-vital="${cell}"] ${what}`);
      if (at) (at.firstChild ?? at.appendChild(new Text())).data = text;
    };
    for (const [cell, big, band, sum] of [
      ["requests", "888.8", "388.8–8,888", "888K"],
      ["s5xx", "88.8", "≤ 88.8%", "88.8%"],
      ["s4xx", "88.8", "≤ 88.8%", "88.8%"],
      ["p95", "888", "", "888 ms"],
      ["visitors", "88,888", "", "88,888"],
      ["sent", "88.8", "28.8–88.8 MB/s", "8.8 GB"],
    ]) {
      put(cell, ".big", big);
      put(cell, ".note", `${sum} since 22:44`);
      put(cell, ".in-words", `usual ${band}`);
      put(cell, ".in-figures", band);
    }
    const wrong = [];
    for (const cell of copy.children) {
      const of = (what) => {
        const text = document.createRange();
        text.selectNodeContents(cell.querySelector(what));
        return text.getBoundingClientRect();
      };
      const [range, note] = [cell.querySelector(".usual-range"), cell.querySelector(".note")];
      const right = of(".big").right;
      const box = range?.getBoundingClientRect();
      if (innerWidth < 1180) continue;
      if (box && box.left < right + 4) wrong.push(`${cell.dataset.vital}: ${Math.round(box.left - right)} px beside it`);
      if (note.scrollWidth > note.clientWidth) wrong.push(`${cell.dataset.vital}: ${note.scrollWidth - note.clientWidth} px of its note are cut off`);
    }
    const left = (what) => copy.querySelector(`[data-vital="sent"] ${what}`).getBoundingClientRect().left;
    if (innerWidth < 600 && Math.abs(left(".usual-range") - left("dt")) > 1) wrong.push("the range of what is sent does not begin with its name");
    copy.remove();
    return wrong;
  });

test("what is usual stands beside the number at every width, and below it on a phone", { skip }, async () => {
  for (const locale of ["en-GB", "ko-KR"]) {
    const page = await look(1440, 900, { locale });
    await page.locator("#vitals").waitFor({ state: "attached" });
    for (const width of [360, 1180, 1200, 1279, 1280, 1366, 1439, 1440, 1599, 1600, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await crowded(page), [], `${width} ${locale}`);
    }
    await close(page);
  }
});

test("a stale page has lost its colour, and not the contrast of what is written", { skip }, async () => {
  const gone = await Server.start();
  const its = new Sender(gone.udp);
  await its.send(Array.from({ length: 100 }, (_, i) => line(make(i))));
  const page = await open(gone);
  await page.locator('[data-panel="paths"] [data-value]').first().waitFor();
  its.close();
  await gone.stop();
  await page.locator(".page.stale").waitFor();
  // All that is written on the page, and the faintest of what it stands in.
  const faint = await page.evaluate(() => {
    const found = [];
    const texts = document.createTreeWalker(document.querySelector(".page"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const at = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || at.closest(".act, .acts, .hidden")) continue;
      for (let el = at; el; el = el.parentElement)
        if (Number(getComputedStyle(el).opacity) < 1) found.push(`${texts.currentNode.data} in ${el.className}`);
    }
    return found;
  });
  assert.deepEqual(faint, []);
  const of = (where, what) => page.locator(where).first().evaluate((el, what) => getComputedStyle(el)[what], what);
  for (const where of [".vitals", ".main", ".panels", ".dock-body"]) assert.equal(await of(where, "filter"), "grayscale(1)", where);
  for (const where of [".plots canvas", ".panel .bar"]) assert.equal(await of(where, "opacity"), "0.55", where);
  await close(page);
});

test("from the field of the filter one step leads out of its suggestions", { skip }, async () => {
  const page = await look(1440, 900);
  await page.keyboard.press("/");
  await page.locator("#suggestions").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.closest(".suggest")?.className), undefined);
  await close(page);
});

/** Things to press that are smaller than this, and how large they are. */
const smaller = (page, least) =>
  page.evaluate((least) => {
    const found = new Set();
    for (const el of document.querySelectorAll("button, a, select")) {
      const { width, height } = el.getBoundingClientRect();
      // In the charts a larger one would lie over the next, and a sentence has its lines.
      if (width < 2 || el.closest(".hidden, .skip, .plots, .whole, .gutter, .first-cause, .verdict .value, p") || getComputedStyle(el).visibility === "hidden") continue;
      if (width < least - 0.5 || height < least - 0.5) found.add(`${el.textContent || el.className}: ${width.toFixed()}×${height.toFixed()}`);
    }
    return [...found];
  }, least);

test("a finger meets what it is to press, and so does a pointer", { skip }, async () => {
  for (const locale of ["en-GB", "ko-KR"]) {
    const phone = await look(360, 740, { isMobile: true, hasTouch: true, locale });
    // The footer is a line that says the same as the sources' page.
    assert.deepEqual((await smaller(phone, 44)).filter((x) => !/^\d+ sources?|^1 source|소스/.test(x)), [], locale);
    await phone.locator(".bottom-tabs button").nth(1).click();
    assert.deepEqual((await smaller(phone, 44)).filter((x) => !/^\d+ sources?|^1 source|소스/.test(x)), [], `${locale}, where`);
    await close(phone);
    const desk = await look(1440, 900, { locale });
    assert.deepEqual(await smaller(desk, 24), [], locale);
    await close(desk);
  }
});

test("in a low window a chart is on the first screen", { skip }, async () => {
  for (const [width, height] of [[720, 450], [740, 360]]) {
    const page = await look(width, height);
    const chart = await page.locator('[data-lane="requests"]').boundingBox();
    const dock = await page.locator("#lines").boundingBox();
    assert.ok(chart.y + 24 < dock.y, `${width} × ${height}: the chart begins at ${chart.y}, the lines at ${dock.y}`);
    const [cell, big] = await Promise.all([page.locator('[data-vital="sent"]').boundingBox(), page.locator('[data-vital="sent"] .big').boundingBox()]);
    assert.ok(big.y + big.height <= cell.y + cell.height, "its numbers are whole");
    await close(page);
  }
});

test("the lines cut no panel where nothing of it can be read", { skip }, async () => {
  for (const [width, height] of [[1440, 900], [1920, 950], [1920, 1080], [1920, 1200], [2560, 1440]]) {
    const page = await look(width, height);
    const dock = (await page.locator("#lines").boundingBox()).y;
    const of = (where) => page.locator(`.panels ${where}`).evaluateAll((all) => all.map((el) => el.getBoundingClientRect()).map(({ top, bottom }) => ({ top, bottom })));
    for (const { top, bottom } of await of(".panel tbody tr")) {
      assert.ok(bottom <= dock + 1 || top >= dock - 1, `${width} × ${height}: a value from ${top} to ${bottom}, the lines from ${dock}`);
    }
    const values = await of(".panel tbody tr");
    for (const { top, bottom } of await of(".panel")) {
      if (top >= dock) continue;
      const read = values.filter((row) => row.top >= top && row.bottom <= Math.min(bottom, dock + 1));
      assert.ok(read.length >= 3, `${width} × ${height}: ${read.length} values of the panel at ${top}`);
    }
    await close(page);
  }
});

test("on a laptop all charts, their times and the strip of all that is kept are on the first screen", { skip }, async () => {
  for (const [width, height] of [[1440, 900], [1440, 860], [1440, 789], [1280, 800], [1366, 768], [1440, 740], [1024, 768]]) {
    const page = await look(width, height);
    const bottom = async (where) => page.locator(where).first().evaluate((el) => el.getBoundingClientRect().bottom);
    const dock = (await page.locator("#lines").boundingBox()).y;
    assert.ok((await bottom(".lanes")) <= dock, `${width} × ${height}: the charts end at ${await bottom(".lanes")}, the lines begin at ${dock}`);
    assert.ok((await bottom(".whole")) <= dock + 1, `${width} × ${height}: the strip ends at ${await bottom(".whole")}, the lines begin at ${dock}`);
    const names = await page.locator(".gut").evaluateAll((all) => all.map((el) => [...el.querySelectorAll("h3, p")].map((it) => it.getBoundingClientRect())).map((rows) => ({ top: rows[0]?.top, bottom: rows.at(-1)?.bottom })));
    for (const [i, { bottom }] of names.slice(0, -2).entries()) assert.ok(!(bottom > names[i + 1].top + 1), `${width} × ${height}: names of lane ${i} end at ${bottom}, the next begin at ${names[i + 1].top}`);
    await close(page);
  }
});

test("in a low window keys move into what is there, and the focus is not lost when the lines are closed", { skip }, async () => {
  for (const height of [768, 800, 900]) {
    const page = await look(1366, height);
    const at = () => page.evaluate(() => document.activeElement.closest("[data-panel], #lines")?.id ?? document.activeElement.closest("[data-panel]")?.dataset.panel);
    await page.keyboard.press("j");
    await until(`${height}: a value or a line`, async () => (await at()) !== undefined);
    const came = await at();
    await page.keyboard.press("t");
    await page.locator("#lines tr.row").nth(7).waitFor();
    await page.locator("#lines tr.row").nth(3).focus();
    await page.keyboard.press("Escape");
    await page.locator("#lines .opener[aria-expanded=false]").waitFor();
    await until(`${height}: where it came from`, async () => (await at()) === came);
    await close(page);
  }
});

test("the focus goes into the lines that a key opens, back to where it came from, and out of the past to what leads there", { skip }, async () => {
  const page = await look(1440, 900);
  const is = (what, where) => until(`${what}: the focus is on ${where}`, () => page.evaluate((where) => document.activeElement.matches(where), where));
  for (const where of ['[data-panel="clients"] [data-value]', '[data-panel="paths"] .panel-more', "#charts .table-button", ".panels-foot button:nth-child(2)", "header .live"]) {
    await page.locator(where).first().focus();
    for (const key of ["t", "Escape"]) {
      await page.keyboard.press("t");
      await is(where, "#lines.open .dock-body");
      await page.keyboard.press("j");
      await is(where, "#lines.open tr.row");
      await page.keyboard.press(key);
      await is(where, where);
    }
  }
  // Nothing had it, and nothing has it again: a key that a button keeps for itself would do something else now.
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("t");
  await is("nothing", "#lines.open .dock-body");
  await page.keyboard.press("t");
  await is("nothing", "body");

  await page.keyboard.press("[");
  await page.locator(".transport .play").focus();
  await page.keyboard.press("l");
  await is("back to live", "header .live");
  await page.keyboard.press("[");
  await page.keyboard.press("t");
  await page.locator("#lines.open tr.row").first().waitFor();
  await page.keyboard.press("j");
  await is("a second's lines", "#lines.open tr.row");
  await page.keyboard.press("l");
  await is("the lines of now", "#lines.open .dock-body, #lines.open tr.row");
  await close(page);
});

test("on a phone the keys of the lines lead to them, out of the drawer too, and none goes to a list behind it", { skip }, async () => {
  const page = await look(360, 740);
  const is = (what, where) => until(`${what}: the focus is on ${where}`, () => page.evaluate((where) => document.activeElement.matches(where), where));
  const tab = () => page.locator(".bottom-tabs [aria-current]").innerText();
  for (const [nth, name] of [[0, "Charts"], [1, "Where"]]) {
    await page.locator(".bottom-tabs button").nth(nth).click();
    for (const key of ["t", "Escape"]) {
      await page.keyboard.press("t");
      await is(name, "#lines.open .dock-body");
      assert.equal(await tab(), "Lines");
      await page.keyboard.press("j");
      await is(name, "#lines.open tr.row");
      assert.ok(await page.locator("#lines tr.row").first().isVisible());
      await page.keyboard.press(key);
      await until(`${name}: back`, async () => (await tab()) === name);
    }
    await page.keyboard.press("a");
    await page.locator(".over .drawer").waitFor();
    await page.keyboard.press("j");
    assert.equal(await page.evaluate(() => document.activeElement.closest("[data-panel], #lines")), null, "what has the focus is in sight");
    await page.keyboard.press("t");
    await is("out of the drawer", "#lines.open .dock-body");
    assert.equal(await page.locator(".drawer").count(), 0);
    await page.keyboard.press("t");
    await until(`${name}: back again`, async () => (await tab()) === name);
  }
  await close(page);
});

test("that the disk takes nothing is told who looks after the server", { skip }, async (t) => {
  const full = await Server.start();
  t.after(() => full.stop());
  await fetch(`${full.url}api/v1/logs`, { method: "POST", headers: { connection: "close" }, body: Array.from({ length: 40 }, (_, i) => line(make(i))).join("\n") });
  // Root may write everywhere but in the place of a directory.
  const obstacle = join(full.dir, "tapline/shares.new");
  mkdirSync(obstacle);
  const share = () =>
    fetch(`${full.url}api/v1/shares`, { method: "POST", headers: { "content-type": "application/json", connection: "close" }, body: '{"site":"own.example"}' });
  assert.equal((await share()).status, 500);
  for (const [locale, width, said] of [["en-GB", 1440, /^not written to disk since \d\d:\d\d:\d\d$/], ["ko-KR", 360, /^\d\d:\d\d:\d\d부터 디스크에 기록되지 않음$/]]) {
    const page = await open({ url: full.url }, { viewport: { width, height: 800 }, locale });
    const note = page.locator("#accounting .loss").first();
    await until(`${locale}: told`, async () => said.test(await note.innerText()));
    const box = await note.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width, `${locale}: ${JSON.stringify(box)}`);
    await page.keyboard.press("s");
    await page.locator("#sources .unwritten").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await close(page);
  }
  rmSync(obstacle, { recursive: true });
  assert.equal((await share()).status, 201);
  await until("no longer", async () => (await full.summary()).unwritten_since === undefined);
});

test("on a phone the charts stay where they are when the first numbers come", { skip }, async () => {
  for (const locale of ["en-GB", "ko-KR"]) {
    const moved = (page) =>
      page.addInitScript(() => {
        window.__moved = [];
        const note = (list) => list.getEntries().forEach((entry) => window.__moved.push(...entry.sources.map(({ node }) => String(node?.className))));
        new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
      });
    const page = await open({ url: server.url }, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, locale }, moved);
    await until("the numbers are there", () => page.locator(".gut b").evaluateAll((all) => all.some((el) => Number.parseFloat(el.textContent) > 0)));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.ok(!(await page.evaluate(() => window.__moved)).includes("lanes"), `${locale}: ${await page.evaluate(() => window.__moved)}`);
    await close(page);
  }
});

test("that nothing is kept of a time is said whole on every screen", { skip }, async () => {
  const long_ago = Math.floor(Date.now() / 1000) - 7200;
  for (const [size, locale, phone] of [[[360, 740], "en-GB", true], [[360, 740], "ko-KR", true], [[768, 900], "ko-KR"], [[1024, 768], "en-GB"], [[1440, 900], "ko-KR"]]) {
    // Of this day, unless it has just begun, and of another one.
    for (const query of [`?at=${long_ago}`, `?at=${long_ago - 60 * 86_400}`, `?range=${long_ago}-${long_ago + 600}`]) {
      const [width, height] = size;
      const page = await open({ url: server.url + query }, { viewport: { width, height }, locale, ...(phone && { isMobile: true, hasTouch: true }) });
      const said = page.locator("#verdict p");
      await until(`${size} ${locale} ${query}`, async () => (await said.isVisible()) && /kept since|보관/.test(await said.innerText()));
      const cut = await said.evaluate((el) => el.scrollWidth > el.clientWidth || el.scrollHeight > el.clientHeight + 1);
      assert.ok(!cut, `${size} ${locale} ${query}: ${await said.innerText()}`);
      await close(page);
    }
  }
});

test("what is pressed, current or an error is told apart in the system's colours, too", { skip }, async () => {
  const page = await look(1440, 900, { forcedColors: "active" });
  await page.keyboard.press("t");
  await page.locator("#lines tr.row.e5").first().waitFor();
  await page.locator("#menu-button").click();
  const of = (where, what) => page.locator(where).first().evaluate((el, what) => getComputedStyle(el)[what], what);
  for (const group of [".dock .tabs", ".menu .segments"]) {
    assert.notEqual(await of(`${group} [aria-pressed="true"]`, "backgroundColor"), await of(`${group} [aria-pressed="false"]`, "backgroundColor"));
    assert.notEqual(await of(`${group} [aria-pressed="true"]`, "backgroundColor"), await of(`${group} [aria-pressed="true"]`, "color"));
  }
  assert.equal(await of("#lines tr.row.e5 > td", "borderLeftStyle"), "solid");
  assert.notEqual(await of(".connection", "backgroundColor"), await of("body", "backgroundColor"));
  assert.notEqual(await of(".live .dot", "backgroundColor"), await of(".live", "backgroundColor"));
  await close(page);
});

test("chips out of sight fade out at their edge, and on a phone none is out of sight", { skip }, async () => {
  const filter = ["-status:599", "-path:/nowhere/at/all/in/this/house", "-client:198.51.100.200", "-agent:nobody-has-this-one", "-site:nowhere.example.org"];
  const query = `?filter=${encodeURIComponent(filter.join(" "))}`;
  const page = await look(1024, 900, {}, query);
  const terms = page.locator(".terms");
  await until("a mask", () => terms.evaluate((el) => el.matches("[data-before]") && getComputedStyle(el).maskImage.includes("gradient")));
  await terms.evaluate((el) => el.scrollTo(0, 0));
  await until("it is at the other edge", () => terms.evaluate((el) => el.matches("[data-after]:not([data-before])")));
  await close(page);
  const phone = await look(360, 740, { isMobile: true, hasTouch: true }, `?filter=${encodeURIComponent(filter.slice(0, 2).join(" "))}`);
  const right = await phone.locator(".chip").evaluateAll((all) => all.map((el) => el.getBoundingClientRect()).map((box) => [box.left >= 0, box.right <= 360]));
  assert.deepEqual(right.flat().filter((inside) => !inside), []);
  await close(phone);
});

test("a source's row stands where it stood once it is chosen", { skip }, async () => {
  const page = await open({ url: `${server.url}?view=sources` });
  const chosen = page.locator(".source-table tr.chosen td").first();
  await chosen.waitFor();
  const room = (cell) => cell.evaluate((el) => getComputedStyle(el).paddingLeft);
  assert.equal(await room(chosen), await room(page.locator(".source-table th").first()));
  await close(page);
});

test("all of what is to be pasted is in sight, and so is what copies it", { skip }, async () => {
  for (const [width, height] of [[1440, 900], [768, 900], [360, 640]]) {
    const page = await look(width, height);
    await page.locator("#menu-button").click();
    await page.locator(".menu nav button").nth(2).click();
    for (const tab of await page.locator(".first [role=tab]").all()) {
      await tab.click();
      const [sender, cut, copies] = [await tab.innerText(), ...(await page.locator(".first .code").first().evaluate((el) => {
        const [pre, button] = [el.querySelector("pre"), el.querySelector("button").getBoundingClientRect()];
        return [pre.scrollWidth - pre.clientWidth, button.left >= 0 && button.right <= innerWidth && button.bottom <= innerHeight];
      }))];
      assert.equal(cut, 0, `${width}: ${sender}'s lines are cut`);
      assert.ok(copies, `${width}: what copies ${sender}'s is out of sight`);
    }
    await close(page);
  }
});

test("the charts' times and what is chosen beside them take two rows on a phone, also in the hour that is gone through twice", { skip }, async () => {
  const twice = Date.UTC(2026, 10, 1, 6) / 1000; // 01:00 in New York, for the second time
  for (const [query, locale] of [["", "en-GB"], [`?at=${twice}`, "en-GB"], [`?at=${twice}`, "ko-KR"], [`?range=${twice - 1800}-${twice}`, "en-GB"], [`?range=${twice - 180000}-${twice}`, "en-GB"]]) {
    const page = await open({ url: `${server.url}${query}` }, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, locale, timezoneId: "America/New_York" });
    await until("the numbers are there", () => page.evaluate(() => /\d/.test(document.querySelector(".when .tools h2").textContent)));
    const rows = await page.locator(".when .tools").evaluate((el) => {
      const [h2, select, modes] = ["h2", "select", ".modes"].map((what) => el.querySelector(what).getBoundingClientRect());
      return [h2.bottom <= modes.top && select.bottom <= modes.top, el.getBoundingClientRect().height];
    });
    assert.deepEqual(rows, [true, 104], `${query} ${locale}`);
    await close(page);
  }
});

test("on paper the page is light, and its charts and lists are whole", { skip }, async () => {
  const page = await look(1440, 900, { colorScheme: "dark" });
  /** Whether it is dark ink on white; where nothing is painted, the paper is white. */
  const light = () =>
    page.evaluate(() => {
      const shade = (colour) => Math.max(...colour.match(/\d+/g).slice(0, 3).map(Number));
      const { color } = getComputedStyle(document.body);
      const painted = [document.body, document.documentElement].map((el) => getComputedStyle(el).backgroundColor).find((colour) => colour !== "rgba(0, 0, 0, 0)");
      return shade(color) < 100 && shade(painted ?? "rgb(255, 255, 255)") === 255;
    });
  assert.equal(await light(), false);
  // The browser says so itself only where somebody prints.
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.setViewportSize({ width: 1040, height: 720 });
  await until("it is light", light, 10_000);
  const wrong = await page.evaluate(() => {
    const said = [];
    const name = (el) => `${el.tagName.toLowerCase()}.${el.className?.baseVal ?? el.className}`;
    const wide = document.documentElement.clientWidth;
    for (const el of document.querySelectorAll("#app *, body > *")) {
      if (!el.checkVisibility()) continue;
      const { overflowX, overflowY } = getComputedStyle(el);
      if (/auto|scroll/.test(overflowY) && el.scrollHeight > el.clientHeight + 1) said.push(`${name(el)} scrolls down`);
      if (/auto|scroll/.test(overflowX) && el.scrollWidth > el.clientWidth + 1) said.push(`${name(el)} scrolls sideways`);
    }
    for (const el of document.querySelectorAll(".lanes canvas, .lanes svg, .panel, .panel table, .vitals > div")) {
      if (!el.checkVisibility()) continue;
      const { left, right, height } = el.getBoundingClientRect();
      if (left < -1 || right > wide + 1 || height === 0) said.push(`${name(el)} is cut: ${Math.round(left)} to ${Math.round(right)} of ${wide}`);
    }
    return said;
  });
  assert.deepEqual(wrong, []);
  assert.ok((await page.locator('[data-panel="paths"] [data-value]').count()) > 5);
  await close(page);
});

test("what is wrong with a filter is said whole on a phone", { skip }, async () => {
  for (const locale of ["en-GB", "ko-KR"]) {
    for (const filter of ["statsu:200", "status:abc", 'path:"open', "latency:>quickly"]) {
      const page = await open({ url: `${server.url}?filter=${encodeURIComponent(filter)}` }, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, locale });
      const said = page.locator("#problem");
      await until(`${locale} ${filter}`, async () => (await said.innerText()) !== "");
      const box = await said.boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= 360, `${locale} ${filter}: ${JSON.stringify(box)}`);
      const cut = await said.evaluate((el) => el.scrollWidth > el.clientWidth || el.scrollHeight > el.clientHeight + 1);
      assert.ok(!cut, `${locale} ${filter}: ${await said.innerText()}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
      await close(page);
    }
  }
});

test("the tile of the visitors says of which span they are, whole at every width", { skip }, async () => {
  for (const locale of ["en-GB", "ko-KR"]) {
    const page = await look(1440, 900, { locale });
    const span = page.locator('[data-vital="visitors"] .vital-of');
    await until(`${locale}: the span`, async () => /\d/.test(await span.innerText()));
    for (const width of [360, 768, 1024, 1180, 1280, 1440, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      assert.ok(await span.evaluate((el) => el.scrollWidth <= el.clientWidth + 1), `${locale} ${width}`);
    }
    await close(page);
  }
});
