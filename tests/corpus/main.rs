//! Lines of other projects' test suites and of real logs, read by the shipped binary and compared
//! with what those suites expect; the table of how many agree.
//!
//! `tapline parse --cases FILE.jsonl` answers each case, [`judge`] compares as the corpus's own
//! scorer does. Any folder of such files: `TAPLINE_CORPUS=FOLDER cargo test --test corpus -- --nocapture`.
#![expect(clippy::print_stderr, reason = "the table is what the test is for")]

mod judge;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What agrees by now, in percent, of the core cases and of those that test a format string: no
/// change makes it less.
const CORE: f64 = 95.4;
const LOG_FORMAT: f64 = 95.5;

/// Core cases passed of those there are, by family. A family listed here can't get worse.
const REACHED: &[(&str, usize, usize)] = &[
    ("access apache_combined", 765, 765),
    ("access apache_common", 7, 7),
    ("access apache_custom", 56, 56),
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
    ("error apache_error", 92, 94),
    ("error haproxy_error", 1, 1),
    ("error iis_httperr", 3, 3),
    ("error nginx_error", 5, 7),
    ("error nginx_proxy_manager_error", 1, 1),
    ("error npmplus_error", 1, 1),
    ("access apache_ssl_request", 1, 1),
    ("access aws_alb", 9, 16),
    ("access aws_elb_classic", 3, 3),
    ("access aws_nlb", 1, 1),
    ("access aws_s3", 4, 4),
    ("access envoy", 2, 2),
    ("access nginx_proxy_manager", 7, 7),
    ("access npmplus", 5, 5),
    ("access squid", 2, 2),
    ("access zoraxy", 8, 8),
];

/// What kind of case it is: one that must agree, one of a format string, or one where the suites
/// themselves chose between strictness and leniency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bucket {
    Core,
    LogFormat,
    Policy,
}

fn bucket(case: &Value) -> Bucket {
    let has = |key: &str| !case[key].is_null();
    let strict_framing = case["kind"] == "framing" && case["expect_error"] == true;
    if strict_framing || has("strictness") || has("leniency") {
        Bucket::Policy
    } else if has("scope") {
        Bucket::LogFormat
    } else {
        Bucket::Core
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Score {
    agree: usize,
    cases: usize,
}

impl Score {
    fn add(&mut self, agrees: bool) {
        self.cases += 1;
        self.agree += usize::from(agrees);
    }

    fn percent(self) -> f64 {
        if self.cases == 0 { 100.0 } else { self.agree as f64 * 100.0 / self.cases as f64 }
    }
}

/// What the binary says of each case of the file, by id.
fn answers(file: &Path) -> HashMap<String, Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_tapline"))
        .args(["parse", "--cases"])
        .arg(file)
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .expect("tapline starts");
    assert!(output.status.success(), "{}: {output:?}", file.display());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .map(|line| {
            let answer: Value = serde_json::from_str(line).expect("an answer is JSON");
            (answer["id"].as_str().expect("an id").to_owned(), answer)
        })
        .collect()
}

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("TAPLINE_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("left out: {} is not there", folder.display());
    None
}

#[test]
fn cases_of_other_projects_are_read_as_they_expect() {
    let Some(folder) = corpus() else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();

    let mut families: BTreeMap<(Bucket, String, String), Score> = BTreeMap::new();
    let mut by_file: BTreeMap<String, Score> = BTreeMap::new();
    let mut by_bucket: BTreeMap<Bucket, Score> = BTreeMap::new();
    let mut disagree = Vec::new();
    for path in &files {
        let answers = answers(path);
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        for line in std::fs::read_to_string(path).expect("a file of cases").lines() {
            let case: Value = serde_json::from_str(line).expect("a case is JSON");
            let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
            // What Loki, Elasticsearch, OpenTelemetry and Splunk wrap lines in is not spoken yet.
            if case["kind"] == "json" {
                continue;
            }
            let problems = judge::problems(&case, answers.get(&text("id")));
            let (bucket, agrees) = (bucket(&case), problems.is_empty());
            families.entry((bucket, text("kind"), text("format_hint"))).or_default().add(agrees);
            by_bucket.entry(bucket).or_default().add(agrees);
            if bucket == Bucket::Core {
                by_file.entry(name.clone()).or_default().add(agrees);
            }
            if !agrees {
                disagree.push(format!("{bucket:?} {}: {}", text("id"), problems.join("; ")));
            }
        }
    }

    for ((bucket, kind, hint), score) in &families {
        let bucket = format!("{bucket:?}");
        let (agree, cases, percent) = (score.agree, score.cases, score.percent());
        eprintln!("{bucket:10} {kind:8} {hint:36} {agree:4}/{cases:<4} {percent:5.1} %");
    }
    for (name, score) in &by_file {
        eprintln!("{name:40} {:4}/{:<4} {:5.1} %", score.agree, score.cases, score.percent());
    }
    for (bucket, score) in &by_bucket {
        eprintln!("{bucket:?}: {}/{} {:.2} %", score.agree, score.cases, score.percent());
    }
    eprintln!("\n{}", disagree.join("\n"));

    let percent = |bucket| by_bucket.get(&bucket).copied().unwrap_or_default().percent();
    assert!(percent(Bucket::Core) >= CORE, "core: {:.2} %", percent(Bucket::Core));
    assert!(percent(Bucket::LogFormat) >= LOG_FORMAT, "{:.2} %", percent(Bucket::LogFormat));
    if std::env::var_os("TAPLINE_CORPUS").is_none() {
        for (family, reached, cases) in REACHED {
            let (kind, hint) = family.split_once(' ').expect("a kind and a hint");
            let score = families[&(Bucket::Core, kind.to_owned(), hint.to_owned())];
            assert_eq!(score.cases, *cases, "{family}: cases");
            assert!(score.agree >= *reached, "{family}: {} of {reached}", score.agree);
        }
    }
}
