//! The report as one page that needs nothing else: to be sent, kept, printed. No script, nothing loaded.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::lists::{self, ROWS, Told};
use super::text::{
    Report, UNDATED, by_hour, decimals, equation, largest_first, read_as, seconds_between, wall,
};
use crate::aggregate::wire::{Series, SourceInfo, Summary, TopRow};
use crate::app::figures::{bytes, clean, count, duration, percent};

/// Steps of the series that fit the page.
pub(super) const STEPS: i64 = 120;
/// Sources whose formats, and lines that were not understood, are shown.
const SOURCES: usize = 20;
const SAMPLES: usize = 5;
/// Longer values are cut.
const VALUE: usize = 400;
/// Letters at the end of a value that are always shown; the style sheet knows how many.
const TAIL: usize = 12;
/// Units of a drawing; it is as wide as there is room.
const WIDE: f64 = 1000.0;
const HIGH: f64 = 100.0;

/// Strangers' texts are shown and do nothing: the page may not load or run anything.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What every page begins with.
const BEGINNING: &str = "<!DOCTYPE html>\n";

/// Whether the file is there and is no page: a log, whose name stands where the page's should.
pub(super) fn is_something_else(path: &Path) -> bool {
    if !fs::metadata(path).is_ok_and(|there| there.is_file()) {
        return false;
    }
    let mut beginning = Vec::new();
    let most = BEGINNING.len() as u64;
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut beginning));
    read.is_ok_and(|bytes| bytes > 0) && beginning != BEGINNING.as_bytes()
}

