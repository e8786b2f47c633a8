//! A view: one filter over one span of seconds, kept current.
//!
//! Rows of a closed second are added to its tally; rows of a second that leaves the span are read
//! again in the window and taken away. So every number is exact, and a tick costs two scans of one
//! second however long the span is.

mod early;
mod recent;
mod wide;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::early::Early;
pub use self::early::LOOKS;
use self::recent::Recent;
use super::parallel::{self, in_parts};
use super::sample::Sample;
use super::waiting::Waiting;
use super::window::{Chunk, Segment, SegmentRef, Window};
use crate::aggregate::ask::{Ask, Asks};
use crate::aggregate::detail::{Detail, Seen};
use crate::aggregate::dictionaries::Freed;
use crate::aggregate::figures::Figures;
use crate::aggregate::filter::Filter;
use crate::aggregate::list::{Bases, Fold, List};
use crate::aggregate::loaded::Loaded;
use crate::aggregate::moment::Moment;
use crate::aggregate::render::rfc3339;
use crate::aggregate::scan::{Batch, Scanner};
use crate::aggregate::shape::{Remainder, Shape};
use crate::aggregate::summary::{Latencies, summary};
use crate::aggregate::tally::{Change, Multiset, SLOTS, Tally, Watch};
use crate::aggregate::wire::{EventRow, Point, Series, Summary};
use crate::vocab::time::Second;

/// Single events in a snapshot.
pub const TAIL_SNAPSHOT: usize = 200;
/// Seconds that `visitors_now` looks back.
pub const NOW_SECONDS: i64 = 300;

/// What a tick changed in a view.
#[derive(Clone, Debug, Default)]
pub struct ViewUpdate {
    /// The newest step, as far as it is known: the second that closed where a step is a second.
    pub point: Point,
    /// Earlier steps that late rows came to, whole, oldest first.
    pub corrections: Vec<Point>,
    /// Everything was counted anew, for the filter means something else by now: a snapshot tells more.
    pub rebuilt: bool,
    pub summary: Summary,
    pub visitors_now: u64,
    /// What arrived and was not told early, newest last: a sample that keeps every error it can.
    pub tail: Vec<EventRow>,
    /// How many arrived, without what was told early.
    pub matched: u64,
}

/// A view as a whole.
#[derive(Clone, Debug, Default)]
pub struct ViewSnapshot {
    pub series: Series,
    pub summary: Summary,
    pub visitors_now: u64,
    /// Newest last.
    pub tail: Vec<EventRow>,
    /// How many matched where these were told.
    pub tail_matched: u64,
}

/// What rows are read with. Views are moved on one after the other and share it: it is as large as there
/// are visitors, and empty in between.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    loaded: Loaded,
    moment: Moment,
    /// Of the rows that are taken away.
    rest: Moment,
    remainder: Remainder,
}

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) filter: Filter,
    pub(crate) span_s: u32,
    /// What each of its users wants to see, and how many want just that.
    shown: Vec<Shown>,
    /// The last second counted.
    end: Second,
    scanner: Scanner,
    tally: Tally,
    now: Multiset,
    /// The newest step, where a step is longer than a second.
    open: Moment,
    /// Seconds of one point.
    step: i64,
    /// One for each step of the span.
    points: VecDeque<Point>,
    /// Of a view of everything: the times of its points, by where they start, for views that take the rest away.
    shapes: BTreeMap<i64, Shape>,
    recent: Recent,
    early: Early,
    update: ViewUpdate,
}

#[derive(Debug)]
struct Shown {
    asks: Asks,
    users: usize,
    summary: Summary,
}

/// Points that a view has at most; a longer span has longer steps.
const POINTS: u32 = 3600;

/// The shortest step that a span needs: one that divides a minute or is whole minutes.
fn step_for(span_s: u32) -> i64 {
    const STEPS: [u32; 7] = [1, 2, 5, 10, 15, 20, 30];
    let least = span_s.div_ceil(POINTS);
    STEPS.into_iter().find(|step| *step >= least).unwrap_or(60).into()
}

/// What rows are added up in beside the tally.
#[derive(Clone, Copy, PartialEq)]
enum Into {
    Nothing,
    Moment,
    Open,
}

