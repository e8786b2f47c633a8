//! The server's own word: its accounting, and whether it agrees with what was sent.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::Outcome;

/// How long lines may be on their way after the last was sent.
const SETTLE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Default)]
pub(crate) struct Accounting {
    pub(crate) received: u64,
    pub(crate) counted: u64,
    pub(crate) unparsed: u64,
    pub(crate) rejected: BTreeMap<String, u64>,
    pub(crate) dropped: BTreeMap<String, u64>,
    pub(crate) in_flight: u64,
}

impl Accounting {
    /// Every frame received is in exactly one place.
    pub(crate) fn exact(&self) -> bool {
        self.received == self.placed() + self.in_flight
    }

    /// Frames that have found their place.
    pub(crate) fn placed(&self) -> u64 {
        let (rejected, dropped) =
            (self.rejected.values().sum::<u64>(), self.dropped.values().sum::<u64>());
        self.counted + self.unparsed + rejected + dropped
    }
}

/// The accounting of `GET /api/v1/summary`. The range is one second of long ago, so that asking
/// costs the server no scan.
pub(crate) fn accounting(http: SocketAddr) -> Outcome<Accounting> {
    let body = get(http, "/api/v1/summary?from=2001-01-01T00:00:00Z&to=2001-01-01T00:00:01Z")?;
    let value: serde_json::Value = serde_json::from_slice(&body)?;
    parse(&value["accounting"]).ok_or_else(|| {
        format!("{http}: no accounting in {}", String::from_utf8_lossy(&body)).into()
    })
}

/// An accounting as the server writes it, in an answer or as its last word.
pub(crate) fn parse(value: &serde_json::Value) -> Option<Accounting> {
    value["received"].as_u64()?;
    let number = |key: &str| value[key].as_u64().unwrap_or(0);
    let map = |key: &str| {
        let entries = value[key].as_object().into_iter().flatten();
        entries.map(|(k, v)| (k.clone(), v.as_u64().unwrap_or(0))).filter(|e| e.1 > 0).collect()
    };
    Some(Accounting {
        received: number("received"),
        counted: number("counted"),
        unparsed: number("unparsed"),
        rejected: map("rejected"),
        dropped: map("dropped"),
        in_flight: number("in_flight"),
    })
}

#[derive(Debug)]
pub(crate) struct Verdict {
    sent: u64,
    pub(crate) received: u64,
    pub(crate) now: Accounting,
}

impl Verdict {
    /// Every line sent was received, and every one received has its place.
    pub(crate) fn balanced(&self) -> bool {
        self.sent == self.received
            && self.now.in_flight == 0
            && self.now.received == self.now.placed()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Accounting { counted, unparsed, rejected, dropped, in_flight, .. } = &self.now;
        write!(
            f,
            "{}: sent {}, received {}; since start counted {counted}, unparsed {unparsed}, \
             rejected {rejected:?}, dropped {dropped:?}, in flight {in_flight}",
            if self.balanced() { "balanced" } else { "NOT BALANCED" },
            self.sent,
            self.received
        )
    }
}

/// Waits for `sent` lines beyond `before` to find their place, and compares.
pub(crate) fn verify(http: SocketAddr, sent: u64, before: u64) -> Outcome<Verdict> {
    let end = Instant::now() + SETTLE;
    loop {
        let now = accounting(http)?;
        let verdict = Verdict { sent, received: now.received.saturating_sub(before), now };
        if verdict.balanced() || Instant::now() >= end {
            return Ok(verdict);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// A number of `/metrics`, added up over the labels that are not given; 0 where there is none.
pub(crate) fn metric(text: &str, name: &str) -> u64 {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        rest.starts_with([' ', '{', ',', '}'])
            .then(|| rest.rsplit(' ').next()?.parse::<u64>().ok())?
    });
    values.sum()
}

pub(crate) fn get(http: SocketAddr, target: &str) -> Outcome<Vec<u8>> {
    let mut stream = TcpStream::connect(http)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n")?;
    let mut body = Vec::new();
    read_answer(&mut stream, &mut body)?;
    Ok(body)
}

/// Reads one answer of 200 with a `Content-Length`; anything else is an error that quotes it.
pub(crate) fn read_answer(stream: &mut TcpStream, body: &mut Vec<u8>) -> Outcome<()> {
    let mut bytes = Vec::with_capacity(4096);
    let mut chunk = [0; 16 * 1024];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read(&mut chunk)? {
            0 => return Err("closed before an answer".into()),
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
    let length: usize = length.ok_or_else(|| format!("no length in {text}"))?;
    while bytes.len() < head + length {
        match stream.read(&mut chunk)? {
            0 => return Err("closed inside an answer".into()),
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    }
    body.clear();
    body.extend_from_slice(&bytes[head..head + length]);
    if text.split(' ').nth(1) != Some("200") {
        return Err(format!("{text}{}", String::from_utf8_lossy(body)).into());
    }
    Ok(())
}
