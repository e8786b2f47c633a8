//! The templates of error events, with what is known of each: since when, how bad.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Learnt, Miner, OTHER, OTHER_TEXT};
use crate::vocab::event::Level;
use crate::vocab::time::Second;

/// Tokens that may be compared for the messages of one second. 250 are usual for a message that is new;
/// a flood of made-up ones must not hold up the tick, and is `(other)` from there on.
const COMPARED_A_SECOND: u64 = 1 << 21;

/// What is known of one template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pub text: String,
    /// When the first of its lines was written.
    pub first_seen: Second,
    /// The worst of its lines that were told apart; `None` where none had any.
    pub level: Option<Level>,
}

/// Lines of one template in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateLines {
    pub id: u32,
    pub lines: u64,
    /// Whether no line before had this template, in this process or in those that left what they
    /// learnt.
    pub is_new: bool,
}

/// See the module. Its serialised form is for a file that outlives the process: no stranger's line is in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Templates {
    miner: Miner,
    known: BTreeMap<u32, Template>,
    /// Learnt, and not yet told by [`Templates::told`].
    fresh: Vec<u32>,
    /// Compared for the messages of the newest second.
    spent: (Second, u64),
}

impl Templates {
    /// The template of an error's message, which is learnt where there was none.
    pub fn learn(&mut self, message: &str, level: Option<Level>, second: Second) -> u32 {
        // Late ones are on the newest second's account: otherwise times could be made up too.
        if second > self.spent.0 {
            self.spent = (second, 0);
        }
        let learnt = match self.spent.1 < COMPARED_A_SECOND {
            true => {
                let before = self.miner.compared();
                let learnt = self.miner.learn(message);
                self.spent.1 += self.miner.compared() - before;
                learnt
            }
            false => Learnt { id: self.miner.by_heart(message).unwrap_or(OTHER), new: false },
        };
        for changed in self.miner.changed() {
            let now = self.miner.now(*changed);
            let earlier = match now == *changed {
                true => None,
                false => self.known.remove(changed),
            };
            let template = self.known.entry(now).or_default();
            template.text = self.miner.text(now);
            if let Some(earlier) = earlier {
                template.see(earlier.level, earlier.first_seen);
            }
        }
        if learnt.id == OTHER {
            return OTHER;
        }
        let miner = &self.miner;
        let template = self.known.entry(learnt.id).or_insert_with(|| Template {
            text: miner.text(learnt.id),
            first_seen: second,
            level,
        });
        template.see(level, second);
        if learnt.new {
            self.fresh.push(learnt.id);
        }
        learnt.id
    }

    /// What is known of a template, by any id that it had.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Template> {
        self.known.get(&self.miner.now(id))
    }

    /// A template's text; `(other)` for what found no room.
    #[must_use]
    pub fn text(&self, id: u32) -> &str {
        self.get(id).map_or(OTHER_TEXT, |template| &template.text)
    }

    /// See [`Miner::now`].
    #[must_use]
    pub fn now(&self, id: u32) -> u32 {
        self.miner.now(id)
    }

    /// See [`Miner::epoch`].
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.miner.epoch()
    }

    /// Templates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.miner.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.miner.is_empty()
    }

    /// Which of these, whose lines were counted, are new: each is told once.
    pub(crate) fn told(&mut self, counted: &BTreeMap<u32, u64>) -> Vec<TemplateLines> {
        let mut fresh: Vec<u32> = self.fresh.drain(..).map(|id| self.miner.now(id)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        let lines = counted.iter().map(|(&id, &lines)| {
            let is_new = fresh.binary_search(&id).is_ok();
            TemplateLines { id, lines, is_new }
        });
        let lines = lines.collect();
        // What is learnt of a second that is still open is counted when it closes.
        fresh.retain(|id| !counted.contains_key(id));
        self.fresh = fresh;
        lines
    }

    #[must_use]
    pub fn bytes(&self) -> usize {
        let texts = self.known.values().map(|known| known.text.len());
        self.miner.bytes() + self.known.len() * size_of::<(u32, Template)>() + texts.sum::<usize>()
    }
}

