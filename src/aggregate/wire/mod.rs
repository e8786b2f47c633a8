//! The shapes that leave the process as JSON: the live feed and the HTTP API.
//!
//! TypeScript types are generated from these (`cargo test wire_types`), so the page can't drift.
//! Times are epoch seconds in the feed (`t`) and RFC 3339 strings in ranges; durations are seconds;
//! sizes are bytes. `null` means unknown, never zero.

mod anomaly;
mod rules;

use std::collections::BTreeMap;

pub use anomaly::{
    Anomaly, AnomalyCause, AnomalyKind, AnomalyPeak, AnomalySeen, AnomalyState, AnomalyTold,
    AnomalyWhy, Mute,
};
pub use rules::{FIRINGS_MAX, RuleFiring, RuleTest};
use serde::{Deserialize, Serialize};

use super::order::DEFAULT_WINDOW_S;

/// What the server sends over `/api/v1/live`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, ts(tag = "type", rename_all = "snake_case"))]
pub enum ServerMessage {
    Hello(Hello),
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

/// `GET /api/v1/trend`: requests of the top values of a list, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Trend {
    pub list: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub step_s: u32,
    /// Epoch second at which each step starts.
    #[cfg_attr(test, ts(type = "number[]"))]
    pub t: Vec<i64>,
    pub rows: Vec<TrendRow>,
}

/// One value of a [`Trend`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TrendRow {
    pub value: String,
    /// Entry `i` belongs to `t[i]`.
    #[cfg_attr(test, ts(type = "number[]"))]
    pub requests: Vec<u64>,
}

/// `GET /api/v1/values`: what a field's value may be, for completion.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Values {
    /// The filter's word.
    pub field: String,
    pub values: Vec<FieldValue>,
}

/// One value and its requests in the range.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FieldValue {
    pub value: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
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
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Lag {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub missed: u64,
}

/// A client message that could not be followed; the last good subscription goes on.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
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

/// The numbers of one second (or of one step of a series).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Point {
    /// Epoch second it starts at.
    #[cfg_attr(test, ts(type = "number"))]
    pub t: i64,
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub s1xx: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub s2xx: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub s3xx: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub s4xx: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub s5xx: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_out: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_in: u64,
    /// Seconds; null where no request of the step had a time.
    pub p50_s: Option<f64>,
    pub p95_s: Option<f64>,
    pub p99_s: Option<f64>,
    pub mean_s: Option<f64>,
    pub max_s: Option<f64>,
    /// The same of the upstreams' times; null where no request of the step had one.
    pub upstream_p50_s: Option<f64>,
    pub upstream_p95_s: Option<f64>,
    #[cfg_attr(test, ts(type = "number"))]
    pub visitors: u64,
    /// Error-log events.
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    /// Lines that fit no format.
    #[cfg_attr(test, ts(type = "number"))]
    pub messages: u64,
    /// Requests by latency band: the bounds between them are [`Hello::bands_s`]. All zero where no
    /// request had a time.
    #[cfg_attr(test, ts(type = "number[]"))]
    pub bands: [u32; BANDS],
    pub host: Option<HostPoint>,
}

/// Latency bands: steps of 1, 2, 5 from below a millisecond to five seconds and above.
pub const BANDS: usize = BAND_EDGES_US.len() + 1;

/// The lower bounds of all bands but the first, microseconds.
pub const BAND_EDGES_US: [u32; 12] = [
    1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
    5_000_000,
];

/// The host's own load in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostPoint {
    /// Share of all cores that was busy, 0–1.
    pub cpu: f64,
    /// Share of memory in use, 0–1.
    pub memory: f64,
    /// Bytes a second over all interfaces but loopback.
    pub rx: f64,
    pub tx: f64,
}

