//! The first lines: which server, what of it, how fresh; and what is unusual.

use super::Frame;
use crate::aggregate::amount::{second, span};
use crate::aggregate::wire::Anomaly;
use crate::app::figures::{clean, clean_middle, duration, width};
use crate::app::top::keys::Focus;
use crate::app::top::line::{Ink, Line};
use crate::app::top::state::Link;
use crate::edge::notify::{causes, headline};

/// Seconds behind from which on the number is worth a look: the second that is open, and some of haste.
const LATE_S: f64 = 3.0;
/// Fewer columns have no place for more than what is unusual.
const NARROW: usize = 50;
/// Cells before an incident's words: five marks, and blanks around them.
const TEXT: usize = 8;
/// Fewer rows have no place for saying that there is nothing to say.
const ROOMY: usize = 18;

pub(super) fn draw(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let mut out = vec![title(frame)];
    out.extend(incidents(frame, rows));
    out.truncate(rows);
    out
}

fn title(frame: Frame<'_>) -> Line {
    let state = frame.state;
    let (ink, word) = condition(frame);
    let columns = frame.columns;
    let mut line = Line::default();
    line.put(Ink::Head, if columns < 40 { "" } else { "Tapline " });
    let room = columns.saturating_sub(line.used() + word.chars().count() + 1);
    let window = span(i64::from(frame.ui.wish.window_s));
    let filter = &frame.ui.wish.filter;
    let of = match (filter.is_empty(), &state.hello.site) {
        (false, _) => clean(filter, room.saturating_sub(14).max(8)),
        (true, Some(site)) => format!("site:{}", clean(site, 30)),
        (true, None) => "all traffic".to_owned(),
    };
    let demo = if state.hello.demo { " demo" } else { "" };
    let address = frame.address.strip_prefix("http://").unwrap_or(frame.address);
    let address = clean_middle(address, 40);
    let long = width(&format!("{address}{demo}  {of}  {window}")) < room;
    if long {
        line.put(Ink::Plain, address).put(Ink::Faint, demo).put(Ink::Plain, "  ");
    }
    if room > 20 {
        let ink = if filter.is_empty() { Ink::Faint } else { Ink::Key };
        line.put(ink, of).put(Ink::Faint, format!("  {window}"));
        line.put(Ink::Unusual, if frame.ui.waits() { "  asking…" } else { "" });
    }
    line = line.cut(columns.saturating_sub(word.chars().count() + 1));
    line.put_right(ink, &word, columns);
    line
}

/// `14:32:07 UTC  live 0.4 s`, or what is wrong with that.
fn condition(frame: Frame<'_>) -> (Ink, String) {
    let state = frame.state;
    match &state.link {
        Link::Away { why, again_ms } => {
            let wait = (again_ms - frame.now_ms).max(0) as f64 / 1e3;
            let why = clean(why, frame.columns / 3);
            let words = match wait {
                w if w < 1.0 => "connecting".to_owned(),
                w => format!("again in {w:.0} s"),
            };
            let text = if frame.columns < 60 { words } else { format!("{why}; {words}") };
            return (Ink::Alarm, format!(" {text} "));
        }
        Link::Live if state.paused => {
            let at = state.newest_ms().map(wall).unwrap_or_default();
            return (
                Ink::Unusual,
                if frame.columns < 50 { "PAUSED".into() } else { format!("PAUSED at {at}") },
            );
        }
        Link::Live => {}
    }
    let Some(behind) = state.behind_s(frame.now_ms) else { return (Ink::Faint, "waiting".into()) };
    let clock = wall(state.server_ms(frame.now_ms));
    if state.ended {
        return (
            Ink::Unusual,
            match frame.columns {
                0..40 => "ended".to_owned(),
                40..100 => format!("ended at {clock}"),
                _ => format!("the replay has ended at {clock}"),
            },
        );
    }
    if behind >= LATE_S {
        return (Ink::Unusual, format!("{} behind", duration(behind)));
    }
    // For a minute: what was counted since its start began anew.
    let restarted = state.restarted_ms.map(|at| frame.now_ms.saturating_sub(at) / 1_000);
    if let Some(ago) = restarted.filter(|ago| (0..60).contains(ago) && frame.columns >= 40) {
        return (Ink::Unusual, format!("server restarted {ago} s ago  live"));
    }
    let missed = match state.missed {
        0 => String::new(),
        n => format!("{n} s missed  "),
    };
    match frame.columns {
        0..40 => (Ink::Good, "live".to_owned()),
        40..100 => (Ink::Good, format!("{clock}  live {behind:.1} s")),
        _ => (Ink::Good, format!("{missed}{clock}  live, {behind:.1} s behind")),
    }
}

