//! Access lines of proxies whose columns have no quotes around what a client sends: IIS's own format,
//! nginx's stream log, its usual log of upstreams, and Squid's logs of referrers and agents.
//!
//! What a client sends stands last, or the columns are counted, or the line is refused.

use std::borrow::Cow;

use super::columns::{Columns, located};
use super::pairs::is_ltsv;
use super::{Format, scan};
use crate::decode::stamp::millis_from_civil;
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Stamp;

/// One layout.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) name: &'static str,
    pub(super) fits: fn(&[u8]) -> bool,
    pub(super) read: for<'a> fn(&'a str, &mut Event<'a>) -> Option<()>,
}

pub(super) static IIS: Words = Words {
    name: "iis",
    fits: |line| line.trim_ascii_end().ends_with(b",") && line[0].is_ascii_hexdigit(),
    read: iis,
};
pub(super) static NGINX_STREAM: Words = Words {
    name: "nginx_stream",
    fits: |line| {
        line.first().is_some_and(u8::is_ascii_hexdigit)
            && line[..line.len().min(64)].contains(&b'[')
    },
    read: nginx_stream,
};
pub(super) static NGINX_UPSTREAM: Words = Words {
    name: "nginx_upstream",
    fits: |line| line.first() == Some(&b'[') && line.get(27) == Some(&b']'),
    read: nginx_upstream,
};
pub(super) static SQUID_REFERRER: Words = Words {
    name: "squid_referrer",
    fits: |line| line.get(10) == Some(&b'.') && line.get(14) == Some(&b' '),
    read: squid_referrer,
};
pub(super) static SQUID_AGENT: Words = Words {
    name: "squid_useragent",
    fits: |line| line.first().is_some_and(u8::is_ascii_hexdigit) && line.ends_with(b"\""),
    read: squid_agent,
};

impl Format for Words {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, line: &str) -> bool {
        let line = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        !line.is_empty() && (self.fits)(line.as_bytes())
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) || is_ltsv(line) {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        let mut event = Event { kind: Kind::Access, format: self.name, ..Event::default() };
        (self.read)(line, &mut event)?;
        Some(event)
    }
}

/// `client, user, 11/22/2026, 10:00:00, W3SVC1, server, server's address, ms, bytes in, bytes out,
/// status, Windows status, method, target, query,`, with a day as the server's language writes it.
///
/// A user or a path with `, ` in it makes more columns than there are, and the line is refused; as is
/// one in which a client wrote the bracket and the quote of the common format.
fn iis<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    if line.contains(" [") && line.contains('"') {
        return None;
    }
    let mut columns = [""; 15];
    let mut count = 0;
    for column in line.strip_suffix(',')?.split(", ") {
        *columns.get_mut(count)? = column.trim_matches(' ');
        count += 1;
    }
    let [
        client,
        user,
        day,
        clock,
        service,
        _name,
        _server,
        ms,
        received,
        sent,
        status,
        _,
        method,
        target,
        query,
    ] = columns;
    let numbers = [ms, received, sent, status].into_iter().all(scan::digits);
    if count < 15 || !scan::is_ip(client) || !numbers || !service.contains("SVC") {
        return None;
    }
    event.remote_ip = scan::plain(client);
    event.user = scan::plain(user);
    event.stamp = day_and_clock(day, clock);
    event.request_time_us = scan::scaled_us(ms, 1e3);
    event.bytes_in = scan::bytes(received);
    event.bytes = scan::bytes(sent);
    event.status = scan::status(status);
    event.method = scan::plain(method);
    located(target, event);
    if let (None, Some(query)) = (&event.query, present(query)) {
        event.query = Some(Cow::Borrowed(query));
        event.target = Some(Cow::Owned(format!("{target}?{query}")));
    }
    Some(())
}

/// `11/22/2026` or `11/22/26` (the United States'), `22.11.2026`, `2026-11-22`, and `7:55:20`.
fn day_and_clock(day: &str, clock: &str) -> Option<Stamp> {
    let number = |text: &str| {
        if text.len() <= 4 && scan::digits(text) { text.parse::<u16>().ok() } else { None }
    };
    let three = |text: &str, between: char| {
        let mut parts = text.split(between);
        let three = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
        parts.next().is_none().then_some(three)
    };
    let (year, month, date) = if let Some((month, date, year)) = three(day, '/') {
        (year, month, date)
    } else if let Some((date, month, year)) = three(day, '.') {
        (year, month, date)
    } else {
        three(day, '-')?
    };
    let year = if year < 100 { 2000 + year } else { year };
    let (hour, minute, second) = three(clock, ':')?;
    let small = |number: u16| u8::try_from(number).ok();
    let date = (i64::from(year), small(month)?, small(date)?);
    let time = (small(hour)?, small(minute)?, small(second)?);
    Some(Stamp::Local(millis_from_civil(date, time, 0)?))
}

