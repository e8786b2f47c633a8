// Texts of strangers made safe to look at: what would hide or reorder is shown as a sign.

/** C0 and C1 controls, bidi controls, zero-width and other invisible format characters. */
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

function sign(c: string): string {
  return `\u27e8${c.codePointAt(0)!.toString(16).toUpperCase().padStart(2, "0")}\u27e9`;
}

/** The text with every hidden character as a visible one: `⟨1B⟩`, `⟨202E⟩`. (The control pictures of Unicode
 * are missing from most monospaced fonts.). */
export function visible(text: string): string {
  return text.replace(HIDDEN, sign);
}

/** As a sentence begins. */
export function sentence(text: string): string {
  return text.replace(/^\p{Ll}/u, (c) => c.toUpperCase());
}

export function hasHidden(text: string): boolean {
  HIDDEN.lastIndex = 0;
  return HIDDEN.test(text);
}

/** A usual range in signs; a bound that is too small to be written, `<0.1`, stands alone or is none. */
export function within(from: string | null, to: string): string {
  if (to.startsWith("<")) return to;
  return from === null || from.startsWith("<") ? `≤ ${to}` : range(from, to);
}

/** Two amounts as a range; the unit that both end with is said once: `190–280 ms`. */
export function range(from: string, to: string): string {
  const unit = /[^\d]*$/.exec(to)![0];
  return unit !== "" && from.endsWith(unit) ? `${from.slice(0, from.length - unit.length)}–${to}` : `${from}–${to}`;
}
