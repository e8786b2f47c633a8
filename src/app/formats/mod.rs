//! How lines are read: which formats are tried, the operator's own among them, and whether one was
//! named.

pub mod apache;
pub mod args;
pub mod conf;
pub mod nginx;
pub mod own;
pub mod pasted;

use crate::decode::formats::recognise::Recogniser;
use crate::decode::formats::template::Template;
use crate::decode::formats::{Catalog, Format};
use crate::vocab::event::Event;

use super::config::Config;
use super::snippet::untold;

/// The name of a format whose text was given on the command line.
pub const UNNAMED: &str = "template";

/// The formats of one run of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    pub formats: Catalog,
    /// Where set, every line of a file is read as just this one.
    pub format: Option<&'static str>,
    /// The same where it is a template, which can say why a line is none of it.
    pub template: Option<&'static Template>,
}

impl Reading {
    /// What the configuration says. Its templates stay as long as the program: once a run.
    #[must_use]
    pub fn of(config: &Config) -> Reading {
        Reading { formats: catalog(config, None), ..Reading::default() }
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

/// The configuration's formats, and one more.
fn catalog(config: &Config, more: Option<Template>) -> Catalog {
    // The configuration refuses what is no template.
    let own = config.formats.iter().filter_map(|format| format.compile().ok());
    // In front: there may be no room behind.
    let (vague, clear): (Vec<Template>, Vec<Template>) =
        more.into_iter().chain(own).partition(own::is_vague);
    let boxed = |templates: Vec<Template>| {
        templates.into_iter().map(|template| Box::new(template) as Box<dyn Format>).collect()
    };
    Catalog::with_named(boxed(clear), boxed(vague))
}

/// What to tell the operator of formats that are good but perhaps not as they were meant.
#[must_use]
pub fn notes(config: &Config) -> Vec<String> {
    let named = |name: &str| config.sources.formats.values().any(|format| format == name);
    let mut notes = Vec::new();
    for own in &config.formats {
        let said = own::notes(&own.text).into_iter();
        notes.extend(said.map(|note| format!("[formats] {}: {note}", own.name)));
    }
    let vague =
        config.formats.iter().filter(|own| own.compile().is_ok_and(|own| own::is_vague(&own)));
    notes.extend(vague.filter(|own| !named(&own.name)).map(|own| {
        format!(
            "[formats] {name}: a line of any kind would be one of it, so it is read only where it \
             is named: [sources] formats = {{ \"HOST/TAG\" = \"{name}\" }}, ?format={name}, \
             --format {name}",
            name = own.name
        )
    }));
    notes.extend(mistaken(config, &named));
    notes
}

/// Formats whose lines an earlier one reads too, with another meaning.
fn mistaken(config: &Config, named: &dyn Fn(&str) -> bool) -> Vec<String> {
    let own = config.formats.iter().filter_map(|own| Some((own, own.compile().ok()?)));
    let tried: Vec<_> = own.filter(|(_, template)| !own::is_vague(template)).collect();
    let mut notes = Vec::new();
    for (at, (second, template)) in
        tried.iter().enumerate().filter(|(_, (own, _))| !named(&own.name))
    {
        let lines = second.lines();
        let mut before = tried[..at].iter();
        if let Some((first, _)) =
            before.find(|(_, first)| untold::mistakes(first, template, &lines))
        {
            notes.push(format!(
                "[formats] {first} and {name} can't be told apart, and mean different things: say which \
                 sources write the latter, [sources] formats = {{ \"HOST/TAG\" = \"{name}\" }}, \
                 ?format={name}, --format {name}",
                first = first.name,
                name = second.name
            ));
        }
    }
    notes
}
