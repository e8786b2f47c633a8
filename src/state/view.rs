//! A view: one filter over one span of seconds, kept current.
//!
//! Rows of a closed second are added to its tally; rows of a second that leaves the span are read
//! again in the window and taken away. So every number is exact, and a tick costs two scans of one
//! second however long the span is.

use std::collections::{BTreeSet, VecDeque};

use super::sample::Sample;
use super::window::{Chunk, Segment, SegmentRef, Window};
use crate::aggregate::detail::Detail;
use crate::aggregate::dictionaries::Freed;
use crate::aggregate::filter::Filter;
use crate::aggregate::list::List;
use crate::aggregate::moment::Moment;
use crate::aggregate::render::rfc3339;
use crate::aggregate::scan::Scanner;
use crate::aggregate::summary::{all_shown, summary};
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
    /// The second that closed.
    pub point: Point,
    /// Earlier seconds that late rows came to, whole, oldest first.
    pub corrections: Vec<Point>,
    pub summary: Summary,
    pub visitors_now: u64,
    /// What arrived, newest last: a sample that keeps every error it can.
    pub tail: Vec<EventRow>,
    /// How many arrived.
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
}

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) filter: Filter,
    pub(crate) span_s: u32,
    pub(crate) users: usize,
    /// The last second counted.
    end: Second,
    scanner: Scanner,
    tally: Tally,
    now: Multiset,
    ids: Vec<u32>,
    moment: Moment,
    /// One for each second of the span.
    points: VecDeque<Point>,
    recent: VecDeque<EventRow>,
    update: ViewUpdate,
}

impl View {
    /// A view up to and including `end`, of the rows that are not `waiting` for their second to close.
    pub(crate) fn new(
        filter: &Filter,
        span_s: u32,
        end: Second,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
    ) -> View {
        let mut view = View {
            filter: filter.clone(),
            span_s,
            users: 1,
            end,
            scanner: Scanner::new(filter),
            tally: Tally::default(),
            now: Multiset::default(),
            ids: Vec::new(),
            moment: Moment::default(),
            points: VecDeque::with_capacity(span_s as usize + 1),
            recent: VecDeque::new(),
            update: ViewUpdate::default(),
        };
        let from = view.from();
        view.points.extend((from.0..=end.0).map(|t| Point { t, ..Point::default() }));
        let mut segments: Vec<(Second, SegmentRef)> = window
            .segments(from.min(end.plus(1 - NOW_SECONDS)), end.plus(1))
            .filter(|(at, ..)| !waiting.contains(at))
            .map(|(at, _, segment)| (segment.second, at))
            .collect();
        segments.sort_unstable();
        for group in segments.chunk_by(|a, b| a.0 == b.0) {
            let second = group[0].0;
            for &(_, at) in group {
                view.add(window, at, end, second >= from, None);
            }
            view.set_point(second);
        }
        view.render(window, waiting);
        view
    }

    fn from(&self) -> Second {
        self.end.plus(1 - i64::from(self.span_s))
    }

