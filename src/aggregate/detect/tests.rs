//! Claims about all detectors together, on made-up seconds that are counted as real ones are.

use super::*;
use crate::aggregate::block::Block;
use crate::aggregate::column::Columns;
use crate::aggregate::filter::Filter;
use crate::aggregate::row::Row;
use crate::aggregate::scan::Scanner;
use crate::aggregate::tally::{Change, Tally};
use crate::aggregate::wire::AnomalyState;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

#[path = "restart_tests.rs"]
mod restart;

/// 2026-11-23T00:00:00Z, a Monday.
const START: i64 = 1_795_392_000;

/// A generator of numbers, the same in each run (Steele, Lea, Flood 2014).
#[derive(Clone)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(super) fn poisson(&mut self, mean: f64) -> u64 {
        let (limit, mut product, mut n) = ((-mean).exp(), self.part(), 0);
        while product > limit {
            product *= self.part();
            n += 1;
        }
        n
    }
}

/// One request.
#[derive(Clone, Copy)]
pub(super) struct Hit<'a> {
    pub(super) site: &'a str,
    pub(super) client: &'a str,
    /// With its method before it where that is not GET.
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) ms: u32,
}

/// Counts the rows of each second as a tick does.
pub(super) struct Counting {
    pub(super) dictionaries: Dictionaries,
    tally: Tally,
    scanner: Scanner,
}

impl Default for Counting {
    fn default() -> Self {
        Counting {
            dictionaries: Dictionaries::default(),
            tally: Tally::draining(Rollup::bases()),
            scanner: Scanner::new(&Filter::default()),
        }
    }
}

impl Counting {
    pub(super) fn rollup(&mut self, block: &Block) -> Rollup {
        let mut columns = Columns::default();
        self.dictionaries.append(block, &mut columns, 0);
        let (tally, dictionaries) = (&mut self.tally, &self.dictionaries);
        self.scanner.scan(&columns, (0, columns.len()), dictionaries, |batch| {
            tally.apply(batch, Change::Add, dictionaries);
        });
        Rollup::take(tally, dictionaries)
    }
}

pub(super) struct World {
    counting: Counting,
    pub(super) detector: Detector,
    pub(super) second: Second,
    pub(super) dice: Dice,
    pub(super) said: Vec<Finding>,
}

impl World {
    pub(super) fn new() -> World {
        World {
            counting: Counting::default(),
            detector: Detector::new(),
            second: Second(START),
            dice: Dice(7),
            said: Vec::new(),
        }
    }

