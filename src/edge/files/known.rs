//! What was read of which file, known to every follower of the process: a rotation moves a file from one
//! followed path to the next, and its lines count once.
//!
//! A file has one reader at a time. Who else finds it at his path waits until it is let go, and then reads
//! on where the other one ended. What a rotation copies or packs is another file of the same lines: it is known
//! by its name and its first bytes.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::missed::{born, made_of};

/// Files that are remembered after they were let go, the last ones: years of daily rotation in 2 MiB.
const MAX_KNOWN: usize = 4_096;

/// Which file it is, whatever it is called. The number of an inode is used again, its birth comes once; where
/// the file system does not date births, its first bytes must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    pub(super) born: Option<Duration>,
}

impl Identity {
    pub(super) fn of(meta: &Metadata) -> Identity {
        Identity { device: meta.dev(), inode: meta.ino(), born: born(meta) }
    }

    fn at(path: &Path) -> Option<Identity> {
        fs::metadata(path).ok().map(|meta| Identity::of(&meta))
    }
}

/// How far a file was read, and how it began: where it begins otherwise, something else was written into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) offset: u64,
    pub(super) head: Vec<u8>,
}

/// What was read of a file's lines under another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    /// It is not known yet: the file or what it may be a copy of is still being written.
    Unclear,
    /// So many bytes from the start, and perhaps more by now where that file is still `held`.
    Counted {
        offset: u64,
        held: bool,
    },
}

/// The files of one process.
#[derive(Debug, Default)]
pub struct KnownFiles(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What is followed.
    paths: Vec<PathBuf>,
    /// In the order in which they were first read.
    files: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// `None` is what was in a file before it was cut.
    identity: Option<Identity>,
    /// Where it was first read.
    path: PathBuf,
    /// A follower has it open.
    held: bool,
    /// Its offset is that of when it was let go.
    read: Progress,
}

impl KnownFiles {
    pub(super) fn follows(&self, path: &Path) {
        self.state().paths.push(path.to_owned());
    }

    /// Takes a file to be read and says what was read of it before; `None` where another follower has it.
    pub(super) fn take(&self, identity: Identity, path: &Path) -> Option<Progress> {
        let mut state = self.state();
        if let Some(entry) = state.file(identity) {
            let free = !std::mem::replace(&mut entry.held, true);
            return free.then(|| entry.read.clone());
        }
        let (identity, path) = (Some(identity), path.to_owned());
        state.remember(Entry { identity, path, held: true, read: Progress::default() });
        Some(Progress::default())
    }

    /// Tells how a file that was taken begins.
    pub(super) fn begins(&self, identity: Identity, head: &[u8]) {
        if let Some(entry) = self.state().file(identity) {
            entry.read.head = head.to_vec();
        }
    }

    /// Tells that a file that was taken was cut, and what had been read of it.
    pub(super) fn cut(&self, identity: Identity, read: Progress) {
        let mut state = self.state();
        if let Some(entry) = state.file(identity) {
            entry.read = Progress::default();
            let path = entry.path.clone();
            state.remember(Entry { identity: None, path, held: false, read });
        }
    }

    /// What of the file at `path`, which begins with `head`, was read before it was copied or packed. A `head`
    /// of less than [`HEAD`](super::open::HEAD) bytes is all that there is by now.
    pub(super) fn judge(&self, path: &Path, head: &[u8]) -> Verdict {
        let state = self.state();
        let mut verdict = Verdict::Nothing;
        for Entry { path: origin, held, read, .. } in &state.files {
            let both = read.head.len().min(head.len());
            if both == 0 || read.head[..both] != head[..both] || !made_of(path, origin) {
                continue;
            }
            if head.len() < read.head.len() {
                return Verdict::Unclear;
            }
            verdict = match verdict {
                Verdict::Counted { offset, held: other } => {
                    Verdict::Counted { offset: offset.max(read.offset), held: other || *held }
                }
                _ => Verdict::Counted { offset: read.offset, held: *held },
            };
        }
        verdict
    }

    /// Gives a file back that was taken.
    pub(super) fn let_go(&self, identity: Identity, read: Progress) {
        let mut state = self.state();
        if read.offset == 0 {
            state.files.retain(|entry| entry.identity != Some(identity));
        } else if let Some(entry) = state.file(identity) {
            entry.held = false;
            entry.read = read;
        }
    }

