//! What accounts for a change: the smallest set of values whose part in it is large and unusual.
//!
//! Two stretches of time are compared value by value, in every dimension (paths, clients, sites …).
//! A value's *share* is its part of the change, as in Adtributor (Bhagwan et al., NSDI 2014): values
//! are taken, the largest share first, until two thirds are explained. Which dimension is named is
//! decided by how surprising those values are: the log-likelihood ratio of one against two
//! distributions over them and the rest. Adtributor's own measure, the Jensen-Shannon divergence, is the
//! same sum without the number of rows, so that five errors of five clients would surprise it as much
//! as five thousand of one path; here a value must be worth more than the words it takes to name it.

use super::counters::Counter;
use super::dict::{ABSENT, OTHER};
use super::dictionaries::Dictionaries;
use super::figures::fold;
use super::list::{Bases, List};
use super::tally::Tally;
use super::wire::AnomalyCause;

/// The part of the change that values must explain together (Adtributor's T_EP).
pub const ENOUGH: f64 = 0.67;
/// The part that one value must have to be named (Adtributor's T_EEP).
const LEAST: f64 = 0.08;
/// Values of one dimension that are a cause; more are a coincidence.
const MAX_VALUES: usize = 5;
/// Sites and upstreams that are a cause together though they are more, up to so many: where they have this part of the
/// change, each of them at least that one, and all of them no more of the traffic than the last. The first ones are
/// told, with what part each has.
const MAX_TOGETHER: usize = 20;
const NEARLY_ALL: f64 = 0.9;
const LEAST_OF_MANY: f64 = 0.03;
const SMALL_PART: f64 = 0.1;
/// Values of each further dimension: what else the rows have in common.
const MAX_BESIDES: usize = 2;
/// Causes told.
pub const MAX_CAUSES: usize = 10;
/// Rows that a mean (of time, of bytes) is taken over for each row of evidence: single rows differ by
/// their nature, and a log-normal time of deviation 1 has e ≈ 2.7 times the variance of a count.
const ROWS_A_MEAN: f64 = 3.0;
/// Rows with a value before it may be the cause of a changed mean: one slow request is no cause.
const FEW: f64 = 3.0;
/// Rows of the stretch before that are assumed to have gone like all traffic does: with none at all
/// (no error in the last ten minutes) the first ones are compared with the traffic.
const ASSUMED: f64 = 20.0;
/// The same for statuses, of which traffic says nothing: errors have others than all requests.
const ASSUMED_STATUSES: f64 = 4.0;
/// What a dimension must be worth, nats: 20 to 1.
const WORTH: f64 = 3.0;
/// The odds that a part of the change is of a named value, times those that a row is of it as usual: what most rows
/// are of anyway, such as the commonest browser, accounts for nothing.
const LIFT: f64 = 2.0;
/// Dimensions worth nearly as much as the best one say the same; then fewer values are better.
const NEARLY: f64 = 0.85;

/// What is added up value by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Rows: a rate has changed.
    Rows,
    /// Time a request.
    Time,
    /// Bytes a request.
    Bytes,
}

impl Weight {
    /// What the numbers of a cause count.
    fn unit(self) -> String {
        match self {
            Weight::Rows => "per_s",
            Weight::Time => "s",
            Weight::Bytes => "bytes",
        }
        .to_owned()
    }
}

/// A word of the filter language and the list of its values. Of two that say the same the first holds:
/// whoever acts before what is acted on, and that before where it is.
const DIMENSIONS: [(&str, &str); 12] = [
    ("client", "clients"),
    ("path", "paths"),
    ("route", "routes"),
    ("upstream", "upstreams"),
    ("site", "sites"),
    ("source", "sources"),
    ("network", "networks"),
    ("agent", "agents"),
    ("referrer", "referrers"),
    ("method", "methods"),
    ("country", "countries"),
    ("status", "statuses"),
];

fn dimensions() -> impl Iterator<Item = (&'static str, List)> {
    DIMENSIONS.into_iter().filter_map(|(field, list)| Some((field, List::named(list)?)))
}

