//! F-136 to F-145: late, early, doubled and stopped.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::case::{Case, headed, tcp};
use crate::common::http::Client;
use crate::common::tapline::percent;
use crate::common::{until, within};
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    report.run(bench, misdated());
    report.run(bench, [doubled()]);
    report.tries(140, "five minutes of lines in any order", bench, any_order);
    report.tries(142, "20,000 lines of yesterday", bench, yesterday);
    report.tries(143, "quantiles of odd series", bench, quantiles);
    report.on_a_server("", |report, bench| {
        report.tries(144, "silence, then a burst", bench, |bench| {
            let lines = at(Utc::now(), "/burst", "").repeat(3000);
            crate::common::wire::send(bench.tapline.tcp, lines.as_bytes());
            until("the burst", || (bench.tapline.requests("path:/burst") == 3000).then_some(()));
            for target in
                ["/api/v1/anomalies", "/api/v1/anomalies/why", "/api/v1/series", "/api/v1/summary"]
            {
                // Numbers that are none have no place in JSON: it would not parse.
                assert!(bench.tapline.get(target).is_object(), "{target}");
            }
        });
        report.tries(137, "stopped for three seconds", bench, stopped);
        report.tries(157, "given a tenth of the time", bench, starved);
    });
}

/// A line of this time.
fn at(time: DateTime<Utc>, path: &str, tail: &str) -> String {
    let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
    headed(
        "web-1",
        &format!("203.0.113.9 - - [{time}] \"GET {path} HTTP/1.1\" 200 5 \"-\" \"x\"{tail}\n"),
    )
}

/// A line counts at its own second if that is at most ten minutes before its arrival or two seconds
/// after it, else at its arrival; the catalogue has other bounds.
fn misdated() -> Vec<Case> {
    let now = Utc::now();
    let shown = |time: DateTime<Utc>| json!(time.format("%Y-%m-%dT%H:%M:%S.000Z").to_string());
    let mut cases = Vec::new();
    for (number, seconds, own) in [
        (138, -2, true),
        (138, -59, true),
        (138, -61, true),
        (138, -540, true),
        (138, -660, false),
        (138, -90_000, false),
        (139, 1, true),
        (139, 60, false),
        (139, 3600, false),
        (139, 86_400 * 365 * 5000, false),
    ] {
        let time = now + TimeDelta::seconds(seconds);
        let path = format!("/dated/{seconds}");
        let mut event = json!({"path": path, "status": 200});
        if own {
            event["time"] = shown(time);
        }
        cases.push(
            tcp(number, &format!("{seconds} s off"), at(time, &path, ""), "1 counted").event(event),
        );
    }
    cases
}

/// What a relay sends twice was received twice; nothing in a line says that it is the same.
fn doubled() -> Case {
    let line = at(Utc::now(), "/doubled", "");
    tcp(141, "the same line twice", format!("{line}{line}"), "2 counted")
}

/// Each line is in exactly one second: the series adds up to what was sent.
fn any_order(bench: &mut Bench) {
    let now = Utc::now();
    let ages = (0..300_i64).map(|i| i * 7 % 300);
    let lines: String = ages.map(|age| at(now - TimeDelta::seconds(age), "/order", "")).collect();
    crate::common::wire::send(bench.tapline.tcp, lines.as_bytes());
    until("they are counted", || (bench.tapline.requests("path:/order") == 300).then_some(()));
    let series =
        bench.tapline.get(&format!("/api/v1/series?step=1&filter={}", percent("path:/order")));
    let requests = series["requests"].as_array().expect("requests");
    let each: Vec<u64> = requests.iter().filter_map(Value::as_u64).filter(|n| *n > 0).collect();
    assert_eq!((each.len(), each.iter().sum::<u64>()), (300, 300), "{each:?}");
}

/// A file of another day, sent through a socket: counted at its arrival, and said to be misdated.
fn yesterday(bench: &mut Bench) {
    let misdated = |bench: &Bench| -> u64 {
        let answer = bench.tapline.get("/api/v1/sources");
        answer["sources"].as_array().unwrap().iter().filter_map(|s| s["misdated"].as_u64()).sum()
    };
    let before = misdated(bench);
    let lines = at(Utc::now() - TimeDelta::days(1), "/yesterday", "").repeat(20_000);
    crate::common::wire::send(bench.tapline.tcp, lines.as_bytes());
    until("they are counted", || {
        (bench.tapline.requests("path:/yesterday") == 20_000).then_some(())
    });
    assert_eq!(misdated(bench) - before, 20_000);
}

fn quantiles(bench: &mut Bench) {
    for (name, values) in [
        ("zeros", vec!["0.000"; 50]),
        ("equal", vec!["0.250"; 50]),
        ("outlier", [vec!["0.001"; 49], vec!["1000000000"]].concat()),
    ] {
        let path = format!("/quantiles/{name}");
        let lines: String =
            values.iter().map(|v| at(Utc::now(), &path, &format!(" rt={v}"))).collect();
        crate::common::wire::send(bench.tapline.tcp, lines.as_bytes());
        let filter = format!("path:{path}");
        until("they are counted", || (bench.tapline.requests(&filter) == 50).then_some(()));
        let latency =
            bench.tapline.get(&format!("/api/v1/summary?filter={}", percent(&filter)))["latency_s"]
                .clone();
        let of = |key: &str| latency[key].as_f64().unwrap_or_else(|| panic!("{name}: {latency}"));
        let rising = ["p50", "p90", "p95", "p99", "max"].map(of);
        assert!(rising.is_sorted() && rising[0] >= 0.0, "{name}: {rising:?}");
    }
}

/// Not run for three seconds, as where a virtual machine is paused. What came meanwhile waits in the
/// kernel, seconds go on without one missing, and the hole is no anomaly.
fn stopped(bench: &mut Bench) {
    bench.tapline.signal(libc::SIGSTOP);
    let (_, udp) = bench.canary.sent();
    until("three seconds of lines", || (bench.canary.sent().1 >= udp + 60).then_some(()));
    bench.tapline.signal(libc::SIGCONT);
    bench.check();
    let anomalies = bench.tapline.get("/api/v1/anomalies");
    let kinds: Vec<_> =
        anomalies["anomalies"].as_array().unwrap().iter().map(|a| a["kind"].clone()).collect();
    assert!(!kinds.iter().any(|kind| kind == "silent" || kind == "traffic_down"), "{kinds:?}");
}

/// Runs for 10 ms of 100, twenty times over.
fn starved(bench: &mut Bench) {
    let pause = |ms| std::thread::sleep(std::time::Duration::from_millis(ms));
    for _ in 0..20 {
        bench.tapline.signal(libc::SIGSTOP);
        pause(90);
        bench.tapline.signal(libc::SIGCONT);
        pause(10);
    }
    let asked =
        within(crate::common::PATIENCE, || Client::new(bench.tapline.http).get("/healthz").ok());
    assert_eq!(asked.map(|a| a.status), Some(200));
}
