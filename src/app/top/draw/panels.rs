//! The lists side by side: values, how often, how wrong, how slow.

use super::{FAILING, Frame, WRONG, part_of};
use crate::aggregate::wire::TopRow;
use crate::app::figures::{bytes, clean_middle, count, duration, percent};
use crate::app::top::keys::Focus;
use crate::app::top::line::{Ink, Line};
use crate::app::top::lists::{By, List, filled};

/// Cells that a list needs at least, and between two.
const LEAST: usize = 36;
const GAP: usize = 2;
/// Rows of a list, its title among them, from which on another row of lists is worth more.
const TALL: usize = 8;

/// As many lists as fit into `rows`, the one that keys are about among them.
pub(super) fn draw(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let lists = filled(&frame.state.summary);
    if rows < 3 || lists.is_empty() {
        return waiting(frame, rows, lists.is_empty());
    }
    // One row is blank above each row of lists, where there is room for that.
    let across = across(frame.columns).min(lists.len());
    let down = (rows / TALL).clamp(1, lists.len().div_ceil(across));
    let height = rows / down;
    let shown = across * down;
    let here = lists.iter().position(|list| frame.ui.focus == Focus::List(list.name)).unwrap_or(0);
    // Lists stay where they are until the one that is wanted is out of sight.
    let first = (here / shown * shown).min(lists.len().saturating_sub(shown));
    let mut out = Vec::new();
    for row in lists[first..].chunks(across).take(down) {
        let blank = usize::from(height > 4);
        out.extend(std::iter::repeat_n(Line::default(), blank));
        out.extend(side_by_side(frame, row, across, height - blank));
    }
    out
}

/// Every list with at most so many rows of each.
pub(super) fn all(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let lists = filled(&frame.state.summary);
    let across = across(frame.columns);
    let mut out = Vec::new();
    for row in lists.chunks(across) {
        let longest = row.iter().map(|list| list.rows(&frame.state.summary).len()).max();
        out.push(Line::default());
        out.extend(side_by_side(frame, row, across, 1 + longest.unwrap_or(0).min(rows)));
    }
    out
}

fn across(columns: usize) -> usize {
    ((columns + GAP) / (LEAST + GAP)).clamp(1, 6)
}

fn waiting(frame: Frame<'_>, rows: usize, empty: bool) -> Vec<Line> {
    if !empty || rows < 2 {
        return Vec::new();
    }
    let words = if !frame.state.has_snapshot {
        "Waiting for the server"
    } else if !frame.ui.wish.filter.is_empty() {
        "No request of this window matches; Backspace takes the last term away"
    } else {
        "No request yet; `tapline snippet nginx` prints what makes nginx send its log"
    };
    let mut line = Line::default();
    line.put(Ink::Faint, words);
    vec![Line::default(), line]
}

fn side_by_side(frame: Frame<'_>, lists: &[List], across: usize, height: usize) -> Vec<Line> {
    let whole = frame.columns + GAP;
    let room = (whole / across.max(1)).saturating_sub(GAP);
    let mut out = vec![Line::default(); height];
    for (i, list) in lists.iter().enumerate() {
        for (line, own) in out.iter_mut().zip(one(frame, *list, room, height)) {
            line.beside(own, i * whole / across.max(1));
        }
    }
    out
}

/// A list with its title, `height` lines at most.
fn one(frame: Frame<'_>, list: List, room: usize, height: usize) -> Vec<Line> {
    let rows = list.rows(&frame.state.summary);
    let focused = frame.ui.focus == Focus::List(list.name);
    let chosen = frame.ui.row.min(rows.len().saturating_sub(1));
    let fit = height.saturating_sub(1);
    // The chosen row stays in sight.
    let first = if focused { (chosen + 1).saturating_sub(fit) } else { 0 };
    let columns = Columns::of(list, frame.ui.wish.by, room);
    let mut out = vec![columns.title(list, room, focused)];
    for (i, row) in rows.iter().enumerate().skip(first).take(fit) {
        let mut line = columns.row(row, frame.state.summary.requests, room);
        if focused && i == chosen {
            line.column(room).choose();
        }
        out.push(line);
    }
    out
}

