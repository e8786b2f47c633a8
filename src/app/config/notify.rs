//! `[[notify]]`: who is told of anomalies, and how.

use std::path::Path;
use std::time::Duration;

use super::entries::{Entry, entries};
use super::files;
use super::kind::{
    Choice as Closed, Count, DAY, Flag, HOUR, Kind, MINUTE, Raw, SECOND, Texts, Words, Wrong,
    one_of, quoted, show_span, span,
};
use super::problem::nearest;
use crate::aggregate::wire::AnomalyKind;
use crate::edge::notify::{
    Channel, Choice, Login, Mail, NAME_MAX, Rate, Scheme, Target, Url, Web, judge_address,
};
use crate::vocab::secret::Secret;

/// Targets that there may be: each has a task of its own.
const TARGETS_MAX: usize = 32;

const KEYS: &[&str] = &[
    "name",
    "kind",
    "url",
    "url_file",
    "url_env",
    "token",
    "token_file",
    "token_env",
    "user",
    "password",
    "password_file",
    "password_env",
    "from",
    "to",
    "min_severity",
    "kinds",
    "sites",
    "group",
    "rate",
    "insecure",
];

/// How the reference file shows it; `Targets` says the rest.
pub(super) const EXAMPLE: &str = "\
# Who is told of anomalies: one [[notify]] for each, as many as you like (at most 32). `tapline check
# --notify` sends each a test. Keys, with their defaults:
#
# [[notify]]
# kind = \"slack\"           # json, slack (Mattermost too), discord, ntfy, smtp
# url = \"https://…\"        # the webhook; ntfy: https://ntfy.sh/TOPIC; smtp: smtps://HOST (port 465) or
#                          #   smtp://HOST (587, STARTTLS). url_file names a file that holds it, url_env
#                          #   a variable of the environment: webhooks' addresses are secrets
# name = \"slack\"           # in logs and /metrics; each target has one of its own
# token = \"\"               # json, ntfy: sent as a bearer; token_file, token_env
# user = \"\"                # json, ntfy, smtp; with password, password_file or password_env
# from = \"\"                # smtp: \"Tapline <tapline@example.org>\"
# to = []                  # smtp: [\"ops@example.org\"]
# min_severity = 2         # 1 (a note) to 5 (wake somebody)
# kinds = []               # as [\"errors_5xx\", \"silent\"]; none is all
# sites = []               # as [\"shop.example\", \"*.example.org\"]; none is all. What is told of all sites
#                          #   together is of the one that nine tenths of it are of
# group = \"10 s\"           # so long an incident waits for what follows from it before it is told, and
#                          #   to be over before that is told
# rate = \"30/h\"            # at most so many messages; beyond that beginnings are left out and counted
# insecure = false         # true sends to other machines without TLS where url says so
#
# An incident is told once, again only when it gets graver, and when it is over. What a mute covers is
# not told. With [access] public_url each message links to the page at that time.
";

/// What kind a target is of.
#[derive(Clone, Copy, PartialEq)]
enum TargetKind {
    Json,
    Slack,
    Discord,
    Ntfy,
    Smtp,
}

impl Closed for TargetKind {
    const ALL: &'static [(&'static str, Self)] = &[
        ("json", TargetKind::Json),
        ("slack", TargetKind::Slack),
        ("discord", TargetKind::Discord),
        ("ntfy", TargetKind::Ntfy),
        ("smtp", TargetKind::Smtp),
    ];
}

impl TargetKind {
    fn name(self) -> &'static str {
        TargetKind::ALL.iter().find(|(_, way)| *way == self).map_or("", |(name, _)| name)
    }

    /// Keys that mean nothing to it, and why.
    fn useless(self) -> (&'static [&'static str], &'static str) {
        match self {
            TargetKind::Slack | TargetKind::Discord => (
                &[
                    "token",
                    "token_file",
                    "token_env",
                    "user",
                    "password",
                    "password_file",
                    "password_env",
                    "from",
                    "to",
                ],
                "its url is all it needs",
            ),
            TargetKind::Json | TargetKind::Ntfy => (&["from", "to"], "they are for smtp"),
            TargetKind::Smtp => {
                (&["token", "token_file", "token_env"], "a mail server wants user and password")
            }
        }
    }
}

/// The value of `notify`.
#[derive(Debug)]
pub(super) struct Targets;

impl Kind for Targets {
    type Out = Vec<Target>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        let mut names: Vec<String> = Vec::new();
        entries(raw, "notify", KEYS, TARGETS_MAX, |entry| target(entry, &mut names))
    }

    /// Only ever the default: a target's secrets are not for showing.
    fn show(&self, _: &Self::Out) -> String {
        "[]".into()
    }

    fn says(&self) -> String {
        "list of tables; the end of this file has one".into()
    }
}

