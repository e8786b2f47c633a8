//! Times as `strftime` writes them, read back: a pattern made once, and the moment that one or
//! several of them give together.

use crate::decode::stamp::{days_from_civil, millis_from_civil, millis_of_day, month_from_name};
use crate::vocab::time::{Millis, Stamp};

const DAY_MS: i64 = 86_400_000;

/// One thing in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
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
enum Part {
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

/// What is known of a moment. Fields that stand apart in the line fill one together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    year: Option<u16>,
    month: Option<u8>,
    day: Option<u8>,
    day_of_year: Option<u16>,
    century: Option<u8>,
    week_year: Option<u16>,
    week: Option<u8>,
    weekday: Option<u8>,
    hour: Option<u8>,
    half: Option<bool>,
    minute: Option<u8>,
    second: Option<u8>,
    ms: Option<u16>,
    zone_s: Option<i32>,
    epoch_ms: Option<i64>,
}

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

impl Moment {
    fn item(&mut self, item: Item, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = bytes.get(at..)?;
        let taken = match item {
            Item::Byte(byte) => (rest.first() == Some(&byte)).then_some(1)?,
            Item::Blanks => {
                let blanks = rest.iter().take_while(|&&b| b == b' ').count();
                if blanks == 0 && !rest.is_empty() {
                    return None;
                }
                blanks
            }
            Item::White => rest.iter().take_while(|b| b.is_ascii_whitespace()).count(),
            Item::Joint => usize::from(matches!(rest.first(), Some(b' ' | b'T' | b'_' | b':'))),
            Item::Number(part, width) => return self.number(part, width, rest).map(|n| at + n),
            Item::Other(width) => digits(rest, usize::from(width))?.1,
            Item::Month => {
                let length = letters(rest);
                self.month = Some(month(rest.get(..length)?)?);
                length
            }
            Item::Weekday => {
                let length = Some(letters(rest)).filter(|&length| length > 0)?;
                self.weekday = weekday(&rest[..length]).or(self.weekday);
                length
            }
            Item::HalfDay => self.half_day(rest),
            Item::Offset => self.offset(rest)?,
            Item::ZoneName => self.zone(rest)?,
            Item::Epoch(unit_us) => {
                let (value, taken) = digits(rest, 19)?;
                let value = i64::try_from(value).ok()?;
                self.epoch_ms = Some(match unit_us {
                    1_000_000 => value.checked_mul(1000)?,
                    1000 => value,
                    _ => {
                        self.ms.get_or_insert(0);
                        value / 1000
                    }
                });
                taken
            }
            Item::Fraction(dotted) => self.fraction(rest, dotted)?,
        };
        Some(at + taken)
    }

    fn number(&mut self, part: Part, width: u8, rest: &[u8]) -> Option<usize> {
        // Days and hours may be padded with a blank.
        let padded = matches!(part, Part::Day | Part::Hour | Part::HourOfHalf);
        let pad = usize::from(padded && rest.first() == Some(&b' '));
        let (value, taken) = digits(&rest[pad..], usize::from(width) - pad)?;
        let small = |max: u64| u8::try_from(value).ok().filter(|_| value <= max);
        match part {
            Part::Year => self.year = Some(value as u16),
            // POSIX: 69 to 99 are of the last century.
            Part::YearOfCentury => {
                self.year = Some(value as u16 + if value < 69 { 2000 } else { 1900 });
            }
            Part::Century => self.century = Some(value as u8),
            Part::WeekYear => self.week_year = Some(value as u16),
            Part::Week => self.week = Some(small(53)?),
            Part::Weekday => self.weekday = Some(small(7)?),
            Part::WeekdayOfSunday => self.weekday = Some(if value == 0 { 7 } else { small(6)? }),
            Part::Month => self.month = Some(small(12)?),
            Part::Day => self.day = Some(small(31)?),
            Part::DayOfYear => self.day_of_year = Some(value as u16),
            Part::Hour => self.hour = Some(small(24)?),
            Part::HourOfHalf => {
                let hour = small(12)? % 12;
                self.hour = Some(hour);
                self.half.get_or_insert(false);
            }
            Part::Minute => self.minute = Some(small(59)?),
            Part::Second => self.second = Some(small(60)?),
            Part::Millis => self.ms = Some(value as u16),
            Part::Micros => self.ms = Some((value / 1000) as u16),
        }
        if matches!(part, Part::Millis | Part::Micros) && taken < usize::from(width) {
            return None;
        }
        Some(pad + taken)
    }

