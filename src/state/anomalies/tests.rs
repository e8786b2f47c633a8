//! Anomalies of a small shop, second by second: what is said of them, and what they are put together of.

mod keep;
mod restart;
mod rows;
mod rules;
mod sites;

use super::incident::{Case, belongs, is_place};
use super::*;
use crate::aggregate::block::Block;
use crate::aggregate::detect::{Finding, Unit, Verdict};
use crate::aggregate::render::rfc3339;
use crate::aggregate::row::Row;
use crate::aggregate::rules::{Named, Rule};
use crate::aggregate::wire::{AnomalyCause, AnomalyPeak};
use crate::state::live::WindowConfig;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

/// 2026-11-22T10:00:00Z
const TEN: Second = Second(1_795_341_600);

/// A window and its anomalies on a clock that the test moves.
struct World {
    live: Live,
    anomalies: Anomalies,
    now: Second,
    said: Vec<Anomaly>,
}

impl World {
    fn new() -> World {
        let live = Live::new(WindowConfig::default());
        World { live, anomalies: Anomalies::new(), now: TEN, said: Vec::new() }
    }

    /// One second of a shop: 40 requests over 20 paths, one of 400 with an error, and of `broken`
    /// requests of one path all.
    fn second(&mut self, broken: usize) {
        let mut block = Block::new(self.now);
        for n in 0..40 + broken {
            let at = self.now.0 as usize * 40 + n;
            let fails = n >= 40;
            let path = if fails { "/checkout".to_owned() } else { format!("/p/{}", at % 20) };
            let client = format!("203.0.113.{}", at % 97);
            let mut row = Row::new(Kind::Access);
            row.status = if fails {
                503
            } else if at.is_multiple_of(401) {
                500
            } else {
                200
            };
            row.ms = (n * 20 % 1000) as u16;
            row.set(Field::Path, &path);
            row.set(Field::Client, &client);
            row.set(Field::Site, "shop.example");
            row.set(Field::Source, "web-1/nginx");
            block.append(&row);
        }
        self.live.absorb(block);
        let closed = self.live.close(self.now);
        self.now = self.now.plus(1);
        self.said.extend(self.anomalies.close(&self.live, &closed, &Outside::default()));
    }

    fn seconds(&mut self, seconds: usize, broken: usize) -> &mut World {
        (0..seconds).for_each(|_| self.second(broken));
        self
    }

    /// One second of the shop in which 16 clients of one network guess passwords, 45 times together.
    fn guesses(&mut self) {
        let mut block = Block::new(self.now);
        for n in 0..45 {
            let client = format!("198.51.100.{}", (self.now.0 as usize * 45 + n) * 7 % 16);
            let mut row = Row::new(Kind::Access);
            row.status = if n % 4 == 3 { 429 } else { 401 };
            row.set(Field::Path, "/login");
            row.set(Field::Method, "POST");
            row.set(Field::Client, &client);
            row.set(Field::Site, "shop.example");
            row.set(Field::Source, "web-1/nginx");
            block.append(&row);
        }
        self.live.absorb(block);
        self.second(0);
    }

    fn judged_by(&mut self, rules: &[Named]) {
        self.live.watch(rules.iter().map(|named| &named.rule));
        self.anomalies.set_rules(rules);
    }

    /// What was said of errors.
    fn errors(&self) -> Vec<&Anomaly> {
        self.said.iter().filter(|a| a.kind == AnomalyKind::Errors5xx).collect()
    }
}

fn named(name: &str, text: &str, severity: u8) -> Named {
    Named { name: name.to_owned(), rule: Rule::parse(text).expect(text), severity }
}

