//! Claims about errors, on a host of many sites.

use super::slow_tests::{BUSY, Host};
use super::tests::{Dice, Hit, World};
use super::*;
use crate::aggregate::wire::AnomalyState;

/// A small one of the forty.
const SMALL: &str = "s3.example";

/// Of `host`, where one of 300 requests fails as usual and `part` of those that `which` picks.
fn run<'a>(
    host: &'a Host,
    world: &mut World,
    seconds: i64,
    status: u16,
    which: impl Fn(&Hit<'_>, f64) -> bool,
) {
    host.run(world, seconds, |hits: &mut Vec<Hit<'a>>, dice: &mut Dice| {
        for hit in hits {
            let part = dice.part();
            if part < 1.0 / 300.0 {
                hit.status = 500;
            } else if which(hit, dice.part()) {
                hit.status = status;
            }
        }
    });
}

fn quiet(_: &Hit<'_>, _: f64) -> bool {
    false
}

fn of_page(page: &str) -> (AnomalyKind, Option<String>, Option<String>) {
    (AnomalyKind::Errors5xx, None, Some(page.to_owned()))
}

/// The gravest that was said of errors.
fn gravest(world: &World) -> u8 {
    let errors = world.said.iter().filter(|f| errors::KINDS.contains(&f.kind));
    errors.map(|finding| finding.severity).max().unwrap_or(0)
}

/// A busy host of twenty sites that share their pages.
fn busy_host() -> Host {
    let names = (0..20).map(|n| format!("s{n}.example")).collect();
    Host { rate: 600.0, more: 0.0, names, ..Host::new() }
}

/// A host that is known, and what is usual there.
fn known(host: &Host, seed: u64) -> World {
    let mut world = World::new();
    world.dice = Dice(seed);
    run(host, &mut world, 4200, 502, quiet);
    assert_eq!(told(&mut world), []);
    world
}

/// What was told of errors: of which site and which page.
fn told(world: &mut World) -> Vec<(AnomalyKind, Option<String>, Option<String>)> {
    world.said.retain(|f| errors::KINDS.contains(&f.kind));
    let said = std::mem::take(&mut world.said).into_iter();
    let opened = said.filter(|finding| finding.state == AnomalyState::Open);
    opened.map(|f| (f.kind, f.site, f.key)).collect()
}

fn of(kind: AnomalyKind, site: Option<&str>) -> (AnomalyKind, Option<String>, Option<String>) {
    (kind, site.map(str::to_owned), None)
}

fn failed(site: Option<&str>) -> (AnomalyKind, Option<String>, Option<String>) {
    of(AnomalyKind::Errors5xx, site)
}

#[test]
fn a_site_of_many_that_fails_is_told_by_its_name_and_the_next_by_its_own() {
    let host = Host::new();
    let mut world = known(&host, 7);
    let before = world.second;
    run(&host, &mut world, 240, 502, |hit, _| hit.site == BUSY);
    let first = world.said.first().cloned().expect("it is told");
    assert_eq!(first.filter.as_deref(), Some("status:5xx site:s7.example"));
    assert!(first.detected.0 - before.0 <= 3, "{first:?}");
    assert!((first.start.0 - before.0).abs() <= 2, "{first:?}");
    assert_eq!(told(&mut world), [failed(Some(BUSY))]);
    // While the first is broken.
    let before = world.second;
    run(&host, &mut world, 240, 502, |hit, _| hit.site == BUSY || hit.site == SMALL);
    let second = world.said.iter().find(|finding| finding.state == AnomalyState::Open);
    let second = second.cloned().expect("it is told");
    assert!(second.detected.0 - before.0 <= 6, "{second:?}");
    assert!((second.start.0 - before.0).abs() <= 3, "{second:?}");
    assert_eq!(told(&mut world), [failed(Some(SMALL))]);
    // Neither is told again, and nothing is usual that was not.
    run(&host, &mut world, 3600, 502, quiet);
    assert_eq!(told(&mut world), []);
    run(&host, &mut world, 60, 502, |hit, _| hit.site == BUSY);
    assert_eq!(told(&mut world), [failed(Some(BUSY))]);
}

