// The first run: what to paste, that it waits, and how the first line was understood.

import "../style/setup.css";
import { useEffect, useState } from "preact/hooks";
import { annotate } from "../lib/annotate";
import { visible } from "../lib/text";
import * as s from "../state";
import { OPEN_AFTER, t } from "../state";
import type { ListenerInfo, SourceInfo } from "../wire";
import { Copy } from "./copy";
import { Icon } from "./icons";
import { Sideways } from "./sideways";
import { Unparsed, viaName, viaWords } from "./sources";

const NAMES: Record<string, string> = {
  nginx: "nginx",
  "nginx-proxy": "nginx, as proxy",
  apache: "Apache",
  haproxy: "HAProxy",
  caddy: "Caddy",
  traefik: "Traefik",
  rsyslog: "rsyslog",
  curl: "curl",
};

const nameOf = (sender: string) => NAMES[sender] ?? visible(sender);

export function FirstRun() {
  const hello = s.hello.value;
  const status = s.status.value;
  const asked = s.view.value === "setup";
  const received = status?.summary.accounting.received ?? 0;
  const opener = !asked && !s.opened.value && received >= OPEN_AFTER;
  useEffect(() => {
    if (opener) s.openDashboard();
  }, [opener]);

  const withLine = status?.sources.find((x) => x.first_line !== null);
  const heard = withLine ?? [...(status?.sources ?? [])].sort((a, b) => a.first_heard_ms - b.first_heard_ms)[0];
  const got = received > 0 && heard !== undefined;
  return (
    <main class="first" id="first-run">
      <Step n={1} done={got} to={got}>
        <Paste />
      </Step>
      <Step n={2} done={got} to={got} waiting={!got}>
        {got ? <Heard source={heard} /> : <Waiting listeners={status?.listeners ?? hello?.listeners ?? []} />}
      </Step>
      <Step n={3} done={false} active={got} last>
        {got ? (
          <Understood source={heard} received={received} asked={asked} />
        ) : (
          <>
            <h2 class="faint">{t("first_how")}</h2>
            <p>{t("first_how_hint")}</p>
            <button type="button" class="link" onClick={s.openDashboard}>
              {t("first_skip")}
            </button>
          </>
        )}
      </Step>
    </main>
  );
}

function Step(props: {
  n: number;
  done: boolean;
  to?: boolean;
  active?: boolean;
  waiting?: boolean;
  last?: boolean;
  children: preact.ComponentChildren;
}) {
  const full = props.done || props.active || (props.n === 1 && !props.done);
  return (
    <>
      <div class={`rail${props.to ? " done" : ""}${props.last ? " last" : ""}`}>
        <div class={`number${full ? " full" : ""}`}>{props.done ? <Icon name="check" /> : props.n}</div>
      </div>
      <section class="step">{props.children}</section>
    </>
  );
}

function Paste() {
  const snippets = s.hello.value?.snippets ?? [];
  const [chosen, choose] = useState(0);
  const snippet = snippets[chosen] ?? snippets[0];
  if (!snippet) return <h2>{t("first_paste", { sender: "nginx" })}</h2>;
  const sender = snippet.sender;
  const hint = sender.startsWith("nginx") ? "first_paste_nginx" : sender === "curl" ? "first_paste_curl" : "first_paste_other";
  return (
    <>
      <h2>{sender === "curl" ? t("first_paste_shell") : t("first_paste", { sender: nameOf(sender) })}</h2>
      <p>{t(hint)}</p>
      <div class="tabs" role="tablist">
        {snippets.map((x, i) => (
          <button key={x.sender} type="button" role="tab" aria-selected={x === snippet} onClick={() => choose(i)}>
            {nameOf(x.sender)}
          </button>
        ))}
      </div>
      <div class="code">
        <pre>
          {snippet.text.trimEnd().split("\n").map((line, i) => (
            <span key={i}>{line}</span>
          ))}
        </pre>
        <Copy text={snippet.text} kind="primary" />
      </div>
    </>
  );
}

