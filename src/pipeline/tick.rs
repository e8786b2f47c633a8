//! The end of a second: sealed, taken into the window, told to every subscription.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::feed::Feed;
use crate::state::host::HostProbe;
use crate::state::live::LOOKS;
use crate::state::node::Node;
use crate::vocab::time::{Millis, Second};

/// Seconds that are closed one by one after a pause of the process; of a longer one the rest is a
/// gap, so that a machine that slept for a week does not tick through it.
const MAX_CATCH_UP: i64 = 120;

/// Closes seconds as the clock it is given passes them.
#[derive(Debug)]
pub struct Ticker {
    node: Arc<Node>,
    feed: Arc<Feed>,
    /// The newest closed second.
    closed: Second,
    host: Option<(HostProbe, Millis)>,
}

impl Ticker {
    /// `now` lies in the first second that will be closed. Host load is sampled where `host` is
    /// given: a replayed day has none.
    #[must_use]
    pub fn new(node: Arc<Node>, feed: Arc<Feed>, now: Millis, host: Option<HostProbe>) -> Ticker {
        Ticker { node, feed, closed: now.second().plus(-1), host: host.map(|h| (h, now)) }
    }

    /// Closes every second that ended by `now`. A clock that went back closes nothing until it has
    /// caught up; gives how many seconds were closed.
    pub fn tick(&mut self, now: Millis) -> usize {
        let last = now.second().plus(-1);
        if last <= self.closed {
            return 0;
        }
        let host = self.host.as_mut().map(|(probe, at)| {
            let elapsed = Duration::from_millis(u64::try_from(now.0 - at.0).unwrap_or(0));
            *at = now;
            let (point, info) = probe.sample(elapsed);
            self.node.set_host(point, info);
            point
        });
        let _due = self.feed.due();
        self.guarded(|ticker| {
            if let Some(by) = ticker.node.memory.take_move() {
                ticker.node.live_mut().resize(by);
            }
            ticker.node.seal_before(now.second());
            ticker.node.markers.age(now.second());
        });
        let first = self.closed.plus(1).max(last.plus(1 - MAX_CATCH_UP));
        if self.host.is_some() && first > self.closed.plus(1) {
            // Nobody listened: a gap, and no zeros that a rule would take for silence.
            self.node.live_mut().unheard(self.closed.plus(1), first);
        }
        let mut second = first;
        while second <= last {
            // The sample is the mean since the last one, so it holds for each second of a late tick.
            self.guarded(|ticker| ticker.feed.close(second, host));
            second = second.plus(1);
        }
        self.closed = last;
        usize::try_from(last.0 - first.0 + 1).unwrap_or(0)
    }

    /// Tells lines of seconds that are not over; between two ticks.
    pub fn look(&self, now: Millis) {
        let _due = self.feed.due();
        self.guarded(|ticker| ticker.feed.look(now));
    }

    /// Does something that must happen between two ticks.
    pub fn between(&self, work: impl FnOnce()) {
        self.guarded(|_| work());
    }

    /// A fault costs what it was about, and not the seconds after it.
    fn guarded(&self, work: impl FnOnce(&Ticker)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.node.condition.fault();
        }
    }

    /// Seals and closes everything, the open second too: the last thing before the end.
    pub fn finish(&mut self, now: Millis) {
        self.tick(now);
        self.node.flush();
        self.feed.close(now.second(), None);
        self.closed = now.second();
    }

    /// The same where no other second comes: pages are told with the last one that the replay is over.
    pub fn end(&mut self, now: Millis) {
        self.node.end();
        self.finish(now);
    }

    /// From `now` to the next look, or tick: each second begins with one.
    #[must_use]
    pub fn wait(now: Millis) -> Duration {
        const EACH: u64 = 1000 / LOOKS as u64;
        Duration::from_millis(EACH - u64::from(now.of_second()) % EACH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::ask::Asks;
    use crate::aggregate::filter::Filter;
    use crate::aggregate::order::Topics;
    use crate::aggregate::wire::Hello;
    use crate::state::live::WindowConfig;
    use crate::state::sources::SourcesConfig;

    #[test]
    fn a_clock_that_jumps_closes_no_second_twice_and_no_week_of_them() {
        let start = Millis(1_795_341_600_000);
        let at = |s: i64| Millis(start.0 + s * 1000);
        let node = Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), start);
        let feed = Feed::new(Arc::clone(&node), Hello::default(), 1);
        let mut ticker = Ticker::new(node, Arc::clone(&feed), start, None);
        assert_eq!(ticker.tick(at(1)), 1);
        // an hour back: nothing is closed until that is over
        let back: usize = (-3600..=1).map(|s| ticker.tick(at(s))).sum();
        assert_eq!((back, ticker.tick(at(2))), (0, 1));
        // a week forward: the newest two minutes, the rest is a gap
        assert_eq!(ticker.tick(at(7 * 86_400)), usize::try_from(MAX_CATCH_UP).unwrap());
        assert_eq!(feed.seq(), 2 + MAX_CATCH_UP as u64);
    }

    #[test]
    fn a_fault_between_two_ticks_costs_no_second() {
        let start = Millis(1_795_341_600_000);
        let node = Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), start);
        let feed = Feed::new(Arc::clone(&node), Hello::default(), 1);
        let mut ticker = Ticker::new(Arc::clone(&node), Arc::clone(&feed), start, None);
        let (mut done, before) = (false, node.condition.faults());
        ticker.between(|| done = true);
        assert!(done && node.condition.faults() == before);
        ticker.between(|| panic!("a fault that the test makes"));
        assert_eq!(node.condition.faults(), before + 1);
        assert_eq!((ticker.tick(Millis(start.0 + 1000)), feed.seq()), (1, 1));
    }

    #[test]
    fn pages_hear_with_the_last_second_that_a_replay_is_over_and_so_does_who_comes_later() {
        let start = Millis(1_795_341_600_000);
        let node = Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), start);
        let feed = Feed::new(Arc::clone(&node), Hello::default(), 1);
        let mut ticker = Ticker::new(node, Arc::clone(&feed), start, None);
        let (filter, asks) = (Filter::default(), Asks::usual(10));
        let mut page = feed.subscribe(&filter, 60, &asks, None, start.second()).unwrap();
        let topics = Topics { tick: true, tail: false, anomaly: false, bands: false };
        let ended = |text: &[u8]| {
            let message: serde_json::Value = serde_json::from_slice(text).unwrap();
            message["status"]["ended"].as_bool().unwrap()
        };
        ticker.tick(Millis(start.0 + 1000));
        assert!(!ended(&page.updates.try_recv().unwrap().batch(topics).texts()[0]));
        ticker.end(Millis(start.0 + 1000));
        assert!(ended(&page.updates.try_recv().unwrap().batch(topics).texts()[0]));
        assert!(ended(&page.snapshot(false).batch.texts()[0]));
    }
}
