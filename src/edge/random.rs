//! Randomness of the operating system, for secrets.

use std::io;

use data_encoding::BASE64URL_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};

/// Bytes of a secret: 256 bits, which nobody guesses.
const BYTES: usize = 32;

/// A secret that nobody guesses, in 43 letters, digits, `-` and `_`.
///
/// # Errors
/// Where the system gives no randomness.
pub fn secret() -> io::Result<String> {
    Ok(BASE64URL_NOPAD.encode(&bytes::<BYTES>()?))
}

/// # Errors
/// Where the system gives no randomness.
pub fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(bytes)
}
