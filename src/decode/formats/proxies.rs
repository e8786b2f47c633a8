//! Access lines of proxies in layouts of their own: Squid, Envoy, Nginx Proxy Manager, NPMplus,
//! Zoraxy, and Apache's SSL request log.

use std::borrow::Cow;

use super::columns::{Columns, located, number_or_dash};
use super::{Format, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind, Level};

/// Squid's native log: `1795341600.123 132 192.0.2.7 TCP_MISS/200 1293 GET http://host/path user
/// HIER_DIRECT/198.51.100.4 text/html`, times in ms.
#[derive(Debug)]
pub(super) struct Squid;

impl Format for Squid {
    fn name(&self) -> &'static str {
        "squid"
    }

    fn fits(&self, line: &str) -> bool {
        let b = line.as_bytes();
        // With milliseconds (`%ts.%03tu`), or without them; or `%tl`.
        let local = b.get(2) == Some(&b'/') && b.get(6) == Some(&b'/');
        let epoch = b.first().is_some_and(u8::is_ascii_digit)
            && memchr::memchr2(b'.', b' ', &b[..b.len().min(12)]).is_some_and(|at| at >= 9);
        local || epoch
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let time = columns.next()?;
        let local = line.get(..26).filter(|_| time.len() == 20).and_then(scan::clf_time);
        if local.is_some() {
            columns.skip(1)?;
        }
        let stamp = local.or_else(|| scan::epoch(time).filter(|_| time.len() <= 17))?;
        let elapsed = columns.next()?;
        let client = columns.next()?;
        let (result, status) = columns.next()?.split_once('/')?;
        let bytes = columns.next()?;
        let method = columns.next()?;
        let url = columns.next()?;
        let (user, (hierarchy, peer)) = match columns.next() {
            Some(user) => (user, columns.next()?.split_once('/')?),
            None if line.len() >= SQUID_CUT => ("-", ("NONE", "-")),
            None => return None,
        };
        let mime = columns.next();
        let word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'0'..=b'9'))
        };
        // A connection that ended before its request takes a negative time now and then.
        let elapsed_ms = elapsed.strip_prefix('-').unwrap_or(elapsed);
        let numbers = [elapsed_ms, status, bytes].into_iter().all(number_or_dash);
        if !numbers || !word(result) || !word(hierarchy) {
            return None;
        }
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            request_time_us: scan::scaled_us(elapsed, 1e3),
            status: scan::status(status),
            bytes: scan::bytes(bytes),
            method: present(method).filter(|m| *m != "NONE").map(Cow::Borrowed),
            user: columns.read(user),
            upstream: columns.read(peer),
            cache_status: Some(Cow::Borrowed(result)),
            mime: mime.and_then(present).map(Cow::Borrowed),
            ..Event::default()
        };
        columns.client(client, &mut event);
        squid_url(url, &mut event);
        Some(event)
    }
}

/// Squid writes no more of a line than 8 KiB (`LOGFILE_BUFSZ` of its release 5), without the LF: a
/// long URL takes the columns behind it away.
const SQUID_CUT: usize = 8191;

/// The URL that Squid made of the request; for what is no request it writes a word of its own
/// (`error:invalid-request`), and for `OPTIONS *` an URL without a host (`http://:80*`).
fn squid_url<'a>(url: &'a str, event: &mut Event<'a>) {
    let behind_host = url.split_once("://:").map(|(_, rest)| rest);
    let port = |rest: &str| rest.strip_suffix('*').is_some_and(scan::digits);
    if behind_host.is_some_and(port) {
        event.path = Some(Cow::Borrowed("*"));
        event.target = Some(Cow::Borrowed("*"));
    } else if !url.starts_with("error:") {
        located(url, event);
    }
}

/// The name of Envoy's format.
pub const ENVOY: &str = "envoy";

/// Envoy's default: `[2026-11-22T10:00:00.743Z] "GET /path HTTP/1.1" 200 - 0 256 50 25
/// "forwarded for" "agent" "request id" "authority" "upstream"`, times in ms. Istio's columns behind
/// the flags are read over; of those behind the upstream the client's address is taken.
#[derive(Debug)]
pub(super) struct Envoy;

