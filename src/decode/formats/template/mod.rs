//! The operator's own formats: nginx `log_format`, Apache `LogFormat` and goaccess `--log-format`
//! strings, compiled once into a small program of literals and fields that reads lines.
//!
//! A dialect (`nginx`, `apache`, `goaccess`) turns the string into parts, `program` cuts them where a
//! field's end shows only by what follows, `matcher` finds the one reading of a line, `fill` makes
//! the event.

mod apache;
#[allow(dead_code, reason = "the goaccess dialect uses the rest")]
mod field;
mod fill;
mod matcher;
mod nginx;
mod program;
#[cfg(test)]
mod tests;
#[allow(dead_code, reason = "the goaccess dialect uses the rest")]
mod time;

use std::fmt;

use super::Format;
use crate::vocab::event::{Event, Kind};
use field::Escape;
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
    escape: Escape,
    program: Program,
    /// Fields that say something, in the order in which they are read.
    order: Vec<u8>,
}

/// Compiles the text. Without a dialect it is told by the text's shape. The name is what events of
/// it are called, and is never given back: templates live as long as the program.
pub fn compile(
    name: &str,
    dialect: Option<Dialect>,
    text: &str,
    options: &Options,
) -> Result<Template, Fault> {
    let _ = options;
    let parts = match dialect.unwrap_or_else(|| Dialect::of(text)) {
        Dialect::Nginx => nginx::parse(text)?,
        Dialect::Apache => apache::parse(text)?,
        Dialect::GoAccess => {
            let message = "this dialect is not read".into();
            return Err(Fault { offset: 0, length: text.len(), message });
        }
    };
    let escape = parts.escape;
    let program = Program::new(parts)?;
    let order = fill::order(&program.fields);
    let name = Box::leak(name.to_owned().into_boxed_str());
    Ok(Template { name, escape, program, order })
}

impl Dialect {
    /// Whose it is, by its shape: `$name` is nginx's; goaccess's are the names of its presets and
    /// its own specifiers; all else with a `%` is Apache's.
    #[must_use]
    pub fn of(text: &str) -> Dialect {
        if text.contains('$') && !text.contains('%') {
            return Dialect::Nginx;
        }
        Dialect::Apache
    }
}

impl Template {
    /// The event, or why the line is none of the template.
    pub fn explain<'a>(&self, line: &'a str) -> Result<Event<'a>, Mismatch> {
        let mut event = Event::default();
        match self.fill(line, &mut event) {
            Ok(()) => Ok(event),
            Err(fail) => Err(self.mismatch(fail)),
        }
    }

    fn fill<'a>(&self, line: &'a str, event: &mut Event<'a>) -> Result<(), Fail> {
        let line = line.trim_end_matches(['\r', '\n', '\0']);
        let trimmed = line.trim_end_matches([' ', '\t']);
        match self.cut(trimmed, event) {
            // The last field may be empty, and the blank before it the template's own.
            Err(_) if trimmed.len() < line.len() => self.cut(line, event),
            result => result,
        }
    }

    fn cut<'a>(&self, line: &'a str, event: &mut Event<'a>) -> Result<(), Fail> {
        if u32::try_from(line.len()).is_err() {
            return Err(Fail { what: What::Steps, offset: 0 });
        }
        let mut spans = [(0, 0); FIELDS_MAX];
        matcher::run(&self.program, line, &mut spans)?;
        event.kind = Kind::Access;
        event.format = self.name;
        let reading = fill::reading(self.escape, line);
        fill::fill(&self.program.fields, &self.order, line, &spans, reading, event);
        Ok(())
    }

    fn mismatch(&self, fail: Fail) -> Mismatch {
        let Fail { what, offset } = fail;
        let (field, message) = match what {
            What::Op { stretch, op } => self.wanted(stretch, op),
            What::More => (String::new(), "the line goes on where the template ends".to_owned()),
            What::Ambiguous { stretch } => {
                let (field, _) = self.wanted(stretch, 0);
                let message = "the line can be read in two ways from here; quotes around the \
                               fields before would tell them apart";
                (field, message.to_owned())
            }
            What::Steps => (String::new(), "the line could be read in too many ways".to_owned()),
        };
        Mismatch { field, offset, message }
    }

    /// What stands at an op of the program, and a sentence that asks for it.
    fn wanted(&self, stretch: usize, op: usize) -> (String, String) {
        let program = &self.program;
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
}

impl Format for Template {
    fn name(&self) -> &'static str {
        self.name
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        self.explain(line).ok()
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        self.fill(line, event).is_ok()
    }
}
