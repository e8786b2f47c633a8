//! The numbers of now, each with how it came to be.

use super::{FAILING, Frame, WRONG, part_of};
use crate::aggregate::wire::Point;
use crate::app::figures::{bar, bytes, count, duration, percent, sparkline};
use crate::app::report::text::decimals;
use crate::app::top::line::{Ink, Line};

/// Cells of a name, and of a number behind it.
const NAME: usize = 13;
const VALUE: usize = 11;
/// Cells that are said of a curve.
const NOTE: usize = 26;

/// One row: what, how much, how it went, and what else is to say.
struct Vital<'a> {
    name: &'a str,
    value: String,
    ink: Ink,
    curve: Option<(Vec<u64>, Ink)>,
    note: String,
}

pub(super) fn draw(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let mut out = match rows {
        0 => Vec::new(),
        1..=7 => brief(frame, rows),
        8..=10 => whole(frame, false),
        _ => whole(frame, true),
    };
    // A blank row where there is more than enough.
    if rows >= 20 {
        out.insert(0, Line::default());
    }
    out
}

fn rate(n: f64) -> String {
    format!("{}/s", decimals(n))
}

fn seconds(s: Option<f64>) -> String {
    s.filter(|s| s.is_finite()).map_or_else(|| "–".to_owned(), duration)
}

fn bytes_per_s(n: f64) -> String {
    // Floats saturate; a rate is never negative.
    format!("{}/s", bytes(n as u64))
}

/// Where rows are few: one line, or two, of the numbers that matter most.
fn brief(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let now = frame.state.now();
    let failed = if part_of(now.s5xx, now.requests) >= FAILING { Ink::Failed } else { Ink::Plain };
    let mut first = Line::default();
    first.put(Ink::Head, rate(now.requests_per_s)).put(Ink::Faint, "  5xx ");
    first.put(failed, percent(now.s5xx, now.requests.max(1)));
    let mut second = Line::default();
    second.put(Ink::Faint, "p95 ").put(Ink::Head, seconds(now.p95_s)).put(Ink::Faint, "  4xx ");
    second.put(Ink::Plain, percent(now.s4xx, now.requests.max(1)));
    let mut third = Line::default();
    third.put(Ink::Faint, "sent ").put(Ink::Head, bytes_per_s(now.bytes_per_s));
    let visitors = count(frame.state.visitors_now);
    third.put(Ink::Faint, "  visitors ").put(Ink::Plain, visitors);
    if frame.columns >= 70 {
        first.put(Ink::Plain, "  ").beside_next(second).put(Ink::Plain, "  ").beside_next(third);
        return vec![first];
    }
    vec![first, second, third].into_iter().take(rows.div_ceil(2)).collect()
}

fn whole(frame: Frame<'_>, all: bool) -> Vec<Line> {
    let state = frame.state;
    let now = state.now();
    let points = &state.points;
    let column = |of: fn(&Point) -> u64| points.iter().map(of).collect::<Vec<u64>>();
    let us = |s: Option<f64>| (s.unwrap_or(0.0) * 1e6) as u64;
    let requests = column(|p| p.requests);
    let most = requests.iter().max().copied().unwrap_or(0) as f64 / state.step_s.max(1) as f64;
    let share = |n: u64| percent(n, now.requests.max(1));
    let alert = |n: u64, from: f64, ink: Ink| {
        if part_of(n, now.requests) >= from { ink } else { Ink::Head }
    };
    let p95: Vec<u64> = points.iter().map(|p| us(p.p95_s)).collect();
    let requests_known = most > 0.0;
    // Times of 0 are times: a file that nginx serves takes less than its millisecond.
    let timed = points.iter().any(|p| p.p95_s.is_some());
    let mut vitals = vec![
        Vital {
            name: "Requests",
            value: rate(now.requests_per_s),
            ink: Ink::Head,
            curve: Some((requests, Ink::Drawn)),
            note: format!("most {}", rate(most)),
        },
        Vital {
            name: "Errors 5xx",
            value: share(now.s5xx),
            ink: alert(now.s5xx, FAILING, Ink::Failed),
            curve: Some((column(|p| p.s5xx), Ink::Failed)),
            note: rate(now.s5xx_per_s),
        },
        Vital {
            name: "Errors 4xx",
            value: share(now.s4xx),
            ink: alert(now.s4xx, WRONG, Ink::Wrong),
            curve: Some((column(|p| p.s4xx), Ink::Wrong)),
            note: rate(now.s4xx_per_s),
        },
        Vital {
            name: "Latency p95",
            value: seconds(now.p95_s),
            ink: Ink::Head,
            curve: timed.then_some((p95, Ink::Drawn)),
            note: if timed {
                format!("p50 {}  p99 {}", seconds(now.p50_s), seconds(now.p99_s))
            } else if requests_known {
                "the log has no times".to_owned()
            } else {
                String::new()
            },
        },
    ];
    if all {
        vitals.push(Vital {
            name: "Sent",
            value: bytes_per_s(now.bytes_per_s),
            ink: Ink::Head,
            curve: Some((column(|p| p.bytes_out), Ink::Drawn)),
            note: format!("{} in all", bytes(state.summary.bytes_out)),
        });
    }
    let mut out: Vec<Line> = vitals.into_iter().map(|vital| row(vital, frame.columns)).collect();
    out.push(machine(frame));
    if all {
        out.push(classes(frame));
    }
    out
}

