//! The configuration: what can be set, read from defaults, a file, the environment and flags.
//!
//! Later sources win, key by key. All that is wrong is told at once, with its place and what would
//! be right; nothing runs on a configuration that holds a mistake.

mod access;
mod entries;
mod files;
mod formats;
pub mod kind;
mod live;
mod notify;
mod options;
mod places;
mod problem;
mod read;
mod reference;
mod rules;
mod thresholds;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{certificates, geo};
pub(super) use kind::quoted;
pub use kind::{Place, RangesOf, Secret, Zone, parse_address};
pub(super) use live::{keep_fixed, waits};
pub(super) use notify::is_name;
pub use options::{
    Access, Anomalies, Bots, Clients, Config, Described, Feed, GeoFiles, Http, Log, LogFormat,
    LogLevel, Loopback, Privacy, Process, Sources, Stop, Tcp, Time, Tls, Udp, Unix, Window,
};
pub use problem::{Origin, Problem, Problems, nearest};
pub use reference::{REFERENCE, render};
pub use rules::all_exposed as exposed;

/// What the command line sets. An empty list leaves a key as it is; `off` closes a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub http: Vec<String>,
    pub udp: Vec<String>,
    pub tcp: Vec<String>,
    pub unix: Vec<String>,
    pub unix_stream: Vec<String>,
    /// Where what was learnt is kept.
    pub data: Option<String>,
    pub log_format: Option<String>,
    /// Steps of the log level: `-v` is 1, `-q` is -1.
    pub verbosity: i8,
}

/// A configuration that can be run, and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
}

/// Reads the configuration of this process: the file named (else the first of [`usual_places`]
/// that exists), its environment, and the flags.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Loaded, Problems> {
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let file = match file {
        Some(file) => Some(file.to_owned()),
        None => usual_places(&environment).into_iter().find(|place| place.exists()),
    };
    load_from(file, environment, flags)
}

/// [`load`] with the environment as an argument.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load_from(
    file: Option<PathBuf>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    flags: &Flags,
) -> Result<Loaded, Problems> {
    let mut reader = read::Reader::default();
    let environment: Vec<(OsString, OsString)> = environment.into_iter().collect();
    let contained = is_container(&environment);
    if let Some(path) = &file {
        match files::read(path, files::CONFIG_MAX).map(String::from_utf8) {
            Ok(Ok(text)) => reader.file(path, text.strip_prefix('\u{feff}').unwrap_or(&text)),
            Ok(Err(_)) => reader.problems.push(whole(path, "the file is not UTF-8 text".into())),
            Err(error) => reader.problems.push(whole(path, format!("can't be read: {error}"))),
        }
    }
    reader.environment(environment.into_iter().filter_map(|(name, value)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    }));
    for (section, key, flag, values) in [
        ("http", "listen", "--http", &flags.http),
        ("udp", "listen", "--udp", &flags.udp),
        ("tcp", "listen", "--tcp", &flags.tcp),
        ("unix", "datagram", "--unix", &flags.unix),
        ("unix", "stream", "--unix-stream", &flags.unix_stream),
    ] {
        if !values.is_empty() {
            reader.flag(section, key, flag, values);
        }
    }
    if let Some(data) = &flags.data {
        reader.loose("anomalies", "data", &kind::typed(data), Origin::Flag("--data"), true);
    }
    if let Some(format) = &flags.log_format {
        reader.loose("log", "format", format, Origin::Flag("--log-format"), true);
    }
    reader.config.log.level = reader.config.log.level.moved(flags.verbosity);
    reader.rules(contained);
    if let Some(path) = reader.config.access.key_file.clone() {
        let key = files::secret(&path).and_then(|text| {
            rules::key_of_file(&text).map_err(|e| format!("{}: {e}", path.display()))
        });
        match key {
            Ok(key) => reader.config.access.key = Secret(key),
            Err(message) => {
                let origin = reader.origin("access", "key_file").cloned();
                let origin = origin.unwrap_or_else(|| Origin::Default("[access] key_file".into()));
                reader.problems.push(Problem { origin, message, usage: false });
            }
        }
    }
    let of = |section| move |(key, message)| (section, key, message);
    let files = geo::problems(&reader.config).into_iter().map(of("geo"));
    let files: Vec<_> =
        files.chain(certificates::problems(&reader.config).into_iter().map(of("tls"))).collect();
    for (section, key, message) in files {
        let origin = reader.origin(section, key).cloned();
        let origin = origin.unwrap_or_else(|| Origin::Default(format!("[{section}] {key}")));
        reader.problems.push(Problem { origin, message, usage: false });
    }
    if reader.problems.is_empty() {
        Ok(Loaded { config: reader.config, file })
    } else {
        reader.problems.sort_by_key(|problem| problem.origin.order());
        Err(Problems(reader.problems))
    }
}

/// A word about each variable of this process that looks as if it were configuration, and is not.
#[must_use]
pub fn strange_variables() -> Vec<String> {
    read::strange_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
}

/// Whether this process lives in a container, as engines show it: a file of theirs, or the variable
/// that systemd-nspawn, podman and Kubernetes set.
fn is_container(environment: &[(OsString, OsString)]) -> bool {
    let told = |(name, value): &(OsString, OsString)| {
        (name == "container" || name == "KUBERNETES_SERVICE_HOST") && !value.is_empty()
    };
    environment.iter().any(told)
        || ["/.dockerenv", "/run/.containerenv"].into_iter().any(|file| Path::new(file).exists())
}

fn whole(path: &Path, message: String) -> Problem {
    Problem { origin: Origin::Whole(path.into()), message, usage: false }
}

/// Where a configuration is looked for, first to last: the system's, then the user's.
#[must_use]
pub fn usual_places(environment: &[(OsString, OsString)]) -> Vec<PathBuf> {
    let variable = |name: &str| {
        environment
            .iter()
            .find(|(n, v)| n == name && !v.is_empty())
            .map(|(_, value)| PathBuf::from(value))
    };
    let user =
        variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    let mut places = vec![PathBuf::from("/etc/tapline/tapline.toml")];
    places.extend(user.map(|dir| dir.join("tapline/tapline.toml")));
    places
}

impl LogLevel {
    const ORDER: [LogLevel; 5] =
        [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// The level so many steps more (or less) talkative; ends stay ends.
    #[must_use]
    pub fn moved(self, steps: i8) -> LogLevel {
        let at = Self::ORDER.iter().position(|l| *l == self).unwrap_or(0);
        let last = Self::ORDER.len() - 1;
        let to = at.saturating_add_signed(isize::from(steps)).min(last);
        Self::ORDER[to]
    }
}
