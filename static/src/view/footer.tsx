// Can I believe it: the accounting, always in sight.

import { mayAdminister } from "../session";
import * as s from "../state";
import { t } from "../state";
import type { Accounting } from "../wire";
import { go } from "./header";
import { Sideways } from "./sideways";
import { total } from "./verdict";

/** Since when the server can't write down what is to outlive it; null while it can, and for whoever can't help it. */
export function unwrittenSince(): string | null {
  const since = s.status.value?.summary.unwritten_since;
  if (since === undefined || !mayAdminister.value) return null;
  const f = s.fmt.value;
  const [from] = f.ends(Date.parse(since), s.serverNow(), s.serverNow());
  return from;
}

export interface Sums {
  received: number;
  counted: number;
  unparsed: number;
  rejected: number;
  dropped: number;
  inFlight: number;
  kernel: number;
}

/** What the kernel dropped was never read and has no source: it stands apart from the equation. */
export function sums(a: Accounting): Sums {
  const kernel = a.dropped["kernel"] ?? 0;
  return {
    received: a.received - kernel,
    counted: a.counted,
    unparsed: a.unparsed,
    rejected: total(a.rejected),
    dropped: total(a.dropped) - kernel,
    inFlight: a.in_flight,
    kernel,
  };
}

export function Footer() {
  const f = s.fmt.value;
  const status = s.status.value;
  const a = status ? sums(status.summary.accounting) : null;
  const n = (v: number | undefined) => <b>{f.exact(v ?? null)}</b>;
  const waiting = s.paused.value || s.stale.value;
  const behind = s.newest.value ? (waiting ? s.serverNow() - s.newest.value : s.late.value) / 1000 : null;
  const lost = a ? ([["lost_kernel", a.kernel], ["dropped", a.dropped], ["rejected", a.rejected]] as const).filter(([, lines]) => lines > 0) : [];
  const since = unwrittenSince();
  const unwritten = since === null ? null : t("unwritten", { t: since });
  const sources = status?.sources.length ?? 0;
  const buffer = s.first.value
    ? s.hello.value?.listeners.map((l) => l.buffer_bytes).find((b) => b !== null)
    : undefined;
  return (
    <footer class="foot" id="accounting">
      <Sideways>
        <div class="foot-all">
          {unwritten && (
            <span class="loss">
              <b>{unwritten}</b>
            </span>
          )}
          {lost.length > 0 && (
            // There only the beginning is in sight. Whoever is read the page is read the equation.
            <span class="loss narrow-only" aria-hidden="true">
              {lost.map(([what, lines], i) => (
                <>
                  {i > 0 && " · "}
                  {t(what)} {n(lines)}
                </>
              ))}
            </span>
          )}
          <span class="equation">
            {t("received")} {n(a?.received)} = {t("counted")} {n(a?.counted)} + {t("unparsed")} {n(a?.unparsed)} + {t("rejected")}{" "}
            {n(a?.rejected)} + {t("dropped")} {n(a?.dropped)}
            {a && a.inFlight > 0 && (
              <>
                {" "}
                + {t("in_flight")} {n(a.inFlight)}
              </>
            )}
          </span>
          <span class="grow" />
          {a && !s.first.value && (
            <span class={a.kernel > 0 ? "loss" : undefined}>
              {t("lost_kernel")} {n(a.kernel)}
            </span>
          )}
          {sources > 0 && (
            <button type="button" onClick={() => go("sources")}>
              {sources === 1 ? t("sources_one") : t("sources_all", { n: f.exact(sources) })}
            </button>
          )}
          {buffer != null && <span>{t("buffer", { b: f.memory(buffer) })}</span>}
          {behind !== null && !s.first.value && (
            <span>
              {t("behind", { s: waiting ? f.span(behind) : f.seconds(behind), n: f.exact(s.missed.value) })}
            </span>
          )}
          {!s.first.value && <span class="wide-only">{t("sketch")}</span>}
        </div>
      </Sideways>
    </footer>
  );
}
