//! What a session asks of the live feed, in bounds: read from a page's message or from words of a query.

use std::ops::RangeInclusive;

use super::ask::{Asks, LIVE_ROWS};
use super::filter::{Filter, FilterError};
use super::wire::ClientMessage;

/// Seconds a live window may span.
pub const WINDOW_S: RangeInclusive<u32> = 60..=86_400;
/// Seconds it spans where none are named.
pub const DEFAULT_WINDOW_S: u32 = 900;

/// What a session is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topics {
    pub tick: bool,
    pub tail: bool,
    pub anomaly: bool,
    /// Latency bands in the snapshot: thirteen numbers a step, for a heat map alone.
    pub bands: bool,
}

/// What one subscription is of.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub filter: Filter,
    pub window_s: u32,
    pub topics: Topics,
    pub asks: Asks,
    /// Long messages are to come compressed.
    pub deflate: bool,
}

/// What a page's message means.
#[derive(Clone, Debug)]
pub enum Order {
    Subscribe(Box<Wanted>),
    Pause,
    Resume,
}

/// What was not understood, and what would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
    pub hint: String,
}

impl From<FilterError> for Refusal {
    fn from(error: FilterError) -> Refusal {
        Refusal { code: "bad_filter", message: error.message, hint: error.hint }
    }
}

impl Topics {
    pub const USUAL: Topics = Topics { tick: true, tail: true, anomaly: true, bands: false };

    /// The usual ones where none is named.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Topics {
        let mut topics = Topics { tick: false, tail: false, anomaly: false, bands: false };
        for name in names {
            match name.trim() {
                "tick" => topics.tick = true,
                "tail" => topics.tail = true,
                "anomaly" => topics.anomaly = true,
                "bands" => topics.bands = true,
                _ => {}
            }
        }
        if topics.tick || topics.tail || topics.anomaly {
            topics
        } else {
            Topics { bands: topics.bands, ..Topics::USUAL }
        }
    }
}

impl Wanted {
    /// Lists of which no number is named have so many rows.
    ///
    /// # Errors
    /// Where the filter or a list can't be understood.
    pub fn read<'a>(
        filter: &str,
        window_s: u32,
        topics: impl IntoIterator<Item = &'a str>,
        panels: impl IntoIterator<Item = &'a str>,
        rows: usize,
    ) -> Result<Wanted, Refusal> {
        let filter = Filter::parse(filter)?;
        let asks = Asks::read(panels, rows, LIVE_ROWS).map_err(|(message, hint)| Refusal {
            code: "bad_panels",
            message,
            hint,
        })?;
        let window_s = window_s.clamp(*WINDOW_S.start(), *WINDOW_S.end());
        Ok(Wanted { filter, window_s, topics: Topics::named(topics), asks, deflate: false })
    }
}

impl Order {
    /// Reads a message of a page.
    ///
    /// # Errors
    /// Where it is none, or asks for what there is not.
    pub fn read(text: &str, rows: usize) -> Result<Order, Refusal> {
        let message = serde_json::from_str(text).map_err(|error| Refusal {
            code: "bad_message",
            message: error.to_string(),
            hint: "subscribe, pause or resume, as JSON with a `type`".to_owned(),
        })?;
        Ok(match message {
            ClientMessage::Subscribe { filter, window_s, topics, panels, deflate } => {
                let topics = topics.iter().map(String::as_str);
                let panels = panels.iter().map(String::as_str);
                let wanted = Wanted::read(&filter, window_s, topics, panels, rows)?;
                Order::Subscribe(Box::new(Wanted { deflate, ..wanted }))
            }
            ClientMessage::Pause => Order::Pause,
            ClientMessage::Resume => Order::Resume,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_what_is_named_and_the_usual_ones_where_none_is() {
        for (names, expected) in [
            ("", (true, true, true, false)),
            ("dance", (true, true, true, false)),
            ("tick", (true, false, false, false)),
            ("tail, tick", (true, true, false, false)),
            ("anomaly", (false, false, true, false)),
            ("bands", (true, true, true, true)),
            ("bands,tick", (true, false, false, true)),
        ] {
            let topics = Topics::named(names.split(','));
            let named = (topics.tick, topics.tail, topics.anomaly, topics.bands);
            assert_eq!(named, expected, "{names}");
        }
    }

    #[test]
    fn a_window_is_as_long_as_one_may_be() {
        for (asked, given) in
            [(r#", "window_s": 1"#, 60), ("", 900), (r#", "window_s": 4294967295"#, 86_400)]
        {
            let order = Order::read(&format!(r#"{{"type": "subscribe"{asked}}}"#), 10);
            let Ok(Order::Subscribe(wanted)) = order else { panic!("{order:?}") };
            assert_eq!(wanted.window_s, given);
        }
    }

    #[test]
    fn what_is_no_order_is_refused_with_what_would_be_one() {
        for (text, code) in [
            ("", "bad_message"),
            (r#"{"type": "dance"}"#, "bad_message"),
            (r#"{"type": "subscribe", "window_s": -1}"#, "bad_message"),
            (r#"{"type": "subscribe", "filter": "colour:red"}"#, "bad_filter"),
            (r#"{"type": "subscribe", "panels": ["colours"]}"#, "bad_panels"),
        ] {
            let refusal = Order::read(text, 10).expect_err(text);
            assert_eq!(refusal.code, code, "{text}");
            assert!(!refusal.message.is_empty() && !refusal.hint.is_empty(), "{refusal:?}");
        }
    }
}
