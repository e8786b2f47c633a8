//! The line that nearly every server writes nearly always, cut in one pass without going back:
//!
//! ```text
//! client - - [22/Nov/2026:10:00:00 +0000] "request" 200 512 "referrer" "agent"[ more]
//! ```
//!
//! Only what can be read in one way: with single blanks, without an escape, without a second `[`
//! that could be another time, and with quotes only where fields end. Anything else is `None` and
//! left to the careful reader in `clf`, which reads these lines alike, for three times the work.

use std::cell::Cell;

use super::scan::{self, is_blank};
use crate::decode::seek;
use crate::decode::stamp::{millis_from_civil, month_from_name};
use crate::vocab::time::{Millis, Stamp};

/// The longest client that is looked for: an IPv6 address has 39 characters, with a zone some more.
const CLIENT_MAX: usize = 64;
/// Digits of a size that cannot overflow.
const SIZE_MAX: usize = 18;

/// A line cut into its fields; nothing in it is escaped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual<'a> {
    pub(super) client: &'a str,
    pub(super) stamp: Stamp,
    pub(super) request: &'a str,
    pub(super) status: u16,
    pub(super) bytes: Option<u64>,
    pub(super) referrer: &'a str,
    pub(super) agent: &'a str,
    /// What stands behind the agent, with its blanks.
    pub(super) more: &'a str,
}

/// Cuts a line whose end has been trimmed.
#[inline(always)]
pub(super) fn cut(line: &str) -> Option<Usual<'_>> {
    let (client, stamp, request_at) = begin(line)?;
    let bytes = line.as_bytes();
    let rest = &bytes[request_at..];
    if seek::any(rest, |b| (b == b'[') | (b == b'\\')) {
        return None;
    }
    let request_end = request_at + seek::find(rest, b'"')?;
    let (status, rest) = status(&bytes[request_end + 1..])?;
    let (size, rest) = size(rest)?;
    let rest = rest.strip_prefix(b" \"")?;
    let referrer_at = bytes.len() - rest.len();
    let referrer_end = referrer_at + seek::find(rest, b'"')?;
    let rest = bytes[referrer_end + 1..].strip_prefix(b" \"")?;
    let agent_at = bytes.len() - rest.len();
    let agent_end = agent_at + seek::find(rest, b'"')?;
    if !bytes.get(agent_end + 1).is_none_or(|&b| is_blank(b)) {
        return None;
    }
    Some(Usual {
        client,
        stamp,
        request: &line[request_at..request_end],
        status,
        bytes: size,
        referrer: &line[referrer_at..referrer_end],
        agent: &line[agent_at..agent_end],
        more: &line[agent_end + 1..],
    })
}

/// As [`cut`], of a line that ends with its agent.
#[inline(always)]
pub(super) fn cut_combined(line: &str) -> Option<Usual<'_>> {
    let (client, stamp, request_at) = begin(line)?;
    let rest = &line[request_at..];
    let [request, referrer_at, referrer, agent_at, agent] =
        seek::marks(rest.as_bytes(), b'"', [b'[', b'\\'])?;
    let (status, between) = status(&rest.as_bytes()[request + 1..referrer_at])?;
    let (bytes, between) = size(between)?;
    let ends = between == b" " && rest.as_bytes()[referrer + 1..agent_at] == *b" ";
    (ends && agent + 1 == rest.len()).then(|| Usual {
        client,
        stamp,
        request: &rest[..request],
        status,
        bytes,
        referrer: &rest[referrer_at + 1..referrer],
        agent: &rest[agent_at + 1..agent],
        more: "",
    })
}

