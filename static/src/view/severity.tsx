// How serious something is: five strokes, and a word beside them where there is room.

import { t } from "../state";

export function severityWord(n: number): string {
  return t(`sev_${Math.min(5, Math.max(1, Math.round(n))) as 1 | 2 | 3 | 4 | 5}`);
}

export function Severity({ n }: { n: number }) {
  const said = `${t("severity", { n })}, ${severityWord(n)}`;
  return (
    <span class="sev" role="img" aria-label={said} title={said}>
      {[1, 2, 3, 4, 5].map((i) => (
        <i key={i} class={i <= n ? "on" : undefined} />
      ))}
    </span>
  );
}
