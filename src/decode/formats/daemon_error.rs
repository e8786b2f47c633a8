//! Error logs whose lines are a time, a level and a text: PHP and PHP-FPM, gunicorn, Envoy,
//! lighttpd, Tomcat (JULI), and the usual layouts of log4j, logback, Python, zerolog and others.
//!
//! The text is kept as it stands and no address is looked for in it: none of these marks where the
//! server's words end and a client's begin.

use std::borrow::Cow;

use super::program_error::{LiteSpeed, php_level, short_level};
use super::{Format, frameworks, prefixed, scan, zap};
use crate::decode::stamp::{millis_from_civil, month_from_name};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind, Level};
use crate::vocab::time::{Millis, Stamp};

/// What such a line says.
pub(super) struct Said<'a> {
    pub(super) stamp: Option<Stamp>,
    pub(super) level: Option<Level>,
    pub(super) pid: Option<u32>,
    pub(super) text: &'a str,
}

#[derive(Debug)]
pub(super) struct DaemonError {
    pub(super) name: &'static str,
    /// A cheap look at how such a line begins.
    pub(super) starts: fn(&[u8]) -> bool,
    pub(super) read: for<'a> fn(&'a str) -> Option<Said<'a>>,
}

pub(super) static PHP: DaemonError =
    DaemonError { name: "php_error", starts: bracketed, read: php };
pub(super) static GUNICORN: DaemonError =
    DaemonError { name: "gunicorn_error", starts: bracketed, read: gunicorn };
pub(super) static ENVOY: DaemonError =
    DaemonError { name: "envoy_error", starts: bracketed, read: envoy };
pub(super) static LIGHTTPD: DaemonError =
    DaemonError { name: "lighttpd_error", starts: dated_start, read: lighttpd };
pub(super) static TOMCAT: DaemonError =
    DaemonError { name: "tomcat_error", starts: dated_start, read: tomcat };
pub(super) static DATED: DaemonError =
    DaemonError { name: "dated_error", starts: dated_start, read: dated };

impl Format for DaemonError {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, line: &str) -> bool {
        (self.starts)(line.as_bytes())
    }

    fn is_of_errors(&self) -> bool {
        true
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let said = (self.read)(line.trim_end_matches(['\r', '\n', '\0']))?;
        let text = present(said.text).map(Cow::Borrowed);
        Some(Event {
            kind: Kind::Error,
            format: self.name,
            stamp: said.stamp,
            level: said.level,
            pid: said.pid,
            message_full: text.clone(),
            message: text,
            ..Event::default()
        })
    }
}

fn bracketed(line: &[u8]) -> bool {
    line.first() == Some(&b'[') && line.get(1).is_some_and(u8::is_ascii_digit)
}

fn dated_start(line: &[u8]) -> bool {
    line.iter().take(2).filter(|b| b.is_ascii_digit()).count() == 2
}

/// `[22-Nov-2026 10:00:00 UTC] PHP Warning:  text`, `[22-Nov-2026 10:00:00] WARNING: text` (FPM).
fn php(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (wall, zone) = day_month_year(time)?;
    // A region's name (`Europe/Berlin`) is left to the source's own zone.
    let stamp = if zone.trim() == "UTC" { Stamp::Utc(wall) } else { Stamp::Local(wall) };
    let (word, after) = rest.split_once(':').unwrap_or(("", rest));
    if let Some(level) = Level::from_name(word) {
        return Some(Said {
            stamp: Some(stamp),
            level: Some(level),
            pid: None,
            text: scan::trim(after),
        });
    }
    let level = word.strip_prefix("PHP ").map(|kind| php_level(kind).unwrap_or(Level::Error));
    Some(Said { stamp: Some(stamp), level, pid: None, text: rest })
}

/// `[2026-11-22 10:00:00 +0000] [12] [ERROR] text`
fn gunicorn(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] [")?;
    let (pid, rest) = rest.split_once("] [")?;
    let (level, text) = rest.split_once(']')?;
    let said = said(scan::iso_time(time)?, level, pid, text)?;
    (!prefixed::is_hypercorn(line)).then_some(said)
}

/// `[2026-11-22 10:00:00.123][12][warning][config] [source.cc:1] text`
fn envoy(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("][")?;
    let (pid, rest) = rest.split_once("][")?;
    let (level, rest) = rest.split_once("][")?;
    let (_logger, text) = rest.split_once(']')?;
    said(scan::iso_time(time)?, level, pid, text)
}

fn said<'a>(stamp: Stamp, level: &str, pid: &str, text: &'a str) -> Option<Said<'a>> {
    let pid = scan::digits(pid).then(|| pid.parse().ok())?;
    Some(Said {
        stamp: Some(stamp),
        level: Some(Level::from_name(level)?),
        pid,
        text: scan::trim(text),
    })
}

/// `2026-11-22 10:00:00: (mod_fastcgi.c.123) text`; there are no levels.
fn lighttpd(line: &str) -> Option<Said<'_>> {
    let stamp = scan::iso_time(line.get(..19)?)?;
    let (place, text) = line.get(19..)?.strip_prefix(": (")?.split_once(')')?;
    let (file, number) = place.rsplit_once('.')?;
    let source = scan::digits(number) && (file.ends_with(".c") || file.ends_with(".h"));
    source.then(|| Said { stamp: Some(stamp), level: None, pid: None, text: scan::trim(text) })
}

