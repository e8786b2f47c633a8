//! Times of requests: slower than usual, in units of what is usual.
//!
//! A time is taken as a multiple of the usual one of its own page. So a busy hour of slow pages is no
//! slowdown, and a site-wide one shows in every request alike: for the made-up traffic of the tests a
//! second's evidence is six times that of the plain mean.

use super::bank::{Bank, FOUR_TICKS, Judge, Weights, gamma};
use super::episode::{About, Episode, Look, Out, Step, Sums};
use super::rate::{Known, Rate};
use crate::vocab::time::Second;

/// Times as slow. The least lets pass what grows to 1.32 times the usual.
const SIZES: [Weights; 2] = [gamma(1.8, 0.587_786_664_902_119), gamma(4.0, 1.386_294_361_119_89)];
/// The squared coefficient of variation is taken to be at least this: 0.1 would be a machine's clockwork.
const LEAST_CV2: f64 = 0.1;
/// Seconds in which what was slower of late counts half.
const LATE_S: f64 = 15.0;
/// Requests that must have been seen.
const WARM_REQUESTS: f64 = 50.0;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Times {
    bank: Bank<2>,
    rate: Rate,
    episode: Episode,
    suspects: bool,
    /// What was slower than usual of late, with a bound and without one, as of a second.
    late: (f64, f64, Second),
}

impl Default for Times {
    fn default() -> Self {
        Times::of(Known::default())
    }
}

impl Times {
    pub(super) fn of(known: Known) -> Times {
        Times {
            bank: Bank::default(),
            rate: Rate::of(known),
            episode: Episode::default(),
            suspects: false,
            late: (0.0, 0.0, Second(0)),
        }
    }

    pub(super) fn known(&self) -> Known {
        self.rate.known()
    }

    pub(super) fn is_open(&self) -> bool {
        self.episode.is_open()
    }

    /// By how many times the usual it was slower than usual of late, over all requests. It does not go by the
    /// evidence, which is thrown away where it is told elsewhere.
    pub(super) fn excess(&self, second: Second) -> f64 {
        let (excess, _, at) = self.late;
        if excess <= 0.0 { 0.0 } else { excess * fade(second, at) }
    }

    /// The same in seconds and without a bound: the excess of a site is the sum of those of its pages.
    pub(super) fn excess_s(&self, second: Second) -> f64 {
        let (_, excess, at) = self.late;
        let usual = if excess <= 0.0 { None } else { self.usual() };
        usual.map_or(0.0, |usual| usual * excess * fade(second, at))
    }

    /// Takes in what was slower; `most` bounds what one request counts for.
    pub(super) fn lag(&mut self, second: Second, (time, n): (f64, f64), most: f64) {
        if let Some(usual) = self.usual() {
            let (bounded, all, at) = self.late;
            let (fade, times) = (fade(second, at), time / usual);
            self.late = (bounded * fade + times.min(most * n) - n, all * fade + times - n, second);
        }
    }

    /// Whether there is half the evidence that it takes.
    pub(super) fn suspects(&self) -> bool {
        self.suspects
    }

    /// The usual time, where it is known.
    pub(super) fn usual(&self) -> Option<f64> {
        let is_known = self.rate.is_warm() && self.rate.exposure() >= WARM_REQUESTS;
        is_known.then(|| self.rate.mean()).filter(|mean| *mean > 0.0)
    }

    /// Takes in the time of `n` requests together. `unit` turns it into seconds where it is something
    /// else (multiples of what is usual).
    pub(super) fn push(&mut self, second: Second, time: f64, n: f64, unit: f64, base: f64) -> Look {
        let threshold = self.episode.threshold(second, base * self.rate.caution());
        let (mut mean, mut spread, mut cv2) = (0.0, 0.0, 0.0);
        if let Some(usual) = self.usual() {
            // Above the truth by one standard error rather than below it.
            mean = self.rate.upper().min(1.5 * usual);
            cv2 = (self.rate.phi() / usual).max(LEAST_CV2);
            let judge = Judge { sizes: &SIZES, phi: cv2, threshold, most: FOUR_TICKS };
            self.bank.push(second, (time / mean, n), &judge);
            spread = 3.0 * (cv2 / self.bank.evidence().expected.max(1.0)).sqrt();
        }
        self.rate.push(second.0, time, n, self.episode.is_open());
        let evidence = self.bank.evidence();
        self.suspects = evidence.score >= 0.5 * threshold;
        let ratio = evidence.observed / evidence.expected.max(1e-9);
        let scale = mean * unit;
        Look {
            score: evidence.score,
            threshold,
            since: evidence.since,
            sums: Sums {
                observed: evidence.observed * scale,
                expected: evidence.expected * scale,
                weight: evidence.expected,
                ..Sums::default()
            },
            tick: Sums { observed: time * unit, expected: n * scale, weight: n, ..Sums::default() },
            spread,
            phi: cv2 * scale,
            severity: if ratio > 8.0 {
                4
            } else if ratio > 3.0 {
                3
            } else {
                2
            },
            knows: self.usual().is_some(),
            held: false,
        }
    }

    /// As [`super::count::Count::hold`].
    pub(super) fn hold(&mut self, look: &mut Look) {
        if !self.episode.is_open() {
            self.bank.reset();
            look.hold();
        }
    }

    pub(super) fn step(
        &mut self,
        second: Second,
        look: &Look,
        about: &About<'_>,
        out: &mut Out<'_>,
    ) -> Step {
        let step = self.episode.step(second, look, about, out);
        if step == Step::Ended {
            self.bank.reset();
        }
        step
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.episode.end(second, out);
    }
}

/// What part of something counts that was `at` this second, of late.
pub(super) fn fade(second: Second, at: Second) -> f64 {
    (-((second.0 - at.0).max(0) as f64) / LATE_S).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_their_ratios() {
        for size in SIZES {
            assert!((size.expected + (1.0 - size.observed).ln()).abs() < 1e-12);
        }
    }
}
