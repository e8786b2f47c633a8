//! Several followed paths of which a rotation makes one another: every line counts once.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::follow::{Follower, Progress};
use super::known::KnownFiles;
use super::tests::Kept;
use super::{Limits, POLL};

/// The names that a rotation gives; what has the last one is deleted by the next.
const NAMES: usize = 8;

/// A folder, the followers of some of its files, and a time that only the test moves.
struct Scene {
    folder: tempfile::TempDir,
    followers: Vec<Follower>,
    kept: Kept,
    now: Duration,
}

impl Scene {
    fn new(names: &[&str]) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let limits =
            Limits { max_line: 1_000, multiline: Default::default(), formats: Default::default() };
        let known = Arc::new(KnownFiles::default());
        let follower = |name: &&str| Follower::new(&folder.path().join(name), limits, &known);
        let followers = names.iter().map(follower).collect();
        Scene { folder, followers, kept: Kept::default(), now: Duration::ZERO }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As a server opens its log.
    fn open(&self, name: &str) -> File {
        OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap()
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn look(&mut self, follower: usize) {
        while self.followers[follower].poll(&mut self.kept, self.now) == Progress::More {}
    }

    /// Everybody looks; gives the lines that came.
    fn all(&mut self) -> Vec<String> {
        for follower in 0..self.followers.len() {
            self.look(follower);
        }
        std::mem::take(&mut self.kept.lines)
    }

    fn later(&mut self, seconds: u64) -> Vec<String> {
        self.now += Duration::from_secs(seconds);
        self.all()
    }
}

fn write(file: &mut File, text: &str) {
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_file_that_came_to_another_path_is_read_on_by_whoever_began() {
    for order in [[0, 1], [1, 0]] {
        let mut scene = Scene::new(&["access.log", "access.log.1"]);
        let (mut server, mut older) = (scene.open("access.log"), scene.open("access.log.1"));
        write(&mut server, "one\n");
        write(&mut older, "zero\n");
        assert_eq!(scene.all(), ["one", "zero"]);
        scene.rename("access.log.1", "access.log.2");
        scene.rename("access.log", "access.log.1");
        let mut anew = scene.open("access.log");
        write(&mut server, "two\n");
        write(&mut anew, "three\n");
        for _ in 0..3 {
            order.iter().for_each(|&follower| scene.look(follower));
        }
        write(&mut server, "four\n");
        order.iter().for_each(|&follower| scene.look(follower));
        assert_eq!(scene.kept.lines, ["two", "three", "four"]);
        assert_eq!(scene.kept.missed, 0);
    }
}

#[test]
fn what_is_added_after_a_file_was_let_go_is_read_under_its_new_name() {
    for names in [&["access.log", "access.log.1"][..], &["access.log", "access.log.2"]] {
        let mut scene = Scene::new(names);
        let mut server = scene.open("access.log");
        write(&mut server, "one\n");
        assert_eq!(scene.all(), ["one"]);
        scene.rename("access.log", "access.log.1");
        let mut anew = scene.open("access.log");
        assert!(scene.all().is_empty());
        assert!(scene.later(31).is_empty());
        write(&mut server, "two\n");
        if names[1] == "access.log.2" {
            // It passes a path that nobody follows.
            assert!(scene.later(31).is_empty());
            scene.rename("access.log.1", "access.log.2");
        }
        assert_eq!(scene.later(31), ["two"]);
        write(&mut server, "three\n");
        write(&mut anew, "four\n");
        assert_eq!(scene.later(100), ["four", "three"]);
        assert!(scene.later(31).is_empty());
    }
}

#[test]
fn what_was_written_anew_into_a_file_that_was_let_go_is_read_from_its_start() {
    let mut scene = Scene::new(&["access.log", "access.log.1"]);
    write(&mut scene.open("access.log"), "one\ntwo\n");
    assert_eq!(scene.all(), ["one", "two"]);
    scene.rename("access.log", "access.log.2");
    let _anew = scene.open("access.log");
    assert!(scene.all().is_empty());
    assert!(scene.later(31).is_empty());
    fs::write(scene.path("access.log.2"), "three and more\n").unwrap();
    scene.rename("access.log.2", "access.log.1");
    assert_eq!(scene.all(), ["three and more"]);
}

#[test]
fn a_file_that_has_the_number_of_one_that_is_gone_is_another() {
    let mut scene = Scene::new(&["access.log", "access.log.1"]);
    for round in 0..8 {
        let line = format!("{round}\n");
        write(&mut scene.open("access.log"), &line);
        assert_eq!(scene.all(), [line.trim()]);
        fs::remove_file(scene.path("access.log")).unwrap();
        let _ = scene.open("access.log");
        assert!(scene.all().is_empty());
        assert!(scene.later(31).is_empty(), "it is closed");
    }
}

#[test]
fn files_that_were_rotated_between_two_looks_are_read_where_they_are_followed() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let mut scene = Scene::new(&["access.log", "access.log.1", "access.log.2"]);
        write(&mut scene.open("access.log"), "0\n");
        let mut came = scene.all();
        for round in 1..=2 {
            let _ = fs::rename(scene.path("access.log.1"), scene.path("access.log.2"));
            scene.rename("access.log", "access.log.1");
            write(&mut scene.open("access.log"), &format!("{round}\n"));
        }
        order.iter().for_each(|&follower| scene.look(follower));
        came.extend(scene.later(40));
        came.extend(scene.later(40));
        came.sort_unstable();
        assert_eq!(came, ["0", "1", "2"]);
        assert_eq!(scene.kept.missed, 0);
    }
}

