//! The operator's thresholds among what is unusual: judged each tick, told as anomalies of kind `rule`.

use std::collections::VecDeque;

use crate::aggregate::detect::{Finding, Seen, Verdict};
use crate::aggregate::forget::Forget;
use crate::aggregate::rules::{Firing, GroupPart, Groups, Judge, Named, Now, Part, Rule};
use crate::aggregate::wire::{AnomalyKind, AnomalyState};
use crate::state::live::{Closed, Live};
use crate::vocab::time::Second;

/// Between two updates of one that goes on: a quantile is looked up in the window for each.
const UPDATE_S: i64 = 10;
/// Seconds of a span that a quantile is looked up of for everybody who asks: some milliseconds.
const LOOKED_UP_S: u32 = 300;
/// Seconds whose values are remembered, to answer why a rule fired or did not: as many as of the detectors.
const REMEMBERED: usize = 600;
/// Far from the numbers that detectors give.
const FIRST_ID: u64 = 1 << 40;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rules {
    watched: Vec<Watched>,
    next_id: u64,
    /// Of rules that are gone; told with the next second.
    ended: Vec<Finding>,
}

#[derive(Debug)]
struct Watched {
    named: Named,
    judge: Judge,
    /// Instead of the judge, of a rule by site, client or path.
    groups: Option<Groups>,
    /// The firings that go on.
    told: Vec<Told>,
    /// What it saw in the last minutes, the oldest first.
    saw: VecDeque<Saw>,
}

/// What a rule saw at a second.
#[derive(Debug)]
struct Saw {
    second: Second,
    /// The site, client or path of which it is, the worst of them.
    group: Option<Box<str>>,
    now: Now,
}

/// Nobody is followed of whom there could be too much or too little.
const NOBODY: Now = Now { value: Some(0.0), broken: Some(false), open: false };

/// A firing that goes on.
#[derive(Debug)]
struct Told {
    id: u64,
    /// The site, client or path.
    group: Option<Box<str>>,
    /// When it was told last, and what is told of its size.
    said: Second,
    worst: Option<(Second, f64)>,
}

impl Rules {
    /// A rule that was there goes on with what it saw; what one that is gone has open, ends.
    pub(super) fn set(&mut self, rules: &[Named]) {
        let mut old = std::mem::take(&mut self.watched);
        let watched = rules.iter().map(|named| {
            let same = old.iter().position(|watched| watched.named == *named);
            same.map_or_else(|| Watched::new(named), |at| old.swap_remove(at))
        });
        self.watched = watched.collect();
        self.ended.extend(old.iter_mut().flat_map(Watched::finish));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.watched.is_empty() && self.ended.is_empty()
    }

    /// Seconds of the longest span.
    pub(super) fn longest_s(&self) -> i64 {
        self.watched.iter().map(|watched| i64::from(watched.named.rule.span_s)).max().unwrap_or(0)
    }

    /// Which were broken by this second, are worse, or hold again.
    pub(super) fn tick(&mut self, live: &Live, closed: &Closed) -> Vec<Finding> {
        let mut findings = std::mem::take(&mut self.ended);
        let parts = closed.parts.iter().zip(&closed.groups);
        for (watched, (part, groups)) in self.watched.iter_mut().zip(parts) {
            for (group, firing) in watched.judge(closed.second, *part, groups) {
                findings.extend(watched.tell(
                    live,
                    closed.second,
                    group,
                    &firing,
                    &mut self.next_id,
                ));
            }
        }
        findings
    }

    /// What each rule saw in the span up to `second`.
    pub(super) fn why(&self, live: &Live, second: Second, key: Option<&str>) -> Vec<Seen> {
        self.watched.iter().filter_map(|watched| watched.why(live, second, key)).collect()
    }

    /// Takes a client out of the values that rules are judged by; what goes on, goes on without its name.
    pub(super) fn forget(&mut self, who: &Forget) {
        self.ended.iter_mut().for_each(|finding| finding.forget(who));
        for watched in &mut self.watched {
            watched.groups.iter_mut().for_each(|groups| groups.forget_client(who));
            let told = watched.told.iter_mut().filter_map(|told| told.group.as_mut());
            let saw = watched.saw.iter_mut().filter_map(|saw| saw.group.as_mut());
            for group in told.chain(saw) {
                if let Some(new) = who.text(group) {
                    *group = new.into();
                }
            }
        }
    }

    /// Ends what is open: the last thing before the end of a report.
    pub(super) fn finish(&mut self) -> Vec<Finding> {
        self.watched.iter_mut().flat_map(Watched::finish).collect()
    }
}

impl Watched {
    fn new(named: &Named) -> Watched {
        Watched {
            named: named.clone(),
            judge: Judge::new(named.rule.clone()),
            groups: named.rule.by.map(|_| Groups::new(named.rule.clone())),
            told: Vec::new(),
            saw: VecDeque::new(),
        }
    }

    fn remember(&mut self, second: Second) {
        if self.saw.len() >= REMEMBERED {
            self.saw.pop_front();
        }
        let (group, now) = match &self.groups {
            None => (None, self.judge.now()),
            Some(groups) => match groups.worst() {
                None => (None, NOBODY),
                Some((group, now)) => (Some(group.into()), now),
            },
        };
        self.saw.push_back(Saw { second, group, now });
    }

