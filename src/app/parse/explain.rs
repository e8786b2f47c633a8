//! `tapline parse --explain`: what an input was recognised as, and what to do about the rest of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use crate::aggregate::wire::FormatEvidence;
use crate::decode::formats::propose::{self, Said};
use crate::decode::formats::recognise::UNKNOWN_NAME;
use crate::decode::redact;
use crate::decode::text::plain;
use crate::state::evidence::{Evidence, format_name};
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Millis;

/// Lines told one by one; the others are summed up.
const TOLD: u64 = 20;
/// Shapes of unknown lines that are counted each by itself.
const MAX_SHAPES: usize = 1024;
/// Changes of format that are told.
const MAX_CHANGES: usize = 20;
/// Characters of a sample that are shown.
const SHOWN: usize = 300;
/// Characters of a field's value that are shown.
const VALUE: usize = 60;

/// Fields of a request that people look for.
const USUAL: [&str; 7] =
    ["remote_ip", "host", "status", "bytes", "request_time_s", "referrer", "user_agent"];

/// What has been seen of one input.
#[derive(Debug, Default)]
pub(super) struct Explained {
    lines: u64,
    formats: BTreeMap<&'static str, Seen>,
    unknown: Seen,
    /// Lines of each shape that fits nothing.
    shapes: HashMap<u64, u64>,
    evidence: Evidence,
    changes: Vec<(u64, &'static str, &'static str)>,
    /// How many durations without a unit were taken to be in which; the first in none.
    units: BTreeMap<Option<&'static str>, u64>,
    /// The same of those that stand behind a line and have no name.
    behind: BTreeMap<Option<&'static str>, u64>,
}

#[derive(Debug, Default)]
struct Seen {
    lines: u64,
    first: u64,
    /// The fields of that first line.
    row: serde_json::Value,
}

impl Seen {
    fn at(&mut self, line: u64) {
        if self.lines == 0 {
            self.first = line;
        }
        self.lines += 1;
    }
}

impl Explained {
    /// Takes a line into account. Gives what to say of it now, if anything.
    pub(super) fn line(
        &mut self,
        number: u64,
        event: &Event<'_>,
        text: &str,
        message: &str,
        behind: &str,
        row: impl FnOnce() -> serde_json::Value,
    ) -> Option<String> {
        self.lines += 1;
        // Samples are chosen by time; here a line is a second.
        let at = Millis(i64::try_from(number).unwrap_or(i64::MAX / 1000).saturating_mul(1000));
        let kept = |line: &str| redact::line::secrets(line).into_owned();
        if event.format.is_empty() {
            self.unknown.at(number);
            let shape = propose::shape(message);
            if self.shapes.len() < MAX_SHAPES || self.shapes.contains_key(&shape) {
                *self.shapes.entry(shape).or_default() += 1;
            }
            self.evidence.sample(message, at, kept);
        } else {
            let seen = self.formats.entry(event.format).or_default();
            if seen.lines == 0 {
                seen.row = row();
            }
            seen.at(number);
            self.evidence.understood(event, at, || kept(text));
        }
        let format = if event.format.is_empty() { "no known format" } else { event.format };
        (self.lines <= TOLD).then(|| format!("{format}{behind}"))
    }

    /// Notes that the format of the access lines changed.
    pub(super) fn changed(&mut self, number: u64, old: &'static str, new: &'static str) {
        if self.changes.len() < MAX_CHANGES {
            self.changes.push((number, old, new));
        }
    }

    /// Notes in which unit a duration without one was taken to be.
    pub(super) fn took(&mut self, unit: Option<&'static str>, is_named: bool) {
        let units = if is_named { &mut self.units } else { &mut self.behind };
        *units.entry(unit).or_default() += 1;
    }

