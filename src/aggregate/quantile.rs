//! Histograms of durations in fixed log-spaced buckets: merge is addition, so it is exact.
//!
//! 128 buckets an octave: a bucket is at most 1/128 (0.8 %) of its value wide, so whatever stands
//! for it is within 1 %. Below 128 µs every value has its own bucket.

/// Bits of a value that its bucket keeps below the leading one.
const BITS: u32 = 7;
/// One octave of buckets.
const OCTAVE: u32 = 1 << BITS;
/// Number of buckets that cover every `u32` of microseconds (71 minutes).
pub const BUCKETS: usize = (OCTAVE * (32 - BITS + 1)) as usize;

/// The bucket of a duration in microseconds.
#[inline]
#[must_use]
pub fn bucket(us: u32) -> u16 {
    // At most BUCKETS.
    wide_bucket(us) as u16
}

/// The same for columns of them: written so that a compiler makes it of whole registers.
///
/// A float's bits *are* its octave and its place in it. From 33 s on floats are rounded: a duration less
/// than a millionth away from another bucket may count there.
#[inline(always)]
pub(crate) fn wide_bucket(us: u32) -> u32 {
    /// Bits of the fraction of an `f32` that a bucket does not keep.
    const DROPPED: u32 = 23 - BITS;
    /// What the float of half of the first duration that shares its bucket would be.
    const FIRST: u32 = ((127 + BITS) << BITS) - 2 * OCTAVE;
    // Halved, so that it is no negative `i32`; no bucket above these depends on the last bit.
    let half = us >> 1;
    // Less than a millionth less, so that the longest is not rounded beyond the last bucket.
    let half = (half - (half >> 24)) as i32 as f32;
    let shared = (half.to_bits() >> DROPPED).wrapping_sub(FIRST);
    if us < 2 * OCTAVE { us } else { shared }
}

/// The duration, in microseconds, that stands for a bucket: the roundest number in it.
///
/// Servers log milliseconds; a midpoint would show their 5 ms as 5.008.
#[must_use]
pub fn representative(bucket: u16) -> u32 {
    let bucket = u32::from(bucket);
    if bucket < 2 * OCTAVE {
        return bucket;
    }
    let shift = bucket / OCTAVE - 1;
    let low = u64::from(OCTAVE + bucket % OCTAVE) << shift;
    let high = low + (1 << shift) - 1;
    let mut unit = 1_000_000_000;
    loop {
        let round = low.div_ceil(unit) * unit;
        if round <= high {
            return u32::try_from(round).unwrap_or(u32::MAX);
        }
        unit /= 10;
    }
}

/// Microseconds as seconds.
#[must_use]
pub fn seconds(us: u32) -> f64 {
    f64::from(us) / 1e6
}

/// Rank of quantile `q` among `total` values, from 1 (nearest rank).
fn rank(q: f64, total: u64) -> u64 {
    ((q * total as f64).ceil() as u64).clamp(1, total.max(1))
}

/// Finds the quantiles `qs` (rising) of `total` values in buckets given in rising order.
fn walk<const N: usize>(
    buckets: impl Iterator<Item = (u16, u64)>,
    total: u64,
    qs: [f64; N],
) -> [Option<f64>; N] {
    let mut out = [None; N];
    if total == 0 {
        return out;
    }
    let (mut seen, mut next) = (0, 0);
    for (bucket, count) in buckets {
        seen += count;
        while next < N && seen >= rank(qs[next], total) {
            out[next] = Some(seconds(representative(bucket)));
            next += 1;
        }
        if next == N {
            break;
        }
    }
    out
}

/// The bucket of a value that was not logged: behind all others, so that cells with one more at their
/// end count it without asking.
pub const NO_BUCKET: u32 = BUCKETS as u32;

/// A histogram with a cell for every bucket: for scans, which add and take away.
#[derive(Clone, Default)]
pub struct Dense {
    /// Empty until the first value; the last one is of [`NO_BUCKET`], and nobody reads it: whether a value
    /// was logged would be a branch that cannot be predicted.
    cells: Vec<u32>,
}

