//! What several formats share: escapes, numbers, times, addresses and request lines.

use std::borrow::Cow;

use crate::decode::seek;
use crate::decode::stamp::{is_day_of_year, millis_from_civil, millis_of_day, month_from_name};
use crate::decode::text::{present, unescape};
use crate::vocab::event::{Event, Text};
use crate::vocab::time::{Millis, Stamp};

/// A duration of more than a year is a clock's mistake or a hostile line, not a duration.
const MAX_SECONDS: f64 = 31_536_000.0;
/// The longest method that is taken as one; the longest registered one has 17 letters
/// (`UPDATEREDIRECTREF`), scanners send whole sentences.
const METHOD_MAX: usize = 20;

/// A field as text, absent when `-` or empty, with its escapes undone.
pub(super) fn text(raw: &str) -> Option<Text<'_>> {
    present(raw).map(unescape)
}

pub(super) fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    let pair = bytes.get(at..at + 2)?;
    let digit = |b: u8| (b as char).to_digit(16).map(|v| v as u8);
    Some(digit(pair[0])? << 4 | digit(pair[1])?)
}

/// With what `%20` and its like stand for. Control characters stay encoded, and so does all of what would be no text.
pub(super) fn percent_decoded(text: Text<'_>) -> Text<'_> {
    let bytes = text.as_bytes();
    if memchr::memchr(b'%', bytes).is_none() {
        return text;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = if byte == b'%' { hex_pair(bytes, at + 1) } else { None };
        let code = code.filter(|code| !code.is_ascii_control());
        plain.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(plain).map_or(text, Cow::Owned)
}

/// Whether the byte at `at` stands behind an odd run of backslashes that begins at or after `from`.
pub(super) fn escaped(bytes: &[u8], from: usize, at: usize) -> bool {
    bytes[from..at].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// How a line's fields become text: with their escapes undone, or as they stand.
pub(super) type Reading = for<'a> fn(&'a str) -> Option<Text<'a>>;

/// One look at the line tells whether any field can hold an escape.
pub(super) fn reading(line: &str) -> Reading {
    if memchr::memchr(b'\\', line.as_bytes()).is_some() { text } else { plain }
}

/// A field as it stands, absent when `-` or empty.
pub(super) fn plain(raw: &str) -> Option<Text<'_>> {
    present(raw).map(Cow::Borrowed)
}

/// The first word and what follows the blanks behind it.
pub(super) fn word(text: &str) -> (&str, &str) {
    let text = trim(text);
    match memchr::memchr2(b' ', b'\t', text.as_bytes()) {
        Some(end) => (&text[..end], trim(&text[end..])),
        None => (text, ""),
    }
}

/// Without blanks and tabs in front.
pub(super) fn trim(text: &str) -> &str {
    let blanks = text.bytes().take_while(|&b| is_blank(b)).count();
    &text[blanks..]
}

/// Without blanks and tabs behind.
pub(super) fn trim_end(text: &str) -> &str {
    let blanks = text.bytes().rev().take_while(|&b| is_blank(b)).count();
    &text[..text.len() - blanks]
}

pub(super) fn status(token: &str) -> Option<u16> {
    if token.len() > 3 || !digits(token) { None } else { token.parse().ok() }
}

pub(super) fn bytes(token: &str) -> Option<u64> {
    let token = token.strip_prefix('+').unwrap_or(token);
    if digits(token) { token.parse().ok() } else { None }
}

/// One or more ASCII digits and nothing else.
pub(super) fn digits(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit())
}

/// Seconds as decimal text, in microseconds; `None` for what is negative, not finite or absurd.
pub(super) fn seconds_us(token: &str) -> Option<u64> {
    plain_seconds_us(token.as_bytes()).or_else(|| scaled_us(token, 1e6))
}

/// `12.345`, as servers write it, without the way over a float: up to 7 digits, a point and up to 6.
fn plain_seconds_us(token: &[u8]) -> Option<u64> {
    let mut whole = 0;
    let mut at = 0;
    while let Some(digit) = token.get(at).map(|b| b.wrapping_sub(b'0')).filter(|&d| d <= 9) {
        whole = whole * 10 + u64::from(digit);
        at += 1;
        if at > 7 {
            return None;
        }
    }
    let fraction = token.get(at + 1..)?;
    if at == 0 || token[at] != b'.' || fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let mut us = whole;
    for &byte in fraction {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        us = us * 10 + u64::from(digit);
    }
    Some(us * [0, 100_000, 10_000, 1000, 100, 10, 1][fraction.len()])
}