    /// What another process goes on with: as the file has it.
    pub(super) fn kept(&self) -> Learnt {
        let text = serde_json::to_string(&self.detector.learnt()).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Another process three seconds later.
    pub(super) fn restart(&mut self) {
        let learnt = self.kept();
        self.detector = Detector::new();
        assert!(self.detector.restore(learnt));
        self.second = self.second.plus(3);
    }

    pub(super) fn tick(&mut self, hits: &[Hit<'_>], errors: &[(&str, &str)]) {
        let mut block = Block::new(self.second);
        for hit in hits {
            let mut row = Row::new(Kind::Access);
            row.status = hit.status;
            row.bytes = Some(1000);
            row.request_us = Some(hit.ms * 1000);
            row.set(Field::Site, hit.site);
            row.set(Field::Client, hit.client);
            let (method, path) = hit.path.split_once(' ').unwrap_or(("GET", hit.path));
            row.set(Field::Path, path);
            row.set(Field::Method, method);
            block.append(&row);
        }
        for (level, message) in errors {
            let mut row = Row::new(Kind::Error);
            row.set(Field::Level, level);
            row.set(Field::Message, message);
            block.append(&row);
        }
        let rollup = self.counting.rollup(&block);
        let dictionaries = &mut self.counting.dictionaries;
        let lines = dictionaries.template_lines(&rollup);
        let known = dictionaries.knowledge().templates();
        let input = Input {
            templates: &TemplateCount::all(&lines, known),
            ..Input::new(self.second, &rollup, dictionaries)
        };
        self.said.extend(self.detector.tick(&input));
        self.second = self.second.plus(1);
    }

    /// Ordinary traffic of two sites, a page in a hundred requests failing, with what `change` does.
    fn run(&mut self, seconds: i64, mut change: impl FnMut(&mut Vec<Hit<'_>>, &mut Dice)) {
        let clients: Vec<String> = (0..40).map(|n| format!("192.0.2.{n}")).collect();
        for _ in 0..seconds {
            let mut hits = Vec::new();
            for _ in 0..self.dice.poisson(20.0) {
                let part = self.dice.part();
                let paths = ["/", "/cart", "/search", "/about"];
                hits.push(Hit {
                    site: if self.dice.part() < 0.5 { "a.example" } else { "b.example" },
                    client: &clients[(part * 40.0) as usize],
                    path: paths[(part * 977.0) as usize % 4],
                    status: if self.dice.part() < 0.005 { 500 } else { 200 },
                    ms: 20 + (self.dice.part() * 60.0) as u32,
                });
            }
            change(&mut hits, &mut self.dice);
            self.tick(&hits, &[]);
        }
    }

    /// What was opened since the last call: kind, key.
    pub(super) fn opened(&mut self) -> Vec<(AnomalyKind, Option<String>)> {
        let said = std::mem::take(&mut self.said);
        let open = said.into_iter().filter(|finding| finding.state == AnomalyState::Open);
        open.map(|finding| (finding.kind, finding.key)).collect()
    }
}

fn keyed(kind: AnomalyKind, key: &str) -> (AnomalyKind, Option<String>) {
    (kind, Some(key.to_owned()))
}

#[test]
fn quiet_hours_are_quiet() {
    let mut world = World::new();
    world.run(7200, |_, _| {});
    assert_eq!(world.opened(), []);
}

#[test]
fn a_failing_page_is_told_once_and_of_the_page() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let before = world.second;
    world.run(60, |hits, dice| {
        hits.iter_mut()
            .filter(|hit| hit.path == "/cart" && dice.part() < 0.5)
            .for_each(|hit| hit.status = 502);
    });
    let said = world.said.clone();
    assert_eq!(world.opened(), [keyed(AnomalyKind::Errors5xx, "/cart")]);
    let open = &said[0];
    assert!((open.detected.0 - before.0) < 10 && (open.start.0 - before.0).abs() < 5, "{open:?}");
    assert_eq!(open.filter.as_deref(), Some("status:5xx route:/cart"));
    world.run(400, |_, _| {});
    let closed: Vec<_> = world.said.iter().filter(|f| f.state == AnomalyState::Closed).collect();
    assert_eq!(closed.len(), 1);
    let end = closed[0].end.unwrap();
    assert!((end.0 - before.0 - 60).abs() < 40, "{:?}", closed[0]);
    assert_eq!(world.opened(), []);
}

#[test]
fn what_came_to_an_end_is_said_to_be_as_usual_before_it_is_over() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let fails = |hits: &mut Vec<Hit<'_>>, dice: &mut Dice| {
        let some = hits.iter_mut().filter(|hit| hit.path == "/cart" && dice.part() < 0.5);
        some.for_each(|hit| hit.status = 502);
    };
    let since = |world: &World| world.said.last().and_then(|finding| finding.usual_since);
    world.run(60, fails);
    assert_eq!(since(&world), None);
    let ended = world.second;
    world.run(45, |_, _| {});
    let calm = since(&world).expect("it is said by now");
    assert!((calm.0 - ended.0).abs() < 20, "{} {}", calm.0, ended.0);
    assert!(world.said.iter().all(|finding| finding.state != AnomalyState::Closed));
    // It goes on.
    world.run(30, fails);
    assert_eq!(since(&world), None);
    let ended = world.second;
    world.run(400, |_, _| {});
    let said = &world.said;
    let calm = said.iter().rev().find_map(|finding| finding.usual_since).expect("said again");
    let last = said.last().expect("it was told");
    assert_eq!((last.state, last.usual_since, last.end), (AnomalyState::Closed, None, Some(calm)));
    assert!((calm.0 - ended.0).abs() < 20, "{} {}", calm.0, ended.0);
}

#[test]
fn what_fails_everywhere_is_told_of_the_node() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    world.run(60, |hits, dice| {
        hits.iter_mut().filter(|_| dice.part() < 0.1).for_each(|hit| hit.status = 503);
    });
    assert_eq!(world.opened(), [(AnomalyKind::Errors5xx, None)]);
}

#[test]
fn what_is_held_because_it_is_told_of_the_node_is_not_called_usual() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    world.run(60, |hits, dice| {
        let some = hits.iter_mut().filter(|_| dice.part() < 0.3);
        some.for_each(|hit| hit.status = 502);
    });
    let why = world.detector.why(world.second.plus(-1), Some(AnomalyKind::Errors5xx), None);
    let of = |site: Option<&str>| {
        why.iter().find(|seen| seen.site.as_deref() == site && seen.key.is_none())
    };
    let node = of(None).expect("it is looked at");
    assert_eq!(node.verdict, Verdict::Unusual);
    let site = of(Some("a.example")).expect("it is looked at");
    assert_eq!(site.verdict, Verdict::Elsewhere, "{site:?}");
}

