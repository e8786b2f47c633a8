//! The nine ways in which a series is looked at.

use serde::{Deserialize, Serialize};

use super::envelope::Envelope;
use super::{LARGEST, ROUNDING};

/// Over as many values levels are smoothed: about what was, for exponential weights, the last so many.
const LEVELS: [f64; 3] = [5.0, 20.0, 100.0];
/// The same for the jump from one value to the next.
const JUMPS: [f64; 2] = [5.0, 50.0];
/// The same for the distance from what is usual at this hour.
const SEASONAL: [f64; 2] = [5.0, 50.0];
/// What is added to a jump before its logarithm is taken, as a share of the mean jump: that a quiet
/// series falls silent altogether is a record, but a finite one. Any from 0.001 to 0.1 scores alike.
const QUIET: f64 = 0.01;
/// After a step that is as many times the usual one, the jump is the gap's and no view's.
const GAP: f64 = 20.0;
/// Over as many values the usual step is smoothed.
const STEPS: f64 = 100.0;

/// Views that are a straight line of the next value: levels, partings, distances from the season.
const STRAIGHT: usize = 7;
/// What [`STRAIGHT`] views will be for the next value; none where the season is unknown.
pub(super) type Lines = [Option<Line>; STRAIGHT];

/// A view before its next value is known: `at_zero + slope × value`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    at_zero: f64,
    slope: f64,
}

/// What is kept for the views. A record of the bare value is none of them: in calm series it
/// doubled the false alarms, and a spike worth telling moves the level of the last 5 as well.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Views {
    levels: [f64; 3],
    pub(super) jumps: [f64; 2],
    mean_jump: f64,
    seasonal: [f64; 2],
    value: f64,
    usual_step: f64,
    straight: [Envelope; STRAIGHT],
    jumping: [Envelope; 2],
    /// Of the bare values: how large the series is, to tell rounding from change.
    values: Envelope,
}

/// How much of the next value a mean takes that forgets over `memory` values: an even share at first.
pub(super) fn weight(seen: u64, memory: f64) -> f64 {
    1.0 / (seen as f64).min(memory)
}

impl Views {
    /// The mean of about the last 20 values.
    pub(super) fn expected(&self) -> f64 {
        self.levels[1]
    }

    /// The largest value so far, this one included, whatever its sign.
    pub(super) fn size(&self, value: f64) -> f64 {
        self.values.size().max(value.abs())
    }

    pub(super) fn forget(&mut self) {
        let all = self.straight.iter_mut().chain(&mut self.jumping);
        all.chain([&mut self.values]).for_each(Envelope::forget);
    }

    /// `seen` counts the value to come.
    pub(super) fn lines(&self, seen: u64, usual: Option<f64>) -> Lines {
        let [fast, middle, slow] = [0, 1, 2].map(|i| {
            let slope = weight(seen, LEVELS[i]);
            Line { at_zero: (1.0 - slope) * self.levels[i], slope }
        });
        let [brief, long] = [0, 1].map(|i| {
            let slope = weight(seen, SEASONAL[i]);
            let at_zero = |usual| (1.0 - slope) * self.seasonal[i] - slope * usual;
            usual.map(|usual| Line { at_zero: at_zero(usual), slope })
        });
        let (fast_part, middle_part) = (fast.less(slow), middle.less(slow));
        [Some(fast), Some(middle), Some(slow), Some(fast_part), Some(middle_part), brief, long]
    }

    /// The most unusual of the views, and their sum; learns the value.
    pub(super) fn push(
        &mut self,
        lines: &Lines,
        value: f64,
        seen: u64,
        step: i64,
        rounding: f64,
    ) -> (f64, f64) {
        let (mut most, mut sum) = (0.0_f64, 0.0);
        let mut count = |record: f64| {
            most = most.max(record);
            sum += record;
        };
        for (envelope, line) in self.straight.iter_mut().zip(lines) {
            if let Some(line) = line {
                count(envelope.push(line.at(value), rounding));
            }
        }
        for (level, line) in self.levels.iter_mut().zip(lines) {
            *level = line.map_or(*level, |line| line.at(value));
        }
        for (distance, line) in self.seasonal.iter_mut().zip(&lines[STRAIGHT - 2..]) {
            *distance = line.map_or(*distance, |line| line.at(value));
        }
        if seen > 1 && !self.gap(seen, step) {
            let jump = (value - self.value).abs();
            self.mean_jump += weight(seen - 1, LARGEST) * (jump - self.mean_jump);
            let quiet = QUIET * self.mean_jump;
            let views = self.jumps.iter_mut().zip(&mut self.jumping).zip(JUMPS);
            for ((mean, envelope), memory) in views {
                *mean += weight(seen - 1, memory) * (jump - *mean);
                // A mean of a few jumps may be next to nothing, and silence would never be a record.
                if quiet > 0.0 && seen as f64 > memory {
                    // A logarithm, for jumps halve and double rather than rise and fall.
                    count(envelope.push((*mean + quiet).ln(), ROUNDING));
                }
            }
        }
        self.value = value;
        self.values.push(value, rounding);
        (most, sum)
    }

    /// Whether the step to this value is far from usual; learns it.
    fn gap(&mut self, seen: u64, step: i64) -> bool {
        let step = step as f64;
        let gap = seen as f64 > GAP && step > GAP * self.usual_step && self.usual_step > 0.0;
        self.usual_step += weight(seen - 1, STEPS) * (step - self.usual_step);
        gap
    }

    /// The values for which no straight view is `beyond` of its range beyond it.
    pub(super) fn band(&self, lines: &Lines, beyond: f64, rounding: f64) -> (f64, f64) {
        let (mut low, mut high) = (-LARGEST, LARGEST);
        for (envelope, line) in self.straight.iter().zip(lines) {
            let limits = envelope.limits(beyond, rounding);
            if let (Some(line), Some((lowest, highest))) = (line, limits)
                && line.slope > 0.0
            {
                low = low.max((lowest - line.at_zero) / line.slope);
                high = high.min((highest - line.at_zero) / line.slope);
            }
        }
        (low, high)
    }
}

impl Line {
    fn at(self, value: f64) -> f64 {
        self.at_zero + self.slope * value
    }

    fn less(self, other: Line) -> Line {
        Line { at_zero: self.at_zero - other.at_zero, slope: self.slope - other.slope }
    }
}
