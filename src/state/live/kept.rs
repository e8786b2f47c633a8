//! The live state over a restart: chunks that leave and come back, and a client that is forgotten.

use super::{Live, ViewId};
use crate::aggregate::forget::Forget;
use crate::aggregate::kept::KeptRows;
use crate::state::window::kept::{ChunkState, Leaving};
use crate::vocab::field::Field;
use crate::vocab::time::Second;

impl Live {
    /// The window's chunks, the oldest first, for who writes them down.
    #[must_use]
    pub fn chunks(&self) -> Vec<ChunkState> {
        self.window.states()
    }

    /// What is written of a chunk, where it is still there.
    #[must_use]
    pub fn leaving(&self, number: u32) -> Option<Leaving> {
        self.window.leaving(number)
    }

    /// The oldest second of a chunk's rows from this one on, where it is still there.
    #[must_use]
    pub fn oldest_from(&self, number: u32, row: usize) -> Option<Second> {
        self.window.oldest_from(number, row)
    }

    /// The texts that a chunk's ids mean, where it is still there.
    #[must_use]
    pub fn texts(&self, number: u32, field: Field, ids: &[u32]) -> Option<Vec<Box<str>>> {
        self.window.texts(number, field, ids)
    }

    /// Takes a client out of everything that is kept; how many texts named it.
    pub fn forget(&mut self, who: &Forget) -> u64 {
        let (named, freed) = self.window.dictionaries.forget(who);
        self.meters.iter_mut().for_each(|meter| meter.forget(&freed));
        let ids: Vec<ViewId> = self.views.keys().copied().collect();
        for id in ids {
            let Some(view) = self.views.get_mut(&id) else { continue };
            view.forget(&freed);
            view.rebuild(&self.window, &self.waiting);
            let tail = self.views.get(&id).map(|view| self.tail(view)).unwrap_or_default();
            if let Some(view) = self.views.get_mut(&id) {
                view.fill_tail(tail);
                view.render(&self.window, &self.waiting);
            }
        }
        named
    }

    /// Takes a chunk of an earlier process in, before anything is counted or looked at: its rows were
    /// counted when they came. Older ones leave for which there is no room. Gives its number.
    pub fn restore(&mut self, rows: &KeptRows, now: Second) -> Option<u32> {
        let number = self.window.adopt(rows)?;
        for freed in self.window.fit(now) {
            self.meters.iter_mut().for_each(|meter| meter.forget(&freed));
        }
        Some(number)
    }

    /// Rows before `second` were lost by an earlier process.
    pub fn lost_before(&mut self, second: Second) {
        self.window.lost_before(second);
    }

    /// The rows of the seconds before `second` left an earlier process's window.
    pub fn evicted_before(&mut self, second: Second) {
        self.window.evicted_before(second);
    }

    /// Up to where rows left the window; the earliest second there is where none did.
    #[must_use]
    pub fn evicted_to(&self) -> Second {
        self.window.evicted_to()
    }

    /// Nobody listened from `from` to before `to`: nothing is known of these seconds.
    pub fn unheard(&mut self, from: Second, to: Second) {
        self.window.unheard(from, to);
    }

    /// Takes what is left of seconds that were not heard to their end out of every sum; single events are there. Before
    /// anything is looked at.
    pub fn withhold(&mut self) {
        self.window.withhold();
    }

    /// Lines of these seconds came to an earlier process after all.
    pub fn told_since(&mut self, from: Second, to: Second) {
        // As long as the window may be, whatever a file says.
        let from = from.max(to.plus(-i64::from(self.window.config().max_age_s)));
        (from.0..to.0).for_each(|second| self.window.tell(Second(second)));
    }

    /// Stretches in which nobody listened and of which lines have come since, the end exclusive.
    #[must_use]
    pub fn stretches_told_since(&self) -> Vec<(Second, Second)> {
        self.window.stretches_told_since()
    }

    /// The stretches in which nobody listened, and from where on no row was lost.
    #[must_use]
    pub fn known(&self) -> (Vec<(Second, Second)>, Second) {
        (self.window.stretches_unheard().to_vec(), self.window.complete_from())
    }
}
