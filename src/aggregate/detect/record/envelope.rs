//! The lowest and highest that a view has been, and how far beyond them a new one goes.

use serde::{Deserialize, Serialize};

use super::{CAP, SMALLEST};

/// The range of this span and of the one before it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Envelope {
    known: bool,
    low: f64,
    high: f64,
    low_before: f64,
    high_before: f64,
}

impl Envelope {
    /// How far `value` is beyond all that was, as a share of the range; widens the range to it.
    pub(super) fn push(&mut self, value: f64, rounding: f64) -> f64 {
        if !self.known {
            let at = value;
            *self = Envelope { known: true, low: at, high: at, low_before: at, high_before: at };
            return 0.0;
        }
        let (low, high) = self.range();
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        let excess = (value - high).max(low - value);
        if excess <= rounding {
            return 0.0;
        }
        (excess / width(low, high, rounding)).min(CAP)
    }

    /// Below and above these a value is `beyond` of the range beyond all that was.
    pub(super) fn limits(&self, beyond: f64, rounding: f64) -> Option<(f64, f64)> {
        let (low, high) = self.range();
        let margin = (beyond * width(low, high, rounding)).max(rounding);
        self.known.then_some((low - margin, high + margin))
    }

    /// Starts a new span, at a point that the last one holds.
    pub(super) fn forget(&mut self) {
        (self.low_before, self.high_before) = (self.low, self.high);
        let middle = self.low / 2.0 + self.high / 2.0;
        (self.low, self.high) = (middle, middle);
    }

    /// The largest that was, whatever its sign.
    pub(super) fn size(&self) -> f64 {
        let (low, high) = self.range();
        high.abs().max(low.abs())
    }

    fn range(&self) -> (f64, f64) {
        (self.low.min(self.low_before), self.high.max(self.high_before))
    }
}

fn width(low: f64, high: f64, rounding: f64) -> f64 {
    (high - low).max(rounding).max(SMALLEST)
}
