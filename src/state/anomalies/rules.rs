//! The operator's thresholds among what is unusual: judged each tick, told as anomalies of kind `rule`.

use std::collections::VecDeque;

use crate::aggregate::detect::{Finding, Seen, Verdict};
use crate::aggregate::rules::{Firing, Judge, Named, Now};
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
}

#[derive(Debug)]
struct Watched {
    named: Named,
    judge: Judge,
    /// Of the firing that goes on.
    id: u64,
    /// When it was told last, and what is told of its size.
    said: Second,
    worst: Option<(Second, f64)>,
    /// What it saw in the last minutes, the oldest first.
    saw: VecDeque<(Second, Now)>,
}

impl Rules {
    pub(super) fn set(&mut self, rules: &[Named]) {
        let watched = rules.iter().map(|named| Watched {
            named: named.clone(),
            judge: Judge::new(named.rule.clone()),
            id: 0,
            said: Second(0),
            worst: None,
            saw: VecDeque::new(),
        });
        self.watched = watched.collect();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.watched.is_empty()
    }

    /// Which were broken by this second, are worse, or hold again.
    pub(super) fn tick(&mut self, live: &Live, closed: &Closed) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (watched, part) in self.watched.iter_mut().zip(&closed.parts) {
            let firing = watched.judge.tick(closed.second, *part);
            watched.remember(closed.second);
            let Some(firing) = firing else { continue };
            match firing.state {
                AnomalyState::Open => {
                    watched.id = FIRST_ID + self.next_id;
                    self.next_id += 1;
                }
                AnomalyState::Update if closed.second.0 - watched.said.0 < UPDATE_S => continue,
                AnomalyState::Update | AnomalyState::Closed => {}
            }
            watched.said = closed.second;
            findings.push(match firing.state {
                AnomalyState::Closed => watched.closed(&firing),
                _ => watched.told(live, &firing),
            });
        }
        findings
    }

    /// What each rule saw in the span up to `second`.
    pub(super) fn why(&self, live: &Live, second: Second, key: Option<&str>) -> Vec<Seen> {
        let asked = self.watched.iter().filter(|w| key.is_none_or(|key| key == w.named.name));
        let each = key.is_none();
        asked.filter_map(|watched| watched.why(live, second, each)).collect()
    }

    /// Ends what is open: the last thing before the end of a report.
    pub(super) fn finish(&mut self) -> Vec<Finding> {
        let ended = self.watched.iter_mut().filter_map(|watched| {
            let firing = watched.judge.open()?.clone();
            Some(watched.closed(&Firing { state: AnomalyState::Closed, ..firing }))
        });
        ended.collect()
    }
}

impl Watched {
    fn remember(&mut self, second: Second) {
        if self.saw.len() >= REMEMBERED {
            self.saw.pop_front();
        }
        self.saw.push_back((second, self.judge.now()));
    }

    /// `each` is asked by every page now and then: then long spans are not looked up in the window.
    fn why(&self, live: &Live, second: Second, each: bool) -> Option<Seen> {
        let (_, now) = self.saw.iter().rev().find(|(at, _)| *at == second)?;
        let rule = &self.named.rule;
        let is_quick = !each || rule.span_s <= LOOKED_UP_S;
        let looked_up = || {
            let found = if is_quick { live.quantile_of(rule, second) } else { None };
            found.map(|(_, value)| value)
        };
        let is_broken = now.broken == Some(true);
        let threshold = rule.threshold;
        Some(Seen {
            kind: AnomalyKind::Rule,
            site: rule.filter.only_site().map(str::to_owned),
            key: Some(self.named.name.clone()),
            observed: now.value.or_else(looked_up).unwrap_or(0.0),
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

    /// As it is now.
    fn told(&mut self, live: &Live, firing: &Firing) -> Finding {
        self.worst = firing.worst.or_else(|| live.quantile_of(&self.named.rule, firing.detected));
        self.finding(firing)
    }

    /// With the worst that was told of it: a quantile is not looked up for its end.
    fn closed(&mut self, firing: &Firing) -> Finding {
        self.worst = firing.worst.or(self.worst);
        self.finding(firing)
    }

    fn finding(&self, firing: &Firing) -> Finding {
        let (rule, worst) = (&self.named.rule, self.worst);
        let is_upper = rule.sign.is_upper();
        let peak = worst.unwrap_or((firing.detected, rule.threshold));
        Finding {
            id: self.id,
            kind: AnomalyKind::Rule,
            site: rule.filter.only_site().map(str::to_owned),
            key: Some(self.named.name.clone()),
            state: firing.state,
            start: firing.start,
            detected: firing.detected,
            end: (firing.state == AnomalyState::Closed).then_some(firing.end),
            peak,
            observed: peak.1,
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
