//! That the demo's traffic looks like real sites' and fills every panel.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::rehearsal::play;
use super::world::SITES;
use super::{Generator, Line, Places, rehearse, run};
use crate::aggregate::ask::Asks;
use crate::aggregate::filter::Filter;
use crate::aggregate::place::nowhere;
use crate::aggregate::wire::AnomalyKind;
use crate::app::config::Config;
use crate::app::settings::ingest_config;
use crate::decode::envelope;
use crate::decode::formats::recognise::Recogniser;
use crate::pipeline::ingest::{Frame, Ingest};
use crate::state::anomalies::Incident;
use crate::state::live::{Range, WindowConfig};
use crate::state::markers::Markers;
use crate::state::node::{Listener, Node};
use crate::state::sources::{Peer, SourcesConfig};
use crate::vocab::event::Kind as EventKind;
use crate::vocab::time::Millis;
use crate::vocab::time::Second;

/// 2026-11-22T10:00:00Z
const START: Second = Second(1_795_341_600);

fn seconds(seed: u64, count: i64) -> Vec<Vec<Line>> {
    seconds_from(0, seed, count)
}

/// The seconds from `t` of the programme on.
fn seconds_from(t: u64, seed: u64, count: i64) -> Vec<Vec<Line>> {
    let mut generator = Generator { t, ..Generator::new(seed) };
    (0..count).map(|i| generator.next(START.plus(i)).collect()).collect()
}

/// The status of an access line.
fn status(line: &Line) -> Option<u16> {
    line.datagram.starts_with("<190>").then_some(())?;
    line.datagram.split("\" ").nth(1)?.get(..3)?.parse().ok()
}

fn share(lines: &[&Line], class: u16) -> f64 {
    let statuses: Vec<u16> = lines.iter().filter_map(|line| status(line)).collect();
    let of = statuses.iter().filter(|&&status| status / 100 == class).count();
    of as f64 / statuses.len() as f64
}

#[test]
fn the_same_seed_gives_the_same_traffic() {
    assert_eq!(seconds_from(70, 7, 10), seconds_from(70, 7, 10));
    assert_ne!(seconds(7, 2), seconds(8, 2));
}

