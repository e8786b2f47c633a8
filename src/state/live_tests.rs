use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::aggregate::ask::{Ask, By, ROWS};
use crate::aggregate::list::List;
use crate::aggregate::quantile::{bucket, representative, seconds};
use crate::aggregate::row::Row;
use crate::aggregate::wire::{Latency, Point};
use crate::state::waiting::until_gone;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_followed_by_updates_is_a_later_snapshot(
        ticks in ticks(80), filter in 0..FILTERS.len(), start in 0..40usize, small in any::<bool>(),
    ) {
        let filter = Filter::parse(FILTERS[filter]).unwrap();
        let budget = if small { 120_000 } else { 100 << 20 };
        let mut watched = None;
        let mut shown: Vec<Point> = Vec::new();
        let mut tail = Vec::new();
        play(config(budget), &ticks, |live, closed, tick| {
            if tick == start.min(ticks.len() - 1) {
                let id = live.view(&filter, 60, &usual(), closed.second.plus(1));
                let snapshot = live.snapshot(id, &usual());
                shown = points(&snapshot.series);
                tail = snapshot.tail;
                assert_eq!(shown.len(), 60);
                watched = Some(id);
            } else if let Some(id) = watched {
                let update = live.update(id, &usual());
                assert_eq!(update.point.t, closed.second.0);
                shown.push(update.point);
                shown.remove(0);
                for point in update.corrections {
                    let at = shown.iter().position(|old| old.t == point.t).unwrap();
                    shown[at] = point;
                }
                assert!(update.tail.len() as u64 <= update.matched);
                tail.extend(update.tail);
                let snapshot = live.snapshot(id, &usual());
                assert_eq!(shown, points(&snapshot.series));
                let from = tail.len().saturating_sub(200);
                assert_eq!(tail[from..], snapshot.tail);
            }
        });
    }

    #[test]
    fn a_view_says_what_a_full_scan_says(
        ticks in ticks(80), filter in 0..FILTERS.len(), small in any::<bool>(), by in 0..8usize,
    ) {
        let filter = Filter::parse(FILTERS[filter]).unwrap();
        let budget = if small { 120_000 } else { 100 << 20 };
        let mut id = None;
        play(config(budget), &ticks, |live, closed, tick| {
            // A close that is skipped makes the next one catch up.
            let asks = everything(by);
            let id = *id.get_or_insert_with(|| live.view(&filter, 30, &asks, closed.second));
            // Someone else comes and goes, who wants less.
            match tick % 7 {
                // Nobody looks for a while, and then someone does again.
                3 => {
                    live.release(id, &asks);
                    assert_eq!(live.view(&filter, 30, &asks, closed.second), id);
                }
                2 => assert_eq!(live.view(&filter, 30, &usual(), closed.second), id),
                5 => live.release(id, &usual()),
                _ => {}
            }
            if tick % 3 != 0 {
                return;
            }
            let end = closed.second.plus(1);
            let range = Range { from: Some(end.plus(-30)), to: Some(end) };
            let snapshot = live.snapshot(id, &asks);
            let scanned = comparable(live.summary(range, &filter, &asks, None));
            let followed = comparable(snapshot.summary);
            let lines = followed.lines().zip(scanned.lines());
            let differing = lines.filter(|(a, b)| a != b).take(3).collect::<Vec<_>>();
            assert!(followed == scanned, "{differing:#?}");
            let now = Range { from: Some(end.plus(-300)), to: Some(end) };
            assert_eq!(snapshot.visitors_now, live.summary(now, &filter, &Asks::usual(0), None).visitors);
            if live.window.complete_from() <= end.plus(-30) {
                // A view knows of no event before the oldest either, and has zeros there.
                let oldest = live.kept().oldest;
                let known = |p: &Point| oldest.is_none_or(|oldest| p.t >= oldest);
                let followed: Vec<Point> = points(&snapshot.series).into_iter().filter(known).collect();
                assert_eq!(followed, points(&live.series(range, 1, &filter)));
            }
        });
    }

    #[test]
    fn a_view_opened_late_and_read_in_parts_is_the_one_that_was_there(
        ticks in ticks(80), filter in 0..FILTERS.len(), beside in 0..3,
    ) {
        let filter = Filter::parse(FILTERS[filter]).unwrap();
        // The same in other words: a view of its own.
        let same = Filter::parse(&format!("{filter} -referrer:none.example")).unwrap();
        let asks = Asks::all(7);
        let mut id = None;
        play(config(100 << 20), &ticks, |live, closed, tick| {
            let early = *id.get_or_insert_with(|| {
                let early = live.view(&filter, 40, &asks, closed.second);
                // Beside everything, with as many lists or fewer, a view is made by taking away.
                match beside {
                    0 => {}
                    1 => _ = live.view(&Filter::default(), 40, &usual(), closed.second),
                    _ => _ = live.view(&Filter::default(), 40, &asks, closed.second),
                }
                early
            });
            if tick % 5 != 4 {
                return;
            }
            let late = live.view(&same, 40, &asks, closed.second);
            let [early, late_shown] = [early, late].map(|id| live.snapshot(id, &asks));
            let said = |mut summary: Summary| {
                summary.filter.clear();
                comparable(summary)
            };
            let end = closed.second.plus(1);
            let range = Range { from: Some(end.plus(-40)), to: Some(end) };
            // Nobody looked at this one before.
            let new = Filter::parse(&format!("{filter} -referrer:none-{tick}.example")).unwrap();
            let id = live.view(&new, 40, &asks, closed.second);
            let mut newest = live.events(range, &new, 200, true);
            newest.reverse();
            assert_eq!(live.snapshot(id, &asks).tail, newest);
            live.release(id, &asks);
            assert_eq!(early.series, late_shown.series);
            assert_eq!(early.visitors_now, late_shown.visitors_now);
            assert!(said(early.summary) == said(late_shown.summary));
            live.release(late, &asks);
        });
    }

    #[test]
    fn counting_as_chunks_close_says_what_counting_at_once_says(
        ticks in ticks(40), filter in 0..FILTERS.len(), by in 0..8usize,
        closes in prop::collection::vec(any::<bool>(), 40), step in 1..9u32,
    ) {
        let filter = Filter::parse(FILTERS[filter]).unwrap();
        let asks = everything(by);
        let (mut at_once, mut as_closed) = (Live::new(config(usize::MAX)), Live::new(config(usize::MAX)));
        as_closed.count_all(&filter, &asks);
        for ((tick, events), close) in (0..).zip(&ticks).zip(closes) {
            for event in events {
                let mut block = Block::new(Second(1000 + tick - event.late));
                event.with_row(|row| block.append(row));
                at_once.absorb(block.clone());
                as_closed.absorb(block);
            }
            if close {
                as_closed.counted_all();
            }
        }
        as_closed.counted_all();
        let [counted, scanned] = [&as_closed, &at_once].map(|live| {
            let summary = live.summary(Range::default(), &filter, &asks, None);
            serde_json::to_string_pretty(&summary).unwrap()
        });
        let lines = counted.lines().zip(scanned.lines());
        let differing = lines.filter(|(a, b)| a != b).take(3).collect::<Vec<_>>();
        assert!(counted == scanned, "{differing:#?}");
        // Of the series what is told of requests: bytes and lines of errors are gone with their columns.
        let [counted, scanned] = [&as_closed, &at_once].map(|live| {
            let of = live.series(Range::default(), step, &filter);
            let times = live.summary(Range::default(), &filter, &asks, None).latency_s;
            assert_eq!(times.max, of.max_s.iter().flatten().copied().reduce(f64::max), "exact");
            assert!(times.p50 <= times.p99 && times.p99 <= times.max, "{times:?}");
            let classes = [of.s1xx, of.s2xx, of.s3xx, of.s4xx, of.s5xx];
            (of.t, of.requests, classes, of.visitors, [of.p50_s, of.p95_s, of.p99_s, of.max_s])
        });
        assert_eq!(counted, scanned);
    }

    #[test]
    fn rows_of_several_seconds_together_say_what_they_say_one_by_one(
        ticks in ticks(40), filter in 0..FILTERS.len(), by in 0..8usize,
        closes in prop::collection::vec(any::<bool>(), 40), step in 1..9u32,
    ) {
        let filter = Filter::parse(FILTERS[filter]).unwrap();
        // Routes are learnt of what rows that came together say of a path.
        let asks = everything(by);
        let asks = Asks::new(asks.iter().filter(|ask| ask.list.name() != "routes").copied());
        let [mut one_by_one, mut together] = [(), ()].map(|()| Live::new(config(usize::MAX)));
        let views = [&mut one_by_one, &mut together].map(|live| live.view(&filter, 30, &asks, Second(1000)));
        let mut many = Block::new(Second(0));
        for ((tick, events), close) in (0..).zip(&ticks).zip(closes) {
            for event in events {
                let second = Second(1000 + tick - event.late);
                let mut block = Block::new(second);
                event.with_row(|row| {
                    block.append(row);
                    many.append_of(std::iter::once(second), &[row]);
                });
                one_by_one.absorb(block);
            }
            if close {
                together.absorb(&many);
                many.begin(Second(0));
                for live in [&mut one_by_one, &mut together] {
                    live.close(Second(1000 + tick));
                }
            }
        }
        together.absorb(&many);
        let said = [(&one_by_one, views[0]), (&together, views[1])].map(|(live, view)| {
            let all = Range::default();
            let summary = live.summary(all, &filter, &asks, None);
            let seen = live.snapshot(view, &asks).summary;
            let series = live.series(all, step, &filter);
            let rows = live.events(all, &filter, usize::MAX, true);
            serde_json::to_string_pretty(&(summary, seen, series, rows)).unwrap()
        });
        let lines = said[0].lines().zip(said[1].lines());
        let differing = lines.filter(|(a, b)| a != b).take(3).collect::<Vec<_>>();
        assert!(said[0] == said[1], "{differing:#?}");
    }

    #[test]
    fn whoever_comes_again_is_told_what_a_full_scan_says(ticks in ticks(60)) {
        let filter = Filter::default();
        let mut id = None;
        play(config(100 << 20), &ticks, |live, closed, tick| {
            let id = *id.get_or_insert_with(|| live.view(&filter, 30, &usual(), closed.second));
            let asks = everything(0);
            match tick % 5 {
                1 => assert_eq!(live.view(&filter, 30, &asks, closed.second), id),
                4 => {
                    let end = closed.second.plus(1);
                    let range = Range { from: Some(end.plus(-30)), to: Some(end) };
                    let scanned = comparable(live.summary(range, &filter, &asks, None));
                    assert_eq!(comparable(live.snapshot(id, &asks).summary), scanned);
                    live.release(id, &asks);
                    assert_eq!(live.views[&id].bases(), usual().bases(), "nobody wants more");
                }
                _ => {}
            }
        });
    }

    #[test]
    fn a_long_window_has_longer_steps_that_add_up(ticks in ticks(80), start in 0..60usize) {
        let everything = Filter::default();
        let mut watched = None;
        play(config(100 << 20), &ticks, |live, closed, tick| {
            if tick < start.min(ticks.len() - 1) {
                return;
            }
            let id = *watched
                .get_or_insert_with(|| live.view(&everything, 20_000, &usual(), closed.second));
            let shown = points(&live.snapshot(id, &usual()).series);
            let (from, to) = (Second(shown[0].t), closed.second.plus(1));
            let range = Range { from: Some(from), to: Some(to) };
            let whole = points(&live.series(range, 10, &everything));
            // Zeros stand in a view before the oldest event, too.
            let (before, known) = shown.split_at(shown.len() - whole.len());
            assert!(before.iter().all(|p| (p.requests, p.errors, p.messages) == (0, 0, 0)));
            assert!(whole.len() > 1 || live.kept().oldest.is_none_or(|oldest| oldest >= to.0 - 10));
            for (a, b) in known.iter().zip(&whole) {
                let sums = |p: &Point| {
                    (p.t, p.requests, p.s4xx, p.s5xx, p.bytes_out, p.errors, p.messages, p.bands)
                };
                assert_eq!(sums(a), sums(b));
            }
            // The newest is exact in everything, and it is what the tick brought.
            assert_eq!(shown.last(), whole.last());
            let update = live.update(id, &usual());
            if tick > start.min(ticks.len() - 1) {
                assert_eq!(Some(&update.point), shown.last());
            }
        });
    }

    #[test]
    fn a_range_before_is_what_a_summary_of_that_range_says(
        ticks in ticks(40), filter in 0..FILTERS.len(), back in 1..20i64,
    ) {
        let filter = Filter::parse(FILTERS[filter]).unwrap();
        let live = play(config(100 << 20), &ticks, |_, _, _| {});
        let range = |from: i64| Range { from: Some(Second(from)), to: Some(Second(from + 10)) };
        let (asks, whole) = (Asks::all(100), Asks::all(1_000));
        let both = live.summary(range(1020), &filter, &asks, Some(back));
        let earlier = live.summary(range(1020 - back), &filter, &whole, None);
        let kept = live.window.oldest().is_some_and(|oldest| oldest.0 <= 1020 - back);
        prop_assert_eq!(both.before.is_some(), kept, "what is not kept is unknown");
        let Some(before) = both.before else {
            prop_assert!(both.top.values().flatten().all(|row| row.before.is_none()));
            return Ok(());
        };
        prop_assert_eq!(
            (before.requests, before.visitors, before.bytes_out, &before.status),
            (earlier.requests, earlier.visitors, earlier.bytes_out, &earlier.status)
        );
        for (list, rows) in &both.top {
            for row in rows {
                let then = earlier.top[list].iter().find(|then| then.value == row.value);
                prop_assert_eq!(row.before, Some(then.map_or(0, |then| then.requests)), "{}", list);
            }
        }
    }

    #[test]
    fn a_trend_adds_up_to_the_list(ticks in ticks(40), list in 0..37usize, step in 1..20u32) {
        let live = play(config(100 << 20), &ticks, |_, _, _| {});
        let list = List::all().nth(list).unwrap();
        let ask = Ask { list, by: By::Requests, rows: 100 };
        let everything = Filter::default();
        let summary = live.summary(Range::default(), &everything, &Asks::new([ask]), None);
        let trend = live.trend(Range::default(), step, &everything, ask);
        let sums: Vec<(String, u64)> =
            trend.rows.iter().map(|row| (row.value.clone(), row.requests.iter().sum())).collect();
        let rows: Vec<(String, u64)> =
            summary.top[list.name()].iter().map(|row| (row.value.clone(), row.requests)).collect();
        prop_assert_eq!(sums, rows);
        prop_assert!(trend.rows.iter().all(|row| row.requests.len() == trend.t.len()));
    }

    #[test]
    fn nothing_is_read_for_somebody_who_has_gone(ticks in ticks(40)) {
        let live = play(config(100 << 20), &ticks, |_, _, _| {});
        let (all, range) = (Filter::default(), Range::default());
        let ask = Ask { list: List::all().next().unwrap(), by: By::Requests, rows: 100 };
        let read = || {
            (
                live.summary(range, &all, &usual(), Some(10)).requests,
                live.series(range, 1, &all).requests.iter().sum::<u64>(),
                live.events(range, &all, EVENTS, true).len(),
                live.trend(range, 1, &all, ask).rows.len(),
                live.values(range, &all, ask.list, "", 10).len(),
            )
        };
        let gone = CancellationToken::new();
        let whole = read();
        prop_assert_eq!(until_gone(gone.clone(), read), whole);
        gone.cancel();
        prop_assert_eq!(until_gone(gone, read), (0, 0, 0, 0, 0));
        prop_assert_eq!(read(), whole);
    }

    #[test]
    fn a_filter_over_columns_agrees_with_one_over_rows(
        events in prop::collection::vec(made(), 0..200), filter in 0..FILTERS.len(),
    ) {
        let filter = Filter::parse(FILTERS[filter]).unwrap();
        let mut block = Block::new(Second(5));
        events.iter().for_each(|event| event.with_row(|row| block.append(row)));
        let mut live = Live::new(config(100 << 20));
        live.absorb(block);
        let found = live.events(Range::default(), &filter, EVENTS, false);
        let matching = events.iter().filter(|event| event.with_row(|row| filter.matches(row)));
        prop_assert_eq!(found.len(), matching.count());
    }

    #[test]
    fn every_event_is_kept_or_evicted_and_counted_once(
        ticks in ticks(60), small in any::<bool>(),
    ) {
        let budget = if small { 60_000 } else { 100 << 20 };
        let (mut sum, mut evicted) = (Rollup::default(), 0);
        let live = play(config(budget), &ticks, |_, closed, _| {
            sum.merge(&closed.rollup);
            evicted += closed.evicted;
        });
        let sent: u64 = ticks.iter().map(|events| events.len() as u64).sum();
        let waiting: u64 = live
            .waiting
            .iter()
            .map(|&at| u64::from(live.window.segment(at).unwrap().1.len))
            .sum();
        prop_assert_eq!(sent, live.kept().events + evicted);
        prop_assert_eq!(sent, sum.events() + waiting);
    }

    #[test]
    fn rollups_are_a_commutative_monoid_and_blind_to_splitting(
        events in prop::collection::vec(made(), 0..120), cuts in prop::array::uniform2(0..120usize),
    ) {
        let mut live = Live::new(config(100 << 20));
        let cuts = cuts.map(|cut| cut.min(events.len()));
        let (low, high) = (cuts[0].min(cuts[1]), cuts[0].max(cuts[1]));
        let mut parts = Vec::new();
        for range in [0..low, low..high, high..events.len(), 0..events.len()] {
            let mut block = Block::new(Second(5));
            events[range].iter().for_each(|event| event.with_row(|row| block.append(row)));
            live.absorb(block);
            parts.push(live.close(Second(5)).rollup);
        }
        let [a, b, c, all] = &parts[..] else { unreachable!() };
        let join = |x: &Rollup, y: &Rollup| { let mut x = x.clone(); x.merge(y); x };
        prop_assert_eq!(&join(&join(a, b), c), all);
        prop_assert_eq!(join(&join(a, b), c), join(a, &join(b, c)));
        prop_assert_eq!(join(a, b), join(b, a));
        prop_assert_eq!(&join(a, &Rollup::default()), a);
        prop_assert_eq!(&join(&Rollup::default(), a), a);
    }

    #[test]
    fn a_summary_counts_what_a_plain_loop_counts(
        events in prop::collection::vec(made(), 1..300),
    ) {
        let mut live = Live::new(config(100 << 20));
        let mut block = Block::new(Second(5));
        events.iter().for_each(|event| event.with_row(|row| block.append(row)));
        live.absorb(block);
        let summary = live.summary(Range::default(), &Filter::default(), &Asks::usual(5), None);
        let access: Vec<&Made> = events.iter().filter(|event| event.kind == 0).collect();
        prop_assert_eq!(summary.requests, access.len() as u64);
        prop_assert_eq!(summary.bytes_out, access.iter().filter_map(|e| e.bytes).sum::<u64>());
        prop_assert_eq!(summary.errors, events.iter().filter(|e| e.kind == 1).count() as u64);
        let visitor = |e: &&Made| Some((e.text[1]?, e.text[4].map(|n| n % 3)));
        let visitors: HashSet<_> = access.iter().filter_map(visitor).collect();
        prop_assert_eq!(summary.visitors, visitors.len() as u64);
        for row in &summary.top["paths"] {
            let path = |e: &&&Made| {
                e.text[2].is_some_and(|n| value(Field::Path, n) == row.value)
            };
            let same: Vec<&&Made> = access.iter().filter(path).collect();
            let those: HashSet<_> = same.iter().filter_map(|e| visitor(e)).collect();
            prop_assert_eq!(row.requests, same.len() as u64);
            prop_assert_eq!(row.bytes, same.iter().filter_map(|e| e.bytes).sum::<u64>());
            prop_assert_eq!(row.visitors, Some(those.len() as u64));
            let mut times: Vec<u32> = same.iter().filter_map(|e| e.request_ms).collect();
            times.sort_unstable();
            let rank = (times.len() * 95).div_ceil(100).saturating_sub(1);
            let exact = times.get(rank).map(|&ms| f64::from(ms) / 1000.0);
            prop_assert_eq!(row.p95_s.is_some(), exact.is_some());
            if let (Some(shown), Some(exact)) = (row.p95_s, exact) {
                prop_assert!((shown - exact).abs() <= 0.01 * exact, "{} {}", shown, exact);
            }
        }
        // Lists of one base are looked at together, or apart where they are too many.
        for by in 0..By::ALL.len() {
            let all = live.summary(Range::default(), &Filter::default(), &everything(by), None);
            for ask in everything(by).iter() {
                let alone = Asks::new([*ask]);
                let alone = live.summary(Range::default(), &Filter::default(), &alone, None);
                prop_assert_eq!(&all.top[&ask.key()], &alone.top[&ask.key()]);
            }
        }
        let (top, other) = (&summary.top["clients"], &summary.other["clients"]);
        let listed: u64 = top.iter().map(|row| row.requests).sum();
        let with_client = access.iter().filter(|e| e.text[1].is_some()).count() as u64;
        prop_assert_eq!(listed + other.requests, with_client);
    }
}

