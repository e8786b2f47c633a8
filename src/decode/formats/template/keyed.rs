//! Formats that are JSON objects: each key has a format of its own for what stands under it, and the
//! keys of a line may come in any order, among others.

use super::field::{Escape, Field, Parts};
use super::fill::Filling;
use super::goaccess::{self, Times};
use super::matcher::{self, Fail};
use super::program::{FIELDS_MAX, Program};
use super::{Fault, Mismatch, Options, mismatch};
use crate::decode::formats::json_escape;
use crate::decode::formats::scan;
use crate::vocab::event::Event;

/// Objects and arrays may lie this deep; what is deeper is no log line.
const DEPTH_MAX: usize = 32;
/// Keys with a format.
const KEYS_MAX: usize = 64;

/// What is known of the place under a key.
#[derive(Debug, Default)]
struct Node {
    children: Vec<(String, Node)>,
    /// The first value of an array.
    element: Option<Box<Node>>,
    /// The place among the leaves.
    leaf: Option<usize>,
}

#[derive(Debug)]
struct Leaf {
    key: String,
    program: Program,
}

#[derive(Debug)]
pub(super) struct Keyed {
    root: Node,
    leaves: Vec<Leaf>,
    /// Leaves and their fields, in the order in which they are read.
    order: Vec<(usize, u8)>,
}

/// Why a line is not of the format.
pub(super) enum Refused {
    /// No object, or a broken one.
    Syntax(usize),
    Twice(usize, usize),
    Value(usize, Fail),
    /// Of all the keys there is none.
    Nothing,
}

impl Keyed {
    pub(super) fn new(text: &str, options: &Options) -> Result<Keyed, Fault> {
        let (from, to) = goaccess::inside(text);
        let times = Times::new(options)?;
        let mut reader = Reader { text: &text[..to], at: from };
        let mut keyed = Keyed { root: Node::default(), leaves: Vec::new(), order: Vec::new() };
        let mut root = Node::default();
        let mut path = Vec::new();
        let read = keyed.template(&mut reader, &mut root, &mut path, &times, 0);
        read.map_err(|fault| fault.unwrap_or_else(|| reader.broken()))?;
        reader.blanks();
        if reader.at < to {
            return Err(reader.broken());
        }
        keyed.root = root;
        let fields: Vec<(usize, u8, &Field)> = keyed
            .leaves
            .iter()
            .enumerate()
            .flat_map(|(leaf, Leaf { program, .. })| {
                program.fields.iter().enumerate().map(move |(at, field)| (leaf, at as u8, field))
            })
            .collect();
        keyed.order = super::fill::order(fields.iter().map(|(.., field)| *field))
            .into_iter()
            .map(|at| (fields[at].0, fields[at].1))
            .collect();
        Ok(keyed)
    }

    /// Reads a value of the template. `Err(None)` is broken JSON.
    fn template(
        &mut self,
        reader: &mut Reader<'_>,
        node: &mut Node,
        path: &mut Vec<String>,
        times: &Times,
        depth: usize,
    ) -> Result<(), Option<Fault>> {
        reader.blanks();
        match reader.peek().filter(|_| depth < DEPTH_MAX).ok_or(None)? {
            b'{' => {
                reader.at += 1;
                loop {
                    reader.blanks();
                    if reader.take(b'}') {
                        return Ok(());
                    }
                    if reader.take(b',') {
                        continue;
                    }
                    let (raw, from) = reader.string().ok_or(None)?;
                    let key = json_escape::unescape(raw).into_owned();
                    reader.blanks();
                    if !reader.take(b':') {
                        return Err(None);
                    }
                    if node.children.iter().any(|(known, _)| *known == key) {
                        let message = format!("the key {key:?} stands here a second time");
                        return Err(Some(Fault { offset: from, length: raw.len(), message }));
                    }
                    let mut child = Node::default();
                    path.push(key);
                    self.template(reader, &mut child, path, times, depth + 1)?;
                    node.children.push((path.pop().unwrap_or_default(), child));
                }
            }
            b'[' => {
                reader.at += 1;
                reader.blanks();
                if !reader.take(b']') {
                    let mut element = Node::default();
                    self.template(reader, &mut element, path, times, depth + 1)?;
                    node.element = Some(Box::new(element));
                    reader.blanks();
                    if !reader.take(b']') {
                        return Err(Some(reader.fault("only an array's first value is read")));
                    }
                }
                Ok(())
            }
            first => {
                let (raw, from) =
                    if first == b'"' { reader.string().ok_or(None)? } else { reader.bare() };
                if raw.is_empty() && first != b'"' {
                    return Err(None);
                }
                if raw.contains(['%', '~']) {
                    let mut parts = Parts::new(Escape::Json);
                    let text = reader.text;
                    goaccess::piece(text, from, from + raw.len(), times, &mut parts)?;
                    node.leaf = Some(self.leaf(path, parts, from, raw.len())?);
                }
                Ok(())
            }
        }
    }

