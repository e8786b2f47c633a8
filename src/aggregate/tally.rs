//! A tally: everything that a summary says about a set of rows, to which rows can be added and
//! from which they can be taken away again.
//!
//! Counting by id into arrays makes both exact and cheap; taking away is adding -1, so one loop
//! serves both.

use super::column::{BYTES, BYTES_IN, Column, REQUEST, Rows, STATUS, UPSTREAM, VISITOR};
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::list::List;
use super::quantile::{Dense, bucket};
use super::scan::Batch;
use crate::vocab::field::Field;

/// No latency was logged.
const NO_BUCKET: u32 = u32::MAX;
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
    pub requests: u32,
    pub s4xx: u32,
    pub s5xx: u32,
    /// 1 more than the place of its latencies, where they are followed.
    pub(crate) slot: u32,
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
    /// Taken in this round; its past has yet to be read.
    pub(crate) fresh: bool,
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
        for &status in &scratch.status {
            let cell = &mut self.status[status as usize];
            *cell = cell.wrapping_add(wide);
        }

        columns.at(BYTES).load(rows, &mut scratch.bytes);
        for bytes in &mut scratch.bytes {
            *bytes = bytes.saturating_sub(1).wrapping_mul(wide);
            self.bytes_out = self.bytes_out.wrapping_add(*bytes);
        }
        if !matches!(columns.at(BYTES_IN), Column::Const(0)) {
            columns.at(BYTES_IN).load(rows, &mut scratch.numbers);
            for bytes in &scratch.numbers {
                let bytes = bytes.saturating_sub(1).wrapping_mul(wide);
                self.bytes_in = self.bytes_in.wrapping_add(bytes);
            }
        }

        let timed = load_buckets(columns.at(REQUEST), rows, &mut scratch.buckets);
        if timed {
            for &bucket in scratch.buckets.iter().filter(|&&b| b != NO_BUCKET) {
                self.latency.shift(bucket as u16, step);
            }
        }
        if !matches!(columns.at(UPSTREAM), Column::Const(0)) {
            columns.at(UPSTREAM).load(rows, &mut scratch.ids);
            for &us in scratch.ids.iter().filter(|&&us| us != 0) {
                self.upstream.shift(bucket(us - 1), step);
            }
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
            let counters = &mut self.lists[list as usize];
            if list == List::NotFound {
                if !scratch.status.contains(&404) {
                    continue;
                }
                column.load(rows, &mut scratch.ids);
                counters.reserve(dictionaries.field(Field::Path).bound());
                let found = scratch.status.iter().enumerate().filter(|&(_, &s)| s == 404);
                for (at, _) in found {
                    let row = (scratch.ids[at], scratch.bytes[at], 404);
                    counters.shift(row, step, self.draining);
                    if timed {
                        counters.follow(scratch.ids[at], scratch.buckets[at], step);
                    }
                }
                continue;
            }
            counters.reserve(bound(list, dictionaries));
            // A column that is the same in every row still goes through the loop: it is short.
            load_ids(list, column, rows, dictionaries, &mut scratch.ids);
            let values = scratch.ids.iter().zip(&scratch.bytes).zip(&scratch.status);
            if self.draining {
                for ((&id, &bytes), &status) in values {
                    counters.shift((id, bytes, status), step, true);
                }
            } else {
                for ((&id, &bytes), &status) in values {
                    counters.shift((id, bytes, status), step, false);
                }
            }
            if timed && !counters.slots.is_empty() {
                for (&id, &bucket) in scratch.ids.iter().zip(&scratch.buckets) {
                    counters.follow(id, bucket, step);
                }
            }
        }
    }

    /// Reads the past of the slots that were just taken.
    pub(crate) fn catch_up(&mut self, batch: Batch<'_>, dictionaries: &Dictionaries) {
        let (columns, rows, scratch) = (batch.columns, batch.access, &mut self.scratch);
        if !load_buckets(columns.at(REQUEST), rows, &mut scratch.buckets) {
            return;
        }
        for list in List::ALL {
            let counters = &mut self.lists[list as usize];
            if !counters.slots.iter().any(|slot| slot.fresh) {
                continue;
            }
            let Some(column) = list.column(columns) else { continue };
            load_ids(list, column, rows, dictionaries, &mut scratch.ids);
            if list == List::NotFound {
                columns.at(STATUS).load(rows, &mut scratch.status);
                for (bucket, &status) in scratch.buckets.iter_mut().zip(&scratch.status) {
                    *bucket = if status == 404 { *bucket } else { NO_BUCKET };
                }
            }
            for (&id, &bucket) in scratch.ids.iter().zip(&scratch.buckets) {
                if bucket != NO_BUCKET
                    && let Some(at) = counters.by_id[id as usize].slot.checked_sub(1)
                    && counters.slots[at as usize].fresh
                {
                    counters.slots[at as usize].latency.shift(bucket as u16, 1);
                }
            }
            if list == List::NotFound {
                load_buckets(columns.at(REQUEST), rows, &mut scratch.buckets);
            }
        }
    }

    /// Ends a round of [`catch_up`](Tally::catch_up).
    pub(crate) fn settle(&mut self) {
        let slots = self.lists.iter_mut().flat_map(|counters| &mut counters.slots);
        slots.for_each(|slot| slot.fresh = false);
    }

    /// Takes everything out, list by list, and is empty afterwards.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(List, u32, Counter)) {
        for list in List::ALL {
            let counters = &mut self.lists[list as usize];
            for id in std::mem::take(&mut counters.touched) {
                let counter = std::mem::take(&mut counters.by_id[id as usize]);
                each(list, id, counter);
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
    fn shift(&mut self, (id, bytes, status): (u32, u64, u32), step: u32, note: bool) {
        let counter = &mut self.by_id[id as usize];
        if note && counter.requests == 0 {
            self.touched.push(id);
        }
        counter.requests = counter.requests.wrapping_add(step);
        counter.bytes = counter.bytes.wrapping_add(bytes);
        let [s4xx, s5xx] = [400, 500].map(|low| u32::from(status.wrapping_sub(low) < 100));
        counter.s4xx = counter.s4xx.wrapping_add(s4xx.wrapping_mul(step));
        counter.s5xx = counter.s5xx.wrapping_add(s5xx.wrapping_mul(step));
    }

    #[inline(always)]
    fn follow(&mut self, id: u32, bucket: u32, step: u32) {
        if bucket != NO_BUCKET
            && let Some(at) = self.by_id[id as usize].slot.checked_sub(1)
        {
            self.slots[at as usize].latency.shift(bucket as u16, step);
        }
    }

    /// Gives the values `shown` slots to follow their latencies; true if any is fresh.
    pub(crate) fn watch(&mut self, shown: &[u32]) -> bool {
        let mut any = false;
        for &id in shown {
            if self.by_id[id as usize].slot != 0 {
                continue;
            }
            let free = self.slots.iter().position(|slot| slot.id.is_none());
            let at = match free {
                Some(at) => at,
                None if self.slots.len() < SLOTS.max(shown.len()) => {
                    self.slots.push(Slot::default());
                    self.slots.len() - 1
                }
                None => {
                    let unseen = |slot: &&mut Slot| slot.id.is_none_or(|id| !shown.contains(&id));
                    let Some(slot) = self.slots.iter_mut().find(unseen) else { break };
                    if let Some(old) = slot.id.take() {
                        self.by_id[old as usize].slot = 0;
                    }
                    slot.latency.clear();
                    self.slots.iter().position(|slot| slot.id.is_none()).unwrap_or_default()
                }
            };
            self.slots[at].id = Some(id);
            self.slots[at].fresh = true;
            self.by_id[id as usize].slot = at as u32 + 1;
            any = true;
        }
        any
    }

    /// Lets go of the slots of values that have no rows left: their ids may be given again.
    pub(crate) fn release_empty(&mut self) {
        for slot in &mut self.slots {
            if let Some(id) = slot.id
                && self.by_id[id as usize].requests == 0
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
    if counts.len() < bound {
        counts.resize(bound, 0);
    }
    for &id in ids {
        let cell = &mut counts[id as usize];
        *cell = cell.wrapping_add(step);
    }
}
