//! Back-tests of rules: what a rule would have said of the window.

use super::live::{Live, Range};
use super::waiting::Waiting;
use crate::aggregate::column::REQUEST;
use crate::aggregate::filter::Filter;
use crate::aggregate::loaded::Times;
use crate::aggregate::quantile::Dense;
use crate::aggregate::rules::{Fired, Groups, Judge, Measure, Meter, Rule};
use crate::aggregate::scan::Scanner;
use crate::aggregate::wire::AnomalyState;
use crate::vocab::time::Second;

/// Firings whose quantile is looked up: each is a scan of the rule's span.
const LOOKED_UP: usize = 50;

/// The seconds from `from` to before `to`, in which nothing happened.
fn quiet(judge: &mut Judge, groups: &mut Option<Groups>, from: Second, to: Second) -> Vec<Fired> {
    match groups {
        Some(groups) => groups.nothing(from, to).into_iter().map(|(g, f)| (Some(g), f)).collect(),
        None => judge.nothing(from, to).into_iter().map(|firing| (None, firing)).collect(),
    }
}

impl Live {
    /// What a rule would have said of a range, each time it was broken in its last state, oldest first,
    /// with the range itself. Live it says the same of the same rows, where they are not late: a late
    /// row counts here at its own second, live when it arrives.
    #[must_use]
    pub fn rehearse(&self, rule: &Rule, range: Range) -> (Vec<Fired>, (Second, Second)) {
        let (from, to) = self.bounds(range);
        // Of what was evicted nothing is known; of what is still open not all.
        let from = from.max(self.window.complete_from());
        let closed = self.closed.map(|closed| closed.plus(1));
        let to = closed.map_or(to, |closed| range.to.map_or(closed, |to| to.min(closed))).max(from);
        let mut segments: Vec<_> =
            self.window.segments(from, to).map(|(_, chunk, segment)| (chunk, segment)).collect();
        segments.sort_by_key(|(_, segment)| segment.second);
        let dictionaries = self.window.dictionaries();
        let (mut judge, mut meter) = (Judge::new(rule.clone()), Meter::new(rule));
        let mut groups = rule.by.map(|_| Groups::new(rule.clone()));
        let mut firings: Vec<Fired> = Vec::new();
        let mut next = from;
        let waiting = Waiting::here();
        for together in segments.chunk_by(|a, b| a.1.second == b.1.second) {
            if !waiting.waits() {
                return (Vec::new(), (from, to));
            }
            let Some((_, first)) = together.first() else { continue };
            for (start, end) in self.window.heard(next, first.second) {
                firings.extend(quiet(&mut judge, &mut groups, start, end));
            }
            for (chunk, segment) in together {
                meter.add(&chunk.columns, segment.rows(), dictionaries);
            }
            match &mut groups {
                Some(groups) => {
                    let said = groups.tick(first.second, &meter.take_groups(dictionaries));
                    firings.extend(said.into_iter().map(|(group, firing)| (Some(group), firing)));
                }
                None => {
                    let said = judge.tick(first.second, meter.take());
                    firings.extend(said.map(|firing| (None, firing)));
                }
            }
            next = first.second.plus(1);
        }
        for (start, end) in self.window.heard(next, to) {
            firings.extend(quiet(&mut judge, &mut groups, start, end));
        }
        firings.retain(|(_, firing)| firing.state == AnomalyState::Closed);
        match &groups {
            Some(groups) => firings.extend(groups.open().map(|(g, f)| (Some(g.into()), f.clone()))),
            None => firings.extend(judge.open().map(|firing| (None, firing.clone()))),
        }
        if groups.is_some() {
            // Each ends in its own time; told is by when it would have been said.
            firings.sort_by(|(a, x), (b, y)| (x.detected, a).cmp(&(y.detected, b)));
        }
        for (group, firing) in firings.iter_mut().take(LOOKED_UP) {
            let of_group = group.as_deref().map(|group| rule.of(group));
            let rule = of_group.as_ref().unwrap_or(rule);
            firing.worst = firing.worst.or_else(|| self.quantile_of(rule, firing.detected));
        }
        (firings, (from, to))
    }

    /// The quantile that a rule measures, of the span that ends with `second`.
    #[must_use]
    pub fn quantile_of(&self, rule: &Rule, second: Second) -> Option<(Second, f64)> {
        let Measure::Latency(thousandths) = rule.measure else { return None };
        let from = second.plus(1 - i64::from(rule.span_s));
        let value = self.quantile(&rule.filter, (from, second.plus(1)), thousandths)?;
        Some((second, value))
    }

    fn quantile(&self, filter: &Filter, at: (Second, Second), thousandths: u16) -> Option<f64> {
        let dictionaries = self.window.dictionaries();
        let (mut scanner, mut histogram) = (Scanner::new(filter), Dense::default());
        let mut times = Times::default();
        for (chunk, segment) in self.segments(at.0, at.1) {
            scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                times.load(batch.columns.at(REQUEST), &batch);
                histogram.shift(&times.buckets, 1);
            });
        }
        let [value] = histogram.quantiles([f64::from(thousandths) / 1000.0]);
        value
    }
}

#[cfg(test)]
#[path = "rehearse_tests.rs"]
mod tests;
