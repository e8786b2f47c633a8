// Which key was meant, whatever the input method: with Hangul switched on, `f` comes as `ㄹ`.

export interface Pressed {
  key: string;
  code: string;
  shiftKey: boolean;
}

const SIGNS: Record<string, [string, string]> = {
  Slash: ["/", "?"],
  Minus: ["-", "_"],
  Equal: ["=", "+"],
  BracketLeft: ["[", "{"],
  BracketRight: ["]", "}"],
};

/** Letters of scripts that share their keys with Latin ones, and keys that an input method took. */
const FOREIGN = /^(Process|Unidentified|[\u0370-\u03ff\u0400-\u04ff\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\uac00-\ud7af])/u;

export function keyName({ key, code, shiftKey }: Pressed): string {
  if (FOREIGN.test(key)) {
    const letter = /^Key([A-Z])$/.exec(code)?.[1];
    if (letter) return shiftKey ? letter : letter.toLowerCase();
    return SIGNS[code]?.[shiftKey ? 1 : 0] ?? key;
  }
  return key;
}
