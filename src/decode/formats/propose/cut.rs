//! Cuts a line of unknown format into columns, and says what shape it has.

use std::ops::Range;

use crate::decode::formats::scan;

/// Columns looked at; a line with more is none that a person would describe by a template.
pub(super) const MAX_COLUMNS: usize = 48;
/// Bytes of a line that are looked at.
const MAX_BYTES: usize = 4096;

/// What stands between two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Delimiter {
    Blank,
    Tab,
    Byte(u8),
}

/// A line in columns. What is between them is in `gaps`, one fewer than there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut<'a> {
    pub(super) columns: Vec<&'a str>,
    pub(super) gaps: Vec<&'a str>,
}

/// The shape of a line: equal for lines with the same separators, quotes, brackets and keys, whatever
/// is between them. Linear, looks at no more than 4 KiB.
#[must_use]
pub fn shape(line: &str) -> u64 {
    let line = head(line);
    let mut hash = Fnv::new();
    let delimiter = Delimiter::of(line);
    hash.byte(match delimiter {
        Delimiter::Blank => b' ',
        Delimiter::Tab => b'\t',
        Delimiter::Byte(byte) => byte,
    });
    let mut columns = 0;
    each(line, delimiter, |column, _| {
        let text = &line[column];
        let (key, rest) = key(text);
        key.bytes().for_each(|byte| hash.byte(byte));
        let opens = rest.bytes().next().filter(|b| b"\"[({<'".contains(b));
        hash.byte(opens.unwrap_or(b'w'));
        columns += 1;
        columns < MAX_COLUMNS
    });
    hash.0
}

/// The line in columns; `None` where it has more than [`MAX_COLUMNS`].
pub(super) fn cut(line: &str) -> Option<Cut<'_>> {
    if line.len() > MAX_BYTES {
        return None;
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    each(line, Delimiter::of(line), |column, _| {
        ranges.push(column);
        ranges.len() <= MAX_COLUMNS
    });
    let end = ranges.last().map_or(0, |last| last.end);
    if ranges.len() > MAX_COLUMNS || end != line.len() {
        return None;
    }
    join_time(line, &mut ranges);
    let gaps = ranges.windows(2).map(|pair| &line[pair[0].end..pair[1].start]).collect();
    Some(Cut { columns: ranges.into_iter().map(|range| &line[range]).collect(), gaps })
}

/// Makes one column of the first date and clock that stand one behind the other, with the zone where
/// there is one.
fn join_time(line: &str, ranges: &mut Vec<Range<usize>>) {
    let is_time = |pair: &[Range<usize>]| {
        let text = &line[pair[0].start..pair[1].end];
        pair[0].len() == 10 && pair[1].start == pair[0].end + 1 && scan::iso_time(text).is_some()
    };
    let Some(at) = ranges.windows(2).position(is_time) else { return };
    let is_zone = |zone: &Range<usize>| {
        let zone = &line[zone.clone()];
        zone.len() == 5 && zone.starts_with(['+', '-']) && scan::digits(&zone[1..])
    };
    let parts = if ranges.get(at + 2).is_some_and(is_zone) { 3 } else { 2 };
    let whole = ranges[at].start..ranges[at + parts - 1].end;
    ranges.splice(at..at + parts, [whole]);
}

/// The `key=` or `"key":` that a column begins with, and what is behind it.
pub(super) fn key(column: &str) -> (&str, &str) {
    let bytes = column.as_bytes();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let quoted = bytes.first() == Some(&b'"');
    let from = usize::from(quoted);
    let len = bytes[from..].iter().take(40).take_while(|b| is_name(b)).count();
    let mut at = from + len;
    if len == 0 || !bytes[from].is_ascii_alphabetic() {
        return ("", column);
    }
    if quoted {
        if bytes.get(at) != Some(&b'"') {
            return ("", column);
        }
        at += 1;
    }
    match bytes.get(at) {
        Some(b'=') => column.split_at(at + 1),
        // `https://…` and `example.org:80` are values.
        Some(b':')
            if bytes.get(at + 1).is_some_and(|&b| b != b'/')
                && !bytes[from..at].contains(&b'.') =>
        {
            column.split_at(at + 1)
        }
        _ => ("", column),
    }
}

fn head(line: &str) -> &str {
    let mut end = line.len().min(MAX_BYTES);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

impl Delimiter {
    /// What stands most often between the line's parts; blanks unless something else plainly does.
    fn of(line: &str) -> Delimiter {
        let [mut blanks, mut tabs, mut pipes, mut semicolons, mut commas] = [0; 5];
        let mut quoted = false;
        let mut bytes = line.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\\' if quoted => drop(bytes.next()),
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b' ' => blanks += 1,
                b'\t' => tabs += 1,
                b'|' => pipes += 1,
                b';' => semicolons += 1,
                b',' => commas += 1,
                _ => {}
            }
        }
        if tabs >= 3 {
            Delimiter::Tab
        } else if pipes >= 3 {
            Delimiter::Byte(b'|')
        } else if semicolons >= 4 && semicolons > blanks {
            Delimiter::Byte(b';')
        } else if commas >= 4 && commas > blanks {
            Delimiter::Byte(b',')
        } else {
            Delimiter::Blank
        }
    }

    fn is(self, byte: u8) -> bool {
        match self {
            Delimiter::Blank => byte == b' ' || byte == b'\t',
            Delimiter::Tab => byte == b'\t',
            Delimiter::Byte(own) => byte == own,
        }
    }
}