#[test]
fn an_outage_at_the_first_line_is_told() {
    let mut world = World::new();
    world.run(120, |hits, _| {
        hits.iter_mut().filter(|hit| hit.path == "/cart").for_each(|hit| hit.status = 500);
    });
    let opened = world.opened();
    assert!(opened.contains(&keyed(AnomalyKind::Errors5xx, "/cart")), "{opened:?}");
    // And that nobody knows what is usual.
    assert!(world.said.iter().all(|finding| finding.learning), "{:?}", world.said);
    world.run(4200, |_, _| {});
    world.said.clear();
    world.run(120, |hits, _| {
        hits.iter_mut().filter(|hit| hit.path == "/cart").for_each(|hit| hit.status = 500);
    });
    assert!(!world.said.is_empty());
    assert!(world.said.iter().all(|finding| !finding.learning), "{:?}", world.said);
}

#[test]
fn who_scans_is_named_and_nobody_else() {
    let mut world = World::new();
    world.run(3700, |_, _| {});
    let paths: Vec<String> = (0..60).map(|n| format!("/wp-{n}.php")).collect();
    let mut n = 0;
    world.run(60, |hits, _| {
        let hit = Hit { site: "a.example", client: "198.51.100.7", path: "", status: 404, ms: 1 };
        // Leaked on purpose: the closure outlives no test.
        let path: &'static str = Box::leak(paths[n].clone().into_boxed_str());
        hits.push(Hit { path, ..hit });
        n += 1;
    });
    assert_eq!(world.opened(), [keyed(AnomalyKind::Scan, "198.51.100.7")]);
}

#[test]
fn a_crawler_of_many_addresses_is_told_of_its_network_and_one_client_of_itself() {
    let ask = |client| Hit { site: "a.example", client, path: "/about", status: 200, ms: 30 };
    let crawler: Vec<&'static str> =
        (0..24).map(|n| &*Box::leak(format!("203.0.113.{n}").into_boxed_str())).collect();
    let mut world = World::new();
    world.run(1200, |_, _| {});
    world.run(30, |hits, dice| {
        hits.extend((0..60).map(|_| ask(crawler[(dice.part() * 24.0) as usize])));
    });
    let opened = world.opened();
    assert!(opened.contains(&keyed(AnomalyKind::ClientFlood, "203.0.113.0/24")), "{opened:?}");
    world.run(900, |_, _| {});
    world.opened();
    world.run(30, |hits, _| hits.extend([ask("198.51.100.9"); 60]));
    let opened = world.opened();
    assert!(opened.contains(&keyed(AnomalyKind::ClientFlood, "198.51.100.9")), "{opened:?}");
    assert!(!opened.contains(&keyed(AnomalyKind::ClientFlood, "198.51.100.0/24")), "{opened:?}");
}

#[test]
fn what_a_client_has_of_its_networks_flood_is_told_as_apart() {
    let ask = |client| Hit { site: "a.example", client, path: "/about", status: 200, ms: 30 };
    let crawler: Vec<&'static str> =
        (0..24).map(|n| &*Box::leak(format!("203.0.113.{n}").into_boxed_str())).collect();
    let mut world = World::new();
    world.run(1200, |_, _| {});
    let first = world.second;
    let mut rows: Vec<f64> = Vec::new();
    world.run(120, |hits, dice| {
        hits.extend((0..60).map(|_| ask(crawler[(dice.part() * 24.0) as usize])));
        // For half a minute one of them asks as much as all others.
        let own = if (40..70).contains(&rows.len()) { 60 } else { 0 };
        hits.extend(std::iter::repeat_n(ask("203.0.113.200"), own));
        rows.push(60.0 + own as f64);
    });
    world.run(300, |_, _| {});
    let of = |key: &str| {
        let mut told = world.said.iter().filter(|f| f.key.as_deref() == Some(key));
        told.next_back().unwrap_or_else(|| panic!("{key} is told")).clone()
    };
    let (network, client) = (of("203.0.113.0/24"), of("203.0.113.200"));
    assert_eq!((network.state, client.state), (AnomalyState::Closed, AnomalyState::Closed));
    let at = |second: Second| usize::try_from(second.0 - first.0).unwrap().min(rows.len());
    let its = &rows[at(network.start)..at(network.end.unwrap())];
    let mean = its.iter().sum::<f64>() / (network.end.unwrap().0 - network.start.0) as f64;
    assert!((network.observed / mean - 1.0).abs() < 0.05, "{mean} {network:?}");
    assert!((5.0..=16.0).contains(&network.apart), "{network:?}");
}

