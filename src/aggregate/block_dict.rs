//! The dictionary of one field in one block: texts as small numbers, given in the order in which they come.
//!
//! What it costs is waiting: a busy second's texts are more than the caches nearest to a core hold. So texts are
//! looked up some at a time, and all of their memory is asked for before the first of it is needed.

use std::hint::black_box;

use super::dict::{ABSENT, FIRST, OTHER, Seeds};
use super::row::present;
use crate::decode::seek::same;

/// New values that one field may bring in one second.
const BLOCK_VALUES: usize = 65_536;
/// Bytes of new text that one field may bring in one second.
const BLOCK_TEXT: usize = 4 << 20;
/// Values beyond those, of which a block keeps only the hash: the ones that the window knows
/// already keep their own id through it, so a flood of new values can't push out the honest ones.
const BLOCK_HASHES: usize = 1 << 20;

/// Texts that are looked up together.
pub(crate) const TOGETHER: usize = 32;
/// Slots above which their memory is asked for beforehand: fewer of them, and their texts, are close at hand.
const NEAR: usize = 256;
const MIN_SLOTS: usize = 32;
/// Where the id of the text before these is while they are looked up; before it stands the one of none.
const LAST: usize = 1;

/// Where the table sends a text: to its id, and straight to where the text lies. Without that a look-up reads the
/// ends of two texts first, and each is in a line of memory of its own.
///
/// From the top: 10 bits of the hash, 22 of start, 11 of length, 21 of id. All zero where there is no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot(u64);

impl Slot {
    const ID_BITS: u32 = 21;
    const LENGTH_BITS: u32 = 11;
    const START_BITS: u32 = 22;
    const TAG_SHIFT: u32 = Slot::ID_BITS + Slot::LENGTH_BITS + Slot::START_BITS;
    const NONE: Slot = Slot(0);
    /// The length of longer texts, and of those that were not kept.
    const ASK: usize = (1 << Slot::LENGTH_BITS) - 1;

    #[inline]
    fn new(hash: u64, id: u32, start: usize, length: usize) -> Slot {
        const {
            assert!(FIRST as usize + BLOCK_VALUES + BLOCK_HASHES < 1 << Slot::ID_BITS);
            // No text is empty, so the last one begins before the end.
            assert!(BLOCK_TEXT <= 1 << Slot::START_BITS);
        };
        let place = (start << Slot::LENGTH_BITS | length.min(Slot::ASK)) as u64;
        Slot(hash >> Slot::TAG_SHIFT << Slot::TAG_SHIFT | place << Slot::ID_BITS | u64::from(id))
    }

    /// Whether the text may be one of this hash.
    #[inline]
    fn may_be(self, hash: u64) -> bool {
        (self.0 ^ hash) >> Slot::TAG_SHIFT == 0
    }

    #[inline]
    fn id(self) -> u32 {
        self.0 as u32 & ((1 << Slot::ID_BITS) - 1)
    }

    #[inline]
    fn start(self) -> usize {
        (self.0 >> (Slot::ID_BITS + Slot::LENGTH_BITS)) as usize & ((1 << Slot::START_BITS) - 1)
    }

    /// [`Slot::ASK`] where the dictionary has to be asked.
    #[inline]
    fn length(self) -> usize {
        (self.0 >> Slot::ID_BITS) as usize & Slot::ASK
    }
}

/// The texts of one field in one block, numbered as they come.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockDict {
    /// A power of two of them, or none; a text is in the first free one from where its hash says.
    slots: Vec<Slot>,
    hashes: Vec<u64>,
    /// End of each text in `text`; values beyond the caps have a hash and no text.
    ends: Vec<u32>,
    text: String,
    last: u32,
    /// Where the text of `last` lies in `text`; empty where it was not kept.
    last_text: (usize, usize),
    full: bool,
}

