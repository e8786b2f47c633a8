//! What outlives the process beside what was learnt: the window in one file a chunk, and a file of
//! figures: accounting, sources, markers, and when nobody listened.
//!
//! A chunk that is closed does not change, so each is written once, by whoever calls [`Store::save`], which
//! holds the window's lock for no longer than the texts of one column take. The open chunk is written anew
//! each time. There is no index: a chunk is one file that has the number in its name in it, too, so whatever file
//! is there is loaded, and nothing can be there twice. A file that can't be read, or is called otherwise than it
//! was, is set aside and the rest is loaded.

pub mod figures;
mod load;
mod names;
pub mod sources;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use self::figures::Figures;
pub use self::load::{Loaded, LoadedFigures};
use super::node::Node;
use super::sealed::{self, Damage, Kind, remove};
use super::window::kept::ChunkState;
use crate::aggregate::forget::Forget;
use crate::aggregate::kept::KeptRows;
use crate::decode::redact::line::Addresses;
use crate::vocab::time::Second;

/// The directory beside the file of what was learnt.
pub const DIR: &str = "window";
const CHUNK: Kind = Kind { magic: "tapline window", version: 2 };
/// Without its number.
const CHUNK_1: Kind = Kind { version: 1, ..CHUNK };
/// Rounded up: what a chunk's file has beside columns and texts.
const SLACK: usize = 1 << 20;

/// How much of clients is kept: what was written when it was more is cut before it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privacy {
    /// 0 whole, 1 masked, 2 not at all.
    pub clients: u8,
    /// Secrets are taken out of queries.
    pub redacted: bool,
}

impl Privacy {
    /// Whether something stands in for clients.
    fn masks_clients(self) -> bool {
        self.clients > 0
    }

    /// What becomes of an address.
    #[must_use]
    pub fn of_addresses(self) -> Addresses {
        match self.clients {
            0 => Addresses::Keep,
            1 => Addresses::Mask,
            _ => Addresses::Remove,
        }
    }

    /// Whether what was written under this may be kept under `now`.
    #[must_use]
    pub fn is_enough_for(self, now: Privacy) -> bool {
        self.clients >= now.clients && (self.redacted || !now.redacted)
    }
}

/// What is on disk of a chunk.
#[derive(Clone, Copy, Debug)]
struct Written {
    serial: u64,
    events: usize,
    closed: bool,
}

impl Written {
    fn is_of(&self, chunk: &ChunkState) -> bool {
        (self.events, self.closed) == (chunk.events, chunk.closed)
    }
}

#[derive(Debug, Default)]
struct Files {
    /// By the chunk's number in the window.
    written: BTreeMap<u32, Written>,
    next: u64,
    /// What the figures said of it when all chunks had been written.
    known_until: Option<i64>,
    /// The figures could not be written the last time.
    figures_failed: bool,
    /// Nothing more will come.
    ends: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    budget: usize,
    privacy: Privacy,
    /// Held while files are written: one at a time.
    files: Mutex<Files>,
}

/// How often the state of the process was written, and could not be.
#[derive(Debug)]
pub struct Saves {
    done: AtomicU64,
    failed: AtomicU64,
    last: Mutex<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    /// What is from before it is written, or was there when the process began.
    written: Second,
    failed: bool,
}

impl Saves {
    #[must_use]
    pub fn new(started: Second) -> Saves {
        let last = Mutex::new(Last { written: started, failed: false });
        Saves { done: AtomicU64::new(0), failed: AtomicU64::new(0), last }
    }

    /// One that began at a second.
    pub fn count(&self, ok: bool, at: Second) {
        let count = if ok { &self.done } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Last { written: if ok { at } else { last.written }, failed: !ok };
    }

