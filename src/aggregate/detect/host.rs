//! The machine: processor, memory and disks, and when they will be full.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::episode::{About, Episode, Look, Out, Rows, Sums};
use super::keyed::Keyed;
use super::{Input, Unit};
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Seconds over which the processor is averaged: a build or a backup that starts is no incident of a
/// second, and its seconds hang together so much that a CUSUM of them cried 25 times in three days.
const CPU_S: usize = 15;
/// Standard deviations above the mean, and points of a hundred above it at least.
const CPU_SD: f64 = 8.0;
const CPU_POINTS: f64 = 15.0;
/// Seconds in which the mean follows.
const CPU_FOLLOW_S: f64 = 1800.0;
/// A processor above this is full, whatever is usual …
const CPU_FULL: f64 = 97.0;
/// … but where it is within [`CPU_POINTS`] of that as usual: then it is no news within so many standard deviations and
/// points.
const CPU_USUAL_SD: f64 = 3.0;
const CPU_USUAL_POINTS: f64 = 5.0;
/// What is expected at least, for a band is a part of it.
const LEAST_CPU: f64 = 0.001;
/// Seconds of the stretch whose slope is looked at …
const SLOPE_S: i64 = 300;
/// … by values this many seconds apart.
const STEP_S: i64 = 20;
/// A slope must be so many times the steepest usual one (which fades by half in a day) …
const STEEP: f64 = 3.0;
const FADE_S: f64 = 86_400.0;
/// … and fill what is left within so many seconds: half a day to do something about it.
const SOON_S: f64 = 43_200.0;
/// What is full later than that is not worth a number: a slope of five minutes knows nothing of next week.
const LATEST_S: f64 = 172_800.0;
/// Slopes wait so many steps before they are usual: ten minutes, for what begins slowly would otherwise
/// be learnt faster than it is known.
const WAITING: usize = 30;
/// Points that it must have grown within the stretch.
const LEAST_POINTS: f64 = 1.0;
/// Values that tell a slope: half of the stretch.
const LEAST_VALUES: usize = 8;
/// It must have grown within this part of the minutes of the stretch, by steps of so many values: a process that takes
/// what it needs within a minute or two is no growth that goes on.
const RISING: f64 = 0.75;
const MINUTE: usize = 60 / STEP_S as usize;
/// Memory below this is told only where it will be full within so many seconds: there is time to look at it later.
const MEMORY_HALF: f64 = 50.0;
const VERY_SOON_S: f64 = 1800.0;
/// Above these parts of a hundred it is told whatever its slope.
const MEMORY_FULL: f64 = 95.0;
const DISK_FULL: f64 = 95.0;
/// Seconds before anything is said.
const WARM_S: i64 = 600;
/// Disks that are followed.
const DISKS: usize = 64;

/// See the module.
#[derive(Debug)]
pub(super) struct Host {
    cpu: Cpu,
    memory: Filling,
    disks: Keyed<Filling>,
    first: Option<Second>,
    /// What is usual is known from an earlier process.
    knows: bool,
}

/// What is known of the machine, and outlives the process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    /// Of the processor: the mean, the mean of squares, and the seconds of these.
    cpu: (f64, f64, f64),
    /// The steepest usual slopes, points a second.
    memory: f64,
    disks: Vec<(String, f64, i64, f64)>,
}

impl Default for Host {
    fn default() -> Self {
        Host {
            cpu: Cpu::default(),
            memory: Filling::default(),
            disks: Keyed::new(DISKS),
            first: None,
            knows: false,
        }
    }
}

impl Host {
    pub(super) fn tick(&mut self, input: &Input<'_>, out: &mut Out<'_>) {
        let second = input.second;
        let Some(point) = input.host else { return };
        let first = *self.first.get_or_insert(second);
        let warm = self.knows || second.0 - first.0 >= WARM_S;
        self.cpu.tick(second, point.cpu * 100.0, warm, out);
        let memory = Kept {
            kind: AnomalyKind::HostMemory,
            key: "memory",
            full: MEMORY_FULL,
            calm: MEMORY_HALF,
        };
        self.memory.tick(second, point.memory * 100.0, &memory, warm, out);
        for (n, disk) in (0u32..).zip(input.disks) {
            if disk.total == 0 {
                continue;
            }
            let used = disk.used as f64 / disk.total as f64 * 100.0;
            let is_open = |disk: &Filling| disk.episode.is_open();
            let name = (n, disk.mount);
            let place = self.disks.touch(name, second, 1.0, Filling::default, is_open);
            if let Some(place) = place {
                let kept = Kept {
                    kind: AnomalyKind::HostDisk,
                    key: disk.mount,
                    full: DISK_FULL,
                    calm: 0.0,
                };
                self.disks.get_mut(place).value.tick(second, used, &kept, warm, out);
            }
        }
    }

