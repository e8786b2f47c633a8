//! What the operator's rules fire for, and why.

use super::*;
use crate::aggregate::forget::Forget;

/// A shop that one rule judges, and no detector.
fn judged_by(rule: Named) -> World {
    let mut world = World::new();
    world.judged_by(&[rule]);
    world.anomalies.set(Settings { enabled: false, ..Settings::default() });
    world
}

#[test]
fn a_broken_rule_is_an_anomaly_of_its_own_even_without_detectors() {
    let text = "site:shop.example status:5xx rate > 5% for 10s";
    let mut world = judged_by(named("checkout", text, 4));
    world.seconds(30, 0);
    assert_eq!(world.said, []);
    world.seconds(30, 10).seconds(40, 0);
    let (first, last) = (&world.said[0], &world.said[world.said.len() - 1]);
    assert_eq!(
        (first.kind, first.state, first.severity),
        (AnomalyKind::Rule, AnomalyState::Open, 4)
    );
    assert_eq!(
        (first.key.as_deref(), first.site.as_deref()),
        (Some("checkout"), Some("shop.example"))
    );
    assert_eq!((first.expected, first.high, first.unit.as_str()), (5.0, Some(5.0), "percent"));
    assert_eq!(first.filter.as_deref(), Some("site:shop.example status:5xx"));
    // 2 seconds of 10 in 50 and eight of none in 40 are 4.8 %, three 7 %.
    assert_eq!(first.start, rfc3339(TEN.plus(30)));
    assert_eq!(first.detected, rfc3339(TEN.plus(32)));
    assert!(!first.samples.is_empty(), "its lines come along");
    // A part of the requests is asked for, and what accounts for it is told in requests.
    let cause = last.explain.iter().find(|cause| cause.field == "path").expect("a cause");
    assert_eq!((cause.value.as_str(), cause.unit.as_str()), ("/checkout", "per_s"));
    assert!((8.0..=10.0).contains(&cause.observed), "{cause:?}");
    assert_eq!((last.state, &last.id), (AnomalyState::Closed, &first.id));
    assert!((last.peak.value - 20.0).abs() < 1.0, "{:?}", last.peak);
    assert!(world.said.len() < 10, "updates are few");
}

#[test]
fn what_a_rule_of_latency_fires_for_is_what_became_slower() {
    let text = "site:shop.example latency p95 > 500ms for 10s";
    let mut world = judged_by(named("slow", text, 3));
    for second in 0..200 {
        let mut block = Block::new(world.now);
        for n in 0..40 {
            let path = if n % 10 == 0 { "/search".to_owned() } else { format!("/p/{n}") };
            let mut row = Row::new(Kind::Access);
            row.status = 200;
            row.request_us = Some(if n % 10 == 0 && second >= 150 { 2_000_000 } else { 20_000 });
            row.set(Field::Path, &path);
            row.set(Field::Site, "shop.example");
            block.append(&row);
        }
        world.live.absorb(block);
        world.second(0);
    }
    let last = world.said.last().expect("it fires");
    let cause = last.explain.iter().find(|cause| cause.field == "path").expect("a cause");
    assert_eq!((cause.value.as_str(), cause.unit.as_str()), ("/search", "s"));
    assert!(cause.observed > 1.0 && cause.expected < 0.1, "{cause:?}");
    assert!(!last.samples.is_empty());
    assert!(last.samples.iter().all(|row| row.request_time_s == Some(2.0)), "{:?}", last.samples);
}

#[test]
fn a_rule_by_path_fires_for_each_that_breaks_it() {
    let text = "status:5xx count > 20 by path for 10s";
    let rule = named("pages", text, 4);
    assert_eq!(rule.rule.as_str(), text, "the normal form says it, too");
    let mut world = judged_by(rule);
    world.seconds(30, 0).seconds(30, 10).seconds(40, 0);
    let ids: Vec<&str> = world.said.iter().map(|a| a.id.as_str()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "of one path alone: {ids:?}");
    let (first, last) = (&world.said[0], &world.said[world.said.len() - 1]);
    assert_eq!(first.key.as_deref(), Some("pages: /checkout"));
    assert_eq!(first.filter.as_deref(), Some("path:/checkout status:5xx"));
    assert_eq!((first.state, last.state), (AnomalyState::Open, AnomalyState::Closed));
    assert!((last.peak.value - 100.0).abs() < 1.0, "{:?}", last.peak);
}

