//! Small servers and frameworks: Kemal, Beego, npm's serve and http-server.

use std::borrow::Cow;

use super::super::scan;
use super::{bare, client_of, is_method, located, said, three};
use crate::decode::text::present;
use crate::vocab::event::Event;

/// Kemal: `2026-11-22 10:00:00 UTC 200 GET /x?y=1 123.45µs`.
pub(super) fn kemal<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.split_at_checked("2026-11-22 10:00:00 UTC".len())?;
    let (status, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
    let (request, took) = rest.rsplit_once(' ')?;
    let own = time.ends_with(" UTC") && (took.ends_with("ms") || took.ends_with("µs"));
    event.stamp = Some(scan::iso_time(time).filter(|_| own)?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(took)?);
    said(request, event)
}

/// Beego: `2026/11/22 10:00:00.123 [D] [router.go:1305]  |    203.0.113.9| 200 |   1.234567ms|   match| GET      /x/1   r:/x/:id`.
/// The path stands there decoded; behind it the route, where one was found.
pub(super) fn beego<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (front, rest) = line.split_once('|')?;
    let (time, front) = front.split_at_checked("2026/11/22 10:00:00.123".len())?;
    let (level, place) = front.strip_prefix(" [")?.split_once("] [")?;
    let place = place.trim_end_matches(' ').strip_suffix(']')?;
    if level.len() != 1 || place.contains(' ') || !place.contains(".go:") {
        return None;
    }
    let mut columns = rest.splitn(5, '|').map(bare);
    let (client, status, took) = (columns.next()?, columns.next()?, columns.next()?);
    let (found, request) = (columns.next()?, columns.next()?);
    let (method, target) = request.split_once(' ')?;
    let target = target.trim_start_matches(' ');
    let target = match found {
        "match" => target.rsplit_once("   r:").map_or(target, |(target, _route)| target),
        "nomatch" => target,
        _ => return None,
    };
    if !scan::is_ip(client) || !is_method(method) || !target.starts_with('/') {
        return None;
    }
    event.stamp = Some(scan::iso_time(time)?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(took)?);
    event.method = Some(Cow::Borrowed(method));
    client_of(client, event);
    located(target, event);
    Some(())
}

/// npm's serve: ` HTTP  11/22/2026 10:00:00 AM 203.0.113.9 Returned 200 in 12 ms`. What was asked for is in a line of its own
/// before it, and nothing says which of them that is. The time is written as the machine's language has it.
pub(super) fn serve<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let rest = line.trim_start_matches(' ').strip_prefix("HTTP  ")?;
    let (front, answer) = rest.split_once(" Returned ")?;
    let (time, client) = front.rsplit_once(' ')?;
    let (status, took) = answer.split_once(" in ")?;
    let of_time = |c: char| c.is_ascii_digit() || " \u{202f}/.:,-APMapm".contains(c);
    if !time.chars().all(of_time) || !time.contains(':') {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::scaled_us(took.strip_suffix(" ms")?, 1e3)?);
    match client {
        "unknown" => {}
        _ if scan::is_ip(client) => client_of(client, event),
        _ => return None,
    }
    Some(())
}

/// npm's http-server, which says nothing of the answer: `[2026-11-22T10:00:00.123Z]  "GET /x" "curl/8"`, with the client before
/// the request where it was asked for (`--log-ip`). That is what a header says, and may have quotes as the agent may: where
/// both are there and the agent has some, no more is sure than that there was a request.
pub(super) fn http_server<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (client, rest) = rest.split_once(" \"")?;
    let (request, agent) = rest.strip_suffix('"')?.split_once("\" \"")?;
    let each_is_ip = client.is_empty() || client.split(", ").all(scan::is_ip);
    let (method, target) = request.split_once(' ')?;
    let whole = is_method(method) && target.starts_with('/') && !target.contains(' ');
    if !each_is_ip || !whole || !time.ends_with('Z') {
        return None;
    }
    event.stamp = Some(scan::iso_time(time)?);
    if !client.is_empty() && agent.contains('"') {
        return Some(());
    }
    if scan::is_ip(client) {
        client_of(client, event);
    }
    event.user_agent = present(agent).filter(|agent| *agent != "undefined").map(Cow::Borrowed);
    said(request, event)
}
