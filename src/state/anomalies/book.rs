//! The book: what is unusual now and what was, oldest first, each with its incident.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::explain::{Look, Peak, counts_rows};
use super::incident::{Case, belongs, is_of_clients};
use super::parts::Parts;
use crate::aggregate::detect::Finding;
use crate::aggregate::forget::Forget;
use crate::aggregate::render::rfc3339;
use crate::aggregate::wire::{Anomaly, AnomalyCause, AnomalyKind, AnomalyPeak, AnomalyState};
use crate::vocab::time::Second;

/// Anomalies kept; the oldest that is over leaves first.
pub const MAX_KEPT: usize = 1_000;
/// The newest ones keep all their lines …
const FULL: usize = 100;
/// … the others so many.
const FEW_SAMPLES: usize = 3;
/// Seconds after its detection at which an anomaly is looked at closely: what little was there when it
/// was said says less than what came then. Once more at its end.
const LOOKS_S: [i64; 8] = [0, 4, 12, 40, 120, 360, 1_080, 3_240];
/// One that an earlier process left open is over if no detector has gone on with it in so many seconds from the first
/// tick on: as long as detectors wait for evidence of it.
const ORPHAN_S: i64 = 180;
/// A share that moved by less is not told anew.
const SHARE: f64 = 0.1;

/// One anomaly and what is known of it beside its shape for the world.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) anomaly: Anomaly,
    start_s: i64,
    detected_s: i64,
    end_s: Option<i64>,
    /// Of the detector of this process, as long as it goes on.
    #[serde(skip)]
    finding: Option<Finding>,
    /// How often it was looked at.
    looks: usize,
    #[serde(default)]
    parts: Parts,
}

impl Entry {
    fn is_open(&self) -> bool {
        self.end_s.is_none()
    }

    pub(super) fn start(&self) -> Second {
        Second(self.start_s)
    }

    /// `None` while it goes on.
    pub(super) fn end(&self) -> Option<Second> {
        self.end_s.map(Second)
    }

    fn case(&self) -> Case<'_> {
        Case { anomaly: &self.anomaly, start: Second(self.start_s), end: self.end_s.map(Second) }
    }

    /// The finding, where it is time to look at it closely.
    pub(super) fn due(&self, now: Second) -> Option<&Finding> {
        let finding = self.finding.as_ref()?;
        let next = LOOKS_S.get(self.looks);
        let due = !self.is_open() || next.is_some_and(|at| now.0 >= self.detected_s + at);
        due.then_some(finding)
    }

    /// Where it is, until somebody looks closely.
    pub(super) fn place(&mut self, place: Look) {
        if self.anomaly.explain.is_empty() {
            (self.anomaly.explain, self.parts) = (place.causes, place.parts);
            self.parts.write(&mut self.anomaly);
        }
    }

    /// Lets its rows be parts of what its number is now.
    pub(super) fn go_on(&mut self) {
        self.parts.write(&mut self.anomaly);
    }

    pub(super) fn is_first_look(&self) -> bool {
        self.looks == 0 && self.is_open()
    }

    /// Of a page whose rows are this site's: from now on it is of this one.
    pub(super) fn name_site(&mut self, site: String) {
        if let Some(finding) = &mut self.finding {
            finding.name_site(&site);
            self.anomaly.filter.clone_from(&finding.filter);
        }
        self.anomaly.site = Some(site);
    }

    /// Whether it is what an earlier process told of the same.
    fn is_left_of(&self, finding: &Finding) -> bool {
        let a = &self.anomaly;
        // The site of a page was found in its rows, which the detector does not see.
        let same_site = a.site == finding.site || a.key.is_some() && finding.site.is_none();
        let same = (a.kind, &a.key) == (finding.kind, &finding.key) && same_site;
        self.is_open() && self.finding.is_none() && same
    }

    /// Takes the worst second as the rows have it; true where that is another one than was told.
    pub(super) fn peaked(&mut self, peak: Option<Peak>) -> bool {
        let Some(Peak { second, value, is_whole }) = peak else { return false };
        let anomaly = &mut self.anomaly;
        let far = |value: f64| (value - anomaly.expected).abs();
        let peak = AnomalyPeak { time: rfc3339(second), value };
        let is_new = is_whole || far(value) > far(anomaly.peak.value);
        let moved = is_new && anomaly.peak != peak;
        if moved {
            anomaly.peak = peak;
        }
        moved
    }

    /// Takes what a look has found; true where that is worth telling.
    pub(super) fn looked(&mut self, look: Look, now: Second) -> bool {
        let next = LOOKS_S.iter().position(|at| now.0 < self.detected_s + at);
        self.looks = next.unwrap_or(LOOKS_S.len());
        if !self.is_open() {
            self.finding = None;
        }
        let old = &mut self.anomaly;
        let names = |causes: &[AnomalyCause]| -> Vec<(String, String)> {
            causes.iter().map(|c| (c.field.clone(), c.value.clone())).collect()
        };
        // What the window has lost says nothing: what was found while it was there stays.
        let causes = if look.causes.is_empty() {
            old.explain.clone()
        } else {
            self.parts = look.parts;
            look.causes
        };
        let moved = names(&causes) != names(&old.explain)
            || causes.iter().zip(&old.explain).any(|(a, b)| (a.share - b.share).abs() > SHARE);
        let more = look.samples.len() > old.samples.len();
        old.explain = causes;
        self.parts.write(old);
        if !look.samples.is_empty() && look.samples.len() >= old.samples.len() {
            old.samples = look.samples;
        }
        moved || more
    }
}

