//! Who is logged in: sessions by the hash of the secret that their browser holds.
//!
//! In memory only: a restart asks everybody to log in again, and no file has to be guarded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::vocab::digest::Digest;
use crate::vocab::right::Right;
use crate::vocab::time::Second;

/// Sessions of one name at a time, so browsers; a further login ends the oldest. Names are the
/// configuration's, so that this bounds all of them.
const MAX_PER_NAME: usize = 64;

/// One login.
#[derive(Clone, Debug)]
pub struct Session {
    pub name: Arc<str>,
    pub right: Right,
    pub expires: Second,
    /// Cancelled when it ends before that.
    pub ends: CancellationToken,
    /// The number of the login.
    nth: u64,
}

/// All logins.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    open: HashMap<Digest, Session>,
    logins: u64,
}

impl Sessions {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session for whoever holds the secret.
    pub fn open(&self, secret: &str, name: &str, right: Right, expires: Second, now: Second) {
        let mut table = self.table();
        table.open.retain(|_, session| session.expires > now);
        let own = || table.open.iter().filter(|(_, session)| &*session.name == name);
        let oldest = own().min_by_key(|(_, session)| session.nth).map(|(digest, _)| *digest);
        if own().count() >= MAX_PER_NAME
            && let Some(old) = oldest.and_then(|digest| table.open.remove(&digest))
        {
            old.ends.cancel();
        }
        table.logins += 1;
        let (nth, ends) = (table.logins, CancellationToken::new());
        let session = Session { name: name.into(), right, expires, ends, nth };
        table.open.insert(Digest::of(secret), session);
    }

    /// The session of a secret, while it lasts.
    #[must_use]
    pub fn find(&self, secret: &str, now: Second) -> Option<Session> {
        let found = self.table().open.get(&Digest::of(secret)).cloned();
        found.filter(|session| session.expires > now)
    }

    /// Ends the sessions of all names but those that stay, and what they have open.
    pub fn end(&self, stays: impl Fn(&str) -> bool) {
        self.table().open.retain(|_, session| {
            let stays = stays(&session.name);
            if !stays {
                session.ends.cancel();
            }
            stays
        });
    }

    /// Ends a session and what it has open.
    pub fn close(&self, secret: &str) -> Option<Session> {
        let closed = self.table().open.remove(&Digest::of(secret));
        closed.inspect(|session| session.ends.cancel())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_until_its_end_or_its_logout() {
        let sessions = Sessions::default();
        sessions.open("a", "ann", Right::Look, Second(100), Second(0));
        sessions.open("b", "ann", Right::Look, Second(100), Second(0));
        assert_eq!(sessions.find("a", Second(99)).map(|s| s.right), Some(Right::Look));
        assert!(sessions.find("a", Second(100)).is_none());
        assert!(sessions.find("c", Second(0)).is_none());
        let ends = sessions.find("b", Second(0)).expect("open").ends;
        assert!(sessions.close("b").is_some() && ends.is_cancelled());
        assert!(sessions.find("b", Second(0)).is_none() && sessions.close("b").is_none());
    }

    #[test]
    fn one_name_takes_no_other_ones_place() {
        let sessions = Sessions::default();
        sessions.open("bob", "bob", Right::Admin, Second(100), Second(0));
        sessions.open("first", "ann", Right::Look, Second(100), Second(0));
        let first = sessions.find("first", Second(0)).expect("open").ends;
        for n in 0..MAX_PER_NAME {
            sessions.open(&n.to_string(), "ann", Right::Look, Second(100), Second(0));
        }
        assert!(first.is_cancelled() && sessions.find("first", Second(0)).is_none());
        assert!(sessions.find("0", Second(0)).is_some());
        assert!(sessions.find("bob", Second(0)).is_some());
        assert_eq!(sessions.table().open.len(), MAX_PER_NAME + 1);
    }
}