/// A decimal number times `scale`, in whole microseconds.
pub(super) fn scaled_us(token: &str, scale: f64) -> Option<u64> {
    if !token.bytes().next()?.is_ascii_digit() {
        return None;
    }
    // Whole numbers without the way over decimal fractions; up to 15 digits a float holds them exactly.
    let value = match digits(token) && token.len() <= 15 {
        true => token.parse::<u64>().ok()? as f64,
        false => token.parse().ok()?,
    };
    in_us(value * scale)
}

/// Whole microseconds; `None` for what is not finite or absurd.
pub(super) fn in_us(us: f64) -> Option<u64> {
    if us.is_finite() && us <= MAX_SECONDS * 1e6 { Some(us.round() as u64) } else { None }
}

/// `12ms`, `37 ms`, `1.5s`, `250µs`, `1m2.5s` (Go), `0:01:02.5` (Python), `0.012` (seconds) or nginx's list over
/// the upstreams tried, `0.1, 0.2 : 0.3`, summed with `-` skipped. With anything else in it, such as a unit that
/// nobody knows, it is no duration.
pub(super) fn duration_us(text: &str) -> Option<u64> {
    if let Some(us) = plain_seconds_us(text.as_bytes()).or_else(|| clock_us(text)) {
        return Some(us);
    }
    // A comma between digits and no point anywhere (`0,005`) is a decimal comma or a list of whole
    // seconds: one reading is wrong by a factor of a thousand, so it has none.
    let between_digits = |w: &[u8]| w[0].is_ascii_digit() && w[1] == b',' && w[2].is_ascii_digit();
    if text.as_bytes().windows(3).any(between_digits) && !text.contains('.') {
        return None;
    }
    let parts = text.split([',', ':', ' ']).filter(|part| !matches!(*part, "" | "-"));
    let mut parts = parts.peekable();
    let mut sum: Option<u64> = None;
    while let Some(part) = parts.next() {
        let us = match parts.peek().and_then(|next| unit(next)) {
            Some(scale) => {
                parts.next();
                scaled_us(part, scale)?
            }
            None => seconds_us(part).or_else(|| unit_us(part))?,
        };
        sum = Some(sum.unwrap_or(0).saturating_add(us));
    }
    sum
}

/// `0:01:00.5`, as Python prints a `timedelta` and .NET a `TimeSpan`. nginx writes blanks around its colons, and
/// a fraction before each.
fn clock_us(text: &str) -> Option<u64> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let sixty = |pair: &str| digits(pair) && pair.len() == 2 && pair < "60";
    if !digits(hours) || !sixty(minutes) || !sixty(whole) || !digits(fraction) {
        return None;
    }
    Some(scaled_us(hours, 3600e6)? + scaled_us(minutes, 60e6)? + scaled_us(seconds, 1e6)?)
}

/// A number in the unit that its name says, by its `scale`; one that says its own unit (`37ms`) in that.
pub(super) fn named_us(text: &str, scale: f64) -> Option<u64> {
    let own = || text.ends_with(|last: char| last.is_ascii_alphabetic());
    scaled_us(text, scale).or_else(|| if own() { duration_us(text) } else { None })
}

/// A number with its unit, or several of them as Go prints durations.
pub(super) fn unit_us(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let tail = &rest[number..];
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        sum = sum.saturating_add(scaled_us(&rest[..number], unit(&tail[..end])?)?);
        rest = &tail[end..];
    }
    if text.is_empty() { None } else { Some(sum) }
}

/// A unit's microseconds.
fn unit(name: &str) -> Option<f64> {
    Some(match name {
        "ns" => 1e-3,
        "us" | "µs" | "μs" => 1.0,
        "ms" | "msec" | "milliseconds" => 1e3,
        "s" | "sec" | "seconds" => 1e6,
        "m" | "min" | "minutes" => 60e6,
        "h" => 3600e6,
        _ => return None,
    })
}

/// Two digits.
fn pair(bytes: &[u8], at: usize) -> Option<u32> {
    let &[tens, ones] = bytes.get(at..at + 2)? else {
        return None;
    };
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens > 9 || ones > 9 { None } else { Some(u32::from(tens * 10 + ones)) }
}

