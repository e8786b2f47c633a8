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
    /// Taken for each request that shows a link: never held while anything is written.
    list: Mutex<List>,
    /// Where links are kept. Taken before the list, and held while the file is written: of two changes the later
    /// one is what stays.
    file: Mutex<Option<PathBuf>>,
}

#[derive(Debug, Default)]
struct List {
    shares: Vec<Share>,
    /// The file has another list.
    unwritten: bool,
}

impl Shares {
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with what the directory has, and keeps links there from now on.
    ///
    /// # Errors
    /// Where the file is there and can't be read: it is left as it is, and nothing is kept.
    pub fn keep_in(&self, dir: &Path, now: Second) -> io::Result<()> {
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = dir.join(FILE);
        let stored: Vec<Stored> = match sealed::read(&file, MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            bytes => serde_json::from_slice(&bytes?)?,
        };
        let mut list = self.list();
        list.shares.extend(stored.into_iter().take(MAX_SHARES).filter_map(|stored| {
            let digest = Digest::parse(&stored.hash)?;
            Some(Share::new(digest, &stored.site, Second(stored.created), Second(stored.expires)))
        }));
        list.shares.retain(|share| share.expires > now);
        *kept = Some(file);
        Ok(())
    }

    /// Makes a link of a token; `None` where there are too many. Writes the file, so it blocks.
    ///
    /// # Errors
    /// Where the file can't be written: there is no such link then.
    pub fn add(
        &self,
        token: &str,
        site: &str,
        expires: Second,
        now: Second,
    ) -> io::Result<Option<Share>> {
        let share = Share::new(Digest::of(token), site, now, expires);
        {
            let mut list = self.list();
            list.shares.retain(|share| share.expires > now);
            if list.shares.len() >= MAX_SHARES {
                return Ok(None);
            }
            list.shares.push(share.clone());
            list.unwritten = true;
        }
        if let Err(error) = self.save() {
            self.end(&share.id);
            return Err(error);
        }
        Ok(Some(share))
    }

    /// The link of a token, while it is good.
    #[must_use]
    pub fn find(&self, token: &str, now: Second) -> Option<Share> {
        let digest = Digest::of(token);
        let list = self.list();
        list.shares.iter().find(|share| share.digest == digest && share.expires > now).cloned()
    }

    /// Those that are good, oldest first.
    #[must_use]
    pub fn all(&self, now: Second) -> Vec<Share> {
        self.list().shares.iter().filter(|share| share.expires > now).cloned().collect()
    }

    /// Ends a link and what was opened with it; true where there was one of this id. Writes the file, so it
    /// blocks.
    ///
    /// # Errors
    /// Where the file can't be written: the link has ended, and a restart may find it still. Also for a link that
    /// is gone by now, as long as that is so: who asks again is not told that all is well.
    pub fn revoke(&self, id: &str) -> io::Result<bool> {
        let was_there = self.end(id);
        self.save().map(|()| was_there)
    }

    /// Ends a link where there is one; the file still has it.
    fn end(&self, id: &str) -> bool {
        let mut list = self.list();
        let Some(at) = list.shares.iter().position(|share| share.id == id) else { return false };
        list.shares.remove(at).ends.cancel();
        list.unwritten = true;
        true
    }

    /// Whether the last change could not be written.
    #[must_use]
    pub fn is_unwritten(&self) -> bool {
        self.list().unwritten
    }

    /// Writes the file if it has not what holds now; blocks.
    ///
    /// # Errors
    /// Where it can't be written, with its path; the one before is what a restart finds.
    pub fn save(&self) -> io::Result<()> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let shares = {
            let mut list = self.list();
            if !std::mem::take(&mut list.unwritten) {
                return Ok(());
            }
            list.shares.clone()
        };
        let Some(file) = file.as_deref() else { return Ok(()) };
        write(file, &shares).map_err(|error| {
            self.list().unwritten = true;
            io::Error::new(error.kind(), format!("{}: {error}", file.display()))
        })
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
        let share = added(&shares, "t", "a.example");
        assert_eq!(shares.find("t", Second(99)).map(|s| s.site), Some("a.example".into()));
        assert!(shares.find("t", Second(100)).is_none() && shares.find("u", Second(0)).is_none());
        assert!(shares.revoke(&share.id).expect("no file") && share.ends.is_cancelled());
        assert!(shares.find("t", Second(0)).is_none());
        assert!(!shares.revoke(&share.id).expect("no file"));
    }

    fn added(shares: &Shares, token: &str, site: &str) -> Share {
        let share = shares.add(token, site, Second(100), Second(0));
        share.expect("written").expect("room")
    }

    #[test]
    fn what_can_not_be_written_is_said_and_written_later() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let shares = Shares::default();
        shares.keep_in(dir.path(), Second(0)).expect("nothing there");
        let one = added(&shares, "one", "a.example");
        // Root may write everywhere but in the place of a directory.
        let obstacle = dir.path().join(FILE).with_extension("new");
        fs::create_dir(&obstacle).expect("made");
        shares.revoke(&one.id).expect_err("it is in the way");
        assert!(one.ends.is_cancelled() && shares.find("one", Second(1)).is_none());
        shares.revoke(&one.id).expect_err("who asks again is not told that all is well");
        let two = shares.add("two", "a.example", Second(100), Second(0));
        assert!(two.is_err() && shares.find("two", Second(1)).is_none());
        assert!(shares.is_unwritten() && shares.save().is_err());
        let found = |token: &str| {
            let after = Shares::default();
            after.keep_in(dir.path(), Second(1)).expect("read");
            after.find(token, Second(1)).is_some()
        };
        assert!(found("one"), "as was said");
        fs::remove_dir(&obstacle).expect("gone");
        shares.save().expect("nothing is in the way");
        assert!(!shares.is_unwritten() && !found("one") && !found("two"));
        assert!(!shares.revoke(&one.id).expect("written"));
    }

    #[test]
    fn links_outlast_a_restart_and_their_tokens_are_not_in_the_file() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let shares = Shares::default();
        shares.keep_in(dir.path(), Second(0)).expect("nothing there");
        added(&shares, "secret-one", "a.example");
        let two = added(&shares, "secret-two", "b.example");
        assert!(shares.revoke(&two.id).expect("written"));
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
