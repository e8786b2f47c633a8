use super::super::Finding;
use super::super::tests::Dice;
use super::super::why::Journal;
use super::*;
use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::rollup::Rollup;
use crate::aggregate::wire::{AnomalyState, HostPoint};

/// What is said first of a day, in parts of a hundred by second, and when.
fn said(at: impl FnMut(i64, &mut Dice) -> [f64; 3]) -> Vec<(AnomalyKind, i64)> {
    let opened = told(at).into_iter().filter(|f| f.state == AnomalyState::Open);
    opened.map(|f| (f.kind, f.detected.0 - MIDNIGHT)).collect()
}

/// All that is said of a day.
fn told(at: impl FnMut(i64, &mut Dice) -> [f64; 3]) -> Vec<Finding> {
    told_within(86_400, at)
}

/// All that is said of so many seconds.
fn told_within(seconds: i64, mut at: impl FnMut(i64, &mut Dice) -> [f64; 3]) -> Vec<Finding> {
    let (mut host, mut dice) = (Host::default(), Dice(3));
    let (mut next_id, mut journal) = (0, Journal::default());
    let (rollup, dictionaries) = (Rollup::default(), Dictionaries::default());
    let mut said = Vec::new();
    for t in 0..seconds {
        let [cpu, memory, disk] = at(t, &mut dice);
        let point = HostPoint { cpu: cpu / 100.0, memory: memory / 100.0, rx: 0.0, tx: 0.0 };
        let disks = [super::super::DiskLoad {
            mount: "/var",
            used: (disk * 1e6) as u64,
            total: 100_000_000,
        }];
        let input = Input {
            host: Some(&point),
            disks: &disks,
            ..Input::new(Second(MIDNIGHT + t), &rollup, &dictionaries)
        };
        let mut out = Out::new(&mut next_id, &mut journal);
        host.tick(&input, &mut out);
        said.extend(out.findings);
    }
    said
}

const MIDNIGHT: i64 = 1_795_392_000;

/// A busy machine whose load goes with the day, whose disk is cleaned each hour.
fn usual(t: i64, noise: &mut f64, dice: &mut Dice) -> [f64; 3] {
    *noise = 0.9 * *noise + (dice.part() + dice.part() - 1.0) * 3.0;
    let day = (t as f64 / 86_400.0 * std::f64::consts::TAU).sin();
    let disk = 60.0 + (t % 3600) as f64 / 3600.0 * 0.8;
    [(30.0 + 15.0 * day + *noise).clamp(0.0, 100.0), 55.0 + 3.0 * day, disk]
}

#[test]
fn a_day_of_a_busy_machine_is_quiet() {
    let mut noise = 0.0;
    assert_eq!(said(|t, dice| usual(t, &mut noise, dice)), []);
}

#[test]
fn a_machine_that_is_full_as_usual_is_no_news() {
    // A build machine: all of it is taken, with pauses of some seconds.
    let said = said(|t, dice| {
        let pause = dice.part() < 0.05 || t % 97 < 4;
        [if pause { 60.0 + 30.0 * dice.part() } else { 99.0 + dice.part() }, 50.0, 60.0]
    });
    assert_eq!(said, []);
}

#[test]
fn a_busy_machine_that_becomes_full_is_told_as_bad_as_it_is() {
    let full_from = |usual: f64| {
        let told = told_within(9_000, |t, dice| {
            let busy = if t < 7_200 { usual + 2.0 * dice.part() } else { 99.5 };
            [busy, 50.0, 60.0]
        });
        let first = told.into_iter().find(|f| f.state == AnomalyState::Open);
        first.map(|f| (f.kind, f.detected.0 - MIDNIGHT < 7_230, f.severity))
    };
    assert_eq!(full_from(50.0), Some((AnomalyKind::HostCpu, true, 2)));
    assert_eq!(full_from(90.0), Some((AnomalyKind::HostCpu, true, 2)));
    assert_eq!(full_from(96.0), None);
}

#[test]
fn what_fills_up_is_told_long_before_it_is_full() {
    const AT: i64 = 50_000;
    for (place, kind, points_a_s) in [
        (1, AnomalyKind::HostMemory, 38.0 / 1800.0),
        (2, AnomalyKind::HostDisk, 33.0 / 1800.0),
        (2, AnomalyKind::HostDisk, 33.0 / 7200.0),
    ] {
        let mut noise = 0.0;
        let said = said(|t, dice| {
            let mut now = usual(t, &mut noise, dice);
            now[place] = (now[place] + (t - AT).clamp(0, 7200) as f64 * points_a_s).min(99.0);
            now
        });
        let first = said.first().copied();
        // The hourly cleaning may end it for a while.
        assert!(said.len() <= 3, "{} times, first {first:?}", said.len());
        assert!(first.is_some_and(|f| f.0 == kind && (0..300).contains(&(f.1 - AT))), "{first:?}");
    }
}

