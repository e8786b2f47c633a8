//! What only a second look at the rows can tell of the values that are shown: latencies, visitors.

use super::column::{Column, REQUEST, STATUS, VISITOR};
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::figures::Figures;
use super::list::{Base, List};
use super::loaded::{Loaded, Times};
use super::quantile::{BUCKETS, Paged};
use super::scan::{Batch, gather};
use super::tally::Tally;

/// The second look. Give it the same rows as the tally.
#[derive(Clone, Debug)]
pub struct Detail {
    looks: Vec<Look>,
    ids: Vec<u32>,
    times: Times,
    visitors: Vec<u32>,
    /// Places in the batch of the rows of 404.
    s404: Vec<u32>,
}

/// At one list.
#[derive(Clone, Debug)]
struct Look {
    list: List,
    wanted: Vec<u32>,
    /// 1 more than the place among those wanted of what an id of the base is counted under: what is
    /// derived is looked up here, and not row by row.
    place: Vec<u16>,
    /// [`STRIDE`] for every place, one after the other. Those of place 0 take the rows that are not
    /// wanted: asking for them would be a branch that nobody can predict.
    cells: Vec<u32>,
    bits: Vec<Bits>,
    /// Whether rows have to be read for the visitors.
    read_visitors: bool,
    /// Of each that is wanted, what is left of its cells and bits once all rows were given.
    found: Vec<Found>,
}

/// What was seen of one value.
#[derive(Clone, Debug)]
struct Found {
    latency: Option<Paged>,
    visitors: u64,
}

/// Cells of a histogram and one for what has no time.
const STRIDE: usize = BUCKETS + 1;

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

    fn merge(&mut self, other: &Bits) {
        if self.pages.len() < other.pages.len() {
            self.pages.resize(other.pages.len(), None);
        }
        for (page, other) in self.pages.iter_mut().zip(&other.pages) {
            match (page, other) {
                (Some(page), Some(other)) => {
                    page.iter_mut().zip(other.iter()).for_each(|(a, b)| *a |= b);
                }
                (page @ None, Some(other)) => *page = Some(other.clone()),
                (_, None) => {}
            }
        }
    }

    fn count(&self) -> u64 {
        let words = self.pages.iter().flatten().flat_map(|page| page.iter());
        words.map(|word| u64::from(word.count_ones())).sum()
    }
}

impl Look {
    fn new(
        list: List,
        ids: Vec<u32>,
        timed: bool,
        read_visitors: bool,
        dictionaries: &Dictionaries,
    ) -> Look {
        let mut of_list = vec![0; list.bound(dictionaries)];
        for (at, &id) in (1u16..).zip(&ids) {
            of_list[id as usize] = at;
        }
        // A base has at most some million values.
        let all = 0..list.base().bound(dictionaries) as u32;
        let of_base = all.map(|id| of_list.get(list.id_of(id, dictionaries) as usize));
        Look {
            list,
            place: of_base.map(|place| place.copied().unwrap_or(0)).collect(),
            cells: if timed { vec![0; (ids.len() + 1) * STRIDE] } else { Vec::new() },
            read_visitors,
            bits: vec![Bits::default(); ids.len()],
            wanted: ids,
            found: Vec::new(),
        }
    }

    /// Looks at rows that have these ids.
    fn add(&mut self, ids: &[u32], times: &Times, visitors: &[u32]) {
        if times.known && !self.cells.is_empty() {
            let (places, cells) = (&self.place[..], &mut self.cells[..]);
            for (&id, &bucket) in ids.iter().zip(&times.buckets) {
                let place = usize::from(places[id as usize]);
                let cell = &mut cells[place * STRIDE + bucket as usize];
                *cell = cell.wrapping_add(1);
            }
        }
        if self.read_visitors {
            for (&id, &visitor) in ids.iter().zip(visitors) {
                let place = usize::from(self.place[id as usize]);
                self.see(place, visitor);
            }
        }
    }