    fn leaf(
        &mut self,
        path: &[String],
        parts: Parts,
        offset: usize,
        length: usize,
    ) -> Result<usize, Fault> {
        if self.leaves.len() == KEYS_MAX {
            let message = format!("a format has up to {KEYS_MAX} keys");
            return Err(Fault { offset, length, message });
        }
        self.leaves.push(Leaf { key: path.join("."), program: Program::new(parts)? });
        Ok(self.leaves.len() - 1)
    }

    pub(super) fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> Result<(), Refused> {
        let mut values: [Option<(&str, usize)>; KEYS_MAX] = [None; KEYS_MAX];
        let mut reader = Reader { text: line, at: 0 };
        reader.blanks();
        if reader.peek() != Some(b'{') {
            return Err(Refused::Syntax(0));
        }
        self.line(&mut reader, Some(&self.root), &mut values, 0)?;
        reader.blanks();
        if reader.at < line.len() {
            return Err(Refused::Syntax(reader.at));
        }
        if values.iter().all(Option::is_none) {
            return Err(Refused::Nothing);
        }
        let escaped = memchr::memchr(b'\\', line.as_bytes()).is_some();
        let text = if escaped { super::fill::json } else { scan::plain };
        let mut filling = Filling::new(text);
        let mut spans = [(0, 0); FIELDS_MAX];
        let mut cut = None;
        // All must be right before anything is written.
        for (leaf, value) in self.leaves.iter().zip(&values) {
            if let Some((raw, at)) = value {
                matcher::run(&leaf.program, raw, &mut spans).map_err(|fail| {
                    let offset = fail.offset + at;
                    Refused::Value(self.place(leaf), Fail { offset, ..fail })
                })?;
            }
        }
        for &(leaf, field) in &self.order {
            let Some((raw, _)) = values[leaf] else { continue };
            let program = &self.leaves[leaf].program;
            if cut != Some(leaf) {
                cut = Some(leaf);
                let _ = matcher::run(program, raw, &mut spans);
            }
            let (from, to) = spans[usize::from(field)];
            let value = raw.get(from as usize..to as usize).unwrap_or("");
            filling.set(&program.fields[usize::from(field)], value, event);
        }
        let fields = self.leaves.iter().flat_map(|leaf| &leaf.program.fields);
        filling.finish(fields, event);
        Ok(())
    }

    fn place(&self, leaf: &Leaf) -> usize {
        self.leaves.iter().position(|other| std::ptr::eq(other, leaf)).unwrap_or(0)
    }