fn target(entry: &mut Entry<'_>, names: &mut Vec<String>) -> Option<Target> {
    let Some(kind) = entry.get("kind") else {
        entry.tell("kind", "[[notify]] says no `kind`: json, slack, discord, ntfy or smtp");
        return None;
    };
    let way = match one_of::<TargetKind>().read(kind) {
        Ok(way) => way,
        Err(_) => {
            entry.take("kind", &one_of::<TargetKind>());
            return None;
        }
    };
    let (useless, why) = way.useless();
    for key in useless {
        if entry.get(key).is_none() {
            continue;
        }
        entry.tell(key, format!("`{key}` means nothing to {}: {why}", way.name()));
    }
    let name = entry.take("name", &Words("name", is_name)).unwrap_or_else(|| way.name().to_owned());
    if names.contains(&name) {
        entry.tell("name", format!("two targets are named '{name}'; say a `name` of its own"));
    }
    names.push(name.clone());
    let insecure = entry.take("insecure", &Flag).unwrap_or(false);
    let url = url(entry, way, insecure);
    let login = login(entry, way);
    let severity = entry.take("min_severity", &Count(1, 5));
    let choice = Choice {
        // At most 5.
        min_severity: severity.map_or(2, |severity| severity as u8),
        kinds: kinds(entry),
        sites: entry.take("sites", &Texts("sites", |_| Ok(()))).unwrap_or_default(),
    };
    let group = entry.take("group", &span(Duration::ZERO, HOUR)).unwrap_or(10 * SECOND);
    let rate = entry.take("rate", &RateOf).unwrap_or(Rate { messages: 30, per: HOUR });
    let channel = match way {
        TargetKind::Smtp => Channel::Smtp(mail(entry, url, login, insecure)?),
        _ => {
            let web = Web { url: url?, login };
            match way {
                TargetKind::Slack => Channel::Slack(web),
                TargetKind::Discord => Channel::Discord(web),
                TargetKind::Ntfy => Channel::Ntfy(web),
                _ => Channel::Json(web),
            }
        }
    };
    Some(Target { name, channel, choice, group, rate })
}

fn url(entry: &mut Entry<'_>, way: TargetKind, insecure: bool) -> Option<Url> {
    let schemes: &[Scheme] = match way {
        TargetKind::Smtp => &[Scheme::Smtps, Scheme::Smtp],
        _ => &[Scheme::Https, Scheme::Http],
    };
    let Some((key, text)) = secret(entry, "url") else {
        if ["url", "url_file", "url_env"].iter().all(|key| entry.get(key).is_none()) {
            entry.tell("url", format!("{} has no `url`", way.name()));
        }
        return None;
    };
    let url = match Url::parse(&text, schemes) {
        Ok(url) => url,
        Err(message) => {
            entry.tell(key, message);
            return None;
        }
    };
    if url.scheme == Scheme::Http && !url.is_loopback() && !insecure {
        entry.tell(
            key,
            format!(
                "{url} would be sent alerts in the clear; write https://, or say `insecure = true` if \
                 everyone on the way may read them"
            ),
        );
    }
    if way == TargetKind::Ntfy && !has_topic(&url.path) {
        entry.tell(key, "the URL names no topic; write it as https://ntfy.sh/TOPIC");
    }
    if way == TargetKind::Smtp && url.path != "/" {
        entry.tell(
            key,
            "a mail server's URL is smtps://HOST or smtp://HOST, with a port where it needs one",
        );
    }
    Some(url)
}

fn has_topic(path: &str) -> bool {
    let topic = path.split('?').next().unwrap_or_default().trim_end_matches('/').rsplit('/').next();
    topic.is_some_and(|topic| {
        (1..=64).contains(&topic.len())
            && topic.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    })
}

fn login(entry: &mut Entry<'_>, way: TargetKind) -> Login {
    let token = match way {
        TargetKind::Json | TargetKind::Ntfy => secret(entry, "token"),
        _ => None,
    };
    let user = entry.take("user", &Words("name", |_| Ok(())));
    let password = match way {
        TargetKind::Slack | TargetKind::Discord => None,
        _ => secret(entry, "password"),
    };
    if let (Some((key, _)), Some(_)) = (&token, &user) {
        entry.tell(key, "`user` is set too; which one counts? Keep one of them");
    }
    match (token, user, password) {
        (Some((key, token)), ..) => {
            if !token.bytes().all(|b| b.is_ascii_graphic()) {
                entry.tell(key, "a token holds only ASCII letters, digits and signs, no blanks");
            }
            Login::Token(Secret(token))
        }
        (None, Some(user), Some((_, password))) => {
            Login::Password { user, password: Secret(password) }
        }
        (None, Some(_), None) => {
            if ["password", "password_file", "password_env"].iter().all(|k| entry.get(k).is_none())
            {
                entry.tell("user", "`user` needs a `password`, `password_file` or `password_env`");
            }
            Login::None
        }
        (None, None, Some((key, _))) => {
            entry.tell(key, "a password needs a `user`");
            Login::None
        }
        (None, None, None) => Login::None,
    }
}

