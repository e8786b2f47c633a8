//! Whose turn it is to shake hands: so many at once, and of one address a part of them, so that one that
//! stalls all of its handshakes leaves room for the others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The part that one address may have: some stalling ones are needed to shut the others out.
const SHARE: usize = 4;

/// See the module.
#[derive(Debug)]
pub(super) struct Turns {
    all: Arc<Semaphore>,
    share: usize,
    by_address: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
}

/// One turn, given back when it goes.
#[derive(Debug)]
pub(super) struct Turn {
    _of_all: OwnedSemaphorePermit,
    _of_address: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new(at_once: usize) -> Turns {
        let (all, by_address) = (Arc::new(Semaphore::new(at_once)), Mutex::default());
        Turns { all, share: at_once.div_ceil(SHARE), by_address }
    }

    /// Waits for a turn, in the order in which an address has asked.
    pub(super) async fn take(&self, address: IpAddr) -> Option<Turn> {
        let own = self.of(address);
        let of_address = own.acquire_owned().await.ok()?;
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Turn { _of_all: of_all, _of_address: of_address })
    }

    fn of(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut map = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has no turn and waits for none is forgotten; those that are left are connections, which are
        // bounded.
        map.retain(|_, own| Arc::strong_count(own) > 1);
        let new = || Arc::new(Semaphore::new(self.share));
        Arc::clone(map.entry(address).or_insert_with(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_takes_its_part_and_leaves_the_rest() {
        let turns = Turns::new(8);
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let (first, _second) = (turns.take(one).await, turns.take(one).await);
        let waits = tokio::select! {
            biased;
            _ = turns.take(one) => false,
            () = std::future::ready(()) => true,
        };
        assert!(waits && turns.take(other).await.is_some());
        drop(first);
        assert!(turns.take(one).await.is_some());
        assert_eq!(turns.by_address.lock().expect("no panic").len(), 1, "the other is forgotten");
    }
}
