//! JSON objects with any field names: nginx `escape=json`, Caddy, Traefik, Envoy, applications.
//!
//! Read by hand rather than with a strict parser, because the lines are made by hand too: nginx's
//! default escape writes `\x22` into a JSON text, an absent variable leaves `"rt":,`, control
//! bytes stand as they are. All of these are understood in the one pass; a duplicate key's last
//! value wins.

use std::borrow::Cow;

use super::alias::{self, Name, Slot};
use super::{Format, scan, wrapped};
use crate::vocab::event::{Event, Kind, Text};

/// Objects and arrays may lie this deep; what is deeper is no log line.
const DEPTH_MAX: usize = 32;
/// Values of one line that are looked at.
const FIELDS_MAX: usize = 512;

#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, line: &str) -> bool {
        let text = line.trim_start_matches(is_lead);
        matches!(text.as_bytes().first(), Some(b'{' | b'@'))
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        read(line, true)
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        read_into(line, true, event).is_some()
    }
}

pub(super) const NAME: &str = "json";

/// What may stand before an object.
fn is_lead(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Reads an object; `outer` allows another line, or another object, inside it.
pub(super) fn read(line: &str, outer: bool) -> Option<Event<'_>> {
    let mut event = Event::default();
    read_into(line, outer, &mut event)?;
    Some(event)
}

/// As [`read`], into an event that says nothing yet and still does after `None`.
fn read_into<'a>(line: &'a str, outer: bool, event: &mut Event<'a>) -> Option<()> {
    let text = line.trim_start_matches(is_lead);
    // The cookie of Common Event Expression, which rsyslog's JSON templates begin with.
    let text = text.strip_prefix("@cee:").unwrap_or(text).trim_start();
    let mut reader = Reader { text, at: 0, left: FIELDS_MAX };
    let mut found = Found::default();
    reader.object(&Name::EMPTY, 0, &mut found)?;
    let rest = &text[reader.at..];
    if !rest.trim_matches([' ', '\t', '\r', '\n', '\0']).is_empty() {
        return None;
    }
    found.event(outer, event)
}

/// A scalar as it stands: text unescaped, or a bare token (`12`, `0.5`, `null`, nothing).
#[derive(Clone, Debug)]
struct Scalar<'a> {
    text: Text<'a>,
    quoted: bool,
    /// The key began with a capital (`Duration`), as Go programs without tags write them.
    capital: bool,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    left: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Takes the byte if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    fn object(&mut self, prefix: &Name, depth: usize, found: &mut Found<'a>) -> Option<()> {
        if depth >= DEPTH_MAX || !self.take(b'{') {
            return None;
        }
        loop {
            self.skip_blanks();
            if self.take(b'}') {
                return Some(());
            }
            if self.take(b',') {
                continue;
            }
            if self.peek()? != b'"' {
                return None;
            }
            let key = self.string()?;
            self.skip_blanks();
            if !self.take(b':') {
                return None;
            }
            let capital = key.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
            // pino's key is in milliseconds; `response_time` is nginx users' and in seconds.
            let key = if key == "responseTime" { Cow::Borrowed("responseTimeMs") } else { key };
            let name = if self.wraps(prefix, &key) { Some(*prefix) } else { prefix.join(&key) };
            self.value(name.as_ref(), capital, depth + 1, found)?;
        }
    }

    /// Whether an object is next under a key that only wraps: its fields are the line's own.
    fn wraps(&mut self, prefix: &Name, key: &str) -> bool {
        const WRAPPERS: [&str; 10] = [
            "nginx",
            "access",
            "log",
            "fields",
            "data",
            "event",
            "payload",
            "jsonPayload",
            "attributes",
            "labels",
        ];
        self.skip_blanks();
        self.peek() == Some(b'{') && prefix.is_empty() && WRAPPERS.contains(&key)
    }

    /// Reads a value; with a name it is kept under it, without one it is passed over.
    fn value(
        &mut self,
        name: Option<&Name>,
        capital: bool,
        depth: usize,
        found: &mut Found<'a>,
    ) -> Option<()> {
        self.skip_blanks();
        match self.peek()? {
            b'{' => self.object(name.unwrap_or(&TOO_LONG), depth, found),
            b'[' => self.array(name, depth, found),
            b'"' => {
                let text = self.string()?;
                self.keep(name, Scalar { text, quoted: true, capital }, found);
                Some(())
            }
            _ => {
                let text = Cow::Borrowed(self.bare_list());
                self.keep(name, Scalar { text, quoted: false, capital }, found);
                Some(())
            }
        }
    }

    /// The first value of an array stands for it (`"User-Agent":["curl/8"]`).
    fn array(&mut self, name: Option<&Name>, depth: usize, found: &mut Found<'a>) -> Option<()> {
        if depth >= DEPTH_MAX || !self.take(b'[') {
            return None;
        }
        let mut name = name;
        loop {
            self.skip_blanks();
            if self.take(b']') {
                return Some(());
            }
            if self.take(b',') {
                continue;
            }
            let before = self.at;
            self.value(name.take(), false, depth + 1, found)?;
            if self.at == before {
                return None;
            }
        }
    }

    fn keep(&mut self, name: Option<&Name>, value: Scalar<'a>, found: &mut Found<'a>) {
        let Some((slot, rank)) = name.and_then(Name::slot) else {
            return;
        };
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let at = slot as usize;
        if rank >= found.ranks[at] {
            found.ranks[at] = rank;
            found.values[at] = Some(value);
        }
    }

    /// A bare token, or nginx's list of them: `0.001, 0.002 : 0.003`.
    fn bare_list(&mut self) -> &'a str {
        let from = self.at;
        self.bare();
        let mut end = self.at;
        loop {
            let bytes = self.text.as_bytes();
            let gap = bytes[end..].iter().take_while(|b| b" ,:".contains(b)).count();
            let next = bytes.get(end + gap);
            if gap == 0 || !next.is_some_and(|b| b.is_ascii_digit() || *b == b'-') {
                self.at = end;
                return &self.text[from..end];
            }
            self.at = end + gap;
            self.bare();
            end = self.at;
        }
    }

    fn bare(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find([',', '}', ']', '"', '{', '[', ' ', '\t', '\r', '\n']);
        let token = &rest[..end.unwrap_or(rest.len())];
        self.at += token.len();
        token
    }

    fn string(&mut self) -> Option<Text<'a>> {
        let from = self.at + 1;
        let bytes = self.text.as_bytes();
        let stop = from + memchr::memchr2(b'"', b'\\', &bytes[from..])?;
        if bytes[stop] == b'"' {
            self.at = stop + 1;
            return Some(Cow::Borrowed(&self.text[from..stop]));
        }
        let mut out = bytes[from..stop].to_vec();
        let mut at = stop;
        loop {
            match *bytes.get(at)? {
                b'"' => break,
                b'\\' => at = escape(bytes, at, &mut out)?,
                _ => {
                    let run = memchr::memchr2(b'"', b'\\', &bytes[at..])?;
                    out.extend_from_slice(&bytes[at..at + run]);
                    at += run;
                }
            }
        }
        self.at = at + 1;
        Some(Cow::Owned(match String::from_utf8(out) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }))
    }
}

