//! What is looked at of each page: failing and refused requests, failed logins, slowness.
//!
//! A page is a route, not a path: `/product/17` and `/product/18` fail together. Most surges of errors
//! hide in a node's rate: twenty times the errors of a page with a fiftieth of the requests is less than
//! half more of the whole.

use super::count::Late;
use super::episode::{About, Look, Out, Rows};
use super::errors::KINDS;
use super::keyed::Keyed;
use super::rate::{self, Rate};
use super::route::{Denied, Known, NOW_S, Route, SLOW, USUALLY_S};
use super::sites::{FEW, Sites, SlowSites};
use super::times::Times;
use super::{Input, Unit};
use crate::aggregate::derived::Derived;
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::list::Base;
use crate::aggregate::rollup::KeyCount;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Routes that are looked at one by one, 1.5 KB each.
const ROUTES: usize = 2048;
/// A route's time counts with at most so many times the usual in the node's: one page of seven that is
/// four times as slow is that page's trouble.
const MOST_SLOW: f64 = 3.0;
/// Errors are told of routes where that is so of this part of them, of late: by half in 15 seconds.
pub(super) const TOLD: f64 = 0.6;
const TOLD_FADE: f64 = 0.955;
/// A route fails where its errors have this part of the evidence that they need: half of it is what one tick may give.
const FAILS: f64 = 0.5;
/// Routes with this part of the requests are rather everything than some routes, and so are those beside which so many
/// errors are of others.
const MOST: f64 = 0.5;
const SURELY: f64 = 5.0;
/// Standard deviations by which a route must be asked for more than usual for its time to count as that.
const ASKED_MORE: f64 = 3.0;
/// A route is the cause of a surge of bytes where it has this part of the excess.
const CAUSE: f64 = 0.5;

/// See the module.
#[derive(Debug)]
pub(super) struct Routes {
    routes: Keyed<Route>,
    /// The node's times in multiples of each route's usual one.
    all: Times,
    /// The usual mean time of the node's requests, seconds.
    usual: f64,
    /// Requests of the node so far.
    exposed: f64,
    /// Sums by id of the route, and the ids that have one.
    sums: Vec<KeyCount>,
    touched: Vec<u32>,
    /// Places of this tick.
    places: Vec<usize>,
    /// What is seen of the errors of these.
    looks: Vec<[Look; 2]>,
    /// Errors of late, and those of routes of which that is told: 5xx, 4xx.
    told: [(f64, f64); 2],
    /// Whether they are of everything, rather than of some routes.
    of_all: [bool; 2],
    /// Failed logins of this tick at pages of which it is told that passwords are guessed there.
    guesses: f64,
    /// Sums of squares and cubes of the sizes of what is sent.
    sizes: (f64, f64),
}

impl Default for Routes {
    fn default() -> Self {
        Routes {
            routes: Keyed::new(ROUTES),
            all: Times::default(),
            usual: 0.0,
            exposed: 0.0,
            sums: Vec::new(),
            touched: Vec::new(),
            places: Vec::new(),
            looks: Vec::new(),
            told: [(0.0, 0.0); 2],
            of_all: [false; 2],
            guesses: 0.0,
            sizes: (0.0, 0.0),
        }
    }
}

/// Of the times of routes, of late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slow {
    /// Whether it is told of all of them, or nearly so.
    pub(super) all: bool,
    pub(super) suspected: bool,
    /// By how many seconds a route that is told as slow was slower than usual, and one that may soon be.
    pub(super) told: f64,
    pub(super) may_be_told: f64,
    /// How many seconds were of a route that takes as long as usual, and is asked for more.
    pub(super) asked_more: f64,
}

/// A refused request of this tick that is nobody's guess.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfPath {
    pub(super) path: u32,
    pub(super) client: u32,
    /// A failed login, and whether its client was here before.
    pub(super) denied: Option<bool>,
    /// A login form that came back.
    pub(super) returned: bool,
    pub(super) n: f64,
}

