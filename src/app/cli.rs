//! The command line: what can be asked of the program.

// What is documented here is the text of --help, where [formats] is a section of the configuration.
#![allow(rustdoc::broken_intra_doc_links)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand};

use super::config::{Flags, Zone, nearest};
use super::formats::args::FormatArgs;
use super::snippet::Sender;

/// Shows what your web server is doing, now.
#[derive(Debug, Parser)]
#[command(
    name = "tapline",
    version,
    about = "Shows what your web server is doing, now.",
    long_about = "Shows what your web server is doing, now.\n\n\
        Without a command Tapline receives syslog on 127.0.0.1:5514 (UDP and TCP) and log lines by \
        HTTP POST, and shows them live at http://127.0.0.1:8514/. `tapline snippet nginx` prints what \
        to paste into nginx.conf. With files, or - for standard input, it follows those.",
    after_help = "Exit codes: 0 ok, 1 failure at run time, 2 wrong usage, 78 bad configuration.",
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: ServeArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive and show (what `tapline` alone does), or follow files
    Serve(ServeArgs),
    /// The same with made-up traffic and incidents, through the real UDP socket
    Demo(ListenArgs),
    /// Read log lines and print each as a JSON object
    Parse(ParseArgs),
    /// Run log files through the dashboard on a virtual clock
    Replay(super::replay::ReplayArgs),
    /// Summarise log files on the terminal, as a web page or as JSON
    Report(super::report::ReportArgs),
    /// Group error messages: print each line's template
    Templates(super::templates::TemplatesArgs),
    /// Say how unusual each number of a series is: CSV of timestamp,value in, with score and anomaly out
    ///
    /// A row comes out for each row, when it has come, with both texts as they were. score is 0 to 1, from
    /// 0.5 on unusual; anomaly is 1 where it would be told: once, and not for the 100 rows behind unless
    /// four times as unusual. Nothing that comes later is looked at.
    ///
    /// The first line is a header. Times are YYYY-MM-DD hh:mm:ss[.f], RFC 3339, or seconds (ms, µs, ns)
    /// since 1970; without a zone they are UTC. An empty value, nan and inf are missing: score 0. A row
    /// that can't be read is told on standard error with its line, gets score 0 and changes nothing.
    Detect(super::detect::DetectArgs),
    /// Show a running server's dashboard in a terminal
    ///
    /// ? shows the keys. Where the output is no terminal, and with --once, one picture is printed as text.
    Top(super::top::TopArgs),
    /// Tell what is wrong with a configuration file, all at once
    Check(CheckArgs),
    /// Print sender configuration to paste, with this server's address in it
    Snippet(SnippetArgs),
    /// Take a client out of all that is kept, of a running server or of a stopped one's files
    ///
    /// Its address becomes (forgotten) in events, lines, anomalies and files; no number changes. What it
    /// sends from then on counts as somebody new.
    Forget(super::forget::ForgetArgs),
    /// Make a token that may send, look or administer
    #[command(subcommand)]
    Token(super::token::TokenCommand),
    /// Make what the configuration keeps of a password
    #[command(subcommand)]
    User(super::user::UserCommand),
    /// Print completions for a shell
    Completions { shell: clap_complete::Shell },
}

/// Where to listen; each overrides the configuration.
#[derive(Clone, Debug, Default, Args)]
pub struct ListenArgs {
    /// Dashboard, API and POST at this address (IP:PORT; port 0: the system chooses; off: closed)
    #[arg(long, value_name = "ADDR", help_heading = "Listeners")]
    pub http: Vec<String>,
    /// Syslog datagrams at this address, or off
    #[arg(long, value_name = "ADDR", help_heading = "Listeners")]
    pub udp: Vec<String>,
    /// Syslog streams at this address, or off
    #[arg(long, value_name = "ADDR", help_heading = "Listeners")]
    pub tcp: Vec<String>,
    /// Syslog datagrams at this unix socket, or off
    #[arg(long, value_name = "PATH", help_heading = "Listeners")]
    pub unix: Vec<String>,
    /// Syslog streams at this unix socket, or off
    #[arg(long, value_name = "PATH", help_heading = "Listeners")]
    pub unix_stream: Vec<String>,
    /// Where what was learnt is kept over a restart: a directory, auto or off
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Configuration file [default: /etc/tapline/tapline.toml, ~/.config/tapline/tapline.toml]
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `tapline serve`, and `tapline` alone or with files to follow.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// Files to follow, or - for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub listen: ListenArgs,
}

/// How Tapline's own log can be written.
const OWN_LOG: [&str; 2] = ["text", "json"];

/// Tapline's own log, on standard error.
#[derive(Clone, Debug, Default, Args)]
pub struct LogArgs {
    /// How Tapline's own log is written: text or json
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log_format: Option<String>,
    /// Say more: connections, answers over HTTP, recognised formats; twice, what libraries say, too
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Say less; twice, only errors
    #[arg(short, long, action = clap::ArgAction::Count, global = true, conflicts_with = "verbose")]
    pub quiet: u8,
}

