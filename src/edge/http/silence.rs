//! How long a connection may be silent between two requests, and how long the head of one may take.
//!
//! hyper has one timer for both. A head that comes byte by byte holds a place, so ten seconds are much for it;
//! but a script that posts every ten seconds, or a proxy that keeps its connections for a minute, would find
//! theirs closed under the next request, and see an error.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use hyper_util::rt::TokioTimer;

use super::patient::Seen;

/// The timer of one connection: hyper asks it for a sleep when it begins to wait for a head, and for nothing else.
pub(super) struct SilenceTimer {
    pub(super) seen: Arc<Seen>,
    /// From the first byte of a head to its last; from the connection on, for the first one.
    pub(super) head: Duration,
    /// From the end of an answer on.
    pub(super) idle: Duration,
    /// The first head was waited for.
    pub(super) begun: AtomicBool,
}

impl Timer for SilenceTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        TokioTimer::new().sleep(duration)
    }

    /// `deadline` is that of a head which begins now.
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        if !self.begun.swap(true, Ordering::Relaxed) {
            return TokioTimer::new().sleep_until(deadline);
        }
        // What was left of a body is read behind the answer to it.
        self.seen.asking.store(false, Ordering::Relaxed);
        Box::pin(Silence {
            sleep: Box::pin(tokio::time::sleep(self.idle)),
            then: Some((Arc::clone(&self.seen), self.head)),
        })
    }
}

struct Silence {
    sleep: Pin<Box<tokio::time::Sleep>>,
    /// What tells that a head has begun, and how long it may take from there.
    then: Option<(Arc<Seen>, Duration)>,
}

impl Future for Silence {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some((_, head)) = self.then.take_if(|(seen, _)| seen.asking.load(Ordering::Relaxed))
        {
            self.sleep.as_mut().reset(tokio::time::Instant::now() + head);
        }
        self.sleep.as_mut().poll(context)
    }
}

impl Sleep for Silence {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_from_its_first_byte_on_and_silence_its_own() {
        let seen = Arc::<Seen>::default();
        let [head, idle] = [10, 75].map(Duration::from_secs);
        let timer =
            SilenceTimer { seen: Arc::clone(&seen), head, idle, begun: AtomicBool::default() };
        let begun = tokio::time::Instant::now();
        timer.sleep_until(begun.into_std() + head).await;
        assert_eq!(begun.elapsed(), head, "the first one");
        let begun = tokio::time::Instant::now();
        timer.sleep_until(begun.into_std() + head).await;
        assert_eq!(begun.elapsed(), idle);
        let begun = tokio::time::Instant::now();
        let mut sleep = timer.sleep_until(begun.into_std() + head);
        let before = Duration::from_secs(60);
        assert!(tokio::time::timeout(before, sleep.as_mut()).await.is_err());
        seen.asking.store(true, Ordering::Relaxed);
        sleep.await;
        assert_eq!(begun.elapsed(), before + head);
    }
}
