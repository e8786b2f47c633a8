//! What a line costs, by transport.

use std::thread;
use std::time::Duration;

use super::{Figures, Load, Outcome, Plan, UNIX, start};
use crate::api;
use crate::lines::Pool;
use crate::send::{self, Kind};
use crate::server::{cpu_seconds, resident_mib};
use crate::watch;

/// Datagrams a second where none are asked for.
const DATAGRAMS: u64 = 100_000;

pub(super) const LOST: &str = "lost lines per million";
pub(super) const UNTOLD: &str = "gaps and resyncs of a browser that looks on";
pub(super) const POST: &str = "POST of 1000 lines, p99 ms";

pub(super) fn load(plan: &Plan, pool: &Pool, kind: Kind, balanced: &mut bool) -> Outcome<Figures> {
    let rate = plan.rate.unwrap_or(DATAGRAMS);
    let server = start(plan)?;
    let http = server.address("http")?;
    let (address, load) = match kind {
        Kind::Tcp => (server.address("tcp")?.to_string(), Load::of(plan.count, 0, 1, 120)),
        Kind::Http | Kind::Gzip => (http.to_string(), Load::of(plan.count, 0, 2, 120)),
        Kind::Unix => (server.file(UNIX).display().to_string(), Load::of(plan.count, 0, 1, 120)),
        Kind::Udp => (
            server.address("udp")?.to_string(),
            Load::of(rate * plan.seconds, rate, 1, plan.seconds + 5),
        ),
    };
    // Learns the source and warms the caches, like the first second of any day.
    let warm = send::send(kind, &address, &Load::of(20_000, 0, 1, 10), pool)?;
    api::verify(http, warm.sent, 0)?;
    let (cpu, idle) = (cpu_seconds(server.id())?, resident_mib(server.id())?);
    // A browser looks on, as where somebody watches what comes.
    let time = Duration::from_secs(plan.seconds);
    let browser = (kind == Kind::Udp).then(|| thread::spawn(move || watch::watch(http, 1, time)));
    let report = send::send(kind, &address, &load, pool)?;
    let seen = browser.map(|b| b.join().map_err(|_| "the browser panicked")).transpose()?;
    let seen = seen.transpose()?;
    let verdict = api::verify(http, report.sent, warm.sent)?;
    // One tick more, so that sealing the last second is part of the price.
    thread::sleep(Duration::from_millis(1100));
    let cpu = cpu_seconds(server.id())? - cpu;
    if !verdict.balanced() {
        eprintln!("{verdict}");
        *balanced = false;
    }
    let named: u64 = verdict.now.rejected.values().chain(verdict.now.dropped.values()).sum();
    let lost = report.sent - report.sent.min(verdict.received) + named;
    let rate = report.sent as f64 / report.took.as_secs_f64();
    let mut figures = vec![
        (super::CPU, cpu / (report.sent as f64 / 1e6)),
        ("thousand lines a second", rate / 1000.0),
        (LOST, lost as f64 / (report.sent as f64 / 1e6)),
        ("resident MiB before", idle),
        ("resident MiB after", resident_mib(server.id())?),
    ];
    if let Some(seen) = seen {
        figures.push((UNTOLD, (seen.gaps + seen.resyncs) as f64 + seen.failed as f64));
    }
    if !report.post_ms.is_empty() {
        let p99 = report.post_ms[(report.post_ms.len() - 1) * 99 / 100];
        figures.push((POST, p99));
    }
    Ok(figures)
}
