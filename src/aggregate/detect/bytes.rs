//! Bytes sent for the requests there are: a download that everybody fetches, pages that grew.
//!
//! Bytes are a sum of things of very different size. As a count in units of the large things among them
//! they are Poisson enough: one more large file among many small ones is one event, not thousands. The
//! dispersion alone (the mean size by bytes) is too small a unit: where files of 1.5 MB are rare among
//! pages of 20 kB it is 300 kB, and two files in a second, which is chance, look like ten.

use std::f64::consts::{LN_2, LN_10};

use super::Unit;
use super::bank::{Bank, Judge, TWO_TICKS, Weights, poisson};
use super::episode::{About, Episode, Look, Out, Rows, Step, Sums};
use super::rate::{Known, Rate};
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Times as many bytes a request. The least lets pass what grows to 1.44 times the usual.
const SIZES: [Weights; 3] = [poisson(2.0, LN_2), poisson(4.0, 2.0 * LN_2), poisson(10.0, LN_10)];
/// Nats.
const THRESHOLD: f64 = 14.0;

/// See the module.
#[derive(Debug)]
pub(super) struct Bytes {
    bank: Bank<3>,
    rate: Rate,
    episode: Episode,
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes::of(Known::default())
    }
}

impl Bytes {
    pub(super) fn of(known: Known) -> Bytes {
        Bytes { bank: Bank::default(), rate: Rate::of(known), episode: Episode::default() }
    }

    pub(super) fn known(&self) -> Known {
        self.rate.known()
    }

    /// Takes in one second; `large` is the size of the large things among what is usually sent. `cause` names the path that most of the excess is of, if one is.
    pub(super) fn tick(
        &mut self,
        second: Second,
        (bytes, requests, large): (f64, f64, f64),
        cause: impl FnOnce() -> Option<String>,
        out: &mut Out<'_>,
    ) {
        let mu = self.rate.upper() * requests;
        let phi = self.rate.phi().max(large);
        let threshold = self.episode.threshold(second, THRESHOLD * self.rate.caution());
        if self.rate.is_warm() && phi > 0.0 {
            let judge = Judge { sizes: &SIZES, phi, threshold, most: TWO_TICKS };
            self.bank.push(second, (bytes, mu), &judge);
        }
        let evidence = self.bank.evidence();
        let ratio = evidence.observed / evidence.expected.max(1.0);
        let look = Look {
            score: evidence.score,
            threshold,
            since: evidence.since,
            sums: Sums {
                observed: evidence.observed,
                expected: evidence.expected,
                weight: (second.0 - evidence.since.0 + 1).max(1) as f64,
                ..Sums::default()
            },
            tick: Sums { observed: bytes, expected: mu, weight: 1.0, ..Sums::default() },
            spread: 3.0 * (phi / evidence.expected.max(mu).max(1.0)).sqrt(),
            phi,
            severity: if ratio > 8.0 { 3 } else { 2 },
            knows: self.rate.is_warm(),
            held: false,
        };
        let opens = !self.episode.is_open() && look.score >= threshold;
        let cause = if opens { cause() } else { None };
        let about = About {
            kind: AnomalyKind::Bytes,
            unit: Unit::BytesPerS,
            site: None,
            key: cause.as_deref(),
            rows: Rows::Of("", cause.as_deref().map(|route| ("route", route))),
        };
        if self.episode.step(second, &look, &about, out) == Step::Ended {
            self.bank.reset();
        }
        self.rate.push(second.0, bytes, requests, self.episode.is_open());
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.episode.end(second, out);
    }
}
