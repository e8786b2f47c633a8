//! The canaries: a sender of good lines and a browser, whose lives must go on whatever happens.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::common::material::{combined_line, time_3164, time_local};
use crate::common::websocket::Socket;
use crate::common::wire::connect;

/// Between two lines of the sender, over TCP and over UDP each.
const PACE: Duration = Duration::from_millis(50);
/// Ticks come each second; a busy machine is late by some of them, a server that hangs by more.
const MAX_GAP: Duration = Duration::from_secs(20);

/// RFC 6455 section 5.2. Who does not answer is given up after a minute.
const PING: u8 = 9;
const PONG: u8 = 10;

/// How the stream of the canary is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Lf,
    Octet,
    Nul,
}

impl Cut {
    fn frame(self, line: &str) -> String {
        match self {
            Cut::Lf => format!("{line}\n"),
            Cut::Nul => format!("{line}\0"),
            Cut::Octet => format!("{} {line}", line.len()),
        }
    }
}

#[derive(Debug, Default)]
struct Seen {
    tcp: AtomicU64,
    udp: AtomicU64,
    silent: AtomicBool,
    ended: AtomicBool,
    longest_gap_ms: AtomicU64,
    last_tick: Mutex<Option<Instant>>,
    /// What went wrong first.
    trouble: Mutex<Option<String>>,
}

impl Seen {
    fn trouble(&self, what: String) {
        self.trouble.lock().unwrap().get_or_insert(what);
    }
}

#[derive(Debug)]
pub(crate) struct Canary {
    seen: Arc<Seen>,
    cut: Cut,
    browser: TcpStream,
    sender: Option<JoinHandle<()>>,
    watcher: Option<JoinHandle<()>>,
}

impl Canary {
    pub(crate) fn start(tcp: SocketAddr, udp: SocketAddr, http: SocketAddr, cut: Cut) -> Canary {
        let seen = Arc::new(Seen::default());
        let mut socket = Socket::open(http);
        socket.subscribe("");
        socket.wait_for("snapshot");
        let browser = socket.stream.try_clone().unwrap();
        let (to_send, to_watch) = (Arc::clone(&seen), Arc::clone(&seen));
        let sender = std::thread::spawn(move || send(&to_send, tcp, udp, cut));
        let watcher = std::thread::spawn(move || watch(&to_watch, &mut socket));
        Canary { seen, cut, browser, sender: Some(sender), watcher: Some(watcher) }
    }

    /// A line as the streams of its server are cut.
    pub(crate) fn framed(&self, line: &str) -> String {
        self.cut.frame(line)
    }

    /// Lines sent over TCP and over UDP by now.
    pub(crate) fn sent(&self) -> (u64, u64) {
        (self.seen.tcp.load(Ordering::SeqCst), self.seen.udp.load(Ordering::SeqCst))
    }

    /// No tick is missing and the last one is not long ago.
    pub(crate) fn browser_is_well(&self) {
        let trouble = self.seen.trouble.lock().unwrap().clone();
        assert_eq!(trouble, None);
        let last = *self.seen.last_tick.lock().unwrap();
        let silence = last.map(|at| at.elapsed()).unwrap_or_default();
        assert!(silence < MAX_GAP, "no tick for {silence:?}");
    }

    pub(crate) fn stop_sending(&mut self) {
        self.seen.silent.store(true, Ordering::SeqCst);
        if let Some(sender) = self.sender.take() {
            sender.join().unwrap();
        }
    }

    /// Gives the longest time between two ticks, in ms.
    pub(crate) fn stop_watching(&mut self) -> u64 {
        self.seen.ended.store(true, Ordering::SeqCst);
        let _ = self.browser.shutdown(Shutdown::Both);
        if let Some(watcher) = self.watcher.take() {
            watcher.join().unwrap();
        }
        self.seen.longest_gap_ms.load(Ordering::SeqCst)
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.seen.silent.store(true, Ordering::SeqCst);
        self.seen.ended.store(true, Ordering::SeqCst);
        let _ = self.browser.shutdown(Shutdown::Both);
    }
}

fn send(seen: &Seen, tcp: SocketAddr, udp: SocketAddr, cut: Cut) {
    let (mut stream, socket) = (connect(tcp), UdpSocket::bind("127.0.0.1:0").unwrap());
    let mut number = 0;
    while !seen.silent.load(Ordering::SeqCst) {
        let line =
            format!("<190>{} canary nginx: {}", time_3164(), combined_line(number, &time_local()));
        if let Err(error) = stream.write_all(cut.frame(&line).as_bytes()) {
            return seen.trouble(format!("the canary's connection broke: {error}"));
        }
        seen.tcp.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = socket.send_to(line.as_bytes(), udp) {
            return seen.trouble(format!("the canary's datagram was refused: {error}"));
        }
        seen.udp.fetch_add(1, Ordering::SeqCst);
        number += 1;
        std::thread::sleep(PACE);
    }
}

fn watch(seen: &Seen, socket: &mut Socket) {
    let (mut at, mut seq) = (Instant::now(), None);
    loop {
        let message = socket.next();
        if seen.ended.load(Ordering::SeqCst) {
            return;
        }
        let Some((opcode, payload)) = message else {
            return seen.trouble("the canary's session ended".into());
        };
        if opcode == PING {
            socket.send(PONG, &payload);
        }
        let Ok(message) = serde_json::from_slice::<serde_json::Value>(&payload) else { continue };
        match message["type"].as_str() {
            Some("tick") => {
                let now = message["seq"].as_u64();
                if seq.is_some() && now != seq.map(|seq| seq + 1) {
                    seen.trouble(format!("ticks are missing between {seq:?} and {now:?}"));
                }
                seq = now;
                let gap = at.elapsed();
                at = Instant::now();
                *seen.last_tick.lock().unwrap() = Some(at);
                seen.longest_gap_ms.fetch_max(gap.as_millis() as u64, Ordering::SeqCst);
                if gap > MAX_GAP {
                    seen.trouble(format!("{gap:?} between two ticks"));
                }
            }
            Some("lag") => seen.trouble(format!("a browser that reads was late: {message}")),
            _ => {}
        }
    }
}
