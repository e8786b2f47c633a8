//! The detector for any series: says when a number, or how the numbers move, has not been seen before.
//!
//! It looks at the series in nine ways at once (`Views`): its level over the last 5, 20 and 100
//! values, how much it jumps from one value to the next (2 speeds), how fast and slow levels part (2), and
//! how far it is from what is usual at this hour of the week (2). Of each it keeps the lowest and highest
//! ever seen, and a *record* counts by how far it goes beyond them, as a share of the range between. A tenth
//! look is the distance from the long mean in standard deviations, for records never tell the second of
//! two equal spikes. The looks are added up with most weight on the strongest.
//!
//! No threshold is of one series: every part is a ratio of the series to itself, so unit and offset do
//! not matter (a test says so). Nothing here depends on how many values will come.
//!
//! Sources. The mean and variance that forget are T. Finch, *Incremental calculation of weighted mean and
//! variance* (2009), which is B. P. Welford's update (*Technometrics* 4, 1962) with a floor under its
//! weight; that smoothed levels find small lasting shifts is S. W. Roberts, *Control chart tests based on
//! geometric moving averages* (*Technometrics* 1, 1959). The numbers below are the middle of wide plateaus
//! on the visible half of the Numenta Anomaly Benchmark: `loadtest/README.md` says how they were
//! found, and why sharper ones would mean nothing.

mod envelope;
mod season;
#[cfg(test)]
mod tests;
mod view;

use serde::{Deserialize, Serialize};

use crate::vocab::time::Second;
use season::Season;
use view::{Lines, Views};

/// A score from here on is unusual.
pub const UNUSUAL: f64 = 0.5;

/// How far beyond all that was seen is unusual: a share of the range between.
const THRESHOLD: f64 = 0.04;
/// How much the looks beside the strongest add: a value that is odd in many ways is odder. Scores stay
/// within a point from 0.3 to 1.
const TOGETHER: f64 = 0.5;
/// As many standard deviations from the mean are unusual by themselves. A spike that comes back every P
/// values makes the deviation about its height over √P: what comes more often than once in 256 values is
/// usual, however high.
const DEVIATIONS: f64 = 16.0;
/// Over as many values the mean and the deviation forget.
const DEVIATION_MEMORY: f64 = 6400.0;
/// Young ranges are narrow, so that their records say little: all counts by n / (n + this).
const YOUTH: f64 = 1000.0;
/// Nothing is said of the first values: there is nothing to compare them with. Ten minutes of a value
/// every 10 s.
const SILENT: u64 = 60;
/// A look counts at most this many ranges; more is no more unusual.
const CAP: f64 = 3.0;
/// After telling, as many values are not told again …
const REST: u32 = 100;
/// … unless they are as many times as unusual as what was told.
const WORSE: f64 = 4.0;
/// Records are of this span and the one before it: what happened once is forgotten after 4 to 8 weeks, and
/// what comes every week is not. Scores stay within half a point from two to six weeks.
const SPAN_S: i64 = 28 * 86_400;
/// A span has at least as many values, or a slow series would know too little.
const SPAN_VALUES: u32 = 2000;
/// Larger numbers count as this one, smaller as 0, so that no square overflows or vanishes.
const LARGEST: f64 = 1e150;
const SMALLEST: f64 = 1e-150;
/// What differs by less than this share of the series' size is rounding.
const ROUNDING: f64 = 1e-9;

/// What is known of one series: 2,456 bytes, whatever comes.
///
/// Memory and time for a value are fixed. Values are expected about evenly spaced, each once; what comes
/// twice counts twice. Time is used for the hour of the week (UTC), for gaps and for forgetting alone, so a
/// clock that jumps does little harm. A counter should come as a rate: as it stands it is told about
/// once a day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// Values so far.
    seen: u64,
    last_time: i64,
    /// Start and values of the span that records are of.
    span_start: i64,
    span_values: u32,
    views: Views,
    season: Season,
    mean: f64,
    variance: f64,
    /// Values until the next may be told, and how unusual the last told was.
    rest: u32,
    told: f64,
}

