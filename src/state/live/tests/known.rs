//! What numbers may be told of: seconds whose rows went, in which nobody listened, and before the first start.

use super::*;
use crate::aggregate::ask::ROWS;
use crate::aggregate::row::Row;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

fn range(from: i64, to: i64) -> Range {
    Range { from: Some(Second(from)), to: Some(Second(to)) }
}

fn send(live: &mut Live, second: i64, path: &str, rows: usize) {
    let mut block = Block::new(Second(second));
    for _ in 0..rows {
        let mut row = Row::new(Kind::Access);
        row.set(Field::Path, path);
        block.append(&row);
    }
    live.absorb(block);
}

/// Seconds and their requests, as a chart has them.
fn drawn(live: &Live, range: Range) -> Vec<(i64, u64)> {
    let series = live.series(range, 1, &Filter::default());
    assert_eq!(series.oldest, live.kept().oldest);
    series.t.into_iter().zip(series.requests).collect()
}

fn told(live: &Live, range: Range, before_s: i64) -> (u64, i64, Option<u64>) {
    let (all, asks) = (Filter::default(), Asks::usual(ROWS));
    let summary = live.summary(range, &all, &asks, Some(before_s));
    let known_s = live.known_s(range, Second(10_000));
    (summary.requests, known_s, summary.before.map(|before| before.requests))
}

#[test]
fn a_late_line_makes_no_number_of_a_second_whose_rows_went() {
    let mut live = Live::new(WindowConfig { max_age_s: 100, ..WindowConfig::default() });
    for second in 1_000..1_600 {
        send(&mut live, second, "/", 10);
        // A request that took half a minute is stamped at its start.
        send(&mut live, second - 30, "/slow", 1);
        live.close(Second(second));
    }
    let first = live.kept().oldest.unwrap();
    let every = |from: i64, to: i64| {
        let late = |second: i64| u64::from(second < 1_570);
        (from..to).map(|second| (second, 10 + late(second))).collect::<Vec<_>>()
    };
    assert_eq!(drawn(&live, Range::default()), every(first, 1_600), "from {first}");
    let all = 10 * (1_600 - first) + 1_570 - first;
    assert_eq!(told(&live, Range::default(), 900), (all as u64, 1_600 - first, None));
    // One that is later still.
    send(&mut live, first - 40, "/late", 3);
    live.close(Second(1_600));
    assert_eq!(live.kept().oldest, Some(first));
    assert_eq!(drawn(&live, range(first - 50, 1_580))[..2], every(first, 1_570)[..2]);
    assert_eq!(drawn(&live, range(first - 50, first - 5)), []);
    let list = *Asks::usual(ROWS).iter().next().unwrap();
    let trend = live.trend(range(first - 50, first + 5), 1, &Filter::default(), list);
    assert_eq!((trend.oldest, trend.t), (Some(first), (first..first + 5).collect()));
    assert!(trend.rows.iter().all(|row| row.value != "/late"));
    assert_eq!(told(&live, range(first - 50, first + 5), 900), (55, 5, None));
    assert_eq!(told(&live, range(first - 50, first), 900), (0, 0, None));
    assert_eq!(told(&live, range(first + 5, first + 10), 6), (55, 5, None));
    assert_eq!(told(&live, range(first + 5, first + 10), 5), (55, 5, Some(55)));
    // Whoever asks for lines has them.
    let late = live.events(Range::default(), &Filter::parse("path:/late").unwrap(), 10, true);
    assert_eq!(late.len(), 3);
}

#[test]
fn a_line_ahead_of_the_clock_takes_nothing_away_when_it_goes() {
    let mut live = Live::new(WindowConfig { budget_bytes: 60_000, ..WindowConfig::default() });
    let mut evicted = 0;
    for second in 1_000..3_000 {
        send(&mut live, second, "/", 10);
        // Of a file that is followed, written by a clock an hour ahead.
        send(&mut live, second + 3_600, "/ahead", 1);
        evicted += live.close(Second(second)).evicted;
        if second < 1_200 {
            continue;
        }
        let (requests, known_s, _) = told(&live, range(second - 59, second + 1), 0);
        assert_eq!((requests, known_s), (600, 60), "at {second}");
    }
    assert!(evicted > 5_000, "{evicted}");
}