/// Four digits.
fn year(bytes: &[u8], at: usize) -> Option<u32> {
    Some(pair(bytes, at)? * 100 + pair(bytes, at + 2)?)
}

fn local(date: (u32, u8, u32), clock: (u32, u32, u32), ms: u32) -> Option<Millis> {
    let (hour, minute, second) = clock;
    let time = (hour as u8, minute as u8, second as u8);
    millis_from_civil((i64::from(date.0), date.1, date.2 as u8), time, ms as u16)
}

fn clock(bytes: &[u8], at: usize) -> Option<(u32, u32, u32)> {
    let apart = bytes.get(at + 2) == Some(&b':') && bytes.get(at + 5) == Some(&b':');
    if !apart {
        return None;
    }
    Some((pair(bytes, at)?, pair(bytes, at + 3)?, pair(bytes, at + 6)?))
}

/// A fraction of a second at `at` (`.123456` or `,123`): milliseconds, cut, and where it ends.
fn fraction(bytes: &[u8], at: usize) -> (u32, usize) {
    if !matches!(bytes.get(at), Some(b'.' | b',')) {
        return (0, at);
    }
    let mut end = at + 1;
    let mut ms = 0;
    while let Some(b) = bytes.get(end).filter(|b| b.is_ascii_digit()) {
        match end - at {
            1 => ms += u32::from(b - b'0') * 100,
            2 => ms += u32::from(b - b'0') * 10,
            3 => ms += u32::from(b - b'0'),
            _ => {}
        }
        end += 1;
    }
    (ms, end)
}