fn row(vital: Vital<'_>, columns: usize) -> Line {
    let mut line = Line::default();
    line.put(Ink::Faint, vital.name).put_right(vital.ink, &vital.value, NAME + VALUE);
    let start = NAME + VALUE + 2;
    let beside = columns >= start + NOTE + 12;
    let room = columns.saturating_sub(start + if beside { NOTE } else { 0 });
    if let Some((values, ink)) = vital.curve {
        line.column(start).put(ink, curve_of(&fitted(&values, room)));
    }
    if beside {
        line.column(start + room + 2).put(Ink::Faint, vital.note);
    }
    line
}

/// Never a whole cell high: curves one below the other would be one block.
fn curve_of(values: &[u64]) -> String {
    sparkline(values).replace('█', "▇")
}

/// The values in `cells` steps, each the mean of its own: a curve that is wider than its room.
fn fitted(values: &[u64], cells: usize) -> Vec<u64> {
    if values.len() <= cells || cells == 0 {
        return values[values.len().saturating_sub(cells)..].to_vec();
    }
    let place = |i: usize| i * values.len() / cells;
    (0..cells)
        .map(|i| {
            let part = &values[place(i)..place(i + 1)];
            let sum = part.iter().fold(0u64, |sum, &n| sum.saturating_add(n));
            // What is not zero shows: rounded up.
            sum.div_ceil(part.len().max(1) as u64)
        })
        .collect()
}

/// Visitors, lines of error logs, and the machine itself.
fn machine(frame: Frame<'_>) -> Line {
    let now = frame.state.now();
    let mut line = Line::default();
    line.put(Ink::Faint, "Visitors");
    line.put_right(Ink::Head, &count(frame.state.visitors_now), NAME + VALUE)
        .column(NAME + VALUE + 2);
    let mut parts = vec![("in 5 min", String::new())];
    if let Some(host) = now.host {
        let share = |part: f64| format!("{:.0} %", (part * 100.0).clamp(0.0, 100.0));
        parts.push(("CPU ", share(host.cpu)));
        parts.push(("memory ", share(host.memory)));
        parts.push(("network in ", bytes_per_s(host.rx)));
        parts.push(("out ", bytes_per_s(host.tx)));
    }
    if frame.state.summary.errors > 0 {
        parts.insert(1, ("error log ", rate(now.errors_per_s)));
    }
    for (name, value) in parts {
        if line.used() + name.len() + value.len() + 3 > frame.columns {
            break;
        }
        line.put(Ink::Faint, name).put(Ink::Plain, value).put(Ink::Plain, "   ");
    }
    line
}

/// Status classes of the whole window, as a bar and as numbers.
fn classes(frame: Frame<'_>) -> Line {
    let summary = &frame.state.summary;
    let mut line = Line::default();
    line.put(Ink::Faint, "Status");
    line.put_right(Ink::Head, &count(summary.requests), NAME + VALUE).column(NAME + VALUE + 2);
    let cells = if frame.columns >= 100 { 24 } else { 0 };
    for (class, &n) in &summary.status {
        // Cut to whole cells, so that parts don't add up to more than the whole.
        let drawn = bar(n, summary.requests, cells);
        line.put(Ink::class(class), drawn.trim_end_matches(|c| c != '█'));
    }
    if cells > 0 {
        line.column(NAME + VALUE + 2 + cells + 2);
    }
    for (class, &n) in summary.status.iter().filter(|&(_, &n)| n > 0) {
        let share = percent(n, summary.requests);
        if line.used() + class.len() + share.len() + 4 > frame.columns {
            break;
        }
        line.put(Ink::class(class), class).put(Ink::Plain, format!(" {share}   "));
    }
    line
}
