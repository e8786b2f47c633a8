//! The report as text: the summary's totals, shares and top lists in aligned columns.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::lists;
use crate::aggregate::wire::{Accounting, Series, SourceInfo, Summary, TopRow};
use crate::app::figures::{
    bar, bytes, clean, clean_middle, count, duration, percent, sparkline, width,
};
use crate::app::paint::Paint;

/// Columns narrower than these can't be read; wider ones are hard to follow.
const MIN_COLUMNS: usize = 80;
const MAX_COLUMNS: usize = 132;

/// Cells of a bar.
const BAR: usize = 24;

/// Cells of a status class before its codes.
const STATUS_ROOM: usize = 2 + 5 + 2 + 12 + 2 + 6 + 2 + BAR + 2;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub colour: bool,
    /// Cells in a row of the terminal.
    pub columns: usize,
}

/// Sources whose formats, and lines that were not understood, are shown.
const SOURCES: usize = 8;
const SAMPLES: usize = 3;

/// What a report tells of.
#[derive(Debug)]
pub struct Report<'a> {
    /// What was read, as the user named it.
    pub names: &'a str,
    pub summary: &'a Summary,
    /// Requests over the whole range, in as many steps as there is room for.
    pub series: &'a Series,
    /// Requests hour by hour; empty where the range is too long for it, or too short.
    pub hours: &'a Series,
    pub sources: &'a [SourceInfo],
}

/// Instead of the range.
pub(super) const UNDATED: &str = "no line with a time was found";

/// Steps of a series that fit the report.
pub const STEPS: i64 = 60;

/// Writes the report.
#[must_use]
pub fn text(report: &Report<'_>, style: Style) -> String {
    let &Report { names, summary, series, hours, sources } = report;
    let paint = Paint(style.colour);
    let columns = style.columns.clamp(MIN_COLUMNS, MAX_COLUMNS);
    let mut out = String::with_capacity(8 * 1024);
    header(&mut out, summary, names, paint, columns);
    if summary.requests > 0 {
        when(&mut out, series, paint, columns);
        hours_of_day(&mut out, hours, paint);
        status(&mut out, summary, paint, columns);
        breakdown(&mut out, "Methods", &summary.methods, paint, columns);
        breakdown(&mut out, "Protocols", &summary.protocols, paint, columns);
        breakdown(&mut out, "TLS", &requests(summary, "tls"), paint, columns);
        times(&mut out, summary, paint);
    }
    breakdown(&mut out, "Error log", &summary.error_levels, paint, columns);
    lists::write(&mut out, summary, paint, columns);
    accounting(&mut out, &summary.accounting, paint);
    formats(&mut out, sources, paint, columns);
    misunderstood(&mut out, sources, paint, columns);
    out
}

fn header(out: &mut String, summary: &Summary, names: &str, paint: Paint, columns: usize) {
    let _ = writeln!(out, "{}  {}", paint.head("Tapline report"), clean(names, columns - 16));
    if !summary.from.is_empty() && summary.requests + summary.errors + summary.messages > 0 {
        let mut line = format!("{} – {} UTC", wall(&summary.from), wall(&summary.to));
        if let Some(seconds) = seconds_between(&summary.from, &summary.to) {
            let _ = write!(line, " · {}", duration(seconds as f64));
            if seconds > 0 && summary.requests > 0 {
                let rate = summary.requests as f64 / seconds as f64;
                let _ = write!(line, " · {} requests/s on average", decimals(rate));
            }
        }
        let _ = writeln!(out, "{}", paint.faint(&line));
    } else if summary.accounting.received > 0 && summary.from.is_empty() {
        let _ = writeln!(out, "{}", paint.faint(UNDATED));
    }
    let counted = |n: u64, one, more| (if n == 1 { one } else { more }, count(n));
    let figures = [
        counted(summary.requests, "request", "requests"),
        counted(summary.visitors, "visitor", "visitors"),
        ("sent", bytes(summary.bytes_out)),
        ("received", bytes(summary.bytes_in)),
        counted(summary.errors, "error-log line", "error-log lines"),
        ("not understood", count(summary.messages)),
    ];
    let shown = figures.iter().enumerate().filter(|(i, (_, value))| {
        // What a log can't know, or did not have, is left out; the first three are always told.
        *i < 3 || !value.starts_with("0")
    });
    let line: Vec<String> = shown
        .map(|(_, (name, value))| format!("{} {}", paint.head(value), paint.faint(name)))
        .collect();
    let _ = writeln!(out, "\n  {}", line.join("    "));
}

