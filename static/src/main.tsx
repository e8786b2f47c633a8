// Starts the page.

import "./style/tokens.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/views.css";
import "./style/panels.css";
import "./style/time.css";
import "./style/lines.css";
import "./style/anomalies.css";
import "./style/forced.css";
import "./style/print.css";
import { render } from "preact";
import { startAnomalies, tellsOf } from "./anomalies";
import { startAsking } from "./asked";
import { goTo, start } from "./feed";
import { listen } from "./keys";
import { learn } from "./lib/i18n";
import { startNotices } from "./notices";
import { startPast } from "./past";
import { startSession } from "./session";
import { takeShare } from "./share";
import * as s from "./state";
import { noticeOf } from "./view/anomaly-words";
import { App } from "./view/app";
import { AGAIN_MS } from "./view/later";

document.documentElement.dataset["theme"] = s.light.value ? "light" : "dark";
document.documentElement.lang = s.lang.value;
// What follows is drawn before the browser takes its picture.
addEventListener("beforeprint", () => (s.printing.value = true));
addEventListener("afterprint", () => (s.printing.value = false));
matchMedia("(prefers-color-scheme: light)").addEventListener("change", (e) => (s.systemLight.value = e.matches));

addEventListener("popstate", () => {
  const address = new URLSearchParams(location.search);
  s.readAddress();
  goTo(address.get("filter") ?? "", Number(address.get("window")) || 900);
});

// Whoever opens a link sees what the link shows, also where more may be seen.
addEventListener("hashchange", () => void openShare());
void openShare();

async function openShare(): Promise<void> {
  if ((await takeShare()) === "taken") location.reload();
}

const words = learn(s.lang.peek());
listen();
startSession();
startPast();
startAsking();
startAnomalies();
startNotices((a) => noticeOf(tellsOf(a)));
start();
const root = document.getElementById("app")!;
// The frame of index.html stands until the words are here.
words.then(() => {
  root.replaceChildren();
  render(<App />, root);
}, loadAnew);

/** Once the server answers again: not every browser asks a second time for a script that did not come. */
function loadAnew(): void {
  setTimeout(() => {
    fetch(location.href, { method: "HEAD" }).then(() => location.reload(), loadAnew);
  }, AGAIN_MS);
}
