//! How a view begins: its span is read in the window, in parts, by the cores that are free.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::early::Early;
use super::points::step_for;
use super::recent::Recent;
use super::{Beside, Buffers, NOW_SECONDS, View, ViewUpdate};
use crate::aggregate::ask::Asks;
use crate::aggregate::detail::{Detail, Seen};
use crate::aggregate::filter::Filter;
use crate::aggregate::list::{Bases, List};
use crate::aggregate::moment::Moment;
use crate::aggregate::scan::Scanner;
use crate::aggregate::tally::{Multiset, Tally, Watch};
use crate::aggregate::wire::Point;
use crate::state::parallel::in_parts;
use crate::state::window::{SegmentRef, Window};
use crate::vocab::time::Second;

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
        let parts = View::read(empty, window, waiting, |(view, look), buffers, group, into| {
            for &(second, at) in group {
                let in_span = second >= view.from();
                let into = if in_span { into } else { Beside::Nothing };
                view.add(buffers, window, at, end, into, |batch, loaded, tally| {
                    if in_span {
                        look.add_counted(batch, loaded, tally);
                    }
                });
            }
            view.set_point(buffers, view.step_of(group[0].0), into);
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

    pub(super) fn join_parts(parts: impl Iterator<Item = View>, none: View) -> View {
        parts.reduce(View::with).unwrap_or(none)
    }

    /// Reads every step of the span with `add`, which is given the segments of one; a thread for each part
    /// of them begins with `empty`.
    pub(super) fn read<T: Send>(
        empty: impl Fn() -> (View, T) + Sync,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
        add: impl Fn(&mut (View, T), &mut Buffers, &[(Second, SegmentRef)], Beside) + Sync,
    ) -> Vec<(View, T)> {
        let view = empty().0;
        let (from, end) = (view.from(), view.end);
        let mut segments: Vec<(Second, SegmentRef)> = window
            .segments(from.min(end.plus(1 - NOW_SECONDS)).max(window.evicted_to()), end.plus(1))
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
            let (mut part, mut buffers) = (empty(), Buffers::default());
            for group in groups {
                let t = view.step_of(group[0].0);
                let into = if step > 1 && t == newest { Beside::Open } else { Beside::Moment };
                add(&mut part, &mut buffers, group, into);
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

    pub(super) fn empty(filter: &Filter, span_s: u32, end: Second, bases: Bases) -> View {
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
}
