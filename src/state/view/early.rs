//! What a view has told of seconds that are not over yet: lines are shown as they arrive, and each once.
//!
//! Half of a second's lines ([`WindowConfig::tail`](crate::state::window::WindowConfig)) may go early, so that an
//! error in its last moment still has a place among them. They come back a [`LOOKS`]th of that with each look: the
//! lines of a quiet site are all told at once, those of a busy one evenly.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::scan::Scanner;
use crate::aggregate::wire::EventRow;
use crate::state::sample::Sample;
use crate::state::window::{SegmentRef, Window};

/// Looks a second.
pub const LOOKS: usize = 10;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Early {
    /// How many rows of each open segment were looked at, from its start on.
    looked: BTreeMap<SegmentRef, u32>,
    /// Those that were told.
    told: BTreeSet<(SegmentRef, u32)>,
    /// How many that were since the last close.
    spent: usize,
    /// What was told and has not come back, each row in [`LOOKS`] parts.
    owed: usize,
}

impl Early {
    /// What is new in the open segments and is told now, in the order of time.
    pub(super) fn look(
        &mut self,
        scanner: &mut Scanner,
        window: &Window,
        open: &BTreeSet<SegmentRef>,
    ) -> Vec<EventRow> {
        let most = window.config().tail / 2;
        self.owed = self.owed.saturating_sub(most);
        let wanted = (most - self.owed.div_ceil(LOOKS)).min(most.saturating_sub(self.spent));
        if wanted == 0 {
            // What is new by then is looked at next time.
            return Vec::new();
        }
        let mut sample = Sample::new(wanted, window.dictionaries());
        for &at in open {
            let Some((chunk, segment)) = window.segment(at) else { continue };
            let before = self.looked.insert(at, segment.len).unwrap_or(0);
            let rows = ((segment.start + before) as usize, (segment.len - before) as usize);
            if rows.1 > 0 {
                scanner.scan(&chunk.columns, rows, window.dictionaries(), |batch| {
                    sample.add(segment.second, at, &batch, |_| true);
                });
            }
        }
        let picked = sample.pick(window);
        self.spent += picked.len();
        self.owed += picked.len() * LOOKS;
        self.told.extend(picked.iter().map(|row| row.place()));
        picked.iter().filter_map(|row| row.render(window)).collect()
    }

    /// How many lines are left for the end of the second.
    pub(super) fn left(&self, window: &Window) -> usize {
        window.config().tail - self.spent
    }

    pub(super) fn is_told(&self, at: SegmentRef, row: u32) -> bool {
        !self.told.is_empty() && self.told.contains(&(at, row))
    }

    /// A second is over; these segments are open still.
    pub(super) fn close(&mut self, open: &BTreeSet<SegmentRef>) {
        self.spent = 0;
        self.looked.retain(|at, _| open.contains(at));
        self.told.retain(|(at, _)| open.contains(at));
    }
}
