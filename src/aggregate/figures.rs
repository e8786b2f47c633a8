//! A tally read list by list: what is asked for, put together from what was counted.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use super::ask::{Ask, Asks, By};
use super::counters::Counter;
use super::derived::Derived;
use super::dict::{ABSENT, FIRST, OTHER};
use super::dictionaries::Dictionaries;
use super::list::{Base, Fold, List};
use super::tally::Tally;
use super::wire::{FieldValue, OtherRow};
use crate::vocab::field::Field;

/// Rows of a list, from its top, that a second look is taken at: the latencies of each take 13 KiB meanwhile.
const LOOKED_AT: usize = 250;

/// See the module.
#[derive(Debug)]
pub struct Figures<'a> {
    pub(crate) tally: &'a Tally,
    lists: BTreeMap<List, Counted<'a>>,
    /// What was found out about an order: a summary asks for it more than once.
    shown: RefCell<BTreeMap<Ask, (Vec<u32>, OtherRow)>>,
}

#[derive(Debug)]
struct Counted<'a> {
    /// By id of the list.
    counters: Cow<'a, [Counter]>,
    /// Distinct visitors by id of the list, where they are known without reading rows.
    visitors: Option<Vec<u32>>,
    /// Requests of visitors that are the bots they say they are, by id of the list.
    verified: Option<Vec<u32>>,
}

impl<'a> Figures<'a> {
    /// The lists of `asks` out of a tally that counted their bases.
    #[must_use]
    pub fn new(tally: &'a Tally, asks: &Asks, dictionaries: &Dictionaries) -> Figures<'a> {
        let mut lists = BTreeMap::new();
        for ask in asks.iter() {
            lists.entry(ask.list).or_insert_with(|| Counted {
                counters: fold(tally, ask.list, dictionaries),
                visitors: visitors(tally, ask.list, dictionaries),
                verified: verified(tally, ask.list, dictionaries),
            });
        }
        Figures { tally, lists, shown: RefCell::default() }
    }

    /// What is counted of one value of a list that was asked for.
    #[must_use]
    pub fn counter(&self, list: List, id: u32) -> Counter {
        let counted = self.lists.get(&list).and_then(|counted| counted.counters.get(id as usize));
        counted.copied().unwrap_or_default()
    }

    /// Distinct visitors of a value, where they are known without reading rows.
    #[must_use]
    pub fn visitors(&self, list: List, id: u32) -> Option<u64> {
        let visitors = self.lists.get(&list)?.visitors.as_ref()?;
        Some(visitors.get(id as usize).copied().unwrap_or(0).into())
    }

    /// Requests of a bot from addresses that are its operator's; only in lists of bots.
    #[must_use]
    pub fn verified(&self, list: List, id: u32) -> Option<u64> {
        let verified = self.lists.get(&list)?.verified.as_ref()?;
        Some(verified.get(id as usize).copied().unwrap_or(0).into())
    }

    /// By id of a list: the oldest value of its base, of those counted, that it is made of; `ABSENT` where none is.
    #[must_use]
    pub(crate) fn examples(&self, list: List, dictionaries: &Dictionaries) -> Vec<u32> {
        let mut examples = vec![ABSENT; list.bound(dictionaries)];
        let counters = (0u32..).zip(&self.tally.base(list).by_id);
        for (id, _) in counters.filter(|(_, counter)| counter.requests() != 0) {
            let example = &mut examples[list.id_of(id, dictionaries) as usize];
            if *example == ABSENT {
                *example = id;
            }
        }
        examples
    }

    /// Whether every request of the tally has this value.
    #[must_use]
    pub(crate) fn is_whole(&self, list: List, id: u32) -> bool {
        let requests = u64::from(self.counter(list, id).requests());
        requests == self.tally.requests && !list.base().is_of_errors()
    }

    /// The ids at the top of a list, in the order asked for, and what they leave out.
    ///
    /// Of equal ones the older id goes first: no text has to be read to decide. A scale is shown
    /// whole, in its own order.
    #[must_use]
    pub fn shown(&self, ask: &Ask) -> (Vec<u32>, OtherRow) {
        let mut known = self.shown.borrow_mut();
        known.entry(*ask).or_insert_with(|| self.find_shown(ask)).clone()
    }

    fn find_shown(&self, ask: &Ask) -> (Vec<u32>, OtherRow) {
        let mut other = OtherRow::default();
        let list = ask.list;
        let Some(counted) = self.lists.get(&list) else { return (Vec::new(), other) };
        let top = if list.is_scale() { usize::MAX } else { ask.rows };
        let mut best: Vec<(u64, u32)> = Vec::new();
        let mut least = 0;
        let first = if list.absent().is_some() { ABSENT } else { ABSENT + 1 };
        for (id, counter) in (first..).zip(counted.counters.iter().skip(first as usize)) {
            if counter.requests() == 0 {
                continue;
            }
            add(&mut other, counter);
            if top == 0 || (id == OTHER && list.overflows()) {
                continue;
            }
            let weight = match (ask.by, &counted.visitors) {
                (By::Visitors, Some(visitors)) => {
                    visitors.get(id as usize).map_or(0, |&n| n.into())
                }
                (by, _) => by.weigh(counter, self.tally.requests),
            };
            if weight > least {
                best.push((weight, id));
                if best.len() / 2 >= top {
                    cut(&mut best, top);
                    least = best[top - 1].0;
                }
            }
        }
        if list.is_scale() {
            best.sort_unstable_by_key(|&(_, id)| id);
        } else {
            cut(&mut best, top);
        }
        let ids: Vec<u32> = best.into_iter().map(|(_, id)| id).collect();
        for &id in &ids {
            let counter = &counted.counters[id as usize];
            other.values -= 1;
            other.requests -= u64::from(counter.requests());
            other.bytes = other.bytes.wrapping_sub(counter.bytes);
            other.errors -= u64::from(counter.errors());
        }
        (ids, other)
    }

    /// The ids shown of each list that a second look is worth, in whatever order of it, rising.
    #[must_use]
    pub(crate) fn all_shown(&self, asks: &Asks) -> BTreeMap<List, Vec<u32>> {
        let mut all: BTreeMap<List, Vec<u32>> = BTreeMap::new();
        for ask in asks.iter() {
            let mut ids = self.shown(ask).0;
            if !ask.list.is_scale() {
                ids.truncate(LOOKED_AT);
            }
            all.entry(ask.list).or_default().extend(ids);
        }
        for ids in all.values_mut() {
            ids.sort_unstable();
            ids.dedup();
        }
        all
    }

    /// Values of a list that contain `text`, whatever its case: those that begin with it first, then
    /// by requests, falling.
    #[must_use]
    pub fn containing(
        &self,
        list: List,
        text: &str,
        limit: usize,
        dictionaries: &Dictionaries,
    ) -> Vec<FieldValue> {
        let wanted = text.to_lowercase();
        let Some(counted) = self.lists.get(&list) else { return Vec::new() };
        let present = (0u32..).zip(counted.counters.iter()).skip(1);
        let present = present
            .filter(|(id, counter)| counter.requests() != 0 && !(*id == OTHER && list.overflows()));
        let mut found: Vec<(bool, u32, String)> = Vec::new();
        for (id, counter) in present {
            let value = list.text(id, dictionaries);
            let lower = value.to_lowercase();
            if let Some(at) = lower.find(&wanted) {
                found.push((at != 0, counter.requests(), value));
            }
        }
        let order = |a: &(bool, u32, String), b: &(bool, u32, String)| {
            a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then_with(|| a.2.cmp(&b.2))
        };
        if found.len() > limit && limit > 0 {
            found.select_nth_unstable_by(limit - 1, order);
        }
        found.truncate(limit);
        found.sort_unstable_by(order);
        found
            .into_iter()
            .map(|(_, requests, value)| FieldValue { value, requests: requests.into() })
            .collect()
    }
}

fn add(other: &mut OtherRow, counter: &Counter) {
    other.values += 1;
    other.requests += u64::from(counter.requests());
    other.bytes = other.bytes.wrapping_add(counter.bytes);
    other.errors += u64::from(counter.errors());
}

fn cut(best: &mut Vec<(u64, u32)>, top: usize) {
    best.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    best.truncate(top);
}

/// The counters of a list, put together from those of its base.
pub(super) fn fold<'a>(
    tally: &'a Tally,
    list: List,
    dictionaries: &Dictionaries,
) -> Cow<'a, [Counter]> {
    let counters = &tally.base(list).by_id;
    if list.fold() == Fold::Itself {
        return Cow::Borrowed(counters);
    }
    let mut folded = vec![Counter::default(); list.bound(dictionaries)];
    for (id, counter) in (0u32..).zip(counters).filter(|(_, counter)| counter.requests() != 0) {
        folded[list.id_of(id, dictionaries) as usize].add(counter);
    }
    Cow::Owned(folded)
}

