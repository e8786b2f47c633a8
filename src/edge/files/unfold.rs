//! JSON in an array or over many lines as one item a line: what exports, editors and `jq` make of a log.

use std::io::{self, Cursor, Read};

use super::CHUNK;
use crate::decode::text::unescape;

/// Bytes by which such a file is known; an indentation is shorter.
const HEAD: usize = 64;
const BOM: &[u8] = b"\xef\xbb\xbf";
/// A text in an array is held until its end, if that comes so soon.
const TEXT: usize = 1 << 20;

/// Puts before the input what it needs for lines to come out of it. `POST /api/v1/logs` reads the same, from a body
/// that is there as a whole (`decode/payload.rs`); a file may be larger than the memory.
///
/// # Errors
/// When its first bytes can't be read.
pub(super) fn unfolded(mut input: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::with_capacity(HEAD);
    input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let is_folded = is_folded(head.strip_prefix(BOM).unwrap_or(&head));
    if is_folded && head.starts_with(BOM) {
        head.drain(..BOM.len());
    }
    let whole = Cursor::new(head).chain(input);
    Ok(if is_folded { Box::new(Unfold::new(whole)) } else { Box::new(whole) })
}

/// Whether it begins with an array of objects or texts, or an object of which the first line is its bracket: many error
/// logs begin with a bracket, and most JSON has an object a line.
fn is_folded(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let Some((first, rest)) = head.split_first() else { return false };
    let next = rest.trim_ascii_start();
    let over_lines = rest[..rest.len() - next.len()].contains(&b'\n');
    match first {
        b'[' => next.first().map_or(over_lines, |next| b"{\"".contains(next)),
        b'{' => over_lines,
        _ => false,
    }
}

/// See the module. Blanks between the words of an object are left out, so that no line ends within one.
struct Unfold<R> {
    input: R,
    read: Vec<u8>,
    /// Lines, given as far as `given`.
    lines: Vec<u8>,
    given: usize,
    at: At,
    in_array: bool,
    text: Vec<u8>,
}

#[derive(Clone, Copy)]
enum At {
    Between,
    /// In an object with so many brackets open.
    Object(usize),
    /// In a string of it; behind a backslash.
    String(usize, bool),
    /// In a text of an array; behind a backslash.
    Text(bool),
    /// In what is neither, which is given as it is.
    Line,
}

impl<R: Read> Unfold<R> {
    fn new(input: R) -> Unfold<R> {
        Unfold {
            input,
            read: vec![0; CHUNK],
            lines: Vec::new(),
            given: 0,
            at: At::Between,
            in_array: false,
            text: Vec::new(),
        }
    }

    fn take(&mut self, byte: u8) {
        let is_blank = byte.is_ascii_whitespace() || byte == 0;
        self.at = match self.at {
            At::Between if is_blank || byte == b',' => return,
            At::Between if byte == b'[' && !self.in_array => {
                self.in_array = true;
                return;
            }
            At::Between if byte == b']' && self.in_array => {
                self.in_array = false;
                return;
            }
            At::Between if byte == b'"' && self.in_array => {
                self.text.push(byte);
                At::Text(false)
            }
            At::Between => {
                self.lines.push(byte);
                if byte == b'{' { At::Object(1) } else { At::Line }
            }
            At::Object(_) if is_blank => return,
            At::Object(depth) => {
                self.lines.push(byte);
                match byte {
                    b'"' => At::String(depth, false),
                    b'{' | b'[' => At::Object(depth + 1),
                    b'}' | b']' if depth == 1 => self.end(),
                    b'}' | b']' => At::Object(depth - 1),
                    _ => At::Object(depth),
                }
            }
            // No string has a line's end in it: the object is broken, and costs no other one.
            At::String(..) | At::Line if byte == b'\n' => self.end(),
            At::String(depth, escaped) => {
                self.lines.push(byte);
                match byte {
                    b'"' if !escaped => At::Object(depth),
                    _ => At::String(depth, byte == b'\\' && !escaped),
                }
            }
            At::Text(escaped) => {
                self.text.push(byte);
                match byte {
                    b'"' if !escaped => self.end(),
                    b'\n' => self.end(),
                    _ => {
                        if self.text.len() >= TEXT {
                            self.lines.append(&mut self.text);
                        }
                        At::Text(byte == b'\\' && !escaped)
                    }
                }
            }
            At::Line => {
                self.lines.push(byte);
                At::Line
            }
        }
    }

