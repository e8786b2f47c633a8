//! A tally: everything that a summary says about a set of rows, to which rows can be added and
//! from which they can be taken away again.
//!
//! Counting by id into arrays makes both exact and cheap; taking away is adding -1, so one loop
//! serves both.

use super::column::{BYTES, BYTES_IN, Column, REQUEST, Rows, STATUS, UPSTREAM, VISITOR};
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::list::List;
use super::quantile::{Dense, NO_BUCKET, bucket};
use super::scan::Batch;
use crate::vocab::field::Field;

/// Values of one list whose latencies can be followed at once.
pub(crate) const SLOTS: usize = 32;

/// Whether rows come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Add,
    Remove,
}

/// What is known of one value of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    pub bytes: u64,
    /// Requests in the lower half, those of 4xx in the upper: one addition for both. Neither half
    /// is ever below zero, so a borrow between them is always paid back.
    packed: u64,
    s5xx: u32,
    /// 1 more than the place of its latencies, where they are followed.
    pub(crate) slot: u32,
}

impl Counter {
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.packed as u32
    }

    #[must_use]
    pub fn s4xx(&self) -> u32 {
        (self.packed >> 32) as u32
    }

    #[must_use]
    pub fn s5xx(&self) -> u32 {
        self.s5xx
    }

    /// Responses of 400 and above.
    #[must_use]
    pub fn errors(&self) -> u32 {
        self.s4xx().wrapping_add(self.s5xx)
    }
}

/// Counters of one list, by id.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    pub(crate) by_id: Vec<Counter>,
    /// Ids that left zero since the last [`Tally::drain`], where that is wanted.
    touched: Vec<u32>,
    pub(crate) slots: Vec<Slot>,
}

/// Latencies of one shown value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    /// `None` while the slot is free.
    pub(crate) id: Option<u32>,
    pub(crate) latency: Dense,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub requests: u64,
    pub errors: u64,
    pub messages: u64,
    pub bytes_out: u64,
    pub bytes_in: u64,
    /// By status, 0 where there was none.
    pub status: Vec<u64>,
    pub latency: Dense,
    pub upstream: Dense,
    /// By id of the window.
    pub methods: Vec<u64>,
    pub protocols: Vec<u64>,
    /// Error-log events by id of their level.
    pub levels: Vec<u64>,
    pub lists: [Counters; List::COUNT],
    pub visitors: Multiset,
    /// Whether ids are noted for [`drain`](Tally::drain).
    draining: bool,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    ids: Vec<u32>,
    buckets: Vec<u32>,
    bytes: Vec<u64>,
    numbers: Vec<u64>,
    status: Vec<u32>,
    /// What each row adds to [`Counter::packed`].
    packed: Vec<u64>,
    /// Places in the batch of the rows of 5xx: few, so they are counted by themselves.
    s5xx: Vec<u32>,
}

/// Numbers with how often each is there; knows how many are there at all.
#[derive(Clone, Debug, Default)]
pub struct Multiset {
    pub(crate) counts: Vec<u32>,
    distinct: u64,
}

impl Multiset {
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.distinct
    }

    /// Adds or removes ids below `bound`; [`ABSENT`] does not count.
    pub(crate) fn shift(&mut self, ids: &[u32], step: u32, bound: usize) {
        if self.counts.len() < bound {
            self.counts.resize(bound, 0);
        }
        for &id in ids {
            let count = &mut self.counts[id as usize];
            let before = *count;
            *count = before.wrapping_add(step);
            let (came, went) = (before == 0, *count == 0);
            let real = u64::from(id != ABSENT);
            self.distinct = self
                .distinct
                .wrapping_add(real & u64::from(came))
                .wrapping_sub(real & u64::from(went));
        }
    }

    /// Adds or removes the visitors of a batch.
    pub(crate) fn apply(
        &mut self,
        batch: Batch<'_>,
        change: Change,
        dictionaries: &Dictionaries,
        scratch: &mut Vec<u32>,
    ) {
        let column = batch.columns.at(VISITOR);
        if !matches!(column, Column::Const(0)) {
            column.load(batch.access, scratch);
            self.shift(scratch, step(change), dictionaries.visitors().bound());
        }
    }
}

