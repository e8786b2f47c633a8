//! Several followed files of which a rotation makes one another: `tapline access.log*`.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, Local, TimeDelta, Utc};
use tempfile::TempDir;

use common::material::{combined_line, time_local};
use common::tapline::Tapline;
use common::until;

/// A log and its rotated files, all of them followed, and how many lines were written.
struct Logs {
    dir: TempDir,
    written: u64,
}

impl Logs {
    fn new() -> Logs {
        Logs { dir: TempDir::new().unwrap(), written: 0 }
    }

    fn path(&self, end: &str) -> PathBuf {
        self.dir.path().join(format!("access.log{end}"))
    }

    fn open(&self, end: &str) -> File {
        OpenOptions::new().append(true).create(true).open(self.path(end)).unwrap()
    }

    fn write(&mut self, file: &mut File, lines: usize) {
        for _ in 0..lines {
            self.written += 1;
            let number = usize::try_from(self.written).unwrap();
            file.write_all((combined_line(number, &time_local()) + "\n").as_bytes()).unwrap();
        }
    }

    fn follow(&self, ends: &[&str]) -> Tapline {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let paths: Vec<PathBuf> = ends.iter().map(|end| self.path(end)).collect();
        let paths: Vec<&OsStr> = paths.iter().map(|path| path.as_os_str()).collect();
        Tapline::start_with(self.dir.path(), any, any, any, &paths)
    }

    /// Waits until so many rotations of the log were seen.
    fn seen(&self, tapline: &Tapline, rotations: usize) {
        let file = format!("file={}", self.path("").display());
        until("the rotation is seen", || {
            let log = tapline.log();
            let of = |line: &&str| line.contains("rotated") && line.ends_with(&file);
            (log.lines().filter(of).count() >= rotations).then_some(())
        });
    }
}

#[test]
fn a_file_that_is_renamed_to_a_followed_path_counts_once() {
    let mut logs = Logs::new();
    let mut server = logs.open("");
    logs.write(&mut server, 3);
    let (mut first, mut second) = (logs.open(".1"), logs.open(".2"));
    logs.write(&mut first, 2);
    logs.write(&mut second, 4);
    let tapline = logs.follow(&["", ".1", ".2"]);
    tapline.settled(logs.written);
    for rotation in 1..=3 {
        fs::rename(logs.path(".1"), logs.path(".2")).unwrap();
        fs::rename(logs.path(""), logs.path(".1")).unwrap();
        let mut anew = logs.open("");
        // The server has not been told to reopen yet.
        logs.write(&mut server, 1);
        logs.write(&mut anew, 2);
        logs.seen(&tapline, rotation);
        logs.write(&mut server, 1);
        server = anew;
        tapline.settled(logs.written).accounting().assert_all_counted(logs.written);
    }
    let ended = tapline.terminate();
    ended.accounting.expect("a last word").assert_all_counted(logs.written);
    assert!(!ended.log.contains("not read"), "{}", ended.log);
}

#[test]
fn a_log_that_is_copied_cut_and_packed_counts_once() {
    let mut logs = Logs::new();
    let mut server = logs.open("");
    logs.write(&mut server, 30);
    let mut first = logs.open(".1");
    logs.write(&mut first, 2);
    let tapline = logs.follow(&["", ".1", ".1.gz", ".2.gz"]);
    tapline.settled(logs.written);
    for _ in 0..3 {
        // As logrotate does with `copytruncate` and `delaycompress`.
        let _ = fs::rename(logs.path(".1.gz"), logs.path(".2.gz"));
        let packed = File::create(logs.path(".1.gz")).unwrap();
        let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        packed.write_all(&fs::read(logs.path(".1")).unwrap()).unwrap();
        packed.finish().unwrap();
        fs::remove_file(logs.path(".1")).unwrap();
        fs::copy(logs.path(""), logs.path(".1")).unwrap();
        server.set_len(0).unwrap();
        logs.write(&mut server, 20);
        tapline.settled(logs.written).accounting().assert_all_counted(logs.written);
    }
    let ended = tapline.terminate();
    ended.accounting.expect("a last word").assert_all_counted(logs.written);
    assert_eq!(ended.log.matches("cut, and read from its start").count(), 3, "{}", ended.log);
}

/// An error log as nginx writes it in a container, by a clock so much ahead of this machine's.
struct ErrorLog {
    dir: TempDir,
    file: File,
    ahead: TimeDelta,
}

