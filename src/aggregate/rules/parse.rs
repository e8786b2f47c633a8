//! Reads a rule: a filter, a measure, a comparison, a span.

use super::{By, Measure, Rule, RuleError, Sign};
use crate::aggregate::filter::Filter;

/// The longest span: a day of seconds takes 1.4 MB a rule.
pub const SPAN_MAX_S: u32 = 86_400;

/// The longest span of one that is judged by each site, client or path.
pub const SPAN_BY_MAX_S: u32 = 600;

const EXAMPLE: &str = "write it like `status:5xx rate > 2% for 1m`";
const MEASURES: &str = "rate, count, bytes, latency p95";
const SPANS: &[(&str, f64)] =
    &[("s", 1.0), ("sec", 1.0), ("m", 60.0), ("min", 60.0), ("h", 3_600.0), ("d", 86_400.0)];
const TIMES: &[(&str, f64)] = &[("ms", 1e-3), ("s", 1.0), ("us", 1e-6), ("µs", 1e-6)];
const SIZES: &[(&str, f64)] = &[
    ("", 1.0),
    ("b", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
];
const PERIODS: &[(&str, f64)] =
    &[("/s", 1.0), ("/sec", 1.0), ("/m", 60.0), ("/min", 60.0), ("/h", 3_600.0)];

pub(super) fn parse(text: &str) -> Result<Rule, RuleError> {
    let Some(at) = measure_at(text) else {
        // A word without a value is a measure misspelt; another fault is the filter's own.
        let fault = Filter::parse(text).err();
        let word = |at: usize| text[at..].split_whitespace().next().unwrap_or("");
        let at = match &fault {
            Some(fault) if word(fault.at).contains([':', '=', '<', '>', '"']) => {
                return Err(fault.clone());
            }
            Some(fault) => fault.at,
            None => text.len(),
        };
        let message = match word(at) {
            "" => "the rule does not say what is measured".to_owned(),
            word => format!("`{word}` is neither a part of a filter nor what is measured"),
        };
        return Err(error(at, message, format!("{EXAMPLE}; what is measured is {MEASURES}")));
    };
    let filter = Filter::parse(&text[..at])?;
    let mut reader = Reader { text, at };
    let measure = reader.measure()?;
    let sign = reader.sign()?;
    let (threshold, per_s) = reader.threshold(measure)?;
    let least = reader.least(measure)?;
    let by = reader.by()?;
    let span_s = reader.span(by)?;
    reader.end()?;
    let base = match measure {
        Measure::Rate => filter.of_what_was_asked(),
        _ => filter.clone(),
    };
    // Where it asks for nothing that becomes of a request, it is a share of all.
    let base = if measure == Measure::Rate && base == filter { Filter::default() } else { base };
    let mut rule = Rule {
        filter,
        base,
        measure,
        sign,
        threshold,
        per_s,
        least,
        by,
        span_s,
        text: String::new(),
    };
    rule.text = normal(&rule);
    Ok(rule)
}

/// Where the measure stands: the first word, outside quotes, that is one.
fn measure_at(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped, mut start) = (false, false, true);
    for (at, c) in text.char_indices() {
        if start && !quoted && is_measure(&text[at..]) {
            return Some(at);
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        start = c.is_whitespace();
    }
    None
}

/// `latency>0.5` and `bytes>1000` are clauses of the filter; `rate` and `count` are no fields.
fn is_measure(rest: &str) -> bool {
    let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    let behind = &rest[word.len()..];
    match word.to_ascii_lowercase().as_str() {
        "rate" | "count" => behind.is_empty() || behind.starts_with([' ', '\t', '<', '>', '=']),
        "latency" | "bytes" => behind.is_empty() || behind.starts_with([' ', '\t']),
        _ => false,
    }
}

fn error(at: usize, message: String, hint: impl Into<String>) -> RuleError {
    RuleError { message, hint: hint.into(), at }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        self.at = self.text.len() - self.text[self.at..].trim_start().len();
    }

    /// What comes next, up to where `part` ends.
    fn next(&mut self, part: impl Fn(char) -> bool) -> (usize, &'a str) {
        self.blanks();
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let at = self.at;
        self.at += end;
        (at, &rest[..end])
    }

    /// What stands there, to be named where it is wrong.
    fn seen(&self) -> &'a str {
        self.text[self.at..].split_whitespace().next().unwrap_or("")
    }

    fn measure(&mut self) -> Result<Measure, RuleError> {
        let (_, word) = self.next(|c| c.is_ascii_alphanumeric());
        match word.to_ascii_lowercase().as_str() {
            "rate" => Ok(Measure::Rate),
            "count" => Ok(Measure::Count),
            "bytes" => Ok(Measure::Bytes),
            _ => {
                let (at, quantile) = self.next(|c| c.is_ascii_alphanumeric() || c == '.');
                let known = [("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990), ("max", 1000)];
                let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(quantile));
                found.map(|(_, thousandths)| Measure::Latency(thousandths)).ok_or_else(|| {
                    let message = match quantile {
                        "" => "which latency is meant is not said".to_owned(),
                        other => format!("`{other}` is no quantile"),
                    };
                    error(at, message, "write latency p50, p90, p95, p99 or max")
                })
            }
        }
    }

    fn sign(&mut self) -> Result<Sign, RuleError> {
        self.blanks();
        for (text, sign) in Sign::ALL {
            if self.text[self.at..].starts_with(text) {
                self.at += text.len();
                return Ok(sign);
            }
        }
        let message = match self.seen() {
            "" => "the rule does not say with what to compare".to_owned(),
            other => format!("`{other}` compares nothing"),
        };
        Err(error(self.at, message, "write >, >=, < or <= and a number"))
    }

    /// A number, and where it ends.
    fn number(&mut self, what: &str, example: &str) -> Result<f64, RuleError> {
        let (at, digits) = self.next(|c| c.is_ascii_digit() || c == '.' || c == '_');
        let number = digits.replace('_', "").parse::<f64>();
        number.ok().filter(|n| n.is_finite()).ok_or_else(|| {
            self.at = at;
            let message = match self.seen() {
                "" => format!("{what} is missing"),
                other => format!("`{other}` is no number"),
            };
            error(at, message, format!("write it like {example}"))
        })
    }

    fn threshold(&mut self, measure: Measure) -> Result<(f64, bool), RuleError> {
        let example = match measure {
            Measure::Rate => "2%",
            Measure::Count => "50, or 5/s",
            Measure::Latency(_) => "800ms",
            Measure::Bytes => "2GB",
        };
        let number = self.number("the threshold", example)?;
        let (at, mut unit) = self.next(|c| c.is_alphabetic() || c == '%' || c == '/');
        if matches!(unit, "for" | "min" | "by") {
            (self.at, unit) = (at, "");
        }
        let lower = unit.to_lowercase();
        let found =
            |units: &[(&str, f64)]| units.iter().find(|(name, _)| *name == lower).map(|u| u.1);
        let value = match measure {
            Measure::Rate if unit == "%" && number > 100.0 => {
                let hint = "a share is 0% to 100%; for more than five a second write count > 5/s";
                return Err(error(at, format!("{number}% is more than all"), hint));
            }
            Measure::Rate => (unit == "%").then_some((number, false)),
            Measure::Count if unit.is_empty() => Some((number, false)),
            Measure::Count => found(PERIODS).map(|each| (number / each, true)),
            Measure::Latency(_) => found(TIMES).map(|each| (number * each, false)),
            Measure::Bytes => found(SIZES).map(|each| (number * each, false)),
        };
        value.ok_or_else(|| {
            let message = match unit {
                "" => "the threshold has no unit".to_owned(),
                other => format!("`{other}` is no unit of this"),
            };
            error(at, message, format!("write it like {example}"))
        })
    }

    /// `min 50`: too few say nothing of a share or a quantile.
    fn least(&mut self, measure: Measure) -> Result<u64, RuleError> {
        let (at, word) = self.next(|c| c.is_ascii_alphabetic());
        if word != "min" {
            self.at = at;
            return Ok(1);
        }
        if matches!(measure, Measure::Count | Measure::Bytes) {
            let message = "`min` means nothing to a sum".to_owned();
            return Err(error(
                at,
                message,
                "it says on how few requests a rate or latency is not judged",
            ));
        }
        let number = self.number("how many", "min 50")?;
        // Rounded down; at most what a float holds exactly.
        Ok((number.min(1e15) as u64).max(1))
    }

    /// `by site`: each is judged by itself.
    fn by(&mut self) -> Result<Option<By>, RuleError> {
        let (at, word) = self.next(|c| c.is_ascii_alphabetic());
        if word != "by" {
            self.at = at;
            return Ok(None);
        }
        let (at, word) = self.next(|c| c.is_ascii_alphabetic());
        let found = By::ALL.into_iter().find(|by| by.word() == word);
        found.map(Some).ok_or_else(|| {
            let message = match word {
                "" => "by what the rule is judged is not said".to_owned(),
                other => format!("a rule can't be judged by `{other}`"),
            };
            error(at, message, "write by site, by client or by path")
        })
    }

    fn span(&mut self, by: Option<By>) -> Result<u32, RuleError> {
        let (at, word) = self.next(|c| c.is_ascii_alphabetic());
        if word != "for" {
            self.at = at;
            let message = match self.seen() {
                "" => "the rule does not say for how long".to_owned(),
                other => format!("`{other}` can't stand here"),
            };
            return Err(error(at, message, "end it with a span, like `for 1m`"));
        }
        let number = self.number("the span", "1m")?;
        let (at, unit) = self.next(|c| c.is_alphabetic());
        let Some((_, each)) = SPANS.iter().find(|(name, _)| *name == unit) else {
            let message = match unit {
                "" => "the span has no unit".to_owned(),
                other => format!("`{other}` is no unit of time"),
            };
            return Err(error(at, message, "write s, m (or min), h or d, like 90s or 5m"));
        };
        let seconds = number * each;
        if seconds < 1.0 || seconds > f64::from(SPAN_MAX_S) || seconds.fract() != 0.0 {
            let message = format!("{number}{unit} is no span of a rule");
            return Err(error(at, message, "whole seconds, 1s to 1d"));
        }
        if by.is_some() && seconds > f64::from(SPAN_BY_MAX_S) {
            let message = format!("{number}{unit} is too long for each value by itself");
            return Err(error(at, message, "with `by` a span is 1s to 10m"));
        }
        // Judged just above.
        Ok(seconds as u32)
    }

    fn end(&mut self) -> Result<(), RuleError> {
        self.blanks();
        match self.seen() {
            "" => Ok(()),
            other => Err(error(
                self.at,
                format!("`{other}` comes after the end"),
                "a rule ends with its span",
            )),
        }
    }
}

