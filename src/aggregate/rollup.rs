//! A rollup: the sums and sketches of a set of events, a commutative monoid under [`Rollup::merge`].
//!
//! Batches into a second, late lines into a sealed one, seconds into minutes: all are `merge`.
//! Ids are the window's; they mean something while the events are kept.

use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::distinct::Distinct;
use super::list::{Base, Bases};
use super::quantile::{Histogram, merge_sorted};
use super::tally::Tally;

/// Counts of one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyCount {
    pub requests: u64,
    pub bytes: u64,
    pub s4xx: u64,
    pub s5xx: u64,
    /// Time of all requests together, microseconds, and how many are known.
    pub time_us: u64,
    pub timed: u64,
}

/// Ends of paths whose login form comes back with 200 where the password was wrong; where it was right, they
/// redirect. Of WordPress (`wp_signon` in wp-login.php) and of Django's admin (`LoginView.form_invalid`). Pages
/// of interfaces are none: there 200 means that the password was right.
const LOGIN_FORMS: [&str; 2] = ["/wp-login.php", "/admin/login/"];

/// Whether a POST to this path that is answered with 200 is a failed login.
pub(crate) fn is_login_form(path: &str) -> bool {
    LOGIN_FORMS.iter().any(|form| path.ends_with(form))
}

/// Requests that were refused (4xx, or a login form that came back with 200), as far as it takes to tell who
/// scans, guesses or is just lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refused {
    pub client: u32,
    pub path: u32,
    pub site: u32,
    pub method: u32,
    pub status: u16,
}

/// Full counts by id, rising, none empty.
pub type Keys = Vec<(u32, KeyCount)>;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollup {
    pub requests: u64,
    /// Error-log events.
    pub errors: u64,
    /// Lines that fit no format.
    pub messages: u64,
    pub bytes_out: u64,
    pub bytes_in: u64,
    /// By status, rising; 0 where there was none.
    pub codes: Vec<(u16, u64)>,
    /// By id, rising.
    pub methods: Vec<(u32, u64)>,
    pub protocols: Vec<(u32, u64)>,
    /// Error-log events by id of their level.
    pub levels: Vec<(u32, u64)>,
    /// Microseconds.
    pub latency: Histogram,
    pub upstream: Histogram,
    pub visitors: Distinct,
    /// What was refused by who asked for what, rising.
    pub refused: Vec<(Refused, u64)>,
    lists: [Keys; Base::COUNT],
}

impl Rollup {
    /// Takes the content out of a tally made by [`Tally::draining`].
    #[must_use]
    pub fn take(tally: &mut Tally, dictionaries: &Dictionaries) -> Rollup {
        let from = |first: u32, counts: &[u64]| -> Vec<(u32, u64)> {
            let counts = (0u32..).zip(counts).skip(first as usize);
            counts.filter(|&(_, &n)| n != 0).map(|(id, &n)| (id, n)).collect()
        };
        // What has no value counts as one only in the lists that show it.
        let named = |counts: &[u64]| from(ABSENT + 1, counts);
        let seen = (0u32..).zip(&tally.visitors.counts).filter(|&(id, &n)| n != 0 && id != 0);
        let visitors = seen.map(|(id, _)| dictionaries.visitors().get(id).hash).collect();
        let mut rollup = Rollup {
            requests: tally.requests,
            errors: tally.errors,
            messages: tally.messages,
            bytes_out: tally.bytes_out,
            bytes_in: tally.bytes_in,
            codes: from(0, &tally.status).into_iter().map(|(code, n)| (code as u16, n)).collect(),
            methods: named(&tally.methods),
            protocols: named(&tally.protocols),
            levels: named(&tally.levels),
            latency: tally.latency.histogram(),
            upstream: tally.upstream.histogram(),
            visitors: Distinct::of(visitors),
            refused: counted(&mut tally.refused),
            lists: Default::default(),
        };
        tally.drain(|base, id, counter| {
            if id == ABSENT && !base.counts_absent() {
                return;
            }
            let count = KeyCount {
                requests: counter.requests().into(),
                bytes: counter.bytes,
                s4xx: counter.s4xx().into(),
                s5xx: counter.s5xx().into(),
                time_us: counter.time_us(),
                timed: counter.timed().into(),
            };
            rollup.lists[base as usize].push((id, count));
        });
        rollup
    }

    /// What a rollup knows value by value.
    #[must_use]
    pub fn bases() -> Bases {
        Bases::of([
            Base::Paths,
            Base::NotFound,
            Base::Clients,
            Base::Users,
            Base::Sites,
            Base::Sources,
            Base::Upstreams,
            Base::UserAgents,
            Base::ReferrerUrls,
            Base::Cache,
            Base::Messages,
        ])
    }

    /// Full counts of one base, by id of the window.
    #[must_use]
    pub fn counts(&self, base: Base) -> &Keys {
        &self.lists[base as usize]
    }

    /// Requests by hundreds of their status, from 1xx to 5xx.
    #[must_use]
    pub fn classes(&self) -> [u64; 5] {
        let mut classes = [0; 5];
        for &(code, n) in &self.codes {
            if let Some(class) = usize::from(code / 100).checked_sub(1).filter(|&c| c < 5) {
                classes[class] += n;
            }
        }
        classes
    }

    /// Every event, of any kind.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.requests + self.errors + self.messages
    }

    pub fn merge(&mut self, other: &Rollup) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.messages += other.messages;
        self.bytes_out = self.bytes_out.wrapping_add(other.bytes_out);
        self.bytes_in = self.bytes_in.wrapping_add(other.bytes_in);
        merge_sorted(&mut self.codes, &other.codes, |a, b| *a += b);
        merge_sorted(&mut self.methods, &other.methods, |a, b| *a += b);
        merge_sorted(&mut self.protocols, &other.protocols, |a, b| *a += b);
        merge_sorted(&mut self.levels, &other.levels, |a, b| *a += b);
        self.latency.merge(&other.latency);
        self.upstream.merge(&other.upstream);
        self.visitors.merge(&other.visitors);
        merge_sorted(&mut self.refused, &other.refused, |a, b| *a += b);
        for (mine, theirs) in self.lists.iter_mut().zip(&other.lists) {
            merge_sorted(mine, theirs, |a, b| {
                a.requests += b.requests;
                a.bytes = a.bytes.wrapping_add(b.bytes);
                a.s4xx += b.s4xx;
                a.s5xx += b.s5xx;
                a.time_us = a.time_us.wrapping_add(b.time_us);
                a.timed += b.timed;
            });
        }
    }
}

/// How often each is there, rising; empties the list and keeps its memory.
fn counted<T: Ord + Copy>(list: &mut Vec<T>) -> Vec<(T, u64)> {
    list.sort_unstable();
    let counts = list.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect();
    list.clear();
    counts
}
