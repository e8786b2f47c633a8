//! Whose turn it is to scan the window: a few at a time, and nobody waits for ever.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::ApiError;

/// See the module.
#[derive(Debug)]
pub(super) struct Scans(Semaphore);

impl Scans {
    pub(super) fn new(at_once: usize) -> Scans {
        Scans(Semaphore::new(at_once))
    }

    /// A turn, given back when it goes.
    pub(super) async fn turn(&self, patience: Duration) -> Result<SemaphorePermit<'_>, ApiError> {
        let turn = tokio::time::timeout(patience, self.0.acquire()).await;
        turn.map_err(|_| crowded(patience))?.map_err(|_| ApiError::stopping())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_a_turn_is_told_so() {
        let scans = Scans::new(2);
        let patience = Duration::from_secs(30);
        let (first, second) = (scans.turn(patience).await, scans.turn(patience).await);
        assert!(first.is_ok() && second.is_ok());
        let late = scans.turn(patience).await.map(drop).map_err(|error| error.code);
        assert_eq!(late, Err("too_many_queries"));
        drop(first);
        assert!(scans.turn(patience).await.is_ok());
    }
}
