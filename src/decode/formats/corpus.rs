//! Real lines and other projects' cases, compared as the corpus's own scorer compares them.
#![expect(clippy::print_stderr, reason = "a test without its data says so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::recognise::Recogniser;
use crate::decode::stamp::civil_from_days;
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::{Millis, Stamp};

/// Core cases passed of those there are, by family. A family listed here can't get worse.
const REACHED: &[(&str, usize, usize)] = &[
    ("access apache_combined", 765, 765),
    ("access apache_common", 7, 7),
    ("access apache_custom", 13, 56),
    ("access apache_vhost_combined", 6, 7),
    ("access apache_vhost_common", 2, 2),
    ("access caddy_json", 7, 7),
    ("access cloudfront", 2, 2),
    ("access common", 1, 1),
    ("access envoy_json", 4, 4),
    ("access fastly_json", 2, 2),
    ("access gandi", 1, 1),
    ("access haproxy_http", 2, 2),
    ("access icecast2", 1, 1),
    ("access iis_w3c", 7, 7),
    ("access nginx_bunkerweb", 10, 10),
    ("access nginx_combined", 168, 168),
    ("access nginx_custom", 6, 6),
    ("access nginx_ingress_upstreaminfo", 2, 2),
    ("access nginx_json", 1, 1),
    ("access nginx_main", 2, 2),
    ("access ovh", 1, 1),
    ("access syslog+haproxy_http", 7, 7),
    ("access syslog+haproxy_other", 1, 1),
    ("access syslog+haproxy_tcp", 1, 1),
    ("access traefik_clf", 9, 9),
    ("access traefik_json", 4, 4),
    ("error apache_error", 93, 94),
    ("error haproxy_error", 1, 1),
    ("error iis_httperr", 3, 3),
    ("error nginx_error", 5, 7),
    ("error nginx_proxy_manager_error", 1, 1),
    ("error npmplus_error", 1, 1),
];

/// The test data beside the project, or `None` and a word to the reader.
pub(super) fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(part);
    if path.exists() {
        return Some(path);
    }
    eprintln!("left out: {} is not there", path.display());
    None
}

#[test]
fn cases_of_other_projects_are_read_as_they_expect() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    let mut tally: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let kind = case["kind"].as_str().unwrap();
            let core = ["strictness", "leniency", "scope"].iter().all(|key| case[*key].is_null());
            if !core || !matches!(kind, "access" | "error") || !case["input"].is_string() {
                continue;
            }
            let problems = judge(&case);
            let family = format!("{kind} {}", case["format_hint"].as_str().unwrap());
            let entry = tally.entry(family.clone()).or_default();
            entry.0 += usize::from(problems.is_empty());
            entry.1 += 1;
            if !problems.is_empty() {
                failures.push(format!("{family} {}: {}", case["id"], problems.join("; ")));
            }
        }
    }
    let report: Vec<_> = tally.iter().map(|(f, (ok, all))| format!("{f}: {ok}/{all}")).collect();
    eprintln!("{}\n\n{}", report.join("\n"), failures.join("\n"));
    for (family, reached, all) in REACHED {
        assert_eq!(tally.get(*family).map(|(_, all)| all), Some(all), "{family}: cases");
        assert!(tally[*family].0 >= *reached, "{family}: {} of {reached}", tally[*family].0);
    }
}

/// What is wrong with our reading of a case; nothing is right.
fn judge(case: &Value) -> Vec<String> {
    let input = case["input"].as_str().unwrap();
    // Cases of a whole syslog line: the header is another room's.
    let line = match case["format_hint"].as_str() {
        Some(hint) if hint.starts_with("syslog+") => input.split_once("]: ").unwrap().1,
        _ => input,
    };
    let mut recogniser = Recogniser::default();
    if let Some(header) = case["w3c_fields"].as_str() {
        recogniser.decode(header);
    }
    let event = recogniser.decode(line);
    let understood = event.kind.name() == case["kind"];
    if case["expect_error"] == true {
        return if understood { vec!["accepted, must be rejected".to_owned()] } else { Vec::new() };
    }
    if !understood {
        return vec![format!("is a {} of {:?}", event.kind.name(), event.format)];
    }
    let unscored = case["peers_disagree_on"].as_array().cloned().unwrap_or_default();
    case["expect"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| !unscored.contains(&Value::from(key.as_str())))
        .filter(|(key, expected)| !matches(key, expected, &event))
        .map(|(key, expected)| format!("{key} is {expected}, got {:?}", field(key, &event)))
        .collect()
}

