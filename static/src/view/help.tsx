// All keys, on one sheet, in the groups one looks for them.

import "../style/help.css";
import type { Key } from "../lib/i18n";
import * as s from "../state";
import { t } from "../state";
import { Dialog } from "./dialog";

type Line = [keys: string[], what: Key];

const GROUPS: [Key, Line[]][] = [
  ["keys_filter", [
    [["/"], "key_search"],
    [["f"], "key_only"],
    [["x"], "key_not"],
    [["m"], "key_menu"],
    [["Esc"], "key_escape"],
  ]],
  ["keys_time", [
    [["space"], "key_pause"],
    [["L"], "key_live"],
    [["[", "]"], "key_step"],
    [["Shift", "[ ]"], "key_minute"],
    [["-", "="], "key_zoom"],
    [["c"], "key_compare"],
  ]],
  ["keys_lists", [
    [["j", "k"], "key_move"],
    [["Enter"], "key_enter"],
    [["t"], "key_lines"],
    [["Home", "End"], "key_ends"],
  ]],
  ["keys_page", [
    [["y"], "key_why"],
    [["a"], "key_incidents"],
    [["n", "N"], "key_next_incident"],
    [["s"], "key_sources"],
    [["w"], "key_wall"],
    [["?"], "key_help"],
  ]],
];

const MOUSE: [Key, Key][] = [
  ["click", "mouse_click"],
  ["alt_click", "mouse_alt"],
  ["shift_click", "mouse_shift"],
  ["right_click", "mouse_right"],
  ["drag", "mouse_drag"],
  ["double_click", "mouse_double"],
];

export function setSingleKeys(on: boolean): void {
  s.singleKeys.value = on;
  s.keep("keys", on ? "on" : "off");
}

export function Help() {
  return (
    <Dialog id="help-title" kind="help" title={t("keys_title")} closed={() => (s.helpOpen.value = false)}>
      <div class="help-groups">
        {GROUPS.map(([title, lines]) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {lines.map(([keys, what]) => (
                <div key={what}>
                  <dt>
                    {keys.map((k) => (
                      <kbd key={k}>{k === "space" ? t("key_space") : k}</kbd>
                    ))}
                  </dt>
                  <dd>{t(what)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>{t("mouse_title")}</h3>
          <dl>
            {MOUSE.map(([how, what]) => (
              <div key={how}>
                <dt>{t(how)}</dt>
                <dd>{t(what)}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
      <label class="single-keys">
        <input type="checkbox" checked={s.singleKeys.value} onChange={(e) => setSingleKeys(e.currentTarget.checked)} />
        <span>
          {t("single_keys")} <span class="faint">{t("single_keys_hint")}</span>
        </span>
      </label>
    </Dialog>
  );
}