/// Puts the page into a file, whole or not at all.
pub(super) fn put(path: &Path, page: &str) -> io::Result<()> {
    // What is no file, as /dev/stdout, is written where it is.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, page);
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    // Left by a process that was killed, or put there by somebody for whom it leads elsewhere: it is never followed.
    let _ = fs::remove_file(&beside);
    let written = File::create_new(&beside)
        .and_then(|mut file| io::Write::write_all(&mut file, page.as_bytes()))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // Where the disk is full, half a page only makes it fuller.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Writes the page.
#[must_use]
pub(super) fn page(report: &Report<'_>) -> String {
    let &Report { names, summary, series, hours, sources } = report;
    let mut out = String::with_capacity(64 * 1024);
    let title = text(names, 200);
    let _ = write!(
        out,
        "{BEGINNING}<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{title} – Tapline report</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        include_str!("page.css")
    );
    header(&mut out, summary, &title);
    out.push_str("<main>\n");
    vitals(&mut out, summary);
    when(&mut out, series);
    out.push_str("<div class=\"grid few\">\n");
    status(&mut out, summary);
    hours_of_day(&mut out, hours);
    times(&mut out, summary);
    shares(&mut out, "Methods", &summary.methods, summary.requests);
    shares(&mut out, "Protocols", &summary.protocols, summary.requests);
    shares(&mut out, "Error log", &summary.error_levels, summary.errors);
    out.push_str("</div>\n<div class=\"grid\">\n");
    for told in lists::told(summary) {
        list(&mut out, &told, told.whole(summary));
    }
    out.push_str("</div>\n</main>\n");
    footer(&mut out, summary, sources);
    out.push_str("</body>\n</html>\n");
    out
}

/// A stranger's text, so that it is nothing but text: no markup, nothing that turns the direction of writing.
fn text(raw: &str, most: usize) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in clean(raw, most).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A value in a table: where there is no room for all of it its middle is left out, for paths that begin alike are told
/// apart by their end.
fn value(raw: &str) -> String {
    let whole = text(raw, VALUE);
    // What is written from the right can't be cut by the place of its letters.
    let tail = raw.len().checked_sub(TAIL).filter(|_| raw.is_ascii() && raw.len() <= VALUE);
    let parts = match tail {
        Some(at) => {
            format!("<b>{}</b><i>{}</i>", text(&raw[..at], VALUE), text(&raw[at..], VALUE))
        }
        None => format!("<b>{whole}</b>"),
    };
    format!("<span class=\"value\" dir=\"auto\" title=\"{whole}\">{parts}</span>")
}

fn header(out: &mut String, summary: &Summary, title: &str) {
    let _ = write!(out, "<header>\n<p class=\"brand\">Tapline report</p>\n<h1>{title}</h1>\n");
    if !summary.from.is_empty() && summary.requests + summary.errors + summary.messages > 0 {
        let _ = write!(out, "<p>{} – {} UTC", wall(&summary.from), wall(&summary.to));
        if let Some(seconds) = seconds_between(&summary.from, &summary.to).filter(|s| *s > 0) {
            let _ = write!(out, " · {}", duration(seconds as f64));
            if summary.requests > 0 {
                let rate = summary.requests as f64 / seconds as f64;
                let _ = write!(out, " · {} requests/s on average", decimals(rate));
            }
        }
        out.push_str("</p>\n");
    } else if summary.accounting.received > 0 && summary.from.is_empty() {
        let _ = writeln!(out, "<p>{UNDATED}</p>");
    }
    if !summary.filter.is_empty() {
        let _ = writeln!(out, "<p>only <code>{}</code></p>", text(&summary.filter, VALUE));
    }
    out.push_str("</header>\n");
}

fn vitals(out: &mut String, summary: &Summary) {
    let class = |name: &str| summary.status.get(name).copied().unwrap_or(0);
    let share = |n: u64| format!("{} <small>{}</small>", count(n), percent(n, summary.requests));
    let all = [
        ("requests", "", count(summary.requests), true),
        ("visitors", "", count(summary.visitors), true),
        ("sent", "", bytes(summary.bytes_out), true),
        ("received", "", bytes(summary.bytes_in), summary.bytes_in > 0),
        ("4xx", "t4", share(class("4xx")), class("4xx") > 0),
        ("5xx", "t5", share(class("5xx")), class("5xx") > 0),
        ("95 % below", "", summary.latency_s.p95.map(duration).unwrap_or_default(), true),
        ("error-log lines", "", count(summary.errors), summary.errors > 0),
        ("not understood", "", count(summary.messages), summary.messages > 0),
    ];
    out.push_str("<dl class=\"vitals\">\n");
    for (name, class, value, is_told) in all {
        if is_told && !value.is_empty() {
            let _ = writeln!(out, "<div><dt>{name}</dt><dd class=\"{class}\">{value}</dd></div>");
        }
    }
    out.push_str("</dl>\n");
}

/// Requests over time by the class of their status.
fn when(out: &mut String, series: &Series) {
    let steps = series.requests.len();
    let most = series.requests.iter().copied().max().unwrap_or(0);
    let (Some(first), Some(last)) = (series.t.first(), series.t.last()) else { return };
    if steps < 2 || most == 0 {
        return;
    }
    let classes = [
        ("2xx", "c2", &series.s2xx),
        ("3xx", "c3", &series.s3xx),
        ("4xx", "c4", &series.s4xx),
        ("5xx", "c5", &series.s5xx),
        ("1xx", "c1", &series.s1xx),
    ];
    let seen = classes.into_iter().filter(|(_, _, of)| of.iter().any(|n| *n > 0));
    out.push_str("<section>\n<h2>When</h2>\n<ul class=\"legend\">");
    for (name, class, _) in seen.clone() {
        let _ = write!(out, "<li><i class=\"{class}\"></i>{name}</li>");
    }
    let step = duration(f64::from(series.step_s));
    let _ = writeln!(out, "<li class=\"faint\">most {} in {step}</li></ul>", count(most));
    begin(out, "chart", &format!("Requests in each {step}, at most {}", count(most)));
    let width = WIDE / steps as f64;
    for at in 0..steps {
        let x = at as f64 * width;
        let mut y = HIGH;
        for (_, class, of) in seen.clone() {
            let n = of.get(at).copied().unwrap_or(0);
            if n > 0 {
                // What is not zero shows.
                let high = (n as f64 / most as f64 * HIGH).max(0.6);
                y -= high;
                rect(out, class, (x, y.max(0.0)), (width * 0.86, high));
            }
        }
        let told = series.t.get(at).map(|&t| moment(t, series.step_s)).unwrap_or_default();
        let failed = series.s5xx.get(at).copied().unwrap_or(0);
        let failed = if failed > 0 { format!(", {} of 5xx", count(failed)) } else { String::new() };
        let _ = write!(
            out,
            "<rect class=\"hit\" x=\"{x:.2}\" y=\"0\" width=\"{width:.2}\" height=\"{HIGH}\">\
             <title>{told} UTC: {}{failed}</title></rect>",
            requests(series.requests[at])
        );
    }
    let middle = series.t.get(steps / 2).copied().unwrap_or(*first);
    let scale =
        [*first, middle, *last].map(|t| format!("<span>{}</span>", moment(t, series.step_s)));
    let _ = write!(out, "</svg>\n<p class=\"scale\">{}</p>\n</section>\n", scale.concat());
}

fn requests(n: u64) -> String {
    format!("{} request{}", count(n), if n == 1 { "" } else { "s" })
}

/// The date of steps of a day and more; seconds only where steps are short.
fn moment(t: i64, step_s: u32) -> String {
    let format = match step_s {
        86_400.. => "%Y-%m-%d",
        60.. => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d %H:%M:%S",
    };
    chrono::DateTime::from_timestamp(t, 0).unwrap_or_default().format(format).to_string()
}

fn begin(out: &mut String, class: &str, label: &str) {
    let _ = write!(
        out,
        "<svg class=\"{class}\" viewBox=\"0 0 {WIDE} {HIGH}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{label}\">"
    );
}

fn rect(out: &mut String, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let _ = write!(
        out,
        "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/>"
    );
}

/// A line as long as a part of the whole.
fn share_bar(out: &mut String, class: &str, part: u64, whole: u64) {
    out.push_str("<svg viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let width = (part as f64 / whole.max(1) as f64 * WIDE).max(2.0);
    rect(out, class, (0.0, 0.0), (width, 1.0));
    out.push_str("</svg>");
}

fn status(out: &mut String, summary: &Summary) {
    if summary.status.values().all(|n| *n == 0) {
        return;
    }
    out.push_str("<section>\n<h2>Status</h2>\n<table>\n");
    for (class, &n) in summary.status.iter().filter(|&(_, &n)| n > 0) {
        let digit = class.chars().next().filter(|c| matches!(c, '1'..='5')).unwrap_or('0');
        let _ = write!(out, "<tr><td>{}", value(class));
        share_bar(out, &format!("c{digit}"), n, summary.requests);
        let share = percent(n, summary.requests);
        let _ = writeln!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"s\">{share}</td></tr>",
            count(n)
        );
    }
    out.push_str("</table>\n</section>\n");
}

/// Requests by the hour of the day, all days together.
fn hours_of_day(out: &mut String, hours: &Series) {
    let of_day = by_hour(hours);
    let most = of_day.iter().copied().max().unwrap_or(0);
    if hours.t.len() < 2 || most == 0 {
        return;
    }
    out.push_str("<section>\n<h2>Hours of the day</h2>\n");
    begin(out, "day", &format!("Requests by the hour of the day, UTC, at most {}", count(most)));
    let width = WIDE / 24.0;
    for (hour, &n) in of_day.iter().enumerate() {
        let (x, high) = (hour as f64 * width, n as f64 / most as f64 * HIGH);
        rect(out, "c2", (x, HIGH - high), (width * 0.86, high));
        let _ = write!(
            out,
            "<rect class=\"hit\" x=\"{x:.2}\" y=\"0\" width=\"{width:.2}\" height=\"{HIGH}\">\
             <title>from {hour:02}:00 UTC: {}</title></rect>",
            requests(n)
        );
    }
    let scale =
        ["0:00", "6:00", "12:00", "18:00", "24:00 UTC"].map(|hour| format!("<span>{hour}</span>"));
    let _ = write!(out, "</svg>\n<p class=\"scale\">{}</p>\n</section>\n", scale.concat());
}

fn times(out: &mut String, summary: &Summary) {
    let latency = &summary.latency_s;
    let all = [
        ("half below", latency.p50),
        ("90 % below", latency.p90),
        ("95 % below", latency.p95),
        ("99 % below", latency.p99),
        ("longest", latency.max),
    ];
    if all.iter().all(|(_, seconds)| seconds.is_none()) {
        return;
    }
    out.push_str("<section>\n<h2>Response time</h2>\n<dl class=\"pairs\">");
    for (name, seconds) in all {
        if let Some(seconds) = seconds {
            let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", duration(seconds));
        }
    }
    out.push_str("</dl>\n</section>\n");
}

/// Names and their numbers, the largest first, and how many of the `whole` have none.
fn shares(out: &mut String, title: &str, of: &BTreeMap<String, u64>, whole: u64) {
    let parts = largest_first(of);
    if parts.is_empty() {
        return;
    }
    let unnamed = whole.saturating_sub(parts.iter().map(|(_, n)| n).sum());
    let rest = (unnamed > 0).then_some(("not named", unnamed));
    let parts = parts.iter().take(ROWS).map(|&(name, n)| (name.as_str(), n));
    let _ = write!(out, "<section>\n<h2>{title}</h2>\n<table>\n");
    for (name, n) in parts.chain(rest) {
        let _ = write!(out, "<tr><td>{}", value(name));
        share_bar(out, "c0", n, whole);
        let share = percent(n, whole);
        let _ = writeln!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"s\">{share}</td></tr>",
            count(n)
        );
    }
    out.push_str("</table>\n</section>\n");
}