impl std::fmt::Debug for Dense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dense").field("total", &self.total()).finish_non_exhaustive()
    }
}

impl Dense {
    /// Adds (`step` 1) or takes away (`step` `u32::MAX`, that is -1) the values of `buckets`.
    pub fn shift(&mut self, buckets: &[u32], step: u32) {
        let cells = self.cells();
        let mut count = |bucket: u32| {
            let cell = &mut cells[bucket as usize];
            *cell = cell.wrapping_add(step);
        };
        // Each may be out of bounds, so a compiler leaves the loop as it is written: eight at a time.
        let (eights, odd) = buckets.as_chunks::<8>();
        eights.iter().for_each(|buckets| buckets.iter().for_each(|&bucket| count(bucket)));
        odd.iter().for_each(|&bucket| count(bucket));
    }

    /// Seconds at the quantiles `qs`, which must rise, of `all` without these values, which have to be among
    /// them; afterwards it is empty, and they are taken away `from` another one.
    pub(crate) fn left_of<const N: usize>(
        &mut self,
        all: &Packed,
        qs: [f64; N],
        from: &mut Dense,
    ) -> [Option<f64>; N] {
        if self.cells.is_empty() {
            return walk(all.iter().map(|(b, n)| (b, n.into())), all.total(), qs);
        }
        let (cells, mut total) = (&mut self.cells[..=BUCKETS], 0);
        let from = from.cells();
        let mut left: Vec<(u16, u64)> = Vec::with_capacity(all.bytes.len() / 2);
        for (bucket, n) in all.iter() {
            let taken = std::mem::take(&mut cells[usize::from(bucket)]);
            let cell = &mut from[usize::from(bucket)];
            *cell = cell.wrapping_sub(taken);
            let n = n.saturating_sub(taken).into();
            total += n;
            left.push((bucket, n));
        }
        cells[BUCKETS] = 0;
        debug_assert!(cells.iter().all(|n| *n == 0), "values that are not among them");
        walk(left.into_iter(), total, qs)
    }

    fn cells(&mut self) -> &mut [u32] {
        if self.cells.is_empty() {
            self.cells = vec![0; BUCKETS + 1];
        }
        &mut self.cells[..=BUCKETS]
    }

    /// The cells of values that were logged.
    fn logged(&self) -> &[u32] {
        self.cells.split_last().map_or(&[], |(_, cells)| cells)
    }

    /// Adds another one.
    pub(crate) fn merge(&mut self, other: &Dense) {
        if self.cells.is_empty() {
            self.cells.clone_from(&other.cells);
            return;
        }
        for (cell, n) in self.cells.iter_mut().zip(&other.cells) {
            *cell = cell.wrapping_add(*n);
        }
    }

    /// The same, page by page.
    #[must_use]
    pub(crate) fn paged(&self) -> Paged {
        Paged::of(self.logged())
    }

    /// Number of values.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.logged().iter().map(|&n| u64::from(n)).sum()
    }

    /// Forgets every value and keeps the memory.
    pub fn clear(&mut self) {
        self.cells.fill(0);
    }

    /// Seconds at the quantiles `qs`, which must rise.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, qs: [f64; N]) -> [Option<f64>; N] {
        // The sums of pages are added many cells at a time, and only pages with a quantile are walked.
        let mut sums = [0; BUCKETS / PAGE];
        for (sum, page) in sums.iter_mut().zip(self.logged().chunks(PAGE)) {
            *sum = page.iter().map(|&n| u64::from(n)).sum();
        }
        let total = sums.iter().sum();
        let mut out = [None; N];
        if total == 0 {
            return out;
        }
        let (mut seen, mut next) = (0, 0);
        let pages = (0u16..).step_by(PAGE).zip(self.logged().chunks(PAGE));
        for ((first, page), sum) in pages.zip(sums) {
            if next == N || seen + sum < rank(qs[next], total) {
                seen += sum;
                continue;
            }
            for (bucket, &count) in (first..).zip(page) {
                seen += u64::from(count);
                while next < N && seen >= rank(qs[next], total) {
                    out[next] = Some(seconds(representative(bucket)));
                    next += 1;
                }
            }
        }
        out
    }

    fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        (0u16..).zip(self.logged()).filter(|&(_, &n)| n != 0).map(|(b, &n)| (b, u64::from(n)))
    }

    #[must_use]
    pub fn histogram(&self) -> Histogram {
        Histogram { cells: self.iter().collect() }
    }
}

