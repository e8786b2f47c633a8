//! What is looked at of the whole node and of each site: traffic, errors, silence; of a site its times, too.

use serde::{Deserialize, Serialize};

use super::count::{Apart, Late};
use super::episode::{About, Look, NOTED, Out, Rows, Step};
use super::errors::{self, Errors, KINDS, OF_MANY};
use super::keyed::Keyed;
use super::origin::Origin;
use super::route::SLOW;
use super::routes::{Slow, TOLD};
use super::silent::Silence;
use super::times::Times;
use super::traffic::Traffic;
use super::{Input, Unit, level, rate, silent};
use crate::aggregate::dict::OTHER;
use crate::aggregate::list::Base;
use crate::aggregate::rollup::KeyCount;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Sites that are looked at one by one, 3 KB each: as many as the window tells apart, so that one that fails is known by
/// its name however many are as busy. Of more the busiest, for the others are seldom heard of.
const SITES: usize = 8192;
/// A site with this part of all requests is the node: what is told of the one is told of the other.
const WHOLE: f64 = 0.8;
/// The others are as usual where they are worse by at most this part of what they were if all were alike.
pub(super) const FEW: f64 = 0.5;
/// A site that has this part of the evidence it needs is told for the node, where what that sees is this site's.
const ENOUGH: f64 = 0.5;

/// What is known of a site or the node, and outlives the process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    level: level::Known,
    /// Not in the files of the first versions.
    #[serde(default)]
    busiest: (f64, f64),
    errors: [rate::Known; 2],
    silence: silent::Known,
    /// Not in the files of the first versions.
    #[serde(default)]
    slow: rate::Known,
}

/// One site, or all together.
#[derive(Debug, Default)]
struct Site {
    traffic: Traffic,
    errors: Errors,
    silence: Silence,
    /// Of one site; the node's are those of its routes.
    slow: Times,
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
            slow: Times::of(known.slow),
            ..Site::default()
        }
    }

    fn known(&self) -> Known {
        Known {
            level: self.traffic.known(),
            busiest: self.traffic.busiest(),
            errors: self.errors.known(),
            silence: self.silence.known(),
            slow: self.slow.known(),
        }
    }

    fn is_open(&self) -> bool {
        self.traffic.is_open()
            || self.silence.is_open()
            || self.slow.is_open()
            || KINDS.into_iter().any(|kind| self.errors.is_open(kind))
    }

    fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.traffic.end(second, out);
        self.errors.end(second, out);
        self.silence.end(second, out);
        self.slow.end(second, out);
    }

    /// Its errors of a kind and all requests, in this tick.
    fn numbers(&self, kind: AnomalyKind) -> (f64, f64) {
        let is_failed = kind == AnomalyKind::Errors5xx;
        let errors = if is_failed { self.count.s5xx as f64 } else { self.refused };
        (errors, self.count.requests as f64)
    }

    /// Its errors of a kind in this tick that are judged elsewhere: guesses, and those of clients that are told of.
    fn beside(&self, kind: AnomalyKind) -> f64 {
        let is_failed = kind == AnomalyKind::Errors5xx;
        if is_failed { 0.0 } else { (self.count.s4xx as f64 - self.refused).max(0.0) }
    }

    /// Whether it is the node, of which `total` requests are expected.
    fn is_whole(&self, total: f64) -> bool {
        self.traffic.expected().is_some_and(|mu| mu > WHOLE * total)
    }

    /// Its times. Nothing begins while they are told of its pages or of the node, or soon may be.
    fn slow(
        &mut self,
        second: Second,
        name: &str,
        (count, is_whole): (&KeyCount, bool),
        slow: &Slow,
        out: &mut Out<'_>,
    ) {
        let (seconds, n) = (count.time_us as f64 / 1e6, count.timed as f64);
        let is_open = self.slow.is_open();
        if n == 0.0 && !is_open {
            return;
        }
        self.slow.lag(second, (seconds, n), f64::MAX);
        let mut look = self.slow.push(second, seconds, n, 1.0, SLOW + OF_MANY);
        let explains = |excess: f64| excess > 0.0 && excess >= TOLD * self.slow.excess_s(second);
        // More visitors may ask for slower pages.
        let asked_more = explains(slow.asked_more) || self.traffic.is_open();
        let is_told = is_whole || slow.all || explains(slow.told) || asked_more;
        if !is_open && (slow.suspected || explains(slow.may_be_told)) {
            look.hold();
        }
        if is_told {
            self.slow.hold(&mut look);
        }
        if !is_open && !look.held && look.score < NOTED * look.threshold {
            return;
        }
        let about = About {
            kind: AnomalyKind::Latency,
            unit: Unit::S,
            site: Some(name),
            key: None,
            rows: Rows::Of("", Some(("site", name))),
        };
        self.slow.step(second, &look, &about, out);
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Sites {
    all: Site,
    sites: Keyed<Site>,
    /// Requests that silent sites should have brought in the last tick.
    silent: f64,
    slow: SlowSites,
    /// Errors of late, by kind, of those sites whose errors are told.
    failing: [f64; 2],
    /// What is seen of errors in this tick, by kind.
    seen: [SeenErrors; 2],
}

/// What is seen of errors of a kind in a tick, before anything of it is told.
#[derive(Debug, Default)]
struct SeenErrors {
    node: Look,
    /// Of each site, by its place; none where there is only one.
    sites: Vec<Look>,
    /// Errors of late of those sites whose errors are told.
    told: f64,
    /// The place of the site whose errors the node's are.
    one: Option<usize>,
    /// Whether the node, or that site in its place, would begin to be told.
    begins: bool,
}

/// Of the times of sites, of late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SlowSites {
    /// Whether most of what is slower than usual is of one site: of one that is told, and of one that may soon be.
    pub(super) one_is_told: bool,
    pub(super) one_may_be: bool,
    /// By how many seconds the sites that are told as slow were slower than usual.
    pub(super) told: f64,
    /// Whether any may soon be told.
    pub(super) suspects: bool,
}

