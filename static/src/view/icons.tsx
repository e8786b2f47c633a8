// The page's own small drawings: 16 px, one stroke.

import type { ComponentChildren } from "preact";

const paths = {
  funnel: "M2.5 3h11L9.4 8.4V13l-2.8-1.5V8.4z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.5v9l7.5-4.5z",
  keys: "M1.5 4.5h13v7h-13zM4 7h.1M6.6 7h.1M9.2 7h.1M11.9 7h.1M5 9.3h6",
  menu: "M3 4.5h10M3 8h10M3 11.5h10",
  down: "m4 6.2 4 4 4-4",
  up: "m4 9.8 4-4 4 4",
  left: "m9.8 4-4 4 4 4",
  right: "m6.2 4 4 4-4 4",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  tick: "m4.5 8.3 2.3 2.3 4.7-5M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z",
  panels: "M2.5 3h4.5v4H2.5zM9 3h4.5v4H9zM2.5 9h4.5v4H2.5zM9 9h4.5v4H9z",
  out: "M8 2.5v7M5 6.8l3 3 3-3M2.5 12.5h11",
  copy: "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
  check: "m3.5 8.4 3 3 6-6.6",
  close: "m4 4 8 8M12 4l-8 8",
  triangle: "M8 2.5 14.5 13.5h-13zM8 6.5v3.4M8 11.7v.1",
  broken: "M2 8h3M11 8h3M7 5.5l2 5",
  flag: "M4.5 14V2.5h8L10.5 5.5l2 3h-8",
  compare: "M2 5.5c2-2.5 4-2.5 6 0s4 2.5 6 0M2 11h2.2M6.4 11h3.2M11.8 11H14",
  back: "M13 3.5v9L6.5 8zM4 3.5v9",
  ahead: "M3 3.5v9L9.5 8zM12 3.5v9",
  diamond: "m8 1.5 6.5 6.5L8 14.5 1.5 8zM8 5v3.4M8 10.8v.1",
  bell: "M4 11.5V7a4 4 0 0 1 8 0v4.5l1 1H3zM6.8 14.3h2.4",
  muted: "M4 11.5V7a4 4 0 0 1 5.5-3.7M12 8v3.5l1 1H5M6.8 14.3h2.4M2.5 2.5l11 11",
  list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

export function Circle({ children }: { children?: ComponentChildren }) {
  return (
    <svg class="icon big" viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="8" />
      {children}
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M2 8h20M13 8v6" />
      <circle cx="13" cy="17.5" r="2.5" />
    </svg>
  );
}

/** The second signal beside colour: square, flat bar, hatch, square with a cross. */
export function Swatch({ kind }: { kind: "s2" | "s3" | "s4" | "s5" | "other" }) {
  return (
    <svg class={`swatch ${kind}`} viewBox="0 0 10 10" aria-hidden="true">
      {kind === "s2" && <path d="M0 0h10v10H0z" />}
      {kind === "other" && <path d="M1 1h8v8H1z" />}
      {kind === "s3" && <path d="M0 2h10v6H0z" />}
      {kind === "s4" && <path d="M0 4 4 0M0 8 8 0M2 10 10 2M6 10l4-4M0 .6.6 0M9.4 10l.6-.6" />}
      {kind === "s5" && (
        <>
          <path d="M0 0h10v10H0z" />
          <path class="cross" d="m3 3 4 4m0-4-4 4" />
        </>
      )}
    </svg>
  );
}

export function Stroke({ kind, dashed }: { kind: "p50" | "p95" | "p99"; dashed?: boolean }) {
  return (
    <svg class={`swatch line ${kind}${dashed ? " dashed" : ""}`} viewBox="0 0 10 10" aria-hidden="true">
      <path d="M0 5h10" />
    </svg>
  );
}
