//! Senders: one thread and one connection each, paced in slices of 5 ms, always bounded.

use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::lines::{Now, Pool};
use super::{Load, Outcome};

/// Lines of one POST.
const BATCH: u64 = 1000;
/// Bytes gathered before a write to a stream.
const CHUNK: usize = 64 * 1024;
const SLICE: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(crate) enum Kind {
    Udp,
    Tcp,
    Unix,
    /// POSTs of lines as they stand.
    Http,
    /// POSTs with `Content-Encoding: gzip`.
    Gzip,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) sent: u64,
    pub(crate) bytes: u64,
    /// Datagrams that the sending socket refused; they never left.
    pub(crate) refused: u64,
    /// POSTs by their time from first byte to answer, in ms, sorted; empty for the other kinds.
    pub(crate) post_ms: Vec<f64>,
    pub(crate) took: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.sent as f64 / self.took.as_secs_f64().max(1e-9);
        write!(
            f,
            "sent {} lines, {} bytes in {:.2} s: {rate:.0} lines/s; refused at the sender {}",
            self.sent,
            self.bytes,
            self.took.as_secs_f64(),
            self.refused
        )?;
        if !self.post_ms.is_empty() {
            let at = |q: f64| self.post_ms[((self.post_ms.len() - 1) as f64 * q) as usize];
            write!(f, "; POST p50 {:.1} ms, p99 {:.1} ms", at(0.5), at(0.99))?;
        }
        Ok(())
    }
}

