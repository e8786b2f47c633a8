//! Headers that are not of the usual shapes: `syslog_loose` where it is right, and repairs of what
//! it gets wrong. Times are always read by our own hand, as its are wrong or fatal too often.

use std::net::{IpAddr, Ipv4Addr};

use chrono::Utc;
use syslog_loose::{Protocol, Variant, parse_message_with_year_tz};

use super::header::{Pri, nil, split_pid, time_3164, time_iso, time_year_first, word};
use super::{Element, Envelope, Via, fast, sd};
use crate::vocab::time::Stamp;

/// Servers whose name is a tag even where the colon is missing (rsyslog's imfile, `Tag="nginx"`).
const SERVERS: [&str; 12] = [
    "angie",
    "apache",
    "caddy",
    "envoy",
    "haproxy",
    "httpd",
    "lighttpd",
    "litespeed",
    "nginx",
    "openresty",
    "traefik",
    "varnish",
];

/// Reads a line whose PRI has been read. `rest` is what follows it.
pub(super) fn parse<'a>(line: &'a str, pri: Pri, rest: &'a str) -> Envelope<'a> {
    let body = rest.trim_start_matches(' ');
    if let Some((version, rest)) = version(body, pri) {
        if let Some(envelope) = loose_5424(line, version) {
            return envelope;
        }
        if let Some(envelope) = columns(Some(version), rest, pri == Pri::None) {
            return envelope;
        }
    }
    let dated = undated_prefix(body);
    if let Some((stamp, length)) = time_3164(dated) {
        return with_3164_time(line, stamp, dated.split_at(length));
    }
    // Without a PRI a year may begin anything.
    if pri != Pri::None
        && let Some((stamp, length)) = time_year_first(dated)
    {
        return repaired(stamp, dated.split_at(length));
    }
    if let Some((stamp, length)) = time_iso(dated)
        && matches!(dated.as_bytes().get(length), None | Some(b' ' | b':'))
    {
        let parts = dated.split_at(length);
        // A program may write its own line right behind a PRI.
        let is_own = || is_level(word(parts.1.trim_start_matches(' ')).0);
        if pri == Pri::Invalid || (pri != Pri::None && !is_own()) {
            return with_3164_time(line, stamp, parts);
        }
        if pri == Pri::None
            && let Some(envelope) = file_line(dated, stamp, parts)
        {
            return envelope;
        }
    }
    let message = if matches!(pri, Pri::Valid(_)) { rest } else { line };
    let message = message.strip_prefix('\u{feff}').unwrap_or(message);
    if matches!(pri, Pri::Valid(_))
        && let Some((app, pid, message)) = gunicorn(message).or_else(|| process(message))
    {
        let (app_name, proc_id) = (Some(app), Some(pid));
        return Envelope { app_name, proc_id, message, ..Envelope::default() };
    }
    Envelope { message, ..Envelope::default() }
}

/// What syslog daemons write into files, without a PRI. A time may begin any log's line: the rest must look like syslog.
fn file_line<'a>(
    dated: &'a str,
    stamp: Option<Stamp>,
    parts: (&'a str, &'a str),
) -> Option<Envelope<'a>> {
    let is_own = |envelope: &Envelope<'_>| {
        let names = [envelope.hostname, envelope.app_name];
        is_request(envelope.hostname, envelope.app_name)
            || names.into_iter().flatten().any(is_level)
    };
    // An APP-NAME that ends like a tag is one, and what follows it is no PROCID but the server's own line. Two blanks
    // are no hostname: loggers pad their levels.
    if let Some(envelope) = columns(None, dated, true)
        && !parts.1.starts_with("  ")
        && !of_container(&envelope)
        && !is_own(&envelope)
        && !envelope.app_name.is_some_and(|app| app.ends_with(':'))
    {
        return Some(envelope);
    }
    let envelope = repaired(stamp, parts);
    let sent_by_host = envelope.hostname.is_some() && envelope.app_name.is_some();
    // Heroku's drains leave the host out, but not the process.
    let sent_by_process = envelope.hostname.is_none() && envelope.proc_id.is_some();
    let sent = (sent_by_host || sent_by_process) && !is_own(&envelope);
    (sent && has_colon(&envelope, dated)).then_some(envelope)
}

