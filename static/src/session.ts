// Who the server takes the reader of this page for.

import { computed, effect, signal } from "@preact/signals";
import * as s from "./state";

interface Session {
  /** Empty for whoever needed to show nothing. */
  name: string;
  right: "send" | "look" | "admin";
  /** The only site that is shown; null for all. */
  site: string | null;
}

/** Null until the server has said it. */
export const session = signal<Session | null>(null);

/** May make links for people without a login; the server asks again with each. */
export const mayShare = computed(() => session.value?.right === "admin" && session.value.site === null);

/** Asked again with each connection: a restart ends logins, and rights may have changed. */
export function startSession(): void {
  effect(() => {
    if (s.hello.value !== null) void ask();
  });
}

async function ask(): Promise<void> {
  try {
    const answer = await fetch(new URL("api/v1/session", document.baseURI));
    session.value = answer.ok ? ((await answer.json()) as Session) : null;
  } catch {
    session.value = null;
  }
}
