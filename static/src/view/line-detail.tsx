// An opened line: all its fields, what the other log says of the same second and client, and where
// one can go from it.

import "../style/detail.css";
import { useEffect, useState } from "preact/hooks";
import { ask, type Params } from "../lib/api";
import { blockLine } from "../lib/block";
import { curl } from "../lib/export";
import { write } from "../lib/filter";
import type { Key } from "../lib/i18n";
import { grade, secondOf, statusText } from "../lib/lines";
import { visible } from "../lib/text";
import { goToSecond } from "../past";
import * as s from "../state";
import { t } from "../state";
import type { EventRow } from "../wire";
import { Copy, toClipboard } from "./copy";
import { click, Value } from "./value";

const GROUPS: [Key, (keyof EventRow)[]][] = [
  ["the_request", ["method", "path", "query", "protocol", "host", "referrer", "message"]],
  ["the_answer", ["status", "level", "bytes", "bytes_in", "request_time_s", "upstream_time_s", "upstream", "cache_status"]],
  ["client", ["remote_ip", "user", "agent", "user_agent"]],
  ["the_way", ["source", "format", "kind", "time"]],
];

/** Event fields that the filter knows, by its word. Times and sizes are measures: nobody asks for one of them exactly. */
const WORDS: Partial<Record<keyof EventRow, string>> = {
  path: "path",
  query: "query",
  method: "method",
  protocol: "protocol",
  host: "site",
  status: "status",
  upstream: "upstream",
  cache_status: "cache",
  remote_ip: "client",
  user: "user",
  agent: "agent",
  user_agent: "agent",
  referrer: "referrer",
  source: "source",
  format: "format",
  level: "level",
  message: "message",
  kind: "kind",
};

export function Detail({ line }: { line: s.Line }) {
  const e = line.event;
  return (
    <div class="fields" onClick={(event) => event.stopPropagation()}>
      {GROUPS.map(([title, names]) => {
        const present = names.filter((n) => e[n] !== undefined);
        if (present.length === 0) return null;
        return (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {present.map((n) => (
                <Field key={n} name={n} event={e} />
              ))}
            </dl>
          </section>
        );
      })}
      <Related line={line} />
      <Actions event={e} />
    </div>
  );
}

