//! `tapline snippet --from nginx.conf`: what a server's own configuration says about its logs, as
//! what to paste into Tapline's and into the server's.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use super::declared::{Declared, Found, Place, Used};
use super::{Addresses, apache_conf, host_and_port, nginx_conf, syslog_server, untold};
use crate::app::config::quoted;
use crate::app::formats::conf::shown;
use crate::app::formats::own::{self, judge_name};
use crate::app::{exit, print, say};
use crate::decode::formats::Catalog;
use crate::decode::formats::template::{Dialect, Template};

/// Places told beside a line to paste; a hoster has thousands.
const PLACES: usize = 5;

/// What can be taken, and from which files.
pub(super) const TAKES: &str = "--from takes log_format and access_log from an nginx.conf or what nginx -T prints, \
    LogFormat and CustomLog from an httpd.conf";

/// Reads the file and prints. What is passed over is told on standard error; exit code 1 where the
/// server itself could not read it.
pub(super) fn run(path: &Path, dialect: Option<Dialect>, addresses: &Addresses) -> ExitCode {
    let (dialect, found) = match read(path, dialect) {
        Ok(read) => read,
        Err(why) => {
            say(&format!("error: {why}"));
            return exit::FAILURE.into();
        }
    };
    if let Some(why) = strange(&found) {
        say(&format!(
            "error: nothing is taken from {}, for {} can't read it ({why}): {TAKES}; for other servers write \
             tapline snippet haproxy, caddy or traefik",
            title(path),
            if dialect == Dialect::Nginx { "nginx" } else { "Apache" }
        ));
        return exit::FAILURE.into();
    }
    let (out, wrong) = told(path, dialect, &found, addresses);
    found.notes.iter().for_each(|note| say(&format!("note: {note}")));
    found.errors.iter().chain(&wrong).for_each(|error| say(&format!("error: {error}")));
    let printed = print(&out);
    if found.errors.is_empty() && wrong.is_empty() { printed } else { exit::FAILURE.into() }
}

/// Why it is most likely another program's file: its server can't read it, and no log is in what could be read.
fn strange(found: &Found) -> Option<&str> {
    let says_nothing = found.declared.is_empty() && found.used.is_empty();
    found.errors.first().filter(|_| says_nothing).map(String::as_str)
}

/// Reads the file and what it includes.
pub(super) fn read(path: &Path, dialect: Option<Dialect>) -> Result<(Dialect, Found), String> {
    let name = path.display().to_string();
    let mut found = Found::new();
    let text = if path == Path::new("-") {
        found.files.standard_input().map_err(|why| format!("standard input {why}"))?
    } else {
        let text = found.files.enter(path).map_err(|why| format!("{name} {why}"))?;
        text.unwrap_or_default()
    };
    let mut base = path.parent().unwrap_or(Path::new("")).to_owned();
    let dialect = dialect.unwrap_or_else(|| whose(&text));
    match dialect {
        Dialect::Nginx => nginx_conf::read(&mut found, &base, &name, &text),
        _ => apache_conf::read(&mut found, &mut base, &name, &text),
    }
    Ok((dialect, found))
}

/// Whose configuration it is: Apache's has directives of its own that nginx has not, and no `;`.
fn whose(text: &str) -> Dialect {
    const APACHES: [&str; 6] =
        ["logformat", "customlog", "serverroot", "includeoptional", "loadmodule", "<virtualhost"];
    let apache = text.lines().any(|line| {
        let word = line.split_whitespace().next().unwrap_or_default();
        APACHES.iter().any(|directive| word.eq_ignore_ascii_case(directive))
    });
    if apache { Dialect::Apache } else { Dialect::Nginx }
}