#[test]
fn errors_of_one_path_are_said_with_it_and_with_lines_and_then_are_over() {
    let mut world = World::new();
    world.seconds(900, 0);
    assert_eq!(world.errors(), Vec::<&Anomaly>::new(), "nothing on a quiet morning");
    world.seconds(60, 6).seconds(600, 0);
    let said = world.errors();
    let states: Vec<AnomalyState> = said.iter().map(|a| a.state).collect();
    assert_eq!(states[0], AnomalyState::Open);
    assert_eq!(states.last(), Some(&AnomalyState::Closed));
    assert!(states[1..states.len() - 1].iter().all(|s| *s == AnomalyState::Update), "{states:?}");
    let (first, last) = (said[0], said[said.len() - 1]);
    assert!(said.iter().all(|a| a.id == first.id), "one anomaly");
    for anomaly in [first, last] {
        let cause = &anomaly.explain[0];
        assert_eq!((cause.field.as_str(), cause.value.as_str()), ("path", "/checkout"));
        assert!(cause.share > 0.9 && cause.observed > cause.expected, "{cause:?}");
        assert!(anomaly.samples.iter().all(|row| row.status == Some(503)), "{:?}", anomaly.samples);
        assert!(!anomaly.samples.is_empty() && anomaly.samples.len() <= MAX_SAMPLES);
    }
    assert_eq!(last.samples.len(), MAX_SAMPLES);
    let times =
        |pick: fn(&[crate::aggregate::wire::EventRow]) -> &str| pick(&last.samples).to_owned();
    let spread = second_of(&times(|rows| &rows[rows.len() - 1].time)).unwrap().0
        - second_of(&times(|rows| &rows[0].time)).unwrap().0;
    assert!(spread > 40, "samples are of {spread} s of 60");
    let listed = world.anomalies.list(&Wanted::default());
    assert!(listed.iter().any(|a| a == last), "the book has the last word");
    assert_eq!(world.anomalies.get(&first.id).as_ref(), Some(last));
    assert_eq!(world.anomalies.figures().open, 0);
}

/// A finding that has just begun, of nobody in particular.
fn open_since(start: Second) -> Finding {
    Finding {
        id: 1,
        kind: AnomalyKind::Errors5xx,
        site: None,
        key: None,
        state: AnomalyState::Open,
        start,
        detected: start,
        end: None,
        usual_since: None,
        until: start.plus(1),
        learning: false,
        peak: (start, 2.0),
        observed: 2.0,
        apart: 0.0,
        expected: 0.0,
        low: None,
        high: None,
        unit: Unit::PerS,
        full_in_s: None,
        severity: 3,
        filter: None,
        baseline: (start.plus(-600), start),
    }
}

#[test]
fn errors_of_the_log_are_explained_by_the_lines_themselves() {
    let mut world = World::new();
    world.seconds(120, 0);
    for second in 0..20 {
        let mut block = Block::new(world.now);
        let client = format!("203.0.113.{second}");
        for source in ["web-2/nginx", "web-2/nginx", "web-2/nginx"] {
            let mut row = Row::new(Kind::Error);
            row.set(Field::Level, "error");
            row.set(Field::Message, "upstream timed out");
            row.set(Field::Source, source);
            row.set(Field::Client, &client);
            block.append(&row);
        }
        world.live.absorb(block);
        world.second(0);
    }
    let start = world.now.plus(-20);
    let finding = Finding {
        id: 7,
        kind: AnomalyKind::ErrorSurge,
        key: Some("upstream timed out".into()),
        detected: start.plus(5),
        until: world.now,
        peak: (start, 3.0),
        observed: 3.0,
        filter: Some("kind:error".into()),
        baseline: (start.plus(-100), start),
        ..open_since(start)
    };
    let look = explain::look(&world.live, &finding, &[]);
    let first = &look.causes[0];
    assert_eq!((first.field.as_str(), first.value.as_str()), ("source", "web-2/nginx"));
    assert!(
        look.samples.iter().all(|row| row.kind == "error") && look.samples.len() == MAX_SAMPLES
    );
}

