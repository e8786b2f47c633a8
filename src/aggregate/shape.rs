//! What cannot be taken away of a point, quantiles and distinct visitors, where what all rows had was kept: of
//! the rows that match, from those that do not.

use multiversion::multiversion;

use super::column::{Column, Columns, Number, REQUEST, VISITOR, ask_for_next};
use super::dict::ABSENT;
use super::loaded::Loaded;
use super::quantile::{Dense, Packed};
use super::tally::Tally;
use super::wire::Point;

/// The times of all rows of one point.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    pub(crate) latency: Packed,
    pub(crate) upstream: Packed,
}

/// See the module. It is given every row of a point; [`point`](Remainder::point) empties it.
#[derive(Debug, Default)]
pub(crate) struct Remainder {
    /// Of rows that do not match.
    latency: Dense,
    upstream: Dense,
    visitors: Vec<u32>,
    /// By visitor: the number of the last point where a row that matches had it.
    seen: Vec<u8>,
    now: u8,
    /// Microseconds plus one of the longest request that matches; 0 where none was timed.
    longest: u64,
}

impl Remainder {
    /// Adds requests that do not match.
    pub(crate) fn add_rest(&mut self, loaded: &Loaded) {
        if loaded.request.timed != 0 {
            self.latency.shift(&loaded.request.buckets, 1);
        }
        if loaded.upstream.timed != 0 {
            self.upstream.shift(&loaded.upstream.buckets, 1);
        }
        self.visitors.extend_from_slice(&loaded.visitors);
    }

    /// Adds those of the rows from `at` on whose mark is 1; the others have 0. `bound` is above every
    /// visitor's id.
    pub(crate) fn add_marked(&mut self, columns: &Columns, at: usize, marks: &[u8], bound: usize) {
        self.reserve(bound);
        match columns.at(REQUEST) {
            Column::Const(0) => {}
            Column::Const(us) if marks.contains(&1) => self.longest = self.longest.max(*us),
            Column::Const(_) => {}
            Column::U8(values) => self.time(values, at, marks),
            Column::U16(values) => self.time(values, at, marks),
            Column::U24(values) => self.time(values, at, marks),
            Column::U32(values) => self.time(values, at, marks),
            Column::U64(values) => self.time(values, at, marks),
        }
        match columns.at(VISITOR) {
            Column::Const(0) => {}
            Column::Const(id) if marks.contains(&1) => self.seen[*id as usize] = self.now,
            Column::Const(_) => {}
            Column::U8(values) => self.see(values, at, marks),
            Column::U16(values) => self.see(values, at, marks),
            Column::U24(values) => self.see(values, at, marks),
            Column::U32(values) => self.see(values, at, marks),
            Column::U64(values) => self.see(values, at, marks),
        }
    }

    fn time<T: Number>(&mut self, values: &[T], at: usize, marks: &[u8]) {
        ask_for_next(values, at, at + marks.len());
        self.longest = self.longest.max(most(&values[at..], marks).wide());
    }

    /// Without a branch: a row that does not match marks nobody.
    fn see<T: Number>(&mut self, values: &[T], at: usize, marks: &[u8]) {
        ask_for_next(values, at, at + marks.len());
        let (seen, now) = (&mut self.seen[..], self.now);
        for (&id, &mark) in values[at..].iter().zip(marks) {
            let id = id.wide() & u64::from(mark).wrapping_neg();
            seen[id as usize] = now;
        }
    }

    fn reserve(&mut self, bound: usize) {
        // The first place is nobody's, and is written to.
        let bound = bound.max(ABSENT as usize + 1);
        if self.seen.len() < bound {
            self.seen.resize(bound, 0);
        }
        self.now = self.now.max(1);
    }

    /// Quantiles, the longest time and visitors of the rows that match, where `all` rows had this `shape`. The
    /// times of those that do not are taken away from a tally's, too, which takes the longest of those that do.
    pub(crate) fn point(&mut self, all: &Point, shape: &Shape, tally: &mut Tally) -> Point {
        let (times, upstream) = (&mut tally.latency, &mut tally.upstream);
        let [p50_s, p95_s, p99_s] = self.latency.left_of(&shape.latency, [0.5, 0.95, 0.99], times);
        let [upstream_p50_s, upstream_p95_s] =
            self.upstream.left_of(&shape.upstream, [0.5, 0.95], upstream);
        // Who is in the rest alone.
        let mut gone = 0;
        for id in self.visitors.drain(..).filter(|id| *id != ABSENT) {
            if self.seen.len() <= id as usize {
                self.seen.resize(id as usize + 1, 0);
            }
            let seen = &mut self.seen[id as usize];
            gone += u64::from(*seen != self.now);
            *seen = self.now;
        }
        if self.now == u8::MAX {
            self.seen.fill(0);
            self.now = 0;
        }
        self.now += 1;
        // A time is 32 bits wide.
        tally.longest = tally.longest.max(self.longest as u32);
        let longest = std::mem::take(&mut self.longest).checked_sub(1);
        Point {
            p50_s,
            p95_s,
            p99_s,
            max_s: longest.map(|us| us as f64 / 1e6),
            upstream_p50_s,
            upstream_p95_s,
            visitors: all.visitors.saturating_sub(gone),
            ..Point::default()
        }
    }
}

/// The largest value whose mark is 1. In the width of the column: a compiler makes it of whole registers.
#[multiversion(targets("x86_64+avx2+popcnt"))]
fn most<T: Number>(values: &[T], marks: &[u8]) -> T {
    let mut most = T::default();
    for (&value, &mark) in values.iter().zip(marks) {
        let value = if mark == 0 { T::default() } else { value };
        most = if value > most { value } else { most };
    }
    most
}
