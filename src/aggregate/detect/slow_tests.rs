//! Claims about times, on a host of many sites.

use super::tests::{Dice, Hit, World};
use super::*;
use crate::aggregate::wire::AnomalyState;

/// Forty sites with some of 26 pages each; one of them has more visitors than the others.
pub(super) struct Host {
    pub(super) names: Vec<String>,
    pub(super) pages: Vec<String>,
    /// Requests a second.
    pub(super) rate: f64,
    /// The part of all requests that it has beside what each has.
    pub(super) more: f64,
}

/// The site with more visitors, and its filter.
pub(super) const BUSY: &str = "s7.example";
const OF_BUSY: &str = "site:s7.example";

impl Host {
    /// Where that one has 4.5 requests of 60 a second.
    pub(super) fn new() -> Host {
        Host {
            rate: 60.0,
            names: (0..40).map(|n| format!("s{n}.example")).collect(),
            pages: (b'a'..=b'z').map(|c| format!("/{}", c as char)).collect(),
            more: 0.05,
        }
    }

    pub(super) fn run<'a>(
        &'a self,
        world: &mut World,
        seconds: i64,
        mut change: impl FnMut(&mut Vec<Hit<'a>>, &mut Dice),
    ) {
        for _ in 0..seconds {
            let mut hits = Vec::new();
            for _ in 0..world.dice.poisson(self.rate) {
                let is_busy = world.dice.part() < self.more;
                let any = (world.dice.part() * self.names.len() as f64) as usize;
                let page = (world.dice.part() * self.pages.len() as f64) as usize;
                let times = 0.3 - world.dice.part().max(1e-9).ln();
                hits.push(Hit {
                    site: if is_busy { BUSY } else { &self.names[any] },
                    client: "192.0.2.1",
                    path: &self.pages[page],
                    status: 200,
                    ms: ((10.0 + page as f64 * 4.0) * times) as u32,
                });
            }
            change(&mut hits, &mut world.dice);
            world.tick(&hits, &[]);
        }
    }
}

fn slower(hits: &mut [Hit<'_>], times: u32, which: impl Fn(&Hit<'_>) -> bool) {
    hits.iter_mut().filter(|hit| which(hit)).for_each(|hit| hit.ms *= times);
}

/// What was told: of which site and which page, and with what filter.
fn told(world: &mut World) -> Vec<(AnomalyKind, Option<String>, Option<String>, String)> {
    let said = std::mem::take(&mut world.said).into_iter();
    let opened = said.filter(|finding| finding.state == AnomalyState::Open);
    opened.map(|f| (f.kind, f.site, f.key, f.filter.unwrap_or_default())).collect()
}

fn of_busy() -> (AnomalyKind, Option<String>, Option<String>, String) {
    (AnomalyKind::Latency, Some(BUSY.to_owned()), None, OF_BUSY.to_owned())
}

#[test]
fn a_site_of_many_that_is_slow_is_told_by_its_name_and_once() {
    let (host, mut world) = (Host::new(), World::new());
    host.run(&mut world, 2400, |_, _| {});
    assert_eq!(told(&mut world), []);
    let before = world.second;
    host.run(&mut world, 300, |hits, _| slower(hits, 10, |hit| hit.site == BUSY));
    let over = world.second;
    host.run(&mut world, 120, |_, _| {});
    let closed = world.said.last().cloned().expect("it is told");
    assert_eq!(told(&mut world), [of_busy()]);
    assert_eq!(closed.state, AnomalyState::Closed);
    assert!(closed.detected.0 - before.0 <= 15, "{closed:?}");
    assert!((closed.start.0 - before.0).abs() <= 3, "{closed:?}");
    assert!((closed.end.map_or(0, |end| end.0) - over.0).abs() <= 5, "{closed:?}");
}

#[test]
fn a_slow_page_of_a_site_is_told_of_the_page_and_once() {
    let (host, mut world) = (Host::new(), World::new());
    let own = |hits: &mut Vec<Hit<'_>>, dice: &mut Dice| {
        let hits = hits.iter_mut().filter(|hit| hit.site == BUSY && dice.part() < 0.3);
        hits.for_each(|hit| hit.path = "/report");
    };
    host.run(&mut world, 2400, |hits, dice| own(hits, dice));
    assert_eq!(told(&mut world), []);
    host.run(&mut world, 300, |hits, dice| {
        own(hits, dice);
        slower(hits, 10, |hit| hit.path == "/report");
    });
    let page = (AnomalyKind::Latency, None, Some("/report".to_owned()), "route:/report".to_owned());
    assert_eq!(told(&mut world), [page]);
}

