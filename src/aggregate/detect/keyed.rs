//! A bounded table of series by name: routes, sites, clients. Rare names make room for frequent ones.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::aggregate::forget::FORGOTTEN;
use crate::vocab::time::Second;

/// Seconds in which what a name was worth halves.
const HALF_LIFE_S: f64 = 3600.0;
/// Entries that are looked at to find one that makes room. The least of eight is below the eighth part
/// of all, near enough to the least of all and a thousand times cheaper.
const PROBES: usize = 8;
/// No entry.
const NONE: u32 = u32::MAX;

/// See the module.
#[derive(Debug)]
pub(super) struct Keyed<T> {
    entries: Vec<Entry<T>>,
    by_text: HashMap<Box<str>, u32, RandomState>,
    /// Place of the entry that an id of the window's stood for last; its text is compared, for ids are
    /// given again.
    by_id: Vec<u32>,
    cap: usize,
    hand: usize,
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) text: Box<str>,
    weight: f64,
    at: Second,
    pub(super) value: T,
}

impl<T> Entry<T> {
    fn weight(&self, second: Second) -> f64 {
        self.weight * (-((second.0 - self.at.0).max(0) as f64) / HALF_LIFE_S).exp2()
    }
}

impl<T> Keyed<T> {
    pub(super) fn new(cap: usize) -> Keyed<T> {
        Keyed { entries: Vec::new(), by_text: HashMap::default(), by_id: Vec::new(), cap, hand: 0 }
    }

    /// The place of a name that was just seen `count` times. `None` where the table is full of names
    /// worth more, or of such that `holds` says must stay.
    pub(super) fn touch(
        &mut self,
        (id, text): (u32, &str),
        second: Second,
        count: f64,
        make: impl FnOnce() -> T,
        holds: impl Fn(&T) -> bool,
    ) -> Option<usize> {
        let known = self.by_id.get(id as usize).copied().unwrap_or(NONE);
        let known = self.entries.get(known as usize).filter(|entry| *entry.text == *text);
        let place = match known {
            Some(_) => self.by_id[id as usize],
            None => match self.by_text.get(text) {
                Some(place) => *place,
                None => self.admit(text, second, count, make, holds)?,
            },
        };
        if self.by_id.len() <= id as usize {
            self.by_id.resize(id as usize + 1, NONE);
        }
        self.by_id[id as usize] = place;
        let entry = &mut self.entries[place as usize];
        entry.weight = entry.weight(second) + count;
        entry.at = second;
        Some(place as usize)
    }

    fn admit(
        &mut self,
        text: &str,
        second: Second,
        count: f64,
        make: impl FnOnce() -> T,
        holds: impl Fn(&T) -> bool,
    ) -> Option<u32> {
        let entry = |value| Entry { text: text.into(), weight: 0.0, at: second, value };
        let place = if self.entries.len() < self.cap {
            self.entries.push(entry(make()));
            self.entries.len() - 1
        } else {
            let len = self.entries.len();
            let hand = self.hand;
            let probes = (0..PROBES.min(len)).map(|n| (hand + n) % len);
            self.hand = (hand + PROBES) % len.max(1);
            let weighed = probes
                .filter(|&place| !holds(&self.entries[place].value))
                .map(|place| (place, self.entries[place].weight(second)));
            let (place, weight) = weighed.min_by(|a, b| a.1.total_cmp(&b.1))?;
            if weight >= count {
                return None;
            }
            let old = std::mem::replace(&mut self.entries[place], entry(make()));
            self.by_text.remove(&old.text);
            place
        };
        // Caps are far below 2^32.
        let place = place as u32;
        self.by_text.insert(text.into(), place);
        Some(place)
    }

    /// Lets the entry of a name go on without it; tells whether there was one.
    pub(super) fn forget(&mut self, text: &str) -> bool {
        let place = self.by_text.remove(text);
        let entry = place.and_then(|place| self.entries.get_mut(place as usize));
        entry.map(|entry| entry.text = FORGOTTEN.into()).is_some()
    }

    /// The place of a name, if it is known.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        self.by_text.get(text).map(|place| *place as usize)
    }

    /// As [`find`](Self::find), quicker.
    pub(super) fn find_id(&self, id: u32, text: &str) -> Option<usize> {
        let place = *self.by_id.get(id as usize)? as usize;
        self.entries.get(place).filter(|entry| *entry.text == *text).map(|_| place)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> &mut Entry<T> {
        &mut self.entries[place]
    }

    pub(super) fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    pub(super) fn entries_mut(&mut self) -> &mut [Entry<T>] {
        &mut self.entries
    }

    /// Names with what `keep` finds worth keeping of them.
    pub(super) fn saved<S>(&self, keep: impl Fn(&T) -> Option<S>) -> Vec<(String, f64, i64, S)> {
        let entries = self.entries.iter();
        entries
            .filter_map(|e| Some((e.text.to_string(), e.weight, e.at.0, keep(&e.value)?)))
            .collect()
    }

    pub(super) fn restore<S>(&mut self, saved: Vec<(String, f64, i64, S)>, make: impl Fn(S) -> T) {
        for (text, weight, at, value) in saved.into_iter().take(self.cap) {
            let text: Box<str> = text.into();
            if self.by_text.contains_key(&text) {
                continue;
            }
            self.by_text.insert(text.clone(), self.entries.len() as u32);
            self.entries.push(Entry { text, weight, at: Second(at), value: make(value) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_new_names_cannot_push_out_the_frequent_ones() {
        let mut table = Keyed::<u32>::new(16);
        for t in 0..100 {
            for id in 0..8u32 {
                let text = format!("/page{id}");
                table.touch((id, &text), Second(t), 1.0, || id, |_| false);
            }
        }
        for n in 0..10_000u32 {
            table.touch((8 + n, &format!("/guess{n}")), Second(100), 1.0, || 99, |_| false);
        }
        for id in 0..8 {
            assert!(table.find(&format!("/page{id}")).is_some());
        }
        assert_eq!(table.entries().len(), 16);
        // An id that is given again stands for its new text.
        let place = table.touch((0, "/page3"), Second(101), 1.0, || 98, |_| false).unwrap();
        assert_eq!(table.get_mut(place).value, 3);
    }
}