function Waiting({ listeners }: { listeners: ListenerInfo[] }) {
  const f = s.fmt.value;
  const [since] = useState(() => Date.now());
  const udp = listeners.find((l) => l.kind === "udp") ?? listeners.find((l) => l.kind === "tcp");
  const [, host, port] = /^(.*):(\d+)$/.exec(udp?.address ?? "") ?? [];
  const address = (host ?? "").replace(/^\[|\]$/g, "").replace(/^(0\.0\.0\.0|::)$/, "127.0.0.1");
  const command = udp && port ? `logger --server ${address} --port ${port} --${udp.kind} "hello"` : "";
  return (
    <>
      <h2>{t("first_waiting")}</h2>
      <p>{t("first_waiting_hint", { s: f.span((s.now.value - since) / 1000) })}</p>
      <Sideways>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("via")}</th>
              <th scope="col" class="left">
                {t("address")}
              </th>
              <th scope="col" class="left">
                {t("state")}
              </th>
              <th scope="col" class="cap">{t("received")}</th>
            </tr>
          </thead>
          <tbody>
            {listeners.map((l) => (
              <tr key={`${l.kind} ${l.address}`}>
                <td>{viaName(l.kind)}</td>
                <td class="left mono">{visible(l.address)}</td>
                <td class="left">{t(l.kind === "file" || l.kind === "stdin" ? "reading" : "listening")}</td>
                <td>{f.exact(l.accounting.received)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
      {command && (
        <>
          <p class="after">{t("first_try")}</p>
          <div class="code small">
            <code>{command}</code>
            <Copy text={command} kind="quiet" />
          </div>
        </>
      )}
    </>
  );
}

function Heard({ source }: { source: SourceInfo }) {
  const f = s.fmt.value;
  return (
    <>
      <h2>{t("first_received")}</h2>
      <p>
        {t("first_received_hint", {
          t: f.clock(source.first_heard_ms),
          source: `${visible(source.name)} (${visible(source.peer)})`,
          via: viaWords(source.listener),
        })}
      </p>
    </>
  );
}

function Understood({ source, received, asked }: { source: SourceInfo; received: number; asked: boolean }) {
  const f = s.fmt.value;
  const line = source.first_line;
  const stretches = line ? annotate(line.raw, line.event) : [];
  const fields = stretches.filter((x) => x.field).length;
  const message = line?.event.kind === "message";
  return (
    <>
      {message ? (
        <>
          <h2>{t("first_message")}</h2>
          <p>{t("first_message_hint")}</p>
        </>
      ) : line ? (
        <h2>
          {t("first_as", { format: visible(line.event.format ?? source.format ?? "–") })}
          {fields > 0 && <>, {t("first_fields", { n: f.exact(fields) })}</>}
        </h2>
      ) : (
        <>
          <h2>{t("first_how")}</h2>
          <p>{source.format ? t("first_as", { format: visible(source.format) }) : t("first_unread", { n: f.exact(received) })}</p>
        </>
      )}
      {!line && source.accounting.unparsed > 0 && <Unparsed sources={[source]} />}
      {line && (
        <div class="stretches">
          {stretches
            .filter((x) => x.text.trim() !== "")
            .map((x, i) => (
              <span key={i} class={x.field ? "known" : undefined}>
                {visible(x.text.trim())}
                <small>{x.field || (i === 0 && x.text.startsWith("<") ? t("envelope") : "\u00a0")}</small>
              </span>
            ))}
        </div>
      )}
      {line?.event.kind === "access" && line.event.request_time_s === undefined && (
        <p class="warn">
          <Icon name="triangle" /> {t("first_no_time")}
        </p>
      )}
      <div class="actions">
        <button type="button" class="btn primary" onClick={s.openDashboard}>
          {t("first_open")}
        </button>
        {!asked && !s.opened.value && (
          <span class="faint">{t("first_open_hint", { n: f.exact(Math.min(received, OPEN_AFTER)), m: OPEN_AFTER })}</span>
        )}
      </div>
    </>
  );
}
