//! Failing requests (5xx) and refused ones (4xx) of the node or of one site.

use super::Unit;
use super::count::{Apart, Count};
use super::episode::{About, Look, Out, Rows, Sums};
use super::majority::Majority;
use super::rate::{Known, Rate};
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Nats. By simulation of a site with 4,000 errors a day chance reaches this once in ten days; of one
/// with more or fewer it does with what [`Count::busy`] adds.
pub(super) const FAILED: f64 = 10.5;
/// Nats that a site or a page needs beside what the node does, for there are many of them: about the
/// logarithm of their number, so that by chance all together cry as often as the node does (by
/// simulation of three sites and eighteen pages).
pub(super) const OF_MANY: f64 = 4.0;
/// The same of refusals, where the number of events says less: they come in swarms.
pub(super) const REFUSED_OF_MANY: f64 = 1.5;
/// Refusals come in swarms (a bot, a broken link), which the dispersion tells only in part.
pub(super) const REFUSED: f64 = 14.0;

/// Times the usual rate of errors at which something is broken.
const BROKEN: f64 = 10.0;

/// Kinds of errors.
pub(super) const KINDS: [AnomalyKind; 2] = [AnomalyKind::Errors5xx, AnomalyKind::Errors4xx];

/// Errors of a kind, of the node or of a site.
pub(super) fn about(kind: AnomalyKind, site: Option<&str>) -> About<'_> {
    let class = if kind == AnomalyKind::Errors5xx { "status:5xx" } else { "status:4xx" };
    let rows = Rows::Of(class, site.map(|site| ("site", site)));
    About { kind, unit: Unit::PerS, site, key: None, rows }
}

/// Errors to begin with: one of a hundred requests.
pub(super) fn first_rate() -> Rate {
    Rate::new(1.0, 100.0, 1.0)
}

/// See the module.
#[derive(Debug)]
pub(super) struct Errors {
    failed: Count,
    refused: Count,
    pub(super) refusers: Majority,
}

impl Default for Errors {
    fn default() -> Self {
        Errors {
            failed: Count::new(first_rate()),
            refused: Count::new(first_rate()),
            refusers: Majority::default(),
        }
    }
}

impl Errors {
    pub(super) fn of([failed, refused]: [Known; 2]) -> Errors {
        Errors {
            failed: Count::new(Rate::of(failed)),
            refused: Count::new(Rate::of(refused)),
            refusers: Majority::default(),
        }
    }

    pub(super) fn known(&self) -> [Known; 2] {
        [self.failed.known(), self.refused.known()]
    }

    /// What part of the requests usually fails, and whether that is known yet.
    pub(super) fn failing(&self) -> (f64, bool) {
        (self.failed.rate().mean(), self.failed.rate().is_warm())
    }

    pub(super) fn is_open(&self, kind: AnomalyKind) -> bool {
        self.series(kind).is_open()
    }

    /// The series of a kind.
    pub(super) fn series(&self, kind: AnomalyKind) -> &Count {
        if kind == AnomalyKind::Errors5xx { &self.failed } else { &self.refused }
    }

    pub(super) fn series_mut(&mut self, kind: AnomalyKind) -> &mut Count {
        if kind == AnomalyKind::Errors5xx { &mut self.failed } else { &mut self.refused }
    }

    /// Takes in one second of a kind: its errors (of refused requests, by nobody's guess), all requests, and what is judged
    /// elsewhere. Of one of many, or the node's.
    pub(super) fn look(
        &mut self,
        second: Second,
        kind: AnomalyKind,
        (numbers, apart): ((f64, f64), Apart),
        is_of_many: bool,
    ) -> Look {
        let is_failed = kind == AnomalyKind::Errors5xx;
        let is_one = !is_failed && self.refusers.is_one();
        let series = self.series_mut(kind);
        // What fails when the first line is read is no less an outage: until a rate is known, one of a
        // hundred is taken to be usual. Of what is refused nobody knows.
        let warm = series.rate().is_warm() || is_failed;
        let threshold = threshold(kind, series, is_of_many);
        let mut look = series.push_rest(second, numbers, apart, threshold, warm);
        if is_one {
            series.hold(&mut look);
        }
        let rest = numbers.1 - apart.told.map_or(0.0, |(_, requests)| requests);
        look.severity = severity(&look.sums, rest);
        look
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.failed.end(second, out);
        self.refused.end(second, out);
    }
}

/// Nats that a surge of a kind needs in this series, one of many or the node's.
pub(super) fn threshold(kind: AnomalyKind, count: &Count, is_of_many: bool) -> f64 {
    let many = |nats: f64| if is_of_many { nats } else { 0.0 };
    let nats = match kind {
        AnomalyKind::Errors5xx => FAILED + count.busy(many(OF_MANY)),
        _ => REFUSED + many(REFUSED_OF_MANY),
    };
    nats * count.rate().caution()
}

/// By the part of the requests that it hits, of some `requests` a second; what fails ten times as often as
/// usual is broken, though it be a small part.
pub(super) fn severity(sums: &Sums, requests: f64) -> u8 {
    let part = (sums.observed - sums.expected) / (sums.weight * requests).max(1.0);
    let is_broken = sums.observed >= BROKEN * sums.expected;
    match part {
        part if part > 0.5 => 5,
        part if part > 0.2 => 4,
        part if part > 0.05 || part > 0.01 && is_broken => 3,
        part if part > 0.01 => 2,
        _ => 1,
    }
}
