//! What stands behind the bytes: referrer, agent, and whatever people add.

use super::super::{scan, trailer};
use super::anchor::{Body, is_size, numbers};
use super::{Tail, hides_request};

/// A line that ends inside its agent was cut: by a transport if it is about as long as the
/// smallest frame (1,024 bytes in RFC 3164, less a header), and then it counts; a shorter one is a
/// damaged file and does not.
const CUT_MIN: usize = 900;
/// Columns between the bytes and the referrer that are looked at.
const BEFORE_MAX: usize = 4;

/// What stands behind the bytes.
pub(super) struct Tails<'a> {
    pub(super) kind: Tail,
    /// Columns between the bytes and the referrer.
    pub(super) before: &'a str,
    pub(super) referrer: &'a str,
    pub(super) agent: &'a str,
    pub(super) more: &'a str,
}

impl<'a> Tails<'a> {
    /// `None` where the line ends inside a field and is too short to have been cut by a transport.
    pub(super) fn read(body: &Body<'a>, line_len: usize) -> Option<Self> {
        let none = Tails { kind: Tail::Common, before: "", referrer: "", agent: "", more: "" };
        let rest = scan::trim(body.rest);
        if forged(rest) {
            return None;
        }
        let Some((first, after)) = trailer::field(rest) else {
            return Some(none);
        };
        let Some((second, more)) = glued(after).or_else(|| trailer::field(after)) else {
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
        if second.open && !bare_quote(second.raw) && reads(&first) {
            let agent = second.raw;
            let referrer = first.raw;
            let whole = Tails { kind: Tail::Combined, referrer, agent, ..none };
            return (line_len >= CUT_MIN).then_some(whole);
        }
        if reads(&first) && reads(&second) && !second.open {
            let more = scan::trim(more);
            let (referrer, agent) = (first.raw, second.raw);
            if more.is_empty() {
                return Some(Tails { kind: Tail::Combined, referrer, agent, ..none });
            }
            if !trailer::stray_quote(more) {
                return Some(Tails { kind: Tail::Plus, referrer, agent, more, ..none });
            }
        }
        if let Some(tails) = Tails::behind_columns(rest) {
            return Some(tails);
        }
        // Raw quotes (`escape=none`): the referrer ends at the first `" "`, the agent at the last
        // quote of the line. A wrong cut only moves text between these two.
        let inner = rest.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        match inner.and_then(|inner| inner.split_once("\" \"")) {
            Some((referrer, agent)) => {
                Some(Tails { kind: Tail::Combined, referrer, agent, ..none })
            }
            None => Some(Tails { kind: Tail::Plus, more: rest, ..none }),
        }
    }

    /// Unquoted columns, then referrer and agent: `%b %D "…" "…"`, `%b %v "…" "…"`.
    fn behind_columns(rest: &'a str) -> Option<Self> {
        let mut from = rest;
        for _ in 0..BEFORE_MAX {
            let (_, after) = scan::word(from);
            from = after;
            if after.starts_with('"') {
                break;
            }
        }
        let before = &rest[..rest.len() - from.len()];
        let (referrer, after) = trailer::field(from)?;
        let (agent, more) = trailer::field(after)?;
        let closed = referrer.quoted && agent.quoted && !agent.open;
        if !closed || before.contains('"') || trailer::stray_quote(more) {
            return None;
        }
        if hides_request(referrer.raw, after) || hides_request(agent.raw, more) {
            return None;
        }
        let (referrer, agent, more) = (referrer.raw, agent.raw, scan::trim(more));
        Some(Tails { kind: Tail::Plus, before, referrer, agent, more })
    }
}

/// Whether the request's true end may stand behind what was taken for it: a quote that ends a
/// protocol or a word, with a status and a size behind it. Who writes quotes raw lets a path end its
/// own request (`GET /x" 200 1 HTTP/1.1" 404 5`).
fn forged(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    let ends =
        |at: usize| !scan::escaped(bytes, 0, at) && hides_request(&rest[..at], &rest[at + 1..]);
    if memchr::memchr_iter(b'"', bytes).any(ends) {
        return true;
    }
    let mut rest = rest;
    while let Some((field, after)) = trailer::field(rest).filter(|(field, _)| !field.quoted) {
        let closes = field.raw.ends_with('"') && !field.raw.contains("=\"");
        let follows =
            numbers(after).is_some_and(|(status, size, _)| scan::digits(status) && is_size(size));
        if closes && follows {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether a quote without a backslash stands in the text.
fn bare_quote(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'"', bytes).any(|at| !scan::escaped(bytes, 0, at))
}

/// An agent with a time right behind its closing quote, `"curl/8"rt=0.309 uct="0.000"`, where a
/// `log_format` over several lines lost its blank; and what follows the agent. All that follows must
/// be named, so that no raw quote of the agent's own passes for its end.
fn glued(text: &str) -> Option<(trailer::Field<'_>, &str)> {
    let inner = scan::trim(text).strip_prefix('"')?;
    let end = memchr::memchr(b'"', inner.as_bytes())?;
    let (raw, more) = (&inner[..end], &inner[end + 1..]);
    if scan::is_blank(*more.as_bytes().first()?) || !is_named(trailer::field(more)?.0.raw, true) {
        return None;
    }
    let mut rest = more;
    while let Some((field, after)) = trailer::field(rest) {
        if field.quoted || !is_named(field.raw, false) {
            return None;
        }
        rest = after;
    }
    Some((trailer::Field { raw, quoted: true, open: false }, more))
}

/// `key=value` or `key="value"`, perhaps with nothing but a time as its value.
fn is_named(field: &str, time: bool) -> bool {
    let key = field.bytes().take_while(|b| b.is_ascii_lowercase() || *b == b'_').count();
    let Some(value) = field[key..].strip_prefix('=').filter(|_| key > 0) else {
        return false;
    };
    let inner = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
    !inner.contains('"') && (!time || trailer::is_time(inner))
}
