//! The honest senders of a soak: one a transport, each of which knows what it has sent and what was cut off.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::lines::{Now, Pool};
use crate::send::{Clock, Pace};
use crate::wire::{PATIENCE, Target, Wire};
use crate::{Outcome, api};

/// Lines of one write to a stream, at most, and of one POST.
const CHUNK: u64 = 256;
const POST: u64 = 500;
/// How long a sender tries to get in again.
const AGAIN: Duration = Duration::from_secs(30);

/// What a fault wants of a sender.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Break the connection off inside a message.
    Cut { reset: bool },
    /// Say nothing for a while; inside a message where there are such.
    Stall(Duration),
}

/// What a sender has done, readable while it does.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Whole lines written, or answered with 200.
    pub(crate) sent: AtomicU64,
    /// Of these, lines in connections that were reset: written, and not known to have arrived.
    pub(crate) cut: AtomicU64,
    pub(crate) cuts: AtomicU64,
    /// Connections that the server ended, which it has no reason for.
    pub(crate) thrown_out: AtomicU64,
    /// POSTs that were answered other than 200 and sent again.
    pub(crate) again: AtomicU64,
}

/// A sender's name, what it is told, and what it has done.
#[derive(Debug)]
pub(crate) struct Sender {
    /// Its transport; its lines come from the host `soak-NAME`.
    pub(crate) name: &'static str,
    order: Mutex<Option<Order>>,
    pub(crate) tally: Tally,
}

impl Sender {
    pub(crate) fn new(name: &'static str) -> Sender {
        Sender { name, order: Mutex::default(), tally: Tally::default() }
    }

    pub(crate) fn host(&self) -> String {
        format!("soak-{}", self.name)
    }

    pub(crate) fn tell(&self, order: Order) {
        *self.order.lock().unwrap_or_else(PoisonError::into_inner) = Some(order);
    }

    fn told(&self) -> Option<Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Line `i`, with a header of this sender's.
    fn line(&self, pool: &Pool, i: u64, now: &Now, into: &mut Vec<u8>) {
        let _ = write!(into, "<190>{} {} nginx: ", now.header, self.host());
        pool.write(i, now, true, into);
    }

    /// Sends lines down a stream until the time of `pace` is over; comes again after each cut.
    pub(crate) fn stream(&self, target: &Target, pool: &Pool, pace: &Pace) -> Outcome<()> {
        let mut sent = 0;
        let mut over = false;
        while !over {
            let mut wire = patiently(|| Wire::open(target))?;
            let done = self.one_connection(&mut wire, pool, pace, &mut sent);
            let fate = match done {
                Ok(End::Time) => {
                    over = true;
                    let (fate, closed) = wire.finish();
                    if !closed {
                        self.tally.thrown_out.fetch_add(1, Ordering::Relaxed);
                    }
                    fate
                }
                Ok(End::Cut { part, reset }) => {
                    self.tally.cuts.fetch_add(1, Ordering::Relaxed);
                    wire.cut(&part, reset)
                }
                Err(_) => {
                    self.tally.thrown_out.fetch_add(1, Ordering::Relaxed);
                    wire.lose(true)
                }
            };
            self.tally.cut.fetch_add(fate.written - fate.due, Ordering::Relaxed);
        }
        Ok(())
    }

