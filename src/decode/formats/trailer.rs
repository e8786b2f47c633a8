//! What people add behind combined: times, addresses, cache status, host, by position or by name.

use std::borrow::Cow;

use super::scan::Reading;
use super::units::{self, Units};
use super::{absolute, alias, foreseen, scan};
use crate::decode::seek;
use crate::decode::text::present;
use crate::vocab::event::{Bare, Event};
use crate::vocab::time::{Millis, Stamp};

/// Words of nginx's `$upstream_cache_status` and of Varnish's `%{Varnish:handling}x`.
const CACHE: [&str; 13] = [
    "HIT",
    "MISS",
    "EXPIRED",
    "STALE",
    "UPDATING",
    "REVALIDATED",
    "BYPASS",
    "SCARCE",
    "PASS",
    "PIPE",
    "SYNTH",
    "HITMISS",
    "HITPASS",
];
/// Fields behind the agent that are looked at; the rest of the line is not read.
const FIELDS_MAX: usize = 64;

/// Names behind an agent are shorter; a longer one is read the long way.
const PAIR_NAME_MAX: usize = 40;

/// Whether it is one of nginx's or Varnish's words for what a cache did.
pub(super) fn is_cache(word: &str) -> bool {
    CACHE.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// One field of a line, without its quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) raw: &'a str,
    pub(super) quoted: bool,
    /// Its closing quote is missing.
    pub(super) open: bool,
}

/// The next field, `"quoted text"`, `word`, `key="quoted text"` or `key:"quoted text"`, and what
/// follows it. A quote closes only where a blank or the end of the line follows it.
pub(super) fn field(text: &str) -> Option<(Field<'_>, &str)> {
    let text = scan::trim(text);
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'"' => Some(match closing(bytes, 1) {
            Some(end) => {
                (Field { raw: &text[1..end], quoted: true, open: false }, &text[end + 1..])
            }
            None => (Field { raw: &text[1..], quoted: true, open: true }, ""),
        }),
        b'[' if bytes.get(1) != Some(&b']') => {
            let end = memchr::memchr(b']', bytes).map_or(bytes.len(), |at| at + 1);
            Some((Field { raw: &text[..end], quoted: false, open: false }, &text[end..]))
        }
        _ => {
            let mut end = memchr::memchr2(b' ', b'\t', bytes).unwrap_or(bytes.len());
            let quote = memchr::memchr_iter(b'"', &bytes[..end])
                .find(|&at| at > 0 && matches!(bytes[at - 1], b'=' | b':'));
            if let Some(quote) = quote {
                end = closing(bytes, quote + 1).map_or(bytes.len(), |at| at + 1);
            }
            Some((Field { raw: &text[..end], quoted: false, open: false }, &text[end..]))
        }
    }
}

fn closing(bytes: &[u8], from: usize) -> Option<usize> {
    memchr::memchr_iter(b'"', &bytes[from..]).map(|at| from + at).find(|&at| {
        let ends = bytes.get(at + 1).is_none_or(|&b| scan::is_blank(b));
        ends && !scan::escaped(bytes, from, at)
    })
}

/// Whether a word of the text ends with a quote that it does not begin with: then a field before
/// it held raw quotes.
pub(super) fn stray_quote(text: &str) -> bool {
    !plainly_quoted(text.as_bytes()) && has_stray_quote(text)
}

/// Whether each quote opens a value, and the next one closes it, so that there is no other way to read them. `false` may
/// be wrong.
fn plainly_quoted(bytes: &[u8]) -> bool {
    if seek::find(bytes, b'"').is_none() {
        return true;
    }
    // Brackets hold blanks and quotes of their own, and a quote may be escaped.
    if seek::any(bytes, |b| (b == b'[') | (b == b'\\')) {
        return false;
    }
    let mut done = 0;
    while let Some(open) = seek::find(&bytes[done..], b'"').map(|at| done + at) {
        let opens = open == 0 || matches!(bytes[open - 1], b' ' | b'\t' | b'=');
        let inner = &bytes[open + 1..];
        let Some(close) = seek::find(inner, b'"').filter(|_| opens) else { return false };
        if !inner.get(close + 1).is_none_or(|&b| scan::is_blank(b)) {
            return false;
        }
        done = open + close + 2;
    }
    true
}

