//! What is inside one datagram: nothing, a frame, or several lines of syslog.

use memchr::memchr;

use super::scan::{Count, count, is_blank, is_zlib_level, trim, trim_end};
use crate::vocab::outcome::RejectReason;

/// What one datagram holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datagram<'b> {
    /// Nothing, or only blanks and terminators: no frame, and no fault (F-041 of the bad inputs).
    Empty,
    /// At least one frame.
    Frames(Frames<'b>),
    Rejected(RejectReason),
}

/// The frames of one datagram, in order; nearly always one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames<'b> {
    rest: &'b [u8],
    lines: bool,
    split: bool,
}

impl Frames<'_> {
    /// Whether a frame may hold LF.
    #[must_use]
    pub fn may_hold_lf(&self) -> bool {
        self.lines && !self.split
    }
}

impl<'b> Iterator for Frames<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        while !self.rest.is_empty() {
            let end = if self.split { memchr(b'\n', self.rest) } else { None };
            let (line, rest) = match end {
                Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
                None => (self.rest, &[][..]),
            };
            self.rest = rest;
            let line = trim(line);
            if !line.is_empty() {
                return Some(line);
            }
        }
        None
    }
}

/// Looks into a datagram. Trailing LF, CRLF and NUL are gone (HAProxy, syslog-ng, Python send
/// them), and so is an octet count that fits (`logger -d --octet-count`).
///
/// LF inside stays, as one message may hold several lines (RFC 5426 section 3.1: one message a
/// datagram); only where *every* line starts with `<digits` are they messages of their own.
#[must_use]
pub fn datagram(bytes: &[u8]) -> Datagram<'_> {
    let bytes = match count(bytes) {
        Count::Of { zipped: true, .. } => return Datagram::Rejected(RejectReason::Compressed),
        Count::Of { header, octets, syslog: true, .. }
            if (bytes.len() - header).abs_diff(octets) <= 1 =>
        {
            &bytes[header..]
        }
        _ => bytes,
    };
    if let [b'z', 0x78, level, ..] = *bytes
        && is_zlib_level(level)
    {
        return Datagram::Rejected(RejectReason::Compressed);
    }
    let rest = trim(bytes);
    if rest.iter().all(|&b| is_blank(b)) {
        return Datagram::Empty;
    }
    let lines = memchr(b'\n', rest).is_some();
    let split = lines
        && rest.split(|&b| b == b'\n').all(|line| {
            let line = trim_end(line);
            line.is_empty() || matches!(line, [b'<', b'0'..=b'9', ..])
        });
    Datagram::Frames(Frames { rest, lines, split })
}
