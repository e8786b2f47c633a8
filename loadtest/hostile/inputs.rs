//! What is sent to the programs: one row an input.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use chrono::Utc;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::subjects::{Kind, Subject, Way, upgrade};
use crate::Outcome;
use crate::lines::{Now, Random};

/// How an input reaches a program.
pub(crate) enum Means {
    /// Down one connection, or into the file that is followed, where each ends with LF.
    Lines(fn() -> Vec<u8>),
    /// Down so many connections, which then stay as they are.
    Held(usize, fn() -> Vec<u8>),
    /// By UDP; a file has no such thing.
    Datagrams(fn() -> Vec<Vec<u8>>),
    /// Connections that are reset as soon as they are made.
    Resets(usize),
    /// By so many browsers, which then stay as they are for so many seconds.
    Browsers(usize, u64, fn(&Subject, &mut TcpStream) -> std::io::Result<()>),
    /// Asks for the data in a stranger's name: this host and this origin.
    Asks(&'static str, Option<&'static str>),
    /// A POST, which only Tapline takes.
    Bomb,
}

pub(crate) const INPUTS: [(&str, Means); 23] = [
    ("64 KiB of NUL, lines with NUL inside", Means::Lines(nul)),
    ("a line of 1 MiB", Means::Lines(long)),
    ("octet count 9999999999", Means::Lines(|| b"9999999999 <190>x\n".to_vec())),
    (
        "octet count with too few bytes, then silence",
        Means::Held(1, || b"500 <190>too few".to_vec()),
    ),
    (
        "10,000 lines that end with CR only",
        Means::Lines(|| lines(10_000, b"\r", |n| format!("/{n}").into())),
    ),
    (
        "1,000 lines of invalid UTF-8",
        Means::Lines(|| lines(1000, b"\n", |_| b"/\xff\xfe\xc0\x80".to_vec())),
    ),
    (
        "1,000 lines with terminal escapes",
        Means::Lines(|| lines(1000, b"\n", |_| b"/\x1b]0;x\x07\x1b[2J".to_vec())),
    ),
    (
        "1,000 lines with markup",
        Means::Lines(|| lines(1000, b"\n", |n| format!("/<script>alert({n})</script>").into())),
    ),
    (
        "1,000 paths of 4 KiB of %25",
        Means::Lines(|| lines(1000, b"\n", |_| [b"/", &b"%25".repeat(1365)[..]].concat())),
    ),
    ("100,000 paths", Means::Lines(|| lines(100_000, b"\n", |n| format!("/new/{n:x}").into()))),
    ("100,000 clients", Means::Lines(clients)),
    ("1 MiB of random bytes", Means::Lines(|| noise(1024 * 1024))),
    ("random, empty and 65,507-byte datagrams, 1,000 each", Means::Datagrams(datagrams)),
    ("1,000 connects and resets", Means::Resets(1000)),
    (
        "300 connections with half a line, then silence",
        Means::Held(300, || b"<190>Nov 22 10:00:00 h".to_vec()),
    ),
    ("gzip bomb, 100 MiB in 100 KiB, four times", Means::Bomb),
    ("200 heads of a request that never end", Means::Browsers(200, 2, slow_head)),
    ("200 idle WebSockets", Means::Browsers(200, 2, idle)),
    ("20 feeds that are not read", Means::Browsers(20, 15, unread)),
    (
        "WebSocket frame of 2^63 bytes",
        Means::Browsers(1, 2, |s, stream| {
            after_upgrade(s, stream, b"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0")
        }),
    ),
    (
        "unmasked WebSocket frames",
        Means::Browsers(1, 2, |s, stream| after_upgrade(s, stream, &b"\x81\x02{}".repeat(100))),
    ),
    ("WebSocket from a foreign page (Origin)", Means::Asks("", Some("http://evil.example"))),
    (
        "the feed under a rebound name (Host)",
        Means::Asks("evil.example", Some("http://evil.example")),
    ),
];

impl Means {
    pub(crate) fn reaches(&self, kind: Kind) -> bool {
        match self {
            Means::Lines(_) | Means::Held(..) | Means::Resets(_) => true,
            Means::Datagrams(_) => kind != Kind::Goaccess,
            Means::Browsers(..) | Means::Asks(..) => kind != Kind::Rsyslog,
            Means::Bomb => kind == Kind::Tapline,
        }
    }

    /// How long the canary has to sing.
    pub(crate) fn lasts(&self) -> Duration {
        match self {
            Means::Browsers(_, seconds, _) => Duration::from_secs(*seconds),
            _ => Duration::from_secs(2),
        }
    }