/// `gunicorn.PROC.access: [PID] MESSAGE`: gunicorn's own handler (`--log-syslog`) writes a tag, but
/// neither time nor host. Of any other program's `word: ` without a time nobody knows that it is one.
fn gunicorn(message: &str) -> Option<(&str, &str, &str)> {
    let (tag, rest) = message.split_once(": [")?;
    let name = tag.strip_prefix("gunicorn.")?;
    let name = name.strip_suffix(".access").or_else(|| name.strip_suffix(".error"))?;
    let (pid, message) = rest.split_once("] ")?;
    let digits = (1..=10).contains(&pid.len()) && pid.bytes().all(|b| b.is_ascii_digit());
    (digits && !name.contains(' ')).then_some((tag, pid, message))
}

/// `app[123]: text` right behind the PRI, as programs write that leave time and host to the relay.
fn process(message: &str) -> Option<(&str, &str, &str)> {
    let (first, text) = word(message.strip_prefix(' ').unwrap_or(message));
    let (app, pid) = split_pid(first.strip_suffix(':')?);
    let pid = pid.filter(|pid| pid.len() <= 10 && pid.bytes().all(|b| b.is_ascii_digit()))?;
    is_program(app).then_some((app, pid, text))
}

/// `TIME stdout F text`: how container runtimes (CRI) write what a program said. No syslog.
fn of_container(envelope: &Envelope<'_>) -> bool {
    matches!(envelope.hostname, Some("stdout" | "stderr"))
        && matches!(envelope.app_name, Some("F" | "P"))
}

/// A method and what it asks for, as a program writes them right behind a time: no host and no program, or whoever asks
/// for a page would make a source of it.
pub(super) fn is_request(host: Option<&str>, app: Option<&str>) -> bool {
    let target = |word: &str| word.starts_with(['/', '*']) || word.contains("://");
    app.is_some_and(target) && host.is_some_and(|word| METHODS.contains(&word))
}

/// What a program's logger says behind a time, as loudly as that; no host and no program is called so.
pub(super) fn is_level(word: &str) -> bool {
    matches!(word, "TRACE" | "DEBUG" | "INFO" | "WARN" | "WARNING" | "ERROR" | "FATAL")
}

/// What Node's server lets a client ask with; a host in capitals may have a program `/USR/SBIN/CRON`.
const METHODS: [&str; 35] = [
    "ACL",
    "BIND",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LINK",
    "LOCK",
    "M-SEARCH",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MOVE",
    "NOTIFY",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "TRACE",
    "UNBIND",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
];

/// What stands before a Cisco router's time: a sequence number and a colon, `*` or `.` for a clock
/// that is not set, a lone colon (ASA). Only where a time follows.
fn undated_prefix(body: &str) -> &str {
    let digits = body.bytes().take(20).take_while(u8::is_ascii_digit).count();
    let after = match body[digits..].strip_prefix(':') {
        Some(after) => after.trim_start_matches(' '),
        None => body,
    };
    let after = after.strip_prefix(['*', '.']).unwrap_or(after);
    if time_3164(after).is_some() { after } else { body }
}

fn with_3164_time<'a>(
    line: &'a str,
    stamp: Option<Stamp>,
    parts: (&'a str, &'a str),
) -> Envelope<'a> {
    // Asked only where it can be right, see `loose_3164`: it costs more than all the rest.
    let has_tag = behind_time(parts.1).split(' ').take(2).any(|word| word.ends_with(':'));
    match has_tag.then(|| loose_3164(line)).flatten() {
        Some(envelope) => Envelope { stamp, time: parts.0, ..envelope },
        None => repaired(stamp, parts),
    }
}

