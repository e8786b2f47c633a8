//! Several followed files of which a rotation makes one another: `tapline access.log*`.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

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

/// As nginx writes them in a container whose zone is another one.
#[test]
fn a_log_whose_times_are_ahead_of_the_clock_is_told_and_one_of_now_is_not() {
    for (ahead_h, is_told) in [(0, false), (2, true)] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("error.log");
        let mut file = File::create(&path).unwrap();
        let tapline = Tapline::start_following(&dir, &path);
        let time = chrono::Local::now() + chrono::TimeDelta::hours(ahead_h);
        let time = time.format("%Y/%m/%d %H:%M:%S");
        writeln!(file, "{time} [error] 7#7: *1 open() \"/a\" failed (2: No such file)").unwrap();
        until("it is counted", || (tapline.accounting().counted == 1).then_some(()));
        let hint = || {
            let sources = tapline.get("/api/v1/sources");
            let listeners = sources["listeners"].as_array().unwrap().clone();
            let of_file = listeners.iter().find(|listener| listener["kind"] == "file").unwrap();
            of_file["hint"].as_str().map(str::to_owned)
        };
        let whens = ["1 h 59 min", "2 h"].map(|span| format!("lines of it are up to {span} ahead"));
        let tells = |text: &str| whens.iter().any(|when| text.contains(when));
        if is_told {
            until("it is told", || hint().filter(|hint| tells(hint)));
        }
        assert_eq!((hint().is_some(), tells(&tapline.log())), (is_told, is_told), "{:?}", hint());
    }
}
