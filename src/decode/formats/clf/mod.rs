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

mod head;
mod tail;

use head::{Head, names_somebody};
use tail::Tails;

use super::absolute;
use super::scan::{self, is_blank};
use super::trailer;
use super::usual::{self, Usual};
use crate::vocab::event::{Event, Kind, Text};
use crate::vocab::time::Stamp;

/// The longest text between the brackets of a time.
const BRACKET_MAX: usize = 40;
/// Places of one line that are tried as its time; only hostile lines have more than one.
const ANCHORS_MAX: usize = 8;
/// The longest token that may stand for a status or a size.
const NUMBER_MAX: usize = 24;

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
                absolute::of_squid(event);
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
    // An address, nearly always; a name is looked at.
    let digit = cut.client.as_bytes().first().is_some_and(|&b| b.is_ascii_digit() || b == b':');
    if !digit && !names_somebody(cut.client) {
        return None;
    }
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
    let line = without_quotes(line);
    let body = time_first(line).or_else(|| anchor(line)).or_else(|| untimed(line))?;
    let head = Head::read(body.head)?;
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
        user: user(head.user, text),
        status: scan::status(body.status),
        bytes: scan::bytes(body.bytes),
        referrer: text(tail.referrer),
        user_agent: text(tail.agent),
        host: head.vhost.and_then(|vhost| text(scan::address(vhost).0)),
        x_forwarded_for: head.forwarded.and_then(text),
        ..Event::default()
    };
    scan::request(without_colour(body.request), text, &mut event);
    if let Some(between) = body.between {
        event.request_time_us = between_us(between);
        if scan::is_host(between) {
            event.host = text(scan::address(between).0);
        }
    }
    trailer::read(tail.before, &mut event);
    trailer::read(tail.more, &mut event);
    absolute::of_squid(&mut event);
    Some(event)
}

/// Without the quotes around the whole line: OpenLiteSpeed takes those of its configuration along.
fn without_quotes(line: &str) -> &str {
    let whole = |inner: &&str| inner.starts_with(|first: char| first != '"' && first != ' ');
    let inner = line.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).filter(whole);
    match inner {
        // The first quote inside opens the request, not what stands behind a quoted list.
        Some(inner) if inner.split_once('"').is_some_and(|(head, _)| head.ends_with("] ")) => inner,
        _ => line,
    }
}

/// A line without a time, as API gateways and trimmed-down configurations write them: `client ident
/// user "request" …`, three words and nothing else before the quote; Actix writes the client alone.
fn untimed(line: &str) -> Option<Body<'_>> {
    let quote = memchr::memchr(b'"', line.as_bytes())?;
    let head = line[..quote].strip_suffix(' ')?;
    let mut words = head.split(' ');
    let client = words.next()?;
    let (ident, user) = match words.next() {
        Some(ident) => (ident, words.next()?),
        None => ("-", "-"),
    };
    if words.next().is_some() || !scan::is_ip(client) || ident != "-" || user.contains(['[', ']']) {
        return None;
    }
    let (request, status, bytes, rest) = after_request(line, quote)?;
    let stands = request.contains(" HTTP/") && status.len() == 3;
    stands.then_some(Body { head, stamp: None, between: None, request, status, bytes, rest })
}

/// A line that begins with its time: `[time] client "request" …`, `[time] client - user "request" …`.
fn time_first(line: &str) -> Option<Body<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let stamp = scan::clf_time(time)?;
    let head = rest.split_once(" \"")?.0;
    let mut words = head.split(' ');
    let (client, ident, user) = (words.next()?, words.next(), words.next());
    let alone = ident.is_none() || (ident == Some("-") && user.is_some());
    if !alone || words.next().is_some() || !scan::is_ip(client) || head.contains('"') {
        return None;
    }
    let quote = line.len() - rest.len() + head.len() + 1;
    let (request, status, bytes, rest) = after_request(line, quote)?;
    let stamp = Some(stamp);
    Some(Body { head, stamp, between: None, request, status, bytes, rest })
}

/// A user of a Windows domain is written `DOMAIN\user` by IIS; what other servers escape is no such
/// name.
fn user(raw: &str, text: scan::Reading) -> Option<Text<'_>> {
    let windows = raw.split_once('\\').is_some_and(|(domain, name)| {
        let escape = name.starts_with('x') && scan::hex_pair(name.as_bytes(), 1).is_some();
        let letter = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        letter && !escape && !domain.is_empty() && !name.contains('\\')
    });
    if windows { scan::plain(raw) } else { text(raw) }
}

/// Werkzeug colours the request by its status when it writes to a terminal.
fn without_colour(request: &str) -> &str {
    let Some(inner) = request.strip_prefix("\x1b[") else {
        return request;
    };
    let inner = inner.split_once('m').map_or(inner, |(_, rest)| rest);
    // It may be bold too.
    let inner = inner.strip_prefix("\x1b[").and_then(|i| i.split_once('m')).map_or(inner, |p| p.1);
    inner.strip_suffix("\x1b[0m").unwrap_or(inner)
}

/// What stands between the time and the request: Apache's `%D` (µs) or Gandi's `(0 s)`; a site is
/// none of these.
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
    // API Gateway leaves out the blank.
    if quote > close + 1 && !is_blank(bytes[quote - 1]) {
        return None;
    }
    let between = line[close + 1..quote].trim_matches([' ', '\t']);
    if between.is_empty() {
        return Some((close, quote, None));
    }
    let known = scan::digits(between)
        || (between.starts_with('(') && between.ends_with(" s)"))
        || scan::is_host(between);
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
