//! What the first bytes of a frame look like: a count, a greeting of another protocol, a next line.

use memchr::memchr;

use crate::vocab::outcome::RejectReason;

/// 9,999,999 octets is far above any frame limit; more digits are no count but text, and cost
/// nothing to refuse (CVE-2022-24903 was a run of zeros copied into a buffer).
const MAX_COUNT_DIGITS: usize = 7;

/// A sender may pad a count with blanks; a line that is indented further is a line.
const MAX_BLANKS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// All that is there could still become a count.
    Undecided,
    No,
    /// Up to 7 digits and a space. `header` is the length of blanks, digits and the space.
    Of {
        header: usize,
        octets: usize,
        /// `<` follows.
        syslog: bool,
        /// `z` and a zlib header follow: rsyslog's `ziplevel`.
        zipped: bool,
    },
}

/// Reads blanks, digits, a space and enough of what follows to tell what is counted.
pub(super) fn count(input: &[u8]) -> Count {
    let blanks = input.iter().take(MAX_BLANKS + 1).take_while(|&&b| is_blank(b)).count();
    if blanks > MAX_BLANKS {
        return Count::No;
    }
    let rest = &input[blanks..];
    let digits = rest.iter().take(MAX_COUNT_DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
    if digits > MAX_COUNT_DIGITS {
        return Count::No;
    }
    let Some(&space) = rest.get(digits) else {
        return Count::Undecided;
    };
    if digits == 0 || space != b' ' {
        return Count::No;
    }
    let octets = rest[..digits].iter().fold(0, |sum, &d| sum * 10 + usize::from(d - b'0'));
    let header = blanks + digits + 1;
    let (syslog, zipped) = match input[header..] {
        [] => return Count::Undecided,
        [b'<', ..] => (true, false),
        [b'z'] if octets > 1 => return Count::Undecided,
        [b'z', 0x78] if octets > 2 => return Count::Undecided,
        [b'z', 0x78, level, ..] if octets > 2 => (false, is_zlib_level(level)),
        _ => (false, false),
    };
    Count::Of { header, octets, syslog, zipped }
}

/// The second byte of a zlib stream with the usual window (RFC 1950), one for each level.
pub(super) fn is_zlib_level(byte: u8) -> bool {
    matches!(byte, 0x01 | 0x5e | 0x9c | 0xda)
}

/// `n text` without the `n ` where the text has exactly `n` bytes: the sender counted, and closed.
pub(super) fn without_fitting_count(line: &[u8]) -> &[u8] {
    match count(line) {
        Count::Of { header, octets, .. } if line.len() - header == octets => &line[header..],
        _ => line,
    }
}

pub(super) enum Greeting {
    Syslog,
    Undecided,
    Other(RejectReason),
}

/// What the very first bytes of a connection say about who calls. None of these can start a line
/// of text, and a few bytes decide.
pub(super) fn greeting(input: &[u8], eof: bool) -> Greeting {
    const OTHERS: [(&[u8], RejectReason); 7] = [
        (&[0x78, 0x01], RejectReason::Compressed),
        (&[0x78, 0x9c], RejectReason::Compressed),
        (&[0x78, 0xda], RejectReason::Compressed),
        (&[0x1f, 0x8b], RejectReason::Compressed),
        (&[0x28, 0xb5, 0x2f, 0xfd], RejectReason::Compressed),
        // A TLS record: handshake, version 3.x (RFC 8446 section 5.1).
        (&[0x16, 0x03, 0x01], RejectReason::TlsOnPlain),
        (&[0x16, 0x03, 0x03], RejectReason::TlsOnPlain),
    ];
    let mut undecided = false;
    for (start, reason) in OTHERS {
        if input.starts_with(start) {
            return Greeting::Other(reason);
        }
        undecided |= start.starts_with(input);
    }
    if matches!(*input, [0x16, 0x03, 0..=4, ..]) {
        return Greeting::Other(RejectReason::TlsOnPlain);
    }
    if undecided && !eof { Greeting::Undecided } else { Greeting::Syslog }
}

/// `GET / HTTP/1.1` and nothing more: an access line goes on behind the version.
pub(super) fn is_http_request(line: &[u8]) -> bool {
    let Some((rest, version)) = line.split_last_chunk::<9>() else {
        return false;
    };
    let [b' ', b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] = version else {
        return false;
    };
    let method = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let target = rest.get(method + 1..).unwrap_or_default();
    (3..=16).contains(&method)
        && rest.get(method) == Some(&b' ')
        && !target.is_empty()
        && !target.contains(&b' ')
}

pub(super) enum Boundary {
    /// The LF before a line that starts a message.
    At(usize),
    /// An LF whose next line has not come far enough.
    Undecided(usize),
    /// None in so many bytes.
    None(usize),
}

/// The first LF from `from` on that is followed by `<`, one to three digits and `>`.
pub(super) fn boundary(input: &[u8], from: usize, eof: bool) -> Boundary {
    let mut from = from;
    while let Some(at) = memchr(b'\n', &input[from..]).map(|at| from + at) {
        match starts_message(&input[at + 1..]) {
            Some(true) => return Boundary::At(at),
            None if !eof => return Boundary::Undecided(at),
            _ => from = at + 1,
        }
    }
    Boundary::None(input.len())
}

/// Whether the bytes begin with `<` digits `>`; `None` where they end before that is clear.
pub(super) fn starts_message(bytes: &[u8]) -> Option<bool> {
    if *bytes.first()? != b'<' {
        return Some(false);
    }
    let digits = bytes[1..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    bytes.get(1 + digits).map(|&end| (1..=3).contains(&digits) && end == b'>')
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Without the terminators on both sides (LF CR and LF NUL leave one at the start of the next
/// line) and without blanks before a PRI, which Cisco ASA sends.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !is_terminator(*b)).unwrap_or(bytes.len());
    let bytes = trim_end(&bytes[start..]);
    let blanks = bytes.iter().take_while(|&&b| is_blank(b)).count();
    match bytes[blanks..] {
        [b'<', b'0'..=b'9', ..] => &bytes[blanks..],
        _ => bytes,
    }
}

pub(super) fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| !is_terminator(*b)).map_or(0, |last| last + 1);
    &bytes[..end]
}

fn is_terminator(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0)
}
