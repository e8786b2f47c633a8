// What values are called on the page: countries by the language, bands by their bounds, bots with
// who runs them and what for.

import { bandBounds } from "../lib/choice";
import type { Format, Lang } from "../lib/format";
import type { Key } from "../lib/i18n";
import * as s from "../state";
import { t } from "../state";
import { visible } from "../lib/text";
import type { TopRow } from "../wire";
import type { Tab } from "./lists";

export interface Name {
  /** The value itself where absent. */
  name?: string | undefined;
  also?: string | undefined;
}

const countries = new Map<Lang, Intl.DisplayNames>();

export function country(code: string, lang: Lang): string | undefined {
  if (!/^[A-Z]{2}$/.test(code)) return undefined;
  let names = countries.get(lang);
  if (!names) {
    names = new Intl.DisplayNames(lang, { type: "region", fallback: "none" });
    countries.set(lang, names);
  }
  return names.of(code);
}

/** A bound of a band: round, so without the zeros that measured times have. */
function bound(seconds: number, f: Format): { value: string; unit: string } {
  const parts = f.durationParts(seconds);
  return { ...parts, value: parts.value.replace(/[.,]0+$/, "") };
}

export function bandName(value: string, f: Format, lang: Lang): string | undefined {
  const b = bandBounds(value);
  if (!b) return undefined;
  const gap = lang === "ko" ? "" : " ";
  const text = (x: { value: string; unit: string }) => `${x.value}${gap}${x.unit}`;
  if (b.from === null) return t("band_under", { b: text(bound(b.to!, f)) });
  if (b.to === null) return t("band_over", { b: text(bound(b.from, f)) });
  const [from, to] = [bound(b.from, f), bound(b.to, f)];
  return from.unit === to.unit ? `${from.value}–${text(to)}` : `${text(from)}–${text(to)}`;
}

const PURPOSES = ["search", "ai_training", "ai_assistant", "ai_search", "seo", "monitor", "preview", "scanner", "archive", "feed", "unknown"];
const OUTCOMES = ["success", "redirect", "bad", "error"];

export function purpose(value: string): string {
  return PURPOSES.includes(value) ? t(`u_${value}` as Key) : visible(value).replace(/_/g, " ");
}

/** Inside a sentence: `AI` and `SEO` stay as they are. */
function inside(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}

export function nameOf(tab: Tab, row: TopRow): Name {
  const { value } = row;
  const label = row.label ? visible(row.label) : undefined;
  switch (tab.list) {
    case "countries": {
      const name = country(value, s.lang.value);
      return name ? { name, also: value } : {};
    }
    case "bands":
    case "upstream_bands":
      return { name: bandName(value, s.fmt.value, s.lang.value) };
    case "bots":
      return { also: [label, row.purpose && inside(purpose(row.purpose))].filter(Boolean).join(", ") || undefined };
    case "purposes":
      return { name: purpose(value) };
    case "outcomes":
      return OUTCOMES.includes(value) ? { name: t(`o_${value}` as Key) } : {};
    case "ip_versions":
      return { name: value === "v4" ? "IPv4" : value === "v6" ? "IPv6" : undefined };
    default:
      return { also: label };
  }
}
