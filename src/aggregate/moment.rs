//! One second (or one step) on its way to a point of a series.

use super::column::{Column, STATUS};
use super::dict::ABSENT;
use super::loaded::{Loaded, band};
use super::quantile::{Dense, NO_BUCKET, quantiles_of};
use super::scan::Batch;
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
    /// Buckets, one for each request with a time.
    latency: Vec<u32>,
    timed: u64,
    sum_us: u64,
    max_us: u32,
    bands: [u32; BANDS],
    /// Buckets of the upstreams' times.
    upstream: Vec<u32>,
    cells: Dense,
    visitors: u64,
    /// By visitor: the number of the last moment that saw it.
    seen: Vec<u32>,
    now: u32,
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
        self.requests += batch.access.len() as u64;
        self.errors += batch.errors.len() as u64;
        self.messages += batch.messages.len() as u64;
        match batch.columns.at(STATUS) {
            Column::Const(status) => {
                self.classes[(*status / 100) as usize % 10] += batch.access.len() as u64;
            }
            _ => loaded.status.iter().for_each(|&s| self.classes[(s / 100) as usize % 10] += 1),
        }
        self.bytes_out = self.bytes_out.wrapping_add(loaded.bytes_out);
        self.bytes_in = self.bytes_in.wrapping_add(loaded.bytes_in);
        let request = &loaded.request;
        if request.timed != 0 {
            if request.timed == request.us.len() as u64 {
                self.latency.extend_from_slice(&request.buckets);
            } else {
                self.latency.extend(request.buckets.iter().filter(|b| **b != NO_BUCKET));
            }
            self.timed += request.timed;
            self.sum_us += request.sum_us;
            self.max_us = self.max_us.max(request.max_us().unwrap_or(0));
            for us in request.us.iter().filter_map(|us| us.checked_sub(1)) {
                self.bands[usize::from(band(us))] += 1;
            }
        }
        if loaded.upstream.timed != 0 {
            let buckets = loaded.upstream.buckets.iter();
            self.upstream.extend(buckets.filter(|bucket| **bucket != NO_BUCKET));
        }
        if !loaded.visitors.is_empty() {
            if self.now == 0 {
                self.now = 1;
            }
            if self.seen.len() < visitor_bound {
                self.seen.resize(visitor_bound, 0);
            }
            for &id in &loaded.visitors {
                let seen = &mut self.seen[id as usize];
                self.visitors += u64::from((*seen != self.now) & (id != ABSENT));
                *seen = self.now;
            }
        }
    }

    /// Whether it was given no rows since the last [`point`](Moment::point).
    pub(crate) fn is_empty(&self) -> bool {
        self.requests + self.errors + self.messages == 0
    }

    /// The point that starts at epoch second `t`, as far as it is known; more rows may come.
    pub fn so_far(&self, t: i64) -> Point {
        // Cloned are the buckets of a step's rows at most.
        Moment { seen: Vec::new(), loaded: Loaded::default(), ..self.clone() }.point(t)
    }

    /// The point that starts at epoch second `t`; afterwards everything is zero again.
    pub fn point(&mut self, t: i64) -> Point {
        let [p50_s, p95_s, p99_s] =
            quantiles_of(&mut self.latency, &mut self.cells, [0.5, 0.95, 0.99]);
        let [upstream_p50_s, upstream_p95_s] =
            quantiles_of(&mut self.upstream, &mut self.cells, [0.5, 0.95]);
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
            max_s: timed.map(|_| f64::from(self.max_us) / 1e6),
            upstream_p50_s,
            upstream_p95_s,
            visitors: self.visitors,
            errors: self.errors,
            messages: self.messages,
            bands: self.bands,
            host: None,
        };
        if self.now == u32::MAX {
            self.seen.fill(0);
            self.now = 0;
        }
        *self = Moment {
            latency: std::mem::take(&mut self.latency),
            upstream: std::mem::take(&mut self.upstream),
            cells: std::mem::take(&mut self.cells),
            seen: std::mem::take(&mut self.seen),
            now: self.now + 1,
            loaded: std::mem::take(&mut self.loaded),
            ..Moment::default()
        };
        point
    }
}