    /// Ends the line.
    fn end(&mut self) -> At {
        if !self.text.is_empty() {
            let text = String::from_utf8_lossy(&self.text);
            let inner = text.strip_prefix('"').unwrap_or(&text).trim_end_matches('\n');
            let inner = inner.strip_suffix('"').unwrap_or(inner);
            // What is no JSON escape (`\x22`) is one of a server's.
            let line = serde_json::from_str::<String>(&text)
                .unwrap_or_else(|_| unescape(inner).into_owned());
            self.lines.extend_from_slice(line.trim_end_matches(['\n', '\r', '\0']).as_bytes());
            self.text.clear();
        }
        self.lines.push(b'\n');
        At::Between
    }
}

impl<R: Read> Read for Unfold<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.lines.len() {
            self.lines.clear();
            self.given = 0;
            let read = self.input.read(&mut self.read)?;
            if read == 0 {
                // A text whose end is missing.
                self.lines.append(&mut self.text);
                break;
            }
            for at in 0..read {
                self.take(self.read[at]);
            }
        }
        let left = &self.lines[self.given..];
        let length = left.len().min(into.len());
        into[..length].copy_from_slice(&left[..length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::payload::{Item, Limits, split};

    /// Gives a few bytes at a time.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(3);
            self.0.read(&mut into[..most])
        }
    }

    fn read(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut input = unfolded(Box::new(Slow(Cursor::new(text.to_vec())))).unwrap();
        input.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn items_are_lines_and_lines_stay_what_they_are() {
        let xs = "x".repeat(3 * TEXT / 2);
        let long = format!("[\"{xs}\",{{\"a\":1}}]");
        for (text, lines) in [
            ("[{\"a\": 1}, {\"b\":\"x, y\"}]\n", "{\"a\":1}\n{\"b\":\"x, y\"}\n"),
            ("[\n    {\n        \"a\": [1, {}]\n    },\n    {}\n]\n", "{\"a\":[1,{}]}\n{}\n"),
            ("{\r\n\t\"a\": \"]}\\\"\\\\\"\r\n}\r\n{\n}\n", "{\"a\":\"]}\\\"\\\\\"}\n{}\n"),
            ("\u{feff}\n [\"GET \\\"/\\\" \\u00e9\\n\", \"b\\x22\"]", "GET \"/\" é\nb\"\n"),
            ("[{}]\n[{}]\nplain [text]\n", "{}\n{}\nplain [text]\n"),
            ("[{\"a\":\"broken\n},{\"b\":1}]", "{\"a\":\"broken\n},{\"b\":1}]"),
            ("[{\"a\":\"broken\n{\"b\":1}]", "{\"a\":\"broken\n{\"b\":1}\n"),
            ("[{\"a\":1},{\"b\":[", "{\"a\":1}\n{\"b\":["),
            ("[\"cut", "\"cut"),
            (&long, &format!("\"{xs}\n{{\"a\":1}}\n")),
        ] {
            let got = String::from_utf8(read(text.as_bytes())).unwrap();
            assert!(got == lines, "{:.80}: {got:.80}", text);
        }
        for text in [
            "[Sun Nov 22 10:00:00 2026] [error] x\n",
            "{\"a\": 1}\n{\n",
            "{ \"a\": 1}\n",
            "[]\n",
            "[22/Nov/2026]\n",
            "",
            "\n",
            "x",
        ] {
            assert_eq!(read(text.as_bytes()), text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn whatever_json_is_written_as_its_items_are_those_of_a_body(
            items in prop::collection::vec(("[a-z\"\\\\\n ,{}\\[\\]é]{0,9}", any::<i32>()), 1..9),
            pretty in any::<bool>(), of_texts in any::<bool>(),
        ) {
            let item = |(text, n): &(String, i32)| {
                let object = serde_json::json!({ "k": text, "n": [n, {}] });
                if of_texts { (text.replace('\n', "-") + "x").into() } else { object }
            };
            let all: serde_json::Value = items.iter().map(item).collect();
            let text = if pretty { format!("{all:#}") } else { all.to_string() };
            let lines = read(text.as_bytes());
            let lines: Vec<&[u8]> = lines.split_inclusive(|b| *b == b'\n').collect();
            let body: Vec<Item<'_>> = split(text.as_bytes(), &Limits::of_line(1 << 20)).collect();
            prop_assert_eq!(lines.len(), items.len());
            for (line, item) in lines.iter().zip(&body) {
                let Item::Line { bytes, .. } = item else { panic!("{item:?}") };
                let line = line.trim_ascii_end();
                if of_texts {
                    prop_assert_eq!(line, bytes.trim_ascii_end());
                } else {
                    let value = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
                    prop_assert_eq!(value(line), value(bytes));
                }
            }
        }

        #[test]
        fn any_bytes_are_lines(bytes in prop::collection::vec(prop::sample::select(&b"[]{}\",\\\n a\xff"[..]), 0..60)) {
            let bytes = [b"[{".as_slice(), &bytes].concat();
            prop_assert!(read(&bytes).len() <= 4 * bytes.len());
        }
    }
}
