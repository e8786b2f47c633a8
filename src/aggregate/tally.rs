//! A tally: everything that a summary says about a set of rows, to which rows can be added and
//! from which they can be taken away again.
//!
//! Counting by id into arrays makes both exact and cheap; taking away is adding -1, so one loop
//! serves both.

use super::column::{BYTES, BYTES_IN, Column, REQUEST, Rows, STATUS, UPSTREAM, VISITOR};
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::list::{Base, Bases, List};
use super::moment::band;
use super::quantile::{Dense, NO_BUCKET, bucket};
use super::scan::Batch;
use crate::vocab::field::Field;

/// Values of one list whose latencies can be followed at once; below 255.
pub(crate) const SLOTS: usize = 64;

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
    time_us: u64,
    s5xx: u32,
    /// Requests whose time is known.
    timed: u32,
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

    /// Time of all requests together, microseconds.
    #[must_use]
    pub fn time_us(&self) -> u64 {
        self.time_us
    }

    /// Requests whose time is known.
    #[must_use]
    pub fn timed(&self) -> u32 {
        self.timed
    }

    pub(crate) fn add(&mut self, other: &Counter) {
        self.bytes = self.bytes.wrapping_add(other.bytes);
        self.packed = self.packed.wrapping_add(other.packed);
        self.time_us = self.time_us.wrapping_add(other.time_us);
        self.s5xx = self.s5xx.wrapping_add(other.s5xx);
        self.timed = self.timed.wrapping_add(other.timed);
    }
}

/// Counters of one base, by id.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    pub(crate) by_id: Vec<Counter>,
    /// Ids that left zero since the last [`Tally::drain`], where that is wanted.
    touched: Vec<u32>,
}

/// Latencies of the shown values of one list.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) list: List,
    /// 1 more than the place of a value's latencies; 0 for values that are not followed.
    slot_of: Vec<u8>,
    slots: Vec<Slot>,
}

/// Latencies of one shown value.
#[derive(Clone, Debug, Default)]
struct Slot {
    /// `None` while the slot is free.
    id: Option<u32>,
    latency: Dense,
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
    pub bases: [Counters; Base::COUNT],
    /// Which of them are counted.
    pub active: Bases,
    pub visitors: Multiset,
    /// Time of all requests together, microseconds, and how many are known.
    pub time_us: u64,
    pub timed: u64,
    pub upstream_us: u64,
    pub upstream_timed: u64,
    pub(crate) watches: Vec<Watch>,
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
    /// Request times plus one, microseconds, 0 for none; the same of upstreams.
    us: Vec<u32>,
    upstream_us: Vec<u32>,
    /// What each row adds to [`Counter::time_us`] and to [`Counter::timed`].
    times: Vec<u64>,
    timed: Vec<u32>,
    status: Vec<u32>,
    /// What each row adds to [`Counter::packed`].
    packed: Vec<u64>,
    /// Places in the batch of the rows of 5xx: few, so they are counted by themselves.
    s5xx: Vec<u32>,
    s404: Vec<u32>,
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
    /// A tally that counts these bases beside the totals.
    #[must_use]
    pub fn of(active: Bases) -> Tally {
        Tally { active, ..Tally::default() }
    }

    /// A tally whose content [`drain`](Tally::drain) will take out.
    #[must_use]
    pub fn draining(active: Bases) -> Tally {
        Tally { draining: true, ..Tally::of(active) }
    }

    /// Takes the counters of bases that this tally did not count, for the same rows.
    pub(crate) fn take_bases(&mut self, other: &mut Tally) {
        for base in other.active.without(self.active).iter() {
            self.bases[base as usize] = std::mem::take(&mut other.bases[base as usize]);
        }
        self.active = self.active.union(other.active);
    }

