//! A value that many read and that is replaced while they run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// See the module.
#[derive(Debug, Default)]
pub struct Current<T> {
    value: RwLock<Arc<T>>,
    /// How often it was replaced.
    version: AtomicU64,
}

impl<T> Current<T> {
    #[must_use]
    pub fn new(value: T) -> Current<T> {
        Current { value: RwLock::new(Arc::new(value)), version: AtomicU64::new(0) }
    }

    #[must_use]
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.value.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn set(&self, value: T) {
        *self.value.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// The value, where it is another one than at version `seen`: for hot paths, which then pay one load.
    pub fn newer(&self, seen: &mut u64) -> Option<Arc<T>> {
        let version = self.version.load(Ordering::Acquire);
        if version == *seen {
            return None;
        }
        *seen = version;
        Some(self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_sees_each_change_once() {
        let (current, mut seen) = (Current::new(1), 0);
        assert_eq!(current.newer(&mut seen), None);
        current.set(2);
        assert_eq!(current.newer(&mut seen).as_deref(), Some(&2));
        assert_eq!((current.newer(&mut seen), *current.get()), (None, 2));
    }
}
