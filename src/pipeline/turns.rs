//! Whose turn it is at the window: a tick goes before whoever opens a view.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A view of ten million events takes a second to count, under the locks that a tick needs. Locks hand
/// themselves to whoever comes first, so a tick would wait for all who open one.
#[derive(Debug, Default)]
pub(super) struct Turns {
    slow: Mutex<()>,
    /// How many that are not to wait are there.
    due: Mutex<usize>,
    over: Condvar,
}

/// Until it is dropped nobody begins something slow.
#[derive(Debug)]
pub(super) struct Due<'t>(&'t Turns);

/// Where ticks follow each other without a pause, somebody who waits gets on nevertheless.
const PATIENCE: Duration = Duration::from_secs(2);

impl Turns {
    /// For what takes long: one at a time, and after what is due.
    pub(super) fn slow(&self) -> MutexGuard<'_, ()> {
        let turn = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.over.wait_timeout_while(self.count(), PATIENCE, |due| *due > 0);
        drop(waited);
        turn
    }

    /// For what is not to wait; who has begun is waited for at the locks.
    pub(super) fn due(&self) -> Due<'_> {
        *self.count() += 1;
        Due(self)
    }

    #[cfg(test)]
    pub(super) fn is_taken(&self) -> bool {
        self.slow.try_lock().is_err()
    }

    fn count(&self) -> MutexGuard<'_, usize> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Due<'_> {
    fn drop(&mut self) {
        *self.0.count() -= 1;
        self.0.over.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_goes_before_who_waits_for_something_slow() {
        let (turns, order) = (Turns::default(), Mutex::new(Vec::new()));
        let say = |what| order.lock().expect("nobody panics").push(what);
        std::thread::scope(|scope| {
            let opening = turns.slow();
            for _ in 0..3 {
                scope.spawn(|| {
                    let _turn = turns.slow();
                    say("slow");
                });
            }
            let due = turns.due();
            let another = turns.due();
            drop(opening);
            drop(another);
            say("due");
            drop(due);
        });
        assert_eq!(*order.lock().expect("nobody panics"), ["due", "slow", "slow", "slow"]);
    }
}
