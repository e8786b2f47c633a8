//! What the operator does not want kept is not kept, and visitors are still told apart.

use std::net::IpAddr;
use std::sync::Arc;

use tapline::aggregate::ask::Asks;
use tapline::aggregate::filter::Filter;
use tapline::aggregate::wire::{Summary, TopRow};
use tapline::pipeline::ingest::{ClientPrivacy, Frame, Ingest, IngestConfig};
use tapline::state::live::{Range, WindowConfig};
use tapline::state::node::{Listener, Node};
use tapline::state::sources::{Peer, SourcesConfig};
use tapline::vocab::time::Millis;

/// 2026-11-22T10:00:00Z.
const NOW: Millis = Millis(1_795_341_600_000);

fn summary(clients: ClientPrivacy) -> (Summary, String) {
    // Three clients of one /24, each twice, and one of IPv6.
    let clients_of = ["203.0.113.1", "203.0.113.2", "203.0.113.3", "2001:db8::1"].repeat(2);
    let lines: Vec<(String, &str)> =
        clients_of.into_iter().map(|client| (client.to_owned(), "")).collect();
    summary_of(IngestConfig { clients, ..IngestConfig::default() }, &lines)
}

/// Of one request for each client and what its line says behind the agent.
fn summary_of(config: IngestConfig, clients: &[(String, &str)]) -> (Summary, String) {
    let node = Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), NOW);
    let listener = Listener::new("udp", "test");
    let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::new(config));
    let peer = Peer::Ip(IpAddr::from([198, 51, 100, 1]));
    for (n, (client, behind)) in clients.iter().enumerate() {
        let line = format!(
            "{client} - - [22/Nov/2026:10:00:00 +0000] \"GET /a?n={n}&token=s3cret HTTP/1.1\" 200 5 \"-\" \"agent\"{behind}"
        );
        ingest.batch(&[Frame::new(&peer, line.as_bytes())], NOW);
    }
    node.flush();
    let everything = Filter::parse("").expect("a filter");
    let all = Range { from: None, to: None };
    let events = node.live().events(all, &everything, 100, true);
    let kept = serde_json::to_string(&events).expect("JSON");
    (node.live().summary(all, &everything, &Asks::usual(10), None), kept)
}

#[test]
fn visitors_are_told_apart_whatever_is_kept_of_addresses() {
    for (clients, shown) in [
        (ClientPrivacy::Full, vec!["2001:db8::1", "203.0.113.1", "203.0.113.2", "203.0.113.3"]),
        (ClientPrivacy::Masked, vec!["2001:db8::", "203.0.113.0"]),
        (ClientPrivacy::Off, vec![]),
    ] {
        let (summary, kept) = summary(clients);
        assert_eq!((summary.requests, summary.visitors), (8, 4), "{clients:?}");
        let mut values: Vec<&str> =
            summary.top["clients"].iter().map(|row| row.value.as_str()).collect();
        values.sort_unstable();
        assert_eq!(values, shown, "{clients:?}");
        if clients == ClientPrivacy::Masked {
            let masked = |row: &&TopRow| row.value == "203.0.113.0";
            let row = summary.top["clients"].iter().find(masked).expect("the network");
            assert_eq!((row.requests, row.visitors), (6, Some(3)));
        }
        if clients != ClientPrivacy::Full {
            assert!(!kept.contains("203.0.113.2"), "{kept}");
        }
    }
}

#[test]
fn secrets_in_queries_are_gone_before_anything_is_kept() {
    let (_, kept) = summary(ClientPrivacy::Full);
    assert!(kept.contains("n=0&token=***"), "{kept}");
    assert!(!kept.contains("s3cret"), "{kept}");
}

/// `Ingest::batch` reads the first two ways: the first line of a sender and those behind it, and a usual line of one
/// that is known.
#[test]
fn secrets_in_paths_and_referrers_are_gone_in_every_format() {
    let combined = r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /cart;jsessionid=s3cret/a;x=1?n=1 HTTP/1.1" 200 5 "https://ann:s3cret@example.org/reset?token=s3cret&n=2#pw=s3cret" "agent""#;
    let lines = [
        combined.to_owned(),
        format!("{combined} \"-\""),
        r#"{"time":"2026-11-22T10:00:00Z","remote_addr":"203.0.113.9","request":"GET /cart;jsessionid=s3cret/a;x=1?n=1&next=%2Fa%3Ftoken%3Ds3cret HTTP/1.1","status":200,"http_referer":"https://example.org/reset?token=s3cret&n=2"}"#.to_owned(),
        r#"2026/11/22 10:00:00 [error] 7#7: *1 open() "/a" failed (2: No such file or directory), client: 203.0.113.9, server: a, request: "GET /cart;jsessionid=s3cret/a;x=1?n=1 HTTP/1.1", host: "a", referrer: "https://ann:s3cret@example.org/reset?token=s3cret&n=2""#.to_owned(),
    ];
    for (line, batches) in lines.iter().zip([3, 1, 1, 1]) {
        for redact_queries in [true, false] {
            let node =
                Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), NOW);
            let config = Arc::new(IngestConfig { redact_queries, ..IngestConfig::default() });
            let mut ingest = Ingest::new(Arc::clone(&node), Listener::new("udp", "test"), config);
            let peer = Peer::Ip(IpAddr::from([198, 51, 100, 1]));
            let frame = Frame::new(&peer, line.as_bytes());
            for _ in 0..batches {
                ingest.batch(&vec![frame; 700], NOW);
            }
            node.flush();
            let all = Range { from: None, to: None };
            let live = node.live();
            let events = live.events(all, &Filter::default(), 10_000, true);
            let summary = live.summary(all, &Filter::default(), &Asks::usual(10), None);
            let sources: Vec<_> =
                node.sources.all().iter().map(|source| source.info(true)).collect();
            let kept = serde_json::to_string(&(events, summary, sources)).expect("JSON");
            assert_eq!(kept.contains("s3cret"), !redact_queries, "{kept:.2000}");
            assert!(kept.contains("/reset?token=") && kept.contains("n=1"), "{kept:.2000}");
        }
    }
}

#[test]
fn the_client_behind_a_trusted_proxy_is_found_before_its_address_is_cut() {
    for (clients, shown) in [
        (ClientPrivacy::Full, vec!["10.0.0.1", "198.51.100.7", "203.0.113.9"]),
        (ClientPrivacy::Masked, vec!["10.0.0.0", "198.51.100.0", "203.0.113.0"]),
        (ClientPrivacy::Off, vec![]),
    ] {
        let config = IngestConfig {
            clients,
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")],
            ..IngestConfig::default()
        };
        let lines = [
            ("10.0.0.1".to_owned(), " \"6.6.6.6, 203.0.113.9, 10.0.0.2\""),
            ("10.0.0.3".to_owned(), " \"unknown, 203.0.113.9\""),
            ("10.0.0.1".to_owned(), " \"-\""),
            // Not a proxy of ours: what it says is not believed.
            ("198.51.100.7".to_owned(), " \"6.6.6.6\""),
        ];
        let (summary, kept) = summary_of(config, &lines);
        let mut values: Vec<&str> =
            summary.top["clients"].iter().map(|row| row.value.as_str()).collect();
        values.sort_unstable();
        assert_eq!((values, summary.visitors), (shown, 3), "{clients:?}");
        assert!(!kept.contains("6.6.6.6"), "{kept}");
        assert!(clients == ClientPrivacy::Full || !kept.contains("203.0.113.9"), "{kept}");
    }
}
