//! Splits the body of `POST /api/v1/logs` into lines, decided by what it holds.
//!
//! Plain lines, one JSON object a line, a JSON array of objects or of strings, objects with nothing
//! between them (`curl -d @file` takes the newlines out) and objects over many lines are told apart
//! item by item, so a body may mix them. An array goes over many lines where the body is nothing else:
//! a line of text may begin like one. A broken item costs itself only. The Content-Type is not
//! asked: curl says `application/x-www-form-urlencoded` of all of them.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use super::seek;
use super::text::{lossy, unescape};
use crate::vocab::outcome::RejectReason;

/// Objects and arrays may lie this deep whatever the limits are; what is deeper no format reads.
pub const MAX_DEPTH: usize = 32;

/// What one item may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one line or object.
    pub max_line: usize,
    /// Of an object how deep it goes, at most [`MAX_DEPTH`], and the values in it at any depth.
    pub max_depth: usize,
    pub max_fields: usize,
}

impl Limits {
    /// No other limits than of the length.
    #[must_use]
    pub fn of_line(max_line: usize) -> Limits {
        Limits { max_line, max_depth: MAX_DEPTH, max_fields: usize::MAX }
    }
}

/// One item of a body.
///
/// `number` is the line of the body on which the item starts, from 1; where several start on one
/// line they count on, so that no two share a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'b> {
    /// A line of text without its terminator, or one JSON object. Owned where a JSON string was
    /// unescaped, or where an object held what is no UTF-8.
    Line {
        number: u64,
        bytes: Cow<'b, [u8]>,
    },
    Bad {
        number: u64,
        reason: RejectReason,
        why: String,
    },
}

/// Gives the items of a body in order. Nothing is kept but the place: a body of a million lines
/// costs no memory beyond itself.
#[must_use]
pub fn split<'b>(body: &'b [u8], limits: &Limits) -> Split<'b> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    Split {
        body,
        at: 0,
        limits: *limits,
        in_array: false,
        arrays_end: 0,
        behind_object: false,
        over_lines: true,
        line_end: None,
        line: 1,
        counted: 0,
        number: 0,
    }
}

/// The iterator of [`split`].
#[derive(Clone, Debug)]
pub struct Split<'b> {
    body: &'b [u8],
    at: usize,
    limits: Limits,
    in_array: bool,
    /// Up to here everything is arrays and objects.
    arrays_end: usize,
    /// A comma may follow.
    behind_object: bool,
    /// Objects may go over several lines. Given up at the first one that never closes, for then
    /// lines are the only thing to find the next one by, and each further search to the end of the
    /// body would make the whole quadratic.
    over_lines: bool,
    /// The end of the line that was last looked for: many items may lie on one long line.
    line_end: Option<usize>,
    /// The line that `counted` lies on.
    line: u64,
    counted: usize,
    number: u64,
}

impl<'b> Iterator for Split<'b> {
    type Item = Item<'b>;

    fn next(&mut self) -> Option<Item<'b>> {
        loop {
            let line_start = self.skip_blanks();
            let first = *self.body.get(self.at)?;
            if self.in_array && first == b']' {
                self.in_array = false;
                self.behind_object = true;
                self.at += 1;
                continue;
            }
            if !self.in_array && first == b'[' && self.array_starts() {
                self.in_array = true;
                self.at += 1;
                continue;
            }
            self.behind_object = false;
            self.take_number();
            return Some(match first {
                b'{' => self.object(),
                b'"' if self.in_array => self.string(),
                _ if self.in_array => self.other(),
                _ => self.text(line_start),
            });
        }
    }
}

impl<'b> Split<'b> {
    /// Goes to the next item; gives the start of its line, where only blanks lie between.
    fn skip_blanks(&mut self) -> usize {
        let (mut line_start, mut is_lines_own) = (self.at, false);
        while let Some(&byte) = self.body.get(self.at) {
            match byte {
                b'\n' => (line_start, is_lines_own) = (self.at + 1, true),
                _ if is_blank(byte) => {}
                b',' if self.in_array || self.behind_object => {
                    if !is_lines_own {
                        line_start = self.at + 1;
                    }
                }
                _ => break,
            }
            self.at += 1;
        }
        line_start
    }

