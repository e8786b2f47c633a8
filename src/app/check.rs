//! `tapline check`: tells everything that is wrong with a configuration.

use std::ffi::OsString;
use std::process::ExitCode;

use super::cli::CheckArgs;
use super::config::{self, Config, Flags, RangesOf};
use super::keep::{self, Keep};
use super::{certificates, exit, formats, geo, server};
use crate::aggregate::render::rfc3339;
use crate::edge::clock::Clock;
use crate::edge::notify::{self, Target};
use crate::edge::privilege::User;
use crate::vocab::time::Second;

/// Prints every problem, and what this user's start would refuse (exit 78), or `ok: FILE`, what would be listened on, the formats of one's
/// own, the databases of countries and networks, the files of bots' ranges, rules, who is told of
/// anomalies and who may do what (exit 0).
///
/// The environment counts too: what is checked is what would run.
#[must_use]
pub fn run(args: &CheckArgs) -> ExitCode {
    if args.defaults {
        return super::print(config::REFERENCE);
    }
    match config::load(args.file.as_deref(), &Flags::default()) {
        Ok(loaded) => {
            if let Some(why) = refused(&loaded.config) {
                let printed = super::print(&format!("{why}\n"));
                return if printed == ExitCode::SUCCESS { exit::CONFIG.into() } else { printed };
            }
            let what = match &loaded.file {
                Some(file) => format!("ok: {}\n", file.display()),
                None => "ok: no configuration file, all at defaults\n".to_owned(),
            };
            let rules = loaded.config.rule.iter();
            let rules: String =
                rules.map(|rule| format!("rule: {}: {}\n", rule.name, rule.rule)).collect();
            let told = loaded.config.notify.iter().map(told).collect::<String>();
            let own = loaded.config.formats.iter().map(|own| format!("format: {}\n", own.name));
            let own: String = own.collect();
            let tokens = loaded.config.token.iter();
            let tokens: String =
                tokens.map(|t| format!("token: {} ({})\n", t.name, t.right.name())).collect();
            let users = loaded.config.user.iter();
            let users: String =
                users.map(|u| format!("user: {} ({})\n", u.name, u.right.name())).collect();
            let bots: String = loaded.config.bots.ranges.iter().map(ranges).collect();
            let now = Clock::System.now().second();
            let mut notes = certificates::notes(&loaded.config, now);
            notes.extend(formats::notes(&loaded.config));
            notes.extend(config::strange_variables());
            notes.extend(own_notes(&loaded.config, now));
            let notes: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
            let printed = super::print(
                &(what
                    + &listeners(&loaded.config)
                    + &own
                    + &geo::lines(&loaded.config)
                    + &bots
                    + &rules
                    + &told
                    + &tokens
                    + &users
                    + &certificates::lines(&loaded.config)
                    + &notes),
            );
            if args.notify && printed == ExitCode::SUCCESS {
                try_all(&loaded.config)
            } else {
                printed
            }
        }
        // The problems are what was asked for, so they are this command's output.
        Err(problems) => {
            let printed = super::print(&format!("{problems}\n"));
            if printed == ExitCode::SUCCESS { problems.exit_code().into() } else { printed }
        }
    }
}

/// Why the start refuses what is well written: root would become nobody.
fn refused(config: &Config) -> Option<String> {
    if config.process.user.is_empty() {
        return None;
    }
    server::user_to_be(config).err().map(|error| error.to_string())
}

/// What is well written and can't work: here, as this user, or any more.
fn own_notes(config: &Config, now: Second) -> Vec<String> {
    let user = &config.process.user;
    let unknown = !user.is_empty() && matches!(User::named(user), Ok(None));
    // No more than a note: a service is seldom started by who checks it.
    let as_root = if user.is_empty() { server::user_to_be(config).err() } else { None };
    let as_root = as_root.map(|error| format!("started by root, this is refused: {error}"));
    let unknown = unknown.then(|| format!("[process] user: this machine has no user {user}"));
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let homeless = keep::place(&config.anomalies, false, &environment) == Keep::Unknown;
    let homeless = homeless.then(|| format!("nothing is kept over a restart: {}", keep::UNKNOWN));
    let over = config.token.iter().filter_map(|token| {
        let end = token.expires.filter(|end| *end <= now)?;
        Some(format!("[[token]] {}: over since {}", token.name, rfc3339(end)))
    });
    let notes = unknown.into_iter().chain(as_root).chain(homeless);
    notes.chain(missing_directories(config)).chain(over).collect()
}

/// What the sockets of `[unix]` are to be made in and is not there; a service's manager may make it yet.
fn missing_directories(config: &Config) -> Vec<String> {
    let named = [("datagram", &config.unix.datagram), ("stream", &config.unix.stream)];
    let sockets = named.iter().flat_map(|(key, paths)| paths.iter().map(move |path| (key, path)));
    let missing = sockets.filter_map(|(key, path)| {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.is_dir())?;
        let (path, dir) = (path.display(), dir.display());
        Some(format!("[unix] {key}: {path}: there is no directory {dir}, and the start makes none"))
    });
    missing.collect()
}

/// `notifies: ops (slack, https://hooks.slack.com)`.
fn told(target: &Target) -> String {
    format!("notifies: {} ({})\n", target.name, target.channel)
}

/// Sends a test alert to every target and prints a line for each: `notify: ops: sent`. Exit code 1
/// where one did not get there, or there is nobody.
fn try_all(config: &Config) -> ExitCode {
    if config.notify.is_empty() {
        let _ = super::print("notify: the configuration has no [[notify]]\n");
        return exit::FAILURE.into();
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            super::say(&format!("error: can't start: {error}"));
            return exit::FAILURE.into();
        }
    };
    let mut code = ExitCode::SUCCESS;
    for target in &config.notify {
        let now = Clock::System.now().second();
        let sent = runtime.block_on(notify::test(target, &config.access.public_url, now));
        let line = match sent {
            Ok(()) => format!("notify: {}: sent\n", target.name),
            Err(failure) => {
                code = exit::FAILURE.into();
                format!("notify: {}: failed: {}\n", target.name, failure.why)
            }
        };
        let printed = super::print(&line);
        if printed != ExitCode::SUCCESS {
            return printed;
        }
    }
    code
}

/// `ranges: gptbot (/etc/tapline/gptbot.json)`.
fn ranges(file: &RangesOf) -> String {
    let (name, path) = file.name_and_path();
    format!("ranges: {name} ({})\n", path.display())
}

/// One line for each listener: `listens: udp 127.0.0.1:5514`.
fn listeners(config: &Config) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (kind, list) in [
        ("http", &config.http.listen),
        ("https", &config.http.tls_listen),
        ("udp", &config.udp.listen),
        ("tcp", &config.tcp.listen),
        ("tls", &config.tcp.tls_listen),
    ] {
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
