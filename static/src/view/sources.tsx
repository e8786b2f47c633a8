// Who sends, what was recognised, and what became of every line.

import "../style/setup.css";
import type { Key } from "../lib/i18n";
import { sentence, visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Accounting, ListenerInfo, SourceInfo } from "../wire";
import { Copy } from "./copy";
import { sums, unwrittenSince } from "./footer";
import { go } from "./header";
import { Circle, Icon } from "./icons";
import { click } from "./panels";
import { Sideways } from "./sideways";
import { NotUnderstood, SourcePanel, useDetails } from "./source";
import { changedLately, QUIET_MS, total, unaccounted } from "./verdict";

export function viaName(kind: string): string {
  const key = `kind_${kind.replace("-", "_")}` as Key;
  const known = ["udp", "tcp", "tls", "unix", "unix-stream", "http", "https", "file", "stdin"].includes(kind);
  return known ? t(key) : visible(kind);
}

/** A source's listener, `udp 127.0.0.1:5514`, as kind and address: both come before and after the first blank. */
function parted(listener: string): [kind: string, address: string] {
  const at = listener.indexOf(" ");
  return at < 0 ? [listener, ""] : [listener.slice(0, at), listener.slice(at + 1)];
}

/** How a source's lines come, in words: `Syslog, UDP`. */
export function viaWords(listener: string): string {
  return viaName(parted(listener)[0]);
}

function Via({ kind, address }: { kind: string; address: string }) {
  return (
    <>
      {visible(kind)} <span class="mono faint">{visible(address)}</span>
    </>
  );
}

export function Sources() {
  const status = s.status.value;
  const f = s.fmt.value;
  const a = status?.summary.accounting;
  const sum = a ? sums(a) : null;
  const off = a ? unaccounted(a) : 0;
  const details = useDetails(true);
  const since = unwrittenSince();
  const sources = status?.sources ?? [];
  const chosen = sources.find((x) => x.id === s.chosenSource.value) ?? mostToSay(sources);
  const big = (value: number | undefined, name: string, kind = "") => (
    <div class={kind}>
      <b>{f.exact(value ?? null)}</b>
      <span>{name}</span>
    </div>
  );
  const reasons = (of: { [key: string]: number | undefined }, name: string) => {
    const named = Object.entries(of).filter(([r, n]) => (n ?? 0) > 0 && r !== "kernel");
    return named.length === 1 ? `${name}, ${visible(named[0]![0].replaceAll("_", " "))}` : name;
  };
  const share = sum && sum.received > 0 ? `, ${f.shareOf(sum.counted, sum.received)}` : "";
  return (
    <main class="sources" id="sources">
      <nav class="subnav">
        <h2>{t("sources")}</h2>
        <button type="button" onClick={() => go("overview")}>
          {t("overview")}
        </button>
        <button type="button" aria-current="page">
          {t("sources")}
        </button>
      </nav>
      <section class="equation-large" aria-label={t("counted")}>
        {big(sum?.received, t("received"))}
        <i>=</i>
        {big(sum?.counted, t("counted") + share)}
        <i>+</i>
        {big(sum?.unparsed, t("unparsed"), sum && sum.unparsed > 0 ? "some4" : "")}
        <i>+</i>
        {big(sum?.rejected, a ? reasons(a.rejected, t("rejected")) : t("rejected"), sum && sum.rejected > 0 ? "some5" : "")}
        <i>+</i>
        {big(sum?.dropped, a ? reasons(a.dropped, t("dropped")) : t("dropped"), sum && sum.dropped > 0 ? "some5" : "")}
        {sum && sum.inFlight > 0 && (
          <>
            <i>+</i>
            {big(sum.inFlight, t("in_flight"))}
          </>
        )}
        <span class="grow" />
        {a && (
          <div class="balance">
            {off === 0 ? (
              <>
                <strong>
                  <Circle>
                    <path d="m6.3 10.3 2.6 2.6 4.8-5.2" />
                  </Circle>
                  {t("adds_up")}
                </strong>
                <span>{t("adds_up_hint")}</span>
              </>
            ) : (
              <strong class="fault">{t("unbalanced")}</strong>
            )}
          </div>
        )}
        <div class={`lost${sum && sum.kernel > 0 ? " some5" : ""}`}>
          <b>{f.exact(sum?.kernel ?? null)}</b>
          <span>{t("lost_kernel_long")}</span>
        </div>
      </section>
      {since !== null && (
        <p class="unwritten">
          <strong>{sentence(t("unwritten", { t: since }))}</strong>. {t("unwritten_hint")}
        </p>
      )}
      {sum && sum.received > 0 && <Proportions of={sum} />}
      <SourceTable sources={sources} all={a} chosen={chosen} />
      <div class="two">
        <SourcePanel key={chosen?.id} source={chosen} details={details} />
        <Listeners listeners={status?.listeners ?? s.hello.value?.listeners ?? []} />
      </div>
    </main>
  );
}

