//! HAProxy's own lines: `option httplog`, `option httpslog`, `option tcplog`, and its notices.
//!
//! ```text
//! client:port [time] frontend backend/server Tq/Tw/Tc/Tr/Ta status bytes cc sc tsc conns queues {headers} "request"
//!   … "request" fc_err/ssl_fc_err/ssl_c_err/ssl_c_ca_err/resumed sni/version/cipher
//! client:port [time] frontend backend/server Tw/Tc/Tt bytes ts conns queues
//! ```
//!
//! The request stands last and is cut at 1,024 bytes by default, so its closing quote may be
//! missing; no other quote stands in it (`#22`). Times are the wall clock of an unknown zone.
//! (Configuration manual 8.2.2 to 8.2.5.)

mod notice;

use std::borrow::Cow;

pub(super) use notice::{Notice, is_stderr};

use super::{Format, absolute, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind, Text};
use crate::vocab::time::Stamp;

/// `option httplog`.
#[derive(Debug)]
pub(super) struct Http;

impl Format for Http {
    fn name(&self) -> &'static str {
        "haproxy_http"
    }

    fn fits(&self, line: &str) -> bool {
        has_head(line)
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let head = Head::read(line)?;
        let (mut timers, mut rest) = scan::word(head.rest);
        let added = Some(timers).filter(|word| word.split('/').count() < 5);
        if added.is_some() {
            (timers, rest) = scan::word(rest);
            if !is_timers(timers) || !is_whole(rest) {
                return None;
            }
        }
        let (status, rest) = scan::word(rest);
        let (bytes, rest) = scan::word(rest);
        let mut times = timers.split('/');
        let (_request, _queue, connect, response, total) =
            (times.next()?, times.next()?, times.next()?, times.next()?, times.next()?);
        if !timer(total) || !(timer(status)) || !timer(bytes) {
            return None;
        }
        let mut event = head.event(self.name());
        event.status = scan::status(status);
        event.bytes = scan::bytes(bytes);
        event.request_time_us = ms(total);
        // Connecting and waiting for the answer, as nginx counts an upstream's time.
        event.upstream_time_us = ms(response).map(|us| us + ms(connect).unwrap_or(0));
        // Cookies, termination state, connections, queues; then captures and the request.
        let mut rest = rest;
        for _ in 0..5 {
            rest = scan::word(rest).1;
        }
        while let Some(inner) = rest.strip_prefix('{') {
            let Some((captured, after)) = captures(inner) else {
                break;
            };
            capture(captured, &mut event);
            rest = scan::trim(after);
        }
        if let Some(inner) = rest.strip_prefix('"') {
            let end = memchr::memrchr(b'"', inner.as_bytes());
            let (request, behind) = end.map_or((inner, ""), |at| (&inner[..at], &inner[at + 1..]));
            scan::request(request, decoded, &mut event);
            absolute::of_haproxy(&mut event);
            tls_columns(behind, &mut event);
        }
        if let Some(host) = added.filter(|word| event.host.is_none() && scan::is_host(word)) {
            event.host = decoded(scan::address(host).0);
        }
        Some(event)
    }
}

/// Five numbers: the phases of a request.
fn is_timers(word: &str) -> bool {
    word.split('/').count() == 5 && word.split('/').all(timer)
}

/// Whether every column from the status on is where it belongs. People put one of their own before
/// the timers, mostly the Host header, and a client can write the columns behind it as well: then its
/// own take the places, and the true ones stand where none may be.
fn is_whole(columns: &str) -> bool {
    let mut words = [""; 7];
    let mut rest = columns;
    for word in &mut words {
        (*word, rest) = scan::word(rest);
    }
    let [_, _, _, _, state, conns, queues] = words;
    let known = state.len() == 4 && is_timers(conns) && queues.split('/').all(timer);
    while let Some(inner) = rest.strip_prefix('{') {
        match captures(inner).filter(|(captured, _)| !captured.contains('{')) {
            Some((_, after)) => rest = scan::trim(after),
            None => return false,
        }
    }
    let request = rest.strip_prefix('"').map(|inner| inner.strip_suffix('"').unwrap_or(inner));
    known && request.is_some_and(|request| !request.contains('"'))
}

/// `option tcplog`, and the `Connect from` line of a frontend without either.
#[derive(Debug)]
pub(super) struct Tcp;

