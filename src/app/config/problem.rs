//! What is wrong with a configuration, said so that it can be mended without a manual.

use std::fmt;
use std::path::PathBuf;

use crate::app::exit;
use crate::decode::text::plain;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Line and column count from 1, columns in characters.
    File { path: PathBuf, line: usize, column: usize },
    /// The whole file, e.g. when it can't be read.
    Whole(PathBuf),
    /// The name of the variable.
    Environment(String),
    /// The flag, with its dashes.
    Flag(&'static str),
    /// Set nowhere: section and key.
    Default(String),
}

impl Origin {
    /// The file from top to bottom, then the environment, then the flags.
    pub(super) fn order(&self) -> (u8, usize, usize) {
        match self {
            Origin::Whole(_) => (0, 0, 0),
            Origin::File { line, column, .. } => (1, *line, *column),
            Origin::Environment(_) => (2, 0, 0),
            Origin::Flag(_) => (3, 0, 0),
            Origin::Default(_) => (4, 0, 0),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Origin::Whole(path) => write!(f, "{}", path.display()),
            Origin::Environment(name) => f.write_str(name),
            Origin::Flag(name) => f.write_str(name),
            Origin::Default(key) => f.write_str(key),
        }
    }
}

/// One thing that is wrong, with what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub origin: Origin,
    pub message: String,
    /// A flag's value that means nothing: wrong usage rather than bad configuration.
    pub usage: bool,
}

impl fmt::Display for Problem {
    /// On one line, with nothing that a terminal obeys: what stands in quotes is the file's, and names are
    /// those of the files and the variables, which others may have chosen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&format!("{}: {}", self.origin, self.message)))
    }
}

/// All that is wrong, in the order of the file, then the environment, then the flags. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// 2 when only the command line is at fault, otherwise 78.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.0.iter().all(|p| p.usage) { exit::USAGE } else { exit::CONFIG }
    }
}

impl fmt::Display for Problems {
    /// One problem a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The word that was probably meant, if one is near enough to be worth naming.
#[must_use]
pub fn nearest<'a>(word: &str, of: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // 0.75 takes one slip in four letters and the usual swaps; below it the hint is a guess.
    const NEAR: f64 = 0.75;
    let word = word.to_ascii_lowercase().replace('-', "_");
    of.into_iter()
        .map(|other| (strsim::jaro_winkler(&word, &other.to_ascii_lowercase()), other))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}
