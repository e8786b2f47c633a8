//! Runtime lines of programs around a web server, each with a layout of its own: LiteSpeed, Squid's
//! cache.log, Ruby's and Rails' logger, Monolog, Kubernetes' klog, uWSGI, Go's `net/http`, and the
//! lines that say no more than a level.
//!
//! As with the daemons of `daemon_error`, the text stays as it stands. Only LiteSpeed writes the
//! client where no client can: in brackets before its text.

use std::borrow::Cow;

use super::daemon_error::{DaemonError, Said, level_of};
use super::{Format, frameworks, haproxy, prefixed, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind, Level};

pub(super) static SQUID: DaemonError =
    DaemonError { name: "squid_error", starts: |line| line.get(4) == Some(&b'/'), read: squid };
pub(super) static RUBY: DaemonError =
    DaemonError { name: "ruby_error", starts: ruby_start, read: ruby_error };
pub(super) static RAILS: DaemonError = DaemonError {
    name: "rails_error",
    starts: |line| line.first() == Some(&b'[') && line.get(37) == Some(&b']'),
    read: rails,
};
pub(super) static TWISTED: DaemonError = DaemonError {
    name: "twisted_error",
    starts: |line| line.get(10) == Some(&b'T') && line.get(25) == Some(&b'['),
    read: |line| twisted(line).filter(|_| !prefixed::is_twisted(line)),
};
pub(super) static MONOLOG: DaemonError = DaemonError {
    name: "monolog_error",
    starts: |line| line.first() == Some(&b'[') && line.get(5) == Some(&b'-'),
    read: monolog,
};
pub(super) static KLOG: DaemonError = DaemonError {
    name: "klog_error",
    starts: |line| matches!(line.first(), Some(b'I' | b'W' | b'E' | b'F')),
    read: klog,
};
pub(super) static UWSGI: DaemonError =
    DaemonError { name: "uwsgi_error", starts: |line| line.get(24) == Some(&b' '), read: uwsgi };
pub(super) static GO: DaemonError =
    DaemonError { name: "go_error", starts: |line| line.get(4) == Some(&b'/'), read: go };
pub(super) static VARNISH: DaemonError = DaemonError {
    name: "varnish_error",
    starts: |line| line.starts_with(b"Child ("),
    read: varnish,
};
pub(super) static BRACKETED: DaemonError = DaemonError {
    name: "bracketed_error",
    starts: |line| line.first() == Some(&b'['),
    read: bracketed,
};
pub(super) static CLOCKED: DaemonError = DaemonError {
    name: "clocked_error",
    starts: |line| matches!(line.first(), Some(b'[' | b'0'..=b'2')),
    read: clocked,
};
pub(super) static STARTUP: DaemonError = DaemonError {
    name: "startup_error",
    starts: |line| line.starts_with(b"nginx: [") || line.starts_with(b"AH"),
    read: startup,
};
pub(super) static LEVELLED: DaemonError = DaemonError {
    name: "level_error",
    starts: |line| line.first().is_some_and(|&b| b.is_ascii_alphabetic() || b == b'['),
    read: levelled,
};

/// `2026-11-22 10:00:00.353044 [INFO] [1226038] [203.0.113.9:61120-5#shop] text`, the process and the
/// connection each where there is one.
#[derive(Debug)]
pub(super) struct LiteSpeed;

impl Format for LiteSpeed {
    fn name(&self) -> &'static str {
        "litespeed_error"
    }

    fn fits(&self, line: &str) -> bool {
        line.as_bytes().get(4) == Some(&b'-') && line.contains("] [")
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n', '\0']);
        let (time, rest) = line.split_once(" [")?;
        if time.len() < 23 || time.len() > 26 {
            return None;
        }
        let stamp = scan::iso_time(time)?;
        let (level, rest) = rest.split_once("] ")?;
        let level = short_level(level)?;
        let (pid, rest) = match bracket(rest) {
            Some((pid, after)) if scan::digits(pid) => (pid.parse().ok(), after),
            _ => (None, rest),
        };
        let connection = bracket(rest).filter(|(inside, _)| is_connection(inside));
        if pid.is_none() && connection.is_none() {
            return None;
        }
        let (inside, text) = connection.unwrap_or(("", rest));
        let mut event = Event {
            kind: Kind::Error,
            format: self.name(),
            stamp: Some(stamp),
            level: Some(level),
            pid,
            message: present(text).map(Cow::Borrowed),
            message_full: present(rest).map(Cow::Borrowed),
            ..Event::default()
        };
        let (peer, vhost) = inside.split_once('#').unwrap_or((inside, ""));
        let peer = peer.split(['-', '>']).next().unwrap_or(peer);
        let (ip, port) = scan::address(peer);
        if scan::is_ip(ip) {
            event.remote_ip = present(ip).map(Cow::Borrowed);
            event.remote_port = port;
        }
        // `#shop:lsapi`, a name of the configuration; it is the site where it reads as one.
        let vhost = vhost.split(':').next().unwrap_or(vhost);
        event.host = Some(vhost).filter(|name| scan::is_host(name)).map(Cow::Borrowed);
        Some(event)
    }
}

