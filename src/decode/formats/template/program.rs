//! A template compiled: literals and fields in the order of the line, cut where a field's end is
//! not known from the field itself.
//!
//! A *fixed* field shows by its own shape where it ends: a number, a time, a word before a blank, a
//! quoted text. An *open* one ends where what follows it begins. So a line is
//!
//! ```text
//! fixed stretch · open field · fixed stretch · open field · … · fixed stretch
//! ```
//!
//! and to read it is to find the place of every stretch (`matcher`).

use super::Fault;
use super::field::{Escape, Field, Part, Parts, Shape};
use super::shape;

/// Fields of a template; no server's longest has half as many.
pub(super) const FIELDS_MAX: usize = 128;
/// Open fields of a template.
pub(super) const OPEN_MAX: usize = 64;

#[derive(Debug)]
pub(super) enum Op {
    Literal(Box<str>),
    /// The field ends by its shape.
    Fixed(u8),
    /// The field ends before the next bare quote.
    Quoted(u8),
}

/// Literals and fixed fields.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    pub(super) ops: Vec<Op>,
    /// Something that is believed depends on its place: there must be just one.
    pub(super) pinned: bool,
}

/// How far an open field can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// To the next blank or quote.
    Word,
    /// To the next quote: the server escapes those of a field.
    Quote,
    Line,
}

#[derive(Debug)]
pub(super) struct Open {
    pub(super) field: u8,
    pub(super) bound: Bound,
}

#[derive(Debug)]
pub(super) struct Program {
    pub(super) fields: Vec<Field>,
    /// One more than there are open fields.
    pub(super) stretches: Vec<Stretch>,
    pub(super) open: Vec<Open>,
    /// It ends with a quoted text, in which a transport may cut a long line.
    pub(super) cuttable: bool,
}

impl Program {
    pub(super) fn new(parts: Parts) -> Result<Program, Fault> {
        let Parts { parts, escape } = parts;
        let mut program = Program {
            fields: Vec::new(),
            stretches: vec![Stretch::default()],
            open: Vec::new(),
            cuttable: false,
        };
        let mut before: Option<char> = None;
        let mut parts = parts.into_iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Literal(text) => {
                    before = text.chars().last();
                    program.op(Op::Literal(text.into()));
                }
                Part::Field(mut field) => {
                    if let (Shape::Words(stop), Some(Part::Literal(text))) =
                        (&mut field.shape, parts.peek())
                    {
                        let next = text.bytes().next();
                        *stop = next.filter(|&next| ends_words(next)).unwrap_or(*stop);
                    }
                    let kind = Ending::of(&field, before, parts.peek(), escape)?;
                    program.field(field, kind)?;
                    before = None;
                }
            }
        }
        program.pin();
        // Only where a field's own quotes are escaped: else a client could write the end of its field
        // and what follows, and make the line so long that the true end is cut off.
        program.cuttable = escape.everywhere()
            && program.stretches.last().is_some_and(|last| {
                matches!(&last.ops[..], [.., Op::Quoted(_), Op::Literal(end)] if &**end == "\"")
            });
        Ok(program)
    }

    fn op(&mut self, op: Op) {
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.ops.push(op);
        }
    }

    fn field(&mut self, field: Field, ending: Ending) -> Result<(), Fault> {
        let full = self.fields.len() == FIELDS_MAX;
        if full || (self.open.len() == OPEN_MAX && matches!(ending, Ending::Open(_))) {
            let message = format!(
                "this is one field too many: a template has up to {FIELDS_MAX}, and up to \
                 {OPEN_MAX} whose end only what follows shows"
            );
            return Err(Fault { offset: field.offset, length: field.source.len(), message });
        }
        let index = self.fields.len() as u8;
        self.fields.push(field);
        match ending {
            Ending::Fixed => self.op(Op::Fixed(index)),
            Ending::Quoted => self.op(Op::Quoted(index)),
            Ending::Open(bound) => {
                self.open.push(Open { field: index, bound });
                self.stretches.push(Stretch::default());
            }
        }
        Ok(())
    }

    /// A stretch is pinned where a trusted field is in it or touches it.
    fn pin(&mut self) {
        let trusted = |index: u8| self.fields[usize::from(index)].meaning.trusted();
        let pins: Vec<bool> = (0..self.stretches.len())
            .map(|at| {
                let inside = self.stretches[at].ops.iter().any(|op| match op {
                    Op::Literal(_) => false,
                    Op::Fixed(index) | Op::Quoted(index) => trusted(*index),
                });
                let before = at.checked_sub(1).and_then(|at| self.open.get(at));
                let touching = before.into_iter().chain(self.open.get(at));
                inside || touching.into_iter().any(|open| trusted(open.field))
            })
            .collect();
        for (stretch, pinned) in self.stretches.iter_mut().zip(pins) {
            stretch.pinned = pinned;
        }
    }
}

