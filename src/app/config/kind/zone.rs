//! The zone of times that are written without one.

use super::{Kind, Raw, Wrong, one, quoted};

/// A zone for times that are written without one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// Learnt from each source's arrivals.
    #[default]
    Auto,
    /// This machine's.
    Local,
    /// Minutes east of UTC.
    Fixed(i32),
}

/// The value of a key that takes a [`Zone`].
#[derive(Debug)]
pub struct ZoneName;

impl Kind for ZoneName {
    type Out = Zone;

    fn read(&self, raw: &Raw) -> Result<Zone, Vec<Wrong>> {
        raw.text().and_then(Zone::parse).ok_or_else(|| {
            one(raw.wrong(format!(
                "{} is no zone; write \"auto\", \"local\", \"UTC\" or an offset as \"+02:00\"",
                raw.describe()
            )))
        })
    }

    fn show(&self, value: &Zone) -> String {
        quoted(&value.to_string())
    }

    fn says(&self) -> String {
        "\"auto\", \"local\", \"UTC\" or an offset, \"-14:00\" to \"+14:00\"".into()
    }
}

impl Zone {
    /// Reads `auto`, `local`, `UTC` or an offset (`+02:00`, `-0330`, `+1`); `None` for all else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Zone> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "auto" => return Some(Zone::Auto),
            "local" => return Some(Zone::Local),
            "utc" | "z" | "gmt" => return Some(Zone::Fixed(0)),
            _ => {}
        }
        let (sign, rest) = match text.as_bytes().first()? {
            b'+' => (1, &text[1..]),
            b'-' => (-1, &text[1..]),
            _ => return None,
        };
        let (hours, minutes) = match rest.split_once(':') {
            Some(parts) => parts,
            None if rest.len() == 4 => rest.split_at_checked(2)?,
            None => (rest, "0"),
        };
        let digits = |s: &str| {
            (s.len() <= 2 && s.bytes().all(|b| b.is_ascii_digit()))
                .then(|| s.parse::<i32>().ok())?
        };
        let (hours, minutes) = (digits(hours)?, digits(minutes)?);
        let all = hours * 60 + minutes;
        (minutes < 60 && all <= 14 * 60).then_some(Zone::Fixed(sign * all))
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Zone::Auto => f.write_str("auto"),
            Zone::Local => f.write_str("local"),
            Zone::Fixed(0) => f.write_str("UTC"),
            Zone::Fixed(m) => {
                let sign = if m < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", m.abs() / 60, m.abs() % 60)
            }
        }
    }
}
