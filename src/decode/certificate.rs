//! What a certificate (X.509, RFC 5280 section 4.1) says of itself: whose it is and from when to when it
//! is good.
//!
//! Only what is shown is read, by hand: whether a certificate is to be believed is judged elsewhere, and
//! a parser of all of X.509 is ten times the code.

use chrono::NaiveDate;

use crate::vocab::time::Second;

/// Characters of a name that are shown.
const NAME_MAX: usize = 64;

const INTEGER: u8 = 0x02;
const OBJECT: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OCTETS: u8 = 0x04;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// `dNSName` of a `GeneralName`, RFC 5280 section 4.2.1.6.
const DNS_NAME: u8 = 0x82;
/// `id-at-commonName`, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `id-ce-subjectAltName`, 2.5.29.17.
const ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// The subject's common name, else the first DNS name beside it: an authority may leave the one out, as
    /// RFC 9525 wishes.
    pub name: Option<String>,
    /// The DNS names beside the subject, the only ones that browsers look at.
    pub dns_names: Vec<String>,
    pub begins: Option<Second>,
    /// The last second that it is good for.
    pub ends: Option<Second>,
}

impl Certificate {
    /// Reads one in DER; what can't be read is left out.
    #[must_use]
    pub fn read(der: &[u8]) -> Certificate {
        Certificate::of(der).unwrap_or_default()
    }

    fn of(der: &[u8]) -> Option<Certificate> {
        let (whole, _) = expect(der, SEQUENCE)?;
        let (mut body, _) = expect(whole, SEQUENCE)?;
        if let Some((_, rest)) = expect(body, VERSION) {
            body = rest;
        }
        let (_, body) = expect(body, INTEGER)?;
        let (_algorithm, body) = expect(body, SEQUENCE)?;
        let (_issuer, body) = expect(body, SEQUENCE)?;
        let (validity, body) = expect(body, SEQUENCE)?;
        let (subject, body) = expect(body, SEQUENCE)?;
        let (begins, ends) = next(validity)
            .map(|(tag, text, rest)| (time(tag, text), next(rest).and_then(|(t, x, _)| time(t, x))))
            .unwrap_or_default();
        let dns_names = alternative_names(body).map(dns_names).unwrap_or_default();
        let name = common_name(subject).or_else(|| shown(dns_names.first()?.as_bytes()));
        Some(Certificate { name, dns_names, begins, ends })
    }

    /// Whether it is good for a host of this name (RFC 9525 section 6.3): a star stands for one whole label.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        self.dns_names.iter().any(|name| match name.strip_prefix("*.") {
            Some(parent) => host.split_once('.').is_some_and(|(label, rest)| {
                !label.is_empty() && rest.eq_ignore_ascii_case(parent)
            }),
            None => name.eq_ignore_ascii_case(host),
        })
    }
}

