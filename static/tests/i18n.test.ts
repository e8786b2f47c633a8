// The words: both languages are complete, say the same with the same numbers in it, and nothing on the
// page is said past them.

import { describe, expect, it } from "vitest";
import { type Key, learn, translate } from "../src/lib/i18n";
import { texts } from "../src/words/all";
import * as lines from "../src/words/lines";
import * as panels from "../src/words/panels";
import * as time from "../src/words/time";

const raw = import.meta.glob<string>("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
const sources = new Map(Object.entries(raw).map(([path, text]) => [path.replace("../src/", ""), text]));
const keys = Object.keys(texts.en) as Key[];

/** What Korean writes as English does: names, units, abbreviations, values of a log, and what only puts other words in a row. */
const SAME = /^(?:\{\w+\}|GET|POST|HIT|MISS|…|syslog|access|error|message|[\s\d/·+,:–−%×→.()<>≥-]|p\d\d|[1-5]xx|CPU|GPU|SSE|UTC|ASN?|IP|IPv[46]|TLS|URL|HTTP|HTTPS|JSON|CSV|SEO|AI|DNS|API|UDP|TCP|RFC|nginx|Apache|HAProxy|nftables|fail2ban|curl|Tapline|MIME|Enter|Esc|Escape|Space|Alt|Shift|Ctrl|Tab|Home|End|PgUp|PgDn|ms|s|k|M)*$/;

const holes = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!))].sort();

