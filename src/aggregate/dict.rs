//! Dictionaries of the window: texts as small numbers. Those of one block are `block_dict`'s.

use std::hash::{BuildHasher, Hasher};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use hashbrown::HashTable;

use super::block_dict::TOGETHER;
use super::claims::ClaimState;
use super::texts::Texts;

/// The id of no text.
pub const ABSENT: u32 = 0;
/// The id of every text that found no room.
pub const OTHER: u32 = 1;
/// The first id of a real text.
pub(crate) const FIRST: u32 = 2;
/// How [`OTHER`] is shown.
pub const OTHER_TEXT: &str = "(other)";

/// Entries from which on they are not close at hand.
const FAR: usize = 4096;

/// Values of one field that the window may know at once.
pub const WINDOW_VALUES: usize = 1 << 20;

/// Seeds of one process: random, so that nobody can prepare colliding texts, and the same for all
/// its dictionaries, so that a block's hashes serve the window's.
#[derive(Clone, Debug)]
pub(crate) struct Seeds(SeedableRandomState);

impl Seeds {
    pub(crate) fn new() -> Seeds {
        Seeds(SeedableRandomState::with_seed(0, SharedSeed::global_random()))
    }

    #[inline]
    pub(crate) fn text(&self, text: &str) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(text.as_bytes());
        hasher.finish()
    }

    #[inline]
    pub(crate) fn number(&self, number: u64) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write_u64(number);
        hasher.finish()
    }
}

/// Numbers that may be given again, the lowest first, so that the top can be cut off.
#[derive(Clone, Debug, Default)]
pub(crate) struct FreeIds {
    words: Vec<u64>,
    /// No word before this one has a free id.
    from: usize,
    count: usize,
}

impl FreeIds {
    pub(crate) fn put(&mut self, id: u32) {
        let word = id as usize / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (id % 64);
        self.from = self.from.min(word);
        self.count += 1;
    }

    pub(crate) fn take(&mut self) -> Option<u32> {
        if self.count == 0 {
            return None;
        }
        while self.words[self.from] == 0 {
            self.from += 1;
        }
        let bit = self.words[self.from].trailing_zeros();
        self.words[self.from] &= self.words[self.from] - 1;
        self.count -= 1;
        Some(self.from as u32 * 64 + bit)
    }

    /// Takes `id` if it is free.
    pub(crate) fn take_this(&mut self, id: u32) -> bool {
        let Some(word) = self.words.get_mut(id as usize / 64) else { return false };
        let free = *word & (1 << (id % 64)) != 0;
        if free {
            *word &= !(1 << (id % 64));
            self.count -= 1;
        }
        free
    }

    fn bytes(&self) -> usize {
        self.words.capacity() * 8
    }
}

#[derive(Clone, Debug)]
struct Entry {
    /// Of its text.
    start: usize,
    len: u32,
    /// The last chunk whose rows have this value, or how many entries point here.
    last: u32,
    hash: u64,
}

impl Entry {
    fn new(texts: &mut Texts, text: &str, hash: u64, last: u32) -> Entry {
        // A line is far shorter than 4 GiB.
        Entry { start: texts.put(text), len: text.len() as u32, last, hash }
    }

    #[inline]
    fn text<'t>(&self, texts: &'t Texts) -> &'t str {
        texts.get(self.start, self.len)
    }

    /// From now on it has no text.
    fn clear(&mut self, texts: &mut Texts) {
        self.start = 0;
        texts.take_out(std::mem::take(&mut self.len));
    }
}

/// Adds one at the end. Room is made for an eighth more: of twice as much, half would be for nothing.
fn push<T>(entries: &mut Vec<T>, entry: T) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact(entries.len() / 8 + 32);
    }
    entries.push(entry);
}

/// What a place of a hash table takes: an id and a byte that says whether there is one.
const TABLE_PLACE: usize = 5;

/// The texts of one field in the window. Ids are stable while any row has them, then used again.
#[derive(Clone, Debug)]
pub struct WindowDict {
    table: HashTable<u32>,
    entries: Vec<Entry>,
    texts: Texts,
    free: FreeIds,
    cap: usize,
    /// Values derived from each text, such as the family of an agent: one kind after the other, each up to the
    /// last id that has one. Where no database knows places, a client has none of three kinds.
    derived: Box<[Vec<u32>]>,
}

/// What became of a text that was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interned {
    Known(u32),
    New(u32),
}

