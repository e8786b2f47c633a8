use super::super::tests::{Counting, Dice};
use super::super::why::Journal;
use super::super::{Detector, Finding};
use super::*;
use crate::aggregate::block::Block;
use crate::aggregate::row::Row;
use crate::aggregate::wire::HostPoint;
use crate::vocab::event::Kind;

/// 2026-11-23T00:00:00Z, a Monday.
const START: i64 = 1_795_392_000;

/// What is made of one second.
#[derive(Clone, Copy)]
struct Now {
    requests: f64,
    /// Parts of them.
    hits: f64,
    moved: f64,
    upstream_ms: f64,
    load: f64,
}

const USUAL: Now = Now { requests: 12.0, hits: 0.85, moved: 0.04, upstream_ms: 40.0, load: 0.6 };

struct World {
    counting: Counting,
    detector: Detector,
    dice: Dice,
    said: Vec<Finding>,
}

impl World {
    fn new() -> World {
        World {
            counting: Counting::default(),
            detector: Detector::new(),
            dice: Dice(11),
            said: Vec::new(),
        }
    }

    fn second(&mut self, t: i64, now: Now) {
        let second = Second(START + t);
        let mut block = Block::new(second);
        for _ in 0..self.dice.poisson(now.requests) {
            let client = format!("192.0.2.{}", (self.dice.part() * 200.0) as u32);
            let mut row = Row::new(Kind::Access);
            row.status = if self.dice.part() < now.moved { 302 } else { 200 };
            row.bytes = Some(2_000);
            row.bytes_in = Some(200 + (self.dice.part() * 400.0) as u64);
            let wave = 0.4 + 1.2 * self.dice.part();
            row.upstream_us = Some((now.upstream_ms * wave * 1e3) as u32);
            row.set(Field::Cache, if self.dice.part() < now.hits { "HIT" } else { "MISS" });
            row.set(Field::Client, &client);
            row.set(Field::Path, "/");
            block.append(&row);
        }
        let rollup = self.counting.rollup(&block);
        let wave = 0.7 + 0.6 * self.dice.part();
        let host = HostPoint { cpu: 0.2, memory: 0.5, rx: 40_000.0 * wave, tx: 300_000.0 * wave };
        let input = Input {
            host: Some(&host),
            load: Some(now.load * wave),
            ..Input::new(second, &rollup, &self.counting.dictionaries)
        };
        self.said.extend(self.detector.tick(&input));
    }

    /// From one second to another, traffic going with the hour.
    fn run(&mut self, (from, to): (i64, i64), change: impl Fn(i64, &mut Now)) -> &mut World {
        for t in from..to {
            let wave = (t as f64 / 86_400.0 * std::f64::consts::TAU).sin();
            let mut now = Now { requests: USUAL.requests * (1.0 + 0.4 * wave), ..USUAL };
            change(t, &mut now);
            self.second(t, now);
        }
        self
    }

    fn series(&self) -> Vec<&Finding> {
        self.said.iter().filter(|f| f.kind == AnomalyKind::Series).collect()
    }
}

/// An hour and a half.
const QUIET_S: i64 = 5_400;

#[test]
fn quiet_hours_are_quiet() {
    let mut world = World::new();
    world.run((0, 21_600), |_, _| {});
    assert_eq!(world.series(), Vec::<&Finding>::new());
}

