//! What an event takes in the window beside its texts: the same lines are sent until no value is new any more, and then
//! four times as many; what is more behind them is the events alone.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::{Figures, Load, Outcome, Plan, start_with};
use crate::api;
use crate::lines::{POOL, Pool};
use crate::send::{self, Kind};
use crate::server::{Server, resident_mib};

/// Lines a second where none are asked for: a busy second, and not so many that memory on its way hides the rest.
const RATE: u64 = 200_000;
/// Times as many events as were there before.
const MORE: u64 = 4;
/// The server gives free memory back twice a minute (`app/memory.rs`): the least within this is what it needs.
const RETURN: Duration = Duration::from_secs(32);

pub(super) const ACCOUNTED: &str = "bytes an event, by the window's account";
pub(super) const RESIDENT: &str = "bytes an event, by resident memory";

pub(super) fn memory(plan: &Plan, pool: &Pool, balanced: &mut bool) -> Outcome<Figures> {
    if plan.count < POOL as u64 {
        return Err(format!("--count has to be {POOL} at least: all texts come before").into());
    }
    // Room for all: an event that is evicted takes nothing.
    let server = start_with(plan, "[window]\nmemory = \"4GiB\"\n")?;
    let first = Kept::after(&server, pool, plan, 0, plan.count, balanced)?;
    let second = Kept::after(&server, pool, plan, plan.count, MORE * plan.count, balanced)?;
    let events = second.events - first.events;
    if events < (MORE * plan.count) as f64 {
        return Err("the window did not keep all events".into());
    }
    Ok(vec![
        ("events before, million", first.events / 1e6),
        ("events after, million", second.events / 1e6),
        (ACCOUNTED, (second.bytes - first.bytes) / events),
        (RESIDENT, (second.resident - first.resident) / events),
        ("window MiB before, dictionaries and all", first.bytes / MIB),
        ("window MiB after", second.bytes / MIB),
        ("resident MiB before", first.resident / MIB),
        ("resident MiB after", second.resident / MIB),
    ])
}

const MIB: f64 = (1 << 20) as f64;

/// What the server keeps, and takes for it.
struct Kept {
    events: f64,
    bytes: f64,
    resident: f64,
}

impl Kept {
    /// After `count` lines more, behind `before`.
    fn after(
        server: &Server,
        pool: &Pool,
        plan: &Plan,
        before: u64,
        count: u64,
        balanced: &mut bool,
    ) -> Outcome<Kept> {
        let http = server.address("http")?;
        let rate = plan.rate.unwrap_or(RATE);
        let load = Load { first: before, ..Load::of(count, rate, 1, 2 * count / rate.max(1) + 60) };
        let report = send::send(Kind::Tcp, &server.address("tcp")?.to_string(), &load, pool)?;
        let verdict = api::verify(http, report.sent, before)?;
        if !verdict.balanced() || report.sent < count {
            eprintln!("{report}; {verdict}");
            *balanced = false;
        }
        let resident = settled(server.id())? * MIB;
        let (events, bytes) = window(http)?;
        Ok(Kept { events, bytes, resident })
    }
}

fn settled(pid: u32) -> Outcome<f64> {
    let end = Instant::now() + RETURN;
    let mut least = f64::INFINITY;
    while Instant::now() < end {
        thread::sleep(Duration::from_millis(250));
        least = least.min(resident_mib(pid)?);
    }
    Ok(least)
}

fn window(http: SocketAddr) -> Outcome<(f64, f64)> {
    let metrics = String::from_utf8(api::get(http, "/metrics")?)?;
    let of = |name| api::metric(&metrics, name) as f64;
    Ok((of("tapline_window_events"), of("tapline_window_bytes")))
}