    fn take_number(&mut self) {
        let passed = &self.body[self.counted..self.at];
        self.line += memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.at;
        self.number = self.line.max(self.number + 1);
    }

    /// Whether `[` opens a JSON array: lines of text begin with a bracket, too, and some with what may be an array's
    /// first item. It does where the rest of its line is arrays to its end, or the whole body. Each line is looked at once
    /// for that, and the whole body once.
    fn array_starts(&mut self) -> bool {
        if self.at >= self.arrays_end {
            let line_end = self.line_end();
            if only_arrays(&self.body[self.at..line_end]) {
                self.arrays_end = line_end;
            } else if self.number == 0 && only_arrays(&self.body[self.at..]) {
                self.arrays_end = self.body.len();
            }
        }
        self.at < self.arrays_end
    }

    fn object(&mut self) -> Item<'b> {
        self.behind_object = true;
        let from = self.at;
        let line_end = self.line_end();
        if self.over_lines {
            match scan(&self.body[from..]) {
                Scan::Good(object) => return self.good(object),
                // Closed on its own line: it is broken by itself.
                Scan::Bad(length, why) if from + length <= line_end => {
                    self.at += length;
                    return self.bad(RejectReason::Json, why);
                }
                Scan::Bad(..) | Scan::Open(_) => self.over_lines = false,
            }
        }
        match scan(&self.body[from..line_end]) {
            Scan::Good(object) => self.good(object),
            Scan::Bad(length, why) => {
                self.at += length;
                self.bad(RejectReason::Json, why)
            }
            Scan::Open(why) => {
                self.at = line_end;
                self.skip_indented();
                self.bad(RejectReason::Json, why)
            }
        }
    }

    fn good(&mut self, Whole { length, lines, depth, fields }: Whole) -> Item<'b> {
        let bytes = &self.body[self.at..self.at + length];
        self.at += length;
        (self.line, self.counted) = (self.line + lines, self.at);
        let Limits { max_line, max_depth, max_fields } = self.limits;
        if length > max_line {
            return self.too_long(length);
        }
        if depth > max_depth {
            return self
                .bad(RejectReason::Json, &format!("{depth} deep, the limit is {max_depth}"));
        }
        if fields > max_fields {
            let why = format!("{fields} values, the limit is {max_fields}");
            return self.bad(RejectReason::Json, &why);
        }
        let bytes = match lossy(bytes) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Item::Line { number: self.number, bytes }
    }

    /// A JSON string in an array is a line of text.
    fn string(&mut self) -> Item<'b> {
        let rest = &self.body[self.at + 1..];
        let Some(length) = string_length(rest, &mut 0) else {
            unreachable!("an array is looked through before it is opened");
        };
        let quoted = &self.body[self.at..self.at + length + 2];
        self.at += length + 2;
        if length > self.limits.max_line {
            return self.too_long(length);
        }
        let inner = lossy(&rest[..length]);
        let text = if inner.contains('\\') {
            // What is no JSON escape (`\x22`) is one of a server's.
            serde_json::from_str::<String>(&lossy(quoted))
                .unwrap_or_else(|_| unescape(&inner).into_owned())
        } else {
            inner.into_owned()
        };
        let line = text.trim_end_matches(['\n', '\r', '\0']);
        Item::Line { number: self.number, bytes: Cow::Owned(line.as_bytes().to_vec()) }
    }

    /// A number, a word or an array inside an array.
    fn other(&mut self) -> Item<'b> {
        let rest = &self.body[self.at..];
        let is_array = rest[0] == b'[';
        self.at += match is_array.then(|| scan(rest)) {
            Some(Scan::Good(Whole { length, .. })) => length,
            _ => bare_length(rest),
        };
        self.bad(RejectReason::Json, "neither an object nor a string")
    }

    fn text(&mut self, line_start: usize) -> Item<'b> {
        let end = self.line_end();
        let line = &self.body[line_start..end];
        let last = line.iter().rposition(|b| !matches!(b, b'\r' | 0)).map_or(0, |at| at + 1);
        self.at = end;
        // No line ends within a line.
        self.counted = end;
        if last > self.limits.max_line {
            return self.too_long(last);
        }
        Item::Line { number: self.number, bytes: Cow::Borrowed(&line[..last]) }
    }

    fn line_end(&mut self) -> usize {
        match self.line_end {
            Some(end) if end >= self.at => end,
            _ => {
                let length = memchr(b'\n', &self.body[self.at..]);
                let end = length.map_or(self.body.len(), |length| self.at + length);
                self.line_end = Some(end);
                end
            }
        }
    }

    /// What is left of a broken object that was written over many lines: indented lines and lone
    /// closing brackets, which begin no line of a log.
    fn skip_indented(&mut self) {
        while let [b'\n', b' ' | b'\t' | b'}' | b']', ..] = self.body[self.at..] {
            self.at += 1;
            self.at = self.line_end();
        }
    }

    fn bad(&self, reason: RejectReason, why: &str) -> Item<'b> {
        Item::Bad { number: self.number, reason, why: why.to_owned() }
    }

    fn too_long(&self, length: usize) -> Item<'b> {
        let why = format!("{length} bytes, the limit is {}", self.limits.max_line);
        Item::Bad { number: self.number, reason: RejectReason::Oversize, why }
    }
}

