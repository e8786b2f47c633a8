//! A rule that is judged by site, client or path: each value by itself, the busiest of them.
//!
//! Values are followed from the first second in which they have rows. Where none was left out, all before
//! was nothing, so that a new one is judged as if it had been followed all the time.

use super::{Firing, Judge, Now, Part, Rule};
use crate::aggregate::forget::Forget;
use crate::vocab::time::Second;

/// Values of one rule that are followed; more would take more memory than a rule is worth: 10 minutes of
/// 256 are 2.5 MB.
pub const GROUPS_MAX: usize = 256;

/// One time a rule was broken, and by which value where it is judged by value.
pub type Fired = (Option<Box<str>>, Firing);

/// One value's rows of a second.
pub type GroupPart = (Box<str>, Part);

#[derive(Clone, Debug)]
struct Group {
    name: Box<str>,
    judge: Judge,
    heard: Second,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Groups {
    rule: Rule,
    groups: Vec<Group>,
    /// Seconds without a gap begin here.
    since: Second,
    last: Option<Second>,
    /// When one was left out or made room.
    crowded: Option<Second>,
}

impl Groups {
    #[must_use]
    pub fn new(rule: Rule) -> Groups {
        Groups { rule, groups: Vec::new(), since: Second(0), last: None, crowded: None }
    }

    /// Takes in one second, the busiest values first; what began, got worse or is over.
    pub fn tick(&mut self, second: Second, parts: &[GroupPart]) -> Vec<(Box<str>, Firing)> {
        if self.last.is_none_or(|last| last.plus(1) != second) {
            self.since = second;
        }
        self.last = Some(second);
        for (name, _) in parts {
            self.hear(name, second);
        }
        let mut said = Vec::new();
        for group in &mut self.groups {
            let part = parts.iter().find(|(name, _)| *name == group.name);
            let part = part.map_or_else(Part::default, |(_, part)| *part);
            said.extend(group.judge.tick(second, part).map(|f| (group.name.clone(), f)));
        }
        self.forget(second);
        said
    }

    /// Takes in the seconds from `from` to before `to`, in which nothing happened.
    pub fn nothing(&mut self, from: Second, to: Second) -> Vec<(Box<str>, Firing)> {
        if from >= to {
            return Vec::new();
        }
        let mut said = Vec::new();
        for group in &mut self.groups {
            let all = group.judge.nothing(from, to);
            said.extend(all.into_iter().map(|f| (group.name.clone(), f)));
        }
        if self.last.is_none_or(|last| last.plus(1) != from) {
            self.since = from;
        }
        self.last = Some(to.plus(-1));
        self.forget(to);
        said
    }

    /// Takes a client out of the values' names; they go on without.
    pub fn forget_client(&mut self, who: &Forget) {
        for group in &mut self.groups {
            if let Some(new) = who.text(&group.name) {
                group.name = new.into();
            }
        }
    }

    /// What goes on, as of the last second.
    pub fn open(&self) -> impl Iterator<Item = (&str, &Firing)> {
        self.groups.iter().filter_map(|group| Some((&*group.name, group.judge.open()?)))
    }

    /// The value that is furthest on the side of the threshold where it should not be, and what it sees; `None`
    /// where none is followed.
    #[must_use]
    pub fn worst(&self) -> Option<(&str, Now)> {
        let worse = |a: &Now, b: &Now| {
            // Of a quantile only its side is known.
            let [x, y] = [a, b].map(|now| now.value.unwrap_or(0.0));
            let further = if self.rule.sign.is_upper() { x.total_cmp(&y) } else { y.total_cmp(&x) };
            (a.broken, a.open).cmp(&(b.broken, b.open)).then(further)
        };
        let all = self.groups.iter().map(|group| (&*group.name, group.judge.now()));
        all.max_by(|(_, a), (_, b)| worse(a, b))
    }

    fn hear(&mut self, name: &str, second: Second) {
        if let Some(group) = self.groups.iter_mut().find(|group| *group.name == *name) {
            group.heard = second;
            return;
        }
        if self.groups.len() >= GROUPS_MAX {
            self.crowded = Some(second);
            let quiet = self
                .groups
                .iter()
                .enumerate()
                .filter(|(_, group)| group.heard < second && group.judge.open().is_none());
            let Some((at, _)) = quiet.min_by_key(|(_, group)| group.heard) else { return };
            self.groups.swap_remove(at);
        }
        let mut judge = Judge::new(self.rule.clone());
        let before = second.plus(-i64::from(self.rule.span_s));
        // Of too little of something that never was there nothing is said.
        if self.crowded.is_none_or(|at| at < before) && self.rule.sign.is_upper() {
            judge.nothing(before.max(self.since), second);
        }
        self.groups.push(Group { name: name.into(), judge, heard: second });
    }

    /// Lets go of those of whom all that is left is nothing; a rule about too little waits for them.
    fn forget(&mut self, second: Second) {
        let span = i64::from(self.rule.span_s);
        let waits = !self.rule.sign.is_upper();
        self.groups.retain(|group| {
            waits || group.judge.open().is_some() || second.0 - group.heard.0 <= span
        });
    }
}