/// Requests over time, and answers of 500 and above where there are any.
fn when(out: &mut String, series: &Series, paint: Paint, columns: usize) {
    let Some((peak, most)) = busiest(&series.requests) else { return };
    if series.requests.len() < 2 {
        return;
    }
    let at = series.t.get(peak).and_then(|&t| chrono::DateTime::from_timestamp(t, 0));
    let at = at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
    let told = format!("most {} in {} at {at}", count(most), duration(f64::from(series.step_s)));
    let line = sparkline(&series.requests);
    // A whole line of steps leaves no room beside it.
    let fits = 6 + width(&line) + 2 + width(&told) <= columns;
    let told = paint.faint(&told);
    let between = if fits { "  " } else { "\n      " };
    let _ = writeln!(out, "\n{}  {line}{between}{told}", paint.head("When"));
    if let Some(&worst) = series.s5xx.iter().max().filter(|&&worst| worst > 0) {
        let line = paint.class("5xx", &sparkline(&series.s5xx));
        let _ = writeln!(out, "5xx   {line}  {}", paint.faint(&format!("most {}", count(worst))));
    }
}

/// Where the most is, and how much: of equals the first, where `max_by_key` has the last.
fn busiest(of: &[u64]) -> Option<(usize, u64)> {
    of.iter().copied().enumerate().rev().max_by_key(|&(_, n)| n)
}

/// Requests by the hour of the day, all days together.
pub(super) fn by_hour(hours: &Series) -> [u64; 24] {
    let mut of_day = [0; 24];
    for (&t, &n) in hours.t.iter().zip(&hours.requests) {
        // Below 24 by the remainder.
        of_day[(t.div_euclid(3600).rem_euclid(24)) as usize] += n;
    }
    of_day
}

fn hours_of_day(out: &mut String, hours: &Series, paint: Paint) {
    let of_day = by_hour(hours);
    let Some((busiest, most)) = busiest(&of_day) else { return };
    let Some((calmest, &least)) = of_day.iter().enumerate().min_by_key(|&(_, n)| n) else { return };
    if hours.t.len() < 2 || most == 0 {
        return;
    }
    let told = format!(
        "most {} from {busiest:02}:00, least {} from {calmest:02}:00",
        count(most),
        count(least)
    );
    let line = sparkline(&of_day);
    let _ = writeln!(out, "\n{} {line}  {}", paint.head("Hours"), paint.faint(&told));
    let _ = writeln!(out, "      {}", paint.faint("0     6     12    18     UTC"));
}

fn status(out: &mut String, summary: &Summary, paint: Paint, columns: usize) {
    let _ = writeln!(out, "\n{}", paint.head("Status"));
    for (class, &n) in summary.status.iter().filter(|&(_, &n)| n > 0) {
        let codes: Vec<String> = summary
            .status_codes
            .iter()
            .filter(|(code, _)| code.as_bytes().first() == class.as_bytes().first())
            .map(|(code, &n)| format!("{code} {}", count(n)))
            .collect();
        let drawn = bar(n, summary.requests, BAR);
        let _ = writeln!(
            out,
            "  {}  {:>12}  {:>6}  {}{}  {}",
            paint.class(class, &format!("{class:<5}")),
            count(n),
            percent(n, summary.requests),
            paint.class(class, &drawn),
            " ".repeat(BAR - width(&drawn)),
            paint.faint(&clean(&codes.join(" · "), columns.saturating_sub(STATUS_ROOM))),
        );
    }
}

/// A list's values and their requests.
fn requests(summary: &Summary, list: &str) -> BTreeMap<String, u64> {
    let rows: &[TopRow] = summary.top.get(list).map_or(&[], Vec::as_slice);
    rows.iter().map(|row| (row.value.clone(), row.requests)).collect()
}

/// Names and their numbers, without those of none.
pub(in crate::app) fn largest_first(of: &BTreeMap<String, u64>) -> Vec<(&String, u64)> {
    let mut parts: Vec<(&String, u64)> = of.iter().map(|(name, &n)| (name, n)).collect();
    parts.retain(|&(_, n)| n > 0);
    parts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    parts
}

