//! Lines of named values without braces: LTSV (`label:value`, a tab between them) and logfmt
//! (`key=value key="quoted value"`). What the names say is decided where JSON's are.
//!
//! Nothing but a tab or a blank stands between a value and the next name, so a client whose header
//! or path is written raw can name fields of its own. A line that names its status, method, path or
//! client twice, with two values, is refused; so is one that has one name twice.

use super::alias::{self, Slot};
use super::found::{Found, Value, code, is_target};
use super::program_error::short_level;
use super::{Format, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Stamp;

/// Fields of one line; the longest published formats have about 40.
const FIELDS_MAX: usize = 128;

/// Labeled Tab-separated Values, with the labels that ltsv.org recommends and any others.
#[derive(Debug)]
pub(super) struct Ltsv;

impl Format for Ltsv {
    fn name(&self) -> &'static str {
        "ltsv"
    }

    fn fits(&self, line: &str) -> bool {
        let bytes = line.as_bytes();
        memchr::memchr2(b':', b'\t', bytes).is_some_and(|at| {
            at > 0 && bytes[at] == b':' && memchr::memchr(b'\t', &bytes[at..]).is_some()
        })
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let mut event = Event::default();
        self.read(line, &mut event).then_some(event)
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        self.fits(line) && ltsv(line, self.name(), event).is_some()
    }
}

fn ltsv<'a>(line: &'a str, format: &'static str, event: &mut Event<'a>) -> Option<()> {
    let escapes = memchr::memchr(b'\\', line.as_bytes()).is_some();
    let mut named = Named::new(format);
    let mut host = None;
    if !is_ltsv(line) {
        return None;
    }
    let line = line.trim_end_matches(['\r', '\n', '\0']);
    for field in line.split('\t') {
        if field.is_empty() {
            continue;
        }
        let (label, raw) = field.split_once(':')?;
        // Some write the quotes of the combined format around texts.
        let raw = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
        let escaped = escapes && memchr::memchr(b'\\', raw.as_bytes()).is_some();
        let value = Value { raw, escaped, quoted: false, capital: false };
        match label {
            // The client, of ltsv.org's labels; the site, where another label names the client.
            "host" if host.is_some() => return None,
            "host" => host = Some(value),
            _ => named.keep(label, value)?,
        }
    }
    if let Some(value) = host {
        let slot = if named.has(Slot::Client) { Slot::Host } else { Slot::Client };
        named.put(slot, 5, "host", value)?;
    }
    named.found.event(true, event)?;
    if event.kind == Kind::Access && named.has(Slot::Level) && named.has(Slot::Message) {
        // A program's line that repeats a client's words, tabs and labels too.
        *event = Event::default();
        return None;
    }
    Some(())
}

/// Whether the line has LTSV's shape: a value of LTSV can look like any line of columns. The common format,
/// `words` and `frameworks` ask and leave it alone; what the others begin with is no label.
pub(super) fn is_ltsv(line: &str) -> bool {
    let line = line.trim_end_matches(['\r', '\n', '\0']);
    // Most lines of columns are told apart in their first word.
    let bytes = line.as_bytes();
    let label = bytes.iter().take_while(|&&b| is_label(b)).count();
    if bytes.get(label) != Some(&b':') {
        return false;
    }
    let Some((first, _)) = line.split_once('\t') else { return false };
    let (label, value) = (&first[..label], &first[label + 1..]);
    if value.starts_with(' ') {
        // A sentence, `word: text`, and tabs in what it quotes.
        return false;
    }
    let level = label.starts_with(|c: char| c.is_ascii_uppercase()) && short_level(label).is_some();
    // `site:80 client …`.
    let port = value.split_once(' ').is_some_and(|(port, _)| scan::digits(port));
    if level
        || port
        || label == "unix"
        || first.contains("] \"")
        || scan::is_ip(scan::word(first).0)
    {
        // A program's line with a level in front; the common format with tabs in its texts.
        return false;
    }
    let labelled = |field: &str| {
        field
            .split_once(':')
            .is_some_and(|(label, _)| begins_label(label) && label.bytes().all(is_label))
    };
    line.split('\t').all(|field| field.is_empty() || labelled(field))
}

