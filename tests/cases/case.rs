//! A case as data: what is sent through which transport, and what becomes of it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use serde_json::Value;

use crate::bench::{Bench, Counts};
use crate::common::material::{time_3164, time_local};
use crate::common::tapline::percent;
use crate::common::until;
use crate::common::wire::connect;
use crate::report::Report;

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Via {
    /// One connection, ended in order.
    Tcp,
    /// The same with each byte in a segment of its own.
    Bytewise,
    /// A connection that is torn down: `RST`, no `FIN`.
    Reset,
    /// A connection that the server must end by itself.
    UntilClosed,
    Udp,
    Unix,
}

#[derive(Debug)]
pub(crate) struct Case {
    number: u16,
    what: String,
    via: Via,
    parts: Vec<Vec<u8>>,
    /// `2 counted, 1 framing`: nothing else may have become of it. `*`: anything that balances.
    expect: &'static str,
    /// Events that it makes, each a JSON object of some of its fields; null where one must be absent.
    events: Vec<Value>,
}

fn case(
    via: Via,
    number: u16,
    what: &str,
    bytes: impl Into<Vec<u8>>,
    expect: &'static str,
) -> Case {
    Case { number, what: what.to_owned(), via, parts: vec![bytes.into()], expect, events: vec![] }
}

pub(crate) fn tcp(
    number: u16,
    what: &str,
    bytes: impl Into<Vec<u8>>,
    expect: &'static str,
) -> Case {
    case(Via::Tcp, number, what, bytes, expect)
}

pub(crate) fn bytewise(
    number: u16,
    what: &str,
    bytes: impl Into<Vec<u8>>,
    expect: &'static str,
) -> Case {
    case(Via::Bytewise, number, what, bytes, expect)
}

pub(crate) fn reset(
    number: u16,
    what: &str,
    bytes: impl Into<Vec<u8>>,
    expect: &'static str,
) -> Case {
    case(Via::Reset, number, what, bytes, expect)
}

pub(crate) fn until_closed(
    number: u16,
    what: &str,
    bytes: impl Into<Vec<u8>>,
    expect: &'static str,
) -> Case {
    case(Via::UntilClosed, number, what, bytes, expect)
}

pub(crate) fn udp(
    number: u16,
    what: &str,
    bytes: impl Into<Vec<u8>>,
    expect: &'static str,
) -> Case {
    case(Via::Udp, number, what, bytes, expect)
}

pub(crate) fn unix(
    number: u16,
    what: &str,
    bytes: impl Into<Vec<u8>>,
    expect: &'static str,
) -> Case {
    case(Via::Unix, number, what, bytes, expect)
}

impl Case {
    /// An event that it makes.
    pub(crate) fn event(mut self, fields: Value) -> Case {
        self.events.push(fields);
        self
    }

    /// More bytes: a write or a datagram of their own.
    pub(crate) fn then(mut self, bytes: impl Into<Vec<u8>>) -> Case {
        self.parts.push(bytes.into());
        self
    }

    fn run(&self, bench: &mut Bench) {
        let listener = self.listener(bench);
        let there = self.like(bench);
        let before = bench.counts(&listener);
        self.send(bench);
        if self.expect == "*" {
            self.fence(bench);
            let after = until("the next line", || {
                let after = since(&before, &bench.counts(&listener));
                (after["counted"] > 0).then_some(after)
            });
            assert_ne!(after["received"], 0);
            return;
        }
        let expected = expected(self.expect);
        let total: u64 = expected.values().sum();
        // The next line over the same transport: it is read behind what a datagram socket has queued.
        self.fence(bench);
        let mut last = Counts::new();
        let outcome = crate::common::within(crate::common::PATIENCE, || {
            last = since(&before, &bench.counts(&listener));
            (last.get("received").copied().unwrap_or(0) > total).then_some(())
        });
        let mut found = last.clone();
        found.remove("received");
        if let Some(counted) = found.get_mut("counted") {
            *counted -= 1;
        }
        found.retain(|_, n| *n > 0);
        assert_eq!(found, expected, "{}", if outcome.is_none() { "in the end" } else { "" });
        let now = self.like(bench);
        let more = now.iter().zip(&there).all(|(now, there)| now > there);
        assert!(more, "no {:?} in {}", self.events, bench.tapline.get("/api/v1/events?limit=20"));
    }

    fn listener(&self, bench: &Bench) -> String {
        match self.via {
            Via::Udp => bench.tapline.udp.to_string(),
            Via::Unix => bench.tapline.unix.display().to_string(),
            _ => bench.tapline.tcp.to_string(),
        }
    }