impl Format for Tcp {
    fn name(&self) -> &'static str {
        "haproxy_tcp"
    }

    fn fits(&self, line: &str) -> bool {
        has_head(line) || line.starts_with("Connect from ")
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if let Some(rest) = line.strip_prefix("Connect from ") {
            let (client, rest) = scan::word(rest);
            let (ip, port) = split_port(client)?;
            let (to, rest) = scan::word(rest);
            let (address, place) = scan::word(rest);
            if to != "to" || split_port(address).is_none() || !place.starts_with('(') {
                return None;
            }
            let mut event = access(self.name(), ip, port);
            event.kind = Kind::Access;
            return Some(event);
        }
        let head = Head::read(line)?;
        let (timers, rest) = scan::word(head.rest);
        let (bytes, rest) = scan::word(rest);
        let (state, rest) = scan::word(rest);
        let (conns, rest) = scan::word(rest);
        let mut times = timers.split('/');
        let (_queue, connect, total) = (times.next()?, times.next()?, times.next()?);
        let fits = times.next().is_none() && timer(total) && timer(bytes) && state.len() == 2;
        if !fits || conns.split('/').count() != 5 {
            return None;
        }
        let mut event = head.event(self.name());
        event.bytes = scan::bytes(bytes);
        event.request_time_us = ms(total);
        event.upstream_time_us = ms(connect);
        let (_queues, mut rest) = scan::word(rest);
        while let Some((captured, after)) = rest.strip_prefix('{').and_then(captures) {
            capture(captured, &mut event);
            rest = scan::trim(after);
        }
        tls_columns(rest, &mut event);
        Some(event)
    }
}

/// Whether what stands behind the agent is what `tapline snippet haproxy` has HAProxy write there.
pub(super) fn is_snippets(more: &str) -> bool {
    scan::trim(more).starts_with("rt_ms=")
}

/// How a text of the snippet's is read: before `"`, `\` and `]` HAProxy writes a backslash.
pub(super) fn escaped(raw: &str) -> Option<Text<'_>> {
    // No `]` stands without one, so what is left of them is all of HAProxy's.
    scan::text(raw).map(|text| match text.contains("\\]") {
        true => Cow::Owned(text.replace("\\]", "]")),
        false => text,
    })
}

/// As [`escaped`], of the request, in which HAProxy writes other bytes as `#HH`.
pub(super) fn escaped_request(raw: &str) -> Option<Text<'_>> {
    match escaped(raw)? {
        Cow::Borrowed(text) => decoded(text),
        Cow::Owned(text) => decoded(&text).map(|text| Cow::Owned(text.into_owned())),
    }
}

/// A cheap look: an address and port, then a bracket.
fn has_head(line: &str) -> bool {
    let bytes = line.as_bytes();
    memchr::memchr(b' ', &bytes[..bytes.len().min(64)]).is_some_and(|at| {
        at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1) == Some(&b'[')
    })
}

fn access<'a>(format: &'static str, ip: &'a str, port: Option<u16>) -> Event<'a> {
    Event {
        kind: Kind::Access,
        format,
        remote_ip: present(ip).map(Cow::Borrowed),
        remote_port: port,
        ..Event::default()
    }
}

/// `ip:port`, the port behind the last colon even of an IPv6 address, which HAProxy writes bare.
fn split_port(client: &str) -> Option<(&str, Option<u16>)> {
    let (ip, port) = client.rsplit_once(':')?;
    let ip = ip.trim_start_matches('[').trim_end_matches(']');
    // `-` for a connection without a known source.
    let client = scan::is_ip(ip) || ip.starts_with("unix") || ip == "-";
    (client && scan::digits(port)).then(|| (ip, port.parse().ok()))
}

fn client_and_time(line: &str) -> Option<(&str, Stamp, &str)> {
    if !has_head(line) {
        return None;
    }
    let (client, rest) = line.split_once(" [")?;
    let (time, rest) = rest.split_once("] ")?;
    Some((client, scan::clf_time(time)?, rest))
}

/// Client, time, frontend and server, which both layouts begin with.
struct Head<'a> {
    ip: &'a str,
    port: Option<u16>,
    stamp: Stamp,
    tls: bool,
    server: &'a str,
    rest: &'a str,
}

