//! A bank of CUSUMs for counts: one running evidence for each size of change that is looked for.
//!
//! Page (1954): the log-likelihood ratio of "the rate is r times what is expected" against "it is as
//! expected", summed and never below zero. Lorden (1971): no test that cries as seldom knows sooner. Of
//! Poisson counts the ratio is `n ln r - (r - 1) mu`, and its last zero estimates the change point.

use crate::vocab::time::Second;

/// Evidence is kept within this many times the threshold, so that the end of a long incident is soon
/// known.
const CAP: f64 = 1.1;

/// One CUSUM.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    score: f64,
    /// When it was zero last: where the change began if there is one.
    since: Second,
    /// Since then.
    observed: f64,
    expected: f64,
}

/// CUSUMs for `N` ratios.
#[derive(Clone, Debug)]
pub(super) struct Bank<const N: usize> {
    lanes: [Lane; N],
}

/// What a bank has to say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// Log-likelihood ratio, in nats.
    pub(super) score: f64,
    pub(super) since: Second,
    pub(super) observed: f64,
    pub(super) expected: f64,
}

impl<const N: usize> Default for Bank<N> {
    fn default() -> Self {
        Bank { lanes: [Lane::default(); N] }
    }
}

impl<const N: usize> Bank<N> {
    /// Takes in the count of the time up to and with `second`, where `mu` was expected. `phi` is how
    /// many times a Poisson count's variance it has; `threshold` bounds what is kept.
    pub(super) fn push(
        &mut self,
        second: Second,
        (n, mu): (f64, f64),
        phi: f64,
        ratios: &[f64; N],
        threshold: f64,
    ) {
        for (lane, ratio) in self.lanes.iter_mut().zip(ratios) {
            let score = lane.score + (n * ratio.ln() - (ratio - 1.0) * mu) / phi;
            if score <= 0.0 {
                *lane = Lane { since: second.plus(1), ..Lane::default() };
            } else {
                lane.score = score.min(CAP * threshold);
                lane.observed += n;
                lane.expected += mu;
            }
        }
    }

    /// The strongest evidence.
    pub(super) fn evidence(&self) -> Evidence {
        let best = self.lanes.iter().max_by(|a, b| a.score.total_cmp(&b.score));
        best.map_or(Evidence::default(), |lane| Evidence {
            score: lane.score,
            since: lane.since,
            observed: lane.observed,
            expected: lane.expected,
        })
    }

    pub(super) fn reset(&mut self, second: Second) {
        self.lanes = [Lane { since: second.plus(1), ..Lane::default() }; N];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_counts_from_the_change_point() {
        let mut bank = Bank::<3>::default();
        let ratios = [2.5, 5.0, 15.0];
        for t in 0..100 {
            bank.push(Second(t), (1.0, 1.0), 1.0, &ratios, 10.0);
        }
        assert_eq!(bank.evidence().score, 0.0);
        for t in 100..103 {
            bank.push(Second(t), (5.0, 1.0), 1.0, &ratios, 10.0);
        }
        let evidence = bank.evidence();
        assert!(evidence.score >= 10.0, "{evidence:?}");
        assert_eq!(evidence.since, Second(100));
        assert_eq!((evidence.observed, evidence.expected), (15.0, 3.0));
    }
}
