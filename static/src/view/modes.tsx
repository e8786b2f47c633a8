// How the latency lane draws: lines, heat map, or beside the upstreams' times; kept in this browser.

import { signal } from "@preact/signals";
import * as s from "../state";
import { t } from "../state";
import type { Mode } from "./shapes";

const chosen = signal<Mode>(recall());

function recall(): Mode {
  const kept = s.recall("latency");
  return kept === "heat" || kept === "upstream" ? kept : "lines";
}

/** The mode that is drawn: what was chosen, where there is something to draw. */
export function modeShown(upstream: boolean): Mode {
  const bands = (s.hello.value?.bands_s.length ?? 0) > 0;
  if (chosen.value === "upstream" && !upstream) return "lines";
  return chosen.value === "heat" && !bands ? "lines" : chosen.value;
}

export function Modes({ upstream }: { upstream: boolean }) {
  const shown = modeShown(upstream);
  const names: [Mode, string][] = [["lines", t("mode_lines")], ["heat", t("mode_heat")]];
  if (upstream) names.push(["upstream", t("mode_upstream")]);
  return (
    <span class="modes" role="group" aria-label={t("latency")}>
      <span class="wide-only" aria-hidden="true">{t("latency")}</span>
      <span class="segments">
        {names.map(([mode, name]) => (
          <button
            key={mode}
            type="button"
            class="btn small"
            aria-pressed={mode === shown}
            onClick={() => {
              chosen.value = mode;
              s.keep("latency", mode);
            }}
          >
            {name}
          </button>
        ))}
      </span>
    </span>
  );
}
