//! From TOML, the environment and flags to settings, with everything that is wrong told at once.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::Config;
use super::kind::{Raw, RawValue, Wrong};
use super::options::{SECTIONS, Section};
use super::places::Places;
use super::problem::{Origin, Problem, nearest};
use super::rules;
use crate::decode::text::plain;

/// A configuration being put together.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) config: Config,
    pub(super) problems: Vec<Problem>,
    /// Where each key was last set, for the rules between keys.
    origins: HashMap<(&'static str, &'static str), Origin>,
    /// Keys whose value could not be taken: rules that read them would judge a default.
    failed: HashSet<(&'static str, &'static str)>,
}

impl Reader {
    /// Takes what a file sets. Syntax errors don't hide what is wrong elsewhere in it.
    pub(super) fn file(&mut self, path: &Path, text: &str) {
        let places = Places::new(path, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut broken_lines: Vec<usize> = Vec::new();
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            let line = places.line(at);
            // One slip often makes the parser stumble several times over the same line.
            if !broken_lines.contains(&line) {
                broken_lines.push(line);
                found.push((at, error.message().replace('\n', " ")));
            }
        }
        let mut walk = Walk { reader: self, places: &places, broken_lines: &broken_lines, found };
        walk.top(&raw_table(table.get_ref()));
        let mut found = walk.found;
        found.sort_by_key(|(at, _)| *at);
        for (at, message) in found {
            self.problems.push(Problem { origin: places.origin(at), message, usage: false });
        }
    }

    /// Takes what the environment sets; other variables are none of our business.
    pub(super) fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        let mut ours: Vec<(String, String)> =
            variables.into_iter().filter(|(name, _)| name.starts_with("TAPLINE_")).collect();
        ours.sort();
        for (name, value) in ours {
            let Some(rest) = name.strip_prefix("TAPLINE_") else { continue };
            // `TAPLINE__EXCLUDE`: an empty section is the top level.
            let parts = match rest.strip_prefix('_') {
                Some(key) => Some(("", key)),
                None => rest.split_once("__"),
            };
            let origin = Origin::Environment(name.clone());
            let Some((section, key)) = parts else {
                if let Some(meant) = meant(rest) {
                    let message = format!("did you mean {meant}? As it stands it sets nothing");
                    self.problems.push(Problem { origin, message, usage: false });
                }
                continue;
            };
            let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
            match place(&section, &key) {
                Ok((section, key)) => self.loose(section, key, &value, origin, false),
                Err(message) => {
                    self.problems.push(Problem {
                        origin,
                        message: env_words(message),
                        usage: false,
                    });
                }
            }
        }
    }

    /// Takes what a flag sets; several values are a list.
    pub(super) fn flag(
        &mut self,
        section: &'static str,
        key: &'static str,
        flag: &'static str,
        values: &[String],
    ) {
        let items = values.iter().map(|v| Raw { span: 0..0, value: RawValue::Loose(v.clone()) });
        let raw = Raw { span: 0..0, value: RawValue::List(items.collect()) };
        self.set(section, key, &raw, Origin::Flag(flag), true);
    }

    /// One value as text; a list or table may be written as TOML.
    pub(super) fn loose(
        &mut self,
        section: &'static str,
        key: &'static str,
        value: &str,
        origin: Origin,
        usage: bool,
    ) {
        let trimmed = value.trim();
        let parsed = if trimmed.starts_with(['[', '{']) {
            DeValue::parse(trimmed).ok().map(|v| raw_value(v.get_ref(), 0..0))
        } else {
            None
        };
        let raw = parsed.unwrap_or(Raw { span: 0..0, value: RawValue::Loose(value.into()) });
        self.set(section, key, &raw, origin, usage);
    }

    fn set(
        &mut self,
        section: &'static str,
        key: &'static str,
        raw: &Raw,
        origin: Origin,
        usage: bool,
    ) {
        match self.config.set_in(section, key, raw) {
            Ok(()) => {
                self.origins.insert((section, key), origin);
            }
            Err(wrong) => {
                self.failed.insert((section, key));
                for Wrong { message, .. } in wrong {
                    self.problems.push(Problem { origin: origin.clone(), message, usage });
                }
            }
        }
    }

    /// Where a key was set; the whole file (or nothing better) where it has its default.
    pub(super) fn origin(&self, section: &'static str, key: &'static str) -> Option<&Origin> {
        self.origins.get(&(section, key))
    }

    /// Judges what needs the whole in sight.
    pub(super) fn rules(&mut self, contained: bool) {
        for broken in rules::broken(&self.config, contained) {
            let own = (broken.section, broken.key);
            if self.failed.contains(&own) || broken.with.iter().any(|k| self.failed.contains(k)) {
                continue;
            }
            // Where the key has its default, the fault lies with the other key that was set.
            let origin = std::iter::once(&own)
                .chain(broken.with)
                .find_map(|key| self.origins.get(key).cloned())
                .unwrap_or_else(|| Origin::Default(format!("[{}] {}", own.0, own.1)));
            let message = if self.origins.contains_key(&own) {
                broken.message
            } else {
                format!("[{}] {}: {}", own.0, own.1, broken.message)
            };
            self.problems.push(Problem { origin, message, usage: false });
        }
    }
}

