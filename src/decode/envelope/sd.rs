//! Structured data, RFC 5424 section 6.3, as written and as the standard has it.

use std::borrow::Cow;

use memchr::{memchr2, memchr3};

use super::Element;

/// More elements, or parameters of one, are read over and not kept.
const MAX_ELEMENTS: usize = 64;
const MAX_PARAMS: usize = 64;

/// `[id name="value" …]…` and what follows, which is empty or starts with a blank; `None` where
/// anything breaks the standard.
pub(super) fn strict(text: &str) -> Option<(Vec<Element<'_>>, &str)> {
    elements(text, false)
}

/// As [`strict`], but also `name= "value"` (a misprint in RFC 5424 itself), `name=value` and blanks
/// before `]`.
pub(super) fn lenient(text: &str) -> Option<(Vec<Element<'_>>, &str)> {
    elements(text, true)
}

fn elements(text: &str, lenient: bool) -> Option<(Vec<Element<'_>>, &str)> {
    let mut kept = Vec::new();
    let mut rest = text;
    while rest.starts_with('[') {
        let (element, behind) = element(&rest[1..], lenient)?;
        if kept.len() < MAX_ELEMENTS {
            kept.push(element);
        }
        rest = behind;
    }
    (!kept.is_empty() && (rest.is_empty() || rest.starts_with(' '))).then_some((kept, rest))
}

/// One element, behind its `[`.
fn element(text: &str, lenient: bool) -> Option<(Element<'_>, &str)> {
    let end = memchr2(b' ', b']', text.as_bytes())?;
    let (id, mut rest) = text.split_at(end);
    if id.is_empty() || id.contains('"') {
        return None;
    }
    let mut params = Vec::new();
    loop {
        if let Some(behind) = rest.strip_prefix(']') {
            return Some((Element { id, params }, behind));
        }
        rest = rest.strip_prefix(' ')?;
        if lenient {
            rest = rest.trim_start_matches(' ');
            if rest.starts_with(']') {
                continue;
            }
        }
        let equals = memchr3(b'=', b']', b' ', rest.as_bytes())?;
        let name = &rest[..equals];
        rest = rest[equals..].strip_prefix('=')?;
        if name.is_empty() || name.contains('"') {
            return None;
        }
        if lenient {
            rest = rest.trim_start_matches(' ');
        }
        let value = match rest.strip_prefix('"') {
            Some(quoted) => {
                let length = quoted_length(quoted)?;
                rest = &quoted[length + 1..];
                unescape(&quoted[..length])
            }
            None if lenient => {
                let length = memchr2(b' ', b']', rest.as_bytes())?;
                let (value, behind) = rest.split_at(length);
                rest = behind;
                Cow::Borrowed(value)
            }
            None => return None,
        };
        if params.len() < MAX_PARAMS {
            params.push((name, value));
        }
    }
}

/// Where the closing quote is. An unescaped `]` inside is let pass: it is forbidden, but common.
fn quoted_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// Undoes `\"`, `\\` and `\]`; before anything else a backslash is itself (section 6.3.3).
pub(super) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ ('"' | '\\' | ']'))) => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}
