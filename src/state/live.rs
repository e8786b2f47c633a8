//! The live state: the window, what has yet to be counted, and the views over it.

mod events;
mod kept;
mod series;
mod summary;
mod views;
mod whole;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

pub use self::events::EVENTS;
pub use self::series::SERIES_STEPS;
pub use self::views::SPAN;
use self::whole::Whole;
use super::memory::Move;
use super::view::{Buffers, View};
pub use super::view::{LOOKS, ViewSnapshot, ViewUpdate};
pub use super::window::WindowConfig;
use super::window::{SegmentRef, Window};
use crate::aggregate::block::Block;
use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::filter::Filter;
use crate::aggregate::rollup::Rollup;
use crate::aggregate::rules::{GroupPart, Meter, Part, Rule};
use crate::aggregate::scan::Scanner;
use crate::aggregate::tally::{Change, Tally};
use crate::aggregate::templates::TemplateLines;
use crate::aggregate::wire::Kept;
use crate::vocab::time::Second;

/// A stretch of seconds; without an end it reaches as far as the window does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub from: Option<Second>,
    /// Exclusive.
    pub to: Option<Second>,
}

/// Names a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId(u64);

/// What a tick brought.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    /// The second that closed.
    pub second: Second,
    /// Everything that arrived for this second and, late, for earlier ones.
    pub rollup: Rollup,
    /// Events that were evicted from the window.
    pub evicted: u64,
    /// Error events of each template among them.
    pub templates: Vec<TemplateLines>,
    /// What each rule reads of what arrived, in the order of [`Live::watch`].
    pub parts: Vec<Part>,
    /// The same by site, client or path, of those that ask for it.
    pub groups: Vec<Vec<GroupPart>>,
}

/// See the module. One owner at a time: the caller locks.
#[derive(Debug)]
pub struct Live {
    pub(super) window: Window,
    pub(super) closed: Option<Second>,
    /// In the window and not counted yet: since the last close, or of a second still open.
    waiting: BTreeSet<SegmentRef>,
    everything: Scanner,
    tally: Tally,
    views: BTreeMap<ViewId, View>,
    buffers: Buffers,
    next_view: u64,
    /// Views that nobody looks at, and since when; the oldest first.
    lingering: Vec<(ViewId, Second)>,
    /// Not before this second is what is learnt derived anew again.
    relearn_after: Second,
    /// One a rule.
    meters: Vec<Meter>,
    /// Where all is counted as it comes.
    whole: Option<Whole>,
}

/// Rules count a row when it arrives, if it is not older than this: the longest request that `time.past`
/// waits for by default. A file of last year, read at once, breaks no rule of today.
const LATE_S: i64 = 600;

/// A range is compared with where nothing is known of one part in so many of it at most.
const UNKNOWN_SHARE: i64 = 20;

/// Paths and messages that may be sorted anew for each second of waiting in between: some 300 ns each,
/// so a hundredth of a core.
const RELEARNT_A_SECOND: usize = 30_000;

impl Live {
    #[must_use]
    pub fn new(config: WindowConfig) -> Live {
        Live {
            window: Window::new(config),
            closed: None,
            waiting: BTreeSet::new(),
            everything: Scanner::new(&Filter::default()),
            tally: Tally::draining(Rollup::bases()),
            views: BTreeMap::new(),
            buffers: Buffers::default(),
            next_view: 0,
            lingering: Vec::new(),
            relearn_after: Second(i64::MIN),
            meters: Vec::new(),
            whole: None,
        }
    }

