//! Apache's `LogFormat`: `%` directives with their modifiers, as `httpd.conf` has them or with the
//! backslashes already undone. Tomcat's and Varnish's patterns are the same but for a few letters;
//! gunicorn's and Squid's are told by their shape and read in files of their own.

use super::field::{Escape, Field, Meaning, Parts, Shape, Unit};
use super::nginx::{answer_header, request_header};
use super::time::{Micros, Pattern};
use super::{Fault, gunicorn, squid};

/// Letters that stand for something, for a person whose letter does not.
const LETTERS: &str = "aAbBCDefFhHiIklLmnoOpPqrRsStTuUvVxX";

/// Formats that servers know by name.
const NAMED: &[(&str, &str)] = &[
    ("common", r#"%h %l %u %t "%r" %>s %b"#),
    ("combined", r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#),
    ("combinedio", r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %I %O"#),
    ("referer", "%{Referer}i -> %U"),
    ("agent", "%{User-agent}i"),
    ("vhost_common", r#"%v %h %l %u %t "%r" %>s %b"#),
    ("vhost_combined", r#"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#),
];

pub(super) fn parse(text: &str) -> Result<Parts, Fault> {
    if let Some((_, format)) = NAMED.iter().find(|(name, _)| *name == text.trim()) {
        return parse(format);
    }
    if gunicorn::is(text) {
        return gunicorn::parse(text);
    }
    if squid::is(text) {
        return squid::parse(text);
    }
    let (from, to) = inside(text);
    let mut parts = Parts::new(Escape::Backslash);
    let mut at = from;
    while let Some(next) = text[at..to].chars().next() {
        let behind = at + next.len_utf8();
        match next {
            '\\' => {
                let (plain, taken) = match text[behind..to].chars().next() {
                    Some(quoted @ ('"' | '\'' | '\\')) => (quoted, 2),
                    Some('t') => ('\t', 2),
                    Some('n') => ('\n', 2),
                    Some('r') => ('\r', 2),
                    _ => ('\\', 1),
                };
                parts.literal(plain);
                at += taken;
            }
            '%' => at = directive(text, at, to, &mut parts)?,
            _ => {
                parts.literal(next);
                at = behind;
            }
        }
    }
    Ok(parts)
}

/// The format's own text: without `LogFormat` and the name behind it, and without the quotes around
/// the whole.
fn inside(text: &str) -> (usize, usize) {
    let end = text.trim_end().len();
    let begin = text.len() - text.trim_start().len();
    if begin >= end {
        return (0, text.len());
    }
    let word = text[begin..end].split_whitespace().next().unwrap_or("");
    let named = word.eq_ignore_ascii_case("LogFormat") || word.eq_ignore_ascii_case("CustomLog");
    let open = if named { text[begin..end].find('"').map(|at| begin + at) } else { Some(begin) };
    let Some(open) = open.filter(|&open| text[open..end].starts_with('"')) else {
        return (begin.min(end), text.trim_end_matches(['\r', '\n']).len().max(begin));
    };
    // The quote that closes it: the first that is not escaped, which around a whole format is the
    // last character, or stands before its name.
    let mut close = None;
    let mut escaped = false;
    for (at, byte) in text[..end].bytes().enumerate().skip(open + 1) {
        match byte {
            b'"' if !escaped => {
                close = Some(at);
                break;
            }
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    match close {
        Some(close) if close + 1 == end || named => (open + 1, close),
        _ => (begin, text.trim_end_matches(['\r', '\n']).len().max(begin)),
    }
}

/// A directive taken apart.
struct Directive<'a> {
    source: &'a str,
    offset: usize,
    /// `>` (the last request) or `<` (the first) of an internal redirect.
    last: bool,
    first: bool,
    /// Only for some statuses; `-` for the others.
    conditional: bool,
    name: Option<&'a str>,
}

/// Reads the directive at `at`; gives where it ends.
fn directive(text: &str, at: usize, to: usize, parts: &mut Parts) -> Result<usize, Fault> {
    let fault = |offset: usize, end: usize, message: String| {
        Err(Fault { offset, length: end - offset, message })
    };
    let bytes = &text.as_bytes()[..to];
    let mut found = Directive {
        source: "",
        offset: at,
        last: false,
        first: false,
        conditional: false,
        name: None,
    };
    let mut end = at + 1;
    loop {
        match bytes.get(end) {
            None => {
                let message = "a % at the end; write %% for a percent sign".to_owned();
                return fault(at, end, message);
            }
            Some(b'>') => found.last = true,
            Some(b'<') => found.first = true,
            Some(b'!' | b',') => {}
            Some(b'0'..=b'9') => found.conditional = true,
            Some(b'{') => {
                let Some(length) = text[end..to].find('}') else {
                    return fault(at, to, "a } must close this name".to_owned());
                };
                found.name = Some(&text[end + 1..end + length]);
                end += length;
            }
            Some(_) => break,
        }
        end += 1;
    }
    let rest = &text[end..to];
    let letters = ["^FB", "^FU", "^FF", "^ti", "^to"].into_iter().find(|l| rest.starts_with(l));
    let letters = letters.unwrap_or(&rest[..rest.chars().next().map_or(0, char::len_utf8)]);
    let end = end + letters.len();
    found.source = &text[at..end];
    if letters == "%" {
        parts.literal('%');
        return Ok(end);
    }
    let name = found.name.map(str::to_ascii_lowercase);
    let Some((meaning, shape, rank)) = meaning(letters, name.as_deref(), &found)? else {
        let message = unknown(letters);
        return fault(at, end, message);
    };
    if letters == "q" && parts.joins_target(found.source, &[]) {
        return Ok(end);
    }
    // Those that Apache writes as `-` where there is nothing, as the time to the first byte without `LogIOTrackTTFB`; a
    // duration, a port there always are.
    let dash = found.conditional || matches!(letters, "s" | "b" | "m" | "H" | "P" | "^FB");
    let field = Field {
        meaning,
        shape,
        rank,
        dash,
        empty: false,
        source: found.source.into(),
        offset: found.offset,
    };
    parts.field(field);
    Ok(end)
}

fn unknown(letters: &str) -> String {
    let letter = letters.chars().next().unwrap_or('%');
    let other = if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    };
    if LETTERS.contains(other) {
        return format!("unknown directive %{letters}; did you mean %{other}?");
    }
    let known: Vec<String> = LETTERS.chars().map(|letter| format!("%{letter}")).collect();
    format!("unknown directive %{letters}; did you mean one of {}?", known.join(" "))
}

fn meaning(
    letters: &str,
    name: Option<&str>,
    found: &Directive<'_>,
) -> Result<Option<(Meaning, Shape, u8)>, Fault> {
    let needs_name = matches!(letters, "i" | "o" | "e" | "n" | "C" | "x" | "c" | "^ti" | "^to");
    let Some(name) = name.or(if needs_name { None } else { Some("") }) else {
        let message = format!(
            "%{letters} needs a name, as in %{{{}}}{letters}",
            if letters == "i" { "Referer" } else { "name" }
        );
        return Err(Fault { offset: found.offset, length: found.source.len(), message });
    };
    let known = match letters {
        // The peer of the connection is a proxy where mod_remoteip found the client.
        "a" if matches!(name, "c" | "peer") => (Meaning::Client, Shape::Ip, 3),
        "a" => (Meaning::Client, Shape::Ip, 6),
        "h" if name == "c" => (Meaning::Client, Shape::Name, 3),
        "h" => (Meaning::Client, Shape::Name, 5),
        "A" => (Meaning::Skip, Shape::Ip, 0),
        "L" | "R" | "X" => (Meaning::Skip, Shape::Word, 0),
        "b" => (Meaning::Bytes, Shape::Digits, 7),
        "B" => (Meaning::Bytes, Shape::Digits, 8),
        "O" => (Meaning::Bytes, Shape::Digits, 5),
        "I" => (Meaning::BytesIn, Shape::Received, 5),
        "C" | "e" | "f" | "n" | "c" | "^ti" | "^to" => (Meaning::Skip, Shape::Text, 0),
        "D" => (Meaning::Took(Unit::Micros), Shape::Digits, 7),
        "T" => took(name),
        "F" | "k" | "^FB" | "^FU" | "^FF" => (Meaning::Skip, Shape::Digits, 0),
        "H" => (Meaning::Protocol, Shape::Protocol, 5),
        "i" => request_header(&name.replace('-', "_")),
        "o" => answer_header(&name.replace('-', "_")),
        "l" => (Meaning::Ident, Shape::Word, 5),
        "m" => (Meaning::Method, Shape::Token, 5),
        "p" if name == "remote" => (Meaning::ClientPort, Shape::Digits, 5),
        "p" => (Meaning::Skip, Shape::Digits, 0),
        "P" if name.contains("tid") => (Meaning::Skip, Shape::Word, 0),
        "P" => (Meaning::Pid, Shape::Digits, 5),
        "q" => (Meaning::Query, Shape::Text, 5),
        "r" => (Meaning::Request, Shape::Text, 5),
        "s" => {
            let rank = 6 + u8::from(found.last && !found.first);
            (Meaning::Status, Shape::Status, rank - u8::from(found.first && !found.last))
        }
        "S" => (Meaning::Scheme, Shape::Transferred, 5),
        "t" => return time(found).map(Some),
        "u" => (Meaning::User, Shape::Text, 5),
        "U" => (Meaning::Path, Shape::Text, 5),
        "v" => (Meaning::Host, Shape::Name, 5),
        "V" => (Meaning::Host, Shape::Name, 6),
        "x" => variable(name),
        _ => return Ok(None),
    };
    Ok(Some(known))
}

/// The finest unit counts.
fn took(name: &str) -> (Meaning, Shape, u8) {
    match name {
        "us" => (Meaning::Took(Unit::Micros), Shape::Digits, 7),
        "ms" => (Meaning::Took(Unit::Millis), Shape::Digits, 6),
        _ => (Meaning::Took(Unit::Seconds), Shape::Decimal, 5),
    }
}

/// mod_ssl's variables, and Varnish's own.
fn variable(name: &str) -> (Meaning, Shape, u8) {
    match name {
        "ssl_protocol" => (Meaning::TlsVersion, Shape::Word, 5),
        "ssl_cipher" => (Meaning::TlsCipher, Shape::Word, 5),
        "ssl_tls_sni" => (Meaning::Host, Shape::Word, 1),
        "varnish:hitmiss" => (Meaning::Cache, Shape::Word, 5),
        "varnish:handling" => (Meaning::Cache, Shape::Word, 4),
        "varnish:time_firstbyte" => (Meaning::Skip, Shape::Decimal, 0),
        _ => (Meaning::Skip, Shape::Text, 0),
    }
}

/// `%t`, `%{strftime}t`, and Apache's own words, of the request's begin or its end.
fn time(found: &Directive<'_>) -> Result<(Meaning, Shape, u8), Fault> {
    let name = found.name.unwrap_or("");
    let (meaning, format) = if let Some(format) = name.strip_prefix("begin") {
        (Meaning::Began, format)
    } else if let Some(format) = name.strip_prefix("end") {
        (Meaning::Ended, format)
    } else {
        (Meaning::Began, name)
    };
    let format =
        if format.len() < name.len() { format.strip_prefix(':').unwrap_or(format) } else { format };
    if format.is_empty() {
        return Ok((meaning, Shape::Bracketed, 5));
    }
    if let Some(pattern) = Pattern::word(format) {
        return Ok((meaning, Shape::Time(pattern), 5));
    }
    match Pattern::new(format, Micros::Fraction) {
        Ok(pattern) => Ok((meaning, Shape::Time(pattern), 5)),
        Err((at, message)) => {
            let skipped = found.source.rfind(format).unwrap_or(0);
            let length = format[at..].chars().take(2).map(char::len_utf8).sum();
            Err(Fault { offset: found.offset + skipped + at, length, message })
        }
    }
}
