//! Access lines of application servers and web frameworks in layouts of their own: a row each.
//!
//! Paths and queries stand in them as the client sent them, some behind a quote that nothing escapes.
//! Each is read from the end that the client does not write: the last quote, the last `from`, the
//! count of words. A path with a blank in it is refused where the words are counted.

use std::borrow::Cow;

use super::columns::located;
use super::{Format, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Stamp;

/// One layout.
#[derive(Debug)]
pub(super) struct Framework {
    name: &'static str,
    fits: fn(&[u8]) -> bool,
    read: for<'a> fn(&'a str, &mut Event<'a>) -> Option<()>,
}

pub(super) static UVICORN: Framework =
    Framework { name: "uvicorn", fits: |line| line.starts_with(b"INFO"), read: uvicorn };
pub(super) static DJANGO: Framework =
    Framework { name: "django", fits: |line| line.get(12) == Some(&b' '), read: django };
pub(super) static TORNADO: Framework =
    Framework { name: "tornado", fits: |line| line.starts_with(b"["), read: tornado };
pub(super) static GIN: Framework =
    Framework { name: "gin", fits: |line| line.starts_with(b"[GIN] "), read: gin };
pub(super) static CHI: Framework =
    Framework { name: "chi", fits: |line| line.get(4) == Some(&b'/'), read: chi };
pub(super) static FIBER: Framework = Framework {
    name: "fiber",
    fits: |line| matches!(line.first(), Some(b'[' | b'0'..=b'2')),
    read: fiber,
};
pub(super) static MORGAN: Framework = Framework {
    name: "morgan",
    fits: |line| memchr::memmem::find(line, b" ms").is_some(),
    read: morgan,
};
pub(super) static UWSGI: Framework =
    Framework { name: "uwsgi", fits: |line| line.starts_with(b"[pid: "), read: uwsgi };
pub(super) static PHP_FPM: Framework = Framework {
    name: "php_fpm_access",
    fits: |line| line.first().is_some_and(u8::is_ascii_hexdigit),
    read: php_fpm,
};
pub(super) static PHP_SERVER: Framework =
    Framework { name: "php_server", fits: |line| line.starts_with(b"["), read: php_server };
pub(super) static SERILOG: Framework = Framework {
    name: "serilog",
    fits: |line| matches!(line.first(), Some(b'[' | b'0'..=b'9')),
    read: serilog,
};

pub(super) static KOA: Framework =
    Framework { name: "koa", fits: |line| line.trim_ascii_start().starts_with(b"-->"), read: koa };
pub(super) static GITEA: Framework = Framework {
    name: "gitea",
    fits: |line| {
        line.get(4) == Some(&b'/') && memchr::memmem::find(line, b"router: completed ").is_some()
    },
    read: gitea,
};

/// Whether the line is uvicorn's, which has a level in front.
pub(super) fn is_uvicorn(line: &str) -> bool {
    UVICORN.decode(line).is_some()
}

/// Whether the line is Serilog's, which has a time and a level in front.
pub(super) fn is_serilog(line: &str) -> bool {
    SERILOG.decode(line).is_some()
}

impl Format for Framework {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, line: &str) -> bool {
        (self.fits)(line.as_bytes())
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        let mut event = Event { kind: Kind::Access, format: self.name, ..Event::default() };
        (self.read)(line, &mut event)?;
        Some(event)
    }
}

/// `INFO:     203.0.113.9:52318 - "GET /x?y=1 HTTP/1.1" 200 OK`; without the colon from FastAPI's own
/// command. The quote that closes the request is the last of the line.
fn uvicorn<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let rest = line.strip_prefix("INFO")?;
    let rest = rest.strip_prefix(':').unwrap_or(rest).strip_prefix(' ')?;
    let (client, rest) = rest.trim_start_matches(' ').split_once(" - \"")?;
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

/// Django's runserver: `[22/Nov/2026 10:00:00] "GET /x HTTP/1.1" 200 5120`.
fn django<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
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
fn tornado<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
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