/// Top-level keys whose names others use: a client's token, and whom scripts call a service's user.
const OF_OTHERS: [&str; 2] = ["token", "user"];

/// Every variable that is a key, beside what it is with one underscore where two belong.
fn flattened() -> impl Iterator<Item = (String, String)> {
    let top = Config::KEYS.iter().filter(|key| !OF_OTHERS.contains(key));
    let top = top.map(|key| (key.to_uppercase(), format!("TAPLINE__{}", key.to_uppercase())));
    let rest = SECTIONS.iter().flat_map(|(section, keys, _)| {
        keys.iter().map(move |key| {
            let (section, key) = (section.to_uppercase(), key.to_uppercase());
            (format!("{section}_{key}"), format!("TAPLINE_{section}__{key}"))
        })
    });
    top.chain(rest)
}

/// The variable that was meant by one that lacks an underscore.
fn meant(rest: &str) -> Option<String> {
    let rest = rest.to_ascii_uppercase();
    flattened().find(|(flat, _)| *flat == rest).map(|(_, meant)| meant)
}

/// A word about each variable that looks as if it set something and does not.
pub(super) fn strange_variables(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let known: Vec<(String, String)> = flattened().collect();
    let mut strange: Vec<String> = names.into_iter().filter(|name| is_strange(name)).collect();
    strange.sort();
    let told = strange.iter().map(|name| {
        let rest = name.trim_start_matches("TAPLINE_");
        let near = if rest == "CONFIG" {
            Some("--config")
        } else {
            let flat = nearest(rest, known.iter().map(|(flat, _)| flat.as_str()));
            known
                .iter()
                .find(|(own, _)| Some(own.as_str()) == flat)
                .map(|(_, meant)| meant.as_str())
        };
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let said = format!("{name} sets nothing{near} (names are TAPLINE_<SECTION>__<KEY>)");
        plain(&said).into_owned()
    });
    told.collect()
}

/// Whether it is of our name, no key, and of nobody else.
fn is_strange(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("TAPLINE_") else { return false };
    // Kubernetes sets these for a service that is called tapline.
    let of_kubernetes = rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_");
    let of_others = OF_OTHERS.iter().any(|other| rest.eq_ignore_ascii_case(other));
    let is_key = rest.starts_with('_') || rest.contains("__") || meant(rest).is_some();
    !(is_key || of_kubernetes || of_others)
}

/// Turns "unknown key" sentences into what stands in the environment.
fn env_words(message: String) -> String {
    format!("{message} (names are TAPLINE_<SECTION>__<KEY>)")
}

/// Finds a key by its names, or says what was probably meant.
fn place(section: &str, key: &str) -> Result<(&'static str, &'static str), String> {
    let (name, keys) = if section.is_empty() {
        ("", Config::KEYS)
    } else {
        match SECTIONS.iter().find(|(name, ..)| *name == section) {
            Some((name, keys, _)) => (*name, *keys),
            None => return Err(unknown_section(section)),
        }
    };
    match keys.iter().find(|k| **k == key) {
        Some(key) => Ok((name, key)),
        None => Err(unknown_key(name, key)),
    }
}

/// Top-level keys that are written as sections, for their own keys are the operator's names.
const TABLES: [&str; 5] = ["formats", "notify", "rule", "token", "user"];

fn unknown_section(section: &str) -> String {
    if TABLES.contains(&section) {
        // Only the environment asks: a file's table is the key.
        let name = section.to_ascii_uppercase();
        let shape =
            if section == "formats" { "{ name = \"…\" }" } else { "[{ kind = \"…\" }]" };
        return format!("[{section}] is set as a whole, as TAPLINE__{name}='{shape}'");
    }
    let names = || SECTIONS.iter().map(|(name, ..)| *name).chain(TABLES);
    match nearest(section, names()) {
        Some(near) => format!("unknown section [{section}]; did you mean [{near}]?"),
        None => {
            let all: Vec<&str> = names().collect();
            format!("unknown section [{section}]; there are {}", all.join(", "))
        }
    }
}

