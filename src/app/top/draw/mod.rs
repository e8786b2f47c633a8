//! The picture: what is known of a server, as lines of a screen. Pure; it fits any size.
//!
//! What the eye meets first is what is unusual, then the numbers of now, then who and what, then lines. Where
//! there is less room the last goes first, but the accounting, which says whether the rest can be believed.

mod foot;
mod head;
mod help;
mod lines;
mod panels;
mod vitals;

use super::keys::{Tail, Ui};
use super::line::{Ink, Line};
use super::state::State;

/// What the screen is drawn with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) state: &'a State,
    pub(super) ui: &'a Ui,
    /// The server, as the title names it.
    pub(super) address: &'a str,
    /// This machine's clock, epoch milliseconds.
    pub(super) now_ms: i64,
    pub(super) columns: usize,
}

/// The picture on a screen of `rows`, exactly as many lines.
pub(super) fn screen(frame: Frame<'_>, rows: usize) -> Vec<Line> {
    let mut out = Vec::with_capacity(rows);
    if frame.ui.help {
        out = help::draw(frame.columns, rows);
    } else {
        draw(frame, rows, &mut out);
    }
    out.resize(rows, Line::default());
    out.into_iter().map(|line| line.cut(frame.columns)).collect()
}

fn draw(frame: Frame<'_>, rows: usize, out: &mut Vec<Line>) {
    let foot = foot::draw(frame, rows);
    let room = rows.saturating_sub(foot.len());
    out.extend(head::draw(frame, room));
    let left = room.saturating_sub(out.len());
    out.extend(vitals::draw(frame, left));
    let left = room.saturating_sub(out.len());
    let tail = match frame.ui.tail {
        Tail::None => 0,
        Tail::Tall => left,
        // A third, of which a title and two lines are the least that is worth it.
        Tail::Usual if left < 8 => 0,
        Tail::Usual => (left / 3).clamp(3, 16),
    };
    // A blank row between the lists and the lines, where rows are many.
    let gap = usize::from(tail > 6 && frame.ui.tail == Tail::Usual);
    out.extend(panels::draw(frame, left - tail - gap));
    out.truncate(room - tail.min(room));
    out.resize(room - tail.min(room), Line::default());
    out.extend(lines::draw(frame, tail));
    out.extend(foot);
}

/// The whole picture without a screen: every list, and the last lines.
pub(super) fn page(frame: Frame<'_>) -> String {
    const PLENTY: usize = 100;
    let mut out = head::draw(frame, PLENTY);
    out.extend(vitals::draw(frame, PLENTY));
    out.extend(panels::all(frame, 10));
    out.push(Line::default());
    out.extend(lines::draw(frame, 12));
    out.push(Line::default());
    out.push(foot::account(frame, usize::MAX));
    let mut text = String::new();
    for line in out {
        text.push_str(&line.text());
        text.push('\n');
    }
    text
}

/// Shares of requests from which on failures and wrong requests are worth a colour: some are always there,
/// and where all is red nothing is seen.
const FAILING: f64 = 0.01;
const WRONG: f64 = 0.1;

fn part_of(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// A title, with something faint to its right.
fn title(name: &str, note: &str) -> Line {
    let mut line = Line::default();
    line.put(Ink::Head, name);
    if !note.is_empty() {
        line.put(Ink::Faint, format!("  {note}"));
    }
    line
}
