//! What became of the messages to each target of `[[notify]]`, counted since the start.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Of one target.
#[derive(Debug)]
pub struct Notices {
    pub target: String,
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Notices {
    pub fn sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Given up, after all attempts.
    pub fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Left out, by the rate or because there were too many.
    pub fn dropped(&self, messages: u64) {
        self.dropped.fetch_add(messages, Ordering::Relaxed);
    }

    /// Sent, failed, dropped.
    #[must_use]
    pub fn counts(&self) -> [u64; 3] {
        [&self.sent, &self.failed, &self.dropped].map(|count| count.load(Ordering::Relaxed))
    }
}

/// All targets, in the order in which they came. One that is none any more stays: what it was told has been told,
/// and a counter goes on if its target comes back.
#[derive(Debug, Default)]
pub struct Told(Mutex<Vec<Arc<Notices>>>);

impl Told {
    /// Counts for a target, on from what was counted under this name before.
    pub fn target(&self, name: &str) -> Arc<Notices> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.iter().find(|known| known.target == name) {
            return Arc::clone(known);
        }
        let (sent, failed, dropped) = Default::default();
        let notices = Arc::new(Notices { target: name.to_owned(), sent, failed, dropped });
        all.push(Arc::clone(&notices));
        notices
    }

    #[must_use]
    pub fn all(&self) -> Vec<Arc<Notices>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