/// What was found behind an opening bracket. Lengths are from it to behind its closing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scan {
    Good(Whole),
    /// Closed, but no JSON.
    Bad(usize, &'static str),
    Open(&'static str),
}

/// An object or array from its first to its last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Whole {
    length: usize,
    /// Line ends in it.
    lines: u64,
    depth: usize,
    /// Texts, numbers and words in it.
    fields: usize,
}

/// What may come next inside an object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Key,
    Colon,
    Value,
    Comma,
}

/// Finds the end of the object or array that `bytes` starts with, and whether it is JSON as log
/// formats write it: an absent value (`"rt":,`), bare lists (`"rt":0.1, 0.2`), a comma too many and
/// escapes of any kind pass, as the reader of the format understands them. No recursion: a stack of
/// [`MAX_DEPTH`] bits tells arrays from objects.
fn scan(bytes: &[u8]) -> Scan {
    let mut arrays = 0u64;
    let (mut depth, mut deepest, mut fields, mut lines) = (0usize, 0, 0, 0);
    let mut expect = Expect::Value;
    let mut fault = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let in_array = arrays >> depth.min(MAX_DEPTH) & 1 == 1;
        let behind_comma = if in_array { Expect::Value } else { Expect::Key };
        match byte {
            b'"' => {
                let Some(length) = string_length(&bytes[at + 1..], &mut lines) else {
                    return Scan::Open("a string without its closing quote");
                };
                at += length + 1;
                fields += usize::from(expect == Expect::Value);
                // What comes next, nearly always, is taken along.
                (expect, at) = match (expect, bytes.get(at + 1)) {
                    (Expect::Key, Some(b':')) => (Expect::Value, at + 1),
                    (Expect::Key, _) => (Expect::Colon, at),
                    (Expect::Value, Some(b',')) => (behind_comma, at + 1),
                    (Expect::Value, _) => (Expect::Comma, at),
                    (Expect::Colon | Expect::Comma, _) => {
                        fault = fault.or(Some("a comma or colon is missing"));
                        (expect, at)
                    }
                };
            }
            b'{' | b'[' => {
                if expect != Expect::Value {
                    fault = fault.or(Some("an object stands where a key or comma should"));
                }
                depth += 1;
                deepest = deepest.max(depth);
                if depth > MAX_DEPTH {
                    fault = fault.or(Some("nested deeper than 32"));
                }
                let bit = 1 << depth.min(MAX_DEPTH);
                (arrays, expect) = if byte == b'[' {
                    (arrays | bit, Expect::Value)
                } else {
                    (arrays & !bit, Expect::Key)
                };
            }
            b'}' | b']' => {
                if in_array != (byte == b']') {
                    fault = fault.or(Some("brackets do not match"));
                }
                if expect == Expect::Colon {
                    fault = fault.or(Some("a key without a value"));
                }
                depth -= 1;
                expect = Expect::Comma;
                if depth == 0 {
                    return match fault {
                        None => Scan::Good(Whole { length: at + 1, lines, depth: deepest, fields }),
                        Some(why) => Scan::Bad(at + 1, why),
                    };
                }
            }
            b',' => {
                if expect == Expect::Colon {
                    fault = fault.or(Some("a key without a value"));
                }
                expect = behind_comma;
            }
            b':' if expect == Expect::Colon => expect = Expect::Value,
            b'\n' => lines += 1,
            b' ' | b'\t' | b'\r' | 0 => {}
            b'0'..=b'9' | b'-' | b'+' | b'.' if expect != Expect::Colon => {
                at += bare_length(&bytes[at..]) - 1;
                fields += 1;
                expect = Expect::Comma;
            }
            b'a'..=b'z' | b'A'..=b'Z' if expect == Expect::Value => {
                at += bare_length(&bytes[at..]) - 1;
                fields += 1;
                expect = Expect::Comma;
            }
            _ => fault = fault.or(Some("not JSON")),
        }
        at += 1;
    }
    Scan::Open("an object that does not close")
}

