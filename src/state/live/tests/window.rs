//! What is kept, what goes, and that both are counted once.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

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

#[test]
fn a_list_has_as_many_rows_as_are_asked_for_and_times_of_the_first() {
    let mut live = Live::new(config(usize::MAX));
    let mut block = Block::new(Second(1000));
    for n in 0..600 {
        let path = format!("/{}", words(n));
        let mut row = Row::new(Kind::Access);
        row.set(Field::Path, &path);
        row.request_us = Some(5_000);
        block.append(&row);
    }
    live.absorb(block);
    live.close(Second(1000));
    let asks = Asks::read(["paths:requests:500"], ROWS, 1_000).unwrap();
    let summary = live.summary(Range::default(), &Filter::default(), &asks, None);
    let rows = &summary.top["paths"];
    assert_eq!((rows.len(), summary.other["paths"].values), (500, 100));
    assert!(rows[..250].iter().all(|row| row.p95_s.is_some()));
    assert!(rows[250..].iter().all(|row| row.p95_s.is_none() && row.mean_s.is_some()));
}

/// A word of letters for a number.
fn words(n: i64) -> String {
    n.to_string().bytes().map(|b| (b - b'0' + b'a') as char).collect()
}
