//! What is usual at an hour of the week, and of the day while the week is young.

use serde::{Deserialize, Serialize};

const HOUR_S: i64 = 3600;
/// An hour's mean forgets over this many visits; until then it is the plain mean of all values. Scores
/// stay within a quarter of a point from 2 weeks to never.
const WEEKS: f64 = 8.0;
const DAYS: f64 = 16.0;
/// The row of any day, behind those of the seven days.
const ANY: usize = 7;

/// Means of 24 hours of the day and 168 of the week, in UTC, and of how many values each is.
///
/// In rows of a day, for serde knows arrays up to 32.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Season {
    means: [[f64; 24]; ANY + 1],
    values: [[u16; 24]; ANY + 1],
}

impl Season {
    /// The mean of this hour of the week; of this hour of the day where the week's is still unknown.
    pub(super) fn usual(&self, time: i64) -> Option<f64> {
        let (day, hour) = place(time);
        let row = [day, ANY].into_iter().find(|&row| self.values[row][hour] > 0)?;
        Some(self.means[row][hour])
    }

    /// `step` is the seconds since the value before, and so this value's share of its hour.
    pub(super) fn learn(&mut self, time: i64, step: i64, value: f64) {
        let (day, hour) = place(time);
        let share = step.min(HOUR_S) as f64 / HOUR_S as f64;
        for (row, visits) in [(day, WEEKS), (ANY, DAYS)] {
            let (mean, values) = (&mut self.means[row][hour], &mut self.values[row][hour]);
            *values = values.saturating_add(1);
            let weight = (1.0 / f64::from(*values)).max(share / visits);
            *mean += weight * (value - *mean);
        }
    }
}

/// Day of the week (from Thursday, as 1970 began) and hour.
fn place(time: i64) -> (usize, usize) {
    let hours = time.div_euclid(HOUR_S);
    // Both are remainders of small positive numbers.
    (hours.div_euclid(24).rem_euclid(7) as usize, hours.rem_euclid(24) as usize)
}