fn has_stray_quote(text: &str) -> bool {
    let mut rest = text;
    while let Some((field, after)) = field(rest) {
        let named = field.raw.contains("=\"") || field.raw.contains(":\"");
        if !field.quoted && field.raw.ends_with('"') && !named {
            return true;
        }
        rest = after;
    }
    false
}

/// Reads the fields behind the agent into the event.
pub(super) fn read<'a>(text: &'a str, reading: Reading, event: &mut Event<'a>) {
    let (rest, left) = pairs((text, FIELDS_MAX), reading, event);
    others(text, (rest, left), reading, event);
}

/// As [`read`], where nothing is escaped and no quote is stray; where one is the event is of no use.
pub(super) fn read_plain<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let (rest, count) = foreseen::read(text, event);
    let (rest, left) = pairs((rest, FIELDS_MAX - count), scan::plain, event);
    if rest.is_empty() {
        return true;
    }
    let plain = !stray_quote(rest);
    if plain {
        others(text, (rest, left), scan::plain, event);
    }
    plain
}

/// Reads pairs of a name and a value, up to `left`, as long as nothing else comes; gives what does, and how many fields
/// are left.
fn pairs<'a>(
    (mut rest, mut left): (&'a str, usize),
    reading: Reading,
    event: &mut Event<'a>,
) -> (&'a str, usize) {
    while left > 0
        && let Some((key, value, after)) = pair(rest)
    {
        set(key, value, reading, event);
        (rest, left) = (after, left - 1);
    }
    (rest, left)
}

/// Reads up to `left` fields of any kind from `rest` on, the end of `text`.
fn others<'a>(
    text: &'a str,
    (rest, left): (&'a str, usize),
    reading: Reading,
    event: &mut Event<'a>,
) {
    let mut rest = rest;
    if left == FIELDS_MAX {
        let Some(behind) = layout(text, event) else { return };
        rest = behind;
    }
    let mut times = 0;
    for nth in 0..left {
        if let Some((key, value, after)) = pair(rest) {
            set(key, value, reading, event);
            rest = after;
            continue;
        }
        let Some((field, after)) = field(rest) else {
            return;
        };
        rest = after;
        let named = if field.quoted || is_time(field.raw) { None } else { split_named(field.raw) };
        if let Some((key, value)) = named {
            let value = value.strip_prefix('"').map_or(value, |v| v.strip_suffix('"').unwrap_or(v));
            set(key, value, reading, event);
            continue;
        }
        // `"rt=0.001"`, `request_time:0.001`.
        if let Some((key, value)) = named_time(field.raw) {
            alias::set_text(key, value, reading, event);
            continue;
        }
        // Express's morgan writes the unit apart.
        if let ("ms", after) = scan::word(rest)
            && is_time(field.raw)
        {
            rest = after;
            position_time(&mut times, scan::scaled_us(field.raw, 1e3), event);
            continue;
        }
        if is_time_list(field.raw) || (!field.quoted && is_time_start(field.raw)) {
            let list = if field.quoted { field.raw } else { time_list(text, rest, field.raw) };
            rest = if field.quoted { rest } else { &text[end_of(text, list)..] };
            let us = scan::duration_us(list);
            // Longer than any request is a moment: nginx's `$msec`.
            if us.is_some() || !is_time(list) {
                position_time(&mut times, us, event);
            }
            continue;
        }
        let field = match field.raw.strip_suffix(',').filter(|_| !field.quoted) {
            Some(_) => {
                let (raw, after) = list(text, rest, field.raw);
                rest = after;
                Field { raw, ..field }
            }
            None => field,
        };
        // Nothing stands between it and the agent.
        let next = left == FIELDS_MAX && nth == 0;
        positional(field, next, reading, &mut times, event);
    }
}

/// Reads the layouts of other programs, which begin with a number; gives what else is to be read.
fn layout<'a>(text: &'a str, event: &mut Event<'a>) -> Option<&'a str> {
    // `-` for no number, `*12/12345*`.
    if !matches!(scan::trim(text).as_bytes().first()?, b'0'..=b'9' | b'-' | b'*') {
        return Some(text);
    }
    if haproxy_clf(text, event).is_some() || counted(text, event).is_some() {
        return None;
    }
    traefik(text, event).or_else(|| ingress(text, event)).or(Some(text))
}