    /// Looks at the few rows of a batch whose places are `picked`.
    fn add_picked(
        &mut self,
        picked: &[u32],
        column: &Column,
        batch: &Batch<'_>,
        times: &Times,
        visitors: &[u32],
    ) {
        for &at in picked {
            let at = at as usize;
            let id = column.get(batch.access.row(at));
            let place = usize::from(self.place[id as usize]);
            if times.known && !self.cells.is_empty() {
                self.cells[place * STRIDE + times.buckets[at] as usize] += 1;
            }
            if self.read_visitors
                && let Some(&visitor) = visitors.get(at)
            {
                self.see(place, visitor);
            }
        }
    }

    /// All rows were given: lets go of what only counting needs.
    fn close(&mut self) {
        let found = |(place, bits): (usize, Bits)| Found {
            latency: self
                .cells
                .chunks(STRIDE)
                .nth(place + 1)
                .map(|cells| Paged::of(&cells[..BUCKETS])),
            visitors: bits.count(),
        };
        self.found = std::mem::take(&mut self.bits).into_iter().enumerate().map(found).collect();
        self.cells = Vec::new();
        self.place = Vec::new();
    }

    #[inline]
    fn see(&mut self, place: usize, visitor: u32) {
        if place != 0 && visitor != ABSENT {
            self.bits[place - 1].set(visitor);
        }
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
            // What every row has is known from the totals, a band's quantiles are its bounds, and errors
            // have no latencies.
            let is_told = list.is_scale() || list.base().is_of_errors();
            ids.retain(|&id| !figures.is_whole(list, id) && !is_told);
            ids.truncate(usize::from(u16::MAX) - 1);
            if ids.is_empty() {
                continue;
            }
            // Clients and agents are what a visitor is made of: no need to look at rows.
            let read_visitors = want_visitors && figures.visitors(list, ids[0]).is_none();
            if !timed && !read_visitors {
                continue;
            }
            looks.push(Look::new(list, ids, timed, read_visitors, dictionaries));
        }
        Detail::of(looks)
    }

    /// A look at nothing but the latencies of these values, whatever else is known of them.
    pub(crate) fn of_latencies(
        wanted: impl IntoIterator<Item = (List, Vec<u32>)>,
        dictionaries: &Dictionaries,
    ) -> Detail {
        let wanted = wanted.into_iter().filter(|(_, ids)| !ids.is_empty());
        let looks = wanted.map(|(list, ids)| Look::new(list, ids, true, false, dictionaries));
        Detail::of(looks.collect())
    }

    fn of(looks: Vec<Look>) -> Detail {
        let (ids, times, visitors, s404) = Default::default();
        Detail { looks, ids, times, visitors, s404 }
    }

    /// True where the rows have nothing to tell.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.looks.iter().all(|look| look.cells.is_empty() && !look.read_visitors)
    }

    /// The same looks in several parts, to be given the same rows one after the other: each takes about so many
    /// bytes at most, or is one list's.
    #[must_use]
    pub(crate) fn in_parts(self, bytes: usize, dictionaries: &Dictionaries) -> Vec<Detail> {
        let of_visitors = dictionaries.visitors().bound() / 8;
        let (mut parts, mut part, mut held) = (Vec::new(), Vec::new(), 0);
        for look in self.looks {
            let visitors = if look.read_visitors { look.wanted.len() * of_visitors } else { 0 };
            let size = visitors + look.cells.len() * 4 + look.place.len() * 2;
            if held + size > bytes && !part.is_empty() {
                parts.push(Detail::of(std::mem::take(&mut part)));
                held = 0;
            }
            held += size;
            part.push(look);
        }
        parts.push(Detail::of(part));
        parts
    }

    /// What parts have seen that were given all rows, together.
    #[must_use]
    pub(crate) fn together(parts: impl IntoIterator<Item = Detail>) -> Detail {
        let closed = |mut look: Look| {
            look.close();
            look
        };
        Detail::of(parts.into_iter().flat_map(|part| part.looks).map(closed).collect())
    }

    /// Looks at the rows of a batch.
    pub fn add(&mut self, batch: Batch<'_>) {
        let columns = batch.columns;
        self.times.load(columns.at(REQUEST), &batch);
        let wanted = self.looks.iter().any(|look| look.read_visitors);
        self.visitors.clear();
        if wanted && !matches!(columns.at(VISITOR), Column::Const(0)) {
            columns.at(VISITOR).load(batch.access, &mut self.visitors);
        }
        self.s404.clear();
        if self.looks.iter().any(|look| look.list.base() == Base::NotFound) {
            columns.at(STATUS).load(batch.access, &mut self.ids);
            gather(&mut self.s404, 0, self.ids.len(), |at| self.ids[at] == 404);
        }
        let mut loaded: Option<&Column> = None;
        for look in &mut self.looks {
            let Some(column) = look.list.base().column(columns) else { continue };
            if look.list.base() == Base::NotFound {
                look.add_picked(&self.s404, column, &batch, &self.times, &self.visitors);
                continue;
            }
            if !loaded.is_some_and(|loaded| std::ptr::eq(loaded, column)) {
                column.load(batch.access, &mut self.ids);
                loaded = Some(column);
            }
            look.add(&self.ids, &self.times, &self.visitors);
        }
    }

    /// The same for a batch that a tally has just counted: what it read of the rows is not read again.
    pub(crate) fn add_counted(&mut self, batch: &Batch<'_>, loaded: &Loaded, tally: &Tally) {
        if batch.access.is_empty() {
            return;
        }
        for look in &mut self.looks {
            let base = look.list.base();
            let Some(column) = base.column(batch.columns) else { continue };
            if base == Base::NotFound {
                let s404 = tally.last_not_found();
                look.add_picked(s404, column, batch, &loaded.request, &loaded.visitors);
                continue;
            }
            let ids = match tally.last_ids(base) {
                [] => {
                    column.load(batch.access, &mut self.ids);
                    &self.ids[..]
                }
                ids => ids,
            };
            look.add(ids, &loaded.request, &loaded.visitors);
        }
    }

    /// Adds what another look for the same values saw in other rows.
    pub fn merge(&mut self, other: &Detail) {
        for (look, other) in self.looks.iter_mut().zip(&other.looks) {
            for (cell, n) in look.cells.iter_mut().zip(&other.cells) {
                *cell = cell.wrapping_add(*n);
            }
            for (bits, other) in look.bits.iter_mut().zip(&other.bits) {
                bits.merge(other);
            }
        }
    }

    fn look(&self, list: List, id: u32) -> Option<(&Look, usize)> {
        let look = self.looks.iter().find(|look| look.list == list)?;
        Some((look, look.wanted.iter().position(|wanted| *wanted == id)?))
    }

    /// What was counted of a value that was looked at, by bucket.
    pub(crate) fn cells(&self, list: List, id: u32) -> Option<&[u32]> {
        let (look, place) = self.look(list, id)?;
        Some(&look.cells.chunks(STRIDE).nth(place + 1)?[..BUCKETS])
    }

    /// Latencies of a value.
    #[must_use]
    pub(crate) fn latency(&self, list: List, id: u32, figures: &Figures<'_>) -> Option<Paged> {
        match self.look(list, id) {
            Some((look, place)) => match look.found.get(place) {
                Some(found) => found.latency.clone(),
                None => self.cells(list, id).map(Paged::of),
            },
            None if list.is_scale() => None,
            None => figures.is_whole(list, id).then(|| figures.tally.latency.paged()),
        }
    }

    /// Distinct visitors of a value, where rows had to be read to know them.
    #[must_use]
    pub(crate) fn visitors(&self, list: List, id: u32, figures: &Figures<'_>) -> Option<u64> {
        match self.look(list, id) {
            Some((look, place)) => look.read_visitors.then(|| match look.found.get(place) {
                Some(found) => found.visitors,
                None => look.bits[place].count(),
            }),
            None => figures.is_whole(list, id).then(|| figures.tally.visitors.distinct()),
        }
    }
}
