//! Chance that is the same on every machine.

/// splitmix64.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 ≤ x < 1
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(n.max(1)) * (self.next() >> 32)) >> 32) as u32
    }
}

/// One of the values, by their shares.
pub(crate) fn pick<T: Copy>(shares: &[(T, u32)], random: &mut Random) -> T {
    let mut left = random.below(shares.iter().map(|s| s.1).sum());
    for &(value, share) in shares {
        if left < share {
            return value;
        }
        left -= share;
    }
    shares[0].0
}

/// Rank `k` (from 0) comes with a weight of `1 / (k + 1)^exponent`.
#[derive(Debug)]
pub(crate) struct Zipf(Vec<f64>);

impl Zipf {
    pub(crate) fn new(n: usize, exponent: f64) -> Zipf {
        let mut sum = 0.0;
        let mut sums: Vec<f64> = (1..=n.max(1))
            .map(|k| {
                sum += (k as f64).powf(-exponent);
                sum
            })
            .collect();
        sums.iter_mut().for_each(|s| *s /= sum);
        Zipf(sums)
    }

    pub(crate) fn rank(&self, unit: f64) -> usize {
        self.0.partition_point(|&s| s < unit).min(self.0.len() - 1)
    }

    /// How many ranks there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
