mod forget;
mod visitors;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::aggregate::ask::Asks;
use crate::aggregate::block::Block;
use crate::aggregate::filter::Filter;
use crate::aggregate::row::Row;
use crate::aggregate::wire::Series;
use crate::state::account::Counts;
use crate::state::live::{Live, Range, WindowConfig};
use crate::state::node::Listener;
use crate::state::sources::SourcesConfig;
use crate::vocab::event;
use crate::vocab::field::Field;
use crate::vocab::time::{Millis, Second};

const START: i64 = 1_795_341_600;
const BUDGET: usize = 8 << 20;
/// Seconds by which a sender's clock may be fast.
const AHEAD: i64 = 2;
const OPEN: Privacy = Privacy { clients: 0, redacted: false };

fn node() -> std::sync::Arc<Node> {
    let window = WindowConfig { budget_bytes: BUDGET, ..WindowConfig::default() };
    let node = Node::new(window, SourcesConfig::default(), "boot".into(), Millis(START * 1000));
    node.add_listener(Listener::new("udp", "127.0.0.1:5514"));
    node
}

/// `rows` requests in each of these seconds, each second closed.
fn send(node: &Node, seconds: std::ops::Range<i64>, rows: usize) {
    for second in seconds {
        let mut block = Block::new(Second(second));
        for i in 0..rows {
            let mut row = Row::new(event::Kind::Access);
            row.status = if i % 7 == 0 { 500 } else { 200 };
            row.bytes = Some(i as u64 * 100);
            row.request_us = Some(1_000 + i as u32);
            let (path, client) = (format!("/p/{}", i % 50), format!("203.0.113.{}", i % 200));
            row.set(Field::Path, &path);
            row.set(Field::Client, &client);
            row.set(Field::Agent, "curl/8.11.0");
            block.append(&row);
        }
        let mut live = node.live_mut();
        live.absorb(block);
        live.close(Second(second));
        let counts = Counts { counted: rows as u64, bytes: 10, ..Counts::default() };
        node.listeners()[0].account.record(&counts);
    }
}

/// Of a process that ends as it is told to.
fn store(dir: &TempDir) -> Store {
    let store = of_killed(dir);
    store.ends();
    store
}

/// Of one that is killed.
fn of_killed(dir: &TempDir) -> Store {
    Store::new(dir.path(), BUDGET, OPEN).unwrap()
}

/// All that can be seen of the window.
fn seen(live: &Live) -> (String, Series, String) {
    let (range, all) = (Range::default(), Filter::default());
    let summary = live.summary(range, &all, &Asks::all(20), None);
    let events = live.events(range, &all, 1_000, true);
    (
        serde_json::to_string(&summary).unwrap(),
        live.series(range, 1, &all),
        serde_json::to_string(&events).unwrap(),
    )
}

/// Another process on what this one has saved.
fn restarted(dir: &TempDir, now: i64) -> (std::sync::Arc<Node>, Loaded) {
    let node = node();
    let loaded = store(dir).load(&node, Second(now), AHEAD).unwrap();
    (node, loaded)
}

#[test]
fn what_was_in_the_window_is_there_again() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 200, 300);
    store(&dir).save(&before).unwrap();
    let (after, loaded) = restarted(&dir, START + 200);
    assert_eq!((loaded.events, loaded.damaged.len()), (60_000, 0));
    assert_eq!(seen(&after.live()), seen(&before.live()));
    assert_eq!(after.accounting(), before.accounting());
    let rollup = after.live_mut().close(Second(START + 200)).rollup;
    assert_eq!(rollup, Default::default(), "what was counted is not counted again");
}

#[test]
fn a_chunk_is_written_once_and_an_open_one_each_time() {
    let dir = TempDir::new().unwrap();
    let (node, store) = (node(), store(&dir));
    let mut seen = BTreeMap::new();
    for minute in 0..4 {
        send(&node, START + minute * 45..START + (minute + 1) * 45, 20);
        store.save(&node).unwrap();
        assert!(!store.is_behind(&node));
        for serial in names::list(store.dir()).unwrap() {
            let written = fs::metadata(store.dir().join(names::of(serial))).unwrap();
            seen.entry(serial)
                .or_insert_with(Vec::new)
                .push(std::os::unix::fs::MetadataExt::ino(&written));
        }
    }
    assert!(seen.len() >= 3);
    let files: Vec<usize> = seen
        .values()
        .map(|inodes| inodes.iter().collect::<std::collections::BTreeSet<_>>().len())
        .collect();
    assert!(files.iter().all(|&different| different <= 2), "{files:?}");
    let (after, loaded) = restarted(&dir, START + 180);
    assert_eq!(loaded.events, 4 * 45 * 20);
    assert_eq!(after.live().kept().events, node.live().kept().events);
}