/// A prefix that no known name begins with.
const TOO_LONG: Name = Name::EMPTY.barred();

/// Undoes the escape at `at`; gives where it ends. What is no escape stays as it is, a lone
/// surrogate becomes U+FFFD.
fn escape(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    let plain = match *bytes.get(at + 1)? {
        byte @ (b'"' | b'\\' | b'/') => byte,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'x' => match scan::hex_pair(bytes, at + 2) {
            Some(byte) => {
                out.push(byte);
                return Some(at + 4);
            }
            None => return kept(at, out),
        },
        b'u' => {
            let Some(unit) = hex_unit(bytes, at + 2) else {
                return kept(at, out);
            };
            let (code, end) = match (unit, bytes.get(at + 6..at + 8)) {
                (0xd800..0xdc00, Some(b"\\u")) => match hex_unit(bytes, at + 8) {
                    Some(low @ 0xdc00..0xe000) => {
                        (0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), at + 12)
                    }
                    _ => (unit, at + 6),
                },
                _ => (unit, at + 6),
            };
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(end);
        }
        _ => return kept(at, out),
    };
    out.push(plain);
    Some(at + 2)
}

fn kept(at: usize, out: &mut Vec<u8>) -> Option<usize> {
    out.push(b'\\');
    Some(at + 1)
}

fn hex_unit(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(scan::hex_pair(bytes, at)?) << 8 | u32::from(scan::hex_pair(bytes, at + 2)?))
}

/// The best value of each slot.
struct Found<'a> {
    values: [Option<Scalar<'a>>; Slot::COUNT],
    ranks: [u8; Slot::COUNT],
}

impl Default for Found<'_> {
    fn default() -> Self {
        Found { values: [const { None }; Slot::COUNT], ranks: [0; Slot::COUNT] }
    }
}

impl<'a> Found<'a> {
    fn has(&self, slot: Slot) -> bool {
        self.values[slot as usize].is_some()
    }

    fn str(&self, slot: Slot) -> Option<&str> {
        self.values[slot as usize].as_ref().map(|value| &*value.text)
    }

