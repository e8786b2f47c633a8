//! What the configuration files of web servers have in common: words, and places in them.

use std::ops::Range;

/// A word of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without its quotes and escapes.
    pub text: String,
    /// Its bytes in the file, quotes included.
    pub raw: Range<usize>,
}

impl Word {
    /// Fit for a sentence: a stranger's megabyte is cut.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(&self.text)
    }
}

/// The text on one line and not longer than a line.
#[must_use]
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut out: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// What can't be read, and the byte where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub at: usize,
    pub message: String,
}

impl Broken {
    #[must_use]
    pub fn at(at: usize, message: String) -> Broken {
        Broken { at, message }
    }
}

/// Which line a byte is in.
#[derive(Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    #[must_use]
    pub fn of(source: &str) -> Lines {
        Lines(source.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// Counted from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.0.partition_point(|end| *end < at) + 1
    }
}
