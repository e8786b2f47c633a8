//! Moves the virtual clock: counts a second's lines, closes it, waits, and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Speed;
use super::merge::Merger;
use crate::edge::files::wait;
use crate::pipeline::ingest::{Frame, Ingest};
use crate::pipeline::tick::Ticker;
use crate::state::sources::Peer;
use crate::vocab::time::{Millis, Second};

/// A silence longer than this is cut short: a night without a line should not be waited through.
const MAX_SILENCE_S: i64 = 300;

/// The longest wait at once, so that a stop is heard.
const SLICE: Duration = Duration::from_millis(250);

/// Replays merged lines through the pipeline.
pub(super) struct Pump {
    merger: Merger,
    /// One way into the node per input.
    ways: Vec<(Ingest, Peer)>,
    ticker: Ticker,
    /// The server's clock, which only this moves.
    time: Arc<AtomicI64>,
}

/// Tells the operator of an input that could not be read to its end.
pub(super) fn broke_off(input: usize, error: std::io::Error) {
    tracing::warn!(input = input + 1, %error, "a file broke off");
}

impl Pump {
    pub(super) fn new(
        merger: Merger,
        ways: Vec<(Ingest, Peer)>,
        ticker: Ticker,
        time: Arc<AtomicI64>,
    ) -> Pump {
        Pump { merger, ways, ticker, time }
    }

    fn now(&self) -> Millis {
        Millis(self.time.load(Ordering::Acquire))
    }

    /// Runs to the last line or until `stop`; blocks.
    pub(super) fn run(&mut self, speed: Speed, stop: &CancellationToken) {
        let mut pace = Pace::new(speed, self.now());
        while let Some(next) = self.merger.peek() {
            if stop.is_cancelled() {
                break;
            }
            let second = self.now().second();
            if next.second().0 - second.0 > MAX_SILENCE_S {
                let resumed = next.second().plus(-1);
                tracing::info!(seconds = resumed.0 - second.0, "a silence was skipped");
                pace.skip(Millis(resumed.start().0 - second.start().0));
                self.pass(resumed);
            }
            let second = self.now().second();
            self.count(second);
            if !pace.wait(second.plus(1).start(), stop) {
                break;
            }
            self.pass(second.plus(1));
        }
        self.ticker.finish(self.now());
        tracing::info!("the replay has ended; the dashboard stays open");
    }

    /// Counts the lines of `second`, and older ones that come with them.
    fn count(&mut self, second: Second) {
        let (now, end) = (self.now(), second.plus(1).start());
        while let Some(run) = self.merger.run(end, &mut broke_off) {
            let (ingest, peer) = &mut self.ways[run.input];
            let frames: Vec<Frame<'_>> =
                run.lines.iter().map(|bytes| Frame { peer, bytes }).collect();
            ingest.batch(&frames, now);
        }
        for (input, reason) in self.merger.rejected() {
            self.ways[input].0.listener().account.reject(reason);
        }
    }

    /// Lets the clock be at the start of `second`, and closes what lies before it.
    fn pass(&mut self, second: Second) {
        self.time.store(second.start().0, Ordering::Release);
        self.ticker.tick(second.start());
    }
}

/// Wall time against virtual time.
struct Pace {
    speed: Speed,
    started: Instant,
    first: Millis,
}

impl Pace {
    fn new(speed: Speed, first: Millis) -> Pace {
        Pace { speed, started: Instant::now(), first }
    }

    /// Waits until it is `at`; false where the stop came first.
    fn wait(&self, at: Millis, stop: &CancellationToken) -> bool {
        let Speed::Times(speed) = self.speed else { return !stop.is_cancelled() };
        let due = Duration::from_secs_f64((at.0 - self.first.0).max(0) as f64 / 1000.0 / speed);
        loop {
            if stop.is_cancelled() {
                return false;
            }
            match due.checked_sub(self.started.elapsed()) {
                None | Some(Duration::ZERO) => return true,
                Some(left) => wait(stop, left.min(SLICE)),
            }
        }
    }

    /// Takes `time` out of the waiting.
    fn skip(&mut self, time: Millis) {
        self.first.0 += time.0;
    }
}