impl View {
    /// A view up to and including `end`, of the rows that are not `waiting` for their second to close.
    /// The latencies of `likely` values are counted with everything else: where just they are shown, no row
    /// is read twice.
    pub(crate) fn new(
        filter: &Filter,
        span_s: u32,
        end: Second,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
        bases: Bases,
        likely: &[(List, Vec<u32>)],
    ) -> View {
        let look = Detail::of_latencies(likely.iter().cloned(), window.dictionaries());
        let empty = || (View::empty(filter, span_s, end, bases), look.clone());
        let parts = View::read(empty, window, waiting, |(view, look), desk, group, into| {
            for &(second, at) in group {
                let in_span = second >= view.from();
                let into = if in_span { into } else { Into::Nothing };
                view.add(desk, window, at, end, into, |batch, loaded, tally| {
                    if in_span {
                        look.add_counted(batch, loaded, tally);
                    }
                });
            }
            view.set_point(desk, view.step_of(group[0].0), into);
        });
        let (views, looks): (Vec<View>, Vec<Detail>) = parts.into_iter().unzip();
        let mut view = View::join_parts(views.into_iter(), View::empty(filter, span_s, end, bases));
        let with = |mut all: Detail, look: Detail| {
            all.merge(&look);
            all
        };
        let seen = Seen::of(looks.into_iter().reduce(with));
        let watches = likely.iter().map(|(list, ids)| Watch::of(*list, ids, &seen));
        view.tally.watches = watches.collect();
        view
    }

    /// The values of these lists whose latencies are followed: of another view of the same rows, or of
    /// some of them, most of what is shown is among them.
    pub(crate) fn followed(&self, asks: &Asks) -> Vec<(List, Vec<u32>)> {
        let asked = |list: List| asks.iter().any(|ask| ask.list == list);
        let watches = self.tally.watches.iter().filter(|watch| asked(watch.list));
        watches.map(|watch| (watch.list, watch.followed())).collect()
    }

    fn join_parts(parts: impl Iterator<Item = View>, none: View) -> View {
        parts.reduce(View::with).unwrap_or(none)
    }

    /// Reads every step of the span with `add`, which is given the segments of one; a thread for each part
    /// of them begins with `empty`.
    fn read<T: Send>(
        empty: impl Fn() -> (View, T) + Sync,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
        add: impl Fn(&mut (View, T), &mut Desk, &[(Second, SegmentRef)], Into) + Sync,
    ) -> Vec<(View, T)> {
        let view = empty().0;
        let (from, end) = (view.from(), view.end);
        let mut segments: Vec<(Second, SegmentRef)> = window
            .segments(from.min(end.plus(1 - NOW_SECONDS)), end.plus(1))
            .filter(|(at, ..)| !waiting.contains(at))
            .map(|(at, _, segment)| (segment.second, at))
            .collect();
        segments.sort_unstable();
        let (newest, step) = (view.step_of(end), view.step);
        let step_of = |second: Second| second.0.div_euclid(step);
        let groups: Vec<&[(Second, SegmentRef)]> =
            segments.chunk_by(|a, b| step_of(a.0) == step_of(b.0)).collect();
        let rows = |group: &&[(Second, SegmentRef)]| {
            let rows = group.iter().filter_map(|(_, at)| Some(window.segment(*at)?.1.len as usize));
            rows.sum()
        };
        in_parts(&groups, rows, |groups| {
            let (mut part, mut desk) = (empty(), Desk::default());
            for group in groups {
                let t = view.step_of(group[0].0);
                let into = if step > 1 && t == newest { Into::Open } else { Into::Moment };
                add(&mut part, &mut desk, group, into);
            }
            part
        })
    }

    /// Of the same filter and span, with the rows of both; `later` has the later ones, and no step is
    /// in both.
    fn with(mut self, later: View) -> View {
        self.scanner.learn(&later.scanner);
        self.tally.merge(&later.tally);
        self.now.merge(&later.now);
        for (point, other) in self.points.iter_mut().zip(later.points) {
            if other != (Point { t: other.t, ..Point::default() }) {
                *point = other;
            }
        }
        self.shapes.extend(later.shapes);
        // Only one part has rows of the newest step, and it need not be the last.
        if !later.open.is_empty() {
            self.open = later.open;
        }
        self
    }

    fn empty(filter: &Filter, span_s: u32, end: Second, bases: Bases) -> View {
        let step = step_for(span_s);
        let mut view = View {
            filter: filter.clone(),
            span_s,
            shown: Vec::new(),
            end,
            scanner: Scanner::new(filter),
            tally: Tally::of(bases),
            now: Multiset::default(),
            open: Moment::default(),
            step,
            points: VecDeque::with_capacity((i64::from(span_s) / step) as usize + 2),
            shapes: BTreeMap::new(),
            recent: Recent::default(),
            early: Early::default(),
            update: ViewUpdate::default(),
        };
        let mut t = view.step_of(view.from());
        while t <= end.0 {
            view.points.push_back(Point { t, ..Point::default() });
            t += step;
        }
        view
    }