#[test]
fn the_tail_keeps_the_errors_of_a_busy_second() {
    let mut live = Live::new(WindowConfig::default());
    let id = live.view(&Filter::default(), 60, &usual(), Second(10));
    let mut block = Block::new(Second(10));
    for n in 0..10_000u32 {
        let mut row = Row::new(Kind::Access);
        row.ms = (n / 10) as u16;
        row.status = match n {
            500 | 9_000 => 502,
            n if n % 1000 == 7 => 404,
            _ => 200,
        };
        block.append(&row);
    }
    live.absorb(block);
    live.close(Second(10));
    let update = live.update(id, &usual());
    assert_eq!((update.matched, update.tail.len()), (10_000, WindowConfig::default().tail));
    let with = |status| update.tail.iter().filter(|row| row.status == Some(status)).count();
    assert_eq!((with(502), with(404)), (2, 10));
    assert!(update.tail.windows(2).all(|pair| pair[0].time <= pair[1].time));
    assert!(update.tail.last().is_some_and(|row| *row.time > *"1970-01-01T00:00:10.9"));
}

#[test]
fn seconds_without_a_tick_are_sent_with_the_next() {
    let mut live = Live::new(WindowConfig::default());
    live.close(Second(10));
    let id = live.view(&Filter::default(), 60, &usual(), Second(11));
    let mut block = Block::new(Second(11));
    block.append(&Row::new(Kind::Access));
    live.absorb(block);
    live.close(Second(13));
    let update = live.update(id, &usual());
    let sent: Vec<(i64, u64)> = update.corrections.iter().map(|p| (p.t, p.requests)).collect();
    assert_eq!((sent, update.point.t), (vec![(11, 1), (12, 0)], 13));
    live.close(Second(5000));
    let series = live.snapshot(id, &usual()).series;
    assert_eq!(
        (series.t.len(), series.t[59], live.update(id, &usual()).summary.requests),
        (60, 5000, 0)
    );
}

