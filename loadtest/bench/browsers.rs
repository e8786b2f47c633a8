//! What browsers cost that read the feed.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Figures, Load, Outcome, Plan, start};
use crate::lines::Pool;
use crate::send::{self, Kind};
use crate::server::{Server, cpu_seconds, resident_mib};
use crate::watch::{self, Sessions};

/// Lines a second that keep the browsers' ticks from being empty.
const BACKGROUND: u64 = 1000;

pub(super) const SESSIONS: &str = "CPU of the sessions, % of a core";
pub(super) const MEMORY: &str = "KiB a session";
pub(super) const LAG: &str = "second's end to tick read, p99 ms";

/// The same traffic without and with sessions; the difference is theirs.
pub(super) fn browsers(plan: &Plan, pool: &Pool) -> Outcome<Figures> {
    let sessions = Sessions { clients: plan.clients, filters: plan.filters };
    let rate = plan.rate.unwrap_or(BACKGROUND);
    let server = start(plan)?;
    let (http, address) = (server.address("http")?, server.address("udp")?.to_string());
    let seconds = plan.seconds.max(3);
    thread::scope(|scope| {
        let server = &server;
        let (stop, stopped) = mpsc::channel::<()>();
        let sender = scope.spawn(move || -> Outcome<()> {
            for second in 0..seconds * 2 + 60 {
                let load = Load { first: second * rate, ..Load::of(rate, rate, 1, 1) };
                send::send(Kind::Udp, &address, &load, pool)?;
                if stopped.try_recv() != Err(mpsc::TryRecvError::Empty) {
                    break;
                }
            }
            Ok(())
        });
        let measure = || -> Outcome<Figures> {
            thread::sleep(Duration::from_secs(2));
            let before = resident_mib(server.id())?;
            let alone = share(server, Duration::from_secs(seconds))?;
            // Read while all sessions are open: from the last one's snapshot to a second before
            // the first one leaves.
            let open = Duration::from_secs(seconds - 1);
            let (opened, at_open) = mpsc::channel::<()>();
            let reader = scope.spawn(move || -> Outcome<(f64, f64)> {
                at_open.recv()?;
                Ok((share(server, open)?, resident_mib(server.id())?))
            });
            let report =
                watch::watch_and(http, &sessions, Duration::from_secs(seconds), move || {
                    let _ = opened.send(());
                })?;
            let (with, after) = reader.join().map_err(|_| "the reader panicked")??;
            if report.failed > 0 {
                return Err(report.to_string().into());
            }
            Ok(vec![
                ("CPU without sessions, % of a core", alone * 100.0),
                ("CPU with sessions, % of a core", with * 100.0),
                (SESSIONS, (with - alone) * 100.0),
                (MEMORY, (after - before) * 1024.0 / report.clients as f64),
                (
                    "ticks a second and session",
                    report.lag_ms.len() as f64 / (report.clients as f64 * seconds as f64),
                ),
                ("KiB a tick", report.bytes as f64 / report.ticks.max(1) as f64 / 1024.0),
                ("second's end to tick read, p50 ms", report.lag(0.5)),
                (LAG, report.lag(0.99)),
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

/// Of a core, over a time.
fn share(server: &Server, time: Duration) -> Outcome<f64> {
    let (cpu, started) = (cpu_seconds(server.id())?, Instant::now());
    thread::sleep(time);
    Ok((cpu_seconds(server.id())? - cpu) / started.elapsed().as_secs_f64())
}
