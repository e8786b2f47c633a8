//! The report as text: the summary's totals, shares and top lists in aligned columns.

use std::fmt::Write;

use super::figures::{bar, bytes, clean, clean_middle, count, duration, percent, sparkline, width};
use crate::aggregate::wire::{Accounting, OtherRow, Series, SourceInfo, Summary, TopRow};

/// Rows of each list; `--json` has more.
const ROWS: usize = 10;

/// Columns narrower than these can't be read; wider ones are hard to follow.
const MIN_COLUMNS: usize = 72;
const MAX_COLUMNS: usize = 132;

/// Cells of a bar.
const BAR: usize = 24;
const SMALL_BAR: usize = 10;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub colour: bool,
    /// Cells in a row of the terminal.
    pub columns: usize,
}

/// The lists in the order of the report, and what is told of each.
const LISTS: [(&str, &str); 9] = [
    ("sites", "Sites"),
    ("paths", "Paths"),
    ("not_found", "Not found"),
    ("clients", "Clients"),
    ("referrers", "Referrers"),
    ("agents", "Agents"),
    ("upstreams", "Upstreams"),
    ("users", "Users"),
    ("sources", "Sources"),
];

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
    pub sources: &'a [SourceInfo],
}

/// ANSI colours (ECMA-48 SGR), or none.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn put(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn head(self, text: &str) -> String {
        self.put("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.put("2", text)
    }

    fn class(self, class: &str, text: &str) -> String {
        let code = match class.as_bytes().first() {
            Some(b'2') => "32",
            Some(b'3') => "36",
            Some(b'4') => "33",
            Some(b'5') => "31",
            _ => "2",
        };
        self.put(code, text)
    }
}

/// Steps of a series that fit the report.
pub const STEPS: i64 = 60;

/// Writes the report.
#[must_use]
pub fn text(report: &Report<'_>, style: Style) -> String {
    let &Report { names, summary, series, sources } = report;
    let paint = Paint(style.colour);
    let columns = style.columns.clamp(MIN_COLUMNS, MAX_COLUMNS);
    let mut out = String::with_capacity(8 * 1024);
    header(&mut out, summary, names, paint, columns);
    if summary.requests > 0 {
        when(&mut out, series, paint);
        status(&mut out, summary, paint);
        breakdown(&mut out, "Methods", &summary.methods, paint, columns);
        breakdown(&mut out, "Protocols", &summary.protocols, paint, columns);
        times(&mut out, summary, paint);
    }
    breakdown(&mut out, "Error log", &summary.error_levels, paint, columns);
    for (key, title) in LISTS {
        let rows = summary.top.get(key).map_or(&[][..], Vec::as_slice);
        // One site or one source says nothing that the totals don't.
        if rows.is_empty() || (matches!(key, "sites" | "sources") && rows.len() == 1) {
            continue;
        }
        list(&mut out, title, rows, summary.other.get(key), summary.requests, paint, columns);
    }
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
    }
    let figures = [
        ("requests", count(summary.requests)),
        ("visitors", count(summary.visitors)),
        ("sent", bytes(summary.bytes_out)),
        ("received", bytes(summary.bytes_in)),
        ("error-log lines", count(summary.errors)),
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
fn when(out: &mut String, series: &Series, paint: Paint) {
    let Some((peak, &most)) = series.requests.iter().enumerate().max_by_key(|&(_, n)| n) else {
        return;
    };
    if series.requests.len() < 2 {
        return;
    }
    let at = series.t.get(peak).and_then(|&t| chrono::DateTime::from_timestamp(t, 0));
    let at = at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
    let told = format!("most {} in {} at {at}", count(most), duration(f64::from(series.step_s)));
    let line = sparkline(&series.requests);
    let _ = writeln!(out, "\n{}  {line}  {}", paint.head("When"), paint.faint(&told));
    if let Some(&worst) = series.s5xx.iter().max().filter(|&&worst| worst > 0) {
        let line = paint.class("5xx", &sparkline(&series.s5xx));
        let _ = writeln!(out, "5xx   {line}  {}", paint.faint(&format!("most {}", count(worst))));
    }
}

fn status(out: &mut String, summary: &Summary, paint: Paint) {
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
            paint.faint(&codes.join(" · ")),
        );
    }
}