#[test]
fn equal_filters_share_a_view_until_the_last_user_goes() {
    let mut live = Live::new(WindowConfig::default());
    let [a, b] = ["status:5xx site:a", "site:a  status:5XX"]
        .map(|text| live.view(&Filter::parse(text).unwrap(), 900, &usual(), Second(1)));
    assert_eq!((a, live.views()), (b, 1));
    live.release(a, &usual());
    assert_eq!(live.views(), 1);
    live.release(b, &usual());
    assert_eq!(live.views(), 0);
    // It lingers, and goes after a while.
    assert_eq!(
        live.view(&Filter::parse("status:5xx site:a").unwrap(), 900, &usual(), Second(1)),
        a
    );
    live.release(a, &usual());
    live.close(Second(2 + LINGER_S));
    assert_eq!(live.snapshot(a, &usual()).series.t.len(), 0);
    for n in 0..20 {
        let filter = Filter::parse(&format!("status:{n}")).unwrap();
        let id = live.view(&filter, 900, &usual(), Second(1));
        live.release(id, &usual());
    }
    assert_eq!((live.views(), live.views.len()), (0, LINGERING));
}

#[test]
fn old_events_leave_by_age_and_with_them_their_texts() {
    let mut live = Live::new(WindowConfig {
        budget_bytes: 100 << 20,
        max_age_s: 120,
        ..WindowConfig::default()
    });
    let mut bytes = 0;
    for second in 0..2000 {
        let path = format!("/only/{second}");
        let mut row = Row::new(Kind::Access);
        row.set(Field::Path, &path);
        let mut block = Block::new(Second(second));
        block.append(&row);
        live.absorb(block);
        live.close(Second(second));
        if second == 400 {
            bytes = live.kept().bytes;
        }
    }
    let kept = live.kept();
    assert!(kept.oldest.is_some_and(|oldest| (1800..1900).contains(&oldest)), "{kept:?}");
    assert!(kept.bytes <= bytes * 2, "{kept:?} {bytes}");
    assert!(live.dictionaries().field(Field::Path).bound() < 300);
}