/// What to paste, and which formats can't be read.
pub(super) fn told(
    file: &Path,
    dialect: Dialect,
    found: &Found,
    addresses: &Addresses,
) -> (String, Vec<String>) {
    let mut wrong = Vec::new();
    let (mut entries, mut unused, mut untold_of) = (String::new(), String::new(), String::new());
    let mut names: Vec<String> = Vec::new();
    let mut templates: Vec<Template> = Vec::new();
    let uses: HashSet<&str> = found.used.iter().map(|used| used.format.as_str()).collect();
    // A directive may come twice by an include; a format is one.
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    for declared in &found.declared {
        let Declared { name, place, .. } = declared;
        if !seen.insert((name, &declared.value)) {
            continue;
        }
        if names.len() == Catalog::OWN_MAX {
            wrong.push(format!(
                "{place}: this and later formats are more than Tapline takes, {}",
                Catalog::OWN_MAX
            ));
            break;
        }
        let template = match declared.compile() {
            Ok(template) => template,
            Err(fault) => {
                let message = fault.message;
                wrong.push(format!("{place}: the format '{}': {message}", shown(name)));
                continue;
            }
        };
        if let Some(reader) = untold::reader(declared, &template) {
            let name = shown(name);
            let _ =
                writeln!(untold_of, "# {place}: {name} is read without being told, as {reader}");
            continue;
        }
        let vague = own::is_vague(&template);
        let key = key_of(name, &names);
        // Apache's own configuration declares some that nobody uses; whoever declares one for a log
        // that is written elsewhere takes the mark away.
        if !uses.is_empty() && !uses.contains(name.as_str()) {
            let _ =
                writeln!(unused, "# {place}: no log that was read about is written in this one:");
            let _ = writeln!(unused, "#{} = {}", toml_key(&key), toml_text(&declared.value));
            continue;
        }
        let _ = writeln!(entries, "# {place}");
        if key != *name {
            entries.push_str("# Under another name here: its own is taken or has odd letters.\n");
        }
        if vague {
            let _ = writeln!(
                entries,
                "# A line of any kind would be one of it, so only sources that are named are read with it:\n\
                 # [sources] formats = {{ \"HOST/TAG\" = \"{key}\" }}"
            );
        }
        let Declared { dialect, plain, escape, .. } = declared;
        let written = untold::lines(*dialect, plain, escape.as_deref()).unwrap_or_default();
        let taken = templates.iter().position(|one| untold::mistakes(one, &template, &written));
        if let Some(taken) = taken.filter(|_| !vague) {
            let _ = writeln!(
                entries,
                "# {} and {key} can't be told apart, and mean different things: say which sources write this\n\
                 # one, [sources] formats = {{ \"HOST/TAG\" = \"{key}\" }}",
                names[taken]
            );
        }
        if declared.escape.as_deref() == Some("none") {
            entries.push_str(
                "# escape=none: a client can write quotes into its own fields, and with them other\n\
                 # fields and lines. Without it nginx escapes them.\n",
            );
        }
        let _ = writeln!(entries, "{} = {}", toml_key(&key), toml_text(&declared.value));
        names.push(key);
        templates.push(template);
    }
    let mut out = format!("# What {} says about its access logs.\n\n", title(file));
    if entries.is_empty() && unused.is_empty() {
        out.push_str("# Into tapline.toml: nothing; every format is read without being told.\n");
    } else {
        out.push_str("# Into tapline.toml:\n[formats]\n");
        out.push_str(&entries);
        out.push_str(&unused);
    }
    out.push_str(&untold_of);
    let lines = lines(dialect, found, addresses, &mut out);
    for Line { text, places, again } in lines {
        let more = places.len().saturating_sub(PLACES);
        let mut beside: Vec<String> = places.iter().take(PLACES).map(ToString::to_string).collect();
        if more > 0 {
            beside.push(format!("{more} more"));
        }
        if !beside.is_empty() {
            let _ = writeln!(out, "# Beside {}", beside.join(", "));
        }
        if let Some(first) = again {
            let _ = writeln!(
                out,
                "# The requests of {first} are logged here again: send one of the two, or they count twice."
            );
        }
        let _ = writeln!(out, "{text}");
    }
    (out, wrong)
}

fn title(file: &Path) -> String {
    if file == Path::new("-") { "this".into() } else { shown(&file.display().to_string()) }
}

/// A line to paste.
struct Line {
    text: String,
    /// Where its log is written now.
    places: Vec<Place>,
    /// Another log of the same block, which is sent already or by a line before.
    again: Option<Place>,
}

