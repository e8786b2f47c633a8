//! The season of a rate: how it usually goes up and down over the hours of a day and a week.
//!
//! Only the *slope* is taken from it. The level follows what is seen within minutes, so a season that
//! was learnt wrongly (a holiday, one campaign) can pull a little, and never says by itself that the
//! night is an outage. Where a level follows slowly, as a quiet site's must, and over a gap, as between
//! two runs of the process, the slope is what carries it.

use serde::{Deserialize, Serialize};

use crate::vocab::time::Second;

const HOUR_S: i64 = 3600;
const DAY_H: usize = 24;
const WEEK_H: usize = 168;
/// An hour's mean moves by this part of what it differs at least: half of what is known is of the last
/// two or three weeks.
const LEAST_STEP: f32 = 0.25;
/// Seconds of an hour that must have been seen for it to count.
const LEAST_SEEN_S: f32 = 1800.0;
/// Logarithms of means are kept above this: an hour without a single event in a thousand seconds.
const FLOOR: f64 = 1e-3;

/// Mean by hour of the week, and of the day until the week is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Season {
    /// Logarithm of events a second.
    week: Vec<f32>,
    /// How often each hour was seen.
    visits: Vec<u8>,
    day: Vec<f32>,
    day_visits: Vec<u8>,
    #[serde(skip)]
    hour: i64,
    #[serde(skip)]
    sum: f32,
    #[serde(skip)]
    seen_s: f32,
}

impl Default for Season {
    fn default() -> Self {
        Season {
            week: vec![0.0; WEEK_H],
            visits: vec![0; WEEK_H],
            day: vec![0.0; DAY_H],
            day_visits: vec![0; DAY_H],
            hour: 0,
            sum: 0.0,
            seen_s: 0.0,
        }
    }
}

impl Season {
    /// Takes in `n` events of `seconds`.
    pub(super) fn push(&mut self, second: Second, n: f64, seconds: f64) {
        let hour = second.0.div_euclid(HOUR_S);
        if hour != self.hour {
            if self.seen_s >= LEAST_SEEN_S {
                let mean = f64::from(self.sum / self.seen_s).max(FLOOR).ln() as f32;
                let (week, day) = places(self.hour);
                learn(&mut self.week[week], &mut self.visits[week], mean);
                learn(&mut self.day[day], &mut self.day_visits[day], mean);
            }
            (self.hour, self.sum, self.seen_s) = (hour, 0.0, 0.0);
        }
        self.sum += n as f32;
        self.seen_s += seconds as f32;
    }

    /// The logarithm of how much more is usual at `to` than at `from`; 0 where it is not known.
    pub(super) fn slope(&self, from: Second, to: Second) -> f64 {
        match (self.at(from), self.at(to)) {
            (Some(from), Some(to)) => to - from,
            _ => 0.0,
        }
    }

    /// The logarithm of the mean, between the middles of hours.
    fn at(&self, second: Second) -> Option<f64> {
        let middle = second.0 - HOUR_S / 2;
        let hour = middle.div_euclid(HOUR_S);
        let part = middle.rem_euclid(HOUR_S) as f64 / HOUR_S as f64;
        let (a, b) = self.hour(hour).zip(self.hour(hour + 1))?;
        Some(f64::from(a) * (1.0 - part) + f64::from(b) * part)
    }

    /// Of the hour of the week where both it and its neighbour are known that way, else of the day.
    fn hour(&self, hour: i64) -> Option<f32> {
        let (week, day) = places(hour);
        // A whole week first: a mix of both would make steps where they meet.
        if self.visits.iter().all(|&n| n > 0) {
            return Some(self.week[week]);
        }
        (self.day_visits[day] > 0).then(|| self.day[day])
    }

    /// From what an earlier process knew: lists of another length are those of nobody.
    pub(super) fn is_whole(&self) -> bool {
        [self.week.len(), self.visits.len()] == [WEEK_H; 2]
            && [self.day.len(), self.day_visits.len()] == [DAY_H; 2]
    }
}

fn places(hour: i64) -> (usize, usize) {
    (hour.rem_euclid(WEEK_H as i64) as usize, hour.rem_euclid(DAY_H as i64) as usize)
}

fn learn(mean: &mut f32, visits: &mut u8, seen: f32) {
    *visits = visits.saturating_add(1);
    let step = (1.0 / f32::from(*visits)).max(LEAST_STEP);
    *mean += (seen - *mean) * step;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_day_knows_the_first() {
        let mut season = Season::default();
        let rate = |t: i64| if t.rem_euclid(86_400) < 43_200 { 1.0 } else { 8.0 };
        for t in 0..2 * 86_400 {
            season.push(Second(t), rate(t), 1.0);
        }
        let slope = season.slope(Second(10 * 86_400 + 41_000), Second(10 * 86_400 + 46_000));
        assert!((slope - 8f64.ln()).abs() < 0.01, "{slope}");
        assert_eq!(season.slope(Second(36_000), Second(39_600)), 0.0);
    }

    #[test]
    fn what_is_not_known_pulls_nowhere() {
        let mut season = Season::default();
        for t in 0..7200 {
            season.push(Second(t), 5.0, 1.0);
        }
        assert_eq!(season.slope(Second(0), Second(50_000)), 0.0);
    }
}
