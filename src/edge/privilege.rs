//! Who this process is: root binds low ports, and then becomes somebody who may do less.

use std::ffi::{CStr, CString};
use std::io;

/// A buffer for an entry of the users' database; it is asked for more where that is too little.
const ENTRY: usize = 1024;
const ENTRY_MAX: usize = 1024 * 1024;

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: CString,
    uid: libc::uid_t,
    gid: libc::gid_t,
}

/// Whether this process may do everything.
#[must_use]
pub fn is_root() -> bool {
    // SAFETY: takes nothing and can't fail.
    unsafe { libc::geteuid() == 0 }
}

impl User {
    /// Looks a name up (getpwnam_r(3)); `None` where nobody has it.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn named(name: &str) -> io::Result<Option<User>> {
        let name = CString::new(name)?;
        let mut size = ENTRY;
        loop {
            let mut buffer: Vec<libc::c_char> = vec![0; size];
            let mut found: *mut libc::passwd = std::ptr::null_mut();
            // SAFETY: all-zero is a valid value for this C struct.
            let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
            // SAFETY: every pointer is to a live local of the length given.
            let code = unsafe {
                libc::getpwnam_r(
                    name.as_ptr(),
                    &raw mut entry,
                    buffer.as_mut_ptr(),
                    buffer.len(),
                    &raw mut found,
                )
            };
            match code {
                libc::ERANGE if size < ENTRY_MAX => size *= 4,
                0 if found.is_null() => return Ok(None),
                0 => return Ok(Some(User { name, uid: entry.pw_uid, gid: entry.pw_gid })),
                code => return Err(io::Error::from_raw_os_error(code)),
            }
        }
    }

    #[must_use]
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Makes this process that user, with its groups, for good: all threads, and no way back.
    ///
    /// # Errors
    /// When it is not allowed, or could be undone.
    pub fn become_for_good(&self) -> io::Result<()> {
        let name: &CStr = &self.name;
        // SAFETY: `name` lives for the call; the others take numbers. glibc and musl change all threads.
        // In this order: after setuid nothing else is allowed.
        let refused = unsafe {
            libc::initgroups(name.as_ptr(), self.gid) != 0
                || libc::setgid(self.gid) != 0
                || libc::setuid(self.uid) != 0
        };
        if refused {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: takes numbers.
        let back = self.uid != 0 && unsafe { libc::setuid(0) == 0 || libc::setgid(0) == 0 };
        if back || is_root() != self.is_root() {
            return Err(io::Error::other("the way back to root is open"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name() {
        let root = User::named("root").expect("a database").expect("everybody has root");
        assert!(root.is_root());
        assert_eq!(User::named("nobody-has-this-name").expect("a database"), None);
        assert!(User::named("a\0b").is_err());
    }
}
