//! Detectors: what is unusual about the second that has just closed, said from sums alone.
//!
//! Every detector is streaming and of fixed memory: it keeps what is usual (a level, a season, a rate)
//! and a running evidence against it, and never looks back. The same code serves the live server, a
//! replay and `report --anomalies`, so time comes from [`Input::second`] alone.

mod bank;
mod bytes;
mod count;
mod drift;
mod episode;
mod errors;
#[cfg(test)]
mod errors_tests;
mod finding;
mod flood;
mod host;
mod keyed;
mod level;
mod majority;
mod ongoing;
mod origin;
mod rate;
pub mod record;
mod refusers;
mod ring;
mod route;
mod routes;
mod season;
mod series;
mod silent;
mod sites;
#[cfg(test)]
mod slow_tests;
mod sources;
mod strangers;
#[cfg(test)]
mod tests;
mod texts;
mod times;
mod traffic;
mod why;

pub use finding::{Finding, Unit};
pub use why::{Seen, Verdict};

use serde::{Deserialize, Serialize};

use episode::Out;

use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::forget::Forget;
use crate::aggregate::rollup::Rollup;
use crate::aggregate::templates::{TemplateLines, Templates};
use crate::aggregate::wire::{AnomalyKind, HostPoint};
use crate::decode::redact::line::{Addresses, addresses, client, client_in};
use crate::vocab::event::Level;
use crate::vocab::time::Second;

/// A disk as the host's load has it.
#[derive(Clone, Copy, Debug)]
pub struct DiskLoad<'a> {
    pub mount: &'a str,
    pub used: u64,
    pub total: u64,
}

/// A template of error messages that was seen in this tick.
#[derive(Clone, Copy, Debug)]
pub struct TemplateCount<'a> {
    pub id: u32,
    pub text: &'a str,
    /// Of the worst of its lines; empty where it had none.
    pub level: &'a str,
    pub lines: u64,
    /// Whether it was learnt in this tick.
    pub is_new: bool,
}

impl<'a> TemplateCount<'a> {
    /// Of lines that were counted by their template's id.
    #[must_use]
    pub fn all(lines: &[TemplateLines], known: &'a Templates) -> Vec<TemplateCount<'a>> {
        let named = lines.iter().filter_map(|of| Some((of, known.get(of.id)?)));
        named
            .map(|(of, template)| TemplateCount {
                id: of.id,
                text: &template.text,
                level: template.level.map_or("", Level::name),
                lines: of.lines,
                is_new: of.is_new,
            })
            .collect()
    }
}

/// A source whose lines fit another format than before, or none any more.
#[derive(Clone, Copy, Debug)]
pub struct Drift<'a> {
    pub source: &'a str,
    /// Names of formats; empty for none.
    pub before: &'a str,
    pub now: &'a str,
}

/// One tick.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The second that closed.
    pub second: Second,
    /// Everything that arrived in this tick, late lines too.
    pub rollup: &'a Rollup,
    /// What the rollup's ids mean.
    pub dictionaries: &'a Dictionaries,
    /// `None` in a report.
    pub host: Option<&'a HostPoint>,
    /// Of the last minute; `None` in a report.
    pub load: Option<f64>,
    pub disks: &'a [DiskLoad<'a>],
    pub templates: &'a [TemplateCount<'a>],
    pub drift: &'a [Drift<'a>],
    /// Whether a source that says nothing is silent: one that sends is, a file that was read is not.
    pub sources_send: bool,
}

impl<'a> Input<'a> {
    /// A tick that knows nothing but its rows.
    #[must_use]
    pub fn new(second: Second, rollup: &'a Rollup, dictionaries: &'a Dictionaries) -> Input<'a> {
        Input {
            second,
            rollup,
            dictionaries,
            host: None,
            load: None,
            disks: &[],
            templates: &[],
            drift: &[],
            sources_send: false,
        }
    }
}

/// What was learnt of what is usual, for a file that outlives the process. Its content is the
/// detectors' own; one that was written by another version is refused by its number.
#[derive(Debug, Serialize, Deserialize)]
pub struct Learnt {
    version: u32,
    sites: (sites::Known, Vec<(String, f64, i64, sites::Known)>),
    routes: (rate::Known, Vec<(String, f64, i64, route::Known)>),
    bytes: rate::Known,
    clients: Vec<(String, f64, i64, flood::Known)>,
    texts: texts::Known,
    /// Not in the files of the first versions.
    #[serde(default)]
    series: Vec<(String, series::Known)>,
    #[serde(default)]
    sources: Vec<(String, f64, i64, sources::Known)>,
    #[serde(default)]
    host: host::Known,
    #[serde(default)]
    ongoing: Vec<episode::Open>,
}

impl Learnt {
    /// Without what was open.
    #[must_use]
    pub fn with_nothing_open(self) -> Learnt {
        Learnt { ongoing: Vec::new(), ..self }
    }
}

impl Learnt {
    /// Without what was learnt of clients that are not kept as they were: another one is behind what stands for them.
    #[must_use]
    pub fn without_clients(self, how: Addresses) -> Learnt {
        let stays = |known: &str| client(known, how) == known;
        let clients = self.clients.into_iter().filter(|(known, ..)| stays(known)).collect();
        let names_none = |open: &episode::Open| {
            open.key().is_none_or(|key| addresses(key, how) == key)
                && open.filter().and_then(client_in).is_none_or(stays)
        };
        let ongoing = self.ongoing.into_iter().filter(names_none).collect();
        Learnt { clients, ongoing, ..self }
    }
}

