//! Questions about a range are answered as a plain look at its rows would.

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::state::waiting::until_gone;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

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
    let before = |back| live.summary(range(580, 600), &everything, &usual(), Some(back)).before;
    assert_eq!(before(11).map(|before| before.known_s), Some(19), "but for a short restart");
    assert!(before(12).is_none() && before(25).is_none() && before(20).is_none());
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