#[test]
fn what_is_too_old_goes_whatever_lines_beside_it_are_dated() {
    let mut live = Live::new(WindowConfig { max_age_s: 100, ..WindowConfig::default() });
    for second in 1_000..1_600 {
        send(&mut live, second, "/", 10);
        if second == 1_005 {
            send(&mut live, 4_000_000_000, "/ahead", 1);
        }
        live.close(Second(second));
    }
    let oldest = live.kept().oldest.expect("some are kept");
    assert!((1_430..=1_500).contains(&oldest), "{oldest}");
    let all = live.events(Range::default(), &Filter::default(), 10_000, false);
    assert_eq!(all.len() as i64, 10 * (1_600 - oldest));
}

#[test]
fn a_view_counts_what_the_same_range_counts_whatever_went_and_came_late() {
    let asks = Asks::usual(ROWS);
    let all = Filter::default();
    let some = Filter::parse("path:/ path:/slow").unwrap();
    let mut live = Live::new(WindowConfig { max_age_s: 100, ..WindowConfig::default() });
    // Spans within what is kept, about as long, and longer.
    let spans = [20, 90, 130, 600];
    let of = |live: &mut Live, filter: &Filter| {
        spans.map(|span| (span, live.view(filter, span, &asks, Second(1_000))))
    };
    let views = of(&mut live, &all);
    let parts = of(&mut live, &some);
    for second in 1_000..1_500 {
        send(&mut live, second, "/", 10);
        send(&mut live, second - 30, "/slow", 1);
        if second % 7 == 0 {
            send(&mut live, second - 200, "/late", 3);
            send(&mut live, second - 110, "/late", 2);
        }
        live.close(Second(second));
        // Those that are opened now count the same.
        let anew = match second % 50 {
            0 => of(&mut live, &all).into_iter().chain(of(&mut live, &some)).collect(),
            _ => Vec::new(),
        };
        let opened = views.iter().map(|view| (&all, view)).chain(parts.iter().map(|v| (&some, v)));
        for (filter, &(span, view)) in opened
            .chain(anew.iter().zip([&all; 4].into_iter().chain([&some; 4])).map(|(v, f)| (f, v)))
        {
            let told =
                live.summary(range(second + 1 - i64::from(span), second + 1), filter, &asks, None);
            let shown = live.snapshot(view, &asks).summary;
            assert_eq!(
                (shown.requests, shown.visitors),
                (told.requests, told.visitors),
                "{span} at {second}"
            );
            assert_eq!(comparable(shown), comparable(told), "{span} at {second}");
        }
        anew.iter().for_each(|(_, view)| live.release(*view, &asks));
    }
}

#[test]
fn lines_that_come_late_for_a_time_when_nobody_listened_are_drawn() {
    let mut live = Live::new(WindowConfig::default());
    for second in 1_000..1_060 {
        send(&mut live, second, "/", 10);
        live.close(Second(second));
    }
    // Half of the second in which it was killed was heard.
    send(&mut live, 1_060, "/", 4);
    live.unheard(Second(1_060), Second(1_080));
    for second in 1_080..1_090 {
        send(&mut live, second, "/", 10);
        live.close(Second(second));
    }
    assert_eq!(told(&live, range(1_050, 1_090), 20), (204, 20, None));
    // A sender that had waited brings what it has of ten seconds, and another one line.
    for second in 1_062..1_072 {
        send(&mut live, second, "/waited", 10);
    }
    send(&mut live, 1_074, "/waited", 1);
    live.close(Second(1_090));
    let mut expected: Vec<(i64, u64)> = (1_050..1_060).map(|second| (second, 10)).collect();
    expected.extend((1_062..1_072).map(|second| (second, 10)));
    expected.push((1_074, 1));
    expected.extend((1_080..1_090).map(|second| (second, 10)));
    assert_eq!(drawn(&live, range(1_050, 1_090)), expected);
    let view = live.view(&Filter::default(), 40, &Asks::usual(ROWS), Second(1_091));
    let snapshot = live.snapshot(view, &Asks::usual(ROWS));
    let shown = snapshot.series.t.into_iter().zip(snapshot.series.requests);
    let shown: Vec<(i64, u64)> = shown.filter(|(t, _)| *t < 1_090).collect();
    assert_eq!(shown, expected[1..]);
    // The course of a value is of the same seconds as that of all.
    let list = *Asks::usual(ROWS).iter().next().unwrap();
    for step in [1, 5, 20] {
        let series = live.series(range(1_050, 1_090), step, &Filter::default());
        let trend = live.trend(range(1_050, 1_090), step, &Filter::default(), list);
        assert_eq!((trend.step_s, &trend.t), (series.step_s, &series.t));
        let sum = |at: usize| trend.rows.iter().map(|row| row.requests[at]).sum::<u64>();
        assert_eq!((0..trend.t.len()).map(sum).collect::<Vec<_>>(), series.requests, "{step}");
        assert!(trend.rows.iter().all(|row| row.requests.len() == trend.t.len()));
    }
    // A rate is of the seconds that are known.
    assert_eq!(told(&live, range(1_050, 1_090), 20).1, 31);
    assert_eq!(told(&live, range(1_061, 1_080), 20).1, 11);
    assert_eq!(told(&live, range(1_075, 1_080), 20).1, 0);
    // Silence that nobody heard is still no silence for a rule.
    assert_eq!(live.known().0, [(Second(1_060), Second(1_080))]);
}

