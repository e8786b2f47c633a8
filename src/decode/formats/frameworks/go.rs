//! Go's: gin, chi, fiber, Gitea.

use std::borrow::Cow;

use super::super::columns::located;
use super::super::scan;
use super::{asked, bare, client_of, is_clock, is_method, three, uncoloured};
use crate::vocab::event::Event;

/// `[GIN] 2026/11/22 - 10:00:00 | 200 |     1.234ms |     203.0.113.9 | GET      "/x?y=1"`; before
/// version 1.7 without the quotes.
pub(super) fn gin<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut parts = line.strip_prefix("[GIN] ")?.splitn(5, '|');
    let request = parts.clone().nth(4)?;
    let mut parts = parts.by_ref().map(bare);
    let time = parts.next()?;
    let (day, clock) = time.split_once(" - ")?;
    event.stamp = scan::iso_time(&format!("{day} {clock}"));
    event.status = Some(three(parts.next()?)?);
    event.request_time_us = Some(scan::unit_us(parts.next()?)?);
    client_of(parts.next()?, event);
    let (method, target) = scan::word(uncoloured(request));
    let target = uncoloured(target);
    let inner = target.strip_prefix('"').and_then(|target| target.strip_suffix('"'));
    if !is_method(method) {
        return None;
    }
    event.method = Some(Cow::Borrowed(method));
    match inner {
        Some(quoted) => scan::target(quoted, scan::reading(quoted), event),
        None => scan::target(target, scan::plain, event),
    }
    Some(())
}

/// `2026/11/22 10:00:00 [host/Ab12-000001] "GET http://shop.example/x HTTP/1.1" from
/// 203.0.113.9:5123 - 200 5B in 1.2ms`, with or without the request's number.
pub(super) fn chi<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let stamp = scan::iso_time(line.get(..19)?)?;
    let mut rest = line.get(19..)?.strip_prefix(' ')?;
    if let Some(inner) = rest.strip_prefix('[') {
        let (id, after) = inner.split_once("] ")?;
        // `host/random-number`, which no level is.
        let number = id.rsplit_once('-').map_or("", |(_, number)| number);
        let whole = scan::digits(number) && !id.contains([' ', '\t', ']']);
        rest = if whole { after } else { return None };
    }
    let (request, rest) = rest.strip_prefix('"')?.rsplit_once("\" from ")?;
    let mut words = rest.split(' ');
    let (client, dash, status) = (words.next()?, words.next()?, words.next()?);
    let (size, into, duration) = (words.next()?, words.next()?, words.next()?);
    let bytes = size.strip_suffix('B')?;
    if dash != "-" || into != "in" || words.next().is_some() || !scan::digits(bytes) {
        return None;
    }
    event.stamp = Some(stamp);
    event.status = Some(three(status)?);
    event.bytes = scan::bytes(bytes);
    event.request_time_us = Some(scan::unit_us(duration)?);
    client_of(client, event);
    scan::request(request, scan::plain, event);
    if let Some(Cow::Borrowed(target)) = event.target {
        located(target, event);
    }
    Some(())
}

/// `10:00:00 | 200 |   1.2ms |  203.0.113.9 | GET     | /x       | -`, before version 2.50
/// `[10:00:00] 200 -   1.2ms GET     /x`. Without a day the time is that of arrival.
pub(super) fn fiber<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    if let Some((clock, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        let mut words = rest.split(' ').filter(|word| !word.is_empty());
        let (status, dash, duration) = (words.next()?, words.next()?, words.next()?);
        let (method, target) = (words.next()?, words.next()?);
        if !is_clock(clock) || dash != "-" || words.next().is_some() {
            return None;
        }
        event.status = Some(three(status)?);
        event.request_time_us = Some(scan::unit_us(duration)?);
        return asked(method, target, event);
    }
    let mut parts = line.splitn(6, '|').map(bare);
    let clock = parts.next()?;
    let (status, duration, client) = (parts.next()?, parts.next()?, parts.next()?);
    let (method, rest) = (parts.next()?, parts.next()?);
    if !is_clock(clock) || !scan::is_ip(client) {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(duration)?);
    client_of(client, event);
    let target = rest.split_once(" |").map_or(rest, |(target, _error)| target);
    asked(method, target.trim_end_matches(' '), event)
}

/// Gitea and Forgejo: `2026/11/22 10:00:00 …/logger.go:102:func1() [I] router: completed GET /x for
/// 203.0.113.9:0, 200 OK in 12.3ms @ web/home.go:32(web.Home)`.
pub(super) fn gitea<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (front, rest) = line.split_once("] router: completed ")?;
    event.stamp = Some(scan::iso_time(front.get(..19)?)?);
    // One word of a place in the source, then the level: what a client sent stands in neither.
    let (place, level) = front.get(19..)?.strip_prefix(' ')?.split_once(" [")?;
    if place.contains(' ') || !place.contains(".go:") || level.len() != 1 {
        return None;
    }
    let mut words = rest.split(' ');
    let (method, target, word) = (words.next()?, words.next()?, words.next()?);
    let (client, status) = (words.next()?.strip_suffix(',')?, words.next()?);
    let (_, duration) = rest.split_once(" in ")?;
    if word != "for" || !scan::is_ip(client) {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(scan::word(duration).0)?);
    client_of(client, event);
    asked(method, target, event)
}
