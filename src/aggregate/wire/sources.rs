//! Who sends, over which sockets, in which formats, and what became of the lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EventRow;

/// received = counted + unparsed + rejected + dropped + in_flight, in any one answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