impl BlockDict {
    /// The ids of the texts, up to [`TOGETHER`] of them; that of none, of an empty one and of `-` is [`ABSENT`].
    #[inline(always)]
    pub(crate) fn ids<'a>(
        &mut self,
        seeds: &Seeds,
        texts: impl Iterator<Item = Option<&'a str>>,
    ) -> [u32; TOGETHER] {
        // Protocol and method seldom change from line to line: what is the same as before is not looked up.
        let (start, end) = self.last_text;
        let mut before = &self.text.as_bytes()[start..end];
        let mut wanted = [("", 0); TOGETHER];
        let mut known = [ABSENT; LAST + 1 + TOGETHER];
        known[LAST] = self.last;
        let mut at = LAST;
        // Where in `known` each text's id will be.
        let mut places = [0; TOGETHER];
        for (text, place) in texts.zip(&mut places) {
            if let Some(text) = present(text) {
                if !same(text.as_bytes(), before) {
                    wanted[at - LAST] = (text, seeds.text(text));
                    before = text.as_bytes();
                    at += 1;
                }
                *place = at as u8;
            }
        }
        let wanted = &wanted[..at - LAST];
        if self.slots.len() > NEAR {
            self.ask(wanted);
        }
        for (&(text, hash), id) in wanted.iter().zip(&mut known[LAST + 1..]) {
            self.look(hash, text);
            *id = self.last;
        }
        let mut ids = [ABSENT; TOGETHER];
        for (id, place) in ids.iter_mut().zip(places) {
            *id = known[usize::from(place)];
        }
        ids
    }

    /// The id of one text, which is not empty.
    pub(crate) fn id(&mut self, seeds: &Seeds, text: &str) -> u32 {
        let (start, end) = self.last_text;
        if !same(&self.text.as_bytes()[start..end], text.as_bytes()) {
            self.look(seeds.text(text), text);
        }
        self.last
    }

    /// Reads where these texts are looked up, each of them whatever the others say: so they are waited for
    /// together.
    #[inline]
    fn ask(&self, wanted: &[(&str, u64)]) {
        let mask = self.slots.len() - 1;
        let mut read = 0;
        for &(_, hash) in wanted {
            let start = self.slots[hash as usize & mask].start();
            read |= self.text.as_bytes().get(start).copied().unwrap_or(0);
        }
        black_box(read);
    }

    /// Finds or adds the text, which is the last one then.
    #[inline]
    fn look(&mut self, hash: u64, text: &str) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(&slot) = self.slots.get(at).filter(|&&slot| slot != Slot::NONE) {
            if slot.may_be(hash) {
                let (start, end) = (slot.start(), slot.start() + slot.length());
                let known = self.text.as_bytes().get(start..end);
                if slot.length() == Slot::ASK {
                    if self.is(slot.id(), hash, text) {
                        return self.remember(slot.id());
                    }
                } else if known.is_some_and(|known| same(known, text.as_bytes())) {
                    (self.last, self.last_text) = (slot.id(), (start, end));
                    return;
                }
            }
            at = (at + 1) & mask;
        }
        self.add(hash, text);
    }

    /// Whether this value is the text; where it was not kept, whether its hash is.
    #[cold]
    fn is(&self, id: u32, hash: u64, text: &str) -> bool {
        match self.text(id) {
            Some(known) => known == text,
            None => self.hashes[(id - FIRST) as usize] == hash,
        }
    }

    #[cold]
    fn remember(&mut self, id: u32) {
        (self.last, self.last_text) = (id, self.span(id).unwrap_or_default());
    }

    #[cold]
    fn add(&mut self, hash: u64, text: &str) {
        if !self.full {
            self.full =
                self.ends.len() >= BLOCK_VALUES || self.text.len() + text.len() > BLOCK_TEXT;
        }
        let id = FIRST + self.hashes.len() as u32;
        let slot = if self.full {
            if self.hashes.len() - self.ends.len() >= BLOCK_HASHES {
                return self.remember(OTHER);
            }
            Slot::new(hash, id, 0, Slot::ASK)
        } else {
            let start = self.text.len();
            self.text.push_str(text);
            // BLOCK_TEXT is far below u32::MAX.
            self.ends.push(self.text.len() as u32);
            Slot::new(hash, id, start, text.len())
        };
        self.hashes.push(hash);
        if self.hashes.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        put(&mut self.slots, hash, slot);
        self.remember(id);
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(MIN_SLOTS);
        let old = std::mem::replace(&mut self.slots, vec![Slot::NONE; size]);
        for slot in old.into_iter().filter(|&slot| slot != Slot::NONE) {
            put(&mut self.slots, self.hashes[(slot.id() - FIRST) as usize], slot);
        }
    }

    #[inline]
    fn span(&self, id: u32) -> Option<(usize, usize)> {
        let index = id.checked_sub(FIRST)? as usize;
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some((start as usize, end as usize))
    }

    fn text(&self, id: u32) -> Option<&str> {
        let (start, end) = self.span(id)?;
        Some(&self.text[start..end])
    }

    /// Forgets every text and keeps the room for as many.
    pub(crate) fn clear(&mut self) {
        let BlockDict { slots, hashes, ends, text, last, last_text, full } = self;
        slots.fill(Slot::NONE);
        hashes.clear();
        ends.clear();
        text.clear();
        (*last, *last_text, *full) = Default::default();
    }

    /// Bytes that it holds by itself.
    pub(crate) fn room(&self) -> usize {
        (self.slots.capacity() + self.hashes.capacity()) * 8
            + self.ends.capacity() * 4
            + self.text.capacity()
    }

    /// Every value, in the order of ids from [`FIRST`]: its hash, and its text where it was kept.
    pub(crate) fn values(&self) -> impl ExactSizeIterator<Item = (u64, Option<&str>)> + Clone {
        let texts = self.hashes.iter().enumerate();
        texts.map(|(at, &hash)| (hash, self.text(FIRST + at as u32)))
    }
}

