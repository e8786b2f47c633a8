//! The report's lists: ten rows each, in columns that fit the terminal.

use std::fmt::Write;

use crate::aggregate::wire::{OtherRow, Summary, TopRow};
use crate::app::figures::{bar, bytes, clean_middle, count, duration, percent, width};
use crate::app::paint::Paint;

/// Rows of each list; `--json` has more.
pub(super) const ROWS: usize = 10;

/// The lists in the order of the report, and what is told of each: what went wrong, what was asked for, how it
/// was answered, who asked, where they came from, who answered.
const LISTS: [(&str, &str); 23] = [
    ("errors", ERRORS),
    ("sites", "Sites"),
    ("paths", "Paths"),
    ("routes", "Routes"),
    ("static", "Static files"),
    ("types", "File types"),
    ("mime", "Content types"),
    ("not_found", "Not found"),
    ("statuses", "Status codes"),
    ("cache", "Cache"),
    ("clients", "Clients"),
    ("networks", "Networks"),
    ("countries", "Countries"),
    ("cities", "Cities"),
    ("asns", "Autonomous systems"),
    ("users", "Users"),
    ("agents", "Agents"),
    ("systems", "Systems"),
    ("bots", BOTS),
    ("referrers", "Referring sites"),
    ("keyphrases", "Keyphrases"),
    ("upstreams", "Upstreams"),
    ("sources", "Sources"),
];

const BOTS: &str = "Bots";
/// Error-log lines with one text, but for what differs in them.
const ERRORS: &str = "Errors";

/// A list that has something to say.
pub(super) struct Told<'a> {
    pub(super) title: &'static str,
    pub(super) rows: &'a [TopRow],
    pub(super) other: Option<&'a OtherRow>,
}

impl Told<'_> {
    /// What a bot is for, and whether it is one, is told of its requests.
    pub(super) fn is_of_bots(&self) -> bool {
        self.title == BOTS
    }

    /// Its rows count lines of error logs, which have a level and no more.
    pub(super) fn is_of_errors(&self) -> bool {
        self.title == ERRORS
    }

    /// All there were of what its rows count.
    pub(super) fn whole(&self, summary: &Summary) -> u64 {
        if self.is_of_errors() { summary.errors } else { summary.requests }
    }

    /// How many values there are beside the first rows, and their requests.
    pub(super) fn left(&self, shown: usize) -> (u64, u64) {
        let hidden = self.rows.get(shown..).unwrap_or_default();
        let values = hidden.len() as u64 + self.other.map_or(0, |other| other.values);
        let requests = hidden.iter().map(|row| row.requests).sum::<u64>()
            + self.other.map_or(0, |other| other.requests);
        (values, requests)
    }
}

/// Every list that has something to say.
pub(super) fn told(summary: &Summary) -> impl Iterator<Item = Told<'_>> {
    LISTS.into_iter().filter_map(|(key, title)| {
        let rows = rows_of(summary, key);
        // One site or one source says nothing that the totals don't, and where no route was learnt
        // they are the paths once more.
        let is_told = match key {
            "sites" | "sources" => rows.len() == 1,
            "routes" => told_by_paths(rows, rows_of(summary, "paths")),
            _ => false,
        };
        let has_more = !rows.is_empty() && !is_told;
        has_more.then(|| Told { title, rows, other: summary.other.get(key) })
    })
}

/// Writes every list that has something to say.
pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint, columns: usize) {
    for told in told(summary) {
        let (is_of_bots, is_of_errors) = (told.is_of_bots(), told.is_of_errors());
        let whole = told.whole(summary);
        let list = List { told, whole };
        match (is_of_bots, is_of_errors) {
            (true, _) => list.bots(out, paint, columns),
            (_, true) => list.errors(out, paint, columns),
            _ => list.write(out, paint, columns),
        }
    }
}

fn rows_of<'a>(summary: &'a Summary, key: &str) -> &'a [TopRow] {
    summary.top.get(key).map_or(&[], Vec::as_slice)
}

fn told_by_paths(routes: &[TopRow], paths: &[TopRow]) -> bool {
    let shown = |rows: &[TopRow]| -> Vec<(String, u64)> {
        rows.iter().take(ROWS).map(|row| (row.value.clone(), row.requests)).collect()
    };
    shown(routes) == shown(paths)
}

struct List<'a> {
    told: Told<'a>,
    /// All there were.
    whole: u64,
}

