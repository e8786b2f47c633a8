// The keyboard: single keys, off while typing and switchable off altogether (WCAG 2.1.4).

import * as anomalies from "./anomalies";
import { pause, setFilter, setWindow, toggleLive } from "./feed";
import { type How, removeAt, split, toggle } from "./lib/filter";
import { keyName } from "./lib/keyname";
import * as past from "./past";
import * as s from "./state";
import { toggleCompare } from "./view/compare";
import { go } from "./view/header";
import { whole } from "./view/layout";
import { toggleLines } from "./view/lines";
import { narrow } from "./view/narrow";

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

export function listen(): void {
  addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.key === "Escape") {
      escape();
      return;
    }
    if (!s.singleKeys.value || typing(e.target) || s.helpOpen.value || s.sharing.value !== null || whole.value) return;
    // A focused button keeps its own space and Enter.
    const pressed = e.target instanceof HTMLElement && e.target.matches("button, a, summary");
    if (pressed && e.key === " ") return;
    if (act(keyName(e))) e.preventDefault();
  });
}

function act(key: string): boolean {
  switch (key) {
    case "/":
      return search();
    case "f":
      return onValue((el) => filterBy(el, "only")) || search();
    case "x":
      return onValue((el) => filterBy(el, "not"));
    case "m":
      return onValue(menu);
    case " ":
      if (s.at.value !== null) past.play();
      else toggleLive();
      return true;
    case "l":
    case "L":
      past.backToLive();
      return true;
    case "[":
    case "]":
      past.step(key === "[" ? -1 : 1);
      return true;
    case "{":
    case "}":
      past.step(key === "{" ? -60 : 60);
      return true;
    case "c":
      toggleCompare();
      return true;
    case "p":
      pause();
      return true;
    case "t":
      if (s.view.value === "overview" && !s.first.value) toggleLines();
      return true;
    case "s":
      go(s.view.value === "sources" ? "overview" : "sources");
      return true;
    case "-":
      longer();
      return true;
    case "=":
    case "+":
      past.zoomBy(0.5);
      return true;
    case "a":
      if (s.first.value || s.wall.value) return false;
      anomalies.toggle(anomalies.LIST);
      return true;
    case "y":
      return why();
    case "n":
    case "N":
      return !s.wall.value && anomalies.step(key === "n" ? 1 : -1);
    case "w":
      s.wall.value = !s.wall.value;
      s.writeAddress(true);
      return true;
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "?":
      s.helpOpen.value = true;
      return true;
    default:
      return false;
  }
}

/** The drawer of what the verdict is about, or away with it. */
function why(): boolean {
  const head = anomalies.head.peek();
  if (s.first.value || s.wall.value) return false;
  if (s.drawer.value !== null && s.drawer.value === head?.id) anomalies.close();
  else anomalies.show(head?.id ?? (s.guest.peek() ? anomalies.LIST : anomalies.SECOND));
  return true;
}

/** Out of a range step by step; the live window, which ends now, only grows. */
function longer(): void {
  if (!s.scope.value.live) {
    past.zoomBy(2);
    return;
  }
  const next = s.WINDOWS[s.WINDOWS.findIndex((w) => w === s.windowS.value) + 1];
  if (next) setWindow(next);
}

function search(): boolean {
  const field = document.getElementById("filter");
  field?.focus();
  return field !== null;
}

/** Does something with the value that has the focus, wherever on the page it stands; of a line it is the path. */
function onValue(deed: (el: HTMLElement) => void): boolean {
  const at = document.activeElement;
  if (!(at instanceof HTMLElement) || at.dataset["value"] === undefined) return false;
  deed(at);
  return true;
}

function filterBy(el: HTMLElement, how: How): void {
  const { field, value } = el.dataset;
  if (field) setFilter(toggle(s.pending.peek() ?? s.filter.peek(), field, value ?? "", how));
  else el.dispatchEvent(new MouseEvent("click", { altKey: how === "not", bubbles: true, cancelable: true }));
}

/** What a right click does, at the value's own place. */
function menu(el: HTMLElement): void {
  const { left, bottom } = el.getBoundingClientRect();
  el.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: left, clientY: bottom }));
}

/** To the next value of the list that has the focus, or into the lines. */
function move(by: 1 | -1): boolean {
  const at = document.activeElement;
  const panel = at?.closest("[data-panel]");
  if (panel) {
    const values = [...panel.querySelectorAll<HTMLElement>("[data-value]")];
    const next = values[values.indexOf(at as HTMLElement) + by];
    next?.focus();
    return next !== undefined;
  }
  // A list that nobody sees is no place to go to.
  if (narrow.matches && s.drawer.value !== null) return false;
  // In a low window the lines are a head without rows until they are opened.
  const places = ['#lines tr.row[tabindex="0"]', "[data-panel] [data-value]"].map((where) => document.querySelector<HTMLElement>(where));
  const first = places.find((el) => el !== null && el.getClientRects().length > 0);
  first?.focus();
  return first !== undefined;
}

/** Closes the nearest thing, then drops the last term of the filter. */
function escape(): void {
  // A dialog is the browser's to close; one that never came is not, and holds back the single keys.
  if (document.querySelector("dialog[open]")) return;
  if (s.helpOpen.value || s.sharing.value !== null || whole.value) {
    s.helpOpen.value = false;
    s.sharing.value = null;
    whole.value = null;
    return;
  }
  if (s.menuOpen.value) {
    s.menuOpen.value = false;
    document.getElementById("menu-button")?.focus();
  } else if (s.drawer.value !== null && !s.wall.value) anomalies.close();
  else if (s.reading.value !== null) s.reading.value = null;
  else if (s.linesOpen.value) toggleLines();
  else if (s.wall.value) {
    s.wall.value = false;
    s.writeAddress(true);
  } else if (past.leave()) return;
  else if (s.problem.value) s.problem.value = null;
  else if (s.view.value !== "overview") go("overview");
  else {
    const shown = s.pending.value ?? s.filter.value;
    const terms = split(shown);
    if (terms.length > 0) setFilter(removeAt(shown, terms.length - 1));
  }
}
