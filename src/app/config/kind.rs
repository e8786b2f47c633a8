//! What sort of value a key takes: how it is read, written and described.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use super::problem::nearest;
use crate::vocab::network::Network;

pub const KIB: u64 = 1 << 10;
pub const MIB: u64 = 1 << 20;
pub const GIB: u64 = 1 << 30;
pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);

/// A value before its key has said what it should be, with where it stands in the file.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Byte range in the file; empty for the environment and flags.
    pub span: Range<usize>,
    pub value: RawValue,
}

#[derive(Clone, Debug)]
pub enum RawValue {
    Text(String),
    Integer(Option<i64>),
    Float(f64),
    Bool(bool),
    List(Vec<Raw>),
    /// Entries in the order of the file: name, where the name stands, value.
    Table(Vec<(String, Range<usize>, Raw)>),
    /// From the environment or a flag: text that stands for any kind of value.
    Loose(String),
    Datetime,
}

impl Raw {
    pub(super) fn describe(&self) -> String {
        match &self.value {
            RawValue::Text(text) | RawValue::Loose(text) => format!("'{text}'"),
            RawValue::Integer(Some(n)) => n.to_string(),
            RawValue::Integer(None) => "a number beyond all bounds".into(),
            RawValue::Float(n) => n.to_string(),
            RawValue::Bool(b) => b.to_string(),
            RawValue::List(_) => "a list".into(),
            RawValue::Table(_) => "a table".into(),
            RawValue::Datetime => "a date".into(),
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            RawValue::Text(text) | RawValue::Loose(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn wrong(&self, message: impl Into<String>) -> Wrong {
        Wrong { span: self.span.clone(), inside: None, message: message.into() }
    }

    /// The items of a list; a single text is a list of one, and in the environment commas part it.
    fn items(&self) -> Option<Vec<Raw>> {
        match &self.value {
            RawValue::List(items) => Some(items.clone()),
            RawValue::Text(_) => Some(vec![self.clone()]),
            RawValue::Loose(text) => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Raw {
                        span: self.span.clone(),
                        value: RawValue::Loose(item.into()),
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}

/// What is wrong with a value, and where in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub span: Range<usize>,
    /// The byte of the value's text that is at fault, where it is not the whole.
    pub inside: Option<usize>,
    pub message: String,
}

/// How one key's value is read, written and described.
pub trait Kind {
    type Out;
    /// # Errors
    /// Everything that is wrong with it, each with what would be right.
    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>>;
    /// The value as TOML.
    fn show(&self, value: &Self::Out) -> String;
    /// Unit and range in words, e.g. `size, 1 KiB to 1 GiB`.
    fn says(&self) -> String;
}

/// Bytes, as a number or with a unit.
#[derive(Debug)]
pub struct Size(pub u64, pub u64);

/// A time span with its unit; where `off` is set, 0 is also taken and means "never".
#[derive(Debug)]
pub struct Span {
    pub least: Duration,
    pub most: Duration,
    pub off: bool,
}

#[must_use]
pub fn span(least: Duration, most: Duration) -> Span {
    Span { least, most, off: false }
}

#[must_use]
pub fn span_or_off(least: Duration, most: Duration) -> Span {
    Span { least, most, off: true }
}

/// A whole number.
#[derive(Debug)]
pub struct Count(pub usize, pub usize);

#[derive(Debug)]
pub struct Flag;

/// Socket addresses to listen on; none closes the listener.
#[derive(Debug)]
pub struct Addresses;

#[derive(Debug)]
pub struct Networks;

/// Paths of sockets.
#[derive(Debug)]
pub struct SocketPaths;

/// A file mode in octal.
#[derive(Debug)]
pub struct Permissions;

/// A text; the function says what is wrong with it.
#[derive(Debug)]
pub struct Words(pub &'static str, pub fn(&str) -> Result<(), String>);

/// Several texts, each checked on its own.
#[derive(Debug)]
pub struct Texts(pub &'static str, pub fn(&str) -> Result<(), String>);

/// Names to names; the text is an example of the second.
#[derive(Debug)]
pub struct Names(pub &'static str);

/// A path, or nothing.
#[derive(Debug)]
pub struct MaybePath;

/// A secret of at least [`Key::LEAST`] characters, or nothing.
#[derive(Debug)]
pub struct Key;

/// One of a closed list of words.
#[derive(Debug)]
pub struct OneOf<T>(std::marker::PhantomData<T>);

#[must_use]
pub fn one_of<T>() -> OneOf<T> {
    OneOf(std::marker::PhantomData)
}

/// A closed list of words.
pub trait Choice: Copy + PartialEq + 'static {
    const ALL: &'static [(&'static str, Self)];
}

/// A value that is not shown where the configuration is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

/// A zone for times that are written without one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// Learnt from each source's arrivals.
    #[default]
    Auto,
    /// This machine's.
    Local,
    /// Minutes east of UTC.
    Fixed(i32),
}

/// The value of a key that takes a [`Zone`].
#[derive(Debug)]
pub struct ZoneName;

fn one(wrong: Wrong) -> Vec<Wrong> {
    vec![wrong]
}

/// Splits `64 MiB` into its number and its unit.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end =
        text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    Some((number, text[end..].trim()))
}

const SIZE_UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KiB", KIB),
    ("MiB", MIB),
    ("GiB", GIB),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// Bytes in the largest unit that leaves no fraction: `64 MiB`.
#[must_use]
pub fn show_size(bytes: u64) -> String {
    for (unit, each) in [("GiB", GIB), ("MiB", MIB), ("KiB", KIB)] {
        if bytes >= each && bytes.is_multiple_of(each) {
            return format!("{} {unit}", bytes / each);
        }
    }
    format!("{bytes} B")
}

impl Kind for Size {
    type Out = u64;

    fn read(&self, raw: &Raw) -> Result<u64, Vec<Wrong>> {
        let bytes = match &raw.value {
            RawValue::Integer(Some(n)) if *n >= 0 => n.unsigned_abs(),
            _ => {
                let Some((number, unit)) = raw.text().and_then(number_and_unit) else {
                    return Err(one(raw.wrong(format!(
                        "{} is no size; write bytes as a number, or \"{}\"",
                        raw.describe(),
                        show_size(self.0.max(64 * KIB).min(self.1))
                    ))));
                };
                let each = if unit.is_empty() {
                    Some(1)
                } else {
                    SIZE_UNITS.iter().find(|(u, _)| u.eq_ignore_ascii_case(unit)).map(|u| u.1)
                };
                let Some(each) = each else {
                    return Err(one(raw.wrong(format!(
                        "'{unit}' is no unit of size; write KiB, MiB, GiB (1024s) or KB, MB, GB (1000s)"
                    ))));
                };
                // Exact up to 2^53 bytes, far beyond every range here.
                (number * each as f64) as u64
            }
        };
        if (self.0..=self.1).contains(&bytes) {
            Ok(bytes)
        } else {
            Err(one(raw.wrong(format!(
                "{} is out of range; {} to {} is possible",
                raw.describe(),
                show_size(self.0),
                show_size(self.1)
            ))))
        }
    }

    fn show(&self, value: &u64) -> String {
        quoted(&show_size(*value))
    }

    fn says(&self) -> String {
        format!("size, {} to {}", show_size(self.0), show_size(self.1))
    }
}

const TIME_UNITS: [(&str, u64); 12] = [
    ("ms", 1),
    ("s", 1_000),
    ("sec", 1_000),
    ("second", 1_000),
    ("seconds", 1_000),
    ("min", 60_000),
    ("minutes", 60_000),
    ("h", 3_600_000),
    ("hours", 3_600_000),
    ("d", 86_400_000),
    ("day", 86_400_000),
    ("days", 86_400_000),
];

/// A time span in the largest unit that leaves no fraction: `10 min`.
#[must_use]
pub fn show_span(span: Duration) -> String {
    let ms = span.as_millis();
    if ms == 0 {
        return "0 s".into();
    }
    // A day is written as 24 h: what people compare it with is hours.
    for (unit, each) in [("h", 3_600_000), ("min", 60_000), ("s", 1_000)] {
        if ms.is_multiple_of(each) {
            return format!("{} {unit}", ms / each);
        }
    }
    format!("{ms} ms")
}

impl Kind for Span {
    type Out = Duration;

    fn read(&self, raw: &Raw) -> Result<Duration, Vec<Wrong>> {
        let no_span = || {
            one(raw.wrong(format!(
                "{} is no time span; write it with its unit, as \"{}\" (ms, s, min, h, d)",
                raw.describe(),
                show_span(self.least.max(10 * SECOND).min(self.most))
            )))
        };
        let span = match &raw.value {
            // A bare number could be seconds or milliseconds; only nothing is nothing in every unit.
            RawValue::Integer(Some(0)) => Duration::ZERO,
            _ => {
                let text = raw.text().ok_or_else(no_span)?;
                if self.off && matches!(text, "off" | "never") {
                    Duration::ZERO
                } else {
                    let (number, unit) = number_and_unit(text).ok_or_else(no_span)?;
                    if unit.is_empty() && number != 0.0 {
                        return Err(no_span());
                    }
                    let each = if unit.is_empty() {
                        1
                    } else {
                        TIME_UNITS.iter().find(|(u, _)| *u == unit).map(|u| u.1).ok_or_else(
                            || {
                                one(raw.wrong(format!(
                                    "'{unit}' is no unit of time; write ms, s, min, h or d"
                                )))
                            },
                        )?
                    };
                    Duration::from_millis((number * each as f64) as u64)
                }
            }
        };
        if (self.off && span.is_zero()) || (self.least..=self.most).contains(&span) {
            Ok(span)
        } else {
            Err(one(raw.wrong(format!(
                "{} is out of range; {} to {}{} is possible",
                raw.describe(),
                show_span(self.least),
                show_span(self.most),
                if self.off { " (0 is off)" } else { "" }
            ))))
        }
    }

    fn show(&self, value: &Duration) -> String {
        quoted(&show_span(*value))
    }

    fn says(&self) -> String {
        format!(
            "time span, {} to {}{}",
            show_span(self.least),
            show_span(self.most),
            if self.off { "; \"0 s\" is off" } else { "" }
        )
    }
}

impl Kind for Count {
    type Out = usize;

    fn read(&self, raw: &Raw) -> Result<usize, Vec<Wrong>> {
        let number = match &raw.value {
            RawValue::Integer(n) => n.and_then(|n| usize::try_from(n).ok()),
            RawValue::Loose(text) => match text.trim().parse::<i64>() {
                Ok(n) => usize::try_from(n).ok(),
                Err(_) => {
                    return Err(one(raw.wrong(format!("'{text}' is no whole number"))));
                }
            },
            _ => {
                return Err(one(raw.wrong(format!(
                    "{} is no whole number; write it without quotes, as {}",
                    raw.describe(),
                    self.0.max(1)
                ))));
            }
        };
        match number {
            Some(n) if (self.0..=self.1).contains(&n) => Ok(n),
            _ => Err(one(raw.wrong(format!(
                "{} is out of range; {} to {} is possible",
                raw.describe(),
                self.0,
                self.1
            )))),
        }
    }

    fn show(&self, value: &usize) -> String {
        value.to_string()
    }

    fn says(&self) -> String {
        format!("number, {} to {}", self.0, self.1)
    }
}

impl Kind for Flag {
    type Out = bool;

    fn read(&self, raw: &Raw) -> Result<bool, Vec<Wrong>> {
        match &raw.value {
            RawValue::Bool(b) => Ok(*b),
            RawValue::Loose(text) => match text.trim() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" => Ok(false),
                _ => Err(one(raw.wrong(format!("'{text}' is neither true nor false")))),
            },
            _ => Err(one(raw.wrong(format!(
                "{} is neither true nor false (written without quotes)",
                raw.describe()
            )))),
        }
    }

    fn show(&self, value: &bool) -> String {
        value.to_string()
    }

    fn says(&self) -> String {
        "true or false".into()
    }
}

/// Reads each item of a list; all that is wrong is told, not only the first.
fn list<T>(
    raw: &Raw,
    what: &str,
    mut read: impl FnMut(&Raw, &str) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Wrong>> {
    let Some(items) = raw.items() else {
        return Err(one(raw.wrong(format!("{} is no list of {what}", raw.describe()))));
    };
    let mut out = Vec::with_capacity(items.len());
    let mut wrong = Vec::new();
    for item in &items {
        match item.text() {
            None => wrong
                .push(item.wrong(format!("{} is no text; write it in quotes", item.describe()))),
            Some(text) => match read(item, text) {
                Ok(value) => out.push(value),
                Err(message) => wrong.push(item.wrong(message)),
            },
        }
    }
    if wrong.is_empty() { Ok(out) } else { Err(wrong) }
}

/// A list, or the word `off` for none of them.
fn list_or_off<T>(
    raw: &Raw,
    what: &str,
    read: impl FnMut(&Raw, &str) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Wrong>> {
    let items = raw.items().unwrap_or_default();
    if let Some(off) = items.iter().find(|item| item.text() == Some("off")) {
        return if items.len() == 1 {
            Ok(Vec::new())
        } else {
            Err(one(off.wrong(format!("'off' closes the listener and can't stand beside {what}"))))
        };
    }
    list(raw, what, read)
}

/// Reads `127.0.0.1:8514`, `[::1]:8514` or `localhost:8514`.
///
/// # Errors
/// A sentence that names what would be right.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    // No resolver here: a name that moves between start and reload would move the listener.
    if let Some(port) = text.strip_prefix("localhost:").and_then(|p| p.parse().ok()) {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let port = text.strip_prefix(':').or_else(|| text.strip_prefix("*:")).unwrap_or(text);
    if let Ok(port) = port.parse::<u16>() {
        return Err(format!(
            "'{text}' lacks an address; did you mean 127.0.0.1:{port} (this machine only) or [::]:{port} (all)?"
        ));
    }
    if text.parse::<IpAddr>().is_ok() {
        let shown = if text.contains(':') { format!("[{text}]") } else { text.into() };
        return Err(format!("'{text}' lacks a port; write {shown}:PORT"));
    }
    Err(format!("'{text}' is no address to listen on; write IP:PORT, as 127.0.0.1:8514, or off"))
}

impl Kind for Addresses {
    type Out = Vec<SocketAddr>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        list_or_off(raw, "addresses", |_, text| parse_address(text))
    }

    fn show(&self, value: &Self::Out) -> String {
        shown_list(value.iter().map(ToString::to_string))
    }

    fn says(&self) -> String {
        "list of IP:PORT; port 0 lets the system choose; [] closes it".into()
    }
}

impl Kind for Networks {
    type Out = Vec<Network>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        list(raw, "networks", |_, text| text.parse::<Network>().map_err(|e| e.0))
    }

    fn show(&self, value: &Self::Out) -> String {
        shown_list(value.iter().map(ToString::to_string))
    }

    fn says(&self) -> String {
        "list of addresses and networks, as \"192.0.2.0/24\"".into()
    }
}

impl SocketPaths {
    /// `sockaddr_un` holds 108 bytes, the last of them a zero.
    pub const LONGEST: usize = 107;
}

impl Kind for SocketPaths {
    type Out = Vec<PathBuf>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        list_or_off(raw, "paths", |_, text| {
            if text.is_empty() {
                Err("an empty path".into())
            } else if text.len() > Self::LONGEST {
                Err(format!(
                    "a socket's path may have {} bytes, this one has {}",
                    Self::LONGEST,
                    text.len()
                ))
            } else {
                Ok(PathBuf::from(text))
            }
        })
    }

    fn show(&self, value: &Self::Out) -> String {
        shown_list(value.iter().map(|p| p.display().to_string()))
    }

    fn says(&self) -> String {
        format!("list of paths, at most {} bytes each", Self::LONGEST)
    }
}

impl Kind for Permissions {
    type Out = u32;

