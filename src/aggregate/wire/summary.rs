//! A range as a whole: its totals, with the lists beside them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Accounting, OtherRow, TopRow};

/// Totals of a range; also the answer of `GET /api/v1/summary`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Summary {
    /// RFC 3339, inclusive.
    pub from: String,
    /// RFC 3339, exclusive.
    pub to: String,
    pub filter: String,
    /// RFC 3339, in the answer of `GET /api/v1/summary`: the oldest event kept. What of the range lies before it is
    /// unknown, and not in the totals.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub oldest: Option<String>,
    /// In the same answer: of how many seconds of the range anything is known. Those before the oldest event, of a
    /// restart's gap and of the future are not among them; a rate is of these seconds, and of none where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub known_s: Option<i64>,
    /// RFC 3339, in the same answer and in the feed: where what is to outlive a restart can't be written, as on a full
    /// disk, when it was written last, or else the process's start; absent while it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub unwritten_since: Option<String>,
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
    /// The range it is compared with, where one was asked for and all of it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub before: Option<Before>,
    /// The lists asked for, each in the order asked for, falling.
    pub top: BTreeMap<String, Vec<TopRow>>,
    /// What each list leaves out; with it the totals stay exact.
    pub other: BTreeMap<String, OtherRow>,
    pub accounting: Accounting,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Before {
    /// RFC 3339, inclusive.
    pub from: String,
    /// RFC 3339, exclusive.
    pub to: String,
    /// As [`Summary::known_s`].
    #[cfg_attr(test, ts(type = "number"))]
    pub known_s: i64,
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
