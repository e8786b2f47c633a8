//! What a server says on the live feed, as far as it is shown: other fields and types are skipped.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::aggregate::wire::{Anomaly, Bye, EventRow, Lag, Point, Problem, Series, Summary};

/// One message of the server's.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Message {
    Hello(Hello),
    Snapshot(Box<Snapshot>),
    Tick(Box<Tick>),
    Tail(Tail),
    Anomaly(Box<Told>),
    Lag(Lag),
    Problem(Problem),
    /// What is shown may name a client that is to be forgotten.
    Forgotten,
    Bye(Bye),
    #[serde(other)]
    Unknown,
}

impl Message {
    /// `None` where it is no message of a feed.
    #[must_use]
    pub(super) fn read(text: &str) -> Option<Message> {
        serde_json::from_str(text).ok()
    }
}

/// The server, as it greets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Hello {
    /// Another one after a restart.
    pub(super) boot: String,
    pub(super) version: String,
    /// Its clock, epoch milliseconds.
    pub(super) now_ms: i64,
    pub(super) demo: bool,
    /// The only site that may be seen.
    pub(super) site: Option<String>,
}

/// All of one view.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Snapshot {
    /// In its normal form.
    pub(super) filter: String,
    pub(super) window_s: u32,
    pub(super) series: Series,
    pub(super) status: Status,
    #[serde(deserialize_with = "understood")]
    pub(super) tail: Vec<EventRow>,
    #[serde(deserialize_with = "understood")]
    pub(super) anomalies: Vec<Anomaly>,
}

/// A second that closed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tick {
    pub(super) point: Point,
    pub(super) corrections: Vec<Point>,
    pub(super) status: Status,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) summary: Summary,
    /// Of them only how many there are.
    pub(super) sources: Vec<serde::de::IgnoredAny>,
    pub(super) visitors_now: u64,
    /// What is replayed is over, and the server's clock stands.
    pub(super) ended: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tail {
    #[serde(deserialize_with = "understood")]
    pub(super) events: Vec<EventRow>,
}

/// An anomaly began, changed or ended; `None` where this program does not know its kind.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Told {
    #[serde(deserialize_with = "if_understood")]
    pub(super) anomaly: Option<Anomaly>,
}

/// Those of a list that this version knows: a later one may have kinds of its own.
fn understood<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::<Value>::deserialize(from)?;
    Ok(all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
}

fn if_understood<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_skipped_and_the_rest_is_read() {
        let text = r#"{"type":"snapshot","seq":7,"filter":"status:5xx","colour":"red",
            "series":{"step_s":1,"t":[1,2],"requests":[3,4],"bands":[[1]]},
            "tail":[{"kind":"access","time":"2026-11-22T10:00:00.000Z","source":"a"},{"kind":7}],
            "anomalies":[{"kind":"of_a_later_version"}]}"#;
        let Some(Message::Snapshot(snapshot)) = Message::read(text) else { panic!("no snapshot") };
        assert_eq!(snapshot.filter, "status:5xx");
        assert_eq!(snapshot.series.requests, [3, 4]);
        assert_eq!((snapshot.tail.len(), snapshot.anomalies.len()), (1, 0));
    }

    #[test]
    fn no_text_is_worse_than_no_message() {
        for text in [r#"{"type":"dance","seq":1}"#, r#"{"type":"forgotten","seq":9}"#] {
            assert!(Message::read(text).is_some(), "{text}");
        }
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "null",
            "{}",
            "[1]",
            &deep,
            r#"{"type":7}"#,
            r#"{"type":"tick","point":{"t":-1,"requests":-5}}"#,
            r#"{"type":"tick","status":{"summary":{"requests":1e400}}}"#,
        ] {
            assert!(Message::read(text).is_none(), "{text:.40}");
        }
    }
}
