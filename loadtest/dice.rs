//! Numbers that are the same in each run (SplitMix64).

pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// Close to Zipf's law with exponent 1: the logarithm of the rank is even.
    pub(crate) fn rank(&mut self, n: usize) -> usize {
        let even = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        (((n as f64).ln() * even).exp() as usize).saturating_sub(1).min(n - 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}
