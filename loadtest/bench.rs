//! What a line and a browser cost: starts a `tapline` for each run and reads its process's own
//! counters, which other work on the machine disturbs less than any wall clock.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::lines::{Mix, POOL, Pool};
use super::send::{self, Kind};
use super::server::{Server, cpu_seconds, resident_mib};
use super::{Load, Outcome, api, watch};

/// Lines a second that keep the browsers' ticks from being empty.
const BACKGROUND: u64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(crate) enum Scenario {
    Tcp,
    Udp,
    Unix,
    Http,
    /// As `http`, compressed.
    Gzip,
    /// Nothing is sent: memory.
    Idle,
    /// Many sessions on the live feed.
    Browsers,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) runs: usize,
    pub(crate) count: u64,
    pub(crate) rate: u64,
    pub(crate) seconds: u64,
    pub(crate) clients: usize,
    /// Of the lines that are bounded by count.
    pub(crate) mix: Mix,
}

/// Named figures of one run, in the order they are shown.
type Figures = Vec<(&'static str, f64)>;

/// Prints one table row per figure; false when a run's accounting did not balance.
pub(crate) fn bench(plan: &Plan) -> Outcome<bool> {
    use Scenario::{Browsers, Gzip, Http, Idle, Tcp, Udp, Unix};
    let all = [Idle, Tcp, Udp, Unix, Http, Gzip, Browsers];
    let scenarios = if plan.scenarios.is_empty() { &all[..] } else { &plan.scenarios };
    let pool = Pool::new(&plan.mix, POOL);
    let mut balanced = true;
    println!("| scenario | figure | median | range of {} |\n|---|---|---|---|", plan.runs.max(1));
    for &scenario in scenarios {
        let mut runs: Vec<Figures> = Vec::new();
        for _ in 0..plan.runs.max(1) {
            let figures = match scenario {
                Idle => idle(plan)?,
                Browsers => browsers(plan, &pool)?,
                Tcp => load(plan, &pool, Kind::Tcp, &mut balanced)?,
                Udp => load(plan, &pool, Kind::Udp, &mut balanced)?,
                Unix => load(plan, &pool, Kind::Unix, &mut balanced)?,
                Http => load(plan, &pool, Kind::Http, &mut balanced)?,
                Gzip => load(plan, &pool, Kind::Gzip, &mut balanced)?,
            };
            runs.push(figures);
        }
        for (i, (name, _)) in runs[0].iter().enumerate() {
            let mut values: Vec<f64> = runs.iter().map(|r| r[i].1).collect();
            values.sort_by(f64::total_cmp);
            let (low, high) = (values[0], values[values.len() - 1]);
            println!(
                "| {scenario:?} | {name} | {:.2} | {low:.2}–{high:.2} |",
                values[values.len() / 2]
            );
        }
    }
    Ok(balanced)
}

fn load(plan: &Plan, pool: &Pool, kind: Kind, balanced: &mut bool) -> Outcome<Figures> {
    let server = start(plan)?;
    let http = server.address("http")?;
    let (address, load) = match kind {
        Kind::Tcp => (server.address("tcp")?.to_string(), Load::of(plan.count, 0, 1, 120)),
        Kind::Http | Kind::Gzip => (http.to_string(), Load::of(plan.count, 0, 2, 120)),
        Kind::Unix => (server.file(UNIX).display().to_string(), Load::of(plan.count, 0, 1, 120)),
        Kind::Udp => (
            server.address("udp")?.to_string(),
            Load::of(plan.rate * plan.seconds, plan.rate, 1, plan.seconds + 5),
        ),
    };
    // Learns the source and warms the caches, like the first second of any day.
    let warm = send::send(kind, &address, &Load::of(20_000, 0, 1, 10), pool)?;
    api::verify(http, warm.sent, 0)?;
    let (cpu, idle) = (cpu_seconds(server.id())?, resident_mib(server.id())?);
    let report = send::send(kind, &address, &load, pool)?;
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
        ("CPU-seconds per million lines", cpu / (report.sent as f64 / 1e6)),
        ("thousand lines a second", rate / 1000.0),
        ("lost lines per million", lost as f64 / (report.sent as f64 / 1e6)),
        ("resident MiB before", idle),
        ("resident MiB after", resident_mib(server.id())?),
    ];
    if !report.post_ms.is_empty() {
        let p99 = report.post_ms[(report.post_ms.len() - 1) * 99 / 100];
        figures.push(("POST of 1000 lines, p99 ms", p99));
    }
    Ok(figures)
}

