//! Filters that are asked of one event after another, as `exclude` is of every line.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{Filter, Target};
use crate::aggregate::row::{Fields, present};
use crate::vocab::field::Field;

/// Agents whose verdicts are remembered at a time, for each wish.
const AGENTS: usize = 4096;
/// A longer agent is judged anew each time, bytes.
const AGENT_MAX: usize = 512;

/// Whether one of several filters means an event. What they say of an agent is remembered: its family and its bot are
/// most of what such a question costs, and few agents make most requests.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    filters: Vec<Filter>,
    /// Of each filter's each group: what it said of agents, by their text.
    agents: Vec<Vec<HashMap<Box<str>, bool, RandomState>>>,
}

impl Judge {
    #[must_use]
    pub fn new(filters: &[Filter]) -> Judge {
        let agents = filters.iter().map(|filter| vec![HashMap::default(); filter.groups().len()]);
        Judge { agents: agents.collect(), filters: filters.to_vec() }
    }

    /// Whether one of them means this event.
    pub fn means(&mut self, row: &impl Fields) -> bool {
        let agent = present(row.text(Field::Agent)).filter(|agent| agent.len() <= AGENT_MAX);
        self.filters.iter().zip(&mut self.agents).any(|(filter, known)| {
            filter.groups().iter().zip(known).all(|(group, known)| match (group.target, agent) {
                (Target::Text(Field::Agent), Some(agent)) => {
                    recall(known, agent, || group.allows(row))
                }
                (Target::Derived(derived), Some(agent)) if derived.field() == Field::Agent => {
                    recall(known, agent, || group.allows(row))
                }
                _ => group.allows(row),
            })
        })
    }
}

fn recall(
    known: &mut HashMap<Box<str>, bool, RandomState>,
    agent: &str,
    judge: impl FnOnce() -> bool,
) -> bool {
    if let Some(&verdict) = known.get(agent) {
        return verdict;
    }
    let verdict = judge();
    if known.len() >= AGENTS {
        known.clear();
    }
    known.insert(agent.into(), verdict);
    verdict
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::row::Row;
    use crate::vocab::event::Kind;

    proptest! {
        #[test]
        fn it_says_what_the_filters_say(
            agents in prop::collection::vec(prop::sample::select(vec![
                "", "-", "curl/8.5.0", "CURL/8", "kube-probe/1.29", "Mozilla/5.0 (compatible; Googlebot/2.1)",
                "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            ]), 1..40),
            paths in prop::collection::vec(prop::sample::select(vec!["/", "/health", "/healthz"]), 40),
            filters in prop::collection::vec(prop::sample::select(vec![
                "agent:*kube-probe*", "agent:curl", "agent:-", "bot:googlebot", "bot:-", "os:linux", "path:/health*",
                "path:/health* -agent:curl", "agent:firefox path:/", "-bot:search path:/healthz", "agent:curl/* bot:-",
            ]), 0..4),
        ) {
            let filters: Vec<Filter> = filters.iter().map(|f| Filter::parse(f).expect("a filter")).collect();
            let mut judge = Judge::new(&filters);
            for (agent, path) in agents.iter().zip(&paths) {
                let mut row = Row::new(Kind::Access);
                row.set(Field::Agent, agent);
                row.set(Field::Path, path);
                prop_assert_eq!(judge.means(&row), filters.iter().any(|f| f.matches(&row)), "{} {}", agent, path);
            }
        }
    }
}
