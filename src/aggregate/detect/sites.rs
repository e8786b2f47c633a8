//! What is looked at of the whole node and of each site: traffic, errors, silence.

use serde::{Deserialize, Serialize};

use super::episode::{About, Out, Rows};
use super::errors::Errors;
use super::keyed::Keyed;
use super::silent::Silence;
use super::traffic::Traffic;
use super::{Input, Unit, level, rate, silent};
use crate::aggregate::dict::OTHER;
use crate::aggregate::list::Base;
use crate::aggregate::rollup::KeyCount;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Sites that are looked at one by one, 3 KB each; the busiest, for the others are seldom heard of.
const SITES: usize = 512;
/// A site with this part of all requests is the node: what is told of the one is told of the other.
const WHOLE: f64 = 0.8;

/// What is known of a site or the node, and outlives the process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    level: level::Known,
    /// Not in the files of the first versions.
    #[serde(default)]
    busiest: (f64, f64),
    errors: [rate::Known; 2],
    silence: silent::Known,
}

/// One site, or all together.
#[derive(Debug, Default)]
struct Site {
    traffic: Traffic,
    errors: Errors,
    silence: Silence,
    /// Of this tick.
    count: KeyCount,
    /// Refused requests of this tick that are nobody's guess.
    refused: f64,
    /// Whether the last tick brought none.
    nothing: bool,
}

impl Site {
    fn of(known: Known) -> Site {
        Site {
            traffic: Traffic::of(known.level).with_busiest(known.busiest),
            errors: Errors::of(known.errors),
            silence: Silence::of(known.silence),
            ..Site::default()
        }
    }

    fn known(&self) -> Known {
        Known {
            level: self.traffic.known(),
            busiest: self.traffic.busiest(),
            errors: self.errors.known(),
            silence: self.silence.known(),
        }
    }

    fn is_open(&self) -> bool {
        let errors = [AnomalyKind::Errors5xx, AnomalyKind::Errors4xx];
        self.traffic.is_open()
            || self.silence.is_open()
            || errors.into_iter().any(|kind| self.errors.is_open(kind))
    }

    fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.traffic.end(second, out);
        self.errors.end(second, out);
        self.silence.end(second, out);
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Sites {
    all: Site,
    sites: Keyed<Site>,
    /// Requests that silent sites should have brought in the last tick.
    silent: f64,
}

impl Default for Sites {
    fn default() -> Self {
        Sites { all: Site::default(), sites: Keyed::new(SITES), silent: 0.0 }
    }
}

/// What of the node's and the sites' refusals is nobody's guess.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// By id of the site; the client stands for whose it is.
    pub(super) by_site: Vec<(u32, u32, f64)>,
}

impl Sites {
    /// Whether errors of a kind are told of the node.
    pub(super) fn is_open(&self, kind: AnomalyKind) -> bool {
        self.all.errors.is_open(kind)
    }

    /// Whether nothing comes at all.
    pub(super) fn is_silent(&self) -> bool {
        self.all.silence.is_open()
    }

    /// Requests that this second should have brought to the node; `None` while that is not known.
    pub(super) fn expected(&self) -> Option<f64> {
        self.all.traffic.expected()
    }

    /// What part of all requests usually fails, and whether that is known yet.
    pub(super) fn failing(&self) -> (f64, bool) {
        self.all.errors.failing()
    }