fn begins_label(label: &str) -> bool {
    label.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b"_$".contains(&b))
}

/// What a label may hold, by ltsv.org, and nginx users' `$`.
fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'$')
}

/// [`Logfmt`]'s name.
pub(super) const LOGFMT: &str = "logfmt";

/// `key=value` pairs as Go programs, Heroku's router and Traefik write them; with a time without a
/// name in front, as in many a `log_format` of nginx.
#[derive(Debug)]
pub(super) struct Logfmt;

impl Format for Logfmt {
    fn name(&self) -> &'static str {
        LOGFMT
    }

    fn fits(&self, line: &str) -> bool {
        let bytes = behind_time(line).1.as_bytes();
        let key = bytes.iter().take_while(|&&b| is_key(b)).count();
        key > 0 && bytes.get(key) == Some(&b'=')
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let mut event = Event::default();
        self.read(line, &mut event).then_some(event)
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        self.fits(line) && logfmt(line, self.name(), event).is_some()
    }
}

fn logfmt<'a>(line: &'a str, format: &'static str, event: &mut Event<'a>) -> Option<()> {
    let mut named = Named::new(format);
    let mut forwarded = None;
    let (stamp, mut rest) = behind_time(line.trim_end_matches(['\r', '\n', '\0', ' ', '\t']));
    while !rest.is_empty() {
        let (key, value, after) = pair(rest)?;
        rest = scan::trim(after);
        if key == "fwd" {
            // Heroku's router: the addresses that were forwarded, the nearest last.
            forwarded = Some(value);
        }
        named.keep(key, value)?;
    }
    if let Some(value) = forwarded.filter(|_| !named.has(Slot::Client)) {
        named.put(Slot::Client, 1, "fwd", value)?;
    }
    named.found.event(true, event)?;
    event.stamp = event.stamp.or(stamp);
    Some(())
}

/// `22/Nov/2026:10:00:00 +0000` at the start, bare, in quotes or in brackets, and what follows it.
fn behind_time(line: &str) -> (Option<Stamp>, &str) {
    const LEN: usize = 26;
    let (from, close) = match line.as_bytes().first() {
        Some(b'"') => (1, "\" "),
        Some(b'[') => (1, "] "),
        Some(b'0'..=b'9') => (0, " "),
        _ => return (None, line),
    };
    let time = line.get(from..from + LEN).and_then(scan::clf_time);
    let rest = line.get(from + LEN..).and_then(|rest| rest.strip_prefix(close));
    match (time, rest) {
        (Some(time), Some(rest)) => (Some(time), rest),
        _ => (None, line),
    }
}

/// The pair that the text begins with, and what follows it.
fn pair(text: &str) -> Option<(&str, Value<'_>, &str)> {
    let bytes = text.as_bytes();
    let at = bytes.iter().take_while(|&&b| is_key(b)).count();
    if at == 0 || bytes.get(at) != Some(&b'=') {
        return None;
    }
    let (key, rest) = (&text[..at], &text[at + 1..]);
    let capital = key.as_bytes()[0].is_ascii_uppercase();
    if let Some(inner) = rest.strip_prefix('\'').filter(|_| key == "error") {
        let (raw, after) = failure(inner)?;
        return Some((key, Value { raw, escaped: false, quoted: true, capital }, after));
    }
    let Some(inner) = rest.strip_prefix('"') else {
        let end = memchr::memchr2(b' ', b'\t', rest.as_bytes()).unwrap_or(rest.len());
        let (raw, after) = rest.split_at(end);
        // Who quotes at all quotes a value with a quote in it.
        let whole = memchr::memchr(b'"', raw.as_bytes()).is_none();
        let escaped = memchr::memchr(b'\\', raw.as_bytes()).is_some();
        return whole.then_some((key, Value { raw, escaped, quoted: false, capital }, after));
    };
    let mut from = 0;
    let mut escaped = false;
    let end = loop {
        let at = from + memchr::memchr2(b'"', b'\\', inner.as_bytes().get(from..)?)?;
        if inner.as_bytes()[at] == b'"' {
            break at;
        }
        escaped = true;
        from = at + 2;
    };
    let after = &inner[end + 1..];
    let ends = after.is_empty() || after.starts_with([' ', '\t']);
    let value = Value { raw: &inner[..end], escaped, quoted: true, capital };
    ends.then_some((key, value, after))
}

