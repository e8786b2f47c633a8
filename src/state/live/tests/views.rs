//! Views say at any time what a scan of the window says.

use super::*;
use crate::state::live::views::{LINGER_S, LINGERING};

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
            let snapshot = live.snapshot(id, &asks);
            assert_eq!(snapshot.tail, newest);
            // None of what was taken away.
            let scanned = live.summary(range, &new, &asks, None);
            assert_eq!(snapshot.summary.latency_s.max, scanned.latency_s.max);
            live.release(id, &asks);
            assert_eq!(early.series, late_shown.series);
            assert_eq!(early.visitors_now, late_shown.visitors_now);
            assert!(said(early.summary) == said(late_shown.summary));
            live.release(late, &asks);
        });
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
                assert_eq!(a.max_s, b.max_s);
                let means = [a.mean_s, b.mean_s].map(Option::unwrap_or_default);
                assert!((means[0] - means[1]).abs() < 1e-6, "{means:?}");
                assert_eq!(a.p50_s.is_some(), b.p50_s.is_some());
            }
            // The newest is exact in everything, and it is what the tick brought.
            assert_eq!(shown.last(), whole.last());
            let update = live.update(id, &usual());
            if tick > start.min(ticks.len() - 1) {
                assert_eq!(Some(&update.point), shown.last());
            }
        });
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
fn what_an_application_says_of_its_work_keeps_no_error_out_of_the_tail() {
    let mut live = Live::new(WindowConfig::default());
    let id = live.view(&Filter::default(), 60, &usual(), Second(10));
    let mut block = Block::new(Second(10));
    for n in 0..10_000u32 {
        let level = match n % 1000 {
            8 => Some("error"),
            n if n % 2 == 0 => Some("info"),
            _ => None,
        };
        let mut row = Row::new(if level.is_some() { Kind::Error } else { Kind::Access });
        row.ms = (n / 10) as u16;
        row.set(Field::Level, level.unwrap_or_default());
        row.status = match n {
            _ if level.is_some() => 0,
            n if n % 1000 == 7 => 404,
            _ => 200,
        };
        block.append(&row);
    }
    live.absorb(block);
    live.close(Second(10));
    let tail = live.update(id, &usual()).tail;
    let with = |status| tail.iter().filter(|row| row.status == Some(status)).count();
    let of = |level: &str| tail.iter().filter(|row| row.level.as_deref() == Some(level)).count();
    assert_eq!((with(404), of("error")), (10, 10));
    assert!(with(200) > 10 && of("info") > 10, "the rest is what came");
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
