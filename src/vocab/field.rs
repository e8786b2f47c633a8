//! The text fields that events are kept and filtered by: one dictionary and one column each.

/// A column of texts. `Agent` is the whole user agent; its class and family are derived from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Field {
    Site = 0,
    Source,
    Client,
    Method,
    Path,
    Query,
    Protocol,
    Referrer,
    Agent,
    User,
    Upstream,
    Cache,
    Level,
    Message,
    Format,
    /// `http` or `https`.
    Scheme,
    /// `TLSv1.3`, …
    Tls,
    Cipher,
    Mime,
    /// Stands in for the client where its address is not kept whole: a keyed hash, for counting
    /// visitors only. Never shown, no word of the filter language.
    Visitor,
}

impl Field {
    pub const COUNT: usize = 20;
    pub const ALL: [Field; Field::COUNT] = [
        Field::Site,
        Field::Source,
        Field::Client,
        Field::Method,
        Field::Path,
        Field::Query,
        Field::Protocol,
        Field::Referrer,
        Field::Agent,
        Field::User,
        Field::Upstream,
        Field::Cache,
        Field::Level,
        Field::Message,
        Field::Format,
        Field::Scheme,
        Field::Tls,
        Field::Cipher,
        Field::Mime,
        Field::Visitor,
    ];

    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// The word of the filter language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Field::Site => "site",
            Field::Source => "source",
            Field::Client => "client",
            Field::Method => "method",
            Field::Path => "path",
            Field::Query => "query",
            Field::Protocol => "protocol",
            Field::Referrer => "referrer",
            Field::Agent => "agent",
            Field::User => "user",
            Field::Upstream => "upstream",
            Field::Cache => "cache",
            Field::Level => "level",
            Field::Message => "message",
            Field::Format => "format",
            Field::Scheme => "scheme",
            Field::Tls => "tls",
            Field::Cipher => "cipher",
            Field::Mime => "mime",
            Field::Visitor => "visitor",
        }
    }
}