/// `22-Nov-2026 10:00:00.123 SEVERE [main] class.method text`
fn tomcat(line: &str) -> Option<Said<'_>> {
    let (wall, rest) = day_month_year(line)?;
    let (level, text) = scan::word(scan::trim(rest));
    // The words of java.util.logging.Level.
    let level = match level {
        "SEVERE" => Level::Error,
        "WARNING" => Level::Warn,
        "INFO" => Level::Info,
        "CONFIG" | "FINE" => Level::Debug,
        "FINER" | "FINEST" => Level::Trace,
        _ => return None,
    };
    Some(Said {
        stamp: Some(Stamp::Local(wall)),
        level: Some(level),
        pid: None,
        text: scan::trim(text),
    })
}

/// A time with any zone, then the level where loggers put it: `ERROR [main] logger - text`, `[main]
/// ERROR text`, `[error] text`, `[ERROR]: text`, `error: text`, `- logger - ERROR - text`, `ERR text`,
/// and Caddy's `<TAB>ERROR<TAB>logger<TAB>text`.
fn dated(line: &str) -> Option<Said<'_>> {
    let (time, rest) = time_of(line)?;
    let stamp = scan::iso_time(time)?;
    let other = LiteSpeed.decode(line).is_some() || zap::is_console(line);
    if !rest.starts_with([' ', '\t', '|']) || other || prefixed::is_python(line) {
        return None;
    }
    if frameworks::is_dated(line)
        || prefixed::is_logged(line)
        || prefixed::is_logback(line)
        || frameworks::is_uvicorn(scan::trim(rest))
    {
        return None;
    }
    let (level, text) = level_of(rest)?;
    Some(Said { stamp: Some(stamp), level: Some(level), pid: None, text: scan::trim(text) })
}

/// The level behind a line's time, wherever a logger puts it, and the text.
pub(super) fn level_of(text: &str) -> Option<(Level, &str)> {
    // NLog: `|INFO|logger|text`.
    if let Some(rest) = text.strip_prefix('|') {
        let (level, text) = rest.split_once('|')?;
        return Some((short_level(level)?, text));
    }
    // zap without an object: `<TAB>info<TAB>text`.
    if let Some((level, text)) = text.strip_prefix('\t').and_then(|rest| rest.split_once('\t'))
        && let Some(level) = short_level(level)
    {
        return Some((level, text));
    }
    let rest = scan::trim(text);
    let (word, after) = scan::word(rest);
    // In capitals only: a lower-case word may as well begin a sentence.
    let capital = |word: &str| {
        let upper = word.bytes().all(|b| b.is_ascii_uppercase());
        upper.then(|| short_level(word)).flatten()
    };
    if let Some(level) = capital(word) {
        return Some((level, after));
    }
    if let Some(level) = word.strip_suffix(':').and_then(short_level) {
        return Some((level, after));
    }
    // Python: `- logger - ERROR - text`, with a line's number or more before the level.
    if let Some(mut rest) = rest.strip_prefix("- ") {
        for _ in 0..3 {
            let (part, after) = rest.split_once(" - ")?;
            if let Some(level) = capital(part) {
                return Some((level, after));
            }
            rest = after;
        }
        return None;
    }
    let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
    if let Some(level) = short_level(inside.trim_matches(' ')) {
        let text = after.strip_prefix(':').unwrap_or(after);
        // nginx's process and thread.
        let process = scan::word(text).0.split_once('#').map(|(pid, _)| pid);
        let other = process.is_some_and(scan::digits) || !text.starts_with(' ');
        return (!other).then_some((level, text));
    }
    let after = after.strip_prefix([' ', '\t'])?;
    let (level, text) = scan::word(scan::trim(after));
    Some((capital(level)?, text))
}

/// The time that the line begins with, with its fraction and its zone, and what follows.
fn time_of(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    let count = |from: usize, fits: fn(&u8) -> bool| {
        bytes.get(from..).map_or(0, |rest| rest.iter().take_while(|&b| fits(b)).count())
    };
    let mut end = 19 + count(19, |b| b.is_ascii_digit() || b",.".contains(b));
    let blank = usize::from(bytes.get(end) == Some(&b' '));
    match bytes.get(end + blank)? {
        b'Z' if blank == 0 => end += 1,
        b'+' | b'-' => {
            let zone = count(end + blank + 1, |b| b.is_ascii_digit() || *b == b':');
            if matches!(zone, 4 | 5) {
                end += blank + 1 + zone;
            }
        }
        _ => {}
    }
    line.split_at_checked(end)
}

/// `22-Nov-2026 10:00:00.123` and what follows it.
fn day_month_year(text: &str) -> Option<(Millis, &str)> {
    let b = text.as_bytes();
    let apart = [(2, b'-'), (6, b'-'), (11, b' '), (14, b':'), (17, b':')];
    if apart.iter().any(|&(at, byte)| b.get(at) != Some(&byte)) {
        return None;
    }
    let number = |from: usize, to: usize| {
        text.get(from..to).filter(|part| scan::digits(part))?.parse::<u16>().ok()
    };
    let date = (i64::from(number(7, 11)?), month_from_name(&b[3..6])?, number(0, 2)? as u8);
    let clock = (number(12, 14)? as u8, number(15, 17)? as u8, number(18, 20)? as u8);
    let rest = text.get(20..)?;
    let (ms, rest) = match rest.strip_prefix('.') {
        Some(_) => (number(21, 24)?, rest[1..].trim_start_matches(|c: char| c.is_ascii_digit())),
        None => (0, rest),
    };
    Some((millis_from_civil(date, clock, ms)?, rest))
}
