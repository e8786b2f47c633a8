//! How numbers and strangers' texts are written on a terminal.

use unicode_width::UnicodeWidthChar;

/// `12,345`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Decimal units, as the dashboard has them: `812 B`, `4.81 kB`, `2.75 GB`.
pub(super) fn bytes(n: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    let mut unit = 0;
    // From 999.5 on three digits would round to 1000 of the smaller unit.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{} {}", three_digits(value), UNITS[unit])
}

/// `0.8 ms`, `46 ms`, `5.02 s`, `3 min 20 s`, `2 h 10 min`, `3 d 4 h`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds as u64;
    match seconds {
        s if s < 0.0095 => format!("{:.1} ms", s * 1000.0),
        s if s < 0.9995 => format!("{:.0} ms", s * 1000.0),
        s if s < 60.0 => format!("{} s", three_digits(s)),
        s if s < 3600.0 => two(whole / 60, "min", whole % 60, "s"),
        s if s < 86_400.0 => two(whole / 3600, "h", whole / 60 % 60, "min"),
        _ => two(whole / 86_400, "d", whole / 3600 % 24, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        return format!("{large} {large_unit}");
    }
    format!("{large} {large_unit} {small} {small_unit}")
}

fn three_digits(value: f64) -> String {
    match value {
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// `<0.1 %`, `2.3 %`, `46 %`; empty where there is no whole.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    match part as f64 / whole as f64 * 100.0 {
        0.0 => "0 %".to_owned(),
        p if p < 0.1 => "<0.1 %".to_owned(),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// A bar of `width` cells for the whole, to the eighth of a cell; what is not zero shows.
pub(super) fn bar(part: u64, whole: u64, width: usize) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    if part == 0 || whole == 0 {
        return String::new();
    }
    let eighths = (part.min(whole) as f64 / whole as f64 * width as f64 * 8.0).round() as usize;
    let eighths = eighths.max(1);
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(EIGHTHS[eighths % 8]);
    }
    text
}

/// Heights of `values` against their largest, one cell each; what is not zero shows.
pub(super) fn sparkline(values: &[u64]) -> String {
    const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let top = values.iter().copied().max().unwrap_or(0).max(1);
    let level = |n: u64| (n as f64 / top as f64 * 8.0).ceil() as usize;
    values.iter().map(|&n| LEVELS[level(n).min(8)]).collect()
}

/// As [`clean`], cut in the middle: paths that begin alike are told apart by their end.
pub(super) fn clean_middle(text: &str, room: usize) -> String {
    let whole = clean(text, usize::MAX);
    if width(&whole) <= room {
        return whole;
    }
    let tail_room = room / 2;
    let mut used = 0;
    let tail: Vec<char> = whole
        .chars()
        .rev()
        .take_while(|&c| {
            used += cells(c);
            used <= tail_room
        })
        .collect();
    let tail: String = tail.into_iter().rev().collect();
    // The cut head ends in the ellipsis.
    format!("{}{tail}", clean(&whole, room - width(&tail)))
}

/// A stranger's text made harmless on a terminal and at most `width` cells wide.
///
/// Control characters (escape sequences among them), and those that turn the direction of writing
/// or take no room, become `·`: what is shown must be what is there. Of marks on one letter the first few
/// stay: a pile of them scribbles over the lines around it.
pub(super) fn clean(text: &str, width: usize) -> String {
    /// Vietnamese, Hebrew and Thai put so many on one letter.
    const MARKS: usize = 3;
    if width == 0 {
        return String::new();
    }
    let mut shown = String::with_capacity(text.len().min(width.saturating_mul(4)));
    let mut used = 0;
    let mut cut_at = 0;
    let mut marks = 0;
    for c in text.chars() {
        let c = if is_tricky(c) { '·' } else { c };
        let cells = cells(c);
        marks = if cells == 0 { marks + 1 } else { 0 };
        if marks > MARKS {
            continue;
        }
        if used + cells > width {
            shown.truncate(cut_at);
            shown.push('…');
            return shown;
        }
        used += cells;
        shown.push(c);
        if used < width {
            cut_at = shown.len();
        }
    }
    shown
}

fn is_tricky(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Cells that text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(cells).sum()
}

fn cells(c: char) -> usize {
    c.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_on_the_dashboard() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        let sizes = [0, 999, 1_000, 4_810, 999_499, 999_500, 2_747_282_505, u64::MAX];
        let read =
            ["0 B", "999 B", "1.00 kB", "4.81 kB", "999 kB", "1.00 MB", "2.75 GB", "18.4 EB"];
        assert_eq!(sizes.map(bytes), read);
        let times = [0.0, 0.0008, 0.046, 0.9996, 5.016, 59.96, 200.0, 7_800.0, 273_600.0];
        let read = [
            "0.0 ms",
            "0.8 ms",
            "46 ms",
            "1.00 s",
            "5.02 s",
            "60.0 s",
            "3 min 20 s",
            "2 h 10 min",
            "3 d 4 h",
        ];
        assert_eq!(times.map(duration), read);
    }

    #[test]
    fn a_share_is_never_rounded_away() {
        let shares = [(0, 5), (1, 100_000), (1, 1_000), (23, 1_000), (999, 1_000), (1, 0)];
        let read = ["0 %", "<0.1 %", "0.1 %", "2.3 %", "100 %", ""];
        assert_eq!(shares.map(|(part, whole)| percent(part, whole)), read);
        assert_eq!(bar(1, 1_000_000, 10), "▏");
        assert_eq!(bar(5, 10, 3), "█▌");
        assert_eq!(bar(10, 10, 3), "███");
        assert_eq!(bar(0, 10, 3), "");
    }

    #[test]
    fn a_strangers_text_cannot_move_the_cursor() {
        assert_eq!(clean("/a\u{1b}[2J\rb\u{9b}c\u{202e}d", 40), "/a·[2J·b·c·d");
    }

    #[test]
    fn marks_take_no_room_and_are_no_pile() {
        assert_eq!([width("e\u{301}"), width("กำ"), width("שׁ")], [1, 2, 1]);
        let pile = format!("/a{}b", "\u{301}".repeat(4_000));
        assert_eq!(clean(&pile, 40), "/a\u{301}\u{301}\u{301}b");
    }

    #[test]
    fn a_path_is_cut_in_its_middle() {
        for (text, room, shown) in [
            ("/static/images/warranty.png", 16, "/static…anty.png"),
            ("/exact", 6, "/exact"),
            ("/コーヒー/コーヒー.jpg", 12, "/コー…ー.jpg"),
        ] {
            assert_eq!(clean_middle(text, room), shown);
            assert!(width(shown) <= room);
        }
    }

    #[test]
    fn a_sparkline_shows_the_smallest_value() {
        assert_eq!(sparkline(&[0, 1, 500, 1_000]), " ▁▄█");
        assert_eq!(sparkline(&[0, 0]), "  ");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn a_long_text_is_cut_to_its_column() {
        for (text, wide, shown) in [
            ("/exact", 6, "/exact"),
            ("/longer", 6, "/long…"),
            ("コーヒー", 8, "コーヒー"),
            ("コーヒー", 7, "コーヒ…"),
            ("コーヒー", 6, "コー…"),
            ("", 3, ""),
            ("/", 0, ""),
        ] {
            assert_eq!(clean(text, wide), shown);
            assert!(width(shown) <= wide, "{shown}");
        }
    }
}
