// A dialog over the page: closed by Escape, by its button and by a press beside it. The browser closes it
// before it is taken away, for only then does the focus go back to where it was.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../state";
import { Icon } from "./icons";

interface Props {
  id: string;
  kind: string;
  title: string;
  /** It holds what a slip must not lose: a press beside it is none. */
  held?: boolean;
  /** It is closed, and can be taken away. */
  closed(): void;
  children: ComponentChildren;
}

export function Dialog({ id, kind, title, held = false, closed, children }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  const close = () => box.current?.close();
  // A drag out of a field ends as a click on the dialog.
  const pressed = useRef(false);
  const beside = (e: Event) => e.target === box.current;
  return (
    <dialog
      class={kind}
      ref={box}
      aria-labelledby={id}
      onClose={closed}
      onPointerDown={(e) => (pressed.current = beside(e))}
      onClick={(e) => pressed.current && beside(e) && !held && close()}
    >
      <div class="help-body">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" class="btn quiet small" aria-label={t("close")} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
