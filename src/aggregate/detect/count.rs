//! A count against its exposure: errors among requests, failed logins, lines of one template.

use super::bank::{Bank, Judge, TWO_TICKS, Weights, poisson};
use super::episode::{About, Episode, Look, Out, Step, Sums};
use super::rate::{Known, Rate};
use crate::vocab::time::Second;

/// Times the usual rate that are looked for: each finds what lies around it in nearly the least time.
const SIZES: [Weights; 3] = [
    poisson(3.0, 1.098_612_288_668_11).trusted(0.7),
    poisson(5.0, 1.609_437_912_434_1),
    poisson(15.0, 2.708_050_201_102_21),
];

/// One such series.
#[derive(Clone, Debug)]
pub(super) struct Count {
    bank: Bank<3>,
    rate: Rate,
    episode: Episode,
    /// Seconds of the last push, for means.
    at: Second,
}

impl Count {
    pub(super) fn new(rate: Rate) -> Count {
        Count { bank: Bank::default(), rate, episode: Episode::default(), at: Second(i64::MIN) }
    }

    pub(super) fn known(&self) -> Known {
        self.rate.known()
    }

    pub(super) fn rate(&self) -> &Rate {
        &self.rate
    }

    pub(super) fn is_open(&self) -> bool {
        self.episode.is_open()
    }

    /// Takes in what was counted since the last push, where `exposure` was there to be counted among.
    /// `base` is the threshold in nats; nothing is concluded before `warm`.
    pub(super) fn push(
        &mut self,
        second: Second,
        (n, exposure): (f64, f64),
        base: f64,
        warm: bool,
    ) -> Look {
        let mu = self.rate.upper() * exposure;
        let phi = self.rate.phi().max(1.0);
        let threshold = self.episode.threshold(second, base);
        if warm {
            let judge = Judge { sizes: &SIZES, phi, threshold, most: TWO_TICKS };
            self.bank.push(second, (n, mu), &judge);
        }
        self.rate.push(second.0, n, exposure, self.episode.is_open());
        let evidence = self.bank.evidence();
        let seconds = (second.0 - evidence.since.0 + 1).max(1) as f64;
        let since_last = (second.0.saturating_sub(self.at.0)).clamp(1, 60) as f64;
        self.at = second;
        // Three standard deviations of the mean over the stretch.
        let spread = 3.0 * (phi / evidence.expected.max(1e-3)).sqrt();
        Look {
            score: evidence.score,
            threshold,
            since: evidence.since,
            sums: Sums {
                observed: evidence.observed,
                expected: evidence.expected,
                weight: seconds,
            },
            tick: Sums { observed: n, expected: mu, weight: since_last },
            spread,
            severity: 1,
        }
    }

    /// Takes a look back where its evidence is told elsewhere, unless it is told here already.
    pub(super) fn hold(&mut self, second: Second, look: &mut Look) {
        if !self.episode.is_open() {
            self.bank.reset(second);
            look.score = 0.0;
        }
    }

    /// Lets the episode go on by a look; begins anew where it ended.
    pub(super) fn step(
        &mut self,
        second: Second,
        look: &Look,
        about: &About<'_>,
        out: &mut Out<'_>,
    ) -> Step {
        let step = self.episode.step(second, look, about, out);
        if step == Step::Ended {
            self.bank.reset(second);
        }
        step
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.episode.end(second, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_their_ratios() {
        for size in SIZES {
            assert!((size.observed - (size.expected + 1.0).ln()).abs() < 1e-12);
        }
    }
}
