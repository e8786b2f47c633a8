//! One followed file, across everything that log rotation does to it.
//!
//! - *Renamed and made anew* (logrotate's default), *deleted and made anew*, or a symlink that points
//!   elsewhere: the path is another file than the open one. The old one is read to its end, and read
//!   on for a while, because the server writes into it until it is told to reopen.
//! - *Copied and cut* (`copytruncate`): the file is shorter than what was read, or begins with other
//!   bytes; it is read from its start.
//! - *Not there yet*: waited for.
//! - *Renamed, copied or packed to another path that is followed*: its lines count once, see
//!   [`known`](super::known).
//! - *Renamed, made anew and renamed again* between two looks: told of, see [`missed`](super::missed).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::known::{Identity, KnownFiles};
use super::missed::{changed, missed};
use super::open::Open;
use super::{Limits, Sink};

/// A rotated file is let go after so long without a line; servers are told to reopen their logs
/// within a second or two of the rename, and then may still flush a buffer.
const RETIRE_AFTER: Duration = Duration::from_secs(30);

/// The last line of a rotated file that has no LF counts after so long: nobody will finish it.
const PART_AFTER: Duration = Duration::from_secs(1);

/// Rotated files still read, for a path that is rotated faster than they are let go.
const MAX_RETIRING: usize = 4;

/// What a poll found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Call again at once.
    More,
    /// Everything that is there has been read.
    Idle,
}

/// Follows one path. Reads no clock: the caller says how much time has passed.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    limits: Limits,
    known: Arc<KnownFiles>,
    /// What comes to the path now was not there at the start.
    looked: bool,
    current: Option<Open>,
    /// Rotated away, oldest first.
    retiring: Vec<Open>,
    /// When the folder had last changed while the path was the open file, or had never been there: a file
    /// that was made later and was not opened was missed.
    calm: Option<Duration>,
    /// The last trouble told to the operator: each is told once, not four times a second.
    told: Option<io::ErrorKind>,
}

impl Follower {
    /// `known` is one for all followers of the process.
    #[must_use]
    pub fn new(path: &Path, limits: Limits, known: &Arc<KnownFiles>) -> Follower {
        known.follows(path);
        Follower {
            path: path.to_owned(),
            limits,
            known: Arc::clone(known),
            looked: false,
            current: None,
            retiring: Vec::new(),
            calm: None,
            told: None,
        }
    }

    /// Reads the next piece, at most 64 KiB of a plain file. `now` is any steadily growing time.
    pub fn poll(&mut self, sink: &mut dyn Sink, now: Duration) -> Progress {
        // What was rotated away comes first: its lines are the older ones.
        for old in &mut self.retiring {
            if old.read(sink, now) > 0 {
                return Progress::More;
            }
            if old.lines.holds_part() && now.saturating_sub(old.active) >= PART_AFTER {
                old.lines.end(sink);
            }
            old.pause(sink, now);
        }
        self.retiring.retain(|old| now.saturating_sub(old.active) < RETIRE_AFTER);
        let read = match &mut self.current {
            Some(open) => open.read(sink, now),
            None => self.open(sink, now),
        };
        if read > 0 {
            return Progress::More;
        }
        if let Some(open) = &mut self.current {
            open.pause(sink, now);
        }
        self.look_for_rotation(sink, now)
    }

    /// Reads to the end of what is there while `patient` says so, and gives last lines without LF.
    pub fn finish(&mut self, sink: &mut dyn Sink, patient: &dyn Fn() -> bool) {
        for open in self.retiring.drain(..).chain(self.current.take()) {
            open.finish(sink, patient);
        }
    }

    /// Opens the path; gives the bytes already read.
    fn open(&mut self, sink: &mut dyn Sink, now: Duration) -> usize {
        // Before the path: what comes in between is found the next time.
        let calm = changed(&self.path);
        let start = !std::mem::replace(&mut self.looked, true);
        match Open::new(&self.path, start, self.limits, &self.known, now) {
            Ok(Some(mut open)) => {
                self.told = None;
                self.look_for_missed(&open, sink);
                self.calm = calm;
                tracing::info!(file = %self.path.display(), "reading");
                let read = open.read(sink, now);
                self.current = Some(open);
                read
            }
            Ok(None) => {
                self.told = None;
                self.calm = calm;
                0
            }
            Err(error) => {
                self.calm = self.calm.or(calm);
                self.tell(&error);
                0
            }
        }
    }

