//! One MaxMind database file (`.mmdb`), read into memory.
//!
//! Mapping the file would save the copy, but a mapped file that is overwritten in place changes
//! under its reader, which ends in a crash; and it would take `unsafe`.

use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use maxminddb::{LookupResult, Reader, WithinOptions};

use super::Role;
use super::record::Record;
use crate::aggregate::render::rfc3339;
use crate::vocab::time::Second;

/// Largest file that is read. GeoLite2-City has 60 MB, the largest ones that are sold some 500.
pub const FILE_BYTES: u64 = 1 << 30;
/// Addresses and networks of a file that are looked at to learn what it knows.
const PROBES: u32 = 512;
/// The part of IPv6 that is given to networks.
const IPV6: &str = "2000::/3";
/// Longest type that is kept, characters.
const KIND_CHARS: usize = 64;
/// IPinfo's databases of other things, by a word of their types: their countries are those of
/// contacts and companies.
const OTHERS: [&str; 6] = ["abuse", "carrier", "company", "domains", "hostnames", "privacy"];
/// Gzip's first bytes: DB-IP's files come packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that can be asked.
#[derive(Debug)]
pub struct Database {
    pub about: About,
    reader: Reader<Vec<u8>>,
}

/// What is said of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub path: PathBuf,
    /// The type that the file says it has, as `GeoLite2-Country`.
    pub kind: String,
    pub built: Second,
    pub knows: Knows,
    /// What it takes in memory.
    pub bytes: usize,
}

/// What the records of a file tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knows {
    pub country: bool,
    pub city: bool,
    pub asn: bool,
    /// Whether there are records for IPv4 addresses, and for IPv6 ones: some lists come as a file
    /// for each.
    pub ipv4: bool,
    pub ipv6: bool,
}

impl About {
    /// Type and day of building, as `GeoLite2-Country, 2026-11-03`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}, {}", self.kind, self.day())
    }

    #[must_use]
    pub fn day(&self) -> String {
        let time = rfc3339(self.built);
        time.split('T').next().unwrap_or_default().to_owned()
    }

    /// Whether it tells what this role needs.
    #[must_use]
    pub fn fits(&self, role: Role) -> bool {
        match role {
            Role::Country => self.knows.country,
            Role::Asn => self.knows.asn,
        }
    }

    /// Whether it is taken for this role without being named. A list of autonomous systems or of
    /// companies names the country of each owner, which is not where its addresses are.
    #[must_use]
    pub fn is_for(&self, role: Role) -> bool {
        let kind = self.kind.to_ascii_lowercase();
        let only_systems = kind.contains("asn") && !kind.contains("country");
        let others = OTHERS.iter().any(|other| kind.contains(other));
        self.fits(role) && !others && (role == Role::Asn || !only_systems)
    }
}

impl Database {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it, its path first.
    pub fn read(path: &Path) -> Result<Database, String> {
        let shown = path.display();
        let bytes = contents(path).map_err(|error| format!("{shown} {error}"))?;
        Database::of(path, bytes).map_err(|error| format!("{shown} {error}"))
    }

    /// Makes a database of a file's bytes.
    ///
    /// # Errors
    /// What is wrong with them, to be said behind the path.
    pub fn of(path: &Path, bytes: Vec<u8>) -> Result<Database, String> {
        if bytes.starts_with(&GZIP) {
            return Err("is packed with gzip; unpack it first".into());
        }
        let size = bytes.len();
        let reader = Reader::from_source(bytes)
            .map_err(|error| format!("is no MaxMind database (.mmdb): {error}"))?;
        let metadata = reader.metadata();
        let printable = |c: &char| !c.is_control();
        let about = About {
            path: path.to_owned(),
            kind: metadata.database_type.chars().filter(printable).take(KIND_CHARS).collect(),
            built: Second(i64::try_from(metadata.build_epoch).unwrap_or(i64::MAX)),
            knows: probe(&reader),
            bytes: size,
        };
        Ok(Database { about, reader })
    }

    /// What the file says of an address; a record that can't be read says nothing.
    pub(super) fn record(&self, address: IpAddr) -> Option<Record<'_>> {
        self.reader.lookup(address).ok()?.decode().ok()?
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("can't be read: {error}");
    let about = std::fs::metadata(path).map_err(unreadable)?;
    // Opening a pipe would wait for its writer.
    if !about.is_file() {
        return Err("is no file".into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len().min(FILE_BYTES)).unwrap_or(0));
    let mut file = File::open(path).map_err(unreadable)?.take(FILE_BYTES + 1);
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(format!("is larger than {} MiB", FILE_BYTES >> 20));
    }
    Ok(bytes)
}

/// Looks at records all over the file, for its type is only a name: addresses spread over IPv4, and
/// the first networks of the whole and of IPv6, for a small list of one's own has few addresses.
fn probe(reader: &Reader<Vec<u8>>) -> Knows {
    // An odd factor near 2^32 divided by the golden ratio spreads consecutive numbers evenly (Knuth,
    // The Art of Computer Programming 3, 6.4).
    const SPREAD: u32 = 2_654_435_769;
    let mut knows = Knows::default();
    for i in 0..PROBES {
        let address = IpAddr::V4(Ipv4Addr::from_bits(i.wrapping_mul(SPREAD)));
        if let Ok(found) = reader.lookup(address) {
            knows.add(&found);
        }
    }
    // Every end of a branch is given out, also the empty ones and the second ways to a network, so
    // that the number taken bounds the walk through a broken tree.
    let all = WithinOptions::default().include_networks_without_data().include_aliased_networks();
    let (whole, ipv6) = (reader.networks(all), IPV6.parse().map(|part| reader.within(part, all)));
    let parts = whole.into_iter().chain(ipv6.ok().and_then(Result::ok));
    for found in parts.flat_map(|part| part.take(PROBES as usize)).flatten() {
        knows.add(&found);
    }
    knows
}

impl Knows {
    fn add(&mut self, found: &LookupResult<'_, Vec<u8>>) {
        let Ok(Some(record)) = found.decode::<Record<'_>>() else { return };
        self.country |= record.country().is_some();
        self.city |= record.has_city();
        self.asn |= record.asn().is_some();
        let ipv6 = found.network().is_ok_and(|network| network.is_ipv6());
        self.ipv4 |= !ipv6;
        self.ipv6 |= ipv6;
    }
}
