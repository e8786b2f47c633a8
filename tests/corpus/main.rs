//! Lines of other projects' test suites and of real logs, read by the shipped binary and compared
//! with what those suites expect; the table of how many agree.
//!
//! `tapline parse --cases FILE.jsonl` answers each case, [`judge`] compares as the corpus's own
//! scorer does. Any folder of such files: `TAPLINE_CORPUS=FOLDER cargo test --test corpus -- --nocapture`.
#![expect(clippy::print_stderr, reason = "the table is what the test is for")]

mod decisions;
mod judge;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use decisions::{DISAGREE, POLICIES, reason};
use serde_json::Value;

/// What agrees at least, in percent: of the core cases with and without those that disagree on purpose
/// ([`decisions`]), and of those that test a format string.
const CORE: f64 = 98.7;
const CORE_UNDECIDED: f64 = 99.0;
const LOG_FORMAT: f64 = 95.0;
/// Of the core cases of each file that has 20 of them or more, without those that disagree on purpose.
const EACH_FILE: f64 = 97.0;

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
    let mut undecided = Score::default();
    let mut disagree = Vec::new();
    let mut surprises = Vec::new();
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
            let decided = match bucket {
                Bucket::Policy => reason(POLICIES, &text("id")),
                Bucket::Core | Bucket::LogFormat => reason(DISAGREE, &text("id")),
            };
            let on_purpose = decided.is_some();
            families.entry((bucket, text("kind"), text("format_hint"))).or_default().add(agrees);
            by_bucket.entry(bucket).or_default().add(agrees);
            if bucket == Bucket::Core && !on_purpose {
                by_file.entry(name.clone()).or_default().add(agrees);
                undecided.add(agrees);
            }
            if !agrees {
                let why = decided.unwrap_or("not on purpose");
                let (id, problems) = (text("id"), problems.join("; "));
                disagree.push(format!("{bucket:?} {id}: {problems}\n    {why}"));
            }
            let expected = match bucket {
                Bucket::Policy => on_purpose,
                Bucket::Core | Bucket::LogFormat => agrees != on_purpose,
            };
            if !expected {
                surprises.push(format!("{bucket:?} {} agrees: {agrees}", text("id")));
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
    assert!(percent(Bucket::LogFormat) >= LOG_FORMAT, "{:.2} %", percent(Bucket::LogFormat));
    assert!(undecided.percent() >= CORE_UNDECIDED, "core: {:.2} %", undecided.percent());
    if std::env::var_os("TAPLINE_CORPUS").is_none() {
        assert!(percent(Bucket::Core) >= CORE, "core: {:.2} %", percent(Bucket::Core));
        for (name, score) in by_file.iter().filter(|(_, score)| score.cases >= 20) {
            assert!(score.percent() >= EACH_FILE, "{name}: {}/{}", score.agree, score.cases);
        }
        assert!(surprises.is_empty(), "tests/corpus/decisions.rs does not hold:\n{surprises:#?}");
    }
}