/// What lograge says of an exception, `error='RuntimeError: it's status=200'`, and what follows it: in single quotes that
/// nothing escapes. A client may have a part in the text, so the quote that ends it is the last one that the line's own next
/// field stands behind.
fn failure(inner: &str) -> Option<(&str, &str)> {
    let own = memchr::memmem::rfind(inner.as_bytes(), b"' duration=");
    let end = own.or_else(|| inner.len().checked_sub(1).filter(|_| inner.ends_with('\'')))?;
    Some((&inner[..end], &inner[end + 1..]))
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'$' | b'/')
}

/// The fields of a line, and whether two of them tell different stories.
struct Named<'a> {
    found: Found<'a>,
    /// The first name of each slot and its value.
    first: [Option<(&'a str, &'a str)>; Slot::COUNT],
    left: usize,
}

impl<'a> Named<'a> {
    fn new(format: &'static str) -> Self {
        Named { found: Found::new(format), first: [None; Slot::COUNT], left: FIELDS_MAX }
    }

    fn has(&self, slot: Slot) -> bool {
        self.first[slot as usize].is_some()
    }

    /// Takes a value by its name; `None` where the line contradicts itself.
    fn keep(&mut self, name: &'a str, value: Value<'a>) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        let folded = match name {
            // As in JSON: pino's key and morgan's are in milliseconds.
            "responseTime" | "response-time" => "responseTimeMs",
            // Apache's `%D`, or nginx's time in seconds.
            "taken" if scan::digits(value.raw) => "durationUs",
            "taken" => "durationS",
            // Heroku's router: how long the dyno took.
            "service" if value.raw.ends_with("ms") => "latencyHuman",
            // Grafana writes a duration under it.
            "time_ms" if value.raw.len() < 10 => "durationMs",
            _ => name,
        };
        let Some((slot, rank)) = alias::slot(folded) else {
            return Some(());
        };
        // The same story under a name that may say something else.
        let slot = match slot {
            Slot::StatusBare => Slot::Status,
            Slot::Target if !is_target(&value) => return Some(()),
            Slot::Target => Slot::Uri,
            _ => slot,
        };
        // Grafana's nobody.
        if name == "userId" && value.raw == "0" {
            return Some(());
        }
        // Heroku's `code=H12`, a program's `code=E1001`: no status.
        let no_code = || !scan::digits(value.raw) && code(value.raw).is_none();
        if slot == Slot::Status && no_code() && !matches!(value.raw, "" | "-") {
            return Some(());
        }
        self.put(slot, rank, name, value)
    }

    fn put(&mut self, slot: Slot, rank: u8, name: &'a str, value: Value<'a>) -> Option<()> {
        const ONCE: [Slot; 5] =
            [Slot::Status, Slot::Method, Slot::Uri, Slot::Request, Slot::Client];
        match &mut self.first[slot as usize] {
            // Another name that says nothing contradicts nothing (`proxy_protocol_addr="-"`).
            Some((first, _)) if *first != name && present(value.raw).is_none() => return Some(()),
            Some((first, said)) if *first != name && present(said).is_none() => {
                (*first, *said) = (name, value.raw);
            }
            Some((first, said)) => {
                // `$request_uri` and `$uri` may both be there: one is the other with its query.
                let same = *said == value.raw || (slot == Slot::Uri && one_path(said, value.raw));
                if *first == name || (ONCE.contains(&slot) && !same) {
                    return None;
                }
            }
            first => *first = Some((name, value.raw)),
        }
        self.found.keep(slot, rank, true, value);
        Some(())
    }
}

fn one_path(a: &str, b: &str) -> bool {
    let path = |text| str::split_once(text, '?').map_or(text, |(path, _)| path);
    path(a) == path(b)
}
