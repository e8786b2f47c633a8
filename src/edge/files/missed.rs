//! Files that came and went at a followed path between two looks.
//!
//! They are told of and not read: what is beside the path was not named, and a file that a script of the
//! rotation made of lines that were read (without addresses, of errors alone) looks the same. All moments
//! are the file system's own, which may be another machine's.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::known::Identity;

/// What a rotation packs was a file before, which may have been read.
const PACKED: [&str; 6] = [".gz", ".zst", ".bz2", ".xz", ".lz4", ".Z"];

/// When a file last came to the folder of `path`, went or was renamed: not when its time of change says so,
/// which anybody can set.
pub(super) fn changed(path: &Path) -> Option<Duration> {
    let meta = fs::metadata(folder(path)).ok()?;
    let seconds = u64::try_from(meta.ctime()).ok()?;
    Some(Duration::new(seconds, u32::try_from(meta.ctime_nsec()).ok()?))
}

/// When a file was made; `None` where its file system keeps no note of that.
pub(super) fn born(meta: &Metadata) -> Option<Duration> {
    meta.created().ok()?.duration_since(UNIX_EPOCH).ok()
}

/// The files that were made after `after` and not after `until`, are called as a rotation calls what was at
/// `path`, and hold something. `read` are those that were or will be.
pub(super) fn missed(
    path: &Path,
    (after, until): (Duration, Duration),
    read: &dyn Fn(Identity) -> bool,
) -> Vec<PathBuf> {
    let own = path.file_name().and_then(OsStr::to_str);
    let (Some(own), Ok(entries)) = (own, fs::read_dir(folder(path))) else { return Vec::new() };
    let mut missed: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| is_rotated(name, own)))
        // Of a link this is the link.
        .filter(|entry| {
            entry.metadata().is_ok_and(|meta| {
                let file = Identity::of(&meta);
                let made = file.born.is_some_and(|born| born > after && born <= until);
                made && meta.is_file() && meta.len() > 0 && !read(file)
            })
        })
        .map(|entry| entry.path())
        .collect();
    missed.sort_unstable();
    missed
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a file of this name was called `own` before its rotation: `access.log.1`, `access.log-20261122`,
/// `access-20261122.log`, `access.log.old`.
fn is_rotated(name: &str, own: &str) -> bool {
    let numbered = |rest: &str| {
        rest.starts_with(['.', '-', '_']) && rest[1..].starts_with(|c: char| c.is_ascii_digit())
    };
    let behind = || name.strip_prefix(own).is_some_and(|rest| numbered(rest) || rest == ".old");
    let between = || {
        let (stem, end) = own.split_at(own.rfind('.')?);
        name.strip_prefix(stem)?.strip_suffix(end).map(numbered)
    };
    !PACKED.iter().any(|end| name.ends_with(end)) && (behind() || between() == Some(true))
}

/// Whether what is at `path` may have been copied or packed of what was at `origin`, by their names: beside
/// each other, of one log, and `path` is not the log itself.
pub(super) fn made_of(path: &Path, origin: &Path) -> bool {
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    let (Some(name), Some(of)) = (name(path), name(origin)) else { return false };
    let place = |path: &Path| fs::metadata(folder(path)).ok().map(|meta| (meta.dev(), meta.ino()));
    log_of(&name) != name && log_of(&name) == log_of(&of) && place(path) == place(origin)
}

/// What a file was called before it was rotated and packed, as far as its name says so.
fn log_of(name: &str) -> String {
    let plain = PACKED.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let stem = without_numbers(plain);
    if stem == plain
        && let Some((stem, end)) = plain.rsplit_once('.')
        && !without_numbers(stem).is_empty()
    {
        return format!("{}.{end}", without_numbers(stem));
    }
    stem.to_owned()
}

/// A name without the number, the date or the `.old` at its end.
fn without_numbers(name: &str) -> &str {
    let mut name = name;
    while let Some(at) = name.rfind(['.', '-', '_'])
        && at > 0
        && (name[at + 1..].starts_with(|c: char| c.is_ascii_digit()) || &name[at..] == ".old")
    {
        name = &name[..at];
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_are_known_by_their_names() {
        for (name, own, expected) in [
            ("access.log.1", "access.log", true),
            ("access.log-20261122-1", "access.log", true),
            ("access_20261122.log", "access.log", true),
            ("access.log.old", "access.log", true),
            ("log.1", "log", true),
            ("access.log", "access.log", false),
            ("access.log.1.gz", "access.log", false),
            ("access.log.json", "access.log", false),
            ("access-shop.log", "access.log", false),
            ("access-shop.log.1", "access.log", false),
            ("access.log1", "access.log", false),
            ("access", "access.log", false),
            ("log-", "log", false),
            ("logé1", "log", false),
            (".1", ".", false),
        ] {
            assert_eq!(is_rotated(name, own), expected, "{name} {own}");
        }
    }

    #[test]
    fn a_name_says_of_which_log_it_is() {
        for (name, expected) in [
            ("access.log", "access.log"),
            ("access.log.1", "access.log"),
            ("access.log.12.gz", "access.log"),
            ("access.log.gz", "access.log"),
            ("access.log.old", "access.log"),
            ("access.log-20261122-1.zst", "access.log"),
            ("access.log.2026-11-22", "access.log"),
            ("access-20261122.log", "access.log"),
            ("access_2026-11-22.log.gz", "access.log"),
            ("access-shop.log.1", "access-shop.log"),
            ("access.log.json", "access.log.json"),
            ("log", "log"),
            (".1", ".1"),
            ("1.gz", "1"),
        ] {
            assert_eq!(log_of(name), expected, "{name}");
        }
    }
}
