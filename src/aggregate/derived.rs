//! What is derived from a text when the window first sees it: an agent's system, a client's network,
//! a path's route. Panels and filters use these like fields of their own, and a row pays nothing for
//! them: they are counted by adding up what their texts counted.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::aggregate::place::{Geo, nowhere};
use crate::aggregate::route::Routes;
use crate::aggregate::templates::Templates;
use crate::decode::agent;
use crate::decode::agent::ranges::Ranges;
use crate::decode::filetype::file_type;
use crate::decode::keyphrase::keyphrase;
use crate::vocab::field::Field;

/// One such value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Derived {
    /// Of an agent: `Chrome`, `curl`.
    Family = 0,
    /// Of an agent: `Windows 10`, `Android 14`.
    System,
    /// Of an agent: `Googlebot`; absent where it is none.
    Bot,
    /// Of an agent: what the bot is for, `search`.
    Purpose,
    /// Of a referrer: its host.
    Host,
    /// Of a referrer: what was searched for.
    Keyphrase,
    /// Of a client: its /24 or /48.
    Network,
    /// Of a client: ISO 3166-1 alpha-2.
    Country,
    City,
    /// Of a client: `AS13335`.
    Asn,
    /// Of a client: `v4` or `v6`.
    IpVersion,
    /// Of a path: `/user/{id}`.
    Route,
    /// Of a path: `css`; absent where it is no file of a known type.
    FileType,
    /// Of an error's message: `open() "<*>" failed`.
    Template,
}

impl Derived {
    pub const COUNT: usize = 14;
    pub const ALL: [Derived; Derived::COUNT] = [
        Derived::Family,
        Derived::System,
        Derived::Bot,
        Derived::Purpose,
        Derived::Host,
        Derived::Keyphrase,
        Derived::Network,
        Derived::Country,
        Derived::City,
        Derived::Asn,
        Derived::IpVersion,
        Derived::Route,
        Derived::FileType,
        Derived::Template,
    ];

    /// The field it is derived from.
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            Derived::Family | Derived::System | Derived::Bot | Derived::Purpose => Field::Agent,
            Derived::Host | Derived::Keyphrase => Field::Referrer,
            Derived::Network
            | Derived::Country
            | Derived::City
            | Derived::Asn
            | Derived::IpVersion => Field::Client,
            Derived::Route | Derived::FileType => Field::Path,
            Derived::Template => Field::Message,
        }
    }

    /// Its place among those of its field.
    #[must_use]
    pub(crate) fn place(self) -> usize {
        let same = Derived::ALL.iter().filter(|other| other.field() == self.field());
        same.take_while(|other| **other != self).count()
    }

    /// How many values are derived from a field.
    pub(crate) fn width(field: Field) -> usize {
        Derived::ALL.iter().filter(|derived| derived.field() == field).count()
    }

    /// The word of the filter language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Derived::Family => "family",
            Derived::System => "os",
            Derived::Bot => "bot",
            Derived::Purpose => "purpose",
            Derived::Host => "referrer_host",
            Derived::Keyphrase => "keyphrase",
            Derived::Network => "network",
            Derived::Country => "country",
            Derived::City => "city",
            Derived::Asn => "asn",
            Derived::IpVersion => "ip_version",
            Derived::Route => "route",
            Derived::FileType => "type",
            Derived::Template => "template",
        }
    }

    /// Whether the text alone tells it: routes and templates are learnt, and places need a database.
    #[must_use]
    pub fn is_plain(self) -> bool {
        !self.is_learnt() && !matches!(self, Derived::Country | Derived::City | Derived::Asn)
    }

    /// Whether it may be another one when more texts were seen.
    #[must_use]
    pub fn is_learnt(self) -> bool {
        matches!(self, Derived::Route | Derived::Template)
    }
}

impl Default for Knowledge {
    fn default() -> Self {
        Knowledge::new(nowhere(), Ranges::default())
    }
}

/// What deriving needs to know beside the text.
#[derive(Clone, Debug)]
pub struct Knowledge {
    pub(crate) routes: Routes,
    pub(crate) templates: Templates,
    geo: Arc<dyn Geo>,
    /// What operators of bots publish, beside what is compiled in.
    ranges: Ranges,
    /// Who runs an autonomous system, by its number as a text. There are some 80,000 of them, so
    /// nothing is ever taken out.
    organisations: HashMap<String, String>,
}

impl Knowledge {
    #[must_use]
    pub fn new(geo: Arc<dyn Geo>, ranges: Ranges) -> Knowledge {
        let (routes, templates, organisations) = Default::default();
        Knowledge { routes, templates, geo, ranges, organisations }
    }

    /// Gives `each` every value derived from a text of a field. Templates are not among them: they
    /// take more than the text ([`Templates::learn`]).
    ///
    /// A path that was only asked for in vain, as `vain` says, teaches nothing about routes.
    pub(crate) fn derive(
        &mut self,
        field: Field,
        text: &str,
        vain: bool,
        mut each: impl FnMut(Derived, &str),
    ) {
        match field {
            Field::Path => {
                let route = if vain { self.routes.known(text) } else { self.routes.route(text) };
                each(Derived::Route, &route);
                each(Derived::FileType, file_type(text));
            }
            Field::Client => {
                let address = text.parse::<IpAddr>().ok();
                if let Some(network) = network(text) {
                    each(Derived::Network, &network);
                }
                each(Derived::IpVersion, ip_version(text));
                let Some(address) = address else { return };
                let place = self.geo.place(address);
                if let Some(country) = place.country {
                    each(Derived::Country, &country.to_string());
                }
                if let Some(city) = &place.city {
                    each(Derived::City, city);
                }
                if let Some(asn) = place.asn {
                    let asn = format!("AS{asn}");
                    each(Derived::Asn, &asn);
                    if let Some(organisation) = place.organisation {
                        self.organisations.insert(asn, organisation);
                    }
                }
            }
            _ => {
                for derived in Derived::ALL.into_iter().filter(|derived| derived.field() == field) {
                    if let Some(value) = plain(derived, text) {
                        each(derived, &value);
                    }
                }
            }
        }
    }

