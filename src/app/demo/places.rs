//! Where the demo's made-up clients are: invented access providers and hosts, in real countries.
//!
//! No database knows the addresses set aside for documentation and benchmarks (RFC 5737, 3849, 2544),
//! so the demo brings its own places for them. Autonomous systems have numbers set aside for
//! documentation (RFC 5398) and names that nobody bears. A database that is there is asked first and
//! wins: it alone knows the addresses that are real, those of the crawlers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::rng::Rng;
use crate::aggregate::place::{Code, Geo, Place};
use crate::aggregate::wire::GeoInfo;

/// Part of a provider's addresses, all in one country.
#[derive(Debug)]
struct Region {
    asn: u32,
    organisation: &'static str,
    country: &'static str,
    cities: &'static [&'static str],
    /// Share of the visitors.
    weight: f64,
    /// Share of its visitors with IPv6.
    v6: f64,
}

const fn region(
    asn: u32,
    organisation: &'static str,
    country: &'static str,
    cities: &'static [&'static str],
    weight: f64,
    v6: f64,
) -> Region {
    Region { asn, organisation, country, cities, weight, v6 }
}

/// The region at place `n` has the `n`th /20 of 198.18.0.0/15 and the `n`th /37 of 2001:db8::/32.
/// Shares of IPv6 differ by country as they do in the world, only roughly.
const REGIONS: [Region; 22] = [
    region(64496, "Hanbit Telecom", "KR", &["Seoul", "Busan", "Incheon", "Daegu"], 19.0, 0.25),
    region(64497, "Hangang Mobile", "KR", &["Seoul", "Suwon", "Gwangju", "Daejeon"], 9.0, 0.6),
    region(64498, "Northwind Cable", "US", &["Chicago", "Denver", "Boston", "Seattle"], 13.0, 0.6),
    region(64499, "Redwood Wireless", "US", &["Los Angeles", "Dallas", "Atlanta"], 8.0, 0.85),
    region(64500, "Maple Fibre", "CA", &["Toronto", "Vancouver", "Montreal"], 3.0, 0.4),
    region(64501, "Rheinnetz", "DE", &["Berlin", "Hamburg", "Cologne", "Munich"], 8.5, 0.75),
    region(64501, "Rheinnetz", "AT", &["Vienna", "Graz"], 1.2, 0.4),
    region(64502, "Lutetia Telecom", "FR", &["Paris", "Lyon", "Marseille"], 5.0, 0.8),
    region(64503, "Albion Broadband", "GB", &["London", "Manchester", "Leeds"], 6.0, 0.5),
    region(64503, "Albion Broadband", "IE", &["Dublin"], 0.8, 0.3),
    region(64504, "Hinode Communications", "JP", &["Tokyo", "Osaka", "Nagoya"], 7.0, 0.55),
    region(64505, "Ganga Mobile", "IN", &["Mumbai", "Bengaluru", "Delhi"], 5.0, 0.75),
    region(64506, "Ipanema Net", "BR", &["São Paulo", "Rio de Janeiro", "Recife"], 3.5, 0.5),
    region(64507, "Polder Online", "NL", &["Amsterdam", "Rotterdam"], 2.5, 0.4),
    region(64507, "Polder Online", "BE", &["Brussels", "Ghent"], 1.2, 0.65),
    region(64508, "Southern Cross Net", "AU", &["Sydney", "Melbourne", "Perth"], 2.0, 0.35),
    region(64508, "Southern Cross Net", "NZ", &["Auckland"], 0.6, 0.3),
    region(64509, "Mekong Telecom", "VN", &["Hanoi", "Ho Chi Minh City"], 1.8, 0.6),
    region(64509, "Mekong Telecom", "SG", &["Singapore"], 1.2, 0.3),
    region(64510, "Vistula Net", "PL", &["Warsaw", "Krakow"], 1.6, 0.2),
    // Programs run there, and crawlers that say who they are.
    region(64511, "Cumulus Cloud", "US", &["Ashburn", "Portland"], 0.0, 0.3),
    region(64511, "Cumulus Cloud", "DE", &["Frankfurt am Main"], 0.0, 0.3),
];

/// Places of [`REGIONS`] where programs and bots run.
const CLOUD: [usize; 2] = [20, 21];

/// The three networks of RFC 5737 and the place of [`REGIONS`] they belong to: neighbours share what
/// one of them does, so each kind of guest has its own.
const SMALL: [([u8; 3], usize); 3] = [([203, 0, 113], 13), ([198, 51, 100], 20), ([192, 0, 2], 21)];

/// An address of somebody at home or on a telephone. Few IPv4 networks stand for many, as behind a
/// carrier's translation; IPv6 gives every household a network of its own.
pub(super) fn visitor(rng: &mut Rng) -> IpAddr {
    let places: Vec<usize> = (0..REGIONS.len()).collect();
    let place = *rng.weighted(&places, |&place| REGIONS[place].weight);
    if rng.chance(REGIONS[place].v6) { v6(place, rng) } else { v4(place, rng) }
}

/// One of the `number`s of machines that somebody runs in a data centre; the same number is the same
/// address.
pub(super) fn machine(number: usize) -> IpAddr {
    let place = CLOUD[number % CLOUD.len()];
    let host = 4 + number % 240;
    Ipv4Addr::from(first_v4(place) | (number as u32 / 240 % 16) << 8 | host as u32).into()
}

