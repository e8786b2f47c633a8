// The list under the filter: fields, their values with counts, guesses at a bare text, and filters used
// before in this browser.

import { useEffect } from "preact/hooks";
import { type Choice, guesses, matched, remember, type Typing, values, wordOf, words } from "../lib/complete";
import type { Key } from "../lib/i18n";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import { useValues } from "../values";

export const LIST = "suggestions";
export const optionId = (index: number) => `suggestion-${index}`;

export interface Group {
  title: Key;
  choices: Choice[];
}

/** A filter that was looked at for this long is worth offering again. */
const LOOKED_AT_MS = 3_000;
const RECENT_SHOWN = 4;

/** Keeps the filters that were looked at, in this browser alone. */
export function useRecent(): void {
  const running = s.filter.value;
  useEffect(() => {
    if (!running) return;
    const timer = setTimeout(() => {
      s.recent.value = remember(s.recent.value, running);
      s.keep("recent", JSON.stringify(s.recent.value));
    }, LOOKED_AT_MS);
    return () => clearTimeout(timer);
  }, [running]);
}

export function forget(): void {
  s.recent.value = [];
  s.keep("recent", "[]");
}

/** What could stand at the caret. */
export function useChoices(at: Typing, typed: string, running: string): Group[] {
  const known = useValues(at.field, at.typed);
  const groups: Group[] = [];
  const add = (title: Key, choices: Choice[]) => {
    if (choices.length > 0) groups.push({ title, choices });
  };
  if (at.op !== "") {
    add("suggest_values", values(at, known));
    return groups;
  }
  if (typed === "") {
    const recent = s.recent.value.filter((r) => r !== running).slice(0, RECENT_SHOWN);
    add("suggest_recent", recent.map((r): Choice => ({ kind: "recent", text: r, insert: r, whole: true })));
  }
  add("suggest_fields", words(at));
  add("suggest_guesses", guesses(at));
  return groups;
}

const SIGNS: [string, Key][] = [
  [":", "sign_is"],
  ["-", "sign_not"],
  ["*", "sign_any"],
  [">", "sign_more"],
  ["<", "sign_less"],
];

interface Props {
  groups: Group[];
  active: number;
  at: Typing;
  take(choice: Choice): void;
  sign(text: string): void;
  forget(): void;
}

export function Suggestions({ groups, active, at, take, sign, forget }: Props) {
  const f = s.fmt.value;
  useEffect(() => {
    document.getElementById(optionId(active))?.scrollIntoView({ block: "nearest" });
  }, [active]);
  // The press must not take the focus from the field, or the list would be gone before the click.
  const hold = (e: Event) => e.preventDefault();
  const typed = at.op === "" || wordOf(at.field) ? at.typed : "";
  const most = Math.max(1, ...groups.flatMap((g) => g.choices.map((c) => c.count ?? 0)));
  let index = 0;
  return (
    <div class="suggest" onMouseDown={hold}>
      {/* What scrolls would be a stop on the way of Tab, though the arrows of the field move in it. */}
      <div class="options" role="listbox" id={LIST} aria-label={t("suggest")} tabIndex={-1}>
        {groups.map((group) => (
          <div role="group" key={group.title} aria-label={t(group.title)}>
            <p aria-hidden="true">
              <span>{group.title === "suggest_values" ? t("suggest_values_of", { f: wordOf(at.field)?.word ?? at.field }) : t(group.title)}</span>
              {group.title === "suggest_recent" && (
                <button type="button" class="link" tabIndex={-1} onClick={forget}>
                  {t("suggest_forget")}
                </button>
              )}
            </p>
            {group.choices.map((choice) => {
              const mine = index++;
              return (
                <div
                  key={choice.insert}
                  role="option"
                  id={optionId(mine)}
                  class={`option ${choice.kind}`}
                  aria-selected={mine === active}
                  onClick={() => take(choice)}
                >
                  <Marked text={choice.text} typed={choice.kind === "part" ? "" : typed} />
                  {choice.about && <span class="about">{t(choice.about)}</span>}
                  {choice.count !== undefined && (
                    <>
                      <i class="weight" style={{ width: `${(choice.count / most) * 64}px` }} />
                      <span class="amount">{f.count(choice.count)}</span>
                    </>
                  )}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      <div class="signs">
        {SIGNS.map(([text, about]) => (
          <button key={text} type="button" tabIndex={-1} onClick={() => sign(text)}>
            <kbd>{text}</kbd> {t(about)}
          </button>
        ))}
        <span class="grow" />
        <span class="how">
          <kbd>↑</kbd> <kbd>↓</kbd> <kbd>Tab</kbd> {t("suggest_take")} <kbd>Enter</kbd> {t("suggest_apply")}
        </span>
      </div>
    </div>
  );
}

function Marked({ text, typed }: { text: string; typed: string }) {
  const [before, mark, after] = matched(text, typed);
  return (
    <span class="what" title={visible(text)}>
      {visible(before)}
      {mark && <mark>{visible(mark)}</mark>}
      {visible(after)}
    </span>
  );
}
