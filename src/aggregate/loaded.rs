//! The numbers of a batch's requests, read from the columns once for everything that counts them.

use multiversion::multiversion;

use super::column::{BYTES, BYTES_IN, Column, REQUEST, STATUS, UPSTREAM, VISITOR};
use super::quantile::{NO_BUCKET, wide_bucket};
use super::scan::Batch;
use super::wire::{BAND_EDGES_US, BANDS};

/// See the module. One of each for each request of the batch; what no request has is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) status: Vec<u32>,
    pub(crate) bytes: Vec<u64>,
    pub(crate) bytes_out: u64,
    pub(crate) bytes_in: u64,
    pub(crate) request: Times,
    pub(crate) upstream: Times,
    pub(crate) visitors: Vec<u32>,
    numbers: Vec<u64>,
}

/// Times of requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    /// Whether any request may have one.
    pub(crate) known: bool,
    /// Microseconds plus one; 0 where it was not logged.
    pub(crate) us: Vec<u32>,
    pub(crate) buckets: Vec<u32>,
    /// How many were logged, and their sum.
    pub(crate) timed: u64,
    pub(crate) sum_us: u64,
    /// As in `us`.
    pub(crate) longest: u32,
}

impl Loaded {
    pub(crate) fn load(&mut self, batch: &Batch<'_>) {
        let (columns, rows) = (batch.columns, batch.access);
        columns.at(STATUS).load(rows, &mut self.status);
        columns.at(BYTES).load(rows, &mut self.bytes);
        self.bytes_out = 0;
        for bytes in &mut self.bytes {
            *bytes = bytes.saturating_sub(1);
            self.bytes_out = self.bytes_out.wrapping_add(*bytes);
        }
        self.bytes_in = 0;
        if !matches!(columns.at(BYTES_IN), Column::Const(0)) {
            columns.at(BYTES_IN).load(rows, &mut self.numbers);
            let sum = |sum: u64, n: &u64| sum.wrapping_add(n.saturating_sub(1));
            self.bytes_in = self.numbers.iter().fold(0, sum);
        }
        self.load_shape(batch);
    }

    /// Reads only what cannot be taken away again: what quantiles and distinct counts are made of.
    pub(crate) fn load_shape(&mut self, batch: &Batch<'_>) {
        let columns = batch.columns;
        self.request.load(columns.at(REQUEST), batch);
        self.upstream.load(columns.at(UPSTREAM), batch);
        self.visitors.clear();
        if !matches!(columns.at(VISITOR), Column::Const(0)) {
            columns.at(VISITOR).load(batch.access, &mut self.visitors);
        }
    }
}

impl Times {
    pub(crate) fn load(&mut self, column: &Column, batch: &Batch<'_>) {
        self.known = !matches!(column, Column::Const(0));
        (self.timed, self.sum_us, self.longest) = (0, 0, 0);
        self.us.clear();
        self.buckets.clear();
        if !self.known {
            return;
        }
        column.load(batch.access, &mut self.us);
        measure(self);
    }

    /// The longest, if any was logged.
    pub(crate) fn max_us(&self) -> Option<u32> {
        self.longest.checked_sub(1)
    }

    /// Writes the bands of the times: 1 is the first, 0 stands for what was not logged.
    pub(crate) fn bands(&self, into: &mut Vec<u32>) {
        bands(&self.us, into);
    }

    /// How many times are of each band.
    pub(crate) fn per_band(&self) -> [u64; BANDS] {
        between(&self.us, &BANDS_ABOVE)
    }
}

/// Makes of times all else that is known of them.
#[multiversion(targets("x86_64+avx2+popcnt"))]
fn measure(times: &mut Times) {
    times.buckets.extend(times.us.iter().map(|&us| {
        let bucket = wide_bucket(us.wrapping_sub(1));
        if us == 0 { NO_BUCKET } else { bucket }
    }));
    // A batch is short: no sum of its halves is wider than 32 bits. A check of it would keep a
    // compiler from adding many at a time.
    let (mut timed, mut low, mut high) = (0u32, 0u32, 0u32);
    for us in &times.us {
        let one = u32::from(*us != 0);
        let known = us.wrapping_sub(one);
        timed = timed.wrapping_add(one);
        low = low.wrapping_add(known & 0xffff);
        high = high.wrapping_add(known >> 16);
    }
    times.timed = timed.into();
    times.sum_us = u64::from(low) + (u64::from(high) << 16);
    times.longest = times.us.iter().copied().max().unwrap_or(0);
}

#[multiversion(targets("x86_64+avx2+popcnt"))]
fn bands(us: &[u32], into: &mut Vec<u32>) {
    into.clear();
    into.extend(us.iter().map(|&us| band(us)));
}

/// What a time has to be above, as in [`Times::us`], to be of a band or of one behind it.
const BANDS_ABOVE: [u32; BANDS] = {
    let mut above = [0; BANDS];
    let mut band = 1;
    while band < BANDS {
        above[band] = BAND_EDGES_US[band - 1];
        band += 1;
    }
    above
};

/// The band of a time as in [`Times::us`]: 1 is the first, 0 stands for what was not logged.
#[inline(always)]
pub(crate) fn band(us: u32) -> u32 {
    BANDS_ABOVE.iter().fold(0, |band, &least| band + u32::from(us > least))
}

/// How many of the numbers are above each of these, which rise, and not above the next one.
#[multiversion(targets("x86_64+avx2+popcnt"))]
pub(crate) fn between<const N: usize>(numbers: &[u32], above: &[u32; N]) -> [u64; N] {
    // A count for each number would be a place in memory that the next one may wait for; these are as many
    // comparisons, of whole registers.
    let mut counts = above.map(|least| {
        let reached =
            numbers.iter().fold(0u32, |n, &number| n.wrapping_add((number > least).into()));
        u64::from(reached)
    });
    for at in 1..N {
        counts[at - 1] -= counts[at];
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_how_many_edges_a_time_reaches() {
        let plain = |us: u32| BAND_EDGES_US.iter().filter(|&&edge| us >= edge).count();
        let near = BAND_EDGES_US.into_iter().chain((0..32).map(|bit| 1 << bit)).chain([u32::MAX]);
        let near = near.flat_map(|us| [us - 1, us, us.saturating_add(1)]).chain([0]);
        let mut times = Times::default();
        times.us.push(0);
        // As they are kept, with 1 more; the longest of all is told as one less.
        let near: Vec<u32> = near.filter(|us| *us < u32::MAX).collect();
        times.us.extend(near.iter().map(|us| us + 1));
        let (mut bands, mut counts) = (Vec::new(), [0; BANDS]);
        times.bands(&mut bands);
        assert_eq!(bands[0], 0, "not logged");
        for (&us, &band) in near.iter().zip(&bands[1..]) {
            assert_eq!(band as usize, plain(us) + 1, "{us}");
            counts[plain(us)] += 1;
        }
        assert_eq!(times.per_band(), counts);
    }
}
