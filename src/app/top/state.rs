//! What is known of a server: its messages in, numbers, lists and lines out. Time is an argument.

use std::collections::VecDeque;

use super::message::{Hello, Message, Status};
use crate::aggregate::amount::second;
use crate::aggregate::wire::{Anomaly, EventRow, HostPoint, Point, Problem, Series, Summary};

/// Steps that are kept: an hour of seconds, the most that a window has.
const STEPS: usize = 3_600;
/// Lines that are kept: the tallest terminal shows fewer.
const LINES: usize = 400;
/// Anomalies that are kept; those that are over go first.
const ANOMALIES: usize = 200;
/// A rate is that of so many seconds, as on the page.
const NOW_S: i64 = 10;

/// How the way to the server is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Link {
    #[default]
    Live,
    /// Lost; the next attempt comes at `again_ms` of this machine's clock.
    Away { why: String, again_ms: i64 },
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) hello: Hello,
    pub(super) link: Link,
    pub(super) paused: bool,
    /// In the server's normal form.
    pub(super) filter: String,
    pub(super) window_s: u32,
    pub(super) step_s: i64,
    pub(super) points: VecDeque<Point>,
    pub(super) summary: Summary,
    pub(super) sources: usize,
    pub(super) visitors_now: u64,
    /// A replay is over: nothing more comes.
    pub(super) ended: bool,
    pub(super) anomalies: Vec<Anomaly>,
    /// Newest last.
    pub(super) lines: VecDeque<EventRow>,
    /// Seconds that this program missed, because its terminal or the way was slow.
    pub(super) missed: u64,
    /// Why the last wish was not followed.
    pub(super) problem: Option<Problem>,
    /// Snapshots and problems so far: whoever asked for something was answered when it changes.
    pub(super) answers: u64,
    pub(super) has_snapshot: bool,
    /// When it was seen last that the server is another than before, by this machine's clock.
    pub(super) restarted_ms: Option<i64>,
    /// Server's clock minus this machine's, milliseconds.
    skew_ms: i64,
    /// When the newest second ended, by the server's clock.
    newest_ms: Option<i64>,
}

/// Rates and shares of the last seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Now {
    pub(super) requests_per_s: f64,
    pub(super) requests: u64,
    pub(super) s4xx: u64,
    pub(super) s5xx: u64,
    pub(super) s4xx_per_s: f64,
    pub(super) s5xx_per_s: f64,
    pub(super) errors_per_s: f64,
    pub(super) bytes_per_s: f64,
    pub(super) p50_s: Option<f64>,
    pub(super) p95_s: Option<f64>,
    pub(super) p99_s: Option<f64>,
    pub(super) host: Option<HostPoint>,
}

impl State {
    /// Takes a message that came at `now_ms` of this machine's clock.
    pub(super) fn take(&mut self, message: Message, now_ms: i64) {
        match message {
            Message::Hello(hello) => {
                let known = !self.hello.boot.is_empty();
                if known && self.hello.boot != hello.boot {
                    self.restarted_ms = Some(now_ms);
                    self.missed = 0;
                }
                self.skew_ms = hello.now_ms.saturating_sub(now_ms);
                self.hello = hello;
                self.link = Link::Live;
            }
            Message::Snapshot(snapshot) => {
                self.filter = snapshot.filter;
                self.window_s = snapshot.window_s;
                self.step_s = i64::from(snapshot.series.step_s.max(1));
                self.points = points(&snapshot.series);
                self.lines.clear();
                self.add_lines(snapshot.tail);
                self.anomalies = snapshot.anomalies;
                self.status(snapshot.status);
                self.problem = None;
                self.answers += 1;
                self.has_snapshot = true;
            }
            Message::Tick(tick) => {
                for point in tick.corrections.into_iter().chain([tick.point]) {
                    self.put(point);
                }
                self.status(tick.status);
            }
            Message::Tail(tail) => self.add_lines(tail.events),
            Message::Anomaly(told) => {
                if let Some(anomaly) = told.anomaly {
                    self.told(anomaly);
                }
            }
            Message::Lag(lag) => self.missed = self.missed.saturating_add(lag.missed),
            Message::Problem(problem) => {
                self.problem = Some(problem);
                self.answers += 1;
            }
            // What follows is a snapshot without it; a paused screen gets none, so it is emptied.
            Message::Forgotten => {
                self.lines.clear();
                self.summary.top.clear();
                self.anomalies.clear();
            }
            Message::Bye(bye) => {
                self.link = Link::Away { why: bye.reason, again_ms: now_ms };
            }
            Message::Unknown => {}
        }
    }

    fn status(&mut self, status: Status) {
        self.newest_ms = second(&status.summary.to).map(|s| s.saturating_mul(1_000));
        self.summary = status.summary;
        self.sources = status.sources.len();
        self.visitors_now = status.visitors_now;
        self.ended = status.ended;
    }

    /// A point replaces the step that starts at its time.
    fn put(&mut self, point: Point) {
        let place = self.points.partition_point(|known| known.t < point.t);
        match self.points.get_mut(place) {
            Some(known) if known.t == point.t => *known = point,
            _ => self.points.insert(place, point),
        }
        let from = self.points.back().map_or(i64::MIN, |newest| {
            newest.t.saturating_sub(i64::from(self.window_s).max(self.step_s))
        });
        while self.points.len() > STEPS || self.points.front().is_some_and(|p| p.t <= from) {
            self.points.pop_front();
        }
    }

    fn add_lines(&mut self, lines: Vec<EventRow>) {
        self.lines.extend(lines);
        let over = self.lines.len().saturating_sub(LINES);
        self.lines.drain(..over);
    }