#[test]
fn guesses_of_many_clients_in_one_place_are_one_incident_that_says_where() {
    let mut world = World::new();
    world.seconds(900, 0);
    (0..40).for_each(|_| world.guesses());
    let guess = |a: &&Anomaly| a.kind == AnomalyKind::Bruteforce;
    let opened = world.said.iter().filter(guess).filter(|a| a.state == AnomalyState::Open);
    let opened: Vec<&Anomaly> = opened.collect();
    assert!(opened.len() > 8, "many are told: {}", opened.len());
    for anomaly in &opened {
        let path = anomaly.explain.iter().find(|cause| is_place(&cause.field));
        assert_eq!(path.map(|c| c.value.as_str()), Some("/login"), "{anomaly:?}");
    }
    let incidents = world.anomalies.incidents();
    let kinds: Vec<_> = incidents.iter().map(|i| (&i.kinds, &i.anomaly.key)).collect();
    assert_eq!(incidents.len(), 1, "{kinds:?}");
    world.seconds(300, 0);
    for anomaly in world.anomalies.list(&Wanted::default()).iter().filter(guess) {
        let path = anomaly.explain.iter().find(|cause| is_place(&cause.field));
        assert_eq!(path.map(|c| c.value.as_str()), Some("/login"), "at its end: {anomaly:?}");
    }
}

#[test]
fn a_source_that_falls_silent_is_told_with_the_sites_it_carried() {
    let mut world = World::new();
    world.anomalies.set(Settings { sources_send: true, ..Settings::default() });
    for t in 0..4_000 {
        let mut block = Block::new(world.now);
        for n in 0..if t < 3_900 { 12 } else { 0 } {
            let mut row = Row::new(Kind::Access);
            row.status = 200;
            row.set(Field::Path, "/");
            row.set(Field::Site, if n < 8 { "blog.example" } else { "docs.example" });
            row.set(Field::Source, "web-2/nginx");
            block.append(&row);
        }
        world.live.absorb(block);
        world.second(0);
    }
    let silent = |a: &&Anomaly| a.kind == AnomalyKind::Silent;
    let first = world.said.iter().find(|a| silent(a) && a.site.is_none()).expect("it is told");
    assert_eq!(first.key.as_deref(), Some("web-2/nginx"));
    let id = first.id.clone();
    let last = world.anomalies.get(&id).expect("it is kept");
    let causes: Vec<(&str, &str)> =
        last.explain.iter().map(|c| (c.field.as_str(), c.value.as_str())).collect();
    let expected = [("source", "web-2/nginx"), ("site", "blog.example"), ("site", "docs.example")];
    assert_eq!(causes, expected);
    assert!((last.explain[1].expected - 8.0).abs() < 0.5, "{:?}", last.explain[1]);
    let all: Vec<Anomaly> = world.anomalies.list(&Wanted::default());
    let told: Vec<&Anomaly> = all.iter().filter(silent).collect();
    assert!(
        told.iter().all(|a| a.incident == told[0].incident),
        "with its sites: {:?}",
        told.iter()
            .map(|a| (&a.key, &a.incident, &a.start, &a.detected, &a.explain))
            .collect::<Vec<_>>()
    );
}

#[test]
fn lines_of_an_anomaly_outlive_the_window() {
    let mut world = World::new();
    world.live = Live::new(WindowConfig { max_age_s: 120, ..WindowConfig::default() });
    world.seconds(900, 0).seconds(30, 8).seconds(600, 0);
    let last = world.errors().last().copied().cloned().expect("it was said");
    assert_eq!(last.state, AnomalyState::Closed);
    let kept = world.anomalies.get(&last.id).expect("it is kept");
    assert_eq!((kept.explain[0].value.as_str(), kept.samples.len()), ("/checkout", MAX_SAMPLES));
}

#[test]
fn what_was_open_is_over_and_mutes_end_where_nothing_is_looked_for_after_a_restart() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(10, 8);
    let id = world.errors()[0].id.clone();
    let wish = Wish { until: Some(world.now.plus(100)), ..Wish::default() };
    world.anomalies.add_mute(wish, world.now);
    let kept = world.anomalies.kept();
    let mut again = World { now: world.now.plus(5), ..World::new() };
    let restarted = again.now;
    again.anomalies.restore(kept, restarted);
    again.anomalies.set(Settings { enabled: false, ..Settings::default() });
    again.seconds(50, 8);
    assert_eq!(again.anomalies.figures().open, 1);
    again.seconds(350, 8);
    assert_eq!((again.anomalies.figures().open, again.anomalies.mutes().len()), (0, 0));
    let last = again.said.last().expect("its end is said");
    assert_eq!((&last.id, last.state), (&id, AnomalyState::Closed));
    assert!(again.said.iter().all(|anomaly| anomaly.id == id), "nothing else was looked for");
}