impl Format for Envoy {
    fn name(&self) -> &'static str {
        ENVOY
    }

    fn fits(&self, line: &str) -> bool {
        let b = line.as_bytes();
        b.first() == Some(&b'[') && b.get(11) == Some(&b'T')
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let stamp = scan::iso_time(columns.bracketed()?)?;
        let request = columns.quoted()?;
        let status = columns.next()?;
        let _flags = columns.next()?;
        // Istio writes the response code's details, the connection's end and the transport failure.
        let mut ahead = columns;
        ahead.skip(2)?;
        let istio = !number_or_dash(columns.peek()?) || ahead.rest().starts_with('"');
        if columns.rest().starts_with('"') {
            // Before version 1.6: the policy's status, and from 1.4 on the transport failure.
            columns.skip(1)?;
            if columns.rest().starts_with('"') {
                columns.skip(1)?;
            }
        } else if istio {
            columns.skip(3)?;
        }
        let (received, sent) = (columns.next()?, columns.next()?);
        let (duration, service) = (columns.next()?, columns.next()?);
        if ![status, received, sent, duration, service].into_iter().all(number_or_dash) {
            return None;
        }
        let forwarded = columns.quoted()?;
        let agent = columns.quoted()?;
        let _id = columns.quoted()?;
        let authority = columns.quoted()?;
        let upstream = columns.quoted()?;
        // Envoy writes headers as they came, with the quotes in them.
        if columns.quote_left() {
            return None;
        }
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            status: scan::status(status).filter(|status| *status > 0),
            bytes_in: scan::bytes(received),
            bytes: scan::bytes(sent),
            request_time_us: scan::scaled_us(duration, 1e3),
            upstream_time_us: scan::scaled_us(service, 1e3),
            x_forwarded_for: columns.read(forwarded),
            user_agent: columns.read(agent),
            host: columns.read(authority).map(|host| match host {
                Cow::Borrowed(host) => Cow::Borrowed(scan::address(host).0),
                owned => owned,
            }),
            upstream: columns.read(upstream.split_once("://").map_or(upstream, |(_, at)| at)),
            ..Event::default()
        };
        columns.request(request, &mut event);
        let client = forwarded.split(',').next().unwrap_or_default().trim();
        columns.client(client, &mut event);
        if event.remote_ip.is_none() && columns.skip(3).is_some() {
            // Cluster, local address of the upstream connection, own address, then the client's.
            let client = columns.next().filter(|client| scan::address(client).1.is_some());
            if let Some(client) = client {
                columns.client(client, &mut event);
            }
        }
        Some(event)
    }
}

/// Nginx Proxy Manager: `[time] HIT 200 200 - GET https host "/path" [Client ip] [Length n]
/// [Gzip n] [Sent-to ip] "agent" "referrer"`; without cache and upstream status for hosts that are
/// not proxied.
#[derive(Debug)]
pub(super) struct ProxyManager;

impl Format for ProxyManager {
    fn name(&self) -> &'static str {
        "nginx_proxy_manager"
    }

    fn fits(&self, line: &str) -> bool {
        line.starts_with('[') && line.contains(" [Client ")
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let stamp = scan::clf_time(columns.bracketed()?)?;
        // Apache's level.
        if columns.rest().starts_with('[') {
            return None;
        }
        let mut words = [""; 4];
        let mut count = 0;
        // Up to the dash that stands before the method.
        let method = loop {
            let word = columns.next()?;
            let method =
                word.len() >= 2 && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
            if count >= 2 && words[count - 1] == "-" && method {
                break word;
            }
            *words.get_mut(count)? = word;
            count += 1;
        };
        let (cache, status) = match words[..count - 1] {
            [status] => (None, status),
            [cache, _upstream, status] => (present(cache), status),
            _ => return None,
        };
        let scheme = columns.next()?;
        let host = columns.next()?;
        let target = columns.quoted()?;
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            method: Some(Cow::Borrowed(method)),
            status: scan::status(status),
            scheme: present(scheme).map(Cow::Borrowed),
            host: columns.read(host),
            cache_status: cache.map(Cow::Borrowed),
            ..Event::default()
        };
        if !number_or_dash(status) {
            return None;
        }
        scan::target(target, scan::reading(target), &mut event);
        while columns.rest().starts_with('[') {
            let part = columns.bracketed()?;
            match part.split_once(' ') {
                Some(("Client", client)) => columns.client(client, &mut event),
                Some(("Length", length)) => event.bytes = scan::bytes(length),
                Some(("Sent-to", to)) => event.upstream = columns.read(to),
                _ => {}
            }
        }
        let agent = columns.quoted()?;
        event.user_agent = columns.read(agent);
        event.referrer = columns.text();
        columns.ends().then_some(event)
    }
}

/// NPMplus: `[time] host client 0.227 "request" 200 125 440 referrer agent with blanks`.
#[derive(Debug)]
pub(super) struct Npmplus;

impl Format for Npmplus {
    fn name(&self) -> &'static str {
        "npmplus"
    }

    fn fits(&self, line: &str) -> bool {
        line.starts_with('[') && line.as_bytes().get(27) == Some(&b']')
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let stamp = scan::clf_time(columns.bracketed()?)?;
        let (host, client, time) = (columns.next()?, columns.next()?, columns.next()?);
        let request = columns.quoted()?;
        let (status, body, sent) = (columns.next()?, columns.next()?, columns.next()?);
        if !scan::is_ip(client)
            || host.starts_with('[')
            || scan::seconds_us(time).is_none()
            || ![status, body, sent].into_iter().all(number_or_dash)
            || columns.quote_left()
        {
            return None;
        }
        let referrer = columns.next()?;
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            host: columns.read(host),
            request_time_us: scan::seconds_us(time),
            status: scan::status(status),
            bytes: scan::bytes(body),
            referrer: columns.read(referrer),
            user_agent: columns.read(columns.rest()),
            ..Event::default()
        };
        columns.client(client, &mut event);
        columns.request(request, &mut event);
        Some(event)
    }
}