    /// Tells of files that were at the path before the one that was opened, and have gone unread.
    fn look_for_missed(&self, opened: &Open, sink: &mut dyn Sink) {
        let (Some(after), Some(until)) = (self.calm, opened.identity.born) else { return };
        let missed = missed(&self.path, (after, until), &|file| self.known.has(file));
        if !missed.is_empty() {
            tracing::warn!(
                file = %self.path.display(),
                ?missed,
                "rotated more than once between two looks: what came in between was not read"
            );
            sink.missed(missed.len() as u64);
        }
    }

    /// Called at the end of the current file: is the path another file by now?
    fn look_for_rotation(&mut self, sink: &mut dyn Sink, now: Duration) -> Progress {
        let Some(current) = &self.current else { return Progress::Idle };
        let calm = changed(&self.path);
        let meta = match std::fs::metadata(&self.path) {
            Ok(meta) => meta,
            // Between rename and create; the old one stays until there is a new one.
            Err(error) => {
                self.tell(&error);
                return Progress::Idle;
            }
        };
        self.told = None;
        if Identity::of(&meta) == current.identity {
            self.calm = calm;
            return Progress::Idle;
        }
        tracing::info!(file = %self.path.display(), "rotated");
        if let Some(mut old) = self.current.take() {
            old.active = now;
            if self.retiring.len() == MAX_RETIRING {
                self.retiring.remove(0).lines.end(sink);
            }
            self.retiring.push(old);
        }
        // The old file is asked once more before the new one is opened: what was written between
        // our last read and the rename comes first.
        Progress::More
    }

