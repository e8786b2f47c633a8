// Words of the panels and what can be done with a value.

export const en = {} as const;

export const ko: Record<keyof typeof en, string> = {};