/// Puts it in the first free one from where the hash says; there is one.
fn put(slots: &mut [Slot], hash: u64, slot: Slot) {
    let mask = slots.len() - 1;
    let mut at = hash as usize & mask;
    while slots[at] != Slot::NONE {
        at = (at + 1) & mask;
    }
    slots[at] = slot;
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::dict::{Interned, WINDOW_VALUES, WindowDict};
    use super::*;

    #[test]
    fn a_text_of_any_length_keeps_its_id() {
        let seeds = Seeds::new();
        let mut block = BlockDict::default();
        let limit = Slot::ASK;
        let texts: Vec<String> = (1..70)
            .chain([limit - 1, limit, limit + 1, 70_000])
            .flat_map(|length| [b'a', b'b'].map(|last| (length, last)))
            .map(|(length, last)| {
                let mut text = vec![b'x'; length];
                text[length - 1] = last;
                String::from_utf8(text).expect("letters")
            })
            .collect();
        for _ in 0..2 {
            for (n, text) in texts.iter().enumerate() {
                assert_eq!(block.id(&seeds, text), FIRST + n as u32, "{} bytes", text.len());
            }
        }
        let kept: Vec<&str> = block.values().filter_map(|(_, text)| text).collect();
        assert_eq!(kept, texts);
    }

    #[test]
    fn a_flood_does_not_push_out_what_the_window_knows() {
        let seeds = Seeds::new();
        let mut window = WindowDict::new(WINDOW_VALUES, 0);
        let home = window.intern(seeds.text("/home"), Some("/home"), 0);
        let mut block = BlockDict::default();
        for n in 0..BLOCK_VALUES + 10 {
            block.id(&seeds, &n.to_string());
        }
        let local = block.id(&seeds, "/home");
        let values: Vec<_> = block.values().collect();
        let (hash, text) = values[(local - FIRST) as usize];
        assert_eq!(text, None);
        let Interned::New(home) = home else { panic!("home was new") };
        assert_eq!(window.intern(hash, text, 1), Interned::Known(home));
        let (hash, text) = values[(local - FIRST - 1) as usize];
        assert_eq!(window.intern(hash, text, 1), Interned::Known(OTHER));
    }

    proptest! {
        #[test]
        fn texts_looked_up_together_are_numbered_as_they_come(
            numbers in prop::collection::vec(prop_oneof![0..6u32, 0..2_000u32], 0..3_000),
            step in 1..=TOGETHER,
        ) {
            let texts: Vec<String> = numbers
                .iter()
                .map(|n| match n {
                    0 => String::new(),
                    1 => "-".to_owned(),
                    n => "x".repeat(*n as usize % 40) + &n.to_string(),
                })
                .collect();
            let seeds = Seeds::new();
            let (mut dict, mut known) = (BlockDict::default(), HashMap::new());
            for texts in texts.chunks(step) {
                let mut ids = dict.ids(&seeds, texts.iter().map(|text| Some(text.as_str())));
                if step == 1 && ids[0] != ABSENT {
                    ids[0] = dict.id(&seeds, texts[0].as_str());
                }
                for (&id, text) in ids.iter().zip(texts) {
                    let next = FIRST + known.len() as u32;
                    let absent = text.is_empty() || text == "-";
                    let expected = if absent { ABSENT } else { *known.entry(text).or_insert(next) };
                    prop_assert_eq!(id, expected);
                }
                prop_assert!(ids[texts.len()..].iter().all(|&id| id == ABSENT));
            }
        }
    }
}
