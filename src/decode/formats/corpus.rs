//! Whole real logs, compared with their counts. Labelled cases are `tests/corpus`'s.
#![expect(clippy::print_stderr, reason = "a test without its data says so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::recognise::Recogniser;
use crate::vocab::event::{Event, Kind};

/// The test data beside the project, or `None` and a word to the reader.
pub(in crate::decode) fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(part);
    if path.exists() {
        return Some(path);
    }
    eprintln!("left out: {} is not there", path.display());
    None
}

/// Counts of one file, as its `.truth.json` has them.
#[derive(Default)]
struct Totals {
    lines: u64,
    unparsed: u64,
    bytes: u64,
    status: BTreeMap<String, u64>,
    class: BTreeMap<String, u64>,
    methods: BTreeMap<String, u64>,
    levels: BTreeMap<String, u64>,
}

impl Totals {
    fn of(log: &[u8]) -> Totals {
        let mut totals = Totals::default();
        let mut recogniser = Recogniser::default();
        for line in String::from_utf8_lossy(log).lines() {
            let line = match line.split_once("]: ") {
                Some((header, line)) if header.contains(" haproxy[") => line,
                _ => line,
            };
            totals.add(&recogniser.decode(line));
        }
        totals
    }

    fn add(&mut self, event: &Event<'_>) {
        self.lines += 1;
        self.bytes += event.bytes.unwrap_or(0);
        self.unparsed += u64::from(event.kind == Kind::Message && event.format.is_empty());
        if let Some(status) = event.status {
            *self.status.entry(status.to_string()).or_default() += 1;
            *self.class.entry(format!("{}xx", status / 100)).or_default() += 1;
        }
        if let Some(method) = &event.method {
            *self.methods.entry(method.to_string()).or_default() += 1;
        }
        if let Some(level) = event.level {
            *self.levels.entry(level.name().to_owned()).or_default() += 1;
        }
    }
}

#[test]
fn whole_logs_give_exactly_their_counts() {
    const LOGS: [&str; 9] = [
        "apache_combined_elastic_10k.log.gz",
        "nginx_combined_shop_60k.log.gz",
        "apache_attack_acunetix.log.gz",
        "apache_attack_w3af.log.gz",
        "apache_error_loghub_1k_a.log.gz",
        "netdata_weblog_common.log",
        "caddy_access_lnav.jsonl",
        "syslog_haproxy_lnav.log",
        "iis_w3c_lnav.log",
    ];
    let Some(folder) = shared("corpus/logs") else {
        return;
    };
    for name in LOGS {
        let raw = std::fs::read(folder.join(name)).unwrap();
        let mut log = Vec::new();
        if name.ends_with(".gz") {
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&raw[..]), &mut log)
                .unwrap();
        } else {
            log = raw;
        }
        let truth_name = format!("{}.truth.json", name.trim_end_matches(".gz"));
        let truth = std::fs::read_to_string(folder.join(truth_name)).unwrap();
        let truth: Value = serde_json::from_str(&truth).unwrap();
        let totals = Totals::of(&log);
        let number = |key: &str| truth[key].as_u64();
        assert_eq!(Some(totals.lines), number("total_lines"), "{name}: lines");
        assert_eq!(Some(totals.unparsed), number("unparseable_lines"), "{name}: unparsed");
        if let Some(bytes) = number("total_bytes") {
            assert_eq!(totals.bytes, bytes, "{name}: bytes");
        }
        let counted = [
            ("by_status", &totals.status),
            ("by_status_class", &totals.class),
            ("methods", &totals.methods),
            ("by_level", &totals.levels),
        ];
        for (key, found) in counted {
            let Some(wanted) = truth[key].as_object() else {
                continue;
            };
            let wanted: BTreeMap<String, u64> = wanted
                .iter()
                .map(|(value, count)| (value.clone(), count.as_u64().unwrap()))
                .filter(|(_, count)| *count > 0)
                .collect();
            assert_eq!(*found, wanted, "{name}: {key}");
        }
    }
}