    /// Sends it. What stays open is given back; so is what was told to a stranger.
    pub(crate) fn send(&self, subject: &Subject) -> Outcome<(Vec<TcpStream>, bool)> {
        let mut open = Vec::new();
        let mut told = false;
        match self {
            Means::Lines(bytes) => {
                let bytes = bytes();
                let mut way = subject.way()?;
                // A program may close on it: that is an answer.
                way.send(&bytes);
                if let (Way::File(_), false) = (&way, bytes.ends_with(b"\n")) {
                    way.send(b"\n");
                }
            }
            Means::Held(times, bytes) => {
                for _ in 0..*times {
                    match subject.way()? {
                        Way::Stream(mut stream) => {
                            let _ = stream.write_all(&bytes());
                            open.push(stream);
                        }
                        mut file @ Way::File(_) => {
                            file.send(&bytes());
                            file.send(b"\n");
                        }
                    }
                }
            }
            Means::Datagrams(all) => {
                let socket = UdpSocket::bind("127.0.0.1:0")?;
                for datagram in all() {
                    socket.send_to(&datagram, subject.lines)?;
                }
            }
            Means::Resets(times) => {
                let to = if subject.kind == Kind::Goaccess { subject.web } else { subject.lines };
                for _ in 0..*times {
                    let stream = TcpStream::connect(to)?;
                    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
                }
            }
            Means::Browsers(times, seconds, act) => {
                for _ in 0..*times {
                    let mut stream = TcpStream::connect(subject.web)?;
                    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
                    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
                    // Whoever is refused has his answer.
                    let _ = act(subject, &mut stream);
                    open.push(stream);
                }
                thread::sleep(Duration::from_secs(*seconds));
            }
            Means::Asks(host, origin) => {
                let own = subject.web.to_string();
                if !subject.feed(&own, None).is_ok_and(|text| text.contains("canary")) {
                    return Err("its own page is not told of the canary".into());
                }
                let host = if host.is_empty() { &own } else { *host };
                told = subject.feed(host, *origin).is_ok_and(|text| text.contains("canary"));
            }
            Means::Bomb => bombs(subject)?,
        }
        Ok((open, told))
    }
}

fn lines(count: u32, end: &[u8], path: fn(u32) -> Vec<u8>) -> Vec<u8> {
    let (now, mut all) = (Now::new(Utc::now()), Vec::new());
    for n in 0..count {
        let _ = write!(all, "198.51.100.{} - - [{} +0000] \"GET ", n % 250, now.clf);
        all.extend(path(n));
        all.extend_from_slice(b" HTTP/1.1\" 200 5 \"-\" \"hostile\"");
        all.extend_from_slice(end);
    }
    all
}

fn clients() -> Vec<u8> {
    let (now, mut all) = (Now::new(Utc::now()), Vec::new());
    for n in 0..100_000 {
        let (a, b, c) = (n >> 16, n >> 8 & 255, n & 255);
        let _ = writeln!(
            all,
            "10.{a}.{b}.{c} - - [{} +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"hostile\"",
            now.clf
        );
    }
    all
}

fn nul() -> Vec<u8> {
    let mut all = vec![0; 64 * 1024];
    all.extend(lines(1000, b"\0\n", |_| b"/a\0b".to_vec()));
    all
}

fn long() -> Vec<u8> {
    let mut line = lines(1, b"\n", |_| [b"/", &[b'a'; 1024 * 1024][..]].concat());
    line.push(b'\n');
    line
}

fn noise(length: usize) -> Vec<u8> {
    let mut random = Random(1);
    (0..length).map(|_| random.below(256) as u8).collect()
}

fn datagrams() -> Vec<Vec<u8>> {
    let noise = noise(2048);
    (0..1000).flat_map(|n| [noise[n..n + 1000].to_vec(), Vec::new(), vec![b'a'; 65_507]]).collect()
}

fn slow_head(subject: &Subject, stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\nX-", subject.web)
}

fn idle(subject: &Subject, stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(upgrade(subject.kind, &subject.web.to_string(), None).as_bytes())?;
    stream.read_exact(&mut [0; 12])
}

fn unread(subject: &Subject, stream: &mut TcpStream) -> std::io::Result<()> {
    socket2::SockRef::from(&*stream).set_recv_buffer_size(4096)?;
    after_upgrade(subject, stream, b"\x81\x94\0\0\0\0{\"type\":\"subscribe\"}")
}

fn after_upgrade(subject: &Subject, stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    idle(subject, stream)?;
    thread::sleep(Duration::from_millis(50));
    stream.write_all(bytes)
}

fn bombs(subject: &Subject) -> Outcome<()> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1600 {
        encoder.write_all(&[b'0'; 64 * 1024])?;
    }
    let body = encoder.finish()?;
    for _ in 0..4 {
        let mut stream = TcpStream::connect(subject.web)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let head = format!(
            "POST /api/v1/logs HTTP/1.1\r\nHost: {}\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            subject.web,
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        let _ = stream.read(&mut [0; 1024]);
    }
    Ok(())
}
