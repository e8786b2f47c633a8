//! The operator's own formats: nginx `log_format`, Apache `LogFormat` and goaccess `--log-format`
//! strings, compiled once into a small program of literals and fields that reads lines.
//!
//! A dialect (`nginx`, `apache`, `goaccess`) turns the string into parts, `program` cuts them where a
//! field's end shows only by what follows, `matcher` finds the one reading of a line, `fill` makes
//! the event.

mod apache;
mod field;
mod fill;
mod goaccess;
mod gunicorn;
mod keyed;
#[cfg(test)]
mod laws;
mod matcher;
mod moment;
mod nginx;
mod program;
mod shape;
mod squid;
#[cfg(test)]
mod tests;
mod time;

use std::fmt;

use super::{FORMATS, Format, scan};
use crate::vocab::event::{Event, Kind};
use field::Escape;
use fill::Filling;
use keyed::Keyed;
use matcher::{Fail, What};
use program::{FIELDS_MAX, Op, Program};

/// Whose way of writing a format a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Nginx,
    Apache,
    GoAccess,
}

/// Why a text is no template: the bad spot, in bytes of the text, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub offset: usize,
    pub length: usize,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// goaccess's `--date-format` and `--time-format`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub date_format: Option<String>,
    pub time_format: Option<String>,
}

/// Why a line is not of the template: the field as the template writes it (or the text that stands
/// there), where in the line, and what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub field: String,
    pub offset: usize,
    pub message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A format of the operator's own.
#[derive(Debug)]
pub struct Template {
    name: &'static str,
    body: Body,
    /// goaccess reads a line as far as its format goes: the same, and anything behind a blank.
    longer: Option<Box<Template>>,
    /// It is the longer one: its last field is what follows the format.
    loose: bool,
}

#[derive(Debug)]
enum Body {
    Line {
        escape: Escape,
        program: Program,
        /// Fields that say something, in the order in which they are read.
        order: Vec<u8>,
    },
    /// A JSON object, by its keys.
    Keys(Keyed),
    /// Places in [`FORMATS`] of the formats that read a preset's lines.
    House(Vec<usize>),
}

/// Compiles the text. Without a dialect it is told by the text's shape. The name is what events of
/// it are called, and is never given back: templates live as long as the program.
pub fn compile(
    name: &str,
    dialect: Option<Dialect>,
    text: &str,
    options: &Options,
) -> Result<Template, Fault> {
    let mut template = trial(dialect, text, options)?;
    template.name = Box::leak(name.to_owned().into_boxed_str());
    let lines = matches!(template.body, Body::Line { .. });
    if lines && dialect.unwrap_or_else(|| Dialect::of(text)) == Dialect::GoAccess {
        let (from, to) = goaccess::inside(text);
        let longer = format!("{} %^", text[from..to].trim_end());
        let longer = trial(Some(Dialect::GoAccess), &longer, options).ok();
        template.longer =
            longer.map(|longer| Box::new(Template { name: template.name, loose: true, ..longer }));
    }
    Ok(template)
}

/// As [`compile`], for a template that is tried and given up again: nothing of it stays.
pub(super) fn trial(
    dialect: Option<Dialect>,
    text: &str,
    options: &Options,
) -> Result<Template, Fault> {
    let body = body(dialect.unwrap_or_else(|| Dialect::of(text)), text, options)?;
    Ok(Template { name: "trial", body, longer: None, loose: false })
}

fn body(dialect: Dialect, text: &str, options: &Options) -> Result<Body, Fault> {
    if text.trim().is_empty() {
        let message = "the format is empty".to_owned();
        return Err(Fault { offset: 0, length: text.len(), message });
    }
    let parts = match dialect {
        Dialect::Nginx => nginx::parse(text)?,
        Dialect::Apache => apache::parse(text)?,
        Dialect::GoAccess => {
            let (from, to) = goaccess::inside(text);
            if let Some(formats) = goaccess::preset(text[from..to].trim()) {
                return Ok(Body::House(formats));
            }
            if text[from..to].trim_start().starts_with('{') {
                return Ok(Body::Keys(Keyed::new(text, options)?));
            }
            goaccess::parse(text, options)?
        }
    };
    let escape = parts.escape;
    let program = Program::new(parts)?;
    let order = fill::order(program.fields.iter()).into_iter().map(|at| at as u8).collect();
    Ok(Body::Line { escape, program, order })
}

