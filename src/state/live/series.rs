//! A range of the window as a series of steps.

use super::{Live, Range};
use crate::aggregate::ask::{Ask, Asks};
use crate::aggregate::figures::Figures;
use crate::aggregate::filter::Filter;
use crate::aggregate::moment::Moment;
use crate::aggregate::scan::Scanner;
use crate::aggregate::trend::Counts;
use crate::aggregate::wire::{Series, Trend};
use crate::state::waiting::Waiting;
use crate::state::window::SegmentRef;
use crate::vocab::time::Second;

/// Steps that one series may have; a shorter step is made longer.
pub const SERIES_STEPS: i64 = 10_000;

impl Live {
    /// The range in steps of `step_s` seconds that start at multiples of it; longer steps where
    /// there would be more than [`SERIES_STEPS`].
    #[must_use]
    pub fn series(&self, range: Range, step_s: u32, filter: &Filter) -> Series {
        self.series_until(Second(i64::MAX), range, step_s, filter)
    }

    /// The same where `ahead` is the first second that has not begun: from there on only those steps are there that have
    /// lines, of a sender whose clock is ahead.
    #[must_use]
    pub fn series_until(
        &self,
        ahead: Second,
        range: Range,
        step_s: u32,
        filter: &Filter,
    ) -> Series {
        let ((from, to), step) = (self.counted(range), self.step(range, step_s));
        let oldest = self.window.known_from().map(|oldest| oldest.0);
        let mut series = Series { step_s: step as u32, oldest, ..Series::default() };
        let mut segments: Vec<(Second, SegmentRef)> =
            self.window.segments(from, to).map(|(at, _, segment)| (segment.second, at)).collect();
        segments.sort_unstable();
        let dictionaries = self.window.dictionaries();
        let bound = dictionaries.visitors().bound();
        let mut scanner = self.scanner(filter);
        let mut moment = Moment::default();
        let waiting = Waiting::here();
        let mut next = segments.iter().take_while(|_| waiting.waits()).peekable();
        let mut t = Self::first_step(from, to, step);
        while t < to.0 {
            let end = t.saturating_add(step);
            let mut has_been = t < ahead.0;
            while let Some((_, at)) = next.next_if(|(second, _)| second.0 < end) {
                has_been = true;
                if let Some((chunk, segment)) = self.window.segment(*at) {
                    scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                        moment.add(batch, bound);
                    });
                }
            }
            let point = moment.point(t);
            // What is not there is unknown, not zero.
            if has_been && !self.window.is_unheard(t, end) {
                series.push(point);
            }
            t = end;
        }
        series
    }

    /// The requests of the top values of a list over a range, in steps as [`series`](Live::series)
    /// has them.
    #[must_use]
    pub fn trend(&self, range: Range, step_s: u32, filter: &Filter, ask: Ask) -> Trend {
        self.trend_until(Second(i64::MAX), range, step_s, filter, ask)
    }

    /// The same, in steps as [`series_until`](Live::series_until) has them.
    #[must_use]
    pub fn trend_until(
        &self,
        ahead: Second,
        range: Range,
        step_s: u32,
        filter: &Filter,
        ask: Ask,
    ) -> Trend {
        let (from, to) = self.counted(range);
        let dictionaries = self.window.dictionaries();
        let mut scanner = Scanner::new(filter);
        let asks = Asks::new([ask]);
        let tally = self.tally(&mut scanner, (from, to), asks.bases());
        let (ids, _) = Figures::new(&tally, &asks, dictionaries).shown(&ask);
        let step = self.step(range, step_s);
        let start = Self::first_step(from, to, step);
        let steps = to.0.saturating_sub(start).max(0).div_euclid(step)
            + i64::from((to.0 - start).rem_euclid(step) != 0);
        let starts = (0..steps).map(|n| start + n * step);
        let mut has_been: Vec<bool> = starts.clone().map(|t| t < ahead.0).collect();
        let mut counts = Counts::new(ask.list, &ids, dictionaries, steps as usize);
        let waiting = Waiting::here();
        let segments = self.window.segments(from, to).take_while(|_| waiting.waits());
        for (_, chunk, segment) in segments {
            let at = (segment.second.0 - start).div_euclid(step) as usize;
            has_been[at] = true;
            scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                counts.add(batch, at, dictionaries);
            });
        }
        // As in a series.
        let is_known = |(t, has_been): (i64, &bool)| {
            *has_been && !self.window.is_unheard(t, t.saturating_add(step))
        };
        let known: Vec<bool> = starts.clone().zip(&has_been).map(is_known).collect();
        let mut rows = counts.rows(dictionaries);
        for row in &mut rows {
            let mut known = known.iter();
            row.requests.retain(|_| known.next() == Some(&true));
        }
        Trend {
            list: ask.list.name().to_owned(),
            step_s: step as u32,
            oldest: self.window.known_from().map(|oldest| oldest.0),
            t: starts.zip(&known).filter_map(|(t, known)| known.then_some(t)).collect(),
            rows,
        }
    }

    /// Where the first step of what is [`counted`](Live::counted) starts; at its end where it has none.
    fn first_step(from: Second, to: Second, step: i64) -> i64 {
        if from < to { from.0.div_euclid(step).saturating_mul(step) } else { to.0 }
    }

    /// The step that is taken where `step_s` is wished for.
    fn step(&self, range: Range, step_s: u32) -> i64 {
        let (from, to) = self.bounds(range);
        let least = to.0.saturating_sub(from.0) / SERIES_STEPS + 1;
        i64::from(step_s).max(least).min(i64::from(u32::MAX))
    }
}
