//! One MaxMind database file (`.mmdb`), read into memory.
//!
//! Mapping the file would save the copy, but a mapped file that is overwritten in place changes
//! under its reader, which ends in a crash; and it would take `unsafe`.

use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use maxminddb::{Reader, WithinOptions};

use super::Role;
use super::record::Record;
use crate::aggregate::render::rfc3339;
use crate::vocab::time::Second;

/// Largest file that is read. GeoLite2-City has 60 MB, the largest ones that are sold some 500.
pub const FILE_BYTES: u64 = 1 << 30;
/// Addresses and networks of a file that are looked at to learn what it knows.
const PROBES: u32 = 512;
/// Longest type that is kept, characters.
const KIND_CHARS: usize = 64;
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

    /// A list of autonomous systems may name the country of each system's owner, which is not where
    /// its addresses are; so nobody but the operator takes it for one of countries.
    #[must_use]
    pub fn is_for(&self, role: Role) -> bool {
        let kind = self.kind.to_ascii_lowercase();
        let only_systems = kind.contains("asn") && !kind.contains("country");
        self.fits(role) && (role == Role::Asn || !only_systems)
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
/// the first networks, for a small list of one's own has few addresses.
fn probe(reader: &Reader<Vec<u8>>) -> Knows {
    let mut knows = Knows::default();
    let mut look = |record: Option<Record<'_>>| {
        if let Some(record) = record {
            knows.country |= record.country().is_some();
            knows.city |= record.has_city();
            knows.asn |= record.asn().is_some();
        }
    };
    // An odd factor near 2^32 divided by the golden ratio spreads consecutive numbers evenly (Knuth,
    // The Art of Computer Programming 3, 6.4).
    const SPREAD: u32 = 2_654_435_769;
    for i in 0..PROBES {
        let address = IpAddr::V4(Ipv4Addr::from_bits(i.wrapping_mul(SPREAD)));
        look(reader.lookup(address).ok().and_then(|found| found.decode().ok().flatten()));
    }
    // Every end of a branch is given out, also the empty ones and the second ways to a network, so
    // that the number taken bounds the walk through a broken tree.
    let all = WithinOptions::default().include_networks_without_data().include_aliased_networks();
    if let Ok(networks) = reader.networks(all) {
        for found in networks.take(PROBES as usize).flatten() {
            look(found.decode().ok().flatten());
        }
    }
    knows
}
