//! What is kept of anomalies over restarts, in one file: what was learnt, the book, and the mutes.
//!
//! JSON in a [sealed] file. One that can't be read is set aside, for somebody who
//! wants to look at it, and never fatal: what is lost is a week of learning, and a server that does not
//! start is worse.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::book::Entry;
use crate::aggregate::detect::Learnt;
use crate::aggregate::forget::Forget;
use crate::aggregate::route::Routes;
use crate::aggregate::templates::Templates;
use crate::aggregate::wire::Mute;
use crate::decode::redact::line::{Addresses, addresses, client, client_in};
pub use crate::state::sealed::Damage;
use crate::state::sealed::{self, Kind};

/// The file's name in the directory.
pub const FILE: &str = "anomalies.tapline";
const KIND: Kind = Kind { magic: "tapline anomalies", version: 1 };
/// The end of the name of a file that was set aside.
const DAMAGED: &str = ".damaged";
/// Bytes once unpacked: ten thousand series of 4 KiB, as numbers of JSON, and the book.
const MAX_BYTES: usize = 512 << 20;

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    pub(super) learnt: Learnt,
    pub(super) entries: Vec<Entry>,
    pub(super) mutes: Vec<Mute>,
    /// Of error messages; they live with the window.
    #[serde(default)]
    pub templates: Option<Templates>,
    /// Of paths; they live with the window, too.
    #[serde(default)]
    pub routes: Option<Routes>,
}

impl Kept {
    /// Clients become what is kept of them where they are masked or taken out. A mute of one is no mute of all that are
    /// behind the same mask: it goes.
    #[must_use]
    pub fn hiding_clients(mut self, how: Addresses) -> Kept {
        if how == Addresses::Keep {
            return self;
        }
        self.entries.iter_mut().for_each(|entry| entry.anomaly.hide_clients(how));
        let names_none = |text: &str| addresses(text, how) == text;
        let is_of_none = |filter: &str| client_in(filter).is_none_or(|of| client(of, how) == of);
        self.mutes.retain(|mute| {
            let key = mute.key.as_deref().is_none_or(names_none);
            is_of_none(&mute.filter) && names_none(&mute.filter) && key
        });
        Kept { learnt: self.learnt.without_clients(how), ..self }
    }
}

/// As the file has it.
///
/// # Errors
/// Where packing fails: there is no memory.
pub fn encode(kept: &Kept) -> io::Result<Vec<u8>> {
    sealed::seal(KIND, &serde_json::to_vec(kept)?)
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// Why it can't be read.
pub fn decode(bytes: &[u8]) -> Result<Kept, Damage> {
    let text = sealed::unseal(KIND, bytes, MAX_BYTES)?;
    serde_json::from_slice(&text).map_err(|_| Damage::Content)
}

/// The directory in which this process keeps its file; nobody else writes there meanwhile.
#[derive(Debug)]
pub struct Keeper {
    dir: PathBuf,
    /// Held as long as this lives: the lock goes with the process, however it ends.
    _lock: File,
}

/// What was there at the start.
#[derive(Debug)]
pub enum Found {
    Nothing,
    Kept(Box<Kept>),
    /// The file was set aside under this name.
    Damaged(Damage, PathBuf),
}

impl Keeper {
    /// Takes the directory, made where there is none; `None` where another process has it.
    ///
    /// # Errors
    /// Where it can't be made or written to.
    pub fn take(dir: &Path) -> io::Result<Option<Keeper>> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let name = format!("{FILE}.lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            // A pipe in its place would be waited at for ever.
            .custom_flags(libc::O_NONBLOCK)
            .open(dir.join(&name))
            .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Keeper { dir: dir.to_owned(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether one kept its file in this directory, if only damaged or half written.
    ///
    /// # Errors
    /// Where the directory can't be looked into.
    pub fn has_file(dir: &Path) -> io::Result<bool> {
        for end in ["", DAMAGED, sealed::BESIDE] {
            if dir.join(format!("{FILE}{end}")).try_exists()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    /// Reads what was kept; what is damaged is renamed.
    ///
    /// # Errors
    /// Where the file is damaged and can't be renamed.
    pub fn load(&self) -> io::Result<Found> {
        sealed::remove_beside(&self.dir, FILE)?;
        let path = self.path();
        let read = match sealed::read(&path, MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(_) => Err(Damage::Unreadable),
            Ok(bytes) => decode(&bytes),
        };
        match read {
            Ok(kept) => Ok(Found::Kept(Box::new(kept))),
            Err(damage) => {
                let aside = self.dir.join(format!("{FILE}{DAMAGED}"));
                fs::rename(&path, &aside)?;
                Ok(Found::Damaged(damage, aside))
            }
        }
    }

    /// Takes a client out of the file; tells whether it was in it. A damaged one goes.
    ///
    /// # Errors
    /// Where it can't be read or written.
    pub fn forget(&self, who: &Forget) -> io::Result<bool> {
        sealed::remove(&self.dir.join(format!("{FILE}{DAMAGED}")))?;
        sealed::remove_beside(&self.dir, FILE)?;
        sealed::forget(&self.dir, FILE, KIND, MAX_BYTES, who)
    }

    /// Puts the file in the place of the one before.
    ///
    /// # Errors
    /// Where it can't be written: the one before is still there.
    pub fn save(&self, kept: &Kept) -> io::Result<()> {
        sealed::replace(&self.dir, FILE, &encode(kept)?)
    }
}