describe("the words", () => {
  it("are the same keys in English and Korean", () => {
    expect(Object.keys(texts.ko).sort()).toEqual([...keys].sort());
  });

  // They are spread into one table, where the later of two would be said in both places.
  it("no key has two meanings", () => {
    for (const { en, ko } of [lines, panels, time]) {
      expect(texts.en).toMatchObject(en);
      expect(texts.ko).toMatchObject(ko);
    }
  });

  it("are never empty, and never untranslated", () => {
    const empty = keys.filter((key) => texts.en[key].trim() === "" || texts.ko[key].trim() === "");
    expect(empty).toEqual([]);
    const same = keys.filter((key) => texts.ko[key] === texts.en[key] && !SAME.test(texts.en[key]));
    expect(same.map((key) => `${key}: ${texts.en[key]}`)).toEqual([]);
    const foreign = keys.filter((key) => !SAME.test(texts.ko[key]) && !/[가-힣]/.test(texts.ko[key]));
    expect(foreign.map((key) => `${key}: ${texts.ko[key]}`)).toEqual([]);
  });

  it("are one word in Korean for one thing", () => {
    // 리디렉션, 리퍼러
    const others = keys.filter((key) => /리다이렉|리디렉(?!션)|레퍼러|참조/.test(texts.ko[key]));
    expect(others.map((key) => `${key}: ${texts.ko[key]}`)).toEqual([]);
  });

  it("have the same places to fill in", () => {
    // "1 event" names its number itself
    const differ = keys.filter((key) => holes(texts.en[key]).join() !== holes(texts.ko[key]).join());
    expect(differ.map((key) => `${key}: ${texts.en[key]} | ${texts.ko[key]}`)).toEqual([]);
  });

  it("are said once their language is learnt, which the other does not need", async () => {
    expect([translate("en", "close"), translate("ko", "close")]).toEqual(["close", "close"]);
    await learn("ko");
    await learn("ko");
    expect(translate("ko", "not")).toBe(texts.ko.not);
    expect(translate("en", "close")).toBe("close");
    await learn("en");
    expect(translate("en", "close")).toBe(texts.en.close);
  });

  it("are filled in, and what is not given stays to be seen", async () => {
    expect(translate("en", "events", { n: "1,200" })).toBe("1,200 events");
    expect(translate("ko", "events", { n: "{n}" })).toContain("{n}");
    expect(translate("en", "events", {})).toBe("{n} events");
    // What does not fit is cut at its end: the change stands before what it was.
    await learn("ko");
    expect(translate("en", "minus_change", { s: "1 min", v: "74 ms", c: "▲13%" })).toBe("▲13%, −1 min 74 ms");
    expect(translate("ko", "minus_change", { s: "1분", v: "74ms", c: "▲13%" })).toBe("▲13%, 1분 전 74ms");
    expect(translate("en", "was_change", { s: "1 min", v: "74 ms", c: "▲13%" })).toBe("▲13%, was 74 ms");
    expect(translate("ko", "was_change", { s: "1분", v: "74ms", c: "▲13%" })).toBe("▲13%, 이전 74ms");
  });

  it("are written as one would: no doubled space, no loose end, quotation marks in pairs", () => {
    const odd = (text: string) => /\s{2}|^\s|\s$|\s[,.;!](?:\s|$)/.test(text) || (text.match(/["“”]/g)?.length ?? 0) % 2 === 1;
    expect(keys.filter((key) => odd(texts.en[key]) || odd(texts.ko[key])).map((key) => `${key}: ${texts.en[key]} | ${texts.ko[key]}`)).toEqual([]);
  });
});

/** Where words are kept: what stands there is no use of them. */
const isWords = (name: string) => /(?:^|\/)words\//.test(name);

describe("the source", () => {
  it("uses every key", () => {
    const used = new Set<string>();
    const patterns: RegExp[] = [];
    for (const [name, text] of sources) {
      if (isWords(name)) continue;
      for (const [, word] of text.matchAll(/["'`](\w+)["'`]/g)) used.add(word!);
      for (const [word] of text.matchAll(/\b[a-z]\w*(?=\s*:)/g)) used.add(word);
      // t(`lack_${panel}`): any key of that form
      for (const [, template] of text.matchAll(/`(\w*\$\{[^`]*)`/g)) {
        const parts = template!.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/);
        if (parts.every((part) => /^\w*$/.test(part)) && parts.join("").length > 1) patterns.push(new RegExp(`^${parts.join("\\w+")}$`));
      }
    }
    const unused = keys.filter((key) => !used.has(key) && !patterns.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });

  it("asks for no key that there is not", () => {
    const missing: string[] = [];
    for (const [name, text] of sources) {
      if (isWords(name)) continue;
      for (const [, key] of text.matchAll(/\bt\("(\w+)"/g)) if (!keys.includes(key as Key)) missing.push(`${name}: ${key}`);
    }
    expect(missing).toEqual([]);
  });

  it("says nothing past the words", () => {
    // What is the same in every language: names, signs, examples of what one types.
    const plain = /^(?:Tapline|SSE|UTC|GMT|CSV|JSON|curl|nginx|p\d\d|[1-5]xx|Tab|Enter|Esc|\W+)$/;
    const said: string[] = [];
    for (const [name, whole] of sources) {
      if (!name.endsWith(".tsx")) continue;
      const text = whole.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
      // Between tags: `>Some words<`, without braces; type arguments have no space after `>` and no words.
      for (const [, words] of text.matchAll(/<\/?[a-z][^<>]*>([^<>{}=;()]*[A-Za-z]{2,}[^<>{}=;()]*)(?=<|\{)/g)) {
        const inner = words!.trim();
        if (inner && !plain.test(inner)) said.push(`${name}: ${inner}`);
      }
      for (const [, attribute, words] of text.matchAll(/\b(title|aria-label|placeholder|alt|aria-description|aria-roledescription)="([^"]*[A-Za-z]{2,}[^"]*)"/g)) {
        if (!plain.test(words!)) said.push(`${name}: ${attribute}="${words}"`);
      }
    }
    expect(said).toEqual([]);
  });

  it("writes numbers, bytes, durations and dates by Intl alone", () => {
    const past: string[] = [];
    for (const [name, text] of sources) {
      for (const [at, code] of text.split("\n").map((code, i) => [i + 1, code] as const)) {
        // coordinates of a drawing and what a logged number may have looked like: nothing that is read
        const drawn = /\bd=\{|[ML] ?\$\{|\?\s*"M"/.test(code) || name === "lib/annotate.ts" || /Number\(.*\.toPrecision\(/.test(code);
        if (/\.(?:toLocale\w*String|toDateString|toTimeString|toUTCString|toExponential|toPrecision|toFixed)\(/.test(code) && !drawn) {
          past.push(`${name}:${at}: ${code.trim()}`);
        }
      }
    }
    expect(past).toEqual([]);
    const format = sources.get("lib/format.ts")!;
    for (const used of ["Intl.NumberFormat", "Intl.DateTimeFormat"]) expect(format).toContain(used);
  });
});