#[test]
fn what_has_left_the_window_leaves_the_disk_and_a_smaller_budget_takes_the_newest() {
    let dir = TempDir::new().unwrap();
    let (node, of_first) = (node(), store(&dir));
    send(&node, START..START + 300, 2_000);
    of_first.save(&node).unwrap();
    send(&node, START + 300..START + 600, 2_000);
    of_first.save(&node).unwrap();
    let chunks = node.live().chunks().len();
    assert_eq!(names::list(of_first.dir()).unwrap().len(), chunks);
    let complete = node.live().known().1;
    assert!(complete > Second(START), "more came than there is room for");

    let window = WindowConfig { budget_bytes: BUDGET / 2, ..WindowConfig::default() };
    let small = Node::new(window, SourcesConfig::default(), "b".into(), Millis(0));
    let loaded = store(&dir).load(&small, Second(START + 600), AHEAD).unwrap();
    let live = small.live();
    assert!(live.kept().bytes <= BUDGET as u64 / 2 && loaded.events > 0);
    assert_eq!(live.newest(), Some(Second(START + 599)));
    assert!(live.known().1 > complete, "and says that older ones were lost");
    assert_eq!(names::list(of_first.dir()).unwrap().len(), live.chunks().len());
}

#[test]
fn the_time_in_between_is_a_gap_and_no_zeros() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 10, 5);
    store(&dir).save(&before).unwrap();
    let (after, _) = restarted(&dir, START + 30);
    send(&after, START + 30..START + 33, 0);
    send(&after, START + 33..START + 40, 5);
    let known: Vec<i64> = (START..START + 10).chain(START + 30..START + 40).collect();
    assert_eq!(after.live().series(Range::default(), 1, &Filter::default()).t, known);
    let asks = Asks::all(20);
    let id = after.live_mut().view(&Filter::default(), 60, &asks, Second(START + 40));
    let series = after.live().snapshot(id, &asks).series;
    let in_view: Vec<i64> = series.t.iter().copied().filter(|t| *t >= START).collect();
    assert_eq!(in_view, known);
    // A step of which a part is known is there.
    let coarse = after.live().series(Range::default(), 20, &Filter::default());
    assert_eq!(coarse.requests, [50, 35]);
    // No rule was broken by silence in which nobody listened.
    let silent = crate::aggregate::rules::Rule::parse("count < 1 for 15s").unwrap();
    let (fired, _) = after.live().rehearse(&silent, Range::default());
    assert!(fired.is_empty(), "{fired:?}");
    store(&dir).save(&after).unwrap();
    let (third, _) = restarted(&dir, START + 50);
    assert_eq!(third.live().known().0.len(), 2, "a later start remembers both");
}

#[test]
fn what_is_damaged_is_set_aside_and_the_rest_is_loaded() {
    let dir = TempDir::new().unwrap();
    let (node, of_first) = (node(), store(&dir));
    send(&node, START..START + 200, 20);
    of_first.save(&node).unwrap();
    let serials = names::list(of_first.dir()).unwrap();
    let middle = of_first.dir().join(names::of(serials[1]));
    let mut bytes = fs::read(&middle).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&middle, &bytes).unwrap();
    fs::write(of_first.dir().join("notes.txt"), "somebody's").unwrap();
    let (after, loaded) = restarted(&dir, START + 200);
    assert_eq!(loaded.damage, Some(Damage::Checksum));
    assert_eq!(loaded.damaged.len(), 1);
    assert!(loaded.damaged[0].exists() && !middle.exists());
    assert!(loaded.events > 0 && loaded.events < 4_000, "{}", loaded.events);
    let series = after.live().series(Range::default(), 1, &Filter::default());
    assert!(series.requests.iter().all(|&n| n == 20), "what is lost is a gap: {series:?}");
    assert!(after.live().known().1 > Second(START));
    assert_eq!(after.accounting(), node.accounting());
    // The next process finds nothing to complain about.
    store(&dir).save(&after).unwrap();
    assert!(restarted(&dir, START + 201).1.damaged.is_empty());
}