fn mail(entry: &mut Entry<'_>, url: Option<Url>, login: Login, insecure: bool) -> Option<Mail> {
    let address = Words("address", judge_address);
    let from = entry.take("from", &address);
    let to = entry.take("to", &Texts("addresses", judge_address));
    if entry.get("from").is_none() {
        entry.tell("from", "smtp says not `from` whom: from = \"Tapline <tapline@example.org>\"");
    }
    if entry.get("to").is_none() || to.as_ref().is_some_and(Vec::is_empty) {
        entry.tell("to", "smtp says not `to` whom: to = [\"ops@example.org\"]");
    }
    Some(Mail { url: url?, login, from: from?, to: to?, insecure })
}

fn kinds(entry: &mut Entry<'_>) -> Vec<AnomalyKind> {
    let texts = entry.take("kinds", &Texts("kinds", |text| kind(text).map(drop)));
    texts.unwrap_or_default().iter().filter_map(|text| kind(text).ok()).collect()
}

/// By the names that anomalies have on the wire.
fn kind(text: &str) -> Result<AnomalyKind, String> {
    let named = |name: &str| serde_json::from_value(serde_json::Value::String(name.to_owned()));
    named(text).map_err(|_| {
        let near = nearest(text, KINDS.iter().copied());
        let near = near.map(|near| format!("; did you mean '{near}'?"));
        let near = near.unwrap_or_else(|| format!("; there are {}", KINDS.join(", ")));
        format!("'{text}' is no kind of anomaly{near}")
    })
}

const KINDS: [&str; 18] = [
    "traffic_up",
    "traffic_down",
    "errors_5xx",
    "errors_4xx",
    "latency",
    "bytes",
    "client_flood",
    "scan",
    "bruteforce",
    "new_error",
    "error_surge",
    "silent",
    "format_drift",
    "host_cpu",
    "host_memory",
    "host_disk",
    "series",
    "rule",
];

pub(in crate::app) fn is_name(text: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=NAME_MAX).contains(&text.len()) && text.chars().all(good) {
        return Ok(());
    }
    Err(format!("'{text}' is no name; write letters, digits, - _ and ., at most {NAME_MAX}"))
}

/// A secret from the key itself, the file that `KEY_file` names, or the variable that `KEY_env` names;
/// with the key it stands under. What is told never holds it.
fn secret(entry: &mut Entry<'_>, key: &'static str) -> Option<(&'static str, String)> {
    let [file, env] = match key {
        "url" => ["url_file", "url_env"],
        "token" => ["token_file", "token_env"],
        _ => ["password_file", "password_env"],
    };
    let set: Vec<&'static str> =
        [key, file, env].into_iter().filter(|k| entry.get(k).is_some()).collect();
    if let [first, second, ..] = set[..] {
        entry.tell(second, format!("`{first}` is set too; which one counts? Keep one of them"));
        return None;
    }
    let from = set.first().copied()?;
    let text = entry.take(from, &Words("text", |_| Ok(())))?;
    let found = if from == key {
        Ok(text)
    } else if from == file {
        files::secret(Path::new(&text))
    } else {
        std::env::var(&text).map_err(|error| format!("the environment's {text}: {error}"))
    };
    match found.map(|found| found.trim().to_owned()) {
        Ok(found) if !found.is_empty() => return Some((from, found)),
        Ok(_) => entry.tell(from, "is empty"),
        Err(message) => entry.tell(from, message),
    }
    None
}

/// `30/h`, `5/min`.
#[derive(Debug)]
struct RateOf;

const PERIODS: [(&str, Duration); 4] = [("min", MINUTE), ("h", HOUR), ("hour", HOUR), ("d", DAY)];

impl Kind for RateOf {
    type Out = Rate;

    fn read(&self, raw: &Raw) -> Result<Rate, Vec<Wrong>> {
        let parts = raw.text().and_then(|text| text.split_once('/'));
        let rate = parts.and_then(|(messages, per)| {
            let messages = messages.trim().parse().ok().filter(|n| (1..=10_000).contains(n))?;
            let (_, per) = PERIODS.iter().find(|(name, _)| *name == per.trim())?;
            Some(Rate { messages, per: *per })
        });
        rate.ok_or_else(|| {
            vec![raw.wrong(format!(
                "{} is no rate; write messages a time, as \"30/h\" (min, h, d), 1 to 10000",
                raw.describe()
            ))]
        })
    }

    fn show(&self, value: &Rate) -> String {
        quoted(&format!("{}/{}", value.messages, show_span(value.per)))
    }

    fn says(&self) -> String {
        "messages a time, as \"30/h\"".into()
    }
}