#[derive(Clone, Debug, Args)]
pub struct ParseArgs {
    /// Files to read; - or none is standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Configuration file: its [formats] and who counts as a client
    #[arg(short, long, value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Say on standard error what each of the first lines was recognised as, and sum up each input:
    /// formats, panels that stay empty, and a template for lines that fit nothing
    #[arg(long)]
    pub explain: bool,
    /// Zone of times that are written without one: local, UTC or an offset as +02:00
    #[arg(long, value_name = "ZONE", value_parser = zone, allow_hyphen_values = true)]
    pub zone: Option<Zone>,
    /// Run labelled cases, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "explain"])]
    pub cases: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// The file; without one, that which `tapline` would read
    pub file: Option<PathBuf>,
    /// Print a file with every option at its default, to start one's own from
    #[arg(long, conflicts_with = "file")]
    pub defaults: bool,
    /// Send a test alert to every [[notify]], and say for each whether it got there
    #[arg(long, conflicts_with = "defaults")]
    pub notify: bool,
}

#[derive(Clone, Debug, Args)]
pub struct SnippetArgs {
    /// Who sends
    #[arg(required_unless_present = "from")]
    pub sender: Option<Sender>,
    /// Print what this nginx.conf or httpd.conf needs: [formats] for the log formats that it
    /// declares, and the lines that send its logs; - is standard input, for nginx -T
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Where Tapline receives, as the sender reaches it [default: from the configuration]
    #[arg(long, value_name = "HOST:PORT")]
    pub server: Option<String>,
    /// Configuration file whose listeners are named
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

fn zone(text: &str) -> Result<Zone, String> {
    match Zone::parse(text) {
        Some(zone) if zone != Zone::Auto => Ok(zone),
        _ => Err("it is local, UTC or an offset as +02:00".into()),
    }
}

impl ListenArgs {
    /// As the configuration takes them.
    #[must_use]
    pub fn flags(&self, log: &LogArgs) -> Flags {
        Flags {
            http: self.http.clone(),
            udp: self.udp.clone(),
            tcp: self.tcp.clone(),
            unix: self.unix.clone(),
            unix_stream: self.unix_stream.clone(),
            data: self.data.clone(),
            ..log.flags()
        }
    }
}

impl LogArgs {
    /// What `--log-format` says where it is not about Tapline's own log: goaccess's users name the
    /// format of the lines so.
    #[must_use]
    pub fn line_format(&self) -> Option<&str> {
        self.log_format.as_deref().filter(|format| !OWN_LOG.contains(format))
    }

    /// As the configuration takes them, with no listeners.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let steps = i16::from(self.verbose) - i16::from(self.quiet);
        Flags {
            log_format: self.log_format.clone().filter(|format| OWN_LOG.contains(&format.as_str())),
            // More than five steps end at the same level.
            verbosity: steps.clamp(-5, 5) as i8,
            ..Flags::default()
        }
    }
}

/// Reads the command line.
///
/// # Errors
/// Wrong usage as clap says it, and help and version, which are no failures but end the process too.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Before the flags are judged: those of a mistyped command would be told instead of the mistake.
    if let Some(error) = arguments.get(1).and_then(|first| mistyped(Path::new(first))) {
        return Err(error);
    }
    let cli = Cli::try_parse_from(arguments)?;
    if let Some(error) = cli.serve.files.first().and_then(|first| mistyped(first)) {
        return Err(error);
    }
    Ok(cli)
}

/// A bare word that is neither a command nor a file was meant as a command.
fn mistyped(word: &Path) -> Option<clap::Error> {
    let text = word.to_str()?;
    let is_path = text.starts_with('-') || text.contains(['/', '.']) || word.exists();
    let mut command = Cli::command();
    // With `help`, which is added only now.
    command.build();
    if text.is_empty() || is_path || command.find_subcommand(text).is_some() {
        return None;
    }
    let near = nearest(text, command.get_subcommands().map(|c| c.get_name()))
        .map(|near| format!("; did you mean '{near}'?"))
        .unwrap_or_default();
    let message = format!("'{text}' is neither a command nor a file{near}");
    Some(command.error(clap::error::ErrorKind::InvalidSubcommand, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_rules_and_zones_may_begin_with_a_hyphen() {
        for arguments in [
            &["report", "--filter", "-path:/health*", "a.log"][..],
            &["report", "--rule", "-path:/b rate > 2% for 1m", "a.log"],
            &["report", "--zone", "-05:00", "a.log"],
            &["replay", "--zone", "-05:00", "a.log"],
            &["parse", "--zone", "-05:00", "a.log"],
            &["top", "--filter", "-path:/health*"],
        ] {
            let all = ["tapline"].iter().chain(arguments).map(OsString::from);
            assert!(parse(all).is_ok(), "{arguments:?}");
        }
    }
}
