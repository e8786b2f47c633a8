//! What Datadog's agent and libraries send: an array of objects with the line as `message` (docs.datadoghq.com, "Send
//! logs").

use std::borrow::Cow;

use serde::Deserialize;

use super::json::Any;
use super::{Broken, Entries, Names, object_in};
use crate::decode::payload::{self, Item};
use crate::vocab::time::Millis;

pub(super) fn read<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    let limits = payload::Limits { max_line: usize::MAX, ..entries.limits };
    for item in payload::split(body, &limits) {
        match item {
            // What the agent asks whether it is heard with.
            Item::Line { bytes, .. } if &bytes[..] == b"{}" => {}
            Item::Line { bytes: Cow::Borrowed(bytes), .. } if bytes.starts_with(b"{") => {
                match object_in::<Sent<'b>>(bytes) {
                    Some(sent) => entry(sent, bytes, entries),
                    None => entries.no_line("an object that is not JSON"),
                }
            }
            Item::Line { bytes, .. } => entries.text(bytes, None, None),
            Item::Bad { reason, why, .. } => entries.bad_next(reason, why),
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Sent<'b> {
    #[serde(borrow)]
    message: Option<Any<'b>>,
    #[serde(borrow)]
    hostname: Option<Any<'b>>,
    #[serde(borrow)]
    service: Option<Any<'b>>,
    #[serde(borrow)]
    timestamp: Option<Any<'b>>,
}

fn entry<'b>(sent: Sent<'b>, object: &'b [u8], entries: &mut Entries<'_, 'b>) {
    let mut names = Names::new(&["hostname"], &["service"]);
    names.take("hostname", || sent.hostname.and_then(Any::text));
    names.take("service", || sent.service.and_then(Any::text));
    let by = names.by();
    // Milliseconds; what is written as a date is read of the object itself.
    let at = sent.timestamp.and_then(|at| at.whole()).map(Millis);
    match sent.message.and_then(Any::text) {
        Some(message) => entries.str(message, by.as_ref(), at),
        None => entries.object(object, by.as_ref(), at),
    }
}