#[test]
fn guesses_are_told_of_the_client_or_of_the_page() {
    let login = |client| Hit { site: "a.example", client, path: "/login", status: 401, ms: 50 };
    let mut world = World::new();
    world.run(3700, |_, _| {});
    world.run(60, |hits, _| hits.push(login("198.51.100.8")));
    assert_eq!(world.opened(), [keyed(AnomalyKind::Bruteforce, "198.51.100.8")]);
    world.run(900, |_, _| {});
    world.opened();
    let clients: Vec<&'static str> =
        (0..50).map(|n| &*Box::leak(format!("203.0.113.{n}").into_boxed_str())).collect();
    world.run(60, |hits, dice| {
        for _ in 0..3 {
            hits.push(login(clients[(dice.part() * 50.0) as usize]));
        }
    });
    let opened = world.opened();
    assert_eq!(opened[0], keyed(AnomalyKind::Bruteforce, "/login"), "{opened:?}");
}

/// WordPress and Django's admin answer a wrong password with 200 and the form again.
#[test]
fn a_login_form_that_comes_back_again_and_again_is_a_guess() {
    for (get, post) in
        [("/blog/wp-login.php", "POST /blog/wp-login.php"), ("/admin/login/", "POST /admin/login/")]
    {
        let ask = |client, path, status| Hit { site: "a.example", client, path, status, ms: 50 };
        let mut world = World::new();
        world.run(3700, |_, _| {});
        world.opened();
        // Those who fetch the form before each guess, too.
        world.run(60, |hits, _| {
            hits.push(ask("198.51.100.8", get, 200));
            hits.push(ask("198.51.100.8", post, 200));
        });
        let open: Vec<Finding> = world.said.clone();
        assert_eq!(world.opened(), [keyed(AnomalyKind::Bruteforce, "198.51.100.8")]);
        let rows = open[0].filter.as_deref().unwrap_or_default();
        assert!(rows.contains("method:POST") && rows.contains("status:200"), "{rows}");
        world.run(900, |_, _| {});
        world.opened();
        let clients: Vec<&'static str> =
            (0..50).map(|n| &*Box::leak(format!("203.0.113.{n}").into_boxed_str())).collect();
        world.run(60, |hits, dice| {
            for _ in 0..3 {
                hits.push(ask(clients[(dice.part() * 50.0) as usize], post, 200));
            }
        });
        let opened = world.opened();
        assert_eq!(opened[0], keyed(AnomalyKind::Bruteforce, get), "{opened:?}");
    }
}

#[test]
fn logins_that_succeed_and_forms_of_other_pages_are_no_guesses() {
    for (path, status) in
        [("POST /wp-login.php", 302), ("/wp-login.php", 200), ("POST /api/login", 200)]
    {
        let hit = Hit { site: "a.example", client: "198.51.100.8", path, status, ms: 50 };
        let mut world = World::new();
        world.run(3700, |_, _| {});
        world.opened();
        world.run(60, |hits, _| hits.push(hit));
        let opened = world.opened();
        assert!(opened.iter().all(|(kind, _)| *kind != AnomalyKind::Bruteforce), "{opened:?}");
    }
}

#[test]
fn visitors_who_cannot_log_in_after_an_outage_do_not_guess() {
    let mut world = World::new();
    world.run(3700, |_, _| {});
    let clients: Vec<&'static str> =
        (0..40).map(|n| &*Box::leak(format!("192.0.2.{n}").into_boxed_str())).collect();
    world.run(30, |hits, dice| {
        for _ in 0..2 {
            let client = clients[(dice.part() * 40.0) as usize];
            hits.push(Hit { site: "a.example", client, path: "/login", status: 401, ms: 50 });
        }
    });
    let opened = world.opened();
    assert!(opened.contains(&keyed(AnomalyKind::Errors4xx, "/login")), "{opened:?}");
    assert!(opened.iter().all(|(kind, _)| *kind != AnomalyKind::Bruteforce), "{opened:?}");
}