#[test]
fn ids_are_unique_over_restarts() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(10, 8).seconds(600, 0);
    let kept = world.anomalies.kept();
    let mut again = World::new();
    again.anomalies.restore(kept, again.now);
    // The same seconds again, by a detector that counts from the start.
    again.seconds(900, 0).seconds(10, 8).seconds(600, 0);
    let mut ids: Vec<String> =
        again.anomalies.list(&Wanted::default()).into_iter().map(|a| a.id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), all >= 2), (all, true));
}

#[test]
fn what_is_muted_is_listed_and_marked() {
    for (filter, kind, key, muted) in [
        ("path:/checkout", None, None, true),
        ("path:/check* status:5xx", Some(AnomalyKind::Errors5xx), None, true),
        ("site:shop.example", None, None, true),
        ("", Some(AnomalyKind::Errors5xx), None, true),
        ("", None, None, true),
        ("path:/cart", None, None, false),
        ("status:404", None, None, false),
        ("", Some(AnomalyKind::Latency), None, false),
        ("", None, Some("/var"), false),
    ] {
        let mut world = World::new();
        world.seconds(900, 0);
        let filter_of = Filter::parse(filter).unwrap();
        let wish = Wish {
            filter: filter_of,
            kind,
            key: key.map(str::to_owned),
            until: Some(world.now.plus(40)),
            note: "we know".into(),
        };
        let now = world.now;
        let mute = world.anomalies.add_mute(wish, now).expect("there is room");
        assert_eq!(world.anomalies.mutes(), std::slice::from_ref(&mute));
        world.seconds(20, 8);
        let first = world.errors().first().map(|a| a.muted);
        assert_eq!(first, Some(muted), "{filter} {kind:?} {key:?}");
        assert_eq!(world.anomalies.figures().muted > 0, muted);
        world.seconds(40, 8);
        assert_eq!(world.errors().last().map(|a| a.muted), Some(false), "a mute ends by itself");
        assert_eq!(world.anomalies.mutes(), []);
    }
}

#[test]
fn a_mute_by_route_covers_what_is_of_that_route() {
    use AnomalyKind as K;
    const A: &str = "203.0.113.9";
    const FATAL: &str = "FATAL <*>";
    let of = |kind, key, causes: &[(&str, &str)]| anomaly(kind, key, causes);
    for (filter, anomaly, covered) in [
        ("route:/p/{id}", of(K::Errors5xx, Some("/p/{id}"), &[]), true),
        ("route:/p/{id}", of(K::Latency, Some("/p/{id}"), &[("route", "/p/{id}")]), true),
        ("route:/p/*", of(K::Bytes, Some("/p/{id}"), &[]), true),
        ("route:/p/{id}", of(K::Latency, Some("/cart"), &[("route", "/cart")]), false),
        ("-route:/cart", of(K::Latency, Some("/cart"), &[]), false),
        ("route:/cart status:5xx", of(K::Errors5xx, None, &[("path", "/cart")]), true),
        ("path:/cart", of(K::Errors4xx, Some("/cart"), &[]), true),
        ("path:/login", of(K::Bruteforce, Some(A), &[("client", A), ("path", "/login")]), true),
        ("route:/login", of(K::Bruteforce, Some("/login"), &[]), true),
        ("client:203.0.113.0/24", of(K::Scan, None, &[("network", "203.0.113.0/24")]), true),
        ("template:\"FATAL <\\*>\"", of(K::NewError, Some(FATAL), &[]), true),
        ("route:/cart", of(K::HostCpu, Some("cpu"), &[]), false),
    ] {
        let meant = Filter::parse(filter).expect(filter);
        let mut mutes = Mutes::default();
        mutes.add(Wish { filter: meant, ..Wish::default() }, TEN).expect("there is room");
        assert_eq!(
            mutes.cover(&anomaly),
            covered,
            "{filter} of {:?} {:?}",
            anomaly.kind,
            anomaly.key
        );
        // Lines know no routes: they must not say more than the anomaly does.
        let row = crate::aggregate::wire::EventRow { kind: "access".into(), ..Default::default() };
        let with_lines = Anomaly { samples: vec![row], ..anomaly };
        assert_eq!(mutes.cover(&with_lines), covered, "{filter} with lines");
    }
}

