//! `tapline user hash`: what the configuration keeps of a password.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::config::{is_name, quoted};
use super::{exit, say};
use crate::edge::http::access::password::{MAX_PASSWORD, PasswordHash};

/// Shorter ones are guessed, however slowly (NIST SP 800-63B section 5.1.1).
const LEAST: usize = 8;

#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// Read a password from standard input and print what to write into the configuration
    Hash(Hash),
}

#[derive(Clone, Debug, Args)]
pub struct Hash {
    /// Whom it is of
    #[arg(long, value_name = "NAME", default_value = "admin", value_parser = name)]
    pub name: String,
    /// What they may do: look or admin
    #[arg(long, value_name = "RIGHT", default_value = "admin", value_parser = ["look", "admin"])]
    pub right: String,
}

/// Prints a `[[user]]`.
#[must_use]
pub fn run(command: &UserCommand) -> ExitCode {
    let UserCommand::Hash(args) = command;
    if io::stdin().is_terminal() {
        say("type the password and press Enter; it is shown as you type");
    }
    let hash = password().and_then(|password| {
        PasswordHash::new(&password)
            .map_err(|error| format!("the password can't be hashed: {error}"))
    });
    match hash {
        Ok(hash) => super::print(&format!(
            "[[user]]\nname = {}\nright = {}\nhash = {}\n",
            quoted(&args.name),
            quoted(&args.right),
            quoted(&hash.to_string()),
        )),
        Err(message) => {
            say(&format!("error: {message}"));
            exit::USAGE.into()
        }
    }
}

/// The first line, without its end.
fn password() -> Result<String, String> {
    let mut line = Vec::new();
    let limit = MAX_PASSWORD as u64 + 3;
    let mut input = io::Read::take(io::stdin().lock(), limit);
    input.read_until(b'\n', &mut line).map_err(|error| format!("no password came: {error}"))?;
    let line = String::from_utf8(line).map_err(|_| "the password is no UTF-8 text".to_owned())?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.len() > MAX_PASSWORD {
        return Err(format!("a password has at most {MAX_PASSWORD} bytes"));
    }
    if password.chars().count() < LEAST {
        return Err(format!("a password needs at least {LEAST} characters, on standard input"));
    }
    Ok(password.to_owned())
}

fn name(text: &str) -> Result<String, String> {
    is_name(text).map(|()| text.to_owned())
}
