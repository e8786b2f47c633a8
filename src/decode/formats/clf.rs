//! The Common Log Format and its children, read once for all of them: which one a line is follows
//! from what stands before its client and after its bytes.
//!
//! ```text
//! [vhost[:port]] client ident user [time] "request" status bytes ["referrer" "agent" [more …]]
//! ```
//!
//! Every text in it may be a stranger's, and some are not even quoted (`user`), so the line is read
//! from its anchors: the bracket with the time, then the quote that ends the request, which is the
//! one that a status and a size follow. A line with more than one reading is refused rather than
//! counted under a status that a client wrote.

use super::scan::{self, is_blank, word};
use super::trailer;
use super::usual::{self, Usual};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Stamp;

/// The longest text between the brackets of a time.
const BRACKET_MAX: usize = 40;
/// Places of one line that are tried as its time; only hostile lines have more than one.
const ANCHORS_MAX: usize = 8;
/// The longest token that may stand for a status or a size.
const NUMBER_MAX: usize = 24;
/// A line that ends inside its agent was cut: by a transport if it is about as long as the
/// smallest frame (1,024 bytes in RFC 3164, less a header), and then it counts; a shorter one is a
/// damaged file and does not.
const CUT_MIN: usize = 900;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Ends with its bytes.
    Common,
    /// Referrer and agent.
    Combined,
    /// Anything more, or anything else.
    Plus,
}

/// Which child of the format a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) vhost: bool,
    pub(super) tail: Tail,
}

/// Reads the line if it has just this shape.
pub(super) fn decode<'a>(line: &'a str, name: &'static str, want: Shape) -> Option<Event<'a>> {
    let mut event = Event::default();
    read(line, name, want, &mut event).then_some(event)
}

/// As [`decode`], into an event that says nothing yet and still does where this gives `false`.
pub(super) fn read<'a>(
    line: &'a str,
    name: &'static str,
    want: Shape,
    event: &mut Event<'a>,
) -> bool {
    let line = trim_end(line);
    match usual(line) {
        Some((kind, cut)) => {
            if want != (Shape { vhost: false, tail: kind }) {
                return false;
            }
            let (ip, port) = scan::address(cut.client);
            event.kind = Kind::Access;
            event.format = name;
            event.stamp = Some(cut.stamp);
            event.remote_ip = scan::plain(ip);
            event.remote_port = port;
            event.status = Some(cut.status);
            event.bytes = cut.bytes;
            event.referrer = scan::plain(cut.referrer);
            event.user_agent = scan::plain(cut.agent);
            scan::request(cut.request, scan::plain, event);
            if kind == Tail::Plus {
                trailer::read(cut.more, event);
            }
            true
        }
        None => match careful(line, name, want) {
            Some(read) => {
                *event = read;
                true
            }
            None => false,
        },
    }
}

/// The line cut in one pass, if it can be, and which shape it has.
fn usual(line: &str) -> Option<(Tail, Usual<'_>)> {
    let cut = usual::cut(line)?;
    if cut.ends() {
        return Some((Tail::Combined, cut));
    }
    let safe = !hides_request(cut.agent, cut.more) && !trailer::stray_quote(cut.more);
    safe.then_some((Tail::Plus, cut))
}

/// Without the line ends, blanks and NULs behind it.
fn trim_end(line: &str) -> &str {
    let over = line.bytes().rev().take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | b'\0')).count();
    &line[..line.len() - over]
}

/// Reads any line from its anchors.
fn careful<'a>(line: &'a str, name: &'static str, want: Shape) -> Option<Event<'a>> {
    let body = anchor(line)?;
    let head = Head::read(body.head);
    if !names_somebody(head.client) || head.vhost.is_some_and(|vhost| !names_somebody(vhost)) {
        // Envoy's and others' lines begin with the time; their columns are not these.
        return None;
    }
    if head.ident.starts_with('[') {
        // HAProxy's time, and a request that its client wrote into a captured header.
        return None;
    }
    let tail = Tails::read(&body, line.len())?;
    if want != (Shape { vhost: head.vhost.is_some(), tail: tail.kind }) {
        return None;
    }
    let text = scan::reading(line);
    let (ip, port) = scan::address(head.client);
    let mut event = Event {
        kind: Kind::Access,
        format: name,
        stamp: body.stamp,
        remote_ip: text(ip),
        remote_port: port,
        ident: text(head.ident),
        user: text(head.user),
        status: scan::status(body.status),
        bytes: scan::bytes(body.bytes),
        referrer: text(tail.referrer),
        user_agent: text(tail.agent),
        host: head.vhost.and_then(|vhost| text(scan::address(vhost).0)),
        x_forwarded_for: head.forwarded.and_then(text),
        ..Event::default()
    };
    scan::request(body.request, text, &mut event);
    if let Some(between) = body.between {
        event.request_time_us = between_us(between);
    }
    trailer::read(tail.more, &mut event);
    Some(event)
}

