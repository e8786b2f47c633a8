// What the page costs a browser: a stream of requests, twenty and more panels, and Chromium asked over
// the DevTools protocol, minute by minute. No test: timings are figures of loadtest/README.md.
//
//   node cost.mjs [--minutes 10] [--rate 10000] [--width 1440] [--height 900] [--lines]
//
// `--lines` opens the list of lines. TAPLINE_TEST_BINARY names the program; a release build, for else the
// server takes the processor that the page is measured on.

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Worker, isMainThread, workerData } from "node:worker_threads";

const FRAMES = 50;
const HEAP_MB = 150;

if (isMainThread) await main();
else await send(workerData);

/** Posts `rate` requests a second in batches, as shippers do. */
async function send({ url, rate }) {
  const { line } = await import("./server.mjs");
  const BATCHES = 10;
  const agents = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "curl/8.11.0",
  ];
  const referrers = ["-", "-", "https://www.google.com/search?q=tea", "https://example.org/a", "https://news.example.com/"];
  let i = 0;
  const make = () => {
    i++;
    // a few values are asked for often and many seldom, as on a real site
    const rare = (i * 2654435761) >>> 0;
    const path = i % 3 ? `/p/${rare % 40}` : i % 7 ? `/static/${rare % 200}.css` : `/user/${rare % 50_000}?q=${rare % 900}`;
    return line({
      client: `${rare % 4 ? "203.0.113" : `198.${rare % 19}.${(rare >> 8) % 250}`}.${(rare >> 16) % 250}`,
      method: rare % 20 ? "GET" : "POST",
      path,
      status: rare % 400 === 0 ? 502 : rare % 23 === 0 ? 404 : rare % 17 === 0 ? 301 : 200,
      bytes: rare % 40_000,
      agent: agents[rare % 5],
      referrer: referrers[(rare >> 4) % 5],
      tail: ` ${(((rare >> 3) % 900) ** 2 / 1_000_000).toFixed(3)} -`,
    });
  };
  const began = Date.now();
  for (let batch = 1; ; batch++) {
    const lines = Array.from({ length: rate / BATCHES }, make).join("\n");
    await fetch(`${url}api/v1/logs`, { method: "POST", body: lines }).then((answer) => answer.arrayBuffer());
    const wait = began + (batch * 1000) / BATCHES - Date.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      rate: { type: "string", default: "10000" },
      width: { type: "string", default: "1440" },
      height: { type: "string", default: "900" },
      lines: { type: "boolean", default: false },
    },
  });
  const [minutes, rate, width, height] = [values.minutes, values.rate, values.width, values.height].map(Number);
  const { launch, room } = await import("./chromium.mjs");
  const { Server, until } = await import("./server.mjs");
  const server = await Server.start();
  const browser = await launch();
  const sender = new Worker(new URL(import.meta.url), { workerData: { url: server.url, rate } });
  let failed = false;
  try {
    const context = await room(browser, { viewport: { width, height } });
    const page = await context.newPage();
    const lists = "routes slow not_found static types queries networks classes methods outcomes sources purposes systems user_agents referrer_urls".split(" ");
    await page.addInitScript((layout) => localStorage.setItem("tapline.panels", layout), JSON.stringify({ v: 1, panels: lists.map((id) => ({ id: `list:${id}` })), hidden: [] }));
    await page.goto(server.url);
    await until("panels are filled", async () => (await page.locator("[data-panel] [data-value]").count()) > 50, 60_000);
    const panels = await page.locator("[data-panel]").count();
    if (values.lines) await page.keyboard.press("t");
    const { version } = await fetch(`${server.url}api/v1/live?format=ndjson`).then((answer) => firstLine(answer));
    console.log(`tapline ${version}, ${browser.version()}, ${cpus().length} × ${cpus()[0].model}; ${rate} requests/s, ${panels} panels, ${width} × ${height}${values.lines ? ", lines open" : ""}`);

    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    await devtools.send("HeapProfiler.enable");
    await page.evaluate(() => {
      const seen = (window.__cost = { frames: [], tasks: [] });
      new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
      let last = performance.now();
      const frame = (now) => {
        seen.frames.push(now - last);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const metrics = async () => Object.fromEntries((await devtools.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value]));
    let [before, counted] = [await metrics(), (await server.summary()).accounting.counted];
    let began = Date.now();
    await page.evaluate(() => void (window.__cost.frames.length = window.__cost.tasks.length = 0));
    console.log("| minute | requests/s | frames/s | worst second | longest frame ms | tasks over 50 ms | their ms | page busy | heap MB | DOM nodes |");
    console.log("|---|---|---|---|---|---|---|---|---|---|");
    for (let minute = 1; minute <= minutes; minute++) {
      await new Promise((done) => setTimeout(done, began + 60_000 - Date.now()));
      const seconds = (Date.now() - began) / 1000;
      const { frames, tasks } = await page.evaluate(() => {
        const { frames, tasks } = window.__cost;
        const taken = { frames: frames.splice(0), tasks: tasks.splice(0) };
        return taken;
      });
      const now = await metrics();
      const total = (await server.summary()).accounting.counted;
      // after the figures of time: collecting takes some itself
      await devtools.send("HeapProfiler.collectGarbage");
      const heap = (await metrics()).JSHeapUsedSize / 1e6;
      const rateShown = frames.length / (frames.reduce((a, b) => a + b, 0) / 1000);
      const row = [
        minute,
        Math.round((total - counted) / seconds),
        rateShown.toFixed(1),
        worst(frames),
        Math.round(Math.max(...frames)),
        tasks.length,
        Math.round(tasks.reduce((a, b) => a + b, 0)),
        `${Math.round(((now.TaskDuration - before.TaskDuration) / seconds) * 100)} %`,
        heap.toFixed(1),
        now.Nodes,
      ];
      console.log(`| ${row.join(" | ")} |`);
      if (rateShown < FRAMES || heap > HEAP_MB) failed = true;
      [before, counted] = [await metrics(), (await server.summary()).accounting.counted];
      await page.evaluate(() => void (window.__cost.frames.length = window.__cost.tasks.length = 0));
      began = Date.now();
    }
    console.log(`${failed ? "NOT within" : "within"} ${FRAMES} frames/s and ${HEAP_MB} MB`);
  } finally {
    await sender.terminate();
    await browser.close();
    await server.stop();
  }
  process.exitCode = failed ? 1 : 0;
}

/** Frames in the second that had fewest. */
function worst(frames) {
  let [least, start, n, at] = [Infinity, 0, 0, 0];
  for (const frame of frames) {
    at += frame;
    n++;
    if (at - start >= 1000) {
      least = Math.min(least, Math.round((n * 1000) / (at - start)));
      [start, n] = [at, 0];
    }
  }
  return least === Infinity ? "–" : least;
}

async function firstLine(answer) {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) text += decoder.decode((await reader.read()).value, { stream: true });
  await reader.cancel();
  return JSON.parse(text.split("\n")[0]);
}
