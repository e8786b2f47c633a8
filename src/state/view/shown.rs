//! What the users of a view see of it: the lists that they ask for.

use std::collections::BTreeSet;

use super::View;
use crate::aggregate::ask::{Ask, Asks};
use crate::aggregate::detail::{Detail, Seen};
use crate::aggregate::figures::Figures;
use crate::aggregate::list::{Bases, List};
use crate::aggregate::render::rfc3339;
use crate::aggregate::scan::Batch;
use crate::aggregate::summary::{Latencies, summary};
use crate::aggregate::tally::{Change, SLOTS, Tally, Watch};
use crate::aggregate::wire::Summary;
use crate::state::parallel;
use crate::state::waiting::Waiting;
use crate::state::window::{SegmentRef, Window};

#[derive(Debug)]
pub(super) struct Shown {
    pub(super) asks: Asks,
    pub(super) users: usize,
    pub(super) summary: Summary,
}

impl View {
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

    pub(super) fn summary(&self, asks: &Asks) -> Summary {
        let shown = self.shown.iter().find(|shown| shown.asks == *asks);
        shown.map(|shown| shown.summary.clone()).unwrap_or_default()
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
