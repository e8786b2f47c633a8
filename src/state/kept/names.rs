//! Names of chunks' files: their numbers in the order in which the chunks began.

use std::fs;
use std::io;
use std::path::Path;

const SUFFIX: &str = ".chunk";
/// Digits, so that names sort as numbers do.
const DIGITS: usize = 12;

pub(super) fn of(serial: u64) -> String {
    format!("{serial:0DIGITS$}{SUFFIX}")
}

pub(super) fn read(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    let is_one = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    is_one.then(|| digits.parse().ok())?
}

/// The chunks of a directory, the oldest first; whatever else is there is none of ours.
pub(super) fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut serials = Vec::new();
    for entry in fs::read_dir(dir)? {
        serials.extend(entry?.file_name().to_str().and_then(read));
    }
    serials.sort_unstable();
    Ok(serials)
}