fn step(change: Change) -> u32 {
    match change {
        Change::Add => 1,
        Change::Remove => u32::MAX,
    }
}

impl Tally {
    /// A tally whose content [`drain`](Tally::drain) will take out.
    #[must_use]
    pub fn draining() -> Tally {
        Tally { draining: true, ..Tally::default() }
    }

    /// Adds or takes away the rows of a batch.
    pub fn apply(&mut self, batch: Batch<'_>, change: Change, dictionaries: &Dictionaries) {
        let columns = batch.columns;
        let step = step(change);
        let wide = i64::from(step as i32) as u64;
        self.errors = self.errors.wrapping_add(wide.wrapping_mul(batch.errors.len() as u64));
        self.messages = self.messages.wrapping_add(wide.wrapping_mul(batch.messages.len() as u64));
        if !batch.errors.is_empty() {
            let rows = Rows::Picked(batch.errors);
            let bound = dictionaries.field(Field::Level).bound();
            columns.text(Field::Level).load(rows, &mut self.scratch.ids);
            count(&mut self.levels, &self.scratch.ids, wide, bound);
        }
        let rows = batch.access;
        if rows.is_empty() {
            return;
        }
        self.requests = self.requests.wrapping_add(wide.wrapping_mul(rows.len() as u64));

        let scratch = &mut self.scratch;
        if self.status.is_empty() {
            self.status = vec![0; 1000];
        }
        columns.at(STATUS).load(rows, &mut scratch.status);
        scratch.packed.clear();
        scratch.s5xx.clear();
        for &status in &scratch.status {
            let cell = &mut self.status[status as usize];
            *cell = cell.wrapping_add(wide);
        }
        scratch.packed.extend(scratch.status.iter().map(|status| {
            let s4xx = u64::from(status.wrapping_sub(400) < 100);
            (1 | s4xx << 32).wrapping_mul(wide)
        }));
        for (at, status) in (0u32..).zip(&scratch.status) {
            if status.wrapping_sub(500) < 100 {
                scratch.s5xx.push(at);
            }
        }

        columns.at(BYTES).load(rows, &mut scratch.bytes);
        let mut bytes_out = 0u64;
        for bytes in &mut scratch.bytes {
            *bytes = bytes.saturating_sub(1).wrapping_mul(wide);
            bytes_out = bytes_out.wrapping_add(*bytes);
        }
        self.bytes_out = self.bytes_out.wrapping_add(bytes_out);
        if !matches!(columns.at(BYTES_IN), Column::Const(0)) {
            columns.at(BYTES_IN).load(rows, &mut scratch.numbers);
            for bytes in &scratch.numbers {
                let bytes = bytes.saturating_sub(1).wrapping_mul(wide);
                self.bytes_in = self.bytes_in.wrapping_add(bytes);
            }
        }

        let timed = load_buckets(columns.at(REQUEST), rows, &mut scratch.buckets);
        if timed {
            self.latency.shift(scratch.buckets.iter().copied(), step);
        }
        if load_buckets(columns.at(UPSTREAM), rows, &mut scratch.ids) {
            self.upstream.shift(scratch.ids.iter().copied(), step);
        }

        for (field, counts) in
            [(Field::Method, &mut self.methods), (Field::Protocol, &mut self.protocols)]
        {
            let bound = dictionaries.field(field).bound();
            match columns.text(field) {
                Column::Const(0) => {}
                Column::Const(id) => {
                    count(counts, &[*id as u32], wide.wrapping_mul(rows.len() as u64), bound);
                }
                column => {
                    column.load(rows, &mut scratch.ids);
                    count(counts, &scratch.ids, wide, bound);
                }
            }
        }

        self.visitors.apply(batch, change, dictionaries, &mut scratch.ids);

        for list in List::ALL {
            let Some(column) = list.column(columns) else { continue };
            if list == List::NotFound && !scratch.status.contains(&404) {
                continue;
            }
            let counters = &mut self.lists[list as usize];
            counters.reserve(bound(list, dictionaries));
            if let (Column::Const(id), true) = (column, list != List::NotFound) {
                let id = list.counted_as(*id as u32, dictionaries);
                counters.shift_all(id, scratch, step, self.draining);
                if timed && let Some(slot) = counters.slot(id) {
                    slot.latency.shift(scratch.buckets.iter().copied(), step);
                }
                continue;
            }
            load_ids(list, column, rows, dictionaries, &mut scratch.ids);
            if list == List::NotFound {
                for at in (0..scratch.ids.len()).filter(|&at| scratch.status[at] == 404) {
                    let id = scratch.ids[at];
                    counters.shift(id, scratch.bytes[at], scratch.packed[at], self.draining);
                    if timed && let Some(slot) = counters.slot(id) {
                        slot.latency.shift([scratch.buckets[at]], step);
                    }
                }
                continue;
            }
            let values = scratch.ids.iter().zip(&scratch.bytes).zip(&scratch.packed);
            if self.draining {
                values.for_each(|((&id, &bytes), &packed)| counters.shift(id, bytes, packed, true));
            } else {
                values.for_each(|((&id, &b), &packed)| counters.shift(id, b, packed, false));
            }
            for &at in &scratch.s5xx {
                let counter = &mut counters.by_id[scratch.ids[at as usize] as usize];
                counter.s5xx = counter.s5xx.wrapping_add(step);
            }
            if timed && !counters.slots.is_empty() {
                for (&id, &bucket) in scratch.ids.iter().zip(&scratch.buckets) {
                    if let Some(slot) = counters.slot(id) {
                        slot.latency.shift([bucket], step);
                    }
                }
            }
        }
    }

