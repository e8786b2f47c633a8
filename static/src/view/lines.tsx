// Which requests: single lines as they arrive. Nothing moves while someone reads: scrolling or
// opening a line holds the list until it is asked for what is newer.

import { Component } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Format } from "../lib/format";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { EventRow } from "../wire";
import { Copy } from "./copy";
import { Icon } from "./icons";
import { click } from "./panels";

const DOCKED = 5;
/** Rows drawn when open; older ones are kept out of the page, not out of the filter. */
const DRAWN = 200;
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

export function Lines() {
  const open = s.linesOpen.value;
  const [which, setWhich] = useState<Which>("all");
  const [held, setHeld] = useState<s.Line[] | null>(null);
  const [reading, setReading] = useState<number | null>(null);
  const scroller = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) {
      setHeld(null);
      setReading(null);
    }
  }, [open]);
  // Another filter, another list.
  const filter = s.filter.value;
  useEffect(() => {
    setHeld(null);
    setReading(null);
  }, [filter]);

  const live = s.lines.value;
  const source = held ?? live;
  const f = s.fmt.value;
  const chosen = open && which !== "all" ? source.filter((l) => wanted(which, l.event)) : source;
  const rows = chosen.slice(0, open ? DRAWN : DOCKED);
  const newer = held ? live.filter((l) => l.id > (held[0]?.id ?? -1)).length : 0;
  const { n, matched } = s.tailShown.value;

  const onScroll = () => {
    const top = scroller.current?.scrollTop ?? 0;
    if (top > 4 && !held) setHeld(live);
    else if (top <= 4 && held && reading === null) setHeld(null);
  };
  const toNow = () => {
    setHeld(null);
    setReading(null);
    scroller.current?.scrollTo(0, 0);
  };
  const read = (line: s.Line) => {
    if (!s.linesOpen.value) s.linesOpen.value = true;
    if (reading === line.id) {
      setReading(null);
      if ((scroller.current?.scrollTop ?? 0) <= 4) setHeld(null);
    } else {
      setReading(line.id);
      setHeld(source);
    }
  };

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
        {held && <span class="held">{t(reading !== null ? "held_open" : "held")}</span>}
        {held && newer > 0 && (
          <button type="button" class="btn small primary newer" onClick={toNow}>
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
          <tbody>
            {rows.map((line) => (
              <Row key={line.id} line={line} open={reading === line.id} read={toggleRead} fmt={f} />
            ))}
          </tbody>
        </table>
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

const GROUPS: (keyof EventRow)[][] = [
  ["method", "path", "query", "protocol", "host", "referrer", "message"],
  ["status", "level", "bytes", "bytes_in", "request_time_s", "upstream_time_s", "upstream", "cache_status"],
  ["remote_ip", "user", "agent", "user_agent"],
  ["time", "source", "format", "kind"],
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
      {GROUPS.map((names, i) => {
        const present = names.filter((n) => event[n] !== undefined);
        if (present.length === 0) return null;
        return (
          <dl key={i}>
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
        );
      })}
      <div class="row-actions">
        <Copy text={JSON.stringify(event)} label={t("copy_json")} />
      </div>
    </div>
  );
}
