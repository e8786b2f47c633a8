// What a summary says of its range in a few numbers. Pure.

import type { Before, Summary } from "../wire";
import type { Row } from "./series";

export interface Numbers {
  requests: number | null;
  s5xx: number | null;
  s4xx: number | null;
  p95: number | null;
  visitors: number | null;
  sent: number | null;
}

export const UNKNOWN_ALL: Numbers = { requests: null, s5xx: null, s4xx: null, p95: null, visitors: null, sent: null };

/** Rates a second and shares of what is known of a summary's range; of nothing there are none, and of no requests no shares. */
export function means(sum: Summary | Before): Numbers {
  const seconds = sum.known_s ?? length(sum);
  if (seconds <= 0) return UNKNOWN_ALL;
  const share = (name: string) => (sum.requests > 0 ? (sum.status[name] ?? 0) / sum.requests : null);
  return {
    requests: sum.requests / seconds,
    s5xx: share("5xx"),
    s4xx: share("4xx"),
    p95: sum.latency_s.p95,
    visitors: sum.visitors,
    sent: sum.bytes_out / seconds,
  };
}

/** The same rates as a curve has them: unknown where nothing is known, and none at all before the summary is there. */
export function ratesOf(sum: Summary | null): Partial<Row> {
  if (sum === null) return {};
  const seconds = sum.known_s ?? length(sum);
  const rate = (n: number | undefined) => (seconds > 0 ? (n ?? 0) / seconds : null);
  const { status } = sum;
  return {
    requests: rate(sum.requests),
    s2xx: rate(status["2xx"]),
    s3xx: rate(status["3xx"]),
    s4xx: rate(status["4xx"]),
    s5xx: rate(status["5xx"]),
    bytes_out: rate(sum.bytes_out),
  };
}

/** Seconds of the range, known or not. */
export function length(sum: Summary | Before): number {
  return Math.max(1, (Date.parse(sum.to) - Date.parse(sum.from)) / 1000);
}