/// The rule as it would best have been written.
fn normal(rule: &Rule) -> String {
    let mut words: Vec<String> = Vec::new();
    if !rule.filter.is_empty() {
        words.push(rule.filter.to_string());
    }
    let n = rule.threshold;
    let (measure, threshold) = match rule.measure {
        Measure::Rate => ("rate".to_owned(), format!("{n}%")),
        Measure::Count if rule.per_s => ("count".to_owned(), format!("{n}/s")),
        Measure::Count => ("count".to_owned(), format!("{n}")),
        Measure::Latency(1000) => ("latency max".to_owned(), time(n)),
        Measure::Latency(thousandths) => (format!("latency p{}", thousandths / 10), time(n)),
        Measure::Bytes => ("bytes".to_owned(), size(n)),
    };
    let sign = Sign::ALL.iter().find(|(_, sign)| *sign == rule.sign).map_or("", |(text, _)| text);
    words.extend([measure, sign.to_owned(), threshold]);
    if rule.least > 1 {
        words.push(format!("min {}", rule.least));
    }
    if let Some(by) = rule.by {
        words.push(format!("by {}", by.word()));
    }
    words.push(format!("for {}", span(rule.span_s)));
    words.join(" ")
}

fn time(seconds: f64) -> String {
    // 0.07 s are 70.00000000000001 ms: no time is finer than a microsecond.
    let us = (seconds * 1e6).round();
    if seconds < 1.0 { format!("{}ms", us / 1e3) } else { format!("{}s", us / 1e6) }
}

fn size(bytes: f64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("KB", 1e3)];
    let whole = units.into_iter().find(|(_, each)| bytes >= *each && bytes % each == 0.0);
    whole.map_or_else(|| format!("{bytes}B"), |(unit, each)| format!("{}{unit}", bytes / each))
}

fn span(seconds: u32) -> String {
    for (unit, each) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds.is_multiple_of(each) {
            return format!("{}{unit}", seconds / each);
        }
    }
    format!("{seconds}s")
}
