//! Share links: who holds one may look at one site, until it ends.
//!
//! Of a link's token only the hash is kept, in a file of its own beside what was learnt, so that links
//! outlast a restart and a revoked one does not come back. No key that signs: it would be one more secret
//! to guard, and revoking would need this list all the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::sealed;
use crate::vocab::digest::Digest;
use crate::vocab::time::Second;

/// Links at a time.
pub const MAX_SHARES: usize = 1_024;
/// A link has some 300 bytes, and is of a site that somebody has.
const MAX_BYTES: usize = 16 << 20;
const FILE: &str = "shares.json";

/// One link.
#[derive(Clone, Debug)]
pub struct Share {
    /// Names it without opening anything.
    pub id: String,
    pub site: Arc<str>,
    pub created: Second,
    pub expires: Second,
    digest: Digest,
    /// Cancelled when it is revoked.
    pub ends: CancellationToken,
}

/// As the file has it.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    site: String,
    created: i64,
    expires: i64,
    hash: String,
}

/// All links.
#[derive(Debug, Default)]
pub struct Shares {
    list: Mutex<Vec<Share>>,
    file: Mutex<Option<PathBuf>>,
}

impl Shares {
    fn list(&self) -> MutexGuard<'_, Vec<Share>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with what the directory has, and keeps links there from now on.
    ///
    /// # Errors
    /// Where the file is there and can't be read: it is left as it is, and nothing is kept.
    pub fn keep_in(&self, dir: &Path, now: Second) -> io::Result<()> {
        let file = dir.join(FILE);
        let stored: Vec<Stored> = match sealed::read(&file, MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            bytes => serde_json::from_slice(&bytes?)?,
        };
        let mut list = self.list();
        list.extend(stored.into_iter().take(MAX_SHARES).filter_map(|stored| {
            let digest = Digest::parse(&stored.hash)?;
            Some(Share::new(digest, &stored.site, Second(stored.created), Second(stored.expires)))
        }));
        list.retain(|share| share.expires > now);
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Makes a link of a token; `None` where there are too many. Writes the file, so it blocks.
    pub fn add(&self, token: &str, site: &str, expires: Second, now: Second) -> Option<Share> {
        let mut list = self.list();
        list.retain(|share| share.expires > now);
        if list.len() >= MAX_SHARES {
            return None;
        }
        let share = Share::new(Digest::of(token), site, now, expires);
        list.push(share.clone());
        self.save(&list);
        Some(share)
    }

    /// The link of a token, while it is good.
    #[must_use]
    pub fn find(&self, token: &str, now: Second) -> Option<Share> {
        let digest = Digest::of(token);
        let list = self.list();
        list.iter().find(|share| share.digest == digest && share.expires > now).cloned()
    }

    /// Those that are good, oldest first.
    #[must_use]
    pub fn all(&self, now: Second) -> Vec<Share> {
        self.list().iter().filter(|share| share.expires > now).cloned().collect()
    }

    /// Ends a link and what was opened with it; true where there was one of this id. Writes the file.
    pub fn revoke(&self, id: &str) -> bool {
        let mut list = self.list();
        let Some(at) = list.iter().position(|share| share.id == id) else { return false };
        list.remove(at).ends.cancel();
        self.save(&list);
        true
    }

    /// Under the lock of the list: of two changes the later one must be what stays.
    fn save(&self, list: &[Share]) {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = file.as_deref() else { return };
        if let Err(error) = write(file, list) {
            tracing::warn!(path = %file.display(), %error, "share links can't be kept over a restart");
        }
    }
}

impl Share {
    fn new(digest: Digest, site: &str, created: Second, expires: Second) -> Share {
        let (id, ends) = (digest.id(), CancellationToken::new());
        Share { id, site: site.into(), created, expires, digest, ends }
    }
}

fn write(file: &Path, list: &[Share]) -> io::Result<()> {
    let stored = list.iter().map(|share| Stored {
        site: share.site.to_string(),
        created: share.created.0,
        expires: share.expires.0,
        hash: share.digest.to_string(),
    });
    let text = serde_json::to_vec(&stored.collect::<Vec<_>>())?;
    let beside = file.with_extension("new");
    let mut new =
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
    new.write_all(&text)?;
    new.sync_all()?;
    fs::rename(&beside, file)?;
    file.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_until_it_ends_or_is_revoked() {
        let shares = Shares::default();
        let share = shares.add("t", "a.example", Second(100), Second(0)).expect("room");
        assert_eq!(shares.find("t", Second(99)).map(|s| s.site), Some("a.example".into()));
        assert!(shares.find("t", Second(100)).is_none() && shares.find("u", Second(0)).is_none());
        assert!(shares.revoke(&share.id) && share.ends.is_cancelled());
        assert!(shares.find("t", Second(0)).is_none() && !shares.revoke(&share.id));
    }

    #[test]
    fn links_outlast_a_restart_and_their_tokens_are_not_in_the_file() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let shares = Shares::default();
        shares.keep_in(dir.path(), Second(0)).expect("nothing there");
        shares.add("secret-one", "a.example", Second(100), Second(0));
        let two = shares.add("secret-two", "b.example", Second(100), Second(0)).expect("room");
        shares.revoke(&two.id);
        let text = fs::read_to_string(dir.path().join(FILE)).expect("the file");
        assert!(text.contains("a.example") && !text.contains("secret"), "{text}");
        let after = Shares::default();
        after.keep_in(dir.path(), Second(1)).expect("read");
        assert!(after.find("secret-one", Second(1)).is_some());
        assert!(after.find("secret-two", Second(1)).is_none(), "revoked stays revoked");
        fs::write(dir.path().join(FILE), "{").expect("written");
        assert!(Shares::default().keep_in(dir.path(), Second(1)).is_err());
    }
}
