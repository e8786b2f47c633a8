//! Dates as senders write them, and the moment they mean. Reads no clock: arrival is an argument.

use crate::vocab::time::{Millis, Stamp};

const DAY_MS: i64 = 86_400_000;

/// How far a stamp without a year may be ahead of its arrival: a clock that is ahead, and a zone that
/// is not known yet.
const AHEAD_MS: i64 = DAY_MS;

/// The moment a stamp means, or `None` where no year makes it a real date.
///
/// `zone_offset_s` is the sender's zone in seconds east of Greenwich, for stamps without one. A
/// stamp without a year takes the latest that puts it no more than a day behind `arrival`: a line of
/// 31 December that comes on 1 January is of last year, one of 1 January from a clock ahead is of
/// next year, and nothing was written months from now. 29 February takes a year that has that day,
/// this one or those beside it.
#[must_use]
pub fn resolve(stamp: Stamp, arrival: Millis, zone_offset_s: i32) -> Option<Millis> {
    moment(stamp, arrival, zone_offset_s, AHEAD_MS)
}

/// As [`resolve`], where `near` is not when the line came but the time of a neighbour, which may be
/// long before it: a stamp without a year takes the one that puts it nearest.
#[must_use]
pub fn resolve_near(stamp: Stamp, near: Millis, zone_offset_s: i32) -> Option<Millis> {
    moment(stamp, near, zone_offset_s, i64::MAX)
}

fn moment(stamp: Stamp, arrival: Millis, zone_offset_s: i32, ahead_ms: i64) -> Option<Millis> {
    let offset_ms = i64::from(zone_offset_s) * 1000;
    match stamp {
        Stamp::Utc(at) => Some(at),
        Stamp::Local(wall) => wall.0.checked_sub(offset_ms).map(Millis),
        Stamp::Yearless { month, day, ms } => {
            // No clock shows these years; the clamp keeps the sums below from overflowing.
            let arrival = arrival.0.clamp(i64::MIN / 4, i64::MAX / 4);
            let local = arrival + offset_ms;
            let (year, ..) = civil_from_days(local.div_euclid(DAY_MS));
            (year - 1..=year + 1)
                .filter(|&y| is_date(y, month, day))
                .map(|y| days_from_civil(y, month, day) * DAY_MS + i64::from(ms) - offset_ms)
                .filter(|at| at.saturating_sub(arrival) <= ahead_ms)
                .min_by_key(|at| at.abs_diff(arrival))
                .map(Millis)
        }
    }
}

/// A wall clock read as if it were UTC, or `None` where it is no real time: 30 February, 25:00.
///
/// The leap second `:60` is the last millisecond of its minute, so that it stays in its own day.
/// Years are 0 to 9999, as RFC 3339 writes them.
#[must_use]
pub fn millis_from_civil(
    (year, month, day): (i64, u8, u8),
    (hour, minute, second): (u8, u8, u8),
    ms: u16,
) -> Option<Millis> {
    if !(0..=9999).contains(&year) || !is_date(year, month, day) {
        return None;
    }
    let of_day = millis_of_day(hour, minute, second, ms)?;
    Some(Millis(days_from_civil(year, month, day) * DAY_MS + i64::from(of_day)))
}

