//! The values of one list step by step: how each of the shown ones went over a range.

use super::column::{REQUEST, Rows, UPSTREAM};
use super::dictionaries::Dictionaries;
use super::list::{Base, List};
use super::loaded::band;
use super::scan::Batch;
use super::wire::TrendRow;
use crate::vocab::field::Field;

/// Counts of some values of a list, by step.
#[derive(Debug)]
pub struct Counts {
    list: List,
    shown: Vec<u32>,
    /// 1 more than the place of an id among the shown.
    place: Vec<u16>,
    /// Steps of every place, one after the other.
    cells: Vec<u64>,
    steps: usize,
    ids: Vec<u32>,
}

impl Counts {
    /// For the values `shown`, of which a `u16` counts all.
    #[must_use]
    pub fn new(list: List, shown: &[u32], dictionaries: &Dictionaries, steps: usize) -> Counts {
        let mut place = vec![0; list.bound(dictionaries)];
        for (at, &id) in (1u16..).zip(shown) {
            place[id as usize] = at;
        }
        let (shown, cells) = (shown.to_vec(), vec![0; shown.len() * steps]);
        Counts { list, shown, place, cells, steps, ids: Vec::new() }
    }

    /// Counts the requests of a batch in step `step`.
    pub fn add(&mut self, batch: Batch<'_>, step: usize, dictionaries: &Dictionaries) {
        let base = self.list.base();
        match base {
            Base::Bands | Base::UpstreamBands => {
                let column = if base == Base::Bands { REQUEST } else { UPSTREAM };
                batch.columns.at(column).load(batch.access, &mut self.ids);
                // At most 13 bands.
                self.ids.iter_mut().for_each(|us| *us = band(*us));
            }
            Base::Messages => {
                let errors = Rows::Picked(batch.errors);
                batch.columns.text(Field::Message).load(errors, &mut self.ids);
            }
            _ => match base.column(batch.columns) {
                Some(column) => column.load(batch.access, &mut self.ids),
                None => return,
            },
        }
        for (at, &id) in self.ids.iter().enumerate() {
            let id = self.list.shown_id_of(id, dictionaries);
            let place = self.place.get(id as usize).and_then(|place| place.checked_sub(1));
            let Some(place) = place else { continue };
            if base == Base::NotFound && batch.status(at) != 404 {
                continue;
            }
            if let Some(cell) = self.cells.get_mut(usize::from(place) * self.steps + step) {
                *cell += 1;
            }
        }
    }

    /// What was counted, in the order of the shown values.
    #[must_use]
    pub fn rows(&self, dictionaries: &Dictionaries) -> Vec<TrendRow> {
        let rows = self.shown.iter().enumerate().map(|(at, &id)| TrendRow {
            value: self.list.text(id, dictionaries),
            requests: self.cells[at * self.steps..(at + 1) * self.steps].to_vec(),
        });
        rows.collect()
    }
}
