//! A tally as it is shown: totals, codes, quantiles and the top of every list.

use std::collections::BTreeMap;

use super::detail::Detail;
use super::dict::{ABSENT, OTHER};
use super::dictionaries::Dictionaries;
use super::list::List;
use super::tally::{Counter, Counters, Tally};
use super::wire::{Latency, OtherRow, Summary, TopRow};
use crate::vocab::field::Field;

/// Rows of a list that one summary may have: the latencies of each take 13 KiB while it is made.
pub const TOP: usize = 250;

/// The ids at the top of a list, by requests, falling, and what they leave out.
///
/// Of equal ones the older id goes first: no text has to be read to decide.
#[must_use]
pub fn shown(list: List, counters: &Counters, top: usize) -> (Vec<u32>, OtherRow) {
    let top = top.min(TOP);
    let mut best: Vec<(u32, u32)> = Vec::with_capacity(2 * top + 1);
    let mut least = 0;
    let mut other = OtherRow::default();
    let first = if list.absent().is_some() { ABSENT } else { OTHER };
    for (id, counter) in (first..).zip(counters.by_id.iter().skip(first as usize)) {
        if counter.requests() == 0 {
            continue;
        }
        add(&mut other, counter);
        if counter.requests() > least && id != OTHER && top != 0 {
            best.push((counter.requests(), id));
            if best.len() > 2 * top {
                cut(&mut best, top);
                least = best[top - 1].0;
            }
        }
    }
    cut(&mut best, top);
    let ids: Vec<u32> = best.into_iter().map(|(_, id)| id).collect();
    for &id in &ids {
        let counter = &counters.by_id[id as usize];
        other.values -= 1;
        other.requests -= u64::from(counter.requests());
        other.bytes = other.bytes.wrapping_sub(counter.bytes);
        other.errors -= u64::from(counter.errors());
    }
    (ids, other)
}

fn add(other: &mut OtherRow, counter: &Counter) {
    other.values += 1;
    other.requests += u64::from(counter.requests());
    other.bytes = other.bytes.wrapping_add(counter.bytes);
    other.errors += u64::from(counter.errors());
}

fn cut(best: &mut Vec<(u32, u32)>, top: usize) {
    best.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    best.truncate(top);
}

/// Ids shown of every list, with what they leave out.
pub type Shown = [(Vec<u32>, OtherRow); List::COUNT];

/// The top of every list.
#[must_use]
pub fn all_shown(tally: &Tally, top: usize) -> Shown {
    List::ALL.map(|list| shown(list, &tally.lists[list as usize], top))
}

/// Writes a tally down. `from`, `to`, `filter` and `accounting` are the caller's.
#[must_use]
pub fn summary(
    tally: &Tally,
    shown: &Shown,
    detail: Option<&Detail>,
    dictionaries: &Dictionaries,
) -> Summary {
    let named = |field: Field, counts: &[u64]| -> BTreeMap<String, u64> {
        let counts = (0u32..).zip(counts).filter(|&(id, &n)| id != ABSENT && n != 0);
        counts.map(|(id, &n)| (dictionaries.field(field).text(id).to_owned(), n)).collect()
    };
    let mut status: BTreeMap<String, u64> =
        (1..=5).map(|class| (format!("{class}xx"), 0)).collect();
    let mut status_codes = BTreeMap::new();
    for (code, &n) in tally.status.iter().enumerate().filter(|&(code, &n)| code != 0 && n != 0) {
        let class = match code / 100 {
            class @ 1..=5 => format!("{class}xx"),
            _ => "other".to_owned(),
        };
        *status.entry(class).or_default() += n;
        status_codes.insert(code.to_string(), n);
    }
    let [p50, p90, p95, p99, max] = tally.latency.quantiles([0.5, 0.9, 0.95, 0.99, 1.0]);
    let mut top = BTreeMap::new();
    let mut others = BTreeMap::new();
    for (list, (ids, other)) in List::ALL.into_iter().zip(shown) {
        let counters = &tally.lists[list as usize];
        let rows = ids.iter().map(|&id| {
            let counter = &counters.by_id[id as usize];
            TopRow {
                value: list.text(id, dictionaries).to_owned(),
                requests: counter.requests().into(),
                bytes: counter.bytes,
                errors: counter.errors().into(),
                s4xx: counter.s4xx().into(),
                s5xx: counter.s5xx().into(),
                visitors: detail.and_then(|detail| detail.visitors(list, id, tally)),
                p95_s: match detail {
                    Some(detail) => detail.latency(list, id, tally),
                    None => counters.latency(id).cloned(),
                }
                .and_then(|latency| latency.quantiles([0.95])[0]),
                ..TopRow::default()
            }
        });
        top.insert(list.name().to_owned(), rows.collect());
        others.insert(list.name().to_owned(), other.clone());
    }
    Summary {
        requests: tally.requests,
        bytes_out: tally.bytes_out,
        bytes_in: tally.bytes_in,
        visitors: tally.visitors.distinct(),
        errors: tally.errors,
        messages: tally.messages,
        status,
        status_codes,
        methods: named(Field::Method, &tally.methods),
        protocols: named(Field::Protocol, &tally.protocols),
        error_levels: named(Field::Level, &tally.levels),
        latency_s: Latency { p50, p90, p95, p99, max, mean: None },
        top,
        other: others,
        ..Summary::default()
    }
}
