// Which requests: single lines as they arrive. Nothing moves while someone reads: scrolling or
// opening a line, or the pointer or the focus on one, holds the list.

import { Component } from "preact";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Format } from "../lib/format";
import type { Key } from "../lib/i18n";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { EventRow } from "../wire";
import { Copy } from "./copy";
import { Icon } from "./icons";
import { click } from "./panels";

const DOCKED = 5;
/** Rows drawn beyond the last one in sight, so that scrolling and `j` find one. */
const AHEAD = 40;
const SLOW_S = 1;

type Which = "all" | "errors" | "slow" | "unparsed";

function wanted(which: Which, e: EventRow): boolean {
  switch (which) {
    case "all":
      return true;
    case "errors":
      return e.kind === "error" || (e.status ?? 0) >= 400;
    case "slow":
      return (e.request_time_s ?? 0) >= SLOW_S;
    case "unparsed":
      return e.kind === "message";
  }
}

/** Height of a row: see `.tail td`. */
const rowHeight = () => (innerWidth < 600 ? 44 : 22);

/** Rows that fit the list, as it is resized. */
function useFit(scroller: RefObject<HTMLElement | null>, open: boolean): number {
  const [fit, setFit] = useState(DOCKED);
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const measure = () => setFit(Math.max(1, Math.ceil(el.clientHeight / rowHeight())));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(el);
    return () => observer.disconnect();
  }, [open]);
  return fit;
}

