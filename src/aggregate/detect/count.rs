//! Errors among requests: too many of them, of the whole node.

use super::bank::Bank;
use super::episode::{About, Episode, Look, Out};
use super::rate::Rate;
use super::{Input, Unit};
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Times the usual rate that are looked for.
const RATIOS: [f64; 3] = [2.5, 5.0, 15.0];
/// Nats.
const THRESHOLD: f64 = 11.0;
/// Seconds that must have been learnt before anything is said.
const WARM_UP_S: f64 = 600.0;

/// See the module.
#[derive(Debug)]
pub(super) struct Errors {
    bank: Bank<3>,
    rate: Rate,
    episode: Episode,
}

impl Default for Errors {
    fn default() -> Self {
        // One error among a hundred requests, until more is known.
        Errors { bank: Bank::default(), rate: Rate::new(1.0, 100.0), episode: Episode::default() }
    }
}

impl Errors {
    pub(super) fn tick(&mut self, input: &Input<'_>, out: &mut Out<'_>) {
        let requests = input.rollup.requests as f64;
        let n = input.rollup.classes()[4] as f64;
        let mu = self.rate.upper() * requests;
        if self.rate.seconds() >= WARM_UP_S {
            self.bank.push(input.second, (n, mu), 1.0, &RATIOS, THRESHOLD);
        }
        let evidence = self.bank.evidence();
        let seconds = (input.second.0 - evidence.since.0 + 1).max(1) as f64;
        let expected = evidence.expected / seconds;
        let high = expected + 3.0 * (expected / seconds).sqrt();
        let look = Look {
            score: evidence.score,
            threshold: THRESHOLD,
            since: evidence.since,
            observed: evidence.observed / seconds,
            expected,
            value: n,
            low: None,
            high: Some(high),
            severity: 3,
        };
        let about = About {
            kind: AnomalyKind::Errors5xx,
            unit: Unit::PerS,
            site: None,
            key: None,
            filter: Some("status:5xx"),
        };
        if self.episode.step(input.second, &look, &about, out) {
            self.bank.reset(input.second);
        }
        self.rate.push(input.second.0, n, requests, self.episode.is_open());
    }

    pub(super) fn finish(&mut self, second: Second, out: &mut Out<'_>) {
        self.episode.end(second, out);
    }
}
