//! One second (or one step) on its way to a point of a series.

use super::column::{Column, STATUS};
use super::dict::ABSENT;
use super::loaded::{Loaded, between};
use super::quantile::Values;
use super::scan::Batch;
use super::shape::Shape;
use super::wire::{BANDS, Point};

/// What a status has to be above to be of a class or of one behind it, the last of which is no class.
const CLASSES_ABOVE: [u32; 6] = [99, 199, 299, 399, 499, 599];

/// Sums of the rows it was given since the last [`point`](Moment::point).
#[derive(Clone, Debug, Default)]
pub struct Moment {
    requests: u64,
    /// Of statuses from 100 on, and those that are of none.
    classes: [u64; CLASSES_ABOVE.len()],
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
        let requests = batch.access.len() as u64;
        self.requests += requests;
        self.errors += batch.errors.len() as u64;
        self.messages += batch.messages.len() as u64;
        match batch.columns.at(STATUS) {
            Column::Const(status) => {
                add(
                    &mut self.classes,
                    between(&[*status as u32], &CLASSES_ABOVE).map(|n| n * requests),
                );
            }
            _ => add(&mut self.classes, between(&loaded.status, &CLASSES_ABOVE)),
        }
        self.bytes_out = self.bytes_out.wrapping_add(loaded.bytes_out);
        self.bytes_in = self.bytes_in.wrapping_add(loaded.bytes_in);
        let request = &loaded.request;
        if request.timed != 0 {
            self.timed += request.timed;
            self.sum_us += request.sum_us;
            add(&mut self.bands, request.per_band());
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
        let [s1xx, s2xx, s3xx, s4xx, s5xx, _] = self.classes;
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

/// The point of the rows of both; quantiles and visitors are those of the part with more rows that has some.
pub(crate) fn joined(one: &Point, other: &Point) -> Point {
    let (most, fewer) = if one.requests >= other.requests { (one, other) } else { (other, one) };
    let timed_both = timed(one) + timed(other);
    let mean = (timed_both != 0).then(|| (sum_us(one) + sum_us(other)) / 1e6 / timed_both as f64);
    let mut bands = one.bands;
    bands.iter_mut().zip(other.bands).for_each(|(sum, n)| *sum += n);
    Point {
        requests: one.requests + other.requests,
        s1xx: one.s1xx + other.s1xx,
        s2xx: one.s2xx + other.s2xx,
        s3xx: one.s3xx + other.s3xx,
        s4xx: one.s4xx + other.s4xx,
        s5xx: one.s5xx + other.s5xx,
        bytes_out: one.bytes_out.wrapping_add(other.bytes_out),
        bytes_in: one.bytes_in.wrapping_add(other.bytes_in),
        errors: one.errors + other.errors,
        messages: one.messages + other.messages,
        bands,
        mean_s: mean,
        max_s: one.max_s.into_iter().chain(other.max_s).reduce(f64::max),
        p50_s: most.p50_s.or(fewer.p50_s),
        p95_s: most.p95_s.or(fewer.p95_s),
        p99_s: most.p99_s.or(fewer.p99_s),
        upstream_p50_s: most.upstream_p50_s.or(fewer.upstream_p50_s),
        upstream_p95_s: most.upstream_p95_s.or(fewer.upstream_p95_s),
        ..*most
    }
}

fn timed(point: &Point) -> u64 {
    point.bands.iter().copied().map(u64::from).sum()
}

/// The mean of less than 2^50 microseconds gives their sum back.
fn sum_us(point: &Point) -> f64 {
    (point.mean_s.unwrap_or(0.0) * timed(point) as f64 * 1e6).round()
}

fn add<const N: usize>(sums: &mut [u64; N], counts: [u64; N]) {
    sums.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
}