    /// Takes in one second. `path_told` says whether errors of a kind are told of paths already, `told`
    /// how many requests are of clients of whom it is told that they flood or scan.
    pub(super) fn tick(
        &mut self,
        input: &Input<'_>,
        refusals: &Refusals,
        path_told: impl Fn(AnomalyKind) -> bool,
        told: f64,
        out: &mut Out<'_>,
    ) {
        let second = input.second;
        let total = input.rollup.requests as f64;
        let names = input.dictionaries.field(Field::Site);
        for &(id, count) in input.rollup.counts(Base::Sites) {
            let text = if id == OTHER { continue } else { site_text(id, names.text(id)) };
            let weight = count.requests as f64;
            let place = self.sites.touch((id, text), second, weight, Site::default, Site::is_open);
            if let Some(place) = place {
                self.sites.get_mut(place).value.count = count;
            }
        }
        self.all.refused = 0.0;
        for &(site, client, n) in &refusals.by_site {
            self.all.refused += n;
            self.all.errors.refusers.push(second, client, n);
            let place = self.sites.find_id(site, site_text(site, names.text(site)));
            if let Some(place) = place {
                let site = &mut self.sites.get_mut(place).value;
                site.refused += n;
                site.errors.refusers.push(second, client, n);
            }
        }
        self.all.count = KeyCount {
            requests: input.rollup.requests,
            s5xx: input.rollup.classes()[4],
            ..KeyCount::default()
        };
        let all = &mut self.all;
        // What floods adds, and what a silent site lacks, is told of them.
        let others = (total - told).max(0.0) + self.silent;
        all.traffic.tick(second, others, None, false, out);
        let numbers = (total, all.count.s5xx as f64, all.refused);
        all.errors.tick(second, numbers, None, &path_told, out);
        let node = About {
            kind: AnomalyKind::Silent,
            unit: Unit::PerS,
            site: None,
            key: None,
            rows: Rows::Of("", None),
        };
        let mu = all.traffic.expected().unwrap_or(0.0);
        all.silence.tick(second, (total, mu, all.traffic.phi()), &node, false, out);
        let single = self.sites.entries().len() <= 1;
        if !single {
            self.each(second, (mu, told > 0.0), &path_told, out);
        }
    }

    fn each(
        &mut self,
        second: Second,
        (total, is_flood): (f64, bool),
        path_told: &impl Fn(AnomalyKind) -> bool,
        out: &mut Out<'_>,
    ) {
        let all = &self.all;
        self.silent = 0.0;
        for entry in self.sites.entries_mut() {
            let (name, site) = (&*entry.text, &mut entry.value);
            let count = std::mem::take(&mut site.count);
            let refused = std::mem::take(&mut site.refused);
            let n = count.requests as f64;
            let is_whole = site.traffic.expected().is_some_and(|mu| mu > WHOLE * total);
            // What the node as a whole does is no news of each site.
            let told = all.traffic.is_open() || all.silence.is_open() || is_flood;
            let hold = is_whole || told;
            // Whether it is silence or a fall is known a few seconds later.
            let silent = site.silence.is_open() || site.nothing && n == 0.0;
            site.nothing = n == 0.0;
            site.traffic.tick(second, n, Some(name), hold || silent, out);
            let held = |kind| is_whole || all.errors.is_open(kind) || path_told(kind);
            let numbers = (n, count.s5xx as f64, refused);
            site.errors.tick(second, numbers, Some(name), held, out);
            let about = About {
                kind: AnomalyKind::Silent,
                unit: Unit::PerS,
                site: Some(name),
                key: Some(name),
                rows: Rows::Of("", Some(("site", name))),
            };
            let mu = site.traffic.expected().unwrap_or(0.0);
            let hold = is_whole || all.silence.is_open();
            site.silence.tick(second, (n, mu, site.traffic.phi()), &about, hold, out);
            let silent = site.silence.is_open() || site.silence.suspects(site.traffic.phi());
            self.silent += if silent && n == 0.0 { mu } else { 0.0 };
        }
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.all.end(second, out);
        for entry in self.sites.entries_mut() {
            entry.value.end(second, out);
        }
    }

    pub(super) fn learnt(&self) -> (Known, Vec<(String, f64, i64, Known)>) {
        (self.all.known(), self.sites.saved(|site| Some(site.known())))
    }

    pub(super) fn restore(&mut self, (all, sites): (Known, Vec<(String, f64, i64, Known)>)) {
        self.all = Site::of(all);
        self.sites.restore(sites, Site::of);
    }
}

/// The name under which a list shows a site, `-` for none.
fn site_text(id: u32, text: &str) -> &str {
    if id == crate::aggregate::dict::ABSENT { "-" } else { text }
}
