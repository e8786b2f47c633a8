//! `tapline token new`: the lines of the configuration that let a token in, and the token, shown once.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::config::kind::{DAY, Kind, Raw, RawValue, SECOND, span};
use super::config::{is_name, quoted};
use super::{exit, say};
use crate::aggregate::render::rfc3339;
use crate::edge::clock::Clock;
use crate::edge::random;
use crate::vocab::digest::Digest;
use crate::vocab::right::Right;

#[derive(Clone, Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token: print what to write into the configuration, and once, on standard error, the token
    New(NewToken),
}

#[derive(Clone, Debug, Args)]
pub struct NewToken {
    /// What it is good for: send, look or admin (both, and markers, mutes and share links)
    #[arg(long, value_name = "RIGHT", value_parser = right)]
    pub right: Right,
    /// What it is called in logs [default: the right]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub name: Option<String>,
    /// How long it is good: 30d, 12h [default: for ever]
    #[arg(long, value_name = "SPAN", value_parser = lasting)]
    pub expires: Option<i64>,
}

/// Prints its `[[token]]`, and beside the output the token.
#[must_use]
pub fn run(command: &TokenCommand) -> ExitCode {
    let TokenCommand::New(new) = command;
    let secret = match random::secret() {
        Ok(secret) => secret,
        Err(error) => {
            say(&format!("error: {error}"));
            return exit::FAILURE.into();
        }
    };
    let right = new.right.name();
    // What finds secrets in public repositories goes by such a beginning.
    let token = format!("tapline_{right}_{secret}");
    let name = new.name.as_deref().unwrap_or(right);
    let mut text = format!(
        "[[token]]\nname = {}\nright = {}\nhash = {}\n",
        quoted(name),
        quoted(right),
        quoted(&Digest::of(&token).to_string()),
    );
    if let Some(seconds) = new.expires {
        let end = rfc3339(Clock::System.now().second().plus(seconds));
        text.push_str(&format!("expires = {}\n", quoted(&end)));
    }
    let printed = super::print(&text);
    if printed == ExitCode::SUCCESS {
        // Beside the output, so that `>> tapline.toml` takes the lines and leaves the secret on the screen.
        say(&format!("the token, which is shown only now: {token}"));
    }
    printed
}

fn right(text: &str) -> Result<Right, String> {
    let found = Right::ALL.into_iter().find(|right| right.name() == text);
    found.ok_or_else(|| "it is send, look or admin".into())
}

fn name(text: &str) -> Result<String, String> {
    is_name(text).map(|()| text.to_owned())
}

/// Seconds. At most a century: no token is good for longer.
fn lasting(text: &str) -> Result<i64, String> {
    let raw = Raw { span: 0..0, value: RawValue::Loose(text.to_owned()) };
    let found = span(SECOND, 36_525 * DAY).read(&raw);
    let found = found.map_err(|wrong| wrong.into_iter().map(|w| w.message).collect::<String>())?;
    i64::try_from(found.as_secs()).map_err(|error| error.to_string())
}
