//! What became of every frame, so that the sum always closes.
//!
//! `received = counted + unparsed + rejected + dropped + in_flight`: an account changes only in two
//! steps, [`Account::begin`] and [`InFlight::settle`], each under one lock, so any snapshot of it
//! balances. Summing snapshots of several accounts balances too. What is in flight is a value: one that is
//! let go of unsettled, by a fault or an early return, settles itself as dropped.
//!
//! A frame is one message: an error line of a file counts once with all the lines of its trace. How
//! many lines went into others is beside the account, `Listener::joined_lines`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::aggregate::wire::Accounting;
use crate::vocab::outcome::{DropReason, RejectReason};

/// Outcomes of frames, as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub received: u64,
    pub counted: u64,
    pub unparsed: u64,
    pub rejected: [u64; RejectReason::COUNT],
    pub dropped: [u64; DropReason::COUNT],
    pub in_flight: u64,
    /// Bytes of the frames received, without what framed them.
    pub bytes: u64,
    /// Of `counted` and `unparsed` those that are in the second of their arrival, for their own time is
    /// too far from it, or one that no clock shows.
    pub misdated: u64,
}

impl Counts {
    pub fn reject(&mut self, reason: RejectReason) {
        self.rejected[reason as usize] += 1;
    }

    pub fn drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }

    /// Frames that have their final place.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.counted
            + self.unparsed
            + self.rejected.iter().sum::<u64>()
            + self.dropped.iter().sum::<u64>()
    }

    pub fn add(&mut self, other: &Counts) {
        self.received += other.received;
        self.counted += other.counted;
        self.unparsed += other.unparsed;
        for (mine, theirs) in self.rejected.iter_mut().zip(other.rejected) {
            *mine += theirs;
        }
        for (mine, theirs) in self.dropped.iter_mut().zip(other.dropped) {
            *mine += theirs;
        }
        self.in_flight += other.in_flight;
        self.bytes += other.bytes;
        self.misdated += other.misdated;
    }

    /// The shape shown to people and scripts; reasons that never happened are left out.
    #[must_use]
    pub fn to_wire(&self) -> Accounting {
        let named = |pairs: Vec<(&'static str, u64)>| -> BTreeMap<String, u64> {
            pairs.into_iter().filter(|&(_, n)| n > 0).map(|(k, n)| (k.to_owned(), n)).collect()
        };
        Accounting {
            received: self.received,
            counted: self.counted,
            unparsed: self.unparsed,
            rejected: named(
                RejectReason::ALL.iter().map(|r| (r.name(), self.rejected[*r as usize])).collect(),
            ),
            dropped: named(
                DropReason::ALL.iter().map(|r| (r.name(), self.dropped[*r as usize])).collect(),
            ),
            in_flight: self.in_flight,
        }
    }
}

/// One listener's (or source's) counts, shared by the tasks that feed it.
#[derive(Debug, Default)]
pub struct Account(Mutex<Counts>);

impl Account {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `frames` were read and are now in flight.
    pub fn begin(&self, frames: u64, bytes: u64) -> InFlight<'_> {
        let mut counts = self.lock();
        counts.received += frames;
        counts.in_flight += frames;
        counts.bytes += bytes;
        InFlight { account: self, frames }
    }

    /// Moves `frames` from in flight to their outcome.
    fn land(&self, frames: u64, outcome: &Counts) {
        let settled = outcome.settled();
        debug_assert!(settled <= frames, "{settled} outcomes for {frames} frames");
        let mut outcome = Counts { received: 0, in_flight: 0, bytes: 0, ..*outcome };
        outcome.dropped[DropReason::Fault as usize] += frames.saturating_sub(settled);
        // Wrong, but not in the sum.
        outcome.received = settled.saturating_sub(frames);
        let mut counts = self.lock();
        counts.in_flight -= frames;
        counts.add(&outcome);
    }

    /// Frames that are received and have their outcome at once.
    pub fn record(&self, outcome: &Counts) {
        let mut counts = self.lock();
        counts.add(&Counts { received: outcome.settled(), in_flight: 0, ..*outcome });
    }

    /// One frame that never became a line.
    pub fn reject(&self, reason: RejectReason) {
        let mut counts = self.lock();
        counts.received += 1;
        counts.reject(reason);
    }

    /// `frames` that the kernel lost before we could read them.
    pub fn lost_in_kernel(&self, frames: u64) {
        let mut counts = self.lock();
        counts.received += frames;
        counts.dropped[DropReason::Kernel as usize] += frames;
    }

    /// What was counted elsewhere: by an earlier process, or apart.
    pub fn add(&self, counts: &Counts) {
        self.lock().add(&Counts { in_flight: 0, ..*counts });
    }

    /// What was counted since it was called last, of an account that nothing else counts in.
    pub fn take(&self) -> Counts {
        std::mem::take(&mut *self.lock())
    }

    #[must_use]
    pub fn snapshot(&self) -> Counts {
        *self.lock()
    }
}

/// Frames that have no place yet.
#[derive(Debug)]
#[must_use = "frames that are let go of are dropped"]
pub struct InFlight<'a> {
    account: &'a Account,
    frames: u64,
}

impl InFlight<'_> {
    /// What became of them; `outcome.received` is ignored. A frame that has no outcome is dropped as a fault.
    pub fn settle(mut self, outcome: &Counts) {
        self.account.land(std::mem::take(&mut self.frames), outcome);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.frames > 0 {
            self.account.land(self.frames, &Counts::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balances(c: &Counts) -> bool {
        c.received == c.settled() + c.in_flight
    }

    #[test]
    fn every_step_of_an_account_balances() {
        let account = Account::default();
        let in_flight = account.begin(3, 300);
        assert!(balances(&account.snapshot()));
        let mut outcome = Counts { counted: 1, unparsed: 1, ..Counts::default() };
        outcome.drop(DropReason::Excluded);
        in_flight.settle(&outcome);
        account.reject(RejectReason::Oversize);
        account.lost_in_kernel(7);
        let counts = account.snapshot();
        assert!(balances(&counts));
        assert_eq!((counts.received, counts.in_flight), (11, 0));
        assert_eq!(counts.to_wire().dropped.get("kernel"), Some(&7));
    }
    #[test]
    fn a_frame_without_an_outcome_is_dropped_by_name() {
        let account = Account::default();
        drop(account.begin(2, 20));
        let one = Counts { counted: 1, ..Counts::default() };
        account.begin(3, 30).settle(&one);
        let counts = account.snapshot();
        assert!(balances(&counts) && counts.in_flight == 0);
        assert_eq!((counts.counted, counts.dropped[DropReason::Fault as usize]), (1, 4));
    }
}
