//! Values of secrets that a name stands before in a line: `password=…`, `"token":`, `[HTTP_COOKIE] => …`.

use std::ops::Range;

use super::line::{LOGIN, end_of, ends_query, ends_value};
use super::{is_secret_key, prose};

/// Endings of keys whose values are secrets wherever they stand. Fewer than in a query: `code=200`,
/// `state=up` and `key=…` are what logs are made of.
const SECRET_ENDINGS: [&str; 19] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "apikey",
    "accesskey",
    "appkey",
    "authkey",
    "encryptionkey",
    "privatekey",
    "secretkey",
    "secretkeybase",
    "subscriptionkey",
    "signature",
    "authorization",
    "cookie",
    "sessionid",
];

/// Endings of names that are of headers wherever they stand.
const HEADERS: [&str; 2] = ["authorization", "cookie"];

/// Ways to say who asks, before what only he knows.
const SCHEMES: [&str; 6] = ["Bearer", "Basic", "Token", "ApiKey", "Negotiate", "NTLM"];

/// Bytes that a name may have.
const NAME: usize = 40;

/// Blanks or backslashes that may stand together.
const FEW: usize = 8;

/// Behind the `=`, `:` or `=>` of a secret's key: its value, a quoted one to its quote, a list to its bracket, all of the
/// cookies, and the token of `Bearer …` and its like as well.
pub(super) fn value(line: &str, at: usize) -> Option<Range<usize>> {
    let bytes = line.as_bytes();
    let key = Key::before(line, at);
    let arrow = bytes[at..].starts_with(b"=>");
    let behind = at + 1 + usize::from(arrow);
    // A dump of PHP has one blank before what may be empty.
    let dumped = key.bracketed && arrow;
    let mut from = behind + count(&bytes[behind..], b' ', if dumped { 1 } else { usize::MAX });
    if key.apart && !arrow && !key.quoted && from == behind {
        return None;
    }
    let named = key.name.to_ascii_lowercase();
    let folded = named.replace(['_', '-', '.'], "");
    let pass = named == "pass" && (arrow || key.quoted) || named.ends_with("_pass");
    let known = pass || SECRET_ENDINGS.iter().any(|ending| folded.ends_with(ending));
    let secret = known || (bytes[at] == b'=' && is_parameter(line, at));
    if !secret {
        return None;
    }
    // Names of headers have values and no sentences.
    let header = named.contains('-') || named.starts_with("http_");
    let told = !key.quoted && !key.bracketed && !arrow && (bytes[at] == b':' || key.apart);
    if told && !header && !HEADERS.iter().any(|name| folded.ends_with(name)) {
        let rest = &line[from..];
        let sign = folded.ends_with("token") && prose::is_sign(rest);
        if from > behind && (sign || prose::is(rest)) {
            return None;
        }
    }
    let cookie = folded.ends_with("cookie");
    // Strings of Python and Rust: `b'…'`, `Some("…")`.
    for open in ["b'", "b\"", "u'", "u\"", "Some(\""] {
        from += if line[from..].starts_with(open) { open.len() - 1 } else { 0 };
    }
    from += typed(&bytes[from..]);
    let list = !dumped && bytes.get(from) == Some(&b'[');
    let quote_at = from + count(&bytes[from..], b'\\', FEW);
    let quote = bytes.get(quote_at).copied().filter(|b| matches!(b, b'"' | b'\''));
    let range = match quote {
        _ if list => from + 1..end_of_list(bytes, from + 1),
        Some(quote) => quote_at + 1..end_of_quoted(bytes, quote_at + 1, quote, quote_at - from),
        None if cookie => from..end_of_cookies(bytes, from),
        None if dumped => from..end_of_dumped(bytes, from),
        None => from..end_of(bytes, token_of(line, from).max(quote_at), ends_value),
    };
    // The directory that a shell is in.
    let directory = matches!(&*named, "pwd" | "oldpwd") && bytes[range.start..].starts_with(b"/");
    (!range.is_empty() && &line[range.clone()] != "-" && !directory).then_some(range)
}

/// What stands before the sign.
struct Key<'a> {
    name: &'a str,
    /// `"name":`, also where it is escaped.
    quoted: bool,
    /// `[name] =>`
    bracketed: bool,
    /// With blanks between it and the sign.
    apart: bool,
}

impl Key<'_> {
    fn before(line: &str, at: usize) -> Key<'_> {
        let bytes = line.as_bytes();
        let back = |end: usize, byte| {
            end - bytes[..end].iter().rev().take(FEW).take_while(|b| **b == byte).count()
        };
        let mut end = back(at, b' ');
        let apart = end < at;
        let bracketed = bytes[at] == b'=' && bytes[..end].ends_with(b"]");
        end -= usize::from(bracketed);
        let quoted = end > 0 && matches!(bytes[end - 1], b'"' | b'\'');
        if quoted {
            end = back(end - 1, b'\\');
        }
        let name = bytes[..end].iter().rev().take(NAME).take_while(|b| of_name(**b)).count();
        Key { name: &line[end - name..end], quoted, bracketed, apart }
    }
}