    /// Walks a value of the line, keeping what a leaf asks for.
    fn line<'a>(
        &self,
        reader: &mut Reader<'a>,
        node: Option<&Node>,
        values: &mut [Option<(&'a str, usize)>; KEYS_MAX],
        depth: usize,
    ) -> Result<(), Refused> {
        reader.blanks();
        let broken = |reader: &Reader<'_>| Refused::Syntax(reader.at);
        let Some(first) = reader.peek().filter(|_| depth < DEPTH_MAX) else {
            return Err(broken(reader));
        };
        match first {
            b'{' => {
                reader.at += 1;
                loop {
                    reader.blanks();
                    if reader.take(b'}') {
                        return Ok(());
                    }
                    if reader.take(b',') {
                        continue;
                    }
                    let (raw, _) = reader.string().ok_or_else(|| broken(reader))?;
                    reader.blanks();
                    if !reader.take(b':') {
                        return Err(broken(reader));
                    }
                    let child = node.and_then(|node| {
                        let mut children = node.children.iter();
                        if raw.contains('\\') {
                            let key = json_escape::unescape(raw);
                            return children.find(|(known, _)| **known == *key);
                        }
                        children.find(|(known, _)| known == raw)
                    });
                    self.line(reader, child.map(|(_, child)| child), values, depth + 1)?;
                }
            }
            b'[' => {
                reader.at += 1;
                let mut element = node.and_then(|node| node.element.as_deref());
                loop {
                    reader.blanks();
                    if reader.take(b']') {
                        return Ok(());
                    }
                    if reader.take(b',') {
                        continue;
                    }
                    self.line(reader, element.take(), values, depth + 1)?;
                }
            }
            first => {
                let quoted = first == b'"';
                let value = if quoted { reader.string() } else { Some(reader.bare()) };
                let (raw, at) = value.ok_or_else(|| broken(reader))?;
                if raw.is_empty() && !quoted {
                    return Err(broken(reader));
                }
                if let Some(leaf) = node.and_then(|node| node.leaf) {
                    if values[leaf].is_some() {
                        return Err(Refused::Twice(leaf, at));
                    }
                    let absent = matches!(raw, "" | "-") || (raw == "null" && !quoted);
                    values[leaf] = Some((raw, at)).filter(|_| !absent);
                }
                Ok(())
            }
        }
    }

    pub(super) fn mismatch(&self, refused: Refused) -> Mismatch {
        let say = |field: &str, offset: usize, message: &str| Mismatch {
            field: field.to_owned(),
            offset,
            message: message.to_owned(),
        };
        let key = |leaf: usize| self.leaves.get(leaf).map_or("", |leaf| leaf.key.as_str());
        match refused {
            Refused::Syntax(offset) => say("", offset, "the line is no JSON object from here"),
            Refused::Twice(leaf, offset) => {
                say(key(leaf), offset, "this key stands in the line a second time")
            }
            Refused::Value(leaf, fail) => {
                let offset = fail.offset;
                match self.leaves.get(leaf) {
                    Some(Leaf { key, program }) => {
                        let inner = mismatch(program, fail);
                        say(key, offset, &format!("{key}: {}", inner.message))
                    }
                    None => say("", offset, ""),
                }
            }
            Refused::Nothing => say("", 0, "none of the template's keys is in the line"),
        }
    }
}

/// Reads JSON leniently where servers do: bare words, missing values, control characters.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    /// What stands between the quotes, and where it begins.
    fn string(&mut self) -> Option<(&'a str, usize)> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let from = self.at + 1;
        let length = super::shape::quote(&self.text.as_bytes()[from..], 0)?;
        self.at = from + length + 1;
        Some((self.text.get(from..from + length)?, from))
    }

    fn bare(&mut self) -> (&'a str, usize) {
        let from = self.at;
        let rest = &self.text[from..];
        let ends =
            |c: char| c.is_ascii_whitespace() || matches!(c, ',' | '}' | ']' | '"' | '{' | '[');
        self.at += rest.find(ends).unwrap_or(rest.len());
        (&self.text[from..self.at], from)
    }

    fn broken(&self) -> Fault {
        self.fault("the format begins as a JSON object, and is none from here")
    }

    /// A fault of the character that stands here.
    fn fault(&self, message: &str) -> Fault {
        let at = self.at.min(self.text.len());
        let length = self.text[at..].chars().next().map_or(0, char::len_utf8);
        Fault { offset: at, length, message: message.to_owned() }
    }
}
