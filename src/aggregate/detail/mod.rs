//! What only a second look at the rows can tell of the values that are shown: latencies, visitors.

mod look;
mod slots;

use std::collections::BTreeMap;

use self::look::{Found, Look, Ranks, Told, slot_bytes};
use self::slots::Slots;
use super::column::{Column, REQUEST, STATUS, VISITOR};
use super::dictionaries::Dictionaries;
use super::figures::Figures;
use super::list::{Base, List};
use super::loaded::{Loaded, Times};
use super::quantile::Paged;
use super::scan::{Batch, gather};
use super::tally::Tally;

/// What one thread holds of a second look at rows, about: more is looked at in parts, one after the other.
const MOST_BYTES: usize = if cfg!(test) { 64 << 10 } else { 8 << 20 };

/// The second look. Give it the same rows as the tally.
#[derive(Clone, Debug)]
pub struct Detail {
    looks: Vec<Look>,
    ranks: Ranks,
    rows: Rows,
    scratch: Scratch,
}

/// What is read of a batch's rows.
#[derive(Clone, Debug, Default)]
struct Rows {
    times: Times,
    visitors: Vec<u32>,
    /// Places in the batch of the rows of 404: few.
    s404: Vec<u32>,
}

/// What is made of it.
#[derive(Clone, Debug, Default)]
struct Scratch {
    ids: Vec<u32>,
    ranks: Vec<u32>,
    /// Ids, ranks and visitors of the rows of 404.
    picked: [Vec<u32>; 3],
}

/// What a second look has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(BTreeMap<(List, u32), Found>);

impl Seen {
    /// Of looks that were given all rows, each for values of its own.
    #[must_use]
    pub(crate) fn of(parts: impl IntoIterator<Item = Detail>) -> Seen {
        let parts = parts.into_iter().flat_map(|Detail { looks, ranks, .. }| {
            looks.into_iter().flat_map(move |look| look.found(&ranks).collect::<Vec<_>>())
        });
        Seen(parts.collect())
    }

    /// Times of a value; `None` where it was not looked at.
    pub(crate) fn times(&self, list: List, id: u32) -> Option<&Paged> {
        self.0.get(&(list, id))?.latency.as_ref()
    }

    /// The same, or what the totals tell of a value that every row has.
    #[must_use]
    pub(crate) fn latency(&self, list: List, id: u32, figures: &Figures<'_>) -> Option<Paged> {
        match self.0.get(&(list, id)) {
            Some(found) => found.latency.clone(),
            None if list.is_scale() => None,
            None => figures.is_whole(list, id).then(|| figures.tally.latency.paged()),
        }
    }

    /// Distinct visitors of a value, where rows had to be read to know them.
    #[must_use]
    pub(crate) fn visitors(&self, list: List, id: u32, figures: &Figures<'_>) -> Option<u64> {
        match self.0.get(&(list, id)) {
            Some(found) => found.visitors,
            None => figures.is_whole(list, id).then(|| figures.tally.visitors.distinct()),
        }
    }
}

impl Detail {
    /// A look for these values of each list; at most 65,534 of one.
    #[must_use]
    pub fn new(
        wanted: impl IntoIterator<Item = (List, Vec<u32>)>,
        want_visitors: bool,
        figures: &Figures<'_>,
        dictionaries: &Dictionaries,
    ) -> Detail {
        let timed = figures.tally.latency.total() != 0;
        let of_rows = |(list, mut ids): (List, Vec<u32>)| {
            // What every row has is known from the totals, a band's quantiles are its bounds, and errors
            // have no latencies.
            let is_told = list.is_scale() || list.base().is_of_errors();
            ids.retain(|&id| !figures.is_whole(list, id) && !is_told);
            ids.truncate(usize::from(u16::MAX) - 1);
            // Clients and agents are what a visitor is made of: no need to look at rows.
            let first = *ids.first()?;
            let read_visitors = want_visitors && figures.visitors(list, first).is_none();
            (timed || read_visitors).then_some((list, ids, read_visitors))
        };
        Detail::of(wanted.into_iter().filter_map(of_rows), timed, dictionaries)
    }

    /// A look at nothing but the latencies of these values, whatever else is known of them.
    pub(crate) fn of_latencies(
        wanted: impl IntoIterator<Item = (List, Vec<u32>)>,
        dictionaries: &Dictionaries,
    ) -> Detail {
        let wanted = wanted.into_iter().filter(|(_, ids)| !ids.is_empty());
        Detail::of(wanted.map(|(list, ids)| (list, ids, false)), true, dictionaries)
    }

