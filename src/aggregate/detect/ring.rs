//! Counts of the last minute by ten seconds.

const PART_S: i64 = 10;
const PARTS: usize = 6;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ring {
    parts: [f32; PARTS],
    /// The newest part, counted from the epoch.
    newest: i64,
}

impl Ring {
    pub(super) fn push(&mut self, second: i64, n: f64) {
        self.pass(second);
        self.parts[self.newest.rem_euclid(PARTS as i64) as usize] += n as f32;
    }

    fn pass(&mut self, second: i64) {
        let part = second.div_euclid(PART_S);
        let passed = (part - self.newest).clamp(0, PARTS as i64);
        for n in 1..=passed {
            self.parts[(self.newest + n).rem_euclid(PARTS as i64) as usize] = 0.0;
        }
        if passed == PARTS as i64 {
            self.parts = [0.0; PARTS];
        }
        self.newest = self.newest.max(part);
    }

    /// Of the `n`th newest ten seconds; 0 is under way.
    pub(super) fn part(&mut self, second: i64, n: usize) -> f64 {
        self.pass(second);
        f64::from(self.parts[(self.newest - n as i64).rem_euclid(PARTS as i64) as usize])
    }

    /// Of the newest `parts` tens of seconds, of which the last is under way.
    pub(super) fn last(&mut self, second: i64, parts: usize) -> f64 {
        self.pass(second);
        let places =
            (0..parts.min(PARTS) as i64).map(|n| (self.newest - n).rem_euclid(PARTS as i64));
        places.map(|place| f64::from(self.parts[place as usize])).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_remembered() {
        let mut ring = Ring::default();
        for second in 1_000_000..1_000_100 {
            ring.push(second, 1.0);
        }
        assert_eq!(ring.last(1_000_099, 6), 60.0);
        assert_eq!(ring.last(1_000_099, 1), 10.0);
        assert_eq!(ring.last(1_000_125, 6), 30.0);
        assert_eq!(ring.last(2_000_000, 6), 0.0);
    }
}