/// `name=value` or `name="value"` without another quote, as most write all of them, and what follows; the name begins with a letter. What it gives is
/// what [`field`] and [`split_named`] give; `None` says nothing.
#[inline]
fn pair(text: &str) -> Option<(&str, &str, &str)> {
    let text = scan::trim(text);
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_alphabetic() {
        return None;
    }
    let near = &bytes[..bytes.len().min(PAIR_NAME_MAX)];
    let equals = seek::first_of(near, [b'=', b' ', b'\t', b'"'])?;
    if bytes[equals] != b'=' {
        return None;
    }
    let value = equals + 1;
    if let [b'"', inner @ ..] = &bytes[value..] {
        let end = seek::find(inner, b'"')?;
        let closes = inner.get(end + 1).is_none_or(|&b| scan::is_blank(b));
        let escaped = end > 0 && inner[end - 1] == b'\\';
        let after = value + 1 + end;
        return (closes && !escaped)
            .then(|| (&text[..equals], &text[value + 1..after], &text[after + 1..]));
    }
    let end =
        seek::first_of(&bytes[value..], [b' ', b'\t', b'"']).map_or(bytes.len(), |at| value + at);
    (bytes.get(end) != Some(&b'"')).then(|| (&text[..equals], &text[value..end], &text[end..]))
}

fn set<'a>(key: &str, value: &'a str, text: Reading, event: &mut Event<'a>) {
    let key = match key {
        // Behind an agent that is known, `ua` is the upstream's address (`rt= uct= urt= ua=`).
        "ua" => "uaddr",
        // The names of NGINX Amplify's format, which elsewhere may be anything.
        "sn" if scan::is_host(value) && !scan::is_ip(value) => "host",
        "ut" if is_time_list(value) => "urt",
        _ => key,
    };
    alias::set_text(key, value, text, event);
}

/// An unquoted list of anything, which goes on while its words end with a comma, and what follows it.
fn list<'a>(text: &'a str, rest: &'a str, first: &'a str) -> (&'a str, &'a str) {
    let begin = end_of(text, first) - first.len();
    let mut rest = rest;
    let mut last = first;
    while last.ends_with(',') {
        let (next, after) = scan::word(rest);
        if next.is_empty() {
            break;
        }
        (last, rest) = (next, after);
    }
    (text[begin..end_of(text, last)].trim_end_matches(','), rest)
}

/// HAProxy's `option httplog clf` (manual 8.2.3): `port ms "frontend" "backend" "server" TR Tw Tc Tr
/// Ta state`, then counters and captured headers, times in ms.
fn haproxy_clf<'a>(text: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (port, rest) = scan::word(text);
    if !scan::digits(port) {
        return None;
    }
    let (ms, rest) = scan::word(rest);
    let (frontend, rest) = field(rest)?;
    let (backend, rest) = field(rest)?;
    let (server, mut rest) = field(rest)?;
    let quoted = frontend.quoted && backend.quoted && server.quoted;
    if !quoted || !scan::digits(ms) || ms.len() > 3 {
        return None;
    }
    let mut timers = [None; 5];
    for timer in &mut timers {
        let (token, after) = scan::word(rest);
        let number = token.strip_prefix('+').unwrap_or(token);
        if number != "-1" && !scan::digits(number) {
            return None;
        }
        *timer = scan::scaled_us(number, 1e3);
        rest = after;
    }
    if scan::word(rest).0.len() != 4 {
        return None;
    }
    let [_, _, connect, response, total] = timers;
    event.remote_port = port.parse().ok();
    if let (Some(Stamp::Utc(at)), Ok(ms)) = (event.stamp, ms.parse::<i64>()) {
        event.stamp = Some(Stamp::Utc(Millis(at.0 + ms)));
    }
    event.request_time_us = total;
    event.upstream_time_us = response.map(|us| us + connect.unwrap_or(0));
    event.scheme = frontend.raw.ends_with('~').then_some(Cow::Borrowed("https"));
    // `<NOSRV>`, `<STATS>`: no server took it.
    if !server.raw.ends_with('>') {
        event.upstream = Some(Cow::Owned(format!("{}/{}", backend.raw, server.raw)));
    }
    absolute::of_haproxy(event);
    Some(())
}

/// nginx writes its times with just three decimals, Rack with four, gunicorn with six; a gzip ratio
/// has two, a port none.
pub(super) fn is_time(token: &str) -> bool {
    let Some(point) = memchr::memchr(b'.', token.as_bytes()) else { return false };
    let (whole, decimals) = (&token[..point], &token[point + 1..]);
    matches!(decimals.len(), 3..=6) && scan::digits(whole) && scan::digits(decimals)
}