#[test]
fn what_was_in_a_file_that_is_damaged_or_gone_is_a_gap_wherever_it_was() {
    for (at, is_gone) in [(1, false), (1, true), (usize::MAX, false), (usize::MAX, true)] {
        let dir = TempDir::new().unwrap();
        let (before, of_first) = (node(), store(&dir));
        send(&before, START..START + 200, 20);
        of_first.save(&before).unwrap();
        let serials = names::list(of_first.dir()).unwrap();
        let serial = serials[at.min(serials.len() - 1)];
        let path = of_first.dir().join(names::of(serial));
        let lost = {
            let (rows, _) = unseal(serial, &fs::read(&path).unwrap(), of_first.most()).unwrap();
            rows.span().unwrap()
        };
        if is_gone {
            fs::remove_file(&path).unwrap();
        } else {
            fs::write(&path, &fs::read(&path).unwrap()[..100]).unwrap();
        }
        // The process that comes first says so, and each that comes after it knows.
        let now = START + 204;
        let (after, again) = (node(), store(&dir));
        let loaded = again.load(&after, Second(now), AHEAD).unwrap();
        assert_eq!((loaded.missing, loaded.damaged.len()), if is_gone { (1, 0) } else { (0, 1) });
        again.save(&after).unwrap();
        let (third, again) = restarted(&dir, now);
        assert_eq!((again.missing, again.damaged.len()), (0, 0));
        for node in [after, third] {
            let live = node.live();
            let series = live.series(Range::default(), 1, &Filter::default());
            let known = |t: i64| series.t.contains(&t);
            assert!(series.requests.iter().all(|&n| n == 20), "{at} {is_gone}");
            assert!(!(lost.0.0..=lost.1.0).any(known), "{at} {is_gone}: {lost:?}");
            assert!(known(START) && series.t.len() > 80, "{at} {is_gone}");
            let whole = Range { from: Some(Second(START)), to: Some(Second(now)) };
            assert_eq!(live.known_s(whole, Second(now)), series.t.len() as i64);
        }
    }
}

#[test]
fn what_left_the_window_is_not_missed_by_a_start_before_the_next_save() {
    let dir = TempDir::new().unwrap();
    let (before, of_first) = (node(), store(&dir));
    send(&before, START..START + 200, 20);
    of_first.save(&before).unwrap();
    let serials = names::list(of_first.dir()).unwrap();
    // As a kill leaves it between the files that go and the figures.
    fs::remove_file(of_first.dir().join(names::of(serials[0]))).unwrap();
    let (after, loaded) = restarted(&dir, START + 200);
    assert_eq!(loaded.missing, 0);
    assert_eq!(after.live().known().0, []);
}

#[test]
fn a_file_that_the_system_cannot_read_is_set_aside_too() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 200, 300);
    store(&dir).save(&before).unwrap();
    // Whoever runs the tests may be allowed to read any file, but no directory as one.
    let window = dir.path().join(DIR);
    let first = names::list(&window).unwrap()[0];
    for name in [names::of(first), figures::FILE.to_owned()] {
        fs::remove_file(window.join(&name)).unwrap();
        fs::create_dir(window.join(&name)).unwrap();
    }
    fs::create_dir(window.join(names::of(99) + sealed::BESIDE)).unwrap();
    let (after, loaded) = restarted(&dir, START + 200);
    assert_eq!((loaded.damaged.len(), loaded.damage), (1, Some(Damage::Unreadable)));
    assert!(matches!(loaded.figures, LoadedFigures::Damaged(Damage::Unreadable, _)), "{loaded:?}");
    assert!((30_000..60_000).contains(&loaded.events), "{loaded:?}");
    store(&dir).save(&after).unwrap();
}

#[test]
fn a_copy_under_another_number_is_set_aside_and_nothing_is_there_twice() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 200, 20);
    let of_first = store(&dir);
    of_first.save(&before).unwrap();
    let window = of_first.dir();
    let first = names::list(window).unwrap()[0];
    fs::copy(window.join(names::of(first)), window.join(names::of(99))).unwrap();
    let (after, loaded) = restarted(&dir, START + 200);
    assert_eq!((loaded.events, loaded.damage), (4_000, Some(Damage::Renamed(first))));
    assert_eq!(seen(&after.live()), seen(&before.live()));
    assert_eq!(after.live().known(), before.live().known(), "no row of it is lost");
    // One that is alone was renamed, and what it has is not there.
    fs::rename(window.join(names::of(first)), window.join(names::of(98))).unwrap();
    let (after, loaded) = restarted(&dir, START + 200);
    assert!(loaded.events < 4_000 && after.live().known().1 > Second(START), "{loaded:?}");
}