fn unknown_key(section: &'static str, key: &str) -> String {
    let place =
        if section.is_empty() { "at the top level".into() } else { format!("in [{section}]") };
    let head = format!("unknown key '{key}' {place}");
    // The same name elsewhere is a surer guess than a similar one here.
    let homes: Vec<String> = SECTIONS
        .iter()
        .filter(|(_, keys, _)| keys.contains(&key))
        .map(|(name, ..)| format!("[{name}]"))
        .collect();
    if section.is_empty() && !homes.is_empty() {
        return format!("{head}; it belongs into {}", homes.join(" or "));
    }
    if Config::KEYS.contains(&key) {
        return format!("{head}; it is a top-level key: write it above the first [section]");
    }
    let keys = if section.is_empty() {
        Config::KEYS
    } else {
        SECTIONS.iter().find(|(name, ..)| *name == section).map_or(&[][..], |(_, keys, _)| *keys)
    };
    let candidates = keys.iter().copied();
    if section.is_empty() {
        if let Some(near) = nearest(key, candidates.chain(SECTIONS.iter().map(|(name, ..)| *name)))
        {
            return format!("{head}; did you mean '{near}'?");
        }
        return head;
    }
    match nearest(key, candidates) {
        Some(near) => format!("{head}; did you mean '{near}'?"),
        None if !homes.is_empty() => format!("{head}; it belongs into {}", homes.join(" or ")),
        None => format!("{head}; there are {}", keys.join(", ")),
    }
}

/// One pass over a file's tables.
struct Walk<'r, 'p> {
    reader: &'r mut Reader,
    places: &'p Places<'p>,
    /// What stands on a line that could not be read is a guess of the parser's: neither taken nor
    /// judged.
    broken_lines: &'p [usize],
    found: Vec<(usize, String)>,
}

impl Walk<'_, '_> {
    fn top(&mut self, entries: &[(String, Range<usize>, Raw)]) {
        for (name, at, value) in entries {
            let section = SECTIONS.iter().find(|(section, ..)| section == name);
            match (&value.value, section) {
                (RawValue::Table(inner), Some((section, ..))) => {
                    for (key, at, value) in inner {
                        self.key(section, key, at, value);
                    }
                }
                (RawValue::Table(_), None) if !Config::KEYS.contains(&name.as_str()) => {
                    self.found.push((at.start, unknown_section(name)));
                }
                (_, Some(_)) => self.found.push((
                    at.start,
                    format!("'{name}' is a section; write [{name}] on a line of its own"),
                )),
                _ => self.key("", name, at, value),
            }
        }
    }

    fn key(&mut self, section: &str, key: &str, at: &Range<usize>, value: &Raw) {
        if self.broken_lines.contains(&self.places.line(at.start)) {
            return;
        }
        match place(section, key) {
            Err(message) => self.found.push((at.start, message)),
            Ok((section, key)) => match self.reader.config.set_in(section, key, value) {
                Ok(()) => {
                    let origin = self.places.origin(value.span.start);
                    self.reader.origins.insert((section, key), origin);
                }
                Err(wrong) => {
                    self.reader.failed.insert((section, key));
                    for wrong in wrong {
                        let at = match wrong.inside {
                            Some(offset) => self.places.inside(&wrong.span, offset),
                            None => wrong.span.start,
                        };
                        self.found.push((at, wrong.message));
                    }
                }
            },
        }
    }
}

/// The tree of a document in our own words, so that one reading serves files, variables and flags.
fn raw_table(table: &DeTable<'_>) -> Vec<(String, Range<usize>, Raw)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            (key.get_ref().to_string(), key.span(), raw_value(value.get_ref(), value.span()))
        })
        .collect();
    entries.sort_by_key(|(_, at, _)| at.start);
    entries
}

fn raw_value(value: &DeValue<'_>, span: Range<usize>) -> Raw {
    let value = match value {
        DeValue::String(text) => RawValue::Text(text.to_string()),
        DeValue::Integer(number) => {
            RawValue::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Float(number) => RawValue::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => RawValue::Bool(*b),
        DeValue::Datetime(_) => RawValue::Datetime,
        DeValue::Array(items) => {
            RawValue::List(items.iter().map(|i| raw_value(i.get_ref(), i.span())).collect())
        }
        DeValue::Table(table) => RawValue::Table(raw_table(table)),
    };
    Raw { span, value }
}
