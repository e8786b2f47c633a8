//! Mutes: what the operator knows of and does not want to be told, by filter, kind and time.

use crate::aggregate::filter::Filter;
use crate::aggregate::forget::Forget;
use crate::aggregate::render::rfc3339;
use crate::aggregate::row::Row;
use crate::aggregate::wire::{Anomaly, AnomalyKind, EventRow, Mute};
use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Mutes at a time.
pub const MAX_MUTES: usize = 256;
/// Of an anomaly's lines, the part that a mute's filter must let through: as much as causes explain.
const MOST: f64 = 0.67;

/// A mute as it is kept.
#[derive(Clone, Debug)]
struct Muted {
    wire: Mute,
    filter: Filter,
    /// Exclusive.
    until: Option<Second>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Mutes {
    list: Vec<Muted>,
    made: u64,
}

/// A mute that is wished for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub filter: Filter,
    pub kind: Option<AnomalyKind>,
    pub key: Option<String>,
    pub until: Option<Second>,
    /// On one line.
    pub note: String,
}

impl Mutes {
    /// Takes a mute in; `None` where there are too many.
    pub fn add(&mut self, wish: Wish, now: Second) -> Option<Mute> {
        if self.list.len() >= MAX_MUTES {
            return None;
        }
        let id = loop {
            self.made += 1;
            let id = format!("{now}-{}", self.made);
            if !self.list.iter().any(|mute| mute.wire.id == id) {
                break id;
            }
        };
        let wire = Mute {
            id,
            filter: wish.filter.as_str().to_owned(),
            kind: wish.kind,
            key: wish.key,
            until: wish.until.map(rfc3339),
            note: wish.note,
            created: rfc3339(now),
        };
        self.list.push(Muted { wire: wire.clone(), filter: wish.filter, until: wish.until });
        Some(wire)
    }

    /// Takes back what an earlier process kept; what can't be read any more is left out.
    pub(super) fn restore(&mut self, kept: Vec<Mute>) {
        for wire in kept.into_iter().take(MAX_MUTES) {
            let until = wire.until.as_deref().map(super::second_of);
            let Ok(filter) = Filter::parse(&wire.filter) else { continue };
            if until != Some(None) {
                self.list.push(Muted { wire, filter, until: until.flatten() });
            }
        }
    }

    /// Takes a client out of them; how many named it. One whose filter or key names it goes: without the
    /// name it would cover something else.
    pub(super) fn forget(&mut self, who: &Forget) -> u64 {
        let before = self.list.len();
        self.list.retain(|Muted { wire, .. }| {
            let covered = [Some(&wire.filter), wire.key.as_ref()];
            covered.into_iter().flatten().all(|text| who.text(text).is_none())
        });
        let gone = before - self.list.len();
        let noted = self.list.iter_mut().filter_map(|mute| {
            let note = &mut mute.wire.note;
            who.text(note).map(|new| *note = new)
        });
        (gone + noted.count()) as u64
    }

    /// True where there was one of this id.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|mute| mute.wire.id != id);
        self.list.len() < before
    }

    /// Lets go of what is over; true where something was.
    pub(super) fn age(&mut self, now: Second) -> bool {
        let before = self.list.len();
        self.list.retain(|mute| mute.until.is_none_or(|until| now < until));
        self.list.len() < before
    }

    /// All there are, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Mute> {
        self.list.iter().map(|mute| mute.wire.clone()).collect()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether an anomaly is one that nobody is to be told of.
    #[must_use]
    pub fn cover(&self, anomaly: &Anomaly) -> bool {
        self.list.iter().any(|mute| {
            mute.wire.kind.is_none_or(|kind| kind == anomaly.kind)
                && mute.wire.key.as_ref().is_none_or(|key| anomaly.key.as_ref() == Some(key))
                && (mute.filter.is_empty() || concerns(&mute.filter, anomaly))
        })
    }
}

/// Whether an anomaly is about what a filter means: its causes are, or most of its lines.
pub(super) fn concerns(filter: &Filter, anomaly: &Anomaly) -> bool {
    let known = known(anomaly);
    if filter.matches_knowing(&as_row(anomaly), &known) {
        return true;
    }
    let is_meant = |row: &&EventRow| filter.matches_knowing(&row_of(row), &known);
    let meant = anomaly.samples.iter().filter(is_meant).count();
    meant > 0 && meant as f64 >= MOST * anomaly.samples.len() as f64
}