    /// Adds a segment to the tally (if it is in the span), to the visitors of now, to the moment
    /// and to the tail.
    fn add(
        &mut self,
        window: &Window,
        at: SegmentRef,
        end: Second,
        moment: bool,
        mut sample: Option<&mut Sample>,
    ) {
        let Some((chunk, segment)) = window.segment(at) else { return };
        let dictionaries = window.dictionaries();
        let in_span = segment.second > end.plus(-i64::from(self.span_s));
        let is_now = segment.second > end.plus(-NOW_SECONDS);
        let bound = dictionaries.visitors().bound();
        self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
            if in_span {
                self.tally.apply(batch, Change::Add, dictionaries);
                if moment {
                    self.moment.add(batch, bound);
                }
            }
            if is_now {
                self.now.apply(batch, Change::Add, dictionaries, &mut self.ids);
            }
            if let Some(sample) = sample.as_deref_mut() {
                sample.add(segment.second, at, &batch);
            }
        });
    }

    /// Takes a segment's rows away from what has counted them.
    fn remove(&mut self, window: &Window, chunk: &Chunk, segment: Segment, tally: bool, now: bool) {
        let dictionaries = window.dictionaries();
        self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
            if tally {
                self.tally.apply(batch, Change::Remove, dictionaries);
            }
            if now {
                self.now.apply(batch, Change::Remove, dictionaries, &mut self.ids);
            }
        });
    }

    /// Moves on to `closed`; `fresh` (sorted) are the segments that count from now on.
    pub(crate) fn advance(&mut self, window: &Window, fresh: &[SegmentRef], closed: Second) {
        let before = self.end;
        let span = i64::from(self.span_s);
        for (length, tally) in [(span, true), (NOW_SECONDS, false)] {
            let from = before.plus(1 - length);
            let to = closed.plus(1 - length).min(before.plus(1));
            let leaving = window.segments(from, to);
            for (_, chunk, segment) in leaving.filter(|(at, ..)| fresh.binary_search(at).is_err()) {
                self.remove(window, chunk, segment, tally, !tally);
            }
        }
        self.end = closed;
        let from = self.from();
        // The seconds that passed without a tick are sent as well.
        let mut dirty: BTreeSet<Second> =
            (before.0.saturating_add(1).max(from.0)..=closed.0).map(Second).collect();
        while self.points.front().is_some_and(|point| point.t < from.0) {
            self.points.pop_front();
        }
        self.points.extend(dirty.iter().map(|t| Point { t: t.0, ..Point::default() }));

        let mut sample = Sample::new(window.config().tail);
        let mut arrived: Vec<(Second, SegmentRef)> =
            fresh.iter().filter_map(|&at| Some((window.segment(at)?.1.second, at))).collect();
        arrived.sort_unstable();
        for group in arrived.chunk_by(|a, b| a.0 == b.0) {
            let second = group[0].0;
            // The whole second at once, or what is new of it beside what was there.
            let whole = second > before || self.all_fresh(window, fresh, second);
            let evicted = second < window.complete_from();
            for &(_, at) in group {
                self.add(window, at, closed, whole || evicted, Some(&mut sample));
            }
            if second < from {
                continue;
            }
            dirty.insert(second);
            if whole {
                self.set_point(second);
            } else if evicted {
                self.add_to_point(second);
            } else {
                self.read_point(window, second);
            }
        }
        let mut points: Vec<Point> =
            dirty.iter().filter_map(|&second| self.point_mut(second).copied()).collect();
        self.update.point = points.pop().unwrap_or(Point { t: closed.0, ..Point::default() });
        if self.update.point.t != closed.0 {
            let last = self.points.back().copied();
            points.push(std::mem::replace(
                &mut self.update.point,
                last.unwrap_or(Point { t: closed.0, ..Point::default() }),
            ));
        }
        self.update.corrections = points;
        self.update.matched = sample.seen();
        self.update.tail = sample.render(window);
        self.recent.extend(self.update.tail.iter().cloned());
        self.recent.drain(..self.recent.len().saturating_sub(TAIL_SNAPSHOT));
    }

    fn all_fresh(&self, window: &Window, fresh: &[SegmentRef], second: Second) -> bool {
        second >= window.complete_from()
            && window
                .segments(second, second.plus(1))
                .all(|(at, ..)| fresh.binary_search(&at).is_ok())
    }

    fn point_mut(&mut self, second: Second) -> Option<&mut Point> {
        let first = self.points.front()?.t;
        let index = usize::try_from(second.0.checked_sub(first)?).ok()?;
        self.points.get_mut(index)
    }

    fn set_point(&mut self, second: Second) {
        let point = self.moment.point(second.0);
        if let Some(old) = self.point_mut(second) {
            *old = point;
        }
    }

    /// For a second of which rows are gone: sums stay exact, the rest is of the larger part.
    fn add_to_point(&mut self, second: Second) {
        let new = self.moment.point(second.0);
        let Some(old) = self.point_mut(second) else { return };
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
            ..base
        };
    }

    /// Reads a whole second again.
    fn read_point(&mut self, window: &Window, second: Second) {
        let dictionaries = window.dictionaries();
        let bound = dictionaries.visitors().bound();
        for (_, chunk, segment) in window.segments(second, second.plus(1)) {
            self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                self.moment.add(batch, bound);
            });
        }
        self.set_point(second);
    }

    /// Takes away what is still counted of a chunk that goes.
    pub(crate) fn retire(&mut self, window: &Window, chunk: &Chunk) {
        for &segment in &chunk.segments {
            let counted = segment.second <= self.end;
            let tally = counted && segment.second >= self.from();
            let now = counted && segment.second > self.end.plus(-NOW_SECONDS);
            if tally || now {
                self.remove(window, chunk, segment, tally, now);
            }
        }
    }

    /// Lets go of what is known about ids that will be given again.
    pub(crate) fn forget(&mut self, freed: &Freed) {
        self.scanner.forget(freed);
        self.tally.lists.iter_mut().for_each(|counters| counters.release_empty());
    }

    /// Writes the summary anew, after rows came or went.
    pub(crate) fn render(&mut self, window: &Window, waiting: &BTreeSet<SegmentRef>) {
        let dictionaries = window.dictionaries();
        self.tally.lists.iter_mut().for_each(|counters| counters.release_empty());
        let shown = all_shown(&self.tally, window.config().view_top);
        if self.tally.latency.total() != 0 {
            let mut fresh = Vec::new();
            for (list, (ids, _)) in List::ALL.into_iter().zip(&shown) {
                let ids = self.tally.lists[list as usize].watch(ids);
                if !ids.is_empty() {
                    fresh.push((list, ids));
                }
            }
            if !fresh.is_empty() {
                let mut detail = Detail::new(fresh.clone(), false, &self.tally, dictionaries);
                let (from, to) = (self.from(), self.end.plus(1));
                let segments = window.segments(from, to);
                for (_, chunk, segment) in segments.filter(|(at, ..)| !waiting.contains(at)) {
                    self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                        detail.add(batch, dictionaries);
                    });
                }
                for (list, ids) in fresh {
                    for id in ids {
                        let past = detail.latency(list, id, &self.tally).unwrap_or_default();
                        self.tally.lists[list as usize].set_latency(id, past);
                    }
                }
            }
        }
        self.update.summary = Summary {
            from: rfc3339(self.from()),
            to: rfc3339(self.end.plus(1)),
            filter: self.filter.to_string(),
            ..summary(&self.tally, &shown, None, dictionaries)
        };
        self.update.visitors_now = self.now.distinct();
    }

    pub(crate) fn fill_tail(&mut self, rows: Vec<EventRow>) {
        self.recent = rows.into();
    }

    pub(crate) fn update(&self) -> &ViewUpdate {
        &self.update
    }

    pub(crate) fn snapshot(&self) -> ViewSnapshot {
        let mut series = Series { step_s: 1, ..Series::default() };
        self.points.iter().for_each(|&point| series.push(point));
        ViewSnapshot {
            series,
            summary: self.update.summary.clone(),
            visitors_now: self.update.visitors_now,
            tail: self.recent.iter().cloned().collect(),
        }
    }
}