#[test]
fn a_quiet_minute_looks_like_a_healthy_site() {
    let minute = seconds(1, 60);
    let lines: Vec<&Line> = minute.iter().flatten().collect();
    for second in &minute {
        assert!((250..2_000).contains(&second.len()), "{}", second.len());
        assert!(second.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
        assert!(second.iter().all(|line| line.at_ms < 1000));
    }
    let shares: Vec<f64> = (2..=5).map(|class| share(&lines, class)).collect();
    assert!((0.80..0.95).contains(&shares[0]), "{shares:?}");
    assert!((0.03..0.16).contains(&shares[1]), "{shares:?}");
    assert!((0.005..0.05).contains(&shares[2]), "{shares:?}");
    assert!((0.0..0.003).contains(&shares[3]), "{shares:?}");
}

#[test]
fn every_line_is_understood() {
    let mut recogniser = Recogniser::default();
    for line in [0, 90, 210, 340, 455, 560].iter().flat_map(|&t| seconds_from(t, 4, 4)).flatten() {
        let envelope = envelope::parse(&line.datagram);
        assert!(envelope.hostname.is_some_and(|host| host.starts_with("web-")));
        let event = recogniser.decode(envelope.message);
        assert_ne!(event.kind, EventKind::Message, "{}", line.datagram);
    }
}

#[test]
fn many_clients_come_and_few_paths_get_most() {
    let minute = seconds(3, 60);
    let mut clients = HashSet::new();
    let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut total = 0;
    for line in minute.iter().flatten().filter(|line| status(line).is_some()) {
        let text = &line.datagram;
        clients.insert(text.split(' ').nth(5).unwrap());
        *paths.entry(text.split('"').nth(1).unwrap()).or_default() += 1;
        *hosts.entry(text.rsplit("host=\"").next().unwrap()).or_default() += 1;
        total += 1;
    }
    assert!(clients.len() > 1_000, "{}", clients.len());
    assert_eq!(hosts.len(), SITES.len(), "{hosts:?}");
    let mut counts: Vec<usize> = paths.values().copied().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    assert!(counts.iter().take(20).sum::<usize>() * 4 > total, "{counts:?}");
    assert!(counts.len() > 500, "{}", counts.len());
}

#[test]
fn the_slow_backend_shows_in_status_time_and_error_log() {
    let checkout = |run: &[Vec<Line>], code: u16| {
        let hits = run.iter().flatten().filter(|line| {
            line.datagram.contains("POST /api/checkout ") && status(line) == Some(code)
        });
        hits.count()
    };
    let (before, during) = (seconds_from(60, 5, 10), seconds_from(90, 5, 20));
    assert_eq!(checkout(&before, 504), 0);
    assert!(checkout(&during, 504) > 80, "{}", checkout(&during, 504));
    assert!(checkout(&during, 502) > 40);
    // Other routes time out now and then, too.
    let timed_out = during.iter().flatten().filter(|line| {
        line.datagram.contains("upstream timed out") && line.datagram.contains("/api/checkout ")
    });
    assert_eq!(timed_out.count(), checkout(&during, 504));
}

#[test]
fn the_scanner_is_one_client_asking_for_what_is_not_there() {
    let run = seconds_from(205, 5, 20);
    let lines = run.iter().flatten();
    let scans = lines.filter(|line| line.datagram.contains(": 203.0.113.66 - - "));
    let (all, not_found) = scans.fold((0, 0), |(all, not_found), line| {
        (all + 1, not_found + usize::from(status(line) == Some(404)))
    });
    assert!(all > 2_000 && not_found * 100 > all * 90, "{not_found} of {all}");
}

#[tokio::test]
async fn lines_reach_the_listener_and_stop_when_told() {
    let listener = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let sender = tokio::spawn(async move { run(target, &Markers::new(60), stop).await });
    let mut buffer = [0; 4096];
    for _ in 0..20 {
        let length = listener.recv(&mut buffer).await.unwrap();
        let text = std::str::from_utf8(&buffer[..length]).unwrap();
        assert!(text.starts_with("<1") && text.contains(" nginx: "), "{text}");
    }
    shutdown.cancel();
    sender.await.unwrap().unwrap();
}

/// A node that has received the demo's first incident.
fn shown() -> Arc<Node> {
    let geo = Arc::new(Places::beside(nowhere()));
    let window = WindowConfig { geo, ..WindowConfig::default() };
    let node = Node::new(window, SourcesConfig::default(), "demo".to_owned(), Millis(0));
    let listener = Listener::new("udp", "127.0.0.1:5514");
    node.add_listener(Arc::clone(&listener));
    let rules = Arc::new(ingest_config(&Config::default(), false));
    let mut ingest = Ingest::new(Arc::clone(&node), listener, rules);
    let peer = Peer::Name("127.0.0.1".into());
    for (second, lines) in (0..).zip(seconds_from(60, 9, 25)) {
        let frames: Vec<Frame<'_>> =
            lines.iter().map(|line| Frame::new(&peer, line.bytes())).collect();
        ingest.batch(&frames, Millis((START.0 + second) * 1000 + 999));
    }
    node.flush();
    node
}

#[test]
fn every_panel_has_something_to_show() {
    let node = shown();
    let live = node.live();
    let summary = live.summary(Range::default(), &Filter::default(), &Asks::all(50), None);
    assert_eq!(summary.messages, 0, "every line is understood");
    for ask in Asks::all(50).iter() {
        let rows = summary.top.get(&ask.key()).map_or(&[][..], Vec::as_slice);
        let least = match ask.list.name() {
            "formats" => 1,
            "schemes" | "tls" | "ip_versions" | "sources" => 2,
            "outcomes" | "protocols" | "methods" | "cache" | "sites" => 3,
            "classes" => 4,
            _ => 5,
        };
        assert!(rows.len() >= least, "{}: {rows:#?}", ask.key());
    }
    let values = |list: &str| -> Vec<&str> {
        summary.top[list].iter().map(|row| row.value.as_str()).collect()
    };
    for route in ["/user/{id}", "/v1/orders/{id}", "/products/{name}"] {
        assert!(values("routes").contains(&route), "{:#?}", values("routes"));
    }
    for protocol in ["HTTP/1.1", "HTTP/2.0", "HTTP/3.0"] {
        assert!(values("protocols").contains(&protocol), "{:?}", values("protocols"));
    }
    assert!(values("asns").iter().all(|asn| asn.starts_with("AS64")), "{:?}", values("asns"));
    let google = summary.top["bots"].iter().find(|row| row.value == "Googlebot").unwrap();
    let verified = google.verified.unwrap();
    assert!(verified > google.requests / 2 && verified < google.requests, "{google:?}");
    assert!(summary.visitors > 500 && summary.bytes_in > 0, "{}", summary.visitors);
}

#[test]
fn an_error_line_stands_beside_the_request_that_failed() {
    let mut beside = 0;
    for second in seconds_from(0, 5, 60) {
        for line in second.iter().filter(|line| line.datagram.contains("upstream timed out")) {
            let of = |what: &str| line.datagram.split(what).nth(1).unwrap();
            let client = of("client: ").split(',').next().unwrap();
            let request = of("request: \"").split('"').next().unwrap();
            let wanted = (format!(": {client} - "), format!("\"{request}\" 504 "));
            let found = second
                .iter()
                .any(|line| line.datagram.contains(&wanted.0) && line.datagram.contains(&wanted.1));
            assert!(found, "{}", line.datagram);
            beside += 1;
        }
    }
    assert!(beside >= 3, "{beside} in a quiet minute");
}

/// Runs a rehearsed demo in virtual time up to second `end` of its programme: what was said.
fn said_until(end: i64) -> Vec<Incident> {
    let config = Config::default();
    let node = Node::new(
        WindowConfig { geo: Arc::new(Places::beside(nowhere())), ..WindowConfig::default() },
        SourcesConfig::default(),
        "demo".into(),
        START.start(),
    );
    node.anomalies().learn_from(&rehearse(&config, START));
    play(Generator::new(super::SEED), (0..end).map(|t| START.plus(t)), &node, &config);
    node.anomalies().incidents()
}

#[test]
#[ignore = "a million lines, two minutes of a core in a debug build: cargo test --release --lib demo -- --ignored"]
fn the_incidents_of_the_programme_are_found_with_their_causes() {
    let said = said_until(600);
    let at = |t: i64| crate::aggregate::render::rfc3339(START.plus(t));
    for (from, to, kind, fields, value) in [
        (75, 85, AnomalyKind::Errors5xx, &["path", "route"][..], "/api/checkout"),
        (200, 215, AnomalyKind::Scan, &["client"], "203.0.113.66"),
        (320, 365, AnomalyKind::ClientFlood, &["network"], "192.0.2.0/24"),
        (450, 464, AnomalyKind::Errors5xx, &["site"], "shop.example.org"),
        (550, 565, AnomalyKind::Bruteforce, &["path", "route"], "/login"),
    ] {
        let found = said.iter().any(|incident| {
            let anomaly = &incident.anomaly;
            (at(from)..=at(to)).contains(&anomaly.detected)
                && incident.kinds.contains(&kind)
                && anomaly.explain.iter().any(|c| fields.contains(&&*c.field) && c.value == value)
        });
        let seen: Vec<_> = said
            .iter()
            .map(|i| (&i.anomaly.detected, &i.kinds, i.anomaly.explain.first()))
            .collect();
        assert!(found, "{kind:?} {fields:?} {value} at {from} s among {seen:#?}");
    }
}