#[test]
fn a_chunk_of_a_version_that_wrote_no_number_is_read() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 200, 20);
    let of_first = store(&dir);
    of_first.save(&before).unwrap();
    for serial in names::list(of_first.dir()).unwrap() {
        let path = of_first.dir().join(names::of(serial));
        let (rows, privacy) = unseal(serial, &fs::read(&path).unwrap(), of_first.most()).unwrap();
        let mut content = vec![privacy.clients, u8::from(privacy.redacted)];
        rows.encode(&mut content);
        fs::write(&path, sealed::seal(CHUNK_1, &content).unwrap()).unwrap();
    }
    let (after, loaded) = restarted(&dir, START + 200);
    assert_eq!((loaded.events, loaded.damage), (4_000, None));
    assert_eq!(seen(&after.live()), seen(&before.live()));
}

#[test]
fn figures_that_are_damaged_or_missing_are_told_of_as_what_they_are() {
    let dir = TempDir::new().unwrap();
    assert_eq!(restarted(&dir, START).1.figures, LoadedFigures::Kept, "there never were any");
    let before = node();
    send(&before, START..START + 10, 20);
    let of_first = store(&dir);
    of_first.save(&before).unwrap();
    let path = of_first.dir().join(figures::FILE);
    fs::write(&path, "tapline figures").unwrap();
    let (after, loaded) = restarted(&dir, START + 10);
    let aside = of_first.dir().join(figures::FILE.to_owned() + load::ASIDE);
    assert_eq!(loaded.figures, LoadedFigures::Damaged(Damage::Foreign, aside));
    assert_eq!((loaded.events, loaded.damaged.len(), loaded.damage), (200, 0, None));
    assert_eq!(after.accounting().received, 0);
    let (_, loaded) = restarted(&dir, START + 10);
    assert_eq!((loaded.events, loaded.figures), (200, LoadedFigures::Missing(path)));
}

#[test]
fn what_is_counted_is_kept_with_its_row() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 2, 10);
    // Of the second that is still open.
    before.open.append(Second(START + 2), &[&Row::new(event::Kind::Access)]);
    before.listeners()[0].account.record(&Counts { counted: 1, ..Counts::default() });
    store(&dir).save(&before).unwrap();
    let (after, loaded) = restarted(&dir, START + 9);
    assert_eq!((loaded.events, after.accounting().counted), (21, 21));
}

#[test]
fn a_second_that_was_open_at_the_last_save_is_no_whole_one() {
    let dir = TempDir::new().unwrap();
    let (node, store) = (node(), of_killed(&dir));
    let known = |after: &Node| after.live().series(Range::default(), 1, &Filter::default()).t;
    send(&node, START..START + 5, 10);
    // Of the second that is still open, and of a sender whose clock is fast.
    let open = |node: &Node, from: i64| {
        for second in [from, from + AHEAD] {
            node.open.append(Second(second), &[&Row::new(event::Kind::Access)]);
        }
    };
    open(&node, START + 5);
    store.save(&node).unwrap();
    let (after, loaded) = restarted(&dir, START + 30);
    assert_eq!(loaded.events, 52, "the rows are there");
    assert_eq!(after.live().known().0, [(Second(START + 5), Second(START + 31))]);
    assert_eq!(known(&after), Vec::from_iter(START..START + 5));
    // Whatever the step, sums are of what is known, and lines are there.
    let numbers = |after: &Node| {
        let (range, all) = (Range::default(), Filter::default());
        let sums =
            [1, 60].map(|step| after.live().series(range, step, &all).requests.iter().sum::<u64>());
        let asks = Asks::all(20);
        let view = after.live_mut().view(&all, 60, &asks, Second(START + 30));
        let live = after.live();
        let (summary, shown) = (live.summary(range, &all, &asks, None), live.snapshot(view, &asks));
        let events = live.events(range, &all, 1_000, true).len();
        (
            sums,
            summary.requests,
            shown.summary.requests,
            live.known_s(range, Second(START + 31)),
            events,
        )
    };
    assert_eq!(numbers(&after), ([50, 50], 50, 50, 5, 52));
    // Written anew and read again they are the same; a line that comes makes known what came.
    let written = of_killed(&dir);
    written.save(&after).unwrap();
    let (again, loaded) = restarted(&dir, START + 30);
    assert_eq!((loaded.events, numbers(&again)), (52, ([50, 50], 50, 50, 5, 52)));
    again.live_mut().close(Second(START + 30));
    send(&again, START + 5..START + 6, 3);
    assert_eq!(numbers(&again), ([53, 53], 53, 53, 6, 55));
    let dir = TempDir::new().unwrap();
    let (node, store) = (self::node(), of_killed(&dir));
    send(&node, START..START + 5, 10);
    open(&node, START + 5);
    store.save(&node).unwrap();

    // Killed between the rows and the figures of the next save: what can be whole is.
    let figures = store.dir().join(figures::FILE);
    let before = fs::read(&figures).unwrap();
    send(&node, START + 5..START + 20, 10);
    open(&node, START + 20);
    store.save(&node).unwrap();
    fs::write(&figures, before).unwrap();
    let (after, _) = restarted(&dir, START + 30);
    assert_eq!(known(&after), Vec::from_iter(START..START + 20));
    // The same where there are no figures.
    fs::remove_file(&figures).unwrap();
    let (after, _) = restarted(&dir, START + 30);
    assert_eq!(known(&after), Vec::from_iter(START..START + 20));
}

