// The copy button: says for two seconds that it worked, at the same width.

import { useRef, useState } from "preact/hooks";
import { t } from "../state";
import { Icon } from "./icons";

/** Whether it worked. The focus stays where it is. */
export async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain HTTP beyond loopback has no clipboard interface; the old way still works there.
    const focused = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "hidden";
    // What is beside a modal dialog is inert and can't be selected.
    (focused?.closest("dialog[open]") ?? document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    return done;
  }
}

interface Props {
  text: string;
  label?: string;
  kind?: string;
  /** Told whether it worked. */
  tried?(done: boolean): void;
}

export function Copy({ text, label, kind = "", tried }: Props) {
  const [done, setDone] = useState(false);
  const timer = useRef(0);
  const copy = async () => {
    const copied = await toClipboard(text);
    tried?.(copied);
    if (!copied) return;
    setDone(true);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setDone(false), 2000);
  };
  return (
    <button type="button" class={`btn small copy ${kind}`} onClick={copy}>
      <Icon name={done ? "check" : "copy"} />
      <span class="swap" aria-live="polite">
        <span class={done ? "gone" : ""}>{label ?? t("copy")}</span>
        <span class={done ? "" : "gone"} aria-hidden={!done}>
          {t("copied")}
        </span>
      </span>
    </button>
  );
}