/// A list, its first rows at once.
fn list(out: &mut String, told: &Told<'_>, whole: u64) {
    let (is_of_bots, is_of_errors) = (told.is_of_bots(), told.is_of_errors());
    let of = if is_of_errors { "lines" } else { "requests" };
    let has_visitors = told.rows.iter().any(|row| row.visitors.is_some());
    let has_times = told.rows.iter().any(|row| row.p95_s.is_some());
    let mut head = format!("<th></th><th class=\"n\">{of}</th><th class=\"s\"></th>");
    if is_of_errors {
        head += "<th class=\"v\">level</th>";
    }
    if is_of_bots {
        head += "<th class=\"p\">purpose</th><th class=\"v\">verified</th>";
    }
    if !is_of_errors {
        head += "<th class=\"b\">sent</th>";
    }
    if !is_of_bots && !is_of_errors {
        head += "<th class=\"e\">4xx</th><th class=\"e\">5xx</th>";
    }
    if has_visitors {
        head += "<th class=\"v\">visitors</th>";
    }
    if has_times {
        head += "<th class=\"b\">95 % below</th>";
    }
    let first = told.rows.first().map_or(0, |row| row.requests);
    let row = |out: &mut String, row: &TopRow| {
        let _ = write!(out, "<tr><td>{}", value(&lists::named(row, is_of_bots)));
        share_bar(out, "c0", row.requests, first);
        let share = percent(row.requests, whole);
        let _ = write!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"s\">{share}</td>",
            count(row.requests)
        );
        if is_of_bots {
            let (what, who) = (text(&lists::purpose(row), VALUE), lists::confirmed(row));
            let _ = write!(out, "<td class=\"p\">{what}</td><td class=\"v\">{who}</td>");
        }
        if is_of_errors {
            let level = row.level.as_deref().unwrap_or_default();
            let _ = writeln!(out, "<td class=\"v\">{}</td></tr>", text(level, VALUE));
            return;
        }
        let _ = write!(out, "<td class=\"b\">{}</td>", bytes(row.bytes));
        if !is_of_bots {
            errors(out, row.s4xx, "t4");
            errors(out, row.s5xx, "t5");
        }
        if has_visitors {
            let _ =
                write!(out, "<td class=\"v\">{}</td>", row.visitors.map(count).unwrap_or_default());
        }
        if has_times {
            let _ =
                write!(out, "<td class=\"b\">{}</td>", row.p95_s.map(duration).unwrap_or_default());
        }
        out.push_str("</tr>\n");
    };
    let _ = write!(out, "<section>\n<h2>{}</h2>\n<table>\n<tr>{head}</tr>\n", told.title);
    let (shown, more) = told.rows.split_at(told.rows.len().min(ROWS));
    shown.iter().for_each(|one| row(out, one));
    out.push_str("</table>\n");
    let (values, left) = told.left(ROWS);
    if values > 0 && left > 0 {
        let told_left = format!("{} more, {} {of}", count(values), count(left));
        if more.is_empty() {
            let _ = writeln!(out, "<p class=\"faint\">{told_left}</p>");
        } else {
            let _ =
                write!(out, "<details><summary>{told_left}</summary>\n<table>\n<tr>{head}</tr>\n");
            more.iter().for_each(|one| row(out, one));
            out.push_str("</table>\n");
            let (values, left) = told.left(told.rows.len());
            if values > 0 {
                let _ = writeln!(
                    out,
                    "<p class=\"faint\">and {} more, {} {of}</p>",
                    count(values),
                    count(left)
                );
            }
            out.push_str("</details>\n");
        }
    }
    out.push_str("</section>\n");
}

