//! Access logs of Amazon's load balancers and of S3, after their user guides: classic ELB, ALB, the
//! TLS log of NLB, and S3 server access logs. Columns that newer versions append are passed over.

use std::borrow::Cow;

use super::columns::{Columns, located, number_or_dash, url};
use super::program_error::short_level;
use super::{Format, scan};
use crate::vocab::event::{Event, Kind};

/// `http 2026-11-22T10:00:00.186641Z app/name/id client:port target:port 0.000 0.001 0.000 200 200
/// 34 366 "GET https://host:443/ HTTP/1.1" "agent" cipher protocol …`
#[derive(Debug)]
pub(super) struct Alb;

impl Format for Alb {
    fn name(&self) -> &'static str {
        "aws_alb"
    }

    fn fits(&self, line: &str) -> bool {
        ["http ", "https ", "h2 ", "grpcs ", "ws ", "wss "].iter().any(|t| line.starts_with(t))
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let kind = columns.next()?;
        let mut event = balancer(&mut columns, self.name())?;
        if !columns.ends() {
            event.user_agent = columns.quoted().and_then(|agent| columns.read(agent));
            event.tls_cipher = columns.text();
            event.tls_version = columns.text();
            let _target_group = columns.next();
            let _trace = columns.next();
            // The server name that the client asked for while it shook hands; the site is that of
            // the request, which no agent can reach.
            let domain = columns.text();
            event.host = event.host.or(domain);
        }
        // An ALB puts a URL of its own making around what the client sent: the target is in it.
        if let Some(Cow::Borrowed(target)) = event.target
            && let Some((_, _, local)) = url(target)
            && !local.is_empty()
        {
            event.target = Some(Cow::Borrowed(local));
        }
        let scheme = if matches!(kind, "http" | "ws") { "http" } else { "https" };
        event.scheme = Some(Cow::Borrowed(scheme));
        Some(event)
    }
}

/// `2026-11-22T10:00:00.943945Z name client:port backend:port 0.000073 0.001048 0.000057 200 200 0 29
/// "GET http://host:80/ HTTP/1.1" "agent" cipher protocol`
#[derive(Debug)]
pub(super) struct Elb;

impl Format for Elb {
    fn name(&self) -> &'static str {
        "aws_elb"
    }

    fn fits(&self, line: &str) -> bool {
        let b = line.as_bytes();
        // Blanks between its columns: behind a tab, a logger's level follows.
        let blanks = memchr::memchr2(b' ', b'\t', b).is_some_and(|at| b[at] == b' ');
        b.get(4) == Some(&b'-') && b.get(10) == Some(&b'T') && b[0].is_ascii_digit() && blanks
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let mut event = balancer(&mut columns, self.name())?;
        if !columns.ends() {
            event.user_agent = columns.quoted().and_then(|agent| columns.read(agent));
            event.tls_cipher = columns.text();
            event.tls_version = columns.text();
        }
        if columns.quote_left() {
            return None;
        }
        Some(event)
    }
}

/// What ALB and classic ELB share, from the time to the request.
fn balancer<'a>(columns: &mut Columns<'a>, format: &'static str) -> Option<Event<'a>> {
    let stamp = scan::iso_time(columns.next()?)?;
    // A name of letters, digits, hyphens and slashes; a program's `level:`, `[level]` or `LEVEL` is
    // none, nor is a client.
    let another = |name: &str| {
        let capital = name.bytes().all(|b| b.is_ascii_uppercase());
        name.ends_with([':', ']']) || scan::is_ip(name) || (capital && short_level(name).is_some())
    };
    let _balancer = columns.next().filter(|name| !another(name))?;
    let client = columns.next()?;
    let target = columns.next()?;
    let times = [columns.next()?, columns.next()?, columns.next()?];
    let (status, target_status) = (columns.next()?, columns.next()?);
    let (received, sent) = (columns.next()?, columns.next()?);
    let request = columns.quoted()?;
    let numbers = [status, target_status, received, sent];
    let timed = |time: &&str| *time == "-1" || *time == "-" || scan::seconds_us(time).is_some();
    if !numbers.into_iter().all(number_or_dash) || !times.iter().all(timed) {
        return None;
    }
    let mut event = Event {
        kind: Kind::Access,
        format,
        stamp: Some(stamp),
        upstream: columns.read(target),
        status: scan::status(status),
        bytes_in: scan::bytes(received),
        bytes: scan::bytes(sent),
        ..Event::default()
    };
    columns.client(client, &mut event);
    // -1 where the target never answered; then the time of the whole is not known.
    let parts = times.map(scan::seconds_us);
    event.upstream_time_us = parts[1];
    event.request_time_us = parts.into_iter().sum();
    if request.starts_with("- ") {
        // What the balancer writes where it could not read the request.
        return Some(event);
    }
    columns.request(request, &mut event);
    absolute(&mut event);
    Some(event)
}

