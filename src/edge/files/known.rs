//! What was read of which file, known to every follower of the process: a rotation moves a file from one
//! followed path to the next, and its lines count once.
//!
//! A file has one reader at a time. Who else finds it at his path waits until it is let go, and then reads
//! on where the other one ended.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::missed::born;

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
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) head: Vec<u8>,
}

/// The files of one process.
#[derive(Debug, Default)]
pub struct Known(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What is followed.
    paths: Vec<PathBuf>,
    /// In the order in which they were first read.
    files: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    identity: Identity,
    /// A follower has it open.
    held: bool,
    /// As of when it was let go.
    read: Part,
}

impl Known {
    pub(super) fn follows(&self, path: &Path) {
        self.state().paths.push(path.to_owned());
    }

    /// Takes a file to be read and says what was read of it before; `None` where another follower has it.
    pub(super) fn take(&self, identity: Identity) -> Option<Part> {
        let mut state = self.state();
        if let Some(entry) = state.files.iter_mut().find(|entry| entry.identity == identity) {
            let free = !std::mem::replace(&mut entry.held, true);
            return free.then(|| entry.read.clone());
        }
        if state.files.len() >= MAX_KNOWN
            && let Some(oldest) = state.files.iter().position(|entry| !entry.held)
        {
            state.files.remove(oldest);
        }
        state.files.push(Entry { identity, held: true, read: Part::default() });
        Some(Part::default())
    }

    /// Gives a file back that was taken.
    pub(super) fn let_go(&self, identity: Identity, read: Part) {
        let mut state = self.state();
        let Some(at) = state.files.iter().position(|entry| entry.identity == identity) else {
            return;
        };
        if read.offset == 0 {
            state.files.remove(at);
        } else {
            state.files[at].held = false;
            state.files[at].read = read;
        }
    }

    /// Whether a file was read, or is going to be: it is where another follower looks.
    pub(super) fn has(&self, identity: Identity) -> bool {
        let paths = {
            let state = self.state();
            if state.files.iter().any(|entry| entry.identity == identity) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(inode: u64) -> Identity {
        Identity { device: 1, inode, born: Some(Duration::from_secs(7)) }
    }

    fn part(offset: u64) -> Part {
        Part { offset, head: b"one\n".to_vec() }
    }

    #[test]
    fn a_file_has_one_reader_and_the_next_goes_on_where_he_ended() {
        let known = Known::default();
        assert_eq!(known.take(file(1)), Some(Part::default()));
        assert_eq!(known.take(file(1)), None);
        assert_eq!(known.take(file(2)), Some(Part::default()));
        known.let_go(file(1), part(4));
        assert!(known.has(file(1)) && !known.has(file(3)));
        assert_eq!(known.take(file(1)), Some(part(4)));
        assert_eq!(known.take(file(1)), None);
    }

    #[test]
    fn a_number_that_is_used_again_is_another_file() {
        let known = Known::default();
        known.take(file(1));
        known.let_go(file(1), part(4));
        let anew = Identity { born: Some(Duration::from_secs(8)), ..file(1) };
        assert_eq!(known.take(anew), Some(Part::default()));
    }

    #[test]
    fn what_is_forgotten_first_is_the_oldest_that_nobody_reads() {
        let known = Known::default();
        let many = MAX_KNOWN as u64 + 2;
        for inode in 0..many {
            known.take(file(inode));
            if inode > 0 {
                known.let_go(file(inode), part(4));
            }
        }
        assert_eq!(known.state().files.len(), MAX_KNOWN);
        let forgotten: Vec<u64> = (0..many).filter(|&inode| !known.has(file(inode))).collect();
        assert_eq!(forgotten, [1, 2]);
    }
}
