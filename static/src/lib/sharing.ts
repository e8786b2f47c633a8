// Links that show one site: what is asked of the server, and which site is meant.

import { isAbsent, OVERFLOW } from "./absent";
import { parse } from "./filter";

/** One link, as the server lists it. */
export interface Share {
  id: string;
  site: string;
  created: string;
  expires: string;
}

export const LASTS = ["1h", "1d", "7d", "30d"] as const;
export type Lasts = (typeof LASTS)[number];
export const USUAL: Lasts = "7d";

/** Whether it is one that can be shared. */
export function isSite(value: string): boolean {
  const name = value.trim();
  return !isAbsent(name) && name !== OVERFLOW;
}

/** The one site that a filter is about. */
export function siteOf(filter: string): string | null {
  const sites = parse(filter).filter((term) => term.field === "site");
  const only = sites.length === 1 ? sites[0]! : null;
  if (!only || only.not || only.pattern || only.op !== ":" || only.value.includes(",")) return null;
  return isSite(only.value) ? only.value : null;
}

/** Whether an address leads to the machine that reads it, whichever that is. */
export function isLocal(link: string): boolean {
  const { hostname } = new URL(link);
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
