// A usual range as a band, with a tick where the value is; outside of it the tick is a diamond.

import { type Band, gauge } from "../lib/anomaly";

export function Gauge({ value, band, label }: { value: number | null; band: Band; label: string }) {
  const g = gauge(value ?? band.low, band);
  const percent = (x: number) => `${Math.round(x * 1000) / 10}%`;
  return (
    <span class={`gauge${value !== null && g.outside ? " out" : ""}`} role="img" aria-label={label} title={label}>
      <i class="usual" style={{ left: percent(g.low), width: percent(g.high - g.low) }} />
      {value !== null && <i class="tick" style={{ left: percent(g.at) }} />}
    </span>
  );
}