/// What no line says: the route or the template that an anomaly is of.
fn known(anomaly: &Anomaly) -> Vec<(&str, &str)> {
    let cause = |field: &str| {
        let cause = anomaly.explain.iter().find(|c| c.field == field && c.share >= MOST);
        cause.map(|cause| cause.value.as_str())
    };
    // A path that is named by itself is its own route, as far as can be told without the window.
    let route = route_of(anomaly).or_else(|| cause("route")).or_else(|| cause("path"));
    let template = match anomaly.kind {
        AnomalyKind::NewError | AnomalyKind::ErrorSurge => anomaly.key.as_deref(),
        _ => None,
    };
    let known = [("route", route), ("template", template)];
    known.into_iter().filter_map(|(word, value)| Some((word, value?))).collect()
}

/// Of the kinds that look at routes one by one, the route.
fn route_of(anomaly: &Anomaly) -> Option<&str> {
    let of_routes = matches!(
        anomaly.kind,
        AnomalyKind::Errors5xx
            | AnomalyKind::Errors4xx
            | AnomalyKind::Latency
            | AnomalyKind::Bytes
            | AnomalyKind::Bruteforce
    );
    // A guesser by its address is no route.
    anomaly.key.as_deref().filter(|key| of_routes && key.starts_with('/'))
}

/// An anomaly as the request that stands for all of it: what it is of, and its first causes.
fn as_row(anomaly: &Anomaly) -> Row<'_> {
    let mut row = Row::new(Kind::Access);
    row.status = match anomaly.kind {
        AnomalyKind::Errors5xx => 500,
        AnomalyKind::Errors4xx | AnomalyKind::Scan => 404,
        AnomalyKind::Bruteforce => 401,
        _ => 0,
    };
    for cause in anomaly.explain.iter().rev().filter(|cause| cause.share >= MOST) {
        let field = match cause.field.as_str() {
            "site" => Field::Site,
            "source" => Field::Source,
            "client" => Field::Client,
            "path" => Field::Path,
            "agent" => Field::Agent,
            "upstream" => Field::Upstream,
            "status" => {
                row.status = cause.value.parse().unwrap_or(row.status);
                continue;
            }
            _ => continue,
        };
        row.set(field, &cause.value);
    }
    // A network's first address stands for all of it.
    let network = anomaly.explain.iter().find(|c| c.field == "network" && c.share >= MOST);
    if let Some((address, _)) = network.and_then(|cause| cause.value.split_once('/'))
        && row.get(Field::Client).is_none()
    {
        row.set(Field::Client, address);
    }
    // A route without places for values is a path, too; it is known before anybody has looked closely.
    if let Some(route) = route_of(anomaly).filter(|route| !route.contains(['{', '*']))
        && row.get(Field::Path).is_none()
    {
        row.set(Field::Path, route);
    }
    if let Some(site) = &anomaly.site {
        row.set(Field::Site, site);
    }
    if let (AnomalyKind::Silent, Some(key)) = (anomaly.kind, &anomaly.key) {
        row.set(Field::Source, key);
    }
    row
}

fn row_of(event: &EventRow) -> Row<'_> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == event.kind).unwrap_or_default();
    let mut row = Row::new(kind);
    row.status = event.status.unwrap_or(0);
    row.bytes = event.bytes;
    row.bytes_in = event.bytes_in;
    let us = |s: Option<f64>| s.map(|s| (s * 1e6) as u32);
    row.request_us = us(event.request_time_s);
    row.upstream_us = us(event.upstream_time_s);
    row.set(Field::Source, &event.source);
    for (field, text) in [
        (Field::Site, &event.host),
        (Field::Client, &event.remote_ip),
        (Field::User, &event.user),
        (Field::Method, &event.method),
        (Field::Path, &event.path),
        (Field::Query, &event.query),
        (Field::Protocol, &event.protocol),
        (Field::Referrer, &event.referrer),
        (Field::Agent, &event.user_agent),
        (Field::Upstream, &event.upstream),
        (Field::Cache, &event.cache_status),
        (Field::Level, &event.level),
        (Field::Message, &event.message),
        (Field::Format, &event.format),
    ] {
        if let Some(text) = text {
            row.set(field, text);
        }
    }
    row
}