/// `203.0.113.9:61120-5#shop`, `T0`, `uds://tmp/lshttpd/php.sock`.
fn is_connection(inside: &str) -> bool {
    let peer = inside.split(['-', '#', '>']).next().unwrap_or(inside);
    let thread = inside.strip_prefix('T').is_some_and(scan::digits);
    scan::is_ip(peer) || thread || inside.starts_with("uds://") || inside.contains('#')
}

/// What the bracket at the start of the text holds, and what follows it.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((inside, scan::trim(rest)))
}

/// `2026/11/22 10:00:00 kid1| WARNING: text`
fn squid(line: &str) -> Option<Said<'_>> {
    let bar = memchr::memchr(b'|', line.as_bytes()).filter(|at| (19..=48).contains(at))?;
    let (front, text) = (&line[..bar], line[bar + 1..].strip_prefix(' ')?);
    let (time, kid) = front.split_at_checked(front.find(" kid").unwrap_or(bar))?;
    let stamp = scan::iso_time(time)?;
    let numbered = kid.is_empty() || kid.strip_prefix(" kid").is_some_and(scan::digits);
    // `5,2| ` of a debug line.
    let text = text.split_once("| ").filter(|(part, _)| part.len() < 8).map_or(text, |p| p.1);
    let (word, _) = text.split_once(':').unwrap_or(("", text));
    let level = match word {
        "FATAL" => Level::Crit,
        "SECURITY ALERT" => Level::Alert,
        _ => Level::from_name(word).unwrap_or(Level::Info),
    };
    numbered.then_some(Said { stamp: Some(stamp), level: Some(level), pid: None, text })
}

/// The level's letter, not a quote in front of another's line.
fn ruby_start(line: &[u8]) -> bool {
    line.get(1) == Some(&b',') && line[0].is_ascii_uppercase()
}

fn ruby_error(line: &str) -> Option<Said<'_>> {
    let said =
        ruby(line).filter(|_| !prefixed::is_ruby(line) && !frameworks::is_two_lines(line))?;
    Some(Said { text: exception(said.text).unwrap_or(said.text), ..said })
}

/// What Rails says of an exception in lines that were put together: the first one has nothing behind its tags, and the same
/// tags stand before the others.
fn exception(text: &str) -> Option<&str> {
    let (first, rest) = text.split_once('\n')?;
    let tags = first.strip_suffix("  ")?;
    rest.strip_prefix(tags).filter(|_| tags.is_empty() || tags.starts_with('['))
}

/// Rails' lines behind no more than the request's id, as it writes them since version 8: `[5e1f8a3c-…] text`. An exception's
/// begins with its name.
fn rails(line: &str) -> Option<Said<'_>> {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let (id, text) = line.strip_prefix('[')?.split_once("] ")?;
    let mut groups = id.split('-');
    let hex = |length| {
        let group = groups.next().unwrap_or("");
        group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let is_id = GROUPS.into_iter().all(hex) && groups.next().is_none();
    let name = text.split_once(" (").map_or("", |(name, _)| name);
    let failed =
        ["Error", "Exception", "NotFound", "Invalid"].iter().any(|end| name.ends_with(end));
    let whole = exception(line);
    let failed = failed && !name.contains(' ') || whole.is_some();
    let level = if failed { Level::Error } else { Level::Info };
    let own = is_id && !frameworks::is_two_lines(line);
    let text = whole.unwrap_or(text);
    own.then_some(Said { stamp: None, level: Some(level), pid: None, text })
}

/// `E, [2026-11-22T10:00:00.123456 #12] ERROR -- program: text`
pub(super) fn ruby(line: &str) -> Option<Said<'_>> {
    let (front, rest) = line.get(1..)?.strip_prefix(", [")?.split_once("] ")?;
    let (time, pid) = front.split_once(" #").or_else(|| front.split_once('#'))?;
    let stamp = scan::iso_time(time.trim_end_matches(' '))?;
    let (level, text) = rest.trim_start_matches(' ').split_once(" -- ")?;
    let level = if level == "ANY" { Level::Info } else { Level::from_name(level)? };
    let (program, text) = text.split_once(": ").unwrap_or((text.trim_end_matches(':'), ""));
    let pid = scan::digits(pid).then(|| pid.parse().ok())?;
    let plain = !program.contains(' ');
    plain.then_some(Said { stamp: Some(stamp), level: Some(level), pid, text })
}

