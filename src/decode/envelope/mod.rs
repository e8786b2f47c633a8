//! Takes the syslog header off a line: who sent it, when, and where what the server wrote starts.
//!
//! RFC 3164 with and without hostname, tag, pid and PRI, RFC 5424, and what senders make of both.
//! A line without a header (a bare access line, JSON, an error log's line) comes out whole. Nothing
//! is refused: what cannot be read stays in the message.

mod fast;
mod general;
mod header;
mod sd;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::seek;
use crate::vocab::time::Stamp;

/// A line without its header. Texts are `None` where the sender wrote nothing or `-`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope<'a> {
    /// 0–23, from a PRI of 0–191; any other PRI is none.
    pub facility: Option<u8>,
    /// 0–7.
    pub severity: Option<u8>,
    /// The VERSION of RFC 5424.
    pub version: Option<u16>,
    /// `None` where no time was written, or one that cannot be (30 February, 25:00).
    pub stamp: Option<Stamp>,
    /// The time as it was written; empty where there is none.
    pub time: &'a str,
    pub hostname: Option<&'a str>,
    /// The tag of RFC 3164, without pid and colon.
    pub app_name: Option<&'a str>,
    pub proc_id: Option<&'a str>,
    pub msg_id: Option<&'a str>,
    pub structured_data: Vec<Element<'a>>,
    /// What the server wrote: byte for byte, behind `tag: ` or the structured data.
    pub message: &'a str,
    pub via: Via,
}

impl Envelope<'_> {
    /// The digits behind the point of the time, as written: a stamp holds milliseconds only.
    #[must_use]
    pub fn fraction(&self) -> &str {
        let Some((_, behind)) = self.time.split_once('.') else { return "" };
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        &behind[..digits]
    }
}

/// One element of structured data, RFC 5424 section 6.3. Ids may repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    pub id: &'a str,
    /// Names and values, the escapes of the values undone.
    pub params: Vec<(&'a str, Cow<'a, str>)>,
}

/// Which reader understood a header, for the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Via {
    /// One of the usual shapes, read by hand.
    Fast = 0,
    /// `syslog_loose`, where it is right.
    General,
    /// No header, or only a PRI.
    #[default]
    Bare,
    /// A header that breaks the rules in a known way.
    Repaired,
}

impl Via {
    pub const ALL: [Via; 4] = [Via::Fast, Via::General, Via::Bare, Via::Repaired];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Via::Fast => "fast",
            Via::General => "general",
            Via::Bare => "bare",
            Via::Repaired => "repaired",
        }
    }
}

/// Reads the header of a frame. Terminators at its end and a BOM at its start are not part of it.
///
/// Where the message is itself a whole syslog message, as some relays send it, the inner header is
/// the one that is given: once, never deeper.
#[must_use]
pub fn parse(line: &str) -> Envelope<'_> {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let line = line.trim_end_matches(['\n', '\r', '\0']);
    if begins_with_ipv4(line) {
        return Envelope { message: line, ..Envelope::default() };
    }
    let outer = parse_once(line);
    if outer.via == Via::Bare || !outer.message.starts_with('<') {
        return outer;
    }
    let inner = parse_once(outer.message);
    if inner.severity.is_some() && inner.via != Via::Bare { inner } else { outer }
}

/// The header of a line whose envelope this is, if the same bytes before another message would give
/// the same envelope: those of the usual RFC 3164 shape, which end with the tag's colon and blank.
///
/// A sender writes the same header for a whole second: who keeps it reads the next line with
/// [`behind`] for the price of a comparison.
#[must_use]
pub fn header<'a>(line: &'a str, envelope: &Envelope<'a>) -> Option<&'a str> {
    if envelope.via != Via::Fast || envelope.version.is_some() {
        return None;
    }
    let end = (envelope.message.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    let header = line.get(..end)?;
    // A second `<` would be a message in a message, whose outer header says nothing.
    let single = header.starts_with('<') && memchr::memrchr(b'<', header.as_bytes()) == Some(0);
    (single && header.ends_with(": ")).then_some(header)
}

/// The message of a line that begins with a header that [`header()`] gave; `None` where it does not,
/// or its message could change what the header means (structured data, a message in a message).
#[must_use]
pub fn behind<'a>(header: &str, line: &'a str) -> Option<&'a str> {
    seek::behind(header.as_bytes(), line.as_bytes())?;
    let message = line.get(header.len()..)?;
    let ends = |b: &u8| matches!(b, b'\n' | b'\r' | b'\0');
    match message.as_bytes() {
        [b'[' | b'<' | b' ', ..] => None,
        [.., last] if !ends(last) => Some(message),
        bytes => {
            let over = bytes.iter().rev().take_while(|b| ends(b)).count();
            Some(&message[..message.len() - over])
        }
    }
}

/// Up to three digits and a dot, as most lines of a web server's file begin and no header does.
fn begins_with_ipv4(line: &str) -> bool {
    let bytes = line.as_bytes();
    let digits = bytes.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    (1..=3).contains(&digits) && bytes.get(digits) == Some(&b'.')
}

/// `2026-11-22T10:00:00.123456789Z line`: the time of a container engine, before whatever a program wrote. RFC 5424
/// has no more than six digits behind the point, so no name stands behind nine.
fn begins_with_engines_time(line: &str) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    match line.as_bytes().first_chunk::<30>() {
        Some(time) => {
            time[10] == b'T'
                && time[19] == b'.'
                && digits(&time[..4])
                && digits(&time[20..29])
                && matches!(time[29], b'Z' | b'+' | b'-')
        }
        None => false,
    }
}

fn parse_once(line: &str) -> Envelope<'_> {
    let (pri, rest) = header::pri(line);
    if pri == header::Pri::None && begins_with_engines_time(line) {
        return Envelope { message: line, ..Envelope::default() };
    }
    let read = match pri {
        header::Pri::Valid(_) => fast::parse(rest),
        header::Pri::None => fast::parse_file_line(rest),
        header::Pri::Invalid => None,
    };
    let mut envelope = match read {
        Some(envelope) => envelope,
        None => general::parse(line, pri, rest),
    };
    if let header::Pri::Valid(pri) = pri {
        envelope.facility = Some(pri >> 3);
        envelope.severity = Some(pri & 7);
    }
    envelope
}
