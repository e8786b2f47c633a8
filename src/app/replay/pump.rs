//! Moves the virtual clock: counts a second's lines, closes it, waits, and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Speed;
use super::merge::Merger;
use super::ways::Ways;
use crate::aggregate::render::rfc3339;
use crate::edge::files::wait;
use crate::pipeline::tick::Ticker;
use crate::state::node::Node;
use crate::vocab::time::{Millis, Second};

/// A silence longer than this is cut short: a night without a line should not be waited through.
const MAX_SILENCE_S: i64 = 300;

/// The longest wait at once, so that a stop is heard.
const SLICE: Duration = Duration::from_millis(250);

/// Replays merged lines through the pipeline.
pub(super) struct Pump {
    merger: Merger,
    ways: Ways,
    ticker: Ticker,
    node: Arc<Node>,
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
        ways: Ways,
        ticker: Ticker,
        node: Arc<Node>,
        time: Arc<AtomicI64>,
    ) -> Pump {
        Pump { merger, ways, ticker, node, time }
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
        if stop.is_cancelled() {
            self.ticker.finish(self.now());
            return;
        }
        self.ticker.end(self.now());
        let live = self.node.live();
        if let Some(oldest) = live.kept().oldest.filter(|_| live.has_forgotten()) {
            tracing::warn!(
                since = rfc3339(Second(oldest)),
                "only the end of the log is still there; [window] max_age and memory say how much"
            );
        }
        drop(live);
        tracing::info!("the replay has ended; the dashboard stays open");
    }

    /// Counts the lines of `second`, and older ones that come with them.
    fn count(&mut self, second: Second) {
        let (now, end) = (self.now(), second.plus(1).start());
        self.ways.count(&mut self.merger, end, now, &mut broke_off);
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

#[cfg(test)]
mod tests {
    use super::super::merge::TimeOf;
    use super::super::time_of;
    use super::*;
    use crate::aggregate::ask::Asks;
    use crate::aggregate::filter::Filter;
    use crate::aggregate::wire::Hello;
    use crate::app::config::Config;
    use crate::app::follow::limits;
    use crate::app::formats::Reading;
    use crate::app::settings::ingest_config;
    use crate::edge::files::Reader;
    use crate::pipeline::feed::Feed;
    use crate::pipeline::ingest::LineZone;
    use crate::state::live::{Range, WindowConfig};
    use crate::state::sources::SourcesConfig;
    use std::path::{Path, PathBuf};

    fn node() -> (Arc<Node>, Arc<Feed>) {
        let node =
            Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), Millis(0));
        let feed = Feed::new(Arc::clone(&node), Hello::default(), 1);
        (node, feed)
    }

    /// Replays the files and gives the node, the server's clock at the end, and the ticks told.
    fn replay(files: &[&str], speed: Speed, stop: &CancellationToken) -> (Arc<Node>, Millis, u64) {
        let (node, feed) = node();
        let mut config = Config::default();
        config.time.zone = crate::app::config::Zone::Fixed(0);
        let rules = Arc::new(ingest_config(&config, true));
        let inputs: Vec<(Reader, TimeOf)> = files
            .iter()
            .map(|text| {
                let input = std::io::Cursor::new(text.as_bytes().to_vec());
                let time_of =
                    time_of(Path::new("none.log"), LineZone::Fixed(0), Reading::default());
                (Reader::new(Box::new(input), limits(&config, Default::default())), time_of)
            })
            .collect();
        let names: Vec<PathBuf> = (0..files.len()).map(|i| format!("{i}.log").into()).collect();
        let ways = Ways::new(&names, &node, &rules, Reading::default());
        let merger = Merger::new(inputs, &mut broke_off);
        let first = merger.first_time().unwrap();
        let time = Arc::new(AtomicI64::new(first.second().start().0));
        let ticker = Ticker::new(Arc::clone(&node), Arc::clone(&feed), first, None);
        Pump::new(merger, ways, ticker, Arc::clone(&node), Arc::clone(&time)).run(speed, stop);
        (node, Millis(time.load(Ordering::Acquire)), feed.seq())
    }

    fn access(time: &str) -> String {
        format!("192.0.2.1 - - [22/Nov/2026:{time} +0000] \"GET / HTTP/1.1\" 200 10\n")
    }

    /// 2026-11-22T10:00:00Z
    const TEN: i64 = 1_795_341_600;

    #[test]
    fn the_clock_goes_with_the_lines_and_every_second_is_closed() {
        let access_log = access("10:00:00") + &access("10:00:03") + "no time\n";
        let error_log = "2026/11/22 10:00:01 [error] 1#1: *1 open() failed, client: 192.0.2.1\n";
        let stop = CancellationToken::new();
        let (node, end, ticks) = replay(&[&access_log, error_log], Speed::Max, &stop);
        let summary =
            node.live().summary(Range::default(), &Filter::default(), &Asks::usual(10), None);
        assert_eq!((summary.requests, summary.errors, summary.messages), (2, 1, 1));
        assert_eq!(summary.from, "2026-11-22T10:00:00Z");
        assert_eq!(end.second(), Second(TEN + 4));
        // The seconds 0 to 3, and the one that was open at the end.
        assert_eq!(ticks, 5);
        assert_eq!(node.accounting().received, 4);
        assert!(node.has_ended());
    }

    #[test]
    fn a_long_silence_is_skipped_and_a_late_line_counts_at_its_own_time() {
        let text = access("10:00:00") + &access("18:00:00") + &access("17:59:00");
        let stop = CancellationToken::new();
        let (node, end, _) = replay(&[&text], Speed::Times(1_000_000.0), &stop);
        assert_eq!(end.second(), Second(TEN + 8 * 3600 + 1));
        let range = Range { from: None, to: Some(Second(TEN + 8 * 3600)) };
        assert_eq!(
            node.live().summary(range, &Filter::default(), &Asks::usual(10), None).requests,
            2
        );
    }

    #[test]
    fn a_replay_ends_when_told() {
        let stop = CancellationToken::new();
        stop.cancel();
        let (node, end, _) = replay(&[&access("10:00:00")], Speed::Times(1.0), &stop);
        assert_eq!((node.accounting().received, end.second()), (0, Second(TEN)));
        assert!(!node.has_ended(), "what was stopped had more to come");
    }
}