/// Cells that are kept together.
const PAGE: usize = 32;

/// A histogram that keeps only pages of cells in use: for the many that each have few values. A cell
/// for each bucket takes 13 KiB, and every row that is shown has a histogram of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paged {
    /// Of each page: 1 more than its place in `pages`. Empty until the first value.
    places: Vec<u8>,
    pages: Vec<[u32; PAGE]>,
}

impl Paged {
    #[must_use]
    pub(crate) fn of(cells: &[u32]) -> Paged {
        let mut paged = Paged::default();
        // Most pages are empty: one look for all of it.
        let used = |page: &&[u32]| page.iter().fold(0, |any, count| any | count) != 0;
        for (at, page) in cells.chunks(PAGE).enumerate().filter(|(_, page)| used(page)) {
            if paged.places.is_empty() {
                paged.places = vec![0; BUCKETS / PAGE];
            }
            let mut whole = [0; PAGE];
            whole[..page.len()].copy_from_slice(page);
            paged.pages.push(whole);
            // There are 104 pages.
            paged.places[at] = paged.pages.len() as u8;
        }
        paged
    }

    /// As [`Dense::shift`].
    pub(crate) fn shift(&mut self, buckets: impl IntoIterator<Item = u32>, step: u32) {
        if self.places.is_empty() {
            self.places = vec![0; BUCKETS / PAGE];
        }
        for bucket in buckets {
            // NO_BUCKET is of no page.
            let Some(place) = self.places.get_mut(bucket as usize / PAGE) else { continue };
            if *place == 0 {
                self.pages.push([0; PAGE]);
                // There are 104 pages.
                *place = self.pages.len() as u8;
            }
            let cell = &mut self.pages[usize::from(*place) - 1][bucket as usize % PAGE];
            *cell = cell.wrapping_add(step);
        }
    }

    /// Takes values away that are among these.
    pub(crate) fn take(&mut self, other: &Paged) {
        for (bucket, n) in other.cells().filter(|(_, n)| *n != 0) {
            self.shift([bucket.into()], n.wrapping_neg());
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Paged::default();
    }

    fn cells(&self) -> impl Iterator<Item = (u16, u32)> {
        let pages = (0u16..).zip(&self.places).filter(|(_, place)| **place != 0);
        pages.flat_map(|(page, &place)| {
            // PAGE is 32.
            (page * PAGE as u16..).zip(self.pages[usize::from(place) - 1])
        })
    }

    /// As [`Dense::quantiles`].
    #[must_use]
    pub(crate) fn quantiles<const N: usize>(&self, qs: [f64; N]) -> [Option<f64>; N] {
        let total = self.pages.iter().flatten().map(|&n| u64::from(n)).sum();
        walk(self.cells().map(|(bucket, n)| (bucket, n.into())).filter(|(_, n)| *n != 0), total, qs)
    }
}

/// Values on their way to quantiles: of a second, which has a few of them or very many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    /// Buckets, one for each value, while there are few.
    few: Vec<u32>,
    many: Dense,
    /// Whether they are counted in `many`.
    counted: bool,
}

impl Values {
    /// Up to here sorting is cheaper than walking every cell.
    const FEW: usize = 512;

    /// Adds values by bucket; [`NO_BUCKET`] is none.
    pub(crate) fn add(&mut self, buckets: &[u32]) {
        if !self.counted && self.few.len() + buckets.len() <= Values::FEW {
            self.few.extend_from_slice(buckets);
            return;
        }
        self.counted = true;
        self.many.shift(&self.few, 1);
        self.few.clear();
        self.many.shift(buckets, 1);
    }

