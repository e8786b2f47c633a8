//! Python's: uvicorn, Granian, Sanic, Django, Tornado, uWSGI.

use std::borrow::Cow;

use super::super::scan;
use super::{asked, client_of, is_method, three};
use crate::vocab::event::Event;
use crate::vocab::time::Stamp;

/// `INFO:     203.0.113.9:52318 - "GET /x?y=1 HTTP/1.1" 200 OK`; without the colon from FastAPI's own
/// command, without the level from uvicorn's worker of gunicorn's. The quote that closes the request is the last of the
/// line.
pub(super) fn uvicorn<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let line = match line.strip_prefix("INFO") {
        Some(rest) => {
            rest.strip_prefix(':').unwrap_or(rest).strip_prefix(' ')?.trim_start_matches(' ')
        }
        None => line,
    };
    let (client, rest) = line.split_once(" - \"")?;
    let (request, rest) = rest.rsplit_once("\" ")?;
    let (status, phrase) = rest.split_once(' ').unwrap_or((rest, ""));
    let words = phrase.bytes().all(|b| b.is_ascii_alphabetic() || b" -'".contains(&b));
    // The port stands behind the last colon, even of an IPv6 address.
    let (ip, port) = client.rsplit_once(':')?;
    if !scan::is_ip(ip) || !scan::digits(port) || !words || !request.contains(" HTTP/") {
        return None;
    }
    event.status = Some(three(status)?);
    event.remote_ip = Some(Cow::Borrowed(ip));
    event.remote_port = port.parse().ok();
    scan::request(request, scan::plain, event);
    Some(())
}

/// Granian: `[2026-11-22 10:00:00 +0000] 203.0.113.9 - "GET /x HTTP/1.1" 200 12.345`, the last in milliseconds.
pub(super) fn granian<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (client, rest) = rest.split_once(" - \"")?;
    let (request, rest) = rest.rsplit_once("\" ")?;
    let (status, ms) = rest.split_once(' ')?;
    if !scan::is_ip(client) || !request.contains(" HTTP/") {
        return None;
    }
    event.stamp = Some(scan::iso_time(time)?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::scaled_us(ms, 1e3)?);
    client_of(client, event);
    scan::request(request, scan::plain, event);
    Some(())
}

/// Sanic: `[2026-11-22 10:00:00 +0000] - (sanic.access)[INFO][203.0.113.9:5123]: GET http://shop.example/x  200 512`, since
/// version 24.12 `Srv 0  2026-11-22 10:00:00 +0000 INFO: 203.0.113.9:5123 GET http://shop.example/x  200 512 1.2ms`. All but the
/// target is read from both ends.
pub(super) fn sanic<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, client, rest, newer) = match line.split_once("(sanic.access)[INFO][") {
        Some((front, rest)) => {
            let time = front.strip_suffix("- ")?.trim_end_matches(' ');
            let (client, rest) = rest.split_once("]: ")?;
            (
                time.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(time),
                client,
                rest,
                false,
            )
        }
        None => {
            let (front, rest) = line.split_once(" INFO: ")?;
            let at = front.len().checked_sub("2026-11-22 10:00:00 +0000".len())?;
            let (worker, time) = front.split_at_checked(at)?;
            let worker = worker.trim_end_matches([' ', '|']);
            let number = worker.strip_prefix("Srv ").is_some_and(scan::digits);
            let own = worker == "Main" || number;
            let (client, rest) = scan::word(rest);
            (Some(time).filter(|_| own)?, client, rest, true)
        }
    };
    let rest = if newer {
        let (rest, took) = rest.rsplit_once(' ')?;
        event.request_time_us = Some(scan::unit_us(took)?);
        rest
    } else {
        rest
    };
    let (rest, bytes) = rest.rsplit_once(' ')?;
    let (request, status) = rest.rsplit_once(' ')?;
    let (method, target) = request.trim_end_matches(' ').split_once(' ')?;
    // -1 where the length is not known.
    let sized = bytes == "-1" || scan::digits(bytes);
    if !scan::is_ip(client) || !sized || !is_method(method) {
        return None;
    }
    event.stamp = if time.is_empty() { None } else { Some(scan::iso_time(time)?) };
    event.status = Some(three(status)?);
    event.bytes = scan::bytes(bytes);
    client_of(client, event);
    if target.contains([' ', '\t']) {
        // Out of the host that the client named: where the path begins is not said.
        event.method = Some(Cow::Borrowed(method));
        return Some(());
    }
    asked(method, target, event)
}

