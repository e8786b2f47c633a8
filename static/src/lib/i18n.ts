// What the page says in the language it is read in. Each language is a file of its own: a browser loads
// the one it needs.

import type { Key } from "../words/all";
import type { Lang } from "./format";

export type { Key };

const known: Partial<Record<Lang, Record<Key, string>>> = {};

const load: Record<Lang, () => Promise<Record<Key, string>>> = {
  en: async () => (await import("../words/english")).en,
  ko: async () => (await import("../words/korean")).ko,
};

/** Gets the words of a language, once. */
export async function learn(lang: Lang): Promise<void> {
  known[lang] ??= await load[lang]();
}

export type Vars = Record<string, string | number>;

/** The key itself where the language was not learnt. */
export function translate(lang: Lang, key: Key, vars?: Vars): string {
  const text = known[lang]?.[key] ?? key;
  return vars ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(vars[name] ?? all)) : text;
}
