//! Whatever senders and the tick do at the same time, every frame ends in exactly one place.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use tapline::aggregate::ask::Asks;
use tapline::aggregate::filter::Filter;
use tapline::pipeline::ingest::{Frame, Ingest, IngestConfig};
use tapline::state::account::Counts;
use tapline::state::live::{Range, WindowConfig};
use tapline::state::node::{Listener, Node};
use tapline::state::sources::{Peer, SourcesConfig};
use tapline::vocab::outcome::RejectReason;
use tapline::vocab::time::{Millis, Second};

/// 2026-11-22T10:00:00Z.
const START_MS: i64 = 1_795_341_600_000;

fn line(sender: u8, n: u32) -> Vec<u8> {
    let status = [200, 301, 404, 502][n as usize % 4];
    let minute = n / 60 % 3;
    let second = n % 60;
    match n % 17 {
        // Neither a log line nor UTF-8.
        0 => vec![0xff, b'x', sender, b'\xc3'],
        1 => format!("<13>Nov 22 10:00:00 web-{sender} app: hello {n}").into_bytes(),
        // A time far outside what is accepted: counts at arrival.
        2 => format!("203.0.113.{sender} - - [01/Jan/2001:00:00:00 +0000] \"GET /old HTTP/1.1\" 200 1 \"-\" \"a\"").into_bytes(),
        _ => format!(
            "<190>Nov 22 10:0{minute}:{second:02} web-{sender} nginx: 203.0.113.{} - - [22/Nov/2026:10:0{minute}:{second:02} +0000] \"GET /p{} HTTP/1.1\" {status} {} \"-\" \"agent-{}\"",
            n % 200,
            n % 37,
            n % 5000,
            n % 11
        )
        .into_bytes(),
    }
}

fn balances(c: &Counts) -> bool {
    c.received == c.settled() + c.in_flight
}

#[test]
fn conservation_holds_under_concurrent_senders_and_seals() {
    const SENDERS: u8 = 4;
    const BATCHES: u32 = 150;
    const BATCH: u32 = 97;
    let node = Node::new(
        WindowConfig::default(),
        SourcesConfig::default(),
        "test".into(),
        Millis(START_MS),
    );
    let config = Arc::new(IngestConfig {
        exclude: vec![Filter::parse("path:/p7").expect("a filter")],
        ..IngestConfig::default()
    });
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let listener = Listener::new("udp", format!("sender {sender}"));
                node.add_listener(Arc::clone(&listener));
                let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::clone(&config));
                scope.spawn(move || {
                    let peer = Peer::Ip(IpAddr::from([198, 51, 100, sender]));
                    for batch in 0..BATCHES {
                        let lines: Vec<Vec<u8>> =
                            (0..BATCH).map(|i| line(sender, batch * BATCH + i)).collect();
                        let frames: Vec<Frame<'_>> =
                            lines.iter().map(|l| Frame::new(&peer, l)).collect();
                        ingest.batch(&frames, Millis(START_MS + i64::from(batch) * 1000));
                        if batch % 10 == 0 {
                            ingest.listener().account.reject(RejectReason::Oversize);
                            ingest.listener().account.lost_in_kernel(3);
                        }
                    }
                })
            })
            .collect();
        // The tick: seals and closes again and again, as fast as it can.
        let tick = scope.spawn(|| {
            let mut second = Second(START_MS / 1000);
            while !done.load(Ordering::Acquire) {
                node.seal_before(second.plus(1));
                node.live_mut().close(second);
                second = second.plus(1);
                std::thread::yield_now();
            }
        });
        // A scrape at any moment balances, over all and one by one.
        while senders.iter().any(|s| !s.is_finished()) {
            let sum = node.accounting();
            assert!(balances(&sum), "{sum:?}");
            for source in node.sources.all() {
                assert!(balances(&source.lock().counts), "{}", source.name);
            }
            std::thread::yield_now();
        }
        done.store(true, Ordering::Release);
        tick.join().expect("the tick");
    });
    node.flush();
    let sum = node.accounting();
    assert!(balances(&sum));
    assert_eq!(sum.in_flight, 0, "nothing is in flight at rest");
    let sent = u64::from(SENDERS) * u64::from(BATCHES) * u64::from(BATCH);
    let named = u64::from(SENDERS) * u64::from(BATCHES.div_ceil(10)) * 4;
    assert_eq!(sum.received, sent + named);
    assert!(sum.dropped.iter().sum::<u64>() > named / 4 * 3, "excluded lines are counted as such");

    let everything = Filter::parse("").expect("a filter");
    let summary =
        node.live().summary(Range { from: None, to: None }, &everything, &Asks::usual(10), None);
    assert_eq!(summary.requests + summary.errors, sum.counted);
    assert_eq!(summary.messages, sum.unparsed);
    let by_source: u64 = node.sources.all().iter().map(|s| s.lock().counts.settled()).sum();
    assert_eq!(by_source, sent, "each line is on its source's account, too");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the same lines are cut into batches and whenever seconds are sealed in between, the
    /// totals are the same.
    #[test]
    fn batching_and_sealing_change_no_number(
        cuts in proptest::collection::vec((1usize..40, any::<bool>()), 1..30),
    ) {
        let lines: Vec<Vec<u8>> = (0..400).map(|n| line(1, n)).collect();
        let run = |cuts: &[(usize, bool)]| {
            let node = Node::new(
                WindowConfig::default(),
                SourcesConfig::default(),
                "test".into(),
                Millis(START_MS),
            );
            let listener = Listener::new("tcp", "test");
            node.add_listener(Arc::clone(&listener));
            let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::new(IngestConfig::default()));
            let peer = Peer::Name("test".into());
            let mut rest: &[Vec<u8>] = &lines;
            for (len, seal) in cuts.iter().copied().chain([(usize::MAX, true)]) {
                let (now, later) = rest.split_at(len.min(rest.len()));
                let frames: Vec<Frame<'_>> = now.iter().map(|l| Frame::new(&peer, l)).collect();
                ingest.batch(&frames, Millis(START_MS + 60_000));
                if seal {
                    node.flush();
                }
                rest = later;
            }
            let everything = Filter::parse("").expect("a filter");
            let mut summary = node.live().summary(Range { from: None, to: None }, &everything, &Asks::usual(500), None);
            for rows in summary.top.values_mut() {
                // Equal counts stand in the order in which their values were first seen.
                rows.sort_by(|a, b| (b.requests, &a.value).cmp(&(a.requests, &b.value)));
            }
            serde_json::to_string(&summary).expect("JSON")
        };
        prop_assert_eq!(run(&cuts), run(&[]));
    }
}