/// Whether a token can be a client or a host. A date is none: an error line that quotes a request
/// would otherwise count under whatever its client wrote there.
fn names_somebody(token: &str) -> bool {
    if token.starts_with("unix:") {
        return true;
    }
    let dated = matches!(
        token.as_bytes(),
        [
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'-',
            b'0'..=b'9',
            b'0'..=b'9',
            b'-',
            ..
        ]
    );
    let fits = |b: u8| {
        b.is_ascii_alphanumeric()
            || b >= 0x80
            || matches!(b, b'.' | b':' | b'-' | b'_' | b'%' | b'[' | b']' | b'*' | b',' | b'\\')
    };
    // `[::1]:80`, but no `[error]`.
    let bracket = token.contains(['[', ']']) && !scan::is_ip(token);
    !token.is_empty() && !dated && !bracket && token.bytes().all(fits)
}

/// What stands between the time and the request: Apache's `%D` (µs) or Gandi's `(0 s)`.
fn between_us(text: &str) -> Option<u64> {
    match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(" s)")) {
        Some(seconds) => scan::seconds_us(seconds),
        None => scan::scaled_us(text, 1.0),
    }
}

/// The line cut at its anchors.
#[derive(Clone, Copy)]
struct Body<'a> {
    head: &'a str,
    stamp: Option<Stamp>,
    between: Option<&'a str>,
    request: &'a str,
    status: &'a str,
    bytes: &'a str,
    rest: &'a str,
}

/// Finds the one reading of the line.
///
/// A user name can hold a whole forged line, `[time] "GET /fake" 200 1`, where the sender does not
/// escape it. The true time is the last one then; but an agent can hold one too, and where the two
/// cannot be told apart the line is refused.
fn anchor(line: &str) -> Option<Body<'_>> {
    let bytes = line.as_bytes();
    let mut found: Option<Body<'_>> = None;
    let mut tried = 0;
    for open in memchr::memchr_iter(b'[', bytes) {
        if open > 0 && !is_blank(bytes[open - 1]) {
            continue;
        }
        let Some((close, quote, between)) = bracket(line, open) else {
            continue;
        };
        tried += 1;
        if tried > ANCHORS_MAX {
            return None;
        }
        let stamp = scan::any_time(&line[open + 1..close]);
        let Some((request, status, size, rest)) = after_request(line, quote) else {
            continue;
        };
        let head = &line[..open];
        let next = Body { head, stamp, between, request, status, bytes: size, rest };
        let Some(last) = found else {
            found = Some(next);
            continue;
        };
        match (last.stamp.is_some(), stamp.is_some()) {
            (true, false) => {}
            (false, true) => found = Some(next),
            _ => {
                let rest_at = line.len() - last.rest.len();
                if open > rest_at && in_quotes(last.rest, open - rest_at) {
                    return None;
                }
                found = Some(next);
            }
        }
    }
    found
}

/// The bracket that opens at `open`, if a request follows it: where it closes, where the request's
/// quote opens, and the token between them.
fn bracket(line: &str, open: usize) -> Option<(usize, usize, Option<&str>)> {
    let bytes = line.as_bytes();
    let window = &bytes[open + 1..bytes.len().min(open + 2 + BRACKET_MAX)];
    let close = open + 1 + memchr::memchr(b']', window)?;
    let window = &bytes[close + 1..bytes.len().min(close + 2 + BRACKET_MAX)];
    let quote = close + 1 + memchr::memchr(b'"', window)?;
    if quote == close + 1 || !is_blank(bytes[quote - 1]) {
        return None;
    }
    let between = line[close + 1..quote].trim_matches([' ', '\t']);
    if between.is_empty() {
        return Some((close, quote, None));
    }
    let known = scan::digits(between) || (between.starts_with('(') && between.ends_with(" s)"));
    known.then_some((close, quote, Some(between)))
}

