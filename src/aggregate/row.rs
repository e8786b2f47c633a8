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
    /// Only where addresses are not kept whole.
    pub visitor: Option<StandIn>,
    pub method: &'a str,
    pub path: Cow<'a, str>,
    pub query: Cow<'a, str>,
    pub protocol: &'a str,
    pub referrer: Cow<'a, str>,
    pub agent: &'a str,
}

impl Request<'_> {
    /// What stands for its client; empty where nothing does.
    #[inline]
    #[must_use]
    pub fn visitor(&self) -> &str {
        self.visitor.as_ref().map_or("", StandIn::as_str)
    }
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

/// Stands for a client whose address is not kept whole: a hash as sixteen digits.
#[derive(Clone, Copy, Debug)]
pub struct StandIn([u8; 16]);

impl StandIn {
    #[must_use]
    pub fn of(hash: u64) -> StandIn {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        StandIn(std::array::from_fn(|at| DIGITS[(hash >> (60 - 4 * at)) as usize & 15]))
    }

    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A request with what it has in common with others: all that it says.
#[derive(Clone, Copy, Debug)]
pub struct Complete<'r, 'a> {
    pub common: Common<'r>,
    pub request: &'r Request<'a>,
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

impl Fields for Complete<'_, '_> {
    fn ms(&self) -> u16 {
        self.request.at.of_second()
    }

    fn kind(&self) -> Kind {
        Kind::Access
    }

    fn status(&self) -> u16 {
        self.request.status
    }

    fn bytes(&self) -> Option<u64> {
        self.request.bytes
    }

    fn bytes_in(&self) -> Option<u64> {
        None
    }

    fn request_us(&self) -> Option<u32> {
        None
    }

    fn upstream_us(&self) -> Option<u32> {
        None
    }

    fn text(&self, field: Field) -> Option<&str> {
        let (request, sender) = (self.request, self.common.senders[self.request.sender]);
        match field {
            Field::Site => Some(sender.site),
            Field::Source => Some(sender.source),
            Field::Format => Some(self.common.format),
            Field::Client => Some(&request.client),
            Field::Visitor => Some(request.visitor()),
            Field::Method => Some(request.method),
            Field::Path => Some(&request.path),
            Field::Query => Some(&request.query),
            Field::Protocol => Some(request.protocol),
            Field::Referrer => Some(&request.referrer),
            Field::Agent => Some(request.agent),
            Field::User
            | Field::Upstream
            | Field::Cache
            | Field::Level
            | Field::Message
            | Field::Scheme
            | Field::Tls
            | Field::Cipher
            | Field::Mime => None,
        }
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