#[test]
fn who_makes_up_names_does_not_take_the_past() {
    let mut live = Live::new(WindowConfig { budget_bytes: 24 << 20, ..WindowConfig::default() });
    let mut before = 0;
    for second in 0..240 {
        let mut block = Block::new(Second(second));
        // Two minutes of visitors, then somebody whose every request has three names of its own, and visitors.
        let made_up = if second < 120 { 0 } else { 2_000 };
        for n in 0..made_up + 1_000_i64 {
            let own =
                (n < made_up).then(|| format!("/{second}/{n}/and-some-more-that-nobody-else-has"));
            let usual = format!("/page/{}", n % 100);
            let mut row = Row::new(Kind::Access);
            row.set(Field::Client, if own.is_some() { "198.51.100.7" } else { "203.0.113.9" });
            for field in [Field::Path, Field::Query, Field::Referrer] {
                row.set(field, own.as_deref().unwrap_or(&usual));
            }
            block.append(&row);
        }
        live.absorb(block);
        live.close(Second(second));
        let kept = live.kept();
        assert!(kept.events + (before / 4) >= before, "{before} to {} at {second}", kept.events);
        assert!(kept.bytes < 28 << 20, "{kept:?}");
        before = kept.events;
    }
    // His 720,000 names had no room. He sent twice as many rows as there were visitors', and half of those are there.
    assert!(live.dictionaries().overflowed() > 0);
    assert!(live.kept().oldest.is_some_and(|oldest| oldest <= 62), "{:?}", live.kept());
}

