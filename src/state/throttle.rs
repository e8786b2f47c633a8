//! How often somebody may fail: a bounded table of who tried lately.
//!
//! Each key has a place on the clock up to which its tries are spent (the generic cell rate algorithm):
//! one number, that needs no timer to recover. A full table gives up the key that has recovered most.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

/// Keys remembered: an attacker from more addresses than that is throttled by the name alone.
const MAX_KEYS: usize = 4_096;

/// So many tries at once, and then one more after each pause, in whatever unit the time is told in.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub at_once: i64,
    pub pause: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Throttle {
    /// Hashed by a key of this process: nobody can have two collide.
    hasher: RandomState,
    spent_until: HashMap<u64, i64>,
}

impl Throttle {
    /// Takes a try; where none is left, how long until there is one.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take(&mut self, key: impl Hash, limit: Limit, now: i64) -> Result<(), i64> {
        let key = self.hasher.hash_one(key);
        let spent = self.spent_until.get(&key).copied().unwrap_or(now).max(now);
        let room = limit.pause * (limit.at_once - 1);
        if spent - now > room {
            return Err(spent - now - room);
        }
        if self.spent_until.len() >= MAX_KEYS && !self.spent_until.contains_key(&key) {
            self.make_room(now);
        }
        self.spent_until.insert(key, spent + limit.pause);
        Ok(())
    }

    /// The try was a good one: it does not count.
    pub fn give_back(&mut self, key: impl Hash, limit: Limit) {
        let key = self.hasher.hash_one(key);
        if let Some(spent) = self.spent_until.get_mut(&key) {
            *spent -= limit.pause;
        }
    }

    fn make_room(&mut self, now: i64) {
        self.spent_until.retain(|_, spent| *spent > now);
        if self.spent_until.len() >= MAX_KEYS {
            let most =
                self.spent_until.iter().min_by_key(|(_, spent)| **spent).map(|(key, _)| *key);
            most.map(|key| self.spent_until.remove(&key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { at_once: 3, pause: 1_000 };

    #[test]
    fn tries_are_spent_at_once_and_come_back_one_by_one() {
        let mut throttle = Throttle::default();
        let mut take = |key, at| throttle.take(key, LIMIT, at);
        assert_eq!((take("a", 0), take("a", 0), take("a", 0)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(take("a", 0), Err(1_000));
        assert_eq!(take("b", 0), Ok(()), "another one's tries are another's");
        assert_eq!((take("a", 1_000), take("a", 1_000)), (Ok(()), Err(1_000)));
        assert_eq!((take("a", 60_000), take("a", 60_000)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_good_try_does_not_count() {
        let mut throttle = Throttle::default();
        for _ in 0..100 {
            assert_eq!(throttle.take("a", LIMIT, 0), Ok(()));
            throttle.give_back("a", LIMIT);
        }
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_memory_and_frees_no_spent_one() {
        let mut throttle = Throttle::default();
        for _ in 0..3 {
            assert_eq!(throttle.take("attacker", LIMIT, 0), Ok(()));
        }
        for n in 0..3 * MAX_KEYS {
            assert_eq!(throttle.take(n, LIMIT, 0), Ok(()));
        }
        assert_eq!(throttle.spent_until.len(), MAX_KEYS);
        assert!(throttle.take("attacker", LIMIT, 0).is_err());
    }
}
