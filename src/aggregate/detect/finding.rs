//! What a detector says, and its shape for the world.

use serde::{Deserialize, Serialize};

use super::clause;
use crate::aggregate::forget::Forget;
use crate::aggregate::render::rfc3339;
use crate::aggregate::wire::{Anomaly, AnomalyKind, AnomalyPeak, AnomalyState};
use crate::vocab::time::Second;

/// What a number of a [`Finding`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    PerS,
    S,
    Bytes,
    BytesPerS,
    Percent,
    Count,
}

impl Unit {
    /// As the wire has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Unit::PerS => "per_s",
            Unit::S => "s",
            Unit::Bytes => "bytes",
            Unit::BytesPerS => "bytes_per_s",
            Unit::Percent => "percent",
            Unit::Count => "count",
        }
    }
}

/// Something unusual, as a detector tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The same in every message about it, and of no other one of this detector.
    pub id: u64,
    pub kind: AnomalyKind,
    /// `None`: all together.
    pub site: Option<String>,
    /// What it is of: a path, a client, a source, a template's text, a mount point.
    pub key: Option<String>,
    /// Open once, then updates while something changes, closed once.
    pub state: AnomalyState,
    /// The change point, not the alarm.
    pub start: Second,
    pub detected: Second,
    pub end: Option<Second>,
    /// Since when nothing unusual came any more, while that may be a pause.
    pub usual_since: Option<Second>,
    /// The worst second, in `unit`.
    pub peak: (Second, f64),
    /// Of the seconds from the start up to this one, the end exclusive, are the numbers: the last of them was unusual.
    #[serde(default)]
    pub until: Second,
    /// Mean of these seconds, and what was to be expected.
    pub observed: f64,
    /// Of what was observed what is judged elsewhere: it is told of something else, or is the guess of a password.
    #[serde(default)]
    pub apart: f64,
    pub expected: f64,
    /// What is usual lies between these.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Too little was seen before to know what is usual: what was to be expected is what is assumed of any server.
    #[serde(default)]
    pub learning: bool,
    pub unit: Unit,
    /// Seconds until it is full, of what fills up.
    pub full_in_s: Option<f64>,
    /// 1 (a note) to 5 (wake somebody).
    pub severity: u8,
    /// The rows behind it in the filter language; `None` where rows have no part in it.
    pub filter: Option<String>,
    /// A quiet stretch before the start to compare with, its end exclusive.
    pub baseline: (Second, Second),
}

impl Finding {
    /// Takes a client out of what it is of.
    pub fn forget(&mut self, who: &Forget) {
        let texts = [&mut self.site, &mut self.key, &mut self.filter];
        who.texts(texts.into_iter().flatten());
    }

    /// Lets it be of one site, whose rows it was found in.
    pub fn name_site(&mut self, site: &str) {
        if let Some(filter) = &mut self.filter {
            *filter = format!("{filter} {}", clause("site", site)).trim_start().to_owned();
        }
        self.site = Some(site.to_owned());
    }

    /// As it leaves the process, without explanation and samples, a root of its own.
    #[must_use]
    pub fn anomaly(&self) -> Anomaly {
        let id = format!("{}-{}", self.start, self.id);
        Anomaly {
            incident: id.clone(),
            id,
            kind: self.kind,
            site: self.site.clone(),
            key: self.key.clone(),
            state: self.state,
            start: rfc3339(self.start),
            detected: rfc3339(self.detected),
            peak: AnomalyPeak { time: rfc3339(self.peak.0), value: self.peak.1 },
            end: self.end.map(rfc3339),
            usual_since: self.usual_since.filter(|_| self.end.is_none()).map(rfc3339),
            observed: self.observed,
            apart: self.apart,
            expected: self.expected,
            low: self.low,
            high: self.high,
            learning: self.learning,
            unit: self.unit.name().to_owned(),
            full_in_s: self.full_in_s.filter(|_| self.end.is_none()),
            severity: self.severity,
            explain: Vec::new(),
            samples: Vec::new(),
            filter: self.filter.clone(),
            muted: false,
        }
    }
}
