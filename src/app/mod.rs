//! Assembly: configuration, command line, bind → run → drain.

pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod exit;
pub mod parse;
pub mod replay;
pub mod report;
pub mod snippet;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use cli::Command;

/// The program: reads the command line, runs what it names, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, and go to stdout; a closed pipe is no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    match cli.command {
        None => print(&cli::Cli::command().render_long_help().to_string()),
        Some(Command::Parse(args)) => parse::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Snippet(args)) => snippet::run(&args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut cli::Cli::command(), "tapline", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

/// Writes a command's output. A reader that has seen enough (`| head`) is no failure.
#[must_use]
pub fn print(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: can't write: {error}"));
            exit::FAILURE.into()
        }
    }
}

/// Tells the user something on stderr, for what happens before there is a log.
pub fn say(text: &str) {
    // Where stderr is gone there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
