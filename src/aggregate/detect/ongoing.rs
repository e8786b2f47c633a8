//! What is open, for a file that outlives the process, and what an earlier process left open.
//!
//! A restart is no end of an incident: the series that it is of goes on with it at its first look, so that it is told
//! neither as over nor anew, and nothing of it is learnt as usual. Where no evidence of it comes again, it is over.

use std::collections::BTreeMap;

use super::episode::{About, Open};
use crate::aggregate::forget::Forget;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Seconds in which evidence of it must come again: what is rare needs some to be known.
pub(super) const RESUMED_S: i64 = 180;
/// One that was seen last longer ago is another one by now: an hour, after which it would have become usual.
const GAP_S: i64 = 3600;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ongoing {
    /// By the number of its finding, as it was told last.
    open: BTreeMap<u64, Open>,
    /// Of an earlier process, until its series has gone on with it.
    left: Vec<Open>,
    /// The first tick of this process.
    first: Option<Second>,
}

impl Ongoing {
    pub(super) fn of(left: Vec<Open>) -> Ongoing {
        Ongoing { left, ..Ongoing::default() }
    }

    /// What another process can go on with. JSON has no numbers that are not finite, and would not be read again.
    pub(super) fn kept(&self) -> Vec<Open> {
        let all = self.open.values().chain(&self.left);
        all.filter(|open| open.is_finite()).cloned().collect()
    }

    pub(super) fn keep(&mut self, open: &Open) {
        self.open.insert(open.id(), open.clone());
    }

    pub(super) fn ended(&mut self, id: u64) {
        self.open.remove(&id);
    }

    /// Whether there is any that no series has gone on with yet.
    pub(super) fn has_left(&self) -> bool {
        !self.left.is_empty()
    }

    /// What was left open of this series.
    pub(super) fn take(&mut self, about: &About<'_>) -> Option<Open> {
        // Of bytes there is one series, and which path they are of is found when it opens.
        let of_all = about.kind == AnomalyKind::Bytes;
        let at = self.left.iter().position(|open| open.is_of(about, of_all))?;
        Some(self.left.swap_remove(at))
    }

    /// What is left and over by this tick: it was too long ago, or its series was not heard of again.
    pub(super) fn over(&mut self, second: Second) -> Vec<Open> {
        if self.left.is_empty() {
            return Vec::new();
        }
        let is_first = self.first.is_none();
        let first = *self.first.get_or_insert(second);
        if second.0 - first.0 >= RESUMED_S {
            return std::mem::take(&mut self.left);
        }
        let is_old = |open: &mut Open| is_first && second.0 - open.last().0 > GAP_S;
        self.left.extract_if(.., is_old).collect()
    }

    /// Takes a client out of it.
    pub(super) fn forget(&mut self, who: &Forget) {
        self.open.values_mut().chain(&mut self.left).for_each(|open| open.forget(who));
    }
}
