//! Where a line of the family is cut: at the bracket with its time and at the quote that ends its
//! request.

use super::super::scan::{self, is_blank};
use super::super::trailer;
use crate::vocab::time::Stamp;

/// The longest text between the brackets of a time.
const BRACKET_MAX: usize = 40;
/// Places of one line that are tried as its time; only hostile lines have more than one.
const ANCHORS_MAX: usize = 8;
/// The longest token that may stand for a status or a size.
const NUMBER_MAX: usize = 24;

/// The line cut at its anchors.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) head: &'a str,
    pub(super) stamp: Option<Stamp>,
    /// Whether what stands there is meant as a time and is none.
    pub(super) is_misdated: bool,
    pub(super) between: Option<&'a str>,
    pub(super) request: &'a str,
    pub(super) status: &'a str,
    pub(super) bytes: &'a str,
    pub(super) rest: &'a str,
}

/// Finds the one reading of the line.
///
/// A user name can hold a whole forged line, `[time] "GET /fake" 200 1`, where the sender does not
/// escape it, and then the last one is true; an agent can hold one, too, and a line that was torn has
/// the next one behind it, and then the first one is. Nobody can tell, so the line is refused.
pub(super) fn anchor(line: &str) -> Option<Body<'_>> {
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
        let is_misdated = stamp.is_none() && scan::tells_time(&line[open + 1..close]);
        let next = Body { head, stamp, is_misdated, between, request, status, bytes: size, rest };
        let Some(last) = found else {
            found = Some(next);
            continue;
        };
        match (last.stamp.is_some(), stamp.is_some()) {
            (true, false) => {}
            (false, true) => found = Some(next),
            _ => return None,
        }
    }
    found
}

/// A line that begins with its time: `[time] client "request" …`, `[time] client - user "request" …`.
pub(super) fn time_first(line: &str) -> Option<Body<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let stamp = scan::clf_time(time)?;
    let head = rest.split_once(" \"")?.0;
    let mut words = head.split(' ');
    let (client, ident, user) = (words.next()?, words.next(), words.next());
    let alone =
        ident.is_none() || (ident == Some("-") && user.is_some_and(|user| !user.is_empty()));
    if !alone || words.next().is_some() || !scan::is_ip(client) || head.contains(['"', '\t']) {
        return None;
    }
    // nginx's usual log of upstreams.
    if rest.contains(" upstream_response_time ") {
        return None;
    }
    let quote = line.len() - rest.len() + head.len() + 1;
    let (request, status, bytes, rest) = after_request(line, quote)?;
    let stamp = Some(stamp);
    Some(Body { head, stamp, is_misdated: false, between: None, request, status, bytes, rest })
}

/// A line without a time, as API gateways and trimmed-down configurations write them: `client ident
/// user "request" …`, three words and nothing else before the quote; Actix writes the client alone.
pub(super) fn untimed(line: &str) -> Option<Body<'_>> {
    let quote = memchr::memchr(b'"', line.as_bytes())?;
    let head = line[..quote].strip_suffix(' ')?;
    let mut words = head.split(' ');
    let client = words.next()?;
    let (ident, user) = match words.next() {
        Some(ident) => (ident, words.next()?),
        None => ("-", "-"),
    };
    // A method there is another layout's, whose target has the quotes.
    let method = matches!(user, "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "PATCH" | "OPTIONS");
    let named = !user.is_empty() && !user.contains(['[', ']']) && !method;
    if words.next().is_some() || !scan::is_ip(client) || ident != "-" || !named {
        return None;
    }
    let (request, status, bytes, rest) = after_request(line, quote)?;
    let stands = request.contains(" HTTP/") && status.len() == 3;
    let (stamp, is_misdated, between) = (None, false, None);
    stands.then_some(Body { head, stamp, is_misdated, between, request, status, bytes, rest })
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
        || trailer::is_time(between)
        || scan::is_host(between)
        || (between.starts_with('(') && between.ends_with(" s)"));
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

pub(super) fn is_size(token: &str) -> bool {
    token == "-" || scan::digits(token.strip_prefix('+').unwrap_or(token))
}

/// The two tokens behind a request, neither quoted, and what follows them.
pub(super) fn numbers(text: &str) -> Option<(&str, &str, &str)> {
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
