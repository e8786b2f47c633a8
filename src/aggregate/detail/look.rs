//! A look at the lists of one base: latencies and visitors of what they show.

use super::MOST_BYTES;
use super::slots::Slots;
use crate::aggregate::dict::ABSENT;
use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::list::{Base, List};
use crate::aggregate::quantile::{BUCKETS, Paged};

/// The buckets that rows have, numbered as they come: of some thousand buckets traffic has some hundred, and what
/// is counted of them lies close together.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    /// By bucket: 1 more than its rank; 0 where it has none yet.
    of: Vec<u16>,
    /// By rank.
    buckets: Vec<u16>,
}

impl Ranks {
    pub(super) fn new() -> Ranks {
        Ranks { of: vec![0; BUCKETS + 1], buckets: Vec::new() }
    }

    #[inline(always)]
    fn rank(&mut self, bucket: u32) -> u32 {
        let rank = &mut self.of[bucket as usize];
        if *rank == 0 {
            // At most BUCKETS + 1.
            self.buckets.push(bucket as u16);
            *rank = self.buckets.len() as u16;
        }
        u32::from(*rank - 1)
    }

    /// Writes the ranks of rows.
    pub(super) fn read(&mut self, buckets: &[u32], into: &mut Vec<u32>) {
        into.clear();
        let of = &self.of[..=BUCKETS];
        into.extend(buckets.iter().map(|&bucket| u32::from(of[bucket as usize]).wrapping_sub(1)));
        // Most batches have no new bucket: one look for all of it.
        if into.iter().fold(0, |most, &rank| most.max(rank)) == u32::MAX {
            into.iter_mut().zip(buckets).for_each(|(rank, &bucket)| *rank = self.rank(bucket));
        }
    }

    /// How many buckets rows had.
    pub(super) fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Adds those of another one; by its ranks, which are theirs here.
    pub(super) fn merge(&mut self, other: &Ranks) -> Vec<u32> {
        other.buckets.iter().map(|&bucket| self.rank(bucket.into())).collect()
    }
}

/// Who has rows of each slot: sets of visitors, of which those of one visitor lie side by side.
#[derive(Clone, Debug)]
struct Visitors {
    width: usize,
    /// Rows of a page, as a power of two.
    shift: u32,
    /// Rows of 64 visitors with a word for every slot; empty pages of nobody. In small pieces: a report of a
    /// million clients has room for them between what it freed, and none for a large one.
    pages: Vec<Box<[u64]>>,
}

impl Visitors {
    fn new(width: usize) -> Visitors {
        /// Words of a page, where a row is no longer.
        const PAGE: usize = 512;
        Visitors { width, shift: (PAGE / width).max(1).ilog2(), pages: Vec::new() }
    }

    /// For ids below `bound`.
    fn reserve(&mut self, bound: usize) {
        let pages = bound.div_ceil(64 << self.shift);
        if self.pages.len() < pages {
            self.pages.resize(pages, Box::default());
        }
    }

    #[inline(always)]
    fn set(&mut self, visitor: u32, slot: usize) {
        let row = visitor as usize / 64;
        let page = &mut self.pages[row >> self.shift];
        if page.is_empty() {
            *page = vec![0; self.width << self.shift].into();
        }
        let row = row & ((1 << self.shift) - 1);
        page[row * self.width + slot] |= 1 << (visitor % 64);
    }

    fn merge(&mut self, other: &Visitors) {
        if self.pages.len() < other.pages.len() {
            self.pages.resize(other.pages.len(), Box::default());
        }
        for (mine, theirs) in self.pages.iter_mut().zip(&other.pages) {
            if mine.is_empty() {
                mine.clone_from(theirs);
            } else {
                mine.iter_mut().zip(&**theirs).for_each(|(mine, theirs)| *mine |= theirs);
            }
        }
    }

    /// How many have a row of any of these.
    fn count(&self, slots: &[usize]) -> u64 {
        // The first bit of all is nobody's.
        let nobody = self.pages.first().and_then(|page| page.get(..self.width));
        let nobody =
            nobody.is_some_and(|row| slots.iter().any(|&slot| row[slot] & 1 << ABSENT != 0));
        let rows = self.pages.iter().flat_map(|page| page.chunks(self.width));
        let any = rows.map(|row| slots.iter().fold(0, |any, &slot| any | row[slot]).count_ones());
        any.map(u64::from).sum::<u64>() - u64::from(nobody)
    }
}

/// Bytes that a slot takes, about, where ids of visitors are below `bound`.
pub(super) fn slot_bytes(is_timed: bool, read_visitors: bool, bound: usize) -> usize {
    let visitors = if read_visitors { bound.div_ceil(8) } else { 0 };
    // Times of a microsecond to an hour have all buckets, and those of a site a quarter of them.
    let times = if is_timed { BUCKETS / 4 * size_of::<u32>() } else { 0 };
    // One that is neither timed nor read for visitors takes nothing, and there is none.
    (visitors + times).max(1)
}

