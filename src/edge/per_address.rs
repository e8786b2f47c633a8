//! Places of one kind by address: so many connections or sessions one address may have at a time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// See the module. What is remembered are the places that are taken, which something else bounds.
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

/// The address that stands for a subscriber: one has a whole /64 of IPv6.
#[must_use]
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
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
    fn one_subscriber_has_one_address_of_the_fourth_kind_and_a_network_of_the_sixth() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(subscriber(address).to_string(), expected);
        }
    }
}
