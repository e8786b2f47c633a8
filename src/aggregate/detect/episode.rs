//! The life of one anomaly: when evidence makes it open, what it says while it lasts, when it is over.
//!
//! One that is open stays so until its evidence has been weak for a minute, so that one incident is told
//! once; one that comes back soon after it ended needs twice the evidence, so that a flapping number
//! does not ring every few minutes.

use serde::{Deserialize, Serialize};

use super::ongoing::{Ongoing, RESUMED_S};
use super::why::{Journal, Seen, Verdict};
use super::{Finding, Unit, clause};
use crate::aggregate::forget::Forget;
use crate::aggregate::wire::{AnomalyKind, AnomalyState};
use crate::vocab::time::Second;

/// Seconds of weak evidence that end an anomaly.
const HOLD_S: i64 = 60;
/// Seconds without anything unusual after which that is said, and what had pauses is waited for so many of the longest.
const CALM_S: i64 = 15;
const PAUSES: i64 = 3;
/// Evidence below this part of the threshold is weak.
const WEAK: f64 = 0.35;
/// Nats by which what came since an incident's last second must be unlikely to be as usual, for the incident to have
/// gone on: of the strays of the minute after it, one in a hundred is.
const RESUMED: f64 = 5.0;
/// The rate of what fell is taken to be this part of the usual at least.
const LEAST_RATIO: f64 = 0.01;
/// A series by name leaves a note from this part of the threshold on.
pub(super) const NOTED: f64 = 0.1;
/// Seconds after the end in which twice the evidence is asked for, by [`Episode::threshold`].
const COOL_DOWN_S: i64 = 600;
/// Updates come at most this often.
const UPDATE_S: i64 = 5;
/// What lasts so long is the new normal, and ends as an anomaly: an hour, as [`super::rate`] learns it …
const NEW_NORMAL_S: i64 = 3600;
/// … and a day for what nobody should get used to: a full disk, a site that is gone.
const NEW_NORMAL_OF_STATES_S: i64 = 86_400;
/// A stretch to compare with ends this long before the start and is this long.
const BASELINE_GAP_S: i64 = 60;
const BASELINE_S: i64 = 600;

/// Where findings go.
pub(super) struct Out<'a> {
    next_id: &'a mut u64,
    pub(super) findings: Vec<Finding>,
    journal: &'a mut Journal,
    /// `None` where nothing outlives the process.
    ongoing: Option<&'a mut Ongoing>,
}

impl<'a> Out<'a> {
    pub(super) fn new(next_id: &'a mut u64, journal: &'a mut Journal) -> Out<'a> {
        Out { next_id, findings: Vec::new(), journal, ongoing: None }
    }

    pub(super) fn with(self, ongoing: &'a mut Ongoing) -> Out<'a> {
        Out { ongoing: Some(ongoing), ..self }
    }

    /// Ends what an earlier process left open and no series goes on with.
    pub(super) fn end_left(&mut self, second: Second) {
        let over = self.ongoing.as_mut().map(|ongoing| ongoing.over(second)).unwrap_or_default();
        for open in over {
            let id = self.id();
            self.findings.push(Finding { id, ..open.closed(second) });
        }
    }

    /// Whether there is any that no series has gone on with yet.
    pub(super) fn has_left(&self) -> bool {
        self.ongoing.as_ref().is_some_and(|ongoing| ongoing.has_left())
    }

    fn id(&mut self) -> u64 {
        let id = *self.next_id;
        *self.next_id += 1;
        id
    }

    fn keep(&mut self, open: &Open) {
        if let Some(ongoing) = &mut self.ongoing {
            ongoing.keep(open);
        }
    }
}

/// Something that has a mean: `observed` and `expected` in `weight` (seconds, requests); where a tick has no weight,
/// it adds to a sum that is told as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sums {
    pub(super) observed: f64,
    pub(super) expected: f64,
    pub(super) weight: f64,
    /// What came beside what was observed and is judged elsewhere: it is told with it, as rows have both.
    #[serde(default)]
    pub(super) apart: f64,
}

impl Sums {
    /// One of its sums for each of its weight.
    fn each(&self, sum: f64) -> f64 {
        if self.weight > 0.0 { sum / self.weight.max(1e-9) } else { sum }
    }