fn errors(out: &mut String, n: u64, class: &str) {
    let (class, told) = if n == 0 { ("none", "·".to_owned()) } else { (class, count(n)) };
    let _ = write!(out, "<td class=\"e {class}\">{told}</td>");
}

/// Whether the report can be believed.
fn footer(out: &mut String, summary: &Summary, sources: &[SourceInfo]) {
    let _ =
        writeln!(out, "<footer>\n<p>{}</p>", text(&equation(&summary.accounting, "read"), VALUE));
    let known = read_as(sources);
    out.push_str("<ul>\n");
    for (name, formats) in known.iter().take(SOURCES) {
        let (name, formats) = (text(name, VALUE), text(formats, VALUE));
        let _ = writeln!(out, "<li><code>{name}</code> read as {formats}</li>");
    }
    if known.len() > SOURCES {
        let _ =
            writeln!(out, "<li>and {} more sources</li>", count((known.len() - SOURCES) as u64));
    }
    for sample in sources.iter().flat_map(|source| &source.samples).take(SAMPLES) {
        let _ = writeln!(out, "<li>not understood: <code>{}</code></li>", text(sample, VALUE));
    }
    out.push_str("</ul>\n</footer>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::wire::OtherRow;

    #[test]
    fn a_strangers_text_is_no_markup() {
        assert_eq!(
            text("<img src=x onerror=\"a('b')\">&\u{202e}\u{1b}", 100),
            "&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;··"
        );
        // Cut in the middle of what would be an entity, it is none all the same.
        let cut = value("<script>aaaaaaaaa&amp;</b>");
        assert!(cut.contains("<b>&lt;script&gt;aaaaaa</b><i>aaa&amp;amp;&lt;/b&gt;</i>"), "{cut}");
        let turned = value("زنبیل <b>");
        assert!(turned.contains("><b>زنبیل &lt;b&gt;</b></span>"), "{turned}");
    }

    #[test]
    fn a_list_tells_how_much_it_leaves_out() {
        let row =
            |n: u64| TopRow { value: format!("/{n}"), requests: 100 - n, ..TopRow::default() };
        let rows: Vec<TopRow> = (0..12).map(row).collect();
        let other = OtherRow { values: 3, requests: 7, ..OtherRow::default() };
        let mut out = String::new();
        list(&mut out, &Told { title: "Paths", rows: &rows, other: Some(&other) }, 2000);
        assert!(out.contains("<summary>5 more, 186 requests</summary>"), "{out}");
        assert!(out.contains("<p class=\"faint\">and 3 more, 7 requests</p>"), "{out}");
        assert_eq!(out.matches("<tr><td>").count(), 12);
        let mut out = String::new();
        list(&mut out, &Told { title: "Paths", rows: &rows[..2], other: None }, 199);
        assert!(!out.contains("more"), "{out}");
    }

    #[test]
    fn shares_are_of_all_requests_and_the_rest_is_named() {
        let map = |of: &[(&str, u64)]| of.iter().map(|&(name, n)| (name.to_owned(), n)).collect();
        let told = |of: &[(&str, u64)], whole| {
            let mut out = String::new();
            shares(&mut out, "Protocols", &map(of), whole);
            let cells =
                out.split(['<', '>']).filter(|text| text.contains('%') || *text == "not named");
            cells.map(str::to_owned).collect::<Vec<_>>()
        };
        let some = [("HTTP/1.1", 12_000), ("HTTP/2.0", 4_000)];
        assert_eq!(told(&some, 40_000), ["30 %", "10 %", "not named", "60 %"]);
        assert_eq!(told(&some, 16_000), ["75 %", "25 %"]);
        assert_eq!(told(&[], 40_000), Vec::<String>::new());
    }

    #[test]
    fn a_page_takes_the_place_of_a_page_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        assert!(!is_something_else(&path));
        put(&path, "<!DOCTYPE html>\n1").unwrap();
        assert!(!is_something_else(&path));
        let link = folder.path().join("newest.html");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        put(&link, "<!DOCTYPE html>\n2").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "<!DOCTYPE html>\n2");
        assert!(link.is_symlink());
        let other = folder.path().join("other");
        fs::write(&other, "somebody's").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("report.html.new")).unwrap();
        put(&path, "<!DOCTYPE html>\n3").unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "somebody's");
        assert!(!path.is_symlink() && fs::read_to_string(&path).unwrap().ends_with('3'));
        fs::write(&path, "192.0.2.1 - - [").unwrap();
        assert!(is_something_else(&link));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn an_empty_log_is_a_page_too() {
        let (summary, series) = (Summary::default(), Series::default());
        let report = Report {
            names: "a <b>.log",
            summary: &summary,
            series: &series,
            hours: &series,
            sources: &[],
        };
        let page = page(&report);
        assert!(page.contains("<h1>a &lt;b&gt;.log</h1>"), "{page}");
        assert!(page.contains("0 read = 0 counted"), "{page}");
        assert!(!page.contains("<svg"), "{page}");
    }
}
