//! Which database files there are, and which of them are taken.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Role;
use super::database::{About, Database};

/// Where such files usually are: geoipupdate as packaged and as built, on Linux, the BSDs and macOS
/// (`geoipupdate -h` names its `DatabaseDirectory`), and CrowdSec, which brings some along.
pub const FOLDERS: [&str; 7] = [
    "/usr/share/GeoIP",
    "/usr/local/share/GeoIP",
    "/var/lib/GeoIP",
    "/etc/GeoIP",
    "/opt/homebrew/var/GeoIP",
    "/usr/local/var/GeoIP",
    "/var/lib/crowdsec/data",
];
/// Files of one folder that are looked at.
const FILES: usize = 32;
/// Two lists so near in age, in seconds, are taken as equally new: MaxMind publishes twice a week,
/// DB-IP every month, and what cities add is worth more than some days.
const AS_NEW: i64 = 31 * 86_400;

/// One state of one file; a file that was replaced has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Stamp> {
        let about = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some(Stamp { path: path.into(), bytes: about.len(), modified: about.modified().ok() })
    }
}

/// The `.mmdb` files of the folders, by path, each once however many names lead to it. A folder
/// that is not there has none.
pub(super) fn files(folders: &[PathBuf]) -> Vec<Stamp> {
    let mut found: Vec<Stamp> = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mmdb")))
            .collect();
        paths.sort();
        found.extend(paths.iter().take(FILES).filter_map(|path| Stamp::of(path)));
    }
    let mut real: Vec<PathBuf> = Vec::new();
    found.retain(|stamp| {
        let path = stamp.path.canonicalize().unwrap_or_else(|_| stamp.path.clone());
        let new = !real.contains(&path);
        real.push(path);
        new
    });
    found
}

/// What the files say of themselves, and what is wrong with those that can't be read. One is in
/// memory at a time.
pub(super) fn read_all(files: &[Stamp]) -> (Vec<About>, Vec<String>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for stamp in files {
        match Database::read(&stamp.path) {
            Ok(database) => good.push(database.about),
            Err(error) => bad.push(error),
        }
    }
    (good, bad)
}

/// The one that is taken: the newest, and of those about as new one with cities. Half of the
/// addresses is never better than all of them, however new.
pub(super) fn best(files: &[About], role: Role) -> Option<&About> {
    let families = |about: &About| (about.knows.ipv4, about.knows.ipv6);
    let mut fitting: Vec<&About> = files.iter().filter(|about| about.is_for(role)).collect();
    let most = fitting.iter().map(|about| families(about)).max()?;
    fitting.retain(|about| families(about) == most);
    let newest = fitting.iter().map(|about| about.built).max()?;
    fitting.retain(|about| about.built.plus(AS_NEW) >= newest);
    fitting.into_iter().max_by_key(|about| (role == Role::Country && about.knows.city, about.built))
}
