//! What sort of value a key takes: how it is read, written and described.

mod address;
mod amount;
mod data;
mod database;
mod ranges;
mod word;
mod zone;

use std::ops::Range;

pub use address::{Addresses, Networks, Permissions, SocketPaths, parse_address};
pub use amount::{
    Count, DAY, Flag, GIB, HOUR, KIB, MIB, MINUTE, SECOND, Size, Span, show_size, show_span, span,
    span_or_off,
};
pub use data::{DataDir, Place, typed};
pub use database::GeoFile;
pub use ranges::{RangeFiles, RangesOf};
pub use word::{Choice, Key, MaybePath, Names, OneOf, Texts, Words, one_of};
pub use zone::{Zone, ZoneName};

pub use crate::vocab::secret::Secret;

/// A value before its key has said what it should be, with where it stands in the file.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Byte range in the file; empty for the environment and flags.
    pub span: Range<usize>,
    pub value: RawValue,
}

#[derive(Clone, Debug)]
pub enum RawValue {
    Text(String),
    Integer(Option<i64>),
    Float(f64),
    Bool(bool),
    List(Vec<Raw>),
    /// Entries in the order of the file: name, where the name stands, value.
    Table(Vec<(String, Range<usize>, Raw)>),
    /// From the environment or a flag: text that stands for any kind of value.
    Loose(String),
    Datetime,
}

impl Raw {
    pub(in crate::app::config) fn describe(&self) -> String {
        match &self.value {
            RawValue::Text(text) | RawValue::Loose(text) => format!("'{text}'"),
            RawValue::Integer(Some(n)) => n.to_string(),
            RawValue::Integer(None) => "a number beyond all bounds".into(),
            RawValue::Float(n) => n.to_string(),
            RawValue::Bool(b) => b.to_string(),
            RawValue::List(_) => "a list".into(),
            RawValue::Table(_) => "a table".into(),
            RawValue::Datetime => "a date".into(),
        }
    }

    pub(in crate::app::config) fn text(&self) -> Option<&str> {
        match &self.value {
            RawValue::Text(text) | RawValue::Loose(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::app::config) fn wrong(&self, message: impl Into<String>) -> Wrong {
        Wrong { span: self.span.clone(), inside: None, message: message.into() }
    }

    /// The items of a list; a single text is a list of one, and in the environment commas part it.
    fn items(&self) -> Option<Vec<Raw>> {
        match &self.value {
            RawValue::List(items) => Some(items.clone()),
            RawValue::Text(_) => Some(vec![self.clone()]),
            RawValue::Loose(text) => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Raw {
                        span: self.span.clone(),
                        value: RawValue::Loose(item.into()),
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}

/// What is wrong with a value, and where in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub span: Range<usize>,
    /// The byte of the value's text that is at fault, where it is not the whole.
    pub inside: Option<usize>,
    pub message: String,
}

/// How one key's value is read, written and described.
pub trait Kind {
    type Out;
    /// # Errors
    /// Everything that is wrong with it, each with what would be right.
    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>>;
    /// The value as TOML.
    fn show(&self, value: &Self::Out) -> String;
    /// Unit and range in words, e.g. `size, 1 KiB to 1 GiB`.
    fn says(&self) -> String;
}

fn one(wrong: Wrong) -> Vec<Wrong> {
    vec![wrong]
}

/// Reads each item of a list; all that is wrong is told, not only the first.
fn list<T>(
    raw: &Raw,
    what: &str,
    mut read: impl FnMut(&Raw, &str) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Wrong>> {
    let Some(items) = raw.items() else {
        return Err(one(raw.wrong(format!("{} is no list of {what}", raw.describe()))));
    };
    let mut out = Vec::with_capacity(items.len());
    let mut wrong = Vec::new();
    for item in &items {
        match item.text() {
            None => wrong
                .push(item.wrong(format!("{} is no text; write it in quotes", item.describe()))),
            Some(text) => match read(item, text) {
                Ok(value) => out.push(value),
                Err(message) => wrong.push(item.wrong(message)),
            },
        }
    }
    if wrong.is_empty() { Ok(out) } else { Err(wrong) }
}

/// A TOML string.
pub(in crate::app) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn shown_list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| quoted(&item)).collect();
    format!("[{}]", items.join(", "))
}