/// When this process began, and when its first second closed.
#[derive(Clone, Copy, Debug)]
struct Adopted {
    began: Second,
    first: Option<Second>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// By when they were said.
    entries: VecDeque<Entry>,
    /// What an earlier process left open may be gone on with.
    adopted: Option<Adopted>,
    /// Beside [`MAX_KEPT`].
    more_room: usize,
}

impl Book {
    /// Takes a client out of every anomaly and its lines; how many named it.
    pub(super) fn forget(&mut self, who: &Forget) -> u64 {
        let mut named = 0;
        for entry in &mut self.entries {
            // Its rows are looked for by it.
            entry.finding.iter_mut().for_each(|finding| finding.forget(who));
            let Ok(mut value) = serde_json::to_value(&entry.anomaly) else { continue };
            if who.value(&mut value)
                && let Ok(anomaly) = serde_json::from_value(value)
            {
                entry.anomaly = anomaly;
                named += 1;
            }
        }
        named
    }

    /// Whether another second is the worst of it than was so far.
    pub(super) fn is_new_peak(&self, finding: &Finding) -> bool {
        let mut findings = self.entries.iter().rev().filter_map(|entry| entry.finding.as_ref());
        findings.find(|known| known.id == finding.id).is_none_or(|f| f.peak != finding.peak)
    }

    /// When there were others of its kind, or clients misbehaved, that were over when it began.
    pub(super) fn over_before(&self, finding: &Finding) -> Vec<(Second, Second)> {
        let of_kind = |anomaly: &Anomaly| match finding.kind {
            AnomalyKind::Rule => anomaly.kind == finding.kind && anomaly.key == finding.key,
            kind => anomaly.kind == kind || is_of_clients(anomaly.kind),
        };
        let all = self.entries.iter().filter(|entry| of_kind(&entry.anomaly));
        let stretches = all.filter_map(|entry| {
            let calm = entry.finding.as_ref().and_then(|finding| finding.usual_since);
            Some((entry.start(), entry.end().or(calm)?))
        });
        stretches.filter(|(from, until)| from < until && *until <= finding.start).collect()
    }