function Field({ name, event }: { name: keyof EventRow; event: EventRow }) {
  const f = s.fmt.value;
  const value = String(event[name]);
  const word = WORDS[name];
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    if (!(await toClipboard(value))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const size = name === "bytes" || name === "bytes_in";
  const shown = visible(value) || '""';
  return (
    <div>
      <dt>{name}</dt>
      <dd class={name === "status" ? grade(event) : undefined}>
        {word && value ? (
          <Value field={word} value={value} also={name === "status" ? statusText(event.status!) : undefined} />
        ) : (
          <span class="mono value">{size ? f.exact(event[name] ?? null) : shown}</span>
        )}
        <span class="acts">
          {word && value && (
            <>
              <button type="button" class="link" aria-label={t("only_of", { v: shown })} onClick={(e) => click(e, word, value)}>
                {t("only")}
              </button>
              <button type="button" class="link" aria-label={t("not_of", { v: shown })} onClick={() => click(new MouseEvent("click", { altKey: true }), word, value)}>
                {t("not")}
              </button>
            </>
          )}
          <button type="button" class="link" aria-label={t("copy_of", { v: shown })} onClick={copy}>
            {t(copied ? "copied" : "copy_short")}
          </button>
        </span>
      </dd>
    </div>
  );
}

// ── The other log ────────────────────────────────────────────────────────────────────────────────

const SHOWN = 6;
const ASKED = 100;
/** Answers by line: scrolling a line out of sight and back asks nothing. */
const asked = new Map<number, EventRow[]>();
const ASKED_KEPT = 50;

/** How well a line of the other log fits: the same second and path before the same second before one beside it. */
function nearness(e: EventRow, other: EventRow): number {
  const apart = Math.abs((secondOf(e) ?? 0) - (secondOf(other) ?? 0));
  const named = e.path !== undefined && (other.path === e.path || (other.message ?? e.message ?? "").includes(e.path));
  return apart * 2 + (named ? 0 : 1);
}

function question(e: EventRow): Params | null {
  const second = secondOf(e);
  if (second === null || !e.remote_ip || e.kind === "message") return null;
  // A second to both sides: one log has the beginning of a request, the other its end.
  const range = { from: second - 1, to: second + 2 };
  return { ...range, filter: `kind:${e.kind === "error" ? "access" : "error"} ${write("client", e.remote_ip)}`, limit: ASKED };
}

function useRelated(line: s.Line): EventRow[] | null {
  const [rows, setRows] = useState(asked.get(line.id) ?? null);
  useEffect(() => {
    const params = question(line.event);
    if (!params || asked.has(line.id)) return;
    const stop = new AbortController();
    ask<{ events: EventRow[] }>("events", params, { signal: stop.signal })
      .then(({ events }) => {
        const order = events.map((other) => ({ other, n: nearness(line.event, other) })).sort((a, b) => a.n - b.n);
        const found = order.map(({ other }) => other);
        asked.set(line.id, found);
        if (asked.size > ASKED_KEPT) asked.delete(asked.keys().next().value!);
        setRows(found);
      })
      .catch(() => {
        // Closed before it came, or the server is away: the line itself is shown all the same.
      });
    return () => stop.abort();
  }, [line.id]);
  return rows;
}

function Related({ line }: { line: s.Line }) {
  const e = line.event;
  const rows = useRelated(line);
  const f = s.fmt.value;
  const errors = e.kind === "access";
  if (!rows) return null;
  if (rows.length === 0) {
    // Only a failure raises the question.
    if (!errors || (e.status ?? 0) < 500) return null;
    return <p class="related faint">{t("related_none")}</p>;
  }
  const second = secondOf(e);
  const exact = rows.some((r) => secondOf(r) === second);
  return (
    <section class="related">
      <h3>
        {t(errors ? (exact ? "related_errors" : "related_errors_near") : exact ? "related_requests" : "related_requests_near")}{" "}
        <span class="faint">{rows.length === 1 ? t("lines_1") : t("lines_n", { n: f.exact(rows.length) })}</span>
      </h3>
      <ul>
        {rows.slice(0, SHOWN).map((r, i) => (
          <li key={i} class={grade(r)}>
            <span class="faint">{f.clockMs(Date.parse(r.time))}</span>{" "}
            {errors ? (
              <>
                <b class="st">[{visible(r.level ?? "error")}]</b> {visible(r.message ?? "")}
                {r.path && r.path !== e.path && <span class="faint"> {visible(r.path)}</span>}
              </>
            ) : (
              <>
                <b class="st">{r.status ?? "–"}</b> {visible(r.method ?? "")} {visible(r.path ?? "")}
                {r.request_time_s !== undefined && <span class="dim"> {f.duration(r.request_time_s)}</span>}
              </>
            )}
          </li>
        ))}
      </ul>
      {rows.length > SHOWN && <p class="faint">{t("related_more", { n: f.exact(rows.length - SHOWN) })}</p>}
    </section>
  );
}

// ── Where to go from it ──────────────────────────────────────────────────────────────────────────

/** The same lines by the interface, as a command. */
function command(e: EventRow, second: number | null): string {
  const terms = (["path", "remote_ip", "status"] as const).filter((n) => e[n] !== undefined).map((n) => write(WORDS[n]!, String(e[n])));
  return curl(document.baseURI, "api/v1/events", {
    ...(second === null ? {} : { from: String(second), to: String(second + 1) }),
    ...(terms.length > 0 ? { filter: terms.join(" ") } : {}),
  });
}

function Actions({ event: e }: { event: EventRow }) {
  const second = secondOf(e);
  const deny = e.remote_ip ? blockLine("nginx", e.remote_ip) : null;
  const button = (name: "path" | "remote_ip" | "host", label: Key, primary = false) =>
    e[name] && (
      <button type="button" class={`btn small${primary ? " primary" : ""}`} onClick={(event) => click(event, WORDS[name]!, e[name]!)}>
        {t(label)}
      </button>
    );
  return (
    <div class="row-actions">
      {button("path", "filter_path", true)}
      {button("remote_ip", "same_client")}
      {button("host", "same_site")}
      {second !== null && s.at.value !== second && (
        <button type="button" class="btn small" onClick={() => goToSecond(second)}>
          {t("same_second")}
        </button>
      )}
      <span class="grow" />
      <Copy text={JSON.stringify(e, null, 2)} label="JSON" kind="quiet" />
      <Copy text={command(e, second)} label="curl" kind="quiet" />
      {deny && <Copy text={deny} label="nginx deny" kind="quiet" />}
    </div>
  );
}
