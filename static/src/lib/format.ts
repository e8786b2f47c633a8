// Numbers, sizes, durations and times as people of a language read them. `null` is "–": unknown is
// never shown as zero.

export type Lang = "en" | "ko";

export const UNKNOWN = "–";

export interface Parts {
  value: string;
  unit: string;
}

export interface Format {
  /** Whole counts, exact to 99,999, then 1.2M or 120만. */
  count(n: number | null): string;
  /** Exact at any size. */
  exact(n: number | null): string;
  /** Per second: one decimal under 1,000. */
  rate(n: number | null): string;
  /** Axis labels: 1.5k, or 1,500 in Korean. */
  axis(n: number): string;
  /** A share of 0–1. */
  percent(share: number | null): string;
  /** A part of a whole, never rounded up to all of it. */
  shareOf(part: number, whole: number): string;
  /** The same for the large numbers: two decimals under 1 %. */
  percentParts(share: number | null): Parts;
  duration(seconds: number | null): string;
  durationParts(seconds: number | null): Parts;
  /** One decimal: 0.4 s. */
  seconds(s: number): string;
  /** Long spans: 3 h 34 min. */
  span(seconds: number): string;
  bytes(n: number | null): string;
  bytesParts(n: number | null): Parts;
  /** Binary, for memory and buffers. */
  memory(n: number | null): string;
  perSecond(text: string): string;
  /** With what it is ahead of UTC where the clock goes through an hour twice. */
  clock(ms: number): string;
  clockMs(ms: number): string;
  /** The clock alone, where what stands beside it says which of two hours it is. */
  plain(ms: number): string;
  /** What the clock is ahead of UTC at a time that it shows twice, as `-05:00`; empty at others. */
  twice(ms: number): string;
  minute(ms: number): string;
  day(ms: number): string;
  /** Both ends of a range, as seen at `now`: with their days where these differ, else the first one's unless it is today. */
  ends(from: number, to: number, now: number): [string, string];
  zone(ms: number): string;
  /** The zone of a range; both where the clock changes in it. */
  zones(from: number, to: number): string;
  /** Seconds that the clock is ahead of UTC. */
  offset(ms: number): number;
}

/** Clocks change at quarters of an hour. To ask takes some 10 µs, and an axis does it for each of its times. */
const QUARTER_MS = 900_000;
const ZONES_KEPT = 1000;
/** No clock is set back within this time of another change, and none by more. */
const CHANGE_MS = 3 * 3_600_000;

