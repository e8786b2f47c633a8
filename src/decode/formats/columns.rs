//! A line as columns: words, `"quoted texts"` and `[bracketed]` ones between single blanks or tabs.

use std::borrow::Cow;

use super::scan;
use crate::decode::text::present;
use crate::vocab::event::{Event, Text};

/// Reads one column after the other. A quoted column ends at the first quote that is not escaped
/// and that a blank or the end of the line follows; its quotes are taken off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns<'a> {
    rest: &'a str,
    reading: scan::Reading,
}

impl<'a> Columns<'a> {
    /// Of a line; line ends and blanks behind it are no part of it.
    pub(super) fn of(line: &'a str) -> Columns<'a> {
        let rest = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        Columns { rest, reading: scan::reading(line) }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn ends(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next column, as it stands but without its quotes; `None` at the end, or where a quote is
    /// never closed.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let text = scan::trim(self.rest);
        let bytes = text.as_bytes();
        match bytes.first()? {
            b'"' => {
                let end = memchr::memchr_iter(b'"', &bytes[1..]).map(|at| at + 1).find(|&at| {
                    let ends = bytes.get(at + 1).is_none_or(|&b| scan::is_blank(b));
                    ends && !scan::escaped(bytes, 1, at)
                })?;
                self.rest = scan::trim(&text[end + 1..]);
                Some(&text[1..end])
            }
            _ => {
                let end = memchr::memchr2(b' ', b'\t', bytes).unwrap_or(bytes.len());
                self.rest = scan::trim(&text[end..]);
                Some(&text[..end])
            }
        }
    }

    /// The next column, which must be quoted.
    pub(super) fn quoted(&mut self) -> Option<&'a str> {
        if scan::trim(self.rest).starts_with('"') { self.next() } else { None }
    }

    /// What stands between the brackets that come next.
    pub(super) fn bracketed(&mut self) -> Option<&'a str> {
        let inner = scan::trim(self.rest).strip_prefix('[')?;
        let (inner, rest) = inner.split_once(']')?;
        self.rest = scan::trim(rest);
        Some(inner)
    }

    /// Whether a quote stands in what has not been read. Behind a line's last quoted column that
    /// says that a text before it held raw quotes: then a client may have written the columns.
    pub(super) fn quote_left(&self) -> bool {
        memchr::memchr(b'"', self.rest.as_bytes()).is_some()
    }

    /// The next column, without taking it.
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.clone().next()
    }

    /// Passes columns over.
    pub(super) fn skip(&mut self, columns: usize) -> Option<()> {
        for _ in 0..columns {
            self.next()?;
        }
        Some(())
    }

    /// The next column as text, absent where it says nothing.
    pub(super) fn text(&mut self) -> Option<Text<'a>> {
        let raw = self.next()?;
        self.read(raw)
    }

    /// A column's text with its escapes undone.
    pub(super) fn read(&self, raw: &'a str) -> Option<Text<'a>> {
        (self.reading)(raw)
    }

    /// Fills what a request line says.
    pub(super) fn request(&self, raw: &'a str, event: &mut Event<'a>) {
        scan::request(raw, self.reading, event);
    }

    pub(super) fn client(&self, raw: &'a str, event: &mut Event<'a>) {
        let (ip, port) = scan::address(raw);
        event.remote_ip = self.read(ip);
        event.remote_port = port;
    }
}

/// Digits, or the `-` of a number that there is none of.
pub(super) fn number_or_dash(token: &str) -> bool {
    token == "-" || scan::digits(token)
}

/// Fills what a target says, as logged, and out of an absolute URL or a CONNECT's `host:port` also
/// scheme, host and path.
pub(super) fn located<'a>(target: &'a str, event: &mut Event<'a>) {
    scan::target(target, scan::plain, event);
    if let Some((scheme, host, local)) = url(target) {
        event.scheme = Some(Cow::Borrowed(scheme));
        event.host = Some(Cow::Borrowed(host));
        let (path, query) = local.split_once('?').unwrap_or((local, ""));
        event.path = present(path).or(Some("/")).map(Cow::Borrowed);
        event.query = present(query).map(Cow::Borrowed);
    } else if event.method.as_deref() == Some("CONNECT") {
        event.host = present(scan::address(target).0).map(Cow::Borrowed);
    }
}

/// An absolute URL's scheme, host without its port, and target; `None` where it is none.
pub(super) fn url(target: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = target.split_once("://")?;
    // RFC 3986 section 3.1; a path with an URL in it has none.
    let of_scheme = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(of_scheme) {
        return None;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, _) = scan::address(&rest[..end]);
    present(host)?;
    Some((scheme, host, &rest[end..]))
}