#[test]
fn a_mute_that_is_taken_away_lets_be_told_again() {
    let mut world = World::new();
    world.seconds(900, 0);
    let now = world.now;
    let mute = world.anomalies.add_mute(Wish::default(), now).expect("there is room");
    world.seconds(20, 8);
    assert!(world.errors().iter().all(|a| a.muted));
    assert!(world.anomalies.remove_mute(&mute.id));
    assert!(!world.anomalies.remove_mute(&mute.id), "it is gone");
    world.seconds(1, 8);
    assert_eq!(world.errors().last().map(|a| a.muted), Some(false));
    for _ in 0..MAX_MUTES {
        assert!(world.anomalies.add_mute(Wish::default(), now).is_some());
    }
    assert_eq!(world.anomalies.add_mute(Wish::default(), now), None, "there is a limit");
}

#[test]
fn a_list_is_of_what_is_asked_for() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(30, 8).seconds(600, 0);
    let anomaly = world.errors()[0].clone();
    let start = second_of(&anomaly.start).unwrap();
    let has = |wanted: Wanted| world.anomalies.list(&wanted).iter().any(|a| a.id == anomaly.id);
    let filter = |text: &str| Wanted { filter: Filter::parse(text).unwrap(), ..Wanted::default() };
    assert!(has(Wanted { from: Some(start.plus(5)), ..Wanted::default() }), "it lasts then");
    assert!(!has(Wanted { from: Some(start.plus(600)), ..Wanted::default() }));
    assert!(has(Wanted { to: Some(start.plus(1)), ..Wanted::default() }));
    assert!(!has(Wanted { to: Some(start), ..Wanted::default() }));
    assert!(has(Wanted { open: Some(false), ..Wanted::default() }));
    assert!(!has(Wanted { open: Some(true), ..Wanted::default() }));
    assert!(!has(Wanted { kind: Some(AnomalyKind::Bytes), ..Wanted::default() }));
    assert!(has(filter("path:/checkout")) && has(filter("status:503")));
    assert!(!has(filter("path:/cart")));
}

fn anomaly(kind: AnomalyKind, key: Option<&str>, causes: &[(&str, &str)]) -> Anomaly {
    let cause = |&(field, value): &(&str, &str)| AnomalyCause {
        field: field.into(),
        value: value.into(),
        observed: 1.0,
        expected: 0.0,
        unit: "per_s".into(),
        share: 0.9,
    };
    Anomaly {
        id: "1".into(),
        kind,
        site: None,
        key: key.map(str::to_owned),
        state: AnomalyState::Open,
        start: String::new(),
        detected: String::new(),
        peak: AnomalyPeak { time: String::new(), value: 1.0 },
        end: None,
        usual_since: None,
        learning: false,
        observed: 1.0,
        apart: 0.0,
        expected: 0.0,
        low: None,
        high: None,
        unit: String::new(),
        full_in_s: None,
        severity: 3,
        explain: causes.iter().map(cause).collect(),
        samples: Vec::new(),
        incident: "1".into(),
        filter: None,
        muted: false,
    }
}

