//! Grafana Loki's push: streams of lines, each under its labels (grafana.com, "Loki HTTP API", and `push.proto` in
//! github.com/grafana/loki/pkg/push).

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Any, Key, each, each_of_body};
use super::protobuf::{Value, fields};
use super::{Broken, Entries, Names, of_nanos};
use crate::decode::text::lossy;
use crate::vocab::time::Millis;

/// Labels that name the host a line is from, the best first: a pod is the host that its programs know. And those that
/// name what wrote it; some are of Docker's driver.
const HOSTS: &[&str] =
    &["pod", "pod_name", "host", "hostname", "instance", "nodename", "node_name", "node"];
const APPS: &[&str] = &[
    "job",
    "service_name",
    "service",
    "app",
    "compose_service",
    "swarm_service",
    "container",
    "container_name",
];

fn names<'b>() -> Names<'b> {
    Names::new(HOSTS, APPS)
}

/// `{"streams":[{"stream":{"job":"nginx"},"values":[["<ns>","line",{…}],…]},…]}`.
pub(super) fn json<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    let mut outcome = Ok(());
    each_of_body(body, "streams", |Stream { stream: Labels(names), values, entries: old }| {
        let by = names.by();
        if values.is_none() && old.is_some() && outcome.is_ok() {
            outcome = Err(Broken(
                "a stream has `entries`, as of `/api/prom/push`, and no `values`".into(),
            ));
        }
        let Some(values) = values.filter(|_| outcome.is_ok()) else { return };
        outcome = each(values.get(), |Entry { at, line }| match line {
            Some(line) => entries.str(line, by.as_ref(), at),
            None => entries.no_line("a value is [\"nanoseconds\",\"line\"]"),
        });
    })?;
    outcome
}

#[derive(Deserialize)]
struct Stream<'b> {
    #[serde(borrow, default = "no_labels")]
    stream: Labels<'b>,
    /// Read when the labels are known, which may stand behind it.
    #[serde(borrow)]
    values: Option<&'b RawValue>,
    /// What Loki's first push, at another path, had them as.
    entries: Option<IgnoredAny>,
}

struct Labels<'b>(Names<'b>);

fn no_labels<'b>() -> Labels<'b> {
    Labels(names())
}

impl<'de: 'b, 'b> Deserialize<'de> for Labels<'b> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Labels<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of labels")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels<'de>, A::Error> {
                let mut names = names();
                while let Some(Key(key)) = map.next_key()? {
                    let value = map.next_value::<Any<'de>>()?;
                    names.take(&key, || value.text());
                }
                Ok(Labels(names))
            }
        }
        from.deserialize_map(Read)
    }
}

/// `["<ns>","line"]`, and behind that what else is known of the line.
struct Entry<'b> {
    at: Option<Millis>,
    line: Option<Cow<'b, str>>,
}

impl<'de> Deserialize<'de> for Entry<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Entry<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of a time and a line")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entry<'de>, A::Error> {
                let at: Option<Any<'de>> = list.next_element()?;
                let line: Option<Any<'de>> = list.next_element()?;
                while list.next_element::<IgnoredAny>()?.is_some() {}
                let at = at.and_then(|at| at.whole()).map(of_nanos);
                Ok(Entry { at, line: line.and_then(Any::text) })
            }
        }
        from.deserialize_seq(Read)
    }
}

/// `PushRequest { StreamAdapter streams = 1 }`, `StreamAdapter { string labels = 1; EntryAdapter entries = 2 }`,
/// `EntryAdapter { Timestamp timestamp = 1; string line = 2 }`.
pub(super) fn protobuf<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    let mut has_streams = body.is_empty();
    for field in fields(body) {
        let (1, Value::Bytes(stream)) = field? else { continue };
        has_streams = true;
        let mut names = names();
        // First, wherever they stand.
        for field in fields(stream) {
            if let (1, Value::Bytes(text)) = field? {
                labels(text, &mut names);
            }
        }
        let by = names.by();
        for field in fields(stream) {
            let (2, Value::Bytes(entry)) = field? else { continue };
            let (mut at, mut line) = (None, &b""[..]);
            for field in fields(entry) {
                match field? {
                    (1, Value::Bytes(stamp)) => at = timestamp(stamp)?,
                    (2, Value::Bytes(text)) => line = text,
                    // A sample of Prometheus' remote write, whose messages lie alike.
                    (2, _) => return Err(Broken("the `line` of an entry is no text".into())),
                    _ => {}
                }
            }
            entries.text(line.into(), by.as_ref(), at);
        }
    }
    if has_streams { Ok(()) } else { Err(Broken::without("streams")) }
}

/// `google.protobuf.Timestamp { int64 seconds = 1; int32 nanos = 2 }`.
fn timestamp(message: &[u8]) -> Result<Option<Millis>, Broken> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in fields(message) {
        match field? {
            (1, Value::Varint(number)) => seconds = number as i64,
            (2, Value::Varint(number)) => nanos = number as i64,
            _ => {}
        }
    }
    Ok(seconds.checked_mul(1_000).and_then(|ms| ms.checked_add(nanos / 1_000_000)).map(Millis))
}

/// Labels as PromQL writes them: `{job="nginx", host="web-1"}`, with Go's escapes in the values. What is written
/// otherwise ends the list.
fn labels<'b>(text: &'b [u8], names: &mut Names<'b>) {
    let mut rest = text.trim_ascii().strip_prefix(b"{").unwrap_or(text);
    loop {
        rest = rest.trim_ascii_start().strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        let Some(equals) = memchr::memchr(b'=', rest) else { return };
        let name = rest[..equals].trim_ascii();
        let Some(value) = rest[equals + 1..].trim_ascii_start().strip_prefix(b"\"") else { return };
        let Some(end) = closing(value) else { return };
        let name = std::str::from_utf8(name).unwrap_or("").trim_matches('"');
        names.take(name, || unquoted(&value[..end]));
        rest = &value[end + 1..];
    }
}

/// Where the quote is that ends a text.
fn closing(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// The value between the quotes. Names with escapes other than JSON's are none that a host or service has.
fn unquoted(text: &[u8]) -> Option<Cow<'_, str>> {
    let text = lossy(text);
    if !text.contains('\\') {
        return Some(text);
    }
    serde_json::from_str::<String>(&format!("\"{text}\"")).ok().map(Cow::Owned)
}