/// Columns, not rows: entry `i` of each list belongs to `t[i]`. A point of a tick replaces the whole
/// step that starts at its `t`. Empty steps are present as zeros.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Series {
    #[cfg_attr(test, ts(type = "number"))]
    pub step_s: u32,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub t: Vec<i64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub requests: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub s1xx: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub s2xx: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub s3xx: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub s4xx: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub s5xx: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub bytes_out: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub bytes_in: Vec<u64>,
    pub p50_s: Vec<Option<f64>>,
    pub p95_s: Vec<Option<f64>>,
    pub p99_s: Vec<Option<f64>>,
    pub mean_s: Vec<Option<f64>>,
    pub max_s: Vec<Option<f64>>,
    pub upstream_p50_s: Vec<Option<f64>>,
    pub upstream_p95_s: Vec<Option<f64>>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub visitors: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub errors: Vec<u64>,
    #[cfg_attr(test, ts(type = "number[]"))]
    pub messages: Vec<u64>,
    /// As [`Point::bands`]; empty where they were not asked for.
    #[cfg_attr(test, ts(type = "number[][]"))]
    pub bands: Vec<[u32; BANDS]>,
    pub cpu: Vec<Option<f64>>,
    pub memory: Vec<Option<f64>>,
    pub rx: Vec<Option<f64>>,
    pub tx: Vec<Option<f64>>,
}

impl Series {
    /// Appends one step.
    pub fn push(&mut self, p: Point) {
        self.t.push(p.t);
        self.requests.push(p.requests);
        self.s1xx.push(p.s1xx);
        self.s2xx.push(p.s2xx);
        self.s3xx.push(p.s3xx);
        self.s4xx.push(p.s4xx);
        self.s5xx.push(p.s5xx);
        self.bytes_out.push(p.bytes_out);
        self.bytes_in.push(p.bytes_in);
        self.p50_s.push(p.p50_s);
        self.p95_s.push(p.p95_s);
        self.p99_s.push(p.p99_s);
        self.mean_s.push(p.mean_s);
        self.max_s.push(p.max_s);
        self.upstream_p50_s.push(p.upstream_p50_s);
        self.upstream_p95_s.push(p.upstream_p95_s);
        self.visitors.push(p.visitors);
        self.errors.push(p.errors);
        self.messages.push(p.messages);
        self.bands.push(p.bands);
        self.cpu.push(p.host.map(|h| h.cpu));
        self.memory.push(p.host.map(|h| h.memory));
        self.rx.push(p.host.map(|h| h.rx));
        self.tx.push(p.host.map(|h| h.tx));
    }
}

/// Totals of a range; also the answer of `GET /api/v1/summary`.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Summary {
    /// RFC 3339, inclusive.
    pub from: String,
    /// RFC 3339, exclusive.
    pub to: String,
    pub filter: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_out: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_in: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub visitors: u64,
    /// Error-log events.
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    /// Lines that fit no format.
    #[cfg_attr(test, ts(type = "number"))]
    pub messages: u64,
    /// `1xx` … `5xx`, always all five; a status outside 100–599 is under `other`.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub status: BTreeMap<String, u64>,
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub status_codes: BTreeMap<String, u64>,
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub methods: BTreeMap<String, u64>,
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub protocols: BTreeMap<String, u64>,
    /// Error-log events by level.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub error_levels: BTreeMap<String, u64>,
    pub latency_s: Latency,
    /// The same of the upstreams' times.
    pub upstream_s: Latency,
    /// The range it is compared with, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub before: Option<Before>,
    /// The lists asked for, each in the order asked for, falling.
    pub top: BTreeMap<String, Vec<TopRow>>,
    /// What each list leaves out; with it the totals stay exact.
    pub other: BTreeMap<String, OtherRow>,
    pub accounting: Accounting,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Latency {
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
    pub mean: Option<f64>,
}

/// The totals of an earlier range of the same length.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Before {
    /// RFC 3339, inclusive.
    pub from: String,
    /// RFC 3339, exclusive.
    pub to: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_out: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub visitors: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub status: BTreeMap<String, u64>,
    pub latency_s: Latency,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TopRow {
    pub value: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// Responses of 400 and above.
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub s4xx: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub s5xx: u64,
    /// Null where it was not asked for (the live feed).
    #[cfg_attr(test, ts(type = "number | null"))]
    pub visitors: Option<u64>,
    pub p95_s: Option<f64>,
    /// Mean time of its requests, seconds; null where none had one.
    pub mean_s: Option<f64>,
    /// Requests in the range it is compared with; absent where none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub before: Option<u64>,
    /// What else the value is called: an organisation, an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub label: Option<String>,
    /// What a bot is for: `search`, `ai_training`, `ai_assistant`, `seo`, `monitor`, `unknown`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub purpose: Option<String>,
    /// Requests from addresses that the bot's operator publishes, or names in DNS, as its own; absent
    /// where neither can tell, so that the name is only a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub verified: Option<u64>,
    /// Of a template: the worst of its lines, `crit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub level: Option<String>,
    /// Of a template: when its first line was written, RFC 3339. Earlier than the range it may be, and
    /// than the process, if what was learnt is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub first_seen: Option<String>,
    /// Of a template: a line of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub sample: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OtherRow {
    /// Distinct values left out.
    #[cfg_attr(test, ts(type = "number"))]
    pub values: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
}

