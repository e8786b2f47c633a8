// Where: the panels, beside the charts and under them. A click on a value filters every one by it.

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../state";
import { useFilled, usePaused } from "./polled";
import { Icon } from "./icons";
import { fitBeside, layout, placed, setLayout, SIDE } from "./layout";
import { openMenuAt } from "./menu";
import { Panel } from "./panel";
import { exportEntries, layoutEntries } from "./panel-menu";

export { click, openMenu } from "./value";

/** From here the panels stand beside the charts: see `.main`. */
const beside = matchMedia("(min-width: 1280px)");

/** Keeps the column as high as the charts it stands beside. */
function useHeight(root: RefObject<HTMLElement | null>): void {
  const { dense } = layout.value;
  useLayoutEffect(() => {
    const charts = root.current?.previousElementSibling;
    if (!charts) return;
    // Its parts, not itself: it is stretched to this very column.
    const measure = () => fitBeside(beside.matches ? [...charts.children].reduce((n, el) => n + (el as HTMLElement).offsetHeight, 0) : null);
    measure();
    const observer = new ResizeObserver(measure);
    for (const el of charts.children) observer.observe(el);
    beside.addEventListener("change", measure);
    return () => {
      observer.disconnect();
      beside.removeEventListener("change", measure);
    };
  }, [dense]);
}

/** The first panels, beside the charts. */
export function Where() {
  const root = useRef<HTMLElement>(null);
  useFilled();
  usePaused();
  useHeight(root);
  return (
    <section ref={root} class={`where${layout.value.dense ? " dense" : ""}`} aria-label={t("where")}>
      {placed.value.slice(0, SIDE).map((p) => (
        <Panel key={p.prefs.id} place={p} />
      ))}
    </section>
  );
}

/** All others, and what is done with all of them. */
export function Panels() {
  const rest = placed.value.slice(SIDE);
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
      </div>
    </>
  );
}
