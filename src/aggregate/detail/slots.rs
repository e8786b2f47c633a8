//! Which values of several lists a value of their base is counted under, as one number.
//!
//! A path is itself in one list, of a route in a second and of a type in a third. Values of the base that are
//! the same to every list share a slot, of which there are few: a row is counted once, however many lists
//! there are, and what a list shows is the sum of its slots.

use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::list::List;

/// Slots of several lists together; lists that would need more go apart.
const MOST: usize = 128;
/// Pairs of a slot and a value that there may be at most, for each has a place in a table while lists are joined.
const PAIRS: usize = 1 << 16;

/// See the module. Slot 0 is what no list wants.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    /// By id of the base.
    of: Vec<u16>,
    lists: Vec<Wanted>,
    width: usize,
}

/// Values of one list.
#[derive(Clone, Debug)]
struct Wanted {
    list: List,
    ids: Vec<u32>,
    /// By slot: 1 more than the place among the ids, or 0.
    place: Vec<u16>,
}

impl Slots {
    /// Of one list; at most 65,534 values.
    pub(super) fn new(list: List, ids: Vec<u32>, dictionaries: &Dictionaries) -> Slots {
        let of = places(list, &ids, dictionaries);
        // At most 65,534.
        let place: Vec<u16> = (0..=ids.len() as u16).collect();
        Slots { of, width: place.len(), lists: vec![Wanted { list, ids, place }] }
    }

    /// Adds a list of the same base, where they have no more than so many slots then. Gives its values back where
    /// it has to go apart.
    pub(super) fn join(
        &mut self,
        list: List,
        ids: Vec<u32>,
        most: usize,
        dictionaries: &Dictionaries,
    ) -> Result<(), Vec<u32>> {
        let (most, across) = (most.min(MOST), ids.len() + 1);
        if self.width * across > PAIRS {
            return Err(ids);
        }
        let places = places(list, &ids, dictionaries);
        let pair = |(&slot, &place): (&u16, &u16)| usize::from(slot) * across + usize::from(place);
        let mut slot_of = vec![0u16; self.width * across];
        // What no list wants is of slot 0, whether there is any or not.
        let mut pairs = vec![0];
        for pair in self.of.iter().zip(&places).map(pair).filter(|pair| *pair != 0) {
            if slot_of[pair] == 0 {
                if pairs.len() >= most {
                    return Err(ids);
                }
                // At most MOST.
                slot_of[pair] = pairs.len() as u16;
                pairs.push(pair);
            }
        }
        self.of
            .iter_mut()
            .zip(&places)
            .for_each(|(slot, place)| *slot = slot_of[pair((slot, place))]);
        for known in &mut self.lists {
            known.place = pairs.iter().map(|pair| known.place[pair / across]).collect();
        }
        // Below `across`.
        let place = pairs.iter().map(|pair| (pair % across) as u16).collect();
        self.lists.push(Wanted { list, ids, place });
        self.width = pairs.len();
        Ok(())
    }

    /// By id of the base.
    #[inline(always)]
    pub(super) fn of(&self) -> &[u16] {
        &self.of
    }

    /// How many there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A list of the base.
    pub(super) fn first(&self) -> List {
        self.lists[0].list
    }

    /// The values of each list with their slots.
    pub(super) fn values(&self) -> impl Iterator<Item = (List, u32, Vec<usize>)> {
        self.lists.iter().flat_map(|wanted| {
            wanted
                .ids
                .iter()
                .zip(1..)
                .map(|(&id, at)| (wanted.list, id, wanted.slots(at).collect()))
        })
    }
}

impl Wanted {
    fn slots(&self, at: u16) -> impl Iterator<Item = usize> {
        (0..).zip(&self.place).filter(move |(_, place)| **place == at).map(|(slot, _)| slot)
    }
}

/// By id of the base: 1 more than the place among `ids` of what it is counted under, or 0.
fn places(list: List, ids: &[u32], dictionaries: &Dictionaries) -> Vec<u16> {
    let mut of_list = vec![0; list.bound(dictionaries)];
    for (at, &id) in (1u16..).zip(ids) {
        of_list[id as usize] = at;
    }
    // A base has at most some million values.
    let all = 0..list.base().bound(dictionaries) as u32;
    let of_base = all.map(|id| of_list.get(list.id_of(id, dictionaries) as usize));
    of_base.map(|place| place.copied().unwrap_or(0)).collect()
}
