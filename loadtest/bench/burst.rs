//! What an nginx that suddenly has much to say loses at a unix socket: it never waits, and what finds the socket's queue
//! full is gone.
//!
//! Two queues are there: the socket's (`net.unix.max_dgram_qlen`, datagrams) and the sender's own (`net.core.wmem_default`,
//! bytes: an ordinary line counts as 1,280 until it is read, so the usual 208 KiB are 167 lines). So there are two
//! senders: an ordinary one, and one with a longer queue.

use std::fs;
use std::os::unix::net::UnixDatagram;

use socket2::SockRef;

use super::{Figures, Outcome, Plan, UNIX, start};
use crate::api;
use crate::lines::{Now, Pool};

/// Datagrams of one burst.
const BURST: u64 = 8000;
/// How many of each sender, one after the other was read.
const BURSTS: u64 = 10;

/// What the second sender asks for, bytes; the kernel doubles it where it may (`net.core.wmem_max`).
const SEND_BUFFER: usize = 8 << 20;

pub(super) const REFUSED: &str = "refused of a burst of 8,000, worst, sender with a long queue";
pub(super) const UNACCOUNTED: &str = "datagrams taken and in no account";

pub(super) fn burst(plan: &Plan, pool: &Pool, balanced: &mut bool) -> Outcome<Figures> {
    let server = start(plan)?;
    let http = server.address("http")?;
    let [usual, long] = [(); 2].map(|()| UnixDatagram::unbound());
    let (usual, long) = (usual?, long?);
    let default = SockRef::from(&usual).send_buffer_size()?;
    SockRef::from(&long).set_send_buffer_size(SEND_BUFFER)?;
    let (mut taken, mut worst) = (0, [0; 2]);
    for (socket, worst) in [&usual, &long].into_iter().zip(&mut worst) {
        socket.connect(server.file(UNIX))?;
        socket.set_nonblocking(true)?;
        for burst in 0..BURSTS {
            let refused = one(socket, pool, burst * BURST);
            taken += BURST - refused;
            *worst = refused.max(*worst);
            // Waits until all of it was read, too.
            let verdict = api::verify(http, taken, 0)?;
            if !verdict.balanced() {
                eprintln!("{verdict}");
                *balanced = false;
            }
        }
    }
    let accounted = api::accounting(http)?.placed();
    let queue = fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen")?;
    Ok(vec![
        ("datagrams that may wait at a socket", queue.trim().parse()?),
        ("KiB that may wait of an ordinary sender", default as f64 / 1024.0),
        ("refused of a burst of 8,000, worst, ordinary sender", worst[0] as f64),
        (REFUSED, worst[1] as f64),
        (UNACCOUNTED, taken as f64 - accounted as f64),
    ])
}

/// Gives how many were refused.
fn one(socket: &UnixDatagram, pool: &Pool, first: u64) -> u64 {
    let now = Now::new(chrono::Utc::now());
    let mut line = Vec::new();
    let refused = (0..BURST).filter(|i| {
        line.clear();
        pool.write(first + i, &now, false, &mut line);
        socket.send(&line).is_err()
    });
    refused.count() as u64
}
