//! What is known of a source after mixed, changed and unknown lines have come through a receiver.

use std::net::IpAddr;
use std::sync::Arc;

use tapline::aggregate::wire::SourceInfo;
use tapline::pipeline::ingest::{ClientPrivacy, Frame, Ingest, IngestConfig};
use tapline::state::live::WindowConfig;
use tapline::state::node::{Listener, Node};
use tapline::state::sources::{Peer, SourcesConfig};
use tapline::vocab::time::Millis;

/// 2026-11-22T10:00:00Z.
const NOW: i64 = 1_795_341_600_000;
const ERROR: &str = "2026/11/22 10:00:00 [error] 7#8: *9 connect() failed, client: 192.0.2.9";

struct Receiver {
    node: Arc<Node>,
    ingest: Ingest,
    now: i64,
}

impl Receiver {
    fn new(clients: ClientPrivacy) -> Receiver {
        let config = Arc::new(IngestConfig { clients, ..IngestConfig::default() });
        let node =
            Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), Millis(NOW));
        let ingest = Ingest::new(Arc::clone(&node), Listener::new("udp", "test"), config);
        Receiver { node, ingest, now: NOW }
    }

    /// One datagram a line, ten milliseconds apart.
    fn send(&mut self, line: &str, times: usize) {
        let peer = Peer::Ip(IpAddr::from([198, 51, 100, 1]));
        for _ in 0..times {
            self.ingest.batch(&[Frame::new(&peer, line.as_bytes())], Millis(self.now));
            self.now += 10;
        }
    }

    fn source(&self) -> SourceInfo {
        self.node.sources.all()[0].info(true)
    }
}

fn combined(path: &str) -> String {
    format!(
        r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET {path} HTTP/1.1" 200 5 "-" "curl/8.11.0""#
    )
}

fn json(path: &str) -> String {
    format!(r#"{{"remote_addr":"192.0.2.7","status":200,"uri":"{path}","request_time":0.012}}"#)
}

#[test]
fn a_mixed_source_has_the_evidence_of_each_format_and_no_change() {
    let mut receiver = Receiver::new(ClientPrivacy::Full);
    for n in 0..100 {
        receiver.send(&combined(&format!("/{n}")), 3);
        receiver.send(ERROR, 1);
        receiver.send(&json(&format!("/{n}")), 1);
    }
    let source = receiver.source();
    let told: Vec<_> =
        source.evidence.iter().map(|e| (e.format.as_str(), e.kind.as_str(), e.lines)).collect();
    assert_eq!(
        told,
        [("combined", "access", 300), ("nginx_error", "error", 100), ("json", "access", 100)]
    );
    assert!(source.changes.is_empty() && source.samples.is_empty(), "{source:?}");
    let [combined, _, json] = &source.evidence[..] else { panic!("{source:?}") };
    assert!(combined.first_line.contains("GET /0 "), "{}", combined.first_line);
    assert_eq!(combined.since_ms, NOW);
    assert_eq!(json.since_ms, NOW + 40);
    let panels = |lacks: &[tapline::aggregate::wire::Lack]| {
        lacks.iter().map(|l| l.panel.clone()).collect::<Vec<_>>()
    };
    assert_eq!(panels(&combined.lacks), ["latency", "sites"]);
    assert_eq!(panels(&json.lacks), ["sites", "agents", "bytes"]);
    assert!(combined.fields.iter().any(|f| f == "user_agent"), "{:?}", combined.fields);
}

#[test]
fn a_change_is_in_the_sources_history_with_a_line_before_and_the_first_after() {
    let mut receiver = Receiver::new(ClientPrivacy::Full);
    receiver.send(&combined("/old?token=s3cret"), 50);
    receiver.send(&json("/first-new"), 1);
    receiver.send(&json("/new"), 500);
    receiver.send(&combined("/back"), 300);
    receiver.send("no such format 12", 99);
    let source = receiver.source();
    let told: Vec<_> =
        source.changes.iter().map(|c| (c.at_ms, c.old.as_str(), c.new.as_str())).collect();
    // The 100th line without the old one.
    assert_eq!(told, [(NOW + 1490, "combined", "json"), (NOW + 6500, "json", "combined"),]);
    assert!(source.changes[0].before.contains("/old?token=***"), "{:?}", source.changes[0]);
    assert!(source.changes[0].after.contains("/first-new"), "{:?}", source.changes[0]);
    assert!(source.changes[1].after.contains("/back"), "{:?}", source.changes[1]);
    let live = receiver.node.sources.all()[0].info(false);
    assert_eq!((live.changes.len(), live.changes[0].new.as_str()), (1, "combined"));
    assert_eq!(live.changes[0].after, "", "the feed has no lines");
    receiver.send("no such format 12", 1);
    let last = receiver.source().changes.pop().expect("changes");
    assert_eq!((last.new.as_str(), last.after.as_str()), ("message", "no such format 12"));
}

#[test]
fn what_is_kept_of_lines_has_no_secret_and_no_address_that_should_not_be_kept() {
    let own = |n: usize| {
        format!(
            r#"{n}|192.0.2.{n}|GET /a?password=hunter2&n={n}|200|0.01{n}|user=ann@example.org|2001:db8:7:8::{n}"#
        )
    };
    for (clients, shown) in [
        (ClientPrivacy::Full, "192.0.2.7"),
        (ClientPrivacy::Masked, "192.0.2.0"),
        (ClientPrivacy::Off, "GET"),
    ] {
        let mut receiver = Receiver::new(clients);
        receiver.send(&own(7), 1);
        receiver.send(&own(8), 1);
        receiver.send(&combined("/?token=hunter2"), 150);
        receiver.send(ERROR, 2);
        receiver.send(&own(9), 200);
        receiver.node.flush();
        let filter = tapline::aggregate::filter::Filter::default();
        let events = receiver.node.live().events(Default::default(), &filter, 1000, true);
        let kept = serde_json::to_string(&(receiver.source(), events)).expect("JSON");
        assert!(kept.contains(shown), "{clients:?}: {kept}");
        assert!(kept.contains("\"new\":\"message\""), "{kept}");
        for secret in ["hunter2", "ann@example.org"] {
            assert!(!kept.contains(secret), "{clients:?}: {kept}");
        }
        if clients != ClientPrivacy::Full {
            for address in ["192.0.2.7", "192.0.2.9", "2001:db8:7:8"] {
                assert!(!kept.contains(address), "{clients:?}: {kept}");
            }
        }
    }
}

#[test]
fn whoever_makes_up_sources_and_formats_makes_no_memory_grow() {
    let mut receiver = Receiver::new(ClientPrivacy::Full);
    let mut seed = 7_u64;
    let long = "x".repeat(8000);
    for n in 0..3000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let line = match seed >> 61 {
            0 => combined(&long),
            1 => json(&long),
            2 => ERROR.to_owned(),
            3 => format!("{} {long}", "k=v ".repeat(n % 50)),
            _ => format!("{} {seed}", "\"q\" ".repeat(n % 30)),
        };
        receiver.send(&line, 1 + n % 7);
    }
    let source = receiver.source();
    let bytes = serde_json::to_string(&source).expect("JSON").len();
    assert!(source.samples.len() <= 20 && source.changes.len() <= 8);
    assert!(bytes < 64 << 10, "{bytes} bytes of evidence");
}