    fn one_connection(
        &self,
        wire: &mut Wire,
        pool: &Pool,
        pace: &Pace,
        sent: &mut u64,
    ) -> std::io::Result<End> {
        let (mut clock, mut chunk) = (Clock::new(), Vec::new());
        let mut one = |i: u64| {
            let mut line = Vec::new();
            self.line(pool, pace.first + i, clock.now(), &mut line);
            line
        };
        while let Some(due) = pace.due(*sent, CHUNK) {
            match self.told() {
                Some(Order::Cut { reset }) => {
                    let mut part = one(*sent);
                    // Within the request's time: no part of a line is a line.
                    part.truncate(60);
                    return Ok(End::Cut { part, reset });
                }
                Some(Order::Stall(time)) => {
                    let mut line = one(*sent);
                    line.push(b'\n');
                    let (head, rest) = line.split_at(line.len() / 2);
                    wire.write(head, 0)?;
                    thread::sleep(time);
                    wire.write(rest, 1)?;
                    *sent += 1;
                    self.tally.sent.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                None => {}
            }
            chunk.clear();
            for i in 0..due {
                chunk.extend_from_slice(&one(*sent + i));
                chunk.push(b'\n');
            }
            wire.write(&chunk, due)?;
            *sent += due;
            self.tally.sent.fetch_add(due, Ordering::Relaxed);
        }
        Ok(End::Time)
    }

    pub(crate) fn datagrams(&self, to: SocketAddr, pool: &Pool, pace: &Pace) -> Outcome<()> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(to)?;
        let (mut clock, mut line, mut sent) = (Clock::new(), Vec::new(), 0);
        while let Some(due) = pace.due(sent, 64) {
            if let Some(Order::Stall(time)) = self.told() {
                thread::sleep(time);
            }
            for _ in 0..due {
                line.clear();
                self.line(pool, pace.first + sent, clock.now(), &mut line);
                // What the sending socket refuses never left.
                if socket.send(&line).is_ok() {
                    self.tally.sent.fetch_add(1, Ordering::Relaxed);
                }
                sent += 1;
            }
        }
        Ok(())
    }

    pub(crate) fn posts(&self, to: SocketAddr, pool: &Pool, pace: &Pace) -> Outcome<()> {
        let (mut clock, mut body, mut answer, mut sent) = (Clock::new(), Vec::new(), Vec::new(), 0);
        let mut open = None;
        while let Some(due) = pace.due(sent, POST) {
            let stream = match &mut open {
                Some(stream) => stream,
                None => open.insert(patiently(|| connect(to))?),
            };
            body.clear();
            for i in 0..due {
                pool.write(pace.first + sent + i, clock.now(), true, &mut body);
                body.push(b'\n');
            }
            let head = post(to, &self.host(), body.len());
            match self.told() {
                Some(Order::Cut { reset }) => {
                    self.tally.cuts.fetch_add(1, Ordering::Relaxed);
                    stream.write_all(head.as_bytes())?;
                    stream.write_all(&body[..body.len() / 2])?;
                    // Not a line of it may count.
                    leave(stream, reset);
                    open = None;
                    continue;
                }
                Some(Order::Stall(time)) => {
                    stream.write_all(&head.as_bytes()[..head.len() / 2])?;
                    thread::sleep(time);
                    stream.write_all(&head.as_bytes()[head.len() / 2..])?;
                }
                None => stream.write_all(head.as_bytes())?,
            }
            stream.write_all(&body)?;
            match api::read_answer(stream, &mut answer) {
                Ok(()) => {
                    let said: serde_json::Value = serde_json::from_slice(&answer)?;
                    if said["accepted"].as_u64() != Some(due) {
                        return Err(format!("{due} lines posted, answer {said}").into());
                    }
                    sent += due;
                    self.tally.sent.fetch_add(due, Ordering::Relaxed);
                }
                // Another answer than 200 says that nothing was applied; no answer says nothing.
                Err(error) => {
                    let answered = error.to_string().starts_with("http/1.1");
                    let what = if answered { &self.tally.again } else { &self.tally.thrown_out };
                    what.fetch_add(1, Ordering::Relaxed);
                    open = None;
                }
            }
        }
        Ok(())
    }
}

/// Why a connection's sender stopped.
enum End {
    Time,
    Cut { part: Vec<u8>, reset: bool },
}

pub(crate) fn post(to: SocketAddr, source: &str, length: usize) -> String {
    format!(
        "POST /api/v1/logs?source={source} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {length}\r\n\r\n"
    )
}

pub(crate) fn connect(to: SocketAddr) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Ends a connection in either way.
pub(crate) fn leave(stream: &TcpStream, reset: bool) {
    if reset {
        let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
    } else {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn patiently<T>(mut attempt: impl FnMut() -> Outcome<T>) -> Outcome<T> {
    let end = Instant::now() + AGAIN;
    loop {
        match attempt() {
            Err(_) if Instant::now() < end => thread::sleep(Duration::from_millis(50)),
            done => return done,
        }
    }
}
