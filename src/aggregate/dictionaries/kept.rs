//! Rows of an earlier process in the window's ids, and a client taken out of its texts.

use super::learning::{Failed, Learning, any_among, errors_among, is_found, seconds_of};
use super::{Dictionaries, Freed};
use crate::aggregate::column::{Columns, KIND, Rows, VISITOR, narrowest};
use crate::aggregate::derived::{Derived, plain};
use crate::aggregate::dict::ABSENT;
use crate::aggregate::forget::Forget;
use crate::aggregate::kept::{KEPT_KIND, KEPT_STATUS, KeptRows, NUMBERS};
use crate::vocab::event::{Kind, Level};
use crate::vocab::field::Field;

impl Dictionaries {
    /// The columns of the chunk `number` that rows which were kept elsewhere make, in this window's ids.
    pub(crate) fn adopt(&mut self, rows: &KeptRows, number: u32) -> Columns {
        let mut columns = Columns::default();
        for (place, kept) in NUMBERS.into_iter().zip(&rows.numbers) {
            *columns.at_mut(place) = kept.clone();
        }
        let mut map = Vec::new();
        let mut ids: Vec<u32> = Vec::new();
        let all = Rows::Range(0, rows.len());
        let found = found_of(rows);
        let errors = errors_of(rows);
        for field in Field::ALL {
            let kept = &rows.texts[field.index()];
            if kept.is_absent() {
                continue;
            }
            let learnt = Learning {
                // They had a name before.
                served: &[],
                found: if field == Field::Path { &found } else { &[] },
                errors: if field == Field::Message { &errors } else { &[] },
            };
            let seeds = self.seeds.clone();
            let values = kept.texts.iter().map(|text| (seeds.text(text), Some(&**text)));
            self.intern(field, values, &learnt, number, &mut map);
            // At once: wide columns of all fields would be many times the chunk.
            *columns.text_mut(field) = kept.ids.mapped(&map);
        }
        let mut kinds: Vec<u8> = Vec::new();
        columns.at(KIND).load(all, &mut kinds);
        self.visitors_of(&kinds, &columns, 0, number, &mut ids);
        if !ids.is_empty() {
            *columns.at_mut(VISITOR) = narrowest(&ids);
        }
        columns.len = rows.len();
        columns.pack();
        columns
    }

    /// Takes a client out of the texts: how many named it, and the derived ids that nothing has any more.
    /// Ids stay, so every sum does, and where it was is not said either.
    pub(crate) fn forget(&mut self, who: &Forget) -> (u64, Freed) {
        let (mut named, mut freed) = (0, Freed::default());
        for field in Field::ALL {
            let dict = &mut self.fields[field.index()];
            let texts: Vec<(u32, String)> =
                dict.iter().filter_map(|(id, text)| Some((id, who.text(text)?))).collect();
            named += texts.len() as u64;
            for (id, text) in texts {
                dict.rename(id, self.seeds.text(&text), &text);
                // What is learnt is known anew below; of a place nothing is left.
                let own = Derived::ALL.into_iter().filter(|d| d.field() == field && !d.is_learnt());
                for derived in own {
                    let of = &mut self.derived[derived as usize];
                    let old = dict.derived(id, derived.place());
                    // The new one first: one that stays is never let go of in between.
                    let new = plain(derived, &text)
                        .map_or(ABSENT, |value| of.acquire(self.seeds.text(&value), &value));
                    dict.set_derived(id, derived.place(), new);
                    if of.release(old) {
                        freed.derived[derived as usize].push(old);
                    }
                }
            }
        }
        // In templates addresses are values, which are masked.
        self.knowledge.routes.forget(who);
        if let Some(rerouted) = self.reroute() {
            let route = Derived::Route as usize;
            freed.derived[route].extend(&rerouted.derived[route]);
        }
        (named, freed)
    }
}

/// By id of the rows, which paths were answered with something other than that there is none.
fn found_of(rows: &KeptRows) -> Vec<bool> {
    let paths = &rows.texts[Field::Path.index()].ids;
    let statuses = &rows.numbers[KEPT_STATUS];
    any_among(rows.len(), paths, statuses, is_found)
}

/// By id of the rows, the error events that have the message.
fn errors_of(rows: &KeptRows) -> Vec<Option<Failed>> {
    let levels = &rows.texts[Field::Level.index()];
    let known: Vec<Option<Level>> = levels.texts.iter().map(|t| Level::from_name(t)).collect();
    let messages = &rows.texts[Field::Message.index()].ids;
    let kinds = &rows.numbers[KEPT_KIND];
    let errors = seconds_of(rows.segments.iter().copied())
        .enumerate()
        .filter(|&(row, _)| kinds.get(row) == Kind::Error as u64);
    let ids = |(row, second)| (second, messages.get(row) as u32, levels.ids.get(row) as u32);
    errors_among(errors.map(ids), &known)
}