/// Sends until `load` is done. Only loopback addresses and socket files are accepted: this is a
/// tool for a server of one's own.
pub(crate) fn send(kind: Kind, address: &str, load: &Load, pool: &Pool) -> Outcome<Report> {
    if kind != Kind::Unix && !address.parse::<std::net::SocketAddr>()?.ip().is_loopback() {
        return Err(format!("{address}: only loopback addresses").into());
    }
    let senders = load.senders.max(1);
    let start = Instant::now();
    let end = start + Duration::from_secs(load.seconds);
    let mut report = Report::default();
    let parts: Vec<Outcome<Report>> = thread::scope(|scope| {
        let handles: Vec<_> = (0..senders)
            .map(|i| {
                let quota = load.count / senders + u64::from(i < load.count % senders);
                let rate = load.rate.div_ceil(senders);
                let pace = Pace { first: load.first + i * 7919, quota, rate, start, end };
                scope.spawn(move || match kind {
                    Kind::Udp => {
                        let socket = UdpSocket::bind("127.0.0.1:0")?;
                        socket.connect(address)?;
                        datagrams(&pace, pool, |bytes| socket.send(bytes))
                    }
                    Kind::Unix => {
                        let socket = UnixDatagram::unbound()?;
                        socket.connect(address)?;
                        datagrams(&pace, pool, |bytes| socket.send(bytes))
                    }
                    Kind::Tcp => stream(&pace, pool, TcpStream::connect(address)?),
                    Kind::Http | Kind::Gzip => {
                        let gzip = kind == Kind::Gzip;
                        posts(&pace, pool, TcpStream::connect(address)?, address, gzip)
                    }
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|h| h.join().unwrap_or_else(|_| Err("a sender panicked".into())))
            .collect()
    });
    for part in parts {
        let part = part?;
        report.sent += part.sent;
        report.bytes += part.bytes;
        report.refused += part.refused;
        report.post_ms.extend(part.post_ms);
    }
    report.post_ms.sort_by(f64::total_cmp);
    report.took = start.elapsed();
    Ok(report)
}

/// How much one sender sends, and when.
pub(crate) struct Pace {
    pub(crate) first: u64,
    pub(crate) quota: u64,
    /// Lines a second; 0 is unpaced.
    pub(crate) rate: u64,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
}

impl Pace {
    /// How many lines are due now beyond `sent`; waits for the next slice where none is. `None` at
    /// the end.
    pub(crate) fn due(&self, sent: u64, at_most: u64) -> Option<u64> {
        loop {
            let now = Instant::now();
            let left = self.quota.saturating_sub(sent);
            if left == 0 || now >= self.end {
                return None;
            }
            if self.rate == 0 {
                return Some(left.min(at_most));
            }
            let due = (now - self.start + SLICE).as_secs_f64() * self.rate as f64;
            let due = (due as u64).saturating_sub(sent);
            if due > 0 {
                return Some(due.min(left).min(at_most));
            }
            thread::sleep(SLICE);
        }
    }
}

/// The clock in the lines' own forms, rebuilt when its second changes.
pub(crate) struct Clock {
    second: i64,
    now: Now,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        let now = Utc::now();
        Clock { second: now.timestamp(), now: Now::new(now) }
    }

    pub(crate) fn now(&mut self) -> &Now {
        let now = Utc::now();
        if now.timestamp() != self.second {
            *self = Clock { second: now.timestamp(), now: Now::new(now) };
        }
        &self.now
    }
}

fn datagrams(
    pace: &Pace,
    pool: &Pool,
    send: impl Fn(&[u8]) -> std::io::Result<usize>,
) -> Outcome<Report> {
    let (mut report, mut clock, mut line) = (Report::default(), Clock::new(), Vec::new());
    while let Some(due) = pace.due(report.sent + report.refused, 64) {
        let now = clock.now();
        for _ in 0..due {
            line.clear();
            pool.write(pace.first + report.sent, now, false, &mut line);
            match send(&line) {
                Ok(n) => {
                    report.sent += 1;
                    report.bytes += n as u64;
                }
                Err(_) => report.refused += 1,
            }
        }
    }
    Ok(report)
}

fn stream(pace: &Pace, pool: &Pool, mut stream: TcpStream) -> Outcome<Report> {
    let (mut report, mut clock) = (Report::default(), Clock::new());
    let mut chunk = Vec::with_capacity(CHUNK + 1024);
    while let Some(due) = pace.due(report.sent, CHUNK as u64 / 256) {
        let now = clock.now();
        chunk.clear();
        for i in 0..due {
            pool.write(pace.first + report.sent + i, now, false, &mut chunk);
            chunk.push(b'\n');
        }
        stream.write_all(&chunk)?;
        report.sent += due;
        report.bytes += chunk.len() as u64;
    }
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // the server closes when it has read all
    let _ = stream.read(&mut [0; 16]);
    Ok(report)
}

fn posts(
    pace: &Pace,
    pool: &Pool,
    mut stream: TcpStream,
    host: &str,
    gzip: bool,
) -> Outcome<Report> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (mut report, mut clock, mut body) = (Report::default(), Clock::new(), Vec::new());
    let mut answer = Vec::new();
    while let Some(due) = pace.due(report.sent, BATCH) {
        let now = clock.now();
        body.clear();
        for i in 0..due {
            pool.write(pace.first + report.sent + i, now, true, &mut body);
            body.push(b'\n');
        }
        let plain = body.len();
        let encoding = if gzip { "Content-Encoding: gzip\r\n" } else { "" };
        if gzip {
            // As shippers compress: fast rather than small.
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&body)?;
            body = encoder.finish()?;
        }
        let head = format!(
            "POST /api/v1/logs HTTP/1.1\r\nHost: {host}\r\n{encoding}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let started = Instant::now();
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
        super::api::read_answer(&mut stream, &mut answer)?;
        report.post_ms.push(started.elapsed().as_secs_f64() * 1000.0);
        let said: serde_json::Value = serde_json::from_slice(&answer)?;
        let taken = said["accepted"].as_u64().unwrap_or(0) + said["rejected"].as_u64().unwrap_or(0);
        if taken != due {
            return Err(format!("{due} lines posted, answer {said}").into());
        }
        report.sent += due;
        report.bytes += plain as u64;
    }
    Ok(report)
}
