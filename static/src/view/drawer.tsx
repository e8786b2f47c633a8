// The drawer: why something is unusual, all that was, or what the detectors saw in one second. It takes
// exactly the side column; where there is none it lies over the page, on a phone over all of it.

import "../style/drawer.css";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as anomalies from "../anomalies";
import * as s from "../state";
import { t } from "../state";
import { Icon } from "./icons";
import { IncidentList } from "./incident-list";
import { Why } from "./why";
import { WhySecond } from "./why-second";

export function Drawer() {
  const what = s.drawer.value;
  if (what === null) return null;
  // A guest may follow the link of somebody who may see more.
  if (what === anomalies.LIST || (what === anomalies.SECOND && s.guest.value)) return <IncidentList />;
  if (what === anomalies.SECOND) return <WhySecond />;
  return <Why key={what} id={what} />;
}

/** Its frame: the focus goes to its head, and back when it is closed. */
export function Sheet({ title, about, children }: { title: string; about: string; children: ComponentChildren }) {
  const head = useRef<HTMLHeadingElement>(null);
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    head.current?.focus({ preventScroll: true });
    scroll.current?.scrollTo(0, 0);
  }, [about]);
  return (
    <aside class="drawer" id="drawer" aria-labelledby="drawer-title">
      <div class="drawer-scroll" ref={scroll}>
        <header>
          <h2 id="drawer-title" ref={head} tabIndex={-1}>
            {title}
          </h2>
          <span class="grow" />
          {about !== anomalies.LIST && (
            <button type="button" class="btn quiet small" aria-label={t("an_list")} title={`${t("an_list")} (a)`} onClick={() => anomalies.show(anomalies.LIST)}>
              <Icon name="list" />
            </button>
          )}
          <button type="button" class="btn quiet small" aria-label={t("an_close")} title={`${t("an_close")} (Esc)`} onClick={anomalies.close}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </aside>
  );
}