/// Cells of each column, with the blanks before it; 0 leaves it out.
#[derive(Clone, Copy, Debug, Default)]
struct Widths {
    value: usize,
    requests: usize,
    share: usize,
    bar: usize,
    sent: usize,
    /// Of 4xx and of 5xx.
    class: usize,
    visitors: usize,
    time: usize,
    /// Of a bot's purpose, and of who says that it is one.
    purpose: usize,
    verified: usize,
}

/// Cells of a bot's purpose, with the blanks before it: `ai assistant`.
const PURPOSE: usize = 2 + 12;

/// Cells of a level, with the blanks before it.
const LEVEL: usize = 2 + 8;

/// Cells before a row.
const INDENT: usize = 2;
/// What is told apart by fewer is not worth a column, and longer values are hard to follow.
const VALUE: (usize, usize) = (16, 72);

impl Widths {
    const WIDE: Widths = Widths {
        value: 0,
        requests: 11,
        share: 8,
        bar: 12,
        sent: 10,
        class: 8,
        visitors: 10,
        time: 12,
        purpose: 0,
        verified: 0,
    };
    /// The bar says nothing that the share does not.
    const NARROW: Widths =
        Widths { requests: 10, share: 7, bar: 0, sent: 9, visitors: 9, time: 11, ..Widths::WIDE };
    fn fixed(self) -> usize {
        let Widths { requests, share, bar, sent, class, visitors, time, purpose, verified, .. } =
            self;
        INDENT + requests + share + bar + sent + 2 * class + visitors + time + purpose + verified
    }

    /// Gives values what the others leave of so many cells.
    fn within(self, columns: usize) -> Widths {
        let value = columns.saturating_sub(self.fixed()).clamp(VALUE.0, VALUE.1);
        Widths { value, ..self }
    }
}

