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

mod anchor;
mod head;
mod tail;

use anchor::{anchor, is_size, numbers, time_first, untimed};
use head::{Head, names_somebody};
use tail::Tails;

use super::absolute;
use super::haproxy;
use super::pairs::is_ltsv;
use super::scan;
use super::trailer;
use super::usual::{self, Usual};
use crate::vocab::event::{Event, Kind, Text};

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
    let behind = if want.vhost { behind_site(line) } else { None };
    let (vhost, rest) = behind.map_or((None, line), |(site, rest)| (Some(site), rest));
    match usual(rest).filter(|(_, cut)| vhost.is_none() || scan::is_ip(cut.client)) {
        Some((kind, cut)) => {
            if want != (Shape { vhost: vhost.is_some(), tail: kind }) {
                // Raw quotes may make another shape of it.
                let other = kind == Tail::Plus && trailer::stray_quote(cut.more);
                return other && read_carefully(line, name, want, event);
            }
            let site = vhost.and_then(|site| scan::plain(scan::address(site).0));
            Event::put(&mut event.host, site);
            let (ip, port) = scan::address(cut.client);
            event.kind = Kind::Access;
            event.format = name;
            event.stamp = Some(cut.stamp);
            Event::put(&mut event.remote_ip, scan::plain(ip));
            event.remote_port = port;
            event.status = Some(cut.status);
            event.bytes = cut.bytes;
            Event::put(&mut event.referrer, scan::plain(cut.referrer));
            Event::put(&mut event.user_agent, scan::plain(cut.agent));
            scan::plain_request(cut.request, event);
            if kind == Tail::Plus {
                if !trailer::read_plain(cut.more, event) {
                    *event = Event::default();
                    return read_carefully(line, name, want, event);
                }
                absolute::of_squid(event);
                if haproxy::is_snippets(cut.more) {
                    if cut.request.contains('#') {
                        scan::request(cut.request, haproxy::escaped_request, event);
                    }
                    absolute::of_haproxys_site(event);
                }
            }
            true
        }
        None => read_carefully(line, name, want, event),
    }
}

fn read_carefully<'a>(
    line: &'a str,
    name: &'static str,
    want: Shape,
    event: &mut Event<'a>,
) -> bool {
    let read = careful(line, name, want);
    let fits = read.is_some();
    if let Some(read) = read {
        *event = read;
    }
    fits
}

/// The site that a line begins with, and what follows it; `None` where the first word may be anything else.
fn behind_site(line: &str) -> Option<(&str, &str)> {
    let (first, rest) = line.split_once(' ')?;
    let site = scan::is_host(first) && !scan::is_ip(first) && names_somebody(first);
    site.then_some((first, rest))
}

/// The line cut in one pass, if it can be, and which shape it has, unless a quote behind the agent is
/// stray: that is not looked at here.
fn usual(line: &str) -> Option<(Tail, Usual<'_>)> {
    let cut = usual::cut(line).filter(is_somebodys)?;
    if cut.ends() {
        return Some((Tail::Combined, cut));
    }
    (!hides_request(cut.agent, cut.more)).then_some((Tail::Plus, cut))
}

/// The fields of a combined line that is cut in one pass.
#[inline(always)]
pub(super) fn usual_combined(line: &str) -> Option<Usual<'_>> {
    usual::cut_combined(trim_end(line)).filter(is_somebodys)
}

/// Its client is an address, nearly always; a name is looked at.
#[inline(always)]
fn is_somebodys(cut: &Usual<'_>) -> bool {
    let digit = cut.client.as_bytes().first().is_some_and(|&b| b.is_ascii_digit() || b == b':');
    digit || names_somebody(cut.client)
}

/// Without the line ends, blanks and NULs behind it.
fn trim_end(line: &str) -> &str {
    let over = line.bytes().rev().take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | b'\0')).count();
    &line[..line.len() - over]
}