/// Nothing but numbers: Apache's `%D` (µs) or `%T/%D` alone, `%I %O`, `%D %T` or Tomcat's `%D %F`.
///
/// `%T` is the same time in whole seconds, looked up a moment later; `%F` is when the answer began, most of the
/// time of nearly all. Two numbers that are neither are something else, such as nginx's
/// `$connection $connection_requests`, of which the second is far smaller.
///
/// A number alone is read as Apache means it and gunicorn does, in microseconds. Tomcat before
/// version 10 and Jetty mean milliseconds, `%T` and Icecast seconds, and no line tells, but what else its source wrote
/// does (`units.rs`); up to two digits it is left, for no request takes so few microseconds.
fn counted(text: &str, event: &mut Event<'_>) -> Option<()> {
    let (first, rest) = scan::word(text);
    let (second, rest) = scan::word(rest);
    if !rest.is_empty() {
        return None;
    }
    if second.is_empty() {
        let both = first.trim_matches('*').split_once('/');
        if let Some((seconds, us)) = both.filter(|(a, b)| scan::digits(a) && scan::digits(b)) {
            let (seconds, us) = (seconds.parse::<u64>().ok()?, scan::scaled_us(us, 1.0)?);
            event.request_time_us = (us / 1_000_000 == seconds).then_some(us);
            return Some(());
        }
        if !scan::digits(first) {
            return None;
        }
        let number: f64 = first.parse().ok()?;
        // What was no answer took no time in any unit.
        let told = number >= 10.0 || matches!(event.status, Some(200..=399));
        if told && !PORTS.contains(&first) {
            let bare = Bare { name: units::BEHIND, number, whole: true };
            event.bare = Some(bare);
            event.request_time_us = Units::default().us(bare);
        }
        return Some(());
    }
    if !scan::digits(first) || !scan::digits(second) {
        return None;
    }
    let (received, sent): (u64, u64) = (first.parse().ok()?, second.parse().ok()?);
    let body = event.bytes.unwrap_or(0);
    if sent >= body && sent - body < HEAD_MAX && received >= REQUEST_MIN {
        event.bytes_in = Some(received);
    } else if [received, received.saturating_add(1_000)].iter().any(|us| us / 1_000_000 == sent)
        || (sent >= 100 && sent <= received && sent >= received / 2)
    {
        event.request_time_us = scan::scaled_us(first, 1.0);
    }
    Some(())
}

/// Ports that stand alone behind an agent in some configurations (`%p`).
const PORTS: [&str; 4] = ["443", "8080", "8443", "8000"];
/// A response's head is not longer; `%O` counts it with the body.
const HEAD_MAX: u64 = 16 << 10;
/// No request is shorter: `GET / HTTP/1.0` and two line ends.
const REQUEST_MIN: u64 = 16;

/// ingress-nginx: `$request_length $request_time [service] …`; gives what follows the first.
fn ingress<'a>(text: &'a str, event: &mut Event<'_>) -> Option<&'a str> {
    let (length, rest) = scan::word(text);
    let (time, after) = scan::word(rest);
    let fits = scan::digits(length) && is_time(time) && after.starts_with('[');
    event.bytes_in = if fits { scan::bytes(length) } else { return None };
    Some(rest)
}

/// Traefik: `number "router" "server's URL" 12ms`; gives what follows.
fn traefik<'a>(text: &'a str, event: &mut Event<'a>) -> Option<&'a str> {
    let (number, rest) = scan::word(text);
    if number != "-" && !scan::digits(number) {
        return None;
    }
    let (router, rest) = field(rest)?;
    let (server, rest) = field(rest)?;
    let (duration, rest) = scan::word(rest);
    let us = scan::unit_us(duration)?;
    if !router.quoted || !server.quoted {
        return None;
    }
    event.request_time_us = Some(us);
    let server = server.raw.split_once("://").map_or(server.raw, |(_, at)| at);
    event.upstream = present(server.trim_end_matches('/')).map(Cow::Borrowed);
    Some(rest)
}

/// A name and a time, and nothing else.
fn named_time(text: &str) -> Option<(&str, &str)> {
    let key = text.bytes().take_while(|b| b.is_ascii_lowercase() || *b == b'_').count();
    let value = text[key..].strip_prefix(['=', ':']).filter(|_| key > 0)?;
    is_time(value).then_some((&text[..key], value))
}