fn of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// How often the byte stands there.
fn count(bytes: &[u8], byte: u8, most: usize) -> usize {
    bytes.iter().take(most).take_while(|b| **b == byte).count()
}

/// Bytes of what PHP says of a text before it: `string(7) "hunter2"`.
fn typed(bytes: &[u8]) -> usize {
    let from = end_of(bytes, 0, |b| !b.is_ascii_whitespace());
    let Some(length) = bytes[from..].strip_prefix(b"string(") else { return 0 };
    let digits = length.iter().take_while(|b| b.is_ascii_digit()).count();
    if length[digits..].starts_with(b") \"") {
        from + b"string(".len() + digits + b") ".len()
    } else {
        0
    }
}

/// Where the token behind a scheme begins.
fn token_of(line: &str, from: usize) -> usize {
    let bytes = line.as_bytes();
    let word = end_of(&bytes[..bytes.len().min(from + NAME)], from, |b| !of_name(b));
    let known = SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(&line[from..word]));
    match count(&bytes[word..], b' ', FEW) {
        blanks if known && blanks > 0 => word + blanks,
        _ => from,
    }
}

/// Where a list ends that begins there: `[a, b]`, `["a","b"]`.
fn end_of_list(bytes: &[u8], from: usize) -> usize {
    let quote_at = from + count(&bytes[from..], b'\\', FEW);
    let quoted = matches!(bytes.get(quote_at), Some(b'"' | b'\''));
    let mut at = from;
    loop {
        at = end_of(bytes, at, |b| b == b']');
        if at == bytes.len() || !quoted || matches!(bytes[at - 1], b'"' | b'\'') {
            return at;
        }
        at += 1;
    }
}

/// Where its quote closes it, one that is escaped as the opening one is: `\"a\\\"b\"`.
fn end_of_quoted(bytes: &[u8], from: usize, quote: u8, escapes: usize) -> usize {
    let mut slashes = 0;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match *byte {
            b'\\' => slashes += 1,
            byte if byte == quote && slashes <= escapes => return at - slashes,
            byte if byte == quote && escapes == 0 && slashes % 2 == 0 => return at,
            _ => slashes = 0,
        }
    }
    bytes.len()
}

/// Where the last of the cookies ends: `a=1; b=2; c=3`.
fn end_of_cookies(bytes: &[u8], from: usize) -> usize {
    let of_sentence = |at: usize| match bytes.get(at) {
        Some(b',' | b')' | b']' | b'}') => bytes.get(at + 1).is_none_or(|b| {
            b.is_ascii_whitespace() || matches!(b, b',' | b')' | b']' | b'}' | b'"')
        }),
        byte => byte.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'\'' | b'"' | b';')),
    };
    let mut at = from;
    loop {
        let name = at;
        while !of_sentence(at) {
            at += 1;
            // The text of a quoted one, as RFC 6265 has it.
            if bytes[at - 1] == b'=' && bytes.get(at) == Some(&b'"') {
                at = (end_of(bytes, at + 1, |b| b == b'"') + 1).min(bytes.len());
            }
        }
        // What has no `=` is no cookie any more, unless it is the first.
        if name > from && !bytes[name..at].contains(&b'=') {
            return end_before(bytes, name);
        }
        if bytes.get(at) != Some(&b';') {
            return at;
        }
        at += 1 + count(&bytes[at + 1..], b' ', FEW);
    }
}

/// Before the `; ` that stands there.
fn end_before(bytes: &[u8], at: usize) -> usize {
    at - bytes[..at].iter().rev().take_while(|b| matches!(b, b' ' | b';')).count()
}

/// Where the next name or the end of the dump follows: `[a] => b c [d] => e )`.
fn end_of_dumped(bytes: &[u8], from: usize) -> usize {
    let ends = |at: &usize| match bytes[*at] {
        b' ' => matches!(bytes.get(at + 1), Some(b'[' | b')')),
        b',' => bytes.get(at + 1).is_none_or(|b| *b == b' '),
        byte => matches!(byte, b'\n' | b'"'),
    };
    (from..bytes.len()).find(ends).unwrap_or(bytes.len())
}

/// Whether what stands before the `=` is a secret's name in a path or a fragment, where it has them without doubt:
/// `/cart;sid=…`, `/#code=…`. Elsewhere `;code=200` may be anything.
fn is_parameter(line: &str, at: usize) -> bool {
    let bytes = line.as_bytes();
    let key = at - bytes[..at].iter().rev().take(NAME).take_while(|b| of_name(**b)).count();
    if key == 0 || !matches!(bytes[key - 1], b';' | b'#') || !is_secret_key(&line[key..at]) {
        return false;
    }
    let before = bytes[..key].iter().rev().take(LOGIN);
    before.take_while(|b| !ends_query(**b)).any(|b| *b == b'/')
}