    /// Counters of the base that a list is put together from.
    #[must_use]
    pub fn base(&self, list: List) -> &Counters {
        &self.bases[list.base() as usize]
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
        scratch.s404.clear();
        for &status in &scratch.status {
            let cell = &mut self.status[status as usize];
            *cell = cell.wrapping_add(wide);
        }
        scratch.packed.extend(scratch.status.iter().map(|status| {
            let s4xx = u64::from(status.wrapping_sub(400) < 100);
            (1 | s4xx << 32).wrapping_mul(wide)
        }));
        for (at, &status) in (0u32..).zip(&scratch.status) {
            if status.wrapping_sub(500) < 100 {
                scratch.s5xx.push(at);
            }
            if status == 404 {
                scratch.s404.push(at);
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

        let timed = !matches!(columns.at(REQUEST), Column::Const(0));
        if timed {
            columns.at(REQUEST).load(rows, &mut scratch.us);
            scratch.buckets.clear();
            scratch.buckets.extend(scratch.us.iter().map(|us| bucket_of(*us)));
            self.latency.shift(scratch.buckets.iter().copied(), step);
            scratch.times.clear();
            scratch.times.extend(
                scratch.us.iter().map(|us| u64::from(us.saturating_sub(1)).wrapping_mul(wide)),
            );
            scratch.timed.clear();
            scratch
                .timed
                .extend(scratch.us.iter().map(|us| step.wrapping_mul(u32::from(*us != 0))));
            let sum = |sum: u64, n: &u64| sum.wrapping_add(*n);
            self.time_us = self.time_us.wrapping_add(scratch.times.iter().fold(0, sum));
            let known = scratch.us.iter().filter(|us| **us != 0).count() as u64;
            self.timed = self.timed.wrapping_add(known.wrapping_mul(wide));
        }
        let upstream_timed = !matches!(columns.at(UPSTREAM), Column::Const(0));
        if upstream_timed {
            columns.at(UPSTREAM).load(rows, &mut scratch.upstream_us);
            self.upstream.shift(scratch.upstream_us.iter().map(|us| bucket_of(*us)), step);
            let known = scratch.upstream_us.iter().filter_map(|us| us.checked_sub(1));
            let (mut n, mut sum) = (0u64, 0u64);
            for us in known {
                n += 1;
                sum += u64::from(us);
            }
            self.upstream_us = self.upstream_us.wrapping_add(sum.wrapping_mul(wide));
            self.upstream_timed = self.upstream_timed.wrapping_add(n.wrapping_mul(wide));
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

        for base in self.active.iter() {
            let counters = &mut self.bases[base as usize];
            let watches = self.watches.iter_mut().filter(|w| timed && w.list.base() == base);
            match base {
                Base::Bands | Base::UpstreamBands => {
                    let (known, us) = match base {
                        Base::Bands => (timed, &scratch.us),
                        _ => (upstream_timed, &scratch.upstream_us),
                    };
                    if !known {
                        continue;
                    }
                    scratch.ids.clear();
                    scratch.ids.extend(us.iter().map(|us| match us.checked_sub(1) {
                        // At most 13 bands.
                        Some(us) => band(us) as u32 + 1,
                        None => ABSENT,
                    }));
                    counters.reserve(base.bound(dictionaries));
                }
                _ => {
                    let Some(column) = base.column(columns) else { continue };
                    if base == Base::NotFound {
                        if scratch.s404.is_empty() {
                            continue;
                        }
                    } else if let Column::Const(id) = column {
                        // Ids are 32 bits wide.
                        let id = *id as u32;
                        counters.reserve(base.bound(dictionaries));
                        counters.shift_all(id, scratch, timed, step, self.draining);
                        for watch in watches {
                            let id = watch.list.id_of(id, dictionaries);
                            if let Some(latency) = watch.slot(id) {
                                latency.shift(scratch.buckets.iter().copied(), step);
                            }
                        }
                        continue;
                    }
                    counters.reserve(base.bound(dictionaries));
                    column.load(rows, &mut scratch.ids);
                }
            }
            if base == Base::NotFound {
                for &at in &scratch.s404 {
                    let at = at as usize;
                    let id = scratch.ids[at];
                    counters.shift(id, scratch.bytes[at], scratch.packed[at], self.draining);
                    if timed {
                        counters.shift_time(id, scratch.times[at], scratch.timed[at]);
                        for watch in self.watches.iter_mut().filter(|w| w.list.base() == base) {
                            let id = watch.list.id_of(id, dictionaries);
                            if let Some(latency) = watch.slot(id) {
                                latency.shift([scratch.buckets[at]], step);
                            }
                        }
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
            if timed {
                let values = scratch.ids.iter().zip(&scratch.times).zip(&scratch.timed);
                values.for_each(|((&id, &time), &known)| counters.shift_time(id, time, known));
            }
            watches.for_each(|watch| watch.see(&scratch.ids, &scratch.buckets, step, dictionaries));
        }
    }

    /// Takes everything out, list by list, and is empty afterwards.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(Base, u32, Counter)) {
        for base in self.active.iter() {
            let counters = &mut self.bases[base as usize];
            // Many: reading all in order is cheaper than jumping and sorting.
            if counters.touched.len() > counters.by_id.len() / 16 {
                counters.touched.clear();
                for (id, counter) in (0u32..).zip(&mut counters.by_id) {
                    if counter.packed != 0 {
                        each(base, id, std::mem::take(counter));
                    }
                }
            } else {
                counters.touched.sort_unstable();
                for id in counters.touched.drain(..) {
                    each(base, id, std::mem::take(&mut counters.by_id[id as usize]));
                }
            }
        }
        let bases = std::mem::take(&mut self.bases);
        let scratch = std::mem::take(&mut self.scratch);
        let mut visitors = std::mem::take(&mut self.visitors);
        if visitors.distinct != 0 {
            visitors.counts.fill(0);
            visitors.distinct = 0;
        }
        let (draining, active) = (self.draining, self.active);
        *self = Tally { bases, scratch, visitors, draining, active, ..Tally::default() };
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

    #[inline(always)]
    fn shift_time(&mut self, id: u32, time_us: u64, known: u32) {
        let counter = &mut self.by_id[id as usize];
        counter.time_us = counter.time_us.wrapping_add(time_us);
        counter.timed = counter.timed.wrapping_add(known);
    }

    /// Counts a whole batch for one value.
    fn shift_all(&mut self, id: u32, scratch: &Scratch, timed: bool, step: u32, note: bool) {
        let sum = |numbers: &[u64]| numbers.iter().fold(0u64, |sum, n| sum.wrapping_add(*n));
        self.shift(id, sum(&scratch.bytes), sum(&scratch.packed), note);
        let counter = &mut self.by_id[id as usize];
        let s5xx = step.wrapping_mul(scratch.s5xx.len() as u32);
        counter.s5xx = counter.s5xx.wrapping_add(s5xx);
        if timed {
            let known = scratch.timed.iter().fold(0u32, |sum, n| sum.wrapping_add(*n));
            self.shift_time(id, sum(&scratch.times), known);
        }
    }
}

impl Watch {
    pub(crate) fn new(list: List) -> Watch {
        Watch { list, slot_of: Vec::new(), slots: Vec::new() }
    }

    #[inline(always)]
    fn slot(&mut self, id: u32) -> Option<&mut Dense> {
        let at = self.slot_of.get(id as usize)?.checked_sub(1)?;
        self.slots.get_mut(usize::from(at)).map(|slot| &mut slot.latency)
    }

    fn see(&mut self, ids: &[u32], buckets: &[u32], step: u32, dictionaries: &Dictionaries) {
        if self.slots.is_empty() {
            return;
        }
        for (&id, &bucket) in ids.iter().zip(buckets) {
            if let Some(latency) = self.slot(self.list.id_of(id, dictionaries)) {
                latency.shift([bucket], step);
            }
        }
    }

    /// Follows the latencies of the values `shown`; those that were not followed yet, whose past has
    /// to be read.
    pub(crate) fn follow(&mut self, shown: &[u32]) -> Vec<u32> {
        let mut fresh = Vec::new();
        for &id in shown {
            if self.slot_of.get(id as usize).is_some_and(|slot| *slot != 0) {
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
                self.slot_of[old as usize] = 0;
            }
            slot.latency.clear();
            if self.slot_of.len() <= id as usize {
                self.slot_of.resize(id as usize + 1, 0);
            }
            // Below SLOTS.
            self.slot_of[id as usize] = at as u8 + 1;
            fresh.push(id);
        }
        fresh
    }

    /// The past of a value that has just begun to be followed.
    pub(crate) fn set_latency(&mut self, id: u32, latency: Dense) {
        if let Some(slot) = self.slot(id) {
            *slot = latency;
        }
    }

    /// Lets go of ids that will be given again.
    pub(crate) fn forget(&mut self, freed: &[u32]) {
        for &id in freed {
            if let Some(place) = self.slot_of.get_mut(id as usize)
                && let Some(at) = std::mem::take(place).checked_sub(1)
            {
                let slot = &mut self.slots[usize::from(at)];
                slot.id = None;
                slot.latency.clear();
            }
        }
    }

    /// The latencies of a value, where they are followed.
    pub(crate) fn latency(&self, id: u32) -> Option<&Dense> {
        let at = self.slot_of.get(id as usize)?.checked_sub(1)?;
        self.slots.get(usize::from(at)).map(|slot| &slot.latency)
    }
}

#[inline]
fn bucket_of(us: u32) -> u32 {
    us.checked_sub(1).map_or(NO_BUCKET, |us| bucket(us).into())
}

/// Reads the latency buckets; false where the column has none at all.
pub(crate) fn load_buckets(column: &Column, rows: Rows<'_>, buckets: &mut Vec<u32>) -> bool {
    if matches!(column, Column::Const(0)) {
        return false;
    }
    column.load(rows, buckets);
    buckets.iter_mut().for_each(|us| *us = bucket_of(*us));
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