    /// The templates of error events, as learnt so far.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// Whether a bot's operator publishes the client's address as its own.
    pub(crate) fn is_verified(&self, bot: &str, client: &str) -> bool {
        let Ok(address) = client.parse::<IpAddr>() else { return false };
        agent::ranges::origin(bot, address, &self.ranges) == agent::ranges::Origin::Published
    }

    /// What operators of bots publish, beside what is compiled in.
    #[must_use]
    pub fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// Who runs an autonomous system.
    #[must_use]
    pub fn organisation(&self, asn: &str) -> Option<&str> {
        self.organisations.get(asn).map(String::as_str)
    }
}

/// The value that a text alone tells; `None` where there is none, or it takes more to know.
#[must_use]
pub fn plain(derived: Derived, text: &str) -> Option<Cow<'_, str>> {
    let value = match derived {
        Derived::Family => Cow::Borrowed(agent::classify(text).family),
        Derived::System => Cow::from(agent::system(text)),
        Derived::Bot => Cow::Borrowed(agent::bot(text)?.name),
        Derived::Purpose => Cow::Borrowed(agent::bot(text)?.purpose.name()),
        Derived::Host => lower(referrer_host(text)),
        // What is searched for in capitals is the same, and filters find it so.
        Derived::Keyphrase => Cow::Owned(keyphrase(text)?.to_ascii_lowercase()),
        Derived::Network => Cow::Owned(network(text)?),
        Derived::IpVersion => Cow::Borrowed(ip_version(text)),
        Derived::FileType => Cow::Borrowed(file_type(text)),
        Derived::Route | Derived::Template | Derived::Country | Derived::City | Derived::Asn => {
            return None;
        }
    };
    (!value.is_empty()).then_some(value)
}

/// Names of hosts do not tell case apart (RFC 3986, section 3.2.2).
fn lower(host: &str) -> Cow<'_, str> {
    match host.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(host.to_ascii_lowercase()),
        false => Cow::Borrowed(host),
    }
}

/// The network that an address is shown in: /24 for IPv4, /48 for IPv6, what one customer of a
/// hosting company or an access provider gets at least (RFC 6177).
#[must_use]
pub fn network(client: &str) -> Option<String> {
    match client.parse().ok()? {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Some(format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
        }
    }
}

fn ip_version(client: &str) -> &'static str {
    match client.parse() {
        Ok(IpAddr::V4(_)) => "v4",
        Ok(IpAddr::V6(_)) => "v6",
        Err(_) => "",
    }
}

/// The host of a referrer: what stands between `//` and the path, without user, port and `www.`;
/// the whole text where it is no URL.
#[must_use]
pub fn referrer_host(referrer: &str) -> &str {
    let Some((_, rest)) = referrer.split_once("//") else { return referrer };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    let host = match host.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") => &host[4..],
        _ => host,
    };
    if host.is_empty() { referrer } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referrer_is_known_by_its_host() {
        for (referrer, host) in [
            ("https://www.example.org/a?b", "example.org"),
            ("http://user@example.org:8080", "example.org"),
            ("//[2001:db8::1]/x", "[2001:db8::1]"),
            ("android-app://com.example/", "com.example"),
            ("nonsense", "nonsense"),
            ("http:///", "http:///"),
        ] {
            assert_eq!(referrer_host(referrer), host);
        }
    }

    #[test]
    fn a_host_is_one_in_whatever_case_it_is_written() {
        for referrer in
            ["https://www.example.org/", "http://Example.org", "HTTPS://WWW.EXAMPLE.ORG/A"]
        {
            assert_eq!(plain(Derived::Host, referrer).as_deref(), Some("example.org"));
        }
    }

    #[test]
    fn a_phrase_is_one_in_whatever_case_it_is_searched_for() {
        for phrase in ["Foo+bar", "foo%20BAR"] {
            let referrer = format!("https://www.google.com/search?q={phrase}");
            assert_eq!(plain(Derived::Keyphrase, &referrer).as_deref(), Some("foo bar"));
        }
    }

    #[test]
    fn an_address_is_in_the_network_of_one_customer() {
        for (client, expected) in [
            ("203.0.113.9", Some("203.0.113.0/24")),
            ("2001:db8:4:1::9", Some("2001:db8:4::/48")),
            ("masked", None),
        ] {
            assert_eq!(network(client).as_deref(), expected);
        }
    }

    #[test]
    fn every_derived_value_has_a_place_of_its_own() {
        for derived in Derived::ALL {
            assert!(derived.place() < Derived::width(derived.field()));
        }
        assert_eq!(Derived::width(Field::Site), 0);
        assert_eq!((Derived::Family.place(), Derived::Purpose.place()), (0, 3));
    }
}