fn split_named(word: &str) -> Option<(&str, &str)> {
    let at = word.bytes().position(|b| b == b'=')?;
    Some((&word[..at], &word[at + 1..]))
}

fn is_time_start(token: &str) -> bool {
    is_time(token.strip_suffix(',').unwrap_or(token))
}

fn is_time_list(text: &str) -> bool {
    if is_time(text) {
        return true;
    }
    if !text.contains('.') {
        return false;
    }
    let mut parts = text.split([',', ':', ' ']).filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some() && parts.all(|part| part == "-" || is_time(part))
}

/// An unquoted list goes on while its words end with a comma or a colon stands between them.
fn time_list<'a>(text: &'a str, rest: &'a str, first: &'a str) -> &'a str {
    let begin = end_of(text, first) - first.len();
    let mut end = end_of(text, first);
    let mut rest = rest;
    let mut open = first.ends_with(',');
    loop {
        let (next, after) = scan::word(rest);
        let colon = next == ":";
        let value = open && (is_time_start(next) || next == "-" || next == "-,");
        if next.is_empty() || !(colon || value) {
            return &text[begin..end];
        }
        open = colon || next.ends_with(',');
        end = end_of(text, next);
        rest = after;
    }
}

/// Offset in `text` behind `part`, which is a slice of it.
fn end_of(text: &str, part: &str) -> usize {
    part.as_ptr() as usize + part.len() - text.as_ptr() as usize
}

/// The first time is the request's, the second the upstream's: the order of every published
/// format that has both.
fn position_time(times: &mut u32, us: Option<u64>, event: &mut Event<'_>) {
    match *times {
        0 => event.request_time_us = event.request_time_us.or(us),
        1 => event.upstream_time_us = event.upstream_time_us.or(us),
        _ => {}
    }
    *times += 1;
}

fn positional<'a>(
    field: Field<'a>,
    next: bool,
    text: Reading,
    times: &mut u32,
    event: &mut Event<'a>,
) {
    let Some(raw) = present(field.raw) else {
        return;
    };
    let list = raw.contains(',');
    let first = raw.split(',').next().unwrap_or(raw);
    if !field.quoted && raw.ends_with('s') && scan::unit_us(raw).is_some() {
        position_time(times, scan::unit_us(raw), event);
    } else if is_cache(raw) {
        event.cache_status = Some(Cow::Borrowed(raw));
    } else if let Some((result, _)) = raw.split_once(':').filter(|_| raw.starts_with("TCP_")) {
        // Squid: `TCP_MISS:HIER_DIRECT`.
        event.cache_status = Some(Cow::Borrowed(result));
    } else if raw.starts_with("TLSv") || raw.starts_with("SSLv") {
        let (version, cipher) = raw.split_once('/').unwrap_or((raw, ""));
        event.tls_version = Some(Cow::Borrowed(version));
        event.tls_cipher = event.tls_cipher.take().or_else(|| scan::plain(cipher));
    } else if ["TLS_", "ECDHE-", "DHE-"].iter().any(|p| raw.starts_with(p)) {
        event.tls_cipher = Some(Cow::Borrowed(raw));
    } else if raw == "http" || raw == "https" {
        event.scheme = Some(Cow::Borrowed(raw));
    } else if scan::is_ip(first) {
        let (_, port) = scan::address(first);
        if port.is_some() {
            upstream(text(raw), event);
            // Some gateways write the client's port into the header that nginx's packaged `main` has there, and some
            // formats have `$upstream_addr` there. Which it is, is not said by the line: `decode/forwarded.rs`.
            if next && field.quoted {
                event.x_forwarded_for = event.upstream.clone();
            }
        } else if field.quoted || list {
            forwarded(text(raw), event);
        }
    } else if field.quoted && list && ends_with_address(raw) {
        // The last entry is the nearest proxy's word; the client may have sent what it liked.
        forwarded(text(raw), event);
    } else if raw.starts_with("unix:") {
        upstream(text(raw), event);
    } else if !field.quoted && scan::is_host(raw) {
        event.host = event.host.take().or_else(|| text(scan::address(raw).0));
    }
}

/// Keeps the upstream; the first counts, unless it was the forwarded list, as there is another.
fn upstream<'a>(text: Option<Cow<'a, str>>, event: &mut Event<'a>) {
    if event.upstream.is_none() || is_either(event) {
        event.upstream = text;
    }
}