    /// Takes everything out, list by list, and is empty afterwards.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(List, u32, Counter)) {
        for list in List::ALL {
            let counters = &mut self.lists[list as usize];
            // Many: reading all in order is cheaper than jumping and sorting.
            if counters.touched.len() > counters.by_id.len() / 16 {
                counters.touched.clear();
                for (id, counter) in (0u32..).zip(&mut counters.by_id) {
                    if counter.packed != 0 {
                        each(list, id, std::mem::take(counter));
                    }
                }
            } else {
                counters.touched.sort_unstable();
                for id in counters.touched.drain(..) {
                    each(list, id, std::mem::take(&mut counters.by_id[id as usize]));
                }
            }
        }
        let lists = std::mem::take(&mut self.lists);
        let scratch = std::mem::take(&mut self.scratch);
        let mut visitors = std::mem::take(&mut self.visitors);
        if visitors.distinct != 0 {
            visitors.counts.fill(0);
            visitors.distinct = 0;
        }
        *self = Tally { lists, scratch, visitors, draining: self.draining, ..Tally::default() };
    }
}

impl Counters {
    pub(crate) fn reserve(&mut self, bound: usize) {
        if self.by_id.len() < bound {
            self.by_id.resize(bound, Counter::default());
        }
    }

    #[inline(always)]
    fn shift(&mut self, id: u32, bytes: u64, packed: u64, note: bool) {
        let counter = &mut self.by_id[id as usize];
        if note && counter.packed == 0 {
            self.touched.push(id);
        }
        counter.packed = counter.packed.wrapping_add(packed);
        counter.bytes = counter.bytes.wrapping_add(bytes);
    }

    /// Counts a whole batch for one value.
    fn shift_all(&mut self, id: u32, scratch: &Scratch, step: u32, note: bool) {
        let sum = |numbers: &[u64]| numbers.iter().fold(0u64, |sum, n| sum.wrapping_add(*n));
        self.shift(id, sum(&scratch.bytes), sum(&scratch.packed), note);
        let counter = &mut self.by_id[id as usize];
        let s5xx = step.wrapping_mul(scratch.s5xx.len() as u32);
        counter.s5xx = counter.s5xx.wrapping_add(s5xx);
    }

    #[inline(always)]
    fn slot(&mut self, id: u32) -> Option<&mut Slot> {
        let at = self.by_id[id as usize].slot.checked_sub(1)?;
        self.slots.get_mut(at as usize)
    }