#[test]
fn what_a_rule_fires_for_is_forgotten_while_it_goes_on_and_ends_as_the_same() {
    let text = "status:5xx count > 20 by path for 10s";
    let mut world = judged_by(named("pages", text, 4));
    world.seconds(30, 0).seconds(30, 10);
    // A path stands for a client here: both are values that a rule can be judged by.
    let who = Forget::client("/checkout").expect("long enough");
    world.live.forget(&who);
    world.anomalies.forget(&who);
    let before = std::mem::take(&mut world.said);
    world.seconds(40, 0);
    let last = world.said.last().expect("it ended");
    assert_eq!((last.state, &last.id), (AnomalyState::Closed, &before[0].id));
    assert_eq!(last.key.as_deref(), Some("pages: (forgotten)"));
    let told = serde_json::to_string(&world.said).expect("JSON");
    assert!(!told.contains("checkout"), "{told}");
}

#[test]
fn a_rule_says_why_it_fired_or_did_not() {
    let rules = [
        named("share", "status:5xx rate > 5% for 10s", 4),
        named("few", "count < 1/s for 20s", 4),
        named("slow", "latency p95 > 1s for 10s", 4),
        named("pages", "status:5xx count > 20 by path for 10s", 4),
        named("teapots", "status:418 count > 1 by client for 10s", 4),
    ];
    let mut world = World::new();
    world.judged_by(&rules);
    world.seconds(40, 0).seconds(20, 10).seconds(2, 0);
    let why = |t: i64, key: &str| {
        let kind = Some(AnomalyKind::Rule);
        let seen = world.anomalies.why(&world.live, TEN.plus(t), kind, Some(key));
        seen.into_iter().next().map(|seen| (seen.verdict, seen.observed, seen.expected))
    };
    let young = why(5, "share").map(|(verdict, _, limit)| (verdict, limit));
    assert_eq!(young, Some((Verdict::Learning, 5.0)));
    let (verdict, observed, limit) = why(39, "share").expect("it was judged");
    assert!(verdict == Verdict::Usual && observed < 1.0 && limit == 5.0, "{verdict:?} {observed}");
    let (verdict, observed, _) = why(59, "share").expect("it was judged");
    assert!(verdict == Verdict::Unusual && (observed - 20.0).abs() < 1.0, "{verdict:?} {observed}");
    let few = why(59, "few").map(|(verdict, observed, limit)| (verdict, observed > 30.0, limit));
    assert_eq!(few, Some((Verdict::Usual, true, 1.0)));
    assert_eq!(why(59, "slow").map(|(verdict, ..)| verdict), Some(Verdict::Usual));
    assert_eq!((why(59, "another"), why(500, "share")), (None, None));
    // Of those that are judged by themselves, the worst.
    let quiet = why(39, "pages").map(|(verdict, observed, limit)| (verdict, observed < 5.0, limit));
    assert_eq!(quiet, Some((Verdict::Usual, true, 20.0)));
    assert_eq!(why(39, "teapots"), Some((Verdict::Usual, 0.0, 1.0)), "there is nobody");
    let pages = Some((Verdict::Unusual, 100.0, 20.0));
    assert_eq!((why(59, "pages"), why(59, "pages: /checkout")), (pages, pages));
    assert_eq!(why(59, "pages: /cart"), None);
    let all = world.anomalies.why(&world.live, TEN.plus(59), None, None);
    let keys = all.iter().filter(|seen| seen.kind == AnomalyKind::Rule);
    let keys: Vec<&str> = keys.filter_map(|seen| seen.key.as_deref()).collect();
    assert_eq!(keys, ["share", "few", "slow", "pages: /checkout", "teapots"]);
    let who = Forget::client("/checkout").expect("long enough");
    world.anomalies.forget(&who);
    let told = format!("{:?}", world.anomalies.why(&world.live, TEN.plus(59), None, None));
    assert!(told.contains("pages: (forgotten)") && !told.contains("/checkout"), "{told}");
}
