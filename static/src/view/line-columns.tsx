// Which columns the lines have, kept in this browser.

import { useEffect, useRef, useState } from "preact/hooks";
import { COLUMNS, USUAL_COLUMNS } from "../lib/lines";
import * as s from "../state";
import { t } from "../state";
import { Icon } from "./icons";

function keep(columns: readonly string[]): void {
  s.columns.value = columns;
  s.keep("columns", JSON.stringify(columns));
}

export function ColumnsMenu() {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (e: Event) => {
      if (!box.current?.contains(e.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", outside);
    box.current?.querySelector<HTMLElement>("input")?.focus();
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  const onKey = (e: KeyboardEvent) => {
    if (e.key !== "Escape" || !open) return;
    e.stopPropagation();
    setOpen(false);
    button.current?.focus();
  };
  const chosen = s.columns.value;
  const usual = chosen.length === USUAL_COLUMNS.length && USUAL_COLUMNS.every((c) => chosen.includes(c));
  return (
    <div class="columns-box" ref={box} onKeyDown={onKey}>
      <button type="button" class="link" ref={button} aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("columns")} <Icon name="down" />
      </button>
      {open && (
        <fieldset class="columns-menu">
          <legend class="hidden">{t("columns")}</legend>
          {COLUMNS.filter((c) => c.id !== "path").map((c) => (
            <label key={c.id}>
              <input
                type="checkbox"
                checked={chosen.includes(c.id)}
                onChange={() => keep(chosen.includes(c.id) ? chosen.filter((x) => x !== c.id) : [...chosen, c.id])}
              />
              {t(c.head)}
            </label>
          ))}
          <p class="faint">{t("columns_hint")}</p>
          <button type="button" class="btn small" disabled={usual} onClick={() => keep(USUAL_COLUMNS)}>
            {t("columns_usual")}
          </button>
        </fieldset>
      )}
    </div>
  );
}
