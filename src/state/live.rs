//! The live state: the window, what has yet to be counted, and the views over it.

mod kept;
mod whole;

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet};

use self::whole::Whole;
use super::memory::Move;
use super::parallel;
use super::sample::RowRef;
use super::view::{Desk, View};
pub use super::view::{LOOKS, ViewSnapshot, ViewUpdate};
use super::waiting::Waiting;
pub use super::window::WindowConfig;
use super::window::{Chunk, Segment, SegmentRef, Window};
use crate::aggregate::ask::{Ask, Asks, By};
use crate::aggregate::block::Block;
use crate::aggregate::counters::Counter;
use crate::aggregate::detail::{Detail, Seen};
use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::figures::Figures;
use crate::aggregate::filter::Filter;
use crate::aggregate::list::{Bases, List};
use crate::aggregate::moment::Moment;
use crate::aggregate::render::rfc3339;
use crate::aggregate::rollup::Rollup;
use crate::aggregate::rules::{GroupPart, Meter, Part, Rule};
use crate::aggregate::scan::{Batch, Scanner};
use crate::aggregate::summary::{Latencies, summary};
use crate::aggregate::tally::{Change, Tally};
use crate::aggregate::templates::TemplateLines;
use crate::aggregate::trend::Counts;
use crate::aggregate::wire::{EventRow, FieldValue, Kept, Series, Summary, Trend};
use crate::vocab::time::Second;

/// Steps that one series may have; a shorter step is made longer.
pub const SERIES_STEPS: i64 = 10_000;
/// Events that one answer may have.
pub const EVENTS: usize = 10_000;
/// Seconds that a view may span.
pub const SPAN: std::ops::RangeInclusive<u32> = 1..=86_400;

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
    desk: Desk,
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

/// Views that are kept current though nobody looks at them any more: whoever takes a filter away, or
/// goes back to one, has it at once instead of after a scan of the window …
const LINGERING: usize = 4;
/// … for so many seconds.
const LINGER_S: i64 = 300;

/// All views together may take so many times what the window may, and this at least.
const VIEWS_SHARE: usize = 2;
const LEAST_VIEWS: usize = 64 << 20;

/// A filter that lets more than this share through is counted by taking the rest away from everything:
/// at a half both cost the same.
/// Tests do so wherever they can: both ways say the same.
const MOST: f64 = if cfg!(test) { -1.0 } else { 0.5 };

