//! What a server costs that nobody sends to.

use std::thread;
use std::time::{Duration, Instant};

use super::{Figures, Outcome, Plan, start};
use crate::server::{cpu_seconds, resident_mib};

pub(super) const READY: &str = "start to ready, ms";
pub(super) const RESIDENT: &str = "resident MiB";

pub(super) fn idle(plan: &Plan) -> Outcome<Figures> {
    let started = Instant::now();
    let server = start(plan)?;
    let ready = started.elapsed();
    thread::sleep(Duration::from_secs(3));
    let cpu = cpu_seconds(server.id())?;
    thread::sleep(Duration::from_secs(5));
    Ok(vec![
        (READY, ready.as_secs_f64() * 1000.0),
        (RESIDENT, resident_mib(server.id())?),
        ("CPU, % of a core", (cpu_seconds(server.id())? - cpu) / 5.0 * 100.0),
    ])
}