/// One line of names and numbers, the largest first.
fn breakdown(
    out: &mut String,
    title: &str,
    of: &BTreeMap<String, u64>,
    paint: Paint,
    columns: usize,
) {
    let parts = largest_first(of);
    if parts.is_empty() {
        return;
    }
    let mut line = String::new();
    let mut left = parts.len();
    for (name, n) in parts {
        let part = format!("{} {}", clean(name, 24), count(n));
        if width(&line) + width(&part) + 24 > columns {
            let _ = write!(line, " · and {left} more");
            break;
        }
        if !line.is_empty() {
            line.push_str(" · ");
        }
        line.push_str(&part);
        left -= 1;
    }
    let _ = writeln!(out, "\n{}  {line}", paint.head(title));
}

fn times(out: &mut String, summary: &Summary, paint: Paint) {
    let latency = &summary.latency_s;
    let parts: Vec<String> = [
        ("half below", latency.p50),
        ("90 %", latency.p90),
        ("95 %", latency.p95),
        ("99 %", latency.p99),
        ("longest", latency.max),
    ]
    .into_iter()
    .filter_map(|(name, seconds)| Some(format!("{} {}", paint.faint(name), duration(seconds?))))
    .collect();
    if !parts.is_empty() {
        let _ = writeln!(out, "\n{}  {}", paint.head("Response time"), parts.join("  "));
    }
}

fn accounting(out: &mut String, account: &Accounting, paint: Paint) {
    let _ = writeln!(out, "\n{}  {}", paint.head("Lines"), equation(account, "read"));
}

/// The equation that says whether the numbers can be believed; `came` is what the lines were: read, received.
pub(in crate::app) fn equation(account: &Accounting, came: &str) -> String {
    // Saturating: `tapline top` shows what another server says.
    let sum = |of: &BTreeMap<String, u64>| of.values().fold(0u64, |sum, &n| sum.saturating_add(n));
    let named = |of: &BTreeMap<String, u64>| {
        let parts: Vec<String> =
            of.iter().filter(|&(_, &n)| n > 0).map(|(k, &n)| format!("{k} {}", count(n))).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    };
    let mut line = format!(
        "{} {came} = {} counted + {} not understood + {} rejected{} + {} dropped{}",
        count(account.received),
        count(account.counted),
        count(account.unparsed),
        count(sum(&account.rejected)),
        named(&account.rejected),
        count(sum(&account.dropped)),
        named(&account.dropped),
    );
    if account.in_flight > 0 {
        let _ = write!(line, " + {} in flight", count(account.in_flight));
    }
    line
}

/// What each source was recognised as.
fn formats(out: &mut String, sources: &[SourceInfo], paint: Paint, columns: usize) {
    let known = read_as(sources);
    for (i, (name, formats)) in known.iter().take(SOURCES).enumerate() {
        let head = if i == 0 { paint.head("Read as") } else { " ".repeat(7) };
        let name = clean_middle(name, 32);
        let _ = writeln!(out, "{head}  {name}: {}", clean(formats, columns - 44));
    }
    if known.len() > SOURCES {
        let more = format!("and {} more sources", count((known.len() - SOURCES) as u64));
        let _ = writeln!(out, "         {}", paint.faint(&more));
    }
}

/// Sources with the formats that they were recognised as, who sent most first.
pub(super) fn read_as(sources: &[SourceInfo]) -> Vec<(&str, String)> {
    let mut known: Vec<&SourceInfo> = sources.iter().filter(|s| !s.formats.is_empty()).collect();
    known.sort_by_key(|source| std::cmp::Reverse(source.accounting.received));
    let formats = |source: &SourceInfo| {
        let parts = largest_first(&source.formats).into_iter();
        parts.map(|(name, n)| format!("{name} {}", count(n))).collect::<Vec<_>>().join(" · ")
    };
    known.into_iter().map(|source| (&*source.name, formats(source))).collect()
}

/// The first lines that fit no format: what they look like says mostly why.
fn misunderstood(out: &mut String, sources: &[SourceInfo], paint: Paint, columns: usize) {
    let mut samples = sources.iter().flat_map(|source| &source.samples).take(SAMPLES).peekable();
    if samples.peek().is_some() {
        let _ = writeln!(out, "\n{}", paint.head("Not understood, for example"));
    }
    for sample in samples {
        let _ = writeln!(out, "  {}", clean(sample, columns - 2));
    }
}