    fn read(&self, raw: &Raw) -> Result<u32, Vec<Wrong>> {
        raw.text()
            .and_then(|text| u32::from_str_radix(text.trim(), 8).ok())
            .filter(|mode| *mode <= 0o777)
            .ok_or_else(|| {
                one(raw.wrong(format!(
                    "{} is no file mode; write it in quotes as \"0660\"",
                    raw.describe()
                )))
            })
    }

    fn show(&self, value: &u32) -> String {
        format!("\"{value:04o}\"")
    }

    fn says(&self) -> String {
        "file mode, \"0000\" to \"0777\"".into()
    }
}

impl Kind for Words {
    type Out = String;

    fn read(&self, raw: &Raw) -> Result<String, Vec<Wrong>> {
        let Some(text) = raw.text() else {
            return Err(one(
                raw.wrong(format!("{} is no text; write it in quotes", raw.describe()))
            ));
        };
        (self.1)(text).map_err(|message| one(raw.wrong(message)))?;
        Ok(text.into())
    }

    fn show(&self, value: &String) -> String {
        quoted(value)
    }

    fn says(&self) -> String {
        self.0.into()
    }
}

impl Kind for Texts {
    type Out = Vec<String>;

    fn read(&self, raw: &Raw) -> Result<Vec<String>, Vec<Wrong>> {
        list(raw, "texts", |_, text| (self.1)(text).map(|()| text.to_owned()))
    }

