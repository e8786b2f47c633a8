// What scrolls sideways where it does not fit: it fades out at each edge behind which there is more of it.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Shows at which edge of the row there is more of it. */
export function fade(row: HTMLElement): void {
  row.toggleAttribute("data-before", row.scrollLeft > 1);
  row.toggleAttribute("data-after", row.scrollLeft + row.clientWidth < row.scrollWidth - 1);
}

/** One element that may be wider than its place. While it is, it takes the focus, to be scrolled by key. */
export function Sideways({ class: also = "", children }: { class?: string; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(false);
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    // Told of sizes, not asked for them: what is in it changes each second.
    const observer = new ResizeObserver(() => {
      fade(el);
      setOver(el.scrollWidth > el.clientWidth + 1);
    });
    for (const x of [el, el.firstElementChild]) if (x) observer.observe(x);
    return () => observer.disconnect();
  }, []);
  return (
    <div class={`scroll-x ${also}`.trim()} ref={box} tabIndex={over ? 0 : undefined} onScroll={(e) => fade(e.currentTarget)}>
      {children}
    </div>
  );
}