#[test]
fn a_second_in_which_one_was_killed_and_the_next_started_is_no_whole_one() {
    let dir = TempDir::new().unwrap();
    let (node, killed) = (node(), of_killed(&dir));
    send(&node, START..START + 10, 5);
    killed.save(&node).unwrap();
    let known = |now: i64| restarted(&dir, now).0.live().known().0.to_vec();
    assert_eq!(known(START + 10), [(Second(START + 10), Second(START + 11))]);
    // The last save was a while before it was killed.
    assert_eq!(known(START + 40), [(Second(START + 10), Second(START + 41))]);
    // What comes makes it known, as ever.
    let (after, _) = restarted(&dir, START + 10);
    send(&after, START + 10..START + 12, 5);
    let series = after.live().series(Range::default(), 1, &Filter::default());
    assert_eq!(series.t, Vec::from_iter(START..START + 12));
    store(&dir).save(&node).unwrap();
    assert_eq!((known(START + 10), known(START + 40).len()), (Vec::new(), 1));
}

#[test]
fn a_disk_that_takes_no_chunk_may_take_figures() {
    let dir = TempDir::new().unwrap();
    let (node, store) = (node(), store(&dir));
    send(&node, START..START + 2, 10);
    store.save(&node).unwrap();
    send(&node, START + 2..START + 100, 10);
    // The name of the next chunk's file is taken.
    let taken = store.dir().join(names::of(names::list(store.dir()).unwrap()[0] + 1));
    fs::create_dir_all(taken.join("x")).unwrap();
    assert!(store.save(&node).is_err());
    let (after, _) = restarted(&dir, START + 100);
    assert_eq!(after.accounting().counted, 1_000);
    let (unheard, _) = after.live().known();
    assert!(unheard.iter().any(|(_, to)| *to == Second(START + 100)), "{unheard:?}");
}

#[test]
fn late_lines_are_told_from_known_seconds_over_restarts() {
    let dir = TempDir::new().unwrap();
    let window = WindowConfig { max_age_s: 100, ..WindowConfig::default() };
    let before = Node::new(window, SourcesConfig::default(), "boot".into(), Millis(START * 1000));
    before.add_listener(Listener::new("udp", "127.0.0.1:5514"));
    let of_first = store(&dir);
    let late = |node: &Node, second: i64| {
        node.open.append(Second(second), &[&Row::new(event::Kind::Access)]);
        node.flush();
    };
    send(&before, START..START + 300, 10);
    let first = before.live().kept().oldest.unwrap();
    assert!(first > START, "some have gone");
    late(&before, first - 5);
    assert_eq!(before.live().kept().oldest, Some(first));
    of_first.save(&before).unwrap();
    let known = |node: &Node| {
        let series = node.live().series(Range::default(), 1, &Filter::default());
        assert_eq!(series.t.first(), node.live().kept().oldest.as_ref());
        series.t.into_iter().zip(series.requests).filter(|(_, n)| *n < 10).collect::<Vec<_>>()
    };
    let (after, _) = restarted(&dir, START + 320);
    assert_eq!((after.live().kept().oldest, known(&after)), (Some(first), Vec::new()));
    // Of the time in between a sender brings a line, which is known to the next process, too.
    late(&after, START + 310);
    after.live_mut().close(Second(START + 320));
    assert_eq!(known(&after), [(START + 310, 1)]);
    store(&dir).save(&after).unwrap();
    let (third, _) = restarted(&dir, START + 330);
    assert_eq!((third.live().kept().oldest, known(&third)), (Some(first), vec![(START + 310, 1)]));
}

