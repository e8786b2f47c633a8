//! Columns back to texts: single events and times as they are shown.

use chrono::{DateTime, SecondsFormat};

use super::column::{BYTES, BYTES_IN, Columns, KIND, MS, REQUEST, STATUS, UPSTREAM};
use super::derived::Derived;
use super::dictionaries::Dictionaries;
use super::scan::text_of;
use super::wire::EventRow;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// RFC 3339 in UTC, whole seconds; outside chrono's quarter million years, the epoch.
#[must_use]
pub fn rfc3339(second: Second) -> String {
    let time = DateTime::from_timestamp(second.0, 0).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// One event with everything that is kept of it.
#[must_use]
pub fn event_row(
    columns: &Columns,
    row: usize,
    second: Second,
    dictionaries: &Dictionaries,
) -> EventRow {
    let number = |place: usize| columns.at(place).get(row);
    let optional = |place: usize| number(place).checked_sub(1);
    // Ids of texts are 32 bits wide.
    let id = |field: Field| columns.text(field).get(row) as u32;
    let text = |field: Field| text_of(field, id(field), dictionaries).map(str::to_owned);
    let kind = Kind::ALL[(number(KIND) as usize).min(2)];
    let ms = second.start().0.saturating_add(number(MS) as i64);
    let agent = dictionaries.derived_text(Derived::Family, id(Field::Agent)).map(str::to_owned);
    EventRow {
        kind: kind.name().to_owned(),
        time: DateTime::from_timestamp_millis(ms)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Millis, true),
        source: text(Field::Source).unwrap_or_default(),
        host: text(Field::Site),
        remote_ip: text(Field::Client),
        user: text(Field::User),
        method: text(Field::Method),
        path: text(Field::Path),
        query: text(Field::Query),
        protocol: text(Field::Protocol),
        // At most 999.
        status: Some(number(STATUS) as u16).filter(|&s| s != 0),
        bytes: optional(BYTES),
        bytes_in: optional(BYTES_IN),
        referrer: text(Field::Referrer),
        user_agent: text(Field::Agent),
        agent,
        request_time_s: optional(REQUEST).map(|us| us as f64 / 1e6),
        upstream_time_s: optional(UPSTREAM).map(|us| us as f64 / 1e6),
        upstream: text(Field::Upstream),
        cache_status: text(Field::Cache),
        scheme: text(Field::Scheme),
        tls_version: text(Field::Tls),
        tls_cipher: text(Field::Cipher),
        mime: text(Field::Mime),
        level: text(Field::Level),
        message: text(Field::Message),
        format: text(Field::Format),
    }
}
