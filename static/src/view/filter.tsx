// The filter bar: the terms as chips, a field with completion, how much matches, and what was wrong.

import { useEffect, useRef, useState } from "preact/hooks";
import { setFilter } from "../feed";
import { ask, type Params } from "../lib/api";
import { type Choice, put, typing } from "../lib/complete";
import { append, isForced, parse, removeAt, type Term } from "../lib/filter";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Summary } from "../wire";
import { nothingYet } from "./header";
import { Icon } from "./icons";
import { fade } from "./sideways";
import { forget, LIST, optionId, Suggestions, useChoices, useRecent } from "./suggest";

/** A count that takes no longer than this is not announced as counting. */
const SLOW_MS = 150;

export function FilterBar() {
  const input = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState("");
  const [caret, setCaret] = useState(0);
  const [focused, setFocused] = useState(false);
  /** Closed by Escape or by a choice, until something is typed again. */
  const [shut, setShut] = useState(false);
  const [active, setActive] = useState(-1);
  const running = s.filter.value;
  const shown = s.pending.value ?? running;
  const terms = parse(shown);
  const site = s.hello.value?.site ?? null;
  const problem = s.problem.value;
  const waiting = s.first.value && nothingYet();
  useRecent();

  const at = typing(typed, caret);
  const groups = useChoices(at, typed, shown);
  const choices = groups.flatMap((g) => g.choices);
  const open = focused && !shut && !waiting && choices.length > 0;
  const chosen = open ? choices[active] : undefined;

  // What was refused comes back into the box, to be mended.
  useEffect(() => {
    if (!problem) return;
    const held = parse(running).map((x) => x.text);
    const refused = parse(problem.typed)
      .map((x) => x.text)
      .filter((x) => !held.includes(x));
    if (refused.length > 0) write(refused.join(" "));
    setShut(true);
  }, [problem]);

  const write = (text: string, place = text.length) => {
    setTyped(text);
    setCaret(place);
    setActive(-1);
    setShut(false);
    // After the text is in the field: it would move the caret to the end.
    requestAnimationFrame(() => {
      const el = input.current;
      if (el && document.activeElement === el) el.setSelectionRange(place, place);
    });
  };
  const apply = (text = typed) => {
    if (!text.trim()) return;
    setFilter(append(shown, text));
    write("");
    setShut(true);
  };
  const take = (choice: Choice) => {
    if (choice.kind === "recent") {
      setFilter(choice.insert);
      write("");
      setShut(true);
      return;
    }
    const next = put(typed, at, choice);
    if (choice.whole && next.text.trim() === choice.insert) apply(next.text);
    else write(choice.whole && next.caret === next.text.length ? `${next.text} ` : next.text, choice.whole ? undefined : next.caret);
    input.current?.focus();
  };
  const edit = (index: number) => {
    setFilter(removeAt(shown, index));
    input.current?.focus();
    write(terms[index]!.text);
  };
  /** Signs that a phone's keyboard hides, put in by a touch. */
  const sign = (text: string) => {
    input.current?.focus();
    if (text === "-") write(typed.slice(0, at.start) + (at.not ? typed.slice(at.start).replace(/^[-!]/, "") : `-${typed.slice(at.start)}`));
    else write(typed.slice(0, caret) + text + typed.slice(caret), caret + text.length);
  };

  const step = (by: number) => {
    const n = choices.length;
    // One place more than there are choices: the text itself.
    setActive(((active + 1 + by + (n + 1)) % (n + 1)) - 1);
  };
  const onKey = (e: KeyboardEvent) => {
    // Hangul is composed over several keys: Enter and arrows belong to the input method until it ends.
    if (e.isComposing || e.keyCode === 229) return;
    switch (e.key) {
      case "ArrowDown":
      case "ArrowUp":
        if (open) step(e.key === "ArrowDown" ? 1 : -1);
        else setShut(false);
        e.preventDefault();
        return;
      case "Enter": {
        const word = !chosen && at.op === "" && at.typed !== "" ? choices.find((c) => c.kind === "word" && c.text.startsWith(at.typed.toLowerCase())) : undefined;
        if (chosen ?? word) take((chosen ?? word)!);
        else apply();
        e.preventDefault();
        return;
      }
      case "Tab":
        if (!open || e.shiftKey || (!chosen && at.typed === "" && at.op === "")) return;
        take(chosen ?? choices[0]!);
        e.preventDefault();
        return;
      case "Backspace":
        if (typed !== "" || terms.length === 0 || isForced(terms.at(-1)!, site)) return;
        // Back into the text, so that a slip can be mended; the next one removes letters.
        e.preventDefault();
        edit(terms.length - 1);
        return;
      case "Escape":
        e.stopPropagation();
        if (open) setShut(true);
        else if (typed) write("");
        else input.current?.blur();
        s.problem.value = null;
    }
  };
  const onInput = (e: { currentTarget: HTMLInputElement }) => {
    setTyped(e.currentTarget.value);
    setCaret(e.currentTarget.selectionStart ?? e.currentTarget.value.length);
    setActive(-1);
    setShut(false);
  };
  const follow = (e: { currentTarget: HTMLInputElement }) => setCaret(e.currentTarget.selectionStart ?? typed.length);
  const leave = (e: FocusEvent) => {
    if (!box.current?.contains(e.relatedTarget as Node | null)) setFocused(false);
  };

  // The newest term is the one being looked at: a long row of chips ends in sight.
  useEffect(() => {
    const row = input.current?.parentElement;
    if (!row) return;
    row.scrollTo(row.scrollWidth, 0);
    fade(row);
  }, [shown]);

  return (
    <div class="filter-box" role="search" ref={box} onFocusOut={leave}>
      <div
        class={`filter${problem ? " wrong" : ""}${open ? " open" : ""}`}
        onPointerDown={(e) => {
          if ((e.target as HTMLElement).closest("input, button")) return;
          e.preventDefault();
          input.current?.focus();
        }}
      >
        <Icon name="funnel" />
        <div class="terms" onScroll={(e) => fade(e.currentTarget)}>
          {terms.map((term, i) => (
            <Chip key={`${i} ${term.text}`} term={term} fixed={isForced(term, site)} edit={() => edit(i)} remove={() => setFilter(removeAt(shown, i))} />
          ))}
          <input
            ref={input}
            id="filter"
            type="text"
            role="combobox"
            aria-label={t("filter")}
            aria-autocomplete="list"
            aria-expanded={open}
            aria-controls={open ? LIST : undefined}
            aria-activedescendant={chosen ? optionId(active) : undefined}
            aria-invalid={problem !== null}
            aria-describedby={problem ? "problem" : "matching"}
            placeholder={terms.length > 0 ? t("filter_more") : t(waiting ? "filter_waiting" : "filter_hint")}
            value={typed}
            autocomplete="off"
            autocapitalize="off"
            autocorrect="off"
            spellcheck={false}
            enterkeyhint="search"
            onInput={onInput}
            onSelect={follow}
            onFocus={() => {
              setFocused(true);
              setShut(false);
            }}
            onClick={() => setShut(false)}
            onKeyDown={onKey}
          />
        </div>
        <Count />
        {terms.length > 1 && (
          <button type="button" class="clear" aria-label={t("filter_clear")} title={t("filter_clear")} onClick={() => setFilter("")}>
            <Icon name="close" />
          </button>
        )}
        <kbd>/</kbd>
      </div>
      {problem && (
        <div class="problem" id="problem" role="alert">
          <b>{coded(problem.message)}</b>
          {problem.hint && <span>{coded(problem.hint)}</span>}
          {running && <span>{t("filter_last", { f: visible(running) })}</span>}
        </div>
      )}
      {open && !problem && <Suggestions groups={groups} active={active} at={at} take={take} sign={sign} forget={forget} />}
    </div>
  );
}