impl WindowDict {
    /// Empty, with room for `cap` texts of which `width` values are derived each.
    pub(crate) fn new(cap: usize, width: usize) -> WindowDict {
        let mut texts = Texts::default();
        let reserved = ["", OTHER_TEXT].map(|text| Entry::new(&mut texts, text, 0, 0));
        WindowDict {
            table: HashTable::new(),
            entries: reserved.into(),
            texts,
            free: FreeIds::default(),
            cap,
            derived: vec![Vec::new(); width].into(),
        }
    }

    /// The id of a text, which is added if it is new and there is room. Where only the hash is
    /// known, a new text is [`OTHER`].
    pub(crate) fn intern(&mut self, hash: u64, text: Option<&str>, last: u32) -> Interned {
        let (entries, texts) = (&self.entries, &self.texts);
        let found = self.table.find(hash, |&id| {
            let entry = &entries[id as usize];
            entry.hash == hash && text.is_none_or(|text| *entry.text(texts) == *text)
        });
        if let Some(&id) = found {
            self.entries[id as usize].last = last;
            return Interned::Known(id);
        }
        let Some(text) = text.filter(|_| self.table.len() < self.cap) else {
            return Interned::Known(OTHER);
        };
        let entry = Entry::new(&mut self.texts, text, hash, last);
        let id = match self.free.take() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                push(&mut self.entries, entry);
                // `cap` is far below u32::MAX.
                (self.entries.len() - 1) as u32
            }
        };
        let entries = &self.entries;
        self.table.insert_unique(hash, id, |&id| entries[id as usize].hash);
        Interned::New(id)
    }

    /// Reads what the next [`TOGETHER`] look-ups will, so that their waits for memory are one; of large
    /// dictionaries most of a look-up is that.
    pub(crate) fn touch(&self, hashes: impl Iterator<Item = u64>) {
        if self.entries.len() < FAR {
            return;
        }
        let mut ids = [ABSENT; TOGETHER];
        for (id, hash) in ids.iter_mut().zip(hashes) {
            *id = self.table.find(hash, |_| true).copied().unwrap_or_default();
        }
        let starts = ids.map(|id| self.entries[id as usize].start);
        std::hint::black_box(starts.map(|start| self.texts.touch(start)));
    }

    /// Whether more than half of the room is taken once so many more are in.
    pub(crate) fn crowds(&self, more: usize) -> bool {
        self.table.len() + more > self.cap / 2
    }

    /// Forgets `id`; nothing may refer to it any more.
    pub(crate) fn remove(&mut self, id: u32) {
        let entry = &mut self.entries[id as usize];
        if let Ok(found) = self.table.find_entry(entry.hash, |&other| other == id) {
            found.remove();
            entry.clear(&mut self.texts);
            // Who gets the id next may have nothing derived at all.
            for derived in self.derived.iter_mut().filter_map(|ids| ids.get_mut(id as usize)) {
                *derived = ABSENT;
            }
            self.free.put(id);
            self.gather();
        }
    }

    /// Lets an id in use mean another text, of which nothing is derived anew.
    pub(crate) fn rename(&mut self, id: u32, hash: u64, text: &str) {
        let entry = &mut self.entries[id as usize];
        if let Ok(found) = self.table.find_entry(entry.hash, |&other| other == id) {
            found.remove();
            self.texts.take_out(entry.len);
            *entry = Entry::new(&mut self.texts, text, hash, entry.last);
            let entries = &self.entries;
            self.table.insert_unique(hash, id, |&id| entries[id as usize].hash);
            self.gather();
        }
    }

    fn gather(&mut self) {
        let places = self.entries.iter_mut().map(|entry| (&mut entry.start, entry.len));
        self.texts.gather(places);
    }

    /// Gives memory back after many values were removed.
    pub(crate) fn trim(&mut self) {
        while self.entries.len() > FIRST as usize
            && self.free.take_this(self.entries.len() as u32 - 1)
        {
            self.entries.pop();
        }
        let few = self.entries.capacity() > 4 * self.entries.len() + 64;
        if few {
            self.entries.shrink_to(2 * self.entries.len());
        }
        for derived in &mut self.derived {
            derived.truncate(self.entries.len());
            if few {
                derived.shrink_to(2 * derived.len());
            }
        }
        if self.table.capacity() > 4 * self.table.len() + 64 {
            let entries = &self.entries;
            self.table.shrink_to(2 * self.table.len(), |&id| entries[id as usize].hash);
        }
    }

    #[must_use]
    pub fn text(&self, id: u32) -> &str {
        self.entries.get(id as usize).map_or(OTHER_TEXT, |entry| entry.text(&self.texts))
    }

    /// The id of the `place`th value derived from a text; [`OTHER`] for an id beyond all.
    #[inline]
    #[must_use]
    pub fn derived(&self, id: u32, place: usize) -> u32 {
        match self.derived[place].get(id as usize) {
            Some(derived) => *derived,
            None if id != OTHER && (id as usize) < self.entries.len() => ABSENT,
            None => OTHER,
        }
    }

    pub(crate) fn set_derived(&mut self, id: u32, place: usize, derived: u32) {
        let ids = &mut self.derived[place];
        if ids.is_empty() {
            ids.extend([ABSENT, OTHER]);
        }
        if ids.len() <= id as usize && derived != ABSENT {
            ids.resize(id as usize + 1, ABSENT);
        }
        if let Some(known) = ids.get_mut(id as usize) {
            *known = derived;
        }
    }

    /// Every id in use with its text.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        let mut ids: Vec<u32> = self.table.iter().copied().collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| (id, self.text(id)))
    }

    pub(crate) fn last(&self, id: u32) -> u32 {
        self.entries[id as usize].last
    }

    /// Counts references in place of chunks, for dictionaries that others point into.
    pub(crate) fn acquire(&mut self, hash: u64, text: &str) -> u32 {
        match self.intern_counting(hash, text) {
            OTHER => OTHER,
            id => {
                self.entries[id as usize].last += 1;
                id
            }
        }
    }

    fn intern_counting(&mut self, hash: u64, text: &str) -> u32 {
        let found = self.table.find(hash, |&id| *self.text(id) == *text).copied();
        found.unwrap_or_else(|| match self.intern(hash, Some(text), 0) {
            Interned::Known(id) | Interned::New(id) => id,
        })
    }

    /// Undoes one [`acquire`](Self::acquire); true where it was the last and the id is free.
    pub(crate) fn release(&mut self, id: u32) -> bool {
        if id < FIRST {
            return false;
        }
        let entry = &mut self.entries[id as usize];
        entry.last -= 1;
        let last = entry.last == 0;
        if last {
            self.remove(id);
        }
        last
    }

    /// One more than the largest id that was ever given and not cut off since.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.entries.len()
    }

    /// Bytes that this dictionary holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.texts.bytes()
            + self.entries.capacity() * size_of::<Entry>()
            + self.derived.iter().map(|ids| ids.capacity() * 4).sum::<usize>()
            + self.table.capacity() * TABLE_PLACE
            + self.free.bytes()
    }

    /// Of them, those of the texts that are there: what others left is for the next ones.
    pub(crate) fn used(&self) -> usize {
        self.texts.used() + self.table.len() * self.place_bytes()
    }

    /// Bytes of a text's place, beside its own.
    pub(crate) fn place_bytes(&self) -> usize {
        let derived = self.derived.iter().filter(|ids| !ids.is_empty()).count() * 4;
        size_of::<Entry>() + derived + TABLE_PLACE
    }
}