/// Rules count a row when it arrives, if it is not older than this: the longest request that `time.past`
/// waits for by default. A file of last year, read at once, breaks no rule of today.
const LATE_S: i64 = 600;

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
            desk: Desk::default(),
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
        let due =
            |&(id, since): &(ViewId, Second)| since.plus(LINGER_S) <= closed && !self.is_base(id);
        let gone: Vec<ViewId> = self.lingering.iter().filter(|l| due(l)).map(|l| l.0).collect();
        gone.into_iter().for_each(|id| self.drop_view(id));
        self.views.values_mut().for_each(View::said);
        for view in self.views.values_mut() {
            view.advance(&mut self.desk, &self.window, &fresh, closed);
        }
        self.window.age(closed);
        let mut evicted = 0;
        while let Some(chunk) = self.window.surplus(closed) {
            for view in self.views.values_mut() {
                view.retire(&mut self.desk, &self.window, chunk);
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
            let Some((freed, events)) = self.window.evict() else { break };
            evicted += events;
            self.views.values_mut().for_each(|view| view.forget(&freed));
            self.meters.iter_mut().for_each(|meter| meter.forget(&freed));
        }
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

    /// A view of the last `span_s` seconds through `filter`, shared with equal ones, that shows the
    /// lists of `asks`. The caller owes one [`release`](Live::release) with the same lists. Before the
    /// first close it is empty and ends before `now`.
    pub fn view(&mut self, filter: &Filter, span_s: u32, asks: &Asks, now: Second) -> ViewId {
        let span_s = span_s.clamp(*SPAN.start(), *SPAN.end());
        let same = |view: &View| view.span_s == span_s && view.filter == *filter;
        if let Some((&id, view)) = self.views.iter_mut().find(|(_, view)| same(view)) {
            view.join(asks, &self.window, &self.waiting);
            self.lingering.retain(|(lingering, _)| *lingering != id);
            return id;
        }
        let end = self.closed.unwrap_or(now.plus(-1));
        let bases = asks.bases();
        let (window, waiting) = (&self.window, &self.waiting);
        let mut whole = self.views.values().filter(|view| view.filter.is_empty());
        let everything = whole.clone().find(|view| view.span_s == span_s);
        let wide = everything.filter(|all| all.share(filter, window, waiting) > MOST);
        let mut view = match wide {
            Some(all) => View::out_of(all, filter, window, waiting, bases),
            None => {
                let likely = everything.or_else(|| whole.next());
                let likely = likely.map(|all| all.followed(asks)).unwrap_or_default();
                View::new(filter, span_s, end, window, waiting, bases, &likely)
            }
        };
        view.join(asks, &self.window, &self.waiting);
        view.fill_tail(self.tail(&view));
        let id = ViewId(self.next_view);
        self.next_view += 1;
        self.views.insert(id, view);
        id
    }

    /// The newest counted events of a view.
    fn tail(&self, view: &View) -> Vec<EventRow> {
        let (end, span) = (view.end(), i64::from(view.span_s));
        let range = Range { from: Some(end.plus(1 - span)), to: Some(end.plus(1)) };
        // Where few rows match, most seconds are known to have none.
        let counted = |at: &SegmentRef, second| !self.waiting.contains(at) && view.has(second);
        let most = super::view::TAIL_SNAPSHOT;
        let mut tail = self.find_events(range, &view.filter, most, true, counted);
        tail.reverse();
        tail
    }

    /// Gives a view back; it goes soon after its last user.
    pub fn release(&mut self, id: ViewId, asks: &Asks) {
        if !self.views.get_mut(&id).is_some_and(|view| view.leave(asks)) {
            return;
        }
        self.lingering.push((id, self.closed.unwrap_or_default()));
        let spare = self.lingering.iter().filter(|(id, _)| !self.is_base(*id)).count();
        if spare > LINGERING {
            self.drop_spare_view();
        }
    }

    /// Drops the view that nobody has looked at for the longest time; false where all are of use.
    fn drop_spare_view(&mut self) -> bool {
        let spare = self.lingering.iter().map(|l| l.0).find(|id| !self.is_base(*id));
        spare.into_iter().for_each(|id| self.drop_view(id));
        spare.is_some()
    }

    /// Whether there is room for another view with these lists, if need be in place of one that nobody looks at. A view
    /// has a counter for each value there is, so of many values few views have room.
    pub fn has_room_for(&mut self, asks: &Asks) -> bool {
        let dictionaries = self.window.dictionaries();
        let counters: usize = asks.bases().iter().map(|base| base.bound(dictionaries)).sum();
        let bytes = counters * size_of::<Counter>() + dictionaries.visitors().bound() * 4;
        let most = LEAST_VIEWS.max(VIEWS_SHARE * self.window.config().budget_bytes);
        while (self.views.len() + 1) * bytes > most {
            if !self.drop_spare_view() {
                return false;
            }
        }
        true
    }

    /// Whether a view shows everything of a span that another one shows a part of: the next filter is
    /// sooner counted with it.
    fn is_base(&self, id: ViewId) -> bool {
        self.views.get(&id).is_some_and(|view| {
            let part = |other: &View| !other.filter.is_empty() && other.span_s == view.span_s;
            view.filter.is_empty() && self.views.values().any(part)
        })
    }

    fn drop_view(&mut self, id: ViewId) {
        self.views.remove(&id);
        self.lingering.retain(|(lingering, _)| *lingering != id);
    }

    /// Number of distinct views that someone looks at.
    #[must_use]
    pub fn views(&self) -> usize {
        self.views.len() - self.lingering.len()
    }

    /// The lines of a view that were absorbed and whose second is not closed, as far as they are to be told
    /// before it is; [`LOOKS`] times a second. What is told here is not in the next update.
    pub fn look(&mut self, id: ViewId) -> Vec<EventRow> {
        let view = self.views.get_mut(&id);
        view.map(|view| view.look(&self.window, &self.waiting)).unwrap_or_default()
    }

    /// What the last close changed; empty for a view that is gone.
    #[must_use]
    pub fn update(&self, id: ViewId, asks: &Asks) -> ViewUpdate {
        self.views.get(&id).map(|view| view.update(asks)).unwrap_or_default()
    }

    /// The view as it stands after the last close; empty for a view that is gone.
    #[must_use]
    pub fn snapshot(&self, id: ViewId, asks: &Asks) -> ViewSnapshot {
        self.views.get(&id).map(|view| view.snapshot(asks, &self.window)).unwrap_or_default()
    }

    /// Totals and the lists of `asks` of a range, read from every event in it, the open second
    /// included as far as it was absorbed; beside them, where `before_s` is given, those of the range
    /// of the same length that starts so many seconds earlier, if all of it is kept: of a part of it everything
    /// would have become more. `accounting` and `oldest` are the caller's.
    #[must_use]
    pub fn summary(
        &self,
        range: Range,
        filter: &Filter,
        asks: &Asks,
        before_s: Option<i64>,
    ) -> Summary {
        let (from, to) = self.bounds(range);
        let dictionaries = self.window.dictionaries();
        let mut scanner = self.scanner(filter);
        let whole = self.whole(filter).filter(|whole| whole.asks == *asks);
        let tally = match whole {
            Some(whole) => Cow::Borrowed(&whole.tally),
            None => Cow::Owned(self.tally(&mut scanner, (from, to), asks.bases())),
        };
        let figures = Figures::new(&tally, asks, dictionaries);
        let wanted = figures.all_shown(asks);
        let detail = Detail::new(wanted, true, &figures, dictionaries);
        let mut seen = Seen::default();
        if !detail.is_done() {
            let rows = match whole {
                Some(_) => self.window.whole_chunks(),
                None => self.segments(from, to),
            };
            seen = self.second_look(&mut scanner, &rows, detail);
        }
        let earlier = before_s.map(|seconds| (from.plus(-seconds), to.plus(-seconds)));
        let oldest = self.window.oldest();
        let earlier = earlier.filter(|(from, _)| oldest.is_some_and(|oldest| oldest <= *from));
        let earlier = earlier.map(|at| (at, self.tally(&mut scanner, at, asks.bases())));
        let before = earlier.as_ref().map(|(_, tally)| Figures::new(tally, asks, dictionaries));
        let latencies = Latencies::Seen(&seen);
        let mut summary = summary(&figures, asks, latencies, before.as_ref(), dictionaries);
        if let (Some(before), Some(((from, to), _))) = (&mut summary.before, &earlier) {
            (before.from, before.to) = (rfc3339(*from), rfc3339(*to));
            before.known_s = self.seconds_known(*from, *to);
        }
        Summary { from: rfc3339(from), to: rfc3339(to), filter: filter.to_string(), ..summary }
    }

    /// What lets the rows of the window through: rows that no filter lets through are gone where all was counted.
    fn scanner(&self, filter: &Filter) -> Scanner {
        match self.whole(filter) {
            Some(_) => Scanner::new(&Filter::default()),
            None => Scanner::new(filter),
        }
    }

    /// A second look at rows. What is wanted of many values at once is looked for one part after the other:
    /// each value has a bit for every visitor.
    pub(super) fn second_look(
        &self,
        scanner: &mut Scanner,
        segments: &[(&Chunk, Segment)],
        detail: Detail,
    ) -> Seen {
        let segments = (segments, &Waiting::here());
        let add = |detail: &mut Detail, batch: Batch<'_>| detail.add(batch);
        let parts = detail.in_parts().into_iter();
        let seen = parts.map(|mut part| {
            let looks = parallel::scan(&self.window, scanner, segments, || part.clone(), add);
            let mut looks = looks.into_iter();
            part = looks.next().unwrap_or(part);
            looks.for_each(|look| part.merge(&look));
            part
        });
        Seen::of(seen)
    }

    /// What the rows of `from..to` that a scanner lets through add up to.
    pub(super) fn tally(
        &self,
        scanner: &mut Scanner,
        (from, to): (Second, Second),
        bases: Bases,
    ) -> Tally {
        let dictionaries = self.window.dictionaries();
        let segments = self.segments(from, to);
        let segments = (&segments[..], &Waiting::here());
        let add = |tally: &mut Tally, batch: Batch<'_>| {
            tally.apply(batch, Change::Add, dictionaries);
        };
        Tally::sum(parallel::scan(&self.window, scanner, segments, || Tally::of(bases), add))
    }

    /// The same of lines that are no requests; see [`Tally::count_lines`].
    pub(super) fn tally_lines(
        &self,
        scanner: &mut Scanner,
        (from, to): (Second, Second),
        bases: Bases,
    ) -> Tally {
        let dictionaries = self.window.dictionaries();
        let segments = self.segments(from, to);
        let segments = (&segments[..], &Waiting::here());
        let add = |tally: &mut Tally, batch: Batch<'_>| tally.count_lines(&batch, dictionaries);
        Tally::sum(parallel::scan(&self.window, scanner, segments, || Tally::of(bases), add))
    }

    pub(super) fn segments(&self, from: Second, to: Second) -> Vec<(&Chunk, Segment)> {
        self.window.segments(from, to).map(|(_, chunk, segment)| (chunk, segment)).collect()
    }

    /// The requests of the top values of a list over a range, in steps as [`series`](Live::series)
    /// has them.
    #[must_use]
    pub fn trend(&self, range: Range, step_s: u32, filter: &Filter, ask: Ask) -> Trend {
        let (from, to) = self.bounds(range);
        let dictionaries = self.window.dictionaries();
        let mut scanner = Scanner::new(filter);
        let asks = Asks::new([ask]);
        let tally = self.tally(&mut scanner, (from, to), asks.bases());
        let (ids, _) = Figures::new(&tally, &asks, dictionaries).shown(&ask);
        let step = self.step(from, to, step_s);
        let start = self.first_step(from, to, step);
        let steps = to.0.saturating_sub(start).max(0).div_euclid(step)
            + i64::from((to.0 - start).rem_euclid(step) != 0);
        let mut counts = Counts::new(ask.list, &ids, dictionaries, steps as usize);
        let waiting = Waiting::here();
        let segments = self.window.segments(from, to).take_while(|_| waiting.waits());
        for (_, chunk, segment) in segments {
            let at = (segment.second.0 - start).div_euclid(step) as usize;
            scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                counts.add(batch, at, dictionaries);
            });
        }
        Trend {
            list: ask.list.name().to_owned(),
            step_s: step as u32,
            oldest: self.window.oldest().map(|oldest| oldest.0),
            t: (0..steps).map(|n| start + n * step).collect(),
            rows: counts.rows(dictionaries),
        }
    }

    /// Values of a list that contain `text`, whatever its case, with their requests in a range: those
    /// that begin with it first, then by requests, falling.
    #[must_use]
    pub fn values(
        &self,
        range: Range,
        filter: &Filter,
        list: List,
        text: &str,
        limit: usize,
    ) -> Vec<FieldValue> {
        let (from, to) = self.bounds(range);
        let dictionaries = self.window.dictionaries();
        let asks = Asks::new([Ask { list, by: By::Requests, rows: limit }]);
        let tally = self.tally(&mut Scanner::new(filter), (from, to), asks.bases());
        let figures = Figures::new(&tally, &asks, dictionaries);
        figures.containing(list, text, limit, dictionaries)
    }

    /// The range in steps of `step_s` seconds that start at multiples of it; longer steps where
    /// there would be more than [`SERIES_STEPS`].
    #[must_use]
    pub fn series(&self, range: Range, step_s: u32, filter: &Filter) -> Series {
        let (from, to) = self.bounds(range);
        let step = self.step(from, to, step_s);
        let oldest = self.window.oldest().map(|oldest| oldest.0);
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
        let mut t = self.first_step(from, to, step);
        while t < to.0 {
            let end = t.saturating_add(step);
            while let Some((_, at)) = next.next_if(|(second, _)| second.0 < end) {
                if let Some((chunk, segment)) = self.window.segment(*at) {
                    scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                        moment.add(batch, bound);
                    });
                }
            }
            let point = moment.point(t);
            // What is not there is unknown, not zero.
            if !self.window.is_unheard(t, end) {
                series.push(point);
            }
            t = end;
        }
        series
    }

    /// Where the first step of a range starts; at its end where it has none. Before the oldest event that is kept
    /// nothing is known, which is not the same as nothing happened.
    fn first_step(&self, from: Second, to: Second, step: i64) -> i64 {
        let from = self.window.oldest().map_or(from, |oldest| oldest.max(from));
        if from < to { from.0.div_euclid(step).saturating_mul(step) } else { to.0 }
    }

    /// The step that is taken where `step_s` is wished for.
    fn step(&self, from: Second, to: Second, step_s: u32) -> i64 {
        let least = to.0.saturating_sub(from.0) / SERIES_STEPS + 1;
        i64::from(step_s).max(least).min(i64::from(u32::MAX))
    }

    /// Single events of a range, at most `limit` and [`EVENTS`]: the newest ones, newest first, or
    /// the oldest ones, oldest first.
    #[must_use]
    pub fn events(
        &self,
        range: Range,
        filter: &Filter,
        limit: usize,
        newest_first: bool,
    ) -> Vec<EventRow> {
        self.find_events(range, filter, limit, newest_first, |_, _| true)
    }

    fn find_events(
        &self,
        range: Range,
        filter: &Filter,
        limit: usize,
        newest_first: bool,
        wanted: impl Fn(&SegmentRef, Second) -> bool,
    ) -> Vec<EventRow> {
        let limit = limit.min(EVENTS);
        let (from, to) = self.bounds(range);
        let mut segments: Vec<(Second, SegmentRef)> = self
            .window
            .segments(from, to)
            .filter(|(at, _, segment)| wanted(at, segment.second))
            .map(|(at, _, segment)| (segment.second, at))
            .collect();
        segments.sort_unstable();
        if newest_first {
            segments.reverse();
        }
        let dictionaries = self.window.dictionaries();
        let mut scanner = Scanner::new(filter);
        let mut found: Vec<RowRef> = Vec::new();
        let waiting = Waiting::here();
        for group in segments.chunk_by(|a, b| a.0 == b.0) {
            if found.len() >= limit || !waiting.waits() {
                break;
            }
            let before = found.len();
            for &(second, at) in group {
                let Some((chunk, segment)) = self.window.segment(at) else { continue };
                scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                    let access = (0..batch.access.len()).map(|i| batch.access.row(i) as u32);
                    let others = batch.errors.iter().chain(batch.messages).copied();
                    found.extend(
                        access.chain(others).map(|row| RowRef::new(second, at, row, &batch)),
                    );
                });
            }
            found[before..].sort_unstable();
            if newest_first {
                found[before..].reverse();
            }
        }
        found.truncate(limit);
        found.iter().filter_map(|row| row.render(&self.window)).collect()
    }

    /// Of how many seconds of a range that has come by `end` anything is known.
    #[must_use]
    pub fn known_s(&self, range: Range, end: Second) -> i64 {
        let (from, to) = self.bounds(range);
        self.seconds_known(from, to.min(end))
    }

    fn seconds_known(&self, from: Second, to: Second) -> i64 {
        let from = self.window.oldest().map_or(from, |oldest| oldest.max(from));
        self.window.heard(from, to).iter().map(|(from, to)| to.0 - from.0).sum()
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
            oldest: self.window.oldest().map(|second| second.0),
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
#[path = "early_tests.rs"]
mod early_tests;
#[cfg(test)]
#[path = "template_tests.rs"]
mod template_tests;
#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
