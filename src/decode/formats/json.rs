//! JSON objects with any field names: nginx `escape=json`, Caddy, Traefik, Envoy, applications.
//!
//! Read by hand rather than with a strict parser, because the lines are made by hand too: nginx's
//! default escape writes `\x22` into a JSON text, an absent variable leaves `"rt":,`, control
//! bytes stand as they are. All of these are understood in the one pass; a duplicate key's last
//! value wins.

use super::alias::{self, Path, Says, Slot};
use super::found::{Found, Value};
use super::json_shape::{LATELY, Shape};
use super::{Format, dialect, json_escape};
use crate::decode::seek;
use crate::vocab::event::Event;
use crate::vocab::time::Stamp;

/// Objects and arrays may lie this deep; what is deeper is no log line.
const DEPTH_MAX: usize = 32;
/// Values of one line that are looked at.
const FIELDS_MAX: usize = 512;

#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, line: &str) -> bool {
        line.starts_with('{') || line.trim_start_matches(is_lead).starts_with(['{', '@'])
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        read(line, true)
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        read_into(line, true, event).is_some()
    }
}

pub(super) const NAME: &str = "json";

/// What may stand before an object.
fn is_lead(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Behind blanks, a byte order mark, and the cookie of Common Event Expression, which rsyslog's JSON
/// templates begin with.
fn behind_lead(line: &str) -> &str {
    let text = line.trim_start_matches(is_lead);
    text.strip_prefix("@cee:").unwrap_or(text).trim_start()
}

/// Reads an object; `outer` allows another line, or another object, inside it.
pub(super) fn read(line: &str, outer: bool) -> Option<Event<'_>> {
    let mut event = Event::default();
    read_into(line, outer, &mut event)?;
    Some(event)
}

/// As [`read`], into an event that says nothing yet and still does after `None`.
fn read_into<'a>(line: &'a str, outer: bool, event: &mut Event<'a>) -> Option<()> {
    let text = if line.starts_with('{') { line } else { behind_lead(line) };
    let mut found = Found::new(NAME);
    fields(text, &mut found)?;
    found.event(outer, event)
}

/// When an object was written that is no event.
pub(super) fn moment(line: &str) -> Option<Stamp> {
    if !line.starts_with('{') {
        return None;
    }
    let mut found = Found::new(NAME);
    fields(line, &mut found)?;
    found.moment()
}

/// The fields of the object that the text is.
#[inline(always)]
fn fields<'a>(text: &'a str, found: &mut Found<'a>) -> Option<()> {
    let mut reader =
        Reader { text, at: 0, left: FIELDS_MAX, path: Path::default(), own: true, event: false };
    LATELY.with_borrow_mut(|shape| reader.line(shape, found))?;
    let rest = &text[reader.at..];
    if !rest.is_empty() && !rest.trim_matches([' ', '\t', '\r', '\n', '\0']).is_empty() {
        return None;
    }
    Some(())
}