/// Offset of a zone from UTC in ms: `Z`, `+0330`, `-03:30`, `+02`; `None` when it is no zone.
fn zone_ms(zone: &[u8]) -> Option<i64> {
    let sign = match zone.first()? {
        b'Z' | b'z' if zone.len() == 1 => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = pair(zone, 1)?;
    let minutes = match zone.len() {
        3 => 0,
        5 => pair(zone, 3)?,
        6 if zone[3] == b':' => pair(zone, 4)?,
        _ => return None,
    };
    Some(sign * i64::from(hours * 60 + minutes) * 60_000)
}

fn stamp(local: Millis, zone: &[u8]) -> Option<Stamp> {
    if zone.is_empty() {
        return Some(Stamp::Local(local));
    }
    Some(Stamp::Utc(Millis(local.0 - zone_ms(zone)?)))
}

/// `22/Nov/2026:19:19:05 +0000`, with a fraction, without a zone (HAProxy) or with a blank before the
/// clock (Python) too. A zone's name but UTC's is left to the source's own zone.
pub(super) fn clf_time(text: &str) -> Option<Stamp> {
    let b = text.as_bytes();
    if b.get(2) != Some(&b'/') || b.get(6) != Some(&b'/') || !matches!(b.get(11), Some(b':' | b' '))
    {
        return None;
    }
    let (ms, end) = fraction(b, 20);
    let local =
        local((year(b, 7)?, month_from_name(b.get(3..6)?)?, pair(b, 0)?), clock(b, 12)?, ms)?;
    stamp(local, zone_of(b.get(end..)?))
}

/// `Sun, 22 Nov 2026 19:19:05 GMT`, the date of HTTP's headers.
fn http_time(text: &str) -> Option<Stamp> {
    let (_weekday, text) = text.split_once(", ")?;
    let b = text.as_bytes();
    let apart = b.get(2) == Some(&b' ') && b.get(6) == Some(&b' ') && b.get(11) == Some(&b' ');
    if !apart {
        return None;
    }
    let local =
        local((year(b, 7)?, month_from_name(b.get(3..6)?)?, pair(b, 0)?), clock(b, 12)?, 0)?;
    stamp(local, zone_of(b.get(20..)?))
}

/// A zone without the blanks around it; `Z` for UTC by its names, nothing for another name.
fn zone_of(text: &[u8]) -> &[u8] {
    match text.trim_ascii() {
        b"UTC" | b"GMT" => b"Z",
        name if (3..=5).contains(&name.len()) && name.iter().all(u8::is_ascii_uppercase) => b"",
        zone => zone,
    }
}

/// `2026-11-22T19:19:05.123+00:00`, also with `/` in the date, a blank for `T`, and without a zone.
pub(super) fn iso_time(text: &str) -> Option<Stamp> {
    let b = text.as_bytes();
    let apart = matches!(b.get(4), Some(b'-' | b'/')) && b.get(7) == b.get(4);
    if !apart || !matches!(b.get(10), Some(b'T' | b't' | b' ' | b'_')) {
        return None;
    }
    let (ms, end) = fraction(b, 19);
    let local = local((year(b, 0)?, pair(b, 5)? as u8, pair(b, 8)?), clock(b, 11)?, ms)?;
    let zone = b.get(end..)?.trim_ascii();
    stamp(local, if zone == b"UTC" || zone == b"GMT" { b"Z" } else { zone })
}

/// `Sun Nov 22 19:19:05.123456 2026`, the wall clock of Apache's error log.
pub(super) fn ctime(text: &str) -> Option<Stamp> {
    let mut words = text.split_ascii_whitespace();
    let _weekday = words.next().filter(|day| day.bytes().all(|b| b.is_ascii_alphabetic()))?;
    let month = month_from_name(words.next()?.as_bytes())?;
    let day = words.next()?.parse().ok()?;
    let time = words.next()?.as_bytes();
    let year_word = words.next().filter(|y| y.len() == 4)?;
    let (ms, _) = fraction(time, 8);
    local((year(year_word.as_bytes(), 0)?, month, day), clock(time, 0)?, ms).map(Stamp::Local)
}

/// `1122` and `19:19:05.123456`: a day without its year, as klog writes it.
pub(super) fn month_day_time(date: &str, time: &str) -> Option<Stamp> {
    let [date, time] = [date, time].map(str::as_bytes);
    let (month, day) = (pair(date, 0)? as u8, pair(date, 2)? as u8);
    let (hour, minute, second) = clock(time, 0)?;
    let ms = millis_of_day(hour as u8, minute as u8, second as u8, fraction(time, 8).0 as u16)?;
    is_day_of_year(month, day).then_some(Stamp::Yearless { month, day, ms })
}

/// Whether a text that is no time is meant as one: a date with a clock, or a number of seconds or more since 1970 that is
/// too large. A smaller number may be a duration, and `0` is nothing.
pub(super) fn tells_time(text: &str) -> bool {
    let Some(first) = text.bytes().find(|b| !matches!(b, b'[' | b'-')) else { return false };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match text.parse::<f64>() {
        Ok(number) => first.is_ascii_digit() && number.abs() >= 1e8,
        // A year, a day and a clock; their month may be a name.
        Err(_) => digits >= 12 && text.contains(':') && text.contains(['/', '-', ' ']),
    }
}

/// Any time that a bracket or a JSON value holds.
pub(super) fn any_time(text: &str) -> Option<Stamp> {
    clf_time(text)
        .or_else(|| iso_time(text))
        .or_else(|| ctime(text))
        .or_else(|| epoch(text))
        .or_else(|| http_time(text))
        .or_else(|| cpanel_time(text))
}

/// `11/22/2026:19:19:05 -0000`, as cPanel's own server writes it: the month first.
fn cpanel_time(text: &str) -> Option<Stamp> {
    let b = text.as_bytes();
    let apart = b.get(2) == Some(&b'/') && b.get(5) == Some(&b'/') && b.get(10) == Some(&b':');
    if !apart {
        return None;
    }
    let local = local((year(b, 6)?, pair(b, 0)? as u8, pair(b, 3)?), clock(b, 11)?, 0)?;
    // Without a zone it is somebody else's.
    stamp(local, zone_of(b.get(19..)?)).filter(|stamp| matches!(stamp, Stamp::Utc(_)))
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size: each
/// range covers the years 1973 to 5138.
pub(super) fn epoch(text: &str) -> Option<Stamp> {
    let (whole, frac) = text.split_once('.').unwrap_or((text, ""));
    if !digits(whole) || whole.len() > 19 || (!frac.is_empty() && !digits(frac)) {
        // Written with an exponent by some JSON encoders.
        let value: f64 = text.parse().ok()?;
        let near = (1e8..1e11).contains(&value);
        return near.then_some(Stamp::Utc(Millis((value * 1000.0) as i64)));
    }
    let value: i64 = whole.parse().ok()?;
    let ms = match value {
        0..100_000_000 => return None,
        100_000_000..100_000_000_000 => {
            let b = frac.as_bytes();
            let digit = |at: usize| b.get(at).map_or(0, |d| i64::from(d - b'0'));
            value * 1000 + digit(0) * 100 + digit(1) * 10 + digit(2)
        }
        100_000_000_000..100_000_000_000_000 => value,
        100_000_000_000_000..100_000_000_000_000_000 => value / 1000,
        _ => value / 1_000_000,
    };
    Some(Stamp::Utc(Millis(ms)))
}

/// Splits `1.2.3.4:567`, `[::1]:80` and `host:80`; a bare IPv6 address is no `address:port`, except
/// where there is one group too many for an address, or a group of five digits (Apache, HAProxy).
pub(super) fn address(token: &str) -> (&str, Option<u16>) {
    if let Some(inner) = token.strip_prefix('[') {
        return match inner.split_once(']') {
            Some((ip, rest)) => (ip, rest.strip_prefix(':').and_then(|port| port.parse().ok())),
            None => (inner, None),
        };
    }
    if seek::find(token.as_bytes(), b':').is_none() {
        return (token, None);
    }
    let Some(last) = memchr::memrchr(b':', token.as_bytes()) else {
        return (token, None);
    };
    let (front, port) = (&token[..last], &token[last + 1..]);
    let colons = memchr::memchr_iter(b':', front.as_bytes()).count();
    // Five digits are no group of an address (Apache's `[client ::1:58619]`).
    let too_long = || port.len() == 5 && front.parse::<std::net::Ipv6Addr>().is_ok();
    let splits = colons == 0 || colons == 7 || front.contains('.') || too_long();
    match port.parse() {
        Ok(value) if splits && digits(port) && !front.is_empty() => (front, Some(value)),
        _ => (token, None),
    }
}

/// Whether the token reads as an IP address (with zone, brackets and port as they come).
pub(super) fn is_ip(token: &str) -> bool {
    let bytes = token.as_bytes();
    let fits = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'[');
    if !bytes.first().is_some_and(fits) {
        return false;
    }
    // Digits in four groups are an address wherever one is expected, even 999.1.1.1.
    if bytes.iter().all(|&b| b.is_ascii_digit() || b == b'.') {
        return bytes.iter().filter(|&&b| b == b'.').count() == 3;
    }
    let (ip, _) = address(token);
    let (bare, zone) = ip.split_once('%').unwrap_or((ip, ""));
    if !zone.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
        return false;
    }
    bare.parse::<std::net::IpAddr>().is_ok()
}