/// How a field's end is found.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Fixed,
    Quoted,
    Open(Bound),
}

impl Ending {
    fn of(
        field: &Field,
        before: Option<char>,
        next_part: Option<&Part>,
        escape: Escape,
    ) -> Result<Ending, Fault> {
        let follows = match next_part {
            None => Follows::End,
            Some(Part::Literal(text)) => Follows::Char(text.chars().next().unwrap_or(' ')),
            Some(Part::Field(next)) => Follows::Field(next),
        };
        if let Follows::Field(next) = follows
            && !meets(&field.shape, &next.shape)
        {
            let message = format!(
                "nothing stands between {} and {}, so where one ends can't be seen; put a blank or \
                 quotes there",
                field.source, next.source
            );
            let length = field.source.len() + next.source.len();
            return Err(Fault { offset: field.offset, length, message });
        }
        let bound = match (&field.shape, escape.everywhere()) {
            (Shape::Ip | Shape::Name | Shape::Word | Shape::Host, _) => Bound::Word,
            (_, true) => Bound::Quote,
            (_, false) => Bound::Line,
        };
        Ok(match (&field.shape, follows) {
            (Shape::Ip | Shape::Name | Shape::Word | Shape::Host, Follows::End) => Ending::Fixed,
            (Shape::Host, Follows::Char('/') | Follows::Field(_)) => Ending::Fixed,
            (shape, Follows::Char(next)) if ends_before(shape, next) => Ending::Fixed,
            // Only behind its opening quote: else a line could be searched for the closing one again
            // and again.
            (Shape::Text, Follows::Char('"')) if before == Some('"') && escape.closes() => {
                Ending::Quoted
            }
            // A list in which what follows it may stand too ends where all else fits.
            (Shape::Numbers, _) if parts_list(next_part) => Ending::Open(bound),
            (Shape::Words(stop), Follows::Char(next)) => {
                let ends = next == char::from(*stop) || matches!(next, ' ' | '\t' | '"');
                if ends && !parts_list(next_part) { Ending::Fixed } else { Ending::Open(bound) }
            }
            (shape, _) if shape.open() => Ending::Open(bound),
            _ => Ending::Fixed,
        })
    }
}

enum Follows<'a> {
    End,
    Char(char),
    Field(&'a Field),
}

/// Whether two fields can stand with nothing between them.
fn meets(first: &Shape, second: &Shape) -> bool {
    let fixed = |shape: &Shape| {
        matches!(shape, Shape::Clf | Shape::Bracketed | Shape::Iso | Shape::Time(_) | Shape::Blanks)
    };
    // A path begins with the `/` that ends a host.
    let address = *first == Shape::Host && *second == Shape::Text;
    fixed(first) || fixed(second) || matches!(first, Shape::OneOf(_)) || address
}

/// Whether no field of the shape holds the character, so that it is over there.
fn ends_before(shape: &Shape, next: char) -> bool {
    let Ok(next) = u8::try_from(next) else { return false };
    match shape {
        Shape::Ip | Shape::Name => !shape::in_name(next),
        Shape::Word | Shape::Host => !shape::in_word(next),
        _ => false,
    }
}

/// Whether a list over the upstreams is over where this stands: no address has it, but perhaps in
/// brackets of its own.
fn ends_words(next: u8) -> bool {
    next == b']' || !(next == b'/' || shape::in_name(next))
}

/// Whether the text begins with what stands between the items of a list.
fn parts_list(next: Option<&Part>) -> bool {
    matches!(next, Some(Part::Literal(text)) if text.starts_with(", ") || text.starts_with(" : "))
}
