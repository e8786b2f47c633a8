//! A line cut into its columns, and what each of them says.

use std::borrow::Cow;

use super::super::columns::located;
use super::super::scan;
use super::fields::{CLOUDFRONT, COLUMNS_MAX, Column, HTTPERR, Layout, Separator};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind, Level, Text};
use crate::vocab::time::{Millis, Stamp};

/// Reads a line of the layout; `None` where it is not one. `guessed` says that no header line named
/// the columns, so that each must look like what it should be.
pub(super) fn read<'a>(layout: &Layout, line: &'a str, guessed: bool) -> Option<Event<'a>> {
    let line = line.trim_end_matches(['\r', '\n', '\0', ' ']);
    let mut values = [""; COLUMNS_MAX];
    let values = cut(layout, line, &mut values)?;
    let columns = layout.columns.iter().copied().zip(values.iter().copied());
    if !columns.clone().all(|(column, value)| {
        let (value, _) = unquoted(value);
        column.takes(value) && (!guessed || column.looks_like(value))
    }) {
        return None;
    }
    let mut event = Event { format: layout.format, ..Event::default() };
    let mut times = Times::default();
    for (column, value) in columns {
        if column != Column::Other {
            set(column, value, layout, &mut event, &mut times);
        }
    }
    event.kind = if layout.format == HTTPERR { Kind::Error } else { Kind::Access };
    event.stamp = times.stamp();
    event.is_misdated = event.stamp.is_none() && !times.date.is_empty() && !times.time.is_empty();
    if event.kind == Kind::Error {
        event.level = event.level.map(|level| match event.status {
            Some(500..) => Level::Error.min(level),
            _ => level,
        });
    } else if let (Some(path), Some(query)) = (&event.path, &event.query)
        && event.target.is_none()
    {
        event.target = Some(Cow::Owned(format!("{path}?{query}")));
    }
    if event.target.is_none() {
        event.target.clone_from(&event.path);
    }
    Some(event)
}

/// The line's columns, where there are as many as the layout has.
///
/// No server lets a client's blank stand in a column that it does not quote, so a line that has the
/// right number of words is cut at its blanks, whatever quotes a client put into them. Only where
/// there are more words do quotes count: such a column ends at a quote that a blank follows, which a
/// client can write only to get one column too many, and a line that is refused.
fn cut<'a, 'v>(
    layout: &Layout,
    line: &'a str,
    values: &'v mut [&'a str; COLUMNS_MAX],
) -> Option<&'v [&'a str]> {
    let count = layout.columns.len();
    let tabs = memchr::memchr(b'\t', line.as_bytes()).is_some();
    let done = match layout.separator {
        Separator::Tab if tabs => at_bytes(line, b'\t', &mut values[..count]),
        Separator::Comma => at_commas(line, &mut values[..count]),
        Separator::Tab => at_blanks(line, &mut values[..count]),
        Separator::Blank => {
            at_blanks(line, &mut values[..count])
                || (tabs && at_bytes(line, b'\t', &mut values[..count]))
                || at_quotes(line, &mut values[..count])
        }
    };
    done.then_some(&values[..count])
}

/// Each of them ends a column, an empty one too.
fn at_bytes<'a>(line: &'a str, byte: u8, values: &mut [&'a str]) -> bool {
    let mut from = 0;
    let last = values.len() - 1;
    for value in &mut values[..last] {
        let Some(at) = memchr::memchr(byte, &line.as_bytes()[from..]) else {
            return false;
        };
        *value = &line[from..from + at];
        from += at + 1;
    }
    values[last] = &line[from..];
    memchr::memchr(byte, values[last].as_bytes()).is_none()
}

fn at_blanks<'a>(line: &'a str, values: &mut [&'a str]) -> bool {
    let mut rest = line;
    for value in values.iter_mut() {
        rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            return false;
        }
        let end = memchr::memchr(b' ', rest.as_bytes()).unwrap_or(rest.len());
        (*value, rest) = rest.split_at(end);
    }
    rest.is_empty()
}

/// As [`at_blanks`], with `"quoted columns"` and `[22/Nov/2026:10:00:00 +0000]`.
fn at_quotes<'a>(line: &'a str, values: &mut [&'a str]) -> bool {
    let mut rest = line;
    for value in values.iter_mut() {
        rest = scan::trim(rest);
        let bytes = rest.as_bytes();
        let end = match *bytes {
            [] => return false,
            [b'"', ..] => {
                let closes = |at: &usize| bytes.get(at + 1).is_none_or(|&b| scan::is_blank(b));
                let quotes = memchr::memchr_iter(b'"', &bytes[1..]).map(|at| at + 1);
                let Some(end) = quotes.into_iter().find(closes) else {
                    return false;
                };
                end + 1
            }
            [b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..] => {
                memchr::memchr(b']', bytes).map_or(bytes.len(), |at| at + 1)
            }
            _ => memchr::memchr2(b' ', b'\t', bytes).unwrap_or(bytes.len()),
        };
        (*value, rest) = rest.split_at(end);
    }
    scan::trim(rest).is_empty()
}

