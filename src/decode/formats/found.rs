//! What a line of named fields says: the best value of each slot, whatever the fields were called,
//! made into an event. JSON's objects come through here, and any other writing of `name value`.

use std::borrow::Cow;
use std::cell::Cell;

use super::alias::{self, Name, Slot};
use super::units::Units;
use super::{dialect, json_escape, scan, wrapped};
use crate::decode::seek;
use crate::vocab::event::{Event, Kind, Level, Text};
use crate::vocab::time::Stamp;

/// A value as it stands in the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    pub(super) raw: &'a str,
    /// It holds a backslash that JSON means as an escape; where it holds none, it is a text's bytes as numbers.
    pub(super) escaped: bool,
    pub(super) quoted: bool,
    /// Its name began with a capital (`Duration`), as Go programs without tags write them.
    pub(super) capital: bool,
}

impl<'a> Value<'a> {
    const NOTHING: Value<'static> =
        Value { raw: "", escaped: false, quoted: false, capital: false };

    /// Nothing, `-` or a bare `null`: a field that the line names but does not have.
    fn absent(&self) -> bool {
        matches!(self.raw, "" | "-") || (!self.quoted && self.raw == "null")
    }

    pub(super) fn text(self) -> Text<'a> {
        match (self.escaped, self.quoted) {
            (false, _) => Cow::Borrowed(self.raw),
            (true, false) if json_escape::is_bytes(self.raw) => json_escape::of_bytes(self.raw),
            (true, _) => json_escape::unescape(self.raw),
        }
    }
}

/// A rank that the line's own fields have above those of an object inside it, which may be what a
/// client sent.
const OWN: u8 = 32;

/// The best value of each slot.
pub(super) struct Found<'a> {
    values: [Value<'a>; Slot::VALUES],
    /// 0 where there is no value.
    ranks: [u8; Slot::VALUES],
    /// A bit for each slot that was named, with a value or without.
    named: u64,
    format: &'static str,
}

impl<'a> Found<'a> {
    pub(super) fn new(format: &'static str) -> Self {
        const { assert!(Slot::COUNT <= 64) };
        let values = [Value::NOTHING; Slot::VALUES];
        Found { values, ranks: [0; Slot::VALUES], named: 0, format }
    }

    /// Takes a value of the slot, unless there is one of a higher rank. `own` says that it is the
    /// line's own and not one of an object that the line carries.
    pub(super) fn keep(&mut self, slot: Slot, rank: u8, own: bool, value: Value<'a>) {
        let at = slot as usize;
        self.named |= 1 << at;
        // A mark has no more.
        let Some(kept) = self.ranks.get_mut(at) else { return };
        let rank = if own { rank + OWN } else { rank };
        if rank >= *kept && !value.absent() {
            *kept = rank;
            self.values[at] = value;
        }
    }

    /// The event, where the names say that it is one; `outer` allows another line inside its
    /// message. After `None` the event says nothing, as before.
    pub(super) fn event(&self, outer: bool, event: &mut Event<'a>) -> Option<()> {
        let kind = self.kind();
        if kind != Some(Kind::Access)
            && let Some(read) = self.wrapped(kind, outer)
        {
            *event = read;
            return Some(());
        }
        event.kind = kind?;
        event.format = self.format;
        event.stamp = self.stamp();
        event.is_misdated = event.stamp.is_none() && self.is_misdated();
        self.client(event);
        event.ident = self.text(Slot::Ident).or_else(|| self.text(Slot::LogicalUser));
        // Nextcloud's nobody.
        event.user = self.text(Slot::User).filter(|user| user != "--");
        self.request(event);
        event.status = self.status();
        event.bytes = self.number(Slot::Bytes);
        event.bytes_in = self.number(Slot::BytesIn);
        event.referrer = self.text(Slot::Referrer);
        event.user_agent = self.text(Slot::Agent);
        if dialect::encodes(self) {
            event.referrer = event.referrer.take().map(scan::percent_decoded);
            event.user_agent = event.user_agent.take().map(scan::percent_decoded);
            event.x_forwarded_for = event.x_forwarded_for.take().map(scan::percent_decoded);
        }
        self.request_time(event);
        self.upstream_time(event);
        event.upstream = self.text(Slot::Upstream);
        if self.has(Slot::Host) && !self.host_is_peer() {
            event.host = self.text(Slot::Host);
        }
        if self.has(Slot::Scheme) {
            event.scheme = self.text(Slot::Scheme).map(lower_case);
        }
        event.tls_version = self.text(Slot::TlsVersion).map(tls_version);
        // Caddy names no scheme, and tells of TLS where a request came over it.
        if event.scheme.is_none() && event.kind == Kind::Access && event.tls_version.is_some() {
            event.scheme = Some(Cow::Borrowed("https"));
        }
        // Caddy gives the suite's number, which says nothing to a reader.
        event.tls_cipher = self.text(Slot::TlsCipher).filter(|cipher| !scan::digits(cipher));
        event.cache_status = self.text(Slot::Cache).map(cache_status);
        event.mime = self.text(Slot::Mime);
        event.level = self.text(Slot::Level).and_then(|level| dialect::level(self, &level));
        event.pid = self.number(Slot::Pid).and_then(|pid| pid.try_into().ok());
        if event.kind == Kind::Error {
            self.message(event);
        }
        Some(())
    }

