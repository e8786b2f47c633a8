use super::super::safe::Style;
use super::super::sample::{over, surge};
use super::*;

const GROUP: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

/// A desk, and a clock that the test moves.
struct Try {
    desk: Desk,
    now: Instant,
}

impl Try {
    fn new(min_severity: u8, messages: u32) -> Try {
        Try::later(min_severity, messages, true)
    }

    /// Began at 10:00:00 UTC that day.
    fn later(min_severity: u8, messages: u32, was_told: bool) -> Try {
        let choice = Choice { min_severity, ..Choice::default() };
        let rate = Rate { messages, per: HOUR };
        let manner = Manner { choice, group: GROUP, rate, public_url: String::new() };
        let earlier = Earlier { than: Second(1_795_687_200), was_told };
        let now = Instant::now();
        Try { desk: Desk::new(Arc::new(Current::new(manner)), earlier, now), now }
    }

    fn take(&mut self, anomaly: Anomaly) -> &mut Try {
        self.desk.take(&Arc::new(anomaly), self.now);
        self
    }

    fn wait(&mut self, seconds: u64) -> &mut Try {
        self.now += Duration::from_secs(seconds);
        self
    }

    /// What is sent now, each message arriving at once or not at all.
    fn sent(&mut self, arrives: bool) -> Vec<(What, String, usize)> {
        let mut sent = Vec::new();
        while let Some(message) = self.desk.next(self.now) {
            self.desk.done(&message.incident, arrives, self.now);
            sent.push((message.what, message.incident, message.anomalies.len()));
        }
        sent
    }
}

fn message(what: What, incident: &str, anomalies: usize) -> Vec<(What, String, usize)> {
    vec![(what, incident.to_owned(), anomalies)]
}

#[test]
fn an_incident_is_one_message_and_one_at_its_end() {
    let mut t = Try::new(1, 100);
    t.take(surge("a", "a", 3)).wait(4).take(surge("b", "a", 2));
    assert_eq!(t.sent(true), []);
    assert_eq!(t.desk.wake(), Some(t.now + Duration::from_secs(6)));
    assert_eq!(t.wait(6).sent(true), message(What::Opened, "a", 2));
    let mut update = surge("a", "a", 3);
    update.state = AnomalyState::Update;
    assert_eq!(t.wait(60).take(update).wait(60).sent(true), []);
    assert_eq!(t.take(over(surge("a", "a", 3))).wait(60).sent(true), [], "b goes on");
    assert_eq!(t.take(over(surge("b", "a", 2))).sent(true), [], "it may come back");
    assert_eq!(t.wait(10).sent(true), message(What::Over, "a", 2));
    assert_eq!(t.wait(600).sent(true), []);
    assert!(t.desk.incidents.is_empty());
}

#[test]
fn only_what_gets_graver_is_told_again() {
    let mut t = Try::new(1, 100);
    t.take(surge("a", "a", 3)).wait(10).sent(true);
    assert_eq!(t.take(surge("a", "a", 2)).wait(60).sent(true), []);
    t.take(surge("a", "a", 4)).wait(5).take(surge("a", "a", 5));
    assert_eq!(t.wait(10).sent(true), message(What::Worse, "a", 1), "once for both steps");
    assert_eq!(t.take(surge("a", "a", 5)).wait(60).sent(true), []);
}

#[test]
fn what_joins_of_another_kind_is_told_once_where_it_is_grave_enough() {
    use AnomalyKind as K;
    let of = |id: &str, kind, severity| Anomaly { kind, ..surge(id, "a", severity) };
    let mut t = Try::new(1, 100);
    t.take(of("a", K::ClientFlood, 4)).take(of("b", K::TrafficUp, 2)).wait(10);
    assert_eq!(t.sent(true), message(What::Opened, "a", 2));
    assert_eq!(t.take(of("c", K::Latency, 2)).wait(60).sent(true), [], "slight");
    assert_eq!(
        t.take(of("d", K::ClientFlood, 4)).wait(60).sent(true),
        [],
        "of a kind that was told"
    );
    // Where it gets grave later on.
    assert_eq!(t.take(of("c", K::Latency, 3)).wait(60).sent(true), message(What::Worse, "a", 4));
    t.take(of("e", K::Errors5xx, 3)).wait(5).take(of("f", K::Scan, 4));
    assert_eq!(t.sent(true), [], "it waits for company");
    assert_eq!(t.wait(10).sent(true), message(What::Worse, "a", 6), "once for both");
    assert_eq!(t.take(of("g", K::Errors5xx, 4)).take(of("f", K::Scan, 4)).wait(60).sent(true), []);
    for (id, kind) in [("a", K::ClientFlood), ("b", K::TrafficUp), ("c", K::Latency)] {
        t.take(over(of(id, kind, 3)));
    }
    assert_eq!(t.wait(60).sent(true), []);
}