#[test]
fn what_is_usual_of_a_machine_outlives_the_process() {
    let (rollup, dictionaries) = (Rollup::default(), Dictionaries::default());
    let (mut next_id, mut journal) = (0, Journal::default());
    let mut run = |host: &mut Host, from: i64, to: i64, busy: &dyn Fn(i64) -> [f64; 2]| {
        let mut said = Vec::new();
        for t in from..to {
            let [cpu, used] = busy(t);
            let point = HostPoint { cpu: cpu / 100.0, memory: 0.5, rx: 0.0, tx: 0.0 };
            let used = (used * 1e6) as u64;
            let disks = [super::super::DiskLoad { mount: "/var", used, total: 100_000_000 }];
            let input = Input {
                host: Some(&point),
                disks: &disks,
                ..Input::new(Second(MIDNIGHT + t), &rollup, &dictionaries)
            };
            let mut out = Out::new(&mut next_id, &mut journal);
            host.tick(&input, &mut out);
            said.extend(out.findings.into_iter().map(|f| (f.kind, f.state)));
        }
        said
    };
    // A disk that grows by four points and is cleaned every twenty minutes …
    let usual = |t: i64| [20.0 + (t % 7) as f64, 40.0 + (t % 1200) as f64 / 330.0];
    // … and one that grows twice as fast, which is news only to who knows nothing.
    let faster = |t: i64| [usual(t)[0], 40.0 + (t % 1200) as f64 / 165.0];
    let mut host = Host::default();
    run(&mut host, 0, 7_200, &usual);
    let kept = serde_json::to_string(&host.learnt()).unwrap();
    let mut again = Host::default();
    again.restore(serde_json::from_str(&kept).unwrap());
    assert_eq!(run(&mut again, 7_200, 8_400, &faster), []);
    let said = run(&mut Host::default(), 7_200, 8_400, &faster);
    assert_eq!(said.first(), Some(&(AnomalyKind::HostDisk, AnomalyState::Open)));
    let busy = |t: i64| [90.0, usual(t)[1]];
    let mut third = Host::default();
    third.restore(serde_json::from_str(&kept).unwrap());
    let said = run(&mut third, 7_200, 7_260, &busy);
    assert_eq!(said.first(), Some(&(AnomalyKind::HostCpu, AnomalyState::Open)), "at once");
}

#[test]
fn a_disk_that_fills_up_is_told_with_when_it_will_be_full() {
    const AT: i64 = 50_000;
    const POINTS_A_S: f64 = 33.0 / 7200.0;
    let mut noise = 0.0;
    let told = told(|t, dice| {
        let mut now = usual(t, &mut noise, dice);
        now[2] = 60.0 + (t - AT).clamp(0, 7200) as f64 * POINTS_A_S;
        now
    });
    let disk = |f: &&Finding| f.kind == AnomalyKind::HostDisk;
    let mut numbers = 0;
    for finding in told.iter().filter(disk).filter(|f| f.state != AnomalyState::Closed) {
        let Some(left) = finding.full_in_s else { continue };
        numbers += 1;
        let truth = (100.0 - finding.peak.1) / POINTS_A_S;
        // Of the first minutes a part is from before it began.
        let seen = finding.peak.0.0 - MIDNIGHT - AT;
        let least = if seen >= SLOPE_S { 0.95 } else { 0.9 };
        assert!((least..4.0).contains(&(left / truth)), "{left} s for {truth}: {finding:?}");
        if (SLOPE_S..7200).contains(&seen) {
            assert!(left / truth < 1.1, "{left} s for {truth}: {finding:?}");
        }
    }
    assert!(numbers > 10, "{numbers}");
    let closed = told.iter().filter(disk).filter(|f| f.state == AnomalyState::Closed);
    assert!(closed.map(Finding::anomaly).all(|anomaly| anomaly.full_in_s.is_none()));
}

#[test]
fn what_has_filled_up_and_stays_so_is_not_as_usual() {
    const AT: i64 = 50_000;
    for (place, kind) in [(1, AnomalyKind::HostMemory), (2, AnomalyKind::HostDisk)] {
        let mut noise = 0.0;
        let told = told(|t, dice| {
            let mut now = usual(t, &mut noise, dice);
            now[place] = 60.0 + ((t - AT).clamp(0, 600) as f64 / 600.0 * 39.0);
            now
        });
        let told: Vec<&Finding> = told.iter().filter(|finding| finding.kind == kind).collect();
        assert!(told.iter().any(|finding| finding.state == AnomalyState::Open));
        let calm = told.iter().find(|finding| finding.usual_since.is_some());
        assert!(calm.is_none(), "{calm:?}");
    }
}

