//! Bunny's network: `HIT|200|1795341600123|512|390|203.0.113.9|referrer|https://host/x|FRA|agent|id|DE` (docs.bunny.net,
//! "CDN logging"). A stranger writes the referrer, the URL and the agent: where a bar in one of them makes more columns,
//! nothing says which is which, and what stands in front of them is all that is read.

use std::borrow::Cow;

use super::columns::located;
use super::{Format, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind};

#[derive(Debug)]
pub(super) struct Bunny;

impl Format for Bunny {
    fn name(&self) -> &'static str {
        "bunny"
    }

    fn fits(&self, line: &str) -> bool {
        // A word for what the cache did, and three digits.
        let b = line.as_bytes();
        let bar = memchr::memchr(b'|', &b[..b.len().min(16)]);
        bar.is_some_and(|bar| {
            b.get(bar + 4) == Some(&b'|')
                && b[..bar].iter().all(|b| b.is_ascii_uppercase() || *b == b'-')
        })
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        let mut columns = line.split('|');
        let mut next = || columns.next();
        let (cache, status, time) = (next()?, next()?, next()?);
        let (bytes, zone, client) = (next()?, next()?, next()?);
        let stamp = scan::epoch(time).filter(|_| time.len() == 13)?;
        if !scan::digits(bytes) || !scan::digits(zone) || !scan::is_ip(client) {
            return None;
        }
        let mut event = Event {
            kind: Kind::Access,
            format: self.name(),
            stamp: Some(stamp),
            cache_status: present(cache).map(Cow::Borrowed),
            status: Some(scan::status(status)?),
            bytes: scan::bytes(bytes),
            remote_ip: Some(Cow::Borrowed(client)),
            ..Event::default()
        };
        let (referrer, url) = (next()?, next()?);
        let (_edge, agent, _id, _country) = (next()?, next()?, next()?, next()?);
        if columns.next().is_none() && url.contains("://") {
            event.referrer = scan::plain(referrer);
            event.user_agent = scan::plain(agent);
            located(url, &mut event);
        }
        Some(event)
    }
}
