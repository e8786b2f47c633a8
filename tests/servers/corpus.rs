//! Whole real log files over TCP, line for line: the totals are exactly those that their truth says.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::material::{read, shared};
use crate::common::tapline::{Summary, Tapline};

/// Files of formats that are read, each with its truth beside it.
const LOGS: [&str; 8] = [
    "apache_combined_elastic_10k.log.gz",
    "nginx_combined_shop_60k.log.gz",
    "apache_attack_acunetix.log.gz",
    "apache_attack_w3af.log.gz",
    "netdata_weblog_common.log",
    "apache_error_loghub_1k_a.log.gz",
    "caddy_access_lnav.jsonl",
    "iis_w3c_lnav.log",
];

/// Files of other formats: every line has a place.
const OTHERS: [&str; 2] = ["syslog_auth_ubuntu.log.gz", "syslog_haproxy_lnav.log"];

#[test]
fn the_totals_are_those_of_the_truth() {
    let mut wrong = Vec::new();
    for name in LOGS {
        let Some((summary, truth)) = replay(name) else { return };
        for (what, found, expected) in compare(&summary, &truth) {
            if found != expected {
                wrong.push(format!("{name}: {what} is {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_line_of_no_known_format_is_kept_and_counted_as_such() {
    for name in OTHERS {
        let Some((summary, truth)) = replay(name) else { return };
        let accounting = summary.accounting();
        assert_eq!(Some(accounting.received), truth["total_lines"].as_u64(), "{name}");
        assert_eq!(accounting.rejected() + accounting.dropped(), 0, "{name}: {accounting:?}");
    }
}

fn replay(name: &str) -> Option<(Summary, Value)> {
    let file = shared(&format!("corpus/logs/{name}"))?;
    let truth = shared(&format!("corpus/logs/{}.truth.json", name.trim_end_matches(".gz")))?;
    let truth: Value = serde_json::from_slice(&read(&truth)).expect("truth");
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    TcpStream::connect(tapline.tcp).unwrap().write_all(&read(&file)).unwrap();
    let lines = truth["total_lines"].as_u64().expect("total_lines");
    Some((tapline.settled(lines), truth))
}

/// What the truth states, as (what, found, expected).
fn compare(summary: &Summary, truth: &Value) -> Vec<(String, String, String)> {
    let mut list = Vec::new();
    let mut add = |what: &str, found: u64, expected: Option<u64>| {
        if let Some(expected) = expected {
            list.push((what.to_owned(), found.to_string(), expected.to_string()));
        }
    };
    let accounting = summary.accounting();
    add("received", accounting.received, truth["total_lines"].as_u64());
    add("unparsed", accounting.unparsed, truth["unparseable_lines"].as_u64());
    add("messages", summary.number("messages"), truth["unparseable_lines"].as_u64());
    add("bytes", summary.number("bytes_out"), truth["total_bytes"].as_u64());
    let clients = summary.top("clients").len() as u64 + summary.other("clients", "values");
    add("distinct clients", clients, truth["distinct_ips"].as_u64());
    let maps = [
        ("by_status", "status_codes"),
        ("by_status_class", "status"),
        ("methods", "methods"),
        ("protocols", "protocols"),
    ];
    for (key, found) in maps {
        let found = summary.counts(found);
        for (value, n) in truth[key].as_object().into_iter().flatten() {
            add(&format!("{key} {value}"), found.get(value).copied().unwrap_or(0), n.as_u64());
        }
    }
    // error logs state their levels; Caddy's `level` is that of an access line
    if truth["by_status"].is_null() {
        let found = summary.counts("error_levels");
        for (level, n) in truth["by_level"].as_object().into_iter().flatten() {
            add(&format!("level {level}"), found.get(level).copied().unwrap_or(0), n.as_u64());
        }
    }
    let top: HashMap<String, (u64, u64)> = summary.top("paths");
    for pair in truth["top_paths"].as_array().into_iter().flatten() {
        let (path, n) = (pair[0].as_str().expect("path"), pair[1].as_u64());
        // the list may be shorter than the truth's; what it shows is exact
        if let Some(row) = top.get(path) {
            add(&format!("path {path}"), row.0, n);
        }
    }
    list
}
