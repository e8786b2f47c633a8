//! `[[rule]]`: thresholds of the operator's beside what is learnt.

use super::entries::{Entry, entries};
use super::kind::{Count, Kind, Raw, Words, Wrong};
use super::notify::is_name;
use crate::aggregate::rules::{Named, Rule};

/// Rules that there may be: each looks at every row.
const RULES_MAX: usize = 64;

const KEYS: &[&str] = &["name", "when", "severity"];

/// How the reference file shows it.
pub(super) const EXAMPLE: &str = "\
# Thresholds of your own beside what is learnt: one [[rule]] for each (at most 64). They need no
# detectors, are told like other anomalies, and can be tried on what was: `tapline report --rule WHEN
# FILE`, GET /api/v1/rules/backtest?when=WHEN.
#
# [[rule]]
# name = \"checkout\"        # shown, and in [[notify]] kinds = [\"rule\"]; each rule has one of its own
# when = \"path:/checkout status:5xx rate > 2% for 1m\"
# severity = 3             # 1 (a note) to 5 (wake somebody)
#
# when: a filter (none is everything), what is measured, >, >=, < or <=, a threshold, and the span that is
# measured. A rule is over when it has held for its span again (10 s at least, 5 min at most).
#   rate > 2%              share of the requests that the filter would let through if it did not ask what
#                          #   became of them (status, outcome, bytes, times, cache), or of all if it asks
#                          #   for nothing else
#   count < 1, count > 5/s rows: requests, errors, messages
#   latency p95 > 800ms    p50, p90, p95, p99 or max of the request times
#   bytes > 2GB            sent
# `rate > 2% min 50 for 5m` says nothing on fewer than 50 requests; so does latency.
";

/// The value of `rule`.
#[derive(Debug)]
pub(super) struct Rules;

impl Kind for Rules {
    type Out = Vec<Named>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        let mut names: Vec<String> = Vec::new();
        entries(raw, "rule", KEYS, RULES_MAX, |entry| rule(entry, &mut names))
    }

    fn show(&self, _: &Self::Out) -> String {
        "[]".into()
    }

    fn says(&self) -> String {
        "list of tables; the end of this file has one".into()
    }
}

fn rule(entry: &mut Entry<'_>, names: &mut Vec<String>) -> Option<Named> {
    let name = entry.take("name", &Words("name", is_name));
    if entry.get("name").is_none() {
        entry.tell("name", "[[rule]] has no `name`");
    }
    if let Some(name) = &name {
        if names.contains(name) {
            entry.tell("name", format!("two rules are named '{name}'"));
        }
        names.push(name.clone());
    }
    // At most 5.
    let severity = entry.take("severity", &Count(1, 5)).map_or(3, |severity| severity as u8);
    let when = entry.take("when", &Words("rule", |_| Ok(())));
    if entry.get("when").is_none() {
        entry.tell("when", "[[rule]] says not `when`: when = \"status:5xx rate > 2% for 1m\"");
    }
    match Rule::parse(&when?) {
        Ok(rule) => Some(Named { name: name?, rule, severity }),
        Err(error) => {
            entry.tell_inside("when", error.at, error.to_string());
            None
        }
    }
}
