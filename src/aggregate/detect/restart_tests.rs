//! Claims about what a restart falls into.

use super::*;

/// What happens in each second of an incident.
type Change = fn(&mut Vec<Hit<'_>>, &mut Dice);

fn broken(hits: &mut Vec<Hit<'_>>, dice: &mut Dice) {
    hits.iter_mut().filter(|_| dice.part() < 0.3).for_each(|hit| hit.status = 502);
}

/// What is expected of the node's failing requests among those of the last second.
fn expected(world: &World) -> f64 {
    let why = world.detector.why(world.second.plus(-1), Some(AnomalyKind::Errors5xx), None);
    let node = why.iter().find(|seen| seen.site.is_none() && seen.key.is_none());
    node.expect("it is looked at").expected
}

#[test]
fn an_outage_over_restarts_is_one_and_nothing_of_it_is_usual() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let before = expected(&world);
    for _ in 0..3 {
        world.said.clear();
        let start = world.second;
        world.run(65, broken);
        world.restart();
        world.run(80, broken);
        let end = world.second;
        world.run(700, |_, _| {});
        let of = |state| world.said.iter().filter(move |finding| finding.state == state);
        // Twice, by its two numbers.
        let open: Vec<_> = of(AnomalyState::Open).collect();
        assert_eq!(open.len(), 2, "{open:?}");
        assert!(
            open.iter()
                .all(|f| (f.kind, &f.site, &f.key) == (AnomalyKind::Errors5xx, &None, &None))
        );
        assert_eq!((open[0].start, open[0].detected), (open[1].start, open[1].detected));
        assert!((open[1].start.0 - start.0).abs() <= 2);
        let closed: Vec<_> = of(AnomalyState::Closed).collect();
        assert_eq!(closed.len(), 1, "{closed:?}");
        assert!((closed[0].end.expect("it is over").0 - end.0).abs() <= 10, "{:?}", closed[0]);
        assert!(closed[0].observed > 4.0, "the mean of all of it: {:?}", closed[0]);
    }
    let after = expected(&world);
    // As requests of a second come by chance.
    assert!(after < 2.5 * before, "{before} {after}");
}

/// What it is of, since when, and when it was known.
type Told = (AnomalyKind, Option<String>, Option<String>, Second, Second);

/// What was told in a state.
fn of(world: &World, state: AnomalyState) -> Vec<Told> {
    let said = world.said.iter().filter(|finding| finding.state == state);
    said.map(|f| (f.kind, f.site.clone(), f.key.clone(), f.start, f.detected)).collect()
}

/// The start of the only one of this kind and key.
fn only(told: &[Told], kind: AnomalyKind, key: Option<&str>) -> Second {
    // What falls everywhere may be told of a site first.
    let of = told.iter().filter(|(k, site, name, ..)| {
        (*k, name.as_deref()) == (kind, key) && (site.is_none() || name.is_some())
    });
    let starts: Vec<Second> = of.map(|(.., start, _)| *start).collect();
    assert_eq!(starts.len(), 1, "{kind:?} {key:?} of {told:?}");
    starts[0]
}

#[test]
fn each_kind_goes_on_over_a_restart() {
    let cases: [(AnomalyKind, Option<&str>, Change); 7] = [
        (AnomalyKind::Errors5xx, Some("/cart"), |hits, _| {
            hits.iter_mut().filter(|hit| hit.path == "/cart").for_each(|hit| hit.status = 502);
        }),
        (AnomalyKind::Latency, None, |hits, _| hits.iter_mut().for_each(|hit| hit.ms *= 6)),
        (AnomalyKind::TrafficDown, None, |hits, dice| hits.retain(|_| dice.part() < 0.2)),
        (AnomalyKind::Silent, Some("b.example"), |hits, _| {
            hits.retain(|hit| hit.site != "b.example");
        }),
        (AnomalyKind::ClientFlood, Some("198.51.100.9"), |hits, _| {
            let client = "198.51.100.9";
            hits.extend([Hit { site: "a.example", client, path: "/", status: 200, ms: 1 }; 60]);
        }),
        (AnomalyKind::Scan, Some("198.51.100.7"), |hits, dice| {
            let path = Box::leak(format!("/wp-{}.php", dice.part()).into_boxed_str());
            let client = "198.51.100.7";
            hits.push(Hit { site: "a.example", client, path, status: 404, ms: 1 });
        }),
        (AnomalyKind::Bruteforce, Some("198.51.100.8"), |hits, _| {
            let client = "198.51.100.8";
            hits.push(Hit { site: "a.example", client, path: "/login", status: 401, ms: 50 });
        }),
    ];
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let usual = serde_json::to_value(world.detector.learnt()).unwrap();
    for (kind, key, change) in cases {
        let mut world = World { second: world.second, ..World::new() };
        assert!(world.detector.restore(serde_json::from_value(usual.clone()).unwrap()));
        world.run(70, |_, _| {});
        world.run(90, change);
        let before = of(&world, AnomalyState::Open);
        let start = only(&before, kind, key);
        world.said.clear();
        world.restart();
        world.run(90, change);
        world.run(600, |_, _| {});
        let again = of(&world, AnomalyState::Open);
        assert!(again.iter().all(|finding| before.contains(finding)), "{before:?} {again:?}");
        assert_eq!(only(&again, kind, key), start);
        assert_eq!(only(&of(&world, AnomalyState::Closed), kind, key), start);
        let is_it = |f: &&Finding| {
            (f.kind, f.key.as_deref(), f.start) == (kind, key, start) && f.end.is_some()
        };
        let end = world.said.iter().find(is_it).and_then(|f| f.end).expect("it is over");
        assert!((165..=245).contains(&(end.0 - start.0)), "{kind:?}: {} s", end.0 - start.0);
    }
}