/** What is quoted between backticks is set as what it is: something to type. */
export function coded(text: string) {
  return visible(text).split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part));
}

function Chip({ term, fixed, edit, remove }: { term: Term; fixed: boolean; edit(): void; remove(): void }) {
  const text = (
    <>
      {term.field && <i>{`${term.field}${term.op}`}</i>}
      <span>{visible(term.value) || '""'}</span>
    </>
  );
  if (fixed) {
    return (
      <span class="chip fixed">
        <span class="chip-text">{text}</span>
      </span>
    );
  }
  return (
    <span class={`chip${term.not ? " not" : ""}`}>
      {term.not && <em>{t("not")}</em>}
      <button type="button" class="chip-text" title={t("filter_edit", { term: visible(term.text) })} onClick={edit}>
        {text}
      </button>
      <button type="button" class="chip-x" aria-label={t("filter_remove", { term: term.text })} onClick={remove}>
        ×
      </button>
    </span>
  );
}

/** How often the number of all events is asked for while a filter runs. */
const WHOLE_MS = 30_000;

/** All events of the shown time, filtered or not; null until the server said. */
function useWhole(filtered: boolean): number | null {
  const [whole, setWhole] = useState<number | null>(null);
  const scope = s.scope.value;
  const range = scope.live ? "" : `${scope.from} ${scope.to}`;
  useEffect(() => {
    setWhole(null);
    if (!filtered) return;
    const stop = new AbortController();
    const look = async () => {
      if (document.hidden) return;
      const of: Params = scope.live ? { from: `-${s.windowS.peek()}s` } : { from: scope.from, to: scope.to };
      try {
        const all = await ask<Summary>("summary", { ...of, panels: "sites:requests:1" }, { signal: stop.signal });
        setWhole(all.requests + all.errors + all.messages);
      } catch {
        // The next time, or never: "n match" stays true.
      }
    };
    void look();
    const timer = setInterval(look, WHOLE_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [filtered, range, s.windowS.value]);
  return whole;
}

function Count() {
  const f = s.fmt.value;
  const summary = s.summary.value;
  const pending = s.pending.value;
  const running = s.filter.value;
  const whole = useWhole(running !== "");
  const [slow, setSlow] = useState(false);
  // "counting…" only when the answer takes long enough to be noticed.
  useEffect(() => {
    setSlow(false);
    if (pending === null) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [pending]);
  const said = () => {
    if (!summary || (s.first.value && nothingYet())) return "";
    if (pending !== null && slow) return t("counting");
    const n = summary.requests + summary.errors + summary.messages;
    if (!running) return t(n === 1 ? "events_one" : "events", { n: f.exact(n) });
    return whole === null ? t("matching", { n: f.exact(n) }) : t("matching_of", { n: f.exact(n), m: f.exact(Math.max(n, whole)) });
  };
  return (
    <span class="count" id="matching">
      {said()}
    </span>
  );
}
