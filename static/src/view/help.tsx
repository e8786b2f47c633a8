// All keys, on one sheet.

import { useEffect, useRef } from "preact/hooks";
import type { Key } from "../lib/i18n";
import * as s from "../state";
import { t } from "../state";
import { Icon } from "./icons";

const KEYS: [string[], Key][] = [
  [["/", "f"], "key_filter"],
  [["space"], "key_pause"],
  [["L"], "key_live"],
  [["t"], "key_lines"],
  [["j", "k"], "key_move"],
  [["Enter"], "key_enter"],
  [["x"], "mouse_alt"],
  [["s"], "key_sources"],
  [["-", "="], "key_window"],
  [["Esc"], "key_escape"],
  [["?"], "key_help"],
];

const MOUSE: [Key, Key][] = [
  ["click", "mouse_click"],
  ["alt_click", "mouse_alt"],
  ["shift_click", "mouse_shift"],
  ["drag", "mouse_drag"],
  ["double_click", "mouse_double"],
];

export function Help() {
  const box = useRef<HTMLDialogElement>(null);
  const open = s.helpOpen.value;
  useEffect(() => {
    if (open) box.current?.showModal();
    else box.current?.close();
  }, [open]);
  return (
    <dialog
      class="help"
      ref={box}
      aria-label={t("keys_title")}
      onClose={() => (s.helpOpen.value = false)}
      onClick={(e) => e.target === box.current && (s.helpOpen.value = false)}
    >
      <div class="help-body">
        <header>
          <h2>{t("keys_title")}</h2>
          <button type="button" class="btn quiet small" aria-label={t("close")} onClick={() => (s.helpOpen.value = false)}>
            <Icon name="close" />
          </button>
        </header>
        <dl>
          {KEYS.map(([keys, what]) => (
            <div key={keys[0]}>
              <dt>
                {keys.map((k) => (
                  <kbd key={k}>{k}</kbd>
                ))}
              </dt>
              <dd>{t(what)}</dd>
            </div>
          ))}
        </dl>
        <h3>{t("mouse_title")}</h3>
        <dl>
          {MOUSE.map(([how, what]) => (
            <div key={what}>
              <dt>{t(how)}</dt>
              <dd>{t(what)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}
