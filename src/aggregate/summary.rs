//! A tally as it is shown: totals, codes, quantiles and the top of every list asked for.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::ask::Asks;
use super::derived::Derived;
use super::detail::Seen;
use super::dict::ABSENT;
use super::dictionaries::Dictionaries;
use super::figures::Figures;
use super::list::{Fold, List};
use super::quantile::{Dense, Paged, bucket, representative, seconds};
use super::render::rfc3339;
use super::tally::{Tally, Watch};
use super::wire::{Before, Latency, Summary, TopRow};
use crate::decode::agent;
use crate::decode::agent::ranges::{Origin, origin};
use crate::vocab::field::Field;

/// Bytes of a template's sample.
const SAMPLE_MAX: usize = 512;

/// Where the latencies of the shown values are known from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Latencies<'a> {
    /// From a second look at the rows.
    Seen(&'a Seen),
    /// They were followed as rows came and went.
    Watched(&'a [Watch]),
}

/// Writes figures down. `from`, `to`, `filter` and `accounting` are the caller's.
#[must_use]
pub(crate) fn summary(
    figures: &Figures<'_>,
    asks: &Asks,
    latencies: Latencies<'_>,
    before: Option<&Figures<'_>>,
    dictionaries: &Dictionaries,
) -> Summary {
    let tally = figures.tally;
    let named = |field: Field, counts: &[u64]| -> BTreeMap<String, u64> {
        let counts = (0u32..).zip(counts).filter(|&(id, &n)| id != ABSENT && n != 0);
        counts.map(|(id, &n)| (dictionaries.field(field).text(id).to_owned(), n)).collect()
    };
    let codes = (0u32..).zip(&tally.status).filter(|&(code, &n)| code != 0 && n != 0);
    let mut top = BTreeMap::new();
    let mut others = BTreeMap::new();
    for ask in asks.iter() {
        let list = ask.list;
        let (ids, other) = figures.shown(ask);
        // Of the lines that were counted: one that the filter lacks is nobody's business.
        let samples = list.is_of_templates().then(|| figures.examples(list, dictionaries));
        let rows = ids.iter().map(|&id| {
            let counter = figures.counter(list, id);
            let (p95_s, visitors) = match latencies {
                Latencies::Seen(seen) => {
                    let latency = seen.latency(list, id, figures);
                    (latency.as_ref().and_then(p95), seen.visitors(list, id, figures))
                }
                Latencies::Watched(watches) => {
                    let watch = watches.iter().find(|watch| watch.list == list);
                    (watch.and_then(|watch| p95(watch.latency(id)?)), None)
                }
            };
            let mut row = TopRow {
                value: list.text(id, dictionaries),
                requests: counter.requests().into(),
                bytes: counter.bytes,
                errors: counter.errors().into(),
                s4xx: counter.s4xx().into(),
                s5xx: counter.s5xx().into(),
                visitors: figures.visitors(list, id).or(visitors),
                p95_s,
                mean_s: mean(counter.time_us(), counter.timed().into()),
                before: before.map(|before| before.counter(list, id).requests().into()),
                ..TopRow::default()
            };
            annotate(&mut row, list, id, figures.verified(list, id), dictionaries);
            let sample = samples.as_ref().map(|samples| samples[id as usize]);
            row.sample = sample.filter(|message| *message != ABSENT).map(|message| {
                let text = dictionaries.field(Field::Message).text(message);
                text[..text.floor_char_boundary(SAMPLE_MAX)].to_owned()
            });
            row
        });
        top.insert(ask.key(), rows.collect());
        others.insert(ask.key(), other);
    }
    Summary {
        requests: tally.requests,
        bytes_out: tally.bytes_out,
        bytes_in: tally.bytes_in,
        visitors: tally.visitors.distinct(),
        errors: tally.errors,
        messages: tally.messages,
        status: classes(tally),
        status_codes: codes.map(|(code, &n)| (code.to_string(), n)).collect(),
        methods: named(Field::Method, &tally.methods),
        protocols: named(Field::Protocol, &tally.protocols),
        error_levels: named(Field::Level, &tally.levels),
        latency_s: request_times(tally),
        upstream_s: latency(
            &tally.upstream,
            tally.upstream_longest,
            mean(tally.upstream_us, tally.upstream_timed),
        ),
        before: before.map(|before| totals(before.tally)),
        top,
        other: others,
        ..Summary::default()
    }
}

fn p95(latency: &Paged) -> Option<f64> {
    latency.quantiles([0.95])[0]
}

/// What else a value is called.
fn annotate(
    row: &mut TopRow,
    list: List,
    id: u32,
    verified: Option<u64>,
    dictionaries: &Dictionaries,
) {
    match list.fold() {
        Fold::By(Derived::Asn) => {
            row.label = dictionaries.knowledge().organisation(&row.value).map(str::to_owned);
        }
        Fold::By(Derived::Template) | Fold::Complaints => {
            let Some(template) = dictionaries.template(id) else { return };
            row.level = template.level.map(|level| level.name().to_owned());
            row.first_seen = Some(rfc3339(template.first_seen));
        }
        Fold::By(Derived::Bot) => {
            // A bot's name is an agent that it would be known by.
            let Some(bot) = agent::bot(&row.value) else { return };
            row.label = Some(bot.operator.to_owned()).filter(|name| !name.is_empty());
            row.purpose = Some(bot.purpose.name().to_owned());
            let anywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let published = origin(&row.value, anywhere, dictionaries.knowledge().ranges());
            let can_tell =
                published != Origin::Unpublished || dictionaries.claims().can_tell(&row.value);
            row.verified = verified.filter(|_| can_tell);
        }
        _ => {}
    }
}

fn classes(tally: &Tally) -> BTreeMap<String, u64> {
    let mut status: BTreeMap<String, u64> =
        (1..=5).map(|class| (format!("{class}xx"), 0)).collect();
    for (code, &n) in tally.status.iter().enumerate().filter(|&(code, &n)| code != 0 && n != 0) {
        let class = match code / 100 {
            class @ 1..=5 => format!("{class}xx"),
            _ => "other".to_owned(),
        };
        *status.entry(class).or_default() += n;
    }
    status
}

fn request_times(tally: &Tally) -> Latency {
    latency(&tally.latency, tally.longest, mean(tally.time_us, tally.timed))
}

/// `longest` is what the tally has of it: it is the longest still where the last bucket in use is its own. Where
/// it was taken away, that bucket has to do.
fn latency(times: &Dense, longest: u32, mean: Option<f64>) -> Latency {
    let [p50, p90, p95, p99, last] = times.quantiles([0.5, 0.9, 0.95, 0.99, 1.0]);
    let longest = longest.checked_sub(1);
    let exact = longest.filter(|us| last == Some(seconds(representative(bucket(*us)))));
    let max = exact.map(seconds).or(last);
    // What stands for a bucket may be above everything in it.
    let [p50, p90, p95, p99] =
        [p50, p90, p95, p99].map(|quantile| Some(quantile?.min(max.unwrap_or(f64::MAX))));
    Latency { p50, p90, p95, p99, max, mean }
}

/// Seconds.
fn mean(sum_us: u64, known: u64) -> Option<f64> {
    (known != 0).then(|| sum_us as f64 / 1e6 / known as f64)
}

fn totals(tally: &Tally) -> Before {
    Before {
        requests: tally.requests,
        bytes_out: tally.bytes_out,
        visitors: tally.visitors.distinct(),
        errors: tally.errors,
        status: classes(tally),
        latency_s: request_times(tally),
        ..Before::default()
    }
}
