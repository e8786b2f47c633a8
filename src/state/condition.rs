//! How the process itself is: what an operator's own monitoring should know of it.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use crate::vocab::time::Second;

/// See the module.
#[derive(Debug, Default)]
pub struct Condition {
    reloads: AtomicU64,
    reload_failed: AtomicBool,
    /// Seconds since 1970; 0 where there is none.
    certificate_ends: AtomicI64,
    faults: AtomicU64,
}

impl Condition {
    /// The configuration was read again, and taken or not.
    pub fn reloaded(&self, taken: bool) {
        self.reload_failed.store(!taken, Ordering::Relaxed);
        if taken {
            self.reloads.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The certificate in use is good until then.
    pub fn certificate_until(&self, ends: Option<Second>) {
        self.certificate_ends.store(ends.map_or(0, |ends| ends.0), Ordering::Relaxed);
    }

    #[must_use]
    pub fn certificate_ends(&self) -> Option<Second> {
        Some(Second(self.certificate_ends.load(Ordering::Relaxed))).filter(|ends| ends.0 != 0)
    }

    /// A panic was caught and the work goes on without what it was about.
    pub fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Panics that were caught.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
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