impl Routes {
    /// Whether most errors of a kind are told of routes, and are rather of these than of everything.
    pub(super) fn tells(&self, kind: AnomalyKind) -> bool {
        let at = usize::from(kind == AnomalyKind::Errors4xx);
        let (all, told) = self.told[at];
        told > TOLD * all && !self.of_all[at]
    }

    /// Whether errors of a kind, of which there are `all` of late, are of everything: of several routes, none of which
    /// has most of them, where those that fail have most of the requests, or others fail like them; or `is_down` says
    /// that they are of a site of which most requests fail.
    fn is_of_all(&self, second: Second, kind: usize, all: Late, is_down: bool) -> bool {
        let late = |route: &Route| route.series()[kind].late(second);
        let (mut failing, mut some) = (0, Late::default());
        for (&place, looks) in self.places.iter().zip(&self.looks) {
            let (route, look) = (&self.routes.entries()[place].value, &looks[kind]);
            if route.series()[kind].is_open() || look.score >= FAILS * look.threshold {
                let of = late(route);
                if of.excess > TOLD * all.excess {
                    return false;
                }
                failing += 1;
                some = some.and(of);
            }
        }
        let others =
            Late { excess: all.excess - some.excess, requests: all.requests - some.requests };
        let part = (others.requests / all.requests.max(1e-9)).clamp(0.0, 1.0);
        let others_fail = others.excess >= SURELY && others.excess > FEW * part * all.excess;
        failing > 1 && (part < MOST || others_fail || is_down)
    }

    /// Requests of this tick that guess passwords, from many clients.
    pub(super) fn guesses(&self) -> f64 {
        self.guesses
    }

    /// What the times of sites are not told for again; `suspects` says whether one of these is looked at closer.
    pub(super) fn slow(&self, second: Second, suspects: bool) -> Slow {
        let mut slow =
            Slow { all: self.all.is_open(), suspected: self.all.suspects(), ..Slow::default() };
        for entry in self.routes.entries() {
            let times = &entry.value.slow;
            if times.is_open() {
                slow.told = slow.told.max(times.excess_s(second));
            } else if times.suspects() {
                slow.may_be_told = slow.may_be_told.max(times.excess_s(second));
            }
        }
        if suspects {
            slow.asked_more = self.asked_more(second);
        }
        slow
    }

    /// The most seconds of late that a route took because it was asked for more, beside what the others were: an hour of
    /// slow pages, which makes no site slow.
    fn asked_more(&self, second: Second) -> f64 {
        let all = || self.routes.entries().iter().map(|entry| &entry.value);
        let sum = all().fold((0.0, 0.0), |(now, usually): (f64, f64), route| {
            let of = route.busy(second);
            (now + of.0, usually + of.1)
        });
        let more = sum.0 / f64::max(sum.1, 1e-9);
        let most = all().map(|route| {
            let ((now, usually), each) = (route.busy(second), route.slow.usual().unwrap_or(0.0));
            let usually = usually * more;
            (now - usually) * NOW_S - ASKED_MORE * (usually * NOW_S * each).sqrt()
        });
        most.fold(0.0, f64::max)
    }

    /// The size of the large things among what is usually sent, bytes: the mean by squares.
    pub(super) fn large(&self) -> f64 {
        self.sizes.1 / self.sizes.0.max(1.0)
    }