/// What a batch tells of its rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    /// Empty where no time was logged.
    pub(super) ranks: &'a [u32],
    /// How many ranks there are.
    pub(super) rank_count: usize,
    /// Empty where nobody is a visitor.
    pub(super) visitors: &'a [u32],
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) slots: Slots,
    is_timed: bool,
    /// Whether rows have to be read for the visitors.
    pub(super) read_visitors: bool,
    /// Above every visitor's id.
    bound: usize,
    /// Of each rank a count for every slot. Those of slot 0 take the rows that are not wanted: asking for them
    /// would be a branch that nobody can predict.
    cells: Vec<u32>,
    seen: Visitors,
}

/// What was seen of one value.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) latency: Option<Paged>,
    pub(super) visitors: Option<u64>,
}

impl Look {
    pub(super) fn new(slots: Slots, is_timed: bool, read_visitors: bool, bound: usize) -> Look {
        let seen = Visitors::new(slots.width());
        Look { slots, is_timed, read_visitors, bound, cells: Vec::new(), seen }
    }

    pub(super) fn base(&self) -> Base {
        self.slots.first().base()
    }

    /// Adds a list of the same base. Gives its values back where that would take more memory than is held.
    pub(super) fn join(
        &mut self,
        list: List,
        ids: Vec<u32>,
        dictionaries: &Dictionaries,
    ) -> Result<(), Vec<u32>> {
        let bytes = slot_bytes(self.is_timed, self.read_visitors, self.bound);
        let most = MOST_BYTES.saturating_sub(self.base_bytes()) / bytes;
        self.slots.join(list, ids, most, dictionaries)?;
        self.seen = Visitors::new(self.slots.width());
        Ok(())
    }

    /// Bytes that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let bytes = slot_bytes(self.is_timed, self.read_visitors, self.bound);
        bytes * self.slots.width() + self.base_bytes()
    }

    /// For each value of the base.
    fn base_bytes(&self) -> usize {
        size_of_val(self.slots.of())
    }

    /// Looks at rows that have these ids, and of which these are told.
    pub(super) fn add(&mut self, ids: &[u32], told: Told<'_>) {
        let Told { ranks, visitors, .. } = self.prepare(told);
        let (of, width) = (self.slots.of(), self.slots.width());
        let cells = &mut self.cells[..];
        let mut count = |id: u32, rank: u32| {
            // Far below 2^32: what is out of the cells is caught there.
            let at = (rank as usize).wrapping_mul(width).wrapping_add(of[id as usize].into());
            let cell = &mut cells[at];
            *cell = cell.wrapping_add(1);
        };
        // Each may be out of bounds, so a compiler leaves the loop as it is written: four rows at a time.
        let rows = ids.len().min(ranks.len());
        let (ids4, odd_ids) = ids[..rows].as_chunks::<4>();
        let (ranks4, odd_ranks) = ranks[..rows].as_chunks::<4>();
        for (ids, ranks) in ids4.iter().zip(ranks4) {
            for (&id, &rank) in ids.iter().zip(ranks) {
                count(id, rank);
            }
        }
        for (&id, &rank) in odd_ids.iter().zip(odd_ranks) {
            count(id, rank);
        }
        for (&id, &visitor) in ids.iter().zip(visitors) {
            self.seen.set(visitor, of[id as usize].into());
        }
    }

    /// Makes room, and leaves what is wanted.
    fn prepare<'a>(&mut self, told: Told<'a>) -> Told<'a> {
        let width = self.slots.width();
        let ranks = if self.is_timed { told.ranks } else { &[] };
        if !ranks.is_empty() && self.cells.len() < told.rank_count * width {
            self.cells.resize(told.rank_count * width, 0);
        }
        let visitors = if self.read_visitors { told.visitors } else { &[] };
        if let Some(&most) = visitors.iter().max() {
            self.seen.reserve(self.bound.max(most as usize + 1));
        }
        Told { ranks, visitors, ..told }
    }

    /// Adds what another look at the same values saw in other rows; `ranks` are its own by those of the other.
    pub(super) fn merge(&mut self, other: &Look, ranks: &[u32], rank_count: usize) {
        let slots = self.slots.width();
        if self.cells.len() < rank_count * slots {
            self.cells.resize(rank_count * slots, 0);
        }
        for (theirs, &rank) in other.cells.chunks(slots).zip(ranks) {
            let mine = &mut self.cells[rank as usize * slots..][..slots];
            mine.iter_mut().zip(theirs).for_each(|(cell, n)| *cell = cell.wrapping_add(*n));
        }
        self.seen.merge(&other.seen);
    }

    /// What was seen of each value.
    pub(super) fn found(&self, ranks: &Ranks) -> impl Iterator<Item = ((List, u32), Found)> {
        self.slots.values().map(|(list, id, slots)| {
            let latency = self.is_timed.then(|| self.latency(&slots, ranks));
            let visitors = self.read_visitors.then(|| self.seen.count(&slots));
            ((list, id), Found { latency, visitors })
        })
    }

    fn latency(&self, slots: &[usize], ranks: &Ranks) -> Paged {
        let mut latency = Paged::default();
        for (cells, &bucket) in self.cells.chunks(self.slots.width()).zip(&ranks.buckets) {
            let n = slots.iter().fold(0u32, |n, &slot| n.wrapping_add(cells[slot]));
            if n != 0 {
                latency.shift([bucket.into()], n);
            }
        }
        latency
    }
}
