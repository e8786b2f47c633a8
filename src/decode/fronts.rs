//! Who wrote the lines of a stream that several programs share: `docker compose logs`, Foreman, PM2,
//! `kubectl logs --prefix`, stern and kail put a name in front of each.
//!
//! Whatever a line begins with may be the program's own text (`main | started`), so a name is believed where an access
//! line stood behind it, or behind another of the same writing, with the bar in the same column: names are padded to the
//! longest. What kubectl writes no program does. And a line that somebody got into a log without names is none of another program's: of
//! the lines before it enough must have had a name.
//!
//! For files and standard input alone. Whoever sends over a network would name himself anew with each line.

use std::collections::HashSet;

use super::formats::Catalog;
use super::formats::prefixed::{self, Named, Namer};
use super::formats::recognise::{Order, Recogniser};
use super::{envelope, text};
use crate::vocab::event::{Event, Kind};

/// Names that one stream can have: a few for each service, and pods come and go.
const MAX_NAMES: usize = 1024;
/// One line in so many must have a name …
const SHARE: u32 = 8;
/// … of about so many before it.
const RECENT: u32 = 256;
/// A name and what is around it is shorter; what is behind it can be anything.
const FRONT_MAX: usize = 384;
/// Where a bar stands that is behind a name.
const BAR_MAX: usize = 128;

/// What is known of the names in one stream.
#[derive(Debug)]
pub struct Fronts {
    formats: Catalog,
    order: Order,
    names: HashSet<Box<str>>,
    /// How the last name was written that an access line was needed for.
    writing: Option<Writing>,
    with: u32,
    without: u32,
}

/// A line without the name in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// A container, a process or a pod.
    pub hostname: &'a str,
    /// A pod's container.
    pub app_name: Option<&'a str>,
    pub line: &'a [u8],
}

impl<'a> Written<'a> {
    /// The line without what [`Fronts::take`] took for a name, which is not looked at again.
    #[must_use]
    pub fn of(line: &'a [u8]) -> Option<Written<'a>> {
        let (Named { name, container, .. }, column) = named(line)?;
        Some(Written { hostname: name, app_name: container, line: &line[column..] })
    }
}

/// How names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// With a bar, behind which lines begin there.
    Padded(usize),
    Other(Namer),
}

/// How sure it is that a name is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Name,
    /// It looks like one.
    Shape,
    /// An access line stands behind it.
    Line,
}

impl Fronts {
    /// A line that one of the operator's own formats reads is left as it is.
    #[must_use]
    pub fn new(formats: Catalog) -> Fronts {
        Fronts {
            formats,
            order: Recogniser::new(formats).order,
            names: HashSet::new(),
            writing: None,
            with: 0,
            without: 0,
        }
    }

    /// Takes the name off the next line of the stream, if one stands in front of it.
    pub fn take<'a>(&mut self, line: &'a [u8]) -> Option<Written<'a>> {
        let named = if may_be_named(line) { self.known(line) } else { None };
        if self.with + self.without >= RECENT {
            (self.with, self.without) = (self.with / 2, self.without / 2);
        }
        *(if named.is_some() { &mut self.with } else { &mut self.without }) += 1;
        let (name, writing, known) = named?;
        if self.with * SHARE < self.without {
            return None;
        }
        if known != Known::Name {
            if self.names.len() >= MAX_NAMES {
                return None;
            }
            self.names.insert(name.into());
        }
        if known == Known::Line {
            self.writing = Some(writing);
        }
        Written::of(line)
    }

    fn known<'a>(&mut self, line: &'a [u8]) -> Option<(&'a str, Writing, Known)> {
        let (named, column) = named(line)?;
        let writing = match named.by {
            Namer::Bar => Writing::Padded(column),
            other => Writing::Other(other),
        };
        let known = if self.names.contains(named.whole) {
            Known::Name
        } else if named.by == Namer::Kubectl || Some(writing) == self.writing {
            Known::Shape
        } else if self.is_access(&line[column..]) {
            Known::Line
        } else {
            return None;
        };
        (!self.is_own(line)).then_some((named.whole, writing, known))
    }

    fn is_access(&mut self, line: &[u8]) -> bool {
        let text = text::lossy(line);
        let mut event = Event::default();
        self.order.read(envelope::parse(&text).message, &mut event);
        event.kind == Kind::Access
    }

    fn is_own(&self, line: &[u8]) -> bool {
        let own = &self.formats.all()[..self.formats.own()];
        if own.is_empty() {
            return false;
        }
        let text = text::lossy(line);
        own.iter().any(|own| own.fits(&text) && own.decode(&text).is_some())
    }
}

/// What may be the name of who wrote a line, and where the line begins behind it.
fn named(line: &[u8]) -> Option<(Named<'_>, usize)> {
    let beginning = beginning(line);
    let named = prefixed::named(beginning)?;
    Some((named, beginning.len() - named.line.len()))
}

/// Whether a line begins as one of a pod, or has a bar where one may be. Most lines do not.
fn may_be_named(line: &[u8]) -> bool {
    let is_bar = |any: bool, b: &u8| any | (*b == b'|');
    match line.first_chunk::<BAR_MAX>() {
        // Of whole registers, without a call.
        Some(window) if window.iter().fold(false, is_bar) => return true,
        None if line.contains(&b'|') => return true,
        _ => {}
    }
    line.first().is_some_and(u8::is_ascii_lowercase) || line.starts_with(b"[pod/")
}

/// What of a line may be a name, which is ASCII; empty where none is.
fn beginning(line: &[u8]) -> &str {
    if !may_be_named(line) {
        return "";
    }
    let window = &line[..line.len().min(FRONT_MAX)];
    let other = || window.iter().position(|b| !b.is_ascii());
    let end = if window.is_ascii() { window.len() } else { other().unwrap_or(window.len()) };
    std::str::from_utf8(&window[..end]).unwrap_or("")
}

#[cfg(test)]
mod tests;
