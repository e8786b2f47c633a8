// Why, or why not: what each detector saw in one second, its evidence against what it asks for.

import { useEffect, useState } from "preact/hooks";
import * as anomalies from "../anomalies";
import type { Key } from "../lib/i18n";
import * as s from "../state";
import { t } from "../state";
import type { AnomalySeen } from "../wire";
import { apartOf, BARE, clockOf, limitOf, titleOf, usualOf, valueOf } from "./anomaly-words";
import { Sheet } from "./drawer";

/** While live it follows, at this pace. */
const AGAIN_MS = 3_000;
/** The newest second may not be looked at yet. */
const BACK_S = 2;

function useWhy(at: number | null): { at: number; seen: readonly AnomalySeen[] } | "failed" | null {
  const [got, setGot] = useState<{ of: number | null; at: number; seen: readonly AnomalySeen[] } | "failed" | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const load = async () => {
      const second = at ?? Math.floor(s.newest.peek() / 1000) - BACK_S;
      try {
        const { seen } = await anomalies.why(second, stop.signal);
        setGot({ of: at, at: second, seen });
        if (at === null) timer = window.setTimeout(load, AGAIN_MS);
      } catch {
        if (stop.signal.aborted) return;
        setGot("failed");
        timer = window.setTimeout(load, AGAIN_MS);
      }
    };
    void load();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [at]);
  return got === "failed" || got === null || got.of === at ? got : null;
}

export function WhySecond() {
  const scope = s.scope.value;
  const at = s.at.value ?? (scope.live ? null : scope.to - 1);
  const got = useWhy(at);
  return (
    <Sheet title={at === null ? t("aw_now") : t("aw_title", { t: clockOf(at) })} about={anomalies.SECOND}>
      <p class="dim">{t("aw_hint")}</p>
      {got === "failed" ? (
        <p>{t("aw_failed")}</p>
      ) : got === null ? null : got.seen.length === 0 ? (
        <p>{t("aw_none")}</p>
      ) : (
        <ul class="seen-rows" data-at={got.at}>
          {[...got.seen].sort((a, b) => rank(a) - rank(b) || part(b) - part(a)).map((x) => (
            <Seen key={`${x.kind} ${x.site} ${x.key}`} x={x} />
          ))}
        </ul>
      )}
    </Sheet>
  );
}

/** Its evidence as a part of what it asks for. */
function part(x: AnomalySeen): number {
  return x.threshold > 0 ? Math.max(0, x.score / x.threshold) : 0;
}

/** What is unusual first, then what looks at everything, then what looks at single things. */
function rank(x: AnomalySeen): number {
  return x.verdict === "unusual" || x.verdict === "ending" ? 0 : x.key === null ? 1 : 2;
}

const SAID: Readonly<Record<string, Key>> = { learning: "aw_learning", cooling_down: "aw_cooling_down", unusual: "aw_unusual", ending: "aw_ending", elsewhere: "aw_elsewhere" };

function Seen({ x }: { x: AnomalySeen }) {
  const f = s.fmt.value;
  const { unit } = x;
  const share = part(x);
  const number = (n: number) => f.rate(Math.max(0, n));
  const bound = limitOf(x);
  const verdict = SAID[x.verdict] ?? (share >= 0.05 ? "aw_some" : "aw_usual_said");
  return (
    <li class={x.verdict === "unusual" || x.verdict === "ending" ? "out" : undefined}>
      <p class="title">
        <b>{titleOf(x)}</b>
        <span>{t(verdict)}</span>
      </p>
      <dl>
        <div>
          <dt>{t("aw_seen")}</dt>
          <dd>{[valueOf(x.observed, unit), apartOf(x)].filter(Boolean).join(", ")}</dd>
        </div>
        <div>
          <dt>{t(bound === null ? "aw_usual" : "aw_limit")}</dt>
          <dd>{bound ?? (x.verdict === "learning" ? "–" : (usualOf(x, BARE) ?? valueOf(x.expected, unit)))}</dd>
        </div>
        <div>
          <dt>{t("aw_evidence")}</dt>
          <dd>
            <span class="share" aria-hidden="true">
              <i style={{ width: `${Math.min(1, share) * 100}%` }} />
            </span>
            {t("aw_of", { n: number(x.score), m: number(x.threshold) })}
          </dd>
        </div>
      </dl>
    </li>
  );
}
