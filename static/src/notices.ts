// Notices of the browser: one for each serious incident that begins while nobody looks at the page,
// taken away when it is over. Nothing is asked of the browser before somebody presses the button.

import { effect, signal } from "@preact/signals";
import * as anomalies from "./anomalies";
import { NOTIFY_FROM } from "./lib/anomaly";
import * as s from "./state";
import type { Anomaly } from "./wire";

type Allowed = NotificationPermission | "none";

function permission(): Allowed {
  return typeof Notification === "undefined" || !isSecureContext ? "none" : Notification.permission;
}

export const allowed = signal<Allowed>(permission());
/** Wanted in this browser. */
export const notices = signal(s.recall("notices") === "on");

export async function setNotices(on: boolean): Promise<void> {
  if (on && permission() === "default") await Notification.requestPermission();
  allowed.value = permission();
  const granted = on && allowed.value === "granted";
  notices.value = granted;
  s.keep("notices", granted ? "on" : "off");
  if (!granted) for (const id of shown.keys()) drop(id);
}

const shown = new Map<string, Notification>();
/** Begun before the page was opened, or told already. */
const told = new Set<string>();

function drop(id: string): void {
  shown.get(id)?.close();
  shown.delete(id);
}

/** Whether it is worth a notice: serious, not muted, and no consequence of another one. */
export function worth(a: Anomaly): boolean {
  return a.end === null && !a.muted && a.severity >= NOTIFY_FROM && a.incident === a.id;
}

/** `title` says what it is, `body` how much; each in the page's language. */
export function startNotices(words: (a: Anomaly) => { title: string; body: string }): void {
  let first = true;
  effect(() => {
    const all = anomalies.known.value;
    if (s.status.value === null) return;
    for (const a of all) {
      if (!worth(a)) {
        drop(a.id);
        continue;
      }
      if (told.has(a.id)) continue;
      told.add(a.id);
      // Whoever looks at the page sees the verdict.
      if (first || !notices.peek() || permission() !== "granted" || document.hasFocus()) continue;
      try {
        const { title, body } = words(a);
        // Of several tabs with the same tag one notice is left.
        const notice = new Notification(title, { body, tag: `tapline ${a.id}`, silent: true, lang: s.lang.peek() });
        notice.onclick = () => {
          focus();
          anomalies.show(a.id);
          notice.close();
        };
        shown.set(a.id, notice);
      } catch {
        // Browsers of phones leave them to service workers, which this page has none of.
        allowed.value = "none";
      }
    }
    first = false;
  });
}