/// A visitor: a client with its agent, by their ids.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    pub client: u32,
    pub agent: u32,
    /// [`hash_pair`](super::distinct::hash_pair) of their texts.
    pub hash: u64,
    last: u32,
    /// Whether it is the bot that it says it is.
    pub verified: bool,
    /// What became of asking DNS for that.
    pub(crate) claim: ClaimState,
}

/// The visitors of the window, numbered, so that a scan counts them as it counts texts.
#[derive(Clone, Debug)]
pub struct VisitorDict {
    table: HashTable<u32>,
    entries: Vec<Visitor>,
    free: FreeIds,
}

impl VisitorDict {
    pub(crate) fn new() -> VisitorDict {
        let none = Visitor {
            client: ABSENT,
            agent: ABSENT,
            hash: 0,
            last: 0,
            verified: false,
            claim: ClaimState::None,
        };
        VisitorDict { table: HashTable::new(), entries: vec![none, none], free: FreeIds::default() }
    }

    /// As [`WindowDict::touch`], for clients with their agents.
    pub(crate) fn touch(&self, seeds: &Seeds, who: impl Iterator<Item = (u32, u32)>) {
        if self.entries.len() < FAR {
            return;
        }
        let mut ids = [ABSENT; TOGETHER];
        for (id, (client, agent)) in ids.iter_mut().zip(who) {
            let hash = seeds.number(u64::from(client) << 32 | u64::from(agent));
            *id = self.table.find(hash, |_| true).copied().unwrap_or_default();
        }
        std::hint::black_box(ids.map(|id| self.entries[id as usize].last));
    }