#[test]
fn what_is_told_of_a_page_is_all_that_rows_have_also_while_a_client_guesses_there() {
    let mut world = World::new();
    world.run(3700, |_, _| {});
    let clients: Vec<String> = (0..40).map(|n| format!("192.0.2.{n}")).collect();
    let clients: Vec<&'static str> = clients.into_iter().map(|text| &*text.leak()).collect();
    let first = world.second;
    let mut refused: Vec<f64> = Vec::new();
    world.run(120, |hits, dice| {
        let visitors = (0..2).map(|_| clients[(dice.part() * 40.0) as usize]);
        let guesses = if refused.len() < 30 { 0 } else { 4 };
        for client in visitors.chain(std::iter::repeat_n("198.51.100.8", guesses)) {
            hits.push(Hit { site: "a.example", client, path: "/login", status: 401, ms: 50 });
        }
        refused.push(2.0 + guesses as f64);
    });
    world.run(300, |_, _| {});
    let page = |f: &&Finding| f.key.as_deref() == Some("/login");
    let told: Vec<&Finding> = world.said.iter().filter(page).collect();
    let last = told.last().expect("it is told of the page");
    assert_eq!((last.kind, last.state), (AnomalyKind::Errors4xx, AnomalyState::Closed));
    let of = |at: Second| usize::try_from((at.0 - first.0).max(0)).unwrap().min(refused.len());
    let end = last.end.unwrap();
    let rows: f64 = refused[of(last.start)..of(end)].iter().sum();
    let mean = rows / (end.0 - last.start.0) as f64;
    assert!((last.observed / mean - 1.0).abs() < 0.05, "{mean} {last:?}");
    assert!((2.5..=3.0).contains(&last.apart), "{last:?}");
    assert_eq!(last.peak.1, 6.0, "{last:?}");
    // What visitors do goes on until the end, and so does what is told.
    assert!((end.0 - first.0 - 120).abs() <= 5, "{last:?}");
    let opened = world.opened();
    assert!(opened.contains(&keyed(AnomalyKind::Bruteforce, "198.51.100.8")), "{opened:?}");
}

#[test]
fn what_is_seen_of_traffic_is_all_of_it_and_what_a_flood_has_of_it_is_said() {
    let mut world = World::new();
    world.run(3700, |_, _| {});
    let ask = Hit { site: "a.example", client: "198.51.100.9", path: "/", status: 200, ms: 50 };
    let mut all = 0;
    world.run(60, |hits, _| {
        hits.extend([ask; 80]);
        all = hits.len();
    });
    let second = world.second.plus(-1);
    let seen = world.detector.why(second, Some(AnomalyKind::TrafficUp), None);
    let seen = seen.iter().find(|seen| seen.site.is_none()).expect("it is looked at");
    assert_eq!((seen.observed, seen.apart), (all as f64, 80.0), "{seen:?}");
}

#[test]
fn a_site_that_falls_silent_is_told_in_seconds() {
    let mut world = World::new();
    world.run(3700, |_, _| {});
    let before = world.second;
    world.run(40, |hits, _| hits.retain(|hit| hit.site != "b.example"));
    let silent = world.said.iter().find(|finding| finding.kind == AnomalyKind::Silent).cloned();
    let silent = silent.expect("a silence");
    assert_eq!(silent.key.as_deref(), Some("b.example"));
    assert!(silent.detected.0 - before.0 <= 6, "{silent:?}");
    assert_eq!(world.opened().len(), 1);
}

#[test]
fn a_slow_page_and_a_slow_site_are_told_apart() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    world.run(30, |hits, _| {
        hits.iter_mut().filter(|hit| hit.path == "/search").for_each(|hit| hit.ms *= 6);
    });
    assert_eq!(world.opened(), [keyed(AnomalyKind::Latency, "/search")]);
    world.run(900, |_, _| {});
    world.run(30, |hits, _| hits.iter_mut().for_each(|hit| hit.ms *= 2));
    assert_eq!(world.opened(), [(AnomalyKind::Latency, None)]);
}

#[test]
fn a_site_that_is_half_as_slow_again_is_told_in_seconds() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let before = world.second;
    world.run(60, |hits, _| hits.iter_mut().for_each(|hit| hit.ms = hit.ms * 3 / 2));
    let open = world.said.iter().find(|finding| finding.kind == AnomalyKind::Latency).unwrap();
    assert_eq!(open.key, None);
    assert!(open.detected.0 - before.0 <= 15 && (open.start.0 - before.0).abs() <= 3, "{open:?}");
}

#[test]
fn traffic_up_and_down_is_told_and_a_slow_rise_is_not() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    world.run(60, |hits, dice| hits.retain(|_| dice.part() < 0.3));
    assert_eq!(world.opened(), [(AnomalyKind::TrafficDown, None)]);
    world.run(900, |_, _| {});
    world.run(60, |hits, _| {
        let more = hits.clone();
        (0..2).for_each(|_| hits.extend_from_slice(&more));
    });
    assert_eq!(world.opened(), [(AnomalyKind::TrafficUp, None)]);
    world.run(900, |_, _| {});
    let mut more = 0.0;
    world.run(2400, |hits, dice| {
        more += 1.0 / 2400.0;
        let again: Vec<_> = hits.iter().copied().filter(|_| dice.part() < more).collect();
        hits.extend(again);
    });
    assert_eq!(world.opened(), []);
}