/// Whether the token reads as a host name with a dot, or `localhost`, perhaps with a port.
pub(super) fn is_host(token: &str) -> bool {
    let (name, _) = address(token);
    if name == "localhost" {
        return true;
    }
    let Some((front, last)) = name.rsplit_once('.') else {
        return false;
    };
    let letters = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    letters
        && last.bytes().any(|b| b.is_ascii_alphabetic())
        && !front.is_empty()
        && front
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'*'))
}

/// Fills `request`, `method`, `target`, `path`, `query` and `protocol` as far as they can be read.
/// TLS bytes, free text and an empty line give the request alone.
pub(super) fn request<'a>(raw: &'a str, text: Reading, event: &mut Event<'a>) {
    request_as(raw, text, |place, text| *place = text, event);
}

/// As [`request`], of a line without escapes, into an event that has no request yet.
pub(super) fn plain_request<'a>(raw: &'a str, event: &mut Event<'a>) {
    request_as(raw, plain, Event::put, event);
}

#[inline(always)]
fn request_as<'a>(
    raw: &'a str,
    text: impl Fn(&'a str) -> Option<Text<'a>>,
    put: impl Fn(&mut Option<Text<'a>>, Option<Text<'a>>),
    event: &mut Event<'a>,
) {
    let whole = text(raw);
    let none = whole.is_none();
    put(&mut event.request, whole);
    if none {
        return;
    }
    let Some(split) = split_request(raw) else { return };
    put(&mut event.method, Some(Cow::Borrowed(split.method)));
    put(&mut event.protocol, split.protocol.map(Cow::Borrowed));
    target_as(split.target, text, put, event);
}

/// A request line that reads as one.
pub(super) struct Split<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) protocol: Option<&'a str>,
}