/// An access line and an error message that name a client, and a secret in a query.
fn send_open(node: &Node) {
    let mut block = Block::new(Second(START));
    let mut row = Row::new(event::Kind::Access);
    row.set(Field::Client, "203.0.113.77");
    row.set(Field::Query, "token=s3cret");
    block.append(&row);
    let mut row = Row::new(event::Kind::Error);
    row.set(Field::Client, "2001:db8:1:2::77");
    row.set(Field::Message, "limiting requests, client: 203.0.113.77");
    block.append(&row);
    node.live_mut().absorb(block);
    node.live_mut().close(Second(START));
}

#[test]
fn what_was_kept_more_openly_than_may_be_now_is_cut_to_that_at_once() {
    for (clients, redacted, shown, gone) in [
        (1, false, ["203.0.113.0", "client: 203.0.113.0", "token=s3cret"], "113.77"),
        (1, true, ["203.0.113.0", "2001:db8:1::", "token=***"], "113.77"),
        (2, true, ["client: -", "token=***", "limiting"], "203.0"),
        (0, true, ["203.0.113.77", "2001:db8:1:2::77", "token=***"], "s3cret"),
    ] {
        let dir = TempDir::new().unwrap();
        let before = node();
        send_open(&before);
        store(&dir).save(&before).unwrap();
        let now = Privacy { clients, redacted };
        let store = Store::new(dir.path(), BUDGET, now).unwrap();
        let after = node();
        let loaded = store.load(&after, Second(START + 1), AHEAD).unwrap();
        assert_eq!((loaded.events, loaded.cut, loaded.too_open), (2, 1, 0), "{now:?}");
        assert_eq!(after.live().known(), before.live().known(), "nothing is lost");
        let (summary, _, events) = seen(&after.live());
        let told = summary + &events;
        for text in shown {
            assert!(told.contains(text), "{now:?} {text}: {told}");
        }
        assert!(!told.contains(gone), "{now:?}: {told}");
        assert!(clients == 0 || !told.contains("::77"), "{now:?}: {told}");
        for serial in names::list(store.dir()).unwrap() {
            let file = fs::read(store.dir().join(names::of(serial))).unwrap();
            let (rows, privacy) = unseal(serial, &file, store.most()).unwrap();
            let mut written = Vec::new();
            rows.encode(&mut written);
            assert!(!String::from_utf8_lossy(&written).contains(gone), "{now:?}");
            assert_eq!(privacy, now);
        }
        let again = node();
        let loaded = store.load(&again, Second(START + 1), AHEAD).unwrap();
        assert_eq!((loaded.events, loaded.cut), (2, 0), "{now:?}");
    }
}

#[test]
fn what_was_kept_more_openly_and_can_not_be_written_anew_is_taken_away() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 10, 5);
    store(&dir).save(&before).unwrap();
    let masked = Privacy { clients: 1, redacted: false };
    let store = Store::new(dir.path(), BUDGET, masked).unwrap();
    // Root may write everywhere but in the place of a directory.
    let first = names::list(store.dir()).unwrap()[0];
    fs::create_dir(store.dir().join(names::of(first) + sealed::BESIDE)).unwrap();
    let after = node();
    let loaded = store.load(&after, Second(START + 10), AHEAD).unwrap();
    assert_eq!((loaded.events, loaded.cut, loaded.too_open), (0, 0, 1));
    assert!(names::list(store.dir()).unwrap().is_empty());
    assert_eq!(after.accounting(), before.accounting(), "numbers tell nobody's address");
}

#[test]
fn what_an_earlier_version_left_of_secrets_is_not_shown_and_goes() {
    let dir = TempDir::new().unwrap();
    let redacted = Privacy { clients: 0, redacted: true };
    let mut block = Block::new(Second(START));
    for token in ["s3cret", "s3cret-too"] {
        let mut row = Row::new(event::Kind::Access);
        let (path, query) = (format!("/a;jsessionid={token}"), format!("u=%3Ftoken%3D{token}"));
        let referrer = format!("https://example.org/reset?token={token}");
        row.set(Field::Path, &path);
        row.set(Field::Query, &query);
        row.set(Field::Referrer, &referrer);
        block.append(&row);
    }
    let before = node();
    before.live_mut().absorb(block);
    before.live_mut().close(Second(START));
    let store = Store::new(dir.path(), BUDGET, redacted).unwrap();
    store.save(&before).unwrap();
    let after = node();
    assert_eq!(store.load(&after, Second(START + 1), AHEAD).unwrap().events, 2);
    let (summary, _, events) = seen(&after.live());
    assert!(!summary.contains("s3cret") && !events.contains("s3cret"), "{summary} {events}");
    assert!(summary.contains("/a;jsessionid=***") && events.contains("/reset?token=***"));
    store.save(&after).unwrap();
    for serial in names::list(store.dir()).unwrap() {
        let file = fs::read(store.dir().join(names::of(serial))).unwrap();
        let (rows, _) = unseal(serial, &file, store.most()).unwrap();
        let mut written = Vec::new();
        rows.encode(&mut written);
        assert!(!String::from_utf8_lossy(&written).contains("s3cret"));
    }
}

