//! A moment, put together from what one or several patterns read of it.

use super::time::{Item, Part};
use crate::decode::stamp::{
    days_from_civil, millis_from_civil, millis_of_day, month_from_name, zone_hours,
};
use crate::vocab::time::{Millis, Stamp};

const DAY_MS: i64 = 86_400_000;

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

impl Moment {
    /// Reads one thing of a pattern at `at`; gives where it ends.
    pub(super) fn item(&mut self, item: Item, bytes: &[u8], at: usize) -> Option<usize> {
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
        if length == 0 {
            return None;
        }
        if let Some(hours) = zone_hours(&rest[..length]) {
            self.zone_s = Some(hours * 3600);
        }
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
pub(super) fn month(name: &[u8]) -> Option<u8> {
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
