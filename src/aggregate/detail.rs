//! What only a second look at the rows can tell of the values that are shown: latencies, visitors.

use super::column::{Column, REQUEST, VISITOR};
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::figures::Figures;
use super::list::{Base, List};
use super::quantile::{BUCKETS, Dense};
use super::scan::Batch;
use super::tally::load_buckets;

/// The second look. Give it the same rows as the tally.
#[derive(Debug)]
pub struct Detail {
    looks: Vec<Look>,
    ids: Vec<u32>,
    buckets: Vec<u32>,
    visitors: Vec<u32>,
}

/// At one list.
#[derive(Debug)]
struct Look {
    list: List,
    /// 1 more than the place of an id among those looked for.
    place: Vec<u16>,
    /// Cells of every place, one after the other.
    cells: Vec<u32>,
    bits: Vec<Bits>,
    /// Whether rows have to be read for the visitors.
    read_visitors: bool,
}

/// A set of numbers in pages, so that sparse ones stay small.
#[derive(Clone, Debug, Default)]
struct Bits {
    pages: Vec<Option<Box<[u64; 64]>>>,
}

impl Bits {
    #[inline]
    fn set(&mut self, id: u32) {
        let page = (id / 4096) as usize;
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        let words = self.pages[page].get_or_insert_with(|| Box::new([0; 64]));
        words[(id / 64 % 64) as usize] |= 1 << (id % 64);
    }

    fn count(&self) -> u64 {
        let words = self.pages.iter().flatten().flat_map(|page| page.iter());
        words.map(|word| u64::from(word.count_ones())).sum()
    }
}

impl Detail {
    /// A look for these values of each list; at most 65,534 of one.
    #[must_use]
    pub fn new(
        wanted: impl IntoIterator<Item = (List, Vec<u32>)>,
        want_visitors: bool,
        figures: &Figures<'_>,
        dictionaries: &Dictionaries,
    ) -> Detail {
        let timed = figures.tally.latency.total() != 0;
        let mut looks = Vec::new();
        for (list, mut ids) in wanted {
            // What every row has is known from the totals, and a band's quantiles are its bounds.
            ids.retain(|&id| !figures.is_whole(list, id) && !list.is_scale());
            ids.truncate(usize::from(u16::MAX) - 1);
            if ids.is_empty() {
                continue;
            }
            let mut place = vec![0; list.bound(dictionaries)];
            for (at, &id) in (1u16..).zip(&ids) {
                place[id as usize] = at;
            }
            looks.push(Look {
                list,
                place,
                cells: if timed { vec![0; ids.len() * BUCKETS] } else { Vec::new() },
                // Clients and agents are what a visitor is made of: no need to look at rows.
                read_visitors: want_visitors && figures.visitors(list, ids[0]).is_none(),
                bits: vec![Bits::default(); ids.len()],
            });
        }
        let (ids, buckets, visitors) = Default::default();
        Detail { looks, ids, buckets, visitors }
    }

    /// True where the rows have nothing to tell.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.looks.iter().all(|look| look.cells.is_empty() && !look.read_visitors)
    }

    /// Looks at the rows of a batch.
    pub fn add(&mut self, batch: Batch<'_>, dictionaries: &Dictionaries) {
        let (columns, rows) = (batch.columns, batch.access);
        let timed = load_buckets(columns.at(REQUEST), rows, &mut self.buckets);
        let wanted = self.looks.iter().any(|look| look.read_visitors);
        let seen = wanted && !matches!(columns.at(VISITOR), Column::Const(0));
        if seen {
            columns.at(VISITOR).load(rows, &mut self.visitors);
        }
        for look in &mut self.looks {
            let timed = timed && !look.cells.is_empty();
            let seen = seen && look.read_visitors;
            let base = look.list.base();
            let Some(column) = base.column(columns).filter(|_| timed || seen) else { continue };
            column.load(rows, &mut self.ids);
            for (at, &id) in self.ids.iter().enumerate() {
                let id = look.list.id_of(id, dictionaries);
                let place = look.place.get(id as usize).and_then(|place| place.checked_sub(1));
                let Some(place) = place else { continue };
                let place = usize::from(place);
                if base == Base::NotFound && batch.status(at) != 404 {
                    continue;
                }
                if timed {
                    let bucket = self.buckets[at] as usize;
                    if bucket < BUCKETS {
                        look.cells[place * BUCKETS + bucket] += 1;
                    }
                }
                if seen && self.visitors[at] != ABSENT {
                    look.bits[place].set(self.visitors[at]);
                }
            }
        }
    }

    fn look(&self, list: List, id: u32) -> Option<(&Look, usize)> {
        let look = self.looks.iter().find(|look| look.list == list)?;
        Some((look, usize::from(look.place.get(id as usize)?.checked_sub(1)?)))
    }

    /// Latencies of a value.
    #[must_use]
    pub(crate) fn latency(&self, list: List, id: u32, figures: &Figures<'_>) -> Option<Dense> {
        match self.look(list, id) {
            Some((look, place)) => look.cells.chunks(BUCKETS).nth(place).map(Dense::of),
            None if list.is_scale() => None,
            None => figures.is_whole(list, id).then(|| figures.tally.latency.clone()),
        }
    }

    /// Distinct visitors of a value, where rows had to be read to know them.
    #[must_use]
    pub(crate) fn visitors(&self, list: List, id: u32, figures: &Figures<'_>) -> Option<u64> {
        match self.look(list, id) {
            Some((look, place)) => look.read_visitors.then(|| look.bits[place].count()),
            None => figures.is_whole(list, id).then(|| figures.tally.visitors.distinct()),
        }
    }
}
