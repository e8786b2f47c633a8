// One source: what it was recognised as and why, when that changed, and what to do about the rest.

import { useEffect, useState } from "preact/hooks";
import { ask } from "../lib/api";
import type { Key } from "../lib/i18n";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { FormatChange, FormatEvidence, ProposalInfo, SourceInfo } from "../wire";
import { Copy } from "./copy";
import { Icon } from "./icons";

const ASK_MS = 10_000;
/** Samples shown before "see all". */
const SAMPLES = 5;
/** The name that the server has for lines of no format. */
const UNKNOWN = "message";

export type Details = SourceInfo[] | null | "failed";

/** What the feed leaves out of a source, asked for while somebody looks. */
export function useDetails(wanted: boolean): Details {
  const [details, set] = useState<Details>(null);
  useEffect(() => {
    if (!wanted) return;
    let current = true;
    const look = async () => {
      try {
        const { sources } = await ask<{ sources: SourceInfo[] }>("sources", {}, { headers: { accept: "application/json" } });
        if (current) set(sources);
      } catch {
        if (current) set("failed");
      }
    };
    void look();
    const timer = setInterval(() => void look(), ASK_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [wanted]);
  return details;
}

/** A format's name, or that there is none. */
function named(format: string): string {
  return format === UNKNOWN ? t("format_none") : visible(format);
}

function when(ms: number): string {
  const f = s.fmt.value;
  return f.day(ms) === f.day(s.serverNow()) ? f.clock(ms) : `${f.day(ms)} ${f.clock(ms)}`;
}

function linesOf(n: number): string {
  return n === 1 ? t("lines_1") : t("lines_n", { n: s.fmt.value.exact(n) });
}

export function SourcePanel({ source, details }: { source: SourceInfo | undefined; details: Details }) {
  if (!source) return null;
  const known = Array.isArray(details) ? details.find((x) => x.id === source.id) : undefined;
  return (
    <section class="one-source" id="source">
      <h2>
        {visible(source.name)} <span class="mono faint">{visible(source.peer)}</span>
      </h2>
      {!known && <p class="dim">{t(details === "failed" ? "samples_failed" : "samples_loading")}</p>}
      {known && (
        <>
          <Changes of={known.changes} />
          <Recognised of={known.evidence} />
          <NotUnderstood of={known} />
        </>
      )}
    </section>
  );
}

/** The newest change with a line before and after, the others in one line each. */
function Changes({ of }: { of: FormatChange[] }) {
  const newest = of[of.length - 1];
  if (!newest) return null;
  return (
    <div class="change">
      <h3>
        <Icon name="triangle" />
        {t("change_at", { t: when(newest.at_ms), old: named(newest.old), new: named(newest.new) })}
      </h3>
      {newest.before && <pre class="sample known">{visible(newest.before)}</pre>}
      <pre class="sample">{visible(newest.after) || t("empty_value")}</pre>
      {of.length > 1 && (
        <ul class="dim">
          {of
            .slice(0, -1)
            .reverse()
            .map((x, i) => (
              <li key={i}>{t("change_at", { t: when(x.at_ms), old: named(x.old), new: named(x.new) })}</li>
            ))}
        </ul>
      )}
    </div>
  );
}

function Recognised({ of }: { of: FormatEvidence[] }) {
  const rows = [...of].sort((a, b) => b.lines - a.lines);
  return (
    <div class="recognised">
      <h3>{t("recognised")}</h3>
      {rows.length === 0 && <p class="dim">{t("recognised_none")}</p>}
      {rows.map((x) => (
        <div key={x.format}>
          <h4>
            <b>{visible(x.format)}</b> <span class="dim">{t("recognised_of", { n: linesOf(x.lines), t: when(x.since_ms) })}</span>
          </h4>
          <pre class="sample known" title={`${t("recognised_first")}:\n${visible(x.first_line)}`}>
            {visible(x.first_line)}
          </pre>
          <p class="fields-given">
            {x.fields.map((field) => (
              <code key={field}>{visible(field)}</code>
            ))}
          </p>
          {x.lacks.map((lack) => (
            <p class="lack" key={lack.field}>
              <span>{t(`lack_${lack.panel}` as Key)}</span>{" "}
              {t("lack_add", { nginx: lack.nginx, apache: lack.apache })}
            </p>
          ))}
        </div>
      ))}
    </div>
  );
}

export function NotUnderstood({ of }: { of: SourceInfo }) {
  const f = s.fmt.value;
  const [all, showAll] = useState(false);
  const unread = of.accounting.unparsed;
  const samples = [...of.samples].reverse();
  const shown = all ? samples : samples.slice(0, SAMPLES);
  return (
    <div class="unread">
      <h3>{t("not_understood")}</h3>
      {unread === 0 ? (
        <p class="dim">{t("no_unparsed")}</p>
      ) : (
        <>
          <p class="dim">{t(samples.length === 1 ? "samples_of_one" : "samples_of", { n: linesOf(unread), m: f.exact(samples.length) })}</p>
          {of.proposals.map((x, i) => (
            <Proposed key={i} of={x} />
          ))}
          {shown.map((text, i) => (
            <pre class="sample" key={i}>
              {visible(text) || t("empty_value")}
            </pre>
          ))}
          {samples.length > 0 && (
            <div class="actions">
              {samples.length > SAMPLES && (
                <button type="button" class="btn small" aria-expanded={all} onClick={() => showAll(!all)}>
                  {all ? t("samples_fewer") : t("samples_all", { n: f.exact(samples.length) })}
                </button>
              )}
              <Copy text={samples.join("\n")} label={t("samples_copy")} kind="quiet" />
            </div>
          )}
        </>
      )}
    </div>
  );
}

/** A template for lines like these, or why there is none. */
function Proposed({ of }: { of: ProposalInfo }) {
  const f = s.fmt.value;
  const n = of.samples === 1 ? t("samples_1") : t("samples_n", { n: f.exact(of.samples) });
  if (of.said !== "template" || of.config === null) {
    const known = ["messages", "json", "no_status", "no_request"].includes(of.said);
    return <p class="proposal dim">{t(`proposed_${known ? of.said : "unclear"}` as Key, { n })}</p>;
  }
  return (
    <div class="proposal">
      <p>{t("proposed_template", { n, reads: f.exact(of.reads) })}</p>
      <div class="stretches">
        {of.columns.map((x) => {
          const unused = /^(skip|text)[_\d]/.test(x.name);
          return (
            <span key={x.name} class={unused ? undefined : "known"}>
              {visible(x.value) || "\u00a0"}
              <small>{unused ? t("proposed_unused") : `$${visible(x.name)}`}</small>
            </span>
          );
        })}
      </div>
      <p class="dim">{t("proposed_config")}</p>
      <div class="code small">
        <code>{of.config.trimEnd().split("\n").map(visible).join("\n")}</code>
        <Copy text={of.config} />
      </div>
    </div>
  );
}