function Proportions({ of }: { of: ReturnType<typeof sums> }) {
  const part = (n: number, kind: string) => n > 0 && <i class={kind} style={{ flexGrow: n }} />;
  return (
    <div class="proportions" aria-hidden="true">
      {part(of.counted, "counted")}
      {part(of.unparsed, "unparsed")}
      {part(of.rejected + of.dropped, "lost")}
    </div>
  );
}

/** The source that is shown unasked: changed lately, else with most that was not understood. */
function mostToSay(sources: SourceInfo[]): SourceInfo | undefined {
  const weight = (x: SourceInfo) => [changedLately(x)?.at_ms ?? 0, x.accounting.unparsed, x.accounting.received];
  return [...sources].sort((a, b) => {
    const [x, y] = [weight(a), weight(b)];
    const at = x.findIndex((n, i) => n !== y[i]);
    return at < 0 ? a.id - b.id : y[at]! - x[at]!;
  })[0];
}

function SourceTable({ sources, all, chosen }: { sources: SourceInfo[]; all: Accounting | undefined; chosen: SourceInfo | undefined }) {
  const f = s.fmt.value;
  const rows = [...sources].sort((a, b) => b.accounting.received - a.accounting.received);
  const n = (v: number, kind = "") => <td class={v === 0 ? "faint" : kind}>{f.exact(v)}</td>;
  return (
    <Sideways>
      <table class="source-table">
        <caption class="hidden">{t("sources")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("state")}</th>
            <th scope="col" class="left">
              {t("source")}
            </th>
            <th scope="col" class="left">
              {t("via")}
            </th>
            <th scope="col" class="left">
              {t("format")}
            </th>
            <th scope="col" class="cap" aria-sort="descending">
              {t("received")}
            </th>
            <th scope="col" class="cap">{t("counted")}</th>
            <th scope="col" class="cap">{t("unparsed")}</th>
            <th scope="col" class="cap">{t("rejected")}</th>
            <th scope="col" class="cap">{t("dropped")}</th>
            <th scope="col">{t("misdated")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((x) => {
            const since = s.serverNow() - x.last_heard_ms;
            const quiet = since > QUIET_MS;
            const change = quiet ? undefined : changedLately(x);
            return (
              <tr key={x.id} class={x.id === chosen?.id ? "chosen" : undefined}>
                <td onClick={() => (s.chosenSource.value = x.id)}>
                  {change ? (
                    <span class="heard changed">
                      <Icon name="triangle" />
                      {t("changed", { t: f.minute(change.at_ms) })}
                    </span>
                  ) : (
                    <span class={`heard${quiet ? " quiet" : ""}`}>
                      <Circle>
                        <path d={quiet ? "M7.5 7v6M12.5 7v6" : "m6.3 10.3 2.6 2.6 4.8-5.2"} />
                      </Circle>
                      {quiet ? t("quiet", { s: f.span(since / 1000) }) : t("heard")}
                    </span>
                  )}
                </td>
                <td class="left">
                  <button
                    type="button"
                    class="value"
                    title={t("row_title", { v: visible(x.name) })}
                    onClick={(e) => {
                      click(e, "source", x.name);
                      go("overview");
                    }}
                  >
                    <b>{visible(x.name)}</b> <span class="mono faint">{visible(x.peer)}</span>
                  </button>
                </td>
                <td class="left">
                  <Via kind={parted(x.listener)[0]} address={parted(x.listener)[1]} />
                </td>
                <td class="left">
                  <button
                    type="button"
                    class="value format"
                    aria-pressed={x.id === chosen?.id}
                    title={t("choose_source", { v: visible(x.name) })}
                    onClick={() => (s.chosenSource.value = x.id)}
                  >
                    <Formats of={x} />
                  </button>
                </td>
                <td>{f.exact(x.accounting.received)}</td>
                {n(x.accounting.counted)}
                {n(x.accounting.unparsed, "some4")}
                {n(total(x.accounting.rejected), "some5")}
                {n(total(x.accounting.dropped), "some5")}
                {n(x.misdated)}
              </tr>
            );
          })}
          {all && (
            <tr class="rest">
              <td />
              <td class="left">{t("all_sources")}</td>
              <td />
              <td />
              <td>{f.exact(sums(all).received)}</td>
              <td>{f.exact(all.counted)}</td>
              <td>{f.exact(all.unparsed)}</td>
              <td>{f.exact(total(all.rejected))}</td>
              <td>{f.exact(sums(all).dropped)}</td>
              <td>{f.exact(rows.reduce((m, x) => m + x.misdated, 0))}</td>
            </tr>
          )}
        </tbody>
      </table>
    </Sideways>
  );
}