#[test]
fn consequences_belong_to_their_cause_and_two_causes_are_two_incidents() {
    use AnomalyKind as K;
    const A: &str = "203.0.113.9";
    let client: &[(&str, &str)] = &[("client", A)];
    let cart: &[(&str, &str)] = &[("path", "/cart")];
    let user: &[(&str, &str)] = &[("path", "/user")];
    for (what, root, new, seconds, together) in [
        (
            "a flood is more traffic",
            (K::ClientFlood, Some(A), client),
            (K::TrafficUp, None, client),
            5,
            true,
        ),
        (
            "the traffic first",
            (K::TrafficUp, None, client),
            (K::ClientFlood, Some(A), client),
            9,
            true,
        ),
        ("a scan is not found", (K::Scan, Some(A), client), (K::Errors4xx, None, client), 2, true),
        (
            "others are not found",
            (K::Scan, Some(A), client),
            (K::Errors4xx, None, &[("client", "10.0.0.1")]),
            2,
            false,
        ),
        ("one path, all", (K::Errors5xx, Some("/cart"), cart), (K::Errors5xx, None, cart), 3, true),
        (
            "two paths at once",
            (K::Errors5xx, Some("/cart"), cart),
            (K::Errors5xx, Some("/user"), user),
            3,
            true,
        ),
        ("slow with errors", (K::Errors5xx, None, cart), (K::Latency, None, cart), 10, true),
        ("slow elsewhere", (K::Errors5xx, None, cart), (K::Latency, None, user), 10, false),
        (
            "what the log says of it",
            (K::Errors5xx, None, cart),
            (K::NewError, Some("timed out"), &[]),
            1,
            true,
        ),
        (
            "less traffic of it",
            (K::Silent, Some("web-1"), &[]),
            (K::TrafficDown, None, &[("source", "web-1")]),
            6,
            true,
        ),
        (
            "two scanners",
            (K::Scan, Some(A), client),
            (K::Scan, Some("10.0.0.1"), &[("client", "10.0.0.1")]),
            1,
            false,
        ),
        ("a full disk", (K::Errors5xx, None, cart), (K::HostDisk, Some("/"), &[]), 1, false),
        (
            "a scan is no outage",
            (K::Scan, Some(A), client),
            (K::Errors5xx, Some("/cart"), cart),
            1,
            false,
        ),
        (
            "guesses from all over",
            (K::Bruteforce, Some("/cart"), cart),
            (K::Bruteforce, Some(A), &[("client", A), ("path", "/cart")]),
            3,
            true,
        ),
        (
            "guesses, and the log",
            (K::NewError, Some("limiting"), &[("path", "/login")]),
            (K::Bruteforce, Some("/login"), &[("route", "/login")]),
            1,
            true,
        ),
        (
            "a site has many parts",
            (K::Scan, Some(A), &[("client", A), ("site", "a")]),
            (K::NewError, Some("refused"), &[("site", "a")]),
            100,
            false,
        ),
        ("a busy host", (K::ClientFlood, Some(A), client), (K::HostCpu, None, &[]), 60, true),
    ] {
        let [root, new] = [root, new].map(|(kind, key, causes)| anomaly(kind, key, causes));
        let case = |anomaly, at: i64, end| Case { anomaly, start: TEN.plus(at), end };
        let of = |at, end| belongs(&case(&new, at, None), &case(&root, 0, end));
        assert_eq!(of(seconds, None), together, "{what}");
        assert!(!of(900, Some(TEN.plus(300))), "{what}: long after it is another one");
    }
    let mut other = anomaly(K::Latency, None, cart);
    other.site = Some("b.example".into());
    let mut root = anomaly(K::Errors5xx, None, cart);
    fn at(anomaly: &Anomaly) -> Case<'_> {
        Case { anomaly, start: TEN, end: None }
    }
    assert!(belongs(&at(&other), &at(&root)), "of all sites, so perhaps of this one");
    root.site = Some("a.example".into());
    assert!(!belongs(&at(&other), &at(&root)), "another site");
}

/// What is of some sites, of each the same part.
fn on_sites(mut anomaly: Anomaly, sites: &[&str]) -> Anomaly {
    let share = 0.9 / sites.len() as f64;
    let cause = |site: &&str| AnomalyCause {
        field: "site".into(),
        value: (*site).into(),
        observed: 1.0,
        expected: 0.0,
        unit: "per_s".into(),
        share,
    };
    anomaly.explain.extend(sites.iter().map(cause));
    anomaly
}

