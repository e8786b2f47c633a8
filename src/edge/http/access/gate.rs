//! What the server remembers of who may come in: sessions, and who failed lately.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::state::sessions::Sessions;
use crate::state::shares::Shares;
use crate::state::throttle::{Limit, Throttle};
use crate::vocab::network::subscriber;
use crate::vocab::time::Millis;

/// Passwords verified side by side: each takes a core for 50 ms and 19 MiB, or what the operator's hash
/// says, and lines have to be counted meanwhile.
const MAX_VERIFYING: usize = 2;
/// An address may fail so often at once, and then ten times a minute (milliseconds, as all here).
const PER_ADDRESS: Limit = Limit { at_once: 10, pause: 6_000 };
/// The same for a name, from all addresses together: more, so that a stranger who knows a name does not
/// lock its owner out from a few addresses.
const PER_NAME: Limit = Limit { at_once: 30, pause: 2_000 };

#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) sessions: Sessions,
    pub(crate) shares: Arc<Shares>,
    /// Ends what was opened without a session: by a token, a key, or by nobody in particular.
    feeds: Mutex<CancellationToken>,
    pub(super) verifying: Semaphore,
    failed: Mutex<Throttle>,
}

impl Gate {
    pub(crate) fn new() -> Gate {
        Gate {
            sessions: Sessions::default(),
            shares: Arc::default(),
            feeds: Mutex::default(),
            verifying: Semaphore::new(MAX_VERIFYING),
            failed: Mutex::default(),
        }
    }

    /// Cancelled when the credentials of now may be worth nothing any more.
    pub(crate) fn feeds_end(&self) -> CancellationToken {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn end_feeds(&self) {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *feeds).cancel();
    }

    /// Takes a try of an address and of a name.
    ///
    /// # Errors
    /// The milliseconds until there is one again.
    pub(super) fn take(&self, address: IpAddr, name: &str, now: Millis) -> Result<(), i64> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.take(subscriber(address), PER_ADDRESS, now.0)?;
        // A token has no name, and is not guessed.
        if name.is_empty() { Ok(()) } else { failed.take(name, PER_NAME, now.0) }
    }

    /// The try was a good one.
    pub(super) fn give_back(&self, address: IpAddr, name: &str) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.give_back(subscriber(address), PER_ADDRESS);
        failed.give_back(name, PER_NAME);
    }
}