export function Lines() {
  const open = s.linesOpen.value;
  const [which, setWhich] = useState<Which>("all");
  const [reading, setReading] = useState<number | null>(null);
  const [depth, setDepth] = useState(0);
  const [over, setOver] = useState(false);
  const [focused, setFocused] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const fit = useFit(scroller, open);

  const letGo = () => {
    setReading(null);
    setDepth(0);
    setFocused(false);
    scroller.current?.scrollTo(0, 0);
  };
  const cameFrom = useRef(0);
  useLayoutEffect(() => {
    if (open) cameFrom.current = scrollY;
    else {
      letGo();
      scrollTo(0, cameFrom.current);
    }
  }, [open]);
  // Another filter, another list.
  const filter = s.filter.value;
  useEffect(letGo, [filter]);

  const live = s.lines.value;
  const kept = useRef({ lines: live, filter, holds: false });
  const holding = (reading !== null || depth > 0 || over || focused) && live.length > 0;
  if (!holding || !kept.current.holds || kept.current.filter !== filter) kept.current = { lines: live, filter, holds: holding };
  const source = kept.current.lines;

  const f = s.fmt.value;
  const chosen = open && which !== "all" ? source.filter((l) => wanted(which, l.event)) : source;
  // What is out of sight is not drawn until it is scrolled to: a second brings more lines than fit.
  const drawn = !open ? DOCKED : holding ? depth + fit + AHEAD : fit;
  const rows = chosen.slice(0, drawn);
  const below = open ? (chosen.length - rows.length) * rowHeight() : 0;
  const newer = holding ? live.filter((l) => l.id > (source[0]?.id ?? -1)).length : 0;
  const { n, matched } = s.tailShown.value;

  const onScroll = () => {
    const top = scroller.current?.scrollTop ?? 0;
    // In steps, so that not every wheel click draws.
    setDepth(top <= 4 ? 0 : Math.ceil(top / rowHeight() / AHEAD) * AHEAD);
  };
  const read = (line: s.Line) => {
    if (!s.linesOpen.value) s.linesOpen.value = true;
    setReading(reading === line.id ? null : line.id);
  };
  const onFocus = (e: FocusEvent) => setFocused((e.target as HTMLElement).matches(":focus-visible"));
  const reason = reading !== null ? "held_open" : depth > 0 ? "held" : focused ? "held_focus" : "held_over";

  // Rows keep one function, so that a second redraws only the rows that came with it.
  const latest = useRef(read);
  latest.current = read;
  const toggleRead = useRef((line: s.Line) => latest.current(line)).current;

  const shown =
    matched === 0 ? t("no_lines") : t(n < matched ? "errors_first" : "showing", { n: f.exact(n), m: f.exact(matched) });

  return (
    <section class={`dock${open ? " open" : ""}`} aria-label={t("lines")} id="lines">
      <div class="dock-head">
        <h2>{t("lines")}</h2>
        <span class="faint" data-showing>
          {s.status.value ? shown : ""}
        </span>
        {holding && <span class="held">{t(reason)}</span>}
        {newer > 0 && reason !== "held_over" && (
          <button type="button" class="btn small primary newer" onClick={letGo}>
            {t("newer", { n: f.exact(newer) })}
          </button>
        )}
        <span class="grow" />
        {open && (
          <span class="tabs">
            {(["all", "errors", "slow", "unparsed"] as const).map((w) => (
              <button key={w} type="button" aria-pressed={w === which} onClick={() => setWhich(w)}>
                {t(w === "unparsed" ? "unparsed_lines" : w)}
              </button>
            ))}
          </span>
        )}
        <button
          type="button"
          class="link opener"
          aria-expanded={open}
          onClick={() => (s.linesOpen.value = !open)}
        >
          <Icon name={open ? "down" : "up"} /> {t(open ? "close" : "open")} <kbd>t</kbd>
        </button>
      </div>
      <div class="dock-body" ref={scroller} onScroll={onScroll} tabIndex={open ? 0 : -1}>
        <table class="tail">
          <caption class="hidden">{t("lines")}</caption>
          <colgroup>
            <col class="c-time" />
            <col class="c-status" />
            <col class="c-method" />
            <col class="c-path" />
            <col class="c-site" />
            <col class="c-client" />
            <col class="c-duration" />
            <col class="c-bytes" />
            <col class="c-agent" />
          </colgroup>
          <thead class={open ? undefined : "hidden"}>
            <tr>
              <th scope="col">{t("time")}</th>
              <th scope="col">{t("status")}</th>
              <th scope="col">{t("method")}</th>
              <th scope="col">{t("path")}</th>
              <th scope="col">{t("site")}</th>
              <th scope="col">{t("client")}</th>
              <th scope="col" class="right">
                {t("duration")}
              </th>
              <th scope="col" class="right">
                {t("bytes")}
              </th>
              <th scope="col">{t("agent")}</th>
            </tr>
          </thead>
          <tbody
            onPointerEnter={(e) => setOver(e.pointerType === "mouse")}
            onPointerLeave={() => setOver(false)}
            onFocusIn={onFocus}
            onFocusOut={() => setFocused(false)}
          >
            {rows.map((line) => (
              <Row key={line.id} line={line} open={reading === line.id} read={toggleRead} fmt={f} />
            ))}
          </tbody>
        </table>
        {below > 0 && <div style={{ height: `${below}px` }} />}
        {rows.length === 0 && s.status.value && (
          <p class="faint nothing">{source.length === 0 ? t("lines_empty") : t("lines_none", { n: f.exact(source.length) })}</p>
        )}
      </div>
    </section>
  );
}

function grade(e: EventRow): string {
  if (e.kind === "message") return "message";
  if (e.kind === "error") return /^(warn|notice|info|debug)/i.test(e.level ?? "") ? "e4" : "e5";
  const status = e.status ?? 0;
  return status >= 500 ? "e5" : status >= 400 ? "e4" : status >= 300 ? "e3" : "e2";
}

interface RowProps {
  line: s.Line;
  open: boolean;
  read(line: s.Line): void;
  fmt: Format;
}

class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { line, open, fmt } = this.props;
    return next.line !== line || next.open !== open || next.fmt !== fmt;
  }

  override render({ line, open, read, fmt }: RowProps) {
    return row(line, open, read, fmt);
  }
}

