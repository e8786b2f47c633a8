//! How the process itself is: what an operator's own monitoring should know of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// See the module.
#[derive(Debug, Default)]
pub struct Condition {
    reloads: AtomicU64,
    reload_failed: AtomicBool,
}

impl Condition {
    /// The configuration was read again, and taken or not.
    pub fn reloaded(&self, taken: bool) {
        self.reload_failed.store(!taken, Ordering::Relaxed);
        if taken {
            self.reloads.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reloads that took effect.
    #[must_use]
    pub fn reloads(&self) -> u64 {
        self.reloads.load(Ordering::Relaxed)
    }

    /// The last reload found a mistake: what runs is not what the file says.
    #[must_use]
    pub fn reload_failed(&self) -> bool {
        self.reload_failed.load(Ordering::Relaxed)
    }
}
