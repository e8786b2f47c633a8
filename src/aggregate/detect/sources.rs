//! Sources that send and then do not: a server that died, a forwarder that hangs, a log that is full.
//!
//! A site that is silent may have nobody who asks for it; a source that is silent while others send has
//! stopped. What sends now and then is known by its longest pause, and one that was replaced by
//! another of its kind (a container by the next one) is not missed.

use serde::{Deserialize, Serialize};

use super::episode::{About, Out, Rows};
use super::keyed::Keyed;
use super::level::{self, Level};
use super::silent::{self, Silence};
use super::{Input, Unit};
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::list::Base;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Sources that are looked at one by one, 3 KB each; the busiest.
const SOURCES: usize = 512;
/// Seconds that a source must have sent for: a test or an import of some minutes ends, and that is all.
const WARM_S: i64 = 1_800;
/// A source of the same program that was heard first so many seconds before this one was heard last, or
/// later, has taken its place.
const SUCCESSOR_S: i64 = 300;

/// What is known of a source, and outlives the process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    level: level::Known,
    silence: silent::Known,
}

#[derive(Debug, Default)]
struct Source {
    level: Level,
    silence: Silence,
    /// Of this tick.
    n: f64,
}

impl Source {
    fn of(known: Known) -> Source {
        Source {
            level: Level::of(known.level),
            silence: Silence::of(known.silence),
            ..Source::default()
        }
    }

    fn known(&self) -> Known {
        Known { level: self.level.known(), silence: self.silence.known() }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Sources {
    sources: Keyed<Source>,
}

impl Default for Sources {
    fn default() -> Self {
        Sources { sources: Keyed::new(SOURCES) }
    }
}

/// The program of a source's name, `hostname/app`; the whole of it where it names none.
fn program(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, app)| app)
}

impl Sources {
    /// Takes in one second; `all_silent` says that the whole node is, which is told as that.
    pub(super) fn tick(&mut self, input: &Input<'_>, all_silent: bool, out: &mut Out<'_>) {
        if !input.sources_send {
            return;
        }
        let second = input.second;
        let names = input.dictionaries.field(Field::Source);
        for &(id, count) in input.rollup.counts(Base::Sources) {
            if id == ABSENT || id == OTHER {
                continue;
            }
            let n = count.requests as f64;
            let is_open = |source: &Source| source.silence.is_open();
            let place =
                self.sources.touch((id, names.text(id)), second, n, Source::default, is_open);
            if let Some(place) = place {
                self.sources.get_mut(place).value.n = n;
            }
        }
        if self.sources.entries().len() <= 1 {
            return;
        }
        let replaced = self.replaced();
        for (place, entry) in self.sources.entries_mut().iter_mut().enumerate() {
            let (name, source) = (&*entry.text, &mut entry.value);
            let n = std::mem::take(&mut source.n);
            let (mu, phi) = (source.level.expected(second), source.level.phi());
            let about = About {
                kind: AnomalyKind::Silent,
                unit: Unit::PerS,
                site: None,
                key: Some(name),
                rows: Rows::Of("", Some(("source", name))),
            };
            let is_young = source.silence.heard_for(second) < WARM_S || !source.level.is_warm();
            let hold = all_silent || is_young || replaced.contains(&place);
            source.silence.tick(second, (n, mu, phi), &about, hold, out);
            let missing = n == 0.0 && source.silence.suspects(phi);
            let is_told = source.silence.is_open();
            source.level.push(second, n, mu, missing || is_told, is_told);
        }
    }

    /// Those that may be silent and have a successor.
    fn replaced(&self) -> Vec<usize> {
        let entries = self.sources.entries();
        let quiet = entries
            .iter()
            .enumerate()
            .filter(|(_, e)| e.value.n == 0.0 && e.value.silence.suspects(e.value.level.phi()));
        let has_successor = |name: &str, heard: Second| {
            entries.iter().any(|other| {
                let first = other.value.silence.first();
                program(&other.text) == program(name)
                    && *other.text != *name
                    && first.is_some_and(|first| first.0 >= heard.0 - SUCCESSOR_S)
            })
        };
        let quiet = quiet.filter_map(|(place, e)| Some((place, e, e.value.silence.last()?)));
        quiet
            .filter(|(_, e, last)| has_successor(&e.text, *last))
            .map(|(place, ..)| place)
            .collect()
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for entry in self.sources.entries_mut() {
            entry.value.silence.end(second, out);
        }
    }