/// `[GIN] 2026/11/22 - 10:00:00 | 200 |     1.234ms |     203.0.113.9 | GET      "/x?y=1"`; before
/// version 1.7 without the quotes.
fn gin<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
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
fn chi<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let stamp = scan::iso_time(line.get(..19)?)?;
    let mut rest = line.get(19..)?.strip_prefix(' ')?;
    if let Some(inner) = rest.strip_prefix('[') {
        let (id, after) = inner.split_once("] ")?;
        // `host/random-number`, which no level is.
        let number = id.rsplit_once('-').map_or("", |(_, number)| number);
        let whole = scan::digits(number) && !id.contains(' ');
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
fn fiber<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
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

/// morgan's `dev` (`GET /x 200 1.2 ms - 512`), `tiny` (`GET /x 200 512 - 1.2 ms`) and `short`
/// (`client user GET /x HTTP/1.1 200 512 - 1.2 ms`).
fn morgan<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut words = [""; 10];
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
        [client, user, method, target, protocol, status, bytes, "-", time, "ms"] => {
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

/// `[pid: 12|app: 0|req: 1/1] 203.0.113.9 (bob) {40 vars in 600 bytes} [Sun Nov 22 10:00:00 2026] GET
/// /x => generated 512 bytes in 12 msecs (HTTP/1.1 200) 4 headers in 200 bytes (1 switches on core 0)`
fn uwsgi<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (front, rest) = line.strip_prefix("[pid: ")?.split_once("] ")?;
    let (front, tail) = (front, rest.rsplit_once(" => generated ")?);
    let (head, tail) = tail;
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

/// PHP-FPM's `access.format`, and what is put behind it: `203.0.113.9 -  22/Nov/2026:10:00:00 +0000
/// "GET /index.php" 200`.
fn php_fpm<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (head, rest) = line.split_once(" \"")?;
    let (client, rest_of_head) = head.split_once(" - ")?;
    let at = rest_of_head.len().checked_sub("22/Nov/2026:10:00:00 +0000".len())?;
    let (user, time) = rest_of_head.split_at_checked(at)?;
    let stamp = scan::clf_time(time)?;
    if !scan::is_ip(client) || !(user.is_empty() || user.ends_with(' ')) {
        return None;
    }
    let (request, rest) = rest.rsplit_once("\" ")?;
    event.stamp = Some(stamp);
    event.status = Some(three(scan::word(rest).0)?);
    event.user = scan::plain(user.trim_matches(' '));
    client_of(client, event);
    scan::request(request, scan::plain, event);
    Some(())
}

/// PHP's built-in server: `[Sun Nov 22 10:00:00 2026] 203.0.113.9:52318 [200]: GET /x`.
fn php_server<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
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
fn serilog<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
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

/// koa-logger's second line of a request: `  --> GET /x 200 12ms 1.2kb`.
fn koa<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut words = bare(line).strip_prefix("--> ")?.split(' ').map(bare);
    let (method, target, status) = (words.next()?, words.next()?, words.next()?);
    let (duration, _size) = (words.next()?, words.next()?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(duration)?);
    if words.next().is_some() {
        return None;
    }
    asked(method, target, event)
}

/// Gitea and Forgejo: `2026/11/22 10:00:00 …/logger.go:102:func1() [I] router: completed GET /x for
/// 203.0.113.9:0, 200 OK in 12.3ms @ web/home.go:32(web.Home)`.
fn gitea<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
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

/// A method and a target of which neither holds a blank.
fn asked<'a>(method: &'a str, target: &'a str, event: &mut Event<'a>) -> Option<()> {
    let whole =
        !target.contains([' ', '\t']) && (target.starts_with(['/', '*']) || target.contains("://"));
    if !is_method(method) || !whole {
        return None;
    }
    event.method = Some(Cow::Borrowed(method));
    located(target, event);
    Some(())
}

fn is_method(word: &str) -> bool {
    (3..=20).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
}

fn three(status: &str) -> Option<u16> {
    if status.len() == 3 { scan::status(status) } else { None }
}

fn is_clock(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 8 && b[2] == b':' && b[5] == b':' && b[..2].iter().all(u8::is_ascii_digit)
}

fn client_of<'a>(client: &'a str, event: &mut Event<'a>) {
    let (ip, port) = scan::address(client);
    event.remote_ip = present(ip).map(Cow::Borrowed);
    event.remote_port = port;
}

/// Without blanks and a terminal's colours around it.
fn bare(text: &str) -> &str {
    let text = uncoloured(text);
    match text.find("\x1b[") {
        Some(at) => text[..at].trim_end_matches(' '),
        None => text.trim_end_matches(' '),
    }
}

/// Without blanks and a terminal's colours in front.
fn uncoloured(text: &str) -> &str {
    let mut text = text.trim_start_matches(' ');
    while let Some((_, rest)) = text.strip_prefix("\x1b[").and_then(|rest| rest.split_once('m')) {
        text = rest.trim_start_matches(' ');
    }
    text
}
