//! An orderly stop in the middle of a load, again and again: what a sender was told is taken has to be counted.

use std::fmt::Write as _;
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::lines::{POOL, Pool, Random};
use super::send::{Clock, Pace};
use super::server::Server;
use super::wire::{self, Target, Wire};
use super::{Outcome, api};

/// Connections at a time.
const SENDERS: u64 = 2;
/// Lines that have been received before the stop is asked for; and then up to so long.
const BEFORE: u64 = 20_000;
const AND_MS: u32 = 200;
/// A sender that nobody stops ends by itself.
const TIME: Duration = Duration::from_secs(60);
/// Datagrams a second; streams go as fast as they are taken.
const DATAGRAMS: u64 = 60_000;
const CHUNK: u64 = 64;
const POST: u64 = 200;

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(crate) enum Transport {
    Tcp,
    Tls,
    Unix,
    Http,
    Udp,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    pub(crate) transports: Vec<Transport>,
    pub(crate) runs: u64,
}

/// What one sender or one run has to show.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    /// Written whole before the server's end was seen and read by it; answered with 200; taken by the kernel.
    accepted: u64,
    counted: u64,
    dropped_by_kernel: u64,
    lost: u64,
    /// Ends that were no orderly ones.
    broken: u64,
}

/// Prints a row for each transport; false when a line was lost or an end was not orderly.
pub(crate) fn stops(plan: &Plan) -> Outcome<bool> {
    use Transport::{Http, Tcp, Tls, Udp, Unix};
    let all = [Tcp, Tls, Unix, Http, Udp];
    let transports = if plan.transports.is_empty() { &all[..] } else { &plan.transports };
    let pool = Pool::new(&"combined=1".parse()?, POOL);
    let mut random = Random(7);
    let mut good = true;
    println!(
        "| transport | runs | lines accepted | counted | dropped by the kernel | lost | ends that were not orderly |\n\
         |---|---|---|---|---|---|---|"
    );
    for &transport in transports {
        let mut sum = Sum::default();
        for _ in 0..plan.runs {
            let one = stop(&plan.binary, transport, &pool, random.below(AND_MS))?;
            sum.accepted += one.accepted;
            sum.counted += one.counted;
            sum.dropped_by_kernel += one.dropped_by_kernel;
            sum.lost += one.lost;
            sum.broken += one.broken;
        }
        good &= sum.lost == 0 && sum.broken == 0;
        println!(
            "| {transport:?} | {} | {} | {} | {} | {} | {} |",
            plan.runs, sum.accepted, sum.counted, sum.dropped_by_kernel, sum.lost, sum.broken
        );
    }
    Ok(good)
}

fn stop(binary: &Path, transport: Transport, pool: &Pool, after_ms: u32) -> Outcome<Sum> {
    let server = Server::start(binary, config)?;
    let http = server.address("http")?;
    let (tcp, tls, udp) = (server.address("tcp")?, server.address("tls")?, server.address("udp")?);
    let unix = server.file("stream.sock");
    let start = Instant::now();
    let (ended, accepted) = thread::scope(|scope| -> Outcome<_> {
        let senders: Vec<_> = (0..SENDERS)
            .map(|i| {
                let rate = if transport == Transport::Udp { DATAGRAMS / SENDERS } else { 0 };
                let end = start + TIME;
                let pace = Pace { first: i * 7919, quota: u64::MAX, rate, start, end };
                let unix = Target::Unix(unix.clone());
                scope.spawn(move || match transport {
                    Transport::Tcp => stream(&Target::Tcp(tcp), pool, &pace),
                    Transport::Tls => stream(&Target::Tls(tls), pool, &pace),
                    Transport::Unix => stream(&unix, pool, &pace),
                    Transport::Http => posts(http, pool, &pace),
                    Transport::Udp => datagrams(udp, pool, &pace),
                })
            })
            .collect();
        while api::accounting(http)?.received < BEFORE && start.elapsed() < TIME {
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(after_ms.into()));
        let ended = server.terminate(TIME)?;
        let mut accepted = 0;
        for sender in senders {
            accepted += sender.join().map_err(|_| "a sender panicked")??;
        }
        Ok((ended, accepted))
    })?;
    let last = ended.accounting.unwrap_or_default();
    let orderly = ended.code == Some(0) && ended.panics == 0 && last.exact() && last.in_flight == 0;
    let kernel = last.dropped.get("kernel").copied().unwrap_or(0);
    Ok(Sum {
        accepted,
        counted: last.counted,
        dropped_by_kernel: kernel,
        lost: accepted.saturating_sub(last.counted + kernel),
        broken: u64::from(!orderly),
    })
}

fn config(dir: &Path) -> String {
    let any = "listen = [\"127.0.0.1:0\"]";
    let mut text = format!("[http]\n{any}\n[udp]\n{any}\n[tcp]\n{any}\ntls_{any}\n");
    let _ = write!(text, "[unix]\nstream = [{:?}]\n", dir.join("stream.sock"));
    text + &wire::tls_section()
}

/// Lines written until the server said that it wants no more, and then closed.
fn stream(target: &Target, pool: &Pool, pace: &Pace) -> Outcome<u64> {
    let (mut wire, mut clock, mut chunk, mut sent) =
        (Wire::open(target)?, Clock::new(), Vec::new(), 0);
    while let Some(due) = pace.due(sent, CHUNK) {
        if wire.closing() {
            break;
        }
        chunk.clear();
        for i in 0..due {
            pool.write(pace.first + sent + i, clock.now(), false, &mut chunk);
            chunk.push(b'\n');
        }
        if wire.write(&chunk, due).is_err() {
            break;
        }
        sent += due;
    }
    // A server that resets instead of reading has lost what was written: it is on the account.
    Ok(wire.finish().0.written)
}

/// Lines of POSTs that were answered with 200.
fn posts(to: SocketAddr, pool: &Pool, pace: &Pace) -> Outcome<u64> {
    let mut stream = std::net::TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(wire::PATIENCE))?;
    let (mut clock, mut body, mut answer, mut sent) = (Clock::new(), Vec::new(), Vec::new(), 0);
    while let Some(due) = pace.due(sent, POST) {
        body.clear();
        for i in 0..due {
            pool.write(pace.first + sent + i, clock.now(), true, &mut body);
            body.push(b'\n');
        }
        let head = format!(
            "POST /api/v1/logs HTTP/1.1\r\nHost: {to}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        if written.is_err() || api::read_answer(&mut stream, &mut answer).is_err() {
            break;
        }
        let said: serde_json::Value = serde_json::from_slice(&answer)?;
        sent += said["accepted"].as_u64().unwrap_or(0);
    }
    Ok(sent)
}

/// Datagrams that the kernel took for a socket: all but the one that it answered with "nobody listens".
fn datagrams(to: SocketAddr, pool: &Pool, pace: &Pace) -> Outcome<u64> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(to)?;
    let (mut clock, mut line, mut sent) = (Clock::new(), Vec::new(), 0_u64);
    while let Some(due) = pace.due(sent, CHUNK) {
        for _ in 0..due {
            line.clear();
            pool.write(pace.first + sent, clock.now(), false, &mut line);
            if socket.send(&line).is_err() {
                return Ok(sent.saturating_sub(1));
            }
            sent += 1;
        }
    }
    Ok(sent)
}