/// What is shown of a name.
fn shown(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let text: String = text.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// The other names among the extensions, which are somewhere behind the subject.
fn alternative_names(mut body: &[u8]) -> Option<&[u8]> {
    while let Some((tag, content, rest)) = next(body) {
        body = rest;
        if tag != EXTENSIONS {
            continue;
        }
        let (mut extensions, _) = expect(content, SEQUENCE)?;
        while let Some((extension, rest)) = expect(extensions, SEQUENCE) {
            extensions = rest;
            let Some((ALT_NAME, mut value)) = expect(extension, OBJECT) else { continue };
            // It may say first whether it is critical.
            while let Some((tag, content, rest)) = next(value) {
                value = rest;
                if tag == OCTETS {
                    return expect(content, SEQUENCE).map(|(names, _)| names);
                }
            }
        }
    }
    None
}

fn dns_names(mut names: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((tag, name, rest)) = next(names) {
        if tag == DNS_NAME
            && name.is_ascii()
            && let Ok(name) = std::str::from_utf8(name)
        {
            found.push(name.to_owned());
        }
        names = rest;
    }
    found
}

/// The common name among the attributes of a subject; the last one is the most specific.
fn common_name(mut subject: &[u8]) -> Option<String> {
    let mut found = None;
    while let Some((set, rest)) = expect(subject, SET) {
        subject = rest;
        let Some((attribute, _)) = expect(set, SEQUENCE) else { continue };
        let Some((COMMON_NAME, value)) = expect(attribute, OBJECT) else { continue };
        let Some((_, text, _)) = next(value) else { continue };
        found = shown(text).or(found);
    }
    found
}

fn time(tag: u8, text: &[u8]) -> Option<Second> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        // RFC 5280 section 4.1.2.5.1: two digits are 1950 to 2049.
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let digits = |at: usize| rest.get(at..at + 2).and_then(|two| two.parse::<u32>().ok());
    let day = NaiveDate::from_ymd_opt(year, digits(0)?, digits(2)?)?;
    let at = day.and_hms_opt(digits(4)?, digits(6)?, digits(8)?)?;
    Some(Second(at.and_utc().timestamp()))
}

/// The content of an element of this kind, and what follows it.
fn expect(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    next(der).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// The first element: its tag, its content, and what follows (X.690 section 8.1).
fn next(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let count = usize::from(first & 0x7f);
        let (digits, after) = rest.split_at_checked(count)?;
        if count == 0 || count > 4 {
            return None;
        }
        length = digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use proptest::prelude::*;

    use super::*;

    fn fixture(pem: &str) -> Vec<u8> {
        let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        BASE64.decode(lines.as_bytes()).expect("base64")
    }

    fn over() -> Vec<u8> {
        fixture(include_str!("../../tests/fixtures/tls/over.pem"))
    }

    #[test]
    fn a_certificate_says_whose_it_is_and_when_it_ends() {
        let long = fixture(include_str!("../../tests/fixtures/tls/server.pem"));
        for (der, name, ends) in
            [(over(), "over.example", 1_735_689_600), (long, "localhost", 4_070_908_800)]
        {
            let read = Certificate::read(&der);
            assert_eq!((read.name.as_deref(), read.ends), (Some(name), Some(Second(ends))));
            assert!(read.begins < read.ends, "{read:?}");
        }
    }

    #[test]
    fn a_certificate_is_for_its_names_and_for_one_label_in_the_place_of_a_star() {
        let renewed = fixture(include_str!("../../tests/fixtures/tls/renewed.pem"));
        let read = Certificate::read(&renewed);
        for (host, expected) in [
            ("localhost", true),
            ("Renewed.Example", true),
            ("a.logs.example", true),
            ("logs.example", false),
            ("a.b.logs.example", false),
            (".logs.example", false),
            ("renewed.example.evil", false),
            ("arenewed.example", false),
            ("", false),
        ] {
            assert_eq!(read.is_for(host), expected, "{host}");
        }
        // Its common name is no name of a host's: browsers look at the others alone.
        let over = Certificate::read(&over());
        assert!(!over.is_for("over.example") && over.is_for("localhost"));
    }

    #[test]
    fn one_without_a_common_name_is_called_by_its_first_dns_name() {
        let unnamed = fixture(include_str!("../../tests/fixtures/tls/unnamed.pem"));
        assert_eq!(Certificate::read(&unnamed).name.as_deref(), Some("web-9.example"));
        let mut cut = unnamed;
        while cut.pop().is_some() {
            let _ = Certificate::read(&cut);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Certificate::read(&bytes);
        }

        #[test]
        fn a_damaged_one_is_read_to_an_end(at in 0usize..430, byte in any::<u8>(), cut in 0usize..430) {
            let mut der = over();
            if let Some(damaged) = der.get_mut(at) {
                *damaged = byte;
            }
            der.truncate(cut);
            let _ = Certificate::read(&der);
        }
    }
}
