//! One second (or one step) on its way to a point of a series.

use super::column::{Column, STATUS};
use super::dict::ABSENT;
use super::loaded::{Loaded, band};
use super::quantile::Values;
use super::scan::Batch;
use super::shape::Shape;
use super::wire::{BANDS, Point};

/// Sums of the rows it was given since the last [`point`](Moment::point).
#[derive(Clone, Debug, Default)]
pub struct Moment {
    requests: u64,
    classes: [u64; 10],
    bytes_out: u64,
    bytes_in: u64,
    errors: u64,
    messages: u64,
    latency: Values,
    timed: u64,
    sum_us: u64,
    max_us: Option<u32>,
    bands: [u64; BANDS],
    upstream: Values,
    visitors: u64,
    /// By visitor: the number of the last moment that saw it. Small, for this is looked up at random for
    /// every row; when numbers run out, all are forgotten.
    seen: Vec<u8>,
    now: u8,
    loaded: Loaded,
}

impl Moment {
    /// Adds the rows of a batch; `visitor_bound` is above every visitor's id.
    pub fn add(&mut self, batch: Batch<'_>, visitor_bound: usize) {
        let mut loaded = std::mem::take(&mut self.loaded);
        loaded.load(&batch);
        self.add_loaded(&batch, &loaded, visitor_bound);
        self.loaded = loaded;
    }

    /// The same where the numbers are read already.
    pub(crate) fn add_loaded(&mut self, batch: &Batch<'_>, loaded: &Loaded, visitor_bound: usize) {
        self.add_sums(batch, loaded);
        self.add_shape(loaded, visitor_bound);
    }

    /// Adds what can be taken away again: all that [`without`] reads of its `rest`.
    pub(crate) fn add_sums(&mut self, batch: &Batch<'_>, loaded: &Loaded) {
        self.requests += batch.access.len() as u64;
        self.errors += batch.errors.len() as u64;
        self.messages += batch.messages.len() as u64;
        match batch.columns.at(STATUS) {
            Column::Const(status) => {
                self.classes[(*status / 100) as usize % 10] += batch.access.len() as u64;
            }
            _ => count(&mut self.classes, loaded.status.iter().map(|status| (status / 100) as u8)),
        }
        self.bytes_out = self.bytes_out.wrapping_add(loaded.bytes_out);
        self.bytes_in = self.bytes_in.wrapping_add(loaded.bytes_in);
        let request = &loaded.request;
        if request.timed != 0 {
            self.timed += request.timed;
            self.sum_us += request.sum_us;
            let known = request.us.iter().filter_map(|us| us.checked_sub(1));
            count(&mut self.bands, known.map(band));
        }
    }

    /// Adds what [`Loaded::load_shape`] read: of the point then only quantiles, the longest time and
    /// visitors are told.
    pub(crate) fn add_shape(&mut self, loaded: &Loaded, visitor_bound: usize) {
        let request = &loaded.request;
        if request.timed != 0 {
            self.latency.add(&request.buckets);
            self.max_us = Some(self.max_us.unwrap_or(0).max(request.max_us().unwrap_or(0)));
        }
        if loaded.upstream.timed != 0 {
            self.upstream.add(&loaded.upstream.buckets);
        }
        if !loaded.visitors.is_empty() {
            if self.now == 0 {
                self.now = 1;
            }
            if self.seen.len() < visitor_bound {
                self.seen.resize(visitor_bound, 0);
            }
            // Out of `self`, or each row would read again where they are.
            let (seen, now, mut fresh) = (&mut self.seen[..], self.now, 0u32);
            for &id in &loaded.visitors {
                let seen = &mut seen[id as usize];
                fresh = fresh.wrapping_add(u32::from((*seen != now) & (id != ABSENT)));
                *seen = now;
            }
            self.visitors += u64::from(fresh);
        }
    }

    /// Whether it was given no rows since the last [`point`](Moment::point).
    pub(crate) fn is_empty(&self) -> bool {
        self.requests + self.errors + self.messages == 0
    }

