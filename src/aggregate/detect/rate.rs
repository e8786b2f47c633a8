//! A learnt rate: events per exposure, kept from learning what is just going wrong.
//!
//! What arrives waits for some minutes before it is learnt, and is thrown away if an anomaly was found
//! in the meantime. So neither an incident nor its first quiet minutes move what is usual, and, unlike
//! with a guard that only stops learning when evidence rises, chance bursts are learnt as they are and
//! the rate is not biased downwards.

use serde::{Deserialize, Serialize};

/// Seconds of one waiting part …
const PART_S: i64 = 30;
/// … and how many wait: four minutes, longer than a surge needs to be known wherever it can be known.
const PARTS: usize = 8;
/// Events that the memory reaches back for: a rate known to 4 % (the root of their number) …
const MEMORY_EVENTS: f64 = 600.0;
/// … but no shorter than this, so that a busy site's rate is no echo of the last minutes.
const MEMORY_S: f64 = 7200.0;
/// Parts that the memory of the dispersion reaches back for: half a day.
const MEMORY_PARTS: f64 = 1440.0;
/// Parts learnt before anything may be said: with those that wait, ten minutes.
const WARM_PARTS: f64 = 12.0;
/// What has been unusual for so long is the new rate: ten minutes less than an anomaly lasts at most,
/// so that it ends by itself. Seconds.
const NEW_NORMAL_S: f64 = 3000.0;
/// A part counts with at most so many standard deviations in the dispersion.
const CLIP: f64 = 5.0;
/// … and the variance is taken to be so many times the mean thing's size at least for that: the first part may by chance
/// be exactly as expected, and no other would be let through then.
const LEAST_CLIPPED: f64 = 0.1;

/// What is known of a rate, and outlives the process.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    events: f64,
    exposure: f64,
    seconds: f64,
    parts: f64,
    /// Sums of squared differences from what was expected, and of what was expected.
    squares: f64,
    expected: f64,
    /// The variance of events is so many times their number (in the events' own unit).
    phi_prior: f64,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    known: Known,
    waiting: [(f32, f32); PARTS],
    /// The part that is being filled, counted from the epoch.
    part: i64,
    /// What was seen while learning was held back.
    shadow: (f64, f64, f64),
}

impl Rate {
    /// Begins with `events` in `exposure`, as if they had been seen; `phi` is the dispersion until
    /// more is known, 0 where there is no guess.
    pub(super) fn new(events: f64, exposure: f64, phi: f64) -> Rate {
        Rate::of(Known { events, exposure, phi_prior: phi, ..Known::default() })
    }

    pub(super) fn of(known: Known) -> Rate {
        Rate { known, waiting: [(0.0, 0.0); PARTS], part: i64::MIN, shadow: (0.0, 0.0, 0.0) }
    }

    pub(super) fn known(&self) -> Known {
        self.known
    }

    /// Takes in events up to and with `second`; `guarded` while an anomaly of them is open.
    pub(super) fn push(&mut self, second: i64, events: f64, exposure: f64, guarded: bool) {
        let part = second.div_euclid(PART_S);
        if self.part == i64::MIN {
            self.part = part;
        }
        if part > self.part {
            let passed = (part - self.part).min(PARTS as i64);
            for n in 1..=passed {
                let place = (self.part + n).rem_euclid(PARTS as i64) as usize;
                let (events, exposure) = std::mem::take(&mut self.waiting[place]);
                self.learn(events.into(), exposure.into());
            }
            self.part = part;
        }
        if guarded {
            self.waiting = [(0.0, 0.0); PARTS];
            let (all, of, since) = self.shadow;
            self.shadow =
                (all + events, of + exposure, if since == 0.0 { second as f64 } else { since });
            if second as f64 - self.shadow.2 >= NEW_NORMAL_S {
                (self.known.events, self.known.exposure) = (self.shadow.0, self.shadow.1);
                self.known.seconds = NEW_NORMAL_S;
                self.shadow = (0.0, 0.0, 0.0);
            }
        } else {
            self.shadow = (0.0, 0.0, 0.0);
            let waiting = &mut self.waiting[self.part.rem_euclid(PARTS as i64) as usize];
            waiting.0 += events as f32;
            waiting.1 += exposure as f32;
        }
    }

    fn learn(&mut self, events: f64, exposure: f64) {
        let phi = self.phi();
        let known = &mut self.known;
        if known.parts >= WARM_PARTS / 2.0 && exposure > 0.0 && known.exposure > 0.0 {
            let expected = known.events / known.exposure * exposure;
            let far = events - expected;
            // One event more than nothing is no surprise in itself: phi has the unit of an event.
            let least = phi.max(LEAST_CLIPPED * known.events / known.exposure);
            let clip = CLIP * CLIP * least * (expected + least);
            let keep = 1.0 - 1.0 / MEMORY_PARTS;
            let square = if phi > 0.0 { (far * far).min(clip) } else { far * far };
            known.squares = known.squares * keep + square;
            known.expected = known.expected * keep + expected;
        }
        known.events += events;
        known.exposure += exposure;
        known.seconds += PART_S as f64;
        known.parts += f64::from(exposure > 0.0);
        let mass = known.events / phi.max(1e-12);
        if mass > MEMORY_EVENTS && known.seconds > MEMORY_S {
            let keep = (MEMORY_EVENTS / mass).max(MEMORY_S / known.seconds);
            known.events *= keep;
            known.exposure *= keep;
            known.seconds *= keep;
        }
    }

    /// How many times the variance is the mean, in the events' unit: 1 for independent single events,
    /// the mean size of a thing where it counts bytes (weighted by size), more where they come in
    /// swarms.
    pub(super) fn phi(&self) -> f64 {
        /// Events that the first guess counts for.
        const PRIOR_EVENTS: f64 = 20.0;
        let known = &self.known;
        let guess = PRIOR_EVENTS * known.phi_prior;
        let seen = (known.squares + guess * known.phi_prior) / (known.expected + guess).max(1e-12);
        seen.max(known.phi_prior)
    }

    /// Events per exposure.
    pub(super) fn mean(&self) -> f64 {
        self.known.events / self.known.exposure.max(1e-12)
    }

    /// The same, so large that it is rather above the truth than below it: one standard error is
    /// added, which is much where little was seen and little where much was.
    pub(super) fn upper(&self) -> f64 {
        let phi = self.phi();
        let error = (phi * (self.known.events + phi)).sqrt();
        (self.known.events + error) / self.known.exposure.max(1e-12)
    }

    /// How much more evidence is asked for while little was learnt: in the first hour half as much.
    pub(super) fn caution(&self) -> f64 {
        const SURE_PARTS: f64 = 120.0;
        if self.known.parts < SURE_PARTS { 1.5 } else { 1.0 }
    }

    /// Whether enough was learnt to say anything.
    pub(super) fn is_warm(&self) -> bool {
        self.known.parts >= WARM_PARTS
    }

    pub(super) fn exposure(&self) -> f64 {
        self.known.exposure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_part_that_is_just_as_expected_does_not_make_all_others_a_surprise() {
        let mut rate = Rate::new(0.0, 0.0, 0.0);
        // Ten requests in each half minute, of a second each until the dispersion is learnt, then of 0.5 or 1.5.
        for part in 0..40 {
            let each = match part {
                ..7 => 1.0,
                _ if part % 2 == 0 => 0.5,
                _ => 1.5,
            };
            rate.push(part * PART_S, 10.0 * each, 10.0, false);
        }
        assert!(rate.phi() > 1.0, "{}", rate.phi());
    }
}