    /// The value as text; `null`, `-` and nothing are absent.
    fn text(&mut self, slot: Slot) -> Option<Text<'a>> {
        let value = self.values[slot as usize].take()?;
        let absent = matches!(&*value.text, "" | "-") || (!value.quoted && value.text == "null");
        (!absent).then_some(value.text)
    }

    fn event(&mut self, outer: bool, event: &mut Event<'a>) -> Option<()> {
        let kind = self.kind();
        if kind != Some(Kind::Access)
            && let Some(read) = self.wrapped(kind, outer)
        {
            *event = read;
            return Some(());
        }
        event.kind = kind?;
        event.format = NAME;
        event.stamp = self.str(Slot::Time).and_then(scan::any_time);
        self.client(event);
        event.ident = self.text(Slot::Ident);
        event.user = self.text(Slot::User);
        self.request(event);
        event.status = self.str(Slot::Status).and_then(whole).and_then(|s| s.try_into().ok());
        event.status = event.status.filter(|status| *status <= 999);
        event.bytes = self.str(Slot::Bytes).and_then(whole);
        event.bytes_in = self.str(Slot::BytesIn).and_then(whole);
        event.referrer = self.text(Slot::Referrer);
        event.user_agent = self.text(Slot::Agent);
        event.request_time_us = self.request_time();
        event.upstream_time_us = self.upstream_time();
        event.upstream = self.text(Slot::Upstream);
        event.host = self.text(Slot::Host);
        event.scheme = self.text(Slot::Scheme);
        event.tls_version = self.text(Slot::TlsVersion).map(tls_version);
        // Caddy gives the suite's number, which says nothing to a reader.
        event.tls_cipher = self.text(Slot::TlsCipher).filter(|cipher| !scan::digits(cipher));
        event.cache_status = self.text(Slot::Cache);
        event.mime = self.text(Slot::Mime);
        event.level = self.str(Slot::Level).and_then(alias::level);
        event.pid = self.str(Slot::Pid).and_then(|pid| pid.parse().ok());
        if event.kind == Kind::Error {
            self.message(event);
        }
        Some(())
    }

    /// The server's line that the message is, if it is one. A message with a level stays a
    /// program's own unless it is an access line.
    fn wrapped(&mut self, kind: Option<Kind>, outer: bool) -> Option<Event<'a>> {
        let message = self.values[Slot::Message as usize].as_ref()?.text.clone();
        let mut event = wrapped::decode(message, outer)?;
        if kind.is_some() && event.kind != Kind::Access {
            return None;
        }
        event.stamp = event.stamp.or_else(|| self.str(Slot::Time).and_then(scan::any_time));
        event.format = NAME;
        Some(event)
    }

    /// An access line has a status, a request line or a method with its path. A program's own log
    /// may name these too; it is an error line when it has a level and a message but neither a
    /// client nor a size, agent or duration. Caddy logs a failed request twice: its
    /// `http.log.error` is the error line.
    fn kind(&self) -> Option<Kind> {
        let says = self.has(Slot::Message) || self.has(Slot::Error);
        let levelled = self.str(Slot::Level).is_some_and(|level| alias::level(level).is_some());
        if self.str(Slot::Logger).is_some_and(|logger| logger.starts_with("http.log.error")) && says
        {
            return Some(Kind::Error);
        }
        let request = self.has(Slot::Status)
            || self.has(Slot::Request)
            || (self.has(Slot::Method) && self.has(Slot::Uri));
        let served = [Slot::Client, Slot::Bytes, Slot::Agent, Slot::Rt, Slot::RtMs, Slot::RtNs]
            .into_iter()
            .any(|slot| self.has(slot));
        match (request, says && levelled) {
            (true, false) if served || self.has(Slot::Uri) || self.has(Slot::Request) => {
                Some(Kind::Access)
            }
            (true, true) if served => Some(Kind::Access),
            (_, true) => Some(Kind::Error),
            _ => None,
        }
    }

    fn client(&mut self, event: &mut Event<'a>) {
        event.x_forwarded_for = self.text(Slot::Forwarded);
        event.remote_port = self.str(Slot::ClientPort).and_then(|port| port.parse().ok());
        let Some(client) = self.text(Slot::Client) else {
            return;
        };
        // A list is what a proxy forwarded (Traefik's ClientHost); its last entry is the nearest.
        let last = |text: &str| text.rsplit(',').next().unwrap_or(text).trim().len();
        let (text, port) = match client {
            Cow::Borrowed(text) => {
                let (ip, port) = scan::address(text[text.len() - last(text)..].trim());
                (Cow::Borrowed(ip), port)
            }
            Cow::Owned(text) => {
                let (ip, port) = scan::address(text[text.len() - last(&text)..].trim());
                (Cow::Owned(ip.to_owned()), port)
            }
        };
        event.remote_ip = Some(text);
        event.remote_port = event.remote_port.or(port);
    }

    fn request(&mut self, event: &mut Event<'a>) {
        match self.text(Slot::Request) {
            Some(Cow::Borrowed(line)) if !line.starts_with('/') => {
                scan::request(line, scan::plain, event)
            }
            Some(line) => {
                // HAProxy users name the path alone `req`.
                let path = line.starts_with('/');
                let slot = &mut self.values[Slot::Uri as usize];
                if path && slot.is_none() {
                    *slot = Some(Scalar { text: line, quoted: true, capital: false });
                } else {
                    owned_request(&line, event);
                    event.request = Some(line);
                }
            }
            None => {}
        }
        if let Some(method) = self.text(Slot::Method) {
            event.method = Some(method);
        }
        if let Some(protocol) = self.text(Slot::Protocol) {
            event.protocol = Some(protocol);
        }
        let query = self.text(Slot::Query);
        match self.text(Slot::Uri) {
            Some(Cow::Borrowed(uri)) => {
                event.query = None;
                plain_target(uri, event);
            }
            Some(Cow::Owned(uri)) => owned_target(&uri, event),
            None => {}
        }
        if let (None, Some(path), Some(query)) = (&event.query, &event.path, query) {
            let query = match query {
                Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix('?').unwrap_or(text)),
                Cow::Owned(text) => Cow::Owned(text.strip_prefix('?').unwrap_or(&text).to_owned()),
            };
            event.target = Some(Cow::Owned(format!("{path}?{query}")));
            event.query = Some(query);
        }
    }

    fn request_time(&self) -> Option<u64> {
        let scaled = |slot, scale| self.str(slot).and_then(|text| scan::scaled_us(text, scale));
        if let Some(value) = &self.values[Slot::Rt as usize] {
            let text = &*value.text;
            let integer = scan::digits(text);
            // Traefik's `Duration` is in ns; Envoy counts in whole ms.
            if integer && !value.quoted && value.capital {
                return scan::scaled_us(text, 1e-3);
            }
            if integer && self.has(Slot::Envoy) {
                return scan::scaled_us(text, 1e3);
            }
            if let Some(us) = scan::duration_us(text) {
                return Some(us);
            }
        }
        scaled(Slot::RtMs, 1e3)
            .or_else(|| scaled(Slot::RtUs, 1.0))
            .or_else(|| scaled(Slot::RtNs, 1e-3))
    }

    fn upstream_time(&self) -> Option<u64> {
        let scaled = |slot, scale| self.str(slot).and_then(|text| scan::scaled_us(text, scale));
        self.str(Slot::Ut)
            .and_then(scan::duration_us)
            .or_else(|| scaled(Slot::UtMs, 1e3))
            .or_else(|| scaled(Slot::UtNs, 1e-3))
    }

    fn message(&mut self, event: &mut Event<'a>) {
        let (message, error) = (self.text(Slot::Message), self.text(Slot::Error));
        event.message_full = match (&message, &error) {
            (Some(message), Some(error)) => Some(Cow::Owned(format!("{message}: {error}"))),
            _ => None,
        };
        event.message = message.or(error);
    }
}