/// What follows a time: behind a blank, or behind Cisco's colon.
fn behind_time(rest: &str) -> &str {
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    rest.strip_prefix(' ').unwrap_or(rest)
}

/// `VERSION SP` where a time follows, or behind a PRI also `-` or nothing. At most 5 digits.
fn version(body: &str, pri: Pri) -> Option<(u16, &str)> {
    let digits = body.bytes().take(6).take_while(u8::is_ascii_digit).count();
    let version = body[..digits].parse().ok()?;
    let rest = body[digits..].strip_prefix(' ')?;
    let (time, _) = word(rest);
    let nothing = time.is_empty() || time == "-";
    let follows = if nothing { pri != Pri::None } else { time_iso(time).is_some() };
    follows.then_some((version, rest))
}

fn loose_5424(line: &str, version: u16) -> Option<Envelope<'_>> {
    // The year is only asked for where none was written, and its time is not used.
    let read = parse_message_with_year_tz(line, |_| 2000, Some(Utc), Variant::RFC5424);
    if !matches!(read.protocol, Protocol::RFC5424(_)) {
        return None;
    }
    // Structured data that breaks the standard it drops, or takes half of it for the message.
    let at = if read.msg.is_empty() { line.len() } else { offset(line, read.msg)? };
    let no_data = line.split(' ').nth(6).is_none_or(|word| word == "-");
    if read.structured_data.is_empty() != no_data
        || !(read.msg.is_empty() || line[..at].ends_with(' '))
    {
        return None;
    }
    let (_, rest) = super::header::pri(line);
    let (_, rest) = word(rest);
    let (time, _) = word(rest);
    let structured_data = read
        .structured_data
        .into_iter()
        .map(|element| Element {
            id: element.id,
            params: element.params.into_iter().map(|(k, v)| (k, sd::unescape(v))).collect(),
        })
        .collect();
    Some(Envelope {
        version: Some(version),
        stamp: time_iso(time).and_then(|(stamp, _)| stamp),
        time: nil(time).unwrap_or(""),
        hostname: read.hostname.and_then(nil),
        app_name: read.appname.and_then(nil),
        proc_id: proc_id(line, read.procid),
        msg_id: read.msgid.and_then(nil),
        structured_data,
        message: fast::message_5424(&line[at..]),
        via: Via::General,
        ..Envelope::default()
    })
}

/// `syslog_loose` is believed about RFC 3164 where it found a hostname and a tag that ends in a
/// colon and a blank: everything else it has been seen to guess wrong.
fn loose_3164(line: &str) -> Option<Envelope<'_>> {
    let read = parse_message_with_year_tz(line, |_| 2000, Some(Utc), Variant::RFC3164);
    let (hostname, app) = (read.hostname?, read.appname?);
    const NO_NAMES: [char; 6] = ['{', '[', '"', '%', '<', '#'];
    if hostname.contains(NO_NAMES)
        || app.contains(NO_NAMES)
        || is_request(Some(hostname), Some(app))
    {
        return None;
    }
    let behind_app = &line[offset(line, app)? + app.len()..];
    let (pid, behind) = match behind_app.strip_prefix('[') {
        Some(inner) => {
            let (pid, behind) = inner.split_once(']')?;
            (nil(pid), behind)
        }
        None => (None, behind_app),
    };
    let message = behind.strip_prefix(": ").or_else(|| (behind == ":").then_some(""))?;
    if hostname.is_empty() || app.is_empty() || registered_sd(message).is_some() {
        return None;
    }
    Some(Envelope {
        hostname: nil(hostname),
        app_name: nil(app),
        proc_id: pid,
        message,
        via: Via::General,
        ..Envelope::default()
    })
}