    /// Measures for these rules from the next close on.
    pub fn watch<'r>(&mut self, rules: impl IntoIterator<Item = &'r Rule>) {
        self.meters = rules.into_iter().map(Meter::new).collect();
    }

    /// Takes a block into the window: a whole second, what is there of an open one, late lines, or some of a file.
    pub fn absorb(&mut self, block: impl Borrow<Block>) {
        let block = block.borrow();
        if let Some(whole) = &mut self.whole {
            // Rows are counted by the chunk: whatever is of one second goes together.
            let _ = self.window.append(block, |_| true);
            whole.count(&mut self.window);
            return;
        }
        let waiting = &self.waiting;
        let at = self.window.append(block, |segment| waiting.contains(&segment));
        self.waiting.extend(at);
    }

    /// From the next close on the window takes less, or more.
    pub fn resize(&mut self, by: Move) {
        let whole = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        match by {
            // Before the past goes what nobody looks at; the next look at the memory says whether that was enough.
            Move::GiveWay(_) if self.drop_spare_view() => while self.drop_spare_view() {},
            Move::GiveWay(bytes) => self.window.give_way(whole(bytes)),
            Move::Regain(most) => self.window.regain(whole(most)),
        }
    }

    /// Ends the seconds up to and including `closed`: sums what arrived, moves every view on, and
    /// evicts what the budget has no room for.
    pub fn close(&mut self, closed: Second) -> Closed {
        let closed = self.closed.map_or(closed, |before| before.max(closed));
        self.closed = Some(closed);
        let due = |at: &SegmentRef| {
            self.window.segment(*at).is_some_and(|(_, segment)| segment.second <= closed)
        };
        let fresh: Vec<SegmentRef> = self.waiting.iter().copied().filter(due).collect();
        for at in &fresh {
            self.waiting.remove(at);
            self.count(*at);
        }
        let mut rollup = Rollup::take(&mut self.tally, self.window.dictionaries());
        let templates = self.window.dictionaries.template_lines(&rollup);
        self.end_lingering(closed);
        self.views.values_mut().for_each(View::said);
        for view in self.views.values_mut() {
            view.advance(&mut self.buffers, &self.window, &fresh, closed);
        }
        self.window.age(closed);
        let evicted = self.make_room(closed, &mut rollup);
        self.relearn(closed);
        for view in self.views.values_mut() {
            view.render(&self.window, &self.waiting);
            view.settle(&self.waiting);
        }
        let parts = self.meters.iter_mut().map(Meter::take).collect();
        let dictionaries = self.window.dictionaries();
        let groups = self.meters.iter_mut().map(|meter| meter.take_groups(dictionaries)).collect();
        Closed { second: closed, rollup, evicted, templates, parts, groups }
    }

    /// Evicts what the budget has no room for; how many events that were.
    fn make_room(&mut self, closed: Second, rollup: &mut Rollup) -> u64 {
        let mut evicted = 0;
        while let Some(chunk) = self.window.surplus(closed) {
            for view in self.views.values_mut() {
                view.retire(&mut self.buffers, &self.window, chunk);
            }
            let number = chunk.number;
            // A second that never closed before it had to go counts now.
            let overdue: Vec<SegmentRef> =
                self.waiting.iter().copied().filter(|at| at.chunk == number).collect();
            for at in overdue {
                self.waiting.remove(&at);
                self.count(at);
                rollup.merge(&Rollup::take(&mut self.tally, self.window.dictionaries()));
            }
            let whole_from = self.window.evicted_to();
            let Some((freed, events)) = self.window.evict(closed) else { break };
            evicted += events;
            for view in self.views.values_mut() {
                view.retire_rest(&mut self.buffers, &self.window, &self.waiting, whole_from);
            }
            self.views.values_mut().for_each(|view| view.forget(&freed));
            self.meters.iter_mut().for_each(|meter| meter.forget(&freed));
        }
        evicted
    }

    /// Derives anew what is learnt: the paths' routes, the errors' templates.
    fn relearn(&mut self, closed: Second) {
        if closed < self.relearn_after {
            return;
        }
        let texts = self.window.dictionaries().learnt_from();
        let Some(freed) = self.window.dictionaries.relearn() else { return };
        // Some 2^21 texts at most.
        self.relearn_after = closed.plus(1 + (texts / RELEARNT_A_SECOND) as i64);
        self.meters.iter_mut().for_each(|meter| meter.forget(&freed));
        for view in self.views.values_mut() {
            view.forget(&freed);
            if view.asks_for_learnt() {
                view.rebuild(&self.window, &self.waiting);
            }
        }
    }

    fn count(&mut self, at: SegmentRef) {
        if let Some((chunk, segment)) = self.window.segment(at) {
            let dictionaries = self.window.dictionaries();
            self.everything.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                self.tally.apply(batch, Change::Add, dictionaries);
            });
            let oldest = self.closed.map(|closed| closed.plus(-LATE_S));
            let late = oldest.is_some_and(|oldest| segment.second < oldest);
            for meter in self.meters.iter_mut().filter(|_| !late) {
                meter.add(&chunk.columns, segment.rows(), dictionaries);
            }
        }
    }

    /// Of how many seconds of a range that has come by `end` anything is known.
    #[must_use]
    pub fn known_s(&self, range: Range, end: Second) -> i64 {
        let (from, to) = self.counted(range);
        self.window.seconds_known(from, to.min(end))
    }

    /// Whether all of `from..to` is kept, and somebody listened, but for what restarts take: a day later it can still be
    /// compared with.
    fn is_known(&self, from: Second, to: Second) -> bool {
        let seconds = to.0 - from.0;
        let unknown = seconds - self.window.seconds_known(from, to);
        let is_kept = self.window.known_from().is_some_and(|known| known <= from);
        is_kept && unknown.saturating_mul(UNKNOWN_SHARE) <= seconds
    }

    /// The part of a range that numbers are of, the end exclusive. Before what is kept nothing is known, which is not the
    /// same as nothing happened.
    fn counted(&self, range: Range) -> (Second, Second) {
        let (from, to) = self.bounds(range);
        (self.window.known_from().map_or(from, |known| known.max(from)).min(to), to)
    }

    /// The seconds meant, the end exclusive.
    pub(super) fn bounds(&self, range: Range) -> (Second, Second) {
        let fallback = self.closed.map_or(Second(0), |closed| closed.plus(1));
        let from = range.from.or_else(|| self.window.oldest());
        let to = range.to.or_else(|| self.window.newest().map(|newest| newest.plus(1)));
        let from = from.unwrap_or_else(|| range.to.unwrap_or(fallback));
        // 35,000 years either way: a step of a series then fits its 32 bits.
        let within = |second: Second| Second(second.0.clamp(-(1 << 40), 1 << 40));
        let from = within(from);
        (from, within(to.unwrap_or(fallback)).max(from))
    }

    /// The newest second that has an event.
    #[must_use]
    pub fn newest(&self) -> Option<Second> {
        self.window.newest()
    }

    /// The newest second that was closed.
    #[must_use]
    pub fn closed(&self) -> Option<Second> {
        self.closed
    }

    /// How far back the window reaches, and what it holds.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept {
            oldest: self.window.known_from().map(|second| second.0),
            events: self.window.events(),
            bytes: self.window.bytes() as u64,
            budget_bytes: self.window.budget_bytes() as u64,
        }
    }

    /// Whether events were kept and are not any more.
    #[must_use]
    pub fn has_forgotten(&self) -> bool {
        self.window.complete_from() > Second(i64::MIN)
    }

    /// For what is learnt of values from outside, such as who a bot really is.
    pub fn dictionaries_mut(&mut self) -> &mut Dictionaries {
        &mut self.window.dictionaries
    }

    pub(super) fn window(&self) -> &Window {
        &self.window
    }

    /// What the ids of a [`Rollup`] mean.
    #[must_use]
    pub fn dictionaries(&self) -> &Dictionaries {
        self.window.dictionaries()
    }
}

#[cfg(test)]
mod tests;
