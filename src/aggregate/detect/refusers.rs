//! One client that is refused again and again: it looks for what is not there, or guesses passwords.

use super::episode::{About, Episode, Look, Out, Rows, Sums};
use super::keyed::Keyed;
use super::ring::Ring;
use super::routes::OfPath;
use super::sites::Refusals;
use super::strangers::Strangers;
use super::{Input, Unit};
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::forget::Forget;
use crate::aggregate::list::Base;
use crate::aggregate::rollup::Refused;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Clients that are followed, at most 1 KB each.
const CLIENTS: usize = 2048;
/// Different paths refused within a minute that make a scan. Of 1,753 clients of a real site in 83
/// hours none had as many; three real scanners had (loadtest/README.md).
const PATHS: f64 = 15.0;
/// Refusals within a minute that make one, with at least this many paths.
const MANY: f64 = 40.0;
const MANY_PATHS: f64 = 5.0;
/// … and with this part of what the client asks for: a heavy user of an interface is refused at times.
const SCAN_PART: f64 = 0.3;
/// Failed logins within half a minute that are guesses …
const GUESSES: f64 = 15.0;
/// … where they are this part of what the client asks for: one that is asked to log in before each
/// request fails as often as it succeeds.
const GUESSES_PART: f64 = 0.6;
/// Paths that are remembered of one client.
const PATHS_MAX: usize = 64;
/// Seconds.
const WINDOW_S: i64 = 60;
/// A longer pause ends a run: what the client asked in vain before it is not how the later began.
const PAUSE_S: i64 = 5;
/// A finding begins with a run that has this part of what was refused.
const RUN_PART: f64 = 0.8;
/// The score of a finding, in tenths of what makes one.
const THRESHOLD: f64 = 10.0;
/// Clients told of at once. When everything is refused, everybody looks like a scanner.
const TOLD: usize = 16;

/// See the module.
#[derive(Debug)]
pub(super) struct Refusers {
    clients: Keyed<Client>,
}

#[derive(Debug, Default)]
struct Client {
    /// Ids of paths, and when they were refused last.
    paths: Vec<(u32, Second)>,
    refused: Ring,
    denied: Ring,
    asked: Ring,
    scan: Episode,
    guess: Episode,
    first: Option<Second>,
    /// Refusals without a pause, and failed logins.
    runs: (Option<Run>, Option<Run>),
    /// When it was looked at last.
    last: Option<Second>,
    /// Whether its last failed login was a form that came back.
    returned: bool,
    /// Of this tick.
    now: (f64, f64),
}

/// What came without a pause.
#[derive(Clone, Copy, Debug)]
struct Run {
    since: Second,
    last: Second,
    n: f64,
}

impl Run {
    /// The run that goes on with what came in this second.
    fn on(before: Option<Run>, second: Second, n: f64) -> Option<Run> {
        let before = before.filter(|run| second.0 - run.last.0 <= PAUSE_S);
        if n <= 0.0 {
            return before;
        }
        let run = before.unwrap_or(Run { since: second, last: second, n: 0.0 });
        Some(Run { last: second, n: run.n + n, ..run })
    }
}

impl Client {
    fn is_open(&self) -> bool {
        self.scan.is_open() || self.guess.is_open()
    }
}

impl Default for Refusers {
    fn default() -> Self {
        Refusers { clients: Keyed::new(CLIENTS) }
    }
}

/// Refusals that are nobody's guess, for the sites and for the paths.
#[derive(Debug, Default)]
pub(super) struct Innocent {
    pub(super) sites: Refusals,
    pub(super) paths: Vec<OfPath>,
}

/// The login form came back.
const RETURNED: u16 = 200;

/// 401, 403 for a form that was sent, or a login form that came back.
fn is_denied(row: &Refused, input: &Input<'_>) -> bool {
    let post = || input.dictionaries.field(Field::Method).text(row.method) == "POST";
    matches!(row.status, 401 | RETURNED) || row.status == 403 && post()
}

/// It asked for what is not there. Not so where the client went away (499 of nginx), was too slow, was told to
/// slow down, or got the form again.
fn is_lost(row: &Refused) -> bool {
    !matches!(row.status, 408 | 429 | 499 | RETURNED)
}