fn proc_id<'a>(line: &'a str, id: Option<syslog_loose::ProcId<&'a str>>) -> Option<&'a str> {
    match id? {
        syslog_loose::ProcId::Name(name) => nil(name),
        // It gives the number and not the text, which is the word behind time, host and app.
        syslog_loose::ProcId::PID(_) => nil(line.split(' ').nth(4)?),
    }
}

/// Where `part`, a slice of `line`, starts.
fn offset(line: &str, part: &str) -> Option<usize> {
    let at = (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    (at + part.len() <= line.len() && line.is_char_boundary(at)).then_some(at)
}

/// RFC 5424 with faults: columns missing at the end, structured data missing or broken, a time that
/// cannot be or lacks its zone. `whole` demands all columns, where nothing else says it is syslog.
fn columns(version: Option<u16>, rest: &str, whole: bool) -> Option<Envelope<'_>> {
    let (time, rest) = word(rest);
    let stamp = match nil(time) {
        None => None,
        Some(time) => time_iso(time).filter(|&(_, length)| length == time.len())?.0,
    };
    let (hostname, rest) = word(rest);
    let (app_name, rest) = word(rest);
    let (proc_id, rest) = word(rest);
    let (msg_id, rest) = word(rest);
    let (structured_data, message) = match rest.strip_prefix('-') {
        Some(message) if message.is_empty() || message.starts_with(' ') => (Vec::new(), message),
        _ => match sd::lenient(rest) {
            Some(read) => read,
            None if whole => return None,
            None => (Vec::new(), rest),
        },
    };
    Some(Envelope {
        version,
        stamp,
        time: nil(time).unwrap_or(""),
        hostname: nil(hostname),
        app_name: nil(app_name),
        proc_id: nil(proc_id),
        msg_id: nil(msg_id),
        structured_data,
        message: fast::message_5424(message),
        via: Via::Repaired,
        ..Envelope::default()
    })
}

/// What follows a time of RFC 3164, where hostname, tag or colon are missing or odd.
fn repaired<'a>(stamp: Option<Stamp>, (time, rest): (&'a str, &'a str)) -> Envelope<'a> {
    let rest = behind_time(rest);
    let mut envelope = Envelope { stamp, time, via: Via::Repaired, ..Envelope::default() };
    let trimmed = rest.trim_start_matches(' ');
    let host_missing = trimmed.len() < rest.len();
    if host_missing || starts_message(trimmed) || tag(trimmed).is_some_and(|tag| tag.sure) {
        return with_tag(envelope, trimmed);
    }
    let (first, behind) = word(trimmed);
    if !is_host(first) && first != "-" && tag(behind).is_none_or(|tag| !tag.sure) {
        envelope.message = trimmed;
        return envelope;
    }
    envelope.hostname = nil(first);
    with_tag(envelope, behind)
}

fn with_tag<'a>(mut envelope: Envelope<'a>, rest: &'a str) -> Envelope<'a> {
    let rest = rest.trim_start_matches(' ');
    if starts_message(rest) {
        envelope.message = rest;
        return envelope;
    }
    match tag(rest) {
        None if rest.starts_with("- ") => envelope.message = &rest[2..],
        Some(tag) => {
            envelope.app_name = Some(tag.app);
            envelope.proc_id = tag.pid;
            envelope.message = tag.message;
        }
        None => envelope.message = rest,
    }
    if let Some((element, message)) = registered_sd(envelope.message) {
        envelope.structured_data = element;
        envelope.message = message;
    }
    envelope
}