#[test]
fn what_joins_is_as_grave_as_what_was_told() {
    let mut t = Try::new(1, 100);
    t.take(surge("a", "a", 2)).wait(10).sent(true);
    let scan = |severity| Anomaly { kind: AnomalyKind::Scan, ..surge("b", "a", severity) };
    assert_eq!(t.take(scan(1)).wait(60).sent(true), []);
    assert_eq!(t.take(scan(2)).wait(60).sent(true), message(What::Worse, "a", 2));
    // Nor is it told where the rate had no room for it, and it is no news.
    let mut t = Try::new(1, 1);
    t.take(surge("a", "a", 3)).wait(10).sent(true);
    assert_eq!(t.take(scan(3)).wait(60).sent(true), []);
    assert_eq!((t.desk.take_dropped(), t.wait(7200).sent(true)), (1, vec![]));
    // What the process before found of another kind it has told.
    let mut t = Try::new(1, 100);
    for (id, kind) in [("a", AnomalyKind::Errors5xx), ("b", AnomalyKind::Scan)] {
        let detected = "2026-11-26T09:59:59Z".to_owned();
        t.take(Anomaly { kind, detected, state: AnomalyState::Update, ..surge(id, "a", 3) });
    }
    assert_eq!(t.wait(60).sent(true), []);
}

#[test]
fn the_end_is_told_only_where_the_beginning_arrived() {
    let mut t = Try::new(1, 100);
    assert_eq!(t.take(surge("a", "a", 3)).wait(10).sent(false), message(What::Opened, "a", 1));
    assert_eq!(t.take(over(surge("a", "a", 3))).wait(60).sent(true), []);
    assert!(t.desk.incidents.is_empty());
    // Lost on the way, but graver later: that is told, and then the end too.
    t.take(surge("b", "b", 3)).wait(10).sent(false);
    assert_eq!(t.take(surge("b", "b", 4)).wait(10).sent(true), message(What::Opened, "b", 1));
    assert_eq!(t.take(over(surge("b", "b", 4))).wait(10).sent(true), message(What::Over, "b", 1));
}

#[test]
fn what_is_over_before_it_is_told_is_one_message() {
    let mut t = Try::new(1, 100);
    t.take(surge("a", "a", 3)).wait(2).take(over(surge("a", "a", 3)));
    t.wait(8);
    let message = t.desk.next(t.now).expect("a message");
    assert!(message.title.show(Style::Plain).ends_with(", over already"));
    t.desk.done("a", true, t.now);
    assert_eq!(t.wait(60).sent(true), []);
    assert!(t.desk.incidents.is_empty());
}

#[test]
fn what_joins_after_the_end_was_told_begins_anew() {
    let mut t = Try::new(1, 100);
    t.take(surge("a", "a", 3)).wait(10).sent(true);
    t.take(over(surge("a", "a", 3))).wait(10);
    let message_over = t.desk.next(t.now).expect("a message");
    assert_eq!(message_over.what, What::Over);
    t.take(surge("b", "a", 3));
    t.desk.done("a", true, t.now);
    assert_eq!(t.wait(10).sent(true), message(What::Opened, "a", 1));
}

#[test]
fn nobody_is_told_of_what_is_muted_or_too_slight() {
    let muted = |id: &str| Anomaly { muted: true, ..surge(id, id, 5) };
    let mut t = Try::new(3, 100);
    t.take(muted("a")).take(surge("b", "b", 2));
    assert_eq!(t.wait(60).sent(true), []);
    assert_eq!(t.take(surge("b", "b", 3)).wait(60).sent(true), message(What::Opened, "b", 1));
    // Muted before it was told, and after.
    t.take(surge("c", "c", 3)).wait(5).take(muted("c"));
    t.take(muted("b"));
    assert_eq!(t.wait(60).sent(true), []);
    assert!(t.desk.incidents.is_empty());
    // What was too slight and is over is no news.
    assert_eq!(t.take(over(surge("d", "d", 5))).wait(60).sent(true), []);
}

