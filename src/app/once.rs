//! Files that are named twice (`access.log*` beside `access.log`) count once.

use std::fs;
use std::path::{Path, PathBuf};

use super::say;

/// What stands for standard input.
const STANDARD: &str = "-";

/// The file itself, whatever leads to it: for what is read once. Standard input may be one, too.
#[must_use]
pub(super) fn file(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(if path == Path::new(STANDARD) { Path::new("/dev/stdin") } else { path }).ok()
}

/// Its place: for what is followed, for a link may lead to another file tomorrow.
#[must_use]
pub(super) fn place(path: &Path) -> Option<PathBuf> {
    if path == Path::new(STANDARD) {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
    Some(folder.join(path.file_name()?))
}

/// The paths without those that are the `same` as one before them, which are named on standard error.
#[must_use]
pub(super) fn once(paths: &[PathBuf], same: fn(&Path) -> Option<PathBuf>) -> Vec<PathBuf> {
    let mut kept: Vec<(PathBuf, PathBuf)> = Vec::with_capacity(paths.len());
    for path in paths {
        // One that is not there is told of where it is opened.
        let is = same(path).unwrap_or_else(|| path.clone());
        match kept.iter().find(|(_, known)| *known == is) {
            None => kept.push((path.clone(), is)),
            Some((first, _)) if first == path => {
                say(&format!("note: {} is named twice; it counts once", path.display()));
            }
            Some((first, _)) => {
                say(&format!("note: {} is {}; it counts once", path.display(), first.display()));
            }
        }
    }
    kept.into_iter().map(|(path, _)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_named_twice_is_read_once_and_a_link_is_followed() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.log"), "").expect("a file");
        fs::write(path("b.log"), "").expect("a file");
        std::os::unix::fs::symlink("a.log", path("link")).expect("a link");
        let around = folder.path().join("..").join(folder.path().file_name().expect("a name"));
        let named = |name: &str| PathBuf::from(name);
        let paths = [
            path("a.log"),
            path("b.log"),
            around.join("a.log"),
            path("link"),
            path("none"),
            path("none"),
            named("-"),
            named("-"),
        ];
        let standard = named("-");
        assert_eq!(
            once(&paths, file),
            [path("a.log"), path("b.log"), path("none"), standard.clone()]
        );
        assert_eq!(
            once(&paths, place),
            [path("a.log"), path("b.log"), path("link"), path("none"), standard]
        );
        assert_eq!(place(Path::new("Cargo.toml")), fs::canonicalize("Cargo.toml").ok());
    }
}
