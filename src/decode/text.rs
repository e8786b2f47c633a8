//! From a stranger's bytes to text: lossy UTF-8, and undoing what servers escape in a line.

use std::borrow::Cow;

use memchr::{memchr, memchr3_iter};

/// The bytes as text; what is not UTF-8 becomes U+FFFD. Borrowed where nothing had to change.
#[must_use]
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // Nearly every line is UTF-8, and `from_utf8` skips ASCII words at a time, while the lossy
    // reader looks at every byte: that was a tenth of the whole cost of a line.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// JSON in which also that is escaped which a terminal would obey and JSON lets stand: DEL, the C1 controls
/// (U+009B begins a command as ESC does) and what turns the writing direction. `curl` writes to a terminal.
#[must_use]
pub fn harmless(json: String) -> String {
    let obeyed = |at: &usize| {
        let c = json[*at..].chars().next();
        c.filter(|c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
            .map(|c| (*at, c))
    };
    // The bytes that these begin with; in UTF-8 no other character has them inside.
    let starts = memchr3_iter(0x7F, 0xC2, 0xE2, json.as_bytes());
    let found: Vec<(usize, char)> = starts.filter_map(|at| obeyed(&at)).collect();
    if found.is_empty() {
        return json;
    }
    let (mut out, mut done) = (String::with_capacity(json.len() + 6 * found.len()), 0);
    for (at, c) in found {
        out.push_str(&json[done..at]);
        out.push_str(&format!("\\u{:04x}", u32::from(c)));
        done = at + c.len_utf8();
    }
    out.push_str(&json[done..]);
    out
}

/// A field that says something: not empty and not the `-` that logs write for "none".
#[must_use]
pub fn present(field: &str) -> Option<&str> {
    (!field.is_empty() && field != "-").then_some(field)
}

/// Undoes `\xHH`, `\"`, `\\`, `\t`, `\n`, `\r`, `\b`, `\f` and `\v`, as nginx, Apache and Traefik
/// write them. Borrowed where there is no backslash.
///
/// The bytes of neighbouring `\xHH` are read together as UTF-8 (nginx writes `é` as `\xC3\xA9`);
/// what is no UTF-8 becomes U+FFFD. A backslash before anything else stays, so that a Windows path
/// or a regular expression in a query is not eaten.
#[must_use]
pub fn unescape(s: &str) -> Cow<'_, str> {
    let bytes = s.as_bytes();
    let Some(first) = memchr(b'\\', bytes) else {
        return Cow::Borrowed(s);
    };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&bytes[..first]);
    let mut rest = &bytes[first..];
    while let Some((taken, byte)) = escape_at_start(rest) {
        out.push(byte);
        rest = &rest[taken..];
        let plain = memchr(b'\\', rest).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
    }
    match String::from_utf8(out) {
        Ok(text) => Cow::Owned(text),
        Err(e) => Cow::Owned(String::from_utf8_lossy(e.as_bytes()).into_owned()),
    }
}

/// How many bytes the escape that `rest` starts with takes, and the byte it stands for; `None` at
/// the end. `rest` is empty or starts with a backslash.
fn escape_at_start(rest: &[u8]) -> Option<(usize, u8)> {
    let escape = match *rest {
        [] => return None,
        [b'\\', b'x', high, low, ..] => match (hex(high), hex(low)) {
            (Some(high), Some(low)) => (4, high << 4 | low),
            _ => (1, b'\\'),
        },
        [b'\\', c @ (b'"' | b'\\'), ..] => (2, c),
        [b'\\', b't', ..] => (2, b'\t'),
        [b'\\', b'n', ..] => (2, b'\n'),
        [b'\\', b'r', ..] => (2, b'\r'),
        [b'\\', b'b', ..] => (2, 0x08),
        [b'\\', b'f', ..] => (2, 0x0c),
        [b'\\', b'v', ..] => (2, 0x0b),
        [other, ..] => (1, other),
    };
    Some(escape)
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_escaped_reads_as_it_was_sent() {
        let cases = [
            ("plain", "plain"),
            ("", ""),
            (r#"say \"hi\""#, "say \"hi\""),
            (r"\x22quoted\x22", "\"quoted\""),
            (r"a\\x22b", r"a\x22b"),
            (r"caf\xC3\xA9", "café"),
            (r"caf\xc3\xa9!", "café!"),
            (r"\xff\xfe bad", "\u{fffd}\u{fffd} bad"),
            (r"\t\n\r\b\f\v", "\t\n\r\u{8}\u{c}\u{b}"),
            (r"C:\dir\.git", r"C:\dir\.git"),
            (r"cut \x2", r"cut \x2"),
            (r"cut \", r"cut \"),
            (r"\xzz", r"\xzz"),
            (r"é\x5Cü", r"é\ü"),
        ];
        for (escaped, plain) in cases {
            assert_eq!(unescape(escaped), plain, "{escaped}");
        }
    }

    #[test]
    fn a_text_without_backslash_is_not_copied() {
        assert!(matches!(unescape("/index.html?q=é"), Cow::Borrowed(_)));
        assert!(matches!(lossy("/ü".as_bytes()), Cow::Borrowed(_)));
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_still_json() {
        let said = |text: &str| harmless(serde_json::to_string(text).unwrap());
        let cases = [
            ("x\u{9b}31m\u{7f}\u{202e}ü", r#""x\u009b31m\u007f\u202eü""#),
            ("\u{80}\u{9f}", r#""\u0080\u009f""#),
            ("\u{200f}\u{2069}", r#""\u200f\u2069""#),
            ("é©\u{a0}\u{bf}…“”", "\"é©\u{a0}\u{bf}…“”\""),
            ("", "\"\""),
        ];
        for (text, shown) in cases {
            assert_eq!(said(text), shown);
            assert_eq!(serde_json::from_str::<String>(&said(text)).unwrap(), text);
        }
    }

    #[test]
    fn a_dash_says_nothing() {
        assert_eq!([present("-"), present(""), present("--")], [None, None, Some("--")]);
    }
}