    /// Where the step of a second starts.
    fn step_of(&self, second: Second) -> i64 {
        second.0.div_euclid(self.step) * self.step
    }

    /// One more user, who wants to see these lists. What was not counted yet is read.
    pub(crate) fn join(&mut self, asks: &Asks, window: &Window, waiting: &BTreeSet<SegmentRef>) {
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.asks == *asks) {
            shown.users += 1;
            return;
        }
        let missing = asks.bases().without(self.tally.active);
        if !missing.is_empty() {
            let dictionaries = window.dictionaries();
            let add = |tally: &mut Tally, batch: Batch<'_>| {
                tally.apply(batch, Change::Add, dictionaries);
            };
            let segments = self.segments(window, waiting);
            let make = || Tally::of(missing);
            // Others will look at it, whoever asks now.
            let segments = (&segments[..], &Waiting::always());
            let tallies = parallel::scan(window, &mut self.scanner, segments, make, add);
            self.tally.take_bases(&mut Tally::sum(tallies));
        }
        self.shown.push(Shown { asks: asks.clone(), users: 1, summary: Summary::default() });
        self.render(window, waiting);
    }

    /// One user less; true where nobody is left.
    pub(crate) fn leave(&mut self, asks: &Asks) -> bool {
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.asks == *asks) {
            shown.users -= 1;
        }
        let was_last = self.shown.iter().all(|shown| shown.users == 0);
        if was_last {
            // What it counts stays: whoever comes back soon looks at the same.
            self.shown.clear();
            return true;
        }
        self.shown.retain(|shown| shown.users != 0);
        let shown = &self.shown;
        let wanted = |list: List| shown.iter().any(|s| s.asks.iter().any(|ask| ask.list == list));
        self.tally.watches.retain(|watch| wanted(watch.list));
        let bases = shown.iter().fold(Bases::default(), |all, s| all.union(s.asks.bases()));
        self.tally.keep_bases(bases);
        false
    }

    /// Counts everything anew, for the filter means something else by now.
    pub(crate) fn rebuild(&mut self, window: &Window, waiting: &BTreeSet<SegmentRef>) {
        let filter = self.filter.clone();
        let bases = self.tally.active;
        // What is learnt may be sorted otherwise by now, so nothing is likely.
        let fresh = View::new(&filter, self.span_s, self.end, window, waiting, bases, &[]);
        let old = std::mem::replace(self, fresh);
        self.shown = old.shown;
        self.recent = old.recent;
        self.early = old.early;
        self.update = ViewUpdate { rebuilt: true, ..old.update };
    }

    #[cfg(test)]
    pub(crate) fn bases(&self) -> Bases {
        self.tally.active
    }

    pub(crate) fn asks_for_learnt(&self) -> bool {
        self.scanner.asks_for_learnt()
    }

    /// What is counted now.
    fn segments<'a>(
        &self,
        window: &'a Window,
        waiting: &BTreeSet<SegmentRef>,
    ) -> Vec<(&'a Chunk, Segment)> {
        let segments = window.segments(self.from(), self.end.plus(1));
        let counted = segments.filter(|(at, ..)| !waiting.contains(at));
        counted.map(|(_, chunk, segment)| (chunk, segment)).collect()
    }

    pub(crate) fn end(&self) -> Second {
        self.end
    }

    fn from(&self) -> Second {
        self.end.plus(1 - i64::from(self.span_s))
    }

    /// Adds a segment to the tally (if it is in the span), to the visitors of now, to the moment
    /// and to the tail.
    fn add(
        &mut self,
        desk: &mut Desk,
        window: &Window,
        at: SegmentRef,
        end: Second,
        into: Into,
        mut each: impl FnMut(&Batch<'_>, &Loaded, &Tally),
    ) {
        let Some((chunk, segment)) = window.segment(at) else { return };
        let dictionaries = window.dictionaries();
        let in_span = segment.second > end.plus(-i64::from(self.span_s));
        let is_now = segment.second > end.plus(-NOW_SECONDS);
        let bound = dictionaries.visitors().bound();
        self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
            let loaded = &mut desk.loaded;
            loaded.load(&batch);
            if in_span {
                self.tally.apply_loaded(&batch, loaded, Change::Add, dictionaries);
                match into {
                    Into::Nothing => {}
                    Into::Moment => desk.moment.add_loaded(&batch, loaded, bound),
                    Into::Open => self.open.add_loaded(&batch, loaded, bound),
                }
            }
            if is_now {
                self.now.apply(loaded, Change::Add, dictionaries);
            }
            each(&batch, loaded, &self.tally);
        });
    }

    /// Takes a segment's rows away from what has counted them.
    fn remove(
        &mut self,
        desk: &mut Desk,
        window: &Window,
        (chunk, segment): (&Chunk, Segment),
        tally: bool,
        now: bool,
    ) {
        let dictionaries = window.dictionaries();
        self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
            desk.loaded.load(&batch);
            if tally {
                self.tally.apply_loaded(&batch, &desk.loaded, Change::Remove, dictionaries);
            }
            if now {
                self.now.apply(&desk.loaded, Change::Remove, dictionaries);
            }
        });
    }

    /// Moves on to `closed`; `fresh` (sorted) are the segments that count from now on.
    pub(crate) fn advance(
        &mut self,
        desk: &mut Desk,
        window: &Window,
        fresh: &[SegmentRef],
        closed: Second,
    ) {
        let before = self.end;
        let span = i64::from(self.span_s);
        for (length, tally) in [(span, true), (NOW_SECONDS, false)] {
            let from = before.plus(1 - length);
            let to = closed.plus(1 - length).min(before.plus(1));
            let leaving = window.segments(from, to);
            for (_, chunk, segment) in leaving.filter(|(at, ..)| fresh.binary_search(at).is_err()) {
                self.remove(desk, window, (chunk, segment), tally, !tally);
            }
        }
        self.end = closed;
        let from = self.from();
        let (newest, known) = (self.step_of(closed), self.step_of(before));
        if newest != known {
            if self.step > 1 && self.filter.is_empty() {
                self.shapes.insert(known, self.open.shape());
            }
            self.open.point(known);
        }
        while self.points.front().is_some_and(|point| point.t < self.step_of(from)) {
            self.points.pop_front();
        }
        self.shapes = self.shapes.split_off(&self.step_of(from));
        // The seconds that passed without a tick are sent as well.
        let mut dirty: BTreeSet<i64> = BTreeSet::new();
        let mut t = (known + self.step).max(self.step_of(from));
        while t <= newest {
            self.points.push_back(Point { t, ..Point::default() });
            dirty.insert(t);
            t += self.step;
        }

        let early = std::mem::take(&mut self.early);
        let mut sample = Sample::new(early.left(window));
        let mut arrived: Vec<(Second, SegmentRef)> =
            fresh.iter().filter_map(|&at| Some((window.segment(at)?.1.second, at))).collect();
        arrived.sort_unstable();
        let step = self.step;
        let step_of = |second: Second| second.0.div_euclid(step);
        for group in arrived.chunk_by(|a, b| step_of(a.0) == step_of(b.0)) {
            let t = self.step_of(group[0].0);
            // The whole step at once, or what is new of it beside what was there.
            let whole = t > known || (self.step == 1 && self.all_fresh(window, fresh, Second(t)));
            let evicted = Second(t) < window.complete_from();
            let into = match () {
                () if self.step > 1 && t == newest => Into::Open,
                () if whole || evicted || self.step > 1 => Into::Moment,
                () => Into::Nothing,
            };
            for &(second, at) in group {
                self.add(desk, window, at, closed, into, |batch, _, _| {
                    sample.add(second, at, batch, |row| !early.is_told(at, row));
                });
            }
            if t < self.step_of(from) {
                desk.moment.point(t);
                continue;
            }
            dirty.insert(t);
            match into {
                Into::Open => self.set_point(desk, t, into),
                _ if whole => self.set_point(desk, t, into),
                // A long step is not read again for one late row: its sums stay exact.
                Into::Moment => self.add_to_point(desk, t),
                Into::Nothing => self.read_point(desk, window, Second(t)),
            }
        }
        dirty.insert(newest);
        let mut points: Vec<Point> =
            dirty.iter().filter_map(|&t| self.point_mut(t).copied()).collect();
        self.update.point = points.pop().unwrap_or(Point { t: newest, ..Point::default() });
        self.update.corrections = points;
        self.update.matched = sample.seen();
        let tail = sample.render(window);
        self.early = early;
        self.recent.add(&tail, self.update.matched);
        self.update.tail = tail;
    }

    /// The lines that are told now of seconds that are not over: each was not told before, nor will be again.
    pub(crate) fn look(
        &mut self,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
    ) -> Vec<EventRow> {
        let rows = self.early.look(&mut self.scanner, window, waiting);
        self.recent.add(&rows, rows.len() as u64);
        rows
    }

    fn all_fresh(&self, window: &Window, fresh: &[SegmentRef], second: Second) -> bool {
        second >= window.complete_from()
            && window
                .segments(second, second.plus(1))
                .all(|(at, ..)| fresh.binary_search(&at).is_ok())
    }

    fn point_at(&self, t: i64) -> Option<&Point> {
        let first = self.points.front()?.t;
        self.points.get(usize::try_from(t.checked_sub(first)? / self.step).ok()?)
    }

    /// Whether it counted any row of the step that a second is in.
    pub(crate) fn has(&self, second: Second) -> bool {
        let point = self.point_at(self.step_of(second));
        point.is_some_and(|point| point.requests + point.errors + point.messages != 0)
    }

    fn point_mut(&mut self, t: i64) -> Option<&mut Point> {
        let first = self.points.front()?.t;
        let index = usize::try_from(t.checked_sub(first)? / self.step).ok()?;
        self.points.get_mut(index)
    }

    fn set_point(&mut self, desk: &mut Desk, t: i64, from: Into) {
        let point = match from {
            Into::Open => self.open.so_far(t),
            _ => {
                if self.filter.is_empty() {
                    self.shapes.insert(t, desk.moment.shape());
                }
                desk.moment.point(t)
            }
        };
        if let Some(old) = self.point_mut(t) {
            *old = point;
        }
    }

    /// For a step whose rows are gone or too many: sums stay exact, the rest is of the larger part.
    fn add_to_point(&mut self, desk: &mut Desk, t: i64) {
        let new = desk.moment.point(t);
        self.shapes.remove(&t);
        let Some(old) = self.point_mut(t) else { return };
        let mut bands = old.bands;
        bands.iter_mut().zip(new.bands).for_each(|(sum, n)| *sum += n);
        let base = if old.requests >= new.requests { *old } else { new };
        *old = Point {
            requests: old.requests + new.requests,
            s1xx: old.s1xx + new.s1xx,
            s2xx: old.s2xx + new.s2xx,
            s3xx: old.s3xx + new.s3xx,
            s4xx: old.s4xx + new.s4xx,
            s5xx: old.s5xx + new.s5xx,
            bytes_out: old.bytes_out.wrapping_add(new.bytes_out),
            bytes_in: old.bytes_in.wrapping_add(new.bytes_in),
            errors: old.errors + new.errors,
            messages: old.messages + new.messages,
            bands,
            ..base
        };
    }

    /// Reads a whole second again.
    fn read_point(&mut self, desk: &mut Desk, window: &Window, second: Second) {
        let dictionaries = window.dictionaries();
        let bound = dictionaries.visitors().bound();
        for (_, chunk, segment) in window.segments(second, second.plus(1)) {
            self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                desk.moment.add(batch, bound);
            });
        }
        self.set_point(desk, second.0, Into::Moment);
    }

    /// Takes away what is still counted of a chunk that goes.
    pub(crate) fn retire(&mut self, desk: &mut Desk, window: &Window, chunk: &Chunk) {
        for &segment in &chunk.segments {
            let counted = segment.second <= self.end;
            let tally = counted && segment.second >= self.from();
            let now = counted && segment.second > self.end.plus(-NOW_SECONDS);
            if tally || now {
                self.remove(desk, window, (chunk, segment), tally, now);
            }
        }
    }

    /// Lets go of what is known about ids that will be given again.
    pub(crate) fn forget(&mut self, freed: &Freed) {
        self.scanner.forget(freed);
        for watch in &mut self.tally.watches {
            match (watch.list.fold(), watch.list.base().field()) {
                (Fold::By(derived), _) => watch.forget(&freed.derived[derived as usize]),
                (_, Some(field)) => watch.forget(&freed.fields[field.index()]),
                _ => {}
            }
        }
    }

    /// Writes the summaries anew, after rows came or went.
    pub(crate) fn render(&mut self, window: &Window, waiting: &BTreeSet<SegmentRef>) {
        let dictionaries = window.dictionaries();
        let all = Asks::new(self.shown.iter().flat_map(|shown| shown.asks.iter().copied()));
        let mut watches = std::mem::take(&mut self.tally.watches);
        let figures = Figures::new(&self.tally, &all, dictionaries);
        if self.tally.latency.total() != 0 {
            let fresh = follow(&mut watches, &figures, &all);
            if !fresh.is_empty() {
                let mut detail = Detail::new(fresh.clone(), false, &figures, dictionaries);
                if !detail.is_done() {
                    let segments = self.segments(window, waiting);
                    let (empty, scanner) = (detail.clone(), &mut self.scanner);
                    let add = |detail: &mut Detail, batch: Batch<'_>| detail.add(batch);
                    let segments = (&segments[..], &Waiting::always());
                    let looks = parallel::scan(window, scanner, segments, || empty.clone(), add);
                    looks.iter().for_each(|look| detail.merge(look));
                }
                let seen = Seen::of([detail]);
                for (list, ids) in fresh {
                    let Some(watch) = watches.iter_mut().find(|watch| watch.list == list) else {
                        continue;
                    };
                    for id in ids {
                        let past = seen.latency(list, id, &figures).unwrap_or_default();
                        watch.set_latency(id, past);
                    }
                }
            }
        }
        for shown in &mut self.shown {
            shown.summary = Summary {
                from: rfc3339(self.end.plus(1 - i64::from(self.span_s))),
                to: rfc3339(self.end.plus(1)),
                filter: self.filter.to_string(),
                ..summary(&figures, &shown.asks, Latencies::Watched(&watches), None, dictionaries)
            };
        }
        self.tally.watches = watches;
        self.update.visitors_now = self.now.distinct();
    }

    pub(crate) fn fill_tail(&mut self, rows: Vec<EventRow>) {
        self.recent = Recent::of(rows);
    }

    /// What the last close changed, with the lists that are asked for.
    pub(crate) fn update(&self, asks: &Asks) -> ViewUpdate {
        ViewUpdate { summary: self.summary(asks), ..self.update.clone() }
    }

    /// The next close starts from what was said.
    pub(crate) fn said(&mut self) {
        self.update.rebuilt = false;
    }

    /// After a close: these are not over yet.
    pub(crate) fn settle(&mut self, waiting: &BTreeSet<SegmentRef>) {
        self.early.close(waiting);
    }

    fn summary(&self, asks: &Asks) -> Summary {
        let shown = self.shown.iter().find(|shown| shown.asks == *asks);
        shown.map(|shown| shown.summary.clone()).unwrap_or_default()
    }

    pub(crate) fn snapshot(&self, asks: &Asks, window: &Window) -> ViewSnapshot {
        // At most a minute.
        let mut series = Series { step_s: self.step as u32, ..Series::default() };
        let known = |point: &&Point| !window.is_unheard(point.t, point.t + self.step);
        self.points.iter().filter(known).for_each(|&point| series.push(point));
        ViewSnapshot {
            series,
            summary: self.summary(asks),
            visitors_now: self.update.visitors_now,
            tail: self.recent.rows(),
            tail_matched: self.recent.matched(),
        }
    }
}

