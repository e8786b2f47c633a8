// A small menu under its button: closed by a press elsewhere, by Escape, and by a choice, with the focus
// back on the button.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

export function usePopover() {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  // Before anybody can press a key on what has just come: later the focus would be taken from there.
  useLayoutEffect(() => {
    if (!open) return;
    const outside = (e: Event) => !root.current?.contains(e.target as Node) && setOpen(false);
    addEventListener("pointerdown", outside);
    root.current?.querySelector<HTMLElement>(".menu button:not([disabled])")?.focus();
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>("button")?.focus();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key !== "Escape" || !open) return;
    e.stopPropagation();
    close();
  };
  return { open, root, onKeyDown, close, toggle: () => setOpen(!open) };
}