fn idle(plan: &Plan) -> Outcome<Figures> {
    let started = Instant::now();
    let server = start(plan)?;
    let ready = started.elapsed();
    thread::sleep(Duration::from_secs(3));
    let cpu = cpu_seconds(server.id())?;
    thread::sleep(Duration::from_secs(5));
    Ok(vec![
        ("start to ready, ms", ready.as_secs_f64() * 1000.0),
        ("resident MiB", resident_mib(server.id())?),
        ("CPU, % of a core", (cpu_seconds(server.id())? - cpu) / 5.0 * 100.0),
    ])
}

/// The same traffic without and with sessions; the difference is theirs.
fn browsers(plan: &Plan, pool: &Pool) -> Outcome<Figures> {
    let server = start(plan)?;
    let (http, address) = (server.address("http")?, server.address("udp")?.to_string());
    let seconds = plan.seconds.max(3);
    let total = Load::of(BACKGROUND * (seconds * 2 + 60), BACKGROUND, 1, seconds * 2 + 60);
    thread::scope(|scope| {
        let server = &server;
        let (stop, stopped) = mpsc::channel::<()>();
        let sender = scope.spawn(move || -> Outcome<()> {
            for _ in 0..total.seconds {
                send::send(Kind::Udp, &address, &Load::of(BACKGROUND, BACKGROUND, 1, 1), pool)?;
                if stopped.try_recv() != Err(mpsc::TryRecvError::Empty) {
                    break;
                }
            }
            Ok(())
        });
        let measure = || -> Outcome<Figures> {
            thread::sleep(Duration::from_secs(2));
            let (cpu, before) = (cpu_seconds(server.id())?, resident_mib(server.id())?);
            thread::sleep(Duration::from_secs(seconds));
            let alone = (cpu_seconds(server.id())? - cpu) / seconds as f64;
            // Read while all sessions are open: from the last one's snapshot to a second before
            // the first one leaves.
            let open = Duration::from_secs(seconds - 1);
            let (opened, at_open) = mpsc::channel::<()>();
            let reader = scope.spawn(move || -> Outcome<(f64, f64)> {
                at_open.recv()?;
                let cpu = cpu_seconds(server.id())?;
                thread::sleep(open);
                Ok((
                    (cpu_seconds(server.id())? - cpu) / open.as_secs_f64(),
                    resident_mib(server.id())?,
                ))
            });
            let report =
                watch::watch_and(http, plan.clients, Duration::from_secs(seconds), move || {
                    let _ = opened.send(());
                })?;
            let (with, after) = reader.join().map_err(|_| "the reader panicked")??;
            if report.failed > 0 {
                return Err(report.to_string().into());
            }
            Ok(vec![
                ("sessions", report.clients as f64),
                ("CPU without sessions, % of a core", alone * 100.0),
                ("CPU with sessions, % of a core", with * 100.0),
                ("CPU of the sessions, % of a core", (with - alone) * 100.0),
                ("KiB a session", (after - before) * 1024.0 / report.clients as f64),
                ("KiB a tick", report.bytes as f64 / report.ticks.max(1) as f64 / 1024.0),
                ("second's end to tick read, p50 ms", report.lag(0.5)),
                ("second's end to tick read, p99 ms", report.lag(0.99)),
                ("gaps", report.gaps as f64),
                ("resyncs", report.resyncs as f64),
            ])
        };
        let figures = measure();
        drop(stop);
        sender.join().map_err(|_| "the sender panicked")??;
        figures
    })
}

/// The socket file of a run.
const UNIX: &str = "tapline.sock";

fn start(plan: &Plan) -> Outcome<Server> {
    Server::start(&plan.binary, |dir| {
        let any = "listen = [\"127.0.0.1:0\"]";
        let unix = dir.join(UNIX);
        format!("[http]\n{any}\n[udp]\n{any}\n[tcp]\n{any}\n[unix]\ndatagram = [{unix:?}]\n")
    })
}

impl Load {
    fn of(count: u64, rate: u64, senders: u64, seconds: u64) -> Load {
        let mix = "combined=1".parse().unwrap_or_else(|e| unreachable!("a constant: {e}"));
        Load { rate, senders, seconds, count, mix }
    }
}
