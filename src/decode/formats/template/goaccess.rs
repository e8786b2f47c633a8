//! goaccess's `--log-format`: `%` and `~` specifiers in text, with a date and a time format beside
//! it, or the name of a preset. A format that is a JSON object says what stands under which key
//! (`keyed`).

use super::field::{Escape, Field, Meaning, Part, Parts, Shape, Unit};
use super::time::{Micros, Pattern};
use super::{Fault, Options};
use crate::decode::formats::FORMATS;

/// What goaccess's users write where their server is Apache or nginx.
const DATE: &str = "%d/%b/%Y";
const TIME: &str = "%H:%M:%S";

/// A preset is read by the formats that know its lines better than a string can tell.
const PRESETS: &[(&str, &[&str])] = &[
    ("COMBINED", &["combined", "combined_plus"]),
    ("VCOMBINED", &["vhost_combined", "vhost_combined_plus"]),
    ("COMMON", &["common"]),
    ("VCOMMON", &["vhost_common"]),
    ("W3C", &["w3c"]),
    ("CLOUDFRONT", &["cloudfront"]),
    ("AWSELB", &["aws_elb"]),
    ("AWSALB", &["aws_alb"]),
    ("AWSS3", &["aws_s3"]),
    ("CADDY", &["json"]),
    ("TRAEFIKCLF", &["combined_plus", "combined"]),
    ("SQUID", &["squid"]),
];
/// Google's columns, of which no format knows: <https://cloud.google.com/storage/docs/access-logs>.
const CLOUD_STORAGE: (&str, &str) =
    ("CLOUDSTORAGE", r#""%x","%h",%^,%^,"%m","%U","%s",%^,"%b","%D","%v","%R","%u",%^"#);

/// The formats that read a preset's lines.
pub(super) fn preset(name: &str) -> Option<Vec<usize>> {
    let (_, formats) = PRESETS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let place = |name: &&str| FORMATS.iter().position(|format| format.name() == *name);
    Some(formats.iter().filter_map(place).collect())
}

/// Whether the text is a preset's name as goaccess writes it.
pub(super) fn is_preset(text: &str) -> bool {
    text == CLOUD_STORAGE.0 || PRESETS.iter().any(|(name, _)| *name == text)
}

/// The formats of the date, the time and both.
pub(super) struct Times {
    date: Pattern,
    time: Pattern,
    both: Pattern,
}

impl Times {
    pub(super) fn new(options: &Options) -> Result<Times, Fault> {
        let date = options.date_format.as_deref().unwrap_or(DATE);
        let time = options.time_format.as_deref().unwrap_or(TIME);
        let pattern = |text: &str, option: &str| {
            Pattern::new(text, Micros::Epoch).map_err(|(_, message)| {
                // The format's own text is where it can be pointed at.
                Fault { offset: 0, length: 0, message: format!("{option}: {message}") }
            })
        };
        let of_date = pattern(date, "date-format")?;
        let of_time = pattern(time, "time-format")?;
        // Where one of them says all (a time stamp), the other repeats it.
        let whole = date == time || of_date.has_clock();
        let both = if whole { of_date.clone() } else { of_date.then(&of_time) };
        Ok(Times { date: of_date, time: of_time, both })
    }
}

pub(super) fn parse(text: &str, options: &Options) -> Result<Parts, Fault> {
    if text.trim().eq_ignore_ascii_case(CLOUD_STORAGE.0) {
        let micros = Options { date_format: Some("%f".into()), time_format: Some("%f".into()) };
        return parse(CLOUD_STORAGE.1, &micros);
    }
    let (from, to) = inside(text);
    if !text[from..to].contains(['%', '~']) {
        return Err(no_preset(text, from, to));
    }
    let times = Times::new(options)?;
    let mut parts = Parts::new(Escape::Unknown);
    piece(text, from, to, &times, &mut parts)?;
    Ok(parts)
}

fn no_preset(text: &str, from: usize, to: usize) -> Fault {
    let name = text[from..to].trim();
    let names = || PRESETS.iter().map(|(name, _)| *name).chain([CLOUD_STORAGE.0]);
    let near = names()
        .map(|known| (strsim::damerau_levenshtein(known, &name.to_ascii_uppercase()), known))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map_or_else(|| ".".to_owned(), |(_, known)| format!("; did you mean {known}?"));
    let all: Vec<&str> = names().collect();
    let message = format!("no preset is called so{near} There are {}", all.join(" "));
    Fault { offset: from, length: to - from, message }
}

/// The format's own text: without `log-format` in front and the line's end behind.
pub(super) fn inside(text: &str) -> (usize, usize) {
    let mut from = text.len() - text.trim_start().len();
    let mut to = text.trim_end_matches(['\r', '\n']).len().max(from);
    for front in ["--log-format", "log-format"] {
        let Some(rest) = text[from..to].strip_prefix(front) else { continue };
        let behind = rest.trim_start_matches([' ', '\t', '=']);
        if behind.len() < rest.len() {
            from = to - behind.len();
            break;
        }
    }
    // A shell's quotes.
    if to - from >= 2 && text[from..to].starts_with('\'') && text[from..to].ends_with('\'') {
        (from, to) = (from + 1, to - 1);
    }
    (from, to)
}

/// Reads a piece of the format into parts.
pub(super) fn piece(
    text: &str,
    from: usize,
    to: usize,
    times: &Times,
    parts: &mut Parts,
) -> Result<(), Fault> {
    let mut at = from;
    while let Some(next) = text[at..to].chars().next() {
        let rest = &text[at + next.len_utf8()..to];
        match next {
            '\\' => {
                let (plain, taken) = match rest.chars().next() {
                    Some(quoted @ ('"' | '\'' | '\\' | '/')) => (quoted, 2),
                    Some('t') => ('\t', 2),
                    Some('n') => ('\n', 2),
                    Some('r') => ('\r', 2),
                    _ => ('\\', 1),
                };
                parts.literal(plain);
                at += taken;
            }
            '~' if rest.starts_with("h{") => {
                let Some(length) = rest.find('}') else {
                    let message = "a } must close the characters between the addresses, as in \
                                   ~h{, }";
                    return Err(Fault { offset: at, length: to - at, message: message.into() });
                };
                // As JSON and shells have them.
                let between = rest[2..length].replace('\\', "");
                let shape = Shape::Addresses(between.into());
                let end = at + 1 + length + 1;
                push((Meaning::Forwarded, shape, 5), &text[at..end], at, parts);
                at = end;
            }
            '%' => {
                let Some(letter) = rest.chars().next() else {
                    let message = "a % at the end; write %% for a percent sign".to_owned();
                    return Err(Fault { offset: at, length: 1, message });
                };
                let end = at + 1 + letter.len_utf8();
                if letter == '%' {
                    parts.literal('%');
                } else {
                    let Some(known) = meaning(letter, times) else {
                        let message = unknown(letter);
                        return Err(Fault { offset: at, length: end - at, message });
                    };
                    push(known, &text[at..end], at, parts);
                }
                at = end;
            }
            _ => {
                parts.literal(next);
                at += next.len_utf8();
            }
        }
    }
    Ok(())
}

fn push(known: (Meaning, Shape, u8), source: &str, offset: usize, parts: &mut Parts) {
    let (meaning, shape, rank) = known;
    let query = meaning == Meaning::Query;
    if query && parts.joins_target(source, &[]) {
        return;
    }
    // `%U` is the path with its query, unless there is a query of its own.
    if query {
        for part in &mut parts.parts {
            if let Part::Field(field) = part
                && field.meaning == Meaning::Target
            {
                field.meaning = Meaning::Path;
            }
        }
    }
    let empty = matches!(shape, Shape::Blanks);
    parts.field(Field { meaning, shape, rank, dash: true, empty, source: source.into(), offset });
}

fn meaning(letter: char, times: &Times) -> Option<(Meaning, Shape, u8)> {
    Some(match letter {
        'x' => (Meaning::Began, Shape::Time(times.both.clone()), 6),
        'd' => (Meaning::Began, Shape::Time(times.date.clone()), 5),
        't' => (Meaning::Began, Shape::Time(times.time.clone()), 5),
        'v' => (Meaning::Host, Shape::Name, 5),
        'e' => (Meaning::User, Shape::Text, 5),
        'C' => (Meaning::Cache, Shape::Word, 5),
        'h' => (Meaning::Client, Shape::Name, 5),
        'r' => (Meaning::Request, Shape::Text, 5),
        'm' => (Meaning::Method, Shape::Token, 5),
        'U' => (Meaning::Target, Shape::Text, 5),
        'q' => (Meaning::Query, Shape::Text, 5),
        'H' => (Meaning::Protocol, Shape::Protocol, 5),
        's' => (Meaning::Status, Shape::Status, 5),
        'b' => (Meaning::Bytes, Shape::Digits, 5),
        'R' => (Meaning::Referrer, Shape::Text, 5),
        'u' => (Meaning::Agent, Shape::Text, 5),
        'K' => (Meaning::TlsVersion, Shape::Word, 5),
        'k' => (Meaning::TlsCipher, Shape::Word, 5),
        'M' => (Meaning::Mime, Shape::Text, 5),
        'D' => (Meaning::Took(Unit::Micros), Shape::Decimal, 7),
        'T' => (Meaning::Took(Unit::Seconds), Shape::Decimal, 5),
        'L' => (Meaning::Took(Unit::Millis), Shape::Decimal, 6),
        'n' => (Meaning::Took(Unit::Nanos), Shape::Decimal, 8),
        '^' => (Meaning::Skip, Shape::Text, 0),
        '~' => (Meaning::Skip, Shape::Blanks, 0),
        _ => return None,
    })
}

fn unknown(letter: char) -> String {
    const LETTERS: &str = "xtdveChrmUqHsbRuKkMDTLn^~";
    let other = if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    };
    if LETTERS.contains(other) {
        return format!("unknown specifier %{letter}; did you mean %{other}?");
    }
    let known: Vec<String> = LETTERS.chars().map(|letter| format!("%{letter}")).collect();
    format!("unknown specifier %{letter}; did you mean one of {}?", known.join(" "))
}
