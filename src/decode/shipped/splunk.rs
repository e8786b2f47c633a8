//! Splunk's HTTP Event Collector: objects one behind the other, each with an event that is a text or an object
//! (docs.splunk.com, "Format events for HTTP Event Collector").

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::Any;
use super::{Broken, Entries, Names, object_in};
use crate::decode::payload::{self, Item};
use crate::vocab::time::Millis;

pub(super) fn read<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    // How long an event may be is asked of the event, and what is around it is little.
    let limits = payload::Limits { max_line: usize::MAX, ..entries.limits };
    for item in payload::split(body, &limits) {
        match item {
            Item::Line { bytes: Cow::Borrowed(bytes), .. } if bytes.starts_with(b"{") => {
                match object_in::<Sent<'b>>(bytes) {
                    Some(sent) => event(sent, entries),
                    None => entries.no_line("an object that is not JSON, or no event"),
                }
            }
            Item::Line { .. } => entries.no_line("an event is an object with `event` in it"),
            Item::Bad { reason, why, .. } => entries.bad_next(reason, why),
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Sent<'b> {
    #[serde(borrow)]
    time: Option<Any<'b>>,
    #[serde(borrow)]
    host: Option<Any<'b>>,
    #[serde(borrow)]
    event: Option<&'b RawValue>,
    #[serde(borrow)]
    fields: Option<&'b RawValue>,
}

/// Names of the host, the best first: a pod of Kubernetes as Splunk's own collectors name it, then what `host` says.
const HOSTS: &[&str] = &["k8s.pod.name", "pod", "host"];
/// The same of the program. Not `source` and `sourcetype`: a file's name and a format are none.
const APPS: &[&str] = &["service.name", "k8s.container.name", "container_name"];

fn event<'b>(sent: Sent<'b>, entries: &mut Entries<'_, 'b>) {
    let mut names = Names::new(HOSTS, APPS);
    names.take("host", || sent.host.and_then(Any::text));
    names.take_in(sent.fields.map_or("", RawValue::get), "");
    let by = names.by();
    let at = sent.time.and_then(|time| moment(&time));
    let Some(event) = sent.event.map(RawValue::get) else {
        return entries.no_line("an event without `event`");
    };
    if event.starts_with('{') {
        // Docker's driver has the line in an object of its own.
        let line = object_in::<Docker<'b>>(event.as_bytes()).and_then(|docker| docker.line.text());
        return match line {
            Some(line) => entries.str(line, by.as_ref(), at),
            None => entries.object(event.as_bytes(), by.as_ref(), at),
        };
    }
    match serde_json::from_str::<Any<'b>>(event).ok().and_then(Any::text) {
        Some(line) if line.trim().is_empty() => entries.no_line("an event that is blank"),
        Some(line) => entries.str(line, by.as_ref(), at),
        None => entries.no_line("an event that is no text and no object"),
    }
}

#[derive(Deserialize)]
struct Docker<'b> {
    #[serde(borrow)]
    line: Any<'b>,
    #[serde(borrow, rename = "source")]
    _source: Any<'b>,
}

/// The moment that `time` is: seconds since 1970 with a fraction as the documentation has it, or what clients count in
/// by mistake, told apart by its size as times of lines are: each unit has the years 1973 to 5138 to itself. It may be
/// a text.
fn moment(time: &Any<'_>) -> Option<Millis> {
    let number: f64 = match time {
        Any::Text(text) => text.trim().parse().ok()?,
        Any::Whole(number) => *number as f64,
        Any::Number(number) => *number,
        Any::Other => return None,
    };
    let ms = match number {
        n if n <= 0.0 => return None,
        n if n < 1e11 => n * 1e3,
        n if n < 1e14 => n,
        n if n < 1e17 => n / 1e3,
        n if n < 1e20 => n / 1e6,
        _ => return None,
    };
    Some(Millis(ms.round() as i64))
}
