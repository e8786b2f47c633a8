//! The dictionaries of the window together, and the step from a block's ids to theirs.

use crate::decode::agent;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

use super::block::Block;
use super::column::{
    BYTES, BYTES_IN, Column, Columns, KIND, MS, REQUEST, STATUS, UPSTREAM, VISITOR,
};
use super::dict::{ABSENT, Interned, OTHER, Seeds, VisitorDict, WINDOW_VALUES, WindowDict};
use super::distinct::hash_pair;

/// Everything that the numbers in the window's columns mean.
#[derive(Clone, Debug)]
pub struct Dictionaries {
    seeds: Seeds,
    fields: [WindowDict; Field::COUNT],
    visitors: VisitorDict,
    /// Families of agents; their number is that of the entries pointing to each.
    families: WindowDict,
    /// Hosts of referrers, likewise.
    hosts: WindowDict,
    /// Values that found no room since the start.
    overflowed: u64,
}

/// Ids that mean nothing any more and will be given again.
#[derive(Clone, Debug)]
pub struct Freed {
    pub(crate) fields: [Vec<u32>; Field::COUNT],
}

impl Default for Dictionaries {
    fn default() -> Self {
        Dictionaries::new(WINDOW_VALUES)
    }
}

impl Dictionaries {
    /// Empty, with room for `cap` values of a field.
    #[must_use]
    pub fn new(cap: usize) -> Dictionaries {
        Dictionaries {
            seeds: Seeds::new(),
            fields: std::array::from_fn(|_| WindowDict::new(cap)),
            visitors: VisitorDict::new(),
            families: WindowDict::new(cap),
            hosts: WindowDict::new(cap),
            overflowed: 0,
        }
    }

    #[must_use]
    pub fn field(&self, field: Field) -> &WindowDict {
        &self.fields[field.index()]
    }

    #[must_use]
    pub fn visitors(&self) -> &VisitorDict {
        &self.visitors
    }

    #[must_use]
    pub fn families(&self) -> &WindowDict {
        &self.families
    }

    #[must_use]
    pub fn hosts(&self) -> &WindowDict {
        &self.hosts
    }

    /// Distinct values (by second) that went to `(other)` since the start.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    #[must_use]
    pub fn bytes(&self) -> usize {
        self.fields.iter().map(WindowDict::bytes).sum::<usize>()
            + self.visitors.bytes()
            + self.families.bytes()
            + self.hosts.bytes()
    }

    /// Appends a block's rows to the open chunk `number`, in this window's ids.
    pub fn append(&mut self, block: &Block, into: &mut Columns, number: u32) {
        let (before, added) = (into.len, block.len());
        let mut put = Put { into, before, added };
        put.plain(MS, &block.ms);
        put.plain(KIND, &block.kind);
        put.plain(STATUS, &block.status);
        put.plain(BYTES, &block.bytes);
        put.plain(BYTES_IN, &block.bytes_in);
        put.plain(REQUEST, &block.request);
        put.plain(UPSTREAM, &block.upstream);
        let mut map = Vec::new();
        for field in Field::ALL {
            let ids = &block.ids[field.index()];
            if ids.is_empty() && matches!(put.into.text(field), Column::Const(_)) {
                continue;
            }
            self.map(field, block, number, &mut map);
            let mapped = ids.iter().map(|&id| map[id as usize]);
            put.into.text_mut(field).extend::<u32>(before, added, mapped);
        }
        self.append_visitors(block, into, number);
        into.len += added;
    }

    /// Writes to `map` this window's id for each id of the block.
    fn map(&mut self, field: Field, block: &Block, number: u32, map: &mut Vec<u32>) {
        let dict = &mut self.fields[field.index()];
        let values = &block.dicts[field.index()];
        map.clear();
        map.reserve(values.len() + 2);
        map.extend([ABSENT, OTHER]);
        for (hash, text) in values.values() {
            let id = match dict.intern(hash, text, number) {
                Interned::Known(id) => id,
                Interned::New(id) => {
                    let text = text.unwrap_or_default();
                    let derived = match field {
                        Field::Agent => {
                            let family = agent::classify(text).family;
                            self.families.acquire(self.seeds.text(family), family)
                        }
                        Field::Referrer => {
                            let host = referrer_host(text);
                            self.hosts.acquire(self.seeds.text(host), host)
                        }
                        _ => ABSENT,
                    };
                    if derived != ABSENT {
                        dict.set_derived(id, derived);
                    }
                    id
                }
            };
            self.overflowed += u64::from(id == OTHER);
            map.push(id);
        }
    }