/// What the names of a line say.
#[cfg(test)]
pub(super) fn found(text: &str) -> Option<Found<'_>> {
    let mut found = Found::new(NAME);
    fields(text, &mut found).map(|()| found)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    left: usize,
    /// The keys of the objects that are open.
    path: Path,
    /// Not inside an object that only wraps.
    own: bool,
    /// Inside ECS's `event`, whose `duration` is in nanoseconds.
    event: bool,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_blanks(&mut self) {
        // One comparison where nothing is to be skipped, as nearly always.
        while self.peek().is_some_and(|b| b <= b' ' && b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Takes the byte if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    /// The object that the line is.
    fn line(&mut self, shape: &mut Shape, found: &mut Found<'a>) -> Option<()> {
        let place = self.foreseen(shape, found)?;
        if place == 0 && !self.take(b'{') {
            return None;
        }
        let from = if place == 0 { 0 } else { self.at };
        self.fields(0, found, Some(Learning { shape, place, from }))
    }

    /// Reads the fields in front as long as they are those of the line before; gives how many are.
    #[inline(always)]
    fn foreseen(&mut self, shape: &Shape, found: &mut Found<'a>) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut place = 0;
        while let Some(step) = shape.step(place)
            && step.comes(&bytes[self.at..])
        {
            let opens = self.at + step.len - usize::from(step.quoted);
            // A text that was a number, or the other way around.
            if !step.quoted && bytes.get(opens).is_none_or(|b| b"\"{[ \t\r\n\x0c".contains(b)) {
                break;
            }
            self.at = opens;
            let opens = if step.quoted { b'"' } else { 0 };
            let value = self.plain_value(opens, step.capital)?;
            self.keep(step.says, value, found);
            place += 1;
        }
        Some(place)
    }

    fn object(&mut self, depth: usize, found: &mut Found<'a>) -> Option<()> {
        if depth >= DEPTH_MAX || !self.take(b'{') {
            return None;
        }
        self.fields(depth, found, None)
    }

    /// The fields of an object up to its end.
    fn fields(
        &mut self,
        depth: usize,
        found: &mut Found<'a>,
        mut learning: Option<Learning<'_>>,
    ) -> Option<()> {
        loop {
            match self.peek()? {
                b'"' => {}
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => {
                    self.at += 1;
                    continue;
                }
                blank if blank.is_ascii_whitespace() => {
                    self.at += 1;
                    continue;
                }
                _ => return None,
            }
            let (key, escaped) = self.string()?;
            let opens = self.colon()?;
            if opens == b'{' && self.path.is_empty() && dialect::wraps(key) {
                learning = None;
                let outside = (self.own, self.event);
                (self.own, self.event) = (false, key == "event");
                self.object(depth + 1, found)?;
                (self.own, self.event) = outside;
                continue;
            }
            let capital = key.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
            if self.path.is_empty() && !self.event && !escaped && !matches!(opens, b'{' | b'[') {
                let says = top_slot(key);
                let value_at = self.at + usize::from(opens == b'"');
                let value = self.plain_value(opens, capital)?;
                self.keep(says, value, found);
                learning = learning.and_then(|learning| {
                    let before = &self.text.as_bytes()[learning.from..value_at];
                    learning.learnt(before, says, capital, self.at)
                });
                continue;
            }
            learning = None;
            let before =
                if escaped { self.path.push(&json_escape::unescape(key)) } else { self.enter(key) };
            self.value(opens, capital, depth + 1, found)?;
            self.path.back(before);
        }
    }

    /// Takes the colon behind a key, and blanks around it; gives the byte that is next.
    #[inline]
    fn colon(&mut self) -> Option<u8> {
        if self.peek()? != b':' {
            self.skip_blanks();
            if self.peek()? != b':' {
                return None;
            }
        }
        self.at += 1;
        let next = self.peek()?;
        if next > b' ' {
            return Some(next);
        }
        self.skip_blanks();
        self.peek()
    }

    /// Puts a key on the path; gives the length to go back to.
    fn enter(&mut self, key: &str) -> usize {
        if self.event && self.path.is_empty() && key == "duration" {
            return self.path.push("durationNs");
        }
        let (front, key) = dialect::meant(key);
        let before = self.path.push(front);
        self.path.push(key);
        before
    }

    /// Reads the value that `opens` is the first byte of, and keeps it under the path.
    #[inline(always)]
    fn value(
        &mut self,
        opens: u8,
        capital: bool,
        depth: usize,
        found: &mut Found<'a>,
    ) -> Option<()> {
        match opens {
            b'{' => self.object(depth, found),
            b'[' => self.array(depth, found),
            _ => {
                let value = self.plain_value(opens, capital)?;
                self.keep(self.path.slot(), value, found);
                Some(())
            }
        }
    }

    /// Reads a value that is no object and no array.
    #[inline(always)]
    fn plain_value(&mut self, opens: u8, capital: bool) -> Option<Value<'a>> {
        Some(match opens {
            b'"' => {
                let (raw, escaped) = self.string()?;
                Value { raw, escaped, quoted: true, capital }
            }
            _ => Value { raw: self.bare_list(), escaped: false, quoted: false, capital },
        })
    }

    /// The first value of an array stands for it (`"User-Agent":["curl/8"]`); of `X-Forwarded-For`
    /// all do, as the first is what a client may have sent itself.
    fn array(&mut self, depth: usize, found: &mut Found<'a>) -> Option<()> {
        if depth >= DEPTH_MAX || !self.take(b'[') {
            return None;
        }
        let mut length = None;
        let from = self.at;
        let mut values = 0;
        loop {
            self.skip_blanks();
            if self.take(b']') {
                if let Some(length) = length {
                    self.path.back(length);
                }
                if values > 1
                    && let Some((slot @ Slot::Forwarded, rank)) = self.path.slot()
                {
                    let raw = &self.text[from..self.at - 1];
                    let escaped = memchr::memchr(b'\\', raw.as_bytes()).is_some();
                    // However many values the client has sent before it.
                    let value = Value { raw, escaped, quoted: true, capital: false };
                    found.keep(slot, rank, self.own, value);
                }
                let raw = &self.text[from..self.at - 1];
                if let Some((slot @ Slot::Message, rank)) = self.path.slot()
                    && json_escape::is_bytes(raw)
                {
                    let value = Value { raw, escaped: true, quoted: false, capital: false };
                    found.keep(slot, rank, self.own, value);
                }
                return Some(());
            }
            values += 1;
            if self.take(b',') {
                continue;
            }
            let before = self.at;
            let opens = self.peek()?;
            self.value(opens, false, depth + 1, found)?;
            if self.at == before {
                return None;
            }
            if length.is_none() {
                length = Some(self.path.bar());
            }
        }
    }

    fn keep(&mut self, says: Says, value: Value<'a>, found: &mut Found<'a>) {
        let Some((slot, rank)) = says else {
            return;
        };
        if self.left > 0 {
            self.left -= 1;
            found.keep(slot, rank, self.own, value);
        }
    }

    /// A bare token, or nginx's list of them: `0.001, 0.002 : 0.003`.
    fn bare_list(&mut self) -> &'a str {
        let from = self.at;
        self.bare();
        let mut end = self.at;
        let bytes = self.text.as_bytes();
        loop {
            // The next key, nearly always.
            if let [b',', b'"', ..] = bytes[end..] {
                return &self.text[from..end];
            }
            let gap = bytes[end..].iter().take_while(|b| b" ,:".contains(b)).count();
            let next = bytes.get(end + gap);
            if gap == 0 || !next.is_some_and(|b| b.is_ascii_digit() || *b == b'-') {
                self.at = end;
                return &self.text[from..end];
            }
            self.at = end + gap;
            self.bare();
            end = self.at;
        }
    }

    fn bare(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|&b| BARE_ENDS[usize::from(b)]).unwrap_or(rest.len());
    }

    /// What stands between the quotes, and whether it holds an escape.
    // Twice a field; a call of its own was 7 % of a line.
    #[inline(always)]
    fn string(&mut self) -> Option<(&'a str, bool)> {
        let from = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut stop = quote_or_escape(bytes, from)?;
        let escaped = bytes[stop] == b'\\';
        while bytes[stop] == b'\\' {
            // The byte behind it is its own, whatever it is.
            stop = quote_or_escape(bytes, stop + 2)?;
        }
        self.at = stop + 1;
        Some((&self.text[from..stop], escaped))
    }
}

