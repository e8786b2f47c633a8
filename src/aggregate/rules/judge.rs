//! Sums a rule's seconds over its span, and says when it begins and ends to be broken.

use std::collections::VecDeque;

use super::{Measure, Part, Rule};
use crate::aggregate::wire::AnomalyState;
use crate::vocab::time::Second;

/// A broken rule is over when it has held again for as long as its span, but at least …
const CALM_LEAST_S: u32 = 10;
/// … and at most so long: a flapping measure is one alarm, and its end is still told soon.
const CALM_MOST_S: u32 = 300;

/// One time a rule was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    pub state: AnomalyState,
    /// The first second of what breaks it.
    pub start: Second,
    /// When it was broken first.
    pub detected: Second,
    /// The second after the last in which it was broken; while it goes on, the one after now.
    pub end: Second,
    /// The worst value, and when; `None` where only its side of the threshold is known: a quantile.
    pub worst: Option<(Second, f64)>,
}

/// What a rule sees at one second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Now {
    /// `None` where only its side of the threshold is known: a quantile.
    pub value: Option<f64>,
    /// `None` while the span is not whole.
    pub broken: Option<bool>,
    /// It was broken, and that is not over.
    pub open: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Judge {
    rule: Rule,
    /// The span's seconds, the oldest first.
    seconds: VecDeque<Part>,
    sum: Part,
    last: Option<Second>,
    open: Option<Firing>,
}

impl Judge {
    #[must_use]
    pub fn new(rule: Rule) -> Judge {
        Judge { rule, seconds: VecDeque::new(), sum: Part::default(), last: None, open: None }
    }

    /// Takes in one second; where it changes something, the firing as it is now: begun, worse, or over.
    /// A second that does not follow the last one begins anew, for what lies between is unknown.
    pub fn tick(&mut self, second: Second, part: Part) -> Option<Firing> {
        if self.last.is_some_and(|last| last.plus(1) != second) {
            self.seconds.clear();
            self.sum = Part::default();
        }
        self.last = Some(second);
        self.sum.add(part);
        self.seconds.push_back(part);
        if self.seconds.len() > self.rule.span_s as usize
            && let Some(old) = self.seconds.pop_front()
        {
            self.sum.take(old);
        }
        if self.is_broken() { self.broken(second) } else { self.held(second) }
    }

    /// Takes in the seconds from `from` to before `to`, in which nothing happened; gives what ended or began.
    /// However many they are, it takes no longer than the span and the calm after it.
    pub fn nothing(&mut self, from: Second, to: Second) -> Vec<Firing> {
        let mut changed = Vec::new();
        let settled = i64::from(self.rule.span_s) + i64::from(CALM_MOST_S) + 1;
        let mut second = from;
        while second < to && second.0 - from.0 < settled {
            changed.extend(self.tick(second, Part::default()));
            second = second.plus(1);
        }
        if second < to {
            self.last = Some(to.plus(-1));
            if let Some(open) = &mut self.open {
                open.end = to;
            }
        }
        changed
    }

    /// What the span up to the last second says.
    #[must_use]
    pub fn now(&self) -> Now {
        let known = if self.can_tell() { Some(self.is_broken()) } else { None };
        Now { value: self.value(), broken: known, open: self.open.is_some() }
    }

    /// What goes on, as of the last second.
    #[must_use]
    pub fn open(&self) -> Option<&Firing> {
        self.open.as_ref()
    }

    /// Of a share, a quantile or too little of something nothing is said before the span is whole; too much
    /// stays too much.
    fn can_tell(&self) -> bool {
        let is_sum = matches!(self.rule.measure, Measure::Count | Measure::Bytes);
        self.is_full() || (is_sum && self.rule.sign.is_upper())
    }

    fn is_full(&self) -> bool {
        self.seconds.len() == self.rule.span_s as usize
    }

    /// Whether the span that ends now breaks the rule.
    fn is_broken(&self) -> bool {
        let Part { measured, whole } = self.sum;
        let (rule, sign) = (&self.rule, self.rule.sign);
        if !self.can_tell() {
            return false;
        }
        match rule.measure {
            Measure::Count | Measure::Bytes => sign.holds(measured as f64, self.limit()),
            _ if whole < rule.least => false,
            Measure::Rate => sign.holds(measured as f64 * 100.0, rule.threshold * whole as f64),
            // By nearest rank the quantile is on the far side if fewer than its rank are on the near one.
            Measure::Latency(thousandths) => {
                let rank = (whole * u64::from(thousandths)).div_ceil(1000).max(1);
                (whole - measured < rank) == sign.is_upper()
            }
        }
    }

    /// The threshold of a whole span.
    fn limit(&self) -> f64 {
        let spans = if self.rule.per_s { f64::from(self.rule.span_s) } else { 1.0 };
        self.rule.threshold * spans
    }

    fn value(&self) -> Option<f64> {
        let Part { measured, whole } = self.sum;
        match self.rule.measure {
            Measure::Count if self.rule.per_s => {
                Some(measured as f64 / f64::from(self.rule.span_s))
            }
            Measure::Count | Measure::Bytes => Some(measured as f64),
            Measure::Rate => Some(measured as f64 * 100.0 / whole.max(1) as f64),
            Measure::Latency(_) => None,
        }
    }

    fn broken(&mut self, second: Second) -> Option<Firing> {
        let value = self.value().map(|value| (second, value));
        let start = self.start(second);
        let is_upper = self.rule.sign.is_upper();
        let Some(open) = &mut self.open else {
            let firing = Firing {
                state: AnomalyState::Open,
                start,
                detected: second,
                end: second.plus(1),
                worst: value,
            };
            self.open = Some(Firing { state: AnomalyState::Update, ..firing.clone() });
            return Some(firing);
        };
        open.end = second.plus(1);
        let (Some((_, worst)), Some((_, now))) = (open.worst, value) else { return None };
        let worse = if is_upper { now > worst } else { now < worst };
        if !worse {
            return None;
        }
        open.worst = value;
        Some(open.clone())
    }

    fn held(&mut self, second: Second) -> Option<Firing> {
        let calm = self.rule.span_s.clamp(CALM_LEAST_S, CALM_MOST_S);
        let over = self.open.take_if(|open| second.0 - open.end.0 + 1 >= i64::from(calm))?;
        Some(Firing { state: AnomalyState::Closed, ..over })
    }

    /// Of too much, the first second of the shortest stretch up to now that is too much by itself for
    /// the whole span; of too little, the span's first second.
    fn start(&self, now: Second) -> Second {
        let back = |seconds: usize| now.plus(1 - seconds as i64);
        let enough = match self.rule.measure {
            _ if !self.rule.sign.is_upper() => return back(self.seconds.len()),
            Measure::Count | Measure::Bytes => self.limit(),
            Measure::Rate => self.rule.threshold * self.sum.whole as f64 / 100.0,
            Measure::Latency(thousandths) => {
                let whole = self.sum.whole;
                (whole - (whole * u64::from(thousandths)).div_ceil(1000).max(1)) as f64
            }
        };
        // A quantile's rank has to be passed, whatever the sign.
        let reached = matches!(self.rule.measure, Measure::Latency(_));
        let mut sum = 0;
        for (at, part) in self.seconds.iter().rev().enumerate() {
            sum += part.measured;
            let value = sum as f64;
            if if reached { value > enough } else { self.rule.sign.holds(value, enough) } {
                return back(at + 1);
            }
        }
        back(self.seconds.len())
    }
}
