// The order of a list that is read: it holds under the pointer, and otherwise changes seldom. What is
// shown is always of the newest answer; only places are held.

/** Otherwise the order changes at most this often. */
export const RESORT_MS = 2_000;
/** A pointer that rests for longer was left there: the list goes on as without it. */
export const REST_MS = 5_000;

interface Row {
  value: string;
}

/** The places of a list as they were last shown. */
export class Calm {
  private key = "";
  private order: readonly string[] = [];
  private at = 0;
  private moved = -Infinity;

  /** The pointer moved over the list. */
  touch(now: number): void {
    this.moved = now;
  }

  leave(): void {
    this.moved = -Infinity;
  }

  /** At most `count` of `rows`, the first of them where no other order is held; another `key` is another list. */
  show<R extends Row>(rows: readonly R[], count: number, key: string, now: number): R[] {
    const keep = this.key === key && (now - this.moved < REST_MS || now - this.at < RESORT_MS);
    const out = keep ? this.held(rows, count) : rows.slice(0, count);
    if (!keep) this.at = now;
    this.key = key;
    this.order = out.map((r) => r.value);
    return out;
  }

  /** In their places; one whose value is gone is taken by the first that has none, as are those that are free. */
  private held<R extends Row>(rows: readonly R[], count: number): R[] {
    const known = new Map(rows.map((r) => [r.value, r]));
    const placed = new Set(this.order);
    const free = rows.filter((r) => !placed.has(r.value)).values();
    const out = this.order.flatMap((value) => known.get(value) ?? free.next().value ?? []);
    return [...out, ...free].slice(0, count);
  }
}

interface Sums {
  values: number;
  requests: number;
  bytes: number;
  errors: number;
}

/** What a list leaves out: the `rest` that did not come, and the `rows` that came and are not `shown`. */
export function leftOut<R extends Row & Omit<Sums, "values">>(rows: readonly R[], shown: readonly R[], rest: Sums | undefined): Sums {
  const seen = new Set(shown);
  const cut = rows.filter((r) => !seen.has(r));
  return {
    values: (rest?.values ?? 0) + cut.length,
    requests: (rest?.requests ?? 0) + cut.reduce((n, r) => n + r.requests, 0),
    bytes: (rest?.bytes ?? 0) + cut.reduce((n, r) => n + r.bytes, 0),
    errors: (rest?.errors ?? 0) + cut.reduce((n, r) => n + r.errors, 0),
  };
}
