//! What HAProxy says of itself, and of connections that never became requests.

use std::borrow::Cow;

use super::super::{Format, scan};
use super::{access, client_and_time, split_port, tls_columns};
use crate::vocab::event::{Event, Kind, Level};

/// Notices in a log, on standard error, and of connections that failed.
#[derive(Debug)]
pub(in super::super) struct Notice;

impl Format for Notice {
    fn name(&self) -> &'static str {
        "haproxy_error"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let line = line.trim_end_matches(['\r', '\n', '\0']);
        if let Some(event) = connection(line, self.name()) {
            return Some(event);
        }
        let (level, pid, message) = match stderr(line) {
            Some(said) => said,
            None => (notice_level(line)?, None, line),
        };
        Some(Event {
            kind: Kind::Error,
            format: self.name(),
            level: Some(level),
            pid,
            message: Some(Cow::Borrowed(message)),
            ..Event::default()
        })
    }
}

/// `client:port [time] frontend/bind: SSL handshake failure`, or the columns of an `error-log-format`
/// as the manual gives it: `client:port [time] frontend ac/fc codes sni/version/cipher`.
fn connection<'a>(line: &'a str, format: &'static str) -> Option<Event<'a>> {
    let (client, stamp, rest) = client_and_time(line)?;
    let (ip, port) = split_port(client)?;
    let mut event = access(format, ip, port);
    event.kind = Kind::Error;
    event.stamp = Some(stamp);
    event.message_full = Some(Cow::Borrowed(rest));
    // As HAProxy itself, unless it is told to call these errors.
    event.level = Some(Level::Info);
    let (place, after) = scan::word(rest);
    if let Some(place) = place.strip_suffix(':') {
        // A quote opens the request or the agent of a line that begins as this one does.
        if !place.contains('/') || place.contains('"') || after.is_empty() {
            return None;
        }
        event.message = Some(Cow::Borrowed(after));
        return Some(event);
    }
    let (conns, after) = scan::word(after);
    let (codes, columns) = scan::word(after);
    let five = codes.split('/').count() == 5 && codes.split('/').all(is_hex);
    if conns.split('/').count() != 2 || !conns.split('/').all(scan::digits) || !five {
        return None;
    }
    let (tls, _) = scan::word(columns);
    if !columns.is_empty() && tls.split('/').count() < 3 {
        // A status and a size: an HTTP line.
        return None;
    }
    event.message = Some(Cow::Borrowed(after));
    tls_columns(columns, &mut event);
    Some(event)
}

fn is_hex(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether the line is one of those that HAProxy writes to standard error.
pub(in super::super) fn is_stderr(line: &str) -> bool {
    stderr(line).is_some()
}

/// `[WARNING]  (12) : text`, before version 2.4 with a day of the year and a time in front of the
/// process: `[WARNING] 325/100000 (12) : text`.
fn stderr(line: &str) -> Option<(Level, Option<u32>, &str)> {
    let (level, rest) = line.strip_prefix('[')?.split_once(']')?;
    let level = match level {
        "NOTICE" => Level::Notice,
        "WARNING" => Level::Warn,
        "ALERT" => Level::Alert,
        "DIAG" => Level::Debug,
        _ => return None,
    };
    let rest = scan::trim(rest);
    let (first, after) = scan::word(rest);
    let dated = first.split_once('/').is_some_and(|(a, b)| scan::digits(a) && scan::digits(b));
    let rest = if dated { after } else { rest };
    let (pid, text) = rest.strip_prefix('(')?.split_once(") : ")?;
    scan::digits(pid).then(|| (level, pid.parse().ok(), text))
}

/// The severity that HAProxy itself gives to its notices.
fn notice_level(line: &str) -> Option<Level> {
    let (subject, rest) = line.split_once(' ')?;
    let about = |word: &str| subject.eq_ignore_ascii_case(word);
    if about("health") {
        let check = ["check for server ", "check for backup server "];
        let (_, said) = check.iter().find_map(|front| rest.strip_prefix(front))?.split_once(' ')?;
        let failed = said.starts_with("failed");
        let known = failed || said.starts_with("succeeded") || said.starts_with("conditionally");
        return known.then_some(if failed { Level::Warn } else { Level::Notice });
    }
    // The time and the request of an access line, whose site has such a name: only of a server, whose
    // name has a slash, is more told than HAProxy's own words.
    let site = ["stopping", "pausing", "proxy", "backend"].iter().any(|word| about(word));
    if site && rest.contains(" [") && rest.contains('"') {
        return None;
    }
    if about("stopping") || about("pausing") {
        let what = ["proxy ", "frontend ", "backend "].iter().any(|what| rest.starts_with(what));
        return (what && rest.ends_with(" ms.")).then_some(Level::Warn);
    }
    // `Backup Server web/b is UP`.
    let (about, rest) = match rest.strip_prefix("Server ").filter(|_| about("backup")) {
        Some(rest) => ("server", rest),
        None => (subject, rest),
    };
    let about = |word: &str| about.eq_ignore_ascii_case(word);
    let (name, said) = rest.split_once(' ')?;
    let says = |words: &[&str]| words.iter().any(|word| said.starts_with(word));
    if about("proxy") {
        return if says(&["stopped"]) {
            Some(Level::Warn)
        } else {
            says(&["started", "paused"]).then_some(Level::Notice)
        };
    }
    // The characters that HAProxy lets a name have.
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b));
    let server = (about("server") || about("backup")) && name.contains('/') && plain;
    if !server && !about("backend") {
        return None;
    }
    if says(&["has no server available"]) {
        Some(Level::Emerg)
    } else if says(&["is DOWN", "is going DOWN"]) {
        Some(Level::Alert)
    } else if says(&["is UP", "is stopping"]) {
        Some(Level::Notice)
    } else {
        says(&["is ", "was ", "changed "]).then_some(Level::Warn)
    }
}
