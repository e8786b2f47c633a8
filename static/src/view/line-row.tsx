// One line of the list, drawn anew only when something of it changes.

import { Component, type VNode } from "preact";
import type { Format } from "../lib/format";
import { type Column, grade, SLOW_S, textOf } from "../lib/lines";
import { visible } from "../lib/text";
import type * as s from "../state";
import type { EventRow } from "../wire";

interface Props {
  line: s.Line;
  index: number;
  open: boolean;
  /** It takes the focus when the list is tabbed into. */
  stop: boolean;
  read(line: s.Line): void;
  columns: readonly Column[];
  narrow: boolean;
  /** The times have their day: the lines are of more than one. */
  dated: boolean;
  fmt: Format;
  detail: VNode | null;
}

export class Row extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const now = this.props;
    // The place in the list changes with each second, and is only read out when someone asks.
    return (
      next.line !== now.line ||
      next.open !== now.open ||
      next.stop !== now.stop ||
      next.fmt !== now.fmt ||
      next.narrow !== now.narrow ||
      next.dated !== now.dated ||
      (next.open && next.detail !== now.detail) ||
      (next.columns !== now.columns && next.columns.map((c) => c.id).join() !== now.columns.map((c) => c.id).join())
    );
  }

  override render({ line, index, open, stop, read, columns, narrow, dated, fmt, detail }: Props) {
    const e = line.event;
    return (
      <>
        <tr
          class={`row ${grade(e)}${open ? " reading" : ""}`}
          tabIndex={stop ? 0 : -1}
          data-id={line.id}
          data-field={e.path ? "path" : undefined}
          data-value={e.path || undefined}
          aria-rowindex={index + 2}
          aria-current={open ? "true" : undefined}
          onClick={() => read(line)}
        >
          {cells(e, columns, narrow, dated, fmt)}
        </tr>
        {open && (
          <tr class="detail">
            <td colSpan={columns.length}>{detail}</td>
          </tr>
        )}
      </>
    );
  }
}

/** A message has no method: it takes that place too. */
function cells(e: EventRow, columns: readonly Column[], narrow: boolean, dated: boolean, f: Format): VNode[] {
  const out: VNode[] = [];
  const access = e.kind === "access";
  for (let i = 0; i < columns.length; i++) {
    const { id } = columns[i]!;
    if (!access && id === "method" && columns[i + 1]?.id === "path") {
      out.push(text(e, narrow, 2));
      i++;
    } else if (id === "path") out.push(access ? path(e, narrow) : text(e, narrow, 1));
    else out.push(cell(id, e, narrow, dated, f));
  }
  return out;
}

/** The second line of a row on narrow screens; that a request was a GET goes without saying. */
function under(e: EventRow): VNode {
  return <small>{[e.method === "GET" ? "" : e.method, e.host, e.remote_ip].filter(Boolean).map((x) => visible(x!)).join(" · ")}</small>;
}

function path(e: EventRow, narrow: boolean): VNode {
  const whole = visible(`${e.path ?? "–"}${e.query ? `?${e.query}` : ""}`);
  return (
    <td class="path" key="path" title={whole}>
      <span class="text">
        {visible(e.path ?? "–")}
        {e.query && <span class="faint">?{visible(e.query)}</span>}
      </span>
      {narrow && under(e)}
    </td>
  );
}

function text(e: EventRow, narrow: boolean, span: number): VNode {
  return (
    <td class="path" key="path" colSpan={span} title={visible(e.message ?? "")}>
      <span class="text">{visible(e.message ?? "–")}</span>
      {narrow && under(e)}
    </td>
  );
}

function cell(id: string, e: EventRow, narrow: boolean, dated: boolean, f: Format): VNode {
  const plain = (value: string | undefined, dim = true) => (
    <td key={id} class={dim ? "dim" : undefined} title={value && visible(value)}>
      {value === undefined ? "–" : visible(value)}
    </td>
  );
  const right = (value: string) => (
    <td key={id} class="right dim">
      {value}
    </td>
  );
  switch (id) {
    case "time": {
      const ms = Date.parse(e.time);
      if (!Number.isFinite(ms)) return <td key={id} class="faint">–</td>;
      const day = dated ? f.day(ms) : "";
      const below = [day, f.twice(ms)].filter(Boolean).join(" ");
      return (
        <td key={id} class="faint">
          {narrow ? f.plain(ms) : `${day && `${day} `}${f.clockMs(ms)}`}
          {narrow && below && <small>{below}</small>}
        </td>
      );
    }
    case "status":
      return (
        <td key={id} class="st">
          {e.kind === "access" ? (e.status ?? "–") : visible(e.level ?? e.kind)}
        </td>
      );
    case "duration": {
      const seconds = e.request_time_s ?? null;
      return (
        <td key={id} class="right dur">
          {seconds !== null && (
            <i class={seconds >= SLOW_S ? "long" : undefined} style={{ width: `${Math.max(1, Math.sqrt(Math.min(seconds, 2) / 2) * 44)}px` }} />
          )}
          {f.duration(seconds)}
        </td>
      );
    }
    case "bytes":
      return right(f.bytes(e.bytes ?? null));
    case "bytes_in":
      return right(f.bytes(e.bytes_in ?? null));
    case "upstream_time":
      return right(f.duration(e.upstream_time_s ?? null));
    default:
      return plain(textOf(id, e), id !== "client");
  }
}
