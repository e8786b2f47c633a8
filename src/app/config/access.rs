//! `[[token]]` and `[[user]]`: who may do what over HTTP.

use std::path::Path;

use super::entries::{Entry, entries};
use super::files;
use super::kind::{Choice, Key, Kind, Raw, Words, Wrong, one_of};
use super::notify::is_name;
use crate::edge::http::access::password::PasswordHash;
use crate::edge::http::access::{Token, User};
use crate::vocab::digest::Digest;
use crate::vocab::right::Right;
use crate::vocab::time::Second;

/// Tokens that there may be: each request is compared with all of them.
const TOKENS_MAX: usize = 256;

const TOKEN_KEYS: &[&str] = &["name", "right", "hash", "file", "env", "credential", "expires"];
/// Users that there may be.
const USERS_MAX: usize = 256;

const USER_KEYS: &[&str] = &["name", "right", "hash"];
/// Where a token's secret may stand.
const PLACES: [&str; 4] = ["hash", "file", "env", "credential"];

/// How the reference file shows it.
pub(super) const EXAMPLE: &str = "\
# Who may do what over HTTP, beside [access] key, which may do everything: one [[token]] for each program
# (at most 256). `tapline token new --right look` makes one and prints what to write here.
#
# [[token]]
# name = \"grafana\"         # in logs; each token has one of its own
# right = \"look\"           # send: post lines; look: read; admin: both, and set markers, mutes and share links
# hash = \"sha256:…\"        # of the token; or file = \"/run/secrets/token\", env = \"NAME\" or
#                          #   credential = \"NAME\" (a file in systemd's $CREDENTIALS_DIRECTORY), where the
#                          #   token itself is
# expires = \"2027-01-01\"   # a day (its start, UTC) or a time as RFC 3339; left out, it is good for ever
#
# People who log in at the page: one [[user]] for each (at most 256). `tapline user hash` reads a password
# from standard input and prints what to write here.
#
# [[user]]
# name = \"ann\"
# right = \"admin\"          # look or admin
# hash = \"$argon2id$v=19$m=19456,t=2,p=1$…\"
";

impl Choice for Right {
    const ALL: &'static [(&'static str, Self)] =
        &[("send", Right::Send), ("look", Right::Look), ("admin", Right::Admin)];
}

/// The value of `token`.
#[derive(Debug)]
pub(super) struct Tokens;

impl Kind for Tokens {
    type Out = Vec<Token>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        let mut found: Vec<Token> = Vec::new();
        entries(raw, "token", TOKEN_KEYS, TOKENS_MAX, |entry| {
            let token = token(entry)?;
            if found.iter().any(|other| other.name == token.name) {
                entry.tell("name", format!("two tokens are named '{}'", token.name));
            }
            if found.iter().any(|other| other.digest == token.digest) {
                entry.tell("name", "this is the token of another [[token]]; make one for each");
            }
            found.push(token.clone());
            Some(token)
        })
    }

    fn show(&self, _: &Self::Out) -> String {
        "[]".into()
    }

    fn says(&self) -> String {
        "list of tables; the end of this file has one".into()
    }
}

fn token(entry: &mut Entry<'_>) -> Option<Token> {
    let name = named(entry, "token");
    let right = right(entry, "token", Right::ALL.as_slice());
    let digest = digest(entry);
    let expires = entry.take("expires", &Moment);
    let wrong = entry.get("expires").is_some() && expires.is_none();
    let token = Token { name: name?, right: right?, digest: digest?, expires };
    (!wrong).then_some(token)
}

/// The value of `user`.
#[derive(Debug)]
pub(super) struct Users;

impl Kind for Users {
    type Out = Vec<User>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        let mut names: Vec<String> = Vec::new();
        entries(raw, "user", USER_KEYS, USERS_MAX, |entry| {
            let name = named(entry, "user");
            let right = right(entry, "user", &[Right::Look, Right::Admin]);
            if entry.get("hash").is_none() {
                entry.tell("hash", "[[user]] has no `hash`; `tapline user hash` makes one");
            }
            let hash = entry.take("hash", &Words("hash", |_| Ok(())))?;
            let hash =
                PasswordHash::parse(&hash).map_err(|message| entry.tell("hash", message)).ok();
            if name.as_ref().is_some_and(|name| names.contains(name)) {
                entry.tell("name", "two users have this name");
            }
            names.extend(name.clone());
            Some(User { name: name?, right: right?, hash: hash? })
        })
    }

    fn show(&self, _: &Self::Out) -> String {
        "[]".into()
    }

    fn says(&self) -> String {
        "list of tables; the end of this file has one".into()
    }
}

