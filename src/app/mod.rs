//! Assembly: configuration, command line, bind → run → drain.

mod bearer;
pub mod certificates;
pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod detect;
mod doors;
pub mod exit;
mod figures;
pub mod follow;
pub mod forget;
pub mod formats;
pub mod geo;
pub mod handed;
pub mod keep;
pub mod log;
mod memory;
mod once;
mod paint;
pub mod parse;
pub mod reload;
pub mod replay;
pub mod report;
pub mod serve;
pub mod server;
pub mod settings;
pub mod snippet;
pub mod templates;
pub mod token;
pub mod top;
pub mod user;
mod whose;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::CommandFactory;

use cli::{Command, LogArgs, ServeArgs};
use config::Loaded;
use formats::Reading;
use formats::args::FormatArgs;
use handed::Handed;
use reload::Source;
use serve::Extra;
use server::Setup;

use crate::edge::supervisor::Supervisor;

/// The program: reads the command line, runs what it names, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let code = run();
    log::wait(HEARD);
    code
}

fn run() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, and go to stdout; a closed pipe is no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    let log = cli.log;
    let reads_files = match &cli.command {
        Some(Command::Parse(_) | Command::Replay(_) | Command::Report(_)) => true,
        Some(Command::Serve(args)) => !args.files.is_empty(),
        None => !cli.serve.files.is_empty(),
        Some(_) => false,
    };
    if let Some(format) = log.line_format().filter(|_| !reads_files) {
        say(&format!(
            "error: --log-format: '{format}' is neither text nor json; as the format of lines it needs \
             files to read"
        ));
        return exit::USAGE.into();
    }
    match cli.command {
        Some(Command::Parse(args)) => parse::run(&args, log.line_format()),
        None => serve(&cli.serve, &log),
        Some(Command::Serve(args)) => serve(&args, &log),
        Some(Command::Demo(listen)) => {
            let flags = listen.flags(&log);
            with_loaded(listen.config.as_deref(), &flags, |Loaded { config, file, .. }| {
                if config.udp.listen.is_empty() {
                    say(
                        "error: the demo sends its traffic by UDP: leave it an address of [udp] listen",
                    );
                    return exit::USAGE.into();
                }
                let source = Some(Source { file, flags: flags.clone() });
                let setup = Setup { demo: true, source, ..Setup::new(config) };
                served(setup, Extra::Demo)
            })
        }
        Some(Command::Replay(args)) => {
            with_config(args.config.as_deref(), &args.flags(&log), |config| {
                if config.http.listen.is_empty() && config.http.tls_listen.is_empty() {
                    say(
                        "error: nothing can be seen of a replay without an address of [http] listen; \
                         `tapline report` needs none",
                    );
                    return exit::USAGE.into();
                }
                with_format(&args.format, &log, &config, |reading| {
                    replay::run(&args, config.clone(), reading)
                })
            })
        }
        Some(Command::Report(args)) => {
            with_config(args.config.as_deref(), &log.flags(), |config| {
                with_format(&args.format, &log, &config, |reading| {
                    report::run(&args, config.clone(), reading)
                })
            })
        }
        Some(Command::Templates(args)) => templates::run(&args),
        Some(Command::Detect(args)) => detect::run(&args),
        Some(Command::Top(args)) => top::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Snippet(args)) => snippet::run(&args),
        Some(Command::Forget(args)) => {
            with_config(args.config.as_deref(), &args.flags(log.flags()), |config| {
                forget::run(&args, &config)
            })
        }
        Some(Command::Token(command)) => token::run(&command),
        Some(Command::User(command)) => user::run(&command),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut cli::Cli::command(), "tapline", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

fn serve(args: &ServeArgs, log: &LogArgs) -> ExitCode {
    if args.files.is_empty() && !args.format.is_empty() {
        say(
            "error: --format is for files, and none is named; what a source that sends is written \
             in is said in the configuration: [sources] formats",
        );
        return exit::USAGE.into();
    }
    let listen = &args.listen;
    let flags = listen.flags(log);
    with_loaded(listen.config.as_deref(), &flags, |Loaded { config, file, .. }| {
        with_format(&args.format, log, &config, |reading| {
            let files = once::once(&args.files, once::place);
            let source = Some(Source { file: file.clone(), flags: flags.clone() });
            let setup = Setup { files, source, ..Setup::reading(config.clone(), reading) };
            served(setup, Extra::Nothing)
        })
    })
}

/// Serves with what the environment of this process says: where it keeps what it learns, who supervises
/// it, and the sockets that it was handed.
fn served(setup: Setup, extra: Extra) -> ExitCode {
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let keep = keep::place(&setup.config.anomalies, setup.demo, &environment);
    let handed = match Handed::take(&environment) {
        Ok(handed) => Arc::new(handed),
        Err(why) => {
            say(&format!("error: {why}"));
            return exit::CONFIG.into();
        }
    };
    let supervisor = Arc::new(Supervisor::of(&environment));
    serve::run(Setup { keep, handed, supervisor, ..setup }, extra)
}

/// Finds the formats that the configuration and the command line name and goes on, or tells what is
/// wrong with them.
fn with_format(
    args: &FormatArgs,
    log: &LogArgs,
    config: &config::Config,
    then: impl FnOnce(Reading) -> ExitCode,
) -> ExitCode {
    match args.clone().or(log.line_format()).and_then(|args| args.reading(config)) {
        Ok(reading) => then(reading),
        Err(message) => {
            say(&format!("error: --format: {message}"));
            exit::USAGE.into()
        }
    }
}

/// Reads the configuration and goes on, or tells what is wrong with it.
fn with_config(
    file: Option<&Path>,
    flags: &config::Flags,
    then: impl FnOnce(config::Config) -> ExitCode,
) -> ExitCode {
    with_loaded(file, flags, |loaded| then(loaded.config))
}

/// As [`with_config`], for those who read it again.
fn with_loaded(
    file: Option<&Path>,
    flags: &config::Flags,
    then: impl FnOnce(Loaded) -> ExitCode,
) -> ExitCode {
    match config::load(file, flags) {
        Ok(loaded) => then(loaded),
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

/// How long the program waits until what it says is read; a reader that hangs is not waited for.
const HEARD: Duration = Duration::from_secs(1);

/// Tells the user something on stderr, behind what the log has said before.
pub fn say(text: &str) {
    log::put(format!("{text}\n").as_bytes());
    log::wait(HEARD);
}
