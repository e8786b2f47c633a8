//! Texts: free ones with a judge, names, paths, keys, and one of a closed list of words.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Kind, Raw, RawValue, Wrong, list, one, quoted, shown_list};
use crate::app::config::problem::nearest;
use crate::vocab::secret::Secret;

/// A text; the function says what is wrong with it.
#[derive(Debug)]
pub struct Words(pub &'static str, pub fn(&str) -> Result<(), String>);

/// Several texts, each checked on its own.
#[derive(Debug)]
pub struct Texts(pub &'static str, pub fn(&str) -> Result<(), String>);

/// Names to names; the text is an example of the second.
#[derive(Debug)]
pub struct Names(pub &'static str);

/// A path, or nothing.
#[derive(Debug)]
pub struct MaybePath;

/// A secret of at least [`Key::LEAST`] characters, or nothing.
#[derive(Debug)]
pub struct Key;

/// One of a closed list of words.
#[derive(Debug)]
pub struct OneOf<T>(std::marker::PhantomData<T>);

#[must_use]
pub fn one_of<T>() -> OneOf<T> {
    OneOf(std::marker::PhantomData)
}

/// A closed list of words.
pub trait Choice: Copy + PartialEq + 'static {
    const ALL: &'static [(&'static str, Self)];
}

impl Kind for Words {
    type Out = String;

    fn read(&self, raw: &Raw) -> Result<String, Vec<Wrong>> {
        let Some(text) = raw.text() else {
            return Err(one(
                raw.wrong(format!("{} is no text; write it in quotes", raw.describe()))
            ));
        };
        (self.1)(text).map_err(|message| one(raw.wrong(message)))?;
        Ok(text.into())
    }

    fn show(&self, value: &String) -> String {
        quoted(value)
    }

    fn says(&self) -> String {
        self.0.into()
    }
}

impl Kind for Texts {
    type Out = Vec<String>;

    fn read(&self, raw: &Raw) -> Result<Vec<String>, Vec<Wrong>> {
        list(raw, "texts", |_, text| (self.1)(text).map(|()| text.to_owned()))
    }

    fn show(&self, value: &Vec<String>) -> String {
        shown_list(value.iter().cloned())
    }

    fn says(&self) -> String {
        self.0.into()
    }
}

impl Kind for Names {
    type Out = BTreeMap<String, String>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        let mut out = BTreeMap::new();
        let mut wrong = Vec::new();
        match &raw.value {
            RawValue::Table(entries) => {
                for (name, _, value) in entries {
                    match value.text() {
                        Some(text) if !text.is_empty() => {
                            out.insert(name.clone(), text.to_owned());
                        }
                        _ => {
                            wrong.push(value.wrong(format!(
                                "{} is no name; write it in quotes",
                                value.describe()
                            )))
                        }
                    }
                }
            }
            RawValue::Loose(_) => {
                for item in raw.items().unwrap_or_default() {
                    match item.text().and_then(|t| t.split_once('=')) {
                        Some((name, value))
                            if !name.trim().is_empty() && !value.trim().is_empty() =>
                        {
                            out.insert(name.trim().into(), value.trim().into());
                        }
                        _ => wrong.push(item.wrong(format!("{} is no NAME=NAME", item.describe()))),
                    }
                }
            }
            _ => wrong.push(raw.wrong(format!(
                "{} is no table; write {{ \"web-1/nginx\" = \"{}\" }}",
                raw.describe(),
                self.0
            ))),
        }
        if wrong.is_empty() { Ok(out) } else { Err(wrong) }
    }

    fn show(&self, value: &Self::Out) -> String {
        if value.is_empty() {
            return "{}".into();
        }
        let entries: Vec<String> =
            value.iter().map(|(k, v)| format!("{} = {}", quoted(k), quoted(v))).collect();
        format!("{{ {} }}", entries.join(", "))
    }

    fn says(&self) -> String {
        format!("table of names, as {{ \"web-1/nginx\" = \"{}\" }}", self.0)
    }
}

impl Kind for MaybePath {
    type Out = Option<PathBuf>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        match raw.text() {
            Some("") => Ok(None),
            Some(text) => Ok(Some(PathBuf::from(text))),
            None => {
                Err(one(raw.wrong(format!("{} is no path; write it in quotes", raw.describe()))))
            }
        }
    }

    fn show(&self, value: &Self::Out) -> String {
        quoted(&value.as_ref().map(|p| p.display().to_string()).unwrap_or_default())
    }

    fn says(&self) -> String {
        "path of a file; \"\" is none".into()
    }
}

impl Key {
    /// Shorter ones are guessed: 16 characters of base64 are 96 bits.
    pub const LEAST: usize = 16;

    /// What is wrong with a key, if anything. Used for `key_file` too.
    ///
    /// # Errors
    /// A sentence with what would be right.
    pub fn judge(key: &str) -> Result<(), String> {
        if key.chars().count() < Key::LEAST {
            return Err(format!(
                "the key is too short; take at least {} characters, as `openssl rand -base64 24` gives",
                Key::LEAST
            ));
        }
        // It travels in a header.
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("the key may hold only ASCII letters, digits and signs, no blanks".into());
        }
        Ok(())
    }
}

impl Kind for Key {
    type Out = Secret;

    fn read(&self, raw: &Raw) -> Result<Secret, Vec<Wrong>> {
        match raw.text() {
            Some("") => Ok(Secret::default()),
            Some(text) => {
                Key::judge(text).map_err(|message| one(raw.wrong(message)))?;
                Ok(Secret(text.into()))
            }
            None => Err(one(raw.wrong("a key is a text; write it in quotes"))),
        }
    }

    fn show(&self, value: &Secret) -> String {
        quoted(&value.0)
    }

    fn says(&self) -> String {
        format!("text of at least {} characters; \"\" is none", Key::LEAST)
    }
}

impl<T: Choice> Kind for OneOf<T> {
    type Out = T;

    fn read(&self, raw: &Raw) -> Result<T, Vec<Wrong>> {
        let found =
            raw.text().and_then(|text| T::ALL.iter().find(|(word, _)| *word == text.trim()));
        if let Some((_, value)) = found {
            return Ok(*value);
        }
        let near = raw
            .text()
            .and_then(|text| nearest(text, T::ALL.iter().map(|w| w.0)))
            .map(|near| format!("; did you mean '{near}'?"))
            .unwrap_or_default();
        Err(one(raw.wrong(format!("{} is none of {}{near}", raw.describe(), words::<T>()))))
    }

    fn show(&self, value: &T) -> String {
        let word = T::ALL.iter().find(|(_, v)| v == value).map_or("", |w| w.0);
        quoted(word)
    }

    fn says(&self) -> String {
        format!("one of {}", words::<T>())
    }
}

fn words<T: Choice>() -> String {
    let words: Vec<String> = T::ALL.iter().map(|(word, _)| quoted(word)).collect();
    words.join(", ")
}