/// What is learnt of a line, which is read field by field from `place` on.
struct Learning<'s> {
    shape: &'s mut Shape,
    place: usize,
    /// Where the value before ended.
    from: usize,
}

impl Learning<'_> {
    /// With the next field learnt, whose value ended at `end`; `None` where there is no room for it.
    fn learnt(self, before: &[u8], says: Says, capital: bool, end: usize) -> Option<Self> {
        let learnt = self.shape.learn(self.place, before, says, capital);
        learnt.then_some(Learning { place: self.place + 1, from: end, ..self })
    }
}

/// What the key of a value of the line's own says, and its rank.
#[inline]
fn top_slot(key: &str) -> Says {
    match dialect::meant(key) {
        ("", name) => alias::slot(name),
        (front, name) => {
            let mut path = Path::default();
            path.push(front);
            path.push(name);
            path.slot()
        }
    }
}

/// What ends a bare token.
static BARE_ENDS: [bool; 256] = {
    let ends = b",}]\"{[ \t\r\n";
    let mut table = [false; 256];
    let mut at = 0;
    while at < ends.len() {
        table[ends[at] as usize] = true;
        at += 1;
    }
    table
};

/// Where the next `"` or `\` stands.
#[inline]
fn quote_or_escape(bytes: &[u8], from: usize) -> Option<usize> {
    seek::first_of(bytes.get(from..)?, [b'"', b'\\']).map(|run| from + run)
}
