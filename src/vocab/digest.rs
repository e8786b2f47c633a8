//! What is kept of a secret: its SHA-256.
//!
//! A plain hash and no slow one, for what is hashed here is 256 random bits: nobody guesses those, so
//! there is nothing to slow down. Passwords, which people choose, have argon2id.

use std::fmt;

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

/// SHA-256 (FIPS 180-4) of a secret.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    #[must_use]
    pub fn of(secret: &str) -> Digest {
        let mut bytes = [0; 32];
        let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
        bytes.copy_from_slice(digest.as_ref());
        Digest(bytes)
    }

    /// Reads what [`fmt::Display`] writes: `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Digest> {
        let digits = text.trim().strip_prefix("sha256:")?.to_ascii_lowercase();
        let bytes = HEXLOWER.decode(digits.as_bytes()).ok()?;
        Some(Digest(bytes.try_into().ok()?))
    }

    /// The first 32 bits, which name a secret without telling it.
    #[must_use]
    pub fn id(&self) -> String {
        HEXLOWER.encode(&self.0[..4])
    }
}

/// In a time that does not tell how much was right.
impl PartialEq for Digest {
    fn eq(&self, other: &Digest) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl std::hash::Hash for Digest {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}…)", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_what_the_standard_says_and_reads_back() {
        // FIPS 180-4's own example for "abc".
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let digest = Digest::of("abc");
        assert_eq!(digest.to_string(), abc);
        assert_eq!(Digest::parse(abc), Some(digest));
        assert_eq!(Digest::parse(&abc.replace("ba78", "BA78")), Some(digest));
        assert_ne!(digest, Digest::of("abd"));
        for bad in ["", "sha256:", "ba7816bf", &abc[..70], "sha256:zz"] {
            assert_eq!(Digest::parse(bad), None, "{bad}");
        }
    }
}