/// `2026-11-22T10:00:00+0000 [twisted.web.server.Site#info] text`; `[-]` where older code logs without a level.
pub(super) fn twisted(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.split_at_checked(24)?;
    let (tag, text) = rest.strip_prefix(" [")?.split_once("] ")?;
    let stamp = scan::iso_time(time).filter(|_| time.as_bytes()[10] == b'T')?;
    let level = match tag.split_once('#') {
        Some((namespace, level)) => {
            let of_name = |b: u8| b.is_ascii_alphanumeric() || b"._".contains(&b);
            Level::from_name(level).filter(|_| namespace.bytes().all(of_name))?
        }
        None => Some(Level::Info).filter(|_| tag == "-")?,
    };
    Some(Said { stamp: Some(stamp), level: Some(level), pid: None, text })
}

/// `[2026-11-22 10:00:00] production.ERROR: text`, of Laravel, Symfony and others.
fn monolog(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let stamp = scan::iso_time(time)?;
    let (channel, text) = rest.split_once(": ")?;
    let (name, level) = channel.rsplit_once('.')?;
    let level =
        Level::from_name(level).filter(|_| !level.bytes().any(|b| b.is_ascii_lowercase()))?;
    let plain = !name.contains([' ', '[']);
    plain.then_some(Said { stamp: Some(stamp), level: Some(level), pid: None, text })
}

/// `E1122 10:00:00.123456       1 controller.go:114] text`; the year is not there, so that the time
/// is that of arrival.
fn klog(line: &str) -> Option<Said<'_>> {
    let level = match line.as_bytes().first()? {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' => Level::Crit,
        _ => return None,
    };
    let (front, text) = line.split_once("] ")?;
    let mut words = front.split(' ').filter(|word| !word.is_empty());
    let (day, clock, thread, place) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (file, number) = place.rsplit_once(':')?;
    let fits = day.len() == 5
        && scan::digits(&day[1..])
        && is_clock(clock)
        && scan::digits(thread)
        && scan::digits(number)
        && file.ends_with(".go")
        && words.next().is_none();
    let stamp = scan::month_day_time(&day[1..], clock);
    fits.then(|| Said { stamp, level: Some(level), pid: thread.parse().ok(), text })
}

/// `Sun Nov 22 10:00:00 2026 - text`
fn uwsgi(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.split_at_checked(24)?;
    let stamp = scan::ctime(time)?;
    let text = rest.strip_prefix(" - ")?;
    let died = text.starts_with("DAMN") || text.starts_with("!!!") || text.starts_with("***");
    let level = if died { Level::Error } else { Level::Info };
    Some(Said { stamp: Some(stamp), level: Some(level), pid: None, text })
}

/// `2026/11/22 10:00:00 http: TLS handshake error from 203.0.113.9:5123: EOF`
fn go(line: &str) -> Option<Said<'_>> {
    let stamp = scan::iso_time(line.get(..19)?)?;
    let text = line.get(19..)?.strip_prefix(' ')?;
    let level = if text.starts_with("http: panic") { Level::Error } else { Level::Warn };
    let known = text.starts_with("http: ") || text.starts_with("http2: ");
    known.then_some(Said { stamp: Some(stamp), level: Some(level), pid: None, text })
}

/// `Child (12) died signal=6`
fn varnish(line: &str) -> Option<Said<'_>> {
    let (pid, text) = line.strip_prefix("Child (")?.split_once(") ")?;
    let bad =
        ["died", "Panic", "not responding", "ended"].iter().any(|word| text.starts_with(word));
    let level = if bad { Level::Error } else { Level::Info };
    let known =
        bad || text.starts_with("said ") || text.starts_with("Started") || text.starts_with("is ");
    let pid = scan::digits(pid).then(|| pid.parse().ok())?;
    known.then_some(Said { stamp: None, level: Some(level), pid, text: line })
}

