// Words of searching, the lines and the keys.

export const en = {} as const;

export const ko: Record<keyof typeof en, string> = {};
