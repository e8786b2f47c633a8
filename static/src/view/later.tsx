// Parts of the page that are loaded when they are first looked at, so that the dashboard comes sooner.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../state";

/** Loaded again this often where it did not come; the server may just be starting. */
export const AGAIN_MS = 3_000;

// The style of a part is asked for once, however often the part is: what does not come is asked for here.
addEventListener("error", ({ target }) => {
  if (target instanceof HTMLLinkElement && target.rel === "stylesheet") setTimeout(() => target.replaceWith(target.cloneNode()), AGAIN_MS);
}, true);

/** A part that is loaded by `load`; until it has come, its place is empty. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let part: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [come, setCome] = useState<ComponentType<P> | null>(() => part);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (come) return;
      let timer = 0;
      let gone = false;
      const ask = () => {
        load().then(
          (loaded) => {
            part = loaded;
            if (!gone) setCome(() => loaded);
          },
          () => {
            if (gone) return;
            setFailed(true);
            timer = window.setTimeout(ask, AGAIN_MS);
          },
        );
      };
      ask();
      return () => {
        gone = true;
        clearTimeout(timer);
      };
    }, []);
    const Part = come;
    if (Part) return <Part {...props} />;
    return failed ? <p class="faint nothing">{t("part_missing")}</p> : null;
  };
}