fn at_once(new: &Anomaly, root: &Anomaly) -> bool {
    fn at(anomaly: &Anomaly) -> Case<'_> {
        Case { anomaly, start: TEN, end: None }
    }
    assert_eq!(belongs(&at(new), &at(root)), belongs(&at(root), &at(new)), "{new:?} {root:?}");
    belongs(&at(new), &at(root))
}

#[test]
fn a_flood_is_no_cause_of_what_is_in_another_place() {
    use AnomalyKind as K;
    const A: &str = "203.0.113.9";
    let search: &[(&str, &str)] = &[("client", A), ("path", "/search"), ("route", "/search")];
    let flood = |sites: &[&str]| on_sites(anomaly(K::ClientFlood, Some(A), search), sites);
    let slow = |path: &str, sites: &[&str]| {
        on_sites(anomaly(K::Latency, Some(path), &[("route", path)]), sites)
    };
    for (what, flood, other, together) in [
        ("nothing in common", flood(&[]), slow("/items", &["a", "b", "c"]), false),
        ("other sites", flood(&["z"]), slow("/items", &["a", "b"]), false),
        ("the page itself", flood(&[]), slow("/search", &["a", "b"]), true),
        ("its site", flood(&["a"]), slow("/items", &["a"]), true),
        ("its site, all of it", flood(&["a"]), slow("/items", &["a", "b"]), true),
        ("sites not known yet", flood(&[]), slow("/items", &[]), false),
        (
            "some sites altogether",
            flood(&[]),
            on_sites(anomaly(K::Latency, None, &[]), &["a"]),
            true,
        ),
        (
            "other sites altogether",
            flood(&["z"]),
            on_sites(anomaly(K::Latency, None, &[]), &["a"]),
            false,
        ),
        ("everything", flood(&["a"]), anomaly(K::Latency, None, &[]), true),
    ] {
        assert_eq!(at_once(&other, &flood), together, "{what}");
    }
    let mut other = slow("/items", &[]);
    other.site = Some("a".into());
    assert!(!at_once(&other, &flood(&[])), "of one site alone");
}

#[test]
fn guesses_at_one_page_of_other_sites_are_others() {
    use AnomalyKind as K;
    let guess = |client: &str, site: &str| {
        let causes: &[(&str, &str)] = &[("client", client), ("path", "/login")];
        on_sites(anomaly(K::Bruteforce, Some(client), causes), &[site])
    };
    let first = guess("203.0.113.9", "a");
    assert!(at_once(&guess("198.51.100.7", "a"), &first), "one site");
    assert!(!at_once(&guess("198.51.100.7", "b"), &first), "two clients, two sites");
    assert!(at_once(&guess("203.0.113.9", "b"), &first), "one client");
    let unknown = anomaly(K::Bruteforce, Some("192.0.2.1"), &[("path", "/login")]);
    assert!(at_once(&unknown, &first), "sites not known");
    let log = anomaly(K::NewError, Some("limiting"), &[("path", "/login")]);
    assert!(at_once(&on_sites(log.clone(), &["a"]), &first));
    assert!(!at_once(&on_sites(log, &["b"]), &first));
}

#[test]
fn two_who_guess_on_two_sites_are_two_incidents() {
    let mut world = World::new();
    world.seconds(900, 0);
    for second in 0..50 {
        let mut block = Block::new(world.now);
        // The second one begins ten seconds later.
        for n in (0..6).filter(|n| n % 2 == 0 || second >= 10) {
            let (client, site) = (format!("198.51.{}.7", n % 2), format!("s{}.example", n % 2));
            let mut row = Row::new(Kind::Access);
            row.status = 401;
            row.set(Field::Path, "/login");
            row.set(Field::Method, "POST");
            row.set(Field::Client, &client);
            row.set(Field::Site, &site);
            row.set(Field::Source, "web-1/nginx");
            block.append(&row);
        }
        world.live.absorb(block);
        world.second(0);
    }
    let incidents = world.anomalies.incidents();
    let guesses = incidents.iter().filter(|i| i.anomaly.kind == AnomalyKind::Bruteforce);
    let mut sites: Vec<String> = guesses
        .map(|i| {
            let site = i.anomaly.explain.iter().find(|cause| cause.field == "site");
            format!("{:?} {:?}", i.anomaly.key, site.map(|cause| &cause.value))
        })
        .collect();
    sites.sort();
    let two = (0..2).map(|n| {
        format!("{:?} {:?}", Some(format!("198.51.{n}.7")), Some(format!("s{n}.example")))
    });
    assert_eq!(sites, two.collect::<Vec<_>>());
}

