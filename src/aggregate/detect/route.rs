//! One page: its failing and refused requests, failed logins, times and bytes.

use serde::{Deserialize, Serialize};

use super::Unit;
use super::count::{Apart, Count};
use super::episode::{About, Look, Out, Rows, Step};
use super::errors::{REFUSED, severity, threshold};
use super::majority::Majority;
use super::rate::{self, Rate};
use super::refusers::{guesses, is_guess};
use super::routes::OfPath;
use super::times::Times;
use crate::aggregate::rollup::KeyCount;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Requests that a route must have had before its errors mean something.
const WARM_REQUESTS: f64 = 50.0;
/// Requests of the node before failed logins mean something.
const WARM_EXPOSED: f64 = 1000.0;
/// Failed logins are guesses where less than this part of them is of clients that were served before the
/// last ten minutes: those guess from many addresses that are new here, while after an outage of what checks
/// passwords the usual visitors try again.
const GUESSED: f64 = 0.5;
/// A tick, by which failed logins of late fade: by half in half a minute of a page that is asked for each
/// second.
const FADE: f64 = 0.977;
/// Nats, for times: they are heavier in their tails than the model has it.
pub(super) const SLOW: f64 = 16.0;
/// Seconds in which the two means of a route's bytes and times follow: what it sends now, and usually.
pub(super) const NOW_S: f64 = 20.0;
pub(super) const USUALLY_S: f64 = 3600.0;

/// One route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) failed: Count,
    pub(super) refused: Count,
    /// Only where a login ever failed.
    pub(super) denied: Option<Box<Denied>>,
    pub(super) slow: Times,
    pub(super) refusers: Majority,
    /// Bytes a second, now and usually.
    pub(super) bytes: (f64, f64),
    /// Seconds a second that its requests take as usual (as they did, where that is not known), now and usually.
    pub(super) busy: (f64, f64),
    pub(super) at: Second,
    /// Of this tick.
    pub(super) count: KeyCount,
    pub(super) refused_now: f64,
}

/// Failed logins.
#[derive(Debug)]
pub(super) struct Denied {
    count: Count,
    clients: Majority,
    now: f64,
    /// Of this tick, with those of clients that are told of: as rows have them.
    pub(super) all: f64,
    /// Of late, by half in [`FADE`] as of the last tick: all, and those of clients that were here before.
    late: f64,
    known: f64,
    /// What it is told as.
    kind: AnomalyKind,
    /// Whether they are forms that come back.
    returned: bool,
    /// Requests of the node that were counted when this was pushed last.
    pub(super) exposed: f64,
}

impl Denied {
    pub(super) fn new(rate: Rate, exposed: f64) -> Denied {
        Denied {
            count: Count::new(rate),
            clients: Majority::default(),
            now: 0.0,
            all: 0.0,
            late: 0.0,
            known: 0.0,
            kind: AnomalyKind::Bruteforce,
            returned: false,
            exposed,
        }
    }

    pub(super) fn push(&mut self, second: Second, of: &OfPath, is_known: bool) {
        self.now += of.n;
        self.late += of.n;
        self.known += if is_known { of.n } else { 0.0 };
        self.returned = of.returned;
        self.clients.push(second, of.client, of.n);
    }

    /// Takes in requests of its page that were refused, whoever they are of.
    pub(super) fn see(&mut self, status: u16, n: f64) {
        self.all += if is_guess(self.returned, status) { n } else { 0.0 };
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.count.end(second, out);
    }
}

/// What is known of a route, and outlives the process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    failed: rate::Known,
    refused: rate::Known,
    denied: Option<rate::Known>,
    slow: rate::Known,
}

impl Route {
    pub(super) fn new(failing: f64, at: Second) -> Route {
        // One error at the rate of the whole node, as far as nothing else is known of it.
        let rate = Rate::new(1.0, 1.0 / failing.clamp(1e-3, 0.1), 1.0);
        Route {
            failed: Count::of_many(rate.clone()),
            refused: Count::of_many(rate),
            denied: None,
            slow: Times::default(),
            refusers: Majority::default(),
            bytes: (0.0, 0.0),
            busy: (0.0, 0.0),
            at,
            count: KeyCount::default(),
            refused_now: 0.0,
        }
    }

    pub(super) fn of(known: Known) -> Route {
        let denied = known.denied.map(|known| Denied::new(Rate::of(known), 0.0));
        Route {
            failed: Count::of_many(Rate::of(known.failed)),
            refused: Count::of_many(Rate::of(known.refused)),
            denied: denied.map(Box::new),
            slow: Times::of(known.slow),
            ..Route::new(0.01, Second(0))
        }
    }