    fn has(&self, slot: Slot) -> bool {
        self.ranks[slot as usize] > 0
    }

    /// Whether the slot was named, if only to say that there is no value.
    fn names(&self, slot: Slot) -> bool {
        self.named & 1 << slot as usize != 0
    }

    /// Whether one of these slots was named, which have a bit each.
    #[inline(always)]
    pub(super) fn has_mark(&self, marks: u64) -> bool {
        self.named & marks != 0
    }

    /// The rank of what the line itself says of a slot.
    pub(super) fn own_rank(&self, slot: Slot) -> u8 {
        self.ranks[slot as usize].saturating_sub(OWN)
    }

    /// Whether a slot has a time of day and no duration.
    pub(super) fn is_moment(&self, slot: Slot) -> bool {
        self.text(slot).as_deref().and_then(bracketed_time).is_some()
    }

    pub(super) fn value(&self, slot: Slot) -> Option<Value<'a>> {
        self.has(slot).then(|| self.values[slot as usize])
    }

    fn text(&self, slot: Slot) -> Option<Text<'a>> {
        self.value(slot).map(Value::text)
    }

    /// The request's target. What is called `target` is one only where it reads as one: Rust's `tracing` names
    /// the module there that wrote the line (`tower_http::trace::on_response`).
    fn uri(&self) -> Option<Value<'a>> {
        let uri = self.value(Slot::Uri);
        let Some(target) = self.value(Slot::Target).filter(is_target) else {
            let event = || self.value(Slot::Message).filter(|_| dialect::event_is_path(self));
            return uri.or_else(event);
        };
        let first = self.ranks[Slot::Target as usize] >= self.ranks[Slot::Uri as usize];
        uri.filter(|_| !first).or(Some(target))
    }

    fn number(&self, slot: Slot) -> Option<u64> {
        self.value(slot).and_then(|value| whole(value.raw))
    }

    #[inline]
    fn code(&self, slot: Slot) -> Option<u16> {
        self.value(slot).and_then(|value| code(value.raw))
    }

    /// The status.
    #[inline]
    fn status(&self) -> Option<u16> {
        // As in nearly every line.
        if self.has(Slot::Status) { self.best_code() } else { self.code(Slot::StatusBare) }
    }

    /// A word under `status` gives way to a code under another name.
    fn best_code(&self) -> Option<u16> {
        if self.ranks[Slot::Status as usize] > self.ranks[Slot::StatusBare as usize] {
            return self.code(Slot::Status).or_else(|| self.code(Slot::StatusBare));
        }
        // A job's `"status":"done","code":0` is none.
        let worded = self.has(Slot::StatusBare);
        let other = || self.code(Slot::Status).filter(|&code| code >= 100 || !worded);
        self.code(Slot::StatusBare).or_else(other)
    }

    /// The server's line that the message is, if it is one. A message with a level stays a
    /// program's own unless it is an access line.
    fn wrapped(&self, kind: Option<Kind>, outer: bool) -> Option<Event<'a>> {
        let message = self.text(Slot::Message)?;
        if kind.is_some() && !may_be_access(&message) {
            return None;
        }
        let mut event = wrapped::decode(message, outer)?;
        if kind.is_some() && event.kind != Kind::Access {
            return None;
        }
        event.stamp = event.stamp.or_else(|| self.stamp());
        event.format = self.format;
        Some(event)
    }

    /// An access line has a status, a request line or a method with its path. Where a program says something of its
    /// own, with a level, these may only be what it speaks of.
    fn kind(&self) -> Option<Kind> {
        let says = self.has(Slot::Message) || self.has(Slot::Error);
        let level = self.text(Slot::Level).and_then(|level| dialect::level(self, &level));
        if says && dialect::is_told_twice(self) {
            return Some(Kind::Error);
        }
        // A job's `"status": "done"` is no request's.
        let said = self.has(Slot::Status) || self.has(Slot::StatusBare);
        let named = self.names(Slot::Status) || self.names(Slot::StatusBare);
        let status = if said { matches!(self.status(), Some(0 | 100..)) } else { named };
        match level.filter(|_| says) {
            None => self.is_request(status).then_some(Kind::Access),
            Some(level) if self.is_served(status, level) => Some(Kind::Access),
            Some(_) => Some(Kind::Error),
        }
    }

    /// Whether a line without a program's words and level is a request's.
    fn is_request(&self, status: bool) -> bool {
        let asks = || self.names(Slot::Request) || (self.has(Slot::Method) && self.is_located());
        if !status && !asks() {
            return false;
        }
        // A program's words on the way, with the request to which they belong: nothing of how it ended.
        let amid = !status && self.has(Slot::Message) && !self.is_measured();
        !amid && (self.is_detailed() || self.is_located() || self.names(Slot::Request))
    }

    /// Whether a program tells of a request that it has served: its status and a client, an agent or a measure; the
    /// request and a measure; or, calmly, a method, a path and the status. A warning that names these is the program's.
    fn is_served(&self, status: bool, level: Level) -> bool {
        let told = || {
            let code = self.status().is_some_and(|code| code >= 100);
            code && self.has(Slot::Method) && self.is_located() && is_calm(level)
        };
        (status && self.is_detailed()) || (self.has(Slot::Request) && self.is_measured()) || told()
    }

    /// Whether it says who asked, or what the answer took.
    fn is_detailed(&self) -> bool {
        self.has(Slot::Client) || self.has(Slot::Agent) || self.is_measured()
    }

    fn is_located(&self) -> bool {
        self.uri().is_some()
    }

    /// Whether it says how large the answer was, or how long it took.
    fn is_measured(&self) -> bool {
        use Slot::{Bytes, Rt, RtBare, RtMs, RtNs, RtTaken, RtUs};
        [Bytes, Rt, RtBare, RtTaken, RtMs, RtUs, RtNs].into_iter().any(|slot| self.has(slot))
    }

    fn stamp(&self) -> Option<Stamp> {
        let time = self.text(Slot::Time).or_else(|| self.text(Slot::EdgeTime));
        let read = time.as_deref().and_then(bracketed_time);
        if read.is_some() {
            return read;
        }
        if let Some(day) = self.text(Slot::Date) {
            // A day and a clock apart are what CloudFront and the W3C's formats have, in UTC.
            let both = time.and_then(|time| scan::iso_time(&format!("{day}T{time}Z")));
            return both.or_else(|| bracketed_time(&day));
        }
        // AWS API Gateway's `requestTime` is no duration.
        let dated = |slot| self.text(slot).filter(|text| text.contains('/'));
        dated(Slot::Rt).or_else(|| dated(Slot::RtBare)).as_deref().and_then(bracketed_time)
    }

    /// Whether what stands for its time, which is none, is meant as one.
    fn is_misdated(&self) -> bool {
        let time = self.text(Slot::Time).or_else(|| self.text(Slot::EdgeTime));
        match (self.text(Slot::Date), time) {
            (Some(day), Some(time)) => scan::tells_time(&format!("{day} {time}")),
            (one, other) => one.or(other).is_some_and(|time| scan::tells_time(&time)),
        }
    }

    /// When the line was written, whatever it is of: by a name of its own that means nothing else. `created_at` may be
    /// of what it speaks of; a `date` that is a number is Fluent Bit's.
    pub(super) fn moment(&self) -> Option<Stamp> {
        const CREATED_AT: Name = alias::named("createdat");
        let is_own = self.own_rank(Slot::Time) > CREATED_AT.1;
        let time = if is_own { self.text(Slot::Time) } else { None };
        let date = || Some(self.value(Slot::Date).filter(|date| !date.quoted)?.text());
        time.or_else(date).as_deref().and_then(bracketed_time)
    }

    fn client(&self, event: &mut Event<'a>) {
        event.x_forwarded_for = self.text(Slot::Forwarded).map(|list| match list.contains('"') {
            // Several header fields (`["192.0.2.1", "192.0.2.2"]`) are one list, RFC 9110 section 5.3.
            true => Cow::Owned(list.replace('"', "")),
            false => list,
        });
        event.remote_port = self.number(Slot::ClientPort).and_then(|port| port.try_into().ok());
        let Some(client) = self.text(Slot::Client).or_else(|| self.host_as_client()) else {
            return;
        };
        // A list is what a proxy forwarded (Traefik's ClientHost); its last entry is the nearest.
        let last = |text: &str| match seek::find(text.as_bytes(), b',') {
            Some(_) => text.rfind(',').map_or(0, |comma| comma + 1),
            None => 0,
        };
        let (text, port) = match client {
            Cow::Borrowed(text) => {
                let (ip, port) = scan::address(text[last(text)..].trim());
                (Cow::Borrowed(ip), port)
            }
            Cow::Owned(text) => {
                let (ip, port) = scan::address(text[last(&text)..].trim());
                (Cow::Owned(ip.to_owned()), port)
            }
        };
        event.remote_ip = Some(text).filter(|text| !text.is_empty());
        event.remote_port = event.remote_port.or(port);
    }

    /// `host` is the client for those who think in Apache's `%h`. Where the line has no client, and
    /// no forwarded one, an address there is it.
    fn host_as_client(&self) -> Option<Text<'a>> {
        if self.host_is_peer() {
            return self.text(Slot::Host);
        }
        let host = if self.names(Slot::Forwarded) { None } else { self.text(Slot::Host) };
        host.filter(|host| scan::is_ip(host) && scan::address(host).1.is_none())
    }

    /// An address or a name; a header `Host` would have a higher rank.
    fn host_is_peer(&self) -> bool {
        const HOST: Name = alias::named("host");
        dialect::host_is_client(self) && self.ranks[Slot::Host as usize] <= OWN + HOST.1
    }

    fn request(&self, event: &mut Event<'a>) {
        let mut uri = self.uri().map(Value::text);
        match self.text(Slot::Request) {
            // HAProxy users name the path alone `req`.
            Some(path) if path.starts_with('/') => uri = uri.or(Some(path)),
            Some(Cow::Borrowed(line)) => scan::request(line, scan::plain, event),
            Some(Cow::Owned(line)) => {
                owned_request(&line, event);
                event.request = Some(Cow::Owned(line));
            }
            None => {}
        }
        if self.has(Slot::Method) {
            event.method = self.text(Slot::Method);
        }
        match self.text(Slot::Protocol) {
            Some(scheme) if matches!(&*scheme.to_ascii_lowercase(), "http" | "https") => {
                event.scheme = Some(lower_case(scheme));
            }
            Some(protocol) => event.protocol = Some(self::protocol(protocol)),
            None => {}
        }
        match uri {
            Some(Cow::Borrowed(uri)) => {
                event.query = None;
                plain_target(uri, event);
            }
            Some(Cow::Owned(uri)) => {
                let mut parts = Event::default();
                plain_target(&uri, &mut parts);
                event.path = owned(parts.path);
                event.query = owned(parts.query);
                event.host = owned(parts.host);
                event.scheme = owned(parts.scheme).or(event.scheme.take());
                event.target = Some(Cow::Owned(uri));
            }
            None => {}
        }
        if let (None, Some(path), Some(query)) = (&event.query, &event.path, self.text(Slot::Query))
        {
            let query = match query {
                Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix('?').unwrap_or(text)),
                Cow::Owned(text) => Cow::Owned(text.strip_prefix('?').unwrap_or(&text).to_owned()),
            };
            if !query.is_empty() {
                event.target = Some(Cow::Owned(format!("{path}?{query}")));
                event.query = Some(query);
            }
        }
    }

    fn scaled(&self, slot: Slot, scale: f64) -> Option<u64> {
        self.text(slot).and_then(|text| scan::named_us(&text, scale))
    }

    /// Seconds, or text with its unit.
    #[inline]
    fn duration(&self, slot: Slot) -> Option<u64> {
        let value = self.value(slot)?;
        // The usual one is not escaped.
        if value.escaped { scan::duration_us(&value.text()) } else { scan::duration_us(value.raw) }
    }

    fn request_time(&self, event: &mut Event<'a>) {
        event.request_time_us = self
            .duration(Slot::Rt)
            .or_else(|| dialect::bare_us(self, Slot::RtBare, &mut event.bare))
            .or_else(|| dialect::bare_us(self, Slot::RtTaken, &mut None))
            .or_else(|| dialect::millis_us(self))
            .or_else(|| self.scaled(Slot::RtUs, 1.0))
            .or_else(|| self.scaled(Slot::RtNs, 1e-3));
        // Another name says it.
        if event.bare.is_some_and(|bare| Units::default().us(bare).is_none())
            && event.request_time_us.is_some()
        {
            event.bare = None;
        }
    }

    fn upstream_time(&self, event: &mut Event<'a>) {
        if self.has(Slot::UtBare) && dialect::event_is_path(self) {
            event.request_time_us = self.scaled(Slot::UtBare, 1e3);
            return;
        }
        if dialect::is_turned_around(self) {
            let parts = [event.request_time_us, self.scaled(Slot::UtMs, 1e3)];
            event.request_time_us = parts.into_iter().flatten().reduce(u64::saturating_add);
            return;
        }
        event.upstream_time_us = self
            .duration(Slot::Ut)
            .or_else(|| dialect::bare_us(self, Slot::UtBare, &mut event.upstream_bare))
            .or_else(|| self.scaled(Slot::UtMs, 1e3))
            .or_else(|| self.scaled(Slot::UtNs, 1e-3));
        if event.upstream_bare.is_some_and(|bare| Units::default().us(bare).is_none())
            && event.upstream_time_us.is_some()
        {
            event.upstream_bare = None;
        }
    }

    fn message(&self, event: &mut Event<'a>) {
        let (message, error) = (self.text(Slot::Message), self.text(Slot::Error));
        event.message_full = match (&message, &error) {
            (Some(message), Some(error)) => Some(Cow::Owned(format!("{message}: {error}"))),
            _ => None,
        };
        event.message = message.or(error);
    }
}

