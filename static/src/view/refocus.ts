// The focus where what had it is taken off the page, and drawn anew when it comes back.

const STOPS = "a[href], button, input, select, [tabindex]";

/**
 * The way back to what has the focus: itself, or what says the same in the panel it was in, or else what stands in its place.
 * Null: nothing has it.
 */
export function wayBack(): (() => HTMLElement | null) | null {
  const el = document.activeElement;
  if (!(el instanceof HTMLElement) || el === document.body) return null;
  const panel = el.closest<HTMLElement>("[data-panel]")?.dataset["panel"];
  const part = panel ? `[data-panel="${CSS.escape(panel)}"]` : el.closest("main") ? "main" : null;
  const stops = () => [...(part ? document.querySelectorAll<HTMLElement>(`${part} :is(${STOPS})`) : [])];
  const nth = stops().indexOf(el);
  const said = (of: HTMLElement) => of.dataset["value"] ?? `${of.className} ${of.ariaLabel ?? of.textContent}`;
  const was = said(el);
  return () => {
    if (el.isConnected) return el;
    const all = stops();
    return all.find((stop) => said(stop) === was) ?? all[Math.min(nth, all.length - 1)] ?? null;
  };
}