    /// What it holds, in little room.
    pub(crate) fn packed(&mut self) -> Packed {
        if self.counted {
            let cells = (0u16..).zip(self.many.logged()).filter(|(_, n)| **n != 0);
            return Packed::of(cells.map(|(bucket, &n)| (bucket, n)));
        }
        self.few.sort_unstable();
        let runs = self.few.chunk_by(|a, b| a == b).filter(|run| run[0] < NO_BUCKET);
        // Buckets are below 2^16, and there are few.
        Packed::of(runs.map(|run| (run[0] as u16, run.len() as u32)))
    }

    /// Seconds at the quantiles `qs`, which must rise; afterwards it is empty.
    pub(crate) fn take<const N: usize>(&mut self, qs: [f64; N]) -> [Option<f64>; N] {
        if std::mem::take(&mut self.counted) {
            let found = self.many.quantiles(qs);
            self.many.clear();
            return found;
        }
        let few = &mut self.few;
        few.sort_unstable();
        few.truncate(few.partition_point(|&bucket| bucket < NO_BUCKET));
        // Buckets are below 2^16.
        let found = walk(few.iter().map(|&bucket| (bucket as u16, 1)), few.len() as u64, qs);
        few.clear();
        found
    }
}

/// A histogram that is kept and read from its beginning: of each bucket in use how far behind the last one it
/// is, and its values, seven bits to a byte. Mostly two bytes a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    bytes: Box<[u8]>,
}

impl Packed {
    /// Of buckets with their counts, rising.
    fn of(cells: impl Iterator<Item = (u16, u32)>) -> Packed {
        let (mut bytes, mut last) = (Vec::new(), 0);
        for (bucket, n) in cells {
            for mut number in [u32::from(bucket - last), n] {
                while number >= 0x80 {
                    bytes.push(number as u8 | 0x80);
                    number >>= 7;
                }
                bytes.push(number as u8);
            }
            last = bucket;
        }
        Packed { bytes: bytes.into() }
    }

    fn iter(&self) -> impl Iterator<Item = (u16, u32)> {
        let (mut bytes, mut bucket) = (self.bytes.iter(), 0u16);
        let mut number = move || {
            let (mut number, mut shift) = (0u32, 0);
            loop {
                let byte = *bytes.next()?;
                number |= u32::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    return Some(number);
                }
                shift += 7;
            }
        };
        std::iter::from_fn(move || {
            // The sum is a bucket.
            bucket += number()? as u16;
            Some((bucket, number()?))
        })
    }

    fn total(&self) -> u64 {
        self.iter().map(|(_, n)| u64::from(n)).sum()
    }
}

/// A histogram that keeps only the buckets in use: for rollups, which are kept and sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// By rising bucket, none zero: equal histograms are equal values.
    cells: Vec<(u16, u64)>,
}

impl Histogram {
    #[must_use]
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|&(_, n)| n).sum()
    }

    /// Buckets in use with their counts, rising.
    #[must_use]
    pub fn cells(&self) -> &[(u16, u64)] {
        &self.cells
    }

    pub fn merge(&mut self, other: &Histogram) {
        merge_sorted(&mut self.cells, &other.cells, |a, b| *a += b);
    }

    /// Seconds at the quantiles `qs`, which must rise.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, qs: [f64; N]) -> [Option<f64>; N] {
        walk(self.cells.iter().copied(), self.total(), qs)
    }
}

