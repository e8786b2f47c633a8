use proptest::prelude::*;

use super::*;
use crate::aggregate::block::Block;
use crate::aggregate::row::Row;
use crate::aggregate::rules::{By, Firing};
use crate::state::live::WindowConfig;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

const START: i64 = 1_795_341_600;

/// Requests of one second: path, status, milliseconds.
type Requests = Vec<(u8, u16, u32)>;

fn block(second: Second, requests: &Requests) -> Block {
    let mut block = Block::new(second);
    for &(path, status, ms) in requests {
        let path = format!("/p{path}");
        let mut row = Row::new(Kind::Access);
        row.status = status;
        row.bytes = Some(u64::from(ms) * 10);
        // Some servers log no times.
        row.request_us = (ms > 0).then_some(ms * 1000);
        row.set(Field::Path, &path);
        row.set(Field::Site, "shop.example");
        row.set(Field::Source, "web-1/nginx");
        block.append(&row);
    }
    block
}

fn requests() -> impl Strategy<Value = Requests> {
    let status = prop_oneof![4 => Just(200u16), 1 => Just(503), 1 => Just(404)];
    let some = proptest::collection::vec((0u8..3, status, 0u32..1000), 1..12);
    prop_oneof![1 => Just(Vec::new()), 2 => some]
}

const RULES: [&str; 9] = [
    "status:5xx rate > 20% for 3s",
    "path:/p1 status:4xx rate >= 10% min 2 for 5s",
    "rate < 50% for 2s",
    "latency p95 > 800ms for 4s",
    "path:/p0 latency p50 <= 300ms for 2s",
    "path:/p2 count < 1 for 3s",
    "count > 8/s for 2s",
    "bytes > 9KB for 6s",
    "-path:/p1 count >= 20 for 10s",
];

const GROUPED: [&str; 5] = [
    "status:5xx rate > 20% by path for 3s",
    "latency p95 > 800ms by path for 4s",
    "count > 3 by path for 5s",
    "count < 1 by path for 4s",
    "bytes > 3KB by site for 6s",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn each_path_is_judged_as_if_the_rule_were_its_own(
        seconds in proptest::collection::vec(requests(), 8..50),
    ) {
        let rules: Vec<Rule> = GROUPED.iter().map(|text| Rule::parse(text).expect(text)).collect();
        let mut live = Live::new(WindowConfig::default());
        live.watch(&rules);
        let mut groups: Vec<Groups> = rules.iter().cloned().map(Groups::new).collect();
        let mut said: Vec<Vec<Fired>> = vec![Vec::new(); rules.len()];
        for (at, requests) in seconds.iter().enumerate() {
            let second = Second(START + at as i64);
            live.absorb(block(second, requests));
            let closed = live.close(second);
            for (at, parts) in closed.groups.iter().enumerate() {
                let firings = groups[at].tick(second, parts).into_iter();
                let over = firings.filter(|(_, firing)| firing.state == AnomalyState::Closed);
                said[at].extend(over.map(|(group, firing)| (Some(group), firing)));
            }
        }
        let range = Range { from: Some(Second(START)), to: None };
        let key = |(group, firing): &Fired| (group.clone(), firing.detected);
        for ((rule, groups), mut said) in rules.iter().zip(&groups).zip(said) {
            said.extend(groups.open().map(|(g, f)| (Some(g.into()), f.clone())));
            said.sort_by_key(key);
            let (mut tested, _) = live.rehearse(rule, range);
            tested.sort_by_key(key);
            let is_latency = matches!(rule.measure, Measure::Latency(_));
            tested.iter_mut().filter(|_| is_latency).for_each(|(_, firing)| firing.worst = None);
            prop_assert_eq!(&tested, &said, "{}", rule);
            // Too little of what never was is nothing, so there its own rule says more.
            if !rule.sign.is_upper() {
                continue;
            }
            for value in ["/p0", "/p1", "/p2", "shop.example"] {
                let of_value = |(group, firing): &Fired| {
                    (group.as_deref() == Some(value)).then(|| firing.clone())
                };
                let grouped: Vec<Firing> = tested.iter().filter_map(of_value).collect();
                let is_site = rule.by == Some(By::Site);
                if is_site != (value == "shop.example") {
                    continue;
                }
                let (own, _) = live.rehearse(&rule.of(value), range);
                let own = own.into_iter().map(|(_, firing)| match is_latency {
                    true => Firing { worst: None, ..firing },
                    false => firing,
                });
                prop_assert_eq!(&grouped, &own.collect::<Vec<_>>(), "{} of {}", rule, value);
            }
        }
    }
}

