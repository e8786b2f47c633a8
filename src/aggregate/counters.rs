//! Counters of the values of one base, by id, and what a batch of requests adds to them.

use multiversion::multiversion;

use super::loaded::Loaded;
use super::tally::Change;

/// What is known of one value of a list. Four numbers of one width: what a row adds is added in two
/// instructions. Aligned, so that none is in two lines of the cache: of many values each row waits for one.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
pub struct Counter {
    pub bytes: u64,
    /// Requests in the lower half, those of 4xx in the upper. Neither half is ever below zero, so a
    /// borrow between them is always paid back.
    packed: u64,
    time_us: u64,
    /// Requests of 5xx in the lower half, those whose time is known in the upper.
    rest: u64,
}

impl Counter {
    /// So many requests of which nothing else is known.
    pub(crate) fn of(requests: u64) -> Counter {
        Counter { packed: requests, ..Counter::default() }
    }

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
        self.rest as u32
    }

    /// Responses of 400 and above.
    #[must_use]
    pub fn errors(&self) -> u32 {
        self.s4xx().wrapping_add(self.s5xx())
    }

    /// Time of all requests together, microseconds.
    #[must_use]
    pub fn time_us(&self) -> u64 {
        self.time_us
    }

    /// Requests whose time is known.
    #[must_use]
    pub fn timed(&self) -> u32 {
        (self.rest >> 32) as u32
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, other: &Counter) {
        self.bytes = self.bytes.wrapping_add(other.bytes);
        self.packed = self.packed.wrapping_add(other.packed);
        self.time_us = self.time_us.wrapping_add(other.time_us);
        self.rest = self.rest.wrapping_add(other.rest);
    }
}

/// Counters of one base, by id.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    pub(crate) by_id: Vec<Counter>,
    /// Ids that left zero since the last [`drain`](Counters::drain), where that is wanted.
    touched: Vec<u32>,
}

impl Counters {
    pub(crate) fn reserve(&mut self, bound: usize) {
        if self.by_id.len() < bound {
            self.by_id.resize(bound, Counter::default());
        }
    }

    /// Adds to one value, and notes it for [`drain`](Counters::drain) where that is wanted.
    #[inline(always)]
    pub(crate) fn shift(&mut self, id: u32, delta: &Counter, note: bool) {
        let counter = &mut self.by_id[id as usize];
        if note && counter.packed == 0 {
            self.touched.push(id);
        }
        counter.add(delta);
    }

    /// Takes everything out that was noted.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(u32, Counter)) {
        // Many: reading all in order is cheaper than jumping and sorting.
        if self.touched.len() > self.by_id.len() / 16 {
            self.touched.clear();
            for (id, counter) in (0u32..).zip(&mut self.by_id) {
                if counter.packed != 0 {
                    each(id, std::mem::take(counter));
                }
            }
        } else {
            self.touched.sort_unstable();
            for id in self.touched.drain(..) {
                each(id, std::mem::take(&mut self.by_id[id as usize]));
            }
        }
    }
}

/// Adds one delta a row to the counters of each base that has ids of the rows.
///
/// Of few values the next row often has the same, and its addition has to wait for the last one: three
/// such bases are counted together, so that the others get on meanwhile. Many values wait for memory,
/// and more of them at a time where each base has a loop of its own.
pub(crate) fn shift_each(bases: &mut [Counters], ids: &[Vec<u32>], deltas: &[Counter]) {
    /// Up to so many, counters stay in the first caches.
    const FEW: usize = 1024;
    let counted = bases.iter_mut().map(|base| &mut base.by_id[..]).zip(ids);
    let mut few = [const { None }; 3];
    let mut held = 0;
    for (counters, ids) in counted.filter(|(_, ids)| !ids.is_empty()) {
        if counters.len() > FEW {
            shift_together([(counters, ids)], deltas);
            continue;
        }
        few[held] = Some((counters, ids));
        held += 1;
        if let [Some(a), Some(b), Some(c)] = &mut few {
            shift_together([(a.0, a.1), (b.0, b.1), (c.0, c.1)], deltas);
            few = [const { None }; 3];
            held = 0;
        }
    }
    match &mut few {
        [Some(a), Some(b), _] => shift_together([(a.0, a.1), (b.0, b.1)], deltas),
        [Some(a), ..] => shift_together([(a.0, a.1)], deltas),
        _ => {}
    }
}

// A loop of its own has the registers that it needs.
#[multiversion(targets("x86_64+avx2+popcnt"))]
fn shift_together<const N: usize>(bases: [(&mut [Counter], &[u32]); N], deltas: &[Counter]) {
    // Each id may be out of bounds, so a compiler leaves the loop as it is written: four rows at a time.
    const ROWS: usize = 4;
    let (groups, odd) = deltas.as_chunks::<ROWS>();
    let mut bases =
        bases.map(|(counters, ids)| (counters, ids[..deltas.len()].as_chunks::<ROWS>()));
    for (at, deltas) in groups.iter().enumerate() {
        let mut ids = [[0; ROWS]; N];
        ids.iter_mut().zip(&bases).for_each(|(ids, (_, (all, _)))| *ids = all[at]);
        for (row, delta) in deltas.iter().enumerate() {
            for ((counters, _), ids) in bases.iter_mut().zip(&ids) {
                counters[ids[row] as usize].add(delta);
            }
        }
    }
    for (row, delta) in odd.iter().enumerate() {
        for (counters, (_, ids)) in &mut bases {
            counters[ids[row] as usize].add(delta);
        }
    }
}

/// Writes what each request adds to its counters, or takes away from them.
#[multiversion(targets("x86_64+avx2+popcnt"))]
pub(crate) fn weigh(loaded: &Loaded, change: Change, deltas: &mut Vec<Counter>) {
    match change {
        Change::Add => write(loaded, deltas, |n| n),
        Change::Remove => write(loaded, deltas, u64::wrapping_neg),
    }
}

#[inline(always)]
fn write(loaded: &Loaded, deltas: &mut Vec<Counter>, signed: impl Fn(u64) -> u64) {
    let delta = |status: u32, bytes: u64, us: u32| {
        let [s4xx, s5xx] = [400, 500].map(|least| u64::from(status.wrapping_sub(least) < 100));
        Counter {
            bytes: signed(bytes),
            packed: signed(1 | s4xx << 32),
            time_us: signed(u64::from(us.saturating_sub(1))),
            rest: signed(s5xx | u64::from(us != 0) << 32),
        }
    };
    deltas.clear();
    let numbers = loaded.status.iter().zip(&loaded.bytes);
    if loaded.request.known {
        let all = numbers.zip(&loaded.request.us);
        deltas.extend(all.map(|((&status, &bytes), &us)| delta(status, bytes, us)));
    } else {
        deltas.extend(numbers.map(|(&status, &bytes)| delta(status, bytes, 0)));
    }
}
