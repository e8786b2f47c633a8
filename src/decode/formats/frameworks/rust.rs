//! Rust's: tower-http in front of axum and tonic, Vaultwarden.

use std::borrow::Cow;

use super::super::program_error::short_level;
use super::super::scan;
use super::{asked, is_method, nested_len, three};
use crate::vocab::event::Event;

/// What tower-http's `TraceLayer` says of a response, as `tracing`'s subscriber writes it: `2026-11-22T10:00:00.123456Z
/// DEBUG request{method=GET uri=/x version=HTTP/1.1}: tower_http::trace::on_response: finished processing request
/// latency=0 ms status=200`. The compact form has the span's fields at the end; the time or the span may be left away.
///
/// The module's name is what makes it the library's: behind another one's these words can be a client's. What a client
/// said may stand in the span, so that all is read from the left, nothing is left over, and no field is there twice. A
/// path may have in it what shuts a span and opens another; it has no blank, so that its word is its own where the
/// version is behind it, as the library writes them. Elsewhere it is left out.
pub(super) fn tower_http<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (level, rest) = match scan::word(line) {
        (time, rest) if time.len() > 18 => {
            event.stamp = Some(scan::iso_time(time)?);
            scan::word(rest)
        }
        level => level,
    };
    let level = short_level(level).filter(|_| level.bytes().all(|b| b.is_ascii_uppercase()))?;
    let mut fields = Fields::default();
    let mut rest = rest;
    for _ in 0..SPANS_MAX {
        let Some(inside) = span(rest) else { break };
        rest = fields.all(inside, true)?.strip_prefix(':')?;
    }
    // The compact form names the span.
    let rest = rest.strip_prefix("request:").unwrap_or(rest).trim_start_matches(' ');
    let rest = rest.strip_prefix(ON_RESPONSE)?;
    let (latency, rest) = rest.split_once(" status=")?;
    let (status, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    fields.all(rest, false)?;
    event.level = Some(level);
    event.status = Some(three(status)?);
    event.request_time_us = Some(latency_us(latency)?);
    event.protocol = fields.version.map(Cow::Borrowed);
    match (fields.method, fields.uri) {
        (Some(method), Some(_)) if fields.unsure && is_method(method) => {
            event.method = Some(Cow::Borrowed(method));
            Some(())
        }
        (Some(method), Some(uri)) => asked(method, uri, event),
        (None, None) => Some(()),
        _ => None,
    }
}

/// Spans within each other that are looked into.
const SPANS_MAX: usize = 16;
const ON_RESPONSE: &str = "tower_http::trace::on_response: finished processing request latency=";

/// What stands behind a span's name and brace, where the text begins with one.
fn span(text: &str) -> Option<&str> {
    let name = text.bytes().take_while(|&b| is_name(b)).count();
    text[name..].strip_prefix('{').filter(|_| name > 0)
}

/// `0 ms`, `0.000157 s`, `12 μs`.
fn latency_us(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    scan::unit_us(&format!("{number}{unit}"))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// Those of a line's fields that say what was asked for.
#[derive(Default)]
struct Fields<'a> {
    method: Option<&'a str>,
    uri: Option<&'a str>,
    version: Option<&'a str>,
    /// Where the path ends is not said.
    unsure: bool,
}

impl<'a> Fields<'a> {
    /// Takes all fields up to the end, or to the brace that shuts the span; gives what follows.
    fn all(&mut self, mut text: &'a str, in_span: bool) -> Option<&'a str> {
        while !text.is_empty() {
            let (name, rest) = text.split_once('=')?;
            let length = match name {
                "uri" | "http.uri" if in_span => self.uri_len(rest),
                _ => value_len(rest, in_span)?,
            };
            let (value, rest) = rest.split_at(length);
            if name.is_empty() || !name.bytes().all(is_name) {
                return None;
            }
            let field = match name {
                "method" | "http.method" => Some(&mut self.method),
                "uri" | "http.uri" => Some(&mut self.uri),
                "version" | "http.version" => Some(&mut self.version),
                _ => None,
            };
            // A quoted one would be another's.
            if field.is_some_and(|field| field.replace(value).is_some() || value.starts_with('"')) {
                return None;
            }
            match rest.strip_prefix(' ') {
                Some(next) => text = next,
                None if in_span => return rest.strip_prefix('}'),
                None => text = rest,
            }
        }
        (!in_span).then_some("")
    }

    /// How long the path is that the text of a span begins with.
    fn uri_len(&mut self, text: &str) -> usize {
        let word = &text[..text.find(' ').unwrap_or(text.len())];
        let behind = &text[word.len()..];
        let shut = word.strip_suffix("}:").filter(|_| {
            behind.strip_prefix(' ').is_some_and(|behind| behind.starts_with(ON_RESPONSE))
        });
        let value = shut.unwrap_or(word);
        self.unsure |= value.contains("}:") && !behind.starts_with(" version=");
        value.len()
    }
}

/// How long a field's value is: a quoted text, a list or a map of such, or a word.
fn value_len(text: &str, in_span: bool) -> Option<usize> {
    if text.starts_with(['"', '{', '[', '(']) {
        return nested_len(text);
    }
    let word = &text[..text.find(' ').unwrap_or(text.len())];
    // A path may hold a brace.
    Some(if in_span { word.find("}:").unwrap_or(word.len()) } else { word.len() })
}

/// Vaultwarden: `[2026-11-22 10:00:00.123][response][INFO] (config) GET /api/config => 200 OK`. The path is the route that
/// answered, with its parameters' names.
pub(super) fn vaultwarden<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("][response][INFO] ")?;
    let (route, answer) = rest.rsplit_once(" => ")?;
    event.stamp = Some(scan::iso_time(time)?);
    event.status = Some(three(scan::word(answer).0)?);
    let mut words = route.split(' ');
    let mut method = words.next()?;
    if method.starts_with('(') && method.ends_with(')') {
        method = words.next()?;
    }
    let target = words.next()?;
    // Its rank and the type that it takes.
    let plain = words.all(|word| word.starts_with('[') || word.contains('/'));
    let whole = plain && is_method(method) && target.starts_with('/');
    whole.then(|| asked(method, target, event)).flatten()
}
