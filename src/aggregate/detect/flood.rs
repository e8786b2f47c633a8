//! One client that asks for so much that the others may notice, or one network of which the same is true
//! though none of its clients does.

use serde::{Deserialize, Serialize};

use super::episode::{About, Episode, Look, Out, Rows, Sums};
use super::keyed::Keyed;
use super::majority::Majority;
use super::ring::Ring;
use super::{Input, Unit};
use crate::aggregate::derived::Derived;
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::forget::Forget;
use crate::aggregate::list::Base;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Clients, and networks, that are followed, 250 bytes each: only those that may soon be a flood.
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
/// What the rings remember.
const MINUTE_S: f64 = 60.0;
/// The score of a flood, in tenths of what makes one.
const THRESHOLD: f64 = 10.0;

/// See the module.
#[derive(Debug)]
pub(super) struct Floods {
    clients: Keyed<Client>,
    networks: Keyed<Network>,
    /// Requests of this tick by id of the network, those of clients of which is told apart, and the ids that have some.
    sums: Vec<(f64, f64)>,
    touched: Vec<u32>,
    all: Ring,
    expected: Ring,
}

/// A crawler of many addresses; what one client of it does alone is told of that client.
#[derive(Debug, Default)]
struct Network {
    /// Without the clients of which is told.
    whole: Client,
    /// What these have asked for since the first second of `whole`.
    apart: f64,
    clients: Majority,
}

/// What the node's requests are to one who may flood.
#[derive(Clone, Copy)]
struct Node {
    /// Of the last ten seconds and of the last minute.
    all: [f64; 2],
    /// Of ten seconds: of the minute's, or of the last twenty that are over. After a start or a silence the minute is
    /// not all there, and a part of it would seem a large one.
    ten: f64,
    /// There are more than usual.
    more: bool,
    /// What is usual is known.
    known: bool,
}

/// Requests of those of which is told by name, of a network: of this tick, and since its first second.
#[derive(Clone, Copy, Default)]
struct Apart {
    tick: f64,
    since: f64,
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
        Floods {
            clients: Keyed::new(CLIENTS),
            networks: Keyed::new(CLIENTS),
            sums: Vec::new(),
            touched: Vec::new(),
            all: Ring::default(),
            expected: Ring::default(),
        }
    }
}

impl Floods {
    /// Lets what is known of a client be nobody's; tells whether something was.
    pub(super) fn forget(&mut self, who: &Forget) -> bool {
        self.clients.entries_mut().iter_mut().for_each(|entry| entry.value.episode.forget(who));
        self.clients.forget(who.as_str())
    }