#[test]
fn a_file_and_a_link_to_it_count_once_until_the_link_turns() {
    let mut scene = Scene::new(&["monday", "link"]);
    let (mut monday, mut tuesday) = (scene.open("monday"), scene.open("tuesday"));
    std::os::unix::fs::symlink(scene.path("monday"), scene.path("link")).unwrap();
    write(&mut monday, "one\n");
    write(&mut tuesday, "two\n");
    assert_eq!(scene.all(), ["one"]);
    fs::remove_file(scene.path("link")).unwrap();
    std::os::unix::fs::symlink(scene.path("tuesday"), scene.path("link")).unwrap();
    assert_eq!(scene.all(), ["two"]);
    write(&mut monday, "three\n");
    write(&mut tuesday, "four\n");
    assert_eq!(scene.all(), ["three", "four"]);
}

#[test]
fn a_packed_file_that_moves_on_is_read_once() {
    let mut scene = Scene::new(&["access.log.1.gz", "access.log.2.gz"]);
    let packed = zstd::encode_all(&b"one\ntwo\n"[..], 1).unwrap();
    fs::write(scene.path("access.log.1.gz"), packed).unwrap();
    assert_eq!(scene.all(), ["one", "two"]);
    scene.rename("access.log.1.gz", "access.log.2.gz");
    fs::write(scene.path("access.log.1.gz"), zstd::encode_all(&b"three\n"[..], 1).unwrap())
        .unwrap();
    assert!(scene.all().is_empty(), "it may still be being packed");
    assert_eq!(scene.all(), ["three"]);
    for _ in 0..3 {
        assert!(scene.later(31).is_empty());
    }
}

/// What `gzip` makes of a text.
fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn long(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("{number} some request\n")).collect()
}