    fn show(&self, value: &Vec<String>) -> String {
        shown_list(value.iter().cloned())
    }

    fn says(&self) -> String {
        self.0.into()
    }
}

impl Kind for Names {
    type Out = BTreeMap<String, String>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        let mut out = BTreeMap::new();
        let mut wrong = Vec::new();
        match &raw.value {
            RawValue::Table(entries) => {
                for (name, _, value) in entries {
                    match value.text() {
                        Some(text) if !text.is_empty() => {
                            out.insert(name.clone(), text.to_owned());
                        }
                        _ => {
                            wrong.push(value.wrong(format!(
                                "{} is no name; write it in quotes",
                                value.describe()
                            )))
                        }
                    }
                }
            }
            RawValue::Loose(_) => {
                for item in raw.items().unwrap_or_default() {
                    match item.text().and_then(|t| t.split_once('=')) {
                        Some((name, value))
                            if !name.trim().is_empty() && !value.trim().is_empty() =>
                        {
                            out.insert(name.trim().into(), value.trim().into());
                        }
                        _ => wrong.push(item.wrong(format!("{} is no NAME=NAME", item.describe()))),
                    }
                }
            }
            _ => wrong.push(raw.wrong(format!(
                "{} is no table; write {{ \"web-1/nginx\" = \"{}\" }}",
                raw.describe(),
                self.0
            ))),
        }
        if wrong.is_empty() { Ok(out) } else { Err(wrong) }
    }

