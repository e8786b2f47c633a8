//! Patterns of times as `strftime` writes them, made once.

use super::moment::Moment;

/// One thing in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Byte(u8),
    /// Blanks, or none at the end of the line.
    Blanks,
    /// Any white space, or none: `%n` and `%t`.
    White,
    /// What stands between a date and a time, or nothing.
    Joint,
    Number(Part, u8),
    /// Digits that say nothing here: weeks, the number of the weekday.
    Other(u8),
    Month,
    Weekday,
    HalfDay,
    Offset,
    ZoneName,
    /// Since 1970, in units of so many microseconds.
    Epoch(u32),
    /// A fraction of a second; `true` with the point before it.
    Fraction(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    YearOfCentury,
    Century,
    /// Of the week date (ISO 8601), with its week and its day from Monday (1).
    WeekYear,
    Week,
    Weekday,
    /// From Sunday (0).
    WeekdayOfSunday,
    Month,
    Day,
    DayOfYear,
    Hour,
    HourOfHalf,
    Minute,
    Second,
    Millis,
    Micros,
}

/// How `%f` is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Micros {
    /// A fraction of the second, as Python and others have it.
    Fraction,
    /// Microseconds since 1970, as goaccess has it.
    Epoch,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Box<[Item]>);

impl Pattern {
    /// The pattern, or the offset of what is unknown in it and what to say of it.
    pub(super) fn new(text: &str, micros: Micros) -> Result<Pattern, (usize, String)> {
        let mut items = Vec::new();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte == b' ' {
                if items.last() != Some(&Item::Blanks) {
                    items.push(Item::Blanks);
                }
                at += 1;
                continue;
            }
            if byte != b'%' {
                items.push(Item::Byte(byte));
                at += 1;
                continue;
            }
            let mut end = at + 1;
            // glibc's flags and the modifiers of other calendars change nothing that is read.
            while matches!(bytes.get(end), Some(b'-' | b'_' | b'^' | b'#' | b'E' | b'O' | b':')) {
                end += 1;
            }
            let dotted = bytes.get(end) == Some(&b'.');
            end += usize::from(dotted);
            while bytes.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
            let Some(&letter) = bytes.get(end) else {
                return Err((at, "a % at the end of a time; write %% for a percent sign".into()));
            };
            if !expand(letter, dotted, micros, &mut items) {
                let letter = text[end..].chars().next().unwrap_or('%');
                return Err((at, format!("%{letter} is no part of a time that strftime knows")));
            }
            at = end + 1;
        }
        Ok(Pattern(items.into()))
    }

    /// Apache's own words for a part of a time.
    pub(super) fn word(word: &str) -> Option<Pattern> {
        let item = match word {
            "sec" => Item::Epoch(1_000_000),
            "msec" => Item::Epoch(1000),
            "usec" => Item::Epoch(1),
            "msec_frac" => Item::Number(Part::Millis, 3),
            "usec_frac" => Item::Number(Part::Micros, 6),
            _ => return None,
        };
        Some(Pattern(Box::new([item])))
    }

    /// Both, one behind the other, with or without a blank or a `T` between them.
    pub(super) fn then(&self, other: &Pattern) -> Pattern {
        Pattern(self.0.iter().chain(&[Item::Joint]).chain(&other.0).copied().collect())
    }

    /// Whether the hour is in it.
    pub(super) fn has_clock(&self) -> bool {
        let clock = |item: &Item| {
            matches!(item, Item::Epoch(_) | Item::Number(Part::Hour | Part::HourOfHalf, _))
        };
        self.0.iter().any(clock)
    }

    /// Reads what stands at `at`; gives where it ends.
    pub(super) fn read(&self, bytes: &[u8], at: usize, moment: &mut Moment) -> Option<usize> {
        self.0.iter().try_fold(at, |at, item| moment.item(*item, bytes, at))
    }
}

