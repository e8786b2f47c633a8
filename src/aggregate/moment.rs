//! One second (or one step) on its way to a point of a series.

use super::column::{BYTES, BYTES_IN, Column, REQUEST, STATUS, UPSTREAM, VISITOR};
use super::dict::ABSENT;
use super::quantile::{Dense, bucket, quantiles_of};
use super::scan::Batch;
use super::wire::{BAND_EDGES_US, BANDS, Point};

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
    ids: Vec<u32>,
    numbers: Vec<u64>,
}

impl Moment {
    /// Adds the rows of a batch; `visitor_bound` is above every visitor's id.
    pub fn add(&mut self, batch: Batch<'_>, visitor_bound: usize) {
        let rows = batch.access;
        self.requests += rows.len() as u64;
        self.errors += batch.errors.len() as u64;
        self.messages += batch.messages.len() as u64;
        let columns = batch.columns;
        match columns.at(STATUS) {
            Column::Const(status) => {
                self.classes[(*status / 100) as usize % 10] += rows.len() as u64
            }
            column => {
                column.load(rows, &mut self.ids);
                self.ids.iter().for_each(|&s| self.classes[(s / 100) as usize % 10] += 1);
            }
        }
        for (place, sum) in [(BYTES, &mut self.bytes_out), (BYTES_IN, &mut self.bytes_in)] {
            if !matches!(columns.at(place), Column::Const(0)) {
                columns.at(place).load(rows, &mut self.numbers);
                let added: u64 = self.numbers.iter().map(|n| n.saturating_sub(1)).sum();
                *sum = sum.wrapping_add(added);
            }
        }
        if !matches!(columns.at(REQUEST), Column::Const(0)) {
            columns.at(REQUEST).load(rows, &mut self.ids);
            for us in self.ids.iter().filter_map(|us| us.checked_sub(1)) {
                self.latency.push(bucket(us).into());
                self.timed += 1;
                self.sum_us += u64::from(us);
                self.max_us = self.max_us.max(us);
                self.bands[band(us)] += 1;
            }
        }
        if !matches!(columns.at(UPSTREAM), Column::Const(0)) {
            columns.at(UPSTREAM).load(rows, &mut self.ids);
            let timed = self.ids.iter().filter_map(|us| us.checked_sub(1));
            self.upstream.extend(timed.map(|us| u32::from(bucket(us))));
        }
        if !matches!(columns.at(VISITOR), Column::Const(0)) {
            if self.now == 0 {
                self.now = 1;
            }
            if self.seen.len() < visitor_bound {
                self.seen.resize(visitor_bound, 0);
            }
            columns.at(VISITOR).load(rows, &mut self.ids);
            for &id in &self.ids {
                let seen = &mut self.seen[id as usize];
                self.visitors += u64::from(*seen != self.now && id != ABSENT);
                *seen = self.now;
            }
        }
    }

    /// The point that starts at epoch second `t`, as far as it is known; more rows may come.
    pub fn so_far(&self, t: i64) -> Point {
        // Cloned are the buckets of a step's rows at most.
        Moment { seen: Vec::new(), ids: Vec::new(), numbers: Vec::new(), ..self.clone() }.point(t)
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
            ids: std::mem::take(&mut self.ids),
            numbers: std::mem::take(&mut self.numbers),
            ..Moment::default()
        };
        point
    }
}

/// The latency band of a time.
#[must_use]
pub(crate) fn band(us: u32) -> usize {
    BAND_EDGES_US.iter().filter(|&&edge| us >= edge).count()
}