/// A field by its name in the contract, as text; numbers as decimal text.
fn field(key: &str, event: &Event<'_>) -> Option<String> {
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_ref().map(|t| t.to_string());
    match key {
        "remote_ip" => text(&event.remote_ip),
        "ident" => text(&event.ident),
        "user" => text(&event.user),
        "method" => text(&event.method),
        "path" => text(&event.path),
        "query" => text(&event.query),
        "target" => text(&event.target),
        "protocol" => text(&event.protocol),
        "referrer" => text(&event.referrer),
        "user_agent" => text(&event.user_agent),
        "request" => text(&event.request),
        "host" => text(&event.host),
        "x_forwarded_for" => text(&event.x_forwarded_for),
        "message" => text(&event.message),
        "message_full" => text(&event.message_full).or_else(|| text(&event.message)),
        "level" => event.level.map(|level| level.name().to_owned()),
        "status" => event.status.map(|n| n.to_string()),
        "bytes" => event.bytes.map(|n| n.to_string()),
        "bytes_in" => event.bytes_in.map(|n| n.to_string()),
        "request_time_s" => event.request_time_us.map(|us| (us as f64 / 1e6).to_string()),
        "upstream_time_s" => event.upstream_time_us.map(|us| (us as f64 / 1e6).to_string()),
        "time" => match event.stamp {
            Some(Stamp::Utc(ms)) => Some(rfc3339(ms)),
            _ => None,
        },
        "time_local" => match event.stamp {
            Some(Stamp::Local(ms) | Stamp::Utc(ms)) => Some(rfc3339(ms)),
            _ => None,
        },
        _ => None,
    }
}

fn rfc3339(Millis(ms): Millis) -> String {
    let (year, month, day) = civil_from_days(ms.div_euclid(86_400_000));
    let of_day = ms.rem_euclid(86_400_000);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, ms) = (of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}")
}

fn matches(key: &str, expected: &Value, event: &Event<'_>) -> bool {
    const SCORED: [&str; 23] = [
        "remote_ip",
        "ident",
        "user",
        "method",
        "path",
        "query",
        "target",
        "protocol",
        "referrer",
        "user_agent",
        "request",
        "host",
        "x_forwarded_for",
        "message",
        "message_full",
        "level",
        "status",
        "bytes",
        "bytes_in",
        "request_time_s",
        "upstream_time_s",
        "time",
        "time_local",
    ];
    if !SCORED.contains(&key) {
        return true;
    }
    let got = field(key, event).filter(|got| !got.is_empty() && got != "-");
    let absent = match expected {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text == "-",
        _ => false,
    };
    if absent {
        return key == "time" || got.is_none();
    }
    let Some(got) = got else {
        return false;
    };
    match expected {
        Value::Number(number) => {
            let (wanted, got) = (number.as_f64().unwrap(), got.parse().unwrap_or(f64::NAN));
            (wanted - got).abs() < 1e-6 * wanted.abs().max(1.0)
        }
        Value::String(wanted) if key.starts_with("time") => {
            // To the precision given; we keep milliseconds.
            let wanted = wanted.trim_end_matches('Z').replace(' ', "T");
            let wanted = &wanted[..wanted.len().min(23)];
            got.starts_with(wanted)
        }
        Value::String(wanted) if key == "level" => {
            let name = crate::vocab::event::Level::from_name(wanted).map(|level| level.name());
            name == Some(got.as_str())
        }
        Value::String(wanted) => {
            let loose = matches!(key, "target" | "path" | "query" | "message" | "message_full");
            let plain = unescaped(wanted);
            let bytes: Option<Vec<u8>> = plain.chars().map(|c| u8::try_from(c).ok()).collect();
            let lossy = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let tail = wanted.split_once("] ").map_or(wanted.as_str(), |(_, tail)| tail);
            *wanted == got
                || plain == got
                || plain == unescaped(&got)
                || lossy.as_ref() == Some(&got)
                || (loose && wanted.trim() == got.trim())
                || (key == "message_full" && got.trim().ends_with(tail.trim()))
        }
        _ => false,
    }
}

/// Every backslash escape undone, one character a byte.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let hex = |len: usize| {
            let digits = rest.as_str().get(1..=len)?;
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
        };
        let coded = match rest.as_str().as_bytes().first() {
            Some(b'x') => hex(2).map(|c| (c, 3)),
            Some(b'u') => hex(4).map(|c| (c, 5)),
            _ => None,
        };
        if let Some((character, taken)) = coded {
            out.push(character);
            rest = rest.as_str()[taken..].chars();
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('v') => out.push('\u{b}'),
            Some('f') => out.push('\u{c}'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
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