    /// The whole, once the input has ended; nothing for an empty one.
    pub(super) fn summary(&self, name: &str) -> Option<String> {
        if self.lines == 0 {
            return None;
        }
        let mut out = String::new();
        let _ = writeln!(out, "\n{name}: {}", lines(self.lines));
        let evidence = self.evidence.formats(|_| 0);
        let mut formats: Vec<_> = self.formats.iter().collect();
        formats.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.lines));
        for (format, seen) in formats {
            let _ =
                writeln!(out, "  {format}: {}, first in line {}", lines(seen.lines), seen.first);
            if let Some(evidence) = evidence.iter().find(|e| e.format == *format) {
                of_format(&mut out, evidence, &seen.row);
            }
        }
        let no_unit = "durations whose name says no unit, as `duration_ms` would";
        let behind = "durations behind the line, where nothing says the unit but --format";
        let outages = "which may be outages or less than a second";
        let small = "which are hardly microseconds";
        for (units, what, why) in [(&self.units, no_unit, outages), (&self.behind, behind, small)] {
            let told = units.iter().rev().map(|(unit, count)| match unit {
                Some(unit) => format!("{count} taken as {unit}"),
                None => format!("{count} left out, {why}"),
            });
            let told: Vec<String> = told.collect();
            if !told.is_empty() {
                let _ = writeln!(out, "  {what}: {}", told.join(", "));
            }
        }
        for (number, old, new) in &self.changes {
            let named = |format| if format == UNKNOWN_NAME { "no known format" } else { format };
            let (old, new) = (named(old), named(new));
            let _ = writeln!(out, "  by line {number} {old} had given way to {new}");
        }
        if self.unknown.lines > 0 {
            self.rest(&mut out, name);
        }
        Some(out)
    }

    /// The lines that fit nothing: what they are, and a template for those that look like requests.
    fn rest(&self, out: &mut String, name: &str) {
        let (unknown, first) = (self.unknown.lines, self.unknown.first);
        let _ = writeln!(out, "  no known format: {}, first in line {first}", lines(unknown));
        let (whole, cut): (Vec<_>, Vec<_>) =
            self.evidence.samples_with_whole().partition(|(_, whole)| *whole);
        let texts: Vec<&str> = whole.iter().map(|(text, _)| *text).collect();
        let mut told = 0;
        for group in propose::propose(&texts) {
            let mut shapes: Vec<u64> =
                group.lines.iter().map(|&line| propose::shape(texts[line])).collect();
            shapes.sort_unstable();
            shapes.dedup();
            let count: u64 = shapes.iter().filter_map(|shape| self.shapes.get(shape)).sum();
            told += count;
            let first = group.lines.first().map_or("", |&line| texts[line]);
            let what = match &group.said {
                Said::Template(proposal) => format!(
                    "like requests of a format of your own; this template reads {} of {} samples",
                    proposal.reads, proposal.of
                ),
                Said::Messages => {
                    "like messages of a program: no status, no request; kept as messages".into()
                }
                Said::Json => "JSON that names no status or no request; kept as messages".into(),
                Said::NoStatus => "like requests without a status; kept as messages".into(),
                Said::NoRequest => "like requests without a path; kept as messages".into(),
                Said::Unclear => {
                    "like requests, but no template reads them; kept as messages".into()
                }
            };
            let _ = writeln!(out, "    {}: {what}", lines(count));
            let _ = writeln!(out, "      {}", shown(first));
            if let Said::Template(proposal) = group.said {
                for (variable, value) in &proposal.columns {
                    let _ = writeln!(out, "        ${variable} = {}", shown(value));
                }
                let _ = writeln!(out, "      to read them, in tapline.toml:");
                let stem = std::path::Path::new(name).file_stem().unwrap_or_default();
                for line in proposal.toml(&format_name(&stem.to_string_lossy())).lines() {
                    let _ = writeln!(out, "        {}", shown_whole(line));
                }
            }
        }
        if !cut.is_empty() && texts.is_empty() {
            let _ = writeln!(out, "    too long to propose anything for them");
        }
        if unknown > told {
            let _ = writeln!(out, "    {} of other shapes", lines(unknown - told));
        }
    }
}

/// A format's first line, what each field of it is, what other lines have, and what none has.
fn of_format(out: &mut String, evidence: &FormatEvidence, row: &serde_json::Value) {
    let _ = writeln!(out, "    {}", shown(&evidence.first_line));
    let value = |field: &String| {
        let value = match row.get(field)? {
            serde_json::Value::String(text) => redact::line::secrets(text).into_owned(),
            other => other.to_string(),
        };
        Some(format!("{field}={}", shown_to(&value, VALUE)))
    };
    let values: Vec<String> = evidence.fields.iter().filter_map(value).collect();
    let _ = writeln!(out, "    read as {}", values.join(" "));
    let more: Vec<&str> =
        evidence.fields.iter().filter(|f| row.get(f).is_none()).map(String::as_str).collect();
    if !more.is_empty() {
        let _ = writeln!(out, "    other lines also have {}", more.join(" "));
    }
    let is_missing = |field: &&str| !evidence.fields.iter().any(|known| known == field);
    let missing: Vec<&str> = USUAL.into_iter().filter(is_missing).collect();
    if evidence.kind == Kind::Access.name() && !missing.is_empty() {
        let missing = missing.join(" ");
        let _ =
            writeln!(out, "    in no line, for the format has none or each is empty: {missing}");
    }
    for lack in &evidence.lacks {
        let _ = writeln!(
            out,
            "    no {}: the panel of {} stays empty; {} in nginx's log_format or {} in Apache's LogFormat fills it",
            lack.field, lack.panel, lack.nginx, lack.apache
        );
    }
}

fn lines(n: u64) -> String {
    format!("{n} {}", if n == 1 { "line" } else { "lines" })
}

/// A stranger's text as a terminal may have it, cut where it becomes long.
fn shown(text: &str) -> String {
    shown_to(text, SHOWN)
}

fn shown_to(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", shown_whole(&text[..end])),
        None => shown_whole(text),
    }
}

fn shown_whole(text: &str) -> String {
    plain(&text.replace('\t', "\\t")).into_owned()
}
