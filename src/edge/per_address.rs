//! What one address may have: so many connections or sessions at a time, so many new ones a second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::state::throttle::{Limit, Throttle};

/// Places of one kind. What is remembered are those that are taken, which something else bounds.
#[derive(Debug, Default)]
pub struct PerAddress(Mutex<HashMap<IpAddr, usize>>);

/// One place, given back when it goes.
#[derive(Debug)]
pub struct Place {
    all: Arc<PerAddress>,
    /// Where it counts.
    address: Option<IpAddr>,
}

impl PerAddress {
    /// Takes one of `max` places of an address; without an address it counts nowhere.
    pub fn take(self: &Arc<Self>, address: Option<IpAddr>, max: usize) -> Option<Place> {
        if let Some(address) = address {
            let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = taken.entry(address).or_insert(0);
            // With a `max` of 1 and more an address that is refused has an entry already.
            if *count >= max {
                return None;
            }
            *count += 1;
        }
        Some(Place { all: Arc::clone(self), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut taken = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&address);
            }
        }
    }
}

/// How fast addresses come anew. Tells also who only connects and goes, which takes no place.
#[derive(Debug)]
pub struct Arrivals {
    begun: Instant,
    throttle: Mutex<Throttle>,
}

const SECOND_US: i64 = 1_000_000;

impl Default for Arrivals {
    fn default() -> Arrivals {
        Arrivals { begun: Instant::now(), throttle: Mutex::default() }
    }
}

impl Arrivals {
    /// Whether an address may come now, `a_second` times a second and twice as often at once.
    pub fn allows(&self, address: Option<IpAddr>, a_second: usize) -> bool {
        // Not the wall clock, which may be set back.
        self.allows_at(address, a_second, self.begun.elapsed())
    }

    fn allows_at(&self, address: Option<IpAddr>, a_second: usize, now: Duration) -> bool {
        let Some(address) = address else { return true };
        let now_us = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        let a_second = i64::try_from(a_second).unwrap_or(SECOND_US).clamp(1, SECOND_US);
        let limit = Limit { at_once: 2 * a_second, pause: SECOND_US / a_second };
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.take(address, limit, now_us).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_places_and_leaves_those_of_others() {
        let all = Arc::new(PerAddress::default());
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|ip| Some(IpAddr::from(ip)));
        let (first, second) = (all.take(one, 2), all.take(one, 2));
        assert!(first.is_some() && second.is_some() && all.take(one, 2).is_none());
        assert!(all.take(other, 2).is_some());
        drop(first);
        let third = all.take(one, 2);
        assert!(third.is_some() && all.take(one, 2).is_none());
        let uncounted: Vec<_> = (0..10).map(|_| all.take(None, 1)).collect();
        assert!(uncounted.iter().all(Option::is_some));
        drop((second, third));
        assert!(all.0.lock().expect("no panic").is_empty(), "who has none is forgotten");
    }

    #[test]
    fn who_comes_too_often_has_to_wait_and_others_do_not() {
        let arrivals = Arrivals::default();
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|ip| Some(IpAddr::from(ip)));
        let come = |who, at_ms| arrivals.allows_at(who, 10, Duration::from_millis(at_ms));
        assert_eq!((0..50).filter(|_| come(one, 0)).count(), 20);
        assert!(come(other, 0) && (0..50).all(|_| come(None, 0)));
        assert_eq!((0..50).filter(|_| come(one, 1_000)).count(), 10);
    }
}