/// What has to be counted of rows for their change to be explained.
#[must_use]
pub fn bases() -> Bases {
    Bases::of(dimensions().map(|(_, list)| list.base()))
}

/// Rows of some seconds.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    pub tally: &'a Tally,
    pub seconds: f64,
}

/// A change to be explained.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a> {
    pub weight: Weight,
    pub now: Stretch<'a>,
    pub before: Stretch<'a>,
    /// All traffic before, whatever its status: how rows are spread where `before` has none.
    pub traffic: Option<&'a Tally>,
}

impl Changed<'_> {
    /// How far the whole has moved: above 0 where there is more of it now.
    #[must_use]
    pub fn moved(&self) -> f64 {
        let [now, before] =
            [self.now, self.before].map(|stretch| whole(stretch.tally, self.weight));
        Change::new(self, now, before).whole()
    }
}

/// One value's part in a stretch.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    rows: f64,
    weight: f64,
}

impl Part {
    fn of(counter: &Counter, weight: Weight) -> Part {
        match weight {
            Weight::Rows => {
                let rows = f64::from(counter.requests());
                Part { rows, weight: rows }
            }
            Weight::Time => {
                Part { rows: f64::from(counter.timed()), weight: counter.time_us() as f64 / 1e6 }
            }
            Weight::Bytes => {
                Part { rows: f64::from(counter.requests()), weight: counter.bytes as f64 }
            }
        }
    }

    fn mean(self) -> f64 {
        if self.rows > 0.0 { self.weight / self.rows } else { 0.0 }
    }
}

fn whole(tally: &Tally, weight: Weight) -> Part {
    match weight {
        Weight::Rows => Part { rows: tally.requests as f64, weight: tally.requests as f64 },
        Weight::Time => Part { rows: tally.timed as f64, weight: tally.time_us as f64 / 1e6 },
        Weight::Bytes => Part { rows: tally.requests as f64, weight: tally.bytes_out as f64 },
    }
}

/// What one dimension says.
#[derive(Debug)]
struct Told {
    field: &'static str,
    list: List,
    values: Vec<Value>,
    /// Nats, beyond what naming the values costs.
    worth: f64,
}

#[derive(Clone, Copy, Debug)]
struct Value {
    id: u32,
    now: Part,
    before: Part,
    share: f64,
    /// What part of the rows is of it as usual.
    usual: f64,
}

/// What accounts for the change, the largest share first; nothing where no value stands out.
#[must_use]
pub fn explain(changed: &Changed<'_>, dictionaries: &Dictionaries) -> Vec<AnomalyCause> {
    let mut told: Vec<Told> =
        dimensions().filter_map(|(field, list)| tell(field, list, changed, dictionaries)).collect();
    let best = told.iter().map(|told| told.worth).fold(f64::NEG_INFINITY, f64::max);
    // Stable: of two that say the same with as many values, the clearer name.
    let first = (0..told.len())
        .filter(|&at| told[at].worth >= best * NEARLY)
        .min_by_key(|&at| told[at].values.len());
    let Some(first) = first else { return Vec::new() };
    let first = told.remove(first);
    told.sort_by(|a, b| b.worth.total_cmp(&a.worth));
    let known = |field: &str| first.field == field;
    let besides = told.iter().filter(|told| {
        let twin = match told.field {
            "route" => known("path"),
            "path" => known("route"),
            "network" => known("client"),
            "country" => known("client") || known("network"),
            _ => false,
        };
        !twin && told.values.len() <= MAX_BESIDES
    });
    let all = std::iter::once(&first).chain(besides);
    let causes =
        all.flat_map(|told| told.values.iter().take(MAX_VALUES).map(move |value| (told, value)));
    causes.take(MAX_CAUSES).map(|(told, value)| cause(told, value, changed, dictionaries)).collect()
}

/// The path that most of the rows are of, if there is one: where, for what is known by who does it.
#[must_use]
pub fn place(
    now: &Stretch<'_>,
    before: Option<&Stretch<'_>>,
    dictionaries: &Dictionaries,
) -> Option<AnomalyCause> {
    most(("path", "paths"), now, before, dictionaries)
}