#[test]
fn what_was_learnt_outlives_the_process() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let text = serde_json::to_string(&world.detector.learnt()).unwrap();
    world.detector = Detector::new();
    assert!(world.detector.restore(serde_json::from_str(&text).unwrap()));
    world.run(30, |_, _| {});
    world.run(30, |hits, dice| hits.retain(|_| dice.part() < 0.2));
    assert_eq!(world.opened(), [(AnomalyKind::TrafficDown, None)]);
}

#[test]
fn what_an_older_version_learnt_is_gone_on_with() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let mut older = serde_json::to_value(world.detector.learnt()).unwrap();
    let kept = older.clone();
    for name in ["series", "sources", "host"] {
        assert!(older.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    assert!(older["sites"][0].as_object_mut().unwrap().remove("busiest").is_some());
    assert!(Detector::new().restore(serde_json::from_value(older).unwrap()));
    let mut again = Detector::new();
    again.restore(serde_json::from_value(kept.clone()).unwrap());
    let same = serde_json::to_value(again.learnt()).unwrap();
    assert_eq!(same["sites"][0]["busiest"], kept["sites"][0]["busiest"]);
    assert_ne!(same["sites"][0]["busiest"], serde_json::json!([0.0, 0.0]));
}

#[test]
fn a_scan_begins_where_it_does_and_not_with_a_stray_request_before_it() {
    let hit = |path| Hit { site: "a.example", client: "198.51.100.7", path, status: 404, ms: 1 };
    let paths: Vec<&'static str> =
        (0..400).map(|n| &*Box::leak(format!("/old-{n}.php").into_boxed_str())).collect();
    // Seconds from the stray one to the first of the scan, seconds between its requests, and where it is said to begin.
    for (before, step, begins) in [(48, 0, 48), (8, 0, 8), (4, 0, 0), (48, 3, 48), (12, 12, 0)] {
        let mut world = World::new();
        world.run(1200, |_, _| {});
        let stray = world.second;
        let (mut next, mut n) = (paths.iter(), 0);
        world.run(before + 60, |hits, _| {
            let scans = match step {
                _ if n < before => usize::from(n == 0),
                0 => 10,
                step => usize::from((n - before) % step == 0) * 2,
            };
            hits.extend(next.by_ref().take(scans).map(|path| hit(path)));
            n += 1;
        });
        let scan = world.said.iter().find(|f| f.kind == AnomalyKind::Scan);
        if step == 12 {
            // Too little for one.
            assert_eq!(scan, None);
            continue;
        }
        let scan = scan.expect("a scan");
        assert_eq!(scan.start, stray.plus(begins as i64), "{before} {step}");
        let rate = if step == 0 { 10.0 } else { 2.0 / 3.0 };
        let much = if begins == 0 { 0.7 } else { 0.15 };
        assert!((scan.observed / rate - 1.0).abs() < much, "{before} {step}: {}", scan.observed);
    }
}

#[test]
fn who_scans_again_is_said_to_since_then() {
    let mut world = World::new();
    world.run(1200, |_, _| {});
    let paths: Vec<&'static str> =
        (0..400).map(|n| &*Box::leak(format!("/old-{n}.php").into_boxed_str())).collect();
    for _ in 0..2 {
        let begun = world.second;
        world.said.clear();
        let mut next = paths.iter().cycle();
        world.run(40, |hits, _| {
            let client = "198.51.100.7";
            hits.extend(next.by_ref().take(10).map(|path| Hit {
                site: "a.example",
                client,
                path,
                status: 404,
                ms: 1,
            }));
        });
        let scan = world.said.iter().find(|f| f.kind == AnomalyKind::Scan).expect("a scan");
        assert_eq!((scan.state, scan.start), (AnomalyState::Open, begun));
        world.run(600, |_, _| {});
    }
}

#[test]
fn who_floods_again_is_said_to_since_then() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let ask = |client| Hit { site: "a.example", client, path: "/", status: 200, ms: 1 };
    for _ in 0..2 {
        let begun = world.second;
        world.said.clear();
        world.run(40, |hits, _| hits.extend([ask("198.51.100.9"); 100]));
        let flood = world.said.iter().find(|f| f.kind == AnomalyKind::ClientFlood);
        let flood = flood.expect("a flood");
        assert_eq!((flood.state, flood.start), (AnomalyState::Open, begun));
        assert!(flood.observed > 90.0, "{flood:?}");
        world.run(600, |_, _| {});
    }
}

