//! One event on its way into the columns: what of it is kept, still borrowed from its buffer.

use std::borrow::Cow;

use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Millis;

/// What is kept of one event. Its second is the block's.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Milliseconds into its second, 0–999.
    pub ms: u16,
    pub kind: Kind,
    /// 1–999; 0 where the line had none.
    pub status: u16,
    pub bytes: Option<u64>,
    pub bytes_in: Option<u64>,
    pub request_us: Option<u32>,
    pub upstream_us: Option<u32>,
    /// By [`Field::index`].
    pub text: [Option<&'a str>; Field::COUNT],
}

impl<'a> Row<'a> {
    /// An event that says nothing yet.
    #[must_use]
    pub fn new(kind: Kind) -> Row<'a> {
        Row {
            ms: 0,
            kind,
            status: 0,
            bytes: None,
            bytes_in: None,
            request_us: None,
            upstream_us: None,
            text: [None; Field::COUNT],
        }
    }

    /// Gives `field` a text; empty and `-` mean that there is none.
    pub fn set(&mut self, field: Field, text: &'a str) {
        self.text[field.index()] = Some(text);
    }

    /// The text of `field`, or `None` where the line had none, an empty one or `-`.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&'a str> {
        present(self.text[field.index()])
    }
}

/// What is kept of one request of a line that says no more than this. Texts that are empty or `-` mean that there is
/// none.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Its place among [`Common::senders`].
    pub sender: usize,
    pub at: Millis,
    /// 1–999.
    pub status: u16,
    pub bytes: Option<u64>,
    pub client: Cow<'a, str>,
    pub method: &'a str,
    pub path: &'a str,
    pub query: Cow<'a, str>,
    pub protocol: &'a str,
    pub referrer: &'a str,
    pub agent: &'a str,
}

/// What requests have in common that came together.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    pub format: &'a str,
    pub senders: &'a [Sender<'a>],
}

/// The name of who sent requests, and the site that they are for, which such lines don't say themselves.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    pub source: &'a str,
    /// Empty where there is none.
    pub site: &'a str,
}

/// What a block takes of an event, read where it stands: nothing is copied into a row first.
pub trait Fields {
    /// As [`Row::ms`].
    fn ms(&self) -> u16;
    fn kind(&self) -> Kind;
    /// 0 where the line had none.
    fn status(&self) -> u16;
    fn bytes(&self) -> Option<u64>;
    fn bytes_in(&self) -> Option<u64>;
    fn request_us(&self) -> Option<u32>;
    fn upstream_us(&self) -> Option<u32>;
    /// Empty and `-` mean that there is none. Inlined, for a block asks for one field of all its rows.
    fn text(&self, field: Field) -> Option<&str>;
}

impl Fields for Row<'_> {
    fn ms(&self) -> u16 {
        self.ms
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn status(&self) -> u16 {
        self.status
    }

    fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    fn bytes_in(&self) -> Option<u64> {
        self.bytes_in
    }

    fn request_us(&self) -> Option<u32> {
        self.request_us
    }

    fn upstream_us(&self) -> Option<u32> {
        self.upstream_us
    }

    #[inline(always)]
    fn text(&self, field: Field) -> Option<&str> {
        self.text[field.index()]
    }
}

/// Servers write `-` for what is missing; kept as a value it would be counted as one.
#[inline]
pub(crate) fn present(text: Option<&str>) -> Option<&str> {
    match text {
        Some("" | "-") => None,
        other => other,
    }
}