    /// Takes in one second; `failing` is what part of all requests usually fails, `known` whether that
    /// is known yet.
    pub(super) fn tick(
        &mut self,
        input: &Input<'_>,
        refused: &[OfPath],
        (failing, known): (f64, bool),
        sites: &Sites,
        out: &mut Out<'_>,
    ) {
        let second = input.second;
        self.exposed += input.rollup.requests as f64;
        self.gather(input, refused, failing);
        let mut places = std::mem::take(&mut self.places);
        let open = self.routes.entries().iter().enumerate().filter(|(_, e)| e.value.is_open());
        places.extend(open.map(|(place, _)| place));
        places.sort_unstable();
        places.dedup();
        self.places = places;
        self.looks.clear();
        for &place in &self.places {
            self.looks.push(self.routes.get_mut(place).value.look(second, known));
        }
        let begins = KINDS.map(|kind| sites.begins(kind));
        let of_all = [0, 1].map(|at| {
            let (all, (begins, is_down)) = (sites.late(second, KINDS[at]), begins[at]);
            let is_asked = begins || self.told[at].1 > TOLD * self.told[at].0;
            is_asked && self.is_of_all(second, at, all, is_down)
        });
        self.of_all = of_all;
        let mut places = std::mem::take(&mut self.places);
        self.guesses = 0.0;
        let slow_sites = sites.slow();
        self.all_slow(second, &places, slow_sites, out);
        let slow = self.all.is_open() || self.all.suspects() && !self.one_is_slow(second);
        let open = KINDS.map(|kind| sites.is_open(kind));
        let failing_sites = KINDS.map(|kind| sites.failing_sites(kind));
        for told in &mut self.told {
            *told = (told.0 * TOLD_FADE, told.1 * TOLD_FADE);
        }
        for (&place, &looks) in places.iter().zip(&self.looks) {
            let entry = self.routes.get_mut(place);
            let (name, route) = (&*entry.text, &mut entry.value);
            let count = std::mem::take(&mut route.count);
            let now = [count.s5xx as f64, std::mem::take(&mut route.refused_now)];
            let late = [&route.failed, &route.refused].map(|series| series.late(second).excess);
            let of_sites =
                |kind: usize| failing_sites[kind] > 0.0 && failing_sites[kind] >= TOLD * late[kind];
            let holds = [0, 1].map(|at| open[at] || of_sites(at) || begins[at].0 && of_all[at]);
            let begun = route.errors(second, looks, name, holds, out);
            self.guesses += route.denied(second, self.exposed, name, out);
            let (seconds, n) = (count.time_us as f64 / 1e6, count.timed as f64);
            let slow_sites = slow_sites.told;
            let hold = slow || slow_sites > 0.0 && slow_sites >= TOLD * route.slow.excess_s(second);
            route.slow(second, (seconds, n), name, hold, out);
            let tells = [route.failed.is_open(), route.refused.is_open()];
            for (kind, told) in self.told.iter_mut().enumerate() {
                told.0 += now[kind];
                told.1 += if tells[kind] { now[kind].max(begun[kind]) } else { 0.0 };
            }
        }
        places.clear();
        self.places = places;
    }

    /// The node's times, before those of routes: what is slow everywhere is not told of each.
    fn all_slow(&mut self, second: Second, places: &[usize], sites: SlowSites, out: &mut Out<'_>) {
        let (mut time, mut timed, mut plain) = (0.0, 0.0, 0.0);
        for &place in places {
            let route = &mut self.routes.get_mut(place).value;
            let (seconds, n) = (route.count.time_us as f64 / 1e6, route.count.timed as f64);
            route.slow.lag(second, (seconds, n), MOST_SLOW);
            if let Some(usual) = route.slow.usual().filter(|_| n > 0.0 && !route.slow.is_open()) {
                time += (seconds / usual).min(MOST_SLOW * n);
                timed += n;
                plain += n * usual;
            }
        }
        if timed > 0.0 {
            let mean = plain / timed;
            self.usual =
                if self.usual == 0.0 { mean } else { self.usual + 0.01 * (mean - self.usual) };
        }
        let mut look = self.all.push(second, time, timed, self.usual, SLOW);
        look.severity = look.severity.max(3);
        if look.score > 0.0 && (sites.one_is_told || self.one_is_slow(second)) {
            self.all.hold(&mut look);
        } else if sites.one_may_be && !self.all.is_open() {
            // The evidence stays: where it is not that site alone, it is of when it began.
            look.hold();
        }
        let about = About {
            kind: AnomalyKind::Latency,
            unit: Unit::S,
            site: None,
            key: None,
            rows: Rows::Of("", None),
        };
        self.all.step(second, &look, &about, out);
    }

    /// Whether most of what is slower than usual is of one route. All routes are asked, not those of this
    /// tick alone: of three requests one is always the slowest.
    fn one_is_slow(&self, second: Second) -> bool {
        let excess = self.routes.entries().iter().map(|entry| entry.value.slow.excess(second));
        let (sum, most) =
            excess.fold((0.0, 0.0), |(sum, most): (f64, f64), e| (sum + e, most.max(e)));
        most > TOLD * sum
    }

