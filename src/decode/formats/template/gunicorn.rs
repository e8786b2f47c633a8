//! gunicorn's `access_log_format`: Apache's letters in Python's `%(…)s`.

use super::Fault;
use super::field::{Escape, Field, Meaning, Parts, Shape, Unit};
use super::nginx::{answer_header, request_header};

/// Whether the text is one.
pub(super) fn is(text: &str) -> bool {
    text.contains("%(")
}

pub(super) fn parse(text: &str) -> Result<Parts, Fault> {
    let end = text.trim_end_matches(['\r', '\n']).len();
    let mut parts = Parts::new(Escape::Loose);
    let mut at = 0;
    while let Some(next) = text[at..end].chars().next() {
        let rest = &text[at + next.len_utf8()..end];
        if next != '%' || rest.starts_with('%') {
            parts.literal(next);
            at += next.len_utf8() + usize::from(next == '%');
            continue;
        }
        let name = rest.strip_prefix('(').and_then(|name| name.split_once(')'));
        let typed = name.filter(|(_, behind)| behind.starts_with(['s', 'd', 'f', 'i']));
        let Some((name, _)) = typed else {
            let message = "gunicorn's fields are written %(name)s; write %% for a percent sign";
            return Err(Fault { offset: at, length: 1, message: message.into() });
        };
        let length = name.len() + "%()s".len();
        let Some((meaning, shape, rank)) = meaning(name) else {
            let message = format!(
                "unknown field {name}; gunicorn has h l u t r m U q H s b B f a T D M L p and \
                 {{header}}i {{header}}o {{variable}}e"
            );
            return Err(Fault { offset: at, length, message });
        };
        let source = &text[at..at + length];
        if meaning != Meaning::Query || !parts.joins_target(source, &[]) {
            let offset = at;
            let field = Field {
                meaning,
                shape,
                rank,
                dash: true,
                empty: false,
                source: source.into(),
                offset,
            };
            parts.field(field);
        }
        at += length;
    }
    Ok(parts)
}

fn meaning(name: &str) -> Option<(Meaning, Shape, u8)> {
    if let Some((header, of)) = name.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        let header = header.to_ascii_lowercase().replace('-', "_");
        return match of {
            "i" => Some(request_header(&header)),
            "o" => Some(answer_header(&header)),
            "e" => Some((Meaning::Skip, Shape::Text, 0)),
            _ => None,
        };
    }
    Some(match name {
        "h" => (Meaning::Client, Shape::Name, 5),
        "l" => (Meaning::Ident, Shape::Word, 5),
        "u" => (Meaning::User, Shape::Text, 5),
        "t" => (Meaning::Began, Shape::Bracketed, 5),
        "r" => (Meaning::Request, Shape::Text, 5),
        "m" => (Meaning::Method, Shape::Token, 5),
        "U" => (Meaning::Path, Shape::Text, 5),
        "q" => (Meaning::Query, Shape::Text, 5),
        "H" => (Meaning::Protocol, Shape::Protocol, 5),
        "s" => (Meaning::Status, Shape::Status, 5),
        "b" | "B" => (Meaning::Bytes, Shape::Digits, 5),
        "f" => (Meaning::Referrer, Shape::Text, 5),
        "a" => (Meaning::Agent, Shape::Text, 5),
        "T" => (Meaning::Took(Unit::Seconds), Shape::Decimal, 4),
        "L" => (Meaning::Took(Unit::Seconds), Shape::Decimal, 6),
        "M" => (Meaning::Took(Unit::Millis), Shape::Decimal, 5),
        "D" => (Meaning::Took(Unit::Micros), Shape::Decimal, 7),
        // Between angles.
        "p" => (Meaning::Skip, Shape::Word, 0),
        _ => return None,
    })
}