    /// Takes a finding in, with its worst second where rows have it; the id of its anomaly.
    pub(super) fn take(&mut self, mut finding: Finding, peak: Option<Peak>) -> String {
        let same = |entry: &Entry| entry.finding.as_ref().is_some_and(|f| f.id == finding.id);
        let known = self.entries.iter().rposition(same);
        let known =
            known.or_else(|| self.entries.iter().rposition(|entry| entry.is_left_of(&finding)));
        match known.and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => {
                let first = entry.finding.is_none();
                if let (Some(site), None) = (&entry.anomaly.site, &finding.site) {
                    finding.name_site(site);
                }
                let told = finding.anomaly();
                let anomaly = &mut entry.anomaly;
                anomaly.state = match finding.state {
                    AnomalyState::Open if first => AnomalyState::Update,
                    state => state,
                };
                anomaly.severity = anomaly.severity.max(told.severity);
                // Who began anew has not seen the worst of what an earlier process saw. What a tick brought of rows is
                // no second's.
                let far = |peak: &AnomalyPeak| (peak.value - told.expected).abs();
                if !counts_rows(&finding) && far(&told.peak) > far(&anomaly.peak) {
                    anomaly.peak = told.peak;
                }
                anomaly.end = told.end;
                anomaly.usual_since = told.usual_since;
                anomaly.observed = match anomaly.kind {
                    // What it is told by is its worst.
                    AnomalyKind::Rule => anomaly.peak.value,
                    _ => told.observed,
                };
                anomaly.expected = told.expected;
                anomaly.apart = told.apart;
                (anomaly.low, anomaly.high) = (told.low, told.high);
                anomaly.full_in_s = told.full_in_s;
                anomaly.filter = told.filter;
                entry.end_s = finding.end.map(|end| end.0);
                let id = anomaly.id.clone();
                entry.finding = Some(finding);
                entry.peaked(peak);
                id
            }
            None => self.begin(finding, peak),
        }
    }

    fn begin(&mut self, finding: Finding, peak: Option<Peak>) -> String {
        let mut anomaly = finding.anomaly();
        if let Some(Peak { second, value, .. }) = peak {
            anomaly.peak = AnomalyPeak { time: rfc3339(second), value };
        }
        let wished = anomaly.id.clone();
        // The detectors of another process began to count anew.
        for n in 2.. {
            if self.get(&anomaly.id).is_none() {
                break;
            }
            anomaly.id = format!("{wished}-{n}");
        }
        anomaly.incident = anomaly.id.clone();
        let id = anomaly.id.clone();
        self.entries.push_back(Entry {
            start_s: finding.start.0,
            detected_s: finding.detected.0,
            end_s: finding.end.map(|end| end.0),
            anomaly,
            finding: Some(finding),
            looks: 0,
            parts: Parts::default(),
        });
        self.make_room();
        id
    }

    /// At least [`MAX_KEPT`].
    pub(super) fn set_room(&mut self, kept: usize) {
        self.more_room = kept.saturating_sub(MAX_KEPT);
    }

    fn make_room(&mut self) {
        while self.entries.len() > MAX_KEPT + self.more_room {
            // Open ones are few: a detector has a bound of its own.
            let at = self.entries.iter().position(|entry| !entry.is_open()).unwrap_or(0);
            self.entries.remove(at);
        }
        if let Some(at) = self.entries.len().checked_sub(FULL + 1)
            && let Some(entry) = self.entries.get_mut(at)
        {
            entry.anomaly.samples.truncate(FEW_SAMPLES);
        }
    }

    /// Finds the incident of an anomaly that has just been opened and looked at: the id of the root that
    /// became worse by it.
    pub(super) fn relate(&mut self, id: &str) -> Option<String> {
        let at = self.entries.iter().rposition(|entry| entry.anomaly.id == id)?;
        let new = self.entries.get(at)?;
        let roots = self.entries.iter().take(at).rev();
        let roots = roots.filter(|entry| entry.anomaly.incident == entry.anomaly.id);
        let root = roots.filter(|entry| entry.detected_s <= new.detected_s);
        let root = root.filter(|entry| belongs(&new.case(), &entry.case()));
        let root = root.into_iter().next()?.anomaly.id.clone();
        let severity = new.anomaly.severity;
        if let Some(new) = self.entries.get_mut(at) {
            new.anomaly.incident.clone_from(&root);
        }
        let entry = self.get_mut(&root)?;
        if entry.anomaly.severity >= severity {
            return None;
        }
        entry.anomaly.severity = severity;
        Some(root)
    }

    /// What an earlier process left open, in the first second of this one: who listens now has not heard of it.
    pub(super) fn adopted(&mut self, now: Second) -> Vec<String> {
        let Some(adopted) = self.adopted.as_mut().filter(|adopted| adopted.first.is_none()) else {
            return Vec::new();
        };
        adopted.first = Some(now);
        let open = self.entries.iter_mut().filter(|entry| entry.is_open());
        open.map(|entry| {
            entry.anomaly.state = AnomalyState::Update;
            entry.anomaly.id.clone()
        })
        .collect()
    }

    /// Ends what an earlier process left open and nothing has gone on with; their ids. A rule needs its span first, of
    /// which the longest one has `span_s`.
    pub(super) fn end_orphans(&mut self, now: Second, span_s: i64) -> Vec<String> {
        let Some(Adopted { began: end, first: Some(first) }) = self.adopted else {
            return Vec::new();
        };
        let passed_s = now.0 - first.0;
        if passed_s >= ORPHAN_S + span_s {
            self.adopted = None;
        }
        let is_due = |kind| match kind {
            AnomalyKind::Rule => passed_s >= ORPHAN_S + span_s,
            _ => passed_s >= ORPHAN_S,
        };
        let mut ended = Vec::new();
        let left = self.entries.iter_mut().filter(|e| e.is_open() && e.finding.is_none());
        for entry in left.filter(|entry| is_due(entry.anomaly.kind)) {
            entry.end_s = Some(end.0);
            entry.anomaly.end = Some(rfc3339(end));
            entry.anomaly.usual_since = None;
            entry.anomaly.state = AnomalyState::Closed;
            ended.push(entry.anomaly.id.clone());
        }
        ended
    }

    /// Goes on with what an earlier process kept; without what an earlier version left of secrets in its samples.
    pub(super) fn restore(&mut self, mut kept: Vec<Entry>, now: Second) {
        for sample in kept.iter_mut().flat_map(|entry| &mut entry.anomaly.samples) {
            sample.redact();
        }
        self.entries = kept.into_iter().map(|entry| Entry { finding: None, ..entry }).collect();
        self.make_room();
        self.adopted = Some(Adopted { began: now, first: None });
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    pub(super) fn open_entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(|entry| entry.is_open())
    }

    pub(super) fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.anomaly.id == id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.anomaly.id == id)
    }

    /// Those to look at closely now: first what was never looked at, and of that what nothing is known of.
    pub(super) fn due(&self, now: Second) -> Vec<String> {
        let mut due: Vec<(usize, bool, &str)> = self
            .entries
            .iter()
            .filter(|entry| entry.due(now).is_some())
            .map(|e| (e.looks, !e.anomaly.explain.is_empty(), e.anomaly.id.as_str()))
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(.., id)| id.to_owned()).collect()
    }

    pub(super) fn open_now(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_open()).count()
    }
}
