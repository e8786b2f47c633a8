//! The last lines: whether the numbers can be believed, and which keys there are; or the filter being typed.

use super::Frame;
use crate::aggregate::wire::Accounting;
use crate::app::figures::{clean, count, width};
use crate::app::report::text::{equation, largest_first};
use crate::app::top::keys::Edit;
use crate::app::top::line::{Ink, Line};

/// Rows from which on the keys are told.
const ROOMY: usize = 8;

const KEYS: [(&str, &str); 10] = [
    ("q", "quit"),
    ("?", "help"),
    ("/", "filter"),
    ("Enter", "choose"),
    ("Bksp", "back"),
    ("Tab", "next list"),
    ("w", "window"),
    ("p", "pause"),
    ("t", "lines"),
    ("s", "sort"),
];

pub(super) fn draw(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let mut out = vec![account(frame, frame.columns)];
    if let Some(edit) = &frame.ui.edit {
        return vec![typed(edit, frame), said(edit, frame)];
    }
    if let Some(problem) = &frame.state.problem {
        let mut line = Line::default();
        let text = format!("{}; {}", problem.message, problem.hint);
        line.put(Ink::Failed, clean(&text, frame.columns));
        out.push(line);
    } else if rows >= ROOMY {
        out.push(keys(frame));
    }
    out
}

fn keys(frame: Frame<'_>) -> Line {
    let mut line = Line::default();
    for (key, does) in KEYS {
        if line.used() + width(key) + does.len() + 3 > frame.columns {
            break;
        }
        let does = match (key, frame.state.paused) {
            ("p", true) => "go on".to_owned(),
            ("s", _) => format!("by {}", frame.ui.wish.by.title()),
            _ => does.to_owned(),
        };
        line.put(Ink::Key, key).put(Ink::Faint, format!(" {does}  "));
    }
    line
}

/// What became of every line, in one that fits: the equation, or only what was lost.
pub(super) fn account(frame: Frame<'_>, columns: usize) -> Line {
    let account = &frame.state.summary.accounting;
    let mut line = Line::default();
    if !frame.state.has_snapshot {
        return line;
    }
    let (lost, told) = lost(account);
    let ink = if lost > 0 { Ink::Failed } else { Ink::Faint };
    let whole = equation(account, "received");
    if width(&whole) + 3 + width(&told) <= columns {
        line.put(Ink::Faint, whole).put(Ink::Plain, "   ").put(ink, told);
        return line;
    }
    if lost > 0 && columns < 60 {
        line.put(ink, told);
        return line;
    }
    let received = format!("{} received", count(account.received));
    let unread = match account.unparsed {
        0 => String::new(),
        n => format!(", {} not understood", count(n)),
    };
    let fits = width(&received) + width(&unread) + 2 + width(&told) <= columns;
    line.put(Ink::Faint, received).put(Ink::Faint, if fits { &unread } else { "" });
    line.put(Ink::Faint, ", ").put(ink, told);
    line
}

/// How many lines are in no number, in plain words.
fn lost(account: &Accounting) -> (u64, String) {
    let mut parts = Vec::new();
    let mut sum = 0u64;
    for (reason, n) in largest_first(&account.dropped) {
        sum = sum.saturating_add(n);
        parts.push(match reason.as_str() {
            "kernel" => format!("{} lost in the kernel", count(n)),
            other => format!("{} dropped ({})", count(n), clean(other, 20)),
        });
    }
    for (reason, n) in largest_first(&account.rejected) {
        sum = sum.saturating_add(n);
        parts.push(format!("{} rejected ({})", count(n), clean(reason, 20)));
    }
    (sum, if parts.is_empty() { "nothing lost".to_owned() } else { parts.join(", ") })
}

/// The filter as it is typed; the cursor stands at its place.
fn typed(edit: &Edit, frame: Frame<'_>) -> Line {
    let columns = frame.columns;
    let refused = frame.state.problem.is_some() && !edit.is_asked();
    let wrong = edit.wrong_at().filter(|_| refused).unwrap_or(usize::MAX);
    let mut line = Line::default();
    line.put(Ink::Key, "filter ");
    let room = columns.saturating_sub(line.used() + 1);
    let (before, behind) = edit.text.split_at(edit.at);
    // Its end is what is being typed: a long one moves to the left.
    let mut start = 0;
    while width(&clean(&before[start..], usize::MAX)) > room {
        start += before[start..].chars().next().map_or(1, char::len_utf8);
    }
    let cut = wrong.clamp(start, before.len().max(start));
    let cut = if before.is_char_boundary(cut) { cut } else { start };
    line.put(Ink::Plain, clean(&before[start..cut], usize::MAX));
    line.put(Ink::Failed, clean(&before[cut..], usize::MAX));
    let mut rest = behind.chars();
    let under = rest.next().map_or(" ".to_owned(), |c| clean(&c.to_string(), 2));
    line.put(Ink::Chosen, under);
    let left = columns.saturating_sub(line.used());
    line.put(Ink::Plain, clean(rest.as_str(), left));
    line
}

/// What the server says of it, where it is wrong; else what can be typed.
fn said(edit: &Edit, frame: Frame<'_>) -> Line {
    let mut line = Line::default();
    if edit.is_asked() {
        line.put(Ink::Faint, "       asking…");
        return line;
    }
    let Some(problem) = &frame.state.problem else {
        let hint = "       status:5xx -path:/health* latency>0.5   Enter takes it, Esc leaves";
        line.put(Ink::Faint, clean(hint, frame.columns));
        return line;
    };
    let text = clean(&format!("{}; {}", problem.message, problem.hint), usize::MAX);
    let at = edit.wrong_at().map_or(0, |at| 7 + width(&clean(&edit.text[..at], usize::MAX)));
    // Under its place, or as far to the left as it has to be to be read.
    let at = at.min(frame.columns.saturating_sub(width(&text) + 2));
    line.column(at).put(Ink::Failed, "^ ").put(Ink::Failed, text);
    line
}
