// The list of lines: only the rows in sight are drawn, the rest is space; one of them may be opened.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Column, fitting, type Lengths, lengths, type Which } from "../lib/lines";
import { type Opened, reveal, sight } from "../lib/virtual";
import { loadOlder, older } from "../older";
import * as s from "../state";
import { t } from "../state";
import { later } from "./later";
import { Row } from "./line-row";
import type { Hold } from "./lines";
import { matchesNone, RemoveTerm, unsaidNone } from "./no-match";

const Detail = later(() => import("./line-detail").then((m) => m.Detail));

/** Rows drawn beyond those in sight while someone reads, so that scrolling and `j` find one. */
const AHEAD = 8;
/** Rows from the end at which older ones are asked for. */
const NEAR = 20;
/** Below this width a row has two lines: see `.tail td`. */
const NARROW = 600;

interface Props {
  rows: readonly s.Line[];
  /** Lines in memory, of any tab: older ones follow the last of them. */
  base: readonly s.Line[];
  which: Which;
  of: string;
  open: boolean;
  holding: boolean;
  reading: number | null;
  read(line: s.Line): void;
  hold: Hold;
  setHold(next: (now: Hold) => Hold): void;
  toTop: number;
}

export function List(props: Props) {
  const { rows, base, which, of, open, holding, reading, hold, setHold, toTop } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLTableSectionElement>(null);
  const detail = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: innerWidth, height: 0, head: 0 });
  const [top, setTop] = useState(0);
  const [tall, setTall] = useState(0);
  const [active, setActive] = useState<number | null>(null);
  /** The row that is to take the focus once it is drawn, and how far the list is scrolled then. */
  const wish = useRef<{ id: number; place: number } | null>(null);
  const f = s.fmt.value;

  const narrow = innerWidth < NARROW;
  const row = narrow ? 44 : 22;
  const scope = s.scope.value;
  const told = times(scope.live ? [] : [scope.from * 1000, scope.to * 1000 - 1], rows);
  const dated = new Set(told.map(f.day)).size > 1;
  const zoned = told.some(f.twice) || new Set(told.map(f.zone)).size > 1;
  const beside = [...(dated ? ["day" as const] : []), ...(zoned ? ["zone" as const] : [])];

  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const measure = () => setSize({ width: el.clientWidth, height: el.clientHeight, head: head.current?.offsetHeight ?? 0 });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(el);
    return () => observer.disconnect();
  }, [open]);
  useLayoutEffect(() => {
    scroller.current?.scrollTo(0, 0);
    setTop(0);
  }, [toTop]);

  // The opened row's details take what they need; the rows below them move by as much.
  useLayoutEffect(() => {
    const el = detail.current;
    if (!el) return;
    const measure = () => setTall(el.parentElement?.offsetHeight ?? 0);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(el);
    return () => observer.disconnect();
  }, [reading, rows]);

  const at = reading === null ? -1 : rows.findIndex((l) => l.id === reading);
  const opened: Opened | null = open && at >= 0 ? { index: at, height: tall } : null;
  const room = Math.max(row, size.height - size.head);
  const seen = open ? sight(rows.length, row, top, room, opened, holding ? AHEAD : 1) : { first: 0, end: rows.length, above: 0, below: 0 };
  const drawn = rows.slice(seen.first, seen.end);
  // By the lines in sight, as they come: another list begins anew.
  const letters = useRef<{ of: string; by: Lengths }>({ of, by: {} });
  letters.current = { of, by: lengths(drawn.map((l) => l.event), letters.current.of === of ? letters.current.by : {}) };
  const columns = narrow ? NARROW_COLUMNS : fitting(s.columns.value, size.width, beside, letters.current.by);

  const onScroll = () => scrolled(scroller.current?.scrollTop ?? 0);
  const scrolled = (now: number) => {
    // In steps, so that not every wheel click draws.
    const next = now <= 4 ? 0 : Math.floor(now / (4 * row)) * 4 * row;
    if (next !== top) setTop(next);
    if (now <= 4 !== hold.top) setHold((h) => ({ ...h, top: now <= 4 }));
  };

  const { state } = older.value;
  // Where nobody holds it, a short list is filled once; with the memory full it would be asked for anew each second.
  const still = holding || !s.scope.value.live || (rows.length * row < room && base.length < s.LINES_KEPT);
  const near = open && still && seen.end >= rows.length - NEAR;
  const more = () => void loadOlder(of, which, base);
  useEffect(() => {
    if (near && s.status.peek() && older.peek().state !== "failed" && (s.scope.peek().live || s.pastLines.peek())) more();
  }, [near, of, older.value, base.at(-1)?.id, s.pastLines.value]);

  // A row that is scrolled to may not be drawn yet when it is to take the focus.
  useLayoutEffect(() => {
    const box = scroller.current;
    const want = wish.current;
    const el = want && box?.querySelector<HTMLElement>(`tr[data-id="${want.id}"]`);
    if (!box || !el) return;
    wish.current = null;
    el.focus({ preventScroll: true });
    // Taking the focused row out of the page lets the browser lay out half of the change, and cut the place short.
    box.scrollTop = want.place;
  });
  const go = (index: number) => {
    const to = Math.max(0, Math.min(index, rows.length - 1));
    const line = rows[to];
    const el = scroller.current;
    if (!line || !el) return;
    // The place itself, not what the element makes of it: rows that have just come may not be laid out yet.
    const place = reveal(to, row, wish.current?.place ?? el.scrollTop, room, opened);
    el.scrollTop = place;
    wish.current = { id: line.id, place };
    setActive(line.id);
    scrolled(place);
  };
  const onKey = (e: KeyboardEvent) => {
    const target = e.target as HTMLElement;
    if (!target.matches("tr.row") || e.ctrlKey || e.metaKey || e.altKey) return;
    const index = rows.findIndex((l) => l.id === Number(target.dataset["id"]));
    const page = Math.max(1, Math.floor(room / row) - 1);
    const steps: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: rows.length - 1 };
    if (s.singleKeys.value) Object.assign(steps, { j: index + 1, k: index - 1 });
    const to = steps[e.key];
    if (to !== undefined) go(to);
    else if (e.key === "Enter" || e.key === " ") props.read(rows[index]!);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  // Rows keep one function, so that a second redraws only the rows that came with it.
  const latest = useRef(props.read);
  latest.current = props.read;
  const read = useRef((line: s.Line) => latest.current(line)).current;
  // Of those that are drawn: with none among them the keyboard would find no way in.
  const stop = drawn.some((l) => l.id === active) ? active : (drawn[0]?.id ?? null);

  return (
    <div class={`dock-body${narrow ? " narrow" : ""}`} ref={scroller} onScroll={onScroll} tabIndex={-1}>
      <table class="tail" aria-rowcount={open ? rows.length + 1 : undefined}>
        <caption class="hidden">{t("lines")}</caption>
        <colgroup>
          {columns.map((c) => (
            <col key={c.id} style={c.width > 0 ? { width: `${c.width}px` } : undefined} />
          ))}
        </colgroup>
        <thead class={open && !narrow ? undefined : "hidden"} ref={head}>
          <tr>
            {columns.map((c) => (
              <th key={c.id} scope="col" class={c.right ? "right" : undefined}>
                {t(c.head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody
          onPointerEnter={(e) => e.pointerType === "mouse" && setHold((h) => ({ ...h, over: true }))}
          onPointerLeave={() => setHold((h) => ({ ...h, over: false }))}
          onFocusIn={(e) => {
            const el = e.target as HTMLElement;
            if (el.matches(":focus-visible")) setHold((h) => ({ ...h, focused: true }));
            if (el.matches("tr.row")) setActive(Number(el.dataset["id"]));
          }}
          onFocusOut={() => setHold((h) => ({ ...h, focused: false }))}
          onKeyDown={onKey}
        >
          {seen.above > 0 && <Space height={seen.above} span={columns.length} key="above" />}
          {drawn.map((line, i) => (
            <Row
              key={line.id}
              line={line}
              index={seen.first + i}
              open={line.id === reading && open}
              stop={line.id === stop}
              read={read}
              columns={columns}
              narrow={narrow}
              dated={dated}
              fmt={f}
              detail={
                line.id === reading && open ? (
                  <div key={line.id} ref={detail}>
                    <Detail line={line} />
                  </div>
                ) : null
              }
            />
          ))}
          {seen.below > 0 && <Space height={seen.below} span={columns.length} key="below" />}
        </tbody>
      </table>
      {open && <End of={of} rows={rows.length} narrow={narrow} memory={base.length} sampled={base.some((line) => line.sample)} state={older.value.of === of ? state : "idle"} again={more} />}
    </div>
  );
}

/** When the shown time and the lines begin and end. */
function times(shown: readonly number[], rows: readonly s.Line[]): number[] {
  const ends = [rows[0], rows.at(-1)].map((line) => Date.parse(line?.event.time ?? ""));
  return [...shown, ...ends].filter(Number.isFinite);
}

/** On narrow screens the others stand in the second line of a row. */
const NARROW_COLUMNS: readonly Column[] = fitting(["time", "status", "duration"], 1000).map((c) => ({
  ...c,
  width: { time: 84, status: 46, duration: 72 }[c.id] ?? 0,
}));

function Space({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden="true" class="space">
      <td colSpan={span} style={{ height: `${height}px` }} />
    </tr>
  );
}

/** What stands below the last line: why there are no more. */
function End({ rows, narrow, memory, sampled, state, again }: { of: string; rows: number; narrow: boolean; memory: number; sampled: boolean; state: string; again(): void }) {
  const f = s.fmt.value;
  if (!s.status.value) return null;
  const oldest = s.status.value.kept.oldest;
  const said = () => {
    if (state === "loading") return t("older_loading");
    if (state === "failed") return t("older_failed");
    if (state === "full") return t("older_full", { n: f.exact(rows) });
    if (rows === 0) return state === "end" || memory === 0 ? t(s.filter.value || memory > 0 ? "lines_nothing" : "lines_empty") : "";
    if (state !== "end") return "";
    const end = s.scope.value.live && oldest !== null ? t("older_end", { t: f.clock(oldest * 1000) }) : t("older_end_range");
    return sampled ? `${end} ${t("older_sampled")}` : end;
  };
  const text = said();
  return text ? (
    <p class="faint nothing">
      {text}{" "}
      {rows === 0 && (narrow ? matchesNone : unsaidNone).value && <RemoveTerm />}
      {state === "failed" && (
        <button type="button" class="btn small" onClick={again}>
          {t("try_again")}
        </button>
      )}
    </p>
  ) : null;
}