    pub(super) fn learnt(&self) -> Known {
        Known {
            cpu: (self.cpu.mean, self.cpu.square, self.cpu.seen_s),
            memory: self.memory.steepest,
            disks: self.disks.saved(|disk| Some(disk.steepest)),
        }
    }

    pub(super) fn restore(&mut self, known: Known) {
        let with = |steepest: f64| Filling { steepest, ..Filling::default() };
        self.knows = known.cpu.2 >= WARM_S as f64;
        (self.cpu.mean, self.cpu.square, self.cpu.seen_s) = known.cpu;
        self.memory = with(known.memory);
        self.disks.restore(known.disks, with);
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.cpu.episode.end(second, out);
        self.memory.episode.end(second, out);
        for disk in self.disks.entries_mut() {
            disk.value.episode.end(second, out);
        }
    }
}

#[derive(Debug, Default)]
struct Cpu {
    last: VecDeque<f64>,
    mean: f64,
    square: f64,
    seen_s: f64,
    since: Option<Second>,
    episode: Episode,
}

impl Cpu {
    fn tick(&mut self, second: Second, busy: f64, warm: bool, out: &mut Out<'_>) {
        self.last.push_back(busy);
        if self.last.len() > CPU_S {
            self.last.pop_front();
        }
        let now = self.last.iter().sum::<f64>() / self.last.len() as f64;
        let sd = (self.square - self.mean * self.mean).max(0.0).sqrt();
        let far = (CPU_SD * sd).max(CPU_POINTS);
        // What is left up to the limit; more than there is where that is as usual.
        let left = CPU_FULL - self.mean;
        let near = if left < CPU_POINTS { (CPU_USUAL_SD * sd).max(CPU_USUAL_POINTS) } else { 0.0 };
        let room = far.min(left).max(near);
        let score = if warm { (now - self.mean).max(0.0) / room } else { 0.0 };
        // A process that has just begun has too few seconds for a mean, whatever it knows.
        let score = if self.last.len() < CPU_S { 0.0 } else { score };
        // Half way up it has begun.
        if score < 0.5 {
            self.since = None;
        }
        let since = *self.since.get_or_insert(second);
        let about = About {
            kind: AnomalyKind::HostCpu,
            unit: Unit::Percent,
            site: None,
            key: Some("cpu"),
            rows: Rows::None,
        };
        self.episode.resume(second, &about, out);
        if score > 0.0 || self.episode.is_open() {
            let seconds = (second.0 - since.0 + 1) as f64;
            let expected = self.mean.max(LEAST_CPU);
            let look = Look {
                score,
                threshold: self.episode.threshold(second, 1.0),
                since,
                sums: Sums {
                    observed: now * seconds,
                    expected: expected * seconds,
                    weight: seconds,
                    ..Sums::default()
                },
                tick: Sums { observed: busy, expected, weight: 1.0, ..Sums::default() },
                spread: room.min(100.0 - self.mean) / expected,
                phi: 0.0,
                severity: if now > 95.0 && now - self.mean >= CPU_POINTS { 4 } else { 2 },
                knows: warm,
                held: false,
            };
            self.episode.step(second, &look, &about, out);
        }
        if score < 0.5 && !self.episode.is_open() {
            self.seen_s = (self.seen_s + 1.0).min(CPU_FOLLOW_S);
            self.mean += (now - self.mean) / self.seen_s;
            self.square += (now * now - self.square) / self.seen_s;
        }
    }
}

/// What fills.
struct Kept<'a> {
    kind: AnomalyKind,
    key: &'a str,
    /// From here on it is told whatever its slope.
    full: f64,
    /// Below this only what will be full very soon is told.
    calm: f64,
}

#[derive(Debug, Default)]
struct Filling {
    /// Every [`STEP_S`] seconds.
    values: VecDeque<f64>,
    step: i64,
    /// The steepest usual slope, points a second, and slopes that wait to be usual.
    steepest: f64,
    waiting: VecDeque<f64>,
    since: Option<Second>,
    episode: Episode,
    score: f64,
    slope: f64,
}