/// Keeps the forwarded list, as [`upstream`] does its address.
fn forwarded<'a>(text: Option<Cow<'a, str>>, event: &mut Event<'a>) {
    if event.x_forwarded_for.is_none() || is_either(event) {
        event.x_forwarded_for = text;
    }
}

/// Whether one text stands for both.
fn is_either(event: &Event<'_>) -> bool {
    event.upstream.is_some() && event.upstream == event.x_forwarded_for
}

/// No upstream's address has words before it, so a port is the client's.
fn ends_with_address(list: &str) -> bool {
    scan::is_ip(scan::trim(list.rsplit(',').next().unwrap_or(list)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the request took and its upstream, and the bytes received.
    fn said(text: &str) -> [Option<u64>; 3] {
        let mut event = Event { bytes: Some(11_230), ..Event::default() };
        read(text, scan::plain, &mut event);
        [event.request_time_us, event.upstream_time_us, event.bytes_in]
    }

    #[test]
    fn two_numbers_are_a_duration_twice_only_where_they_agree() {
        for (text, took) in [
            (" 412 0", Some(412)),
            (" 77 0", Some(77)),
            (" 2500000 2", Some(2_500_000)),
            // The second began between the two.
            (" 1999999 2", Some(1_999_999)),
            (" 1523 1490", Some(1_523)),
            (" 1523 700", None),
            (" 77 3", None),
            (" 77 1", None),
            (" 1500000 2", None),
            (" 2500000 1", None),
            (" 123456 14", None),
        ] {
            assert_eq!(said(text), [took, None, None], "{text}");
        }
        assert_eq!(said(" 130 11430"), [None, None, Some(130)]);
    }

    #[test]
    fn a_moment_behind_the_agent_is_no_duration() {
        assert_eq!(said(" 1795341600.123 0.037"), [Some(37_000), None, None]);
        assert_eq!(said(" 1795341600.123 0.037 0.036"), [Some(37_000), Some(36_000), None]);
        assert_eq!(said(" 0.037 1795341600.123"), [Some(37_000), None, None]);
        assert_eq!(said(" 0.037 0.036"), [Some(37_000), Some(36_000), None]);
    }

    proptest! {
        #[test]
        fn the_quick_ways_read_as_the_careful_ones(text in r#"([ab=:"\\,\[\]]| |	|rt=|="|" |é|0.123){0,24}"#) {
            if let Some((name, value, after)) = pair(&text) {
                let Some((field, behind)) = field(&text) else { panic!("no field: {text}") };
                let Some((key, raw)) = split_named(field.raw) else { panic!("no name: {text}") };
                prop_assert!(!field.quoted && !is_time(field.raw));
                let inner = raw.strip_prefix('"').map_or(raw, |v| v.strip_suffix('"').unwrap_or(v));
                prop_assert_eq!((name, value, after), (key, inner, behind));
            }
            if plainly_quoted(text.as_bytes()) {
                prop_assert!(!has_stray_quote(&text));
            }
        }

        /// The foreseen fields with some left out, spelt otherwise or twice, and values of all kinds.
        #[test]
        fn fields_that_are_foreseen_say_what_others_do(
            kept in prop::collection::vec((prop_oneof![20 => Just(1), 1 => 0..3_usize], prop::bool::weighted(0.03)), 12),
            values in prop::collection::vec(r#"[ab,.:0-9]{0,20}|-|0\.1, 0\.2|[a1= \t"]{0,3}"#, 12),
            end in r#"| |x=1| "b"|""#,
        ) {
            const FIELDS: [&str; 12] = [
                " rt=V", " uct=\"V\"", " urt=\"V\"", " ua=\"V\"", " cs=V", " request_length=V", " scheme=V",
                " ssl_protocol=V", " ssl_cipher=V", " mime=\"V\"", " xff=\"V\"", " host=\"V\"",
            ];
            let mut text = String::new();
            for ((field, (times, respelt)), value) in FIELDS.iter().zip(kept).zip(values) {
                let field = if respelt { field.replace('=', ":") } else { (*field).to_owned() };
                text += &field.replace('V', &value).repeat(times);
            }
            text += &end;
            let (mut quick, mut slow) = (Event::default(), Event::default());
            let (rest, count) = foreseen::read(&text, &mut quick);
            let after = pairs((rest, FIELDS_MAX - count), scan::plain, &mut quick);
            prop_assert_eq!(after, pairs((&text, FIELDS_MAX), scan::plain, &mut slow));
            prop_assert_eq!(quick, slow);
        }
    }
}