/// received = counted + unparsed + rejected + dropped + in_flight, in any one answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Accounting {
    #[cfg_attr(test, ts(type = "number"))]
    pub received: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub counted: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub unparsed: u64,
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub rejected: BTreeMap<String, u64>,
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub dropped: BTreeMap<String, u64>,
    #[cfg_attr(test, ts(type = "number"))]
    pub in_flight: u64,
}

/// Who sends, what was recognised, and what became of it.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SourceInfo {
    #[cfg_attr(test, ts(type = "number"))]
    pub id: u32,
    /// The text of the filter's `source:`, e.g. `web-1/nginx`.
    pub name: String,
    pub peer: String,
    pub hostname: Option<String>,
    pub app_name: Option<String>,
    /// Kind and address of the listener it was first heard by, e.g. `udp 127.0.0.1:5514`.
    pub listener: String,
    /// The format of most of its recent lines; null while nothing was recognised.
    pub format: Option<String>,
    /// Lines by format that recognised them.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub formats: BTreeMap<String, u64>,
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub first_heard_ms: i64,
    #[cfg_attr(test, ts(type = "number"))]
    pub last_heard_ms: i64,
    pub accounting: Accounting,
    /// Lines whose time lay outside the accepted range and that count at their arrival.
    #[cfg_attr(test, ts(type = "number"))]
    pub misdated: u64,
    /// The first line that was understood: how it read, field by field. Only in `/api/v1/sources`
    /// and while fewer than ten lines came.
    pub first_line: Option<FirstLine>,
    /// Each format it speaks (the first eight), with its first line. Only in `/api/v1/sources`.
    pub evidence: Vec<FormatEvidence>,
    /// The last eight changes of its access lines' format, newest last; in the feed the newest alone,
    /// without its lines.
    pub changes: Vec<FormatChange>,
    /// Lines that fit no format, newest last, at most 20. Only in `/api/v1/sources`.
    pub samples: Vec<String>,
    /// What is said of the samples, the largest group first. Only in `/api/v1/sources`.
    pub proposals: Vec<ProposalInfo>,
}

/// Why a source is said to speak a format.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FormatEvidence {
    pub format: String,
    /// `access`, `error`, or `message` for header lines.
    pub kind: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub lines: u64,
    /// When its first line came, epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub since_ms: i64,
    /// That line, secrets and addresses as privacy has them.
    pub first_line: String,
    /// The event fields that its lines have had.
    pub fields: Vec<String>,
    /// Panels that stay empty, because no line had their field.
    pub lacks: Vec<Lack>,
}

/// A field that a format does not give.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Lack {
    pub field: String,
    /// `latency sites agents clients bytes`.
    pub panel: String,
    /// The word of nginx's `log_format` that gives it.
    pub nginx: String,
    /// The same of Apache's `LogFormat`.
    pub apache: String,
}

/// A source's access lines gave up one format for another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FormatChange {
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: i64,
    pub old: String,
    /// `message` where the lines fit no format any more.
    pub new: String,
    /// A line of the old format, and the first of the new one; empty in the feed.
    pub before: String,
    pub after: String,
}