/// `14:32:07 UTC`.
fn wall(ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(ms);
    at.map(|at| at.format("%H:%M:%S UTC").to_string()).unwrap_or_default()
}

fn incidents(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let open = frame.state.open();
    let mut out = Vec::new();
    if open.is_empty() {
        if rows >= ROOMY && frame.state.has_snapshot {
            let mut line = Line::default();
            // Not that nothing is unusual: the feed does not say whether what is usual is learnt yet.
            line.put(Ink::Faint, "No incident is open");
            let over = frame.state.anomalies.iter().filter_map(|a| a.end.as_deref()).max();
            if let Some(end) = over {
                let at = crate::aggregate::amount::moment(end, &now(frame));
                line.put(Ink::Faint, format!("; the last ended at {at}"));
            }
            out.push(line);
        }
        return out;
    }
    // A quarter of the screen, and never all of it.
    let most = (rows / 6).clamp(1, 4);
    let focused = frame.ui.focus == Focus::Incidents;
    let chosen = frame.ui.row.min(open.len() - 1);
    let first = if focused { (chosen + 1).saturating_sub(most) } else { 0 };
    for (i, anomaly) in open.iter().enumerate().skip(first).take(most) {
        let why = rows >= 12 && (i == first || (focused && i == chosen));
        let mut line = one(anomaly, frame, !why);
        if focused && i == chosen {
            line.choose();
        }
        if i + 1 == first + most && open.len() > first + most && frame.columns >= NARROW {
            let more = format!("  and {} more", open.len() - first - most);
            line = line.cut(frame.columns.saturating_sub(more.len()));
            line.put(Ink::Unusual, more);
        }
        out.push(line);
        if why {
            out.extend(because(anomaly, frame.columns));
        }
    }
    out
}

fn now(frame: Frame<'_>) -> String {
    chrono::DateTime::from_timestamp_millis(frame.state.server_ms(frame.now_ms))
        .map(|at| at.to_rfc3339())
        .unwrap_or_default()
}

/// With its cause where that has no line of its own.
fn one(anomaly: &Anomaly, frame: Frame<'_>, cause: bool) -> Line {
    let over = anomaly.usual_since.is_some();
    let grave = anomaly.severity >= 4 && !over;
    let mut line = Line::default();
    let badge = if grave { Ink::Alarm } else { Ink::Unusual };
    let narrow = frame.columns < NARROW;
    let marks = if narrow { 1 } else { usize::from(anomaly.severity.clamp(1, 5)) };
    line.put(badge, format!(" {} ", "!".repeat(marks))).column(if narrow { 4 } else { TEXT });
    let lasted = second(&anomaly.start)
        .map(|start| span(frame.state.server_ms(frame.now_ms) / 1_000 - start))
        .filter(|_| !over && !narrow)
        .map(|lasted| format!("  {lasted}"))
        .unwrap_or_default();
    let told = headline(anomaly, cause);
    // How long is of less use than since when.
    let fits = line.used() + width(&told) + lasted.len() <= frame.columns;
    let lasted = if fits { lasted } else { String::new() };
    let calm = if over && !narrow { "  as usual again" } else { "" };
    let room = frame.columns.saturating_sub(line.used() + lasted.len() + calm.len());
    let ink = match (over, grave) {
        (true, _) => Ink::Plain,
        (false, true) => Ink::Failed,
        (false, false) => Ink::Unusual,
    };
    line.put(ink, clean_middle(&told, room));
    line.put(Ink::Faint, lasted).put(Ink::Faint, calm);
    line
}

/// What accounts for it: as many causes as fit.
fn because(anomaly: &Anomaly, columns: usize) -> Option<Line> {
    let mut line = Line::default();
    line.column(TEXT).put(Ink::Faint, "because of  ");
    let start = line.used();
    for cause in causes(anomaly) {
        let cause = clean(&cause, columns.saturating_sub(start));
        let gap = if line.used() == start { "" } else { "  ·  " };
        if line.used() > start && line.used() + gap.len() + cause.chars().count() > columns {
            break;
        }
        line.put(Ink::Faint, gap).put(Ink::Plain, cause);
    }
    (line.used() > start).then_some(line)
}