/// The names of nginx's own variables, without the `$`: any other is taken for one that a `map` or a
/// `set` made, so a mistyped one is no fault.
pub fn nginx_variables() -> impl Iterator<Item = &'static str> {
    nginx::variables()
}

impl Dialect {
    /// Whose it is, by its shape: `$name` is nginx's; the names of goaccess's presets and the
    /// specifiers that it alone has (`%d`, `%^`, `~h{…}`) are goaccess's; all else is Apache's.
    #[must_use]
    pub fn of(text: &str) -> Dialect {
        let bare = text.trim_start();
        let variable = text.match_indices('$').any(|(at, _)| {
            let next = text[at + 1..].chars().next();
            next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '{'))
        });
        // No specifier of goaccess's has a brace or an angle right behind its percent sign.
        let apache = ["%{", "%>", "%<"].iter().any(|front| text.contains(front));
        if bare.starts_with("log_format") || bare.starts_with("escape=") || (variable && !apache) {
            return Dialect::Nginx;
        }
        let (from, to) = goaccess::inside(text);
        let named = goaccess::is_preset(text[from..to].trim()) || from > text.len() - bare.len();
        const CARET: [&str; 5] = ["FB", "FU", "FF", "ti", "to"];
        let own = text.match_indices('%').any(|(at, _)| {
            let rest = &text[at + 1..];
            match rest.chars().next() {
                Some('d' | 'x' | 'K' | 'M' | '~' | 'e' | 'C' | 'n') => true,
                Some('^') => !CARET.iter().any(|word| rest[1..].starts_with(word)),
                _ => false,
            }
        });
        // Squid's and gunicorn's are read with Apache's.
        if gunicorn::is(text) || squid::is(text) {
            return Dialect::Apache;
        }
        let own = own && !apache;
        if named || own || text.contains("~h{") { Dialect::GoAccess } else { Dialect::Apache }
    }
}

impl Template {
    /// The event of a line that is said to be of the template, or why it is none.
    pub fn explain<'a>(&self, line: &'a str) -> Result<Event<'a>, Mismatch> {
        let mut event = Event::default();
        if self.read_named(line, &mut event) {
            return Ok(event);
        }
        let mismatch = match self.fill(line, &mut event) {
            Ok(()) => return Ok(event),
            Err(Refused::Cut(fail)) => match &self.body {
                Body::Line { program, .. } => mismatch(program, fail),
                _ => nothing("the line is none of the template"),
            },
            Err(Refused::Keyed(refused)) => match &self.body {
                Body::Keys(keyed) => keyed.mismatch(refused),
                _ => nothing("the line is none of the template"),
            },
            Err(Refused::House) => nothing("the line is none of the preset's format"),
        };
        // Bytes are matched: an open field may have its choice of ends within a character.
        Err(Mismatch { offset: line.floor_char_boundary(mismatch.offset), ..mismatch })
    }

    /// Reads the line into an event that says nothing yet, and still does where it is refused.
    fn fill<'a>(&self, line: &'a str, event: &mut Event<'a>) -> Result<(), Refused> {
        let line = line.trim_end_matches(['\r', '\n', '\0']);
        let trimmed = line.trim_end_matches([' ', '\t']);
        match &self.body {
            Body::Line { escape, program, order } => {
                let mut spans = [(0, 0); FIELDS_MAX];
                let mut cut = matcher::run(program, trimmed, &mut spans);
                if cut.is_err() && trimmed.len() < line.len() {
                    // The last field may be empty, and the blank before it the template's own.
                    cut = matcher::run(program, line, &mut spans);
                }
                cut.map_err(Refused::Cut)?;
                let (from, to) = spans[program.fields.len().saturating_sub(1)];
                if self.loose && may_hide(line.get(from as usize..to as usize).unwrap_or("")) {
                    return Err(Refused::House);
                }
                let mut filling = Filling::new(fill::reading(*escape, line));
                for &index in order {
                    let (from, to) = spans[usize::from(index)];
                    let raw = line.get(from as usize..to as usize).unwrap_or("");
                    filling.set(&program.fields[usize::from(index)], raw, event);
                }
                filling.finish(program.fields.iter(), event);
                event.kind = Kind::Access;
            }
            Body::Keys(keyed) => {
                keyed.read(trimmed, event).map_err(Refused::Keyed)?;
                event.kind = Kind::Access;
            }
            Body::House(places) => {
                let formats = places.iter().filter_map(|place| FORMATS.get(*place));
                if !formats.into_iter().any(|format| format.fits(line) && format.read(line, event))
                {
                    return Err(Refused::House);
                }
            }
        }
        event.format = self.name;
        Ok(())
    }
}

