//! The cases that are not tried here: those with a test of their own, and those left out, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::common::left_out;
use crate::report::Report;

/// All numbers of the catalogue.
const LAST: u16 = 208;

/// Case, file of tests, test.
const ELSEWHERE: [(u16, &str, &str); 0] = [];

/// From, to, why.
const LEFT_OUT: [(u16, u16, &str); 6] = [
    (32, 32, "syslog over TLS: under construction"),
    (35, 38, "syslog over TLS: under construction"),
    (182, 190, "the store: there is none yet"),
    (196, 196, "reload by SIGHUP: there is none yet"),
    (200, 204, "the bus: there is none yet"),
    (206, 206, "socket activation: there is none yet"),
];

/// Every number is tried here, or named in one of the lists, in one place only; what is named is there.
pub(crate) fn check(report: &Report, all: bool) {
    let mut places: BTreeMap<u16, u16> = report.tried().map(|n| (n, 1)).collect();
    let elsewhere: BTreeSet<u16> = ELSEWHERE.iter().map(|e| e.0).collect();
    for number in elsewhere.iter().copied().chain(LEFT_OUT.iter().flat_map(|l| l.0..=l.1)) {
        *places.entry(number).or_default() += 1;
    }
    for (number, file, test) in ELSEWHERE {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        let found = text.is_ok_and(|text| text.contains(&format!("fn {test}(")));
        assert!(found, "F-{number:03}: no {test} in {file}");
    }
    for (from, to, why) in LEFT_OUT {
        let to = if from == to { String::new() } else { format!(" to F-{to:03}") };
        left_out(&format!("F-{from:03}{to}: {why}"));
    }
    let missing: Vec<u16> = (1..=LAST).filter(|n| !places.contains_key(n)).collect();
    let twice: Vec<_> = places.iter().filter(|p| *p.1 > 1).map(|p| p.0).collect();
    assert!(twice.is_empty(), "in two places: {twice:?}");
    if all && !missing.is_empty() {
        left_out(&format!("{} cases have no test yet: {missing:?}", missing.len()));
    }
}