/// Milliseconds since midnight; `:60` as in [`millis_from_civil`].
#[must_use]
pub fn millis_of_day(hour: u8, minute: u8, second: u8, ms: u16) -> Option<u32> {
    if hour > 23 || minute > 59 || second > 60 || ms > 999 {
        return None;
    }
    let (second, ms) = if second == 60 { (59, 999) } else { (second, ms) };
    let minutes = u32::from(hour) * 60 + u32::from(minute);
    Some((minutes * 60 + u32::from(second)) * 1000 + u32::from(ms))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. The date must be real ([`is_date`]),
/// and the year within a few hundred million.
#[must_use]
pub fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    // Years start in March, so that the leap day is the last one; 400 years are 146,097 days.
    let month = i64::from(month);
    let year = if month <= 2 { year - 1 } else { year };
    let of_march = if month <= 2 { month + 9 } else { month - 3 };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let day_of_year = (153 * of_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// The date (year, month, day) of a day counted from 1970-01-01.
#[must_use]
pub fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let of_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * of_march + 2) / 5 + 1;
    let month = if of_march < 10 { of_march + 3 } else { of_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

/// Whether the Gregorian calendar has this date.
#[must_use]
pub fn is_date(year: i64, month: u8, day: u8) -> bool {
    day >= 1 && day <= days_of_month(year, month)
}

/// Whether any year has this date: true for 29 February.
#[must_use]
pub fn is_day_of_year(month: u8, day: u8) -> bool {
    is_date(2000, month, day)
}

fn days_of_month(year: i64, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.rem_euclid(4) == 0
            && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) =>
        {
            29
        }
        2 => 28,
        _ => 0,
    }
}

/// Hours east of Greenwich of a zone by its name; `None` for one that is not known to be just one zone.
#[must_use]
pub fn zone_hours(name: &[u8]) -> Option<i32> {
    // RFC 5322, section 4.3, and what the C library writes for Europe.
    Some(match name {
        b"UTC" | b"GMT" | b"UT" | b"Z" | b"WET" => 0,
        b"EST" | b"CDT" => -5,
        b"EDT" => -4,
        b"CST" | b"MDT" => -6,
        b"MST" | b"PDT" => -7,
        b"PST" => -8,
        b"CET" | b"MEZ" | b"WEST" => 1,
        b"CEST" | b"MESZ" | b"EET" => 2,
        b"EEST" => 3,
        _ => return None,
    })
}