/// The site that most of the rows are of, if there is one, whether or not that is unusual.
#[must_use]
pub fn site(now: &Stretch<'_>, dictionaries: &Dictionaries) -> Option<AnomalyCause> {
    most(("site", "sites"), now, None, dictionaries)
}

fn most(
    (field, list): (&str, &str),
    now: &Stretch<'_>,
    before: Option<&Stretch<'_>>,
    dictionaries: &Dictionaries,
) -> Option<AnomalyCause> {
    let list = List::named(list)?;
    let rows = |stretch: &Stretch<'_>, id: usize| {
        let counters = fold(stretch.tally, list, dictionaries);
        f64::from(counters.get(id).map_or(0, Counter::requests))
    };
    let counters = fold(now.tally, list, dictionaries);
    let (id, most) = (0u32..).zip(counters.iter()).max_by_key(|(_, c)| c.requests())?;
    let share = f64::from(most.requests()) / now.tally.requests as f64;
    if id == ABSENT || id == OTHER || share.is_nan() || share < ENOUGH {
        return None;
    }
    Some(AnomalyCause {
        field: field.to_owned(),
        value: list.text(id, dictionaries),
        observed: f64::from(most.requests()) / now.seconds.max(1.0),
        expected: before.map_or(0.0, |before| rows(before, id as usize) / before.seconds.max(1.0)),
        unit: Weight::Rows.unit(),
        share: share.min(1.0),
    })
}

/// The statuses that most of the rows have, the largest part first: of errors that is worth a word where nothing
/// else stands out.
#[must_use]
pub fn statuses(changed: &Changed<'_>, dictionaries: &Dictionaries) -> Vec<AnomalyCause> {
    let Some(list) = List::named("statuses") else { return Vec::new() };
    let [now, before] =
        [changed.now, changed.before].map(|stretch| fold(stretch.tally, list, dictionaries));
    let all = changed.now.tally.requests as f64;
    let rate = |counters: &[Counter], id: usize, seconds: f64| {
        f64::from(counters.get(id).map_or(0, Counter::requests)) / seconds.max(1.0)
    };
    let mut found: Vec<AnomalyCause> = (0u32..)
        .zip(now.iter())
        .filter(|(id, c)| *id != ABSENT && f64::from(c.requests()) >= LEAST * all && all > 0.0)
        .map(|(id, c)| AnomalyCause {
            field: "status".to_owned(),
            value: list.text(id, dictionaries),
            observed: rate(&now, id as usize, changed.now.seconds),
            expected: rate(&before, id as usize, changed.before.seconds),
            unit: Weight::Rows.unit(),
            share: f64::from(c.requests()) / all,
        })
        .collect();
    found.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.value.cmp(&b.value)));
    found.truncate(MAX_BESIDES);
    found
}

/// The sites that a source carried before it fell silent, the largest part of its requests first.
#[must_use]
pub fn carried(before: &Stretch<'_>, dictionaries: &Dictionaries) -> Vec<AnomalyCause> {
    let Some(list) = List::named("sites") else { return Vec::new() };
    let all = before.tally.requests as f64;
    let counters = fold(before.tally, list, dictionaries);
    let mut sites: Vec<AnomalyCause> = (0u32..)
        .zip(counters.iter())
        .filter(|(id, c)| *id != ABSENT && *id != OTHER && f64::from(c.requests()) >= LEAST * all)
        .map(|(id, c)| AnomalyCause {
            field: "site".to_owned(),
            value: list.text(id, dictionaries),
            observed: 0.0,
            expected: f64::from(c.requests()) / before.seconds.max(1.0),
            unit: Weight::Rows.unit(),
            share: f64::from(c.requests()) / all,
        })
        .filter(|cause| cause.share > 0.0)
        .collect();
    sites.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.value.cmp(&b.value)));
    sites.truncate(MAX_VALUES);
    sites
}

