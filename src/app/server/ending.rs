//! The end of a server: connections finish, readers take what is in their hands, and the last second is told.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Shutdown;
use crate::app::keep::Keeping;
use crate::edge::clock::Clock;
use crate::pipeline::tick::Ticker;

/// Sealing the last second and telling it takes some milliseconds; readers look at their stop token
/// every 100 ms and drain for a second at most.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Lets connections finish within `grace`, or until told to end now. From then on no datagram is heard.
pub(super) async fn drain(
    connections: &TaskTracker,
    datagrams: &CancellationToken,
    grace: Duration,
    shutdown: &Shutdown,
) {
    tokio::select! {
        () = connections.wait() => {}
        () = deafen(datagrams, grace / 2) => {}
        () = shutdown.now.cancelled() => tracing::warn!("told twice to stop: ending now"),
        () = tokio::time::sleep(grace) => {
            tracing::warn!(open = connections.len(), "connections outlasted stop.grace: ending now");
        }
    }
    datagrams.cancel();
}

/// Ends datagrams if connections have not ended by then; does not end itself.
///
/// Who sends datagrams is told nothing of a stop: while connections finish, which anybody may draw out by
/// coming anew, they are heard as ever. The other half of the grace is for what the kernel has taken by then.
async fn deafen(datagrams: &CancellationToken, after: Duration) {
    tokio::time::sleep(after).await;
    datagrams.cancel();
    std::future::pending().await
}

/// What ends after the last connection.
pub(super) struct Rest {
    /// Those of receivers and of followed files.
    pub(super) threads: Vec<JoinHandle<()>>,
    pub(super) tick: Option<JoinHandle<Ticker>>,
    pub(super) clock: Clock,
    pub(super) keeping: Option<Arc<Keeping>>,
}

impl Rest {
    /// Ends it in what is left of the grace, but in no less than its last words take; gives what a restart will
    /// not find.
    pub(super) async fn end(self, left: Duration, shutdown: &Shutdown) -> Option<String> {
        let unwritten = self.keeping.as_ref().map(|_| {
            "perhaps what came since the last save: the end did not wait for it".to_owned()
        });
        tokio::select! {
            ended = tokio::task::spawn_blocking(|| self.wait()) => ended.unwrap_or(unwritten),
            // A reader that does not come back (a huge packed file, a dead network disk) is left
            // behind: what it has counted is counted.
            () = tokio::time::sleep(left.max(LAST_WORDS)) => {
                tracing::warn!("a reader outlasted stop.grace");
                unwritten
            }
            () = second_call(shutdown) => unwritten,
        }
    }

    /// Blocks.
    fn wait(self) -> Option<String> {
        for thread in self.threads {
            // A receiver that panicked has said so; its account still balances.
            let _ = thread.join();
        }
        if let Some(Ok(mut ticker)) = self.tick.map(JoinHandle::join) {
            ticker.finish(self.clock.now());
        }
        self.keeping.and_then(|keeping| keeping.finish())
    }
}

/// The second signal, and a moment for readers to take what is in their hands.
async fn second_call(shutdown: &Shutdown) {
    shutdown.now.cancelled().await;
    tokio::time::sleep(LAST_WORDS / 4).await;
}