fn named(entry: &mut Entry<'_>, what: &str) -> Option<String> {
    if entry.get("name").is_none() {
        entry.tell("name", format!("[[{what}]] has no `name`"));
    }
    entry.take("name", &Words("name", is_name))
}

fn right(entry: &mut Entry<'_>, what: &str, allowed: &[Right]) -> Option<Right> {
    let words: Vec<&str> = allowed.iter().map(|right| right.name()).collect();
    if entry.get("right").is_none() {
        entry.tell("right", format!("[[{what}]] has no `right`: {}", words.join(", ")));
    }
    let right = entry.take("right", &one_of::<Right>())?;
    if !allowed.contains(&right) {
        entry.tell("right", format!("'{}' is none of {}", right.name(), words.join(", ")));
        return None;
    }
    Some(right)
}

/// The digest of a token, wherever the token or its digest stands. What is told never holds it.
fn digest(entry: &mut Entry<'_>) -> Option<Digest> {
    let set: Vec<&str> = PLACES.into_iter().filter(|key| entry.get(key).is_some()).collect();
    let key = match set[..] {
        [key] => key,
        [] => {
            entry.tell(
                "hash",
                "[[token]] has no `hash`; `tapline token new` makes a token and prints it",
            );
            return None;
        }
        [first, second, ..] => {
            entry.tell(second, format!("`{first}` is set too; which one counts? Keep one of them"));
            return None;
        }
    };
    let text = entry.take(key, &Words("text", |_| Ok(())))?;
    let found = match key {
        "hash" => Digest::parse(&text).ok_or_else(|| {
            "this is no hash: `sha256:` and 64 digits, as `tapline token new` prints it".to_owned()
        }),
        "file" => of_file(Path::new(&text)),
        "env" => std::env::var(&text)
            .map_err(|error| format!("the environment's {text}: {error}"))
            .and_then(|secret| of_plain(&secret)),
        _ => match std::env::var_os("CREDENTIALS_DIRECTORY") {
            // A name and no path: systemd.exec(5), LoadCredential=.
            _ if text.contains('/') => Err(format!("'{text}' is no name; a path is for `file`")),
            Some(dir) => of_file(&Path::new(&dir).join(&text)),
            None => Err(format!(
                "there is no $CREDENTIALS_DIRECTORY to find {text} in: write \
                 LoadCredential={text}:/path/to/it in the service"
            )),
        },
    };
    found.map_err(|message| entry.tell(key, message)).ok()
}

fn of_file(path: &Path) -> Result<Digest, String> {
    let shown = path.display();
    let text = files::secret(path)?;
    of_plain(&text).map_err(|message| format!("{shown}: {message}"))
}

fn of_plain(secret: &str) -> Result<Digest, String> {
    let secret = secret.trim();
    Key::judge(secret)?;
    Ok(Digest::of(secret))
}

/// A day or a time.
#[derive(Debug)]
struct Moment;

impl Kind for Moment {
    type Out = Second;

    fn read(&self, raw: &Raw) -> Result<Second, Vec<Wrong>> {
        let text = raw.text().unwrap_or_default();
        let day = text.parse::<chrono::NaiveDate>().ok();
        let day = day.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|at| at.and_utc().timestamp());
        let time = || chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp());
        day.or_else(time).map(Second).ok_or_else(|| {
            vec![raw.wrong(format!(
                "{} is no time; write \"2027-01-01\" or \"2027-01-01T12:00:00Z\", in quotes",
                raw.describe()
            ))]
        })
    }

    fn show(&self, value: &Second) -> String {
        super::quoted(&crate::aggregate::render::rfc3339(*value))
    }

    fn says(&self) -> String {
        "a day or a time".into()
    }
}
