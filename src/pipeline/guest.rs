//! What a guest of one site may know: its own rows, and nothing of the server or of other sites.
//!
//! Rows are kept apart by the filter ([`Filter::within_site`](crate::aggregate::filter::Filter::within_site));
//! in here is what no filter reaches.

use crate::aggregate::filter::Filter;
use crate::aggregate::list::{Base, List};
use crate::aggregate::wire::{
    Accounting, Anomaly, EventRow, GeoInfo, Hello, Kept, Marker, Status, Summary,
};

/// The word of the filter language that names who sent a line.
const SENDER: &str = "source";

/// Whether a filter asks who sent a line: how many match would tell a guest of the senders there are.
#[must_use]
pub fn asks_for_senders(filter: &Filter) -> bool {
    filter.without(&[SENDER]) != *filter
}

/// Whether a list is of who sent the lines: one of them sends for many sites.
#[must_use]
pub fn hides(list: List) -> bool {
    list.base() == Base::Sources
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
        if let Some(filter) = &mut anomaly.filter
            && let Ok(read) = Filter::parse(filter)
        {
            *filter = read.without(&[SENDER]).to_string();
        }
    }
}

/// The accounting of all lines is replaced by one of what is summed up, the list of senders is empty, and of a
/// template nothing is told that was learnt of other sites' lines: when the first came, how bad the worst was.
pub fn summary(summary: &mut Summary) {
    // By whatever they are ordered.
    let is_hidden = |key: &str| key.split(':').next().and_then(List::named).is_some_and(hides);
    summary.top.iter_mut().filter(|(key, _)| is_hidden(key)).for_each(|(_, rows)| rows.clear());
    summary.other.retain(|key, _| !is_hidden(key));
    for row in summary.top.values_mut().flatten() {
        (row.level, row.first_seen) = (None, None);
    }
    let counted = summary.requests + summary.errors;
    let received = counted + summary.messages;
    summary.unwritten_since = None;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anomaly_of_the_site_names_nobody_who_sent_its_lines() {
        let cause = |field: &str, value: &str| {
            serde_json::json!({
                "field": field, "value": value, "observed": 1.0, "expected": 0.0, "share": 1.0,
            })
        };
        let found = serde_json::from_value(serde_json::json!({
            "id": "a", "kind": "rule", "site": "own.example", "key": "many", "state": "open",
            "start": "", "detected": "", "peak": {"time": "", "value": 1.0}, "end": null,
            "observed": 1.0, "expected": 0.0, "low": null, "high": null, "unit": "per_s",
            "severity": 1, "explain": [cause("source", "web-1"), cause("path", "/a")],
            "samples": [{"kind": "access", "time": "", "source": "web-1", "path": "/a"}],
            "incident": "a", "filter": "site:own.example source:web-1 status:5xx", "muted": false,
        }));
        let mut all: Vec<Anomaly> = vec![found.expect("an anomaly")];
        anomalies(&mut all, "own.example");
        let told = serde_json::to_string(&all).expect("a text");
        assert!(!told.contains("web-1"), "{told}");
        assert_eq!(all[0].filter.as_deref(), Some("site:own.example status:5xx"));
        assert_eq!((all[0].explain.len(), all[0].samples[0].path.as_deref()), (1, Some("/a")));
        anomalies(&mut all, "other.example");
        assert!(all.is_empty());
    }
}
