//! What is kept of anomalies over restarts, in one file: what was learnt, the book, and the mutes.
//!
//! A line that says what it is, then JSON packed with zstd. Written beside and renamed, so that a process
//! that is killed at any moment leaves the file of before or the new one; a checksum tells the rest. A
//! file that can't be read is set aside, for somebody who wants to look at it, and never fatal: what is
//! lost is a week of learning, and a server that does not start is worse.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::book::Entry;
use crate::aggregate::detect::Learnt;
use crate::aggregate::templates::Templates;
use crate::aggregate::wire::Mute;

/// The file's name in the directory.
pub const FILE: &str = "anomalies.tapline";
/// Grows with every change that an older reader would misread.
const VERSION: u32 = 1;
const MAGIC: &str = "tapline anomalies";
/// The longest first line.
const MAX_HEAD: usize = 128;
/// Bytes once unpacked: ten thousand series of 4 KiB, as numbers of JSON, and the book.
const MAX_BYTES: usize = 512 << 20;
/// Speed matters more than the last tenth of the size: it is written every minute.
const LEVEL: i32 = 1;

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    pub(super) learnt: Learnt,
    pub(super) entries: Vec<Entry>,
    pub(super) mutes: Vec<Mute>,
    /// Of error messages; they live with the window.
    #[serde(default)]
    pub templates: Option<Templates>,
}

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is no such file.
    Foreign,
    /// Another version wrote it.
    Version,
    /// Its end is missing, or bytes of it are others than were written.
    Checksum,
    /// It is what was written, and that makes no sense.
    Content,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Damage::Foreign => "it is not a file of Tapline's anomalies",
            Damage::Version => "another version of Tapline wrote it",
            Damage::Checksum => "its checksum is wrong",
            Damage::Content => "its content can't be read",
        })
    }
}

/// As the file has it.
///
/// # Errors
/// Where packing fails: there is no memory.
pub fn encode(kept: &Kept) -> io::Result<Vec<u8>> {
    let packed = zstd::encode_all(&serde_json::to_vec(kept)?[..], LEVEL)?;
    let head = format!("{MAGIC} {VERSION} {:08x} {}\n", checksum(&packed), packed.len());
    Ok([head.as_bytes(), &packed].concat())
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// Why it can't be read.
pub fn decode(bytes: &[u8]) -> Result<Kept, Damage> {
    let head = &bytes[..bytes.len().min(MAX_HEAD)];
    let end = head.iter().position(|b| *b == b'\n').ok_or(Damage::Foreign)?;
    let words = std::str::from_utf8(&head[..end]).map_err(|_| Damage::Foreign)?;
    let words = words.strip_prefix(MAGIC).ok_or(Damage::Foreign)?;
    let words: Vec<&str> = words.split_whitespace().collect();
    let [version, sum, length] = words[..] else { return Err(Damage::Foreign) };
    if version.parse() != Ok(VERSION) {
        return Err(Damage::Version);
    }
    let packed = &bytes[end + 1..];
    if length.parse() != Ok(packed.len()) || u32::from_str_radix(sum, 16) != Ok(checksum(packed)) {
        return Err(Damage::Checksum);
    }
    let mut text = Vec::new();
    let reader = zstd::Decoder::new(packed).map_err(|_| Damage::Content)?;
    let mut limited = io::Read::take(reader, MAX_BYTES as u64);
    io::Read::read_to_end(&mut limited, &mut text).map_err(|_| Damage::Content)?;
    serde_json::from_slice(&text).map_err(|_| Damage::Content)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The directory in which this process keeps its file; nobody else writes there meanwhile.
#[derive(Debug)]
pub struct Keeper {
    dir: PathBuf,
    /// Held as long as this lives: the lock goes with the process, however it ends.
    _lock: File,
}

/// What was there at the start.
#[derive(Debug)]
pub enum Found {
    Nothing,
    Kept(Box<Kept>),
    /// The file was set aside under this name.
    Damaged(Damage, PathBuf),
}

impl Keeper {
    /// Takes the directory, made where there is none; `None` where another process has it.
    ///
    /// # Errors
    /// Where it can't be made or written to.
    pub fn take(dir: &Path) -> io::Result<Option<Keeper>> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join(format!("{FILE}.lock")))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Keeper { dir: dir.to_owned(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    /// Reads what was kept; what is damaged is renamed.
    ///
    /// # Errors
    /// Where the file is there and can't be read or renamed.
    pub fn load(&self) -> io::Result<Found> {
        let path = self.path();
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            bytes => bytes?,
        };
        match decode(&bytes) {
            Ok(kept) => Ok(Found::Kept(Box::new(kept))),
            Err(damage) => {
                let aside = self.dir.join(format!("{FILE}.damaged"));
                fs::rename(&path, &aside)?;
                Ok(Found::Damaged(damage, aside))
            }
        }
    }

    /// Puts the file in the place of the one before.
    ///
    /// # Errors
    /// Where it can't be written: the one before is still there.
    pub fn save(&self, kept: &Kept) -> io::Result<()> {
        let beside = self.dir.join(format!("{FILE}.new"));
        // Lines of visitors are in it: nobody else's business on a machine of several users.
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.write_all(&encode(kept)?)?;
        // Before the name changes: after a power cut the new name must not have an empty file.
        file.sync_all()?;
        fs::rename(&beside, self.path())?;
        File::open(&self.dir)?.sync_all()
    }
}
