// Who the server takes the reader of this page for.

import { computed, effect, signal } from "@preact/signals";
import * as api from "./lib/api";
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

/** May say of what nobody is to be told, and take markers away. Until the server has said who it is, as whoever needs no login. */
export const mayAdminister = computed(() => session.value === null || mayShare.value);

/** Asked again with each connection, as a restart ends logins and rights may have changed, and where the
 * menu opens that shows what follows from it. */
export function startSession(): void {
  effect(() => {
    if (s.hello.value !== null) void ask();
  });
  effect(() => {
    if (s.menuOpen.value) void ask();
  });
}

/** How often it was asked, and which question the answer that holds is to: an older one may come later. */
let asked = 0;
let answered = 0;

async function ask(): Promise<void> {
  const mine = ++asked;
  let told: Session | null = null;
  try {
    told = await api.ask<Session>("session");
  } catch (failure) {
    // Only these say that there is no login; a server that is away or overloaded says nothing of it.
    if (!(failure instanceof api.Refused) || (failure.status !== 401 && failure.status !== 403)) return;
  }
  if (mine < answered) return;
  answered = mine;
  session.value = told;
}