impl Filling {
    fn tick(&mut self, second: Second, used: f64, kept: &Kept<'_>, warm: bool, out: &mut Out<'_>) {
        let step = second.0.div_euclid(STEP_S);
        if step != self.step {
            self.step = step;
            self.values.push_back(used);
            if self.values.len() as i64 > SLOPE_S / STEP_S {
                self.values.pop_front();
            }
            self.judge(used, kept, warm);
        }
        if self.score < 0.5 {
            self.since = None;
        }
        let since = *self.since.get_or_insert(second);
        let about = About {
            kind: kept.kind,
            unit: Unit::Percent,
            site: None,
            key: Some(kept.key),
            rows: Rows::None,
        };
        let told = out.findings.len();
        self.episode.resume(second, &about, out);
        if self.score < 0.5 && !self.episode.is_open() {
            return;
        }
        let first = self.values.front().copied().unwrap_or(used);
        let look = Look {
            score: self.score,
            threshold: self.episode.threshold(second, 1.0),
            since,
            sums: Sums { observed: used, expected: first, weight: 1.0, ..Sums::default() },
            tick: Sums { observed: used, expected: first, weight: 1.0, ..Sums::default() },
            spread: 0.0,
            phi: 0.0,
            severity: match self.full_in_s(used).filter(|_| used >= kept.calm) {
                Some(s) if s < 3600.0 => 5,
                Some(s) if s < 4.0 * 3600.0 => 4,
                _ if used >= kept.full => 4,
                _ => 3,
            },
            knows: warm,
            held: false,
        };
        self.episode.step(second, &look, &about, out);
        let full_in_s = self.full_in_s(used).filter(|s| *s <= LATEST_S);
        out.findings.iter_mut().skip(told).for_each(|finding| finding.full_in_s = full_in_s);
    }

    /// Seconds until it is full, at the slope of the last minutes.
    fn full_in_s(&self, used: f64) -> Option<f64> {
        (self.slope > 0.0).then(|| (100.0 - used).max(0.0) / self.slope)
    }

    fn judge(&mut self, used: f64, kept: &Kept<'_>, warm: bool) {
        let seconds = (self.values.len().saturating_sub(1) as i64 * STEP_S) as f64;
        self.slope = slope(&self.values);
        let is_known = self.values.len() >= LEAST_VALUES;
        let limit = (STEEP * self.steepest).max(LEAST_POINTS / SLOPE_S as f64);
        let full_in_s = self.full_in_s(used).unwrap_or(f64::INFINITY);
        let grows = self.slope * seconds >= LEAST_POINTS && rises(&self.values, self.slope);
        let steep = if is_known && full_in_s <= SOON_S && grows { self.slope / limit } else { 0.0 };
        // What is too early to tell must not be usual by the time it is told.
        let is_unusual = steep >= 1.0;
        let steep = if used < kept.calm && full_in_s > VERY_SOON_S { 0.0 } else { steep };
        let hard = if used >= kept.full { 2.0 } else { 0.0 };
        self.score = if warm { steep.max(hard).min(4.0) } else { 0.0 };
        if self.episode.is_open() || self.score >= 1.0 || is_unusual {
            self.waiting.clear();
        } else if is_known {
            self.waiting.push_back(self.slope);
            if self.waiting.len() > WAITING {
                let slope = self.waiting.pop_front().unwrap_or_default();
                self.steepest *= (-(STEP_S as f64) / FADE_S).exp2();
                self.steepest = self.steepest.max(slope);
            }
        }
    }
}

/// Points a second, by Theil and Sen: the median of the slopes between any two values. Half of them may be off.
fn slope(values: &VecDeque<f64>) -> f64 {
    let later = |i: usize| values.iter().enumerate().skip(i + 1);
    let pairs = values.iter().enumerate().flat_map(|(i, from)| {
        later(i).map(move |(j, to)| (to - from) / ((j - i) as i64 * STEP_S) as f64)
    });
    let mut slopes: Vec<f64> = pairs.collect();
    let middle = slopes.len() / 2;
    if slopes.is_empty() {
        return 0.0;
    }
    *slopes.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Whether most minutes grew, by a quarter of what the slope says at least: noise is no growth. Minutes and not steps:
/// what is written is on a disk every half minute.
fn rises(values: &VecDeque<f64>, slope: f64) -> bool {
    let minutes = values.len().saturating_sub(MINUTE);
    let least = slope * (MINUTE as i64 * STEP_S) as f64 / 4.0;
    let rising = values.iter().zip(values.iter().skip(MINUTE)).filter(|(a, b)| *b - *a > least);
    minutes > 0 && rising.count() as f64 >= RISING * minutes as f64
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
