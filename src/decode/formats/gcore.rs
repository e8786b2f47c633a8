//! Gcore's network: nginx's variables in quotes, `"203.0.113.9" "-" "user" "[22/Nov/2026:10:00:00 +0000]" "GET /x HTTP/1.1"
//! "200" "512" "referrer" "agent" …` (gcore.com, "Logs uploader"). New columns come at the end; those that are read have
//! been there. nginx escapes quotes in what a client sends.

use super::columns::{Columns, number_or_dash};
use super::{Format, scan};
use crate::vocab::event::{Event, Kind};

#[derive(Debug)]
pub(super) struct Gcore;

impl Format for Gcore {
    fn name(&self) -> &'static str {
        "gcore"
    }

    fn fits(&self, line: &str) -> bool {
        line.starts_with('"') && memchr::memmem::find(line.as_bytes(), b"\" \"-\" \"").is_some()
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let mut columns = Columns::of(line);
        let mut next = || columns.quoted();
        let (client, _dash, user, time) = (next()?, next()?, next()?, next()?);
        let (request, status, bytes) = (next()?, next()?, next()?);
        let (referrer, agent, sent, _edge) = (next()?, next()?, next()?, next()?);
        let (scheme, host, took, upstream_took) = (next()?, next()?, next()?, next()?);
        let (length, _range, _node, cache) = (next()?, next()?, next()?, next()?);
        let (_upstream_length, upstream) = (next()?, next()?);
        let whole = [bytes, sent, length].into_iter().all(number_or_dash);
        if !whole || !scan::is_ip(client) {
            return None;
        }
        let time = time.strip_prefix('[')?.strip_suffix(']')?;
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(scan::clf_time(time)?),
            status: Some(scan::status(status)?),
            bytes: scan::bytes(bytes),
            bytes_in: scan::bytes(length),
            request_time_us: scan::duration_us(took),
            upstream_time_us: scan::duration_us(upstream_took),
            ..Event::default()
        };
        columns.client(client, &mut event);
        columns.request(request, &mut event);
        event.user = columns.read(user);
        event.referrer = columns.read(referrer);
        event.user_agent = columns.read(agent);
        event.scheme = columns.read(scheme);
        event.host = columns.read(host);
        event.cache_status = columns.read(cache);
        event.upstream = columns.read(upstream);
        Some(event)
    }
}
