// The offer to be told by the browser: asked for only on a press, and what it means is said first.

import { allowed, notices, setNotices } from "../notices";
import { t } from "../state";
import { Icon } from "./icons";

export function Notices() {
  const may = allowed.value;
  const on = notices.value && may === "granted";
  return (
    <div class="notices">
      {may === "none" || may === "denied" ? null : (
        <button type="button" class="btn small" aria-pressed={on} onClick={() => void setNotices(!on)}>
          <Icon name={on ? "muted" : "bell"} /> {t(on ? "bn_off" : "bn_on")}
        </button>
      )}
      <p class="faint">{t(may === "none" ? "bn_none" : may === "denied" ? "bn_denied" : "bn_hint")}</p>
    </div>
  );
}