#[test]
fn a_disk_that_takes_nothing_is_an_error_and_what_was_written_stays() {
    let dir = TempDir::new().unwrap();
    let (node, of_first) = (node(), store(&dir));
    send(&node, START..START + 10, 5);
    of_first.save(&node).unwrap();
    send(&node, START + 10..START + 20, 5);
    // ENOSPC, as null(4) has it.
    let serial = names::list(of_first.dir()).unwrap()[0];
    let beside = of_first.dir().join(format!("{}.new", names::of(serial)));
    std::os::unix::fs::symlink("/dev/full", &beside).unwrap();
    let error = of_first.save(&node).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(restarted(&dir, START + 20).1.events, 50);
    of_first.save(&node).unwrap();
    assert_eq!(restarted(&dir, START + 20).1.events, 100, "there is room again");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_file_however_damaged_stops_the_start(
        damage in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4u8, any::<u8>()),
            1..5,
        ),
    ) {
        let dir = TempDir::new().unwrap();
        let before = node();
        send(&before, START..START + 130, 3);
        let of_first = store(&dir);
        of_first.save(&before).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(of_first.dir()).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        for (which, at, how, byte) in damage {
            let path = &names[which.index(names.len())];
            let mut bytes = fs::read(path).unwrap();
            let at = at.index(bytes.len().max(1));
            match how {
                0 if at < bytes.len() => bytes[at] ^= byte,
                1 => bytes.truncate(at),
                2 => bytes.push(byte),
                _ => bytes.clear(),
            }
            fs::write(path, bytes).unwrap();
        }
        let (after, loaded) = restarted(&dir, START + 130);
        prop_assert_eq!(after.live().kept().events, loaded.events);
        prop_assert!(loaded.events <= 390);
        let counts = after.accounting();
        prop_assert_eq!(counts.received, counts.settled());
    }
}