/// Sums for these: seconds of all sites, and of the one that has most of them.
#[derive(Clone, Copy, Debug, Default)]
struct SlowSums {
    /// Slower than usual, and as usual.
    all: (f64, f64),
    most: (f64, f64),
    most_is_told: bool,
    told: f64,
    suspects: bool,
}

impl SlowSums {
    fn add(&mut self, second: Second, site: &Site, expected: f64, is_whole: bool) {
        let Some(usual) = site.slow.usual() else { return };
        let seconds = (site.slow.excess_s(second), usual * expected);
        self.all = (self.all.0 + seconds.0, self.all.1 + seconds.1);
        let is_told = site.slow.is_open();
        self.suspects |= site.slow.suspects() && !is_told;
        self.told += if is_told { seconds.0 } else { 0.0 };
        if !is_whole && (is_told || site.slow.suspects()) && seconds.0 > self.most.0 {
            (self.most, self.most_is_told) = (seconds, is_told);
        }
    }

    fn found(&self) -> SlowSites {
        let ((all, usual), (most, its)) = (self.all, self.most);
        // The others are rather as usual than as slow as it, though they be few.
        let others = FEW * all * (1.0 - its / usual.max(1e-9));
        let is_one = most > TOLD * all && all - most <= others;
        SlowSites {
            one_is_told: is_one && self.most_is_told,
            one_may_be: is_one && !self.most_is_told,
            told: self.told,
            suspects: self.suspects,
        }
    }
}

