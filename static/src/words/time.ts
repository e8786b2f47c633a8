// Words of time: the past, comparison, marks.

export const en = {} as const;

export const ko: Record<keyof typeof en, string> = {};