#[test]
fn a_site_does_not_learn_what_floods_it() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let expected = |world: &World| {
        let why = world.detector.why(world.second.plus(-1), Some(AnomalyKind::TrafficDown), None);
        let site = why.iter().find(|seen| seen.site.as_deref() == Some("a.example"));
        site.expect("it is looked at").expected
    };
    let before = expected(&world);
    let hit = Hit { site: "a.example", client: "198.51.100.9", path: "/", status: 200, ms: 1 };
    world.run(240, |hits, _| hits.extend([hit; 100]));
    assert_eq!(world.opened().last(), Some(&keyed(AnomalyKind::ClientFlood, "198.51.100.9")));
    world.run(1200, |_, _| {});
    assert_eq!(world.opened(), []);
    let after = expected(&world);
    assert!((before - after).abs() < 0.3 * before, "{before} {after}");
}

#[test]
fn a_peak_may_lie_before_it_is_known() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let begun = world.second;
    let hit = Hit { site: "a.example", client: "192.0.2.1", path: "/cart", status: 502, ms: 30 };
    world.run(1, |hits, _| hits.extend([hit; 9]));
    assert_eq!(world.opened(), []);
    world.run(30, |hits, _| hits.extend([hit; 3]));
    let open = world.said.iter().find(|f| f.kind == AnomalyKind::Errors5xx).expect("it is told");
    assert!(open.peak.0 == begun && open.peak.1 >= 9.0, "{open:?}");
    let last = world.said.iter().rfind(|f| f.id == open.id).expect("it is told");
    assert_eq!(last.peak, open.peak);
}

#[test]
fn what_is_usual_has_a_band_without_evidence() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let mut without = 0;
    for second in world.second.0 - 300..world.second.0 {
        for (kind, most) in [(AnomalyKind::TrafficUp, 60.0), (AnomalyKind::Errors5xx, 3.0)] {
            let why = world.detector.why(Second(second), Some(kind), None);
            let node = why.iter().find(|seen| seen.site.is_none() && seen.key.is_none());
            let seen = node.expect("it is looked at");
            without += i32::from(seen.score == 0.0);
            let high = seen.high.expect("a bound");
            assert!(high > seen.expected && high < most, "{seen:?}");
        }
    }
    assert!(without > 100, "{without}");
}

#[test]
fn a_restart_makes_no_flood_of_who_asks_much() {
    let mut world = World::new();
    let named = |name: String| -> &'static str { name.leak() };
    let offices: Vec<_> = (0..10).map(|n| named(format!("198.51.100.{n}"))).collect();
    let crowd: Vec<_> = (0..200).map(|n| named(format!("203.0.{n}.7"))).collect();
    let busy = |hits: &mut Vec<Hit<'_>>, of: usize, dice: &mut Dice| {
        let like = hits.first().copied();
        for n in 0..180 {
            let anybody = crowd[(dice.part() * 200.0) as usize];
            let client = if n < of { offices[n % 10] } else { anybody };
            hits.extend(like.map(|hit| Hit { client, status: 200, ..hit }));
        }
    };
    // An office of a tenth of the requests comes with the restart, or was there some minutes before.
    for (before, known) in [(4200, 0), (4200, 300)] {
        world.run(before, |hits, dice| busy(hits, 0, dice));
        world.run(known, |hits, dice| busy(hits, 25, dice));
        world.said.clear();
        let learnt = serde_json::to_value(world.detector.learnt()).unwrap();
        world.detector = Detector::new();
        assert!(world.detector.restore(serde_json::from_value(learnt).unwrap()));
        world.run(180, |hits, dice| busy(hits, 25, dice));
        assert_eq!(world.opened(), [], "{known} s");
    }
}

#[test]
fn a_new_error_is_told_at_its_first_line_and_once() {
    let mut world = World::new();
    for n in 0..900 {
        let text = format!("upstream timed out ({n}: Connection timed out)");
        let errors = [("error", &*text)];
        world.tick(&[], &errors[..usize::from(n % 7 == 0)]);
    }
    assert_eq!(world.opened(), []);
    let text = "FATAL: remaining connection slots are reserved (pid 77)";
    world.tick(&[], &[("crit", text)]);
    assert_eq!(world.opened().first().map(|(kind, _)| *kind), Some(AnomalyKind::NewError));
    world.tick(&[], &[("crit", &text.replace("77", "78"))]);
    assert_eq!(world.opened(), []);
}

