//! Anomalies of this node: the detectors, the book of what they said, and what is not to be told.
//!
//! [`Anomalies::close`] is called once a second, after the second has closed in the window, by the live
//! server, by a replay and by `report --anomalies` alike. It never waits, and reads the window only for
//! what has just begun, at growing distances while it lasts, and at its end.

mod book;
mod explain;
mod incident;
pub mod keep;
mod mutes;
mod parts;
mod rules;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::DateTime;
use serde::Serialize;

use self::book::Book;
pub use self::book::MAX_KEPT;
pub use self::explain::MAX_SAMPLES;
use self::incident::precedence;
use self::keep::Kept;
pub use self::mutes::{MAX_MUTES, Mutes, Wish};
use self::rules::Rules;
use super::live::{Closed, Live};
use crate::aggregate::detect::{Detector, DiskLoad, Drift, Finding, Input, Seen, TemplateCount};
use crate::aggregate::filter::{Filter, exactly};
use crate::aggregate::forget::Forget;
use crate::aggregate::rules::Named;
use crate::aggregate::wire::{Anomaly, AnomalyKind, AnomalyState, HostPoint, Mute};
use crate::vocab::time::Second;

/// Anomalies looked at closely in one tick; others wait for the next one.
const LOOKS_A_TICK: usize = 2;
/// Lines of an anomaly in a snapshot.
const SNAPSHOT_SAMPLES: usize = 3;
/// Anomalies that are over in a snapshot …
const SNAPSHOT_CLOSED: usize = 100;
/// … of the last day.
const SNAPSHOT_S: i64 = 86_400;

/// What a tick knows that is not in the window.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outside<'a> {
    pub host: Option<&'a HostPoint>,
    /// The load of the last minute.
    pub load: Option<f64>,
    pub disks: &'a [DiskLoad<'a>],
    pub drift: &'a [Drift<'a>],
}

/// How anomalies are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub enabled: bool,
    /// Whether a source that says nothing is silent: one that sends is, a file that was read is not.
    pub sources_send: bool,
    /// Anomalies kept.
    pub kept: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { enabled: true, sources_send: false, kept: MAX_KEPT }
    }
}

/// Numbers since start, for `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub open: usize,
    pub kept: usize,
    /// Anomalies that began.
    pub told: u64,
    /// Of these, those that a mute covered.
    pub muted: u64,
    pub mutes: usize,
    /// Time that the detectors and explanations took.
    pub spent: Duration,
}

/// An anomaly and all that follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    /// The root.
    #[serde(flatten)]
    pub anomaly: Anomaly,
    /// Its own kind first.
    pub kinds: Vec<AnomalyKind>,
    /// When the last of its anomalies was over: its root may be by far the first. Null while one goes on.
    pub until: Option<String>,
}

/// Which anomalies are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those that lasted in this range.
    pub from: Option<Second>,
    /// Exclusive.
    pub to: Option<Second>,
    /// Going on or over.
    pub open: Option<bool>,
    pub kind: Option<AnomalyKind>,
    pub site: Option<String>,
    /// Those that are about what it means.
    pub filter: Filter,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Anomalies {
    settings: Settings,
    /// The newest second that closed.
    now: Second,
    detector: Detector,
    rules: Rules,
    book: Book,
    mutes: Mutes,
    /// A mute was set or taken away since the last tick.
    mutes_changed: bool,
    told: u64,
    muted: u64,
    spent: Duration,
    changes: u64,
    learnt: bool,
}