#[test]
fn of_a_copy_only_what_its_log_lost_when_it_was_cut_is_read() {
    // Less than what is compared, more than it, and one that was cut in the middle of a line.
    for (read, unread) in [
        ("one\ntwo\n".to_owned(), String::new()),
        ("one\n".to_owned(), "two\nthree\n".to_owned()),
        (long(0, 100), String::new()),
        (long(0, 100), long(100, 120)),
        (long(0, 100) + "half", format!(" a line\n{}", long(100, 120))),
    ] {
        let mut scene = Scene::new(&["access.log", "access.log.1", "access.log.2"]);
        let mut server = scene.open("access.log");
        write(&mut server, &read);
        assert!(scene.all().iter().eq(read.lines().filter(|&line| line != "half")));
        // As logrotate does with `copytruncate`.
        write(&mut server, &unread);
        let whole = read + &unread;
        let mut copy = scene.open("access.log.1");
        for piece in whole.as_bytes().chunks(whole.len() / 3 + 1) {
            copy.write_all(piece).unwrap();
            scene.look(1);
        }
        server.set_len(0).unwrap();
        write(&mut server, "after\n");
        scene.look(1);
        assert!(scene.kept.lines.is_empty(), "who reads the log has not seen that it was cut");
        scene.look(0);
        let mut expected: Vec<&str> = unread.lines().filter(|&line| line != " a line").collect();
        expected.insert(0, "after");
        if whole.contains("half") {
            expected.insert(0, "half");
        }
        assert_eq!(scene.all(), expected);
        // The next rotation moves it on, and makes another.
        scene.rename("access.log.1", "access.log.2");
        fs::copy(scene.path("access.log"), scene.path("access.log.1")).unwrap();
        server.set_len(0).unwrap();
        for _ in 0..3 {
            assert!(scene.later(31).is_empty());
        }
        // A copy into the file that is there already.
        write(&mut server, "last, and longer than what was there\n");
        assert_eq!(scene.all().len(), 1);
        fs::copy(scene.path("access.log"), scene.path("access.log.1")).unwrap();
        server.set_len(0).unwrap();
        for _ in 0..3 {
            assert!(scene.later(31).is_empty());
        }
    }
}

#[test]
fn what_a_rotation_packs_of_lines_that_were_read_is_not_read_again() {
    for text in [long(0, 3), long(0, 1_000)] {
        let names = ["access.log", "access.log.1", "access.log.1.gz", "access.log.2.gz"];
        let mut scene = Scene::new(&names);
        write(&mut scene.open("access.log"), &text);
        fs::write(scene.path("access.log.1"), long(5_000, 5_100)).unwrap();
        // What is there at the start is read, whatever it is made of.
        fs::write(scene.path("access.log.2.gz"), gzip(&text)).unwrap();
        let lines = text.lines().count();
        assert_eq!(scene.all().len(), 2 * lines + 100);
        fs::write(scene.path("access.log.2.gz.tmp"), gzip(&long(5_000, 5_100))).unwrap();
        scene.rename("access.log.2.gz.tmp", "access.log.2.gz");
        scene.rename("access.log", "access.log.1");
        assert!(scene.all().is_empty());
        // It appears while it is being written.
        let mut packed = scene.open("access.log.1.gz");
        for piece in gzip(&text).chunks(30) {
            packed.write_all(piece).unwrap();
            assert!(scene.all().is_empty());
        }
        fs::remove_file(scene.path("access.log.1")).unwrap();
        for _ in 0..3 {
            assert!(scene.later(31).is_empty());
        }
        scene.rename("access.log.1.gz", "access.log.2.gz");
        // Nobody has seen it before it was packed.
        let mut packed = scene.open("access.log.1.gz");
        for piece in gzip(&long(7_000, 7_100)).chunks(30) {
            packed.write_all(piece).unwrap();
            assert!(scene.all().is_empty());
        }
        assert_eq!(scene.all().len(), 100);
        for _ in 0..3 {
            assert!(scene.later(31).is_empty());
        }
    }
}

#[test]
fn logs_that_begin_alike_are_no_copies() {
    let mut scene = Scene::new(&["access.log", "shop.log", "access.log.1"]);
    let text = long(0, 100);
    for name in ["access.log", "shop.log", "access.log.1"] {
        write(&mut scene.open(name), &text);
    }
    assert_eq!(scene.all().len(), 300, "all that is there at the start is read");
    for name in ["access.log", "shop.log"] {
        fs::remove_file(scene.path(name)).unwrap();
        write(&mut scene.open(name), &text);
    }
    assert_eq!(scene.all().len(), 200);
}

/// What happens to a log.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The server writes so many lines.
    Write(usize),
    /// A worker that has not reopened writes one into the file before.
    Late,
    Rotate,
    /// The server makes its log anew.
    Reopen,
    /// A rotation that copies the log and then cuts it.
    Copy,
    Look(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4_usize).prop_map(Step::Write),
        2 => Just(Step::Late),
        3 => Just(Step::Rotate),
        3 => Just(Step::Reopen),
        2 => Just(Step::Copy),
        8 => (0..NAMES).prop_map(Step::Look),
        2 => (0..40_u64).prop_map(Step::Wait),
    ]
}

