//! Numbers, moments and spans in words: of messages, and of what the terminal says.

use chrono::{DateTime, SecondsFormat, Utc};

/// A value with its unit, as an anomaly has it: `14 %`, `12/s`, `1.4 s`, `38 MB`.
#[must_use]
pub fn amount(value: f64, unit: &str) -> String {
    match unit {
        "percent" => format!("{} %", number(value)),
        "per_s" => format!("{}/s", number(value)),
        "s" if value.abs() < 1.0 => format!("{} ms", number(value * 1e3)),
        "s" => format!("{} s", number(value)),
        "bytes" => bytes(value),
        "bytes_per_s" => format!("{}/s", bytes(value)),
        _ => number(value),
    }
}

fn bytes(value: f64) -> String {
    for (each, unit) in [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")] {
        if value.abs() >= each {
            return format!("{} {unit}", number(value / each));
        }
    }
    format!("{} B", number(value))
}

/// Two significant digits below ten, whole numbers above: who reads it is on the way to the page.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let size = value.abs();
    if size >= 9.95 {
        return grouped(value);
    }
    let decimals =
        if size >= 0.995 || size == 0.0 { 1 } else { (-size.log10().floor()) as usize + 1 };
    let text = format!("{value:.*}", decimals.min(6));
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// `12,345`.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::from(if value < 0.0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Epoch seconds of an RFC 3339 time.
#[must_use]
pub fn second(time: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(time).ok().map(|time| time.timestamp())
}

/// `10:02:31 UTC`, with its date where that is another one than `beside`'s.
#[must_use]
pub fn moment(time: &str, beside: &str) -> String {
    let Ok(at) = DateTime::parse_from_rfc3339(time) else { return "an unknown time".to_owned() };
    let at = at.with_timezone(&Utc);
    let same_day = DateTime::parse_from_rfc3339(beside)
        .is_ok_and(|other| other.with_timezone(&Utc).date_naive() == at.date_naive());
    if same_day {
        return format!("{} UTC", at.format("%H:%M:%S"));
    }
    at.to_rfc3339_opts(SecondsFormat::Secs, true).replace('T', " ").replace('Z', " UTC")
}

/// `45 s`, `6 min 41 s`, `2 h 5 min`.
#[must_use]
pub fn span(seconds: i64) -> String {
    let s = seconds.max(0);
    let two = |large: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {small_unit}"),
    };
    match s {
        0..60 => format!("{s} s"),
        60..3600 => two(s / 60, "min", s % 60, "s"),
        3600..86_400 => two(s / 3600, "h", s % 3600 / 60, "min"),
        _ => two(s / 86_400, "d", s % 86_400 / 3600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        for (value, unit, shown) in [
            (0.2, "percent", "0.2 %"),
            (14.31, "percent", "14 %"),
            (0.0, "percent", "0 %"),
            (0.0312, "percent", "0.031 %"),
            (9.97, "percent", "10 %"),
            (0.999, "percent", "1 %"),
            (12.4, "per_s", "12/s"),
            (0.12, "s", "120 ms"),
            (1.42, "s", "1.4 s"),
            (38_400_000.0, "bytes", "38 MB"),
            (12.0, "bytes", "12 B"),
            (38_400_000.0, "bytes_per_s", "38 MB/s"),
            (12_345.0, "count", "12,345"),
            (f64::NAN, "count", "?"),
            (1e-12, "count", "0"),
            (-0.0, "", "0"),
        ] {
            assert_eq!(amount(value, unit), shown);
        }
    }

    #[test]
    fn a_moment_has_its_date_where_it_is_another_day() {
        let at = "2026-11-26T23:59:58Z";
        assert_eq!(moment(at, "2026-11-26T00:00:00Z"), "23:59:58 UTC");
        assert_eq!(moment(at, "2026-11-27T00:00:00Z"), "2026-11-26 23:59:58 UTC");
        assert_eq!(moment("2026-11-26T10:00:00+02:00", at), "08:00:00 UTC");
        assert_eq!(moment("soon", at), "an unknown time");
    }

    #[test]
    fn spans_have_two_units_at_most() {
        for (seconds, shown) in
            [(45, "45 s"), (401, "6 min 41 s"), (7_500, "2 h 5 min"), (-5, "0 s"), (172_800, "2 d")]
        {
            assert_eq!(span(seconds), shown);
        }
    }
}