/// How many times as many values are followed as are shown, where one of them was not yet.
const AHEAD: usize = 2;

/// Follows the latencies of what is shown; what was not followed yet, by list.
fn follow(watches: &mut Vec<Watch>, figures: &Figures<'_>, asks: &Asks) -> Vec<(List, Vec<u32>)> {
    let mut fresh: Vec<(List, Vec<u32>)> = Vec::new();
    let is_timed = |list: List| !list.is_scale() && !list.base().is_of_errors();
    for (list, ids) in figures.all_shown(asks).into_iter().filter(|(list, _)| is_timed(*list)) {
        let at = watches.iter().position(|watch| watch.list == list).unwrap_or_else(|| {
            watches.push(Watch::new(list));
            watches.len() - 1
        });
        if watches[at].follows(&ids) {
            continue;
        }
        // The past of a value that has begun to be shown is a scan of the whole span. Those that
        // come next are followed with it, so that most are known already when they get there.
        let mut ahead = ids;
        for ask in asks.iter().filter(|ask| ask.list == list) {
            ahead.extend(figures.shown(&Ask { rows: AHEAD * ask.rows, ..*ask }).0);
        }
        let mut seen = BTreeSet::new();
        ahead.retain(|id| seen.insert(*id));
        ahead.truncate(SLOTS);
        let new = watches[at].follow(&ahead);
        if !new.is_empty() {
            fresh.push((list, new));
        }
    }
    fresh
}