/// Merges two lists sorted by key, adding where both have it.
pub(crate) fn merge_sorted<K: Ord + Copy, V: Copy>(
    into: &mut Vec<(K, V)>,
    from: &[(K, V)],
    mut add: impl FnMut(&mut V, &V),
) {
    if from.is_empty() {
        return;
    }
    if into.is_empty() {
        into.extend_from_slice(from);
        return;
    }
    let mut merged = Vec::with_capacity(into.len() + from.len());
    let mut right = from.iter().peekable();
    for &(key, mut value) in into.iter() {
        while let Some(&&(k, v)) = right.peek() {
            if k > key {
                break;
            }
            right.next();
            if k == key {
                add(&mut value, &v);
            } else {
                merged.push((k, v));
            }
        }
        merged.push((key, value));
    }
    merged.extend(right.copied());
    *into = merged;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_within_one_percent() {
        let mut us = 0u32;
        let mut last = 0;
        while us < u32::MAX - us / 300 - 1 {
            let b = bucket(us);
            assert!(b >= last && usize::from(b) < BUCKETS);
            last = b;
            let shown = representative(b);
            assert_eq!(bucket(shown), b, "{us} shown as {shown}");
            assert!(f64::from(shown.abs_diff(us)) <= 0.01 * f64::from(us), "{us} shown as {shown}");
            us += us / 300 + 1;
        }
        assert_eq!(usize::from(bucket(u32::MAX)), BUCKETS - 1);
    }

    #[test]
    fn milliseconds_are_shown_as_logged() {
        for ms in [1u32, 2, 5, 12, 50, 120, 251] {
            assert_eq!(representative(bucket(ms * 1000)), ms * 1000);
        }
    }

    #[test]
    fn pages_say_what_cells_say() {
        let (mut dense, mut paged) = (Dense::default(), Paged::default());
        for us in (0..40_000u32).map(|n| n.wrapping_mul(2_654_435_761) >> (n % 32)) {
            dense.shift(&[bucket(us).into(), NO_BUCKET], 1);
            paged.shift([bucket(us).into(), NO_BUCKET], 1);
            if us % 3 == 0 {
                dense.shift(&[bucket(us).into()], u32::MAX);
                paged.shift([bucket(us).into()], u32::MAX);
            }
        }
        let qs = [0.0, 0.01, 0.5, 0.95, 0.999, 1.0];
        assert_eq!(paged.quantiles(qs), dense.quantiles(qs));
        assert_eq!(dense.paged().quantiles(qs), dense.quantiles(qs));
        assert_eq!(Paged::default().quantiles(qs), [None; 6]);
    }

    #[test]
    fn few_values_and_many_have_the_same_quantiles() {
        let qs = [0.0, 0.5, 0.95, 1.0];
        let mut values = Values::default();
        for n in [0, 1, 7, 511, 512, 513, 5000, 3] {
            let mut dense = Dense::default();
            let buckets: Vec<u32> = (0..n)
                .map(|at: u32| match at % 5 {
                    0 => NO_BUCKET,
                    _ => bucket(at.wrapping_mul(2_654_435_761) >> (at % 29)).into(),
                })
                .collect();
            dense.shift(&buckets, 1);
            buckets.chunks(300).for_each(|part| values.add(part));
            let packed = values.packed();
            let cells: Vec<_> = dense.histogram().cells;
            let kept: Vec<_> = packed.iter().map(|(bucket, n)| (bucket, u64::from(n))).collect();
            assert_eq!(kept, cells, "{n}");
            assert_eq!(values.take(qs), dense.quantiles(qs), "{n}");
            // What is left is what others have, and nothing is left behind.
            let mut taken = Dense::default();
            for every in [n + 1, 3, 2, 1] {
                let is_taken = |at: usize| at % every as usize == every as usize - 1;
                let (mut left, mut all) = (Dense::default(), (0..).zip(&buckets));
                all.by_ref().for_each(|(at, &bucket)| {
                    let into = if is_taken(at) { &mut taken } else { &mut left };
                    into.shift(&[bucket], 1);
                });
                let mut from = dense.clone();
                let found = taken.left_of(&packed, qs, &mut from);
                assert_eq!(found, left.quantiles(qs), "{n} {every}");
                assert_eq!(taken.total(), 0);
                assert_eq!(from.histogram(), left.histogram(), "{n} {every}");
            }
        }
    }

    #[test]
    fn quantiles_are_nearest_rank() {
        let mut dense = Dense::default();
        for ms in 1..=100 {
            dense.shift(&[bucket(ms * 1000).into()], 1);
        }
        assert_eq!(dense.quantiles([0.5, 0.95, 1.0]), [Some(0.05), Some(0.095), Some(0.1)]);
        assert_eq!(
            dense.histogram().quantiles([0.5, 0.95, 1.0]),
            dense.quantiles([0.5, 0.95, 1.0])
        );
        for ms in 1..=100 {
            dense.shift(&[bucket(ms * 1000).into()], u32::MAX);
        }
        assert_eq!((dense.total(), dense.quantiles([0.5])), (0, [None]));
    }
}
