//! Anomalies as they leave the process: the feed, the API, `report --anomalies`, webhooks.

use serde::{Deserialize, Serialize};

use super::EventRow;
use crate::aggregate::amount::amount;
use crate::decode::redact::line::{Addresses, addresses, client, client_in};

/// What is unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, ts(rename_all = "snake_case"))]
pub enum AnomalyKind {
    TrafficUp,
    TrafficDown,
    #[serde(rename = "errors_5xx")]
    #[cfg_attr(test, ts(rename = "errors_5xx"))]
    Errors5xx,
    #[serde(rename = "errors_4xx")]
    #[cfg_attr(test, ts(rename = "errors_4xx"))]
    Errors4xx,
    Latency,
    Bytes,
    ClientFlood,
    Scan,
    Bruteforce,
    NewError,
    ErrorSurge,
    Silent,
    FormatDrift,
    HostCpu,
    HostMemory,
    HostDisk,
    /// Any other series, by the generic detector.
    Series,
    /// A threshold of the operator's.
    Rule,
}

/// Where an anomaly is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, ts(rename_all = "snake_case"))]
pub enum AnomalyState {
    /// Just begun.
    Open,
    /// Still going on; more is known of it.
    Update,
    /// Over.
    Closed,
}

/// Something unusual with a start, a peak, an end and a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Anomaly {
    /// Unique, also over restarts.
    pub id: String,
    pub kind: AnomalyKind,
    /// The site it is of; null for all of them together.
    pub site: Option<String>,
    /// What it is of, where that is one thing: a path, a client, a source, an error's template, a disk, a rule.
    pub key: Option<String>,
    pub state: AnomalyState,
    /// When what is unusual began (the change point, not the alarm), RFC 3339.
    pub start: String,
    /// When it was said first.
    pub detected: String,
    pub peak: AnomalyPeak,
    /// When it was over; null while it goes on.
    pub end: Option<String>,
    /// Since when nothing unusual came any more, while it may go on again: it ends with a minute of that. Null while it
    /// is unusual, and once it is over.
    #[serde(default)]
    pub usual_since: Option<String>,
    /// Mean from the start to now (or the end), and what was to be expected, in `unit`.
    pub observed: f64,
    pub expected: f64,
    /// Of `observed` what is judged elsewhere: it is told of something else (a client that floods), or is the guess of a
    /// password. What is usual is of the rest.
    #[serde(default)]
    pub apart: f64,
    /// What is usual lies between these; null where there is no such bound.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// True where too little was seen before to know what is usual: `expected` is then what is assumed of any server
    /// (of requests one in a hundred that fails).
    #[serde(default)]
    pub learning: bool,
    /// `per_s`, `s`, `bytes` (a rule's sum), `bytes_per_s`, `percent`, `count` or empty.
    pub unit: String,
    /// Of what fills up (`host_disk`, `host_memory`): seconds until it is full at the pace of the last minutes;
    /// null where it does not grow, and once it is over.
    #[serde(default)]
    pub full_in_s: Option<f64>,
    /// 1 (a note) to 5 (wake somebody).
    pub severity: u8,
    /// What accounts for the change, the largest share first.
    pub explain: Vec<AnomalyCause>,
    /// Lines behind it, at most 20.
    pub samples: Vec<EventRow>,
    /// The id of the anomaly that this one follows from; its own where it is the root.
    pub incident: String,
    /// The rows behind it, in the filter language; empty for all, null where rows have no part in it.
    pub filter: Option<String>,
    /// True where a mute covers it: it is listed and nobody is told.
    pub muted: bool,
}

