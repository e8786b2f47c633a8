//! Thresholds of the operator's, in the filter language: `status:5xx rate > 2% for 1m`.
//!
//! A rule says which rows, what is measured of them, over how long, and what is too much or too little.
//! It is a pair of integer sums a second ([`Meter`]), summed over the span and compared ([`Judge`]):
//! exact, whether the seconds come live or out of the window for a back-test.

mod groups;
mod judge;
mod meter;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use super::detect::Unit;
use super::filter::Filter;
use crate::vocab::field::Field;

pub use super::filter::FilterError as RuleError;
pub use groups::{Fired, GROUPS_MAX, GroupPart, Groups};
pub use judge::{Firing, Judge, Now};
pub use meter::{Meter, Part};
pub use parse::{SPAN_BY_MAX_S, SPAN_MAX_S};

/// A rule that has been understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The rows that are measured.
    pub filter: Filter,
    /// Those that the measured ones are a share of.
    pub(crate) base: Filter,
    pub measure: Measure,
    pub sign: Sign,
    /// In the unit of the measure: percent, seconds, bytes, rows; a second where `per_s` says so.
    pub threshold: f64,
    /// The threshold is so much a second.
    pub(crate) per_s: bool,
    /// Not judged on fewer rows of `base`.
    pub(crate) least: u64,
    /// Each value of this is judged by itself.
    pub by: Option<By>,
    /// Seconds that are measured together.
    pub span_s: u32,
    /// The normal form.
    text: String,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The share, in percent, of the requests that the filter would let through if it did not ask what
    /// became of them; of all requests where it asks nothing else.
    Rate,
    /// Rows of any kind.
    Count,
    /// The quantile of the request times, as a thousandth: 950 is p95, 1000 the longest.
    Latency(u16),
    /// Bytes sent.
    Bytes,
}

/// What a rule is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Site,
    Client,
    Path,
}

impl By {
    pub(crate) const ALL: [By; 3] = [By::Site, By::Client, By::Path];

    /// The word of the filter language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            By::Site => "site",
            By::Client => "client",
            By::Path => "path",
        }
    }

    pub(crate) fn field(self) -> Field {
        match self {
            By::Site => Field::Site,
            By::Client => Field::Client,
            By::Path => Field::Path,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Sign {
    const ALL: [(&'static str, Sign); 4] =
        [(">=", Sign::AtLeast), ("<=", Sign::AtMost), (">", Sign::Above), ("<", Sign::Below)];

    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Sign::Above => value > threshold,
            Sign::AtLeast => value >= threshold,
            Sign::Below => value < threshold,
            Sign::AtMost => value <= threshold,
        }
    }

    /// Whether too much is meant, and not too little.
    #[must_use]
    pub fn is_upper(self) -> bool {
        matches!(self, Sign::Above | Sign::AtLeast)
    }
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// What can't be understood, where, and what would be right.
    pub fn parse(text: &str) -> Result<Rule, RuleError> {
        parse::parse(text)
    }

    /// The rule of one value of what it is judged by.
    #[must_use]
    pub fn of(&self, value: &str) -> Rule {
        let narrowed = |filter: &Filter| {
            let by = self.by.and_then(|by| filter.narrowed(by.word(), value));
            by.unwrap_or_else(|| filter.clone())
        };
        Rule {
            filter: narrowed(&self.filter),
            base: narrowed(&self.base),
            by: None,
            ..self.clone()
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the measure and the threshold count.
    #[must_use]
    pub fn unit(&self) -> Unit {
        match self.measure {
            Measure::Rate => Unit::Percent,
            Measure::Count if self.per_s => Unit::PerS,
            Measure::Count => Unit::Count,
            Measure::Latency(_) => Unit::S,
            Measure::Bytes => Unit::Bytes,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A rule as the configuration has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub rule: Rule,
    /// 1 (a note) to 5 (wake somebody).
    pub severity: u8,
}