impl<'a> Head<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.trim_end_matches(['\r', '\n', '\0']);
        let (client, stamp, rest) = client_and_time(line)?;
        let (ip, port) = split_port(client)?;
        let (frontend, rest) = scan::word(rest);
        let (server, rest) = scan::word(rest);
        // A frontend that ends in a colon is a notice about it; a quote opens another's request.
        let quote = frontend.starts_with(['"', '[']) || server.contains('"');
        if !server.contains('/') || frontend.ends_with(':') || quote {
            return None;
        }
        Some(Head { ip, port, stamp, tls: frontend.ends_with('~'), server, rest })
    }

    fn event(&self, format: &'static str) -> Event<'a> {
        let mut event = access(format, self.ip, self.port);
        event.stamp = Some(self.stamp);
        event.scheme = self.tls.then_some(Cow::Borrowed("https"));
        // `<NOSRV>`, `<STATS>`: no server took it.
        event.upstream = (!self.server.ends_with('>')).then_some(Cow::Borrowed(self.server));
        event
    }
}

/// Error codes and `sni/version/cipher` of `option httpslog`, or version, cipher and SNI as words of
/// their own, as people put them behind `tcplog`. The server name is a client's, so that a captured
/// host is the site where there is one.
fn tls_columns<'a>(text: &'a str, event: &mut Event<'a>) {
    let mut rest = text;
    for _ in 0..TLS_WORDS_MAX {
        let (word, after) = scan::word(rest);
        rest = after;
        let mut parts = word.rsplitn(3, '/');
        let (cipher, version, sni) = match (parts.next(), parts.next(), parts.next()) {
            (Some(cipher), Some(version), Some(sni)) if is_tls(version) => (cipher, version, sni),
            _ if is_tls(word) => ("", word, ""),
            _ if is_cipher(word) => (word, "", ""),
            _ => ("", "", word.strip_prefix("sni:").unwrap_or(word)),
        };
        if let Some(version) = present(version) {
            event.tls_version = Some(Cow::Borrowed(version));
            event.scheme = Some(Cow::Borrowed("https"));
        }
        if let Some(cipher) = present(cipher) {
            event.tls_cipher = Some(Cow::Borrowed(cipher));
        }
        if event.host.is_none() && scan::is_host(sni) {
            event.host = Some(Cow::Borrowed(sni));
        }
    }
}

/// Words behind the last column of HAProxy's own that are looked at.
const TLS_WORDS_MAX: usize = 6;

fn is_tls(version: &str) -> bool {
    version.starts_with("TLSv") || version.starts_with("SSLv")
}

fn is_cipher(word: &str) -> bool {
    ["TLS_", "ECDHE-", "DHE-", "AES128-", "AES256-"].iter().any(|front| word.starts_with(front))
}

/// `-1` for a phase that was not reached, `+` before what was logged before the end.
fn timer(token: &str) -> bool {
    token == "-1" || scan::digits(token.strip_prefix('+').unwrap_or(token))
}

fn ms(token: &str) -> Option<u64> {
    scan::scaled_us(token.strip_prefix('+').unwrap_or(token), 1e3)
}

/// Captured headers up to the brace that closes them. A brace inside a header is written `#7D`, but
/// older versions write it bare: only one that a blank follows closes.
fn captures(inner: &str) -> Option<(&str, &str)> {
    let bytes = inner.as_bytes();
    let end = memchr::memchr_iter(b'}', bytes)
        .find(|&at| bytes.get(at + 1).is_none_or(|&b| b == b' '))?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// Captures carry no names: what reads as a host is the host, what reads as a product is the agent,
/// what reads as a page is the referrer.
fn capture<'a>(captured: &'a str, event: &mut Event<'a>) {
    for value in captured.split('|') {
        if value.contains("://") && !value.contains(' ') {
            event.referrer = event.referrer.take().or_else(|| decoded(value));
        } else if scan::is_host(value) || (scan::is_ip(value) && scan::address(value).1.is_some()) {
            event.host = event.host.take().or_else(|| decoded(value));
        } else if is_agent(value) {
            event.user_agent = event.user_agent.take().or_else(|| decoded(value));
        }
    }
}

/// `name/version`, which a media type (`text/plain`) is not.
fn is_agent(value: &str) -> bool {
    value.split_once('/').is_some_and(|(name, version)| {
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b' ')
            && version.bytes().next().is_some_and(|b| b.is_ascii_digit())
    })
}

/// HAProxy writes bytes that would break its line as `#HH`.
fn decoded(value: &str) -> Option<Text<'_>> {
    let value = present(value)?;
    let bytes = value.as_bytes();
    if memchr::memchr(b'#', bytes).is_none() {
        return Some(Cow::Borrowed(value));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match scan::hex_pair(bytes, at + 1).filter(|_| bytes[at] == b'#') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    Some(Cow::Owned(String::from_utf8_lossy(&out).into_owned()))
}
