//! What a line says once it has been read. Texts borrow from the receive buffer.

use std::borrow::Cow;

use super::time::Stamp;

/// A stranger's text: borrowed where the bytes stand as they are, owned where an escape was undone.
pub type Text<'a> = Cow<'a, str>;

/// What sort of line it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// One request (or one TCP session of a proxy).
    Access = 0,
    /// A line of an error log or a daemon's own log, understood.
    Error = 1,
    /// Fits no format: kept whole as `message`, counted as unparsed.
    #[default]
    Message = 2,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Access, Kind::Error, Kind::Message];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Access => "access",
            Kind::Error => "error",
            Kind::Message => "message",
        }
    }
}

/// One event. A field is `None` when the line lacks it, or wrote `-` or nothing for it.
///
/// Names and units are the contract of the design's "Event fields"; times here are integer
/// microseconds and become `…_s` only where they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event<'a> {
    pub kind: Kind,
    /// Name of the format that recognised it, e.g. `combined`; empty for `Kind::Message`.
    pub format: &'static str,
    pub stamp: Option<Stamp>,
    /// Where there is no `stamp`: whether the line has a time all the same, one that no clock shows (30 February,
    /// 25:00).
    pub is_misdated: bool,
    pub remote_ip: Option<Text<'a>>,
    pub remote_port: Option<u16>,
    pub ident: Option<Text<'a>>,
    pub user: Option<Text<'a>>,
    pub method: Option<Text<'a>>,
    /// Path without its query, as logged (no percent-decoding).
    pub path: Option<Text<'a>>,
    /// What follows the first `?`, as logged; secrets are redacted later, before anything is kept.
    pub query: Option<Text<'a>>,
    /// `HTTP/1.1`, `HTTP/2.0`, …
    pub protocol: Option<Text<'a>>,
    /// 0–999 as logged; classes come from the hundreds.
    pub status: Option<u16>,
    /// Bytes of the response body, or bytes sent where that is what the format has.
    pub bytes: Option<u64>,
    /// Bytes received from the client.
    pub bytes_in: Option<u64>,
    pub referrer: Option<Text<'a>>,
    pub user_agent: Option<Text<'a>>,
    pub request_time_us: Option<u64>,
    /// What is written of that time, where what else the source wrote decides in which unit.
    pub bare: Option<Bare>,
    /// Sum over the upstreams tried.
    pub upstream_time_us: Option<u64>,
    /// As `bare`, of that.
    pub upstream_bare: Option<Bare>,
    pub upstream: Option<Text<'a>>,
    /// The virtual host the request was for.
    pub host: Option<Text<'a>>,
    pub scheme: Option<Text<'a>>,
    pub tls_version: Option<Text<'a>>,
    pub tls_cipher: Option<Text<'a>>,
    pub cache_status: Option<Text<'a>>,
    pub mime: Option<Text<'a>>,
    pub level: Option<Level>,
    pub message: Option<Text<'a>>,
    pub pid: Option<u32>,
    /// `path?query` as logged; given by `parse`, not kept.
    pub target: Option<Text<'a>>,
    /// The whole request line; given by `parse`, not kept.
    pub request: Option<Text<'a>>,
    pub x_forwarded_for: Option<Text<'a>>,
    /// An error line's message with its leading and trailing parts; given by `parse`, not kept.
    pub message_full: Option<Text<'a>>,
}

/// A duration of which nothing says the unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bare {
    /// Tells the names of durations apart.
    pub name: u8,
    pub number: f64,
    /// It has no decimal point.
    pub whole: bool,
}

impl<'a> Event<'a> {
    /// Puts a text where there is none yet, which spares the look for one that would have to be freed, for each
    /// field of each line. An owned one that stood there would never be.
    #[inline(always)]
    pub(crate) fn put(place: &mut Option<Text<'a>>, text: Option<Text<'a>>) {
        debug_assert!(place.is_none());
        std::mem::forget(std::mem::replace(place, text));
    }

    /// The line as it came, for what fits no format.
    #[must_use]
    pub fn message(line: Text<'a>) -> Self {
        Event { kind: Kind::Message, message: Some(line), ..Event::default() }
    }
}

/// Severity of an error line, in the words of RFC 5424 section 6.2.1 plus `trace` (Apache `trace1`–`trace8`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    Emerg = 0,
    Alert = 1,
    Crit = 2,
    Error = 3,
    Warn = 4,
    Notice = 5,
    Info = 6,
    Debug = 7,
    Trace = 8,
}

impl Level {
    pub const ALL: [Level; 9] = [
        Level::Emerg,
        Level::Alert,
        Level::Crit,
        Level::Error,
        Level::Warn,
        Level::Notice,
        Level::Info,
        Level::Debug,
        Level::Trace,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Emerg => "emerg",
            Level::Alert => "alert",
            Level::Crit => "crit",
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Notice => "notice",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }

    /// Whether something is wrong: a warning or worse. A notice, information and what is there for whoever debugs
    /// stand in the same logs, often by the thousand to one.
    #[must_use]
    pub fn is_complaint(self) -> bool {
        self <= Level::Warn
    }

    /// Reads the spellings that servers use, in any case: `err`, `warning`, `fatal`, `trace3`, …
    #[must_use]
    pub fn from_name(name: &str) -> Option<Level> {
        const NAMES: [(&str, Level); 24] = [
            ("emerg", Level::Emerg),
            ("emergency", Level::Emerg),
            ("panic", Level::Emerg),
            ("alert", Level::Alert),
            ("crit", Level::Crit),
            ("critical", Level::Crit),
            ("fatal", Level::Crit),
            ("error", Level::Error),
            ("err", Level::Error),
            ("warn", Level::Warn),
            ("warning", Level::Warn),
            ("notice", Level::Notice),
            ("info", Level::Info),
            ("informational", Level::Info),
            ("debug", Level::Debug),
            ("trace", Level::Trace),
            ("trace1", Level::Trace),
            ("trace2", Level::Trace),
            ("trace3", Level::Trace),
            ("trace4", Level::Trace),
            ("trace5", Level::Trace),
            ("trace6", Level::Trace),
            ("trace7", Level::Trace),
            ("trace8", Level::Trace),
        ];
        NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|&(_, level)| level)
    }
}