/// 1–12 for `Jan` … `Dec`, in any case (some routers write `AUG`); exactly three letters.
#[must_use]
pub fn month_from_name(name: &[u8]) -> Option<u8> {
    let &[a, b, c] = name else { return None };
    let month = match [a | 0x20, b | 0x20, c | 0x20] {
        [b'j', b'a', b'n'] => 1,
        [b'f', b'e', b'b'] => 2,
        [b'm', b'a', b'r'] => 3,
        [b'a', b'p', b'r'] => 4,
        [b'm', b'a', b'y'] => 5,
        [b'j', b'u', b'n'] => 6,
        [b'j', b'u', b'l'] => 7,
        [b'a', b'u', b'g'] => 8,
        [b's', b'e', b'p'] => 9,
        [b'o', b'c', b't'] => 10,
        [b'n', b'o', b'v'] => 11,
        [b'd', b'e', b'c'] => 12,
        _ => return None,
    };
    Some(month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: (i64, u8, u8), time: (u8, u8, u8)) -> Millis {
        millis_from_civil(date, time, 0).expect("a real date")
    }

    #[test]
    fn days_count_as_the_calendar_does() {
        let cases = [
            ((1970, 1, 1), 0),
            ((1969, 12, 31), -1),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2026, 11, 22), 20_779),
            ((0, 1, 1), -719_528),
            ((9999, 12, 31), 2_932_896),
        ];
        for ((year, month, day), days) in cases {
            assert_eq!(days_from_civil(year, month, day), days, "{year}-{month}-{day}");
            assert_eq!(civil_from_days(days), (year, month, day), "{days}");
        }
        for days in (-800_000..3_000_000).step_by(13) {
            let (year, month, day) = civil_from_days(days);
            assert!(is_date(year, month, day), "{days}");
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[test]
    fn a_time_that_cannot_be_is_none() {
        let cases = [
            ((2026, 2, 29), (10, 0, 0)),
            ((2026, 11, 31), (10, 0, 0)),
            ((2026, 0, 1), (10, 0, 0)),
            ((2026, 13, 1), (10, 0, 0)),
            ((2026, 1, 0), (10, 0, 0)),
            ((2026, 1, 1), (24, 0, 0)),
            ((2026, 1, 1), (10, 60, 0)),
            ((2026, 1, 1), (10, 0, 61)),
            ((10_000, 1, 1), (10, 0, 0)),
        ];
        for (date, time) in cases {
            assert_eq!(millis_from_civil(date, time, 0), None, "{date:?} {time:?}");
        }
    }

    #[test]
    fn a_leap_second_stays_in_its_own_minute() {
        let last = millis_from_civil((2016, 12, 31), (23, 59, 60), 250);
        assert_eq!(last, Some(Millis(1_483_228_799_999)));
    }

    #[test]
    fn a_line_without_a_year_is_of_the_last_one_that_it_can_be_of() {
        let cases = [
            // (arrival, month and day of the line, its year, and the nearest one)
            ((2027, 1, 1), (12, 31), 2026, 2026),
            ((2026, 12, 31), (1, 1), 2027, 2027),
            ((2026, 12, 30), (1, 1), 2026, 2027),
            ((2026, 11, 22), (11, 22), 2026, 2026),
            ((2026, 11, 22), (11, 23), 2026, 2026),
            ((2026, 11, 22), (11, 24), 2025, 2026),
            ((2026, 11, 29), (12, 31), 2025, 2026),
            ((2026, 11, 29), (1, 5), 2026, 2027),
            ((2026, 3, 1), (9, 20), 2025, 2025),
            ((2026, 3, 1), (8, 1), 2025, 2026),
        ];
        for ((y, m, d), (month, day), year, nearest) in cases {
            let stamp = Stamp::Yearless { month, day, ms: 0 };
            let arrival = at((y, m, d), (0, 30, 0));
            let of = |year| Some(at((year, month, day), (0, 0, 0)));
            assert_eq!(resolve(stamp, arrival, 0), of(year), "{y}-{m}-{d}");
            assert_eq!(resolve_near(stamp, arrival, 0), of(nearest), "{y}-{m}-{d}");
        }
    }

    #[test]
    fn a_leap_day_without_a_year_takes_a_leap_year_or_none() {
        let stamp = Stamp::Yearless { month: 2, day: 29, ms: 0 };
        assert_eq!(resolve(stamp, at((2026, 3, 1), (0, 0, 0)), 0), None);
        assert_eq!(resolve(stamp, at((2027, 12, 31), (0, 0, 0)), 0), None);
        let leap = Some(at((2028, 2, 29), (0, 0, 0)));
        assert_eq!(resolve_near(stamp, at((2027, 12, 31), (0, 0, 0)), 0), leap);
        assert_eq!(resolve(stamp, at((2028, 3, 1), (0, 0, 0)), 0), leap);
        assert_eq!(resolve(stamp, at((2029, 1, 1), (0, 0, 0)), 0), leap);
    }

    #[test]
    fn a_zone_shifts_only_what_lacks_one() {
        let wall = at((2026, 11, 22), (10, 0, 0));
        let tokyo = 9 * 3600;
        assert_eq!(resolve(Stamp::Utc(wall), wall, tokyo), Some(wall));
        assert_eq!(resolve(Stamp::Local(wall), wall, tokyo), Some(at((2026, 11, 22), (1, 0, 0))));
        // New year has come in Tokyo while Greenwich still writes the old one.
        let stamp = Stamp::Yearless { month: 1, day: 1, ms: 0 };
        let arrival = at((2026, 12, 31), (15, 0, 0));
        assert_eq!(resolve(stamp, arrival, tokyo), Some(arrival));
        let far = resolve(Stamp::Local(Millis(i64::MIN)), wall, tokyo);
        assert_eq!(far, None);
        let _ = resolve(stamp, Millis(i64::MAX), tokyo);
        let _ = resolve(stamp, Millis(i64::MIN), -tokyo);
    }

    #[test]
    fn months_read_in_any_case() {
        assert_eq!(month_from_name(b"Nov"), Some(11));
        assert_eq!(month_from_name(b"AUG"), Some(8));
        assert_eq!(month_from_name(b"Foo"), None);
        assert_eq!(month_from_name(b"July"), None);
    }
}
