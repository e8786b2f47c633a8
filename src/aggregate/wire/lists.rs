//! The values of one field, by their requests: top lists, how they go over time, and for completion.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Of a template: the worst of its lines, `crit`, whatever the range and the filter; absent for guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub level: Option<String>,
    /// Of a template: when its first line was written, RFC 3339. Earlier than the range it may be, and
    /// than the process, if what was learnt is kept. Whatever the filter; absent for guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub first_seen: Option<String>,
    /// Of a template: the oldest of the lines counted here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub sample: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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

/// `GET /api/v1/trend`: requests of the top values of a list, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Trend {
    pub list: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub step_s: u32,
    /// As [`Series::oldest`](super::Series::oldest).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub oldest: Option<i64>,
    /// Epoch second at which each step starts; of those that are missing nothing is known, as in a
    /// [`Series`](super::Series).
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