    fn send(&self, bench: &Bench) {
        match self.via {
            Via::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                for part in &self.parts {
                    socket.send_to(part, bench.tapline.udp).unwrap();
                }
            }
            Via::Unix => {
                let socket = UnixDatagram::unbound().unwrap();
                let room = self.parts.iter().map(Vec::len).max().unwrap_or(0) + 64 * 1024;
                socket2::SockRef::from(&socket).set_send_buffer_size(room).unwrap();
                for part in &self.parts {
                    socket.send_to(part, &bench.tapline.unix).unwrap();
                }
            }
            _ => self.stream(bench.tapline.tcp),
        }
    }

    fn stream(&self, to: SocketAddr) {
        let mut stream = connect(to);
        stream.set_nodelay(true).unwrap();
        for part in &self.parts {
            let piece = if self.via == Via::Bytewise { 1 } else { part.len().max(1) };
            for bytes in part.chunks(piece) {
                // A server that has seen enough closes in the middle.
                if stream.write_all(bytes).is_err() {
                    break;
                }
            }
        }
        match self.via {
            // Closed with data lingering for no time: a reset.
            Via::Reset => {
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                return;
            }
            Via::UntilClosed => {}
            _ => drop(stream.shutdown(Shutdown::Write)),
        }
        // Its end comes when all is counted; what it had not read makes it a reset.
        let end = stream.read(&mut [0; 16]);
        assert!(
            !matches!(end, Err(ref e) if e.kind() == std::io::ErrorKind::WouldBlock),
            "not closed"
        );
    }

    fn fence(&self, bench: &Bench) {
        let line = fence();
        match self.via {
            Via::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.send_to(line.as_bytes(), bench.tapline.udp).unwrap();
            }
            Via::Unix => {
                let socket = UnixDatagram::unbound().unwrap();
                socket.send_to(line.as_bytes(), &bench.tapline.unix).unwrap();
            }
            _ => {
                crate::common::wire::send(bench.tapline.tcp, bench.canary.framed(&line).as_bytes())
            }
        }
    }

    /// How many events there are of each kind that the case makes. Their order tells nothing: a line's
    /// own time is of whole seconds, a message's of milliseconds.
    fn like(&self, bench: &Bench) -> Vec<usize> {
        let like = |fields: &Value| {
            let target = format!("/api/v1/events?limit=500&filter={}", percent(&filter(fields)));
            let answer = bench.tapline.get(&target);
            let events = answer["events"].as_array().expect("events");
            assert!(events.len() < 500, "too many events are like {fields}");
            events.iter().filter(|event| holds(event, fields)).count()
        };
        self.events.iter().map(like).collect()
    }
}

/// What of the fields can be asked for: the rest is looked at here.
fn filter(fields: &Value) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("path", "path"),
        ("kind", "kind"),
        ("host", "site"),
        ("status", "status"),
        ("source", "source"),
        ("method", "method"),
    ];
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-".contains(&b));
    let mut filter = String::from("-source:canary/* -source:fence/*");
    for (field, word) in WORDS {
        let value = match &fields[field] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if plain(&value) && !value.is_empty() {
            filter += &format!(" {word}:{value}");
        }
    }
    filter
}

impl Report {
    pub(crate) fn run(&mut self, bench: &mut Bench, cases: impl IntoIterator<Item = Case>) {
        for case in cases {
            self.tries(case.number, &case.what, bench, |bench| case.run(bench));
        }
    }
}

/// `2 counted, 1 framing` by its words.
pub(crate) fn expected(text: &str) -> Counts {
    let words = text.split(", ").filter(|part| !part.is_empty());
    let pairs = words.map(|part| part.split_once(' ').expect("a number and a word"));
    pairs.map(|(n, word)| (word.to_owned(), n.parse().expect("a number"))).collect()
}

pub(crate) fn since(before: &Counts, after: &Counts) -> Counts {
    after
        .iter()
        .map(|(key, n)| (key.clone(), n - before.get(key).copied().unwrap_or(0)))
        .collect::<BTreeMap<_, _>>()
}

fn holds(event: &Value, fields: &Value) -> bool {
    let fields = fields.as_object().expect("an object");
    fields.iter().all(|(key, value)| event.get(key).unwrap_or(&Value::Null) == value)
}

fn fence() -> String {
    headed("fence", &access("GET /fence HTTP/1.1"))
}

/// An access line with this request, arriving now.
pub(crate) fn access(request: &str) -> String {
    format!("203.0.113.9 - - [{}] \"{request}\" 200 5 \"-\" \"x\"", time_local())
}

/// A line under nginx's header, from a host.
pub(crate) fn headed(host: &str, line: &str) -> String {
    format!("<190>{} {host} nginx: {line}", time_3164())
}

/// A whole good message.
pub(crate) fn good(path: &str) -> String {
    headed("web-1", &access(&format!("GET {path} HTTP/1.1")))
}

/// Its length before it.
pub(crate) fn counted(message: &str) -> String {
    format!("{} {message}", message.len())
}