#[test]
fn more_of_what_is_told_of_usual_work_is_no_surge_of_errors() {
    for (level, told) in [("error", 1), ("warn", 1), ("notice", 0), ("info", 0), ("debug", 0)] {
        let mut world = World::new();
        for second in 0..2000 {
            let lines = if second < 1900 { usize::from(second % 5 == 0) } else { 40 };
            world.tick(&[], &vec![(level, "job of queue mail is done"); lines]);
        }
        let kinds = world.opened().into_iter().map(|(kind, _)| kind);
        let surges = kinds.filter(|kind| *kind == AnomalyKind::ErrorSurge).count();
        assert_eq!(surges, told, "{level}");
    }
}

#[test]
fn a_new_error_counts_its_lines_and_peaks_in_its_busiest_second() {
    let mut world = World::new();
    world.run(900, |_, _| {});
    let first = world.second;
    for lines in [1, 3, 2, 0, 2, 2] {
        let texts: Vec<String> = (0..lines).map(|n| format!("FATAL: no slots (pid {n})")).collect();
        let errors: Vec<_> = texts.iter().map(|text| ("crit", &**text)).collect();
        world.tick(&[], &errors);
    }
    let last = world.said.last().expect("an update after five seconds");
    assert_eq!((last.kind, last.state), (AnomalyKind::NewError, AnomalyState::Update));
    assert_eq!((last.observed, last.expected), (10.0, 0.0));
    assert_eq!(last.peak, (first.plus(1), 3.0));
    let why = world.detector.why(first.plus(1), Some(AnomalyKind::NewError), None);
    assert_eq!((why[0].observed, why[0].expected), (3.0, 0.0));
}

#[test]
fn nothing_is_called_usual_before_it_is_known() {
    const KINDS: [AnomalyKind; 4] = [
        AnomalyKind::TrafficUp,
        AnomalyKind::TrafficDown,
        AnomalyKind::Errors5xx,
        AnomalyKind::Errors4xx,
    ];
    let mut world = World::new();
    for (seconds, verdict) in [(300, Verdict::Learning), (700, Verdict::Usual)] {
        world.run(seconds, |_, _| {});
        for kind in KINDS {
            let why = world.detector.why(world.second.plus(-1), Some(kind), None);
            assert_eq!(why[0].verdict, verdict, "{kind:?} after {seconds} more");
        }
    }
}

#[test]
fn why_it_was_said_or_not_can_be_asked() {
    let mut world = World::new();
    world.run(4200, |_, _| {});
    let quiet = world.second.plus(-1);
    world.run(30, |hits, dice| hits.retain(|_| dice.part() < 0.2));
    let why = |second| world.detector.why(second, Some(AnomalyKind::TrafficDown), None);
    assert_eq!(why(quiet)[0].verdict, Verdict::Usual);
    let last = why(world.second.plus(-1));
    assert_eq!(last[0].verdict, Verdict::Unusual);
    assert!(last[0].score >= last[0].threshold && last[0].expected > 15.0, "{last:?}");
}

#[test]
fn nothing_is_told_of_who_was_forgotten_while_it_was_told_of_him() {
    let client = "198.51.100.8";
    for (path, status) in [("/login", 401), ("/about", 200)] {
        let hit = Hit { site: "a.example", client, path, status, ms: 50 };
        let mut world = World::new();
        world.run(1200, |_, _| {});
        world.run(40, |hits, _| hits.extend([hit; 60]));
        assert!(world.said.iter().any(|finding| finding.key.as_deref() == Some(client)));
        assert!(world.detector.forget_client(&Forget::client(client).expect("an address")) > 0);
        world.said.clear();
        world.run(600, |_, _| {});
        assert!(!world.said.is_empty(), "{status}: its end is said");
        let told = format!("{:?}", world.said);
        assert!(!told.contains(client), "{told}");
    }
}

#[test]
fn a_clause_is_a_filter_for_its_value_whatever_it_is() {
    for (word, value) in [
        ("client", "203.0.113.9"),
        ("client", "2001:db8::1"),
        ("client", "203.0.113"),
        ("client", "a:b"),
        ("client", "1.2.3.4.5"),
        ("path", "/a b\"c*"),
        ("site", "-"),
    ] {
        let clause = clause(word, value);
        assert!(Filter::parse(&clause).is_ok(), "{clause}");
    }
    assert_eq!(clause("client", "203.0.113.9"), "client:203.0.113.9");
}
