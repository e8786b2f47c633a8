//! One client that asks for so much that the others may notice.

use serde::{Deserialize, Serialize};

use super::episode::{About, Episode, Look, Out, Rows, Sums};
use super::keyed::Keyed;
use super::ring::Ring;
use super::{Input, Unit};
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::list::Base;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Clients that are followed, 250 bytes each: only those that may soon be a flood.
const CLIENTS: usize = 4096;
/// Requests of one client in a second, and its part of all, from which it is followed.
const FOLLOWED: f64 = 2.0;
const FOLLOWED_PART: f64 = 0.01;
/// Requests in ten seconds that make a flood by themselves, with this part of all. Browsers that load pages
/// of many pictures take up to 173 (the busiest of 2,251 clients of a real shop).
const BURST: f64 = 400.0;
const BURST_PART: f64 = 0.3;
/// Requests in each of three tens of seconds, with this part of all; that shop's had up to 52.
const GUSH: f64 = 70.0;
const GUSH_PART: f64 = 0.2;
/// Requests in a minute, with this part of all, where there are this many times more of them than usual.
/// Where all others are quiet, one visitor of a real site had 108 of 120.
const STEADY: f64 = 150.0;
const STEADY_PART: f64 = 0.2;
const STEADY_MORE: f64 = 1.2;
/// A client that always asks much (an office, a monitor, a proxy) must ask so many times more.
const MORE: f64 = 8.0;
/// Seconds in which what a client usually asks for follows.
const USUALLY_S: f64 = 3600.0;
/// The score of a flood, in tenths of what makes one.
const THRESHOLD: f64 = 10.0;

/// See the module.
#[derive(Debug)]
pub(super) struct Floods {
    clients: Keyed<Client>,
    all: Ring,
    expected: Ring,
}

#[derive(Debug, Default)]
struct Client {
    ring: Ring,
    /// Requests a second, usually, as of `at`.
    usual: f64,
    /// Seconds for which it is known, which the mean of a new one is to be divided by.
    known_s: f64,
    at: i64,
    episode: Episode,
    first: Option<Second>,
}

/// What is known of a client, and outlives the process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    usual: f64,
    at: i64,
}

impl Default for Floods {
    fn default() -> Self {
        Floods { clients: Keyed::new(CLIENTS), all: Ring::default(), expected: Ring::default() }
    }
}

impl Floods {
    /// Takes in one second, which should have brought `expected` requests.
    /// Clients of whom `told` says that they scan or guess are no news; gives how many requests are of
    /// clients that flood.
    pub(super) fn tick(
        &mut self,
        input: &Input<'_>,
        expected: Option<f64>,
        told: impl Fn(&str) -> bool,
        out: &mut Out<'_>,
    ) -> f64 {
        let second = input.second;
        let total = input.rollup.requests as f64;
        self.all.push(second.0, total);
        self.expected.push(second.0, expected.unwrap_or(total));
        let all = [1, 6].map(|parts| self.all.last(second.0, parts).max(1.0));
        let more = all[1] >= STEADY_MORE * self.expected.last(second.0, 6);
        let names = input.dictionaries.field(Field::Client);
        let mut floods = 0.0;
        let least = FOLLOWED.max(FOLLOWED_PART * total);
        let is_open = |client: &Client| client.episode.is_open();
        for &(id, count) in input.rollup.counts(Base::Clients) {
            if id == ABSENT || id == OTHER {
                continue;
            }
            let (n, name) = (count.requests as f64, names.text(id));
            let place = if n >= least {
                self.clients.touch((id, name), second, n, Client::default, is_open)
            } else {
                self.clients.find_id(id, name)
            };
            if let Some(place) = place {
                let client = &mut self.clients.get_mut(place).value;
                client.push(second.0, n);
                // Before anything is known, a few that ask for all there is may be all there are.
                let hold = expected.is_none() || told(name);
                client.step(second, name, n, (all, more, hold), out);
                floods += if client.episode.is_open() { n } else { 0.0 };
            }
        }
        for entry in self.clients.entries_mut().iter_mut().filter(|entry| is_open(&entry.value)) {
            if entry.value.at != second.0 {
                entry.value.push(second.0, 0.0);
                entry.value.step(second, &entry.text, 0.0, (all, more, false), out);
            }
        }
        floods
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for entry in self.clients.entries_mut() {
            entry.value.episode.end(second, out);
        }
    }

    pub(super) fn learnt(&self) -> Vec<(String, f64, i64, Known)> {
        // One that asks less than once in three minutes is a stranger each time.
        self.clients.saved(|client| {
            (client.usual > 0.005).then_some(Known { usual: client.usual, at: client.at })
        })
    }

    pub(super) fn restore(&mut self, clients: Vec<(String, f64, i64, Known)>) {
        self.clients.restore(clients, |known| Client {
            usual: known.usual,
            known_s: USUALLY_S,
            at: known.at,
            ..Client::default()
        });
    }
}

impl Client {
    fn push(&mut self, second: i64, n: f64) {
        self.ring.push(second, n);
        let seconds = (second - self.at).max(0) as f64;
        self.usual *= (-seconds / USUALLY_S).exp();
        if self.at != 0 {
            self.known_s += seconds;
        }
        if !self.episode.is_open() {
            self.usual += n / USUALLY_S;
        }
        self.at = second;
    }

    fn step(
        &mut self,
        second: Second,
        name: &str,
        n: f64,
        (all, more, hold): ([f64; 2], bool, bool),
        out: &mut Out<'_>,
    ) {
        let [burst, steady] = [1, 6].map(|parts| self.ring.last(second.0, parts));
        if burst < GUSH / 4.0 && steady < STEADY / 4.0 && !self.episode.is_open() {
            self.first = None;
            return;
        }
        let first = *self.first.get_or_insert(second);
        // What it asked for in this very minute is not what it usually does.
        let usual = (self.usual - steady / USUALLY_S).max(0.0);
        let known = 1.0 - (-(self.known_s - 60.0).max(1.0) / USUALLY_S).exp();
        let usual = usual / known.max(1.0 / 60.0);
        let reach = |n: f64, least: f64, part: f64, seconds: f64| {
            n / least.max(part).max(MORE * seconds * usual)
        };
        let parts = [0, 1, 2, 3].map(|n| self.ring.part(second.0, n));
        let gush = parts[1].min(parts[2]).min(parts[0].max(parts[3]));
        let mut score = reach(burst, BURST, BURST_PART * all[0], 10.0);
        score = score.max(reach(gush, GUSH, GUSH_PART * all[1] / 6.0, 10.0));
        if more {
            score = score.max(reach(steady, STEADY, STEADY_PART * all[1], 60.0));
        }
        if hold && !self.episode.is_open() {
            return;
        }
        let part = steady / all[1];
        let seconds = (second.0 - first.0 + 1).clamp(1, 60) as f64;
        let look = Look {
            score: (score * THRESHOLD).min(1.1 * THRESHOLD),
            threshold: THRESHOLD,
            since: first,
            sums: Sums { observed: steady, expected: usual * seconds, weight: seconds },
            tick: Sums { observed: n, expected: usual, weight: 1.0 },
            spread: 0.0,
            severity: if part > 0.5 {
                4
            } else if part > 0.25 {
                3
            } else {
                2
            },
        };
        let about = About {
            kind: AnomalyKind::ClientFlood,
            unit: Unit::PerS,
            site: None,
            key: Some(name),
            rows: Rows::Of("", Some(("client", name))),
        };
        self.episode.step(second, &look, &about, out);
    }
}