    pub(super) fn learnt(&self) -> Vec<(String, f64, i64, Known)> {
        self.sources.saved(|source| Some(source.known()))
    }

    pub(super) fn restore(&mut self, sources: Vec<(String, f64, i64, Known)>) {
        self.sources.restore(sources, Source::of);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Counting, Dice};
    use super::super::why::Journal;
    use super::*;
    use crate::aggregate::block::Block;
    use crate::aggregate::row::Row;
    use crate::aggregate::wire::AnomalyState;
    use crate::vocab::event::Kind;

    /// Who was told to be silent, and how many seconds after its last event, in `seconds` of sources whose
    /// rates `rate` gives.
    fn told(seconds: i64, rate: impl Fn(&str, i64) -> f64) -> Vec<(String, i64)> {
        let (mut sources, mut dice) = (Sources::default(), Dice(5));
        let (mut next_id, mut journal) = (0, Journal::default());
        let mut counting = Counting::default();
        let mut told = Vec::new();
        for t in 0..seconds {
            let mut block = Block::new(Second(START + t));
            for name in NAMES {
                for _ in 0..dice.poisson(rate(name, t)) {
                    let mut row = Row::new(Kind::Access);
                    row.status = 200;
                    row.set(Field::Source, name);
                    block.append(&row);
                }
            }
            let rollup = counting.rollup(&block);
            let input = Input {
                sources_send: true,
                ..Input::new(Second(START + t), &rollup, &counting.dictionaries)
            };
            let mut out = Out::new(&mut next_id, &mut journal);
            sources.tick(&input, false, &mut out);
            let open = out.findings.into_iter().filter(|f| f.state == AnomalyState::Open);
            told.extend(open.filter_map(|f| Some((f.key?, f.detected.0 - START))));
        }
        told
    }

    const START: i64 = 1_795_392_000;
    const NAMES: [&str; 4] = ["web-1/nginx", "web-2/nginx", "db-1/postgres", "cron-1/backup"];

    fn usual(name: &str, t: i64) -> f64 {
        match name {
            "web-1/nginx" | "web-2/nginx" => 8.0,
            // Every ten minutes for half a minute.
            "cron-1/backup" if t % 600 < 30 => 5.0,
            "db-1/postgres" => 0.2,
            _ => 0.0,
        }
    }

    #[test]
    fn sources_that_send_as_they_do_are_not_told() {
        assert_eq!(told(14_400, usual), []);
    }

    #[test]
    fn one_that_stops_is_told_and_the_slower_it_sends_the_later() {
        const AT: i64 = 7_200;
        for (gone, within) in [("web-1/nginx", 4..=15), ("db-1/postgres", 60..=400)] {
            let told = told(
                AT + 900,
                |name, t| if name == gone && t >= AT { 0.0 } else { usual(name, t) },
            );
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].0 == gone && within.contains(&(told[0].1 - AT)), "{told:?}");
        }
    }

    #[test]
    fn one_that_was_heard_for_minutes_is_not_missed() {
        for heard in [60, 1_200] {
            let visit = |name: &str, t: i64| match name {
                "cron-1/backup" if (3_600..3_600 + heard).contains(&t) => 20.0,
                "cron-1/backup" => 0.0,
                name => usual(name, t),
            };
            assert_eq!(told(7_200, visit), [], "{heard} s");
        }
    }

    #[test]
    fn one_that_another_replaces_is_not_missed() {
        const AT: i64 = 7_200;
        let deploy = |name: &str, t: i64| match name {
            "web-1/nginx" if t >= AT => 0.0,
            "web-2/nginx" if t < AT - 20 => 0.0,
            name => usual(name, t),
        };
        assert_eq!(told(AT + 1_800, deploy), []);
    }
}
