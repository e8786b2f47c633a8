//! A command of the program, with its input and its output in the test's hands.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The program under test: `TAPLINE_TEST_BINARY`, so that `tests/run` can name the release build,
/// else the one Cargo built with the tests. (It is not called `TAPLINE_…__…`, so no configuration.)
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("TAPLINE_TEST_BINARY")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_tapline")), PathBuf::from)
}

/// The program with these arguments, in UTC and with nothing else in its environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_clear()
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command to its end with this input.
pub(crate) fn fed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.spawn().expect("tapline starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // A program that ends early closes the pipe; that is the test's business, not the writer's.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("tapline ends");
    let _ = writer.join();
    output
}
