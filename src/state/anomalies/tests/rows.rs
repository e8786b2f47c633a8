//! What is said of the parts of an incident beside what is said of the whole, at every moment of it.

use super::*;

/// One second of the shop in which so many requests of each of these fail: answered by a gateway that is down, and by
/// a shop that is closed.
fn failing(world: &mut World, gateway: usize, closed: usize) {
    let mut block = Block::new(world.now);
    for n in 0..gateway + closed {
        let is_gateway = n < gateway;
        let at = world.now.0 as usize * 31 + n;
        let (path, client) =
            (format!("/b/{}/{}", at % 11, at % 7), format!("203.0.113.{}", at % 97));
        let mut row = Row::new(Kind::Access);
        row.status = if is_gateway { 502 } else { 503 };
        row.set(Field::Method, if is_gateway { "POST" } else { "GET" });
        row.set(Field::Path, &path);
        row.set(Field::Client, &client);
        row.set(Field::Site, if is_gateway { "blog.example" } else { "docs.example" });
        row.set(Field::Source, "web-1/nginx");
        block.append(&row);
    }
    world.live.absorb(block);
    world.second(0);
}

fn of_errors(world: &World) -> Vec<Anomaly> {
    let wanted = Wanted { kind: Some(AnomalyKind::Errors5xx), ..Wanted::default() };
    world.anomalies.list(&wanted)
}

#[test]
fn what_is_usual_of_a_part_is_no_more_than_of_the_whole_soon_behind_another_outage() {
    let mut world = World::new();
    world.seconds(900, 0);
    (0..90).for_each(|_| failing(&mut world, 8, 0));
    world.seconds(390, 0);
    let second = world.now;
    for t in 0..390 {
        if t < 90 {
            failing(&mut world, 8, 0)
        } else {
            world.second(0)
        }
        for anomaly in of_errors(&world).iter().filter(|a| a.start >= rfc3339(second.plus(-30))) {
            let is_more = |cause: &&AnomalyCause| cause.expected > anomaly.expected + 1e-9;
            let more: Vec<_> = anomaly.explain.iter().filter(is_more).collect();
            assert!(more.is_empty(), "second {t}, usually {}: {more:?}", anomaly.expected);
        }
    }
    let told = of_errors(&world);
    assert!(told.iter().any(|a| a.start >= rfc3339(second) && !a.explain.is_empty()), "{told:?}");
    let status = |a: &Anomaly| a.explain.iter().find(|c| c.field == "status").cloned();
    for status in told.iter().filter_map(status) {
        assert_eq!((status.value.as_str(), status.expected), ("502", 0.0), "before both is none");
    }
}

#[test]
fn rows_are_of_the_seconds_of_their_whole_at_every_tick() {
    let mut world = World::new();
    world.seconds(900, 0);
    let script =
        [(15, 6, 0), (10, 6, 5), (30, 2, 9), (25, 0, 0), (20, 6, 3), (40, 20, 0), (200, 0, 0)];
    let (mut opens, mut calms) = (0, 0);
    for (seconds, gateway, closed) in script {
        for t in 0..seconds {
            failing(&mut world, gateway, closed);
            for anomaly in of_errors(&world) {
                opens += usize::from(anomaly.end.is_none());
                calms += usize::from(anomaly.usual_since.is_some());
                let (whole, usual) = (anomaly.observed, anomaly.high.unwrap_or(0.0));
                for cause in &anomaly.explain {
                    let of = format!("{seconds} {gateway} {closed}, second {t}: {whole} {cause:?}");
                    assert!(cause.observed <= whole + 1e-9, "a part is no more than all: {of}");
                    let left = whole - cause.observed;
                    assert!(
                        cause.share < 1.0 || left <= usual,
                        "of all nothing is left over: {of}"
                    );
                }
                // Each of these rows has one of the statuses, or is one of the shop's usual errors.
                let of_status = anomaly.explain.iter().filter(|cause| cause.field == "status");
                let (n, sum) = of_status.fold((0, 0.0), |(n, sum), c| (n + 1, sum + c.observed));
                assert!(n < 2 || whole - sum <= usual, "{n} statuses have {sum} of {whole}");
            }
        }
    }
    assert!(opens > 60 && calms > 5, "{opens} {calms}");
}
