//! The life of one anomaly: when evidence makes it open, what it says while it lasts, when it is over.
//!
//! One that is open stays so until its evidence has been weak for a minute, so that one incident is told
//! once; one that comes back soon after it ended needs twice the evidence, so that a flapping number
//! does not ring every few minutes.

use super::why::{Journal, Seen, Verdict};
use super::{Finding, Unit};
use crate::aggregate::wire::{AnomalyKind, AnomalyState};
use crate::vocab::time::Second;

/// Seconds of weak evidence that end an anomaly.
const HOLD_S: i64 = 60;
/// Evidence below this part of the threshold is weak.
const WEAK: f64 = 0.35;
/// Seconds after the end in which twice the evidence is asked for.
const COOL_DOWN_S: i64 = 600;
/// Updates come at most this often.
const UPDATE_S: i64 = 5;
/// A stretch to compare with ends this long before the start and is this long.
const BASELINE_GAP_S: i64 = 60;
const BASELINE_S: i64 = 600;

/// Where findings go.
pub(super) struct Out<'a> {
    pub(super) next_id: &'a mut u64,
    pub(super) findings: Vec<Finding>,
    journal: &'a mut Journal,
}

impl<'a> Out<'a> {
    pub(super) fn new(next_id: &'a mut u64, journal: &'a mut Journal) -> Out<'a> {
        Out { next_id, findings: Vec::new(), journal }
    }
}

/// What a detector sees in one tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) score: f64,
    pub(super) threshold: f64,
    /// Where the change began if there is one.
    pub(super) since: Second,
    /// Means since then.
    pub(super) observed: f64,
    pub(super) expected: f64,
    /// Of this tick.
    pub(super) value: f64,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) severity: u8,
}

/// Who an episode is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) kind: AnomalyKind,
    pub(super) unit: Unit,
    pub(super) site: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    pub(super) filter: Option<&'a str>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Episode {
    open: Option<Box<Open>>,
    ended: Option<Second>,
}

#[derive(Clone, Debug)]
struct Open {
    finding: Finding,
    /// The last second with strong evidence.
    strong: Second,
    told: Second,
    changed: bool,
}

impl Episode {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes in one tick's look; true where the episode ended with it.
    pub(super) fn step(
        &mut self,
        second: Second,
        look: &Look,
        about: &About<'_>,
        out: &mut Out<'_>,
    ) -> bool {
        self.note(second, look, about, out);
        let Some(open) = &mut self.open else {
            let cooling = self.ended.is_some_and(|ended| second.0 - ended.0 < COOL_DOWN_S);
            let threshold = if cooling { 2.0 * look.threshold } else { look.threshold };
            if look.score >= threshold {
                self.begin(second, look, about, out);
            }
            return false;
        };
        if look.score > WEAK * look.threshold {
            open.strong = second;
            let finding = &mut open.finding;
            (finding.observed, finding.expected) = (look.observed, look.expected);
            (finding.low, finding.high) = (look.low, look.high);
            finding.severity = finding.severity.max(look.severity);
            open.changed = true;
        }
        let finding = &mut open.finding;
        let further = |value: f64| (value - finding.expected).abs();
        if further(look.value) > further(finding.peak.1) {
            finding.peak = (second, look.value);
            open.changed = true;
        }
        if second.0 - open.strong.0 >= HOLD_S {
            self.end(second, out);
            return true;
        }
        if open.changed && second.0 - open.told.0 >= UPDATE_S {
            open.told = second;
            open.changed = false;
            out.findings.push(Finding { state: AnomalyState::Update, ..open.finding.clone() });
        }
        false
    }

    /// Leaves in the journal what there was to see.
    fn note(&self, second: Second, look: &Look, about: &About<'_>, out: &mut Out<'_>) {
        let cooling = self.ended.is_some_and(|ended| second.0 - ended.0 < COOL_DOWN_S);
        let strong = look.score > WEAK * look.threshold;
        out.journal.note(|| Seen {
            kind: about.kind,
            site: about.site.map(str::to_owned),
            key: about.key.map(str::to_owned),
            observed: look.value,
            expected: look.expected,
            low: look.low,
            high: look.high,
            score: look.score,
            threshold: if cooling { 2.0 * look.threshold } else { look.threshold },
            verdict: match (&self.open, strong) {
                (Some(_), true) => Verdict::Unusual,
                (Some(_), false) => Verdict::Ending,
                (None, _) if look.score >= look.threshold && cooling => Verdict::CoolingDown,
                (None, _) => Verdict::Usual,
            },
        });
    }

    fn begin(&mut self, second: Second, look: &Look, about: &About<'_>, out: &mut Out<'_>) {
        let start = look.since.min(second);
        let id = *out.next_id;
        *out.next_id += 1;
        let until = start.plus(-BASELINE_GAP_S);
        let finding = Finding {
            id,
            kind: about.kind,
            site: about.site.map(str::to_owned),
            key: about.key.map(str::to_owned),
            state: AnomalyState::Open,
            start,
            detected: second,
            end: None,
            peak: (second, look.value),
            observed: look.observed,
            expected: look.expected,
            low: look.low,
            high: look.high,
            unit: about.unit,
            severity: look.severity.clamp(1, 5),
            filter: about.filter.map(str::to_owned),
            baseline: (until.plus(-BASELINE_S), until),
        };
        out.findings.push(finding.clone());
        let open = Open { finding, strong: second, told: second, changed: false };
        self.open = Some(Box::new(open));
    }

    /// Ends what is open.
    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        if let Some(open) = self.open.take() {
            self.ended = Some(second);
            let end = Some(open.strong.plus(1));
            out.findings.push(Finding { state: AnomalyState::Closed, end, ..open.finding });
        }
    }
}