impl ErrorLog {
    fn new(minutes: i64) -> ErrorLog {
        let dir = TempDir::new().unwrap();
        let file = File::create(dir.path().join("error.log")).unwrap();
        ErrorLog { dir, file, ahead: TimeDelta::minutes(minutes) }
    }

    fn follow(&self) -> Tapline {
        Tapline::start_following(&self.dir, &self.dir.path().join("error.log"))
    }

    /// A line of so many seconds ago.
    fn write(&mut self, ago: i64) {
        let time = Utc::now() + self.ahead - TimeDelta::seconds(ago);
        let time = time.format("%Y/%m/%d %H:%M:%S");
        writeln!(self.file, "{time} [error] 7#7: *1 open() \"/a\" failed (2: No such file)")
            .unwrap();
    }
}

/// What the listener of the file that is followed says.
fn hint(tapline: &Tapline) -> Option<String> {
    let sources = tapline.get("/api/v1/sources");
    let listeners = sources["listeners"].as_array().unwrap().clone();
    let of_file = listeners.iter().find(|listener| listener["kind"] == "file").unwrap();
    of_file["hint"].as_str().map(str::to_owned)
}

/// Minutes from now, rounded, of all lines that were counted, the first one first.
fn minutes_from_now(tapline: &Tapline) -> Vec<i64> {
    let to = (Utc::now() + TimeDelta::days(2)).timestamp();
    let events = tapline.get(&format!("/api/v1/events?from=0&to={to}&limit=100&order=oldest"));
    let at = |event: &serde_json::Value| {
        let time = DateTime::parse_from_rfc3339(event["time"].as_str().unwrap()).unwrap();
        let ahead = time.to_utc() - Utc::now();
        (ahead.num_seconds() as f64 / 60.0).round() as i64
    };
    events["events"].as_array().unwrap().iter().map(at).collect()
}

#[test]
fn the_zone_of_a_log_is_learnt_from_what_is_written_now_and_not_from_what_was_there() {
    let local_min = i64::from(Local::now().offset().local_minus_utc()) / 60;
    for ahead_h in [0, 3, -5] {
        let mut log = ErrorLog::new(local_min + ahead_h * 60);
        // Its last line is of now; so is the first one of a file that has waited for Tapline to the second.
        log.write(3_600);
        log.write(0);
        let tapline = log.follow();
        until("it is counted", || (tapline.accounting().counted == 2).then_some(()));
        let told = |whither: &str, text: &str| text.contains(whither);
        match ahead_h {
            3 => {
                _ = until("it is told", || {
                    hint(&tapline).filter(|hint| told("ahead of this machine's clock", hint))
                })
            }
            _ => assert_eq!(hint(&tapline), None),
        }
        log.write(0);
        until("it is counted", || (tapline.accounting().counted == 3).then_some(()));
        let off = ahead_h * 60;
        let mut expected = vec![off - 60, off, 0];
        expected.sort_unstable();
        assert_eq!(minutes_from_now(&tapline), expected, "{ahead_h}");
        let after = match ahead_h {
            3 => Some("those read before count up to 3 h ahead"),
            -5 => Some("those read before count up to 5 h behind"),
            _ => None,
        };
        let said = hint(&tapline);
        let is_said = |text: &str| said.as_deref().is_some_and(|said| told(text, said));
        assert!(after.map_or(said.is_none(), is_said), "{ahead_h}: {said:?}");
        assert!(after.is_none_or(|text| told(text, &tapline.log())), "{}", tapline.log());
    }
}

#[test]
fn a_log_whose_clock_is_ahead_as_no_zone_is_told() {
    for (ahead_min, is_told) in [(0, false), (2 * 60 + 20, true)] {
        let local_min = i64::from(Local::now().offset().local_minus_utc()) / 60;
        let mut log = ErrorLog::new(local_min + ahead_min);
        let tapline = log.follow();
        log.write(0);
        until("it is counted", || (tapline.accounting().counted == 1).then_some(()));
        let whens = ["2 h 19 min", "2 h 20 min"];
        let whens = whens.map(|span| format!("lines of it are up to {span} ahead"));
        let tells = |text: &str| whens.iter().any(|when| text.contains(when));
        if is_told {
            until("it is told", || hint(&tapline).filter(|hint| tells(hint)));
            tapline.logs("lines of it are up to");
        }
        let hint = hint(&tapline);
        assert_eq!((hint.is_some(), tells(&tapline.log())), (is_told, is_told), "{hint:?}");
    }
}