#[inline(always)]
pub(super) fn split_request(raw: &str) -> Option<Split<'_>> {
    let (line, protocol) = split_protocol(raw);
    let usual = match line.as_bytes() {
        [b'G', b'E', b'T', b' ', ..] => Some(3),
        [b'P', b'O', b'S', b'T', b' ', ..] => Some(4),
        _ => None,
    };
    let end = usual.or_else(|| memchr::memchr2(b' ', b'\t', line.as_bytes()))?;
    let (method, target) = (&line[..end], trim_end(trim(&line[end..])));
    let token = usual.is_some()
        || (method.len() <= METHOD_MAX
            && method.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'))
            && !method.is_empty());
    let readable = protocol.is_some() || target.starts_with(['/', '*']) || target.contains("://");
    (token && readable && !target.is_empty()).then_some(Split { method, target, protocol })
}

/// Fills `target`, `path` and `query`.
pub(super) fn target<'a>(raw: &'a str, text: Reading, event: &mut Event<'a>) {
    target_as(raw, text, |place, text| *place = text, event);
}

#[inline(always)]
fn target_as<'a>(
    raw: &'a str,
    text: impl Fn(&'a str) -> Option<Text<'a>>,
    put: impl Fn(&mut Option<Text<'a>>, Option<Text<'a>>),
    event: &mut Event<'a>,
) {
    put(&mut event.target, text(raw));
    let (path, query) = split_target(raw);
    put(&mut event.path, text(path));
    put(&mut event.query, text(query));
}

/// Path and query, which begins behind the first `?`.
#[inline(always)]
pub(super) fn split_target(target: &str) -> (&str, &str) {
    match seek::find(target.as_bytes(), b'?') {
        Some(at) => (&target[..at], &target[at + 1..]),
        None => (target, ""),
    }
}

fn split_protocol(raw: &str) -> (&str, Option<&str>) {
    if let Some(&[b' ', ref version @ ..]) = raw.as_bytes().last_chunk::<9>()
        && let [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] = version
    {
        // Nearly every request.
        let (line, protocol) = raw.split_at(raw.len() - "HTTP/1.1".len());
        return (&line[..line.len() - 1], Some(protocol));
    }
    let line = trim_end(raw);
    let Some(at) = memchr::memrchr(b' ', line.as_bytes()) else {
        return (line, None);
    };
    let last = &line[at + 1..];
    let named = last.as_bytes().get(..5).is_some_and(|p| p.eq_ignore_ascii_case(b"HTTP/"));
    // Hypercorn writes the bare version.
    let protocol = match last {
        _ if named => Some(last),
        "1.0" => Some("HTTP/1.0"),
        "1.1" => Some("HTTP/1.1"),
        "2" => Some("HTTP/2.0"),
        "3" => Some("HTTP/3.0"),
        _ => None,
    };
    // Behind a method and a target: what is left of a target that was cut is none.
    let whole = named || line[..at].contains(' ');
    match protocol.filter(|_| whole) {
        Some(protocol) => (&line[..at], Some(protocol)),
        None => (line, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_its_unit_or_none() {
        let cases = [
            ("37ms", Some(37_000)),
            ("37 ms", Some(37_000)),
            ("37.123 ms", Some(37_123)),
            ("37  µs", Some(37)),
            ("250 μs", Some(250)),
            ("1500 ns", Some(2)),
            ("2 s", Some(2_000_000)),
            ("1m 2.5s", Some(62_500_000)),
            ("1 m 2 s", Some(62_000_000)),
            ("0.1, 0.2 : 0.3", Some(600_000)),
            ("0.1, - : -", Some(100_000)),
            ("0:01:00.5", Some(60_500_000)),
            ("0:00:00.012345", Some(12_345)),
            ("00:00:00.0371234", Some(37_123)),
            ("1:02:03", Some(3_723_000_000)),
            // nginx's list with and without its blanks.
            ("0.1 : 0.20 : 0.30", Some(600_000)),
            ("0.1:0.20:0.30", Some(600_000)),
            ("-", None),
            ("37.1234 foo", None),
            ("37 apples", None),
            ("foo 37", None),
            ("37 ms foo", None),
            ("ms", None),
            ("0.1, foo", None),
            ("2026-11-22T10:00:00.5Z", None),
            ("22/Nov/2026:10:00:00 +0000", None),
        ];
        for (text, us) in cases {
            assert_eq!(duration_us(text), us, "{text}");
        }
        let named = [("37", Some(37_000)), ("37ms", Some(37_000)), ("37 s", Some(37_000_000))];
        for (text, us) in named.into_iter().chain([("1, 2", None), ("1e999", None), ("-1ms", None)])
        {
            assert_eq!(named_us(text, 1e3), us, "{text}");
        }
    }
}
