//! The columns that a `#Fields:` line names.

use super::super::alias::{self, Slot};
use super::super::scan;

pub(super) const W3C: &str = "w3c";
pub(super) const CLOUDFRONT: &str = "cloudfront";
pub(super) const HTTPERR: &str = "httperr";

/// Columns of one layout; Exchange's proxy has nearly a hundred.
pub(super) const COLUMNS_MAX: usize = 128;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Column {
    /// Nothing that is kept.
    Other,
    /// Digits or `-`, not kept: looked at to know a line by its shape.
    Number,
    ServerIp,
    /// `2026-11-22`.
    Date,
    /// `10:00:00`, in UTC.
    Time,
    LocalTime,
    /// A whole time in any writing.
    Stamp,
    Client,
    ClientPort,
    User,
    Method,
    /// A path without its query.
    Stem,
    Query,
    /// A path with its query, or a whole URL.
    Uri,
    Protocol,
    Scheme,
    Status,
    Bytes,
    BytesIn,
    Referrer,
    Agent,
    Forwarded,
    Host,
    Upstream,
    Cache,
    Mime,
    TlsVersion,
    TlsCipher,
    /// Milliseconds where it is whole, seconds where it has a point, as the draft has it.
    Taken,
    TakenSeconds,
    TakenMs,
    TakenUs,
    TakenNs,
    /// Why HTTP.sys refused.
    Reason,
}

/// What stands between two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Blank,
    Tab,
    Comma,
}

/// A line's columns, in their order.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) columns: Box<[Column]>,
    pub(super) separator: Separator,
    pub(super) format: &'static str,
}

impl Layout {
    /// Of what stands behind `#Fields:`; `None` where it describes no requests.
    pub(super) fn of(header: &str) -> Option<Layout> {
        let header = header.trim();
        let separator = match () {
            () if header.contains('\t') => Separator::Tab,
            () if header.contains(',') => Separator::Comma,
            // CloudFront names its columns between blanks, and writes them between tabs.
            () if header.contains("x-edge-") => Separator::Tab,
            () => Separator::Blank,
        };
        let mut columns = Vec::new();
        let mut ranks = Vec::new();
        let names = header.split(|c: char| match separator {
            Separator::Comma => c == ',',
            Separator::Tab if header.contains('\t') => c == '\t',
            _ => c.is_ascii_whitespace(),
        });
        for name in names.map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty())
        {
            if columns.len() == COLUMNS_MAX {
                return None;
            }
            let (column, rank) = column(name);
            // Of two columns that say the same the better one counts.
            let twin = columns.iter().position(|known| *known == column);
            let single = !matches!(column, Column::Other | Column::Number | Column::ServerIp);
            let kept = match twin.filter(|_| single) {
                Some(twin) if ranks[twin] >= rank => Column::Other,
                Some(twin) => {
                    columns[twin] = Column::Other;
                    column
                }
                None => column,
            };
            columns.push(kept);
            ranks.push(rank);
        }
        let has = |column: Column| columns.contains(&column);
        let asks = has(Column::Stem) || has(Column::Uri) || has(Column::Method);
        let format = match () {
            () if has(Column::Reason) => HTTPERR,
            () if header.contains("x-edge-") => CLOUDFRONT,
            () if asks && (has(Column::Status) || has(Column::Client)) => W3C,
            () => return None,
        };
        let utc = has(Column::Time);
        for column in &mut columns {
            match column {
                Column::Taken if format == CLOUDFRONT => *column = Column::TakenSeconds,
                Column::LocalTime if utc => *column = Column::Other,
                _ => {}
            }
        }
        Some(Layout { columns: columns.into(), separator, format })
    }
}