/// The requests that are guesses of a password.
pub(super) fn guesses(returned: bool) -> &'static str {
    if returned { "method:POST status:200" } else { "status:401 status:403" }
}

/// Whether these have a refused request of this status among them.
pub(super) fn is_guess(returned: bool, status: u16) -> bool {
    if returned { status == RETURNED } else { matches!(status, 401 | 403) }
}

impl Refusers {
    /// Lets what is known of a client be nobody's; tells whether something was.
    pub(super) fn forget(&mut self, who: &Forget) -> bool {
        for entry in self.clients.entries_mut() {
            entry.value.scan.forget(who);
            entry.value.guess.forget(who);
        }
        self.clients.forget(who.as_str())
    }

    /// Takes in one second; gives the refusals that are not of clients told of here.
    pub(super) fn tick(
        &mut self,
        input: &Input<'_>,
        strangers: &Strangers,
        out: &mut Out<'_>,
    ) -> Innocent {
        let second = input.second;
        let names = input.dictionaries.field(Field::Client);
        let mut places = Vec::new();
        // Rising by client, as what was refused.
        let mut returned: Vec<(u32, u64)> = Vec::new();
        for (row, n) in input.rollup.refused.iter().filter(|(row, _)| row.status == RETURNED) {
            match returned.last_mut() {
                Some((client, sum)) if *client == row.client => *sum += n,
                _ => returned.push((row.client, *n)),
            }
        }
        for &(id, count) in input.rollup.counts(Base::Clients) {
            if id == ABSENT || id == OTHER {
                continue;
            }
            let found = returned.binary_search_by_key(&id, |(client, _)| *client);
            let returned = found.map_or(0, |at| returned[at].1);
            let (name, weight) = (names.text(id), (count.s4xx + returned) as f64);
            let place = if weight > 0.0 {
                self.clients.touch((id, name), second, weight, Client::default, Client::is_open)
            } else {
                self.clients.find_id(id, name)
            };
            if let Some(place) = place {
                // Who fetches the form before each guess asks twice for one.
                let asked = count.requests as f64 - returned as f64;
                self.clients.get_mut(place).value.asked.push(second.0, asked);
            }
        }
        for (row, n) in &input.rollup.refused {
            let place = self.clients.find_id(row.client, names.text(row.client));
            let Some(place) = place.filter(|_| row.client != ABSENT && row.client != OTHER) else {
                continue;
            };
            places.push(place);
            let client = &mut self.clients.get_mut(place).value;
            let n = *n as f64;
            if is_denied(row, input) {
                client.denied.push(second.0, n);
                client.now.1 += n;
                client.returned = row.status == RETURNED;
            }
            if is_lost(row) {
                client.refused.push(second.0, n);
                client.now.0 += n;
                client.see(second, row.path);
            }
        }
        let open = self.clients.entries().iter().enumerate().filter(|(_, e)| e.value.is_open());
        let told: Vec<usize> = open.map(|(place, _)| place).collect();
        let room = told.len() < TOLD;
        places.extend(told);
        places.sort_unstable();
        places.dedup();
        for place in places {
            let entry = self.clients.get_mut(place);
            entry.value.step(second, &entry.text, room, out);
        }
        self.innocent(input, strangers)
    }

    /// Whether it is told of a client that it scans or guesses.
    pub(super) fn tells(&self, name: &str) -> bool {
        let place = self.clients.find(name);
        place.is_some_and(|place| self.clients.entries()[place].value.is_open())
    }

    /// Requests of this tick that are of such clients.
    pub(super) fn asked(&self, input: &Input<'_>) -> f64 {
        if !self.clients.entries().iter().any(|entry| entry.value.is_open()) {
            return 0.0;
        }
        let names = input.dictionaries.field(Field::Client);
        let counts = input.rollup.counts(Base::Clients).iter();
        let told = counts.filter(|(id, _)| self.tells(names.text(*id)));
        told.map(|(_, count)| count.requests as f64).sum()
    }

