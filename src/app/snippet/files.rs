//! A server's configuration with the files that it includes, read within bounds.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Files of one configuration; hosters have a file a site.
const MAX_FILES: usize = 10_000;
/// Bytes of all of them.
const MAX_BYTES: u64 = 64 << 20;
/// Files inside each other. nginx itself has no bound; a person has.
const MAX_DEPTH: usize = 32;

/// Names looked at: files that all include each other would be looked up by the square of them.
const MAX_LOOKS: usize = 200_000;

/// Why a file is not read that is being read: no server would take it either.
pub(super) const INCLUDES_ITSELF: &str = "includes itself";

/// What has been read.
#[derive(Debug)]
pub(super) struct Files {
    files: usize,
    bytes: u64,
    looks: usize,
    /// Those being read, each included by the one before it.
    open: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
}

impl Files {
    pub(super) fn new() -> Files {
        Files {
            files: MAX_FILES,
            bytes: MAX_BYTES,
            looks: MAX_LOOKS,
            open: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Reads standard input. What `nginx -T` prints has every included file in it, so none is looked
    /// for.
    pub(super) fn standard_input(&mut self) -> Result<String, String> {
        self.looks = 0;
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(self.bytes)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("can't be read: {error}"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether includes are followed.
    fn follows(&self) -> bool {
        !self.open.is_empty()
    }

    /// Opens a file; [`Files::leave`] it once its includes are read. `None` for one that was read
    /// before: what it declares is known.
    ///
    /// # Errors
    /// Why it is not read, as the end of a sentence.
    pub(super) fn enter(&mut self, path: &Path) -> Result<Option<String>, String> {
        let Some(looks) = self.looks.checked_sub(1) else {
            return Err(format!("is not read: {MAX_LOOKS} names looked at are enough"));
        };
        self.looks = looks;
        let real = fs::canonicalize(path).map_err(|error| format!("can't be read: {error}"))?;
        if self.open.contains(&real) {
            return Err(INCLUDES_ITSELF.into());
        }
        if self.open.len() == MAX_DEPTH {
            return Err(format!("is not read: {MAX_DEPTH} files deep is enough"));
        }
        if self.seen.contains(&real) {
            return Ok(None);
        }
        if self.files == 0 {
            return Err(format!("is not read: {MAX_FILES} files are enough"));
        }
        // A pipe would be waited for.
        if fs::metadata(&real).is_ok_and(|meta| !meta.is_file()) && !self.open.is_empty() {
            return Err("is no file".into());
        }
        let mut bytes = Vec::new();
        let file = File::open(&real).map_err(|error| format!("can't be read: {error}"))?;
        file.take(self.bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("can't be read: {error}"))?;
        let Some(left) = self.bytes.checked_sub(bytes.len() as u64) else {
            return Err(format!("is not read: more than {} MiB in all", MAX_BYTES >> 20));
        };
        self.bytes = left;
        self.files -= 1;
        self.seen.insert(real.clone());
        self.open.push(real);
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    /// The files that an include names, in order; one that is named without wildcards whether it is
    /// there or not. None where includes are not followed.
    pub(super) fn named(&mut self, base: &Path, pattern: &str) -> Vec<PathBuf> {
        if !self.follows() {
            return Vec::new();
        }
        let whole = base.join(pattern);
        if !pattern.contains(['*', '?', '[']) {
            return vec![whole];
        }
        let mut found = vec![PathBuf::new()];
        for part in whole.components() {
            let name = part.as_os_str().to_string_lossy();
            if !matches!(part, Component::Normal(_)) || !name.contains(['*', '?', '[']) {
                found.iter_mut().for_each(|path| path.push(part));
                continue;
            }
            let mut next = Vec::new();
            for folder in &found {
                let Ok(entries) = fs::read_dir(folder) else { continue };
                let mut names: Vec<_> = entries
                    .take(self.looks)
                    .filter_map(Result::ok)
                    .map(|entry| entry.file_name())
                    .inspect(|_| self.looks = self.looks.saturating_sub(1))
                    .filter(|file| matches(&name, &file.to_string_lossy()))
                    .collect();
                names.sort();
                next.extend(names.into_iter().map(|file| folder.join(file)));
                next.truncate(MAX_FILES);
            }
            found = next;
        }
        found.retain(|path| path.is_file());
        found
    }
}

/// Whether a name is of a pattern with `*`, `?` and `[…]`, as glob(3) has it.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of) = (0, 0);
    // Where the last star stands, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        let step = match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class(&pattern[at..], name[of]),
            Some(c) if *c == name[of] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(step), _) => (at, of) = (at + step, of + 1),
            (None, Some((back, taken))) => {
                star = Some((back, taken + 1));
                (at, of) = (back + 1, taken + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// The length of a class that holds the character.
fn class(pattern: &[char], c: char) -> Option<usize> {
    let close = 2 + pattern.get(2..)?.iter().position(|c| *c == ']')?;
    let not = matches!(pattern[1], '!' | '^');
    let set = &pattern[if not { 2 } else { 1 }..close];
    let mut holds = false;
    let mut at = 0;
    while at < set.len() {
        if set.get(at + 1) == Some(&'-') && at + 2 < set.len() {
            holds |= (set[at]..=set[at + 2]).contains(&c);
            at += 3;
        } else {
            holds |= set[at] == c;
            at += 1;
        }
    }
    (holds != not).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns_as_glob_does() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", ".a.conf", false),
            ("*.conf", "a.conf.bak", false),
            ("*", "a", true),
            ("?.conf", "a.conf", true),
            ("?.conf", "ab.conf", false),
            ("[0-9]*", "7x", true),
            ("[!0-9]*", "7x", false),
            ("a*b*c", "a_b_b_c", true),
            ("a*b*c", "a_c_b", false),
            ("[", "[", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        // Stars do not multiply.
        assert!(!matches(&"*a".repeat(50), &"a".repeat(5_000).replace("aaaaa", "aaaab")));
    }
}