/// `cargo test --release --lib kept::tests::figures_of -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
#[allow(clippy::print_stderr)]
fn figures_of_a_million_events() {
    const ROWS: usize = 5_000;
    let dir = TempDir::new().unwrap();
    let window = WindowConfig::default();
    let budget = window.budget_bytes;
    let make = || {
        let window = WindowConfig::default();
        Node::new(window, SourcesConfig::default(), "boot".into(), Millis(START * 1000))
    };
    let (node, mut seed) = (make(), 1_u64);
    let mut random = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    for second in START..START + 200 {
        let mut block = Block::new(Second(second));
        for _ in 0..ROWS {
            let mut row = Row::new(event::Kind::Access);
            row.ms = random(1000) as u16;
            row.status = if random(50) == 0 { 404 } else { 200 };
            row.bytes = Some(random(200_000));
            row.request_us = Some(random(900_000) as u32);
            let client = format!("10.{}.{}.{}", random(4), random(100), random(100));
            let (path, agent) = (random(20_000), random(400));
            let path = format!("/shop/{}/{path}", path % 40);
            let agent = format!("Mozilla/5.0 (X11; Linux x86_64) Chrome/{agent}.0 Safari/537.36");
            row.set(Field::Path, &path);
            row.set(Field::Client, &client);
            row.set(Field::Agent, &agent);
            row.set(Field::Referrer, "https://shop.example.org/");
            row.set(Field::Source, "web-1/nginx");
            block.append(&row);
        }
        let mut live = node.live_mut();
        live.absorb(block);
        live.close(Second(second));
    }
    let store = Store::new(dir.path(), budget, OPEN).unwrap();
    let ticks = std::sync::atomic::AtomicBool::new(true);
    let (saved, waits) = std::thread::scope(|scope| {
        // As the tick does: for how long is it kept from its lock?
        let waits = scope.spawn(|| {
            let mut longest = std::time::Duration::ZERO;
            while ticks.load(Ordering::Relaxed) {
                let begun = std::time::Instant::now();
                drop(node.live_mut());
                longest = longest.max(begun.elapsed());
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            longest
        });
        let begun = std::time::Instant::now();
        store.save(&node).unwrap();
        let saved = begun.elapsed();
        ticks.store(false, Ordering::Relaxed);
        (saved, waits.join().unwrap())
    });
    let begun = std::time::Instant::now();
    store.save(&node).unwrap();
    let again = begun.elapsed();
    let bytes: u64 = fs::read_dir(store.dir())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    let (after, begun) = (make(), std::time::Instant::now());
    let other = Store::new(dir.path(), budget, OPEN).unwrap();
    let loaded = other.load(&after, Second(START + 200), AHEAD).unwrap();
    eprintln!(
        "{} events: {} KiB on disk, {} KiB in memory; saved in {saved:?} (with nothing new {again:?}), \
         the lock was waited for {waits:?} at most; loaded in {:?}",
        loaded.events,
        bytes >> 10,
        node.live().kept().bytes >> 10,
        begun.elapsed(),
    );
}

#[test]
fn a_forgotten_client_changes_no_number_of_any_view() {
    use crate::aggregate::forget::Forget;
    let node = node();
    send(&node, START..START + 20, 300);
    let asks = Asks::all(300);
    let ids: Vec<_> = ["", "client:203.0.113.7", "-client:203.0.113.7", "path:/p/7"]
        .into_iter()
        .map(|filter| {
            let filter = Filter::parse(filter).unwrap();
            node.live_mut().view(&filter, 60, &asks, Second(START + 20))
        })
        .collect();
    let numbers = |node: &Node| -> Vec<(u64, u64, Series)> {
        let live = node.live();
        let of = |id| live.snapshot(id, &asks);
        ids.iter()
            .map(|id| (of(*id).summary.requests, of(*id).visitors_now, of(*id).series))
            .collect()
    };
    let before = numbers(&node);
    let who = Forget::client("203.0.113.7").unwrap();
    assert_eq!(crate::state::forget::everywhere(&node, &who), 1);
    let after = numbers(&node);
    assert_eq!((&after[0], &after[3]), (&before[0], &before[3]));
    assert_eq!(after[1].0, 0, "nobody finds it any more");
    assert_eq!(after[2].0, before[0].0);
    let shown = node.live().snapshot(ids[0], &asks);
    let text = serde_json::to_string(&(shown.summary, shown.tail)).unwrap();
    assert!(text.contains("(forgotten)") && !text.contains("203.0.113.7\""));
    // Its rows leave as they would have, with or without a name.
    send(&node, START + 20..START + 21, 300);
    let window = node.live_mut().close(Second(START + 200_000));
    assert_eq!(window.evicted, 21 * 300);
    assert_eq!(node.live().dictionaries().field(Field::Client).iter().count(), 0);
    assert_eq!(crate::state::forget::everywhere(&node, &who), 0);
}

#[test]
fn what_lies_ahead_of_the_clock_is_not_loaded_and_waits_on_disk() {
    const TEN_HOURS: i64 = 36_000;
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 200, 10);
    // The clock is set ten hours ahead, and back before the next start.
    send(&before, START + TEN_HOURS..START + TEN_HOURS + 100, 10);
    store(&dir).save(&before).unwrap();
    let now = START + 300;
    let (after, again) = (node(), store(&dir));
    let loaded = again.load(&after, Second(now), AHEAD).unwrap();
    assert_eq!(loaded.events + loaded.ahead_events, 3_000);
    assert!(loaded.ahead > 0 && loaded.ahead_events >= 1_000, "{loaded:?}");
    assert!(loaded.events > 0 && loaded.damaged.is_empty(), "{loaded:?}");
    let (unheard, complete_from) = after.live().known();
    assert!(unheard.iter().all(|(_, end)| end.0 <= now), "{unheard:?}");
    assert!(complete_from.0 <= now && after.live().newest() < Some(Second(now)));
    // What comes is the newest, and what waits outlives a save.
    send(&after, now..now + 100, 10);
    assert_eq!(after.live().newest(), Some(Second(now + 99)));
    again.save(&after).unwrap();
    let (_, later) = restarted(&dir, START + TEN_HOURS + 100);
    assert_eq!(later.ahead, 0, "its time has come");
    assert!(later.events >= 1_000, "{later:?}");
    // As far ahead as a sender may be is not ahead.
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, now..now + 10, 1);
    store(&dir).save(&before).unwrap();
    assert_eq!(restarted(&dir, now + 9 - AHEAD).1.ahead, 0);
    assert_eq!(restarted(&dir, now + 8 - AHEAD).1.ahead, 1);
}
