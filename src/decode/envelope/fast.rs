//! The shapes nearly every line has, read by hand: about a tenth of the general parser's time.

use super::general::{is_level, is_request, registered_sd};
use super::header::{nil, split_pid, time_3164, time_iso, time_journal, word};
use super::{Envelope, Via, sd};

/// Reads what follows a valid PRI; `None` where it is not exactly one of the usual shapes.
pub(super) fn parse(rest: &str) -> Option<Envelope<'_>> {
    match *rest.as_bytes() {
        [b'1', b' ', ..] => rfc5424(&rest[2..]),
        [b'A'..=b'Z', ..] => rfc3164(rest, time_3164(rest)?),
        [b'0'..=b'9', ..] => {
            rfc3164(rest, time_iso(rest)?).filter(|read| !read.hostname.is_some_and(is_level))
        }
        _ => None,
    }
}

/// Reads a line without PRI, as syslog daemons write files. Only with the old time: an ISO time may
/// begin any log's line. And as journalctl writes it with the times that only it has, which it puts
/// before a host.
pub(super) fn parse_file_line(line: &str) -> Option<Envelope<'_>> {
    if let Some(time) = time_journal(line) {
        return rfc3164(line, time).filter(|envelope| envelope.hostname.is_some());
    }
    rfc3164(line, time_3164(line)?)
}

/// `TIME [HOST ]TAG[[PID]]: MESSAGE`.
fn rfc3164(rest: &str, (stamp, length): super::header::Time) -> Option<Envelope<'_>> {
    let (time, rest) = rest.split_at_checked(length)?;
    let rest = rest.strip_prefix(' ')?;
    let (first, behind) = word(rest);
    let (hostname, tag, message) = match first.strip_suffix(':') {
        Some(tag) => (None, tag, behind),
        None if first.ends_with(']') => return None,
        None => {
            let (second, behind) = word(behind);
            (Some(first), second.strip_suffix(':')?, behind)
        }
    };
    if !hostname.is_none_or(is_name) || is_request(hostname, Some(tag)) {
        return None;
    }
    let (app, pid) = split_pid(tag);
    if !is_name(app) || registered_sd(message).is_some() {
        return None;
    }
    Some(Envelope {
        stamp,
        time,
        hostname,
        app_name: Some(app),
        proc_id: pid,
        message,
        via: Via::Fast,
        ..Envelope::default()
    })
}

/// `TIME HOST APP PROCID MSGID SD[ MESSAGE]`, behind the version.
fn rfc5424(rest: &str) -> Option<Envelope<'_>> {
    let (time, rest) = word(rest);
    let stamp = match nil(time) {
        None => None,
        Some(time) => match time_iso(time)? {
            (stamp, length) if length == time.len() => stamp,
            _ => return None,
        },
    };
    let (hostname, rest) = word(rest);
    let (app_name, rest) = word(rest);
    let (proc_id, rest) = word(rest);
    let (msg_id, rest) = word(rest);
    if hostname.is_empty() || app_name.is_empty() || proc_id.is_empty() || msg_id.is_empty() {
        return None;
    }
    let (structured_data, rest) = match rest.as_bytes() {
        [b'-'] => (Vec::new(), ""),
        [b'-', b' ', ..] => (Vec::new(), &rest[1..]),
        [b'[', ..] => sd::strict(rest)?,
        _ => return None,
    };
    Some(Envelope {
        version: Some(1),
        stamp,
        time: nil(time).unwrap_or(""),
        hostname: nil(hostname),
        app_name: nil(app_name),
        proc_id: nil(proc_id),
        msg_id: nil(msg_id),
        structured_data,
        message: message_5424(rest),
        via: Via::Fast,
        ..Envelope::default()
    })
}

/// The MSG behind structured data. Its BOM goes; and so does one blank more than the standard
/// writes, for relays keep the blank that RFC 3164 has behind the tag's colon.
pub(super) fn message_5424(rest: &str) -> &str {
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    rest.strip_prefix('\u{feff}').unwrap_or(rest)
}

/// Letters and what else names of hosts and programs are made of: the words that cannot be
/// mistaken for the start of a message. Starts with a letter or a digit; IPv6 has colons.
fn is_name(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'@' | b'+')
        })
}
