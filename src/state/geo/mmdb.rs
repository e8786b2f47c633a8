//! Writes MaxMind databases for tests, after <https://maxmind.github.io/MaxMind-DB/>.
#![allow(dead_code, reason = "not every test that includes it writes every shape")]

use std::net::IpAddr;

/// Bits of a record of the search tree; a node has two.
const RECORD_BITS: u16 = 24;
/// Bytes of zero between the tree and the data, which a pointer to data counts too.
const SEPARATOR: u32 = 16;

/// A value of the data section.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    U16(u16),
    U32(u32),
    U64(u64),
    Double(f64),
    Bool(bool),
    Array(Vec<Value>),
    Map(Vec<(&'static str, Value)>),
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A database to be written: its type, when it was built (seconds since 1970), and its networks.
#[derive(Clone, Debug)]
pub(crate) struct Mmdb {
    pub(crate) kind: &'static str,
    pub(crate) built: u64,
    /// 4 or 6; a tree of version 6 has IPv4 in `::/96`.
    pub(crate) ip_version: u16,
    pub(crate) networks: Vec<(&'static str, Value)>,
}

/// What a branch of the tree leads to.
#[derive(Clone, Copy, Debug)]
enum Branch {
    Nothing,
    Node(usize),
    /// Offset in the data section.
    Data(u32),
}

impl Mmdb {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let mut nodes = vec![[Branch::Nothing; 2]];
        let mut networks: Vec<(Vec<bool>, &Value)> =
            self.networks.iter().map(|(network, value)| (self.bits(network), value)).collect();
        // A network inside another one comes after it and takes its part.
        networks.sort_by_key(|(bits, _)| bits.len());
        for (bits, value) in networks {
            let offset = u32::try_from(data.len()).expect("small data");
            encode(value, &mut data);
            insert(&mut nodes, &bits, Branch::Data(offset));
        }
        let count = u32::try_from(nodes.len()).expect("a small tree");
        let mut out = Vec::new();
        for node in &nodes {
            for branch in node {
                let number = match *branch {
                    Branch::Nothing => count,
                    Branch::Node(at) => u32::try_from(at).expect("a small tree"),
                    Branch::Data(offset) => count + SEPARATOR + offset,
                };
                assert!(number < 1 << RECORD_BITS);
                out.extend_from_slice(&number.to_be_bytes()[1..]);
            }
        }
        out.extend_from_slice(&[0; SEPARATOR as usize]);
        out.extend_from_slice(&data);
        out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        let metadata = Value::Map(vec![
            ("binary_format_major_version", Value::U16(2)),
            ("binary_format_minor_version", Value::U16(0)),
            ("build_epoch", Value::U64(self.built)),
            ("database_type", text(self.kind)),
            ("description", Value::Map(vec![("en", text("made for a test"))])),
            ("ip_version", Value::U16(self.ip_version)),
            ("languages", Value::Array(vec![text("en")])),
            ("node_count", Value::U32(count)),
            ("record_size", Value::U16(RECORD_BITS)),
        ]);
        encode(&metadata, &mut out);
        out
    }

    /// The bits that lead to a network, from the root.
    fn bits(&self, network: &str) -> Vec<bool> {
        let (address, prefix) = network.split_once('/').expect("ADDRESS/PREFIX");
        let prefix: usize = prefix.parse().expect("a prefix");
        let (number, width, prefix) = match address.parse().expect("an address") {
            IpAddr::V4(v4) if self.ip_version == 4 => (u128::from(v4.to_bits()), 32, prefix),
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 128, 96 + prefix),
            IpAddr::V6(v6) => (v6.to_bits(), 128, prefix),
        };
        (0..prefix).map(|bit| number >> (width - 1 - bit) & 1 == 1).collect()
    }
}

fn insert(nodes: &mut Vec<[Branch; 2]>, bits: &[bool], branch: Branch) {
    let (last, way) = bits.split_last().expect("no network is everything");
    let mut at = 0;
    for bit in way {
        at = match nodes[at][usize::from(*bit)] {
            Branch::Node(next) => next,
            // A wider network that has data is parted: both halves have its data at first.
            other => {
                nodes.push([other; 2]);
                nodes[at][usize::from(*bit)] = Branch::Node(nodes.len() - 1);
                nodes.len() - 1
            }
        };
    }
    nodes[at][usize::from(*last)] = branch;
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            head(2, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Double(number) => {
            head(3, 8, out);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::U16(number) => unsigned(5, u64::from(*number), out),
        Value::U32(number) => unsigned(6, u64::from(*number), out),
        Value::U64(number) => unsigned(9, *number, out),
        Value::Bool(is) => head(14, usize::from(*is), out),
        Value::Array(items) => {
            head(11, items.len(), out);
            items.iter().for_each(|item| encode(item, out));
        }
        Value::Map(entries) => {
            head(7, entries.len(), out);
            for (key, value) in entries {
                encode(&text(key), out);
                encode(value, out);
            }
        }
    }
}

/// Numbers are written without their leading zeros.
fn unsigned(kind: u8, number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let short = &bytes[number.leading_zeros() as usize / 8..];
    head(kind, short.len(), out);
    out.extend_from_slice(short);
}

/// The control byte: three bits of type, five of size; larger types and sizes in the bytes after.
fn head(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (low, more) = match size {
        0..29 => (size, None),
        29..285 => (29, Some(size - 29)),
        _ => panic!("values of tests are short"),
    };
    let low = u8::try_from(low).expect("five bits");
    match kind {
        1..8 => out.push(kind << 5 | low),
        _ => out.extend_from_slice(&[low, kind - 7]),
    }
    out.extend(more.map(|more| u8::try_from(more).expect("one byte")));
}

/// A map of codes and names as MaxMind writes it.
fn named(key: &'static str, code: &str, name: &str) -> Value {
    Value::Map(vec![
        ("geoname_id", Value::U32(1_835_841)),
        (key, text(code)),
        ("names", Value::Map(vec![("de", text("anders")), ("en", text(name))])),
    ])
}

/// A record of GeoLite2-Country.
pub(crate) fn country(continent: &str, country: &str) -> Value {
    Value::Map(vec![
        ("continent", named("code", continent, "Continent")),
        ("country", named("iso_code", country, "Country")),
        ("registered_country", named("iso_code", "US", "United States")),
    ])
}

/// A record of GeoLite2-City.
pub(crate) fn city(continent: &str, country: &str, city: &str) -> Value {
    let Value::Map(mut entries) = self::country(continent, country) else { unreachable!() };
    entries.insert(0, ("city", named("code", "", city)));
    entries.push((
        "location",
        Value::Map(vec![("latitude", Value::Double(37.5)), ("time_zone", text("Asia/Seoul"))]),
    ));
    entries.push(("subdivisions", Value::Array(vec![named("iso_code", "11", "Seoul")])));
    Value::Map(entries)
}

/// A record of GeoLite2-ASN.
pub(crate) fn asn(number: u32, organisation: &str) -> Value {
    Value::Map(vec![
        ("autonomous_system_number", Value::U32(number)),
        ("autonomous_system_organization", text(organisation)),
    ])
}

/// A record of IPinfo's country_asn.
pub(crate) fn ipinfo(country: &str, asn: &str, name: &str) -> Value {
    Value::Map(vec![
        ("as_domain", text("example.net")),
        ("as_name", text(name)),
        ("asn", text(asn)),
        ("continent", text("AS")),
        ("country", text(country)),
        ("country_name", text("Somewhere")),
    ])
}
