//! What log shippers put around lines: one room for each protocol, from the body of a request to its lines.
//!
//! A reader walks over a body and hands each entry to a sink as it comes, so a body of a million entries is never a
//! list of a million. It is told by an error that a body is not what its protocol says; who counts walks first to
//! nobody, so that nothing of such a body counts. Names of JSON are read by serde_json, which goes 128 deep at
//! most; [`protobuf`] reads what is a message, as deep as a reader asks.

mod bulk;
mod datadog;
mod json;
mod loki;
mod otlp;
pub mod protobuf;
mod splunk;

pub use bulk::Action;

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use serde::Deserialize;

use super::payload::{self, Limits};
use crate::vocab::outcome::RejectReason;
use crate::vocab::time::Millis;

/// Longest name that a sender may give a host or an application, bytes; a longer one is not taken.
pub const MAX_NAME: usize = 255;

/// How entries lie in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Lines, NDJSON, an array or concatenated JSON: [`payload`].
    Lines,
    /// Grafana Loki's push, as JSON.
    LokiJson,
    /// The same as protobuf (`logproto.PushRequest`).
    LokiProtobuf,
    /// Elasticsearch's `_bulk`.
    Bulk,
    /// OpenTelemetry's logs over HTTP, as JSON.
    OtlpJson,
    /// The same as protobuf (`ExportLogsServiceRequest`).
    OtlpProtobuf,
    /// Splunk's HTTP Event Collector.
    Splunk,
    Datadog,
}

impl Layout {
    pub const ALL: [Layout; 8] = [
        Layout::Lines,
        Layout::LokiJson,
        Layout::LokiProtobuf,
        Layout::Bulk,
        Layout::OtlpJson,
        Layout::OtlpProtobuf,
        Layout::Splunk,
        Layout::Datadog,
    ];

    /// Hands the entries of a body to the sink, in order.
    ///
    /// # Errors
    /// Where the body is not what it should be. What was handed over before that is as good as nothing.
    pub fn read<'b>(
        self,
        body: &'b [u8],
        limits: &Limits,
        sink: &mut dyn FnMut(Item<'b>),
    ) -> Result<(), Broken> {
        let mut entries = Entries { limits: *limits, number: 0, action: Action::default(), sink };
        match self {
            Layout::Lines => {
                payload::split(body, limits).for_each(|item| entries.pass(item));
                Ok(())
            }
            Layout::LokiJson => loki::json(body, &mut entries),
            Layout::LokiProtobuf => loki::protobuf(body, &mut entries),
            Layout::Bulk => bulk::read(body, &mut entries),
            Layout::OtlpJson => otlp::json(body, &mut entries),
            Layout::OtlpProtobuf => otlp::protobuf(body, &mut entries),
            Layout::Splunk => splunk::read(body, &mut entries),
            Layout::Datadog => datadog::read(body, &mut entries),
        }
    }

    /// Whether a body of it is text, which tells by its first bytes when it is packed.
    #[must_use]
    pub fn is_text(self) -> bool {
        !matches!(self, Layout::LokiProtobuf | Layout::OtlpProtobuf)
    }

    /// Whether a body of it has to be UTF-8 throughout; what is none in it is replaced first.
    #[must_use]
    pub fn is_utf8(self) -> bool {
        matches!(self, Layout::LokiJson | Layout::OtlpJson | Layout::Splunk | Layout::Datadog)
    }
}

/// One entry of a body, and what is asked to be done with it. Numbers rise from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'b> {
    Line { number: u64, action: Action, bytes: Cow<'b, [u8]>, told: Told<'b> },
    Bad { number: u64, action: Action, reason: RejectReason, why: String },
}

/// What is said of a line beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told<'b> {
    /// Shared by all lines that one sender is named for.
    pub by: Option<Rc<By<'b>>>,
    pub at: Option<Millis>,
}

/// Who wrote a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By<'b> {
    pub hostname: Option<Cow<'b, str>>,
    pub app_name: Option<Cow<'b, str>>,
}