/// One line of names and numbers, the largest first.
fn breakdown(
    out: &mut String,
    title: &str,
    of: &std::collections::BTreeMap<String, u64>,
    paint: Paint,
    columns: usize,
) {
    let mut parts: Vec<(&String, u64)> = of.iter().map(|(k, &n)| (k, n)).collect();
    parts.retain(|&(_, n)| n > 0);
    if parts.is_empty() {
        return;
    }
    parts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
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

fn list(
    out: &mut String,
    title: &str,
    rows: &[TopRow],
    other: Option<&OtherRow>,
    requests: u64,
    paint: Paint,
    columns: usize,
) {
    let shown = &rows[..rows.len().min(ROWS)];
    let has_time = shown.iter().any(|row| row.p95_s.is_some());
    let has_visitors = shown.iter().any(|row| row.visitors.is_some());
    // requests, share, bar, sent, 4xx, 5xx and the blanks between them
    let mut fixed = 2 + 11 + 8 + 2 + SMALL_BAR + 10 + 8 + 8;
    fixed += if has_visitors { 10 } else { 0 } + if has_time { 12 } else { 0 };
    let room = columns.saturating_sub(fixed).clamp(16, 72);
    let mut head = format!(
        "{:>11}{:>8}  {:SMALL_BAR$}{:>10}{:>8}{:>8}",
        "requests", "", "", "sent", "4xx", "5xx"
    );
    if has_visitors {
        let _ = write!(head, "{:>10}", "visitors");
    }
    if has_time {
        let _ = write!(head, "{:>12}", "95 % below");
    }
    let blank = " ".repeat((room + 2).saturating_sub(title.len()));
    let _ = writeln!(out, "\n{}{blank}{}", paint.head(title), paint.faint(&head));
    for row in shown {
        let value = clean_middle(&row.value, room);
        // Against the longest: the share is told beside it, and a long tail would show nothing.
        let drawn = bar(row.requests, shown[0].requests, SMALL_BAR);
        let _ = write!(
            out,
            "  {value}{}{:>11}{:>8}  {}{}{:>10}{}{}",
            " ".repeat(room - width(&value).min(room)),
            count(row.requests),
            percent(row.requests, requests),
            paint.faint(&drawn),
            " ".repeat(SMALL_BAR - width(&drawn)),
            bytes(row.bytes),
            errors(row.s4xx, "4xx", paint),
            errors(row.s5xx, "5xx", paint),
        );
        if has_visitors {
            let _ = write!(out, "{:>10}", row.visitors.map(count).unwrap_or_default());
        }
        if has_time {
            let _ = write!(out, "{:>12}", row.p95_s.map(duration).unwrap_or_default());
        }
        out.push('\n');
    }
    let hidden = &rows[shown.len()..];
    let values = hidden.len() as u64 + other.map_or(0, |other| other.values);
    let left = hidden.iter().map(|row| row.requests).sum::<u64>() + other.map_or(0, |o| o.requests);
    if values > 0 && left > 0 {
        let name = format!("{} more", count(values));
        let line = format!("{name:<room$}{:>11}{:>8}", count(left), percent(left, requests));
        let _ = writeln!(out, "  {}", paint.faint(&line));
    }
}

fn errors(n: u64, class: &str, paint: Paint) -> String {
    if n == 0 {
        paint.faint(&format!("{:>8}", "·"))
    } else {
        paint.class(class, &format!("{:>8}", count(n)))
    }
}

/// The equation that says whether the report can be believed.
fn accounting(out: &mut String, account: &Accounting, paint: Paint) {
    let sum = |of: &std::collections::BTreeMap<String, u64>| of.values().sum::<u64>();
    let named = |of: &std::collections::BTreeMap<String, u64>| {
        let parts: Vec<String> =
            of.iter().filter(|&(_, &n)| n > 0).map(|(k, &n)| format!("{k} {}", count(n))).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    };
    let mut line = format!(
        "{} read = {} counted + {} not understood + {} rejected{} + {} dropped{}",
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
    let _ = writeln!(out, "\n{}  {line}", paint.head("Lines"));
}

/// What each source was recognised as.
fn formats(out: &mut String, sources: &[SourceInfo], paint: Paint, columns: usize) {
    let mut known: Vec<&SourceInfo> = sources.iter().filter(|s| !s.formats.is_empty()).collect();
    known.sort_by_key(|source| std::cmp::Reverse(source.accounting.received));
    for (i, source) in known.iter().take(SOURCES).enumerate() {
        let mut formats: Vec<(&String, &u64)> = source.formats.iter().collect();
        formats.sort_by_key(|&(name, n)| (std::cmp::Reverse(*n), name));
        let parts: Vec<String> =
            formats.iter().map(|(name, n)| format!("{name} {}", count(**n))).collect();
        let head = if i == 0 { paint.head("Read as") } else { " ".repeat(7) };
        let name = clean_middle(&source.name, 32);
        let _ = writeln!(out, "{head}  {name}: {}", clean(&parts.join(" · "), columns - 44));
    }
    if known.len() > SOURCES {
        let more = format!("and {} more sources", count((known.len() - SOURCES) as u64));
        let _ = writeln!(out, "         {}", paint.faint(&more));
    }
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
fn wall(rfc3339: &str) -> String {
    rfc3339.get(..19).unwrap_or(rfc3339).replace('T', " ")
}

fn seconds_between(from: &str, to: &str) -> Option<i64> {
    let parse = |text| chrono::DateTime::parse_from_rfc3339(text).ok();
    Some((parse(to)? - parse(from)?).num_seconds())
}

fn decimals(rate: f64) -> String {
    if rate < 9.95 { format!("{rate:.1}") } else { count(rate.round() as u64) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aggregate::wire::Latency;

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
        text(&Report { names: "access.log", summary, series: &series, sources }, style)
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
