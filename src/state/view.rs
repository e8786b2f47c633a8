//! A view: one filter over one span of seconds, kept current.
//!
//! Rows of a closed second are added to its tally; rows of a second that leaves the span are read
//! again in the window and taken away. So every number is exact, and a tick costs two scans of one
//! second however long the span is.
//!
//! What it sums up is what any question about its span is answered by: nothing of a second whose rows were evicted, of
//! which only those that came late are left. Its points keep what they were while they were whole.

mod early;
mod opening;
mod points;
mod recent;
mod shown;
mod wide;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::early::Early;
pub use self::early::LOOKS;
use self::recent::Recent;
use self::shown::Shown;
use super::sample::Sample;
use super::window::{Chunk, Segment, SegmentRef, Window};
use crate::aggregate::ask::Asks;
use crate::aggregate::dictionaries::Freed;
use crate::aggregate::filter::Filter;
use crate::aggregate::list::Fold;
use crate::aggregate::loaded::Loaded;
use crate::aggregate::moment::Moment;
use crate::aggregate::scan::{Batch, Scanner};
use crate::aggregate::shape::{Remainder, Shape};
use crate::aggregate::tally::{Change, Multiset, Tally};
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
pub(crate) struct Buffers {
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

/// What rows are added up in beside the tally.
#[derive(Clone, Copy, PartialEq)]
enum Beside {
    Nothing,
    Moment,
    Open,
}

impl View {
    #[cfg(test)]
    pub(crate) fn bases(&self) -> crate::aggregate::list::Bases {
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
        let segments = window.segments(self.from().max(window.evicted_to()), self.end.plus(1));
        let counted = segments.filter(|(at, ..)| !waiting.contains(at));
        counted.map(|(_, chunk, segment)| (chunk, segment)).collect()
    }

    pub(crate) fn end(&self) -> Second {
        self.end
    }

    fn from(&self) -> Second {
        self.end.plus(1 - i64::from(self.span_s))
    }

    /// Adds a segment to the tally (if it is in the span and the rest of its second is there), to the visitors of now,
    /// to the moment and to the tail.
    fn add(
        &mut self,
        buffers: &mut Buffers,
        window: &Window,
        at: SegmentRef,
        end: Second,
        into: Beside,
        mut each: impl FnMut(&Batch<'_>, &Loaded, &Tally),
    ) {
        let Some((chunk, segment)) = window.segment(at) else { return };
        let dictionaries = window.dictionaries();
        let in_span = segment.second > end.plus(-i64::from(self.span_s));
        let is_whole = segment.second >= window.evicted_to();
        let is_now = is_whole && segment.second > end.plus(-NOW_SECONDS);
        let bound = dictionaries.visitors().bound();
        self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
            let loaded = &mut buffers.loaded;
            loaded.load(&batch);
            if in_span {
                if is_whole {
                    self.tally.apply_loaded(&batch, loaded, Change::Add, dictionaries);
                }
                match into {
                    Beside::Nothing => {}
                    Beside::Moment => buffers.moment.add_loaded(&batch, loaded, bound),
                    Beside::Open => self.open.add_loaded(&batch, loaded, bound),
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
        buffers: &mut Buffers,
        window: &Window,
        (chunk, segment): (&Chunk, Segment),
        tally: bool,
        now: bool,
    ) {
        let dictionaries = window.dictionaries();
        self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
            buffers.loaded.load(&batch);
            if tally {
                self.tally.apply_loaded(&batch, &buffers.loaded, Change::Remove, dictionaries);
            }
            if now {
                self.now.apply(&buffers.loaded, Change::Remove, dictionaries);
            }
        });
    }

    /// Moves on to `closed`; `fresh` (sorted) are the segments that count from now on.
    pub(crate) fn advance(
        &mut self,
        buffers: &mut Buffers,
        window: &Window,
        fresh: &[SegmentRef],
        closed: Second,
    ) {
        let before = self.end;
        let span = i64::from(self.span_s);
        for (length, tally) in [(span, true), (NOW_SECONDS, false)] {
            let from = before.plus(1 - length).max(window.evicted_to());
            let to = closed.plus(1 - length).min(before.plus(1));
            let leaving = window.segments(from, to);
            for (_, chunk, segment) in leaving.filter(|(at, ..)| fresh.binary_search(at).is_err()) {
                self.remove(buffers, window, (chunk, segment), tally, !tally);
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
        let mut sample = Sample::new(early.left(window), window.dictionaries());
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
                () if self.step > 1 && t == newest => Beside::Open,
                () if whole || evicted || self.step > 1 => Beside::Moment,
                () => Beside::Nothing,
            };
            for &(second, at) in group {
                self.add(buffers, window, at, closed, into, |batch, _, _| {
                    sample.add(second, at, batch, |row| !early.is_told(at, row));
                });
            }
            if t < self.step_of(from) {
                buffers.moment.point(t);
                continue;
            }
            dirty.insert(t);
            match into {
                Beside::Open => self.set_point(buffers, t, into),
                _ if whole => self.set_point(buffers, t, into),
                // A long step is not read again for one late row: its sums stay exact.
                Beside::Moment => self.add_to_point(buffers, t),
                Beside::Nothing => self.read_point(buffers, window, Second(t)),
            }
        }
        dirty.insert(newest);
        // Of seconds that nobody heard there is nothing to send.
        dirty.retain(|&t| t == newest || !window.is_unheard(t, t + step));
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

    /// Takes away what is still counted of a chunk that goes.
    pub(crate) fn retire(&mut self, buffers: &mut Buffers, window: &Window, chunk: &Chunk) {
        for &segment in &chunk.segments {
            if segment.second >= window.evicted_to() {
                self.uncount(buffers, window, (chunk, segment));
            }
        }
    }

    /// Takes away what chunks that stay have of the seconds that went with another one, which were whole from `before` on.
    pub(crate) fn retire_rest(
        &mut self,
        buffers: &mut Buffers,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
        before: Second,
    ) {
        let rest = window.segments(before, window.evicted_to());
        for (_, chunk, segment) in rest.filter(|(at, ..)| !waiting.contains(at)) {
            self.uncount(buffers, window, (chunk, segment));
        }
    }

    fn uncount(&mut self, buffers: &mut Buffers, window: &Window, of: (&Chunk, Segment)) {
        let second = of.1.second;
        let counted = second <= self.end;
        let tally = counted && second >= self.from();
        let now = counted && second > self.end.plus(-NOW_SECONDS);
        if tally || now {
            self.remove(buffers, window, of, tally, now);
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