/// Gives each column until `each` has had enough. The blanks around a delimiter are of the gap.
fn each(line: &str, delimiter: Delimiter, mut each: impl FnMut(Range<usize>, usize) -> bool) {
    let bytes = line.as_bytes();
    let mut at = 0;
    let mut number = 0;
    loop {
        while delimiter != Delimiter::Tab && bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        let end = column_end(bytes, at, delimiter);
        let mut shown = end;
        while delimiter != Delimiter::Blank && shown > at && bytes[shown - 1] == b' ' {
            shown -= 1;
        }
        if !each(at..shown, number) {
            return;
        }
        number += 1;
        at = end;
        if at >= bytes.len() {
            return;
        }
        at += 1;
        while delimiter == Delimiter::Blank && bytes.get(at).is_some_and(|&b| delimiter.is(b)) {
            at += 1;
        }
    }
}

/// Where the column that begins at `at` ends: at the next delimiter outside quotes and brackets,
/// which count where they open a column or stand behind a key.
fn column_end(bytes: &[u8], from: usize, delimiter: Delimiter) -> usize {
    let mut at = from;
    let mut opens = true;
    while at < bytes.len() {
        let byte = bytes[at];
        if delimiter.is(byte) {
            return at;
        }
        // One look at the rest of the line a bracket: what is not closed opens nothing.
        let close = match byte {
            b'"' if opens => close_of(bytes, at + 1, b'"'),
            b'[' if opens => close_of(bytes, at + 1, b']'),
            b'(' if opens => close_of(bytes, at + 1, b')'),
            b'<' if opens => close_of(bytes, at + 1, b'>'),
            _ => None,
        };
        at = close.map_or(at + 1, |close| close + 1);
        opens = close.is_none() && matches!(byte, b'=' | b':');
        // A quoted key's colon opens as well.
        if close.is_some() && bytes.get(at) == Some(&b':') {
            (at, opens) = (at + 1, true);
        }
    }
    at
}

/// The closing byte behind `from` that no backslash escapes.
fn close_of(bytes: &[u8], from: usize, close: u8) -> Option<usize> {
    let mut at = from;
    loop {
        let found = at + memchr::memchr2(close, b'\\', &bytes[at..])?;
        if bytes[found] == close {
            return Some(found);
        }
        at = (found + 2).min(bytes.len());
    }
}

struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_end_at_what_stands_between_them() {
        for (line, columns) in [
            (
                r#"192.0.2.7 - "GET / HTTP/1.1" 200"#,
                &["192.0.2.7", "-", "\"GET / HTTP/1.1\"", "200"][..],
            ),
            ("a\tb c\t\td", &["a", "b c", "", "d"]),
            ("a | b c |  | d", &["a", "b c", "", "d"]),
            (
                r#"[22/Nov/2026:10:00:00 +0000] rt="0.1 0.2" x"#,
                &["[22/Nov/2026:10:00:00 +0000]", r#"rt="0.1 0.2""#, "x"],
            ),
            (r#""a \" b" "c"#, &[r#""a \" b""#, "\"c"]),
            ("a;b;;c d;e", &["a", "b", "", "c d", "e"]),
            ("", &[""]),
            ("a 2026-11-22 10:00:00,123 +0100 b", &["a", "2026-11-22 10:00:00,123 +0100", "b"]),
            ("2026-11-22 10:00:00", &["2026-11-22 10:00:00"]),
        ] {
            assert_eq!(cut(line).map(|cut| cut.columns), Some(columns.to_vec()), "{line}");
        }
        assert_eq!(cut(&"a ".repeat(60)), None);
    }

    #[test]
    fn one_shape_is_one_whatever_the_values_are() {
        let of = |ip: &str, agent: &str| shape(&format!(r#"{ip} [x y] "{agent}" rt=0.1"#));
        assert_eq!(of("192.0.2.7", "curl"), of("2001:db8::1", "a, b; \\\" c|d|e|f"));
        assert_ne!(shape("a b"), shape("a \"b\""));
        assert_ne!(shape("a k=b"), shape("a l=b"));
        for hostile in ["\"", "\\", "\"\\", "[", "=\"", "k=", "é\"é", &"\"[".repeat(9000)] {
            let _ = (shape(hostile), cut(hostile), key(hostile));
        }
    }

    #[test]
    fn a_key_is_a_name_and_a_host_is_none() {
        for (column, expected) in [
            ("rt=0.1", ("rt=", "0.1")),
            ("status:200", ("status:", "200")),
            (r#""ua":"x""#, (r#""ua":"#, r#""x""#)),
            ("https://example.org/", ("", "https://example.org/")),
            ("example.org:80", ("", "example.org:80")),
            ("10:00:00", ("", "10:00:00")),
            ("=x", ("", "=x")),
        ] {
            assert_eq!(key(column), expected);
        }
    }
}
