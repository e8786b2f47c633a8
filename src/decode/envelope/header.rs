//! The pieces a header is made of: PRI, times, words, tags.

use crate::decode::stamp::{
    is_day_of_year, millis_from_civil, millis_of_day, month_from_name, zone_hours,
};
use crate::vocab::time::{Millis, Stamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pri {
    None,
    /// 0–191.
    Valid(u8),
    /// `<…>` with something else in it: `<>`, `<999>`, `<013>`, rsyslog's literal `<invld>`.
    Invalid,
}

/// No sender writes more than this between the brackets, right or wrong.
const MAX_PRI_LENGTH: usize = 12;

/// The PRI and what follows it; the whole line where there is none.
pub(super) fn pri(line: &str) -> (Pri, &str) {
    let bytes = line.as_bytes();
    let (value, length) = match *bytes {
        [b'<', a @ b'0'..=b'9', b'>', ..] => (u16::from(a - b'0'), 3),
        [b'<', a @ b'1'..=b'9', b @ b'0'..=b'9', b'>', ..] => {
            (u16::from(a - b'0') * 10 + u16::from(b - b'0'), 4)
        }
        [b'<', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b'>', ..] => {
            let tens = u16::from(a - b'0') * 10 + u16::from(b - b'0');
            (tens * 10 + u16::from(c - b'0'), 5)
        }
        [b'<', ..] => {
            let close = bytes.iter().take(MAX_PRI_LENGTH).position(|&b| b == b'>');
            return match close {
                Some(at) => (Pri::Invalid, &line[at + 1..]),
                None => (Pri::None, line),
            };
        }
        _ => return (Pri::None, line),
    };
    match u8::try_from(value) {
        Ok(value) if value <= 191 => (Pri::Valid(value), &line[length..]),
        _ => (Pri::Invalid, &line[length..]),
    }
}

/// A time at the start of `text`: what it says (`None` for one that cannot be) and its length.
pub(super) type Time = (Option<Stamp>, usize);

/// `Nov 22 10:00:00`, with one or two digits or blanks for the day, with a fraction, with a year
/// before or after the time of day.
pub(super) fn time_3164(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    let month = month_from_name(bytes.get(..3)?)?;
    if bytes.get(3) != Some(&b' ') {
        return None;
    }
    let mut at = 4;
    while at < 6 && bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    let (day, digits) = number(&bytes[at..], 2)?;
    at += digits;
    if bytes.get(at) != Some(&b' ') {
        return None;
    }
    at += 1;
    let mut year = None;
    if let Some((y, 4)) = number(&bytes[at..], 4)
        && bytes.get(at + 4) == Some(&b' ')
    {
        year = Some(y);
        at += 5;
    }
    let (ms_of_day, length) = time_of_day(&bytes[at..])?;
    at += length;
    if year.is_none()
        && bytes.get(at) == Some(&b' ')
        && let Some((y @ 1970..=2199, 4)) = number(&bytes[at + 1..], 4)
        && matches!(bytes.get(at + 5), Some(b' ' | b':'))
    {
        year = Some(y);
        at += 5;
    }
    let day = u8::try_from(day).unwrap_or(0);
    let stamp = match year {
        None => ms_of_day.filter(|_| is_day_of_year(month, day)).map(|ms| Stamp::Yearless {
            month,
            day,
            ms,
        }),
        Some(year) => ms_of_day.and_then(|ms| {
            let midnight = millis_from_civil((i64::from(year), month, day), (0, 0, 0), 0)?;
            Some(Stamp::Local(Millis(midnight.0 + i64::from(ms))))
        }),
    };
    Some((stamp, at))
}

/// `2026 Nov 22 10:00:00`, as firewalls write it.
pub(super) fn time_year_first(text: &str) -> Option<Time> {
    let (year @ 1970..=2199, 4) = number(text.as_bytes(), 4)? else { return None };
    let (stamp, length) = time_3164(text[4..].strip_prefix(' ')?)?;
    let stamp = match stamp {
        Some(Stamp::Yearless { month, day, ms }) => {
            millis_from_civil((i64::from(year), month, day), (0, 0, 0), 0)
                .map(|midnight| Stamp::Local(Millis(midnight.0 + i64::from(ms))))
        }
        other => other,
    };
    Some((stamp, 5 + length))
}

/// `2026-11-22T10:00:00[.fraction][Z|±hh:mm|±hhmm]`; without a zone it is the sender's wall clock.
pub(super) fn time_iso(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    if !matches!(bytes.get(10), Some(b'T' | b't')) {
        return None;
    }
    let (wall, at) = date_and_clock(bytes)?;
    let (stamp, length) = with_zone(wall, &bytes[at..])?;
    Some((stamp, at + length))
}

/// `Mon 2026-11-22 10:00:00 CET` and `1795341600.123456`, as journalctl writes a time with
/// `-o short-full` and `-o short-unix`.
pub(super) fn time_journal(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    if bytes.first()?.is_ascii_digit() {
        let (seconds, micros) = (text.get(..10)?, text.get(10..17)?.strip_prefix('.')?);
        let whole = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
        if !whole(seconds) || !whole(micros) || bytes.get(17) != Some(&b' ') {
            return None;
        }
        let ms = seconds.parse::<i64>().ok()? * 1000 + micros[..3].parse::<i64>().ok()?;
        return Some((Some(Stamp::Utc(Millis(ms))), 17));
    }
    const DAYS: [&[u8]; 7] = [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
    let dated = bytes.strip_prefix(*DAYS.iter().find(|day| bytes.starts_with(day))?)?;
    if dated.get(10) != Some(&b' ') {
        return None;
    }
    let (wall, end) = date_and_clock(dated)?;
    let zone = dated[end..].strip_prefix(b" ")?;
    let (stamp, length) = match zone.iter().take_while(|b| b.is_ascii_uppercase()).count() {
        0 => with_zone(wall, zone)?,
        length => (wall.map(|wall| in_zone(wall, &zone[..length])), length),
    };
    (length > 0).then_some((stamp, 4 + end + 1 + length))
}

/// A wall clock in a zone that is given by its name; one that several zones share, or nobody knows, is
/// the sender's own.
fn in_zone(wall: i64, name: &[u8]) -> Stamp {
    let shared = matches!(name, b"CST" | b"CDT" | b"PST");
    match zone_hours(name).filter(|_| !shared) {
        Some(hours) => Stamp::Utc(Millis(wall - i64::from(hours) * 3_600_000)),
        None => Stamp::Local(Millis(wall)),
    }
}

/// `2026-11-22?10:00:00[.fraction]` as if it were UTC, and its length.
fn date_and_clock(bytes: &[u8]) -> Option<(Option<i64>, usize)> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, _, ..] = *bytes else {
        return None;
    };
    let [y1, y2, y3, y4, m1, m2, d1, d2] =
        [y1, y2, y3, y4, m1, m2, d1, d2].map(|b| b.wrapping_sub(b'0'));
    if [y1, y2, y3, y4, m1, m2, d1, d2].iter().any(|&d| d > 9) {
        return None;
    }
    let year = i64::from(y1) * 1000 + i64::from(y2) * 100 + i64::from(y3 * 10 + y4);
    let (ms_of_day, length) = time_of_day(&bytes[11..])?;
    let wall = ms_of_day.and_then(|ms| {
        let midnight = millis_from_civil((year, m1 * 10 + m2, d1 * 10 + d2), (0, 0, 0), 0)?;
        Some(midnight.0 + i64::from(ms))
    });
    Some((wall, 11 + length))
}