    fn show(&self, value: &Self::Out) -> String {
        if value.is_empty() {
            return "{}".into();
        }
        let entries: Vec<String> =
            value.iter().map(|(k, v)| format!("{} = {}", quoted(k), quoted(v))).collect();
        format!("{{ {} }}", entries.join(", "))
    }

    fn says(&self) -> String {
        format!("table of names, as {{ \"web-1/nginx\" = \"{}\" }}", self.0)
    }
}

impl Kind for MaybePath {
    type Out = Option<PathBuf>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        match raw.text() {
            Some("") => Ok(None),
            Some(text) => Ok(Some(PathBuf::from(text))),
            None => {
                Err(one(raw.wrong(format!("{} is no path; write it in quotes", raw.describe()))))
            }
        }
    }

    fn show(&self, value: &Self::Out) -> String {
        quoted(&value.as_ref().map(|p| p.display().to_string()).unwrap_or_default())
    }

    fn says(&self) -> String {
        "path of a file; \"\" is none".into()
    }
}

impl Key {
    /// Shorter ones are guessed: 16 characters of base64 are 96 bits.
    pub const LEAST: usize = 16;

    /// What is wrong with a key, if anything. Used for `key_file` too.
    ///
    /// # Errors
    /// A sentence with what would be right.
    pub fn judge(key: &str) -> Result<(), String> {
        if key.chars().count() < Key::LEAST {
            return Err(format!(
                "the key is too short; take at least {} characters, as `openssl rand -base64 24` gives",
                Key::LEAST
            ));
        }
        // It travels in a header.
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("the key may hold only ASCII letters, digits and signs, no blanks".into());
        }
        Ok(())
    }
}