#[test]
fn of_many_values_few_views_have_room() {
    let mut live = Live::new(WindowConfig { budget_bytes: 48 << 20, ..WindowConfig::default() });
    for second in 0..10 {
        let mut block = Block::new(Second(second));
        for n in 0..10_000 {
            let path = format!("/{second}/{n}");
            let mut row = Row::new(Kind::Access);
            row.set(Field::Path, &path);
            block.append(&row);
        }
        live.absorb(block);
        live.close(Second(second));
    }
    let asks = usual();
    let mut open = Vec::new();
    while open.len() < 100 && live.has_room_for(&asks) {
        let filter = Filter::parse(&format!("path:/{}/*", open.len())).expect("a filter");
        open.push(live.view(&filter, 60, &asks, Second(10)));
    }
    // Two counters of 32 bytes for each of 100,000 paths, in 96 MiB.
    assert!((8..20).contains(&open.len()), "{}", open.len());
    // What nobody looks at any more is no reason.
    open.drain(..2).for_each(|id| live.release(id, &asks));
    assert!(live.has_room_for(&asks));
    live.resize(Move::GiveWay(0));
    assert_eq!((live.views(), live.views.len()), (open.len(), open.len()));
}

#[test]
fn a_range_without_sense_is_answered() {
    let mut live = Live::new(WindowConfig::default());
    let everything = Filter::default();
    let range = |from, to| Range { from: Some(Second(from)), to: Some(Second(to)) };
    assert_eq!(
        live.summary(Range::default(), &everything, &Asks::usual(5), None).from,
        "1970-01-01T00:00:00Z"
    );
    let mut block = Block::new(Second(10));
    block.append(&Row::new(Kind::Access));
    live.absorb(block);
    assert!(live.series(range(i64::MIN, i64::MAX), 1, &everything).t.len() <= 10_002);
    assert_eq!(live.series(range(20, 5), 0, &everything).t.len(), 0);
    assert_eq!(
        live.summary(range(10, 11), &everything, &Asks::usual(usize::MAX), None).requests,
        1
    );
    assert_eq!(live.events(range(11, 10), &everything, 5, true).len(), 0);
}