#[test]
fn nothing_is_known_of_the_time_before_the_first_start_but_what_comes_of_it() {
    let mut live = Live::new(WindowConfig::default());
    live.unheard(Second(i64::MIN), Second(1_000));
    assert_eq!(live.known_s(range(0, 1_005), Second(1_005)), 5);
    for second in 1_000..1_020 {
        send(&mut live, second, "/", 10);
        live.close(Second(second));
    }
    assert_eq!(told(&live, range(1_005, 1_020), 60), (150, 15, None));
    send(&mut live, 500, "/longpoll", 1);
    live.close(Second(1_020));
    assert_eq!(told(&live, range(1_005, 1_020), 60), (150, 15, None));
    assert_eq!(told(&live, range(400, 1_020), 60), (201, 21, None));
    let mut expected = vec![(500, 1)];
    expected.extend((1_000..1_020).map(|second| (second, 10)));
    assert_eq!(drawn(&live, range(400, 1_020)), expected);
}

#[test]
fn of_what_has_not_been_only_steps_that_have_lines_are_there() {
    let mut live = Live::new(WindowConfig::default());
    for second in 1_000..1_020 {
        send(&mut live, second, "/", 10);
        live.close(Second(second));
    }
    // Of a file that is followed, written by a clock that is ahead.
    send(&mut live, 1_040, "/ahead", 2);
    live.close(Second(1_020));
    let (all, list) = (Filter::default(), *Asks::usual(ROWS).iter().next().unwrap());
    for (step, ends) in [(1, &[(1_021, 0), (1_040, 2)][..]), (20, &[(1_020, 0), (1_040, 2)])] {
        let range = range(1_010, 1_100);
        let series = live.series_until(Second(1_022), range, step, &all);
        let drawn: Vec<_> = series.t.iter().copied().zip(series.requests).collect();
        assert_eq!(drawn[drawn.len() - 2..], *ends, "{step}");
        let trend = live.trend_until(Second(1_022), range, step, &all, list);
        assert_eq!(trend.t, series.t, "{step}");
        assert!(trend.rows.iter().all(|row| row.requests.len() == trend.t.len()));
        // A filter that no line ahead fits makes nothing of it that was not.
        let none = Filter::parse("path:/none").unwrap();
        assert_eq!(live.series_until(Second(1_022), range, step, &none).t, series.t, "{step}");
    }
}

#[test]
fn what_is_compared_with_is_known_but_for_a_restart() {
    let mut live = Live::new(WindowConfig::default());
    for second in 1_000..1_400 {
        send(&mut live, second, "/", 1);
        live.close(Second(second));
    }
    live.unheard(Second(1_040), Second(1_045));
    assert_eq!(told(&live, range(1_300, 1_400), 300).2, Some(100), "a short restart");
    assert_eq!(told(&live, range(1_300, 1_400), 299).2, Some(100));
    live.unheard(Second(1_060), Second(1_061));
    assert_eq!(told(&live, range(1_300, 1_400), 300).2, None, "more than a twentieth");
    assert_eq!(told(&live, range(1_340, 1_345), 300).2, None, "all of it");
}