/** The format of most lines, and how many others there are. */
function Formats({ of }: { of: SourceInfo }) {
  if (!of.format) return <span class="faint">{t("not_recognised")}</span>;
  const others = Object.keys(of.formats).filter((x) => x !== of.format && x !== "w3c_header").sort();
  return (
    <>
      {visible(of.format)}
      {others.length > 0 && <span class="faint"> + {others.length > 1 ? moreFormats(others.length) : visible(others[0]!)}</span>}
    </>
  );
}

function moreFormats(n: number): string {
  return t("formats_more", { n: s.fmt.value.exact(n) });
}

function Listeners({ listeners }: { listeners: ListenerInfo[] }) {
  const f = s.fmt.value;
  const hints = [...new Set(listeners.map((l) => l.hint).filter((h): h is string => !!h))];
  return (
    <section class="listeners">
      <h2>{t("listeners")}</h2>
      <Sideways>
        <table>
          <caption class="hidden">{t("listeners")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("listener")}</th>
              <th scope="col" class="left">
                {t("receive_buffer")}
              </th>
              <th scope="col">{t("connections")}</th>
              <th scope="col" class="cap">{t("received")}</th>
              <th scope="col" class="cap">{t("unparsed")}</th>
              <th scope="col" class="cap">{t("rejected")}</th>
              <th scope="col" class="cap">{t("dropped")}</th>
              <th scope="col">{t("lost_short")}</th>
            </tr>
          </thead>
          <tbody>
            {listeners.map((l) => {
              const a = sums(l.accounting);
              const datagram = l.kind === "udp" || l.kind === "unix";
              const n = (v: number, kind: string) => <td class={v === 0 ? "faint" : kind}>{f.exact(v)}</td>;
              return (
                <tr key={`${l.kind} ${l.address}`}>
                  <td>
                    <Via kind={l.kind} address={l.address} />
                  </td>
                  <td class="left">
                    {l.buffer_bytes !== null
                      ? t("buffer_granted", { b: f.memory(l.buffer_bytes) })
                      : t(l.kind === "file" || l.kind === "stdin" ? "buffer_file" : l.kind === "unix" ? "buffer_unix" : "buffer_none")}
                  </td>
                  <td class={l.connections === 0 ? "faint" : ""}>{datagram ? "–" : f.exact(l.connections)}</td>
                  <td>{f.exact(a.received)}</td>
                  {n(a.unparsed, "some4")}
                  {n(a.rejected, "some5")}
                  {n(a.dropped, "some5")}
                  <Lost kind={l.kind} lost={a.kernel} />
                </tr>
              );
            })}
          </tbody>
        </table>
      </Sideways>
      {hints.map((hint) => (
        <div class="code small" key={hint}>
          <code>{visible(hint)}</code>
          <Copy text={hint} kind="quiet" />
        </div>
      ))}
    </section>
  );
}

/**
 * What was lost before Tapline could read. Only UDP's loss is counted by the kernel: a full unix
 * socket drops at its sender, and a stream makes its sender wait.
 */
function Lost({ kind, lost }: { kind: string; lost: number }) {
  const f = s.fmt.value;
  if (kind === "unix") {
    return (
      <td class="faint" title={t("lost_unseen_hint")}>
        {t("lost_unseen")}
      </td>
    );
  }
  if (kind !== "udp") return <td class="faint">{t("lost_none")}</td>;
  return <td class={lost === 0 ? "faint" : "some5"}>{f.exact(lost)}</td>;
}

/** What was not understood of these sources, on the set-up page. */
export function Unparsed({ sources }: { sources: SourceInfo[] }) {
  const details = useDetails(true);
  if (!Array.isArray(details)) return <p class="dim">{t(details === "failed" ? "samples_failed" : "samples_loading")}</p>;
  const known = details.filter((x) => sources.some((y) => y.id === x.id));
  return (
    <section class="one-source">
      {known.map((x) => (
        <NotUnderstood key={x.id} of={x} />
      ))}
    </section>
  );
}
