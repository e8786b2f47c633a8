//! The numbers of a batch's requests, read from the columns once for everything that counts them.

use super::column::{BYTES, BYTES_IN, Column, REQUEST, STATUS, UPSTREAM, VISITOR};
use super::quantile::{NO_BUCKET, wide_bucket};
use super::scan::Batch;
use super::wire::BAND_EDGES_US;

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
        self.buckets.extend(self.us.iter().map(|&us| {
            let bucket = wide_bucket(us.wrapping_sub(1));
            if us == 0 { NO_BUCKET } else { bucket }
        }));
        // A batch is short: no sum of its halves is wider than 32 bits. A check of it would keep a
        // compiler from adding four at a time.
        let (mut timed, mut low, mut high) = (0u32, 0u32, 0u32);
        for us in &self.us {
            let one = u32::from(*us != 0);
            let known = us.wrapping_sub(one);
            timed = timed.wrapping_add(one);
            low = low.wrapping_add(known & 0xffff);
            high = high.wrapping_add(known >> 16);
        }
        self.timed = timed.into();
        self.sum_us = u64::from(low) + (u64::from(high) << 16);
        self.longest = self.us.iter().copied().max().unwrap_or(0);
    }

    /// The longest, if any was logged.
    pub(crate) fn max_us(&self) -> Option<u32> {
        self.longest.checked_sub(1)
    }

    /// Writes the bands of the times: 1 is the first, 0 stands for what was not logged.
    pub(crate) fn bands(&self, into: &mut Vec<u32>) {
        into.clear();
        into.extend(self.us.iter().map(|us| match us.checked_sub(1) {
            Some(us) => u32::from(band(us)) + 1,
            None => 0,
        }));
    }
}

/// Of each number of leading zeros: the band of the least such time, and the last one before the edge
/// to the next band. No two edges have as many.
const OCTAVES: [(u8, u32); 33] = {
    let mut octaves = [(0, u32::MAX); 33];
    let mut zeros = 0;
    while zeros <= 32 {
        let low = if zeros == 32 { 0 } else { 1u32 << (31 - zeros) };
        let mut edge = 0;
        while edge < BAND_EDGES_US.len() {
            if BAND_EDGES_US[edge] <= low {
                octaves[zeros].0 += 1;
            } else if BAND_EDGES_US[edge].leading_zeros() as usize == zeros {
                assert!(octaves[zeros].1 == u32::MAX, "two edges in one octave");
                octaves[zeros].1 = BAND_EDGES_US[edge] - 1;
            }
            edge += 1;
        }
        zeros += 1;
    }
    octaves
};

/// The latency band of a time.
#[inline]
#[must_use]
pub(crate) fn band(us: u32) -> u8 {
    let (low, last) = OCTAVES[us.leading_zeros() as usize];
    low + u8::from(us > last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_how_many_edges_a_time_reaches() {
        let plain = |us: u32| BAND_EDGES_US.iter().filter(|&&edge| us >= edge).count();
        let near = BAND_EDGES_US.into_iter().chain((0..32).map(|bit| 1 << bit)).chain([u32::MAX]);
        for us in near.flat_map(|us| [us - 1, us, us.saturating_add(1)]).chain([0]) {
            assert_eq!(usize::from(band(us)), plain(us), "{us}");
        }
    }
}