/// Comma-separated values (RFC 4180).
fn at_commas<'a>(line: &'a str, values: &mut [&'a str]) -> bool {
    let bytes = line.as_bytes();
    let mut from = 0;
    let last = values.len() - 1;
    for (index, value) in values.iter_mut().enumerate() {
        let mut at = from;
        let mut inside = false;
        while let Some(next) = memchr::memchr2(b',', b'"', &bytes[at..]) {
            at += next;
            if bytes[at] == b',' && !inside {
                break;
            }
            inside ^= bytes[at] == b'"';
            at += 1;
            if at == bytes.len() {
                break;
            }
        }
        let ends = at >= bytes.len() || bytes[at] != b',';
        let end = if ends { bytes.len() } else { at };
        *value = &line[from..end];
        if ends != (index == last) {
            return false;
        }
        from = end + 1;
    }
    true
}

/// The value without its quotes, and whether it had any.
fn unquoted(value: &str) -> (&str, bool) {
    match value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => (inner, true),
        None => (value, false),
    }
}

/// A value as text, a doubled quote inside a quoted one undone.
fn text(value: &str) -> Option<Text<'_>> {
    let (value, quoted) = unquoted(value);
    let value = present(value)?;
    if quoted && value.contains("\"\"") {
        return Some(Cow::Owned(value.replace("\"\"", "\"")));
    }
    Some(Cow::Borrowed(value))
}

/// As [`text`], with IIS's `+` read as the blank that it stands for, and CloudFront's `%20`.
fn spaced<'a>(value: &'a str, layout: &Layout) -> Option<Text<'a>> {
    let (_, quoted) = unquoted(value);
    let text = text(value)?;
    if layout.format == CLOUDFRONT {
        return Some(unencoded(text));
    }
    if quoted || layout.separator != Separator::Blank || !text.contains('+') {
        return Some(text);
    }
    Some(Cow::Owned(text.replace('+', " ")))
}

/// A header as CloudFront got it: it encodes blanks, quotes, percent signs and what is no ASCII. For
/// years it encoded a blank's own `%` again (`%2520`). Control characters stay encoded.
fn unencoded(text: Text<'_>) -> Text<'_> {
    let once = scan::percent_decoded(text);
    if once.contains("%20") && !once.contains(' ') { scan::percent_decoded(once) } else { once }
}

/// Where a line's time stands, as far as columns have told.
#[derive(Default)]
struct Times<'a> {
    date: &'a str,
    time: &'a str,
    local: bool,
    whole: Option<Stamp>,
}

impl Times<'_> {
    /// A time without a day is one on the first of all days: [`super::Headers`] knows which it was.
    fn stamp(&self) -> Option<Stamp> {
        if self.time.is_empty() {
            return self.whole;
        }
        // Long enough for `1970-01-01T10:00:00.123456`: a column takes no longer one.
        let mut joined = [0; 32];
        let date = if self.date.is_empty() { "1970-01-01" } else { self.date };
        let end = 11 + self.time.len();
        joined[..10].copy_from_slice(date.as_bytes());
        joined[10] = b'T';
        joined.get_mut(11..end)?.copy_from_slice(self.time.as_bytes());
        match scan::iso_time(std::str::from_utf8(&joined[..end]).ok()?)? {
            Stamp::Local(Millis(at)) if !self.local => Some(Stamp::Utc(Millis(at))),
            stamp => Some(stamp),
        }
    }
}