#[test]
fn an_outage_of_all_sites_is_one_message_and_of_no_site() {
    for (more, rate) in [(0.05, 60.0), (0.7, 60.0), (0.05, 8.0)] {
        let host = Host { more, rate, ..Host::new() };
        let mut world = known(&host, 7);
        for part in [0.1, 1.0] {
            let before = world.second;
            run(&host, &mut world, 180, 503, |_, p| p < part);
            let first = world.said.first().cloned().expect("it is told");
            assert!(first.detected.0 - before.0 <= 20, "{first:?}");
            assert_eq!(told(&mut world), [failed(None)], "{more} {rate} {part}");
            run(&host, &mut world, 900, 503, quiet);
            assert_eq!(told(&mut world), [], "{more} {rate} {part}");
        }
    }
}

#[test]
fn an_outage_of_some_sites_is_told_of_no_single_one() {
    let names = (0..3).map(|n| format!("s{n}.example")).collect();
    let host = Host { more: 0.0, rate: 6.0, names, ..Host::new() };
    let usual = known(&host, 7);
    let mut wrong = Vec::new();
    for seed in 0..100 {
        let mut world = World::new();
        world.second = usual.second;
        assert!(world.detector.restore(usual.kept()));
        world.dice = Dice(seed);
        run(&host, &mut world, 30, 503, |_, _| true);
        if told(&mut world).first() != Some(&failed(None)) {
            wrong.push(seed);
        }
    }
    assert!(wrong.len() <= 3, "{wrong:?}");
}

#[test]
fn an_outage_of_all_sites_while_one_is_broken_is_told_once_more() {
    let host = Host::new();
    let mut world = known(&host, 7);
    run(&host, &mut world, 120, 502, |hit, _| hit.site == BUSY);
    assert_eq!(told(&mut world), [failed(Some(BUSY))]);
    let before = world.second;
    run(&host, &mut world, 120, 502, |_, _| true);
    let first = world.said.iter().find(|finding| finding.state == AnomalyState::Open);
    assert!(first.expect("it is told").detected.0 - before.0 <= 3, "{first:?}");
    assert_eq!(told(&mut world), [failed(None)]);
}

#[test]
fn a_site_that_breaks_while_errors_of_the_largest_are_told_of_all_is_told() {
    // Of most requests it is: what it has may be what all have, so it is told of all.
    let host = Host { more: 0.9, ..Host::new() };
    let mut world = known(&host, 7);
    run(&host, &mut world, 120, 502, |hit, p| hit.site == BUSY && p < 0.3);
    assert_eq!(told(&mut world), [failed(None)]);
    run(&host, &mut world, 120, 502, |hit, p| hit.site == SMALL || hit.site == BUSY && p < 0.3);
    assert_eq!(told(&mut world), [failed(Some(SMALL))]);
}

#[test]
fn a_site_that_refuses_is_told_by_its_name() {
    let (host, mut world) = (Host::new(), World::new());
    // Of many clients: one client's refusals are that client's.
    let clients: Vec<String> = (0..50).map(|n| format!("192.0.2.{n}")).collect();
    let refuse = |hits: &mut Vec<Hit<'_>>, dice: &mut Dice, part: f64| {
        for hit in hits {
            hit.client = Box::leak(clients[(dice.part() * 50.0) as usize].clone().into_boxed_str());
            hit.status = if dice.part() < 0.01 { 404 } else { hit.status };
            hit.status = if hit.site == BUSY && dice.part() < part { 403 } else { hit.status };
        }
    };
    host.run(&mut world, 4200, |hits, dice| refuse(hits, dice, 0.0));
    assert_eq!(told(&mut world), []);
    host.run(&mut world, 120, |hits, dice| refuse(hits, dice, 0.8));
    assert_eq!(told(&mut world), [of(AnomalyKind::Errors4xx, Some(BUSY))]);
}