    /// Each list with its values, and whether rows have to be read for their visitors.
    fn of(
        wanted: impl Iterator<Item = (List, Vec<u32>, bool)>,
        timed: bool,
        dictionaries: &Dictionaries,
    ) -> Detail {
        let bound = dictionaries.visitors().bound();
        let mut looks: Vec<Look> = Vec::new();
        for (list, ids, read_visitors) in wanted {
            // As many of a list as are looked at in one part, beside the slot of all others.
            let most = (MOST_BYTES / slot_bytes(timed, read_visitors, bound)).max(2) - 1;
            for ids in ids.chunks(most) {
                let of_same = |look: &&mut Look| {
                    look.base() == list.base() && look.read_visitors == read_visitors
                };
                let mut ids = ids.to_vec();
                if let Some(look) = looks.iter_mut().rfind(of_same) {
                    match look.join(list, ids, dictionaries) {
                        Ok(()) => continue,
                        Err(back) => ids = back,
                    }
                }
                let slots = Slots::new(list, ids, dictionaries);
                looks.push(Look::new(slots, timed, read_visitors, bound));
            }
        }
        Detail::by(looks)
    }

    fn by(looks: Vec<Look>) -> Detail {
        let (rows, scratch) = Default::default();
        Detail { looks, ranks: Ranks::new(), rows, scratch }
    }

    /// True where the rows have nothing to tell.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.looks.is_empty()
    }

    /// The same looks in several parts, to be given the same rows one after the other: each takes about as much memory
    /// as one thread may hold.
    #[must_use]
    pub(crate) fn in_parts(self) -> Vec<Detail> {
        let (mut parts, mut part, mut held) = (Vec::new(), Vec::new(), 0);
        for look in self.looks {
            let size = look.bytes();
            if held + size > MOST_BYTES && !part.is_empty() {
                parts.push(Detail::by(std::mem::take(&mut part)));
                held = 0;
            }
            held += size;
            part.push(look);
        }
        parts.push(Detail::by(part));
        parts
    }

    /// Looks at the rows of a batch.
    pub fn add(&mut self, batch: Batch<'_>) {
        let columns = batch.columns;
        let mut rows = std::mem::take(&mut self.rows);
        rows.times.load(columns.at(REQUEST), &batch);
        rows.visitors.clear();
        let wanted = self.looks.iter().any(|look| look.read_visitors);
        if wanted && !matches!(columns.at(VISITOR), Column::Const(0)) {
            columns.at(VISITOR).load(batch.access, &mut rows.visitors);
        }
        rows.s404.clear();
        if self.looks.iter().any(|look| look.base() == Base::NotFound) {
            let statuses = &mut self.scratch.ids;
            columns.at(STATUS).load(batch.access, statuses);
            gather(&mut rows.s404, 0, statuses.len(), |at| statuses[at] == 404);
        }
        self.look_at(&batch, (&rows.times, &rows.visitors, &rows.s404), |_| &[]);
        self.rows = rows;
    }

    /// The same for a batch that a tally has just counted: what it read of the rows is not read again.
    pub(crate) fn add_counted(&mut self, batch: &Batch<'_>, loaded: &Loaded, tally: &Tally) {
        if !batch.access.is_empty() {
            let read = (&loaded.request, &loaded.visitors[..], tally.last_not_found());
            self.look_at(batch, read, |base| tally.last_ids(base));
        }
    }

    /// `known` gives the ids of a base where they are read already, or none.
    fn look_at<'a>(
        &mut self,
        batch: &Batch<'_>,
        (times, visitors, s404): (&Times, &[u32], &[u32]),
        known: impl Fn(Base) -> &'a [u32],
    ) {
        let Scratch { ids, ranks, picked } = &mut self.scratch;
        self.ranks.read(&times.buckets, ranks);
        let rank_count = self.ranks.len();
        let mut loaded: Option<&Column> = None;
        for look in &mut self.looks {
            let base = look.base();
            let Some(column) = base.column(batch.columns) else { continue };
            if base == Base::NotFound {
                // Each is asked for by itself.
                let [ids, its_ranks, its_visitors] = &mut *picked;
                let places = || s404.iter().map(|&at| at as usize);
                ids.clear();
                // Ids are 32 bits wide.
                ids.extend(places().map(|at| column.get(batch.access.row(at)) as u32));
                for (all, of_these) in [(&ranks[..], its_ranks), (visitors, its_visitors)] {
                    of_these.clear();
                    of_these.extend(places().filter_map(|at| all.get(at)));
                }
                let [ids, ranks, visitors] = &*picked;
                look.add(ids, Told { ranks, rank_count, visitors });
                continue;
            }
            let ids = match known(base) {
                [] => {
                    if !loaded.is_some_and(|loaded| std::ptr::eq(loaded, column)) {
                        column.load(batch.access, ids);
                        loaded = Some(column);
                    }
                    &ids[..]
                }
                ids => ids,
            };
            look.add(ids, Told { ranks, rank_count, visitors });
        }
    }

    /// Adds what another look for the same values saw in other rows.
    pub fn merge(&mut self, other: &Detail) {
        let ranks = self.ranks.merge(&other.ranks);
        for (look, other) in self.looks.iter_mut().zip(&other.looks) {
            look.merge(other, &ranks, self.ranks.len());
        }
    }
}
