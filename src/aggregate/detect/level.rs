//! The level of a rate that is free to change: what the next second should bring.
//!
//! It follows within minutes, because campaigns, newsletters and mornings are no anomalies, and it
//! stands still while something is unusual, because an incident is nothing to get used to.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::season::Season;
use crate::vocab::time::Second;

/// Seconds of a part; the newest ones wait, so that a jump is known before it is learnt.
const PART_S: i64 = 10;
const WAITING: usize = 3;
/// Seconds in which a busy rate follows: a campaign that grows by 60 % in 12 minutes is then never
/// further than 20 % ahead.
const FOLLOW_S: f64 = 180.0;
/// A quiet one follows as slowly as it takes to have seen this many independent events …
const FOLLOW_EVENTS: f64 = 100.0;
/// … and within this at the latest.
const FOLLOW_MOST_S: f64 = 14_400.0;
/// Seconds of a block by which the dispersion is learnt: longer than bursts of one visitor are.
const BLOCK_S: i64 = 30;
/// Seconds learnt before the dispersion is.
const SPREAD_S: f64 = 120.0;
/// Blocks that its memory reaches back for: two hours.
const MEMORY_BLOCKS: f64 = 240.0;
/// Seconds learnt before anything may be said.
const WARM_S: f64 = 600.0;
/// What has been unusual for half an hour is the new level: a surge on top of it would else go unseen.
const NEW_NORMAL_S: i64 = 1800;
/// A block counts with at most so many standard deviations in the dispersion.
const CLIP: f64 = 5.0;

/// What is known, and outlives the process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    /// Events a second.
    mean: f64,
    /// Seconds learnt, up to those it follows in.
    weight: f64,
    learnt_s: f64,
    squares: f64,
    expected: f64,
    at: i64,
    season: Season,
}

/// A stretch that waits to be learnt.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    n: f64,
    seconds: f64,
    /// A part of it is told elsewhere, and never usual.
    is_told: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    known: Known,
    waiting: VecDeque<Stretch>,
    stretch: Stretch,
    block: (f64, f64, i64),
    /// Follows whatever comes.
    shadow: f64,
    frozen_since: Option<Second>,
}

impl Level {
    pub(super) fn of(known: Known) -> Level {
        if known.season.is_whole() { Level { known, ..Level::default() } } else { Level::default() }
    }

    pub(super) fn known(&self) -> Known {
        self.known.clone()
    }

    /// Events that `second` should bring.
    pub(super) fn expected(&mut self, second: Second) -> f64 {
        let known = &mut self.known;
        if known.at != 0 && known.at < second.0 {
            let slope = known.season.slope(Second(known.at), second);
            if slope != 0.0 {
                known.mean *= slope.exp();
            }
        }
        known.at = second.0;
        known.mean
    }

    /// How many times the variance of a stretch is its mean.
    pub(super) fn phi(&self) -> f64 {
        /// Events for which it is taken to be twice the least, until more is known.
        const PRIOR: f64 = 100.0;
        ((self.known.squares + 2.0 * PRIOR) / (self.known.expected + PRIOR)).max(1.0)
    }

    /// How much more evidence is asked for while little was learnt: in the first hour half as much.
    pub(super) fn caution(&self) -> f64 {
        if self.known.learnt_s < 3600.0 { 1.5 } else { 1.0 }
    }

    pub(super) fn is_warm(&self) -> bool {
        self.known.learnt_s >= WARM_S
    }

    /// Takes in the events of a second, of which `expected` said `mu`. Nothing is learnt while it is `frozen`, and
    /// a second that `is_told` never: evidence alone may be chance, and what waits is learnt when it has faded.
    pub(super) fn push(&mut self, second: Second, n: f64, mu: f64, frozen: bool, is_told: bool) {
        self.stretch.n += n;
        self.stretch.seconds += 1.0;
        self.stretch.is_told |= is_told;
        if second.0.rem_euclid(PART_S) == PART_S - 1 {
            self.waiting.push_back(std::mem::take(&mut self.stretch));
            if self.waiting.len() > WAITING {
                let stretch = self.waiting.pop_front().unwrap_or_default();
                self.learn(stretch, frozen);
            }
        }
        if frozen {
            let since = *self.frozen_since.get_or_insert(second);
            if second.0 - since.0 >= NEW_NORMAL_S {
                self.known.mean = self.shadow;
                self.frozen_since = None;
            }
            self.block = (0.0, 0.0, 0);
            return;
        }
        self.frozen_since = None;
        self.known.season.push(second, n, 1.0);
        self.block.0 += n;
        self.block.1 += mu;
        self.block.2 += 1;
        if self.block.2 >= BLOCK_S {
            let (n, mu, _) = std::mem::take(&mut self.block);
            if self.known.learnt_s >= SPREAD_S {
                let keep = 1.0 - 1.0 / MEMORY_BLOCKS;
                let clip = CLIP * CLIP * self.phi() * (mu + 1.0);
                self.known.squares = self.known.squares * keep + ((n - mu) * (n - mu)).min(clip);
                self.known.expected = self.known.expected * keep + mu;
            }
        }
    }

    fn learn(&mut self, Stretch { n, seconds, is_told }: Stretch, frozen: bool) {
        let phi = self.phi();
        let known = &mut self.known;
        let mean = n / seconds;
        let follow = (FOLLOW_EVENTS * phi / known.mean.max(1e-6)).clamp(FOLLOW_S, FOLLOW_MOST_S);
        self.shadow += (mean - self.shadow) * (seconds / FOLLOW_S).min(1.0);
        if frozen || is_told {
            return;
        }
        known.learnt_s += seconds;
        known.weight = (known.weight + seconds).min(follow);
        known.mean += (mean - known.mean) * seconds / known.weight;
    }
}
