// How the server is asked for anything beside the live feed, and when again after it did not answer.

export type Params = Readonly<Record<string, string | number>>;

/** Where a question goes; parameters without a value are left out. */
export function address(path: string, params: Params = {}): URL {
  const url = new URL(`api/v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(params)) {
    // A second before 1970 would be read as one so long ago.
    const said = String(typeof value === "number" ? Math.max(0, value) : value);
    if (said !== "") url.searchParams.set(name, said);
  }
  return url;
}

/** The server answered, and not with what was asked for. */
export class Refused extends Error {
  constructor(private readonly answer: Response) {
    super(String(answer.status));
  }

  get status(): number {
    return this.answer.status;
  }

  /** What the server says of it, and what helps; empty where it was not Tapline that answered. */
  async said(): Promise<string[]> {
    const { error } = ((await this.answer.json().catch(() => null)) ?? {}) as { error?: { message: string; hint: string } };
    return [error?.message, error?.hint].filter((text) => text !== undefined && text !== "") as string[];
  }

  /** How long it wants to be left alone; 0 where it does not say. */
  get restMs(): number {
    return Number(this.answer.headers.get("retry-after")) * 1000 || 0;
  }
}

export async function ask<T>(path: string, params: Params = {}, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(address(path, params), init);
  if (!answer.ok) throw new Refused(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** What is refused for what it asks is asked again so seldom: it may have been a proxy's word. */
const REFUSED_MS = 60_000;
/** Nobody is believed who wants to be left alone for longer. */
const REST_MS = 300_000;
/** Too slow, too early, too many: refusals that say nothing of the question. */
const FOR_NOW = [408, 425, 429];

/** When a question that failed is put again, which is usually after `usualMs`. */
export function again(failure: unknown, usualMs: number): number {
  if (!(failure instanceof Refused)) return usualMs;
  const { status, restMs } = failure;
  if (restMs > 0) return Math.max(usualMs, Math.min(restMs, REST_MS));
  return status >= 400 && status < 500 && !FOR_NOW.includes(status) ? Math.max(usualMs, REFUSED_MS) : usualMs;
}
