//! Assembly: configuration, command line, bind → run → drain.

pub mod demo;

use std::process::ExitCode;

/// The program: reads the command line, runs what it names, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
