//! Where something is kept: in the usual place, nowhere, or in a directory.

use std::borrow::Cow;
use std::path::PathBuf;

use super::{Kind, Raw, Wrong, one, quoted};

/// The value of a key that takes a [`DataDir`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Auto,
    Off,
    At(PathBuf),
}

/// `auto`, `off` or a directory.
#[derive(Debug)]
pub struct DataDir;

/// What follows `--data`: there a bare word is a directory of this one, as it is to every command. In a file, which
/// outlives the directory it was written in, it stays a slip.
#[must_use]
pub fn typed(text: &str) -> Cow<'_, str> {
    match text.trim() {
        "" | "auto" | "off" => Cow::Borrowed(text),
        path if path.contains('/') => Cow::Borrowed(text),
        word => Cow::Owned(format!("./{word}")),
    }
}

impl Kind for DataDir {
    type Out = Place;

    fn read(&self, raw: &Raw) -> Result<Place, Vec<Wrong>> {
        match raw.text().map(str::trim) {
            Some("auto") => Ok(Place::Auto),
            Some("off") => Ok(Place::Off),
            // A bare word is more likely a slip than a directory of this one.
            Some(path) if path.contains('/') => Ok(Place::At(PathBuf::from(path))),
            _ => Err(one(raw.wrong(format!(
                "{} is no place; write \"auto\", \"off\" or a directory, as \"/var/lib/tapline\"",
                raw.describe()
            )))),
        }
    }

    fn show(&self, value: &Place) -> String {
        match value {
            Place::Auto => quoted("auto"),
            Place::Off => quoted("off"),
            Place::At(path) => quoted(&path.display().to_string()),
        }
    }

    fn says(&self) -> String {
        "\"auto\", \"off\" or a directory".into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::RawValue;
    use super::*;

    fn read(text: &str) -> Option<Place> {
        let raw = Raw { span: 0..0, value: RawValue::Loose(text.into()) };
        DataDir.read(&raw).ok()
    }

    #[test]
    fn a_bare_word_is_a_directory_behind_the_flag_alone() {
        for (text, place) in [
            ("auto", Some(Place::Auto)),
            ("off", Some(Place::Off)),
            ("rel", Some(Place::At("./rel".into()))),
            (".", Some(Place::At("./.".into()))),
            ("rel/ative", Some(Place::At("rel/ative".into()))),
            ("/var/lib/tapline", Some(Place::At("/var/lib/tapline".into()))),
            ("", None),
        ] {
            assert_eq!(read(&typed(text)), place, "{text}");
        }
        assert_eq!(read("rel"), None);
    }
}