/// rsyslog puts `[origin …]` behind the tag of RFC 3164. Only the names that RFC 5424 section 7
/// registers are read there: any other bracket is the message's own.
pub(super) fn registered_sd(message: &str) -> Option<(Vec<Element<'_>>, &str)> {
    let body = message.trim_start_matches(' ');
    if !["[origin ", "[meta ", "[timeQuality "].iter().any(|start| body.starts_with(start)) {
        return None;
    }
    let (elements, rest) = sd::strict(body)?;
    Some((elements, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// Whether this can be neither hostname nor tag, but is the server's own line.
fn starts_message(text: &str) -> bool {
    let (first, rest) = word(text);
    let bytes = first.as_bytes();
    match bytes.first() {
        None => true,
        Some(b'{' | b'[' | b'"' | b'(' | b'<' | b'%' | b'*' | b'#') => true,
        // Dashes and dots say nothing; `-` alone is a hostname left out.
        _ if first != "-" && bytes.iter().all(|&b| b == b'-' || b == b'.' || b == b'=') => true,
        // `address - user [time]`, `address:port [time]`, `vhost:port address`.
        _ => {
            let mut words = rest.splitn(4, ' ');
            let second = words.next().unwrap_or("");
            let (_user, time) = (words.next(), words.next().unwrap_or(""));
            is_host_port(first)
                || is_request(Some(first), Some(word(rest).0))
                || (is_clf_time(time) && (second == "-" || first.parse::<IpAddr>().is_ok()))
                || (is_clf_time(second) && first.contains(':') && !first.ends_with(':'))
        }
    }
}

/// `[22/Nov/2026:…`
fn is_clf_time(word: &str) -> bool {
    matches!(word.as_bytes(), [b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..])
}

/// `name:80`; IPv6 addresses have more colons.
fn is_host_port(word: &str) -> bool {
    word.split_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Whether a hostname or address may look like this: numbers and dates do not.
fn is_host(word: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "-_.:%".contains(c);
    let number = word.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    !word.is_empty()
        && word.chars().all(allowed)
        && (!number || word.parse::<Ipv4Addr>().is_ok())
        && time_iso(word).is_none()
}

struct Tag<'a> {
    app: &'a str,
    pid: Option<&'a str>,
    message: &'a str,
    /// A colon or a pid says that it is one.
    sure: bool,
}

/// The tag at the start of `text`, if there is one.
fn tag(text: &str) -> Option<Tag<'_>> {
    let (first, behind) = word(text);
    // `app:`, `app[pid]:`, and whatever else is in the word: `my:app:`.
    if let Some(name) = first.strip_suffix(':') {
        let (app, pid) = split_pid(name);
        return (!app.is_empty()).then_some(Tag { app, pid, message: behind, sure: true });
    }
    // `app[pid]:text` without a blank.
    if let Some(close) = first.find("]:") {
        let (app, pid) = split_pid(&first[..=close]);
        let pid = Some(pid?);
        return Some(Tag { app, pid, message: &text[close + 2..], sure: true });
    }
    // `app[pid] text` without a colon.
    if let (app, Some(pid)) = split_pid(first)
        && pid.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(Tag { app, pid: Some(pid), message: behind, sure: true });
    }
    // `app:text` without a blank; not an address, not a port, not `a::b`.
    if let Some((app, after)) = first.split_once(':') {
        let is_text = !matches!(after.as_bytes(), [b'0'..=b'9' | b':' | b'/', ..]);
        if is_text && is_program(app) && !app.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some(Tag { app, pid: None, message: &text[app.len() + 1..], sure: true });
        }
        return None;
    }
    let named = SERVERS.iter().any(|server| first.starts_with(server));
    // A name with a dot is rather the virtual host that the line begins with.
    let follows = starts_message(behind) && !first.contains('.');
    (is_program(first) && !behind.is_empty() && (named || follows)).then_some(Tag {
        app: first,
        pid: None,
        message: behind,
        sure: false,
    })
}

fn is_program(word: &str) -> bool {
    word.len() <= 48
        && word.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
}

/// Whether the tag that was found ends in a colon.
fn has_colon(envelope: &Envelope<'_>, line: &str) -> bool {
    offset(line, envelope.message).is_some_and(|at| line[..at].trim_end_matches(' ').ends_with(':'))
}