/// The lines that send each log.
fn lines(dialect: Dialect, found: &Found, addresses: &Addresses, out: &mut String) -> Vec<Line> {
    let (note, server) = match dialect {
        Dialect::Nginx => syslog_server(addresses),
        // logger speaks UDP here.
        _ => syslog_server(&Addresses { unix: None, ..addresses.clone() }),
    };
    let (head, known): (&str, &[&str]) = match dialect {
        Dialect::Nginx => (
            "\n# Into the server's configuration. A block with an access_log of its own needs the line\n\
             # too: nginx does not add those of the outer block.\n",
            &["combined"],
        ),
        _ => (
            "\n# Into the server's configuration. logger is util-linux's.\n",
            &["combined", "common", "vhost_combined", "vhost_common"],
        ),
    };
    out.push_str(head);
    out.push_str(&note);
    let declares: HashSet<&str> = found.declared.iter().map(|one| one.name.as_str()).collect();
    let mut missed: HashSet<&str> = HashSet::new();
    let mut lines: Vec<Line> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut add = |text: String, place: Option<&Place>| {
        let at = *places.entry(text).or_insert_with_key(|text| {
            lines.push(Line { text: text.clone(), places: Vec::new(), again: None });
            lines.len() - 1
        });
        lines[at].places.extend(place.cloned());
        at
    };
    let sends = |used: &Used| used.server.as_deref() == Some(server.as_str());
    // The log of each block that is sent, and by which of the lines.
    let mut sent: HashMap<&(String, usize), (&Place, Option<usize>)> = HashMap::new();
    let mut again: HashMap<usize, &Place> = HashMap::new();
    for used in found.used.iter().filter(|used| sends(used)) {
        sent.entry(&used.block).or_insert((&used.place, None));
    }
    for used in &found.used {
        let declared = used.inline.is_some() || declares.contains(used.format.as_str());
        if !declared && !known.contains(&used.format.as_str()) && missed.insert(&used.format) {
            let format = shown(&used.format);
            let _ =
                writeln!(out, "# {}: '{format}' is declared in no file that was read", used.place);
        }
        if sends(used) {
            let _ = writeln!(out, "# {} sends here already.", used.place);
            continue;
        }
        let at = add(line(dialect, used, &server), Some(&used.place));
        let (first, by) = *sent.entry(&used.block).or_insert((&used.place, Some(at)));
        if by != Some(at) {
            again.entry(at).or_insert(first);
        }
    }
    if found.used.is_empty() {
        let mut names: Vec<&str> = found.declared.iter().map(|one| one.name.as_str()).collect();
        if names.is_empty() {
            names.push("combined");
        }
        for name in names {
            let used = Used {
                place: Place { file: String::new(), line: 0 },
                format: name.to_owned(),
                inline: None,
                syslog: Vec::new(),
                condition: None,
                server: None,
                block: (String::new(), 0),
            };
            add(line(dialect, &used, &server), None);
        }
    }
    for (at, first) in again {
        lines[at].again = Some(first.clone());
    }
    lines
}

fn line(dialect: Dialect, used: &Used, server: &str) -> String {
    let tag = used.syslog.iter().find_map(|part| part.strip_prefix("tag="));
    if dialect != Dialect::Nginx {
        let (host, port) = host_and_port(server);
        let tag: String = tag
            .unwrap_or("apache2")
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
            .collect();
        let condition = used.condition.as_deref().map(|text| format!(" {}", apache_word(text)));
        return format!(
            "CustomLog \"|/usr/bin/logger --udp --server {host} --port {port} --rfc3164 --size 8M \
             --tag {tag} --priority local6.info\" {}{}",
            apache_word(used.inline.as_ref().unwrap_or(&used.format)),
            condition.unwrap_or_default()
        );
    }
    let mut target = format!("syslog:server={server}");
    if tag.is_none() {
        target.push_str(",tag=nginx");
    }
    for part in &used.syslog {
        let _ = write!(target, ",{part}");
    }
    let condition = used.condition.as_deref().map(|text| format!(" {}", nginx_word(text)));
    format!(
        "access_log {} {}{};",
        nginx_word(&target),
        nginx_word(&used.format),
        condition.unwrap_or_default()
    )
}

fn nginx_word(text: &str) -> String {
    let plain =
        !text.is_empty() && !text.contains([' ', '\t', '\r', '\n', ';', '{', '}', '"', '\'', '\\']);
    if plain {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn apache_word(text: &str) -> String {
    if !text.is_empty() && !text.contains([' ', '\t', '\r', '\n', '"', '\'', '\\']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The name under which Tapline takes it: letters that a name can't have are replaced, and one of
/// Tapline's own is not taken.
fn key_of(name: &str, taken: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut key: String = name.chars().take(48).map(|c| if plain(c) { c } else { '_' }).collect();
    if judge_name(&key).is_err() {
        key = format!("my_{key}");
    }
    let first = key.clone();
    for number in 2.. {
        if !taken.contains(&key) {
            break;
        }
        key = format!("{first}_{number}");
    }
    key
}

fn toml_key(key: &str) -> String {
    if key.contains('.') { quoted(key) } else { key.to_owned() }
}

/// A TOML string that shows the format as it is, where there is one.
fn toml_text(text: &str) -> String {
    let controls = text.contains(|c: char| c.is_control() && c != '\t');
    if !controls && !text.contains('\'') {
        format!("'{text}'")
    } else if !controls && !text.contains("'''") && !text.ends_with('\'') && !text.starts_with('\'')
    {
        format!("'''{text}'''")
    } else {
        quoted(text)
    }
}