/// Whether the bytes begin with an array of objects or texts, and go on with nothing but such arrays and objects.
fn only_arrays(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&b| !is_blank(b) && b != b',') {
        at += next;
        let length = match bytes[at] {
            b'[' => array_length(&bytes[at..]),
            _ => item_length(&bytes[at..], true).filter(|_| bytes[at] == b'{'),
        };
        match length {
            Some(length) => at += length,
            None => return false,
        }
    }
    true
}

/// Bytes from the opening bracket to behind the closing one; `None` for what is no array, or one that begins with neither
/// an object nor a text. Commas may be too many, and missing between objects.
fn array_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    let (mut behind, mut is_first) = (b',', true);
    loop {
        let byte = *bytes.get(at)?;
        at += match byte {
            b']' => return Some(at + 1),
            b',' if !is_first => {
                behind = byte;
                1
            }
            _ if is_blank(byte) => 1,
            _ if behind == b',' || (behind, byte) == (b'{', b'{') => {
                behind = byte;
                item_length(&bytes[at..], std::mem::take(&mut is_first))?
            }
            _ => return None,
        };
    }
}

/// Bytes of an array's item. The first one is an object or a text, and whole; of those behind it an object may be broken,
/// if it closes on its line.
fn item_length(bytes: &[u8], is_first: bool) -> Option<usize> {
    match bytes[0] {
        b'"' => {
            let mut lines = 0;
            let length = string_length(&bytes[1..], &mut lines)?;
            (lines == 0).then_some(length + 2)
        }
        b'{' => match scan(bytes) {
            Scan::Good(Whole { length, .. }) => Some(length),
            Scan::Bad(length, _) if !is_first && memchr(b'\n', &bytes[..length]).is_none() => {
                Some(length)
            }
            Scan::Bad(..) | Scan::Open(_) => None,
        },
        _ if is_first => None,
        b'[' => match scan(bytes) {
            Scan::Good(Whole { length, .. }) => Some(length),
            Scan::Bad(..) | Scan::Open(_) => None,
        },
        _ => {
            let word = &bytes[..bare_length(bytes)];
            let number = word.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b))
                && word.iter().any(u8::is_ascii_digit);
            (number || matches!(word, b"true" | b"false" | b"null")).then_some(word.len())
        }
    }
}

/// What stands between items.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

/// Bytes before the closing quote; `None` where the line ends first, as no JSON string holds an LF. One behind a
/// backslash is let through, and counted.
fn string_length(bytes: &[u8], lines: &mut u64) -> Option<usize> {
    let mut at = 0;
    loop {
        at += seek::first_of(bytes.get(at..)?, [b'"', b'\\', b'\n'])?;
        match bytes[at] {
            b'"' => return Some(at),
            b'\\' => {
                *lines += u64::from(bytes.get(at + 1) == Some(&b'\n'));
                at += 2;
            }
            _ => return None,
        }
    }
}

/// A number or a word: at least one byte.
fn bare_length(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|&b| !BARE[usize::from(b)]);
    end.unwrap_or(bytes.len()).max(1)
}

/// What numbers and words are made of.
static BARE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.' | b'_');
        byte += 1;
    }
    table
};

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