/// A log whose rotated files are followed, too, and its server.
struct Rotated {
    scene: Scene,
    server: File,
    before: Option<File>,
    rotations: usize,
    written: Vec<String>,
}

impl Rotated {
    fn new(names: &[&str]) -> Rotated {
        let mut scene = Scene::new(names);
        let server = scene.open("access.log");
        // A copy that is there by now is read.
        scene.all();
        Rotated { scene, server, before: None, rotations: 0, written: Vec::new() }
    }

    fn line(&mut self) -> String {
        let number = self.written.len();
        let line = format!("{number} {}", "x".repeat(number % 7));
        self.written.push(line.clone());
        line + "\n"
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Write(lines) => {
                let text: String = (0..lines).map(|_| self.line()).collect();
                write(&mut self.server, &text);
            }
            Step::Late => {
                if self.before.is_some() {
                    let line = self.line();
                    self.before.iter_mut().for_each(|file| write(file, &line));
                }
            }
            Step::Rotate => self.rotate(0),
            Step::Copy => {
                if self.named(0).exists() {
                    self.rotate(1);
                    fs::copy(self.named(0), self.named(1)).unwrap();
                    self.server.set_len(0).unwrap();
                }
            }
            Step::Reopen => {
                if !self.named(0).exists() {
                    let anew = self.scene.open("access.log");
                    self.before = Some(std::mem::replace(&mut self.server, anew));
                }
            }
            Step::Look(follower) => self.scene.look(follower % self.scene.followers.len()),
            Step::Wait(seconds) => self.scene.now += Duration::from_secs(seconds) + POLL,
        }
    }

    /// Moves on what has this number or a higher one.
    fn rotate(&mut self, from: usize) {
        self.rotations += 1;
        for number in (from..NAMES).rev() {
            let _ = fs::rename(self.named(number), self.named(number + 1));
        }
        let _ = fs::remove_file(self.named(NAMES));
    }

    fn named(&self, number: usize) -> PathBuf {
        self.scene.path(&name(number))
    }

    /// The lines that came by the end, in the order of their names.
    fn came(&mut self) -> Vec<String> {
        let mut came = std::mem::take(&mut self.scene.kept.lines);
        for _ in 0..4 {
            came.extend(self.scene.later(31));
        }
        came.sort_unstable();
        came
    }
}

fn name(number: usize) -> String {
    if number == 0 { "access.log".to_owned() } else { format!("access.log.{number}") }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn where_all_paths_are_followed_every_line_counts_once(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let names: Vec<String> = (0..NAMES).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut log = Rotated::new(&names);
        for step in steps {
            if !matches!(step, Step::Rotate | Step::Copy) || log.rotations + 1 < NAMES {
                log.take(step);
            }
        }
        let came = log.came();
        prop_assert_eq!(came, sorted(log.written));
        prop_assert_eq!(log.scene.kept.missed, 0);
    }

    #[test]
    fn where_some_are_followed_no_line_counts_twice(
        steps in prop::collection::vec(step(), 1..80),
        followed in prop::collection::btree_set(1..NAMES, 0..4),
    ) {
        let names: Vec<String> = [0].into_iter().chain(followed).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut log = Rotated::new(&names);
        steps.into_iter().for_each(|step| log.take(step));
        let came = log.came();
        let mut once = came.clone();
        once.dedup();
        prop_assert_eq!(&came, &once);
        let written = sorted(log.written);
        prop_assert!(came.iter().all(|line| written.binary_search(line).is_ok()));
    }

    /// A look after each step, and no line that comes when its file is closed where nobody looks.
    #[test]
    fn where_some_are_followed_and_looked_at_every_line_counts_once(
        steps in prop::collection::vec((step(), any::<prop::sample::Index>()), 1..60),
        followed in prop::collection::btree_set(1..NAMES, 0..4),
    ) {
        let names: Vec<String> = [0].into_iter().chain(followed).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut log = Rotated::new(&names);
        for (step, first) in steps {
            if !matches!(step, Step::Wait(_)) {
                log.take(step);
            }
            for follower in 0..names.len() {
                log.take(Step::Look(first.index(names.len()) + follower));
            }
        }
        let came = log.came();
        prop_assert_eq!(came, sorted(log.written));
    }
}
