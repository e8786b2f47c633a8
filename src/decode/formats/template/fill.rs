//! From the places of the fields to an event: each value read as what its field means.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::field::{Escape, Field, Meaning, Shape, Unit};
use super::moment::Moment;
use super::time::{Micros, Pattern};
use crate::decode::formats::json_escape;
use crate::decode::formats::scan::{self, Reading};
use crate::decode::text::present;
use crate::vocab::event::{Event, Text};
use crate::vocab::time::{Millis, Stamp};

/// The fields that say something, in the order in which they are read: of two with one meaning the
/// one that counts comes later, and what a request line says comes before what only repeats a part
/// of it.
pub(super) fn order<'f>(fields: impl Iterator<Item = &'f Field>) -> Vec<usize> {
    let known = fields.enumerate().filter(|(_, field)| field.meaning != Meaning::Skip);
    let mut order: Vec<(usize, &Field)> = known.collect();
    order.sort_by_key(|(_, field)| {
        let stage = match field.meaning {
            Meaning::Path => 0,
            Meaning::Query => 1,
            Meaning::Request => 2,
            _ => 3,
        };
        (stage, field.rank)
    });
    order.into_iter().map(|(index, _)| index).collect()
}

/// How this line's texts are read.
pub(super) fn reading(escape: Escape, line: &str) -> Reading {
    match escape {
        Escape::None => scan::plain,
        Escape::Backslash | Escape::Unknown | Escape::Loose => scan::reading(line),
        Escape::Json if memchr::memchr(b'\\', line.as_bytes()).is_some() => json,
        Escape::Json => scan::plain,
    }
}

pub(super) fn json(raw: &str) -> Option<Text<'_>> {
    present(raw).map(json_escape::unescape)
}

/// Times of one line.
#[derive(Default)]
struct Times {
    began: Moment,
    ended: Moment,
    /// Of a field that is a whole time by itself, where the request began and where it ended.
    whole: [Option<Stamp>; 2],
    /// Whether one of these is meant as a time and is none.
    is_misdated: bool,
}

/// Writes the values of one line into its event.
pub(super) struct Filling {
    text: Reading,
    times: Times,
}

impl Filling {
    pub(super) fn new(text: Reading) -> Filling {
        Filling { text, times: Times::default() }
    }

    /// Reads a field's value, in the order that [`order`] gives.
    pub(super) fn set<'a>(&mut self, field: &Field, raw: &'a str, event: &mut Event<'a>) {
        if !matches!(raw, "" | "-") {
            set(field, raw, self.text, &mut self.times, event);
        }
    }

    /// What all fields say together.
    pub(super) fn finish<'a, 'f>(
        self,
        mut fields: impl Iterator<Item = &'f Field>,
        event: &mut Event<'a>,
    ) {
        event.stamp = self.times.stamp();
        event.is_misdated = event.stamp.is_none() && self.times.is_misdated;
        if event.target.is_none()
            && let Some(path) = &event.path
        {
            event.target = Some(match &event.query {
                Some(query) => Cow::Owned(format!("{path}?{query}")),
                None => path.clone(),
            });
        }
        if event.remote_ip.is_none()
            && let Some(list) = &event.x_forwarded_for
            && !fields.any(|field| field.meaning == Meaning::Client)
        {
            // The last entry is the one that the nearest proxy wrote; those before may be forged.
            event.remote_ip = match list {
                Cow::Borrowed(list) => Some(Cow::Borrowed(last(list))),
                Cow::Owned(list) => Some(Cow::Owned(last(list).to_owned())),
            };
        }
    }
}

fn last(list: &str) -> &str {
    let around = |c: char| matches!(c, ',' | '"' | '\'' | ' ');
    let list = list.trim_matches(around);
    let last = list.rsplit([',', ' ']).next().unwrap_or(list);
    scan::address(last.trim_matches(around)).0
}

