//! `tapline forget --client ADDRESS`: takes a client out of what is kept, of a running server through its
//! API, of a stopped one out of its files.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::config::{Config, Flags};
use super::keep::{self, Keep};
use super::{bearer, exit, say};
use crate::aggregate::forget::Forget;
use crate::state::anomalies::keep::Keeper;
use crate::state::kept::{DIR, Privacy, Store};
use crate::vocab::secret::Secret;

/// Every file is read: a gigabyte on a slow disk.
const PATIENCE: Duration = Duration::from_secs(300);
/// Bytes of an answer: some counts, or why not.
const MAX_ANSWER: u64 = 64 << 10;

#[derive(Clone, Debug, Args)]
pub struct ForgetArgs {
    /// The address (or what stands for it) as the dashboard shows it
    #[arg(long, value_name = "ADDRESS")]
    pub client: String,
    /// The running server's HTTP address [default: the configuration's]; its token, where it needs one,
    /// is in $TAPLINE_TOKEN or --token-file
    #[arg(long, value_name = "IP:PORT")]
    pub server: Option<SocketAddr>,
    /// File with a token of the right admin
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Where a stopped server's files are: a directory [default: the configuration's]
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub data: Option<String>,
    /// Configuration file [default: /etc/tapline/tapline.toml, ~/.config/tapline/tapline.toml]
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ForgetArgs {
    /// As what the configuration says otherwise.
    #[must_use]
    pub fn flags(&self, own: Flags) -> Flags {
        Flags { data: self.data.clone(), ..own }
    }
}

/// Asks the server that has the files, or changes them where none has.
#[must_use]
pub fn run(args: &ForgetArgs, config: &Config) -> ExitCode {
    let who = match Forget::client(&args.client) {
        Ok(who) => who,
        Err(why) => {
            say(&format!("error: --client: {why}"));
            return exit::USAGE.into();
        }
    };
    let done = match args.server {
        Some(server) => ask(server, args, config, &who),
        None => in_files(args, config, &who),
    };
    match done {
        Ok(text) => super::print(&text),
        Err(message) => {
            say(&format!("error: {message}"));
            exit::FAILURE.into()
        }
    }
}

fn in_files(args: &ForgetArgs, config: &Config, who: &Forget) -> Result<String, String> {
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let dir = match keep::place(&config.anomalies, false, &environment) {
        Keep::In(dir) => dir,
        Keep::Nothing => return Err(format!("[anomalies] data is \"off\"; {WHICH}")),
        Keep::Unknown => {
            return Err(format!("nothing says where a server keeps its files; {WHICH}"));
        }
    };
    let shown = dir.display();
    if args.data.is_some() && !dir.is_dir() {
        return Err(format!("{shown}: there is no such directory"));
    }
    let failed = |error: io::Error| format!("{shown}: {error}");
    // Before the lock is taken: a directory of somebody else's is left as it is.
    if !has_files(&dir).map_err(failed)? {
        let other = elsewhere(&dir).map_or_else(|| WHICH.to_owned(), |other| other.meant());
        return Err(format!("no files of Tapline are in {shown}; {other}"));
    }
    if let Some(other) = elsewhere(&dir).filter(|_| args.data.is_none()) {
        say(&format!("note: {}", other.meant()));
    }
    match (Keeper::take(&dir).map_err(failed)?, config.http.listen.first()) {
        (Some(keeper), _) => {
            let files = out_of(&dir, &keeper, config, who).map_err(failed)?;
            Ok(forgotten(who, &[(files, "file")], &shown.to_string()))
        }
        // It would write again what it has in memory.
        (None, Some(server)) => ask(*server, args, config, who)
            .map_err(|error| format!("a running server has {shown}; {error}")),
        (None, None) => Err("a server is running that has no HTTP address: stop it first".into()),
    }
}

/// What to say where nothing says whose files are meant.
const WHICH: &str =
    "--server IP:PORT names a running server, --data DIR the files of a stopped one";

/// Where a service keeps its files, as config/tapline.service has it.
const OF_SERVICE: &str = "/var/lib/tapline";

fn has_files(dir: &Path) -> io::Result<bool> {
    Ok(Keeper::has_file(dir)? || Store::has_files(dir)?)
}

/// A directory beside the one that was looked into.
enum Elsewhere {
    Has(PathBuf),
    /// Nobody but its owner may look.
    Closed(PathBuf),
}

impl Elsewhere {
    fn meant(&self) -> String {
        match self {
            Elsewhere::Has(dir) => {
                let shown = dir.display();
                format!("files of Tapline are in {shown}: --data {shown} names them")
            }
            Elsewhere::Closed(dir) => {
                let shown = dir.display();
                format!("{shown} is not this user's to look into: as root, --data {shown} names it")
            }
        }
    }
}