/// The request that opens at `quote`, then status, size and what follows them.
fn after_request(line: &str, quote: usize) -> Option<(&str, &str, &str, &str)> {
    let bytes = line.as_bytes();
    let from = quote + 1;
    let mut behind_backslash = None;
    let mut loose = None;
    for end in memchr::memchr_iter(b'"', &bytes[from..]).map(|at| from + at) {
        if !bytes.get(end + 1).copied().is_some_and(is_blank) {
            continue;
        }
        let escaped = scan::escaped(bytes, from, end);
        let Some((status, size, rest)) = numbers(&line[end + 1..]) else {
            continue;
        };
        let found = (&line[from..end], status, size, rest);
        let strict = (status == "-" || scan::digits(status)) && is_size(size);
        match (strict, escaped) {
            (true, false) => return Some(found),
            // `escape=none` leaves a backslash of the request in front of the closing quote.
            (true, true) => behind_backslash = behind_backslash.or(Some(found)),
            (false, false) => loose = loose.or(Some(found)),
            (false, true) => {}
        }
    }
    behind_backslash.or(loose)
}

fn is_size(token: &str) -> bool {
    token == "-" || scan::digits(token.strip_prefix('+').unwrap_or(token))
}

/// The two tokens behind a request, neither quoted, and what follows them.
fn numbers(text: &str) -> Option<(&str, &str, &str)> {
    let (status, rest) = token(text)?;
    let (size, rest) = token(rest)?;
    Some((status, size, rest))
}

fn token(text: &str) -> Option<(&str, &str)> {
    let text = scan::trim(text);
    for (end, &byte) in text.as_bytes().iter().enumerate() {
        match byte {
            b' ' | b'\t' => return Some(text.split_at(end)),
            b'"' => return None,
            _ if end == NUMBER_MAX => return None,
            _ => {}
        }
    }
    (!text.is_empty()).then_some((text, ""))
}

/// Whether the offset lies inside a quoted field.
fn in_quotes(text: &str, offset: usize) -> bool {
    let mut rest = text;
    while let Some((field, after)) = trailer::field(rest) {
        let end = text.len() - after.len();
        if offset < end {
            return field.quoted && offset > end - field.raw.len() - 2;
        }
        rest = after;
    }
    false
}

/// Whether a field behind the request ends like one and numbers follow: then a client forged the
/// first (`GET /x" 200 5 "-" "foo HTTP/1.1`), or this one, and no reading is safe.
fn hides_request(field: &str, after: &str) -> bool {
    // ` HTTP/1.1` or ` HTTP/2`
    let tail = &field.as_bytes()[field.len().saturating_sub(" HTTP/1.1".len())..];
    tail.windows(" HTTP/".len()).any(|part| part == b" HTTP/")
        && numbers(after).is_some_and(|(status, size, _)| scan::digits(status) && is_size(size))
}

/// What stands before the time.
struct Head<'a> {
    vhost: Option<&'a str>,
    client: &'a str,
    ident: &'a str,
    user: &'a str,
    forwarded: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn read(head: &'a str) -> Self {
        let head = head.trim_matches([' ', '\t']);
        if let Some(client) = head.strip_suffix(" - -")
            && !client.bytes().any(|b| is_blank(b) || b == b'"')
        {
            // Nearly every line.
            return Head { vhost: None, client, ident: "-", user: "-", forwarded: None };
        }
        let (forwarded, head) = forwarded(head);
        let (first, after_first) = word(head);
        let (second, after_second) = word(after_first);
        let (third, after_third) = word(after_second);
        if let Some((list, rest)) = after_second.strip_prefix('[').and_then(|r| r.split_once("] -"))
            && list.split(',').next().is_some_and(scan::is_ip)
        {
            // Older ingress-nginx: `client - [forwarded] - user`.
            let user = scan::trim(rest);
            return Head { vhost: None, client: first, ident: second, user, forwarded: Some(list) };
        }
        let named = !scan::is_ip(first) && present(first).is_some();
        let second_is_client = scan::is_ip(second) || (named && third == "-" && second != "-");
        if second_is_client && !after_second.is_empty() && (named || !after_third.is_empty()) {
            // bunkerweb has a request id before an absent user.
            let user = after_third.strip_suffix(" -").map_or(after_third, |_| "-");
            return Head { vhost: Some(first), client: second, ident: third, user, forwarded };
        }
        if !named && scan::is_host(second) && !scan::is_ip(second) && !third.is_empty() {
            // `client vhost user`, as some hosters write it.
            return Head {
                vhost: Some(second),
                client: first,
                ident: "",
                user: after_second,
                forwarded,
            };
        }
        Head { vhost: None, client: first, ident: second, user: after_second, forwarded }
    }
}

