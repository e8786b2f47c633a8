//! How many lines of one sender count in a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::sources::Peer;
use crate::vocab::network::subscriber;
use crate::vocab::time::Second;

/// Senders told apart in one second; what further ones send counts as one sender's. Addresses of datagrams
/// can be forged, and so can be any number.
const MAX_PEERS: usize = 4_096;

/// See the module. Whole seconds and no bucket that refills: a burst over the turn of a second may be twice
/// the rate, and nothing has to be remembered of who is silent.
#[derive(Debug, Default)]
pub struct Rates(Mutex<[Counted; 2]>);

#[derive(Debug, Default)]
struct Counted {
    second: Second,
    lines: HashMap<Peer, u64>,
    others: u64,
}

impl Rates {
    /// How many of `lines` that arrive now count, where `max` of a sender do in each second.
    pub fn take(&self, peer: &Peer, lines: u64, max: u64, now: Second) -> u64 {
        let peer = &match peer {
            Peer::Ip(ip) => Peer::Ip(subscriber(*ip)),
            name @ Peer::Name(_) => name.clone(),
        };
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [newest, before] = &mut *counted;
        // Readers are not at the turn of a second all at once: the later one begins it, and who is still
        // at the one before has what was left of that.
        if now > newest.second {
            *before = std::mem::replace(newest, Counted { second: now, ..Counted::default() });
        }
        let counted = if now < newest.second { before } else { newest };
        let is_known = counted.lines.contains_key(peer);
        let so_far = if is_known {
            counted.lines.get_mut(peer)
        } else if counted.lines.len() < MAX_PEERS {
            Some(counted.lines.entry(peer.clone()).or_default())
        } else {
            None
        };
        let so_far = match so_far {
            Some(of_peer) => of_peer,
            None => &mut counted.others,
        };
        let granted = lines.min(max.saturating_sub(*so_far));
        *so_far += granted;
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: usize) -> Peer {
        Peer::Name(n.to_string().into())
    }

    #[test]
    fn a_sender_has_so_many_lines_a_second_and_others_have_theirs() {
        let rates = Rates::default();
        let take = |n, lines, second| rates.take(&peer(n), lines, 10, Second(second));
        assert_eq!((take(1, 4, 5), take(1, 4, 5), take(1, 4, 5), take(1, 4, 5)), (4, 4, 2, 0));
        assert_eq!(take(2, 100, 5), 10);
        assert_eq!((take(1, 11, 6), take(1, 1, 5), take(2, 3, 6)), (10, 0, 3));
    }

    #[test]
    fn a_flood_of_senders_takes_no_more_memory_and_counts_as_one() {
        let rates = Rates::default();
        let take = |n| rates.take(&peer(n), 1, 10, Second(5));
        assert!((0..MAX_PEERS).all(|n| take(n) == 1));
        let beyond = (0..1_000).map(|n| take(MAX_PEERS + n)).sum::<u64>();
        assert_eq!((beyond, take(0)), (10, 1));
    }
}