/// Which numbers stand behind a value.
struct Columns {
    of_errors: bool,
    bytes: bool,
    mean: bool,
    errors: bool,
    by: By,
    of_statuses: bool,
    share: bool,
}

const NUMBER: usize = 10;
const SHARE: usize = 7;

impl Columns {
    fn of(list: List, by: By, room: usize) -> Columns {
        let requests = !list.of_errors;
        let wide = requests && room >= 54;
        Columns {
            of_errors: list.of_errors,
            bytes: requests && (by == By::Bytes || room >= 66),
            mean: requests && (by == By::Slow || wide),
            // Where room is scarce, what the list is sorted by is worth more.
            errors: requests
                && !list.of_statuses
                && (wide || matches!(by, By::Requests | By::Failed)),
            of_statuses: list.name == "statuses",
            by: if requests { by } else { By::Requests },
            share: list.of_statuses || (requests && room >= 48),
        }
    }

    fn ends(&self, room: usize) -> Ends {
        let mut end = room;
        let mut take = |wanted: bool, size: usize| {
            let here = wanted.then_some(end);
            end -= if wanted { size.min(end) } else { 0 };
            here
        };
        let mean = take(self.mean, NUMBER);
        let bytes = take(self.bytes, NUMBER);
        let failed = take(self.errors, SHARE);
        let share = take(self.share, SHARE);
        let requests = take(true, NUMBER);
        Ends { requests, share, failed, bytes, mean, value: end }
    }

    fn title(&self, list: List, room: usize, focused: bool) -> Line {
        let ends = self.ends(room);
        let mut line = Line::default();
        line.put(if focused { Ink::Key } else { Ink::Head }, list.title);
        let requests = if self.of_errors { "lines" } else { "requests" };
        for (end, word, by) in [
            (ends.requests, requests, Some(By::Requests)),
            (ends.share, "share", None),
            (ends.failed, "errors", Some(By::Failed)),
            (ends.bytes, "sent", Some(By::Bytes)),
            (ends.mean, "mean", Some(By::Slow)),
        ] {
            if let Some(end) = end {
                let ink = if by == Some(self.by) { Ink::Head } else { Ink::Faint };
                line.put_right(ink, word, end);
            }
        }
        line
    }

    fn row(&self, row: &TopRow, total: u64, room: usize) -> Line {
        let ends = self.ends(room);
        let mut line = Line::default();
        let label = row.label.as_deref().map(|label| format!("{} {label}", row.value));
        let value = label.as_deref().unwrap_or(&row.value);
        let ink = if self.of_statuses { Ink::class(value) } else { Ink::Plain };
        line.put(ink, clean_middle(value, ends.value.saturating_sub(1)));
        let mut right = |end: Option<usize>, ink: Ink, text: String| {
            if let Some(end) = end {
                line.put_right(ink, &text, end);
            }
        };
        right(ends.requests, Ink::Plain, count(row.requests));
        right(ends.share, Ink::Faint, percent(row.requests, total));
        let ink = match (part_of(row.s5xx, row.requests), part_of(row.errors, row.requests)) {
            (failed, _) if failed >= FAILING => Ink::Failed,
            (_, errors) if errors >= WRONG => Ink::Wrong,
            _ => Ink::Faint,
        };
        let errors = match row.errors {
            0 => "·".to_owned(),
            errors => percent(errors, row.requests),
        };
        right(ends.failed, ink, errors);
        right(ends.bytes, Ink::Faint, bytes(row.bytes));
        let mean = row.mean_s.filter(|s| s.is_finite());
        right(ends.mean, Ink::Faint, mean.map_or_else(|| "·".to_owned(), duration));
        line
    }
}

/// The cells at which the columns end; the value has what is before them.
struct Ends {
    value: usize,
    requests: Option<usize>,
    share: Option<usize>,
    failed: Option<usize>,
    bytes: Option<usize>,
    mean: Option<usize>,
}
