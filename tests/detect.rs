//! `tapline detect` from outside: a series in, how unusual each row is out.

#[path = "common/command.rs"]
mod command;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output};

use command::{command, fed};

const HEADER: &str = "timestamp,value,score,anomaly";

fn tapline(arguments: &[&str]) -> Command {
    let mut tapline = command(&["detect"]);
    tapline.args(arguments);
    tapline
}

fn detect(arguments: &[&str], input: &[u8]) -> Output {
    fed(&mut tapline(arguments), input)
}

fn rows(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(rows.remove(0), HEADER);
    rows
}

/// `count` rows of a sawtooth with a spike at row `spike`, from 0.
fn sawtooth(count: usize, spike: usize) -> String {
    let value = |i: usize| if i == spike { 500 } else { i * 7 % 13 };
    let rows = (0..count).map(|i| format!("{},{}\n", 1_700_000_000 + i * 60, value(i)));
    "timestamp,value\n".to_owned() + &rows.collect::<String>()
}

#[test]
fn a_spike_is_told_once_and_every_row_is_answered() {
    let output = detect(&[], sawtooth(1000, 700).as_bytes());
    assert!(output.status.success() && output.stderr.is_empty());
    let rows = rows(&output);
    assert_eq!(rows.len(), 1000);
    let told: Vec<usize> = (0..1000).filter(|&i| rows[i].ends_with(",1")).collect();
    assert_eq!(told, [700]);
    for row in &rows {
        let score: f64 = row.split(',').nth(2).expect("a score").parse().expect("a number");
        assert!((0.0..=1.0).contains(&score), "{row}");
    }
}

#[test]
fn texts_come_out_as_they_went_in() {
    for row in [
        "2014-04-01 00:00:00,20.0",
        "2014-04-01 00:00:00.000,1e3",
        "2014-04-01T00:00:00Z,-0",
        "2014-04-01T02:00:00.5+02:00,007",
        "2014-04-01,1",
        "1396310400,1",
        "1396310400.25,1",
        "1396310400000,1",
        "1396310400,",
        "1396310400,NaN",
        "1396310400,-inf",
        "1396310400,1e999",
        "\"2014-04-01 00:00\",\"20.5\"",
    ] {
        let output = detect(&[], format!("timestamp,value\r\n{row}\r\n").as_bytes());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{row}");
        assert_eq!(rows(&output), [format!("{row},0.000000,0")]);
    }
}

#[test]
fn a_row_that_cannot_be_read_is_told_and_still_answered() {
    let long = format!("{},1", "9".repeat(5000));
    for (row, answer, told) in [
        ("yesterday,1", "yesterday,1", "\"yesterday\" is no time"),
        ("2014-02-30 00:00:00,1", "2014-02-30 00:00:00,1", "is no time"),
        ("1,x\u{1b}[31m", "1,x\u{1b}[31m", "\"x\\u{1b}[31m\" is no number"),
        ("alone", "alone,", "no comma"),
        (&long, ",", "longer than 4096 bytes"),
    ] {
        let output = detect(&[], format!("timestamp,value\n\n{row}\n2,5,more\n").as_bytes());
        assert!(output.status.success());
        assert_eq!(rows(&output), [format!("{answer},0.000000,0"), "2,5,0.000000,0".to_owned()]);
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(stderr.starts_with("error: -:3: ") && stderr.contains(told), "{stderr}");
    }
}

#[test]
fn bad_rows_are_counted_when_they_are_many_and_change_nothing() {
    let clean = sawtooth(500, 400);
    let broken = clean.replace('\n', "\nno,no\n");
    let output = detect(&[], broken.as_bytes());
    let kept: Vec<String> =
        rows(&output).into_iter().filter(|row| !row.starts_with("no")).collect();
    assert_eq!(kept, rows(&detect(&[], clean.as_bytes())));
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(stderr.ends_with("error: -: 481 more rows can't be read\n"), "{stderr}");
    assert_eq!(stderr.lines().count(), 21);
}

#[test]
fn a_file_may_lack_its_header_and_may_be_packed() {
    let directory = tempfile::tempdir().expect("a folder");
    let path = directory.path().join("series.csv.gz");
    let file = std::fs::File::create(&path).expect("created");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all("\u{feff}1,2\n".as_bytes()).and_then(|()| packed.finish().map(drop)).unwrap();
    let output = detect(&[path.to_str().expect("UTF-8")], b"");
    assert_eq!(rows(&output), ["1,2,0.000000,0"]);
    let output = detect(&["none.csv"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("none.csv"));
    assert!(rows(&detect(&["-"], b"")).is_empty());
}

#[test]
fn a_row_comes_out_while_the_pipe_stays_open() {
    let mut child = tapline(&[]).spawn().expect("tapline starts");
    let mut stdin = child.stdin.take().expect("piped");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    stdin.write_all(b"timestamp,value\n1,2\n").expect("written");
    assert_eq!(lines.next().expect("a line").expect("read"), HEADER);
    assert_eq!(lines.next().expect("a line").expect("read"), "1,2,0.000000,0");
    drop(stdin);
    assert!(child.wait().expect("ends").success());
}

/// The visible half of the Numenta Anomaly Benchmark, where it lies beside the project.
#[test]
#[expect(clippy::print_stderr, reason = "a test says what it leaves out")]
fn labelled_series_score_at_least_66() {
    let bench = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/bench"));
    if !bench.is_dir() {
        eprintln!("left out: no labelled series beside the project");
        return;
    }
    let command = format!("{} detect", env!("CARGO_BIN_EXE_tapline"));
    let output = Command::new(bench.join("nab_score.py"))
        .arg(bench.join("nab"))
        .args(["--command", &command, "--floor", "66"])
        .output()
        .expect("the scorer runs");
    assert!(output.status.success(), "{output:?}");
}
