//! `tapline check`: tells everything that is wrong with a configuration.

use std::process::ExitCode;

use super::cli::CheckArgs;
use super::config::{self, Config, Flags, RangesOf};
use super::{formats, geo};

/// Prints every problem (exit 78), or `ok: FILE`, what would be listened on, the formats of one's
/// own, the databases of countries and networks and the files of bots' ranges (exit 0).
///
/// The environment counts too: what is checked is what would run.
#[must_use]
pub fn run(args: &CheckArgs) -> ExitCode {
    if args.defaults {
        return super::print(config::REFERENCE);
    }
    match config::load(args.file.as_deref(), &Flags::default()) {
        Ok(loaded) => {
            let what = match &loaded.file {
                Some(file) => format!("ok: {}\n", file.display()),
                None => "ok: no configuration file, all at defaults\n".to_owned(),
            };
            let own = loaded.config.formats.iter().map(|own| format!("format: {}\n", own.name));
            let own: String = own.collect();
            let bots: String = loaded.config.bots.ranges.iter().map(ranges).collect();
            let notes = formats::notes(&loaded.config);
            let notes: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
            super::print(
                &(what
                    + &listeners(&loaded.config)
                    + &own
                    + &geo::lines(&loaded.config)
                    + &bots
                    + &notes),
            )
        }
        // The problems are what was asked for, so they are this command's output.
        Err(problems) => {
            let printed = super::print(&format!("{problems}\n"));
            if printed == ExitCode::SUCCESS { problems.exit_code().into() } else { printed }
        }
    }
}

/// `ranges: gptbot (/etc/tapline/gptbot.json)`.
fn ranges(file: &RangesOf) -> String {
    let (name, path) = file.name_and_path();
    format!("ranges: {name} ({})\n", path.display())
}

/// One line for each listener: `listens: udp 127.0.0.1:5514`.
fn listeners(config: &Config) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (kind, list) in
        [("http", &config.http.listen), ("udp", &config.udp.listen), ("tcp", &config.tcp.listen)]
    {
        lines.extend(list.iter().map(|address| format!("{kind} {address}")));
    }
    for (kind, list) in [("unix", &config.unix.datagram), ("unix-stream", &config.unix.stream)] {
        lines.extend(list.iter().map(|path| format!("{kind} {}", path.display())));
    }
    if lines.is_empty() {
        lines.push("nothing".into());
    }
    lines.iter().map(|line| format!("listens: {line}\n")).collect()
}