/// Whether what follows a format may be the true end of a request or an agent in which a client wrote
/// the quotes, status and sizes before it: a protocol or a status behind a quote, or a quote that
/// neither opens nor closes a column.
fn may_hide(rest: &str) -> bool {
    let mut quoted = false;
    for word in rest.split([' ', '\t']) {
        let opens = !quoted && word.starts_with('"');
        let closes = (quoted || (opens && word.len() > 1)) && word.ends_with('"');
        let quotes = word.bytes().filter(|&b| b == b'"').count();
        let stray = quotes != usize::from(opens) + usize::from(closes);
        let status = word.len() == 3 && scan::digits(word);
        if stray || word.contains("HTTP/") || (status && !quoted) {
            return true;
        }
        quoted = (quoted || opens) && !closes;
    }
    quoted
}

enum Refused {
    Cut(Fail),
    Keyed(keyed::Refused),
    House,
}

fn nothing(message: &str) -> Mismatch {
    Mismatch { field: String::new(), offset: 0, message: message.to_owned() }
}

fn mismatch(program: &Program, fail: Fail) -> Mismatch {
    let Fail { what, offset } = fail;
    let (field, message) = match what {
        What::Op { stretch, op } => wanted(program, stretch, op),
        What::Open { field } => {
            let field = &program.fields[usize::from(field)];
            let message = format!("{} should be {}", field.source, field.shape.wants());
            (field.source.to_string(), message)
        }
        What::More => (String::new(), "the line goes on where the template ends".to_owned()),
        What::Ambiguous { stretch } => {
            let (field, _) = wanted(program, stretch, 0);
            let message = "the line can be read in two ways from here; quotes around the fields \
                           before would tell them apart";
            (field, message.to_owned())
        }
        What::Steps => (String::new(), "the line could be read in too many ways".to_owned()),
    };
    Mismatch { field, offset, message }
}

/// What stands at an op of the program, and a sentence that asks for it.
fn wanted(program: &Program, stretch: usize, op: usize) -> (String, String) {
    match program.stretches.get(stretch).and_then(|stretch| stretch.ops.get(op)) {
        Some(Op::Literal(text)) => (text.to_string(), format!("{text:?} should stand here")),
        Some(Op::Fixed(index)) => {
            let field = &program.fields[usize::from(*index)];
            let message = format!("{} should be {}", field.source, field.shape.wants());
            (field.source.to_string(), message)
        }
        Some(Op::Quoted(index)) => {
            let field = &program.fields[usize::from(*index)];
            let message = format!("the quote that closes {} is missing", field.source);
            (field.source.to_string(), message)
        }
        None => (String::new(), "the line should end here".to_owned()),
    }
}

impl Format for Template {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, line: &str) -> bool {
        match &self.body {
            Body::Line { program, .. } => match program.stretches[0].ops.first() {
                Some(Op::Literal(text)) => line.starts_with(&**text),
                _ => true,
            },
            Body::Keys(_) => line.trim_start().starts_with('{'),
            Body::House(_) => true,
        }
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let mut event = Event::default();
        self.read(line, &mut event).then_some(event)
    }

    /// A line that goes on where a format of goaccess's ends is read where the format was named. Where
    /// formats are tried, it would take the longer lines of others and lose their last columns.
    fn read_named<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        self.read(line, event)
            || self.longer.as_ref().is_some_and(|longer| longer.read(line, event))
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        self.fill(line, event).is_ok()
    }
}