#[test]
fn a_failing_site_is_told_once_over_a_restart() {
    let host = Host::new();
    let mut world = known(&host, 7);
    run(&host, &mut world, 120, 502, |hit, _| hit.site == BUSY);
    let start = world.said.first().map(|finding| finding.start).expect("it is told");
    assert_eq!(told(&mut world), [failed(Some(BUSY))]);
    world.restart();
    run(&host, &mut world, 120, 502, |hit, _| hit.site == BUSY);
    let over = world.second;
    run(&host, &mut world, 300, 502, quiet);
    let closed = world.said.last().cloned().expect("it is told");
    // By its new number, and neither node nor page beside it.
    assert_eq!(told(&mut world), [failed(Some(BUSY))]);
    assert_eq!((closed.state, closed.start), (AnomalyState::Closed, start));
    assert!((closed.end.map_or(0, |end| end.0) - over.0).abs() <= 5, "{closed:?}");
}

#[test]
fn what_a_site_is_used_to_is_no_news_of_all_when_it_is_told_no_more() {
    let host = Host::new();
    let mut world = known(&host, 7);
    run(&host, &mut world, 5400, 502, |hit, p| hit.site == BUSY && p < 0.5);
    assert_eq!(told(&mut world), [failed(Some(BUSY))]);
}

#[test]
fn an_outage_of_all_pages_at_once_is_told_of_all_however_busy_they_are() {
    let host = busy_host();
    for (part, severity) in [(0.8, 5), (0.3, 4)] {
        let mut world = World::new();
        run(&host, &mut world, 70, 502, quiet);
        assert_eq!(told(&mut world), []);
        let before = world.second;
        run(&host, &mut world, 20, 502, |_, p| p < part);
        assert_eq!(gravest(&world), severity, "{part}");
        let first = world.said.iter().find(|finding| finding.kind == AnomalyKind::Errors5xx);
        assert!(first.expect("it is told").detected.0 - before.0 <= 3, "{first:?}");
        assert_eq!(told(&mut world), [failed(None)], "{part}");
    }
}

#[test]
fn an_outage_of_all_pages_while_one_is_broken_is_told_of_all() {
    let (host, mut world) = (busy_host(), World::new());
    run(&host, &mut world, 70, 502, quiet);
    run(&host, &mut world, 40, 502, |hit, p| hit.path == "/c" && p < 0.8);
    assert_eq!(told(&mut world), [of_page("/c")]);
    run(&host, &mut world, 20, 502, |_, p| p < 0.8);
    assert_eq!(gravest(&world), 5);
    assert_eq!(told(&mut world), [failed(None)]);
}

#[test]
fn pages_of_a_busy_host_that_fail_are_told_as_pages() {
    let (host, mut world) = (busy_host(), World::new());
    run(&host, &mut world, 70, 502, quiet);
    run(&host, &mut world, 20, 502, |hit, p| hit.path == "/c" && p < 0.8);
    assert_eq!(told(&mut world), [of_page("/c")]);
    run(&host, &mut world, 20, 502, |hit, p| matches!(hit.path, "/c" | "/d") && p < 0.8);
    assert_eq!(told(&mut world), [of_page("/d")]);
}

#[test]
fn a_busy_site_that_is_down_is_told_by_its_name_and_not_by_its_pages() {
    let (host, mut world) = (busy_host(), World::new());
    run(&host, &mut world, 70, 502, quiet);
    run(&host, &mut world, 20, 502, |hit, p| hit.site == SMALL && p < 0.8);
    assert_eq!(gravest(&world), 5);
    assert_eq!(told(&mut world), [failed(Some(SMALL))]);
}

#[test]
fn of_a_thousand_equal_sites_each_that_is_down_is_told_by_its_name() {
    let names = (0..1000).map(|n| format!("s{n}.example")).collect();
    let host = Host { rate: 400.0, more: 0.0, names, ..Host::new() };
    let mut world = World::new();
    run(&host, &mut world, 300, 502, quiet);
    assert_eq!(told(&mut world), []);
    for n in [3, 500, 750, 999] {
        let down = format!("s{n}.example");
        let before = world.second;
        run(&host, &mut world, 120, 502, |hit, _| hit.site == down);
        let first = world.said.iter().find(|finding| finding.kind == AnomalyKind::Errors5xx);
        let first = first.unwrap_or_else(|| panic!("{down} is told"));
        assert!(first.detected.0 - before.0 <= 60, "{first:?}");
        assert!(gravest(&world) >= 4);
        assert_eq!(told(&mut world), [failed(Some(&down))]);
    }
}