/// The client, the time, and where the request begins behind its quote.
#[inline(always)]
fn begin(line: &str) -> Option<(&str, Stamp, usize)> {
    let bytes = line.as_bytes();
    let window = &bytes[..bytes.len().min(CLIENT_MAX)];
    let client = seek::find(window, b' ')?;
    let rest = bytes[client..].strip_prefix(b" - - [")?;
    let (time, rest) = rest.split_first_chunk::<26>()?;
    let stamp = moment(time)?;
    let rest = rest.strip_prefix(b"] \"")?;
    // Without a way out between the comparisons, so that a block is compared as a whole.
    let ends_client = |b| (b == b'\t') | (b == b'"') | (b == b'[') | (b == b'\\');
    let named = client > 0 && !seek::any(&bytes[..client], ends_client);
    named.then(|| (&line[..client], stamp, bytes.len() - rest.len()))
}

/// Three digits between blanks, and what follows them.
#[inline(always)]
fn status(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let &[b' ', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', ref rest @ ..] = bytes
    else {
        return None;
    };
    Some((u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'), rest))
}

/// Digits or `-`, and what follows them.
fn size(bytes: &[u8]) -> Option<(Option<u64>, &[u8])> {
    if let [b'-', rest @ ..] = bytes {
        return Some((None, rest));
    }
    let mut value = 0_u64;
    for (at, &byte) in bytes.iter().enumerate().take(SIZE_MAX + 1) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (at > 0).then(|| (Some(value), &bytes[at..]));
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    None
}

thread_local! {
    /// The time read last and what it means: a busy server writes the same one in hundreds of lines.
    static LAST: Cell<([u8; 26], Stamp)> =
        const { Cell::new((*b"01/Jan/1970:00:00:00 +0000", Stamp::Utc(Millis(0)))) };
}

/// As [`time_of`], which is asked only where the line before had another time.
fn moment(time: &[u8; 26]) -> Option<Stamp> {
    let (last, meant) = LAST.get();
    if last == *time {
        return Some(meant);
    }
    let stamp = time_of(time)?;
    LAST.set((*time, stamp));
    Some(stamp)
}

/// `22/Nov/2026:10:00:00 +0000`.
fn time_of(time: &[u8; 26]) -> Option<Stamp> {
    let [
        d1,
        d2,
        b'/',
        m1,
        m2,
        m3,
        b'/',
        y1,
        y2,
        y3,
        y4,
        b':',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b' ',
        sign @ (b'+' | b'-'),
        zone @ ..,
    ] = *time
    else {
        return None;
    };
    let mut wrong = false;
    let mut pair = |tens: u8, ones: u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        wrong |= tens > 9 || ones > 9;
        tens.wrapping_mul(10).wrapping_add(ones)
    };
    let day = pair(d1, d2);
    let year = i64::from(pair(y1, y2)) * 100 + i64::from(pair(y3, y4));
    let clock = (pair(h1, h2), pair(i1, i2), pair(s1, s2));
    let zone_min = i64::from(pair(zone[0], zone[1])) * 60 + i64::from(pair(zone[2], zone[3]));
    if wrong {
        return None;
    }
    let wall = millis_from_civil((year, month_from_name(&[m1, m2, m3])?, day), clock, 0)?;
    let zone_ms = zone_min * 60_000;
    Some(Stamp::Utc(Millis(wall.0 - if sign == b'-' { -zone_ms } else { zone_ms })))
}

impl Usual<'_> {
    /// Nothing but blanks behind the agent.
    pub(super) fn ends(&self) -> bool {
        self.more.is_empty() || scan::trim(self.more).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_means_the_same_whatever_was_read_before() {
        let times = [
            *b"01/Jan/1970:00:00:00 +0000",
            *b"22/Nov/2026:10:00:00 +0000",
            *b"22/Nov/2026:10:00:00 -0330",
            *b"22/Nov/2026:10:00:01 +0000",
            *b"31/Nov/2026:10:00:00 +0000",
            *b"29/Feb/2024:23:59:60 +0900",
            [0; 26],
        ];
        for before in times {
            for time in times {
                moment(&before);
                assert_eq!(moment(&time), time_of(&time));
                assert_eq!(moment(&time), time_of(&time));
            }
        }
    }
}