fn expand(letter: u8, dotted: bool, micros: Micros, items: &mut Vec<Item>) -> bool {
    use Item::{Blanks, Byte, Number, Other};
    let clock = [
        Number(Part::Hour, 2),
        Byte(b':'),
        Number(Part::Minute, 2),
        Byte(b':'),
        Number(Part::Second, 2),
    ];
    let civil = [
        Number(Part::Year, 4),
        Byte(b'-'),
        Number(Part::Month, 2),
        Byte(b'-'),
        Number(Part::Day, 2),
    ];
    let american = [
        Number(Part::Month, 2),
        Byte(b'/'),
        Number(Part::Day, 2),
        Byte(b'/'),
        Number(Part::YearOfCentury, 2),
    ];
    match letter {
        b'a' | b'A' => items.push(Item::Weekday),
        b'b' | b'B' | b'h' => items.push(Item::Month),
        b'c' => {
            items.extend([Item::Weekday, Blanks, Item::Month, Blanks, Number(Part::Day, 2)]);
            items.push(Blanks);
            items.extend(clock);
            items.extend([Blanks, Number(Part::Year, 4)]);
        }
        b'C' => items.push(Number(Part::Century, 2)),
        b'V' => items.push(Number(Part::Week, 2)),
        b'g' | b'U' | b'W' => items.push(Other(2)),
        b'd' | b'e' => items.push(Number(Part::Day, 2)),
        b'D' | b'x' => items.extend(american),
        b'f' if dotted || micros == Micros::Fraction => items.push(Item::Fraction(dotted)),
        b'f' => items.push(Item::Epoch(1)),
        b'F' => items.extend(civil),
        b'G' => items.push(Number(Part::WeekYear, 4)),
        b'H' | b'k' => items.push(Number(Part::Hour, 2)),
        b'I' | b'l' => items.push(Number(Part::HourOfHalf, 2)),
        b'j' => items.push(Number(Part::DayOfYear, 3)),
        b'L' => items.push(Number(Part::Millis, 3)),
        b'm' => items.push(Number(Part::Month, 2)),
        b'M' => items.push(Number(Part::Minute, 2)),
        b'n' | b't' => items.push(Item::White),
        b'N' => items.push(Item::Fraction(dotted)),
        b'p' | b'P' => items.push(Item::HalfDay),
        b'r' => {
            items.push(Number(Part::HourOfHalf, 2));
            items.extend(&clock[1..]);
            items.extend([Blanks, Item::HalfDay]);
        }
        b'R' => items.extend(&clock[..3]),
        b's' => items.push(Item::Epoch(1_000_000)),
        b'S' => items.push(Number(Part::Second, 2)),
        b'T' | b'X' => items.extend(clock),
        b'u' => items.push(Number(Part::Weekday, 1)),
        b'w' => items.push(Number(Part::WeekdayOfSunday, 1)),
        b'y' => items.push(Number(Part::YearOfCentury, 2)),
        b'Y' => items.push(Number(Part::Year, 4)),
        b'z' => items.push(Item::Offset),
        b'Z' => items.push(Item::ZoneName),
        b'*' => items.push(Item::Epoch(1000)),
        b'+' => {
            // RFC 3339, as Rust and Ruby have it.
            items.extend(civil);
            items.push(Byte(b'T'));
            items.extend(clock);
            items.extend([Item::Fraction(true), Item::Offset]);
        }
        b'%' => items.push(Byte(b'%')),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::formats::template::moment;
    use crate::vocab::time::{Millis, Stamp};

    fn read(pattern: &str, text: &str) -> Option<Stamp> {
        let pattern = Pattern::new(pattern, Micros::Fraction).expect(pattern);
        let mut moment = Moment::default();
        let end = pattern.read(text.as_bytes(), 0, &mut moment)?;
        assert_eq!(end, text.len(), "{text}");
        moment.stamp()
    }

    #[test]
    fn times_read_as_strftime_writes_them() {
        const AT: i64 = 1_795_341_600_000;
        let (utc, local) = (Stamp::Utc(Millis(AT)), Stamp::Local(Millis(AT)));
        let cases = [
            ("%d/%b/%Y:%H:%M:%S %z", "22/Nov/2026:10:00:00 +0000", utc),
            ("%d/%b/%Y:%H:%M:%S %z", "22/Nov/2026:06:30:00 -03:30", utc),
            ("%FT%T%z", "2026-11-22T10:00:00Z", utc),
            ("%F %R:%S", "2026-11-22 10:00:00", local),
            ("%D %r", "11/22/26 10:00:00 AM", local),
            ("%A, %e. %B %Y %k:%M:%S", "Sonntag, 22. November 2026 10:00:00", local),
            ("%c", "Sun Nov 22 10:00:00 2026", local),
            ("%Y %j %H", "2026 326 10", local),
            ("%C%y%m%d%H%M%S", "20261122100000", local),
            ("%G-W%V-%u %T", "2026-W47-7 10:00:00", local),
            ("%G-W%V-%a %T", "2026-W47-Sun 10:00:00", local),
            ("%s", "1795341600", utc),
            ("%s %Z", "1795341600 CET", utc),
            ("%FT%T %Z", "2026-11-22T05:00:00 EST", utc),
            ("%FT%T %Z", "2026-11-22T10:00:00 XYZ", local),
            ("%I:%M:%S %p %d.%m.%Y", "10:00:00 am 22.11.2026", local),
            ("%+", "2026-11-22T10:00:00.000+00:00", utc),
            ("%Y%n%m%t%d %H%%", "2026  1122 10%", local),
            ("%d %b %T", "22 Nov 10:00:00", Stamp::Yearless { month: 11, day: 22, ms: 36_000_000 }),
        ];
        for (pattern, text, stamp) in cases {
            assert_eq!(read(pattern, text), Some(stamp), "{pattern} {text}");
        }
        let afternoon = Stamp::Local(Millis(AT + 12 * 3_600_000 + 250));
        assert_eq!(read("%F %I:%M:%S.%f %p", "2026-11-22 10:00:00.2504 PM"), Some(afternoon));
        for (name, month) in [("Mär", 3), ("März", 3), ("Mai", 5), ("Okt", 10), ("Dezember", 12)]
        {
            assert_eq!(moment::month(name.as_bytes()), Some(month), "{name}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        let cases = [
            ("%F %T", "2026-02-30 10:00:00"),
            ("%F", "2026-11-22"),
            ("%T", "10:00:00"),
            ("%F %T", "2026-11-22 24:00:00"),
        ];
        for (pattern, text) in cases {
            assert_eq!(read(pattern, text), None, "{pattern} {text}");
        }
        let wrong =
            [("%d/%b", "22/Nom"), ("%Y", "x"), ("%H:%M", "10:60"), ("%z", "0100"), ("%p%d", "")];
        for (pattern, text) in wrong {
            let pattern = Pattern::new(pattern, Micros::Fraction).expect(pattern);
            assert_eq!(pattern.read(text.as_bytes(), 0, &mut Moment::default()), None, "{text}");
        }
    }
}
