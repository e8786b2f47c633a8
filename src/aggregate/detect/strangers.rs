//! Clients that were here before: who was served some time ago is no stranger.
//!
//! Bloom's filter (1970): some bits of the hash of each name, and no names. A stranger is rarely taken for
//! known, one who was here never for a stranger while that is remembered. What was seen waits for some
//! minutes, so that nobody is known by what he does in the attack itself.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;

use super::Input;
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::list::Base;
use crate::vocab::field::Field;

/// Bits of one filter, 128 KiB: some 150,000 clients until it is full …
const BITS: usize = 1 << 20;
/// … which it is with this part of the bits set: one stranger in sixteen is then taken for known.
const FULL: usize = BITS / 4;
/// Seconds for which what was seen waits at least.
const WAIT_S: i64 = 600;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    hasher: RandomState,
    fresh: Filter,
    waiting: Filter,
    /// What is known, and what was known when that became full.
    known: Filter,
    older: Filter,
    /// Where the next ten minutes begin, counted from the epoch.
    next: i64,
}

impl Strangers {
    /// Takes in who was served in this second.
    pub(super) fn tick(&mut self, input: &Input<'_>) {
        let now = input.second.0.div_euclid(WAIT_S);
        if now != self.next {
            self.next = now;
            self.pass();
        }
        let names = input.dictionaries.field(Field::Client);
        for &(id, count) in input.rollup.counts(Base::Clients) {
            if id != ABSENT && id != OTHER && count.requests > count.s4xx {
                self.fresh.add(self.hasher.hash_one(names.text(id)));
            }
        }
    }

    /// Whether this client was served before.
    pub(super) fn knows(&self, name: &str) -> bool {
        let hash = self.hasher.hash_one(name);
        self.known.has(hash) || self.older.has(hash)
    }

    fn pass(&mut self) {
        if self.known.set >= FULL {
            self.older = std::mem::take(&mut self.known);
        }
        self.known.merge(&self.waiting);
        self.waiting = std::mem::take(&mut self.fresh);
    }
}

/// Empty until something is added.
#[derive(Debug, Default)]
struct Filter {
    words: Vec<u64>,
    set: usize,
}

impl Filter {
    fn places(hash: u64) -> [(usize, u64); 2] {
        [hash as usize, (hash >> 32) as usize].map(|n| (n % BITS / 64, 1 << (n % 64)))
    }

    fn add(&mut self, hash: u64) {
        if self.set >= FULL {
            return;
        }
        self.words.resize(BITS / 64, 0);
        for (word, bit) in Filter::places(hash) {
            self.set += usize::from(self.words[word] & bit == 0);
            self.words[word] |= bit;
        }
    }

    fn has(&self, hash: u64) -> bool {
        let is_set = |(word, bit): (usize, u64)| self.words.get(word).is_some_and(|w| w & bit != 0);
        Filter::places(hash).into_iter().all(is_set)
    }

    fn merge(&mut self, other: &Filter) {
        if other.words.is_empty() {
            return;
        }
        self.words.resize(BITS / 64, 0);
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine |= theirs;
        }
        self.set = self.words.iter().map(|word| word.count_ones() as usize).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_here_is_known_and_few_others_are() {
        let mut strangers = Strangers::default();
        let name = |n: u32| format!("192.0.{}.{}", n / 256, n % 256);
        for n in 0..60_000 {
            let hash = strangers.hasher.hash_one(&*name(n));
            strangers.fresh.add(hash);
        }
        assert!(!strangers.knows(&name(7)), "what was just seen waits");
        strangers.pass();
        assert!(!strangers.knows(&name(7)));
        strangers.pass();
        assert!((0..60_000).all(|n| strangers.knows(&name(n))));
        let taken = (100_000..110_000).filter(|&n| strangers.knows(&name(n))).count();
        assert!(taken < 300, "{taken}");
    }

    #[test]
    fn a_flood_of_names_makes_nobody_known() {
        let mut strangers = Strangers::default();
        for round in 0..40u64 {
            for n in 0..100_000u64 {
                strangers.fresh.add(strangers.hasher.hash_one(round << 32 | n));
            }
            strangers.pass();
        }
        let taken = (0..10_000).filter(|n| strangers.knows(&format!("stranger {n}"))).count();
        assert!(taken < 3_000, "{taken}");
    }
}