/// What has to be counted of rows for [`first_site`].
#[must_use]
pub fn sites() -> Bases {
    Bases::of(List::named("sites").map(List::base))
}

/// The site that has most of some rows, and how many of them.
#[must_use]
pub fn first_site(tally: &Tally, dictionaries: &Dictionaries) -> Option<(String, u64)> {
    let list = List::named("sites")?;
    let counters = fold(tally, list, dictionaries);
    let (id, most) = (0u32..).zip(counters.iter()).max_by_key(|(_, c)| c.requests())?;
    let is_named = id != ABSENT && id != OTHER && most.requests() > 0;
    is_named.then(|| (list.text(id, dictionaries), most.requests().into()))
}

/// What has to be counted of rows for [`place`] and [`site`].
#[must_use]
pub fn places() -> Bases {
    Bases::of(["paths", "sites"].into_iter().filter_map(List::named).map(List::base))
}

fn cause(
    told: &Told,
    value: &Value,
    changed: &Changed<'_>,
    dictionaries: &Dictionaries,
) -> AnomalyCause {
    let (observed, expected) = match changed.weight {
        Weight::Rows => (
            value.now.rows / changed.now.seconds.max(1.0),
            value.before.rows / changed.before.seconds.max(1.0),
        ),
        _ if value.before.rows > 0.0 => (value.now.mean(), value.before.mean()),
        _ => (value.now.mean(), whole(changed.before.tally, changed.weight).mean()),
    };
    AnomalyCause {
        field: told.field.to_owned(),
        value: told.list.text(value.id, dictionaries),
        observed,
        expected,
        unit: changed.weight.unit(),
        share: value.share.clamp(0.0, 1.0),
    }
}

fn tell(
    field: &'static str,
    list: List,
    changed: &Changed<'_>,
    dictionaries: &Dictionaries,
) -> Option<Told> {
    let weight = changed.weight;
    let (all_now, all_before) =
        (whole(changed.now.tally, weight), whole(changed.before.tally, weight));
    let now = fold(changed.now.tally, list, dictionaries);
    let before = fold(changed.before.tally, list, dictionaries);
    let at = |counters: &[Counter], id: usize| {
        Part::of(&counters.get(id).copied().unwrap_or_default(), weight)
    };
    let change = Change::new(changed, all_now, all_before);
    let of_status = field == "status";
    let assumed = if of_status { ASSUMED_STATUSES } else { ASSUMED };
    let traffic = changed.traffic.filter(|tally| tally.requests > 0 && !of_status);
    let spread = traffic.map(|tally| (fold(tally, list, dictionaries), tally.requests as f64));
    let of_traffic = |id: usize| {
        let (counters, all) = spread.as_ref()?;
        Some(f64::from(counters.get(id).map_or(0, Counter::requests)) / all)
    };
    let together = matches!(field, "site" | "upstream");
    let least = if together { LEAST_OF_MANY } else { LEAST };
    let mut distinct = 0u32;
    let mut values: Vec<Value> = Vec::new();
    // Ids are 32 bits wide.
    for id in 0..now.len().max(before.len()) {
        let (now, before) = (at(&now, id), at(&before, id));
        if now.rows + before.rows == 0.0 {
            continue;
        }
        distinct += 1;
        if id == ABSENT as usize || (id == OTHER as usize && list.overflows()) {
            continue;
        }
        let share = change.share(now, before);
        let usual = of_traffic(id).map_or(0.0, |part| part * assumed);
        let usual = (before.rows + usual) / (all_before.rows + assumed);
        let stands_out = odds(share) >= LIFT * odds(usual);
        if share >= least && stands_out && (weight == Weight::Rows || now.rows >= FEW) {
            values.push(Value { id: id as u32, now, before, share, usual });
        }
    }
    values.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.id.cmp(&b.id)));
    let first = |most: usize, least: f64, enough: f64| {
        let mut explained = 0.0;
        let mut some = values.iter().take(most).take_while(|value| value.share >= least);
        let last = some.position(|value| {
            explained += value.share;
            explained >= enough
        })?;
        Some(last + 1)
    };
    let small =
        |n: &usize| values.iter().take(*n).map(|value| value.usual).sum::<f64>() <= SMALL_PART;
    let many = || first(MAX_TOGETHER, LEAST_OF_MANY, NEARLY_ALL).filter(|n| together && small(n));
    let named = first(MAX_VALUES, LEAST, ENOUGH).or_else(many)?;
    values.truncate(named);
    let usual = |id: u32| assumed * of_traffic(id as usize).unwrap_or(1.0 / f64::from(distinct));
    let ratio = change.likelihood_ratio(&values, assumed, usual);
    // To name one of n values takes ln n nats, and one more to say that there is one more.
    let cost = values.len() as f64 * (1.0 + f64::from(distinct).ln());
    let worth = ratio - cost;
    (worth >= WORTH).then_some(Told { field, list, values, worth })
}