/// What a column of that name holds, and its rank among the names of the same thing. Prefixes are
/// the draft's: `c` client, `s` server, `r` remote, `cs` from client to server and so on.
fn column(name: &str) -> (Column, u8) {
    let lower = name.to_ascii_lowercase();
    if let Some((from, header)) = lower.strip_suffix(')').and_then(|name| name.split_once('(')) {
        return header_column(from, header);
    }
    let known = match &*lower {
        "date" => (Column::Date, 3),
        "time" => (Column::Time, 3),
        "date-utc" => (Column::Date, 4),
        "time-utc" => (Column::Time, 4),
        "date-local" => (Column::Date, 2),
        "time-local" => (Column::LocalTime, 2),
        "datetime" | "date-time" | "timestamp" | "gmttime" | "localtime" | "x-timestamp"
        | "x-timestamp-unix" => (Column::Stamp, 2),
        "c-ip" => (Column::Client, 9),
        "clientipaddress" => (Column::Client, 8),
        "c-dns" => (Column::Client, 2),
        "c-port" => (Column::ClientPort, 3),
        "s-ip" => (Column::ServerIp, 0),
        "s-port" | "sc-substatus" | "sc-win32-status" | "s-siteid" => (Column::Number, 0),
        "cs-username" => (Column::User, 5),
        "cs-user" | "authenticateduser" => (Column::User, 4),
        "cs-method" => (Column::Method, 5),
        "s-operation" => (Column::Method, 4),
        "cs-uri-stem" | "cs-uri-path" => (Column::Stem, 5),
        "urlstem" => (Column::Stem, 4),
        "cs-uri-query" => (Column::Query, 5),
        "cs-uri" | "cs-url" | "c-uri" => (Column::Uri, 4),
        "cs-version" | "cs-protocol-version" => (Column::Protocol, 4),
        "cs-protocol" | "cs-uri-scheme" => (Column::Scheme, 4),
        "sc-status" => (Column::Status, 5),
        "httpstatus" => (Column::Status, 4),
        "sc-bytes" => (Column::Bytes, 5),
        "bytes" | "responsebytes" | "x-bytes-sent" => (Column::Bytes, 3),
        "cs-bytes" => (Column::BytesIn, 5),
        "requestbytes" => (Column::BytesIn, 3),
        "cs-referred" | "cs-referer" | "cs-referrer" => (Column::Referrer, 3),
        "c-agent" | "cs-user-agent" => (Column::Agent, 3),
        "x-forwarded-for" | "s-xff" | "cs-x-forwarded-for" | "x_forwarded_for" => {
            (Column::Forwarded, 4)
        }
        "x-host-header" => (Column::Host, 6),
        "cs-host" => (Column::Host, 5),
        "urlhost" => (Column::Host, 4),
        "s-supplier-name" | "r-host" | "targetserver" => (Column::Upstream, 4),
        "r-ip" | "r-supplier-ip" | "s-supplier-ip" => (Column::Upstream, 3),
        "s-queuename" => (Column::Upstream, 2),
        "x-edge-result-type" => (Column::Cache, 6),
        "x-edge-response-result-type" => (Column::Cache, 4),
        "x-edge-detailed-result-type" => (Column::Cache, 3),
        "s-action" | "x-cache" => (Column::Cache, 5),
        "s-object-source" => (Column::Cache, 2),
        "sc-content-type" | "cs-mime-type" => (Column::Mime, 4),
        "ssl-protocol" => (Column::TlsVersion, 4),
        "ssl-cipher" => (Column::TlsCipher, 4),
        "time-taken" => (Column::Taken, 5),
        "timetakenms" | "timetaken" | "totalrequesttime" => (Column::TakenMs, 4),
        "s-reason" => (Column::Reason, 5),
        _ => return custom(name),
    };
    (known.0, known.1 + 10)
}

/// `cs(User-Agent)`: a header as it was sent. Only what a header can say: a client chooses it.
fn header_column(from: &str, header: &str) -> (Column, u8) {
    match (from, header) {
        ("cs", "user-agent") => (Column::Agent, 15),
        ("cs", "referer" | "referrer") => (Column::Referrer, 15),
        ("cs", "host") => (Column::Host, 14),
        ("cs", "x-forwarded-for") => (Column::Forwarded, 15),
        ("sc" | "rs", "content-type") => (Column::Mime, 15),
        _ => (Column::Other, 0),
    }
}

/// A name that somebody chose, under any spelling that is known elsewhere. It counts only where no
/// column of the format's own says the same.
fn custom(name: &str) -> (Column, u8) {
    let lower = name.to_ascii_lowercase();
    let own = ["c-", "s-", "r-", "cs-", "sc-", "sr-", "rs-", "x-"];
    if own.iter().any(|prefix| lower.starts_with(prefix)) {
        return (Column::Other, 0);
    }
    let Some((slot, rank)) = alias::slot(name) else {
        return (Column::Other, 0);
    };
    let column = match slot {
        Slot::Client => Column::Client,
        Slot::User => Column::User,
        Slot::Method => Column::Method,
        Slot::Uri | Slot::Target => Column::Uri,
        Slot::Query => Column::Query,
        Slot::Protocol => Column::Protocol,
        Slot::Status | Slot::StatusBare => Column::Status,
        Slot::Bytes => Column::Bytes,
        Slot::BytesIn => Column::BytesIn,
        Slot::Referrer => Column::Referrer,
        Slot::Agent => Column::Agent,
        Slot::Forwarded => Column::Forwarded,
        Slot::Host => Column::Host,
        Slot::Upstream => Column::Upstream,
        Slot::Cache => Column::Cache,
        Slot::Mime => Column::Mime,
        Slot::Scheme => Column::Scheme,
        Slot::TlsVersion => Column::TlsVersion,
        Slot::TlsCipher => Column::TlsCipher,
        Slot::Time => Column::Stamp,
        Slot::Rt | Slot::RtBare | Slot::RtTaken => Column::Taken,
        Slot::RtMs => Column::TakenMs,
        Slot::RtUs => Column::TakenUs,
        Slot::RtNs => Column::TakenNs,
        _ => Column::Other,
    };
    (column, rank.min(9))
}

impl Column {
    /// Whether a column can hold this at all: where it can't, the line is none of the layout.
    pub(super) fn takes(self, value: &str) -> bool {
        let absent = matches!(value, "-" | "");
        match self {
            Column::Date => {
                let b = value.as_bytes();
                b.len() == 10
                    && b[4] == b[7]
                    && matches!(b[4], b'-' | b'/')
                    && b[0].is_ascii_digit()
            }
            Column::Time | Column::LocalTime => {
                let b = value.as_bytes();
                (8..=16).contains(&b.len()) && b[2] == b':' && b[5] == b':'
            }
            Column::Status => absent || (value.len() <= 3 && scan::digits(value)),
            Column::ClientPort | Column::Bytes | Column::BytesIn => absent || scan::digits(value),
            Column::Taken | Column::TakenSeconds | Column::TakenMs => {
                absent || value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            }
            _ => true,
        }
    }
}