    /// `key` is the name of a rule, or that of what it fires for. Without one every page asks now and then: then
    /// long spans are not looked up in the window.
    fn why(&self, live: &Live, second: Second, key: Option<&str>) -> Option<Seen> {
        let Saw { group, now, .. } = self.saw.iter().rev().find(|saw| saw.second == second)?;
        let rule = &self.rule_of(group.as_deref());
        let (site, shown) = self.about(rule, group.as_deref());
        if key.is_some_and(|key| key != self.named.name && key != shown) {
            return None;
        }
        let is_quick = key.is_some() || rule.span_s <= LOOKED_UP_S;
        let looked_up = || {
            let found = if is_quick { live.quantile_of(rule, second) } else { None };
            found.map(|(_, value)| value)
        };
        let is_broken = now.broken == Some(true);
        let threshold = rule.threshold;
        Some(Seen {
            kind: AnomalyKind::Rule,
            site,
            key: Some(shown),
            observed: now.value.or_else(looked_up).unwrap_or(0.0),
            apart: 0.0,
            expected: threshold,
            low: (!rule.sign.is_upper()).then_some(threshold),
            high: rule.sign.is_upper().then_some(threshold),
            unit: rule.unit(),
            // It is broken or it holds; there is nothing in between.
            score: f64::from(u8::from(is_broken)),
            threshold: 1.0,
            verdict: match (now.broken, now.open) {
                (None, _) => Verdict::Learning,
                (Some(true), _) => Verdict::Unusual,
                (Some(false), true) => Verdict::Ending,
                (Some(false), false) => Verdict::Usual,
            },
        })
    }

    fn judge(
        &mut self,
        second: Second,
        part: Part,
        groups: &[GroupPart],
    ) -> Vec<(Option<Box<str>>, Firing)> {
        if let Some(judges) = &mut self.groups {
            let said = judges.tick(second, groups);
            self.remember(second);
            return said.into_iter().map(|(group, firing)| (Some(group), firing)).collect();
        }
        let firing = self.judge.tick(second, part);
        self.remember(second);
        firing.into_iter().map(|firing| (None, firing)).collect()
    }

    fn tell(
        &mut self,
        live: &Live,
        second: Second,
        group: Option<Box<str>>,
        firing: &Firing,
        next_id: &mut u64,
    ) -> Option<Finding> {
        if firing.state == AnomalyState::Open {
            let id = FIRST_ID + *next_id;
            *next_id += 1;
            let (group, said) = (group.clone(), Second(0));
            self.told.push(Told { id, group, said, worst: None });
        }
        let at = self.told.iter().position(|told| told.group == group)?;
        let rule = self.rule_of(group.as_deref());
        let told = self.told.get_mut(at)?;
        let too_soon = second.0 - told.said.0 < UPDATE_S;
        if firing.state == AnomalyState::Update && too_soon {
            return None;
        }
        told.said = second;
        if firing.state == AnomalyState::Closed {
            // With the worst that was told of it: a quantile is not looked up for its end.
            let told = self.told.swap_remove(at);
            return Some(self.finding(&told, &rule, firing));
        }
        told.worst = firing.worst.or_else(|| live.quantile_of(&rule, firing.detected));
        self.told.get(at).map(|told| self.finding(told, &rule, firing))
    }

    fn finish(&mut self) -> Vec<Finding> {
        let told = std::mem::take(&mut self.told);
        let ended = told.iter().filter_map(|told| {
            let open = match (&self.groups, &told.group) {
                (Some(groups), Some(group)) => {
                    groups.open().find(|(name, _)| **name == **group).map(|(_, firing)| firing)
                }
                _ => self.judge.open(),
            };
            let firing = Firing { state: AnomalyState::Closed, ..open?.clone() };
            Some(self.finding(told, &self.rule_of(told.group.as_deref()), &firing))
        });
        ended.collect()
    }

    /// The rule of one value, where it is judged by that.
    fn rule_of(&self, group: Option<&str>) -> Rule {
        group.map_or_else(|| self.named.rule.clone(), |group| self.named.rule.of(group))
    }

    /// The site, and the key: a site is said as that; what else it is judged by stands behind the name.
    fn about(&self, rule: &Rule, group: Option<&str>) -> (Option<String>, String) {
        let name = &self.named.name;
        let site = rule.filter.only_site().map(str::to_owned);
        let behind = group.filter(|group| site.as_deref() != Some(*group));
        let key = behind.map_or_else(|| name.clone(), |group| format!("{name}: {group}"));
        (site, key)
    }

    fn finding(&self, told: &Told, rule: &Rule, firing: &Firing) -> Finding {
        let is_upper = rule.sign.is_upper();
        let worst = firing.worst.or(told.worst);
        let peak = worst.unwrap_or((firing.detected, rule.threshold));
        let (site, key) = self.about(rule, told.group.as_deref());
        Finding {
            id: told.id,
            kind: AnomalyKind::Rule,
            site,
            key: Some(key),
            state: firing.state,
            start: firing.start,
            detected: firing.detected,
            end: (firing.state == AnomalyState::Closed).then_some(firing.end),
            usual_since: None,
            until: firing.end,
            learning: false,
            peak,
            observed: peak.1,
            apart: 0.0,
            expected: rule.threshold,
            low: (!is_upper).then_some(rule.threshold),
            high: is_upper.then_some(rule.threshold),
            unit: rule.unit(),
            full_in_s: None,
            severity: self.named.severity,
            filter: Some(rule.filter.to_string()),
            baseline: (firing.start.plus(-i64::from(rule.span_s)), firing.start),
        }
    }
}
