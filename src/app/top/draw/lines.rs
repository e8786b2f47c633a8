//! The tail: the newest lines of the log, the newest at the bottom.

use super::{Frame, title};
use crate::aggregate::wire::EventRow;
use crate::app::figures::{bytes, clean, clean_middle, duration};
use crate::app::top::line::{Ink, Line};

/// Wider lines are hard to follow from the path to who asked for it.
const WIDE: usize = 150;

pub(super) fn draw(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    if rows < 2 {
        return Vec::new();
    }
    let fit = rows - 1;
    let lines = &frame.state.lines;
    let note = match (lines.is_empty(), frame.state.paused) {
        (_, true) => "paused",
        (true, _) => "none yet",
        (false, false) => "a sample of each second that keeps its errors",
    };
    let mut out = vec![title("Lines", note)];
    let columns = frame.columns.min(WIDE);
    out.extend(lines.iter().skip(lines.len().saturating_sub(fit)).map(|row| line(row, columns)));
    out
}

fn line(row: &EventRow, columns: usize) -> Line {
    let mut line = Line::default();
    if columns >= 50 {
        // `2026-11-22T10:00:00.000Z`
        line.put(Ink::Faint, clean(row.time.get(11..19).unwrap_or(""), 8)).column(9);
    }
    let start = line.used();
    match (row.status, &row.message) {
        (Some(status), _) => request(&mut line, row, status, start, columns),
        (None, Some(message)) => {
            let level = row.level.as_deref().unwrap_or("");
            let ink = if matches!(level, "warn" | "warning" | "notice" | "info" | "debug") {
                Ink::Wrong
            } else if row.kind == "error" {
                Ink::Failed
            } else {
                Ink::Faint
            };
            line.put(ink, clean(level, 8));
            if !level.is_empty() {
                line.put(Ink::Plain, " ");
            }
            let room = columns.saturating_sub(line.used());
            line.put(Ink::Plain, clean(message, room));
        }
        (None, None) => request(&mut line, row, 0, start, columns),
    }
    line
}

fn request(line: &mut Line, row: &EventRow, status: u16, start: usize, columns: usize) {
    let text = if status == 0 { "–".to_owned() } else { status.to_string() };
    let class = Ink::class(&text);
    line.put(class, text).column(start + 4);
    let method = row.method.as_deref().unwrap_or("–");
    line.put(Ink::Plain, clean(method, 7));
    let mut path = row.path.clone().unwrap_or_default();
    if let Some(query) = row.query.as_deref().filter(|query| !query.is_empty()) {
        path = format!("{path}?{query}");
    }
    // From the right: what took how long, how much, who, where.
    let mut end = columns;
    let mut right = Vec::new();
    if let Some(seconds) = row.request_time_s.filter(|s| s.is_finite() && columns >= 70) {
        right.push((Ink::Plain, duration(seconds), end));
        end -= 9;
    }
    if columns >= 100 {
        right.push((Ink::Faint, row.bytes.map(bytes).unwrap_or_default(), end));
        end -= 9;
    }
    if columns >= 60 {
        let client = clean_middle(row.remote_ip.as_deref().unwrap_or(""), 17);
        right.push((Ink::Plain, client, end));
        end -= 18;
    }
    if columns >= 110 {
        let site = clean_middle(row.host.as_deref().unwrap_or(""), 24);
        right.push((Ink::Faint, site, end));
        end -= 25;
    }
    line.column((start + 4 + 5).max(line.used() + 1));
    let room = end.saturating_sub(line.used());
    line.put(Ink::Plain, clean_middle(&path, room));
    for (ink, text, end) in right.into_iter().rev() {
        line.put_right(ink, &text, end);
    }
}
