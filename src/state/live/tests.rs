//! What the tests of the live state share: made-up events, played tick by tick.

mod early;
mod known;
mod ranges;
mod templates;
mod views;
mod window;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::aggregate::ask::{Ask, Asks, By, ROWS};
use crate::aggregate::list::List;
use crate::aggregate::quantile::{bucket, representative, seconds};
use crate::aggregate::row::Row;
use crate::aggregate::wire::{EventRow, Latency, Point, Series, Summary};
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

/// Every list in this order where it may have it, and the paths and clients in every order.
fn everything(by: usize) -> Asks {
    let orders = By::ALL.map(By::name);
    let all = List::all().map(|list| (list.name(), orders[by]));
    let few = orders.into_iter().flat_map(|by| [("paths", by), ("networks", by)]);
    let words = all.chain(few).map(|(list, by)| format!("{list}:{by}:7"));
    Asks::new(
        words.filter_map(|word| {
            Asks::read([word.as_str()], ROWS, ROWS).ok()?.iter().next().copied()
        }),
    )
}

fn usual() -> Asks {
    Asks::usual(ROWS)
}

/// An event of the tests: everything small, so that values repeat.
#[derive(Clone, Debug)]
struct Made {
    /// Seconds before the one that is open.
    late: i64,
    ms: u16,
    kind: u8,
    status: u16,
    bytes: Option<u64>,
    request_ms: Option<u32>,
    text: [Option<u8>; 7],
}

const FIELDS: [Field; 7] = [
    Field::Site,
    Field::Client,
    Field::Path,
    Field::Referrer,
    Field::Agent,
    Field::User,
    Field::Method,
];

fn value(field: Field, n: u8) -> String {
    match field {
        Field::Client => format!("203.0.113.{n}"),
        Field::Path => format!("/p/{n}{}", if n % 5 == 4 { ".css" } else { "" }),
        Field::Referrer => format!("https://h{}.example/{n}", n % 3),
        Field::Agent => ["curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1)", "Wget/1.2"]
            [usize::from(n) % 3]
            .to_owned(),
        Field::Method => ["GET", "POST", "HEAD"][usize::from(n) % 3].to_owned(),
        _ => format!("{}{n}", field.name()),
    }
}

impl Made {
    fn with_row<T>(&self, f: impl FnOnce(&Row<'_>) -> T) -> T {
        let texts: Vec<Option<String>> =
            FIELDS.iter().zip(&self.text).map(|(&field, n)| n.map(|n| value(field, n))).collect();
        let mut row = Row::new(Kind::ALL[usize::from(self.kind)]);
        row.ms = self.ms;
        if row.kind == Kind::Access {
            row.status = self.status;
        }
        row.bytes = self.bytes;
        row.request_us = self.request_ms.map(|ms| ms * 1000);
        for (&field, text) in FIELDS.iter().zip(&texts) {
            if let Some(text) = text {
                row.set(field, text);
            }
        }
        row.set(Field::Source, "web-1/nginx");
        if row.kind == Kind::Error {
            row.set(Field::Level, "error");
        }
        f(&row)
    }

    /// A value that only this event and its like have, so that dictionaries turn over.
    fn unique(&self, serial: u32) -> String {
        format!("q={}-{serial}", self.ms)
    }
}

fn made() -> impl Strategy<Value = Made> {
    let late = prop_oneof![8 => Just(0i64), 1 => 1..4i64, 1 => 0..90i64, 1 => Just(-1i64)];
    let kind = prop_oneof![8 => Just(0u8), 1 => Just(1), 1 => Just(2)];
    let status = prop_oneof![4 => Just(200u16), 1 => Just(404), 1 => Just(0), 1 => 100..700u16];
    let bytes = prop::option::of(0..5000u64);
    let request_ms = prop::option::of(0..3000u32);
    let text = prop::array::uniform7(prop::option::weighted(0.8, 0..20u8));
    (late, 0..1000u16, kind, status, bytes, request_ms, text).prop_map(
        |(late, ms, kind, status, bytes, request_ms, text)| Made {
            late,
            ms,
            kind,
            status,
            bytes,
            request_ms,
            text,
        },
    )
}

const FILTERS: [&str; 10] = [
    "bot:search outcome:success outcome:bad",
    "-os:linux ip_version:v4 -type:css",
    "",
    "status:2xx",
    "path:/p/1*",
    "agent:bot -path:/p/3",
    "client:203.0.113.0/28 latency>0.5",
    "kind:error kind:message",
    "site:site1 site:site2 -user:-",
    "bytes>=1000 -status:404 referrer:h1.example",
];

/// Plays ticks of events into a new state and calls `each` after every close.
fn play(
    config: WindowConfig,
    ticks: &[Vec<Made>],
    mut each: impl FnMut(&mut Live, &Closed, usize),
) -> Live {
    let mut live = Live::new(config);
    let mut serial = 0;
    for (tick, events) in ticks.iter().enumerate() {
        let open = Second(1000 + tick as i64);
        let mut blocks: BTreeMap<Second, Block> = BTreeMap::new();
        for (index, event) in events.iter().enumerate() {
            let second = open.plus(-event.late);
            let block = blocks.entry(second).or_insert_with(|| Block::new(second));
            serial += 1;
            let unique = event.unique(serial);
            event.with_row(|row| {
                let mut row = *row;
                row.set(Field::Query, &unique);
                block.append(&row);
            });
            // A query wanted the open second early.
            if index == 7
                && let Some(block) = blocks.remove(&open)
            {
                live.absorb(block);
            }
        }
        blocks.into_values().for_each(|block| live.absorb(block));
        let closed = live.close(open);
        each(&mut live, &closed, tick);
    }
    live
}

fn points(series: &Series) -> Vec<Point> {
    (0..series.t.len())
        .map(|i| Point {
            t: series.t[i],
            requests: series.requests[i],
            s1xx: series.s1xx[i],
            s2xx: series.s2xx[i],
            s3xx: series.s3xx[i],
            s4xx: series.s4xx[i],
            s5xx: series.s5xx[i],
            bytes_out: series.bytes_out[i],
            bytes_in: series.bytes_in[i],
            p50_s: series.p50_s[i],
            p95_s: series.p95_s[i],
            p99_s: series.p99_s[i],
            mean_s: series.mean_s[i],
            max_s: series.max_s[i],
            upstream_p50_s: series.upstream_p50_s[i],
            upstream_p95_s: series.upstream_p95_s[i],
            bands: series.bands[i],
            visitors: series.visitors[i],
            errors: series.errors[i],
            messages: series.messages[i],
            host: None,
        })
        .collect()
}

/// A summary without what only a full scan tells: of times, which is the longest in its bucket.
fn comparable(mut summary: Summary) -> String {
    let rough = |s: f64| seconds(representative(bucket((s * 1e6).round() as u32)));
    for times in [&mut summary.latency_s, &mut summary.upstream_s] {
        let Latency { p50, p90, p95, p99, max, .. } = times;
        [p50, p90, p95, p99, max].into_iter().for_each(|s| *s = s.map(rough));
    }
    for rows in summary.top.values_mut() {
        rows.iter_mut().for_each(|row| row.visitors = None);
    }
    summary.from.clear();
    summary.to.clear();
    format!("{summary:#?}")
}

fn config(budget_bytes: usize) -> WindowConfig {
    WindowConfig { budget_bytes, max_age_s: 200, ..WindowConfig::default() }
}

fn ticks(n: usize) -> impl Strategy<Value = Vec<Vec<Made>>> {
    prop::collection::vec(prop::collection::vec(made(), 0..20), 1..n)
}
