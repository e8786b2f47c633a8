//! A tally: everything that a summary says about a set of rows, to which rows can be added and
//! from which they can be taken away again.
//!
//! Counting by id into arrays makes both exact and cheap; taking away is adding -1, so one loop
//! serves both.

use super::column::{Column, Columns, Rows};
use super::counters::{Counter, Counters, shift_each, weigh};
use super::detail::Seen;
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::list::{Base, Bases, List};
use super::loaded::Loaded;
use super::quantile::{Dense, Paged};
use super::rollup::{Refused, is_login_form};
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
    latency: Paged,
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
    /// Microseconds plus one of the longest that was ever added; 0 where none was.
    pub(crate) longest: u32,
    pub(crate) upstream_longest: u32,
    pub(crate) watches: Vec<Watch>,
    /// Where draining: every request that was refused, and every login form that came back.
    pub(crate) refused: Vec<Refused>,
    /// Whether ids are noted for [`drain`](Tally::drain).
    draining: bool,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    loaded: Loaded,
    ids: Vec<u32>,
    /// What each row adds to its counters, or takes away from them.
    deltas: Vec<Counter>,
    /// Places in the batch of the rows of 404: few.
    s404: Vec<u32>,
    /// Of each base that is counted row by row, the ids of the rows.
    by_base: [Vec<u32>; Base::COUNT],
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

    /// Adds another one.
    pub(crate) fn merge(&mut self, other: &Multiset) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        let mut distinct = 0;
        for (id, count) in (0u32..).zip(&mut self.counts) {
            *count = count.wrapping_add(other.counts.get(id as usize).copied().unwrap_or(0));
            distinct += u64::from((*count != 0) & (id != ABSENT));
        }
        self.distinct = distinct;
    }

    /// Adds or removes ids below `bound`; [`ABSENT`] does not count.
    pub(crate) fn shift(&mut self, ids: &[u32], step: u32, bound: usize) {
        if self.counts.len() < bound {
            self.counts.resize(bound, 0);
        }
        // Out of `self`, or each row would write the sum to memory and read where the counts are.
        let counts = &mut self.counts[..];
        let has_absent =
            |counts: &[u32]| u64::from(counts.get(ABSENT as usize).is_some_and(|n| *n != 0));
        let mut distinct = self.distinct.wrapping_add(has_absent(counts));
        for &id in ids {
            let count = &mut counts[id as usize];
            let before = *count;
            *count = before.wrapping_add(step);
            let (came, went) = (before == 0, *count == 0);
            distinct = distinct.wrapping_add(came.into()).wrapping_sub(went.into());
        }
        self.distinct = distinct.wrapping_sub(has_absent(counts));
    }

    /// Adds or removes the visitors of a batch.
    pub(crate) fn apply(&mut self, loaded: &Loaded, change: Change, dictionaries: &Dictionaries) {
        if !loaded.visitors.is_empty() {
            self.shift(&loaded.visitors, step(change), dictionaries.visitors().bound());
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

    /// A tally whose content `drain` will take out.
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

    /// The sum of tallies that count the same bases.
    pub(crate) fn sum(tallies: Vec<Tally>) -> Tally {
        let mut all = tallies.into_iter();
        let mut sum = all.next().unwrap_or_default();
        all.for_each(|tally| sum.merge(&tally));
        sum
    }

    /// Adds a tally of other rows that counts the same bases.
    pub(crate) fn merge(&mut self, other: &Tally) {
        let shift = |sum: &mut u64, n: u64| *sum = sum.wrapping_add(n);
        shift(&mut self.requests, other.requests);
        shift(&mut self.errors, other.errors);
        shift(&mut self.messages, other.messages);
        shift(&mut self.bytes_out, other.bytes_out);
        shift(&mut self.bytes_in, other.bytes_in);
        shift(&mut self.time_us, other.time_us);
        shift(&mut self.timed, other.timed);
        shift(&mut self.upstream_us, other.upstream_us);
        shift(&mut self.upstream_timed, other.upstream_timed);
        self.longest = self.longest.max(other.longest);
        self.upstream_longest = self.upstream_longest.max(other.upstream_longest);
        for (mine, theirs) in [
            (&mut self.status, &other.status),
            (&mut self.methods, &other.methods),
            (&mut self.protocols, &other.protocols),
            (&mut self.levels, &other.levels),
        ] {
            mine.resize(mine.len().max(theirs.len()), 0);
            mine.iter_mut().zip(theirs).for_each(|(sum, n)| shift(sum, *n));
        }
        self.latency.merge(&other.latency);
        self.upstream.merge(&other.upstream);
        self.visitors.merge(&other.visitors);
        for base in self.active.iter() {
            let theirs = &other.bases[base as usize].by_id;
            let mine = &mut self.bases[base as usize];
            mine.reserve(theirs.len());
            mine.by_id.iter_mut().zip(theirs).for_each(|(counter, n)| counter.add(n));
        }
    }

    /// Lets go of the counters of all other bases: of a million paths they are 40 MB.
    pub(crate) fn keep_bases(&mut self, wanted: Bases) {
        let unwanted = self.active.without(wanted);
        for base in unwanted.iter() {
            self.bases[base as usize] = Counters::default();
        }
        self.active = self.active.without(unwanted);
    }

    /// Counters of the base that a list is put together from.
    #[must_use]
    pub fn base(&self, list: List) -> &Counters {
        &self.bases[list.base() as usize]
    }

    /// Adds or takes away the rows of a batch.
    pub fn apply(&mut self, batch: Batch<'_>, change: Change, dictionaries: &Dictionaries) {
        let mut loaded = std::mem::take(&mut self.scratch.loaded);
        if !batch.access.is_empty() {
            loaded.load(&batch);
        }
        self.apply_loaded(&batch, &loaded, change, dictionaries);
        self.scratch.loaded = loaded;
    }

    /// Counts the lines of error logs, and those that fit no format, as if they were requests: whose, of
    /// what and where they are. For a look at the lines alone, never into a tally of requests.
    pub(crate) fn count_lines(&mut self, batch: &Batch<'_>, dictionaries: &Dictionaries) {
        let one = Counter::of(1);
        for rows in [batch.errors, batch.messages].map(Rows::Picked) {
            self.requests += rows.len() as u64;
            for base in self.active.iter().filter(|base| base.field().is_some()) {
                let Some(column) = base.column(batch.columns) else { continue };
                column.load(rows, &mut self.scratch.ids);
                let counters = &mut self.bases[base as usize];
                counters.reserve(base.bound(dictionaries));
                for &id in &self.scratch.ids {
                    counters.by_id[id as usize].add(&one);
                }
            }
        }
    }

    /// The same where the numbers are read already.
    pub(crate) fn apply_loaded(
        &mut self,
        batch: &Batch<'_>,
        loaded: &Loaded,
        change: Change,
        dictionaries: &Dictionaries,
    ) {
        self.apply_unshaped(batch, loaded, change, dictionaries);
        if !batch.access.is_empty() {
            let step = step(change);
            let times =
                [(&loaded.request, &mut self.latency), (&loaded.upstream, &mut self.upstream)];
            for (times, histogram) in times.into_iter().filter(|(times, _)| times.known) {
                histogram.shift(&times.buckets, step);
            }
        }
    }

    /// The same without the histograms of times, for whoever counts them otherwise.
    pub(crate) fn apply_unshaped(
        &mut self,
        batch: &Batch<'_>,
        loaded: &Loaded,
        change: Change,
        dictionaries: &Dictionaries,
    ) {
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
            if self.active.has(Base::Messages) {
                columns.text(Field::Message).load(rows, &mut self.scratch.ids);
                let counters = &mut self.bases[Base::Messages as usize];
                counters.reserve(Base::Messages.bound(dictionaries));
                let one = Counter::of(wide);
                for &id in &self.scratch.ids {
                    counters.shift(id, &one, self.draining);
                }
            }
        }
        let rows = batch.access;
        if rows.is_empty() {
            return;
        }
        let shift = |sum: &mut u64, n: u64| *sum = sum.wrapping_add(wide.wrapping_mul(n));
        shift(&mut self.requests, rows.len() as u64);
        shift(&mut self.bytes_out, loaded.bytes_out);
        shift(&mut self.bytes_in, loaded.bytes_in);
        let (request, upstream) = (&loaded.request, &loaded.upstream);
        if request.known {
            shift(&mut self.time_us, request.sum_us);
            shift(&mut self.timed, request.timed);
            if change == Change::Add {
                self.longest = self.longest.max(request.longest);
            }
        }
        if upstream.known {
            shift(&mut self.upstream_us, upstream.sum_us);
            shift(&mut self.upstream_timed, upstream.timed);
            if change == Change::Add {
                self.upstream_longest = self.upstream_longest.max(upstream.longest);
            }
        }
        self.visitors.apply(loaded, change, dictionaries);
        if self.status.is_empty() {
            self.status = vec![0; 1000];
        }
        let scratch = &mut self.scratch;
        scratch.s404.clear();
        let statuses = &mut self.status[..];
        for (at, &status) in (0u32..).zip(&loaded.status) {
            let cell = &mut statuses[status as usize];
            *cell = cell.wrapping_add(wide);
            if status == 404 {
                scratch.s404.push(at);
            }
        }
        if self.draining {
            let of_client = |(_, status): &(usize, &u32)| **status / 100 == 4;
            for (at, &status) in loaded.status.iter().enumerate().filter(of_client) {
                // Below 500.
                self.refused.push(refused(columns, rows.row(at), status as u16));
            }
            returned(batch, loaded, dictionaries, &mut scratch.ids, &mut self.refused);
        }
        weigh(loaded, change, &mut scratch.deltas);
        for (field, counts) in
            [(Field::Method, &mut self.methods), (Field::Protocol, &mut self.protocols)]
        {
            let bound = dictionaries.field(field).bound();
            match columns.text(field) {
                Column::Const(0) => {}
                Column::Const(id) => {
                    let all = wide.wrapping_mul(rows.len() as u64);
                    count(counts, &[*id as u32], all, bound);
                }
                column => {
                    column.load(rows, &mut scratch.ids);
                    count(counts, &scratch.ids, wide, bound);
                }
            }
        }
        scratch.by_base.iter_mut().for_each(Vec::clear);
        for base in self.active.iter() {
            let counters = &mut self.bases[base as usize];
            let ids = &mut scratch.by_base[base as usize];
            let watches =
                self.watches.iter_mut().filter(|w| request.known && w.list.base() == base);
            match base {
                Base::Bands if request.known => request.bands(ids),
                Base::UpstreamBands if upstream.known => upstream.bands(ids),
                Base::NotFound => {
                    let Some(column) = base.column(columns) else { continue };
                    counters.reserve(base.bound(dictionaries));
                    // Few of the rows: each is asked for by itself.
                    let found = scratch.s404.iter().map(|&at| at as usize);
                    // Ids are 32 bits wide.
                    ids.extend(found.clone().map(|at| column.get(rows.row(at)) as u32));
                    for (&id, at) in ids.iter().zip(found.clone()) {
                        counters.shift(id, &scratch.deltas[at], self.draining);
                    }
                    for watch in watches {
                        for (id, at) in ids.chunks(1).zip(found.clone()) {
                            watch.see(id, &request.buckets[at..=at], step, dictionaries);
                        }
                    }
                    ids.clear();
                    continue;
                }
                _ => match base.column(columns) {
                    None => continue,
                    Some(Column::Const(id)) => {
                        // Ids are 32 bits wide.
                        let id = *id as u32;
                        counters.reserve(base.bound(dictionaries));
                        let mut whole = Counter::default();
                        scratch.deltas.iter().for_each(|delta| whole.add(delta));
                        counters.shift(id, &whole, self.draining);
                        for watch in watches {
                            let id = watch.list.shown_id_of(id, dictionaries);
                            if let Some(latency) = watch.slot(id) {
                                latency.shift(request.buckets.iter().copied(), step);
                            }
                        }
                        continue;
                    }
                    Some(column) => column.load(rows, ids),
                },
            }
            counters.reserve(base.bound(dictionaries));
            watches.for_each(|watch| watch.see(ids, &request.buckets, step, dictionaries));
        }
        if self.draining {
            let counted = self.bases.iter_mut().zip(&scratch.by_base);
            for (counters, ids) in counted.filter(|(_, ids)| !ids.is_empty()) {
                let values = ids.iter().zip(&scratch.deltas);
                values.for_each(|(&id, delta)| counters.shift(id, delta, true));
            }
        } else {
            shift_each(&mut self.bases, &scratch.by_base, &scratch.deltas);
        }
    }

    /// Ids of the requests of the batch that was counted last; none where all of them have the same, or
    /// where the base is not counted.
    pub(crate) fn last_ids(&self, base: Base) -> &[u32] {
        &self.scratch.by_base[base as usize]
    }

    /// Places in the batch that was counted last of the requests of 404.
    pub(crate) fn last_not_found(&self) -> &[u32] {
        &self.scratch.s404
    }

    /// Takes everything out, list by list, and is empty afterwards.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(Base, u32, Counter)) {
        for base in self.active.iter() {
            self.bases[base as usize].drain(|id, counter| each(base, id, counter));
        }
        let bases = std::mem::take(&mut self.bases);
        let scratch = std::mem::take(&mut self.scratch);
        let mut visitors = std::mem::take(&mut self.visitors);
        if visitors.distinct != 0 {
            visitors.counts.fill(0);
            visitors.distinct = 0;
        }
        let (draining, active) = (self.draining, self.active);
        let refused = std::mem::take(&mut self.refused);
        *self = Tally { bases, scratch, visitors, refused, draining, active, ..Tally::default() };
    }
}

