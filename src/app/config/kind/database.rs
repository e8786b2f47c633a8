//! Where a database of countries or networks is: found, off, or a file.

use std::path::PathBuf;

use super::{Kind, Raw, Wrong, one, quoted};
use crate::state::geo::Wanted;

/// The value of a key that takes a [`Wanted`]. Whether the file serves is judged once all is read.
#[derive(Debug)]
pub struct GeoFile;

impl Kind for GeoFile {
    type Out = Wanted;

    fn read(&self, raw: &Raw) -> Result<Wanted, Vec<Wrong>> {
        match raw.text().map(str::trim) {
            Some("auto") => Ok(Wanted::Auto),
            Some("off") => Ok(Wanted::Off),
            // A word that is neither is more likely a slip than a file of this folder.
            Some(path) if path.contains('/') || path.ends_with(".mmdb") => {
                Ok(Wanted::File(PathBuf::from(path)))
            }
            _ => Err(one(raw.wrong(format!(
                "{} is no database; write \"auto\", \"off\" or the path of a file, as \
                 \"/usr/share/GeoIP/GeoLite2-Country.mmdb\"",
                raw.describe()
            )))),
        }
    }

    fn show(&self, value: &Wanted) -> String {
        match value {
            Wanted::Auto => quoted("auto"),
            Wanted::Off => quoted("off"),
            Wanted::File(path) => quoted(&path.display().to_string()),
        }
    }

    fn says(&self) -> String {
        "\"auto\", \"off\" or the path of a file".into()
    }
}
