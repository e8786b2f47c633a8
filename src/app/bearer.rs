//! The token with which a command asks a server: from a file or the environment, never from the command line,
//! which every user of the machine can read.

use std::path::Path;

use crate::vocab::secret::Secret;

/// Where it is, if it is in no file.
const TOKEN: &str = "TAPLINE_TOKEN";

/// The token of `file`, else of the environment; `None` where neither has one.
///
/// # Errors
/// Where the file can't be read, or what is in it can't stand in a header.
pub(super) fn find(file: Option<&Path>) -> Result<Option<Secret>, String> {
    let found = match file {
        Some(file) => Some(
            std::fs::read_to_string(file)
                .map_err(|error| format!("--token-file: {}: {error}", file.display()))?,
        ),
        None => std::env::var(TOKEN).ok(),
    };
    let found = found.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
    match found {
        Some(token) if token.chars().any(char::is_control) => Err("the token has two lines".into()),
        token => Ok(token.map(Secret)),
    }
}
