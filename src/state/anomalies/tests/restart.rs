//! Claims about incidents that a restart falls into.

use super::*;
use crate::state::anomalies::keep::{decode, encode};

/// Another process that goes on five seconds later, with what this one kept by way of its file.
pub(super) fn restarted(world: &World) -> World {
    let file = encode(&world.anomalies.kept()).unwrap();
    let mut again = World { now: world.now.plus(5), ..World::new() };
    again.anomalies.restore(decode(&file).unwrap(), again.now);
    again
}

fn states(world: &World, id: &str) -> Vec<AnomalyState> {
    world.said.iter().filter(|a| a.id == id).map(|a| a.state).collect()
}

#[test]
fn what_goes_on_over_a_restart_stays_one_anomaly() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(1, 20).seconds(20, 8);
    let before = world.anomalies.get(&world.errors()[0].id).expect("it is kept");
    let mut again = restarted(&world);
    again.seconds(1, 8);
    assert_eq!(states(&again, &before.id), [AnomalyState::Update], "who listens now hears of it");
    again.seconds(60, 8);
    let ended = again.now;
    again.seconds(400, 0);
    assert!(again.said.iter().all(|a| a.state != AnomalyState::Open), "{:?}", again.said);
    assert!(again.errors().iter().all(|a| a.id == before.id), "{:?}", again.errors());
    assert_eq!(states(&again, &before.id).last(), Some(&AnomalyState::Closed));
    let last = again.anomalies.get(&before.id).expect("it is kept");
    assert_eq!((&last.start, &last.detected), (&before.start, &before.detected));
    assert_eq!(
        (&last.incident, &last.explain[0].value),
        (&before.incident, &before.explain[0].value)
    );
    assert!(last.samples.len() >= before.samples.len());
    let end = last.end.as_deref().and_then(second_of).expect("it is over");
    assert!((end.0 - ended.0).abs() < 15, "{} {}", end.0, ended.0);
}

#[test]
fn what_is_over_before_a_restart_ends_where_it_was_seen_last() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(10, 8);
    let id = world.errors()[0].id.clone();
    let mut again = restarted(&world);
    again.seconds(150, 0);
    assert_eq!(again.anomalies.get(&id).map(|a| a.end), Some(None), "it may go on");
    again.seconds(60, 0);
    assert_eq!(states(&again, &id).last(), Some(&AnomalyState::Closed));
    let end = again.anomalies.get(&id).and_then(|a| second_of(&a.end?)).expect("it is over");
    assert!((world.now.plus(-10)..=world.now).contains(&end), "{} {}", end.0, world.now.0);
}

#[test]
fn what_no_detector_of_this_version_knows_of_ends_at_the_restart() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(10, 8);
    let id = world.errors()[0].id.clone();
    let mut kept = world.anomalies.kept();
    // As the files of earlier versions have it.
    kept.learnt = kept.learnt.with_nothing_open();
    let mut again = World { now: world.now.plus(5), ..World::new() };
    let restarted = again.now;
    again.anomalies.restore(kept, restarted);
    again.seconds(400, 0);
    let last = again.errors().last().copied().cloned().expect("its end is said");
    assert_eq!((last.id, last.state), (id, AnomalyState::Closed));
    assert_eq!(last.end.and_then(|end| second_of(&end)), Some(restarted));
}

#[test]
fn a_broken_rule_is_waited_for_as_long_as_its_span_is() {
    let text = "path:/checkout status:5xx rate > 10% for 5m";
    let rules = [named("checkout", text, 4)];
    for goes_on in [true, false] {
        let mut world = World::new();
        world.judged_by(&rules);
        world.seconds(400, 10);
        let fired = |world: &World| -> Vec<Anomaly> {
            world.said.iter().filter(|a| a.kind == AnomalyKind::Rule).cloned().collect()
        };
        let before = fired(&world).pop().expect("it is broken");
        let mut again = restarted(&world);
        again.judged_by(&rules);
        let broken = if goes_on { 10 } else { 0 };
        again.seconds(400, broken);
        assert_eq!(again.anomalies.get(&before.id).map(|a| a.end), Some(None));
        again.seconds(120, broken);
        let told = fired(&again);
        assert!(told.iter().all(|a| a.id == before.id && a.state != AnomalyState::Open));
        let is_over = told.last().is_some_and(|a| a.state == AnomalyState::Closed);
        assert_eq!(is_over, !goes_on, "{told:?}");
    }
}

#[test]
fn the_worst_of_before_a_restart_stays_the_peak() {
    let text = "path:/checkout status:5xx count > 50 for 10s";
    let rules = [named("checkout", text, 4)];
    let mut world = World::new();
    world.judged_by(&rules);
    world.seconds(900, 0).seconds(30, 20);
    let open = |world: &World| -> Vec<Anomaly> {
        let wanted = Wanted { open: Some(true), ..Wanted::default() };
        world.anomalies.list(&wanted)
    };
    let before = open(&world);
    assert!(before.iter().any(|a| a.kind == AnomalyKind::Rule && a.peak.value >= 60.0));
    assert!(before.iter().any(|a| a.kind == AnomalyKind::Errors5xx && a.peak.value >= 20.0));
    let mut again = restarted(&world);
    again.judged_by(&rules);
    // Enough to be told again, and no more than before.
    again.seconds(30, 6);
    for before in before {
        let after = again.anomalies.get(&before.id).expect("it is kept");
        assert_eq!((&after.end, &after.peak), (&None, &before.peak));
        let is_rule = after.kind == AnomalyKind::Rule;
        assert!(!is_rule || after.observed == before.peak.value, "{}", after.observed);
    }
}
