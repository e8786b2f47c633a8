//! Numbers that have no detector of their own: visitors, caching, redirects, uploads, upstreams, the host's
//! network and load. Each is held against all that was seen of it (`record.rs`), in its own band.
//!
//! A record alone is no incident: of the ten thousand values of a day some are the largest yet. What is told
//! stayed outside of its band for two minutes, is large enough to matter, and is not the shadow of something
//! that another detector tells.

use serde::{Deserialize, Serialize};

use super::episode::{About, Episode, Look, Out, Rows, Step, Sums};
use super::record::Record;
use super::{Input, Unit};
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::list::Base;
use crate::aggregate::wire::{AnomalyKind, AnomalyState};
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Seconds of one value: the record knows enough after sixty, which are ten minutes.
const STEP_S: i64 = 10;
/// Values in a row that are outside before it is told: two minutes …
const CONFIRM: usize = 12;
/// … and inside before it is over.
const CALM: u32 = 6;
/// Values outside that are no news any more, when another detector tells why: an hour, after which it ends
/// its own (`episode.rs`). As long they are learnt then.
const ACCEPT: u32 = 360;
/// A series that left its band so often within some days is so: it is learnt while it is told.
const OFTEN: f64 = 1.5;
/// Seconds in which that counts half: two days, as a silence does.
const FADE_S: f64 = 172_800.0;
/// What another detector tells shadows these series for so many seconds at most …
const SHADOW_S: i64 = 3_600;
/// … and for so many beyond its end: evidence fades slowly, and so do means of a host.
const AFTER_S: i64 = 180;
/// Anomalies of others that are remembered.
const OTHERS: usize = 64;

/// One number.
#[derive(Debug)]
struct Named {
    /// The anomaly's key: a contract.
    name: &'static str,
    unit: Unit,
    /// The least difference from what is expected that matters, in `unit` …
    least: f64,
    /// … and how many times as much or as little, for amounts.
    ratio: f64,
    /// Requests (or seconds) that make a value; a mean of fewer says nothing.
    weight: f64,
    /// The rows behind it; `None` where counting rows does not say what changed.
    rows: Option<&'static str>,
}

const NAMED: [Named; 8] = [
    named("visitors", Unit::Count, 2.0, 1.6, 5.0, Some("")),
    named("bytes_in", Unit::BytesPerS, 10_000.0, 2.0, 5.0, None),
    named("upstream_time", Unit::S, 0.02, 1.6, 20.0, None),
    named("cache_hits", Unit::Percent, 12.0, 1.0, 50.0, None),
    named("redirects", Unit::Percent, 12.0, 1.0, 50.0, Some("status:3xx")),
    named("network_in", Unit::BytesPerS, 100_000.0, 2.0, 5.0, None),
    named("network_out", Unit::BytesPerS, 100_000.0, 2.0, 5.0, None),
    named("load", Unit::Count, 1.0, 2.0, 5.0, None),
];

const fn named(
    name: &'static str,
    unit: Unit,
    least: f64,
    ratio: f64,
    weight: f64,
    rows: Option<&'static str>,
) -> Named {
    Named { name, unit, least, ratio, weight, rows }
}

impl Named {
    /// Whether the difference is one that somebody would want to know of.
    fn matters(&self, value: f64, expected: f64) -> bool {
        let (less, more) = if value < expected { (value, expected) } else { (expected, value) };
        more - less >= self.least && more >= self.ratio * less
    }

    fn severity(&self, value: f64, expected: f64) -> u8 {
        let far = match self.unit {
            Unit::Percent => (value - expected).abs() >= 40.0,
            _ => value > 5.0 * expected || expected > 5.0 * value,
        };
        if far { 3 } else { 2 }
    }
}

/// Sum and weight of this tick for each of [`NAMED`].
type Readings = [(f64, f64); NAMED.len()];

/// What a cache answered without asking behind it: nginx's words, and Squid's and Varnish's, which have HIT
/// in them.
fn is_hit(status: &str) -> bool {
    status.contains("HIT") || matches!(status, "STALE" | "UPDATING" | "REVALIDATED" | "hit")
}

