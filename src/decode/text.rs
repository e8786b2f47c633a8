//! From a stranger's bytes to text: lossy UTF-8, and undoing what servers escape in a line.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3_iter};

use super::seek;

/// The bytes as text; what is not UTF-8 becomes U+FFFD. Borrowed where nothing had to change.
#[must_use]
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // Nearly every line is UTF-8, and this looks at 64 bytes at once, the standard library's at 16, and its
    // lossy reader at every single one: that was a tenth of the whole cost of a line.
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Whether a terminal obeys a character and does not show it: controls, ends of lines, and what turns the
/// writing direction (all of Unicode's `Bidi_Control`).
#[must_use]
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line, with what a terminal obeys escaped as JSON and TOML do it.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_obeyed(c) { out.push_str(&escape(c)) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Of those that are obeyed none has more than four digits.
fn escape(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

/// JSON in which also that is escaped which a terminal would obey and JSON lets stand: DEL, the C1 controls
/// (U+009B begins a command as ESC does), ends of lines and what turns the writing direction. `curl` writes to
/// a terminal.
#[must_use]
pub fn harmless(json: String) -> String {
    let obeyed = |at: usize| json[at..].chars().next().filter(|c| is_obeyed(*c)).map(|c| (at, c));
    // The bytes that these begin with; in UTF-8 no other character has them inside. What JSON escapes itself
    // and the layout of the document begin with others.
    let starts = memchr3_iter(0x7F, 0xC2, 0xE2, json.as_bytes());
    let mut found: Vec<(usize, char)> = starts.filter_map(obeyed).collect();
    let usual = found.len();
    found.extend(memchr_iter(0xD8, json.as_bytes()).filter_map(obeyed));
    if found.is_empty() {
        return json;
    }
    if found.len() > usual {
        found.sort_unstable();
    }
    let (mut out, mut done) = (String::with_capacity(json.len() + 6 * found.len()), 0);
    for (at, c) in found {
        out.push_str(&json[done..at]);
        out.push_str(&escape(c));
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
    let Some(first) = seek::find(bytes, b'\\') else {
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
    fn a_plain_text_is_one_line_that_turns_nowhere() {
        for (text, shown) in [
            ("TAPLINE_X", "TAPLINE_X"),
            ("a\u{1b}[2J\n\t", r"a\u001b[2J\u000a\u0009"),
            ("\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}", r"\u061c\u200e\u200f\u202a\u202e"),
            ("\u{2066}\u{2069}\u{2028}\u{9b}ü", r"\u2066\u2069\u2028\u009bü"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_still_json() {
        let said = |text: &str| harmless(serde_json::to_string(text).unwrap());
        let cases = [
            ("x\u{9b}31m\u{7f}\u{202e}ü", r#""x\u009b31m\u007f\u202eü""#),
            ("\u{80}\u{9f}", r#""\u0080\u009f""#),
            ("\u{200f}\u{2069}", r#""\u200f\u2069""#),
            ("\u{61c}\u{2028}ع\u{61c}\u{7f}", r#""\u061c\u2028ع\u061c\u007f""#),
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