/// Reads any line from its anchors.
fn careful<'a>(line: &'a str, name: &'static str, want: Shape) -> Option<Event<'a>> {
    if is_ltsv(line) {
        return None;
    }
    let line = without_quotes(line);
    let body = time_first(line).or_else(|| anchor(line)).or_else(|| untimed(line))?;
    let head = Head::read(body.head)?;
    let tail = Tails::read(&body, line.len())?;
    if want != (Shape { vhost: head.vhost.is_some(), tail: tail.kind }) {
        return None;
    }
    let snippets = haproxy::is_snippets(tail.more);
    let text = if snippets { haproxy::escaped } else { scan::reading(line) };
    let (ip, port) = scan::address(head.client);
    let mut event = Event {
        kind: Kind::Access,
        format: name,
        stamp: body.stamp,
        is_misdated: body.is_misdated,
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
    let (site, request) = site(body.request);
    let reading = if snippets { haproxy::escaped_request } else { text };
    scan::request(without_colour(request), reading, &mut event);
    if let Some(between) = body.between {
        event.request_time_us = between_us(between);
    }
    let site = site.or(body.between).filter(|site| event.host.is_none() && scan::is_host(site));
    event.host = event.host.or(site.and_then(|site| text(scan::address(site).0)));
    trailer::read(tail.before, text, &mut event);
    trailer::read(tail.more, text, &mut event);
    absolute::of_squid(&mut event);
    if snippets {
        absolute::of_haproxys_site(&mut event);
    }
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

/// A user of a Windows domain is written `DOMAIN\user` by IIS; what other servers escape is no such
/// name.
fn user(raw: &str, text: scan::Reading) -> Option<Text<'_>> {
    let windows = raw.split_once('\\').is_some_and(|(domain, name)| {
        let escape = name.starts_with('x') && scan::hex_pair(name.as_bytes(), 1).is_some();
        let letter = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        letter && !escape && !domain.is_empty() && !name.contains('\\')
    });
    // Two absent columns are nobody too.
    if raw == "- -" {
        return None;
    }
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

/// A host in quotes of its own before the request, `"shop.example" "GET / HTTP/1.1"`, which no request
/// begins with.
fn site(request: &str) -> (Option<&str>, &str) {
    match request.split_once("\" \"") {
        Some((site, rest)) if site == "-" || scan::is_host(site) || scan::is_ip(site) => {
            (Some(site), rest)
        }
        _ => (None, request),
    }
}

/// What stands between the time and the request: Apache's `%D` (µs), nginx's seconds or Gandi's
/// `(0 s)`.
fn between_us(text: &str) -> Option<u64> {
    if trailer::is_time(text) {
        return scan::seconds_us(text);
    }
    match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(" s)")) {
        Some(seconds) => scan::seconds_us(seconds),
        None => scan::scaled_us(text, 1.0),
    }
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
            if tail == Tail::Combined {
                let cuts = [usual::cut(line), usual_combined(line)];
                let [one, other] = cuts.map(|cut| format!("{cut:?}"));
                assert_eq!(one, other);
            }
            let want = Shape { vhost: false, tail };
            let careful = careful(line, "x", want);
            assert!(careful.is_some(), "{line}");
            assert_eq!(decode(line, "x", want), careful, "{line}");
            if !scan::is_ip(line.split(' ').next().unwrap_or_default()) {
                continue;
            }
            let sites = ["shop.example", "www.Shop.example:8443", "localhost:80"];
            for (site, named) in
                sites.map(|site| (site, true)).into_iter().chain([("2026-11-22.example", false)])
            {
                let line = format!("{site} {line}");
                let want = Shape { vhost: true, tail };
                let careful = super::careful(&line, "x", want);
                assert_eq!(careful.as_ref().is_some_and(|e| e.host.is_some()), named, "{line}");
                assert_eq!(decode(&line, "x", want), careful, "{line}");
            }
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
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "cut"#,
        ];
        for line in lines {
            assert!(usual(line).is_none(), "{line}");
        }
        for more in [r#"x" b"#, r#"rt=0.1 x" b"#, r#"rt="0.1" "a" b""#, r#"rt="0"1" x" b"#] {
            let line = format!(
                r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "G / HTTP/1.1" 200 1 "-" "a" {more}"#
            );
            for tail in [Tail::Combined, Tail::Plus] {
                let want = Shape { vhost: false, tail };
                assert_eq!(decode(&line, "x", want), careful(&line, "x", want), "{line}");
            }
        }
    }
}
