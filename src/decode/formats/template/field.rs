//! What a template is made of: literal text and fields, each with what it means and how it looks.

use super::time::Pattern;

/// What a field says about the request. Durations carry their unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing that an event holds.
    Skip,
    Client,
    ClientPort,
    Forwarded,
    Ident,
    User,
    Method,
    /// `path?query`.
    Target,
    /// nginx's `$uri$is_args$args`, which ends with the `-` of no arguments.
    PathArgs,
    /// The path alone: a `?` in it was sent as `%3F`.
    Path,
    Query,
    /// The whole request line.
    Request,
    Protocol,
    Status,
    Bytes,
    BytesIn,
    Referrer,
    Agent,
    /// When the request began or came to its end.
    Began,
    Ended,
    Took(Unit),
    Waited(Unit),
    Upstream,
    Host,
    Scheme,
    TlsVersion,
    TlsCipher,
    Cache,
    Mime,
    Pid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Seconds, or text with its unit, or a list over the upstreams.
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Meaning {
    /// Whether a wrong value would be believed: where a line reads two ways, these must be the same
    /// in both. The others are a client's own words, which it could have chosen anyhow.
    pub(super) fn trusted(self) -> bool {
        !matches!(
            self,
            Meaning::Skip
                | Meaning::Forwarded
                | Meaning::Method
                | Meaning::Target
                | Meaning::PathArgs
                | Meaning::Path
                | Meaning::Query
                | Meaning::Request
                | Meaning::Protocol
                | Meaning::Referrer
                | Meaning::Agent
                | Meaning::Mime
        )
    }
}

/// How a field looks, which says where it ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Three digits, or one that says that there was none.
    Status,
    /// Up to 20 digits, perhaps behind a sign.
    Digits,
    /// Digits with a fraction.
    Decimal,
    /// Numbers over the upstreams tried: `0.1, 0.2 : 0.3`, each perhaps `-`.
    Numbers,
    /// Words over the upstreams tried, addresses mostly, none with this byte outside brackets.
    Words(u8),
    /// A method: letters, `-` and `_`.
    Token,
    /// `HTTP/1.1`.
    Protocol,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Apache's bytes in both directions, Tomcat's session, or a scheme.
    Transferred,
    /// Apache's bytes received, or Tomcat's thread (`http-nio-8080-exec-1`).
    Received,
    /// `22/Nov/2026:10:00:00 +0000`.
    Clf,
    /// The same in brackets.
    Bracketed,
    /// `2026-11-22T10:00:00+00:00`.
    Iso,
    Time(Pattern),
    /// Blanks, or none.
    Blanks,
    /// Addresses with these characters between and around them.
    Addresses(Box<str>),
    /// An IP address.
    Ip,
    /// An address or a host's name.
    Name,
    /// No blank, no quote.
    Word,
    /// A word without `/`, so that a path can follow it.
    Host,
    /// Anything.
    Text,
}

impl Shape {
    /// Whether the field is over only where the text behind it begins.
    pub(super) fn open(&self) -> bool {
        matches!(self, Shape::Ip | Shape::Name | Shape::Word | Shape::Host | Shape::Text)
    }

    /// What may stand there, for a person.
    pub(super) fn wants(&self) -> &'static str {
        match self {
            Shape::Status => "a status of three digits",
            Shape::Digits => "a whole number",
            Shape::Decimal => "a number",
            Shape::Numbers => "a number, or a list of them",
            Shape::Words(_) => "a word, or a list of them",
            Shape::Token => "a method",
            Shape::Protocol => "a protocol such as HTTP/1.1",
            Shape::OneOf(_) => "one of the words it can be",
            Shape::Received => "a number of bytes",
            Shape::Ip => "an IP address",
            Shape::Name => "an address or a host's name",
            Shape::Transferred => "a number of bytes, a session or a scheme",
            Shape::Clf => "a time such as 22/Nov/2026:10:00:00 +0000",
            Shape::Bracketed => "a time such as [22/Nov/2026:10:00:00 +0000]",
            Shape::Iso => "a time such as 2026-11-22T10:00:00+00:00",
            Shape::Time(_) => "a time as the template writes it",
            Shape::Blanks => "blanks",
            Shape::Addresses(_) => "a list of addresses",
            Shape::Word => "a word without blanks or quotes",
            Shape::Host => "a host",
            Shape::Text => "text",
        }
    }
}

/// One field of a template.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) meaning: Meaning,
    pub(super) shape: Shape,
    /// Among fields of one meaning the highest that has a value counts.
    pub(super) rank: u8,
    /// May be `-` instead.
    pub(super) dash: bool,
    /// May be nothing at all.
    pub(super) empty: bool,
    /// As it stands in the template, and where.
    pub(super) source: Box<str>,
    pub(super) offset: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(String),
    Field(Field),
}

/// How the server writes what would end a quoted field early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// `\"`, `\x22`, `\\`: nginx's default and Apache.
    Backslash,
    Json,
    /// Quotes may be escaped, as who wrote the line is not known.
    Unknown,
    /// Quotes are escaped and backslashes are not, so that `\\"` may be either.
    Loose,
    /// As it came.
    None,
}

impl Escape {
    /// Whether a quoted text ends at its first bare quote.
    pub(super) fn closes(self) -> bool {
        !matches!(self, Escape::Loose | Escape::None)
    }

    /// Whether a bare quote outside quotes can be no part of a field.
    pub(super) fn everywhere(self) -> bool {
        matches!(self, Escape::Backslash | Escape::Json)
    }
}

/// A template before it is made a program.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    pub(super) escape: Escape,
}

impl Parts {
    pub(super) fn new(escape: Escape) -> Parts {
        Parts { parts: Vec::new(), escape }
    }

    pub(super) fn literal(&mut self, text: char) {
        if let Some(Part::Literal(last)) = self.parts.last_mut() {
            last.push(text);
        } else {
            self.parts.push(Part::Literal(text.into()));
        }
    }

    pub(super) fn field(&mut self, field: Field) {
        self.parts.push(Part::Field(field));
    }

    /// Takes a query that stands right behind its path (and perhaps behind the field that writes the
    /// `?` between them) together with it: no literal says where one ends, but both make a target.
    pub(super) fn joins_target(&mut self, source: &str, between: &[&str]) -> bool {
        let is_between = |part: &Part| match part {
            Part::Field(field) => between.contains(&&*field.source),
            Part::Literal(_) => false,
        };
        let middle = self.parts.pop_if(|part| is_between(part));
        let middle_known = middle.is_some();
        match self.parts.last_mut() {
            Some(Part::Field(path))
                if path.meaning == Meaning::Path && (middle.is_some() || between.is_empty()) =>
            {
                let middle = match &middle {
                    Some(Part::Field(field)) => &*field.source,
                    _ => "",
                };
                path.source = format!("{}{middle}{source}", path.source).into();
                let dashed = middle_known && self.escape == Escape::Backslash;
                path.meaning = if dashed { Meaning::PathArgs } else { Meaning::Target };
                true
            }
            _ => {
                self.parts.extend(middle);
                false
            }
        }
    }
}
