//! Countries and autonomous systems, from database files of this machine.

pub mod database;
mod find;
#[cfg(test)]
pub(crate) mod mmdb;
mod record;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::aggregate::place::{Geo, Place};
use crate::aggregate::wire::GeoInfo;
use database::Database;
pub use find::FOLDERS;
use find::Stamp;

/// What a database is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Countries, continents, cities.
    Country,
    /// Autonomous systems.
    Asn,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Country => "countries",
            Role::Asn => "autonomous systems",
        })
    }
}

/// Where the database of one role is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// In one of the usual folders, if anywhere.
    #[default]
    Auto,
    Off,
    File(PathBuf),
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoConfig {
    pub country: Wanted,
    pub asn: Wanted,
    /// Looked in, in this order, where it is [`Wanted::Auto`].
    pub folders: Vec<PathBuf>,
}

impl GeoConfig {
    /// With the usual folders.
    #[must_use]
    pub fn usual(country: Wanted, asn: Wanted) -> GeoConfig {
        GeoConfig { country, asn, folders: FOLDERS.map(PathBuf::from).into() }
    }

    fn of(&self, role: Role) -> &Wanted {
        match role {
            Role::Country => &self.country,
            Role::Asn => &self.asn,
        }
    }

    fn looks_around(&self) -> bool {
        self.country == Wanted::Auto || self.asn == Wanted::Auto
    }
}

/// Reads one file that the operator named.
///
/// # Errors
/// A sentence that says why it can't serve.
pub fn named(path: &Path, role: Role) -> Result<Arc<Database>, String> {
    let database = Database::read(path)?;
    if database.about.fits(role) {
        return Ok(Arc::new(database));
    }
    let kind = &database.about.kind;
    Err(format!("{} is of type {kind} and has no {role}", path.display()))
}

/// The databases in use; they are replaced when their files are.
#[derive(Debug)]
pub struct Databases {
    config: GeoConfig,
    current: RwLock<Current>,
}

/// One file may serve both roles.
#[derive(Clone, Debug, Default)]
struct Current {
    country: Option<Arc<Database>>,
    asn: Option<Arc<Database>>,
    /// What this was chosen from.
    seen: Option<Seen>,
}

/// The files there were at one look.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    named: Vec<Stamp>,
    around: Vec<Stamp>,
}

impl Current {
    fn of(&self, role: Role) -> Option<&Arc<Database>> {
        match role {
            Role::Country => self.country.as_ref(),
            Role::Asn => self.asn.as_ref(),
        }
    }
}

impl Databases {
    /// Reads what is there, and says what is wrong with files that can't be used: they are left
    /// out.
    #[must_use]
    pub fn open(config: GeoConfig) -> (Databases, Vec<String>) {
        let databases = Databases { config, current: RwLock::default() };
        let wrong = databases.refresh();
        (databases, wrong)
    }

    /// Reads what has changed since, and says what is wrong with it. What was read before stays in
    /// use where nothing better is found: a file that is gone or broken is most often just being
    /// replaced.
    pub fn refresh(&self) -> Vec<String> {
        let seen = self.look();
        let before = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if before.seen.as_ref() == Some(&seen) {
            return Vec::new();
        }
        // Read without the lock: it takes a moment, and addresses are placed meanwhile.
        let (next, wrong) = self.choose(before, seen);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        wrong
    }

    /// What is in use, by role: type, day and path.
    #[must_use]
    pub fn found(&self, role: Role) -> Option<database::About> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.of(role).map(|database| database.about.clone())
    }

    /// Folders that are looked in; none where both files are named or off.
    #[must_use]
    pub fn looked_in(&self) -> Vec<String> {
        let folders: &[PathBuf] =
            if self.config.looks_around() { &self.config.folders } else { &[] };
        folders.iter().map(|folder| folder.display().to_string()).collect()
    }

    fn look(&self) -> Seen {
        let named = [&self.config.country, &self.config.asn]
            .into_iter()
            .filter_map(|wanted| match wanted {
                Wanted::File(path) => Stamp::of(path),
                Wanted::Auto | Wanted::Off => None,
            })
            .collect();
        let around = match self.config.looks_around() {
            true => find::files(&self.config.folders),
            false => Vec::new(),
        };
        Seen { named, around }
    }

    fn choose(&self, before: Current, seen: Seen) -> (Current, Vec<String>) {
        let (around, mut wrong) = find::read_all(&seen.around);
        let mut take = |role, other: Option<&Arc<Database>>| {
            let path = match self.config.of(role) {
                Wanted::Off => return None,
                Wanted::File(path) => path,
                Wanted::Auto => &find::best(&around, role)?.path,
            };
            match other.filter(|other| other.about.path == *path && other.about.fits(role)) {
                Some(same) => Some(Arc::clone(same)),
                None => named(path, role).map_err(|error| wrong.push(error)).ok(),
            }
        };
        let country = take(Role::Country, None);
        let asn = take(Role::Asn, country.as_ref());
        let next = Current {
            country: country.or(before.country),
            asn: asn.or(before.asn),
            seen: Some(seen),
        };
        (next, wrong)
    }
}

impl Geo for Databases {
    fn place(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        let mut place = Place::default();
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(country) = &current.country
            && let Some(record) = country.record(address)
        {
            record.fill_country(&mut place);
            if current.asn.as_ref().is_some_and(|asn| Arc::ptr_eq(asn, country)) {
                record.fill_asn(&mut place);
                return place;
            }
        }
        if let Some(record) = current.asn.as_ref().and_then(|asn| asn.record(address)) {
            record.fill_asn(&mut place);
        }
        place
    }

    fn info(&self) -> GeoInfo {
        let title = |role| self.found(role).map(|about| about.title());
        GeoInfo {
            country: title(Role::Country),
            asn: title(Role::Asn),
            looked_in: self.looked_in(),
        }
    }
}
