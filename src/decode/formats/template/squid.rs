//! Squid's `logformat`: `%` codes of one to three letters with a way of quoting, a width and a
//! direction (`>` of the client's side, `<` of the server's).

use super::Fault;
use super::field::{Escape, Field, Meaning, Parts, Shape, Unit};
use super::nginx::{answer_header, request_header};
use super::time::Pattern;

/// Codes, the longest first where one begins with another.
const CODES: &[&str] = &[
    ">eui",
    ">ha",
    "<ha",
    ">Hs",
    "<Hs",
    ">la",
    ">lp",
    "<la",
    "<lp",
    ">rm",
    "<rm",
    ">ru",
    "<ru",
    ">rs",
    "<rs",
    ">rp",
    "<rp",
    ">rP",
    "<rP",
    ">rv",
    "<rv",
    ">rd",
    "<rd",
    ">sh",
    "<sh",
    "<sH",
    "<sb",
    ">st",
    "<st",
    ">qos",
    "<qos",
    "<tt",
    "<pt",
    "<bs",
    ">nfmark",
    "<nfmark",
    ">sni",
    ">a",
    ">A",
    ">p",
    "<a",
    "<A",
    "<p",
    ">h",
    "<h",
    "err_code",
    "err_detail",
    "note",
    "Hs",
    "Ss",
    "Sh",
    "la",
    "lp",
    "ts",
    "tu",
    "tl",
    "tg",
    "tr",
    "tS",
    "dt",
    "un",
    "ul",
    "ui",
    "us",
    "ue",
    "uA",
    "mt",
    "rm",
    "ru",
    "rp",
    "rv",
    "rs",
    "st",
    "sn",
    "et",
    "ea",
];

/// Whether the text is one: by codes that mean nothing to Apache.
pub(super) fn is(text: &str) -> bool {
    const OWN: [&str; 9] =
        ["logformat ", "%Ss", ">Hs", "%<st", "%>st", "%[un", "%un ", "%rm %ru", "%ts.%"];
    OWN.iter().any(|own| text.contains(own))
}

pub(super) fn parse(text: &str) -> Result<Parts, Fault> {
    let end = text.trim_end().len();
    let mut at = text.len() - text.trim_start().len();
    if let Some(behind) = text[at.min(end)..end].strip_prefix("logformat ") {
        // The name behind it.
        let behind = behind.trim_start();
        let name = behind.find(char::is_whitespace).unwrap_or(behind.len());
        at = end - behind[name..].trim_start().len();
    }
    let mut parts = Parts::new(Escape::Backslash);
    while let Some(next) = text[at.min(end)..end].chars().next() {
        let behind = at + next.len_utf8();
        if next != '%' || text[behind..end].starts_with('%') {
            parts.literal(next);
            at = behind + usize::from(next == '%');
            continue;
        }
        at = code(text, at, end, &mut parts)?;
    }
    Ok(parts)
}

/// Reads the code at `at`; gives where it ends.
fn code(text: &str, offset: usize, to: usize, parts: &mut Parts) -> Result<usize, Fault> {
    let bytes = &text.as_bytes()[..to];
    let mut at = offset + 1;
    let run = |at: usize, of: &[u8]| bytes[at..].iter().take_while(|b| of.contains(b)).count();
    at += run(at, b"\"['#/-");
    let zeros = bytes.get(at) == Some(&b'0');
    let width = run(at, b"0123456789.");
    at += width;
    let mut argument = None;
    let mut braces = |at: &mut usize| -> Result<(), Fault> {
        if bytes.get(*at) == Some(&b'{') {
            let Some(length) = text[*at..to].find('}') else {
                let message = "a } must close this name".to_owned();
                return Err(Fault { offset, length: to - offset, message });
            };
            argument = Some(&text[*at + 1..*at + length]);
            *at += length + 1;
        }
        Ok(())
    };
    braces(&mut at)?;
    for family in ["http::", "ssl::", "adapt::", "icap::", "tls::"] {
        at += if text[at..to].starts_with(family) { family.len() } else { 0 };
    }
    let Some(code) = CODES.iter().find(|code| text[at..to].starts_with(**code)) else {
        let length = text[offset..to].find(' ').unwrap_or(to - offset);
        let message = "unknown code; did you mean one of %>a %un %tl %ts %tr %rm %ru %rv %>Hs %<st \
                       %Ss %Sh %mt %{Referer}>h?";
        return Err(Fault { offset, length, message: message.into() });
    };
    at += code.len();
    braces(&mut at)?;
    let (meaning, shape, rank) = meaning(code, argument.unwrap_or(""));
    let source = &text[offset..at];
    let field = |meaning, shape, rank, empty| Field {
        meaning,
        shape,
        rank,
        dash: true,
        empty,
        source: source.into(),
        offset,
    };
    if width > 0 && !zeros && !shape.open() {
        // Padded in front.
        parts.field(field(Meaning::Skip, Shape::Blanks, 0, true));
    }
    parts.field(field(meaning, shape, rank, false));
    Ok(at)
}

fn meaning(code: &str, argument: &str) -> (Meaning, Shape, u8) {
    let header = argument.to_ascii_lowercase().replace('-', "_");
    let part = |word: &str| Pattern::word(word).map_or(Shape::Word, Shape::Time);
    match code {
        ">a" => (Meaning::Client, Shape::Word, 6),
        ">A" => (Meaning::Client, Shape::Word, 5),
        ">p" => (Meaning::ClientPort, Shape::Digits, 5),
        "<a" | "<A" => (Meaning::Upstream, Shape::Word, 5),
        "ts" => (Meaning::Began, part("sec"), 5),
        "tu" => (Meaning::Began, part("msec_frac"), 5),
        "tl" | "tg" if argument.is_empty() => (Meaning::Began, Shape::Clf, 5),
        "tr" => (Meaning::Took(Unit::Millis), Shape::Digits, 5),
        ">h" | ">ha" if !header.is_empty() => request_header(&header),
        "<h" | "<ha" if !header.is_empty() => answer_header(&header),
        "un" => (Meaning::User, Shape::Word, 6),
        "ul" | "us" | "ue" => (Meaning::User, Shape::Word, 4),
        "ui" => (Meaning::Ident, Shape::Word, 5),
        ">Hs" => (Meaning::Status, Shape::Status, 6),
        "Hs" => (Meaning::Status, Shape::Status, 5),
        "<Hs" => (Meaning::Status, Shape::Status, 4),
        "Ss" => (Meaning::Cache, Shape::Word, 5),
        "mt" => (Meaning::Mime, Shape::Word, 5),
        "rm" | ">rm" => (Meaning::Method, Shape::Token, 5),
        // Squid writes URLs with their blanks as %20.
        "ru" | ">ru" => (Meaning::Target, Shape::Word, 5),
        "rp" | ">rp" => (Meaning::Target, Shape::Word, 4),
        "rv" | ">rv" => (Meaning::Protocol, Shape::Decimal, 5),
        "rs" | ">rs" => (Meaning::Scheme, Shape::Token, 5),
        ">st" => (Meaning::BytesIn, Shape::Digits, 5),
        "<st" | "st" => (Meaning::Bytes, Shape::Digits, 5),
        "<tt" | "<pt" | "dt" | "sn" | "lp" | ">lp" | "<lp" | "<p" | "<sH" | "<sb" | "<bs" => {
            (Meaning::Skip, Shape::Digits, 0)
        }
        ">h" | "<h" | "note" | "tl" | "tg" | "tS" | ">ha" | "<ha" => {
            (Meaning::Skip, Shape::Text, 0)
        }
        _ => (Meaning::Skip, Shape::Word, 0),
    }
}
