//! Lines that are told before their second is over.

use std::collections::BTreeSet;

use super::*;

/// Requests of second 10 for these paths, with a status each.
fn block(paths: impl Iterator<Item = (u32, u16)>) -> Block {
    let mut block = Block::new(Second(10));
    for (n, status) in paths {
        let path = format!("/{n}");
        let mut row = Row::new(Kind::Access);
        row.status = status;
        row.ms = (n % 1000) as u16;
        row.set(Field::Path, &path);
        block.append(&row);
    }
    block
}

fn live(tail: usize) -> Live {
    Live::new(WindowConfig { tail, ..WindowConfig::default() })
}

fn paths(rows: &[EventRow]) -> Vec<String> {
    rows.iter().filter_map(|row| row.path.clone()).collect()
}

#[test]
fn lines_of_a_quiet_second_are_told_as_they_come_and_each_once() {
    let mut live = live(50);
    let view = live.view(&Filter::default(), 60, &usual(), Second(10));
    (0..3).for_each(|_| assert_eq!(live.look(view), []));
    live.absorb(block((0..3).map(|n| (n, 200))));
    assert_eq!(paths(&live.look(view)), ["/0", "/1", "/2"]);
    assert_eq!(live.look(view), [], "once");
    live.absorb(block((3..5).map(|n| (n, 200))));
    assert_eq!(paths(&live.look(view)), ["/3", "/4"]);
    live.absorb(block((5..6).map(|n| (n, 200))));
    live.close(Second(10));
    let update = live.update(view, &usual());
    assert_eq!((paths(&update.tail), update.matched), (vec!["/5".to_owned()], 1));
    assert_eq!((update.point.requests, update.summary.requests), (6, 6), "all are counted");
    let snapshot = live.snapshot(view, &usual());
    assert_eq!(paths(&snapshot.tail), ["/0", "/1", "/2", "/3", "/4", "/5"]);
}

#[test]
fn a_busy_second_keeps_half_of_its_lines_for_its_end_and_its_errors() {
    let mut live = live(20);
    let view = live.view(&Filter::default(), 60, &usual(), Second(10));
    (0..LOOKS).for_each(|_| assert_eq!(live.look(view), []));
    let mut told: Vec<String> = Vec::new();
    let mut looks = Vec::new();
    for look in 0..LOOKS as u32 {
        live.absorb(block((0..100).map(|n| (look * 100 + n, 200))));
        let rows = paths(&live.look(view));
        looks.push(rows.len());
        told.extend(rows);
    }
    assert_eq!(told.len(), 10, "{looks:?}");
    live.absorb(block((2_000..2_008).map(|n| (n, 500))));
    live.close(Second(10));
    let update = live.update(view, &usual());
    assert_eq!(update.tail.iter().filter(|row| row.status == Some(500)).count(), 8);
    assert_eq!((update.tail.len(), update.matched), (10, 1_008 - 10));
    told.extend(paths(&update.tail));
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "each once");
}

#[test]
fn a_filter_is_told_what_it_lets_through_and_a_late_view_what_is_there() {
    let mut live = live(50);
    let filter = Filter::parse("path:/7").expect("a filter");
    let view = live.view(&filter, 60, &usual(), Second(10));
    live.absorb(block((0..9).map(|n| (n, 200))));
    assert_eq!(paths(&live.look(view)), ["/7"]);
    let late = live.view(&Filter::default(), 60, &usual(), Second(10));
    assert_eq!(live.look(late).len(), 9);
    live.close(Second(10));
    for (view, requests) in [(view, 1), (late, 9)] {
        let update = live.update(view, &usual());
        assert_eq!((update.matched, update.point.requests), (0, requests));
    }
}

#[test]
fn parts_of_an_open_second_are_one_segment() {
    let mut live = live(50);
    (0..5).for_each(|n| live.absorb(block((n..=n).map(|n| (n, 200)))));
    assert_eq!(live.window().segments(Second(10), Second(11)).count(), 1);
    live.close(Second(10));
    live.absorb(block((5..6).map(|n| (n, 200))));
    assert_eq!(live.window().segments(Second(10), Second(11)).count(), 2, "late lines are apart");
}

#[test]
fn no_line_is_told_early_where_a_second_has_none_to_spare() {
    for tail in [0, 1] {
        let mut live = live(tail);
        let view = live.view(&Filter::default(), 60, &usual(), Second(10));
        live.absorb(block((0..3).map(|n| (n, 200))));
        assert_eq!(live.look(view), [], "{tail}");
        live.close(Second(10));
        let update = live.update(view, &usual());
        assert_eq!((update.tail.len(), update.matched), (tail, 3));
    }
}