/// A status: a number, or three digits and what they mean (`404 Not Found`).
#[inline]
pub(super) fn code(text: &str) -> Option<u16> {
    let code = whole(text).or_else(|| with_reason(text))?;
    u16::try_from(code).ok().filter(|&code| code <= 999)
}

#[cold]
fn with_reason(text: &str) -> Option<u64> {
    match text.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ', ..] => whole(&text[..3]),
        _ => None,
    }
}

/// Below a warning.
fn is_calm(level: Level) -> bool {
    matches!(level, Level::Notice | Level::Info | Level::Debug | Level::Trace)
}

/// A path, `*` or a URL.
pub(super) fn is_target(value: &Value<'_>) -> bool {
    let starts = ["/", "\\/", "*", "http://", "https://", "http:\\/", "https:\\/"];
    starts.iter().any(|start| value.raw.starts_with(start))
}

/// A look at a program's message that spares most of them the way through all formats: an access line
/// has a status and, in all but the barest, an address and a time.
fn may_be_access(message: &str) -> bool {
    message.bytes().filter(u8::is_ascii_digit).nth(4).is_some()
}

thread_local! {
    /// The time read last, how many of these bytes it has, and what it means: a busy server writes the same one in
    /// hundreds of lines.
    static LAST: Cell<([u8; TIME_MAX], usize, Option<Stamp>)> = const { Cell::new(([0; TIME_MAX], 0, None)) };
}