    /// Since when nothing was written; `None` where the last time it could be.
    #[must_use]
    pub fn unwritten_since(&self) -> Option<Second> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.failed.then_some(last.written)
    }

    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Store {
    /// In a directory of which the caller is the only user; `budget` is the window's.
    ///
    /// # Errors
    /// Where it can't be made.
    pub fn new(state: &Path, budget: usize, privacy: Privacy) -> io::Result<Store> {
        let dir = state.join(DIR);
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        Ok(Store { dir, budget, privacy, files: Mutex::default() })
    }

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is saved from now on is all that the process had: it was told to end, and closed its last second.
    pub fn ends(&self) {
        self.files().ends = true;
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that the content of a file may have.
    fn most(&self) -> usize {
        self.budget.saturating_add(SLACK)
    }

    /// Writes what is not written yet and takes away what the window has no more; blocks.
    ///
    /// # Errors
    /// The first that can't be written. What was written before is still there, what else can be
    /// written is, and the next time begins where this one ended.
    pub fn save(&self, node: &Node) -> io::Result<()> {
        let mut files = self.files();
        // Before the rows: a second of which rows are missing is not said to be known, nor a line counted whose row is.
        let mut figures = Figures::of(node, self.privacy);
        node.flush();
        let chunks = node.live().chunks();
        let mut written = self.forget_gone(&mut files, &chunks);
        for chunk in &chunks {
            if !files.written.get(&chunk.number).is_some_and(|written| written.is_of(chunk)) {
                written = written.and_then(|()| self.write_chunk(node, &mut files, chunk));
            }
        }
        // A full disk has no room for a chunk and may have it for these: markers are in no other file.
        match &written {
            Ok(()) => files.known_until = figures.until(),
            Err(_) => figures.known_until(files.known_until),
        }
        figures.ended = files.ends;
        figures.beside(files.written.values().map(|written| written.serial));
        let replaced =
            figures.seal().and_then(|file| sealed::replace(&self.dir, figures::FILE, &file));
        files.figures_failed = replaced.is_err();
        written.and(replaced)
    }

    /// Whether there are chunks that do not change any more and are not written: with many lines it is
    /// sooner than the next time that is due.
    #[must_use]
    pub fn is_behind(&self, node: &Node) -> bool {
        let chunks = node.live().chunks();
        let files = self.files();
        let is_written = |chunk: &ChunkState| {
            files.written.get(&chunk.number).is_some_and(|written| written.is_of(chunk))
        };
        chunks.iter().any(|chunk| chunk.closed && !is_written(chunk))
    }

    /// Whether the accounting, sources and markers were not written the last time.
    #[must_use]
    pub fn figures_failed(&self) -> bool {
        self.files().figures_failed
    }

    /// How many events of the window are not on disk, and the oldest second of one.
    #[must_use]
    pub fn unwritten(&self, node: &Node) -> (u64, Option<Second>) {
        let files = self.files();
        let live = node.live();
        let (mut events, mut oldest) = (0, None);
        for chunk in live.chunks() {
            let written = files.written.get(&chunk.number).map_or(0, |written| written.events);
            if written < chunk.events {
                events += (chunk.events - written) as u64;
                let second = live.oldest_from(chunk.number, written);
                oldest = [oldest, second].into_iter().flatten().min();
            }
        }
        (events, oldest)
    }

    /// First: a full disk gets room by it.
    fn forget_gone(&self, files: &mut Files, chunks: &[ChunkState]) -> io::Result<()> {
        let oldest = chunks.first().map(|chunk| chunk.number);
        let is_here = |number: u32| {
            oldest.is_some_and(|oldest| (number.wrapping_sub(oldest) as usize) < chunks.len())
        };
        let gone: Vec<u32> = files.written.keys().copied().filter(|n| !is_here(*n)).collect();
        for number in gone {
            if let Some(written) = files.written.get(&number) {
                remove(&self.dir.join(names::of(written.serial)))?;
                files.written.remove(&number);
            }
        }
        Ok(())
    }

    fn write_chunk(&self, node: &Node, files: &mut Files, chunk: &ChunkState) -> io::Result<()> {
        // What has left meanwhile is no loss: there was no room for it.
        let Some(leaving) = node.live().leaving(chunk.number) else { return Ok(()) };
        let texts = |number, field, ids: &[u32]| node.live().texts(number, field, ids);
        let Some(rows) = leaving.rows(texts) else { return Ok(()) };
        let serial = match files.written.get(&chunk.number) {
            Some(written) => written.serial,
            None => {
                files.next += 1;
                files.next
            }
        };
        sealed::replace(&self.dir, &names::of(serial), &seal(serial, &rows, self.privacy)?)?;
        let events = rows.len();
        // More may have come meanwhile; then it is written again.
        let closed = chunk.closed && events == chunk.events;
        files.written.insert(chunk.number, Written { serial, events, closed });
        Ok(())
    }
}

impl Store {
    /// Takes a client out of every file; how many had it. What is damaged can't be read and may have it, so
    /// it goes and counts.
    ///
    /// # Errors
    /// Where one can't be read or written; a second call begins anew.
    pub fn forget(&self, who: &Forget) -> io::Result<u64> {
        // Nothing is written meanwhile that still has it.
        let _files = self.files();
        load::damaged(&self.dir)?.iter().try_for_each(|path| remove(path))?;
        self.remove_unfinished()?;
        let mut count = 0;
        for serial in names::list(&self.dir)? {
            let name = names::of(serial);
            let chunk = match sealed::read(&self.dir.join(&name), self.most()) {
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(Damage::Content),
                file => unseal(serial, &file?, self.most()),
            };
            let Ok((mut rows, privacy)) = chunk else {
                remove(&self.dir.join(&name))?;
                count += 1;
                continue;
            };
            if rows.replace(|_, text| who.text(text)) {
                sealed::replace(&self.dir, &name, &seal(serial, &rows, privacy)?)?;
                count += 1;
            }
        }
        Ok(count + u64::from(Figures::forget(&self.dir, who)?))
    }

    /// Whether one kept something in this directory.
    ///
    /// # Errors
    /// Where it can't be looked into.
    pub fn has_files(state: &Path) -> io::Result<bool> {
        let entries = match fs::read_dir(state.join(DIR)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            // Somebody else's file has the name.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(false),
            entries => entries?,
        };
        for entry in entries {
            if entry?.file_name().to_str().is_some_and(is_ours) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes everything away that one kept in this directory, of which the caller is the only user; how many
    /// files that were.
    ///
    /// # Errors
    /// Where one can't be taken away.
    pub fn discard(state: &Path) -> io::Result<usize> {
        let dir = state.join(DIR);
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            entries => entries?,
        };
        let mut count = 0;
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(is_ours) {
                remove(&entry.path())?;
                count += 1;
            }
        }
        // Somebody else's files stay, and the directory with them.
        let _ = fs::remove_dir(&dir);
        Ok(count)
    }

    /// What a process was writing when it was killed: nobody reads it, and clients may be in it.
    fn remove_unfinished(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.ends_with(sealed::BESIDE) && is_ours(name))
                && !entry.file_type()?.is_dir()
            {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Whether it is the name of a file that is kept here, of one that is not finished, or was set aside.
fn is_ours(name: &str) -> bool {
    let whole = [sealed::BESIDE, load::ASIDE].iter().find_map(|end| name.strip_suffix(end));
    let whole = whole.unwrap_or(name);
    whole == figures::FILE || names::read(whole).is_some()
}

fn seal(serial: u64, rows: &KeptRows, privacy: Privacy) -> io::Result<Vec<u8>> {
    let mut content = vec![privacy.clients, u8::from(privacy.redacted)];
    content.extend(serial.to_le_bytes());
    rows.encode(&mut content);
    sealed::seal(CHUNK, &content)
}

/// The rows of the file of a chunk, and what it was written under.
fn unseal(serial: u64, file: &[u8], most: usize) -> Result<(KeptRows, Privacy), Damage> {
    let (content, is_numbered) = match sealed::unseal(CHUNK, file, most) {
        Err(Damage::Version) => (sealed::unseal(CHUNK_1, file, most)?, false),
        content => (content?, true),
    };
    let (head, mut rows) = content.split_at_checked(2).ok_or(Damage::Content)?;
    let privacy = Privacy { clients: head[0], redacted: head[1] != 0 };
    if is_numbered {
        let (number, behind) = rows.split_first_chunk().ok_or(Damage::Content)?;
        // A copy has the rows of another file, which would count twice.
        let number = u64::from_le_bytes(*number);
        if number != serial {
            return Err(Damage::Renamed(number));
        }
        rows = behind;
    }
    KeptRows::decode(rows).map(|rows| (rows, privacy)).ok_or(Damage::Content)
}

#[cfg(test)]
mod tests;