    /// Whether a file was read, or is going to be: it is where another follower looks.
    pub(super) fn has(&self, identity: Identity) -> bool {
        let paths = {
            let state = self.state();
            if state.files.iter().any(|entry| entry.identity == Some(identity)) {
                return true;
            }
            state.paths.clone()
        };
        paths.iter().any(|path| Identity::at(path) == Some(identity))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn file(&mut self, identity: Identity) -> Option<&mut Entry> {
        self.files.iter_mut().find(|entry| entry.identity == Some(identity))
    }

    fn remember(&mut self, entry: Entry) {
        if self.files.len() >= MAX_KNOWN
            && let Some(oldest) = self.files.iter().position(|entry| !entry.held)
        {
            self.files.remove(oldest);
        }
        self.files.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(inode: u64) -> Identity {
        Identity { device: 1, inode, born: Some(Duration::from_secs(7)) }
    }

    fn take(known: &KnownFiles, file: Identity) -> Option<Progress> {
        known.take(file, Path::new("access.log"))
    }

    fn part(offset: u64) -> Progress {
        Progress { offset, head: b"one\n".to_vec() }
    }

    #[test]
    fn a_file_has_one_reader_and_the_next_goes_on_where_he_ended() {
        let known = KnownFiles::default();
        assert_eq!(take(&known, file(1)), Some(Progress::default()));
        assert_eq!(take(&known, file(1)), None);
        assert_eq!(take(&known, file(2)), Some(Progress::default()));
        known.let_go(file(1), part(4));
        assert!(known.has(file(1)) && !known.has(file(3)));
        assert_eq!(take(&known, file(1)), Some(part(4)));
        assert_eq!(take(&known, file(1)), None);
    }

    #[test]
    fn a_number_that_is_used_again_is_another_file() {
        let known = KnownFiles::default();
        take(&known, file(1));
        known.let_go(file(1), part(4));
        let anew = Identity { born: Some(Duration::from_secs(8)), ..file(1) };
        assert_eq!(take(&known, anew), Some(Progress::default()));
    }

    #[test]
    fn what_is_forgotten_first_is_the_oldest_that_nobody_reads() {
        let known = KnownFiles::default();
        let many = MAX_KNOWN as u64 + 2;
        for inode in 0..many {
            take(&known, file(inode));
            if inode > 0 {
                known.let_go(file(inode), part(4));
            }
        }
        assert_eq!(known.state().files.len(), MAX_KNOWN);
        let forgotten: Vec<u64> = (0..many).filter(|&inode| !known.has(file(inode))).collect();
        assert_eq!(forgotten, [1, 2]);
    }

    #[test]
    fn a_copy_is_known_by_its_name_and_its_first_bytes() {
        let known = KnownFiles::default();
        let judge = |name: &str, head: &str| known.judge(Path::new(name), head.as_bytes());
        take(&known, file(1));
        assert_eq!(judge("access.log.1", "one\n"), Verdict::Nothing);
        known.begins(file(1), b"one\n");
        for (name, head, expected) in [
            ("access.log.1", "one\ntwo\n", Verdict::Counted { offset: 0, held: true }),
            ("access.log.1", "one\n", Verdict::Counted { offset: 0, held: true }),
            ("access.log.1", "on", Verdict::Unclear),
            ("access.log.1", "", Verdict::Nothing),
            ("access.log.1", "two\n", Verdict::Nothing),
            ("access.log", "one\n", Verdict::Nothing),
            ("shop.log.1", "one\n", Verdict::Nothing),
            ("/access.log.1", "one\n", Verdict::Nothing),
        ] {
            assert_eq!(judge(name, head), expected, "{name} {head:?}");
        }
        known.cut(file(1), Progress { offset: 9, ..part(4) });
        known.begins(file(1), b"three\n");
        let counted = Verdict::Counted { offset: 9, held: false };
        assert_eq!(judge("./access.log.2.gz", "one\n"), counted);
        known.let_go(file(1), Progress { offset: 12, head: b"three\n".to_vec() });
        let counted = Verdict::Counted { offset: 12, held: false };
        assert_eq!(judge("access.log.1", "three\nfour\n"), counted);
    }
}
