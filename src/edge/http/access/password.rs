//! Passwords of people, kept as argon2id (RFC 9106) in the form that `argon2` and others print:
//! `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
//!
//! Read in here and not by the crate's own reader, whose salts bring a second version of a random
//! generator's traits along; and the numbers need bounds of ours, for they say how much memory a login
//! takes.

use std::fmt;
use std::io;

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64_NOPAD;
use subtle::ConstantTimeEq;

use crate::edge::random;

/// What is made here: OWASP's first choice for argon2id (Password Storage Cheat Sheet, 2024), some 50 ms
/// of a core and 19 MiB.
const MEMORY_KIB: u32 = 19 * 1024;
const ROUNDS: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
const LENGTH: usize = 32;
/// What is taken: a login must not take the memory of the window, or minutes.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_ROUNDS: u32 = 10;
const MAX_LANES: u32 = 4;

/// Longer ones are refused unread.
pub const MAX_PASSWORD: usize = 1_024;

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl PasswordHash {
    /// Hashes a new password with a salt of its own. Takes some 50 ms.
    ///
    /// # Errors
    /// Where the system gives no randomness or memory.
    pub fn new(password: &str) -> io::Result<PasswordHash> {
        let params = Params::new(MEMORY_KIB, ROUNDS, LANES, Some(LENGTH));
        let params = params.map_err(|error| io::Error::other(error.to_string()))?;
        let salt = random::bytes::<SALT>()?.to_vec();
        let hash = derive(&params, password, &salt, LENGTH)
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(PasswordHash { params, salt, hash })
    }

    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<PasswordHash, String> {
        let shape = "this is no hash of argon2id; `tapline user hash` makes one";
        let parts: Vec<&str> = text.trim().split('$').collect();
        let ["", "argon2id", "v=19", numbers, salt, hash] = parts[..] else {
            return Err(shape.into());
        };
        let bytes = |text: &str| BASE64_NOPAD.decode(text.as_bytes()).map_err(|_| shape.to_owned());
        let (salt, hash) = (bytes(salt)?, bytes(hash)?);
        let number = |part: Option<&str>, name: &str| -> Result<u32, String> {
            let digits = part.and_then(|part| part.strip_prefix(name)).ok_or(shape)?;
            digits.parse().map_err(|_| shape.to_owned())
        };
        let mut numbers = numbers.split(',');
        let memory = number(numbers.next(), "m=")?;
        let rounds = number(numbers.next(), "t=")?;
        let lanes = number(numbers.next(), "p=")?;
        let fits = (8..=64).contains(&salt.len()) && (16..=64).contains(&hash.len());
        if numbers.next().is_some() || !fits {
            return Err(shape.into());
        }
        if memory > MAX_MEMORY_KIB || rounds > MAX_ROUNDS || lanes > MAX_LANES {
            return Err(format!(
                "a login with it would take too much: at most m={MAX_MEMORY_KIB},t={MAX_ROUNDS},p={MAX_LANES}"
            ));
        }
        let params = Params::new(memory, rounds, lanes, Some(hash.len()));
        Ok(PasswordHash { params: params.map_err(|error| error.to_string())?, salt, hash })
    }

    /// Whether it is of this password. Takes as long for a wrong one.
    #[must_use]
    pub fn fits(&self, password: &str) -> bool {
        derive(&self.params, password, &self.salt, self.hash.len())
            .is_ok_and(|hash| self.hash.ct_eq(&hash).into())
    }
}

fn derive(params: &Params, password: &str, salt: &[u8], length: usize) -> argon2::Result<Vec<u8>> {
    let mut hash = vec![0; length];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2.hash_password_into(password.as_bytes(), salt, &mut hash)?;
    Ok(hash)
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, t, p) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        let (salt, hash) = (BASE64_NOPAD.encode(&self.salt), BASE64_NOPAD.encode(&self.hash));
        write!(f, "$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_one_password_and_reads_back() {
        let hash = PasswordHash::new("correct horse").expect("a hash");
        assert!(hash.fits("correct horse"));
        assert!(!hash.fits("correct horsf") && !hash.fits(""));
        assert_eq!(PasswordHash::parse(&hash.to_string()).as_ref(), Ok(&hash));
        assert_ne!(PasswordHash::new("correct horse").expect("a hash"), hash, "salted");
    }

    #[test]
    fn a_hash_of_another_program_is_read() {
        // From the reference implementation's own test (phc-winner-argon2, test.c).
        let text =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let hash = PasswordHash::parse(text).expect("a hash");
        assert!(hash.fits("password") && !hash.fits("passwore"));
    }

    #[test]
    fn what_is_no_hash_or_takes_too_much_is_refused() {
        let good =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(PasswordHash::parse(good).is_ok());
        for bad in [
            "",
            "password",
            "$2y$10$abc",
            &good.replace("argon2id", "argon2i"),
            &good.replace("v=19", "v=16"),
            &good.replace("m=256,", ""),
            &good.replace("p=1", "p=1,x=1"),
            &good.replace("p=1", "p=0"),
            &good.replace("m=256", "m=99999999"),
            &good.replace("t=2", "t=1000"),
            &good.replace("p=1", "p=64"),
            &good[..good.len() - 30],
            &format!("{good}$"),
        ] {
            assert!(PasswordHash::parse(bad).is_err(), "{bad}");
        }
    }
}