fn readings(input: &Input<'_>) -> Readings {
    let rollup = input.rollup;
    let cache = input.dictionaries.field(Field::Cache);
    let (mut hits, mut cached) = (0.0, 0.0);
    for (id, count) in rollup.counts(Base::Cache) {
        let status = if *id == ABSENT || *id == OTHER { continue } else { cache.text(*id) };
        cached += count.requests as f64;
        hits += if is_hit(status) { count.requests as f64 } else { 0.0 };
    }
    // 304 says that nothing changed, which is no other place.
    let elsewhere = |code: u16| matches!(code, 300..=303 | 305..=308);
    let redirects = rollup.codes.iter().filter(|(code, _)| elsewhere(*code));
    let redirects: f64 = redirects.map(|(_, n)| *n as f64).sum();
    let requests = rollup.requests as f64;
    let timed = rollup.upstream.total() as f64;
    let [median] = rollup.upstream.quantiles([0.5]);
    let host = input.host.map_or((0.0, 0.0, 0.0), |host| (host.rx, host.tx, 1.0));
    [
        (rollup.visitors.count() as f64, 1.0),
        (rollup.bytes_in as f64, 1.0),
        (median.unwrap_or(0.0) * timed, timed),
        (hits * 100.0, cached),
        (redirects * 100.0, requests),
        (host.0, host.2),
        (host.1, host.2),
        (input.load.unwrap_or(0.0), f64::from(u8::from(input.load.is_some()))),
    ]
}

/// What is known of one, and outlives the process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    record: Record,
    /// How often it was told of late, and as of when.
    times: f64,
    at: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Series {
    lines: [Line; NAMED.len()],
    step: i64,
    others: Others,
}

impl Series {
    /// Takes in one second, after all other detectors: of what they tell nothing is told here.
    pub(super) fn tick(&mut self, input: &Input<'_>, out: &mut Out<'_>) {
        let second = input.second;
        self.others.see(second, out);
        let step = second.0.div_euclid(STEP_S);
        let is_new = std::mem::replace(&mut self.step, step) != step;
        let shadowed = self.others.tell(second);
        for ((line, named), reading) in self.lines.iter_mut().zip(&NAMED).zip(readings(input)) {
            if is_new {
                line.judge(second, named, shadowed);
            }
            line.sum += reading.0;
            line.weight += reading.1;
            line.say(second, named, out);
        }
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for line in &mut self.lines {
            line.said(out, |episode, out| episode.end(second, out));
        }
    }

    pub(super) fn learnt(&self) -> Vec<(String, Known)> {
        let lines = NAMED.iter().zip(&self.lines);
        lines.map(|(named, line)| (named.name.to_owned(), line.known.clone())).collect()
    }

    pub(super) fn restore(&mut self, learnt: Vec<(String, Known)>) {
        for (name, known) in learnt {
            if let Some(at) = NAMED.iter().position(|named| named.name == name) {
                self.lines[at] = Line { known, ..Line::default() };
            }
        }
    }
}

/// The band as it was before, against which what is outside is held.
#[derive(Clone, Copy, Debug)]
struct Band {
    expected: f64,
    low: f64,
    high: f64,
}

impl Band {
    fn is_outside(&self, value: f64, named: &Named) -> bool {
        // Right after a step what is expected may be no value that is usual: then nothing is known.
        let known = (self.low..=self.high).contains(&self.expected);
        known && !(self.low..=self.high).contains(&value) && named.matters(value, self.expected)
    }

    /// How far out, 1 at the edge.
    fn score(&self, value: f64) -> f64 {
        let room = (self.high - self.low).max(f64::MIN_POSITIVE) / 2.0;
        let far = (value - (self.low + self.high) / 2.0).abs() / room;
        if far.is_finite() { far } else { 0.0 }
    }
}

/// One series.
#[derive(Debug, Default)]
struct Line {
    known: Known,
    /// Of the value that is gathered.
    sum: f64,
    weight: f64,
    /// The last value that was gathered, and its band.
    last: Option<(f64, Band)>,
    /// Since when it is outside of the band before.
    outside: Option<(Second, Band)>,
    /// The values outside since then, until it is told.
    pending: Vec<f64>,
    inside: u32,
    /// Values outside in a row, and those left to be learnt as they come.
    out: u32,
    accept: u32,
    episode: Episode,
}

impl Line {
    /// Takes in the value that was gathered up to `second`.
    fn judge(&mut self, second: Second, named: &Named, shadowed: bool) {
        let (sum, weight) = (std::mem::take(&mut self.sum), std::mem::take(&mut self.weight));
        if weight < named.weight {
            return;
        }
        let value = sum / weight;
        let mut next = self.known.record.clone();
        let judged = next.push(second, value);
        let now = Band {
            expected: judged.expected,
            low: judged.low.unwrap_or(f64::NEG_INFINITY),
            high: judged.high.unwrap_or(f64::INFINITY),
        };
        let band = self.outside.map_or(now, |(_, band)| band);
        self.last = Some((value, band));
        let is_outside = band.is_outside(value, named) && self.accept == 0;
        self.accept = self.accept.saturating_sub(1);
        if !is_outside {
            self.calm(second, value);
            return;
        }
        self.inside = 0;
        self.out += 1;
        if self.episode.is_open() {
            // An earlier process began it, and knew the band.
            self.outside.get_or_insert((second.plus(-STEP_S), now));
            if self.known.times >= OFTEN {
                self.learn(second, value);
            }
        } else if shadowed {
            (self.outside, self.accept) = (None, if self.out >= ACCEPT { ACCEPT } else { 0 });
            self.pending.clear();
        } else {
            self.outside.get_or_insert((second.plus(-STEP_S), now));
            self.pending.push(value);
            self.pending.truncate(CONFIRM);
        }
    }