/// Names that may say which host wrote a line and which application, the best first, and what they said so far.
#[derive(Clone, Debug)]
struct Names<'b> {
    hosts: &'static [&'static str],
    apps: &'static [&'static str],
    host: (usize, Option<Cow<'b, str>>),
    app: (usize, Option<Cow<'b, str>>),
}

impl<'b> Names<'b> {
    fn new(hosts: &'static [&'static str], apps: &'static [&'static str]) -> Names<'b> {
        Names { hosts, apps, host: (usize::MAX, None), app: (usize::MAX, None) }
    }

    /// Takes a name and its value, where it says more than what was said before.
    fn take(&mut self, name: &str, value: impl FnOnce() -> Option<Cow<'b, str>>) {
        let rank = |names: &[&str]| names.iter().position(|known| *known == name);
        let (rank, held) = match (rank(self.hosts), rank(self.apps)) {
            (Some(rank), _) => (rank, &mut self.host),
            (None, Some(rank)) => (rank, &mut self.app),
            (None, None) => return,
        };
        if rank < held.0
            && let Some(value) = value().filter(|v| !v.is_empty() && v.len() <= MAX_NAME)
        {
            *held = (rank, Some(value));
        }
    }

    /// Takes the names that an object holds, whether it nests them or writes them with points: `{"host":{"name":"x"}}`
    /// is `{"host.name":"x"}`. `of` is where it stands, `""` or such as `host.`. What is no JSON names nobody.
    fn take_in(&mut self, object: &'b str, of: &str) {
        let _ = json::each_pair(object, |key, value| {
            let name = if of.is_empty() { Cow::Borrowed(key) } else { format!("{of}{key}").into() };
            if value.starts_with('{') {
                let inside = format!("{name}.");
                if self.hosts.iter().chain(self.apps).any(|known| known.starts_with(&inside)) {
                    self.take_in(value, &inside);
                }
            } else {
                self.take(&name, || serde_json::from_str::<json::Any<'b>>(value).ok()?.text());
            }
        });
    }

    fn by(self) -> Option<Rc<By<'b>>> {
        let by = By { hostname: self.host.1, app_name: self.app.1 };
        (by != By::default()).then(|| Rc::new(by))
    }
}

/// Why a body is not what its protocol says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub Cow<'static, str>);

impl Broken {
    /// A body that says something, and not what its route is for: were it taken as an empty one, its sender would be
    /// told for good that all is well.
    fn without(field: &str) -> Broken {
        Broken(format!("it has no `{field}`").into())
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a reader puts what it finds.
struct Entries<'s, 'b> {
    limits: Limits,
    number: u64,
    /// What is asked to be done with the next entry.
    action: Action,
    sink: &'s mut dyn FnMut(Item<'b>),
}

impl<'b> Entries<'_, 'b> {
    /// An item of a body of lines; it has its number.
    fn pass(&mut self, item: payload::Item<'b>) {
        let action = self.action;
        (self.sink)(match item {
            payload::Item::Line { number, bytes } => {
                Item::Line { number, action, bytes, told: Told::default() }
            }
            payload::Item::Bad { number, reason, why } => Item::Bad { number, action, reason, why },
        });
    }

    /// A line of text, as it stood. One that is blank is none, as in a file.
    fn text(&mut self, text: Cow<'b, [u8]>, by: Option<&Rc<By<'b>>>, at: Option<Millis>) {
        self.number += 1;
        let end = text.iter().rposition(|b| !b.is_ascii_whitespace() && *b != 0);
        let Some(end) = end.map(|last| last + 1) else { return };
        let ends = text.iter().skip(end).position(|b| matches!(b, b'\n' | b'\r' | 0));
        let length = ends.map_or(text.len(), |blanks| end + blanks);
        if length > self.limits.max_line {
            let why = format!("{length} bytes, the limit is {}", self.limits.max_line);
            return self.bad(RejectReason::Oversize, why);
        }
        let bytes = match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..length]),
            Cow::Owned(mut text) => {
                text.truncate(length);
                Cow::Owned(text)
            }
        };
        let told = Told { by: by.cloned(), at };
        self.line(bytes, told);
    }

    fn str(&mut self, text: Cow<'b, str>, by: Option<&Rc<By<'b>>>, at: Option<Millis>) {
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        self.text(text, by, at);
    }

    /// An object on a line of its own.
    fn object(&mut self, line: &'b [u8], by: Option<&Rc<By<'b>>>, at: Option<Millis>) {
        let mut items = payload::split(line, &self.limits);
        match (items.next(), items.next()) {
            (Some(payload::Item::Line { bytes, .. }), None) if bytes.starts_with(b"{") => {
                self.number += 1;
                let told = Told { by: by.cloned(), at };
                self.line(bytes, told);
            }
            (Some(payload::Item::Bad { reason, why, .. }), _) => self.bad_next(reason, why),
            _ => self.no_line("an object is expected here, and nothing behind it"),
        }
    }

    fn line(&mut self, bytes: Cow<'b, [u8]>, told: Told<'b>) {
        (self.sink)(Item::Line { number: self.number, action: self.action, bytes, told });
    }

    /// An entry that holds no line.
    fn no_line(&mut self, why: &str) {
        self.bad_next(RejectReason::Json, why.to_owned());
    }

    fn bad_next(&mut self, reason: RejectReason, why: String) {
        self.number += 1;
        self.bad(reason, why);
    }

    fn bad(&mut self, reason: RejectReason, why: String) {
        (self.sink)(Item::Bad { number: self.number, action: self.action, reason, why });
    }
}

/// What is wanted of a JSON object; `None` where it is none or what is wanted is of another kind.
fn object_in<'b, T: Deserialize<'b>>(text: &'b [u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(text).ok()?).ok()
}

/// Milliseconds of nanoseconds since 1970, which is how shippers count.
fn of_nanos(nanos: i64) -> Millis {
    Millis(nanos.div_euclid(1_000_000))
}

#[cfg(test)]
mod tests;