    /// Whether the incident that these are the sums of went on through a stretch behind it, rather than what came there
    /// was as usual: the more likely of the two, where the variance of what is counted is `phi` times its mean. Its last
    /// such second is the change point (the CUSUM's maximum), so an ordinary error some seconds behind an outage is not
    /// its end. What goes on at a lower rate counts, too, when there is enough of it.
    fn go_on(&self, stretch: &Sums, phi: f64) -> bool {
        if self.expected <= 0.0 || stretch.expected <= 0.0 {
            return true;
        }
        let likelihood =
            |ratio: f64| (stretch.observed * ratio.ln() - stretch.expected * (ratio - 1.0)) / phi;
        let is_up = self.observed > self.expected;
        let own = (stretch.observed / stretch.expected).max(LEAST_RATIO);
        likelihood((self.observed / self.expected).max(LEAST_RATIO)) >= 0.0
            || (own > 1.0) == is_up && likelihood(own) >= RESUMED
    }

    fn add(&mut self, other: &Sums) {
        self.observed += other.observed;
        self.expected += other.expected;
        self.weight += other.weight;
        self.apart += other.apart;
    }
}

/// What a detector sees in one tick.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub(super) score: f64,
    pub(super) threshold: f64,
    /// Where the change began if there is one.
    pub(super) since: Second,
    /// From there to now.
    pub(super) sums: Sums,
    /// Of this tick alone.
    pub(super) tick: Sums,
    /// How far from what is expected is still usual, as a part of it; 0 for no such bound.
    pub(super) spread: f64,
    /// How many times the variance of what is observed is its mean; 0 where it is no sum of many things that happen
    /// by chance, and the score alone says until when it went on.
    pub(super) phi: f64,
    pub(super) severity: u8,
    /// Enough was seen to know what is usual.
    pub(super) knows: bool,
    /// There was some evidence, which is told of something else.
    pub(super) held: bool,
}

impl Look {
    fn value(&self) -> f64 {
        self.tick.each(self.tick.observed + self.tick.apart)
    }

    /// Takes back what evidence there is, as it is told of something else.
    pub(super) fn hold(&mut self) {
        self.held |= self.is_notable();
        self.score = 0.0;
    }

    fn is_notable(&self) -> bool {
        self.score >= NOTED * self.threshold
    }
}

/// Who an episode is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) kind: AnomalyKind,
    pub(super) unit: Unit,
    pub(super) site: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    pub(super) rows: Rows<'a>,
}

/// The rows behind an anomaly, put into words only where one opens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows<'a> {
    /// Rows have no part in it.
    None,
    /// These statuses (empty: any) of this value of a word of the filter language (`None`: any).
    Of(&'a str, Option<(&'a str, &'a str)>),
}

impl Rows<'_> {
    fn filter(&self) -> Option<String> {
        match *self {
            Rows::None => None,
            Rows::Of(statuses, None) => Some(statuses.to_owned()),
            Rows::Of("", Some((word, value))) => Some(clause(word, value)),
            Rows::Of(statuses, Some((word, value))) => {
                Some(format!("{statuses} {}", clause(word, value)))
            }
        }
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    Opened,
    Ended,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Episode {
    open: Option<Box<Open>>,
    ended: Option<Second>,
    /// The worst second since there is evidence, until it opens.
    worst: Option<(Second, f64)>,
}

/// One that goes on; what is not kept over a restart says when something was, and begins anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Open {
    finding: Finding,
    /// The last second whose evidence reached the threshold, and which was rather the incident than as usual: it went on
    /// until then.
    last: Second,
    /// The last second with evidence that is not weak.
    #[serde(skip)]
    strong: Second,
    /// The longest time from one that reached it to the next.
    pause_s: i64,
    #[serde(skip)]
    told: Second,
    #[serde(skip)]
    changed: bool,
    /// From the start to `last`, and since then.
    sums: Sums,
    #[serde(skip)]
    pending: Sums,
    /// When this process went on with it, if an earlier one began it: what lies before was not seen.
    #[serde(skip)]
    resumed: Option<Second>,
}

impl Open {
    pub(super) fn id(&self) -> u64 {
        self.finding.id
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.finding.key.as_deref()
    }

    pub(super) fn filter(&self) -> Option<&str> {
        self.finding.filter.as_deref()
    }

    pub(super) fn last(&self) -> Second {
        self.last
    }

    /// Whether it is of this series; `of_all` where its rows and key are found when it opens.
    pub(super) fn is_of(&self, about: &About<'_>, of_all: bool) -> bool {
        let finding = &self.finding;
        let named = || {
            (finding.site.as_deref(), finding.key.as_deref()) == (about.site, about.key)
                && finding.filter == about.rows.filter()
        };
        finding.kind == about.kind && (of_all || named())
    }

    pub(super) fn is_finite(&self) -> bool {
        let Finding { peak, observed, expected, .. } = &self.finding;
        let sums = [self.sums.observed, self.sums.expected, self.sums.weight];
        [peak.1, *observed, *expected].iter().chain(&sums).all(|number| number.is_finite())
    }