    /// `AM`, `pm`, or nothing where the locale has no word for it.
    fn half_day(&mut self, rest: &[u8]) -> usize {
        match rest {
            [b'A' | b'a', b'M' | b'm', ..] => self.half = Some(false),
            [b'P' | b'p', b'M' | b'm', ..] => self.half = Some(true),
            _ => return 0,
        }
        2
    }

    /// `+0330`, `-03:30`, `+02` or `Z`.
    fn offset(&mut self, rest: &[u8]) -> Option<usize> {
        let sign = match rest.first()? {
            b'Z' | b'z' => {
                self.zone_s = Some(0);
                return Some(1);
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, 2) = digits(&rest[1..], 2)? else { return None };
        let colon = usize::from(rest.get(3) == Some(&b':'));
        let (minutes, taken) = match digits(&rest[3 + colon..], 2) {
            Some((minutes, 2)) if minutes < 60 => (minutes, 5 + colon),
            _ => (0, 3),
        };
        self.zone_s = Some(sign * (hours * 3600 + minutes * 60) as i32);
        Some(taken)
    }

    /// A zone's name; one that is not known to be just one zone leaves the time without.
    fn zone(&mut self, rest: &[u8]) -> Option<usize> {
        if matches!(rest.first(), Some(b'+' | b'-')) {
            return self.offset(rest);
        }
        let length = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        // RFC 5322, section 4.3, and what the C library writes for the middle of Europe.
        let hours = match rest.get(..length)? {
            b"" => return None,
            b"UTC" | b"GMT" | b"UT" | b"Z" | b"WET" => 0,
            b"EST" | b"CDT" => -5,
            b"EDT" => -4,
            b"CST" | b"MDT" => -6,
            b"MST" | b"PDT" => -7,
            b"PST" => -8,
            b"CET" | b"MEZ" | b"WEST" => 1,
            b"CEST" | b"MESZ" | b"EET" => 2,
            b"EEST" => 3,
            _ => return Some(length),
        };
        self.zone_s = Some(hours * 3600);
        Some(length)
    }

    fn fraction(&mut self, rest: &[u8], dotted: bool) -> Option<usize> {
        let point = usize::from(dotted && matches!(rest.first(), Some(b'.' | b',')));
        if dotted && point == 0 {
            return Some(0);
        }
        let digits = rest[point..].iter().take(12).take_while(|b| b.is_ascii_digit());
        let mut taken = 0;
        let mut ms = 0;
        for digit in digits {
            if taken < 3 {
                ms = ms * 10 + u16::from(digit - b'0');
            }
            taken += 1;
        }
        for _ in taken..3 {
            ms *= 10;
        }
        self.ms = Some(ms);
        (taken > 0).then_some(point + taken)
    }

    /// Milliseconds alone, for a time that stands elsewhere.
    pub(super) fn only_ms(&self) -> Option<u16> {
        let alone = Moment { ms: None, ..*self } == Moment::default();
        self.ms.filter(|_| alone)
    }

    /// The time, if enough of it is known: a clock, and a date at least without its year.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let ms = self.ms.unwrap_or(0);
        if let Some(epoch) = self.epoch_ms {
            let whole = epoch % 1000 == 0;
            let epoch = if whole { epoch.checked_add(i64::from(ms))? } else { epoch };
            return Some(Stamp::Utc(Millis(epoch)));
        }
        let afternoon = if self.half == Some(true) { 12 } else { 0 };
        let clock = (self.hour? + afternoon, self.minute.unwrap_or(0), self.second.unwrap_or(0));
        if let Some(wall) = self.week_date() {
            let of_day = millis_of_day(clock.0, clock.1, clock.2, ms)?;
            return Some(self.zoned(Millis(wall * DAY_MS + i64::from(of_day))));
        }
        let Some(year) = self.year() else {
            let ms = millis_of_day(clock.0, clock.1, clock.2, ms)?;
            return Some(Stamp::Yearless { month: self.month?, day: self.day?, ms });
        };
        let wall = match (self.month, self.day, self.day_of_year) {
            (Some(month), Some(day), _) => millis_from_civil((year, month, day), clock, ms)?,
            (_, _, Some(day @ 1..=366)) => {
                let first = millis_from_civil((year, 1, 1), clock, ms)?;
                Millis(first.0 + (i64::from(day) - 1) * DAY_MS)
            }
            _ => return None,
        };
        Some(self.zoned(wall))
    }

