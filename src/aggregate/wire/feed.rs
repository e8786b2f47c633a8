//! The live feed: what `/api/v1/live` sends, and what it may be told.

use serde::{Deserialize, Serialize};

use super::{Anomaly, AnomalyTold, EventRow, ListenerInfo, Point, Series, SourceInfo, Summary};
use crate::aggregate::order::DEFAULT_WINDOW_S;

/// What the server sends over `/api/v1/live`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, ts(tag = "type", rename_all = "snake_case"))]
pub enum ServerMessage {
    Hello(Hello),
    Subscribed(Subscribed),
    Snapshot(Box<Snapshot>),
    Tick(Box<Tick>),
    Tail(Tail),
    Anomaly(Box<AnomalyTold>),
    Lag(Lag),
    Problem(Problem),
    Forgotten(Forgotten),
    Bye(Bye),
}

/// First message of a session.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hello {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    /// Tells this run of the server from the one before: `seq` starts anew with it.
    pub boot: String,
    pub version: String,
    /// How often this run was told to forget a client that something named: a page that saw another number
    /// in it may still name one.
    #[cfg_attr(test, ts(type = "number"))]
    pub forgets: u64,
    /// Server clock, epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub now_ms: i64,
    /// True while the traffic is made up by `tapline demo`.
    pub demo: bool,
    /// The only site that is told of, to a guest; null for whoever may see all.
    pub site: Option<String>,
    pub listeners: Vec<ListenerInfo>,
    /// What to paste, by sender; the same text as `tapline snippet`.
    pub snippets: Vec<Snippet>,
    /// The bounds between the latency bands, seconds, rising: one fewer than there are bands.
    pub bands_s: Vec<f64>,
    pub geo: GeoInfo,
}

/// The databases that countries and networks' owners are read from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GeoInfo {
    /// Type and build date of the one for countries, e.g. `GeoLite2-Country, 2026-11-03`; null
    /// without one.
    pub country: Option<String>,
    /// The same for autonomous systems.
    pub asn: Option<String>,
    /// Folders that are looked in.
    pub looked_in: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Snippet {
    /// `nginx`, `apache`, …
    pub sender: String,
    pub text: String,
}

/// A `subscribe` is answered, and the snapshot before this is what it asked for. Others come unasked, in place of
/// a tick or after a lag.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Subscribed {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
}

/// The whole state of one view, so that every chart is full at once.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Snapshot {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    /// The filter in its normal form; empty for everything.
    pub filter: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub window_s: u32,
    pub series: Series,
    pub status: Status,
    /// Newest last.
    pub tail: Vec<EventRow>,
    /// How many matched while those of `tail` came: as many, or more where they are a sample.
    #[cfg_attr(test, ts(type = "number"))]
    pub tail_matched: u64,
    /// Those that go on, and the newest that are over, whatever the filter: the oldest first, with few of
    /// their lines.
    pub anomalies: Vec<Anomaly>,
}

/// One second has closed.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tick {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    /// The second that closed.
    pub point: Point,
    /// Earlier seconds to which late lines came: whole replacements, oldest first.
    pub corrections: Vec<Point>,
    pub status: Status,
}

/// What a tick replaces whole: nothing in here depends on the one before.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Status {
    pub summary: Summary,
    pub sources: Vec<SourceInfo>,
    pub listeners: Vec<ListenerInfo>,
    pub kept: Kept,
    /// Distinct visitors of the last five minutes, under the filter.
    #[cfg_attr(test, ts(type = "number"))]
    pub visitors_now: u64,
    /// Deploys and other marks of the operator, oldest first, the newest hundred.
    pub markers: Vec<Marker>,
    /// What is replayed is over: nothing more comes, and the server's clock stands where it is.
    pub ended: bool,
}

/// How far back the window reaches.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Kept {
    /// Epoch second of the oldest event kept; null while nothing is.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub oldest: Option<i64>,
    #[cfg_attr(test, ts(type = "number"))]
    pub events: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub budget_bytes: u64,
}

/// Something that the operator did: `POST /api/v1/markers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Marker {
    /// RFC 3339, UTC.
    pub time: String,
    pub text: String,
    /// Null where it concerns all sites.
    pub site: Option<String>,
}

/// Single events of the closed second, newest last.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tail {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    pub events: Vec<EventRow>,
    /// How many matched in that second, but for those that were told while it was open; `events` is a sample
    /// that keeps every error it can.
    #[cfg_attr(test, ts(type = "number"))]
    pub matched: u64,
    /// Their second is not over: no tick has counted them yet, and more of it comes. `seq` is the last tick's.
    pub open: bool,
}

/// This client fell behind; a snapshot follows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Lag {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub missed: u64,
}

/// A client message that could not be followed; the last good subscription goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    pub code: String,
    pub message: String,
    pub hint: String,
}

/// A client was taken out of everything that is kept: what was shown or fetched before may name it and has
/// to go. A snapshot without it follows where the session is not paused.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Forgotten {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
}

/// The server stops; a Close frame follows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Bye {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    pub reason: String,
}

/// What a client may send over the WebSocket.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, ts(tag = "type", rename_all = "snake_case"))]
pub enum ClientMessage {
    Subscribe {
        #[serde(default)]
        filter: String,
        /// Seconds shown, 60 to 86,400; 900 where absent.
        #[serde(default = "default_window")]
        #[cfg_attr(test, ts(type = "number"))]
        window_s: u32,
        /// `tick`, `tail` and `bands` (latency bands of every step); `tick` and `tail` where empty.
        #[serde(default)]
        topics: Vec<String>,
        /// The lists wanted, each as `list`, `list:by` or `list:by:rows`, e.g. `paths:bytes:12`; the
        /// usual ones where empty.
        #[serde(default)]
        panels: Vec<String>,
        /// Takes snapshots and ticks as binary messages where they are long: raw deflate (RFC 1951) of one or
        /// more messages, a line feed behind each. False where absent: all messages are text.
        #[serde(default)]
        deflate: bool,
    },
    Pause,
    Resume,
}

fn default_window() -> u32 {
    DEFAULT_WINDOW_S
}