    /// The times of the rows it was given, to be kept.
    pub(crate) fn shape(&mut self) -> Shape {
        Shape { latency: self.latency.packed(), upstream: self.upstream.packed() }
    }

    /// The point that starts at epoch second `t`, as far as it is known; more rows may come.
    pub fn so_far(&self, t: i64) -> Point {
        // Once a tick: two histograms of 13 KiB, and a byte for each visitor.
        self.clone().point(t)
    }

    /// The point that starts at epoch second `t`; afterwards everything is zero again.
    pub fn point(&mut self, t: i64) -> Point {
        let [p50_s, p95_s, p99_s] = self.latency.take([0.5, 0.95, 0.99]);
        let [upstream_p50_s, upstream_p95_s] = self.upstream.take([0.5, 0.95]);
        let timed = (self.timed != 0).then_some(self.timed as f64);
        let [_, s1xx, s2xx, s3xx, s4xx, s5xx, ..] = self.classes;
        let point = Point {
            t,
            requests: self.requests,
            s1xx,
            s2xx,
            s3xx,
            s4xx,
            s5xx,
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            p50_s,
            p95_s,
            p99_s,
            mean_s: timed.map(|n| self.sum_us as f64 / 1e6 / n),
            max_s: self.max_us.map(|us| f64::from(us) / 1e6),
            upstream_p50_s,
            upstream_p95_s,
            visitors: self.visitors,
            errors: self.errors,
            messages: self.messages,
            // A step is some minutes at most.
            bands: self.bands.map(|n| n as u32),
            host: None,
        };
        if self.now == u8::MAX {
            self.seen.fill(0);
            self.now = 0;
        }
        *self = Moment {
            latency: std::mem::take(&mut self.latency),
            upstream: std::mem::take(&mut self.upstream),
            seen: std::mem::take(&mut self.seen),
            now: self.now + 1,
            loaded: std::mem::take(&mut self.loaded),
            ..Moment::default()
        };
        point
    }
}

/// The point of all rows but the `rest`, where `shape` has what cannot be taken away.
pub(crate) fn without(all: &Point, rest: &Point, shape: &Point) -> Point {
    let timed = |point: &Point| -> u64 { point.bands.iter().copied().map(u64::from).sum() };
    // The mean of less than 2^50 microseconds gives their sum back.
    let sum_us = |point: &Point| (point.mean_s.unwrap_or(0.0) * timed(point) as f64 * 1e6).round();
    let left = timed(all) - timed(rest);
    let mean = (left != 0).then(|| (sum_us(all) - sum_us(rest)) / 1e6 / left as f64);
    let mut bands = all.bands;
    bands.iter_mut().zip(rest.bands).for_each(|(n, taken)| *n -= taken);
    Point {
        t: all.t,
        requests: all.requests - rest.requests,
        s1xx: all.s1xx - rest.s1xx,
        s2xx: all.s2xx - rest.s2xx,
        s3xx: all.s3xx - rest.s3xx,
        s4xx: all.s4xx - rest.s4xx,
        s5xx: all.s5xx - rest.s5xx,
        bytes_out: all.bytes_out.wrapping_sub(rest.bytes_out),
        bytes_in: all.bytes_in.wrapping_sub(rest.bytes_in),
        errors: all.errors - rest.errors,
        messages: all.messages - rest.messages,
        bands,
        mean_s: mean,
        ..*shape
    }
}

/// Counts small numbers. The next one is often the same; four lanes let its addition start before the
/// last one is stored.
fn count<const N: usize>(sums: &mut [u64; N], numbers: impl Iterator<Item = u8>) {
    const LANES: usize = 4;
    const { assert!(N <= 16) }
    let mut lanes = [[0u32; 16]; LANES];
    for (index, number) in numbers.enumerate() {
        let cell = &mut lanes[index % LANES][usize::from(number % 16)];
        *cell = cell.wrapping_add(1);
    }
    for (at, sum) in sums.iter_mut().enumerate() {
        let n: u32 = lanes.iter().map(|lane| lane[at]).sum();
        *sum += u64::from(n);
    }
}
