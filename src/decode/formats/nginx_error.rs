//! nginx's error log: `2026/11/22 19:19:05 [error] 12#34: *5 message, client: …, server: …,
//! request: "…", upstream: "…", host: "…", referrer: "…"`.
//!
//! nginx cuts these lines at 2,048 bytes wherever that falls, and escapes nothing in them.

use std::borrow::Cow;

use super::{Format, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind, Level};

/// `2026/11/22 19:19:05`.
const TIME_LEN: usize = 19;
/// nginx cuts its lines at 2,048 bytes with the line end (NGX_MAX_ERROR_STR); one of these is taken for cut.
const CUT_MIN: usize = 2_040;
/// Places of one line that are tried as the start of its trailing parts.
const CLIENTS_MAX: usize = 8;

/// The name of the format whose host is the Host header as it came, where access lines have nginx's `$host`.
pub const NAME: &str = "nginx_error";

#[derive(Debug)]
pub(super) struct NginxError;

impl Format for NginxError {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, line: &str) -> bool {
        let bytes = line.as_bytes();
        bytes.get(4) == Some(&b'/') && bytes[0].is_ascii_digit()
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let line = line.trim_end_matches(['\r', '\n', '\0']);
        if !self.fits(line) {
            return None;
        }
        let stamp = scan::iso_time(line.get(..TIME_LEN)?)?;
        let rest = line.get(TIME_LEN..)?.strip_prefix(" [")?;
        let (level, rest) = rest.split_once("] ")?;
        let level = Level::from_name(level)?;
        // Unit writes no colon behind its process.
        let (process, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let (pid, thread) = process.strip_suffix(':').unwrap_or(process).split_once('#')?;
        if !scan::digits(pid) || !scan::digits(thread) {
            return None;
        }
        let full = after_connection(rest);
        let by_module = modsecurity(full);
        let (text, parts) = match split(full, line.len() >= CUT_MIN) {
            // ModSecurity's texts are long and quote the request: nginx cuts them, and the parts are
            // the client's own words then.
            (_, parts) if by_module.is_some_and(|client| !names(parts, client)) => (full, ""),
            cut => cut,
        };
        let (parts, more) = own_parts(parts);
        let mut event = Event {
            kind: Kind::Error,
            format: self.name(),
            stamp: Some(stamp),
            level: Some(level),
            pid: pid.parse().ok(),
            message: present(bare(text)).map(|text| match more {
                "" => Cow::Borrowed(text),
                more => Cow::Owned([text, more].concat()),
            }),
            message_full: present(full).map(Cow::Borrowed),
            ..Event::default()
        };
        trailing(parts, &mut event);
        if event.remote_ip.is_none() {
            // `client 203.0.113.9 closed keepalive connection`
            let named = text.strip_prefix("client ").map(|rest| scan::word(rest).0);
            event.remote_ip =
                named.or(by_module).filter(|word| scan::is_ip(word)).map(Cow::Borrowed);
        }
        Some(event)
    }
}

/// The client of `[client 203.0.113.9] ModSecurity: …`; no other message of nginx's begins so.
fn modsecurity(text: &str) -> Option<&str> {
    let (client, rest) = text.strip_prefix("[client ")?.split_once("] ")?;
    rest.starts_with("ModSecurity: ").then_some(client)
}

/// Whether the trailing parts begin with this client.
fn names(parts: &str, client: &str) -> bool {
    let named = parts.strip_prefix("client: ").and_then(|rest| rest.strip_prefix(client));
    named.is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
}

/// Without the connection's number, `*45 `.
fn after_connection(text: &str) -> &str {
    match text.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
        Some((number, rest)) if scan::digits(number) => rest,
        _ => text,
    }
}

/// The parts of the first line, and what stands behind them from its LF on: a trace that was joined
/// is of the message, not of the last part. An LF inside a part's quotes is the part's.
fn own_parts(parts: &str) -> (&str, &str) {
    let mut quotes = 0;
    let mut counted = 0;
    for at in memchr::memchr_iter(b'\n', parts.as_bytes()) {
        quotes += memchr::memchr_iter(b'"', &parts.as_bytes()[counted..at]).count();
        counted = at;
        if quotes % 2 == 0 {
            return parts.split_at(at);
        }
    }
    (parts, "")
}

/// The text of a message without the numbers that rate limits append.
fn bare(text: &str) -> &str {
    text.split_once(", excess: ").map_or(text, |(front, _)| front)
}

/// The message and its trailing parts, `client: …` on.
///
/// nginx escapes nothing: a path in the message is decoded, and may hold quotes and all of another line's parts, as may
/// the request and the referrer behind the true ones. Where two places fit nobody can say which is nginx's, and where
/// the line was cut behind a path the true one may be gone; such a line is a message and nothing else.
fn split(full: &str, is_cut: bool) -> (&str, &str) {
    if full.contains(STDERR) {
        return split_stderr(full);
    }
    match only_client(full, |_| true) {
        Some(at) if !(is_cut && full[..at].contains('"')) => (&full[..at], &full[at + 2..]),
        _ => (full, ""),
    }
}

