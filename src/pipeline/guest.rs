//! What a guest of one site may know: its own rows, and nothing of the server or of other sites.
//!
//! Rows are kept apart by the filter ([`Filter::within_site`](crate::aggregate::filter::Filter::within_site));
//! in here is what no filter reaches.

use crate::aggregate::filter::Filter;
use crate::aggregate::wire::{
    Accounting, Anomaly, EventRow, GeoInfo, Hello, Kept, Marker, Status, Summary,
};

/// The word of the filter language, and the list, that name who sent a line.
const SENDER: &str = "source";
const SENDERS: &str = "sources";

/// Whether a filter asks who sent a line: how many match would tell a guest of the senders there are.
#[must_use]
pub fn asks_for_senders(filter: &Filter) -> bool {
    filter.without(&[SENDER]) != *filter
}

/// Whether a list, or the values of a word, are the senders.
#[must_use]
pub fn names_senders(list: &str) -> bool {
    matches!(list, SENDER | SENDERS)
}

/// The greeting without where lines come in and how they get there.
pub fn hello(hello: &mut Hello, site: &str) {
    hello.site = Some(site.to_owned());
    hello.listeners = Vec::new();
    hello.snippets = Vec::new();
    hello.geo = GeoInfo { looked_in: Vec::new(), ..std::mem::take(&mut hello.geo) };
}

/// The state without the senders, the sums and the marks of others.
pub fn status(status: &mut Status, site: &str) {
    summary(&mut status.summary);
    status.sources = Vec::new();
    status.listeners = Vec::new();
    // The oldest says how far one can look back; how much is kept is of everybody.
    status.kept = Kept { events: 0, bytes: 0, budget_bytes: 0, ..std::mem::take(&mut status.kept) };
    status.markers.retain(|marker| may_see_marker(marker, site));
}

/// Lines without who sent them.
pub fn events(events: &mut [EventRow]) {
    events.iter_mut().for_each(|event| event.source.clear());
}

/// The anomalies of the site, without who sent their lines.
pub fn anomalies(anomalies: &mut Vec<Anomaly>, site: &str) {
    anomalies.retain(|anomaly| may_see(anomaly, site));
    for anomaly in anomalies {
        events(&mut anomaly.samples);
        anomaly.explain.retain(|cause| cause.field != SENDER);
    }
}

/// The accounting of all lines is replaced by one of what is summed up, and the list of senders is empty.
pub fn summary(summary: &mut Summary) {
    if let Some(senders) = summary.top.get_mut(SENDERS) {
        senders.clear();
        summary.other.remove(SENDERS);
    }
    let counted = summary.requests + summary.errors;
    let received = counted + summary.messages;
    summary.accounting =
        Accounting { received, counted, unparsed: summary.messages, ..Accounting::default() };
}

/// A mark without a site may be about any of them.
#[must_use]
pub fn may_see_marker(marker: &Marker, site: &str) -> bool {
    marker.site.as_deref() == Some(site)
}

/// An anomaly of all sites has lines of all sites.
fn may_see(anomaly: &Anomaly, site: &str) -> bool {
    anomaly.site.as_deref() == Some(site)
}