/// A time and a level in one bracket, or in two with a short level: Rust's env_logger `[2026-11-22T10:00:00Z
/// INFO  target] text`, Celery's `[2026-11-22 10:00:00,123: INFO/MainProcess] text`, Passenger's `[ N
/// 2026-11-22 10:00:00.1234 12/T1 file.cpp:15 ]: text`, Serilog's `[2026-11-22 10:00:00.123 +00:00] [INF] text`.
fn bracketed(line: &str) -> Option<Said<'_>> {
    let (front, text) = line.strip_prefix('[')?.split_once(']')?;
    let said = |stamp, level, text| {
        Some(Said { stamp: Some(stamp), level: Some(level), pid: None, text: scan::trim(text) })
    };
    if let Some(front) = front.strip_prefix(' ') {
        let (level, rest) = front.split_once(' ')?;
        let level = match level {
            "C" => Level::Crit,
            "E" => Level::Error,
            "W" => Level::Warn,
            "N" => Level::Notice,
            "I" => Level::Info,
            "D" | "D2" | "D3" => Level::Debug,
            _ => return None,
        };
        let time = rest.get(..24)?.trim_end_matches(' ');
        return said(scan::iso_time(time)?, level, text.strip_prefix(": ")?);
    }
    if let Some(stamp) = scan::iso_time(front) {
        let (level, text) = bracket(text.strip_prefix(' ')?)?;
        // Whole words are Apache's.
        let short = Level::from_name(level).is_none();
        return short.then(|| said(stamp, short_level(level)?, text)).flatten();
    }
    let text = text.strip_prefix(' ')?;
    if let Some((time, process)) = front.split_once(": ") {
        let (level, process) = process.split_once('/')?;
        let plain = !process.contains(' ');
        return plain
            .then(|| said(scan::iso_time(time)?, Level::from_name(level)?, text))
            .flatten();
    }
    let (time, rest) = front.split_once(' ')?;
    let (level, target) = scan::word(rest);
    let plain = !target.contains(' ') && time.contains('T') && !prefixed::is_actix(line);
    plain.then(|| said(scan::iso_time(time)?, Level::from_name(level)?, text)).flatten()
}

/// `[10:00:00.123] INFO (12): text`, `[10:00:00] ERROR text`, `[10:00:00 ERR] text`, `10:00:00.123
/// [main] INFO text`, `10:00:00.123 request_id=x [info] text`, of pino, Serilog, logback, Elixir and others on a terminal; the day is that of arrival.
fn clocked(line: &str) -> Option<Said<'_>> {
    if line.as_bytes().first()?.is_ascii_digit() {
        let (time, rest) = line.split_at_checked(line.find([' ', '\t'])?)?;
        let (level, text) = level_of(behind_metadata(rest))?;
        let text = scan::trim(text);
        let own = is_clock(time)
            && !frameworks::is_two_lines(line)
            && !frameworks::is_dated(line)
            && !prefixed::is_logback(line);
        return own.then_some(Said { stamp: None, level: Some(level), pid: None, text });
    }
    let (front, rest) = line.strip_prefix('[')?.split_once("] ").or_else(|| {
        // Nothing behind the level.
        let (front, rest) = line.strip_prefix('[')?.split_once(']')?;
        Some((front, rest))
    })?;
    if let Some((time, level)) = front.split_once(' ') {
        let level = short_level(level)?;
        let own = is_clock(time) && !frameworks::is_serilog(line);
        return own.then_some(Said { stamp: None, level: Some(level), pid: None, text: rest });
    }
    let (word, text) = scan::word(rest);
    let level = short_level(word.trim_end_matches(':'))?;
    let process = text.strip_prefix('(').and_then(|inner| inner.split_once("):"));
    let (pid, text) = match process.filter(|(pid, _)| scan::digits(pid)) {
        Some((pid, text)) => (pid.parse().ok(), scan::trim(text)),
        None => (None, text),
    };
    is_clock(front).then_some(Said { stamp: None, level: Some(level), pid, text })
}