/// Caddy gives the number of the wire (RFC 8446, 4.2.1).
fn tls_version(text: Text<'_>) -> Text<'_> {
    match &*text {
        "769" => Cow::Borrowed("TLSv1"),
        "770" => Cow::Borrowed("TLSv1.1"),
        "771" => Cow::Borrowed("TLSv1.2"),
        "772" => Cow::Borrowed("TLSv1.3"),
        _ => text,
    }
}

/// A whole number, also written `200.0` or `2e2`.
fn whole(text: &str) -> Option<u64> {
    if scan::digits(text) {
        return text.parse().ok();
    }
    let value: f64 = text.parse().ok()?;
    // Above 2^53 a float is no exact count.
    (value >= 0.0 && value.fract() == 0.0 && value < 9e15).then_some(value as u64)
}

/// A target that is already unescaped, borrowed.
fn plain_target<'a>(uri: &'a str, event: &mut Event<'a>) {
    event.target = Some(Cow::Borrowed(uri));
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    event.path = Some(Cow::Borrowed(path)).filter(|path| !path.is_empty());
    event.query = Some(Cow::Borrowed(query)).filter(|query| !query.is_empty());
}

fn owned_target(uri: &str, event: &mut Event<'_>) {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let owned = |text: &str| (!text.is_empty()).then(|| Cow::Owned(text.to_owned()));
    event.target = owned(uri);
    event.path = owned(path);
    event.query = owned(query);
}

/// A request line that had escapes: its parts are copied.
fn owned_request(line: &str, event: &mut Event<'_>) {
    let mut parts = Event::default();
    scan::request(line, scan::plain, &mut parts);
    let owned = |text: Option<Text<'_>>| text.map(|text| Cow::Owned(text.into_owned()));
    event.method = owned(parts.method);
    event.target = owned(parts.target);
    event.path = owned(parts.path);
    event.query = owned(parts.query);
    event.protocol = owned(parts.protocol);
}
