//! How lines are read: which formats are tried, and whether one of them was named.

use crate::decode::formats::Catalog;
use crate::decode::formats::recognise::Recogniser;
use crate::vocab::event::Event;

use super::config::Config;

/// The formats of one run of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    pub formats: Catalog,
    /// Where set, every line of a file is read as just this one.
    pub format: Option<&'static str>,
}

impl Reading {
    /// What the configuration says.
    #[must_use]
    pub fn of(config: &Config) -> Reading {
        let _ = config;
        Reading::default()
    }

    /// One for each file: what it learns of a file holds for that file.
    #[must_use]
    pub fn recogniser(self) -> Recogniser {
        Recogniser::new(self.formats)
    }

    /// The line as an event; a message where it is not of the format that was named.
    pub fn decode<'a>(self, recogniser: &mut Recogniser, line: &'a str) -> Event<'a> {
        let Some(format) = self.format else { return recogniser.decode(line) };
        let mut event = Event::default();
        recogniser.order.read_as(format, line, &mut event);
        event
    }
}