#[test]
fn what_the_window_has_forgotten_is_unknown_and_not_zero() {
    let mut live = Live::new(WindowConfig { max_age_s: 100, ..WindowConfig::default() });
    let everything = Filter::default();
    let range = |from, to| Range { from: Some(Second(from)), to: Some(Second(to)) };
    let known = |live: &Live, range, step| {
        let series = live.series(range, step, &everything);
        let trend = live.trend(range, step, &everything, *usual().iter().next().unwrap());
        assert_eq!((&series.t, series.oldest), (&trend.t, trend.oldest));
        assert_eq!(series.oldest, live.kept().oldest);
        series.t.into_iter().zip(series.requests).collect::<Vec<_>>()
    };
    // Where nothing ever came there is nothing to say that it was forgotten.
    assert!(!live.has_forgotten());
    assert_eq!(known(&live, range(0, 20), 10), [(0, 0), (10, 0)]);
    for second in (0..600).filter(|second| second % 5 == 0) {
        let (mut block, mut row) = (Block::new(Second(second)), Row::new(Kind::Access));
        row.set(Field::Path, "/");
        block.append(&row);
        live.absorb(block);
        live.close(Second(second));
    }
    assert!(live.has_forgotten());
    let oldest = live.kept().oldest.unwrap();
    assert!((400..500).contains(&oldest), "{oldest}");
    let all = known(&live, range(0, 600), 60);
    let first = oldest / 60 * 60;
    let steps: Vec<i64> = all.iter().map(|(t, _)| *t).collect();
    assert_eq!(steps, (first..600).step_by(60).collect::<Vec<_>>());
    assert_eq!(all.iter().map(|(_, n)| *n as i64).sum::<i64>(), (600 - oldest) / 5);
    assert_eq!(known(&live, range(0, 300), 60), []);
    assert_eq!(known(&live, range(0, oldest - 1), 60), [], "a step that is cut short");
    let seconds = |from, to| live.known_s(range(from, to), Second(600));
    assert_eq!((seconds(0, 600), seconds(0, oldest)), (600 - oldest, 0));
    assert_eq!((seconds(590, 595), seconds(590, 900), seconds(700, 900)), (5, 10, 0), "the future");
    // Silence within what is kept is silence.
    assert_eq!(known(&live, range(596, 599), 1), [(596, 0), (597, 0), (598, 0)]);
    let compared = |from, back| {
        let summary = live.summary(range(from, from + 20), &everything, &usual(), Some(back));
        let row = summary.top["paths"].first().and_then(|row| row.before);
        (summary.requests, summary.before.map(|before| before.requests), row)
    };
    assert_eq!(compared(580, 20), (4, Some(4), Some(4)));
    assert_eq!(compared(580, 580 - oldest), (4, Some(4), Some(4)), "just kept");
    assert_eq!(compared(580, 581 - oldest), (4, None, None));
    // While nobody listens nothing is known.
    live.unheard(Second(550), Second(570));
    let seconds = |from, to| live.known_s(range(from, to), Second(600));
    assert_eq!((seconds(540, 590), seconds(540, 560), seconds(550, 570)), (30, 10, 0));
    let before = live.summary(range(580, 600), &everything, &usual(), Some(25)).before;
    assert_eq!(before.unwrap().known_s, 5);
}

