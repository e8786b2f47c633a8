// The floating menu: one at a time, by pointer or keys alike; the focus comes back to where it was.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../state";
import { toClipboard } from "./copy";
import { Icon } from "./icons";

export interface Item {
  label: string;
  /** Shown behind the label: a key, the present value. */
  note?: string;
  /** Makes it a choice: one of several (`radio`) or one for itself (`check`). */
  choice?: "radio" | "check";
  on?: boolean;
  disabled?: boolean;
  /** The menu stays open, for choices of which one seldom makes just one. */
  stay?: boolean;
  run?(): void;
  /** Copied; the item then says so. */
  copies?: string;
  /** Another page of the menu. */
  page?: () => Entry[];
}
/** A heading is ours, unless it is the text of a stranger. */
export type Entry = Item | { heading: string; stranger?: boolean } | "line";

interface Open {
  label: string;
  x: number;
  y: number;
  /** The menu's right edge is at `x`. */
  toLeft: boolean;
  entries(): Entry[];
  from: HTMLElement | null;
}

const open = signal<Open | null>(null);
const COPIED_MS = 900;
const EDGE = 8;
/** Letters typed within this belong together. */
const TYPED_MS = 700;

/** At the pointer where there was one, otherwise under the element. */
export function openMenuAt(e: Event, label: string, entries: () => Entry[], toLeft = false): void {
  e.preventDefault();
  e.stopPropagation();
  const from = (e.currentTarget ?? e.target) as HTMLElement;
  const box = from.getBoundingClientRect();
  const pointer = e.type === "contextmenu" && e instanceof MouseEvent && (e.clientX !== 0 || e.clientY !== 0);
  open.value = pointer
    ? { label, entries, from, x: e.clientX, y: e.clientY, toLeft: false }
    : { label, entries, from, x: toLeft ? box.right : box.left, y: box.bottom + 2, toLeft };
}

export function closeMenu(): void {
  const from = open.peek()?.from;
  open.value = null;
  if (from?.isConnected) from.focus({ preventScroll: true });
}

export function PopMenu() {
  const it = open.value;
  return (
    it && (
      <section aria-label={it.label}>
        <Pop key={`${it.x} ${it.y} ${it.label}`} it={it} />
      </section>
    )
  );
}

function Pop({ it }: { it: Open }) {
  const root = useRef<HTMLDivElement>(null);
  const [pages, setPages] = useState<{ label: string; entries(): Entry[]; at: number }[]>([]);
  const [copied, setCopied] = useState<string | null>(null);
  const [, again] = useState(0);
  const typed = useRef({ text: "", at: 0 });
  const page = pages.at(-1);
  const entries = (page ?? it).entries();

  const items = () => [...(root.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])") ?? [])];
  const focus = (i: number) => {
    const all = items();
    all[(i + all.length) % all.length]?.focus({ preventScroll: false });
  };
  useLayoutEffect(() => {
    const el = root.current;
    if (!el) return;
    const { offsetWidth: w, offsetHeight: h } = el;
    const left = Math.min(it.toLeft ? it.x - w : it.x, innerWidth - w - EDGE);
    el.style.left = `${Math.max(EDGE, left)}px`;
    el.style.top = `${Math.max(EDGE, Math.min(it.y, innerHeight - h - EDGE))}px`;
    focus(page ? 1 : (pages[0]?.at ?? 0));
  }, [it, pages.length]);
  useEffect(() => {
    const outside = (e: Event) => {
      if (!root.current?.contains(e.target as Node)) open.value = null;
    };
    const gone = () => (open.value = null);
    addEventListener("pointerdown", outside, true);
    addEventListener("resize", gone);
    return () => {
      removeEventListener("pointerdown", outside, true);
      removeEventListener("resize", gone);
    };
  }, []);

  const back = () => {
    const at = page?.at ?? 0;
    setPages(pages.slice(0, -1));
    requestAnimationFrame(() => focus(at));
  };
  const choose = (item: Item) => {
    if (item.disabled || copied) return;
    if (item.page) {
      setPages([...pages, { label: item.label, entries: item.page, at: items().indexOf(document.activeElement as HTMLElement) }]);
    } else if (item.copies !== undefined) {
      void toClipboard(item.copies).then((done) => {
        if (!done) return closeMenu();
        setCopied(item.label);
        setTimeout(closeMenu, COPIED_MS);
      });
    } else {
      if (!item.stay) closeMenu();
      item.run?.();
      if (item.stay) again((n) => n + 1);
    }
  };
  const onKey = (e: KeyboardEvent) => {
    // Single keys of the page rest while a menu is open.
    e.stopPropagation();
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    switch (e.key) {
      case "ArrowDown":
        focus(at + 1);
        break;
      case "ArrowUp":
        focus(at < 0 ? -1 : at - 1);
        break;
      case "Home":
        focus(0);
        break;
      case "End":
        focus(-1);
        break;
      case "ArrowRight":
        if (all[at]?.getAttribute("aria-haspopup")) all[at].click();
        break;
      case "ArrowLeft":
        if (page) back();
        break;
      case "Escape":
        if (page) back();
        else closeMenu();
        break;
      case "Tab":
        closeMenu();
        break;
      default: {
        if (e.key.length !== 1 || e.ctrlKey || e.metaKey || e.altKey) return;
        const old = Date.now() - typed.current.at > TYPED_MS;
        // The space bar chooses, unless it goes on with what is being typed.
        if (e.key === " " && old) return;
        const text = (old ? "" : typed.current.text) + e.key.toLowerCase();
        typed.current = { text, at: Date.now() };
        const from = text.length === 1 ? at + 1 : Math.max(0, at);
        const next = [...all.slice(from), ...all.slice(0, from)].find((x) => x.textContent?.trim().toLowerCase().startsWith(text));
        next?.focus();
      }
    }
    e.preventDefault();
  };
  return (
    <div class="pop" role="menu" aria-label={page?.label ?? it.label} ref={root} onKeyDown={onKey} onContextMenu={(e) => e.preventDefault()}>
      {page && (
        <button type="button" role="menuitem" tabIndex={-1} class="pop-back" onClick={back}>
          <Icon name="left" />
          <span class="pop-label">{page.label}</span>
        </button>
      )}
      {entries.map((entry, i) => {
        if (entry === "line") return <hr key={i} />;
        if ("heading" in entry)
          return (
            <p key={i} class={`pop-heading${entry.stranger ? " mono" : ""}`} role="presentation">
              {entry.heading}
            </p>
          );
        const done = copied === entry.label;
        return (
          <button
            key={i}
            type="button"
            tabIndex={-1}
            role={entry.choice ? (entry.choice === "radio" ? "menuitemradio" : "menuitemcheckbox") : "menuitem"}
            aria-checked={entry.choice ? entry.on === true : undefined}
            aria-disabled={entry.disabled || undefined}
            aria-haspopup={entry.page ? "menu" : undefined}
            onClick={() => choose(entry)}
            onPointerMove={(e) => e.currentTarget !== document.activeElement && e.currentTarget.focus({ preventScroll: true })}
          >
            <span class="pop-mark">{(done || entry.on) && <Icon name="check" />}</span>
            <span class="pop-label" aria-live={entry.copies !== undefined ? "polite" : undefined}>
              {done ? t("copied") : entry.label}
            </span>
            {entry.note && !done && <span class="pop-note">{entry.note}</span>}
            {entry.page && <Icon name="right" />}
          </button>
        );
      })}
    </div>
  );
}