/// Who was refused what.
fn refused(columns: &Columns, row: usize, status: u16) -> Refused {
    // Ids are 32 bits wide.
    let id = |field| columns.text(field).get(row) as u32;
    Refused {
        client: id(Field::Client),
        path: id(Field::Path),
        site: id(Field::Site),
        method: id(Field::Method),
        status,
    }
}

/// Adds the login forms that came back. Methods are few: the one of the row before is mostly the next one's, too.
fn returned(
    batch: &Batch<'_>,
    loaded: &Loaded,
    dictionaries: &Dictionaries,
    ids: &mut Vec<u32>,
    refusals: &mut Vec<Refused>,
) {
    let (rows, columns) = (batch.access, batch.columns);
    let (methods, paths) = (dictionaries.field(Field::Method), dictionaries.field(Field::Path));
    let path = columns.text(Field::Path);
    columns.text(Field::Method).load(rows, ids);
    let mut last = (ABSENT, false);
    for (at, (&id, _)) in
        ids.iter().zip(&loaded.status).enumerate().filter(|(_, (_, status))| **status == 200)
    {
        if id != last.0 {
            last = (id, methods.text(id) == "POST");
        }
        if last.1 && is_login_form(paths.text(path.get(rows.row(at)) as u32)) {
            refusals.push(refused(columns, rows.row(at), 200));
        }
    }
}

