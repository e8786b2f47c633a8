//! `tapline report --rule WHEN`: how often a rule would have been broken in these files.

use crate::aggregate::amount::{amount, moment, second, span};
use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::rules::{By, Rule};
use crate::aggregate::wire::{RuleFiring, RuleTest};
use crate::app::figures::clean;
use crate::decode::text::harmless;
use crate::state::live::Range;
use crate::state::node::Node;

/// Firings that the text lists; JSON has more.
const LISTED: usize = 50;
/// Characters of a rule in the text.
const WHEN_MAX: usize = 200;
/// Characters of a site, client or path.
const BY_MAX: usize = 80;

/// Reads `--rule`.
///
/// # Errors
/// What can't be understood, where, and what would be right.
pub(super) fn argument(text: &str) -> Result<Rule, String> {
    Rule::parse(text).map_err(|error| {
        let column = text.get(..error.at).map_or(1, |before| before.chars().count() + 1);
        format!("column {column}: {error}")
    })
}

/// Each rule in text, or one JSON object a line.
pub(super) fn told(rules: &[Rule], node: &Node, json: bool) -> String {
    node.flush();
    let live = node.live();
    let tests = rules.iter().map(|rule| {
        let (firings, tried) = live.rehearse(rule, Range::default());
        (rule, RuleTest::new(rule, &firings, tried))
    });
    if json {
        // Our own types with string keys: serialising them to memory cannot fail.
        return tests
            .map(|(_, test)| harmless(serde_json::to_string(&test).unwrap_or_default()) + "\n")
            .collect();
    }
    let lacks = |rule: &Rule| rule.by.filter(|&by| names_none(live.dictionaries(), by));
    tests.map(|(rule, test)| text(&test, lacks(rule))).collect::<Vec<_>>().join("\n")
}

/// Whether no line names any of what a rule judges by: then it can't ever fire.
fn names_none(dictionaries: &Dictionaries, by: By) -> bool {
    dictionaries.field(by.field()).iter().next().is_none()
}

fn text(test: &RuleTest, lacks: Option<By>) -> String {
    let times = match test.fired {
        0 => "would not have fired".to_owned(),
        1 => "would have fired once".to_owned(),
        n => format!("would have fired {n} times"),
    };
    let why = lacks.map(|by| format!(": no line names a {}", by.word())).unwrap_or_default();
    let mut out = format!(
        "{}\n{times}, {} to {}{why}\n",
        clean(&test.when, WHEN_MAX),
        moment(&test.from, ""),
        moment(&test.to, "")
    );
    for firing in test.firings.iter().take(LISTED) {
        out += &format!("  {}\n", line(firing, test));
    }
    if test.fired > LISTED {
        out += &format!("  and {} more; --json lists them\n", test.fired - LISTED);
    }
    out
}

/// `2026-11-22 10:02:31 UTC  for 6 min 41 s, worst 22 %`.
fn line(firing: &RuleFiring, test: &RuleTest) -> String {
    let end = firing.end.as_ref().unwrap_or(&test.to);
    let lasted = match (second(&firing.start), second(end)) {
        (Some(start), Some(end)) => span(end - start),
        _ => "an unknown time".to_owned(),
    };
    let open = if firing.end.is_none() { ", still at the end" } else { "" };
    let worst = firing.worst.as_ref();
    let worst =
        worst.map(|w| format!(", worst {}", amount(w.value, &test.unit))).unwrap_or_default();
    let by = firing.by.as_ref().map(|by| format!(", {}", clean(by, BY_MAX))).unwrap_or_default();
    format!("{}  for {lasted}{open}{worst}{by}", moment(&firing.start, ""))
}
