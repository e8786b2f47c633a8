//! Views over the window that are kept current, shared by all who look at the same.

use super::{Live, Range, ViewId};
use crate::aggregate::ask::Asks;
use crate::aggregate::counters::Counter;
use crate::aggregate::filter::Filter;
use crate::aggregate::wire::EventRow;
use crate::state::view::{TAIL_SNAPSHOT, View, ViewSnapshot, ViewUpdate};
use crate::state::window::SegmentRef;
use crate::vocab::time::Second;

/// Seconds that a view may span.
pub const SPAN: std::ops::RangeInclusive<u32> = 1..=86_400;

/// Views that are kept current though nobody looks at them any more: whoever takes a filter away, or
/// goes back to one, has it at once instead of after a scan of the window …
pub(super) const LINGERING: usize = 4;
/// … for so many seconds.
pub(super) const LINGER_S: i64 = 300;

/// All views together may take so many times what the window may, and this at least.
const VIEWS_SHARE: usize = 2;
const LEAST_VIEWS: usize = 64 << 20;

/// A filter that lets more than this share through is counted by taking the rest away from everything:
/// at a half both cost the same.
/// Tests do so wherever they can: both ways say the same.
const MOST: f64 = if cfg!(test) { -1.0 } else { 0.5 };

impl Live {
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
    pub(super) fn tail(&self, view: &View) -> Vec<EventRow> {
        let (end, span) = (view.end(), i64::from(view.span_s));
        let range = Range { from: Some(end.plus(1 - span)), to: Some(end.plus(1)) };
        // Where few rows match, most seconds are known to have none.
        let counted = |at: &SegmentRef, second| !self.waiting.contains(at) && view.has(second);
        let most = TAIL_SNAPSHOT;
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

    /// Drops the views that nobody has looked at for long enough.
    pub(super) fn end_lingering(&mut self, closed: Second) {
        let due =
            |&(id, since): &(ViewId, Second)| since.plus(LINGER_S) <= closed && !self.is_base(id);
        let gone: Vec<ViewId> = self.lingering.iter().filter(|l| due(l)).map(|l| l.0).collect();
        gone.into_iter().for_each(|id| self.drop_view(id));
    }

    /// Drops the view that nobody has looked at for the longest time; false where all are of use.
    pub(super) fn drop_spare_view(&mut self) -> bool {
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
    /// before it is; [`LOOKS`](super::LOOKS) times a second. What is told here is not in the next update.
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
}
