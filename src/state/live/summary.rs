//! What the rows of a range add up to.

use std::borrow::Cow;

use super::{Live, Range};
use crate::aggregate::ask::{Ask, Asks, By};
use crate::aggregate::detail::{Detail, Seen};
use crate::aggregate::figures::Figures;
use crate::aggregate::filter::Filter;
use crate::aggregate::list::{Bases, List};
use crate::aggregate::render::rfc3339;
use crate::aggregate::scan::{Batch, Scanner};
use crate::aggregate::summary::{Latencies, summary};
use crate::aggregate::tally::{Change, Tally};
use crate::aggregate::wire::{FieldValue, Summary};
use crate::state::parallel;
use crate::state::waiting::Waiting;
use crate::state::window::{Chunk, Segment};
use crate::vocab::time::Second;

impl Live {
    /// Totals and the lists of `asks` of a range, read from every event in it, the open second
    /// included as far as it was absorbed; beside them, where `before_s` is given, those of the range
    /// of the same length that starts so many seconds earlier, if that is known: of a part of it
    /// everything would have become more. `accounting` and `oldest` are the caller's.
    #[must_use]
    pub fn summary(
        &self,
        range: Range,
        filter: &Filter,
        asks: &Asks,
        before_s: Option<i64>,
    ) -> Summary {
        let (from, to) = self.counted(range);
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
        let told = range.from.map_or(from, |_| self.bounds(range).0);
        let earlier = before_s.map(|seconds| (told.plus(-seconds), to.plus(-seconds)));
        let earlier = earlier.filter(|(from, to)| self.is_known(*from, *to));
        let earlier = earlier.map(|at| (at, self.tally(&mut scanner, at, asks.bases())));
        let before = earlier.as_ref().map(|(_, tally)| Figures::new(tally, asks, dictionaries));
        let latencies = Latencies::Seen(&seen);
        let mut summary = summary(&figures, asks, latencies, before.as_ref(), dictionaries);
        if let (Some(before), Some(((from, to), _))) = (&mut summary.before, &earlier) {
            (before.from, before.to) = (rfc3339(*from), rfc3339(*to));
            before.known_s = self.window.seconds_known(*from, *to);
        }
        Summary { from: rfc3339(told), to: rfc3339(to), filter: filter.to_string(), ..summary }
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

    /// What lets the rows of the window through: rows that no filter lets through are gone where all was counted.
    pub(super) fn scanner(&self, filter: &Filter) -> Scanner {
        match self.whole(filter) {
            Some(_) => Scanner::new(&Filter::default()),
            None => Scanner::new(filter),
        }
    }

    /// A second look at rows. What is wanted of many values at once is looked for one part after the other:
    /// each value has a bit for every visitor.
    pub(in crate::state) fn second_look(
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
    pub(in crate::state) fn tally(
        &self,
        scanner: &mut Scanner,
        range: (Second, Second),
        bases: Bases,
    ) -> Tally {
        let dictionaries = self.window.dictionaries();
        self.sum(scanner, range, bases, |tally, batch| {
            tally.apply(batch, Change::Add, dictionaries);
        })
    }

    /// The same of lines that are no requests; see [`Tally::count_lines`].
    pub(in crate::state) fn tally_lines(
        &self,
        scanner: &mut Scanner,
        range: (Second, Second),
        bases: Bases,
    ) -> Tally {
        let dictionaries = self.window.dictionaries();
        self.sum(scanner, range, bases, |tally, batch| tally.count_lines(&batch, dictionaries))
    }

    fn sum(
        &self,
        scanner: &mut Scanner,
        (from, to): (Second, Second),
        bases: Bases,
        add: impl Fn(&mut Tally, Batch<'_>) + Sync,
    ) -> Tally {
        let segments = self.segments(from, to);
        let segments = (&segments[..], &Waiting::here());
        Tally::sum(parallel::scan(&self.window, scanner, segments, || Tally::of(bases), add))
    }

    pub(in crate::state) fn segments(&self, from: Second, to: Second) -> Vec<(&Chunk, Segment)> {
        self.window.segments(from, to).map(|(_, chunk, segment)| (chunk, segment)).collect()
    }
}