#[test]
fn a_new_error_goes_on_over_a_restart() {
    let mut world = World::new();
    (0..900).for_each(|_| world.tick(&[], &[]));
    let fatal = [("crit", "FATAL: no slots (pid 7)")];
    (0..30).for_each(|_| world.tick(&[], &fatal));
    assert_eq!(world.opened().len(), 1);
    world.restart();
    (0..30).for_each(|_| world.tick(&[], &fatal));
    let last = world.said.last().expect("it is said to go on").clone();
    assert_eq!((last.kind, last.observed > 50.0), (AnomalyKind::NewError, true), "{last:?}");
    (0..300).for_each(|_| world.tick(&[], &[]));
    let ends = world.said.iter().filter(|f| f.state == AnomalyState::Closed).count();
    assert_eq!((ends, world.opened().len()), (1, 1));
}

#[test]
fn what_was_left_an_hour_ago_is_over_at_once_and_what_is_not_heard_of_in_some_minutes() {
    for (gap, after) in [(7_200, 1), (60, 181)] {
        let mut world = World::new();
        world.run(1200, |_, _| {});
        let login =
            Hit { site: "a.example", client: "198.51.100.8", path: "/login", status: 401, ms: 9 };
        world.run(60, |hits, _| hits.push(login));
        let last = world.second;
        let key = keyed(AnomalyKind::Bruteforce, "198.51.100.8");
        assert_eq!(world.opened(), [key]);
        world.restart();
        world.second = last.plus(gap);
        world.run(after - 1, |_, _| {});
        assert!(world.said.is_empty(), "{:?}", world.said);
        world.run(1, |_, _| {});
        let over = world.said.pop().expect("it is said to be over");
        assert_eq!((over.state, over.kind), (AnomalyState::Closed, AnomalyKind::Bruteforce));
        assert!((last.0 - over.end.expect("with its end").0) <= 6, "{over:?}");
    }
}

#[test]
fn who_is_forgotten_is_not_kept_as_open_either() {
    let mut world = World::new();
    world.run(1200, |_, _| {});
    let login =
        Hit { site: "a.example", client: "198.51.100.8", path: "/login", status: 401, ms: 9 };
    world.run(60, |hits, _| hits.push(login));
    let named = |world: &World| {
        serde_json::to_string(&world.detector.learnt()).unwrap().contains("198.51.100.8")
    };
    assert!(named(&world));
    world.detector.forget_client(&Forget::client("198.51.100.8").expect("an address"));
    assert!(!named(&world));
    world.restart();
    world.run(10, |_, _| {});
    assert!(!named(&world));
}

#[test]
fn a_site_that_does_not_come_back_from_a_restart_is_silent() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    world.said.clear();
    world.restart();
    let start = world.second;
    // Who is back within the minute is not told.
    world.run(55, |hits, _| hits.clear());
    world.run(4, |hits, _| hits.retain(|hit| hit.site != "b.example"));
    assert_eq!(of(&world, AnomalyState::Open), []);
    world.run(10, |hits, _| hits.retain(|hit| hit.site != "b.example"));
    let told = of(&world, AnomalyState::Open);
    let [(kind, site, key, since, _)] = &told[..] else { panic!("{told:?}") };
    let b = Some("b.example".to_owned());
    assert_eq!((*kind, site, key, *since), (AnomalyKind::Silent, &b, &b, start));
}

#[test]
fn a_node_that_nobody_sends_to_after_a_restart_is_told_once() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    world.said.clear();
    world.restart();
    world.run(90, |hits, _| hits.clear());
    let told = of(&world, AnomalyState::Open);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0, &told[0].1), (AnomalyKind::Silent, &None));
}
