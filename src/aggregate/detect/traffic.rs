//! Traffic: more or fewer requests than the minute before, the hour and the weekday let expect.

use super::Unit;
use super::bank::{Bank, Judge, TWO_TICKS, Weights, poisson};
use super::episode::{About, Episode, Look, Out, Rows, Step, Sums};
use super::level::{Known, Level};
use super::ring::Ring;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Times as many as usual. The least lets pass what grows to 1.36 times what the level has followed to.
const MORE: [Weights; 3] = [
    poisson(1.8, 0.587_786_664_902_119),
    poisson(3.0, 1.098_612_288_668_11),
    poisson(6.0, 1.791_759_469_228_06),
];
/// Times as few. The least lets pass what falls to 0.75.
const FEWER: [Weights; 3] = [
    poisson(0.55, -0.597_837_000_755_62),
    poisson(0.25, -1.386_294_361_119_89),
    poisson(0.08, -2.525_728_644_308_26),
];
/// Nats: a million to one, for traffic comes in swarms of which the dispersion tells only the size.
const THRESHOLD: f64 = 14.0;
/// Nats that one site needs beside what the node does, for there are many of them.
const OF_MANY: f64 = 1.5;
/// Where fewer come in a second, single visitors are swarms of their own: more is only what is well above
/// the busiest minutes of late, and less is told as silence alone.
const FEW: f64 = 1.0;
/// So many times the busiest usual minute …
const BUSIER: f64 = 2.0;
/// … which fades by half in so many minutes: two days.
const FADE_MIN: f64 = 2880.0;
/// Evidence above this part of the threshold stops the level from following.
const GUARD: f64 = 0.5;

/// Requests of the node or of one site.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    level: Level,
    more: Bank<3>,
    fewer: Bank<3>,
    up: Episode,
    down: Episode,
    /// What the last second should have brought.
    mu: f64,
    minute: Ring,
    /// Requests of the busiest minutes: the second busiest, and the busiest, which may have been one
    /// incident.
    busiest: (f64, f64),
}

impl Traffic {
    pub(super) fn of(known: Known) -> Traffic {
        Traffic { level: Level::of(known), ..Traffic::default() }
    }

    pub(super) fn known(&self) -> Known {
        self.level.known()
    }

    /// The busiest minutes, which are kept beside the level.
    pub(super) fn busiest(&self) -> (f64, f64) {
        self.busiest
    }

    pub(super) fn with_busiest(self, busiest: (f64, f64)) -> Traffic {
        Traffic { busiest, ..self }
    }

    /// Requests that the last second should have brought; `None` while that is not known.
    pub(super) fn expected(&self) -> Option<f64> {
        self.level.is_warm().then_some(self.mu)
    }

    pub(super) fn phi(&self) -> f64 {
        self.level.phi()
    }

    pub(super) fn is_open(&self) -> bool {
        self.up.is_open() || self.down.is_open()
    }

    /// Takes in one second: what is judged of it, and what came beside and is told elsewhere. Nothing begins, and
    /// nothing is learnt, while `hold` says that it is told elsewhere.
    pub(super) fn tick(
        &mut self,
        second: Second,
        (n, apart): (f64, f64),
        site: Option<&str>,
        hold: bool,
        out: &mut Out<'_>,
    ) {
        let mu = self.level.expected(second);
        self.mu = mu;
        let phi = self.level.phi();
        let many = if site.is_some() { OF_MANY } else { 0.0 };
        let base = (THRESHOLD + many) * self.level.caution();
        let threshold = [&self.up, &self.down].map(|episode| episode.threshold(second, base));
        if self.level.is_warm() {
            let judge = |sizes, threshold| Judge { sizes, phi, threshold, most: TWO_TICKS };
            self.more.push(second, (n, mu), &judge(&MORE, threshold[0]));
            self.fewer.push(second, (n, mu), &judge(&FEWER, threshold[1]));
            self.more.apart(apart);
            self.fewer.apart(apart);
        }
        if hold && !self.is_open() {
            self.more.reset();
            self.fewer.reset();
        }
        self.minute.push(second.0, n);
        let minute = self.minute.last(second.0, 6);
        let few = mu < FEW;
        if few && !self.up.is_open() && minute < BUSIER * self.busiest.0.max(1.0) {
            self.more.reset();
        }
        if few && !self.down.is_open() {
            self.fewer.reset();
        }
        if second.0.rem_euclid(60) == 59 {
            let fade = (-1.0 / FADE_MIN).exp2();
            let (usual, once) = (self.busiest.0 * fade, self.busiest.1 * fade);
            self.busiest = (usual.max(minute.min(once)), once.max(minute));
        }
        let mut strongest = 0f64;
        for (bank, episode, kind, threshold) in [
            (&mut self.more, &mut self.up, AnomalyKind::TrafficUp, threshold[0]),
            (&mut self.fewer, &mut self.down, AnomalyKind::TrafficDown, threshold[1]),
        ] {
            let evidence = bank.evidence();
            strongest = strongest.max(evidence.score / threshold);
            let seconds = (second.0 - evidence.since.0 + 1).max(1) as f64;
            let look = Look {
                score: evidence.score,
                threshold,
                since: evidence.since,
                sums: Sums {
                    observed: evidence.observed,
                    expected: evidence.expected,
                    weight: seconds,
                    apart: evidence.apart,
                },
                tick: Sums { observed: n, expected: mu, weight: 1.0, apart },
                // Of the stretch, or of this second where no evidence has made one.
                spread: 3.0 * (phi / evidence.expected.max(mu).max(1e-3)).sqrt(),
                phi,
                severity: severity(evidence.observed / evidence.expected.max(1e-3), mu),
                knows: self.level.is_warm(),
                held: false,
            };
            let rows = Rows::Of("", site.map(|site| ("site", site)));
            let about = About { kind, unit: Unit::PerS, site, key: None, rows };
            if episode.step(second, &look, &about, out) == Step::Ended {
                bank.reset();
            }
        }
        let is_told = hold || self.is_open();
        self.level.push(second, n, mu, is_told || strongest > GUARD, is_told);
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.up.end(second, out);
        self.down.end(second, out);
    }
}

/// By how far it is from usual; a site that has a request now and then wakes nobody.
fn severity(ratio: f64, mu: f64) -> u8 {
    let far = match ratio {
        r if r < 0.1 => 5,
        r if r < 0.3 => 4,
        r if r < 0.6 => 3,
        r if r > 10.0 => 4,
        r if r > 4.0 => 3,
        _ => 2,
    };
    if mu < 1.0 { far.min(2) } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_their_ratios() {
        for size in MORE.iter().chain(&FEWER) {
            assert!((size.observed - (size.expected + 1.0).ln()).abs() < 1e-12);
        }
    }
}
