//! Files of the address ranges that bots' operators publish, read where they are named: a file that
//! can't be used is a mistake at its own place in the list.

use std::fs;
use std::path::Path;

use super::{Kind, Raw, Wrong, list, shown_list};
use crate::decode::agent;
use crate::decode::agent::ranges::Ranges;

/// The value of a key that takes [`RangesOf`].
#[derive(Debug)]
pub struct RangeFiles;

/// What one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangesOf {
    /// As it is written: `PATH` or `NAME=PATH`.
    written: String,
    pub ranges: Ranges,
}

impl RangesOf {
    /// The bot or operator, and the file.
    #[must_use]
    pub fn name_and_path(&self) -> (&str, &Path) {
        parts(&self.written)
    }

    /// The ranges of all files together.
    #[must_use]
    pub fn together(files: &[RangesOf]) -> Ranges {
        let mut all = Ranges::default();
        for file in files {
            all.merge(file.ranges.clone());
        }
        all
    }
}

/// `Googlebot=/srv/ranges.json`; without a name it is the file's, up to its extension.
fn parts(written: &str) -> (&str, &Path) {
    match written.split_once('=') {
        Some((name, path)) if !name.contains('/') => (name.trim(), Path::new(path.trim())),
        _ => {
            let path = Path::new(written);
            (path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(""), path)
        }
    }
}

fn read(written: &str) -> Result<RangesOf, String> {
    let written = written.trim();
    let (name, path) = parts(written);
    // `special-crawlers.json` would be read, and verify nobody.
    let is_named = path != Path::new(written);
    if !is_named && !agent::knows(name) {
        return Err(format!(
            "'{name}' is no bot or operator that is known; write \"NAME={}\"",
            path.display()
        ));
    }
    let bytes = match fs::metadata(path) {
        Ok(about) if about.len() > Ranges::FILE_MAX as u64 => {
            return Err(format!("{}: over {} bytes", path.display(), Ranges::FILE_MAX));
        }
        _ => {
            fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?
        }
    };
    match Ranges::read(name, &bytes) {
        Ok(ranges) => Ok(RangesOf { written: written.to_owned(), ranges }),
        Err(error) => {
            let told = error.split_once(": ").map_or(&*error, |(_, why)| why);
            Err(format!("{}: {told}", path.display()))
        }
    }
}

impl Kind for RangeFiles {
    type Out = Vec<RangesOf>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        list(raw, "files", |_, text| read(text))
    }

    fn show(&self, value: &Self::Out) -> String {
        shown_list(value.iter().map(|file| file.written.clone()))
    }

    fn says(&self) -> String {
        "list of files, as \"/etc/tapline/gptbot.json\" or \"Googlebot=/srv/ranges.json\"".into()
    }
}