/// What is said of samples that fit no format.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProposalInfo {
    /// `template` where one is proposed; else why not: `messages json no_status no_request unclear`.
    pub said: String,
    /// Samples of this sort.
    #[cfg_attr(test, ts(type = "number"))]
    pub samples: u64,
    /// As many of them the template reads.
    #[cfg_attr(test, ts(type = "number"))]
    pub reads: u64,
    pub first_sample: String,
    /// In the words of nginx's `log_format`.
    pub template: Option<String>,
    /// The template's variables, and what the first sample has for each.
    pub columns: Vec<NamedValue>,
    /// What to put into `tapline.toml`.
    pub config: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NamedValue {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FirstLine {
    pub raw: String,
    pub event: EventRow,
}

/// One bound socket (or followed file).
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ListenerInfo {
    /// `udp tcp tls unix unix-stream http https file stdin`.
    pub kind: String,
    pub address: String,
    /// Receive buffer granted by the kernel; null where there is none.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub buffer_bytes: Option<u64>,
    /// What the operator could change, e.g. the `sysctl` line for a larger buffer.
    pub hint: Option<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub connections: u64,
    pub accounting: Accounting,
}

/// One event as the tail, `/api/v1/events` and JSON output show it: the event fields of the design.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EventRow {
    /// `access`, `error` or `message`.
    pub kind: String,
    /// RFC 3339 with milliseconds, UTC.
    pub time: String,
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub remote_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub protocol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub bytes_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub referrer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub user_agent: Option<String>,
    /// Family of the agent, e.g. `Chrome`, `Googlebot`, `curl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub request_time_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub upstream_time_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub upstream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub cache_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub tls_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub tls_cipher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub mime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub format: Option<String>,
}

/// `GET /api/v1/host`: the host now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostInfo {
    pub hostname: String,
    pub cores: u32,
    pub cpu: f64,
    pub load: [f64; 3],
    #[cfg_attr(test, ts(type = "number"))]
    pub memory_used: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub memory_total: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub swap_used: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub swap_total: u64,
    /// Bytes a second.
    pub rx: f64,
    pub tx: f64,
    pub disks: Vec<DiskInfo>,
    pub process: ProcessInfo,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskInfo {
    pub mount: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub used: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub total: u64,
}

/// Tapline's own process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProcessInfo {
    /// Cores in use: 1.0 is one core.
    pub cpu: f64,
    #[cfg_attr(test, ts(type = "number"))]
    pub resident_bytes: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub uptime_s: u64,
}

/// Body of every error answer.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

#[derive(Clone, Debug, Serialize)]
pub struct ErrorDetail {
    pub code: String,
    pub message: String,
    pub hint: String,
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use ts_rs::{Config, TS};

    use super::*;

    /// The page's types are this file's types: `static/src/wire.ts` is written from them, and a
    /// difference fails. `TAPLINE_BLESS=1 cargo test wire_types` writes it anew.
    #[test]
    fn wire_types() {
        let config = Config::new();
        let mut text = String::from(
            "// Written from src/aggregate/wire/ by `TAPLINE_BLESS=1 cargo test wire_types`; a test fails when they differ.\n",
        );
        macro_rules! write_types {
            ($($t:ty),+ $(,)?) => { $(writeln!(text, "\nexport {}", <$t>::decl(&config)).expect("a String takes all");)+ };
        }
        write_types![
            ServerMessage,
            Hello,
            Snippet,
            Snapshot,
            Tick,
            Status,
            Kept,
            Tail,
            Lag,
            Problem,
            Forgotten,
            Bye,
            ClientMessage,
            Point,
            HostPoint,
            Series,
            Summary,
            Latency,
            Before,
            TopRow,
            Marker,
            Trend,
            TrendRow,
            Values,
            FieldValue,
            GeoInfo,
            OtherRow,
            Accounting,
            SourceInfo,
            FormatEvidence,
            Lack,
            FormatChange,
            ProposalInfo,
            NamedValue,
            ListenerInfo,
            FirstLine,
            EventRow,
            HostInfo,
            DiskInfo,
            ProcessInfo,
            Anomaly,
            AnomalyKind,
            AnomalyState,
            AnomalyPeak,
            AnomalyCause,
            AnomalyTold,
            AnomalyWhy,
            AnomalySeen,
            Mute,
            RuleTest,
            RuleFiring,
        ];
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/static/src/wire.ts");
        if std::env::var_os("TAPLINE_BLESS").is_some() {
            std::fs::write(path, &text).expect("static/src/wire.ts is writable");
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == text,
            "static/src/wire.ts differs from src/aggregate/wire/; TAPLINE_BLESS=1 cargo test wire_types writes it anew"
        );
    }
}