export function formats(lang: Lang, zone?: string): Format {
  const nf = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(lang, options);
  const df = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(lang === "ko" ? "ko-KR" : "en-GB", {
      ...options,
      ...(zone ? { timeZone: zone } : {}),
    });
  const whole = nf({ maximumFractionDigits: 0 });
  const one = nf({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const two = nf({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const compact = nf({ notation: "compact", maximumSignificantDigits: 3 });
  const gap = lang === "ko" ? "" : " ";

  const significant = [2, 1, 0].map((digits) =>
    nf({ minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const three = (n: number) => significant[n < 9.995 ? 0 : n < 99.95 ? 1 : 2]!.format(n);

  const hms = df({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const hm = df({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dayMonth = df({ day: "numeric", month: "short" });
  const zoneName = new Intl.DateTimeFormat("en", {
    timeZoneName: "longOffset",
    ...(zone ? { timeZone: zone } : {}),
  });

  const zones = new Map<number, string>();

  // Korean locales write 14시 32분; charts and lines need 14:32:07 in every language.
  const digits = (f: Intl.DateTimeFormat, ms: number) =>
    f
      .formatToParts(ms)
      .filter((p) => p.type === "hour" || p.type === "minute" || p.type === "second")
      .map((p) => p.value.padStart(2, "0"))
      .join(":");

  function count(n: number | null): string {
    if (n === null) return UNKNOWN;
    return Math.abs(n) < 100_000 ? whole.format(n) : compact.format(n);
  }

  function rate(n: number | null): string {
    if (n === null) return UNKNOWN;
    if (n === 0) return "0";
    if (n < 0.05) return `<${one.format(0.1)}`;
    return n < 999.95 ? one.format(n) : count(Math.round(n));
  }

  function axis(n: number): string {
    if (n < 0.1) return nf({ maximumSignificantDigits: 2 }).format(n);
    if (lang === "ko" || n < 1000) return n < 1e5 ? nf({ maximumFractionDigits: 2 }).format(n) : compact.format(n);
    return compact.format(n).toLowerCase().replace("m", "M").replace("b", "B");
  }

  function percent(share: number | null): string {
    if (share === null) return UNKNOWN;
    const p = share * 100;
    if (p === 0) return "0";
    if (p < 0.1) return `<${one.format(0.1)}%`;
    return `${p < 9.95 ? one.format(p) : whole.format(p)}%`;
  }

  function percentParts(share: number | null): Parts {
    if (share === null) return { value: UNKNOWN, unit: "" };
    const p = share * 100;
    if (p === 0) return { value: "0", unit: "%" };
    if (p < 0.01) return { value: `<${two.format(0.01)}`, unit: "%" };
    return { value: p < 0.995 ? two.format(p) : p < 99.95 ? one.format(p) : whole.format(p), unit: "%" };
  }

  function durationParts(s: number | null): Parts {
    if (s === null) return { value: UNKNOWN, unit: "" };
    if (s === 0) return { value: "0", unit: "ms" };
    if (s < 0.0005) return { value: "<1", unit: "ms" };
    // Three digits, but a millisecond is as fine as servers write.
    if (s < 0.9995) return { value: whole.format(s * 1000), unit: "ms" };
    if (s < 600) return { value: three(s), unit: lang === "ko" ? "초" : "s" };
    return { value: span(s), unit: "" };
  }

  function span(s: number): string {
    const units: [number, string][] =
      lang === "ko"
        ? [[86_400, "일"], [3600, "시간"], [60, "분"], [1, "초"]]
        : [[86_400, " d"], [3600, " h"], [60, " min"], [1, " s"]];
    let rest = Math.max(0, Math.round(s));
    const out: string[] = [];
    for (const [size, name] of units) {
      const n = Math.floor(rest / size);
      if (n > 0 || (size === 1 && out.length === 0)) out.push(`${whole.format(n)}${name}`);
      else if (out.length > 0) break;
      rest -= n * size;
      if (out.length === 2) break;
    }
    return out.join(" ");
  }

  function scaled(n: number, base: number, names: string[]): Parts {
    let i = 0;
    while (n >= (base === 1000 ? 999.5 : 1023.5) && i < names.length - 1) {
      n /= base;
      i++;
    }
    // A byte is whole; above that three digits, at most one decimal: columns stay calm.
    const value = i === 0 || n >= 99.95 ? whole.format(n) : one.format(n);
    return { value, unit: names[i]! };
  }

  function zoneAt(ms: number): string {
    const quarter = Math.floor(ms / QUARTER_MS);
    let name = zones.get(quarter);
    if (name === undefined) {
      name = (zoneName.formatToParts(ms).find((p) => p.type === "timeZoneName")?.value ?? "UTC").replace("GMT", "UTC").replace("UTC+00:00", "UTC");
      if (zones.size >= ZONES_KEPT) zones.clear();
      zones.set(quarter, name);
    }
    return name;
  }

  function offset(ms: number): number {
    const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d+):(\d+)(?::(\d+))?/.exec(zoneAt(ms)) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  }

  function twice(ms: number): string {
    const ahead = offset(ms);
    const again = [ms - CHANGE_MS, ms + CHANGE_MS].some((near) => {
      const other = offset(near);
      return other !== ahead && offset(ms + (ahead - other) * 1000) === other;
    });
    return again ? zoneAt(ms).replace(/^UTC(?=.)/, "") : "";
  }

  const plain = (ms: number) => digits(hms, ms);
  /** `time` with what tells it from the same time an hour before or after. */
  const told = (time: string, ms: number) => {
    const zone = twice(ms);
    return zone ? `${time} ${zone}` : time;
  };
  const clock = (ms: number) => told(plain(ms), ms);

  const bytesParts = (n: number | null): Parts =>
    n === null ? { value: UNKNOWN, unit: "" } : scaled(n, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]);
  const join = (p: Parts) => (p.unit ? `${p.value}${p.unit === "%" ? "" : gap}${p.unit}` : p.value);

  return {
    count,
    exact: (n) => (n === null ? UNKNOWN : whole.format(n)),
    rate,
    axis,
    percent,
    shareOf(part, all) {
      const p = (part / all) * 100;
      if (part < all && p >= 99.95) return `${two.format(Math.min(99.99, Math.floor(p * 100) / 100))}%`;
      return percent(part / all);
    },
    percentParts,
    duration: (s) => join(durationParts(s)),
    durationParts,
    seconds: (s) => `${one.format(s)}${gap}${lang === "ko" ? "초" : "s"}`,
    span,
    bytes: (n) => join(bytesParts(n)),
    bytesParts,
    memory(n) {
      if (n === null) return UNKNOWN;
      const p = scaled(n, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
      return join({ value: p.value.replace(/[.,]0$/, ""), unit: p.unit });
    },
    perSecond: (text) => (text === UNKNOWN ? text : lang === "ko" ? `${text}/초` : `${text}/s`),
    clock,
    clockMs(ms) {
      // Most servers write whole seconds: zeros that nobody measured are left out.
      const rest = ((ms % 1000) + 1000) % 1000;
      return told(rest === 0 ? plain(ms) : `${plain(ms)}.${String(rest).padStart(3, "0")}`, ms);
    },
    plain,
    twice,
    minute: (ms) => digits(hm, ms),
    day: (ms) => dayMonth.format(ms),
    ends(from, to, now) {
      const [first, last] = [dayMonth.format(from), dayMonth.format(to)];
      const [start, end] = [clock(from), clock(to)];
      if (first !== last) return [`${first} ${start}`, `${last} ${end}`];
      return [first === dayMonth.format(now) ? start : `${first} ${start}`, end];
    },
    zone: zoneAt,
    zones(from, to) {
      const [first, last] = [zoneAt(from), zoneAt(to)];
      return first === last ? last : `${first} → ${last.replace(/^UTC(?=.)/, "")}`;
    },
    offset,
  };
}
