//! Whether anybody still waits for what this thread reads out of the window.
//!
//! It belongs to the thread and is no argument: between whoever asks and the loops over rows are a dozen
//! functions that would only pass it on, and a tick or a test, which always wait, would have to say so.

use std::cell::RefCell;

use tokio_util::sync::CancellationToken;

thread_local! {
    static GONE: RefCell<Option<CancellationToken>> = const { RefCell::new(None) };
}

/// Whoever waits for an answer. Where nobody may go away, he always does.
#[derive(Clone, Debug)]
pub(crate) struct Waiting(Option<CancellationToken>);

impl Waiting {
    /// Who waits for what this thread does; helpers of it are given the same.
    pub(crate) fn here() -> Waiting {
        Waiting(GONE.with_borrow(Clone::clone))
    }

    /// For what is kept, and so has to be whole.
    pub(crate) fn always() -> Waiting {
        Waiting(None)
    }

    /// False when what is read will be thrown away.
    pub(crate) fn waits(&self) -> bool {
        self.0.as_ref().is_none_or(|gone| !gone.is_cancelled())
    }
}

/// Does `work` for somebody who may go; then what it reads is worth nothing, and it ends early.
pub(crate) fn until_gone<T>(gone: CancellationToken, work: impl FnOnce() -> T) -> T {
    /// Threads are used again, also after a panic.
    struct Restore;
    impl Drop for Restore {
        fn drop(&mut self) {
            GONE.set(None);
        }
    }
    GONE.set(Some(gone));
    let _restore = Restore;
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_gone_waits_no_more_and_the_next_one_does() {
        let gone = CancellationToken::new();
        until_gone(gone.clone(), || {
            assert!(Waiting::here().waits());
            gone.cancel();
            assert!(!Waiting::here().waits() && Waiting::always().waits());
        });
        assert!(Waiting::here().waits());
    }
}