    fn tell(&mut self, error: &io::Error) {
        if self.told != Some(error.kind()) {
            self.told = Some(error.kind());
            tracing::warn!(file = %self.path.display(), %error, "waiting for the file");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;
    use std::sync::mpsc;

    use super::super::tests::Kept;
    use super::super::{CHUNK, MOMENT, QUIET};
    use super::*;
    use crate::vocab::outcome::RejectReason;

    /// A folder with a log, its follower, and a time that only the test moves.
    struct Scene {
        folder: tempfile::TempDir,
        follower: Follower,
        kept: Kept,
        now: Duration,
    }

    impl Scene {
        fn new() -> Scene {
            let folder = tempfile::tempdir().unwrap();
            let limits = Limits {
                max_line: 1_000,
                multiline: Default::default(),
                formats: Default::default(),
            };
            let known = Arc::new(KnownFiles::default());
            let follower = Follower::new(&folder.path().join("access.log"), limits, &known);
            Scene { folder, follower, kept: Kept::default(), now: Duration::ZERO }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn append(&self, text: &str) {
            let mut file =
                OpenOptions::new().append(true).create(true).open(self.path("access.log")).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        /// Polls until idle and gives the lines that came.
        fn read(&mut self) -> Vec<String> {
            while self.follower.poll(&mut self.kept, self.now) == Progress::More {}
            std::mem::take(&mut self.kept.lines)
        }

        /// The lines that were news since it was called last.
        fn news(&mut self) -> Vec<String> {
            std::mem::take(&mut self.kept.news)
        }

        fn later(&mut self, seconds: u64) -> Vec<String> {
            self.now += Duration::from_secs(seconds);
            self.read()
        }
    }

    #[test]
    fn what_is_there_comes_first_and_then_what_is_added() {
        let mut scene = Scene::new();
        scene.append("one\ntwo\n");
        assert_eq!(scene.read(), ["one", "two"]);
        assert!(scene.read().is_empty());
        scene.append("three\n");
        assert_eq!(scene.read(), ["three"]);
    }

    #[test]
    fn an_error_line_waits_half_a_second_for_its_trace() {
        let error = "2026/11/22 10:00:00 [error] 7#8: *9 broken";
        let mut scene = Scene::new();
        scene.append(&format!("one\n{error}\n"));
        assert_eq!(scene.read(), ["one"]);
        scene.now += QUIET / 2;
        scene.append("  at x\n");
        assert!(scene.read().is_empty());
        scene.now += QUIET / 2;
        assert!(scene.read().is_empty());
        scene.now += QUIET / 2;
        assert_eq!(scene.read(), [format!("{error}\n  at x")]);
        scene.append("  at y\n");
        assert_eq!(scene.read(), ["  at y"]);
        // It does not wait where something else comes, or the end.
        scene.append(&format!("{error}\ntwo\n{error}\n"));
        assert_eq!(scene.read(), [error, "two"]);
        scene.follower.finish(&mut scene.kept, &|| true);
        assert_eq!(scene.kept.lines, [error]);
    }

    #[test]
    fn what_is_added_at_the_end_is_news_and_what_was_there_or_waited_is_not() {
        let error = |n: usize| format!("2026/11/22 10:00:0{n} [error] 7#8: *9 broken");
        let mut scene = Scene::new();
        // The last line of the past is held back, and comes with what is new.
        scene.append(&format!("one\n{}\n", error(0)));
        assert_eq!(scene.read(), ["one"]);
        scene.append(&format!("{}\n", error(1)));
        assert_eq!(scene.read(), [error(0)]);
        for n in 2..5 {
            assert!(scene.news().is_empty() || n > 2);
            scene.append(&format!("{}\n", error(n)));
            assert_eq!((scene.read(), scene.news()), (vec![error(n - 1)], vec![error(n - 1)]));
        }
        scene.now += QUIET;
        assert_eq!((scene.read(), scene.news()), (vec![error(4)], vec![error(4)]));
        scene.append("two\n");
        assert_eq!((scene.read(), scene.news()), (vec!["two".into()], vec!["two".into()]));
        // Tapline was stopped; more came than is read at once.
        scene.now += MOMENT;
        scene.append("three\n");
        assert_eq!((scene.read().len(), scene.news().len()), (1, 0));
        scene.append(&"x\n".repeat(CHUNK));
        assert_eq!((scene.read().len(), scene.news().len()), (CHUNK, 0));
        scene.append("four\n");
        assert_eq!((scene.read().len(), scene.news().len()), (1, 1));
        // A rotation: what is in the new file may have been there for long.
        fs::rename(scene.path("access.log"), scene.path("access.log.1")).unwrap();
        scene.append("five\n");
        assert_eq!((scene.read().len(), scene.news().len()), (1, 0));
        scene.append("six\n");
        assert_eq!((scene.read().len(), scene.news().len()), (1, 1));
        // Cut and written anew, and one that is empty at first.
        fs::write(scene.path("access.log"), "").unwrap();
        scene.append("7\n");
        assert_eq!((scene.read().len(), scene.news().len()), (1, 0));
        fs::rename(scene.path("access.log"), scene.path("access.log.1")).unwrap();
        scene.append("");
        assert!(scene.read().is_empty());
        scene.append("eight\n");
        assert_eq!((scene.read().len(), scene.news().len()), (1, 1));
    }

    #[test]
    fn a_file_that_is_not_there_yet_is_waited_for() {
        let mut scene = Scene::new();
        assert!(scene.read().is_empty());
        scene.append("one\n");
        assert_eq!(scene.read(), ["one"]);
    }

    #[test]
    fn a_partial_line_waits_for_its_end() {
        let mut scene = Scene::new();
        scene.append("one\ntw");
        assert_eq!(scene.read(), ["one"]);
        assert!(scene.later(100).is_empty());
        scene.append("o\n");
        assert_eq!(scene.read(), ["two"]);
        scene.append("last");
        assert!(scene.read().is_empty());
        scene.follower.finish(&mut scene.kept, &|| true);
        assert_eq!(scene.kept.lines, ["last"]);
    }

    #[test]
    fn half_a_line_is_none_where_the_reading_was_broken_off() {
        let mut scene = Scene::new();
        let text = "a line of a huge file\n".repeat(10_000);
        scene.append(&text);
        assert_eq!(scene.follower.poll(&mut scene.kept, scene.now), Progress::More);
        scene.follower.finish(&mut scene.kept, &|| false);
        assert!(scene.kept.lines.len() < 10_000);
        assert!(scene.kept.lines.iter().all(|line| line == "a line of a huge file"));
    }

    #[test]
    fn a_renamed_file_is_read_to_its_end_and_on_while_the_server_still_writes_it() {
        let mut scene = Scene::new();
        scene.append("one\n");
        assert_eq!(scene.read(), ["one"]);
        let mut server = OpenOptions::new().append(true).open(scene.path("access.log")).unwrap();
        server.write_all(b"two\n").unwrap();
        fs::rename(scene.path("access.log"), scene.path("access.log.1")).unwrap();
        server.write_all(b"three\n").unwrap();
        assert_eq!(scene.read(), ["two", "three"]);
        scene.append("five\n");
        server.write_all(b"four\n").unwrap();
        assert_eq!(scene.read(), ["four", "five"]);
        server.write_all(b"six, lat").unwrap();
        assert!(scene.read().is_empty());
        server.write_all(b"e\n").unwrap();
        assert_eq!(scene.later(20), ["six, late"]);
        assert!(scene.later(31).is_empty());
        assert!(scene.follower.retiring.is_empty());
    }

    #[test]
    fn the_last_line_of_a_rotated_file_needs_no_end() {
        let mut scene = Scene::new();
        scene.append("one\ncut of");
        assert_eq!(scene.read(), ["one"]);
        fs::rename(scene.path("access.log"), scene.path("access.log.1")).unwrap();
        scene.append("two\n");
        assert_eq!(scene.read(), ["two"]);
        assert_eq!(scene.later(1), ["cut of"]);
    }

    #[test]
    fn a_file_deleted_and_made_anew_is_read_from_its_start() {
        let mut scene = Scene::new();
        scene.append("one\n");
        assert_eq!(scene.read(), ["one"]);
        fs::remove_file(scene.path("access.log")).unwrap();
        assert!(scene.read().is_empty());
        scene.append("two\n");
        assert_eq!(scene.read(), ["two"]);
    }

    #[test]
    fn a_cut_file_is_read_from_its_start() {
        for (before, after) in
            [("one\ntwo\n", "x\n"), ("one\n", "other and longer\nmore\n"), ("one\npart", "new\n")]
        {
            let mut scene = Scene::new();
            scene.append(before);
            scene.read();
            // Cut in place, as copytruncate does: the same file.
            let file = OpenOptions::new().write(true).open(scene.path("access.log")).unwrap();
            file.set_len(0).unwrap();
            scene.append(after);
            let came: Vec<String> = scene.read();
            let wanted: Vec<&str> = after.lines().collect();
            assert!(came.ends_with(&wanted.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()));
            assert_eq!(came.len(), wanted.len() + usize::from(before.ends_with("part")));
        }
    }

    /// Past the tick of the clock by which the file system dates what happens; false where it does not date
    /// births.
    fn ticked(scene: &Scene) -> bool {
        let beside = tempfile::tempdir().unwrap();
        let by = fs::metadata(scene.folder.path()).unwrap().modified().unwrap();
        for i in 0.. {
            fs::write(beside.path().join(i.to_string()), "").unwrap();
            match fs::metadata(beside.path().join(i.to_string())).unwrap().created() {
                Err(_) => return false,
                Ok(born) if born > by => return true,
                Ok(_) => {}
            }
        }
        unreachable!("clocks go on")
    }

    #[test]
    fn a_file_that_comes_and_goes_between_two_looks_is_told_of() {
        for moved in
            ["access.log.1", "access.log-20261122", "access-20261122.log", "access.log.old"]
        {
            let mut scene = Scene::new();
            scene.append("one\n");
            assert_eq!(scene.read(), ["one"]);
            if !ticked(&scene) {
                return;
            }
            fs::rename(scene.path("access.log"), scene.path("access.log.2")).unwrap();
            scene.append("two\n");
            fs::rename(scene.path("access.log"), scene.path(moved)).unwrap();
            scene.append("three\n");
            assert_eq!(scene.read(), ["three"]);
            assert_eq!(scene.kept.missed, 1, "{moved}");
            assert!(scene.later(1).is_empty());
            assert_eq!(scene.kept.missed, 1, "{moved} is told of once");
        }
    }

    #[test]
    fn one_that_comes_and_goes_while_the_path_is_waited_for_is_told_of() {
        for begun in [false, true] {
            let mut scene = Scene::new();
            if begun {
                scene.append("one\n");
                assert_eq!(scene.read(), ["one"]);
            } else {
                assert!(scene.read().is_empty());
            }
            if !ticked(&scene) {
                return;
            }
            if begun {
                fs::rename(scene.path("access.log"), scene.path("access.log.2")).unwrap();
            }
            assert!(scene.read().is_empty());
            scene.append("two\n");
            fs::rename(scene.path("access.log"), scene.path("access.log.1")).unwrap();
            assert!(scene.read().is_empty());
            scene.append("three\n");
            assert_eq!(scene.read(), ["three"]);
            assert_eq!(scene.kept.missed, 1, "{begun}");
        }
    }

    #[test]
    fn what_was_read_was_there_before_or_is_made_of_it_is_no_missed_file() {
        let mut scene = Scene::new();
        fs::write(scene.path("access.log.7"), "old\n").unwrap();
        scene.append("one\n");
        assert_eq!(scene.read(), ["one"]);
        for round in 2..6 {
            if !ticked(&scene) {
                return;
            }
            // Everything moves up, another site's log comes and goes, and nothing was written into one.
            fs::rename(scene.path("access.log.7"), scene.path("access.log.8")).unwrap();
            fs::rename(scene.path("access.log.8"), scene.path("access.log.7")).unwrap();
            fs::rename(scene.path("access.log"), scene.path(&format!("access.log.1{round}")))
                .unwrap();
            for name in ["access-shop.log.1", "access.log.json", "access.log.1.gz"] {
                fs::write(scene.path(name), "other\n").unwrap();
                fs::remove_file(scene.path(name)).unwrap();
                fs::write(scene.path(name), "other\n").unwrap();
            }
            fs::write(scene.path(&format!("access.log.2{round}")), "").unwrap();
            scene.append(&format!("{round}\n"));
            assert!(ticked(&scene));
            // A script of the rotation has made something of what was read.
            fs::write(scene.path(&format!("access.log.3{round}")), "one\n").unwrap();
            assert_eq!(scene.read(), [round.to_string()]);
        }
        assert_eq!(scene.kept.missed, 0);
    }

    #[test]
    fn a_symlink_that_turns_is_followed() {
        let mut scene = Scene::new();
        let link = scene.path("access.log");
        fs::write(scene.path("monday"), "one\n").unwrap();
        fs::write(scene.path("tuesday"), "two\n").unwrap();
        std::os::unix::fs::symlink(scene.path("monday"), &link).unwrap();
        assert_eq!(scene.read(), ["one"]);
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(scene.path("tuesday"), &link).unwrap();
        assert_eq!(scene.read(), ["two"]);
    }

    #[test]
    fn a_packed_file_is_read_once() {
        let mut scene = Scene::new();
        let zipped = zstd::encode_all(&b"one\ntwo"[..], 1).unwrap();
        fs::write(scene.path("access.log"), zipped).unwrap();
        assert_eq!(scene.read(), ["one", "two"]);
        assert!(scene.later(5).is_empty());
    }

    #[test]
    fn a_pipe_without_a_writer_holds_nobody() {
        let mut scene = Scene::new();
        let path = std::ffi::CString::new(scene.path("access.log").to_str().unwrap()).unwrap();
        // SAFETY: a valid path that ends in NUL.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
        assert!(scene.read().is_empty());
        scene.append("one\n");
        assert_eq!(scene.read(), ["one"]);
        scene.append("two\n");
        assert_eq!(scene.read(), ["two"]);
    }

    #[test]
    fn a_line_without_end_is_rejected_once() {
        let mut scene = Scene::new();
        scene.append(&"x".repeat(5_000));
        assert!(scene.read().is_empty());
        scene.append("x\nnext\n");
        assert_eq!(scene.read(), ["next"]);
        assert_eq!(scene.kept.rejected, [RejectReason::Oversize]);
    }

    #[test]
    fn rotation_in_full_flow_loses_and_doubles_nothing() {
        const LINES: usize = 20_000;
        const FILE: usize = 2_500;
        let mut scene = Scene::new();
        let (path, folder) = (scene.path("access.log"), scene.folder.path().to_owned());
        let (seen, progress) = mpsc::channel::<usize>();
        let writer = std::thread::spawn(move || {
            let create = || OpenOptions::new().append(true).create(true).open(&path).unwrap();
            let mut file = create();
            for i in 0..LINES {
                if i % FILE == FILE - 1 {
                    // A file that comes and goes between two looks can't be seen; real ones last.
                    while progress.recv().is_ok_and(|last| last < i + 1 - FILE) {}
                    // As a server does: it goes on writing the renamed file until it reopens.
                    fs::rename(&path, folder.join(format!("access.log.{i}"))).unwrap();
                    file.write_all(format!("{i} before reopening\n").as_bytes()).unwrap();
                    file = create();
                } else {
                    file.write_all(format!("{i} some request\n").as_bytes()).unwrap();
                }
            }
        });
        let number = |line: &String| line.split(' ').next().unwrap().parse::<usize>().unwrap();
        let mut numbers: Vec<usize> = Vec::new();
        loop {
            let over = writer.is_finished();
            let came = scene.read();
            numbers.extend(came.iter().map(number));
            let _ = numbers.last().map(|&last| seen.send(last));
            if over && came.is_empty() {
                break;
            }
        }
        writer.join().unwrap();
        numbers.sort_unstable();
        let whole: Vec<usize> = (0..LINES).collect();
        assert!(numbers == whole, "{} of {LINES}", numbers.len());
    }
}