/// What is thought of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// How unusual, 0 to 1; [`UNUSUAL`] and more is.
    pub score: f64,
    /// Whether to tell: unusual, and not told just before (100 values, unless four times as unusual).
    pub anomaly: bool,
    /// The mean of the about 20 values before, in the series' own unit.
    pub expected: f64,
    /// A value below is unusual for sure; one above may be, by how it moves. None while too little is known.
    pub low: Option<f64>,
    /// A value above is unusual for sure.
    pub high: Option<f64>,
}

impl Record {
    /// Judges the next value by what came before it, then learns it.
    ///
    /// What is no finite number is a missing value: its score is 0 and nothing is learnt.
    pub fn push(&mut self, time: Second, value: f64) -> Judged {
        let expected = self.views.expected();
        if !value.is_finite() {
            return Judged { score: 0.0, anomaly: false, expected, low: None, high: None };
        }
        let value = if value.abs() < SMALLEST { 0.0 } else { value.clamp(-LARGEST, LARGEST) };
        if self.seen == 0 {
            (self.last_time, self.span_start) = (time.0, time.0);
        }
        // A first time far ahead must not hold the first span open for ever.
        self.span_start = self.span_start.min(time.0);
        if time.0.saturating_sub(self.span_start) >= SPAN_S && self.span_values >= SPAN_VALUES {
            (self.span_start, self.span_values) = (time.0, 0);
            self.views.forget();
        }
        self.seen = self.seen.saturating_add(1);
        self.span_values = self.span_values.saturating_add(1);
        let step = time.0.saturating_sub(self.last_time).max(0);
        self.last_time = time.0;

        let usual = self.season.usual(time.0);
        let lines = self.views.lines(self.seen, usual);
        let rounding = self.views.size(value) * ROUNDING;
        let trust = self.trust();
        let (low, high) = self.band(&lines, rounding, trust);

        let deviations = self.deviations(value, rounding) * THRESHOLD / DEVIATIONS;
        let (most, sum) = self.views.push(&lines, value, self.seen, step, rounding);
        let (most, sum) = (most.max(deviations.min(CAP)), sum + deviations.min(CAP));
        self.season.learn(time.0, step, value);

        // NaN, which only a damaged state could bring, counts as 0.
        let strength = (trust * (most + TOGETHER * (sum - most))).max(0.0);
        let anomaly = self.tell(strength);
        Judged { score: strength / (strength + THRESHOLD), anomaly, expected, low, high }
    }

    /// How much is made of a record: 0 at first, 1 in the long run.
    fn trust(&self) -> f64 {
        let seen = self.seen as f64;
        if self.seen <= SILENT { 0.0 } else { seen / (seen + YOUTH) }
    }

    /// How many standard deviations the value is from the mean; learns it.
    fn deviations(&mut self, value: f64, rounding: f64) -> f64 {
        let off = value - self.mean;
        let deviation = self.variance.sqrt().max(rounding).max(SMALLEST);
        let weight = view::weight(self.seen, DEVIATION_MEMORY);
        self.mean += weight * off;
        self.variance = (1.0 - weight) * (self.variance + weight * off * off);
        off.abs() / deviation
    }

    fn tell(&mut self, strength: f64) -> bool {
        let unusual = strength >= THRESHOLD;
        if unusual && (self.rest == 0 || strength > WORSE * self.told) {
            (self.rest, self.told) = (REST, strength);
            return true;
        }
        self.rest = self.rest.saturating_sub(1);
        false
    }

    /// The values that no look alone calls unusual.
    fn band(&self, lines: &Lines, rounding: f64, trust: f64) -> (Option<f64>, Option<f64>) {
        let beyond = THRESHOLD / trust;
        if trust <= 0.0 || beyond > CAP {
            return (None, None);
        }
        let reach = DEVIATIONS / trust * self.variance.sqrt().max(rounding);
        let (low, high) = self.views.band(lines, beyond, rounding);
        let (low, high) = (low.max(self.mean - reach), high.min(self.mean + reach));
        if low <= high {
            return (Some(low), Some(high));
        }
        // Two looks contradict each other, so that any value is unusual: the band has no width.
        let middle = low / 2.0 + high / 2.0;
        (Some(middle), Some(middle))
    }
}
