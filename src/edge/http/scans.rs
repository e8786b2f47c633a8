//! Whose turn it is to scan the window: a few at a time, nobody has all of them, and nobody waits for ever.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::ApiError;
use super::patient::Seen;

/// One address, or one guest, has at most one in so many of the turns, and one at least. Halves and not less:
/// with two turns, as by default, there is no smaller share that leaves anything to others.
const SHARE: usize = 2;

/// Who asks, as far as turns go. Handlers find it among the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// None where many people have the same one.
    pub(super) address: Option<IpAddr>,
    /// The name of the share link that was shown.
    pub(super) guest: Option<Arc<str>>,
    /// The connection it came by.
    pub(super) peer: Arc<Seen>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Scans {
    turns: Arc<Semaphore>,
    /// Turns of one address, and of one guest.
    share: usize,
    of_addresses: Shares<IpAddr>,
    of_guests: Shares<Arc<str>>,
}

/// A turn, given back when it goes.
#[derive(Debug)]
pub(super) struct Turn {
    _of_all: OwnedSemaphorePermit,
    _of_guest: Option<Share<Arc<str>>>,
    _of_address: Option<Share<IpAddr>>,
}

impl Scans {
    pub(super) fn new(at_once: usize) -> Scans {
        Scans {
            turns: Arc::new(Semaphore::new(at_once)),
            share: (at_once / SHARE).max(1),
            of_addresses: Shares::default(),
            of_guests: Shares::default(),
        }
    }

    /// Waits first among those who share with whoever asks, then among all: however many questions one has,
    /// his share of them at most stands before those of others.
    pub(super) async fn turn(&self, who: &Asking, patience: Duration) -> Result<Turn, ApiError> {
        let by = Instant::now() + patience;
        // Who waits for others of his link holds nothing that is his office's.
        let of_guest = self.of_guests.take(who.guest.clone(), self.share);
        let of_guest = wait(of_guest, by, || of_one("too_many_queries_of_guest", patience)).await?;
        let of_address = self.of_addresses.take(who.address, self.share);
        let of_address =
            wait(of_address, by, || of_one("too_many_queries_of_address", patience)).await?;
        let of_all =
            wait(Arc::clone(&self.turns).acquire_owned(), by, || crowded(patience)).await?;
        Ok(Turn { _of_all: of_all, _of_guest: of_guest, _of_address: of_address })
    }
}

async fn wait<T>(
    turn: impl Future<Output = Result<T, AcquireError>>,
    by: Instant,
    late: impl FnOnce() -> ApiError,
) -> Result<T, ApiError> {
    timeout_at(by, turn).await.map_err(|_| late())?.map_err(|_| ApiError::stopping())
}

/// Turns by whom they are of. What is remembered are those who ask just now.
#[derive(Debug)]
struct Shares<K>(Arc<Mutex<HashMap<K, Arc<Semaphore>>>>);

/// A turn of somebody's share, or a place in the queue for it.
#[derive(Debug)]
struct Share<K: std::hash::Hash + Eq> {
    all: Shares<K>,
    key: K,
    /// None once it goes.
    turns: Option<Arc<Semaphore>>,
    turn: Option<OwnedSemaphorePermit>,
}

impl<K> Default for Shares<K> {
    fn default() -> Shares<K> {
        Shares(Arc::default())
    }
}

impl<K: Clone + std::hash::Hash + Eq> Shares<K> {
    /// Without a key it counts nowhere.
    async fn take(&self, key: Option<K>, share: usize) -> Result<Option<Share<K>>, AcquireError> {
        let Some(key) = key else { return Ok(None) };
        let turns = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let turns = all.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(share)));
            Arc::clone(turns)
        };
        // From here on, so that who gives up while he waits is forgotten, too.
        let all = Shares(Arc::clone(&self.0));
        let mut taken = Share { all, key, turns: Some(Arc::clone(&turns)), turn: None };
        taken.turn = Some(turns.acquire_owned().await?);
        Ok(Some(taken))
    }
}

impl<K: std::hash::Hash + Eq> Drop for Share<K> {
    fn drop(&mut self) {
        self.turn = None;
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that of two that go at once the later one sees that nobody is left.
        self.turns = None;
        if all.get(&self.key).is_some_and(|turns| Arc::strong_count(turns) == 1) {
            all.remove(&self.key);
        }
    }
}

fn crowded(patience: Duration) -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_queries",
        format!(
            "others ask so much that it was not this one's turn within {} s",
            patience.as_secs()
        ),
        "ask again in a moment, or of a shorter time; http.max_queries are worked at side by side",
    )
}

fn of_one(code: &'static str, patience: Duration) -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        code,
        format!(
            "this address or guest asks so much that it was not this one's turn within {} s",
            patience.as_secs()
        ),
        "ask one thing after the other; half of http.max_queries are worked at for one address or guest",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn asking(address: Option<u8>, guest: Option<&str>) -> Asking {
        let address = address.map(|last| IpAddr::from([192, 0, 2, last]));
        Asking { address, guest: guest.map(Arc::from), peer: Arc::default() }
    }

    async fn turn(scans: &Scans, who: &Asking) -> Result<Turn, &'static str> {
        scans.turn(who, PATIENCE).await.map_err(|error| error.code)
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_a_turn_is_told_so() {
        let (scans, who) = (Scans::new(2), asking(None, None));
        let (first, second) = (turn(&scans, &who).await, turn(&scans, &who).await);
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(turn(&scans, &who).await.map(drop), Err("too_many_queries"));
        drop(first);
        assert!(turn(&scans, &who).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn one_address_or_guest_leaves_turns_to_others() {
        for (one, other, code) in [
            (asking(Some(1), None), asking(Some(2), None), "too_many_queries_of_address"),
            (asking(Some(1), None), asking(None, None), "too_many_queries_of_address"),
            (asking(None, Some("a")), asking(None, Some("b")), "too_many_queries_of_guest"),
            (asking(Some(1), Some("a")), asking(Some(2), Some("b")), "too_many_queries_of_guest"),
        ] {
            for (turns, share) in [(1, 1), (2, 1), (3, 1), (8, 4)] {
                let scans = Scans::new(turns);
                let mut held = Vec::new();
                for _ in 0..share {
                    held.push(turn(&scans, &one).await.expect("his share"));
                }
                assert_eq!(turn(&scans, &one).await.map(drop), Err(code), "{turns}");
                let others = turn(&scans, &other).await.map(drop);
                assert_eq!(others.is_ok(), turns > 1, "{turns}");
                held.clear();
                assert!(turn(&scans, &one).await.is_ok());
                assert!(scans.of_addresses.0.lock().expect("no panic").is_empty());
                assert!(scans.of_guests.0.lock().expect("no panic").is_empty());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_that_many_addresses_have_is_one_guest() {
        let scans = Scans::new(2);
        let _held = turn(&scans, &asking(Some(1), Some("a"))).await.expect("a turn");
        let late = turn(&scans, &asking(Some(2), Some("a"))).await.map(drop);
        assert_eq!(late, Err("too_many_queries_of_guest"));
        assert!(turn(&scans, &asking(Some(2), None)).await.is_ok());
    }
}
