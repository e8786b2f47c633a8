// Where: the panels, beside the charts and under them. A click on a value filters every one by it.

import * as s from "../state";
import { t } from "../state";
import { useFilled } from "./asked";
import { Icon } from "./icons";
import { layout, placed, setLayout, SIDE_ROWS } from "./layout";
import { openMenuAt } from "./menu";
import { Panel } from "./panel";
import { exportEntries, layoutEntries } from "./panel-menu";

export { click, openMenu } from "./value";

/** The first panels, beside the charts. */
export function Where() {
  useFilled();
  return (
    <section class={`where${layout.value.dense ? " dense" : ""}`} aria-label={t("where")}>
      {placed.value.slice(0, SIDE_ROWS.length).map((p) => (
        <Panel key={p.prefs.id} place={p} />
      ))}
    </section>
  );
}

/** All others, and what is done with all of them. */
export function Panels() {
  const rest = placed.value.slice(SIDE_ROWS.length);
  return (
    <>
      <div class={`panels${layout.value.dense ? " dense" : ""}`}>
        {rest.map((p) => (
          <Panel key={p.prefs.id} place={p} />
        ))}
      </div>
      <div class="panels-foot" role="group" aria-label={t("page_layout")}>
        <button type="button" class="btn small" aria-haspopup="menu" onClick={(e) => openMenuAt(e, t("m_panels"), layoutEntries)}>
          <Icon name="panels" />
          {t("add_panel")}
        </button>
        <button type="button" class="btn small" aria-haspopup="menu" onClick={(e) => openMenuAt(e, t("export_page"), exportEntries)}>
          <Icon name="out" />
          {t("export_page")}
        </button>
        <button type="button" class="btn small" aria-pressed={layout.value.dense} onClick={() => setLayout({ ...layout.peek(), dense: !layout.peek().dense })}>
          {t("m_density")}
        </button>
        {s.paused.value && <span class="faint">{t("paused")}</span>}
      </div>
    </>
  );
}
