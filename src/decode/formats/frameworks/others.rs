//! Node's (morgan, koa-logger), PHP's (FPM and its own server), Quarkus' and ASP.NET's (its own and Serilog).

use std::borrow::Cow;

use super::super::columns::{Columns, number_or_dash};
use super::super::{scan, trailer};
use super::{asked, bare, client_of, is_clock, three};
use crate::vocab::event::Event;

/// morgan's `dev` (`GET /x 200 1.2 ms - 512`), `tiny` (`GET /x 200 512 - 1.2 ms`) and `short`
/// (`client user GET /x HTTP/1.1 200 512 - 1.2 ms`), also with the dash before the user that `common` has.
pub(super) fn morgan<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut words = [""; 11];
    let mut count = 0;
    for word in line.split(' ').map(bare).filter(|word| !word.is_empty()) {
        *words.get_mut(count)? = word;
        count += 1;
    }
    let number = |word: &str| word == "-" || scan::digits(word);
    let ms =
        |word: &'a str| if word == "-" { Some(None) } else { scan::scaled_us(word, 1e3).map(Some) };
    let (method, target, status, bytes, time) = match words[..count] {
        [method, target, status, time, "ms", "-", bytes] => (method, target, status, bytes, time),
        [method, target, status, bytes, "-", time, "ms"] => (method, target, status, bytes, time),
        [client, user, method, target, protocol, status, bytes, "-", time, "ms"]
        | [client, "-", user, method, target, protocol, status, bytes, "-", time, "ms"] => {
            if !scan::is_ip(client) || !protocol.starts_with("HTTP/") {
                return None;
            }
            client_of(client, event);
            event.user = scan::plain(user);
            event.protocol = Some(Cow::Borrowed(protocol));
            (method, target, status, bytes, time)
        }
        _ => return None,
    };
    if !number(bytes) {
        return None;
    }
    event.status = if status == "-" { None } else { Some(three(status)?) };
    event.bytes = scan::bytes(bytes);
    event.request_time_us = ms(time)?;
    asked(method, target, event)
}

/// PHP-FPM's `access.format`, and what is put behind it: `203.0.113.9 -  22/Nov/2026:10:00:00 +0000
/// "GET /index.php" 200`.
pub(super) fn php_fpm<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    if quarkus(line, &mut Event::default()).is_some() {
        return None;
    }
    let (head, rest) = line.split_once(" \"")?;
    let (client, rest_of_head) = head.split_once(" - ")?;
    let at = rest_of_head.len().checked_sub("22/Nov/2026:10:00:00 +0000".len())?;
    let (user, time) = rest_of_head.split_at_checked(at)?;
    let stamp = scan::clf_time(time)?;
    let apart = user.is_empty() || user.ends_with(' ');
    if !scan::is_ip(client) || !apart || user.contains('"') {
        return None;
    }
    let (request, rest) = rest.rsplit_once("\" ")?;
    let (status, more) = scan::word(rest);
    // Behind a status there is nothing that a client says; another format's agent has its quote there.
    if more.contains('"') {
        return None;
    }
    event.stamp = Some(stamp);
    event.status = Some(three(status)?);
    event.request_time_us = suggested_us(more);
    event.user = scan::plain(user.trim_matches(' '));
    client_of(client, event);
    scan::request(request, scan::plain, event);
    Some(())
}

/// What is behind the status in the format that FPM's configuration suggests, `%f %{milli}d %{kilo}M %C%%`: the script, its
/// time in milliseconds, its memory and its load.
fn suggested_us(more: &str) -> Option<u64> {
    let mut words = more.split(' ');
    let [_script, ms, kilobytes, load] = [(); 4].map(|()| words.next().unwrap_or_default());
    let fits = trailer::is_time(ms) && scan::digits(kilobytes) && words.next().is_none();
    let is_load = load.strip_suffix('%').is_some_and(|load| load.parse::<f32>().is_ok());
    if fits && is_load { scan::scaled_us(ms, 1e3) } else { None }
}

/// Quarkus, and Keycloak on it: the common or the combined format without brackets around the time, `203.0.113.9 - bob
/// 22/Nov/2026:10:00:00 +0000 "GET /x HTTP/1.1" 200 512 "-" "curl/8"`.
pub(super) fn quarkus<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (client, rest) = line.split_once(' ')?;
    let (ident, rest) = rest.split_once(' ')?;
    let (user, rest) = rest.split_once(' ')?;
    let (time, rest) = rest.split_at_checked("22/Nov/2026:10:00:00 +0000".len())?;
    let stamp = scan::clf_time(time)?;
    let mut columns = Columns::of(rest);
    let request = columns.quoted()?;
    let (status, bytes) = (columns.next()?, columns.next()?);
    if !columns.ends() {
        let (referrer, agent) = (columns.quoted()?, columns.quoted()?);
        event.referrer = columns.read(referrer);
        event.user_agent = columns.read(agent);
    }
    let whole = columns.ends() && number_or_dash(bytes) && request.contains(" HTTP/");
    if !whole || !scan::is_ip(client) || user.is_empty() {
        return None;
    }
    event.stamp = Some(stamp);
    event.status = Some(three(status)?);
    event.bytes = scan::bytes(bytes);
    event.ident = scan::plain(ident);
    event.user = scan::plain(user);
    client_of(client, event);
    columns.request(request, event);
    Some(())
}