/// `$remote_addr [$time_local] $protocol $status $bytes_sent $bytes_received $session_time`, and the
/// upstream's address and times in quotes.
fn nginx_stream<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = Columns::of(line);
    let client = columns.next()?;
    let stamp = scan::clf_time(columns.bracketed()?)?;
    let (protocol, status) = (columns.next()?, columns.next()?);
    let (sent, received, time) = (columns.next()?, columns.next()?, columns.next()?);
    let numbers = [status, sent, received].into_iter().all(scan::digits);
    if !matches!(protocol, "TCP" | "UDP") || !numbers || !scan::is_ip(client) {
        return None;
    }
    event.stamp = Some(stamp);
    event.protocol = Some(Cow::Borrowed(protocol));
    event.status = scan::status(status);
    event.bytes = scan::bytes(sent);
    event.bytes_in = scan::bytes(received);
    event.request_time_us = Some(scan::seconds_us(time)?);
    columns.client(client, event);
    // What follows is the server's own but for a name that a client sent in its greeting.
    if let Some(upstream) = columns.next().filter(|column| scan::address(column).1.is_some()) {
        event.upstream = columns.read(upstream);
    }
    Some(())
}

/// `[$time_local] $remote_addr - $remote_user - $server_name [$host] to: $upstream_addr: $request
/// upstream_response_time … msec … request_time …`, with or without a status.
fn nginx_upstream<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    event.stamp = Some(scan::clf_time(time)?);
    let (client, rest) = rest.split_once(" - ")?;
    let (head, rest) = rest.split_once(" to: ")?;
    let (user, names) = head.split_once(" - ")?;
    let (request, numbers) = rest.rsplit_once(" upstream_response_time ")?;
    let (upstream_time, numbers) = numbers.split_once(" msec ")?;
    let (_msec, request_time) = numbers.split_once(" request_time ")?;
    let (upstream, request) = request.split_once(": ").unwrap_or(("", request));
    if !scan::is_ip(client) || upstream.contains('"') || head.contains('"') {
        return None;
    }
    event.remote_ip = scan::plain(client);
    event.user = scan::plain(user);
    event.host = names.split(' ').rfind(|name| *name != "-").and_then(scan::plain);
    event.upstream = scan::plain(upstream);
    event.upstream_time_us = scan::duration_us(upstream_time);
    event.request_time_us = Some(scan::seconds_us(scan::word(request_time).0)?);
    // A status behind the request.
    let (request, status) = match request.rsplit_once(' ') {
        Some((front, last)) if last.len() == 3 && scan::digits(last) => (front, last),
        _ => (request, ""),
    };
    event.status = scan::status(status);
    scan::request(request.trim_matches('"'), scan::reading(request), event);
    // A user with all of this in its name makes a path with blanks.
    event.path.as_deref().is_some_and(|path| !path.contains(' ')).then_some(())
}

/// Squid's `referrer`: `1795341600.123 203.0.113.9 http://referrer/ http://shop.example/x`.
fn squid_referrer<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut words = line.split(' ');
    let (time, client) = (words.next()?, words.next()?);
    let (referrer, target) = (words.next()?, words.next()?);
    if words.next().is_some() || !scan::is_ip(client) || !target.contains("://") {
        return None;
    }
    event.stamp = Some(scan::epoch(time)?);
    event.remote_ip = scan::plain(client);
    event.referrer = scan::plain(referrer);
    located(target, event);
    Some(())
}

/// Squid's `useragent`: `203.0.113.9 [22/Nov/2026:10:00:00 +0000] "curl/8"`.
fn squid_agent<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = Columns::of(line);
    let client = columns.next()?;
    event.stamp = Some(scan::clf_time(columns.bracketed()?)?);
    let agent = columns.quoted()?;
    if !scan::is_ip(client)
        || !columns.ends()
        || agent.contains(" HTTP/")
        || agent.contains("\\\" ")
    {
        return None;
    }
    columns.client(client, event);
    event.user_agent = columns.read(agent);
    Some(())
}
