//! Where laws about files put them: in memory where the system has such a place, for a disk would be
//! asked to write out each.

use std::path::PathBuf;

/// A path of this process alone.
pub(super) fn path(name: &str) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let root = if memory.is_dir() { memory } else { std::env::temp_dir() };
    root.join(format!("tapline-laws-{}-{name}", std::process::id()))
}
