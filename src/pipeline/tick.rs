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
    /// What the clocks said at the last tick: the time, and what has passed by a clock that nobody sets.
    read: (Millis, Option<Duration>),
    host: Option<(HostProbe, Millis)>,
}

impl Ticker {
    /// `now` lies in the first second that will be closed. Host load is sampled where `host` is
    /// given: a replayed day has none.
    #[must_use]
    pub fn new(node: Arc<Node>, feed: Arc<Feed>, now: Millis, host: Option<HostProbe>) -> Ticker {
        let (closed, read) = (now.second().plus(-1), (now, None));
        Ticker { node, feed, closed, read, host: host.map(|h| (h, now)) }
    }

    /// Closes every second that ended by `now`. A clock that went back closes nothing until it has
    /// caught up; gives how many seconds were closed.
    pub fn tick(&mut self, now: Millis) -> usize {
        self.tick_by(now, None)
    }

    /// The same where `passed` tells how long a clock that nobody sets has run: what the time went on by beyond that
    /// was set, or slept through by the machine, and heard by nobody. A process that was stopped has lines that waited.
    pub fn tick_by(&mut self, now: Millis, passed: Option<Duration>) -> usize {
        let skipped = self.skipped(now, passed);
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
        let node = Arc::clone(&self.node);
        let _ending = node.open.end();
        if let Some((from, to)) = skipped {
            // Before lines of them, which a clock that is fast may have sent, are taken in.
            self.node.live_mut().unheard(from, to);
        }
        self.guarded(|ticker| {
            if let Some(by) = ticker.node.memory.take_move() {
                ticker.node.live_mut().resize(by);
            }
            ticker.node.seal_before(now.second());
            ticker.node.markers.age(now.second());
        });
        let (begin, end) = (self.closed.plus(1), last.plus(1));
        let (from, to) = skipped.map_or((end, end), |(from, to)| (from.min(end), to.min(end)));
        let mut count = 0;
        for (begin, end) in [(begin, from), (to, end)] {
            let first = begin.max(end.plus(-MAX_CATCH_UP));
            if self.host.is_some() && first > begin {
                // Nobody listened: a gap, and no zeros that a rule would take for silence.
                self.node.live_mut().unheard(begin, first);
            }
            for second in (first.0..end.0).map(Second) {
                // The sample is the mean since the last one, so it holds for each second of a late tick.
                self.guarded(|ticker| ticker.feed.close(second, host));
                count += 1;
            }
        }
        self.closed = last;
        count
    }

    /// The whole seconds by which the time went on since the last tick though they did not pass, the end exclusive.
    fn skipped(&mut self, now: Millis, passed: Option<Duration>) -> Option<(Second, Second)> {
        let (before, had) = std::mem::replace(&mut self.read, (now, passed));
        let ran = i64::try_from(passed?.checked_sub(had?)?.as_millis()).unwrap_or(i64::MAX);
        let set = now.0.saturating_sub(before.0).saturating_sub(ran);
        // As if it was set at the last tick: what passed since then comes behind it.
        let (from, to) = (before.second().plus(1), Millis(before.0 + set.max(0)).second());
        (from < to).then_some((from, to))
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
    fn what_a_clock_skips_is_a_gap_and_what_a_process_was_stopped_for_is_none() {
        let start = Millis(1_795_341_600_000);
        let node = Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), start);
        let feed = Feed::new(Arc::clone(&node), Hello::default(), 1);
        let host = Some(HostProbe::new());
        let mut ticker = Ticker::new(Arc::clone(&node), feed, start, host);
        let mut tick = |now: i64, passed: u64| {
            let now = Millis(start.0 + now);
            ticker.tick_by(now, Some(Duration::from_millis(passed)))
        };
        let gaps = || {
            let from = |second: Second| second.0 - start.second().0;
            let gaps = node.live().known().0;
            gaps.iter().map(|gap| (from(gap.0), from(gap.1))).collect::<Vec<_>>()
        };
        assert_eq!((tick(1_000, 1_000), tick(1_300, 1_300)), (1, 0));
        // Set on by 100 s: the second before it and what passed since are closed.
        assert_eq!((tick(101_400, 1_400), gaps()), (1, vec![(2, 101)]));
        assert_eq!((tick(102_000, 2_000), gaps()), (1, vec![(2, 101)]));
        // Less than a second, and a step back that is waited out.
        assert_eq!((tick(103_900, 3_000), tick(104_000, 4_000)), (1, 1));
        // Stopped for a minute: what was sent meanwhile waited for it.
        assert_eq!((tick(164_000, 64_000), gaps().len()), (60, 1));
        // Stopped for half a minute in which the clock was set on by a minute.
        assert_eq!((tick(254_000, 94_000), gaps()), (31, vec![(2, 101), (165, 224)]));
        // Stopped for an hour.
        let long = usize::try_from(MAX_CATCH_UP).unwrap();
        assert_eq!((tick(3_854_000, 3_694_000), gaps().len()), (long, 3));
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
