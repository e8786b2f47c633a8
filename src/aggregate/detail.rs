//! What only a second look at the rows can tell of the values that are shown: latencies, visitors.

use super::column::{Column, REQUEST, VISITOR};
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::list::List;
use super::quantile::{BUCKETS, Dense};
use super::scan::Batch;
use super::tally::{Tally, load_buckets, load_ids};
use crate::vocab::field::Field;

/// The second look. Give it the same rows as the tally.
#[derive(Debug)]
pub struct Detail {
    looks: Vec<Look>,
    want_visitors: bool,
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

/// Whether the list's values are what a visitor is made of: then no row has to be read for them.
fn of_visitors(list: List, dictionaries: &Dictionaries) -> bool {
    // Behind masked addresses a visitor is made of the client's stand-in.
    let masked =
        dictionaries.field(Field::Visitor).bound() > dictionaries.field(Field::Client).bound();
    list == List::Agents || (list == List::Clients && !masked)
}

impl Detail {
    /// A look for these values of each list; at most 65,534 of one.
    #[must_use]
    pub fn new(
        wanted: impl IntoIterator<Item = (List, Vec<u32>)>,
        want_visitors: bool,
        tally: &Tally,
        dictionaries: &Dictionaries,
    ) -> Detail {
        let timed = tally.latency.total() != 0;
        let mut looks = Vec::new();
        for (list, mut ids) in wanted {
            // What every row has is known from the totals.
            ids.retain(|&id| !is_whole(list, id, tally));
            ids.truncate(usize::from(u16::MAX) - 1);
            if ids.is_empty() {
                continue;
            }
            let mut place = vec![0; tally.lists[list as usize].by_id.len()];
            for (at, &id) in (1u16..).zip(&ids) {
                place[id as usize] = at;
            }
            looks.push(Look {
                list,
                place,
                cells: if timed { vec![0; ids.len() * BUCKETS] } else { Vec::new() },
                bits: vec![Bits::default(); ids.len()],
                read_visitors: want_visitors && !of_visitors(list, dictionaries),
            });
        }
        // Clients and families are part of what a visitor is: no need to look at rows.
        for look in looks.iter_mut().filter(|look| want_visitors && !look.read_visitors) {
            for (id, &n) in (0u32..).zip(&tally.visitors.counts).skip(1) {
                if n == 0 {
                    continue;
                }
                let visitor = dictionaries.visitors().get(id);
                let key = match look.list {
                    List::Clients => visitor.client,
                    _ => dictionaries.field(Field::Agent).derived(visitor.agent),
                };
                if let Some(at) = look.place.get(key as usize).and_then(|at| at.checked_sub(1)) {
                    look.bits[usize::from(at)].set(id);
                }
            }
        }
        let (ids, buckets, visitors) = Default::default();
        Detail { looks, want_visitors, ids, buckets, visitors }
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
        let seen = self.want_visitors && !matches!(columns.at(VISITOR), Column::Const(0));
        if seen {
            columns.at(VISITOR).load(rows, &mut self.visitors);
        }
        for look in &mut self.looks {
            let timed = timed && !look.cells.is_empty();
            let seen = seen && look.read_visitors;
            let Some(column) = look.list.column(columns).filter(|_| timed || seen) else {
                continue;
            };
            load_ids(look.list, column, rows, dictionaries, &mut self.ids);
            for (at, &id) in self.ids.iter().enumerate() {
                // An id beyond the table is of a row that the list does not count, such as a path
                // that was never answered with 404.
                let place = look.place.get(id as usize).and_then(|place| place.checked_sub(1));
                let Some(place) = place else { continue };
                let place = usize::from(place);
                if look.list == List::NotFound && batch.status(at) != 404 {
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
    pub(crate) fn latency(&self, list: List, id: u32, tally: &Tally) -> Option<Dense> {
        match self.look(list, id) {
            Some((look, place)) => look.cells.chunks(BUCKETS).nth(place).map(Dense::of),
            None => is_whole(list, id, tally).then(|| tally.latency.clone()),
        }
    }

    /// Distinct visitors of a value.
    #[must_use]
    pub(crate) fn visitors(&self, list: List, id: u32, tally: &Tally) -> Option<u64> {
        match self.look(list, id) {
            Some((look, place)) => self.want_visitors.then(|| look.bits[place].count()),
            None => is_whole(list, id, tally).then(|| tally.visitors.distinct()),
        }
    }
}

/// Whether every request of the tally has this value.
fn is_whole(list: List, id: u32, tally: &Tally) -> bool {
    let counter = tally.lists[list as usize].by_id.get(id as usize);
    counter.is_some_and(|counter| u64::from(counter.requests()) == tally.requests)
}
