//! What a server wrote, as an event: one file a format, and the recogniser that finds the one that
//! a source speaks.
//!
//! A format takes the line behind its syslog header and gives an event that borrows from it, or
//! `None` where the line is not its own. Formats are disjoint: a line is never two of them, so the
//! order of [`FORMATS`] is one of speed. A new format is one file and one line here.

mod alias;
mod apache_error;
#[cfg(test)]
mod captures;
mod clf;
mod combined;
mod common;
#[cfg(test)]
mod corpus;
mod haproxy;
#[cfg(test)]
mod hostile;
mod json;
mod nginx_error;
pub mod recognise;
mod scan;
mod table;
#[cfg(test)]
mod tests;
mod trailer;
mod usual;
mod wrapped;

use crate::vocab::event::Event;

/// One way to write a line.
pub trait Format: Sync {
    /// Its name for users: `parse --format`, the event's `format`.
    fn name(&self) -> &'static str;

    /// A cheap look at the shape: `false` only if [`Format::decode`] would give `None`.
    fn fits(&self, line: &str) -> bool {
        let _ = line;
        true
    }

    /// The event, or `None` where the line is not of this format. Linear in the line's length.
    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>>;

    /// Reads the line into an event that says nothing yet; where it is not of this format, gives
    /// `false` and leaves the event so. An event is large: the usual formats write each field where
    /// it stays, instead of handing the whole from floor to floor.
    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        match self.decode(line) {
            Some(read) => {
                *event = read;
                true
            }
            None => false,
        }
    }
}

/// Every format, the likely ones first.
pub static FORMATS: &[&dyn Format] = &[
    &combined::Combined,
    &json::Json,
    &combined::CombinedPlus,
    &combined::VhostCombined,
    &combined::VhostCombinedPlus,
    &common::Common,
    &common::VhostCommon,
    &nginx_error::NginxError,
    &apache_error::ApacheError,
    &haproxy::Http,
    &haproxy::Tcp,
    &haproxy::Notice,
];

/// The names of [`FORMATS`], in their order.
pub fn names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name())
}

/// The format of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// Reads the line as just this format (`parse --format`): `None` where it is not of it, or no
/// format has the name.
#[must_use]
pub fn decode_as<'a>(name: &str, line: &'a str) -> Option<Event<'a>> {
    by_name(name)?.decode(line)
}