impl Anomalies {
    #[must_use]
    pub fn new() -> Anomalies {
        Anomalies::default()
    }

    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
        self.book.set_room(settings.kept);
    }

    /// Judges by these rules too; `live` has to measure for the same ones ([`Live::watch`]).
    pub fn set_rules(&mut self, rules: &[Named]) {
        self.rules.set(rules);
    }

    /// Takes in the second that `live` has just closed; what began, changed or ended with it, each once
    /// and in its newest state, roots before what follows from them.
    pub fn close(&mut self, live: &Live, closed: &Closed, outside: &Outside<'_>) -> Vec<Anomaly> {
        let now = closed.second;
        self.now = now;
        let mut changed = Changes::default();
        self.book.adopted(now).into_iter().for_each(|id| changed.add(id));
        if !self.settings.enabled && self.rules.is_empty() {
            // What an earlier process left open ends all the same, and so do mutes.
            return self.settle(now, &[], changed);
        }
        let known = live.dictionaries().knowledge().templates();
        let templates = TemplateCount::all(&closed.templates, known);
        let input = Input {
            second: now,
            rollup: &closed.rollup,
            dictionaries: live.dictionaries(),
            host: outside.host,
            load: outside.load,
            disks: outside.disks,
            templates: &templates,
            drift: outside.drift,
            sources_send: self.settings.sources_send,
        };
        // Thresholds are the operator's own: they hold without detectors too.
        let mut findings =
            if self.settings.enabled { self.detector.tick(&input) } else { Vec::new() };
        findings.extend(self.rules.tick(live, closed));
        // A source before the sites that it carried.
        findings.sort_by_key(|f| (precedence(f.kind, f.key.is_some()), f.site.is_some(), f.id));
        let mut opened: Vec<String> = Vec::new();
        for finding in findings {
            let mut finding = finding;
            if of_lines(finding.kind) && finding.filter.is_none() {
                finding.filter = finding.key.as_ref().map(|text| exactly("template", text));
            }
            let begins = finding.state == AnomalyState::Open;
            let place = begins.then(|| explain::place(live, &finding)).flatten();
            let id = self.take(live, finding);
            if let (Some(place), Some(entry)) = (place, self.book.get_mut(&id)) {
                entry.place(place);
            }
            let is_new = self.book.get(&id).is_some_and(|e| e.anomaly.state == AnomalyState::Open);
            if begins && is_new {
                opened.push(id.clone());
            }
            changed.add(id);
        }
        self.look(live, now, &mut changed);
        for id in &opened {
            if let Some(worse) = self.book.relate(id) {
                changed.add(worse);
            }
        }
        self.settle(now, &opened, changed)
    }

    /// Takes a finding in; the id of its anomaly.
    fn take(&mut self, live: &Live, finding: Finding) -> String {
        let is_new = self.book.is_new_peak(&finding);
        let peak = is_new.then(|| explain::peak(live, &finding)).flatten();
        let id = self.book.take(finding, peak);
        if let Some(entry) = self.book.get_mut(&id) {
            entry.go_on();
        }
        id
    }

    /// What holds of a second whatever was found in it.
    fn settle(&mut self, now: Second, opened: &[String], mut changed: Changes) -> Vec<Anomaly> {
        let orphans = self.book.end_orphans(now, self.rules.longest_s());
        orphans.into_iter().for_each(|id| changed.add(id));
        self.mute(now, opened, &mut changed);
        self.tell(changed)
    }

    /// Looks closely at what is due.
    fn look(&mut self, live: &Live, now: Second, changed: &mut Changes) {
        for id in self.book.due(now).into_iter().take(LOOKS_A_TICK) {
            let Some(entry) = self.book.get_mut(&id) else { continue };
            let first = entry.due(now).filter(|_| entry.is_first_look());
            if let Some(site) = first.and_then(|finding| explain::site(live, finding)) {
                entry.name_site(site);
            }
            let Some(finding) = self.book.get(&id).and_then(|entry| entry.due(now)) else {
                continue;
            };
            let look = explain::look(live, finding, &self.book.over_before(finding));
            let peak = explain::peak(live, finding);
            let Some(entry) = self.book.get_mut(&id) else { continue };
            if entry.peaked(peak) | entry.looked(look, now) {
                changed.add(id);
            }
        }
    }

    fn mute(&mut self, now: Second, opened: &[String], changed: &mut Changes) {
        let again = self.mutes.age(now) | std::mem::take(&mut self.mutes_changed);
        let mutes = &self.mutes;
        for entry in self.book.open_entries() {
            let id = &entry.anomaly.id;
            if !again && !changed.ids.contains(id) {
                continue;
            }
            let muted = mutes.cover(&entry.anomaly);
            if muted != entry.anomaly.muted {
                entry.anomaly.muted = muted;
                changed.add(id.clone());
            }
        }
        for id in opened {
            self.told += 1;
            let muted = self.book.get(id).is_some_and(|entry| entry.anomaly.muted);
            self.muted += u64::from(muted);
        }
    }

    /// The changed ones as they are now; what was open before and goes on is an update.
    fn tell(&mut self, changed: Changes) -> Vec<Anomaly> {
        let mut told = Vec::with_capacity(changed.ids.len());
        for id in changed.ids {
            let Some(entry) = self.book.get_mut(&id) else { continue };
            told.push(entry.anomaly.clone());
            self.changes += u64::from(entry.anomaly.state != AnomalyState::Update);
            if entry.anomaly.state == AnomalyState::Open {
                entry.anomaly.state = AnomalyState::Update;
            }
        }
        told.sort_by_key(|anomaly| anomaly.incident != anomaly.id);
        told
    }

    /// Those that go on, and the newest that are over, oldest first, with few of their lines.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Anomaly> {
        let since = self.now.plus(-SNAPSHOT_S);
        let mut room = SNAPSHOT_CLOSED;
        let mut newest_first: Vec<Anomaly> = Vec::new();
        for entry in self.book.entries().rev() {
            let over = entry.end();
            if over.is_some_and(|end| end < since || room == 0) {
                continue;
            }
            room -= usize::from(over.is_some());
            let mut anomaly = entry.anomaly.clone();
            anomaly.samples.truncate(SNAPSHOT_SAMPLES);
            newest_first.push(anomaly);
        }
        newest_first.reverse();
        newest_first
    }

    /// Those asked for, oldest first, with all that is kept of them.
    #[must_use]
    pub fn list(&self, wanted: &Wanted) -> Vec<Anomaly> {
        let asked = self.book.entries().filter(|entry| {
            let anomaly = &entry.anomaly;
            wanted.from.is_none_or(|from| entry.end().is_none_or(|end| end >= from))
                && wanted.to.is_none_or(|to| entry.start() < to)
                && wanted.open.is_none_or(|open| entry.end().is_none() == open)
                && wanted.kind.is_none_or(|kind| anomaly.kind == kind)
                && wanted.site.as_ref().is_none_or(|site| anomaly.site.as_ref() == Some(site))
                && (wanted.filter.is_empty() || mutes::concerns(&wanted.filter, anomaly))
        });
        asked.map(|entry| entry.anomaly.clone()).collect()
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<Anomaly> {
        self.book.get(id).map(|entry| entry.anomaly.clone())
    }

    /// What each detector saw in the tick of `second`, and each rule in its span up to it.
    #[must_use]
    pub fn why(
        &self,
        live: &Live,
        second: Second,
        kind: Option<AnomalyKind>,
        key: Option<&str>,
    ) -> Vec<Seen> {
        let mut seen = self.detector.why(second, kind, key);
        if kind.is_none_or(|kind| kind == AnomalyKind::Rule) {
            seen.extend(self.rules.why(live, second, key));
        }
        seen
    }

    /// Sets a mute; `None` where there are too many. It holds from the next tick on.
    pub fn add_mute(&mut self, wish: Wish, now: Second) -> Option<Mute> {
        self.mutes_changed = true;
        self.changes += 1;
        self.mutes.add(wish, now)
    }

    /// True where there was one of this id.
    pub fn remove_mute(&mut self, id: &str) -> bool {
        self.mutes_changed = true;
        self.changes += 1;
        self.mutes.remove(id)
    }

    #[must_use]
    pub fn mutes(&self) -> Vec<Mute> {
        self.mutes.all()
    }

    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            open: self.book.open_now(),
            kept: self.book.entries().len(),
            told: self.told,
            muted: self.muted,
            mutes: self.mutes.len(),
            spent: self.spent,
        }
    }

    /// Each incident as its root, oldest first, with all kinds that are part of it.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        let mut incidents: Vec<Incident> = Vec::new();
        for entry in self.book.entries() {
            let anomaly = &entry.anomaly;
            // What it follows from may have left the book.
            let root =
                incidents.iter_mut().rev().find(|known| known.anomaly.id == anomaly.incident);
            match root.filter(|_| anomaly.incident != anomaly.id) {
                None => incidents.push(Incident {
                    anomaly: anomaly.clone(),
                    kinds: vec![anomaly.kind],
                    until: anomaly.end.clone(),
                }),
                Some(root) => {
                    // Times of one length in UTC: they are in order as texts.
                    let ends = root.until.take().zip(anomaly.end.clone());
                    root.until = ends.map(|(until, end)| until.max(end));
                    if !root.kinds.contains(&anomaly.kind) {
                        root.kinds.push(anomaly.kind);
                    }
                }
            }
        }
        incidents
    }

    /// Goes on with what others have learnt, and forgets what was learnt so far.
    pub fn learn_from(&mut self, others: &Anomalies) {
        self.changes += 1;
        self.learnt = self.detector.restore(others.detector.learnt().with_nothing_open());
    }

    /// Whether it began with what was learnt before.
    #[must_use]
    pub fn has_learnt(&self) -> bool {
        self.learnt
    }

    /// Ends what is open: the last thing before the end of a report.
    pub fn finish(&mut self, live: &Live, second: Second) -> Vec<Anomaly> {
        let mut changed = Changes::default();
        for finding in self.detector.finish(second).into_iter().chain(self.rules.finish()) {
            changed.add(self.take(live, finding));
        }
        self.look(live, second, &mut changed);
        self.tell(changed)
    }

    /// Grows with everything that is worth saving soon.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Notes how long a tick took.
    pub fn spent(&mut self, time: Duration) {
        self.spent += time;
    }

    /// What is worth keeping over a restart.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept {
            learnt: self.detector.learnt(),
            entries: self.book.entries().cloned().collect(),
            mutes: self.mutes.all(),
            templates: None,
            routes: None,
        }
    }

    /// Takes a client out of what is said, muted, judged and was learnt; how many anomalies, mutes and series
    /// named it.
    pub fn forget(&mut self, who: &Forget) -> u64 {
        self.rules.forget(who);
        let mutes = self.mutes.forget(who);
        self.mutes_changed |= mutes > 0;
        self.book.forget(who) + mutes + self.detector.forget_client(who)
    }

    /// Goes on with what an earlier process kept; false where its detectors were others, of which nothing
    /// was learnt then.
    pub fn restore(&mut self, kept: Kept, now: Second) -> bool {
        self.book.restore(kept.entries, now);
        self.mutes.restore(kept.mutes);
        self.learnt = self.detector.restore(kept.learnt);
        self.learnt
    }
}

/// Whether an anomaly is of the lines of error logs.
fn of_lines(kind: AnomalyKind) -> bool {
    matches!(kind, AnomalyKind::NewError | AnomalyKind::ErrorSurge)
}

/// Ids, each once, in the order in which they came.
#[derive(Debug, Default)]
struct Changes {
    ids: Vec<String>,
}

impl Changes {
    fn add(&mut self, id: String) {
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }
}

fn second_of(text: &str) -> Option<Second> {
    Some(Second(DateTime::parse_from_rfc3339(text).ok()?.timestamp()))
}