impl Anomaly {
    /// Lets every client in it be what is kept of one: an anomaly outlives the lines that it was found in.
    pub fn hide_clients(&mut self, how: Addresses) {
        use AnomalyKind as K;
        // Who misbehaves is in the filter, and so is whom a rule by client is of.
        let named = self.filter.as_deref().and_then(client_in).map(str::to_owned);
        if let Some(named) = named {
            let hidden = client(&named, how);
            let texts = [&mut self.key, &mut self.filter].into_iter().flatten();
            texts.for_each(|text| *text = text.replace(&named, &hidden));
        }
        // In an error's words one may stand anywhere.
        let may_name = matches!(self.kind, K::NewError | K::ErrorSurge);
        for text in [&mut self.key, &mut self.filter].into_iter().flatten().filter(|_| may_name) {
            *text = addresses(text, how).into_owned();
        }
        let causes = self.explain.iter_mut();
        let causes = causes.filter(|c| matches!(c.field.as_str(), "client" | "network"));
        causes.for_each(|cause| cause.value = client(&cause.value, how).into_owned());
        self.samples.iter_mut().for_each(|row| row.hide_clients(how));
    }

    /// Whether its number is that of the site that it is [`Anomaly::mostly_of`], as it is written; else others have a part
    /// in it.
    #[must_use]
    pub fn is_wholly_of(&self, site: &str) -> bool {
        let written = |value: f64| amount(value, &self.unit);
        let its = |cause: &&AnomalyCause| cause.field == "site" && cause.value == site;
        self.site.as_deref() == Some(site)
            || self.explain.iter().find(its).is_some_and(|cause| {
                let is_same = cause.unit.is_empty() || cause.unit == self.unit;
                is_same && written(cause.observed) == written(self.observed)
            })
    }

    /// The site that it is of, or that nine tenths of it are of.
    #[must_use]
    pub fn mostly_of(&self) -> Option<&str> {
        let most = |cause: &&AnomalyCause| cause.field == "site" && cause.share >= 0.9;
        let cause = || self.explain.iter().find(most).map(|cause| cause.value.as_str());
        self.site.as_deref().or_else(cause)
    }
}

/// The worst second (or stretch) of an anomaly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnomalyPeak {
    /// RFC 3339.
    pub time: String,
    /// In the anomaly's `unit`; of a `new_error` its lines in that second.
    pub value: f64,
}

/// One value that has a part in the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnomalyCause {
    /// A word of the filter language: `path`, `client`, `network`, `agent`, `status`, `upstream`, `source`, `site`.
    pub field: String,
    pub value: String,
    /// In this cause's `unit`, of this value alone: from `expected` to `observed`.
    pub observed: f64,
    pub expected: f64,
    /// `per_s` (requests or lines), `s` or `bytes` (a request's mean); where the anomaly is of this value, the
    /// anomaly's. Empty in what was kept by a version without it: then it is the anomaly's, too.
    #[serde(default)]
    pub unit: String,
    /// Of the whole change, 0 to 1.
    pub share: f64,
}

/// The live feed: an anomaly began, changed or ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnomalyTold {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    pub anomaly: Anomaly,
}

/// What nobody is to be told of: anomalies that are about what `filter` means, for a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Mute {
    pub id: String,
    /// In the filter language; empty for all.
    pub filter: String,
    /// This kind alone; null for all.
    pub kind: Option<AnomalyKind>,
    /// What it is of, where that alone is meant: a disk, a template.
    #[serde(default)]
    pub key: Option<String>,
    /// RFC 3339; null for good.
    pub until: Option<String>,
    pub note: String,
    pub created: String,
}

/// `GET /api/v1/anomalies/why`: what the detectors saw at one second.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnomalyWhy {
    pub at: String,
    pub seen: Vec<AnomalySeen>,
}

/// What one detector, or a rule, saw of one series.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnomalySeen {
    pub kind: AnomalyKind,
    pub site: Option<String>,
    pub key: Option<String>,
    /// Of that second; of a rule, of its span, and its threshold.
    pub observed: f64,
    pub expected: f64,
    /// Of `observed` what is judged elsewhere.
    pub apart: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// `per_s`, `s`, `bytes`, `bytes_per_s`, `percent` or `count`.
    pub unit: String,
    /// Evidence against the threshold; unusual is what reaches it.
    pub score: f64,
    pub threshold: f64,
    /// `learning`, `usual`, `cooling_down`, `unusual`, `ending`, or `elsewhere` where it is told of something else.
    pub verdict: String,
}
