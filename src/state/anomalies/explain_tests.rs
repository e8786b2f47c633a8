//! What accounts for a finding, in windows with more in them than the incident.

use super::{Look, look};
use crate::aggregate::block::Block;
use crate::aggregate::detect::{Finding, Unit};
use crate::aggregate::row::Row;
use crate::aggregate::wire::{AnomalyKind, AnomalyState};
use crate::state::live::{Live, WindowConfig};
use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

const BEGIN: Second = Second(1_795_341_600);
/// Seconds before the incident, and of it.
const BEFORE: i64 = 300;
const DURING: i64 = 30;

/// One request: status, microseconds, site, path, client.
type Request = (u16, u32, &'static str, &'static str, &'static str);

/// A window of which each second has these requests.
fn window(each: impl Fn(i64) -> Vec<Request>) -> Live {
    let mut live = Live::new(WindowConfig::default());
    for second in 0..BEFORE + DURING {
        let mut block = Block::new(BEGIN.plus(second));
        for (status, us, site, path, client) in each(second) {
            let mut row = Row::new(Kind::Access);
            row.status = status;
            row.request_us = Some(us);
            row.set(Field::Site, site);
            row.set(Field::Path, path);
            row.set(Field::Client, client);
            block.append(&row);
        }
        live.absorb(block);
        live.close(BEGIN.plus(second));
    }
    live
}

fn explained(live: &Live, of: (AnomalyKind, &str, Unit), (expected, observed): (f64, f64)) -> Look {
    explained_when(live, of, (expected, observed), None)
}

/// Where all is as usual again since so many seconds after its start.
fn explained_when(
    live: &Live,
    of: (AnomalyKind, &str, Unit),
    numbers: (f64, f64),
    usual: Option<i64>,
) -> Look {
    let finding = found(of, numbers);
    let usual_since = usual.map(|usual| finding.start.plus(usual));
    let until = usual_since.unwrap_or(finding.until);
    at_its_end(live, &Finding { usual_since, until, ..finding })
}

fn at_its_end(live: &Live, finding: &Finding) -> Look {
    look(live, finding, &[])
}

fn found(
    (kind, filter, unit): (AnomalyKind, &str, Unit),
    (expected, observed): (f64, f64),
) -> Finding {
    let start = BEGIN.plus(BEFORE);
    Finding {
        id: 1,
        kind,
        site: None,
        key: None,
        state: AnomalyState::Update,
        start,
        detected: start,
        end: None,
        usual_since: None,
        until: start.plus(DURING),
        learning: false,
        peak: (start, observed),
        observed,
        apart: 0.0,
        expected,
        low: None,
        high: None,
        unit,
        full_in_s: None,
        severity: 3,
        filter: Some(filter.into()),
        baseline: (BEGIN, start),
    }
}

fn causes(look: &Look) -> Vec<(&str, &str)> {
    look.causes.iter().map(|c| (c.field.as_str(), c.value.as_str())).collect()
}

#[test]
fn what_was_slow_in_an_earlier_incident_is_no_cause_of_this_one() {
    let usual = |second: i64| {
        let slow = if second < BEFORE / 2 { 2_000_000 } else { 90_000 };
        let mut requests = vec![(200, 90_000, "a.example", "/", "203.0.113.1"); 20];
        requests.extend([(200, slow, "b.example", "/cart", "203.0.113.2"); 10]);
        requests
    };
    let live = window(|second| {
        let mut requests = usual(second);
        if second >= BEFORE {
            requests.extend([(200, 300_000, "c.example", "/search", "198.51.100.9"); 20]);
        }
        requests
    });
    let look = explained(&live, (AnomalyKind::Latency, "", Unit::S), (0.09, 0.3));
    assert_eq!(causes(&look)[0], ("client", "198.51.100.9"), "{:?}", look.causes);
    assert!(look.causes.iter().all(|c| c.value != "b.example" && c.observed > c.expected));
    assert!(look.samples.iter().all(|row| row.path.as_deref() == Some("/search")));
}

#[test]
fn errors_of_everything_say_their_status() {
    const PATHS: [&str; 4] = ["/", "/cart", "/p/1", "/search"];
    let live = window(|second| {
        let fails = |at: i64| if second >= BEFORE && at % 2 == 0 { 503 } else { 200 };
        let of = |at: i64| (second * 7 + at) as usize % 4;
        (0..40)
            .map(|at| (fails(at), 9_000, "a.example", PATHS[of(at / 2)], "203.0.113.1"))
            .collect()
    });
    let look = explained(&live, (AnomalyKind::Errors5xx, "status:5xx", Unit::PerS), (0.0, 20.0));
    assert_eq!(causes(&look), [("status", "503")], "{:?}", look.causes);
    assert!((look.causes[0].share, look.causes[0].observed) == (1.0, 20.0), "{:?}", look.causes);
}

#[test]
fn seconds_that_are_as_usual_again_thin_out_no_cause() {
    let live = window(|second| {
        let fails = BEFORE..BEFORE + DURING / 3;
        let status = if fails.contains(&second) { 502 } else { 200 };
        vec![(status, 9_000, "a.example", "/cart", "203.0.113.1"); 12]
    });
    let of = (AnomalyKind::Errors5xx, "status:5xx", Unit::PerS);
    let look = explained_when(&live, of, (0.0, 12.0), Some(DURING / 3));
    assert!(look.causes.iter().all(|cause| cause.observed == 12.0), "{:?}", look.causes);
    assert!(!look.causes.is_empty());
}

#[test]
fn some_sites_of_hundreds_that_fail_together_are_named_the_first_ones() {
    const PATHS: [&str; 4] = ["/", "/cart", "/p/1", "/search"];
    let names: Vec<&'static str> =
        (0..400).map(|n| &*Box::leak(format!("s{n}.example").into_boxed_str())).collect();
    let fails = |name: &str| names.iter().step_by(40).any(|failing| *failing == name);
    let live = window(|second| {
        let each = (0..80).map(|at| {
            let at = (second * 80 + at) as usize;
            let (site, path) = (at * 7919 % 400, at / 400 % 4);
            let is_broken = second >= BEFORE && fails(names[site]);
            (if is_broken { 502 } else { 200 }, 9_000, names[site], PATHS[path], "203.0.113.1")
        });
        each.collect()
    });
    let look = explained(&live, (AnomalyKind::Errors5xx, "status:5xx", Unit::PerS), (0.0, 2.0));
    let (sites, others): (Vec<_>, Vec<_>) =
        look.causes.iter().partition(|cause| cause.field == "site");
    assert_eq!(sites.len(), 5, "{:?}", look.causes);
    assert!(sites.iter().all(|c| fails(&c.value) && (0.05..0.15).contains(&c.share)), "{sites:?}");
    assert!(others.iter().all(|cause| cause.field == "status"), "{others:?}");
}

#[test]
fn what_is_usual_of_a_page_is_what_was_measured_where_it_is_not_known_yet() {
    for (every_s, usual) in [(Some(10), 0.1), (None, 0.0)] {
        let live = window(|second| {
            let fails = every_s.is_some_and(|every_s| second % every_s == 0);
            let mut requests = vec![(200, 9_000, "a.example", "/cart", "203.0.113.1"); 12];
            requests[0].0 = if fails { 500 } else { 200 };
            if second >= BEFORE {
                requests.iter_mut().for_each(|request| request.0 = 502);
            }
            requests
        });
        // One of a hundred is assumed.
        let of = (AnomalyKind::Errors5xx, "status:5xx route:/cart", Unit::PerS);
        let finding = found(of, (0.12, 12.0));
        let key = Some("/cart".to_owned());
        let look = at_its_end(&live, &Finding { key, learning: true, ..finding });
        let cause = &look.causes[0];
        assert_eq!((cause.value.as_str(), cause.observed), ("/cart", 12.0), "{cause:?}");
        assert!((cause.expected - usual).abs() < 0.01, "{cause:?}");
    }
}