/// Longer times are not remembered.
const TIME_MAX: usize = 32;

/// As [`time_of`], which is asked only where the line before had another time.
fn bracketed_time(text: &str) -> Option<Stamp> {
    let (last, len, meant) = LAST.get();
    if len == text.len() && seek::same(&last[..len], text.as_bytes()) {
        return meant;
    }
    let stamp = time_of(text);
    let mut bytes = [0; TIME_MAX];
    if let Some(place) = bytes.get_mut(..text.len()) {
        place.copy_from_slice(text.as_bytes());
        LAST.set((bytes, text.len(), stamp));
    }
    stamp
}

/// Any time, also in the brackets of Apache's `%t`.
fn time_of(text: &str) -> Option<Stamp> {
    let bare = text.strip_prefix('[').map_or(text, |rest| rest.strip_suffix(']').unwrap_or(rest));
    scan::any_time(bare)
}

/// Caddy gives the number of the wire (RFC 8446, 4.2.1), Traefik and ECS the bare version, Azure
/// one with a blank.
fn tls_version(text: Text<'_>) -> Text<'_> {
    match &*text {
        "769" | "1.0" | "TLS 1.0" => Cow::Borrowed("TLSv1"),
        "770" | "1.1" | "TLS 1.1" => Cow::Borrowed("TLSv1.1"),
        "771" | "1.2" | "TLS 1.2" => Cow::Borrowed("TLSv1.2"),
        "772" | "1.3" | "TLS 1.3" => Cow::Borrowed("TLSv1.3"),
        _ => text,
    }
}

/// A protocol; a bare version (ECS, OpenTelemetry, Azure) with its name in front.
fn protocol(text: Text<'_>) -> Text<'_> {
    match &*text {
        "1.0" => Cow::Borrowed("HTTP/1.0"),
        "1.1" | "1.1.0.0" => Cow::Borrowed("HTTP/1.1"),
        "2" | "2.0" | "2.0.0.0" => Cow::Borrowed("HTTP/2.0"),
        "3" | "3.0" | "3.0.0.0" => Cow::Borrowed("HTTP/3.0"),
        _ => text,
    }
}

/// Google Cloud says whether it was a hit as true or false.
fn cache_status(text: Text<'_>) -> Text<'_> {
    match &*text {
        "true" => Cow::Borrowed("HIT"),
        "false" => Cow::Borrowed("MISS"),
        _ => text,
    }
}

fn lower_case(text: Text<'_>) -> Text<'_> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        text
    }
}

/// A whole number, also written `200.0` or `2e2`.
fn whole(text: &str) -> Option<u64> {
    // As most are: so many digits fit.
    if (1..=18).contains(&text.len()) {
        let (mut value, mut others) = (0_u64, false);
        for byte in text.bytes() {
            let digit = byte.wrapping_sub(b'0');
            others |= digit > 9;
            value = value.wrapping_mul(10).wrapping_add(digit.into());
        }
        if !others {
            return Some(value);
        }
    } else if scan::digits(text) {
        return text.parse().ok();
    }
    let value: f64 = text.parse().ok()?;
    // Above 2^53 a float is no exact count.
    (value >= 0.0 && value.fract() == 0.0 && value < 9e15).then_some(value as u64)
}

/// A target that is already unescaped. One with its origin (`https://host/path`), as Google Cloud,
/// Azure and Netlify have it, gives its scheme and host too.
fn plain_target<'a>(uri: &'a str, event: &mut Event<'a>) {
    event.target = Some(Cow::Borrowed(uri));
    let mut target = uri;
    for scheme in ["http", "https"] {
        if let Some(rest) = uri.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            event.scheme = Some(Cow::Borrowed(scheme));
            event.host = Some(Cow::Borrowed(&rest[..end])).filter(|host| !host.is_empty());
            target = if end < rest.len() { &rest[end..] } else { "/" };
        }
    }
    let mark = seek::find(target.as_bytes(), b'?');
    let (path, query) = mark.map_or((target, ""), |at| (&target[..at], &target[at + 1..]));
    event.path = Some(Cow::Borrowed(path)).filter(|path| !path.is_empty());
    event.query = Some(Cow::Borrowed(query)).filter(|query| !query.is_empty());
}