#[test]
fn the_rate_leaves_beginnings_out_and_no_ends() {
    let mut t = Try::new(1, 2);
    for id in ["a", "b", "c", "d"] {
        t.take(surge(id, id, 3)).wait(1);
    }
    assert_eq!(t.wait(20).sent(true).len(), 2);
    assert_eq!(t.desk.take_dropped(), 2);
    for id in ["a", "b", "c", "d"] {
        t.take(over(surge(id, id, 3)));
    }
    let ends = t.wait(10).sent(true);
    assert_eq!(
        ends.iter().map(|(what, id, _)| (*what, id.as_str())).collect::<Vec<_>>(),
        [(What::Over, "a"), (What::Over, "b")]
    );
    // Both went on credit: a message is earned in half an hour.
    t.take(surge("e", "e", 3));
    assert_eq!(t.wait(1700).sent(true), []);
    t.wait(1900 + 1800).take(surge("f", "f", 3)).wait(10);
    let next = t.desk.next(t.now).expect("a message");
    let words: Vec<String> = next.lines.iter().map(|line| line.show(Style::Plain)).collect();
    assert!(
        words.contains(&"1 incident before this one not told: too many at once".to_owned()),
        "{words:?}"
    );
}

#[test]
fn what_the_process_before_told_is_not_told_again() {
    let mut t = Try::new(1, 100);
    let old = |severity| Anomaly {
        state: AnomalyState::Update,
        detected: "2026-11-26T09:59:59Z".to_owned(),
        ..surge("a", "a", severity)
    };
    assert_eq!(t.take(old(3)).wait(60).sent(true), []);
    assert_eq!(t.take(old(4)).wait(60).sent(true), message(What::Worse, "a", 1));
    assert_eq!(t.take(over(old(4))).wait(60).sent(true), message(What::Over, "a", 1));
    // Its end is the first that this process hears of it: nobody found it again.
    assert_eq!(t.take(over(old(3))).wait(60).sent(true), message(What::Over, "a", 1));
    assert!(t.desk.incidents.is_empty());
}

#[test]
fn what_a_target_was_not_there_for_is_told_once_it_gets_graver_and_else_not_even_its_end() {
    let mut t = Try::later(1, 100, false);
    let old = |id: &str, severity| Anomaly {
        state: AnomalyState::Update,
        detected: "2026-11-26T09:59:59Z".to_owned(),
        ..surge(id, id, severity)
    };
    assert_eq!(t.take(old("a", 3)).take(old("b", 3)).wait(60).sent(true), []);
    assert_eq!(t.take(over(old("a", 3))).take(over(old("c", 3))).wait(60).sent(true), []);
    assert_eq!(t.take(old("b", 4)).wait(60).sent(true), message(What::Opened, "b", 1));
    assert_eq!(t.take(over(old("b", 4))).wait(60).sent(true), message(What::Over, "b", 1));
    // What it was there for is news.
    assert_eq!(t.take(surge("c", "c", 3)).wait(10).sent(true), message(What::Opened, "c", 1));
}

#[test]
fn another_manner_holds_from_the_next_message_on_and_what_was_told_stays_told() {
    let mut t = Try::new(3, 100);
    t.take(surge("a", "a", 3)).take(surge("b", "b", 2)).wait(10);
    assert_eq!(t.sent(true), message(What::Opened, "a", 1));
    let manner = Manner { group: 3 * GROUP, ..(*t.desk.manner.get()).clone() };
    let choice = Choice { min_severity: 5, ..Choice::default() };
    t.desk.manner.set(Manner { choice, public_url: "https://other.example".to_owned(), ..manner });
    assert_eq!(t.take(surge("b", "b", 4)).wait(60).sent(true), []);
    assert_eq!(t.take(over(surge("a", "a", 3))).wait(20).sent(true), []);
    t.wait(10);
    let end = t.desk.next(t.now).expect("it was told");
    assert_eq!((end.what, end.incident.as_str()), (What::Over, "a"));
    assert!(end.link.is_some_and(|link| link.starts_with("https://other.example")));
}

#[test]
fn of_too_many_incidents_the_oldest_is_left_out() {
    let mut t = Try::new(1, 10_000);
    for n in 0..INCIDENTS_MAX + 5 {
        t.take(surge(&n.to_string(), &n.to_string(), 3));
    }
    let sent = t.wait(10).sent(true);
    assert_eq!((sent.len(), t.desk.take_dropped()), (INCIDENTS_MAX, 5));
    assert_eq!(sent[0].1, "5");
    let many = |n: usize| surge(&format!("m{n}"), "many", 3);
    for n in 0..MEMBERS_MAX + 5 {
        t.take(many(n));
    }
    assert_eq!(t.wait(10).sent(true), message(What::Opened, "many", MEMBERS_MAX));
}