/// The change of the whole, against which values are held.
#[derive(Debug)]
struct Change {
    weight: Weight,
    now: Part,
    before: Part,
    now_s: f64,
    before_s: f64,
}

impl Change {
    fn new(changed: &Changed<'_>, now: Part, before: Part) -> Change {
        Change {
            weight: changed.weight,
            now,
            before,
            now_s: changed.now.seconds.max(1.0),
            before_s: changed.before.seconds.max(1.0),
        }
    }

    /// How far a value moves the whole.
    fn of(&self, now: Part, before: Part) -> f64 {
        if self.weight == Weight::Rows {
            return now.rows / self.now_s - before.rows / self.before_s;
        }
        // The mean, by its own and by how often it is there.
        let usual = self.before.mean();
        let moves = |part: Part, all: Part| {
            if all.rows > 0.0 { (part.weight - part.rows * usual) / all.rows } else { 0.0 }
        };
        moves(now, self.now) - moves(before, self.before)
    }

    /// How far the whole has moved, which is the sum of all values.
    fn whole(&self) -> f64 {
        self.of(self.now, self.before)
    }

    /// A value's part of the change; the parts of all values add up to 1.
    fn share(&self, now: Part, before: Part) -> f64 {
        let all = self.whole();
        if all == 0.0 { 0.0 } else { self.of(now, before) / all }
    }

    /// How much likelier the rows are with two distributions over these values and the rest, one for
    /// now and one for before, than with one for both; nats.
    ///
    /// `assumed` rows are added to those before, `usual` of them with a value.
    fn likelihood_ratio(&self, values: &[Value], assumed: f64, usual: impl Fn(u32) -> f64) -> f64 {
        let scale = |all: Part| match self.weight {
            Weight::Rows => 1.0,
            _ if all.weight > 0.0 => all.rows / all.weight / ROWS_A_MEAN,
            _ => 0.0,
        };
        let (of_now, of_before) = (scale(self.now), scale(self.before));
        let all_now = self.now.weight * of_now;
        let all_before = self.before.weight * of_before + assumed;
        let (mut rest_now, mut rest_before) = (all_now, all_before);
        let mut sum = 0.0;
        let cell = |now: f64, before: f64| {
            let both = (now + before) / (all_now + all_before);
            term(now, now / all_now / both) + term(before, before / all_before / both)
        };
        for value in values {
            let now = value.now.weight * of_now;
            let before = value.before.weight * of_before + usual(value.id);
            rest_now -= now;
            rest_before -= before;
            sum += cell(now, before);
        }
        sum + cell(rest_now.max(0.0), rest_before.max(0.0))
    }
}

/// Of a part of a whole; of all of it, and of more, there is no end to them.
fn odds(part: f64) -> f64 {
    if part < 1.0 { part / (1.0 - part) } else { f64::INFINITY }
}

/// `n ln ratio`, which is 0 where there is nothing.
fn term(n: f64, ratio: f64) -> f64 {
    if n > 0.0 && ratio > 0.0 { n * ratio.ln() } else { 0.0 }
}

#[cfg(test)]
mod tests;