    fn told(&mut self, anomaly: Anomaly) {
        match self.anomalies.iter_mut().find(|known| known.id == anomaly.id) {
            Some(known) => *known = anomaly,
            None => self.anomalies.push(anomaly),
        }
        if self.anomalies.len() > ANOMALIES {
            let oldest = self.anomalies.iter().position(|a| a.end.is_some()).unwrap_or(0);
            self.anomalies.remove(oldest);
        }
    }

    /// One of each incident that goes on: what is not as usual again before the rest, the root where it is
    /// open, else the worst. Muted ones are nobody's business at night.
    #[must_use]
    pub(super) fn open(&self) -> Vec<&Anomaly> {
        let calm = |a: &Anomaly| a.usual_since.is_some();
        let rank = |a: &Anomaly| (calm(a), a.id != a.incident, std::cmp::Reverse(a.severity));
        let mut open: Vec<&Anomaly> =
            self.anomalies.iter().filter(|a| a.end.is_none() && !a.muted).collect();
        open.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.start.cmp(&b.start)));
        let mut heads: Vec<&Anomaly> = Vec::new();
        for anomaly in open {
            if heads.iter().all(|head| head.incident != anomaly.incident) {
                heads.push(anomaly);
            }
        }
        let worst = |a: &Anomaly| (calm(a), std::cmp::Reverse(a.severity));
        heads.sort_by(|a, b| worst(a).cmp(&worst(b)).then_with(|| a.start.cmp(&b.start)));
        heads
    }

    /// How far the screen is behind the server's clock, seconds; `None` before the first second.
    #[must_use]
    pub(super) fn behind_s(&self, now_ms: i64) -> Option<f64> {
        let server = self.server_ms(now_ms);
        Some(server.saturating_sub(self.newest_ms?).max(0) as f64 / 1e3)
    }

    /// The server's clock, epoch milliseconds. It stands where a replay is over.
    #[must_use]
    pub(super) fn server_ms(&self, now_ms: i64) -> i64 {
        let stands = self.newest_ms.filter(|_| self.ended);
        stands.unwrap_or_else(|| now_ms.saturating_add(self.skew_ms))
    }

    /// When the newest second ended, by the server's clock.
    #[must_use]
    pub(super) fn newest_ms(&self) -> Option<i64> {
        self.newest_ms
    }

    /// The last seconds, or the last whole step where steps are longer.
    #[must_use]
    pub(super) fn now(&self) -> Now {
        let step = self.step_s.max(1);
        let end = self.newest_ms.map_or(i64::MAX, |ms| ms / 1_000);
        let whole = |p: &&Point| p.t.saturating_add(step) <= end;
        let newest = self.points.iter().rev().find(whole).or(self.points.back());
        let Some(newest) = newest.copied() else { return Now::default() };
        let from = newest.t.saturating_add(step).saturating_sub(NOW_S.max(step));
        let mut now = Now { host: self.points.iter().rev().find_map(|p| p.host), ..Now::default() };
        let (mut bytes, mut errors, mut steps) = (0u64, 0u64, 0u32);
        for point in self.points.iter().filter(|p| (from..=newest.t).contains(&p.t)) {
            steps += 1;
            now.requests = now.requests.saturating_add(point.requests);
            now.s4xx = now.s4xx.saturating_add(point.s4xx);
            now.s5xx = now.s5xx.saturating_add(point.s5xx);
            bytes = bytes.saturating_add(point.bytes_out);
            errors = errors.saturating_add(point.errors);
            // Quantiles of seconds don't add up: the newest second that has one tells.
            now.p50_s = point.p50_s.or(now.p50_s);
            now.p95_s = point.p95_s.or(now.p95_s);
            now.p99_s = point.p99_s.or(now.p99_s);
        }
        let seconds = f64::from(steps.max(1)) * step as f64;
        let rate = |n: u64| n as f64 / seconds;
        Now {
            requests_per_s: rate(now.requests),
            s4xx_per_s: rate(now.s4xx),
            s5xx_per_s: rate(now.s5xx),
            errors_per_s: rate(errors),
            bytes_per_s: rate(bytes),
            ..now
        }
    }
}

/// The columns of a series as steps; a column that is too short has zeros.
fn points(series: &Series) -> VecDeque<Point> {
    let n = |column: &[u64], i: usize| column.get(i).copied().unwrap_or(0);
    let f = |column: &[Option<f64>], i: usize| column.get(i).copied().flatten();
    let skip = series.t.len().saturating_sub(STEPS);
    let mut points: VecDeque<Point> = series
        .t
        .iter()
        .enumerate()
        .skip(skip)
        .map(|(i, &t)| {
            let host = f(&series.cpu, i).map(|cpu| HostPoint {
                cpu,
                memory: f(&series.memory, i).unwrap_or_default(),
                rx: f(&series.rx, i).unwrap_or_default(),
                tx: f(&series.tx, i).unwrap_or_default(),
            });
            Point {
                t,
                requests: n(&series.requests, i),
                s1xx: n(&series.s1xx, i),
                s2xx: n(&series.s2xx, i),
                s3xx: n(&series.s3xx, i),
                s4xx: n(&series.s4xx, i),
                s5xx: n(&series.s5xx, i),
                bytes_out: n(&series.bytes_out, i),
                bytes_in: n(&series.bytes_in, i),
                p50_s: f(&series.p50_s, i),
                p95_s: f(&series.p95_s, i),
                p99_s: f(&series.p99_s, i),
                errors: n(&series.errors, i),
                host,
                ..Point::default()
            }
        })
        .collect();
    // In order whatever the server sent: places are searched for by time.
    points.make_contiguous().sort_by_key(|point| point.t);
    points
}