/// The id of a list for each visitor there is, with their requests; `None` where visitors do not tell.
fn each_visitor<'a>(
    tally: &'a Tally,
    list: List,
    dictionaries: &'a Dictionaries,
) -> Option<impl Iterator<Item = (u32, u32, bool)> + 'a> {
    // Behind masked addresses a visitor is made of the client's stand-in.
    let masked =
        dictionaries.field(Field::Visitor).bound() > dictionaries.field(Field::Client).bound();
    let agents = match list.base() {
        Base::UserAgents => true,
        Base::Clients if !masked => false,
        _ => return None,
    };
    let present = (0u32..).zip(&tally.visitors.counts).skip(1).filter(|&(_, &n)| n != 0);
    Some(present.map(move |(id, &n)| {
        let visitor = dictionaries.visitors().get(id);
        let base = if agents { visitor.agent } else { visitor.client };
        (list.id_of(base, dictionaries), n, visitor.verified)
    }))
}

fn visitors(tally: &Tally, list: List, dictionaries: &Dictionaries) -> Option<Vec<u32>> {
    let mut distinct = vec![0; list.bound(dictionaries)];
    for (id, ..) in each_visitor(tally, list, dictionaries)? {
        distinct[id as usize] += 1;
    }
    Some(distinct)
}

fn verified(tally: &Tally, list: List, dictionaries: &Dictionaries) -> Option<Vec<u32>> {
    // What stands for a masked client tells nobody where it is.
    let masked = dictionaries.field(Field::Visitor).bound() > FIRST as usize;
    if masked || !matches!(list.fold(), Fold::By(Derived::Bot)) {
        return None;
    }
    let mut requests = vec![0u32; list.bound(dictionaries)];
    for (id, n, verified) in each_visitor(tally, list, dictionaries)? {
        let sum = &mut requests[id as usize];
        *sum = sum.wrapping_add(if verified { n } else { 0 });
    }
    Some(requests)
}