fn set<'a>(
    column: Column,
    value: &'a str,
    layout: &Layout,
    event: &mut Event<'a>,
    times: &mut Times<'a>,
) {
    let (raw, _) = unquoted(value);
    match column {
        Column::Other | Column::Number | Column::ServerIp => {}
        Column::Date => times.date = raw,
        Column::Time => times.time = raw,
        Column::LocalTime => (times.time, times.local) = (raw, true),
        Column::Stamp => {
            let bare = raw.strip_prefix('[').and_then(|raw| raw.strip_suffix(']')).unwrap_or(raw);
            times.whole = scan::any_time(bare);
        }
        Column::Client => {
            let (ip, port) = scan::address(raw);
            event.remote_ip = scan::plain(ip);
            event.remote_port = event.remote_port.or(port);
        }
        Column::ClientPort => event.remote_port = raw.parse().ok(),
        Column::User => event.user = text(value).filter(|user| user != "anonymous"),
        Column::Method => event.method = text(value),
        Column::Stem => event.path = text(value),
        Column::Query => {
            event.query = text(raw.strip_prefix('?').unwrap_or(raw));
        }
        Column::Uri => uri(raw, event),
        Column::Protocol => {
            event.protocol = text(value).filter(|version| version.contains('/'));
        }
        Column::Scheme => match text(value) {
            Some(version) if version.starts_with("HTTP/") => event.protocol = Some(version),
            scheme => event.scheme = scheme.or_else(|| event.scheme.take()),
        },
        Column::Status => event.status = scan::status(raw),
        Column::Bytes => event.bytes = scan::bytes(raw),
        Column::BytesIn => event.bytes_in = scan::bytes(raw),
        Column::Referrer if layout.format == CLOUDFRONT => {
            // Once: what is encoded then is so in the address itself.
            event.referrer = text(value).map(scan::percent_decoded);
        }
        Column::Referrer => event.referrer = text(value),
        Column::Agent => event.user_agent = spaced(value, layout),
        Column::Forwarded => event.x_forwarded_for = spaced(value, layout),
        Column::Host => event.host = text(value).or_else(|| event.host.take()),
        Column::Upstream => event.upstream = text(value),
        Column::Cache => event.cache_status = text(value),
        Column::Mime => event.mime = text(value),
        Column::TlsVersion => event.tls_version = text(value),
        Column::TlsCipher => event.tls_cipher = text(value),
        Column::Taken => {
            let scale = if raw.contains('.') { 1e6 } else { 1e3 };
            event.request_time_us = scan::scaled_us(raw, scale);
        }
        Column::TakenSeconds => event.request_time_us = scan::seconds_us(raw),
        Column::TakenMs => event.request_time_us = scan::scaled_us(raw, 1e3),
        Column::TakenUs => event.request_time_us = scan::scaled_us(raw, 1.0),
        Column::TakenNs => event.request_time_us = scan::scaled_us(raw, 1e-3),
        Column::Reason => {
            event.message = text(value);
            event.level = Some(level_of(raw));
        }
    }
}

/// A path, a whole URL, or (Incapsula) a URL without its scheme.
fn uri<'a>(raw: &'a str, event: &mut Event<'a>) {
    let Some(raw) = present(raw) else {
        return;
    };
    let (query, host) = (event.query.take(), event.host.take());
    located(raw, event);
    event.host = host.or(event.host.take());
    if let (None, Some(query)) = (&event.query, query) {
        event.query = Some(query);
        event.target = None;
    }
    if let Some(at) = raw.find('/').filter(|at| *at > 0)
        && event.scheme.is_none()
        && scan::is_host(&raw[..at])
    {
        let (host, target) = raw.split_at(at);
        event.host.get_or_insert(Cow::Borrowed(host));
        scan::target(target, scan::plain, event);
    }
}

/// How bad a reason of HTTP.sys is ("Error logging in HTTP APIs", Microsoft): the server's own
/// failures are errors, what a client did wrong is a warning, and a connection that was let go
/// because nobody used it is neither.
fn level_of(reason: &str) -> Level {
    match reason {
        "Timer_ConnectionIdle" | "Client_Reset" | "Connection_Dropped" | "Request_Cancelled" => {
            Level::Info
        }
        "AppOffline"
        | "AppPoolTimer"
        | "AppShutdown"
        | "BadGateway"
        | "ConnLimit"
        | "Connections_Refused"
        | "Connection_Abandoned_By_ReqQueue"
        | "Connection_Abandoned_By_AppPool"
        | "Connection_Dropped_List_Full"
        | "Disabled"
        | "Internal"
        | "N/A"
        | "QueueFull"
        | "Timer_AppPool"
        | "Timer_Response" => Level::Error,
        _ => Level::Warn,
    }
}

impl Column {
    /// Whether the value looks like what the column holds, where no header line says what it is.
    fn looks_like(self, value: &str) -> bool {
        match self {
            // None of the servers whose columns are known writes a day with slashes: Squid's errors have.
            Column::Date => value.as_bytes()[4] == b'-',
            Column::Number => value == "-" || scan::digits(value),
            Column::ServerIp | Column::Client => scan::is_ip(value),
            Column::Method => {
                value == "-"
                    || (value.len() <= 20
                        && value
                            .bytes()
                            .all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_')))
            }
            Column::Stem | Column::Uri => {
                value == "-" || value.starts_with(['/', '*']) || value.contains("://")
            }
            Column::Protocol => value == "-" || value.starts_with("HTTP/"),
            Column::Forwarded => {
                value == "-"
                    || value.split([',', '+']).all(|part| {
                        let part = part.trim_start_matches("%20");
                        part.is_empty() || scan::is_ip(part)
                    })
            }
            Column::Reason => {
                value.starts_with(|c: char| c.is_ascii_uppercase())
                    && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'/'))
            }
            Column::Upstream | Column::Agent | Column::Host => !value.is_empty(),
            _ => true,
        }
    }
}

/// Whether the layout is CloudFront's, whose first columns are sure enough to know a line by.
pub(super) fn edge_location(layout: &Layout, value: &str) -> bool {
    layout.format == CLOUDFRONT
        && value.len() >= 3
        && value.bytes().take(3).all(|b| b.is_ascii_uppercase())
}
