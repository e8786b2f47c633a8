//! A small random generator: the same seed gives the same traffic, on every machine.

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Good
/// enough for made-up traffic, and two lines; a crate's generator may change between versions.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 ≤ x < 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 0 ≤ x < `end`; 0 where `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        // A bias below 2^-40 for the small ranges asked for here.
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// One of `of`, by the weight each carries.
    pub(super) fn weighted<'a, T>(&mut self, of: &'a [T], weight: impl Fn(&T) -> f64) -> &'a T {
        let mut left = self.unit() * of.iter().map(&weight).sum::<f64>();
        for item in of {
            left -= weight(item);
            if left < 0.0 {
                return item;
            }
        }
        &of[of.len() - 1]
    }

    /// A rank below `end` with odds that fall about as 1/rank, as page popularity does.
    pub(super) fn zipf(&mut self, end: usize) -> usize {
        let rank = (end as f64 + 1.0).powf(self.unit()) - 1.0;
        (rank as usize).min(end.saturating_sub(1))
    }

    /// Standard normal (Box–Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Log-normal: half of the values lie below `median`.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// How many events happen where `mean` are expected: normal approximation from 30 on.
    pub(super) fn poisson(&mut self, mean: f64) -> usize {
        if mean >= 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as usize;
        }
        let limit = (-mean).exp();
        let (mut count, mut product) = (0, self.unit());
        while product > limit {
            count += 1;
            product *= self.unit();
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_keep_their_means() {
        let mut rng = Rng::new(1);
        let n = 20_000;
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let unit = mean((0..n).map(|_| rng.unit()).collect());
        let few = mean((0..n).map(|_| rng.poisson(3.0) as f64).collect());
        let many = mean((0..n).map(|_| rng.poisson(400.0) as f64).collect());
        let below = (0..n).filter(|_| rng.log_normal(20.0, 0.8) < 20.0).count();
        assert!((unit - 0.5).abs() < 0.01, "{unit}");
        assert!((few - 3.0).abs() < 0.1 && (many - 400.0).abs() < 1.0, "{few} {many}");
        assert!((9_600..10_400).contains(&below), "{below}");
    }

    #[test]
    fn a_draw_stays_below_its_end() {
        let mut rng = Rng::new(2);
        for _ in 0..10_000 {
            assert!(rng.below(7) < 7 && rng.zipf(5) < 5);
        }
        assert_eq!((rng.below(0), rng.zipf(0)), (0, 0));
    }
}
