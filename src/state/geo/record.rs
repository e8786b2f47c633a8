//! What one record of a database says, in whichever of the known shapes.
//!
//! MaxMind and DB-IP write maps (`country.iso_code`, `city.names.en`) and an ASN as a number; IPinfo
//! and databases made from lists write texts (`country_code`, `asn` as `AS15169`). In IPinfo's newer
//! ones `country` is a name, so a text counts as a code only if it has the form of one.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::aggregate::place::{Code, Place};

/// Longest name that is kept of a database, bytes: the longest organisation of GeoLite2-ASN has
/// about ninety.
pub(super) const NAME_BYTES: usize = 128;

/// The parts of a record that are read; the others are skipped.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    continent: Option<Code>,
    country: Option<Code>,
    /// Where the network is registered, for addresses that are nowhere in particular (satellites,
    /// anycast).
    registered: Option<Code>,
    city: Option<&'a str>,
    asn: Option<u32>,
    organisation: Option<&'a str>,
    /// In IPinfo's list of autonomous systems the organisation is just `name`.
    name: Option<&'a str>,
}

impl Record<'_> {
    pub(super) fn country(&self) -> Option<Code> {
        self.country.or(self.registered)
    }

    pub(super) fn has_city(&self) -> bool {
        self.city.is_some()
    }

    pub(super) fn asn(&self) -> Option<u32> {
        self.asn
    }

    /// Takes what a database of countries knows.
    pub(super) fn fill_country(&self, place: &mut Place) {
        place.continent = self.continent;
        place.country = self.country();
        place.city = self.city.map(kept);
    }

    /// Takes what a database of autonomous systems knows.
    pub(super) fn fill_asn(&self, place: &mut Place) {
        place.asn = self.asn;
        place.organisation = self.asn.and_then(|_| self.organisation.or(self.name)).map(kept);
    }
}

/// The name as it is kept: cut where it is too long.
fn kept(name: &str) -> String {
    name[..name.floor_char_boundary(NAME_BYTES)].to_owned()
}

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor)
    }
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = Record<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record<'de>, A::Error> {
        let mut record = Record::default();
        let (mut country_code, mut continent_code) = (None, None);
        while let Some(key) = map.next_key::<&str>()? {
            let slot = match key {
                "continent" => &mut record.continent,
                "country" => &mut record.country,
                "registered_country" => &mut record.registered,
                "country_code" => &mut country_code,
                "continent_code" => &mut continent_code,
                _ => {
                    record.other(key, &mut map)?;
                    continue;
                }
            };
            *slot = map.next_value_seed(VALUE)?.code();
        }
        record.country = country_code.or(record.country);
        record.continent = continent_code.or(record.continent);
        Ok(record)
    }
}

impl<'de> Record<'de> {
    /// Takes a value that is no code.
    fn other<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "city" => self.city = map.next_value_seed(VALUE)?.name(),
            "asn" | "autonomous_system_number" => self.asn = map.next_value_seed(VALUE)?.number(),
            "as_name" | "autonomous_system_organization" => {
                self.organisation = map.next_value_seed(VALUE)?.name();
            }
            "name" => self.name = map.next_value_seed(VALUE)?.name(),
            // GeoIP2-Enterprise has the autonomous system in here.
            "traits" => {
                let traits = map.next_value_seed(VALUE)?;
                self.asn = self.asn.or(traits.asn);
                self.organisation = self.organisation.or(traits.organisation);
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// One value of a record: a text, a number, or a map that holds what counts. Anything else says
/// nothing, and is no error: the other values may be good.
#[derive(Debug, Default)]
struct Part<'a> {
    text: Option<&'a str>,
    number: Option<u64>,
    /// `iso_code` or `code` of a map.
    code: Option<&'a str>,
    /// `names.en` of a map.
    name: Option<&'a str>,
    asn: Option<u32>,
    organisation: Option<&'a str>,
}

impl<'a> Part<'a> {
    fn code(&self) -> Option<Code> {
        self.code.or(self.text).and_then(Code::new)
    }

    fn name(&self) -> Option<&'a str> {
        self.name.or(self.text).map(str::trim).filter(|name| !name.is_empty())
    }

    /// `15169` or `AS15169`.
    fn number(&self) -> Option<u32> {
        let written = |text: &str| {
            let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as"));
            digits.unwrap_or(text).parse().ok()
        };
        let number = self.number.and_then(|n| u32::try_from(n).ok());
        // AS 0 is no one's (RFC 7607).
        number.or_else(|| self.text.and_then(written)).filter(|&number| number != 0)
    }
}

/// Reads a [`Part`] that is so many maps deep in a record. The depth ends the recursion that a
/// pointer of a broken file to a map around itself would begin.
#[derive(Clone, Copy)]
struct PartAt(u8);

const VALUE: PartAt = PartAt(0);
/// `city` → `names` → `en`.
const DEEPEST: u8 = 2;

impl<'de> DeserializeSeed<'de> for PartAt {
    type Value = Part<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Part<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PartAt {
    type Value = Part<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part<'de>, A::Error> {
        let mut part = Part::default();
        if self.0 == DEEPEST {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(part);
        }
        let inner = PartAt(self.0 + 1);
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "iso_code" | "code" => part.code = map.next_value_seed(inner)?.text,
                "names" => part.name = map.next_value_seed(inner)?.name,
                "en" => part.name = map.next_value_seed(inner)?.text,
                "autonomous_system_number" => part.asn = map.next_value_seed(inner)?.number(),
                "autonomous_system_organization" => {
                    part.organisation = map.next_value_seed(inner)?.name();
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(part)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Part<'de>, E> {
        Ok(Part { text: Some(text), ..Part::default() })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Part<'de>, E> {
        Ok(Part { number: Some(number), ..Part::default() })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Part<'de>, E> {
        Ok(Part { number: u64::try_from(number).ok(), ..Part::default() })
    }

    fn visit_u128<E>(self, _: u128) -> Result<Part<'de>, E> {
        Ok(Part::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Part<'de>, E> {
        Ok(Part::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Part<'de>, E> {
        Ok(Part::default())
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Part<'de>, E> {
        Ok(Part::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Part<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Part::default())
    }
}