#[test]
fn a_slow_host_is_told_once_and_of_no_site() {
    // Also where most of its requests, and so of what is slower, are of one site.
    for more in [0.05, 0.7] {
        let (host, mut world) = (Host { more, ..Host::new() }, World::new());
        host.run(&mut world, 2400, |_, _| {});
        assert_eq!(told(&mut world), []);
        let before = world.second;
        host.run(&mut world, 300, |hits, _| slower(hits, 2, |_| true));
        let first = world.said.first().cloned().expect("it is told");
        assert!(first.detected.0 - before.0 <= 15, "{first:?}");
        assert!((first.start.0 - before.0).abs() <= 3, "{first:?}");
        let node = (AnomalyKind::Latency, None, None, String::new());
        assert_eq!(told(&mut world), [node], "{more}");
    }
}

#[test]
fn made_up_sites_are_not_learnt_and_hide_no_slow_one() {
    let (host, mut world) = (Host::new(), World::new());
    let names: Vec<String> = (0..60_000).map(|n| format!("x{n}.invalid")).collect();
    let mut next = names.iter();
    // Twenty new names a second, for some are slow and for some quick.
    let mut made_up = |hits: &mut Vec<Hit<'_>>, dice: &mut Dice| {
        for site in next.by_ref().take(20) {
            let ms = if dice.part() < 0.5 { 5 } else { 500 };
            hits.push(Hit { site: Box::leak(site.clone().into_boxed_str()), ms, ..hits[0] });
        }
    };
    host.run(&mut world, 1500, &mut made_up);
    assert_eq!(told(&mut world), []);
    let learnt = serde_json::to_value(world.detector.learnt()).unwrap();
    for site in learnt["sites"][1].as_array().unwrap() {
        let (name, requests) = (site[0].as_str().unwrap(), &site[3]["slow"]["exposure"]);
        let seen = requests.as_f64().unwrap();
        assert_eq!(name.ends_with(".invalid"), seen < 50.0, "{name}: {seen} requests");
    }
    host.run(&mut world, 60, |hits, dice| {
        made_up(hits, dice);
        slower(hits, 10, |hit| hit.site == BUSY);
    });
    assert_eq!(told(&mut world), [of_busy()]);
}

#[test]
fn how_slow_a_site_is_as_usual_outlives_the_process() {
    let (host, mut world) = (Host::new(), World::new());
    host.run(&mut world, 2400, |_, _| {});
    let kept = serde_json::to_value(world.detector.learnt()).unwrap();
    let mut older = kept.clone();
    for site in older["sites"][1].as_array_mut().unwrap() {
        assert!(site[3].as_object_mut().unwrap().remove("slow").is_some());
    }
    // What a version without it kept is gone on with, and the times are learnt anew.
    for (kept, is_told) in [(kept, true), (older, false)] {
        world.detector = Detector::new();
        assert!(world.detector.restore(serde_json::from_value(kept).unwrap()));
        host.run(&mut world, 20, |_, _| {});
        assert_eq!(told(&mut world), []);
        host.run(&mut world, 60, |hits, _| slower(hits, 10, |hit| hit.site == BUSY));
        assert_eq!(told(&mut world).contains(&of_busy()), is_told);
    }
}

#[test]
fn slow_pages_that_are_asked_for_more_make_no_site_slow() {
    let (host, mut world) = (Host::new(), World::new());
    let reports = |hits: &mut Vec<Hit<'_>>, dice: &mut Dice, a_second: f64| {
        for _ in 0..dice.poisson(a_second) {
            hits.push(Hit { site: BUSY, path: "/report", ms: 3000, ..hits[0] });
        }
    };
    host.run(&mut world, 4200, |hits, dice| reports(hits, dice, 0.05));
    world.said.clear();
    host.run(&mut world, 120, |hits, dice| reports(hits, dice, 1.0));
    let told = told(&mut world);
    assert!(told.iter().all(|(kind, ..)| *kind != AnomalyKind::Latency), "{told:?}");
}

#[test]
fn a_slow_site_is_told_once_over_a_restart() {
    let (host, mut world) = (Host::new(), World::new());
    host.run(&mut world, 2400, |_, _| {});
    let slow = |hits: &mut Vec<Hit<'_>>, _: &mut Dice| slower(hits, 10, |hit| hit.site == BUSY);
    host.run(&mut world, 120, slow);
    let start = world.said.first().map(|finding| finding.start).expect("it is told");
    assert_eq!(told(&mut world), [of_busy()]);
    world.restart();
    host.run(&mut world, 120, slow);
    let over = world.second;
    host.run(&mut world, 300, |_, _| {});
    let closed = world.said.last().cloned().expect("it is told");
    // By its new number, and neither node nor page beside it.
    assert_eq!(told(&mut world), [of_busy()]);
    assert_eq!((closed.state, closed.start), (AnomalyState::Closed, start));
    assert!((closed.end.map_or(0, |end| end.0) - over.0).abs() <= 5, "{closed:?}");
}