/// A wall clock with the offset that `zone` begins with, if it does, and how long that is.
fn with_zone(wall: Option<i64>, zone: &[u8]) -> Option<Time> {
    Some(match *zone {
        [b'Z' | b'z', ..] => (wall.map(|wall| Stamp::Utc(Millis(wall))), 1),
        [sign @ (b'+' | b'-'), b'0'..=b'9', ..] => {
            let (hours, digits) = number(&zone[1..], 4)?;
            let (hours, minutes, length) = match (digits, zone.get(3)) {
                (2, Some(b':')) => {
                    let (minutes, digits) = number(&zone[4..], 2)?;
                    (hours, if digits == 2 { minutes } else { u16::MAX }, 4 + digits)
                }
                (4, _) => (hours / 100, hours % 100, 5),
                (2, _) => (hours, 0, 3),
                _ => return None,
            };
            let offset_ms = (i64::from(hours) * 60 + i64::from(minutes)) * 60_000;
            let offset_ms = if sign == b'-' { -offset_ms } else { offset_ms };
            let real = hours < 24 && minutes < 60;
            (wall.filter(|_| real).map(|wall| Stamp::Utc(Millis(wall - offset_ms))), length)
        }
        _ => (wall.map(|wall| Stamp::Local(Millis(wall))), 0),
    })
}

/// `hh:mm:ss[.fraction]` as milliseconds of the day, and its length.
fn time_of_day(bytes: &[u8]) -> Option<(Option<u32>, usize)> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, ..] = *bytes else { return None };
    let digits = [h1, h2, m1, m2, s1, s2].map(|b| b.wrapping_sub(b'0'));
    if digits.iter().any(|&d| d > 9) {
        return None;
    }
    let [h1, h2, m1, m2, s1, s2] = digits;
    let mut length = 8;
    let mut ms = 0;
    if let [b'.', b'0'..=b'9', ..] = bytes[8..] {
        let fraction = bytes[9..].iter().take_while(|b| b.is_ascii_digit()).count();
        for place in 0..3 {
            let digit = if place < fraction { bytes[9 + place] - b'0' } else { 0 };
            ms = ms * 10 + u16::from(digit);
        }
        length = 9 + fraction;
    }
    Some((millis_of_day(h1 * 10 + h2, m1 * 10 + m2, s1 * 10 + s2, ms), length))
}

/// Up to `most` digits (at most 4) as a number, and how many there were; `None` for none.
fn number(bytes: &[u8], most: usize) -> Option<(u16, usize)> {
    let digits = bytes.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    Some((bytes[..digits].iter().fold(0, |n, &d| n * 10 + u16::from(d - b'0')), digits))
}

/// The text up to the next blank, and what follows that one blank.
pub(super) fn word(text: &str) -> (&str, &str) {
    match memchr::memchr(b' ', text.as_bytes()) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}

/// `None` for RFC 5424's NILVALUE and for nothing.
pub(super) fn nil(word: &str) -> Option<&str> {
    crate::decode::text::present(word)
}

/// `app` and pid of `app`, `app[pid]`.
pub(super) fn split_pid(tag: &str) -> (&str, Option<&str>) {
    if let Some(inner) = tag.strip_suffix(']')
        && let Some(open) = inner.rfind('[')
        && open > 0
        && open + 1 < inner.len()
    {
        return (&inner[..open], Some(&inner[open + 1..]));
    }
    (tag, None)
}
