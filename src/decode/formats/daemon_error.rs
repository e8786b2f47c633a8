//! Error logs whose lines are a time, a level and a text: PHP and PHP-FPM, gunicorn, Envoy,
//! lighttpd, Tomcat (JULI), and the usual layout of log4j, logback and Caddy's console.
//!
//! The text is kept as it stands and no address is looked for in it: none of these marks where the
//! server's words end and a client's begin.

use std::borrow::Cow;

use super::{Format, prefixed, scan};
use crate::decode::stamp::{millis_from_civil, month_from_name};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind, Level};
use crate::vocab::time::{Millis, Stamp};

/// What such a line says.
struct Said<'a> {
    stamp: Stamp,
    level: Option<Level>,
    pid: Option<u32>,
    text: &'a str,
}

#[derive(Debug)]
pub(super) struct DaemonError {
    name: &'static str,
    read: for<'a> fn(&'a str) -> Option<Said<'a>>,
}

pub(super) static PHP: DaemonError = DaemonError { name: "php_error", read: php };
pub(super) static GUNICORN: DaemonError = DaemonError { name: "gunicorn_error", read: gunicorn };
pub(super) static ENVOY: DaemonError = DaemonError { name: "envoy_error", read: envoy };
pub(super) static LIGHTTPD: DaemonError = DaemonError { name: "lighttpd_error", read: lighttpd };
pub(super) static TOMCAT: DaemonError = DaemonError { name: "tomcat_error", read: tomcat };
pub(super) static DATED: DaemonError = DaemonError { name: "dated_error", read: dated };

impl Format for DaemonError {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, line: &str) -> bool {
        let bytes = line.as_bytes();
        bytes.first().is_some_and(|&b| b == b'[' || b.is_ascii_digit())
            && bytes.get(1).is_some_and(u8::is_ascii_digit)
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let said = (self.read)(line.trim_end_matches(['\r', '\n', '\0']))?;
        let text = present(said.text).map(Cow::Borrowed);
        Some(Event {
            kind: Kind::Error,
            format: self.name,
            stamp: Some(said.stamp),
            level: said.level,
            pid: said.pid,
            message_full: text.clone(),
            message: text,
            ..Event::default()
        })
    }
}

/// `[22-Nov-2026 10:00:00 UTC] PHP Warning:  text`, `[22-Nov-2026 10:00:00] WARNING: text` (FPM).
fn php(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (wall, zone) = day_month_year(time)?;
    // A region's name (`Europe/Berlin`) is left to the source's own zone.
    let stamp = if zone.trim() == "UTC" { Stamp::Utc(wall) } else { Stamp::Local(wall) };
    let (word, after) = rest.split_once(':').unwrap_or(("", rest));
    if let Some(level) = Level::from_name(word) {
        return Some(Said { stamp, level: Some(level), pid: None, text: scan::trim(after) });
    }
    let level = word.strip_prefix("PHP ").map(|kind| match kind {
        "Warning" | "Core Warning" | "Compile Warning" => Level::Warn,
        "Notice" | "Deprecated" | "Strict Standards" => Level::Notice,
        _ => Level::Error,
    });
    Some(Said { stamp, level, pid: None, text: rest })
}

/// `[2026-11-22 10:00:00 +0000] [12] [ERROR] text`
fn gunicorn(line: &str) -> Option<Said<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] [")?;
    let (pid, rest) = rest.split_once("] [")?;
    let (level, text) = rest.split_once(']')?;
    said(scan::iso_time(time)?, level, pid, text)
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
    Some(Said { stamp, level: Some(Level::from_name(level)?), pid, text: scan::trim(text) })
}

/// `2026-11-22 10:00:00: (mod_fastcgi.c.123) text`; there are no levels.
fn lighttpd(line: &str) -> Option<Said<'_>> {
    let stamp = scan::iso_time(line.get(..19)?)?;
    let (place, text) = line.get(19..)?.strip_prefix(": (")?.split_once(')')?;
    let (file, number) = place.rsplit_once('.')?;
    let source = scan::digits(number) && (file.ends_with(".c") || file.ends_with(".h"));
    source.then(|| Said { stamp, level: None, pid: None, text: scan::trim(text) })
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
    Some(Said { stamp: Stamp::Local(wall), level: Some(level), pid: None, text: scan::trim(text) })
}

/// `2026-11-22 10:00:00,123 ERROR [main] logger - text`, `2026-11-22 10:00:00.123 [main] ERROR …`,
/// `2026/11/22 10:00:00.123<TAB>ERROR<TAB>logger<TAB>text`.
fn dated(line: &str) -> Option<Said<'_>> {
    let fraction = line.get(19..)?.bytes().take_while(|b| b.is_ascii_digit() || b",.".contains(b));
    let (time, rest) = line.split_at_checked(19 + fraction.count())?;
    let stamp = scan::iso_time(time)?;
    if !rest.starts_with([' ', '\t']) || prefixed::is_python(line) {
        return None;
    }
    let rest = scan::trim(rest);
    let (level, after) = scan::word(rest);
    // In capitals only: a lower-case word may as well begin a sentence.
    let capital = |word: &str| {
        let upper = word.bytes().all(|b| b.is_ascii_uppercase());
        upper.then(|| Level::from_name(word)).flatten()
    };
    if let Some(level) = capital(level) {
        return Some(Said { stamp, level: Some(level), pid: None, text: scan::trim(after) });
    }
    let (_thread, after) = rest.strip_prefix('[')?.split_once("] ")?;
    let level = capital(scan::word(scan::trim(after)).0)?;
    let text = scan::trim(scan::word(scan::trim(after)).1);
    Some(Said { stamp, level: Some(level), pid: None, text })
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