impl Kind for Key {
    type Out = Secret;

    fn read(&self, raw: &Raw) -> Result<Secret, Vec<Wrong>> {
        match raw.text() {
            Some("") => Ok(Secret::default()),
            Some(text) => {
                Key::judge(text).map_err(|message| one(raw.wrong(message)))?;
                Ok(Secret(text.into()))
            }
            None => Err(one(raw.wrong("a key is a text; write it in quotes"))),
        }
    }

    fn show(&self, value: &Secret) -> String {
        quoted(&value.0)
    }

    fn says(&self) -> String {
        format!("text of at least {} characters; \"\" is none", Key::LEAST)
    }
}

impl<T: Choice> Kind for OneOf<T> {
    type Out = T;

    fn read(&self, raw: &Raw) -> Result<T, Vec<Wrong>> {
        let found =
            raw.text().and_then(|text| T::ALL.iter().find(|(word, _)| *word == text.trim()));
        if let Some((_, value)) = found {
            return Ok(*value);
        }
        let near = raw
            .text()
            .and_then(|text| nearest(text, T::ALL.iter().map(|w| w.0)))
            .map(|near| format!("; did you mean '{near}'?"))
            .unwrap_or_default();
        Err(one(raw.wrong(format!("{} is none of {}{near}", raw.describe(), words::<T>()))))
    }

