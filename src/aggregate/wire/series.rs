//! A range step by step: what the charts draw.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Hello;
use super::HostPoint;

/// The numbers of one second (or of one step of a series).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    // Only browsers show bands.
    #[serde(skip_deserializing)]
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

/// Columns, not rows: entry `i` of each list belongs to `t[i]`. A point of a tick replaces the whole
/// step that starts at its `t`. Empty steps are present as zeros; of those that are missing nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Series {
    /// Longer than what was asked for where the range has too many such steps.
    #[cfg_attr(test, ts(type = "number"))]
    pub step_s: u32,
    /// As [`Kept::oldest`](super::Kept::oldest), in the answer of `GET /api/v1/series`: steps that end before it are
    /// not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub oldest: Option<i64>,
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
    // Only browsers show bands.
    #[serde(skip_deserializing)]
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
