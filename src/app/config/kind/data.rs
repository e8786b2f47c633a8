//! Where something is kept: in the usual place, nowhere, or in a directory.

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