#[test]
fn a_route_that_is_learnt_changes_what_a_filter_means_and_nothing_is_lost() {
    let mut live = Live::new(WindowConfig::default());
    let filter = Filter::parse("route:/shop/{name}").unwrap();
    let id = live.view(&filter, 600, &usual(), Second(0));
    let mut rebuilt = false;
    for second in 0..200 {
        let mut block = Block::new(Second(second));
        let path =
            format!("/shop/{}-{}", ["oak", "elm", "ash"][second as usize % 3], words(second));
        let mut row = Row::new(Kind::Access);
        row.set(Field::Path, &path);
        block.append(&row);
        live.absorb(block);
        live.close(Second(second));
        rebuilt |= live.update(id, &usual()).rebuilt;
        let range = Range { from: Some(Second(-400)), to: Some(Second(second + 1)) };
        let scanned = live.summary(range, &filter, &usual(), None).requests;
        assert_eq!(live.update(id, &usual()).summary.requests, scanned, "second {second}");
    }
    assert!(rebuilt);
    assert_eq!(live.update(id, &usual()).summary.requests, 200);
    let routes = Asks::read(["routes"], ROWS, ROWS).unwrap();
    let summary = live.summary(Range::default(), &Filter::default(), &routes, None);
    let rows: Vec<(&str, u64)> =
        summary.top["routes"].iter().map(|row| (row.value.as_str(), row.requests)).collect();
    assert_eq!(rows, [("/shop/{name}", 200)]);
}

/// A word of letters for a number.
fn words(n: i64) -> String {
    n.to_string().bytes().map(|b| (b - b'0' + b'a') as char).collect()
}

#[test]
fn values_are_offered_that_begin_with_what_was_typed_first() {
    let mut live = Live::new(WindowConfig::default());
    let mut block = Block::new(Second(1));
    for (path, n) in [("/cart", 3), ("/api/cart", 9), ("/Cart/old", 1), ("/blog", 20)] {
        for _ in 0..n {
            let mut row = Row::new(Kind::Access);
            row.set(Field::Path, path);
            block.append(&row);
        }
    }
    live.absorb(block);
    let paths = List::named("paths").unwrap();
    let offered = |text: &str, limit| {
        let values = live.values(Range::default(), &Filter::default(), paths, text, limit);
        values.into_iter().map(|v| (v.value, v.requests)).collect::<Vec<_>>()
    };
    let own = |text: &str, n| (text.to_owned(), n);
    assert_eq!(offered("/cart", 9), [own("/cart", 3), own("/Cart/old", 1), own("/api/cart", 9)]);
    assert_eq!(offered("", 1), [own("/blog", 20)]);
    assert_eq!(offered("nothing", 9), []);
}
