//! More datagrams than anybody reads: what the kernel drops has to be in the accounting, to the last one.
//!
//! An ordinary sender pays for a way through the kernel with each datagram, and one core of them offers 300,000 a second.
//! With `UDP_SEGMENT` (udp(7)) it pays once for many of the same length, so the lines are made equally long.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use super::{Figures, Load, Outcome, Plan, start};
use crate::lines::{Maker, POOL, Pool, Variety};
use crate::send::{self, Clock, Kind, Pace};
use crate::server::cpu_seconds;
use crate::{api, lines};

/// Datagrams a second where none are asked for.
const OFFERED: u64 = 500_000;
/// Bytes of each, header and all: 96 of 100 lines are no longer, and are lengthened by their query.
const LENGTH: usize = 300;
/// Datagrams of a send: as many as every kernel that knows `UDP_SEGMENT` takes (`UDP_MAX_SEGMENTS`).
const SEGMENTS: u64 = 64;

pub(super) const UNACCOUNTED: &str = "datagrams in no account";

pub(super) fn pool(mix: &lines::Mix) -> Pool {
    Maker::new(mix, Variety::USUAL).of_length(POOL / 4, LENGTH)
}

pub(super) fn overload(plan: &Plan, pool: &Pool, balanced: &mut bool) -> Outcome<Figures> {
    let server = start(plan)?;
    let (http, udp) = (server.address("http")?, server.address("udp")?);
    let warm = send::send(Kind::Udp, &udp.to_string(), &Load::of(20_000, 20_000, 1, 10), pool)?;
    let before = api::verify(http, warm.sent, 0)?.now;

    let rate = plan.rate.unwrap_or(OFFERED);
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(udp)?;
    split(&socket, LENGTH)?;
    let cpu = cpu_seconds(server.id())?;
    let started = Instant::now();
    let end = started + Duration::from_secs(plan.seconds);
    let pace = Pace { first: 0, quota: rate * plan.seconds, rate, start: started, end };
    let (sent, refused) = segments(&pace, pool, &socket)?;
    let took = started.elapsed().as_secs_f64();

    let verdict = api::verify(http, sent, before.received)?;
    thread::sleep(Duration::from_millis(1100));
    let cpu = cpu_seconds(server.id())? - cpu;
    if !verdict.balanced() {
        eprintln!("{verdict}");
        *balanced = false;
    }
    let counted = verdict.now.counted - before.counted;
    let kernel = |of: &api::Accounting| of.dropped.get("kernel").copied().unwrap_or(0);
    let lost = kernel(&verdict.now) - kernel(&before);
    let accounted = verdict.now.placed() - before.placed();
    Ok(vec![
        ("thousand datagrams a second", sent as f64 / took / 1000.0),
        ("sent", sent as f64),
        ("counted", counted as f64),
        ("told as lost in the kernel", lost as f64),
        (UNACCOUNTED, sent as f64 - accounted as f64),
        ("told as lost, %", lost as f64 * 100.0 / sent.max(1) as f64),
        ("refused at the sender", refused as f64),
        ("CPU-seconds per million counted", cpu / (counted.max(1) as f64 / 1e6)),
    ])
}

/// Sends until the pace is done; gives how many were sent, and how many the sending socket refused.
fn segments(pace: &Pace, pool: &Pool, socket: &UdpSocket) -> Outcome<(u64, u64)> {
    let (mut sent, mut refused) = (0, 0);
    let (mut clock, mut bytes) = (Clock::new(), Vec::new());
    while let Some(due) = pace.due(sent + refused, SEGMENTS) {
        let now = clock.now();
        bytes.clear();
        for i in 0..due {
            pool.write(sent + i, now, false, &mut bytes);
        }
        if bytes.len() != LENGTH * usize::try_from(due)? {
            return Err("lines of other lengths are other datagrams".into());
        }
        match socket.send(&bytes) {
            Ok(n) if n == bytes.len() => sent += due,
            Ok(_) => return Err("a part of some datagrams was sent".into()),
            Err(_) => refused += due,
        }
    }
    Ok((sent, refused))
}

/// Has the kernel cut what is sent from here on into datagrams of `length` bytes.
fn split(socket: &UdpSocket, length: usize) -> io::Result<()> {
    let length = length as libc::c_int;
    // SAFETY: the socket is open for the call, `length` is a live c_int and its size is given.
    let set = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_SEGMENT,
            (&raw const length).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_at_once_comes_as_datagrams_of_the_length() {
        let to = UdpSocket::bind("127.0.0.1:0").unwrap();
        to.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let from = UdpSocket::bind("127.0.0.1:0").unwrap();
        from.connect(to.local_addr().unwrap()).unwrap();
        split(&from, 300).unwrap();
        let bytes: Vec<u8> = (0..3_u8).flat_map(|i| [i; 300]).collect();
        assert_eq!(from.send(&bytes).unwrap(), 900);
        for i in 0..3 {
            let mut datagram = [0xff; 1000];
            assert_eq!(to.recv(&mut datagram).unwrap(), 300);
            assert_eq!(datagram[..300], [i; 300]);
        }
    }
}