#[test]
fn an_incident_has_the_key_of_its_root_alone() {
    let finding = |id, kind, key: Option<&str>| Finding {
        id,
        kind,
        site: Some("a.example".into()),
        key: key.map(str::to_owned),
        ..open_since(TEN)
    };
    let mut anomalies = Anomalies::new();
    let root = anomalies.book.take(finding(1, AnomalyKind::Errors5xx, None), None);
    let slow = anomalies.book.take(finding(2, AnomalyKind::Latency, Some("/login")), None);
    assert_eq!(anomalies.book.relate(&slow), None);
    let incidents = anomalies.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!((&incidents[0].anomaly.id, &incidents[0].anomaly.key), (&root, &None));
    assert_eq!(incidents[0].kinds, [AnomalyKind::Errors5xx, AnomalyKind::Latency]);
}

#[test]
fn lines_of_more_bytes_are_those_that_are_large() {
    let mut world = World::new();
    let begun = TEN.plus(300);
    for second in 0..360 {
        let mut block = Block::new(world.now);
        for n in 0..300 {
            let large = second >= 300 && n % 60 == 0;
            let mut row = Row::new(Kind::Access);
            row.status = 200;
            row.bytes = Some(if large { 400_000 } else { 2_000 });
            row.set(Field::Path, if n % 2 == 0 { "/files" } else { "/" });
            block.append(&row);
        }
        world.live.absorb(block);
        world.live.close(world.now);
        world.now = world.now.plus(1);
    }
    let finding = Finding {
        kind: AnomalyKind::Bytes,
        state: AnomalyState::Update,
        until: world.now,
        peak: (begun, 2_600_000.0),
        observed: 2_600_000.0,
        expected: 600_000.0,
        high: Some(900_000.0),
        unit: Unit::BytesPerS,
        filter: Some(String::new()),
        baseline: (TEN, begun),
        ..open_since(begun)
    };
    let look = explain::look(&world.live, &finding, &[]);
    assert_eq!(look.samples.len(), MAX_SAMPLES);
    assert!(look.samples.iter().all(|row| row.bytes == Some(400_000)), "{:?}", look.samples);
}

#[test]
fn the_peak_is_of_a_second_that_rows_have_where_lines_come_late() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(20, 6);
    for _ in 0..3 {
        // Five seconds are on their way, and come with those of the sixth.
        let late: Vec<Block> = (0..5).map(|second| broken(world.now.plus(second), 6)).collect();
        world.seconds(5, 0);
        late.iter().for_each(|block| world.live.absorb(block));
        world.seconds(1, 6);
    }
    world.seconds(1, 9).seconds(300, 0);
    let said = world.errors();
    let peaks: Vec<f64> = said.iter().map(|a| a.peak.value).collect();
    assert!(peaks.iter().all(|peak| *peak <= 10.0), "{peaks:?}");
    let last = said[said.len() - 1];
    assert_eq!(last.state, AnomalyState::Closed);
    let worst = world.now.plus(-301);
    assert_eq!(last.peak.time, rfc3339(worst), "{last:?}");
    assert!((9.0..=10.0).contains(&last.peak.value), "{last:?}");
}

/// Requests of the shop's checkout that fail in a second.
fn broken(second: Second, n: usize) -> Block {
    let mut block = Block::new(second);
    for _ in 0..n {
        let mut row = Row::new(Kind::Access);
        row.status = 503;
        row.set(Field::Path, "/checkout");
        row.set(Field::Client, "203.0.113.7");
        row.set(Field::Site, "shop.example");
        row.set(Field::Source, "web-1/nginx");
        block.append(&row);
    }
    block
}