    /// Gives the values `shown` slots to follow their latencies; those that had none yet, whose
    /// past has to be read.
    pub(crate) fn watch(&mut self, shown: &[u32]) -> Vec<u32> {
        let mut fresh = Vec::new();
        for &id in shown {
            if self.by_id[id as usize].slot != 0 {
                continue;
            }
            let unseen = |slot: &Slot| slot.id.is_none_or(|id| !shown.contains(&id));
            let free = self.slots.iter().position(|slot| slot.id.is_none());
            let at = match free {
                Some(at) => at,
                None if self.slots.len() < SLOTS => {
                    self.slots.push(Slot::default());
                    self.slots.len() - 1
                }
                None => match self.slots.iter().position(unseen) {
                    Some(at) => at,
                    None => break,
                },
            };
            let slot = &mut self.slots[at];
            if let Some(old) = slot.id.replace(id) {
                self.by_id[old as usize].slot = 0;
            }
            slot.latency.clear();
            self.by_id[id as usize].slot = at as u32 + 1;
            fresh.push(id);
        }
        fresh
    }

    /// The past of a value that has just got its slot.
    pub(crate) fn set_latency(&mut self, id: u32, latency: Dense) {
        if let Some(slot) = self.slot(id) {
            slot.latency = latency;
        }
    }

    /// Lets go of the slots of values that have no rows left: their ids may be given again.
    pub(crate) fn release_empty(&mut self) {
        for slot in &mut self.slots {
            if let Some(id) = slot.id
                && self.by_id[id as usize].packed == 0
            {
                self.by_id[id as usize].slot = 0;
                slot.id = None;
                slot.latency.clear();
            }
        }
    }

    /// The latencies of a value, where they are followed.
    pub(crate) fn latency(&self, id: u32) -> Option<&Dense> {
        let at = self.by_id.get(id as usize)?.slot.checked_sub(1)?;
        self.slots.get(at as usize).map(|slot| &slot.latency)
    }
}

/// Above every id of a list.
fn bound(list: List, dictionaries: &Dictionaries) -> usize {
    match list {
        List::Referrers => dictionaries.hosts().bound(),
        List::Agents => dictionaries.families().bound(),
        _ => dictionaries.field(list.field()).bound(),
    }
}

/// Reads the ids that a list is counted by.
pub(crate) fn load_ids(
    list: List,
    column: &Column,
    rows: Rows<'_>,
    dictionaries: &Dictionaries,
    ids: &mut Vec<u32>,
) {
    column.load(rows, ids);
    if list.derives() {
        let dict = dictionaries.field(list.field());
        ids.iter_mut().for_each(|id| *id = dict.derived(*id));
    }
}

/// Reads the latency buckets; false where the column has none at all.
pub(crate) fn load_buckets(column: &Column, rows: Rows<'_>, buckets: &mut Vec<u32>) -> bool {
    if matches!(column, Column::Const(0)) {
        return false;
    }
    column.load(rows, buckets);
    for us in buckets {
        *us = us.checked_sub(1).map_or(NO_BUCKET, |us| bucket(us).into());
    }
    true
}

fn count(counts: &mut Vec<u64>, ids: &[u32], step: u64, bound: usize) {
    /// Below this many values the next row often has the same one; four lanes let its addition
    /// start before the last one is stored.
    const FEW: usize = 64;
    if counts.len() < bound {
        counts.resize(bound, 0);
    }
    if bound > FEW || ids.len() < FEW {
        for &id in ids {
            let cell = &mut counts[id as usize];
            *cell = cell.wrapping_add(step);
        }
        return;
    }
    let mut lanes = [[0u32; FEW]; 4];
    for four in ids.chunks(4) {
        for (lane, &id) in lanes.iter_mut().zip(four) {
            lane[id as usize % FEW] += 1;
        }
    }
    for (id, cell) in counts.iter_mut().enumerate().take(FEW) {
        let n: u32 = lanes.iter().map(|lane| lane[id]).sum();
        *cell = cell.wrapping_add(step.wrapping_mul(n.into()));
    }
}