    /// Sums of this tick by route.
    fn gather(&mut self, input: &Input<'_>, refused: &[OfPath], failing: f64) {
        let (second, dictionaries) = (input.second, input.dictionaries);
        let bound = dictionaries.derived(Derived::Route).bound();
        let fade = (-1.0 / USUALLY_S).exp();
        self.sizes = (self.sizes.0 * fade, self.sizes.1 * fade);
        self.sums.resize(bound.max(self.sums.len()), KeyCount::default());
        for &(path, count) in input.rollup.counts(Base::Paths) {
            let route = dictionaries.derived_id(Derived::Route, path);
            if route == ABSENT || route == OTHER {
                continue;
            }
            let sum = &mut self.sums[route as usize];
            if sum.requests == 0 {
                self.touched.push(route);
            }
            sum.requests += count.requests;
            sum.bytes = sum.bytes.wrapping_add(count.bytes);
            sum.s5xx += count.s5xx;
            sum.time_us = sum.time_us.wrapping_add(count.time_us);
            sum.timed += count.timed;
        }
        let names = dictionaries.derived(Derived::Route);
        for id in std::mem::take(&mut self.touched) {
            let count = std::mem::take(&mut self.sums[id as usize]);
            let make = || Route::new(failing, second);
            let weight = count.requests as f64;
            let place =
                self.routes.touch((id, names.text(id)), second, weight, make, Route::is_open);
            let (bytes, n) = (count.bytes as f64, (count.requests as f64).max(1.0));
            let size = bytes / n;
            self.sizes.0 += n * size * size;
            self.sizes.1 += n * size * size * size;
            if let Some(place) = place {
                let route = &mut self.routes.get_mut(place).value;
                route.count = count;
                route.send(second);
                self.places.push(place);
            }
        }
        for of in refused {
            let id = dictionaries.derived_id(Derived::Route, of.path);
            let Some(place) = self.routes.find_id(id, names.text(id)) else { continue };
            let exposed = self.exposed;
            let route = &mut self.routes.get_mut(place).value;
            if let Some(is_known) = of.denied {
                let denied = route.denied.get_or_insert_with(|| {
                    let rate = Rate::new(1.0, exposed.max(1000.0), 1.0);
                    Box::new(Denied::new(rate, exposed))
                });
                denied.push(second, of, is_known);
            } else {
                route.refused_now += of.n;
                route.refusers.push(second, of.client, of.n);
            }
        }
        for (row, n) in &input.rollup.refused {
            let id = dictionaries.derived_id(Derived::Route, row.path);
            let Some(place) = self.routes.find_id(id, names.text(id)) else { continue };
            if let Some(denied) = &mut self.routes.get_mut(place).value.denied {
                denied.see(row.status, *n as f64);
            }
        }
    }

    /// The route that most of the bytes above what is usual are of.
    pub(super) fn cause_of_bytes(&self, second: Second) -> Option<String> {
        let all =
            self.routes.entries().iter().map(|entry| (entry.value.excess(second), &entry.text));
        let (mut sum, mut most) = (0.0, (0.0, None));
        for (excess, text) in all {
            sum += excess;
            if excess > most.0 {
                most = (excess, Some(text));
            }
        }
        most.1.filter(|_| most.0 >= CAUSE * sum).map(ToString::to_string)
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for entry in self.routes.entries_mut() {
            let route = &mut entry.value;
            route.failed.end(second, out);
            route.refused.end(second, out);
            route.slow.end(second, out);
            if let Some(denied) = &mut route.denied {
                denied.end(second, out);
            }
        }
        self.all.end(second, out);
    }

    pub(super) fn learnt(&self) -> (rate::Known, Vec<(String, f64, i64, Known)>) {
        (self.all.known(), self.routes.saved(|route| Some(route.known())))
    }

    pub(super) fn restore(&mut self, (all, routes): (rate::Known, Vec<(String, f64, i64, Known)>)) {
        self.all = Times::of(all);
        self.routes.restore(routes, Route::of);
    }
}