    /// Takes in one second, which should have brought `expected` requests.
    /// Clients of whom `told` says that they scan or guess are no news; gives how many requests are of
    /// clients and networks that flood.
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
        let over = (self.all.part(second.0, 1) + self.all.part(second.0, 2)) / 2.0;
        let ten = over.max(all[1] / 6.0);
        let more = all[1] >= STEADY_MORE * self.expected.last(second.0, 6);
        let node = Node { all, ten, more, known: expected.is_some() };
        let least = FOLLOWED.max(FOLLOWED_PART * total);
        self.each_client(input, least, node, told, out) + self.each_network(input, least, node, out)
    }

    fn each_client(
        &mut self,
        input: &Input<'_>,
        least: f64,
        node: Node,
        told: impl Fn(&str) -> bool,
        out: &mut Out<'_>,
    ) -> f64 {
        let (second, dictionaries) = (input.second, input.dictionaries);
        let names = dictionaries.field(Field::Client);
        let networks = dictionaries.derived(Derived::Network).bound();
        self.sums.resize(networks.max(self.sums.len()), (0.0, 0.0));
        let mut floods = 0.0;
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
            let mut is_told = false;
            if let Some(place) = place {
                let client = &mut self.clients.get_mut(place).value;
                client.push(second.0, n);
                is_told = told(name);
                // Before anything is known, a few that ask for all there is may be all there are.
                client.step(second, name, (n, Apart::default()), node, !node.known || is_told, out);
                floods += if is_open(client) { n } else { 0.0 };
                is_told |= is_open(client);
            }
            let network = dictionaries.derived_id(Derived::Network, id);
            if network != ABSENT && network != OTHER {
                let (sum, apart) = &mut self.sums[network as usize];
                if *sum + *apart == 0.0 {
                    self.touched.push(network);
                }
                *if is_told { apart } else { sum } += n;
            }
        }
        for entry in self.clients.entries_mut().iter_mut().filter(|entry| is_open(&entry.value)) {
            entry.value.rest(second, &entry.text, node, out);
        }
        floods
    }

    /// After the clients: what is told of one is not told of its network.
    fn each_network(
        &mut self,
        input: &Input<'_>,
        least: f64,
        node: Node,
        out: &mut Out<'_>,
    ) -> f64 {
        let (second, dictionaries) = (input.second, input.dictionaries);
        let names = dictionaries.derived(Derived::Network);
        let is_open = |network: &Network| network.whole.episode.is_open();
        let mut touched = std::mem::take(&mut self.touched);
        for &id in &touched {
            let ((n, _), name) = (self.sums[id as usize], names.text(id));
            if n >= least {
                self.networks.touch((id, name), second, n, Network::default, is_open);
            }
        }
        for &(client, count) in input.rollup.counts(Base::Clients) {
            let id = dictionaries.derived_id(Derived::Network, client);
            if let Some(place) = self.networks.find_id(id, names.text(id)) {
                let votes = &mut self.networks.get_mut(place).value.clients;
                votes.push(second, client, count.requests as f64);
            }
        }
        let mut floods = 0.0;
        for id in touched.drain(..) {
            let (n, tick) = std::mem::take(&mut self.sums[id as usize]);
            let name = names.text(id);
            let Some(place) = self.networks.find_id(id, name) else { continue };
            let Network { whole, apart, clients } = &mut self.networks.get_mut(place).value;
            whole.push(second.0, n);
            *apart = if whole.first.is_none() { tick } else { *apart + tick };
            let (hold, apart) = (!node.known || clients.is_one(), Apart { tick, since: *apart });
            whole.step(second, name, (n, apart), node, hold, out);
            floods += if whole.episode.is_open() { n } else { 0.0 };
        }
        self.touched = touched;
        for entry in self.networks.entries_mut().iter_mut().filter(|entry| is_open(&entry.value)) {
            entry.value.whole.rest(second, &entry.text, node, out);
        }
        floods
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for entry in self.clients.entries_mut() {
            entry.value.episode.end(second, out);
        }
        for entry in self.networks.entries_mut() {
            entry.value.whole.episode.end(second, out);
        }
    }

    /// Clients and networks; only the names of these have a slash.
    pub(super) fn learnt(&self) -> Vec<(String, f64, i64, Known)> {
        let mut learnt = self.clients.saved(Client::known);
        learnt.extend(self.networks.saved(|network| network.whole.known()));
        learnt
    }

    pub(super) fn restore(&mut self, learnt: Vec<(String, f64, i64, Known)>) {
        let (networks, clients) = learnt.into_iter().partition(|(name, ..)| name.contains('/'));
        self.clients.restore(clients, Client::of);
        self.networks
            .restore(networks, |known| Network { whole: Client::of(known), ..Network::default() });
    }
}

impl Client {
    fn of(known: Known) -> Client {
        Client { usual: known.usual, known_s: USUALLY_S, at: known.at, ..Client::default() }
    }

    fn known(&self) -> Option<Known> {
        // One that asks less than once in three minutes is a stranger each time.
        (self.usual > 0.005).then_some(Known { usual: self.usual, at: self.at })
    }

    /// A tick in which it asks for nothing.
    fn rest(&mut self, second: Second, name: &str, node: Node, out: &mut Out<'_>) {
        if self.at != second.0 {
            self.push(second.0, 0.0);
            self.step(second, name, (0.0, Apart::default()), node, false, out);
        }
    }

    fn push(&mut self, second: i64, n: f64) {
        self.ring.push(second, n);
        let seconds = (second - self.at).max(0) as f64;
        // What it does now began after its silence.
        if seconds >= MINUTE_S {
            self.first = None;
        }
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
        (n, apart): (f64, Apart),
        Node { all, ten, more, .. }: Node,
        hold: bool,
        out: &mut Out<'_>,
    ) {
        let about = About {
            kind: AnomalyKind::ClientFlood,
            unit: Unit::PerS,
            site: None,
            key: Some(name),
            rows: Rows::Of("", Some(("client", name))),
        };
        self.episode.resume(second, &about, out);
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
        score = score.max(reach(gush, GUSH, GUSH_PART * ten, 10.0));
        if more {
            score = score.max(reach(steady, STEADY, STEADY_PART * all[1], 60.0));
        }
        if hold && !self.episode.is_open() {
            return;
        }
        let part = steady / all[1];
        let lasted = (second.0 - first.0 + 1).max(1) as f64;
        let seconds = lasted.min(60.0);
        let look = Look {
            score: (score * THRESHOLD).min(1.1 * THRESHOLD),
            threshold: THRESHOLD,
            since: first,
            sums: Sums {
                observed: steady,
                expected: usual * seconds,
                weight: seconds,
                apart: apart.since * seconds / lasted,
            },
            tick: Sums { observed: n, expected: usual, weight: 1.0, apart: apart.tick },
            spread: 0.0,
            phi: 0.0,
            severity: if part > 0.5 {
                4
            } else if part > 0.25 {
                3
            } else {
                2
            },
            knows: true,
            held: false,
        };
        self.episode.step(second, &look, &about, out);
    }
}
