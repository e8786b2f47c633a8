// What takes a while to read, handed on in the order in which it came: messages that came compressed.

/** Whether this browser reads what the server compresses; those of before 2023 know other formats alone. */
export function canInflate(): boolean {
  try {
    new DecompressionStream("deflate-raw");
    return true;
  } catch {
    return false;
  }
}

/** The messages in raw deflate: a line each. */
export async function inflated(packed: ArrayBuffer): Promise<string[]> {
  const { body } = new Response(packed);
  const lines = await new Response(body!.pipeThrough(new DecompressionStream("deflate-raw"))).text();
  return lines.split("\n").filter((line) => line !== "");
}

export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** Calls `then` with what comes of `work`, or `failed`, once all that was added before has had its turn. */
  add<T>(work: T | Promise<T>, then: (result: T) => unknown, failed: () => unknown = () => {}): void {
    // Caught at once: a failure that nobody waits for yet would be an error of the page.
    const turn = Promise.resolve(work).then((result) => () => then(result), () => failed);
    this.last = this.last
      .then(async () => (await turn)())
      // What is wrong in one turn is none of the next one's.
      .catch((error: unknown) => console.error(error));
  }
}
