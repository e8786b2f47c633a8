// A value of a list as terms of the filter: most are one term, a band of latencies is two.

import { type How, holds, parse, toggle } from "./filter";

/** `0.1..0.2`, `..0.001`, `5..`: from inclusive to exclusive. */
function band(value: string): { from: string; to: string } | null {
  const found = /^(\d+(?:\.\d+)?)?\.\.(\d+(?:\.\d+)?)?$/.exec(value);
  if (!found || (found[1] === undefined && found[2] === undefined)) return null;
  return { from: found[1] ?? "", to: found[2] ?? "" };
}

const BANDED = new Set(["latency", "upstream_time"]);

function bandTerms(field: string, value: string): string[] | null {
  const b = BANDED.has(field) ? band(value) : null;
  if (!b) return null;
  return [...(b.from ? [`${field}>=${b.from}`] : []), ...(b.to ? [`${field}<${b.to}`] : [])];
}

/** The bounds of a band, seconds; null at an open end. */
export function bandBounds(value: string): { from: number | null; to: number | null } | null {
  const b = band(value);
  return b && { from: b.from ? Number(b.from) : null, to: b.to ? Number(b.to) : null };
}

/** Whether the filter has the value chosen, excluded, or says nothing of it. */
export function chosen(filter: string, field: string, value: string): "only" | "not" | null {
  const wanted = bandTerms(field, value);
  if (!wanted) return holds(filter, field, value);
  const terms = parse(filter).map((t) => t.text);
  const bounds = terms.filter((t) => t.startsWith(`${field}>`) || t.startsWith(`${field}<`));
  return wanted.length === bounds.length && wanted.every((t) => bounds.includes(t)) ? "only" : null;
}

/** Whether the filter language can say it: the outside of a band would take an "or" between two terms. */
export function can(field: string, value: string, how: How): boolean {
  return how === "only" || bandTerms(field, value) === null;
}

/** The filter after a click on a value. */
export function choose(filter: string, field: string, value: string, how: How): string {
  const wanted = bandTerms(field, value);
  if (!wanted) return toggle(filter, field, value, how);
  if (how !== "only") return filter;
  const taken = chosen(filter, field, value) === "only";
  const rest = parse(filter)
    .filter((t) => !(t.field === field && /^[<>]/.test(t.op)))
    .map((t) => t.text);
  return [...rest, ...(taken ? [] : wanted)].join(" ");
}