#[test]
fn a_series_that_steps_is_told_with_what_was_usual_and_is_over_when_it_is_back() {
    for (name, change, expected, observed) in [
        ("cache_hits", (|now| now.hits = 0.1) as fn(&mut Now), 85.0, 10.0),
        ("redirects", |now| now.moved = 0.6, 4.0, 60.0),
        ("upstream_time", |now| now.upstream_ms = 160.0, 0.04, 0.16),
        ("load", |now| now.load = 6.0, 0.6, 6.0),
    ] {
        let mut world = World::new();
        let end = QUIET_S + 900;
        world.run((0, end + 1_200), |t, now| {
            if (QUIET_S..end).contains(&t) {
                change(now);
            }
        });
        let said = world.series();
        let of = |state| said.iter().filter(move |f| f.state == state).collect::<Vec<_>>();
        let (open, closed) = (of(AnomalyState::Open), of(AnomalyState::Closed));
        assert_eq!((open.len(), closed.len()), (1, 1), "{name}: {said:#?}");
        let (open, closed) = (open[0], closed[0]);
        assert_eq!(open.key.as_deref(), Some(name));
        let after = open.detected.0 - START - QUIET_S;
        assert!((60..=180).contains(&after), "{name}: told after {after} s");
        assert!((open.start.0 - START - QUIET_S).abs() <= STEP_S, "{name}: {open:?}");
        for finding in [open, closed] {
            let near = |a: f64, b: f64| (a - b).abs() <= 0.25 * b.max(0.1 * expected);
            assert!(near(finding.expected, expected), "{name}: {finding:?}");
            assert!(near(finding.observed, observed), "{name}: {finding:?}");
            let (low, high) = (finding.low.unwrap(), finding.high.unwrap());
            assert!(low < expected && expected < high, "{name}: {finding:?}");
            assert!(!(low..=high).contains(&finding.observed), "{name}: {finding:?}");
        }
        let end = closed.end.unwrap().0 - START - end;
        assert!((-STEP_S..=2 * STEP_S).contains(&end), "{name}: {end} s behind its end");
    }
}

#[test]
fn what_comes_slowly_or_passes_is_not_told() {
    let mut world = World::new();
    world.run((0, QUIET_S + 7_200), |t, now| {
        // Half an hour from 85 to 55 %, and a minute of nothing.
        now.hits -= 0.3 * ((t - QUIET_S) as f64 / 7_200.0).clamp(0.0, 1.0);
        if (QUIET_S..QUIET_S + 60).contains(&t) {
            now.moved = 0.7;
        }
    });
    assert_eq!(world.series(), Vec::<&Finding>::new());
}

#[test]
fn what_follows_from_more_traffic_is_told_as_that() {
    let mut world = World::new();
    world.run((0, QUIET_S + 1_800), |t, now| {
        if (QUIET_S..QUIET_S + 900).contains(&t) {
            (now.requests, now.load) = (80.0, 5.0);
        }
    });
    assert!(world.said.iter().any(|f| f.kind == AnomalyKind::TrafficUp));
    assert_eq!(world.series(), Vec::<&Finding>::new());
}

#[test]
fn what_lasts_is_the_new_normal_and_is_told_once() {
    let mut world = World::new();
    world.run((0, QUIET_S + 9_000), |t, now| {
        if t >= QUIET_S {
            now.hits = 0.3;
        }
    });
    let said = world.series();
    let opened = said.iter().filter(|f| f.state == AnomalyState::Open).count();
    let closed = said.iter().filter(|f| f.state == AnomalyState::Closed).count();
    assert_eq!((opened, closed), (1, 1), "{said:#?}");
}

#[test]
fn what_was_learnt_goes_on_and_a_series_takes_four_kilobytes() {
    let mut world = World::new();
    world.run((0, QUIET_S), |_, _| {});
    let kept = serde_json::to_string(&world.detector.learnt()).unwrap();
    let mut again = World::new();
    assert!(again.detector.restore(serde_json::from_str(&kept).unwrap()));
    again.run((QUIET_S + 60, QUIET_S + 660), |_, now| now.hits = 0.1);
    assert!(again.series().iter().any(|f| f.key.as_deref() == Some("cache_hits")));
    let mut older: serde_json::Value = serde_json::from_str(&kept).unwrap();
    older.as_object_mut().unwrap().remove("series");
    assert!(World::new().detector.restore(serde_json::from_value(older).unwrap()));
    assert!(size_of::<Line>() + CONFIRM * size_of::<f64>() + size_of::<Finding>() <= 4096);
}

#[test]
fn few_requests_make_no_value() {
    let (mut next_id, mut journal) = (0, Journal::default());
    let mut line = Line::default();
    let mut out = Out::new(&mut next_id, &mut journal);
    for t in 0..500 {
        (line.sum, line.weight) = (0.0, 3.0);
        line.judge(Second(t * STEP_S), &NAMED[3], false);
        line.say(Second(t * STEP_S), &NAMED[3], &mut out);
    }
    assert!(line.last.is_none() && out.findings.is_empty());
}
