//! Silence: a site or a source that should have said something by now.

use serde::{Deserialize, Serialize};

use super::Unit;
use super::episode::{About, Episode, Look, Out, Sums};
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Nats: a silence this unlikely happens by chance once in a billion tries.
const THRESHOLD: f64 = 20.7;
/// No shorter silence is told: a sender may restart, a batch may be late.
const LEAST_S: f64 = 5.0;
/// The same of who was not heard in this process yet: those who lost their connection look again half a minute later.
const FIRST_S: f64 = 60.0;
/// A silence must be so many times the longest usual one.
const LONGER: f64 = 2.0;
/// Seconds in which the memory of the longest one fades by half: two days, so that a nightly pause is
/// known all the week.
const FADE_S: f64 = 172_800.0;
/// Seconds that it must have been heard for.
const WARM_S: i64 = 600;
/// Events that it must have been heard with.
const WARM_EVENTS: f64 = 100.0;

/// What is known, and outlives the process.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    heard: f64,
    first: i64,
    longest_s: f64,
    /// The longest of which an anomaly was told.
    once_s: f64,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Silence {
    known: Known,
    /// `None` before it was heard for the first time; the start of a process that knows it, until it is heard there.
    last: Option<Second>,
    is_unheard: bool,
    /// What should have come since then.
    missed: f64,
    episode: Episode,
}

impl Silence {
    pub(super) fn of(known: Known) -> Silence {
        Silence { known, ..Silence::default() }
    }

    pub(super) fn known(&self) -> Known {
        self.known
    }

    pub(super) fn is_open(&self) -> bool {
        self.episode.is_open()
    }

    /// When it was heard first, and last; or when the process began that has not heard it yet.
    pub(super) fn first(&self) -> Option<Second> {
        (self.known.first != 0).then_some(Second(self.known.first))
    }

    pub(super) fn last(&self) -> Option<Second> {
        self.last
    }

    /// Seconds from its first event to its last.
    pub(super) fn heard_for(&self, second: Second) -> i64 {
        self.first().map_or(0, |first| self.last.unwrap_or(second).0 - first.0)
    }

    /// Whether there is so much evidence that what is missing may be silence.
    pub(super) fn suspects(&self, phi: f64) -> bool {
        self.missed / phi >= 0.25 * THRESHOLD
    }

    /// Takes in one second in which `n` events came and `mu` should have, whose variance is `phi` times
    /// that of independent ones.
    pub(super) fn tick(
        &mut self,
        second: Second,
        (n, mu, phi): (f64, f64, f64),
        about: &About<'_>,
        hold: bool,
        out: &mut Out<'_>,
    ) {
        let about = About { kind: AnomalyKind::Silent, unit: Unit::PerS, ..*about };
        if let Some((start, sums)) = self.episode.resume(second, &about, out) {
            (self.last, self.missed) = (Some(start.plus(-1)), sums.expected);
        } else if self.last.is_none() && self.known.first != 0 {
            // Who does not come back from a restart of everything is silent, too.
            (self.last, self.is_unheard) = (Some(second.plus(-1)), true);
        }
        if n > 0.0 {
            if let Some(last) = self.last {
                let gap = (second.0 - last.0 - 1) as f64;
                let known = &mut self.known;
                let fade = (-(gap + 1.0) / FADE_S).exp2();
                known.longest_s *= fade;
                known.once_s *= fade;
                if self.episode.is_open() {
                    // An outage is nothing to get used to; the second one as long is how it is.
                    known.longest_s = known.longest_s.max(gap.min(known.once_s));
                    known.once_s = known.once_s.max(gap);
                } else {
                    known.longest_s = known.longest_s.max(gap);
                }
            } else if self.known.first == 0 {
                self.known.first = second.0;
            }
            self.known.heard += n;
            (self.last, self.is_unheard) = (Some(second), false);
            self.missed = 0.0;
        } else {
            self.missed += mu;
        }
        let Some(last) = self.last else { return };
        let gap = (second.0 - last.0) as f64;
        let known = &self.known;
        let is_warm = second.0 - known.first >= WARM_S && known.heard >= WARM_EVENTS;
        let least = if self.is_unheard { FIRST_S } else { LEAST_S };
        let is_long = gap >= least && gap > LONGER * known.longest_s;
        let score = if is_warm && is_long && !hold { self.missed / phi } else { 0.0 };
        if score == 0.0 && !self.episode.is_open() {
            return;
        }
        let look = Look {
            score,
            threshold: THRESHOLD,
            since: last.plus(1),
            sums: Sums {
                observed: 0.0,
                expected: self.missed,
                weight: gap.max(1.0),
                ..Sums::default()
            },
            tick: Sums { observed: n, expected: mu, weight: 1.0, ..Sums::default() },
            spread: 0.0,
            phi: 0.0,
            severity: if mu >= 1.0 { 4 } else { 3 },
            knows: true,
            held: false,
        };
        self.episode.step(second, &look, &about, out);
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.episode.end(second, out);
    }
}
