//! A bank of CUSUMs: one running evidence for each size of change that is looked for.
//!
//! Page (1954): the log-likelihood ratio of "the rate is r times what is expected" against "it is as
//! expected", summed and never below zero. Lorden (1971): no test that cries as seldom knows sooner.
//! The last zero estimates the change point.

use crate::vocab::time::Second;

/// Evidence is kept within this many times the threshold, so that the end of a long incident is soon
/// known.
const CAP: f64 = 1.05;
/// No tick gives more than this part of the threshold: two must agree, for a single second of
/// anything (one download, a log that was flushed late) is no incident.
pub(super) const TWO_TICKS: f64 = 0.55;
/// Four must: for what has heavy tails.
pub(super) const FOUR_TICKS: f64 = 0.26;

/// One size of change: what a unit observed and a unit expected weigh in nats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    pub(super) observed: f64,
    pub(super) expected: f64,
    /// Evidence counts for so much of itself: less for small changes, which a baseline that is a little
    /// wrong makes by itself if only one waits.
    pub(super) trust: f64,
}

/// Of Poisson counts the ratio is `n ln r - (r - 1) mu`. `ln` is the ratio's logarithm, which is no
/// constant expression yet; a test compares.
pub(super) const fn poisson(ratio: f64, ln: f64) -> Weights {
    Weights { observed: ln, expected: ratio - 1.0, trust: 1.0 }
}

/// Of times (gamma distributed, in units of their mean), `x (1 - 1/r) - n ln r`.
pub(super) const fn gamma(ratio: f64, ln: f64) -> Weights {
    Weights { observed: 1.0 - 1.0 / ratio, expected: ln, trust: 1.0 }
}

impl Weights {
    pub(super) const fn trusted(self, trust: f64) -> Weights {
        Weights { trust, ..self }
    }
}

/// One CUSUM.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    score: f64,
    /// When it was zero last: where the change began if there is one.
    since: Second,
    /// Since then.
    observed: f64,
    expected: f64,
    apart: f64,
}

/// CUSUMs for `N` sizes.
#[derive(Clone, Debug)]
pub(super) struct Bank<const N: usize> {
    lanes: [Lane; N],
}

/// How a bank judges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a, const N: usize> {
    pub(super) sizes: &'a [Weights; N],
    /// How many times the variance is that of the model.
    pub(super) phi: f64,
    /// Nats; bounds what is kept.
    pub(super) threshold: f64,
    /// The most that a tick gives, as a part of the threshold.
    pub(super) most: f64,
}

/// What a bank has to say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// Log-likelihood ratio, in nats.
    pub(super) score: f64,
    pub(super) since: Second,
    pub(super) observed: f64,
    pub(super) expected: f64,
    /// What came beside and is judged elsewhere.
    pub(super) apart: f64,
}

impl Evidence {
    /// The same score, of what has come since another change point where that is the more surprising stretch.
    pub(super) fn dated(self, other: &Evidence) -> Evidence {
        let is_better = other.surprise() > self.surprise();
        if is_better { Evidence { score: self.score, ..*other } } else { self }
    }

    /// The log-likelihood ratio of the rate that was observed to the one that was expected, of Poisson counts.
    fn surprise(&self) -> f64 {
        if self.observed <= self.expected || self.expected <= 0.0 {
            return 0.0;
        }
        self.observed * (self.observed / self.expected).ln() - self.observed + self.expected
    }
}

impl<const N: usize> Default for Bank<N> {
    fn default() -> Self {
        Bank { lanes: [Lane::default(); N] }
    }
}

impl<const N: usize> Bank<N> {
    /// Takes in what was observed in the time up to and with `second`, and what was expected.
    pub(super) fn push(
        &mut self,
        second: Second,
        (observed, expected): (f64, f64),
        judge: &Judge<'_, N>,
    ) {
        let threshold = judge.threshold;
        for (lane, size) in self.lanes.iter_mut().zip(judge.sizes) {
            let gain = observed * size.observed - expected * size.expected;
            let gain = gain * size.trust / judge.phi;
            if lane.score == 0.0 {
                lane.since = second;
            }
            let score = lane.score + gain.min(judge.most * threshold);
            if score <= 0.0 {
                *lane = Lane::default();
            } else {
                lane.score = score.min(CAP * threshold);
                lane.observed += observed;
                lane.expected += expected;
            }
        }
    }

    /// Takes in what came with the last push and is judged elsewhere.
    pub(super) fn apart(&mut self, apart: f64) {
        self.lanes.iter_mut().filter(|l| l.score > 0.0).for_each(|lane| lane.apart += apart);
    }

    /// The strongest evidence.
    pub(super) fn evidence(&self) -> Evidence {
        let best = self.lanes.iter().max_by(|a, b| a.score.total_cmp(&b.score));
        best.map_or(Evidence::default(), |lane| Evidence {
            score: lane.score,
            since: lane.since,
            observed: lane.observed,
            expected: lane.expected,
            apart: lane.apart,
        })
    }

    pub(super) fn reset(&mut self) {
        self.lanes = [Lane::default(); N];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [Weights; 3] = [
        poisson(2.5, 0.916_290_731_874_155),
        poisson(5.0, 1.609_437_912_434_1),
        poisson(15.0, 2.708_050_201_102_21),
    ];

    #[test]
    fn evidence_counts_from_the_change_point() {
        let mut bank = Bank::<3>::default();
        let judge = Judge { sizes: &SIZES, phi: 1.0, threshold: 10.0, most: TWO_TICKS };
        for t in 0..100 {
            bank.push(Second(t), (1.0, 1.0), &judge);
        }
        assert_eq!(bank.evidence().score, 0.0);
        for t in 100..103 {
            bank.push(Second(t), (5.0, 1.0), &judge);
        }
        let evidence = bank.evidence();
        assert!(evidence.score >= 10.0, "{evidence:?}");
        assert_eq!(evidence.since, Second(100));
        assert_eq!((evidence.observed, evidence.expected), (15.0, 3.0));
    }

    #[test]
    fn one_second_of_anything_is_no_incident() {
        let mut bank = Bank::<3>::default();
        let judge = Judge { sizes: &SIZES, phi: 1.0, threshold: 10.0, most: TWO_TICKS };
        bank.push(Second(0), (1e9, 1.0), &judge);
        assert!(bank.evidence().score < 10.0);
    }
}
