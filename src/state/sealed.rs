//! A file that outlives the process: a line that says what it is, then bytes packed with zstd.
//!
//! Written beside and renamed, so that a process that is killed at any moment leaves the file of before
//! or the new one; a checksum tells the rest.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::aggregate::forget::Forget;

/// The longest first line.
const MAX_HEAD: usize = 128;
/// Speed matters more than the last tenth of the size: these are written every minute.
const LEVEL: i32 = 1;
/// The end of a name that is not the file's yet.
pub const BESIDE: &str = ".new";

/// What a file is: the words that it begins with, and the version, which grows with every change that an
/// older reader would misread.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub magic: &'static str,
    pub version: u32,
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
    /// It was written under another name, with this number.
    Renamed(u64),
    /// The system can't, or may not, read it, or it is no file but a folder, a pipe or a socket.
    Unreadable,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Damage::Foreign => "it is no file that Tapline keeps there",
            Damage::Version => "another version of Tapline wrote it",
            Damage::Checksum => "its checksum is wrong",
            Damage::Content => "its content can't be read",
            Damage::Renamed(number) => {
                return write!(f, "it was written as number {number}, and copied or renamed");
            }
            Damage::Unreadable => "the system can't read it, or may not, or it is no regular file",
        })
    }
}

/// The file with this in it.
///
/// # Errors
/// Where packing fails: there is no memory.
pub fn seal(kind: Kind, content: &[u8]) -> io::Result<Vec<u8>> {
    // In one go: as a stream it is copied once more, and a match is looked for in two places.
    let mut packed = zstd::bulk::compress(content, LEVEL)?;
    let Kind { magic, version } = kind;
    let head = format!("{magic} {version} {:08x} {}\n", checksum(&packed), packed.len());
    packed.splice(..0, head.into_bytes());
    Ok(packed)
}

/// What is in a file, at most so many bytes of it.
///
/// # Errors
/// Why it can't be read.
pub fn unseal(kind: Kind, file: &[u8], most: usize) -> Result<Vec<u8>, Damage> {
    let head = &file[..file.len().min(MAX_HEAD)];
    let end = head.iter().position(|b| *b == b'\n').ok_or(Damage::Foreign)?;
    let words = std::str::from_utf8(&head[..end]).map_err(|_| Damage::Foreign)?;
    let words = words.strip_prefix(kind.magic).ok_or(Damage::Foreign)?;
    let words: Vec<&str> = words.split_whitespace().collect();
    let [version, sum, length] = words[..] else { return Err(Damage::Foreign) };
    if version.parse() != Ok(kind.version) {
        return Err(Damage::Version);
    }
    let packed = &file[end + 1..];
    if length.parse() != Ok(packed.len()) || u32::from_str_radix(sum, 16) != Ok(checksum(packed)) {
        return Err(Damage::Checksum);
    }
    let mut content = Vec::new();
    let reader = zstd::Decoder::new(packed).map_err(|_| Damage::Content)?;
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let read = reader.take(most.saturating_add(1)).read_to_end(&mut content);
    match read {
        Ok(bytes) if bytes as u64 <= most => Ok(content),
        _ => Err(Damage::Content),
    }
}

/// A regular file of at most so many bytes. A pipe would be waited at for ever, for somebody who writes to it.
///
/// # Errors
/// Where it can't be read, is larger, or is something else.
pub fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    // Without it, opening a pipe waits, too.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    match file.take(most.saturating_add(1)).read_to_end(&mut bytes)? {
        read if read as u64 > most => Err(io::ErrorKind::FileTooLarge.into()),
        _ => Ok(bytes),
    }
}

/// Takes a client out of a file of JSON; tells whether it was in it. No file has none; one that makes no
/// sense may have it, so it goes.
///
/// # Errors
/// Where it can't be read or written.
pub fn forget(dir: &Path, name: &str, kind: Kind, most: usize, who: &Forget) -> io::Result<bool> {
    let text = match read(&dir.join(name), most) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => None,
        file => unseal(kind, &file?, most).ok(),
    };
    let value: Option<Value> = text.and_then(|text| serde_json::from_slice(&text).ok());
    let Some(mut value) = value else { return remove(&dir.join(name)).map(|()| true) };
    if !who.value(&mut value) {
        return Ok(false);
    }
    replace(dir, name, &seal(kind, &serde_json::to_vec(&value)?)?)?;
    Ok(true)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Takes a file away, if it is there.
///
/// # Errors
/// Where it is there and stays.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Takes away what a process that was killed had written beside a file.
///
/// # Errors
/// Where it is there and stays.
pub fn remove_beside(dir: &Path, name: &str) -> io::Result<()> {
    remove(&beside(dir, name))
}

/// Where a file is written before it gets its name.
fn beside(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}{BESIDE}"))
}

/// Puts a file in the place of the one before.
///
/// # Errors
/// Where it can't be written: the one before is still there.
pub fn replace(dir: &Path, name: &str, file: &[u8]) -> io::Result<()> {
    let beside = beside(dir, name);
    let owner = fs::metadata(dir.join(name)).ok().map(|old| (old.uid(), old.gid()));
    let written =
        write_beside(&beside, file, owner).and_then(|()| fs::rename(&beside, dir.join(name)));
    if written.is_err() {
        // Where the disk is full, half a file only makes it fuller.
        let _ = fs::remove_file(&beside);
    }
    written?;
    File::open(dir)?.sync_all()
}

fn write_beside(beside: &Path, bytes: &[u8], owner: Option<(u32, u32)>) -> io::Result<()> {
    // Lines of visitors are in it: nobody else's business on a machine of several users.
    let mut file =
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(beside)?;
    // What root changes of a service's files must stay the service's.
    let made = file.metadata()?;
    if let Some((uid, gid)) = owner.filter(|owner| *owner != (made.uid(), made.gid())) {
        fchown(&file, Some(uid), Some(gid))?;
    }
    file.write_all(bytes)?;
    // Before the name changes: after a power cut the new name must not have an empty file.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

    use super::*;

    #[test]
    fn a_file_that_is_replaced_stays_its_owners() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let file = dir.path().join("file");
        replace(dir.path(), "file", b"one").expect("written");
        // Only root may give files away, and only root needs it.
        if chown(&file, Some(12_345), Some(12_345)).is_ok() {
            replace(dir.path(), "file", b"two").expect("written");
            let after = fs::metadata(&file).expect("it is there");
            assert_eq!((after.uid(), after.gid(), after.mode() & 0o777), (12_345, 12_345, 0o600));
        }
        assert!(!dir.path().join("file.new").exists());
    }
}
