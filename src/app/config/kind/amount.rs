//! Amounts: sizes and time spans with their units, whole numbers, yes and no.

use std::time::Duration;

use super::{Kind, Raw, RawValue, Wrong, one, quoted};

pub const KIB: u64 = 1 << 10;
pub const MIB: u64 = 1 << 20;
pub const GIB: u64 = 1 << 30;
pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);

/// Bytes, as a number or with a unit.
#[derive(Debug)]
pub struct Size(pub u64, pub u64);

/// A time span with its unit; where `off` is set, 0 is also taken and means "never".
#[derive(Debug)]
pub struct Span {
    pub least: Duration,
    pub most: Duration,
    pub off: bool,
}

#[must_use]
pub fn span(least: Duration, most: Duration) -> Span {
    Span { least, most, off: false }
}

#[must_use]
pub fn span_or_off(least: Duration, most: Duration) -> Span {
    Span { least, most, off: true }
}

/// A whole number.
#[derive(Debug)]
pub struct Count(pub usize, pub usize);

#[derive(Debug)]
pub struct Flag;

/// Splits `64 MiB` into its number and its unit.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end =
        text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    Some((number, text[end..].trim()))
}

const SIZE_UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KiB", KIB),
    ("MiB", MIB),
    ("GiB", GIB),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// Bytes in the largest unit that leaves no fraction: `64 MiB`.
#[must_use]
pub fn show_size(bytes: u64) -> String {
    for (unit, each) in [("GiB", GIB), ("MiB", MIB), ("KiB", KIB)] {
        if bytes >= each && bytes.is_multiple_of(each) {
            return format!("{} {unit}", bytes / each);
        }
    }
    format!("{bytes} B")
}

impl Kind for Size {
    type Out = u64;

    fn read(&self, raw: &Raw) -> Result<u64, Vec<Wrong>> {
        let bytes = match &raw.value {
            RawValue::Integer(Some(n)) if *n >= 0 => n.unsigned_abs(),
            _ => {
                let Some((number, unit)) = raw.text().and_then(number_and_unit) else {
                    return Err(one(raw.wrong(format!(
                        "{} is no size; write bytes as a number, or \"{}\"",
                        raw.describe(),
                        show_size(self.0.max(64 * KIB).min(self.1))
                    ))));
                };
                let each = if unit.is_empty() {
                    Some(1)
                } else {
                    SIZE_UNITS.iter().find(|(u, _)| u.eq_ignore_ascii_case(unit)).map(|u| u.1)
                };
                let Some(each) = each else {
                    return Err(one(raw.wrong(format!(
                        "'{unit}' is no unit of size; write KiB, MiB, GiB (1024s) or KB, MB, GB (1000s)"
                    ))));
                };
                // Exact up to 2^53 bytes, far beyond every range here.
                (number * each as f64) as u64
            }
        };
        if (self.0..=self.1).contains(&bytes) {
            Ok(bytes)
        } else {
            Err(one(raw.wrong(format!(
                "{} is out of range; {} to {} is possible",
                raw.describe(),
                show_size(self.0),
                show_size(self.1)
            ))))
        }
    }

    fn show(&self, value: &u64) -> String {
        quoted(&show_size(*value))
    }

    fn says(&self) -> String {
        format!("size, {} to {}", show_size(self.0), show_size(self.1))
    }
}

const TIME_UNITS: [(&str, u64); 12] = [
    ("ms", 1),
    ("s", 1_000),
    ("sec", 1_000),
    ("second", 1_000),
    ("seconds", 1_000),
    ("min", 60_000),
    ("minutes", 60_000),
    ("h", 3_600_000),
    ("hours", 3_600_000),
    ("d", 86_400_000),
    ("day", 86_400_000),
    ("days", 86_400_000),
];

/// A time span in the largest unit that leaves no fraction: `10 min`.
#[must_use]
pub fn show_span(span: Duration) -> String {
    let ms = span.as_millis();
    if ms == 0 {
        return "0 s".into();
    }
    // A day is written as 24 h: what people compare it with is hours.
    for (unit, each) in [("h", 3_600_000), ("min", 60_000), ("s", 1_000)] {
        if ms.is_multiple_of(each) {
            return format!("{} {unit}", ms / each);
        }
    }
    format!("{ms} ms")
}

