//! `GET /api/v1/rules/backtest` and `report --rule --json`: what a rule would have said.

use serde::Serialize;

use super::{AnomalyPeak, AnomalyState};
use crate::aggregate::render::rfc3339;
use crate::aggregate::rules::{Fired, Rule};
use crate::vocab::time::Second;

/// Firings that are listed; `fired` counts all.
pub const FIRINGS_MAX: usize = 1_000;

/// A rule tried on the past.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleTest {
    /// The rule in its normal form.
    pub when: String,
    /// The seconds that were tried, RFC 3339, the end exclusive.
    pub from: String,
    pub to: String,
    /// How often it would have been broken.
    pub fired: usize,
    /// In which the threshold and the worst values are: `per_s`, `s`, `bytes`, `percent` or `count`.
    pub unit: String,
    pub threshold: f64,
    /// Oldest first, at most a thousand.
    pub firings: Vec<RuleFiring>,
}

/// One time a rule was broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleFiring {
    /// The site, client or path that broke it, of a rule that is judged by that.
    pub by: Option<String>,
    /// The first second of what breaks it, RFC 3339.
    pub start: String,
    /// When it would have been said.
    pub detected: String,
    /// When it held again; null while it does not.
    pub end: Option<String>,
    /// The worst value of a span, and its last second; null where it was not looked up.
    pub worst: Option<AnomalyPeak>,
}

impl RuleTest {
    #[must_use]
    pub fn new(rule: &Rule, firings: &[Fired], (from, to): (Second, Second)) -> RuleTest {
        let listed = firings.iter().take(FIRINGS_MAX).map(|(by, firing)| RuleFiring {
            by: by.as_deref().map(str::to_owned),
            start: rfc3339(firing.start),
            detected: rfc3339(firing.detected),
            end: (firing.state == AnomalyState::Closed).then(|| rfc3339(firing.end)),
            worst: firing.worst.map(|(second, value)| AnomalyPeak { time: rfc3339(second), value }),
        });
        RuleTest {
            when: rule.to_string(),
            from: rfc3339(from),
            to: rfc3339(to),
            fired: firings.len(),
            unit: rule.unit().name().to_owned(),
            threshold: rule.threshold,
            firings: listed.collect(),
        }
    }
}