/// Where such files are that may have been meant, too.
fn elsewhere(dir: &Path) -> Option<Elsewhere> {
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    let near = [Some(dir.join("tapline")), parent.map(Path::to_owned), Some(OF_SERVICE.into())];
    near.into_iter().flatten().filter(|other| other != dir).find_map(|other| {
        match has_files(&other) {
            Ok(true) => Some(Elsewhere::Has(other)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Some(Elsewhere::Closed(other))
            }
            _ => None,
        }
    })
}

fn out_of(dir: &Path, keeper: &Keeper, config: &Config, who: &Forget) -> io::Result<u64> {
    let learnt = u64::from(keeper.forget(who)?);
    if !dir.join(DIR).exists() {
        return Ok(learnt);
    }
    let budget = usize::try_from(config.window.memory).unwrap_or(usize::MAX);
    let window = Store::new(dir, budget, Privacy::default())?.forget(who)?;
    Ok(learnt + window)
}

fn ask(
    server: SocketAddr,
    args: &ForgetArgs,
    config: &Config,
    who: &Forget,
) -> Result<String, String> {
    let key = Some(config.access.key.clone());
    let token = bearer::find(args.token_file.as_deref())?.or(key).filter(|key| !key.0.is_empty());
    let (status, body) = exchange(server, token.as_ref(), who)
        .map_err(|error| format!("http://{server}: {}", unreached(&error)))?;
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    if status != 200 {
        let why = answer["error"]["message"].as_str().unwrap_or("no reason is said");
        let hint = hint(status, token.is_some());
        return Err(format!("http://{server} answered {status}: {why}{hint}"));
    }
    let number = |key: &str| answer[key].as_u64().unwrap_or(0);
    let counts = [(number("texts"), "text"), (number("files"), "file")];
    Ok(forgotten(who, &counts, &format!("http://{server}")))
}

/// What was done, of whose.
fn forgotten(who: &Forget, counts: &[(u64, &str)], of: &str) -> String {
    if counts.iter().all(|(n, _)| *n == 0) {
        return format!("{} is in nothing that is kept of {of}\n", who.as_str());
    }
    let counts = counts.iter().map(|(n, what)| {
        let more = if *n == 1 { "" } else { "s" };
        format!("{n} {what}{more}")
    });
    let counts = counts.collect::<Vec<_>>().join(" and ");
    format!("{} is forgotten in {counts} of {of}\n", who.as_str())
}

fn unreached(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("nobody listens there; {WHICH}")
        }
        _ => error.to_string(),
    }
}

/// What is to be done about an answer that is none of a login.
fn hint(status: u16, has_token: bool) -> &'static str {
    match (status, has_token) {
        (401, true) => "; the token is not taken: make one with `tapline token new --right admin`",
        (401, false) => {
            "; put a token with the right admin into $TAPLINE_TOKEN or a file for --token-file"
        }
        (403, _) => {
            "; a token with the right admin goes into $TAPLINE_TOKEN or a file for --token-file"
        }
        _ => "",
    }
}

/// The status and the body of the answer.
fn exchange(server: SocketAddr, token: Option<&Secret>, who: &Forget) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&server, Duration::from_secs(10))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = json!({ "client": who.as_str() }).to_string();
    let login =
        token.map(|token| format!("authorization: Bearer {}\r\n", token.0)).unwrap_or_default();
    // HTTP/1.0: the answer ends with the connection, in no chunks.
    let head = format!(
        "POST /api/v1/forget HTTP/1.0\r\nhost: {server}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{login}\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("this is no answer of HTTP"))?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_counted_in_words() {
        let who = Forget::client("192.0.2.7").expect("a client");
        let said = |texts, files| forgotten(&who, &[(texts, "text"), (files, "file")], "DIR");
        assert_eq!(said(2, 1), "192.0.2.7 is forgotten in 2 texts and 1 file of DIR\n");
        assert_eq!(said(0, 3), "192.0.2.7 is forgotten in 0 texts and 3 files of DIR\n");
        assert_eq!(said(0, 0), "192.0.2.7 is in nothing that is kept of DIR\n");
    }

    #[test]
    fn who_is_sent_away_hears_where_a_token_or_the_server_is_named() {
        for (said, words) in [
            (unreached(&io::ErrorKind::ConnectionRefused.into()), &["--server", "--data"][..]),
            (hint(401, false).to_owned(), &["$TAPLINE_TOKEN", "--token-file", "admin"]),
            (hint(401, true).to_owned(), &["tapline token new --right admin"]),
            (hint(403, true).to_owned(), &["$TAPLINE_TOKEN", "--token-file", "admin"]),
        ] {
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
        assert_eq!(hint(500, false), "");
    }
}