proptest! {
    // Each runs nine rules over some thirty seconds, twice.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_back_test_says_what_was_said_live(seconds in proptest::collection::vec(requests(), 1..70)) {
        let rules: Vec<Rule> = RULES.iter().map(|text| Rule::parse(text).expect(text)).collect();
        let mut live = Live::new(WindowConfig::default());
        live.watch(&rules);
        let mut judges: Vec<Judge> = rules.iter().cloned().map(Judge::new).collect();
        let mut said: Vec<Vec<Firing>> = vec![Vec::new(); rules.len()];
        for (at, requests) in seconds.iter().enumerate() {
            let second = Second(START + at as i64);
            live.absorb(block(second, requests));
            let closed = live.close(second);
            for (at, part) in closed.parts.iter().enumerate() {
                let firing = judges[at].tick(second, *part);
                said[at].extend(firing.filter(|firing| firing.state == AnomalyState::Closed));
            }
        }
        let range = Range { from: Some(Second(START)), to: None };
        for ((rule, judge), mut said) in rules.iter().zip(judges).zip(said) {
            said.extend(judge.open().cloned());
            let (tested, _) = live.rehearse(rule, range);
            let mut tested: Vec<Firing> = tested.into_iter().map(|(_, firing)| firing).collect();
            if let Measure::Latency(_) = rule.measure {
                prop_assert!(tested.iter().all(|firing| firing.worst.is_some()));
                tested.iter_mut().for_each(|firing| firing.worst = None);
            }
            prop_assert_eq!(&tested, &said, "{}", rule);
        }
    }
}

#[test]
fn what_is_measured_is_what_is_in_the_rows() {
    let mut live = Live::new(WindowConfig::default());
    let rules =
        ["status:5xx rate > 1% for 2s", "path:/p1 bytes > 1 for 2s", "latency p95 > 500ms for 2s"];
    let rules: Vec<Rule> = rules.iter().map(|text| Rule::parse(text).expect(text)).collect();
    live.watch(&rules);
    let requests = vec![(0, 200, 100), (1, 503, 700), (1, 200, 0), (2, 503, 501), (2, 404, 500)];
    live.absorb(block(Second(START), &requests));
    let parts = live.close(Second(START)).parts;
    let part = |measured, whole| crate::aggregate::rules::Part { measured, whole };
    assert_eq!(parts, [part(2, 5), part(7000, 0), part(2, 4)]);
    assert_eq!(live.close(Second(START + 1)).parts, [part(0, 0); 3]);
    let found = live.quantile_of(&rules[2], Second(START + 1)).expect("a quantile");
    assert!((found.1 - 0.7).abs() < 0.007, "{found:?}");
}

#[test]
fn rows_count_when_they_arrive_but_not_those_of_long_ago() {
    let mut live = Live::new(WindowConfig::default());
    live.watch(&[Rule::parse("count > 1 for 1m").expect("a rule")]);
    let second = Second(START);
    for (age, counted) in [(0, 1), (59, 1), (600, 1), (601, 0), (86_400 * 365, 0)] {
        live.absorb(block(second.plus(-age), &vec![(0, 200, 1)]));
        assert_eq!(live.close(second).parts[0].measured, counted, "{age}");
    }
}