fn set<'a>(field: &Field, raw: &'a str, text: Reading, times: &mut Times, event: &mut Event<'a>) {
    match field.meaning {
        Meaning::Skip => {}
        Meaning::Client => {
            let raw = raw.rsplit(", ").next().unwrap_or(raw);
            let (ip, port) = scan::address(raw);
            event.remote_ip = text(ip);
            event.remote_port = event.remote_port.or(port);
        }
        Meaning::ClientPort => event.remote_port = raw.parse().ok(),
        Meaning::Forwarded => {
            let bare = match field.shape {
                Shape::Addresses(_) => raw.trim_matches(['"', ',', ' ', '\'']),
                _ => raw,
            };
            event.x_forwarded_for = text(bare);
        }
        Meaning::Ident => event.ident = text(raw),
        // Apache's writing of an empty one.
        Meaning::User if raw == "\"\"" => {}
        Meaning::User => event.user = text(raw),
        Meaning::Method => event.method = text(raw),
        Meaning::Target => scan::target(raw, text, event),
        Meaning::PathArgs => {
            let none = if raw.contains('?') { None } else { raw.strip_suffix('-') };
            let raw = none.unwrap_or(raw);
            if !matches!(raw, "" | "-") {
                scan::target(raw, text, event);
            }
        }
        Meaning::Path => event.path = text(raw),
        Meaning::Query => event.query = text(raw.strip_prefix('?').unwrap_or(raw)),
        Meaning::Request => scan::request(raw, text, event),
        Meaning::Protocol => event.protocol = text(raw).map(protocol),
        Meaning::Status => event.status = scan::status(raw),
        Meaning::Bytes => event.bytes = scan::bytes(raw).or(event.bytes),
        Meaning::BytesIn => event.bytes_in = scan::bytes(raw).or(event.bytes_in),
        Meaning::Referrer => event.referrer = text(raw),
        Meaning::Agent => event.user_agent = text(raw),
        Meaning::Began => times.read(field, raw, 0),
        Meaning::Ended => times.read(field, raw, 1),
        Meaning::Took(unit) => event.request_time_us = micros(raw, unit).or(event.request_time_us),
        Meaning::Waited(unit) => {
            event.upstream_time_us = micros(raw, unit).or(event.upstream_time_us);
        }
        Meaning::Upstream => event.upstream = text(raw),
        Meaning::Host => event.host = text(scan::address(raw).0),
        Meaning::Scheme => {
            if matches!(raw, "http" | "https") {
                event.scheme = Some(Cow::Borrowed(raw));
            }
        }
        Meaning::TlsVersion => event.tls_version = text(raw),
        Meaning::TlsCipher => event.tls_cipher = text(raw),
        Meaning::Cache => event.cache_status = text(raw),
        Meaning::Mime => event.mime = text(raw),
        Meaning::Pid => event.pid = raw.parse().ok(),
    }
}

/// A bare version with its name in front.
fn protocol(text: Text<'_>) -> Text<'_> {
    match &*text {
        "1.0" => Cow::Borrowed("HTTP/1.0"),
        "1.1" => Cow::Borrowed("HTTP/1.1"),
        "2" | "2.0" => Cow::Borrowed("HTTP/2.0"),
        "3" | "3.0" => Cow::Borrowed("HTTP/3.0"),
        _ => text,
    }
}

fn micros(raw: &str, unit: Unit) -> Option<u64> {
    match unit {
        Unit::Seconds => scan::duration_us(raw),
        Unit::Millis => scan::scaled_us(raw, 1e3),
        Unit::Micros => scan::scaled_us(raw, 1.0),
        Unit::Nanos => scan::scaled_us(raw, 1e-3),
    }
}

/// `Sunday, 22-Nov-2026 10:00:00 GMT`, as nginx's SSI writes `$date_gmt` unless told otherwise.
fn ssi_time(raw: &str) -> Option<Stamp> {
    static PATTERN: LazyLock<Option<Pattern>> =
        LazyLock::new(|| Pattern::new("%A, %d-%b-%Y %H:%M:%S %Z", Micros::Fraction).ok());
    let mut moment = Moment::default();
    let end = PATTERN.as_ref()?.read(raw.as_bytes(), 0, &mut moment)?;
    moment.stamp().filter(|_| end == raw.len())
}

impl Times {
    fn read(&mut self, field: &Field, raw: &str, which: usize) {
        let whole = match &field.shape {
            Shape::Time(pattern) => {
                let moment = if which == 0 { &mut self.began } else { &mut self.ended };
                pattern.read(raw.as_bytes(), 0, moment);
                return;
            }
            Shape::Clf => scan::clf_time(raw),
            Shape::Bracketed => scan::clf_time(raw.trim_matches(['[', ']'])),
            Shape::Iso => scan::iso_time(raw),
            Shape::Decimal | Shape::Digits => scan::epoch(raw),
            _ => scan::any_time(raw.trim_matches(['[', ']'])).or_else(|| ssi_time(raw)),
        };
        self.is_misdated |= whole.is_none() && scan::tells_time(raw);
        // Of two times the later field's counts, as with all fields, unless it is none.
        self.whole[which] = whole.or(self.whole[which]);
    }

    /// When the request began, else when it ended. Milliseconds that stand alone belong to the time
    /// that has none.
    fn stamp(&self) -> Option<Stamp> {
        let of = |whole: Option<Stamp>, moment: &Moment| {
            let Some(whole) = whole else { return moment.stamp() };
            let ms = i64::from(moment.only_ms().unwrap_or(0));
            Some(match whole {
                Stamp::Utc(at) if at.0 % 1000 == 0 => Stamp::Utc(Millis(at.0 + ms)),
                Stamp::Local(at) if at.0 % 1000 == 0 => Stamp::Local(Millis(at.0 + ms)),
                other => other,
            })
        };
        of(self.whole[0], &self.began).or_else(|| of(self.whole[1], &self.ended))
    }
}