/// Django's runserver: `[22/Nov/2026 10:00:00] "GET /x HTTP/1.1" 200 5120`.
pub(super) fn django<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] \"")?;
    event.stamp = Some(scan::clf_time(time)?);
    let (request, rest) = rest.rsplit_once("\" ")?;
    let (status, bytes) = rest.split_once(' ')?;
    if bytes != "-" && !scan::digits(bytes) {
        return None;
    }
    event.status = Some(three(status)?);
    event.bytes = scan::bytes(bytes);
    scan::request(request, scan::plain, event);
    Some(())
}

/// `[I 261122 10:00:00 web:2271] 200 GET /x (203.0.113.9) 1.23ms`, Jupyter's with `(user@client)`.
pub(super) fn tornado<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (front, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (level, time) = front.split_once(' ')?;
    if !matches!(level, "I" | "W" | "E") {
        return None;
    }
    let mut words = rest.split(' ');
    let (status, method, target) = (words.next()?, words.next()?, words.next()?);
    let (client, duration) = (words.next()?, words.next()?);
    let client = client.strip_prefix('(')?.strip_suffix(')')?;
    let (user, client) = client.rsplit_once('@').unwrap_or(("", client));
    if !scan::is_ip(client) || !is_method(method) {
        return None;
    }
    // Jupyter adds the referrer.
    let referrer = words.next().and_then(|word| word.strip_prefix("referer="));
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(duration)?);
    event.stamp = short_day(time);
    event.user = scan::plain(user);
    event.referrer = referrer.and_then(scan::plain);
    client_of(client, event);
    asked(method, target, event)
}

/// `261122 10:00:00 web:2271` or `2026-11-22 10:00:00.123 ServerApp`.
fn short_day(text: &str) -> Option<Stamp> {
    let (day, rest) = text.split_once(' ')?;
    let (clock, _) = rest.split_once(' ')?;
    if day.len() == 6 && scan::digits(day) {
        return scan::iso_time(&format!("20{}-{}-{} {clock}", &day[..2], &day[2..4], &day[4..]));
    }
    scan::iso_time(&text[..day.len() + 1 + clock.len()])
}

/// `[pid: 12|app: 0|req: 1/1] 203.0.113.9 (bob) {40 vars in 600 bytes} [Sun Nov 22 10:00:00 2026] GET
/// /x => generated 512 bytes in 12 msecs (HTTP/1.1 200) 4 headers in 200 bytes (1 switches on core 0)`
pub(super) fn uwsgi<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (front, rest) = line.strip_prefix("[pid: ")?.split_once("] ")?;
    let (head, tail) = rest.rsplit_once(" => generated ")?;
    let (client, head) = head.split_once(" (")?;
    let (user, head) = head.split_once(") {")?;
    let (_vars, head) = head.split_once("} [")?;
    let (time, request) = head.split_once("] ")?;
    let (method, target) = request.split_once(' ')?;
    let (bytes, tail) = tail.split_once(" bytes in ")?;
    let (duration, tail) = tail.split_once(" (")?;
    let (answer, rest) = tail.split_once(") ")?;
    let (protocol, status) = answer.rsplit_once(' ')?;
    let (number, unit) = duration.split_once(' ')?;
    let scale = match unit {
        "msecs" => 1e3,
        "micros" => 1.0,
        _ => return None,
    };
    // A user can hold all of this; then the path has blanks.
    if !scan::digits(bytes) || !rest.contains(" headers in ") {
        return None;
    }
    event.pid = front.split('|').next().and_then(|pid| pid.parse().ok());
    event.stamp = scan::ctime(time);
    event.status = Some(three(status)?);
    event.bytes = scan::bytes(bytes);
    event.request_time_us = Some(scan::scaled_us(number, scale)?);
    event.protocol = Some(Cow::Borrowed(protocol));
    event.user = scan::plain(user);
    client_of(client, event);
    asked(method, target, event)
}
