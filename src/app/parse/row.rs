//! An event as one JSON object, under the design's field names. What is unknown is left out.

use std::cell::Cell;
use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::Serialize;

use crate::app::config::Zone;
use crate::decode::envelope::Envelope;
use crate::decode::stamp;
use crate::pipeline::ingest::LineZone;
use crate::vocab::event::Event;
use crate::vocab::time::{Millis, Stamp};

/// Everything that a line and its syslog header say.
#[derive(Debug, Default, Serialize)]
pub(super) struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ident: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_time_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_time_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cipher: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facility: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proc_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_id: Option<&'a str>,
    /// By id, then by name; of a repeated one the last counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    structured_data: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x_forwarded_for: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_full: Option<&'a str>,
    /// Why the line is not what it was said to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// What of the format could not be read, as the format writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    /// The byte of the line where it should have stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<usize>,
}

impl<'a> Row<'a> {
    /// What could not be read at all.
    pub(super) fn of_error(error: String) -> Row<'a> {
        Row { error: Some(error), ..Row::default() }
    }

    /// The header alone, with all that stands behind it as the message.
    pub(super) fn of_envelope(envelope: &'a Envelope<'a>, line: &str, clock: &Clock) -> Row<'a> {
        let mut structured_data: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for element in &envelope.structured_data {
            let entry = structured_data.entry(element.id).or_default();
            entry.extend(element.params.iter().map(|(name, value)| (*name, value.as_ref())));
        }
        Row {
            time: envelope.stamp.and_then(|stamp| clock.show(stamp, line)),
            message: Some(envelope.message),
            facility: envelope.facility,
            severity: envelope.severity,
            version: envelope.version,
            hostname: envelope.hostname,
            app_name: envelope.app_name,
            proc_id: envelope.proc_id,
            msg_id: envelope.msg_id,
            structured_data,
            ..Row::default()
        }
    }

    /// A line with its header. The line's own time goes before the header's: it is nearer to what
    /// it tells of.
    pub(super) fn of_event(
        envelope: &'a Envelope<'a>,
        event: &'a Event<'a>,
        line: &str,
        clock: &Clock,
    ) -> Row<'a> {
        // One microsecond is exact in an f64 for 285 years.
        let seconds = |us: Option<u64>| us.map(|us| us as f64 / 1e6);
        let stamp = event.stamp.or(envelope.stamp);
        Row {
            kind: Some(event.kind.name()),
            time: stamp.and_then(|stamp| clock.show(stamp, line)),
            remote_ip: event.remote_ip.as_deref(),
            remote_port: event.remote_port,
            ident: event.ident.as_deref(),
            user: event.user.as_deref(),
            method: event.method.as_deref(),
            path: event.path.as_deref(),
            query: event.query.as_deref(),
            protocol: event.protocol.as_deref(),
            status: event.status,
            bytes: event.bytes,
            bytes_in: event.bytes_in,
            referrer: event.referrer.as_deref(),
            user_agent: event.user_agent.as_deref(),
            request_time_s: seconds(event.request_time_us),
            upstream_time_s: seconds(event.upstream_time_us),
            upstream: event.upstream.as_deref(),
            host: event.host.as_deref(),
            scheme: event.scheme.as_deref(),
            tls_version: event.tls_version.as_deref(),
            tls_cipher: event.tls_cipher.as_deref(),
            cache_status: event.cache_status.as_deref(),
            mime: event.mime.as_deref(),
            level: event.level.map(crate::vocab::event::Level::name),
            message: event.message.as_deref(),
            pid: event.pid,
            format: Some(event.format).filter(|name| !name.is_empty()),
            target: event.target.as_deref(),
            request: event.request.as_deref(),
            x_forwarded_for: event.x_forwarded_for.as_deref(),
            message_full: event.message_full.as_deref(),
            ..Row::of_envelope(envelope, line, clock)
        }
    }
}

/// What completes a time that was written without its year or its zone.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    /// When the line is taken to have come: the year of a yearless time is the nearest to it.
    pub(super) now: Millis,
    pub(super) zone: Zone,
    /// When the line before was, of the same file.
    pub(super) last: Cell<Option<Millis>>,
}

impl Clock {
    /// RFC 3339 with milliseconds, or as many digits as the line has: in UTC where the line says its
    /// zone, else in the zone that was taken for it, so that the log's wall clock can be read off.
    fn show(&self, stamp: Stamp, line: &str) -> Option<String> {
        let offset_s = match stamp {
            Stamp::Utc(_) => 0,
            Stamp::Local(_) | Stamp::Yearless { .. } => self.offset_s(stamp),
        };
        let moment = stamp::resolve(stamp, self.now, offset_s)?;
        self.last.set(Some(moment));
        let moment = DateTime::<Utc>::from_timestamp_millis(moment.0)?;
        let zone = FixedOffset::east_opt(offset_s)?;
        let mut shown = moment.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Millis, true);
        // 2026-11-22T10:00:00.123: events count milliseconds, and the digits behind them are taken
        // from where the line has the same second and millisecond.
        if let Some(written) = shown.get(16..SUBSECOND) {
            let digits = further_digits(line, written);
            shown.insert_str(SUBSECOND, digits);
        }
        Some(shown)
    }

    /// Seconds east of UTC of a wall clock.
    fn offset_s(&self, stamp: Stamp) -> i32 {
        match self.zone {
            Zone::Fixed(minutes) => minutes * 60,
            Zone::Auto | Zone::Local => {
                let wall = stamp::resolve(stamp, self.now, 0);
                wall.map_or(0, |wall| LineZone::Machine.offset_s(wall, || self.last.get()))
            }
        }
    }
}

/// Where the milliseconds of an RFC 3339 time end.
const SUBSECOND: usize = 23;

/// The digits, at most to nanoseconds, that follow `:SS.mmm` in the line; none where it is not there.
fn further_digits<'l>(line: &'l str, written: &str) -> &'l str {
    let Some((_, after)) = line.split_once(written) else {
        return "";
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count().min(6);
    &after[..digits]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stamp: Stamp, zone: Zone, line: &str) -> String {
        // 2026-11-22T10:00:00Z
        let clock = Clock { now: Millis(1_795_341_600_000), zone, last: Cell::default() };
        clock.show(stamp, line).expect("a time")
    }

    #[test]
    fn a_time_without_zone_keeps_its_wall_clock() {
        let wall = Stamp::Local(Millis(1_795_341_600_000));
        assert_eq!(shown(wall, Zone::Fixed(0), ""), "2026-11-22T10:00:00.000Z");
        assert_eq!(shown(wall, Zone::Fixed(210), ""), "2026-11-22T10:00:00.000+03:30");
        let moment = Stamp::Utc(Millis(1_795_341_600_000));
        assert_eq!(shown(moment, Zone::Fixed(210), ""), "2026-11-22T10:00:00.000Z");
    }

    #[test]
    fn a_time_has_the_digits_that_were_written() {
        let moment = Stamp::Utc(Millis(1_795_341_600_620));
        for (line, time) in [
            ("<28>1 2026-11-22T11:00:00.620412+01:00 host", "2026-11-22T10:00:00.620412Z"),
            ("<28>1 2026-11-22T11:00:00.620+01:00 host", "2026-11-22T10:00:00.620Z"),
            ("<28>1 2026-11-22T11:00:00.6201234567891+01:00", "2026-11-22T10:00:00.620123456Z"),
            ("{\"ts\":1795341600.620412}", "2026-11-22T10:00:00.620Z"),
        ] {
            assert_eq!(shown(moment, Zone::Fixed(0), line), time);
        }
    }
}