#[test]
fn a_processor_that_is_suddenly_busy_is_told_once() {
    let mut noise = 0.0;
    let said = said(|t, dice| {
        let mut now = usual(t, &mut noise, dice);
        now[0] = (now[0] + if (50_000..50_240).contains(&t) { 55.0 } else { 0.0 }).min(99.5);
        now
    });
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].0 == AnomalyKind::HostCpu && said[0].1 - 50_000 <= 20, "{said:?}");
}

#[test]
fn the_band_of_a_processor_ends_where_it_becomes_an_anomaly() {
    // Idle, calm, so restless that eight deviations are beyond a hundred, and almost full.
    for (mean, swing) in [(0.0, 0.0), (0.2, 0.0), (20.0, 1.0), (48.0, 40.0), (90.0, 0.5)] {
        let told = told_within(12_000, |t, _| {
            let slow = if t / 120 % 2 == 0 { swing } else { -swing };
            [if t >= 10_000 { 99.9 } else { mean + slow }, 50.0, 50.0]
        });
        let open = told.iter().find(|finding| finding.state == AnomalyState::Open);
        let open = open.expect("a processor that is full is told");
        let (low, high) = (open.low.expect("a band"), open.high.expect("a band"));
        assert!(low <= open.expected && open.expected < high, "{open:?}");
        // Fifteen points at least, eight deviations, or the limit of what is full.
        let far = (8.0 * swing).max(15.0);
        let limit = (mean + far).min(97.0);
        assert!((high - limit).abs() < far * 0.3 && high <= 97.0 + 1e-9, "{high} for {limit}");
    }
}

/// A machine with this share of its memory in use, beside a noise of a fifth of a point.
fn with_memory(mut used: impl FnMut(i64) -> f64) -> Vec<Finding> {
    let told = told_within(20_000, |t, dice| [10.0, used(t) + 0.4 * (dice.part() - 0.5), 40.0]);
    told.into_iter().filter(|finding| finding.kind == AnomalyKind::HostMemory).collect()
}

#[test]
fn memory_that_a_process_takes_and_gives_back_is_no_anomaly() {
    // Base, points, and the seconds in which they are taken and of which they are held, by so many seconds.
    for (base, points, take_s, hold_s, every_s) in [
        (3.0, 6.0, 2, 25, 300),
        (3.0, 6.0, 25, 25, 420),
        (55.0, 20.0, 2, 25, 300),
        (55.0, 20.0, 60, 400, 1_200),
        (60.0, 12.0, 90, 90, 3_600),
        // It is not given back that day.
        (55.0, 25.0, 5, 86_400, 86_400),
        // It fills slowly where there is much left.
        (4.0, 30.0, 3_000, 600, 7_200),
    ] {
        let told = with_memory(|t| {
            let since = (t - 3_000).rem_euclid(every_s);
            let part = (since as f64 / take_s as f64).min(1.0);
            base + if t >= 3_000 && since < take_s + hold_s { points * part } else { 0.0 }
        });
        assert!(told.is_empty(), "{points} points in {take_s} s: {:?}", told.first());
    }
}

#[test]
fn memory_that_leaks_is_told_while_there_is_time() {
    // Base, points a second, and the seconds within which it is told.
    for (base, leak, within_s) in [
        // A busy one, at once; as slowly as half a day to do something about it.
        (55.0, 0.02, 240),
        (55.0, 0.005, 360),
        (70.0, 0.0042, 360),
        // With a third of it, as soon as half is in use.
        (33.0, 0.01, 1_700 + 360),
        // So fast that it won't wait for that.
        (10.0, 0.08, 240),
    ] {
        let told = with_memory(|t| (base + leak * (t - 5_000).max(0) as f64).min(99.5));
        let first = told.first().expect("it is told");
        let after = first.detected.0 - MIDNIGHT - 5_000;
        assert!((60..within_s).contains(&after), "{leak} from {base}: after {after} s");
        let left = first.full_in_s.expect("and when it will be full");
        let truth = (100.0 - first.peak.1) / leak;
        assert!((0.8..4.0).contains(&(left / truth)), "{left} s for {truth}");
    }
}

#[test]
fn memory_that_leaks_by_the_job_is_told() {
    // A job each half minute leaves some, and takes more than that while it runs.
    let told = with_memory(|t| {
        let jobs = (t - 5_000).max(0) / 30;
        let runs = if t % 30 < 8 { 4.0 } else { 0.0 };
        (55.0 + jobs as f64 * 0.5 + runs).min(99.0)
    });
    let first = told.first().expect("it is told");
    assert!((first.detected.0 - MIDNIGHT - 5_000) < 600, "{first:?}");
}

#[test]
fn a_disk_on_which_one_file_is_put_is_no_anomaly() {
    let said = said(|t, _| [10.0, 40.0, if t < 5_000 { 30.0 } else { 38.0 }]);
    assert_eq!(said, []);
}
