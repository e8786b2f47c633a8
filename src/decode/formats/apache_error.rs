//! Apache's error log, of 2.2 (`[time] [error] [client 1.2.3.4] text`) and of 2.4
//! (`[time] [core:error] [pid 12:tid 34] (2)No such file: [client 1.2.3.4:567] AH00124: text`).
//!
//! `message` is what follows the client, without the `AH` number in front of it and with the
//! `referer` behind it; where no client is named it is the whole text, number and all. The shippers
//! that read these logs agree in both. `message_full` is all that follows the brackets.
//!
//! Behind a syslog header Apache leaves out its own time.

use std::borrow::Cow;

use super::{Format, haproxy, prefixed, scan};
use crate::decode::text::{present, unescape};
use crate::vocab::event::{Event, Kind, Level};

#[derive(Debug)]
pub(super) struct ApacheError;

impl Format for ApacheError {
    fn name(&self) -> &'static str {
        "apache_error"
    }

    fn fits(&self, line: &str) -> bool {
        line.starts_with('[')
    }

    fn is_of_errors(&self) -> bool {
        true
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let line = line.trim_end_matches(['\r', '\n', '\0']);
        if haproxy::is_stderr(line) || prefixed::is_log4js(line) {
            return None;
        }
        let (first, rest) = bracket(line)?;
        let stamp = scan::any_time(first);
        let (named, rest) = if stamp.is_some() { bracket(rest)? } else { (first, rest) };
        let level = Level::from_name(named.rsplit(':').next().unwrap_or(named))?;
        // Many programs begin their lines with a level in brackets: Apache's names a client, or a
        // module and a process.
        let process = named.contains(':') && !named.contains([' ', '[']) && process(rest);
        if stamp.is_none() && !process && !rest.starts_with("[client ") {
            return None;
        }
        let mut event = Event {
            kind: Kind::Error,
            format: self.name(),
            stamp,
            level: Some(level),
            ..Event::default()
        };
        let mut rest = rest;
        while let Some((inside, after)) = bracket(rest) {
            if let Some(process) = inside.strip_prefix("pid ") {
                event.pid = process.split(':').next().and_then(|pid| pid.parse().ok());
            } else if !inside.starts_with("tid ") {
                break;
            }
            rest = after;
        }
        event.message_full = present(rest).map(unescape);
        let (client, text) = client(rest);
        let (ip, port) = scan::address(client);
        event.remote_ip = present(ip).map(Cow::Borrowed);
        event.remote_port = port;
        event.message = present(text).map(unescape);
        // Of the first line: what a trace behind it says is not the server's word.
        let first = text.split('\n').next().unwrap_or(text);
        let referrer = first.rsplit_once(", referer: ").map(|(_, referrer)| referrer);
        event.referrer = referrer.and_then(present).map(unescape);
        Some(event)
    }
}

/// Whether the text begins with `[pid 12]` or `[pid 12:tid 34]`.
fn process(text: &str) -> bool {
    let inside = text.strip_prefix("[pid ").and_then(|rest| rest.split_once(']'));
    inside.is_some_and(|(pid, _)| pid.split(':').next().is_some_and(scan::digits))
}

/// What the bracket at the start of the text holds, and what follows it.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((inside, scan::trim(rest)))
}

/// The client's address (or nothing) and the message behind it.
fn client(text: &str) -> (&str, &str) {
    // `(36)File name too long: [client …]`, an error number and its text before the client.
    let behind_number = text.starts_with('(').then(|| text.split_once(": [client ")).flatten();
    let behind = behind_number.map(|(_, rest)| rest).or_else(|| text.strip_prefix("[client "));
    let Some((client, message)) = behind.and_then(|rest| rest.split_once(']')) else {
        // `mod_rewrite.c(470): [client …]`: a debug line's place in the source stays in the message.
        let place = text.split_once(": [client ").filter(|(front, _)| front.ends_with(')'));
        let client = place.and_then(|(_, rest)| rest.split_once(']')).map_or("", |(ip, _)| ip);
        return (client, text);
    };
    (client, without_number(message.trim_start()))
}

/// Without `AH00124: `.
fn without_number(text: &str) -> &str {
    match text.split_once(": ") {
        Some((number, rest)) if number.strip_prefix("AH").is_some_and(scan::digits) => rest,
        _ => text,
    }
}