function row(line: s.Line, open: boolean, read: (line: s.Line) => void, f: Format) {
  const e = line.event;
  const ms = Date.parse(e.time);
  const time = Number.isFinite(ms) ? f.clockMs(ms) : "–";
  const seconds = e.request_time_s ?? null;
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      read(line);
    } else if (event.key === "j" || event.key === "ArrowDown" || event.key === "k" || event.key === "ArrowUp") {
      const back = event.key === "k" || event.key === "ArrowUp";
      let next = (event.currentTarget as HTMLElement)[back ? "previousElementSibling" : "nextElementSibling"];
      while (next && !(next as HTMLElement).matches(".row")) next = next[back ? "previousElementSibling" : "nextElementSibling"];
      if (next) {
        event.preventDefault();
        (next as HTMLElement).focus();
      }
    }
  };
  const access = e.kind === "access";
  return (
    <>
      <tr
        class={`row ${grade(e)}${open ? " reading" : ""}`}
        tabIndex={0}
        onClick={() => read(line)}
        onKeyDown={onKey}
      >
        <td class="faint">{time}</td>
        <td class="st">{access ? (e.status ?? "–") : visible(e.level ?? e.kind)}</td>
        {access ? (
          <>
            <td class="dim">{visible(e.method ?? "–")}</td>
            <td class="path" title={visible(e.path ?? "")}>
              {visible(e.path ?? "–")}
              {e.query && <span class="faint">?{visible(e.query)}</span>}
            </td>
          </>
        ) : (
          <td class="path" colSpan={2} title={visible(e.message ?? "")}>
            {visible(e.message ?? "")}
          </td>
        )}
        <td class="dim">{visible(e.host ?? "–")}</td>
        <td title={visible(e.remote_ip ?? "")}>{visible(e.remote_ip ?? "–")}</td>
        <td class="right dur">
          {seconds !== null && (
            <i class={seconds >= SLOW_S ? "long" : undefined} style={{ width: `${Math.max(1, Math.sqrt(Math.min(seconds, 2) / 2) * 44)}px` }} />
          )}
          {f.duration(seconds)}
        </td>
        <td class="right dim">{f.bytes(e.bytes ?? null)}</td>
        <td class="dim">{visible(e.agent ?? e.user_agent ?? "–")}</td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={9}>
            <Detail event={e} />
          </td>
        </tr>
      )}
    </>
  );
}

const GROUPS: [Key, (keyof EventRow)[]][] = [
  ["the_request", ["method", "path", "query", "protocol", "host", "referrer", "message"]],
  ["the_answer", ["status", "level", "bytes", "bytes_in", "request_time_s", "upstream_time_s", "upstream", "cache_status"]],
  ["client", ["remote_ip", "user", "agent", "user_agent"]],
  ["the_way", ["time", "source", "format", "kind"]],
];

/** Event fields that the filter knows, by its word. */
const WORDS: Partial<Record<keyof EventRow, string>> = {
  path: "path",
  query: "query",
  method: "method",
  host: "site",
  status: "status",
  upstream: "upstream",
  remote_ip: "client",
  user: "user",
  agent: "agent",
  referrer: "referrer",
  source: "source",
  level: "level",
  kind: "kind",
};

function Detail({ event }: { event: EventRow }) {
  return (
    <div class="fields" onClick={(e) => e.stopPropagation()}>
      {GROUPS.map(([title, names]) => {
        const present = names.filter((n) => event[n] !== undefined);
        if (present.length === 0) return null;
        return (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {present.map((n) => {
                const value = String(event[n]);
                const word = WORDS[n];
                return (
                  <div key={n}>
                    <dt>{n}</dt>
                    <dd>
                      {word && value ? (
                        <button type="button" class="value" title={t("row_title", { v: visible(value) })} onClick={(e) => click(e, word, value)}>
                          <span class="mono">{visible(value)}</span>
                          <span class="act" aria-hidden="true">{t("only")}</span>
                        </button>
                      ) : (
                        <span class="mono">{visible(value)}</span>
                      )}
                    </dd>
                  </div>
                );
              })}
            </dl>
          </section>
        );
      })}
      <div class="row-actions">
        {(["path", "remote_ip", "host"] as const).map((n) => {
          const value = event[n];
          return (
            value && (
              <button key={n} type="button" class="btn small" onClick={(e) => click(e, WORDS[n]!, value)}>
                {t(n === "path" ? "same_path" : n === "host" ? "same_site" : "same_client")}
              </button>
            )
          );
        })}
        <span class="grow" />
        <Copy text={JSON.stringify(event)} label={t("copy_json")} />
      </div>
    </div>
  );
}
