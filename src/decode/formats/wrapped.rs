//! A server's line inside a JSON object: what Docker (`log`), Filebeat and Fluent Bit (`message`)
//! and rsyslog's templates (`msg`) make of it.

use std::borrow::Cow;

use super::{FORMATS, coloured, json, prefixed};
use crate::vocab::event::{Event, Kind, Text};

/// The line as its own event, if a format other than JSON reads it, or JSON itself where `nested`
/// says that this is the outer object.
pub(super) fn decode<'a>(text: Text<'a>, nested: bool) -> Option<Event<'a>> {
    match text {
        Cow::Borrowed(line) => read(line, nested).or_else(|| bare(line, nested)),
        Cow::Owned(line) => read(&line, nested).map(owned).or_else(|| bare(&line, nested)),
    }
}

/// The same of a line without its colours, where it has some.
#[cold]
fn bare(line: &str, nested: bool) -> Option<Event<'static>> {
    read(&coloured::without(line)?, nested).map(owned)
}

fn read(line: &str, nested: bool) -> Option<Event<'_>> {
    let line = line.trim_end_matches(['\n', '\r']);
    if line.starts_with('{') {
        return if nested { json::read(line, false) } else { None };
    }
    // A program's own words, mostly: of servers' lines only HAProxy's notices have no digit.
    let notice = line.starts_with("Proxy ") || line.starts_with("backend ");
    if !notice && !line.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut formats = FORMATS.iter().filter(|format| {
        format.name() != json::NAME && !prefixed::is_front(format.name()) && format.fits(line)
    });
    formats.find_map(|format| format.decode(line)).filter(|e| e.kind != Kind::Message)
}

/// The same with texts of its own.
pub(super) fn owned(event: Event<'_>) -> Event<'static> {
    let own = |text: Option<Text<'_>>| text.map(|text| Cow::Owned(text.into_owned()));
    Event {
        kind: event.kind,
        format: event.format,
        stamp: event.stamp,
        is_misdated: event.is_misdated,
        remote_ip: own(event.remote_ip),
        remote_port: event.remote_port,
        ident: own(event.ident),
        user: own(event.user),
        method: own(event.method),
        path: own(event.path),
        query: own(event.query),
        protocol: own(event.protocol),
        status: event.status,
        bytes: event.bytes,
        bytes_in: event.bytes_in,
        referrer: own(event.referrer),
        user_agent: own(event.user_agent),
        request_time_us: event.request_time_us,
        bare: event.bare,
        upstream_time_us: event.upstream_time_us,
        upstream_bare: event.upstream_bare,
        upstream: own(event.upstream),
        host: own(event.host),
        scheme: own(event.scheme),
        tls_version: own(event.tls_version),
        tls_cipher: own(event.tls_cipher),
        cache_status: own(event.cache_status),
        mime: own(event.mime),
        level: event.level,
        message: own(event.message),
        pid: event.pid,
        target: own(event.target),
        request: own(event.request),
        x_forwarded_for: own(event.x_forwarded_for),
        message_full: own(event.message_full),
    }
}
