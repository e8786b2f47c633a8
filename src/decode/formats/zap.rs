//! Lines of zap's console encoder, which Caddy writes to a terminal: `time<TAB>LEVEL<TAB>logger<TAB>
//! message<TAB>{"request": {…}, "status": 200}`. The object is read as JSON is. What was copied off a
//! terminal has blanks where the tabs were. Caddy colours the level in files too.

use std::borrow::Cow;

use super::frameworks::bare;
use super::program_error::short_level;
use super::{Format, json, scan};
use crate::vocab::event::{Event, Kind, Level};
use crate::vocab::time::Stamp;

#[derive(Debug)]
pub(super) struct Console;

impl Format for Console {
    fn name(&self) -> &'static str {
        "zap_console"
    }

    fn fits(&self, line: &str) -> bool {
        is_console(line)
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let line = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        let cut = cut(line)?;
        // Caddy's and RoadRunner's loggers of requests. Another's message may repeat what a client
        // said, tabs and an object too; Caddy's `http.log.error` tells of a request a second time.
        let logger = cut.text.split('\t').next().unwrap_or_default();
        let requests = logger == "http" || logger.starts_with("http.log.access");
        let mut event = match json::read(cut.object, false) {
            Some(event) if event.kind == Kind::Access && requests => event,
            other => {
                let read = other.unwrap_or_default();
                Event {
                    kind: Kind::Error,
                    message: Some(Cow::Borrowed(cut.message)),
                    message_full: Some(Cow::Borrowed(cut.text)),
                    ..read
                }
            }
        };
        event.format = self.name();
        event.stamp = Some(cut.stamp);
        event.level = Some(cut.level);
        Some(event)
    }
}

/// Whether the line is one of these: with a time, a level and an object behind tabs.
pub(super) fn is_console(line: &str) -> bool {
    cut(line.trim_end_matches(['\r', '\n', ' ', '\0'])).is_some()
}

struct Cut<'a> {
    stamp: Stamp,
    level: Level,
    /// Logger, place and message, with tabs between them.
    text: &'a str,
    message: &'a str,
    object: &'a str,
}

fn cut(line: &str) -> Option<Cut<'_>> {
    if !line.ends_with('}') || !line.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let Some((time, rest)) = line.split_once('\t') else {
        return blanks(line);
    };
    let stamp = scan::iso_time(time).or_else(|| scan::epoch(time))?;
    let (level, rest) = rest.split_once('\t')?;
    let level = short_level(bare(level))?;
    // The message is the program's, what a client sent stands in the object.
    let at = memchr::memmem::find(rest.as_bytes(), b"\t{")?;
    let (text, object) = (&rest[..at], &rest[at + 1..]);
    let message = text.rsplit('\t').next().unwrap_or(text);
    Some(Cut { stamp, level, text, message, object })
}

/// `2026/11/22 10:00:00.123 INFO    http.log.access.log0    handled request {"request": {…}}`: the
/// loggers of Caddy's that begin with `http.`, for any other words could be anybody's.
fn blanks(line: &str) -> Option<Cut<'_>> {
    let (day, rest) = line.split_once(' ')?;
    let clock = rest.split(' ').next()?;
    let (time, rest) = line.split_at_checked(day.len() + 1 + clock.len())?;
    let stamp = scan::iso_time(time)?;
    let (level, rest) = scan::word(rest);
    let level = short_level(bare(level))?;
    if !rest.starts_with("http.") {
        return None;
    }
    let at = memchr::memmem::find(rest.as_bytes(), b" {\"")?;
    let (text, object) = (scan::trim_end(&rest[..at]), &rest[at + 1..]);
    let (_logger, message) = scan::word(text);
    Some(Cut { stamp, level, text, message, object })
}
