//! OAuth2 Proxy's log of requests: `client - id - user [2026/11/22 10:00:00] host GET upstream "/x?y=1" HTTP/1.1 "agent"
//! 200 51 0.012`, as its documentation has it ("Logging Configuration", "Request Log Format"); before version 7.3 without
//! the id. Target and agent are quoted as Go quotes; its server lets no blank into a host or a method.

use std::borrow::Cow;

use super::columns::{Columns, located, number_or_dash};
use super::{Format, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind};

#[derive(Debug)]
pub(super) struct OAuth2Proxy;

impl Format for OAuth2Proxy {
    fn name(&self) -> &'static str {
        "oauth2_proxy"
    }

    fn fits(&self, line: &str) -> bool {
        memchr::memmem::find(line.as_bytes(), b"\" HTTP/").is_some()
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let (front, _) = line.split_once(" [")?;
        let rest = &line[front.len() + 1..];
        let mut names = front.split(" - ");
        let (client, second, third) = (names.next()?, names.next()?, names.next());
        if !scan::is_ip(client) || names.next().is_some() {
            return None;
        }
        let mut columns = Columns::of(rest);
        let time = columns.bracketed().filter(|time| time.len() == 19)?;
        let stamp = scan::iso_time(time).filter(|_| time.as_bytes()[4] == b'/')?;
        let (host, method, upstream) = (columns.next()?, columns.next()?, columns.next()?);
        let target = columns.quoted()?;
        let protocol = columns.next()?;
        let agent = columns.quoted()?;
        let (status, size, took) = (columns.next()?, columns.next()?, columns.next()?);
        let whole = columns.ends() && protocol.starts_with("HTTP/") && number_or_dash(size);
        if !whole || status.len() != 3 || !took.contains('.') {
            return None;
        }
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            user: columns.read(third.unwrap_or(second)),
            method: present(method).map(Cow::Borrowed),
            protocol: Some(Cow::Borrowed(protocol)),
            status: Some(scan::status(status)?),
            bytes: scan::bytes(size),
            request_time_us: Some(scan::scaled_us(took, 1e6)?),
            user_agent: columns.read(agent),
            upstream: columns.read(upstream.split_once("://").map_or(upstream, |(_, at)| at)),
            ..Event::default()
        };
        columns.client(client, &mut event);
        located(target, &mut event);
        event.host = present(scan::address(host).0).map(Cow::Borrowed);
        Some(event)
    }
}
