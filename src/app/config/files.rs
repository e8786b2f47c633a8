//! Small files that the configuration is in or names: read whole, but for one that has no end.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest configuration; the reference file has 30 KiB.
pub(super) const CONFIG_MAX: usize = 4 << 20;
/// The longest file with one secret in it: a line is expected.
const SECRET_MAX: usize = 64 << 10;

/// All of it, where it is no longer than that.
pub(super) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::other(format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// The text of a file with a secret in it, or why there is none.
pub(super) fn secret(path: &Path) -> Result<String, String> {
    let text = read(path, SECRET_MAX).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
    });
    text.map_err(|error| format!("{} can't be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_end_is_read_no_further_than_a_secret_can_be_long() {
        let endless = secret(Path::new("/dev/zero")).expect_err("it never ends");
        assert!(endless.starts_with("/dev/zero can't be read: it has more than"), "{endless}");
        assert!(secret(Path::new("/nonexistent")).is_err());
    }
}
