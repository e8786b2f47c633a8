//! Views of filters that let most rows through: counted as everything without the rest.

use std::collections::BTreeSet;

use super::{Beside, Buffers, NOW_SECONDS, View};
use crate::aggregate::detail::{Detail, Seen};
use crate::aggregate::filter::Filter;
use crate::aggregate::list::Bases;
use crate::aggregate::moment;
use crate::aggregate::scan::{BATCH, Piece, Scanner, Side};
use crate::aggregate::tally::Change;
use crate::state::window::{SegmentRef, Window};
use crate::vocab::time::Second;

impl View {
    /// The same as [`View::new`], made of a view of everything by taking away what does not match. A row
    /// that matches still gives its part to the points, for quantiles and visitors cannot be taken away.
    pub(crate) fn out_of(
        everything: &View,
        filter: &Filter,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
        bases: Bases,
    ) -> View {
        let bases = bases.shared(everything.tally.active);
        let watches = everything.tally.watches.iter();
        let wanted = watches.map(|watch| (watch.list, watch.followed()));
        let look = Detail::of_latencies(wanted, window.dictionaries());
        let (span_s, end) = (everything.span_s, everything.end);
        let empty = || (View::empty(filter, span_s, end, bases), look.clone());
        let parts = View::read(empty, window, waiting, |(view, look), buffers, group, into| {
            let t = view.step_of(group[0].0);
            // A point of which rows are gone by now, or out of the span, tells of them too.
            let is_whole = Second(t) >= view.from().max(window.complete_from());
            let whole = everything.point_at(t).filter(|_| is_whole && into == Beside::Moment);
            let known = whole.and_then(|all| Some((all, everything.shapes.get(&t)?)));
            for &(second, at) in group {
                let into = if second >= view.from() { into } else { Beside::Nothing };
                match known {
                    Some(_) => view.sieve(buffers, look, window, at),
                    None => view.take_rest(buffers, look, window, at, (into, whole.is_some())),
                }
            }
            let rest = buffers.rest.point(t);
            let shape = match (known, whole) {
                (Some((all, shape)), _) => buffers.remainder.point(all, shape, &mut view.tally),
                (None, Some(_)) => buffers.moment.point(t),
                (None, None) => return view.set_point(buffers, t, into),
            };
            if let (Some(all), Some(point)) = (whole, view.point_mut(t)) {
                *point = moment::without(all, &rest, &shape);
            }
        });
        let mut watches = everything.tally.watches.clone();
        let views = parts.into_iter().map(|(view, look)| {
            let seen = Seen::of([look]);
            watches.iter_mut().for_each(|watch| watch.take(&seen));
            view
        });
        let mut view = View::join_parts(views, empty().0);
        view.tally.watches = watches;
        let longest = view.tally.longest;
        view.tally.merge(&everything.tally);
        // Those of everything may be of rows that were taken away. Upstreams' is not looked for: its bucket has to do.
        (view.tally.longest, view.tally.upstream_longest) = (longest, u32::MAX);
        view.now.merge(&everything.now);
        view
    }

    /// What share of the rows that this view may count another filter lets through, about.
    pub(crate) fn share(
        &self,
        filter: &Filter,
        window: &Window,
        waiting: &BTreeSet<SegmentRef>,
    ) -> f64 {
        /// Places that are looked at; with a batch of rows at each, the share is known to some 0.4 %.
        const PLACES: usize = 16;
        let segments = self.segments(window, waiting);
        let mut scanner = Scanner::new(filter);
        let (mut seen, mut matching) = (0, 0);
        for (chunk, segment) in segments.iter().step_by(segments.len().div_ceil(PLACES).max(1)) {
            let (start, len) = segment.rows();
            let rows = (start, len.min(BATCH));
            seen += rows.1;
            scanner.scan(&chunk.columns, rows, window.dictionaries(), |batch| {
                matching += batch.len();
            });
        }
        matching as f64 / seen.max(1) as f64
    }

    /// Takes the rows of a segment away that do not match, where the point of everything and its shape are
    /// known: then all its rows are in the span.
    fn sieve(&mut self, buffers: &mut Buffers, look: &mut Detail, window: &Window, at: SegmentRef) {
        let Some((chunk, segment)) = window.segment(at) else { return };
        let dictionaries = window.dictionaries();
        let is_now = segment.second > self.end.plus(-NOW_SECONDS);
        let bound = dictionaries.visitors().bound();
        self.scanner.sieve(&chunk.columns, segment.rows(), dictionaries, |piece| match piece {
            Piece::Marks(at, marks) => {
                buffers.remainder.add_marked(&chunk.columns, at, marks, bound);
            }
            Piece::Rest(batch) => {
                let loaded = &mut buffers.loaded;
                loaded.load(&batch);
                buffers.rest.add_sums(&batch, loaded);
                if !batch.access.is_empty() {
                    buffers.remainder.add_rest(loaded);
                }
                // Its times are taken away with those of the point.
                self.tally.apply_unshaped(&batch, loaded, Change::Remove, dictionaries);
                look.add_counted(&batch, loaded, &self.tally);
                if is_now {
                    self.now.apply(loaded, Change::Remove, dictionaries);
                }
            }
        });
    }

    /// Takes the rows of a segment away that do not match, and gives those that do to the moment: of
    /// their `shape` alone, where the point of everything is known.
    fn take_rest(
        &mut self,
        buffers: &mut Buffers,
        look: &mut Detail,
        window: &Window,
        at: SegmentRef,
        (into, shape): (Beside, bool),
    ) {
        let Some((chunk, segment)) = window.segment(at) else { return };
        let dictionaries = window.dictionaries();
        let in_span = segment.second >= self.from();
        let is_now = segment.second > self.end.plus(-NOW_SECONDS);
        let bound = dictionaries.visitors().bound();
        self.scanner.split(&chunk.columns, segment.rows(), dictionaries, |side, batch| {
            let loaded = &mut buffers.loaded;
            match side {
                Side::Matching => {
                    let moment = match into {
                        Beside::Moment => &mut buffers.moment,
                        Beside::Open => &mut self.open,
                        Beside::Nothing => return,
                    };
                    if shape {
                        loaded.load_shape(&batch);
                        moment.add_shape(loaded, bound);
                    } else {
                        loaded.load(&batch);
                        moment.add_loaded(&batch, loaded, bound);
                    }
                    if in_span && loaded.request.known {
                        self.tally.longest = self.tally.longest.max(loaded.request.longest);
                    }
                }
                Side::Rest => {
                    loaded.load(&batch);
                    if shape {
                        buffers.rest.add_sums(&batch, loaded);
                    }
                    if in_span {
                        self.tally.apply_loaded(&batch, loaded, Change::Remove, dictionaries);
                        look.add_counted(&batch, loaded, &self.tally);
                    }
                    if is_now {
                        self.now.apply(loaded, Change::Remove, dictionaries);
                    }
                }
            }
        });
    }
}
