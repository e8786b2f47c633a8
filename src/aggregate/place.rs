//! Where an address is, and whose network it belongs to.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::wire::GeoInfo;

/// Tells the place of an address.
///
/// A trait, because where places come from is files, and those are read on another floor.
pub trait Geo: Send + Sync + fmt::Debug {
    /// What is known of the address; an empty place where that is nothing. An IPv4 address in its
    /// IPv6 form is taken as the IPv4 address.
    fn place(&self, address: IpAddr) -> Place;

    /// What it is read from, for the page.
    fn info(&self) -> GeoInfo {
        GeoInfo::default()
    }
}

/// Without any database: every address is nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nowhere;

impl Geo for Nowhere {
    fn place(&self, _: IpAddr) -> Place {
        Place::default()
    }
}

/// [`Nowhere`], as what takes a [`Geo`] wants it.
#[must_use]
pub fn nowhere() -> Arc<dyn Geo> {
    Arc::new(Nowhere)
}

/// What is known of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `AF AN AS EU NA OC SA`.
    pub continent: Option<Code>,
    /// ISO 3166-1 alpha-2. Names are the reader's matter: browsers know them in every language.
    pub country: Option<Code>,
    /// In English; only where the database is one of cities.
    pub city: Option<String>,
    /// Autonomous system, never 0.
    pub asn: Option<u32>,
    /// Who runs that autonomous system.
    pub organisation: Option<String>,
}

/// Two capital letters that name a country or a continent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 2]);

impl Code {
    /// Reads two letters. `ZZ` and `XX` say in databases that nothing is known.
    #[must_use]
    pub fn new(text: &str) -> Option<Code> {
        let &[a, b] = text.as_bytes() else { return None };
        let letters = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
        let known =
            letters.iter().all(u8::is_ascii_uppercase) && letters != *b"ZZ" && letters != *b"XX";
        known.then_some(Code(letters))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // Always ASCII, by `new`.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_two_letters_and_means_something() {
        let cases = [
            ("KR", Some("KR")),
            ("kr", Some("KR")),
            ("", None),
            ("K", None),
            ("KOR", None),
            ("K1", None),
            ("é", None),
            ("ZZ", None),
            ("xx", None),
            ("United States", None),
        ];
        for (text, code) in cases {
            assert_eq!(Code::new(text).as_ref().map(Code::as_str), code, "{text}");
        }
    }

    #[test]
    fn without_a_database_everything_is_nowhere() {
        let nowhere = nowhere();
        assert_eq!(nowhere.place(IpAddr::from([203, 0, 113, 9])), Place::default());
        assert_eq!(nowhere.info(), GeoInfo::default());
    }
}