/// Without the words `name=value` that Elixir's logger puts before the level.
fn behind_metadata(text: &str) -> &str {
    const MAX: usize = 8;
    let mut rest = scan::trim(text);
    for _ in 0..MAX {
        match scan::word(rest) {
            (word, after) if word.contains('=') && !word.starts_with(['[', '"']) => rest = after,
            _ => break,
        }
    }
    // Nobody else writes a level in brackets behind such words.
    if rest.starts_with('[') { rest } else { text }
}

/// `10:00:00`, with a fraction or without.
fn is_clock(text: &str) -> bool {
    let b = text.as_bytes();
    let colons = b.len() >= 8 && b[2] == b':' && b[5] == b':';
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    colons
        && [&b[..2], &b[3..5], &b[6..8]].into_iter().all(digits)
        && b[8..].iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
}

/// `nginx: [emerg] text`, `AH00558: httpd: text`: what nginx and Apache say on the terminal before
/// they have read where their log is.
fn startup(line: &str) -> Option<Said<'_>> {
    let said = |level, text| Some(Said { stamp: None, level, pid: None, text });
    if let Some(rest) = line.strip_prefix("nginx: [") {
        let (level, text) = rest.split_once("] ")?;
        return said(Some(Level::from_name(level)?), text);
    }
    let (number, rest) = line.split_once(": ")?;
    let own = number.len() == 7 && scan::digits(&number[2..]);
    let named = ["httpd: ", "apache2: "].iter().any(|name| rest.starts_with(name));
    if own && named { said(None, line) } else { None }
}

/// `ERROR: text`, `ERROR:root:text` (Python), `[error] text`, `fail: Category[13]` (ASP.NET), `PHP
/// Warning:  text`: no more than a level and a text.
fn levelled(line: &str) -> Option<Said<'_>> {
    const NET: [(&str, Level); 6] = [
        ("trce", Level::Trace),
        ("dbug", Level::Debug),
        ("info", Level::Info),
        ("warn", Level::Warn),
        ("fail", Level::Error),
        ("crit", Level::Crit),
    ];
    let said = |level, text| Said { stamp: None, level: Some(level), pid: None, text };
    if let Some((level, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        let level = short_level(level)?;
        // Apache's and HAProxy's own.
        let other = scan::trim(rest).starts_with("[client ")
            || haproxy::is_stderr(line)
            || frameworks::is_two_lines(line);
        return (!other).then_some(said(level, scan::trim(rest)));
    }
    let (word, rest) = line.split_once(':')?;
    if let Some(kind) = word.strip_prefix("PHP ") {
        let level = php_level(kind)?;
        return rest.starts_with(' ').then(|| said(level, line));
    }
    if let Some((_, level)) = NET.iter().find(|(name, _)| *name == word) {
        let category = rest.strip_prefix(' ').filter(|rest| rest.ends_with(']'))?;
        let plain = category.contains('[') && !category.contains(' ');
        return plain.then_some(said(*level, category));
    }
    let capital = word.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
    let level = if word == "SEVERE" { Level::Error } else { Level::from_name(word)? };
    let own = capital && !prefixed::is_python(line) && !frameworks::is_uvicorn(line);
    // `ERROR:root:text` names a logger; what else has no blank behind its colon is no level.
    let logger = rest.split_once(':').filter(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    });
    let text = match logger {
        Some((_, text)) if !rest.starts_with(' ') => text,
        _ => rest.strip_prefix(' ')?,
    };
    own.then_some(said(level, scan::trim(text)))
}

/// The kinds that PHP gives its messages.
pub(super) fn php_level(kind: &str) -> Option<Level> {
    Some(match kind {
        "Warning" | "Core Warning" | "Compile Warning" | "User Warning" => Level::Warn,
        "Notice" | "Deprecated" | "Strict Standards" | "User Notice" => Level::Notice,
        "Fatal error" | "Parse error" | "Recoverable fatal error" | "Catchable fatal error" => {
            Level::Error
        }
        _ => return None,
    })
}

/// A level by its name, or in zerolog's and Serilog's three letters.
pub(super) fn short_level(word: &str) -> Option<Level> {
    Some(match word {
        "INF" => Level::Info,
        "WRN" => Level::Warn,
        "ERR" => Level::Error,
        "DBG" => Level::Debug,
        "TRC" | "VRB" => Level::Trace,
        "FTL" | "PNC" => Level::Crit,
        "SEVERE" => Level::Error,
        _ => return Level::from_name(word),
    })
}