/// A list of forwarded addresses before the client, quoted or not.
fn forwarded(head: &str) -> (Option<&str>, &str) {
    if let Some((list, rest)) = head.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
        return (Some(list), scan::trim(rest));
    }
    let mut rest = head;
    loop {
        let (first, after) = word(rest);
        if !first.ends_with(',') || after.is_empty() {
            break;
        }
        rest = after;
    }
    if rest.len() == head.len() {
        return (None, head);
    }
    let (last, _) = word(rest);
    let end = head.len() - rest.len() + last.len();
    (Some(&head[..end]), rest)
}

/// What stands behind the bytes.
struct Tails<'a> {
    kind: Tail,
    referrer: &'a str,
    agent: &'a str,
    more: &'a str,
}

impl<'a> Tails<'a> {
    /// `None` where the line ends inside a field and is too short to have been cut by a transport.
    fn read(body: &Body<'a>, line_len: usize) -> Option<Self> {
        let none = Tails { kind: Tail::Common, referrer: "", agent: "", more: "" };
        let rest = scan::trim(body.rest);
        let Some((first, after)) = trailer::field(rest) else {
            return Some(none);
        };
        let Some((second, more)) = trailer::field(after) else {
            // Only a referrer: cut between the two, or another field alone.
            if first.open && line_len < CUT_MIN {
                return None;
            }
            return Some(Tails { kind: Tail::Plus, more: rest, ..none });
        };
        if hides_request(first.raw, after) || hides_request(second.raw, more) {
            return None;
        }
        // With a field of its own before the request the layout is nobody's standard: a bare `-`
        // may be anything there (Apache's `%X`).
        let bare = body.between.is_none();
        let reads = |field: &trailer::Field<'_>| field.quoted || (bare && field.raw == "-");
        if second.open && !second.raw.contains('"') && reads(&first) {
            let agent = second.raw;
            let whole = Tails { kind: Tail::Combined, referrer: first.raw, agent, more: "" };
            return (line_len >= CUT_MIN).then_some(whole);
        }
        if reads(&first) && reads(&second) && !second.open {
            let more = scan::trim(more);
            let (referrer, agent) = (first.raw, second.raw);
            if more.is_empty() {
                return Some(Tails { kind: Tail::Combined, referrer, agent, more });
            }
            if !trailer::stray_quote(more) {
                return Some(Tails { kind: Tail::Plus, referrer, agent, more });
            }
        }
        // Raw quotes (`escape=none`): the referrer ends at the first `" "`, the agent at the last
        // quote of the line. A wrong cut only moves text between these two.
        let inner = rest.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        match inner.and_then(|inner| inner.split_once("\" \"")) {
            Some((referrer, agent)) => {
                Some(Tails { kind: Tail::Combined, referrer, agent, more: "" })
            }
            None => Some(Tails { kind: Tail::Plus, more: rest, ..none }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_cut_reads_as_the_careful_one() {
        let lines = [
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "a b""#,
            r#"2001:db8::1 - - [29/Feb/2024:23:59:60 -0330] "GET /a?b=c HTTP/2.0" 304 - "r" "-""#,
            r#"host:80 - - [22/Nov/2026:10:00:00 +0000] "" 400 0 "" """#,
            r#"a.b - - [22/Nov/2026:10:00:00 +0000] "GET /" 999 123456789012345678 "-" "-""#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "G / HTTP/1.1" 200 1 "-" "a" 0.1 "x y""#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "G / HTTP/1.1" 200 1 "-" "a"	rt=0.123"#,
            r#"::1 - - [22/Nov/2026:10:00:00 +0000] "G / HTTP/1.1" 200 1 "-" "a" "1.2.3.4" host=b "#,
        ];
        for line in lines {
            let line = trim_end(line);
            let Some((tail, _)) = usual(line) else { panic!("not cut: {line}") };
            let want = Shape { vhost: false, tail };
            let careful = careful(line, "x", want);
            assert!(careful.is_some(), "{line}");
            assert_eq!(decode(line, "x", want), careful, "{line}");
        }
    }

    #[test]
    fn the_quick_cut_leaves_what_has_two_readings() {
        let lines = [
            r#"192.0.2.1 - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            r#"192.0.2.1 - - [31/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /" HTTP/1.1" 200 1 "-" "-""#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "a "b" c""#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /" x" 200 1 "-" "-""#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "G / HTTP/1.1" 200 1 "-" "a [22/Nov""#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "G / HTTP/1.1" 200 1 "-" "a" x" b"#,
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "cut"#,
        ];
        for line in lines {
            assert!(usual(line).is_none(), "{line}");
        }
    }
}
