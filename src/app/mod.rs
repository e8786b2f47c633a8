//! Assembly: configuration, command line, bind → run → drain.

pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod exit;
pub mod follow;
pub mod formats;
pub mod log;
pub mod parse;
pub mod replay;
pub mod report;
pub mod serve;
pub mod server;
pub mod snippet;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory;

use cli::{Command, ListenArgs, LogArgs};
use serve::Extra;
use server::Setup;

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
        Some(Command::Parse(args)) => {
            with_config(args.config.as_deref(), &cli.log.flags(), |config| {
                parse::run(&args, &config)
            })
        }
        None => serve(&cli.serve.listen, cli.serve.files, cli.log, Extra::Nothing),
        Some(Command::Serve(args)) => serve(&args.listen, args.files, cli.log, Extra::Nothing),
        Some(Command::Demo(args)) => serve(&args, Vec::new(), cli.log, Extra::Demo),
        Some(Command::Replay(args)) => {
            with_config(args.config.as_deref(), &args.flags(cli.log), |config| {
                replay::run(&args, config, formats::Reading::default())
            })
        }
        Some(Command::Report(args)) => {
            with_config(args.config.as_deref(), &cli.log.flags(), |config| {
                report::run(&args, config, formats::Reading::default())
            })
        }
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Snippet(args)) => snippet::run(&args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut cli::Cli::command(), "tapline", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

fn serve(listen: &ListenArgs, files: Vec<PathBuf>, log: LogArgs, extra: Extra) -> ExitCode {
    with_config(listen.config.as_deref(), &listen.flags(log), |config| {
        let demo = extra == Extra::Demo;
        serve::run(Setup { demo, files, ..Setup::new(config) }, extra)
    })
}

/// Reads the configuration and goes on, or tells what is wrong with it.
fn with_config(
    file: Option<&Path>,
    flags: &config::Flags,
    then: impl FnOnce(config::Config) -> ExitCode,
) -> ExitCode {
    match config::load(file, flags) {
        Ok(loaded) => then(loaded.config),
        Err(problems) => {
            say(&problems.to_string());
            ExitCode::from(problems.exit_code())
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