    pub(super) fn forget(&mut self, who: &Forget) {
        self.finding.forget(who);
    }

    /// The last second of a stretch that was seen without a gap.
    fn seen(&self) -> Second {
        self.resumed.map_or(self.last, |resumed| self.last.max(resumed))
    }

    /// As it is when it is over by `second`.
    pub(super) fn closed(self, second: Second) -> Finding {
        let end = Some(self.last.min(second).plus(1));
        Finding { state: AnomalyState::Closed, end, usual_since: None, ..self.finding }
    }
}

impl Episode {
    /// Takes a client out of what is told of it from now on.
    pub(super) fn forget(&mut self, who: &Forget) {
        if let Some(open) = &mut self.open {
            open.forget(who);
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The threshold that holds now, where it is usually `base`.
    pub(super) fn threshold(&self, second: Second, base: f64) -> f64 {
        if self.open.is_none() && self.is_cooling(second) { 2.0 * base } else { base }
    }

    fn is_cooling(&self, second: Second) -> bool {
        self.ended.is_some_and(|ended| second.0 - ended.0 < COOL_DOWN_S)
    }

    /// Takes in one tick's look.
    pub(super) fn step(
        &mut self,
        second: Second,
        look: &Look,
        about: &About<'_>,
        out: &mut Out<'_>,
    ) -> Step {
        self.resume(second, about, out);
        self.note(second, look, about, out);
        let Some(open) = &mut self.open else {
            self.see(second, look);
            if look.score >= look.threshold {
                self.begin(second, look, about, out);
                return Step::Opened;
            }
            return Step::Nothing;
        };
        open.pending.add(&look.tick);
        if look.score > WEAK * look.threshold {
            open.strong = open.strong.max(second);
        }
        let seen = open.seen();
        let finding = &mut open.finding;
        // Evidence fades slowly after the end; only what goes the same way is still the incident.
        let ahead = |sums: &Sums| sums.observed > sums.expected;
        let goes_on = look.phi <= 0.0 || open.sums.go_on(&open.pending, look.phi);
        if look.score >= look.threshold && ahead(&look.tick) == ahead(&open.sums) && goes_on {
            open.pause_s = open.pause_s.max(second.0 - seen.0);
            open.last = second;
            finding.until = second.plus(1);
            finding.usual_since = None;
            open.sums.add(&std::mem::take(&mut open.pending));
            open.sums.mean(finding, look.spread);
            open.changed = true;
            let far = |value: f64| (value - finding.expected).abs();
            if far(look.value()) > far(finding.peak.1) {
                finding.peak = (second, look.value());
            }
            finding.severity = finding.severity.max(look.severity);
        }
        let calm_s = CALM_S.max(PAUSES * open.pause_s);
        let quiet_s = second.0 - open.last.max(seen).0;
        if passes(about.kind) && finding.usual_since.is_none() && quiet_s > calm_s {
            finding.usual_since = Some(open.last.plus(1));
            open.changed = true;
        }
        let normal_s = match about.kind {
            AnomalyKind::Silent | AnomalyKind::HostMemory | AnomalyKind::HostDisk => {
                NEW_NORMAL_OF_STATES_S
            }
            _ => NEW_NORMAL_S,
        };
        // What is learnt instead is learnt since then.
        let since = open.resumed.unwrap_or(finding.start);
        if second.0 - open.strong.0 >= HOLD_S || second.0 - since.0 >= normal_s {
            self.end(second, out);
            return Step::Ended;
        }
        if open.changed && second.0 - open.told.0 >= UPDATE_S {
            open.told = second;
            open.changed = false;
            out.findings.push(Finding { state: AnomalyState::Update, ..open.finding.clone() });
            out.keep(open);
        }
        Step::Nothing
    }

    /// Goes on with what an earlier process left open of this series; gives its start and sums where it does. It is
    /// said at once, for its number is another one now.
    pub(super) fn resume(
        &mut self,
        second: Second,
        about: &About<'_>,
        out: &mut Out<'_>,
    ) -> Option<(Second, Sums)> {
        if self.open.is_some() {
            return None;
        }
        let left = out.ongoing.as_mut()?.take(about)?;
        let finding = Finding { id: out.id(), state: AnomalyState::Open, ..left.finding };
        out.findings.push(finding.clone());
        let (start, sums) = (finding.start, left.sums);
        // It waits longer for evidence than one whose evidence was seen to fade.
        let strong = second.plus(RESUMED_S - HOLD_S);
        let (told, resumed) = (second, Some(second));
        let open = Open { finding, strong, told, resumed, ..left };
        out.keep(&open);
        self.open = Some(Box::new(open));
        Some((start, sums))
    }

    /// Remembers the worst second of what may be an incident.
    fn see(&mut self, second: Second, look: &Look) {
        let (value, expected) = (look.value(), look.tick.each(look.tick.expected));
        let is_up = look.sums.observed > look.sums.expected;
        // Evidence of one change point may be followed by that of a later one.
        let worst = self.worst.filter(|(at, _)| look.score > 0.0 && *at >= look.since);
        let is_worse = |before: f64| if is_up { value > before } else { value < before };
        let judged = look.tick.each(look.tick.observed);
        let is_worst = (judged > expected) == is_up && worst.is_none_or(|(_, w)| is_worse(w));
        self.worst = if is_worst && look.score > 0.0 { Some((second, value)) } else { worst };
    }

    /// Leaves in the journal what there was to see.
    fn note(&self, second: Second, look: &Look, about: &About<'_>, out: &mut Out<'_>) {
        let strong = look.score > WEAK * look.threshold;
        // Of the many series by name only those that have something to tell.
        if about.key.is_some() && !look.is_notable() && !look.held && !self.is_open() {
            return;
        }
        let verdict = match (&self.open, strong) {
            _ if look.score >= look.threshold => Verdict::Unusual,
            (Some(_), _) => Verdict::Ending,
            (None, true) if self.is_cooling(second) => Verdict::CoolingDown,
            (None, _) if look.held => Verdict::Elsewhere,
            (None, _) if !look.knows => Verdict::Learning,
            (None, _) => Verdict::Usual,
        };
        out.journal.note(|| {
            let expected = look.tick.each(look.tick.expected);
            let (low, high) = band(expected, look.spread);
            Seen {
                kind: about.kind,
                site: about.site.map(str::to_owned),
                key: about.key.map(str::to_owned),
                observed: look.value(),
                apart: look.tick.each(look.tick.apart).max(0.0),
                expected,
                low,
                high,
                unit: about.unit,
                score: look.score,
                threshold: look.threshold,
                verdict,
            }
        });
    }

    fn begin(&mut self, second: Second, look: &Look, about: &About<'_>, out: &mut Out<'_>) {
        // What ended is not told again, so that the same stretch is never two anomalies.
        let start = look.since.min(second).max(self.ended.unwrap_or(look.since.min(second)));
        let until = start.plus(-BASELINE_GAP_S);
        let mut finding = Finding {
            id: out.id(),
            kind: about.kind,
            site: about.site.map(str::to_owned),
            key: about.key.map(str::to_owned),
            state: AnomalyState::Open,
            start,
            detected: second,
            end: None,
            usual_since: None,
            until: second.plus(1),
            peak: self.worst.take().unwrap_or((second, look.value())),
            observed: 0.0,
            apart: 0.0,
            expected: 0.0,
            low: None,
            high: None,
            learning: !look.knows,
            unit: about.unit,
            full_in_s: None,
            severity: look.severity.clamp(1, 5),
            filter: about.rows.filter(),
            baseline: (until.plus(-BASELINE_S), until),
        };
        look.sums.mean(&mut finding, look.spread);
        out.findings.push(finding.clone());
        let open = Open {
            finding,
            last: second,
            strong: second,
            pause_s: 0,
            told: second,
            changed: false,
            sums: look.sums,
            pending: Sums::default(),
            resumed: None,
        };
        out.keep(&open);
        self.open = Some(Box::new(open));
    }

    /// Ends what is open.
    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        if let Some(open) = self.open.take() {
            self.ended = Some(second);
            if let Some(ongoing) = &mut out.ongoing {
                ongoing.ended(open.id());
            }
            out.findings.push(open.closed(second));
        }
    }
}

impl Sums {
    /// Writes the means into a finding.
    fn mean(&self, finding: &mut Finding, spread: f64) {
        finding.observed = self.each(self.observed + self.apart);
        finding.apart = self.each(self.apart).max(0.0);
        finding.expected = self.each(self.expected);
        (finding.low, finding.high) = band(finding.expected, spread);
    }
}

/// Whether seconds without more of it are as usual. A change of format is a moment, and what comes behind it is the new
/// one; what has filled up stays full.
fn passes(kind: AnomalyKind) -> bool {
    !matches!(kind, AnomalyKind::FormatDrift | AnomalyKind::HostMemory | AnomalyKind::HostDisk)
}

fn band(expected: f64, spread: f64) -> (Option<f64>, Option<f64>) {
    if spread <= 0.0 {
        return (None, None);
    }
    (Some((expected * (1.0 - spread)).max(0.0)), Some(expected * (1.0 + spread)))
}