/// The balancers write each request with an absolute URL: the host is its, and so is the path.
fn absolute(event: &mut Event<'_>) {
    if let Some(Cow::Borrowed(target)) = event.target {
        located(target, event);
    }
}

/// `tls 2.0 2026-11-22T10:00:00 net/name/id listener client:port target:port 5 2 98 246 - cert …`: a
/// connection, so there is no request and no status.
#[derive(Debug)]
pub(super) struct Nlb;

impl Format for Nlb {
    fn name(&self) -> &'static str {
        "aws_nlb"
    }

    fn fits(&self, line: &str) -> bool {
        line.starts_with("tls ")
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        columns.next()?;
        let version = columns.next()?;
        let stamp = scan::iso_time(columns.next()?)?;
        columns.skip(2)?;
        let (client, target) = (columns.next()?, columns.next()?);
        let times = [columns.next()?, columns.next()?];
        let (received, sent) = (columns.next()?, columns.next()?);
        if !version.starts_with(|c: char| c.is_ascii_digit())
            || ![times[0], times[1], received, sent].into_iter().all(number_or_dash)
        {
            return None;
        }
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            upstream: columns.read(target),
            request_time_us: scan::scaled_us(times[0], 1e3),
            bytes_in: scan::bytes(received),
            bytes: scan::bytes(sent),
            scheme: Some(Cow::Borrowed("tls")),
            ..Event::default()
        };
        columns.client(client, &mut event);
        // Alert, certificate, its serial; then cipher, version, named group and the server name.
        if columns.skip(3).is_some() {
            event.tls_cipher = columns.text();
            event.tls_version = columns.text();
            let _group = columns.next();
            event.host = columns.text();
        }
        Some(event)
    }
}

/// `owner bucket [22/Nov/2026:10:00:00 +0000] ip requester id REST.GET.OBJECT key "GET /key HTTP/1.1"
/// 200 - 113 - 7 - "referrer" "agent" -`
#[derive(Debug)]
pub(super) struct S3;

impl Format for S3 {
    fn name(&self) -> &'static str {
        "aws_s3"
    }

    fn fits(&self, line: &str) -> bool {
        let (owner, rest) = scan::word(line);
        owner.len() >= 32
            && owner.bytes().all(|b| b.is_ascii_alphanumeric())
            && scan::word(rest).1.starts_with('[')
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let _owner = columns.next()?;
        // Of small letters, digits, hyphens and dots: a bracket opens the time of another layout.
        let bucket = columns.next().filter(|name| !name.contains(['[', '"']))?;
        let stamp = scan::clf_time(columns.bracketed()?)?;
        let client = columns.next()?;
        let requester = columns.next()?;
        let _id = columns.next()?;
        let operation = columns.next()?;
        let _key = columns.next()?;
        let request = columns.next()?;
        let (status, _error) = (columns.next()?, columns.next()?);
        let (sent, size) = (columns.next()?, columns.next()?);
        let (total, turnaround) = (columns.next()?, columns.next()?);
        if !operation.contains('.')
            || ![status, sent, size, total, turnaround].into_iter().all(number_or_dash)
        {
            return None;
        }
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            user: columns.read(requester),
            status: scan::status(status),
            bytes: scan::bytes(sent),
            request_time_us: scan::scaled_us(total, 1e3),
            upstream_time_us: scan::scaled_us(turnaround, 1e3),
            host: columns.read(bucket),
            ..Event::default()
        };
        columns.client(client, &mut event);
        columns.request(request, &mut event);
        event.referrer = columns.text();
        event.user_agent = columns.text();
        if columns.quote_left() {
            return None;
        }
        // Version id, host id, signature, cipher, authentication, host header, TLS version.
        if columns.skip(3).is_some() {
            event.tls_cipher = columns.text();
            let _authentication = columns.next();
            let host = columns.text();
            event.host = host.or(event.host);
            event.tls_version = columns.text();
        }
        Some(event)
    }
}