impl List<'_> {
    fn shown(&self) -> &[TopRow] {
        &self.told.rows[..self.told.rows.len().min(ROWS)]
    }

    /// Columns for what there is.
    fn widths(&self, columns: usize) -> Widths {
        let has_time = self.shown().iter().any(|row| row.p95_s.is_some());
        let has_visitors = self.shown().iter().any(|row| row.visitors.is_some());
        let fit = |mut widths: Widths| {
            widths.time *= usize::from(has_time);
            widths.visitors *= usize::from(has_visitors);
            widths
        };
        let wide = fit(Widths::WIDE);
        let fits = wide.fixed() + VALUE.0 <= columns;
        if fits { wide } else { fit(Widths::NARROW) }.within(columns)
    }

    fn head(&self, out: &mut String, head: &str, value: usize, paint: Paint) {
        let blank = " ".repeat((value + INDENT).saturating_sub(self.told.title.len()));
        let _ = writeln!(out, "\n{}{blank}{}", paint.head(self.told.title), paint.faint(head));
    }

    fn write(&self, out: &mut String, paint: Paint, columns: usize) {
        let widths = self.widths(columns);
        let Widths { value, requests, share, bar: room, sent, class, visitors, time, .. } = widths;
        let mut head = format!(
            "{:>requests$}{:>share$}{:room$}{:>sent$}{:>class$}{:>class$}",
            "requests", "", "", "sent", "4xx", "5xx"
        );
        if visitors > 0 {
            let _ = write!(head, "{:>visitors$}", "visitors");
        }
        if time > 0 {
            let _ = write!(head, "{:>time$}", "95 % below");
        }
        self.head(out, &head, value, paint);
        for row in self.shown() {
            self.begin(out, row, widths);
            if room > 0 {
                // Against the longest: the share is told beside it, and a long tail would show nothing.
                let drawn = bar(row.requests, self.told.rows[0].requests, room - 2);
                let blank = " ".repeat(room - 2 - width(&drawn));
                let _ = write!(out, "  {}{blank}", paint.faint(&drawn));
            }
            let _ = write!(
                out,
                "{:>sent$}{}{}",
                bytes(row.bytes),
                errors(row.s4xx, "4xx", class, paint),
                errors(row.s5xx, "5xx", class, paint),
            );
            if visitors > 0 {
                let _ = write!(out, "{:>visitors$}", row.visitors.map(count).unwrap_or_default());
            }
            if time > 0 {
                let _ = write!(out, "{:>time$}", row.p95_s.map(duration).unwrap_or_default());
            }
            out.push('\n');
        }
        self.left(out, widths, paint);
    }

    /// With what each is for in place of the bar, and in place of its errors the share of its requests
    /// from where its operator says it comes.
    fn bots(&self, out: &mut String, paint: Paint, columns: usize) {
        let widths = match self.widths(columns) {
            wide if wide.bar > 0 => {
                Widths { sent: wide.sent - 2, verified: 2 * wide.class, ..wide }
            }
            narrow => Widths { class: 0, time: 0, purpose: PURPOSE, verified: 10, ..narrow }
                .within(columns),
        };
        let Widths { value, requests, share, sent, visitors, verified, time, .. } = widths;
        let cells = |what: &str, sent_: &str, who: &str, seen: &str, slow: &str| {
            let what = format!("  {what:<w$}", w = PURPOSE - 2);
            format!("{what}{sent_:>sent$}{who:>verified$}{seen:>visitors$}{slow:>time$}")
        };
        let seen = if visitors > 0 { "visitors" } else { "" };
        let slow = if time > 0 { "95 % below" } else { "" };
        let head = cells("purpose", "sent", "verified", seen, slow);
        let head = format!("{:>requests$}{:>share$}{head}", "requests", "");
        self.head(out, &head, value, paint);
        for row in self.shown() {
            self.begin(out, row, widths);
            let who = confirmed(row);
            let what = purpose(row);
            let seen = row.visitors.map(count).unwrap_or_default();
            let slow = row.p95_s.filter(|_| time > 0).map(duration).unwrap_or_default();
            let _ = writeln!(out, "{}", cells(&what, &bytes(row.bytes), &who, &seen, &slow));
        }
        self.left(out, widths, paint);
    }

    /// With the worst level of each.
    fn errors(&self, out: &mut String, paint: Paint, columns: usize) {
        let Widths { requests, share, .. } = Widths::NARROW;
        let only = Widths { requests, share, class: LEVEL / 2, ..Widths::default() };
        let widths = only.within(columns);
        let head = format!("{:>requests$}{:>share$}{:>LEVEL$}", "lines", "", "level");
        self.head(out, &head, widths.value, paint);
        for row in self.shown() {
            self.begin(out, row, widths);
            let _ = writeln!(out, "{:>LEVEL$}", row.level.as_deref().unwrap_or_default());
        }
        self.left(out, widths, paint);
    }

    /// The value, its requests and their share.
    fn begin(&self, out: &mut String, row: &TopRow, widths: Widths) {
        let Widths { value: room, requests, share, .. } = widths;
        let named = named(row, self.told.is_of_bots());
        let value = clean_middle(&named, room);
        let blank = " ".repeat(room - width(&value).min(room));
        let _ = write!(
            out,
            "{:INDENT$}{value}{blank}{:>requests$}{:>share$}",
            "",
            count(row.requests),
            percent(row.requests, self.whole),
        );
    }

    /// What the rows leave out.
    fn left(&self, out: &mut String, widths: Widths, paint: Paint) {
        let Widths { value: room, requests, share, .. } = widths;
        let (values, left) = self.told.left(self.shown().len());
        if values > 0 && left > 0 {
            let name = format!("{} more", count(values));
            let part = percent(left, self.whole);
            let line = format!("{name:<room$}{:>requests$}{part:>share$}", count(left));
            let _ = writeln!(out, "  {}", paint.faint(&line));
        }
    }
}

/// The value, with what else it is called.
pub(super) fn named(row: &TopRow, is_bot: bool) -> String {
    match &row.label {
        Some(label) if !is_bot => format!("{} {label}", row.value),
        _ => row.value.clone(),
    }
}

/// What a bot is for.
pub(super) fn purpose(row: &TopRow) -> String {
    row.purpose.as_deref().unwrap_or_default().replace('_', " ")
}

/// How many of a bot's requests come from where its operator says.
pub(super) fn confirmed(row: &TopRow) -> String {
    match row.verified {
        None => "claimed".to_owned(),
        Some(n) if n == row.requests => "all".to_owned(),
        Some(n) => percent(n, row.requests),
    }
}

fn errors(n: u64, class: &str, room: usize, paint: Paint) -> String {
    if n == 0 {
        paint.faint(&format!("{:>room$}", "·"))
    } else {
        paint.class(class, &format!("{:>room$}", count(n)))
    }
}
