//! How many different things: exact below 1,024, then a HyperLogLog; merge is exact either way.
//!
//! The state is a function of the *set* of hashes alone, so merging commutes and associates, also
//! across the border. Hashes have a fixed seed, so that sketches of other machines merge too.

/// Version of [`hash_pair`] and of the register layout; sketches of different versions don't merge.
pub const VERSION: u8 = 1;
/// From this many on the set becomes registers.
const EXACT: usize = 1024;
/// Index bits: 4,096 registers, standard error 1.6 %.
const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;
/// Bits of a hash that the rank is taken from.
const RANK_BITS: u32 = 64 - PRECISION;

/// A set of 64-bit hashes, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// Sorted, without repeats, fewer than 1,024.
    Exact(Vec<u64>),
    /// The largest rank seen by register.
    Registers(Box<[u8; REGISTERS]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct::Exact(Vec::new())
    }
}

impl Distinct {
    /// The set of these hashes, in any order and with repeats.
    #[must_use]
    pub fn of(mut hashes: Vec<u64>) -> Distinct {
        // Enough different ones at the front: no need to sort the rest.
        if let Some(front) = hashes.get(..2 * EXACT) {
            let mut front = front.to_vec();
            front.sort_unstable();
            front.dedup();
            if front.len() >= EXACT {
                return registers(&hashes);
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.len() < EXACT { Distinct::Exact(hashes) } else { registers(&hashes) }
    }

    pub fn merge(&mut self, other: &Distinct) {
        match (&mut *self, other) {
            (Distinct::Exact(mine), Distinct::Exact(theirs)) => {
                if !theirs.is_empty() {
                    mine.extend_from_slice(theirs);
                    *self = Distinct::of(std::mem::take(mine));
                }
            }
            (Distinct::Registers(mine), Distinct::Exact(theirs)) => {
                theirs.iter().for_each(|&hash| raise(mine, hash));
            }
            (Distinct::Exact(mine), Distinct::Registers(theirs)) => {
                let mut merged = theirs.clone();
                mine.iter().for_each(|&hash| raise(&mut merged, hash));
                *self = Distinct::Registers(merged);
            }
            (Distinct::Registers(mine), Distinct::Registers(theirs)) => {
                for (a, &b) in mine.iter_mut().zip(theirs.iter()) {
                    *a = (*a).max(b);
                }
            }
        }
    }

    /// The number of different hashes; exact below 1,024.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Distinct::Exact(set) => set.len() as u64,
            Distinct::Registers(registers) => estimate(registers),
        }
    }
}

fn registers(hashes: &[u64]) -> Distinct {
    let mut registers = Box::new([0; REGISTERS]);
    hashes.iter().for_each(|&hash| raise(&mut registers, hash));
    Distinct::Registers(registers)
}

fn raise(registers: &mut [u8; REGISTERS], hash: u64) {
    // The top 12 bits are below 4,096.
    let register = &mut registers[(hash >> RANK_BITS) as usize];
    let rank = ((hash << PRECISION).leading_zeros() + 1).min(RANK_BITS + 1);
    *register = (*register).max(rank as u8);
}

/// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6:
/// unbiased over the whole range without tables.
fn estimate(registers: &[u8; REGISTERS]) -> u64 {
    const TOP: usize = RANK_BITS as usize + 1;
    let mut counts = [0u32; TOP + 1];
    for &r in registers {
        counts[usize::from(r).min(TOP)] += 1;
    }
    let m = REGISTERS as f64;
    let mut z = m * tau(1.0 - f64::from(counts[TOP]) / m);
    for &c in counts[1..TOP].iter().rev() {
        z = 0.5 * (z + f64::from(c));
    }
    z += m * sigma(f64::from(counts[0]) / m);
    (m * m / (2.0 * std::f64::consts::LN_2 * z)).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

/// Hash of a pair of texts, the same on every machine and in every version of this program.
///
/// Not a library's: those may change their function between releases, and a sketch on disk can't.
#[must_use]
pub fn hash_pair(a: &str, b: &str) -> u64 {
    let state = absorb(0x7461_706c_696e_6501, a.as_bytes());
    mix(absorb(state, b.as_bytes()))
}

fn absorb(mut state: u64, bytes: &[u8]) -> u64 {
    for word in bytes.chunks(8) {
        let mut le = [0; 8];
        le[..word.len()].copy_from_slice(word);
        state = mix(state ^ u64::from_le_bytes(le));
    }
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    mix(state ^ bytes.len() as u64)
}

/// The finalizer of SplitMix64: a bijection in which every input bit reaches every output bit.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(range: std::ops::Range<u64>) -> Distinct {
        Distinct::of(range.map(|i| hash_pair("203.0.113.9", &i.to_string())).collect())
    }

    #[test]
    fn small_sets_are_exact_and_large_ones_close() {
        for n in [0u64, 1, 1023] {
            assert_eq!(set(0..n).count(), n);
        }
        for n in [1024u64, 3000, 10_000, 100_000, 400_000] {
            let got = set(0..n).count() as f64;
            assert!((got / n as f64 - 1.0).abs() < 0.05, "{n}: {got}");
        }
    }

    #[test]
    fn the_hash_stays_what_it_is() {
        assert_ne!(hash_pair("ab", "c"), hash_pair("a", "bc"));
        assert_eq!(hash_pair("", ""), 11_891_098_699_293_189_390);
        assert_eq!(hash_pair("203.0.113.9", "curl/8.5.0"), 14_233_038_524_819_665_765);
    }

    proptest! {
        #[test]
        fn merging_is_a_commutative_monoid(sizes in prop::array::uniform3(0u64..1500), step in 1u64..700) {
            let [a, b, c] = [0, 1, 2].map(|i| set(i * step..i * step + sizes[i as usize]));
            let join = |x: &Distinct, y: &Distinct| { let mut x = x.clone(); x.merge(y); x };
            prop_assert_eq!(join(&a, &b), join(&b, &a));
            prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
            prop_assert_eq!(&join(&a, &Distinct::default()), &a);
            prop_assert_eq!(&join(&Distinct::default(), &a), &a);
        }
    }
}
