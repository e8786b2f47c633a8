//! What an anomaly's rows are counted of, so that a part is told of the seconds that the whole is told of.
//!
//! An anomaly is looked at closely at growing distances, and its number changes in between. A row's number is its part of
//! the whole's, as the last look has counted both: no row is more than the whole, whatever came since, came late or is not in
//! the window any more. To count each row on every second would cost a scan of each, for as long as it lasts.

use serde::{Deserialize, Serialize};

use crate::aggregate::detect::Finding;
use crate::aggregate::wire::{Anomaly, AnomalyCause};

/// How many there were in some seconds, and how many there were a second before it began.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) now: u64,
    pub(super) usual: f64,
}

/// What a row's numbers come from.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Part {
    /// It is what the anomaly is of.
    Whole,
    /// Rows of the whole; and its share for each part of the whole that it is, where that grows with it.
    Some(Counted, Option<f64>),
    /// It is of each request's time or bytes: a part may have more than the whole.
    Mean,
}

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Parts {
    whole: Counted,
    parts: Vec<Part>,
}

impl Parts {
    /// Of causes as a look found them in some seconds; `adds_up` where their numbers are of rows, as the whole's is.
    pub(super) fn of(
        finding: &Finding,
        causes: &[AnomalyCause],
        (whole, seconds): (Counted, f64),
        adds_up: bool,
    ) -> Parts {
        let is_more = finding.observed > finding.expected;
        let part = |cause: &AnomalyCause| {
            if finding.key.as_ref() == Some(&cause.value) && cause.share >= 1.0 {
                return Part::Whole;
            }
            if !adds_up || cause.unit != "per_s" {
                return Part::Mean;
            }
            let now = (cause.observed * seconds.max(1.0)).round() as u64;
            let lift = is_more.then_some(cause.share * whole.now as f64 / now as f64);
            Part::Some(Counted { now, usual: cause.expected }, lift.filter(|l| l.is_finite()))
        };
        Parts { whole, parts: causes.iter().map(part).collect() }
    }

    /// Writes the numbers of the causes, beside those of the whole.
    pub(super) fn write(&self, anomaly: &mut Anomaly) {
        let Anomaly { observed: whole, expected, learning, .. } = *anomaly;
        // Nothing of what was measured is more usual than what is known of the whole.
        let known = (expected.max(0.0) / self.whole.usual).min(1.0);
        let known = if known.is_finite() { known } else { 1.0 };
        for (part, cause) in self.parts.iter().zip(&mut anomaly.explain) {
            match *part {
                // What is not known yet is assumed to judge by, and is no number to show.
                Part::Whole if learning => cause.observed = whole,
                Part::Whole => (cause.observed, cause.expected) = (whole, expected),
                Part::Some(counted, lift) => {
                    let of_it = (counted.now as f64 / self.whole.now.max(1) as f64).min(1.0);
                    cause.observed = whole * of_it;
                    cause.expected = counted.usual * known;
                    cause.share = lift.map_or(cause.share, |lift| (lift * of_it).min(1.0));
                }
                Part::Mean => {}
            }
        }
    }
}
