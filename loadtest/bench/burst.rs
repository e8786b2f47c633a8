//! What an nginx that suddenly has much to say loses at a unix socket: it never waits, and what finds the socket's queue
//! full is gone.

use std::fs;
use std::os::unix::net::UnixDatagram;

use super::{Figures, Outcome, Plan, UNIX, start};
use crate::api;
use crate::lines::{Now, Pool};

/// Datagrams of one burst.
const BURST: u64 = 8000;
/// How many there are, one after the other was read.
const BURSTS: u64 = 10;

pub(super) const REFUSED: &str = "refused of a burst of 8,000, worst";
pub(super) const UNACCOUNTED: &str = "datagrams taken and in no account";

pub(super) fn burst(plan: &Plan, pool: &Pool, balanced: &mut bool) -> Outcome<Figures> {
    let server = start(plan)?;
    let http = server.address("http")?;
    let socket = UnixDatagram::unbound()?;
    socket.connect(server.file(UNIX))?;
    socket.set_nonblocking(true)?;
    let (mut taken, mut worst, mut line) = (0, 0, Vec::new());
    for burst in 0..BURSTS {
        let now = Now::new(chrono::Utc::now());
        let mut refused = 0;
        for i in 0..BURST {
            line.clear();
            pool.write(burst * BURST + i, &now, false, &mut line);
            match socket.send(&line) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
        worst = worst.max(refused);
        let verdict = api::verify(http, taken, 0)?;
        if !verdict.balanced() {
            eprintln!("{verdict}");
            *balanced = false;
        }
    }
    let accounted = api::accounting(http)?.placed();
    let queue = fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen")?;
    Ok(vec![
        ("datagrams that may wait (net.unix.max_dgram_qlen)", queue.trim().parse()?),
        (REFUSED, worst as f64),
        (UNACCOUNTED, taken as f64 - accounted as f64),
    ])
}
