//! A line that was read as a row of its block, and as the page shows it.

use std::borrow::Cow;

use crate::aggregate::row::{Fields, StandIn};
use crate::aggregate::wire::EventRow;
use crate::decode::agent;
use crate::state::sources::Source;
use crate::vocab::event::{Event, Kind, Level};
use crate::vocab::field::Field;
use crate::vocab::time::Millis;

/// A line ready for its block. The event's client, query and host are what is kept of them: the
/// canonical or masked address, the redacted query, the site.
pub(super) struct Prepared<'a> {
    pub(super) event: Event<'a>,
    pub(super) visitor: Option<StandIn>,
    pub(super) source: &'a Source,
    pub(super) at: Millis,
    /// Becomes no row: excluded by the operator, or a header line.
    pub(super) passed: bool,
}

impl<'a> Prepared<'a> {
    #[inline]
    pub(super) fn new(source: &'a Source, at: Millis) -> Self {
        Prepared { event: Event::default(), visitor: None, source, at, passed: false }
    }

    /// The event as the page shows it, for "how your first line was understood".
    pub(super) fn shown(&self) -> EventRow {
        let e = &self.event;
        let own = |t: &Option<Cow<'_, str>>| t.as_deref().map(str::to_owned);
        EventRow {
            kind: e.kind.name().to_owned(),
            time: rfc3339_ms(self.at),
            source: self.source.name.to_string(),
            host: own(&e.host).filter(|s| s != "-"),
            remote_ip: own(&e.remote_ip),
            user: own(&e.user),
            method: own(&e.method),
            path: own(&e.path),
            query: own(&e.query),
            protocol: own(&e.protocol),
            status: e.status,
            bytes: e.bytes,
            bytes_in: e.bytes_in,
            referrer: own(&e.referrer),
            user_agent: own(&e.user_agent),
            agent: e.user_agent.as_deref().map(|ua| agent::classify(ua).family.to_string()),
            request_time_s: e.request_time_us.map(seconds),
            upstream_time_s: e.upstream_time_us.map(seconds),
            upstream: own(&e.upstream),
            cache_status: own(&e.cache_status),
            scheme: own(&e.scheme),
            tls_version: own(&e.tls_version),
            tls_cipher: own(&e.tls_cipher),
            mime: own(&e.mime),
            level: e.level.map(|l| l.name().to_owned()),
            message: own(&e.message),
            format: Some(e.format.to_owned()).filter(|f| !f.is_empty()),
        }
    }
}

impl Fields for Prepared<'_> {
    fn ms(&self) -> u16 {
        self.at.of_second()
    }

    fn kind(&self) -> Kind {
        self.event.kind
    }

    fn status(&self) -> u16 {
        self.event.status.unwrap_or(0)
    }

    fn bytes(&self) -> Option<u64> {
        self.event.bytes
    }

    fn bytes_in(&self) -> Option<u64> {
        self.event.bytes_in
    }

    fn request_us(&self) -> Option<u32> {
        narrow(self.event.request_time_us)
    }

    fn upstream_us(&self) -> Option<u32> {
        narrow(self.event.upstream_time_us)
    }

    #[inline(always)]
    fn text(&self, field: Field) -> Option<&str> {
        let e = &self.event;
        match field {
            Field::Site => e.host.as_deref(),
            Field::Source => Some(&self.source.name),
            Field::Client => e.remote_ip.as_deref(),
            Field::Visitor => self.visitor.as_ref().map(StandIn::as_str),
            Field::Method => e.method.as_deref(),
            Field::Path => e.path.as_deref(),
            Field::Query => e.query.as_deref(),
            Field::Protocol => e.protocol.as_deref(),
            Field::Referrer => e.referrer.as_deref(),
            Field::Agent => e.user_agent.as_deref(),
            Field::User => e.user.as_deref(),
            Field::Upstream => e.upstream.as_deref(),
            Field::Cache => e.cache_status.as_deref(),
            Field::Level => e.level.map(Level::name),
            Field::Message => e.message.as_deref(),
            Field::Format => Some(e.format).filter(|f| !f.is_empty()),
            Field::Scheme => e.scheme.as_deref(),
            Field::Tls => e.tls_version.as_deref(),
            Field::Cipher => e.tls_cipher.as_deref(),
            Field::Mime => e.mime.as_deref().map(media_type),
        }
    }
}

/// Microseconds as columns have them, up to an hour and some minutes.
fn narrow(us: Option<u64>) -> Option<u32> {
    us.map(|us| u32::try_from(us).unwrap_or(u32::MAX))
}

/// `text/html` of `text/html; charset=utf-8`: with its parameters one type would be many.
fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or("").trim_end()
}

fn rfc3339_ms(at: Millis) -> String {
    chrono::DateTime::from_timestamp_millis(at.0)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_one_whatever_its_parameters() {
        assert_eq!(media_type("text/html; charset=utf-8"), "text/html");
        assert_eq!(media_type("image/avif"), "image/avif");
    }
}