impl Watch {
    pub(crate) fn new(list: List) -> Watch {
        Watch { list, slot_of: Vec::new(), slots: Vec::new() }
    }

    /// Follows the latencies of these values from what a look at them counted.
    pub(crate) fn of(list: List, ids: &[u32], seen: &Seen) -> Watch {
        let mut watch = Watch::new(list);
        for id in watch.follow(ids) {
            watch.set_latency(id, seen.times(list, id).cloned().unwrap_or_default());
        }
        watch
    }

    /// The values whose latencies are followed.
    pub(crate) fn followed(&self) -> Vec<u32> {
        self.slots.iter().filter_map(|slot| slot.id).collect()
    }

    /// Takes away what a look at them counted.
    pub(crate) fn take(&mut self, seen: &Seen) {
        for slot in &mut self.slots {
            if let Some(times) = slot.id.and_then(|id| seen.times(self.list, id)) {
                slot.latency.take(times);
            }
        }
    }

    #[inline(always)]
    fn slot(&mut self, id: u32) -> Option<&mut Paged> {
        let at = self.slot_of.get(id as usize)?.checked_sub(1)?;
        self.slots.get_mut(usize::from(at)).map(|slot| &mut slot.latency)
    }

    fn see(&mut self, ids: &[u32], buckets: &[u32], step: u32, dictionaries: &Dictionaries) {
        if self.slots.is_empty() {
            return;
        }
        for (&id, &bucket) in ids.iter().zip(buckets) {
            if let Some(latency) = self.slot(self.list.shown_id_of(id, dictionaries)) {
                latency.shift([bucket], step);
            }
        }
    }