    fn show(&self, value: &T) -> String {
        let word = T::ALL.iter().find(|(_, v)| v == value).map_or("", |w| w.0);
        quoted(word)
    }

    fn says(&self) -> String {
        format!("one of {}", words::<T>())
    }
}

fn words<T: Choice>() -> String {
    let words: Vec<String> = T::ALL.iter().map(|(word, _)| quoted(word)).collect();
    words.join(", ")
}

impl Kind for ZoneName {
    type Out = Zone;

    fn read(&self, raw: &Raw) -> Result<Zone, Vec<Wrong>> {
        raw.text().and_then(Zone::parse).ok_or_else(|| {
            one(raw.wrong(format!(
                "{} is no zone; write \"auto\", \"local\", \"UTC\" or an offset as \"+02:00\"",
                raw.describe()
            )))
        })
    }

    fn show(&self, value: &Zone) -> String {
        quoted(&value.to_string())
    }

    fn says(&self) -> String {
        "\"auto\", \"local\", \"UTC\" or an offset, \"-14:00\" to \"+14:00\"".into()
    }
}

impl Zone {
    /// Reads `auto`, `local`, `UTC` or an offset (`+02:00`, `-0330`, `+1`); `None` for all else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Zone> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "auto" => return Some(Zone::Auto),
            "local" => return Some(Zone::Local),
            "utc" | "z" | "gmt" => return Some(Zone::Fixed(0)),
            _ => {}
        }
        let (sign, rest) = match text.as_bytes().first()? {
            b'+' => (1, &text[1..]),
            b'-' => (-1, &text[1..]),
            _ => return None,
        };
        let (hours, minutes) = match rest.split_once(':') {
            Some(parts) => parts,
            None if rest.len() == 4 => rest.split_at_checked(2)?,
            None => (rest, "0"),
        };
        let digits = |s: &str| {
            (s.len() <= 2 && s.bytes().all(|b| b.is_ascii_digit()))
                .then(|| s.parse::<i32>().ok())?
        };
        let (hours, minutes) = (digits(hours)?, digits(minutes)?);
        let all = hours * 60 + minutes;
        (minutes < 60 && all <= 14 * 60).then_some(Zone::Fixed(sign * all))
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Zone::Auto => f.write_str("auto"),
            Zone::Local => f.write_str("local"),
            Zone::Fixed(0) => f.write_str("UTC"),
            Zone::Fixed(m) => {
                let sign = if m < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", m.abs() / 60, m.abs() % 60)
            }
        }
    }
}

/// A TOML string.
pub(in crate::app) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn shown_list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| quoted(&item)).collect();
    format!("[{}]", items.join(", "))
}