    pub(super) fn known(&self) -> Known {
        Known {
            failed: self.failed.known(),
            refused: self.refused.known(),
            denied: self.denied.as_ref().map(|denied| denied.count.known()),
            slow: self.slow.known(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.failed.is_open()
            || self.refused.is_open()
            || self.slow.is_open()
            || self.denied.as_ref().is_some_and(|denied| denied.count.is_open())
    }

    /// Moves the means of bytes and times on to `second`, which `self.count` is of.
    pub(super) fn send(&mut self, second: Second) {
        let fade = self.faded(second);
        self.at = second;
        let (n, seconds) = (self.count.timed as f64, self.count.time_us as f64 / 1e6);
        let bytes = self.count.bytes as f64;
        let busy = self.slow.usual().map_or(seconds, |usual| n * usual);
        for ((now, usually), sum) in [(&mut self.bytes, bytes), (&mut self.busy, busy)] {
            *now = *now * fade.0 + sum / NOW_S;
            *usually = *usually * fade.1 + sum / USUALLY_S;
        }
    }

    /// By how much the two means have faded by `second`.
    fn faded(&self, second: Second) -> (f64, f64) {
        let seconds = (second.0 - self.at.0).max(0) as f64;
        ((-seconds / NOW_S).exp(), (-seconds / USUALLY_S).exp())
    }

    /// Bytes a second above what is usual, as of `second`.
    pub(super) fn excess(&self, second: Second) -> f64 {
        let fade = self.faded(second);
        (self.bytes.0 * fade.0 - self.bytes.1 * fade.1).max(0.0)
    }

    /// `busy` as of `second`.
    pub(super) fn busy(&self, second: Second) -> (f64, f64) {
        let fade = self.faded(second);
        (self.busy.0 * fade.0, self.busy.1 * fade.1)
    }

    /// Its times; nothing begins while `hold` says that all pages are slow.
    pub(super) fn slow(
        &mut self,
        second: Second,
        (seconds, n): (f64, f64),
        name: &str,
        hold: bool,
        out: &mut Out<'_>,
    ) {
        if n == 0.0 && !self.slow.is_open() {
            return;
        }
        let mut look = self.slow.push(second, seconds, n, 1.0, SLOW);
        if hold {
            self.slow.hold(&mut look);
        }
        let about = About {
            kind: AnomalyKind::Latency,
            unit: Unit::S,
            site: None,
            key: Some(name),
            rows: Rows::Of("", Some(("route", name))),
        };
        self.slow.step(second, &look, &about, out);
    }

    /// The series of failing and of refused requests.
    pub(super) fn series(&self) -> [&Count; 2] {
        [&self.failed, &self.refused]
    }

    /// What is seen of failing and of refused requests in this tick; `known` says whether anything is known of the
    /// node's.
    pub(super) fn look(&mut self, second: Second, known: bool) -> [Look; 2] {
        let requests = self.count.requests as f64;
        let one = self.refusers.is_one();
        // Guesses, and what is of clients that are told of.
        let beside = (self.count.s4xx as f64 - self.refused_now).max(0.0);
        [
            (AnomalyKind::Errors5xx, &mut self.failed, (self.count.s5xx as f64, 0.0), false),
            (AnomalyKind::Errors4xx, &mut self.refused, (self.refused_now, beside), one),
        ]
        .map(|(kind, series, (n, beside), hold)| {
            let warm = series.rate().is_warm() && series.rate().exposure() >= WARM_REQUESTS;
            // As of the node, while of that nothing is known either.
            let warm = warm || !known && kind == AnomalyKind::Errors5xx;
            let threshold = threshold(kind, series, true);
            let apart = Apart { beside, told: None };
            let mut look = series.push_rest(second, (n, requests), apart, threshold, warm);
            if hold {
                series.hold(&mut look);
            }
            // Its part of the site's requests is not known here; of its own, half is not yet the worst.
            look.severity = severity(&look.sums, requests.max(1.0)).min(4);
            look
        })
    }

    /// Says what there is to say of what was seen, but for kinds that `holds` says are told elsewhere. Gives what was
    /// counted since the change point, by kind, where an anomaly began.
    pub(super) fn errors(
        &mut self,
        second: Second,
        mut looks: [Look; 2],
        name: &str,
        holds: [bool; 2],
        out: &mut Out<'_>,
    ) -> [f64; 2] {
        let mut begun = [0.0; 2];
        for (at, (kind, series, class)) in [
            (AnomalyKind::Errors5xx, &mut self.failed, "status:5xx"),
            (AnomalyKind::Errors4xx, &mut self.refused, "status:4xx"),
        ]
        .into_iter()
        .enumerate()
        {
            let look = &mut looks[at];
            if holds[at] {
                series.hold(look);
            }
            let about = About {
                kind,
                unit: Unit::PerS,
                site: None,
                key: Some(name),
                rows: Rows::Of(class, Some(("route", name))),
            };
            if series.step(second, look, &about, out) == Step::Opened {
                begun[at] = look.sums.observed;
            }
        }
        begun
    }

    /// Logins that fail at one page from many clients; those of one client are told of the client. Gives how
    /// many failed in this tick, where it is told.
    pub(super) fn denied(
        &mut self,
        second: Second,
        exposed: f64,
        name: &str,
        out: &mut Out<'_>,
    ) -> f64 {
        let Some(denied) = &mut self.denied else { return 0.0 };
        let n = std::mem::take(&mut denied.now);
        let exposure = exposed - std::mem::replace(&mut denied.exposed, exposed);
        // It began with what the node had seen until then.
        let warm = exposed >= WARM_EXPOSED;
        let beside = (std::mem::take(&mut denied.all) - n).max(0.0);
        let apart = Apart { beside, told: None };
        let mut look = denied.count.push_rest(second, (n, exposure), apart, REFUSED, warm);
        if denied.clients.is_one() {
            denied.count.hold(&mut look);
        }
        look.severity = if look.sums.observed > 5.0 * look.sums.weight { 4 } else { 3 };
        if !denied.count.is_open() {
            let guess = denied.known < GUESSED * denied.late;
            denied.kind = if guess { AnomalyKind::Bruteforce } else { AnomalyKind::Errors4xx };
        }
        (denied.late, denied.known) = (denied.late * FADE, denied.known * FADE);
        let about = About {
            kind: denied.kind,
            unit: Unit::PerS,
            site: None,
            key: Some(name),
            rows: Rows::Of(guesses(denied.returned), Some(("route", name))),
        };
        denied.count.step(second, &look, &about, out);
        let guesses = denied.count.is_open() && denied.kind == AnomalyKind::Bruteforce;
        if guesses { n } else { 0.0 }
    }
}
