//! A source whose lines fit another format than before: somebody changed the log, and panels go empty.

use super::episode::{About, Episode, Look, Out, Rows, Sums};
use super::keyed::Keyed;
use super::{Input, Unit};
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Sources that drifted and are remembered: a source tells of it once, not with each line.
const SOURCES: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Drifts {
    sources: Keyed<Episode>,
}

impl Default for Drifts {
    fn default() -> Self {
        Drifts { sources: Keyed::new(SOURCES) }
    }
}

impl Drifts {
    pub(super) fn tick(&mut self, input: &Input<'_>, out: &mut Out<'_>) {
        let second = input.second;
        for (n, drift) in (0u32..).zip(input.drift) {
            let name = (n, drift.source);
            let make = Episode::default;
            if let Some(place) = self.sources.touch(name, second, 1.0, make, Episode::is_open) {
                let severity = if drift.now.is_empty() { 4 } else { 2 };
                step(second, drift.source, 1.0, severity, self.sources.get_mut(place), out);
            }
        }
        for entry in self.sources.entries_mut() {
            let is_now = input.drift.iter().any(|drift| *drift.source == *entry.text);
            if entry.value.is_open() && !is_now {
                let source = entry.text.clone();
                step(second, &source, 0.0, 1, entry, out);
            }
        }
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for entry in self.sources.entries_mut() {
            entry.value.end(second, out);
        }
    }
}

fn step(
    second: Second,
    source: &str,
    n: f64,
    severity: u8,
    entry: &mut super::keyed::Entry<Episode>,
    out: &mut Out<'_>,
) {
    let about = About {
        kind: AnomalyKind::FormatDrift,
        unit: Unit::Count,
        site: None,
        key: Some(source),
        rows: Rows::Of("", Some(("source", source))),
    };
    let look = Look {
        score: n,
        threshold: 1.0,
        since: second,
        sums: Sums { observed: n, expected: 0.0, weight: 1.0, ..Sums::default() },
        tick: Sums { observed: n, expected: 0.0, weight: 1.0, ..Sums::default() },
        spread: 0.0,
        phi: 0.0,
        severity,
        knows: true,
        held: false,
    };
    entry.value.step(second, &look, &about, out);
}