impl Kind for Span {
    type Out = Duration;

    fn read(&self, raw: &Raw) -> Result<Duration, Vec<Wrong>> {
        let no_span = || {
            one(raw.wrong(format!(
                "{} is no time span; write it with its unit, as \"{}\" (ms, s, min, h, d)",
                raw.describe(),
                show_span(self.least.max(10 * SECOND).min(self.most))
            )))
        };
        let span = match &raw.value {
            // A bare number could be seconds or milliseconds; only nothing is nothing in every unit.
            RawValue::Integer(Some(0)) => Duration::ZERO,
            _ => {
                let text = raw.text().ok_or_else(no_span)?;
                if self.off && matches!(text, "off" | "never") {
                    Duration::ZERO
                } else {
                    let (number, unit) = number_and_unit(text).ok_or_else(no_span)?;
                    if unit.is_empty() && number != 0.0 {
                        return Err(no_span());
                    }
                    let each = if unit.is_empty() {
                        1
                    } else {
                        TIME_UNITS.iter().find(|(u, _)| *u == unit).map(|u| u.1).ok_or_else(
                            || {
                                one(raw.wrong(format!(
                                    "'{unit}' is no unit of time; write ms, s, min, h or d"
                                )))
                            },
                        )?
                    };
                    Duration::from_millis((number * each as f64) as u64)
                }
            }
        };
        if (self.off && span.is_zero()) || (self.least..=self.most).contains(&span) {
            Ok(span)
        } else {
            Err(one(raw.wrong(format!(
                "{} is out of range; {} to {}{} is possible",
                raw.describe(),
                show_span(self.least),
                show_span(self.most),
                if self.off { " (0 is off)" } else { "" }
            ))))
        }
    }

    fn show(&self, value: &Duration) -> String {
        quoted(&show_span(*value))
    }

    fn says(&self) -> String {
        format!(
            "time span, {} to {}{}",
            show_span(self.least),
            show_span(self.most),
            if self.off { "; \"0 s\" is off" } else { "" }
        )
    }
}

impl Kind for Count {
    type Out = usize;

    fn read(&self, raw: &Raw) -> Result<usize, Vec<Wrong>> {
        let number = match &raw.value {
            RawValue::Integer(n) => n.and_then(|n| usize::try_from(n).ok()),
            RawValue::Loose(text) => match text.trim().parse::<i64>() {
                Ok(n) => usize::try_from(n).ok(),
                Err(_) => {
                    return Err(one(raw.wrong(format!("'{text}' is no whole number"))));
                }
            },
            _ => {
                return Err(one(raw.wrong(format!(
                    "{} is no whole number; write it without quotes, as {}",
                    raw.describe(),
                    self.0.max(1)
                ))));
            }
        };
        match number {
            Some(n) if (self.0..=self.1).contains(&n) => Ok(n),
            _ => Err(one(raw.wrong(format!(
                "{} is out of range; {} to {} is possible",
                raw.describe(),
                self.0,
                self.1
            )))),
        }
    }

    fn show(&self, value: &usize) -> String {
        value.to_string()
    }

    fn says(&self) -> String {
        format!("number, {} to {}", self.0, self.1)
    }
}

impl Kind for Flag {
    type Out = bool;

    fn read(&self, raw: &Raw) -> Result<bool, Vec<Wrong>> {
        match &raw.value {
            RawValue::Bool(b) => Ok(*b),
            RawValue::Loose(text) => match text.trim() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" => Ok(false),
                _ => Err(one(raw.wrong(format!("'{text}' is neither true nor false")))),
            },
            _ => Err(one(raw.wrong(format!(
                "{} is neither true nor false (written without quotes)",
                raw.describe()
            )))),
        }
    }

    fn show(&self, value: &bool) -> String {
        value.to_string()
    }

    fn says(&self) -> String {
        "true or false".into()
    }
}