/// PHP's built-in server: `[Sun Nov 22 10:00:00 2026] 203.0.113.9:52318 [200]: GET /x`.
pub(super) fn php_server<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (client, rest) = rest.split_once(" [")?;
    let (status, request) = rest.split_once("]: ")?;
    event.stamp = Some(scan::ctime(time)?);
    event.status = Some(three(status)?);
    if !scan::is_ip(client) {
        return None;
    }
    client_of(client, event);
    // ` - No such file or directory` behind what was not found.
    let request = request.split_once(" - ").map_or(request, |(request, _)| request);
    match request.split_once(' ') {
        Some((method, target)) => asked(method, target, event),
        None => {
            scan::target(request, scan::plain, event);
            request.starts_with('/').then_some(())
        }
    }
}

/// ASP.NET through Serilog: `[10:00:00 INF] HTTP GET /x responded 200 in 12.3456 ms`, or with a whole
/// time in front of the level.
pub(super) fn serilog<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (front, rest) =
        line.split_once(" INF] HTTP ").or_else(|| line.split_once(" [INF] HTTP "))?;
    let clock = front.strip_prefix('[').is_some_and(is_clock);
    event.stamp = scan::iso_time(front);
    let mut words = rest.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (responded, status, into) = (words.next()?, words.next()?, words.next()?);
    let (time, unit) = (words.next()?, words.next()?);
    let fits = responded == "responded" && into == "in" && unit == "ms" && words.next().is_none();
    if !fits || !(clock || event.stamp.is_some()) {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::scaled_us(time, 1e3)?);
    asked(method, target, event)
}

/// ASP.NET Core on a console: behind a line of its own with the level and the logger, or behind these on one line,
/// `Request finished HTTP/1.1 GET http://host/x?y=1 - 200 51 text/html;+charset=utf-8 12.3456ms`; before .NET 8 with the
/// request's type and length behind the URL. The path stands there decoded.
///
/// Not behind other fronts: with Serilog a request has a line of its own mostly, and would be there twice.
pub(super) fn aspnet<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let behind_blanks = line.trim_start_matches(' ');
    let text = match behind_blanks.split_once(ASPNET_LOGGER) {
        Some(("" | "info: ", text)) => text.trim_start_matches(' '),
        _ => Some(behind_blanks).filter(|text| text.len() < line.len())?,
    };
    // From the end on, where all is the server's: a blank in a type is written as `+`.
    let mut behind = text.strip_prefix("Request finished ")?.rsplit(' ');
    let (time, _mime, length) = (behind.next()?, behind.next()?, behind.next()?);
    let (status, dash) = (behind.next()?, behind.next()?);
    let own = dash == "-" && (length == "-" || scan::digits(length));
    event.status = Some(three(status).filter(|_| own)?);
    event.bytes = scan::bytes(length);
    event.request_time_us = Some(scan::scaled_us(time.strip_suffix("ms")?, 1e3)?);
    let (length, mime, url) = (behind.next()?, behind.next()?, behind.next()?);
    let asked_for = match behind.next() {
        // `HTTP/1.1 GET URL`
        None => (url, mime, length),
        Some(method) if length == "-" || scan::digits(length) => (behind.next()?, method, url),
        Some(_) => return None,
    };
    let (protocol, method, url) = asked_for;
    if behind.next().is_some() || !protocol.starts_with("HTTP/") || !url.contains("://") {
        return None;
    }
    event.protocol = Some(Cow::Borrowed(protocol));
    asked(method, url, event)
}

/// Who says so, and the number of that event.
const ASPNET_LOGGER: &str = "Microsoft.AspNetCore.Hosting.Diagnostics[2]";

/// koa-logger's second line of a request: `  --> GET /x 200 12ms 1.2kb`; `  xxx GET /x 500 12ms -` where the application
/// threw, `  -x- GET /x 200 12ms -` where the client left.
pub(super) fn koa<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let line = bare(line);
    let behind = ["--> ", "xxx ", "-x- "].iter().find_map(|front| line.strip_prefix(front))?;
    let mut words = behind.split(' ').map(bare);
    let (method, target, status) = (words.next()?, words.next()?, words.next()?);
    let (duration, _size) = (words.next()?, words.next()?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(duration)?);
    if words.next().is_some() {
        return None;
    }
    asked(method, target, event)
}
