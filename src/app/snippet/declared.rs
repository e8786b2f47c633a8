//! What a server's configuration says about its access logs.

use std::fmt;
use std::path::PathBuf;

use super::files::{Files, INCLUDES_ITSELF};
use crate::app::formats::conf::shown;
use crate::app::formats::own;
use crate::decode::formats::template::{Dialect, Fault, Template};

/// Sentences of a kind; nobody reads more.
const MAX_TOLD: usize = 100;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A format that is declared.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) dialect: Dialect,
    /// What its server reads, quotes and escapes undone.
    pub(super) plain: String,
    /// What Tapline's configuration takes: the plain text, or the directive where the plain text
    /// would lose something.
    pub(super) value: String,
    pub(super) escape: Option<String>,
}

impl Declared {
    pub(super) fn compile(&self) -> Result<Template, Fault> {
        own::compile(&self.name, &self.value, None, None)
    }
}

/// A log that is written.
#[derive(Debug)]
pub(super) struct Used {
    pub(super) place: Place,
    /// The name of a declared format, or of one that the server knows by itself.
    pub(super) format: String,
    /// The format's text where it has no name (Apache).
    pub(super) inline: Option<String>,
    /// What an existing line to a syslog server says but for the server: `tag=shop`, `nohostname`.
    pub(super) syslog: Vec<String>,
    /// `if=$loggable`, `env=!quiet`.
    pub(super) condition: Option<String>,
    pub(super) server: Option<String>,
    /// The block in which it stands: the file, and where the block opens. Each log of a block has all its requests.
    pub(super) block: (String, usize),
}

/// All of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) declared: Vec<Declared>,
    pub(super) used: Vec<Used>,
    /// What was passed over, each a sentence with its place.
    pub(super) notes: Vec<String>,
    /// What no server would take either.
    pub(super) errors: Vec<String>,
    pub(super) files: Files,
}

impl Found {
    pub(super) fn new() -> Found {
        Found {
            declared: Vec::new(),
            used: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
            files: Files::new(),
        }
    }

    /// Reads the files that an include names with `read`, which is given each one's name and text. One that need not
    /// be there may be missing.
    pub(super) fn include(
        &mut self,
        paths: Vec<PathBuf>,
        place: &Place,
        is_needed: bool,
        mut read: impl FnMut(&mut Found, &str, &str),
    ) {
        for path in paths {
            let name = path.display().to_string();
            match self.files.enter(&path) {
                Ok(Some(text)) => {
                    read(self, &name, &text);
                    self.files.leave();
                }
                Ok(None) => {}
                Err(why) if why == INCLUDES_ITSELF => {
                    self.wrong(format!("{place}: {} {why}", shown(&name)));
                }
                Err(why) if is_needed || path.exists() => {
                    self.note(format!("{place}: {} {why}", shown(&name)));
                }
                Err(_) => {}
            }
        }
    }

    pub(super) fn note(&mut self, sentence: String) {
        if self.notes.len() < MAX_TOLD {
            self.notes.push(sentence);
        }
    }

    pub(super) fn wrong(&mut self, sentence: String) {
        if self.errors.len() < MAX_TOLD {
            self.errors.push(sentence);
        }
    }
}
