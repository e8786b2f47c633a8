//! The memory that bodies may hold together, so that many senders at once are told to wait instead
//! of filling the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of bodies, as sent and as inflated, over all requests.
#[derive(Debug)]
pub(crate) struct Budget {
    held: AtomicUsize,
    max: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(max: usize) -> Arc<Budget> {
        Arc::new(Budget { held: AtomicUsize::new(0), max: AtomicUsize::new(max) })
    }

    /// From now on; what is held stays.
    pub(crate) fn set_max(&self, max: usize) {
        self.max.store(max, Ordering::Relaxed);
    }
}

/// One request's share; given back when it goes.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Share {
    pub(crate) fn of(budget: &Arc<Budget>) -> Share {
        Share { budget: Arc::clone(budget), bytes: 0 }
    }

    /// Whether there was room for so many more.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let held = self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        held + bytes <= self.budget.max.load(Ordering::Relaxed)
    }
}

impl Share {
    pub(crate) fn give_back(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_and_what_goes_makes_room() {
        let budget = Budget::new(100);
        let (mut one, mut other) = (Share::of(&budget), Share::of(&budget));
        assert!(one.grow(60));
        assert!(one.grow(20));
        assert!(!other.grow(30));
        drop(other);
        assert!(one.grow(20));
        drop(one);
        assert!(Share::of(&budget).grow(100));
    }
}