impl Default for Sites {
    fn default() -> Self {
        Sites {
            all: Site::default(),
            sites: Keyed::new(SITES),
            silent: 0.0,
            slow: SlowSites::default(),
            failing: [0.0; 2],
            seen: Default::default(),
        }
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

    /// Errors of a kind beyond the usual, of late, of those sites whose errors are told.
    pub(super) fn failing_sites(&self, kind: AnomalyKind) -> f64 {
        self.failing[place_of(kind)]
    }

    /// Whether errors of a kind would begin to be told of the node in this tick, or of the one site whose they are;
    /// and whether that is a site of which most requests fail.
    pub(super) fn begins(&self, kind: AnomalyKind) -> (bool, bool) {
        let seen = &self.seen[place_of(kind)];
        let of_one = seen.one.and_then(|place| seen.sites.get(place));
        let is_down = |site: &Look| site.severity >= 5 && site.score >= site.threshold;
        (seen.begins, of_one.is_some_and(is_down))
    }

    /// Errors of a kind of all, beyond the usual and of late.
    pub(super) fn late(&self, second: Second, kind: AnomalyKind) -> Late {
        self.all.errors.series(kind).late(second)
    }

    pub(super) fn slow(&self) -> SlowSites {
        self.slow
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

    /// Goes on with errors that an earlier process left open, before anything is said of these.
    pub(super) fn resume(&mut self, second: Second, out: &mut Out<'_>) {
        if !out.has_left() {
            return;
        }
        for (kind, failing) in KINDS.into_iter().zip(&mut self.failing) {
            for entry in self.sites.entries_mut() {
                let about = errors::about(kind, Some(&entry.text));
                if entry.value.errors.series_mut(kind).resume(second, &about, out) {
                    // How many these are is not known yet: no page is told for them in this tick.
                    *failing = f64::INFINITY;
                }
            }
        }
    }

    /// Takes in one second and looks at its errors.
    pub(super) fn look(&mut self, input: &Input<'_>, refusals: &Refusals) {
        let second = input.second;
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
        self.sites.entries_mut().iter_mut().for_each(|entry| entry.value.refused = 0.0);
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
            s4xx: input.rollup.classes()[3],
            s5xx: input.rollup.classes()[4],
            ..KeyCount::default()
        };
        for kind in KINDS {
            self.look_at(second, kind);
        }
    }

    /// Errors of a kind, of the node and of each site.
    fn look_at(&mut self, second: Second, kind: AnomalyKind) {
        let seen = &mut self.seen[place_of(kind)];
        let is_single = self.sites.entries().len() <= 1;
        let sites = if is_single { &mut [] } else { self.sites.entries_mut() };
        let mut origin = Origin::default();
        seen.sites.clear();
        for (place, entry) in sites.iter_mut().enumerate() {
            let site = &mut entry.value;
            let numbers = site.numbers(kind);
            let apart = Apart { beside: site.beside(kind), told: None };
            seen.sites.push(site.errors.look(second, kind, (numbers, apart), true));
            origin.add(second, place, site.errors.series(kind), numbers);
        }
        let numbers = self.all.numbers(kind);
        let apart = Apart { beside: self.all.beside(kind), told: origin.told };
        seen.node = self.all.errors.look(second, kind, (numbers, apart), false);
        let series = self.all.errors.series(kind);
        seen.one = origin.one(series.late(second), series.rate().phi().max(1.0));
        seen.told = origin.told_excess;
        seen.begins = !series.is_open() && seen.node.score >= seen.node.threshold;
    }

    /// Says what there is to say of one second. `path_told` says whether errors of a kind are told of paths already,
    /// `told` how many requests are of clients of whom it is told that they flood or scan, `slow` which routes are slow.
    pub(super) fn tick(
        &mut self,
        input: &Input<'_>,
        path_told: impl Fn(AnomalyKind) -> bool,
        (told, slow): (f64, &Slow),
        out: &mut Out<'_>,
    ) {
        let second = input.second;
        let total = input.rollup.requests as f64;
        let all = &mut self.all;
        // What floods adds, and what a silent site lacks, is told of them.
        let others = (total - told).max(0.0) + self.silent;
        all.traffic.tick(second, (others, total - others), None, false, out);
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
        for kind in KINDS {
            self.errors(second, kind, (mu, path_told(kind)), out);
        }
        self.slow = if single {
            SlowSites::default()
        } else {
            self.each(second, (mu, told > 0.0), slow, out)
        };
    }

    /// Errors of a kind, of the node and of each site: of the site whose they are, and of the node where they are of several.
    /// Of these `total` requests are expected; `path_told` says whether they are told of pages.
    fn errors(
        &mut self,
        second: Second,
        kind: AnomalyKind,
        (total, path_told): (f64, bool),
        out: &mut Out<'_>,
    ) {
        let seen = &mut self.seen[place_of(kind)];
        let sites = self.sites.entries_mut();
        let (one, look) = (seen.one, &mut seen.node);
        let series = self.all.errors.series_mut(kind);
        if path_told {
            series.hold(look);
        }
        let is_enough = |place: usize| {
            let of_site: &Look = &seen.sites[place];
            of_site.score >= ENOUGH * of_site.threshold && !sites[place].value.is_whole(total)
        };
        let begins = seen.begins && !path_told;
        let named = one.filter(|&place| begins && is_enough(place));
        if let Some(place) = named {
            let of_site = &mut seen.sites[place];
            of_site.score = of_site.score.max(of_site.threshold);
            look.hold();
        }
        series.step(second, look, &errors::about(kind, None), out);
        // While it is told of the node, no site's begin: but where they are one site's, those of the others may.
        let is_told = |place| series.is_open() && one.is_none_or(|one| one == place);
        let mut begun = false;
        for (place, (entry, look)) in sites.iter_mut().zip(&mut seen.sites).enumerate() {
            let held = path_told || entry.value.is_whole(total) || is_told(place);
            let of_site = entry.value.errors.series_mut(kind);
            if held && named != Some(place) {
                of_site.hold(look);
            }
            let about = errors::about(kind, Some(&entry.text));
            begun |= of_site.step(second, look, &about, out) == Step::Opened;
        }
        if begun && !series.is_open() {
            series.begin_anew();
        }
        self.failing[place_of(kind)] = seen.told;
    }

    fn each(
        &mut self,
        second: Second,
        (total, is_flood): (f64, bool),
        slow: &Slow,
        out: &mut Out<'_>,
    ) -> SlowSites {
        let all = &self.all;
        // The node's times are no news of a site, unless they are that site's.
        let is_one = self.slow.one_is_told || self.slow.one_may_be;
        let slow =
            &Slow { all: slow.all && !is_one, suspected: slow.suspected && !is_one, ..*slow };
        let mut sums = SlowSums::default();
        self.silent = 0.0;
        for entry in self.sites.entries_mut() {
            let (name, site) = (&*entry.text, &mut entry.value);
            let count = std::mem::take(&mut site.count);
            let n = count.requests as f64;
            let is_whole = site.is_whole(total);
            // What the node as a whole does is no news of each site.
            let told = all.traffic.is_open() || all.silence.is_open() || is_flood;
            let hold = is_whole || told;
            // Whether it is silence or a fall is known a few seconds later.
            let silent = site.silence.is_open() || site.nothing && n == 0.0;
            site.nothing = n == 0.0;
            site.traffic.tick(second, (n, 0.0), Some(name), hold || silent, out);
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
            site.slow(second, name, (&count, is_whole), slow, out);
            sums.add(second, site, mu, is_whole);
        }
        sums.found()
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

/// Where a kind of errors stands among [`KINDS`].
fn place_of(kind: AnomalyKind) -> usize {
    usize::from(kind == AnomalyKind::Errors4xx)
}

/// The name under which a list shows a site, `-` for none.
fn site_text(id: u32, text: &str) -> &str {
    if id == crate::aggregate::dict::ABSENT { "-" } else { text }
}