    /// It is as usual. What was outside for a moment is not learnt: it would move what is expected, and
    /// then the way back is unusual.
    fn calm(&mut self, second: Second, value: f64) {
        self.out = 0;
        self.inside += 1;
        if !self.episode.is_open() {
            self.pending.clear();
            self.outside = None;
        }
        self.learn(second, value);
    }

    fn learn(&mut self, second: Second, value: f64) {
        self.known.record.push(second, value);
    }

    /// Steps the anomaly, if there is something to tell.
    fn say(&mut self, second: Second, named: &Named, out: &mut Out<'_>) {
        let about = About {
            kind: AnomalyKind::Series,
            unit: named.unit,
            site: None,
            key: Some(named.name),
            rows: named.rows.map_or(Rows::None, |statuses| Rows::Of(statuses, None)),
        };
        self.episode.resume(second, &about, out);
        let Some((value, band)) = self.last else { return };
        if self.outside.is_none() && !self.episode.is_open() {
            return;
        }
        let since = self.outside.map_or(second, |(since, _)| since);
        let confirmed = self.pending.len() >= CONFIRM;
        let goes_on = self.episode.is_open() && self.inside == 0;
        let threshold = self.episode.threshold(second, 1.0);
        let score = match (goes_on || confirmed, self.inside) {
            (true, _) => band.score(value).max(1.0),
            // It may come back.
            (false, inside) if self.episode.is_open() && inside < CALM => 0.5,
            _ => 0.0,
        };
        let seconds = (second.0 - since.0 + 1).max(1) as f64;
        let held = self.pending.iter().sum::<f64>() / (self.pending.len() as f64).max(1.0);
        let look = Look {
            score,
            threshold,
            since,
            sums: Sums {
                observed: held * seconds,
                expected: band.expected * seconds,
                weight: seconds,
                ..Sums::default()
            },
            tick: Sums { observed: value, expected: band.expected, weight: 1.0, ..Sums::default() },
            spread: 0.0,
            phi: 0.0,
            severity: named.severity(value, band.expected),
            knows: true,
            held: false,
        };
        let mut step = Step::Nothing;
        self.said(out, |episode, out| step = episode.step(second, &look, &about, out));
        match step {
            Step::Opened => {
                let age = (second.0 - self.known.at).max(0) as f64;
                self.known.times = self.known.times * (-age / FADE_S).exp2() + 1.0;
                self.known.at = second.0;
                self.pending.clear();
            }
            Step::Ended => {
                // It lasts: that is how it is from now on.
                self.accept = if self.inside == 0 { ACCEPT } else { 0 };
                (self.outside, self.inside) = (None, 0);
            }
            Step::Nothing => {}
        }
    }

    /// What is said has the band, which is not as far below what is expected as above.
    fn said(&mut self, out: &mut Out<'_>, step: impl FnOnce(&mut Episode, &mut Out<'_>)) {
        let before = out.findings.len();
        step(&mut self.episode, out);
        let Some((_, band)) = self.outside else { return };
        for finding in out.findings.iter_mut().skip(before) {
            finding.low = Some(band.low).filter(|low| low.is_finite());
            finding.high = Some(band.high).filter(|high| high.is_finite());
        }
    }
}

/// What other detectors tell: these numbers follow from it.
#[derive(Debug, Default)]
struct Others {
    open: Vec<(u64, Second)>,
    ended: Option<Second>,
}

impl Others {
    fn see(&mut self, second: Second, out: &Out<'_>) {
        for finding in &out.findings {
            if !casts_shadow(finding.kind) {
                continue;
            }
            match finding.state {
                AnomalyState::Open if self.open.len() < OTHERS => {
                    self.open.push((finding.id, second));
                }
                AnomalyState::Closed => {
                    self.open.retain(|(id, _)| *id != finding.id);
                    self.ended = Some(second);
                }
                AnomalyState::Open | AnomalyState::Update => {}
            }
        }
    }

    fn tell(&self, second: Second) -> bool {
        self.open.iter().any(|(_, at)| second.0 - at.0 < SHADOW_S)
            || self.ended.is_some_and(|at| second.0 - at.0 < AFTER_S)
    }
}

fn casts_shadow(kind: AnomalyKind) -> bool {
    !matches!(
        kind,
        AnomalyKind::Series
            | AnomalyKind::NewError
            | AnomalyKind::ErrorSurge
            | AnomalyKind::FormatDrift
            | AnomalyKind::HostDisk
            | AnomalyKind::HostMemory
            | AnomalyKind::Rule
    )
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