/// `2026-11-22T10:00:00Z` as `2026-11-22 10:00:00`.
pub(super) fn wall(rfc3339: &str) -> String {
    rfc3339.get(..19).unwrap_or(rfc3339).replace('T', " ")
}

pub(super) fn seconds_between(from: &str, to: &str) -> Option<i64> {
    let parse = |text| chrono::DateTime::parse_from_rfc3339(text).ok();
    Some((parse(to)? - parse(from)?).num_seconds())
}

pub(in crate::app) fn decimals(rate: f64) -> String {
    if rate < 9.95 { format!("{rate:.1}") } else { count(rate.round() as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::wire::{Latency, OtherRow};

    fn map(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
        of.iter().map(|&(name, n)| (name.to_owned(), n)).collect()
    }

    fn row(value: &str, requests: u64, s4xx: u64) -> TopRow {
        TopRow {
            value: value.to_owned(),
            requests,
            bytes: requests * 1_000,
            errors: s4xx,
            s4xx,
            s5xx: 0,
            visitors: Some(requests / 2),
            p95_s: Some(0.046),
            ..TopRow::default()
        }
    }

    fn summary() -> Summary {
        Summary {
            from: "2026-11-22T10:00:00Z".into(),
            to: "2026-11-22T12:00:00Z".into(),
            requests: 7_200,
            bytes_out: 5_000_000,
            visitors: 31,
            messages: 2,
            status: map(&[("1xx", 0), ("2xx", 7_000), ("3xx", 0), ("4xx", 199), ("5xx", 1)]),
            status_codes: map(&[("200", 7_000), ("403", 9), ("404", 190), ("502", 1)]),
            methods: map(&[("GET", 7_000), ("POST", 200)]),
            latency_s: Latency { p50: Some(0.012), p95: Some(0.5), ..Latency::default() },
            top: BTreeMap::from([
                ("paths".into(), vec![row("/", 5_000, 0), row("/\u{1b}[31mコーヒー", 2_000, 199)]),
                ("sites".into(), vec![row("-", 7_200, 199)]),
            ]),
            other: BTreeMap::from([(
                "paths".into(),
                OtherRow { values: 12, requests: 200, bytes: 1, errors: 0 },
            )]),
            accounting: Accounting {
                received: 7_203,
                counted: 7_200,
                unparsed: 2,
                rejected: map(&[("oversize", 1)]),
                ..Accounting::default()
            },
            ..Summary::default()
        }
    }

    fn written(summary: &Summary, style: Style) -> String {
        let series = Series {
            step_s: 600,
            t: vec![1_795_341_600, 1_795_342_200, 1_795_342_800],
            requests: vec![0, 5_000, 2_200],
            s5xx: vec![0, 0, 1],
            ..Series::default()
        };
        let sources = [SourceInfo {
            name: "access.log".into(),
            formats: map(&[("combined", 7_200)]),
            samples: vec!["\u{7}what is this".into()],
            ..SourceInfo::default()
        }];
        let series = if summary.requests > 0 { series } else { Series::default() };
        let sources = if summary.requests > 0 { &sources[..] } else { &[] };
        let hours = Series {
            step_s: 3600,
            t: vec![1_795_341_600, 1_795_345_200, 1_795_428_000],
            requests: vec![200, 5_000, 2_000],
            ..Series::default()
        };
        let hours = if summary.requests > 0 { hours } else { Series::default() };
        let report =
            Report { names: "access.log", summary, series: &series, hours: &hours, sources };
        text(&report, style)
    }

    #[test]
    fn a_report_is_aligned_and_says_where_every_line_went() {
        let report = written(&summary(), Style { colour: false, columns: 100 });
        let expected = "\
Tapline report  access.log
2026-11-22 10:00:00 – 2026-11-22 12:00:00 UTC · 2 h · 1.0 requests/s on average

  7,200 requests    31 visitors    5.00 MB sent    2 not understood

When   █▄  most 5,000 in 10 min at 2026-11-22 10:10:00
5xx     █  most 1

Hours           ▄█              most 5,000 from 11:00, least 0 from 00:00
      0     6     12    18     UTC

Status
  2xx           7,000    97 %  ███████████████████████▍  200 7,000
  4xx             199   2.8 %  ▋                         403 9 · 404 190
  5xx               1  <0.1 %  ▏                         502 1

Methods  GET 7,000 · POST 200

Response time  half below 12 ms  95 % 500 ms

Paths                   requests                          sent     4xx     5xx  visitors  95 % below
  /                        5,000    69 %  ██████████   5.00 MB       ·       ·     2,500       46 ms
  /·[31mコーヒー           2,000    28 %  ████         2.00 MB     199       ·     1,000       46 ms
  12 more                    200   2.8 %

Lines  7,203 read = 7,200 counted + 2 not understood + 1 rejected (oversize 1) + 0 dropped
Read as  access.log: combined 7,200

Not understood, for example
  ·what is this
";
        assert_eq!(report, expected, "\n{report}");
    }

    #[test]
    fn every_list_with_rows_is_told_within_the_terminals_columns() {
        let mut summary = summary();
        for list in crate::aggregate::list::List::all() {
            let value = format!("{} of a name that is longer than any column of it", list.name());
            let mut one = row(&value, 5_000, 44_321);
            one.label = Some("Rheinnetz".into());
            summary.top.insert(list.name().into(), vec![one, row("b", 4_000_000, 0)]);
        }
        for columns in [40, 80, 100, 132] {
            let report = written(&summary, Style { colour: false, columns });
            for line in report.lines() {
                // Without a place to break, what adds up to all lines is told in one.
                let fits = width(line) <= columns.max(80) || line.starts_with("Lines  ");
                assert!(fits, "{columns}: {} {line}", width(line));
            }
            for title in ["Routes", "Countries", "Bots", "Keyphrases", "Cache", "TLS"] {
                assert!(report.contains(&format!("\n{title} ")), "{title}:\n{report}");
            }
        }
    }

    #[test]
    fn a_bot_is_told_with_its_purpose_and_who_says_that_it_is_one() {
        let mut summary = summary();
        let bot = |name: &str, purpose: &str, verified| TopRow {
            purpose: Some(purpose.into()),
            label: Some("Example".into()),
            verified,
            ..row(name, 1_000, 3)
        };
        let bots = vec![
            bot("Googlebot", "search", Some(870)),
            bot("GPTBot", "ai_training", Some(1_000)),
            bot("YandexBot", "search", None),
        ];
        summary.top = BTreeMap::from([("bots".into(), bots)]);
        let report = written(&summary, Style { colour: false, columns: 80 });
        let expected = "
Bots                   requests         purpose          sent  verified visitors
  Googlebot               1,000   14 %  search        1.00 MB      87 %      500
  GPTBot                  1,000   14 %  ai training   1.00 MB       all      500
  YandexBot               1,000   14 %  search        1.00 MB   claimed      500
";
        assert!(report.contains(expected), "{report}");
    }

    #[test]
    fn of_equal_steps_and_hours_the_first_is_named() {
        let hour = 3600;
        let series = Series {
            step_s: 3600,
            t: (0..4).map(|n| 1_795_341_600 + n * hour).collect(),
            requests: vec![3, 7, 7, 2],
            s5xx: vec![0; 4],
            ..Series::default()
        };
        let (mut steps, mut hours) = (String::new(), String::new());
        when(&mut steps, &series, Paint(false), 80);
        hours_of_day(&mut hours, &series, Paint(false));
        assert!(steps.contains("most 7 in 1 h at 2026-11-22 11:00:00"), "{steps}");
        assert!(hours.contains("most 7 from 11:00, least 0 from 00:00"), "{hours}");
    }

    #[test]
    fn one_is_told_in_the_singular() {
        let said = |n: u64| {
            let summary = Summary { requests: n, visitors: n, errors: n, ..summary() };
            written(&summary, Style { colour: false, columns: 100 })
        };
        let one = said(1);
        assert!(one.contains("  1 request    1 visitor    "), "{one}");
        assert!(one.contains("    1 error-log line    2 not understood"), "{one}");
        assert!(said(2).contains("2 requests    2 visitors    "));
        assert!(said(2).contains("2 error-log lines"));
    }

    #[test]
    fn nothing_read_is_a_report_too() {
        let report = written(&Summary::default(), Style { colour: false, columns: 80 });
        assert!(report.contains("0 requests") && report.contains("0 read = 0 counted"), "{report}");
    }

    #[test]
    fn colour_changes_no_text() {
        let plain = written(&summary(), Style { colour: false, columns: 100 });
        let coloured = written(&summary(), Style { colour: true, columns: 100 });
        assert_ne!(plain, coloured);
        let mut stripped = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            stripped.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        stripped.push_str(rest);
        assert_eq!(stripped, plain);
    }
}
