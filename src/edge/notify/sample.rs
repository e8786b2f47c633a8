//! Anomalies for tests.

use crate::aggregate::wire::{Anomaly, AnomalyCause, AnomalyKind, AnomalyPeak, AnomalyState};

/// A surge of 5xx on a shop, of 14 % where 0.2 % are usual, `/checkout` 92 % of it.
pub(super) fn surge(id: &str, incident: &str, severity: u8) -> Anomaly {
    Anomaly {
        id: id.to_owned(),
        kind: AnomalyKind::Errors5xx,
        site: Some("shop.example".to_owned()),
        key: None,
        state: AnomalyState::Open,
        start: "2026-11-26T10:02:31Z".to_owned(),
        detected: "2026-11-26T10:02:34Z".to_owned(),
        peak: AnomalyPeak { time: "2026-11-26T10:04:10Z".to_owned(), value: 22.4 },
        end: None,
        usual_since: None,
        learning: false,
        observed: 14.2,
        apart: 0.0,
        expected: 0.2,
        low: None,
        high: Some(1.1),
        unit: "percent".to_owned(),
        full_in_s: None,
        severity,
        explain: vec![AnomalyCause {
            field: "path".to_owned(),
            value: "/checkout".to_owned(),
            observed: 13.1,
            expected: 0.1,
            unit: "percent".to_owned(),
            share: 0.92,
        }],
        samples: Vec::new(),
        incident: incident.to_owned(),
        filter: Some("status:5xx site:shop.example".to_owned()),
        muted: false,
    }
}

/// The same a moment later, over.
pub(super) fn over(mut anomaly: Anomaly) -> Anomaly {
    anomaly.state = AnomalyState::Closed;
    anomaly.end = Some("2026-11-26T10:09:12Z".to_owned());
    anomaly
}