    pub(crate) fn intern(
        &mut self,
        seeds: &Seeds,
        client: u32,
        agent: u32,
        last: u32,
        more: impl FnOnce() -> (u64, bool, ClaimState),
    ) -> u32 {
        let key =
            |client: u32, agent: u32| seeds.number(u64::from(client) << 32 | u64::from(agent));
        let entries = &mut self.entries;
        let table_hash = key(client, agent);
        let found = self.table.find(table_hash, |&id| {
            let entry = &entries[id as usize];
            entry.client == client && entry.agent == agent
        });
        if let Some(&id) = found {
            entries[id as usize].last = last;
            return id;
        }
        if self.table.len() >= 4 * WINDOW_VALUES {
            return OTHER;
        }
        let (hash, verified, claim) = more();
        let visitor = Visitor { client, agent, hash, last, verified, claim };
        let id = match self.free.take() {
            Some(id) => {
                entries[id as usize] = visitor;
                id
            }
            None => {
                push(entries, visitor);
                (entries.len() - 1) as u32
            }
        };
        let entries = &self.entries;
        self.table.insert_unique(table_hash, id, |&id| {
            let entry = &entries[id as usize];
            key(entry.client, entry.agent)
        });
        id
    }

    #[must_use]
    pub fn get(&self, id: u32) -> Visitor {
        self.entries[id as usize]
    }

    /// The visitor that has the id now, to write down what is known of its claim.
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Visitor> {
        self.entries.get_mut(id as usize).filter(|_| id >= FIRST)
    }

    pub(crate) fn last(&self, id: u32) -> u32 {
        self.entries[id as usize].last
    }

    pub(crate) fn remove(&mut self, seeds: &Seeds, id: u32) {
        let entry = self.entries[id as usize];
        let hash = seeds.number(u64::from(entry.client) << 32 | u64::from(entry.agent));
        if let Ok(found) = self.table.find_entry(hash, |&other| other == id) {
            found.remove();
            self.free.put(id);
        }
    }

    pub(crate) fn trim(&mut self, seeds: &Seeds) {
        while self.entries.len() > FIRST as usize
            && self.free.take_this(self.entries.len() as u32 - 1)
        {
            self.entries.pop();
        }
        if self.entries.capacity() > 4 * self.entries.len() + 64 {
            self.entries.shrink_to(2 * self.entries.len());
        }
        if self.table.capacity() > 4 * self.table.len() + 64 {
            let entries = &self.entries;
            self.table.shrink_to(2 * self.table.len(), |&id| {
                let entry = &entries[id as usize];
                seeds.number(u64::from(entry.client) << 32 | u64::from(entry.agent))
            });
        }
    }

    #[must_use]
    pub fn bound(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Visitor>()
            + self.table.capacity() * TABLE_PLACE
            + self.free.bytes()
    }

    /// Of them, those of the visitors that are there.
    pub(crate) fn used(&self) -> usize {
        self.table.len() * (size_of::<Visitor>() + TABLE_PLACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_change_take_no_room_for_what_they_were() {
        let seeds = Seeds::new();
        let mut dict = WindowDict::new(WINDOW_VALUES, 0);
        let id = dict.acquire(seeds.text("0"), "0");
        for n in 1..10_000 {
            let text = format!("{n:0100}");
            dict.rename(id, seeds.text(&text), &text);
            assert_eq!(dict.text(id), text);
        }
        assert!(dict.bytes() < 16 << 10, "{}", dict.bytes());
    }

    #[test]
    fn ids_are_given_again_lowest_first_and_the_top_is_cut() {
        let seeds = Seeds::new();
        let mut dict = WindowDict::new(WINDOW_VALUES, 0);
        let add = |dict: &mut WindowDict, n: u32| {
            let text = n.to_string();
            match dict.intern(seeds.text(&text), Some(&text), 0) {
                Interned::New(id) | Interned::Known(id) => id,
            }
        };
        let ids: Vec<u32> = (0..1000).map(|n| add(&mut dict, n)).collect();
        assert_eq!(add(&mut dict, 7), ids[7]);
        let full = dict.bytes();
        ids.iter().filter(|&&id| id >= 100).for_each(|&id| dict.remove(id));
        dict.trim();
        assert_eq!(dict.bound(), 100);
        assert!(dict.bytes() < full / 2);
        dict.remove(ids[3]);
        assert_eq!(add(&mut dict, 5000), ids[3]);
        assert_eq!(dict.text(ids[3]), "5000");
    }
}