/// A request line that had escapes: its parts are copied.
fn owned_request(line: &str, event: &mut Event<'_>) {
    let mut parts = Event::default();
    scan::request(line, scan::plain, &mut parts);
    event.method = owned(parts.method);
    event.target = owned(parts.target);
    event.path = owned(parts.path);
    event.query = owned(parts.query);
    event.protocol = owned(parts.protocol);
}

fn owned<'a>(text: Option<Text<'_>>) -> Option<Text<'a>> {
    text.map(|text| Cow::Owned(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_means_the_same_whatever_was_read_before() {
        let times = [
            "",
            "2026-11-22T10:00:00+00:00",
            "2026-11-22T10:00:01+00:00",
            "2026-11-22T10:00:00+00:0",
            "2026-11-22T10:00:00.123456789+00:00 and more",
            "1795341600.123",
            "[22/Nov/2026:10:00:00 +0000]",
            "no time",
        ];
        for before in times {
            for time in times {
                bracketed_time(before);
                assert_eq!(bracketed_time(time), time_of(time), "{time}");
                assert_eq!(bracketed_time(time), time_of(time), "{time}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_whole_number_is_what_a_plain_reader_reads(text in "[0-9]{0,22}|[0-9a-f.+/:-]{0,6}") {
            let plain = match text.parse::<u64>() {
                Ok(value) if scan::digits(&text) => Some(value),
                _ if scan::digits(&text) => None,
                _ => text.parse().ok().filter(|v: &f64| *v >= 0.0 && v.fract() == 0.0 && *v < 9e15).map(|v| v as u64),
            };
            prop_assert_eq!(whole(&text), plain);
        }
    }
}