fn v4(place: usize, rng: &mut Rng) -> IpAddr {
    let network = rng.zipf(16) as u32;
    let host = 1 + rng.below(254) as u32;
    Ipv4Addr::from(first_v4(place) | network << 8 | host).into()
}

fn v6(place: usize, rng: &mut Rng) -> IpAddr {
    let third = (place as u16) << 11 | rng.below(1 << 11) as u16;
    let (subnet, host) = (rng.below(4) as u16, rng.bits());
    let [a, b, c, d] = [48, 32, 16, 0].map(|bits| (host >> bits) as u16);
    Ipv6Addr::new(0x2001, 0xdb8, third, subnet, a, b, c, d).into()
}

fn first_v4(place: usize) -> u32 {
    u32::from_be_bytes([198, 18, 0, 0]) | (place as u32) << 12
}

/// The region of an address and which of its cities it is in; `None` for the addresses that are not
/// the demo's.
fn region_of(address: IpAddr) -> Option<(&'static Region, usize)> {
    let (place, network) = match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            match SMALL.iter().find(|(network, _)| *network == [a, b, c]) {
                Some((_, place)) => (*place, 0),
                None if a == 198 && b & 0xfe == 18 => {
                    (usize::from(b & 1) << 4 | usize::from(c >> 4), usize::from(c & 15))
                }
                None => return None,
            }
        }
        IpAddr::V6(address) => match address.segments() {
            [0x2001, 0xdb8, third, ..] => (usize::from(third >> 11), usize::from(third & 0x7ff)),
            _ => return None,
        },
    };
    Some((REGIONS.get(place)?, network))
}

/// The places of a demo: see the module.
#[derive(Debug)]
pub struct Places {
    databases: Arc<dyn Geo>,
}

impl Places {
    /// With what the machine's own databases know going first.
    #[must_use]
    pub fn beside(databases: Arc<dyn Geo>) -> Places {
        Places { databases }
    }
}

/// What the page says where no database is there.
const INVENTED: &str = "Invented for the demo";

impl Geo for Places {
    fn place(&self, address: IpAddr) -> Place {
        let known = self.databases.place(address);
        if known != Place::default() {
            return known;
        }
        let Some((region, network)) = region_of(address) else { return known };
        Place {
            continent: None,
            country: Code::new(region.country),
            city: region.cities.get(network % region.cities.len()).map(|&city| city.to_owned()),
            asn: Some(region.asn),
            organisation: Some(region.organisation.to_owned()),
        }
    }

    fn info(&self) -> GeoInfo {
        let info = self.databases.info();
        let invented = || Some(INVENTED.to_owned());
        GeoInfo {
            country: info.country.or_else(invented),
            asn: info.asn.or_else(invented),
            looked_in: info.looked_in,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::aggregate::place::nowhere;

    #[test]
    fn every_made_up_client_is_somewhere_and_a_real_address_is_not() {
        let places = Places::beside(nowhere());
        let mut rng = Rng::new(1);
        let (mut countries, mut asns) = (BTreeSet::new(), BTreeSet::new());
        let mut networks = BTreeSet::new();
        for number in 0..4_000 {
            for address in [visitor(&mut rng), machine(number)] {
                let place = places.place(address);
                countries.insert(place.country.expect("a country"));
                let asn = place.asn.expect("a network");
                assert!((64_496..=64_511).contains(&asn), "AS{asn}");
                asns.insert(asn);
                assert!(place.city.is_some() && place.organisation.is_some(), "{address}");
                networks.insert(crate::aggregate::derived::network(&address.to_string()));
            }
        }
        assert!(countries.len() > 15 && asns.len() == 16, "{countries:?} {asns:?}");
        assert!(networks.len() > 500, "{}", networks.len());
        for address in ["66.249.66.1", "10.0.0.2", "198.20.0.1", "2001:4860:4801::1"] {
            let place = places.place(address.parse().expect("an address"));
            assert_eq!(place, Place::default(), "{address}");
        }
    }

    #[test]
    fn regions_fit_the_addresses_and_have_a_city_each() {
        assert!(REGIONS.len() <= 32, "a /15 has 32 /20");
        for region in &REGIONS {
            assert!(Code::new(region.country).is_some() && !region.cities.is_empty());
        }
        assert!(CLOUD.iter().all(|&place| REGIONS[place].asn == 64_511));
    }

    #[test]
    fn a_database_that_knows_the_address_wins() {
        #[derive(Debug)]
        struct Database;
        impl Geo for Database {
            fn place(&self, _: IpAddr) -> Place {
                Place { country: Code::new("IS"), ..Place::default() }
            }
            fn info(&self) -> GeoInfo {
                GeoInfo { country: Some("GeoLite2-Country".into()), ..GeoInfo::default() }
            }
        }
        let places = Places::beside(Arc::new(Database));
        let place = places.place(IpAddr::from([203, 0, 113, 9]));
        assert_eq!((place.country, place.asn), (Code::new("IS"), None));
        assert_eq!(places.info().country.as_deref(), Some("GeoLite2-Country"));
        assert_eq!(places.info().asn.as_deref(), Some(INVENTED));
    }
}