/// Zoraxy: `2026/11/22 10:00:00 [2026-11-22 10:00:00.150624] [router:host-http] [origin:host]
/// [client: ip] [useragent: agent] GET /path 404`; older ones without the first time.
#[derive(Debug)]
pub(super) struct Zoraxy;

impl Format for Zoraxy {
    fn name(&self) -> &'static str {
        "zoraxy"
    }

    fn fits(&self, line: &str) -> bool {
        line.contains("] [router:") && line.contains("] [client: ")
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        let open = line.find('[').filter(|at| *at == 0 || *at == 20)?;
        if open > 0 {
            scan::iso_time(line.get(..open - 1)?)?;
        }
        let (time, rest) = line[open + 1..].split_once(']')?;
        let stamp = scan::iso_time(time)?;
        let rest = rest.strip_prefix(" [router:")?;
        let (router, rest) = rest.split_once("] [origin:")?;
        let level = router.rsplit(':').next().and_then(Level::from_name);
        if router.contains(']') || level.is_some() {
            // A module of Apache's and its level.
            return None;
        }
        let (origin, rest) = rest.split_once("] [client: ")?;
        let (client, rest) = rest.split_once(']')?;
        // An agent may hold brackets: the request is what follows the last one. Its own end, the
        // status, cannot be forged by it.
        let (front, status) = rest.rsplit_once(' ')?;
        let (agent, request) = match rest.strip_prefix(" [useragent: ") {
            Some(_) => front.strip_prefix(" [useragent: ")?.rsplit_once("] ")?,
            None => ("", front.trim_start()),
        };
        let (method, target) = request.split_once(' ')?;
        let known =
            !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
        if !known || !scan::digits(status) || origin.contains(']') {
            return None;
        }
        let (ip, port) = scan::address(client);
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            remote_ip: scan::plain(ip),
            remote_port: port,
            host: scan::plain(scan::address(origin).0),
            user_agent: scan::plain(agent),
            method: Some(Cow::Borrowed(method)),
            status: scan::status(status),
            ..Event::default()
        };
        scan::target(target, scan::plain, &mut event);
        Some(event)
    }
}

/// Apache's usual `ssl_request_log`: `[time] client TLSv1.3 cipher "request" bytes`, or with a status
/// before the bytes, and referrer and agent behind them; nginx's `[time] client - user "request" …`.
#[derive(Debug)]
pub(super) struct SslRequest;

impl Format for SslRequest {
    fn name(&self) -> &'static str {
        "apache_ssl_request"
    }

    fn fits(&self, line: &str) -> bool {
        line.starts_with('[') && line.as_bytes().get(27) == Some(&b']')
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let stamp = scan::clf_time(columns.bracketed()?)?;
        let (client, version, cipher) = (columns.next()?, columns.next()?, columns.next()?);
        let request = columns.quoted()?;
        let mut bytes = columns.next()?;
        let mut status = None;
        if columns.peek().is_some_and(number_or_dash) {
            status = Some(scan::status(bytes).filter(|_| bytes.len() == 3)?);
            bytes = columns.next()?;
        }
        // Without a version a status makes it the common format, its time first.
        let tls = (version == "-" && cipher == "-" && status.is_none())
            || version.starts_with("TLSv")
            || version.starts_with("SSLv");
        if !tls || client.starts_with('[') || !number_or_dash(bytes) {
            return None;
        }
        let (referrer, agent) = match columns.ends() {
            true => (None, None),
            false => (Some(columns.quoted()?), Some(columns.quoted()?)),
        };
        if !columns.ends() {
            return None;
        }
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            tls_version: columns.read(version),
            tls_cipher: columns.read(cipher).filter(|_| version != "-"),
            bytes: scan::bytes(bytes),
            // Without a version nobody and a user stand there (`$remote_addr - $remote_user`), if the
            // line is none of Apache's own, which has no status.
            scheme: (status.is_none() || version != "-").then_some(Cow::Borrowed("https")),
            user: columns.read(cipher).filter(|_| version == "-"),
            status,
            referrer: referrer.and_then(|referrer| columns.read(referrer)),
            user_agent: agent.and_then(|agent| columns.read(agent)),
            ..Event::default()
        };
        columns.client(client, &mut event);
        columns.request(request, &mut event);
        Some(event)
    }
}