    fn append_visitors(&mut self, block: &Block, into: &mut Columns, number: u32) {
        let (before, added) = (into.len, block.len());
        let (mut clients, mut agents) = (Vec::<u32>::new(), Vec::<u32>::new());
        let rows = super::column::Rows::Range(before, added);
        // One or the other, by the configuration of the whole process.
        let hashed = !matches!(into.text(Field::Visitor), Column::Const(_));
        let who = if hashed { Field::Visitor } else { Field::Client };
        into.text(who).load(rows, &mut clients);
        into.text(Field::Agent).load(rows, &mut agents);
        if clients.iter().all(|&c| c == ABSENT) && matches!(into.at(VISITOR), Column::Const(_)) {
            return;
        }
        let [client_texts, agent_texts] =
            [who, Field::Agent].map(|field| &self.fields[field.index()]);
        let (seeds, visitors) = (&self.seeds, &mut self.visitors);
        // Requests of one visitor often follow each other.
        let mut last = (ABSENT, ABSENT, ABSENT);
        let ids = clients.iter().zip(&agents).zip(&block.kind).map(|((&client, &agent), &kind)| {
            if client == ABSENT || kind != Kind::Access as u8 {
                return ABSENT;
            }
            if (last.0, last.1) != (client, agent) {
                let hash = || hash_pair(client_texts.text(client), agent_texts.text(agent));
                last = (client, agent, visitors.intern(seeds, client, agent, number, hash));
            }
            last.2
        });
        into.at_mut(VISITOR).extend::<u32>(before, added, ids);
    }

    /// Frees the values that no chunk after `number` has; `columns` are that chunk's.
    pub(crate) fn evict(&mut self, columns: &Columns, number: u32) -> Freed {
        let mut ids: Vec<u32> = Vec::new();
        let all = super::column::Rows::Range(0, columns.len());
        let mut distinct = |column: &Column, last: &dyn Fn(u32) -> u32| -> Vec<u32> {
            let rows =
                if let Column::Const(_) = column { super::column::Rows::Range(0, 1) } else { all };
            column.load(rows, &mut ids);
            let mut freed: Vec<u32> =
                ids.iter().copied().filter(|&id| id > OTHER && last(id) == number).collect();
            freed.sort_unstable();
            freed.dedup();
            freed
        };
        let visitors = distinct(columns.at(VISITOR), &|id| self.visitors.last(id));
        let fields = Field::ALL.map(|field| {
            let dict = &self.fields[field.index()];
            distinct(columns.text(field), &|id| dict.last(id))
        });
        for id in visitors {
            self.visitors.remove(&self.seeds, id);
        }
        self.visitors.trim(&self.seeds);
        for (dict, ids) in self.fields.iter_mut().zip(&fields) {
            ids.iter().for_each(|&id| dict.remove(id));
        }
        for field in [Field::Agent, Field::Referrer] {
            let derived = match field {
                Field::Agent => &mut self.families,
                _ => &mut self.hosts,
            };
            let dict = &self.fields[field.index()];
            fields[field.index()].iter().for_each(|&id| derived.release(dict.derived(id)));
            derived.trim();
        }
        self.fields.iter_mut().for_each(WindowDict::trim);
        Freed { fields }
    }
}

struct Put<'a> {
    into: &'a mut Columns,
    before: usize,
    added: usize,
}

impl Put<'_> {
    fn plain<T: super::column::Number>(&mut self, place: usize, values: &[T]) {
        let column = self.into.at_mut(place);
        if !values.is_empty() || !matches!(column, Column::Const(_)) {
            column.extend(self.before, self.added, values.iter().copied());
        }
    }
}

/// The host of a referrer: what stands between `//` and the path, without user, port and `www.`;
/// the whole text where it is no URL.
#[must_use]
pub fn referrer_host(referrer: &str) -> &str {
    let Some((_, rest)) = referrer.split_once("//") else { return referrer };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    let host = match host.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") => &host[4..],
        _ => host,
    };
    if host.is_empty() { referrer } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referrer_is_known_by_its_host() {
        for (referrer, host) in [
            ("https://www.example.org/a?b", "example.org"),
            ("http://user@example.org:8080", "example.org"),
            ("//[2001:db8::1]/x", "[2001:db8::1]"),
            ("android-app://com.example/", "com.example"),
            ("nonsense", "nonsense"),
            ("http:///", "http:///"),
        ] {
            assert_eq!(referrer_host(referrer), host);
        }
    }
}