/// The only place at which the trailing parts may begin.
fn only_client(full: &str, may: impl Fn(usize) -> bool) -> Option<usize> {
    let mut only = None;
    for (seen, at) in clients(full).enumerate() {
        let fits = may(at) && fits(&full[at + 2..]);
        if seen == CLIENTS_MAX || (fits && only.is_some()) {
            return None;
        }
        only = if fits { Some(at) } else { only };
    }
    only
}

/// Before what a FastCGI application wrote.
const STDERR: &str = "sent in stderr: \"";

/// What an application wrote is any text, quotes and all: the parts follow `" while reading upstream`
/// or its like, and where two places do, one of them is forged and nobody can say which.
fn split_stderr(full: &str) -> (&str, &str) {
    // `" while reading response header from upstream` is the longest of nginx's.
    const ACTION_MAX: usize = 64;
    let behind_action = |at: usize| {
        let front = &full.as_bytes()[at.saturating_sub(ACTION_MAX)..at];
        let shut = memchr::memmem::rfind(front, b"\" while ");
        shut.is_some_and(|shut| {
            front[shut + 8..].iter().all(|b| b.is_ascii_lowercase() || *b == b' ')
        })
    };
    only_client(full, behind_action).map_or((full, ""), |at| (&full[..at], &full[at + 2..]))
}

fn clients(full: &str) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(full.as_bytes(), b", client: ")
}

/// Whether the parts begin with an address that a server follows, or nothing.
fn fits(parts: &str) -> bool {
    let behind = &parts["client: ".len()..];
    let address = behind.split(',').next().unwrap_or_default();
    let rest = &behind[address.len()..];
    !address.contains([' ', '"', '\n']) && (rest.starts_with(", server: ") || rest.is_empty())
}

/// Reads `name: value` parts; a quoted value ends where its quote is followed by the line's end or by a part that
/// nginx writes behind it: a referrer that holds `", host: "` ends with the line. A missing end is the cut.
fn trailing<'a>(parts: &'a str, event: &mut Event<'a>) {
    let mut server = None;
    let mut rest = parts;
    while let Some((name, value)) = part(rest) {
        let (value, after) = match value.strip_prefix('"') {
            Some(inner) => quoted(inner, behind(name)),
            None => value.split_once(", ").unwrap_or((value, "")),
        };
        match name {
            "client" => {
                let (ip, port) = scan::address(value);
                event.remote_ip = present(ip).map(Cow::Borrowed);
                event.remote_port = port;
            }
            "server" => server = present(value),
            // Mail's and streams' lines have no request; in one of HTTP's they are its client's words.
            "login" if event.request.is_none() => {
                event.user = present(value).map(Cow::Borrowed);
            }
            // What came from the client, and what went to it.
            "bytes from/to client" if event.request.is_none() => {
                let (from, to) = value.split_once('/').unwrap_or((value, ""));
                (event.bytes_in, event.bytes) = (scan::bytes(from), scan::bytes(to));
            }
            "request" => scan::request(value, scan::plain, event),
            "upstream" => {
                let bare = value.split_once("://").map_or(value, |(_, rest)| rest);
                event.upstream = bare.split('/').next().and_then(present).map(Cow::Borrowed);
                // `unix:/run/app.sock:/path?query`: the socket, as nginx's `$upstream_addr` has it.
                if let Some(path) = bare.strip_prefix("unix:") {
                    let end = path.find(':').map_or(bare.len(), |at| "unix:".len() + at);
                    event.upstream = present(&bare[..end]).map(Cow::Borrowed);
                }
            }
            "host" => event.host = present(value).map(Cow::Borrowed),
            "referrer" => event.referrer = present(value).map(Cow::Borrowed),
            _ => {}
        }
        rest = after;
    }
    if event.host.is_none() {
        // `_` is the customary name of a catch-all server, not a host; a stream has an address.
        event.host = server.filter(|name| *name != "_" && !scan::is_ip(name)).map(Cow::Borrowed);
    }
}

/// A part's name and what follows it: `name: value`, a stream's `bytes from/to client:1/2`.
fn part(text: &str) -> Option<(&str, &str)> {
    for name in ["bytes from/to client", "bytes from/to upstream"] {
        if let Some(value) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')) {
            return Some((name, value));
        }
    }
    text.split_once(": ")
}

/// The quoted parts, in the order in which nginx writes them.
const QUOTED: [&str; 6] = ["login", "request", "subrequest", "upstream", "host", "referrer"];

/// What may follow the quoted part of that name. A stream has no request, and what it sent and took stands last.
fn behind(name: &str) -> &'static [&'static str] {
    QUOTED.iter().position(|known| *known == name).map_or(&QUOTED, |at| &QUOTED[at + 1..])
}

/// A quoted value and what follows it, which is nothing or one of `next`.
fn quoted<'a>(inner: &'a str, next: &[&str]) -> (&'a str, &'a str) {
    let begins = |after: &str| {
        after.strip_prefix(", ").is_some_and(|part| {
            let named = |name: &&str| part.strip_prefix(*name).is_some_and(|v| v.starts_with(": "));
            let of_stream = next.contains(&"host") && part.starts_with("bytes from/to ");
            next.iter().any(named) || of_stream
        })
    };
    for at in memchr::memchr_iter(b'"', inner.as_bytes()) {
        let after = &inner[at + 1..];
        if after.is_empty() || begins(after) {
            return (&inner[..at], after.strip_prefix(", ").unwrap_or(after));
        }
    }
    (inner, "")
}