    fn year(&self) -> Option<i64> {
        let year = i64::from(self.year?);
        // `%C%y`: the century counts over the one that `%y` is taken to mean.
        Some(self.century.map_or(year, |century| i64::from(century) * 100 + year % 100))
    }

    /// The day since 1970 of a week date: the first week is the one with 4 January.
    fn week_date(&self) -> Option<i64> {
        if self.month.is_some() || self.day_of_year.is_some() {
            return None;
        }
        let (year, week, weekday) = (self.week_year?, self.week?, self.weekday?);
        let fourth = days_from_civil(i64::from(year), 1, 4);
        // 1970 began on a Thursday.
        let monday = fourth - (fourth + 3).rem_euclid(7);
        Some(monday + (i64::from(week) - 1) * 7 + i64::from(weekday) - 1)
    }

    fn zoned(&self, wall: Millis) -> Stamp {
        match self.zone_s {
            Some(zone_s) => Stamp::Utc(Millis(wall.0 - i64::from(zone_s) * 1000)),
            None => Stamp::Local(wall),
        }
    }
}

/// Up to `width` digits: their value and how many there are; at least one.
fn digits(rest: &[u8], width: usize) -> Option<(u64, usize)> {
    let mut value: u64 = 0;
    let mut taken = 0;
    while let Some(digit) = rest.get(taken).map(|b| b.wrapping_sub(b'0')).filter(|&d| d <= 9) {
        if taken == width {
            break;
        }
        value = value * 10 + u64::from(digit);
        taken += 1;
    }
    (taken > 0).then_some((value, taken))
}

/// Letters of any alphabet.
fn letters(rest: &[u8]) -> usize {
    rest.iter().take(24).take_while(|b| b.is_ascii_alphabetic() || **b >= 0x80).count()
}

/// 1 to 7 for `Mon` to `Sun`, whole or abbreviated.
fn weekday(name: &[u8]) -> Option<u8> {
    const NAMES: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    let name = name.get(..3)?.to_ascii_lowercase();
    NAMES.iter().position(|known| *known == name).map(|place| place as u8 + 1)
}

/// A month's name, whole or its first three letters; in German too, whose server's locale Apache
/// takes.
fn month(name: &[u8]) -> Option<u8> {
    const WHOLE: [&str; 24] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "januar",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
    ];
    if let Some(month) = month_from_name(name) {
        return Some(month);
    }
    let name = std::str::from_utf8(name).ok()?.to_lowercase();
    if name.chars().count() < 3 {
        return None;
    }
    let place = WHOLE.iter().position(|whole| {
        let abbreviated = name.chars().count() == 3 && whole.starts_with(&name);
        *whole == name || abbreviated
    })?;
    Some((place % 12) as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(super::month(name.as_bytes()), Some(month), "{name}");
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