    fn innocent(&self, input: &Input<'_>, strangers: &Strangers) -> Innocent {
        let names = input.dictionaries.field(Field::Client);
        let mut innocent = Innocent::default();
        for (row, n) in &input.rollup.refused {
            let name = names.text(row.client);
            let place = self.clients.find_id(row.client, name);
            if place.is_some_and(|place| self.clients.entries()[place].value.is_open()) {
                continue;
            }
            let n = *n as f64;
            let is_denied = is_denied(row, input);
            let denied = is_denied.then(|| strangers.knows(name));
            let returned = row.status == RETURNED;
            innocent.paths.push(OfPath { path: row.path, client: row.client, denied, returned, n });
            if !is_denied {
                innocent.sites.by_site.push((row.site, row.client, n));
            }
        }
        innocent
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for entry in self.clients.entries_mut() {
            entry.value.scan.end(second, out);
            entry.value.guess.end(second, out);
        }
    }
}

impl Client {
    fn see(&mut self, second: Second, path: u32) {
        if let Some(seen) = self.paths.iter_mut().find(|(known, _)| *known == path) {
            seen.1 = second;
        } else if self.paths.len() < PATHS_MAX {
            self.paths.push((path, second));
        } else if let Some(oldest) = self.paths.iter_mut().min_by_key(|(_, at)| *at) {
            *oldest = (path, second);
        }
    }

    fn step(&mut self, second: Second, name: &str, room: bool, out: &mut Out<'_>) {
        let now = std::mem::take(&mut self.now);
        self.runs = (Run::on(self.runs.0, second, now.0), Run::on(self.runs.1, second, now.1));
        self.paths.retain(|(_, at)| second.0 - at.0 < WINDOW_S);
        let paths = self.paths.len() as f64;
        let refused = self.refused.last(second.0, 6);
        let denied = self.denied.last(second.0, 3);
        let asked = self.asked.last(second.0, 3);
        let last = self.last.replace(second);
        // A minute without refusals, and it begins anew; who asks for nothing is not looked at.
        if last.is_none_or(|last| second.0 - last.0 >= WINDOW_S) {
            self.first = None;
        }
        if self.paths.is_empty() && denied == 0.0 && !self.is_open() {
            self.first = None;
            return;
        }
        let first = *self.first.get_or_insert(second);
        let many = if paths >= MANY_PATHS { refused / MANY } else { 0.0 };
        let asked_in_all = self.asked.last(second.0, 6);
        let scan =
            if refused >= SCAN_PART * asked_in_all { (paths / PATHS).max(many) } else { 0.0 };
        let guess = if denied >= GUESSES_PART * asked { denied / GUESSES } else { 0.0 };
        let seconds = (second.0 - first.0 + 1).max(1) as f64;
        let scanned = self.scan.is_open();
        let runs = self.runs;
        for (kind, episode, score, (sum, n, window), run, classes) in [
            (AnomalyKind::Scan, &mut self.scan, scan, (refused, now.0, 60.0), runs.0, "status:4xx"),
            (
                AnomalyKind::Bruteforce,
                &mut self.guess,
                // One that scans is no guesser, though some of what it tries is denied.
                if scanned { 0.0 } else { guess },
                (denied, now.1, 30.0),
                runs.1,
                guesses(self.returned),
            ),
        ] {
            let about = About {
                kind,
                unit: Unit::PerS,
                site: None,
                key: Some(name),
                rows: Rows::Of(classes, Some(("client", name))),
            };
            episode.resume(second, &about, out);
            if !episode.is_open() && (score < 1.0 || !room) {
                continue;
            }
            let earliest = second.plus(1 - WINDOW_S);
            let whole = (first.max(earliest), sum, seconds.min(window));
            let run = run.filter(|run| run.since >= earliest && run.n >= RUN_PART * sum);
            let (since, observed, weight) =
                run.map_or(whole, |run| (run.since, run.n, (second.0 - run.since.0 + 1) as f64));
            let look = Look {
                score: (score * THRESHOLD).min(1.1 * THRESHOLD),
                threshold: THRESHOLD,
                since,
                sums: Sums { observed, expected: 0.0, weight, ..Sums::default() },
                tick: Sums { observed: n, expected: 0.0, weight: 1.0, ..Sums::default() },
                spread: 0.0,
                phi: 0.0,
                severity: match (kind, sum / window) {
                    (_, rate) if rate > 10.0 => 4,
                    // The internet looks for what is not there all day: a slow one wakes nobody.
                    (AnomalyKind::Scan, rate) if rate < 3.0 => 2,
                    _ => 3,
                },
                knows: true,
                held: false,
            };
            episode.step(second, &look, &about, out);
        }
    }
}