    /// Whether the latencies of all of these are followed.
    pub(crate) fn follows(&self, shown: &[u32]) -> bool {
        shown.iter().all(|&id| self.slot_of.get(id as usize).is_some_and(|slot| *slot != 0))
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
    pub(crate) fn set_latency(&mut self, id: u32, latency: Paged) {
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
    pub(crate) fn latency(&self, id: u32) -> Option<&Paged> {
        let at = self.slot_of.get(id as usize)?.checked_sub(1)?;
        self.slots.get(usize::from(at)).map(|slot| &slot.latency)
    }
}

fn count(counts: &mut Vec<u64>, ids: &[u32], step: u64, bound: usize) {
    /// Below this many values the next row often has the same one; four lanes let its addition
    /// start before the last one is stored.
    const FEW: usize = 64;
    if counts.len() < bound {
        counts.resize(bound, 0);
    }
    if bound > FEW || ids.len() < FEW {
        let counts = &mut counts[..];
        for &id in ids {
            let cell = &mut counts[id as usize];
            *cell = cell.wrapping_add(step);
        }
        return;
    }
    let mut lanes = [[0u32; FEW]; 4];
    let (fours, odd) = ids.as_chunks::<4>();
    let mut add = |ids: &[u32]| {
        for (lane, &id) in lanes.iter_mut().zip(ids) {
            let cell = &mut lane[id as usize % FEW];
            *cell = cell.wrapping_add(1);
        }
    };
    fours.iter().for_each(|ids| add(ids));
    add(odd);
    for (id, cell) in counts.iter_mut().enumerate().take(FEW) {
        let n: u32 = lanes.iter().map(|lane| lane[id]).sum();
        *cell = cell.wrapping_add(step.wrapping_mul(n.into()));
    }
}