/// Of [`Learnt`].
const VERSION: u32 = 1;

/// All detectors.
#[derive(Debug, Default)]
pub struct Detector {
    next_id: u64,
    journal: why::Journal,
    ongoing: ongoing::Ongoing,
    sites: sites::Sites,
    routes: routes::Routes,
    bytes: bytes::Bytes,
    floods: flood::Floods,
    refusers: refusers::Refusers,
    strangers: strangers::Strangers,
    texts: texts::Texts,
    drifts: drift::Drifts,
    host: host::Host,
    series: series::Series,
    sources: sources::Sources,
}

impl Detector {
    #[must_use]
    pub fn new() -> Detector {
        Detector::default()
    }

    /// Takes in one second; what became unusual with it, changed or ended.
    pub fn tick(&mut self, input: &Input<'_>) -> Vec<Finding> {
        self.journal.begin(input.second);
        let mut out = Out::new(&mut self.next_id, &mut self.journal).with(&mut self.ongoing);
        let second = input.second;
        out.end_left(second);
        self.sites.resume(second, &mut out);
        // Clients first: what one of them does is taken out of what happens to the others.
        self.strangers.tick(input);
        let innocent = self.refusers.tick(input, &self.strangers, &mut out);
        let refusers = &self.refusers;
        let tells = |name: &str| refusers.tells(name);
        let floods = self.floods.tick(input, self.sites.expected(), tells, &mut out);
        let told = floods + refusers.asked(input) + self.routes.guesses();
        // Paths before sites: what is told of a path is not told again of the site. What fails everywhere is seen
        // before anything is said, so that no path is told for all.
        let (failing, known) = self.sites.failing();
        self.sites.look(input, &innocent.sites);
        self.routes.tick(input, &innocent.paths, (failing, known), &self.sites, &mut out);
        let routes = &self.routes;
        let slow = routes.slow(second, self.sites.slow().suspects);
        self.sites.tick(input, |kind| routes.tells(kind), (told, &slow), &mut out);
        let all_silent = self.sites.is_silent();
        self.sources.tick(input, all_silent, &mut out);
        let numbers = (input.rollup.bytes_out as f64, input.rollup.requests as f64, routes.large());
        self.bytes.tick(second, numbers, || routes.cause_of_bytes(second), &mut out);
        self.texts.tick(input, &mut out);
        self.drifts.tick(input, &mut out);
        self.host.tick(input, &mut out);
        self.series.tick(input, &mut out);
        out.findings
    }

    /// What is worth keeping.
    #[must_use]
    pub fn learnt(&self) -> Learnt {
        Learnt {
            version: VERSION,
            sites: self.sites.learnt(),
            routes: self.routes.learnt(),
            bytes: self.bytes.known(),
            clients: self.floods.learnt(),
            texts: self.texts.learnt(),
            series: self.series.learnt(),
            sources: self.sources.learnt(),
            host: self.host.learnt(),
            ongoing: self.ongoing.kept(),
        }
    }

    /// Goes on from what an earlier process learnt; false where that is of another version.
    pub fn restore(&mut self, learnt: Learnt) -> bool {
        if learnt.version != VERSION {
            return false;
        }
        self.sites.restore(learnt.sites);
        self.routes.restore(learnt.routes);
        self.bytes = bytes::Bytes::of(learnt.bytes);
        self.floods.restore(learnt.clients);
        self.texts.restore(learnt.texts);
        self.series.restore(learnt.series);
        self.sources.restore(learnt.sources);
        self.host.restore(learnt.host);
        self.ongoing = ongoing::Ongoing::of(learnt.ongoing);
        true
    }

    /// Takes a client out of what is followed client by client; how many series named it.
    pub fn forget_client(&mut self, who: &Forget) -> u64 {
        self.journal.forget(who);
        self.ongoing.forget(who);
        u64::from(self.floods.forget(who)) + u64::from(self.refusers.forget(who))
    }

    /// What each detector saw in the tick of `second` (of the last minutes), of one kind and key where
    /// these are given: why something was said, or was not.
    #[must_use]
    pub fn why(&self, second: Second, kind: Option<AnomalyKind>, key: Option<&str>) -> Vec<Seen> {
        self.journal.at(second, kind, key)
    }

    /// Ends what is open: the last thing before the end of a report.
    pub fn finish(&mut self, second: Second) -> Vec<Finding> {
        let mut out = Out::new(&mut self.next_id, &mut self.journal).with(&mut self.ongoing);
        self.floods.end(second, &mut out);
        self.refusers.end(second, &mut out);
        self.routes.end(second, &mut out);
        self.sites.end(second, &mut out);
        self.sources.end(second, &mut out);
        self.bytes.end(second, &mut out);
        self.texts.end(second, &mut out);
        self.drifts.end(second, &mut out);
        self.host.end(second, &mut out);
        self.series.end(second, &mut out);
        out.findings
    }
}

/// A clause of the filter language for exactly this value.
fn clause(word: &str, value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    // A stranger's name that looks like a part of an address is refused without quotes.
    let is_number = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_part = word == "client" && is_number && value.parse::<std::net::IpAddr>().is_err();
    if !is_part
        && !value.is_empty()
        && value != "-"
        && value.chars().all(plain)
        && !value.starts_with('-')
    {
        return format!("{word}:{value}");
    }
    if value == "-" {
        return format!("{word}:-");
    }
    let mut quoted = String::with_capacity(value.len() + 2);
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '*') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    format!("{word}:\"{quoted}\"")
}