impl Template {
    fn see(&mut self, level: Option<Level>, second: Second) {
        self.level = self.level.into_iter().chain(level).min();
        self.first_seen = self.first_seen.min(second);
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    miner: Miner,
    /// Id, first seen, level.
    known: Vec<(u32, i64, Option<String>)>,
}

impl From<Templates> for Kept {
    fn from(templates: Templates) -> Kept {
        let known = templates.known.into_iter().map(|(id, template)| {
            let level = template.level.map(|level| level.name().to_owned());
            (id, template.first_seen.0, level)
        });
        Kept { known: known.collect(), miner: templates.miner }
    }
}

impl From<Kept> for Templates {
    fn from(kept: Kept) -> Templates {
        let miner = kept.miner;
        let known = kept.known.into_iter().filter(|(id, ..)| miner.is_live(*id));
        let known = known.map(|(id, first_seen, level)| {
            let level = level.as_deref().and_then(Level::from_name);
            let (text, first_seen) = (miner.text(id), Second(first_seen));
            (id, Template { text, first_seen, level })
        });
        Templates { known: known.collect(), miner, ..Templates::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> String {
        format!("no such user {name} here")
    }

    #[test]
    fn what_is_put_together_was_first_seen_when_the_oldest_was() {
        let mut templates = Templates::default();
        let names = ["ann", "bob", "cleo", "dan", "eve", "fay", "guy", "hal", "ida"];
        let levels = [Some(Level::Warn), None, Some(Level::Error)];
        let ids: Vec<u32> = (0..)
            .zip(names)
            .map(|(n, name)| templates.learn(&message(name), levels[n % 3], Second(100 - n as i64)))
            .collect();
        assert!(ids.iter().all(|id| templates.now(*id) == 1));
        let template = templates.get(ids[4]).unwrap();
        assert_eq!(template.text, "no such user <*> here");
        assert_eq!((template.first_seen, template.level), (Second(92), Some(Level::Error)));
        assert_eq!(templates.known.len(), templates.len());
    }

    #[test]
    fn a_template_is_new_once_in_the_tick_that_counts_it() {
        let mut templates = Templates::default();
        let id = templates.learn("disk full", None, Second(1));
        let later = templates.learn("disk gone", None, Second(2));
        let counted = |ids: &[u32]| ids.iter().map(|id| (*id, 3)).collect::<BTreeMap<u32, u64>>();
        let line = |id, is_new| TemplateLines { id, lines: 3, is_new };
        assert_eq!(templates.told(&counted(&[id])), [line(id, true)]);
        assert_eq!(templates.told(&counted(&[id, later])), [line(id, false), line(later, true)]);
        assert_eq!(templates.told(&counted(&[later])), [line(later, false)]);
    }

    #[test]
    fn a_flood_of_new_messages_is_compared_for_so_long_and_the_next_second_goes_on() {
        let mut templates = Templates::default();
        let known = templates.learn("disk full", None, Second(1));
        let mut dice = 1_u64;
        let mut made_up = || {
            let mut message = String::from("a b c");
            for _ in 0..12 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let letter = |shift: u32| char::from(b'a' + ((dice >> shift) % 26) as u8);
                message.extend([' ', letter(33), '=', letter(40), letter(47)]);
            }
            message + " d e f"
        };
        let is_other = |id: u32| id == OTHER;
        while !is_other(templates.learn(&made_up(), None, Second(2))) {}
        assert!(templates.miner.compared() < COMPARED_A_SECOND + 100_000);
        assert_eq!(templates.learn("disk full", None, Second(2)), known);
        assert!(
            is_other(templates.learn("out of memory", None, Second(1))),
            "a late one is no way out"
        );
        assert!(!is_other(templates.learn("out of memory", None, Second(3))));
    }

    #[test]
    fn what_was_known_before_a_restart_is_nothing_new() {
        let mut templates = Templates::default();
        let id = templates.learn("disk 5 full", Some(Level::Crit), Second(7));
        let kept = serde_json::to_string(&templates).unwrap();
        assert!(!kept.contains("disk 5"), "no stranger's line is kept: {kept}");
        let mut templates: Templates = serde_json::from_str(&kept).unwrap();
        assert_eq!(templates.learn("disk 9 full", None, Second(9)), id);
        let told = templates.told(&BTreeMap::from([(id, 1)]));
        assert_eq!(told, [TemplateLines { id, lines: 1, is_new: false }]);
        let template = templates.get(id).unwrap();
        assert_eq!((template.first_seen, template.level), (Second(7), Some(Level::Crit)));
    }
}
